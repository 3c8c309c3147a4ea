"""Limits, extrema and integrals, by evaluation: each brings an error, which it reports as slack.

What does not settle, cannot be bracketed or oscillates too fast is undecided; no wrong number is
ever handed on.
"""

from decimal import Decimal, getcontext
from functools import lru_cache

from . import numbers as n
from . import tree as t
from .arrays import scalar
from .errors import BeyondReach, NoDerivative, NotAttained, Undecidable, Undefined
from .evaluate import code, maker
from .numbers import HALF, INFINITY, ONE, SECOND, TWO, ZERO, Dual, digits, primal

LIMIT_SLACK = Decimal("1e-15")
SEARCH_SLACK = Decimal("1e-10")
# How near or far (powers of ten) and with how many digits: the next where one does not settle, or
# leads to numbers too large to be computed.
NEAR = ((SECOND, (25, 30, 35)), (500, (130, 140, 150)))
FAR = ((SECOND, (25, 30, 35)), *((SECOND, (s, s + 1, s + 2)) for s in range(20, -1, -2)))


@maker(t.Limit)
def _limit(node):
    """A limit, from both sides unless one is named, by evaluating very near (or very far)."""
    target, side = node.target, node.side
    if type(target) is t.Sided:
        target, side = target.body, target.side
    inner, point = code(node.body), code(target)

    def run(ev, env):
        end = scalar(point(ev, env), "the end of a limit")
        infinite = type(end) is Decimal and end.is_infinite()
        if infinite:
            directions = [ONE.copy_sign(end)]
        else:
            directions = {"+": [ONE], "-": [-ONE]}.get(side, [-ONE, ONE])

        def value(x):
            return scalar(inner(ev, {**env, node.variable: x}), "a limit")

        found = [_approach(value, end, d, node.whole) for d in directions]
        if len(found) == 2 and not _near(primal(found[0]), primal(found[1]), LIMIT_SLACK):
            raise NoDerivative("the limits from the left and from the right differ")
        ev.slack = max(ev.slack, LIMIT_SLACK)
        return found[-1]

    return run


def _near(x, y, share):
    return x == y or (
        INFINITY not in (abs(x), abs(y)) and abs(x - y) <= share * max(ONE, abs(x), abs(y))
    )


def _approach(value, end, direction, whole):
    """The value that three points nearer and nearer (or farther and farther) settle at."""
    infinite = type(end) is Decimal and end.is_infinite()
    problem = None
    for count, powers in FAR if infinite else NEAR:
        with digits(max(count, getcontext().prec)):
            try:
                return _settled(
                    value, [_point(end, direction, p, k, whole) for k, p in enumerate(powers)]
                )
            except (Undecidable, BeyondReach) as error:
                problem = problem or error
    raise Undecidable(f"a limit that cannot be told ({problem})")


def _point(end, direction, power, k, whole):
    """A point on the way. None is a round number: a sine of π·10^25 is 0 for no other reason."""
    size = Decimal((0, (1,), power)) * Decimal((2, 3, 5)[k]).sqrt()
    if type(end) is not Decimal or not end.is_infinite():
        return end + direction / size
    if whole:
        size = 2 * (size / 2).to_integral_value() + k % 2
    return direction * size


def _settled(value, points):
    found = [value(x) for x in points]
    first, second, third = (primal(v) for v in found)
    if abs(third) > 10**9 and abs(third) > 10 * abs(second) > 100 * abs(first):
        # Growing, if it does so all the way: what oscillates is large by chance at some places.
        steps = [
            third,
            *(primal(value(points[2] + (points[1] - points[2]) * k / 8)) for k in range(1, 8)),
        ]
        if all(
            abs(x) > abs(y) and (x > 0) == (y > 0) for x, y in zip(steps, steps[1:], strict=False)
        ):
            return INFINITY.copy_sign(third)
    if not (_near(third, first, Decimal("1e-12")) and _near(third, second, Decimal("1e-12"))):
        raise Undecidable("it does not settle, or settles too slowly")
    return found[-1]


