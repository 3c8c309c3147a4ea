"""Slips that people make, as changes of one side of an equality; and an independent judge of them.

A mutant that the checker verifies must be equal to the original. Whether it is, is told here
without the checker's own arithmetic: both are evaluated in 64-bit floats, derivatives by central
differences.
"""

import math
import random
from dataclasses import replace

from slopes.equations import tree as t

PAIRS = {
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "tanh": "sigmoid", "sigmoid": "tanh",
    "exp": "log", "log": "exp", "max": "min", "min": "max", "relu": "abs", "softplus": "relu",
    "sign": "abs", "arctan": "tanh", "erf": "tanh", "sech": "cosh", "silu": "relu", "gelu": "silu",
}  # fmt: skip
ONE = t.Number("1")


def mutants(node, others=()):
    """(kind of slip, changed tree) for one side of an equality."""
    yield "the whole negated", t.Negate(node)
    seen = {node}
    for kind, changed in _everywhere(node, others):
        if changed not in seen:
            seen.add(changed)
            yield kind, changed


def _everywhere(node, others):
    yield from _here(node, others)
    for child in node.children():
        if isinstance(node, t.Derivative) and child is not node.body:
            continue
        if isinstance(node, t.Big | t.Limit) and child is not node.body:
            continue
        if isinstance(child, t.BigO):
            continue
        for kind, changed in _everywhere(child, others):
            done = []

            def swap(item, child=child, changed=changed, done=done):
                if item is child and not done:
                    done.append(True)
                    return changed
                return item

            yield kind, t.rebuild(node, swap)


def _here(node, others):
    if isinstance(node, t.Add):
        for k, term in enumerate(node.terms):
            rest = node.terms[:k] + node.terms[k + 1 :]
            flipped = term.body if isinstance(term, t.Negate) else t.Negate(term)
            yield "a sign", t.Add((*node.terms[:k], flipped, *node.terms[k + 1 :]))
            yield "a lost term", rest[0] if len(rest) == 1 else t.Add(rest)
    elif isinstance(node, t.Multiply):
        for k in range(len(node.factors)):
            rest = node.factors[:k] + node.factors[k + 1 :]
            yield "a lost factor", rest[0] if len(rest) == 1 else t.Multiply(rest)
    elif isinstance(node, t.Negate):
        yield "a sign", node.body
    elif isinstance(node, t.Divide):
        yield "a fraction upside down", t.Divide(node.denominator, node.numerator)
        yield "a lost denominator", node.numerator
        if isinstance(node.numerator, t.Add) and len(node.numerator.terms) == 2:
            first, second = node.numerator.terms
            if isinstance(second, t.Negate):
                swapped = t.Add((second.body, t.Negate(first)))
                yield "a swapped numerator", t.Divide(swapped, node.denominator)
    elif isinstance(node, t.Power):
        yield "an exponent", t.Power(node.base, t.Add((node.exponent, ONE)))
        yield "a lost exponent", node.base
        if not isinstance(node.exponent, t.Number):
            yield "a sign in an exponent", t.Power(node.base, t.Negate(node.exponent))
    elif isinstance(node, t.Number):
        yield (
            "a number",
            t.Number(str(int(node.text) + 1) if node.text.isdigit() else "7" + node.text),
        )
    elif isinstance(node, t.Apply) and isinstance(node.head, t.Function):
        if node.head.name in PAIRS and len(node.arguments) == 1 + (
            node.head.name in ("max", "min")
        ):
            yield "another function", t.Apply(t.Function(PAIRS[node.head.name]), node.arguments)
    elif isinstance(node, t.Apply) and isinstance(node.head, t.Primed):
        yield "a lost prime", t.Apply(node.head.head, node.arguments)
    elif isinstance(node, t.Derivative):
        yield "a lost derivative", node.body
    elif isinstance(node, t.Symbol):
        for other in others:
            if other != node.name:
                yield "another variable", t.Symbol(other)
    elif (
        isinstance(node, t.Element)
        and len(node.indices) == 1
        and isinstance(node.indices[0], t.Symbol)
    ):
        for index in "ijk":
            if t.Symbol(index) != node.indices[0] and index in others:
                yield "another index", t.Element(node.base, (t.Symbol(index),))
    elif isinstance(node, t.Cases):
        yield from _cases(node)
    elif isinstance(node, t.Relation) and node.operator in ("<", "<=", ">", ">="):
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[node.operator]
        yield "a condition turned", t.Relation(node.left, turned, node.right)
        yield "a boundary moved", t.Relation(node.left, node.operator, t.Add((node.right, ONE)))


