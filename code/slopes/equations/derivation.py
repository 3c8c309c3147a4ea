r"""Checking a derivation that a student typed, line by line, with a hint about the first wrong step."""

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise, product, takewhile, zip_longest
from operator import itemgetter

from ..wording import derivation_html
from . import layout
from . import tree as t
from .decide import BUDGET
from .errors import TooMuch, Unread
from .grammar import read
from .markdown import Item
from .numbers import Work
from .page import PageReader, as_words
from .report import explained
from .slips import hint, negative, put_in
from .tokens import tokenize

MAX_LINES = 60
AND = re.compile(r"\s*\\text\s*\{\s*and\s*\}\s*|\s+and\s+")
ZERO, ONE = t.Number("0"), t.Number("1")
ALONE = "it has no relation, and no line goes on from it: is an = missing?"
PROVED = ("=", ":=")  # the relations that lead on from the left side of a claim
WRONG = {
    "refuted": "does not hold",
    "conditional": "does not hold everywhere",
    "unread": "is not understood",
    "undecided": "cannot be decided",
}


@dataclass
class Line:
    """One line of a derivation.

    Its `kind` is that of a verdict, 'start' (an expression to begin with) or 'open' (it goes on from a
    line that is not understood, and is not looked at); `rule` is the comment behind it, and `hint` the
    kind of slip that would explain a wrong line, where that can be told.
    """

    latex: str
    rule: str = ""
    kind: str = "start"
    reason: str = ""
    hint: str = ""
    links: list = field(default_factory=list)


@dataclass(repr=False)
class Derivation:
    """The verdict on a derivation: true in a condition if every step holds.

    `missing` says what is missing for the claim that was to be proved, and `gap` of which kind that is:
    'steps' (it arrives in too few), 'end' (it does not arrive), 'claim' (it says no more than the
    claim), 'none' (it says nothing), 'form' (it may prove it, but does not lead from side to side).
    `reached` is the number of steps that hold on the way from the side of the claim it begins with,
    `held` the number of all that hold, wherever they stand.
    """

    lines: list
    missing: str = ""
    gap: str = ""
    reached: int = 0
    held: int = 0

    @property
    def first_wrong(self):
        """(number, line) of the first line that is not in order, or None."""
        return next(((k, line) for k, line in enumerate(self.lines, 1) if line.kind in WRONG), None)

    @property
    def ok(self):
        """Whether every step holds, and what was to be shown is shown."""
        return bool(self.lines) and self.first_wrong is None and not self.missing

    def __bool__(self):
        return self.ok

    def __str__(self):
        if not self.lines:
            return "there is no line to check"
        if self.first_wrong is not None:
            number, line = self.first_wrong
            hint = f". {line.hint}" if line.hint else ""
            return f"line {number} {WRONG[line.kind]}: {line.reason}{hint}"
        if self.missing:
            return f"every step holds, but {self.missing}"
        steps = [line.kind for line in self.lines].count("verified")
        few = ("nothing was claimed yet", "the step holds")
        return few[steps] if steps < len(few) else f"all {steps} steps hold"

    def __repr__(self):
        rows = []
        for number, line in enumerate(self.lines, 1):
            rule = f"   ({line.rule})" if line.rule else ""
            rows.append(f"{number:2d}  {line.kind:11}  {line.latex}{rule}")
        return "\n".join([*rows, str(self)])

    def _repr_html_(self):
        judged = ["" if x.kind in ("start", "open") else x.kind for x in self.lines]
        rows = [(x.latex, x.rule, kind) for x, kind in zip(self.lines, judged, strict=True)]
        state = "right" if self.ok else "wrong" if self.first_wrong else "open"
        return derivation_html(rows, state, str(self))


