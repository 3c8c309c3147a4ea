"""The value of an expression at a point.

Each node of a tree is compiled once into a closure ``run(ev, env)``: `ev` is the `Evaluator` of one
sample point, `env` holds what is bound (parameters and integration variables as numbers or arrays,
indices as ints). A value that a page defined is computed under the bindings of the place where it
stands, as it is meant: after u := x², the u in the body of g(x) is x² for the x of g.
"""

from decimal import Decimal

from . import functions
from . import numbers as n
from . import tree as t
from .arrays import Array, Range, each, flat, scalar, total
from .errors import Contradiction, Undecidable, Undefined, Unread
from .numbers import INFINITY, ONE, ZERO, Complex, Dual, primal, whole

MAKERS = {}
NESTING = 60  # definitions within definitions


def maker(kind):
    """Register the compiler of one kind of node."""

    def keep(function):
        MAKERS[kind] = function
        return function

    return keep


def code(node):
    """The closure of a node, compiled when it is first asked for."""
    found = node.__dict__.get("_code")
    if found is None:
        make = MAKERS.get(type(node))
        if make is None:
            raise Unread(f"{type(node).__name__} has no value of its own", node.at)
        found = make(node)
        object.__setattr__(node, "_code", found)
    return found


class Evaluator:
    """Computes expressions of a page at one sample point.

    Attributes
    ----------
    meaning : meaning.Meaning
    sample : points.Sample
    reaches : dict
        What each name depends on; shared by all points.
    moved : dict
        Values that a derivative or a value-at bar puts in the place of others: a name, or a name
        with its indices, to a value.
    memo : dict
        Values of defined names under the present `moved`.
    slack : float
        The relative error that a limit, an integral or a search brings in.
    declared : bool
        Whether a value at a kink was taken that a Let gives.
    """

    def __init__(self, meaning, sample, reaches):
        self.meaning = meaning
        self.table = meaning.table
        self.sample = sample
        self.reaches = reaches
        self.moved = {}
        self.memo = {}
        self.slack = 0
        self.depth = 0
        self.declared = False

    def value(self, node, env):
        """The value of a node; Undefined, Undecidable or Unread are raised, never returned."""
        return code(node)(self, env)

    # -- names ---------------------------------------------------------------------------------------

    def named(self, name, env):
        """The value of a name that is not bound."""
        value = self.moved.get(name)
        if value is not None:
            return value
        definition = self.table.get(name)
        if definition is not None:
            return self.remembered(name, env, lambda: self.defined(definition, env))
        size = self.sample.sizes.get(name)
        if size is not None:
            return Decimal(size)
        return self.family(name) if name in self.meaning.families else self.sample.scalar(name)

    def reach(self, name):
        """All names that a name depends on, through its definitions."""
        found = self.reaches.get(name)
        if found is None:
            leaves = self.meaning.leaves(t.Symbol(name))
            found = leaves.names | leaves.smooth | leaves.indices | leaves.sizes | {name}
            self.reaches[name] = found
        return found

    def remembered(self, key, env, compute):
        """A value that is computed once where nothing that is bound plays a part in it."""
        name = key if type(key) is str else key[0]
        if env and not self.reach(name).isdisjoint(env):
            return self.nested(compute)
        value = self.memo.get(key)
        if value is None:
            value = self.memo[key] = self.nested(compute)
        return value

    def nested(self, compute):
        """Compute something by its definition, within bounds."""
        self.depth += 1
        n.now().spend()
        if self.depth > NESTING:
            raise Unread("definitions nested too deeply, or a definition that needs itself")
        try:
            return compute()
        finally:
            self.depth -= 1

    def moving(self, key, value, inner, env):
        """The value of ``inner(env)`` while a value stands in the place of another."""
        moved, memo = self.moved, self.memo
        name = key if type(key) is str else key[0]
        self.moved = {**moved, key: value}
        self.memo = {
            k: v for k, v in memo.items() if name not in self.reach(k if type(k) is str else k[0])
        }
        try:
            return inner(env)
        finally:
            self.moved, self.memo = moved, memo

    def defined(self, definition, env):
        """The value of a name by its definition; of a function at its own parameters."""
        if definition.kind == "value":
            self.check_domain(definition, env)
            return code(definition.body)(self, env)
        if definition.kind == "elements":
            return self.all_elements(definition, env)
        return self.call(definition, self.own(definition, env), env)

    def own(self, definition, env):
        """The values of a function's own parameters, where it stands without brackets."""
        if not definition.parameters:
            raise Unread(f"{t.pretty(definition.name)} stands without its argument")
        return [code(t.Symbol(p))(self, env) for p in definition.parameters]

    def check_domain(self, definition, env):
        for condition in definition.conditions:
            if self.meaning.leaves(condition).indices - set(env):
                continue  # "p_i > 0": about the elements of an argument, whatever i is
            if not code(condition)(self, env):
                raise Undefined(f"outside the domain of {t.pretty(definition.name)}")

    def call(self, definition, values, env, indices=None):
        """The value of a function of the page (or of any smooth one)."""
        if not definition.is_function:
            raise Unread(f"{t.pretty(definition.name)} is not a function")
        if definition.kind == "smooth":
            items = flat(values)
            key = definition.name if indices is None else f"{definition.name}{indices}"
            return self.sample.smooth(key, len(items))(*items)
        vectors = definition.vectors or (False,) * len(definition.parameters)
        if len(values) != len(definition.parameters):
            count = len(definition.parameters)
            raise Unread(f"{t.pretty(definition.name)} was defined with {count} arguments")
        if len(values) == 1 and type(values[0]) is Array and not vectors[0]:
            return values[0].map(lambda x: self.call(definition, [x], env, indices))
        if any(v and type(x) is not Array for x, v in zip(values, vectors, strict=True)):
            raise Unread(f"{t.pretty(definition.name)} takes a vector")
        if definition.indices and indices is None:
            ends = range(1, self.length(definition.name) + 1)
            return Array.column([self.call(definition, values, env, (k,)) for k in ends])
        inner = {k: v for k, v in env.items() if type(v) is int}
        inner.update(zip(definition.parameters, values, strict=True))
        if indices is not None:
            inner.update(zip(definition.indices, indices, strict=True))
        if definition.conditions:
            self.check_domain(definition, inner)
        body = code(definition.body)
        return self.nested(lambda: body(self, inner))

    # -- arrays --------------------------------------------------------------------------------------

    def index(self, node, env):
        """An index: a whole number."""
        if type(node) is t.Symbol and type(env.get(node.name)) is int:
            return env[node.name]
        value = whole(primal(code(node)(self, env)))
        if value is None:
            raise Unread("an index that is not a whole number")
        return value

    def end(self, node, env=None):
        """The upper end of an index; a common one where nothing tells it."""
        return self.sample.size if node is None else self.index(node, env or {})

    def length(self, name, place=0):
        return self.end(self.meaning.extent(name, place))

    def family(self, name):
        """A free vector or matrix, from its elements."""
        rows = self.length(name)
        if self.meaning.is_matrix(name):
            cols = self.length(name, 1)
            return Array.build(rows, cols, lambda r, c: self.element(name, (r, c), {}))
        return Array.column([self.element(name, (k,), {}) for k in range(1, rows + 1)])

    def all_elements(self, definition, env):
        """A quantity that is defined by its elements, as a whole."""
        name, count = definition.name, len(definition.indices)
        if count > 2:
            raise Unread("an array with more than two indices")
        if count == 1:
            places = range(1, self.length(name) + 1)
            return Array.column([self.element(name, (k,), env) for k in places])
        ends = self.length(name), self.length(name, 1)
        return Array.build(*ends, lambda r, c: self.element(name, (r, c), env))

    def element(self, name, indices, env):
        """One element of something that has a name."""
        value = self.moved.get((name, indices))
        if value is not None:
            return value
        if name in self.moved:
            return pick(self.moved[name], indices)
        definition = self.table.get(name)
        if definition is None:
            return self.sample.element(name, indices)
        if definition.kind == "elements":
            return self.defined_element(definition, indices, env)
        if definition.indices:
            return self.call(definition, self.own(definition, env), env, indices)
        return pick(self.named(name, env), indices)

    def defined_element(self, definition, indices, env):
        if len(indices) != len(definition.indices):
            raise Unread(f"{t.pretty(definition.name)} has {len(definition.indices)} indices")
        name = definition.name
        if min(indices) < 1 and name in t.names_in(definition.body):
            return self.sample.element(name, indices)  # where a recurrence begins: any number
        inner = {k: v for k, v in env.items() if k not in definition.indices}

        def compute():
            bound = {**inner, **dict(zip(definition.indices, indices, strict=True))}
            self.check_domain(definition, bound)
            return code(definition.body)(self, bound)

        return self.remembered((name, indices), inner, compute)


