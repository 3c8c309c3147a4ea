r"""Reading calculus: fractions that are derivatives, sums, limits, integrals, extrema."""

from .errors import Unread
from .groups import (
    Ready,
    matching,
    product,
    split_relations,
)
from .lexer import Token
from .tree import (
    Antiderivative,
    Apply,
    At,
    Big,
    Derivative,
    Divide,
    Extremum,
    Function,
    Gradient,
    IndexRange,
    Integral,
    Limit,
    Negate,
    Number,
    Relation,
    Root,
    Subdifferential,
    Symbol,
)

_RAISED = ["sup", "lbrace", "letter", "rbrace"]


class Calculus:
    """The part of the parser that reads fractions, derivatives and big operators."""

    def fraction(self):
        self.next()
        top, bottom = self.argument_tokens(), self.argument_tokens()
        marks = differential(bottom)
        if marks is not None:
            derivative = self.derivative(top, bottom)
            if derivative is not None:
                return derivative
        return Divide(self.whole(top), self.whole(bottom))

    def derivative(self, top, bottom):
        r"""``\\frac{d}{dx}``, ``\\frac{df}{dx}``, ``\\frac{\\partial^2 f}{\\partial x \\partial y}``."""
        found = differential_top(top, bottom)
        if found is None:
            return None
        order, body = found
        variables = self.differentials(bottom)
        orders = [count for _, count in variables]
        if isinstance(order, Symbol):
            if orders != [order]:
                raise Unread("the orders above and below in a derivative differ", bottom[0].start)
        elif any(isinstance(count, Symbol) for count in orders) or sum(orders) != order:
            raise Unread("the orders above and below in a derivative differ", bottom[0].start)
        elif order > 4:
            raise Unread("derivatives beyond the fourth are not read", bottom[0].start)
        partial = bottom[0].kind == "partial"
        if body:
            node = Derivative(self.whole(body), variables, partial)
            return self.applied_derivative(node)
        return Derivative(self.operand(), variables, partial)

    def differentials(self, tokens):
        r"""The variables of a denominator such as ``dx^2`` or ``\\partial x \\partial y``."""
        mark = tokens[0]
        parts, level = [], 0
        for token in tokens:
            if level == 0 and (token.kind, token.text) == (mark.kind, mark.text):
                parts.append([])
            else:
                parts[-1].append(token)
            level += (token.kind in ("lbrace", "open")) - (token.kind in ("rbrace", "close"))
        variables = []
        for part in parts:
            if not part:
                raise Unread("a derivative without a variable", mark.start)
            order = 1
            if len(part) > 2 and part[-2].kind == "sup" and part[-1].kind == "letter":
                order, part = Symbol(part[-1].text), part[:-2]
            elif len(part) > 4 and [t.kind for t in part[-4:]] == _RAISED:
                order, part = Symbol(part[-2].text), part[:-4]
            elif len(part) > 2 and part[-2].kind == "sup" and part[-1].kind == "number":
                order, part = int(part[-1].text), part[:-2]
            elif len(part) > 4 and part[-4].kind == "sup" and part[-2].kind == "number":
                order, part = int(part[-2].text), part[:-4]
            variables.append((self.whole(part), order))
        return tuple(variables)

    def applied_derivative(self, node):
        r"""``\\frac{df}{dx}(0)``: the derivative at a point."""
        if not self.at("open", "("):
            return node
        inside = self.bracket_tokens(ahead_only=True)
        variable = node.variables[0][0]
        if (
            len(inside) == 1
            and inside[0].kind in ("number", "letter")
            and (inside[0].kind == "number" or Symbol(inside[0].text) == variable)
        ):
            value = self.whole(self.bracket_tokens())
            return At(node, ((variable, value),))
        if len(inside) == 2 and inside[0].text == "-" and inside[1].kind == "number":
            value = self.whole(self.bracket_tokens())
            return At(node, ((variable, value),))
        return node

    def operand(self):
        r"""What ``\frac{d}{dx}`` applies to.

        Brackets: what is in them. Otherwise the factors that follow, up to a sign of
        multiplication, a further derivative, or the end of the term. Where that is a convention and
        not certain, the other reading is noted.
        """
        if self.starts_factor() is False:
            if self.at("op", "-"):
                self.next()
                return Negate(self.operand())
            self.fail("a derivative of nothing")
        place = self.peek().start
        grouped = self.peek().kind == "open" and self.peek().text in "([{"
        first = self.factor()
        if grouped or isinstance(first, Big):
            rest_place = place
            if grouped and self.continues_product() and self.fork(rest_place):
                return self.widened([first])
            return first
        factors = [first]
        while self.starts_factor() and not self.derivative_ahead():
            if len(factors) == 1 and self.peek().kind == "open" and self.sums_of_derivatives():
                break
            factors.append(self.factor())
        while self.at("op", "/") and not self.derivative_ahead():
            self.next()
            factors = [Divide(product(factors), self.factor())]
        if len(factors) > 1 and self.terms > 1 and self.sums_of_derivatives():
            if self.fork(place):
                return product(factors)
            # d/dx u v + u d/dx v: beside another derivative each reaches one factor only
            saved = factors[1:]
            self.pushed(saved)
            return first
        if self.continues_product():
            alone = (
                self.terms == 1 and place <= self.tokens[0].start + 60 and self.is_leading(place)
            )
            if self.fork(place, must_hold=alone):
                return self.widened(factors)
        return product(factors)

    def pushed(self, nodes):
        """Put nodes that were read too early back in front, as ready operands."""
        for node in reversed(nodes):
            token = Ready("letter", "?", self.peek().start, self.peek().start)
            object.__setattr__(token, "node", node)
            self.tokens.insert(self.position, token)

    def is_leading(self, place):
        """Whether only the derivative sign stands before this place on the side."""
        before = [t for t in self.tokens if t.start < place]
        return all(
            t.kind in ("frac", "lbrace", "rbrace", "letter", "partial", "sup", "sub", "number")
            for t in before
        )

    def sums_of_derivatives(self):
        """Whether another derivative stands in a neighbouring term: the pattern of the product rule."""
        if self.terms < 2:
            return False
        count = sum(
            1
            for k, t in enumerate(self.tokens)
            if t.kind == "frac" and differential(self.bottom_of(k)) is not None
        )
        return count > 1

    def continues_product(self):
        if self.at("op", "*"):
            saved = self.position
            self.next()
            follows = self.derivative_ahead()
            self.position = saved
            return not follows
        return self.starts_factor() and not self.derivative_ahead()

    def widened(self, factors):
        """The wide reading: everything up to the next plus or minus."""
        while True:
            if self.at("op", "*") or self.at("op", "/"):
                divides = self.next().text == "/"
                right = self.factor_signed()
                factors = [Divide(product(factors), right)] if divides else [*factors, right]
            elif self.starts_factor():
                factors = [*factors, self.factor()]
            else:
                return product(factors)

    def slash_derivative(self):
        r"""``df/dx``, ``\partial L/\partial w`` set with a slash; None if it is not one."""
        tokens, place = self.tokens, self.position
        mark = self.peek()
        if isinstance(mark, Ready):
            self.position += 1
            return mark.node
        if not (mark.kind == "partial" or (mark.kind == "letter" and mark.text == "d")):
            return None
        slash = None
        for k in range(place + 1, min(place + 12, len(tokens))):
            if tokens[k].kind == "op":
                slash = k if tokens[k].text == "/" else None
                break
            if tokens[k].kind in ("rel", "frac", "open", "close"):
                break
        if slash is None or slash + 2 > len(tokens) - 1:
            return None
        if (tokens[slash + 1].kind, tokens[slash + 1].text) != (mark.kind, mark.text):
            return None
        end = slash + 3
        while end < len(tokens) and tokens[end].kind in ("sub", "sup"):
            end += 1
            end = (
                matching(tokens, end) + 1
                if end < len(tokens) and tokens[end].kind == "lbrace"
                else end + 1
            )
        self.position = end
        found = self.derivative(tokens[place:slash], tokens[slash + 1 : end])
        if found is None:
            self.position = place
        return found

    def partial(self):
        r"""``\\partial_x f``, or the subdifferential ``\\partial f(0)``."""
        slash = self.slash_derivative()
        if slash is not None:
            return slash
        token = self.next()
        if self.at("sub") or (self.at("sup") and self.at("sub", ahead=2)):
            return Derivative(*self.short_partial(token))
        if self.at("letter") or self.at("name") or self.at("function"):
            node = self.factor()
            if isinstance(node, Apply):
                return Subdifferential(node.head, node.arguments)
        raise Unread(
            r"\partial is read in \frac{\partial …}{\partial …}, \partial_x f and \partial f(0)",
            token.start,
        )

    def short_partial(self, token):
        r"""``\\partial_x f``, ``\\partial_{xy} f``, ``\\partial_x^2 f``, ``\\partial^2_{xy} f``."""
        below, above = [], None
        while (self.at("sub") and not below) or (self.at("sup") and above is None):
            if self.next().kind == "sub":
                below = self.argument_tokens()
            else:
                above = self.argument_tokens()
        letters = [t.kind for t in below] == ["letter"] * len(below)
        parts = [[t] for t in below] if letters else [below]
        names = [self.whole(part) for part in parts]
        order = len(names)
        if above is not None:
            if [t.kind for t in above] != ["number"] or not above[0].text.isdigit():
                raise Unread("this order of a derivative is not read", token.start)
            order = int(above[0].text)
        if len(names) == 1:
            names = names * order
        if len(names) != order or not 0 < order <= 4:
            raise Unread("the orders above and below in a derivative differ", token.start)
        return self.operand(), tuple((name, 1) for name in names), True

    def gradient(self):
        self.next()
        variable = None
        if self.accept("sub"):
            variable = self.whole(self.argument_tokens())
        if self.at("sup"):
            self.fail("second gradients are not read")
        first = self.factor()
        if variable is None or isinstance(first, Apply):
            return Gradient(first, variable)
        # ∇_x x^T A x reaches to the end of the product; ∇_w L(w) x does not
        factors = [first]
        while self.starts_factor() and not self.derivative_ahead():
            factors.append(self.factor())
        return Gradient(product(factors), variable)

    # -- roots, big operators -------------------------------------------------------------------

    def root(self):
        self.next()
        degree = Number("2")
        if self.at("open", "["):
            degree = self.whole(self.bracket_tokens())
        return Root(self.whole(self.argument_tokens()), degree)

    def big(self):
        token = self.next()
        kind = token.text
        below, above = None, None
        while self.at("sub") or self.at("sup"):
            if self.next().kind == "sub":
                below = self.argument_tokens()
            elif kind in ("max", "min", "argmax", "argmin", "lim"):
                self.position -= 1
                break
            else:
                above = self.argument_tokens()
        if kind in ("max", "min") and below is None:
            return self.max_min(kind)
        if kind == "lim":
            return self.limit(below, token)
        if kind == "int":
            return self.integral(below, above, token)
        if kind in ("sum", "prod"):
            return self.big_sum(kind, below, above, token)
        return self.extremum(kind, below, token)

    def max_min(self, kind):
        power = None
        if self.accept("sup"):
            power = self.whole(self.argument_tokens())
        if not (self.at("open") and self.peek().text in "([{"):
            self.fail(f"{kind} needs brackets with its arguments")
        return self.powered(Apply(Function(kind), self.bracketed_arguments()), power)

    def limit(self, below, token):
        if below is None:
            raise Unread("a limit without a point", token.start)
        sides, operators = split_relations(below)
        if len(sides) == 2 and operators[0] in ("down", "up"):
            side = "+" if operators[0] == "down" else "-"
            return Limit(self.whole(sides[0]), self.whole(sides[1]), side, self.term())
        if operators != ["to"] or len(sides) != 2:
            raise Unread("a limit is read as x \\to a", token.start)
        side, target = "", sides[1]
        if len(target) >= 2 and target[-2].kind == "sup" and target[-1].text in "+-":
            side, target = target[-1].text, target[:-2]
        elif (
            len(target) >= 4
            and target[-4].kind == "sup"
            and target[-2].text in "+-"
            and target[-2].kind == "op"
        ):
            side, target = target[-2].text, target[:-4]
        return Limit(self.whole(sides[0]), self.whole(target), side, self.term())

    def integral(self, below, above, token):
        if (below is None) != (above is None):
            raise Unread("an integral is read with both limits, or with none", token.start)
        level, place = 0, None
        for k in range(self.position, len(self.tokens)):
            item = self.tokens[k]
            level += (item.kind in ("lbrace", "open", "begin")) - (
                item.kind in ("rbrace", "close", "end")
            )
            if (
                level == 0
                and item.kind == "letter"
                and item.text == "d"
                and self.tokens[k + 1 : k + 2]
            ) and self.tokens[k + 1].kind == "letter":
                place = k
                break
            if level < 0:
                break
        if place is None:
            raise Unread("an integral without dx", token.start)
        body = self.tokens[self.position : place] or [Token("number", "1", token.start, token.end)]
        variable = self.tokens[place + 1].text
        self.position = place + 2
        if below is None:
            return Antiderivative(variable, self.whole(body))
        return Integral(variable, self.whole(below), self.whole(above), self.whole(body))

    def big_sum(self, kind, below, above, token):
        index, lower, upper, condition = self.range_below(below, above, token)
        body = self.sum_body()
        return Big(kind, index, lower, upper, condition, body)

    def range_below(self, below, above, token):
        r"""``i=1``/``n``, ``j``, ``j \\ne k``, ``i \\in \\{1,…,n\\}`` under a big operator."""
        upper = self.whole(above) if above is not None else None
        if below is None:
            raise Unread("a sum without an index below it", token.start)
        if len(below) == 1 and below[0].kind == "letter":
            return below[0].text, None, upper, None
        sides, operators = split_relations(below)
        first = sides[0]
        if len(first) != 1 or first[0].kind != "letter":
            raise Unread("the index below a sum is not read", token.start)
        index = first[0].text
        if operators == ["="]:
            return index, self.whole(sides[1]), upper, None
        if operators == ["!="]:
            return index, None, upper, Relation(Symbol(index), "!=", self.whole(sides[1]))
        if operators == ["in"]:
            parser = self.inner(sides[1])
            members = parser.side()
            if isinstance(members, IndexRange):
                return index, members.lower, members.upper, None
        raise Unread("the range below a sum is not read", token.start)

    def sum_body(self):
        """The term that follows; a further sum belongs to it."""
        return self.term()

    def extremum(self, kind, below, token):
        if below is None and kind in ("sup", "inf", "argmax", "argmin"):
            raise Unread(f"{kind} needs its variable below it", token.start)
        sides, operators = split_relations(below)
        variable = self.whole(sides[0])
        condition = None
        if operators:
            condition = self.inner(below).condition()
        names = self.names
        body = self.term()
        if (
            isinstance(variable, Symbol)
            and kind in ("max", "min")
            and names.is_index(variable.name, body)
        ):
            index = variable.name
            return Big(kind, index, None, None, condition, body)
        return Extremum(kind, variable, condition, body)

    def bottom_of(self, place):
        """The denominator's tokens of the fraction at this place (best effort)."""
        parser = type(self)(self.tokens, None)
        parser.position = place + 1
        try:
            parser.argument_tokens()
            return parser.argument_tokens()
        except Unread:
            return []


