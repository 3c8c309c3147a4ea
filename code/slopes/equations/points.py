"""The points at which both sides of an equation are compared.

Random points with both signs, then the special ones: 0, ±1e-12, ±1e-4, ±1, large values, the ends
of the domain, all variables equal. Everything is drawn from a generator seeded with names, so that
the same page gives the same verdicts and the same witnesses everywhere.
"""

import itertools
import random
from dataclasses import dataclass, field, replace
from fractions import Fraction

from . import tree as t
from .numbers import CAREFUL_DIGITS

SPECIAL = (
    Fraction(0), Fraction(1, 10**12), Fraction(-1, 10**12), Fraction(1, 10**4), Fraction(-1, 10**4),
    Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(2), Fraction(-2), Fraction(9), Fraction(-9),
    Fraction(35), Fraction(-35),
)  # fmt: skip
FAR = (Fraction(10**3), Fraction(-(10**3)), Fraction(10**6), Fraction(-(10**6)))
WHOLE = (1, 2, 3, 4, 5, 6, 7, 9, 12)
MODES = ("mixed", "positive", "mixed", "negative", "unit", "wide")


@dataclass(frozen=True)
class Domain:
    """Where one variable may lie, as far as numbers tell."""

    lower: Fraction | None = None
    upper: Fraction | None = None
    values: tuple = ()
    whole: bool = False
    signed: bool = False  # whole numbers of both signs

    def is_empty(self):
        """Whether no number lies between the ends."""
        return self.lower is not None and self.upper is not None and self.lower >= self.upper

    def draw(self, generator, mode):
        """A random value; a multiple of 1/128 where possible, so that it is exact and short."""
        if self.values:
            return generator.choice(self.values)
        if self.whole:
            first = -3 if self.signed else 1
            low = first if self.lower is None else int(self.lower)
            high = low + 8 if self.upper is None else int(self.upper)
            return Fraction(generator.randint(low, max(low, high)))
        low, high = self.lower, self.upper
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
        if mode == "negative":
            return -size
        return size if generator.random() < 0.5 else -size

    def specials(self):
        """The special values in this domain, and its ends from inside."""
        if self.values:
            return list(self.values)
        whole = (*range(-3, 1), *WHOLE) if self.signed else WHOLE
        values = [Fraction(k) for k in whole] if self.whole else list(SPECIAL)
        tiny = Fraction(1, 10**12)
        for end, inward in ((self.lower, tiny), (self.upper, -tiny)):
            if end is not None and not self.whole:
                values += [end, end + inward, end + inward * 10**8, end + inward * 10**12]
        return [v for v in dict.fromkeys(values) if self.holds(v)]

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
        ordered = sorted(constants)
        near += [(a + b) / 2 for a, b in itertools.pairwise(ordered)]
        ends = [e for e in (self.lower, self.upper) if e is not None]
        near += [e + x for e in ends for x in FAR if abs(e) >= 100]
        known = set(self.specials())
        return [v for v in dict.fromkeys([*near, *FAR]) if self.holds(v) and v not in known]


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
    """The exact value of a plain number node, or None."""
    if isinstance(node, t.Number):
        return Fraction(node.text)
    if isinstance(node, t.Negate):
        inner = constant(node.body)
        return None if inner is None else -inner
    if isinstance(node, t.Divide):
        top, bottom = constant(node.numerator), constant(node.denominator)
        return top / bottom if top is not None and bottom else None
    if isinstance(node, t.Power):
        base, power = constant(node.base), constant(node.exponent)
        plain = base and power is not None and power.denominator == 1 and abs(power) <= 40
        return base**power.numerator if plain and abs(base) <= 1000 else None
    if isinstance(node, t.Multiply):
        values = [constant(f) for f in node.factors]
        if any(v is None for v in values):
            return None
        result = Fraction(1)
        for v in values:
            result *= v
        return result
    return None


def named(node):
    """The name whose domain a side of a condition is about, or None."""
    if isinstance(node, t.Symbol):
        return node.name
    if isinstance(node, t.Element) and isinstance(node.base, t.Symbol):
        return node.base.name
    return None


def domains(conditions):
    """The interval or the set of each variable, from conditions with numbers in them."""
    result = {}

    def narrow(name, **change):
        old = result.get(name, Domain())
        if "lower" in change and old.lower is not None:
            change["lower"] = max(change["lower"], old.lower)
        if "upper" in change and old.upper is not None:
            change["upper"] = min(change["upper"], old.upper)
        result[name] = replace(old, **change)

    for condition in conditions:
        parts = condition.items if isinstance(condition, t.And) else (condition,)
        for part in parts:
            if isinstance(part, t.Relation):
                _narrow(part, narrow)
    return result


def _narrow(part, narrow):
    name, value = named(part.left), constant(part.right)
    operator = part.operator
    if name is None or (value is None and operator != "in"):
        name, value = named(part.right), constant(part.left)
        operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, "")
    if name is None:
        return
    if operator == "in":
        _narrow_set(name, part.right, narrow)
    elif value is None:
        return
    elif operator in (">", ">="):
        narrow(name, lower=value)
    elif operator in ("<", "<="):
        narrow(name, upper=value)


