"""Cells run where they stand, by the Python that is served beside the pages."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import book
import marionette
import runtime
from slopes.explorer import for_page

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


def place(cell, page="sigmoid"):
    """Return where a cell stands among the code cells of a page."""
    notebook = json.loads((ROOT / "chapters" / f"{page}.ipynb").read_text("utf-8"))
    code = [cell["id"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return code.index(cell)


FIGURE, EXPLORER, REPORT, CHECK = map(
    place, ("sigmoid-03", "sigmoid-05", "sigmoid-07", "sigmoid-09")
)
PLOTS = "import matplotlib.pyplot as plt\n"
PRINTS, DERIVATION, ANSWER, SOLVED = map(
    place, ("sigmoid-13", "sigmoid-17", "sigmoid-22", "sigmoid-24")
)
LATER = place("sigmoid-32")

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
    command = [sys.executable, ROOT / "tools" / "runtime.py", site]
    with book.alone():  # as `make site` does: the archives are kept for the next build
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
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
        area.evaluate("area => { (area.closest('details') || {}).open = true; }")
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
            "n => window.said.slice(n).some(m => /^(done|failed|lost)$/.test(m.type))",
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


def joined(text):
    """Return a text that may be stored as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def shown(data):
    """Return what of a shown value is compared: all its texts, but of a figure that it is one."""
    if any(kind.startswith("image/") for kind in data):
        return "a figure\n"  # another Matplotlib draws another one
    kinds = sorted(kind for kind in data if not kind.endswith("+json"))  # for programs
    if "text/markdown" in kinds and "text/html" in kinds:
        kinds.remove("text/html")  # rendered for the page
    # A page has the style and the script of explorers, which a notebook stores.
    return for_page("\n".join(joined(data[kind]) for kind in kinds))


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
    return found


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
        elif message["type"] in ("failed", "lost"):
            found += message["content"]
    return found


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
        end = said[-1]["content"] if said[-1]["type"] == "done" else {}
        derivation = end.get("derivation")
        if derivation:
            plain = joined(wanted[at]["outputs"][-1]["data"]["text/plain"])
            found = [line["kind"] for line in derivation["lines"]], derivation["said"]
            expected = steps(plain)
        elif end.get("said"):  # of an answer: the state of the exercise shows it
            found = end["said"]
            expected = joined(wanted[at]["outputs"][-1]["data"]["text/plain"])
        else:
            found, expected = live_outputs(said), stored(wanted[at])
        if found != expected:
            different.append((at, joined(wanted[at]["source"]), found, expected))
    assert different == []
    assert page.log.outside == []
    assert page.log.errors == []


def test_without_a_press_nothing_is_loaded(cells):
    page = cells()
    page.page.wait_for_load_state("networkidle")
    assert [url for url in page.log.requests if "/live/" in url] == []
    assert page.page.evaluate("window.pythons") is None


def test_the_first_press_says_what_is_loaded_and_how_far_it_is(cells):
    page = cells()
    held = []
    page.page.route("**/numbers.*.bin", lambda route: held.append(route))
    page.press(PRINTS)
    page.wait(PRINTS, r"^Starting Python \(once, \d+ MB\)$")
    page[PRINTS].get_by_role("progressbar").wait_for()
    page[PRINTS].locator(".live-bytes").filter(
        has_text=re.compile(r"[\d.]+ of [\d.]+ MB")
    ).wait_for()
    # A second press, of another cell, waits; one of the same cell changes nothing.
    page.press(CHECK)
    page.wait(CHECK, "^Waiting")
    page[PRINTS].locator(".live-run").click(force=True)
    held[0].continue_()
    page.wait(PRINTS, r"^Done in \d+\.\d s$")
    page.wait(CHECK, r"^Done in \d+\.\d s$")
    assert page.page.evaluate("window.pythons") == 1
    assert page[PRINTS].locator(".output").first.inner_text().startswith("layers")
    assert page.log.outside == []


