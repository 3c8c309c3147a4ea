"""Relations that hold only nearly: ``≈`` to the digits shown, ``≈`` as a step vanishes, and ``O(h²)``.

``f(x + h) ≈ f(x) + h f'(x), h → 0`` claims that the difference is small beside every term that is
shown; ``= … + O(h²)`` that the rest, divided by h², stays bounded. Both are tested ever nearer to
where the variable goes, and this has to be on the page: ``h → 0`` beside the relation, or an order
that vanishes at 0 or at infinity.
"""

from decimal import Decimal
from fractions import Fraction

from . import tree as t
from .errors import Undecidable, Undefined, Unread
from .numbers import INFINITY, ONE, SECOND, digits, number, primal, tolerance
from .points import MODES
from .verdicts import Refuted, Verdict, describe

NEAR = (8, 14, 20)  # powers of ten
SMALL = Decimal("1e-8")


def take_order(question):
    """Remove an O(h²) from one side of a question and return what stands in it, or None."""
    order = None
    for name in ("left", "right"):
        node = getattr(question, name)
        terms = node.terms if type(node) is t.Add else (node,)
        found = [x for x in terms if type(x) is t.BigO]
        if found and (order is not None or len(found) > 1 or question.operator != "="):
            raise Unread("O(…) is read once, as a term of one side of an equation")
        if found:
            order = found[0].body
            rest = tuple(x for x in terms if type(x) is not t.BigO)
            node = t.Add(rest) if len(rest) > 1 else rest[0] if rest else t.Number("0")
            setattr(question, name, node)
    return order


def approximate(question, order):
    """The verdict on a relation with ≈ or O(…)."""
    going = where_to(question, order)
    if order is not None:
        if going is None:
            return Verdict(
                "undecided", "O(…) does not tell where its variable goes: write h → 0 beside it"
            )
        name, end = going
        reason = f"the rest is of this order as {t.pretty(name)} → {describe(end)}"
        return vanishing(question, name, end, order, reason)
    sides = (question.right, question.left)
    shown = next((x for x in sides if digits_shown(x) is not None), None)
    if shown is not None:
        return to_digits(question, shown)
    if going is not None:
        reason = f"≈ holds as {t.pretty(going[0])} → {describe(going[1])}"
        return vanishing(question, *going, None, reason)
    question.operator = "="
    question.prepare()
    try:
        question.compare_everywhere()
    except Refuted:
        return Verdict(
            "undecided",
            "≈ does not say how close: show digits, or what goes where (h → 0), or an O(…)",
        )
    return question.conclusion()


def where_to(question, order):
    """(variable, where it goes): as a condition says, or where the order vanishes; or None."""
    names = sorted(question.meaning.leaves(order).scalars) if order is not None else []
    for condition in question.conditions:
        arrow = type(condition) is t.Relation and condition.operator == "to"
        if (
            arrow
            and type(condition.left) is t.Symbol
            and (order is None or condition.left.name in names)
        ):
            end = condition.right
            return condition.left.name, end.body if type(end) is t.Sided else end
    if order is None:
        return None
    if len(names) != 1:
        raise Unread("O(…) of more than one variable: write beside it which one goes where")
    whole = question.domain.get(names[0])
    infinity = t.Constant("infinity")
    if whole is not None and len(whole.values) > 4:
        return names[0], infinity
    for end, value in ((t.Number("0"), Decimal(0)), (infinity, Decimal(10) ** 40)):
        sample = question.sample("order").moved(names[0], value)
        found, error = question.comparison.side(order, sample, {})
        if error is None and abs(primal(found)) < Decimal("1e-30"):
            return names[0], end
    return None


def digits_shown(node):
    """Half a unit in the last digit of a displayed decimal (0.105, 1.7·10⁻⁴, -2.5, 10⁻³), or None."""
    if type(node) is t.Negate:
        return digits_shown(node.body)
    if type(node) is t.Number:
        decimals = len(node.text.split(".")[1]) if "." in node.text else 0
        return Fraction(1, 2) / 10**decimals
    if type(node) is t.Power:
        power = exponent_of_ten(node)
        return None if power is None else Fraction(1, 2) * Fraction(10) ** power
    if type(node) is t.Multiply and len(node.factors) == 2:
        head, tail = node.factors
        power, inner = exponent_of_ten(tail), digits_shown(head)
        if power is not None and inner is not None and type(head) in (t.Number, t.Negate):
            return inner * Fraction(10) ** power
    return None