# -- extrema -------------------------------------------------------------------------------------------

GRID = sorted(
    {Decimal(k) / 8 for k in range(-48, 49)}
    | {
        Decimal(s * k)
        for s in (1, -1)
        for k in (7, 8, 10, 13, 20, 40, 100, 300, 1000, 10**4, 10**6)
    }
)


SHIFT = Decimal("0.0437")  # a second grid, that has to find the same
# Points all over [-50, 50], none of which may be better.
WIDE = [(Decimal(k) * Decimal("0.61803398875") % 1 - HALF) * 100 for k in range(1, 151)]


@maker(t.Extremum)
def _extremum(node):
    """The largest or smallest value over a real variable, by grid and golden section."""
    inner = code(node.body)
    condition = None if node.condition is None else code(node.condition)
    turn = 1 if node.kind in ("max", "sup", "argmax") else -1
    name = node.variable

    def run(ev, env):
        bounds = [
            code(c)
            for c in ev.meaning.conditions
            if type(c) is t.Relation and ev.meaning.leaves(c).names == {name}
        ]

        def value(x):
            n.now().spend(10)
            bound = {**env, name: x}
            if condition is not None and not condition(ev, bound):
                return None
            try:
                if all(b(ev, bound) for b in bounds):
                    return turn * primal(scalar(inner(ev, bound), "an extremum"))
            except Undefined:
                pass
            return None

        with n.unmarked():
            best, where, attained, beyond = _search(value)
        ev.slack = max(ev.slack, SEARCH_SLACK)
        if node.kind in ("sup", "inf"):
            return turn * (best if beyond is None else beyond)
        if not attained or beyond is not None:
            raise NotAttained(
                "there is no largest or smallest value: it is approached, never reached"
            )
        return where if node.kind.startswith("arg") else turn * best

    return run


def _search(value):
    """(largest value found, its place, whether it is reached, the value far out if that is larger)."""
    best, where, values = _highest(value, GRID)
    again, _, _ = _highest(value, [x + SHIFT for x in GRID])
    slack = Decimal("1e-12") * max(ONE, abs(best))
    if abs(best - again) > slack or any(
        (v := value(x)) is not None and v > best + slack for x in WIDE
    ):
        raise Undecidable(
            "an extremum that cannot be bracketed: it changes too fast, or lies at an end"
        )
    far = [v for s in (1, -1) if (v := value(Decimal(s * 10**12))) is not None]
    beyond = max(far, default=None)
    if beyond is not None and beyond <= best + Decimal("1e-50") * max(ONE, abs(best)):
        beyond = None
    if beyond is not None and beyond > best + 10**9:
        beyond = INFINITY
    # nothing at the end of the domain, and the best ever nearer to it
    edge = any(v is None and abs(where - x) < Decimal("1e-12") for v, x in values)
    return best, where, not (edge or _creeps(value, best)), beyond


def _highest(value, grid):
    """(the largest value on a grid and beside its best point, its place, the values of the grid)."""
    values = [(value(x), x) for x in grid]
    known = [(v, x) for v, x in values if v is not None]
    if not known:
        raise Undecidable("an extremum of something that is nowhere defined")
    best, where = max(known, key=lambda pair: (pair[0], -abs(pair[1])))
    place = grid.index(where)
    low, high = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    return *_golden(value, low, high, best, where), values


def _creeps(value, best):
    """Whether the best value is only approached far out, as 1 is by tanh: beyond all usual digits."""
    with digits(400):
        for side in (1, -1):
            near, far = value(Decimal(300 * side)), value(Decimal(1000 * side))
            if None not in (near, far) and far > near and abs(best - near) < Decimal("1e-40"):
                return True
    return False


