"""Chapters run in the browser, by the Python that is served beside the pages."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import nbformat
import pytest

import book
import lite

ROOT = Path(book.ROOT)
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
# One that draws, checks and verifies; `make test-lite` runs the others too.
ONE = "sigmoid"
# Figures of another Matplotlib are not the same, and it says once that it lists fonts.
NOT_COMPARED = ("image/svg+xml", "image/png", "application/vnd.jupyter.stderr")
HARMLESS = (
    # jupyterlab-myst looks for the targets of other pages in the page that it shows.
    "Cross reference target was not found",
    # JupyterLab measures the toolbar of a cell that it has not drawn yet.
    "Cannot read properties of undefined (reading 'node')",
)

each_chapter = pytest.mark.parametrize(
    "chapter",
    [
        pytest.param(name, marks=[] if name == ONE else pytest.mark.every_chapter)
        for name in CHAPTERS
        if name != "template"
    ],
)


@pytest.fixture(scope="module")
def runnable(site, missing):
    """Put JupyterLite beside the pages."""
    at_hand = os.environ.get("PYODIDE_DIR") or lite.NEARBY.is_dir() or lite.DOWNLOADS.is_dir()
    if not (at_hand or os.environ.get("CI")):
        pytest.skip("no Pyodide: name a copy in PYODIDE_DIR, or get one with `make site`")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "lite.py", site], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if not (site / "lite" / "downloads.json").exists():
        missing(done.stdout)


def stored(chapter):
    """Return what the code cells of a chapter print and show as HTML, as they are committed."""
    notebook = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        "".join(
            output["data"]["text/html"]
            if "text/html" in output.get("data", {})
            else output.get("text") or output.get("data", {}).get("text/plain", "")
            for output in cell.outputs
            if "image/svg+xml" not in output.get("data", {})
        )
        for cell in cells
    ]


def words(text):
    """Return a text as it can be compared: without markup, style, script and white space."""
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    return "".join(unescape(re.sub(r"<[^>]+>", "", text)).split())


COUNTS = """pattern => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
  return prompts.length && prompts.every(prompt => new RegExp(pattern).test(prompt.innerText));
}"""


def choose(page, menu, item):
    page.get_by_role("menuitem", name=menu, exact=True).first.click()
    page.get_by_role("menuitem", name=item, exact=True).click()


@each_chapter
def test_a_chapter_runs_to_its_end(runnable, visit, chapter):
    log = visit(f"run.html?chapter={chapter}")
    page = log.page
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    choose(page, "Edit", "Clear Outputs of All Cells")
    page.wait_for_function(COUNTS, arg=r"^\[ \]:$")
    assert page.locator(".jp-OutputArea-output").count() == 0
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(COUNTS, arg=r"^\[\d+\]:$", timeout=300_000, polling=500)
    outputs = page.locator(".jp-CodeCell").evaluate_all(
        "cells => cells.map(cell => [...cell.querySelectorAll('.jp-OutputArea-output')].map("
        "output => [output.dataset.mimeType || '', output.innerHTML]))"
    )
    assert "application/vnd.jupyter.error" not in {kind for cell in outputs for kind, _ in cell}
    different = [
        (number, text, wanted)
        for number, (cell, wanted) in enumerate(zip(outputs, stored(chapter), strict=True), 1)
        if (text := words("".join(html for kind, html in cell if kind not in NOT_COMPARED)))
        != words(wanted)
    ]
    assert different == []
    assert log.outside == []
    errors = [error for error in log.errors if error.startswith("error:")]
    assert [error for error in errors if not any(known in error for known in HARMLESS)] == []
