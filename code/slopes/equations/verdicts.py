"""The answers of the checker, and how conditions and values are written."""

import re
from dataclasses import dataclass
from decimal import Context, localcontext

from . import tree as t
from .arrays import Array, Range
from .numbers import Dual, primal
from .tokens import FUNCTIONS, RELATIONS


@dataclass
class Verdict:
    """What was found about one equality."""

    kind: str  # defined, verified, refuted, conditional, undecided, unread or exempt
    reason: str = ""
    # A point where the sides differ: {'at': {name: value}, 'left': value, 'right': value}, all text.
    witness: dict | None = None
    compared: int = 0  # points
    digits: int = 0  # to which a relation held there; 0 where the reason says how it was compared
    region: str = ""  # of 'conditional': the LaTeX that a Let would hold; '' where no Let says it
    under: tuple = ()  # conditions that were assumed, as a person reads them


class Refuted(Exception):
    """A point at which the relation does not hold: why not, and the witness."""


# How conditions are written: what stands around or between the parts of a node.
_AROUND = {
    t.Negate: "-{}", t.Absolute: "|{}|", t.Divide: r"\frac{{{}}}{{{}}}", t.Power: "{}^{}",
    t.IndexRange: r"{} = {}, \dots, {}", t.Norm: r"\lVert {} \rVert",
}  # fmt: skip
_BRACKETED = {  # the first of each, or all
    t.Negate: t.Add, t.Multiply: t.Add | t.Negate, t.Big: t.Add,
    t.Power: t.Add | t.Negate | t.Multiply | t.Divide | t.Power,
}  # fmt: skip
_BETWEEN = {t.Add: " + ", t.Multiply: r" \, ", t.And: r" \text{ and } "}
SIGNS = {sign: command for command, sign in reversed(RELATIONS.items())}  # the first one of each


def latex(node):
    """A condition as LaTeX."""
    kind = type(node)
    loose = _BRACKETED.get(kind, ())
    below = [f"({latex(x)})" if isinstance(x, loose) else latex(x) for x in node.children()]
    if kind is t.Power and len(below[1]) > 1:
        below[1] = f"{{{below[1].strip('()')}}}"
    if kind in _AROUND:
        return _AROUND[kind].format(*([node.index] if kind is t.IndexRange else []), *below)
    if kind in _BETWEEN:
        return _BETWEEN[kind].join(below).replace("+ -", "- ")
    if kind is t.Relation:
        return f"{below[0]} {SIGNS[node.operator]} {below[1]}"
    if kind is t.Element:
        label, base = "".join(below[1:]), getattr(node.base, "name", "…")
        return f"{name_latex(base)}_{label if len(label) == 1 else '{' + label + '}'}"
    if kind is t.Finite:
        return r"\{" + ", ".join(below) + r"\}"
    if kind is t.Interval:
        ends = "[" if node.lower_closed else "(", "]" if node.upper_closed else ")"
        return f"{ends[0]}{below[0]}, {below[1]}{ends[1]}"
    if kind is t.Big and node.kind == "sum" and not node.condition:
        end = "n" if node.upper is None else latex(node.upper)
        begin = "1" if node.lower is None else latex(node.lower)
        return rf"\sum_{{{node.index}={begin}}}^{{{end}}} {below[-1]}"
    if kind is t.Apply and type(node.head) is t.Function:
        return f"{below[0]}({', '.join(below[1:])})"
    if kind is t.Root and node.degree == t.Number("2"):
        return rf"\sqrt{{{below[0]}}}"
    if kind is t.Symbol and node.name.endswith("·"):
        return rf"\mathbf{{{name_latex(node.name)}}}"
    if kind in (t.Symbol, t.Function):
        return name_latex(node.name)
    if kind is t.NumberSet:
        return rf"\mathbb{{{node.name}}}"
    if kind is t.Constant:
        return {"infinity": r"\infty", "pi": r"\pi"}.get(node.name, node.name)
    return node.text if kind in (t.Number, t.Name, t.Mark) else r"\dots"


def name_latex(name):
    r"""A name as LaTeX: ``hat:y`` is \hat{y}, ``sigma`` is \sigma."""
    accent, _, base = name.split("~")[0].replace("·", "").rpartition(":")
    head, mark, label = base.partition("_{")
    signs = {sign: f"\\{name} " for name, sign in t.GREEK_LETTERS.items()}  # Δx, an increment
    if len(head) > 1 and head.isascii():
        known = head in t.GREEK_LETTERS or head in FUNCTIONS
        head = f"\\{head}" if known else rf"\mathrm{{{head}}}"
    head = "".join(signs.get(c, c) for c in head)
    accent = {"cal": "mathcal", "bb": "mathbb", "bf": "mathbf"}.get(accent, accent)
    return (rf"\{accent}{{{head}}}" if accent else head) + mark + label


_PLAIN = {
    "ne": "≠", "le": "≤", "ge": "≥", "approx": "≈", "in": "∈", "notin": "∉", "to": "→",
    "implies": "⇒", "sum": "Σ", "infty": "∞", "dots": "…", "lVert": "‖", "rVert": "‖", "sqrt": "√",
}  # fmt: skip


def plain(text):
    """LaTeX of a condition as a person reads it."""
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", _over, text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r"√(\1)", text)
    text = re.sub(r"\\(?:text|math[a-z]+)\{([^{}]*)\}", r"\1", text).replace(r" \, ", "")
    signs = {**t.GREEK_LETTERS, **_PLAIN}
    text = re.sub(r"\\([A-Za-z]+)", lambda found: signs.get(found[1], found[1]), text)
    return text.replace("\\", "")


def _over(found):
    return "/".join(x if re.fullmatch(r"\\?\w+", x) else f"({x})" for x in found.groups())


def describe(node):
    return " ".join(plain(latex(node)).split())


def text(value, digits=10):
    if value is None:
        return "no value"
    if isinstance(value, t.Node):  # a set
        return describe(value)
    if type(value) is Array:
        rows = [value.items[k : k + value.cols] for k in range(0, len(value.items), value.cols)]
        return "[" + "; ".join(", ".join(text(x, digits) for x in row) for row in rows) + "]"
    if type(value) is Range:
        opening, closing = "(["[value.lower_closed], ")]"[value.upper_closed]
        return f"{opening}{text(value.lower, digits)}, {text(value.upper, digits)}{closing}"
    value = primal(value)
    if type(value) is Dual:
        return f"{text(value.a, digits)} + {text(value.b, digits)} i"
    if not value.is_finite():
        return "∞" if value > 0 else "-∞"
    size = value.adjusted()
    if value and abs(size) > 1000:
        return f"a number {'beyond' if size > 0 else 'below'} 10^{size}"
    if value and not -6 < size < 16:
        return f"{value:.{digits - 1}e}"
    rounded = format(Context(prec=digits).plus(value), "f")
    return (rounded.rstrip("0").rstrip(".") or "0") if "." in rounded else rounded


def two_texts(left, right):
    """Two values with as many digits as it takes to tell them apart."""
    for digits in (6, 15, 40):
        pair = text(left, digits), text(right, digits)
        if pair[0] != pair[1]:
            return pair
    if type(left) is Array or type(right) is Array or None in (left, right):
        return pair
    exact = text(right, 2000) == pair[1]
    with localcontext(Context(prec=2000)):
        gap = (primal(right) - primal(left)) * (-1 if exact else 1)
    told = f"{pair[0]} {'-' if gap < 0 else '+'} {abs(gap):.3e}" if gap else pair[0]
    return (told, pair[1]) if exact else (pair[0], told)
