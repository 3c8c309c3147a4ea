"""Which equalities introduce a name, and which ones only claim something about a name that is known."""

import re

from . import builtins
from . import tree as t
from .comparison import DERIVATIVES
from .decide import BUDGET, agree_somewhere, decide
from .meaning import Definition, single_name
from .numbers import Work
from .parser import INDEX_LETTERS
from .verdicts import Verdict

# A name that has a meaning keeps it, unless the words say otherwise: what contradicts it is a claim.
ANEW = re.compile(
    r"\b(redefin\w*|anew|from (here|now) on|now let(?! us)|now take|now put|now consider|this time|"
    r"instead|from this point|a new meaning|new name|examples?|replac\w+)\b",
    re.I,
)
REDEFINES = re.compile(
    r"\b(let(?! us)|define[sd]?|definition|now take|consider|set|is given by|given by|"
    r"the .{0,40}function (is|reads)|denote)\b",
    re.I,
)
# A heading that announces more about what was there before, and no new function.
CONTINUED = re.compile(
    r"\b(forms?|versions?|relations?|related|derivatives?|deriv\w*|differentiat\w*|proofs?|steps?|checks?|"
    r"alternative\w*|rewrit\w*|uses?|its|rearrang\w*|simplif\w*|identit\w*|propert\w*|symmetr\w*|stab\w+|results?|"
    r"summary|conclusions?|connection|terms|via|slopes?|gradients?|in practice|numeric\w*)\b",
    re.I,
)
# A formula before these words gets a name by them: "… = z, which we call z".
NAMES = re.compile(
    r"\b(denot\w*|calls?|called|write|writ\w+|names?|named|abbreviat\w*|short|shorthand|put|set|let|introduc\w*|"
    r"defin\w*|say|where|with|stands? for|symbol|notation)\b",
    re.I,
)
# A heading that does announce something new, and a sentence that opens another example.
OTHER = re.compile(
    r"\b(another|new|second|third|next|other)\b.*\b(functions?|activations?|loss|losses|units?)\b",
    re.I,
)
OPENS = re.compile(
    r"\b(examples?|exercise|problem|instead|second|third|fourth|another|next|replac\w*|in the same way|"
    r"similarly|(for|take|consider|now) (the )?(\w+ )?(function|activation|loss|cube|square))\b|"
    r"^\W*\(?([a-z]|[ivx]+|\d+)[).]\W*$",
    re.I,
)
STRONGLY = re.compile(
    r"\b(let(?! us)|set|put|defin\w+|redefin\w+|denote|choose|now take|consider)\b", re.I
)
EXAMPLE = re.compile(r"^\W*(examples?|exercise|problem)\b", re.I)
# "We can also write …": the same once more.
ALSO = re.compile(r"\b(can|could|may|also|again|equivalent\w*|same)\b[^.;:]*$", re.I)
# What is said not to hold is no definition.
DENIED = re.compile(
    r"\b(not|never|wrong\w*|false\w*|mistak\w*|instead of|rather than|than|err\w*)\b", re.I
)
# "The softplus function is": what stands there must be that function, whatever its letter.
CALLED = {
    "softplus": ("softplus", "softplus, log(1 + e^x)"),
    "hyperbolic tangent|tanh": ("tanh", "tanh, (e^x - e^-x)/(e^x + e^-x)"),
    "silu|swish|sigmoid linear unit": ("silu", "SiLU, x/(1 + e^-x)"),
    "relu|rectified linear unit|rectifier": ("relu", "ReLU, max(0, x)"),
    "(logistic )?sigmoid|(standard )?logistic( function)?": (
        "sigmoid",
        "the sigmoid, 1/(1 + e^-x)",
    ),
    "softsign": ("softsign", "softsign, x/(1 + |x|)"),
    "mish": ("mish", "Mish, x tanh(log(1 + e^x))"),
    "logit": ("logit", "the logit, log(x/(1 - x))"),
}
CALL = (
    r"^\W*(?:(?:the|our|define|consider|recall|take|we|now|use|here|is) )*(?:{names})"
    r"(?: \([\w ]+\))?(?: (?:activation|function|unit))*(?:,? (?:or|also (?:called|known as))[\w -]+,?)?"
    r"(?: (?:is|reads|given|defined|by|as|has|the|form))*\W*$"
)


