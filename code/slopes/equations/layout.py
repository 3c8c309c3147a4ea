r"""A display as chains of relations: rows that go on are joined, and each chain has its conditions.

A row goes on the one above if it begins with a relation, with ``·`` or ``/``, or with + or − and has no
relation of its own, or if the row above is not finished. Every other row is a chain of its own.
Beside a chain, behind a wide space, a comma or a word, stands what restricts it: any relation
behind ``for``, ``if`` or ``where``, and without a word every relation but ``=``, ``:=`` and ``≈``,
which begin a chain of their own. So it is in the next column of a row, behind its second ``&``.
"""

import itertools
import re
from dataclasses import dataclass, field, replace

from .errors import Unread
from .tokens import CONDITIONAL, DEPTH, MOST, PAIRS, Token, tokenize

ALIGNING = {
    "aligned", "gathered", "align", "gather", "split", "equation", "alignedat", "alignat", "multline",
    "eqnarray",
}  # fmt: skip
RESTRICTS = ("for", "if", "where")
BREAKS = ("quad", "comma", "text", "column")
NUMBERED = ("name", "rel", "frac", "big")  # what a number in brackets before it may only count
SIZED = re.compile(r"(?:\\[bB]igg?[lm]?\s*)?\Z")


@dataclass
class Line:
    """One chain as token lists: its sides, its conditions; and the relations between its sides."""

    sides: list
    operators: list
    conditions: list = field(default_factory=list)
    at: int = 0

    def texts(self, latex):
        r"""Its sides, as they are written: with the \bigl of a first bracket, which is no token."""
        starts = [SIZED.search(latex, 0, s[0].at).start() if s else 0 for s in self.sides]
        return [latex[k : s[-1].end] if s else "" for k, s in zip(starts, self.sides, strict=True)]


def lines(tokens):
    """The chains of a display, in order."""
    result, above = [], []  # what a row can go on: of the first column, but where nothing is in it
    whole = any(x.kind == "begin" and x.text.startswith("eqnarray") for x in tokens)
    for row in filter(None, split(_unwrapped(tokens), ("row",))[0]):
        row = row if whole else _columned(row)
        (head, *_), marks = split(row, ("column",))
        begun, later = len(result), {x.kind for x in head} <= {"amp", "quad"}
        _take_row(row, (result if later else above)[-1:], result)
        above += (x for x in result[begun:] if not marks or x.at < marks[0].at)
    return result


def _columned(row):
    """The row with the second & of each equation, unless behind a relation, as a mark of columns."""
    (result, *parts), marks = split(row, ("amp",))
    aligned = False
    for mark, part in zip(marks, parts, strict=True):
        aligned = not aligned or [x.kind for x in result[-1:]] == ["rel"]
        if not aligned and part and part[0].kind == "op":
            raise Unread("which column goes on here? write && before the sign", mark.at)
        result += [mark if aligned else replace(mark, kind="column"), *part]
    return result


def word_of(token):
    """What a piece of text says, without its punctuation."""
    return token.text.strip().strip(",.;:").strip().lower()


def split(tokens, kinds):
    """Parts between the tokens of some kinds on the outermost level, and these tokens."""
    parts, marks, level = [[]], [], 0
    for token in tokens:
        level += DEPTH.get(token.kind, 0)
        if level == 0 and token.kind in kinds:
            marks.append(token)
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, marks


def openings(latex):
    """(left side, = or :=) of all that could define in a formula that cannot be read.

    An = in a bracket, in a range, behind a relation or behind a word that restricts does not.
    """
    found = tokenize(latex[:MOST], strict=False)
    beside = ("rel" in [x.kind for x in found[max(k - 1, 0) : k + 2]] for k in range(len(found)))
    tokens = [x for x, by in zip(found, beside, strict=True) if not (by and x.kind == "amp")]
    starts = [0]  # of a side in each open bracket
    for place, token in enumerate(tokens):
        if token.kind in PAIRS:
            starts.append(place + 1)
        elif token.kind in DEPTH:
            starts = starts[:-1] or [0]
        elif token.kind in (*BREAKS, "row", "rel", "amp"):
            begins, starts[-1] = starts[-1], place + 1
            before = tokens[begins - 1] if begins else Token("row", "", 0, 0)
            claims = before.kind in ("open", "lbrace", "rel") or word_of(before) in RESTRICTS
            ranged = "comma dots" in " ".join(x.kind for x in tokens[place : place + 6])
            if token.text == ":=" or (token.text == "=" and not claims and not ranged):
                yield tokens[begins:place], token.text


def _unwrapped(tokens):
    """The rows inside an environment that only aligns, or inside braces (a box) around it all."""
    while tokens and (tokens[0].kind == "lbrace" or tokens[0].text.rstrip("*") in ALIGNING):
        levels = itertools.accumulate(DEPTH.get(token.kind, 0) for token in tokens)
        end = next(place for place, level in enumerate(levels) if level == 0)
        if end < len(tokens) - 1 and tokens[0].kind == "lbrace":
            return tokens
        if end < len(tokens) - 1:
            raise Unread("something stands behind the end of an environment", tokens[end + 1].at)
        tokens = tokens[1:-1]
    return tokens


