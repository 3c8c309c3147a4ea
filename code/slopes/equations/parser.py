r"""From tokens to expressions: a recursive-descent parser, written by hand.

Why by hand. LaTeX mathematics is not context-free in the way a grammar file needs: ``a(1-a)`` is a
product and ``f(1-a)`` a value, which only the page can tell; ``\frac{d}{dx}`` is an operator and
``\frac{d}{2}`` a fraction; how far ``\frac{d}{dx}`` or ``\log`` reaches depends on what follows. A
hand-written parser asks the page where it must, and where a formula can honestly be read in two
ways it *keeps both readings*, so that the decision can say so instead of guessing.

Anything that is not in the language raises `Unread` with the token and its place.
"""

from dataclasses import dataclass, field, replace

from .errors import Unread
from .lexer import Token, tokenize
from .tree import (
    Absolute,
    Add,
    And,
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
    Extremum,
    Factorial,
    Finite,
    Function,
    Gradient,
    Hadamard,
    IndexRange,
    Indicator,
    Integral,
    Interval,
    Lambda,
    Limit,
    Listing,
    Matrix,
    Multiply,
    Negate,
    Node,
    Norm,
    Nothing,
    Number,
    NumberSet,
    Or,
    Otherwise,
    Power,
    Prime,
    Primed,
    Relation,
    Root,
    Sided,
    Subdifferential,
    Symbol,
    Transpose,
    Vector,
    rebuild,
)

MAX_DEPTH = 60
MAX_NODES = 3_000
ROW_ENVIRONMENTS = {
    "align", "aligned", "gather", "gathered", "equation", "split", "eqnarray", "multline", "multlined",
    "displaymath", "math", "alignat", "alignedat", "flalign", "array", "subequations",
}  # fmt: skip
MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix"}
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


@dataclass
class Side:
    """One side of a relation: how it is read, how else it could be read, and its LaTeX."""

    node: Node
    latex: str
    start: int
    others: list = field(default_factory=list)  # pairs (node, must_hold)


@dataclass
class Statement:
    """A chain ``a = b = c`` (or an expression alone), and how it stands in its display."""

    sides: list
    operators: list
    separator: str = "row"  # row, comma, quad, arrow, text
    cue: str = ""  # the words before it: "if", "where", ...
    continues: bool = False  # it begins with a relation: the chain of the row above goes on


def read_display(latex, names):
    """Read displayed LaTeX into statements.

    Parameters
    ----------
    latex : str
    names : object with ``is_call(name, inside)``
        Tells whether ``name(…)`` is a value of a function; `inside` are the tokens between the
        brackets.

    Raises
    ------
    Unread
    """
    tokens = tokenize(latex)
    return _Display(latex, names).read(tokens)


def read_expression(latex, names):
    """Read one expression."""
    parser = Parser(tokenize(latex), names)
    node = parser.expression()
    parser.expect_end()
    return node


# == the layout of a display ======================================================================


