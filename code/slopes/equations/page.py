r"""A page read from top to bottom: what it declares and defines, and a verdict on each relation.

A page is read by its headings, its Let and Case paragraphs and its displayed formulas. No other word
counts. An assumption holds to the end of its section; a definition from where it stands on.
"""

import copy
import itertools
from dataclasses import dataclass, field

from . import layout
from . import tree as t
from .decide import BUDGET
from .declare import Declarations, as_words, shown
from .errors import Unread
from .functions import FIXED
from .grammar import read
from .meaning import Meaning
from .names import is_derivative
from .numbers import Work
from .scope import Scope
from .tokens import tokenize
from .verdicts import Verdict

# What an equation to solve is tried with: plain numbers only.
SOLUTIONS = {str(k): t.Number(str(k)) for k in range(4)}
SOLUTIONS |= {f"-{k}": t.Negate(t.Number(str(k))) for k in range(1, 4)}
SOLUTIONS[r"\frac{1}{2}"] = t.Divide(t.Number("1"), t.Number("2"))


@dataclass
class Link:
    """One relation of a chain, with its verdict; `again` is what it takes to decide it again."""

    left: str
    relation: str
    right: str
    verdict: Verdict
    left_node: t.Node | None = None
    right_node: t.Node | None = None
    again: tuple | None = None


@dataclass
class Equation:
    """One displayed formula and its links."""

    latex: str
    label: str = ""
    line: int = 0
    cell: int | None = None
    links: list = field(default_factory=list)


@dataclass
class Assumption:
    """What a Let or Case says."""

    kind: str
    latex: str
    line: int = 0
    cell: int | None = None


@dataclass
class Page:
    """What was found on a page."""

    equations: list
    assumptions: list
    notes: list


def check_items(items, keep=False):
    """Check the displayed formulas among a page's items.

    Parameters
    ----------
    items : list of markdown.Item
    keep : bool
        Keep with each link what is needed to decide it again (the tests' mutations do).

    Returns
    -------
    Page
    """
    reader = PageReader(list(items), keep)
    return Page(list(reader.read()), reader.assumptions, reader.notes)


