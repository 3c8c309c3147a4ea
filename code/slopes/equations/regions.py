r"""Where is a relation true that is not true in general? A region that a Let can declare.

Candidates are plain: the sign of a name, ≠ of a name and a number or of two names, the order of two
names, intervals between the numbers of the formulas, {0, 1}, elements that sum to 1, i ≠ k and
i = k; and "where the derivative exists". They are tried from the widest to the narrowest against
points on both sides of every edge. One is offered only if the relation is verified in it, if the
points outside fail, and if the edge itself tells which of < and ≤ it is: so never x > 0 where x ≥ 0
will do.
"""

import itertools
from contextlib import suppress
from fractions import Fraction
from itertools import combinations, product

from . import tree as t
from .errors import NoDerivative, TooMuch, Undefined, Unread
from .numbers import Work, in_force
from .points import constant, constants, named
from .verdicts import Refuted, Verdict, latex, plain

SHARE = 300_000  # operations for the search
MOST = 4  # names, and numbers of the formulas, that are tried
POINTS = 400  # that a region has to fit
ENDS = (Fraction(0), Fraction(1), Fraction(-1))
ORDERS = (">=", "<=", ">", "<")


def conditional(question, verdict, again):
    """The verdict 'conditional' with its region, or None where no plain region is found.

    ``again(conditions)`` is the verdict on the same relation under more conditions.
    """
    if question.operator in ("notin", "~") or question.slack:
        return None
    try:
        with in_force(Work(SHARE)):
            region = first(question, again)
    except (TooMuch, Unread):
        return None
    kinks_only = all(isinstance(error, NoDerivative) for _, error, _ in question.lonely)
    if region:
        text = written(region)
        reason = f"true for {plain(text)}"
    elif kinks_only and question.generic > 2 and verdict.reason.startswith("no derivative"):
        text, reason = "", "true where the derivative exists"
    else:
        return None
    reason += ", which is not declared"
    return Verdict("conditional", reason, verdict.witness, verdict.compared, text)


def first(question, again):
    """The first of the candidates that fits all points and is verified."""
    found = survey(question)
    fails = any(kind not in ("holds", "neither") for _, _, kind in found)
    for strict in (True, False) if fails else ():
        for region in candidates(question):
            if fit(question, found, region, strict) and again(region).kind == "verified":
                return region
    return None


# -- candidates: tuples of relations that hold together -------------------------------------------------


def candidates(question):
    """Plain regions, from wide to narrow."""
    leaves, known = question.leaves, question.meaning.table
    numbers = numbers_of(question)
    ends = [number(v) for v in (*ENDS, *sorted({v for c in numbers for v in (c, -c)}))]
    names = [t.Symbol(name) for name in question.scalars if name not in question.pinned][:MOST]
    families = [element(question, name) for name in sorted(leaves.families)]
    indices = [t.Symbol(name) for name in sorted(question.indices)]
    defined = [t.Symbol(d) for d in sorted(leaves.definitions) if known[d].kind == "value"]
    pairs, free = list(combinations(names, 2)), [*names, *families]
    yield from relations(["!="], [*product(free, ends), *pairs, *product(defined, ends[:1])])
    yield from relations(["!=", "="], combinations(indices, 2))
    yield from relations(ORDERS, [*product(free, ends), *pairs])
    for x, (low, high) in product(free, combinations(sorted(ends, key=constant), 2)):
        for first, second in product((">=", ">"), ("<=", "<")):
            yield t.Relation(x, first, low), t.Relation(x, second, high)
    for count, operator in product((2, 3), ("!=", ">=", ">")):
        for chosen in combinations(free, count):
            yield tuple(t.Relation(x, operator, ends[0]) for x in chosen)
    vectors = [x.base for x in families if len(x.indices) == 1]
    yield from ((total(question, x),) for x in vectors if x.name not in question.totals)
    for x, low in product(free, (0, -1)):
        if not question.domain_of(named(x)).values:
            yield (t.Relation(x, "in", t.Finite((number(low), number(1)))),)


def numbers_of(question):
    """The numbers of the formulas, the first few."""
    return constants((question.left, question.right))[:MOST]


def relations(operators, pairs):
    """A region of one relation for each pair and each operator."""
    return ((t.Relation(x, operator, y),) for x, y in pairs for operator in operators)


def element(question, name):
    """Each element of a family."""
    indices = (t.Symbol("i"), t.Symbol("j"))
    return t.Element(t.Symbol(name), indices[: 2 if question.meaning.is_matrix(name) else 1])


