"""Both sides of a relation at one point: whether they fit, and whether the digits tell.

Both sides are computed at 60 digits, and again at 200 where they seem to differ. A difference
convicts if it is the same at both: what cancellation leaves of large numbers changes with the
digits, and a term that vanished beside another (`Work.absorbed`) is noticed. What 200 digits cannot
tell, 1500 may; what they cannot tell either is lost, and says nothing.
"""

import decimal
import functools
from dataclasses import dataclass
from decimal import Decimal

from . import derivatives  # noqa: F401 (it says how its nodes are evaluated)
from . import numbers as n
from .arrays import Range, flat
from .errors import BeyondReach, Contradiction, Undecidable, Undefined, Unread
from .evaluate import SATISFIES, Evaluator, code, inside
from .numbers import AGREEING, CAREFUL, DIGITS, ONE, SECOND, Dual, digits, primal

AGREES = ONE.scaleb(-AGREEING)  # the relative difference that is none at first sight
CONVICTS = Decimal("1e-50")  # and at a second look
STABLE = Decimal("0.01")
LOOKS = (DIGITS, SECOND, CAREFUL, CAREFUL + 200)  # the last one tells whether a difference stays


@dataclass
class Outcome:
    """What one point says."""

    kind: str  # holds, differs, left or right (has no value), neither, unsettled, lost, unclear
    left: object = None
    right: object = None
    error: Exception | None = None  # why a side has no value


class Comparison:
    """Two sides and a relation, to be compared at points."""

    def __init__(self, meaning, left, operator, right):
        self.meaning = meaning
        self.left, self.operator, self.right = left, operator, right
        self.reach = functools.cache(meaning.reach)

    def evaluator(self, sample):
        return Evaluator(self.meaning, sample, self.reach)

    def value(self, node, sample):
        """The value of a side; Undefined is raised where there is none, whatever the cause."""
        try:
            return code(node)(self.evaluator(sample), sample.place)
        except decimal.Overflow:
            raise BeyondReach("a number too large to compute") from None
        except (ArithmeticError, ValueError) as error:
            raise Undefined(f"no value ({type(error).__name__})") from None

    def side(self, node, sample):
        """(value, None) or (None, the reason why there is none)."""
        try:
            return self.value(node, sample), None
        except Undefined as error:
            return None, error

    def outcome(self, sample, strict=False):
        """What a point says; `strict` looks at it with more digits even where the sides agree.

        Far out a strict relation (``σ(x) < 1``) may be an equality as far as any digits tell.
        """
        before, work = None, n.now()
        work.rounded = sample.kind == "root"
        for count in LOOKS:
            work.absorbed = False
            try:
                with digits(count):
                    found, gaps = self.look(sample, before, strict)
            except Undecidable as error:
                return Outcome("unsettled", error=error)
            except Undefined as error:  # in a set
                return Outcome("neither", error=error)
            if self.is_clear(found, count, strict, work):
                return found
            before = gaps
        return Outcome("lost", found.left, found.right)

    def is_clear(self, found, count, strict, work):
        """Whether an outcome can be trusted at this many digits."""
        if found.kind in ("neither", "unsettled", "lost"):
            return True
        if found.kind == "holds":
            loose = not strict or work.slack or self.operator != "="
            return loose or (count > DIGITS and not work.absorbed)
        if isinstance(found.error, Contradiction):
            return True
        return count > DIGITS and found.kind != "unclear" and not (work.absorbed and not work.slack)

    def look(self, sample, before, strict):
        """(outcome, differences) with the digits in force; 'unclear' where more may tell."""
        left, left_error = self.side(self.left, sample)
        belongs = self.operator in ("in", "notin")
        right, right_error = (ONE, None) if belongs else self.side(self.right, sample)
        if left_error is not None or right_error is not None:
            return lonely(left, left_error, right, right_error), None
        if belongs:
            found = inside(self.evaluator(sample), left, self.right, sample.place)
            kind = "holds" if found == (self.operator == "in") else "differs"
            return Outcome(kind, left, self.right), None
        pairs = paired(left, right)
        gaps = [n.ZERO if x == y else x - y for x, y in pairs]  # also of infinities
        known = zip(gaps, pairs, before or [None] * len(gaps), strict=True)
        kinds = {self.tell(*pair, strict, sample.kind == "far") for pair in known}
        told = ("differs", "lost", "unclear", "holds")
        return Outcome(next((k for k in told if k in kinds), "holds"), left, right), gaps

    def tell(self, gap, pair, before, strict, far):
        """What one pair of numbers says.

        `before` is the difference with fewer digits (None at first sight). One that stays the same
        is a difference, however small; one that does not may be left over from cancellation.
        """
        if type(gap) is Dual:  # a complex number
            gap, before = abs(gap), None if before is None else abs(before)
        slack, first, scale = n.now().slack, before is None, max(abs(pair[0]), abs(pair[1]))
        stays = not first and abs(gap - before) <= STABLE * abs(gap) if gap.is_finite() else True
        if not gap.is_finite():
            limit = 0  # an infinity equals itself only, and then there is no gap
        elif slack:
            limit = slack * max(ONE, scale)
        elif first:
            limit = AGREES * scale
        elif stays:
            limit = n.tolerance(50) * scale
        else:
            # What shrinks as the digits grow is nothing, also beside 0.
            loose = not strict or n.getcontext().prec == LOOKS[-1]
            limit = max(CONVICTS * scale if loose else 0, n.tolerance(50) * max(ONE, scale))
        sign = 0 if abs(gap) <= limit else 1 if gap > 0 else -1
        if sign in SATISFIES[self.operator]:
            return "holds"
        if sign == 0:
            return "lost" if far else "differs"
        return "differs" if first or slack or stays else "unclear"


def lonely(left, left_error, right, right_error):
    """A point where at least one side has no value: it is treated alike on both sides."""
    errors = [error for error in (left_error, right_error) if error is not None]
    for kind, told in ((Contradiction, "differs"), (BeyondReach, "lost")):
        for error in errors:
            if isinstance(error, kind):  # whatever the other side is
                return Outcome(told, left, right, error)
    kind = "neither" if len(errors) > 1 else "left" if left_error is not None else "right"
    return Outcome(kind, left, right, errors[0])


def paired(left, right):
    """The numbers of two values that belong together; of sets the ends, and whether they belong."""
    sides, sets = (flat([left]), flat([right])), {type(x) is Range for x in (left, right)}
    first, second = (getattr(value, "shape", None) for value in (left, right))
    if len(sets) > 1:
        raise Unread("a set on one side and a number on the other: write ∈")
    if None in (first, second):
        count = max(map(len, sides))
        if first != second and count > 1 and primal(left if first is None else right) != 0:
            raise Unread("a vector on one side and a number on the other")
        sides = [side if len(side) == count else side * count for side in sides]
    elif first != second:
        raise Unread(f"shapes {first} and {second} on the two sides")
    return [(primal(x), primal(y)) for x, y in zip(*sides, strict=True)]