def check_derivation(steps, *, given=(), proves=None, least=1, hints=True):
    r"""Check a derivation line by line.

    Parameters
    ----------
    steps : str or list of str
        One step a line, in LaTeX (use a raw string). A line that begins with ``=`` goes on from the
        line above. A comment after ``%`` names the rule; it is shown and not judged.
    given : str or list of str, optional
        What a Let would hold, one item a line: definitions (``r"f(x) := \max(0, x)"``), assumptions
        (``"0 < a < 1"``, ``r"\sum_{j=1}^{n} y_j = 1"``), shapes, and ``"f, g be smooth"``. A step
        may not give these names another meaning.
    proves : str, optional
        An equality that the derivation must arrive at: its lines have to lead from one of its sides
        to the other, in either direction. A line that begins as the one above did goes on from there.
    least : int, optional
        How many steps must change something on the way to `proves`. Adding 0 or what cancels (+ 1
        - 1), multiplying by 1, another order, the claim itself, and another way to write the
        derivative change nothing. The last side may be the claim's right one in another form, that
        is, by algebra alone whatever its functions are; the first without a derivative may not.
    hints : bool, optional
        Whether a wrong line gets a hint.

    Returns
    -------
    Derivation
        True in a condition if every step holds. A wrong line is an answer: nothing is raised.

    Raises
    ------
    ValueError
        If `given` or `proves` is not understood.

    Examples
    --------
    >>> steps = r'''
    ... f'(x) = \frac{d}{dx} (1 + x^2)^3
    ...       = 3 (1 + x^2)^2                % power rule
    ... '''
    >>> print(check_derivation(steps, given=r"f(x) := (1 + x^2)^3"))
    line 2 does not hold: ... It looks like a lost inner derivative (chain rule): ...
    """
    reader = prepared(given)
    goal = claim(proves) if proves is not None else None
    texts, written = split_lines(steps), Written()
    lines = [check_line(reader, written, *text, hints) for text in texts[:MAX_LINES]]
    if len(texts) > MAX_LINES:
        lines.append(Line(texts[MAX_LINES][0], "", "unread", f"more than {MAX_LINES} lines"))
    for line, after in zip_longest(lines[1:], lines[2:]):  # the first may stand alone: it begins
        if line.kind == "start" and not goes_on(line, after):
            line.kind, line.reason = "unread", ALONE
    if goal is None:
        return Derivation(lines)
    with suppress(Unread):  # it speaks of a name that nothing defines: then no line has reached it
        reader.prepare(goal)
        goal = tuple(meant(reader, goal))
    return Derivation(lines, *what_is_missing(reader, written, goal, given, proves, least))


@dataclass
class Written:
    """What was written so far: the last side, from which the next line may go on, and all chains."""

    text: str | None = ""  # None where that line was not understood
    sides: dict = field(default_factory=dict)  # each with its LaTeX
    chains: list = field(default_factory=list)  # (sides, relations, whether it holds)


def split_lines(steps):
    """(latex, rule) for each line that says something; an environment is one line."""
    result, begun = [], ""
    for line in steps.splitlines() if isinstance(steps, str) else steps:
        line = begun + line
        begun = line + " " if line.count("\\begin{") > line.count("\\end{") else ""
        latex, rule = re.match(r"((?:[^%\\]|\\.)*)%?(.*)", line.strip(), re.S).groups()
        latex = re.sub(r"^\s*(\$\$|\\\[|&)|(\$\$|\\\]|\\\\)\s*$", "", latex.strip()).strip()
        latex = as_words(re.sub(r"^&\s*", "", latex))
        if latex and not begun:
            result.append((latex, rule.strip()))
    return [*result, (as_words(begun), "")] if begun else result


def prepared(given):
    """A page reader that knows what is given: each line is a Let."""
    reader = PageReader(keep=True)
    for latex, _ in split_lines(given):
        smooth = re.fullmatch(r"(.*?)\s*\\?,?\s*(?:\\text\s*\{\s*be smooth\s*\}|be smooth)", latex)
        formulas = tuple(AND.split(smooth[1] if smooth else latex))
        item = Item("let", "", formulas=formulas, smooth=bool(smooth))
        for equation in reader.let(item):
            reason = equation.links[0].verdict.reason
            raise ValueError(f"given: {latex!r} is not understood: {reason}")
    return reader


def claim(latex):
    """The two sides of what is to be proved, as they are written."""
    try:
        lines = layout.lines(tokenize(latex))
        if len(lines) == 1 and lines[0].operators == ["="]:
            return tuple(map(read, lines[0].sides))
    except Unread as error:
        raise ValueError(f"proves: {latex!r} is not understood: {error.message}") from error
    raise ValueError("proves: one equality is needed")


def written_sides(proves):
    """The two sides of what is to be proved, as text."""
    return re.split(r"(?<![<>!:])=", proves, maxsplit=1)


def check_line(reader, written, latex, rule, hints):
    line, text = Line(latex, rule), latex
    try:
        tokens = tokenize(text)
        found = layout.lines(tokens)
        if found and found[0].operators and not found[0].sides[0]:
            if written.text is None:
                reason = "goes on from a line that is not understood"
                return replace(line, kind="open", reason=reason)
            if not written.text:
                raise Unread("begins with a relation, and nothing stands before it")
            begins = next(token.at for token in tokens if token.kind == "rel")
            text = f"{latex[:begins]}{written.text} {latex[begins:]}"
            found = layout.lines(tokenize(text))
        for part in found:  # one without a relation begins: "so" does not
            letters = t.factors_of(read(part.sides[0])) if not part.operators else ()
            if all(map(t.is_name, letters)):
                reader.scope.refuse_spelled(letters, most=1)
            if len(found) > 1 and not part.operators:
                raise Unread(ALONE, part.at)
    except Unread as error:
        reader.lose(layout.openings(text))
        written.text = None
        return replace(line, kind="unread", reason=error.in_place(text))
    work = Work(BUDGET)
    for part in found:
        links = reader.chain(part, text, work)
        remember(reader, written, part, text, not any(x.verdict.kind in WRONG for x in links))
        line.links += links
    if line.links:  # the first one that is not in order tells the verdict
        order = (*WRONG, "verified", "defined")
        first = min(line.links, key=lambda link: order.index(link.verdict.kind))
        line.kind, line.reason = first.verdict.kind, explained(first.verdict, advice=False)
        line.hint = hint(first) if line.kind in WRONG and hints else ""
    written.text = None if line.kind == "unread" else written.text
    return line


