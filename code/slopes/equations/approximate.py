"""Relations that hold only nearly: ``≈`` to the digits shown, ``≈`` as a step vanishes, and ``O(h²)``.

``f(x + h) ≈ f(x) + h f'(x), h → 0`` claims that the difference is small beside every term that is
shown; ``= … + O(h²)`` that the rest, divided by h², stays bounded. Both are tested ever nearer.
"""

import itertools
import operator
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from . import tree as t
from .arrays import flat, paired
from .errors import Undecidable, Undefined, Unread
from .numbers import INFINITY, ONE, SECOND, digits, primal, tolerance
from .points import MODES, constant, exact
from .verdicts import Verdict, describe

NEAR = (8, 14, 20)  # powers of ten
MOST = 40  # points at which rounded numbers are compared
SHOWN = "to the digits shown"
CUT = "the digits shown are right, and the next is cut off"
VANISHED = Decimal("1e-30")


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
            setattr(question, name, t.Add(rest) if rest else t.Number("0"))
    return order


def approximate(question, order):
    sides = (question.right, question.left)
    decimal = next((x for x in sides if order is None and None not in all_shown(x)), None)
    told = to_digits(question, decimal) if decimal is not None else None
    if told is not None and told.reason == SHOWN:
        return told
    if order is None and is_rounded(question):
        if told is not None and told.kind == "verified":
            return Verdict("verified", f"{SHOWN}, as rounded numbers give it", None, 1)
        raise Undecidable(f"{SHOWN}, with one number on the right")
    return told or vanishing(question, *where_to(question, order), order)


def where_to(question, order):
    """(variable, where it goes): as a condition says; of an order to 0, if it vanishes there."""
    names = sorted(question.meaning.leaves(order).scalars) if order is not None else []
    for condition in question.conditions:
        arrow = getattr(condition, "operator", "") == "to"
        if arrow and (order is None or condition.left.name in names):
            end = condition.right
            return condition.left.name, end.body if type(end) is t.Sided else end
    if order is None:
        raise Undecidable("≈ does not say how close: show digits, or write h → 0, or an O(…)")
    if len(names) != 1:
        raise Unread("O(…) of more than one variable: write beside it which one goes where")
    found, error = question.side(order, question.sample("o").moved(names[0], Decimal(0)))
    if error is not None or abs(primal(found)) > VANISHED:
        raise Undecidable("O(…) does not tell where its variable goes: write h → 0 beside it")
    return names[0], t.Number("0")


def digits_shown(node):
    """Half a unit in the last digit of a displayed decimal (0.105, 1.7·10⁻⁴, -2.5, 10⁻³), or None."""
    match node:
        case t.Negate(body):
            return digits_shown(body)
        case t.Number(text):
            return Fraction(1, 2) / 10 ** len(text.partition(".")[2])
        case t.Power(t.Number("10")):
            return (value := constant(node)) and value / 2
        case t.Multiply((head, t.Power() as tail)):
            shown = digits_shown(head), digits_shown(tail)
            return None if None in shown else shown[0] * shown[1] * 2
    return None


def all_shown(node):
    """The digits shown of a number, or of each element of a vector."""
    return [digits_shown(x) for x in (node.items if type(node) is t.Vector else (node,))]


def to_digits(question, decimal):
    """``≈ 0.105``: the other side is one number (or vector), and agrees with what is shown."""
    sample = question.sample("only")
    other = question.left if decimal is question.right else question.right
    leaves = question.meaning.leaves(other)
    with suppress(Undefined):
        question.satisfy(sample)
    if leaves.families or leaves.smooth or not leaves.scalars <= set(sample.drawn):
        raise Undecidable("≈ with a number, and the other side is not one number")
    value, claimed = (question.value(node, sample) for node in (other, decimal))
    gaps, loose = [abs(x - y) for x, y in paired(value, claimed)], ONE + tolerance(10)
    limits = [exact(shown) * loose + question.work.slack for shown in all_shown(decimal)]
    if all(map(operator.le, gaps, limits)):
        return Verdict("verified", SHOWN, None, 1)
    cut = type(decimal) is not t.Vector and any(map(is_long, decimals(decimal)))  # 2/3 ≈ 0.666
    if cut and abs(value) > abs(claimed) and gaps[0] < exact(2 * digits_shown(decimal)):
        return Verdict("verified", CUT, None, 1)
    pair = (value, claimed) if decimal is question.right else (claimed, value)
    return Verdict("refuted", "differs in the digits shown", question.witness(sample, *pair), 1)


def decimals(node):
    """The decimals of a node, but for those of conditions: where cases part is not rounded."""
    rows = [row for x in node.walk() if type(x) is t.Cases for row in x.rows]
    parts = {x for _, condition in rows if condition is not None for x in condition.walk()}
    return {x for x in node.walk() if type(x) is t.Number and "." in x.text} - parts


def is_long(number):
    """Whether a decimal shows three digits or more."""
    return len(number.text.replace(".", "").lstrip("0")) > 2


