"""The pages as readers meet them: in two widths and two themes, by mouse and by keyboard."""

import gzip
import re
from urllib.parse import quote_plus, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

import book
import bookcheck
import browser as chromium
import slopes
from slopes import check_derivation

with open(book.ROOT + "/_toc.yml", encoding="utf-8") as file:
    TOC = yaml.safe_load(file)
PAGES = [TOC["root"], *(page["file"] for part in TOC["parts"] for page in part["chapters"])]
SIGMOID = "chapters/sigmoid.html"

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
COLOURS = AXE | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Nine tenths of a page's elements are boxes of formulas, coloured words of code and rows of the report, of
# which one of each colour will do; with all of them axe takes three times as long.
THIN = """() => {
  for (const box of document.querySelectorAll(".katex-html")) {
    const { width, height } = box.getBoundingClientRect();
    box.style.cssText = `display: inline-block; width: ${width}px; height: ${height}px`;
    box.textContent = "";
  }
  for (const box of document.querySelectorAll(".katex-mathml")) box.textContent = "formula";
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight span")) {
    if (word.children.length) continue;
    if (seen.has(word.className)) word.replaceWith(word.textContent);
    seen.add(word.className);
  }
  document.querySelectorAll(".highlight pre").forEach(code => code.normalize());
  for (const row of document.querySelectorAll("table.checked tbody tr")) {
    const verdict = row.querySelector(".verdict")?.className;
    if (seen.has(verdict)) row.remove();
    seen.add(verdict);
  }
}"""
LOADED = """family => document.fonts.ready.then(() => [...document.fonts]
  .some(face => face.family.includes(family) && face.status === "loaded"))"""
# A section cuts what does not fit into it.
CUT = """() => [...document.querySelectorAll("article > section > section")]
  .filter(section => section.scrollWidth > section.clientWidth + 1).map(section => section.id)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(page, place=None, rules=AXE):
    """Return what axe finds, one line a rule, with the first place."""
    found = Axe().run(page, place, options=rules).response["violations"]
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:200]} {rule['nodes'][0]['failureSummary'][:200]}"
        for rule in found
    ]


def lay_out(page):
    """Lay out every section, open every fold: a reader comes to a section before pressing anything in it."""
    page.add_style_tag(content="* { content-visibility: visible !important }")
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")


def set_theme(page, theme):
    """Switch as the button does, without its cycle; wait for colours that fade."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.wait_for_timeout(300)


@pytest.fixture(scope="module", params=[f"{page}.html" for page in PAGES])
def seen(request, visitor):
    """Every page of the book, opened once for the tests that follow."""
    visit, close = visitor()
    yield visit(request.param)
    close()


def test_a_page_is_light(seen, site):
    """At most 150 KB when it is the first, and 45 KB when it is the next, as a server compresses.

    Figures further down come when a reader does, and the formulas of a report when it is opened.
    """
    seen.page.wait_for_load_state("networkidle")
    weights = {}
    for url in seen.requests:
        name = urlsplit(url).path.removeprefix("/html/")
        content = (site / name).read_bytes()
        weights[name] = len(content if name.endswith(".woff2") else gzip.compress(content, 6))
    assert sum(weights.values()) <= 150_000, weights
    own = {name: size for name, size in weights.items() if not name.startswith("_static/")}
    assert sum(own.values()) <= 45_000, own
    assert "searchindex.js" not in weights


def test_a_page_serves_every_reader(seen):
    assert faults(seen.page) == []
    assert seen.outside == []
    assert seen.errors == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_window_loads_one_drawing_of_a_figure(visit, width):
    seen = visit(SIGMOID, width=width)
    images = seen.page.locator("figure picture img")
    for image in images.all():
        image.scroll_into_view_if_needed()
        assert (
            image.evaluate("i => i.decode().then(() => i.naturalWidth)") == (576, 350)[width < 400]
        )
    seen.page.wait_for_load_state("networkidle")
    loaded = [url for url in seen.requests if "/_images/" in url]
    assert len(loaded) == images.count() > 2
    assert all(("-narrow." in url) == (width < 400) for url in loaded)


@pytest.mark.parametrize("path", ["search.html?q=slope", "404.html"])
def test_a_page_beside_the_book_serves_every_reader(visit, path):
    assert faults(visit(path).page) == []


