"""The words around the formulas: what they define, and where they say that an equation holds."""

import re

from . import builtins
from . import tree as t
from .comparison import merged
from .errors import Unread
from .layout import read_display
from .parser import INDEX_LETTERS
from .points import domains

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
    r"^\W*(the result|result|we can summari|in summary|to summari|summary|together|"
    r"both cases|combining|combine|"
    r"putting|put together|in general|altogether|overall|finally|for all|"
    r"in all cases|in both|in short|all cases|"
    r"either way|the (two|three) cases)",
    re.I,
)
EVERYWHERE = re.compile(
    r"\b(for all|for every|for each|for any|in general|in both|both cases|"
    r"all cases|either case|altogether|summar\w+|"
    r"the result|in total|overall|everywhere|any real|all real)\b",
    re.I,
)
GOES_ON = re.compile(
    r"^\s*(?:\\begin\{\w+\*?\}\s*)?(?:&\s*)?(?:=|\\(?:Rightarrow|implies|Longrightarrow|therefore|iff|Leftrightarrow|leq?|geq?)\b)"
)
CONTINUES = re.compile(
    r"^\W*(so|and|hence|therefore|thus|then|which|that is|i\.e\.|or|but|since|"
    r"because|where|with|by|using|now)\b",
    re.I,
)
AFTER = re.compile(
    r"^[\s,.;:]*(for|if|when|where|with|provided|whenever|as long as|on|in which|and where)\b"
)
CONVENTION = re.compile(r"\bconvention(s|al|ally)?\b", re.I)
REFERS_BACK = re.compile(r"^\W*(this|that|the (value|choice|slope)|here|what)\b", re.I)
NO_CONVENTION = re.compile(r"\b(no|not|without|before|against|never)\b[^.]{0,30}\bconvention", re.I)
CONDITION_CUES = re.compile(
    r"^\W*(for|if|when|whenever|while|provided|as|on|unless|in case|case|and|or|"
    r"with|where|at|since|because|given|"
    r"assuming|all|any|every|each|let|but)\b",
    re.I,
)
LISTED = re.compile(r"^\s*(,|and|or|,\s*and)\s*$", re.I)
DECLARES = re.compile(
    r"\b(assum\w*|suppos\w*|requir\w*|asks?|constrain\w*|conditions?|let|demands?|"
    r"such that|subject to|must|"
    r"satisf\w*|given|restrict\w*|domain)\b",
    re.I,
)
FUNCTION_WORDS = re.compile(
    r"\b(smooth|differentiable|arbitrary|any|two|some|general|analytic|other)\b[^.]*\b(functions?|activations?)\b|"
    r"\bfunctions?\b[^.]*\b(smooth|differentiable|arbitrary|analytic)\b",
    re.I,
)


class Prose:
    """The part of a page's reader that reads sentences."""

    def words(self, item, place):
        text = item.text.strip()
        if item.heading:
            self.open_section(item.heading, text)
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
                    self.redefine_inline(statement, words, bool(introduces))
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
        """Where a condition in the prose holds: on the page, in the case, for one display, or nowhere.

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
        if (
            isinstance(node, t.Symbol)
            and node.name not in meaning.table
            and len(node.name) < 12
            and not meaning.is_function(node.name)
        ):
            meaning.known.add(node.name)

    def properties(self, group, what, words, item):
        """Take "$h$ and $F$ are positive", "for positive $p$": a property of all these symbols."""
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


# "for all real x and y", "for every real number x", "for any x", "for all values of x"
UNIVERSAL = re.compile(
    r"\bfor\s+(?:all|every|each|any|arbitrary)\s+(?:(?:real|values?|numbers?|of|the)\s+)*"
    r"(?P<names>\u25a1(?:\s*(?:,|and|,\s*and)\s*\u25a1)*)",
    re.I,
)


def universal(item, last=True):
    """The variables of "for all real $x$" in the sentence beside a display, as conditions x ∈ ℝ.

    Parameters
    ----------
    item : source.Words
    last : bool
        Look at the last sentence (it leads to the display) instead of the first.

    Returns
    -------
    list of str
        The formulas between "for all" and the next words.
    """
    text = item.text.rstrip()
    cut = re.split(r"(?<=[.!?;])\s+", text)
    sentence = cut[-1] if last else cut[0]
    formulas = [x for kind, x in item.pieces if kind == "math"]
    before = text[: len(text) - len(sentence)].count("\u25a1") if last else 0
    found = []
    for match in UNIVERSAL.finditer(sentence):
        start = before + sentence[: match.start("names")].count("\u25a1")
        found += formulas[start : start + match["names"].count("\u25a1")]
    return found
