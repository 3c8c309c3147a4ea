"""Is this equality true? Decided by evaluating both sides, never by simplifying them.

Both sides are computed at 60 digits at every point of `points`, and again at 200 where they seem to
differ. One point where they differ refutes; agreement at all of them verifies (this is evidence and
not a formal proof: two different formulas of the kind that textbooks write do not agree to 40
digits at dozens of random points).

What happens where a side has no value is a matter of fairness, and of strictness:

- Neither side has a value there: the point says nothing.
- A derivative does not exist there and the other side names a value: refuted, unless the page calls
  it a convention.
- The left side has no value on a whole region: the equation is about the rest (``d/dx log x =
  1/x``).
- The right side has none where the left has: if the left has a value everywhere, refuted (``log x²
  = 2 log x``); if not, undecided, since the page must say what it is about. Where the region is
  bounded by a logarithm or a root of a plain variable, the display itself says it (``log ab = log a
  + log b``).
- Single points where only one side has a value (``(x²-1)/(x-1) = x+1``) are passed over.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from . import builtins
from . import tree as t
from .errors import (
    NoDerivative,
    OutsideReals,
    SaidUndefined,
    TooMuch,
    Undecidable,
    Undefined,
    Unread,
)
from .evaluate import Evaluator, Frame, Range, compare_sign
from .meaning import Definition
from .numbers import CHECK_DIGITS, Arithmetic, Work, primal
from .points import MODES, Domain, Sample, assignments, domains, named
import itertools
import contextlib

BUDGET = 400_000
DIFFERS = -40  # powers of ten: relative difference that calls for a second look, and that convicts
CONVICTS = -50
SIZES = (2, 3, 4)
DERIVATIVES = (t.Derivative, t.Prime, t.Primed, t.Gradient)
RULE_LETTERS = {"u", "v", "f", "g", "h", "p", "q", "r", "s", "y", "F", "G"}
SMALL_STEPS = {"h", "epsilon", "varepsilon", "eps"}


@dataclass
class Verdict:
    """What was found about one equality.

    Attributes
    ----------
    kind : str
        'defined', 'verified', 'refuted', 'undecided', 'unread' or 'exempt'.
    reason : str
    witness : dict or None
        For a refuted equality: ``{'at': {name: value}, 'left': value, 'right': value}``, all as
        text.
    """

    kind: str
    reason: str = ""
    witness: dict | None = None
    compared: int = 0


@dataclass
class Tally:
    """What the points said so far."""

    generic: int = 0
    special: int = 0
    left_only: list = field(
        default_factory=list
    )  # generic points where the right side has no value
    right_only: int = 0
    neither: int = 0
    undecidable: str = ""
    convention: bool = False
    undefined: str = ""

    @property
    def compared(self):
        return self.generic + self.special


class Refuted(Exception):
    def __init__(self, reason, witness, kink=False):
        super().__init__(reason)
        self.reason = reason
        self.witness = witness
        self.kink = kink


def decide(meaning, left, operator, right, conditions=(), convention=False, work=None):
    """Decide one relation between two expressions.

    Parameters
    ----------
    meaning : meaning.Meaning
    left, right : tree.Node
    operator : str
        '=', '<', '<=', '>', '>=', '!=', '~' (approximately), 'in' or 'to'.
    conditions : sequence of tree.Node
        Where the relation is claimed, in addition to the page's domain.
    convention : bool
        Whether the page says that the value stated at a kink is a convention.
    work : numbers.Work, optional
        What is left of the budget of the display.

    Returns
    -------
    Verdict
    """
    question = Question(
        meaning, left, operator, right, conditions, convention, work or Work(BUDGET)
    )
    try:
        return question.answer()
    except Unread as error:
        return Verdict("unread", error.message)
    except TooMuch as error:
        return Verdict("undecided", str(error))
    except RecursionError:
        return Verdict("undecided", "nested too deeply to compute")
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, ArithmeticError) as error:
        # A combination that no rule foresees must not take the page down; it is never a pass.
        return Verdict("undecided", f"could not be computed ({type(error).__name__}: {error})")


class Question:
    """One relation, with everything needed to decide it."""

    def __init__(self, meaning, left, operator, right, conditions, convention, work):
        self.meaning = meaning
        self.left, self.right = left, right
        self.operator = "=" if operator == ":=" else operator
        self.conditions = merged(meaning.conditions, conditions)
        self.scoped = list(conditions)
        self.convention = convention
        self.work = work
        self.arithmetic = Arithmetic(work)
        self.mp = self.arithmetic.mp
        self.tally = Tally()
        self.slack = 0

    # -- preparation -------------------------------------------------------------------------------

    def answer(self):
        if self.operator not in ("=", "<", "<=", ">", ">=", "!=", "~", "in", "to"):
            raise Unread(f"the relation {self.operator!r} is not read")
        self.prepare_limit()
        self.order = self.take_order()
        self.find_implicit()
        dependents = self.dependents()
        with self.meaning.with_definitions(dependents):
            self.leaves = self.meaning.leaves(self.left, self.right)
            self.left_leaves = self.meaning.leaves(self.left)
            self.right_leaves = self.meaning.leaves(self.right)
            self.check_bare()
            if self.operator == "~":
                return self.approximately(dependents)
            if self.order is not None:
                return self.with_order(dependents)
            try:
                self.compare_everywhere()
            except Refuted as found:
                blamed = self.unknown_blame(dependents)
                if blamed is not None:
                    return Verdict("unread", blamed)
                return Verdict("refuted", found.reason, found.witness, self.tally.compared)
            return self.conclusion(dependents)

    def prepare_limit(self):
        """``f(x) → a`` as x → ∞: a limit, written as an arrow."""
        if self.operator != "to":
            return
        arrows = [c for c in self.conditions if isinstance(c, t.Relation) and c.operator == "to"]
        if len(arrows) != 1:
            raise Unread("an arrow, and the display does not say where the variable goes")
        target, side = arrows[0].right, ""
        if isinstance(target, t.Sided):
            target, side = target.body, target.side
        self.left = t.Limit(arrows[0].left, target, side, self.left)
        self.operator = "="
        self.conditions = [c for c in self.conditions if c is not arrows[0]]
        self.scoped = [c for c in self.scoped if c is not arrows[0]]

    def take_order(self):
        """Remove an O(h²) from one side and remember it."""
        order = None
        for name in ("left", "right"):
            node = getattr(self, name)
            terms = list(node.terms) if isinstance(node, t.Add) else [node]
            found = [x for x in terms if isinstance(x, t.BigO)]
            if found:
                if order is not None or len(found) > 1:
                    raise Unread("more than one O(…)")
                order = found[0].body
                rest = [x for x in terms if not isinstance(x, t.BigO)]
                node = rest[0] if len(rest) == 1 else t.Add(tuple(rest)) if rest else t.Number("0")
                setattr(self, name, node)
        return order

    def find_implicit(self):
        """The variable that ``σ' = σ(1 - σ)`` leaves out."""
        meaning = self.meaning
        variables = []
        for node in (*self.left.walk(), *self.right.walk()):
            if isinstance(node, t.Derivative):
                for variable, _ in node.variables:
                    if isinstance(variable, t.Symbol) and meaning.lookup(variable.name) is None:
                        variables.append(variable.name)
        names = []
        for node in (*self.left.walk(), *self.right.walk()):
            if isinstance(node, t.Symbol) and not node.name.startswith("@"):
                definition = meaning.lookup(node.name)
                if definition is not None and definition.kind in ("function", "unknown"):
                    names.extend(definition.parameters[:1])
        for node in (*self.left.walk(), *self.right.walk()):
            if isinstance(node, t.Apply) and len(node.arguments) == 1:
                argument = node.arguments[0]
                if isinstance(argument, t.Symbol) and meaning.lookup(argument.name) is None:
                    names.append(argument.name)
        known = [n for n in names if n not in meaning.sizes]
        meaning.implicit = (variables or known or [meaning.main or "x"])[0]

    def dependents(self):
        """Names that stand in derivatives without being defined: general functions of what is below them.

        ``dy/dx = dy/du · du/dx``: y is some function of u, and u of x. A dependence that follows
        from others (y on x) is left out.
        """
        meaning, below = self.meaning, {}
        applied = {
            n.head.name
            for n in (*self.left.walk(), *self.right.walk())
            if isinstance(n, t.Apply) and isinstance(n.head, t.Function)
        }
        for node in (*self.left.walk(), *self.right.walk()):
            if not isinstance(node, t.Derivative):
                continue
            body = node.body
            name = body.name if isinstance(body, t.Symbol) else None
            indexed = False
            if isinstance(body, t.Element) and isinstance(body.base, t.Symbol):
                name, indexed = body.base.name, True
            if name is None or name.startswith("@") or meaning.lookup(name) is not None:
                continue
            if name in builtins.LETTERS or name in applied:
                continue
            if not indexed and name == getattr(node.variables[0][0], "name", None):
                continue
            for variable, _ in node.variables:
                entry = below.setdefault(name, [indexed, {}])
                base = variable.base if isinstance(variable, t.Element) else variable
                if isinstance(base, t.Symbol):
                    entry[1][base.name] = isinstance(variable, t.Element) or base.bold
        for name, variable in self.rule_functions():
            free = meaning.lookup(name) is None and name not in applied and name != variable
            if free and name not in builtins.LETTERS and not name.startswith("@"):
                below.setdefault(name, [False, {}])[1].setdefault(variable, False)
        return self.dependent_definitions(below)

    def rule_functions(self):
        """The u and v of ``(uv)' = u'v + uv'`` and ``d(uv)/dx = …``: functions, though nothing says so.

        A letter that carries a prime is one; so is each usual letter for a function that stands in
        what is differentiated, in an equation that differentiates bare letters.
        """
        nodes = [*self.left.walk(), *self.right.walk()]
        bare = any(
            isinstance(n, t.Prime | t.Derivative)
            and isinstance(n.body, t.Symbol)
            and self.meaning.lookup(n.body.name) is None
            for n in nodes
        )
        for node in nodes:
            if isinstance(node, t.Prime) and self.meaning.implicit:
                variable = self.meaning.implicit
            elif isinstance(node, t.Derivative) and isinstance(node.variables[0][0], t.Symbol):
                variable = node.variables[0][0].name
            else:
                continue
            if isinstance(node, t.Prime) and isinstance(node.body, t.Symbol):
                yield node.body.name, variable
            elif bare and not isinstance(node.body, t.Symbol):
                for name in sorted((t.names_in(node.body) & RULE_LETTERS) - self.meaning.in_use()):
                    yield name, variable

    def dependent_definitions(self, below):
        def reaches(start, goal, seen=()):
            if start not in below:
                return False
            return any(
                nxt == goal or (nxt not in seen and reaches(nxt, goal, (*seen, nxt)))
                for nxt in below[start][1]
            )

        definitions = []
        for name, (indexed, variables) in below.items():
            kept = {
                v: family
                for v, family in variables.items()
                if not any(other != v and reaches(other, v) for other in variables)
            }
            if name in kept:
                continue
            arguments = tuple(
                t.Symbol(v, bold=family and v not in below) if family else t.Symbol(v)
                for v, family in sorted(kept.items())
            )
            for v, family in kept.items():
                if family:
                    self.meaning.families.setdefault(v, 1)
            if indexed:
                self.meaning.families.setdefault(name, 1)
            kind = "dependent"
            definitions.append(
                Definition(name, kind, arguments=arguments, indexed=indexed, declared=False)
            )
        return definitions

    def check_bare(self):
        """A bare function name needs its variable."""
        if self.leaves.bare and self.meaning.implicit:
            for leaves in (self.leaves, self.left_leaves, self.right_leaves):
                if leaves.bare and self.meaning.lookup(self.meaning.implicit) is None:
                    leaves.scalars.add(self.meaning.implicit)

    def unknown_blame(self, dependents):
        """What is not defined and makes the relation meaningless rather than false; None if nothing."""
        meaning = self.meaning
        declared = {n for n, d in meaning.table.items() if d.declared}
        left, right = self.left_leaves, self.right_leaves
        names = {d.name for d in dependents}
        open_left = {n for n in left.unknown if n not in declared} | (names & left.definitions)
        open_right = {n for n in right.unknown if n not in declared} | (names & right.definitions)
        for name in sorted(open_left ^ open_right):
            return f"{t.pretty(name)} is not defined before this point"
        if len(open_left) == 1 and self.is_bare_derivative():
            return f"{t.pretty(next(iter(open_left)))} is not defined before this point"
        conditioned = set()
        for condition in self.conditions:
            conditioned |= meaning.leaves(condition).scalars | meaning.leaves(condition).families
        known = meaning.known | self.derivative_variables() | conditioned | set(meaning.families)
        known |= self.argument_variables()
        for name in sorted((left.scalars ^ right.scalars) | (left.families ^ right.families)):
            if name not in known and name not in left.indices | right.indices:
                return f"{t.pretty(name)} is not defined before this point"
        return None

    def derivative_variables(self):
        names = set()
        for node in (*self.left.walk(), *self.right.walk()):
            if isinstance(node, t.Derivative):
                names |= {v.name for v, _ in node.variables if isinstance(v, t.Symbol)}
        return names

    def argument_variables(self):
        """The x of ``tanh x``: what a function is written in needs no introduction."""
        names = set()
        for node in (*self.left.walk(), *self.right.walk()):
            if isinstance(node, t.Apply):
                for argument in node.arguments:
                    names |= t.names_in(argument)
        return names

    def is_bare_derivative(self):
        """``f'(x) = …`` with f open and no limit in sight: a claim about one particular f."""
        for one, other in ((self.left, self.right), (self.right, self.left)):
            bare = isinstance(one, t.Prime | t.Derivative) and isinstance(one.body, t.Symbol)
            bare |= isinstance(one, t.Apply) and all(
                isinstance(a, t.Symbol | t.Number) for a in one.arguments
            )
            bare |= (
                isinstance(one, t.Derivative)
                and isinstance(one.body, t.Apply)
                and all(isinstance(a, t.Symbol) for a in one.body.arguments)
            )
            if bare and not any(isinstance(n, t.Limit) for n in other.walk()):
                return True
        return False

    # -- the points --------------------------------------------------------------------------------

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
            if names and names <= set(place) and not leaves.families:
                if not evaluator.holds(condition, Frame(dict(place))):
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
            with self.mp.workdps(CHECK_DIGITS + 30):
                values = []
                for x in (0, 1):
                    sample.drawn["v", name] = self.mp.mpf(x)
                    values.append(evaluator.value(gap, Frame(dict(locals_))))
                slope = values[1] - values[0]
                if slope == 0:
                    raise Undefined("a condition that cannot be solved")
                sample.drawn["v", name] = -values[0] / slope

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
            self.tally.undecidable = str(error)
            return
        if self.operator == "in" and left_error is None:
            return self.member_at(left, sample, locals_, generic)
        if left_error is not None or right_error is not None:
            return self.one_sided(left, left_error, right, right_error, sample, locals_, generic)
        if self.agree(left, right):
            self.count(generic)
            return
        with self.mp.workdps(CHECK_DIGITS):
            try:
                left2, error1 = self.side(self.left, sample, locals_)
                right2, error2 = self.side(self.right, sample, locals_)
            except Undecidable as error:
                self.tally.undecidable = str(error)
                return
            if error1 is not None or error2 is not None:
                return
            if self.agree(left2, right2, second=True):
                self.count(generic)
                return
        raise Refuted(self.difference(), self.witness(sample, locals_, left2, right2))

    def count(self, generic):
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

    def agree(self, left, right, second=False):
        """Whether the relation holds between two values."""
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
            limit = mp.mpf(10) ** (CONVICTS if second else DIFFERS) * scale
            if second:
                limit = max(limit, mp.mpf(10) ** -150)
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
        with self.mp.workdps(CHECK_DIGITS):
            left2, error = self.side(self.left, sample, locals_)
            if error is None and not evaluator.inside(left2, self.right, Frame(dict(locals_))):
                raise Refuted(
                    "the value lies outside the set", self.witness(sample, locals_, left2, None)
                )

    def one_sided(self, left, left_error, right, right_error, sample, locals_, generic):
        """A point where at least one side has no value."""
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
        if left_error is not None:
            self.tally.right_only += generic
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
            slopes = f"the slope is {self.text(error.left)} from the left and {self.text(error.right)} from the right"
        else:
            slopes = "the function jumps"
        reason = f"no derivative exists at this point ({slopes}), yet one side says {said}"
        if accepted:
            reason += "; a convention must lie between the two slopes"
        witness = self.witness(
            sample, locals_, None if on_left else value, value if on_left else None
        )
        raise Refuted(reason, witness, kink=True)

    # -- kinks and tight places --------------------------------------------------------------------

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
        points += [(a + b) / 2 for a, b in itertools.pairwise(ordered)]
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
            with contextlib.suppress(Undefined, Undecidable, OverflowError, ValueError):
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
                if abs(root) < 60:
                    roots.append(root)
        for (x0, y0), (x1, y1) in itertools.pairwise(track):
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

    # -- approximate relations ---------------------------------------------------------------------

    def approximately(self, dependents):
        """``≈``: to the digits shown, or as a small step goes to zero."""
        shown = next((n for n in (self.right, self.left) if digits_shown(n) is not None), None)
        if shown is not None:
            return self.to_digits(shown)
        small = self.small_step()
        if small is not None:
            self.domain = domains(self.conditions)
            return self.vanishing(small, None, "≈ holds as {} → 0", dependents)
        self.operator = "="
        try:
            self.compare_everywhere()
        except Refuted:
            return Verdict(
                "undecided", "≈ between formulas does not say how close: show digits or an O(…)"
            )
        return self.conclusion(dependents)

    def small_step(self):
        for condition in self.conditions:
            if isinstance(condition, t.Relation) and condition.operator == "to":
                if isinstance(condition.left, t.Symbol) and condition.right == t.Number("0"):
                    self.conditions = [c for c in self.conditions if c is not condition]
                    return condition.left.name
        names = self.leaves.scalars & (SMALL_STEPS | self.meaning.step_names)
        return next(iter(sorted(names))) if len(names) == 1 else None

    def to_digits(self, shown):
        tolerance = digits_shown(shown)
        self.operator = "="
        other = self.left if shown is self.right else self.right
        leaves = self.meaning.leaves(other)
        self.domain = domains(self.conditions)
        if leaves.scalars or leaves.families or leaves.unknown or leaves.bare:
            sample = self.make_sample("only")
            with contextlib.suppress(Undefined):
                self.satisfy(sample, {})
            if (
                leaves.families
                or leaves.unknown
                or not leaves.scalars <= {k[1] for k in sample.drawn}
            ):
                return Verdict("undecided", "≈ with a number, and the other side is not one number")
        else:
            sample = self.make_sample("only")
        value, error = self.side(other, sample, {})
        exact, _ = self.side(shown, sample, {})
        if error is not None:
            return Verdict("undecided", f"no value: {error}")
        gap = abs(primal(value) - primal(exact))
        if gap <= self.arithmetic.number(tolerance) * (1 + self.mp.mpf(10) ** -9):
            return Verdict("verified", "agrees to the digits shown", None, 1)
        left, right = (value, exact) if shown is self.right else (exact, value)
        return Verdict(
            "refuted", "differs in the digits shown", self.witness(sample, {}, left, right), 1
        )

    def with_order(self, dependents):
        """``= … + O(h²)``: the rest, divided by h², must stay bounded."""
        self.domain = domains(self.conditions)
        names = sorted(self.meaning.leaves(self.order).scalars)
        if len(names) != 1:
            raise Unread("O(…) of more than one variable")
        return self.vanishing(
            names[0], self.order, "the rest is of this order as {} → 0", dependents
        )

    def vanishing(self, small, order, reason, dependents):
        """Whether left - right is O(order) (or o(1)) as one variable goes to zero, at several points."""
        gap = t.Add((self.left, t.Negate(self.right)))
        scale = order or t.Number("1")
        compared = 0
        # The step goes to zero from both sides, unless the domain forbids it.
        for k in range(8):
            sample = self.make_sample(f"o{k}", MODES[k % len(MODES)], variant=k % 3)
            ratios = []
            direction = -1 if k % 2 else 1
            try:
                with self.mp.workdps(CHECK_DIGITS):
                    for power in (8, 14, 20):
                        step = self.mp.mpf(10) ** -power * direction
                        moved = self.moved(sample, ("v", small), step)
                        if not self.allowed(moved, {}):
                            break
                        value, e1 = self.side(gap, moved, {})
                        below, e2 = self.side(scale, moved, {})
                        if e1 is not None or e2 is not None:
                            break
                        ratios.append(abs(primal(value) / primal(below)))
            except (Undecidable, Undefined):
                continue
            if len(ratios) < 3:
                continue
            compared += 1
            bounded = ratios[2] <= 20 * ratios[0] + self.mp.mpf(10) ** -6
            if order is None:
                bounded = (
                    ratios[2] <= self.mp.mpf(10) ** -8
                    and ratios[2] <= ratios[0] + self.mp.mpf(10) ** -30
                )
            if not bounded:
                blamed = self.unknown_blame(dependents)
                if blamed is not None:
                    return Verdict("unread", blamed)
                left, _ = self.side(self.left, moved, {})
                right, _ = self.side(self.right, moved, {})
                return Verdict(
                    "refuted", "the rest does not vanish as fast as claimed",
                    self.witness(moved, {}, left, right), compared,
                )  # fmt: skip
        if compared < 2:
            return Verdict("undecided", "could be compared at too few points")
        return Verdict("verified", reason.format(t.pretty(small)), None, compared)

    # -- conclusions -------------------------------------------------------------------------------

    def conclusion(self, dependents):
        tally = self.tally
        if tally.left_only:
            reason, witness = tally.left_only[0]
            if not tally.right_only and not tally.neither:
                blamed = self.unknown_blame(dependents)
                if blamed is not None:
                    return Verdict("unread", blamed)
                return Verdict(
                    "refuted",
                    f"the right side has no value where the left has one ({reason})",
                    witness,
                    tally.compared,
                )
            if not self.plainly_bounded() or not tally.generic:
                return Verdict(
                    "undecided",
                    f"the right side has no value where the left has one ({reason}): say on the page where it is meant",
                    witness, tally.compared,
                )  # fmt: skip
        free = (
            self.leaves.scalars
            or self.leaves.families
            or self.leaves.unknown
            or self.open_dependents()
        )
        needed = 3 if free else 1
        if self.few_values():
            needed = 1
        if tally.compared < needed:
            why = tally.undecidable or tally.undefined or "no point satisfies the conditions"
            return Verdict(
                "undecided", f"could be compared at too few points ({why})", None, tally.compared
            )
        if free and not tally.generic and not self.few_values():
            return Verdict(
                "undecided", "could be compared at special points only", None, tally.compared
            )
        return Verdict("verified", self.verified_reason(), None, tally.compared)

    def few_values(self):
        """Whether conditions leave a few points only (x = 0, or y in {0, 1})."""
        pinned = {
            name
            for c in self.conditions
            if isinstance(c, t.Relation) and c.operator == "="
            for name in self.meaning.leaves(c).scalars
        }
        names = self.leaves.scalars - pinned
        return not self.leaves.families and all(
            self.domain.get(name) is not None and self.domain[name].values for name in names
        )

    def plainly_bounded(self):
        """Whether a logarithm or root of a plain variable shows what the display is about."""
        if not all(isinstance(error, OutsideReals) for error, _ in self.tally.left_only):
            return False
        for node in self.right.walk():
            if (
                isinstance(node, t.Apply)
                and isinstance(node.head, t.Function)
                and node.head.name in ("log", "sqrt")
            ) and not isinstance(node.arguments[0], t.Symbol | t.Element):
                return False
            if isinstance(node, t.Root) and not isinstance(node.body, t.Symbol | t.Element):
                return False
            if isinstance(node, t.Power) and not isinstance(node.exponent, t.Number):
                if not isinstance(node.base, t.Symbol | t.Element | t.Constant):
                    return False
        return True

    def verified_reason(self):
        count = self.tally.compared
        text = f"{count} points" if count != 1 else "1 point"
        if self.tally.convention:
            text += ", with the convention at the kink"
        where = self.domain_text()
        return f"{text}; {where}" if where else text

    def domain_text(self):
        shown = []
        for condition in self.conditions:
            if self.concerns(self.meaning.leaves(condition)):
                shown.append(describe(condition))
        return "for " + ", ".join(dict.fromkeys(shown)) if shown else ""

    def witness(self, sample, locals_, left, right):
        at = {
            t.pretty(name): str(value)
            for name, value in locals_.items()
            if not str(name).startswith("@")
        }
        for name in self.meaning.sizes:
            if name in self.leaves.sizes:
                at[t.pretty(name)] = str(sample.sizes[name])
        concerned = {("v", n) for n in self.leaves.scalars}
        for key in sorted(sample.drawn, key=str):
            if key[0] == "v" and key in concerned:
                at[t.pretty(key[1])] = self.text(sample.drawn[key])
            elif key[0] == "e":
                indices = ",".join(str(i) for i in key[2])
                at[f"{t.pretty(key[1])}_{indices}"] = self.text(sample.drawn[key])
        for digits in (6, 15, 40):
            shown = self.text(left, digits), self.text(right, digits)
            if shown[0] != shown[1]:
                break
        return {"at": at, "left": shown[0], "right": shown[1]}

    def text(self, value, digits=10):
        """A value as a person reads it."""
        if value is None:
            return "no value"
        if isinstance(value, np.ndarray):
            rows = [", ".join(self.text(x, digits) for x in row) for row in value]
            return "[" + "; ".join(rows) + "]"
        if isinstance(value, Range):
            if value.items:
                return "{" + ", ".join(self.text(x, digits) for x in value.items) + "}"
            left, right = "[" if value.lower_closed else "(", "]" if value.upper_closed else ")"
            return (
                f"{left}{self.text(value.lower, digits)}, {self.text(value.upper, digits)}{right}"
            )
        value = primal(value)
        if value == 0 or self.mp.isinf(value) or abs(self.mp.mag(value)) < 4000:
            shown = self.mp.nstr(value, digits)
            return shown[:-2] if shown.endswith(".0") else shown
        return "a number beyond 10^1000" if self.mp.mag(value) > 0 else "a number below 10^-1000"


