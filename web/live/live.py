"""Sphinx extension: let the code cells of a page run where they stand.

It numbers the cells, marks those that wait for an answer, and adds the script that makes buttons of the
marks. Only where `make site` lays out Python beside the pages, so that no button is dead.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import nbformat
from sphinx.util import logging

import book
from kernel.run import blanks

logger = logging.getLogger(__name__)

ALWAYS = Path(__file__).parent / "always"
CELL = re.compile(r'<div class="cell (?=[^"]*docutils container")')
EXERCISE = re.compile(r"^:{3,}\s*\{exercise(?:-start)?\}", re.MULTILINE)


def runnable() -> bool:
    """Whether this build is one whose cells run."""
    return bool(os.environ.get(book.RUNNABLE))


def add_files(app):
    """Add the script and the styles that every page has, before anything is pressed."""
    if runnable():
        app.config.html_static_path.append(str(ALWAYS))
        app.add_css_file("cells.css", priority=900)
        # First: where storage is blocked, the theme's own scripts stop.
        app.add_js_file("cells.js", priority=1)


def steps(source: str) -> tuple[int, int] | None:
    r"""Return the first and the last line of the derivation that a cell hands to the checker.

    Examples
    --------
    >>> steps("steps = r'''\na = b\n= c\n'''\ncheck_derivation(steps)")
    (2, 3)
    """
    body = ast.parse(source).body
    call = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if not (isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Name)):
        return None
    if getattr(call.func, "id", getattr(call.func, "attr", "")) != "check_derivation":
        return None
    for node in body:
        text = node.value if isinstance(node, ast.Assign) else None
        if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
            continue
        named = any(getattr(target, "id", "") == call.args[0].id for target in node.targets)
        if named and text.end_lineno - text.lineno > 1:
            return text.lineno + 1, text.end_lineno - 1
    return None


def answer(source: str) -> tuple[str, int, int] | None:
    r"""Return how a cell is answered, and in which lines; None if it waits for nothing.

    Examples
    --------
    >>> answer("slope = ...\n\ncheck_answer(slope, 2)")
    ('answer', 1, 1)
    """
    found = steps(source)
    if found:
        return "steps", *found
    waiting = blanks(source)
    return ("answer", waiting[0].lineno, waiting[-1].end_lineno) if waiting else None


def marks(notebook) -> list[str]:
    """Return for each code cell the attributes that the script reads."""
    found, exercise = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            exercise = bool(EXERCISE.search(cell.source))
        elif cell.cell_type == "code":
            mark = f'data-cell="{len(found)}"'
            waits = answer(cell.source) if exercise else None
            if waits:
                mark += f' data-kind="{waits[0]}" data-answer="{waits[1]}-{waits[2]}"'
            found.append(mark)
    return found


def mark_cells(app, pagename, templatename, context, doctree):
    """Mark the cells of a page that was made from a notebook."""
    path = Path(app.env.doc2path(pagename)) if doctree is not None else Path()
    if not runnable() or path.suffix != ".ipynb":
        return
    found = marks(nbformat.read(path, as_version=4))
    places = len(CELL.findall(context["body"]))
    if places != len(found):
        logger.warning(
            f"{len(found)} code cells, {places} on the page: none can run", location=pagename
        )
        return
    each = iter(found)
    context["body"] = CELL.sub(lambda div: f"<div {next(each)}{div[0][4:]}", context["body"])


def setup(app):
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", mark_cells)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