@pytest.mark.parametrize(
    "part", ["live/index.json", "*.asm.wasm.bin", "base.*.bin", "numbers.*.bin"]
)
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_an_interrupted_load_is_told_and_begun_again(cells, part, how):
    page = cells()
    pattern = f"**/{part}"

    def answer(route):
        if how == "gone":
            route.abort()
        else:
            route.fulfill(status=404)

    page.page.route(pattern, answer)
    page.press(PRINTS)
    page.wait(PRINTS, "could not be loaded")
    assert "again" in page.state(PRINTS)
    page.page.unroute(pattern)
    page.press(PRINTS)
    page.wait(PRINTS, "^Done")


def test_an_endless_loop_is_stopped_and_leaves_the_page_alive(cells):
    page = cells()
    page.area(CHECK).fill("while True:\n    pass")
    page.press(CHECK)
    page.wait(CHECK, "^Running$")
    page.press(CHECK, "Stop")
    page.wait(CHECK, "^Stopped$")
    # What was there before is still there, and not dimmed.
    assert page[CHECK].locator(".cell_output table").is_visible()
    assert page[CHECK].locator(".live-old").count() == 0
    page.press(CHECK, "Reset")
    page.press(CHECK)
    page.wait(CHECK, "^Done")
    assert page.page.evaluate("window.pythons") == 2


def test_a_cell_that_waits_is_taken_out_of_the_queue(cells):
    page = cells()
    page.area(CHECK).fill("while True:\n    pass")
    page.press(CHECK)
    page.wait(CHECK, "^Running$")
    page.press(PRINTS)
    page.wait(PRINTS, "^Waiting")
    page.press(PRINTS, "Stop")
    page.wait(PRINTS, "^Stopped$")
    assert page.state(CHECK) == "Running"


def test_twenty_megabytes_of_output_are_cut(cells):
    page = cells()
    page.area(PRINTS).fill("for _ in range(200):\n    print('x' * 100_000)\nprint('the end')")
    said = page.run(PRINTS)
    assert sum(len(m["content"]) for m in said if m["type"] == "stream") == 200_000
    assert (
        "characters were printed; they are left out"
        in page[PRINTS].locator(".live-note").inner_text()
    )
    page.area(PRINTS).fill("for k in range(5000):\n    display(k)")
    said = page.run(PRINTS)
    assert sum(m["type"] == "display" for m in said) == 100


def test_an_error_names_the_cell_and_the_line(cells):
    page = cells()
    page.area(PRINTS).fill("a = 1\nb = a +")
    page.run(PRINTS)
    error = page[PRINTS].locator(".live-error")
    assert (
        error.locator("p").inner_text() == f"Cell {PRINTS + 1}, line 2: SyntaxError: invalid syntax"
    )
    page.area(PRINTS).fill("def f(x):\n    return x / 0\n\nprint('before')\nf(1)")
    page.run(PRINTS)
    assert (
        error.locator("p").inner_text()
        == f"Cell {PRINTS + 1}, line 2: ZeroDivisionError: division by zero"
    )
    assert not error.locator("pre").is_visible()
    error.locator("summary").click()
    assert f"cell {PRINTS + 1}" in error.locator("pre").inner_text()
    assert "return x / 0" in error.locator("pre").inner_text()
    assert page[PRINTS].locator(".output.stream").inner_text().strip() == "before"


def test_an_error_of_a_cell_above_leads_there(cells):
    page = cells()
    page.area(CHECK).fill("answer = 1\nanswer = 1 / 0")
    page.area(PRINTS).fill("answer")
    page.run(PRINTS)
    link = page[PRINTS].locator(".live-error a")
    assert link.inner_text() == f"Cell {CHECK + 1}"
    assert page.page.locator(link.get_attribute("href")).get_attribute("data-cell") == str(CHECK)
    page.area(CHECK).fill("answer = (")
    page.run(PRINTS)
    said = page[PRINTS].locator(".live-error").inner_text()
    assert (
        f"Cell {CHECK + 1}, which may define it, cannot be read (line 1: '(' was never closed)"
        in said
    )


def test_output_of_the_cells_above_is_not_shown_again(cells):
    page = cells()
    page.area(CHECK).fill("print('loud')\nx = [1]\nx.append(2)\nprint(x)\ndisplay(x)")
    page.area(PRINTS).fill("x")
    page.run(PRINTS)
    assert page[PRINTS].locator(".cell_output").inner_text().strip() == "[1, 2]"