def merged(page, scoped):
    """The page's conditions and those of one place; a set of values named here replaces the page's."""
    here = {named(c.left) for c in scoped if is_membership(c)}
    return [*(c for c in page if not (is_membership(c) and named(c.left) in here)), *scoped]


def is_membership(condition):
    """Whether a condition gives a variable a finite set of values."""
    return (
        isinstance(condition, t.Relation)
        and condition.operator == "in"
        and isinstance(condition.right, t.Finite)
    )


def digits_shown(node):
    """Half a unit in the last digit of a displayed decimal (0.105, 1.7·10⁻⁴, -2.5, 10⁻³), or None."""
    if isinstance(node, t.Negate):
        return digits_shown(node.body)
    if isinstance(node, t.Number):
        decimals = len(node.text.split(".")[1]) if "." in node.text else 0
        return Fraction(1, 2) / 10**decimals
    if isinstance(node, t.Power) and node.base == t.Number("10"):
        power = exponent_of(node)
        return None if power is None else Fraction(1, 2) * Fraction(10) ** power
    if isinstance(node, t.Multiply) and len(node.factors) == 2:
        head, tail = node.factors
        power = exponent_of(tail)
        inner = digits_shown(head)
        if power is not None and inner is not None and isinstance(head, t.Number | t.Negate):
            return inner * Fraction(10) ** power
    return None


