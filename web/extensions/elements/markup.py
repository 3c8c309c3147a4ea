"""Elements of HTML that docutils has no node for."""

from __future__ import annotations

from docutils import nodes
from sphinx.util.docutils import SphinxTranslator


class Tag(nodes.TextElement):
    """One element of HTML, with its children in it, or with words that the search leaves out.

    What stands in a text element may be text or blocks; Sphinx asks for one around links.
    """


class Heading(nodes.title):
    """The title of a page, whose number stands elsewhere."""


def tag(name: str, *children: nodes.Node | str, words: str = "", **attributes) -> Tag:
    """Make an element: ``tag("p", "text", classes=["lede"], title="why")``.

    Text among the children is content; ``words`` are a label, which a search of the book does not find.
    """
    known = {key: attributes.pop(key) for key in ("classes", "ids") if key in attributes}
    made = Tag("", "", name=name, html=attributes, words=words, **known)
    made += [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return made


def unseen(words: str) -> Tag:
    """Make words that only a screen reader says."""
    return tag("span", words=words, classes=["visually-hidden"])


def visit_tag(self: SphinxTranslator, node: Tag) -> None:
    """Open an element."""
    self.body.append(self.starttag(node, node["name"], "", **node["html"]))
    self.body.append(self.encode(node["words"]))


def depart_tag(self: SphinxTranslator, node: Tag) -> None:
    """Close an element."""
    self.body.append(f"</{node['name']}>")


def visit_heading(self: SphinxTranslator, node: Heading) -> None:
    """Open the title of a page."""
    self.body.append(self.starttag(node, "h1", ""))


def depart_heading(self: SphinxTranslator, node: Heading) -> None:
    """Close the title of a page, with the link to it that every heading has."""
    self.add_permalink_ref(node.parent, "Link to this heading")
    self.body.append("</h1>\n")


def lines(paragraph: nodes.Element) -> list[list[nodes.Node]]:
    """Return what stands in each line of the source of a paragraph."""
    found = [[]]
    for child in paragraph.children:
        if not isinstance(child, nodes.Text):
            found[-1].append(child)
            continue
        first, *rest = child.astext().split("\n")
        for number, text in enumerate([first, *rest]):
            if number:
                found.append([])
            if text:
                found[-1].append(nodes.Text(text))
    return [line for line in found if "".join(node.astext() for node in line).strip()]


def bold(paragraph: nodes.Element) -> nodes.strong | None:
    """Return the bold words that a paragraph begins with, if it does."""
    first = next((child for child in paragraph.children if child.astext()), None)
    return first if isinstance(first, nodes.strong) else None


def put(made: nodes.Node, old: nodes.Node) -> None:
    """Put a node in the place of another, without its classes, which docutils would hand on."""
    old.parent[old.parent.index(old)] = made