def test_the_style_holds_where_a_cell_names_only_pyplot(cells):
    """Its figures are the book's, and nothing is said about fonts."""
    page = cells()
    page.area(PRINTS).fill(
        f"{PLOTS}plt.plot([1, 2])\nplt.title('$x^2$')\nprint(plt.rcParams['svg.hashsalt'])"
    )
    said = page.run(PRINTS)
    texts = "".join(m["content"] for m in said if m["type"] == "stream")
    assert texts == "slopes\n"
    drawn = [
        m["content"] for m in said if m["type"] == "display" and "image/svg+xml" in m["content"]
    ]
    assert len(drawn) == 1
    # A setting that a reader tries does not outlive the run.
    page.area(PRINTS).fill(
        f"{PLOTS}plt.rcParams['svg.hashsalt'] = 'mine'\nnp.set_printoptions(precision=2)"
    )
    page.run(PRINTS)
    page.area(PRINTS).fill(
        f"{PLOTS}plt.close(plt.figure())\nprint(plt.rcParams['svg.hashsalt'], np.array([1 / 3]))"
    )
    texts = "".join(m["content"] for m in page.run(PRINTS) if m["type"] == "stream")
    assert texts == "slopes [0.33333333]\n"


def test_a_figure_keeps_its_caption_and_says_when_it_is_changed(cells):
    page = cells()
    figure = page[FIGURE].locator("figure")
    alt, caption = (
        figure.locator("img").get_attribute("alt"),
        figure.locator("figcaption").inner_text(),
    )
    page.run(FIGURE)
    assert figure.locator("img").get_attribute("src").startswith("blob:")
    assert figure.locator("img").get_attribute("alt") == alt
    assert figure.locator("figcaption").inner_text() == caption
    assert figure.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 300
    assert figure.locator("source").get_attribute("srcset").startswith("blob:")
    page.area(FIGURE).fill(page.area(FIGURE).input_value().replace("3.0", "2.0"))
    page.run(FIGURE)
    assert (
        figure.locator("img").get_attribute("alt")
        == f"Drawn by the changed cell. Before the change: {alt}"
    )


def test_an_interactive_figure_moves_after_a_run(cells):
    page = cells()
    caption = page[EXPLORER].locator("figcaption").inner_text()
    page.run(EXPLORER)
    assert page[EXPLORER].locator("figcaption").inner_text() == caption
    slider = page[EXPLORER].locator("slopes-explorer input").first
    said = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") != said


def test_a_script_that_the_page_does_not_have_is_not_run(cells):
    page = cells()
    page.area(PRINTS).fill(
        "from IPython.display import HTML\nHTML('<script>window.got = 1</script><b>shown</b>')"
    )
    page.run(PRINTS)
    assert page[PRINTS].locator("b").inner_text() == "shown"
    assert page.page.evaluate("window.got") is None


def test_the_tables_of_the_checker_are_those_of_the_page(cells):
    page = cells()
    table = page[REPORT].locator("table.checked")
    page[REPORT].locator("details.report > summary").click()  # which sets its formulas
    table.locator(".katex").nth(30).wait_for()
    before = table.evaluate(
        "t => [t.rows.length, t.querySelectorAll('.katex').length, t.textContent]"
    )
    page.run(REPORT)
    table.locator(".katex").nth(30).wait_for(state="attached")
    after = table.evaluate(
        "t => [t.rows.length, t.querySelectorAll('.katex').length, t.textContent]"
    )
    assert after == before
    assert table.get_attribute("role") == "table"


# Exercises


def test_an_answer_is_judged(cells):
    page = cells("chapters/stuck-units.html")
    at = place("stuck-17", "stuck-units")
    assert page[at].get_by_text("Your answer", exact=True).is_visible()
    page.run(at)
    assert page.state(at).startswith("No answer yet")
    page.area(at)
    page.page.keyboard.type("x")  # in place of the dots
    assert page.area(at).input_value() == "def rate_limit(x):\n    return x"
    page.run(at)
    assert page.state(at).startswith("Not yet: at x = 0.1 your rate_limit is too small")
    for body, said in {
        "bend = x**2 + 1\n    return 1 / (2 * bend)": "Right, at all 5 inputs tried.",
        "return [...]": "No answer yet",
        "return x.nothing": "Not yet: at x = 0.1 your rate_limit stops in line 2 with AttributeError",
        "return missing(x": "Failed",
    }.items():
        page.area(at).fill(f"def rate_limit(x):\n    {body}")
        page.run(at)
        assert page.state(at).startswith(said)
    error = page[at].locator(".live-error p").inner_text()
    assert f"Cell {at + 1}, line 2: SyntaxError" in error


