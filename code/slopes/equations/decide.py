"""Is this relation true? Decided by evaluating both sides, never by simplifying them.

One point where the sides differ refutes; agreement at all of them verifies (this is evidence and
not a formal proof: two different formulas of the kind that textbooks write do not agree to 40
digits at dozens of random points). A point at which neither side has a value says nothing. A point
of the domain at which one side only has a value, whichever it is, keeps a relation from being true
in general: ``d/dx log x = 1/x`` is true for x > 0, and the page has to say so. What is false or
without a value in general, and true on a plain region, is `conditional` (see `regions`).
"""

import random
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from . import approximate, points
from . import numbers as n
from . import tree as t
from .compare import Comparison
from .errors import NoDerivative, TooMuch, Undecidable, Undefined, Unread
from .evaluate import code
from .kinks import beside, kinks, tightest
from .numbers import Work, digits
from .points import ANYWHERE, EXACT, MODES, Sample, assignments, constants, domains, named
from .regions import conditional
from .verdicts import Refuted, Tally, Verdict, describe, shown, text, two_texts

BUDGET = 600_000
SIZES = (2, 3, 4)
ORDERED = ("<", "<=", ">", ">=")
OPERATORS = ("=", "!=", "~", "in", "notin", *ORDERED)
CONTRADICTION = "two cases hold at once"
FOUR = tuple(t.Number(str(k)) for k in range(1, 5))
LONELY = 12  # points without a value on one side, after which no more are looked at


def decide(meaning, left, operator, right, conditions=(), work=None, regions=True):
    """Decide one relation between two expressions.

    Parameters
    ----------
    meaning : meaning.Meaning
    left, right : tree.Node
    operator : str
        '=', '<', '<=', '>', '>=', '!=', '~' (approximately), 'in' or 'notin'.
    conditions : sequence of tree.Node
        Where the relation is claimed, in addition to what is assumed on the page. A membership
        replaces one of the same name.
    work : numbers.Work, optional
        What is left of the budget of the display.
    regions : bool
        Whether to look for a region where a relation is true that is not true in general.

    Returns
    -------
    Verdict
        'verified', 'refuted', 'conditional', 'undecided' or 'unread'.
    """
    with n.in_force(work or Work(BUDGET)):
        question = Question(meaning, left, operator, right, conditions)
        verdict = guarded(question.answer)
        fails = verdict.kind == "refuted" or question.tally.lonely
        if regions and fails and not verdict.reason.startswith(CONTRADICTION):

            def again(region):
                with n.in_force(Work(BUDGET)):
                    return Question(meaning, left, operator, right, (*conditions, *region)).answer()

            found = guarded(lambda: conditional(question, verdict, again))
            return found if found is not None and found.kind == "conditional" else verdict
        return verdict


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


def merged(page, chain):
    """The page's conditions and a chain's own; a membership replaces one of the same name."""
    here = {named(c.left) for c in chain if is_membership(c)}
    return [*(c for c in page if not (is_membership(c) and named(c.left) in here)), *chain]


def is_membership(condition):
    """Whether a condition gives a variable a set of values."""
    return type(condition) is t.Relation and condition.operator == "in"


def is_general(leaves):
    """Whether a condition is about all elements (a_j > 0), and not about indices (i ≠ k)."""
    return len(leaves.indices) == 1 and not leaves.indices & leaves.scalars


