r"""From tokens to expressions: a recursive-descent parser, written by hand.

Why by hand. LaTeX mathematics is not context-free in the way a grammar file needs: ``a(1-a)`` is a
product and ``f(1-a)`` a value, which only the page can tell; ``\frac{d}{dx}`` is an operator and
``\frac{d}{2}`` a fraction; how far ``\frac{d}{dx}`` or ``\log`` reaches depends on what follows. A
hand-written parser asks the page where it must, and where a formula can honestly be read in two
ways it *keeps both readings*, so that the decision can say so instead of guessing.

Anything that is not in the language raises `Unread` with the token and its place.
"""

from dataclasses import replace

from .calculus import Calculus, differential, differential_top
from .errors import Unread
from .groups import DOTS, END, depths, is_numeric, matching, product, split_commas, split_relations
from .lexer import Token
from .piecewise import MATRICES, Piecewise
from .tree import (
    Absolute,
    Add,
    Apply,
    At,
    Big,
    BigO,
    Cases,
    Compose,
    Constant,
    Derivative,
    Divide,
    Element,
    Factorial,
    Finite,
    Function,
    Gradient,
    Hadamard,
    IndexRange,
    Indicator,
    Interval,
    Lambda,
    Listing,
    Matrix,
    Multiply,
    Negate,
    Norm,
    Number,
    NumberSet,
    Power,
    Prime,
    Primed,
    Sided,
    Symbol,
    Transpose,
    Vector,
    rebuild,
)

MAX_DEPTH = 140
MAX_NODES = 3_000
INDEX_LETTERS = set("ijklmnpqrstc")
_MORE_INDICES = set("ydabNKCTDMm")
_BETWEEN = {"(": ")", "[": "]", "{": "}", "|": "|", "‖": "‖", ".": "."}
_NO_INVERSE = {
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "cot",
    "sec",
    "csc",
    "log",
    "exp",
    "erf",
}


