"""The value of an expression at a point.

Each node of a tree is compiled once into a closure ``run(ev, env)``: `ev` is the `Evaluator` of one
sample point, `env` holds what is bound (parameters and integration variables as numbers or arrays,
indices as ints). A value that a page defined is computed under the bindings of the place where it
stands: after u := x², the u in the body of g(x) is x² for the x of g.
"""

import operator
from decimal import Decimal
from functools import partial, reduce, singledispatch

from . import functions
from . import numbers as n
from . import tree as t
from .arrays import SETS, Array, Range, each, flat, paired, scalar, total
from .errors import Contradiction, Undecidable, Undefined, Unread
from .numbers import INFINITY, ONE, ZERO, Dual, primal, whole

NESTING = 60  # definitions within definitions


@singledispatch
def make(node):
    """The closure of a node: for each kind that has a value by a function of its own."""
    raise Unread(f"{type(node).__doc__.rstrip('.')} has no value of its own", node.at)


def evaluated(kind, *names):
    """Register ``function(node, *closures, ev, env)`` for one kind, with those of the nodes named."""

    def keep(function):
        @make.register(kind)
        def made(node):
            below = [getattr(node, name) for name in names]
            return partial(function, node, *[x and code(x) for x in below])

    return keep


def code(node):
    """The closure of a node, compiled when it is first asked for."""
    found = node.__dict__.get("_code")
    if found is None:
        found = make(node)
        object.__setattr__(node, "_code", found)
    return found


