r"""Tokens to a tree of what is written: `notation.lark` read by an LALR parser.

To add a notation: a line in `notation.lark`, a method of the same name here that makes a node of
`tree`, and its meaning in `scope` (and, if it is a new operation, its value in `evaluate`).
"""

from pathlib import Path

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.lexer import Lexer

from . import tree as t
from .errors import Unread
from .layout import word_of

# Which terminal of the grammar a token is, where its kind alone does not tell.
TERMINALS = {"+": "PLUS", "-": "MINUS", "numerator": "NUMBER"}
CASE_WORDS = {"", "if", "for", "where", "and", "otherwise"}


class Given(Lexer):
    """Hands the tokens of `tokens` to Lark."""

    def __init__(self, conf):
        pass

    def lex(self, tokens):
        for k, token in enumerate(tokens):
            after = tokens[k + 1 : k + 2]
            if token.kind == "comma" and after and after[0].kind in ("row", "end"):
                continue  # the comma behind a case
            yield Token(self.kind(token, after), token, start_pos=token.at)

    @staticmethod
    def kind(token, after):
        if token.kind == "op":
            return TERMINALS.get(token.text, "TIMES")
        if token.kind == "big":
            bare = token.text in ("max", "min") and not (after and after[0].kind == "sub")
            return "BARE" if bare else "BIG"
        if token.kind == "begin":
            return "CASES" if token.text in ("cases", "dcases", "rcases") else "MATRIX"
        return TERMINALS.get(token.kind, token.kind.upper())


def whole(product):
    """A product as one node."""
    return product[0][1] if len(product) == 1 else t.Product(tuple(product), at=product[0][1].at)


def term(sign, product):
    """A product with its sign."""
    node = whole(product)
    return t.Negate(node, at=sign.value.at) if sign.type == "MINUS" else node


def marked(scripts, at):
    """(below, above) of the sub- and superscript of a name; a second one has no place."""
    if len({kind for kind, _ in scripts}) < len(scripts):
        raise Unread("two subscripts, or two superscripts: use braces", at)
    found = dict(scripts)
    return found.get("sub"), found.get("sup")


def nodes_in(parts):
    """What was read, without the tokens between."""
    return [part for part in parts if not isinstance(part, Token)]


