"""The value of an expression at a point.

An `Evaluator` walks a tree and computes, with the numbers of `numbers`, in the meaning that the
page gives to its names. Derivatives are taken by evaluating at ``v + ε`` and, where a comparison
was a tie, at ``v - ε`` as well: they exist only where the two agree and the function is continuous.
"""

import numpy as np

from . import builtins
from . import tree as t
from .calls import Calls
from .derivatives import Derivatives
from .errors import Contradiction, SaidUndefined, Undecidable, Undefined, Unread
from .meaning import single_name
from .numbers import Dual, primal
from .values import Frame, Range, compare_sign, strip_all


class Evaluator(Calls, Derivatives):
    """Computes expressions of a page at one sample point.

    Parameters
    ----------
    meaning : object with ``lookup(name, table)``, ``implicit``, ``range_of(...)``
        What the names of the page mean (`meaning.Meaning`).
    sample : object with ``scalar(name)``, ``element(name, indices)``, ``unknown(name)``,
    ``size(symbol)``
        The values of everything that is free.
    arithmetic : numbers.Arithmetic
    """

    def __init__(self, meaning, sample, arithmetic):
        self.meaning = meaning
        self.sample = sample
        self.a = arithmetic
        self.mp = arithmetic.mp
        self.override = {}
        self.cache = {}  # elements already computed under the present overrides
        self.slack = 0  # relative error that a limit, an integral or a search brings in
        self.depth = 0
        self.convention = None

    def value(self, node, frame=None):
        """The value of a node; Undefined, Undecidable or Unread are raised, never returned."""
        self.depth += 1
        if self.depth > 250:
            self.depth = 0
            raise Unread("definitions nested too deeply, or a definition that needs itself")
        try:
            self.a.work.spend(1 if self.mp.prec < 400 else 3)
            return METHODS[type(node)](self, node, frame or Frame())
        finally:
            self.depth -= 1

    # -- arithmetic, on numbers and arrays ---------------------------------------------------------

    def each(self, function, *values):
        """Apply a scalar operation elementwise where an operand is an array."""
        arrays = [v for v in values if isinstance(v, np.ndarray)]
        if not arrays:
            return function(*values)
        shape = arrays[0].shape
        if any(v.shape != shape for v in arrays):
            raise Unread(f"arrays of shapes {', '.join(str(v.shape) for v in arrays)} do not fit")
        result = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            result[place] = function(
                *(v[place] if isinstance(v, np.ndarray) else v for v in values)
            )
        return result

    def plus(self, x, y):
        for one, other in ((x, y), (y, x)):
            square = isinstance(one, np.ndarray) and 1 not in one.shape
            if square and not isinstance(other, np.ndarray):
                raise Unread("a number added to a matrix")
        return self.each(self.a.add, x, y)

    def times(self, x, y):
        if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
            if x.shape[1] != y.shape[0]:
                raise Unread(f"a product of arrays of shapes {x.shape} and {y.shape}")
            rows, cols = x.shape[0], y.shape[1]
            result = np.empty((rows, cols), dtype=object)
            for r in range(rows):
                for c in range(cols):
                    total = self.a.mul(x[r, 0], y[0, c])
                    for k in range(1, x.shape[1]):
                        total = self.a.add(total, self.a.mul(x[r, k], y[k, c]))
                    result[r, c] = total
            return result[0, 0] if rows == cols == 1 else result
        return self.each(self.a.mul, x, y)

    def minus(self, x):
        return self.each(self.a.neg, x)

    def scalar(self, value, what="this"):
        if isinstance(value, np.ndarray):
            raise Unread(f"{what} needs a number, and a vector stands there")
        if isinstance(value, Range):
            raise Unread(f"{what} needs a number, and a set stands there")
        return value

    def _Number(self, node, frame):
        return self.a.literal(node.text)

    def _Constant(self, node, frame):
        if node.name == "e":
            return +self.mp.e
        if node.name == "pi":
            return +self.mp.pi
        if node.name == "i":
            return self.mp.mpc(0, 1)
        return self.mp.inf

    def _Add(self, node, frame):
        total = self.value(node.terms[0], frame)
        for term in node.terms[1:]:
            total = self.plus(total, self.value(term, frame))
        return total

    def _Negate(self, node, frame):
        return self.minus(self.value(node.body, frame))

    def _Multiply(self, node, frame):
        values = [self.value(factor, frame) for factor in node.factors]
        total = values[-1]
        # From the right: s s^T v is read as the mathematics is, and shapes decide.
        arrays = [v for v in values if isinstance(v, np.ndarray)]
        if len(arrays) < 2:
            total = values[0]
            for value in values[1:]:
                total = self.times(total, value)
            return total
        total = values[0]
        for value in values[1:]:
            total = self.times(total, value)
        return total

    def _Divide(self, node, frame):
        top = self.value(node.numerator, frame)
        bottom = self.value(node.denominator, frame)
        if isinstance(bottom, np.ndarray) and not isinstance(top, np.ndarray):
            top = self.each(lambda _: top, bottom)
        return self.each(self.a.div, top, bottom)

    def _Power(self, node, frame):
        if node.base == t.Constant("e"):
            return self.each(self.a.exp, self.value(node.exponent, frame))
        base = self.value(node.base, frame)
        exponent = self.scalar(self.value(node.exponent, frame), "an exponent")
        if isinstance(base, np.ndarray) and 1 not in base.shape:
            return self.matrix_power(base, exponent)
        return self.each(lambda x: self.a.power(x, exponent), base)

    def matrix_power(self, base, exponent):
        """A whole power of a square matrix; a negative one is a power of the inverse."""
        whole = self.a.integer(primal(exponent))
        if whole is None or abs(whole) > 6 or base.shape[0] != base.shape[1]:
            raise Unread("this power of a matrix")
        n = base.shape[0]
        factor = base if whole >= 0 else self.inverse(base)
        total = self.matrix(n, n, lambda r, c: self.mp.mpf(int(r == c)))
        for _ in range(abs(whole)):
            total = self.times(total, factor)
        return total

    def inverse(self, matrix):
        """The inverse by Gauss and Jordan, with the largest pivot of each column."""
        n = matrix.shape[0]
        rows = [[*matrix[r], *(self.mp.mpf(int(r == c)) for c in range(n))] for r in range(n)]
        for c in range(n):
            best = max(range(c, n), key=lambda r: abs(primal(rows[r][c])))
            rows[c], rows[best] = rows[best], rows[c]
            pivot = rows[c][c]
            rows[c] = [self.a.div(x, pivot) for x in rows[c]]
            for r in range(n):
                if r != c:
                    factor = rows[r][c]
                    pairs = zip(rows[r], rows[c], strict=True)
                    rows[r] = [self.a.sub(x, self.a.mul(factor, y)) for x, y in pairs]
        return self.matrix(n, n, lambda r, c: rows[r][n + c])

    def _Root(self, node, frame):
        degree = self.a.integer(primal(self.scalar(self.value(node.degree, frame))))
        if degree is None:
            raise Unread("a root of broken degree")
        return self.each(lambda x: self.a.root(x, degree), self.value(node.body, frame))

    def _Hadamard(self, node, frame):
        left, right = self.array(node.left, frame), self.array(node.right, frame)
        return self.each(self.a.mul, left, right)

    def _Factorial(self, node, frame):
        n = self.a.integer(primal(self.scalar(self.value(node.body, frame))))
        if n is None or not 0 <= n <= 100:
            raise Undefined("a factorial of this number")
        return self.mp.factorial(n)

    def _Absolute(self, node, frame):
        value = self.value(node.body, frame)
        if isinstance(value, np.ndarray):
            raise Unread("bars around a vector: write a norm")
        return self.a.absolute(value, id(node))

    def _Norm(self, node, frame):
        value = self.array(node.body, frame)
        items = list(value.flat) if isinstance(value, np.ndarray) else [value]
        order = (
            self.a.integer(primal(self.scalar(self.value(node.order, frame))))
            if (node.order != t.Constant("infinity"))
            else None
        )
        if node.order == t.Constant("infinity"):
            return self.a.largest([self.a.absolute(x, id(node)) for x in items], id(node))
        if order == 1:
            return self.total([self.a.absolute(x, id(node)) for x in items])
        if order == 2:
            return self.a.sqrt(self.total([self.a.mul(x, x) for x in items]))
        raise Unread("a norm of this order")

    def total(self, items):
        result = self.mp.mpf(0)
        for item in items:
            result = self.a.add(result, item)
        return result

    # -- names -------------------------------------------------------------------------------------

    def _Symbol(self, node, frame):
        name = node.name
        if name in frame.locals:
            value = frame.locals[name]
            return self.mp.mpf(value) if isinstance(value, int) else value
        if name.startswith("@"):
            return self.apply(t.Function(name[1:]), (self.implicit(frame),), frame)
        if node.bold and name == "1":
            return self.column([self.mp.mpf(1)] * self.length("1"))
        definition = self.meaning.lookup(name, frame.table)
        if definition is not None:
            return self.defined(definition, frame)
        if ("v", name) in self.override:
            return self.override["v", name]
        if name in builtins.LETTERS and name in self.meaning.primed:
            return self.apply(t.Function(name), (self.implicit(frame),), frame)
        partial = self.meaning.partial_of(name)
        if partial is not None:
            variables = tuple((t.Symbol(name), 1) for name in partial[1:])
            return self.value(t.Derivative(t.Symbol(partial[0]), variables, True), frame)
        size = self.sample.size(name)
        if size is not None:
            return self.mp.mpf(size)
        if node.bold and name == "I":
            n = self.length(name)
            return self.matrix(n, n, lambda r, c: self.mp.mpf(int(r == c)))
        if self.meaning.is_vector(node):
            return self.family(name)
        return self.sample.scalar(name)

    def defined(self, definition, frame):
        """The value of a name that the page defined."""
        key = ("d", definition.key)
        if key in self.override:
            return self.override[key]
        inner = Frame(frame.locals, definition.table)
        if definition.kind == "variable":
            return self.value(definition.body, inner)
        if definition.kind == "dependent":
            values = [self.value(argument, inner) for argument in definition.arguments]
            flat = []
            for value in values:
                flat.extend(value.flat if isinstance(value, np.ndarray) else [value])
            return self.sample.unknown(definition.name, len(flat))(self.a, *flat)
        if definition.kind == "elements":
            return self.all_elements(definition, frame)
        if definition.kind in ("function", "unknown"):
            if definition.kind == "function" and len(definition.parameters) > 1:
                inner = Frame(frame.locals, {})
                values = [
                    self.array(t.Symbol(p, vector), inner)
                    if vector
                    else self.value(t.Symbol(p), inner)
                    for p, vector in zip(
                        definition.parameters, definition.vector_parameters, strict=True
                    )
                ]
                return self.call(definition, values, frame)
            return self.call(definition, [self.own_argument(definition, frame)], frame)
        raise Unread(f"{t.pretty(definition.name)} has no value")

    def own_argument(self, definition, frame):
        """The argument of a bare function: L means L(a) where a is itself a defined quantity."""
        if len(definition.parameters) == 1 and "@" not in frame.locals:
            inner = self.meaning.lookup(definition.parameters[0])
            if inner is not None and inner.kind in ("variable", "dependent"):
                return self.value(t.Symbol(definition.parameters[0]), frame)
        return self.implicit(frame)

    def implicit(self, frame):
        """The value of the variable that a bare function name leaves out."""
        if "@" in frame.locals:
            return frame.locals["@"]
        name = self.meaning.implicit
        if name is None:
            raise Unread("a function stands without its argument, and the page does not tell which")
        return self.value(t.Symbol(name), frame)

    def _Element(self, node, frame):
        indices = tuple(self.index(item, frame) for item in node.indices)
        base = node.base
        if isinstance(base, t.Apply):
            return self.applied_element(base, indices, frame)
        if not isinstance(base, t.Symbol):
            return self.pick(self.value(base, frame), indices)
        name = base.name
        if name in frame.locals:
            return self.pick(frame.locals[name], indices)
        single = self.meaning.lookup(single_name(name, indices), frame.table)
        if single is not None:
            return self.defined(single, frame)
        definition = self.meaning.lookup(name, frame.table)
        if definition is not None and definition.kind == "dependent" and definition.indexed:
            key = ("d", definition.key, indices)
            if key in self.override:
                return self.override[key]
            flat = []
            for argument in definition.arguments:
                value = self.value(argument, Frame(frame.locals, definition.table))
                flat.extend(value.flat if isinstance(value, np.ndarray) else [value])
            return self.sample.unknown(f"{name}{indices}", len(flat))(self.a, *flat)
        if definition is not None and definition.kind == "elements":
            return self.element(definition, indices, frame)
        if definition is not None and definition.kind == "function" and definition.indices:
            # q_i after q_i(T) = …: at its own T
            arguments = tuple(t.Symbol(parameter) for parameter in definition.parameters)
            return self.applied_element(t.Apply(t.Function(name), arguments), indices, frame)
        if definition is not None and definition.kind == "variable":
            value = self.defined(definition, frame)
            if isinstance(value, np.ndarray):
                return self.pick(value, indices)
            return self.free_element(name, indices)
        if definition is not None and definition.kind == "unknown":
            return self.sample.unknown(f"{name}{indices}", 1)(self.a, self.implicit(frame))
        if name == "delta" and len(indices) == 2:
            return self.mp.mpf(int(indices[0] == indices[1]))
        return self.free_element(name, indices)

    def free_element(self, name, indices):
        key = ("e", name, indices)
        if key in self.override:
            return self.override[key]
        return self.sample.element(name, indices)

    def element(self, definition, indices, frame):
        """One element of a quantity defined by its elements."""
        key = ("d", definition.key, indices)
        if key in self.override:
            return self.override[key]
        if len(indices) != len(definition.indices):
            raise Unread(f"{t.pretty(definition.name)} has {len(definition.indices)} indices")
        bound = dict(zip(definition.indices, indices, strict=True))
        plain = all(isinstance(v, int) for v in frame.locals.values())
        plain = plain and self.meaning.is_closed(definition)
        if plain and key in self.cache:
            return self.cache[key]
        value = self.value(definition.body, Frame({**frame.locals, **bound}, definition.table))
        if plain:
            self.cache[key] = value
        return value

    def all_elements(self, definition, frame):
        n = self.length(definition.name)
        if len(definition.indices) == 1:
            return self.column([self.element(definition, (k + 1,), frame) for k in range(n)])
        if len(definition.indices) == 2:
            return self.matrix(n, n, lambda r, c: self.element(definition, (r + 1, c + 1), frame))
        raise Unread("an array with more than two indices")

    def applied_element(self, base, indices, frame):
        head = base.head
        if isinstance(head, t.Function):
            definition = self.meaning.lookup(head.name, frame.table)
            if definition is not None and definition.kind == "function" and definition.indices:
                values = [
                    self.argument(a, definition, k, frame) for k, a in enumerate(base.arguments)
                ]
                bound = dict(zip(definition.indices, indices, strict=True))
                return self.call(definition, values, frame.bind(bound), bound)
        return self.pick(self.value(base, frame), indices)

    def pick(self, value, indices):
        if not isinstance(value, np.ndarray):
            raise Unread("an index on something that is a number")
        rows, cols = value.shape
        if len(indices) == 1 and 1 in (rows, cols):
            if not 1 <= indices[0] <= rows * cols:
                raise Undefined("an index out of range")
            return value.flat[indices[0] - 1]
        if len(indices) == 2 and 1 <= indices[0] <= rows and 1 <= indices[1] <= cols:
            return value[indices[0] - 1, indices[1] - 1]
        raise Unread("an index that does not fit")

    def index(self, node, frame):
        if isinstance(node, t.Symbol) and isinstance(frame.locals.get(node.name), int):
            return frame.locals[node.name]
        value = self.value(node, frame)
        whole = None if isinstance(value, np.ndarray | Range) else self.a.integer(primal(value))
        if whole is None:
            raise Unread("an index that is not a whole number")
        return whole

    # -- arrays ------------------------------------------------------------------------------------

    def length(self, name):
        return self.sample.length(name)

    def column(self, items):
        return self.matrix(len(items), 1, lambda r, c: items[r])

    def matrix(self, rows, cols, entry):
        result = np.empty((rows, cols), dtype=object)
        for r in range(rows):
            for c in range(cols):
                result[r, c] = entry(r, c)
        return result

    def family(self, name):
        """A free vector or matrix, from its elements."""
        n = self.length(name)
        if self.meaning.is_matrix(name):
            m = self.sample.length(name, 1)
            return self.matrix(n, m, lambda r, c: self.free_element(name, (r + 1, c + 1)))
        return self.column([self.free_element(name, (k + 1,)) for k in range(n)])

    def array(self, node, frame):
        """A value where a vector is expected: a plain letter means the vector of its elements."""
        if isinstance(node, t.Symbol) and node.name not in frame.locals:
            definition = self.meaning.lookup(node.name, frame.table)
            if (
                definition is None
                and ("v", node.name) not in self.override
                and node.name != "1"
                and (self.meaning.is_vector(node) or self.meaning.has_elements(node.name))
            ):
                return self.family(node.name)
        return self.value(node, frame)

    def _Vector(self, node, frame):
        return self.column([self.scalar(self.value(item, frame)) for item in node.items])

    def _Listing(self, node, frame):
        n = self.index(node.upper, frame)
        return self.column([self.value(node.body, frame.bind({"…": k + 1})) for k in range(n)])

    def _Matrix(self, node, frame):
        rows, cols = len(node.rows), len(node.rows[0])
        return self.matrix(rows, cols, lambda r, c: self.scalar(self.value(node.rows[r][c], frame)))

    def _Transpose(self, node, frame):
        value = self.array(node.body, frame)
        return value.T if isinstance(value, np.ndarray) else value

    # -- sums, extrema, limits, integrals ----------------------------------------------------------

    def _Big(self, node, frame):
        lower = 1 if node.lower is None else self.index(node.lower, frame)
        upper = (
            self.sample.upper(node.index, node.body)
            if node.upper is None
            else self.index(node.upper, frame)
        )
        if upper - lower > 60:
            raise Unread("a sum of more than 60 terms")
        items = []
        for k in range(lower, upper + 1):
            inner = frame.bind({node.index: k})
            if node.condition is None or self.holds(node.condition, inner):
                items.append(self.value(node.body, inner))
        if node.kind in ("max", "min"):
            return self.max_min(node.kind, items, id(node))
        total = self.mp.mpf(0 if node.kind == "sum" else 1)
        for place, item in enumerate(items):
            step = self.plus if node.kind == "sum" else self.times
            total = item if place == 0 else step(total, item)
        return total

    def _Extremum(self, node, frame):
        from .search import extremum

        return extremum(self, node, frame)

    def _Limit(self, node, frame):
        from .search import limit

        return limit(self, node, frame)

    def _Integral(self, node, frame):
        from .search import integral

        return integral(self, node, frame)

    def _Antiderivative(self, node, frame):
        raise Unread("an integral without limits is read as a term of an equation only")

    def _BigO(self, node, frame):
        raise Unread("O(…) is read as a term of a sum on one side only")

    # -- cases and conditions ----------------------------------------------------------------------

    def _Cases(self, node, frame):
        chosen, otherwise, found = None, None, False
        for value, condition in node.rows:
            if isinstance(condition, t.Otherwise):
                otherwise = value
            elif self.holds(condition, frame):
                if found and value != chosen:
                    first, second = self.value(chosen, frame), self.value(value, frame)
                    if not self.same(strip_all(first), strip_all(second)):
                        raise Contradiction("two cases hold at once and say different things")
                    continue
                chosen, found = value, True
        if not found:
            chosen = otherwise
        if chosen is None:
            raise Undefined("none of the cases holds")
        return self.value(chosen, frame)

    def _Nothing(self, node, frame):
        raise SaidUndefined("the page says that there is no value")

    def _Indicator(self, node, frame):
        return self.mp.mpf(int(self.holds(node.condition, frame)))

    def holds(self, node, frame):
        """Whether a condition holds."""
        if isinstance(node, t.And):
            # All of them are evaluated, also after one that fails: each may be a kink to be found.
            found = [self.holds(item, frame) for item in node.items]
            return all(found)
        if isinstance(node, t.Or):
            found = [self.holds(item, frame) for item in node.items]
            return any(found)
        if isinstance(node, t.IndexRange):
            value = self.value(t.Symbol(node.index), frame)
            low, high = self.value(node.lower, frame), self.value(node.upper, frame)
            return bool(low <= value <= high)
        if not isinstance(node, t.Relation):
            raise Unread("a condition that is not read")
        if node.operator in ("in", "notin"):
            inside = self.member(node, frame)
            return inside == (node.operator == "in")
        left, right = self.value(node.left, frame), self.value(node.right, frame)
        if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
            return self.array_relation(left, node.operator, right)
        for one in (left, right):
            self.scalar(one, "a comparison")
        if self.mp.isinf(primal(left)) or self.mp.isinf(primal(right)):
            sign = (left > right) - (left < right) if not isinstance(left, Dual) else -1
        else:
            sign = self.a.compare(left, right, id(node))
            if sign == 0 and (isinstance(left, Dual) or isinstance(right, Dual)):
                raise Undecidable("two cases meet here in a way that first derivatives do not tell")
        return compare_sign(sign, node.operator)

    def array_relation(self, left, operator, right):
        items = np.broadcast_arrays(left, right)
        signs = [self.a.compare(x, y) for x, y in zip(items[0].flat, items[1].flat, strict=True)]
        return all(compare_sign(s, operator) for s in signs)

    def member(self, node, frame):
        value = self.value(node.left, frame)
        return self.inside(value, node.right, frame)

    def inside(self, value, members, frame):
        """Whether a value lies in a set."""
        if isinstance(members, t.NumberSet):
            if members.name == "R":
                return not isinstance(primal(value), self.mp.mpc)
            whole = self.a.integer(primal(value))
            return whole is not None and (members.name == "Z" or whole >= 0)
        if isinstance(members, t.IndexRange):
            low, high = self.value(members.lower, frame), self.value(members.upper, frame)
            return bool(low <= primal(value) <= high)
        if isinstance(members, t.Finite):
            return any(
                self.a.compare(value, self.value(item, frame)) == 0 for item in members.items
            )
        if isinstance(members, t.Vector) and len(members.items) == 2:
            members = t.Interval(*members.items, False, False)
        if isinstance(members, t.Subdifferential):
            bounds = self.value(members, frame)
            return self.a.compare(value, bounds.lower) >= 0 >= self.a.compare(value, bounds.upper)
        if not isinstance(members, t.Interval):
            raise Unread("a set that is not read")
        low, high = self.value(members.lower, frame), self.value(members.upper, frame)
        above = self.mp.isinf(primal(low)) or compare_sign(
            self.a.compare(value, low, id(members)), ">=" if members.lower_closed else ">"
        )
        below = self.mp.isinf(primal(high)) or compare_sign(
            self.a.compare(value, high, (id(members), 1)), "<=" if members.upper_closed else "<"
        )
        return above and below

    def _Interval(self, node, frame):
        low, high = self.value(node.lower, frame), self.value(node.upper, frame)
        return Range((), low, high, node.lower_closed, node.upper_closed)

    def _Finite(self, node, frame):
        items = tuple(self.value(item, frame) for item in node.items)
        if len(items) == 1:
            return Range((), items[0], items[0])
        return Range(items)

    def _NumberSet(self, node, frame):
        raise Unread("a set of numbers stands where a value is needed")


METHODS = {
    kind: getattr(Evaluator, "_" + name)
    for name, kind in vars(t).items()
    if isinstance(kind, type) and hasattr(Evaluator, "_" + name)
}
