r"""Checking a derivation that a student typed, line by line, with a hint about the first wrong step.

The hint comes from *repairing*: the wrong line is changed in the ways in which people slip (a sign,
a factor, the inner derivative, the numerator of the quotient rule, a case), and the first change
that makes it true is named.
"""

import html
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import tree as t
from .decide import BUDGET, decide
from .errors import Unread
from .layout import read_display
from .notebook import find
from .numbers import Work
from .page import PageReader
from .prose import Said
from .report import explained
from .source import Display, read_file
from .verdicts import Verdict

MAX_LINES = 60


@dataclass
class Line:
    """One line of a derivation.

    Attributes
    ----------
    latex : str
    rule : str
        The comment behind the line.
    kind : str
        'verified', 'defined', 'refuted', 'undecided', 'unread' or 'start' (an expression to begin
        with).
    reason : str
    hint : str
        What kind of slip would explain a refuted line, where that can be told.
    """

    latex: str
    rule: str = ""
    kind: str = "start"
    reason: str = ""
    hint: str = ""
    links: list = field(default_factory=list)


@dataclass(repr=False)
class Derivation:
    """The verdict on a derivation: true in a condition if every step holds.

    Attributes
    ----------
    lines : list of Line
    missing : str
        What is missing for the claim that was to be proved; empty if nothing is.
    """

    lines: list
    missing: str = ""

    @property
    def first_wrong(self):
        """(number, line) of the first line that is not in order, or None."""
        for kinds in (("refuted", "unread", "undecided"),):
            for number, line in enumerate(self.lines, 1):
                if line.kind in kinds:
                    return number, line
        return None

    @property
    def ok(self):
        """Whether every step holds, and what was to be shown is shown."""
        return bool(self.lines) and self.first_wrong is None and not self.missing

    def __bool__(self):
        return self.ok

    def __str__(self):
        if not self.lines:
            return "there is no line to check"
        found = self.first_wrong
        if found is None:
            steps = sum(1 for line in self.lines if line.kind == "verified")
            if self.missing:
                return f"every step holds, but {self.missing}"
            if steps == 0:
                return "nothing was claimed yet"
            return "the step holds" if steps == 1 else f"all {steps} steps hold"
        number, line = found
        words = {
            "refuted": "does not hold",
            "unread": "is not understood",
            "undecided": "cannot be decided",
        }
        hint = f". {line.hint}" if line.hint else ""
        return f"line {number} {words[line.kind]}: {line.reason}{hint}"

    def __repr__(self):
        rows = [
            f"{number:2d}  {line.kind:9}  {line.latex}" + (f"   ({line.rule})" if line.rule else "")
            for number, line in enumerate(self.lines, 1)
        ]
        return "\n".join([*rows, str(self)])

    def _repr_html_(self):
        rows = []
        for number, line in enumerate(self.lines, 1):
            mark = (
                f"<b>{line.kind}</b>"
                if line.kind in ("refuted", "unread", "undecided")
                else line.kind
            )
            cells = (
                str(number),
                f'<code class="tex">{html.escape(line.latex)}</code>',
                html.escape(line.rule),
                mark,
            )
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        head = "<tr><th>line</th><th>step</th><th>rule</th><th>verdict</th></tr>"
        summary = html.escape(str(self))
        summary = re.sub(r"\$(.+?)\$", r'<code class="tex">\1</code>', summary, flags=re.S)
        return (
            f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
            f"<p><b>{summary[:1].upper()}{summary[1:]}.</b></p>"
        )


def check_derivation(steps, *, define=(), domain=(), proves=None, page=None):
    r"""Check a derivation line by line.

    Parameters
    ----------
    steps : str or list of str
        One step a line, in LaTeX (use a raw string). A line that begins with ``=`` goes on from the
        line above. A comment after ``%`` names the rule; it is shown and not judged.
    define : str or list of str, optional
        What the names mean, one definition a line: ``r"f(x) = \max(0, x)"``.
    domain : str or list of str, optional
        Where it is to hold: ``"0 < a < 1"``, ``r"y \in \{0, 1\}"``. Without it both signs are
        tried.
    proves : str, optional
        An equality that the derivation must arrive at: it has to begin with the left side, end with
        the right one, and have something in between.
    page : str, optional
        A page whose definitions hold here, for example ``"sigmoid.ipynb"``.

    Returns
    -------
    Derivation
        True in a condition if every step holds. A wrong line is an answer, not an error: nothing is
        raised.

    Raises
    ------
    ValueError
        If `define`, `domain` or `proves` is not understood.

    Examples -------- >>> steps = r''' ... f'(x) = \frac{d}{dx} (1 + x^2)^3 ...       = 3 (1 +
    x^2)^2                % power rule ... ''' >>> verdict = check_derivation(steps, define="f(x) =
    (1 + x^2)^3") >>> bool(verdict) False >>> print(verdict) line 2 does not hold: the two sides
    differ: at x = -1.4140625 the left side is -76.31... and the right ...
    """
    reader = prepared(define, domain, page)
    lines = []
    for text in split_lines(steps):
        lines.append(check_line(reader, *text))
        if len(lines) > MAX_LINES:
            lines[-1].kind, lines[-1].reason = "unread", f"more than {MAX_LINES} lines"
            break
    result = Derivation(lines)
    if proves is not None:
        result.missing = what_is_missing(reader, lines, proves)
    return result


