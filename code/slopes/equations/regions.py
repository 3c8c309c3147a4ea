r"""Where is a relation true that is not true in general? A region that a Let can declare.

Candidates are plain: the sign of a name, ≠ of a name and a number or of two names, the order of two
names, intervals between the numbers of the formulas, {0, 1}, elements that sum to 1, i ≠ k and
i = k; and "where the derivative exists". They are tried from the widest to the narrowest against
points on both sides of every edge. One is offered only if the relation is verified in it, if every
point outside that was compared fails, and if the edge itself tells which of < and ≤ it is: so never
x > 0 where x ≥ 0 will do.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from . import tree as t
from .errors import NoDerivative, TooMuch, Undefined, Unread
from .kinks import beside, kinks
from .numbers import Work, in_force
from .points import ANYWHERE, constants
from .verdicts import Refuted, Verdict, shown

SHARE = 300_000  # operations for the search
EDGE = (Fraction(1, 10**12), Fraction(1, 10**4))
NUMBERS = 4  # of the formulas, as ends of intervals
NAMES = 4
ZERO, ONE = t.Number("0"), t.Number("1")


@dataclass(frozen=True)
class Region:
    """Conditions that hold together, and the LaTeX that a Let would hold."""

    conditions: tuple
    latex: str


def conditional(question, verdict):
    """The verdict 'conditional' with its region, or None where no plain region is found.

    Parameters
    ----------
    question : decide.Question
        One that was answered: refuted, or without a value on one side somewhere.
    verdict : verdicts.Verdict
    """
    if question.operator not in ("=", "<", "<=", ">", ">=", "in") or question.comparison.slack:
        return None
    work = Work(min(SHARE, max(question.work.left, 0) + SHARE // 4))
    try:
        with in_force(work):
            points = Survey(question)
            if points.fails():
                for strict in (True, False):
                    for region in candidates(question):
                        if points.fits(region, strict) and verified(question, region):
                            return offered(verdict, region)
    except (TooMuch, Unread):
        return None
    return where_it_exists(question, verdict)


def offered(verdict, region):
    """The verdict that names a region."""
    reason = f"true for {plain(region)}, which the page does not say"
    return Verdict("conditional", reason, verdict.witness, verdict.compared, region.latex)


def plain(region):
    """A region as short text."""
    from .verdicts import describe

    return " and ".join(dict.fromkeys(describe(c) for c in region.conditions))


def where_it_exists(question, verdict):
    """A relation that fails at kinks alone: true where the derivative exists."""
    lonely = question.tally.lonely
    kinks = lonely and all(isinstance(error, NoDerivative) for _, error, _ in lonely)
    if not kinks or question.tally.generic < 3 or not verdict.reason.startswith("no derivative"):
        return None
    reason = "true where the derivative exists, which the page does not say"
    return Verdict("conditional", reason, verdict.witness, verdict.compared)


def verified(question, region):
    """Whether the relation is verified in a region."""
    from .decide import Question

    inner = Question(
        question.meaning, question.left, question.operator, question.right,
        (*question.chain, *region.conditions),
    )  # fmt: skip
    try:
        return inner.answer().kind == "verified"
    except Refuted:
        return False


# -- candidates ----------------------------------------------------------------------------------------


def candidates(question):
    """Plain regions, from wide to narrow."""
    leaves = question.leaves
    scalars = sorted(leaves.scalars - leaves.indices)[:NAMES]
    numbers = sorted(
        {v for c in constants((question.left, question.right))[:NUMBERS] for v in (c, -c)}
    )
    ends = [Fraction(0), Fraction(1), Fraction(-1), *numbers]
    indices = sorted(leaves.indices)
    names = [t.Symbol(name) for name in scalars]
    defined = [
        t.Symbol(d) for d in sorted(leaves.definitions) if question.meaning.table[d].kind == "value"
    ]
    families = [family(question, name) for name in sorted(leaves.families)]
    for x in (*names, *families):
        yield from (one(x, "!=", value(end)) for end in ends)
    for x, y in combinations(names, 2):
        yield one(x, "!=", y)
    yield from (one(x, "!=", ZERO) for x in defined)
    for i, k in combinations(indices, 2):
        yield one(t.Symbol(i), "!=", t.Symbol(k))
        yield one(t.Symbol(i), "=", t.Symbol(k))
    for x in (*names, *families):
        for end in ends:
            yield from (one(x, operator, value(end)) for operator in (">=", "<=", ">", "<"))
    for x, y in combinations(names, 2):
        yield from (one(x, operator, y) for operator in (">=", "<=", ">", "<"))
    for x in (*names, *families):
        yield from intervals(x, sorted(ends))
    yield from several(names)
    for name in sorted(leaves.families):
        if not question.meaning.is_matrix(name):
            yield total(question, name)
    for x in (*names, *families):
        yield from (one(x, "in", t.Finite((value(a), value(b)))) for a, b in ((0, 1), (-1, 1)))


def family(question, name):
    """An element of a family, with an index that stands in no relation."""
    index = t.Symbol("i")
    return t.Element(
        t.Symbol(name), (index, t.Symbol("j")) if question.meaning.is_matrix(name) else (index,)
    )


def value(end):
    """A number as a node."""
    end = Fraction(end)
    whole = t.Number(str(abs(end.numerator)))
    if end.denominator != 1:
        whole = decimal(abs(end)) or t.Divide(whole, t.Number(str(end.denominator)))
    return t.Negate(whole) if end < 0 else whole


def decimal(end):
    """A fraction as a short decimal, if it is one."""
    for places in range(1, 7):
        scaled = end * 10**places
        if scaled.denominator == 1:
            return t.Number(f"{int(scaled) / 10**places:.{places}f}")
    return None


def one(left, operator, right):
    """A region of one condition."""
    relation = t.Relation(left, operator, right)
    return Region((relation,), latex(relation))


def intervals(x, ends):
    """Intervals between the numbers of the formulas, with and without their ends."""
    for low, high in combinations(ends, 2):
        for first in (">=", ">"):
            for second in ("<=", "<"):
                relations = t.Relation(x, first, value(low)), t.Relation(x, second, value(high))
                signs = {">=": r"\le", ">": "<", "<=": r"\le", "<": "<"}
                text = f"{latex(value(low))} {signs[first]} {latex(x)} {signs[second]} {latex(value(high))}"
                yield Region(relations, text)


def several(names):
    """Several names that are positive, or not zero."""
    for count in (2, 3):
        for chosen in combinations(names, count):
            for operator in ("!=", ">=", ">"):
                relations = tuple(t.Relation(x, operator, ZERO) for x in chosen)
                yield Region(relations, ", ".join(latex(r) for r in relations))


def total(question, name):
    """Elements that sum to 1."""
    index = next(x for x in "jik" if x not in question.leaves.indices)
    element = t.Element(t.Symbol(name), (t.Symbol(index),))
    end = question.meaning.extent(name, 0)
    relation = t.Relation(t.Big("sum", index, ONE, end, None, element), "=", ONE)
    shown_end = "n" if end is None else latex(end)
    return Region((relation,), rf"\sum_{{{index}=1}}^{{{shown_end}}} {latex(element)} = 1")


_LATEX = {"!=": r"\ne", "<=": r"\le", ">=": r"\ge", "in": r"\in"}


def latex(node):
    """A plain condition as LaTeX."""
    kind = type(node)
    if kind is t.Relation:
        return f"{latex(node.left)} {_LATEX.get(node.operator, node.operator)} {latex(node.right)}"
    if kind is t.Symbol:
        return name_latex(node.name)
    if kind is t.Element:
        return (
            f"{name_latex(node.base.name)}_{{{''.join(latex(i) for i in node.indices)}}}".replace(
                "_{i}", "_i"
            ).replace("_{j}", "_j")
        )
    if kind is t.Negate:
        return f"-{latex(node.body)}"
    if kind is t.Divide:
        return rf"\frac{{{latex(node.numerator)}}}{{{latex(node.denominator)}}}"
    if kind is t.Finite:
        return r"\{" + ", ".join(latex(x) for x in node.items) + r"\}"
    return node.text if kind is t.Number else shown(str(node))


def name_latex(name):
    """A name as LaTeX: ``hat:y`` is \\hat{y}, ``sigma`` is \\sigma."""
    accent, _, base = name.split("~")[0].rstrip("·").rpartition(":")
    head, mark, label = base.partition("_{")
    head = "\\" + head if head in t.GREEK_LETTERS else head
    commands = {"cal": r"\mathcal", "bb": r"\mathbb", "bf": r"\mathbf"}
    head = f"{commands.get(accent, chr(92) + accent)}{{{head}}}" if accent else head
    return head + mark + label


# -- points on both sides of every edge ------------------------------------------------------------------


class Survey:
    """Points of the domain, each with whether the relation holds there."""

    def __init__(self, question):
        self.question = question
        self.found = []  # (sample, env, holds)
        for sample, place in question.tally.failed:
            self.add(sample, place)
        self.look()

    def look(self):
        question = self.question
        leaves = question.leaves
        scalars = sorted(leaves.scalars - leaves.indices)
        indices = sorted(leaves.indices - set(question.meaning.sizes))
        size = 2 if leaves.families or indices or leaves.sizes else 3
        places = question.places(indices, size) if indices else [{}]
        for place in places[:4]:
            for k in range(12 if len(places) == 1 else 4):
                mode = ("mixed", "positive", "negative")[k % 3]
                self.add(question.sample(f"c{k}", mode, size, variant=k % 3), place)
        for place in places[:1]:
            for name in scalars[:NAMES]:
                for v in self.edges(name):
                    for mode in ("mixed", "positive", "negative", "unit"):
                        self.add(question.sample("c0", mode, size, {name: v}), place)
            for v in (Fraction(0), Fraction(1), Fraction(-1)):
                self.add(question.sample("c1", "mixed", size, dict.fromkeys(scalars, v)), place)
            self.beside(scalars[:NAMES], size, place)
            self.turns(scalars[:NAMES], size, place)
            self.elements(size, place)

    def edges(self, name):
        """The ends of the candidates, and both sides of them."""
        numbers = constants((self.question.left, self.question.right))[:NUMBERS]
        ends = [Fraction(0), Fraction(1), Fraction(-1), *numbers, *(-c for c in numbers)]
        beside = [end + step * turn for end in ends for step in EDGE for turn in (1, -1)]
        far = [
            Fraction(1, 2),
            Fraction(-1, 2),
            Fraction(2),
            Fraction(-2),
            Fraction(9),
            Fraction(-9),
        ]
        domain = self.question.domain.get(name, ANYWHERE)
        return [v for v in dict.fromkeys((*ends, *beside, *far)) if domain.holds(v)]

    def beside(self, scalars, size, place):
        """Two names that are equal, and nearly so."""
        for x, y in combinations(scalars, 2):
            for k in range(3):
                sample = self.question.sample(f"c{k}", ("mixed", "positive", "negative")[k], size)
                at = Fraction(str(sample.scalar(x)))
                for step in (Fraction(0), *EDGE, *(-e for e in EDGE)):
                    fixed = {x: at, y: at + step}
                    self.add(self.question.sample(f"c{k}", "mixed", size, fixed), place)

    def turns(self, scalars, size, place):
        """The places where a comparison turns over, for what defined values are there."""
        for name in scalars:
            sample = self.question.sample("c1", "positive", size)
            if self.question.domain.get(name, ANYWHERE).values:
                continue
            roots = kinks(self.question.comparison, sample, name, place)
            for point in beside(roots) if roots else ():
                self.add(sample.moved(name, point), place)

    def elements(self, size, place):
        """Elements at 0 and 1 and beside, all at once."""
        for name in sorted(self.question.leaves.families):
            count = 2 if self.question.meaning.is_matrix(name) else 1
            rest = (1,) * (count - 1)
            for v in (Fraction(0), Fraction(1), *EDGE, *(-e for e in EDGE)):
                for first in (1, 2):
                    for mode in ("mixed", "positive"):
                        fixed = {(name, (first, *rest)): v}
                        self.add(self.question.sample("c0", mode, size, fixed), place)

    def add(self, sample, place):
        question = self.question
        if not question.allowed(sample, place):
            return
        found = question.comparison.at(sample, place)
        if found.kind in ("holds", "differs", "left", "right", "neither"):
            self.found.append((sample, place, found.kind))

    def fails(self):
        """Whether the relation fails anywhere."""
        return any(kind not in ("holds", "neither") for _, _, kind in self.found)

    def fits(self, region, strict):
        """Whether the relation holds at all points of a region and fails at all outside.

        Where neither side has a value a point belongs to no region with an edge. Unless `strict`,
        some points outside may hold by chance: outside of ≠, of a region in which no random point
        lies, and of a region for all elements of a family.
        """
        pointed = all(c.operator == "!=" for c in region.conditions)
        family = any(type(c.left) is t.Element for c in region.conditions)
        thin = any(c.operator in ("=", "in") for c in region.conditions)
        inside = outside = chance = 0
        for sample, place, kind in self.found:
            try:
                within = contains(self.question, region, sample, place)
            except Undefined:
                return False
            if within:
                if kind != "holds" and not (pointed and kind == "neither"):
                    return False
                inside += kind == "holds"
            elif kind == "holds" and (strict or not (pointed or thin or family)):
                return False
            else:
                chance += kind == "holds"
                outside += kind not in ("holds", "neither")
        return outside > (4 * chance if thin else 0) and (inside > 0 or thin)


def contains(question, region, sample, place):
    """Whether a point lies in a region."""
    from .evaluate import code
    from .points import assignments

    evaluator = question.comparison.evaluator(sample)
    for condition in region.conditions:
        leaves = question.meaning.leaves(condition)
        loose = leaves.indices - set(place)
        if type(condition.left) is t.Element:
            # for all elements of the family, whatever its index is called
            loose = {i.name for i in condition.left.indices}
        name = condition.left.base.name if type(condition.left) is t.Element else None
        ends = {
            index: evaluator.length(name, k) if name else sample.size
            for k, index in enumerate(sorted(loose))
        }
        if not all(code(condition)(evaluator, {**place, **p}) for p in assignments(loose, ends)):
            return False
    return True
