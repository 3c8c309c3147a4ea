"""The points at which both sides of an equation are compared: random, special, and suggested ones.

Generators are seeded with names, so that a page gives the same verdicts and witnesses everywhere.
While a variable moves, every comparison inside reports what it compares: where that changes its sign
a kink (or a jump) may lie. And an inequality is looked at where its two sides come closest.
"""

import math
import operator
import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise, product

from . import numbers as n
from . import tree as t
from .arrays import SETS, Array
from .errors import Undecidable, Undefined
from .evaluate import code
from .numbers import CAREFUL, DIGITS, HALF, ONE, SECOND, Dual, cos, digits, exp, primal, sin

TINY, SMALL = Fraction(1, 10**12), Fraction(1, 10**4)
SPECIAL = [Fraction(0), TINY, -TINY, SMALL, -SMALL]
SPECIAL += map(Fraction, (1, -1, 0.5, 2, -2, 9, -9, 35, -35))
FEW = [SPECIAL[k] for k in (0, 1, 5, 12, 13)]
FAR = [Fraction(k) for k in (10**3, -(10**3), 10**6, -(10**6))]
MODES = ("mixed", "positive", "mixed", "negative", "unit", "wide")
EXACT = CAREFUL + 250  # digits of a drawn value: more than any comparison uses
DRAWN = Context(prec=EXACT)


@dataclass(frozen=True)
class Domain:
    """Where a variable may lie, as far as numbers tell: between two ends, or at a few values."""

    lower: Fraction | float = -math.inf
    upper: Fraction | float = math.inf
    values: tuple = ()
    whole: bool = False  # whether it is an integer

    def draw(self, generator, mode):
        """A random value; in hundredths where possible, as a person would choose it."""
        low, high = self.lower, self.upper
        if self.values:
            return generator.choice(self.values)
        if self.whole:
            return Fraction(math.floor(replace(self, whole=False).draw(generator, "wide")))
        if max(abs(low), abs(high)) < math.inf:
            return low + (high - low) * Fraction(generator.randint(1, 99), 100)
        size = Fraction(generator.randint(1, 50 * (12 if mode == "wide" else 3)) * 2 - 1, 100)
        if mode == "unit":
            size = Fraction(generator.randint(1, 99), 100)
        if low > -math.inf:
            return low + size
        if high < math.inf:
            return high - size
        if mode in ("positive", "unit"):
            return size
        return -size if mode == "negative" or generator.random() < 0.5 else size

    def specials(self, few=False):
        """The special values in this domain (or a few of them), and its ends from inside."""
        known = list(self.values or (FEW if few else SPECIAL))
        for end, inward in ((self.lower, 1), (self.upper, -1)):
            if abs(end) < math.inf:
                known += [end + inward * step for step in (0, TINY, SMALL, 1)]
        return [v for v in dict.fromkeys(known) if self.holds(v)]

    def holds(self, v):
        members = self.values or (math.floor(v) if self.whole else v,)
        return self.lower <= v <= self.upper and v in members

    def within(self, said):
        """Where something more is said."""
        lower, upper = max(self.lower, said.lower), min(self.upper, said.upper)
        return Domain(lower, upper, said.values or self.values, self.whole or said.whole)

    def told(self, constants):
        """The points that the numbers of the formulas suggest: these, what is beside and between."""
        near = [*FAR, *(x for c in constants for s in (c, -c) for x in (s, s - 1, s + 1))]
        near += [(a + b) / 2 for a, b in pairwise(sorted(constants))]
        ends = [e for e in (self.lower, self.upper) if 100 <= abs(e) < math.inf]
        near += [e + x for e in ends for x in FAR]
        near = map(Fraction, map(math.floor, near)) if self.whole else near
        known = set(self.specials())
        return [v for v in dict.fromkeys(near) if self.holds(v) and v not in known]


ANYWHERE = Domain()


def constants(nodes):
    """The numbers other than 0, ±1 and ±2 that stand in formulas, as exact values; at most twelve."""
    values = [constant(x) for node in nodes for x in node.walk()]
    sizes = dict.fromkeys(abs(v) for v in values if v is not None)
    return [v for v in sizes if v not in (0, 1, 2) and v <= 10**12][:12]