def test_a_solution_is_folded_and_on_nobodys_way(cells):
    """What the solution of an exercise defines is not there for the cells below it."""
    page = cells()
    assert not page[SOLVED].is_visible()
    page.area(PRINTS).fill("print(2)")
    page.area(LATER).fill("print(first_over_second)")
    said = page.run(LATER)
    # The reader has not answered the exercise before.
    assert live_outputs(said).startswith("Ellipsis")


QUOTIENT = r"\frac{0 \cdot (1 + e^{-x}) - 1 \cdot (-e^{-x})}{(1 + e^{-x})^2}"


def test_a_derivation_is_shown_while_it_is_typed_and_judged_line_by_line(cells):
    page = cells()
    lines = page[DERIVATION].locator(".live-lines li")
    area = page.area(DERIVATION)
    lines.locator(".katex").first.wait_for()
    assert lines.count() == 1
    area.press("ControlOrMeta+End")
    page.page.keyboard.type(f"\n= {QUOTIENT} % quotient rule\n= \\frac{{-e^")
    assert lines.count() == 3
    assert lines.nth(1).locator(".katex").is_visible()
    assert lines.nth(1).locator(".live-rule").inner_text() == "quotient rule"
    assert lines.nth(2).locator(".katex").count() == 0  # not finished
    page.page.keyboard.type("{-x}}{(1 + e^{-x})^2}")
    page.run(DERIVATION)
    assert page.state(DERIVATION) == "Not yet"
    marks = [lines.nth(k).locator(".live-mark").inner_text() for k in range(3)]
    assert marks == ["holds", "holds", "does not hold"]
    assert lines.nth(2).locator(".live-reason").inner_text()
    # A mark stays with its line until that is changed.
    area.fill(area.input_value().replace("{-e^{-x}}{", "{e^{-x}}{"))
    marks = [lines.nth(k).locator(".live-mark").inner_text() for k in range(3)]
    assert marks == ["holds", "holds", ""]
    page.run(DERIVATION)
    assert page.state(DERIVATION) == "Right"


def test_steps_are_counted_as_the_checker_counts(cells):
    page = cells()
    area = page.area(DERIVATION)
    area.fill(
        "% a remark\n\n\\sigma'(x) = \\begin{cases}\n1 & x > 0 \\\\\n0 & x < 0\n\\end{cases}\n"
        "= 50\\% % odd\n= 2"
    )
    said = page.run(DERIVATION)
    found = [line["latex"] for line in said[-1]["content"]["derivation"]["lines"]]
    assert len(found) == page[DERIVATION].locator(".live-lines li").count() == 3


def test_a_derivation_says_what_to_show(cells):
    page = cells()
    show = page[DERIVATION].locator(".live-show")
    assert show.text_content().startswith("Show that")
    assert (
        show.locator("annotation").text_content() == r"\sigma'(x) = \frac{e^{-x}}{(1 + e^{-x})^2}"
    )


def test_a_button_puts_latex_in(cells):
    page = cells()
    area = page.area(DERIVATION)
    area.press("ControlOrMeta+End")
    page.page.keyboard.press("Enter")
    page[DERIVATION].get_by_role("button", name="= |").or_(
        page[DERIVATION].locator(".live-keys button").nth(0)
    ).click()
    page[DERIVATION].locator(".live-keys button").nth(1).click()
    page.page.keyboard.type("1")
    assert area.input_value().endswith("\n= \\frac{1}{}")


# Edits


