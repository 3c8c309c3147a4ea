"""The layout of a display: rows, columns, side remarks, chains of relations."""

import re
from dataclasses import dataclass, field, replace

from .errors import Unread
from .groups import (
    depths,
    ends_open,
    is_mathematical,
    is_number_tag,
    matching,
    split_at,
    split_relations,
    stripped,
    with_ranges,
)
from .lexer import Token, tokenize_with_notes
from .parser import Parser
from .tree import Node, Symbol

ROW_ENVIRONMENTS = {
    "align", "aligned", "gather", "gathered", "equation", "split", "eqnarray", "multline", "multlined",
    "displaymath", "math", "alignat", "alignedat", "flalign", "array", "subequations",
}  # fmt: skip


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
    note: bool = False  # it is a note at a brace
    guessed: bool = False  # and what it has to do with the brace is not said by a sign
    error: Unread | None = None  # why it is not understood
    named: bool = False  # "=: u": the last side gets its name here
    where: list = field(default_factory=list)  # where the variable goes, set on an arrow


def read_display(latex, names, lenient=False):
    """Read displayed LaTeX into statements.

    Parameters
    ----------
    latex : str
    names : object with ``is_call(name, inside)``
        Tells whether ``name(…)`` is a value of a function; `inside` are the tokens between the
        brackets.
    lenient : bool
        Give an equation that is not understood as a statement with its `error`, and read the others.

    Raises
    ------
    Unread
    """
    tokens, notes = tokenize_with_notes(latex)
    return _Display(latex, names, notes, lenient).read(tokens)


def both_signs(tokens):
    r"""The two equations in ``\\tanh(\\pm x) = \\pm\\tanh x``; None if the left has no sign."""
    sides, operators = split_relations(tokens)
    signed = [any(t.text in ("pm", "mp") for t in side) for side in sides]
    if not operators or not signed[0]:
        return None
    result = []
    for upper, lower in (("+", "-"), ("-", "+")):
        signs = {"pm": upper, "mp": lower}
        result.append(
            [replace(t, kind="op", text=signs[t.text]) if t.text in signs else t for t in tokens]
        )
    return result


def is_box(tokens):
    r"""Whether braces embrace whole relations: ``\boxed{a = b}``."""
    return (
        len(tokens) > 2
        and tokens[0].kind == "lbrace"
        and matching(tokens, 0) == len(tokens) - 1
        and any(t.kind == "rel" and d == 0 for t, d in depths(tokens[1:-1]))
    )


