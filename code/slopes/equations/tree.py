r"""Formulas as immutable trees: first as they are written, then as they are meant.

The grammar makes a tree of what stands on the page and asks nobody what it means: ``f(x)`` is a
`Product` of a name and a group, ``x_i`` a `Script`, ``\frac{dy}{dx}`` a `Fraction`. `scope` turns
these into calls, products, elements and derivatives, by what is declared. Both are nodes of one
kind, and what has only one meaning (a sum, a root, cases, a matrix) is the same node in both.

Nothing here computes, simplifies or reorders: a derivation whose successive lines are made
identical on reading could never be found wrong.
"""

from dataclasses import MISSING, dataclass, field, make_dataclass


@dataclass(frozen=True)
class Node:
    """Base of all nodes; `at` is where in the LaTeX it begins."""

    at: int = field(default=0, compare=False, repr=False, kw_only=True)

    def children(self):
        """The nodes directly below this one, in reading order."""
        return [node for name in self.names for node in _nodes(getattr(self, name))]

    def walk(self):
        """The node and all below it, in reading order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children()))


def _nodes(value):
    if isinstance(value, tuple):
        return [node for item in value for node in _nodes(item)]
    return [value] if isinstance(value, Node) else []


def rebuild(node, change):
    """A copy of a node in which `change` was applied to each node directly below it."""

    def rebuilt(value):
        if isinstance(value, Node):
            return change(value)
        return tuple(map(rebuilt, value)) if isinstance(value, tuple) else value

    return type(node)(*(rebuilt(getattr(node, name)) for name in node.names), at=node.at)


def substitute(node, old, new):
    """The tree with one node replaced by another, wherever it stands."""
    return new if node == old else rebuild(node, lambda child: substitute(child, old, new))


def names_in(node, kind=None):
    """The set of names of all nodes of one kind (symbols, if none is given) in a tree."""
    return {item.name for item in node.walk() if isinstance(item, kind or Symbol)}


def _node(name, names, meaning, **defaults):
    """A kind of node: its name, its fields in order, and what it stands for."""
    described = [(n, object, field(default=defaults.get(n, MISSING))) for n in names.split()]
    namespace = {"__doc__": meaning, "__module__": __name__, "names": names.split()}
    return make_dataclass(name, described, bases=(Node,), frozen=True, namespace=namespace)


# -- as it is written -------------------------------------------------------------------------------
# The style of a name is '' (a letter), 'op' (\sin, \operatorname), 'rm' (upright), 'bf', 'cal', 'bb',
# 'hat', 'tilde', 'bar', or 'sign' (∞, ∂, ∇, ⊤).
Name = _node("Name", "text style", "A letter or a word.", style="")
Script = _node("Script", "base sub sup primes", "base_{sub}^{sup}''", sub=None, sup=None, primes=0)
Group = _node("Group", "opening items closing", "Brackets: (x), [0, 1], {0, 1}, |x|, ‖v‖.")
Product = _node("Product", "factors", "Pairs (sign, factor); '', '*', '/', 'odot'.")
Fraction = _node("Fraction", "top bottom", "A fraction, or a derivative.")
Operator = _node("Operator", "kind below above body", "A sum, a limit, a maximum.")
Written = _node("Written", "below above body variable", "An integral.")
Bar = _node("Bar", "body below above", "body |_{below}")
Chain = _node("Chain", "sides operators", "Sides with relations between them.")
Listed = _node("Listed", "items", "Things with commas or words between.")
Mark = _node("Mark", "text", "A sign that stands alone: the + of 0^+, dots.")

# -- the same as it is written and as it is meant; from Constant on, as it is meant alone --------
Number = _node("Number", "text", "A number as it is displayed: ≈ needs the digits of 0.50.")
Add = _node("Add", "terms", "A sum; a difference is a sum with a Negate in it.")
Negate = _node("Negate", "body", "-body")
Root = _node("Root", "body degree", "The root of a degree.")
Cases = _node("Cases", "rows", "Pairs (value, condition).")
Otherwise = _node("Otherwise", "", "The condition of the last case: what is left.")
Matrix = _node("Matrix", "rows", "Rows of cells.")
Constant = _node("Constant", "name", "e, pi, i (the imaginary unit) or infinity.")
Symbol = _node("Symbol", "name", "A name: bound, defined, a size, a free array or a free number.")
Element = _node("Element", "base indices", "An indexed quantity: z_i, W_{ij}, softmax(z)_i.")
Kronecker = _node("Kronecker", "indices", "δ_ij: 1 where the indices are the same, else 0.")
Multiply = _node("Multiply", "factors", "A product.")
Divide = _node("Divide", "numerator denominator", "A quotient.")
Power = _node("Power", "base exponent", "base^exponent")
Hadamard = _node("Hadamard", "left right", "The elementwise product of two vectors.")
Absolute = _node("Absolute", "body", "|body|")
Norm = _node("Norm", "body order", "The norm of an order (1, 2 or infinity).")
Transpose = _node("Transpose", "body", "The transpose.")
Function = _node("Function", "name", "The name of a function, where it is applied to something.")
Primed = _node("Primed", "head order side", "f', f''; side '+' or '-' for f'_+.", side="")
Apply = _node("Apply", "head arguments", "A function at its arguments.")
Sided = _node("Sided", "body side", "A side, as in 0^+ (a power with a sign needs braces: e^{-x}).")
# The variables of a derivative are pairs (node, order).
Derivative = _node("Derivative", "body variables partial", "d^n body / dv^n", partial=False)
At = _node("At", "body variable value", "A value at a point.")
Big = _node("Big", "kind index lower upper condition body", "A sum, … over an index.")
Limit = _node("Limit", "variable target side body", "A limit, from one side or from both.")
Integral = _node("Integral", "variable lower upper body", "A definite integral.")
BigO = _node("BigO", "body", "O(body)")
Subdifferential = _node("Subdifferential", "head arguments", "∂f(x): the interval of subgradients.")
Indicator = _node("Indicator", "condition", "1 where the condition holds, 0 elsewhere.")
Vector = _node("Vector", "items", "A column.")
Listing = _node("Listing", "body index upper", "(z_1, …, z_n)")
Interval = _node("Interval", "lower upper lower_closed upper_closed", "[a, b], (a, b) …")
Finite = _node("Finite", "items", "A finite set {0, 1}.")
NumberSet = _node("NumberSet", "name", "R, N or Z.")
Relation = _node("Relation", "left operator right", "One relation, as a condition.")
And = _node("And", "items", "All of them.")
IndexRange = _node("IndexRange", "index lower upper", "i = 1, …, n")


def scripts(node):
    """(base, sub, sup, primes) of a name or bracket with what hangs on it."""
    if isinstance(node, Script):
        return node.base, node.sub, node.sup, node.primes
    return node, None, None, 0


def bare(node):
    """A node without what hangs on it."""
    return node.base if isinstance(node, Script) else node


def unraised(node):
    """A node without its superscript and primes."""
    sub = node.sub if isinstance(node, Script) else None
    return bare(node) if sub is None else Script(node.base, sub, at=node.at)


def is_name(node, *texts, styles=None):
    """Whether a node is a letter or word (one of `texts`, of one of `styles`, if these are given)."""
    fits = isinstance(node, Name) and (not texts or node.text in texts)
    return fits and (styles is None or node.style in styles)


def layer_of(sup):
    """What stands above a name if it is in brackets: a label, and no power; None for any other."""
    return sup if isinstance(sup, Group) and sup.opening in ("(", "[") else None


def family_of(value):
    """What an element is taken of; any other value itself."""
    return value.base if isinstance(value, Element) else value


def items_of(node):
    """The things of a list, or the one thing."""
    return node.items if isinstance(node, Listed) else (node,)


def spread(items):
    """``a, b > 0`` as a > 0 and b > 0, and ``i = 1, …, n`` as i ∈ {1, …, n}."""
    result = []
    for item in items:
        if isinstance(item, Chain):
            for k in range(len(result) - 1, -1, -1):
                if isinstance(result[k], Chain):
                    break
                result[k] = Chain((result[k], *item.sides[1:]), item.operators, at=result[k].at)
        elif result[-1:] == [Mark("dots")] and getattr(result[-2], "operators", ()) == ("=",):
            index, first = result[-2].sides
            members = Group("{", (first, Mark("dots"), item), "}", at=first.at)
            item = Chain((index, members), ("in",), at=index.at)
            del result[-2:]
        result.append(item)
    return result


def factors_of(node):
    """The factors of a product without signs; a single node as one factor."""
    if isinstance(node, Product) and not any(operator for operator, _ in node.factors):
        return [factor for _, factor in node.factors]
    return [node]


def parts_of(sub):
    """The parts of a subscript: z_{ij} and z_{i,j} have two, z_{i+1} one, w_{11} two."""
    if isinstance(sub, Listed):
        return list(sub.items)
    if isinstance(sub, Number) and len(sub.text) == 2 and sub.text.isdigit():
        return [Number(digit, at=sub.at) for digit in sub.text]
    return factors_of(sub)


def is_derivative(node):
    r"""Whether a fraction is written like a derivative: \frac{d…}{dx}."""
    top, bottom = bare(factors_of(node.top)[0]), factors_of(node.bottom)
    mark = is_name(top, "partial", styles=("sign",)) or is_name(top, "d", styles=("", "rm"))
    return mark and len(bottom) > 1 and bottom[0] == top


def pretty(name):
    """A name as a person reads it: ``hat:y`` is ŷ, ``sigma~2`` σ."""
    accent, _, base = name.split("~")[0].replace("·", "").rpartition(":")
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
