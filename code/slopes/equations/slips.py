r"""Which slip explains a wrong step: the right side is repaired in the ways in which people slip.

The repair that makes the line true names the slip. The likeliest come first, and the ones that say
most before those that say little: a lost inner derivative before a sign, a sign before a number.
"""

import itertools

from . import tree as t
from .decide import BUDGET, decide
from .numbers import Work

MOST = 24  # repaired trees for one kind of slip
TWO = t.Number("2")


def hint(link):
    """The slip that explains a wrong link, in a sentence; empty where none does."""
    if link.again is None or link.left_node is None or link.relation not in ("=", ":="):
        return ""
    region = link.verdict.region
    told = f"It holds only for ${region}$: is that given?" if region else ""
    if region and not is_thin(region):
        return told
    if "no derivative" in link.verdict.reason:
        return "At a kink leave the point out of the cases, or take a value by a Let"
    meaning, conditions = link.again
    work = Work(2 * BUDGET)
    for sentence, repaired in repairs(link.left_node, link.right_node, meaning):
        found = decide(meaning, link.left_node, "=", repaired, conditions, work, regions=False)
        if found.kind == "verified":
            return sentence
        if work.left < 0:
            break
    return told


def is_thin(region):
    """Whether a region holds single points only: i = j, b ∈ {0, 1}; a slip says more than that."""
    return r"\{" in region or (" = " in region and r"\sum" not in region)


def repairs(left, right, meaning):
    """(sentence, repaired right side), the likeliest slips first."""
    around = Around(left, meaning)
    if isinstance(right, t.Cases):
        yield from cases_repairs(right)
    yield from index_repairs(around, right)
    yield from chain_repairs(around, right)
    yield from sign_repairs(around, right)
    yield from product_repairs(around, right)
    yield from name_repairs(around, right)
    yield from power_repairs(right)
    yield from factor_repairs(around, right)


class Around:
    """What the left side differentiates, and by what."""

    def __init__(self, left, meaning):
        self.left = left
        self.meaning = meaning
        self.bodies = list(dict.fromkeys(self.differentiated()))
        found = [v for n in left.walk() if isinstance(n, t.Derivative) for v, _ in n.variables]
        found += [n.arguments[0] for n in left.walk()
                  if isinstance(n, t.Apply) and isinstance(n.head, t.Primed)
                  and isinstance(n.arguments[0], t.Symbol)]  # fmt: skip
        self.variables = list(dict.fromkeys(found))[:2]

    def differentiated(self):
        """What stands under a derivative on the left, with definitions opened."""
        for node in self.left.walk():
            if isinstance(node, t.Derivative):
                yield from self.opened(node.body)
            elif isinstance(node, t.Apply) and isinstance(node.head, t.Primed):
                yield from self.opened(t.Apply(node.head.head, node.arguments))

    def opened(self, node, depth=0):
        """A node, and what its name was defined as, with the arguments put in."""
        yield node
        name = (
            node.name
            if isinstance(node, t.Symbol)
            else getattr(getattr(node, "head", None), "name", "")
        )
        if isinstance(node, t.Element) and isinstance(node.base, t.Symbol):
            name = node.base.name
        known = self.meaning.lookup(name)
        if known is None or known.body is None or depth > 3:
            return
        body = known.body
        given = (
            node.arguments
            if isinstance(node, t.Apply)
            else node.indices
            if isinstance(node, t.Element)
            else ()
        )
        names = known.parameters if isinstance(node, t.Apply) else known.indices
        for parameter, argument in zip(names, given, strict=False):
            body = t.substitute(body, t.Symbol(parameter), argument)
        yield from self.opened(body, depth + 1)

    def slope(self, node, variable):
        """The derivative of a node."""
        return t.Derivative(node, ((variable, 1),))

    def inner(self):
        """What stands inside another function in what is differentiated: the inner functions."""
        found = []
        for body in self.bodies:
            for node in body.walk():
                inside = []
                if isinstance(node, t.Apply):
                    inside = list(node.arguments)
                elif isinstance(node, t.Power):
                    inside = [node.base, node.exponent]
                elif isinstance(node, t.Root | t.Absolute | t.Norm):
                    inside = [node.body]
                elif isinstance(node, t.Divide):
                    inside = [node.denominator]
                plain = t.Number | t.Constant | t.Symbol
                found += [x for x in inside if not isinstance(x, plain) and x not in found]
        return found[:5]

    def has(self, kind):
        """Whether what is differentiated is of a kind."""
        return any(isinstance(body, kind) for body in self.bodies)


# -- one kind of slip each ----------------------------------------------------------------------------


