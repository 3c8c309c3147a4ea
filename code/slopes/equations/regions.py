r"""Where is a relation true that is not true in general? A region that a Let can declare.

The candidates are plain, and are tried from the widest to the narrowest. One is offered only if the
relation is verified in it, if the points outside fail, and if the edge tells which of < and ≤ it is.
"""

from collections import Counter
from fractions import Fraction
from itertools import combinations, islice, product
from math import inf

from . import tree as t
from .errors import NoDerivative, Undefined
from .numbers import Work, in_force
from .points import ORDERED, SMALL, SPECIAL, constant, constants, domain_of, domains, named, said_by
from .verdicts import Verdict, latex, plain

SHARE = 300_000  # operations for the search
MOST = 4  # names, and numbers of the formulas, that are tried
POINTS = 400  # that a region has to fit
ENDS = (Fraction(0), Fraction(1), Fraction(-1))
TURNING = [t.Function(name) for name in ("relu", "max", "min", "abs", "log", "sqrt")]


def conditional(question, verdict, again):
    """The verdict 'conditional' with a plain region, or None; ``again(conditions)`` judges in it."""
    if question.operator in ("notin", "~", "!="):  # ≠ holds nearly everywhere
        return None
    with in_force(Work(SHARE)):
        points = islice(question.points(), POINTS)
        found = [(sample, told(question, sample)) for sample in points]
        found = [(sample, kind) for sample, kind in found if kind]
        length = only_length(question, found)
        region = None if length else first(question, found, again)
    kinks_only = all(isinstance(error, NoDerivative) for _, error, _ in question.lonely)
    if length:
        text, reason = "", f"true for {length} elements"
    elif region:
        text = written(region)
        reason = f"true for {plain(text)}"
    elif kinks_only and question.generic > 2 and verdict.reason.startswith("no derivative"):
        text, reason = "", "true where the derivative exists"
    else:
        return None
    reason += ", which is not declared"
    return Verdict("conditional", reason, verdict.witness, verdict.compared, region=text)


def first(question, found, again):
    """The first of the candidates that fits all points and is verified."""
    for region in candidates(question):
        room = all(d.lower < d.upper for d in domains([*question.conditions, *region]).values())
        fits = room and fit(question, found, region) and ends_here(question, region)
        if fits and again((*question.conditions, *region)).kind == "verified":
            return region
    return None


def only_length(question, found):
    """How many elements a line needs, as p_1 = e^{z_1} / (e^{z_1} + e^{z_2}) needs 2; or 0."""
    named = sorted(question.leaves.sizes)
    kinds = {(s.sizes[named[0]] if named else s.size, kind) for s, kind in found}
    holds, differs = ({n for n, k in kinds if k == kind} for kind in ("holds", "differs"))
    lengths = holds - {n for n, kind in kinds if kind not in ("holds", "neither")}
    alone = len(lengths) == 1 and holds <= lengths | differs
    return lengths.pop() if question.leaves.families and len(named) < 2 and alone else 0


def candidates(question):
    """Plain regions, from wide to narrow."""
    leaves, known = question.leaves, question.meaning.table
    numbers = constants((question.left, question.right))[:MOST]
    ends = [number(v) for v in (*ENDS, *sorted({v for c in numbers for v in (c, -c)}))]
    names = [t.Symbol(name) for name in question.scalars if name not in question.pinned][:MOST]
    arrays, ij = question.meaning.families, (t.Symbol("i"), t.Symbol("j"))
    families = [t.Element(t.Symbol(x), ij[: arrays.get(x, 1)]) for x in sorted(leaves.families)]
    indices = [t.Symbol(name) for name in sorted(question.indices)]
    defined = [t.Symbol(d) for d in sorted(leaves.definitions) if known[d].kind == "value"]
    pairs, free = list(combinations(names, 2)), [*names, *families]
    yield from nonzero(question)
    yield from relations(["!="], [*product(free, ends), *pairs, *product(defined, ends[:1])])
    yield from relations(["!=", "="], combinations(indices, 2))
    yield from relations(ORDERED, [*product(free, ends), *pairs])
    yield from relations(ORDERED, product(turning(question), ends[:1]))
    for x, (low, high) in product(free, combinations(sorted(ends, key=constant), 2)):
        for first, second in product(("<=", "<"), repeat=2):
            yield t.Relation(low, first, x), t.Relation(x, second, high)
    for count, operator in product((2, 3), ("!=", ">=", ">")):
        for chosen in combinations(free, count):
            yield tuple(t.Relation(x, operator, ends[0]) for x in chosen)
    vectors = [x.base for x in families if len(x.indices) == 1]
    yield from ((total(question, x),) for x in vectors if x.name not in question.totals)
    still = [x for x in free if named(x) not in moved(question)]
    for x, low in product(still, (0, -1)):
        if not domain_of(named(x), question.domain).values:
            yield (t.Relation(x, "in", t.Finite((number(low), number(1)))),)


def moved(question):
    """The names by which a side is differentiated: at single values of them there are no slopes."""
    nodes = question.nodes
    by = [v for x in nodes if isinstance(x, t.Derivative) for v, _ in x.variables]
    by += [x for x in nodes if isinstance(x, t.Apply) and isinstance(x.head, t.Primed)]
    return set().union(*map(t.names_in, by))


