"""Where a comparison turns over, and where the two sides of an inequality come closest.

While a variable moves, every comparison inside an expression reports what it compares. Where that
changes its sign a kink (or a jump) may lie, and the sides are compared there and beside it.
"""

from contextlib import suppress
from decimal import Decimal
from itertools import pairwise

from . import numbers as n
from .arrays import Array
from .errors import Undecidable, Undefined
from .numbers import SECOND, digits, primal
from .verdicts import Refuted

PROBES = [Decimal(k) / 8 for k in (-53, -25, -9, -3, 3, 11, 23, 47)]
FINE, GOOD = Decimal("1e-190"), Decimal("1e-100")
STEPS = (Decimal("1e-12"), Decimal("1e-4"))
GOLDEN = Decimal("0.6180339887498948482045868343656381177")


def margins(comparison, sample, key, value, env):
    """What each comparison inside compares, at one value of the variable."""
    work, result, seen = n.now(), {}, {}
    work.margins, moved = [], sample.moved(key, value)
    try:
        for node in (comparison.left, comparison.right):
            with suppress(Undefined, Undecidable, ArithmeticError, ValueError):
                comparison.evaluator(moved).value(node, env)
        for item, margin in work.margins:
            seen[item] = seen.get(item, 0) + 1
            result[item, seen[item]] = margin
    finally:
        work.margins = None
    return result


def kinks(comparison, sample, key, env):
    """The places (at most eight) where a comparison turns over as one variable moves."""

    def table(x):
        return margins(comparison, sample, key, x, env)

    with digits(SECOND + 20):
        if not table(PROBES[3]):
            return []
        rows, roots = [table(p) for p in PROBES], []
        for item in dict.fromkeys(k for row in rows for k in row):
            track = [(p, row[item]) for p, row in zip(PROBES, rows, strict=True) if item in row]
            if len({margin for _, margin in track}) > 1:  # i = k does not move
                roots += _roots(track, lambda x, item=item: table(x).get(item))
        kept = []
        for root in sorted(roots):
            if not kept or abs(root - kept[-1]) > Decimal("1e-30"):
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
        if slope and abs(y0 + slope * (x2 - x0) - y2) <= GOOD * max(1, abs(y2)):
            roots += [root for root in (x0 - y0 / slope,) if abs(root) < 10**7]
    for (x0, y0), (x1, y1) in pairwise(track):
        if y0 == 0:
            roots.append(x0)
        elif (y0 > 0) != (y1 > 0) and not any(x0 <= r <= x1 for r in roots):
            found = _bisect(x0, y0, x1, y1, margin)
            roots += [] if found is None else [found]
    return roots


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


# -- where an inequality is tight --------------------------------------------------------------------

PLACES = [Decimal(k) for k in range(-20, -7)]
PLACES += [Decimal(k) / 8 for k in range(-56, 57)] + [Decimal(k) for k in range(8, 21)]


def tightest(question, sample, name, env):
    """For an inequality: look where the two sides come closest, and compare there."""

    def gap(x):
        return room(question, sample.moved(name, x), env)

    with digits(40):
        values = sorted((g, k) for k, x in enumerate(PLACES) if (g := gap(x)) is not None)
        for _, k in values[:2]:
            low, high = PLACES[max(k - 1, 0)], PLACES[min(k + 1, len(PLACES) - 1)]
            where, least = golden(gap, low, high)
            point = sample.moved(name, where)
            with digits(n.DIGITS):
                question.at_point(point, env)
            touching = 0 <= least < Decimal("1e-25") and low + STEPS[0] < where < high - STEPS[0]
            allowed = gap(where.quantize(STEPS[0])) is not None  # no place that is left out
            if touching and allowed and question.operator in ("<", ">"):
                # ``sin x < 1``: the sides meet at a point that has no finite decimal form
                sides = (question.left, question.right)
                values = [question.comparison.side(node, point, env)[0] for node in sides]
                raise Refuted("the two sides meet here", question.witness(point, env, *values))


def golden(value, low, high):
    """(place, value) of the least value between two places, by golden section; None is large."""

    def at(x):
        found = value(x)
        return (n.INFINITY if found is None else found), x

    best = min(at(low), at(high))
    first, second = at(high - GOLDEN * (high - low)), at(low + GOLDEN * (high - low))
    for _ in range(90):
        if first <= second:
            high, second = second[1], first
            first = at(high - GOLDEN * (high - low))
        else:
            low, first = first[1], second
            second = at(low + GOLDEN * (high - low))
        best = min(best, first, second)
    return best[1], best[0]


def room(question, sample, env):
    """How much is left between the sides; None where that cannot be told."""
    try:
        if not question.allowed(sample, env):
            return None
        sides = (question.left, question.right)
        values = [question.comparison.side(node, sample, env) for node in sides]
    except (Undefined, Undecidable):
        return None
    if any(error is not None or type(value) is Array for value, error in values):
        return None
    gap = primal(values[1][0]) - primal(values[0][0])
    return gap if question.operator in ("<", "<=") else -gap