def chain_repairs(around, right):
    """An inner derivative that is lost, or has the wrong sign; a path that is forgotten."""
    lost = "It looks like a lost inner derivative (chain rule)"
    for inner, variable in itertools.product(around.inner(), around.variables):
        slope = around.slope(inner, variable)
        yield f"{lost}: what is the slope of the inner function?", t.Multiply((right, slope))
        for changed in at_each_term(right, lambda term, s=slope: t.Multiply((term, s))):
            yield f"{lost}, in one term", changed
        negative = t.Negate(t.Multiply((right, slope)))
        yield f"{lost}, and a sign with it", negative
    for path in forgotten_paths(around):
        yield "It looks like a forgotten path of the chain rule: add one product for each path", (
            t.Add((right, path)))  # fmt: skip


def forgotten_paths(around):
    """∂F/∂p · ∂p/∂t for each defined p that what is differentiated is made of."""
    for body in around.bodies:
        name = body.name if isinstance(body, t.Symbol) else ""
        known = around.meaning.lookup(name)
        inside = t.names_in(known.body) if known is not None and known.body is not None else ()
        for part in sorted(inside):
            if around.meaning.lookup(part) is not None:
                for variable in around.variables:
                    outer = around.slope(body, t.Symbol(part))
                    yield t.Multiply((outer, around.slope(t.Symbol(part), variable)))


def sign_repairs(around, right):
    """A sign of the whole, of an inner derivative, of one term; and the swapped quotient."""
    inner = any(negative_inside(node) for node in around.inner())
    whole = "It looks like a sign: the right side is the negative of what it should be"
    if inner:
        whole = "It looks like the sign of the inner derivative"
    swapped = [x for x in at_each(right, swapped_numerator)] if around.has(t.Divide) else []
    for changed in swapped:
        if not inner:
            yield "The numerator of the quotient rule looks swapped: u'v − uv'", changed
    yield whole, t.Negate(right)
    for changed, which in each_sign(right):
        yield f"It looks like a sign: that of {which}", changed
    for changed in swapped:
        yield "The numerator of the quotient rule looks swapped: u'v − uv'", changed


def negative_inside(node):
    """Whether an inner function has a slope that is easily given the wrong sign: e^{-x}, 1 - a."""
    return any(isinstance(x, t.Negate) for x in node.walk())


def each_sign(node):
    """(changed tree, which) for each term of each sum, and each exponent, with its sign turned."""
    for target in sums_in(node):
        for place, term in enumerate(target.terms):
            turned = term.body if isinstance(term, t.Negate) else t.Negate(term)
            terms = (*target.terms[:place], turned, *target.terms[place + 1 :])
            which = f"the {ORDINALS[place]} term" if place < len(ORDINALS) else "one term"
            yield t.substitute(node, target, t.Add(terms)), which
    for target in [x for x in node.walk() if isinstance(x, t.Power)][:6]:
        exponent = target.exponent
        if not isinstance(exponent, t.Number):
            turned = exponent.body if isinstance(exponent, t.Negate) else t.Negate(exponent)
            yield t.substitute(node, target, t.Power(target.base, turned)), "an exponent"


ORDINALS = ("first", "second", "third", "fourth")


def sums_in(node):
    """The sums in a tree, at most six."""
    return list(dict.fromkeys(x for x in node.walk() if isinstance(x, t.Add)))[:6]


def index_repairs(around, right):
    """The off-diagonal forgotten, an index for another, a sum that is not 1, a transpose."""
    letters = sorted(around.meaning.leaves(around.left, right).indices)
    if len(letters) == 2:
        one, other = (t.Symbol(x) for x in letters)
        delta = t.Kronecker((one, other))
        for first, second in ((one, other), (other, one)):
            for target in sums_in(right):
                for place, term in enumerate(target.terms):
                    if term == t.Number("1"):
                        rest = t.Add((*target.terms[:place], delta, *target.terms[place + 1 :]))
                        yield OFF_DIAGONAL, t.substitute(right, target, rest)
                        turned = t.substitute(rest, first, second)
                        turned = t.substitute(turned, t.Kronecker((second, second)), delta)
                        yield OFF_DIAGONAL, t.substitute(right, target, turned)
            yield "It looks like one index for another", t.substitute(right, first, second)
    for changed in at_each(right, lambda node: transposed(node, around.meaning)):
        yield "It looks like a missing transpose: compare the shapes", changed
        yield "It looks like a missing transpose, and a factor of 2", t.Multiply((TWO, changed))


OFF_DIAGONAL = "The case i ≠ j looks forgotten: the 1 stands for i = j only (δ_ij)"


def transposed(node, meaning):
    """A matrix with its rows and columns exchanged."""
    if isinstance(node, t.Symbol) and meaning.is_matrix(node.name):
        yield t.Transpose(node)
    elif isinstance(node, t.Transpose):
        yield node.body


