r"""What a derivative is taken of, and by what: rules 7 and 18 to 22 of the language.

A derivative moves the value of what stands below it wherever the body reaches it by name. What the
body does not reach is refused, not taken for constant: ``dr/ds`` with r undeclared says nothing.
"""

from . import tree as t
from .errors import Unread
from .names import factors_of, is_derivative

BOUND = "•"  # the variable of a function that is given as an expression: (fg)'(x)


class Calculus:
    """The part of the scope that reads derivatives."""

    # -- the form -----------------------------------------------------------------------------------

    def derivative_form(self, node):
        r"""(body or None, variables, partial) of \frac{d…}{d…}; None for any other fraction."""
        if not is_derivative(node):
            return None
        top, bottom = factors_of(node.top), factors_of(node.bottom)
        mark, order = bottom[0], getattr(top[0], "sup", None)
        if mark.text == "d" and self.has_meaning("d"):
            raise Unread("d is a name here: write the derivative with \\partial", node.at)
        variables, rest = [], bottom
        while rest:
            if rest[0] != mark or len(rest) < 2:
                raise Unread(
                    "below a derivative stands d and a name, once for each variable", node.at
                )
            variables.append(self.below_d(rest[1], order is not None))
            rest = rest[2:]
        self.orders_agree(order, variables, node.at)
        body = top[1:]
        whole = t.Product(tuple(("", f) for f in body), at=node.at) if len(body) > 1 else None
        return whole or (body[0] if body else None), tuple(variables), mark.text == "partial"

    def orders_agree(self, order, variables, at):
        """``d²`` above, ``dx²`` or ``dx dy`` below."""
        total = variables[0][1] if len(variables) == 1 else sum(n for _, n in variables)
        told = 1 if order is None else int(order.text) if isinstance(order, t.Number) else None
        if told is None:
            told = self.resolve(order)
        if told != total:
            raise Unread("the orders above and below in a derivative differ", at)

    def below_d(self, node, higher):
        r"""(variable, order): the 2 of ``\partial^2 / \partial x^2`` is an order, and no power."""
        if isinstance(node, t.Script) and higher and isinstance(node.sup, t.Number | t.Name):
            order = int(node.sup.text) if isinstance(node.sup, t.Number) else self.resolve(node.sup)
            bare = (
                t.Script(node.base, node.sub, None, at=node.at)
                if node.sub is not None
                else node.base
            )
            return bare, order
        return node, 1

    def operand(self, factors, place, at):
        """What d/dx applies to: a bracket alone, else all factors to the next sign of operation."""
        if place >= len(factors) or factors[place][0]:
            raise Unread("a derivative of nothing", at)
        taken = []
        while place < len(factors) and factors[place][0] in ("", "*", "/"):
            node = factors[place][1]
            if taken and isinstance(node, t.Fraction) and self.derivative_form(node) is not None:
                break
            taken.append((factors[place][0] if taken else "", node))
            place += 1
        if is_bracket(taken[0][1]) and len(taken) > 1:
            raise Unread("where does what is differentiated end? write brackets or \\cdot", at)
        if len(taken) == 1:
            return taken[0][1], place
        return t.Product(tuple(taken), at=at), place

    # -- the meaning --------------------------------------------------------------------------------

    def derivative(self, body, variables, partial, at):
        """A derivative, if what stands above reaches what stands below by what is declared."""
        if len(variables) == 1 and variables[0][1] == 1:
            return self.by(body, variables[0][0], partial, at)
        resolved = []
        for node, order in variables:
            value = self.by_value(node)
            self.must_reach(body, value, at)
            resolved.append((value, order))
        return t.Derivative(body, tuple(resolved), partial)

    def by(self, body, node, partial, at):
        """The first derivative by one variable; by a power of a name as by the name, over its slope."""
        if isinstance(node, t.Script) and isinstance(node.sup, t.Number | t.Negate):
            base = (
                t.Script(node.base, node.sub, None, at=node.at)
                if node.sub is not None
                else node.base
            )
            name = self.by_value(base)
            above = self.by(body, base, partial, at)
            power = t.Power(name, self.resolve(node.sup))
            return t.Divide(above, t.Derivative(power, ((name, 1),), partial))
        variable = self.by_value(node)
        self.must_reach(body, variable, at)
        line = self.common_line(body, variable)
        if line is not None:
            slope = (t.Derivative(x, ((line, 1),), partial) for x in (body, variable))
            return t.Divide(*slope)
        return t.Derivative(body, ((variable, 1),), partial)

    def by_value(self, node):
        """What stands below a derivative: a number, element, vector, or defined value."""
        if isinstance(node, t.Product):
            (_, node), *rest = self.with_increments(node.factors)
            if rest:
                raise Unread("what stands below a derivative is not a name", node.at)
        if isinstance(node, t.Script) and node.primes:
            raise Unread("what stands below a derivative is not a name", node.at)
        value = self.resolve(node)
        base = value.base if isinstance(value, t.Element) else value
        if not isinstance(base, t.Symbol):
            raise Unread("what stands below a derivative is not a name", node.at)
        return value

    def must_reach(self, body, variable, at):
        """Refuse the derivative of a bare name by what it does not depend on: rule 20."""
        if not isinstance(body, t.Symbol | t.Element):
            return
        base = variable.base if isinstance(variable, t.Element) else variable
        if base.name in self.meaning.leaves(body).names or self.is_constant(body, base):
            return
        if self.common_line(body, variable) is not None:
            return
        above = t.pretty(getattr(body, "name", "") or getattr(body.base, "name", "")).replace(
            "·", ""
        )
        below = t.pretty(base.name).replace("·", "")
        raise Unread(f"{above} does not depend on {below}, as far as is declared", at)

    def is_constant(self, body, base):
        """Whether a name was declared to be a number: its derivative by another is 0."""
        if isinstance(body, t.Element):
            body = body.base
        if not isinstance(body, t.Symbol):
            return False
        key = body.name.split("~")[0]
        declared = key in self.numbers or body.name in {name for name, _ in self.meaning.extents}
        return body.name not in self.meaning.table and (declared or self.is_bound(body.name))

    def common_line(self, body, variable):
        """The one variable that both depend on, where the body does not reach the other: rule 21."""
        if not isinstance(variable, t.Symbol) or self.is_bound(variable.name):
            return None
        known = self.meaning.lookup(variable.name)
        if (
            known is None
            or variable.name in self.meaning.leaves(body, stop=(variable.name,)).definitions
        ):
            return None
        above, below = self.meaning.leaves(body), self.meaning.leaves(variable)
        alone = len(below.scalars) == 1 and not below.families and not above.families
        if alone and above.scalars == below.scalars:
            return t.Symbol(next(iter(below.scalars)))
        return None

    # -- primes and gradients -----------------------------------------------------------------------

    def primed(self, result, node):
        """``u'``, ``f'`` and ``(uv)'``: by the only variable there is."""
        if isinstance(node.base, t.Name):
            key, _ = self.key(t.Script(node.base, node.sub, node.sup if isinstance(node.sup, t.Group)
                                       else None) if node.sub is not None else node.base)  # fmt: skip
            known = self.lookup(key)
            if known is not None and known.is_function and not self.is_bound(key):
                head = t.Primed(t.Function(known.name), node.primes)
                if len(known.parameters) > 1:
                    raise Unread("a prime on a function of several variables", node.at)
                if known.parameters:
                    return t.Apply(head, (t.Symbol(known.parameters[0]),))
                return t.Apply(head, (self.arguments.get(known.name, self.implicit),))
        if isinstance(result, t.Symbol) and self.meaning.lookup(result.name) is None:
            raise Unread(
                "a prime on a name without a meaning: define it, or let it be smooth", node.at
            )
        leaves = self.meaning.leaves(result)
        names = leaves.scalars - self.numbers
        if len(names) != 1 or leaves.families:
            several = "several variables" if names else "no variable"
            raise Unread(f"a prime on something with {several}: write d/dx", node.at)
        return t.Derivative(result, ((t.Symbol(names.pop()), node.primes),))

    def function_of(self, node):
        """The function that a bracket of functions is: (fg)'(x), (f ∘ g)(x); None for numbers."""
        group = node.base if isinstance(node, t.Script) else node
        primes = node.primes if isinstance(node, t.Script) else 0
        if len(group.items) != 1 or (isinstance(node, t.Script) and (node.sub or node.sup)):
            return None
        inner = group.items[0]
        composed = isinstance(inner, t.Product) and any(op == "o" for op, _ in inner.factors)
        if composed:
            heads = [self.head(factor) for _, factor in inner.factors]
            if any(op != "o" for op, _ in inner.factors[1:]) or any(
                h is None or h[1] for h in heads
            ):
                raise Unread("∘ stands between functions: (f ∘ g)(x)", node.at)
            function = heads[-1][0]
            for outer, _ in reversed(heads[:-1]):
                function = t.Compose(outer, function)
        elif primes or self.is_made_of_functions(inner):
            implicit, arguments = self.implicit, self.arguments
            self.implicit, self.arguments = t.Symbol(BOUND), {}
            try:
                with self.binding(BOUND):
                    body = self.resolve(inner)
            finally:
                self.implicit, self.arguments = implicit, arguments
            if t.Symbol(BOUND) not in list(body.walk()):
                if primes:
                    raise Unread("a prime on numbers", node.at)
                return None
            function = t.Lambda(BOUND, body)
        else:
            return None
        return t.Primed(function, primes) if primes else function

    def is_made_of_functions(self, node):
        """Whether every name in a bracket is a smooth function without parameters: the (f + g)(x)."""
        names = [x for x in node.walk() if isinstance(x, t.Name)]
        known = [self.lookup(self.word(x)) for x in names]
        return bool(names) and all(
            k is not None and k.kind == "smooth" and not k.parameters for k in known
        )

    def signed_factor(self, kind, node, factors, place):
        """``∂f(0)`` and ``∇f``; and where to go on."""
        if place + 1 >= len(factors) or factors[place + 1][0]:
            raise Unread(f"{'∂' if kind == 'partial' else '∇'} of nothing", node.at)
        if isinstance(node, t.Script):
            operand, end = self.operand(factors, place + 1, node.at)
            value = self.resolve(operand)
        else:
            value, end = self.factor(factors, place + 1)
        if kind == "partial":
            if not isinstance(value, t.Apply) or isinstance(node, t.Script):
                raise Unread("∂ is read in fractions, and in ∂f(0)", node.at)
            return t.Subdifferential(value.head, value.arguments), end
        sub = node.sub if isinstance(node, t.Script) else None
        return self.gradient(value, sub, node.at), end

    def gradient(self, body, sub, at):
        """The column of the derivatives by a vector, or by each parameter of a function."""
        if sub is not None:
            variable = self.vector(sub)
            self.must_reach(body, variable, at)
            return t.Derivative(body, ((variable, 1),), True)
        name = (
            body.name
            if isinstance(body, t.Symbol)
            else getattr(getattr(body, "head", None), "name", "")
        )
        known = self.meaning.lookup(name)
        if known is None or not known.is_function or not known.parameters:
            raise Unread("a gradient, and it does not say by what: write it below the nabla", at)
        names = tuple(t.Symbol(p) for p in known.parameters)
        if len(names) == 1:
            slope = t.Derivative(t.Symbol(name), ((names[0], 1),), True)
        else:
            slope = t.Vector(tuple(t.Derivative(t.Symbol(name), ((n, 1),), True) for n in names))
        if isinstance(body, t.Apply) and body.arguments != names:
            return t.At(slope, tuple(zip(names, body.arguments, strict=True)))
        return slope


def is_bracket(node):
    """Whether a factor is a bracket without anything behind it."""
    return isinstance(node, t.Group) and node.opening in "(["