def number(end):
    """A number as a node."""
    size = abs(Fraction(end))
    places = next((k for k in range(7) if (size * 10**k).denominator == 1), None)
    if places is None:
        node = t.Divide(*(t.Number(str(part)) for part in size.as_integer_ratio()))
    else:
        node = t.Number(f"{float(size):.{places}f}")
    return t.Negate(node) if end < 0 else node


def total(question, family):
    """Elements that sum to 1."""
    index = next(x for x in "jik" if x not in question.leaves.indices)
    end = question.meaning.extent(family.name, 0)
    one, item = t.Number("1"), t.Element(family, (t.Symbol(index),))
    return t.Relation(t.Big("sum", index, one, end, None, item), "=", one)


def written(region):
    """The LaTeX that a Let would hold."""
    if len(region) == 2 and region[0].left == region[1].left:
        low, high = (latex(relation) for relation in region)
        _, sign, end = low.split(" ", 2)
        return f"{end} {sign.replace('ge', 'le').replace('>', '<')} {high}"
    return ", ".join(latex(relation) for relation in region)


# -- points on both sides of every edge --------------------------------------------------------------


def survey(question):
    """Points of the domain, each with what it says: (sample, indices, kind of outcome)."""
    found = []
    indexed = question.leaves.families or question.indices or question.leaves.sizes
    size = 2 if indexed else 3
    places = question.places(size)[:4]

    def add(sample, place):
        if question.allowed(sample, place):
            kind = question.outcome(sample, place).kind
            if kind in ("holds", "differs", "left", "right", "neither"):
                found.append((sample, place, kind))

    for sample, place in question.failed:
        add(sample, place)
    for place in places:
        for k in range(12 if len(places) == 1 else 4):
            mode = ("mixed", "positive", "negative")[k % 3]
            add(question.sample(f"c{k}", mode, size, variant=k % 3), place)
    for place in places[:1]:
        for fixed, mode in edges(question, size):
            add(question.sample("c0", mode, size, fixed), place)
        for name in question.scalars[:MOST]:
            sample = question.sample("c1", "positive", size)
            roots = kinks(question, sample, name, place)
            for point in beside(roots) if not question.domain_of(name).values else ():
                add(sample.moved(name, point), place)
    return found


def edges(question, size):
    """Values on the edges of the candidates, on both sides of them, and far from them."""
    numbers = numbers_of(question)
    steps = (Fraction(0), TINY, -TINY, SMALL, -SMALL)
    ends = [e + s for e in (*ENDS, *numbers, *(-c for c in numbers)) for s in steps]
    ends += [Fraction(k, 2) for k in (1, -1, 4, -4, 18, -18)]
    modes, names = ("mixed", "positive", "negative", "unit"), question.scalars[:MOST]
    for name in names:
        values = [v for v in dict.fromkeys(ends) if question.domain_of(name).holds(v)]
        yield from (({name: v}, mode) for v in values for mode in modes)
    yield from ((dict.fromkeys(question.scalars, v), "mixed") for v in ENDS)
    for (x, y), mode in product(combinations(names, 2), modes[:3]):
        at = Fraction(str(question.sample("c0", mode, size).value(x)))
        yield from (({x: at, y: at + s}, mode) for s in steps)
    for v, key, mode in product((*steps, Fraction(1)), question.elements(), modes[:2]):
        yield {key: v}, mode


def fit(question, found, region, strict):
    """Whether the relation holds at all points of a region and fails at all outside.

    Where neither side has a value a point belongs to no region with an edge. Unless `strict`, a few
    points outside may hold by chance, and outside of ≠ and of a region for all elements many.
    """
    pointed = all(c.operator == "!=" for c in region)
    thin = any(c.operator in ("=", "in") for c in region)
    loose = pointed or any(is_loose(question, c) for c in region)
    inside = outside = chance = 0
    parts = [(c, question.meaning.leaves(c)) for c in region]
    for sample, place, kind in found:
        evaluator = question.evaluator(sample)
        try:
            within = all(question.meets(*part, evaluator, place) for part in parts)
        except Undefined:
            return False
        if within:
            if kind != "holds" and not (pointed and kind == "neither"):
                return False
            inside += kind == "holds"
        elif kind == "holds":
            chance += 1
        else:
            outside += kind != "neither"
    few = 0 if strict else 4 * outside if loose else outside / 4
    return outside > 0 and chance <= few and (inside > 0 or thin)


def is_loose(question, condition):
    """The sign of all elements, or of a name that has a few values only."""
    if type(condition.left) is t.Element:
        return condition.right == t.Number("0")
    return bool(question.domain_of(named(condition.left) or "").values)