def goes_on(line, after):
    """Whether a line begins with a relation or with what the one above it holds, as far as is told."""
    if after is None or after.kind == "start":
        return False
    return after.kind in ("unread", "open") or after.links[0].left == line.latex.rstrip(" ,;.")


def remember(reader, written, part, text, holds):
    """Note a chain and its sides, the last of which the next line may go on from."""
    texts = part.texts(text)
    written.text = texts[-1] or written.text
    with suppress(Unread):
        sides = meant(reader, map(read, part.sides))
        for side, latex in zip(sides, texts, strict=True):
            written.sides.pop(side, None)
            written.sides[side] = latex
        written.chains.append((sides, part.operators, holds))


def steps_of(chains, goal):
    """The sides of each equality that holds. A chain goes on from one that begins as it does.

    None does from the claim itself, which says what is to be shown.
    """
    begun, last, steps = {}, None, {}
    for (first, *others), signs, holds in chains:
        at = first if first == last else begun.get(first, first)
        first = next((k for k, far in begun.items() if first == last == far), first)
        last = others[-1] if others else first
        if holds and set(signs) <= set(PROVED):
            begun |= {first: last} if {at, *others} != set(goal) else {}
            steps |= {frozenset(pair): pair for pair in pairwise((at, *others)) if len({*pair}) > 1}
    return steps


def what_is_missing(reader, written, goal, given, proves, least):
    """Why a derivation does not prove the claim, though right; how many steps it takes, and has."""
    table, chains = reader.meaning.table, written.chains
    known = {x for x in goal for y in written.sides if x == y or is_same(x, y, table)}
    same = {frozenset(p): p for p in product(goal, written.sides) if is_same(*p, table)}
    steps = same | steps_of(chains, goal)
    above = same | steps_of(takewhile(itemgetter(2), chains), goal)  # the first wrong line
    ways = ways_from(above, goal[::-1] if known == {goal[1]} else goal)
    worked = {side: sum(not is_whole(x) for x in way[1:]) for side, way in ways.items()}
    end, gap, missing = where_it_ends(written, steps, goal, ways, given, proves, table)
    reached = worked[end] if end in worked else max(worked.values())
    if not gap and reached < least:
        gap = "form" if beside(steps, goal, ways[end]) else "steps" if reached > 1 else "claim"
        missing = f"{least} steps are asked for, and from one side to the other it takes {reached}"
    return missing, gap, reached, all_worked(steps, goal)


def where_it_ends(written, steps, goal, ways, given, proves, table):
    """The last side, and why the lines do not join the claim's sides: (side, kind, what)."""
    left, right = map(as_words, written_sides(proves))
    end = goal[1] if goal[1] in ways else next(reversed(written.sides), None)
    left_names, right_names = ({n.name for n in x.walk() if hasattr(n, "name")} for x in goal)
    arrives = goal[0] in ways and end in ways
    if arrives and (end == goal[1] or is_claimed(written, end, given, right, right_names)):
        early, any_names = without_rule(ways[end]), left_names & right_names or right_names
        put = early is not None and opened(early, table) == opened(goal[1], table)
        if put or (early and is_claimed(written, early, given, right, any_names)):
            apart = beside(steps, goal, ways[end])
            first = "its first line is what was to be shown, in another form"
            return end, "form", "part of it stands beside the chain" if apart else first
        return end, "", ""
    if frozenset(goal) in steps and not all_worked(steps, goal):
        return None, "claim", "a line that states the claim itself shows nothing"
    if not steps:
        return None, "none", "there is no step yet"
    if goal[0] not in written.sides:
        return None, "form", f"it does not begin with ${left}$, nor end with it"
    if goal[1] not in written.sides:
        return None, "end", f"it does not end with ${right}$"
    return None, "form", f"no chain leads from ${left}$ to ${right}$"