def faults(page):
    """Return what is wrong with a page in any of four forms, or magnified (200 and 400 % of 1280)."""
    found = []
    lay_out(page)
    page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; })")
    if page.locator(".katex-error").count():
        found.append("a formula that KaTeX could not read")
    for image in page.locator("img").all():
        source = image.get_attribute("src")
        if bookcheck.poor_alt(image.get_attribute("alt")):
            found.append(f"no text alternative: {source}")
        if not image.evaluate("picture => picture.decode().then(() => picture.naturalWidth)"):
            found.append(f"does not show: {source}")
    for width in (320, 390, 640, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(WIDER) > 0:
            found.append(f"wider than a window of {width}")
        found += [f"cut in a window of {width}: {name}" for name in page.evaluate(CUT)]
    page.evaluate(THIN)
    for theme, width in (("light", 1280), ("light", 390), ("dark", 390), ("dark", 1280)):
        page.set_viewport_size({"width": width, "height": 900})
        set_theme(page, theme)
        rules = AXE if theme == "light" else COLOURS  # nothing else differs
        found += [f"{theme}, {width}: {fault}" for fault in violations(page, rules=rules)]
    return found


def test_open_contents_on_a_phone_are_accessible(visit):
    page = visit(SIGMOID, width=390).page
    page.get_by_role("button", name="Contents").click()
    assert violations(page, "#contents") == []


def test_nothing_on_a_page_needs_an_open_policy(browser, site):
    """A server can forbid every script that is not a file of the book, and other hosts."""
    policy = "default-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self' data:;"
    policy += " style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'"

    class Strict(chromium.Quiet):
        def end_headers(self):
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

    page, refused = browser.new_page(), []
    page.on("console", lambda message: refused.append(message.text))
    with chromium.serve(site, Strict) as address:
        for name in [*PAGES, "search", "404"]:
            page.goto(f"{address}{name}.html", wait_until="load")
    page.close()
    assert [text for text in refused if "Security Policy" in text] == []


def test_mathematics_is_there_at_first_paint(visit):
    """The style sheet, which comes before any paint, has the fonts of formulas."""
    page = visit(SIGMOID).page
    fonts = page.evaluate(
        "performance.getEntriesByType('resource').map(r => r.name).filter(n => /KaTeX|katex/.test(n))"
    )
    assert fonts == []
    for family in ("Slopes Serif", "KaTeX_Main", "KaTeX_Math"):
        assert page.evaluate(LOADED, family), family


def test_formulas_can_be_read_out(visit):
    page = visit(SIGMOID).page
    formulas = page.locator(".katex")
    assert formulas.count() > 20
    assert page.locator(".katex > .katex-mathml > math").count() == formulas.count()
    shown = page.locator(".katex > .katex-html[aria-hidden=true]")
    assert shown.count() == formulas.count()
    lay_out(page)
    assert violations(page) == []


# The keyboard

# What has the focus, whether it is on the screen, and whether it looks otherwise than without.
FOCUS = """() => {
  const node = document.activeElement, box = node.getBoundingClientRect();
  const text = node.ariaLabel || node.title || node.ariaValueText || node.textContent || node.name;
  const look = () => {
    const style = getComputedStyle(node);
    return [style.outline, style.boxShadow, style.border, style.textDecoration].join();
  };
  const focused = look();
  node.blur();
  return {
    text: text.trim(),
    marked: focused !== look(),
    seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
  };
}"""


def test_the_keyboard_finds_its_way(visit):
    """The first stop leaps to the text; each stop is on the screen and can be told from the rest."""
    page = visit(SIGMOID, reduced_motion="reduce").page
    page.add_style_tag(
        content="* { transition: none !important; scroll-behavior: auto !important }"
    )
    stops = []
    while len(stops) < 300 and not (stops and stops[-1]["text"].startswith("next")):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))
    names = [" ".join(stop["text"].split()) for stop in stops]
    assert names[0] == "Skip to main content"
    places = [
        next(k for k, name in enumerate(names) if name.startswith(start))
        for start in (
            "Slopes",
            "Search",
            "Before you start",
            "The derivation",
            "Notebook",
            "Colours",
            "x = 1.00, value 0.731",
            "Copy the code",
            "Hint",
            "Solution to Exercise",
            "previous",
            "next",
        )
    ]
    assert places == sorted(places)
    assert [stop for stop in stops if not (stop["marked"] and stop["seen"])] == []


def test_the_skip_link_leaps_over_the_menu(visit):
    page = visit(SIGMOID).page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_dropdowns_open_by_keyboard(visit):
    page = visit(SIGMOID).page
    for fold in (
        page.locator("details.solution").first,
        page.locator(".card-exercise details").first,
    ):
        content = fold.locator("> .inside")
        assert not content.is_visible()
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        assert content.is_visible()


def test_a_formula_that_is_too_wide_scrolls_by_keyboard(visit):
    page = visit("chapters/softmax.html", width=200).page
    page.locator("div.math").nth(3).scroll_into_view_if_needed()
    wide = page.locator("div.math > .katex-display[tabindex='0']").first
    wide.focus()
    before = wide.evaluate("box => box.scrollLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.activeElement.scrollLeft > before", arg=before, timeout=3000
    )


# The interactive figure


def readout(page):
    """Return the numbers that the first figure shows: x, the value and the slope there."""
    parts = [
        page.locator(f"slopes-explorer dd[data-text='{{{part}}}']").first.text_content()
        for part in "xvd"
    ]
    return [float(part.replace("−", "-")) for part in parts]