class Evaluator:
    """Computes expressions of a page at one sample point."""

    def __init__(self, meaning, sample, reach):
        self.meaning = meaning
        self.table = meaning.table
        self.sample = sample
        self.reach = reach  # `Meaning.reach`, which all points ask for the same
        self.moved = {}  # values in the place of others: of a name, or of a name and its indices
        self.memo = {}  # values of defined names under the present `moved`
        self.depth = 0

    def named(self, name, env):
        """The value of a name that is not bound."""
        value = self.moved.get(name)
        if value is not None:
            return value
        definition = self.table.get(name)
        if definition is not None:
            return self.remembered(name, env, lambda: self.defined(definition, env))
        if name in self.sample.sizes:
            return Decimal(self.sample.sizes[name])
        if name in self.meaning.families:
            return self.array(name, self.meaning.families[name], env)
        return self.sample.value(name)

    def element(self, name, indices, env):
        """One element of something that has a name."""
        value = self.moved.get((name, indices))
        definition = self.table.get(name)
        if value is not None:
            return value
        if name in self.moved or (definition is not None and not definition.indices):
            return pick(self.named(name, env), indices)
        if definition is None:
            return self.sample.value(name, indices)
        inner = {k: v for k, v in env.items() if k not in definition.indices}
        compute = partial(self.defined, definition, env, indices)
        if indices in definition.starts:
            compute = partial(code(definition.starts[indices]), self, inner)
        elif min(indices) < 1 and definition.recurs:
            return self.sample.value(name, indices)  # where a recurrence begins: any number
        return self.remembered((name, indices), inner, compute)

    def remembered(self, key, env, compute):
        """A value that is computed once where nothing that is bound plays a part in it."""
        free = not env or self.reach(key).isdisjoint(env)
        value = self.memo.get(key) if free else None
        if value is None:
            value = self.nested(compute)
            if free:
                self.memo[key] = value
        return value

    def nested(self, compute):
        """Compute something by its definition, within bounds."""
        n.now().spend()
        if self.depth > NESTING:
            raise Unread("definitions nested too deeply, or a definition that needs itself")
        self.depth += 1
        try:
            return compute()
        finally:
            self.depth -= 1

    def moving(self, key, value, inner, env):
        """The value of ``inner(env)`` while a value stands in the place of another."""
        name = key if type(key) is str else key[0]
        memo = {k: v for k, v in self.memo.items() if name not in self.reach(k)}
        with n.setting(self, "moved", {**self.moved, key: value}), n.setting(self, "memo", memo):
            return inner(env)

    def defined(self, definition, env, indices=None):
        """The value of a name by its definition; of a function at its own parameters."""
        if definition.is_function:
            if not definition.parameters:
                raise Unread(f"{t.pretty(definition.name)} stands without its argument")
            own = [code(t.Symbol(p))(self, env) for p in definition.parameters]
            return self.call(definition, own, env, indices)
        if definition.indices and indices is None:
            return self.array(definition.name, len(definition.indices), env)
        bound = {**env, **dict(zip(definition.indices, indices or (), strict=True))}
        return self.body(definition, bound)

    def body(self, definition, env):
        """The body of a definition, where its conditions hold."""
        for condition in definition.conditions:
            # "p_i > 0" is about the elements of an argument, whatever i is
            loose = self.meaning.leaves(condition).indices - set(env)
            if not loose and not code(condition)(self, env):
                raise Undefined(f"outside the domain of {t.pretty(definition.name)}")
        return code(definition.body)(self, env)

    def call(self, definition, values, env, indices=None):
        """The value of a function of the page (or of any smooth one)."""
        name, vectors = definition.name, definition.vectors
        if definition.kind == "smooth":
            items = flat(values)
            return self.sample.smooth((name, indices), len(items))(*items)
        if not definition.is_function or len(values) != len(definition.parameters):
            raise Unread(f"{t.pretty(name)} is no function of {len(values)} arguments")
        if len(values) == 1 and type(values[0]) is Array and True not in vectors:
            return each(lambda x: self.call(definition, [x], env, indices), values[0])
        if any(v and type(x) is not Array for x, v in zip(values, vectors, strict=False)):
            raise Unread(f"{t.pretty(name)} takes a vector")
        if definition.indices and indices is None:
            at = partial(self.call, definition, values, env)
            return Array.build(self.length(name), 1, lambda k, _: at((k,)))
        inner = {k: v for k, v in env.items() if type(v) is int}
        inner.update(zip(definition.parameters, values, strict=True))
        inner.update(zip(definition.indices, indices or (), strict=True))
        return self.nested(lambda: self.body(definition, inner))

    def index(self, node, env):
        value = env.get(getattr(node, "name", None))
        return value if type(value) is int else whole_number(code(node)(self, env), "an index")

    def indices(self, node, env):
        return tuple([self.index(item, env) for item in node.indices])

    def end(self, node, env=None):
        """The upper end of an index; a common one where nothing tells it."""
        return self.sample.size if node is None else self.index(node, env or {})

    def length(self, name, place=0):
        return self.end(self.meaning.extent(name, place))

    def array(self, name, places, env):
        """A vector or matrix that is given by its elements, as a whole."""
        if places > 2:
            raise Unread("an array with more than two indices")
        rows, cols = self.length(name), self.length(name, 1) if places > 1 else 1
        return Array.build(rows, cols, lambda *at: self.element(name, at[:places], env))


def pick(value, indices):
    if type(value) is not Array:
        raise Unread("an index on something that is a number")
    return value[indices]


def whole_number(value, what):
    count = whole(primal(scalar(value)))
    if count is None:
        raise Unread(f"{what} that is not a whole number")
    return count


def _power(node, base, exponent):
    if type(base) is Array and not base.is_vector:
        count = whole_number(exponent, "a power of a matrix")
        if not 1 <= count <= 6:
            raise Unread("this power of a matrix")
        return reduce(operator.mul, [base] * count)
    return each(n.power, base, scalar(exponent, "an exponent"), id(node))


def _norm(node, body, order):
    items = flat([body])
    if order == 2:
        return n.sqrt(total([x * x for x in items]))
    sizes = [n.absolute(x, id(node)) for x in items]
    if order not in (1, INFINITY):
        raise Unread("a norm of this order")
    return total(sizes) if order == 1 else n.largest(sizes, id(node))


