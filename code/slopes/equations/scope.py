r"""From what is written to what is meant: call or product, index or label, derivative or fraction.

Every decision rests on what is declared (`names`) or on the form alone. What neither settles is
`Unread`, with advice: nothing is guessed.
"""

import itertools
from dataclasses import replace

from . import tree as t
from .arrays import SETS
from .calculus import Calculus
from .errors import Unread
from .functions import FIXED, OF_VECTORS
from .names import INCREMENTS, UPRIGHT, Names, follower

PLAIN = t.Symbol("x")  # what smooth functions stand at, unless a parameter or a derivative tells
MISPLACED = {t.Listed: "a list", t.Chain: "a relation", t.Mark: "a sign, or nothing,"}
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


class Scope(Calculus, Names):
    """What the formulas of a page mean at one place."""

    def __init__(self, meaning):
        super().__init__(meaning)
        self.implicit = PLAIN  # of smooth functions without parameters, in this chain
        self.arguments = {}  # the same for one name, where a derivative names it

    def resolve(self, node):
        """The meaning of a tree; what has only one meaning stays as it is, with its parts resolved."""
        if type(node) in MISPLACED:
            raise Unread(f"{MISPLACED[type(node)]} stands where one value is needed", node.at)
        own = getattr(self, "_" + type(node).__name__, None)
        return own(node) if own is not None else t.rebuild(node, self.resolve)

    def resolved(self, nodes):
        return tuple(map(self.resolve, nodes))

    def _Name(self, node):
        """A letter or word, with a subscript and a layer where it has them."""
        base, sub, sup, _ = t.scripts(node)
        special = self.special(base, sub)
        if special is not None:
            return special
        key, indices = self.key(node)
        self.refuse_unknown(key, base.at)
        internal, known = self.internal(key), self.lookup(key)
        if indices and self.is_function(key.rstrip("·")) and known is None:
            raise Unread(f"{base.text} is a function: write its derivative with \\partial", base.at)
        if indices:
            return self.element(internal, indices)
        if self.is_bound(key):
            return t.Symbol(key)
        labelled = sub is not None or t.layer_of(sup)
        if known is None and base.style in UPRIGHT and not labelled:
            if key in FIXED:
                raise Unread(f"{base.text} stands without an argument", base.at)
            if key not in self.numbers:
                raise Unread(f"{base.text} is not defined: define it, or let it be smooth", base.at)
        function = known is not None and known.is_function
        if function and not known.parameters:
            return t.Apply(t.Function(known.name), self.own_arguments(known))
        if base.style == "bf" and not function:
            self.meaning.families.setdefault(internal, 1)
        return t.Symbol(internal)  # of a function: its value at its own parameters

    def special(self, base, sub):
        """Constants, the Kronecker delta, the vector of ones; None for any other name."""
        key, plain = self.word(base), sub is None
        known = self.lookup(key)
        free = known is None and not (self.is_bound(key) or key in self.numbers | set(self.unknown))
        if base.style == "sign" and key == "infinity":
            return t.Constant(key)
        if base.style == "sign":
            raise Unread(f"{key} stands alone", base.at)
        vector = base.style in ("bf", "bb") and not self.has_meaning(key + "·")
        if base.text in ("1", "0") and vector:
            raise Unread(f"a vector of {base.text}s: say how long it is in a Let", base.at)
        if free and plain and key in ("e", "pi") and base.style in ("", "rm"):
            return t.Constant(key)
        pair = () if plain else t.parts_of(sub)
        if key == "delta" and free and len(pair) == 2 and not self.is_indexed("delta·"):
            return t.Kronecker(self.resolved(pair))
        return None

    def element(self, internal, indices):
        """An element of a family; a free one is remembered with its number of indices."""
        element = t.Element(t.Symbol(internal), self.resolved(indices))
        known = self.meaning.table.get(internal)
        letters = getattr(known, "indices", ())
        if len(letters) not in (0, len(indices)):
            raise Unread(f"{t.pretty(internal)} has other indices above: a label?", indices[0].at)
        self.refuse_constant(known, letters, element.indices, indices[0].at)
        if internal not in self.meaning.table and not self.is_bound(internal):
            old = self.meaning.families.get(internal, 0)
            self.meaning.families[internal] = max(old, len(indices))
        if len(indices) > 1 or not isinstance(element.indices[0], t.Number):
            self.indexed.add(internal)
        return element

    def own_arguments(self, known):
        """What a function stands at, where nothing says it."""
        implicit = self.arguments.get(known.name, self.implicit)
        return tuple(map(t.Symbol, known.parameters)) or (implicit,)

    def _Script(self, node):
        base, sub, sup, primes = t.scripts(node)
        indicator = self.indicator(node, None)
        if indicator is not None:
            return self.raised(indicator[0], sup)
        if isinstance(base, t.Name):
            result = self._Name(node)
            sup = sup if isinstance(result, t.Constant) or not t.layer_of(sup) else None
        else:
            result = self.resolve(base)
            if sub is not None and isinstance(base, t.Group) and base.opening == "||":
                result = t.Norm(result.body, self.resolve(sub))
            elif sub is not None:
                result = t.Element(result, self.resolved(t.parts_of(sub)))
        return self.raised(self.primed(result, node) if primes else result, sup)

    def raised(self, base, sup):
        """A superscript: a power, a side, or a transpose."""
        if sup is None:
            return base
        match sup:
            case t.Mark("+" | "-" as side):
                return t.Sided(base, side)
            case t.Mark(text):
                raise Unread(f"the superscript {text} is not read", sup.at)
            case t.Name("T" | "top") if self.is_array_value(base):
                return t.Transpose(base)
            case t.Name("T" | "top") if self.transposes(sup):
                raise Unread("the transpose of what? say its shape in a Let", sup.at)
            case t.Name() if base == t.Element(t.Symbol("delta·"), getattr(base, "indices", ())):
                if "delta·" not in self.meaning.table and "delta·" not in self.meaning.shaped:
                    raise Unread("δ, with an index above: \\delta_{ij}, or \\delta^{(l)}?", sup.at)
            case t.Group("(" | "[") if not isinstance(base, t.Constant):
                raise Unread("a superscript in brackets is read on names only", sup.at)
        return t.Power(base, self.resolve(sup))

    def transposes(self, sup):
        r"""Whether a superscript is ``\top``, or a T without a meaning of its own."""
        return sup.style == "sign" or (sup.text == "T" and not self.is_told("T"))

    def _Fraction(self, node):
        form = self.derivative_form(node)
        if form is None:
            sides = node.top, node.bottom
            (first, *_), (mark, *rest) = map(t.factors_of, sides)
            names = [x for x in map(self.joined, sides) if isinstance(t.bare(x), t.Name)]
            told = map(self.is_told, ["delta", *(self.key(x)[0] for x in names)])
            if rest and t.is_name(mark, "delta") and t.bare(first) == mark and not any(told):
                raise Unread("δ above and below: a derivative? write \\partial", node.at)
            return t.Divide(self.resolve(node.top), self.resolve(node.bottom))
        body, variables, partial = form
        if body is None:
            raise Unread("a derivative of nothing", node.at)
        return self.derivative(self.resolve(body), variables, partial, node.at)

    def _Group(self, node):
        if node.opening == "|":
            return t.Absolute(self.one(node))
        if node.opening == "||":
            return t.Norm(self.vector(node.items[0]), t.Number("2"))
        if any(isinstance(item, t.Mark) for item in node.items):
            return self.listing(node)
        items = self.resolved(node.items)
        if node.opening == "{":
            return t.Finite(items)
        if len(items) == 1:
            return items[0]
        half_open = (node.opening == "[") != (node.closing == "]")
        if half_open or (node.opening == "[" and [*map(type, items)] == [t.Symbol] * 2):
            raise Unread("a row is written (a, b), an interval behind \\in: a commutator?", node.at)
        return t.Vector(items)

    def one(self, group):
        """The one thing in a bracket."""
        if len(group.items) != 1:
            raise Unread("one value is needed in these bars", group.at)
        return self.resolve(group.items[0])

    def listing(self, node):
        """(S_1, …, S_n): the elements of a family from the first to the last."""
        (first, *_), (last, upper, *_) = t.scripts(node.items[0]), t.scripts(node.items[-1])
        if upper is None or first != last or len(node.items) > 4:
            raise Unread("this list with dots is not read", node.at)
        family = self.family(self.word(first))
        body = self.element(self.internal(family), (t.Name("…"),))
        return t.Listing(body, "…", self.resolve(upper))

    def _Cases(self, node):
        return t.Cases(tuple((self.resolve(v), self.condition(c)) for v, c in node.rows))

    def _Operator(self, node):
        if node.kind == "lim":
            return self.limit(node)
        below = node.below.sides[0] if isinstance(node.below, t.Chain) else node.below
        subs = (x.sub for x in node.body.walk() if isinstance(x, t.Script) and x.sub is not None)
        indexed = node.kind in ("max", "min") and any(below in t.parts_of(sub) for sub in subs)
        if indexed or node.kind in ("sum", "prod"):
            return self.big(node)
        raise Unread(f"{node.kind} over a number is not read: write \\le or \\ge", node.at)

    def big(self, node):
        """A sum or product over one index, or over several."""
        first, *more = (part for item in t.items_of(node.below) for part in t.factors_of(item))
        chain = isinstance(first, t.Chain)
        name, *sides = first.sides if chain else (first,)
        operators = first.operators if chain else ()
        if not isinstance(name, t.Name) or len(sides) > 1 or not set(operators) <= set(COMPARISONS):
            raise Unread("what stands below this sum is not read", node.at)
        index, begins = self.word(name), operators == ("=",)
        lower = self.resolve(sides[0]) if begins else None
        upper = self.resolve(node.above) if node.above is not None else None
        with self.binding(index):
            told = self.condition(first) if sides and not begins else None
            rest = replace(node, below=t.Listed(tuple(more)))
            body = self.big(rest) if more else self.resolve(node.body)
        return t.Big(node.kind, index, lower, upper, told, body)

    def limit(self, node):
        below = node.below
        if not isinstance(below, t.Chain) or below.operators not in (("to",), ("down",), ("up",)):
            raise Unread("below lim stands x \\to a", node.at)
        variable, target = below.sides
        side = {"down": "+", "up": "-"}.get(below.operators[0], "")
        variable = self.joined(variable)
        if not isinstance(variable, t.Name | t.Script):
            raise Unread("a limit moves one name", variable.at)
        key, goal = self.key(variable)[0], self.resolve(target)
        if isinstance(goal, t.Sided):
            goal, side = goal.body, goal.side
        with self.binding(key):
            return t.Limit(key, goal, side, self.resolve(node.body))

    def _Written(self, node):
        key = self.word(node.variable)
        ends = self.resolved(end for end in (node.below, node.above) if end is not None)
        if len(ends) != 2:
            raise Unread("an integral needs both its limits", node.at)
        with self.binding(key):
            body = self.resolve(node.body)
        return t.Integral(key, *ends, body)

    def _Bar(self, node):
        ends = (node.below,) if node.above is None else (node.below, node.above)
        if any(getattr(end, "operators", ()) != ("=",) for end in ends):
            raise Unread("a value at a point is written |_{x = a}, and |_{x = a}^{x = b}", node.at)
        names, values = zip(*(self.resolved(end.sides) for end in ends), strict=True)
        if not isinstance(names[0], t.Symbol | t.Element) or len(set(names)) > 1:
            raise Unread("a value is given to a name, above to the same one", node.at)
        lower, *upper = (t.At(self.resolve(node.body), names[0], value) for value in values)
        return t.Add((upper[0], t.Negate(lower))) if upper else lower

    def with_increments(self, factors):
        r"""The factors, with the increments ``\Delta x``, ``dx`` and ``\delta x`` as one name each."""
        result = []
        for operator, node in factors:
            before = result[-1][1] if result and not operator else None
            base, *hanging = t.scripts(node)
            plain = t.is_name(base, styles=("",)) and base.text not in INCREMENTS
            if plain and isinstance(before, t.Name) and self.is_increment(before):
                name = t.Name(INCREMENTS[before.text] + t.pretty(base.text), at=before.at)
                if isinstance(node, t.Script):
                    name = t.Script(name, *hanging, at=before.at)
                result[-1] = (result[-1][0], name)
            else:
                result.append((operator, node))
        return result

    def joined(self, node):
        """An increment with its letter as the one name that it is; anything else as it stands."""
        factors = self.with_increments(node.factors) if isinstance(node, t.Product) else []
        return factors[0][1] if len(factors) == 1 else node

    def is_increment(self, mark):
        """Whether a Δ, δ or d before a letter is no name of its own."""
        if mark.text not in INCREMENTS or mark.style not in ("", "rm"):
            return False
        alone = mark.text != "Delta" and mark.text in self.beside
        return not (alone or self.is_told(mark.text))

    def _Product(self, node):
        for (_, one), (sign, other) in itertools.pairwise(node.factors):
            if t.is_name(one, styles=("",)) and isinstance(t.bare(other), t.Number) and not sign:
                raise Unread(f"an index? write {t.pretty(one.text)}_{t.bare(other).text}", one.at)
            # 1 000, and 2 1/2, which schools read as a sum
            below = (other.top, other.bottom) if isinstance(other, t.Fraction) else (t.bare(other),)
            digits = all(isinstance(x, t.Number) for x in (t.bare(one), *below))
            if digits and not sign:
                raise Unread("two numbers side by side: write one, or \\cdot between them", one.at)
        self.refuse_spelled([factor for _, factor in node.factors])
        factors, done, place = self.with_increments(node.factors), [], 0
        while place < len(factors):
            operator = factors[place][0]
            value, place = self.factor(factors, place)
            done.append((operator, value))
        total = [done[0][1]]
        for operator, value in done[1:]:
            if operator == "/":
                left = total[0] if len(total) == 1 else t.Multiply(tuple(total))
                total = [t.Divide(left, value)]
            elif operator == "odot":
                total[-1] = t.Hadamard(total[-1], value)
            else:
                total.append(value)
        return total[0] if len(total) == 1 else t.Multiply(tuple(total))

    def factor(self, factors, place):
        """One factor, with the arguments or the operand that follow it; and where to go on."""
        node, following = factors[place][1], follower(factors, place)
        if isinstance(node, t.Negate):  # a \cdot -f(x)
            value, taken = self.factor([("", node.body), *factors[place + 1 :]], 0)
            return t.Negate(value), place + taken
        form = self.derivative_form(node) if isinstance(node, t.Fraction) else None
        if form is not None and form[0] is None:
            operand, place = self.operand(factors, place + 1, node.at)
            return self.derivative(self.resolve(operand), form[1], form[2], node.at), place
        base = t.bare(node)
        if t.is_name(base, "partial", "nabla", styles=("sign",)):
            return self.signed_factor(base.text, node, factors, place)
        group = bracketed(following, "([{" if t.is_name(base, "max", "min") else "([")
        if group is not None and t.is_name(base, "O", styles=("",)) and not self.is_told("O"):
            return t.BigO(self.one(group)), place + 2
        indicator = self.indicator(node, following)
        if indicator is not None:
            return indicator[0], place + 1 + indicator[1]
        if group is not None and isinstance(base, t.Group):
            self.refuse_expression(node, group)
        head = self.head(node)
        if head is None and group is not None and isinstance(base, t.Name):
            self.must_be_number(node, group)
        if head is not None and group is not None and not self.is_factor(node, group):
            return self.call(*head, following, group), place + 2
        if head is not None and group is None and self.is_fixed(base):
            argument, place = self.argument(head[0], factors, place + 1, node.at)
            return self.raised(t.Apply(head[0], (argument,)), head[1]), place
        return self.resolve(node), place + 1

    def is_factor(self, node, group):
        """Whether a function stands for its value before a bracket that holds it, too: σ(1 - σ).

        Where the bracket holds another one without its argument, s(1 - σ), either may be meant.
        """
        key = self.key(t.bare(node))[0]
        if self.lookup(key) is None or t.scripts(node)[3]:
            return False
        bare = self.standing_alone(group.items)
        others = [k for k in bare - {key} if getattr(self.lookup(k), "parameters", ())]
        if key not in bare and others and not all(map(t.is_name, group.items)):
            raise Unread("a value at this bracket, or a product? write \\cdot", group.at)
        return key in bare

    def indicator(self, node, following):
        r"""``\mathbb{1}[x > 0]``, ``\mathbf{1}_{x > 0}``: and whether it takes what follows; or None."""
        if not t.is_name(t.bare(node), "1", styles=("bf", "bb")):
            return None
        inside = node.sub if isinstance(node, t.Script) else following
        items = inside.items if isinstance(inside, t.Group) else (inside,)
        if not isinstance(items[0], t.Chain | t.Listed):
            return None
        condition = self.condition(items[0] if len(items) == 1 else t.Listed(items))
        return t.Indicator(condition), inside is following

    def call(self, function, power, following, group):
        """A function with its arguments, and what stands above and below the bracket."""
        value = self.raised(t.Apply(function, self.given(function, group)), power)
        _, sub, sup, primes = t.scripts(following)
        if sub is not None:
            value = t.Element(value, self.resolved(t.parts_of(sub)))
        if primes:
            raise Unread("a prime behind a bracket: write it on the function", following.at)
        return self.raised(value, sup)

    def given(self, function, group):
        """The arguments of a call; a letter is the vector of its elements where a vector is wanted."""
        name = function.head if isinstance(function, t.Primed) else function
        name = getattr(name.base if isinstance(name, t.Element) else name, "name", "")
        known, vectors = self.meaning.table.get(name), (name in OF_VECTORS,)
        if known is not None:
            vectors = known.vectors
            if known.kind == "function" and len(group.items) != len(known.parameters):
                count = len(known.parameters)
                raise Unread(f"{t.pretty(name)} was defined with {count} arguments", group.at)
        elif name in OF_VECTORS and len(group.items) > 1:
            raise Unread(f"{name} takes one vector", group.at)
        pairs = itertools.zip_longest(group.items, vectors[: len(group.items)])
        values = tuple(self.vector(x) if vector else self.resolve(x) for x, vector in pairs)
        self.refuse_constant(known, getattr(known, "parameters", ()), values, group.at)
        return values

    def refuse_constant(self, known, letters, values, at):
        """After E(X) = 2p - 1, or T_c = 300, nothing is said of E(X^2), T_h: only := speaks of all."""
        if known is None or known.name not in self.equated:
            return
        reached = self.meaning.leaves(known.body, *known.conditions)
        reached = reached.names | reached.sizes | reached.indices
        reached |= self.numbers & set(self.meaning.ranges)
        for letter, value in zip(letters, values, strict=False):
            own = self.internal(letter)
            if value != t.Symbol(own) and not {own, letter} & reached:
                reason = f"what {t.pretty(known.name)} was given has no {t.pretty(letter)}"
                advice = "at another one it is not known; the same for all? define it by :="
                raise Unread(f"{reason}: {advice}", at)

    def vector(self, node):
        """A value where a vector is wanted: a letter without a meaning of its own is its family."""
        letter = t.is_name(node) and node.style not in ("bf", "sign", *UPRIGHT)
        if letter and not self.is_told(self.word(node)):
            internal = self.internal(self.word(node) + "·")
            if internal not in self.meaning.table:
                self.meaning.families.setdefault(internal, 1)
            return t.Symbol(internal)
        value = self.resolve(node)
        if isinstance(value, t.Element | t.Number):
            raise Unread("a whole vector is wanted here, and not one number of it", node.at)
        return value

    def head(self, node):
        """(function, power) if a factor is the name of a function, with primes and an exponent."""
        base, sub, sup, primes = t.scripts(node)
        if not isinstance(base, t.Name) or base.style == "sign":
            return None
        word, side = self.word(base), ""
        if isinstance(sub, t.Mark) and sub.text in ("+", "-") and primes:
            side, sub = sub.text, None
        if word == "log" and sub is not None and self.is_fixed(base):
            return t.Apply(t.Function("log_base"), (self.resolve(sub),)), sup
        layer = t.layer_of(sup)
        counted = layer and layer.opening == "(" and getattr(layer.items[0], "text", "").isdigit()
        if counted and self.is_function(word, base.style):
            primes, sup, layer = int(layer.items[0].text), None, None
        key, indices = self.key(t.Script(base, sub, layer))
        self.refuse_unknown(key, base.at)
        known = self.lookup(key)
        if not self.is_function(key, base.style) or (indices and not (known and known.indices)):
            return None
        if isinstance(sup, t.Negate):
            raise Unread("a negative exponent on a function: its inverse, or one over it?", node.at)
        function = t.Function(self.internal(key))
        if indices:
            function = t.Element(function, self.resolved(indices))
            self.refuse_constant(known, known.indices, function.indices, base.at)
        function = t.Primed(function, primes, side) if primes else function
        return function, None if layer is not None else sup

    def must_be_number(self, node, group):
        """A name before a bracket is a factor only if it is known to be a number: rule 18."""
        base, _, sup, primes = t.scripts(node)
        key, indices = self.key(node)
        if indices or base.style == "sign" or (base.text in "01" and base.style):
            return
        name, plain = t.pretty(key), sup is None or t.layer_of(sup)
        if not primes and plain and self.is_value_at(key, group):
            advice = f"define {name}(…) := …, or write {name} \\cdot (…)"
            raise Unread(f"{name} is a value here: {advice}", node.at)
        if primes or not self.is_number(key):
            self.called.add(key)
            advice = f"define it, or let it be smooth; a factor? write {name} \\cdot (…)"
            raise Unread(f"is {name} a function? {advice}", node.at)

    def is_value_at(self, key, group):
        """Whether a bracket behind a defined value could hold its argument: u(x), u(2), u(x + h)."""
        known = self.lookup(key)
        if known is None or known.kind != "value" or self.is_bound(key):
            return False
        inside = set().union(*map(self.keys_in, group.items))
        if not inside:
            return True
        leaves = self.meaning.leaves(t.Symbol(known.name))
        reached = leaves.scalars | leaves.definitions
        return key not in inside and any(self.internal(k) in reached for k in inside)

    def argument(self, function, factors, place, at):
        r"""What a function without brackets takes: ``\log a b``, ``\log \sigma(z)``, ``\log \sum …``.

        Behind that a letter or number may go on, but for e^x; what else does, may not be meant.
        """
        if place >= len(factors) or factors[place][0]:
            raise Unread("a function without its argument: write brackets", at)
        ends = "where does the argument of this function end? write brackets"
        taken = []
        while place < len(factors) and not factors[place][0]:
            node = factors[place][1]
            group = isinstance(t.bare(node), t.Group)
            if bracketed(node) is not None or (group and taken):
                raise Unread(ends, node.at)
            if self.head(node) is not None or group:
                if taken:
                    break
                value, place = self.factor(factors, place)
                if bracketed(follower(factors, place - 1)) is not None:  # \log \sigma(z) (1 - y)
                    raise Unread(ends, factors[place][1].at)
                return value, place
            wanted = not taken and getattr(function, "name", "") in OF_VECTORS
            value = self.vector(node) if wanted else self.resolve(node)
            goes_on = isinstance(t.bare(node), t.Name | t.Number)
            if taken and (not goes_on or t.Constant("e") in value.children()):  # \cos x \sqrt{y}
                raise Unread(ends, node.at)
            taken.append(value)
            place += 1
            if isinstance(node, t.Operator):
                break
        return (taken[0] if len(taken) == 1 else t.Multiply(tuple(taken))), place

    def condition(self, node):
        """A condition: a relation, a chain or list of them, what is otherwise left."""
        if isinstance(node, t.Otherwise):
            return node
        if isinstance(node, t.Listed):
            return t.And(tuple(map(self.condition, t.spread(node.items))))
        if not isinstance(node, t.Chain):
            raise Unread("a condition needs a relation", node.at)
        for operator in node.operators:
            if operator not in (*COMPARISONS, "in", "notin", "to"):
                raise Unread(f"{operator} is not read in a condition", node.at)
        parts = tuple(map(self.part, node.sides, node.operators, node.sides[1:]))
        return parts[0] if len(parts) == 1 else t.And(parts)

    def right_side(self, node, operator, left):
        """What stands right of a relation: a value, or a set behind ∈ and beside a subdifferential."""
        belongs = operator in ("in", "notin") or isinstance(left, t.Subdifferential)
        if belongs and t.is_name(node, styles=("bb",)):
            if node.text not in SETS:
                raise Unread(f"of sets {', '.join(SETS)} are read", node.at)
            return t.NumberSet(node.text)
        if belongs and bracketed(node) is node and len(node.items) == 2:
            return t.Interval(*self.resolved(node.items), node.opening == "[", node.closing == "]")
        return self.resolve(node)

    def part(self, left, operator, right):
        r"""One relation; ``i \in \{1, \dots, n\}`` and ``i = 1 \cdots n`` are ranges of an index."""
        items = ()
        if operator == "in" and isinstance(right, t.Group) and right.opening == "{":
            items = right.items
        elif operator == "=" and isinstance(right, t.Product):
            items = t.parts_of(right)
        if isinstance(left, t.Name) and len(items) >= 3 and items[-2] == t.Mark("dots"):
            return t.IndexRange(self.word(left), self.resolve(items[0]), self.resolve(items[-1]))
        meant = self.resolve(left)
        return t.Relation(meant, operator, self.right_side(right, operator, meant))


def bracketed(node, openings="(["):
    """The bracket that may hold arguments, or None."""
    group, closings = t.bare(node), ")]}" if "{" in openings else ")]"
    fits = isinstance(group, t.Group) and group.opening in openings and group.closing in closings
    return group if fits else None