class Naming:
    """The part of a page's reader that takes definitions."""

    def open_section(self, level, text):
        """A heading: a name that a section gave away is free in the sections beside it."""
        self.section += 1
        while self.sections and self.sections[-1][0] >= level:
            self.sections.pop()
        self.sections.append((level, self.section))
        self.section_words = text
        self.section_title = text
        self.used_in_section = set()

    def is_elsewhere(self, known):
        """Whether a definition belongs to a section that is over."""
        if known.section != self.section and OTHER.search(self.section_title):
            return True
        return known.section not in {0, *(section for _, section in self.sections)}

    def definition_of(self, node, body):
        """The `Definition` that ``node = body`` would make, or None if node is not a new name."""
        meaning = self.meaning
        if any(isinstance(n, t.BigO) for n in body.walk()):
            return None
        if isinstance(node, t.Constant) and self.shadows(node, body):
            node = t.Symbol(node.name)
        if isinstance(node, t.Symbol) and not node.name.startswith("@"):
            leaves = meaning.leaves(body)
            taken = (
                node.name in leaves.scalars | leaves.families | leaves.unknown
                and node.name not in leaves.definitions
            )
            if isinstance(body, t.Apply) and body.head == t.Function(node.name):
                known = node.name in builtins.LETTERS or node.name in meaning.table
                return None if known else Definition(node.name, "unknown")
            if node.name in leaves.families and isinstance(body, t.Vector | t.Listing):
                return None
            if node in list(body.walk()):
                return None
            if taken and not (node.bold and node.name in leaves.families):
                return None
            if node.name in meaning.sizes or node.name == "1" or meaning.partial_of(node.name):
                return None
            return Definition(node.name, "variable", body)
        if isinstance(node, t.Power) and isinstance(node.base, t.Symbol):
            return self.root_of(node, body)
        if isinstance(node, t.Element) and isinstance(node.base, t.Symbol):
            return self.elements_of(node, body)
        if isinstance(node, t.Element) and isinstance(node.base, t.Apply):
            made = self.function_of(node.base, body)
            if made is not None and len(node.indices) == 1:
                (index,) = node.indices
                if isinstance(index, t.Symbol) and t.stands_free(index, made.body):
                    made.name = f"{made.name}_{{{index.name}}}"  # a parameter and no index
                    return made
            if made is not None and all(isinstance(i, t.Symbol) for i in node.indices):
                made.indices = tuple(i.name for i in node.indices)
                made.vector_parameters = tuple(
                    not t.stands_free(t.Symbol(name), made.body) for name in made.parameters
                )
            return made
        if isinstance(node, t.Apply):
            return self.function_of(node, body)
        return None

    def shadows(self, node, body):
        """Whether ``e = y - a`` gives the name of a constant to something that varies."""
        leaves = self.meaning.leaves(body)
        varies = bool(leaves.scalars | leaves.families | leaves.definitions | leaves.unknown)
        return node.name in ("e", "pi") and varies and self.names_constant

    def root_of(self, node, body):
        r"""``\\sigma^2 = …``, a variance: σ is the positive root of what stands there."""
        name = node.base.name
        spread = name.split("_{")[0] == "sigma" and name not in self.meaning.table
        if not spread or node.exponent != t.Number("2") or node.base in list(body.walk()):
            return None
        return Definition(name, "variable", t.Root(body, t.Number("2")))

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
        if isinstance(body, t.Number) and self.is_constrained(node.base.name):
            return None
        return Definition(node.base.name, "elements", body, indices=names)

    def is_constrained(self, name):
        """Whether the page's conditions speak about a name: it means something already."""
        return any(name in t.names_in(condition) for condition in self.meaning.conditions)

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
        if self.meaning.partial_of(name) or self.is_nth_derivative(name):
            return None
        return Definition(name, "function", body, tuple(parameters), tuple(vectors))

    def is_nth_derivative(self, name):
        """Whether a name is ``f^{(n)}`` for a function f of the page."""
        base, mark, label = name.partition("_{(")
        known = self.meaning.table.get(base) if mark else None
        return known is not None and known.kind == "function" and label.rstrip(")}").isalpha()

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

    def leading_sentence(self):
        """The sentence that ends in the display."""
        return re.split(r"(?<=[.!?])\s+", self.before_display.strip())[-1]

    def names_anew(self):
        """Whether the sentence that ends in the display says that a known name gets a new meaning."""
        sentence = self.leading_sentence()
        if sentence == self.section_title and CONTINUED.search(sentence):
            return False
        return ANEW.search(sentence) is not None

    def redefine_inline(self, statement, words, introduces, said):
        """Take an inline "u = …" for a name that already means something else.

        After "let" and its like that is plain. In running text it is a new example ("If instead
        $f(x) = x^3$, …") if the two meanings agree nowhere; where they agree somewhere, the text
        speaks of a case of the known one, and so it does if it puts in a value.
        """
        left, right = statement.sides[:2]
        made = self.definition_of(left.node, right.node)
        known = self.meaning.table.get(made.name) if made is not None else None
        name = self.name_of(left.node)
        applied = isinstance(left.node, t.Apply) and not isinstance(left.node.head, t.Primed)
        itself = applied and name in t.names_in(right.node, t.Function)
        if made is None and introduces and itself:
            self.clashes[name] = "is explained by itself: that defines nothing"
        if known is None:
            return
        verdict = self.decide(left, "=", right, [], False, Work(BUDGET))
        if verdict.kind == "verified":
            return
        if not STRONGLY.search(words) or ALSO.search(words):
            opens = (introduces and not ALSO.search(words)) or OPENS.search(words)
            opens = opens or EXAMPLE.match(self.paragraph)
            if (
                not opens
                or DENIED.search(words[-80:])
                or self.is_case_of(known, made, left, verdict)
            ):
                return
        self.define(made)
        if known.kind == made.kind and made.name in said.named:
            self.clashes[made.name] = "is given two meanings in one sentence"
        said.named.add(made.name)

    def is_case_of(self, known, made, left, verdict):
        """Whether a formula that differs from the known one is a case of it, or cannot be told."""
        if verdict.kind not in ("refuted", "unread"):  # unread: it contains a new name
            return True
        if known.kind not in ("function", "variable"):
            return True
        new = self.meaning.leaves(made.body)
        old = self.meaning.leaves(known.body, table=known.table)
        free = new.scalars | new.families | new.unknown
        if not free or free < old.scalars | old.families | old.unknown:
            return True  # a value was put in
        return agree_somewhere(self.meaning, left.node, made.body)

    def fixes_variable(self, made):
        """``x = 0`` for the x of the functions, ``x = y``: restricts, and defines nothing."""
        if made.kind != "variable" or made.body is None:
            return False
        leaves = self.meaning.leaves(made.body)
        known = self.meaning.known
        if (
            made.name in self.fixed_variables() | self.meaning.mains | known
            and not leaves.scalars | leaves.families | leaves.definitions | leaves.unknown
        ):
            return True
        return made.name in known and isinstance(made.body, t.Symbol) and made.body.name in known

    def fixed_variables(self):
        """What functions are written in and derivatives are taken by: no value in passing."""
        names = set()
        for definition in self.meaning.table.values():
            names |= set(definition.parameters)
        return names | {self.meaning.main}

    def define(self, made):
        self.clashes.pop(made.name, None)
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

    def new_names(self, sides, operators, conditions, statement, work, convention):
        """Take the links that introduce a name; returns {place: verdict}."""
        verdicts = {}
        for k, operator in enumerate(operators):
            if operator not in ("=", ":="):
                continue
            left, right = sides[k].node, sides[k + 1].node
            for node, body, turned in ((left, right, False), (right, left, True)):
                ends = k + 1 == len(operators)
                names = (t.Symbol, t.Element) if statement.named else t.Symbol
                if turned and (
                    not ends
                    or not isinstance(node, names)
                    or k in verdicts
                    or not (statement.named or self.names_right(body, statement))
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

    def names_right(self, body, statement):
        """Whether "formula = name" gives the formula that name: a note at a brace, or the words.

        A derivative never gives its name away: "dz/dw = y" claims something.
        """
        if isinstance(body, DERIVATIVES):
            return False
        sentence = self.leading_sentence()
        return statement.note or NAMES.search(f"{sentence} {statement.cue}") is not None

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
        if known.kind == "unknown" and self.is_open(right.node):
            return None
        if known.kind == "unknown" and k == 0 and not turned and made.kind == "function":
            self.define(made)
            return Verdict("defined", "introduces a name")
        if (
            known.conditions
            and conditions
            and made.kind == known.kind == "function"
            and k == 0
            and made.parameters == known.parameters
        ):
            return self.extend(known, made, conditions)
        explicit = operator == ":="
        elsewhere = self.is_elsewhere(known) and made.name not in self.used_in_section
        announced = self.names_anew()
        if k == 0 and not turned and (explicit or elsewhere or announced):
            verdict = self.decide(left, "=", right, conditions, False, work)
            if verdict.kind == "verified":
                return verdict
            self.define(made)
            if not explicit and not announced and not self.is_new_here():
                name = t.pretty(made.name)
                return Verdict(
                    "undecided",
                    f'{name} was defined before, and otherwise: if it is new here, say "let"',
                )
            return Verdict("defined", f"defines {t.pretty(made.name)} anew")
        return None

    def is_new_here(self):
        """Whether a heading or the words before the display announce something new."""
        sentence = self.leading_sentence()
        return not CONTINUED.search(self.section_title) or REDEFINES.search(sentence) is not None

    def is_open(self, node):
        """Whether a side is only another function that the page leaves open: ``f(x) = g(x)``."""
        name = self.name_of(node)
        known = self.meaning.table.get(name)
        return known is not None and known.kind == "unknown" and not isinstance(node, t.Element)

    def extend(self, known, made, conditions):
        """``f(x) = x`` for x > 0, and later ``f(x) = 0`` for x ≤ 0: a definition in two parts."""
        own = [c for c in conditions if t.names_in(c) & set(made.parameters)]
        own = [c for c in own if not self.meaning.leaves(c).indices]
        if not own or set(own) <= set(known.conditions):
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
        if fixed and made.kind == "function" and t.is_plain_value(made.body):
            return None  # "σ(x) = 1": what the sigmoid is said to be, and no other function
        wrong = self.against_its_name(made, conditions, work)
        if wrong is not None:
            return wrong
        self.define(made)
        return self.contradicting_cases(made, right, conditions, work) or Verdict(
            "defined", "introduces a name"
        )

    def against_its_name(self, made, conditions, work):
        """The refutation of a function that is not what the page calls it; None if all is well."""
        function, usual = self.called_function() or self.called_sigmoid(made) or (None, None)
        if function is None or made.kind != "function" or len(made.parameters) != 1:
            return None
        if any(made.vector_parameters) or not t.names_in(made.body) <= set(made.parameters):
            return None  # a variant with a parameter of its own
        meant = t.Apply(t.Function(function), (t.Symbol(made.parameters[0]),))
        verdict = decide(self.meaning, meant, "=", made.body, conditions, False, work)
        if verdict.kind != "refuted":
            return None
        verdict.reason = f"the page calls this {usual}; {verdict.reason}"
        return verdict

    def called_function(self):
        """The well-known function that the sentence before the display speaks of, or None."""
        sentence = self.leading_sentence()
        for names, function in CALLED.items():
            if re.match(CALL.format(names=names), sentence, re.I):
                return function
        return None

    def called_sigmoid(self, made):
        """The sigmoid for a σ, if the section calls it so, and speaks of no other function."""
        if builtins.LETTERS.get(made.name) != "sigmoid":
            return None
        called = re.search(r"sigmoid|logistic", self.section_words, re.I)
        others = r"relu|tanh|softmax|softplus|softsign|hyperbolic"
        if not called or re.search(others, self.section_words, re.I):
            return None
        return CALLED["(logistic )?sigmoid|(standard )?logistic( function)?"]

    def contradicting_cases(self, made, right, conditions, work):
        """The refutation of a definition by cases that overlap and differ; None if all is well."""
        if not any(isinstance(node, t.Cases) for node in made.body.walk()):
            return None
        verdict = self.decide(right, "=", right, conditions, False, work)
        return verdict if verdict.kind == "refuted" else None


def _replace(node, old, new):
    if node == old:
        return new
    return t.rebuild(node, lambda child: _replace(child, old, new))
