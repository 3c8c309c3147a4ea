"""Limits and integrals, by evaluation: each brings an error, which it reports as slack.

What does not settle, or oscillates too fast, is undecided.
"""

from decimal import Decimal, getcontext
from itertools import pairwise

from numpy.polynomial.legendre import leggauss

from . import numbers as n
from . import tree as t
from .arrays import scalar
from .errors import BeyondReach, NoDerivative, Undecidable
from .evaluate import code, evaluated
from .numbers import HALF, INFINITY, ONE, SECOND, ZERO, Dual, digits, primal

LIMIT_SLACK, AREA_SLACK, SETTLED = Decimal("1e-15"), Decimal("1e-10"), Decimal("1e-12")
# How near or far (powers of ten) and with how many digits: the next where one does not settle, or
# leads to numbers too large to be computed.
NEAR = ((SECOND, (25, 30, 35)), (500, (130, 140, 150)))
FAR = ((SECOND, (25, 30, 35)), *((SECOND, (s, s + 1, s + 2)) for s in range(20, -1, -2)))


@evaluated(t.Limit, "body")
def _limit(node, body, ev, env):
    """A limit, from both sides unless one is named, by evaluating very near (or very far)."""

    def value(x):
        return scalar(body(ev, {**env, node.variable: x}), "a limit")

    end = scalar(code(node.target)(ev, env), "the end of a limit")
    directions = {"+": [ONE], "-": [-ONE]}.get(node.side, [-ONE, ONE])
    if primal(end).is_infinite():
        directions = [ONE.copy_sign(end)]
    found = [_approach(value, end, d, node.whole) for d in directions]
    if not _near(primal(found[0]), primal(found[-1]), LIMIT_SLACK):
        raise NoDerivative("the limits from the left and from the right differ")
    ev.slack = max(ev.slack, LIMIT_SLACK)
    return found[-1]


def _near(x, y, share):
    if x == y or INFINITY in (abs(x), abs(y)):
        return x == y
    return abs(x - y) <= share * max(ONE, abs(x), abs(y))


def _approach(value, end, direction, whole):
    """The value that three points nearer and nearer (or farther and farther) settle at."""
    problem = None
    for count, powers in FAR if primal(end).is_infinite() else NEAR:
        with digits(max(count, getcontext().prec)):
            points = [_point(end, direction, *place, whole) for place in enumerate(powers)]
            try:
                return _settled(value, points)
            except (Undecidable, BeyondReach) as error:
                problem = problem or error
    raise Undecidable(f"a limit that cannot be told ({problem})")


def _point(end, direction, k, power, whole):
    """A point on the way. None is a round number: a sine of π·10^25 is 0 for no other reason."""
    size = Decimal((0, (1,), power)) * Decimal((2, 3, 5)[k]).sqrt()
    if not primal(end).is_infinite():
        return end + direction / size
    return direction * (2 * (size / 2).to_integral_value() + k % 2 if whole else size)


def _settled(value, points):
    found = [value(x) for x in points]
    first, second, third = (primal(v) for v in found)
    if abs(third) > 10**9 and abs(third) > 10 * abs(second) > 100 * abs(first):
        # Growing, if it does so all the way: what oscillates is large by chance at some places.
        way = [points[2] + (points[1] - points[2]) * k / 8 for k in range(1, 8)]
        steps = [abs(third), *(primal(value(x)).copy_sign(ONE) for x in way)]
        if all(x > y for x, y in pairwise(steps)):
            return INFINITY.copy_sign(third)
    if not (_near(third, first, SETTLED) and _near(third, second, SETTLED)):
        raise Undecidable("it does not settle, or settles too slowly")
    return found[-1]


# -- integrals -----------------------------------------------------------------------------------------

RULE = [(Decimal(x), Decimal(weight)) for x, weight in zip(*leggauss(12), strict=True)]
INTERVALS = 400  # after which an integrand that still does not settle is given up


@evaluated(t.Integral, "body", "lower", "upper")
def _integral(node, body, low, high, ev, env):
    """A definite integral; its limits may be moved (Leibniz), its integrand may not."""

    def value(x):
        n.now().spend(3)
        return scalar(body(ev, {**env, node.variable: x}), "an integral")

    def between(a, b):
        if type(b) is Dual:
            return Dual(b.tag, between(a, b.a), value(b.a) * b.b)
        return -between(b, a) if type(a) is Dual else _area(value, a, b)

    ev.slack = max(ev.slack, AREA_SLACK)
    with n.setting(n.now(), "margins", None):  # of the many comparisons inside none is a kink of it
        return between(n.real(scalar(low(ev, env))), n.real(scalar(high(ev, env))))


def _area(value, a, b):
    """∫ from a to b; an infinite end is brought to 1 by x = a + t/(1 - t)."""
    if a > b:
        return -_area(value, b, a)
    if a.is_infinite() and b.is_infinite():
        return _area(value, a, ZERO) + _area(value, ZERO, b)
    if a.is_infinite():
        return _area(lambda x: value(-x), -b, -a)
    if b.is_infinite():
        return _adaptive(lambda s: value(a + s / (1 - s)) / ((1 - s) * (1 - s)), ZERO, ONE)
    parts = [a, ZERO, b] if a < 0 < b else [a, b]
    return sum(_adaptive(value, *ends) for ends in pairwise(parts))


def _adaptive(value, a, b):
    """Halve until the rule on an interval and on its halves agree; Undecidable where they never do."""
    total, scale, count = ZERO, ONE, 0
    waiting = [(a, b, _rule(value, a, b))]
    while waiting:
        a, b, whole = waiting.pop()
        middle = (a + b) * HALF
        left, right = _rule(value, a, middle), _rule(value, middle, b)
        scale, count = max(scale, abs(left + right)), count + 1
        if abs(left + right - whole) <= Decimal("1e-14") * scale:
            total += left + right
        elif count > INTERVALS:
            raise Undecidable("an integral that oscillates, or is too steep to be computed")
        else:
            waiting += [(middle, b, right), (a, middle, left)]
    return total


def _rule(value, a, b):
    centre, radius = (a + b) * HALF, (b - a) * HALF
    found = [(weight, value(centre + radius * x)) for x, weight in RULE]
    if any(type(v) is Dual for _, v in found):
        raise Undecidable("the derivative of an integral by something inside it")
    return radius * sum(weight * v for weight, v in found)
