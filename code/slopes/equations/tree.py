"""The expressions that the reader understands, as immutable trees.

Each node is a frozen dataclass; its fields are other nodes, names, or tuples of these. Nothing here
computes, simplifies or reorders: a derivation whose successive lines are made identical on reading
could never be found wrong.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Node:
    """Base of all nodes."""

    def children(self):
        """The nodes directly below this one, in reading order."""
        for item in fields(self):
            yield from _nodes(getattr(self, item.name))

    def walk(self):
        """The node and all below it."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(list(node.children())))


def _nodes(value):
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def rebuild(node, change):
    """A copy of the tree in which `change` was applied to every node below the root's fields."""
    values = {item.name: _rebuilt(getattr(node, item.name), change) for item in fields(node)}
    return type(node)(**values)


def _rebuilt(value, change):
    if isinstance(value, Node):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_rebuilt(item, change) for item in value)
    return value


# -- numbers and names ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number(Node):
    """A number as it is displayed: ``0.50`` keeps its digits, which `≈` needs."""

    text: str


@dataclass(frozen=True)
class Constant(Node):
    """e, pi, i (the imaginary unit) or infinity."""

    name: str


@dataclass(frozen=True)
class Symbol(Node):
    """A name without an index: a variable, or the bare name of a function."""

    name: str
    bold: bool = False


@dataclass(frozen=True)
class Element(Node):
    """An indexed quantity: ``z_i``, ``W_{ij}``, ``softmax(z)_i``."""

    base: Node
    indices: tuple


# -- arithmetic -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Add(Node):
    terms: tuple


@dataclass(frozen=True)
class Negate(Node):
    body: Node


@dataclass(frozen=True)
class Multiply(Node):
    factors: tuple


@dataclass(frozen=True)
class Divide(Node):
    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Power(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True)
class Root(Node):
    body: Node
    degree: Node


@dataclass(frozen=True)
class Hadamard(Node):
    """The elementwise product of two vectors."""

    left: Node
    right: Node


@dataclass(frozen=True)
class Factorial(Node):
    body: Node


@dataclass(frozen=True)
class Absolute(Node):
    body: Node


@dataclass(frozen=True)
class Norm(Node):
    body: Node
    order: Node


# -- functions --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Function(Node):
    """The name of a function, where it is applied to something."""

    name: str


@dataclass(frozen=True)
class Primed(Node):
    """A derivative as a function: ``f'`` (order 1), ``f''``; `side` is '+' or '-' for ``f'_+``."""

    head: Node
    order: int
    side: str = ""


@dataclass(frozen=True)
class Compose(Node):
    outer: Node
    inner: Node


@dataclass(frozen=True)
class Lambda(Node):
    """An expression of functions, taken as a function: the ``(fg)`` in ``(fg)'(x)``."""

    body: Node


@dataclass(frozen=True)
class Apply(Node):
    head: Node
    arguments: tuple


@dataclass(frozen=True)
class Sided(Node):
    """A point approached from one side: ``0^+``."""

    body: Node
    side: str


# -- calculus ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Derivative(Node):
    """``d^n body / dv^n`` or a mixed partial; `variables` are pairs (node, order)."""

    body: Node
    variables: tuple
    partial: bool = False


@dataclass(frozen=True)
class Prime(Node):
    """A prime on an expression: ``(uv)'``. Its variable is the one that the expression depends on."""

    body: Node
    order: int


@dataclass(frozen=True)
class Gradient(Node):
    body: Node
    variable: Node | None


@dataclass(frozen=True)
class At(Node):
    """A value at a point: ``… |_{x = 0}``; `assignments` are pairs (node or None, node)."""

    body: Node
    assignments: tuple


@dataclass(frozen=True)
class Big(Node):
    """A sum or a product over an index, or the largest or smallest over an index."""

    kind: str
    index: str
    lower: Node | None
    upper: Node | None
    condition: Node | None
    body: Node


@dataclass(frozen=True)
class Extremum(Node):
    """``max_x``, ``min_x``, ``argmax_x``, ``argmin_x`` over a real variable."""

    kind: str
    variable: Node | None
    condition: Node | None
    body: Node


@dataclass(frozen=True)
class Limit(Node):
    variable: Node
    target: Node
    side: str
    body: Node


@dataclass(frozen=True)
class Integral(Node):
    variable: str
    lower: Node
    upper: Node
    body: Node


@dataclass(frozen=True)
class Antiderivative(Node):
    """An integral without limits: any function with this derivative."""

    variable: str
    body: Node


@dataclass(frozen=True)
class BigO(Node):
    """``O(h²)``; with `little`, ``o(h)``."""

    body: Node
    little: bool = False


@dataclass(frozen=True)
class Subdifferential(Node):
    head: Node
    arguments: tuple


# -- cases, vectors, sets ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Cases(Node):
    """Rows (value, condition)."""

    rows: tuple


@dataclass(frozen=True)
class Nothing(Node):
    """A case that says "undefined"."""


@dataclass(frozen=True)
class Indicator(Node):
    condition: Node


@dataclass(frozen=True)
class Vector(Node):
    items: tuple


@dataclass(frozen=True)
class Listing(Node):
    """``[z_1, …, z_n]``: a vector given by its first elements, dots and its last."""

    body: Node
    index: str
    upper: Node


@dataclass(frozen=True)
class Matrix(Node):
    rows: tuple


@dataclass(frozen=True)
class Transpose(Node):
    body: Node


@dataclass(frozen=True)
class Interval(Node):
    lower: Node
    upper: Node
    lower_closed: bool
    upper_closed: bool


@dataclass(frozen=True)
class Finite(Node):
    """A finite set ``{0, 1}``."""

    items: tuple


@dataclass(frozen=True)
class NumberSet(Node):
    """R, N or Z."""

    name: str


# -- conditions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Relation(Node):
    left: Node
    operator: str
    right: Node


@dataclass(frozen=True)
class And(Node):
    items: tuple


@dataclass(frozen=True)
class Or(Node):
    items: tuple


@dataclass(frozen=True)
class Otherwise(Node):
    pass


@dataclass(frozen=True)
class IndexRange(Node):
    """``i = 1, …, n``."""

    index: str
    lower: Node
    upper: Node


def substitute(node, old, new):
    """The tree with one node replaced by another, wherever it stands."""
    return new if node == old else rebuild(node, lambda child: substitute(child, old, new))


def stands_free(symbol, node):
    """Whether a symbol stands in an expression other than as an index: the k of k x, not of z_k."""
    if node == symbol:
        return True
    if isinstance(node, Element):
        return stands_free(symbol, node.base)
    if isinstance(node, Big) and node.index == symbol.name:
        return False
    return any(stands_free(symbol, child) for child in node.children())


def is_plain_value(node):
    """Whether an expression is made of numbers alone."""
    return not any(isinstance(n, Symbol | Element | Function) for n in node.walk())


def names_in(node, kind=Symbol):
    """The set of names of all nodes of one kind in a tree."""
    return {item.name for item in node.walk() if isinstance(item, kind)}


def pretty(name):
    """A name as a person reads it: ``hat:y`` is ŷ, ``sigma`` is σ."""
    accent, _, base = name.replace("^{()}", "").rpartition(":")
    head, mark, label = base.partition("_{")
    head = _GREEK.get(head, head)
    head = head + _ACCENT.get(accent, "")
    return head + ("_" + label.rstrip("}") if mark else "")


_ACCENT = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "cal": ""}
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ",
    "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Phi": "Φ", "Psi": "Ψ", "Sigma": "Σ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
