"""Derivatives, by evaluating at ``v + ε``: exact where they exist, and refused elsewhere."""

from contextlib import contextmanager

import numpy as np

from . import builtins
from . import tree as t
from .errors import NoDerivative, Undecidable, Undefined, Unread
from .meaning import single_name
from .numbers import Dual, coefficient, new_tag
from .values import Approach, Range, strip


class Derivatives:
    """The part of the evaluator that differentiates."""

    def derivative(self, function, at, side=""):
        """The derivative of a function of one number, which must exist at the point.

        Parameters
        ----------
        function : callable
        at : number or Dual
        side : {'', '+', '-'}
            Take the one-sided derivative instead.
        """
        one = self.mp.mpf(1)
        tag = new_tag()
        if side:
            step = one if side == "+" else -one
            moved = function(Dual(tag, at, step))
            centre = function(at)
            if not self.same(strip(moved, tag), centre):
                raise NoDerivative("the function jumps here")
            return self.each(lambda x: self.a.mul(step, self.slope(x, tag)), moved)
        before = self.a.ties
        right_value = function(Dual(tag, at, one))
        right = self.each(lambda x: self.slope(x, tag), right_value)
        if self.a.ties == before:
            return right
        left_value = function(Dual(tag, at, -one))
        left = self.each(lambda x: self.a.neg(self.slope(x, tag)), left_value)
        centre = function(at)
        if not (
            self.same(strip(right_value, tag), centre) and self.same(strip(left_value, tag), centre)
        ):
            raise NoDerivative("the function jumps here and has no derivative")
        if not self.same(left, right):
            low, high = left, right
            if self.convention is not None and not isinstance(low, np.ndarray):
                return self.convention(low, high)
            raise NoDerivative("no derivative here: the one-sided slopes differ", low, high)
        return right

    def slope(self, value, tag):
        found = coefficient(self.scalar(value, "a derivative"), tag)
        return self.mp.mpf(0) if found is None else found

    def same(self, x, y):
        """Equality of values with their infinitesimal parts, rounding forgiven."""
        if isinstance(x, Range) or isinstance(y, Range):
            raise Unread("the derivative of a set")
        if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
            if getattr(x, "shape", None) != getattr(y, "shape", None):
                return False
            return all(self.same(p, q) for p, q in zip(x.flat, y.flat, strict=True))
        if isinstance(x, Dual) or isinstance(y, Dual):
            tag = max(v.tag for v in (x, y) if isinstance(v, Dual))
            zero = self.mp.mpf(0)
            xa, xb = (x.a, x.b) if isinstance(x, Dual) and x.tag == tag else (x, zero)
            ya, yb = (y.a, y.b) if isinstance(y, Dual) and y.tag == tag else (y, zero)
            return self.same(xa, ya) and self.same(xb, yb)
        scale = max(abs(x), abs(y))
        return abs(x - y) <= scale * self.mp.mpf(10) ** (12 - self.mp.dps) or scale < self.mp.mpf(
            10
        ) ** (12 - self.mp.dps)

    def primed(self, head, at, frame):
        at = self.argument_point(at)
        side, order = head.side, head.order
        if isinstance(at, Approach):
            side, at = ("+" if at.step > 0 else "-"), at.point

        def inner(x):
            if order == 1:
                return self.apply(head.head, (x,), frame)
            return self.primed(t.Primed(head.head, order - 1), x, frame)

        return self.derivative(inner, at, side)

    @staticmethod
    def argument_point(at):
        return at

    def _Derivative(self, node, frame):
        variable, order = node.variables[0]
        if isinstance(order, t.Symbol):
            order = self.index(order, frame)
            if order == 0:
                return self.value(node.body, frame)
        rest = node.variables[1:]
        if order > 1:
            inner = t.Derivative(node.body, ((variable, order - 1), *rest), node.partial)
        elif rest:
            inner = t.Derivative(node.body, rest, node.partial)
        else:
            inner = node.body
        if not (order > 1 or rest):
            inner = self.applied_body(inner, variable, frame)
        return self.by(inner, variable, frame, node.partial)

    def applied_body(self, body, variable, frame):
        """``dσ/dz``: the bare name of a function above is the function of what stands below."""
        if not isinstance(body, t.Symbol) or body.name in frame.locals or "@" in frame.locals:
            return body
        name = body.name.lstrip("@")
        definition = self.meaning.lookup(body.name, frame.table)
        if definition is None:
            bare = body.name.startswith("@") or name in builtins.LETTERS
            return t.Apply(t.Function(name), (variable,)) if bare else body
        if definition.kind not in ("function", "unknown") or len(definition.parameters) > 1:
            return body
        below = None
        if isinstance(variable, t.Symbol):
            below = self.meaning.lookup(variable.name, frame.table)
        if definition.parameters:
            own = definition.parameters[0]
            free = definition.body is not None and variable in list(definition.body.walk())
            if free and variable != t.Symbol(own):
                # p(x) = ax, and dp/da: p is taken at its own variable
                return t.Apply(t.Function(name), (t.Symbol(own),))
            inner = self.meaning.lookup(own)
            if inner is not None and inner.kind in ("variable", "dependent"):
                return t.Apply(t.Function(name), (t.Symbol(own),))
            if (
                below is not None
                and below.kind in ("variable", "dependent")
                and self.meaning.only_variable(below) == own
            ):
                return t.Apply(t.Function(name), (t.Symbol(own),))
        if isinstance(variable, t.Element) and definition.parameters:
            return body
        return t.Apply(t.Function(name), (variable,))

    def by(self, body, variable, frame, partial=True):
        """The derivative of an expression by a variable, of whatever kind that is."""
        kind, key = self.variable_key(variable, frame)
        if kind == "local":
            return self.derivative(
                lambda x: self.value(body, frame.bind({key: x})), frame.locals[key]
            )
        if kind == "free":
            return self.derivative(self.moved(body, frame, key), self.value(variable, frame))
        if kind == "vector":
            return self.by_vector(body, variable, key, frame, partial)
        if kind == "defined":
            return self.by_defined(body, variable, key, frame, partial)
        if kind == "place":
            return self.by_place(body, key, frame)
        return self.by_ratio(body, variable, frame)

    def moved(self, body, frame, key):
        def function(x):
            with self.overriding(key, x):
                return self.value(body, frame)

        return function

    @contextmanager
    def overriding(self, key, value):
        missing = object()
        saved = self.override.get(key, missing)
        self.override[key] = value
        cache, self.cache = self.cache, {}
        try:
            yield
        finally:
            self.cache = cache
            if saved is missing:
                del self.override[key]
            else:
                self.override[key] = saved

    def variable_key(self, variable, frame):
        if isinstance(variable, t.Symbol):
            if variable.name in frame.locals:
                local = frame.locals[variable.name]
                return (
                    ("vector", None) if isinstance(local, np.ndarray) else ("local", variable.name)
                )
            definition = self.meaning.lookup(variable.name, frame.table)
            if definition is not None:
                if definition.kind in ("variable", "dependent"):
                    return "defined", ("d", definition.key)
                if definition.kind == "elements":
                    return "vector", definition
                return "expression", None
            if self.meaning.is_vector(variable):
                return "vector", None
            return "free", ("v", variable.name)
        if isinstance(variable, t.Element) and isinstance(variable.base, t.Symbol):
            name = variable.base.name
            indices = tuple(self.index(item, frame) for item in variable.indices)
            if name in frame.locals:
                return "expression", None
            single = self.meaning.lookup(single_name(name, indices), frame.table)
            if single is not None:
                return "defined", ("d", single.key)
            definition = self.meaning.lookup(name, frame.table)
            if definition is None or (
                definition.kind == "variable" and not self.is_array(definition, frame)
            ):
                return "free", ("e", name, indices)
            if definition.kind in ("elements", "dependent"):
                return "defined", ("d", definition.key, indices)
            if definition.kind == "variable":
                return "place", (definition, indices)
        return "expression", None

    def is_array(self, definition, frame):
        return isinstance(self.defined(definition, frame), np.ndarray)

    def by_vector(self, body, variable, definition, frame, partial):
        """A gradient as a column, or a Jacobian with a row for each output."""
        if isinstance(variable, t.Symbol) and variable.name in frame.locals:
            return self.by_local_vector(body, variable, frame)
        value = self.array(variable, frame)
        if not isinstance(value, np.ndarray):
            raise Unread("a gradient by something that is a number")
        columns = []
        for row, col in np.ndindex(value.shape):
            indices = (row + 1,) if value.shape[1] == 1 else (row + 1, col + 1)
            key = (
                ("e", variable.name, indices)
                if definition is None
                else ("d", definition.key, indices)
            )
            columns.append(self.derivative(self.moved(body, frame, key), value[row, col]))
        return self.stacked(columns, value.shape)

    def by_place(self, body, key, frame):
        """The derivative by one element of a vector that the page defined as a whole."""
        definition, indices = key
        value = self.defined(definition, frame)
        place = (indices[0] - 1, 0) if len(indices) == 1 else (indices[0] - 1, indices[1] - 1)
        if not (0 <= place[0] < value.shape[0] and 0 <= place[1] < value.shape[1]):
            raise Undefined("an index out of range")

        def function(x):
            copy = value.copy()
            copy[place] = x
            with self.overriding(("d", definition.key), copy):
                return self.value(body, frame)

        return self.derivative(function, value[place])

    def by_local_vector(self, body, variable, frame):
        value = frame.locals[variable.name]
        columns = []
        for place in np.ndindex(value.shape):

            def function(x, place=place):
                copy = value.copy()
                copy[place] = x
                return self.value(body, frame.bind({variable.name: copy}))

            columns.append(self.derivative(function, value[place]))
        return self.stacked(columns, value.shape)

    def stacked(self, columns, shape):
        if isinstance(columns[0], np.ndarray):
            if shape[1] != 1 or columns[0].shape[1] != 1:
                raise Unread("a derivative with more than two indices")
            return np.concatenate(columns, axis=1)
        result = np.empty(shape, dtype=object)
        for place, column in zip(np.ndindex(shape), columns, strict=True):
            result[place] = column
        return result

    def by_defined(self, body, variable, key, frame, partial):
        """D body / dv where v is itself defined by other quantities: the chain rule as it is written.

        Where the body reaches the outer variables through v alone, v is moved and nothing else.
        Where it does not (σ given by x, and u = 1 + e^{-x} introduced later), the slope along the
        curve is taken: (d body/dx) / (dv/dx), which is the derivative by v of a function of v.
        """
        at = self.value(variable, frame)
        if isinstance(at, np.ndarray):
            if isinstance(variable, t.Symbol):
                return self.by_array(body, at, key, frame)
            raise Unread("a derivative by this vector")
        direct = self.derivative(self.moved(body, frame, key), at)
        outer = self.meaning.outer_variables(variable, frame.table)
        with self.overriding(key, at):
            explicit = [name for name in outer if self.depends(body, name, frame)]
        if not explicit:
            return direct
        if partial and not self.negligible(direct):
            return direct
        try:
            return self.by_ratio(body, variable, frame, outer)
        except Undecidable:
            if partial:
                return direct
            raise

    def by_array(self, body, at, key, frame):
        """The derivative by a vector that the page defined as a whole."""
        columns = []
        for place in np.ndindex(at.shape):

            def function(x, place=place):
                copy = at.copy()
                copy[place] = x
                with self.overriding(key, copy):
                    return self.value(body, frame)

            columns.append(self.derivative(function, at[place]))
        return self.stacked(columns, at.shape)

    def depends(self, body, name, frame):
        at = self.value(t.Symbol(name), frame)
        slope = self.derivative(self.moved(body, frame, ("v", name)), at)
        return not self.negligible(slope)

    def negligible(self, value):
        items = value.flat if isinstance(value, np.ndarray) else [value]
        limit = self.mp.mpf(10) ** (-0.7 * self.mp.dps)
        return all(self.small(item, limit) for item in items)

    def small(self, value, limit):
        if isinstance(value, Dual):
            return self.small(value.a, limit) and self.small(value.b, limit)
        return abs(value) < limit

    def by_ratio(self, body, variable, frame, outer=None):
        """(d body/dx) / (dv/dx), which must be the same for every outer variable x."""
        outer = self.meaning.outer_variables(variable, frame.table) if outer is None else outer
        if not outer:
            raise Unread("a derivative by something that does not depend on a variable")
        results = []
        for name in outer:
            at = self.value(t.Symbol(name), frame)
            below = self.derivative(self.moved(variable, frame, ("v", name)), at)
            above = self.derivative(self.moved(body, frame, ("v", name)), at)
            if self.negligible(below):
                if self.negligible(above):
                    continue
                raise Undecidable("the quantity above is not a function of the one below")
            results.append(self.each(lambda x, b=below: self.a.div(x, b), above))
        if not results:
            raise Undefined("a quotient of zero slopes")
        if any(not self.same(r, results[0]) for r in results[1:]):
            raise Undecidable("the quantity above is not a function of the one below")
        return results[0]

    def _Prime(self, node, frame):
        if isinstance(node.body, t.Symbol) and node.body.name not in frame.locals:
            definition = self.meaning.lookup(node.body.name, frame.table)
            is_function = definition is None and self.meaning.may_be_unknown(node.body.name)
            known = definition is not None and definition.kind in ("function", "unknown")
            if (
                known
                or is_function
                or node.body.name.startswith("@")
                or node.body.name in builtins.LETTERS
            ) and (definition is None or definition.kind != "variable"):
                name = node.body.name.lstrip("@")
                head = t.Primed(t.Function(name), node.order)
                return self.primed(head, self.implicit(frame), frame)
        if "@" in frame.locals:
            return self.along("@", node, frame)
        name = self.meaning.prime_variable(node.body, frame.table)
        if name is None:
            raise Unread("a prime, and the page does not tell by which variable")
        if name in frame.locals:
            return self.along(name, node, frame)
        body = t.Prime(node.body, node.order - 1) if node.order > 1 else node.body
        at = self.value(t.Symbol(name), frame)
        return self.derivative(self.moved(body, frame, ("v", name)), at)

    def along(self, name, node, frame):
        body = t.Prime(node.body, node.order - 1) if node.order > 1 else node.body
        return self.derivative(
            lambda x: self.value(body, frame.bind({name: x})), frame.locals[name]
        )

    def _Gradient(self, node, frame):
        variable = node.variable
        if variable is None:
            several = self.gradient_of_several(node.body, frame)
            if several is not None:
                return several
            if isinstance(node.body, t.Apply) and node.body.arguments:
                variable = node.body.arguments[0]
            else:
                raise Unread(
                    "a gradient, and it does not say by which variable: write it below the nabla"
                )
        if (
            isinstance(variable, t.Symbol)
            and not self.meaning.is_vector(variable)
            and self.meaning.has_elements(variable.name)
            and variable.name not in frame.locals
        ):
            variable = t.Symbol(variable.name, True)
        return self.by(node.body, variable, frame)

    def gradient_of_several(self, body, frame):
        """``∇f`` of an f(x, y) that the page defined: the column of its partial derivatives."""
        head, arguments = body, None
        if isinstance(body, t.Apply) and isinstance(body.head, t.Function):
            head, arguments = t.Symbol(body.head.name), body.arguments
        known = self.meaning.lookup(head.name, frame.table) if isinstance(head, t.Symbol) else None
        if known is None or known.kind != "function" or len(known.parameters) < 2:
            return None
        if any(known.vector_parameters):
            return None
        names = tuple(t.Symbol(p) for p in known.parameters)
        whole = t.Apply(t.Function(known.name), names)
        slopes = [t.Derivative(whole, ((name, 1),), True) for name in names]
        if arguments is not None and arguments != names:
            pairs = tuple(zip(names, arguments, strict=True))
            slopes = [t.At(slope, pairs) for slope in slopes]
        return self.column([self.value(slope, frame) for slope in slopes])

    def _At(self, node, frame):
        keys = {}
        for variable, value in node.assignments:
            if variable is None:
                if self.meaning.implicit is None:
                    raise Unread("a value-at bar without the variable")
                variable = t.Symbol(self.meaning.implicit)
            kind, key = self.variable_key(variable, frame)
            if kind not in ("free", "defined", "local"):
                raise Unread("a value-at bar for this variable")
            keys[kind, key] = self.value(value, frame)
        return self.at_keys(node.body, list(keys.items()), frame)

    def at_keys(self, body, keys, frame):
        if not keys:
            return self.value(body, frame)
        ((kind, key), value), *rest = keys
        if kind == "local":
            return self.at_keys(body, rest, frame.bind({key: value}))
        with self.overriding(key, value):
            return self.at_keys(body, rest, frame)

    def _Subdifferential(self, node, frame):
        at = self.scalar(self.value(node.arguments[0], frame))

        def function(x):
            return self.apply(node.head, (x,), frame)

        left, right = self.derivative(function, at, "-"), self.derivative(function, at, "+")
        if self.a.compare(left, right) > 0:
            if not self.same(left, right):
                raise Undefined("the subdifferential of a function that is not convex here")
            left, right = right, left
        return Range((), left, right)
