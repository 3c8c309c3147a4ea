"""Formulas: where one in the text may break, the number of a display and its mark."""

from __future__ import annotations

import re
from html import escape

import sphinxcontrib.katex
from docutils import nodes
from sphinx.util.math import get_node_equation_number
from sphinxcontrib.katex import get_latex

from elements.checked import tick
from elements.markup import Tag
from elements.setting import ANNOTATION, BASE, display, signs, size

SHORT = 20  # signs: what is no longer stays in one line


def whole(html: str) -> str:
    """Return an inline formula that does not break within brackets, nor at all if it is short.

    KaTeX lets it break after each relation and operation, between its "bases".

    >>> bases = [f'<span class="base">{sign}=</span>' for sign in "abc"]
    >>> whole("<b><i>" + "".join(bases) + "</span></span>").count("together")
    1
    """
    head, *bases = html.split(BASE)
    if len(bases) < 2:
        return html
    long = size("".join(bases)) > SHORT
    groups, depth = [[]], 0
    for base in bases:
        groups[-1].append(BASE + base)
        opened = len(re.findall(r'class="mopen\b', base))
        depth = max(0, depth + opened - len(re.findall(r'class="mclose\b', base)))
        if long and not depth:
            groups.append([])
    groups = [group for group in groups if group]
    # Two elements close behind the last base: the formula, and what is shown of it.
    groups[-1][-1], end = re.fullmatch(r"(.*)((?:</span>){2})", groups[-1][-1], re.DOTALL).groups()
    kept = [
        f'<span class="together">{"".join(group)}</span>' if len(group) > 1 else group[0]
        for group in groups
    ]
    return head + "".join(kept) + end


def written(html: str, latex: str) -> str:
    """Say of what was set that it is what the author wrote: that is what a reader copies."""
    return ANNOTATION.sub(lambda found: found[1] + escape(latex, quote=False), html, count=1)


def visit_inline(self, node: nodes.math) -> None:
    """Write a formula in the text."""
    latex = get_latex(node)
    # A cell of a table, an answer, and a claim to be shown have room for a fraction in full size.
    label = isinstance(node.parent, Tag) and node.parent["name"] == "label"
    asked = "card-exercise" in node.parent.parent.get("classes", ()) and signs(latex)
    large = label or asked or isinstance(node.parent.parent, nodes.entry)
    shown = rf"\displaystyle {latex}" if large else latex
    html = written(sphinxcontrib.katex.render_latex(shown), latex)
    html = html if "together" in node.parent["classes"] else whole(html)
    self.body.append(f"{self.starttag(node, 'span', '', CLASS='math')}{html}</span>")
    raise nodes.SkipNode


def visit_display(self, node: nodes.math_block) -> None:
    """Write a displayed formula with its number and its tick."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    mark = tick(node.get("judged"))
    if node["number"] or mark:
        self.body.append('<span class="eqno">')
        if node["number"]:
            self.body.append(f"({get_node_equation_number(self, node)})")
        self.body.append(f"{mark}</span>")
    options = {"displayMode": True}
    render = sphinxcontrib.katex.render_latex
    self.body.append(display(get_latex(node), lambda latex: render(latex, options)))
    self.body.append("</div>\n")
    raise nodes.SkipNode
