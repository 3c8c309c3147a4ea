"""Derivatives, by evaluating at ``v + ε``: exact where they exist, and refused elsewhere.

One exists where the slopes from both sides agree and the function is continuous. At a kink there is
none, unless a Let gives it a value, which must lie between the two slopes.
"""

from . import numbers as n
from . import tree as t
from .arrays import Array, Range, each, scalar
from .errors import NoDerivative, Undefined, Unread
from .evaluate import HEADS, apply, code, evaluated
from .numbers import ONE, Dual, primal


def derivative(function, at, side=""):
    """The derivative of a function of one number, which must exist at the point.

    With a side ('+' or '-') the one-sided derivative. Raises NoDerivative at a kink or a jump.
    """
    tag = n.new_tag()
    if side:
        step = ONE if side == "+" else -ONE
        moved = function(Dual(tag, at, step))
        if not same(without(moved, tag), function(at)):
            raise NoDerivative("the function jumps here")
        return each(lambda x: step * slope(x, tag), moved)
    work = n.now()
    before = work.ties
    above = function(Dual(tag, at, ONE))
    right = each(lambda x: slope(x, tag), above)
    if work.ties == before:
        return right
    below, centre = function(Dual(tag, at, -ONE)), function(at)
    left = each(lambda x: -slope(x, tag), below)
    if not (same(without(above, tag), centre) and same(without(below, tag), centre)):
        raise NoDerivative("the function jumps here and has no derivative")
    if not same(left, right):
        raise NoDerivative("no derivative here: the one-sided slopes differ", left, right)
    return right


def without(value, tag):
    """The value without one infinitesimal."""
    return each(lambda x: n.split(x, tag)[0], value)


def slope(value, tag):
    """The factor of one infinitesimal in a number."""
    return n.split(scalar(value, "a derivative"), tag)[1]


def same(x, y):
    """Equality of values with their infinitesimal parts, rounding forgiven."""
    if type(x) is Range or type(y) is Range:
        raise Unread("the derivative of a set")
    if type(x) is Array or type(y) is Array:
        shapes = getattr(x, "shape", None) == getattr(y, "shape", None)
        return shapes and all(n.close(p, q) for p, q in zip(x.items, y.items, strict=True))
    return n.close(x, y)


def primed(ev, head, values, env):
    """``f'(x)``, ``f''(x)``, ``f'_+(x)``."""
    if len(values) != 1:
        raise Unread("a prime on a function of several variables: write a partial derivative")
    at, side = values[0], head.side
    if type(at) is Array:
        return at.map(lambda x: primed(ev, head, [x], env))
    below = t.Primed(head.head, head.order - 1) if head.order > 1 else head.head
    try:
        return derivative(lambda x: apply(ev, below, [x], env), at, side)
    except NoDerivative as kink:
        if side or type(head.head) is not t.Function:
            raise
        return declared(ev, head.head.name, head.order, at, kink)


HEADS[t.Primed] = primed


def declared(ev, name, order, at, kink):
    """The value that a Let gives to a derivative at a kink; the kink is raised where there is none."""
    slopes = kink.left, kink.right
    if None not in slopes and Array not in map(type, slopes):
        low, high = sorted(map(primal, slopes))
        for point, value in ev.meaning.kinks.get((name, order), ()):
            found, spare = code(value)(ev, {}), n.tolerance(12)
            here = n.close(primal(code(point)(ev, {})), primal(at))
            if here and low - spare <= primal(found) <= high + spare:
                ev.declared = True
                return found
    raise kink


@evaluated(t.Derivative, "body")
def _derivative(node, body, ev, env):
    movers = [variable for variable, order in node.variables for _ in range(order)]
    try:
        return differentiate(ev, movers, body, env)
    except NoDerivative as kink:
        name = _of_variable(ev, node)
        if name is None:
            raise
        return declared(ev, name, len(movers), code(movers[0])(ev, env), kink)


def _of_variable(ev, node):
    """The function f where a derivative is that of f(x), or of a bare f, by its variable x."""
    (variable, _), body = node.variables[0], node.body
    if len(node.variables) != 1 or type(variable) is not t.Symbol:
        return None
    if type(body) is t.Apply and type(body.head) is t.Function and body.arguments == (variable,):
        return body.head.name
    known = ev.table.get(body.name) if type(body) is t.Symbol else None
    return body.name if known is not None and known.parameters == (variable.name,) else None


def differentiate(ev, movers, body, env):
    """The derivative of a closure by one variable after the other, the last one first."""
    if not movers:
        return body(ev, env)
    first, rest = movers[0], movers[1:]

    def inner(bound):
        return differentiate(ev, rest, body, bound)

    if type(first) is t.Symbol:
        return _by_name(ev, first.name, inner, env)
    if type(first) is t.Element and type(first.base) is t.Symbol:
        indices = ev.indices(first, env)
        return _by_element(ev, first.base.name, indices, inner, env)
    raise Unread("a derivative by something that has no name")


def mover(ev, name, inner, env):
    """The function that puts a value in the place of a name and computes."""
    if name in env:
        return lambda x: inner({**env, name: x})
    return lambda x: ev.moving(name, x, inner, env)


def _by_name(ev, name, inner, env):
    if type(env.get(name)) is int:
        raise Unread("a derivative by an index")
    value = code(t.Symbol(name))(ev, env)
    if type(value) is not Array:
        return derivative(mover(ev, name, inner, env), value)
    slopes = [_by_element(ev, name, place, inner, env) for place in value.places()]
    return stacked(slopes, value)


def _by_element(ev, name, indices, inner, env):
    definition = ev.table.get(name)
    if name in env or name in ev.moved or (definition is not None and definition.kind == "value"):
        array = code(t.Symbol(name))(ev, env)
        if type(array) is not Array:
            raise Unread("an index on something that is a number")
        offset, move = array.offset(indices), mover(ev, name, inner, env)
        return derivative(lambda x: move(array.replaced(offset, x)), array.items[offset])
    at = ev.element(name, indices, env)
    return derivative(lambda x: ev.moving((name, indices), x, inner, env), at)


def stacked(slopes, shape):
    """A gradient as a column (for a matrix, a matrix), or a Jacobian with a row for each output."""
    if type(slopes[0]) is not Array:
        return Array(shape.rows, shape.cols, slopes)
    if shape.cols != 1 or slopes[0].cols != 1:
        raise Unread("a derivative with more than two indices")
    rows = zip(*(s.items for s in slopes), strict=True)
    return Array(slopes[0].rows, len(slopes), [x for row in rows for x in row])


@evaluated(t.At, "body")
def _at(node, body, ev, env):
    def put(values, env):
        """Compute while several names have given values."""
        if not values:
            return body(ev, env)
        (variable, value), *rest = values
        name = variable.name if type(variable) is t.Symbol else variable
        if type(variable) is t.Element:
            name = variable.base.name, ev.indices(variable, env)
        return mover(ev, name, lambda bound: put(rest, bound), env)(value)

    return put([(v, code(x)(ev, env)) for v, x in node.assignments], env)


@evaluated(t.Subdifferential)
def _subdifferential(node, ev, env):
    at = scalar(code(node.arguments[0])(ev, env))
    left, right = (derivative(lambda x: apply(ev, node.head, [x], env), at, side) for side in "-+")
    if n.sign(left - right) > 0:
        raise Undefined("the subdifferential of a function that is not convex here")
    return Range(left, right)
