"""Derivatives, limits and integrals, by evaluation.

A derivative is the slope at ``v + ε``: exact where it exists, and refused elsewhere. It exists where
the slopes from both sides agree and the function is continuous. At a kink there is none, unless a
Let gives it a value, which must lie between the two slopes.

A limit and an integral report their error as slack. What does not settle is undecided.
"""

import random
from contextlib import suppress
from decimal import Context, Decimal, getcontext
from functools import partial
from itertools import pairwise

from mpmath import MPContext

from . import numbers as n
from . import tree as t
from .arrays import Array, Range, each, flat, scalar
from .errors import BeyondReach, NoDerivative, Undecidable, Undefined, Unread
from .evaluate import HEADS, apply, code, evaluated, pick
from .numbers import CAREFUL, INFINITY, ONE, SECOND, ZERO, Dual, digits, primal


def derivative(function, at, side=""):
    """The derivative of a function of one number; with a side ('+' or '-') the one-sided one."""
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
    shapes = getattr(x, "shape", None) == getattr(y, "shape", None)
    return shapes and all(map(n.close, flat([x]), flat([y])))


def primed(ev, head, values, env):
    """``f'(x)``, ``f''(x)``, ``f'_+(x)``."""
    if len(values) != 1:
        raise Unread("a prime on a function of several variables: write a partial derivative")
    at, side = values[0], head.side
    if type(at) is Array:
        return each(lambda x: primed(ev, head, [x], env), at)
    below = t.Primed(head.head, head.order - 1) if head.order > 1 else head.head
    name = None if side else getattr(head.head, "name", None)
    slope_here = partial(derivative, lambda x: apply(ev, below, [x], env), at, side)
    return declared(ev, name, head.order, slope_here, lambda: at)


HEADS[t.Primed] = primed


def declared(ev, name, order, compute, at):
    """A derivative, computed; at a kink, which lies `at()`, the value that a Let gives to it."""
    try:
        return compute()
    except NoDerivative as kink:
        slopes, given = (kink.left, kink.right), ev.meaning.kinks.get((name, order), ())
        if None not in slopes and Array not in map(type, slopes):
            low, high = sorted(map(primal, slopes))
            for point, value in given:
                found, spare = code(value)(ev, {}), n.tolerance(12)
                here = n.close(primal(code(point)(ev, {})), primal(at()))
                if here and low - spare <= primal(found) <= high + spare:
                    n.now().declared = True
                    return found
        raise


@evaluated(t.Derivative, "body")
def _derivative(node, body, ev, env):
    movers = [variable for variable, order in node.variables for _ in range(order)]
    slope_here = partial(differentiate, ev, movers, body, env)
    at = partial(code(movers[0]), ev, env)
    return declared(ev, _of_variable(ev, node), len(movers), slope_here, at)


def _of_variable(ev, node):
    """The function f where a derivative is that of f(x), or of a bare f, by its variable x."""
    match node.body, node.variables:
        case t.Apply(t.Function(name), (t.Symbol(x),)), ((t.Symbol(y), _),) if x == y:
            return name
        case t.Symbol(name), ((t.Symbol(x), _),) if name in ev.table:
            return name if ev.table[name].parameters == (x,) else None
    return None


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


@evaluated(t.At, "body", "value")
def _at(node, body, value, ev, env):
    moved, element = node.variable, type(node.variable) is t.Element
    name = (moved.base.name, ev.indices(moved, env)) if element else moved.name
    return placed(ev, name, value(ev, env), partial(body, ev), env)


@evaluated(t.Subdifferential)
def _subdifferential(node, ev, env):
    at = scalar(code(node.arguments[0])(ev, env))
    left, right = (derivative(lambda x: apply(ev, node.head, [x], env), at, side) for side in "-+")
    if n.sign(left - right) > 0:
        raise Undefined("the subdifferential of a function that is not convex here")
    return Range(left, right)


LIMIT_SLACK, AREA_SLACK, SETTLED = Decimal("1e-15"), Decimal("1e-10"), Decimal("1e-12")
BESIDE = Decimal("1e-20")  # where the integrand from a to a is looked at
# No point is a round number: a sine of π·10^25 is 0 for no other reason.
ODD = [Decimal(k).sqrt(Context(prec=CAREFUL)) for k in (2, 3, 5)]
# How near or far (powers of ten) and with how many digits: the next where one leads to numbers too
# large to be computed; the next with more digits where one does not settle. Last, points for what
# goes as an exponential does: they do not grow, so that nothing is called infinite by them.
NEAR = ((SECOND, (25, 30, 35)), (500, (130, 140, 150)), (CAREFUL, (25, 30, 35)))
_STEPS = [(SECOND, (s, s + 1, s + 2)) for s in range(20, -1, -2)]
FAR = (NEAR[0], NEAR[-1], *_STEPS, (CAREFUL, (3, 2, 2)))


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
    if not n.close(primal(found[0]), primal(found[-1]), LIMIT_SLACK):
        raise NoDerivative("the limits from the left and from the right differ")
    n.now().slack = max(n.now().slack, LIMIT_SLACK)
    return found[-1]