def test_edits_are_kept_on_this_device_and_reset(cells):
    page = cells()
    page.area(PRINTS).fill("1 + 1")
    assert page[PRINTS].locator(".live-edited").inner_text() == "edited, kept on this device"
    page.page.reload()
    page[PRINTS].get_by_role("button", name="Reset").wait_for()
    assert page[PRINTS].locator("textarea").input_value() == "1 + 1"
    assert page.page.evaluate("window.pythons") is None
    page.press(PRINTS, "Reset")
    assert page[PRINTS].locator("textarea").input_value().startswith("layers = ")
    assert not page[PRINTS].get_by_role("button", name="Reset").is_visible()
    assert page.page.evaluate("localStorage.getItem('live:' + location.pathname)") is None


@pytest.mark.parametrize("keep", [True, False])
def test_a_chapter_that_has_changed_since_shows_both(cells, keep):
    page = cells()
    kept = [{"at": PRINTS, "was": "layers = 3", "now": "layers = 4"}]
    page.page.evaluate(
        "t => localStorage.setItem('live:' + location.pathname, t)", json.dumps(kept)
    )
    page.page.reload()
    note = page[PRINTS].get_by_role("note")
    note.filter(has_text="This cell has changed since you edited it").wait_for()
    new = page[PRINTS].locator("textarea").input_value()
    # Until the reader decides, nothing can take the place of what is kept.
    assert not page[PRINTS].locator("textarea").is_editable()
    assert not page[PRINTS].get_by_role("button", name="Reset").is_visible()
    note.get_by_text("Yours", exact=True).click()
    assert note.get_by_text("layers = 4").is_visible()
    note.get_by_role("button", name="Keep yours" if keep else "Take the new one").click()
    assert page[PRINTS].locator("textarea").input_value() == ("layers = 4" if keep else new)
    assert page[PRINTS].get_by_role("note").count() == 0


def test_an_edit_moves_with_its_cell(cells):
    page = cells()
    text = page[PRINTS].locator("textarea").input_value()
    kept = [{"at": 2, "was": text, "now": "1 + 2"}]
    page.page.evaluate(
        "t => localStorage.setItem('live:' + location.pathname, t)", json.dumps(kept)
    )
    page.page.reload()
    page[PRINTS].get_by_role("button", name="Reset").wait_for()
    assert page[PRINTS].locator("textarea").input_value() == "1 + 2"


def test_the_notebook_is_downloaded_with_and_without_changes(cells):
    page = cells()
    path = ROOT / "chapters" / "sigmoid.ipynb"

    def code(text):
        return [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]

    stored = code(path.read_text("utf-8"))
    answer = page.area(ANSWER)
    answer.fill(answer.input_value().replace("...", "7"))
    with page.page.expect_download() as waiting:
        page.page.get_by_text("with your changes").click()
    found = code(Path(waiting.value.path()).read_text(encoding="utf-8"))
    changed = joined(stored[ANSWER]["source"]).replace("...", "7")
    assert joined(found[ANSWER]["source"]) == changed
    assert found[ANSWER]["outputs"] == []
    assert found[ANSWER - 1]["outputs"] != []
    assert [c["source"] for c in found[:ANSWER]] == [c["source"] for c in stored[:ANSWER]]
    clean = page.page.locator(".download").get_attribute("href")
    assert clean == "../_sources/chapters/sigmoid.ipynb"


