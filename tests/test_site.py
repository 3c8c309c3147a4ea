"""The built book: complete, whole without a network, readable by everybody."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml
from docutils import nodes

import book
import bookcheck

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
        self.scripts, self.inside = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.inside = tag
        self.fetched += [attributes[name] for name in FETCHED.get(tag, ()) if attributes.get(name)]
        self.fetched += css_addresses(attributes.get("style") or "")
        self.ids.add(attributes.get("id"))
        self.classes += (attributes.get("class") or "").split()
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag == "img":
            self.images.append(attributes)

    def handle_data(self, data):
        if self.inside == "style":
            self.fetched += css_addresses(data)
        if self.inside == "script":
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


def test_no_script_of_a_page_names_an_address(pages):
    named = [path.name for path, page in pages.items() if "://" in "".join(page.scripts)]
    assert named == []


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


def test_equations_have_one_number_each(pages):
    for path in pages:
        numbers = re.findall(r'class="eqno">\(([\d.]+)\)', path.read_text(encoding="utf-8"))
        assert len(numbers) == len(set(numbers)), path


def test_every_image_says_what_it_shows(pages):
    images = [(path.name, image) for path, page in pages.items() for image in page.images]
    assert images
    assert [image for image in images if bookcheck.poor_alt(image[1].get("alt"))] == []


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