def split_lines(steps):
    """(latex, rule) for each line that says something."""
    if isinstance(steps, str):
        steps = steps.splitlines()
    result, open_lines = [], ""
    for line in steps:
        line = open_lines + line
        if line.count("\\begin{") > line.count("\\end{"):
            open_lines = line + " "
            continue
        open_lines = ""
        match = re.match(r"^((?:[^%\\]|\\.)*)(?:%(.*))?$", line.strip(), re.S)
        latex, rule = (match.group(1), match.group(2) or "") if match else (line, "")
        latex = re.sub(r"^\s*(\$\$|\\\[|&)|(\$\$|\\\]|\\\\)\s*$", "", latex.strip()).strip()
        latex = re.sub(r"^&\s*", "", latex)
        if latex:
            result.append((" ".join(latex.split()), rule.strip()))
    if open_lines:
        result.append((" ".join(open_lines.split()), ""))
    return result


def prepared(define, domain, page):
    """A page reader that knows the definitions and the domain."""
    items = read_file(find(page)) if page is not None else []
    lines = [latex for latex, _ in split_lines(define)]
    reader = PageReader([*items, *(Display(line) for line in lines)])
    reader.items = items
    for _ in reader.read():
        pass
    reader.case, reader.pending, reader.last_side = [], Said(), None
    reader.before_display = reader.paragraph = ""
    for line in lines:
        for statement in readable(line, reader, "define"):
            if reader.take_definition(statement, strong=True) or reader.take_domain(statement):
                continue
            if not holds(statement, reader):
                raise ValueError(f"define: {line!r} does not define a name, and it does not hold")
    for part in [part for line in split_lines(domain) for part in line[0].split(";")]:
        if not reader.declare(part.strip()):
            raise ValueError(f"domain: {part.strip()!r} is not understood")
    return reader


def holds(statement, reader):
    """Whether a statement is simply true: the definition of a name with a fixed meaning."""
    sides = statement.sides
    return len(sides) > 1 and all(
        decide(reader.meaning, sides[k].node, operator, sides[k + 1].node).kind == "verified"
        for k, operator in enumerate(statement.operators)
    )


def readable(latex, reader, what):
    try:
        return read_display(latex, reader.meaning)
    except Unread as error:
        raise ValueError(f"{what}: {latex!r} is not understood: {error.message}") from error


def check_line(reader, latex, rule):
    """The verdict on one line."""
    reader.meaning.survey([latex])
    reader.keep = True
    equation = reader.display(Display(latex), len(reader.items))
    line = Line(latex, rule, links=equation.links)
    if not equation.links:
        return line
    for kind in ("unread", "refuted", "undecided", "verified", "defined"):
        found = [link for link in equation.links if link.verdict.kind == kind]
        if found:
            line.kind = kind
            line.reason = explained(found[0].verdict)
            if kind == "refuted":
                line.hint = hint(found[0])
            break
    return line


def what_is_missing(reader, lines, proves):
    """Why a derivation, though right, does not prove the claim; empty if it does."""
    statements = readable(proves, reader, "proves")
    if len(statements) != 1 or statements[0].operators != ["="]:
        raise ValueError("proves: one equality is needed")
    goal_left, goal_right = (plain(side.node) for side in statements[0].sides)
    sides, reached, broken = [], None, ""
    for line in lines:
        try:
            found = read_display(line.latex, reader.meaning)
        except Unread:
            continue
        for statement in found:
            nodes = [plain(side.node) for side in statement.sides]
            sides += nodes
            joined = statement.continues and reached is not None
            if joined or nodes[0] in (goal_left, reached):
                broken = broken or next((op for op in statement.operators if op != "="), "")
                reached = nodes[-1]
    if not sides:
        return "there is no step yet"
    if goal_left not in sides:
        return f"it does not begin with ${statements[0].sides[0].latex}$"
    if sides[-1] != goal_right:
        return f"it does not end with ${statements[0].sides[1].latex}$"
    if broken:
        return f"a step with {broken!r} proves no equality"
    if reached != goal_right:
        return f"no chain of equalities leads to ${statements[0].sides[1].latex}$"
    between = [side for side in sides if side not in (goal_left, goal_right)]
    return "" if between else "there is no step between the two ends"


