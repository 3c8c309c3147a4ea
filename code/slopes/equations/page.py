r"""Reading a page from top to bottom: what it defines, what it claims, under which conditions.

The words that carry meaning are few, and written down here (`LET`, `SCOPE`, `CASE`, `CLOSING`): a
page says "let", "with", "where" or "assume" for what holds until its end, "for", "if" or "when" for
the equation that follows or precedes, and "Case" (or a list item that is a condition) for what
holds until the case is over.
"""

import re
from dataclasses import dataclass, field

from . import builtins
from . import tree as t
from .decide import BUDGET, Verdict, decide, merged
from .errors import TooMuch, Undecidable, Undefined, Unread
from .lexer import tokenize
from .meaning import Definition, Meaning, single_name
from .numbers import Work
from .parser import INDEX_LETTERS, read_display
from .points import domains
from .source import Display, Remark, Words
import itertools

# The last word of this kind before a formula says what the formula is; few words may stand between.
CUE = re.compile(
    r"\b(let|assume|assuming|assumes|suppose|given|throughout|requires?|for|if|when|whenever|while|unless|on|at|"
    r"provided|as long as|since|because|case|take|fix|consider|where|with)\b",
    re.I,
)
DECLARING = {
    "let",
    "assume",
    "assuming",
    "assumes",
    "suppose",
    "given",
    "throughout",
    "require",
    "requires",
}
CONDITIONAL = {"if", "when", "whenever", "while", "unless", "case", "take", "fix", "consider"}
# Words after which a formula is a consequence and no condition: "if □, then □", "it says □".
CONSEQUENCE = re.compile(
    r"\b(then|so|says?|gives?|means|holds?|has|have|that|which|becomes?|we|it|gets?|there|follows?|satisf\w*|"
    r"not|never|hence|therefore|thus)\b",
    re.I,
)
ADJECTIVE = re.compile(r"\b(positive|negative|non-?negative|non-?zero)\s*$", re.I)
PROPERTY = re.compile(
    r"^\s*(?:is|are|be|being|stay|stays|lies?)?\s*(?:an?\s+|all\s+|both\s+|strictly\s+|each\s+)*"
    r"(?P<what>positive integers?|integers?|whole numbers?|positive|negative|non-?negative|non-?zero)\b"
    r"(?!\s+(?:and|or|if|for|at|on|when)\b)",
    re.I,
)
# A formula after these words introduces a name, even one that meant something else before.
INTRODUCES = re.compile(
    r"\b(let|set|put|with|where|here|take|define|write|denote|denotes|abbreviate|substitute|introduce|call|using|"
    r"in this case|now|choose|consider)\b[^.;:]*$",
    re.I,
)
CASE = re.compile(r"^\W*(?:(?:the |first |second |third |sub)?case\b|for the case)", re.I)
CLOSING = re.compile(
    r"^\W*(the result|result|we can summari|in summary|to summari|summary|together|both cases|combining|combine|"
    r"putting|put together|in general|altogether|overall|finally|for all|in all cases|in both|in short|all cases|"
    r"either way|the (two|three) cases)",
    re.I,
)
EVERYWHERE = re.compile(
    r"\b(for all|for every|for each|for any|in general|in both|both cases|all cases|either case|altogether|summar\w+|"
    r"the result|in total|overall|everywhere|any real|all real)\b",
    re.I,
)
GOES_ON = re.compile(
    r"^\s*(?:\\begin\{\w+\*?\}\s*)?(?:&\s*)?(?:=|\\(?:Rightarrow|implies|Longrightarrow|therefore|iff|Leftrightarrow|leq?|geq?)\b)"
)
CONTINUES = re.compile(
    r"^\W*(so|and|hence|therefore|thus|then|which|that is|i\.e\.|or|but|since|because|where|with|by|using|now)\b",
    re.I,
)
AFTER = re.compile(
    r"^[\s,.;:]*(for|if|when|where|with|provided|whenever|as long as|on|in which|and where)\b"
)
CONVENTION = re.compile(r"\bconvention(s|al|ally)?\b", re.I)
REFERS_BACK = re.compile(r"^\W*(this|that|the (value|choice|slope)|here|what)\b", re.I)
NO_CONVENTION = re.compile(r"\b(no|not|without|before|against|never)\b[^.]{0,30}\bconvention", re.I)
REDEFINES = re.compile(
    r"\b(let|define[sd]?|definition|now take|consider|set|is given by|given by|the .{0,40}function (is|reads)|denote)\b",
    re.I,
)
CONDITION_CUES = re.compile(
    r"^\W*(for|if|when|whenever|while|provided|as|on|unless|in case|case|and|or|with|where|at|since|because|given|"
    r"assuming|all|any|every|each|let|but)\b",
    re.I,
)
LISTED = re.compile(r"^\s*(,|and|or|,\s*and)\s*$", re.I)
DECLARES = re.compile(
    r"\b(assum\w*|suppos\w*|requir\w*|asks?|constrain\w*|conditions?|let|demands?|such that|subject to|must|"
    r"satisf\w*|given|restrict\w*|domain)\b",
    re.I,
)
FUNCTION_WORDS = re.compile(
    r"\b(smooth|differentiable|arbitrary|any|two|some|general|analytic|other)\b[^.]*\b(functions?|activations?)\b|"
    r"\bfunctions?\b[^.]*\b(smooth|differentiable|arbitrary|analytic)\b",
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


class PageReader:
    """Reads the items of one page in order, with the meaning of its names growing on the way."""

    def __init__(self, items, keep=False):
        self.items = items
        self.keep = keep
        self.meaning = Meaning()
        formulas = [i.latex for i in items if isinstance(i, Display)]
        formulas += [
            x for i in items if isinstance(i, Words) for kind, x in i.pieces if kind == "math"
        ]
        self.meaning.survey(formulas, " ".join(i.text for i in items if isinstance(i, Words)))
        self.section = 0
        self.section_words = ""
        self.case = []  # conditions of the case that is being treated
        self.case_indented = False
        self.pending = []  # conditions of the sentence before the next display
        self.pending_used = False  # a display has followed that sentence
        self.paragraph = ""  # the text since the last display
        self.before_display = ""  # the text between the last display and this one
        self.exempt = None
        self.last_side = None
        self.convention_remark = False
        self.used_in_section = set()
        self.consumed = set()

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

    # -- prose -------------------------------------------------------------------------------------

    def words(self, item, place):
        text = item.text.strip()
        if item.heading:
            self.section += 1
            self.section_words = text
            self.used_in_section = set()
            self.case, self.pending, self.paragraph = [], [], ""
        else:
            self.section_words += " " + text
        if item.bullet or (self.case and self.case_indented and item.starts and not item.indented):
            self.case = []
        if CLOSING.match(text) or EVERYWHERE.search(text):
            self.case = []
        if not (CONTINUES.match(text) or text[:1].islower()) or (item.starts and item.bullet):
            self.pending = []
        if item.starts:
            self.paragraph = text
        else:
            self.paragraph += " " + text
        if place in self.consumed:
            return
        self.prose(item)

    def prose(self, item, only_first_sentence=False):
        """Definitions, domains and conditions in a piece of text; returns its scoped conditions."""
        scoped, group, listed, sentences, linked = [], [], [], 0, False
        before, sentence = "", ""
        pieces, plain = item.pieces, item.text
        declares = FUNCTION_WORDS.search(plain) is not None
        for number, (kind, text) in enumerate(pieces):
            if kind == "words":
                if only_first_sentence and re.search(r"[.!?](\s|$)", text) and number:
                    break
                before += text
                cut = re.split(r"(?<=[.!?])\s+(?=[A-Z*_])", before)
                if len(cut) > 1:
                    sentence = ""
                    sentences += len(cut) - 1
                    linked = CONTINUES.match(cut[-1]) is not None
                before = cut[-1]
                continue
            after = (
                pieces[number + 1][1]
                if number + 1 < len(pieces) and pieces[number + 1][0] == "words"
                else ""
            )
            words = (sentence + before).replace("\u25a1", " ")
            statements = self.read_inline(text)
            found = self.inline(statements, words, after, item, declares)
            symbols = [s.sides[0].node for s in statements if not s.operators and s.sides]
            adjective = ADJECTIVE.search(before)
            if LISTED.match(before):
                group, listed = [*group, *symbols], listed
            else:
                group, listed = symbols, [adjective.group(1)] if adjective else []
            if listed:
                found += self.properties(symbols, listed[0], words, item)
            elif (what := PROPERTY.match(after)) is not None:
                found += self.properties(group, what["what"], words, item)
            if "imaginary unit" in after[:40]:
                self.meaning.imaginary = True
            scoped += [(sentences, condition) for condition in found]
            sentence += before + "\u25a1"
            before = ""
        if scoped:
            opening = "".join(x for k, x in pieces[:1] if k == "words").strip(" *_:–-\u2022")
            if self.opens_case(item, opening, plain) and not only_first_sentence:
                self.case = [condition for _, condition in scoped]
                self.case_indented = bool(item.bullet) and item.bullet != "•"
            elif not only_first_sentence:
                # Only the sentence that introduces the display speaks about it;
                # "So …" refers one back.
                last = [c for place, c in scoped if place == sentences]
                if not last and linked:
                    last = [c for place, c in scoped if place == sentences - 1]
                if last:
                    self.pending_used = False
                self.pending += self.consistent(last)
        return [condition for _, condition in scoped]

    @staticmethod
    def consistent(conditions):
        """Without those that contradict each other: "positive for $x > 0$ and negative for $x < 0$"."""
        torn = {name for name, domain in domains(conditions).items() if domain.is_empty()}
        return [c for c in conditions if not t.names_in(c) & torn]

    @staticmethod
    def opens_case(item, opening, plain):
        """Whether a condition stands at the head of a case: a list item, a heading, "Case …"."""
        return (bool(item.bullet or item.heading) and not opening) or CASE.match(plain) is not None

    def read_inline(self, latex):
        try:
            return read_display(latex, self.meaning)
        except Unread:
            return []

    def inline(self, statements, words, after, item, declares):
        """One inline formula with the words before and after it; returns scoped conditions."""
        scoped = []
        introduces = INTRODUCES.search(words) is not None
        for statement in statements:
            nodes = [side.node for side in statement.sides]
            if not statement.operators:
                self.mention(nodes[0], words, declares)
                continue
            for node in nodes:
                self.meaning.note(node)
            simple = self.is_value_condition(statement)
            if statement.operators[0] in ("=", ":=") and (introduces or not simple):
                if self.take_definition(statement, inline=True):
                    continue
                if not self.is_condition(statement):
                    if introduces:
                        self.redefine_inline(statement)
                    continue
            condition = self.as_condition(statement)
            if condition is not None:
                scoped += [
                    c
                    for c in self.restrict(condition, words, item)
                    if self.introduced(c, words, after, item)
                ]
        return scoped

    def introduced(self, condition, words, after, item):
        """Whether the sentence says *where* the display holds: "For □, …", "…, for □:".

        A condition in the middle ("is 1 if □, and 0 otherwise") belongs to the sentence, not to the
        display.
        """
        if item.bullet or item.heading or CASE.match(words):
            return True
        cues = list(CUE.finditer(words))
        opens = re.match(
            r"^[\W_]*(?:(?:now|so|then|and|but|or|here|again|hence|thus|step \d+)\b[\W_]*)*", words
        )
        if cues and cues[0].start() == opens.end() and not CONSEQUENCE.search(words):
            return True
        last = re.match(r"^[\s,.:;)]*((and|or)\s+)?$", after) is not None
        plain = not self.is_about_indices(condition) or (
            cues and cues[-1].group(1).lower() in ("for", "if", "when")
        )
        return last and bool(plain)

    def restrict(self, condition, words, item):
        """Where a condition in the prose holds: on the page, in the case, for the next display, or nowhere.

        A symbol that no function is written in and no derivative is taken by (a slope α, a distance
        p) is declared for the page by any mention such as "with $p > 0$". The variable of the
        functions is restricted for the page by "let" or "assume" alone; by "for", "if", "at", … for
        one display.
        """
        cue, gap = "", ""
        for match in CUE.finditer(words):
            cue, gap = match.group(1).lower(), words[match.end() :]
        consequence = CONSEQUENCE.search(gap.replace("that", "") if cue in DECLARING else gap)
        near = cue and len(gap.split()) <= 7 and not consequence and not re.search(r"[.;]\s", gap)
        bare = not words.strip(" *_:–-\u2022()0123456789.") and (item.bullet or item.heading)
        if bare or (CASE.match(words) and not near):
            return [condition]
        names = {n for n in t.names_in(condition) if n not in self.meaning.table}
        if self.is_about_indices(condition):
            return [condition] if near else []
        pins = (
            isinstance(condition, t.Relation)
            and condition.operator == "="
            and not self.is_total(condition)
        )
        main = bool(names & self.meaning.mains)
        if near and cue in DECLARING:
            self.add_domain(condition)
            return []
        if CONSEQUENCE.search(words[-40:]) and not near:
            return []
        new = not names & self.meaning.known
        declared = (near and cue in ("with", "where", "at")) or (new and cue not in CONDITIONAL)
        if not main and not pins and declared and (len(names) == 1 or (near and cue == "with")):
            self.add_domain(condition)
            return []
        # "which is at $x = 0$:" does not make the next display one about x = 0.
        return [condition] if near and not (pins and main) else []

    @staticmethod
    def is_about_indices(condition):
        r"""``i = k``, ``i \\ne k``."""
        sides = (condition.left, condition.right) if isinstance(condition, t.Relation) else ()
        return bool(sides) and all(
            isinstance(x, t.Symbol) and x.name in INDEX_LETTERS for x in sides
        )

    @staticmethod
    def is_total(condition):
        return any(isinstance(side, t.Big) for side in (condition.left, condition.right))

    def mention(self, node, before, declares):
        """A single symbol in the prose: a variable, or a function that is left open."""
        meaning = self.meaning
        applied = (
            isinstance(node, t.Apply)
            and isinstance(node.head, t.Function)
            and all(isinstance(a, t.Symbol) for a in node.arguments)
        )
        if applied or isinstance(node, t.Symbol):
            name = node.head.name if applied else node.name
            called = re.search(r"\b(functions?|loss|cost|activation)\s*$", before, re.I) is not None
            fixed = name in builtins.FIXED or name in builtins.LETTERS or name.startswith("@")
            if (
                (applied or called or declares)
                and name not in meaning.table
                and not fixed
                and len(name) < 8
            ) and (
                applied
                or (meaning.may_be_unknown(name) and name not in meaning.known | meaning.mains)
            ):
                parameters = tuple(a.name for a in node.arguments) if applied else ()
                self.declare_function(name, parameters)
                return
        if isinstance(node, t.Symbol) and node.name not in meaning.table and len(node.name) < 12:
            if not meaning.is_function(node.name):
                meaning.known.add(node.name)

    def properties(self, group, what, words, item):
        """ "$h$, $F$ and $M$ are positive", "for positive $p$": a property of all these symbols."""
        what, scoped = what.lower().replace("-", ""), []
        for node in group:
            if not isinstance(node, t.Symbol | t.Element) or not self.is_plain(node):
                continue
            if "integer" in what or "whole" in what:
                self.add_domain(t.Relation(node, "in", t.NumberSet("N")))
                self.add_domain(t.Relation(node, ">=", t.Number("1")))
                continue
            operator = {"positive": ">", "negative": "<", "nonnegative": ">=", "nonzero": "!="}[
                what
            ]
            scoped += self.restrict(t.Relation(node, operator, t.Number("0")), words, item)
        return scoped

    # -- conditions --------------------------------------------------------------------------------

    def is_plain(self, node):
        """A free variable, an index, an element of a free vector, or a number."""
        if isinstance(node, t.Symbol):
            definition = self.meaning.lookup(node.name)
            return definition is None and not node.name.startswith("@")
        if isinstance(node, t.Element):
            return isinstance(node.base, t.Symbol) and self.meaning.lookup(node.base.name) is None
        if isinstance(
            node,
            t.Number | t.Constant | t.Finite | t.Interval | t.NumberSet | t.IndexRange | t.Sided,
        ):
            return True
        if isinstance(node, t.Vector):
            return all(self.is_plain(item) for item in node.items)
        if isinstance(
            node, t.Negate | t.Absolute | t.Add | t.Multiply | t.Divide | t.Power | t.Root
        ):
            return all(self.is_plain(child) for child in node.children())
        if isinstance(node, t.Big):
            return isinstance(node.body, t.Element) and self.is_plain(node.body)
        return False

    def is_value_condition(self, statement):
        """``i = k``, ``x = 0``, ``y = 1``: more likely a condition than a definition."""
        if statement.operators != ["="]:
            return False
        left, right = (side.node for side in statement.sides)
        if not isinstance(left, t.Symbol | t.Element) or not self.is_plain(left):
            return False
        return isinstance(right, t.Number | t.Symbol | t.Element | t.Constant) or (
            isinstance(right, t.Negate) and isinstance(right.body, t.Number)
        )

    def is_condition(self, statement):
        """Whether all sides are plain: the statement restricts variables and claims nothing."""
        return bool(statement.operators or statement.sides) and all(
            self.is_plain(side.node) for side in statement.sides
        )

    def as_condition(self, statement):
        if statement.sides and isinstance(statement.sides[0].node, t.IndexRange):
            return statement.sides[0].node
        if not self.is_condition(statement) or not statement.operators:
            return None
        nodes = [side.node for side in statement.sides]
        if all(isinstance(n, t.Number | t.Constant) for n in nodes):
            return None
        links = [
            t.Relation(nodes[k], "=" if op == ":=" else op, nodes[k + 1])
            for k, op in enumerate(statement.operators)
        ]
        if any(
            link.operator in ("~", "sim", "propto", "mapsto", "ll", "gg", "mid", "subset")
            for link in links
        ):
            return None
        if any(
            isinstance(link.right, t.NumberSet) and link.right.name.startswith("vector")
            for link in links
        ):
            return None
        return links[0] if len(links) == 1 else t.And(tuple(links))

    def take_domain(self, statement):
        """Take a statement as a condition that holds for the rest of the page."""
        condition = self.as_condition(statement)
        if condition is None:
            for side in statement.sides:
                if isinstance(side.node, t.NumberSet) and side.node.name.startswith("vector"):
                    return True
            return False
        self.add_domain(condition)
        return True

    def add_domain(self, condition):
        meaning = self.meaning
        for node in condition.walk():
            if isinstance(node, t.Symbol):
                meaning.known.add(node.name)
        meaning.note(condition)
        if condition in meaning.conditions or isinstance(condition, t.IndexRange):
            return
        names = t.names_in(condition)
        for name, domain in domains([*meaning.conditions, condition]).items():
            if name in names and domain.is_empty():
                # "let x < 0" after "let x > 0": the later one holds
                meaning.conditions = [c for c in meaning.conditions if name not in t.names_in(c)]
        meaning.conditions = merged(meaning.conditions, [condition])

    # -- definitions -------------------------------------------------------------------------------

    def definition_of(self, node, body):
        """The `Definition` that ``node = body`` would make, or None if node is not a new name."""
        meaning = self.meaning
        if isinstance(node, t.Symbol) and not node.name.startswith("@"):
            leaves = meaning.leaves(body)
            taken = (
                node.name in leaves.scalars | leaves.families | leaves.unknown
                and node.name not in leaves.definitions
            )
            if isinstance(body, t.Apply) and body.head == t.Function(node.name):
                return Definition(node.name, "unknown")
            if node.name in leaves.families and isinstance(body, t.Vector | t.Listing):
                return None
            if taken and not (node.bold and node.name in leaves.families):
                return None
            if node.name in meaning.sizes or node.name == "1" or meaning.partial_of(node.name):
                return None
            return Definition(node.name, "variable", body)
        if isinstance(node, t.Element) and isinstance(node.base, t.Symbol):
            return self.elements_of(node, body)
        if isinstance(node, t.Element) and isinstance(node.base, t.Apply):
            made = self.function_of(node.base, body)
            if made is not None and all(isinstance(i, t.Symbol) for i in node.indices):
                made.indices = tuple(i.name for i in node.indices)
                made.vector_parameters = tuple(True for _ in made.parameters)
            return made
        if isinstance(node, t.Apply):
            return self.function_of(node, body)
        return None

    def elements_of(self, node, body):
        if all(isinstance(i, t.Number) for i in node.indices):
            name = single_name(node.base.name, node.indices)
            return Definition(name, "variable", body) if node not in list(body.walk()) else None
        names = tuple(i.name for i in node.indices if isinstance(i, t.Symbol))
        if len(names) != len(node.indices) or len(set(names)) != len(names):
            return None
        if node.base.name == "delta" and len(names) == 2:
            return None
        if (
            any(n in self.meaning.sizes for n in names)
            or node.base.name in self.meaning.leaves(body).families
        ):
            return None
        return Definition(node.base.name, "elements", body, indices=names)

    def function_of(self, node, body):
        if not isinstance(node.head, t.Function):
            return None
        name = node.head.name
        if name in builtins.FIXED and name not in builtins.FLEXIBLE:
            extra = self.meaning.leaves(body).scalars - t.names_in(node)
            if not (name in builtins.VARIANTS and extra):
                return None
        parameters, vectors = [], []
        for argument in node.arguments:
            if isinstance(argument, t.Element) and isinstance(argument.base, t.Symbol):
                fresh = t.Symbol(f"{argument.base.name}_·")
                body = _replace(body, argument, fresh)
                if any(isinstance(n, t.Element) and n.base == argument.base for n in body.walk()):
                    return None
                parameters.append(fresh.name)
                vectors.append(False)
                continue
            if not isinstance(argument, t.Symbol):
                return None
            parameters.append(argument.name)
            vectors.append(self.wants_vector(argument, body))
        if len(set(parameters)) != len(parameters):
            return None
        if body == node or t.Function(name) in list(body.walk()):
            return None
        return Definition(name, "function", body, tuple(parameters), tuple(vectors))

    def wants_vector(self, argument, body):
        if self.meaning.is_vector(argument):
            return True
        return any(
            isinstance(n, t.Element) and n.base == t.Symbol(argument.name) for n in body.walk()
        ) or any(
            isinstance(n, t.Apply)
            and n.head in (t.Function("softmax"), t.Function("logsumexp"), t.Function("logsoftmax"))
            and t.Symbol(argument.name) in n.arguments
            for n in body.walk()
        )

    def take_definition(self, statement, strong=False, inline=False):
        """Take a statement's first equality as a definition, if it introduces a new name."""
        if not statement.operators or statement.operators[0] not in ("=", ":="):
            return False
        left, right = statement.sides[0].node, statement.sides[1].node
        self.meaning.note(right)
        made = self.definition_of(left, right)
        if made is None:
            return False
        exists = made.name in self.meaning.table
        if exists and not strong:
            return False
        if self.fixes_variable(made):
            return False
        if (
            inline
            and made.kind == "variable"
            and made.name in INDEX_LETTERS
            and isinstance(right, t.Symbol | t.Number)
        ):
            return False
        self.define(made)
        return True

    def redefine_inline(self, statement):
        """ "Let u = …" for a name that already means something else."""
        made = self.definition_of(statement.sides[0].node, statement.sides[1].node)
        if made is None or made.name not in self.meaning.table:
            return
        left, right = statement.sides[:2]
        if self.decide(left, "=", right, [], False, Work(BUDGET)).kind != "verified":
            self.define(made)

    def fixes_variable(self, made):
        """``x = 0`` for the x of the functions, ``x = y`` for two variables: restricts, and defines nothing."""
        if made.kind != "variable" or made.body is None:
            return False
        leaves = self.meaning.leaves(made.body)
        known = self.meaning.known
        if made.name in self.fixed_variables() | self.meaning.mains | known:
            if not leaves.scalars | leaves.families | leaves.definitions | leaves.unknown:
                return True
        return made.name in known and isinstance(made.body, t.Symbol) and made.body.name in known

    def fixed_variables(self):
        """Names that functions are written in and derivatives are taken by: never given a value in passing."""
        names = set()
        for definition in self.meaning.table.values():
            names |= set(definition.parameters)
        return names | {self.meaning.main}

    def define(self, made):
        made.section = self.section
        meaning = self.meaning
        meaning.define(made)
        self.used_in_section.add(made.name)
        if made.body is not None:
            leaves = meaning.leaves(made.body)
            meaning.known |= leaves.scalars | leaves.families
            meaning.known |= set(made.parameters)
        if made.kind == "elements":
            meaning.families[made.name] = len(made.indices)
        if made.kind == "function" and len(made.parameters) == 1:
            meaning.main = made.parameters[0]

    # -- displays ----------------------------------------------------------------------------------

    def display(self, item, place):
        equation = Equation(" ".join(item.latex.split()), item.label, item.line, item.cell)
        if self.case and self.case_indented and not item.indented:
            self.case = []
        exempt, self.exempt = self.exempt, None
        self.before_display, self.paragraph = self.paragraph, ""
        follower = self.items[place + 1] if place + 1 < len(self.items) else None
        if self.pending_used and not (
            GOES_ON.match(item.latex) or CONTINUES.match(self.before_display)
        ):
            self.pending = []
        self.pending_used = bool(self.pending)
        scoped = [*self.case, *self.pending]
        if isinstance(follower, Words) and not follower.heading and not follower.bullet:
            if AFTER.match(follower.text) and exempt is None:
                behind = self.prose(follower, only_first_sentence=True)
                # "where □ is 1 if □" explains a symbol; "for □", "if □" say where
                # the display holds.
                scoped += (
                    behind
                    if not re.match(r"^\W*(and\s+)?(where|with|in which)\b", follower.text)
                    else []
                )
                self.consumed.add(place + 1)
        convention = self.convention(follower)
        if exempt is not None:
            equation.links = [Link(equation.latex, "", "", Verdict("exempt", exempt))]
            self.exempt_definitions(item)
            return equation
        try:
            statements = read_display(item.latex, self.meaning)
        except Unread as error:
            equation.links = [
                Link(equation.latex, "", "", Verdict("unread", _with_place(error, item.latex)))
            ]
            self.last_side = None
            return equation
        if self.declares_domain(statements):
            for statement in statements:
                self.take_domain(statement)
                left, right = statement.sides[0], statement.sides[-1]
                verdict = Verdict("defined", "says what the variables may be")
                equation.links.append(
                    Link(left.latex, statement.operators[0], right.latex, verdict)
                )
            return equation
        work = Work(BUDGET)
        rows = _rows(statements)
        for row in rows:
            self.row(row, scoped, convention, work, equation)
        return equation

    def exempt_definitions(self, item):
        """An exempt display may still introduce names."""
        try:
            for statement in read_display(item.latex, self.meaning):
                self.take_definition(statement)
        except Unread:
            pass

    def convention(self, follower):
        """Whether the words around the display call what it says at a kink a convention."""
        remark, self.convention_remark = self.convention_remark, False
        texts = [self.before_display]
        if isinstance(follower, Words) and not follower.heading:
            first = re.split(r"(?<=[.!?])\s", follower.text.strip())[0]
            if not follower.starts:
                texts.append(follower.text)
            elif REFERS_BACK.match(first) and not first.endswith(":"):
                texts.append(first)
        return remark or any(CONVENTION.search(x) and not NO_CONVENTION.search(x) for x in texts)

    def row(self, statements, scoped, convention, work, equation):
        """The statements of one row: conditions first, then definitions and claims in order."""
        claims, conditions, where = [], [], False
        for number, statement in enumerate(statements):
            where = bool(re.match(r"^\W*(where|with)\b", statement.cue, re.I)) or (
                where and re.match(r"^\W*and\b", statement.cue, re.I) is not None
            )
            if self.stands_as_condition(statement, statements, number):
                condition = self.as_condition(statement)
                if condition is not None:
                    conditions.append(condition)
                    for node in condition.walk():
                        if isinstance(node, t.Symbol):
                            self.meaning.known.add(node.name)
                    self.meaning.note(condition)
                    continue
                if not statement.operators:
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
            self.chain(statement, [*scoped, *conditions], convention, work, equation)

    def declares_domain(self, statements):
        """Whether the display only restricts variables, and the words before it say so."""
        if not DECLARES.search(self.before_display[-160:]):
            return False
        for statement in statements:
            if statement.continues or self.as_condition(statement) is None:
                return False
            if "=" in statement.operators and not any(
                isinstance(s.node, t.Big) for s in statement.sides
            ):
                return False
        return bool(statements)

    def defined_links(self, statement, equation):
        left, right = statement.sides[0], statement.sides[1]
        equation.links.append(
            Link(left.latex, "=", right.latex, Verdict("defined", "introduces a name"))
        )

    def stands_as_condition(self, statement, row, number):
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
    def is_simple(statement):
        """``x > 0``, ``|r| < δ``, ``yz < 1``, ``0 < a < 1``: about variables as they are, not about formulas."""

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
        self.last_side = sides[-1]
        if len(sides) == 1:
            return
        conditions = self.applicable(conditions, sides)
        defined = self.new_names(sides, operators, conditions, statement, work, convention)
        if 0 in defined and defined[0].kind == "defined":
            self.keep_domain(sides[0].node, conditions)
        for k, operator in enumerate(operators):
            left, right = sides[k], sides[k + 1]
            if k in defined:
                verdict = defined[k]
            else:
                verdict = self.decide(left, operator, right, conditions, convention, work)
            link = Link(left.latex, operator, right.latex, verdict, left.node, right.node)
            if self.keep:
                link.context = (self.snapshot(), conditions, convention)
            equation.links.append(link)
        self.learn(sides)
        for link in equation.links[-len(operators) :]:
            if link.verdict.kind == "verified" and link.left_node is not None:
                self.meaning.known |= self.meaning.leaves(link.left_node, link.right_node).scalars

    def keep_domain(self, node, conditions):
        """What a definition is conditioned on stays: its parameters for the page, its argument for itself."""
        name = (
            node.head.name
            if isinstance(node, t.Apply) and isinstance(node.head, t.Function)
            else None
        )
        made = self.meaning.table.get(name)
        own = set(made.parameters) if made is not None else set()
        for condition in conditions:
            names = t.names_in(condition)
            if isinstance(condition, t.IndexRange) or self.is_about_indices(condition):
                continue
            if names & own:
                made.conditions = (*made.conditions, condition)
            elif not names & self.meaning.mains:
                self.add_domain(condition)

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
            from_text = any(condition is c for c in (*self.case, *self.pending))
            if from_text and t.names_in(condition) & in_cases:
                continue
            kept.append(condition)
        return kept

    def new_names(self, sides, operators, conditions, statement, work, convention):
        """Take the links that introduce a name; returns {place: verdict}."""
        verdicts = {}
        for k, operator in enumerate(operators):
            if operator not in ("=", ":="):
                continue
            left, right = sides[k].node, sides[k + 1].node
            for node, body, turned in ((left, right, False), (right, left, True)):
                if turned and (
                    k + 1 < len(operators) or not isinstance(node, t.Symbol) or k in verdicts
                ):
                    continue
                made = self.definition_of(node, body)
                if made is None or k in verdicts:
                    continue
                if not turned and self.undefined_body(body) and k + 1 < len(operators):
                    # f(x) = y = x²: y is defined by what follows
                    continue
                verdict = self.introduce(
                    made, sides[k], sides[k + 1], operator, conditions, work, statement, k, turned
                )
                if verdict is not None:
                    verdicts[k] = verdict
        for k, operator in enumerate(operators):
            # a name whose own right side was a new name: f(x) = y, with y defined by now
            if k not in verdicts and operator in ("=", ":="):
                made = self.definition_of(sides[k].node, sides[k + 1].node)
                if (
                    made is not None
                    and not self.fixes_variable(made)
                    and made.name not in self.meaning.table
                    and not self.is_letter_default(made)
                ):
                    self.define(made)
                    verdicts[k] = Verdict("defined", "introduces a name")
        return verdicts

    def undefined_body(self, body):
        """Whether the right side is itself a bare new name."""
        if isinstance(body, t.Symbol):
            return body.name not in self.meaning.table and body.name not in self.meaning.known
        if isinstance(body, t.Element) and isinstance(body.base, t.Symbol):
            return (
                body.base.name not in self.meaning.table
                and body.base.name not in self.meaning.known
            )
        return False

    def is_letter_default(self, made):
        return made.name in builtins.LETTERS and made.name not in self.meaning.table

    def introduce(self, made, left, right, operator, conditions, work, statement, k, turned):
        """Decide whether a link defines a name; None if it is a claim like any other."""
        meaning = self.meaning
        known = meaning.table.get(made.name)
        if made.kind == "variable" and known is None:
            if self.fixes_variable(made):
                return None
            if turned and (made.name in meaning.known or made.name in INDEX_LETTERS):
                return None
            if self.is_circular(made):
                return None
        if known is None:
            return self.introduce_new(made, left, right, conditions, work)
        if known.kind == "unknown" and k == 0 and not turned and made.kind == "function":
            if (
                statement.cue
                or REDEFINES.search(self.paragraph_tail())
                or known.section != self.section
            ):
                self.define(made)
                return Verdict("defined", "introduces a name")
            self.define(made)
            return Verdict("defined", "introduces a name")
        if known.conditions and conditions and made.kind == known.kind == "function" and k == 0:
            if made.parameters == known.parameters:
                return self.extend(known, made, conditions)
        explicit = operator == ":="
        elsewhere = known.section != self.section and made.name not in self.used_in_section
        announced = REDEFINES.search(self.paragraph_tail()) is not None
        if k == 0 and not turned and (explicit or elsewhere or announced):
            verdict = self.decide(left, "=", right, conditions, False, work)
            if verdict.kind == "verified":
                return verdict
            self.define(made)
            return Verdict("defined", f"defines {t.pretty(made.name)} anew")
        return None

    def extend(self, known, made, conditions):
        """``f(x) = x`` for x > 0, and later ``f(x) = 0`` for x ≤ 0: a definition in two parts."""
        own = [c for c in conditions if t.names_in(c) & set(made.parameters)]
        if not own:
            return None
        rows = ((known.body, t.And(known.conditions)), (made.body, t.And(tuple(own))))
        made.body = t.Cases(rows)
        made.table = known.table
        self.meaning.table[made.name] = made
        made.section = known.section
        self.extended = made
        return Verdict("defined", "completes a definition")

    def is_circular(self, made):
        """``x = log(y/(1-y))`` after y was given by x: a claim, not a definition."""
        leaves = self.meaning.leaves(made.body)
        return made.name in leaves.scalars

    def introduce_new(self, made, left, right, conditions, work):
        """A name that the page has not defined: a definition, unless it has a fixed meaning."""
        if made.name in builtins.FLEXIBLE:
            verdict = self.decide(left, "=", right, conditions, False, work)
            if verdict.kind == "verified":
                return verdict
        fixed = builtins.LETTERS.get(made.name)
        words = self.section_words
        if fixed == "sigmoid" and made.kind == "function" and not any(made.vector_parameters):
            called = re.search(r"sigmoid|logistic", words, re.I)
            others = re.search(r"relu|tanh|softmax|softplus|softsign|hyperbolic", words, re.I)
            if called and not others and len(made.parameters) == 1:
                verdict = self.decide(left, "=", right, conditions, False, work)
                if verdict.kind == "refuted":
                    verdict.reason = (
                        "the page calls this the sigmoid, 1/(1 + e^-x); " + verdict.reason
                    )
                    return verdict
        self.define(made)
        return Verdict("defined", "introduces a name")

    def paragraph_tail(self):
        return self.before_display[-200:]

    def decide(self, left, operator, right, conditions, convention, work):
        """The verdict on a link, with regard to other readings of either side."""
        meaning = self.meaning
        verdict = decide(meaning, left.node, operator, right.node, conditions, convention, work)
        if verdict.kind == "refuted" and self.softmax_of_number(left, right):
            verdict.reason += "; softmax takes the whole vector: write softmax(z)_i"
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


def _with_place(error, latex):
    if error.start is None:
        return error.message
    start = max(error.start, 0)
    near = " ".join(latex[max(0, start - 12) : start + 18].split())
    return f"{error.message}, at character {start + 1}: … {near} …"


def _replace(node, old, new):
    if node == old:
        return new
    return t.rebuild(node, lambda child: _replace(child, old, new))


__all__ = [
    "Equation",
    "Link",
    "PageReader",
    "Question",
    "TooMuch",
    "Undecidable",
    "Undefined",
    "check_items",
    "tokenize",
]