class Question:
    """One relation, with everything needed to decide it."""

    def __init__(self, meaning, left, operator, right, conditions=()):
        self.meaning = meaning
        self.left, self.operator, self.right = left, operator, right
        self.conditions = merged(meaning.conditions, conditions)
        self.tally = Tally()
        self.quiet = False  # whether points count for nothing unless they refute: far out, many
        self.work = n.now()
        self.begun = self.work.left

    # -- preparation ---------------------------------------------------------------------------------

    def answer(self):
        """The verdict."""
        if self.operator not in OPERATORS:
            raise Unread(f"the relation {self.operator!r} is not read")
        if self.operator == "=":
            self.differentiated()
        for x in (*self.left.walk(), *self.right.walk()):
            for _, order in x.variables if type(x) is t.Derivative else ():
                if isinstance(order, t.Node):  # the n of an n-th derivative
                    self.conditions.append(t.Relation(order, "in", t.Finite(FOUR)))
        order = approximate.take_order(self)
        self.prepare()
        if order is not None or self.operator == "~":
            return approximate.approximate(self, order)
        try:
            for operator, right in bounds(self.operator, self.right):
                self.operator, self.right = operator, right
                self.prepare()
                self.compare_everywhere()
        except Refuted as found:
            return Verdict("refuted", found.reason, found.witness, self.tally.compared)
        return self.conclusion()

    def prepare(self):
        """Look through the sides, once they are what is compared."""
        self.comparison = Comparison(self.meaning, self.left, self.operator, self.right)
        self.leaves = self.meaning.leaves(self.left, self.right)
        self.domain = domains(self.conditions)
        known = [self.meaning.lookup(name) for name in sorted(self.leaves.definitions)]
        self.bodies = [d.body for d in known if d is not None and d.body is not None]
        inside = [x for node in (self.left, self.right, *self.bodies) for x in node.walk()]
        self.costly = any(type(x) in (t.Integral, t.Extremum) for x in inside)
        self.concerned = [(c, *self.concern(c)) for c in self.conditions]
        self.totals = points.totals(self.conditions)
        equations = [x for c, _, x in self.concerned if getattr(c, "operator", "") == "="]
        self.pinned = {name for leaves in equations for name in leaves.scalars}
        self.indices = self.leaves.indices - set(self.meaning.sizes)
        for _, about, leaves in self.concerned:
            if about and leaves.indices & self.indices and not is_general(leaves):
                self.indices |= leaves.indices - set(self.meaning.sizes)
        self.scalars = sorted(self.leaves.scalars - self.indices)

    def concern(self, condition):
        """(whether it is tested at points, its leaves)."""
        leaves = self.meaning.leaves(condition)
        sides = getattr(condition, "left", None), getattr(condition, "right", None)
        if type(condition) is t.IndexRange or any(points.is_total(side) for side in sides):
            return False, leaves
        about = any(
            getattr(leaves, what) & getattr(self.leaves, what)
            for what in ("scalars", "families", "indices", "sizes")
        )
        return about and getattr(condition, "operator", "") != "to", leaves

    def differentiated(self):
        """``∫ tanh x dx = ln cosh x + C``: the derivatives of both sides are compared."""
        nodes = [x for side in (self.left, self.right) for x in side.walk()]
        for name in {x.variable for x in nodes if type(x) is t.Antiderivative}:
            variable = ((t.Symbol(name), 1),)
            self.left, self.right = (t.Derivative(x, variable) for x in (self.left, self.right))

    # -- points --------------------------------------------------------------------------------------

    def sample(self, seed, mode="mixed", size=3, fixed=None, flat=False, variant=0):
        """A point, drawn when it is looked at."""
        sizes = {name: size + k for k, name in enumerate(self.meaning.sizes)}
        sample = Sample(str(seed), mode, size, sizes, self.domain, {}, fixed or {}, flat, variant)
        ends = self.comparison.evaluator(sample)
        sample.totals = {name: (v, ends.length(name)) for name, v in self.totals.items()}
        return sample

    def compare_everywhere(self):
        """Compare at all the points that this relation needs; raises Refuted."""
        families = self.leaves.families
        indexed = bool(self.indices or families or self.leaves.sizes)
        if not (indexed or self.scalars or self.leaves.smooth):
            self.at_point(self.sample("only"), {}, generic=True)
            return
        for size in SIZES if indexed else (3,):
            places = self.places(size)[:27]
            for number, place in enumerate(places):
                for k in range(self.share(size, len(places), indexed)):
                    seed, mode = f"g{size}{number}{k}", MODES[(k + number) % len(MODES)]
                    self.at_point(
                        self.sample(seed, mode, size, variant=(k + number) % 3), place, True
                    )
                if families and size < 4:
                    self.at_point(self.sample(f"f{number}", "mixed", size, flat=True), place)
                if size < 4 - indexed and number in (0, 1, len(places) - 1):
                    self.chosen_points(place, size, number == 0, indexed)
            for k in range(10 if places and self.tally.generic < 4 else 0):
                sample = self.sample(
                    f"d{size}{k}", ("unit", "positive")[k % 2], size, variant=k % 3
                )
                self.at_point(sample, places[0], True)
        if not self.costly:
            self.beyond(indexed)

    def share(self, size, places, indexed):
        """How many random points for one size and one value of the indices."""
        if not indexed:
            return 6 if self.costly else 22 if len(self.scalars) < 4 else 26
        return ({2: 4, 3: 2, 4: 1} if places > 1 else {2: 8, 3: 5, 4: 2})[size]

    def chosen_points(self, place, size, first, indexed):
        """Special values, all variables equal, kinks, and where an inequality is tight."""
        keys = self.scalars if first else []
        for name in sorted(self.leaves.families):
            rest = (1,) if self.meaning.is_matrix(name) else ()
            keys = [*keys, (name, (1, *rest)), (name, (2, *rest))]
        for k in range(1 if indexed or self.costly else 2):
            mode = ("mixed", "positive")[k % 2]
            firsts = [x for x in keys if type(x) is str or x[1][0] == 1]
            for fixed in self.special_values(firsts, k, indexed):
                self.at_point(self.sample(f"s{k}", mode, size, fixed, variant=k % 3), place)
            sample = self.sample(f"s{k}", mode, size, variant=k % 3)
            for key in keys if k == 0 or len(keys) < 5 else ():
                self.at_kinks(sample, key, place)
        for value in (0, 1, Fraction(1, 2), -1) if first and len(self.scalars) > 1 else ():
            fixed = dict.fromkeys(self.scalars, Fraction(value))
            self.at_point(self.sample("equal", "mixed", size, fixed), place)
        if first and self.operator in ORDERED and not self.costly:
            for name in self.scalars[:3]:
                tightest(self, self.sample("s0", "mixed", size), name, place)

    def domain_of(self, key):
        """Where a number, or an element, may lie."""
        return self.domain.get(key if type(key) is str else key[0], ANYWHERE)

    def special_values(self, keys, k, few):
        """The special values: one number at a time, or of many numbers several together."""
        choices = {key: self.domain_of(key).specials(few or self.costly) for key in keys}
        if len(keys) < 4:
            return [{key: value} for key in keys for value in choices[key]]
        chosen = []
        for step in range(max(map(len, choices.values()))):
            generator = random.Random(f"together{k}{step}")
            every = enumerate((key, values) for key, values in choices.items() if values)
            chosen.append(
                {
                    key: values[(step + 5 * place) % len(values)]
                    for place, (key, values) in every
                    if generator.random() < 0.5
                }
            )
        return chosen

    def beyond(self, indexed):
        """Points that the numbers of the formulas suggest, points far out, and larger sizes."""
        self.quiet, start = True, self.work.left
        size = 2 if indexed else 3
        told = constants([self.left, self.right, *self.bodies, *self.conditions])
        most = 60 // max(len(self.scalars), 1)
        told = [(x, v) for x in self.scalars for v in self.domain_of(x).told(told)[:most]]
        for place in self.places(size)[:1]:
            for name, value in told:
                if self.can_afford(start):
                    self.at_point(self.sample("t", "positive", size, {name: value}), place)
        sizes = (5, 6) if self.leaves.families else (1, 5, 6, 7, 9, 13)
        for size in sizes if indexed else ():
            places = self.places(size) if self.can_afford(start) else []
            if self.operator in ORDERED and self.leaves.families and places:
                flat = self.sample(f"n{size}", "mixed", 4 * size - 10, flat=True)
                self.at_point(flat, places[0])
            for place in places[:1] + places[1:][-1:]:
                self.at_point(self.sample(f"n{size}", "mixed", size), place)
        self.quiet = False

    def can_afford(self, start):
        """Whether the budget leaves room for more points than the usual ones."""
        left = self.work.left
        dear = self.begun - start > 400 * max(self.tally.compared, 1)  # many operations a point
        return not dear and left > 0.5 * BUDGET and start - left < 0.05 * BUDGET

    def places(self, size):
        """All values of the free indices that the conditions on them allow."""
        probe = self.comparison.evaluator(self.sample("probe", size=size))
        ends = {name: probe.end(self.index_end(name)) for name in self.indices}
        conditions = []
        for condition, _, leaves in self.concerned:
            names = leaves.scalars | leaves.indices
            if type(condition) is t.IndexRange:
                names = {condition.index}
            if names and names <= self.indices and not leaves.families:
                conditions.append(code(condition))
        found = assignments(self.indices, ends)
        return [place for place in found if all(c(probe, place) for c in conditions)]

    def index_end(self, name):
        """Where an index ends, from how it is used; of one that stands alone, where others do."""
        upper = self.meaning.end_of_index(name, self.left, self.right, *self.bodies)
        for family in sorted(self.leaves.families):
            upper = upper or self.meaning.extent(family, 0)
        return upper

    def at_kinks(self, sample, key, env):
        """Compare where a comparison inside turns over as one variable moves, and beside it."""
        if self.domain_of(key).values:
            return
        with suppress(Undefined):
            self.satisfy(sample, env)
            for point in beside(kinks(self.comparison, sample, key, env)):
                self.at_point(sample.moved(key, point), env)

    # -- one point -----------------------------------------------------------------------------------

    def allowed(self, sample, env):
        """Whether the point lies in the domain."""
        evaluator = self.comparison.evaluator(sample)
        for condition, about, leaves in self.concerned:
            if not about:
                continue
            loose = leaves.indices if is_general(leaves) else leaves.indices - set(env)
            ends = {x: evaluator.end(self.meaning.end_of_index(x, condition)) for x in loose}
            holds = code(condition)
            try:
                if not all(holds(evaluator, {**env, **p}) for p in assignments(loose, ends)):
                    return False
            except Undefined:
                return False
        return True

    def satisfy(self, sample, env):
        """Solve conditions such as x = 0 or p + q = 1 for one of their variables."""
        for condition, about, leaves in self.concerned:
            if not about or type(condition) is not t.Relation or condition.operator != "=":
                continue
            names = sorted(leaves.scalars - set(env) - leaves.indices)
            if not names:
                continue
            single = [s.name for s in (condition.left, condition.right) if type(s) is t.Symbol]
            name = next((x for x in single if x in names), names[-1])
            gap = code(t.Add((condition.left, t.Negate(condition.right))))
            with digits(EXACT):
                self.solve(sample, env, name, gap)

    def solve(self, sample, env, name, gap):
        """Move one number to where a gap closes: exactly where the gap is linear in it."""

        def rest(x):
            sample.drawn[name] = x
            return gap(self.comparison.evaluator(sample), env)

        drawn = sample.value(name)
        if rest(drawn) == 0:  # drawn from {-1, 1}, for y² = 1
            return
        start, end = rest(Decimal(0)), rest(Decimal(1))
        if start == end:
            raise Undefined("a condition that cannot be solved")
        root = -start / (end - start)
        turned = drawn < 0 and rest(-root) == 0  # y² = 1 has two solutions
        sample.drawn[name] = -root if turned else root

    def at_point(self, sample, env, generic=False):
        """Compare both sides at one point, if it lies in the domain; raises Refuted."""
        for attempt in range(41 if generic else 1):
            point = sample
            if attempt:
                seed, mode = f"{sample.seed}r{attempt}", MODES[attempt % len(MODES)]
                point = self.sample(
                    seed, mode, sample.size, sample.fixed, sample.flat, sample.variant
                )
            try:
                self.satisfy(point, env)
                if self.allowed(point, env):
                    return self.compare_at(point, env, generic)
            except Undefined:
                continue
        return None

    def compare_at(self, sample, env, generic):
        """Compare both sides at one point, and note what it says."""
        # The first points of a relation, and the only one where there is no variable, are looked at
        # with more digits: a term that is small beside the others must not get lost.
        tally = self.tally
        found = self.comparison.at(sample, env, strict=tally.generic < 2, far=self.quiet)
        fails = found.kind in ("differs", "left", "right")
        if fails and len(tally.failed) < LONELY:
            tally.failed.append((sample, env))
        witness = self.witness(sample, env, found.left, found.right) if fails else None
        if found.kind == "differs":
            reason = (
                "the two sides differ" if self.operator == "=" else "the relation does not hold"
            )
            raise Refuted(f"{found.error} here" if found.error else reason, witness)
        if found.kind == "holds":
            tally.generic += generic and not self.quiet
            tally.special += not generic and not self.quiet
        elif fails:
            tally.lonely.append((found.kind, found.error, witness))
        elif found.kind == "unsettled":
            # With several variables at special values that means little.
            if generic or len(self.leaves.scalars) < 2:
                tally.unsettled = str(found.error)
        else:
            tally.lost = str(found.error or "a difference too small to be told")
        return None

    # -- conclusions ---------------------------------------------------------------------------------

    def conclusion(self):
        """The verdict where no point refutes."""
        tally = self.tally
        if tally.lonely:
            return self.lonely_verdict()
        if tally.unsettled:
            return Verdict("undecided", f"at some points: {tally.unsettled}", None, tally.compared)
        leaves = self.leaves
        free = bool(leaves.scalars or leaves.families or leaves.smooth)
        few = self.few_values()
        if tally.compared < (3 if free and not few else 1):
            why = tally.lost or "no point satisfies the conditions, or no side has a value"
            return Verdict("undecided", f"compared at too few points ({why})", None, tally.compared)
        if free and not tally.generic and not few:
            return Verdict("undecided", "compared at special points only", None, tally.compared)
        return Verdict("verified", self.verified_reason(), None, tally.compared)

    def lonely_verdict(self):
        """One side only has a value somewhere: a kink refutes, anything else leaves it open."""
        for side, error, witness in self.tally.lonely:
            if isinstance(error, NoDerivative):
                other = witness["right" if side == "left" else "left"]
                reason = f"no derivative exists at this point ({slopes(error)}), yet one side says "
                return Verdict("refuted", reason + other, witness, self.tally.compared)
        side, error, witness = self.tally.lonely[0]
        reason = (
            f"the {side} side has no value where the other has one ({error}): say where it is meant"
        )
        return Verdict("undecided", reason, witness, self.tally.compared)

    def few_values(self):
        """Whether conditions leave a few points only (x = 0, or y in {0, 1})."""
        known = [self.domain_of(name) for name in self.leaves.scalars - self.pinned]
        return not self.leaves.families and all(d.values for d in known)

    def verified_reason(self):
        count = self.tally.compared
        reason = f"{count} points" if count != 1 else "1 point"
        if self.comparison.declared:
            reason += ", with the value that is given at the kink"
        where = dict.fromkeys(describe(c) for c, about, _ in self.concerned if about)
        return f"{reason}; for {', '.join(where)}" if where else reason

    def witness(self, sample, env, left, right):
        """A point and the values of both sides there, as text."""
        sizes = {x: sample.sizes[x] for x in self.meaning.sizes if x in self.leaves.sizes}
        at = {shown(name): str(value) for name, value in (env | sizes).items()}
        for key in sorted(sample.drawn, key=str):
            name, indices = key if type(key) is tuple else (key, ())
            if indices or name in self.leaves.scalars:
                label = "_" + ",".join(map(str, indices)) if indices else ""
                at[shown(name) + label] = text(sample.drawn[key])
        first, second = two_texts(left, right)
        return {"at": at, "left": first, "right": second}


def slopes(error):
    """What is known of a kink."""
    if error.left is None:
        return "the function jumps"
    return f"the slope is {text(error.left, 6)} from the left and {text(error.right, 6)} from the right"


def bounds(operator, right):
    """The relations that say the same: of ∈ with an interval, one for each end."""
    if type(right) is t.Vector and len(right.items) == 2:
        right = t.Interval(*right.items, False, False)
    if operator != "in" or type(right) is not t.Interval:
        return [(operator, right)]
    low, high = ">=" if right.lower_closed else ">", "<=" if right.upper_closed else "<"
    return [(low, right.lower), (high, right.upper)]
