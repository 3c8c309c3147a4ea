r"""Reading a page from top to bottom: what it defines, what it claims, under which conditions.

The words that carry meaning are few, and written down here (`LET`, `SCOPE`, `CASE`, `CLOSING`): a
page says "let", "with", "where" or "assume" for what holds until its end, "for", "if" or "when" for
the equation that follows or precedes, and "Case" (or a list item that is a condition) for what
holds until the case is over.
"""

import itertools
import re
from dataclasses import dataclass, field

from . import tree as t
from .clauses import MARK, SENTENCE_END, Place
from .comparison import DERIVATIVES
from .decide import BUDGET, decide
from .differentials import differentials
from .errors import Unread
from .layout import read_display
from .meaning import Definition, Meaning
from .naming import Naming
from .numbers import Work
from .parser import INDEX_LETTERS
from .points import named
from .prose import (
    AFTER,
    ALMOST,
    ASSUMES,
    AT_KINK,
    BESIDE,
    CLAIMS,
    CONDITION_CUES,
    CONVENTION,
    DECLARES,
    GOES_ON,
    NO_CONVENTION,
    REFERS_BACK,
    Prose,
    Said,
    opposite,
    subjects,
    universal,
)
from .source import Display, Remark, Words, spelled
from .verdicts import Verdict, describe

# Words before a display that calls something e or π: "the error is e = y - a".
NAMES_CONSTANT = re.compile(
    r"\b(let|where|define[sd]?|denote\w*|call\w*|write|set|errors?|residuals?|deviations?|differences?|"
    r"polic(?:y|ies)|priors?|permutations?|projections?)\b",
    re.I,
)


@dataclass
class Link:
    """One equality (or inequality) of a chain, with its verdict."""

    left: str
    relation: str
    right: str
    verdict: Verdict
    left_node: t.Node | None = None
    right_node: t.Node | None = None
    context: object = None  # what is needed to decide it again: (meaning, conditions, convention)


@dataclass
class Equation:
    """One displayed equation and its links."""

    latex: str
    label: str = ""
    line: int = 0
    cell: int | None = None
    links: list = field(default_factory=list)


def check_items(items, keep=False):
    """Check the displayed equations among a page's items.

    Parameters
    ----------
    items : list
        From `source.read_file`.
    keep : bool
        Keep with each link what is needed to decide it again (the tests' mutations do).

    Yields
    ------
    Equation
        In reading order.
    """
    yield from PageReader(items, keep).read()


