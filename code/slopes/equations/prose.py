"""The words around the formulas: what they define, and where they say that an equation holds."""

import re
from dataclasses import dataclass, field, replace

from . import builtins
from . import tree as t
from .clauses import CONSEQUENCE, CUE, EXPLAINS, MARK, OPENING, Place, sentences, shown
from .comparison import merged
from .errors import Unread
from .layout import read_display
from .parser import INDEX_LETTERS
from .points import domains, named
from .source import spelled

ADJECTIVE = re.compile(
    r"\b(?P<what>(?:(?:positive|negative|non-?negative|non-?zero|natural|whole|even|odd|prime)\s+)?"
    r"(?:integers?|numbers?|naturals?)|positive|negative|non-?negative|non-?zero)"
    r"(?:\s+(?:real|inputs?|values?|numbers?|reals?|arguments?|scalars?|constants?))*\s*$",
    re.I,
)
PROPERTY = re.compile(
    r"^\s*(?:is|are|be|being|stay|stays|lies?|denotes?)?\s*"
    r"(?:an?\s+|all\s+|both\s+|strictly\s+|each\s+|real\s+)*"
    r"(?P<what>(?:(?:positive|non-?negative|natural|whole|even|odd|prime)\s+){1,2}(?:integers?|numbers?)|"
    r"integers?|between 0 and 1|positive|negative|non-?negative|non-?zero)\b"
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
    r"\b(for all|for every|for each|for any|in general|general case|in both|both cases|"
    r"all cases|either case|altogether|summar\w+|"
    r"the result|in total|overall|everywhere|any real|all real)\b",
    re.I,
)
GOES_ON = re.compile(
    r"^\s*(?:\\begin\{\w+\*?\}\s*)?(?:&\s*)?(?:=|\\(?:Rightarrow|implies|Longrightarrow|therefore|iff|Leftrightarrow|leq?|geq?)\b)"
)
CONTINUES = re.compile(
    r"^\W*(so|and|hence|therefore|thus|then|which|that is|i\.e\.|or|since|"
    r"because|where|with|by|using)\b",
    re.I,
)
AFTER = re.compile(
    r"^[\s,.;:]*(?:(?:which|that|it|this)\s+)?"
    r"(?:(?:holds?|is (?:true|valid)|valid|true)\s+(?:only\s+)?)?"
    r"(for|if|when|where|with|provided|whenever|as long as|on|in which|and where)\b"
)
CONVENTION = re.compile(r"\bconvention(s|al|ally)?\b", re.I)
# What a convention about a kink speaks of; one about a name or a unit licenses nothing.
AT_KINK = re.compile(
    r"\b(slopes?|derivatives?|gradients?|kinks?|corners?|values?|zero|origin|edges?|borders?|jumps?|choos\w+|"
    rf"choice|subgradients?|at\W{{0,3}}{MARK}|at 0)\b|at\W{{0,3}}{MARK}|^[^{MARK}]{{0,40}}$",
    re.I,
)
# "for almost every x", "wherever the derivative exists": the kinks are left out.
ALMOST = re.compile(
    r"\balmost (?:every|all|everywhere|surely)|\bwherever (?:the|this|it|both)\b[^.]{0,30}"
    r"\b(?:exists?|defined|differentiable)|\bexcept (?:at|for|in) "
    r"(?:the|its|all|a few|finitely|isolated)\b|"
    r"\ba\.\s?e\.",
    re.I,
)
# "away from the kink": cases that claim a value there are wrong all the same.
BESIDE = re.compile(r"\baway from (?:the|its) (?:kinks?|corners?|jumps?|origin)", re.I)
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
# What ends the assumptions of the page, as far as they are about the usual letters for variables.
GENERALLY = re.compile(
    r"\bin general\b|\bgeneral case\b|\beverywhere\b|\b(?:all|any|arbitrary) (?:real )?"
    r"(?:inputs?|numbers?|arguments?|values?|signs?)\b|\bwithout (?:the|this|that|any) "
    r"(?:assumption|restriction|condition)",
    re.I,
)
# What may give a name a plain number for the page; "consider x = 0" is about one display.
SETS = re.compile(r"\b(let|set|put|with|where|define|choose|fix|take|using)\b[^.;:]*$", re.I)
# "let π be the policy", "the error e": the name of a constant for something else.
SHADOWS = re.compile(r"\b(let|polic(?:y|ies)|errors?|residuals?|priors?|permutations?)\s*$", re.I)
# "with standard deviation σ", "of variance σ²": a number, and no function.
SPREAD = re.compile(
    r"\b(deviations?|variances?|scales?|widths?|bandwidths?|spreads?|noise|volatility|temperatures?)"
    r"(?:\s+(?:level|parameter|is|of|by))*\s*$",
    re.I,
)
# "targets y_i that sum to one"; "a probability distribution p", "y is one-hot".
SUMS = re.compile(
    r"^\s*,?\s*(?:(?:that|which|must|should|always|all|be|are|is|real|numbers?|positive|and|"
    r"whose\s+(?:entries|components|elements|coordinates))\s+)*(?:sums?|adds?)(?:\s+up)?\s+to\s+(?:one|1)\b",
    re.I,
)
DISTRIBUTED = re.compile(
    r"\b(probability (?:vectors?|distributions?)|target distributions?|one-hot\b[\w\s-]{0,30})\s*$",
    re.I,
)
PROBABLE = re.compile(
    r"\s*(?:is|be|denotes?)\s+(?:an?|the)\s+probability\b(?! (?:vector|distr))", re.I
)
DISTRIBUTES = re.compile(
    r"^\s*(?:is|are|be|being|denotes?)\s+(?:an?|the|all)?\s*(?:\w+\s+)?"
    r"(?:probability (?:vectors?|distributions?)|target distributions?|one-hot)\b"
    r"(?!\s+(?:if|when|only))",
    re.I,
)
# The complement of the condition before: "otherwise", "in all other cases".
OTHERWISE = re.compile(
    r"^\W*(?:(?:and|or|but)\s+)?(?:otherwise|else|elsewhere|"
    r"in (?:the other|all other|every other|the remaining|the opposite) cases?|for all other)\b",
    re.I,
)
# In the same sentence, after one of those: the display is a claim. "Given □, we have".
CLAIMS = re.compile(
    r"\b(then|we|have|has|get|follows?|hence|so|thus|holds?|is|are|bound\w*|gives?|show\w*|"
    r"inequality|true)\b",
    re.I,
)
ASSUMES = re.compile(
    r"\b(assum\w*|suppos\w*|requir\w*|asks?|constrain\w*|conditions?|such that|subject to|must|"
    r"demands?|restrict\w*)\b",
    re.I,
)
FUNCTION_WORDS = re.compile(
    r"\b(smooth|differentiable|arbitrary|any|two|some|general|analytic|other)\b[^.]*\b(functions?|activations?)\b|"
    r"\b(?:be|are)\s+(?:\w+\s+){0,2}(functions?|maps?)\b|\bfunctions?\b[^.]*\b(smooth|differentiable|arbitrary|analytic)\b",
    re.I,
)


