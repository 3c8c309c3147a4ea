"""Derivatives, limits and integrals, by evaluation.

A derivative is the slope at ``v + ε``: exact where it exists, and refused elsewhere. It exists where
the slopes from both sides agree and the function is continuous. At a kink there is none, unless a
Let gives it a value, which must lie between the two slopes.

A limit and an integral bring an error, which they report as slack. What does not settle, or
oscillates too fast, is undecided.
"""

import functools
from contextlib import suppress
from decimal import Decimal, getcontext
from itertools import pairwise

from numpy.polynomial.legendre import leggauss

from . import numbers as n
from . import tree as t
from .arrays import Array, Range, each, scalar
from .errors import BeyondReach, NoDerivative, Undecidable, Undefined, Unread
from .evaluate import HEADS, apply, code, evaluated, pick
from .numbers import HALF, INFINITY, ONE, SECOND, ZERO, Dual, digits, primal


def derivative(function, at, side=""):
    """The derivative of a function of one number, which must exist at the point.

    With a side ('+' or '-') the one-sided derivative. Raises NoDerivative at a kink or a jump.
    """
    tag, work, step = n.new_tag(), n.now(), -ONE if side == "-" else ONE
    before = work.ties
    moved = function(Dual(tag, scalar(at, "what a derivative is taken by"), step))
    right = each(lambda x: step * slope(x, tag), moved)
    if not side and work.ties == before:
        return right
    other, centre = moved if side else function(Dual(tag, at, -ONE)), function(at)
    bare = [each(lambda x: n.split(x, tag)[0], v) for v in (moved, other)]
    if not all(same(x, centre) for x in bare):
        raise NoDerivative("the function jumps here and has no derivative")
    left = right if side else each(lambda x: -slope(x, tag), other)
    if not same(left, right):
        raise NoDerivative("no derivative here: the one-sided slopes differ", left, right)
    return right


def slope(value, tag):
    """The factor of one infinitesimal in a number."""
    return n.split(scalar(value, "a derivative"), tag)[1]


def same(x, y):
    """Equality of values with their infinitesimal parts, rounding forgiven."""
    if type(x) is Array or type(y) is Array:
        shapes = getattr(x, "shape", None) == getattr(y, "shape", None)
        return shapes and all(n.close(p, q) for p, q in zip(x.items, y.items, strict=True))
    return n.close(x, y)


def primed(ev, head, values, env):
    """``f'(x)``, ``f''(x)``, ``f'_+(x)``."""
    if len(values) != 1:
        raise Unread("a prime on a function of several variables: write a partial derivative")
    at, side = values[0], head.side
    if type(at) is Array:
        return at.map(lambda x: primed(ev, head, [x], env))
    below = t.Primed(head.head, head.order - 1) if head.order > 1 else head.head
    try:
        return derivative(lambda x: apply(ev, below, [x], env), at, side)
    except NoDerivative as kink:
        if side or type(head.head) is not t.Function:
            raise
        return declared(ev, head.head.name, head.order, at, kink)


HEADS[t.Primed] = primed


def declared(ev, name, order, at, kink):
    """The value that a Let gives to a derivative at a kink; the kink is raised where there is none."""
    slopes = kink.left, kink.right
    if None not in slopes and Array not in map(type, slopes):
        low, high = sorted(map(primal, slopes))
        for point, value in ev.meaning.kinks.get((name, order), ()):
            found, spare = code(value)(ev, {}), n.tolerance(12)
            here = n.close(primal(code(point)(ev, {})), primal(at))
            if here and low - spare <= primal(found) <= high + spare:
                ev.declared = True
                return found
    raise kink


@evaluated(t.Derivative, "body")
def _derivative(node, body, ev, env):
    movers = [variable for variable, order in node.variables for _ in range(order)]
    try:
        return differentiate(ev, movers, body, env)
    except NoDerivative as kink:
        name = _of_variable(ev, node)
        if name is None:
            raise
        return declared(ev, name, len(movers), code(movers[0])(ev, env), kink)


def _of_variable(ev, node):
    """The function f where a derivative is that of f(x), or of a bare f, by its variable x."""
    (variable, _), body = node.variables[0], node.body
    if len(node.variables) != 1 or type(variable) is not t.Symbol:
        return None
    if type(body) is t.Apply and type(body.head) is t.Function and body.arguments == (variable,):
        return body.head.name
    known = ev.table.get(body.name) if type(body) is t.Symbol else None
    return body.name if known is not None and known.parameters == (variable.name,) else None


def differentiate(ev, movers, body, env):
    """The derivative of a closure by one variable after the other, the last one first."""
    if not movers:
        return body(ev, env)
    first, rest = movers[0], movers[1:]

    def inner(bound):
        return differentiate(ev, rest, body, bound)

    if type(first) is t.Symbol:
        return _by_name(ev, first.name, inner, env)
    return _by_element(ev, first.base.name, ev.indices(first, env), inner, env)


def placed(ev, name, value, inner, env):
    """The value of ``inner(env)`` with a value in the place of a name, or of an element."""
    return inner({**env, name: value}) if name in env else ev.moving(name, value, inner, env)


def _by_name(ev, name, inner, env):
    if type(env.get(name)) is int:
        raise Unread("a derivative by an index")
    value = code(t.Symbol(name))(ev, env)
    if type(value) is not Array:
        return derivative(lambda x: placed(ev, name, x, inner, env), value)
    slopes = [_by_element(ev, name, place, inner, env) for place in value.places()]
    return stacked(slopes, value)


