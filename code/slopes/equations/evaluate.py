"""The value of an expression at a point.

An `Evaluator` walks a tree and computes, with the numbers of `numbers`, in the meaning that the
page gives to its names. Derivatives are taken by evaluating at ``v + ε`` and, where a comparison
was a tie, at ``v - ε`` as well: they exist only where the two agree and the function is continuous.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from . import builtins
from . import tree as t
from .errors import NoDerivative, SaidUndefined, Undecidable, Undefined, Unread
from .meaning import single_name
from .numbers import Dual, coefficient, new_tag, primal


@dataclass
class Frame:
    """Local names (parameters, indices) and the definitions that an expression was written under."""

    locals: dict = field(default_factory=dict)
    table: dict = field(default_factory=dict)

    def binding(self, **names):
        return Frame({**self.locals, **names}, self.table)

    def bind(self, names):
        return Frame({**self.locals, **names}, self.table)


@dataclass
class Range:
    """An interval or a finite set as a value."""

    items: tuple  # for a finite set
    lower: object = None
    upper: object = None
    lower_closed: bool = True
    upper_closed: bool = True


class Evaluator:
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
            raise Unread("a power of a matrix")
        return self.each(lambda x: self.a.power(x, exponent), base)

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
                values = [
                    self.value(t.Symbol(p), Frame(frame.locals, {})) for p in definition.parameters
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
            if definition is None and ("v", node.name) not in self.override and node.name != "1":
                if self.meaning.is_vector(node) or self.meaning.has_elements(node.name):
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

    # -- functions ---------------------------------------------------------------------------------

    def _Apply(self, node, frame):
        head = node.head
        if isinstance(head, t.Function):
            definition = self.meaning.lookup(head.name, frame.table)
            values = [
                self.argument(a, definition, k, frame, head) for k, a in enumerate(node.arguments)
            ]
            return self.apply(head, values, frame, id(node))
        if isinstance(head, t.Primed) and not node.arguments:
            return self.primed(head, self.implicit(frame), frame)
        values = [self.argument(argument, None, 0, frame) for argument in node.arguments]
        return self.apply(head, values, frame, id(node))

    def argument(self, node, definition, place, frame, head=None):
        """An argument; a plain letter is a vector where the function wants one."""
        if isinstance(node, t.Sided) and isinstance(node.body, t.Number):
            return self.approach(node, frame)
        wants = head is not None and head.name in (
            "softmax",
            "logsumexp",
            "logsoftmax",
            "diag",
            "trace",
        )
        if (
            definition is not None
            and definition.kind == "function"
            and place < len(definition.parameters)
        ):
            wants = definition.vector_parameters[place]
        return self.array(node, frame) if wants else self.value(node, frame)

    def apply(self, head, values, frame, key=None):
        if isinstance(head, t.Primed):
            return self.each(lambda x: self.primed(head, x, frame), self.single(values))
        if isinstance(head, t.Compose):
            return self.apply(head.outer, (self.apply(head.inner, values, frame),), frame)
        if isinstance(head, t.Lambda):
            return self.value(head.body, frame.bind({"@": self.single(values)}))
        name = head.name
        if any(isinstance(v, Approach) for v in values):
            return self.apply_sided(head, values, frame)
        definition = self.meaning.lookup(name, frame.table)
        if definition is not None:
            return self.call(definition, values, frame)
        known = builtins.LETTERS.get(name, name)
        if known == "phi" and self.meaning.normal:
            known = "normal_pdf"
        if known in builtins.SCALAR:
            return self.each(lambda x: builtins.SCALAR[known](self.a, x), self.single(values, name))
        if known in ("max", "min"):
            return self.max_min(known, values, key)
        special = getattr(self, "apply_" + known, None)
        if special is not None:
            return special(values)
        if self.meaning.may_be_unknown(name):
            return self.unknown(name, values)
        raise Unread(f"{t.pretty(name)} is not defined before this point")

    def apply_sided(self, head, values, frame):
        """f(0^+): the one-sided limit, by an infinitesimal step."""
        tag = new_tag()
        moved = [
            Dual(tag, v.point, self.mp.mpf(v.step)) if isinstance(v, Approach) else v
            for v in values
        ]
        return strip(self.apply(head, moved, frame), tag)

    def unknown(self, name, values):
        flat = []
        for value in values:
            flat.extend(value.flat if isinstance(value, np.ndarray) else [value])
        return self.sample.unknown(name, len(flat))(self.a, *flat)

    def single(self, values, name="this function"):
        if len(values) != 1:
            raise Unread(f"{name} takes one argument")
        return values[0]

    def call(self, definition, values, frame, bound=None):
        """Call a function that the page defined (or one that it leaves open)."""
        if definition.kind == "unknown":
            return self.unknown(definition.name, values)
        if definition.kind in ("variable", "dependent"):
            name = self.meaning.only_variable(definition)
            if name is None:
                raise Unread(f"{t.pretty(definition.name)} is not a function of one variable")
            if not isinstance(values[0], np.ndarray):
                return self.defined(definition, frame.bind({name: values[0]}))
        if definition.kind != "function":
            raise Unread(f"{t.pretty(definition.name)} is not a function")
        if len(values) != len(definition.parameters):
            raise Unread(
                f"{t.pretty(definition.name)} was defined with {len(definition.parameters)} arguments"
            )
        if (
            len(values) == 1
            and isinstance(values[0], np.ndarray)
            and not definition.vector_parameters[0]
        ):
            return self.each(lambda x: self.call(definition, [x], frame), values[0])
        for value, vector in zip(values, definition.vector_parameters, strict=True):
            if vector and not isinstance(value, np.ndarray):
                raise Unread(f"{t.pretty(definition.name)} takes a vector")
        local = dict(zip(definition.parameters, values, strict=True))
        if definition.indices and bound is None:
            n = self.length(definition.name)
            index = definition.indices[0]
            rows = [
                self.value(definition.body, Frame({**local, index: k + 1}, definition.table))
                for k in range(n)
            ]
            return self.column(rows)
        inner = Frame({**local, **(bound or {})}, definition.table)
        for condition in definition.conditions:
            if not self.holds(condition, inner):
                raise Undefined(f"outside the domain of {t.pretty(definition.name)}")
        return self.value(definition.body, inner)

    def max_min(self, name, values, key):
        items = []
        for value in values:
            items.extend(
                value.flat if isinstance(value, np.ndarray) else [self.scalar(value, name)]
            )
        arrays = [v for v in values if isinstance(v, np.ndarray)]
        if arrays and len(values) == 2:
            pick = self.a.largest if name == "max" else self.a.smallest
            return self.each(lambda x, y: pick((x, y), key), *values)
        return self.a.largest(items, key) if name == "max" else self.a.smallest(items, key)

    def apply_softmax(self, values):
        value = self.single(values, "softmax")
        items = list(value.flat) if isinstance(value, np.ndarray) else [value]
        powers = [self.a.exp(x) for x in items]
        total = self.total(powers)
        shares = [self.a.div(p, total) for p in powers]
        return self.column(shares) if isinstance(value, np.ndarray) else shares[0]

    def apply_logsoftmax(self, values):
        return self.each(self.a.log, self.apply_softmax(values))

    def apply_logsumexp(self, values):
        value = self.single(values, "logsumexp")
        items = list(value.flat) if isinstance(value, np.ndarray) else [value]
        return self.a.log(self.total([self.a.exp(x) for x in items]))

    def apply_diag(self, values):
        value = self.single(values, "diag")
        if not isinstance(value, np.ndarray):
            raise Unread("diag takes a vector")
        items = list(value.flat)
        zero = self.mp.mpf(0)
        return self.matrix(len(items), len(items), lambda r, c: items[r] if r == c else zero)

    def apply_trace(self, values):
        value = self.single(values, "trace")
        return self.total([value[k, k] for k in range(value.shape[0])])

    def apply_re(self, values):
        return self.mp.re(self.single(values, "Re"))

    def apply_im(self, values):
        return self.mp.im(self.single(values, "Im"))

    def apply_log_base(self, values):
        return self.a.div(self.a.log(values[1]), self.a.log(values[0]))

    def _Sided(self, node, frame):
        """``x^+``: the positive part (and ``x^-`` the negative one); ``0^+`` is read as an argument only."""
        if isinstance(node.body, t.Number):
            raise Unread(
                "a point with a side is read as an argument of a function and in limits only"
            )
        value = self.scalar(self.value(node.body, frame))
        value = value if node.side == "+" else self.a.neg(value)
        return self.a.largest((self.mp.mpf(0), value), id(node))

    def approach(self, node, frame):
        return Approach(self.scalar(self.value(node.body, frame)), 1 if node.side == "+" else -1)

    # -- derivatives -------------------------------------------------------------------------------

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
            inner = self.meaning.lookup(own)
            if inner is not None and inner.kind in ("variable", "dependent"):
                return t.Apply(t.Function(name), (t.Symbol(own),))
            if below is not None and below.kind in ("variable", "dependent"):
                if self.meaning.only_variable(below) == own:
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
            if isinstance(node.body, t.Apply) and node.body.arguments:
                variable = node.body.arguments[0]
            else:
                raise Unread(
                    "a gradient, and it does not say by which variable: write it below the nabla"
                )
        if isinstance(variable, t.Symbol) and not self.meaning.is_vector(variable):
            if self.meaning.has_elements(variable.name) and variable.name not in frame.locals:
                variable = t.Symbol(variable.name, True)
        return self.by(node.body, variable, frame)

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
                        raise Undefined("two cases hold at once and say different things")
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
            return all([self.holds(item, frame) for item in node.items])
        if isinstance(node, t.Or):
            return any([self.holds(item, frame) for item in node.items])
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


@dataclass
class Approach:
    """A point approached from one side, as an argument."""

    point: object
    step: int


def compare_sign(sign, operator):
    """Whether a sign of left - right satisfies a relation."""
    return {
        "=": sign == 0,
        "!=": sign != 0,
        "<": sign < 0,
        "<=": sign <= 0,
        ">": sign > 0,
        ">=": sign >= 0,
    }[operator]


def strip(value, tag):
    """The value without the infinitesimal of one tag."""
    if isinstance(value, np.ndarray):
        result = np.empty(value.shape, dtype=object)
        for place in np.ndindex(value.shape):
            result[place] = strip(value[place], tag)
        return result
    return value.a if isinstance(value, Dual) and value.tag == tag else value


def strip_all(value):
    return value if isinstance(value, np.ndarray | Range) else primal(value)