@dataclass
class Said:
    """What a sentence says about the display that follows it."""

    conditions: list = field(default_factory=list)
    doubts: list = field(default_factory=list)  # conditions that it may or may not mean
    lifted: dict = field(default_factory=dict)  # names freed of the page's conditions: how surely
    named: set = field(default_factory=set)  # names that it defines
    mentioned: list = field(default_factory=list)  # all conditions in it
    declared: list = field(default_factory=list)  # what it lets or assumes for the page

    def __bool__(self):
        return bool(self.conditions or self.doubts or self.lifted)


def shared(statements):
    """Statements in which ``a, b > 0`` says the same of a and of b."""
    names = []
    for statement in statements:
        left = statement.sides[0].node
        if not statement.operators:
            names += [statement] if isinstance(left, t.Symbol | t.Element) else []
            yield statement
            continue
        if names and statement.separator == "comma" and statement.operators[0] not in ("=", ":="):
            for name in names:
                yield replace(statement, sides=[*name.sides, *statement.sides[1:]])
        names = []
        yield statement


def contradict(one, other):
    """Whether two conditions about the same sides exclude each other: p > y and p < y."""
    if not (isinstance(one, t.Relation) and isinstance(other, t.Relation)):
        return False
    if one.operator == other.operator == "=" and one.left == other.left:
        numbers = isinstance(one.right, t.Number) and isinstance(other.right, t.Number)
        return numbers and one.right != other.right
    turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    operator = other.operator
    if (one.left, one.right) == (other.right, other.left):
        operator = turned.get(operator, operator)
    elif (one.left, one.right) != (other.left, other.right):
        return False
    pairs = ({"<", ">"}, {"<", ">="}, {">", "<="}, {"=", "!="}, {"<", "="}, {">", "="})
    return {one.operator, operator} in pairs


