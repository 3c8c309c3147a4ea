"""Which words govern a formula in a sentence, and whether they assert it.

A condition restricts a display only where the clause it stands in asserts it: "for $x > 0$", "let
$a > 0$". Clauses that deny it ("without the assumption $x > 0$", "$x > 0$ need not hold"), that
only mention it ("it is tempting to set $x = y$") or that take its points out ("except at $x = 0$")
do not. A negation that cannot be placed leaves the matter open, and is reported as such.
"""

import re
from dataclasses import dataclass

MARK = "\u25a1"  # stands for a formula in a sentence

# The last word of this kind before a formula says what the formula is; few words may stand between.
CUE = re.compile(
    r"\b(let|assume|assuming|assumes|suppose|supposing|given|throughout|requires?|restrict\w*|for|if|"
    r"when|whenever|while|unless|except|outside|inside|within|away from|apart from|other than|on|at|"
    r"under|provided|in the (?:region|interval|range|regime|domain|half-line|case)|in what follows|"
    r"from (?:now|here) on|hereafter|choose|as long as|since|because|case|take|fix|consider|where|"
    r"with|satisf(?:y|ies|ying)|subject to|such that)\b",
    re.I,
)
DECLARING = re.compile(
    r"let|assum\w*|suppos\w*|given|throughout|requires?|restrict\w*|satisf\w*|subject to|such that|"
    r"in what follows|from (?:now|here) on|hereafter|take|fix|choose",
    re.I,
)
CONDITIONAL = {"if", "when", "whenever", "while", "unless", "case", "consider"}
# Words after which a formula is a consequence and no condition: "if □, then □", "it says □".
CONSEQUENCE = re.compile(
    r"\b(then|so|says?|gives?|means|holds?|has|have|that|which|becomes?|we|it|gets?|there|follows?|satisf\w*|"
    r"not|never|hence|therefore|thus)\b",
    re.I,
)
APPOSITION = re.compile(
    r"\b(?!.*\b(?:range|interval|region|domain|case|condition|set|points?)\s)(an?|the|its|our|with|is|are|by|of|one|two|both|fixed|constants?|parameters?|numbers?)\s+"
    r"(?:[\w-]+\s+){0,4}$",
    re.I,
)
OPENING = re.compile(
    r"[\W_]*(?:(?:now|so|then|and|but|or|here|again|hence|thus|even|only|also|we|find|get|have|obtain|see|this|it|gives|"
    r"yields|step \d+)\b[\W_]*)*",
    re.I,
)
# Clauses end at these; a comma between two formulas only joins them.
CLAUSE_END = re.compile(
    rf"[;:()]|\s[–—-]\s|(?<!{MARK})(?<!{MARK} ),(?!\s*(?:and|or)?\s*{MARK})|\bbut\b|\bwhereas\b",
    re.I,
)
SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!cf\.)(?<!resp\.)(?<!r\.t\.)(?<!Eq\.)(?<!vs\.)"
    rf"[)*_\"'”]*\s+(?=[A-Z*_(“\"{MARK}])"
)
# "unless x > 0", "except at x = 0", "everywhere but at x = 0": the points are taken out.
EXCLUDES = re.compile(
    r"\b(unless|except\w*|other than|apart from|away from|outside|excluding|save|"
    r"(?:everywhere|anywhere|all\b.*|defined|differentiable|smooth|holds?) but|"
    r"(?:but|and)? not)"
    r"(\s+(?:of|for|that|where|when|if|in|on|at|the|case|cases|points?|region|possibly|perhaps))*\s*$",
    re.I,
)
EXCLUDED = re.compile(
    r"^\s*(?:\w+ly\s+)?(?:(?:is|are|being|be|was|were|itself|must be|has to be)\s+)*"
    r"(?:excluded|excepted|left out|ruled out|removed|avoided|forbidden|aside)\b",
    re.I,
)
# What is denied is an assumption, and not the statement that the display makes.
DENIES = re.compile(
    r"\b(without(?! loss)|regardless|irrespective|independent(?:ly)?|whether|no matter|nor|"
    r"not (?:only|just|merely|necessarily|even)|"
    r"(?:not|n[o’']t|never|nobody|no one|nowhere|cannot) (?:\w+ )?"
    r"(?:assum|requir|need|restrict|limit|suppos|impos|insist|ask|demand|know|let|set|take|put|say|"
    r"mean|true|have)\w*|"
    r"(?:dropp?|forget|forgot|ignor|relax|lift|remov|abandon|weaken|discard|violat)"
    r"(?:s|es|e|ed|d|ing|ting|ten)?|"
    r"as (?:if|though)|tempt\w*|wrong\w*|mistak\w*|incorrect\w*|erroneous\w*|false\w*|naive\w*|"
    r"might|would|could|pretend\w*|contrary|if only)\b",
    re.I,
)
# "x > 0 need not hold", "x > 0 is not required", "if x > 0 fails".
DENIED = re.compile(
    r"^[\s)]*(?:\w+ly\s+)?(?:"
    r"(?:is|are|was|were|does|do|did|need|needs|can|could|may|might|must|should|would|will|has|have|"
    r"had|be)(?:\s+(?:\w+ly\s+)?(?:not|never|no longer|un\w+|neither|hardly)|n[’']t)|"
    r"cannot|can’t|no longer|never|fails?|failed|breaks?|or not|or otherwise|"
    r"(?:is|are|was|were|would be|being|to be|has been|have been)\s+(?:\w+ly\s+)?"
    r"(?:false|wrong|violated|dropped|irrelevant|optional|superfluous|redundant|impossible|absurd|"
    r"lifted|relaxed|too \w+)|"
    r"would|might|could|may)\b",
    re.I,
)
# A later clause that takes the formula back: "…, but that is wrong".
TAKEN_BACK = re.compile(
    r"\b(?:that|this|which|it|doing so|the latter|such an? \w+)\s+"
    r"(?:is|was|would be|does|did|can|may|need|would|has)\s*(?:\w+ly )?"
    r"(?:not|n[’']t|wrong|false|incorrect|a mistake|an error|never|invalid|illegal|unjustified|"
    r"unnecessary|too \w+|a (?:slip|blunder|fallacy|trap))\b",
    re.I,
)
NEGATION = re.compile(
    r"\b(not|no|never|nothing|neither|none|nor|hardly|even|although|though|despite|cannot|"
    r"unlike|instead|rather than)\b|n[’']t\b",
    re.I,
)
QUOTED = re.compile(
    r"\b(authors?|texts?|textbooks?|books?|papers?|people|others|students?|beginners?|some|many|most)"
    r"(?:\s+\w+){0,2}\s*$",
    re.I,
)
# "for example with k = 1": restricts nothing.
EXAMPLE = re.compile(
    r"\b(?:for example|for instance|e\.g\.|say|such as|like)\W*(?:\w+\W+){0,3}$", re.I
)
# "where y = 1 means a cat": explains what a value stands for.
EXPLAINS = re.compile(
    r"^\s*(?:means?|stands? for|denotes?|encodes?|indicates?|represents?|marks?|corresponds? to|"
    r"labels?|codes? for)\b",
    re.I,
)
# "for all real x", "x may be any number": what was said about x before is over.
LIFTS = re.compile(
    r"\b(?P<every>all|any|every|each|arbitrary)\s+(?P<what>(?:[\w-]+\s+){0,3})$",
    re.I,
)
LIFTED = re.compile(
    r"^\s*(?:is|be|are|may be|can be|denotes|ranges over|runs over|may take|takes)\s+"
    r"(?:now\s+|again\s+)?(?:(?:an?|any|all|arbitrary|every|the)\s+)*"
    r"(?:real|arbitrary|number|value|sign)",
    re.I,
)