def _golden(value, low, high, best, where):
    ratio = (Decimal(5).sqrt() - 1) / 2
    floor = Decimal("-1e30")
    a, b = low, high
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    fc, fd = value(c), value(d)
    for _ in range(90):
        if (floor if fc is None else fc) > (floor if fd is None else fd):
            b, d, fd = d, c, fc
            c = b - ratio * (b - a)
            fc = value(c)
        else:
            a, c, fc = c, d, fd
            d = a + ratio * (b - a)
            fd = value(d)
        for v, x in ((fc, c), (fd, d)):
            if v is not None and v > best:
                best, where = v, x
    return best, where


# -- integrals -----------------------------------------------------------------------------------------

POINTS = 12  # of the Gauss-Legendre rule
INTERVALS = 400  # after which an integrand that still does not settle is given up
SETTLED = Decimal("1e-14")


@maker(t.Integral)
def _integral(node):
    """A definite integral; its limits may be moved (Leibniz), its integrand may not."""
    body, low, high = code(node.body), code(node.lower), code(node.upper)

    def run(ev, env):
        def value(x):
            n.now().spend(3)
            return scalar(body(ev, {**env, node.variable: x}), "an integral")

        def between(a, b):
            if type(b) is Dual:
                return Dual(b.tag, between(a, b.a), value(b.a) * b.b)
            if type(a) is Dual:
                return Dual(a.tag, between(a.a, b), -(value(a.a) * a.b))
            return _area(value, a, b)

        ev.slack = max(ev.slack, SEARCH_SLACK)
        ends = scalar(low(ev, env)), scalar(high(ev, env))
        with n.unmarked():
            return between(*ends)

    return run


def _area(value, a, b):
    """∫ from a to b; an infinite end is brought to 1 by x = a + t/(1 - t)."""
    if a > b:
        return -_area(value, b, a)
    if a == b:
        return ZERO
    if a.is_infinite() and b.is_infinite():
        return _area(value, a, ZERO) + _area(value, ZERO, b)
    if b.is_infinite():
        return _adaptive(lambda s: value(a + s / (1 - s)) / ((1 - s) * (1 - s)), ZERO, ONE)
    if a.is_infinite():
        return _adaptive(lambda s: value(b - s / (1 - s)) / ((1 - s) * (1 - s)), ZERO, ONE)
    parts = [a, ZERO, b] if a < 0 < b else [a, b]
    return sum(_adaptive(value, x, y) for x, y in zip(parts, parts[1:], strict=False))


def _adaptive(value, a, b):
    """Halve until the rule on an interval and on its halves agree; Undecidable where they never do."""
    total, scale, count = ZERO, ONE, 0
    waiting = [(a, b, _rule(value, a, b))]
    while waiting:
        a, b, whole = waiting.pop()
        middle = (a + b) * HALF
        left, right = _rule(value, a, middle), _rule(value, middle, b)
        scale = max(scale, abs(left + right))
        count += 1
        if abs(left + right - whole) <= SETTLED * scale:
            total += left + right
        elif count > INTERVALS:
            raise Undecidable("an integral that oscillates, or is too steep to be computed")
        else:
            waiting += [(middle, b, right), (a, middle, left)]
    return total


def _rule(value, a, b):
    centre, radius = (a + b) * HALF, (b - a) * HALF
    result = ZERO
    for node, weight in _gauss():
        found = value(centre + radius * node)
        if type(found) is Dual:
            raise Undecidable("the derivative of an integral by something inside it")
        result += weight * found
    return result * radius


@lru_cache(maxsize=1)
def _gauss():
    """Nodes and weights of Gauss and Legendre on [-1, 1]: the zeros of P_n, by Newton's method."""
    with digits(40):
        found, pi = [], n.constant("pi")
        for k in range(POINTS):
            x = n.cos(pi * (Decimal(k) + Decimal("0.75")) / (POINTS + HALF))
            for _ in range(8):
                last, now = ONE, x
                for m in range(2, POINTS + 1):
                    last, now = now, ((2 * m - 1) * x * now - (m - 1) * last) / m
                slope = POINTS * (x * now - last) / (x * x - 1)
                x -= now / slope
            found.append((x, TWO / ((1 - x * x) * slope * slope)))
    return found