class _Display:
    def __init__(self, latex, names):
        self.latex = latex
        self.names = names

    def read(self, tokens):
        statements = []
        for row in self.rows(tokens):
            for piece in self.pieces(row):
                self.read_piece(piece, statements)
        return statements

    def rows(self, tokens):
        """The rows of the (nested) alignment environments; broken lines are joined."""
        rows = []
        for row in _split(self.unwrapped(tokens), "newline"):
            row = self.unwrapped(row)
            if len(_split(row, "newline")) > 1:
                rows.extend(self.rows(row))
                continue
            lead = [t for t in row if t.kind not in ("amp", "quad")]
            if (rows and lead and lead[0].kind == "op" and lead[0].text in "+-*/") or (
                rows and lead and _ends_open(rows[-1])
            ):
                rows[-1] = rows[-1] + lead
            elif lead:
                rows.append(row)
        return rows

    def unwrapped(self, tokens):
        while True:
            tokens = _strip(tokens, ("quad", "newline"))
            if not tokens or tokens[0].kind != "begin" or tokens[0].text not in ROW_ENVIRONMENTS:
                return tokens
            end = _matching(tokens, 0)
            rest = _strip(tokens[end + 1 :], ("quad", "comma", "newline"))
            if rest and not _is_number_tag(rest):
                inner = self.rows(tokens[1:end])
                joined = []
                for row in inner:
                    joined += [*row, Token("newline", "\\\\", tokens[end].start, tokens[end].end)]
                return joined + rest
            tokens = tokens[1:end]

    def pieces(self, row):
        """Split a row at commas, wide spaces, arrows, words and column boundaries."""
        pieces, current, separator, cue, amps = [], [], "row", "", 0

        def close(next_separator, next_cue=""):
            nonlocal current, separator, cue
            if current or cue:
                pieces.append([separator, cue, current])
            current, separator, cue = [], next_separator, next_cue

        index = 0
        depths = list(_depths(row))
        while index < len(row):
            token, depth = depths[index]
            if depth:
                current.append(token)
            elif token.kind == "amp":
                amps += 1
                if amps % 2 == 0:
                    close("quad")
            elif token.kind in ("comma", "quad"):
                close("comma" if token.kind == "comma" else "quad")
            elif token.kind == "arrow":
                close("arrow")
            elif token.kind == "text":
                close(
                    "text",
                    (cue + " " + token.text) if not current and separator == "text" else token.text,
                )
            elif (
                token.kind == "open" and token.text in "([" and self.is_condition_group(row, index)
            ):
                end = _matching(row, index)
                close("text", "if")
                current = list(row[index + 1 : end])
                close("quad")
                index = end
            else:
                current.append(token)
            index += 1
        close("row")
        return self.merged(pieces)

    @staticmethod
    def is_condition_group(row, index):
        """Whether ``( … )`` holds a relation: a condition beside the equation, not a factor."""
        before = row[index - 1].kind if index else "quad"
        if before in (
            "letter",
            "name",
            "function",
            "one",
            "rbrace",
            "big",
            "sub",
            "sup",
            "op",
            "rel",
            "prime",
        ):
            return False
        try:
            end = _matching(row, index)
        except Unread:
            return False
        return any(t.kind == "rel" and d == 0 for t, d in _depths(row[index + 1 : end]))

    @staticmethod
    def merged(pieces):
        r"""Join what a column or a space has torn apart: ``A \\quad = \\quad B``, ``A &=& B``."""
        result = []
        for separator, cue, tokens in pieces:
            joins = (
                result
                and not cue
                and separator == "quad"
                and tokens
                and result[-1][2]
                and (
                    tokens[0].kind == "rel"
                    or (tokens[0].kind == "op" and tokens[0].text in "+*/")
                    or _ends_open(result[-1][2])
                )
            )
            if joins:
                result[-1][2] = result[-1][2] + tokens
            else:
                result.append([separator, cue, tokens])
        return _with_ranges(result)

    def read_piece(self, piece, statements):
        separator, cue, tokens = piece
        if isinstance(tokens, Node):
            statements.append(Statement([Side(tokens, "", 0)], [], separator, cue or "for"))
            return
        tokens = _strip(tokens, ("quad", "amp", "colon"))
        while tokens and tokens[0].kind == "forall":
            tokens, cue = tokens[1:], cue or "for all"
        if not tokens or _is_number_tag(tokens):
            return
        groups, operators = _split_relations(tokens)
        continues = not groups[0]
        if continues:
            groups = groups[1:]
        if not groups or not all(groups):
            place = tokens[-1] if tokens else None
            raise Unread("one side of a relation is empty", place.start if place else None)
        if not operators and not continues:
            if cue and not _mathematical(tokens):
                return
            sides = [self.side(tokens)] if not cue else self.loose(tokens)
            if sides:
                statements.append(Statement(sides, [], separator, cue))
            return
        sides = [self.side(group) for group in groups]
        statements.append(Statement(sides, operators, separator, cue, continues))

    def loose(self, tokens):
        """An expression in an annotation (by the chain rule with u): reading it is not required."""
        try:
            return [self.side(tokens)]
        except Unread:
            return []

    def side(self, tokens):
        parser = Parser(tokens, self.names)
        node = parser.side()
        parser.expect_end()
        latex = " ".join(self.latex[tokens[0].start : tokens[-1].end].split())
        side = Side(node, latex, tokens[0].start)
        for place, must_hold in parser.forks[:4]:
            other = Parser(tokens, self.names, flips={place})
            try:
                reading = other.side()
                other.expect_end()
            except Unread:
                continue
            if reading != node:
                side.others.append((reading, must_hold))
        return side