def differential(tokens):
    """The mark d or ∂ if these tokens are a denominator such as ``dx``; otherwise None."""
    if len(tokens) < 2:
        return None
    mark = tokens[0]
    if mark.kind == "lbrace":
        return None
    if mark.kind == "partial" or (mark.kind == "letter" and mark.text == "d" and not mark.bold):
        follower = tokens[1]
        if follower.kind in ("letter", "name"):
            return mark
        if follower.kind == "open" and len(tokens) > 3:
            return mark
    return None


def differential_top(top, bottom):
    """(order, tokens of the body) if the numerator belongs to a derivative; otherwise None."""
    mark = bottom[0]
    if not top or (top[0].kind, top[0].text) != (mark.kind, mark.text):
        return None
    order, rest = 1, list(top[1:])
    if rest and rest[0].kind == "sup":
        if len(rest) >= 2 and rest[1].kind == "number":
            order, rest = int(rest[1].text), rest[2:]
        elif len(rest) >= 2 and rest[1].kind == "letter":
            order, rest = Symbol(rest[1].text), rest[2:]
        elif [t.kind for t in rest[:4]] == _RAISED:
            order, rest = Symbol(rest[2].text), rest[4:]
        elif len(rest) >= 4 and rest[1].kind == "lbrace" and rest[2].kind == "number":
            order, rest = int(rest[2].text), rest[4:]
        else:
            return None
    if rest and rest[0].kind == "op":
        return None
    return order, rest