def pick(value, indices):
    """An element of a value."""
    if type(value) is not Array:
        raise Unread("an index on something that is a number")
    return value[indices]


# -- numbers and names ---------------------------------------------------------------------------------


@maker(t.Number)
def _number(node):
    exact = Decimal(node.text)
    if len(exact.as_tuple().digits) <= n.DIGITS:
        return lambda ev, env: exact
    return lambda ev, env: n.number(exact)


@maker(t.Constant)
def _constant(node):
    if node.name in ("e", "pi"):
        return lambda ev, env: n.constant(node.name)
    value = Complex(ZERO, ONE) if node.name == "i" else INFINITY
    return lambda ev, env: value


@maker(t.Symbol)
def _symbol(node):
    name = node.name

    def run(ev, env):
        value = env.get(name)
        if value is None:
            return ev.named(name, env)
        return Decimal(value) if type(value) is int else value

    return run


@maker(t.Element)
def _element(node):
    base = node.base
    places = node.indices

    def indices(ev, env):
        return tuple(ev.index(item, env) for item in places)

    if type(base) is t.Apply and type(base.head) is t.Function:
        whole_value, arguments = code(base), [_argument(a) for a in base.arguments]

        def applied(ev, env):
            definition = ev.table.get(base.head.name)
            if definition is not None and definition.indices:
                return ev.call(definition, [a(ev, env) for a in arguments], env, indices(ev, env))
            return pick(whole_value(ev, env), indices(ev, env))

        return applied
    if type(base) is not t.Symbol:
        inner = code(base)
        return lambda ev, env: pick(inner(ev, env), indices(ev, env))
    name = base.name

    def run(ev, env):
        value = env.get(name)
        if value is not None:
            return pick(value, indices(ev, env))
        return ev.element(name, indices(ev, env), env)

    return run