def _depths(tokens):
    """Each token with its bracket depth; an opening and its closing bracket have depth 1 themselves."""
    depth = 0
    for token in tokens:
        if token.kind in ("rbrace", "close", "end"):
            yield token, max(depth, 1)
            depth = max(depth - 1, 0)
        elif token.kind in ("lbrace", "open", "begin"):
            yield token, depth if token.kind == "open" and depth == 0 else depth + 1
            depth += 1
        else:
            yield token, depth


def _split(tokens, kind):
    part, parts, level = [], [], 0
    for token in tokens:
        level += (token.kind == "begin") - (token.kind == "end")
        level += (token.kind == "lbrace") - (token.kind == "rbrace")
        if token.kind == kind and level == 0:
            parts.append(part)
            part = []
        else:
            part.append(token)
    parts.append(part)
    return parts


def _matching(tokens, index):
    """The place of the token that closes the one at `index`."""
    opening = tokens[index]
    pairs = {"lbrace": "rbrace", "open": "close", "begin": "end"}
    level = 0
    for place in range(index, len(tokens)):
        kind = tokens[place].kind
        if kind in pairs:
            level += 1
        elif kind in pairs.values():
            level -= 1
            if level == 0:
                if kind != pairs[opening.kind]:
                    break
                return place
    raise Unread(f"{opening.text!r} is never closed", opening.start)


def _strip(tokens, kinds):
    tokens = list(tokens)
    while tokens and tokens[0].kind in kinds:
        tokens.pop(0)
    while tokens and tokens[-1].kind in kinds:
        tokens.pop()
    return tokens


def _ends_open(tokens):
    last = tokens[-1] if tokens else None
    return last is not None and (last.kind == "rel" or (last.kind == "op" and last.text in "+-*/"))


def _is_number_tag(tokens):
    """An equation number set by hand: (4.1)."""
    inside = [t.kind for t in tokens[1:-1]]
    return (
        len(tokens) >= 3
        and tokens[0].text == "("
        and tokens[-1].text == ")"
        and all(kind in ("number", "prime") for kind in inside)
        and bool(inside)
    )


def _mathematical(tokens):
    return any(t.kind in ("letter", "number", "function", "name", "frac", "big") for t in tokens)


def _split_relations(tokens):
    groups, operators, level = [[]], [], 0
    for token in tokens:
        level += (token.kind in ("lbrace", "open", "begin")) - (
            token.kind in ("rbrace", "close", "end")
        )
        if token.kind == "rel" and level == 0:
            groups.append([])
            operators.append(token.text)
        else:
            groups[-1].append(token)
    return groups, operators


def _with_ranges(pieces):
    """Recognise ``i = 1, …, n`` and ``x, y > 0`` among the pieces that commas made."""
    result, index = [], 0
    while index < len(pieces):
        separator, cue, tokens = pieces[index]
        texts = [t.text for t in tokens]
        after = pieces[index + 1 : index + 4]
        plain = len(tokens) == 1 and tokens[0].kind == "letter"
        if (
            len(tokens) >= 3
            and tokens[-1].kind == "number"
            and tokens[-2].kind == "rel"
            and tokens[-2].text in ("=", "in")
            and any(_strip(p[2], ("comma",)) and p[2][0].kind == "dots" for p in after[:2])
        ):
            stop = next(k for k, p in enumerate(after) if p[2] and p[2][0].kind == "dots")
            if stop + 1 < len(after) and len(after[stop + 1][2]) == 1:
                last = after[stop + 1][2][0]
                upper = Number(last.text) if last.kind == "number" else Symbol(last.text)
                node = IndexRange(tokens[0].text, Number(tokens[-1].text), upper)
                result.append([separator, cue or "for", node])
                index += stop + 3
                continue
        if plain and after and separator != "row" and after[0][0] == "comma" and after[0][2]:
            follow = after[0][2]
            while len(follow) == 1 and follow[0].kind == "letter" and len(after) > 1:
                after = after[1:]
                follow = after[0][2]
            names = [t for t in follow if t.kind == "rel"]
            if names and follow[0].kind == "letter":
                copy = [tokens[0], *follow[1:]]
                result.append([separator, cue or "for", copy])
                index += 1
                continue
        if texts != ["dots"]:
            result.append([separator, cue, tokens])
        index += 1
    return result


