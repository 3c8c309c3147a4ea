"""Where a comparison turns over, and where the two sides of an inequality come closest."""

from contextlib import suppress
from fractions import Fraction
from itertools import pairwise

import numpy as np

from . import tree as t
from .errors import Undecidable, Undefined
from .evaluate import Evaluator
from .numbers import CHECK_DIGITS, primal
from .points import Sample
from .values import Frame
from .verdicts import Refuted


class Kinks:
    """The part of a question that looks for kinks and for tight places."""

    def at_kinks(self, sample, key, locals_):
        """Find where a comparison inside turns over as one variable moves; test there and beside."""
        name = key[1]
        domain = self.domain.get(name)
        if domain is not None and (domain.values or domain.whole):
            return
        try:
            self.satisfy(sample, locals_)
        except Undefined:
            return
        roots = self.roots(sample, key, locals_)
        if not roots:
            return
        points = []
        for root in roots:
            points.append(root)
            for step in (Fraction(1, 10**12), Fraction(1, 10**4)):
                points += [root + self.arithmetic.number(step), root - self.arithmetic.number(step)]
        ordered = [roots[0] - 1, *roots, roots[-1] + 1]
        points += [(a + b) / 2 for a, b in pairwise(ordered)]
        for point in points:
            self.at_point(self.moved(sample, key, point), locals_, generic=False)

    def moved(self, sample, key, value):
        other = Sample(
            sample.meaning, sample.arithmetic, sample.seed, sample.mode, sample.sizes, sample.default,
            sample.domain, sample.totals, sample.fixed, sample.flat, sample.variant, dict(sample.drawn),
        )  # fmt: skip
        other.drawn[key] = value
        return other

    def margins(self, sample, key, value, locals_):
        """What each comparison inside compares, at one value of the variable."""
        self.arithmetic.margins = []
        moved = self.moved(sample, key, value)
        for node in (self.left, self.right):
            with suppress(Undefined, Undecidable, OverflowError, ValueError):
                Evaluator(self.meaning, moved, self.arithmetic).value(node, Frame(dict(locals_)))
        found, self.arithmetic.margins = self.arithmetic.margins, None
        result, seen = {}, {}
        for item, margin in found:
            seen[item] = seen.get(item, 0) + 1
            result[item, seen[item]] = margin
        return result

    def roots(self, sample, key, locals_):
        number = self.arithmetic.number
        probes = [number(Fraction(k, 8)) for k in (-53, -25, -9, -3, 3, 11, 23, 47)]
        with self.mp.workdps(CHECK_DIGITS + 20):
            first = self.margins(sample, key, probes[3], locals_)
            if not first:
                return []
            table = [self.margins(sample, key, p, locals_) for p in probes]
            roots = []
            for item in {k for row in table for k in row}:
                track = [
                    (p, row[item]) for p, row in zip(probes, table, strict=True) if item in row
                ]
                roots += self.track_roots(track, item, sample, key, locals_)
            roots.sort()
            kept = []
            for root in roots:
                if not kept or abs(root - kept[-1]) > self.mp.mpf(10) ** -30:
                    kept.append(root)
        return kept[:8]

    def track_roots(self, track, item, sample, key, locals_):
        mp = self.mp
        roots = []
        if len(track) >= 3:
            (x0, y0), (x1, y1), (x2, y2) = track[:3]
            slope = (y1 - y0) / (x1 - x0)
            if slope and abs(y0 + slope * (x2 - x0) - y2) <= mp.mpf(10) ** -100 * max(1, abs(y2)):
                root = x0 - y0 / slope
                if abs(root) < 10**7:
                    roots.append(root)
        for (x0, y0), (x1, y1) in pairwise(track):
            if y0 == 0:
                roots.append(x0)
            elif (y0 > 0) != (y1 > 0) and not any(x0 <= r <= x1 for r in roots):
                found = self.bisect(x0, y0, x1, y1, item, sample, key, locals_)
                if found is not None:
                    roots.append(found)
        return roots

    def bisect(self, x0, y0, x1, y1, item, sample, key, locals_):
        """A root by the Illinois method: secants that keep the bracket."""
        mp = self.mp
        for _ in range(60):
            x2 = x1 - y1 * (x1 - x0) / (y1 - y0)
            y2 = self.margins(sample, key, x2, locals_).get(item)
            if y2 is None:
                return None
            if abs(y2) <= mp.mpf(10) ** -190 or abs(x1 - x0) < mp.mpf(10) ** -190:
                return x2
            if (y2 > 0) != (y1 > 0):
                x0, y0 = x1, y1
            else:
                y0 = y0 / 2
            x1, y1 = x2, y2
        return x1 if abs(y1) < mp.mpf(10) ** -100 else None

    def tightest(self, sample, name, locals_):
        """For an inequality: look where the two sides come closest, and test there."""
        number = self.arithmetic.number

        def gap(x):
            moved = self.moved(sample, ("v", name), x)
            try:
                if not self.allowed(moved, locals_):
                    return None
                left, e1 = self.side(self.left, moved, locals_)
                if self.operator == "in":
                    return None if e1 is not None else self.room(primal(left), moved, locals_)
                right, e2 = self.side(self.right, moved, locals_)
            except Undefined:
                return None
            if (
                e1 is not None
                or e2 is not None
                or isinstance(left, np.ndarray)
                or isinstance(right, np.ndarray)
            ):
                return None
            difference = primal(right) - primal(left)
            return difference if self.operator in ("<", "<=") else -difference

        places = [*range(-20, -7), *(Fraction(k, 8) for k in range(-56, 57)), *range(8, 21)]
        grid = [number(Fraction(k)) for k in places]
        with self.mp.workdps(40):
            values = [(g, k) for k, x in enumerate(grid) if (g := gap(x)) is not None]
            ratio = (self.mp.sqrt(5) - 1) / 2
            for _, k in sorted(values)[:2]:
                a, b = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
                for _ in range(90):
                    c, d = b - ratio * (b - a), a + ratio * (b - a)
                    gc, gd = gap(c), gap(d)
                    if gc is None or gd is None:
                        break
                    a, b = (a, d) if gc < gd else (c, b)
                found = self.moved(sample, ("v", name), (a + b) / 2)
                self.at_point(found, locals_, generic=False)
                inside = 0 < k < len(grid) - 1 and a > grid[k - 1] and b < grid[k + 1]
                if inside and self.is_strict() and gap((a + b) / 2) is not None:
                    self.refute_touching(gap((a + b) / 2), found, locals_)

    def is_strict(self):
        """Whether the relation excludes equality."""
        members = self.right
        return self.operator in ("<", ">") or (
            self.operator == "in"
            and isinstance(members, t.Interval)
            and not (members.lower_closed and members.upper_closed)
        )

    def refute_touching(self, gap, sample, locals_):
        """``sin x < 1``: the sides meet at a point that has no finite decimal form."""
        if 0 <= gap < self.mp.mpf(10) ** -25 and self.open_end(sample, locals_):
            left, _ = self.side(self.left, sample, locals_)
            right, _ = (
                (None, None) if self.operator == "in" else self.side(self.right, sample, locals_)
            )
            raise Refuted("the two sides meet here", self.witness(sample, locals_, left, right))

    def open_end(self, sample, locals_):
        """For an interval: whether the end that is reached is the open one."""
        if self.operator != "in":
            return True
        value, _ = self.side(self.left, sample, locals_)
        evaluator = Evaluator(self.meaning, sample, self.arithmetic)
        low = evaluator.value(self.right.lower, Frame(dict(locals_)))
        nearer_low = abs(primal(value) - low) < self.mp.mpf(10) ** -20
        return not self.right.lower_closed if nearer_low else not self.right.upper_closed

    def room(self, value, sample, locals_):
        """How far inside an interval a value lies."""
        members = self.right
        if isinstance(members, t.Vector) and len(members.items) == 2:
            members = t.Interval(*members.items, False, False)
        if not isinstance(members, t.Interval):
            return None
        evaluator = Evaluator(self.meaning, sample, self.arithmetic)
        low = evaluator.value(members.lower, Frame(dict(locals_)))
        high = evaluator.value(members.upper, Frame(dict(locals_)))
        return min(value - low, high - value)