@maker(t.Kronecker)
def _kronecker(node):
    def run(ev, env):
        first, second = (ev.index(item, env) for item in node.indices)
        return ONE if first == second else ZERO

    return run


# -- arithmetic ----------------------------------------------------------------------------------------


def _checked(value):
    if type(value) is Range:
        raise Unread("a set stands where a value is needed")
    return value


@maker(t.Add)
def _add(node):
    first, *rest = [code(x) for x in node.terms]

    def run(ev, env):
        work = n.now()
        work.left -= len(rest)
        result = _checked(first(ev, env))
        for part in rest:
            value = _checked(part(ev, env))
            result = n.plus(result, value) if work.watching else result + value
        return result

    return run


@maker(t.Negate)
def _negate(node):
    inner = code(node.body)
    return lambda ev, env: -_checked(inner(ev, env))


@maker(t.Multiply)
def _multiply(node):
    first, *rest = [code(x) for x in node.factors]

    def run(ev, env):
        n.now().spend(len(rest))
        result = _checked(first(ev, env))
        for part in rest:
            result = result * _checked(part(ev, env))
        return result

    return run


@maker(t.Divide)
def _divide(node):
    top, bottom = code(node.numerator), code(node.denominator)

    def run(ev, env):
        x, y = top(ev, env), bottom(ev, env)
        if type(x) is Array or type(y) is Array:
            return each(n.divide, x, y)
        return n.divide(_checked(x), _checked(y))

    return run