def constant(node):
    """The exact value of a plain number, as a node; None for anything else."""
    below = [constant(x) for x in node.children()]
    match node, below:
        case t.Number(text), _:
            return Fraction(text)
        case _, [None, *_] | [_, None]:
            return None
        case t.Negate(), [x]:
            return -x
        case t.Divide(), [x, y] if y:
            return x / y
        case t.Power(), [x, y] if x and y.denominator == 1 and max(abs(x), abs(y)) <= 40:
            return x**y.numerator
        case t.Multiply(), _ if None not in below:
            return math.prod(below)
    return None


def named(node):
    """What a side of a condition is about: a name, or (name, indices) of one element; or None."""
    base, indices = t.family_of(node), getattr(node, "indices", ())
    if type(base) is not t.Symbol:
        return None
    if all(type(index) is t.Symbol for index in indices):
        return base.name
    one = tuple(constant(index) for index in indices)
    return None if None in one else (base.name, one)


def domains(conditions):
    """The interval or the values of each variable, from conditions with numbers in them."""
    found = {}
    for part in (p for c in conditions for p in (c.items if type(c) is t.And else (c,))):
        for name, said in said_by(part):
            found[name] = found.get(name, ANYWHERE).within(said)
    return found


def domain_of(key, domains):
    """Where a number lies, or an element: by what is said of it, or of its whole family."""
    family = domains.get(key if type(key) is str else key[0], ANYWHERE)
    return domains.get(key, family)


def said_by(part):
    """Pairs (what a relation is about, its domain as far as this tells)."""
    operator = getattr(part, "operator", "")
    if operator == "in" and named(part.left):
        yield named(part.left), in_set(part.right)
    elif operator and operator[0] in "<>":
        below = (part.left, part.right) if operator[0] == "<" else (part.right, part.left)
        for node, end, other in ((below[0], "upper", below[1]), (below[1], "lower", below[0])):
            if named(node) and constant(other) is not None:
                yield named(node), Domain(**{end: constant(other)})


def in_set(members):
    """The domain that a set is, as far as numbers tell."""
    match members:
        case t.Finite(items) if None not in (values := tuple(map(constant, items))):
            return Domain(values=values)
        case t.NumberSet(name):
            lower, whole = SETS[name].lower, SETS[name].whole
            return Domain(Fraction(lower) if lower.is_finite() else -math.inf, whole=whole)
        case t.Interval(lower, upper):
            low, high = constant(lower), constant(upper)
            return Domain(-math.inf if low is None else low, math.inf if high is None else high)
    return ANYWHERE


def totals(conditions):
    """Families with a given sum: from conditions of the form Σ y_j = c."""
    equations = [c for c in conditions if type(c) is t.Relation and c.operator == "="]
    pairs = [pair for c in equations for pair in ((c.left, c.right), (c.right, c.left))]
    known = ((one, constant(other)) for one, other in pairs if is_total(one))
    return {one.body.base.name: value for one, value in known if value is not None}


def is_total(node):
    """Whether a node is the sum of all elements of a family."""
    match node:
        case t.Big("sum", index, body=t.Element(t.Symbol(), (t.Symbol(name),))):
            return name == index
    return False


