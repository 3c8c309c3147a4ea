r"""Which name is meant: letters with alphabets, labels, indices and layers, and what is declared of them.

A name on the page (`Name`, `Script`) becomes a *key*: ``z`` a letter, ``z·`` the family of its elements
``z_i`` (and of bold z), ``W_{hx}`` a letter with a label, ``z^[1]`` one with a layer, ``hat:y`` one with an
accent. A key has at most one meaning at a place; `Names.current` tells under which internal name
it stands in the trees (``u`` and, where a later section defines it anew, ``u~2``).
"""

from contextlib import contextmanager

from . import tree as t
from .errors import Unread
from .functions import FIXED, SPELLED

INCREMENTS = {"Delta": "Δ", "delta": "δ", "d": "d"}  # before a letter, where they have no meaning
ALPHABETS = ("cal", "bb", "hat", "tilde", "bar")


def parts_of(sub):
    """The parts of a subscript: z_{ij} and z_{i,j} have two, z_{i+1} one, w_{11} two."""
    if isinstance(sub, t.Listed):
        return list(sub.items)
    if isinstance(sub, t.Product) and not any(operator for operator, _ in sub.factors):
        return [factor for _, factor in sub.factors]
    if isinstance(sub, t.Number) and len(sub.text) == 2 and sub.text.isdigit():
        return [t.Number(digit, at=sub.at) for digit in sub.text]
    return [sub]


def written(node):
    """The text of a label: letters, digits, commas and signs as they stand."""
    if isinstance(node, t.Name | t.Number | t.Mark):
        return node.text
    if isinstance(node, t.Listed):
        return ",".join(written(item) for item in node.items)
    if isinstance(node, t.Negate):
        return "-" + written(node.body)
    if isinstance(node, t.Add):
        text = "+".join(written(item) for item in node.terms)
        return text.replace("+-", "-")
    if isinstance(node, t.Product):
        return "".join(operator + written(factor) for operator, factor in node.factors)
    raise Unread("this label is not read: letters and digits", node.at)