@maker(t.Power)
def _power(node):
    exponent = code(node.exponent)
    if node.base == t.Constant("e"):
        return lambda ev, env: each(n.exp, exponent(ev, env))
    base = code(node.base)

    def run(ev, env):
        x, k = base(ev, env), scalar(exponent(ev, env), "an exponent")
        if type(x) is Array and not x.is_vector:
            return x.power(whole(primal(k)))
        return each(lambda item: n.power(item, k), _checked(x))

    return run


@maker(t.Root)
def _root(node):
    inner, degree = code(node.body), code(node.degree)

    def run(ev, env):
        count = whole(primal(scalar(degree(ev, env))))
        if count is None:
            raise Unread("a root of broken degree")
        return each(lambda x: n.root(x, count), _checked(inner(ev, env)))

    return run


@maker(t.Hadamard)
def _hadamard(node):
    left, right = code(node.left), code(node.right)
    return lambda ev, env: each(lambda x, y: x * y, left(ev, env), right(ev, env))


@maker(t.Factorial)
def _factorial(node):
    inner = code(node.body)

    def run(ev, env):
        count = whole(primal(scalar(inner(ev, env))))
        if count is None or not 0 <= count <= 100:
            raise Undefined("a factorial of this number")
        result = ONE
        for k in range(2, count + 1):
            result = result * k
        return result

    return run


@maker(t.Absolute)
def _absolute(node):
    inner, key = code(node.body), id(node)

    def run(ev, env):
        value = inner(ev, env)
        if type(value) is Array:
            raise Unread("bars around a vector: write a norm")
        return n.absolute(_checked(value), key)

    return run


@maker(t.Norm)
def _norm(node):
    inner, key = code(node.body), id(node)
    infinite = node.order == t.Constant("infinity")
    order = None if infinite else code(node.order)

    def run(ev, env):
        items = flat([inner(ev, env)])
        if infinite:
            return n.largest([n.absolute(x, key) for x in items], key)
        power = whole(primal(scalar(order(ev, env))))
        if power == 1:
            return total([n.absolute(x, key) for x in items])
        if power == 2:
            return n.sqrt(total([x * x for x in items]))
        raise Unread("a norm of this order")

    return run


# -- functions -----------------------------------------------------------------------------------------


def _argument(node):
    """An argument; ``0^+`` is a point approached from one side."""
    if type(node) is t.Sided and type(node.body) in (t.Number, t.Negate):
        inner, step = code(node.body), ONE if node.side == "+" else -ONE
        return lambda ev, env: Approach(inner(ev, env), step)
    return code(node)


class Approach:
    """A point approached from one side, as an argument."""

    def __init__(self, point, step):
        self.point = point
        self.step = step


@maker(t.Apply)
def _apply(node):
    head, arguments = node.head, [_argument(a) for a in node.arguments]
    if type(head) is not t.Function:
        return lambda ev, env: apply(ev, head, [a(ev, env) for a in arguments], env)
    name = head.name
    known = functions.SCALAR.get(name) if len(arguments) == 1 else None

    def run(ev, env):
        definition = ev.table.get(name)
        if definition is None and known is not None:
            value = arguments[0](ev, env)
            if type(value) in (Decimal, Dual):
                return known(value)
            return apply(ev, head, [value], env)
        if name in ev.moved and definition is not None:
            own = tuple(t.Symbol(p) for p in definition.parameters)
            if own == node.arguments:  # p(t) where the value of p is moved
                return ev.moved[name]
        return apply(ev, head, [a(ev, env) for a in arguments], env)

    return run