@dataclass
class Sample:
    """The value of everything that is free, at one point; drawn when it is first asked for.

    Its `kind` is 'generic' (random), 'special', 'root' (of a denominator: it may be rounded) or 'far':
    of these there are many, and none counts unless it refutes.
    """

    seed: str
    mode: str = "mixed"
    size: int = 3  # of ends that nothing tells
    place: dict = field(default_factory=dict)  # the values of the free indices
    fixed: dict = field(default_factory=dict)  # a name, or a name and indices, to a value
    sizes: dict = field(default_factory=dict)  # n = 3
    domain: dict = field(default_factory=dict)
    totals: dict = field(default_factory=dict)  # families with a given sum, and their length
    flat: bool = False  # all elements of a family are equal
    variant: int = 0  # which kind of function stands for a smooth one
    kind: str = "special"
    drawn: dict = field(default_factory=dict)

    def seed_of(self, *key):
        return "|".join(map(str, (self.seed, *key)))

    def moved(self, key, value):
        return replace(self, drawn={**self.drawn, key: value})

    def value(self, name, indices=None):
        """The value of a free number, or of an element of a free family."""
        key = name if indices is None else (name, indices)
        value = self.drawn.get(key)
        if value is None:
            if name in self.totals and indices and len(indices) == 1:
                self.draw_total(name)
            value = self.drawn.setdefault(key, exact(self.draw(key)))
        return +value

    def draw(self, key):
        """The value that is fixed for a number or an element, or a random one."""
        name, indices = key if type(key) is tuple else (key, ())
        fixed = self.fixed.get(key, self.fixed.get(name))
        if fixed is not None:
            return fixed
        seed = ("flat",) if self.flat and indices else indices
        return drawn(domain_of(key, self.domain), self.seed_of(name, *seed), self.mode)

    def draw_total(self, name):
        """Elements that add up: one-hot where they are 0 or 1, shares where they are positive."""
        total, count = self.totals[name]
        domain = domain_of(name, self.domain)
        values = [self.draw((name, (k,))) for k in range(1, count + 1)]
        if domain.values:
            hot = random.Random(self.seed_of(name, "hot")).randint(1, count)
            values = [total if k == hot else Fraction(0) for k in range(1, count + 1)]
        elif domain.lower > -math.inf and sum(values):
            values = [total * v / sum(values) for v in values]
        else:
            values[-1] = total - sum(values[:-1], Fraction(0))
        for k, value in enumerate(values, 1):
            self.drawn[name, (k,)] = exact(value)

    def smooth(self, name, arity):
        """An arbitrary smooth function: one of three kinds, with coefficients drawn for its name."""
        return _smooth(self.seed_of("function", name, self.variant), self.variant, arity)


@lru_cache(maxsize=20_000)
def drawn(domain, seed, mode):
    """A random value in a domain: the same ones are asked for again by every relation of a page."""
    return domain.draw(random.Random(seed), mode)


@lru_cache(maxsize=1_000)
def _smooth(seed, variant, arity):
    dice = random.Random(seed)
    drawn = [dice.randint(20, 90) * dice.choice((-1, 1)) for _ in range(2 * arity + 2)]
    shift, height, *weights = [Decimal(k) / 64 for k in drawn]

    def function(*arguments):
        s = sum(map(operator.mul, weights, arguments), shift)
        r = sum(map(operator.mul, weights[arity:], arguments), height)
        if variant == 1:
            return exp(HALF * HALF * r + HALF * sin(s))
        if variant == 2:
            return HALF * HALF * s * s + cos(r)
        return r + sin(s)

    return function


@lru_cache(maxsize=5_000)
def exact(value):
    """A value with more digits than any comparison uses, so that what adds up does so."""
    return DRAWN.divide(*map(Decimal, value.as_integer_ratio()))


def assignments(indices, ends):
    """All values of some indices, each from 1 to its end."""
    names = sorted(indices)
    for values in product(*(range(1, ends[name] + 1) for name in names)):
        yield dict(zip(names, values, strict=True))


# -- where a comparison turns over, or an inequality is tight -----------------------------------------

PROBES = [Decimal(k) / 8 for k in (-97, -53, -25, -9, -3, 3, 11, 23, 47, 83)]
CLOSE = [Decimal(2 * k + 1) / 8 for k in range(-28, 28)]  # a slope turns over more often
FINE, GOOD, SHORT = Decimal("1e-190"), Decimal("1e-100"), Decimal("1e-30")
FOUND = Decimal("1e-40")
STEPS = (Decimal("1e-12"), Decimal("1e-4"))
ORDERED = (">=", "<=", ">", "<")  # the wide ones first


def margins(question, sample, key, value, ordered):
    """What each comparison inside compares, at one value; of an inequality also its room's slope."""
    work, result, seen, found, tag = n.now(), {}, {}, [], n.new_tag()
    zeros = [] if sample.mode == "mixed" else None  # once is enough
    with n.setting(work, "margins", []), n.setting(work, "zeros", zeros):
        for node in (question.left, question.right):
            evaluator = question.evaluator(sample.moved(key, value))
            if ordered:
                evaluator.moved = {key: Dual(tag, value, ONE)}
            with suppress(Undefined, Undecidable, ArithmeticError, ValueError):
                found.append(code(node)(evaluator, sample.place))
        for zero, pairs in ((False, work.margins), (True, zeros or ())):
            for item, margin in pairs:
                seen[item] = seen.get(item, 0) + 1
                result[zero, item, seen[item]] = margin
    if ordered and len(found) == 2 and Array not in map(type, found):
        result[False, "room", 1] = primal(n.split(found[1] - found[0], tag)[1])
    return result