class Names:
    """What is declared of the names of a page at one place.

    Attributes
    ----------
    meaning : meaning.Meaning
    current : dict of str to str
        Key to the internal name of its present meaning.
    section_of : dict of str to int
        Where a key got its present meaning.
    numbers : set of str
        Keys that were declared to be numbers (``Let a > 0``).
    unknown : dict of str to str
        Keys whose definition could not be read, with the reason.
    used : set of str
        Keys that stood in a display or a Let above.
    bound : list of set of str
        Indices, parameters and other bound names that hold now.
    beside : set of str
        Keys that stand without a bracket behind them in the chain that is being read.
    indexed : set of str
        Arrays that have a declared shape, or of which an element with an index letter was read.
    whole : set of str
        Keys that were declared to be whole numbers.
    """

    def __init__(self, meaning):
        self.meaning = meaning
        self.current = {}
        self.section_of = {}
        self.numbers = set()
        self.unknown = {}
        self.used = set()
        self.bound = []
        self.beside = set()
        self.indexed = set()
        self.whole = set()

    # -- keys ---------------------------------------------------------------------------------------

    def word(self, name):
        """The key of a letter or word, without subscript or layer."""
        if name.style in ("op", "rm"):
            text = SPELLED.get(name.text, name.text)
            return text.lower() if text not in FIXED and text.lower() in FIXED else text
        if name.style in ALPHABETS:
            return f"{name.style}:{name.text}"
        return name.text

    def family(self, key):
        """The key of the elements of a letter: its own if it is an array itself, else ``z·``."""
        known = self.lookup(key)
        array = self.is_bound(key, vector=True) or self.internal(key) in self.meaning.families
        array = array or (known is not None and (known.kind == "elements" or known.indices))
        array = array or (
            known is not None and known.kind == "value" and self.is_array_value(known.body)
        )
        return key if array else key + "·"

    def is_array_value(self, node):
        """Whether an expression is a vector or a matrix, as far as its form tells."""
        if isinstance(node, t.Vector | t.Listing | t.Matrix | t.Transpose | t.Hadamard):
            return True
        if isinstance(node, t.Symbol):
            known = self.meaning.lookup(node.name)
            if known is None:
                return node.name in self.meaning.families or any(
                    node.name in b for b in self.vectors
                )
            return known.kind == "elements" or (
                known.kind == "value" and self.is_array_value(known.body)
            )
        if isinstance(node, t.Add):
            return any(self.is_array_value(term) for term in node.terms)
        if isinstance(node, t.Multiply):
            flags = [self.is_array_value(f) for f in node.factors]
            return any(flags) and not isinstance(node.factors[0], t.Transpose)
        if isinstance(node, t.Negate | t.Divide):
            return self.is_array_value(next(node.children()))
        if isinstance(node, t.Apply):
            return node.head == t.Function("softmax") or (
                len(node.arguments) == 1 and self.is_elementwise(node.head)
                and self.is_array_value(node.arguments[0])
            )  # fmt: skip
        return False

    def is_elementwise(self, head):
        """Whether a function takes numbers, so that it acts on each element of a vector."""
        known = self.meaning.lookup(getattr(head, "name", ""))
        return known is not None and known.is_function and not any(known.vectors)

    @property
    def vectors(self):
        """The sets of bound names that stand for vectors."""
        return [{n for n, vector in names.items() if vector} for names in self.bound]

    def key(self, node):
        """(key, indices) of a name with its sub- and superscripts; the latter as they are written."""
        base, sub, sup = node, None, None
        if isinstance(node, t.Script):
            base, sub, sup = node.base, node.sub, node.sup
        key = self.word(base)
        if isinstance(sup, t.Group):
            key += self.layer(sup)
        bold = "·" if base.style == "bf" else ""
        if sub is None:
            return key + bold, ()
        parts = parts_of(sub)
        if all(isinstance(p, t.Number | t.Name | t.Mark) for p in parts):
            whole = key + "_{" + "".join(written(p) for p in parts) + "}" + bold
            upright = isinstance(parts[0], t.Name) and parts[0].style in ("rm", "op")
            digits = all(isinstance(p, t.Number) for p in parts)
            label = upright or self.has_meaning(whole)
            if label or (digits and (bold or not self.is_indexed(self.family(key)))):
                return whole, ()
        family = key + bold if bold else self.family(key)
        return family, tuple(parts)

    def layer(self, group):
        r"""``^{[1]}`` and ``^{(l)}`` are labels."""
        return "^" + group.opening + ",".join(written(item) for item in group.items) + group.closing

    def is_indexed(self, key):
        """Whether a family was declared, defined by its elements, or used with index letters above."""
        known = self.lookup(key)
        return (
            self.internal(key) in self.indexed or self.is_bound(key, vector=True)
            or (known is not None and known.kind in ("elements", "value"))
        )  # fmt: skip

    # -- meanings -----------------------------------------------------------------------------------

    def internal(self, key):
        """The name under which a key stands in trees."""
        return self.current.get(key, key)

    def lookup(self, key):
        """The definition of a key, or None."""
        return self.meaning.lookup(self.internal(key))

    def has_meaning(self, key):
        """Whether a key was defined, shaped or declared."""
        internal = self.internal(key)
        return (
            internal in self.meaning.table
            or internal in self.meaning.families
            or key in self.numbers
        )

    def is_bound(self, key, vector=False):
        """Whether a key is an index, a parameter or otherwise bound here (as a vector, if asked so)."""
        return any(key in names and (names[key] or not vector) for names in self.bound)

    def is_number(self, key):
        """Whether a name before a bracket is a factor: rule 18."""
        known = self.lookup(key)
        if known is not None and not self.is_bound(key):
            return not known.is_function
        internal = self.internal(key)
        return (
            self.is_bound(key) or key in self.numbers or key in self.beside or key in ("e", "pi")
            or internal in self.meaning.families or internal in self.meaning.sizes
        )  # fmt: skip

    def is_function(self, key, style=""):
        """Whether a name is a function: defined with parameters, smooth, or with a fixed meaning."""
        if self.is_bound(key):
            return False
        known = self.lookup(key)
        if known is not None:
            return known.is_function
        return style in ("op", "rm") and key in FIXED

    def refuse_unknown(self, key, at):
        """Stop at a name whose definition could not be read."""
        if key in self.unknown and not self.is_bound(key):
            raise Unread(f"{t.pretty(key)} is unknown: {self.unknown[key]}", at)

    @contextmanager
    def binding(self, *names, vectors=()):
        """Bind names while an expression is read."""
        self.bound.append({**dict.fromkeys(names, False), **dict.fromkeys(vectors, True)})
        try:
            yield
        finally:
            self.bound.pop()

    def fresh(self, key):
        """A new internal name for a key: its own at first, and later ``u~2``."""
        internal = self.current.get(key)
        if internal is None and key not in self.meaning.table:
            self.current[key] = key
            return key
        number = int(internal.partition("~")[2] or 1) + 1 if internal else 2
        self.current[key] = f"{key}~{number}"
        return self.current[key]

    # -- what stands in a formula -------------------------------------------------------------------

    def keys_in(self, node):
        """The keys of all names that stand in a tree; a label belongs to its name."""
        if isinstance(node, t.Script) and isinstance(node.base, t.Name):
            try:
                key, indices = self.key(node)
            except Unread:
                return set()
            layered = isinstance(node.sup, t.Group)
            rest = [*indices, *([node.sup] if node.sup is not None and not layered else [])]
            return {key}.union(*(self.keys_in(part) for part in rest))
        if isinstance(node, t.Name):
            return set() if node.style == "sign" else {self.key(node)[0]}
        return set().union(*(self.keys_in(child) for child in node.children()))

    def standing_alone(self, sides):
        """Keys that stand in a chain without brackets or primes behind them: numbers, by their use.

        What stands below or above in a derivative is not shown to be a number by it.
        """
        found = set()
        stack = list(sides)
        while stack:
            node = stack.pop()
            base = node.base if isinstance(node, t.Script) else node
            if isinstance(node, t.Product):
                for (_, factor), after in zip(
                    node.factors, (*node.factors[1:], ("*", None)), strict=True
                ):
                    inner, behind = (
                        unscripted(factor),
                        unscripted(after[1]) if not after[0] else None,
                    )
                    called = isinstance(behind, t.Group)
                    increases = inner == factor and getattr(inner, "text", "") in INCREMENTS
                    if isinstance(inner, t.Name) and (
                        called or (increases and isinstance(behind, t.Name))
                    ):
                        continue
                    stack.append(factor)
            elif isinstance(node, t.Fraction) and is_derivative(node):
                continue
            elif isinstance(base, t.Name):
                if not (isinstance(node, t.Script) and node.primes):
                    found |= self.keys_in(node)
            else:
                stack.extend(node.children())
        return found


def unscripted(node):
    """A node without what hangs on it."""
    return node.base if isinstance(node, t.Script) else node


def factors_of(node):
    """The factors of a product without signs; a single node as one factor."""
    if isinstance(node, t.Product) and not any(operator for operator, _ in node.factors):
        return [factor for _, factor in node.factors]
    return [node]


def is_mark(node):
    """Whether a name is the d or ∂ of a derivative."""
    return isinstance(node, t.Name) and (
        (node.text == "partial" and node.style == "sign")
        or (node.text == "d" and node.style in ("", "rm"))
    )


def is_derivative(node):
    r"""Whether a fraction is written like a derivative: \frac{d…}{dx}."""
    top, bottom = unscripted(factors_of(node.top)[0]), factors_of(node.bottom)
    return is_mark(bottom[0]) and len(bottom) > 1 and top == bottom[0]
