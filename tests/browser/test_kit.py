"""The slides and the handouts, as they are shown and printed."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import book
import browser as chromium
import kit
from slopes import figures

TOOLS = Path(book.ROOT, "tools")
DECKS = sorted(path.stem for path in Path(book.ROOT, "teaching", "slides").glob("*.md"))
# What of a slide reaches beyond it, the numbers that touch their formulas, and what the last row cannot
# read: letters below a fortieth of the height. `letter` is the size of a figure's letters, in its pixels.
FAULTS = """letter => {
  const faults = [];
  const slide = document.querySelector(".reveal .slides section.present:not(.stack)");
  const scale = Reveal.getScale();
  const frame = document.querySelector(".reveal .slides").getBoundingClientRect();
  if (!slide.querySelector("aside.notes > p")) faults.push("no notes for the speaker");
  const options = [...slide.querySelectorAll("li > strong:first-child")].filter(node => /^[A-H]$/.test(node.textContent));
  if (options.length && slide.querySelectorAll("aside > p").length !== options.length + 1) faults.push("options in the notes");
  if (slide.querySelector("aside .katex, .numbered.fragment ~ .numbered:not(.fragment)")) faults.push("formulas");
  for (const node of slide.querySelectorAll("*")) {
    if (node.closest("aside, .katex-mathml, svg, style, script, .controls-hidden")) continue;
    const box = node.getBoundingClientRect();
    if (box.width && (box.bottom > frame.bottom + 1 || box.right > frame.right + 1))
      faults.push(`${node.tagName}.${node.className} reaches ${Math.round(box.right - frame.right)}, ${Math.round(box.bottom - frame.bottom)} out`);
  }
  for (const fraction of slide.querySelectorAll(".katex .mfrac")) {
    const parts = [...fraction.querySelectorAll(":scope > .vlist-t > .vlist-r > .vlist > span > .mord")];
    if (parts.length < 2) continue; // a small one, in a line
    const [below, above] = [parts[0], parts.at(-1)].map(part => part.getBoundingClientRect());
    if (below.top < above.top + above.height / 2) faults.push(`${fraction.textContent} is no fraction`);
  }
  for (const line of slide.querySelectorAll(".numbered")) {
    const number = line.querySelector(":scope > p").getBoundingClientRect();
    for (const part of line.querySelectorAll(".katex-html .base")) {
      if (part.getBoundingClientRect().right > number.left) faults.push(`${number.left} touches a formula`);
    }
  }
  const least = innerHeight / 40;
  for (const image of slide.querySelectorAll("img")) {
    const size = letter * image.getBoundingClientRect().width / image.naturalWidth;
    if (size < least) faults.push(`${image.src} has letters of ${size}`);
  }
  for (const node of slide.querySelectorAll("p, li, dt, dd, label, button, pre, svg text")) {
    const size = parseFloat(getComputedStyle(node).fontSize) * (node.closest("svg") ? node.getScreenCTM().a : scale * node.currentCSSZoom);
    if (!node.closest("aside") && size < least) faults.push(`${node.textContent} has letters of ${size}`);
  }
  return faults;
}"""


def run(name, *arguments):
    command = [sys.executable, TOOLS / f"{name}.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=book.environment())


@pytest.fixture(scope="module")
def slides(site, tmp_path_factory):
    """Build the slides; serve them, and return their address."""
    out = tmp_path_factory.mktemp("slides") / "decks"
    done = run("slides", "--pages", site, "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    with chromium.serve(out) as root:
        yield root


@pytest.mark.parametrize("deck", DECKS)
def test_every_slide_holds_what_is_on_it(slides, browser, deck):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    outside, errors = [], []
    page.on(
        "request", lambda r: outside.append(r.url) if not r.url.startswith((slides, "data:")) else 0
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{slides}{deck}.html")
    page.evaluate("document.fonts.ready")
    with plt.rc_context():
        figures.use_style()
        letter = plt.rcParams["font.size"] * 96 / 72
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("n => Reveal.slide(n)", number)
        assert page.evaluate(FAULTS, letter) == [], f"slide {number + 1}"
    assert (outside, errors) == ([], [])
    assert "{{" not in page.inner_text("body")
    assert not page.evaluate(
        "[...document.querySelectorAll('aside')].some(n => n.textContent.includes('$'))"
    )
    assert page.locator("slopes-explorer:not([data-live])").count() == 0
    page.close()


def test_the_first_page_has_each_deck_in_its_lecture(slides, browser):
    page = browser.new_page()
    page.goto(f"{slides}index.html")
    columns = page.locator(".column").evaluate_all(
        "nodes => nodes.map(n => [...n.querySelectorAll('a')].map(a => a.getAttribute('href')))"
    )
    wanted = [[f"{slug}.html" for slug in meeting.slugs if slug in DECKS] for meeting in kit.unit()]
    assert columns == [column for column in wanted if column]
    page.close()


def pages_of(pdf):
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


def test_a_handout_prints_with_bookmarks_and_without_solutions(site, tmp_path):
    names = ("sigmoid", "quizzes", "notation")
    for options in ([], ["--solutions"]):
        done = run("handouts", *names, "--pages", site, "--out", tmp_path, *options)
        assert done.returncode == 0, done.stdout + done.stderr
    plain, solved, sheet = (
        tmp_path / f"sigmoid{suffix}.pdf" for suffix in ("", "-with-solutions", "-sheet")
    )
    for pdf in (plain, solved, sheet):
        content = pdf.read_bytes()
        assert b"/Outlines" in content
        assert b"/StructTreeRoot" in content
        assert b"127.0.0.1" not in content
        assert b"file:" not in content
        sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 (\d+)\S* (\d+)", content)
        assert set(sizes) == {(b"594", b"841")}  # A4
    assert 4 <= pages_of(plain) < pages_of(solved)
    assert pages_of(sheet) == 2
    # A page without a solution is not printed twice, and the key of the questions is one.
    assert (tmp_path / "notation.pdf").is_file()
    assert not (tmp_path / "notation-with-solutions.pdf").exists()
    questions = [tmp_path / f"quizzes{suffix}.pdf" for suffix in ("", "-with-solutions")]
    assert questions[0].stat().st_size < questions[1].stat().st_size


def test_the_page_for_teachers_is_not_handed_out(site, tmp_path):
    done = run("handouts", kit.TEACHERS, "--pages", site, "--out", tmp_path)
    assert done.returncode == 1
    assert "no page teach to hand out" in done.stderr
