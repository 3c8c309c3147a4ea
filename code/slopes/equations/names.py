r"""Which name is meant: letters with alphabets, labels, indices, layers, and what is declared of them.

A name on the page (`Name`, `Script`) becomes a *key*: ``z`` a letter, ``z·`` the family of its elements
``z_i`` (and of bold z), ``W_{hx}`` a letter with a label, ``z^[1]`` one with a layer, ``hat:y`` one
with an accent. A key has at most one meaning at a place; `Names.current` has its name in the trees.
"""

from contextlib import suppress

from . import tree as t
from .errors import Unread
from .functions import FIXED, SPELLED
from .numbers import setting
from .tokens import NAMES
from .verdicts import latex

INCREMENTS = {"Delta": "Δ", "delta": "δ", "d": "d"}  # before a letter, where they have no meaning
ALPHABETS = ("cal", "bb", "hat", "tilde", "bar")
UPRIGHT = ("op", "rm")


def follower(factors, place):
    """The factor that follows directly, without a sign between; None without one."""
    return next((factor for sign, factor in factors[place + 1 : place + 2] if not sign), None)


class Names:
    """What is declared at one place: `meaning` is filled for the evaluator, all else kept by key."""

    def __init__(self, meaning):
        self.meaning = meaning
        self.current = {}  # the internal name of the present meaning
        self.section_of = {}  # where a key got it, but by = in a display
        self.numbers = set()  # declared to be numbers: Let a > 0
        self.unknown = {}  # with the reason why the definition could not be read
        self.equated = {}  # what a plain = defined: the right side, and how much text stood above
        self.used = set()  # stood in a display or a Let above
        self.beside = set()  # stand without a bracket behind them in the chain that is being read
        self.called = set()  # stand before a bracket, and nothing shows them to be numbers
        self.dependent = set()  # free names of which a derivative was asked for that nothing tells
        self.bound = []  # for each binding around this place: its names, and whether they are vectors
        self.indexed = set()  # arrays with a declared shape, or read with an index letter

    def word(self, name):
        """The key of a letter or word, without subscript or layer."""
        if name.style in UPRIGHT:
            text = SPELLED.get(name.text.lower(), name.text.lower())
            return text if text in FIXED else name.text
        return f"{name.style}:{name.text}" if name.style in ALPHABETS else name.text

    def family(self, key):
        """The key of the elements of a letter: its own if it is an array itself, else ``z·``."""
        bound = self.is_bound(key, vector=True)
        return key if bound or self.is_array_value(t.Symbol(self.internal(key))) else key + "·"

    def is_array_value(self, node):
        """Whether an expression is a vector or a matrix, as far as its form tells."""
        match node:
            case t.Vector() | t.Listing() | t.Matrix() | t.Transpose() | t.Hadamard():
                return True
            case t.Symbol(name):
                if name in self.meaning.families or self.is_bound(name, vector=True):
                    return True
                known = self.meaning.table.get(name)
                value = known is not None and known.kind == "value"
                return bool(known and known.indices) or (value and self.is_array_value(known.body))
            case t.Multiply((t.Transpose(), *_)):
                return False  # an inner product
            case t.Add() | t.Multiply() | t.Negate() | t.Divide():
                return any(map(self.is_array_value, node.children()))
            case t.Apply(t.Function(name), (argument,)):
                known = self.meaning.table.get(name)
                # A function of numbers acts on each element of a vector.
                elementwise = known is not None and known.is_function and not any(known.vectors)
                return name == "softmax" or (elementwise and self.is_array_value(argument))
        return False

    def key(self, node):
        """(key, indices) of a name with its sub- and superscripts; the latter as they are written."""
        base, sub, sup, _ = t.scripts(node)
        key, bold = self.layered(base, sup), "·" if base.style == "bf" else ""
        if sub is None:
            return key + bold, ()
        parts = t.parts_of(sub)
        if all(isinstance(p, t.Number | t.Name | t.Mark) for p in parts):
            whole = self.labelled(key, parts) + bold
            digits = all(isinstance(p, t.Number) for p in parts)
            counts = digits and (bold or not self.is_indexed(self.family(key)))
            if counts or t.is_name(parts[0], styles=UPRIGHT) or self.has_meaning(whole):
                return whole, ()
        if all(map(t.is_name, parts)):
            self.refuse_spelled(parts)
        return key + bold if bold else self.family(key), tuple(parts)

    def layered(self, base, sup):
        r"""The key of a letter with its layer: ``^{[1]}`` and ``^{(l)}`` are labels."""
        if t.layer_of(sup) is None:
            return self.word(base)
        label = ",".join(map(latex, sup.items)).replace(" ", "")
        if "dots" in label:
            raise Unread("this label is not read: letters and digits", sup.at)
        return f"{self.word(base)}^{sup.opening}{label}{sup.closing}"

    @staticmethod
    def labelled(key, parts):
        """A key with a label below it."""
        return key + "_{" + "".join(getattr(part, "text", "") for part in parts) + "}"

    def is_indexed(self, key):
        """Whether a family was declared, defined by its elements, or used with index letters above."""
        known = self.lookup(key)
        defined = known is not None and known.kind in ("elements", "value")
        return defined or self.internal(key) in self.indexed or self.is_bound(key, vector=True)

    def internal(self, key):
        """The name under which a key stands in trees."""
        return self.current.get(key, key)

    def lookup(self, key):
        """The definition of a key, or None."""
        return self.meaning.table.get(self.internal(key))

    def has_meaning(self, key):
        """Whether a key was defined, shaped or declared."""
        internal = self.internal(key)
        shaped = internal in self.meaning.table or internal in self.meaning.families
        return shaped or key in self.numbers

    def is_told(self, key):
        """Whether anything says what a key is, here."""
        return self.has_meaning(key) or self.is_bound(key)

    def is_bound(self, key, vector=False):
        """Whether a key is an index, a parameter or otherwise bound here (as a vector, if asked so)."""
        return any(key in names and (names[key] or not vector) for names in self.bound)

    def is_number(self, key):
        """Whether a name before a bracket is a factor: rule 18."""
        if self.is_bound(key):
            return True
        known, internal = self.lookup(key), self.internal(key)
        if known is not None:
            return not known.is_function
        said = key in self.numbers or key in self.beside or key in ("e", "pi")
        return said or internal in self.meaning.families or internal in self.meaning.sizes

    def is_function(self, key, style=""):
        """Whether a name is a function: defined with parameters, smooth, or with a fixed meaning."""
        if self.is_bound(key):
            return False
        known = self.lookup(key)
        return known.is_function if known is not None else style in UPRIGHT and key in FIXED

    def is_fixed(self, name):
        """Whether a word is one of the functions with a fixed meaning, here."""
        key = self.word(name)
        return name.style in UPRIGHT and key in FIXED and self.lookup(key) is None

    def refuse_unknown(self, key, at):
        """Stop at a name whose definition could not be read."""
        if key in self.unknown and not self.is_bound(key):
            raise Unread(f"{t.pretty(key)} is unknown: {self.unknown[key]}", at)

    def refuse_spelled(self, factors, most=6):
        """Letters that spell a name or words, lnx, are no product, unless all of them have a meaning."""
        letters, end = "", 0
        for node in map(t.bare, factors):
            letter = t.is_name(node, styles=("",)) and len(node.text) == 1
            letters += " " * (node.at != end) + (node.text if letter else "\n")
            end = node.at + 1
        for words in letters.split("\n"):
            name = max((name for name in NAMES if name in words), key=len, default="")
            if not all(map(self.is_told, name)):
                reason = f"{name} in letters: write \\{name}, or \\text{{{name}}}"
                raise Unread(reason, factors[0].at)
            size = sum(len(word) for word in words.split() if len(word) > 1)
            if size > most and not all(map(self.is_told, words.replace(" ", ""))):
                reason = f"{words.strip()}: words? they stand behind %, or in \\text{{…}}"
                reason += "; a product? write it with \\cdot"
                raise Unread(reason, factors[0].at)

    def binding(self, *names, parameters=()):
        """Bind names while an expression is read, and parameters, which may be vectors."""
        return setting(self, "bound", [*self.bound, dict.fromkeys(names, False) | dict(parameters)])

    def keys_in(self, node):
        """The keys of all names that stand in a tree; a label belongs to its name."""
        base, _, sup, _ = t.scripts(node)
        if not isinstance(base, t.Name):
            return set().union(*map(self.keys_in, node.children()))
        with suppress(Unread):
            key, indices = self.key(node)
            powers = [] if sup is None or t.layer_of(sup) else [sup]
            own = set() if base is node and base.style == "sign" else {key}
            return own.union(*map(self.keys_in, (*indices, *powers)))
        return set()

    def standing_alone(self, sides):
        """Keys that stand in a chain without brackets or primes behind them: numbers, by their use.

        What stands in a derivative, or in a bracket before another, is not shown to be a number by it.
        """
        found, stack = set(), list(sides)
        while stack:
            node = stack.pop()
            base, _, _, primes = t.scripts(node)
            if isinstance(node, t.Product):
                for place, (_, factor) in enumerate(node.factors):
                    behind = t.bare(follower(node.factors, place))
                    increases = t.is_name(factor, *INCREMENTS) and isinstance(behind, t.Name)
                    acts = isinstance(behind, t.Group) or increases
                    plain = factor.body if isinstance(factor, t.Negate) else factor
                    if not (acts and isinstance(t.bare(plain), t.Name | t.Group)):
                        stack.append(factor)
            elif isinstance(base, t.Name):
                found |= set() if primes else self.keys_in(node)
            elif not (isinstance(node, t.Fraction) and t.is_derivative(node)):
                stack.extend(node.children())
        return found