def is_rounded(question):
    """Whether the sides agree everywhere, once the decimals that may be rounded are."""
    agreeing, leaves = 0, question.leaves
    free = bool(leaves.scalars or leaves.families or leaves.smooth)
    arrow = any(getattr(c, "operator", "") == "to" for c in question.conditions)
    shown = [decimals(side) for side in (question.left, question.right)]
    if free and (arrow or not any(shown)):
        return False
    for sample in itertools.islice(question.points(), MOST):
        with suppress(Undefined):
            if question.admits(sample):
                if not agrees(question, sample, shown, free):
                    return False
                agreeing += 1
    return agreeing > 4 * free


def agrees(question, sample, shown, free):
    """Whether the sides, which show these decimals, agree at a point as far as rounding lets them.

    Rounded may be the decimals that only the right side shows; and those of the left that show three
    digits or more, unless both values end where the shown digits do (3.50 + 2.25 is 5.75), or what
    they leave open is more than the last digit on the right. One that both show moves in both.
    """
    sides = question.left, question.right
    values = [question.value(side, sample) for side in sides]
    every = flat(values)
    if not all(isinstance(x, Decimal) and x.is_finite() for x in every):
        return values[0] == values[1]
    unit = min((exact(2 * digits_shown(x)) for x in shown[0] | shown[1]), default=ONE)
    ends = all(x == x.to_integral_value() for x in (value / unit for value in every))
    exactly = {x for x in shown[0] if ends or free or not is_long(x)}
    gaps = [x - y for x, y in paired(*values)]
    *terms, whole = map(digits_shown, (*getattr(sides[0], "terms", ()), sides[1]))
    if any(map(is_long, shown[0])) and len(terms) > 1 and {*terms} == {whole} != {None}:
        return abs(gaps[0]) <= exact(sum(terms)) * (ONE + tolerance(10))
    rooms = [[[question.work.slack] for _ in gaps] for _ in sides]  # what each decimal leaves open
    for k, found in enumerate((shown[0] - shown[1], shown[1])):
        for x in found - exactly:
            most = t.Number(str(Decimal(x.text) + exact(digits_shown(x))))
            moved = [question.value(t.substitute(side, x, most), sample) for side in sides]
            often = list(sides[k].walk()).count(x)
            for room, here, (left, right) in zip(rooms[k], gaps, paired(*moved), strict=True):
                room += [abs(left - right - here) / often] * often
    loose = ONE + tolerance(10)
    for gap, left, right in zip(gaps, *rooms, strict=True):
        known = min(sum(right) * loose, 2 * max(right) * (2 - loose))  # less than one unit in all
        if abs(gap) > known + (sum(left) if not shown[1] or sum(left) <= 2 * known else 0):
            return False
    return True


def steps(question, name, end, order, k):
    """Three values of the variable, ever nearer to where it goes, from one side or the other."""
    value, _ = question.side(end, question.sample("end"))
    if abs(value) != INFINITY:
        return [value + Decimal(10) ** -power * (-1 if k % 2 else 1) for power in NEAR]
    far = [Decimal(10) ** power for power in NEAR]
    if order is not None:
        near, _ = question.side(order, question.sample("end").moved(name, far[0]))
        if near is None or abs(primal(near)) < Decimal("1e-150"):
            far = [Decimal(20), Decimal(40), Decimal(80)]
    return [x.copy_sign(value) for x in far]


def vanishing(question, name, end, order):
    """Whether the difference is O(order), or small beside each shown term, near the end."""
    sides, terms = (question.left, question.right), [order]
    if order is None:
        terms = [x for s in sides for x in (s.terms if type(s) is t.Add else (s,))]
    compared = 0
    for k in range(8):
        sample = question.sample(f"o{k}", MODES[k % len(MODES)], variant=k % 3)
        try:
            with digits(SECOND):
                points = [sample.moved(name, x) for x in steps(question, name, end, order, k)]
                table = [ratios(question, terms, point) for point in points]
        except (Undecidable, Undefined):
            continue
        compared += 1
        for first, _, last in zip(*table, strict=True):
            most = Decimal("1.5") * first + Decimal("1e-6")
            if last > (most if order is not None else min(Decimal("1e-8"), first + VANISHED)):
                values = [question.side(side, points[-1])[0] for side in sides]
                witness = question.witness(points[-1], *values)
                return Verdict("refuted", "the rest does not vanish as claimed", witness, compared)
    if compared < 2:
        raise Undecidable("could be compared at too few points")
    return Verdict("verified", f"as {t.pretty(name)} → {describe(end)}", None, compared)


def ratios(question, terms, sample):
    """|left - right| divided by each term (0 where that is 0)."""
    if not question.admits(sample):
        raise Undefined("outside the domain")
    nodes = t.Add((question.left, t.Negate(question.right))), *terms
    gap, *sizes = (abs(primal(question.value(node, sample))) for node in nodes)
    if any(0 < size <= tolerance(20) for size in sizes):
        raise Undecidable("a term too small to be compared with")
    return [gap / size if size else Decimal(0) for size in sizes]