def subjects(node):
    """The names that a condition is about; the indices of elements are none of them."""
    if isinstance(node, t.Element):
        return subjects(node.base)
    if isinstance(node, t.Symbol):
        return {node.name}
    return set().union(*(subjects(child) for child in node.children()))


def opposite(condition):
    """What is left when the points of a condition are taken out; None where that is not known."""
    signs = {"=": "!=", "!=": "=", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}
    if isinstance(condition, t.Relation) and condition.operator in signs:
        return t.Relation(condition.left, signs[condition.operator], condition.right)
    return None


class Prose:
    """The part of a page's reader that reads sentences."""

    def words(self, item, place):
        text = item.text.strip()
        if item.heading:
            self.open_section(item.heading, text)
            self.case, self.pending, self.paragraph = [], Said(), ""
        else:
            self.section_words += " " + text
        if item.bullet or (self.case and self.case_indented and item.starts and not item.indented):
            self.case = []
        if CLOSING.match(text) or EVERYWHERE.search(text):
            self.case, self.pending = [], Said()
        if not self.goes_on(item, text):
            self.pending = Said()
        if item.starts:
            self.paragraph, self.spelled_next = text, spelled(item)
        else:
            self.paragraph += " " + text
            self.spelled_next += " " + spelled(item)
        if place not in self.consumed:
            self.prose(item)
        elif len(sentences(item.pieces)) > 1:
            self.prose(item, skip_first=True)

    @staticmethod
    def goes_on(item, text):
        """Whether words behind a display still speak under the conditions of the sentence before it.

        A new paragraph does so only where it leads straight into the next display: "Hence we get".
        """
        if item.starts and (item.bullet or re.search(r"[.!?]\W*$", text)):
            return False
        return CONTINUES.match(text) is not None or (text[:1].islower() and not item.starts)

    def prose(self, item, only_first_sentence=False, skip_first=False):
        """Definitions, domains and conditions in a piece of text; returns what is said here."""
        said, declares = [], FUNCTION_WORDS.search(item.text) is not None
        parts = sentences(item.pieces)
        for number, pieces in enumerate(parts[:1] if only_first_sentence else parts):
            if skip_first and not number:
                continue
            following = shown(parts[number + 1]) if number + 1 < len(parts) else ""
            label = shown(parts[number - 1]) if number else ""
            said.append(self.sentence(pieces, (following, label), item, declares))
        if only_first_sentence:
            return said[0]
        self.let = next((x.declared for x in reversed(said) if x.declared), self.let)
        conditions = said[0].conditions
        opening = "".join(x for k, x in item.pieces[:1] if k == "words").strip(" *_:–-\u2022")
        whole = self.consistent(conditions) == conditions
        if conditions and whole and self.opens_case(item, opening, item.text):
            self.case = conditions
            self.case_indented = bool(item.bullet) and item.bullet != "•"
            if len(said) > 1:
                self.stand_by(said[-1])
            return said[-1]
        # Only the sentence that introduces the display speaks about it; "So …" refers one back.
        last = said[-1]
        if not last and len(said) > 1 and CONTINUES.match(shown(parts[-1])):
            last = said[-2]
        if GENERALLY.search(shown(parts[-1])):
            self.generalise(last)
        if OTHERWISE.match(shown(parts[-1])):
            self.turn_round(last)
        self.stand_by(last)
        return last

    def turn_round(self, said):
        """Take "otherwise": the opposite of what the last display was restricted by."""
        self.pending = Said()
        spoken = [c for c in self.spoken if opposite(c) is not None]
        kept = [c for c in self.meaning.conditions if c not in self.spoken]
        self.meaning.conditions = kept
        if len(self.spoken) == len(spoken) == 1:
            said.conditions.append(opposite(spoken[0]))
            return
        for condition in self.spoken:
            said.lifted.update(dict.fromkeys(subjects(condition), "maybe"))

    def generalise(self, said):
        """Take "in general": conditions on the plain letters of the page may be meant no more."""
        for condition in self.meaning.conditions:
            for name in subjects(condition):
                if len(name) == 1 and name not in said.lifted:
                    said.lifted[name] = "maybe"

    def stand_by(self, said):
        """Keep what a sentence says about the display that follows it."""
        if said.conditions:
            self.pending_used = False
        fresh = self.consistent(said.conditions)
        names = {n for c in fresh for n in subjects(c)} | set(said.lifted)
        kept = [c for c in self.pending.conditions if not subjects(c) & names]
        self.pending = Said(
            [*kept, *fresh],
            [*self.pending.doubts, *said.doubts],
            {**self.pending.lifted, **said.lifted},
        )

    def sentence(self, pieces, around, item, declares):
        """What one sentence says about the display; definitions and declarations are taken at once."""
        said, group, listed, how = Said(), [], [], ""
        for number, (kind, text) in enumerate(pieces):
            if kind == "words":
                continue
            place = Place(shown(pieces[:number]), shown(pieces[number + 1 :]), *around)
            between, after = place.before.split(MARK)[-1], place.after.split(MARK)[0]
            statements = self.read_inline(text)
            self.inline(statements, place, item, declares, said)
            symbols = [s.sides[0].node for s in statements if not s.operators and s.sides]
            adjective = ADJECTIVE.search(between)
            if LISTED.match(between):
                group = [*group, *symbols]
            else:
                group, listed = symbols, [adjective.group(1)] if adjective else []
                how = ""
            how = place.lifts() or how
            for name in map(named, group if how else ()):
                if name is not None:
                    self.lift(name, how, said, place.declares)
            if listed:
                self.properties(symbols, listed[0], place, item, said)
            elif (what := PROPERTY.match(after)) is not None:
                self.properties(group, what["what"], place, item, said)
            self.constrain(text, between, after, place, said)
            if "imaginary unit" in after[:40]:
                self.meaning.imaginary = True
        if EVERYWHERE.search(shown(pieces).split(MARK)[-1]):
            said.conditions = []
        said.conditions = [
            c for c in said.conditions if not any(contradict(c, other) for other in said.mentioned)
        ]
        said.conditions = [
            c for c in said.conditions if self.consistent([*said.declared, c])[len(said.declared) :]
        ]
        return said

    @staticmethod
    def consistent(conditions):
        """Without those that contradict each other: "positive for $x > 0$ and negative for $x < 0$"."""
        torn = {name for name, domain in domains(conditions).items() if domain.is_empty()}
        kept = [c for c in conditions if not t.names_in(c) & torn]
        return [c for c in kept if not any(contradict(c, other) for other in kept)]

    @staticmethod
    def opens_case(item, opening, plain):
        """Whether a condition stands at the head of a case: a list item, a heading, "Case …"."""
        return (bool(item.bullet or item.heading) and not opening) or CASE.match(plain) is not None

    def read_inline(self, latex):
        try:
            return read_display(latex, self.meaning)
        except Unread:
            return []

    def inline(self, statements, place, item, declares, said):
        """One inline formula in its place; what it says about the display is added to `said`."""
        stance = place.stance
        introduces = INTRODUCES.search(place.before) is not None
        for statement in shared(statements):
            nodes = [side.node for side in statement.sides]
            if not statement.operators:
                self.mention(nodes[0], place.before, declares)
                continue
            for node in nodes:
                self.meaning.note(node)
            simple = self.is_value_condition(statement)
            if simple and EXPLAINS.match(place.after):
                continue
            if simple and isinstance(nodes[1], t.Number) and not SETS.search(place.before):
                introduces = False
            if statement.operators[0] in ("=", ":=") and (introduces or not simple):
                if stance == "denies":
                    continue
                if self.take_definition(statement, inline=True):
                    said.named.add(self.name_of(nodes[0]))
                    continue
                if not self.is_condition(statement):
                    self.redefine_inline(statement, place.before, introduces, said)
                    continue
            # "For z > 0" with z = wx + b: what is defined may be restricted, too.
            restricts = place.near and place.cue[0] in ("for", "if", "when", "whenever", "in case")
            ordered = set(statement.operators) <= {"<", ">", "<=", ">=", "!="}
            condition = self.as_condition(statement, defined=restricts and ordered)
            if condition is not None:
                self.condition(condition, place, item, said)

    def condition(self, condition, place, item, said):
        """A condition in the prose: asserted, denied, or its opposite asserted."""
        stance = place.stance
        if stance == "excludes":
            condition = opposite(condition)
        if stance == "denies" or condition is None or self.frees(condition, place, said):
            return
        said.mentioned.append(condition)
        found = [
            c
            for c in self.restrict(condition, place, item, stance, said)
            if (stance == "open" and place.declares) or self.introduced(c, place, item)
        ]
        (said.doubts if stance == "open" else said.conditions).extend(found)

    def frees(self, condition, place, said):
        r"""``x \in \mathbb{R}``, "for every $y \in \{0, 1\}$": what was said about x before is over."""
        name = named(condition.left) if isinstance(condition, t.Relation) else None
        if name is None:
            return False
        real = condition.operator == "in" and condition.right == t.NumberSet("R")
        if real or place.lifts():
            self.lift(name, "surely", said, place.declares)
        return real

    def lift(self, name, how, said, for_good=False):
        """Take "for all real $x$": what was said about x before is over, a value given to it, too."""
        said.lifted[name] = how
        said.conditions = [c for c in said.conditions if name not in subjects(c)]
        made = self.meaning.table.get(name)
        if made is not None and made.kind == "variable" and isinstance(made.body, t.Number):
            del self.meaning.table[name]
        self.meaning.known.add(name)
        if for_good and how == "surely":
            kept = [c for c in self.meaning.conditions if name not in subjects(c)]
            self.meaning.conditions = kept

    def introduced(self, condition, place, item):
        """Whether the sentence says *where* the display holds: "For □, …", "…, for □:".

        A condition in the middle ("is 1 if □, and 0 otherwise") belongs to the sentence, not to the
        display.
        """
        words, after = place.before, place.after
        if item.bullet or item.heading or CASE.match(words):
            return True
        cues = list(CUE.finditer(words))
        opens = bool(cues) and re.fullmatch(OPENING, words[: cues[0].start()]) is not None
        if opens and not CONSEQUENCE.search(words):
            return True
        plain = not self.is_about_indices(condition) or (
            cues and cues[-1].group(1).lower() in ("for", "if", "when", "where")
        )
        last = re.match(r"^[\s,.:;)]*((and|or)\s+)?$", after.split(MARK)[0]) is not None
        # "is decreasing for □ and": the display is the other half.
        last = last and re.fullmatch(r"\s*(and|or|but|while)\s*", after) is None
        leads = not re.search(r"[.!?]\W*$|\b(otherwise|else|elsewhere)\b", after)
        return (last or (leads and place.opens_clause)) and bool(plain)

    def restrict(self, condition, place, item, stance, said):
        r"""Where a condition in the prose holds: on the page, for one display, or nowhere.

        What is let, assumed or supposed holds on the page, and so does what introduces a symbol: "a
        slope $\alpha > 0$", "with $p > 0$" for a p that no function is written in. "For", "if",
        "when", "at" and their like speak about one display.
        """
        cue, near, words = place.cue[0], place.near or place.aside, place.before
        bare = not words.strip(f" *_:–-\u2022()0123456789.{MARK}") and (item.bullet or item.heading)
        if bare or (CASE.match(words) and not near):
            return [condition]
        if self.is_about_indices(condition):
            return [condition] if near else []
        names = {n for n in t.names_in(condition) if n not in self.meaning.table}
        main = bool(names & self.meaning.mains)
        if near and place.declares:
            if stance == "open":
                return [condition]
            self.add_domain(condition)
            said.declared.append(condition)
            return []
        if CONSEQUENCE.search(words[-40:]) and not near:
            return []
        pins = (
            isinstance(condition, t.Relation)
            and condition.operator == "="
            and not self.is_total(condition)
        )
        new = not names & self.meaning.known
        member = isinstance(condition, t.Relation) and condition.operator == "in" and not near
        introduces = (near and cue in ("with", "where")) or (new and (member or place.introduces))
        if introduces and not main and not pins and stance == "asserts":
            self.add_domain(condition)
            return []
        # "which is at $x = 0$:" does not make the next display one about x = 0.
        # But "With $w = 0.5$, …" puts a value in.
        puts_in = cue in ("with", "for") and place.opens_clause
        return [condition] if near and (puts_in or not (pins and main)) else []

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
        if isinstance(node, t.Constant) and node.name in ("e", "pi"):
            if SHADOWS.search(before):
                meaning.shadows.add(node.name)
            return
        number = node.base if isinstance(node, t.Power) else node
        if isinstance(number, t.Symbol) and SPREAD.search(before):
            meaning.plain.add(number.name)
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

    def properties(self, group, what, place, item, said):
        """Take "$h$ and $F$ are positive", "for positive $p$": a property of all these symbols."""
        what = what.lower().replace("-", "")
        parity = re.search(r"\b(even|odd|prime)\b", what)
        for node in group:
            if not isinstance(node, t.Symbol | t.Element) or not self.is_plain(node):
                continue
            if parity is not None:
                self.unheard[named(node)] = what
            if re.search("integer|whole|natural|even|odd|prime", what):
                self.whole(node, what)
                continue
            what = what.split()[0]
            if what.startswith(("number", "natural")):
                continue
            signs = {"positive": ">", "negative": "<", "nonnegative": ">=", "nonzero": "!="}
            operator = signs.get(what, ">")
            condition = t.Relation(node, operator, t.Number("0"))
            if "between" in what:
                condition = t.And((condition, t.Relation(node, "<", t.Number("1"))))
            stance = place.stance
            if stance == "denies":
                continue
            states = re.match(r"\s*(?:is|are|lies?|stays?|denotes?)\b", place.after)
            if states and stance == "asserts" and not place.near:
                self.add_domain(condition)
                continue
            found = self.restrict(condition, place, item, stance, said)
            (said.doubts if stance == "open" else said.conditions).extend(found)

    def constrain(self, latex, before, after, place, said):
        """Take "targets $y_i$ that sum to one", "a probability vector $p$": constraints in words."""
        found = []
        if SUMS.match(after):
            found = [r"\sum_i {}_i = 1"]
        elif (match := DISTRIBUTED.search(before) or DISTRIBUTES.match(after)) is not None:
            member = r"{}_i \in \{{0, 1\}}" if "hot" in match.group().lower() else r"{}_i \ge 0"
            found = [member, r"\sum_i {}_i = 1"]
        elif PROBABLE.match(after):
            found = ["0 \\le {} \\le 1"]
        name = re.match(r"\\\w+\s*\{[^{}]*\}|\\\w+|\w", latex)
        if name is None or place.stance not in ("asserts", "excludes") or "(" in latex:
            return
        for template in found:
            for statement in self.read_inline(template.format(name.group())):
                condition = self.as_condition(statement)
                if condition is not None:
                    self.add_domain(condition)
                    said.declared.append(condition)

    def whole(self, node, what):
        """Take "an integer n", "for natural numbers n": a whole number, with or without a sign."""
        signed = not re.search("positive|whole|natural|prime|negative", what)
        self.add_domain(t.Relation(node, "in", t.NumberSet("Z" if signed else "N")))
        if not signed:
            start = "0" if re.search("nonnegative|whole", what) else "1"
            self.add_domain(t.Relation(node, ">=", t.Number(start)))

    # -- conditions --------------------------------------------------------------------------------

    def is_plain(self, node, defined=False):
        """A free variable, an index, an element of a free vector, or a number.

        With ``defined`` also a variable that the page has defined.
        """
        if isinstance(node, t.Symbol):
            definition = self.meaning.lookup(node.name)
            known = defined and definition is not None and definition.kind == "variable"
            return (definition is None or known) and not node.name.startswith("@")
        if isinstance(node, t.Element):
            return isinstance(node.base, t.Symbol) and self.meaning.lookup(node.base.name) is None
        if isinstance(
            node,
            t.Number | t.Constant | t.Finite | t.Interval | t.NumberSet | t.IndexRange | t.Sided,
        ):
            return True
        if isinstance(node, t.Vector):
            return all(self.is_plain(item, defined) for item in node.items)
        if isinstance(
            node, t.Negate | t.Absolute | t.Add | t.Multiply | t.Divide | t.Power | t.Root
        ):
            return all(self.is_plain(child, defined) for child in node.children())
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

    def is_condition(self, statement, defined=False):
        """Whether all sides are plain: the statement restricts variables and claims nothing."""
        return bool(statement.operators or statement.sides) and all(
            self.is_plain(side.node, defined) for side in statement.sides
        )

    def as_condition(self, statement, defined=False):
        if statement.sides and isinstance(statement.sides[0].node, t.IndexRange):
            return statement.sides[0].node
        if not self.is_condition(statement, defined) or not statement.operators:
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
                if node.name in builtins.LETTERS and node.name not in meaning.table:
                    meaning.plain.add(node.name)
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
    r"\bfor\s+(?:all|every|each|any|arbitrary|real)\s+(?:(?:real|values?|numbers?|of|the)\s+)*"
    rf"(?P<names>{MARK}(?:\s*(?:,|and|,\s*and)\s*{MARK})*)",
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
    before = text[: len(text) - len(sentence)].count(MARK) if last else 0
    found = []
    for match in UNIVERSAL.finditer(sentence):
        start = before + sentence[: match.start("names")].count(MARK)
        found += formulas[start : start + match["names"].count(MARK)]
    return found
