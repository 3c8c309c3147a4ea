"""References that read as words where nothing resolves them, and as numbers in the book.

A notebook is also read in JupyterLab, in an editor and on a code host, where a role such as
``numref`` shows a bare label, and a link without a text shows nothing. So the notebooks keep links with
words, which `make refresh` writes; as a Sphinx extension this module makes roles of them for the book.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from pybtex.database import Entry, parse_file
from pybtex.plugin import register_plugin
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.plain import Style
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from pybtex.style.template import field as bib_field
from pybtex.style.template import href, optional, sentence
from sphinxcontrib.bibtex import plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

import book
from slopes.equations.report import MIME

CHAPTERS = Path(book.ROOT, "chapters")
KINDS = {"fig": "the figure", "exp": "the explorer", "table": "the table", "ex": "the exercise"}

ROLE = re.compile(r"(^|[.:] |\*\*)?\{(numref|cite:t|cite:p|term)\}`([^`]+)`", re.MULTILINE)
NAMELESS = re.compile(r"\[\]\(([\w-]+\.(?:md|ipynb))\)")
LINK = re.compile(r"\[([^\[\]]+)\]\((#|references\.bib#|glossary\.md#)([\w-]+)\)")

# What stands first in a folded cell is all that is seen of it.
FOLDED = {
    "markdown": "% The solution is folded: click on the dots to open it.\n",
    "code": "# The code of the solution is folded, too.\n",
}
END = "% Here the solution ends.\n"


@cache
def title(name: str) -> str:
    """Return the title of a page."""
    text = (CHAPTERS / name).read_text(encoding="utf-8")
    return re.search(r'^\s*"?# (.*?)(?:\\n",?|"?)$', text, re.MULTILINE).group(1)


@cache
def cited(key: str) -> tuple[str, str]:
    """Return the authors and the year of an entry of the bibliography."""
    return authors_and_year(parse_file(str(CHAPTERS / "references.bib")).entries[key])


def authors_and_year(entry: Entry) -> tuple[str, str]:
    """Return how a work is cited."""
    names = [
        " ".join(map(str, who.rich_prelast_names + who.rich_last_names))
        for who in entry.persons["author"]
    ]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return authors, entry.fields["year"]


def in_words(text: str) -> str:
    """Write the references of a markdown cell as links with words."""

    def words(role):
        before, kind, target = role[1] or "", role[2], role[3]
        if kind == "term":
            shown, _, term = target.removesuffix(">").partition(" <")
            return f"{before}[{shown}](glossary.md#{(term or shown).replace(' ', '-')})"
        if kind == "numref":
            shown = KINDS[target.split("-")[0]]
            if role[1] is not None and not before.startswith(":"):
                shown = shown.capitalize()
            return f"{before}[{shown}](#{target})"
        authors, year = cited(target)
        shown = f"{authors} ({year})" if kind == "cite:t" else f"({authors}, {year})"
        return f"{before}[{shown}](references.bib#{target})"

    text = ROLE.sub(words, text)
    return NAMELESS.sub(lambda link: f"[{title(link[1])}]({link[1]})", text)


def as_roles(text: str) -> str:
    """Turn the words back into the roles that the book resolves."""

    def role(link):
        shown, where, target = link.groups()
        if where == "glossary.md#":
            return f"{{term}}`{shown} <{target.replace('-', ' ')}>`"
        if where == "references.bib#":
            return f"{{cite:{'p' if shown.startswith('(') else 't'}}}`{target}`"
        return f"{{numref}}`{target}`" if target.split("-")[0] in KINDS else link[0]

    return LINK.sub(role, text)


def prepare(app, docname, source):
    """Make of a notebook's text what the book is built from: without what only a notebook needs."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        for line in (*FOLDED.values(), END):
            text = text.removeprefix(line)
        cell["source"] = as_roles(text) if cell["cell_type"] == "markdown" else text
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(MIME, None)  # what programs read, and no reader
    source[0] = json.dumps(notebook)


class AsCited(BaseLabelStyle):
    """Label each work in the list as the text cites it."""

    def format_labels(self, sorted_entries):
        """Yield the labels."""
        for entry in sorted_entries:
            yield "{} ({})".format(*authors_and_year(entry))


class ByLabel(BaseSortingStyle):
    """Sort works by what is seen first: the authors as they are cited, then the year."""

    def sorting_key(self, entry):
        """Return what an entry is sorted by."""
        authors, year = authors_and_year(entry)
        return authors.casefold(), year, entry.fields["title"]


class ByAuthor(Style):
    """Sort works by their authors, and link their addresses."""

    default_label_style = AsCited
    default_sorting_style = ByLabel

    def get_misc_template(self, entry):
        """Return the form of what is no book and no article: its year stands above it, in its label."""
        return toplevel[
            sentence[self.format_names("author")],
            self.format_title(entry, "title"),
            optional[sentence[bib_field("note")]],
            self.format_web_refs(entry),
        ]

    def format_url(self, entry):
        """Return a link that shows its address as one reads it."""
        shown = bib_field("url", raw=True, apply_func=lambda url: url.split("://")[-1].rstrip("/"))
        return href[bib_field("url", raw=True), shown]


ROUND = partial(BracketStyle, left="(", right=")")


@dataclass
class InText(AuthorYearReferenceStyle):
    """Cite by author and year, with the year in round brackets."""

    bracket_textual: BracketStyle = field(default_factory=ROUND)
    bracket_parenthetical: BracketStyle = field(default_factory=ROUND)


def setup(app):
    plugin.register_plugin("sphinxcontrib.bibtex.style.referencing", "in_text", InText)
    register_plugin("pybtex.style.formatting", "by_author", ByAuthor)
    app.connect("source-read", prepare)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
