"""Sphinx extension: what every page needs to serve every reader, and what stands beside the pages.

A description for search engines, sizes of figures; a page that leads to the first one, a 404 page and,
where the book has an address, a sitemap and a card for links to it.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from html import escape
from pathlib import Path

import nbformat
from docutils import nodes

from bookcheck import with_roles
from slopes import figures

TABLES = re.compile(r'<table class="[^"]*\bdocutils\b.*?</table>', re.DOTALL)
PERMALINK = re.compile(r'<a class="headerlink".*?</a>')  # is not among what such a table may hold
POINTED = re.compile(r' title="Link to this \w+"')  # a hundred bytes of a page, for what "#" says
SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
UNUSED = re.compile(r' class="(?:reference (?:internal|external)|std std-(?:ref|doc))"')
LOST = Path(__file__).with_name("404.html")
# Where a figure shrunk to the text's width would have letters of three quarters of the text's, or less.
NARROW = "screen and (max-width: 480px)"


# While the pages are made


def describe(app, pagename, templatename, context, doctree):
    """Give the page its first sentence for a description, as search engines show it."""
    if doctree is None:
        return
    for paragraph in doctree.findall(nodes.paragraph):
        sentence = plain(paragraph)
        if sentence:
            context["description"] = sentence
            return


def plain(paragraph: nodes.paragraph) -> str | None:
    """Return the first sentence without markup, or None if a formula in it cannot be one line."""
    parts = []
    for part in paragraph.findall(nodes.Text):
        text = part.astext()
        if isinstance(part.parent, nodes.math):
            text = re.sub(r"\\([a-z]+) ?", _greek, text).replace("'", "′").replace("-", "−")
            if re.search(r"[\\{}]", text):
                return None
        parts.append(text)
    return re.split(r"(?<=[.!?])\s", "".join(parts).replace("\n", " ") + " ")[0].strip()


def _greek(command):
    try:
        return unicodedata.lookup(f"GREEK SMALL LETTER {command[1].upper()}")
    except KeyError:
        return command[0]


def size_figures(app, pagename, templatename, context, doctree):
    """Give each figure its size, so that no text moves when it comes; it comes when a reader is near.

    A narrow window gets the drawing that was made for it, and loads no other.
    """
    if doctree is None or not context.get("body"):
        return
    sources = {name: Path(app.srcdir, source) for source, (_, name) in app.env.images.items()}
    narrow = narrow_drawings(Path(app.env.doc2path(pagename)))

    def sized(found):
        source = re.search(r'src="([^"]*/)([^"/]+\.svg)"', found[1])
        if not source or " width=" in found[1] or source[2] not in sources:
            return found[0]
        path = sources[source[2]]
        text = path.read_text(encoding="utf-8")
        if not SIZE.search(text):
            return found[0]
        image = f'<img {size(text)} decoding="async" loading="lazy" {found[1]}>'
        beside = path.with_stem(f"{path.stem}-narrow")
        other = narrow.get(text.strip()) or (beside.is_file() and beside.read_text("utf-8"))
        if not other:
            return image
        name = Path(source[2]).with_stem(f"{Path(source[2]).stem}-narrow").name
        images = Path(app.outdir, app.builder.imagedir)
        images.mkdir(exist_ok=True)
        (images / name).write_text(other, encoding="utf-8")
        srcset = f'media="{NARROW}" srcset="{source[1]}{name}" {size(other)}'
        return f"<picture><source {srcset}>{image}</picture>"

    context["body"] = re.sub(r"<img ([^>]*)>", sized, context["body"])


def narrow_drawings(path: Path) -> dict[str, str]:
    """Return, for each drawing of a notebook, the one that goes with it for narrow windows."""
    if path.suffix != ".ipynb":
        return {}
    outputs = (
        output.data
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if figures.NARROW in output.get("data", {})
    )
    return {data["image/svg+xml"].strip(): data[figures.NARROW] for data in outputs}


def size(svg: str) -> str:
    """Return the size of a drawing, as the attributes of an image in HTML."""
    # Matplotlib counts in points, and a browser in pixels.
    sides = (round(float(side) * 4 / 3) for side in SIZE.search(svg).groups())
    return 'width="{}" height="{}"'.format(*sides)


def mend(app, pagename, templatename, context, doctree):
    """Mend what the extensions write."""
    body = context.get("body") or ""
    # A role that is no longer one, in a list that asks for items.
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    body = UNUSED.sub("", POINTED.sub("", body))  # no sheet and no script asks for these classes
    context["body"] = TABLES.sub(lambda table: PERMALINK.sub("", with_roles(table[0])), body)


# After the pages are written


def beside(app, error):
    """Write the page that leads to the first one, the 404 page, and what needs an address."""
    if error or app.builder.name != "html":
        return
    site, address = Path(app.outdir), app.config.html_baseurl
    address = address and address.rstrip("/") + "/"
    root = app.config.root_doc + ".html"
    title = escape(app.config.html_title)
    if address:
        places = "".join(
            f"<url><loc>{address}{name}.html</loc></url>" for name in sorted(app.env.found_docs)
        )
        space = "http" + "://www.sitemaps.org/schemas/sitemap/0.9"
        (site / "sitemap.xml").write_text(
            f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{space}">{places}</urlset>'
        )
        _card(site / "card.png", app.config.html_title)
    (site / "index.html").write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="refresh" content="0; url={root}"><link rel="canonical" href="{root}">'
        f'</head><body><p><a href="{root}">{title}</a></p></body></html>',
        encoding="utf-8",
    )
    # A server shows this page at any depth, where no relative address leads home for certain.
    home = (
        f'<a href="{address}">Go to the beginning of the book</a>, where every page is listed.'
        if address
        else 'The book begins in <a href="./">this folder</a> or in <a href="../">one above it</a>.'
    )
    lost = LOST.read_text(encoding="utf-8").replace("HOME", home)
    (site / "404.html").write_text(lost, encoding="utf-8")
    sweep(site)


def _card(path, title):
    """Draw the picture that stands by a link to the book."""
    import matplotlib.pyplot as plt
    import numpy as np

    from slopes import sigmoid

    figures.use_style()
    x = np.linspace(-7.5, 6, 241)
    figure, axes = plt.subplots(figsize=(12, 6.3), dpi=100)
    axes.plot(x, sigmoid(x), color=figures.VALUE, linewidth=6)
    axes.plot(x, sigmoid.derivative(x), color=figures.SLOPE, linewidth=6, linestyle="--")
    axes.plot(x, 0.5 + x / 4, color=figures.SLOPE, linewidth=2, linestyle="-")
    axes.set(xlim=(-7.5, 6), ylim=(-0.08, 1.08))
    axes.axis("off")
    name, _, rest = title.partition(": ")
    figure.text(0.06, 0.83, name, fontsize=72)
    rest = textwrap.fill(rest, 24)
    figure.text(0.06, 0.76, rest, fontsize=30, color=figures.QUIET, va="top", linespacing=1.3)
    figure.savefig(path)
    plt.close(figure)


def sweep(site: Path) -> None:
    """Delete what Sphinx and its extensions laid out for the pages, and none of them uses."""
    static = site / "_static"
    files = [*site.rglob("*.html"), static / "book.css"]
    used = {
        name.removeprefix("_static/")
        for path in files
        for name in re.findall(
            r"""(_static/[^"'?#)\s]+|(?<=url\()[^)"':]+)""", path.read_text("utf-8")
        )
    }
    for path in sorted(static.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(static).as_posix() not in used and "LICENSE" not in path.name:
            path.unlink()


def setup(app):
    """Connect to Sphinx."""
    app.connect("html-page-context", describe, priority=400)
    app.connect("html-page-context", size_figures, priority=450)
    app.connect("html-page-context", mend, priority=450)
    app.connect("build-finished", beside, priority=900)  # after the redirect is written
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
