r"""Which plain capitals of a page are matrices, and what happens to a product that is turned round.

Numbers commute and matrices do not, and ``AB = BA`` does not say which it is about. A page shows it
in words ("let $A$ and $B$ be matrices", "the weight matrix $W$"), by a set
(``A \in \mathbb{R}^{m \times n}``), by a transpose (``A^\top``) or by letting the capital act on a
bold vector (``W\mathbf{x}``): those names are matrices on the whole page. Where nothing shows it, a
relation with products of capitals must hold for matrices, too, or the page has to say what they are.
"""

import re
from contextlib import contextmanager

from . import tree as t
from .errors import Unread
from .groups import split_commas
from .lexer import tokenize

_MATRIX = r"matri(?:x|ces)"
_NUMBER = r"(?:numbers?|reals?|real numbers?|scalars?|constants?|events|sets)"
_LISTED = re.compile(r"^\s*(?:,|and|or|,\s*and)\s*$", re.I)


def is_capital(name):
    """Whether a name is one capital letter, with or without a label: A, W_1, Sigma."""
    base = name.split("_{")[0]
    return len(base) == 1 and base.isupper()


def declared(items, kind=_MATRIX):
    """The LaTeX of the names that the words call matrices (or numbers)."""
    named = re.compile(rf"\b(?:real|{kind})\s*$" if kind != _MATRIX else rf"\b{kind}\s*$", re.I)
    called = re.compile(
        r"^\s*(?:is|are|be|being|denotes?)?\s*(?:an?\s|the\s|both\s|two\s|any\s)?\s*"
        rf"(?:[\w-]+\s+){{0,3}}{kind}\b",
        re.I,
    )
    found = []
    for item in items:
        pieces = getattr(item, "pieces", ())
        for place, (what, latex) in enumerate(pieces):
            if what != "math":
                continue
            before, after = _around(pieces, place)
            if named.search(before) or called.match(after):
                found.append(latex)
    return found


def numbers(items):
    """The LaTeX of the names that the words call numbers."""
    return declared(items, _NUMBER)


def names(formulas):
    """The capitals in formulas that are lists of plain names: ``A``, ``W_1``, ``A, B``."""
    for formula in formulas:
        try:
            tokens = tokenize(formula)
        except Unread:
            continue
        for part in split_commas(tokens):
            if part and part[0].kind == "letter" and is_capital(part[0].text):
                label, end = _label_after(part, 1)
                if label is not None and end >= len(part):
                    yield part[0].text + label


def _around(pieces, place):
    """The words before and after a formula; a list "A, B and C" is passed over."""
    before = after = ""
    for k in range(place - 1, -1, -1):
        kind, text = pieces[k]
        if kind == "words" and not _LISTED.match(text):
            before = text
            break
    for kind, text in pieces[place + 1 :]:
        if kind == "words" and not _LISTED.match(text):
            after = text
            break
    return before, after


def shown(tokens):
    r"""(name, number of indices) of what a formula shows to be a matrix (2) or a vector (1)."""
    for place, token in enumerate(tokens):
        if token.kind != "letter" or token.bold:
            continue
        if place and tokens[place - 1].kind in ("sub", "sup"):
            continue
        label, after = _label_after(tokens, place + 1)
        follower = tokens[after] if after < len(tokens) else None
        if follower is None or label is None:
            continue
        capital = is_capital(token.text)
        transposed = follower.kind == "sup" and after + 1 < len(tokens) and (
            tokens[after + 1].kind == "top"
            or (tokens[after + 1].kind == "lbrace" and tokens[after + 2].kind == "top")
        )  # fmt: skip
        name = token.text + label
        if transposed:
            yield name, 2 if capital else 1
        elif capital and follower.kind == "letter" and follower.bold and follower.text.islower():
            yield name, 2


def _label_after(tokens, place):
    """The label behind a letter ("_{1}" or nothing) and the place behind it; None for an index."""
    if place >= len(tokens) or tokens[place].kind != "sub":
        return "", place
    group = tokens[place + 1 : place + 2]
    end = place + 2
    if group and group[0].kind == "lbrace":
        end = place + 2
        while end < len(tokens) and tokens[end].kind != "rbrace":
            end += 1
        group, end = tokens[place + 2 : end], end + 1
    if len(group) == 1 and group[0].kind in ("number", "name", "text"):
        return f"_{{{group[0].text}}}", end
    return None, end


@contextmanager
def as_matrices(meaning, names):
    """Take plain names as square matrices for a while."""
    saved = dict(meaning.families)
    meaning.families.update(dict.fromkeys(names, 2))
    try:
        yield
    finally:
        meaning.families.clear()
        meaning.families.update(saved)


def undeclared(meaning, nodes, conditions):
    """The capitals that stand in products with one another, and might be numbers or matrices."""
    limited = {n for c in (*meaning.conditions, *conditions) for n in t.names_in(c)}
    numbers = {n for node in nodes for n in _numbers(node)} | limited | set(meaning.sizes)
    numbers |= meaning.numbers
    found = set()
    for node in nodes:
        for item in node.walk():
            if isinstance(item, t.Multiply):
                names = [sorted(_capitals(f, meaning)) for f in item.factors]
                names = [n for n in names if n]
                arrays = any(_is_array(f, meaning) for f in item.factors)
                if len({x for n in names for x in n}) + arrays > 1 and len(names) + arrays > 1:
                    found |= {x for n in names for x in n}
    return set() if found & numbers else found


def _is_array(node, meaning):
    """Whether a factor is a vector or a matrix, as it stands."""
    if isinstance(node, t.Transpose):
        return True
    return isinstance(node, t.Symbol) and meaning.is_vector(node)


def _capitals(node, meaning):
    """The free capitals of a factor that is made of capitals alone."""
    if isinstance(node, t.Symbol):
        free = not node.bold and meaning.lookup(node.name) is None and is_capital(node.name)
        return {node.name} if free and node.name not in meaning.families else set()
    if isinstance(node, t.Power):
        return _capitals(node.base, meaning)
    if isinstance(node, t.Transpose | t.Negate):
        return _capitals(node.body, meaning)
    if isinstance(node, t.Add | t.Multiply):
        parts = [_capitals(child, meaning) for child in node.children()]
        return set().union(*parts) if all(parts) else set()
    return set()


def _numbers(node):
    """Names that stand where only a number can: in a root, a denominator, an exponent, a derivative."""
    for item in node.walk():
        inner = []
        if isinstance(item, t.Apply):
            inner = [a for a in item.arguments if item.head != t.Function("trace")]
        elif isinstance(item, t.Root | t.Absolute):
            inner = [item.body]
        elif isinstance(item, t.Divide):
            inner = [item.denominator]
        elif isinstance(item, t.Power):
            inner = [item.exponent]
        elif isinstance(item, t.Derivative):
            inner = [variable for variable, _ in item.variables]
        for node_ in inner:
            yield from t.names_in(node_)