def _cases(node):
    values = [value for value, _ in node.rows]
    conditions = [condition for _, condition in node.rows]
    if len(values) > 1:
        values[0], values[1] = values[1], values[0]
        yield "two cases exchanged", t.Cases(tuple(zip(values, conditions, strict=True)))


# == an independent judge =============================================================================


class CannotTell(Exception):
    """Something that the floating-point judge does not compute."""


class Judge:
    """Evaluates trees in float64, with numeric derivatives: nothing in common with the checker."""

    def __init__(self, meaning, seed, size=3):
        self.meaning = meaning
        self.random = random.Random(seed)
        self.values = {}
        self.size = size
        self.moved = {}

    def draw(self, key):
        if key in self.moved:
            return self.moved[key]
        if key not in self.values:
            self.values[key] = self.random.uniform(0.15, 0.85)
        return self.values[key]

    def prepare(self, conditions):
        """Values that satisfy what a page says of them: y in {0, 1}, elements that sum to 1."""
        for condition in conditions:
            if not isinstance(condition, t.Relation):
                continue
            if condition.operator == "in" and isinstance(condition.right, t.Finite):
                self.choose(condition)
            total = condition.operator == "=" and isinstance(condition.left, t.Big)
            if total and isinstance(condition.left.body, t.Element):
                name = condition.left.body.base.name
                raw = [self.random.uniform(0.1, 1) for _ in range(self.size)]
                for k, value in enumerate(raw, 1):
                    self.values[name, (k,)] = value / sum(raw)

    def choose(self, condition):
        """A member of a finite set for a name, or for each element of a family."""
        items, left = condition.right.items, condition.left
        if isinstance(left, t.Symbol):
            self.values[left.name] = self(self.random.choice(items))
        elif isinstance(left, t.Element):
            for k in range(1, self.size + 1):
                self.values.setdefault((left.base.name, (k,)), self(self.random.choice(items)))

    def all_hold(self, conditions, local):
        for condition in conditions:
            try:
                if not self.holds(condition, local):
                    if t.names_in(condition) <= set(local):
                        return False
                    if isinstance(condition, t.Relation) and condition.operator in (
                        "<",
                        ">",
                        "<=",
                        ">=",
                    ):
                        name = next(iter(t.names_in(condition)))
                        self.values[name] = -self.draw(name)
            except (CannotTell, KeyError):
                continue
        return True

    def __call__(self, node, local=None):
        method = getattr(self, type(node).__name__, None)
        if method is None:
            raise CannotTell(type(node).__name__)
        return method(node, local or {})

    def Number(self, node, local):
        return float(node.text)

    def Constant(self, node, local):
        try:
            return {"e": math.e, "pi": math.pi}[node.name]
        except KeyError:
            raise CannotTell(node.name) from None

    def Symbol(self, node, local):
        if node.name in local:
            return local[node.name]
        definition = self.meaning.table.get(node.name)
        if definition is None:
            if node.name in self.meaning.sizes:
                return self.size
            if node.name in self.meaning.families:
                raise CannotTell(node.name)
            return self.draw(node.name)
        if definition.kind == "function" and not any(definition.vectors) and not definition.indices:
            own = [self(t.Symbol(p), {}) for p in definition.parameters]
            return self.call(t.Function(node.name), own)
        if definition.kind != "value":
            raise CannotTell(definition.kind)
        if ("d", node.name) in self.moved:
            raise CannotTell("an inner variable")
        return self(definition.body, local)

    def Element(self, node, local):
        if not isinstance(node.base, t.Symbol):
            raise CannotTell("element")
        indices = tuple(self.index(i, local) for i in node.indices)
        definition = self.meaning.table.get(node.base.name)
        if definition is None:
            return self.draw((node.base.name, indices))
        if definition.kind != "elements":
            raise CannotTell(definition.kind)
        return self(
            definition.body, {**local, **dict(zip(definition.indices, indices, strict=True))}
        )

    def Kronecker(self, node, local):
        return float(self.index(node.indices[0], local) == self.index(node.indices[1], local))

    def index(self, node, local):
        return int(self(node, local))

    def Add(self, node, local):
        return math.fsum(self(term, local) for term in node.terms)

    def Negate(self, node, local):
        return -self(node.body, local)

    def Multiply(self, node, local):
        return math.prod(self(f, local) for f in node.factors)

    def Divide(self, node, local):
        return self(node.numerator, local) / self(node.denominator, local)

    def Power(self, node, local):
        value = self(node.base, local) ** self(node.exponent, local)
        if isinstance(value, complex):
            raise ValueError
        return value

    def Root(self, node, local):
        return self(node.body, local) ** (1 / self(node.degree, local))

    def Absolute(self, node, local):
        return abs(self(node.body, local))

    def Cases(self, node, local):
        for value, condition in node.rows:
            if isinstance(condition, t.Otherwise) or self.holds(condition, local):
                return self(value, local)
        raise ValueError

    def holds(self, node, local):
        if isinstance(node, t.And):
            return all(self.holds(i, local) for i in node.items)
        if not isinstance(node, t.Relation) or node.operator == "in":
            raise CannotTell("condition")
        left, right = self(node.left, local), self(node.right, local)
        return {
            "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
            "=": left == right, "!=": left != right,
        }[node.operator]  # fmt: skip

    def Indicator(self, node, local):
        return float(self.holds(node.condition, local))

    def Big(self, node, local):
        low = 1 if node.lower is None else self.index(node.lower, local)
        high = self.size if node.upper is None else self.index(node.upper, local)
        items = [
            self(node.body, {**local, node.index: k})
            for k in range(low, high + 1)
            if node.condition is None or self.holds(node.condition, {**local, node.index: k})
        ]
        return {"sum": math.fsum, "prod": math.prod, "max": max, "min": min}[node.kind](items)

    def Apply(self, node, local):
        if isinstance(node.head, t.Primed):
            if node.head.order != 1 or node.head.side or len(node.arguments) != 1:
                raise CannotTell("prime")
            inner = self(node.arguments[0], local)
            return difference(lambda x: self.call(node.head.head, [x]), inner)
        return self.call(node.head, [self(a, local) for a in node.arguments])

    def call(self, head, values):
        if not isinstance(head, t.Function):
            raise CannotTell("head")
        definition = self.meaning.table.get(head.name)
        if definition is not None:
            if definition.kind != "function" or any(definition.vectors) or definition.indices:
                raise CannotTell(definition.kind)
            return self(definition.body, dict(zip(definition.parameters, values, strict=True)))
        if head.name in FLOATS:
            return FLOATS[head.name](*values)
        raise CannotTell(head.name)

    def Limit(self, node, local):
        side = -1 if node.side == "-" else 1
        if isinstance(node.target, t.Constant):
            point = 30.0
        elif isinstance(node.target, t.Negate) and isinstance(node.target.body, t.Constant):
            point = -30.0
        else:
            point = self(node.target, local) + side * 1e-5
        return self(node.body, {**local, node.variable: point})

    def Derivative(self, node, local):
        if len(node.variables) != 1 or node.variables[0][1] != 1:
            raise CannotTell("order")
        variable = node.variables[0][0]
        if isinstance(variable, t.Symbol) and variable.name in local:
            return difference(
                lambda x: self(node.body, {**local, variable.name: x}), local[variable.name]
            )
        if isinstance(variable, t.Symbol):
            if self.meaning.table.get(variable.name) is not None:
                raise CannotTell("an inner variable")
            key = variable.name
        elif isinstance(variable, t.Element) and self.meaning.table.get(variable.base.name) is None:
            key = (variable.base.name, tuple(self.index(i, local) for i in variable.indices))
        else:
            raise CannotTell("variable")
        start = self.draw(key)

        def function(x):
            saved, self.moved = self.moved, {**self.moved, key: x}
            try:
                return self(node.body, local)
            finally:
                self.moved = saved

        return difference(function, start)


