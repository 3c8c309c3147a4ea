"""Is this relation true? Decided by evaluating both sides, never by simplifying them.

Both sides are computed at 60 digits, and again at 200 where they seem to differ. A difference
convicts if it is the same at both: what cancellation leaves of large numbers changes with the
digits, and a term that vanished beside another (`Work.absorbed`) is noticed. What 200 digits cannot
tell, 1500 may; what they cannot tell either is lost, and says nothing.

One point where the sides differ refutes; agreement at all of them verifies (evidence, not a formal
proof: two different formulas of a textbook do not agree to 40 digits at dozens of random points). A
point at which neither side has a value says nothing. One at which one side only has a value keeps a
relation from being true in general: ``d/dx log x = 1/x`` is true for x > 0, and the page has to say
so. What is true on a plain region only is `conditional` (see `regions`).
"""

import functools
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, Overflow
from fractions import Fraction
from itertools import cycle, product

from . import approximate, derivatives, errors, points  # noqa: F401 (one says how nodes are evaluated)
from . import numbers as n
from . import tree as t
from .arrays import paired
from .errors import NoDerivative, TooMuch, Undecidable, Undefined, Unread
from .evaluate import SATISFIES, Evaluator, code, inside
from .numbers import AGREEING, CAREFUL, DIGITS, ONE, SECOND, Dual, Work, digits
from .points import MODES, ORDERED, Sample, assignments, domain_of, named
from .regions import conditional
from .verdicts import Refuted, Verdict, describe, text, two_texts

BUDGET = 600_000
SIZES = (2, 3, 4)
SHARES = {2: 8, 3: 5, 4: 2}  # random points for each size where no index is free; else half of them
POWERS = (0, 0), (0, -2, 2, 1), (-1, 2, 2), (-2, 1, 3), (-3, 1, 5, 2), (-4, 2, 12, 6, 4), (-5, 2, 2)
RELATIONS = ("=", "!=", "~", "in", "notin", *ORDERED)
AGREES = ONE.scaleb(-AGREEING)  # the relative difference that is none at first sight
CONVICTS = Decimal("1e-50")  # and at a second look
STABLE = Decimal("0.01")
LOOKS = (DIGITS, SECOND, CAREFUL, CAREFUL + 200)  # the last one tells whether a difference stays
CONTRADICTION = "two cases hold at once"


def decide(meaning, left, operator, right, conditions=(), work=None, regions=True):
    """Decide whether `left operator right` holds wherever the conditions allow.

    The operator is one of `RELATIONS` ('~' is ≈), `work` what is left of the budget of the display.
    With `regions`, a region is looked for where a relation is true that is not true in general.
    """
    with n.in_force(work or Work(BUDGET)):
        question = Question(meaning, left, operator, right, conditions)
        verdict = guarded(question.answer)
        fails = verdict.kind == "refuted" or question.lonely
        if not (regions and fails) or verdict.reason.startswith(CONTRADICTION):
            return verdict
        again = functools.partial(decide, meaning, left, operator, right, regions=False)
        found = guarded(lambda: conditional(question, verdict, again))
        return found if found is not None and found.kind == "conditional" else verdict


def guarded(answer):
    """The answer, where every way to fail is a verdict, too."""
    try:
        return answer()
    except Unread as error:
        return Verdict("unread", error.message)
    except (TooMuch, Undefined, Undecidable) as error:
        return Verdict("undecided", str(error))
    except RecursionError:
        return Verdict("undecided", "nested too deeply to compute")
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
        # A combination that no rule foresees must not take the page down; it is never a pass.
        return Verdict("undecided", f"could not be computed ({type(error).__name__}: {error})")


def in_force(conditions):
    """The conditions, of which a membership replaces the earlier ones of the same name."""
    about = [getattr(c, "operator", "") == "in" and named(c.left) for c in conditions]
    return [c for k, c in enumerate(conditions) if not about[k] or about[k] not in about[k + 1 :]]


def is_general(leaves):
    """Whether a condition is about all elements (a_j > 0), and not about indices (i ≠ k)."""
    return len(leaves.indices) == 1 and not leaves.indices & leaves.scalars


@dataclass
class Outcome:
    """What one point says."""

    kind: str  # holds, differs, left or right (has no value), neither, unsettled, lost, unclear
    left: object = None
    right: object = None
    error: Exception | None = None  # why a side has no value


