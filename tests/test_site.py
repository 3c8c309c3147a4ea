"""The built book: complete, whole without a network, readable by everybody."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import nbformat
import pytest
import yaml
from docutils import nodes

import book
import bookcheck
import fonts
import live
import runtime

ROOT = Path(book.ROOT)
FETCHED = {
    "script": ["src"],
    "link": ["href"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "embed": ["src"],
    "object": ["data"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "image": ["href", "xlink:href"],
}
IN_CSS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """What a page fetches, links to, defines and shows."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.links, self.ids, self.classes, self.images = [], [], set(), [], []
        self.scripts, self.inside, self.descriptions = [], None, []
        self.twice, self.narrow, self.data = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.inside = tag
        self.data = (attributes.get("type") or "").endswith("json")  # what a script reads
        self.fetched += [attributes[name] for name in FETCHED.get(tag, ()) if attributes.get(name)]
        self.fetched += css_addresses(attributes.get("style") or "")
        if attributes.get("id") in self.ids:
            self.twice.append(attributes["id"])
        self.ids.update(filter(None, [attributes.get("id")]))
        if tag == "meta" and attributes.get("name") == "description":
            self.descriptions.append(attributes["content"])
        self.classes += (attributes.get("class") or "").split()
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag == "img":
            self.images.append(attributes)
        if tag == "source":
            self.narrow.append(attributes)

    def handle_data(self, data):
        if self.inside == "style":
            self.fetched += css_addresses(data)
        if self.inside == "script" and not self.data:
            self.scripts.append(data)

    def handle_endtag(self, tag):
        self.inside = None


def css_addresses(text):
    """Return the addresses that a style sheet fetches from."""
    return [a or b for a, b in IN_CSS.findall(text) if not (a or b).startswith("data:")]


def is_outside(address):
    """Whether a browser would ask another host for this."""
    return bool(urlsplit(address).netloc)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Build the whole book, strictly, in a new folder; return the process and the folder."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-c", book.JUPYTER_BOOK, "build", ROOT, "--path-output", folder]
    done = subprocess.run(
        [*command, "-W", "-n", "--keep-going"], capture_output=True, encoding="utf-8", timeout=300
    )
    return done, folder / "_build" / "html"


@pytest.fixture(scope="module")
def site(build):
    """Return the folder of the built book."""
    done, folder = build
    if done.returncode != 0:
        pytest.skip("the book was not built")
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the built book, parsed, by its path."""
    paths = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    return {path: Page(path.read_text(encoding="utf-8")) for path in paths}


def in_toc():
    """Return the pages that _toc.yml names."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"]] + [page["file"] for part in toc["parts"] for page in part["chapters"]]


def test_the_book_builds_without_a_warning(build):
    done, _ = build
    assert done.returncode == 0, done.stderr


def test_every_page_of_the_contents_is_built(site):
    assert [page for page in in_toc() if not (site / f"{page}.html").exists()] == []


def test_template_is_not_a_page(site):
    assert not (site / "chapters" / "template.html").exists()


def test_every_notebook_can_be_downloaded(site, pages):
    for page in in_toc():
        if (ROOT / f"{page}.ipynb").exists():
            assert any(link.endswith(".ipynb") for link in pages[site / f"{page}.html"].links)


def test_nothing_is_fetched_from_elsewhere(site, pages):
    outside = [
        (path.name, a) for path, page in pages.items() for a in page.fetched if is_outside(a)
    ]
    for path in site.rglob("*.css"):
        addresses = css_addresses(path.read_text(encoding="utf-8"))
        outside += [(path.name, address) for address in addresses if is_outside(address)]
    assert outside == []


def test_everything_fetched_and_linked_is_there(site, pages):
    missing = []
    for path, page in pages.items():
        here = path.as_uri()
        for address in page.fetched + page.links:
            target = urlsplit(urljoin(here, address))
            if target.scheme != "file":
                continue
            file = Path(unquote(target.path.removeprefix("/") if os.name == "nt" else target.path))
            fragment = unquote(target.fragment)
            if not file.exists() or (
                fragment and file in pages and fragment not in pages[file].ids
            ):
                missing.append((path.name, address))
    assert missing == []


def test_style_sheets_find_their_fonts(site):
    missing = [
        (path.name, address)
        for path in site.rglob("*.css")
        for address in css_addresses(path.read_text(encoding="utf-8"))
        if not (path.parent / urlsplit(address).path).exists()
    ]
    assert missing == []


def test_mathematics_is_on_the_page(pages):
    assert sum("katex-display" in page.classes for page in pages.values()) >= 3
    for path, page in pages.items():
        assert "katex-error" not in page.classes, path
        assert not [address for address in page.fetched if "mathjax" in address.lower()], path


def test_every_size_in_a_formula_has_its_rule(site):
    sheet = (site / "_static" / "book.css").read_text(encoding="utf-8")
    sizes = re.compile(r"reset-size\d+ size\d+")
    used = {
        size for page in site.rglob("*.html") for size in sizes.findall(page.read_text("utf-8"))
    }
    assert len(used) >= 3
    assert [size for size in used if f".{size.replace(' ', '.')}{{" not in sheet] == []


