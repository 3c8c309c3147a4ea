r"""Declarations and definitions: what a Let holds, and which left sides define a name.

``:=`` defines. ``=`` defines only if its left side is a name that has no meaning yet, has not stood
in a formula above, and is not given by an inline formula above. A line that could define and fails
makes its name unknown: what rests on it is unread, and never judged with a meaning it does not have.
"""

import re
from contextlib import suppress

from . import tree as t
from .decide import decide
from .errors import Unread
from .functions import FIXED
from .grammar import read
from .meaning import Definition
from .names import factors_of, parts_of
from .tokens import DEPTH, Token, tokenize

IMAGINARY = t.Script(t.Name("i"), None, t.Number("2"))


class Form:
    """A left side that can be defined: its kind, its key, and its parameters or indices."""

    def __init__(self, kind, key, parameters=(), vectors=(), indices=()):
        self.kind = kind
        self.key = key
        self.parameters = parameters
        self.vectors = vectors
        self.indices = indices


class Declarations:
    """The part of the page's reader that gives names their meaning.

    Needs `scope`, `meaning`, `section`, `spoken` and `notes` of the reader.
    """

    # -- Let ----------------------------------------------------------------------------------------

    def declare(self, latex, smooth=False):
        """Take one formula of a Let; returns the conditions among what it says."""
        node = read(_listed(tokenize(latex)), "listed")
        items = self.scope.spread(_ranges(node.items if isinstance(node, t.Listed) else (node,)))
        self.scope.beside = self.scope.standing_alone(items)
        conditions = []
        for item in items:
            if smooth:
                self.declare_smooth(item)
            elif not isinstance(item, t.Chain):
                raise Unread("a Let says something: a relation, := or be smooth", item.at)
            elif not self.declares_meaning(item):
                conditions.append(self.assumption(item))
        return conditions

    def declares_meaning(self, chain):
        """Whether a relation of a Let gives a name its meaning: a definition, a shape, a kink's value."""
        (left, *_), (operator, *more) = chain.sides, chain.operators
        if operator in ("=", ":=") and not more:
            if left == IMAGINARY and chain.sides[1] == t.Negate(t.Number("1")):
                self.enter("i", Definition("i", "value", t.Constant("i")))
                return True
            if operator == ":=" and self.gives_kink(left, chain.sides[1]):
                return True
            return self.define(left, operator, chain.sides[1])
        if operator == ":=":
            raise Unread("a Let defines with one :=", chain.at)
        return operator == "in" and not more and self.gives_shape(left, chain.sides[1])

    def assumption(self, chain):
        """A relation as something that is assumed."""
        condition = self.scope.relation(chain.sides, chain.operators)
        self.meaning.note(condition)
        keys = set().union(*(self.scope.keys_in(side) for side in chain.sides))
        self.scope.numbers |= {k for k in keys if not self.scope.is_function(k)}
        self.scope.used |= keys
        member = isinstance(condition, t.Relation) and condition.operator == "in"
        if member and condition.right in (t.NumberSet("N"), t.NumberSet("Z")):
            self.scope.whole |= keys
        return condition

    def declare_smooth(self, node):
        """``f`` or ``L(a, y)``: any differentiable function."""
        form = self.form(node)
        if form is None or form.kind not in ("value", "function") or form.indices:
            raise Unread("a name, or a name with its variables, can be smooth", node.at)
        self.refuse_twice(form.key, node.at)
        self.enter(form.key, Definition("", "smooth", None, form.parameters, form.vectors))

    def gives_shape(self, node, right):
        r"""``W \in \mathbb{R}^{m \times n}``"""
        reals = (
            isinstance(right, t.Script)
            and right.base == t.Name("R", "bb")
            and right.sup is not None
        )
        if not reals or not isinstance(node, t.Name | t.Script):
            return False
        base, sub = (node.base, node.sub) if isinstance(node, t.Script) else (node, None)
        key = self.scope.word(base)
        if isinstance(node, t.Script) and isinstance(node.sup, t.Group):
            key += self.scope.layer(node.sup)
        if sub is not None:
            key += "_{" + "".join(getattr(p, "text", "") for p in parts_of(sub)) + "}"
        key += "·" if base.style == "bf" else ""
        sup = right.sup
        sizes = [f for _, f in sup.factors] if isinstance(sup, t.Product) else [sup]
        if len(sizes) > 2:
            raise Unread("an array with more than two indices", right.at)
        ends = [self.scope.resolve(size) for size in sizes]
        internal = self.scope.internal(key)
        if base.text == "1":
            self.meaning.note(t.Listing(t.Number("1"), "…", ends[0]))
            self.enter(key, Definition("", "value", t.Listing(t.Number("1"), "…", ends[0])))
        self.meaning.shape(internal, ends)
        self.scope.indexed.add(internal)
        self.scope.used.add(key)
        return True

    def gives_kink(self, left, right):
        r"""``\operatorname{ReLU}'(0) := 0``: a value between the one-sided slopes, where they differ."""
        factors = factors_of(left)
        primed = isinstance(factors[0], t.Script) and factors[0].primes
        if len(factors) != 2 or not primed or not isinstance(factors[1], t.Group):
            return False
        value = self.scope.resolve(left)
        if not isinstance(value, t.Apply) or not isinstance(value.head, t.Primed):
            return False
        (point,), number = value.arguments, self.scope.resolve(right)
        name, order = value.head.head.name, value.head.order
        low, high = (t.Apply(t.Primed(value.head.head, order, side), (point,)) for side in "-+")
        if not (self.between(low, number, high) or self.between(high, number, low)):
            raise Unread("a value at a kink lies between the slopes from the left and from the right",
                         right.at)  # fmt: skip
        self.meaning.kinks.setdefault((name, order), []).append((point, number))
        return True

    def between(self, low, number, high):
        """Whether a number lies between two others."""
        pairs = ((low, number), (number, high))
        return all(self.judge(one, "<=", other, ()).kind == "verified" for one, other in pairs)

    def judge(self, left, operator, right, conditions, work=None, regions=True):
        """The verdict on a relation where it stands."""
        self.meaning.conditions = self.in_force()
        return decide(self.meaning, left, operator, right, conditions, work, regions)

    # -- which left sides can be defined --------------------------------------------------------------

    def form(self, node):
        """The `Form` of a left side, or None where it is no name."""
        head = self.head_form(node)
        if head is not None:
            return head
        factors = factors_of(node)
        if len(factors) != 2 or not isinstance(node, t.Product):
            return None
        head, group, indices = self.head_form(factors[0]), factors[1], ()
        if isinstance(group, t.Script) and isinstance(group.base, t.Group) and group.sup is None:
            indices, group = self.index_letters(group.sub), group.base
        if head is None or not isinstance(group, t.Group) or group.opening != "(":
            return None
        parameters = [self.head_form(item) for item in group.items]
        if any(p is None or p.indices or p.kind != "value" for p in parameters) or indices is None:
            return None
        keys = tuple(p.key for p in parameters)
        if len(set(keys)) < len(keys):
            raise Unread("the same parameter twice", group.at)
        key = head.key.rstrip("·") if head.kind == "elements" else head.key
        vectors = tuple(k.endswith("·") for k in keys)
        return Form("function", key, keys, vectors, tuple(indices) or head.indices)

    def head_form(self, node):
        """The form of a name with its label, its layer or its indices."""
        base = node.base if isinstance(node, t.Script) else node
        if not isinstance(base, t.Name) or base.style == "sign":
            return None
        if isinstance(node, t.Script):
            if node.primes or not (node.sup is None or isinstance(node.sup, t.Group)):
                return None
            if isinstance(node.sup, t.Group) and self.scope.is_function(
                self.scope.word(base), base.style
            ):
                return None
        key, indices = self.scope.key(node)
        if not indices:
            return Form("value", key)
        letters = self.index_letters(node.sub)
        if letters is None:
            return None
        return Form("elements", key, indices=letters)

    @staticmethod
    def index_letters(sub):
        """The letters of a subscript that can stand for any index; None where there is a number."""
        parts = parts_of(sub) if sub is not None else []
        plain = all(isinstance(p, t.Name) and p.style == "" for p in parts)
        letters = tuple(p.text for p in parts if isinstance(p, t.Name))
        return letters if plain and len(set(letters)) == len(letters) else None

    # -- definitions --------------------------------------------------------------------------------

    def define(self, left, operator, right, conditions=()):
        """Take ``left := right`` as a definition; False if it claims something."""
        self.refuse_power(left)
        form = self.form(left)
        if form is None:
            if operator == ":=":
                raise Unread("left of := stands a name, with its variables or indices", left.at)
            return False
        if operator == "=" and form.key in ("e", "pi") and self.scope.lookup(form.key) is None:
            return False
        if form.key in FIXED and isinstance(self.first_name(left), t.Name):
            style = self.first_name(left).style
            if style in ("op", "rm") and self.scope.lookup(form.key) is None:
                return False
        if operator == "=" and not self.may_define(left, form):
            return False
        if operator == ":=":
            self.refuse_twice(form.key, left.at)
        with self.making(form):
            return self.make(left, operator, right, form, conditions)

    @staticmethod
    def first_name(node):
        return next((x for x in node.walk() if isinstance(x, t.Name)), None)

    def making(self, form):
        """Where a definition fails its name becomes unknown."""
        return _Failing(self.scope, form.key)

    def make(self, left, operator, right, form, conditions):
        """Enter the definition."""
        scope, parameters, vectors = self.scope, form.parameters, list(form.vectors)
        for place, parameter in enumerate(parameters):
            vectors[place] = vectors[place] or self.is_indexed_in(parameter, right)
        plain = [p for p, v in zip(parameters, vectors, strict=True) if not v]
        vector = [p for p, v in zip(parameters, vectors, strict=True) if v]
        with scope.binding(*plain, *form.indices, vectors=vector):
            body = scope.resolve(right)
            kept = tuple(self.restriction(c) for c in conditions)
        if any(isinstance(x, t.BigO) for x in body.walk()):
            return False
        internal = scope.internal(form.key)
        if self.needs_itself(internal, form, body):
            if operator == "=":
                return False
            raise Unread(f"{shown(form.key)} is defined by itself", left.at)
        self.meaning.note(body)
        if any(isinstance(x, t.Cases) for x in body.walk()):
            itself = self.judge(body, "=", body, kept)
            if itself.kind == "refuted":
                raise Unread(f"{shown(form.key)}: {itself.reason}", left.at)
        made = Definition("", form.kind, body, parameters, tuple(vectors), form.indices, kept)
        self.enter(form.key, made)
        return True

    def is_indexed_in(self, parameter, node):
        """Whether a plain parameter stands with an index letter below it: the z of softmax(z)_i."""
        for item in node.walk():
            if (
                isinstance(item, t.Script)
                and isinstance(item.base, t.Name)
                and item.sub is not None
            ):
                same = item.base.style != "bf" and self.scope.word(item.base) == parameter
                parts = parts_of(item.sub)
                if same and all(isinstance(p, t.Name) and p.style == "" for p in parts):
                    return True
        return False

    def needs_itself(self, internal, form, body):
        """Whether a body uses its own name, and not with another index, as a recurrence does."""
        own = tuple(t.Symbol(i) for i in form.indices)
        for item in body.walk():
            if isinstance(item, t.Element) and item.base == t.Symbol(internal):
                if item.indices == own or form.kind != "elements":
                    return True
        names = t.names_in(body) | t.names_in(body, t.Function)
        return internal in names - set(form.parameters) and form.kind != "elements"

    def enter(self, key, made):
        """Give a key its meaning, under a new internal name if it has one already."""
        scope = self.scope
        if scope.lookup(key) is not None:
            self.notes.append(f"{shown(key)} is defined anew")
        made.name = scope.fresh(key)
        self.meaning.define(made)
        scope.unknown.pop(key, None)
        scope.numbers.discard(key)
        scope.section_of[key] = self.section
        if made.kind == "elements":
            self.meaning.families.pop(made.name, None)

    def refuse_twice(self, key, at):
        """A name has one meaning in a section."""
        if self.scope.lookup(key) is not None and self.scope.section_of.get(key) == self.section:
            raise Unread(f"{shown(key)} has a meaning in this section already", at)

    def may_define(self, left, form):
        """Whether ``=`` gives a name its meaning: rule 13; where that is in doubt the name is unknown."""
        scope, key = self.scope, form.key
        known = scope.lookup(key)
        if known is None and form.kind == "elements":
            known = scope.lookup(key.rstrip("·"))
            if key == "delta·" and len(form.indices) == 2:
                return False  # the Kronecker delta, until another meaning is given by :=
        if known is not None:
            other = form.kind == known.kind == "function" and len(known.parameters) != len(
                form.parameters
            )
            if other:
                scope.unknown[key] = "it was defined with other arguments"
                raise Unread(f"{shown(key)} was defined with other arguments: if this is a new "
                             "meaning, write := under another heading", left.at)  # fmt: skip
            return False
        reason = ""
        if self.spoken.get(key) in self.passed:
            reason = "the text gives it a meaning, which is not read"
        elif form.kind != "function" and key in scope.used:
            reason = "it stood for a number above"
        if reason:
            scope.unknown[key] = reason
            raise Unread(f"{shown(key)}: {reason}; if it is defined here, write :=", left.at)
        return True

    def refuse_power(self, left):
        r"""``\sigma^2 = …`` gives a power of a name, and not the name."""
        power = self.unnamed_power(left)
        if power and power not in self.scope.used:
            self.scope.unknown[power] = "a power of it is given, and not itself"
            raise Unread(
                f"this gives a power of {shown(power)}: define {shown(power)} itself", left.at
            )

    def unnamed_power(self, left):
        """The key of a name without a meaning of which a left side is a power; '' for any other."""
        if not (isinstance(left, t.Script) and isinstance(left.base, t.Name)):
            return ""
        if not isinstance(left.sup, t.Number) or left.primes:
            return ""
        bare = t.Script(left.base, left.sub, None) if left.sub is not None else left.base
        key, indices = self.scope.key(bare)
        fixed = left.base.style in ("op", "rm") and key in FIXED
        free = (
            not indices and not fixed and not self.scope.has_meaning(key) and key not in ("e", "pi")
        )
        return key if free and not self.scope.is_bound(key) else ""

    def restriction(self, line):
        """A condition beside a chain."""
        sides = [read(side, "listed" if k else "side") for k, side in enumerate(line.sides)]
        condition = self.scope.relation(sides, tuple(line.operators))
        self.meaning.note(condition)
        return condition

    def spoken_for(self, items):
        """Names that an inline formula gives a meaning, with its item: ``$p = \\sigma(s)$``."""
        found = {}
        for item in items:
            if item.kind != "inline" or "=" not in item.text:
                continue
            with suppress(Unread):
                node = read(_listed(tokenize(item.text)), "listed")
                for chain in node.items if isinstance(node, t.Listed) else (node,):
                    if isinstance(chain, t.Chain) and chain.operators[0] in ("=", ":="):
                        form = self.form(chain.sides[0])
                        letters = any(isinstance(x, t.Name) for x in chain.sides[1].walk())
                        if form is not None and letters:
                            found.setdefault(form.key, item)
        return found