CONSTANTS = {"infinity": INFINITY, "i": n.I}
# With the values of the nodes below, in order; all conditions of several: each may be a kink.
BY_VALUES = {
    t.Number: lambda node: +Decimal(node.text),
    t.Constant: lambda node: CONSTANTS.get(node.name) or n.constant(node.name),
    t.Add: lambda node, *items: total(items),
    t.Multiply: lambda node, *items: reduce(operator.mul, items),
    t.Negate: lambda node, x: -x,
    t.Divide: lambda node, x, y: each(n.divide, x, y, id(node)),
    t.Root: lambda node, x, y: each(n.root, x, whole_number(y, "a root of a degree")),
    t.Hadamard: lambda node, x, y: each(operator.mul, x, y),
    t.Absolute: lambda node, x: n.absolute(scalar(x, "|…| (for a norm write ‖…‖)"), id(node)),
    t.Norm: _norm,
    t.Transpose: lambda node, x: x.transposed if type(x) is Array else x,
    t.Indicator: lambda node, holds: ONE if holds else ZERO,
    t.Vector: lambda node, *items: Array(len(items), 1, map(scalar, items)),
    t.Matrix: lambda node, *items: Array(len(node.rows), len(node.rows[0]), map(scalar, items)),
    t.Kronecker: lambda node, *ks: ONE * (len({whole_number(k, "an index") for k in ks}) == 1),
    t.NumberSet: lambda node: SETS[node.name],
    t.Interval: lambda node, x, y: Range(x, y, node.lower_closed, node.upper_closed),
    t.And: lambda node, *items: all(items),
}


def _by_values(function):
    def made(node):
        parts = [code(x) for x in node.children()]
        if len(parts) == 1:
            return lambda ev, env: function(node, parts[0](ev, env))

        def run(ev, env):
            n.now().spend(len(parts))
            return function(node, *[x(ev, env) for x in parts])

        return run

    return made


for _kind, _function in BY_VALUES.items():
    make.register(_kind, _by_values(_function))


@make.register(t.Power)
def _raised(node):
    match node:
        case t.Power(t.Norm(body, t.Number("2")), t.Number("2")):  # it has a slope at 0, unlike ‖v‖
            inner = code(body)
            return lambda ev, env: total([x * x for x in flat([inner(ev, env)])])
        case t.Power(t.Constant("e"), exponent):
            above = code(exponent)
            return lambda ev, env: n.exp(scalar(above(ev, env), "an exponent"))
    return _by_values(_power)(node)


@make.register(t.Symbol)
def _symbol(node):
    name = node.name

    def run(ev, env):
        value = env.get(name)
        if value is None:
            return ev.named(name, env)
        return Decimal(value) if type(value) is int else value

    return run


@make.register(t.Element)
def _element(node):
    base = node.base
    name = base.name if type(base) is t.Symbol else None
    applied = type(base) is t.Apply and type(base.head) is t.Function

    def run(ev, env):
        indices = ev.indices(node, env)
        if name is not None and name not in env:
            return ev.element(name, indices, env)
        known = ev.table.get(base.head.name) if applied else None
        if known is not None and known.indices:
            return ev.call(known, [code(a)(ev, env) for a in base.arguments], env, indices)
        return pick(code(base)(ev, env), indices)

    return run


@evaluated(t.Apply)
def _apply(node, ev, env):
    name = getattr(node.head, "name", None)
    if name in ev.moved and name in ev.table:
        own = tuple(map(t.Symbol, ev.table[name].parameters))
        if own == node.arguments:  # p(t) where the value of p is moved
            return ev.moved[name]
    return apply(ev, node.head, [code(a)(ev, env) for a in node.arguments], env)


def apply(ev, head, values, env):
    """A function (a name, a derivative, a composition, an expression) at some values."""
    return HEADS[type(head)](ev, head, values, env)


def _of_name(ev, head, values, env):
    definition = ev.table.get(head.name)
    if definition is not None:
        return ev.call(definition, values, env)
    if len(values) == 1 and head.name in functions.SCALAR:
        return each(functions.SCALAR[head.name], values[0])
    several = functions.SEVERAL.get(head.name)
    if several is None:
        raise Unread(f"{t.pretty(head.name)} is not defined, or takes one argument")
    return several(*values)


