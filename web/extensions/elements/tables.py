"""Tables and lists of terms: a box that scrolls, numbers in line, the letters of a glossary."""

from __future__ import annotations

import re
from itertools import groupby

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.markup import put, tag

NAME = 24  # signs: what begins a row, and is no longer, stays in one line
NUMBER = re.compile(r"([−-]?)([\d,]+)((?:\.\d+)?)(%?)")


class Tables(SphinxPostTransform):
    """Put each table into a box, in which one that is too wide scrolls, and its numbers in line."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the tables of one page."""
        for table in list(self.document.findall(nodes.table)):
            box = nodes.container(classes=["scroll"])
            put(box, table)
            box += table
            rows = [row.children for row in next(table.findall(nodes.tbody)).children]
            for entry in (row[0] for row in rows):
                entry["classes"] += ["name"] if len(entry.astext()) <= NAME else []
            for column in zip(*rows, strict=False):
                in_line(column)


def in_line(column: tuple[nodes.entry, ...]) -> None:
    """Fill up the numbers of a column, unseen, so that their decimal points stand in one line.

    A column that holds anything else stays as it is.
    """
    found = [NUMBER.fullmatch(entry.astext().strip()) for entry in column]
    if len(found) < 2 or not all(found):
        return
    signed = any(number[1] for number in found)
    whole, rest = (max((number[k] for number in found), key=len) for k in (2, 3))
    for entry, (sign, digits, decimals, unit) in zip(
        column, (n.groups() for n in found), strict=True
    ):
        before = ("−" if signed and not sign else "") + whole[: len(whole) - len(digits)]
        said = ("−" if sign else "") + digits + decimals + unit
        parts = [
            phantom(before),
            nodes.Text(said),
            phantom(rest[len(decimals) :] if not unit else ""),
        ]
        entry[:] = [nodes.paragraph("", "", *filter(None, parts))]


def phantom(text: str) -> nodes.raw | None:
    """Return text that takes its room and is neither seen nor read."""
    html = f'<span class="phantom" aria-hidden="true">{text}</span>'
    return nodes.raw("", html, format="html") if text else None


class Letters(SphinxPostTransform):
    """Set a letter above the terms that begin with it, and a line of all letters above the first."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the glossary, if this page has one."""
        for glossary in list(self.document.findall(addnodes.glossary)):
            terms = glossary[0]
            groups = [(key, list(items)) for key, items in groupby(terms.children, first_letter)]
            links = [tag("a", words=key, href=f"#letter-{key}") for key, _ in groups]
            glossary[:] = [tag("nav", *links, classes=["letters"], **{"aria-label": "Letters"})]
            for key, items in groups:
                head = tag("h2", words=key, classes=["letter"], ids=[f"letter-{key}"])
                glossary += [head, nodes.definition_list("", *items, **terms.attributes)]


def first_letter(item: nodes.definition_list_item) -> str:
    """Return the letter that a term stands under."""
    return item[0].astext()[0].upper()
