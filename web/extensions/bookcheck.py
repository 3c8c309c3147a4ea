"""Sphinx extension: what would go wrong in silence becomes a warning, which `-W` makes a failure.

KaTeX writes what it cannot read in red on the page and says nothing.
An image without a text alternative, or with its file name for one, says nothing to a screen reader.
"""

from __future__ import annotations

import re
from functools import partial
from html import unescape
from html.parser import HTMLParser

import sphinxcontrib.katex
from docutils import nodes
from sphinx.util import logging

from katex import KaTeX

logger = logging.getLogger(__name__)

SHORT_FORMULA = 30  # characters of LaTeX that need not be broken on a telephone
FILE_NAME = re.compile(r"[^\s]*\.(svg|png|jpe?g|gif|webp)|[^\s]*/[^\s]*", re.IGNORECASE)


def poor_alt(alt: str | None) -> bool:
    """Whether an image's text alternative is missing, empty or a file name."""
    return not (alt and alt.strip()) or FILE_NAME.fullmatch(alt.strip()) is not None


class _Faults(HTMLParser):
    """Collects formulas that KaTeX could not read and images that say nothing."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(body)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "katex-error" in (attributes.get("class") or "").split():
            self.found.append(f"KaTeX cannot read a formula: {attributes.get('title')}")
        if tag == "img" and poor_alt(attributes.get("alt")):
            self.found.append(f"image {attributes.get('src')} has no text alternative")


CHECKED = re.compile(r"<table>(?=<thead><tr><th>(?:label|line)</th>)(.*?)</table>", re.DOTALL)
ROLES = {
    "table": "table",
    "thead": "rowgroup",
    "tbody": "rowgroup",
    "tr": "row",
    "th": "columnheader",
    "td": "cell",
}
OPENED = re.compile(rf"<({'|'.join(ROLES)})(?=[ >])")
BREAK = re.compile(r"\\\\(?:\[[^\]]*\])?\s*|&\s*(?:\\q?quad)?")
TEX = re.compile(r'<code class="tex">(.*?)</code>', re.DOTALL)
REPORT = re.compile(r'(<details class="report">.*?</details>)', re.DOTALL)
LABEL = re.compile(r'<code class="label">(.*?)</code>')
NUMBER = re.compile(r'id="equation-([\w-]+)">\s*<span class="eqno">(\([\d.]+\))')


def with_roles(html: str) -> str:
    """Give a table the roles that a browser forgets when its rows are laid out in another way.

    >>> with_roles("<table><tr><td>x</td></tr></table>")
    '<table role="table"><tr role="row"><td role="cell">x</td></tr></table>'
    """
    return OPENED.sub(lambda found: f'{found[0]} role="{ROLES[found[1]]}"', html)


def render_tables(katex: KaTeX, body: str) -> str:
    """Show the equations in the checker's tables as formulas, and their labels as numbers with a link.

    A notebook shows the LaTeX itself, and so does the page where a line cannot be read: then that is
    what its table says. A report, which repeats the formulas of its page, keeps it until a reader opens
    the report: then formulas.js sets it.
    """

    def table(found):
        return with_roles(f'<table class="checked">{found.group(1)}</table>')

    def formula(found):
        latex = unescape(found.group(1))
        # A line that was broken for the page keeps the marks of it, and needs none in a table.
        for text in (latex, BREAK.sub(" ", latex)):
            shown = katex.render(text)
            if "katex-error" not in shown:
                return shown
        return found.group()

    numbers = dict(NUMBER.findall(body))

    def number(found):
        label = found.group(1)
        if label not in numbers:
            return found.group() if label else ""
        return f'<a href="#equation-{label}">{numbers[label]}</a>'

    parts = REPORT.split(LABEL.sub(number, CHECKED.sub(table, body)))
    parts[::2] = [TEX.sub(formula, part) for part in parts[::2]]
    return "".join(parts)


def show_tables(katex, app, pagename, templatename, context, doctree):
    """Render the tables of a page that was made from a source file."""
    if doctree is not None and context.get("body"):
        context["body"] = render_tables(katex, context["body"])


def check_page(app, pagename, templatename, context, doctree):
    """Warn about each fault in the body of a page that was made from a source file."""
    if doctree is None:
        return
    for fault in _Faults(context.get("body") or "").found:
        logger.warning(fault, location=pagename, type="book")


def keep_punctuation(app, doctree, docname):
    """Join a short formula and the punctuation after it, which could otherwise begin a line."""
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        # Not parent.index and parent.replace, which take any equal text for this one.
        place = next(k for k, node in enumerate(parent) if node is formula)
        after = parent[place + 1] if place + 1 < len(parent) else None
        if not isinstance(after, nodes.Text) or not after.startswith(tuple(".,;:?!)")):
            continue
        if len(formula.astext()) <= SHORT_FORMULA:
            together = nodes.inline("", "", formula, nodes.Text(after[0]), classes=["together"])
            parent[place : place + 2] = [together, nodes.Text(after[1:])]


def setup(app):
    katex = KaTeX()
    sphinxcontrib.katex.render_latex = katex.render
    app.connect("doctree-resolved", keep_punctuation)
    app.connect("build-finished", katex.close)
    app.connect("html-page-context", partial(show_tables, katex), priority=400)
    app.connect("html-page-context", check_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