def test_equations_have_one_number_each(pages):
    for path in pages:
        numbers = re.findall(r'class="eqno">\(([\d.]+)\)', path.read_text(encoding="utf-8"))
        assert len(numbers) == len(set(numbers)), path


def test_every_image_says_what_it_shows(pages):
    images = [(path.name, image) for path, page in pages.items() for image in page.images]
    assert images
    assert [image for image in images if bookcheck.poor_alt(image[1].get("alt"))] == []


def test_every_figure_is_drawn_for_narrow_windows_too(pages):
    for path, page in pages.items():
        figures = [image for image in page.images if image["src"].endswith(".svg")]
        assert len(page.narrow) == len(figures), path


def test_no_id_stands_twice_on_a_page(pages):
    assert {path.name: page.twice for path, page in pages.items() if page.twice} == {}


def test_every_page_is_described_for_search_engines(site, pages):
    found = [pages[site / f"{page}.html"].descriptions for page in in_toc()]
    assert [len(descriptions) for descriptions in found] == [1] * len(found)
    texts = [descriptions[0] for descriptions in found]
    assert len(set(texts)) == len(texts)
    assert [text for text in texts if "\\" in text or "$" in text] == []


def test_no_title_begins_with_a_number(pages):
    for path in pages:
        assert not re.search(r"<title>\s*\d", path.read_text(encoding="utf-8")), path


def test_pages_have_one_style_sheet_and_two_scripts(site, pages):
    """Of the two the first is small: it sets the colours before anything is painted."""
    for page in in_toc():
        names = [
            Path(urlsplit(address).path).name for address in pages[site / f"{page}.html"].fetched
        ]
        assert [name for name in names if name.endswith(".css")] == ["book.css"]
        assert [name for name in names if name.endswith(".js")] == ["colours.js", "book.js"]
    assert (site / "_static" / "colours.js").stat().st_size < 1500


def test_pages_hold_no_script_and_no_handler(pages):
    """So a server can forbid all that a page might smuggle in."""
    handler = re.compile(r"<[a-z][^>]*\son[a-z]+\s*=|javascript:", re.IGNORECASE)
    for path, page in pages.items():
        assert "".join(page.scripts).strip() == "", path
        assert not handler.search(path.read_text(encoding="utf-8")), path


def test_the_faces_have_every_letter_that_a_page_shows(site):
    """Otherwise run tools/fonts.py. In code a sign may come from the machine's own face."""
    shown = fonts.shown(path for path in site.rglob("*.html") if "_static" not in path.parts)
    assert shown["text"] - fonts.covered("Slopes Serif") - fonts.covered("Slopes Signs") == set()
    families = {name.split("-")[0] for name in (*fonts.KATEX, *fonts.SPECIAL)}
    formulas = set().union(*(fonts.covered(f"KaTeX_{family}") for family in families))
    assert set().union(*(shown[kind] for kind in ("formula", *fonts.SPECIAL))) - formulas == set()
    assert sum(path.stat().st_size for path in fonts.FONTS.glob("serif-*.woff2")) <= 35_000


def test_nothing_is_published_that_no_page_uses(site):
    names = {path.name for path in (site / "_static").iterdir()}
    assert not {"scripts", "styles", "vendor", "basic.css"} & names


def test_a_second_build_changes_no_page(build):
    """What is finished stays as it is, and what is new is finished."""
    _, folder = build
    before = {path: path.read_bytes() for path in folder.rglob("*.html")}
    assert before
    (folder / "chapters" / "glossary.html").unlink()
    command = [sys.executable, "-c", book.JUPYTER_BOOK, "build", ROOT]
    command += ["--path-output", folder.parents[1]]
    subprocess.run(command, capture_output=True, check=True)
    assert {path: path.read_bytes() for path in folder.rglob("*.html")} == before