class Parser(Calculus, Piecewise):
    """Reads one side of a relation.

    `forks` collects the places where a second reading is possible, as pairs (place, must_hold):
    `must_hold` says that the equation is accepted only if it is true in both readings.
    """

    def __init__(self, tokens, names, flips=frozenset()):
        self.tokens = list(tokens)
        self.names = names
        self.flips = flips
        self.forks = []
        self.position = 0
        self.depth = 0
        self.nodes = 0
        self.bars = 0
        self.terms = 1

    # -- moving along --------------------------------------------------------------------------

    def peek(self, ahead=0):
        place = self.position + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def next(self):
        token = self.peek()
        self.position += 1
        return token

    def at(self, kind, text=None, ahead=0):
        token = self.peek(ahead)
        return token.kind == kind and (text is None or token.text == text)

    def accept(self, kind, text=None):
        if self.at(kind, text):
            return self.next()
        return None

    def expect(self, kind, text=None):
        token = self.accept(kind, text)
        if token is None:
            self.fail(f"expected {text or kind!r} here")
        return token

    def expect_end(self):
        if self.position < len(self.tokens):
            self.fail("this does not fit here")

    def fail(self, message):
        token = self.peek()
        shown = f" (at {token.text!r})" if token is not END else " (at the end)"
        start = token.start if token is not END else (self.tokens[-1].end if self.tokens else 0)
        raise Unread(message + shown, start)

    def fork(self, place, must_hold=False):
        """Note a second reading at this place; tell whether this run takes it."""
        self.forks.append((place, must_hold))
        return place in self.flips

    def inner(self, tokens):
        """A parser for a group of tokens inside this one."""
        parser = Parser(tokens, self.names, self.flips)
        parser.depth = self.depth + 1
        parser.forks = self.forks
        if parser.depth > MAX_DEPTH:
            raise Unread(
                f"nested deeper than {MAX_DEPTH} levels", tokens[0].start if tokens else None
            )
        return parser

    def whole(self, tokens, rule="expression"):
        """Read all the tokens of a group."""
        if not tokens:
            self.fail("an argument is empty")
        parser = self.inner(tokens)
        node = getattr(parser, rule)()
        parser.expect_end()
        return node

    def enter(self):
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH} levels")
        if self.nodes > MAX_NODES:
            self.fail(f"more than {MAX_NODES} parts")

    # -- sums -----------------------------------------------------------------------------------

    def side(self):
        """A whole side of a relation; a set is allowed here."""
        if (
            self.tokens
            and self.tokens[0].kind in ("open",)
            and self.tokens[0].text in "{[("
            and self.tokens[-1].kind == "close"
            and matching(self.tokens, 0) == len(self.tokens) - 1
        ):
            group = self.set_or_none()
            if group is not None:
                self.position = len(self.tokens)
                return group
        if self.tokens and self.tokens[0].kind == "set":
            return self.number_set()
        return self.expression()

    def number_set(self):
        r"""``\mathbb{R}``, its positive part, and ``\mathbb{R}^n`` or ``\mathbb{R}^{m \times n}``."""
        name = self.next().text
        if not (self.at("sub") or self.at("sup")):
            return NumberSet(name)
        raised = self.next().kind == "sup"
        group = self.argument_tokens()
        texts = [t.text for t in group]
        zero, infinity = Number("0"), Constant("infinity")
        if name == "R" and texts in (["+"], [">", "0"], ["+", "+"]):
            return Interval(zero, infinity, texts == ["+"] and not raised, False)
        if name == "R" and texts == [">=", "0"]:
            return Interval(zero, infinity, True, False)
        if raised and all(t.kind in ("letter", "number", "op") for t in group):
            return NumberSet("vector" if "*" not in texts else "vector of rows")
        self.fail("this set of numbers is not read")

    def set_or_none(self):
        """``[0, 1]``, ``(0, 1]``, ``{0, 1}``, ``{1, …, n}`` or None."""
        opening, closing = self.tokens[0].text, self.tokens[-1].text
        inside = self.tokens[1:-1]
        items = split_commas(inside)
        if opening == "{" and closing == "}":
            if len(items) == 1 and not any(t.kind == "rel" for t in inside):
                node = self.whole(inside)
                return Finite((node,)) if node is not None else None
            if any(len(item) == 1 and item[0].kind == "dots" for item in items):
                if len(items) < 3:
                    return None
                return IndexRange("", self.whole(items[0]), self.whole(items[-1]))
            if any(t.kind == "rel" for t in inside):
                return None
            return Finite(tuple(self.whole(item) for item in items))
        if opening in "[(" and closing in ")]" and len(items) == 2:
            low, high = (self.whole(item) for item in items)
            return Interval(low, high, opening == "[", closing == "]")
        return None

    def expression(self):
        """A sum of terms."""
        self.enter()
        terms = []
        saved, self.terms = (
            self.terms,
            1
            + sum(
                1
                for t, d in depths(self.tokens[self.position :])
                if d == 0 and t.kind == "op" and t.text in "+-"
            ),
        )
        negative = False
        while self.at("op", "+") or self.at("op", "-"):
            negative ^= self.next().text == "-"
        terms.append(self.signed(self.term(), negative))
        while self.at("op", "+") or self.at("op", "-"):
            negative = self.next().text == "-"
            while self.at("op", "+") or self.at("op", "-"):
                negative ^= self.next().text == "-"
            if self.at("dots") and (self.peek(1).kind == "op" and self.peek(1).text in "+-"):
                self.next()
                terms.append(DOTS)
                continue
            terms.append(self.signed(self.term(), negative))
        self.depth -= 1
        self.terms = saved
        if any(t is DOTS for t in terms):
            return self.ellipsis(terms, "sum")
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    @staticmethod
    def signed(node, negative):
        return Negate(node) if negative else node

    def ellipsis(self, items, kind):
        """``e^{z_1} + e^{z_2} + … + e^{z_n}``: a sum over an index."""
        place = next(k for k, item in enumerate(items) if item is DOTS)
        if place == 0 or place != len(items) - 2:
            self.fail("dots are read between the first terms and the last one")
        body = _generalise(items[0], items[-1])
        if body is None:
            self.fail("the first and the last term around the dots do not have the same form")
        pattern, first, last = body
        if not (isinstance(first, Number) and first.text.isdigit()):
            self.fail("the terms before the dots must be numbered from a first one")
        for step, item in enumerate(items[1:place], 1):
            expected = _substitute(pattern, Number(str(int(first.text) + step)))
            if item != expected:
                self.fail("the terms before the dots do not follow one pattern")
        return Big(kind, "…", first, last, None, pattern)

    # -- products -------------------------------------------------------------------------------

    def term(self, narrow=False):
        """A product, a quotient with a slash, and a value-at bar behind it.

        `narrow` ends the product before an explicit sign of multiplication.
        """
        self.enter()
        start = self.position
        node = self.factor()
        factors = [node]
        while True:
            token = self.peek()
            if token.kind == "op" and token.text in ("*", "/", "odot", "star", "otimes"):
                if narrow:
                    break
                if token.text in ("star", "otimes"):
                    self.fail("this product is not read")
                if self.at("dots", ahead=1):
                    self.next(), self.next()
                    factors.append(DOTS)
                    if not (self.at("op", "*") or self.starts_factor()):
                        self.fail("dots are read between the first factors and the last one")
                    self.accept("op", "*")
                    factors.append(self.factor_signed())
                    continue
                self.next()
                right = self.factor_signed()
                if token.text == "/":
                    factors = [self.slash(factors, right, token)]
                elif token.text == "odot":
                    factors = [Hadamard(product(factors), right)]
                else:
                    factors.append(right)
            elif token.kind in ("bar", "close") and self.value_bar():
                factors = [self.at_point(product(factors))]
            elif token.kind == "dots" and (self.starts_factor(1) or self.at("op", "*", 1)):
                self.next()
                self.accept("op", "*")
                factors.append(DOTS)
                factors.append(self.factor_signed())
            elif self.starts_factor():
                if narrow and self.derivative_ahead():
                    break
                factors.append(self.factor())
            else:
                break
        self.depth -= 1
        if any(f is DOTS for f in factors):
            return self.ellipsis(factors, "prod")
        del start
        return product(factors)

    def slash(self, factors, right, token):
        """``a/b``; in ``a/bc`` it is open whether c stands below, too."""
        left = product(factors)
        if self.starts_factor() and not self.at("function") and not self.at("frac"):
            simple = isinstance(right, Number | Symbol | Element)
            if simple and not isinstance(right, Number) and self.fork(token.start):
                return Divide(left, Multiply((right, self.factor())))
        return Divide(left, right)

    def factor_signed(self):
        negative = False
        while self.at("op", "-") or self.at("op", "+"):
            negative ^= self.next().text == "-"
        return self.signed(self.factor(), negative)

    def value_bar(self):
        """Whether a bar here means "at the point": ``|_{x=0}``."""
        token = self.peek()
        if token.kind == "bar":
            return self.at("sub", ahead=1) and self.bars == 0
        return False

    def at_point(self, node):
        self.next()
        self.expect("sub")
        group = self.argument_tokens()
        if self.at("sup"):
            self.fail("a bar with two points is not read")
        assignments = []
        for part in split_commas(group):
            sides, operators = split_relations(part)
            if operators == ["="] and len(sides) == 2:
                assignments.append((self.whole(sides[0]), self.whole(sides[1])))
            elif not operators:
                assignments.append((None, self.whole(part)))
            else:
                self.fail("a value-at bar needs something like x = 0")
        return At(node, tuple(assignments))

    def starts_factor(self, ahead=0):
        token = self.peek(ahead)
        if token.kind in ("number", "letter", "name", "function", "frac", "sqrt", "lbrace", "big", "one",
                          "infty", "partial", "nabla"):  # fmt: skip
            return True
        if token.kind == "open":
            return token.text != "⟨"
        if token.kind in ("bar", "dbar"):
            return self.bars == 0 and not (token.kind == "bar" and self.at("sub", ahead=ahead + 1))
        return token.kind == "begin" and (
            token.text in MATRICES or token.text in ("cases", "dcases", "array")
        )

    def derivative_ahead(self):
        """Whether a derivative such as du/dx stands here."""
        if self.at("frac"):
            saved = self.position
            self.next()
            try:
                top, bottom = self.argument_tokens(), self.argument_tokens()
                return (
                    differential(bottom) is not None and differential_top(top, bottom) is not None
                )
            except Unread:
                return False
            finally:
                self.position = saved
        return self.at("partial") or self.slash_derivative() is not None

    def factor(self):
        """An operand with its powers."""
        self.enter()
        node = self.postfix(self.primary())
        self.depth -= 1
        return node

    def postfix(self, node):
        """Powers, transposes, primes and factorials behind an operand."""
        while True:
            if self.at("sup"):
                node = self.superscript(node)
            elif self.at("prime"):
                node = Prime(node, self.primes())
                if self.at("open", "("):
                    node = self.primed_group(node)
            elif self.at("bang"):
                self.next()
                node = Factorial(node)
            elif self.at("sub") and isinstance(node, Apply | Vector | Matrix | Lambda):
                self.next()
                node = Element(node, self.indices(self.argument_tokens()))
            else:
                return node

    def primed_group(self, prime):
        """``(fg)'(x)``: the derivative of an expression of functions, at x."""
        inside = self.bracket_tokens(ahead_only=True)
        if len(split_commas(inside)) != 1 or any(t.kind == "rel" for t in inside):
            return prime
        argument = self.bracketed_arguments()
        return Apply(Primed(Lambda(prime.body), prime.order), argument)

    def superscript(self, node):
        place = self.next().start
        group = self.argument_tokens()
        kinds = [t.kind for t in group]
        if kinds and set(kinds) <= {"primesign", "prime"}:
            prime = Prime(node, len(kinds))
            return self.primed_group(prime) if self.at("open", "(") else prime
        if kinds == ["top"] or (kinds == ["letter"] and group[0].text == "T" and _vectorial(node)):
            return Transpose(node)
        if kinds == ["op"] and group[0].text in "+-":
            return Sided(node, group[0].text)
        if kinds and kinds[0] == "open" and kinds[-1] == "close" and isinstance(node, Apply):
            raise Unread("a bracketed superscript is not read here", place)
        if any(t.kind == "comma" and d == 0 for t, d in depths(group)):
            raise Unread("a superscript with a comma is not read", place)
        return Power(node, self.whole(group))

    def primes(self):
        count = 0
        while self.accept("prime"):
            count += 1
        return count

    # -- arguments and brackets -----------------------------------------------------------------

    def argument_tokens(self):
        """The tokens of the next argument: a group in braces, or one token."""
        token = self.peek()
        if token.kind == "lbrace":
            end = matching(self.tokens, self.position)
            group = self.tokens[self.position + 1 : end]
            self.position = end + 1
            return group
        if token is END:
            self.fail("an argument is missing")
        if token.kind == "number" and len(token.text) > 1 and token.text[0].isdigit():
            # As TeX does: the argument is the first digit only.
            first = Token("number", token.text[0], token.start, token.start + 1)
            rest = Token("number", token.text[1:], token.start + 1, token.end)
            if rest.text.startswith(".") and not rest.text[1:]:
                self.fail("this number is not read")
            self.tokens[self.position : self.position + 1] = [first, rest]
            self.position += 1
            return [first]
        if token.kind in ("frac", "sqrt"):
            start = self.position
            self.next()
            self.argument_tokens()
            if token.kind == "frac":
                self.argument_tokens()
            return self.tokens[start : self.position]
        if token.kind in ("rel", "close", "amp", "comma", "end", "sub", "sup", "rbrace"):
            self.fail("an argument is missing")
        self.position += 1
        return [token]

    def bracket_tokens(self, ahead_only=False):
        """The tokens between the bracket here and its partner."""
        end = matching(self.tokens, self.position)
        inside = self.tokens[self.position + 1 : end]
        if not ahead_only:
            self.position = end + 1
        return inside

    def bracketed_arguments(self):
        r"""``(x)``, ``(x, y)``, ``(0^+)`` or ``\\{ … \\}`` behind a function's name."""
        inside = self.bracket_tokens()
        items = split_commas(inside)
        if any(len(item) == 1 and item[0].kind == "dots" for item in items):
            return (self.listing(items),)
        if len(items) == 1 and (parts := divided(items[0])) is not None:
            items = parts
        return tuple(self.whole(item, "argument") for item in items)

    def argument(self):
        """One argument of a function; a relation is allowed for indicators only."""
        return self.expression()

    def listing(self, items):
        """``z_1, z_2, …, z_n`` as a vector."""
        place = next(k for k, item in enumerate(items) if len(item) == 1 and item[0].kind == "dots")
        if place == 0 or place != len(items) - 2:
            self.fail("dots are read between the first elements and the last one")
        nodes = [self.whole(item) for k, item in enumerate(items) if k != place]
        body = _generalise(nodes[0], nodes[-1])
        if body is None or not isinstance(body[1], Number) or body[1].text != "1":
            self.fail("the elements around the dots do not follow one pattern")
        for step, node in enumerate(nodes[1:-1], 2):
            if node != _substitute(body[0], Number(str(step))):
                self.fail("the elements before the dots do not follow one pattern")
        return Listing(body[0], "…", body[2])

    # -- operands -------------------------------------------------------------------------------

    def primary(self):
        token = self.peek()
        if token.kind == "number":
            self.next()
            return Number(token.text)
        if token.kind in ("letter", "name"):
            return self.named()
        if token.kind == "function":
            if self.at("sub", ahead=1) and token.text not in ("log", "softmax"):
                # softplus_β: a function of the page's own
                self.tokens[self.position] = replace(token, kind="name")
                return self.named()
            return self.function()
        if token.kind == "frac":
            return self.fraction()
        if token.kind == "sqrt":
            return self.root()
        if token.kind == "big":
            return self.big()
        if token.kind == "lbrace":
            return self.braces()
        if token.kind == "open":
            return self.brackets()
        if token.kind in ("bar", "dbar"):
            return self.plain_bars()
        if token.kind == "begin":
            return self.environment()
        if token.kind == "infty":
            self.next()
            return Constant("infinity")
        if token.kind == "partial":
            return self.partial()
        if token.kind == "nabla":
            return self.gradient()
        if token.kind == "one":
            return self.indicator()
        if token.kind == "op" and token.text == "pm":
            self.fail("plus-minus says two things at once: write two equations")
        self.fail("an operand is missing" if token is END else "this is not read here")

    def braces(self):
        r"""A plain TeX group; ``{a \\over b}`` is a fraction."""
        place = self.position
        group = self.argument_tokens()
        if is_operator(group):
            self.tokens[place : self.position] = group
            self.position = place
            return self.fraction()
        over = [k for k, (t, d) in enumerate(depths(group)) if d == 0 and t.text == "over"]
        if over:
            top, bottom = group[: over[0]], group[over[0] + 1 :]
            if differential(bottom) is not None:
                derivative = self.derivative(top, bottom)
                if derivative is not None:
                    return derivative
            return Divide(self.whole(group[: over[0]]), self.whole(group[over[0] + 1 :]))
        return self.whole(group)

    def brackets(self):
        token = self.peek()
        place = self.position
        if token.text == "{" and self.is_left_cases():
            return self.left_cases()
        end = matching(self.tokens, place)
        inside = self.tokens[place + 1 : end]
        closing = self.tokens[end].text
        if token.text == ".":
            self.position = end
            node = self.whole(inside)
            self.tokens[end] = replace(self.tokens[end], kind="bar")
            if not self.at("sub", ahead=1):
                self.fail("a bracket that opens with \\left. is read before |_{x=…} only")
            return self.at_point(node)
        self.position = end + 1
        if token.text in "|‖":
            if closing != token.text:
                self.fail("a bar is closed by another bracket")
            node = self.whole(inside)
            return Absolute(node) if token.text == "|" else self.norm(node)
        items = split_commas(inside)
        if _BETWEEN.get(token.text) != closing:
            if token.text in "[(" and closing in "])" and len(items) == 2:
                low, high = (self.whole(item) for item in items)
                return Interval(low, high, token.text == "[", closing == "]")
            raise Unread(f"{token.text!r} is closed by {closing!r}", token.start)
        if token.text not in "([{":
            raise Unread(f"the bracket {token.text!r} is not read", token.start)
        if len(items) > 1:
            if any(len(item) == 1 and item[0].kind == "dots" for item in items):
                return self.listing(items)
            if token.text == "{":
                return Finite(tuple(self.whole(item) for item in items))
            return Vector(tuple(self.whole(item) for item in items))
        if token.text in "([" and any(t.text == "circ" for t, d in depths(inside) if d == 0):
            return self.composition(inside)
        if any(t.kind == "rel" and d == 0 for t, d in depths(inside)):
            if token.text == "[":
                return Indicator(self.inner(inside).condition())
            raise Unread("a relation inside brackets is not read here", token.start)
        node = self.whole(inside)
        if token.text == "(" and self.applied_group(inside):
            return Apply(Lambda(node), self.bracketed_arguments())
        if self.at("sub") and token.text in "([" and self.at("op", "+", 1):
            self.position += 2
            return Apply(Function("relu"), (node,))
        if self.at("sub") and token.text in "([" and not isinstance(node, Number | Symbol):
            self.next()
            return Element(node, self.indices(self.argument_tokens()))
        return node

    def composition(self, inside):
        r"""``(f \\circ g)(x)`` and ``(f \\circ g)'(x)``."""
        names = [inside[k : k + 1] for k in range(0, len(inside), 2)]
        circles = inside[1::2]
        if any(t.text != "circ" for t in circles) or len(inside) % 2 == 0:
            raise Unread("a composition is read as (f \\circ g)", inside[0].start)
        if any(t.kind not in ("letter", "name", "function") for (t,) in names):
            raise Unread("a composition is read between names only", inside[0].start)
        head = Function(names[-1][0].text)
        for (token,) in reversed(names[:-1]):
            head = Compose(Function(token.text), head)
        order = self.primes()
        if (
            not order
            and self.at("sup")
            and {t.kind for t in self.tokens[self.position + 1 :][:3]} & {"primesign"}
        ):
            self.next()
            order = len(self.argument_tokens())
        if not self.at("open", "("):
            self.fail("a composition needs its argument in brackets")
        return Apply(Primed(head, order) if order else head, self.bracketed_arguments())

    def applied_group(self, inside):
        """``(f + g)(x)``: brackets around bare function names, applied."""
        if not self.at("open", "("):
            return False
        argument = self.bracket_tokens(ahead_only=True)
        if len(argument) != 1 or self.names.is_function(argument[0].text):
            return False  # (1 - σ)(1 - 2σ) is a product
        letters = [t for t in inside if t.kind == "letter"]
        kinds = {t.kind for t in inside}
        return (
            bool(letters)
            and kinds <= {"letter", "op", "number"}
            and all(self.names.is_function(t.text) for t in letters)
        )

    def plain_bars(self):
        opening = self.next()
        self.bars += 1
        saved = self.bars
        node = self.expression()
        if self.bars != saved or not self.at(opening.kind):
            self.fail("a bar | is never closed")
        self.next()
        self.bars -= 1
        return Absolute(node) if opening.kind == "bar" else self.norm(node)

    def norm(self, node):
        order = Number("2")
        if self.accept("sub"):
            order = self.whole(self.argument_tokens())
        return Norm(node, order)

    # -- names ----------------------------------------------------------------------------------

    def named(self):
        """A letter or a word with all that may hang on it: index, prime, power, arguments."""
        slash = self.slash_derivative()
        if slash is not None:
            return slash
        token = self.next()
        name = token.text
        if name == "e" and self.at("sup") and not self.is_power_of_name(name):
            return Constant("e")
        name, indices, order, side, power = self.attachments(name, token)
        orders = {"O": False, "cal:O": False, "o": True}
        alone = not indices and not order and not self.names.is_defined(name)
        if name in orders and self.at("open", "(") and alone:
            return BigO(self.whole(self.bracket_tokens()), orders[name])
        if order and indices and not side and self.names.is_no_function(name):
            name, order = name + "'" * order, 0  # y'_i: numbers other than y_i, and no derivatives
        base = Symbol(name, token.bold)
        if name in ("I", "1") and token.kind == "letter" and indices == () and self.iverson():
            return self.indicator_body()
        called = (
            self.at("open")
            and self.peek().text in "([{"
            and self.is_call(name, token, order, indices)
        )
        if name == "delta" and len(indices) == 2 and not called:
            return Element(base, indices)
        if called:
            node = self.call(Function(name), order, side)
            node = Element(node, indices) if indices else node
            return self.powered(node, power)
        node = Element(base, indices) if indices else self.constant(base, token)
        if order:
            node = Apply(Primed(Function(name), order, side), ()) if side else Prime(node, order)
        return self.powered(node, power)

    def is_power_of_name(self, name):
        """The e² of a page that calls its error e: a plain number is its power."""
        group = [
            t for t in self.tokens[self.position + 1 : self.position + 4] if t.kind != "lbrace"
        ]
        return self.names.is_defined(name) and bool(group) and group[0].kind == "number"

    def powered(self, node, power):
        return node if power is None else Power(node, power)

    def constant(self, symbol, token):
        if symbol.bold or token.kind != "letter":
            return symbol
        if symbol.name in ("e", "pi") and not self.names.is_defined(symbol.name):
            return Constant(symbol.name)
        if symbol.name == "i" and self.names.imaginary:
            return Constant("i")
        return symbol

    def iverson(self):
        return self.at("open") and any(
            t.kind == "rel" for t in self.bracket_tokens(ahead_only=True)
        )

    def attachments(self, name, token):
        """What hangs on a name: (name, indices, order of its primes, side, power).

        An index above, ``x^{(i)}``, comes before those below. With it a name is another one:
        ``x^{(i)}`` and ``x_i`` need not have to do with each other.
        """
        name, above, indices, order, side, power = self.hanging(name, token)
        return (f"{name}^{{()}}" if above else name), (*above, *indices), order, side, power

    def hanging(self, name, token):
        """Subscripts, superscripts that are labels, primes, and a power in front of the arguments."""
        above, indices, order, side, power = (), (), 0, "", None
        while True:
            if self.at("sub"):
                place = self.next().start
                group = self.argument_tokens()
                signed = len(group) == 1 and group[0].text in ("+", "-")
                if signed and (order or self.at("prime")):
                    side = group[0].text
                elif signed:
                    name = f"{name}_{{{group[0].text}}}"
                elif indices:
                    raise Unread("a second subscript is not read", place)
                elif self.names.is_parametric(name):
                    label = "".join(t.text for t in group)
                    name = self.names.instance(name, self.whole(group), label)
                elif _is_label(group, self.names, name):
                    name = f"{name}_{{{_label(group)}}}"
                else:
                    indices = self.indices(group)
            elif self.at("prime"):
                order += self.primes()
            elif self.at("sup"):
                saved = self.position
                self.next()
                group = self.argument_tokens()
                kinds = [t.kind for t in group]
                if kinds and set(kinds) <= {"primesign", "prime"}:
                    order += len(kinds)
                    continue
                if len(group) == 1 and group[0].kind == "op" and group[0].text in ("*", "star"):
                    name = f"{name}_{{*}}"
                    continue
                bracketed = len(kinds) >= 3 and kinds[0] == "open" and kinds[-1] == "close"
                if bracketed and matching(group, 0) == len(group) - 1 and group[0].text in "([":
                    label = _label(group[1:-1])
                    simple = all(t.kind in ("number", "letter") for t in group[1:-1]) or (
                        group[0].text == "["
                        and all(t.kind in ("number", "letter", "op") for t in group[1:-1])
                    )
                    if (
                        simple
                        and label.isdigit()
                        and self.is_function_name(name)
                        and group[0].text == "("
                    ):
                        order += int(label)
                        if order > 6:
                            raise Unread("derivatives beyond the sixth are not read", token.start)
                        continue
                    inner = group[1:-1]
                    if not above and self.is_index_above(inner):
                        above = self.indices(inner)
                        continue
                    if simple:
                        name = f"{name}_{{({label})}}"
                        continue
                if power is None and (self.is_function_name(name) or order):
                    inverse = [t.text for t in group] == ["-", "1"]
                    if inverse and not order and self.names.has_inverse(name):
                        name = f"{name}^{{-1}}"  # the inverse is a function of its own
                        continue
                    if (
                        kinds[:1] == ["op"]
                        and group[0].text == "-"
                        and not order
                        and self.at("open", "(")
                    ):
                        raise Unread(
                            f"{name}^{{-1}}(…) can mean the inverse function or 1/{name}: write which",
                            token.start,
                        )
                    if kinds == ["op"]:
                        self.position = saved
                        return name, above, indices, order, side, power
                    if self.at("open") and self.peek().text in "([":
                        power = self.whole(group)
                        continue
                self.position = saved
                return name, above, indices, order, side, power
            else:
                if order > 6:
                    raise Unread("derivatives beyond the sixth are not read", token.start)
                return name, above, indices, order, side, power

    def is_index_above(self, group):
        """``(i)`` or ``[l-1]`` with a letter that a sum of the page runs over."""
        letters = [t.text for t in group if t.kind == "letter"]
        return (
            bool(letters)
            and all(t.kind in ("letter", "number", "op") for t in group)
            and all(letter in self.names.bound for letter in letters)
        )

    def is_function_name(self, name):
        return self.names.is_function(name)

    def indices(self, group):
        """``ik``, ``i,k``, ``i+1``, ``12`` as a tuple of expressions."""
        if any(t.kind == "comma" for t in group):
            return tuple(self.whole(item) for item in split_commas(group))
        kinds = {t.kind for t in group}
        if kinds <= {"letter", "number"} and len(group) > 1:
            return tuple(Number(t.text) if t.kind == "number" else Symbol(t.text) for t in group)
        return (self.whole(group),)

    def is_call(self, name, token, order, indices):
        opening = self.peek()
        if opening.text == "{" and token.kind == "letter":
            return False
        if order and not indices:
            return self.prime_call(name)
        inside = self.bracket_tokens(ahead_only=True)
        if not inside:
            self.fail("a bracket is empty")
        # σ(1 - σ): the function's own name without an argument inside the brackets: a product.
        for place, item in enumerate(inside):
            follower = inside[place + 1].kind if place + 1 < len(inside) else ""
            if (
                item.text == token.text
                and item.kind == token.kind
                and follower not in ("open", "sub", "prime")
            ) and (
                follower != "sup"
                or not any(t.kind == "open" for t in inside[place + 1 : place + 5])
            ):
                return False
        if indices and not self.names.is_function(name):
            return self.names.is_call(f"{name}_", inside)
        if indices and any(item.text == token.text for item in inside):
            return False  # S_i(1 - S_i), though S_i(z) was defined
        return self.names.is_call(name, inside)

    def prime_call(self, name):
        """``u'(x)`` is a value; ``u'(1-u)`` with a bare u inside is a product."""
        inside = self.bracket_tokens(ahead_only=True)
        for place, item in enumerate(inside):
            follower = inside[place + 1].kind if place + 1 < len(inside) else ""
            inverse = follower == "sup" and any(
                t.kind == "open" for t in inside[place + 1 : place + 7]
            )
            bare = follower not in ("open", "prime") and not inverse
            if item.kind == "letter" and item.text == name and bare:
                return False
        return self.names.is_prime_call(name, inside)

    def call(self, head, order, side=""):
        arguments = self.bracketed_arguments()
        if order or side:
            if len(arguments) != 1:
                self.fail("a prime on a function of several variables is not read")
            head = Primed(head, max(order, 1) if side else order, side)
        return Apply(head, arguments)

    # -- functions with a fixed meaning ---------------------------------------------------------

    def function(self):
        token = self.next()
        name = token.text
        head, power, order, indices = Function(name), None, 0, ()
        while True:
            if self.at("sub"):
                self.next()
                group = self.argument_tokens()
                if name == "log":
                    head = Function("log_base")
                    base = self.whole(group)
                elif name == "softmax":
                    indices = self.indices(group)
                else:
                    raise Unread(f"a subscript on {name} is not read", token.start)
            elif self.at("prime"):
                order += self.primes()
            elif self.at("sup"):
                self.next()
                group = self.argument_tokens()
                if {t.kind for t in group} <= {"primesign", "prime"}:
                    order += len(group)
                    continue
                power = self.whole(group)
                if power == Negate(Number("1")) and name in _NO_INVERSE:
                    raise Unread(
                        f"{name}^{{-1}} can mean the inverse function or 1/{name}: write which",
                        token.start,
                    )
            else:
                break
        if self.at("open") and self.peek().text in "([{" and not self.own_name(name):
            arguments = self.bracketed_arguments()
        elif self.starts_argument() and not (self.at("open") and self.own_name(name)):
            arguments = (self.bare_argument(token),)
        else:
            node = Symbol(f"@{name}")
            node = Prime(node, order) if order else node
            return self.powered(node, power)
        if head.name == "log_base":
            arguments = (base, *arguments)
        node = Apply(Primed(head, order) if order else head, arguments)
        node = Element(node, indices) if indices else node
        return self.powered(node, power)

    def own_name(self, name):
        r"""``\\tanh(1 - \\tanh)``-like: the function's own bare name inside the brackets."""
        inside = self.bracket_tokens(ahead_only=True)
        for place, item in enumerate(inside):
            if item.kind == "function" and item.text == name:
                follower = inside[place + 1].kind if place + 1 < len(inside) else ""
                if follower in ("", "close", "op"):
                    return True
                beyond = {x.kind for x in inside[place + 2 : place + 6]}
                if follower == "sup" and not beyond & {"open", "letter", "frac", "function"}:
                    return True
        return False

    def starts_argument(self):
        token = self.peek()
        if token.kind == "big":
            return token.text in ("sum", "prod", "max", "min")
        if token.kind == "op" and token.text == "-":
            return False
        return token.kind in (
            "number",
            "letter",
            "name",
            "frac",
            "sqrt",
            "lbrace",
            "function",
            "bar",
            "begin",
        ) or (token.kind == "open" and token.text in "|([{‖")

    def bare_argument(self, token):
        r"""The argument of ``\\log 2x`` or ``\\sin x``: the simple factors that follow."""
        if self.at("big"):
            return self.big()
        factors = [self.factor()]
        first = factors[0]
        if isinstance(first, Divide | Apply | Cases | Absolute):
            return first
        while self.starts_factor() and self.peek().kind in ("number", "letter", "frac", "sqrt"):
            if self.derivative_ahead() or (
                self.peek().kind == "letter" and self.letter_is_function()
            ):
                break
            numeric = all(
                isinstance(f, Number | Constant) or (isinstance(f, Divide) and is_numeric(f))
                for f in factors
            )
            if not numeric and not self.fork(token.start, must_hold=True):
                break
            factors.append(self.factor())
        if self.at("op", "/") and token.text not in ("exp",) and self.fork(token.start + 1):
            self.next()
            return Divide(product(factors), self.factor())
        return product(factors)

    def letter_is_function(self):
        return self.at("open", ahead=1) and self.names.is_function(self.peek().text)