def apply(ev, head, values, env):
    """A function (a name, a derivative, a composition, an expression) at some values."""
    if type(head) is t.Primed:
        from .derivatives import primed

        if len(values) != 1:
            raise Unread("a prime on a function of several variables: write a partial derivative")
        return primed(ev, head, values[0], env)
    if any(type(v) is Approach for v in values):
        return _sided(ev, head, values, env)
    if type(head) is t.Compose:
        return apply(ev, head.outer, [apply(ev, head.inner, values, env)], env)
    if type(head) is t.Lambda:
        return code(head.body)(ev, {**env, head.parameter: values[0]})
    definition = ev.table.get(head.name)
    if definition is not None:
        return ev.call(definition, values, env)
    if head.name in functions.SCALAR:
        if len(values) != 1:
            raise Unread(f"{t.pretty(head.name)} takes one argument")
        return each(functions.SCALAR[head.name], _checked(values[0]))
    several = functions.SEVERAL.get(head.name)
    if several is None:
        raise Unread(f"{t.pretty(head.name)} is not defined")
    return several(*values)


def _sided(ev, head, values, env):
    """f(0^+): the one-sided limit, by an infinitesimal step."""
    tag = n.new_tag()
    moved = [Dual(tag, v.point, v.step) if type(v) is Approach else v for v in values]
    return without(apply(ev, head, moved, env), tag)


def without(value, tag):
    """The value without the infinitesimal of one tag."""
    if type(value) is Array:
        return value.map(lambda x: without(x, tag))
    return value.a if type(value) is Dual and value.tag == tag else value


@maker(t.Sided)
def _side(node):
    if type(node.body) in (t.Number, t.Negate):
        raise Unread("a point with a side is an argument of a function or the end of a limit")
    inner, key = code(node.body), id(node)
    turn = ONE if node.side == "+" else -ONE
    return lambda ev, env: n.largest((ZERO, turn * scalar(inner(ev, env))), key)


# -- vectors, sums -------------------------------------------------------------------------------------


@maker(t.Vector)
def _vector(node):
    items = [code(x) for x in node.items]
    return lambda ev, env: Array.column([scalar(x(ev, env), "an element") for x in items])


@maker(t.Matrix)
def _matrix(node):
    rows = [[code(x) for x in row] for row in node.rows]

    def run(ev, env):
        items = [scalar(x(ev, env), "an element") for row in rows for x in row]
        return Array(len(rows), len(rows[0]), items)

    return run


@maker(t.Listing)
def _listing(node):
    inner = code(node.body)

    def run(ev, env):
        count = ev.end(node.upper, env)
        return Array.column([inner(ev, {**env, node.index: k}) for k in range(1, count + 1)])

    return run


@maker(t.Transpose)
def _transpose(node):
    inner = code(node.body)

    def run(ev, env):
        value = inner(ev, env)
        return value.transposed if type(value) is Array else value

    return run


@maker(t.Big)
def _big(node):
    inner, index = code(node.body), node.index
    condition = None if node.condition is None else code(node.condition)
    extreme = {"max": 1, "min": -1}.get(node.kind)

    def run(ev, env):
        lower = 1 if node.lower is None else ev.index(node.lower, env)
        upper = node.upper or ev.meaning.end_of_index(index, node.body)
        upper = ev.end(upper, env)
        if upper - lower > 500:
            raise Unread("a sum of more than 500 terms")
        items = []
        for k in range(lower, upper + 1):
            n.now().spend()
            bound = {**env, index: k}
            if condition is None or condition(ev, bound):
                items.append(inner(ev, bound))
        if extreme is not None:
            if not items:
                raise Undefined("the largest of nothing")
            return n.largest(items, id(node), extreme)
        if node.kind == "sum":
            return total(items)
        result = items[0] if items else ONE
        for item in items[1:]:
            result = result * item
        return result

    return run


# -- cases and conditions ------------------------------------------------------------------------------


@maker(t.Cases)
def _cases(node):
    rows = [(code(v), code(c)) for v, c in node.rows if type(c) is not t.Otherwise]
    rest = [code(v) for v, c in node.rows if type(c) is t.Otherwise]

    def run(ev, env):
        chosen = [value for value, condition in rows if condition(ev, env)] or rest
        if not chosen:
            raise Undefined("none of the cases holds")
        result = chosen[0](ev, env)
        for other in chosen[1:]:
            pairs = zip(flat([result]), flat([other(ev, env)]), strict=True)
            if not all(n.close(primal(x), primal(y)) for x, y in pairs):
                raise Contradiction("two cases hold at once and say different things")
        return result

    return run