def nonzero(question):
    """Where no denominator is zero: at which numbers the only variable is not, or what is not zero."""
    nodes = [*question.left.walk(), *question.right.walk()]
    near = [(x, Fraction(x).limit_denominator(100)) for x in question.zeros]
    short = [number(y) for x, y in near if abs(Fraction(x) - y) < Fraction(1, 10**40)]
    sets = [[(t.Symbol(x), y) for x in question.scalars for y in short]]
    sets = sets if len(question.scalars) == 1 else []
    over = [n.denominator for n in nodes if type(n) is t.Divide]
    over += [n.base for n in nodes if type(n) is t.Power and type(n.exponent) is t.Negate]
    over = [x for n in over for x in (n.factors if type(n) is t.Multiply else (n,))]
    sets.append([sides_of(x) for x in plainly(question, over)])
    for pairs in sets:
        yield from relations(["!="], pairs)
        if len(pairs) > 1:
            yield tuple(t.Relation(x, "!=", y) for x, y in pairs)


def sides_of(node):
    """What differs where a node is not zero: x² - 2 as x² and 2."""
    match node:
        case t.Add((x, t.Negate(y))):
            return x, y
    return node, number(0)


def turning(question):
    """What stands where a sign matters: in |…|, a logarithm, a maximum."""
    nodes = [*question.left.walk(), *question.right.walk()]
    inside = [n.children() for n in nodes if type(n) in (t.Absolute, t.Root)]
    inside += [n.arguments for n in nodes if type(n) is t.Apply and n.head in TURNING]
    return plainly(question, (x for y in inside for x in y))


def plainly(question, nodes):
    """Those of some nodes that a Let can speak of, and that are not a name alone; at most four."""
    free = question.leaves.names | question.leaves.smooth
    nodes = [x.base if type(x) is t.Power else x for x in nodes]
    fits = (x for x in nodes if type(x) not in (t.Symbol, t.Number) and "dots" not in latex(x))
    leaves = ((x, question.meaning.leaves(x)) for x in dict.fromkeys(fits))
    return [x for x, own in leaves if own.names and own.names | own.smooth <= free][:MOST]


def relations(operators, pairs):
    """A region of one relation for each pair and each operator."""
    return ((t.Relation(x, operator, y),) for x, y in pairs for operator in operators)


def number(end):
    size = abs(Fraction(end))
    texts = (f"{float(x):.12f}".rstrip("0").rstrip(".") for x in (size, *size.as_integer_ratio()))
    whole, *parts = map(t.Number, texts)
    node = whole if Fraction(whole.text) == size else t.Divide(*parts)
    return t.Negate(node) if end < 0 else node


def total(question, family):
    index = next(x for x in "jik" if x not in question.leaves.indices)
    end = question.meaning.extent(family.name, 0)
    one, item = t.Number("1"), t.Element(family, (t.Symbol(index),))
    return t.Relation(t.Big("sum", index, one, end, None, item), "=", one)


def written(region):
    """The LaTeX that a Let would hold: 0 < x < 1, and not 0 < x, x < 1."""
    if len(region) == 2 and region[0].right == region[1].left:
        return latex(region[0]) + latex(region[1]).removeprefix(latex(region[1].left))
    return ", ".join(map(latex, region))


def told(question, sample):
    """What a point says, if it is anything; nothing outside of the domain."""
    kind = question.outcome(sample).kind if question.admits(sample) else ""
    return kind if kind in ("holds", "differs", "left", "right", "neither") else ""


def fit(question, found, region):
    """Whether the relation holds at all points of a region and fails at all outside.

    Where neither side has a value a point belongs to no region with an edge. A few points outside may
    hold by chance, and outside of ≠ and of a region for all elements many.
    """
    pointed = all(c.operator == "!=" for c in region)
    thin = any(c.operator in ("=", "in") for c in region)
    loose = pointed or any(type(x) is t.Element for c in region for x in c.children())
    parts, seen = [(c, question.meaning.leaves(c)) for c in region], Counter()
    for sample, kind in found:
        try:
            within = all(question.meets(*part, sample) for part in parts)
        except Undefined:
            return False
        if within and kind != "holds" and not (pointed and kind == "neither"):
            return False
        seen[within, kind] += 1
    chance, neither = seen[False, "holds"], seen[False, "neither"]
    outside = sum(seen[False, kind] for kind in ("differs", "left", "right"))
    few = 4 * outside if loose else (outside + neither) / 4
    return outside > 0 and chance <= few and (seen[True, "holds"] > 0 or thin)


def ends_here(question, region):
    """Whether the relation fails just outside of each end, and of a few values holds at these only."""
    place = next(iter(question.places(2)), {})
    step = 1 if question.work.slack else SMALL
    for name, said in (pair for c in region for pair in said_by(c)):
        values = said.values
        outside = [x for x in (said.lower - step, said.upper + step) if abs(x) < inf]
        beyond = [x for x in SPECIAL if x not in values] if values else outside
        tried = [*product(values, [True]), *product(beyond, [False])]
        for value, holds in tried if name in question.scalars else ():
            found = told(question, question.sample("c0", "mixed", 2, place, {name: value}))
            if (found or holds) and (found == "holds") != holds:
                return False
    return True
