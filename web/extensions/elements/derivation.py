"""What sets off a derivation: numbered steps, Let and Case, verdicts and remarks in the margin."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.markup import bold, put, tag, unseen
from slopes.equations.report import KINDS

SIGNS = {"✓": "verified", "✗": "refuted"}
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
                and name.astext().startswith(tuple(verdicts))
                and paragraph.parent.tagname == "section"
            ):
                hang_verdict(paragraph, name, verdicts)
            elif (
                name
                and (word := name.astext().split()[-1]) in verdicts
                and isinstance(paragraph.parent, nodes.entry | nodes.list_item)
            ):
                name.replace_self(found(word, verdicts[word]))
            elif name and name.astext() in KINDS and isinstance(paragraph.parent, nodes.entry):
                name.replace_self(tag("b", name.astext(), classes=["verdict", name.astext()]))
            elif name:
                number_step(paragraph, name)
        for box in list(self.document.findall(nodes.admonition)):
            if ASIDE in box["classes"]:
                put(aside(box), box)


def explained(document: nodes.document) -> dict[str, str]:
    """Return the words that a list of the page explains, each with the kind of its sign.

    They are in bold, with a colon behind them, and some of them have a sign before them.
    """
    words = {}
    for legend in document.findall(nodes.bullet_list):
        names = [name.astext() for item in legend if (name := bold(item[0]))]
        if any(name[0] in SIGNS for name in names):
            words |= {name.split()[-1]: SIGNS.get(name[0], "") for name in names}
    return words


def found(word: str, kind: str) -> nodes.Element:
    """Return what was found, with the sign of its kind."""
    return tag("b", word, classes=["found", *(["verdict", kind] if kind else [])])


def hang_verdict(paragraph: nodes.paragraph, name: nodes.strong, verdicts: dict[str, str]) -> None:
    """Put the word that a list of the page explains, with which a paragraph begins, before it."""
    first = next(child for child in name.children if child.astext())
    verdict, colon, rest = first.astext().partition(": ")
    paragraph["classes"].append("judged")
    if colon:
        name.replace(first, nodes.Text(rest[:1].upper() + rest[1:]))
    else:
        paragraph.remove(name)
    word = verdict.rstrip(".")
    paragraph[0:0] = [found(word, verdicts.get(word, "")), nodes.Text(" ")]


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
