"""Cells run where they stand, by the Python that is served beside the pages."""

import configparser
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import book
import runtime

ROOT = Path(book.ROOT)
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
# One that draws, checks and verifies, and one that trains networks; `make test-live` runs all.
ALWAYS = ("sigmoid", "relu")
LONG = 240_000  # for a whole machine that is busy with other things

each_chapter = pytest.mark.parametrize(
    "chapter",
    [
        pytest.param(name, marks=[] if name in ALWAYS else pytest.mark.every_chapter)
        for name in CHAPTERS
        if name != "template"
    ],
)
# Keeps what Python says to the page.
LISTEN = """
window.said = [];
window.Worker = class extends Worker {
  constructor(...all) { super(...all); window.pythons = (window.pythons || 0) + 1; }
  set onmessage(take) {
    super.onmessage = (event) => { window.said.push(event.data); take(event); };
  }
};
"""


@pytest.fixture(scope="module")
def live(site, missing):
    """Put Python beside the pages."""
    nearby = [runtime.NEARBY, runtime.DOWNLOADS]
    if not (os.environ.get("PYODIDE_DIR") or any(map(Path.is_dir, nearby)) or os.environ.get("CI")):
        pytest.skip("no Pyodide: name a copy in PYODIDE_DIR, or get one with `make site`")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "runtime.py", site], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr


class Cells:
    """A page whose cells are pressed."""

    def __init__(self, log):
        self.log, self.page = log, log.page
        self.page.wait_for_selector(".live-run")

    def __getitem__(self, at):
        """Return a cell."""
        return self.page.locator(f'[data-cell="{at}"]')

    def area(self, at):
        """Return where a cell is edited; writing there begins when the page has taken it over."""
        area = self[at].locator("textarea")
        area.focus()
        self[at].locator(".live-edited").wait_for(state="attached")
        return area

    def press(self, at, name=None):
        """Press a cell's first button, or the one with this name."""
        bar = self[at].locator(".live-bar")
        (bar.get_by_role("button", name=name) if name else bar.locator(".live-run")).click()

    def state(self, at):
        """Return what the page says about a cell."""
        return self[at].locator(".live-state").text_content()

    def wait(self, at, pattern):
        """Wait until the page says something about a cell."""
        self.page.wait_for_function(
            """([at, pattern]) => new RegExp(pattern).test(
                 document.querySelector(`[data-cell="${at}"] .live-state`).textContent)""",
            arg=[at, pattern],
            timeout=LONG,
        )

    def run(self, at):
        """Run a cell to its end; return what Python said."""
        before = self.page.evaluate("window.said.length")
        self.press(at)
        self.page.wait_for_function(
            "n => window.said.slice(n).some(m => m.type === 'done' || m.type === 'failed')",
            arg=before,
            timeout=LONG,
        )
        return self.page.evaluate("n => window.said.slice(n)", before)


@pytest.fixture
def cells(live, visit):
    """Return a function that opens a page with cells."""

    def cells(path="chapters/sigmoid.html", script=LISTEN, **options):
        log = visit("404.html", **options)
        log.page.context.add_init_script(script)
        log.page.goto(log.page.url.replace("404.html", path))
        return Cells(log)

    return cells


def sanitized(text):
    """Leave out of a text what the tests of the notebooks do not compare either."""
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests" / "nbval-sanitize.cfg", encoding="utf-8")
    for rule in rules.sections():
        text = re.sub(rules[rule]["regex"], rules[rule]["replace"], text)
    return text


def joined(text):
    """Return a text that may be stored as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def shown(data):
    """Return what of a shown value is compared: all its texts, but of a figure that it is one."""
    if any(kind.startswith("image/") for kind in data):
        return "a figure\n"  # another Matplotlib draws another one
    kinds = sorted(data)
    if "text/markdown" in kinds and "text/html" in kinds:
        kinds.remove("text/html")  # rendered for the page
    return "\n".join(joined(data[kind]) for kind in kinds)


def stored(cell):
    """Return what a notebook has stored for a cell."""
    found = ""
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            found += joined(output["text"])
        elif output["output_type"] == "error":
            found += f"{output['ename']}: {output['evalue']}"
        else:
            found += shown(output["data"])
    return sanitized(found)


def live_outputs(said):
    """Return what Python said while a cell ran, in the same form."""
    found = ""
    for message in said:
        if message["type"] in ("stream", "note"):
            found += message["content"]
        elif message["type"] == "display":
            found += shown(message["content"])
        elif message["type"] == "done" and message["content"].get("error"):
            error = message["content"]["error"]
            found += f"{error['name']}: {error['text']}\n{error['traceback']}"
        elif message["type"] == "failed":
            found += message["content"]
    return sanitized(found)


def steps(text):
    """Return the verdicts, line by line, and the last sentence of a derivation that was printed."""
    *rows, said = text.strip().splitlines()
    return [row.split()[1] for row in rows if re.match(r" *\d+  \w", row)], said


@each_chapter
def test_every_cell_gives_what_is_stored(cells, chapter):
    page = cells(f"chapters/{chapter}.html")
    notebook = json.loads((ROOT / "chapters" / f"{chapter}.ipynb").read_text("utf-8"))
    wanted = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    page.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.page.locator("[data-cell]").count() == len(wanted)
    different = []
    # From the last to the first: no cell can lean on what was run before.
    for at in reversed(range(len(wanted))):
        said = page.run(at)
        derivation = said[-1]["content"].get("derivation") if said[-1]["type"] == "done" else None
        if derivation:
            plain = joined(wanted[at]["outputs"][-1]["data"]["text/plain"])
            found = [line["kind"] for line in derivation["lines"]], derivation["said"]
            expected = steps(plain)
        else:
            found, expected = live_outputs(said), stored(wanted[at])
        if found != expected:
            different.append((at, joined(wanted[at]["source"]), found, expected))
    assert different == []
    assert page.log.outside == []
    assert page.log.errors == []