def plain(node):
    """A form in which the order of terms and factors, and brackets, make no difference."""
    node = t.rebuild(node, plain)
    if isinstance(node, t.Multiply):
        factors, negative = [], False
        for factor in node.factors:
            if isinstance(factor, t.Negate):
                negative, factor = not negative, factor.body
            factors += factor.factors if isinstance(factor, t.Multiply) else (factor,)
        factors = [f for f in factors if f != t.Number("1")] or [t.Number("1")]
        node = t.Multiply(tuple(sorted(factors, key=repr))) if len(factors) > 1 else factors[0]
        return t.Negate(node) if negative else node
    if isinstance(node, t.Add):
        terms = []
        for term in node.terms:
            terms += term.terms if isinstance(term, t.Add) else (term,)
        return t.Add(tuple(sorted(terms, key=repr)))
    if isinstance(node, t.Negate) and isinstance(node.body, t.Negate):
        return node.body.body
    return node


# == hints ========================================================================================


def hint(link):
    """The kind of slip that explains a refuted link, in a sentence; empty where none does."""
    if link.context is None or link.left_node is None or link.relation not in ("=", ":="):
        return ""
    meaning, conditions, convention = link.context
    left, right = link.left_node, link.right_node
    if "no derivative exists" in link.verdict.reason:
        return "At a kink leave the point out of the cases, or say that the value is a convention"
    work = Work(BUDGET)
    for sentence, repaired in repairs(left, right, meaning):
        verdict = decide(meaning, left, "=", repaired, conditions, convention, work)
        if verdict.kind == "verified":
            return sentence
        if verdict.kind == "undecided" and work.left < 0:
            break
    return ""


def repairs(left, right, meaning):
    """(sentence, repaired right side), the likeliest slips first."""
    quotient = differentiates(left, t.Divide, meaning)
    if isinstance(right, t.Cases):
        yield from cases_repairs(right)
    if quotient:
        for changed in at_each(right, swapped_numerator):
            yield "The numerator of the quotient rule looks swapped: u'v − uv'", changed
    yield (
        "It looks like a sign: the right side is the negative of what it should be",
        t.Negate(right),
    )
    for changed in at_each(right, flipped_sign):
        yield "It looks like a sign", changed
    for inner in inner_functions(left, meaning):
        for variable in variables(left, meaning):
            slope = t.Derivative(inner, ((variable, 1),))
            yield "It looks like a lost inner derivative (chain rule)", t.Multiply((right, slope))
            yield (
                "It looks like a lost inner derivative (chain rule), and a sign",
                t.Negate(t.Multiply((right, slope))),
            )
            for changed in at_each_factor(right, slope):
                yield "It looks like a lost inner derivative (chain rule)", changed
    for term in product_terms(left, meaning):
        yield "It looks like a lost term of the product rule: u'v + uv'", t.Add((right, term))
    if quotient:
        for changed in at_each(right, squared_denominator):
            yield "The denominator of the quotient rule is squared", changed
    for changed in at_each(right, shifted_exponent):
        yield "It looks like an exponent that is off by one", changed
    for number in ("2", "3", "4"):
        half = t.Divide(right, t.Number(number))
        yield f"It looks like a lost factor of {number}", t.Multiply((t.Number(number), right))
        yield f"It looks like a factor of {number} too many", half
    for changed in at_each(right, dropped_minus_one):
        yield "It looks like a lost factor", changed
    for name in lost_factors(left, right, meaning):
        yield "It looks like a lost factor", t.Multiply((right, name))
        yield "It looks like a factor too many", t.Divide(right, name)


def at_each(node, change, limit=24):
    """The tree with one node changed, for each node where `change` gives something."""
    made = []

    def visit(current, rebuild_above):
        for changed in change(current):
            made.append(rebuild_above(changed))
        if len(made) >= limit or isinstance(current, t.Derivative):
            return
        for child in current.children():
            visit(child, lambda new, child=child: rebuild_above(with_child(current, child, new)))

    visit(node, lambda new: new)
    return made[:limit]


def with_child(node, old, new):
    """The node with one child (the first that is this very object) replaced."""
    done = []

    def change(child):
        if child is old and not done:
            done.append(True)
            return new
        return child

    return t.rebuild(node, change)


def flipped_sign(node):
    if isinstance(node, t.Negate):
        yield node.body
    elif isinstance(node, t.Add):
        for place, term in enumerate(node.terms):
            terms = list(node.terms)
            terms[place] = term.body if isinstance(term, t.Negate) else t.Negate(term)
            yield t.Add(tuple(terms))
    elif isinstance(node, t.Power) and not isinstance(node.exponent, t.Number):
        exponent = node.exponent
        yield t.Power(
            node.base, exponent.body if isinstance(exponent, t.Negate) else t.Negate(exponent)
        )


