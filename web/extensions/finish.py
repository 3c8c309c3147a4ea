"""Sphinx extension: finish the written pages, so that they are light and serve every reader.

One style sheet and one script in place of twenty files; icons drawn into the page; the colours of
the reader's choice before the first paint; a description, sizes of figures, no id twice; and beside
the pages a 404 page and, where the book has an address, a sitemap and a card for links to it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from sphinx.util import logging

import stylesheet

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
# Fonts of nearly every formula stand in the style sheet, so that formulas are there at first paint.
INLINE_FONTS = re.compile(r"KaTeX_(Main-Regular|Math-Italic|Size[1-4]-Regular)\.woff2$")
ICON_FONTS = re.compile(r"@font-face\s*\{[^}]*Font Awesome[^}]*\}")
# Scripts that single pages need stay where they are; that of the icons goes.
SINGLE = ("searchtools.js", "language_data.js", "searchindex.js", "design-tabs.js")
LEFT_OUT = ("fontawesome.js", "design-tabs.js")
# The first line of a page: in the reader's colours before anything is painted.
COLOURS = """<script>(function (root) {
  var mode = "auto";
  try { mode = localStorage.getItem("mode") || mode; } catch (error) {}
  root.dataset.mode = mode;
  root.dataset.theme = mode !== "auto" ? mode
    : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
})(document.documentElement)</script>"""


# The fonts of formulas are decoded while the page is read; otherwise the first paint would come without.
DECODE = """<script>
["", "italic "].forEach(function (style) {
  document.fonts.load(style + "1em " + (style ? "KaTeX_Math" : "KaTeX_Main"));
});
</script>"""


# While the pages are made


def show_repository_buttons(app, config):
    """Show the theme's buttons for a repository where there is one; without they are an error."""
    if config.html_theme_options.get("repository_url"):
        for button in ("repository", "issues", "edit_page"):
            config.html_theme_options[f"use_{button}_button"] = True


def describe(app, pagename, templatename, context, doctree):
    """Give the page its first sentence for a description, as search engines show it."""
    if doctree is None:
        return
    for paragraph in doctree.findall(nodes.paragraph):
        sentence = plain(paragraph)
        if sentence:
            description = f'<meta name="description" content="{escape(sentence)}" />'
            context["metatags"] = context.get("metatags", "") + description
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


# After the pages are written


def finish(app, error):
    """Finish every page, and write what stands beside the pages."""
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    names = [*sorted(app.env.found_docs), "search"]
    pages = {name: Path(app.builder.get_outfilename(name)) for name in names}
    pages = {name: path for name, path in pages.items() if path.exists()}
    texts = {name: path.read_text(encoding="utf-8") for name, path in pages.items()}
    fresh = [name for name, text in texts.items() if COLOURS not in text]
    if fresh:
        style, script = bundle(site / "_static", [texts[name] for name in fresh], texts.values())
        for name in fresh:
            texts[name] = body(head(texts[name]), pages[name], name)
        for name, text in texts.items():
            up = "../" * name.count("/")
            text = re.sub(r'(?:\.\./)*_static/pages\.\w+\.css"', f'{up}_static/{style}"', text)
            text = re.sub(r'(?:\.\./)*_static/pages\.\w+\.js"', f'{up}_static/{script}"', text)
            pages[name].write_text(text, encoding="utf-8")
            texts[name] = text
    beside(app, site, texts)
    sweep(site / "_static", texts.values())


def bundle(static: Path, fresh, texts) -> tuple[str, str]:
    """Join the style sheets and the scripts of the pages; return the names of the two files."""
    texts = list(texts)
    scripts = [
        name
        for name in _union(r'<script[^>]* src="[./]*_static/([^"?]+)', fresh)
        if not name.endswith((*SINGLE, *LEFT_OUT))
    ]
    script = "\n;\n".join((static / name).read_text(encoding="utf-8") for name in scripts)
    script = re.sub(r"^//# sourceMappingURL=.*$", "", script, flags=re.MULTILINE)

    words = set(re.findall(r"[\w-]+", script))
    for text in texts:
        for names in re.findall(r"""\b(?:class|id)=["']?([^"'>]*)""", text):
            words.update(names.split())
    for icon in drawings():
        words.add("fa-" + icon)
    # What pages get when they are finished, and what the search page makes.
    words.update(["svg-inline--fa", "search", "context", "highlighted", "kind-title", "sentence"])
    sheets = _union(r'<link[^>]* href="[./]*_static/([^"?]+\.css)', fresh)
    style = "".join(
        stylesheet.read((static / name).resolve(), static.resolve(), INLINE_FONTS)
        for name in sheets
    )
    style = stylesheet.prune(ICON_FONTS.sub("", style), words)
    style = _icon_variables(style) + style

    for old in static.glob("pages.*"):
        old.unlink()
    names = []
    for content, suffix in ((style, "css"), (script, "js")):
        digest = hashlib.sha256(content.encode("utf-8")).hexdigest()[:8]
        names.append(f"pages.{digest}.{suffix}")
        (static / names[-1]).write_text(content, encoding="utf-8")
    return names[0], names[1]


