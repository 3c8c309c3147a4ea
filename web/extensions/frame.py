"""Sphinx extension: what stands around the text of every page, and the two files that every page loads.

The templates are in `web/frame`. All style sheets become one file, in which the faces stand too, and
all scripts another.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from docutils import nodes
from sphinx.environment.adapters.toctree import TocTree

import book
import katex
from elements import facts
from elements.start import number
from elements.ties import titled

WEB = Path(book.ROOT, "web")
# The faces stand in the sheet: the first paint has them, and so has a page that is opened from a file.
INLINE = re.compile(r"url\(([\w-]+\.woff2)\)")
ADDRESS = re.compile(r"url\((fonts/KaTeX)")
NUMBER = re.compile(r'^<span class="section-number">[^<]*</span>')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# KaTeX has a rule for each size in each; a formula has those of text, of an index, and of its index.
SIZES = re.compile(
    r"[^{}]*\.sizing\.reset-size(?:[136]\.size(?![136]\b)|(?![136]\b))[^{}]*\{[^}]*\}"
)


# The list of pages


def title_of(app, name: str) -> str:
    """Return the title of a page as HTML, without its number."""
    return titled(NUMBER.sub("", app.builder.render_partial(app.env.titles[name])["title"]))


def contents(app) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the parts of the book: caption, and number, title and name of each page."""
    if not hasattr(app, "_contents"):
        app._contents = [
            (part, [(number(app.env, name), title_of(app, name), name) for _, name in pages])
            for part, pages in groupby(facts.contents(app.env), itemgetter(0))
        ]
    return app._contents


def sections(app, name: str) -> str:
    """Return the list of a page's sections as HTML."""
    tree = TocTree(app.env).get_toc_for(name, app.builder)
    inner = (
        next(iter(tree[0].findall(nodes.bullet_list, include_self=False)), None) if tree else None
    )
    if inner is None:
        return ""
    for item in inner.children:
        item[:] = item.children[:1]  # sections of sections have no place here
    return titled(app.builder.render_partial(inner)["fragment"])


# The two files


@cache
def fonts(name: str) -> str:
    """Return a font as an address that holds all of it."""
    content = base64.b64encode((WEB / "fonts" / name).read_bytes()).decode()
    return f"url(data:font/woff2;base64,{content})"


def ours(app, names) -> list[Path]:
    """Return those of the named files that are the book's own, in their order.

    Packages bring sheets of their own, from where they are installed or from a temporary folder.
    """
    places = [Path(app.confdir, place).resolve() for place in app.config.html_static_path]
    places = [
        place
        for place in places
        if place.is_relative_to(Path(book.ROOT).resolve()) and "site-packages" not in place.parts
    ]
    found = [
        path
        for name in names
        for path in (place if place.name == name else place / name for place in places)
        if path.is_file()
    ]
    return list(dict.fromkeys(found))


def style(app) -> str:
    """Join the style sheets."""
    names = [name for name, _ in (*app.config.html_css_files, *app.registry.css_files)]
    sheet = "".join(path.read_text(encoding="utf-8") for path in ours(app, names))
    sheet = INLINE.sub(lambda found: fonts(found[1]), SIZES.sub("", COMMENT.sub("", sheet)))
    return re.sub(r"\n\s*", "\n", ADDRESS.sub(r"url(katex/\1", sheet))


def script(app) -> str:
    """Join the scripts."""
    added = sorted(app.registry.js_files, key=lambda entry: entry[1].get("priority", 500))
    names = [name for name, _ in (*added, *app.config.html_js_files) if name]
    text = "\n".join(path.read_text(encoding="utf-8") for path in ours(app, names))
    return re.sub(r"^\s*(?://.*)?\n", "", text, flags=re.MULTILINE)


def versioned(name: str, text: str) -> str:
    """Return the address of a file whose content may change: with a mark that changes with it."""
    return f"{name}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"


# Every page


def take_repository(app, config):
    """Keep the address of the repository for the frame, which has no other options."""
    app._repository = config.html_theme_options.get("repository_url") or ""
    config.html_theme_options = {}


def show(app, pagename, templatename, context, doctree):
    """Give the templates what they show."""
    if not hasattr(app, "_files"):
        app._files = {"book.css": style(app), "book.js": script(app)}
    title = title_of(app, pagename) if doctree is not None else pagename.capitalize()
    heading = re.sub(r"<span class=\"katex-mathml\">.*?</math></span>|<[^>]*>", "", title)
    book_title = app.config.html_title
    description = context.get("description", "")
    context.update(
        heading=heading if pagename == app.config.root_doc else f"{heading} — {book_title}",
        style=versioned("book.css", app._files["book.css"]),
        script=versioned("book.js", app._files["book.js"]),
        contents=contents(app),
        sections=sections(app, pagename) if doctree is not None else "",
        author=app.config.author,
        repository=app._repository,
        social=social(app, pagename, heading, description) if doctree is not None else [],
    )
    for side in ("prev", "next"):
        if context.get(side):
            context[side]["title"] = titled(NUMBER.sub("", context[side]["title"]))


def social(app, pagename, heading, description):
    """Return what a card that stands by a link to the page says, where the book has an address."""
    address = app.config.html_baseurl
    if not address:
        return []
    first = pagename == app.config.root_doc
    found = {
        "og:type": "book" if first else "article",
        "og:title": app.config.html_title if first else heading,
        "og:description": description,
        "og:url": f"{address.rstrip('/')}/{pagename}.html",
        "og:image": f"{address.rstrip('/')}/card.png",
        "og:image:alt": "The sigmoid with a tangent, and its derivative below.",
        "twitter:card": "summary_large_image",
    }
    return [
        ("name" if key.startswith("twitter") else "property", key, value)
        for key, value in found.items()
        if value
    ]


def write(app, error):
    """Write the two files."""
    for name, text in getattr(app, "_files", {}).items():
        Path(app.outdir, "_static", name).write_text(text, encoding="utf-8")
    # The program that set the formulas sets those of a report when it is opened.
    shutil.copy(katex.PROGRAM, Path(app.outdir, "_static", "katex"))


def setup(app):
    """Connect to Sphinx."""
    app.connect("config-inited", take_repository)
    app.connect("html-page-context", show, priority=600)
    app.connect("build-finished", write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
