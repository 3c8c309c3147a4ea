"""What sets off a derivation: numbered steps, Let and Case, verdicts and remarks in the margin."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.markup import bold, put, tag, unseen

STEP = re.compile(r"Step (\d+): *")
DECLARATIONS = ("Let", "Case")
ASIDE = "aside"


class Derivation(SphinxPostTransform):
    """Mark what the text itself says in bold at the beginning of a paragraph."""

    default_priority = 120
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the paragraphs and the asides of one page."""
        verdicts = explained(self.document)
        for paragraph in list(self.document.findall(nodes.paragraph)):
            name = bold(paragraph)
            if name and name.astext() in DECLARATIONS:
                paragraph["classes"].append("let")
            elif (
                name
                and name.astext().startswith(verdicts)
                and paragraph.parent.tagname == "section"
            ):
                hang_verdict(paragraph, name)
            elif name:
                number_step(paragraph, name)
        for box in list(self.document.findall(nodes.admonition)):
            if ASIDE in box["classes"]:
                put(aside(box), box)


def explained(document: nodes.document) -> tuple[str, ...]:
    """Return the words that lists of the page explain: in bold, with a colon behind them."""
    items = (item[0] for item in document.findall(nodes.list_item))
    return tuple(
        name.astext()
        for item in items
        if (name := bold(item)) and item.astext().startswith(f"{name.astext()}: ")
    )


def hang_verdict(paragraph: nodes.paragraph, name: nodes.strong) -> None:
    """Put the word that a list of the page explains, with which a paragraph begins, before it."""
    first = next(child for child in name.children if child.astext())
    verdict, colon, rest = first.astext().partition(": ")
    paragraph["classes"].append("judged")
    if colon:
        name.replace(first, nodes.Text(rest[:1].upper() + rest[1:]))
    else:
        paragraph.remove(name)
    paragraph[0:0] = [tag("b", verdict.rstrip("."), classes=["found"]), nodes.Text(" ")]


def number_step(paragraph: nodes.paragraph, name: nodes.strong) -> None:
    """Take "Step 3:" out of the name of a step, and put its numeral before it."""
    first = next(child for child in name.children if child.astext())
    found = STEP.match(first.astext()) if isinstance(first, nodes.Text) else None
    if not found:
        return
    paragraph["classes"].append("step")
    rest = first.astext()[found.end() :]
    name.replace(first, nodes.Text(rest[:1].upper() + rest[1:]))
    paragraph[0:0] = [tag("span", unseen("Step "), found[1], classes=["step-n"]), nodes.Text(" ")]


def aside(box: nodes.admonition) -> nodes.Element:
    """Return a remark for the margin."""
    stop = "" if box[0].astext().endswith((".", "?", "!", ":")) else "."
    title = tag("b", *box[0].children, stop)
    first, *rest = box.children[1:]
    if isinstance(first, nodes.paragraph):
        first[0:0] = [title, nodes.Text(" ")]
    return tag("aside", first, *rest, classes=["note"], ids=box["ids"])