def assert_true(page):
    x, value, slope = readout(page)
    assert value == pytest.approx(float(slopes.sigmoid(x)), abs=6e-3)
    assert slope == pytest.approx(float(slopes.sigmoid.derivative(x)), abs=6e-3)
    return x


def test_the_explorer_follows_the_keyboard(visit):
    page = visit(SIGMOID).page
    slider = page.locator("slopes-explorer input").first
    start = assert_true(page)
    tangent = page.locator("slopes-explorer path.t").first.get_attribute("transform")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    assert assert_true(page) < start
    assert page.locator("slopes-explorer path.t").first.get_attribute("transform") != tangent
    assert re.match(r"x = .*, value .*, slope ", slider.get_attribute("aria-valuetext"))
    page.keyboard.press("Home")
    assert assert_true(page) == pytest.approx(-5)


def test_quick_steps_downhill_go_as_far_as_slow_ones(visit):
    page = visit("chapters/index.html").page
    explorer = page.locator("slopes-explorer").first
    slider = explorer.locator("input").first
    step, back = explorer.locator("[data-go]").all()

    def walk(rest):
        back.click()
        page.wait_for_timeout(500)
        for _ in range(5):
            step.click()
            page.wait_for_timeout(rest)
        page.wait_for_timeout(500)
        return float(slider.input_value())

    slow = walk(500)
    assert walk(0) == slow


def test_the_explorer_follows_the_mouse(visit):
    page = visit(SIGMOID).page
    drawing = page.locator("slopes-explorer svg").first
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    middle = box["y"] + box["height"] / 3
    found = []
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    page.mouse.down()
    for part in (0.3, 0.5, 0.8):
        page.mouse.move(box["x"] + box["width"] * part, middle)
        found.append(assert_true(page))
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    assert found == sorted(found)
    assert len(set(found)) == 3
    assert readout(page)[0] == found[-1]


# Of all that is written in an explorer: what is small, what leaves it by more than half a number, and what
# touches something else. Letters have a little air above and below them.
FAULTY = """() => [...document.querySelectorAll("slopes-explorer")].flatMap(explorer => {
  const all = explorer.querySelectorAll("text, dt, dd, .slide > span, legend, fieldset label");
  const frame = explorer.getBoundingClientRect();
  const seen = [...all].filter(node => node.textContent).map(node => {
    const box = node.getBoundingClientRect(), air = box.height / 6, range = document.createRange();
    range.selectNodeContents(node);
    const { left, right } = node.matches("text") ? box : range.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(node).fontSize);
    return { said: node.textContent, size, left, right, top: box.top + air, bottom: box.bottom - air };
  });
  return seen.flatMap((one, k) => [
    ...(one.size < 13 ? [`${one.said}: ${one.size} px`] : []),
    ...(one.left < frame.left - 8 || one.right > frame.right + 8 ? [`${one.said} leaves it`] : []),
    ...seen.slice(k + 1).filter(two => one.left < two.right && two.left < one.right
      && one.top < two.bottom && two.top < one.bottom).map(two => `${one.said} touches ${two.said}`),
  ]);
})"""


