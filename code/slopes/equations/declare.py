r"""Declarations and definitions: what a Let holds, and which left sides define a name.

``:=`` defines. ``=`` defines only if its left side is a name that has no meaning yet, has not stood
in a formula above, and is not given by an inline formula above. A line that could define and fails
makes its name unknown: what rests on it is unread, and never judged with a meaning it does not have.
"""

from contextlib import suppress
from dataclasses import replace

from . import tree as t
from .decide import decide
from .errors import Unread
from .grammar import read
from .layout import split
from .meaning import Definition
from .report import place
from .tokens import tokenize

IMAGINARY = [t.Script(t.Name("i"), None, t.Number("2")), t.Negate(t.Number("1"))]  # i² = -1


class Declarations:
    """The part of the page's reader that gives names their meaning.

    Needs `scope`, `meaning`, `section`, `spoken`, `standing` and `report` of the reader. What a left
    side would define, its *form*, is a `Definition` without a body, with the key for its name.
    """

    def declare(self, latex, smooth=False, case=False):
        """Take one formula of a Let; returns the conditions among what it says."""
        items = items_in(tokenize(latex))
        self.scope.beside = self.scope.standing_alone(items)
        conditions = []
        for item in items:
            if smooth:
                self.declare_smooth(item)
            elif not isinstance(item, t.Chain):
                raise Unread("a Let says something: a relation, := or be smooth", item.at)
            elif (case and item.operators[0] == "=") or not self.declares_meaning(item):
                condition = self.scope.condition(item)
                self.meaning.note(condition)
                keys = set().union(*map(self.scope.keys_in, item.sides))
                self.scope.numbers |= keys - {"e", "pi", *filter(self.scope.is_function, keys)}
                self.scope.used |= keys
                conditions.append(condition)
        return conditions

    def declares_meaning(self, chain):
        """Whether a relation of a Let gives a meaning: a definition, a shape, a kink's value."""
        (left, right, *more), operator = chain.sides, chain.operators[0]
        if more or operator not in ("=", ":=", "in"):
            return False
        if operator == "in":
            return self.gives_shape(left, right)
        if [left, right] == IMAGINARY:
            self.enter("i", Definition("i", "value", t.Constant("i")))
            return True
        if operator == "=":
            return self.define(left, operator, right)
        given = self.gives_kink(left, right) or self.define(left, operator, right)
        return given or self.restates(left, right)

    def restates(self, left, right):
        """A definition of a built-in name says what the name means anyway: rule 17."""
        sides = self.scope.resolved((left, right))
        self.meaning.note(*sides)
        found = self.judge(sides[0], "=", sides[1], ())
        if found.kind != "verified":
            raise Unread(f"it has a fixed meaning, and another: {found.reason}", left.at)
        return True

    def declare_smooth(self, node):
        """``f`` or ``L(a, y)``: any differentiable function."""
        form = self.form(node)
        if form is None or form.kind not in ("value", "function") or form.indices:
            raise Unread("a name, or a name with its variables, can be smooth", node.at)
        self.refuse_twice(form.name, node.at)
        self.enter(form.name, replace(form, kind="smooth"))

    def gives_shape(self, node, right):
        r"""``W \in \mathbb{R}^{m \times n}``."""
        scope, (base, sub, layer, _) = self.scope, t.scripts(node)
        reals, _, power, _ = t.scripts(right)
        if reals != t.Name("R", "bb") or power is None or not isinstance(base, t.Name):
            return False
        key = scope.layered(base, layer)
        key = key if sub is None else scope.labelled(key, t.parts_of(sub))
        key += "·" if base.style == "bf" else ""
        ends = scope.resolved(size for _, size in getattr(power, "factors", [("", power)]))
        internal = scope.internal(key)
        if base.text in ("0", "1"):
            same = t.Listing(t.Number(base.text), "…", ends[0])
            self.meaning.note(same)
            self.enter(key, Definition("", "value", same))
        self.meaning.shape(internal, ends)
        scope.indexed.add(internal)
        scope.used.add(key)
        return True

    def gives_kink(self, left, right):
        r"""``\operatorname{ReLU}'(0) := 0``: a value between the one-sided slopes, where they differ."""
        factors = t.factors_of(left)
        if len(factors) != 2 or not t.scripts(factors[0])[3] or not isinstance(factors[1], t.Group):
            return False
        value = self.scope.resolve(left)
        if not isinstance(value, t.Apply) or not isinstance(value.head, t.Primed):
            return False
        (point,), number, head = value.arguments, self.scope.resolve(right), value.head
        kinks = self.meaning.kinks.setdefault((head.head.name, head.order), [])
        kinks.append((point, number))
        if self.judge(value, "=", number, ()).kind != "verified":
            kinks.pop()
            raise Unread("a value at a kink lies between the slopes on both sides", right.at)
        return True

    def judge(self, left, operator, right, conditions, work=None, regions=True):
        """The verdict on a relation where it stands."""
        conditions = [*self.standing(), *conditions]
        return decide(self.meaning, left, operator, right, conditions, work, regions)

    def form(self, node):
        """What a left side could define, or None where it is no name."""
        head = self.head_form(node)
        factors = t.factors_of(node)
        if head is not None or len(factors) != 2:
            return head
        head, (group, below, above, _) = self.head_form(factors[0]), t.scripts(factors[1])
        indices = self.index_letters(below)
        called = isinstance(group, t.Group) and group.opening == "(" and above is None
        if head is None or not called:
            return None
        parameters = [self.head_form(item) for item in group.items]
        if indices is None or any(p is None or p.kind != "value" for p in parameters):
            return None
        keys = tuple(p.name for p in parameters)
        if len(set(keys)) < len(keys):
            raise Unread("the same parameter twice", group.at)
        key = head.name.rstrip("·") if head.kind == "elements" else head.name
        vectors = tuple(k.endswith("·") for k in keys)
        return Definition(key, "function", None, keys, vectors, indices or head.indices)

    def head_form(self, node):
        """The form of a name with its label, its layer or its indices; of an increment, too."""
        node = self.scope.joined(node)
        base, sub, sup, primes = t.scripts(node)
        if not isinstance(base, t.Name) or base.style == "sign" or primes:
            return None
        function = self.scope.is_function(self.scope.word(base), base.style)
        raised = sup is not None and (function or self.scope.special(base, sub) is not None)
        key, indices = self.scope.key(node)
        letters = self.index_letters(sub) if indices else ()
        if raised or letters is None or (sup and not t.layer_of(sup)):
            return None
        return Definition(key, "elements" if indices else "value", indices=letters)

    @staticmethod
    def index_letters(sub):
        """The letters of a subscript that can stand for any index; None where there is a number."""
        parts = t.parts_of(sub) if sub is not None else []
        letters = tuple(p.text for p in parts if t.is_name(p, styles=("",)))
        return letters if len(set(letters)) == len(parts) else None

    def define(self, left, operator, right, conditions=()):
        """Take ``left := right`` as a definition; False if it claims something."""
        if isinstance(t.scripts(left)[2], t.Number):
            self.refuse_power(left, self.scope.used)
        form = self.form(left)
        if form is None and isinstance(left, t.Script) and self.begins(left, operator, right):
            return True
        if form is None and operator == ":=":
            raise Unread("left of := stands a name, with its variables or indices", left.at)
        if form is None or not self.may_define(left, operator, form, right):
            return False
        return self.make(left, operator, right, form, conditions)

    def begins(self, left, operator, right):
        r"""Take ``v_0 := 0`` as where a recurrence begins; with ``=`` only before its first element."""
        first = self.scope.resolve(left)
        known, indices = self.meaning.element_of(first)
        early = operator == ":=" or (indices and min(indices) < 1)
        if not (known and known.recurs and early) or indices in known.starts:
            return False
        body = self.scope.resolve(right)
        self.meaning.note(body)
        if known.name in t.names_in(body):
            raise Unread("where it begins, none of its own stands on the right", right.at)
        known.starts[indices] = body
        return True

    def lose(self, openings):
        """The names that unread lines, as (left side, sign), would have defined are unknown."""
        scope = self.scope
        for tokens, operator in openings:
            with suppress(Unread, RecursionError):
                left = read(tokens)
                form = self.form(left) if operator in ("=", ":=") else None
                if form is None or scope.is_fixed(t.bare(t.factors_of(left)[0])):
                    continue
                again = operator == ":=" and scope.section_of.get(form.name) != self.section
                if again or scope.lookup(form.name) is None:
                    scope.unknown.setdefault(form.name, "its definition is not read")
                    scope.indexed |= {form.name} if form.kind == "elements" else set()

    def make(self, left, operator, right, form, conditions):
        scope, key = self.scope, form.name
        pairs = zip(form.parameters, form.vectors, strict=True)
        hung = [x for x in right.walk() if isinstance(x, t.Script) and self.index_letters(x.sub)]
        bases = [x.base for x in hung if isinstance(x.base, t.Name) and x.base.style != "bf"]
        indexed = set(map(scope.word, bases))  # the z of softmax(z)_i
        vectors = {p: bold or p in indexed for p, bold in pairs}
        with scope.binding(*form.indices, parameters=vectors):
            body = scope.resolve(right)
            kept = tuple(self.restrictions(conditions))
        if any(isinstance(x, t.BigO) for x in body.walk()):
            return False
        if self.needs_itself(scope.internal(key), form, body):
            if operator == "=":
                return False
            raise Unread(f"{t.pretty(key)} is defined by itself", left.at)
        self.meaning.note(body)
        if any(isinstance(x, t.Cases) for x in body.walk()):
            itself = self.judge(body, "=", body, kept)
            if itself.kind == "refuted":
                raise Unread(f"{t.pretty(key)}: {itself.reason}", left.at)
        vectors = tuple(vectors.values())
        self.enter(key, replace(form, body=body, vectors=vectors, conditions=kept))
        if operator == "=":
            scope.equated[scope.internal(key)] = right, len(self.passed)
        if operator == "=" and self.item.kind == "display":
            del scope.section_of[key]  # f(x) = x^2, and further down f(x) = x^3
        return True

    @staticmethod
    def needs_itself(internal, form, body):
        """Whether a body uses its own name, and not with another index, as a recurrence does."""
        if form.kind == "elements":
            return t.Element(t.Symbol(internal), tuple(map(t.Symbol, form.indices))) in body.walk()
        names = t.names_in(body) | t.names_in(body, t.Function)
        return internal in names.difference(form.parameters)

    def enter(self, key, made):
        """Give a key its meaning, under a new internal name if it has one already."""
        scope = self.scope
        if scope.lookup(key) is not None:
            note = f"{t.pretty(key)} is defined anew"
            self.report.notes.setdefault(note, []).append(place(self.item))
        old = scope.current.get(key, "")  # u, and later u~2
        made.name = f"{key}~{int(old.partition('~')[2] or 1) + 1}" if old else key
        scope.current[key] = made.name
        self.meaning.table[made.name] = made
        scope.unknown.pop(key, None)
        scope.numbers.discard(key)
        scope.section_of[key] = self.section
        if made.kind == "elements":
            self.meaning.families.pop(made.name, None)

    def refuse_twice(self, key, at):
        """A name has one meaning in a section."""
        if self.scope.section_of.get(key) == self.section:
            self.scope.unknown[key] = "it is given two meanings in one section"
            raise Unread(f"{t.pretty(key)} has a meaning in this section already", at)

    def may_define(self, left, operator, form, right):
        """Whether a line gives a name its meaning (rule 13); the name is unknown where in doubt."""
        scope, key, name = self.scope, form.name, t.pretty(form.name)
        known = scope.lookup(key)
        if known is None and scope.is_fixed(t.bare(t.factors_of(left)[0])):
            return False
        if operator == ":=":
            self.refuse_twice(key, left.at)
            return True
        scope.refuse_unknown(key, left.at)
        if known is None and form.kind == "elements":
            known = scope.lookup(key.rstrip("·"))
        kronecker = key == "delta·" and len(form.indices) == 2  # until := gives it another meaning
        if kronecker or (known is None and key in ("e", "pi")):
            return False
        item, said = self.said.get(key, [(None, right)])[0]
        if known is not None:
            functions = form.kind == known.kind == "function"
            if not functions or len(known.parameters) == len(form.parameters):
                return False
            reason, advice = "it was defined with other arguments", "write := under another heading"
        elif item in self.passed and right != said:
            reason, advice = "the text gives it a meaning, which is not read", "write :="
        elif form.kind != "function" and key in scope.used:
            reason, advice = "it stood for a number above", "write :="
        else:
            return True
        scope.unknown[key] = reason
        raise Unread(f"{name}: {reason}; if it is defined here, {advice}", left.at)

    def refuse_power(self, left, used=()):
        r"""``\sigma^2 = …`` gives a power of a name, and not the name; it makes a new name unknown."""
        scope, (base, _, sup, primes) = self.scope, t.scripts(left)
        above = sup is not None and not isinstance(sup, t.Mark) and not t.layer_of(sup)
        if not isinstance(base, t.Name) or primes or not above:
            return
        key, name = scope.key(left)[0], t.pretty(scope.key(left)[0])
        told = scope.is_fixed(base) or scope.lookup(key) or scope.is_bound(key)
        if not told and key not in {"e", "pi", *scope.numbers, *used}:
            scope.unknown[key] = "a power of it is given, and not itself"
            raise Unread(f"this gives a power of {name}: define {name} itself", left.at)

    def restrictions(self, segments):
        """The conditions beside a chain."""
        found = [self.scope.condition(item) for tokens in segments for item in items_in(tokens)]
        for condition in found:
            self.meaning.note(condition)
        return found

    def listen(self, items):
        """Note of which names inline formulas say something, and what they call them."""
        for item in items:
            with suppress(Unread):
                tokens = tokenize(item.text) if item.kind == "inline" else ()
                for chain in items_in(tokens) if "rel" in [x.kind for x in tokens] else ():
                    if isinstance(chain, t.Chain):
                        self.note_spoken(chain, item)

    def note_spoken(self, chain, item):
        """One relation of an inline formula: what it calls some names, or a condition on them."""
        letters = {k for k, side in enumerate(chain.sides) if self.scope.keys_in(side)}
        for k, side in enumerate(chain.sides):
            form = self.form(side) if set(chain.operators) <= {"=", ":="} else None
            others = letters - {k}
            if form is not None and (others or form.kind == "value"):
                said = self.said if others else self.valued
                said.setdefault(form.name, []).append((item, chain.sides[k - 1 if k else 1]))
            if form is not None and others:
                self.scope.called |= {form.name} if form.kind == "function" else set()
                self.spoken.setdefault(form.name, [(item, None)])
        if not set(chain.operators) & {"=", ":="}:
            said = set().union(*map(self.scope.keys_in, chain.sides))
            self.spoken = {**{key: [(item, None)] for key in said}, **self.spoken}


def items_in(tokens):
    """What stands between the commas and wide spaces of a formula; a range is one thing."""
    parts, _ = split(tokens, ("quad", "comma"))
    return t.spread([read(part, "listed") for part in parts if part] or [read([])])