def _narrow_set(name, members, narrow):
    if isinstance(members, t.Finite):
        values = tuple(constant(item) for item in members.items)
        if all(v is not None for v in values):
            narrow(name, values=values)
    elif isinstance(members, t.NumberSet) and members.name in "NZ":
        narrow(name, whole=True, signed=members.name == "Z")
    elif isinstance(members, t.Interval | t.Vector):
        ends = (members.lower, members.upper) if isinstance(members, t.Interval) else members.items
        if len(ends) == 2:
            low, high = constant(ends[0]), constant(ends[1])
            if low is not None:
                narrow(name, lower=low)
            if high is not None:
                narrow(name, upper=high)


@dataclass
class Sample:
    """The value of everything that is free, at one point; drawn when it is first asked for.

    Attributes
    ----------
    fixed : dict
        Values set on purpose: ``('v', name)`` or ``('e', name, indices)`` to an exact number.
    flat : bool
        All elements of a vector are equal.
    """

    meaning: object
    arithmetic: object
    seed: str
    mode: str = "mixed"
    sizes: dict = field(default_factory=dict)
    default: int = 3
    domain: dict = field(default_factory=dict)
    totals: dict = field(default_factory=dict)  # families with a given sum
    fixed: dict = field(default_factory=dict)
    flat: bool = False
    variant: int = 0
    drawn: dict = field(default_factory=dict)

    def generator(self, *key):
        return random.Random("|".join(str(k) for k in (self.seed, *key)))

    def scalar(self, name):
        key = ("v", name)
        if key not in self.drawn:
            value = self.fixed.get(key)
            if value is None:
                value = self.domain.get(name, Domain()).draw(self.generator(name), self.mode)
            self.drawn[key] = self.exact(value)
        return self.drawn[key]

    def exact(self, value):
        """A number with more digits than any comparison uses, so that what adds up does so."""
        with self.arithmetic.mp.workdps(CAREFUL_DIGITS + 30):
            return self.arithmetic.number(value)

    def element(self, name, indices):
        key = ("e", name, indices)
        if key not in self.drawn:
            if name in self.totals and len(indices) == 1:
                self.draw_total(name)
            if key not in self.drawn:
                self.drawn[key] = self.exact(self.draw_element(name, indices))
        return self.drawn[key]

    def draw_element(self, name, indices):
        value = self.fixed.get(("e", name, indices))
        if value is None:
            seed = ("flat",) if self.flat else indices
            value = self.domain.get(name, Domain()).draw(self.generator(name, *seed), self.mode)
        return value

    def draw_total(self, name):
        """Elements that add up: one-hot where they are 0 or 1, shares where they are positive."""
        total, count = self.totals[name], self.length(name)
        domain = self.domain.get(name, Domain())
        if domain.values:
            hot = self.generator(name, "hot").randint(1, count)
            values = [total if k == hot else Fraction(0) for k in range(1, count + 1)]
        elif domain.lower is not None:
            raw = [self.draw_element(name, (k,)) for k in range(1, count + 1)]
            scale = sum(raw)
            values = [total * r / scale if scale else total / count for r in raw]
        else:
            values = [self.draw_element(name, (k,)) for k in range(1, count)]
            values.append(total - sum(values, Fraction(0)))
        for k, value in enumerate(values, 1):
            self.drawn["e", name, (k,)] = self.exact(value)

    def size(self, symbol):
        return self.sizes.get(symbol)

    def end(self, upper):
        if isinstance(upper, t.Number):
            return int(upper.text)
        if isinstance(upper, t.Symbol):
            return self.sizes.get(upper.name, self.default)
        return self.default

    def length(self, name, place=0):
        return self.end(self.meaning.family_end(name, place))

    def upper(self, index, body):
        return self.end(self.meaning.upper_of(index, body))

    def unknown(self, name, arity):
        """An arbitrary smooth function: one of three kinds, with coefficients drawn for this name."""
        generator = self.generator("function", name, self.variant)

        def coefficient():
            return Fraction(generator.randint(20, 90), 64) * generator.choice((-1, 1))

        inner = [coefficient() for _ in range(arity)]
        outer = [coefficient() for _ in range(arity)]
        shift, height = coefficient(), coefficient()
        variant = self.variant

        def function(a, *arguments):
            s, r = a.number(shift), a.number(height)
            for weight, other, x in zip(inner, outer, arguments, strict=True):
                s = a.add(s, a.mul(a.number(weight), x))
                r = a.add(r, a.mul(a.number(other), x))
            if variant == 1:
                return a.exp(
                    a.add(
                        a.mul(a.number(Fraction(1, 4)), r),
                        a.mul(a.number(Fraction(1, 2)), a.sin(s)),
                    )
                )
            if variant == 2:
                return a.add(a.mul(a.number(Fraction(1, 3)), a.mul(s, s)), a.cos(r))
            return a.add(r, a.sin(s))

        return function


def assignments(indices, ends):
    """All values of the free indices, each from 1 to its end."""
    names = sorted(indices)
    for values in itertools.product(*(range(1, ends[name] + 1) for name in names)):
        yield dict(zip(names, values, strict=True))