def _take_row(row, above, result):
    """Add one row to the chains: as a new one, or as the rest of the one above."""
    indented = row[0].kind in ("amp", "quad")
    row = _within(row)
    while row and row[0].kind in ("quad", "column"):
        row = row[1:]
    while row and row[-1].kind in ("quad", "comma", "column"):
        row = row[:-1]
    if not row:
        return
    head = "".join(x.text for x in row[:3])
    if re.fullmatch(r"\(\d+\)", head) and row[3:] and row[3].kind in NUMBERED:
        raise Unread(f"is {head} the number of the line? write \\tag", row[0].at)
    last = above[0] if above and _goes_on(row, indented, *above) else None
    if last and last.operators and not last.sides[-1] and row[0].kind == "rel":
        raise Unread("a relation ends a row and begins the next: write it once", row[0].at)
    segments = _parted(row)
    line = _chain(segments[0][1])
    if last:
        last.sides[-1:] = [last.sides[-1] + line.sides[0], *line.sides[1:]]
        last.operators += line.operators
    else:
        result.append(line)
    _add_segments(segments[1:], last or result[-1], result)


def _within(row):
    """The row without alignment marks, and without breaks in its brackets; tables keep theirs."""
    level, tables, kept = 0, 0, []
    for token in row:
        level += DEPTH.get(token.kind, 0)
        tables += (token.kind == "begin") - (token.kind == "end")
        aligns = token.kind == "amp" or (level and token.kind in ("row", "quad"))
        if tables or not aligns:
            kept.append(token)
    return kept


def _goes_on(row, indented, last):
    """Whether a row belongs to the chain above it."""
    first = row[0]
    if first.kind == "rel" or not last.sides[-1] or not last.operators:
        return True
    signed, relates = first.text in ("+", "-"), len(split(row, ("rel",))[0]) > 1
    if signed and indented and relates:
        raise Unread("this row begins with a sign and has a relation: begin it with it", first.at)
    return first.kind == "op" and not (signed and relates)


def _parted(row):
    """Segments (word, tokens): what stands between wide spaces, commas and words."""
    segments, word, level = [["", []]], "", 0
    for place, token in enumerate(row):
        level += DEPTH.get(token.kind, 0)
        around = row[max(place - 1, 0) : place + 2]
        kinds = [x.kind for x in around]
        ranged = token.kind == "comma" and "dots" in kinds  # i = 1, …, n
        if level == 0 and token.kind in BREAKS and not ranged:
            if token.kind == "text":
                _refuse_hidden(token, row[place + 1 : place + 2])
                word = word_of(token)
                side = split(segments[-1][1], ("rel",))[0][-1]
                has, after = ({x.kind for x in y} for y in (side, row[place + 1 : place + 2]))
                number = "number" in has and "name" not in has and word not in CONDITIONAL
                if number and after <= {"rel", *BREAKS} and word[:1].isalpha():
                    segments[-1][1][-1] = replace(side[-1], style=word)  # a unit
            joined = all(x.end == y.at for x, y in itertools.pairwise(around))
            if joined and kinds == ["number", "comma", "number"]:
                raise Unread("a comma in a number? a point, or a space behind it", token.at)
            if segments[-1][1]:
                segments.append([word, []])
            elif token.kind == "text" or not segments[-1][0]:
                segments[-1][0] = word if len(segments) > 1 else ""
        else:
            segments[-1][1].append(token)
            word = ""
    return [segments[0], *(s for s in segments[1:] if s[1])]


def _refuse_hidden(token, after):
    """A formula or a name that is set as words is not read, and must not look as if it were."""
    if any(mark in token.text for mark in "=<>≤≥≠$"):
        raise Unread("a relation set as words is not read: end the text before it", token.at)
    glued = after and after[0].kind in ("open", "sub", "sup", "prime") and after[0].at == token.end
    if glued and token.text[-1:].isalnum():
        raise Unread("a name set as words: write it with \\operatorname", token.at)


def _chain(tokens):
    sides, marks = split(tokens, ("rel",))
    return Line(sides, [m.text for m in marks], at=next((x.at for x in tokens), 0))


def _add_segments(segments, target, result):
    """What stands beside a chain: conditions, and further chains."""
    pending, told = [], ""  # the "a," of "a, b > 0"; the word before
    for word, tokens in segments:
        line = _chain(tokens)
        told = told if word == "and" else word
        if not line.operators:
            pending += [*tokens, Token("comma", ",", tokens[-1].end, tokens[-1].end)]
            continue
        ranged = len(split(tokens, ("comma",))[0]) > 1
        if line.operators[0] in ("=", ":=", "~") and told not in RESTRICTS and not ranged:
            if pending:
                break
            above = "".join(x.text for side in target.sides for x in side)
            if above and not target.operators and not re.fullmatch(r"\(\w+\)", above):
                raise Unread("stands beside a relation and belongs to none", target.at)
            target, told = line, ""
            result.append(target)
            continue
        if told and told not in RESTRICTS:
            reason = f"a condition behind {told!r}: only for, if and where are read"
            raise Unread(reason, tokens[0].at)
        target.conditions.append(pending + tokens)
        pending = []
    if pending:
        raise Unread("stands beside a relation and belongs to none", pending[0].at)
