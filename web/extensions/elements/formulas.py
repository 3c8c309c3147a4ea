"""Formulas in the text, and displays with their numbers and marks."""

from __future__ import annotations

from html import escape

import sphinxcontrib.katex
from docutils import nodes
from sphinx.util.math import get_node_equation_number
from sphinxcontrib.katex import get_latex

from elements.checked import tick
from elements.setting import ANNOTATION, display, in_text, loose


def written(html: str, latex: str) -> str:
    """Say of what was set that it is what the author wrote: that is what a reader copies."""
    return ANNOTATION.sub(lambda found: found[1] + escape(latex, quote=False), html, count=1)


def visit_inline(self, node: nodes.math) -> None:
    """Write a formula in the text."""
    latex = get_latex(node)
    # What is alone in a cell of a table or a list has room for a large fraction.
    alone = isinstance(node.parent.parent, nodes.entry | nodes.list_item) and len(node.parent) == 1
    shown = rf"\displaystyle {room_for_left(node)}{latex}" if alone else latex
    whole = "together" in node.parent["classes"]
    html = sphinxcontrib.katex.render_latex(shown if whole else loose(shown))
    html = written(html if whole else in_text(html), latex)
    self.body.append(f"{self.starttag(node, 'span', '', CLASS='math')}{html}</span>")
    raise nodes.SkipNode


def room_for_left(node: nodes.math) -> str:
    """Return room for the left side that the first of numbered lines has, and this one leaves out."""
    listed = node.parent.parent.parent
    if not isinstance(listed, nodes.enumerated_list) or not node.astext().startswith("="):
        return ""
    left, _, right = listed.next_node(nodes.math).astext().partition("=")
    return rf"\phantom{{{left}}}" if right else ""


def visit_display(self, node: nodes.math_block) -> None:
    """Write a displayed formula with its number and its tick."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    mark = tick(node.get("judged"))
    number = f"({get_node_equation_number(self, node)})" if node["number"] else "" if mark else None
    if number is not None:
        self.body.append(f'<span class="eqno">{number}{mark}</span>')
    options = {"displayMode": True}
    render = sphinxcontrib.katex.render_latex
    self.body.append(display(get_latex(node), lambda latex: render(latex, options), number))
    self.body.append("</div>\n")
    raise nodes.SkipNode
