"""The form of a formula: tokens, rows and chains, trees; no meaning is asked here."""

from pathlib import Path

import pytest

from slopes.equations import tree as t
from slopes.equations.errors import Unread
from slopes.equations.grammar import read
from slopes.equations.layout import lines
from slopes.equations.markdown import read_file
from slopes.equations.tokens import tokenize

CHAPTERS = Path(__file__).parents[1] / "chapters"
# What holds a tree together, and what only sets it: braces, and what TeX needs to find an argument.
SILENT = {"lbrace", "rbrace", "amp", "row", "quad", "text", "comma", "begin", "end", "mid"}


def leaves(node):
    """The tokens that a tree stands for, in no order: one for each sign that was written."""
    match node:
        case t.Number() | t.Name() | t.Mark():
            yield from [] if node == t.Mark("") else [node.text]
        case t.Script():
            yield from leaves(node.base)
            for mark, part in (("_", node.sub), ("^", node.sup)):
                if part is not None:
                    yield from [] if part == t.Mark("!") else [mark]
                    yield from leaves(part)
            yield from ["'"] * node.primes
        case t.Group():
            yield from (node.opening, node.closing)
            for item in node.items:
                yield from leaves(item)
        case t.Product():
            for sign, factor in node.factors:
                yield from [sign] if sign else []
                yield from leaves(factor)
        case t.Add():
            plus = node.terms[1:] or node.terms
            yield from ["+"] * sum(not isinstance(x, t.Negate) for x in plus)
            for term in node.terms:
                yield from leaves(term)
        case t.Negate():
            yield "-"
            yield from leaves(node.body)
        case t.Fraction():
            yield "frac"
            yield from (*leaves(node.top), *leaves(node.bottom))
        case t.Root():
            yield "sqrt"
            yield from leaves(node.body)
            if node.degree != t.Number("2"):
                yield from ("[", "]", *leaves(node.degree))
        case t.Operator():
            yield from (node.kind, *scripts(node), *leaves(node.body))
        case t.Written():
            yield from ("int", *scripts(node), *leaves(node.body), "d", *leaves(node.variable))
        case t.Bar():
            yield from (".", "|", *scripts(node), *leaves(node.body))
        case t.Chain():
            yield from node.operators
            for side in node.sides:
                yield from leaves(side)
        case t.Listed():
            for item in node.items:
                yield from leaves(item)
        case t.Cases():
            for value, condition in node.rows:
                yield from (*leaves(value), *leaves(condition))
        case t.Otherwise():
            pass
        case t.Matrix():
            for row in node.rows:
                for cell in row:
                    yield from leaves(cell)
        case _:
            raise AssertionError(node)


def scripts(node):
    """What stands below and above."""
    for mark, part in (("_", node.below), ("^", node.above)):
        if part is not None:
            yield mark
            yield from leaves(part)


def signs(tokens):
    """The signs of a side that a tree has to hold, one for each."""
    found = []
    for token in tokens:
        if token.kind == "prime":
            found += ["'"] * int(token.text)
        elif token.kind == "big" or token.kind not in SILENT:
            found.append({"sub": "_", "sup": "^"}.get(token.kind) or _text(token))
    return sorted(found)


def _text(token):
    return "dots" if token.kind == "dots" else "frac" if token.kind == "frac" else token.text


def displays():
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        for item in read_file(path):
            if item.kind == "display":
                yield pytest.param(item.text, id=f"{path.stem}-{item.cell}-{item.line}")


@pytest.mark.parametrize("latex", list(displays()))
def test_no_token_of_the_book_is_dropped(latex):
    """Every sign of every side stands in its tree again."""
    for line in lines(tokenize(latex)):
        for side in line.sides:
            assert sorted(leaves(read(side))) == signs(side)


@pytest.mark.parametrize(
    "latex",
    [
        "x", "+x - y", r"\frac{a + b}{c_i^2}", r"-\left(x + \sqrt[3]{y}\right)", "f'(x)",
        r"\sum_{i=1}^{n} x_i \cdot y", r"\int_0^1 x^2 \, dx", r"|x - |y||", r"p(a \mid b)",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", r"\left.\frac{df}{dx}\right|_{x=0}",
        r"W^{[1]} \mathbf{x}^{(i)}", r"\lim_{h \to 0^+} \frac{h}{|h|}", r"x^{-1/2}",
    ],
)  # fmt: skip
def test_no_token_is_dropped(latex):
    tokens = tokenize(latex)
    assert sorted(leaves(read(tokens))) == signs(tokens)


@pytest.mark.parametrize(
    ("latex", "message", "at"),
    [
        (r"\frac{1}{2", "not closed", 8),
        (r"x + )", "closes what was not opened", 4),
        (r"\sigma{x}", "braces behind a name", 6),
        (r"x \pm 1", "is not read", 2),
        (r"\int_0^1 x^2", "its dx", None),
        (r"\frobnicate", "is not read", 0),
        (r"x_a_b", "two subscripts", 0),
        (r"2 + \cdot x", "not expected", 4),
    ],
)
def test_an_error_of_the_grammar_names_the_place_and_what_is_missing(latex, message, at):
    with pytest.raises(Unread) as caught:
        read(tokenize(latex))
    assert message in caught.value.message or (at is None and "missing" in caught.value.message)
    assert at is None or caught.value.at == at


@pytest.mark.parametrize(
    ("display", "chains"),
    [
        ("a = b = c", [(3, 0)]),
        (r"a = b, \quad c = d", [(2, 0), (2, 0)]),
        (r"a = b, \quad c > d", [(2, 1)]),
        (r"a = b \quad \text{for } c = d", [(2, 1)]),
        (r"a = b \text{ for } i = 1, \dots, n", [(2, 1)]),
        (r"a &= b \\ &= c", [(3, 0)]),
        (r"a &= b \\ c &= d", [(2, 0), (2, 0)]),
        (r"a = \left( b \\ + c \right)", [(2, 0)]),
        (r"a = \\ b", [(2, 0)]),
        (r"a = b, \quad c, d > 0", [(2, 1)]),
    ],
)
def test_rows_and_what_stands_beside_a_chain(display, chains):
    found = lines(tokenize(display))
    assert [(len(line.sides), len(line.conditions)) for line in found] == chains


def test_the_grammar_is_its_own_documentation():
    """Every rule with a name of its own in notation.lark is a method of `grammar.Tree`, and no other."""
    from slopes.equations import grammar

    text = (Path(grammar.__file__).parent / "notation.lark").read_text(encoding="utf-8")
    named = {line.rpartition("->")[2].strip() for line in text.splitlines() if "->" in line}
    rules = {line.split(":")[0] for line in text.splitlines() if line[:1].isalpha() and ":" in line}
    methods = {name for name in vars(grammar.Tree) if not name.startswith("_")}
    assert named <= methods
    assert methods <= named | rules