def divided(tokens):
    """The two arguments that a double bar parts, as in D(p‖q); None if there is no such bar."""
    flat = [(k, t) for k, (t, d) in enumerate(depths(tokens)) if d == 0]
    bars = [k for k, t in flat if t.kind == "dbar"]
    single = [k for k, t in flat if t.kind == "bar"]
    if len(bars) == 1 and not single:
        first, second = tokens[: bars[0]], tokens[bars[0] + 1 :]
    elif len(single) == 2 and single[1] == single[0] + 1 and not bars:
        first, second = tokens[: single[0]], tokens[single[1] + 1 :]
    else:
        return None
    return [first, second] if first and second else None


def is_operator(group):
    r"""Whether braces embrace a derivative that waits for its operand: ``{\\frac{d}{dx}}``."""
    if not group or group[0].kind != "frac":
        return False
    parser = Parser(group, None)
    parser.position = 1
    try:
        top, bottom = parser.argument_tokens(), parser.argument_tokens()
    except Unread:
        return False
    if parser.position != len(parser.tokens):
        return False
    found = differential_top(top, bottom) if differential(bottom) is not None else None
    return found is not None and not found[1]


def _vectorial(node):
    """Whether a superscript T on this operand means the transpose."""
    if isinstance(node, Symbol):
        return node.bold or len(node.name) == 1
    return isinstance(
        node, Vector | Matrix | Listing | Add | Multiply | Apply | Derivative | Gradient
    )


