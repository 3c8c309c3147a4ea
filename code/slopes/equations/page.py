r"""A page read from top to bottom: what it declares and defines, and a verdict on each relation.

A page is read by its headings, its Let and Case paragraphs and its displayed formulas. No other word
counts. An assumption holds to the end of its section; a definition from where it stands on.
"""

import copy
import itertools
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from . import layout
from . import tree as t
from .approximate import CUT, SHOWN
from .decide import BUDGET
from .declare import Declarations
from .errors import Unread
from .functions import VARIED
from .grammar import read
from .markdown import Item
from .meaning import Leaves, Meaning, places_of
from .numbers import Work, setting
from .report import PageReport
from .scope import PLAIN, Scope
from .tokens import tokenize
from .verdicts import Verdict

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "!=": "=", "in": "notin", "~": "!="}
CASE = 7  # the level of a Case: that of the deepest heading is 6
ALONE = "a condition that stands alone: is this a Let?"


@dataclass
class Link:
    """One relation of a chain, with its verdict; `again` is what it takes to decide it again."""

    left: str
    relation: str
    right: str
    verdict: Verdict | None = None
    nodes: tuple = ()  # both sides, once they are read
    again: tuple | None = None


def check_items(items, keep=False, path=""):
    """The report on a page's items; with `keep` each link holds what it takes to decide it again."""
    reader = PageReader(items, keep)
    equations = list(reader.read())
    told = reader.scope.dependent, reader.scope.called
    if any(told):  # a line that is read shows it for those above, too
        reader = PageReader(items, keep)
        reader.scope.dependent, reader.scope.called = map(set, told)
        equations = list(reader.read())
    reader.report.path, reader.report.equations = path, equations
    return reader.report


