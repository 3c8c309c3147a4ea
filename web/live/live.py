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
import sphinxcontrib.katex
from sphinx.util import logging

import book
from kernel.run import blanks

logger = logging.getLogger(__name__)

ALWAYS = Path(__file__).parent / "always"
CELL = re.compile(r'<div (class="cell [^"]*docutils container"[^>]*>)')
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


def call(body: list[ast.stmt]) -> ast.Call | None:
    """Return the call of the checker that a cell ends with, on a name."""
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if not (isinstance(last, ast.Call) and last.args and isinstance(last.args[0], ast.Name)):
        return None
    name = getattr(last.func, "id", getattr(last.func, "attr", ""))
    return last if name == "check_derivation" else None


def bound(body: list[ast.stmt], name: str) -> ast.expr | None:
    """Return what a cell binds a name to."""
    for node in body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == name for t in node.targets):
            return node.value
    return None


def steps(source: str) -> tuple[int, int] | None:
    r"""Return the first and the last line of the derivation that a cell hands to the checker.

    Examples
    --------
    >>> steps("steps = r'''\na = b\n= c\n'''\ncheck_derivation(steps)")
    (2, 3)
    """
    body = ast.parse(source).body
    found = call(body)
    text = bound(body, found.args[0].id) if found else None
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        first, last = text.lineno + 1, text.end_lineno - 1
        return (first, last) if first <= last else None
    return None


def goal(source: str) -> str | None:
    r"""Return what a derivation has to prove, where the cell says so.

    Examples
    --------
    >>> goal("steps = 'a'\nend = 'a = b'\ncheck_derivation(steps, proves=end)")
    'a = b'
    """
    body = ast.parse(source).body
    found = call(body)
    given = {}
    for keyword in found.keywords if found else ():
        value = keyword.value
        if keyword.arg is None and isinstance(value, ast.Name):  # **about
            value = bound(body, value.id)
            if isinstance(value, ast.Dict):
                given |= {
                    getattr(key, "value", ""): v
                    for key, v in zip(value.keys, value.values, strict=True)
                }
        else:
            given[keyword.arg] = value
    value = given.get("proves")
    if isinstance(value, ast.Name):
        value = bound(body, value.id)
    return value.value if isinstance(value, ast.Constant) else None


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


def show_goal(source: str) -> str:
    """Return the HTML of what a derivation has to prove, for the script to show."""
    from elements.formulas import written  # elements, for its part, imports this module

    latex = goal(source)
    if latex is None:
        return ""
    shown = sphinxcontrib.katex.render_latex(rf"\displaystyle {latex}", {})
    return f'<template class="live-goal">{written(shown, latex)}</template>'


def marks(notebook) -> list[str]:
    """Return for each code cell the beginning of its tag, with the attributes that the script reads."""
    found, exercise = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            exercise = bool(EXERCISE.search(cell.source))
        elif cell.cell_type == "code":
            mark = f'<div data-cell="{len(found)}"'
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
    notebook = nbformat.read(path, as_version=4)
    found = marks(notebook)
    places = len(CELL.findall(context["body"]))
    if places != len(found):
        logger.warning(
            f"{len(found)} code cells, {places} on the page: none can run", location=pagename
        )
        return
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    each = iter(zip(found, code, strict=True))

    def marked(tag):
        mark, source = next(each)
        return f"{mark} {tag[1]}" + (show_goal(source) if 'data-kind="steps"' in mark else "")

    context["body"] = CELL.sub(marked, context["body"])


def setup(app):
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", mark_cells)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
