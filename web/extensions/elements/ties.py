"""Words that stay together: no mark begins a line, nor a number that belongs to the word before it.

Of the words at the end of a text only a short one is tied: to tie more tears a hole into the line above.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.setting import SHORT as WHOLE
from elements.tables import SIGNS

SHORT = 5  # signs of a last word, or of a last formula's LaTeX, that would look lost in a line
MARK = re.compile(r"[”,.;:?!)]+")
OPENED = re.compile(r"[(“]+\Z")
TIE = "\N{NO-BREAK SPACE}"
# What belongs to a number: the other sides of a product, and the kind of thing that it numbers.
FACTORS = re.compile(r"(?<=\w) (?=[·×] \w)|(?<=\w [·×]) (?=\w)")
# At the beginning of a line it would read as the number of a list.
ENDING = re.compile(r"(?<=\w) (?=\d{1,2}[.:](?!\d))")
# An initial and its name; a last word that would look lost, and no long one before it.
INITIAL = re.compile(r"(?<=\b[A-Z]\.)\s(?=[A-Z])")
LAST = re.compile(rf"(?:(?<=\s)(\S{{1,6}})|\A)\s(?=\S{{1,{SHORT}}}\Z)")
# In a title, what belongs to the noun behind it.
ARTICLE = re.compile(r"(?i)(?<![\w<\-\"=&])(an?|the|and|or|no|of) (?=[\w<])")
KINDS = r"Chapter|Exercise|Fig\.|Line|Part|Section|Step|Table|Week"
NUMBER = re.compile(rf"(?i)\b({KINDS}|et) (?=\d|al\.)")
# A compound is not broken, unless it is long: "round-off", "zig-zag"; nor are two numbers: "386–408".
COMPOUND = re.compile(r"(?<![\w-])(?=[\w-]{3,15}(?![\w-]))(\w+(?:-\w+)+)|(\d+–\d+)")
SAID = nodes.paragraph | nodes.strong | nodes.emphasis | nodes.caption
WORD = re.compile(r"(.*\s|)(\S+)\s+", re.DOTALL)


class Ties(SphinxPostTransform):
    """Tie numbers to the names before them, last formulas to words, marks to formulas."""

    default_priority = 130
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the texts of one page."""
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if isinstance(paragraph.parent.parent.parent, nodes.thead):
                continue  # the head of a narrow column breaks wherever it can
            for text in list(paragraph.findall(nodes.Text)):
                if isinstance(text.parent, SAID):
                    text.parent.replace(text, nodes.Text(bound(text)))
            tie(paragraph)
            if len(paragraph) and isinstance(paragraph[-1], nodes.Text):
                paragraph[-1] = nodes.Text(ended(paragraph[-1]))
            for formula in list(paragraph.findall(nodes.math)):
                after = formula.next_node(descend=False, siblings=True)
                parent, mark = formula.parent, isinstance(after, nodes.Text) and MARK.match(after)
                short = len(SIGNS.findall(formula.astext())) <= WHOLE
                if mark and short and "together" not in parent["classes"]:
                    at, rest = parent.index(formula), nodes.Text(after[mark.end() :])
                    parent[at : at + 2] = [together(formula, nodes.Text(mark[0])), rest]
            for text in list(paragraph.findall(nodes.Text)):
                tie_bracket(text)
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, SAID):
                keep_compounds(text)
            elif isinstance(text.parent, nodes.title):
                text.parent.replace(text, nodes.Text(titled(text)))


def bound(text: str) -> str:
    r"""Tie numbers to their names, factors and initials to what follows, and the two words of "et al.".

    >>> bound("S. Bengio et al. in Chapter 3").replace(TIE, "_")
    'S._Bengio et_al. in Chapter_3'
    """
    for pattern in (FACTORS, ENDING, INITIAL):
        text = pattern.sub(TIE, text)
    return NUMBER.sub(rf"\1{TIE}", text)


def ended(text: str) -> str:
    r"""Tie a short last word to the one before it, unless that is long.

    >>> [ended(text).count(TIE) for text in ("each of the nine.", "a product of two others.")]
    [1, 0]
    """
    return LAST.sub(rf"\1{TIE}", text)


def titled(text: str) -> str:
    r"""Tie each article of a title, or of its HTML, to its noun: no line ends with it.

    >>> titled("Choose an activation and a loss").replace(TIE, "_")
    'Choose an_activation and_a_loss'
    """
    return ARTICLE.sub(rf"\1{TIE}", text)


def tie_bracket(text: nodes.Text) -> None:
    """Tie a bracket or a quotation mark to the formula that follows it, if that is short."""
    opened, after = OPENED.search(text), text.next_node(descend=False, siblings=True)
    joined = isinstance(after, nodes.inline) and "together" in after["classes"]
    formula = after[0] if joined else after
    short = isinstance(formula, nodes.math) and len(SIGNS.findall(formula.astext())) <= WHOLE
    if opened and short and "together" not in text.parent["classes"]:
        at, parent = text.parent.index(text), text.parent
        inside = after.children if joined else [after]
        parent[at : at + 2] = [
            nodes.Text(text[: opened.start()]),
            together(nodes.Text(opened[0]), *inside),
        ]


def keep_compounds(text: nodes.Text) -> None:
    """Keep each compound in one line."""
    made, done = [], 0
    for found in COMPOUND.finditer(text):
        made += [nodes.Text(text[done : found.start()]), together(nodes.Text(found[0]))]
        done = found.end()
    if made:
        at, parent = text.parent.index(text), text.parent
        parent[at : at + 1] = [*filter(None, made), nodes.Text(text[done:])]


def tie(paragraph: nodes.paragraph) -> None:
    """Tie a last formula to the word before it, or a last word to the formula, if it is short."""
    *_, first, formula, last = *[nodes.Text("")] * 3, *paragraph.children
    if isinstance(formula, nodes.math) and isinstance(last, nodes.Text):
        found = WORD.fullmatch(first) if isinstance(first, nodes.Text) else None
        if re.fullmatch(rf"\s\S{{1,{SHORT}}}", last):  # "… $a$ is:"
            paragraph[-2:] = [together(formula, nodes.Text(TIE + last.strip()))]
        elif found and not re.search(r"\s", last) and len(formula.astext() + last) <= SHORT:
            word = nodes.Text(found[2] + TIE)  # "… for $x$."
            paragraph[-3:] = [nodes.Text(found[1]), together(word, formula, last)]


def together(*children: nodes.Node) -> nodes.inline:
    """Keep nodes in one line. A no-break space does not, beside a formula."""
    return nodes.inline("", "", *children, classes=["together"])