def sentences(pieces):
    """The sentences of a text, each as a list of pieces ('words', text) and ('math', latex).

    >>> [len(s) for s in sentences([("words", "Let "), ("math", "x>0"), ("words", ". Then so.")])]
    [3, 1]
    """
    result, pieces = [[]], joined(pieces)
    for number, (kind, text) in enumerate(pieces):
        if kind == "math":
            result[-1].append((kind, text))
            continue
        follows = MARK if number + 1 < len(pieces) and pieces[number + 1][0] == "math" else ""
        parts = SENTENCE_END.split(text + follows)
        parts[-1] = parts[-1].removesuffix(MARK)
        for place, part in enumerate(parts):
            if place:
                result.append([])
            result[-1].append(("words", part))
    return result


def joined(pieces):
    """Pieces with the lines of a text between two formulas in one."""
    result = []
    for kind, text in pieces:
        if kind == "words" and result and result[-1][0] == "words":
            result[-1] = ("words", result[-1][1] + text)
        else:
            result.append((kind, text))
    return result


def shown(pieces):
    """The words of pieces, with a mark where a formula stands."""
    return "".join(text if kind == "words" else MARK for kind, text in pieces)


@dataclass(frozen=True)
class Place:
    """Where a formula stands: the sentence before it and behind it, and what comes next."""

    before: str
    after: str
    following: str = ""  # the next sentence
    label: str = ""  # the sentence before; "Example 2." is a label

    @property
    def clause(self):
        """What the clause of the formula says before it."""
        return CLAUSE_END.split(self.before)[-1]

    @property
    def cue(self):
        """The word that says what the formula is, and what stands between it and the formula."""
        found = None
        for found in CUE.finditer(self.before):  # noqa: B007
            pass
        return ("", "") if found is None else (found.group(1).lower(), self.before[found.end() :])

    @property
    def declares(self):
        return DECLARING.fullmatch(self.cue[0]) is not None

    @property
    def near(self):
        """Whether the cue governs the formula: no verb stands between, and few words."""
        cue, gap = self.cue
        if not cue:
            return False
        plain = gap.replace("that", "") if self.declares or cue == "provided" else gap
        return (
            len(gap.replace(MARK, " ").split()) <= 7
            and not CONSEQUENCE.search(plain)
            and not re.search(r"[.;]\s", gap)
        )

    @property
    def aside(self):
        """Whether the formula stands in brackets at the end: "Positive branch (□):"."""
        return bool(re.search(r"\(\s*$", self.before) and re.match(r"\s*\)\W*$", self.after))

    @property
    def opens_clause(self):
        """Whether the cue opens its clause: "The slope, for □, is"; "We find where □ the slope"."""
        found = list(CUE.finditer(self.clause))
        return bool(found) and re.fullmatch(OPENING, self.clause[: found[0].start()]) is not None

    @property
    def introduces(self):
        """Whether a noun stands before the formula as its name: "a slope □", "ReLU, □:"."""
        apposed = re.search(r"\w,\s+$", self.before) and re.match(r"\s*[,:;.)]", self.after)
        if apposed and not self.near:
            return True
        cue, gap = self.cue
        text = gap if self.near and cue != "with" else self.clause
        return cue not in CONDITIONAL and APPOSITION.search(text) is not None

    @property
    def stance(self):
        """What the clause does with the formula: 'asserts', 'denies', 'excludes' or 'open'.

        >>> Place("Without the assumption ", ":").stance
        'denies'
        >>> Place("Except at ", " we have").stance
        'excludes'
        >>> Place("For ", " the function is not smooth").stance
        'asserts'
        """
        clause, after = self.clause, self.after.split(MARK)[0]
        if DENIED.match(after):
            return "denies"
        if EXCLUDED.match(after):
            return "excludes"
        if EXAMPLE.search(self.before):
            return "denies"
        hypothetical = re.search(r"\b(set|put|take|let|assume|suppose|write)\b", clause, re.I)
        if hypothetical and TAKEN_BACK.search(self.after + self.following):
            return "denies"
        head, tail = self.around_cue(clause)
        if DENIES.search(f"{head} {tail}"):
            return "denies"
        if EXCLUDES.search(self.before.rstrip(MARK + " ,")):
            return "excludes"
        if QUOTED.search(head) or NEGATION.search(f"{head} {tail}"):
            return "open"
        return "asserts"

    def around_cue(self, clause):
        """The words that reach the formula: up to five in front of its cue, and those behind it.

        "Since f has no value at 0 we take x > 0": the negation belongs to another verb.
        """
        cues = list(CUE.finditer(clause)) if self.near else []
        if not cues:
            return "", clause
        head, tail = clause[: cues[-1].start()], clause[cues[-1].start() :]
        inner = re.split(r"\b(?:since|because|so|and|we|I|you|one)\b", head)
        return " ".join(inner[-1].split()[-5:]), tail

    def lifts(self):
        """Whether the words free a bare symbol of what was said before: 'surely', 'maybe' or ''.

        >>> Place("For all real ", ":").lifts()
        'surely'
        >>> Place("For every ", ":").lifts()
        'maybe'
        """
        if LIFTED.match(self.after):
            return "surely"
        found = LIFTS.search(self.before)
        if found is None:
            return ""
        sure = re.search(r"real|value|number|finite|arbitrary|\bany\b", found.group(), re.I)
        return "surely" if sure else "maybe"
