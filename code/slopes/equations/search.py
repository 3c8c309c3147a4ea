"""Limits, extrema and integrals, by evaluation: each brings an error, which it reports as slack."""

from . import tree as t
from .errors import NoDerivative, NotAttained, Undecidable, Undefined, Unread
from .numbers import CHECK_DIGITS, Dual, primal
from .values import Approach

LIMIT_SLACK = 1e-15
SEARCH_SLACK = 1e-10
COUNTERS = {"n", "k", "m", "N", "i", "j"}  # letters of limits that run through whole numbers


def limit(ev, node, frame):
    """A limit, from both sides unless one is named, by evaluating very near (or very far)."""
    if not isinstance(node.variable, t.Symbol):
        raise Unread("a limit in something that is not a variable")
    name = node.variable.name
    target = ev.value(node.target, frame)
    side = node.side
    if isinstance(target, Approach):
        target, side = target.point, "+" if target.step > 0 else "-"
    mp = ev.mp
    ev.work_limits = True
    with mp.workdps(max(CHECK_DIGITS, mp.dps)):
        results = []
        for direction in _directions(mp, target, side):
            results.append(_approach(ev, node.body, frame, name, target, direction))
    if len(results) == 2 and not _close(results[0], results[1]):
        raise NoDerivative("the limits from the left and from the right differ")
    ev.slack = max(ev.slack, LIMIT_SLACK)
    return results[-1]


def _directions(mp, target, side):
    if not isinstance(target, Dual) and mp.isinf(target):
        return [1 if target > 0 else -1]
    return {"+": [1], "-": [-1]}.get(side, [-1, 1])


def _approach(ev, body, frame, name, target, direction):
    """The value that three points nearer and nearer (or farther and farther) settle at.

    The points are no round numbers: a sine of π·10^25 would be 0 for no other reason.
    """
    mp = ev.mp
    infinite = not isinstance(target, Dual) and mp.isinf(target)
    values = []
    for power, odd in ((25, 2), (30, 3), (35, 5)):
        size = mp.mpf(10) ** power * mp.sqrt(odd)
        if infinite and name in COUNTERS:
            size = 2 * mp.floor(size / 2) + odd % 2
        point = direction * size if infinite else ev.a.add(target, direction / size)
        found = ev.scalar(ev.value(body, frame.bind({name: point})), "a limit")
        values.append(found)
    first, second, third = (primal(v) for v in values)
    growing = abs(third) > 10 * abs(second) > 100 * abs(first)
    if abs(third) > mp.mpf(10) ** 9 and growing and (third > 0) == (second > 0) == (first > 0):
        return mp.inf if third > 0 else -mp.inf
    for other in (first, second):
        if abs(third - other) > mp.mpf(10) ** -12 * max(1, abs(third)):
            raise Undecidable("a limit that does not settle, or settles too slowly to be told")
    return values[-1]


def _close(x, y):
    x, y = primal(x), primal(y)
    if x == y:
        return True
    return abs(x - y) <= 1e-15 * max(1, abs(x), abs(y))


def extremum(ev, node, frame):
    """The largest or smallest value over a real variable, by grid and golden section."""
    if not isinstance(node.variable, t.Symbol):
        raise Unread("an extremum over something that is not a variable")
    mp, name = ev.mp, node.variable.name
    sign = 1 if node.kind in ("max", "sup", "argmax") else -1

    def value(x):
        ev.a.work.spend(10)
        inner = frame.bind({name: x})
        if node.condition is not None and not ev.holds(node.condition, inner):
            return None
        if not ev.meaning.allows(name, x, ev):
            return None
        try:
            found = primal(ev.scalar(ev.value(node.body, inner), "an extremum"))
        except Undefined:
            return None
        return sign * found

    far = (7, 8, 10, 13, 20, 40, 100, 300, 1000, 10**4, 10**6)
    with mp.workdps(60):
        grid = sorted(
            {mp.mpf(k) / 8 for k in range(-48, 49)} | {s * mp.mpf(j) for s in (1, -1) for j in far}
        )
        values = [(value(x), x) for x in grid]
        known = [(v, x) for v, x in values if v is not None]
        if not known:
            raise Undecidable("an extremum of something that is nowhere defined")
        best, where = max(known, key=lambda pair: (pair[0], -abs(pair[1])))
        place = grid.index(where)
        low, high = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
        best, where = _golden(value, low, high, best, where, mp)
        ends = [value(s * mp.mpf(10) ** 12) for s in (1, -1)]
        beyond = max((v for v in ends if v is not None), default=None)
        # nothing at the end of the domain, and the best ever nearer to it
        edge = any(v is None and abs(where - x) < mp.mpf(10) ** -12 for v, x in values)
    edge = edge or _creeps(value, best, mp)
    ev.slack = max(ev.slack, SEARCH_SLACK)
    outside = beyond is not None and beyond > best + mp.mpf(10) ** -50 * max(1, abs(best))
    if node.kind in ("sup", "inf"):
        return sign * beyond if outside else sign * best
    if outside or edge:
        raise NotAttained("there is no largest or smallest value: it is approached, never reached")
    return where if node.kind.startswith("arg") else sign * best


def _creeps(value, best, mp):
    """Whether the best value is only approached far out, as 1 is by tanh: beyond all usual digits."""
    with mp.workdps(400):
        for side in (1, -1):
            near, far = value(mp.mpf(300 * side)), value(mp.mpf(1000 * side))
            if near is None or far is None:
                continue
            if far - near > 0 and abs(best - near) < mp.mpf(10) ** -40:
                return True
    return False


def _golden(value, low, high, best, where, mp):
    ratio = (mp.sqrt(5) - 1) / 2
    a, b = low, high
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    floor = mp.mpf(-10) ** 30
    fc, fd = (value(x) for x in (c, d))
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


def integral(ev, node, frame):
    """A definite integral by quadrature; its limits may be moved, its integrand may not."""
    mp = ev.mp

    def inner(x):
        ev.a.work.spend(3)
        found = ev.scalar(ev.value(node.body, frame.bind({node.variable: x})), "an integral")
        if isinstance(found, Dual):
            raise Undecidable("the derivative of an integral by something inside it")
        return found

    def between(low, high):
        if isinstance(high, Dual):
            return Dual(high.tag, between(low, high.a), ev.a.mul(at(high.a), high.b))
        if isinstance(low, Dual):
            return Dual(low.tag, between(low.a, high), ev.a.neg(ev.a.mul(at(low.a), low.b)))
        with mp.workdps(16):
            return mp.quad(inner, [low, 0, high] if low < 0 < high else [low, high], maxdegree=5)

    def at(x):
        return ev.scalar(ev.value(node.body, frame.bind({node.variable: x})), "an integral")

    ev.slack = max(ev.slack, SEARCH_SLACK)
    return between(ev.scalar(ev.value(node.lower, frame)), ev.scalar(ev.value(node.upper, frame)))
