"""The answers of the checker, and what is counted on the way to one."""

from dataclasses import dataclass, field

from . import tree as t


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
    right_only: list = field(default_factory=list)  # and those where the left side has none
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
        left, right = "[" if node.lower_closed else "(", "]" if node.upper_closed else ")"
        return f"{left}{describe(node.lower)}, {describe(node.upper)}{right}"
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
