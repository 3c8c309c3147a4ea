"""Where a comparison turns over: each is a place at which a slope may be one-sided.

While a variable moves, every comparison inside an expression reports what it compares. Where that
changes its sign a kink (or a jump) may lie, and the sides are compared there and beside it.
"""

from contextlib import suppress
from decimal import Decimal
from itertools import pairwise

from . import numbers as n
from . import tree as t
from .arrays import Array
from .errors import Undecidable, Undefined
from .numbers import SECOND, digits, primal
from .verdicts import Refuted

PROBES = [Decimal(k) / 8 for k in (-53, -25, -9, -3, 3, 11, 23, 47)]
FINE = Decimal("1e-190")
STEPS = (Decimal("1e-12"), Decimal("1e-4"))


def margins(comparison, sample, key, value, env):
    """What each comparison inside compares, at one value of the variable."""
    work = n.now()
    work.margins = []
    moved = sample.moved(key, value)
    try:
        for node in (comparison.left, comparison.right):
            with suppress(Undefined, Undecidable, ArithmeticError, ValueError):
                comparison.evaluator(moved).value(node, env)
        found = work.margins
    finally:
        work.margins = None
    result, seen = {}, {}
    for item, margin in found:
        seen[item] = seen.get(item, 0) + 1
        result[item, seen[item]] = margin
    return result


def kinks(comparison, sample, key, env):
    """The places (at most eight) where a comparison turns over as one variable moves."""
    with digits(SECOND + 20):
        if not margins(comparison, sample, key, PROBES[3], env):
            return []
        table = [margins(comparison, sample, key, p, env) for p in PROBES]
        roots = []
        for item in dict.fromkeys(k for row in table for k in row):
            track = [(p, row[item]) for p, row in zip(PROBES, table, strict=True) if item in row]
            if len({margin for _, margin in track}) > 1:  # i = k does not move
                roots += _roots(
                    track, lambda x, item=item: margins(comparison, sample, key, x, env).get(item)
                )
        kept = []
        for root in sorted(roots):
            if not kept or abs(root - kept[-1]) > Decimal("1e-30"):
                kept.append(root)
    return kept[:8]


def beside(roots):
    """The points to compare at: each root, both its sides, and between the roots."""
    points = [x for r in roots for x in (r, *(r + s * turn for s in STEPS for turn in (1, -1)))]
    ends = [roots[0] - 1, *roots, roots[-1] + 1]
    return points + [(a + b) / 2 for a, b in pairwise(ends)]


def _roots(track, margin):
    """Where a margin is zero: exactly if it is a straight line, otherwise between changes of sign."""
    roots = []
    if len(track) >= 3:
        (x0, y0), (x1, y1), (x2, y2) = track[:3]
        slope = (y1 - y0) / (x1 - x0)
        if slope and abs(y0 + slope * (x2 - x0) - y2) <= Decimal("1e-100") * max(1, abs(y2)):
            root = x0 - y0 / slope
            if abs(root) < 10**7:
                roots.append(root)
    for (x0, y0), (x1, y1) in pairwise(track):
        if y0 == 0:
            roots.append(x0)
        elif (y0 > 0) != (y1 > 0) and not any(x0 <= r <= x1 for r in roots):
            found = _bisect(x0, y0, x1, y1, margin)
            if found is not None:
                roots.append(found)
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
        if (y2 > 0) != (y1 > 0):
            x0, y0 = x1, y1
        else:
            y0 = y0 / 2
        x1, y1 = x2, y2
    return x1 if abs(y1) < Decimal("1e-100") else None


# -- where an inequality is tight --------------------------------------------------------------------

PLACES = [Decimal(k) for k in range(-20, -7)]
PLACES += [Decimal(k) / 8 for k in range(-56, 57)] + [Decimal(k) for k in range(8, 21)]


def tightest(question, sample, name, env):
    """For an inequality: look where the two sides come closest, and compare there."""

    def gap(x):
        return room(question, sample.moved(name, x), env)

    with digits(40):
        values = [(g, k) for k, x in enumerate(PLACES) if (g := gap(x)) is not None]
        for _, k in sorted(values)[:2]:
            low, high = PLACES[max(k - 1, 0)], PLACES[min(k + 1, len(PLACES) - 1)]
            found, bracketed = _closest(gap, low, high)
            point = sample.moved(name, found)
            with digits(n.DIGITS):
                question.at_point(point, env)
            least = gap(found)
            touching = least is not None and 0 <= least < Decimal("1e-25")
            if (
                bracketed
                and 0 < k < len(PLACES) - 1
                and touching
                and is_strict(question, point, env)
            ):
                # ``sin x < 1``: the sides meet at a point that has no finite decimal form
                left, _ = question.comparison.side(question.left, point, env)
                right = None
                if question.operator != "in":
                    right, _ = question.comparison.side(question.right, point, env)
                raise Refuted("the two sides meet here", question.witness(point, env, left, right))


def _closest(gap, low, high):
    """(the place of the least gap by golden section, whether it lies inside)."""
    ratio, a, b = (Decimal(5).sqrt() - 1) / 2, low, high
    for _ in range(90):
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        left, right = gap(c), gap(d)
        if left is None or right is None:
            break
        a, b = (a, d) if left < right else (c, b)
    return (a + b) / 2, a > low and b < high


def room(question, sample, env):
    """How much is left between the sides (or to the nearer end of an interval); None if untold."""
    comparison = question.comparison
    try:
        if not question.allowed(sample, env):
            return None
        left, error = comparison.side(question.left, sample, env)
        if error is not None or type(left) is Array:
            return None
        if question.operator == "in":
            ends = interval_ends(question, sample, env)
            return None if ends is None else min(primal(left) - ends[0], ends[1] - primal(left))
        right, error = comparison.side(question.right, sample, env)
    except (Undefined, Undecidable):
        return None
    if error is not None or type(right) is Array:
        return None
    gap = primal(right) - primal(left)
    return gap if question.operator in ("<", "<=") else -gap


def interval_ends(question, sample, env):
    """The ends of the interval on the right of ∈; None for another set."""
    members = question.right
    if type(members) is t.Vector and len(members.items) == 2:
        members = t.Interval(*members.items, False, False)
    if type(members) is not t.Interval:
        return None
    evaluator = question.comparison.evaluator(sample)
    return primal(evaluator.value(members.lower, env)), primal(evaluator.value(members.upper, env))


def is_strict(question, sample, env):
    """Whether the relation excludes that the sides meet (at the end of the interval that is near)."""
    if question.operator != "in":
        return question.operator in ("<", ">")
    low, _ = interval_ends(question, sample, env)
    value, _ = question.comparison.side(question.left, sample, env)
    members = question.right
    closed = (False, False)
    if type(members) is t.Interval:
        closed = members.lower_closed, members.upper_closed
    return not closed[abs(primal(value) - low) > Decimal("1e-20")]
