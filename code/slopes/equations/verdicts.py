"""The answers of the checker, and what the points said on the way to one."""

from dataclasses import dataclass, field
from decimal import Context

from . import tree as t
from .arrays import Array, Range
from .numbers import Complex, primal


@dataclass
class Verdict:
    """What was found about one equality.

    Attributes
    ----------
    kind : str
        'defined', 'verified', 'refuted', 'conditional', 'undecided', 'unread' or 'exempt'.
    reason : str
    witness : dict or None
        A point where the sides differ: ``{'at': {name: value}, 'left': value, 'right': value}``,
        all as text.
    compared : int
        How many points were compared.
    region : str
        Of 'conditional': the LaTeX that a Let would hold, ``x > 0``; '' where no Let says it.
    """

    kind: str
    reason: str = ""
    witness: dict | None = None
    compared: int = 0
    region: str = ""


@dataclass
class Tally:
    """What the points said so far.

    Attributes
    ----------
    generic, special : int
        Random points, and chosen ones, at which both sides have values that fit.
    lonely : list of (str, Exception, dict)
        Points at which one side only has a value: the side that has none, why, and the point.
    unsettled, lost : str
        Why points could not be told.
    failed : list of (points.Sample, dict)
        Points at which the relation does not hold.
    """

    generic: int = 0
    special: int = 0
    lonely: list = field(default_factory=list)
    unsettled: str = ""
    lost: str = ""
    failed: list = field(default_factory=list)

    @property
    def compared(self):
        return self.generic + self.special


class Refuted(Exception):
    """A point at which the relation does not hold."""

    def __init__(self, reason, witness, kink=False):
        super().__init__(reason)
        self.reason = reason
        self.witness = witness
        self.kink = kink


_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "in": "∈", "notin": "∉", "to": "→"}


def describe(node):
    """A condition as short text."""
    kind = type(node)
    if kind in (t.And, t.Or):
        return (" and " if kind is t.And else " or ").join(describe(item) for item in node.items)
    if kind is t.Relation:
        return f"{describe(node.left)} {_SIGNS.get(node.operator, node.operator)} {describe(node.right)}"
    if kind is t.IndexRange:
        return f"{node.index} = {describe(node.lower)}, …, {describe(node.upper)}"
    if kind is t.Symbol:
        return shown(node.name)
    if kind is t.Element:
        return f"{describe(node.base)}_{','.join(describe(i) for i in node.indices)}"
    if kind is t.Number:
        return node.text
    if kind is t.Negate:
        return f"-{describe(node.body)}"
    if kind is t.Absolute:
        return f"|{describe(node.body)}|"
    if kind is t.Divide:
        return f"{describe(node.numerator)}/{describe(node.denominator)}"
    if kind is t.Finite:
        return "{" + ", ".join(describe(i) for i in node.items) + "}"
    if kind is t.Interval:
        left, right = "[" if node.lower_closed else "(", "]" if node.upper_closed else ")"
        return f"{left}{describe(node.lower)}, {describe(node.upper)}{right}"
    if kind in (t.NumberSet, t.Constant):
        return {"infinity": "∞", "pi": "π"}.get(node.name, node.name)
    if kind is t.Add:
        return " + ".join(describe(x) for x in node.terms).replace("+ -", "- ")
    if kind is t.Multiply:
        return "".join(describe(x) for x in node.factors)
    return f"Σ {describe(node.body)}" if kind is t.Big else "…"


def shown(name):
    """A name as a person reads it; of a family, the name of its elements."""
    return t.pretty(name).rstrip("·")


def text(value, digits=10):
    """A value as a person reads it."""
    if value is None:
        return "no value"
    if type(value) is Array:
        rows = [value.items[k : k + value.cols] for k in range(0, len(value.items), value.cols)]
        return "[" + "; ".join(", ".join(text(x, digits) for x in row) for row in rows) + "]"
    if type(value) is Range:
        left, right = "[" if value.lower_closed else "(", "]" if value.upper_closed else ")"
        return f"{left}{text(value.lower, digits)}, {text(value.upper, digits)}{right}"
    value = primal(value)
    if type(value) is Complex:
        return f"{text(value.re, digits)} + {text(value.im, digits)} i"
    if not value.is_finite():
        return "∞" if value > 0 else "-∞"
    size = value.adjusted()
    if value and abs(size) > 1000:
        return f"a number {'beyond' if size > 0 else 'below'} 10^{size}"
    if value and not -6 < size < 16:
        return f"{value:.{digits - 1}e}"
    shown = format(Context(prec=digits).plus(value), "f")
    return (shown.rstrip("0").rstrip(".") or "0") if "." in shown else shown


def two_texts(left, right):
    """Two values with as many digits as it takes to tell them apart."""
    for digits in (6, 15, 40, 150, 1000):
        pair = text(left, digits), text(right, digits)
        if pair[0] != pair[1]:
            break
    return pair