def swapped_numerator(node):
    if (
        isinstance(node, t.Divide)
        and isinstance(node.numerator, t.Add)
        and len(node.numerator.terms) == 2
    ):
        first, second = node.numerator.terms
        if isinstance(second, t.Negate):
            yield t.Divide(t.Add((second.body, t.Negate(first))), node.denominator)


def squared_denominator(node):
    if isinstance(node, t.Divide):
        yield t.Divide(node.numerator, t.Power(node.denominator, t.Number("2")))


def shifted_exponent(node):
    if isinstance(node, t.Power):
        one = t.Number("1")
        yield t.Power(node.base, t.Add((node.exponent, one)))
        yield t.Power(node.base, t.Add((node.exponent, t.Negate(one))))
    elif isinstance(node, t.Symbol | t.Apply):
        yield t.Power(node, t.Number("2"))


def dropped_minus_one(node):
    if isinstance(node, t.Add):
        for place, term in enumerate(node.terms):
            for factor in ("2",):
                terms = list(node.terms)
                terms[place] = t.Multiply((t.Number(factor), term))
                yield t.Add(tuple(terms))


def at_each_factor(node, slope):
    """The slope multiplied to one term of a sum."""
    if isinstance(node, t.Add):
        for place, term in enumerate(node.terms):
            terms = list(node.terms)
            terms[place] = t.Multiply((term, slope))
            yield t.Add(tuple(terms))
    elif isinstance(node, t.Divide) and isinstance(node.numerator, t.Add):
        for numerator in at_each_factor(node.numerator, slope):
            yield t.Divide(numerator, node.denominator)


def cases_repairs(node):
    """Values of two cases exchanged, or one value negated."""
    values = [value for value, _ in node.rows]
    conditions = [condition for _, condition in node.rows]
    for one in range(len(values)):
        for other in range(one + 1, len(values)):
            swapped = list(values)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            rows = tuple(zip(swapped, conditions, strict=True))
            yield "The values of two cases look exchanged", t.Cases(rows)
    for one in range(len(values)):
        negated = list(values)
        negated[one] = t.Negate(values[one])
        yield (
            f"It looks like a sign in case {one + 1}",
            t.Cases(tuple(zip(negated, conditions, strict=True))),
        )


def bodies(left, meaning):
    """What is differentiated on the left side, definitions opened."""
    for node in left.walk():
        if isinstance(node, (t.Derivative, t.Prime)):
            yield from opened(node.body, meaning)
        elif isinstance(node, t.Apply) and isinstance(node.head, t.Primed):
            yield from opened(t.Apply(node.head.head, node.arguments), meaning)


def opened(node, meaning, depth=0):
    yield node
    name = None
    if isinstance(node, t.Symbol):
        name = node.name
    elif isinstance(node, t.Apply) and isinstance(node.head, t.Function):
        name = node.head.name
    definition = meaning.lookup(name) if name else None
    if definition is not None and definition.body is not None and depth < 4:
        yield from opened(definition.body, meaning, depth + 1)


def differentiates(left, kind, meaning):
    """Whether a quotient (or another kind of node) is differentiated on the left."""
    return any(isinstance(body, kind) for body in bodies(left, meaning))


def inner_functions(left, meaning):
    """What stands inside another function in what is differentiated."""
    found = []
    for body in bodies(left, meaning):
        for node in body.walk():
            inner = []
            if isinstance(node, t.Apply):
                inner = list(node.arguments)
            elif isinstance(node, t.Power):
                inner = [node.base, node.exponent]
            elif isinstance(node, t.Root | t.Absolute):
                inner = [node.body]
            elif isinstance(node, t.Divide):
                inner = [node.denominator]
            for item in inner:
                if not isinstance(item, t.Number | t.Constant | t.Symbol) and item not in found:
                    found.append(item)
    return found[:4]


def variables(left, meaning):
    """The variables of differentiation."""
    found = [v for node in left.walk() if isinstance(node, t.Derivative) for v, _ in node.variables]
    if not found and meaning.implicit:
        found = [t.Symbol(meaning.implicit)]
    return list(dict.fromkeys(found))[:2]


def product_terms(left, meaning):
    """U v' for each way to see a differentiated product as u times v."""
    for body in bodies(left, meaning):
        if isinstance(body, t.Multiply):
            for place, factor in enumerate(body.factors):
                rest = body.factors[:place] + body.factors[place + 1 :]
                for variable in variables(left, meaning):
                    yield t.Multiply((*rest, t.Derivative(factor, ((variable, 1),))))


def lost_factors(left, right, meaning):
    """Symbols that the left side has: a lost or doubled factor is often one of them."""
    leaves = meaning.leaves(left, right)
    for name in sorted(leaves.scalars)[:4]:
        yield t.Symbol(name)


__all__ = ["Derivation", "Line", "Path", "Verdict", "check_derivation"]
