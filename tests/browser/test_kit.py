"""The slides, the handouts and the page for marking, as they are shown, printed and used."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest

import book
import browser as chromium
import handouts
import homework
import kit
import slides as deck_files
from references import title
from slopes import figures

TOOLS = Path(book.ROOT, "tools")
LECTURES = deck_files.lectures()
# Whatever of a slide lies below an arrow or the slide's number.
COVERED = """() => {
  const slide = document.querySelector(".reveal .slides section.present:not(.stack)");
  const walk = document.createTreeWalker(slide, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const seen = [];
  while (walk.nextNode()) {
    const node = walk.currentNode, text = node.nodeType === Node.TEXT_NODE;
    const element = text ? node.parentElement : node;
    if (element.closest("aside, .katex-mathml, style, script") || (text && !node.data.trim())) continue;
    const { backgroundColor, borderLeftWidth } = getComputedStyle(element);
    const filled = backgroundColor !== "rgba(0, 0, 0, 0)" || parseFloat(borderLeftWidth);
    const range = document.createRange();
    range.selectNode(node);
    if (text) seen.push(...[...range.getClientRects()].map(box => [box, node.data]));
    else if (filled || element.matches("img, svg, input"))
      seen.push([element.getBoundingClientRect(), element.className]);
  }
  const above = [...document.querySelectorAll(".reveal > .controls .enabled, .reveal > .slide-number")];
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const faults = above.flatMap(one => seen.filter(([box]) => meet(box, one.getBoundingClientRect())).map(([, what]) => `${one.className} on ${what}`));
  return { faults, measured: [above.length, seen.length] };
}"""
# The drawings of a slide's figures that are cut: neither seen whole nor not at all.
CUT = """async () => {
  const cut = [];
  for (const image of document.querySelectorAll(".reveal .slides section.present:not(.stack) img")) {
    const frame = document.createElement("div");
    frame.innerHTML = await (await fetch(image.src)).text();
    document.body.append(frame);
    const svg = frame.querySelector("svg"), all = svg.viewBox.baseVal, drawn = image.getBoundingClientRect();
    const scale = Math.min(drawn.width / all.width, drawn.height / all.height);
    // What lies above the edge of a box that hides it, in the figure's own units.
    let [top, bottom] = [all.y, all.y + all.height];
    for (let box = image.parentElement; box.closest("section"); box = box.parentElement) {
      if (getComputedStyle(box).overflowY !== "hidden") continue;
      const { top: from, bottom: to } = box.getBoundingClientRect();
      top = Math.max(top, all.y + (from - drawn.top) / scale);
      bottom = Math.min(bottom, all.y + (to - drawn.top) / scale);
    }
    // The area of a drawing and its texts; lines and shapes may be clipped by the figure itself.
    const drawings = [...svg.querySelectorAll("[id^=axes_]")].map(axes => {
      const boxes = [...axes.querySelectorAll("[id^=text_], :scope > [id^=patch_]")].map(one => one.getBBox());
      return [Math.min(...boxes.map(box => box.y)), Math.max(...boxes.map(box => box.y + box.height))];
    });
    const whole = drawings.filter(([from, to]) => from >= top && to <= bottom);
    const hidden = drawings.filter(([from, to]) => to <= top || from >= bottom);
    if (drawings.length && (!whole.length || whole.length + hidden.length < drawings.length))
      cut.push(`${image.src} is cut at ${top}, ${bottom}`);
    frame.remove();
  }
  return cut;
}"""
# What of a slide reaches beyond it, the numbers that touch their formulas, and what the last row cannot
# read: letters below a fortieth of the height. `letter` is the size of a figure's letters, in its pixels.
FAULTS = """letter => {
  const faults = [];
  const slide = document.querySelector(".reveal .slides section.present:not(.stack)");
  const scale = Reveal.getScale();
  const frame = document.querySelector(".reveal .slides").getBoundingClientRect();
  if (!slide.querySelector("aside.notes > p")) faults.push("no notes for the speaker");
  const options = [...slide.querySelectorAll("li > strong:first-child")].filter(node => /^[A-H]$/.test(node.textContent));
  if (options.length && slide.querySelectorAll("aside > p").length !== options.length) faults.push("options in the notes");
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
  // Where an explorer says what its numbers are, the last row reads it, too.
  for (const node of slide.querySelectorAll(".readout [data-text]")) {
    const size = parseFloat(getComputedStyle(node).fontSize) * scale * node.currentCSSZoom;
    if (size < innerHeight / 24) faults.push(`${node.textContent} is shown in letters of ${size}`);
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


@pytest.mark.parametrize("deck", LECTURES)
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
        assert page.evaluate(CUT) == [], f"slide {number + 1}"
        covered = page.evaluate(COVERED)
        assert covered["faults"] == [], f"slide {number + 1}"
        assert all(covered["measured"])
    assert (outside, errors) == ([], [])
    assert "{{" not in page.inner_text("body")
    assert not page.evaluate(
        "[...document.querySelectorAll('aside')].some(n => n.textContent.includes('$'))"
    )
    assert page.locator("slopes-explorer:not([data-live])").count() == 0
    page.close()


def test_a_lecture_is_one_row_of_slides_and_the_first_page_leads_into_it(slides, browser):
    page = browser.new_page()
    page.goto(f"{slides}index.html")
    links = page.locator(".column").evaluate_all(
        "nodes => nodes.map(n => [...n.querySelectorAll('a')].map(a => [a.textContent, a.getAttribute('href')]))"
    )
    wanted, place = [], deck_files.places()
    for file, (meeting, slugs) in LECTURES.items():
        head = [f"{meeting.name}: {meeting.about}", f"{file}.html"]
        wanted.append([head, *([title(f"{slug}.ipynb"), place[slug]] for slug in slugs)])
    assert links == wanted
    for slug, address in place.items():
        page.goto(f"{slides}{address}")
        page.reload()
        notes = page.locator("section.present:not(.stack) aside").inner_html()
        begins = "The rest of the time is play" if slug == "index" else deck_files.minutes(slug)
        assert begins in notes
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


def test_a_sheet_asks_all_questions_and_speaks_of_no_cell(site, browser):
    page = browser.new_page()
    with chromium.serve(site) as root:
        page.goto(f"{root}chapters/sigmoid.html")
        handouts.change(page, "prepare", slugs=[], solutions=False)
        before = " ".join(page.locator(".card-exercise").all_text_contents())
        handouts.change(page, "sheet")
        tasks = page.locator(".tasks").inner_text()
    page.close()
    assert re.search(r"run\s+the\s+cell", before)
    assert "Your goal is" in tasks
    assert not re.search(r"\bcells?\b|first line below", tasks)


def test_the_page_for_teachers_is_not_handed_out(site, tmp_path):
    done = run("handouts", kit.TEACHERS, "--pages", site, "--out", tmp_path)
    assert done.returncode == 1
    assert "no page teach to hand out" in done.stderr


@pytest.fixture
def marking(tmp_path):
    """Hand in a derivation with a lost sign, and two that are equal; return a function that marks."""
    one = next(one for one in homework.sets() if one.name == "one-neuron")
    start = r"f'(x) = \frac{d}{dx} \frac{1}{1 + e^x}"
    slip = rf"{start} = \frac{{e^x}}{{(1 + e^x)^2}} = \frac{{1}}{{1 + e^x}} \cdot \frac{{e^x}}{{1 + e^x}}"
    slip = slip.replace(r" = \frac{e", "\n= \\frac{e").replace(r"^2} = ", "^2}\n= ")
    for name, derivation in (("Ada", slip), ("Bo", start), ("Cy", start)):
        answers = {task.name: task.start for task in one.tasks}
        answers["falling-sigmoid"] = f'steps = r"""\n{derivation}\n"""'
        answers["no-derivative-at-zero"] = (
            "Both: $\\dfrac{1}{2}$.\n<script>document.title = 'Mine'</script>"
        )
        cells = [
            nbformat.v4.new_markdown_cell(f"{task.mark}\n{answers[task.name]}")
            for task in one.tasks
        ]
        (tmp_path / "in" / name).mkdir(parents=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "in" / name / "hw.ipynb")

    def mark():
        done = run("grade", tmp_path / "in", "--out", tmp_path / "marks")
        assert done.returncode == 0, done.stdout + done.stderr
        return tmp_path / "marks" / "one-neuron" / "in"

    return mark


def typed(page):
    """What stands on the page for marking: (names, points, comment) of each answer."""
    return page.locator("article").evaluate_all(
        """nodes => nodes.map(n => [n.querySelector("h3").textContent,
        n.querySelector("input").value, n.querySelector("textarea").value])"""
    )


def test_a_person_marks_on_one_page_by_keyboard(marking, visit):
    out = marking()
    seen = visit((out / "by-hand.html").as_uri())
    page = seen.page
    said = page.get_by_role("status")
    assert page.title().endswith("mark by hand")
    assert [names for names, *_ in typed(page)] == ["Ada", "Bo, Cy", "Ada, Bo, Cy"]
    assert "but 1 other step holds" in page.locator("article").first.inner_text()
    # The lost sign has 0 points, which stand; the open answers of all three are left.
    assert "0 stands unless you type" in page.locator("article").first.inner_text()
    assert said.inner_text() == "Left to a person: 3 (1 different)."
    # From answer to answer, past what is folded, and to what saves.
    page.get_by_label("Points of 10").first.focus()
    for keys in ("3,5", "Tab", 'A "sign" is lost: $-1$', "Enter", "2+0+3", "Enter"):
        (page.keyboard.press if keys in ("Tab", "Enter") else page.keyboard.type)(keys)
    wrong = "Left to a person: 3 (1 different); wrong: 3 (1 different); not saved: 2."
    assert said.inner_text() == wrong
    wrong = "“2+0+3” is not a number from 0 to 6, nor at most 2 + 2 + 2."
    assert wrong in page.locator("article").last.inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Save by-hand.csv"
    # More points than there are: nothing is saved, and the place is shown.
    page.keyboard.press("Control+s")
    assert page.evaluate("document.activeElement.value") == "2+0+3"
    page.keyboard.type("2+1+2")
    assert said.inner_text() == "Left to a person: 0; not saved: 2."
    assert "is not a number" not in page.locator("main").inner_text()
    page.get_by_text("marked by the machine").click()
    page.get_by_label("Points of 10").nth(1).fill("1")
    wanted = [
        ["Ada", "3,5", 'A "sign" is lost: $-1$'],
        ["Bo, Cy", "1", ""],
        ["Ada, Bo, Cy", "2+1+2", ""],
    ]
    assert typed(page) == wanted
    # It is kept in the browser.
    page.reload()
    assert typed(page) == wanted
    assert said.inner_text() == "Left to a person: 0; not saved: 3."
    # A browser that can ask where to save is told once, others have downloads.
    page.evaluate(
        """() => { window.showSaveFilePicker = async ({ suggestedName }) => ({ name: suggestedName,
        createWritable: async () => ({ write: async text => (window.saved = text), close: async () => {} }) }) }"""
    )
    page.keyboard.press("Control+s")
    page.wait_for_function("window.saved")
    assert said.inner_text() == "Saved in by-hand.csv."
    saved = page.evaluate("window.saved")
    page.evaluate("window.showSaveFilePicker = undefined")
    with page.expect_download() as download:
        page.get_by_role("button").click()
    download.value.save_as(out / "by-hand.csv")
    assert (out / "by-hand.csv").read_bytes().decode() == saved
    # The marks take it over, and the page shows what they took.
    marking()
    page.reload()
    assert typed(page) == [
        [names, points.replace(",", "."), said] for names, points, said in wanted
    ]
    assert page.evaluate(
        "[...document.querySelectorAll('input')].every(n => n.value === n.defaultValue)"
    )
    rows = (out / "marks.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(",")[3] for row in rows[1:]] == ["3.5", "1", "1"]
    # What has changed there since is not covered by what was typed before.
    page.get_by_label("Points of 10").first.fill("4")
    table = (out / "by-hand.csv").read_text(encoding="utf-8")
    (out / "by-hand.csv").write_text(table.replace(",3.5,", ",2,"), encoding="utf-8")
    marking()
    page.reload()
    assert typed(page)[0][1] == "2"
    assert (seen.outside, [e for e in seen.errors if "Content Security Policy" not in e]) == (
        [],
        [],
    )


def test_points_that_are_suggested_are_taken_by_a_key(tmp_path, visit):
    one = next(one for one in homework.sets() if one.name == "one-neuron")
    task = one.tasks[0]
    lines = [f"${line.partition('%')[0].strip()}$" for line in task.blocks["solution"].splitlines()]
    answer = "\n".join([task.mark, 'steps = r"""', *lines, '"""'])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(answer)])
    (tmp_path / "in").mkdir()
    nbformat.write(notebook, tmp_path / "in" / "Ada.ipynb")
    done = run("grade", tmp_path / "in", "--out", tmp_path / "marks")
    assert done.returncode == 0, done.stdout + done.stderr
    page = visit((tmp_path / "marks" / "one-neuron" / "in" / "by-hand.html").as_uri()).page
    first = page.locator("article").first
    assert "which alone have 10 points" in first.inner_text()
    first.get_by_role("button").focus()
    page.keyboard.press("Space")
    assert first.locator("input").input_value() == "10"
    assert page.evaluate(
        "document.activeElement.closest('article') !== document.querySelector('article')"
    )
    assert "not saved: 1." in page.get_by_role("status").inner_text()


def test_what_stays_in_sight_covers_what_runs_below_it(marking, visit):
    out = marking()
    page = visit((out / "by-hand.html").as_uri()).page
    page.set_viewport_size({"width": 1280, "height": 260})
    # Whatever the page is scrolled to, no formula lies above the bar or a guide.
    covers = """() => [...document.querySelectorAll(".bar, .guide")].flatMap(node => {
      const box = node.getBoundingClientRect();
      const top = Math.max(box.top, 0) + 2, bottom = Math.min(box.bottom, innerHeight) - 2;
      const seen = [];
      for (let y = top; y < bottom; y += 4)
        for (let x = box.left + 2; x < box.right; x += 8) seen.push(document.elementFromPoint(x, y));
      return seen.filter(one => one && !one.closest(".bar, .guide")).map(one => one.className);
    })"""
    assert page.locator(".words .mfrac").count() == 1
    guide = page.locator(".guide", has_text="one-sided slopes")
    for y in range(0, page.evaluate("document.body.scrollHeight"), 16):
        page.evaluate("y => scrollTo(0, y)", y)
        assert page.evaluate(covers) == [], y
    # The guide is there while points are typed, and does not cover the field.
    page.set_viewport_size({"width": 1280, "height": 500})
    page.get_by_label("Points of 6").last.focus()
    field = page.get_by_label("Points of 6").last.bounding_box()
    box = guide.bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] <= 500
    assert field["x"] + field["width"] <= box["x"]
    # Where there is no room beside the answers, it stands above them.
    page.set_viewport_size({"width": 1000, "height": 500})
    page.get_by_label("Points of 6").last.focus()
    field = page.get_by_label("Points of 6").last.bounding_box()
    box = guide.bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] <= field["y"]


@pytest.mark.parametrize("width", [1280, 1000])
def test_enter_leads_to_an_answer_that_is_seen_from_its_first_line(marking, visit, width):
    page = visit((marking() / "by-hand.html").as_uri()).page
    page.set_viewport_size({"width": width, "height": 720})
    page.get_by_label("Points of 10").first.focus()
    page.keyboard.press("Enter")
    article = page.locator("article", has=page.locator("input:focus"))
    assert article.count() == 1
    name, words = article.locator("h3"), article.locator(".words")
    guide = page.locator(".guide", has_text="one-sided slopes").bounding_box()
    bar = page.locator(".bar").bounding_box()
    for part in (name, words, article.locator("input")):
        box = part.bounding_box()
        assert 0 <= box["y"] < box["y"] + box["height"] <= bar["y"]
        beside = box["x"] + box["width"] <= guide["x"]
        assert beside or guide["y"] + guide["height"] <= box["y"]