def difference(function, x, h=1e-5):
    return (function(x + h) - function(x - h)) / (2 * h)


FLOATS = {
    "exp": math.exp, "log": math.log, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "sinh": math.sinh,
    "cosh": math.cosh, "tanh": math.tanh, "arctan": math.atan, "erf": math.erf, "max": max, "min": min,
    "abs": abs, "sqrt": math.sqrt,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "sech": lambda x: 1 / math.cosh(x),
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "softplus": lambda x: math.log1p(math.exp(x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "softsign": lambda x: x / (1 + abs(x)),
    "normal_cdf": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
    "normal_pdf": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
}  # fmt: skip


def differ(meaning, original, mutant, conditions=(), indices=("i", "j", "k"), tries=8):
    """True if floats tell the two apart, False if they agree everywhere, None if floats cannot tell."""
    compared = 0
    rough = any(isinstance(n, t.Limit) for tree in (original, mutant) for n in tree.walk())
    tolerance = 1e-3 if rough else 1e-5
    for number in range(tries):
        judge = Judge(meaning, number)
        local = {name: 1 + (number + place) % 3 for place, name in enumerate(indices)}
        try:
            judge.prepare(conditions)
            if not judge.all_hold(conditions, local):
                continue
            x, y = judge(original, local), judge(mutant, local)
        except CannotTell:
            return None
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
        if rough and min(abs(x), abs(y)) > 1e4:
            continue  # both without bound
        compared += 1
        if abs(x - y) > tolerance * max(1, abs(x), abs(y)):
            return True
    return False if compared else None


__all__ = ["differ", "mutants", "replace"]