class _Failing:
    """Makes a name unknown where its definition raises."""

    def __init__(self, scope, key):
        self.scope, self.key = scope, key

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, Unread) and self.scope.lookup(self.key) is None:
            self.scope.unknown[self.key] = "its definition is not read"
        return False


def shown(key):
    """A key as a person reads it."""
    return t.pretty(key).replace("·", "")


def _listed(tokens):
    """The tokens of an inline formula, with wide spaces as commas."""
    result, level = [], 0
    for token in tokens:
        level += DEPTH.get(token.kind, 0)
        if token.kind == "quad" and level == 0:
            if not result or result[-1].kind == "comma":
                continue
            token = Token("comma", token.text, token.at, token.end)
        if token.kind == "comma" and result and result[-1].kind == "comma":
            continue
        result.append(token)
    while result and result[-1].kind == "comma":
        result.pop()
    return result


def _ranges(items):
    """Join ``i = 1``, ``…`` and ``n``."""
    result = list(items)
    for place in range(len(result) - 2):
        first, dots = result[place], result[place + 1]
        if isinstance(first, t.Chain) and dots == t.Mark("dots"):
            chain = t.Chain((*first.sides, result[place + 2]), ("range",), at=first.at)
            return [*result[:place], chain, *_ranges(result[place + 3 :])]
    return result


def as_words(text):
    """LaTeX on one line."""
    return re.sub(r"\s+", " ", text).strip()
