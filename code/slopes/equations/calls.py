"""Values of functions: those of the page, those with a fixed meaning, and those that are left open."""

import numpy as np

from . import builtins
from . import tree as t
from .errors import Undefined, Unread
from .numbers import Dual, new_tag
from .values import Approach, Frame, strip


class Calls:
    """The part of the evaluator that applies functions."""

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
            if self.meaning.leaves(condition).indices - set(inner.locals):
                continue  # "p_i > 0": about the elements of an argument, whatever i is
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
        """``x^+``: the positive part, ``x^-``: the negative one; ``0^+`` is an argument only."""
        if isinstance(node.body, t.Number):
            raise Unread(
                "a point with a side is read as an argument of a function and in limits only"
            )
        value = self.scalar(self.value(node.body, frame))
        value = value if node.side == "+" else self.a.neg(value)
        return self.a.largest((self.mp.mpf(0), value), id(node))

    def approach(self, node, frame):
        return Approach(self.scalar(self.value(node.body, frame)), 1 if node.side == "+" else -1)