def exponent_of(node):
    if isinstance(node, t.Power) and node.base == t.Number("10"):
        sign, exponent = 1, node.exponent
        if isinstance(exponent, t.Negate):
            sign, exponent = -1, exponent.body
        if isinstance(exponent, t.Number) and exponent.text.isdigit() and int(exponent.text) < 400:
            return sign * int(exponent.text)
    return None


def describe(node):
    """A condition as short text."""
    signs = {"<=": "≤", ">=": "≥", "!=": "≠", "in": "∈", "notin": "∉", "to": "→"}
    if isinstance(node, t.And):
        return " and ".join(describe(item) for item in node.items)
    if isinstance(node, t.Or):
        return " or ".join(describe(item) for item in node.items)
    if isinstance(node, t.Relation):
        return f"{describe(node.left)} {signs.get(node.operator, node.operator)} {describe(node.right)}"
    if isinstance(node, t.IndexRange):
        return f"{node.index} = {describe(node.lower)}, …, {describe(node.upper)}"
    if isinstance(node, t.Symbol):
        return t.pretty(node.name)
    if isinstance(node, t.Element):
        return f"{describe(node.base)}_{','.join(describe(i) for i in node.indices)}"
    if isinstance(node, t.Number):
        return node.text
    if isinstance(node, t.Negate):
        return f"-{describe(node.body)}"
    if isinstance(node, t.Absolute):
        return f"|{describe(node.body)}|"
    if isinstance(node, t.Divide):
        return f"{describe(node.numerator)}/{describe(node.denominator)}"
    if isinstance(node, t.Finite):
        return "{" + ", ".join(describe(i) for i in node.items) + "}"
    if isinstance(node, t.Interval):
        return f"{'[' if node.lower_closed else '('}{describe(node.lower)}, {describe(node.upper)}{']' if node.upper_closed else ')'}"
    if isinstance(node, t.NumberSet):
        return node.name
    if isinstance(node, t.Constant):
        return {"infinity": "∞", "pi": "π"}.get(node.name, node.name)
    if isinstance(node, t.Add):
        return " + ".join(describe(x) for x in node.terms).replace("+ -", "- ")
    if isinstance(node, t.Multiply):
        return "".join(describe(x) for x in node.factors)
    if isinstance(node, t.Big):
        return f"Σ {describe(node.body)}"
    return "…"