def exponent_of_ten(node):
    """The k of 10^k, or None."""
    if type(node) is not t.Power or node.base != t.Number("10"):
        return None
    negative = type(node.exponent) is t.Negate
    inner = node.exponent.body if negative else node.exponent
    if type(inner) is not t.Number or not inner.text.isdigit() or int(inner.text) >= 400:
        return None
    return -int(inner.text) if negative else int(inner.text)


def to_digits(question, shown):
    """``≈ 0.105``: the other side is one number, and agrees with what is shown."""
    comparison, sample = question.comparison, question.sample("only")
    other = question.left if shown is question.right else question.right
    leaves = question.meaning.leaves(other)
    try:
        question.satisfy(sample, {})
    except Undefined:
        pass
    if leaves.families or leaves.smooth or not leaves.scalars <= set(sample.drawn):
        return Verdict("undecided", "≈ with a number, and the other side is not one number")
    value, error = comparison.side(other, sample, {})
    claimed, _ = comparison.side(shown, sample, {})
    if error is not None:
        return Verdict("undecided", f"no value: {error}")
    gap = abs(primal(value) - primal(claimed))
    if gap <= number(digits_shown(shown)) * (ONE + tolerance(10)) + comparison.slack:
        return Verdict("verified", "agrees to the digits shown", None, 1)
    pair = (value, claimed) if shown is question.right else (claimed, value)
    return Verdict("refuted", "differs in the digits shown", question.witness(sample, {}, *pair), 1)


def steps(end, question, name, order, k):
    """Three values of the variable, ever nearer to where it goes, from one side or the other."""
    value, _ = question.comparison.side(end, question.sample("end"), {})
    if abs(value) != INFINITY:
        return [value + Decimal(10) ** -power * (-1 if k % 2 else 1) for power in NEAR]
    far = [Decimal(10) ** power for power in NEAR]
    if order is not None:
        sample = question.sample("end").moved(name, far[0].copy_sign(value))
        near, _ = question.comparison.side(order, sample, {})
        if near is None or abs(primal(near)) < Decimal("1e-150"):
            far = [Decimal(20), Decimal(40), Decimal(80)]
    return [x.copy_sign(value) for x in far]


def vanishing(question, name, end, order, reason):
    """Whether left - right is O(order), or small beside each shown term, as a variable goes to its end."""
    terms = [order] if order is not None else shown_terms(question)
    compared = 0
    for k in range(8):
        sample = question.sample(f"o{k}", MODES[k % len(MODES)], variant=k % 3)
        try:
            with digits(SECOND):
                points = [sample.moved(name, x) for x in steps(end, question, name, order, k)]
                table = [ratios(question, terms, point) for point in points]
        except (Undecidable, Undefined):
            continue
        if None in table:
            continue
        compared += 1
        for first, _, last in zip(*table, strict=True):
            if None in (first, last):
                continue
            bounded = last <= Decimal("1.5") * first + Decimal("1e-6")
            if order is None:
                bounded = last <= SMALL and last <= first + Decimal("1e-30")
            if not bounded:
                left, _ = question.comparison.side(question.left, points[-1], {})
                right, _ = question.comparison.side(question.right, points[-1], {})
                witness = question.witness(points[-1], {}, left, right)
                return Verdict(
                    "refuted", "the rest does not vanish as fast as claimed", witness, compared
                )
    if compared < 2:
        return Verdict("undecided", "could be compared at too few points")
    return Verdict("verified", reason, None, compared)


def shown_terms(question):
    """The terms of both sides, beside which the difference has to be small."""
    terms = []
    for node in (question.left, question.right):
        terms += node.terms if type(node) is t.Add else [node]
    return terms


def ratios(question, terms, sample):
    """|left - right| divided by each term (None where that is 0); None outside the domain."""
    if not question.allowed(sample, {}):
        return None
    gap, error = question.comparison.side(
        t.Add((question.left, t.Negate(question.right))), sample, {}
    )
    if error is not None:
        return None
    found = []
    for term in terms:
        below, error = question.comparison.side(term, sample, {})
        if error is not None:
            return None
        size = abs(primal(below))
        found.append(abs(primal(gap)) / size if size > tolerance(20) else None)
    return found