def _is_label(group, names, name=""):
    """Whether a subscript only distinguishes names (``L_{sq}``) and is no index (``z_k``)."""
    if len(group) == 1:
        token = group[0]
        if token.kind == "number":
            matrix = name in names.plain_arrays and names.families.get(name) == 2
            return name not in names.families or matrix  # W_1 beside the matrix W is another one
        if token.kind == "letter" and not token.bold:
            definition = names.lookup(name)
            if definition is not None and token.text in definition.parameters:
                return True  # f_y: a partial derivative
            if names.only_subscript(name, token.text):
                return True  # the p_t of the focal loss
            index = token.text in INDEX_LETTERS or token.text in _MORE_INDICES
            return not index and not names.is_index(token.text)
        if token.kind in ("name", "function", "text"):
            return True
        return token.kind == "big"
    if all(t.kind in ("name", "function", "text", "big") for t in group):
        return True
    if not all(t.kind == "letter" and not t.bold for t in group):
        return any(t.kind in ("name", "text") for t in group) and all(
            t.kind in ("name", "text", "letter", "op", "function") for t in group
        )
    letters = [t.text for t in group]
    summed = names.bound & set(letters)
    if len(letters) == 2 and summed and all(x in INDEX_LETTERS | _MORE_INDICES for x in letters):
        return False
    return len(letters) > 2 or not all(x in INDEX_LETTERS or names.is_index(x) for x in letters)


