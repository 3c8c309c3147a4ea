"""Chapters run in the browser, by the Python that is served beside the pages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import book
import lite

ROOT = Path(book.ROOT)
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
# One that draws, checks and verifies; `make test-lite` runs the others too.
ONE = "sigmoid"

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


def texts(cell):
    """Return the texts that a cell printed and showed; another Matplotlib draws other figures."""
    found = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            found.append(joined(output["text"]))
        elif output["output_type"] in ("execute_result", "display_data"):
            data = output["data"]
            if not any(kind.startswith("image/") for kind in data):
                found += [joined(text) for _, text in sorted(data.items())]
        elif output["output_type"] == "error":
            found.append(f"{output['ename']}: {output['evalue']}")
    return "\n".join(found)


def joined(text):
    """Return a text that may be stored as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


COUNTS = """pattern => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
  return prompts.length && prompts.every(prompt => new RegExp(pattern).test(prompt.innerText));
}"""


NOTEBOOK = "window.jupyterapp.shell.currentWidget.content.model.toJSON()"


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


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
    ran = code_cells(page.evaluate(NOTEBOOK))
    stored = code_cells(json.loads((ROOT / "chapters" / f"{chapter}.ipynb").read_text("utf-8")))
    assert len(ran) == len(stored)
    assert [
        (cell["source"], texts(cell), texts(wanted))
        for cell, wanted in zip(ran, stored, strict=True)
        if texts(cell) != texts(wanted)
    ] == []
    assert log.outside == []