def product_repairs(around, right):
    """A term of the product rule that is lost, a factor of it, or a denominator that is not squared."""
    for body, variable in itertools.product(around.bodies, around.variables):
        if isinstance(body, t.Multiply):
            for place, factor in enumerate(body.factors):
                rest = body.factors[:place] + body.factors[place + 1 :]
                term = t.Multiply((*rest, around.slope(factor, variable)))
                yield (
                    "It looks like a lost term of the product rule: u'v + uv'",
                    t.Add((right, term)),
                )
    if around.has(t.Divide):
        for changed in at_each(right, squared_denominator):
            yield "The denominator of the quotient rule is squared", changed
        for body, variable in itertools.product(around.bodies, around.variables):
            if isinstance(body, t.Divide):
                below = around.slope(body.denominator, variable)
                term = t.Divide(t.Multiply((body.numerator, below)), t.Power(body.denominator, TWO))
                reason = "The denominator depends on the variable, too: quotient rule"
                yield reason, t.Add((right, t.Negate(term)))


def squared_denominator(node):
    if isinstance(node, t.Divide):
        yield t.Divide(node.numerator, t.Power(node.denominator, TWO))


def name_repairs(around, right):
    """The output taken for the input, or the input for the output."""
    reason = "It looks like the output taken for the input, or the input for the output"
    for node in dict.fromkeys([*around.bodies, *around.left.walk()]):
        if isinstance(node, t.Apply) and len(node.arguments) == 1:
            (argument,) = node.arguments
            if argument in list(right.walk()):
                yield reason, t.substitute(right, argument, node)
            if node in list(right.walk()):
                yield reason, t.substitute(right, node, argument)


def power_repairs(right):
    """A square that is lost, an exponent that is off by one."""
    for changed in at_each(right, squared):
        yield "It looks like a lost square", changed
    for changed in at_each(right, shifted_exponent):
        yield "It looks like an exponent that is off by one", changed


def squared(node):
    if isinstance(node, t.Symbol | t.Apply | t.Element):
        yield t.Power(node, TWO)


def shifted_exponent(node):
    if isinstance(node, t.Power):
        one = t.Number("1")
        yield t.Power(node.base, t.Add((node.exponent, one)))
        yield t.Power(node.base, t.Add((node.exponent, t.Negate(one))))


def factor_repairs(around, right):
    """A factor that is lost, or one too many: a number, or a name of the left side."""
    for text in ("2", "3", "4"):
        number = t.Number(text)
        yield f"It looks like a lost factor of {text}", t.Multiply((number, right))
        yield f"It looks like a factor of {text} too many", t.Divide(right, number)
    for changed in at_each_term(right, lambda term: t.Multiply((TWO, term))):
        yield "It looks like a lost factor of 2 in one term", changed
    leaves = around.meaning.leaves(around.left, right)
    for name in [*sorted(leaves.scalars)[:4], *sorted(leaves.sizes)[:2]]:
        factor, said = t.Symbol(name), t.pretty(name)
        yield f"It looks like a lost factor {said}", t.Multiply((right, factor))
        yield f"It looks like a factor {said} too many", t.Divide(right, factor)
        for changed in at_each_term(right, lambda term, f=factor: t.Multiply((term, f))):
            yield f"It looks like a lost factor {said} in one term", changed


def cases_repairs(node):
    """Values of two cases exchanged, or one value negated."""
    values = [value for value, _ in node.rows]
    conditions = [condition for _, condition in node.rows]

    def made(changed):
        return t.Cases(tuple(zip(changed, conditions, strict=True)))

    for one, other in itertools.combinations(range(len(values)), 2):
        swapped = list(values)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield "The values of two cases look exchanged", made(swapped)
    for one in range(len(values)):
        negated = [t.Negate(v) if k == one else v for k, v in enumerate(values)]
        yield f"It looks like a sign in case {one + 1}", made(negated)


# -- changing a tree at one place -----------------------------------------------------------------------


def swapped_numerator(node):
    if isinstance(node, t.Divide) and isinstance(node.numerator, t.Add):
        terms = node.numerator.terms
        if len(terms) == 2 and isinstance(terms[1], t.Negate):
            yield t.Divide(t.Add((terms[1].body, t.Negate(terms[0]))), node.denominator)


def at_each(node, change):
    """The tree with one node changed, for each node where `change` gives something."""
    made = []

    def visit(current, above):
        for changed in change(current):
            made.append(above(changed))
        if len(made) >= MOST or isinstance(current, t.Derivative):
            return
        for child in current.children():
            visit(child, lambda new, child=child: above(with_child(current, child, new)))

    visit(node, lambda new: new)
    return made[:MOST]


def with_child(node, old, new):
    """The node with one child (the first that is this very object) replaced."""
    done = []

    def change(child):
        if child is old and not done:
            done.append(True)
            return new
        return child

    return t.rebuild(node, change)


def at_each_term(node, change):
    """The tree with one term of its outermost sum changed; of a quotient, in its numerator."""
    if isinstance(node, t.Add):
        for place, term in enumerate(node.terms):
            yield t.Add((*node.terms[:place], change(term), *node.terms[place + 1 :]))
    elif isinstance(node, t.Negate):
        for changed in at_each_term(node.body, change):
            yield t.Negate(changed)
    elif isinstance(node, t.Divide) and isinstance(node.numerator, t.Add):
        for numerator in at_each_term(node.numerator, change):
            yield t.Divide(numerator, node.denominator)
