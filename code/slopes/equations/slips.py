r"""Which slip explains a wrong step: the right side is repaired in the ways in which people slip.

The repair that makes the line true names the slip. Those that say most come first: a lost inner
derivative before a sign, a sign before a number.
"""

import itertools

from . import tree as t
from .decide import BUDGET, decide
from .numbers import Work

ONE, TWO = t.Number("1"), t.Number("2")
CHAIN = "It looks like a lost inner derivative (chain rule)"
OFF_DIAGONAL = "The case i ≠ j looks forgotten: the 1 stands for i = j only (δ_ij)"
SWAPPED = "The numerator of the quotient rule looks swapped: it should be u'v − uv'"
SIGN = "It looks like a wrong sign: "
FORGOTTEN = "It looks like a forgotten path of the chain rule: add one product for each path"
OUTPUT = "It looks like the output taken for the input, or the input for the output"
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
# What stands in these (of a quotient, below the line) is inside another function.
OUTER = t.Apply | t.Power | t.Divide | t.Root | t.Absolute | t.Norm


def hint(link):
    """The slip that explains a wrong link, in a sentence; empty where none does."""
    if link.again is None or not link.nodes or link.relation not in ("=", ":="):
        return ""
    region = link.verdict.region
    told = f"It holds for ${region}$: is that given?" if region else ""
    # A region of single points (i = j, b ∈ {0, 1}) says less than a slip.
    if region and not (r"\{" in region or (" = " in region and r"\sum" not in region)):
        return told
    if "no derivative" in link.verdict.reason:
        return "At a kink leave the point out of the cases, or take a value by a Let"
    if link.verdict.kind == "conditional" and not region:
        return ""
    (meaning, conditions), (left, right) = link.again, link.nodes
    work = Work(2 * BUDGET)
    around = Around(left, meaning)
    kinds = index_repairs, chain_repairs, sign_repairs, quotient_repairs, call_repairs
    every = (x for repairs in (*kinds, factor_repairs) for x in repairs(around, right))
    for sentence, repaired in every:
        found = decide(meaning, left, "=", repaired, conditions, work, regions=False)
        if found.kind == "verified":
            return sentence
        if work.left < 0:
            break
    return told


class Around:
    """What the left side differentiates, and by what."""

    def __init__(self, left, meaning):
        self.left, self.meaning = left, meaning
        bodies, variables = {}, {}  # as sets that keep their order
        for node in left.walk():
            if isinstance(node, t.Derivative):
                bodies |= dict.fromkeys(self.opened(node.body))
                variables |= dict(node.variables)
            elif isinstance(node, t.Apply) and isinstance(node.head, t.Primed):
                bodies |= dict.fromkeys(self.opened(t.Apply(node.head.head, node.arguments)))
                variables |= {x: 1 for x in node.arguments if isinstance(x, t.Symbol)}
        self.bodies, self.variables = list(bodies), list(variables)[:2]
        self.quotients = [body for body in bodies if isinstance(body, t.Divide)]

    def opened(self, node, depth=0):
        """A node, and what its name was defined as, with the arguments put in."""
        yield node
        body = put_in(node, self.meaning.table) if depth < 4 else None
        if body is not None:
            yield from self.opened(body, depth + 1)

    def slopes(self, nodes):
        """(node, its derivative) by each variable of the left side."""
        for node, variable in itertools.product(nodes, self.variables):
            yield node, t.Derivative(node, ((variable, 1),))

    def inner(self):
        """What stands inside another function in what is differentiated: the inner functions."""
        nodes = [n for body in self.bodies for n in body.walk() if isinstance(n, OUTER)]
        inside = (x for n in nodes for x in n.children() if x is not getattr(n, "numerator", None))
        plain = t.Number | t.Constant | t.Symbol | t.Function | t.Primed
        return list(dict.fromkeys(x for x in inside if not isinstance(x, plain)))[:5]

    def transposed(self, node):
        """A matrix with its rows and columns exchanged."""
        sentence = "It looks like a missing transpose: compare the shapes"
        if isinstance(node, t.Symbol) and self.meaning.families.get(node.name) == 2:
            yield sentence, t.Transpose(node)
        elif isinstance(node, t.Transpose):
            yield sentence, node.body


def put_in(node, table):
    """What a name, a call or an element was defined as, with the arguments put in; or None."""
    applied = isinstance(node, t.Apply)
    named = node.head if applied else getattr(node, "base", node)
    known = table.get(getattr(named, "name", ""))
    if known is None or known.body is None or isinstance(node, t.Function):
        return None
    given, body = node.arguments if applied else getattr(node, "indices", ()), known.body
    for name, value in zip(known.parameters if applied else known.indices, given, strict=False):
        body = t.substitute(body, t.Symbol(name), value)
    return body


def index_repairs(around, right):
    """The off-diagonal forgotten, an index for another, a missing transpose."""
    letters = sorted(around.meaning.leaves(around.left, right).indices)
    pairs = itertools.permutations(map(t.Symbol, letters), 2) if len(letters) == 2 else ()
    for first, second in pairs:
        delta = t.Kronecker((first, second))
        for _, target, rest in at_each_term(right, lambda x, d=delta: d if x == ONE else None):
            yield OFF_DIAGONAL, t.substitute(right, target, rest)
            turned = t.substitute(rest, first, second)
            turned = t.substitute(turned, t.Kronecker((second, second)), delta)
            yield OFF_DIAGONAL, t.substitute(right, target, turned)
    yield from at_each(right, around.transposed)