def _by_element(ev, name, indices, inner, env):
    definition = ev.table.get(name)
    if name in env or name in ev.moved or (definition is not None and definition.kind == "value"):
        array = code(t.Symbol(name))(ev, env)
        at, offset = pick(array, indices), array.offset(indices)
        return derivative(lambda x: placed(ev, name, array.replaced(offset, x), inner, env), at)
    at = ev.element(name, indices, env)
    return derivative(lambda x: ev.moving((name, indices), x, inner, env), at)


def stacked(slopes, shape):
    """A gradient as a column (for a matrix, a matrix), or a Jacobian with a row for each output."""
    if type(slopes[0]) is not Array:
        return Array(shape.rows, shape.cols, slopes)
    if shape.cols != 1 or slopes[0].cols != 1:
        raise Unread("a derivative with more than two indices")
    rows = zip(*(s.items for s in slopes), strict=True)
    return Array(slopes[0].rows, len(slopes), [x for row in rows for x in row])


@evaluated(t.At, "body")
def _at(node, body, ev, env):
    inner = functools.partial(body, ev)
    for variable, x in node.assignments:
        element = type(variable) is t.Element
        name = (variable.base.name, ev.indices(variable, env)) if element else variable.name
        inner = functools.partial(placed, ev, name, code(x)(ev, env), inner)
    return inner(env)


@evaluated(t.Subdifferential)
def _subdifferential(node, ev, env):
    at = scalar(code(node.arguments[0])(ev, env))
    left, right = (derivative(lambda x: apply(ev, node.head, [x], env), at, side) for side in "-+")
    if n.sign(left - right) > 0:
        raise Undefined("the subdifferential of a function that is not convex here")
    return Range(left, right)


LIMIT_SLACK, AREA_SLACK, SETTLED = Decimal("1e-15"), Decimal("1e-10"), Decimal("1e-12")
# How near or far (powers of ten) and with how many digits: the next where one does not settle, or
# leads to numbers too large to be computed.
NEAR = ((SECOND, (25, 30, 35)), (500, (130, 140, 150)))
FAR = ((SECOND, (25, 30, 35)), *((SECOND, (s, s + 1, s + 2)) for s in range(20, -1, -2)))


@evaluated(t.Limit, "body")
def _limit(node, body, ev, env):
    """A limit, from both sides unless one is named, by evaluating very near (or very far)."""

    def value(x):
        with n.setting(n.now(), "zeros", None):  # beside the point, nothing is a zero of it
            return scalar(body(ev, {**env, node.variable: x}), "a limit")

    end = scalar(code(node.target)(ev, env), "the end of a limit")
    directions = {"+": [ONE], "-": [-ONE]}.get(node.side, [-ONE, ONE])
    if primal(end).is_infinite():
        directions = [ONE.copy_sign(end)]
    whole = getattr(ev.sample.domain.get(node.variable), "whole", False)
    found = [_approach(value, end, d, whole) for d in directions]
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


@functools.lru_cache(maxsize=256)
def _size(k, power, precision):
    """How far out a point is. None is a round number: a sine of π·10^25 is 0 for no other reason."""
    with digits(precision):
        return Decimal((0, (1,), power)) * Decimal((2, 3, 5)[k]).sqrt()


def _point(end, direction, k, power, whole):
    """A point on the way."""
    size = _size(k, power, getcontext().prec)
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
    # Of the many comparisons inside none is a kink of it.
    with n.setting(n.now(), "margins", None), n.setting(n.now(), "zeros", None):
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
    waiting = [(a, b, *_rule(value, a, b))]
    while waiting:
        a, b, whole, hidden = waiting.pop()
        middle = (a + b) * HALF
        left, right = _rule(value, a, middle), _rule(value, middle, b)
        area = left[0] + right[0]
        scale, count = max(scale, abs(area)), count + 1
        if max(abs(area - whole), hidden) <= Decimal("1e-14") * scale:
            total += area
        elif count > INTERVALS:
            raise Undecidable("an integral that oscillates, or is too steep to be computed")
        else:
            waiting += [(middle, b, *right), (a, middle, *left)]
    return total


def _rule(value, a, b):
    """Gauss's area, and a bound on what a kink hides that lies between the ends and his points."""
    centre, radius = (a + b) * HALF, (b - a) * HALF
    seen = [_watched(value, centre + radius * x) for x, _ in RULE]
    if any(type(v) is Dual for v, _ in seen):
        raise Undecidable("the derivative of an integral by something inside it")
    area = radius * sum(weight * v for (_, weight), (v, _) in zip(RULE, seen, strict=True))
    for end in (a, b) if any(signs for _, signs in seen) else ():
        with suppress(Undefined, ArithmeticError):
            seen.append(_watched(value, end))
    values, signs = zip(*seen, strict=True)
    turns = any({-1, 1} <= set(column) for column in zip(*signs, strict=False))
    return area, (b - a) * (max(values) - min(values)) if turns else ZERO


def _watched(value, x):
    """A value, and the sign of each comparison on the way to it."""
    with n.setting(n.now(), "margins", []):
        return value(x), [(gap > 0) - (gap < 0) for _, gap in n.now().margins]