def all_worked(steps, goal):
    """How many steps there are, wherever they stand, but the claim, that work something out."""
    return sum(not is_whole(pair[1]) for pair in steps.values() if set(pair) != set(goal))


def beside(steps, goal, way):
    """The steps that hold and do not stand on a way, as sets of their sides; the claim is none."""
    return set(steps) - set(map(frozenset, [goal, *pairwise(way)]))


def ways_from(steps, goal):
    """Each side that can be reached from the claim's left one, with the sides on the way to it."""
    ways, waiting = {goal[0]: [goal[0]]}, [goal[0]]
    for side in waiting:
        near = (y if x == side else x for x, y in steps.values() if side in (x, y))
        new = {x: [*ways[side], x] for x in near if x not in ways and {x, side} != set(goal)}
        ways |= new
        waiting += new
    return ways


def is_whole(side):
    """Whether a side is a derivative, and nothing else: of it, nothing has been worked out."""
    return isinstance(getattr(side, "head", side), t.Derivative | t.Primed)


def is_same(one, other, table):
    """Whether two sides, not written alike, are derivatives of one thing, by its definitions."""
    if one == other or not (is_whole(one) and is_whole(other)):
        return False
    return opened(one, table) == opened(other, table)


def without_rule(sides):
    """The first side on a way that has no derivative, after one or more that are whole derivatives."""
    last = len(sides) - 1
    at, side = next((k, x) for k, x in enumerate(sides) if k == last or not is_whole(x))
    plainly = not any(isinstance(node, t.Derivative | t.Primed) for node in side.walk())
    return side if plainly and (at == 1 or 0 < at < last) else None


def is_claimed(written, side, given, right, names):
    """Whether a side is the claim's right one by algebra alone, whatever these names mean."""
    lines, kept = [latex for latex, _ in split_lines(given)], []
    tables = [set(prepared(lines[:k]).meaning.table) for k in range(len(lines) + 1)]
    for latex, before, after in zip(lines, tables, tables[1:], strict=False):
        name, defines, _ = re.split(r"(\(.*?:=|:=|$)", latex, maxsplit=1)
        if defines and (after - before) & names:
            latex = f"{name} " + (r"\text{be smooth}" if "(" in defines else r"\in \mathbb{R}")
        kept.append(latex)
    again = check_line(prepared(kept), Written(), f"{written.sides[side]} = {right}", "", False)
    return kept != lines and again.kind == "verified"


def opened(side, table):
    """A side in its plain form with all definitions put in; as it is where that makes it long."""
    work = Work(2_000)

    def full(node):
        work.spend()
        match node:
            case t.Apply(t.Primed(f, n, _), (t.Symbol() as x,)):
                node = t.Derivative(t.Apply(f, (x,)), ((x, n),))
        node = t.rebuild(node, full)
        body = put_in(node, table)
        return node if body is None else full(body)

    with suppress(TooMuch, RecursionError):
        return plain(full(side))
    return side


def meant(reader, sides):
    """What sides mean where the reader stands, in a plain form, and no function without its argument."""
    table = reader.meaning.table

    def full(node):
        known = table.get(node.name) if isinstance(node, t.Symbol) else None
        if known is None or not (known.is_function and known.parameters):
            return t.rebuild(node, full)
        return t.Apply(t.Function(node.name), tuple(map(t.Symbol, known.parameters)))

    return [plain(full(reader.scope.resolve(side))) for side in sides]


def plain(node):
    """A form in which order, signs, + 0, · 1, what cancels, and d/dx f(x) for f'(x), are the same."""
    node = t.rebuild(node, plain)
    match node:
        case t.Negate(t.Negate(body)) | t.Negate(t.Number("0") as body):
            return body
        case t.Add(terms):
            return gathered(t.Add, terms, ZERO)
        case t.Multiply(factors):
            odd = sum(isinstance(f, t.Negate) for f in factors) % 2
            sizes = [f.body if isinstance(f, t.Negate) else f for f in factors]
            product = gathered(t.Multiply, sizes, ONE)
            return t.Negate(product) if odd else product
        case t.Divide(above, below) if above == below:
            return ONE
        case t.Derivative(t.Apply(t.Function() as f, (t.Symbol() as x,)), ((y, n),)) if x == y:
            return t.Apply(t.Primed(f, n, ""), (x,))
    return node


def gathered(kind, parts, nothing):
    """A sum or product in one order, with those inside it, without what changes nothing or cancels."""
    kept = []
    for part in parts:
        for x in part.children() if isinstance(part, kind) else (part,):
            if negative(x) in kept:
                kept.remove(negative(x))
            elif x != nothing:
                kept.append(x)
    kept = sorted(kept, key=repr) or [nothing]
    return kept[0] if len(kept) == 1 else kind(tuple(kept))