def chain_repairs(around, right):
    """An inner derivative that is lost, or has the wrong sign; a path that is forgotten."""
    for inner, slope in around.slopes(around.inner()):
        yield f"{CHAIN}: what is the slope of the inner function?", t.Multiply((right, slope))

        def times(term, inner=inner, slope=slope):  # elsewhere a slope of -1 may be a lost sign
            return t.Multiply((term, slope)) if inner in term.walk() else None

        for _, old, new in at_each_term(right, times):
            yield f"{CHAIN}, in one term", t.substitute(right, old, new)
    for body in around.bodies:
        known = around.meaning.table.get(getattr(body, "name", ""))
        parts = t.names_in(known.body) if known is not None and known.body is not None else ()
        defined = [t.Symbol(p) for p in sorted(parts) if around.meaning.table.get(p) is not None]
        for part, slope in around.slopes(defined):
            path = t.Multiply((t.Derivative(body, ((part, 1),)), slope))
            yield FORGOTTEN, t.Add((right, path))


def sign_repairs(around, right):
    """A sign of the whole, of an inner derivative, of one term; and a quotient."""
    whole = f"{SIGN}the right side is the negative of what it should be"
    quotients = list(at_each(right, mended_quotient)) if around.quotients else []
    if any(isinstance(x, t.Negate) for node in around.inner() for x in node.walk()):
        whole = "It looks like the sign of the inner derivative"
    else:
        yield from quotients
    yield whole, t.Negate(right)
    for place, old, new in at_each_term(right, negative):
        yield f"{SIGN}that of the {ORDINALS[place % 6]} term", t.substitute(right, old, new)
    yield from quotients


def mended_quotient(node):
    """A quotient with the two terms of its numerator exchanged, or its denominator squared."""
    match node:
        case t.Divide(t.Add((first, t.Negate(second))), denominator):
            yield SWAPPED, t.Divide(t.Add((second, t.Negate(first))), denominator)
    if isinstance(node, t.Divide):
        mended = t.Divide(node.numerator, t.Power(node.denominator, TWO))
        yield "The denominator of the quotient rule is squared", mended


def quotient_repairs(around, right):
    """A term of the quotient rule that is lost."""
    for body in around.quotients:
        for _, slope in around.slopes([body.denominator]):
            term = t.Divide(t.Multiply((body.numerator, slope)), t.Power(body.denominator, TWO))
            reason = "The denominator depends on the variable, too: quotient rule"
            yield reason, t.Add((right, t.Negate(term)))


def call_repairs(around, right):
    """The output taken for the input, or the input for the output; not of the left side as a whole."""
    nodes = dict.fromkeys([*around.bodies, *list(around.left.walk())[1:]])
    calls = (x for x in nodes if isinstance(x, t.Apply) and len(x.arguments) == 1)
    for call, old in itertools.product(calls, dict.fromkeys(right.walk())):
        if old in (call, *call.arguments):
            yield OUTPUT, t.substitute(right, old, call.arguments[0] if old == call else call)


def squared(node):
    if isinstance(node, t.Symbol | t.Apply | t.Element):
        yield "It looks like a lost square", t.Power(node, TWO)


def factor_repairs(around, right):
    """A square or a factor that is lost, or one too many: a number, or a name of the left side."""
    yield from at_each(right, squared)
    leaves = around.meaning.leaves(around.left, right)
    names = [*sorted(leaves.scalars)[:4], *sorted(leaves.sizes)[:2]]
    factors = [(f"of {k}", t.Number(k)) for k in "234"]
    for said, factor in [*factors, *((t.pretty(name), t.Symbol(name)) for name in names)]:
        yield f"It looks like a lost factor {said}", t.Multiply((right, factor))
        yield f"It looks like a factor {said} too many", t.Divide(right, factor)
        for _, old, new in at_each_term(right, lambda term, f=factor: t.Multiply((term, f))):
            yield f"It looks like a lost factor {said} in one term", t.substitute(right, old, new)


def negative(node):
    return node.body if isinstance(node, t.Negate) else t.Negate(node)


def at_each_term(node, change):
    """(place, sum, sum with the term there changed) for what `change` changes; in at most six sums."""
    for target in list(dict.fromkeys(x for x in node.walk() if isinstance(x, t.Add)))[:6]:
        for place, term in enumerate(target.terms):
            new = change(term)
            if new is not None:
                yield place, target, t.Add((*target.terms[:place], new, *target.terms[place + 1 :]))


def at_each(node, change):
    """(sentence, tree with one node changed) for each node where `change` gives such pairs."""
    yield from change(node)
    for child in () if isinstance(node, t.Derivative) else node.children():
        for sentence, new in at_each(child, change):
            yield sentence, t.rebuild(node, lambda x, old=child, new=new: new if x is old else x)