HEADS = {
    t.Function: _of_name,
    t.Apply: lambda ev, f, values, env: apply(  # log_2: a function with its first argument
        ev, f.head, [*(code(a)(ev, env) for a in f.arguments), *values], env
    ),
    t.Element: lambda ev, f, values, env: ev.call(  # q_i(T): a function with an index
        ev.table[f.base.name], values, env, ev.indices(f, env)
    ),
}


@evaluated(t.Listing, "body")
def _listing(node, body, ev, env):
    return Array.build(ev.end(node.upper, env), 1, lambda k, _: body(ev, {**env, node.index: k}))


@evaluated(t.Big, "body", "condition")
def _big(node, body, condition, ev, env):
    lower = 1 if node.lower is None else ev.index(node.lower, env)
    upper = ev.end(node.upper or ev.meaning.end_of_index(node.index, node.body), env)
    if upper - lower > 500:
        raise Unread("a sum of more than 500 terms")
    n.now().spend(max(upper - lower, 0))
    places = [{**env, node.index: k} for k in range(lower, upper + 1)]
    items = [body(ev, p) for p in places if condition is None or condition(ev, p)]
    if node.kind == "sum":
        return total(items)
    if node.kind == "prod":
        return reduce(operator.mul, items, ONE)
    if not items:
        raise Undefined("the largest of nothing")
    return n.largest(items, id(node), 1 if node.kind == "max" else -1)


@evaluated(t.Cases)
def _cases(node, ev, env):
    rows = [(v, c) for v, c in node.rows if type(c) is not t.Otherwise]
    chosen = [value for value, condition in rows if code(condition)(ev, env)]
    chosen = chosen or [v for v, c in node.rows if type(c) is t.Otherwise]
    if not chosen:
        raise Undefined("none of the cases holds")
    result, *others = (code(value)(ev, env) for value in chosen)
    for other in others:
        if not all(n.close(*pair) for pair in paired(result, other)):
            raise Contradiction("two cases hold at once and say different things")
    return result


@evaluated(t.IndexRange)
def _range(node, ev, env):
    value, *ends = (ev.index(x, env) for x in (t.Symbol(node.index), node.lower, node.upper))
    return ends[0] <= value <= ends[1]


SATISFIES = {"=": (0,), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}


@make.register(t.Relation)
def _relation(node):
    if node.operator in ("in", "notin"):
        inner, wanted = code(node.left), node.operator == "in"
        return lambda ev, env: inside(ev, inner(ev, env), node.right, env) == wanted
    signs = SATISFIES.get(node.operator)
    if signs is None:
        raise Unread(f"the relation {node.operator!r} is not read as a condition")
    left, right, key = code(node.left), code(node.right), id(node)

    def run(ev, env):
        x, y = left(ev, env), right(ev, env)
        found = flat([each(lambda p, q: compared(p, q, key), x, y)])
        if found == [0] and Dual in (type(x), type(y)):
            raise Undecidable("two cases meet here in a way that first derivatives do not tell")
        return all(sign in signs for sign in found)

    return run


def compared(x, y, key):
    """The sign of x - y, for infinite ones too."""
    p, q = primal(x), primal(y)
    if p in (INFINITY, -INFINITY) or q in (INFINITY, -INFINITY):
        return (p > q) - (p < q)
    return n.sign(x - y, key)


def inside(ev, value, members, env):
    plain = primal(scalar(value, "∈"))
    if type(members) is t.Finite:
        return 0 in [n.sign(value - code(x)(ev, env)) for x in members.items]
    bounds = code(members)(ev, env)
    if type(bounds) is not Range:
        raise Unread("a set that is not read")
    if type(plain) is Dual:  # a complex number
        if n.sign(plain.b):
            return False
        plain = value = plain.a
    if bounds.whole:
        away = value - plain.to_integral_value() if plain.is_finite() else ONE
        if n.sign(away / max(ONE, abs(plain))):
            return False
    above = compared(value, bounds.lower, id(members))
    below = compared(bounds.upper, value, (id(members), 1))
    return above >= (not bounds.lower_closed) and below >= (not bounds.upper_closed)