# == expressions ==================================================================================


class Parser:
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
        return self.tokens[place] if place < len(self.tokens) else _END

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
        shown = f" (at {token.text!r})" if token is not _END else " (at the end)"
        start = token.start if token is not _END else (self.tokens[-1].end if self.tokens else 0)
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
            and _matching(self.tokens, 0) == len(self.tokens) - 1
        ):
            group = self.set_or_none()
            if group is not None:
                self.position = len(self.tokens)
                return group
        if len(self.tokens) == 1 and self.tokens[0].kind == "set":
            return NumberSet(self.next().text)
        return self.expression()

    def set_or_none(self):
        """``[0, 1]``, ``(0, 1]``, ``{0, 1}``, ``{1, …, n}`` or None."""
        opening, closing = self.tokens[0].text, self.tokens[-1].text
        inside = self.tokens[1:-1]
        items = _split_commas(inside)
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
                for t, d in _depths(self.tokens[self.position :])
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
                terms.append(_DOTS)
                continue
            terms.append(self.signed(self.term(), negative))
        self.depth -= 1
        self.terms = saved
        if any(t is _DOTS for t in terms):
            return self.ellipsis(terms, "sum")
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    @staticmethod
    def signed(node, negative):
        return Negate(node) if negative else node

    def ellipsis(self, items, kind):
        """``e^{z_1} + e^{z_2} + … + e^{z_n}``: a sum over an index."""
        place = next(k for k, item in enumerate(items) if item is _DOTS)
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
                    factors.append(_DOTS)
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
                    factors = [Hadamard(_product(factors), right)]
                else:
                    factors.append(right)
            elif token.kind in ("bar", "close") and self.value_bar():
                factors = [self.at_point(_product(factors))]
            elif token.kind == "dots" and (self.starts_factor(1) or self.at("op", "*", 1)):
                self.next()
                self.accept("op", "*")
                factors.append(_DOTS)
                factors.append(self.factor_signed())
            elif self.starts_factor():
                if narrow and self.derivative_ahead():
                    break
                factors.append(self.factor())
            else:
                break
        self.depth -= 1
        if any(f is _DOTS for f in factors):
            return self.ellipsis(factors, "prod")
        del start
        return _product(factors)

    def slash(self, factors, right, token):
        """``a/b``; in ``a/bc`` it is open whether c stands below, too."""
        left = _product(factors)
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
        for part in _split_commas(group):
            sides, operators = _split_relations(part)
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
                    _differential(bottom) is not None and _differential_top(top, bottom) is not None
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
        if len(_split_commas(inside)) != 1 or any(t.kind == "rel" for t in inside):
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
        if "comma" in kinds:
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
            end = _matching(self.tokens, self.position)
            group = self.tokens[self.position + 1 : end]
            self.position = end + 1
            return group
        if token is _END:
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
        end = _matching(self.tokens, self.position)
        inside = self.tokens[self.position + 1 : end]
        if not ahead_only:
            self.position = end + 1
        return inside

    def bracketed_arguments(self):
        r"""``(x)``, ``(x, y)``, ``(0^+)`` or ``\\{ … \\}`` behind a function's name."""
        inside = self.bracket_tokens()
        items = _split_commas(inside)
        if any(len(item) == 1 and item[0].kind == "dots" for item in items):
            return (self.listing(items),)
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
        self.fail("an operand is missing" if token is _END else "this is not read here")

    def braces(self):
        r"""A plain TeX group; ``{a \\over b}`` is a fraction."""
        group = self.argument_tokens()
        over = [k for k, (t, d) in enumerate(_depths(group)) if d == 0 and t.text == "over"]
        if over:
            return Divide(self.whole(group[: over[0]]), self.whole(group[over[0] + 1 :]))
        return self.whole(group)

    def brackets(self):
        token = self.peek()
        place = self.position
        if token.text == "{" and self.is_left_cases():
            return self.left_cases()
        end = _matching(self.tokens, place)
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
        items = _split_commas(inside)
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
        if token.text in "([" and any(t.text == "circ" for t, d in _depths(inside) if d == 0):
            return self.composition(inside)
        if any(t.kind == "rel" and d == 0 for t, d in _depths(inside)):
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
        if name == "e" and self.at("sup"):
            return Constant("e")
        name, indices, order, side, power = self.attachments(name, token)
        if name == "O" and self.at("open", "(") and not indices and not order:
            return BigO(self.whole(self.bracket_tokens()))
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
        """Subscripts, superscripts that are labels, primes, and a power in front of the arguments."""
        indices, order, side, power = (), 0, "", None
        while True:
            if self.at("sub"):
                place = self.next().start
                group = self.argument_tokens()
                if (order and len(group) == 1 and group[0].text in "+-") or (
                    not order
                    and len(group) == 1
                    and group[0].kind == "op"
                    and group[0].text in "+-"
                ):
                    side = group[0].text
                elif indices:
                    raise Unread("a second subscript is not read", place)
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
                bracketed = len(kinds) >= 3 and kinds[0] == "open" and kinds[-1] == "close"
                if bracketed and _matching(group, 0) == len(group) - 1 and group[0].text in "([":
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
                    if simple:
                        name = f"{name}_{{({label})}}"
                        continue
                if power is None and (self.is_function_name(name) or order):
                    if kinds[:1] == ["op"] and group[0].text == "-" and not order:
                        if self.at("open", "("):
                            raise Unread(
                                f"{name}^{{-1}}(…) can mean the inverse function or 1/{name}: write which",
                                token.start,
                            )
                    if kinds == ["op"]:
                        self.position = saved
                        return name, indices, order, side, power
                    if self.at("open") and self.peek().text in "([":
                        power = self.whole(group)
                        continue
                self.position = saved
                return name, indices, order, side, power
            else:
                if order > 6:
                    raise Unread("derivatives beyond the sixth are not read", token.start)
                return name, indices, order, side, power

    def is_function_name(self, name):
        return self.names.is_function(name)

    def indices(self, group):
        """``ik``, ``i,k``, ``i+1``, ``12`` as a tuple of expressions."""
        if any(t.kind == "comma" for t in group):
            return tuple(self.whole(item) for item in _split_commas(group))
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
        return self.names.is_call(name, inside)

    def prime_call(self, name):
        """``u'(x)`` is a value; ``u'(1-u)`` with a bare u inside is a product."""
        inside = self.bracket_tokens(ahead_only=True)
        for place, item in enumerate(inside):
            follower = inside[place + 1].kind if place + 1 < len(inside) else ""
            if item.kind == "letter" and item.text == name and follower not in ("open", "prime"):
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
        elif self.starts_argument():
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
                isinstance(f, Number | Constant) or (isinstance(f, Divide) and _numeric(f))
                for f in factors
            )
            if not numeric and not self.fork(token.start):
                break
            factors.append(self.factor())
        if self.at("op", "/") and token.text not in ("exp",) and self.fork(token.start + 1):
            self.next()
            return Divide(_product(factors), self.factor())
        return _product(factors)

    def letter_is_function(self):
        return self.at("open", ahead=1) and self.names.is_function(self.peek().text)

    # -- fractions and derivatives --------------------------------------------------------------

    def fraction(self):
        self.next()
        top, bottom = self.argument_tokens(), self.argument_tokens()
        marks = _differential(bottom)
        if marks is not None:
            derivative = self.derivative(top, bottom)
            if derivative is not None:
                return derivative
        return Divide(self.whole(top), self.whole(bottom))

    def derivative(self, top, bottom):
        r"""``\\frac{d}{dx}``, ``\\frac{df}{dx}``, ``\\frac{\\partial^2 f}{\\partial x \\partial y}``."""
        found = _differential_top(top, bottom)
        if found is None:
            return None
        order, body = found
        variables = self.differentials(bottom)
        if sum(count for _, count in variables) != order:
            raise Unread("the orders above and below in a derivative differ", bottom[0].start)
        if order > 4:
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
            if len(part) > 2 and part[-2].kind == "sup" and part[-1].kind == "number":
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
        if len(inside) == 1 and inside[0].kind in ("number", "letter"):
            if inside[0].kind == "number" or Symbol(inside[0].text) == variable:
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
            factors = [Divide(_product(factors), self.factor())]
        if len(factors) > 1 and self.terms > 1 and self.sums_of_derivatives():
            if self.fork(place):
                return _product(factors)
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
        return _product(factors)

    def pushed(self, nodes):
        """Put nodes that were read too early back in front, as ready operands."""
        for node in reversed(nodes):
            token = _Ready("letter", "?", self.peek().start, self.peek().start)
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
            if t.kind == "frac" and _differential(_bottom_of(self.tokens, k)) is not None
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
                factors = [Divide(_product(factors), right)] if divides else [*factors, right]
            elif self.starts_factor():
                factors = [*factors, self.factor()]
            else:
                return _product(factors)

    def slash_derivative(self):
        r"""``df/dx``, ``d\\sigma/dx``, ``\\partial L/\\partial w`` set with a slash; None if it is not one."""
        tokens, place = self.tokens, self.position
        mark = self.peek()
        if isinstance(mark, _Ready):
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
                _matching(tokens, end) + 1
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
        if self.accept("sub"):
            variable = self.whole(self.argument_tokens())
            return Derivative(self.operand(), ((variable, 1),), True)
        if self.at("letter") or self.at("name") or self.at("function"):
            node = self.factor()
            if isinstance(node, Apply):
                return Subdifferential(node.head, node.arguments)
        raise Unread(
            r"\partial is read in \frac{\partial …}{\partial …}, \partial_x f and \partial f(0)",
            token.start,
        )

    def gradient(self):
        self.next()
        variable = None
        if self.accept("sub"):
            variable = self.whole(self.argument_tokens())
        if self.at("sup"):
            self.fail("second gradients are not read")
        return Gradient(self.factor(), variable)

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
        sides, operators = _split_relations(below)
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
        if below is None or above is None:
            raise Unread("an integral is read with both limits", token.start)
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
        sides, operators = _split_relations(below)
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
        sides, operators = _split_relations(below)
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

    # -- cases, matrices, indicators ------------------------------------------------------------

    def environment(self):
        token = self.peek()
        end = _matching(self.tokens, self.position)
        inside = self.tokens[self.position + 1 : end]
        self.position = end + 1
        if token.text in ("cases", "dcases", "rcases"):
            return self.cases(inside, token)
        if token.text in MATRICES or token.text == "array":
            rows = []
            for row in _split(inside, "newline"):
                row = _strip(row, ("quad",))
                if row:
                    rows.append(tuple(self.whole(cell) for cell in _split(row, "amp")))
            if not rows or len({len(row) for row in rows}) != 1:
                raise Unread("a matrix with rows of different length", token.start)
            return Matrix(tuple(rows))
        raise Unread(f"the environment {token.text} is not read inside a formula", token.start)

    def is_left_cases(self):
        follower = self.peek(1)
        return follower.kind == "begin" and follower.text in ("array", "matrix", "aligned")

    def left_cases(self):
        r"""``\\left\\{ \\begin{array}{ll} … \\end{array} \\right.``"""
        token = self.next()
        start = self.position
        end = _matching(self.tokens, start)
        inside = self.tokens[start + 1 : end]
        self.position = end + 1
        if self.at("close"):
            self.next()
        return self.cases(inside, token)

    def cases(self, inside, token):
        rows = []
        for row in _split(inside, "newline"):
            row = _strip(row, ("quad", "comma"))
            if not row:
                continue
            cells = list(_split(row, "amp"))
            if len(cells) == 1:
                value, condition = _split_case(row)
            else:
                value, condition = cells[0], [t for cell in cells[1:] for t in cell]
            value = _strip(value, ("quad", "comma"))
            condition = _strip(condition, ("quad", "comma"))
            if not value:
                raise Unread("a case without a value", row[0].start)
            if not condition:
                raise Unread("a case without a condition", row[0].start)
            words = " ".join(t.text for t in value).lower().split()
            if words and set(words) <= NO_VALUE and words != ["does"]:
                rows.append((Nothing(), self.inner(condition).condition()))
                continue
            rows.append((self.whole(value, "side"), self.inner(condition).condition()))
        if not rows:
            raise Unread("cases without a row", token.start)
        return Cases(tuple(rows))

    def condition(self):
        """A condition: relations joined by "and", "or", commas, with words around them."""
        groups, joiners = [[]], []
        level = 0
        for token in self.tokens:
            level += (token.kind in ("lbrace", "open", "begin")) - (
                token.kind in ("rbrace", "close", "end")
            )
            words = token.text.lower().strip(" .,:;()").split() if token.kind == "text" else []
            if level == 0 and token.kind == "text":
                if any(w in ("otherwise", "else", "elsewhere") for w in words):
                    if any(groups):
                        raise Unread("otherwise stands beside another condition", token.start)
                    return self.close_condition(Otherwise())
                if words in (["and"], ["and", "if"]) or words == ["or"] or words == ["or", "if"]:
                    joiners.append(words[0])
                    groups.append([])
                elif words == ["else", "if"] or set(words) <= ANNOTATION_FILLERS:
                    continue
                else:
                    raise Unread(
                        f"the words {token.text.strip()!r} are not read in a condition", token.start
                    )
            elif level == 0 and (
                token.kind == "comma" or (token.kind == "op" and token.text in ("and", "or"))
            ):
                joiners.append("or" if token.text == "or" else "and")
                groups.append([])
            elif token.kind in ("quad", "amp", "colon") and level == 0:
                continue
            else:
                groups[-1].append(token)
        kept = [(g, joiners[k - 1] if k else "and") for k, g in enumerate(groups) if g]
        if not kept:
            self.fail("a condition is empty")
        ranged = self.index_condition([g for g, _ in kept])
        if ranged is not None:
            return self.close_condition(ranged)
        nodes = [self.relation(group) for group, _ in kept]
        kinds = {join for _, join in kept[1:]}
        if len(nodes) == 1:
            return self.close_condition(nodes[0])
        if kinds == {"and"}:
            return self.close_condition(And(tuple(nodes)))
        if kinds == {"or"}:
            return self.close_condition(Or(tuple(nodes)))
        raise Unread("and beside or in one condition is not read", self.tokens[0].start)

    def close_condition(self, node):
        self.position = len(self.tokens)
        return node

    @staticmethod
    def index_condition(groups):
        if len(groups) == 3 and len(groups[1]) == 1 and groups[1][0].kind == "dots":
            pieces = _with_ranges(
                [["text", "if", groups[0]], ["comma", "", groups[1]], ["comma", "", groups[2]]]
            )
            if len(pieces) == 1 and isinstance(pieces[0][2], Node):
                return pieces[0][2]
        return None

    def relation(self, tokens):
        r"""A chain of relations as one condition: ``-1 \\le x < 1``."""
        if (
            tokens[0].kind == "open"
            and tokens[0].text == "("
            and _matching(tokens, 0) == len(tokens) - 1
            and any(t.kind == "rel" for t in tokens)
        ):
            return self.inner(tokens[1:-1]).condition()
        sides, operators = _split_relations(tokens)
        if not operators:
            raise Unread("a condition without a relation", tokens[0].start)
        if not all(sides):
            raise Unread("one side of a condition is empty", tokens[0].start)
        nodes = [self.whole(side, "side") for side in sides]
        links = tuple(
            Relation(nodes[k], "=" if op == ":=" else op, nodes[k + 1])
            for k, op in enumerate(operators)
        )
        return links[0] if len(links) == 1 else And(links)

    def indicator(self):
        r"""``\\mathbb{1}[x > 0]``, ``\\mathbf{1}_{x > 0}``; a bold 1 alone is the vector of ones."""
        self.next()
        if self.at("sub"):
            saved = self.position
            self.next()
            group = self.argument_tokens()
            group = _unbraced(group)
            if any(t.kind == "rel" for t in group):
                return Indicator(self.inner(group).condition())
            self.position = saved
            self.fail("a subscript of 1 that is no condition")
        if self.iverson():
            return self.indicator_body()
        if self.at("open"):
            self.fail("an indicator without a condition")
        return Symbol("1", True)

    def indicator_body(self):
        return Indicator(self.inner(_unbraced(self.bracket_tokens())).condition())


