r"""What the names of a page mean, as far as it has been read.

A page introduces names as it goes: ``f(x) = …`` a function, ``u = 1 + e^{-x}`` an intermediate
variable, ``S_i = …`` an indexed quantity, "let $f$ and $g$ be smooth functions" functions that are
left open. `Meaning` keeps them, together with the domain of the variables, and answers the parser's
and the evaluator's questions.

A definition holds from where it stands to the end of the page. A later definition of the same name
replaces it; what was defined with the old meaning keeps the old one.
"""

import itertools
import re
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import builtins, matrices
from . import tree as t
from .errors import Undefined, Unread
from .lexer import tokenize
from .parser import INDEX_LETTERS

# Letters that are functions wherever they stand before brackets, and letters that may be.
FUNCTION_LETTERS = {"f", "g", "F", "G", "phi", "varphi", "psi", "Psi"}
CANDIDATES = FUNCTION_LETTERS | {
    "u", "v", "w", "h", "r", "s", "p", "q", "y", "H", "L", "J", "C", "E", "S", "P", "Q", "R", "l", "ell",
    "cal:L", "cal:J", "cal:C", "rho", "eta", "tau", "chi", "T", "U", "V", "k", "D", "hat:f", "hat:y",
    "A", "B", "z", "a",
}  # fmt: skip

IN_SPACE = re.compile(
    r"(?P<names>(?:\\?[A-Za-z]+\s*,\s*)*\\?[A-Za-z]+)\s*\\in\s*"
    r"\\(?:mathbb|bm|mathbf)?\s*\{?\s*(?:R|Reals?)\s*\}?\s*\^\s*(?P<power>\{[^}]*\}|\S)"
)

_keys = itertools.count(1)


@dataclass
class Definition:
    """What a name stands for.

    Attributes
    ----------
    kind : str
        'variable' (u = …), 'function' (f(x) = …), 'elements' (S_i = …), 'unknown' (an arbitrary
        smooth function), or 'dependent' (an arbitrary smooth function of `arguments`, written
        without them).
    """

    name: str
    kind: str
    body: t.Node | None = None
    parameters: tuple = ()
    vector_parameters: tuple = ()
    indices: tuple = ()
    arguments: tuple = ()
    indexed: bool = False
    table: dict = field(default_factory=dict)
    section: int = 0
    declared: bool = True
    conditions: tuple = ()  # where a function was defined, if not everywhere
    key: int = field(default_factory=lambda: next(_keys))