class PageReader(Declarations):
    """Reads the items of one page in order, with the meaning of its names growing on the way."""

    def __init__(self, items=(), keep=False):
        self.items = list(items)
        self.item = Item("", "")  # that is being read
        self.report = PageReport()
        self.keep = keep
        self.meaning = Meaning()
        self.scope = Scope(self.meaning)
        self.level = 0  # of the heading that this place stands under
        self.section = 0
        self.assumed = []  # (level, condition)
        self.spoken, self.said = {}, {}  # which inline formulas speak of names; what they equal
        self.valued = {}  # which numbers
        self.passed = []  # the inline formulas above
        self.wrong = {}  # a name whose chain is refuted: what it is by that, and the line

    def read(self):
        """The equations, in order; what a Let does wrong is an equation, too."""
        exempt = None
        self.listen(self.items)
        for item in self.items:
            self.item = item
            match item.kind:
                case "inline":
                    self.passed.append(item)
                case "heading":  # it ends what was assumed in a section, but not under the title
                    self.level, self.section = item.level, self.section + 1
                    self.assumed = [(at, c) for at, c in self.assumed if at < item.level]
                case "exempt":
                    exempt = item.text
                case "wrong":
                    yield self.alone(item, "", "unread", item.text)
                case "let" | "case":
                    yield from self.let(item)
                case "display":
                    yield self.display(item, exempt)
                    exempt = None

    @staticmethod
    def alone(item, latex, kind, reason):
        """An equation that has one verdict as a whole."""
        latex = as_words(latex)
        return replace(item, text=latex, links=[Link(latex, "", "", Verdict(kind, reason))])

    def standing(self):
        """What is assumed here."""
        return [condition for _, condition in self.assumed]

    def let(self, item):
        """Take a Let or a Case; yields what is wrong in it."""
        level = CASE if item.kind == "case" else self.level
        self.assumed = [(at, c) for at, c in self.assumed if at < CASE or level < CASE]
        for latex in item.formulas:
            self.report.assumptions.append(replace(item, text=as_words(latex)))
            try:
                conditions = self.declare(latex, item.smooth, item.kind == "case")
            except Unread as error:
                self.lose(layout.openings(latex))
                yield self.alone(item, latex, "unread", error.in_place(latex))
                continue
            self.assumed += [(level, c) for c in conditions]

    def display(self, item, exempt):
        """A displayed formula with its links; a fault of the checker loses it alone, and says so."""
        if exempt is not None:
            return self.alone(item, item.text, "exempt", exempt)
        work = Work(BUDGET)
        try:
            lines = layout.lines(tokenize(item.text))
            links = [link for line in lines for link in self.chain(line, item.text, work)]
        except Exception as error:
            self.lose(layout.openings(item.text))
            if isinstance(error, Unread):
                return self.alone(item, item.text, "unread", error.in_place(item.text))
            reason = f"the checker failed ({type(error).__name__}: {error}): please report it"
            return self.alone(item, item.text, "undecided", reason)
        return replace(item, text=as_words(item.text), links=links)

    def chain(self, line, latex, work):
        """The links of one chain; the name that an unread line would have defined is lost."""
        try:
            if not all(line.sides):
                reason = "a relation stands first or last, and lacks a side"
                words = " (a name in \\text? write \\mathrm)" if "\\text" in latex else ""
                raise Unread(reason + words, line.at)
            sides = [read(side) for side in line.sides]
            if not line.operators and line.conditions:
                raise Unread("a condition, and nothing that it restricts", line.at)
        except Unread as error:
            links = [Link(as_words(latex), "", "", Verdict("unread", error.in_place(latex)))]
        else:
            self.prepare(sides)
            links = self.links(line, sides, latex, work) if line.operators else []
            self.scope.used.update(*map(self.scope.keys_in, sides))
        if links and links[0].verdict.kind == "unread":
            self.lose(zip(line.sides, line.operators[:1], strict=False))
        return links

    def prepare(self, sides):
        """What holds for one chain: letters that stand alone, and what smooth functions stand at."""
        scope = self.scope
        # L = L(a) does not show that L is a number: a side that is nothing but a name says nothing.
        scope.beside = scope.standing_alone(x for x in sides if not isinstance(t.bare(x), t.Name))
        scope.arguments, below, variables_of = {}, {}, {}
        fractions = (x for s in sides for x in s.walk() if isinstance(x, t.Fraction))
        for fraction in filter(t.is_derivative, fractions):
            with suppress(Unread):
                body, variables, _ = scope.derivative_form(fraction)
                values = [t.family_of(scope.by_value(node)) for node, _ in variables]
                below.update(dict.fromkeys(values))
                known = scope.lookup(scope.word(body)) if isinstance(body, t.Name) else None
                if known is not None and known.kind == "smooth" and not known.parameters:
                    variables_of.setdefault(known.name, {}).update(dict.fromkeys(values))
        only = [v for v in below if self.meaning.table.get(v.name) is None] or list(below)
        scope.implicit = only[0] if len(only) == 1 else PLAIN
        scope.arguments = {n: next(iter(v)) for n, v in variables_of.items() if len(v) == 1}

    def links(self, line, sides, latex, work):
        """A definition first, where there is one; then a verdict on each relation."""
        text = list(map(as_words, line.texts(latex)))
        links = list(map(Link, text, line.operators, text[1:]))
        if links[0].relation in ("=", ":="):
            with unread(links[:1], latex):
                if self.define(sides[0], links[0].relation, sides[1], line.conditions):
                    links[0].verdict = Verdict("defined", "introduces a name")
        waiting = [(k, link) for k, link in enumerate(links) if link.verdict is None]
        with unread([link for _, link in waiting], latex):
            conditions = self.restrictions(line.conditions) if waiting else []
            for k, link in waiting:
                if link.relation != "arrow" or k in (0, len(links) - 1):
                    with unread([link], latex):
                        self.settle(link, line, sides, k, conditions, work)
                    if [x.verdict.kind for x in (links[0], link)] == ["defined", "refuted"]:
                        made = self.scope.lookup(self.form(sides[0]).name)
                        self.wrong[made.name] = replace(made, body=link.nodes[1]), self.item.line
        return [link for link in links if link.verdict is not None]

    def settle(self, link, line, sides, k, conditions, work):
        if {"arrow", "to"} & set(line.operators[max(k - 1, 0) : k + 2]):
            reason = "an arrow between relations: write each alone, a limit with \\lim"
            raise Unread(reason, line.at)
        # A lone relation between names as they are is a condition, and no identity: rule 27.
        pair = sides[k : k + 2]
        numbers = all(isinstance(side, t.Number | t.Negate) for side in pair)
        if not numbers and not conditions and all(map(self.is_plain, pair)):
            raise Unread(ALONE, line.at)
        if len({x[-1].style for x in line.sides[k : k + 2] if x[-1].kind != "name"}) > 1:
            raise Unread("a unit on one side? a remark has brackets", line.sides[k + 1][-1].at)
        operator, left = line.operators[k], self.scope.resolve(sides[k])
        right = self.scope.right_side(sides[k + 1], operator, left)
        extents, ranges = dict(self.meaning.extents), dict(self.meaning.ranges)
        self.meaning.note(left, right)
        conditions = [*self.inherited(left, right), *conditions]
        claimed = "=" if operator == ":=" else operator
        link.verdict = self.judge(left, claimed, right, conditions, work)
        link.nodes = left, right
        ends = (x for k, x in self.meaning.extents.items() if k not in extents)
        told = [x.text for x in ends if isinstance(x, t.Number)]
        if told and link.verdict.kind == "verified":  # are the arrays that long by this line alone?
            with setting(self.meaning, "extents", extents), setting(self.meaning, "ranges", ranges):
                loose = self.judge(left, claimed, right, conditions, regions=False)
            if loose.kind != "verified":
                reason = f"true for {told[0]} elements, which is not declared"
                link.verdict = replace(loose, kind="conditional", reason=reason)
                self.meaning.extents, self.meaning.ranges = extents, ranges
        if self.keep:
            link.again = (copy.deepcopy(self.meaning), [*self.standing(), *conditions])
        self.temper(link, sides, k, conditions, work)

    def is_plain(self, node):
        """Whether a side is a name without a meaning, a number, or a set of these."""
        base, sub, sup, primes = t.scripts(node)
        match node:
            case t.Number() | t.Mark("dots") | t.Script(t.Name(_, "bb")):  # the last one is a set
                return True
            case t.Negate() | t.Group("{" | "[" | "("):
                return all(map(self.is_plain, node.children()))
        if not isinstance(base, t.Name) or sup is not None or primes:
            return False
        special = self.scope.special(base, sub)
        if special is not None:
            return special == t.Constant("infinity")
        words = node is base and self.scope.is_fixed(base)
        return not words and self.scope.lookup(self.scope.key(node)[0]) is None

    def inherited(self, *nodes):
        """The conditions under which the names of a relation were defined.

        Those on a parameter hold where the name is applied to that parameter and nothing else: after
        ``H(p) := …, 0 < p < 1`` a relation about H(p) or H'(p) is about these p.
        """
        found, leaves = [], self.meaning.leaves(*nodes)
        for name in sorted(leaves.definitions):
            made = self.meaning.table.get(name)
            own = tuple(t.Symbol(p) for p in made.parameters)
            applied = (n for node in nodes for n in node.walk() if isinstance(n, t.Apply))
            calls = [n.arguments for n in applied if name in t.names_in(n.head, t.Function)]
            for condition in made.conditions:
                bound = t.names_in(condition) & {*made.parameters, *made.indices}
                free = bound <= leaves.scalars | leaves.families | leaves.indices
                if not bound or (free and all(call == own for call in calls)):
                    found.append(condition)
        return found

    def temper(self, link, sides, k, conditions, work):
        """Rules 16, 26 and 27: what looks refuted, and rests on what the page did not declare."""
        if link.verdict.kind not in ("refuted", "conditional"):
            return
        leaves = self.meaning.leaves(*link.nodes)
        self.refuse_spoken(leaves, self.said)
        self.refuse_spoken(Leaves(families=leaves.families), self.spoken)  # x ∈ ℝ⁴
        self.refuse_anew(leaves)
        self.refuse_unbegun(*link.nodes)
        if not leaves.definitions and link.relation == "=":
            self.refuse_apart(leaves, *map(set, map(t.Node.walk, link.nodes)))
        free = {x for x in leaves.scalars | leaves.families if not self.scope.is_constant(x)}
        if len(free) > 1:  # x² + y² = 25
            self.scope.refuse_dependent(free)
        begins = k == 0 and link.relation in ("=", "~")
        if begins or link.relation == ":=":
            self.refuse_power(sides[0])
            self.refuse_new_meaning(link, sides[0], leaves)
        if link.verdict.kind != "refuted":
            return
        if begins:
            self.refuse_label(*sides[:2])
        told = self.scope.numbers.union(self.meaning.shaped, *map(t.names_in, conditions))
        self.refuse_sequence(link, leaves, told if begins else None)
        self.refuse_spoken(leaves, self.spoken)
        factors = [t.factors_of(side) for side in sides[k : k + 2]]
        if link.relation != "=" and all(map(self.is_plain, itertools.chain(*factors))):
            raise Unread(ALONE)
        if "i" in free:
            raise Unread("i is a number here: the imaginary unit? say in a Let that i^2 = -1")
        both = list(map(self.meaning.leaves, link.nodes))
        if link.relation != "=":
            self.to_meet(link, both, told, conditions)
        elif all(x.names or x.sizes or x.indices for x in both):
            self.refuse_one_sided(link, told)
            self.refuse_end(link)
        elif leaves.scalars or leaves.families:
            self.to_solve(link, leaves, conditions)
        if link.verdict.kind == "refuted":
            self.refuse_spoken(leaves, self.valued)
            self.reread(link, leaves, conditions, work)

    def reread(self, link, leaves, conditions, work):
        """A false line may be rounded, in another base, or rest on what is refuted above."""
        log, table, text = t.Function("log"), self.meaning.table, link.left + link.right
        shown = link.relation == "=" and "." in text
        readings = [("", log, table)]
        for base in ("10", "2") if "\\ln" not in text else ():
            based = t.Apply(t.Function("log_base"), (t.Number(base),))
            readings.append((f"true in base {base}: write \\log_{{{base}}}", based, table))
        for name in sorted(leaves.definitions & self.wrong.keys()):
            made, line = self.wrong[name]
            table = {**table, name: made}
            readings.append((f"rests on line {line}, which is refuted", log, table))
        for advice, other, meant in readings:
            pairs = zip((link.left, link.right), link.nodes, strict=True)
            sides = [x if "." in s or not shown else t.Add((x,)) for s, x in pairs]  # 3 is no 3.0
            left, right = (t.substitute(side, log, other) for side in sides)
            with setting(self.meaning, "table", meant):
                for relation in (link.relation, "~")[: 1 + shown]:
                    found = self.judge(left, relation, right, conditions, work, regions=False)
                    cut = bool(advice) and found.reason == CUT  # in another base it proves nothing
                    if found.reason.startswith(SHOWN) or (found.kind == "verified" and not cut):
                        told = CUT if found.reason == CUT else f"true {SHOWN}, and no further"
                        link.verdict.kind = "conditional"
                        link.verdict.reason = advice or f"{told}: write \\approx and one number"
                        return

    def refuse_spoken(self, leaves, keys):
        """Rule 26: an inline formula says something of a free name, and is not read."""
        for name in sorted(leaves.scalars | leaves.families):
            key = name.split("~")[0]
            key = key if key in keys else key.rstrip("·")
            declared = key not in self.said and self.scope.is_constant(name)
            if key in keys and not declared:
                self.refuse_text(keys[key][0][0])

    def refuse_anew(self, leaves):
        """Rule 26: a display gave a name its meaning by =, and the text below it gives it another."""
        for name in sorted(leaves.definitions & self.scope.equated.keys()):
            right, begun = self.scope.equated[name]
            key, known = name.split("~")[0], self.meaning.table[name]
            number = known.body is not None and not self.meaning.leaves(known.body).names
            values = self.valued.get(key, ()) if number else ()
            for item, said in (*self.said.get(key, ()), *values):
                if item in self.passed[begun:] and said != right:
                    self.refuse_text(item)

    @staticmethod
    def refuse_text(item):
        """Stop at what an inline formula says."""
        where = f"${item.text}$ (line {item.line})"
        raise Unread(f"the text says {where}, which is not read: say it in a Let")

    def refuse_unbegun(self, *nodes):
        """A line about elements of a recurrence of which nothing says where it begins."""
        for node in (item for side in nodes for item in side.walk()):
            known, _ = self.meaning.element_of(node)
            if known and known.recurs and not known.starts:
                name = t.pretty(known.name)
                raise Unread(f"nothing says where {name} begins: write {name}_0 := … below it")

    def refuse_new_meaning(self, link, side, leaves):
        """Rule 16: a false line about a name without := here, or of a fixed meaning, may define it."""
        form, (left, right) = self.form(side), link.nodes
        delta = isinstance(left, t.Kronecker) and t.Kronecker not in map(type, right.walk())
        key = "delta·" if delta else form and form.name
        known = self.scope.lookup(key)
        other = known and (known.kind == "smooth" or self.scope.section_of.get(key) != self.section)
        constant = isinstance(left, t.Constant) and (leaves.names or leaves.sizes)
        own = delta or (link.relation == ":=" and key in VARIED)
        if constant or ((other or own) and link.verdict.kind == "refuted"):
            self.scope.unknown[key] = "a line gives it another meaning"
            self.scope.indexed |= {key} if delta else set()
            what = "has another meaning above" if other else "has a fixed meaning"
            raise Unread(f"{t.pretty(key)} {what}: a new name? write :=")

    def refuse_label(self, left, right):
        """A letter above the name on the left, of which nothing is said: z_i^a = …, L = Σ L^t."""
        form = self.head_form(t.unraised(left))
        for node in (left, *right.walk()) if form and form.name not in ("e", "pi") else ():
            base, _, above, _ = t.scripts(node)
            if t.is_name(above, styles=("",)) and isinstance(base, t.Name):
                same, key = self.scope.key(node)[0] == form.name, self.scope.word(above)
                told = self.scope.is_told(key) or key in ("e", "pi")
                if same and not told and not self.scope.transposes(above):
                    raise Unread(f"is {above.text} a label? write ^{{({above.text})}}", node.at)

    def refuse_sequence(self, link, leaves, numbers):
        """A recurrence: undefined elements at n and n + 1, or one by others; and w = w - 2w, it may be.

        In a derivation the same name twice is the same number, and so it is among the `numbers`.
        """
        left, right = link.nodes
        begins = numbers is not None and self.item.kind == "display"
        shown = set.intersection(*map(outside_derivatives, link.nodes)) - numbers if begins else ()
        told = leaves.indices | leaves.sizes | leaves.scalars
        nodes = {x for side in link.nodes for x in side.walk() if isinstance(x, t.Element)}
        for name in sorted(leaves.families | leaves.scalars):
            own = [x for x in nodes if x.base == t.Symbol(name) and t.names_in(x) <= told | {name}]
            moved = any(not isinstance(i, t.Symbol | t.Number) for x in own for i in x.indices)
            again = name in shown and t.Symbol(name) in link.nodes
            if again or (len(own) > 1 and (moved or left in own or right in own)):
                n = t.pretty(name.rstrip("·"))
                raise Unread(f"a recurrence? write {n}_n := … {n}_{{n-1}} …, and where it begins")

    def refuse_apart(self, leaves, left, right):
        """An index on one side only, of what stands on both: 1/R_T = 1/R_1 + 1/R_2, a condition."""
        apart = {x for x in left ^ right if isinstance(x, t.Symbol) and x.name in leaves.indices}
        slopes = any(isinstance(x, t.Derivative | t.Primed) for x in left | right)
        for x in left ^ right if not slopes else ():
            if isinstance(x, t.Element) and apart & {*x.indices} and x.base in left & right:
                raise Unread(ALONE)

    def refuse_one_sided(self, link, told):
        r"""A name of which nothing is said: on one side of a false line only, or \bar x beside x_i."""
        free = [x.scalars | x.families for x in map(self.meaning.leaves, link.nodes)]
        first, second = map(set.intersection, map(outside_derivatives, link.nodes), free)
        means = {f"bar:{x[:-1]}" for x in free[0] | free[1] if x.endswith("·")}
        alone = sorted(first - free[1] - told) + sorted(second - free[0] - told)
        for name in alone + sorted(means & first & second):
            self.refuse_unsaid(name)

    def refuse_end(self, link):
        """A sum that ends at 10, where above the same elements end at n: nothing says that n is 10."""
        for node in (x for side in link.nodes for x in side.walk()):
            if isinstance(node, t.Big) and isinstance(node.upper, t.Number):
                for place in places_of(node.index, node.body):
                    end = getattr(self.meaning.extents.get(place), "name", node.upper.text)
                    if end in self.meaning.sizes:
                        raise Unread(f"is {end} = {node.upper.text}? say it in a Let, above")

    def refuse_unsaid(self, name):
        """A free name that decides about a line, and of which nothing says what it is."""
        if not self.scope.is_constant(name):
            self.scope.unknown[name] = "nothing says what it is"
            raise Unread(f"nothing says what {t.pretty(name)} is: a Let?")

    def to_meet(self, link, both, told, conditions):
        """An inequality for what nothing is said of, n > 2 + 3: a condition, if it holds somewhere."""
        left, right = link.nodes
        for side, own, other in zip(link.nodes, both, both[::-1], strict=True):
            acts = any(isinstance(x, t.Apply | t.Derivative) for x in side.walk())
            known = other.names - other.definitions or other.sizes or other.indices
            plain = own.names and not (acts or known or own.names & (told | own.definitions))
            if plain or link.relation == "!=":
                found = self.judge(left, OPPOSITE[link.relation], right, conditions)
                if found.kind != "verified":
                    link.verdict.kind = "conditional"
                    link.verdict.reason = "a condition, and no statement"

    def to_solve(self, link, leaves, conditions):
        """An equation to solve, unless its sides differ by the same number everywhere: rule 27."""
        work, gap = Work(BUDGET), t.Add((link.nodes[0], t.Negate(link.nodes[1])))
        names = [t.Symbol(name) for name in sorted(leaves.scalars | leaves.families)]
        bodies = (self.meaning.table[name].body for name in leaves.definitions)
        nodes = (x for tree in (gap, *filter(None, bodies)) for x in tree.walk())
        names += [x for x in nodes if isinstance(x, t.Element) and x.base in names]
        for name in names:
            slope = t.Derivative(gap, ((name, 1),))
            found = self.judge(slope, "=", t.Number("0"), conditions, work, regions=False)
            if found.kind == "refuted" or not found.compared:
                link.verdict.kind = "conditional"
                link.verdict.reason = "an equation to solve, and no identity"
                return
        products = ((x, f) for x in gap.walk() if isinstance(x, t.Multiply) for f in x.factors)
        for product, name in (pair for pair in products if pair[1] in names):  # a f(2), f(2) = 0
            rest = t.Multiply(tuple(x for x in product.factors if x != name))
            found = self.judge(rest, "=", t.Number("0"), conditions, work, regions=False)
            if found.kind == "verified":
                self.refuse_unsaid(t.family_of(name).name)


@contextmanager
def unread(links, latex):
    """What cannot be read makes these links unread."""
    reason = ""
    try:
        yield
    except Unread as error:
        reason = error.in_place(latex)
    except RecursionError:
        reason = "nested too deeply"
    for link in links if reason else ():
        link.verdict = Verdict("unread", reason)


def outside_derivatives(node):
    """The names that stand in a tree, and not under a derivative or a prime."""
    if isinstance(getattr(node, "head", node), t.Derivative | t.Primed):
        return set()
    own = {node.name} if isinstance(node, t.Symbol) else set()
    return own.union(*map(outside_derivatives, node.children()))


def as_words(text):
    """LaTeX on one line."""
    return " ".join(text.split())