class PageReader(Prose, Naming):
    """Reads the items of one page in order, with the meaning of its names growing on the way."""

    def __init__(self, items, keep=False):
        self.items = items
        self.keep = keep
        self.latex = ""  # of the display that is being read
        self.meaning = Meaning()
        formulas = [i.latex for i in items if isinstance(i, Display)]
        formulas += [
            x for i in items if isinstance(i, Words) for kind, x in i.pieces if kind == "math"
        ]
        self.meaning.survey(formulas, " ".join(i.text for i in items if isinstance(i, Words)))
        self.meaning.declare_kinds(items)
        self.section = 0
        self.sections = []  # the headings that this place stands under: (level, section)
        self.section_words = ""  # the heading and what was said since
        self.section_title = ""
        self.case = []  # conditions of the case that is being treated
        self.case_indented = False
        self.pending = Said()  # what is said by the sentence before the next display
        self.pending_used = False  # a display has followed that sentence
        self.let = []  # what was let or assumed last
        self.spoken = []  # what the display before this place was restricted by
        self.paragraph = ""  # the text since the last display
        self.spelled = self.spelled_next = ""  # the same, with the formulas as they are written
        self.before_display = ""  # the text between the last display and this one
        self.names_constant = True  # whether e = … may name something here
        self.clashes = {}  # names that one sentence gives two meanings, or explains by themselves
        self.unheard = {}  # names of which the page says something that is not read
        self.doubts = []  # conditions that the words may mean for this display, or may not
        self.agreed = []  # values at kinks that the words agree on
        self.exempt = None
        self.last_side = None
        self.convention_remark = False
        self.used_in_section = set()
        self.consumed = set()
        self.extended = None  # the definition in parts that was completed last

    def read(self):
        for place, item in enumerate(self.items):
            if isinstance(item, Remark):
                yield from self.remark(item)
            elif isinstance(item, Words):
                self.words(item, place)
            else:
                yield self.display(item, place)

    # -- remarks to the checker --------------------------------------------------------------------

    def remark(self, item):
        """``exempt REASON``, ``let …; …``, ``convention``."""
        text = item.text.strip()
        word, _, rest = text.partition(" ")
        word = word.lower().rstrip(":,")
        rest = re.sub(r"^(because|since|as)\b[\s:,]*", "", rest.strip(" :,"))
        if word == "exempt":
            if not rest:
                verdict = Verdict("unread", "an exemption without a reason")
                yield Equation(text, "", item.line, item.cell, [Link(text, "", "", verdict)])
            else:
                self.exempt = rest
            return
        if word == "convention":
            self.convention_remark = True
            return
        if word == "let":
            for part in rest.split(";"):
                if not self.declare(part.strip()):
                    verdict = Verdict("unread", f"the remark is not understood: {part.strip()}")
                    yield Equation(part, "", item.line, item.cell, [Link(part, "", "", verdict)])
            return
        verdict = Verdict("unread", "a remark begins with exempt, let or convention")
        yield Equation(text, "", item.line, item.cell, [Link(text, "", "", verdict)])

    def declare(self, text):
        """One declaration: ``f, g smooth``, ``0 < a < 1``, ``u = 1 + e^{-x}``."""
        if not text:
            return True
        smooth = re.match(
            r"^(.*?)\s+(?:be\s+|are\s+|is\s+)?(?:an?\s+)?(?:arbitrary\s+)?(?:smooth|functions?)\b.*$",
            text,
        )
        if smooth:
            for name in re.split(r"\s*(?:,|and)\s*", smooth.group(1).replace("$", "")):
                self.declare_function(name.strip().lstrip("\\"))
            return True
        try:
            statements = read_display(text.replace("$", ""), self.meaning)
        except Unread:
            return False
        for statement in statements:
            if not self.take_definition(statement, True) and not self.take_domain(statement):
                return False
        return True

    def declare_function(self, name, parameters=()):
        """Leave a function open: an arbitrary smooth one."""
        if name and name not in self.meaning.table:
            self.meaning.define(
                Definition(name, "unknown", parameters=parameters, section=self.section)
            )

    # -- displays ----------------------------------------------------------------------------------

    def display(self, item, place):
        equation = Equation(" ".join(item.latex.split()), item.label, item.line, item.cell)
        if self.case and self.case_indented and not item.indented:
            self.case = []
        exempt, self.exempt = self.exempt, None
        self.before_display, self.paragraph = self.paragraph, ""
        self.spelled, self.spelled_next = self.spelled_next, ""
        follower = self.items[place + 1] if place + 1 < len(self.items) else None
        if self.pending_used and not (GOES_ON.match(item.latex) or self.before_display):
            self.pending = Said()
        self.pending_used = bool(self.pending)
        scoped = [*self.case, *self.pending.conditions]
        if (
            isinstance(follower, Words)
            and not follower.heading
            and not follower.bullet
            and AFTER.match(follower.text)
            and exempt is None
        ):
            behind = self.prose(follower, only_first_sentence=True)
            # "where □ is 1 if □" explains a symbol; "for □", "if □" say where
            # the display holds.
            if not re.match(r"^\W*(and\s+)?(where|with|in which)\b", follower.text):
                scoped = [c for c in scoped if not subjects(c) & set(behind.lifted)]
                scoped += behind.conditions
                self.pending.lifted.update(behind.lifted)
            self.consumed.add(place + 1)
        scoped += self.for_all(self.items[place - 1] if place else None, follower)
        self.spoken = [*scoped] or self.let
        convention = self.convention(follower, item.latex)
        if exempt is not None:
            equation.links = [Link(equation.latex, "", "", Verdict("exempt", exempt))]
            self.exempt_definitions(item)
            return equation
        try:
            statements = read_display(item.latex, self.meaning, lenient=True)
        except Unread as error:
            equation.links = [
                Link(equation.latex, "", "", Verdict("unread", _with_place(error, item.latex)))
            ]
            self.last_side = None
            return equation
        if len(statements) == 1 and statements[0].error is not None:
            reason = _with_place(statements[0].error, item.latex)
            equation.links = [Link(equation.latex, "", "", Verdict("unread", reason))]
            self.last_side = None
            return equation
        self.latex = item.latex
        if self.declares_domain(statements):
            for statement in statements:
                self.take_domain(statement)
                left, right = statement.sides[0], statement.sides[-1]
                verdict = Verdict("defined", "says what the variables may be")
                equation.links.append(
                    Link(left.latex, statement.operators[0], right.latex, verdict)
                )
            return equation
        for statement in statements:
            scoped = self.lifted_inside(statement, scoped)
        work = Work(BUDGET)
        self.names_constant = NAMES_CONSTANT.search(self.before_display) is not None
        freed = self.free()
        for row in _rows(statements):
            self.row(row, scoped, convention, work, equation)
        self.read_no_text(item.latex, equation)
        self.names_constant = True
        self.meaning.conditions = [*freed, *self.meaning.conditions]
        return equation

    def for_all(self, before, follower):
        """``x ∈ ℝ`` for each variable of a "for all real $x$" that leads to the display, or follows."""
        formulas = []
        if isinstance(before, Words) and not before.heading:
            formulas += universal(before)
        if isinstance(follower, Words) and not follower.heading and AFTER.match(follower.text):
            formulas += universal(follower, last=False)
        statements = [s for latex in formulas for s in self.read_inline(latex)]
        return [c for s in statements for c in self.all_real(s)]

    def all_real(self, statement):
        """The condition that a variable may be any real number; nothing for indices and functions."""
        real = [side.node for side in statement.sides[1:]] == [t.NumberSet("R")]
        if statement.operators and not real:
            return []
        node = statement.sides[0].node
        plain = isinstance(node, t.Symbol | t.Element) and self.is_plain(node)
        if not plain or t.names_in(node) & set(self.meaning.sizes):
            return []
        if isinstance(node, t.Symbol) and (
            self.meaning.is_index(node.name) or self.meaning.is_function(node.name)
        ):
            return []
        return [t.Relation(node, "in", t.NumberSet("R"))]

    def lifted_inside(self, statement, scoped):
        r"""What is left of the conditions after ``\text{for all real } x`` in the display itself."""
        how = Place(statement.cue.strip() + " ", "").lifts() if statement.cue else ""
        name = named(statement.sides[0].node) if statement.sides else None
        return self.lift_here(name, how, scoped) if how and name else scoped

    def replaced_by(self, condition, scoped):
        r"""What is left of the conditions after ``x \\in \\mathbb{R}`` in the display itself."""
        name = named(condition.left) if isinstance(condition, t.Relation) else None
        member = name is not None and condition.operator == "in"
        return self.lift_here(name, "surely", scoped) if member else scoped

    def lift_here(self, name, how, scoped):
        """What is left of the conditions of this display without those on a name."""
        self.pending.lifted[name] = how
        return [c for c in scoped if name not in subjects(c)]

    @staticmethod
    def read_no_text(latex, equation):
        r"""Say that a relation which is set as words, ``\text{f'(x) = 3x}``, was not read."""
        for words in re.findall(r"\\(?:text|textrm|mbox)\s*\{([^{}$]*[=<>≤≥≠][^{}$]*)\}", latex):
            reason = "an equation set as words is not read: end the text before it"
            equation.links.append(Link(words.strip(), "", "", Verdict("unread", reason)))

    def free(self):
        """Set aside what the page said about the names that "for all real x" frees.

        "For every $x$" may mean every x of the page's domain: what is set aside is then in doubt.
        """
        lifted, freed = self.pending.lifted, []
        self.doubts = list(self.pending.doubts)
        for condition in self.meaning.conditions:
            how = {lifted[n] for n in subjects(condition) if n in lifted}
            plain = isinstance(condition, t.Relation) and condition.operator != "in"
            if how and (plain or "surely" in how):
                freed.append(condition)
                self.doubts += [condition] if "surely" not in how else []
        self.meaning.conditions = [c for c in self.meaning.conditions if c not in freed]
        return freed

    def exempt_definitions(self, item):
        """An exempt display may still introduce names."""
        try:
            for statement in read_display(item.latex, self.meaning):
                self.take_definition(statement)
        except Unread:
            pass

    def convention(self, follower, latex):
        r"""Whether the words around the display call what it says at a kink a convention.

        A convention about a name or a unit ("$\log$ is the natural logarithm") says nothing about
        kinks, and one about $r'(0)$ nothing about another function.
        """
        remark, self.convention_remark = self.convention_remark, False
        self.agreed = []
        texts = [*SENTENCE_END.split(self.spelled), *re.findall(r"\\text\{([^}]*)\}", latex)]
        if isinstance(follower, Words) and not follower.heading:
            first = re.split(r"(?<=[.!?])\s", follower.text.strip())[0]
            if not follower.starts:
                texts.append(spelled(follower))
            elif REFERS_BACK.match(first) and not first.endswith(":"):
                texts.append(first)
        found = [text for text in texts if self.speaks_of_kink(text, latex)]
        for text in found:
            for formula in re.findall(r"\$([^$]*'[^$]*)\$", text):
                self.agreed += [s for s in self.read_inline(formula) if s.operators == ["="]]
        return remark or bool(found)

    def breaks_agreement(self, left, right):
        """The refutation of a side that breaks what the words agree on: "by convention $r'(0) = 0$"."""
        for statement in self.agreed:
            one, value = (side.node for side in statement.sides)
            if not (
                isinstance(one, t.Apply) and isinstance(left, t.Apply) and one.head == left.head
            ):
                continue
            if len(one.arguments) == 1 and isinstance(left.arguments[0], t.Symbol):
                at = t.At(right, ((left.arguments[0], one.arguments[0]),))
                found = decide(self.meaning, at, "=", value)
                if found.kind == "refuted":
                    found.reason = "the words agree on another value at the kink"
                    return found
        return None

    @staticmethod
    def speaks_of_kink(text, latex):
        """Whether a sentence makes a value at a kink of this display a convention, or leaves it out."""
        words = re.sub(r"\$[^$]*\$", MARK, text)
        if ALMOST.search(words) or (BESIDE.search(words) and r"\begin{cases}" not in latex):
            return True
        if not CONVENTION.search(words) or NO_CONVENTION.search(words):
            return False
        primed = re.findall(r"(\w+)\}?'", " ".join(re.findall(r"\$([^$]*)\$", text)))
        if primed and "'" in latex:
            return any(re.search(rf"{name}\}}?'", latex) for name in primed)
        return bool(primed) or AT_KINK.search(words) is not None

    def row(self, statements, scoped, convention, work, equation):
        """The statements of one row: conditions first, then definitions and claims in order."""
        failed = [s for s in statements if s.error is not None]
        for statement in failed:
            verdict = Verdict("unread", _with_place(statement.error, self.latex))
            equation.links.append(Link(statement.sides[0].latex, "", "", verdict))
            self.last_side = None
        statements = [s for s in statements if s.error is None]
        if (stray := self.stray(statements)) is not None:
            reason = "stands beside a relation, and belongs to none: write one equation for each"
            latex = stray.sides[0].latex
            equation.links.append(Link(latex, "", "", Verdict("unread", reason)))
            self.last_side = None
            return
        claims, conditions, where, conditioned, every = [], [], False, False, None
        for number, statement in enumerate(statements):
            where = bool(re.match(r"^\W*(where|with)\b", statement.cue, re.I)) or (
                where and re.match(r"^\W*and\b", statement.cue, re.I) is not None
            )
            if self.gives_shape(statement):
                reason = Verdict("defined", "says what the variables may be")
                left, right = statement.sides[0], statement.sides[-1]
                equation.links.append(Link(left.latex, "in", right.latex, reason))
                continue
            as_before = conditioned and re.match(r"^\W*(and|or|but)\W*$", statement.cue, re.I)
            conditioned = self.stands_as_condition(statement, statements, number, as_before)
            if conditioned:
                condition = self.as_condition(statement)
                stance = (
                    Place(statement.cue.strip() + " ", "").stance if statement.cue else "asserts"
                )
                if stance == "excludes" and condition is not None:
                    condition = opposite(condition)
                if stance in ("denies", "open") and condition is not None:
                    reason = f"the words {statement.cue.strip()!r} are not read in a display"
                    self.note_unread(statement, equation, reason)
                    continue
                if condition is not None:
                    scoped = self.replaced_by(condition, scoped)
                    conditions.append(condition)
                    for node in condition.walk():
                        if isinstance(node, t.Symbol):
                            self.meaning.known.add(node.name)
                    self.meaning.note(condition)
                    continue
                if not statement.operators:
                    every = re.search(r"\b(all|every|any|each)\b", statement.cue, re.I) or (
                        every and re.match(r"\W*and\b", statement.cue)
                    )
                    if every:
                        conditions += self.all_real(statement)
                    continue
            defines = where or re.match(r"^\W*(let|for|using)\b", statement.cue, re.I)
            if (
                defines
                and statement.operators
                and self.take_definition(
                    statement, strong=bool(re.match(r"^\W*let\b", statement.cue, re.I))
                )
            ):
                self.defined_links(statement, equation)
                continue
            claims.append(statement)
        for statement in claims:
            own = [self.as_condition(where) for where in statement.where]
            own = [condition for condition in own if condition is not None]
            self.chain(statement, [*scoped, *conditions, *own], convention, work, equation)

    @staticmethod
    def gives_shape(statement):
        r"""``\\mathbf{x} \\in \\mathbb{R}^n``: says of what kind a name is, and claims nothing."""
        return (
            statement.operators == ["in"]
            and isinstance(statement.sides[-1].node, t.NumberSet)
            and statement.sides[-1].node.name.startswith("vector")
            and isinstance(statement.sides[0].node, t.Symbol)
        )

    @staticmethod
    def stray(statements):
        """The 3x of ``f'(x) = 2x, 3x``: an expression in a list beside a relation; None without one."""
        related = [s for s in statements if s.operators or s.continues]
        for place, statement in enumerate(statements):
            lone = not statement.operators and not statement.continues and statement.sides
            if not lone or isinstance(statement.sides[0].node, t.IndexRange):
                continue
            joined = re.fullmatch(r"\W*(and|or)\W*", statement.cue, re.I) is not None
            first = place == 0 and len(statements) > 1 and statements[1].continues
            listed = place and not statements[place - 1].operators and statements[place - 1].cue
            if joined and listed:  # "for all a and b"
                continue
            if related and (not statement.cue or joined) and not first:
                return statement
        return None

    def declares_domain(self, statements):
        """Whether the display only restricts variables, and the sentence it stands in says so.

        "Let $$a, b > 0$$" declares; "Let $a, b > 0$. Then $$a + b < 1$$" claims.
        """
        sentence = SENTENCE_END.split(self.before_display.strip())[-1]
        found = list(DECLARES.finditer(sentence))
        if not found or re.search(r"[.!?]\W*$", sentence):
            return False
        if CLAIMS.search(sentence[found[-1].end() :]):
            return False
        strong = ASSUMES.search(sentence) is not None
        for statement in statements:
            if statement.continues or self.as_condition(statement) is None:
                return False
            total = any(isinstance(s.node, t.Big) for s in statement.sides)
            if (
                "=" in statement.operators or not (strong or self.is_simple(statement))
            ) and not total:
                return False
        return bool(statements)

    @staticmethod
    def note_unread(statement, equation, reason):
        """Say of each relation of a statement that it was not read."""
        for k, operator in enumerate(statement.operators):
            left, right = statement.sides[k], statement.sides[min(k + 1, len(statement.sides) - 1)]
            equation.links.append(
                Link(left.latex, operator, right.latex, Verdict("unread", reason))
            )

    def defined_links(self, statement, equation):
        left, right = statement.sides[0], statement.sides[1]
        equation.links.append(
            Link(left.latex, "=", right.latex, Verdict("defined", "introduces a name"))
        )

    def stands_as_condition(self, statement, row, number, as_before):
        if (
            statement.sides
            and isinstance(statement.sides[0].node, t.IndexRange)
            and not statement.operators
        ):
            return True
        if not statement.operators:
            return number > 0 and bool(statement.cue)
        if statement.continues or not self.is_condition(statement):
            return False
        joins = re.match(r"^\W*(and|or|but)\b", statement.cue, re.I) is not None
        reason = re.match(r"^\W*(since|because|as)\b", statement.cue, re.I) is not None
        if (joins and not as_before and self.is_lone(statement.cue)) or (
            reason and ("=" in statement.operators or not self.is_simple(statement))
        ):
            return False
        if statement.cue and CONDITION_CUES.match(statement.cue):
            plain = self.is_value_condition(statement) or statement.operators[0] not in ("=", ":=")
            return (
                plain
                or self.definition_of(statement.sides[0].node, statement.sides[-1].node) is None
            )
        inequality = self.is_simple(statement) and all(
            op in ("<", "<=", ">", ">=", "!=", "in", "notin", "to") for op in statement.operators
        )
        if number > 0 and statement.separator in ("comma", "quad", "text"):
            return inequality or self.is_index_equality(statement)
        if number == 0 and len(row) > 1 and row[1].separator == "arrow":
            return inequality or self.is_index_equality(statement)
        return False

    @staticmethod
    def is_lone(cue):
        """Whether a cue is "and" or "or" alone: the claim before it goes on."""
        return re.fullmatch(r"\W*(and|or|but)\W*", cue, re.I) is not None

    @staticmethod
    def is_simple(statement):
        """``x > 0``, ``|r| < δ``, ``0 < a < 1``: about variables as they are, not about formulas."""

        def simple(node):
            if isinstance(node, t.Absolute | t.Negate):
                return simple(node.body)
            if isinstance(node, t.Multiply):
                return all(simple(f) for f in node.factors)
            if isinstance(node, t.Divide):
                return isinstance(node.numerator, t.Number) and isinstance(
                    node.denominator, t.Number
                )
            kinds = (
                t.Symbol,
                t.Element,
                t.Number,
                t.Constant,
                t.Interval,
                t.Finite,
                t.NumberSet,
                t.Sided,
            )
            return isinstance(node, kinds)

        nodes = [side.node for side in statement.sides]
        if isinstance(nodes[-1], t.Vector):
            nodes = nodes[:-1]
        return all(simple(node) for node in nodes)

    def is_index_equality(self, statement):
        names = [s.node.name for s in statement.sides if isinstance(s.node, t.Symbol)]
        return (
            len(names) == len(statement.sides) == 2
            and statement.operators == ["="]
            and all(n in INDEX_LETTERS or self.meaning.is_index(n) for n in names)
        )

    def chain(self, statement, conditions, convention, work, equation):
        """The links of one chain."""
        sides = list(statement.sides)
        if statement.continues:
            if self.last_side is None:
                verdict = Verdict("unread", "begins with a relation, and nothing stands before it")
                equation.links.append(
                    Link(
                        "",
                        statement.operators[0] if statement.operators else "",
                        sides[0].latex,
                        verdict,
                    )
                )
                self.last_side = sides[-1]
                return
            sides = [self.last_side, *sides]
        operators = list(statement.operators)
        if statement.continues and len(operators) == len(sides):
            operators = operators[: len(sides) - 1]
        for side in sides:
            self.meaning.note(side.node)
        if not statement.note:
            self.last_side = sides[-1]
        if len(sides) == 1:
            return
        sides = differentials(sides, self.meaning)
        conditions = self.applicable(conditions, sides)
        defined = self.new_names(sides, operators, conditions, statement, work, convention)
        if 0 in defined and defined[0].kind == "defined":
            self.keep_domain(sides[0].node, conditions)
        conditions = [*conditions, *(c for c in self.inherited(sides) if c not in conditions)]
        for k, operator in enumerate(operators):
            left, right = sides[k], sides[k + 1]
            if k in defined:
                verdict = defined[k]
            else:
                verdict = self.decide(left, operator, right, conditions, convention, work)
            if statement.guessed and verdict.kind == "refuted":
                reason = f"the note at the brace may be a name or a value ({verdict.reason}): "
                verdict = Verdict("undecided", reason + "write \\_{=…} or \\_{\\text{…}}")
            sound = all(
                x.verdict.kind == "verified" for x in equation.links[len(equation.links) - k :]
            )
            if k and sound and verdict.kind == "verified" and set(operators[: k + 1]) == {"="}:
                verdict = self.against_head(sides[0], right, verdict, conditions, convention, work)
            link = Link(left.latex, operator, right.latex, verdict, left.node, right.node)
            if self.keep:
                link.context = (self.snapshot(), conditions, convention)
            equation.links.append(link)
        self.learn(sides)
        for link in equation.links[-len(operators) :]:
            if link.verdict.kind == "verified" and link.left_node is not None:
                self.meaning.known |= self.meaning.leaves(link.left_node, link.right_node).scalars

    def keep_domain(self, node, conditions):
        """The conditions of a definition stay with it; see `inherited`."""
        name = self.name_of(node)
        made = self.meaning.table.get(name)
        if made is None or made is self.extended:
            return
        made.conditions = tuple(
            c
            for c in conditions
            if not isinstance(c, t.IndexRange)
            and not self.is_about_indices(c)
            and t.names_in(c) <= self.meaning.leaves(made.body).scalars | set(made.parameters)
        )

    @staticmethod
    def name_of(node):
        """The name that a definition of this left side would make."""
        node = node.base if isinstance(node, t.Element) else node
        if isinstance(node, t.Apply):
            node = node.head
        return node.name if isinstance(node, t.Function | t.Symbol) else None

    def inherited(self, sides):
        """The conditions under which the names of a chain were defined.

        Those on a parameter hold where the name is applied to that parameter and nothing else:
        after "For $0 < p < 1$: $H(p) = …$" a chain about $H(p)$ or $H'(p)$ is about these p.
        """
        nodes = [side.node for side in sides]
        found, free = [], set().union(*(t.names_in(node) for node in nodes))
        for name in sorted(self.meaning.leaves(*nodes).definitions):
            made = self.meaning.table.get(name)
            if made is None or not made.conditions:
                continue
            calls = [
                n.arguments
                for node in nodes
                for n in node.walk()
                if isinstance(n, t.Apply) and made.name in t.names_in(n.head, t.Function)
            ]
            own = tuple(t.Symbol(p) for p in made.parameters)
            for condition in made.conditions:
                bound = t.names_in(condition) & set(made.parameters)
                if not bound or (bound <= free and all(call == own for call in calls)):
                    found.append(condition)
        return found

    def against_head(self, head, right, verdict, conditions, convention, work):
        """A later side of a chain that begins with a derivative states a value at its kink, too.

        The side between may leave the kink out, so that the neighbours alone do not tell.
        """
        kinds = (t.Cases, t.Indicator)
        piecewise = any(isinstance(n, kinds) or n == t.Function("sign") for n in right.node.walk())
        if not piecewise or not any(isinstance(n, DERIVATIVES) for n in head.node.walk()):
            return verdict
        found = self.decide(head, "=", right, conditions, convention, work)
        return found if found.kind == "refuted" and "no derivative" in found.reason else verdict

    def snapshot(self):
        """The meaning as it stands, to decide a link again later."""
        import copy

        frozen = copy.copy(self.meaning)
        frozen.table = dict(self.meaning.table)
        frozen.conditions = list(self.meaning.conditions)
        frozen.known = set(self.meaning.known)
        frozen.sizes = list(self.meaning.sizes)
        frozen.families = dict(self.meaning.families)
        return frozen

    def applicable(self, conditions, sides):
        """The conditions that hold here; cases over the same variable cancel those of the prose."""
        in_cases = set()
        for side in sides:
            for node in side.node.walk():
                if isinstance(node, t.Cases):
                    for _, condition in node.rows:
                        in_cases |= t.names_in(condition)
        kept = []
        for condition in conditions:
            from_text = any(condition is c for c in (*self.case, *self.pending.conditions))
            if from_text and t.names_in(condition) & in_cases:
                continue
            kept.append(condition)
        return kept

    def decide(self, left, operator, right, conditions, convention, work):
        """The verdict on a link, with regard to other readings of either side."""
        meaning = self.meaning
        for name in sorted(self.clashes):
            if name in names_of(left.node) | names_of(right.node):
                return Verdict("undecided", f"{t.pretty(name)} {self.clashes[name]}")
        verdict = decide(meaning, left.node, operator, right.node, conditions, convention, work)
        if verdict.kind == "refuted" and self.softmax_of_number(left, right):
            verdict.reason += "; softmax takes the whole vector: write softmax(z)_i"
        if verdict.kind == "verified" and convention:
            verdict = self.breaks_agreement(left.node, right.node) or verdict
        if verdict.kind == "verified":
            for one, other, turned in ((left, right, False), (right, left, True)):
                for node, must_hold in one.others:
                    if not must_hold:
                        continue
                    pair = (other.node, node) if turned else (node, other.node)
                    second = decide(
                        meaning, pair[0], operator, pair[1], conditions, convention, work
                    )
                    if second.kind == "refuted":
                        return Verdict(
                            "undecided",
                            "can be read in two ways, and is true in one only: add brackets",
                        )
        elif verdict.kind == "refuted" and (told := self.not_heard(left.node, right.node)):
            return Verdict("undecided", told, verdict.witness)
        elif verdict.kind == "refuted" and self.doubts:
            second = decide(
                meaning,
                left.node,
                operator,
                right.node,
                [*conditions, *self.doubts],
                convention,
                work,
            )
            if second.kind == "verified":
                where = ", ".join(describe(c) for c in self.doubts)
                return Verdict(
                    "undecided", f"holds for {where}: say whether that is meant", verdict.witness
                )
        elif verdict.kind == "refuted" and self.is_mere_condition(left.node, right.node):
            return Verdict("undecided", 'holds for some values only: say "let", or claim something')
        elif verdict.kind == "refuted":
            for one, other, turned in ((left, right, False), (right, left, True)):
                for node, _ in one.others:
                    pair = (other.node, node) if turned else (node, other.node)
                    second = decide(
                        meaning, pair[0], operator, pair[1], conditions, convention, work
                    )
                    if second.kind == "verified":
                        return Verdict(
                            "undecided",
                            "can be read in two ways, and is true in one only: add brackets",
                        )
        return verdict

    def not_heard(self, *nodes):
        """What the page says about a name of these sides, and is not read."""
        for name in sorted(set().union(*(names_of(node) for node in nodes))):
            if name in self.unheard:
                return (
                    f"the page says about {t.pretty(name)}: {self.unheard[name]}; that is not read"
                )
        return ""

    def is_mere_condition(self, left, right):
        """``x = 0``, ``x > 0``, ``i = k`` standing alone."""
        simple = (t.Symbol, t.Element, t.Number)
        return (
            isinstance(left, simple)
            and isinstance(right, simple)
            and self.is_plain(left)
            and self.is_plain(right)
            and not (isinstance(left, t.Number) and isinstance(right, t.Number))
        )

    @staticmethod
    def softmax_of_number(left, right):
        return any(
            isinstance(n, t.Apply)
            and n.head == t.Function("softmax")
            and isinstance(n.arguments[0], t.Element)
            for side in (left, right)
            for n in side.node.walk()
        )

    def learn(self, sides):
        """Remember the variables that this equation uses."""
        meaning = self.meaning
        leaves = [meaning.leaves(side.node) for side in sides]
        for one, other in itertools.pairwise(leaves):
            meaning.known |= one.scalars & other.scalars
        for side in sides:
            for node in side.node.walk():
                if isinstance(node, t.Derivative):
                    for variable, _ in node.variables:
                        if isinstance(variable, t.Symbol) and variable.name not in meaning.table:
                            meaning.known.add(variable.name)
                            meaning.main = variable.name
            for node in side.node.walk():
                if isinstance(node, t.Symbol | t.Function):
                    self.used_in_section.add(node.name)


def _rows(statements):
    """Group statements by the row they stand in; a row of conditions alone joins the one above."""
    rows = []
    for statement in statements:
        if statement.separator in ("row",) or not rows:
            rows.append([statement])
        else:
            rows[-1].append(statement)
    return rows


def names_of(node):
    """All names in an expression, of variables and of functions."""
    return t.names_in(node) | t.names_in(node, t.Function)


def _with_place(error, latex):
    if error.start is None:
        return error.message
    start = max(error.start, 0)
    near = " ".join(latex[max(0, start - 12) : start + 18].split())
    return f"{error.message}, at character {start + 1}: … {near} …"