class Meaning:
    """The names of a page, their definitions, and the domain of its variables."""

    def __init__(self):
        self.table = {}
        self.known = set()  # variables that the page has introduced
        self.implicit = None  # the variable that a bare function name leaves out, in this equation
        self.main = None  # the variable that was used last
        self.families = {}  # name -> number of indices
        self.family_upper = {}  # (name, place) -> upper end of the index there
        self.index_upper = {}  # index letter -> upper end
        self.sizes = []  # symbols that are upper ends of indices
        self.conditions = []  # domain conditions that hold now
        self.shadows = set()  # e or π, where the page calls something of its own so
        self.plain = set()  # σ and Φ, where the page says that they are numbers
        self.inverses = False  # the page speaks of inverse functions
        self.imaginary = False
        self.normal = False
        self.vectors_wanted = False
        self.primed = set()
        self.mains = set()  # variables that functions are written in or derivatives are taken by
        self.future = {}  # names that the page defines somewhere -> True for functions
        self.parametric = {}  # function -> (the symbol of its subscript, its definition)
        self.numbers = set()  # names that the words call numbers
        self.plain_arrays = set()  # letters that are not bold and yet matrices or vectors
        self.step_names = set()  # variables of limits such as h
        self.bound = set()  # letters that sums and products of the page run over
        self.letters = set()  # letters that stand on the line
        self.subscripts = {}  # name -> the letters below it
        self.indexed_functions = set()  # the q of ``q_i(T) = …``
        self.closed = {}

    # -- a first look at the whole page --------------------------------------------------------

    def survey(self, formulas, words=""):
        """Collect evidence from all formulas of the page, before reading the first."""
        lowered = words.lower()
        self.inverses = re.search(r"\binverses?\b", lowered) is not None
        self.normal = bool(
            re.search(r"standard normal|gaussian|normal distribution|normal density", lowered)
        )
        self.imaginary = bool(re.search(r"imaginary unit|complex step", lowered)) or any(
            re.search(r"\\(Im|Re|operatorname\{(Im|Re)\})(?![A-Za-z])", f) for f in formulas
        )
        self.vectors_wanted = bool(
            re.search(r"\bvectors?\b|\bmatri(x|ces)\b|jacobian", lowered)
        ) or any(
            re.search(
                r"\\top|\^T\b|\^\{T\}|softmax|\\odot|\\lVert|\\\||\\Vert|\\vec\b|"
                r"\\operatorname\{diag\}|\\nabla",
                f,
                re.I,
            )
            for f in formulas
        )
        read = []
        for formula in formulas:
            try:
                tokens = tokenize(formula)
            except Unread:
                continue
            self.survey_tokens(tokens)
            read.append(tokens)
            self.survey_vectors(formula)
        for _ in range(2):  # what is shown to be a vector shows what is a matrix
            for tokens in read:
                self.survey_matrices(tokens)

    def survey_vectors(self, formula):
        r"""Note the letters of ``x, y \\in \\mathbb{R}^n``: vectors, even if they are not bold."""
        for found in IN_SPACE.finditer(formula):
            if found["power"].strip(" {}") in ("", "1", "+", "-", "*") or "times" in found["power"]:
                continue
            for letter in re.findall(r"\\?[A-Za-z]+", found["names"]):
                name = letter.lstrip("\\")
                self.families.setdefault(name, 1)
                self.plain_arrays.add(name)
                self.vectors_wanted = True

    def survey_matrices(self, tokens):
        r"""Note the plain letters that are matrices or vectors: ``A^\\top``, ``W\\mathbf{x}``."""
        if any(x.kind == "letter" and x.bold and x.text.isupper() for x in tokens):
            self.vectors_wanted = True
        known = {name for name in self.plain_arrays if self.families.get(name) == 1}
        if any(x.kind == "dbar" or x.text == "‖" for x in tokens):
            self.vectors_wanted = True
        for name, count in matrices.shown(tokens, known):
            self.families[name] = max(self.families.get(name, 0), count)
            self.plain_arrays.add(name)
            self.vectors_wanted = True

    def declare_kinds(self, items):
        """Take the names that the page's words call matrices, and those that they call numbers."""
        for name in matrices.names(matrices.declared(items)):
            self.families[name] = 2
            self.plain_arrays.add(name)
            self.vectors_wanted = True
        self.numbers |= set(matrices.names(matrices.numbers(items)))

    def survey_tokens(self, tokens):
        for place, token in enumerate(tokens):
            after = tokens[place + 1 : place + 6]
            kinds = [x.kind for x in after]
            if token.kind not in ("letter", "name"):
                if token.kind == "big" and token.text in ("sum", "prod") and kinds[:1] == ["sub"]:
                    first = [x for x in after[1:3] if x.kind != "lbrace"][:1]
                    self.bound |= {x.text for x in first if x.kind == "letter"}
                if (
                    token.kind == "big"
                    and token.text == "lim"
                    and kinds[:2] == ["sub", "lbrace"]
                    and len(after) > 3
                    and after[3].kind == "rel"
                ):
                    self.step_names.add(after[2].text)
                if token.text == "Phi" or (token.kind == "function" and token.text == "gelu"):
                    self.normal = True
                continue
            if token.text == "Phi":
                self.normal = True
            self.survey_main(tokens, place)
            hangs = place > 0 and tokens[place - 1].kind in ("sub", "sup")
            if not hangs and not (place > 1 and tokens[place - 2].kind == "sub"):
                self.letters.add(token.text)
            if not hangs and (
                kinds[:1] == ["prime"]
                or kinds[:3] == ["sup", "lbrace", "primesign"]
                or kinds[:2] == ["sup", "primesign"]
            ):
                self.primed.add(token.text)
            self.survey_indexed(tokens, place)
            self.survey_below(token, after)
            if kinds[:1] == ["sub"]:
                group = after[1:2]
                if group and group[0].kind == "lbrace":
                    group = [x for x in after[2:] if x.kind != "rbrace"][:3]
                    closed = (
                        [x.kind for x in after[2:]].index("rbrace") if "rbrace" in kinds[2:] else 3
                    )
                    group = after[2 : 2 + closed]
                if group and all(x.kind in ("letter", "number", "comma") for x in group):
                    count = len([x for x in group if x.kind != "comma"])
                    if (
                        count <= 2
                        and all(x.text in INDEX_LETTERS or x.kind != "letter" for x in group)
                        and (group[0].kind == "letter" or count == 2)
                    ):
                        self.families[token.text] = max(self.families.get(token.text, 0), count)
            simple = kinds[:4] == ["open", "letter", "close", "rel"] and after[0].text == "("
            if simple and after[3].text in ("=", ":="):
                before = tokens[place - 1] if place else None
                if before is None or before.kind in (
                    "comma",
                    "quad",
                    "amp",
                    "newline",
                    "text",
                    "arrow",
                    "begin",
                ):
                    self.future.setdefault(token.text, True)

    def survey_below(self, token, after):
        """Note what stands below a name."""
        kinds = [x.kind for x in after]
        if kinds[:2] == ["sub", "lbrace"] and len(after) > 3:
            self.subscripts.setdefault(token.text, set()).add(after[2].text)
            if kinds[3] != "rbrace":
                self.letters.add(after[2].text)  # h_{t-1}: an index with which one reckons
        elif kinds[:1] == ["sub"] and len(after) > 1:
            self.subscripts.setdefault(token.text, set()).add(after[1].text)

    def survey_indexed(self, tokens, place):
        """Note the q of ``q_i(T) = …`` at the head of a formula."""
        after = [x for x in tokens[place + 1 : place + 9] if x.kind not in ("lbrace", "rbrace")]
        kinds = ["sub", "letter", "open", "letter", "close", "rel"]
        if place or [x.kind for x in after[:6]] != kinds:
            return
        if after[2].text == "(" and after[5].text in ("=", ":="):
            self.indexed_functions.add(tokens[place].text)

    def survey_main(self, tokens, place):
        """Note the x of ``f(x)`` and of ``dx``."""
        token, before = tokens[place], tokens[place - 1] if place else None
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        if before is None or token.kind != "letter":
            return
        differential = before.kind == "partial" or (before.kind == "letter" and before.text == "d")
        below = (
            place > 2 and tokens[place - 2].kind == "lbrace" and tokens[place - 3].kind == "rbrace"
        )
        below = below or (place > 1 and tokens[place - 2].text == "/")
        if differential and not below and token.text in builtins.LETTERS:
            self.primed.add(token.text)  # dσ/dx: σ is a function here
        if (
            differential
            and below
            and token.text != "d"
            and after is not None
            and after.kind in ("rbrace", "sup", "sub")
        ):
            self.mains.add(token.text)
        if (
            before.kind == "open"
            and before.text == "("
            and after is not None
            and after.kind == "close"
            and place > 1
        ):
            head = tokens[place - 2]
            follows = tokens[place + 2] if place + 2 < len(tokens) else None
            defines = head.kind in ("letter", "name", "function") and (
                place == 2 and follows is not None and follows.kind == "rel"
            )
            if (head.kind == "prime" or defines) and head.text != token.text:
                self.mains.add(token.text)

    # -- the parser's questions -----------------------------------------------------------------

    def is_parametric(self, name):
        """Whether a subscript of this function is one of its variables: the a of ``f_a(x) = e^{ax}``."""
        return name in self.parametric

    def instance(self, name, value, label):
        """The name of the member of a family of functions, ``f_2`` after ``f_a(x) = e^{ax}``.

        It is a function of its own, with the value in the place of the parameter.
        """
        symbol, known = self.parametric[name]
        if value == symbol:
            return known.name
        member = f"{name}_{{{label}}}"
        if member not in self.table and self.table.get(known.name) is known:
            body = t.substitute(known.body, symbol, value)
            conditions = tuple(t.substitute(c, symbol, value) for c in known.conditions)
            self.table[member] = Definition(
                member, "function", body, known.parameters, known.vector_parameters,
                table=known.table, section=known.section, conditions=conditions,
            )  # fmt: skip
        return member

    def is_defined(self, name):
        return name in self.table or name in self.shadows

    def has_inverse(self, name):
        r"""Whether ``f^{-1}`` is the inverse function: the page speaks of one, and f is a function."""
        return self.inverses and name in FUNCTION_LETTERS | set(self.table)

    def is_function(self, name):
        definition = self.table.get(name)
        if definition is not None:
            return definition.kind in ("function", "unknown")
        if name.endswith("^{-1}"):
            return True
        return (
            name in builtins.LETTERS
            or name in FUNCTION_LETTERS
            or name in self.primed
            or (name in self.future and self.future[name])
            or (name == "phi" and self.normal)
        ) and name not in self.step_names

    def only_subscript(self, name, letter):
        """Whether a t below a name is no index: the page has no other t, and no other subscript."""
        if letter != "t" or letter in self.bound or letter in self.index_upper:
            return False
        return self.subscripts.get(name) == {letter} and letter not in self.letters

    def is_no_function(self, name):
        """Whether nothing but a prime speaks for a function."""
        functions = FUNCTION_LETTERS | set(builtins.LETTERS) | set(self.future)
        return name not in self.table and name not in functions

    def is_call(self, name, inside):
        """Whether ``name(…)`` is a value of a function, and not a product."""
        single = len(inside) == 1 and inside[0].kind == "letter"
        if name.endswith("^{-1}"):
            return True
        if name.endswith("_"):
            return single and name[:-1] in FUNCTION_LETTERS | self.indexed_functions
        definition = self.table.get(name)
        if definition is not None:
            if definition.kind in ("function", "unknown"):
                return True
            if definition.kind in ("variable", "dependent"):
                if single and self.future.get(name) and inside[0].text != name:
                    return True
                outer = self.only_variable(definition)
                if outer is None:
                    return False
                lettered = (
                    name in FUNCTION_LETTERS
                    or name in builtins.LETTERS
                    or (len(name) > 1 and ":" not in name)
                )
                if len(inside) <= 2 and inside[-1].kind == "number":
                    return True  # y(0): a value, and no product
                return (single and inside[0].text == outer) or lettered
            return False
        word = name.split("_{")[0]
        if name in builtins.LETTERS or (
            len(word) > 1 and word[0] != "@" and word.isalpha() and word not in t._GREEK
        ):
            return True
        if (name == "phi" and self.normal) or self.future.get(name):
            return True
        if name in self.step_names:
            return False
        if name in self.primed or name in FUNCTION_LETTERS:
            return True
        if name in self.known:
            return False
        if len(inside) <= 2 and inside[-1].kind == "number" and name not in self.mains:
            return True
        parted = sum(x.kind == "dbar" for x in inside) == 1 or ([x.kind for x in inside].count(
            "bar"
        ) == 2 and "bar bar" in " ".join(x.kind for x in inside))  # fmt: skip
        if parted or (any(x.kind == "comma" for x in inside) and not name.startswith("hat:")):
            return True
        base = name.split("_{")[0]
        return base in CANDIDATES - {"z", "a", "k"} and single and inside[0].text != name

    def is_prime_call(self, name, inside):
        definition = self.table.get(name)
        if definition is not None and definition.kind == "variable":
            lettered = name in FUNCTION_LETTERS or name in builtins.LETTERS
            return lettered or (len(inside) == 1 and inside[0].kind in ("letter", "number"))
        return True

    def is_index(self, name, body=None):
        if body is not None:
            return any(
                isinstance(n, t.Element) and t.Symbol(name) in n.indices for n in body.walk()
            )
        return name in self.index_upper or name in self.sizes or name in self.bound

    # -- the evaluator's questions --------------------------------------------------------------

    def lookup(self, name, table=None):
        if table and name in table:
            return table[name]
        return self.table.get(name)

    def is_vector(self, symbol):
        name = symbol.name
        if not symbol.bold:
            if name in self.plain_arrays:
                return True
            return matrices.is_capital(name) and self.families.get(name) == 2
        return name in self.families or self.vectors_wanted or name.isupper()

    def is_matrix(self, name):
        return self.families.get(name, 0) == 2 or (name not in self.families and name.isupper())

    def has_elements(self, name):
        return name in self.families

    def may_be_unknown(self, name):
        base = name.split("_{")[0]
        return base in CANDIDATES and name not in builtins.LETTERS

    def allows(self, name, value, ev):
        """Whether the page's domain allows a value of one variable (conditions on it alone)."""
        from .values import Frame

        for condition in self.conditions:
            names = self.leaves(condition)
            if names.scalars == {name} and not names.families:
                try:
                    if not ev.holds(condition, Frame({name: value})):
                        return False
                except Undefined:
                    return False
        return True

    # -- what an expression depends on ----------------------------------------------------------

    def leaves(self, *nodes, table=None):
        """Everything free that the expressions depend on, through all definitions."""
        found = Leaves()
        for node in nodes:
            self._collect(node, frozenset(), table or {}, found, set())
        return found

    def _collect(self, node, bound, table, found, seen):
        if isinstance(node, t.Symbol):
            self._collect_name(node, bound, table, found, seen)
            return
        if isinstance(node, t.Element) and isinstance(node.base, t.Symbol):
            self._collect_element(node, bound, table, found, seen)
            return
        if isinstance(node, t.Function):
            self._collect_function(node.name, table, found, seen)
            return
        if isinstance(node, t.Big | t.Listing):
            for item in node.upper.walk() if node.upper is not None else ():
                if isinstance(item, t.Symbol) and item.name in self.sizes:
                    found.sizes.add(item.name)
            bound = bound | {node.index}
        elif isinstance(node, t.Integral | t.Antiderivative):
            bound = bound | {node.variable}
        elif isinstance(node, t.Limit | t.Extremum) and isinstance(node.variable, t.Symbol):
            bound = bound | {node.variable.name}
        elif isinstance(node, t.IndexRange):
            if node.index:
                found.indices.add(node.index)
            if isinstance(node.upper, t.Symbol):
                found.sizes.add(node.upper.name)
            return
        for child in node.children():
            self._collect(child, bound, table, found, seen)

    def _collect_name(self, node, bound, table, found, seen):
        name = node.name
        if name in bound or name.startswith("@") or name in ("…", "1"):
            if name.startswith("@"):
                found.bare = True
            return
        definition = self.lookup(name, table)
        partial = self.partial_of(name)
        if partial is not None:
            for part in partial:
                self._collect_name(t.Symbol(part), bound, table, found, seen)
            return
        if definition is None:
            if name in self.sizes:
                found.sizes.add(name)
            elif self.is_vector(node):
                found.families.add(name)
            elif name in self.plain:
                found.scalars.add(name)
            elif name in builtins.LETTERS or name in FUNCTION_LETTERS or name in self.primed:
                found.bare = True
                if name not in builtins.LETTERS:
                    found.unknown.add(name)
            else:
                found.scalars.add(name)
            return
        if definition.kind in ("function", "unknown"):
            found.bare = True
        self._collect_definition(definition, found, seen)

    def _collect_element(self, node, bound, table, found, seen):
        name = node.base.name
        for index in node.indices:
            if isinstance(index, t.Symbol):
                if index.name not in bound and self.lookup(index.name, table) is None:
                    (found.sizes if index.name in self.sizes else found.indices).add(index.name)
            else:
                for item in index.walk():
                    if isinstance(item, t.Symbol) and item.name not in bound:
                        (found.sizes if item.name in self.sizes else found.indices).add(item.name)
        if name in bound:
            return
        single = self.lookup(single_name(name, node.indices), table)
        definition = self.lookup(name, table) if single is None else single
        if definition is not None:
            self._collect_definition(definition, found, seen)
            if single is None and definition.kind == "function":
                for parameter in definition.parameters:
                    self._collect(t.Symbol(parameter), bound, table, found, seen)
            if single is None and definition.kind == "variable" and not node.base.bold:
                found.families.add(name)
        elif not (name == "delta" and len(node.indices) == 2):
            found.families.add(name)

    def _collect_function(self, name, table, found, seen):
        definition = self.lookup(name, table)
        if definition is not None:
            self._collect_definition(definition, found, seen)
        elif (
            name not in builtins.FIXED
            and name not in builtins.LETTERS
            and not (name == "phi" and self.normal)
        ):
            found.unknown.add(name)

    def _collect_definition(self, definition, found, seen):
        if definition.key in seen:
            return
        seen.add(definition.key)
        found.definitions.add(definition.name)
        if definition.kind == "unknown":
            found.unknown.add(definition.name)
        for argument in definition.arguments:
            self._collect(argument, frozenset(), definition.table, found, seen)
        if definition.body is not None:
            bound = frozenset(definition.parameters) | frozenset(definition.indices)
            self._collect(definition.body, bound, definition.table, found, seen)

    def partial_of(self, name):
        """(g, x) where ``g_x`` stands for a partial derivative of a defined g; otherwise None."""
        base, mark, label = name.partition("_{")
        definition = self.table.get(base) if mark else None
        label = label.rstrip("}")
        if definition is None or name in self.table or not definition.body:
            return None
        if name in t.names_in(definition.body):  # y = y_1 + y_2: a part of y, not a slope of it
            return None
        variables = definition.parameters or self.outer_variables(definition.body, definition.table)
        if label in variables:
            return base, label
        return (base, *label) if label and all(letter in variables for letter in label) else None

    def is_closed(self, definition):
        """Whether an indexed definition depends on its own indices and no other."""
        if definition.key not in self.closed:
            leaves = self.leaves(definition.body, table=definition.table)
            self.closed[definition.key] = leaves.indices <= set(definition.indices)
        return self.closed[definition.key]

    def in_use(self):
        """The variables that definitions and domains of the page speak about."""
        names = set()
        for definition in self.table.values():
            names |= set(definition.parameters)
            names |= t.names_in(definition.body) if definition.body is not None else set()
        for condition in self.conditions:
            names |= t.names_in(condition)
        return names

    def outer_variables(self, node, table=None):
        """The free scalar variables that an expression depends on, in order."""
        leaves = self.leaves(node, table=table)
        names = set(leaves.scalars)
        if leaves.bare and self.implicit and self.lookup(self.implicit) is None:
            names.add(self.implicit)
        return sorted(names - leaves.indices)

    def only_variable(self, definition):
        """The one variable that a defined quantity is a function of, or None."""
        if definition.kind == "dependent":
            names = {a.name for a in definition.arguments if isinstance(a, t.Symbol)}
        else:
            names = self.outer_variables(definition.body, definition.table)
        return next(iter(names)) if len(names) == 1 else None

    def prime_variable(self, body, table):
        names = self.outer_variables(body, table)
        if len(names) == 1:
            return names[0]
        if self.implicit and (self.implicit in names or not names):
            return self.implicit
        if self.main in names:
            return self.main
        return None

    # -- definitions ----------------------------------------------------------------------------

    def define(self, definition):
        definition.table = dict(self.table)
        definition.table.pop(definition.name, None)
        self.table[definition.name] = definition
        base, mark, label = definition.name.partition("_{")
        symbol = t.Symbol(label.rstrip("}"))
        if mark and definition.kind == "function" and t.stands_free(symbol, definition.body):
            self.parametric[base] = (symbol, definition)
        return definition

    @contextmanager
    def with_definitions(self, definitions):
        """Definitions for one equation only."""
        saved = dict(self.table)
        for definition in definitions:
            self.table[definition.name] = definition
        try:
            yield
        finally:
            self.table.clear()
            self.table.update(saved)

    def note(self, node):
        """Learn from an expression that was read: index ranges, sizes, families."""
        for item in node.walk():
            if isinstance(item, t.Big | t.Listing):
                self.note_range(item)
            elif isinstance(item, t.IndexRange) and item.index:
                self.index_upper[item.index] = item.upper
                self.note_size(item.upper)
            elif (
                isinstance(item, t.Element)
                and isinstance(item.base, t.Symbol)
                and (
                    any(not isinstance(i, t.Number) for i in item.indices) or len(item.indices) == 2
                )
            ):
                count = max(self.families.get(item.base.name, 0), len(item.indices))
                self.families[item.base.name] = count

    def note_range(self, item):
        if item.upper is None:
            return
        self.note_size(item.upper)
        if item.index != "…":
            self.index_upper[item.index] = item.upper
        for inner in item.body.walk():
            if isinstance(inner, t.Element) and isinstance(inner.base, t.Symbol):
                for place, index in enumerate(inner.indices):
                    if index == t.Symbol(item.index):
                        self.family_upper[inner.base.name, place] = item.upper

    def note_size(self, upper):
        for item in upper.walk():
            if (
                isinstance(item, t.Symbol)
                and item.name not in self.sizes
                and item.name not in self.table
            ):
                self.sizes.append(item.name)

    def upper_of(self, index, *nodes):
        """The upper end of an index, from how it is used; None where the page does not tell."""
        for node in nodes:
            for item in node.walk():
                if isinstance(item, t.Element) and isinstance(item.base, t.Symbol):
                    for place, used in enumerate(item.indices):
                        if used == t.Symbol(index):
                            found = self.family_end(item.base.name, place)
                            if found is not None:
                                return found
        return self.index_upper.get(index)

    def family_end(self, name, place, depth=0):
        if (name, place) in self.family_upper:
            return self.family_upper[name, place]
        definition = self.table.get(name)
        if (
            definition is None
            or definition.body is None
            or depth > 6
            or place >= len(definition.indices)
        ):
            return None
        index = t.Symbol(definition.indices[place])
        for item in definition.body.walk():
            if (
                isinstance(item, t.Element)
                and isinstance(item.base, t.Symbol)
                and item.base.name != name
            ):
                for where, used in enumerate(item.indices):
                    if used == index:
                        found = self.family_end(item.base.name, where, depth + 1)
                        if found is not None:
                            return found
        return None


def single_name(name, indices):
    """The name under which one element such as ``a_1`` is defined on its own."""
    shown = ",".join(i.text if isinstance(i, t.Number) else str(i) for i in indices)
    return f"{name}[{shown}]"


@dataclass
class Leaves:
    """What an expression depends on."""

    scalars: set = field(default_factory=set)
    families: set = field(default_factory=set)
    unknown: set = field(default_factory=set)
    indices: set = field(default_factory=set)
    sizes: set = field(default_factory=set)
    definitions: set = field(default_factory=set)
    bare: bool = False