BLOCK = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
}
Object.defineProperty(navigator, "serviceWorker", { value: undefined });
"""


def test_nothing_needs_storage(cells):
    page = cells(script=LISTEN + BLOCK)
    page.area(PRINTS).fill("1 + 1")
    assert "not kept" in page[PRINTS].locator(".live-edited").inner_text()
    page.run(PRINTS)
    assert page[PRINTS].locator(".cell_output").inner_text().strip() == "2"


# Where and how


def test_a_chapter_that_does_not_exist_is_named(cells):
    page = cells()
    page.area(REPORT).fill('verify("nowhere.ipynb")')
    page.run(REPORT)
    assert "FileNotFoundError" in page[REPORT].locator(".live-error p").inner_text()
    assert "nowhere.ipynb" in page[REPORT].locator(".live-error p").inner_text()
    page.area(REPORT).fill('verify("tanh.ipynb")')  # another that does
    page.run(REPORT)
    assert "verified" in page[REPORT].locator(".cell_output summary").inner_text()


def test_all_can_be_done_by_keyboard(cells):
    page = cells()
    area = page.area(PRINTS)
    area.fill("def f(x):")
    area.press("End")
    area.press("Enter")
    page.page.keyboard.type("return x")
    assert area.input_value() == "def f(x):\n    return x"
    area.press("Enter")
    area.press("Backspace")
    page.page.keyboard.type("f(3)")
    area.press("Shift+Enter")
    page.wait(PRINTS, "^Done")
    assert page[PRINTS].locator(".cell_output").inner_text().strip() == "3"
    # Tab leaves the code: first to what can be pressed, then on.
    area.press("Tab")
    focused = "document.activeElement.textContent"
    while page.page.evaluate("document.activeElement.closest('.live-bar') === null"):
        page.page.keyboard.press("Tab")
    assert page.page.evaluate(focused) == "Run"
    page.page.keyboard.press("Tab")
    assert page.page.evaluate(focused) == "Reset"


COLOURS = """pre => {
  const walk = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const { color } = getComputedStyle(walk.currentNode.parentNode);
    for (const letter of walk.currentNode.data) if (letter.trim()) found.push(letter + " " + color);
  }
  return found;
}"""


def test_colours_are_kept_up(cells):
    """While it is typed, code has the colours that Pygments gave it, letter by letter."""
    page = cells("chapters/nonlinearity.html")
    page.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = []
    for at in range(page.page.locator("[data-cell]").count()):
        if page[at].locator(".live-steps").count():
            continue
        pre = page[at].locator(".live-edit pre")
        before = pre.evaluate(COLOURS)
        page.area(at).fill(page.area(at).input_value() + "\n")
        found += zip(before, pre.evaluate(COLOURS), strict=True)
    wrong = [pair for pair in found if pair[0] != pair[1]]
    assert len(found) > 3000
    assert len(wrong) < len(found) / 50, wrong[:20]


def test_a_strict_policy_for_content_lets_cells_run(cells, address):
    """Scripts from here, and those in the page by their hashes; no other inline script."""
    page = cells()
    hashes = page.page.evaluate("""async () => {
      const found = [];
      for (const script of document.querySelectorAll("script:not([src])")) {
        const text = new TextEncoder().encode(script.textContent);
        const digest = await crypto.subtle.digest("SHA-256", text);
        found.push(`'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`);
      }
      return [...new Set(found)].join(" ");
    }""")
    policy = (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
        f" font-src 'self' data:; script-src 'self' blob: 'wasm-unsafe-eval' {hashes}"
    )

    def strict(route):
        reply = route.fetch()
        route.fulfill(response=reply, headers={**reply.headers, "content-security-policy": policy})

    page.page.route(re.compile(r".*(html|worker\.\w+\.js)$"), strict)
    page.page.reload()
    page.log.errors.clear()
    page.run(EXPLORER)
    page.run(PRINTS)
    assert page[PRINTS].locator(".output").first.is_visible()
    page[EXPLORER].locator("slopes-explorer[data-live]").wait_for()
    assert page.log.errors == []


def test_the_second_visit_needs_no_network(live, cells):
    page = cells()
    page.run(FIGURE)
    page.run(PRINTS)
    page.page.wait_for_function("navigator.serviceWorker.controller !== null", timeout=30_000)
    page.page.wait_for_function(
        """async () => {
          const kept = [];
          for (const name of await caches.keys()) kept.push(...await (await caches.open(name)).keys());
          return kept.filter((r) => /wasm|base|book|numbers|drawing/.test(r.url)).length >= 5;
        }""",
        timeout=60_000,
    )
    context = page.page.context
    context.unroute_all(behavior="ignoreErrors")
    context.set_offline(True)
    page.page.reload()
    assert page.page.get_by_role("heading", level=1).is_visible()
    page.press(PRINTS)
    page.wait(PRINTS, "^Done")
    page.press(FIGURE)
    page.wait(FIGURE, "^Done")


def test_a_new_version_of_the_site_replaces_what_is_kept(cells, site):
    page = cells()
    page.run(PRINTS)
    page.page.wait_for_function("navigator.serviceWorker.controller !== null", timeout=30_000)
    names = (
        "caches.keys().then((all) => all.map((name) => name.split(' ').slice(-2).join(' ')).sort())"
    )
    kept = """(async () => {
      const name = (await caches.keys()).find((n) => n.endsWith("parts"));
      return (await (await caches.open(name)).keys()).map((request) => request.url);
    })()"""
    worker, index = site / "offline.js", site / "live" / "index.json"
    before = worker.read_text(encoding="utf-8"), index.read_text(encoding="utf-8")
    version = re.search(r'VERSION = "(\w+)"', before[0])[1]
    page.page.wait_for_function(f"async () => (await {kept}).some((u) => u.includes('/numbers.'))")
    try:
        worker.write_text(before[0].replace(version, "another"), encoding="utf-8")
        index.write_text(
            re.sub(r"numbers\.\w+\.bin", "numbers.00000000.bin", before[1]), encoding="utf-8"
        )
        page.page.evaluate("navigator.serviceWorker.ready.then((r) => r.update())")
        # What the new version does not name goes, and what it names as before stays.
        page.page.wait_for_function(f"async () => !(await {names}).includes('pages {version}')")
        page.page.wait_for_function(
            f"async () => !(await {kept}).some((u) => u.includes('/numbers.'))"
        )
        assert page.page.evaluate(f"{kept}.then((all) => all.some((u) => u.includes('/base.')))")
    finally:
        worker.write_text(before[0], encoding="utf-8")
        index.write_text(before[1], encoding="utf-8")


def test_cells_do_not_run_from_a_file(visit, site):
    page = visit((site / "chapters" / "sigmoid.html").as_uri()).page
    assert page.locator(".live-run").count() == 0
    assert page.get_by_text("Your answer", exact=True).count() == 0


@pytest.mark.parametrize(
    ("width", "theme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_a_page_that_ran_serves_every_reader(cells, width, theme):
    from test_pages import WIDER, violations

    page = cells(width=width, color_scheme=theme)
    page.area(PRINTS).fill("1 / 0")
    page.area(ANSWER).fill("first_over_second = 3")
    page.area(DERIVATION).fill(page.area(DERIVATION).input_value() + "\n= 2  % wrong")
    for at in (PRINTS, DERIVATION, ANSWER, FIGURE):
        page.run(at)
    page[PRINTS].locator("summary").click()
    assert page.page.evaluate(WIDER) == 0
    assert violations(page.page) == []


IN_FIREFOX = """
const cell = document.querySelector(`[data-cell="${args[0]}"]`);
const end = new Promise((resolve) => cell.addEventListener("live:end", resolve, { once: true }));
if (args[1]) cell.querySelector(".live-run").click();
const { detail } = await end;
const output = cell.querySelector(".cell_output");
return [detail.type, cell.querySelector(".live-state").textContent, output.innerText];
"""


@pytest.mark.every_chapter
@pytest.mark.parametrize(
    "settings", [{}, {"network.cookie.cookieBehavior": 2}], ids=["as it is", "storage blocked"]
)
def test_firefox_runs_cells_too(live, address, tmp_path, missing, settings):
    program = marionette.find()
    if program is None:
        missing("no Firefox: install firefox, or name one in FIREFOX")
    with marionette.started(program, tmp_path / "profile", **settings) as firefox:
        firefox.open(address + "chapters/sigmoid.html")
        assert firefox.run(IN_FIREFOX, 6, True)[2].startswith(" 1 layers")
        assert firefox.run(IN_FIREFOX, 1, True)[0] == "done"
        assert "30 statements" in firefox.run(IN_FIREFOX, 3, True)[2]
        # Typed by keys, run by keys.
        firefox.type('[data-cell="10"] textarea', "\ue010\ue009a\ue000\ue017")
        firefox.type('[data-cell="10"] textarea', "def slope_in_w(w):\ue007return 0\ue008\ue007")
        firefox.run(
            """while (!/^Not/.test(document.querySelector('[data-cell="10"] .live-state').textContent))
              await new Promise((resolve) => setTimeout(resolve, 100));"""
        )
        text = firefox.run("return document.querySelector('[data-cell=\"10\"] textarea').value")
        assert text == "def slope_in_w(w):\n    return 0"
        kept = firefox.run(
            "return document.querySelector('[data-cell=\"10\"] .live-edited').textContent"
        )
        assert ("not kept" in kept) == bool(settings)