class _Display:
    def __init__(self, latex, names, notes=(), lenient=False):
        self.lenient = lenient
        self.latex = latex
        self.names = names
        self.notes = list(notes)

    def read(self, tokens):
        statements = []
        for row in self.rows(tokens):
            start, notes = len(statements), list(self.notes)
            try:
                self.read_row(row, statements)
            except Unread as error:
                if not self.lenient:
                    raise
                self.notes = notes
                del statements[start:]
                self.read_apart(row, statements, error)
        return statements

    def read_row(self, row, statements):
        for piece in self.pieces(row):
            start = len(statements)
            self.read_piece(piece, statements)
            self.read_notes(piece[2], statements, start)

    def read_apart(self, row, statements, error):
        """Read the equations of a row one by one, and keep the errors of those that are not read.

        What is no equation may be a condition of its neighbours: then none of them can be judged.
        """
        pieces = self.pieces(row)
        start = len(statements)
        for place, piece in enumerate(pieces):
            try:
                before = len(statements)
                self.read_piece(piece, statements)
                self.read_notes(piece[2], statements, before)
            except Unread as inner:
                tokens = piece[2] if not isinstance(piece[2], Node) else []
                equation = any(t.kind == "rel" and t.text in ("=", ":=") for t in tokens)
                if not equation or piece[1]:
                    del statements[start:]
                    statements.append(self.unread(row, error, "row"))
                    return
                del statements[before:]
                statements.append(self.unread(tokens, inner, piece[0] if place else "row"))

    def unread(self, tokens, error, separator):
        latex = " ".join(self.latex[tokens[0].start : tokens[-1].end].split())
        side = Side(Symbol("?"), latex, tokens[0].start)
        return Statement([side], [], separator, error=error)

    def read_notes(self, tokens, statements, start):
        """The notes above and below the parts of what was just read: claims and conditions.

        A name at a brace comes first, since what follows may use it.
        """
        if isinstance(tokens, Node) or not tokens:
            return
        here = [n for n in self.notes if tokens[0].start <= n.start <= tokens[-1].end]
        self.notes = [n for n in self.notes if n not in here]
        for note in here:
            if note.kind == "arrow":
                self.read_arrow(note, statements)
                continue
            if is_number_tag(note.tokens) or any(t.kind == "dots" for t in note.body):
                continue  # a number for later reference; how many terms the dots stand for
            groups, operators = split_relations(note.tokens)
            if groups[0] and operators:
                raise Unread("a note at a brace that is a relation itself", note.start)
            groups = [list(note.body), *(groups[1:] if operators else groups)]
            if not all(groups):
                raise Unread("one side of a relation is empty", note.start)
            sides = [self.side(group) for group in groups]
            made = Statement(sides, operators or ["="], "quad", note=True)
            if operators or start == len(statements):
                statements.append(made)
            else:
                made.separator, statements[start].separator = statements[start].separator, "quad"
                made.guessed = True
                statements.insert(start, made)

    def read_arrow(self, note, statements):
        """Where the variable goes, set on an arrow: it belongs to what the arrow stands in."""
        groups, operators = split_relations(note.tokens)
        if operators and (operators != ["to"] or not all(groups) or not statements):
            raise Unread("a note at an arrow is read as x \\to a", note.start)
        if operators:
            sides = [self.side(group) for group in groups]
            statements[-1].where.append(Statement(sides, operators))

    def rows(self, tokens):
        """The rows of the (nested) alignment environments; broken lines are joined."""
        rows = []
        for row in split_at(self.unwrapped(tokens), "newline"):
            row = self.unwrapped(row)
            if len(split_at(row, "newline")) > 1:
                rows.extend(self.rows(row))
                continue
            lead = [t for t in row if t.kind not in ("amp", "quad")]
            own = row and row[0].text == "-" and any(
                t.kind == "rel" and d == 0 for t, d in depths(row)
            )  # -a = b: an equation that begins with minus  # fmt: skip
            if (rows and not own and lead and lead[0].kind == "op" and lead[0].text in "+-*/") or (
                rows and lead and ends_open(rows[-1])
            ):
                rows[-1] = rows[-1] + lead
            elif lead:
                rows.append(row)
        return rows

    def unwrapped(self, tokens):
        while True:
            tokens = stripped(tokens, ("quad", "newline"))
            framed = len(tokens) > 2 and tokens[0].kind == "lbrace" and tokens[1].kind == "begin"
            if framed and matching(tokens, 0) == len(tokens) - 1:
                tokens = tokens[1:-1]
                continue
            if not tokens or tokens[0].kind != "begin" or tokens[0].text not in ROW_ENVIRONMENTS:
                return tokens
            end = matching(tokens, 0)
            rest = stripped(tokens[end + 1 :], ("quad", "comma", "newline"))
            if rest and not is_number_tag(rest):
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
        levels = list(depths(row))
        while index < len(row):
            token, depth = levels[index]
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
                end = matching(row, index)
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
            end = matching(row, index)
        except Unread:
            return False
        after = row[end + 1].kind if end + 1 < len(row) else "quad"
        if row[index].text == "[" and after in ("op", "rel", "open", "letter", "number"):
            return False  # Iverson's bracket: [x > 0] + [x ≤ 0] = 1
        return any(t.kind == "rel" and d == 0 for t, d in depths(row[index + 1 : end]))

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
                    or ends_open(result[-1][2])
                )
            )
            if joins:
                result[-1][2] = result[-1][2] + tokens
            else:
                result.append([separator, cue, tokens])
        return with_ranges(result)

    def read_piece(self, piece, statements):
        separator, cue, tokens = piece
        if isinstance(tokens, Node):
            statements.append(Statement([Side(tokens, "", 0)], [], separator, cue or "for"))
            return
        tokens = stripped(tokens, ("quad", "amp", "colon"))
        if is_box(tokens):
            for inner in self.rows(tokens[1:-1]):
                for place, (mark, words, group) in enumerate(self.pieces(inner)):
                    first = place == 0 and not words
                    here = (separator, cue) if first else (mark, words)
                    self.read_piece((*here, group), statements)
            return
        while tokens and tokens[0].kind == "forall":
            tokens, cue = tokens[1:], cue or "for all"
        if not tokens or is_number_tag(tokens):
            return
        unknown = next((t for t in tokens if t.kind == "unknown"), None)
        if unknown is not None:
            raise Unread(unknown.text, unknown.start)
        if any(t.text in ("pm", "mp") for t in tokens) and tokens[0].kind != "rel":
            signed = both_signs(tokens)
            if signed is not None:
                self.read_piece((separator, cue, signed[0]), statements)
                self.read_piece(("comma", "", signed[1]), statements)
                return
        groups, operators = split_relations(tokens)
        named = operators[-1:] == ["=:"]
        operators = ["=" if op == "=:" else op for op in operators]
        continues = not groups[0]
        if continues:
            groups = groups[1:]
        if not groups or not all(groups):
            place = tokens[-1] if tokens else None
            raise Unread("one side of a relation is empty", place.start if place else None)
        if not operators and not continues:
            if cue and not is_mathematical(tokens):
                return
            sides = [self.side(tokens)] if not cue else self.loose(tokens)
            if sides:
                statements.append(Statement(sides, [], separator, cue))
            return
        sides = [self.side(group) for group in groups]
        statements.append(Statement(sides, operators, separator, cue, continues, named=named))

    def loose(self, tokens):
        """An expression in an annotation (by the chain rule with u): reading it is not required."""
        try:
            return [self.side(tokens)]
        except Unread:
            return []

    def written(self, tokens):
        r"""The tokens as the display writes them, with a ``\\mathbf{…}`` at either end entire."""
        start, end = tokens[0].start, tokens[-1].end
        text = self.latex[start:end]
        while text.count("{") > text.count("}") and self.latex[end : end + 1] == "}":
            end += 1
            text = self.latex[start:end]
        style = re.search(r"\\[A-Za-z]+\{$", self.latex[:start])
        if style and self.latex[end : end + 1] == "}" and text.count("{") == text.count("}"):
            start, end = style.start(), end + 1
        elif style and text.count("}") == text.count("{") + 1:
            start = style.start()  # \mathbf{W} \mathbf{x}: the first brace closes inside
        return " ".join(self.latex[start:end].split())

    def side(self, tokens):
        parser = Parser(tokens, self.names)
        node = parser.side()
        parser.expect_end()
        side = Side(node, self.written(tokens), tokens[0].start)
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