def kinks(question, sample, key):
    """(where a comparison or a slope turns over as one variable moves, where a denominator is zero)."""
    ordered = question.operator in (*ORDERED, "!=") and type(key) is str  # by a single number

    @cache
    def table(x, count=DIGITS):
        with digits(count):
            return margins(question, sample, key, x, ordered)

    turns, zeros = [], []
    if table(PROBES[2]) == table(PROBES[5]):
        return turns, zeros
    probes = CLOSE if ordered else PROBES
    rows = [table(p) for p in probes]
    with digits(SECOND + 20):
        for item in dict.fromkeys(k for row in rows for k in row):
            track = [(p, row[item]) for p, row in zip(probes, rows, strict=True) if item in row]
            if len({margin for _, margin in track}) > 1:  # i = k does not move
                found = zeros if item[0] else turns
                margin = lambda x, item=item: table(x, SECOND + 20).get(item)  # noqa: E731
                found += _roots(track, margin)
                found += _touches(track, margin) if found is zeros else []
        return apart(turns), apart(zeros)


def apart(roots):
    """Roots that differ, at most eight."""
    kept = []
    for root in sorted(roots):
        if not kept or abs(root - kept[-1]) > SHORT:
            kept.append(root)
    return kept[:8]


def beside(roots):
    """The points to compare at: each root, both its sides, and between the roots."""
    points = [x for r in roots for x in (r, *(r + s * turn for s in STEPS for turn in (1, -1)))]
    ends = [roots[0] - 1, *roots, roots[-1] + 1] if roots else []
    return points + [(a + b) / 2 for a, b in pairwise(ends)]


def _roots(track, margin):
    """Where a margin is zero: exactly if it is a straight line, else between changes of sign."""
    roots = []
    if len(track) >= 3:
        (x0, y0), (x1, y1), (x2, y2) = track[:3]
        slope = (y1 - y0) / (x1 - x0)
        if slope and abs(y0 + slope * (x2 - x0) - y2) <= FOUND * max(1, abs(y2)):
            y0, y1 = margin(x0), margin(x1)  # with all digits
            roots += [r for r in (x0 - y0 * (x1 - x0) / (y1 - y0),) if abs(r) < 10**7]
    for (x0, y0), (x1, y1) in pairwise(track):
        if y0 == 0:  # or it vanished beside another term: with all digits it is told
            roots += [x0] if margin(x0) == 0 else []
        elif (y0 > 0) != (y1 > 0) and not any(x0 <= r <= x1 for r in roots):
            found = _bisect(x0, y0, x1, y1, margin)
            short = found and found.quantize(SHORT)  # 0, and not 1e-200
            roots += [] if found is None else [short if abs(found - short) < GOOD else found]
    return roots


def _touches(track, margin):
    """Where a margin comes down to zero and goes up again: its slope is zero there, too."""

    def slope(x):
        return margin(x + FOUND) - margin(x - FOUND)

    for near in zip(track, track[1:], track[2:], strict=False):
        low, least, high = (abs(y) for _, y in near)
        if len({y > 0 for _, y in near}) == 1 and least <= min(low, high):
            with suppress(TypeError):  # where there is no margin
                turns = _roots([(x, slope(x)) for x, _ in near], slope)
                yield from (x for x in turns if abs(margin(x)) < GOOD)


def _bisect(x0, y0, x1, y1, margin):
    """A root by the Illinois method: secants that keep the bracket."""
    for _ in range(60):
        if y1 == y0:
            return None
        x2 = x1 - y1 * (x1 - x0) / (y1 - y0)
        y2 = margin(x2)
        if y2 is None:
            return None
        if abs(y2) <= FINE or abs(x1 - x0) < FINE:
            return x2
        x0, y0 = (x1, y1) if (y2 > 0) != (y1 > 0) else (x0, y0 / 2)
        x1, y1 = x2, y2
    return x1 if abs(y1) < GOOD else None
