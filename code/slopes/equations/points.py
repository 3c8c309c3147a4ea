"""The points at which both sides of an equation are compared.

Random points with both signs, then the special ones: 0, ±1e-12, ±1e-4, ±1, large values, the ends
of the domain, all variables equal. Everything is drawn from generators seeded with names, so that
the same page gives the same verdicts and the same witnesses everywhere.
"""

import itertools
import random
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from . import tree as t
from .numbers import CAREFUL, HALF, ZERO, cos, digits, exp, number, sin

SPECIAL = (
    Fraction(0), Fraction(1, 10**12), Fraction(-1, 10**12), Fraction(1, 10**4), Fraction(-1, 10**4),
    Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(2), Fraction(-2), Fraction(9), Fraction(-9),
    Fraction(35), Fraction(-35),
)  # fmt: skip
FAR = (Fraction(10**3), Fraction(-(10**3)), Fraction(10**6), Fraction(-(10**6)))
WHOLE = (1, 2, 3, 4, 5, 6, 7, 9, 12)
MODES = ("mixed", "positive", "mixed", "negative", "unit", "wide")
EXACT = CAREFUL + 30  # digits of a drawn value: more than any comparison uses
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Domain:
    """Where one variable may lie, as far as numbers tell."""

    lower: Fraction | None = None
    upper: Fraction | None = None
    values: tuple = ()
    whole: bool = False
    signed: bool = False  # whole numbers of both signs

    def draw(self, generator, mode):
        """A random value; a multiple of 1/128 where possible, so that it is exact and short."""
        if self.values:
            return generator.choice(self.values)
        low, high = self.lower, self.upper
        if self.whole:
            first = int(low) if low is not None else -3 if self.signed else 1
            last = first + 8 if high is None else int(high)
            return Fraction(generator.randint(first, max(first, last)))
        if low is not None and high is not None:
            return low + (high - low) * Fraction(generator.randint(1, 63), 64)
        size = Fraction(generator.randint(1, 64 * (12 if mode == "wide" else 3)) * 2 - 1, 128)
        if mode == "unit":
            size = Fraction(generator.randint(1, 63), 64)
        if low is not None:
            return low + size
        if high is not None:
            return high - size
        if mode in ("positive", "unit"):
            return size
        return -size if mode == "negative" or generator.random() < 0.5 else size

    def specials(self):
        """The special values in this domain, and its ends from inside."""
        if self.values:
            return list(self.values)
        if self.whole:
            known = [Fraction(k) for k in ((*range(-3, 1), *WHOLE) if self.signed else WHOLE)]
        else:
            known = list(SPECIAL)
            for end, inward in ((self.lower, 1), (self.upper, -1)):
                if end is not None:
                    known += [end + inward * x for x in (0, *SPECIAL[1::2][:2], Fraction(1))]
        return [v for v in dict.fromkeys(known) if self.holds(v)]

    def holds(self, v):
        """Whether a number lies between the ends."""
        return (self.lower is None or v >= self.lower) and (self.upper is None or v <= self.upper)

    def told(self, constants):
        """The points that the numbers of the formulas suggest: these, what is beside and between."""
        if self.values:
            return []
        if self.whole:
            return [c for c in constants if c.denominator == 1 and 0 < c <= 60 and self.holds(c)]
        near = [x for c in constants for s in (c, -c) for x in (s, s - 1, s + 1)]
        near += [(a + b) / 2 for a, b in itertools.pairwise(sorted(constants))]
        ends = [e for e in (self.lower, self.upper) if e is not None]
        near += [e + x for e in ends for x in FAR if abs(e) >= 100]
        known = set(self.specials())
        return [v for v in dict.fromkeys([*near, *FAR]) if self.holds(v) and v not in known]


ANYWHERE = Domain()


def constants(nodes):
    """The numbers other than 0, ±1 and ±2 that stand in formulas, as exact values; at most twelve."""
    found = {}
    for node in nodes:
        for item in node.walk():
            value = constant(item)
            if value is not None and abs(value) not in (0, 1, 2) and abs(value) <= 10**12:
                found[abs(value)] = None
    return list(found)[:12]


