"""Write the notes for teachers as pages, to be read beside the slides or printed."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

import feedback
import kit

NOTES = kit.TEACHING / "notes"
GIVEN = "given: "
SLIDES = re.compile(r"^\.\./slides/([\w-]+)\.md")
CHAPTER = re.compile(r"^\.\./\.\./chapters/([\w-]+)\.(?:ipynb|md)")


def derivation(text: str, wrong: bool, formulas: feedback.Formulas) -> str:
    """What is given, and below it the steps, one in a line."""
    lines = text.splitlines()
    given = [formulas(line.removeprefix(GIVEN)) for line in lines if line.startswith(GIVEN)]
    steps = [formulas.line(line.partition("%")[0]) for line in lines if not line.startswith(GIVEN)]
    verdict = '<span class="verdict">✗ wrong</span>' if wrong else ""
    kind = "wrong" if wrong else "right"
    items = "".join(f'<li class="{kind}">{verdict}{step}</li>' for step in steps)
    known = f"<p>Given {', '.join(given)}:</p>" if given else ""
    return f"{known}<ul>{items}</ul>"


def reader(formulas: feedback.Formulas, slides: dict[str, str]) -> MarkdownIt:
    """What makes HTML of a note: formulas are set, and links lead to the book and to the slides."""

    def fence(tokens, at, options, env):
        name, text = tokens[at].info.strip(), tokens[at].content
        if name in ("wrong", "solution"):
            return derivation(text, name == "wrong", formulas)
        return f"<pre>{escape(text)}</pre>"

    def link(tokens, at, options, env):
        page = CHAPTER.sub(r"../../html/chapters/\1.html", tokens[at].attrs["href"])
        page = SLIDES.sub(lambda found: f"../slides/{slides[found[1]]}", page)
        return f'<a href="{escape(page)}">'

    parser = formulas.reader()
    parser.renderer.rules |= {"fence": fence, "link_open": link}
    return parser


def write(folder: Path, slides: dict[str, str]) -> int:
    """Write all notes, in the order of the book on the first page; return how many there are.

    `slides` has the address of each chapter's first slide.
    """
    formulas = feedback.Formulas()
    parser = reader(formulas, slides)
    kit.fresh(folder)
    found = {path.stem: path.read_text(encoding="utf-8") for path in NOTES.glob("*.md")}
    order = [slug for name in kit.pages() if (slug := name.rpartition("/")[2]) in found]
    links = []
    for slug in order:
        heading, _, text = found[slug].partition("\n")
        name = heading.removeprefix("# ")
        file = "start.html" if slug == "index" else f"{slug}.html"
        page = feedback.page(name, [parser.render(text)])
        (folder / file).write_text(page, encoding="utf-8")
        links.append(f'<li><a href="{file}">{escape(name)}</a></li>')
    formulas.katex.close()
    contents = feedback.page("Notes for teachers", ["<ul>", *links, "</ul>"])
    (folder / "index.html").write_text(contents, encoding="utf-8")
    return len(order)
