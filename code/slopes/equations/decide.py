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

import numpy as np

from . import builtins, matrices
from . import tree as t
from .approximate import Approximate
from .comparison import Comparison, merged
from .errors import (
    OutsideReals,
    TooMuch,
    Unread,
)
from .kinks import Kinks
from .meaning import Definition
from .numbers import Arithmetic, Work, primal
from .values import Range
from .verdicts import Refuted, Tally, Verdict, describe

BUDGET = 400_000
RULE_LETTERS = {"u", "v", "f", "g", "h", "p", "q", "r", "s", "y", "F", "G"}


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
    return question.verdict()


def agree_somewhere(meaning, left, right):
    """Whether two formulas agree at one of many random points (or cannot be compared)."""
    overlap = Overlap(meaning, left, "=", right, (), False, Work(BUDGET))
    return overlap.verdict().kind != "verified" or overlap.agreed > 0


def slope_of(node, name):
    """The derivative of a side in which integrals without limits are terms, by their variable."""
    if isinstance(node, t.Antiderivative):
        return node.body
    if not any(isinstance(n, t.Antiderivative) for n in node.walk()):
        return t.Derivative(node, ((t.Symbol(name), 1),))
    if isinstance(node, t.Negate):
        return t.Negate(slope_of(node.body, name))
    if isinstance(node, t.Add):
        return t.Add(tuple(slope_of(term, name) for term in node.terms))
    if isinstance(node, t.Multiply):
        rest = [f for f in node.factors if not isinstance(f, t.Antiderivative)]
        if len(rest) == len(node.factors) - 1 and not any(name in t.names_in(f) for f in rest):
            return t.Multiply(
                tuple(getattr(f, "body", f) if f not in rest else f for f in node.factors)
            )
    raise Unread("an integral without limits is read as a term of a sum")