class _Ready(Token):
    """A token that already carries its expression."""

    __slots__ = ("node",)


_END = Token("end of the formula", "", -1, -1)
_DOTS = Symbol("…")
NO_VALUE = {
    "undefined",
    "not",
    "defined",
    "does",
    "exist",
    "dne",
    "nonexistent",
    "no",
    "derivative",
    "none",
}
ANNOTATION_FILLERS = {
    "if", "for", "when", "where", "all", "any", "every", "whenever", "is", "real", "the", "case", "in",
    "on", "at", "as", "while", "provided", "that", "iff",
}  # fmt: skip


def _product(factors):
    if len(factors) == 1:
        return factors[0]
    return Multiply(tuple(factors))


def _numeric(node):
    return all(isinstance(n, Number | Constant | Divide | Multiply | Negate) for n in node.walk())


def _split_commas(tokens):
    parts, part, level = [], [], 0
    for token in tokens:
        level += (token.kind in ("lbrace", "open", "begin")) - (
            token.kind in ("rbrace", "close", "end")
        )
        if token.kind == "comma" and level == 0:
            parts.append(part)
            part = []
        elif token.kind != "quad":
            part.append(token)
    parts.append(part)
    return parts


def _split_case(row):
    """A case written without &: the value ends at a comma, a wide space or a word."""
    for place, (token, depth) in enumerate(_depths(row)):
        if depth == 0 and token.kind in ("comma", "quad", "text", "colon"):
            return row[:place], row[place:]
    return row, []


