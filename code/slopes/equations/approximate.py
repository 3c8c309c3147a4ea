"""Relations that hold only nearly: ``≈`` to the digits shown, and ``O(h²)`` as h goes to zero."""

from contextlib import suppress
from fractions import Fraction

from . import tree as t
from .errors import Undecidable, Undefined, Unread
from .numbers import CHECK_DIGITS, primal
from .points import MODES, domains
from .search import COUNTERS
from .verdicts import Refuted, Verdict, describe

SMALL_STEPS = {"h", "epsilon", "varepsilon", "eps"}


class Approximate:
    """The part of a question that decides approximate relations."""

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
            if (
                isinstance(condition, t.Relation)
                and condition.operator == "to"
                and isinstance(condition.left, t.Symbol)
                and condition.right == t.Number("0")
            ):
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
            with suppress(Undefined):
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
        names = sorted(self.meaning.leaves(self.order).scalars)
        target = self.where_to(names)
        if target is None:
            return Verdict("undecided", "O(…) does not tell where its variable goes: write x → a")
        self.domain = domains(self.conditions)
        name, point = target
        shown = t.pretty(name), describe(point)
        reason = f"the rest is of this order as {shown[0]} → {shown[1]}"
        return self.vanishing(name, self.order, reason, dependents, point)

    def where_to(self, names):
        """(variable, where it goes) for an O(…): as the page says, or where the order vanishes."""
        for condition in self.conditions:
            arrow = isinstance(condition, t.Relation) and condition.operator == "to"
            if arrow and isinstance(condition.left, t.Symbol) and condition.left.name in names:
                self.conditions = [c for c in self.conditions if c is not condition]
                point = condition.right
                return condition.left.name, point.body if isinstance(point, t.Sided) else point
        if len(names) != 1:
            raise Unread("O(…) of more than one variable, and nothing says which one goes where")
        if names[0] in COUNTERS:
            return names[0], t.Constant("infinity")
        places = [t.Number("0"), t.Number("1"), t.Negate(t.Number("1"))]
        places += [n for n in self.order.walk() if isinstance(n, t.Number)]
        self.domain = domains(self.conditions)
        for place in places:
            sample = self.make_sample("order")
            moved = self.moved(sample, ("v", names[0]), self.side(place, sample, {})[0])
            value, error = self.side(self.order, moved, {})
            if error is None and abs(primal(value)) < self.mp.mpf(10) ** -30:
                return names[0], place
        return None

    def steps(self, point, k):
        """Three values of the variable, ever nearer to where it goes."""
        mp = self.mp
        end, _ = self.side(point, self.make_sample("end"), {})
        if mp.isinf(end):
            sign = 1 if end > 0 else -1
            near, _ = self.side(self.order, self.moved_to(sign * mp.mpf(10) ** 8), {})
            slow = near is not None and abs(primal(near)) > mp.mpf(10) ** -150
            far = (10**8, 10**14, 10**20) if slow else (20, 40, 80)
            return [sign * mp.mpf(x) for x in far]
        return [end + mp.mpf(10) ** -power * (-1 if k % 2 else 1) for power in (8, 14, 20)]

    def moved_to(self, value):
        sample = self.make_sample("end")
        for name in self.meaning.leaves(self.order).scalars:
            sample = self.moved(sample, ("v", name), value)
        return sample

    def vanishing(self, small, order, reason, dependents, point=None):
        """Whether left - right is O(order) (or o(1)) as one variable goes to zero, at several points."""
        gap = t.Add((self.left, t.Negate(self.right)))
        scale = order or t.Number("1")
        compared = 0
        # The step goes to zero from both sides, unless the domain forbids it.
        for k in range(8):
            sample = self.make_sample(f"o{k}", MODES[k % len(MODES)], variant=k % 3)
            ratios = []
            try:
                with self.mp.workdps(CHECK_DIGITS):
                    for step in self.steps(point or t.Number("0"), k):
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
            if self.little:
                bounded = ratios[2] <= self.mp.mpf(10) ** -6 and ratios[2] <= ratios[0]
            else:
                bounded = ratios[2] <= 1.5 * ratios[0] + self.mp.mpf(10) ** -6
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