class Question:
    """One relation, with everything needed to decide it."""

    def __init__(self, meaning, left, operator, right, conditions=()):
        self.meaning = meaning
        self.left, self.operator, self.right = left, operator, right
        self.reach = functools.cache(meaning.reach)
        self.conditions = in_force(conditions)
        self.compared = self.generic = 0  # points at which the relation holds: all, and random ones
        self.zeros = []  # of denominators, while one variable moves
        self.orders = set()  # which side was the less one, of ≠
        self.lonely = []  # (side without a value, why, the point as text)
        self.unsettled = self.lost = ""  # why points could not be told
        self.work = n.now()
        self.begun = self.work.left

    def answer(self):
        if self.operator not in RELATIONS:
            raise Unread(f"the relation {self.operator!r} is not read")
        order = approximate.take_order(self)
        self.prepare()
        if order is not None or self.operator == "~":
            return approximate.approximate(self, order)
        try:
            for relation, right in bounds(self.operator, self.right):
                self.operator, self.right = relation, right
                self.prepare()
                for sample in self.points():
                    self.at_point(sample)
        except Refuted as found:
            return Verdict("refuted", *found.args, self.compared)
        return self.conclusion()

    def prepare(self):
        """Look through the sides, once they are what is compared."""
        self.work.slack, self.work.declared = n.ZERO, False
        self.leaves = self.meaning.leaves(self.left, self.right)
        known = [self.meaning.table.get(name) for name in sorted(self.leaves.definitions)]
        self.bodies = [d.body for d in known if d is not None and d.body is not None]
        self.nodes = [x for node in (self.left, self.right, *self.bodies) for x in node.walk()]
        pairs = ((x.base, x.exponent) for x in self.nodes if type(x) is t.Power)
        powers = (tuple(tuple(sorted(self.meaning.leaves(x).scalars)) for x in p) for p in pairs)
        self.powers = [pair for pair in dict.fromkeys(powers) if all(pair)]
        self.costly = any(type(x) is t.Integral for x in self.nodes)
        self.concerned = [(c, self.meaning.leaves(c)) for c in self.conditions]
        self.domain = points.domains(c for c, leaves in self.concerned if not leaves.sizes)
        self.sized = [c for c, leaves in self.concerned if leaves.sizes]
        self.tested = [pair for pair in self.concerned if self.is_tested(*pair)]
        self.totals = points.totals(self.conditions)
        equations = [x for c, x in self.concerned if getattr(c, "operator", "") == "="]
        self.pinned = {name for leaves in equations for name in leaves.scalars}
        self.indices = self.leaves.indices - set(self.meaning.sizes)
        for _, leaves in self.tested:
            if leaves.indices & self.indices and not is_general(leaves):
                self.indices |= leaves.indices - set(self.meaning.sizes)
        self.scalars = sorted(self.leaves.scalars - self.indices)

    def is_tested(self, condition, leaves):
        """Whether a condition is about what the sides depend on, and tells which points are meant."""
        sides = getattr(condition, "left", None), getattr(condition, "right", None)
        operator = getattr(condition, "operator", "")
        total = operator == "=" and any(map(points.is_total, sides))
        if type(condition) is t.IndexRange or total or operator == "to":
            return False
        kinds = ("scalars", "families", "indices", "sizes")
        return any(getattr(leaves, kind) & getattr(self.leaves, kind) for kind in kinds)

    def sample(self, seed, mode="mixed", size=3, place=None, fixed=None, **more):
        """A point; `more` are fields of a `Sample`."""
        sizes = {name: size + k for k, name in enumerate(self.meaning.sizes)}
        told = self.sized  # a_n ∈ {0, 1}, with n a size: about the last one
        for name, value in sizes.items() if told else ():
            told = [t.substitute(c, t.Symbol(name), t.Number(str(value))) for c in told]
        domain = {**self.domain, **points.domains(told)} if told else self.domain
        sample = Sample(seed, mode, size, place or {}, fixed or {}, sizes, domain, **more)
        ends = self.evaluator(sample)
        sample.totals = {name: (v, ends.length(name)) for name, v in self.totals.items()}
        return sample

    def points(self):
        families = self.leaves.families
        indexed = bool(self.indices or families or self.leaves.sizes)
        if not (indexed or self.scalars or self.leaves.smooth):
            yield self.sample("only", kind="generic")
            return
        alone = 0 if indexed else 6 if self.costly else 22 if len(self.scalars) < 4 else 26
        for size in SIZES if indexed else (3,):
            places = self.places(size)[:27]
            for number, place in enumerate(places):
                for k in range(alone or SHARES[size] // min(len(places), 2)):
                    mode, variant = MODES[(k + number) % len(MODES)], (k + number) % 3
                    seed, kind = f"g{size}{number}{k}", "generic"
                    yield self.sample(seed, mode, size, place, kind=kind, variant=variant)
                if families and size < 4:
                    yield self.sample(f"f{number}", "mixed", size, place, flat=True)
                if size < 4 - indexed and number in (0, 1, len(places) - 1):
                    yield from self.chosen(place, size, number == 0, indexed)
            for k in range(10 if places and self.generic < 4 else 0):
                seed, mode = f"d{size}{k}", ("unit", "positive")[k % 2]
                yield self.sample(seed, mode, size, places[0], kind="generic", variant=k % 3)
        if not self.costly:
            yield from self.beyond(indexed)

    def chosen(self, place, size, first, indexed):
        """Special values, all variables equal, and kinks."""
        # The first two elements of each free family, of a matrix in the first column only.
        tails = {x: (1,) * (self.meaning.families.get(x, 1) - 1) for x in self.leaves.families}
        keys = [(name, (k, *tail)) for name, tail in sorted(tails.items()) for k in (1, 2)]
        keys = [*(self.scalars if first else ()), *keys]
        for k, mode in enumerate(MODES[: 1 if indexed or self.costly else 2]):
            firsts = [x for x in keys if type(x) is str or x[1][0] == 1]
            for fixed in self.special_values(firsts, k, indexed):
                yield self.sample(f"s{k}", mode, size, place, fixed, variant=k % 3)
            sample = self.sample(f"s{k}", mode, size, place, variant=k % 3)
            for key in keys if k == 0 or len(keys) < 5 else ():
                yield from self.kinks(sample, key)
        every = [*self.scalars, *sorted(self.leaves.families)] if first else ()
        for value in (0, 1, Fraction(1, 2), -1) if len(every) > 1 or indexed else ():
            yield self.sample("equal", "mixed", size, place, dict.fromkeys(every, Fraction(value)))
        # (-1)^{2/4} has no value, and (-1)^{2/4 + 2/4} has one; 0^0 has one, and 0 · 0^{-1} none
        for (base, exponent), (below, *above) in product(self.powers if first else (), POWERS):
            quarters = [Fraction(x, 4) for x in above]
            fixed = dict(zip(exponent, cycle(quarters))) | dict.fromkeys(base, Fraction(below))
            yield self.sample("powers", "mixed", size, place, fixed)

    def special_values(self, keys, k, few):
        """The special values: one number at a time, or of many numbers several together."""
        choices = {key: domain_of(key, self.domain).specials(few or self.costly) for key in keys}
        if len(keys) < 4:
            return [{key: value} for key in keys for value in choices[key]]
        chosen = []
        for step in range(max(map(len, choices.values()))):
            generator = random.Random(f"together{k}{step}")
            every = [x for x in enumerate(choices.items()) if x[1][1]]
            some = [x for x in every if generator.random() < 0.5]
            chosen.append({key: v[(step + 5 * place) % len(v)] for place, (key, v) in some})
        return chosen

    def beyond(self, indexed):
        """Points that the numbers of the formulas suggest, points far out, and larger sizes."""
        start = self.work.left
        size = 2 if indexed else 3
        told = points.constants([self.left, self.right, *self.bodies, *self.conditions])
        most = 60 // max(len(self.scalars), 1)
        told = [(x, v) for x in self.scalars for v in domain_of(x, self.domain).told(told)[:most]]
        for place in self.places(size)[:1]:
            for name, value in told:
                if self.can_afford(start):
                    yield self.sample("t", "positive", size, place, {name: value}, kind="far")
        sizes = (5, 6) if self.leaves.families else (1, 5, 6, 7, 9, 13)
        for size in sizes if indexed else ():
            places = self.places(size) if self.can_afford(start) else []
            if self.operator in ORDERED and self.leaves.families and places:
                most = 4 * size - 10
                yield self.sample(f"n{size}", "mixed", most, places[0], flat=True, kind="far")
            for place in places[:1] + places[1:][-1:]:
                yield self.sample(f"n{size}", "mixed", size, place, kind="far")

    def can_afford(self, start):
        """Whether the budget leaves room for more points than the usual ones."""
        left = self.work.left
        dear = self.begun - start > 400 * max(self.compared, 1)  # many operations a point
        return not dear and left > 0.5 * BUDGET and start - left < 0.05 * BUDGET

    def places(self, size):
        """All values of the free indices that the conditions on them allow."""
        probe = self.evaluator(self.sample("probe", size=size))
        # Where an index ends, from how it is used; of one that stands alone, where others do.
        extents = (self.meaning.extent(x, 0) for x in sorted(self.leaves.families))
        nodes, other = (self.left, self.right, *self.bodies), next(filter(None, extents), None)
        ends = {x: probe.end(self.meaning.end_of_index(x, *nodes) or other) for x in self.indices}
        about = [(c, x.scalars | x.indices) for c, x in self.concerned if not x.families]
        conditions = [code(c) for c, names in about if names and names <= self.indices]
        found = assignments(self.indices, ends)
        return [place for place in found if all(c(probe, place) for c in conditions)]

    def kinks(self, sample, key):
        """Where a comparison turns over as one variable moves, or an inequality is tight; and beside."""
        turns = zeros = ()
        with suppress(Undefined):
            self.satisfy(sample)
            domain = domain_of(key, self.domain)
            if not (domain.values or domain.whole):
                turns, zeros = points.kinks(self, sample, key)
        self.zeros = points.apart([*self.zeros, *zeros])
        yield from (sample.moved(key, point) for point in points.beside(turns))
        yield from (replace(sample.moved(key, point), kind="root") for point in zeros)

    def admits(self, sample):
        """Whether a point lies in the domain, once conditions such as x = 0 are solved."""
        with suppress(Undefined):
            self.satisfy(sample)
            return all(self.meets(*pair, sample) for pair in self.tested)
        return False

    def meets(self, condition, leaves, sample):
        """Whether a point meets a condition, for all values of the indices that are not given."""
        evaluator, env = self.evaluator(sample), sample.place
        loose = leaves.indices if is_general(leaves) else leaves.indices - set(env)
        ends = {x: evaluator.end(self.meaning.end_of_index(x, condition)) for x in loose}
        holds = code(condition)
        return all(holds(evaluator, {**env, **p}) for p in assignments(loose, ends))

    def satisfy(self, sample):
        """Solve conditions such as x = 0 or p + q = 1 for one of their variables."""
        for condition, leaves in self.tested:
            if type(condition) is not t.Relation or condition.operator != "=":
                continue
            names = sorted(leaves.scalars - set(sample.place) - leaves.indices)
            if not names:
                continue
            single = [s.name for s in (condition.left, condition.right) if type(s) is t.Symbol]
            name = next((x for x in single if x in names), names[-1])
            gap = code(t.Add((condition.left, t.Negate(condition.right))))
            with digits(points.EXACT):
                self.solve(sample, name, gap)

    def solve(self, sample, name, gap):
        """Move one number to where a gap closes: exactly where the gap is linear in it."""

        def rest(x):
            sample.drawn[name] = x
            return gap(self.evaluator(sample), sample.place)

        drawn = sample.value(name)
        if rest(drawn) == 0:  # drawn from {-1, 1}, for y² = 1
            return
        start, end = rest(Decimal(0)), rest(Decimal(1))
        if start == end:
            raise Undefined("a condition that cannot be solved")
        root = -start / (end - start)
        turned = drawn < 0 and rest(-root) == 0  # y² = 1 has two solutions
        sample.drawn[name] = -root if turned else root

    def evaluator(self, sample):
        return Evaluator(self.meaning, sample, self.reach)

    def value(self, node, sample):
        """The value of a side; Undefined is raised where there is none, whatever the cause."""
        try:
            return code(node)(self.evaluator(sample), sample.place)
        except Overflow:
            raise errors.BeyondReach("a number too large to compute") from None
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
        told = found.kind in ("neither", "unsettled", "lost")
        if told or (found.error is not None and found.kind == "differs"):
            return True
        if found.kind == "holds":
            loose = not strict or work.slack or self.operator != "="
            return loose or (count > DIGITS and not work.absorbed)
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
        """What one pair of numbers says; `before` is the difference with fewer digits, if any."""
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

    def at_point(self, sample):
        """Compare both sides at one point, if it lies in the domain, and note what it says."""
        seed, attempts = sample.seed, 41 if sample.kind == "generic" else 1
        for attempt in range(1, attempts + 1):
            if self.admits(sample):
                break
            mode = MODES[attempt % len(MODES)]
            sample = replace(sample, seed=f"{seed}r{attempt}", mode=mode, drawn={})
        else:
            return
        # The first points are looked at with more digits: a small term must not get lost.
        found, kind = self.outcome(sample, strict=self.generic < 2), sample.kind
        if found.kind == "holds":
            self.generic += kind == "generic"
            self.compared += kind != "far"
            if self.operator == "!=":
                self.orders |= {x < y for x, y in paired(found.left, found.right)}
        elif found.kind in ("differs", "left", "right"):
            witness = self.witness(sample, found.left, found.right)
            if found.kind == "differs":
                met = witness["left"] == witness["right"]
                reason = "the two sides meet here" if met else "the relation does not hold"
                reason = "the two sides differ" if self.operator == "=" else reason
                raise Refuted(f"{found.error} here" if found.error else reason, witness)
            self.lonely.append((found.kind, found.error, witness))
        elif found.kind != "unsettled":
            self.lost = str(found.error or "a difference too small to be told")
        elif kind == "generic" or len(self.leaves.scalars) < 2:
            # With several variables at special values it would mean little.
            self.unsettled = str(found.error)

    def conclusion(self):
        """The verdict where no point refutes."""
        if self.lonely:
            return self.lonely_verdict()
        leaves, known = self.leaves, self.leaves.scalars - self.pinned
        finite = all(domain_of(name, self.domain).values for name in known)
        few = finite and not leaves.families  # x = 0, or y in {0, 1}
        free = bool(leaves.scalars or leaves.families or leaves.smooth)
        if self.unsettled:
            problem = f"at some points: {self.unsettled}"
        elif self.compared < (3 if free and not few else 1):
            why = self.lost or "no point satisfies the conditions, or no side has a value"
            problem = f"compared at too few points ({why})"
        elif free and not self.generic and not few:
            problem = "compared at special points only"
        elif free and len(self.orders) > 1:
            problem = "now the left side is greater, now the right: they may meet"
        else:
            under = tuple(dict.fromkeys(describe(c) for c, _ in self.tested))
            told = -self.work.slack.adjusted() if self.work.slack else n.AGREEING
            reason = f"to {told} digits at {self.compared} point{'s' * (self.compared != 1)}"
            reason += ", with the value that is given at the kink" if self.work.declared else ""
            reason += f"; for {', '.join(under)}" if under else ""
            return Verdict("verified", reason, None, self.compared, told, under=under)
        return Verdict("undecided", problem, None, self.compared)

    def lonely_verdict(self):
        """One side only has a value somewhere: a kink refutes, anything else leaves it open."""
        kinks = (point for point in self.lonely if isinstance(point[1], NoDerivative))
        side, error, witness = next(kinks, self.lonely[0])
        if not isinstance(error, NoDerivative):
            reason = f"the {side} side has no value where the other has one ({error})"
            return Verdict("undecided", f"{reason}: say where it is meant", witness, self.compared)
        slopes = [text(x, 6) for x in (error.left, error.right) if x is not None]
        known = " from the left and ".join(slopes) + " from the right"
        known = f"the slope is {known}" if slopes else "the function jumps"
        other = witness["right" if side == "left" else "left"]
        reason = f"no derivative exists at this point ({known}), yet one side says {other}"
        return Verdict("refuted", reason, witness, self.compared)

    def witness(self, sample, left, right):
        """A point and the values of both sides there, as text."""
        sizes = {x: sample.sizes[x] for x in self.meaning.sizes if x in self.leaves.sizes}
        at = {t.pretty(name): str(value) for name, value in (sample.place | sizes).items()}
        for key in sorted(sample.drawn, key=str):
            name, indices = key if type(key) is tuple else (key, ())
            if indices or name in self.leaves.scalars:
                label = "_" + ",".join(map(str, indices)) if indices else ""
                at[t.pretty(name) + label] = text(sample.drawn[key])
        first, second = two_texts(left, right)
        return {"at": at, "left": first, "right": second}


def bounds(operator, right):
    """The relations that say the same: of ∈ with an interval, one for each end."""
    if operator != "in" or type(right) is not t.Interval:
        return [(operator, right)]
    low, high = ">=" if right.lower_closed else ">", "<=" if right.upper_closed else "<"
    return [(low, right.lower), (high, right.upper)]


def lonely(left, left_error, right, right_error):
    """A point where at least one side has no value: it is treated alike on both sides."""
    found = [error for error in (left_error, right_error) if error is not None]
    for kind, told in ((errors.Contradiction, "differs"), (errors.BeyondReach, "lost")):
        for error in found:
            if isinstance(error, kind):  # whatever the other side is
                return Outcome(told, left, right, error)
    kind = "neither" if len(found) > 1 else "left" if left_error is not None else "right"
    return Outcome(kind, left, right, found[0])