@v_args(inline=True)
class Tree(Transformer):
    """One method for each rule; a product is a list of (sign, factor) until it is whole."""

    def listed(self, first, *rest):
        return t.Listed((first, *rest[1::2]), at=first.at) if rest else first

    def chain(self, first, *rest):
        if not rest:
            return first
        return t.Chain((first, *rest[1::2]), tuple(r.value.text for r in rest[::2]), at=first.at)

    def sum(self, *parts):
        first = [] if isinstance(parts[0], Token) else [whole(parts[0])]
        signed = parts[len(first) :]
        terms = [*first, *map(term, signed[::2], signed[1::2])]
        if not first and parts[0].type == "PLUS":
            terms[0] = t.Add((terms[0],), at=parts[0].value.at)
        return terms[0] if len(terms) == 1 else t.Add(tuple(terms), at=terms[0].at)

    def one(self, factor):
        return [("", factor)]

    def beside(self, first, operator, minus, rest):
        (_, second), *others = rest
        second = t.Negate(second, at=minus.value.at) if minus else second
        return [("", first), (operator.value.text if operator else "", second), *others]

    def operator(self, mark, *parts):
        *scripts, body = parts
        at = mark.value.at
        return t.Operator(mark.value.text, *marked(scripts, at), whole(body), at=at)

    def bare(self, mark, *scripts):
        return self.factor(t.Name(mark.value.text, "op", at=mark.value.at), *scripts)

    def integral(self, mark, *parts):
        *parts, _, name = parts
        scripts, at = [part for part in parts if isinstance(part, tuple)], mark.value.at
        body = parts[-1] if len(parts) > len(scripts) else t.Number("1")
        return t.Written(*marked(scripts, at), body, self.name(name), at=at)

    def factor(self, atom, *scripts):
        below, above = marked([s for s in scripts if s[0] in ("sub", "sup")], atom.at)
        primes = sum(count for kind, count in scripts if kind == "prime")
        if isinstance(atom, t.Group) and atom.opening == "." and scripts and not primes:
            return t.Bar(atom.items[0], below, above, at=atom.at)
        hanging = below is not None or above is not None or primes
        if hanging and isinstance(atom, t.Product | t.Add | t.Negate | t.Operator):  # {10x}^2
            raise Unread("braces are not seen, and what stands behind them is: brackets?", atom.at)
        return t.Script(atom, below, above, primes, at=atom.at) if hanging else atom

    def sub(self, _, node):
        return "sub", node

    def sup(self, _, node):
        factors = [f for _, f in node.factors] if isinstance(node, t.Product) else [node]
        primes = all(f == t.Name("prime", "sign") for f in factors)
        return ("prime", len(factors)) if primes else ("sup", node)

    def prime(self, mark):
        return "prime", int(mark.value.text)

    def braced(self, _, body, __):
        return body

    def nothing(self, brace, _):
        return t.Mark("", at=brace.value.at)

    def sign(self, *parts):
        token = parts[len(parts) // 2].value
        return t.Mark("dots" if token.kind == "dots" else token.text, at=token.at)

    def number(self, token):
        return t.Number(token.value.text, at=token.value.at)

    def name(self, token):
        return t.Name(token.value.text, token.value.style, at=token.value.at)

    def fraction(self, mark, top, bottom):
        return t.Fraction(top, bottom, at=mark.value.at)

    def root(self, mark, *parts):
        *degree, body = nodes_in(parts)
        return t.Root(body, *(degree or [t.Number("2")]), at=mark.value.at)

    def group(self, opening, inside, closing):
        items = t.items_of(inside)
        return t.Group(opening.value.text, items, closing.value.text, at=opening.value.at)

    def parted(self, opening, one, _, other, closing):
        """``p(a | b)`` is p of a and b."""
        return self.group(opening, t.Listed((one, other)), closing)

    def cases(self, mark, *parts):
        return t.Cases(tuple(nodes_in(parts)), at=mark.value.at)

    def case(self, value, *parts):
        if "otherwise" in self._words(parts):
            raise Unread("otherwise stands beside another condition", value.at)
        items = tuple(x for part in nodes_in(parts) for x in t.items_of(part))
        return value, items[0] if len(items) == 1 else t.Listed(items, at=value.at)

    def last_case(self, value, *parts):
        if "otherwise" not in self._words(parts):
            raise Unread("a case without a condition: write \\text{otherwise}", value.at)
        return value, t.Otherwise()

    @staticmethod
    def _words(parts):
        texts = [p.value for p in parts if isinstance(p, Token) and p.type == "TEXT"]
        for token in texts:
            if word_of(token) not in CASE_WORDS:
                words = token.text.strip()
                raise Unread(f"the words {words!r} are not read in a condition", token.at)
        return set(map(word_of, texts))

    def row(self, *parts):
        return tuple(nodes_in(parts))

    def matrix(self, mark, *parts):
        if mark.value.text.lower().startswith("v"):
            raise Unread("a determinant, or a norm of rows: write what it is", mark.value.at)
        return t.Matrix(tuple(nodes_in(parts)), at=mark.value.at)


PARSER = Lark(
    Path(__file__).with_name("notation.lark").read_text(encoding="utf-8"),
    parser="lalr", lexer=Given, start=["side", "listed"], transformer=Tree(),
)  # fmt: skip


def read(tokens, start="side"):
    """The tree of one side; with start ``listed`` of a condition, or of what stands below a sum."""
    if not tokens:
        raise Unread("one side is empty")
    try:
        return PARSER.parse(tokens, start=start)
    except UnexpectedInput as error:
        token = getattr(getattr(error, "token", None), "value", None)
        if not hasattr(token, "at"):
            raise Unread("the formula ends where something is missing", tokens[-1].end) from None
        accepts = set(getattr(error, "accepts", None) or ())
        advice = "something is missing before it"
        if "DIFF" in accepts:
            advice = "an integral ends with its dx"
        if token.kind in ("op", "rel") and "NAME" in accepts:
            advice = "write brackets, or what it acts on, before it"
        if token.kind == "text":
            advice = "a name is written \\mathrm{…}, and words stand behind the formula"
        near = [x.text for x in tokens[max(tokens.index(token) - 1, 0) :][:3]]
        if {"|", "_"} <= set(near):
            advice = "a value at a point is written \\left. … \\right|_{x = a}"
        shown = token.text.strip() or token.kind
        raise Unread(f"{shown} is not expected here: {advice}", token.at) from None