@maker(t.Indicator)
def _indicator(node):
    holds = code(node.condition)
    return lambda ev, env: ONE if holds(ev, env) else ZERO


@maker(t.And)
def _and(node):
    # All of them are evaluated, also after one that fails: each may be a kink to be found.
    items = [code(x) for x in node.items]
    return lambda ev, env: all([x(ev, env) for x in items])


@maker(t.Or)
def _or(node):
    items = [code(x) for x in node.items]
    return lambda ev, env: any([x(ev, env) for x in items])


@maker(t.IndexRange)
def _range(node):
    def run(ev, env):
        value = ev.index(t.Symbol(node.index), env)
        return ev.index(node.lower, env) <= value <= ev.index(node.upper, env)

    return run


def satisfies(sign, operator):
    """Whether a sign of left - right satisfies a relation."""
    return {
        "=": sign == 0, "!=": sign != 0, "<": sign == -1, "<=": sign in (-1, 0), ">": sign == 1,
        ">=": sign in (0, 1),
    }[operator]  # fmt: skip


@maker(t.Relation)
def _relation(node):
    if node.operator in ("in", "notin"):
        inner, wanted = code(node.left), node.operator == "in"
        return lambda ev, env: inside(ev, inner(ev, env), node.right, env) == wanted
    if node.operator not in ("=", "!=", "<", "<=", ">", ">="):
        raise Unread(f"the relation {node.operator!r} is not read as a condition")
    left, right, key = code(node.left), code(node.right), id(node)

    def run(ev, env):
        x, y = left(ev, env), right(ev, env)
        if type(x) is Array or type(y) is Array:
            signs = each(lambda p, q: compared(p, q, None), x, y).items
            return all(satisfies(s, node.operator) for s in signs)
        sign = compared(scalar(x, "a comparison"), scalar(y, "a comparison"), key)
        if sign == 0 and (type(x) is Dual or type(y) is Dual):
            raise Undecidable("two cases meet here in a way that first derivatives do not tell")
        return satisfies(sign, node.operator)

    return run


def compared(x, y, key):
    """The sign of x - y, for infinite ones too."""
    p, q = primal(x), primal(y)
    if p in (INFINITY, -INFINITY) or q in (INFINITY, -INFINITY):
        return (p > q) - (p < q)
    return n.sign(x - y, key)


def inside(ev, value, members, env):
    """Whether a value lies in a set."""
    if type(members) is t.NumberSet:
        items = [primal(x) for x in flat([value])]
        if members.name == "R":
            return all(type(x) is not Complex or not x.im for x in items)
        counts = [whole(x) for x in items]
        return all(c is not None and (members.name == "Z" or c >= 0) for c in counts)
    if type(value) is Array:
        return all(inside(ev, x, members, env) for x in value.items)
    if type(members) is t.IndexRange:
        low, high = code(members.lower)(ev, env), code(members.upper)(ev, env)
        return whole(primal(value)) is not None and low <= primal(value) <= high
    if type(members) is t.Finite:
        return any([n.sign(value - code(x)(ev, env)) == 0 for x in members.items])
    if type(members) is t.Vector and len(members.items) == 2:
        members = t.Interval(*members.items, False, False)
    if type(members) not in (t.Interval, t.Subdifferential):
        raise Unread("a set that is not read")
    bounds = code(members)(ev, env)
    above = compared(value, bounds.lower, id(members))
    below = compared(bounds.upper, value, (id(members), 1))
    return satisfies(above, ">=" if bounds.lower_closed else ">") and satisfies(
        below, ">=" if bounds.upper_closed else ">"
    )


@maker(t.Interval)
def _interval(node):
    low, high = code(node.lower), code(node.upper)
    return lambda ev, env: Range(low(ev, env), high(ev, env), node.lower_closed, node.upper_closed)


@maker(t.Finite)
def _finite(node):
    items = [code(x) for x in node.items]

    def run(ev, env):
        if len(items) != 1:
            raise Unread("a finite set is read after ∈ only")
        value = items[0](ev, env)
        return Range(value, value)

    return run