def constant(node):
    """The exact value of a plain number, as a node; None for anything else."""
    kind = type(node)
    if kind is t.Number:
        return Fraction(node.text)
    if kind is t.Negate:
        inner = constant(node.body)
        return None if inner is None else -inner
    if kind is t.Divide:
        top, bottom = constant(node.numerator), constant(node.denominator)
        return top / bottom if top is not None and bottom else None
    if kind is t.Power:
        base, power = constant(node.base), constant(node.exponent)
        plain = base and power is not None and power.denominator == 1 and abs(power) <= 40
        return base**power.numerator if plain and abs(base) <= 1000 else None
    if kind is t.Multiply:
        result = Fraction(1)
        for factor in node.factors:
            value = constant(factor)
            if value is None:
                return None
            result *= value
        return result
    return None


def named(node):
    """The name whose domain a side of a condition is about, or None."""
    if type(node) is t.Element:
        node = node.base
    return node.name if type(node) is t.Symbol else None


def domains(conditions):
    """The interval or the set of each variable, from conditions with numbers in them."""
    found = {}
    for condition in conditions:
        for part in condition.items if type(condition) is t.And else (condition,):
            if type(part) is t.Relation:
                name, change = _restriction(part)
                if name is not None:
                    found[name] = _narrowed(found.get(name, ANYWHERE), change)
    return found


def _narrowed(old, change):
    if None not in (old.lower, change.get("lower")):
        change["lower"] = max(change["lower"], old.lower)
    if None not in (old.upper, change.get("upper")):
        change["upper"] = min(change["upper"], old.upper)
    return replace(old, **{k: v for k, v in change.items() if v is not None})


def _restriction(part):
    """(name, what a relation says about its domain), or (None, {})."""
    if part.operator == "in":
        return named(part.left), _set_restriction(part.right)
    for side, other, operator in (
        (part.left, part.right, part.operator),
        (part.right, part.left, TURNED.get(part.operator, "")),
    ):
        name, value = named(side), constant(other)
        if name is not None and value is not None:
            if operator in (">", ">="):
                return name, {"lower": value}
            if operator in ("<", "<="):
                return name, {"upper": value}
    return None, {}


def _set_restriction(members):
    if type(members) is t.Finite:
        values = tuple(constant(item) for item in members.items)
        return {"values": values} if None not in values else {}
    if type(members) is t.NumberSet and members.name in "NZ":
        return {"whole": True, "signed": members.name == "Z"}
    if type(members) is t.IndexRange:
        return {"whole": True}
    if type(members) is t.Interval:
        return {"lower": constant(members.lower), "upper": constant(members.upper)}
    if type(members) is t.Vector and len(members.items) == 2:
        return {"lower": constant(members.items[0]), "upper": constant(members.items[1])}
    return {}


def totals(conditions):
    """Families with a given sum: from conditions of the form Σ y_j = c."""
    found = {}
    for condition in conditions:
        if type(condition) is t.Relation and condition.operator == "=":
            for one, other in (
                (condition.left, condition.right),
                (condition.right, condition.left),
            ):
                value = constant(other)
                if is_total(one) and value is not None:
                    found[one.body.base.name] = value
    return found


def is_total(node):
    """Whether a node is the sum of all elements of a family."""
    return (
        type(node) is t.Big
        and node.kind == "sum"
        and type(node.body) is t.Element
        and type(node.body.base) is t.Symbol
        and node.body.indices == (t.Symbol(node.index),)
    )


