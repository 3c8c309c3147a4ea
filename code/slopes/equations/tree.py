r"""Formulas as immutable trees: first as they are written, then as they are meant.

The grammar makes a tree of what stands on the page and asks nobody what it means: ``f(x)`` is a
`Product` of a name and a group, ``x_i`` a `Script`, ``\frac{dy}{dx}`` a `Fraction`. `scope` turns
these into calls, products, elements and derivatives, by what is declared. Both are nodes of one
kind, and what has only one meaning (a sum, a root, cases, a matrix) is the same node in both.

Nothing here computes, simplifies or reorders: a derivation whose successive lines are made
identical on reading could never be found wrong.
"""

from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Node:
    """Base of all nodes; `at` is where in the LaTeX it begins."""

    at: int = field(default=0, compare=False, repr=False, kw_only=True)

    def children(self):
        """The nodes directly below this one, in reading order."""
        for item in fields(self):
            yield from _nodes(getattr(self, item.name))

    def walk(self):
        """The node and all below it, in reading order."""
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


def substitute(node, old, new):
    """The tree with one node replaced by another, wherever it stands."""
    return new if node == old else rebuild(node, lambda child: substitute(child, old, new))


# -- as it is written -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Name(Node):
    """A letter or a word.

    Its style is '' (a letter), 'op' (``\\sin``, ``\\operatorname``), 'rm' (upright), 'bf', 'cal', 'bb',
    'hat', 'tilde', 'bar', or 'sign' (∞, ∂, ∇, ⊤).
    """

    text: str
    style: str = ""


@dataclass(frozen=True)
class Script(Node):
    """base_{sub}^{sup}''; each part as written."""

    base: Node
    sub: Node | None = None
    sup: Node | None = None
    primes: int = 0


@dataclass(frozen=True)
class Group(Node):
    """Brackets and what stands between their commas: (x), [0, 1], {0, 1}, |x|, ‖v‖."""

    opening: str
    items: tuple
    closing: str


@dataclass(frozen=True)
class Product(Node):
    """Factors as they follow each other, each with the sign before it: '', '*', '/', 'odot', 'o'."""

    factors: tuple


@dataclass(frozen=True)
class Fraction(Node):
    top: Node
    bottom: Node


@dataclass(frozen=True)
class Operator(Node):
    r"""``\sum``, ``\prod``, ``\lim``, ``\max_…`` and others; the body is the rest of the term."""

    kind: str
    below: Node | None
    above: Node | None
    body: Node


@dataclass(frozen=True)
class Written(Node):
    """An integral as it is written."""

    below: Node | None
    above: Node | None
    body: Node
    variable: Node


@dataclass(frozen=True)
class Bar(Node):
    r"""``\left. body \right|_{below}``"""

    body: Node
    below: Node | None
    above: Node | None


@dataclass(frozen=True)
class Chain(Node):
    """Sides with relations between them."""

    sides: tuple
    operators: tuple


@dataclass(frozen=True)
class Listed(Node):
    """Things beside each other with commas or words: ``p > 0, q > 0``; `join` is 'and' or 'or'."""

    items: tuple
    join: str = "and"


@dataclass(frozen=True)
class Mark(Node):
    """A sign that stands alone: the + of 0^+, the dots of a list, the * of x^*, the ! of n!."""

    text: str


# -- the same as it is written and as it is meant ---------------------------------------------------


@dataclass(frozen=True)
class Number(Node):
    """A number as it is displayed: ``0.50`` keeps its digits, which `≈` needs."""

    text: str


@dataclass(frozen=True)
class Add(Node):
    """A sum; a difference is a sum with a `Negate` in it."""

    terms: tuple


@dataclass(frozen=True)
class Negate(Node):
    body: Node


@dataclass(frozen=True)
class Root(Node):
    body: Node
    degree: Node


@dataclass(frozen=True)
class Cases(Node):
    """Rows (value, condition)."""

    rows: tuple


@dataclass(frozen=True)
class Otherwise(Node):
    """The condition of the last case: what is left."""


@dataclass(frozen=True)
class Matrix(Node):
    rows: tuple


# -- as it is meant: numbers and names --------------------------------------------------------------


@dataclass(frozen=True)
class Constant(Node):
    """e, pi, i (the imaginary unit) or infinity."""

    name: str


@dataclass(frozen=True)
class Symbol(Node):
    """A name: bound, defined, a size, a free array or a free number (see `meaning`)."""

    name: str


@dataclass(frozen=True)
class Element(Node):
    """An indexed quantity: ``z_i``, ``W_{ij}``, ``softmax(z)_i``."""

    base: Node
    indices: tuple


@dataclass(frozen=True)
class Kronecker(Node):
    """δ_ij: 1 where the indices are the same, and 0 elsewhere."""

    indices: tuple


# -- arithmetic -------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Transpose(Node):
    body: Node


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
    """An expression taken as a function of one variable: the ``(fg)`` in ``(fg)'(x)``."""

    parameter: str
    body: Node


@dataclass(frozen=True)
class Apply(Node):
    head: Node
    arguments: tuple


@dataclass(frozen=True)
class Sided(Node):
    """A point approached from one side: the ``0^+`` of ``f(0^+)``; also the part ``x^+``."""

    body: Node
    side: str


# -- calculus ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Derivative(Node):
    """``d^n body / dv^n`` or a mixed partial; `variables` are pairs (node, order).

    An order is an int, or a `Symbol` for the n-th derivative.
    """

    body: Node
    variables: tuple
    partial: bool = False


@dataclass(frozen=True)
class At(Node):
    """A value at a point: ``… |_{x = 0}``; `assignments` are pairs (name, value)."""

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
    """``max_x``, ``min_x``, ``sup_x``, ``inf_x``, ``argmax_x``, ``argmin_x`` over a real variable."""

    kind: str
    variable: str
    condition: Node | None
    body: Node


@dataclass(frozen=True)
class Limit(Node):
    """A limit; `whole` where the variable runs through whole numbers."""

    variable: str
    target: Node
    side: str
    body: Node
    whole: bool = False


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
    """``O(h²)``."""

    body: Node


@dataclass(frozen=True)
class Subdifferential(Node):
    head: Node
    arguments: tuple


# -- vectors and sets -------------------------------------------------------------------------------


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
class IndexRange(Node):
    """``i = 1, …, n``."""

    index: str
    lower: Node
    upper: Node


# -- questions about trees --------------------------------------------------------------------------


def names_in(node, kind=Symbol):
    """The set of names of all nodes of one kind in a tree."""
    return {item.name for item in node.walk() if isinstance(item, kind)}


def pretty(name):
    """A name as a person reads it: ``hat:y`` is ŷ, ``sigma`` is σ; a second meaning's mark is left out."""
    accent, _, base = name.split("~")[0].rpartition(":")
    base, layer, above = base.partition("^")
    head, mark, label = base.partition("_{")
    head = GREEK_LETTERS.get(head, head) + _ACCENTS.get(accent, "")
    below = "_" + label.rstrip("}") if mark else ""
    return head + below + (layer + above.strip("{}") if layer else "")


_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}
GREEK_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ",
    "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ",
    "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
