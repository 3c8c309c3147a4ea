"""Words that stay together: the last of a paragraph is not left alone, nor a mark begins a line."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

SHORT = 5  # signs of a last word, or of a last formula's LaTeX, that would look lost in a line
TIE, JOINER = "\N{NO-BREAK SPACE}", "\N{WORD JOINER}"


class Ties(SphinxPostTransform):
    """Tie the last words of each paragraph, and a closing mark to the formula before it."""

    default_priority = 130
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the texts of one page."""
        for paragraph in list(self.document.findall(nodes.paragraph)):
            texts = list(paragraph.findall(nodes.Text))
            for before, text in zip(texts, texts[1:], strict=False):
                if isinstance(before.parent, nodes.math) and text.startswith("”"):
                    text.parent.replace(text, nodes.Text(JOINER + text))
            tie(list(paragraph.findall(nodes.Text)))


def tie(texts: list[nodes.Text]) -> None:
    """Tie the last word to the one before it, if it is short."""
    last, place = "", len(texts)
    while place and not re.search(r"\s", last) and len(last) <= SHORT:
        place -= 1
        if isinstance(texts[place].parent, nodes.literal):
            return
        last = texts[place].astext() + last
    found = re.fullmatch(r"(.*\S|)\s+(\S{1,%d})" % SHORT, last, re.DOTALL)
    text = texts[place] if texts else None
    if not found or isinstance(text.parent, nodes.math):
        return
    head, _, tail = re.fullmatch(r"(.*)(\s+)(\S*)", text.astext(), re.DOTALL).groups()
    text.parent.replace(text, nodes.Text(head + TIE + tail))