class Question(Comparison, Kinks, Approximate):
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
        self.budget, self.begun = BUDGET, self.work.left
        self.far = False  # whether the points lie far out, where differences may be lost
        self.little = False  # o(…) and not O(…)
        self.quiet = False  # whether points count for nothing unless they refute
        self.tally = Tally()
        self.slack = 0

    def verdict(self):
        """The answer, where every way to fail is a verdict, too."""
        try:
            verdict = self.answer()
            return self.for_matrices() or verdict if verdict.kind == "verified" else verdict
        except Unread as error:
            return Verdict("unread", error.message)
        except TooMuch as error:
            return Verdict("undecided", str(error))
        except RecursionError:
            return Verdict("undecided", "nested too deeply to compute")
        except (
            TypeError, ValueError, AttributeError, KeyError, IndexError, ArithmeticError,
        ) as error:  # fmt: skip
            # A combination that no rule foresees must not take the page down; it is never a pass.
            return Verdict("undecided", f"could not be computed ({type(error).__name__}: {error})")

    # -- preparation -------------------------------------------------------------------------------

    def answer(self):
        if self.operator not in ("=", "<", "<=", ">", ">=", "!=", "~", "in", "to"):
            raise Unread(f"the relation {self.operator!r} is not read")
        self.prepare_limit()
        self.take_antiderivatives()
        self.order = self.take_order()
        self.limit_orders()
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

    def take_antiderivatives(self):
        """``∫ tanh x dx = ln cosh x + C``: the derivatives of both sides are compared."""
        found = [
            n for s in (self.left, self.right) for n in s.walk() if isinstance(n, t.Antiderivative)
        ]
        if not found:
            return
        names = {n.variable for n in found}
        if self.operator != "=" or len(names) > 1:
            raise Unread("integrals without limits are read in equations, in one variable")
        name = names.pop()
        self.left = slope_of(self.without_constant(self.left), name)
        self.right = slope_of(self.without_constant(self.right), name)

    def without_constant(self, node):
        """A sum without its "+ C", whose derivative is 0 whatever it is."""
        if not isinstance(node, t.Add):
            return node
        constants = [t.Symbol(n) for n in "CcK" if self.meaning.lookup(n) is None]
        terms = tuple(term for term in node.terms if term not in constants)
        return node if not terms else terms[0] if len(terms) == 1 else t.Add(terms)

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
                order, self.little = found[0].body, found[0].little
                rest = [x for x in terms if not isinstance(x, t.BigO)]
                node = rest[0] if len(rest) == 1 else t.Add(tuple(rest)) if rest else t.Number("0")
                setattr(self, name, node)
        return order

    def limit_orders(self):
        """The n of an n-th derivative is a whole number, and tried from 1 to 4."""
        for node in (*self.left.walk(), *self.right.walk()):
            if isinstance(node, t.Derivative):
                for _, order in node.variables:
                    if isinstance(order, t.Symbol):
                        four = tuple(t.Number(str(k)) for k in range(1, 5))
                        self.conditions.append(t.Relation(order, "in", t.Finite(four)))

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
        """Names that stand in derivatives without being defined: functions of what is below them.

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

    # -- conclusions -------------------------------------------------------------------------------

    def conclusion(self, dependents):
        tally = self.tally
        claimed = self.claimed_beyond(dependents)
        if claimed is not None:
            return claimed
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
                    f"the right side has no value where the left has one ({reason}): "
                    "say on the page where it is meant",
                    witness, tally.compared,
                )  # fmt: skip
        if tally.undecidable:
            return Verdict(
                "undecided", f"at some points: {tally.undecidable}", None, tally.compared
            )
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

    def claimed_beyond(self, dependents):
        """The verdict where the page claims the relation on a region where one side has no value.

        ``(√x)² = x`` alone is about the x that have a root, as every textbook means it; "for all
        real x" it is false. What a whole page says of its variables is no such claim: there the
        reader is asked.
        """
        here, page = self.restricted(self.scoped), self.restricted(self.meaning.conditions)
        for found, node, side in (
            (self.tally.right_only, self.left, "left"),
            (self.tally.left_only, self.right, "right"),
        ):
            names = self.meaning.leaves(node).scalars | self.meaning.leaves(node).families
            if len(found) < 2 or not names or not names <= here | page:
                continue
            blamed = self.unknown_blame(dependents)
            if blamed is not None:
                return Verdict("unread", blamed)
            error, witness = found[0]
            compared = self.tally.compared
            if names & here:
                reason = f"claimed here, where the {side} side is not defined ({error})"
                return Verdict("refuted", reason, witness, compared)
            reason = f"the {side} side has no value in a part of the page's domain ({error}): "
            reason += "say where the equation is meant"
            return Verdict("undecided", reason, witness, compared)
        return None

    def restricted(self, conditions):
        """The variables that conditions give a region to; a pinned value (x = 0) is no region."""
        names = set()
        for condition in conditions:
            parts = condition.items if isinstance(condition, t.And) else (condition,)
            for part in parts:
                if isinstance(part, t.Relation) and part.operator not in ("=", "to"):
                    leaves = self.meaning.leaves(part)
                    names |= leaves.scalars | leaves.families
        return names

    def for_matrices(self):
        """The doubt about ``AB = BA`` where nothing says whether A and B are numbers; or None."""
        nodes = (self.left, self.right)
        names = matrices.undeclared(self.meaning, nodes, self.scoped)
        if not names:
            return None
        with matrices.as_matrices(self.meaning, names):
            again = Question(
                self.meaning, self.left, self.operator, self.right, self.scoped,
                self.convention, self.work,
            )  # fmt: skip
            try:
                refuted = again.answer().kind == "refuted"
            except (Unread, TypeError, AttributeError):  # A + 1: these are numbers
                return None
        if not refuted:
            return None
        shown = " and ".join(t.pretty(name) for name in sorted(names))
        reason = f"holds for numbers and not for matrices: say which {shown} are"
        return Verdict("undecided", reason, None, self.tally.compared)

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
            if (
                isinstance(node, t.Power)
                and not isinstance(node.exponent, t.Number)
                and not isinstance(node.base, t.Symbol | t.Element | t.Constant)
            ):
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
            real = isinstance(condition, t.Relation) and condition.right == t.NumberSet("R")
            if self.concerns(self.meaning.leaves(condition)) and not real:
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


class Overlap(Question):
    """A question that refutes nothing, and counts the random points at which both sides agree."""

    agreed = 0

    def compare_at(self, sample, locals_, generic):
        if not generic:
            return
        left, left_error = self.side(self.left, sample, locals_)
        right, right_error = self.side(self.right, sample, locals_)
        if left_error is None and right_error is None:
            self.agreed += bool(self.agree(left, right))
            self.tally.generic += 1
