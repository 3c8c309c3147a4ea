"""Finding one's way among tokens: brackets, commas, rows, relations."""

from .errors import Unread
from .lexer import Token
from .tree import Constant, Divide, IndexRange, Multiply, Negate, Number, Symbol


def depths(tokens):
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


def split_at(tokens, kind):
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


def matching(tokens, index):
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


def stripped(tokens, kinds):
    tokens = list(tokens)
    while tokens and tokens[0].kind in kinds:
        tokens.pop(0)
    while tokens and tokens[-1].kind in kinds:
        tokens.pop()
    return tokens


def ends_open(tokens):
    last = tokens[-1] if tokens else None
    return last is not None and (last.kind == "rel" or (last.kind == "op" and last.text in "+-*/"))


def is_number_tag(tokens):
    """An equation number set by hand: (4.1), (a), (*)."""
    inside = [t.kind for t in tokens[1:-1]]
    if len(inside) == 1 and (inside == ["letter"] or tokens[1].text in ("*", "star")):
        inside = ["number"]
    return (
        len(tokens) >= 3
        and tokens[0].text == "("
        and tokens[-1].text == ")"
        and all(kind in ("number", "prime") for kind in inside)
        and bool(inside)
    )


def is_mathematical(tokens):
    return any(t.kind in ("letter", "number", "function", "name", "frac", "big") for t in tokens)


def split_relations(tokens):
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


def split_commas(tokens):
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


def unbraced(tokens):
    while (
        tokens and tokens[0].kind in ("lbrace", "open") and matching(tokens, 0) == len(tokens) - 1
    ):
        tokens = tokens[1:-1]
    return tokens


def with_ranges(pieces):
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
            and any(stripped(p[2], ("comma",)) and p[2][0].kind == "dots" for p in after[:2])
        ):
            stop = next(k for k, p in enumerate(after) if p[2] and p[2][0].kind == "dots")
            if stop + 1 < len(after) and len(after[stop + 1][2]) == 1:
                last = after[stop + 1][2][0]
                upper = Number(last.text) if last.kind == "number" else Symbol(last.text)
                node = IndexRange(tokens[0].text, Number(tokens[-1].text), upper)
                result.append([separator, cue or "for", node])
                index += stop + 3
                continue
        if plain and after and after[0][0] == "comma" and after[0][2]:
            follow = after[0][2]
            while len(follow) == 1 and follow[0].kind == "letter" and len(after) > 1:
                after = after[1:]
                follow = after[0][2]
            names = [t for t in follow if t.kind == "rel"]
            if separator == "row" and names and names[0].text in ("=", ":="):
                names = []  # "a, b = c" says nothing that is certain about a
            if names and follow[0].kind == "letter":
                copy = [tokens[0], *follow[1:]]
                result.append([separator, cue or "for", copy])
                index += 1
                continue
        if texts != ["dots"]:
            result.append([separator, cue, tokens])
        index += 1
    return result


class Ready(Token):
    """A token that already carries its expression."""

    __slots__ = ("node",)


END = Token("end of the formula", "", -1, -1)
DOTS = Symbol("…")


def product(factors):
    if len(factors) == 1:
        return factors[0]
    return Multiply(tuple(factors))


def is_numeric(node):
    return all(isinstance(n, Number | Constant | Divide | Multiply | Negate) for n in node.walk())
