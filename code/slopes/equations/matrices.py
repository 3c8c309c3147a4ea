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


def shown(tokens, vectors=frozenset()):
    r"""(name, number of indices) of what a formula shows to be a matrix (2) or a vector (1).

    A transpose shows it, a set (``x, y \in \mathbb{R}^n``), and the neighbours: what ``w^\top`` or a
    matrix acts on is a vector, and a capital that acts on a vector a matrix.
    """
    yield from _in_sets(tokens)
    yield from _in_norms(tokens)
    before = 0  # 1 behind a transposed vector, 2 behind a matrix
    for place, token in enumerate(tokens):
        plain = token.kind == "letter" and not token.bold and token.text.isalpha()
        hangs = place > 0 and tokens[place - 1].kind in ("sub", "sup")
        if not plain or hangs:
            continue
        label, after = _label_after(tokens, place + 1)
        if label is None:
            continue
        name, capital = token.text + label, is_capital(token.text)
        end = _transposed(tokens, after)
        follower = tokens[end or after] if (end or after) < len(tokens) else None
        acts = follower is not None and follower.kind == "letter" and len(follower.text) == 1
        on_vector = acts and follower.text.islower() and (follower.bold or follower.text in vectors)
        if end:
            yield name, 2 if capital else 1
        elif capital and on_vector:
            yield name, 2
        transposes = bool(end) or (capital and (on_vector or before == 1))
        plain_letter = acts and not follower.bold and follower.text.islower()
        ends = plain_letter and not _transposed(tokens, (end or after) + 1)
        if transposes and ends and follower.text not in "de" and (end or follower.text in vectors):
            yield follower.text, 1
        before = 1 if end and not capital else 0


def _transposed(tokens, place):
    """The place behind a transpose sign here; 0 if there is none."""
    kinds = [t.kind for t in tokens[place : place + 4]]
    texts = [t.text for t in tokens[place : place + 4]]
    if kinds[:2] == ["sup", "top"] or (kinds[:2] == ["sup", "letter"] and texts[1] == "T"):
        return place + 2
    inner = kinds[:2] == ["sup", "lbrace"] and kinds[3:4] == ["rbrace"]
    if inner and (kinds[2] == "top" or (kinds[2] == "letter" and texts[2] == "T")):
        return place + 4
    return 0


def _in_norms(tokens):
    r"""The letters that are terms of their own in a norm (``\\|Ax - b\\|``), or stand below a nabla."""
    inside = False
    normed = any(t.text == "‖" for t in tokens)
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else None
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.text == "‖":
            inside = not inside
        if token.kind != "letter" or token.bold or not token.text.islower() or after is None:
            continue
        edges = ("op", "dbar", "open", "close")
        alone = before is not None and before.kind in edges and after.kind in edges
        below = place > 1 and before.kind == "sub" and tokens[place - 2].kind == "nabla"
        if (inside and alone and len(token.text) == 1) or (below and normed):
            yield token.text, 1


def _in_sets(tokens):
    r"""The letters that a formula puts into ``\mathbb{R}^n`` or ``\mathbb{R}^{m \times n}``."""
    for place, token in enumerate(tokens):
        raised = [t.kind for t in tokens[place : place + 3]]
        if raised[:2] != ["rel", "set"] or token.text != "in" or raised[2:] != ["sup"]:
            continue
        group = [t.text for t in tokens[place + 3 : place + 9]]
        if group[:1] in (["+"], ["1"]) or group[:2] == ["{", "+"]:
            continue
        product = group[:1] == ["{"] and "*" in group[: group.index("}") if "}" in group else 6]
        names = tokens[:place]
        while names and names[-1].kind in ("letter", "comma"):
            last = names[-1]
            if last.kind == "letter" and not last.bold:
                yield last.text, 2 if product else 1
            names = names[:-1]


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