def _approach(value, end, direction, whole):
    """The value that three points nearer and nearer (or farther and farther) settle at."""
    problem, least = None, 0
    for count, powers in FAR if primal(end).is_infinite() else NEAR:
        if count < least:
            continue
        with digits(max(count, getcontext().prec)):
            points = [_point(end, direction, *place, whole) for place in enumerate(powers)]
            try:
                return _settled(value, points)
            except (Undecidable, BeyondReach) as error:
                problem = problem or error
                least = count + 1 if isinstance(error, Undecidable) else least
    raise Undecidable(f"a limit that cannot be told ({problem})")


def _point(end, direction, k, power, whole):
    size = ODD[k].scaleb(power)
    if not primal(end).is_infinite():
        return end + direction / size
    return direction * (2 * (size / 2).to_integral_value() + k % 2 if whole else size)


def _settled(value, points):
    """The value at the last point, if those before agree and no digits of it come from rounding."""
    found = [value(x) for x in points]
    first, second, third = (primal(v) for v in found)
    with n.setting(n.now(), "noise", random.Random("noise")):
        try:
            lost = not n.close(third, primal(value(points[-1])), SETTLED)
        except Undefined:
            lost = True
    if lost:
        raise Undecidable("what is left of a difference is rounding")
    if abs(third) > 10**9 and abs(third) > 10 * abs(second) > 100 * abs(first):
        # Growing, if it does so all the way: what oscillates is large by chance at some places.
        way = [points[2] + (points[1] - points[2]) * k / 8 for k in range(1, 8)]
        steps = [abs(third), *(primal(value(x)).copy_sign(ONE) for x in way)]
        if all(x > y for x, y in pairwise(steps)):
            return INFINITY.copy_sign(third)
    if not (n.close(third, first, SETTLED) and n.close(third, second, SETTLED)):
        raise Undecidable("it does not settle, or settles too slowly")
    return found[-1]


MP = MPContext()  # its own: a page may set the digits of mpmath.mp


@evaluated(t.Integral, "body", "lower", "upper")
def _integral(node, body, low, high, ev, env):
    """A definite integral; its limits may be moved (Leibniz), its integrand may not."""

    def value(x):
        n.now().spend(3)
        return scalar(body(ev, {**env, node.variable: x}), "an integral")

    def between(a, b):
        if type(b) is Dual:
            return between(a, b.a) + Dual(b.tag, ZERO, value(b.a) * b.b)
        return -between(b, a) if type(a) is Dual else _area(value, a, b)

    n.now().slack = max(n.now().slack, AREA_SLACK)
    # Of the many comparisons inside none is a kink of it.
    with n.setting(n.now(), "margins", None), n.setting(n.now(), "zeros", None):
        return between(n.real(scalar(low(ev, env))), n.real(scalar(high(ev, env))))


def _area(value, a, b):
    """∫ from a to b: mpmath halves intervals until its rule settles on each of them.

    The points of tanh-sinh crowd at the ends, so that no kink hides there; on an infinite interval
    they would lie farther out than an exponential can be computed.
    """
    if a > b:
        return -_area(value, b, a)
    # From a to a it is nothing, also of 1/t from 0 to 0; but of 1/(b - a) there is none.
    if a == b:
        with suppress(Undefined):
            return value(a + BESIDE) * ZERO
        return value(a - BESIDE) * ZERO
    far = [x.scaleb(15).copy_sign(end) for x in ODD for end in (a, b) if end.is_infinite()]
    if any(abs(x * value(x)) > AREA_SLACK for x in far):
        raise Undecidable("an integral of what does not vanish far out, or too slowly")

    def height(x):
        found = value(min(max(n.from_mp(x._mpf_), a), b))  # in binary an end may lie beyond it
        if type(found) is Dual:
            raise Undecidable("the derivative of an integral by something inside it")
        return MP.convert(found)

    rule = "gauss-legendre" if INFINITY in (-a, b) else "tanh-sinh"
    ends = [MP.convert(x) for x in ((a, ZERO, b) if a < 0 < b else (a, b))]
    how = {"method": rule, "maxdegree": 4, "maxintervals": 100, "error": True}
    area, error = MP.quadsubdiv(height, ends, 1e-14, **how)
    if error > 1e-12 * max(1, abs(area)):
        raise Undecidable("an integral that oscillates, or is too steep to be computed")
    return n.from_mp(area._mpf_)