@dataclass
class Sample:
    """The value of everything that is free, at one point; drawn when it is first asked for.

    Attributes
    ----------
    sizes : dict
        The value of each size, n = 3; `size` is that of ends that nothing tells.
    domain, totals : dict
        Where each variable may lie; families with a given sum, and how many elements they have.
    fixed : dict
        Values set on purpose: a name, or a name and its indices, to an exact number.
    flat : bool
        All elements of a family are equal.
    variant : int
        Which kind of function stands for a smooth one.
    """

    seed: str
    mode: str = "mixed"
    size: int = 3
    sizes: dict = field(default_factory=dict)
    domain: dict = field(default_factory=dict)
    totals: dict = field(default_factory=dict)
    fixed: dict = field(default_factory=dict)
    flat: bool = False
    variant: int = 0
    drawn: dict = field(default_factory=dict)
    functions: dict = field(default_factory=dict)

    def generator(self, *key):
        return random.Random("|".join(str(k) for k in (self.seed, *key)))

    def moved(self, key, value):
        """A copy with one value changed."""
        return replace(self, drawn={**self.drawn, key: value}, functions=self.functions)

    def scalar(self, name):
        """The value of a free number."""
        value = self.drawn.get(name)
        if value is None:
            value = self.fixed.get(name)
            if value is None:
                value = self.domain.get(name, ANYWHERE).draw(self.generator(name), self.mode)
            value = self.drawn[name] = exact(value)
        return +value

    def element(self, name, indices):
        """The value of an element of a free family."""
        key = name, indices
        if key not in self.drawn:
            if name in self.totals and len(indices) == 1:
                self.draw_total(name)
            if key not in self.drawn:
                self.drawn[key] = exact(self.draw_element(name, indices))
        return +self.drawn[key]

    def draw_element(self, name, indices):
        value = self.fixed.get((name, indices))
        if value is None:
            seed = ("flat",) if self.flat else indices
            value = self.domain.get(name, ANYWHERE).draw(self.generator(name, *seed), self.mode)
        return value

    def draw_total(self, name):
        """Elements that add up: one-hot where they are 0 or 1, shares where they are positive."""
        total, count = self.totals[name]
        domain = self.domain.get(name, ANYWHERE)
        if domain.values:
            hot = self.generator(name, "hot").randint(1, count)
            values = [total if k == hot else Fraction(0) for k in range(1, count + 1)]
        elif domain.lower is not None:
            raw = [self.draw_element(name, (k,)) for k in range(1, count + 1)]
            whole = sum(raw)
            values = [total * r / whole if whole else total / count for r in raw]
        else:
            values = [self.draw_element(name, (k,)) for k in range(1, count)]
            values.append(total - sum(values, Fraction(0)))
        for k, value in enumerate(values, 1):
            self.drawn[name, (k,)] = exact(value)

    def smooth(self, name, arity):
        """An arbitrary smooth function: one of three kinds, with coefficients drawn for its name."""
        found = self.functions.get((name, arity))
        if found is None:
            found = self.functions[name, arity] = self.draw_function(name, arity)
        return found

    def draw_function(self, name, arity):
        generator = self.generator("function", name, self.variant)

        def coefficient():
            return number(Fraction(generator.randint(20, 90), 64)) * generator.choice((-1, 1))

        inner, outer = [coefficient() for _ in range(arity)], [coefficient() for _ in range(arity)]
        shift, height = coefficient(), coefficient()
        quarter = HALF * HALF

        def function(*arguments):
            s = sum((w * x for w, x in zip(inner, arguments, strict=True)), shift)
            r = sum((w * x for w, x in zip(outer, arguments, strict=True)), height)
            if self.variant == 1:
                return exp(quarter * r + HALF * sin(s))
            if self.variant == 2:
                return quarter * s * s + cos(r)
            return r + sin(s)

        return function


def exact(value):
    """A value with more digits than any comparison uses, so that what adds up does so."""
    if type(value) is Decimal:
        return value
    if type(value) is Fraction and value.denominator == 1:
        return Decimal(value.numerator) or ZERO
    with digits(EXACT):
        return number(value)


def assignments(indices, ends):
    """All values of some indices, each from 1 to its end."""
    names = sorted(indices)
    for values in itertools.product(*(range(1, ends[name] + 1) for name in names)):
        yield dict(zip(names, values, strict=True))