def _union(pattern, texts):
    """Return what the pattern finds in the texts, once each, in the order of the pages."""
    return list(dict.fromkeys(found for text in texts for found in re.findall(pattern, text)))


def head(text: str) -> str:
    """Rewrite what stands in the head of a page."""
    start, found, rest = text.partition("</head>")
    tabs = "sd-tab-set" in rest
    start = re.sub(r'<script data-cfasync="false">.*?</script>', "", start, flags=re.DOTALL)
    start = re.sub(r"<script>DOCUMENTATION_OPTIONS\.pagename.*?</script>", "", start)
    start = re.sub(r'<link rel="preload" as="script"[^>]*>', "", start)
    start = re.sub(r'<meta name="docsearch:[^>]*>', "", start)
    start = re.sub(r"<!--.*?-->", "", start, flags=re.DOTALL)
    start = re.sub(r'<meta name="viewport"[^>]*>', "", start)
    # Without scripts the page is light; with them COLOURS sets what the reader wants.
    start = re.sub(r'(<html[^>]*data-theme=)"auto"', r'\1"light"', start, count=1)
    # A reader of search results has no use for the number of a chapter.
    start = re.sub(r"<title>[\d.]+ ", "<title>", start)
    sheets = re.compile(r'<link[^>]*href="[./]*_static/[^"]+\.css[^"]*"[^>]*>')
    start = sheets.sub("", start)
    single = [
        f'<script defer src="{source}"></script>'
        for source in re.findall(r'<script[^>]* src="([^"]*)"', start)
        if source.split("?")[0].endswith(SINGLE) and (tabs or "design-tabs" not in source)
    ]
    scripts = re.compile(r'<script[^>]* src="[^"]*"[^>]*></script>\s*')
    start, rest = scripts.sub("", start), scripts.sub("", rest)
    ours = [
        '<meta name="viewport" content="width=device-width, initial-scale=1" />',
        COLOURS,
        '<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)" />',
        '<meta name="theme-color" content="#14181e" media="(prefers-color-scheme: dark)" />',
        '<link rel="stylesheet" href="_static/pages.0.css" />',
        *([DECODE] if 'class="katex"' in rest else []),
        '<script defer src="_static/pages.0.js"></script>',
        *single,
    ]
    start = start.replace('<meta charset="utf-8" />', '<meta charset="utf-8" />' + "\n".join(ours))
    return re.sub(r"\n\s*\n+", "\n", start) + found + rest


def body(text: str, path: Path, name: str) -> str:
    """Rewrite what stands in the body of a page."""
    start, end, rest = text.partition("</head>")
    # The printed page has its own title and needs no list of links; advertisements there are none.
    rest = re.sub(
        r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', "", rest, flags=re.DOTALL
    )
    rest = re.sub(r'<div class="sidebar-primary-item">\s*<div id="ethical.*?</div>\s*</div>', "",
                  rest, flags=re.DOTALL)  # fmt: skip
    rest = re.sub(
        r'<(i|span) class="([^"]*\bfa[srb]? fa-[^"]*|[^"]*\bfa-(?:solid|brands|regular)[^"]*)"'
        r"([^>]*)></\1>",
        lambda found: _icon(found, name),
        rest,
    )
    # A role that is no longer one, in a list that asks for items.
    rest = rest.replace('role="doc-biblioentry"', 'role="listitem"')
    # What a cell printed in one line is a sentence, which may be broken; columns stay as they are.
    rest = re.sub(
        r'<div class="output stream (?=[^>]*><div class="highlight"><pre><span></span>.*\n</pre>)',
        '<div class="output stream sentence ',
        rest,
    )
    rest = re.sub(r"<img ([^>]*)>", lambda found: _sized(found, path), rest)
    return start + end + rest


@cache
def drawings() -> dict[str, str]:
    """Return the drawing of each icon."""
    sprite = (HERE / "icons.svg").read_text(encoding="utf-8")
    return {
        name: drawing
        for names, drawing in re.findall(r'<symbol id="([^"]+)">(.*?)</symbol>', sprite)
        for name in names.split()
    }


def _icon(found, page):
    classes = found[2].split()
    name = next((c[3:] for c in classes if c[:3] == "fa-" and c[3:] in drawings()), None)
    if name is None:
        logger.warning(f"icons.svg has no drawing for {found[2]!r}", location=page)
        return found[0]
    kept = [c for c in classes if c in ("theme-switch", "fa-lg")]
    mode = re.search(r' data-mode="\w+"', found[3])
    return (
        f'<svg class="{" ".join(["svg-inline--fa", f"fa-{name}", *kept])}"{mode[0] if mode else ""}'
        f' viewBox="0 0 24 24" aria-hidden="true">{drawings()[name]}</svg>'
    )