def _label(tokens):
    label = "".join(t.text.strip() for t in tokens)
    return label.lower() if len(label) > 1 else label


def _generalise(first, last):
    """The common pattern of two expressions that differ in one index, with both its values."""
    found = []

    def merge(a, b):
        if a == b:
            return a
        if (
            isinstance(a, Element)
            and isinstance(b, Element)
            and a.base == b.base
            and len(a.indices) == len(b.indices)
        ):
            indices = []
            for x, y in zip(a.indices, b.indices, strict=True):
                if x == y:
                    indices.append(x)
                elif isinstance(x, Number):
                    found.append((x, y))
                    indices.append(Symbol("…"))
                else:
                    raise ValueError
            return Element(a.base, tuple(indices))
        if type(a) is not type(b):
            raise ValueError
        below_a, below_b = list(a.children()), list(b.children())
        if len(below_a) != len(below_b) or not below_a:
            raise ValueError
        parts = iter([merge(x, y) for x, y in zip(below_a, below_b, strict=True)])
        return rebuild(a, lambda _: next(parts))

    try:
        pattern = merge(first, last)
    except ValueError:
        return None
    pairs = set(found)
    return (pattern, *pairs.pop()) if len(pairs) == 1 else None


def _substitute(pattern, value):
    if pattern == Symbol("…"):
        return value
    return rebuild(pattern, lambda node: _substitute(node, value))