# Which names in drawings are nearer than four pixels to a curve, a tangent or a bracket.
NEAR = """() => [...document.querySelectorAll("slopes-explorer")].flatMap(explorer => {
  const lines = [...explorer.querySelectorAll("path:is(.f, .d, .t, .gap, .still-line)")].map(path => {
    const map = path.getScreenCTM(), long = path.getTotalLength();
    return { broad: parseFloat(getComputedStyle(path).strokeWidth) / 2, points: Array.from({ length: 600 },
      (_, k) => path.getPointAtLength(long * k / 599).matrixTransform(map)) };
  });
  return [...explorer.querySelectorAll("text:is(.value, .slope, .ink):not([data-text])")].flatMap(text => {
    const box = text.getBoundingClientRect(), air = box.height / 5;
    const far = ({ x, y }) => Math.hypot(Math.max(0, box.left - x, x - box.right),
      Math.max(0, box.top + air - y, y - box.bottom + air));
    const gap = Math.min(...lines.map(line => Math.min(...line.points.map(far)) - line.broad));
    return gap < 4 ? [`${text.textContent}: ${gap.toFixed(1)} px`] : [];
  });
})"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["index", "sigmoid", "step", "relu", "nll", "checking"])
def test_names_in_an_explorer_are_clear_of_its_curves(visit, name, width):
    page = visit(f"chapters/{name}.html", width=width).page
    lay_out(page)
    page.evaluate("document.fonts.ready")
    assert page.evaluate(NEAR) == []


# How far the middle of each number of a product is from that of its name.
ASKEW = """() => [...document.querySelectorAll(".readout.product > :not(.sign)")].map(cell => {
  const [name, number] = [...cell.children].map(node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    return (box.left + box.right) / 2;
  });
  return Math.abs(name - number);
})"""


@pytest.mark.parametrize("name", ["index", "rules", "backpropagation", "vanishing-gradients"])
def test_what_an_explorer_reads_out_is_as_wide_as_the_text(visit, name):
    """It begins where the text does, and each number of a product stands in the middle under its name."""
    page = visit(f"chapters/{name}.html").page
    lay_out(page)
    text, frame, numbers = (
        page.locator(what).first.bounding_box()
        for what in ("h1", "slopes-explorer", "slopes-explorer .readout")
    )
    assert numbers["x"] == pytest.approx(text["x"], abs=1)
    assert numbers["width"] == pytest.approx(frame["width"], abs=1)
    assert max(page.evaluate(ASKEW), default=0) < 2


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("name", ["index", "rules", "nll", "softmax", "backpropagation"])
def test_an_explorer_can_be_read_at_any_width(visit, name, width):
    page = visit(f"chapters/{name}.html", width=width).page
    lay_out(page)
    page.evaluate("document.fonts.ready")
    assert page.evaluate(FAULTY) == []
    # What stands at the ends of its sliders is longer.
    for slider in page.locator("slopes-explorer input[type=range]").all():
        for key in ("Home", "End"):
            slider.press(key)
            assert page.evaluate(FAULTY) == []


# The theme's own parts, with what is left of its style sheets and scripts


def test_search_finds_a_chapter(visit):
    log = visit(SIGMOID)
    page = log.page
    page.locator(".copybtn").first.wait_for(state="attached")
    page.keyboard.press("Control+k")
    page.keyboard.type("saturate")
    page.keyboard.press("Enter")
    # The results come one after the other.
    page.wait_for_selector("#search-results li a[href*='chapters/sigmoid.html']")
    assert any("searchindex.js" in url for url in log.requests)
    links = page.locator("#search-results li a").evaluate_all("all => all.map(link => link.href)")
    assert any("chapters/sigmoid.html" in link for link in links)
    assert log.errors == []


# What students type, by the page that is to come first; for none of them that is the glossary.
SEARCHES = {
    "absolute-loss": ["MAE", "absolute error", "L1 loss", "Huber"],
    "backpropagation": ["backprop"],
    "checking": ["gradient checking", "gradient check", "numerical gradient"],
    "choose": ["swish", "SiLU"],
    "jacobians": ["Jacobian", "partial derivative"],
    "leaky-relu": ["leaky relu", "PReLU"],
    "nll": ["BCE", "binary cross entropy", "log loss", "logistic regression"],
    "nllm": ["cross-entropy", "categorical cross-entropy", "multiclass cross-entropy", "logsumexp"],
    "nonlinearity": ["activation function", "XOR"],
    "relu": ["relu", "rectifier", "rectified linear unit", "dying relu"],
    "rules": ["chain rule", "gradient descent", "finite difference"],
    "sigmoid": ["sigmoid", "logistic function"],
    "softmax": ["softmax", "softargmax"],
    "square-loss": ["MSE", "squared error", "L2 loss"],
    "step": ["Heaviside", "unit step", "perceptron"],
    "tanh": ["tanh", "hyperbolic tangent"],
    "vanishing-gradients": ["vanishing gradient", "exploding gradient"],
    "verified": ["autodiff"],
}


def test_search_finds_the_page_by_the_names_that_students_type(visit, address):
    page = visit("search.html").page
    found = {name: [] for name in SEARCHES}
    for words in SEARCHES.values():
        for word in words:
            page.goto(f"{address}search.html?q={quote_plus(word)}")
            first = page.locator("#search-results li a").first.get_attribute("href")
            name = urlsplit(first).path.split("/")[-1].removesuffix(".html")
            found.setdefault(name, []).append(word)
    assert found == SEARCHES


def test_the_choice_of_colours_is_remembered(visit):
    """The button goes round; the next page is painted in the reader's colours from the beginning."""
    page = visit(SIGMOID, color_scheme="light").page
    switch = page.get_by_role("button", name="Colours")
    modes = set()
    for _ in range(3):
        switch.click()
        modes.add(page.evaluate("document.documentElement.dataset.mode"))
        assert (
            switch.inner_text()
            == f"Colours: {page.evaluate('document.documentElement.dataset.mode')}"
        )
    assert modes == {"auto", "light", "dark"}
    while page.evaluate("document.documentElement.dataset.theme") != "dark":
        switch.click()
    page.route("**/book.js*", lambda route: route.abort())
    page.get_by_role("link", name="Notation", exact=True).first.click()
    page.wait_for_url("**/notation.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_system_chooses_the_colours(visit):
    page = visit(SIGMOID, color_scheme="dark").page
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_colours_follow_the_system_while_nothing_was_chosen(visit):
    page = visit(SIGMOID, color_scheme="light").page
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_contents_open_on_a_phone(visit, scripts):
    page = visit(SIGMOID, width=390, java_script_enabled=scripts).page
    link = page.get_by_role("navigation", name="Contents").get_by_role(
        "link", name="The derivation"
    )
    assert not link.is_visible()
    page.get_by_role("button", name="Contents").click()
    link.wait_for(state="visible")
    page.keyboard.press("Escape")
    link.wait_for(state="hidden")
    if scripts:
        page.keyboard.press("Control+k")
        assert page.get_by_role("searchbox").first.evaluate("box => box === document.activeElement")
        link.click()
        link.wait_for(state="hidden")
        heading = page.get_by_role("heading", name="The derivation")
        page.wait_for_function(
            "box => Math.abs(box.getBoundingClientRect().top) < 200", arg=heading.element_handle()
        )


def test_a_link_from_elsewhere_leads_to_its_place(visit, address):
    """Though what stands above it was not laid out before."""
    page = visit(SIGMOID + "#summary").page
    where = """() => ({
      top: Math.round(document.querySelector("#summary h2").getBoundingClientRect().top),
      below: Math.round(document.documentElement.scrollHeight - innerHeight - scrollY),
    })"""
    for _ in range(60):
        now = page.evaluate(where)
        if 0 <= now["top"] < 200 or now["below"] <= 2:
            return
        page.wait_for_timeout(500)
    pytest.fail(f"half a minute after loading, the summary is {now} px from where it should be")


def test_what_is_far_below_can_be_found(visit):
    page = visit(SIGMOID).page
    assert page.evaluate("window.find('Further reading', true)")
    page.wait_for_function("scrollY > 1000")


def test_a_report_is_set_when_it_is_opened(visit, site):
    """It repeats every equality of its page; until then it holds their LaTeX. From a file, too."""
    for path in (SIGMOID, (site / SIGMOID).as_uri()):
        log = visit(path)
        report = log.page.locator("details.report")
        codes = report.locator("code.tex").count()
        assert codes > 30
        assert not any("katex.min.js" in url for url in log.requests)
        report.locator("summary").click()
        report.locator(".katex-html").nth(codes - 1).wait_for()
        assert report.locator("code.tex").count() == 0
        assert log.errors == []


def test_code_can_be_copied(visit):
    page = visit(SIGMOID, permissions=["clipboard-read", "clipboard-write"]).page
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    cell = page.locator("div.highlight").first
    cell.hover()
    cell.locator("button.copybtn").click()
    page.get_by_role("button", name="Copy the code").filter(has_text="Copied").wait_for()
    assert "import numpy as np" in page.evaluate("navigator.clipboard.readText()")


# Select from the start of one node to the end of another, and tell what the next copy holds.
SELECT = """([first, last]) => {
  const range = document.createRange();
  range.setStart(document.querySelector(first), 0);
  range.setEnd(...(node => [node, node.childNodes.length])(document.querySelector(last)));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  addEventListener("copy", event => {
    const held = kind => event.clipboardData.getData(kind);
    window.copied = { plain: held("text/plain"), html: held("text/html"), ours: event.defaultPrevented };
  }, { once: true });
}"""


def copy(page, first, last=None):
    """Return what the clipboard gets when these elements, and what is between them, are copied."""
    page.evaluate(SELECT, [first, last or first])
    page.keyboard.press("Control+c")
    return page.evaluate("copied")


@pytest.mark.parametrize("part", ["", " .mrel", " annotation"])
def test_a_formula_is_copied_as_latex(visit, part):
    """Whole, with its number or without, from any part of it."""
    page = visit("chapters/relu.html").page
    latex = r"\operatorname{ReLU}(x) := \max(0, x)"
    assert copy(page, "#equation-eq-relu" + part)["plain"] == latex
    assert copy(page, "#the-function p .katex")["plain"] == "x"


def test_a_copied_derivation_can_be_checked(visit):
    page = visit("chapters/nll.html").page
    steps = copy(page, "#equation-eq-nll-fraction")["plain"]
    assert steps.startswith(r"\begin{aligned}")
    assert check_derivation(steps, given=["0 < a < 1", "0 < y < 1"])
    assert not check_derivation(
        steps.replace("y - a", "y + a", 1), given=["0 < a < 1", "0 < y < 1"]
    )


def test_a_formula_in_copied_text_stands_between_dollars(visit):
    page = visit("chapters/relu.html").page
    copied = copy(page, "#the-function p", "#equation-eq-relu + p")
    plain = copied["plain"]
    assert plain.startswith(page.locator("#the-function p").first.inner_text()[:40])
    assert "For every real number $x$ it is\n" in plain
    assert "\n$$\n\\operatorname{ReLU}(x) := \\max(0, x)\n$$\n" in plain
    shown = page.locator("#equation-eq-relu + p").first.inner_text()
    assert plain.rstrip()[-20:] in shown.replace("\xa0", " ")
    assert "<strong>rectified linear unit</strong>" in copied["html"]
    assert "katex" not in copied["html"]
    assert page.locator("body > div:not(.page)").count() == 0


def test_text_without_a_formula_is_copied_as_ever(visit):
    assert not copy(visit("chapters/relu.html").page, "#the-function h2")["ours"]


def test_the_checkers_tables_fit_a_phone(visit):
    """Each row takes two lines there, and is a row of a table for a screen reader all the same."""
    page = visit("chapters/verified.html", width=390).page
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    tables = page.locator("table.checked")
    assert tables.count() >= 5
    for table in tables.all():
        assert table.evaluate("table => table.scrollWidth <= table.parentNode.clientWidth")
    assert (
        tables.first.locator("tr").nth(1).evaluate("row => getComputedStyle(row).display") == "grid"
    )
    names = ["label", "equality", "verdict", "how"]
    assert tables.first.get_by_role("columnheader").all_text_contents() == names
    rows = tables.first.get_by_role("row")
    assert rows.count() == tables.first.locator("tr").count()
    assert rows.nth(1).get_by_role("cell").count() == len(names)


# Other ways to read


def test_a_page_opens_from_a_file(visit, site):
    log = visit((site / SIGMOID).as_uri())
    page = log.page
    assert log.errors == []
    assert page.evaluate(LOADED, "KaTeX_Main")
    page.locator("slopes-explorer input").first.focus()
    page.keyboard.press("ArrowLeft")
    assert_true(page)
    page.get_by_role("link", name="Notation", exact=True).first.click()
    page.wait_for_url("file:**/notation.html")


def test_a_page_needs_no_script(visit):
    page = visit(SIGMOID, java_script_enabled=False).page
    assert page.locator("div.math .katex-html").first.is_visible()
    assert page.locator("figure img").first.bounding_box()["height"] > 100
    assert page.locator("slopes-explorer svg").first.is_visible()
    assert not page.locator(".slide").first.is_visible()
    solution = page.locator("details.solution").first
    solution.locator("summary").click()
    assert solution.locator("> .inside").is_visible()


def test_a_page_prints_without_its_surroundings(visit):
    page = visit(SIGMOID).page
    page.emulate_media(media="print")
    page.locator("details.solution").nth(1).locator("summary").evaluate("s => s.click()")
    for hidden in (".contents", ".bar", ".turn", ".copybtn"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.get_by_role("heading", level=1).is_visible()
    shown = page.locator("details.solution").evaluate_all(
        "all => all.map(fold => fold.checkVisibility())"
    )
    assert shown == [k == 1 for k in range(len(shown))]
    assert page.pdf().count(b"/Type /Page\n") + page.pdf().count(b"/Type /Page ") >= 3


@pytest.mark.parametrize("name", ["sigmoid", "nll", "relu"])
def test_a_handout_uses_its_paper(visit, name):
    """Text goes from edge to edge, a caption stands beside its figure, a card is whole on one sheet."""
    wide, high = (round(cm / 2.54 * 96) for cm in (17, 26))  # of a sheet, within its margins
    page = visit(f"chapters/{name}.html", width=wide).page
    page.emulate_media(media="print")
    boxes = """name => [...document.querySelectorAll(name)].filter(node => node.checkVisibility())
      .map(node => node.getBoundingClientRect().toJSON())"""
    assert (
        min(box["width"] for box in page.evaluate(boxes, "article > section > section > p"))
        > 0.9 * wide
    )
    assert page.evaluate(WIDER) <= 0
    cards = page.evaluate(boxes, ".card-exercise")
    assert len(cards) >= 4
    assert max(box["height"] for box in cards) < 0.6 * high
    for figure in page.locator("figure:visible").all():
        drawn, told = (
            figure.locator(part).first.bounding_box() for part in ("img, svg", "figcaption")
        )
        assert drawn["x"] + drawn["width"] < told["x"]


def test_a_dark_page_prints_dark_on_white(visit):
    page = visit(SIGMOID, color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    colors = page.locator(
        ".bd-article p, .bd-article h1, slopes-explorer, .highlight pre, .highlight span"
    ).evaluate_all("all => [...new Set(all.map(node => getComputedStyle(node).color))]")
    for color in colors:
        assert max(map(int, re.findall(r"\d+", color)[:3])) < 130, colors
    white = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert white == "rgb(255, 255, 255)"
    assert not page.locator(".slide").first.is_visible()
    assert page.locator("slopes-explorer svg").first.is_visible()
    figure = page.locator("figure img").first
    assert figure.evaluate("image => getComputedStyle(image).filter") == "none"


@pytest.mark.parametrize("depth", ["nowhere", "chapters/nowhere", "a/b/nowhere.html"])
def test_the_page_for_lost_readers_leads_home(visit, site, address, depth):
    """Folder by folder, where the book does not know its address."""
    lost = (site / "404.html").read_text(encoding="utf-8")
    page = visit("404.html").page

    def answer(route):
        path = urlsplit(route.request.url).path.removeprefix("/html/")
        if (site / path).is_file() or path == "":
            return route.fallback()
        return route.fulfill(status=404, content_type="text/html", body=lost)

    page.route("**/*", answer)
    page.goto(address + depth)
    for _ in range(depth.count("/") + 1):
        if "404" not in page.url and page.get_by_role("heading", name="no such page").count():
            page.get_by_role(
                "link", name="this folder" if "/" not in depth else "one above"
            ).click()
    page.wait_for_url("**/chapters/index.html")


# The book's own elements

# The part of a page's height that open code takes, without that of exercises, which is what they ask about.
OPEN_CODE = """() => {
  const height = node => node.getBoundingClientRect().height;
  const article = document.querySelector("article");
  for (const part of article.querySelectorAll("*")) part.style.contentVisibility = "visible";
  return [...article.querySelectorAll(".cell_input")]
    .filter(code => code.checkVisibility() && !code.closest(".card-exercise"))
    .reduce((sum, code) => sum + height(code), 0) / height(article);
}"""


@pytest.mark.parametrize("name", PAGES)
def test_code_steps_back(visit, name):
    """At most 15 % of a page is open code outside the exercises; the rest waits in its folds."""
    assert visit(f"{name}.html").page.evaluate(OPEN_CODE) <= 0.15


# Open lines of code that take more than one line of the page; what an exercise asks for is typed, and wraps.
WRAPPED = """() => [...document.querySelectorAll(".cell_input .line")]
  .filter(line => line.checkVisibility() && !line.closest(".card-exercise"))
  .filter(line => line.getBoundingClientRect().height > 1.5 * parseFloat(getComputedStyle(line).lineHeight))
  .map(line => line.textContent)"""
# Notes that reach below what they stand beside, and captions below their figures.
HANGING = """() => {
  const bottom = node => node.getBoundingClientRect().bottom;
  const last = section => [...section.children].findLast(node => !node.matches(".note"));
  const notes = [...document.querySelectorAll(".note")]
    .filter(note => bottom(note) > bottom(last(note.closest("section"))) + 8);
  const captions = [...document.querySelectorAll("figure:not(.under) > figcaption")]
    .filter(caption => bottom(caption) > bottom(caption.parentNode.firstElementChild) + 24);
  return [...notes, ...captions].map(node => node.textContent.trim());
}"""


@pytest.mark.parametrize("name", PAGES)
def test_the_column_and_the_margin_hold_what_stands_in_them(visit, name):
    """No open line of code is broken, no note or caption tears a hole into the text."""
    page = visit(f"{name}.html", width=1280).page
    page.add_style_tag(content="* { content-visibility: visible !important }")
    assert page.evaluate(WRAPPED) == []
    assert page.evaluate(HANGING) == []


def test_selected_code_is_copied_as_it_is(visit):
    page = visit(SIGMOID).page
    for code in page.locator(".cell_input pre:visible").all()[:6]:
        selected, text = code.evaluate(
            """code => {
              getSelection().selectAllChildren(code);
              return [getSelection().toString(), code.textContent];
            }"""
        )
        assert selected.rstrip("\n") == text.rstrip("\n")


def test_a_line_of_code_that_wraps_hangs_under_itself(visit):
    page = visit("chapters/verified.html", width=320).page
    wrapped = page.locator(".cell_input .line").evaluate_all(
        """lines => lines.filter(line => line.checkVisibility()).map(line => {
          const range = document.createRange();
          range.selectNodeContents(line);
          const lefts = [...range.getClientRects()].filter(box => box.width > 1).map(box => box.left);
          const rows = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
          return [rows.size, lefts[0], lefts.at(-1), line.scrollWidth <= line.clientWidth + 1];
        })"""
    )
    assert all(fits for *_, fits in wrapped)
    assert any(rows > 1 and last > first for rows, first, last, _ in wrapped)


def test_a_line_of_code_that_wraps_begins_where_it_is_indented(visit):
    """A long word does not leave its first line empty."""
    page = visit("chapters/leaky-relu.html", width=390).page
    lay_out(page)
    late = page.locator(".cell_input .line:not(.blank)").evaluate_all(
        """lines => lines.filter(line => {
          const text = document.createTreeWalker(line, NodeFilter.SHOW_TEXT), range = document.createRange();
          let node = text.nextNode();
          while (!node.data.trim()) node = text.nextNode();
          range.setStart(node, node.data.search(/\\S/));
          range.setEnd(node, node.data.search(/\\S/) + 1);
          return range.getBoundingClientRect().top > line.getBoundingClientRect().top + 12;
        }).map(line => line.textContent)"""
    )
    assert late == []


@pytest.mark.parametrize("width", [1280, 390])
def test_ticks_stand_in_one_line_and_lead_to_the_report(visit, width):
    page = visit(SIGMOID, width=width).page
    page.add_style_tag(content="* { content-visibility: visible !important }")
    ticks = page.locator("div.math a.tick")
    assert ticks.count() > 10
    boxes = [tick.bounding_box() for tick in ticks.all() if tick.is_visible()]
    assert len({round(box["x"]) for box in boxes}) == 1
    assert all(box["x"] + box["width"] <= width and box["width"] >= 24 for box in boxes)
    page.locator("a.badge").click()
    assert page.url.endswith("#report")
    report = page.locator("#report details.report > summary")
    assert report.bounding_box()["y"] < 900
    assert report.evaluate("line => line.getBoundingClientRect().height") < 120


# Each display: its lines, whose signs stand on one line of writing; how far they are apart, in em; whether its
# number stands on the last or how far below, and from what stands at its left; the air to the text above and
# below; how much is cut off, and if this shows.
DISPLAYS = """() => [...document.querySelectorAll("div.math:has(> .katex-display)")]
  .filter(display => display.checkVisibility()).map(display => {
    const box = display.querySelector(".katex-display"), frame = box.getBoundingClientRect();
    const em = parseFloat(getComputedStyle(box.firstElementChild).fontSize);
    const lines = [];
    for (const base of box.querySelectorAll(".katex-html .base")) {
      const strut = base.querySelector(".strut"), { top, bottom } = strut.getBoundingClientRect();
      const { left, right } = base.getBoundingClientRect();
      const on = bottom + (parseFloat(getComputedStyle(strut).verticalAlign) || 0);
      const line = lines.find(line => Math.abs(line.on - on) < 2);
      if (!line) { lines.push({ on, top, bottom, left, right }); continue; }
      line.top = Math.min(line.top, top);
      line.bottom = Math.max(line.bottom, bottom);
      line.left = Math.min(line.left, left);
      line.right = Math.max(line.right, right);
    }
    lines.sort((a, b) => a.on - b.on);
    const last = lines.at(-1), number = display.querySelector(":scope > .eqno");
    const probe = number?.insertBefore(document.createElement("i"), number.firstChild);
    if (probe) probe.style.cssText = "display: inline-block; width: 0; height: 0; align-self: last baseline";
    const on = probe?.getBoundingClientRect().bottom - last.on;
    const said = probe?.nextSibling, range = document.createRange();
    probe?.remove();
    if (said) range.selectNode(said);
    const ink = said && range.getBoundingClientRect();
    const beside = said && lines.filter(line => line.bottom > ink.top + 4 && line.top < ink.bottom - 4);
    const near = other => other?.matches("p:not(.step, .let, .judged)") && other.getBoundingClientRect();
    const above = near(display.previousElementSibling), below = near(display.nextElementSibling);
    return {
      id: display.id || box.querySelector("annotation").textContent,
      free: lines.slice(1).map((line, k) => (line.top - lines[k].bottom) / em),
      rows: [...box.querySelectorAll(".row:not(.on)")].map(row => row.getBoundingClientRect().left - frame.left),
      number: number && {
        on, below: ink.top - last.bottom,
        gap: number.getBoundingClientRect().left - Math.max(0, ...beside.map(line => Math.min(line.right, frame.right))),
      },
      above: above && lines[0].top - above.bottom,
      below: below && below.top - (Math.abs(on) > 1.5 ? ink.bottom - 4 : last.bottom),
      cut: Math.max(...lines.map(line => line.right)) - frame.right,
      fades: getComputedStyle(box).maskImage !== "none",
    };
  })"""


@pytest.mark.parametrize("path", [f"{page}.html" for page in PAGES])
def test_displays_are_set_by_one_rule(visit, path):
    """Rows are neither crammed nor loose, and air is about the same about all.

    A number stands on the last line, touching nothing, or, if it does not fit, nearer to its formula than to the
    text below. A formula that does not fit scrolls, and its edge says so.
    """
    page = visit(path).page
    lay_out(page)
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        displays = page.evaluate(DISPLAYS)
        for display in displays:
            said = (width, display)
            assert all(0.7 <= free <= 2.45 for free in display["free"]), said
            assert len({round(left) for left in display["rows"]}) <= 1, said
            assert display["fades"] or display["cut"] <= 1, said
            if number := display["number"]:
                assert number["gap"] >= 16, said
                assert abs(number["on"]) <= 1.5 or 0 <= number["below"] <= 12, said
        for side in ("above", "below"):
            airs = [display[side] for display in displays if display[side]]
            assert not airs or (min(airs) >= 20 and max(airs) - min(airs) <= 8), (width, side, airs)