def _icon_variables(style):
    """Return the drawings that the style sheet shows, as variables."""
    rules = []
    for name in sorted(set(re.findall(r"var\(--icon-([\w-]+)\)", style))):
        if name not in drawings():
            logger.warning(f"icons.svg has no drawing for --icon-{name}")
            continue
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000"'
            f' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{drawings()[name]}'
            "</svg>"
        ).replace("currentColor", "#000")
        address = quote(svg, safe=" =:/',;()").replace('"', "'")
        rules.append(f'--icon-{name}:url("data:image/svg+xml,{address}")')
    return f":root{{{';'.join(rules)}}}"


def _sized(found, path):
    """Give an SVG figure its size, so that the text does not jump when it comes."""
    source = re.search(r'src="([^"]+\.svg)"', found[1])
    if not source or " width=" in found[1]:
        return found[0]
    file = (path.parent / source[1]).resolve()
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', file.read_text(encoding="utf-8")[:2000])
    if not size:
        return found[0]
    # Matplotlib counts in points, and a browser in pixels.
    width, height = (round(float(side) * 4 / 3) for side in size.groups())
    return f'<img width="{width}" height="{height}" decoding="async" {found[1]}>'


def beside(app, site: Path, texts: dict[str, str]) -> None:
    """Write the page that leads to the first one, the 404 page, and what needs an address."""
    address = app.config.html_baseurl
    address = address and address.rstrip("/") + "/"
    root = app.config.root_doc + ".html"
    title = escape(app.config.html_title)
    social = ""
    if address:
        social = _social(title, _description(texts[app.config.root_doc]), address)
        for name, text in texts.items():
            if 'property="og:' not in text and name != "search":
                heading = re.search(r"<title>(.*?)(?: &#8212;.*)?</title>", text)[1]
                tags = _social(heading, _description(text), address, name + ".html")
                path = Path(app.builder.get_outfilename(name))
                path.write_text(text.replace("</title>", "</title>" + tags, 1), encoding="utf-8")
        places = "".join(
            f"<url><loc>{address}{name}.html</loc></url>" for name in texts if name != "search"
        )
        space = "http" + "://www.sitemaps.org/schemas/sitemap/0.9"
        (site / "sitemap.xml").write_text(
            f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{space}">{places}</urlset>'
        )
        _card(site / "card.png", app.config.html_title)
    (site / "index.html").write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{social}'
        f'<meta http-equiv="refresh" content="0; url={root}"><link rel="canonical" href="{root}">'
        f'</head><body><p><a href="{root}">{title}</a></p></body></html>',
        encoding="utf-8",
    )
    lost = (HERE / "404.html").read_text(encoding="utf-8")
    (site / "404.html").write_text(lost.replace('href="/"', f'href="{address or "/"}"'))


def _description(text):
    found = re.search(r'<meta name="description" content="([^"]*)"', text)
    return found[1] if found else ""


def _social(title, description, address, page=""):
    tags = {
        "og:type": "article" if page else "book",
        "og:title": title,
        "og:description": description,
        "og:url": address + page,
        "og:image": address + "card.png",
        "og:image:alt": "The sigmoid with a tangent, and its derivative below.",
        "twitter:card": "summary_large_image",
    }
    return "".join(
        f'<meta {"name" if key[0] == "t" else "property"}="{key}" content="{value}" />'
        for key, value in tags.items()
        if value
    )


def _card(path, title):
    """Draw the picture that stands by a link to the book."""
    import matplotlib.pyplot as plt
    import numpy as np

    from slopes import sigmoid

    x = np.linspace(-6, 6, 241)
    figure, axes = plt.subplots(figsize=(12, 6.3), dpi=100)
    axes.plot(x, sigmoid(x), color="#0072B2", linewidth=6)
    axes.plot(x, sigmoid.derivative(x), color="#B84A00", linewidth=6, linestyle="--")
    axes.plot(x, 0.5 + x / 4, color="#B84A00", linewidth=2)
    axes.set(xlim=(-6, 6), ylim=(-0.08, 1.08))
    axes.axis("off")
    figure.text(0.06, 0.86, title.partition(":")[0], fontsize=60, weight="bold")
    figure.text(0.06, 0.78, title.partition(":")[2].strip(), fontsize=26)
    figure.savefig(path)
    plt.close(figure)


def sweep(static: Path, texts) -> None:
    """Delete what Sphinx laid out for the pages and none of them uses any more."""
    used = {name for text in texts for name in re.findall(r"_static/([^\"'?#)\s]+)", text)}
    for sheet in static.glob("pages.*.css"):
        used.update(re.findall(r"url\(([^)\"':]+)\)", sheet.read_text(encoding="utf-8")))
    for path in sorted(static.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(static).as_posix() not in used and path.name != "LICENSE":
            path.unlink()


def setup(app):
    app.connect("config-inited", show_repository_buttons)
    app.connect("html-page-context", describe)
    app.connect("build-finished", finish, priority=900)  # after the redirect is written
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