def test_an_address_brings_a_sitemap_and_cards(tmp_path):
    """A tiny book with an address: its pages name it, and only then."""
    for name in ("tools", "web", "chapters/references.bib"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    settings = settings.replace('baseurl: ""', "baseurl: https://book.example/slopes/")
    settings = settings.replace('  url: ""', "  url: https://github.com/example/slopes")
    (tmp_path / "_config.yml").write_text(settings, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/index\n")
    (tmp_path / "chapters" / "index.md").write_text(
        "# A page\n\nIts slope is $\\sigma'(x)$. More.\n"
    )
    command = [sys.executable, "-c", book.JUPYTER_BOOK, "build", tmp_path, "-W", "-n"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    site = tmp_path / "_build" / "html"
    address = "https://book.example/slopes/"
    assert f"<loc>{address}chapters/index.html</loc>" in (site / "sitemap.xml").read_text()
    page = (site / "chapters" / "index.html").read_text(encoding="utf-8")
    assert f'property="og:image" content="{address}card.png"' in page
    assert 'property="og:description" content="Its slope is σ′(x)."' in page
    assert f'<link rel="canonical" href="{address}chapters/index.html"' in page
    assert "https://github.com/example/slopes/issues/new" in page
    assert "https://github.com/example/slopes/edit/main/chapters/index.md" in page
    assert (site / "card.png").read_bytes().startswith(b"\x89PNG")
    assert f'href="{address}"' in (site / "404.html").read_text(encoding="utf-8")


def test_without_an_address_there_is_no_sitemap_and_no_button(site, pages):
    assert not {"edit", "report-fault"} & {name for page in pages.values() for name in page.classes}
    assert not (site / "sitemap.xml").exists()
    assert not (site / "card.png").exists()


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.org/a.css">',
        '<img src="http://example.org/a.png">',
        '<div style="background: url(https://example.org/a.png)"></div>',
        "<style>@import 'https://example.org/a.css';</style>",
        "<style>@font-face { src: url(//example.org/a.woff2) }</style>",
    ],
)
def test_a_planted_outside_address_is_seen(text):
    assert any(map(is_outside, Page(text).fetched))


def test_joining_a_formula_and_its_full_stop_changes_no_text():
    reference = nodes.inline("", "Fig. 2.1")
    texts = [nodes.Text(text) for text in (".", " At ", ".", " More.")]
    formula = nodes.math("", "x")
    paragraph = nodes.paragraph("", "", reference, *texts[:2], formula, *texts[2:])
    document = nodes.section("", paragraph)
    before = document.astext()
    bookcheck.keep_punctuation(None, document, "page")
    assert document.astext() == before
    assert formula.parent.astext() == "x."
    assert formula.parent["classes"] == ["together"]


@pytest.mark.parametrize("alt", [None, "", " ", "figure.png", "../_images/a3f.svg"])
def test_a_planted_poor_alternative_is_seen(alt):
    assert bookcheck.poor_alt(alt)
    assert not bookcheck.poor_alt("The sigmoid rises from 0 to 1.")


# Python for the browser


def test_a_runtime_that_cannot_be_had_is_told_in_a_sentence(tmp_path, monkeypatch):
    def refuse(address, timeout):
        raise OSError("no network")

    monkeypatch.setattr(runtime, "NEARBY", tmp_path / "nowhere")
    monkeypatch.setattr(runtime, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setattr(runtime.urllib.request, "urlopen", refuse)
    monkeypatch.delenv("PYODIDE_DIR", raising=False)
    with pytest.raises(book.Trouble, match=r"cannot be had \(no network\): .* PYODIDE_DIR"):
        runtime.find_runtime()


def test_a_named_runtime_has_to_be_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("PYODIDE_DIR", str(tmp_path))
    with pytest.raises(book.Trouble, match=r"PYODIDE_DIR lacks pyodide\.asm\.js, "):
        runtime.find_runtime()
    for name in runtime.runtime_files():
        (tmp_path / name).write_text("another version")
    with pytest.raises(book.Trouble, match=r"is not the file that tools/pyodide\.json names"):
        runtime.find_runtime()
    monkeypatch.setenv("PYODIDE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(book.Trouble, match="which is no folder"):
        runtime.find_runtime()


def test_what_the_package_declares_comes_along(monkeypatch):
    """Pure Python from `.venv`, by the names in pyproject.toml; drawing in a layer of its own."""
    monkeypatch.setattr(runtime, "fonts", lambda wheel: {})
    layers = runtime.layers(Path("runtime"))
    plain = {path.split("/")[0] for item in layers["book"] for path, _ in item.get("files", [])}
    assert {"slopes", "kernel", "mpmath", "markdown_it"} <= plain
    assert not {"matplotlib", "PIL", "numpy", "sympy"} & plain
    paths = [path for item in layers["book"] for path, _ in item.get("files", [])]
    assert "slopes/digits.tsv" in [path for path in paths if not re.search(runtime.DROP, path)]
    wheels = [
        Path(item["wheel"]).name.split("-")[0] for item in layers["drawing"] if "wheel" in item
    ]
    assert {"matplotlib", "contourpy", "kiwisolver", "pillow"} == set(wheels)


def test_a_package_that_is_not_pure_python_is_refused():
    with pytest.raises(book.Trouble, match="tornado is not pure Python"):
        runtime.source("tornado", Path("runtime"))


# Cells that wait for an answer


def test_every_exercise_gets_a_box():
    """In each chapter the cell below an exercise is found, and no other."""
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        boxes = [mark for mark in live.marks(notebook) if "data-answer" in mark]
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert len(boxes) == len(live.EXERCISE.findall(text)), path.name


def test_lines_of_an_answer_are_found():
    cell = 'goal = "a = c"\nsteps = r"""\na = b\n= c\n"""\ncheck_derivation(steps, proves=goal)'
    assert live.answer(cell) == ("steps", 3, 4)
    assert live.goal(cell) == "a = c"
    assert live.goal('about = {"proves": "a = b"}\ncheck_derivation(steps, **about)') == "a = b"
    assert live.answer("x = 1\na = ...\nb = ...  # two\ncheck_answer(a, b)") == ("answer", 2, 3)
    assert live.answer("x = 1\ngiven = ... not in (x,)") is None