class PageReader(Declarations):
    """Reads the items of one page in order, with the meaning of its names growing on the way."""

    def __init__(self, items=(), keep=False):
        self.items = items
        self.keep = keep
        self.meaning = Meaning()
        self.scope = Scope(self.meaning)
        self.level = 0  # of the heading that this place stands under
        self.section = 0
        self.assumed = []  # (level, condition)
        self.case = []
        self.assumptions, self.notes = [], []
        self.spoken, self.passed = {}, []  # what inline formulas say; those that are behind

    def read(self):
        """The equations, in order; what a Let does wrong is an equation, too."""
        exempt = None
        self.spoken = self.spoken_for(self.items)
        for item in self.items:
            if item.kind == "inline":
                self.passed.append(item)
            elif item.kind == "heading":
                self.heading(item.level)
            elif item.kind == "exempt":
                exempt = item.text
            elif item.kind == "wrong":
                yield self.unread(item, "", item.text)
            elif item.kind in ("let", "case"):
                yield from self.let(item)
            else:
                yield self.display(item, exempt)
                exempt = None

    @staticmethod
    def unread(item, latex, reason):
        link = Link(as_words(latex), "", "", Verdict("unread", reason))
        return Equation(as_words(latex), item.label, item.line, item.cell, [link])

    def heading(self, level):
        """An assumption ends with the section it stands in; one under the title holds for the page."""
        self.level, self.case = level, []
        self.section += 1
        self.assumed = [(at, c) for at, c in self.assumed if at < level]

    def in_force(self):
        """What is assumed here."""
        kept = {}  # a membership replaces an earlier one of the same name
        for number, condition in enumerate([*(c for _, c in self.assumed), *self.case]):
            member = isinstance(condition, t.Relation) and condition.operator == "in"
            kept[("in", condition.left) if member else number] = condition
        return list(kept.values())

    def let(self, item):
        """Take a Let or a Case; yields what is wrong in it."""
        if item.kind == "case":
            self.case = []
        for latex in item.formulas:
            self.assumptions.append(Assumption(item.kind, as_words(latex), item.line, item.cell))
            try:
                conditions = self.declare(latex, item.smooth)
            except Unread as error:
                yield self.unread(item, latex, with_place(error, latex))
                continue
            if item.kind == "case":
                self.case += conditions
            else:
                self.assumed += [(self.level, c) for c in conditions]

    # -- displays -----------------------------------------------------------------------------------

    def display(self, item, exempt):
        equation = Equation(as_words(item.text), item.label, item.line, item.cell)
        if exempt is not None:
            equation.links = [Link(equation.latex, "", "", Verdict("exempt", exempt))]
            return equation
        try:
            lines = layout.lines(tokenize(item.text))
        except Unread as error:
            verdict = Verdict("unread", with_place(error, item.text))
            equation.links = [Link(equation.latex, "", "", verdict)]
            return equation
        work = Work(BUDGET)
        for line in lines:
            equation.links += self.chain(line, item.text, work)
        return equation

    def chain(self, line, latex, work):
        """The links of one chain."""
        try:
            sides = [self.read_side(line, k) for k in range(len(line.sides))]
            if not line.operators and line.conditions:
                raise Unread("a condition, and nothing that it restricts", line.at)
        except Unread as error:
            self.lost(line)
            return [Link(as_words(latex), "", "", Verdict("unread", with_place(error, latex)))]
        self.prepare(sides)
        links = [] if not line.operators else list(self.links(line, sides, latex, work))
        for node in sides:
            self.scope.used |= self.scope.keys_in(node)
        return links

    @staticmethod
    def read_side(line, k):
        if not line.sides[k]:
            raise Unread("begins or ends with a relation, and nothing stands there", line.at)
        return read(line.sides[k])

    def lost(self, line):
        """The name that an unreadable line would have defined is unknown."""
        try:
            form = self.form(read(line.sides[0]))
        except Unread:
            return
        if (
            form is not None
            and line.operators[:1] in (["="], [":="])
            and not self.scope.lookup(form.key)
        ):
            self.scope.unknown[form.key] = "its definition is not read"

    def prepare(self, sides):
        """What holds for one chain: letters that stand alone, and what smooth functions stand at."""
        scope = self.scope
        scope.beside = scope.standing_alone(sides)
        scope.arguments, below = {}, {}
        fractions = [
            x for s in sides for x in s.walk() if isinstance(x, t.Fraction) and is_derivative(x)
        ]
        for fraction in fractions:
            try:
                body, variables, _ = scope.derivative_form(fraction)
                values = [scope.by_value(node) for node, _ in variables]
            except Unread:
                continue
            for value in values:
                value = value.base if isinstance(value, t.Element) else value
                below[value] = None
                if isinstance(body, t.Name):
                    known = scope.lookup(scope.word(body))
                    if known is not None and known.kind == "smooth" and not known.parameters:
                        scope.arguments.setdefault(known.name, {})[value] = None
        only = [v for v in below if self.meaning.lookup(v.name) is None] or list(below)
        scope.implicit = only[0] if len(only) == 1 else t.Symbol("x")
        scope.arguments = {n: next(iter(v)) for n, v in scope.arguments.items() if len(v) == 1}

    def links(self, line, sides, latex, work):
        """A definition first, where there is one; then a verdict on each relation."""
        start = 0
        text = [as_words(latex[s[0].at : s[-1].end]) for s in line.sides]
        if line.operators[0] in ("=", ":="):
            try:
                if self.define(sides[0], line.operators[0], sides[1], line.conditions):
                    start = 1
                    yield Link(
                        text[0], line.operators[0], text[1], Verdict("defined", "introduces a name")
                    )
            except Unread as error:
                start = 1
                yield Link(text[0], line.operators[0], text[1],
                           Verdict("unread", with_place(error, latex)))  # fmt: skip
        try:
            conditions = (
                [self.restriction(c) for c in line.conditions]
                if start < len(line.operators)
                else []
            )
        except Unread as error:
            for k in range(start, len(line.operators)):
                reason = with_place(error, latex)
                yield Link(text[k], line.operators[k], text[k + 1], Verdict("unread", reason))
            self.lost(line)
            return
        for k in range(start, len(line.operators)):
            if line.operators[k] != "arrow" or k in (0, len(line.operators) - 1):
                link = Link(text[k], line.operators[k], text[k + 1], Verdict("unread"))
                yield self.judged(link, line, sides, k, conditions, latex, work)

    def judged(self, link, line, sides, k, conditions, latex, work):
        """A link with its verdict."""
        try:
            self.refuse_arrow(line, k)
            self.refuse_condition(line, sides, conditions)
            operator, left = line.operators[k], self.scope.resolve(sides[k])
            right = self.scope.right_side(sides[k + 1], operator)
            if operator == "to":
                left, operator, conditions = self.as_limit(left, conditions)
            self.meaning.note(left)
            self.meaning.note(right)
            conditions = [*conditions, *self.inherited(left, right)]
            link.verdict = self.judge(
                left, "=" if operator == ":=" else operator, right, conditions, work
            )
            link.left_node, link.right_node = left, right
            if self.keep:
                link.again = (copy.deepcopy(self.meaning), conditions)
            self.temper(link, sides, k, conditions, work)
        except Unread as error:
            link.verdict = Verdict("unread", with_place(error, latex))
        except RecursionError:
            link.verdict = Verdict("unread", "nested too deeply")
        return link

    @staticmethod
    def refuse_arrow(line, k):
        """Both sides of an arrow between relations are unread."""
        operators = line.operators
        arrows = [j for j, o in enumerate(operators) if o == "arrow"]
        arrows += [j for j in range(1, len(operators) - 1) if operators[j] == "to"]
        if any(abs(j - k) <= 1 for j in arrows):
            raise Unread("an arrow between relations is not read: write each on its own")

    def refuse_condition(self, line, sides, conditions):
        """A lone relation between names as they are is a condition, and no identity: rule 27."""
        plain = all(self.is_plain(side) for side in sides)
        numbers = all(isinstance(side, t.Number | t.Negate) for side in sides)
        if plain and not numbers and not conditions:
            raise Unread("a condition that stands alone: is this a Let?", line.at)

    def is_plain(self, node):
        """Whether a side is a name without a meaning, a number, or a set of these."""
        if isinstance(node, t.Negate):
            return self.is_plain(node.body)
        if isinstance(node, t.Group):
            return node.opening in "{[(" and all(self.is_plain(i) for i in node.items)
        if isinstance(node, t.Mark):
            return node.text == "dots"
        if isinstance(node, t.Script):
            shaped = isinstance(node.base, t.Name) and node.base.style == "bb"
            indexed = isinstance(node.base, t.Name) and node.sup is None and not node.primes
            if not indexed or self.scope.special(node.base, node) is not None:
                return shaped
            return shaped or self.scope.lookup(self.scope.key(node)[0]) is None
        if isinstance(node, t.Name):
            if isinstance(self.scope.special(node, node), t.Constant) and node.text != "infinity":
                return False
            key = self.scope.key(node)[0]
            return self.scope.lookup(key) is None and not (
                node.style in ("op", "rm") and key in FIXED
            )
        return isinstance(node, t.Number)

    def as_limit(self, left, conditions):
        """``f(x) \\to a, x \\to \\infty``: a limit, written as an arrow."""
        arrows = [c for c in conditions if isinstance(c, t.Relation) and c.operator == "to"]
        if len(arrows) != 1 or not isinstance(arrows[0].left, t.Symbol):
            raise Unread("an arrow, and the display does not say where the variable goes")
        target, side = arrows[0].right, ""
        if isinstance(target, t.Sided):
            target, side = target.body, target.side
        name = arrows[0].left.name
        rest = [c for c in conditions if c is not arrows[0]]
        return t.Limit(name, target, side, left, name in self.scope.whole), "=", rest

    def inherited(self, *nodes):
        """The conditions under which the names of a relation were defined.

        Those on a parameter hold where the name is applied to that parameter and nothing else: after
        ``H(p) := …, 0 < p < 1`` a relation about H(p) or H'(p) is about these p.
        """
        found, leaves = [], self.meaning.leaves(*nodes)
        for name in sorted(leaves.definitions):
            made = self.meaning.lookup(name)
            if not made.conditions:
                continue
            own = tuple(t.Symbol(p) for p in made.parameters)
            calls = [n.arguments for node in nodes for n in node.walk()
                     if isinstance(n, t.Apply) and name in t.names_in(n.head, t.Function)]  # fmt: skip
            for condition in made.conditions:
                bound = t.names_in(condition) & {*made.parameters, *made.indices}
                free = bound <= leaves.scalars | leaves.families | leaves.indices
                if not bound or (free and all(call == own for call in calls)):
                    found.append(condition)
        return found

    # -- what tempers a refutation --------------------------------------------------------------------

    def temper(self, link, sides, k, conditions, work):
        """Rules 16, 26 and 27: what looks refuted, and rests on something that the page did not declare."""
        if link.verdict.kind not in ("refuted", "conditional"):
            return
        leaves = self.meaning.leaves(link.left_node, link.right_node)
        for name in sorted(leaves.scalars | leaves.families):
            item = self.spoken.get(name) or self.spoken.get(name.rstrip("·"))
            if item is not None:
                raise Unread(f"the text gives ${item.text}$ (line {item.line}), which is not read: "
                             "say it in a Let")  # fmt: skip
        begins = k == 0 and link.relation == "="
        if begins and (power := self.unnamed_power(sides[0])):
            self.scope.unknown[power] = "a power of it is given, and not itself"
            raise Unread(f"this gives a power of {shown(power)}: define {shown(power)} itself")
        form = self.form(sides[0]) if begins else None
        letters = leaves.names or leaves.sizes
        if begins and isinstance(link.left_node, t.Constant) and letters:
            raise Unread(f"{shown(form.key)} is a constant: a name of your own? write :=")
        known = self.scope.lookup(form.key) if form is not None else None
        if known is not None and link.verdict.kind == "refuted":
            elsewhere = self.scope.section_of.get(form.key) != self.section
            if known.kind == "smooth" or elsewhere:
                self.scope.unknown[form.key] = "a line gives it another meaning"
                raise Unread(f"{shown(form.key)} has another meaning above: new? write :=")
        right = self.meaning.leaves(link.right_node)
        numeric = not (right.names or right.sizes or right.indices)
        if not numeric or link.relation != "=" or link.verdict.kind != "refuted":
            return
        if leaves.scalars:
            link.verdict = self.to_solve(link, leaves, conditions)
        elif self.judge(link.left_node, "~", link.right_node, conditions, work).kind == "verified":
            link.verdict.reason += "; rounded? write \\approx"

    def to_solve(self, link, leaves, conditions):
        """An equation to solve: rule 27."""
        work, reason, region = Work(BUDGET), "an equation to solve, and no identity", ""
        for name, text in itertools.product(sorted(leaves.scalars), SOLUTIONS):
            pinned = [*conditions, t.Relation(t.Symbol(name), "=", SOLUTIONS[text])]
            found = self.judge(link.left_node, "=", link.right_node, pinned, work, regions=False)
            if found.kind == "verified":
                region = f"{shown(name)} = {text}"
                reason = f"an equation to solve: true for {region}"
                break
        return Verdict("conditional", reason, link.verdict.witness, region=region)


def with_place(error, latex):
    """A reason with the place it is about."""
    if error.at is None:
        return error.message
    start = max(min(error.at, len(latex)), 0)
    near = " ".join(latex[max(0, start - 12) : start + 18].split())
    return f"{error.message}, at character {start + 1}: … {near} …"