def _unbraced(tokens):
    while (
        tokens and tokens[0].kind in ("lbrace", "open") and _matching(tokens, 0) == len(tokens) - 1
    ):
        tokens = tokens[1:-1]
    return tokens


def _vectorial(node):
    """Whether a superscript T on this operand means the transpose."""
    if isinstance(node, Symbol):
        return node.bold or len(node.name) == 1
    return isinstance(
        node, Vector | Matrix | Listing | Add | Multiply | Apply | Derivative | Gradient
    )


def _differential(tokens):
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


def _differential_top(top, bottom):
    """(order, tokens of the body) if the numerator belongs to a derivative; otherwise None."""
    mark = bottom[0]
    if not top or (top[0].kind, top[0].text) != (mark.kind, mark.text):
        return None
    order, rest = 1, list(top[1:])
    if rest and rest[0].kind == "sup":
        if len(rest) >= 2 and rest[1].kind == "number":
            order, rest = int(rest[1].text), rest[2:]
        elif len(rest) >= 4 and rest[1].kind == "lbrace" and rest[2].kind == "number":
            order, rest = int(rest[2].text), rest[4:]
        else:
            return None
    if rest and rest[0].kind == "op":
        return None
    return order, rest


def _bottom_of(tokens, place):
    """The denominator's tokens of the fraction at this place (best effort)."""
    parser = Parser(tokens, None)
    parser.position = place + 1
    try:
        parser.argument_tokens()
        return parser.argument_tokens()
    except Unread:
        return []


def _is_label(group, names, name=""):
    """Whether a subscript only distinguishes names (``L_{sq}``) and is no index (``z_k``)."""
    if len(group) == 1:
        token = group[0]
        if token.kind == "number":
            return name not in names.families
        if token.kind == "letter" and not token.bold:
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
        if isinstance(a, Element) and isinstance(b, Element) and a.base == b.base:
            if len(a.indices) == len(b.indices):
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
