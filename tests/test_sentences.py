"""Every number in the sentences of a chapter comes from something that was computed or checked.

It stands, to the digits shown, in what a cell printed or wrote into a figure, in an assertion, in a
displayed equation, or it is what the code was given. One that none of these can know, such as the
section of a book, is listed under ``numbers`` in the metadata of its cell, with the reason.
"""

import ast
import inspect
import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

import book
from slopes import answers

NOTEBOOKS = sorted(Path(book.ROOT, "chapters").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

EXACT = Context(prec=100)  # no rounding but the one that is asked for

DISPLAY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
# The year of a citation, and what a reader does not see: a label, a target, a fence, its options.
UNSEEN = re.compile(
    r"\[[^\[\]]*\]\(references\.bib#[^)]*\)|"
    r"\{[\w:]+\}`[^`]*`|\]\([^)]*\)|^:+\{[\w-]+\}|^:[\w-]+:.*$",
    re.MULTILINE,
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\.\d)", re.ASCII)
# 10^{-16}, 2.2 \cdot 10^{-16} and 2.2 · 10⁻¹⁶ are one number each.
POWER = re.compile(r"(?:([\d.]+) *(?:\\cdot|·) *)?\b10(?:\^\{?(-?\d+)\}?|([⁻⁰¹²³⁴-⁹]+))")
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def numbers(text):
    """Return the numbers in a text, as they are written and as decimals."""

    def in_one(power):
        return f"{power[1] or 1}e{power[2] or power[3].translate(RAISED)}"

    text = POWER.sub(in_one, text)
    found = NUMBER.findall(text.replace("{,}", ","))
    return [(number, Decimal(number.replace(",", ""))) for number in found]


def telling(number):
    """Whether a number says more than a count: a point, an exponent or three digits."""
    return bool(re.search(r"[.e]", number)) or len(re.sub(r"\D", "", number)) >= 3


def sentences(cell):
    """Return what a reader reads of a cell besides displays, code and outputs."""
    if cell.cell_type == "markdown":
        return UNSEEN.sub(" ", DISPLAY.sub(" ", cell.source))
    shown = cell.metadata.get("mystnb", {})
    return "\n".join(
        (shown.get("figure", {}).get("caption", ""), shown.get("image", {}).get("alt", ""))
    )


def printed(cell):
    """Return the texts of a cell's outputs, and the words in its figures."""
    for output in cell.outputs:
        if "text" in output:
            yield output.text
        for kind, text in output.get("data", {}).items():
            if kind == "image/svg+xml":
                reader = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
                yield from words(ElementTree.fromstring(text, reader))
            elif kind.startswith("text/") and kind != "text/html":  # text/plain stands beside that
                yield text


def words(node):
    """Return the texts in a figure, which Matplotlib notes in comments, without those of the ticks."""
    if node.tag is ElementTree.Comment:
        yield node.text
    elif not re.match("[xy]tick", node.get("id", "")):
        for child in node:
            yield from words(child)


def literals(tree):
    return {
        Decimal(repr(node.value))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }


class Sources:
    """The numbers of some cells that were computed, checked or given."""

    def __init__(self, cells):
        self.shown, self.given = set(), set()
        for cell in cells:
            if cell.cell_type == "markdown":
                texts = DISPLAY.findall(cell.source)
            else:
                texts = printed(cell)
                tree = ast.parse(cell.source)
                self.given |= literals(tree)
                for label in re.findall(r'"(ex-[\w-]+)"', cell.source):
                    self.given |= literals(ast.parse(inspect.getsource(answers.of(label))))
                for node in ast.walk(tree):
                    if isinstance(node, ast.Assert):
                        self.shown |= literals(node)
            for text in texts:
                self.shown |= {value for _, value in numbers(text)}
                self.shown |= {
                    Decimal(share) / 100 for share in re.findall(r"(\d[\d.]*) ?\\?%", text)
                }

    def know(self, value):
        """Whether the number is given, or is one that is shown, rounded to its digits.

        To a single digit nothing is rounded, since then something fits nearly always.
        """
        if value in self.given or value in self.shown:
            return True
        _, digits, exponent = value.as_tuple()
        digit = Decimal((0, (1,), exponent))
        return len(digits) > 1 and any(
            shown.quantize(digit, rounding, EXACT) == value
            for shown in self.shown
            for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP)
        )


def untied(notebook):
    """Return the numbers in sentences that nothing bears out, with their cells.

    A number of one or two digits is found by chance in many places, so only its own section counts.
    """
    return [
        (cell, number)
        for cell, number, value, sources in claims(notebook)
        if not sources.know(value)
    ]


def claims(notebook):
    """Yield each telling number in a sentence: its cell, text and value, and what may bear it out."""
    chapter, sections = Sources(notebook.cells), [[]]
    for cell in notebook.cells:
        if cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    for cells in sections:
        section = Sources(cells)
        for cell in cells:
            for number, value in numbers(sentences(cell)):
                if telling(number):
                    coarse = len(value.as_tuple().digits) < 3
                    yield cell, number, value, section if coarse else chapter


def read(path):
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


@each_notebook
def test_numbers_in_sentences_are_borne_out(path):
    """Each is found, or listed with a reason; and none is listed without need."""
    notebook = read(path)
    listed = {
        (cell.id, number): reason
        for cell in notebook.cells
        for number, reason in cell.metadata.get("numbers", {}).items()
    }
    assert {(cell.id, number) for cell, number in untied(notebook)} == set(listed)
    assert all(len(reason.split()) > 2 for reason in listed.values())


@pytest.mark.parametrize("kind", ["sentence", "formula", "caption", "alt"])
def test_a_planted_number_is_found(kind):
    notebook = read(Path(book.ROOT, "chapters", "sigmoid.ipynb"))
    cells = notebook.cells
    if kind in ("sentence", "formula"):
        cell = next(c for c in cells if "derivative is at most $\\frac14$" in c.source)
        claim = "0.26" if kind == "sentence" else "$0.26$"
        cell.source = cell.source.replace("$\\frac14$.", f"{claim}.", 1)
    else:
        cell = next(c for c in cells if "fig-sigmoid-derivative" in str(c.metadata))
        shown = cell.metadata.mystnb
        holder, key = (shown.figure, "caption") if kind == "caption" else (shown.image, "alt")
        holder[key] += " The slope is at most 0.26."
    assert ("0.26", cell.id) in [(number, found.id) for found, number in untied(notebook)]


def test_most_slips_of_a_digit_are_found():
    """A wrong number can be found by chance; how seldom, the page about verification says."""
    seen = [
        not sources.know(value + step * Decimal((0, (1,), value.as_tuple().exponent)))
        for path in NOTEBOOKS
        for _, _, value, sources in claims(read(path))
        for step in (-1, 1)
    ]
    assert sum(seen) / len(seen) > 2 / 3
