r"""What a derivative is taken of, and by what: rules 7 and 18 to 22 of the language.

A derivative moves the value of what stands below it wherever the body reaches it by name. What the
body does not reach is refused, not taken for constant: ``dr/ds`` with r undeclared says nothing.
"""

from . import tree as t
from .errors import Unread
from .grammar import whole


class Calculus:
    """The part of the scope that reads derivatives."""

    def derivative_form(self, node):
        r"""(body or None, variables, partial) of \frac{d…}{d…}; None for any other fraction."""
        if not t.is_derivative(node):
            return None
        top, rest = t.factors_of(node.top), t.factors_of(node.bottom)
        mark, order = rest[0], t.scripts(top[0])[2]
        if mark.text == "d" and self.has_meaning("d"):
            raise Unread("d is a name here: write the derivative with \\partial", node.at)
        variables = []
        while rest:
            if rest[0] != mark or len(rest) < 2:
                raise Unread("below a derivative stands d and a name for each variable", node.at)
            several = t.scripts(rest[1])[2] if order is not None else None
            told = isinstance(several, t.Number | t.Name)  # the 2 of ∂²/∂x² is an order
            variables.append((t.unraised(rest[1]), self.order(several)) if told else (rest[1], 1))
            rest = rest[2:]
        if sum(n for _, n in variables) != (1 if order is None else self.order(order)):
            raise Unread("the orders above and below in a derivative differ", node.at)
        body = whole([("", factor) for factor in top[1:]]) if len(top) > 1 else None
        return body, tuple(variables), mark.text == "partial"

    @staticmethod
    def order(sup):
        if not isinstance(sup, t.Number) or not sup.text.isdigit():
            raise Unread("the order of a derivative is a whole number", sup.at)
        return int(sup.text)

    def operand(self, factors, place, at):
        """What d/dx applies to: a bracket alone, else all factors to the next derivative."""
        if place >= len(factors) or factors[place][0]:
            raise Unread("a derivative of nothing", at)
        taken = [("", factors[place][1])]
        bracket = isinstance(taken[0][1], t.Group) and taken[0][1].opening in "(["
        for sign, node in factors[place + 1 :]:
            if isinstance(node, t.Fraction) and self.derivative_form(node) is not None:
                break
            taken.append((sign, node))
        if bracket and len(taken) > 1:
            raise Unread("where does what is differentiated end? bracket it all, factors first", at)
        return whole(taken), place + len(taken)

    def derivative(self, body, variables, partial, at):
        """A derivative, if what stands above reaches what stands below by what is declared."""
        if len(variables) == 1 and variables[0][1] == 1:
            return self.by(body, variables[0][0], partial, at)
        resolved = tuple((self.by_value(node), order) for node, order in variables)
        for variable, _ in resolved:
            self.must_reach(body, variable, at)
        return t.Derivative(body, resolved, partial)

    def by(self, body, node, partial, at):
        """The first derivative by one variable; by a power of a name as by the name, over its slope."""
        sup = t.scripts(node)[2]
        if isinstance(sup, t.Number | t.Negate):
            name = self.by_value(t.unraised(node))
            above = self.by(body, t.unraised(node), partial, at)
            slope = t.Derivative(t.Power(name, self.resolve(sup)), ((name, 1),), partial)
            return t.Divide(above, slope)
        variable = self.by_value(node)
        self.must_reach(body, variable, at)
        line = self.common_line(body, variable)
        if line is not None:
            return t.Divide(*(t.Derivative(x, ((line, 1),), partial) for x in (body, variable)))
        return t.Derivative(body, ((variable, 1),), partial)

    def by_value(self, node, vector=False):
        """What stands below a derivative: a number, element, vector, or defined value."""
        node = self.joined(node)
        value = self.vector(node) if vector else self.resolve(node)
        if t.scripts(node)[3] or not isinstance(t.family_of(value), t.Symbol):
            raise Unread("what stands below a derivative is not a name", node.at)
        return value

    def must_reach(self, body, variable, at):
        """Refuse a derivative by what the body does not reach, as far as is declared: rule 20.

        What could not be told so is no constant in another derivative either: x² + y² by x with dy/dx.
        """
        below, leaves, own = t.family_of(variable).name, self.meaning.leaves(body), ()
        known = self.meaning.table.get(getattr(getattr(body, "head", body), "name", ""))
        if known is not None and known.body is not None and below in known.parameters:
            leaves, own = self.meaning.leaves(known.body), known.parameters  # J(w, b) = |ŷ - y|
        free = (leaves.scalars | leaves.families).difference(own)
        given = any(x.split("~")[0] not in self.section_of for x in leaves.definitions)
        loose = given or leaves.smooth or not all(map(self.is_constant, free))
        free = {name for name in free if not self.is_constant(name)}
        if loose and not (below in leaves.names or self.common_line(body, variable)):
            self.dependent |= free if len(free) == 1 else set()
            raise Unread(f"nothing declared leads from {t.pretty(below)} to what stands here", at)
        self.refuse_dependent(free - {below}, at)

    def refuse_dependent(self, free, at=None):
        """Refuse what an unread derivative of this page shows to depend on something: no constant."""
        for name in sorted(free & self.dependent):
            how = "depends on something, by a derivative on this page, and nothing says how"
            raise Unread(f"{t.pretty(name)} {how}: define it", at)

    def is_constant(self, name):
        """Whether a name was declared to be a number: its derivative by another is 0."""
        number = name.split("~")[0] in self.numbers
        return number or name in self.meaning.shaped or self.is_bound(name)

    def common_line(self, body, variable):
        """The one variable that both depend on, where the body does not reach the other: rule 21."""
        if not isinstance(variable, t.Symbol) or self.is_bound(variable.name):
            return None
        name, leaves = variable.name, self.meaning.leaves
        if self.meaning.table.get(name) is None or name in leaves(body).definitions:
            return None
        above, below = leaves(body), leaves(variable)
        alone = len(below.scalars) == 1 and not below.families and not above.families
        same = alone and above.scalars == below.scalars
        return t.Symbol(next(iter(below.scalars))) if same else None

    def primed(self, result, node):
        """``u'``, ``f'`` and ``(uv)'``: by the only variable there is."""
        if isinstance(node.base, t.Name) and self.is_function(self.key(node)[0]):
            known = self.lookup(self.key(node)[0])
            return t.Apply(t.Primed(t.Function(known.name), node.primes), self.own_arguments(known))
        if isinstance(result, t.Symbol) and self.meaning.table.get(result.name) is None:
            self.dependent.add(result.name)
            what = f"a prime on {t.pretty(result.name)}, which is no function here"
            raise Unread(f"{what}: write d/dx, or define it", node.at)
        leaves = self.meaning.leaves(result)
        names = leaves.scalars - self.numbers
        if len(names) != 1 or leaves.families:
            several = "several variables" if names else "no variable"
            raise Unread(f"a prime on something with {several}: write d/dx", node.at)
        return t.Derivative(result, ((t.Symbol(names.pop()), node.primes),))

    def refuse_expression(self, node, argument):
        """An expression of functions at an argument, (f + g)(x) or (fg)'(x), is no product."""
        keys = self.standing_alone(t.bare(node).items)
        functions = [k for k in keys & self.called if not self.is_told(k)]
        functions += filter(self.is_function, keys)
        product = keys & self.standing_alone(argument.items)  # (1 - f)(1 + f)
        if t.scripts(node)[3] or (functions and not product):
            raise Unread("a bracket at an argument: define a name, or write \\cdot", node.at)

    def signed_factor(self, kind, node, factors, place):
        """``∂f(0)`` and ``∇_x f``; and where to go on."""
        if place + 1 >= len(factors) or factors[place + 1][0]:
            raise Unread(f"{'∂' if kind == 'partial' else '∇'} of nothing", node.at)
        if kind == "partial":
            value, end = self.factor(factors, place + 1)
            if isinstance(node, t.Script) or not isinstance(value, t.Apply):
                raise Unread("∂ is read in fractions, and in ∂f(0)", node.at)
            return t.Subdifferential(value.head, value.arguments), end
        sub = t.scripts(node)[1]
        if sub is None:
            raise Unread("a gradient by what? write it below the nabla", node.at)
        operand, end = self.operand(factors, place + 1, node.at)
        body, variable = self.resolve(operand), self.by_value(sub, vector=True)
        self.must_reach(body, variable, node.at)
        return t.Derivative(body, ((variable, 1),), True), end
