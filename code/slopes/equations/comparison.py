"""Comparing two sides at one point after another, also where a side has no value."""

from fractions import Fraction

import numpy as np

from . import tree as t
from .errors import (
    BeyondReach,
    Contradiction,
    NoDerivative,
    NotAttained,
    SaidUndefined,
    Undecidable,
    Undefined,
    Unread,
)
from .evaluate import Evaluator
from .numbers import CAREFUL_DIGITS, CHECK_DIGITS, primal
from .points import MODES, Domain, Sample, assignments, constants, domains, named
from .values import Frame, Range, compare_sign
from .verdicts import Refuted

DIFFERS = -40  # powers of ten: relative difference that calls for a second look, and that convicts
CONVICTS = -50
SIZES = (2, 3, 4)
DERIVATIVES = (t.Derivative, t.Prime, t.Primed, t.Gradient)


class Comparison:
    """The part of a question that compares both sides at points."""

    def make_sample(self, seed, mode="mixed", size=3, fixed=None, flat=False, variant=0):
        totals = self.totals()
        sizes = {name: size + k for k, name in enumerate(self.meaning.sizes)}
        return Sample(
            self.meaning, self.arithmetic, str(seed), mode, sizes, size, self.domain, totals,
            dict(fixed or {}), flat, variant,
        )  # fmt: skip

    def totals(self):
        """Conditions of the form Σ y_j = c."""
        found = {}
        for condition in self.conditions:
            if isinstance(condition, t.Relation) and condition.operator == "=":
                for one, other in (
                    (condition.left, condition.right),
                    (condition.right, condition.left),
                ):
                    if (
                        (
                            isinstance(one, t.Big)
                            and one.kind == "sum"
                            and isinstance(one.body, t.Element)
                        )
                        and isinstance(other, t.Number)
                        and isinstance(one.body.base, t.Symbol)
                    ):
                        found[one.body.base.name] = Fraction(other.text)
        return found

    def compare_everywhere(self):
        self.domain = domains(self.conditions)
        indices = self.leaves.indices - set(self.meaning.sizes)
        for condition in self.scoped:
            more = self.meaning.leaves(condition)
            if more.indices & (indices | self.leaves.indices):
                indices |= more.indices
        scalars = sorted(self.leaves.scalars - indices)
        indices = sorted(indices)
        if indices or self.leaves.families or self.leaves.sizes:
            self.compare_indexed(indices, scalars)
            return
        if not scalars and not self.leaves.unknown and not self.open_dependents():
            self.at_point(self.make_sample("only"), {}, generic=True)
            return
        self.compare_scalars(scalars)

    def open_dependents(self):
        return any(
            d.kind == "dependent" for n in self.leaves.definitions if (d := self.meaning.lookup(n))
        )

    def compare_scalars(self, scalars, locals_=None, size=3, counts=(22, 2)):
        generic, backgrounds = counts
        if self.is_costly():
            generic, backgrounds = min(generic, 6), min(backgrounds, 1)
        if len(scalars) > 3:
            generic = max(generic, 26)
        for k in range(generic):
            sample = self.make_sample(f"g{k}", MODES[k % len(MODES)], size, variant=k % 3)
            self.at_point(sample, locals_ or {}, generic=True)
        if generic and self.tally.generic < 4:
            self.search_domain(locals_ or {}, size)
        for name in scalars:
            domain = self.domain.get(name)
            for k in range(backgrounds):
                values = (domain or Domain()).specials()
                for value in values[:1] + values[5:8] if self.is_costly() else values:
                    sample = self.make_sample(
                        f"s{k}",
                        ("mixed", "positive")[k % 2],
                        size,
                        {("v", name): value},
                        variant=k % 3,
                    )
                    self.at_point(sample, locals_ or {}, generic=False)
        if backgrounds and not self.is_costly():
            self.told_points(scalars, locals_ or {}, size)
        if len(scalars) > 1:
            for value in (Fraction(0), Fraction(1), Fraction(1, 2), Fraction(-1)):
                fixed = {("v", name): value for name in scalars}
                self.at_point(
                    self.make_sample("equal", "mixed", size, fixed), locals_ or {}, generic=False
                )
        for k in range(backgrounds):
            sample = self.make_sample(f"s{k}", ("mixed", "positive")[k % 2], size, variant=k % 3)
            for name in scalars:
                self.at_kinks(sample, ("v", name), locals_ or {})
        if self.operator in ("<", "<=", ">", ">=", "in"):
            for name in scalars[:3]:
                self.tightest(self.make_sample("s0", "mixed", size), name, locals_ or {})

    def told_points(self, scalars, locals_, size):
        """Points that the numbers of the formulas suggest, and points far out."""
        names = sorted(self.leaves.definitions)
        bodies = [d.body for n in names if (d := self.meaning.lookup(n)) and d.body is not None]
        numbers = constants([self.left, self.right, *bodies, *self.conditions])
        self.far, self.quiet, start = True, True, self.work.left
        for name in scalars:
            for value in (self.domain.get(name) or Domain()).told(numbers)[:40]:
                if not self.can_afford(start):
                    break
                sample = self.make_sample("t", "positive", size, {("v", name): value})
                self.at_point(sample, locals_, generic=False)
        self.far = self.quiet = False

    def can_afford(self, start):
        """Whether the display's budget leaves room for more points than the usual ones."""
        left = self.work.left
        dear = self.begun - start > 400 * max(self.tally.compared, 1)  # many operations a point
        return not dear and left > 0.5 * self.budget and start - left < 0.05 * self.budget

    def more_sizes(self, indices):
        """Larger sizes, and n = 1 where no element of a vector is in play: once each."""
        sizes = (5, 6) if self.leaves.families else (1, 5, 6, 7, 9, 13)
        start = self.work.left
        for size in sizes:
            if not self.can_afford(start):
                return
            probe = self.make_sample("probe", size=size)
            ends = {name: self.index_end(name, probe) for name in indices}
            places = [p for p in assignments(indices, ends) if self.index_conditions(p, probe)]
            self.quiet = True
            if self.operator in ("<", "<=", ">", ">=") and self.leaves.families and places:
                flat = self.make_sample(f"n{size}", "mixed", 4 * size - 10, flat=True)
                self.at_point(flat, places[0], generic=False)
            for place in places[:1] + places[-1:] if len(places) > 1 else places:
                self.at_point(self.make_sample(f"n{size}", "mixed", size), place, generic=False)
            self.quiet = False

    def compare_indexed(self, indices, scalars):
        for size in SIZES:
            probe = self.make_sample("probe", size=size)
            first = True
            ends = {name: self.index_end(name, probe) for name in indices}
            places = [p for p in assignments(indices, ends) if self.index_conditions(p, probe)]
            if not places:
                continue
            share = {2: 4, 3: 2, 4: 1}[size] if len(places) > 1 else {2: 8, 3: 5, 4: 2}[size]
            for number, place in enumerate(places[:27]):
                for k in range(share):
                    mode = MODES[(k + number) % len(MODES)]
                    sample = self.make_sample(
                        f"i{size}{number}{k}", mode, size, variant=(k + number) % 3
                    )
                    self.at_point(sample, place, generic=True)
                if size < 4:
                    self.at_point(
                        self.make_sample(f"f{size}{number}", "mixed", size, flat=True), place, False
                    )
                if size == 2:
                    if number < 2 or number == len(places) - 1:
                        self.special_elements(place, number, scalars)
                    if first and scalars:
                        self.compare_scalars(scalars, place, size, (0, 1))
                first = False
            if self.tally.generic < 4:
                self.search_domain(places[0], size)
        if not self.is_costly():
            self.more_sizes(indices)

    def is_costly(self):
        """Whether an integral is computed at every point."""
        seen, names = [self.left, self.right], self.leaves.definitions
        bodies = [d.body for n in names if (d := self.meaning.lookup(n)) and d.body is not None]
        return any(isinstance(n, t.Integral) for node in (*seen, *bodies) for n in node.walk())

    def search_domain(self, place, size):
        """More points where most functions are defined, when hardly any other was."""
        for k in range(10):
            sample = self.make_sample(
                f"d{size}{k}", ("unit", "positive")[k % 2], size, variant=k % 3
            )
            self.at_point(sample, place, generic=True)

    def special_elements(self, place, number, scalars):
        for name in sorted(self.leaves.families):
            for value in (
                Fraction(0),
                Fraction(1),
                Fraction(-30),
                Fraction(30),
                Fraction(1, 10**12),
            ):
                fixed = {("e", name, (k,)): value for k in (1,)}
                sample = self.make_sample(f"e{number}", "mixed", 2, fixed)
                if self.domain_allows(name, value):
                    self.at_point(sample, place, generic=False)
            sample = self.make_sample(f"k{number}", "mixed", 2)
            for k in (1, 2):
                self.at_kinks(sample, ("e", name, (k,)), place)
        for name in scalars:
            self.at_kinks(self.make_sample(f"k{number}", "mixed", 2), ("v", name), place)

    def domain_allows(self, name, value):
        domain = self.domain.get(name)
        return (
            domain is None
            or value in domain.specials()
            or (
                not domain.values
                and (domain.lower is None or value >= domain.lower)
                and (domain.upper is None or value <= domain.upper)
            )
        )

    def index_end(self, name, sample):
        upper = self.meaning.upper_of(name, self.left, self.right)
        if upper is None:
            for family in sorted(self.leaves.families):
                found = self.meaning.family_end(family, 0)
                upper = upper or found
        return sample.end(upper)

    def index_conditions(self, place, sample):
        """Whether the values of the indices satisfy the conditions on them."""
        evaluator = Evaluator(self.meaning, sample, self.arithmetic)
        for condition in self.conditions:
            leaves = self.meaning.leaves(condition)
            names = leaves.scalars | leaves.indices
            if isinstance(condition, t.IndexRange):
                names = {condition.index}
            if (
                names
                and names <= set(place)
                and not leaves.families
                and not evaluator.holds(condition, Frame(dict(place)))
            ):
                return False
        return True

    def allowed(self, sample, locals_, dps=None):
        """Whether the point lies in the domain."""
        evaluator = Evaluator(self.meaning, sample, self.arithmetic)
        for condition in self.conditions:
            try:
                if not self.condition_holds(condition, evaluator, sample, locals_):
                    return False
            except Undefined:
                return False
        return True

    def condition_holds(self, condition, evaluator, sample, locals_):
        if isinstance(condition, t.IndexRange) or self.is_total(condition):
            return True
        if isinstance(condition, t.Relation) and condition.operator == "to":
            return True
        leaves = self.meaning.leaves(condition)
        loose = sorted(leaves.indices - set(locals_))
        if not leaves.scalars <= set(locals_) and not self.concerns(leaves):
            return True
        if not loose:
            return evaluator.holds(condition, Frame(dict(locals_)))
        ends = {name: sample.end(self.meaning.upper_of(name, condition)) for name in loose}
        return all(
            evaluator.holds(condition, Frame({**locals_, **place}))
            for place in assignments(loose, ends)
        )

    def concerns(self, leaves):
        """Whether a condition is about something in this relation."""
        return bool(
            leaves.scalars & self.leaves.scalars
            or leaves.families & self.leaves.families
            or leaves.indices & self.leaves.indices
        )

    def is_total(self, condition):
        return (
            isinstance(condition, t.Relation)
            and condition.operator == "="
            and any(isinstance(side, t.Big) for side in (condition.left, condition.right))
        )

    def satisfy(self, sample, locals_):
        """Solve equality conditions such as x = 0 or p + q = 1 for one of their variables."""
        for condition in self.conditions:
            if (
                not isinstance(condition, t.Relation)
                or condition.operator != "="
                or self.is_total(condition)
            ):
                continue
            leaves = self.meaning.leaves(condition)
            names = sorted(leaves.scalars - set(locals_) - leaves.indices)
            if not names or not self.concerns(leaves):
                continue
            single = [s.name for s in (condition.left, condition.right) if isinstance(s, t.Symbol)]
            name = next((n for n in single if n in names), names[-1])
            gap = t.Add((condition.left, t.Negate(condition.right)))
            evaluator = Evaluator(self.meaning, sample, self.arithmetic)

            def rest(x, name=name, gap=gap, evaluator=evaluator):
                sample.drawn["v", name] = x
                return evaluator.value(gap, Frame(dict(locals_)))

            with self.mp.workdps(CAREFUL_DIGITS + 30):
                drawn = self.mp.mpf(sample.scalar(name))
                if rest(drawn) == 0:  # drawn from {-1, 1}, for y² = 1
                    continue
                start, end = rest(self.mp.mpf(0)), rest(self.mp.mpf(1))
                if start == end:
                    raise Undefined("a condition that cannot be solved")
                root = -start / (end - start)
                turned = drawn < 0 and rest(-root) == 0  # y² = 1 has two solutions
                sample.drawn["v", name] = -root if turned else root

    # -- one point ---------------------------------------------------------------------------------

    def at_point(self, sample, locals_, generic):
        """Compare both sides at one point; raises Refuted."""
        try:
            self.satisfy(sample, locals_)
            if not self.allowed(sample, locals_):
                return self.retry(sample, locals_) if generic else None
        except Undefined:
            return None
        return self.compare_at(sample, locals_, generic)

    def retry(self, sample, locals_):
        """Draw again until the point lies in the domain."""
        for attempt in range(40):
            other = self.make_sample(
                f"{sample.seed}r{attempt}", MODES[attempt % len(MODES)], sample.default, sample.fixed,
                sample.flat, sample.variant,
            )  # fmt: skip
            try:
                self.satisfy(other, locals_)
                if self.allowed(other, locals_):
                    return self.compare_at(other, locals_, True)
            except Undefined:
                continue
        return None

    def compare_at(self, sample, locals_, generic):
        try:
            left, left_error = self.side(self.left, sample, locals_)
            right, right_error = (
                (None, None) if self.operator == "in" else self.side(self.right, sample, locals_)
            )
        except Undecidable as error:
            self.unsettled(error, generic)
            return
        if self.operator == "in" and left_error is None:
            return self.member_at(left, sample, locals_, generic)
        if left_error is not None or right_error is not None:
            return self.one_sided(left, left_error, right, right_error, sample, locals_, generic)
        # Without a variable there is no other point that could tell, and at the first points of any
        # equality a term that is small beside the others must not get lost.
        exact = not getattr(self, "slacks", 0)  # no limit, integral or search on either side
        first = not sample.drawn or self.tally.generic < 2
        strict = self.operator == "=" and exact and first
        if self.agree(left, right) and not strict:
            self.count(generic)
            return
        for digits in (CHECK_DIGITS, CAREFUL_DIGITS):
            with self.mp.workdps(digits):
                self.arithmetic.peak, self.arithmetic.absorbed = self.mp.mpf(1), False
                try:
                    left2, error1 = self.side(self.left, sample, locals_)
                    right2, error2 = self.side(self.right, sample, locals_)
                except Undecidable as error:
                    self.unsettled(error, generic)
                    return
                finally:
                    peak, self.arithmetic.peak = self.arithmetic.peak, None
                if error1 is not None or error2 is not None:
                    return
                # What cancellation can have left of the largest term, with 50 digits to spare.
                self.noise = (peak if exact else 1) * self.mp.mpf(10) ** (50 - digits)
                self.unclear = False
                fine = strict or self.is_far_strict()
                holds = self.agree(left2, right2, second=50 - digits if fine else CONVICTS)
                absorbed = self.arithmetic.absorbed and (self.far or (strict and holds))
                lost = exact and (absorbed or self.is_lost(left2, right2))
            if not exact or not (self.unclear or lost or (strict and not sample.drawn)):
                break
        if lost:
            # A difference far below the digits of the larger numbers: nothing can be told here.
            self.tally.undefined = self.tally.undefined or "a difference too small to be told"
            return
        if not holds:
            raise Refuted(self.difference(), self.witness(sample, locals_, left2, right2))
        self.count(generic)

    def is_lost(self, left, right):
        """Whether what tells the sides apart may have been lost beside a very large number."""
        if self.unclear:
            return self.noise > self.mp.mpf(10) ** -20
        if not self.is_far_strict():
            return False
        scalars = not isinstance(left, np.ndarray | Range) and not isinstance(
            right, np.ndarray | Range
        )
        return scalars and abs(primal(left) - primal(right)) <= self.noise

    def is_far_strict(self):
        """Whether a strict relation is tested far out, where ``σ(x) < 1`` is very nearly an equality."""
        return self.far and self.operator in ("<", ">", "!=")

    def unsettled(self, error, generic):
        """A point that could not be told; with several variables at special values that means little."""
        if generic or len(self.leaves.scalars) < 2:
            self.tally.undecidable = str(error)

    def count(self, generic):
        if self.quiet:
            return
        if generic:
            self.tally.generic += 1
        else:
            self.tally.special += 1

    def difference(self):
        if self.operator == "=":
            return "the two sides differ"
        return "the relation does not hold"

    def side(self, node, sample, locals_):
        """(value, None) or (None, the reason why there is none)."""
        evaluator = Evaluator(self.meaning, sample, self.arithmetic)
        try:
            value = evaluator.value(node, Frame(dict(locals_)))
        except Undefined as error:
            return None, error
        except (OverflowError, ZeroDivisionError, ValueError) as error:
            return None, Undefined(f"no value ({error})")
        self.slack = evaluator.slack
        self.slacks = max(getattr(self, "slacks", 0), evaluator.slack)
        items = value.flat if isinstance(value, np.ndarray) else [value]
        for item in items:
            if not isinstance(item, Range) and self.mp.isnan(primal(item)):
                return None, Undefined("no value")
        return value, None

    def agree(self, left, right, second=None):
        """Whether the relation holds between two values.

        At a second look, ``second`` is the power of ten of the relative difference that convicts; a
        difference that may be left over from cancellation is `unclear` and calls for more digits.
        """
        if isinstance(left, Range) or isinstance(right, Range):
            return self.agree_sets(left, right)
        if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
            return self.agree_arrays(left, right, second)
        left, right = primal(left), primal(right)
        mp = self.mp
        if mp.isinf(left) or mp.isinf(right):
            sign = 0 if left == right else (1 if left > right else -1)
        else:
            gap, scale = abs(left - right), max(abs(left), abs(right))
            limit = mp.mpf(10) ** (DIFFERS if second is None else second) * scale
            if second is not None and limit < gap <= self.noise:
                self.unclear = True
                limit = self.noise
            slack = getattr(self, "slacks", 0)
            if slack:
                limit = max(limit, slack * max(1, scale))
            if gap <= limit:
                sign = 0
            elif isinstance(left, mp.mpc) or isinstance(right, mp.mpc):
                sign = 2
            else:
                sign = 1 if left > right else -1
        if sign == 2:
            return self.operator == "!="
        return compare_sign(sign, self.operator)

    def agree_arrays(self, left, right, second):
        if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
            array, other = (left, right) if isinstance(left, np.ndarray) else (right, left)
            if array.size != 1 and not (isinstance(other, np.ndarray)) and primal(other) != 0:
                raise Unread("a vector on one side and a number on the other")
            return all(
                self.agree(x, other, second) if array is left else self.agree(other, x, second)
                for x in array.flat
            )
        if left.shape != right.shape:
            if left.T.shape == right.shape:
                raise Unread(
                    f"a column on one side and a row on the other: shapes {left.shape}, {right.shape}"
                )
            raise Unread(f"shapes {left.shape} and {right.shape} on the two sides")
        return all(self.agree(x, y, second) for x, y in zip(left.flat, right.flat, strict=True))

    def agree_sets(self, left, right):
        if isinstance(left, Range) and isinstance(right, Range) and self.operator == "=":
            if left.items or right.items:
                raise Unread("finite sets are read after ∈ only")
            ends = self.agree(left.lower, right.lower) and self.agree(left.upper, right.upper)
            same = self.agree(left.lower, left.upper)
            closed = (left.lower_closed, left.upper_closed) == (
                right.lower_closed,
                right.upper_closed,
            )
            return ends and (closed or same)
        raise Unread("a set on one side and a number on the other: write ∈")

    def member_at(self, left, sample, locals_, generic):
        evaluator = Evaluator(self.meaning, sample, self.arithmetic)
        try:
            inside = evaluator.inside(left, self.right, Frame(dict(locals_)))
        except Undefined:
            return
        if inside:
            self.count(generic)
            return
        if self.far and evaluator.inside(left, closed(self.right), Frame(dict(locals_))):
            return  # at an open end, as far as the digits tell
        with self.mp.workdps(CHECK_DIGITS):
            left2, error = self.side(self.left, sample, locals_)
            if error is None and not evaluator.inside(left2, self.right, Frame(dict(locals_))):
                raise Refuted(
                    "the value lies outside the set", self.witness(sample, locals_, left2, None)
                )

    def one_sided(self, left, left_error, right, right_error, sample, locals_, generic):
        """A point where at least one side has no value."""
        for error in (left_error, right_error):
            if isinstance(error, Contradiction):
                raise Refuted(f"{error} here", self.witness(sample, locals_, left, right))
            if isinstance(error, NotAttained):
                raise Refuted(str(error), self.witness(sample, locals_, left, right))
        if left_error is not None and right_error is not None:
            self.tally.neither += generic
            return
        error, value = (left_error, right) if left_error is not None else (right_error, left)
        other = self.right if left_error is not None else self.left
        if isinstance(error, SaidUndefined):
            raise Refuted(
                "one side is said to be undefined here, and the other one has a value",
                self.witness(sample, locals_, left, right),
            )
        if isinstance(error, NoDerivative) and not any(
            isinstance(n, DERIVATIVES) for n in other.walk()
        ):
            self.at_kink(error, value, left_error is not None, sample, locals_)
            return
        if isinstance(error, BeyondReach):
            self.tally.undefined = self.tally.undefined or str(error)
            return
        if left_error is not None:
            if generic:
                witness = self.witness(sample, locals_, None, right)
                self.tally.right_only.append((left_error, witness))
            self.tally.undefined = self.tally.undefined or f"the left side: {left_error}"
        elif generic:
            self.tally.left_only.append((right_error, self.witness(sample, locals_, left, None)))
            self.tally.undefined = self.tally.undefined or f"the right side: {right_error}"

    def at_kink(self, error, value, on_left, sample, locals_):
        """One side is a derivative that does not exist here; the other states a value."""
        accepted = (
            self.convention
            and error.left is not None
            and not isinstance(value, np.ndarray | Range)
            and not isinstance(error.left, np.ndarray)
        )
        if accepted:
            low, high = sorted((primal(error.left), primal(error.right)))
            if low - 1e-30 <= primal(value) <= high + 1e-30:
                self.tally.convention = True
                return
        said = self.text(value)
        if error.left is not None and not isinstance(error.left, np.ndarray):
            low, high = self.text(error.left), self.text(error.right)
            slopes = f"the slope is {low} from the left and {high} from the right"
        else:
            slopes = "the function jumps"
        reason = f"no derivative exists at this point ({slopes}), yet one side says {said}"
        if accepted:
            reason += "; a convention must lie between the two slopes"
        witness = self.witness(
            sample, locals_, None if on_left else value, value if on_left else None
        )
        raise Refuted(reason, witness, kink=True)


def closed(members):
    """An interval with both its ends; any other set as it is."""
    if isinstance(members, t.Vector) and len(members.items) == 2:
        members = t.Interval(*members.items, True, True)
    if isinstance(members, t.Interval):
        return t.Interval(members.lower, members.upper, True, True)
    return members


def merged(page, scoped):
    """The page's conditions and those of one place; a set of values named here replaces the page's."""
    here = {named(c.left) for c in scoped if is_membership(c)}
    return [*(c for c in page if not (is_membership(c) and named(c.left) in here)), *scoped]


def is_membership(condition):
    """Whether a condition gives a variable a set of values, and more than its kind of numbers."""
    return (
        isinstance(condition, t.Relation)
        and condition.operator == "in"
        and not isinstance(condition.right, t.NumberSet)
    )
