r"""From displayed LaTeX to tokens.

LaTeX is written for the eye: ``\frac12`` is a half, ``\sigma^2(z)`` a squared value, ``step(z)``
five letters that mean one name. The tokenizer undoes what is only for the eye (sizes, spaces, fonts
that carry no meaning) and keeps everything that does carry meaning. A command that it does not know
is an error, never skipped: a dropped command is how a wrong equation gets a right reading.
"""

import re
from dataclasses import dataclass

from .errors import Unread

MAX_CHARACTERS = 6_000
MAX_TOKENS = 3_000
MAX_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Token:
    """One token: what kind it is, what it says, and where it stands in the source."""

    kind: str
    text: str
    start: int
    end: int
    bold: bool = False


GREEK = {
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "vartheta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "varpi",
    "rho",
    "varrho",
    "sigma",
    "varsigma",
    "tau",
    "upsilon",
    "phi",
    "varphi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
    "ell",
}

UNICODE = {
    "−": "-", "–": "-", "—": "-", "·": r"\cdot ", "⋅": r"\cdot ", "×": r"\times ", "÷": "/",
    "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ",
    "∞": r"\infty ", "∂": r"\partial ", "∑": r"\sum ", "∏": r"\prod ", "…": r"\dots ", "⋯": r"\cdots ",
    "→": r"\to ", "⇒": r"\Rightarrow ", "∈": r"\in ", "′": "'", "’": "'", "ℒ": r"\mathcal{L}",
    "ℝ": r"\mathbb{R}", "⊙": r"\odot ", "∇": r"\nabla ", "⊤": r"\top ", "∘": r"\circ ",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ", "\u200b": "",
    "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\varepsilon ",
    "η": r"\eta ", "θ": r"\theta ", "λ": r"\lambda ", "μ": r"\mu ", "ξ": r"\xi ", "π": r"\pi ",
    "ρ": r"\rho ", "σ": r"\sigma ", "τ": r"\tau ", "φ": r"\varphi ", "ϕ": r"\phi ", "ψ": r"\psi ",
    "ω": r"\omega ", "Φ": r"\Phi ", "Σ": r"\Sigma ", "Δ": r"\Delta ", "½": r"\frac{1}{2}",
    "¼": r"\frac{1}{4}", "²": "^2", "³": "^3",
}  # fmt: skip

# Names with a meaning of their own, however they are set: \tanh, \operatorname{tanh},
# \text{tanh}, tanh(x).
FUNCTIONS = {
    "exp": "exp", "log": "log", "ln": "log", "lg": "log10", "sin": "sin", "cos": "cos", "tan": "tan",
    "cot": "cot", "sec": "sec", "csc": "csc", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "coth": "coth", "sech": "sech", "csch": "csch", "arctan": "arctan", "arcsin": "arcsin",
    "arccos": "arccos", "atan": "arctan", "asin": "arcsin", "acos": "arccos", "artanh": "artanh",
    "arctanh": "artanh", "atanh": "artanh", "arsinh": "arsinh", "arcsinh": "arsinh", "asinh": "arsinh",
    "arcosh": "arcosh", "arccosh": "arcosh", "acosh": "arcosh", "sign": "sign", "sgn": "sign",
    "erf": "erf", "erfc": "erfc", "abs": "abs", "sqrt": "sqrt", "logit": "logit",
    "sigmoid": "sigmoid", "logistic": "sigmoid", "expit": "sigmoid",
    "relu": "relu", "softplus": "softplus", "silu": "silu", "mish": "mish", "softsign": "softsign",
    "gelu": "gelu", "relu6": "relu6", "softmax": "softmax", "logsumexp": "logsumexp", "lse": "logsumexp",
    "logsoftmax": "logsoftmax", "logsigmoid": "logsigmoid", "diag": "diag", "tr": "trace",
    "trace": "trace", "re": "re", "im": "im", "log1p": "log1p", "expm1": "expm1",
}  # fmt: skip
BIG_WORDS = {"max", "min", "sup", "inf", "argmax", "argmin"}
# Words that pages use as function names without a fixed meaning: the page must define them.
FREE_WORDS = {
    "step", "heaviside", "swish", "elu", "selu", "celu", "leakyrelu", "lrelu", "prelu", "hardtanh",
    "hardsigmoid", "hardswish", "hinge", "huber", "loss", "cost", "nll", "bce", "mse", "mae", "kl", "ce",
}  # fmt: skip
ANNOTATIONS = {
    "if",
    "for",
    "when",
    "where",
    "otherwise",
    "else",
    "and",
    "or",
    "with",
    "as",
    "then",
    "so",
    "since",
    "because",
    "by",
    "thus",
    "hence",
    "therefore",
    "unless",
    "all",
    "any",
    "every",
    "each",
    "iff",
    "let",
    "is",
    "are",
    "constant",
    "real",
    "the",
    "at",
    "on",
    "here",
    "use",
    "using",
    "again",
    "elsewhere",
    "other",
    "not",
    "provided",
    "case",
    "first",
    "second",
    "third",
}

_ITALIC_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_CALL_AHEAD = re.compile(
    r"\s*(?:\\left|\\bigl?|\\Bigl?|\\biggl?|\\Biggl?)?\s*(?:[(_^'\[|]|\\\{|\\lvert)"
)
_WORDS = re.compile(r"\\(?:text(?:rm|it|bf|sf|normal)?|mbox|mathrm)\s*\{[^{}]*\}")
_SPACES = {",", ";", ":", "!", ">", " ", "enspace", "thinspace", "enskip", "medspace", "thickspace",
           "negthinspace", "nobreakspace"}  # fmt: skip
_IGNORED = {"displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "notag", "nonumber",
            "allowbreak", "strut", "mathstrut", "hfill", "hfil", "rm", "bf", "it", "cal", "centering",
            "nobreak", "relax", "break", "newline@", "hline", "boldmath", "normalsize", "small",
            "footnotesize", "large", "Large", "smallskip", "medskip"}  # fmt: skip
_IGNORED_WITH_GROUP = {"tag", "tag*", "label", "hspace", "hspace*", "vspace", "vspace*", "phantom",
                       "hphantom", "vphantom", "color", "require", "eqref", "ref"}  # fmt: skip
_TRANSPARENT = {"boxed", "cancel", "bcancel", "xcancel", "mathstrut", "mathop", "mathrel", "mathbin",
                "mathord", "mathopen", "mathclose", "smash", "ensuremath", "mathinner",
                "fbox"}  # fmt: skip
_SIZES = {
    f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
}
_UPRIGHT = {"mathrm", "mathit", "mathsf", "mathtt", "mathnormal", "operatorname", "operatorname*",
            "text", "textrm", "textit", "textsf", "texttt", "textnormal", "mbox", "hbox", "textsc",
            "rm", "up", "DeclareMathOperator"}  # fmt: skip
_BOLD = {"mathbf", "boldsymbol", "bm", "bf", "vec", "pmb", "textbf", "mathbfit", "symbf"}
_SCRIPT = {"mathcal": "cal", "mathscr": "cal", "mathfrak": "frak"}
_ACCENTS = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar",
            "overline": "bar", "check": "check", "breve": "breve"}  # fmt: skip
_RELATIONS = {"le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=",
              "geqslant": ">=", "geqq": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
              "approx": "~", "simeq": "~", "approxeq": "~", "equiv": ":=", "triangleq": ":=",
              "coloneqq": ":=", "coloneq": ":=", "doteq": ":=", "in": "in", "notin": "notin",
              "to": "to", "rightarrow": "to", "longrightarrow": "to", "xrightarrow": "to",
              "propto": "propto", "sim": "sim", "asymp": "sim", "ll": "ll", "gg": "gg", "cong": "sim",
              "subset": "subset", "subseteq": "subset", "mapsto": "mapsto", "mid": "mid",
              "nearrow": "nearrow", "searrow": "searrow", "downarrow": "down",
              "uparrow": "up"}  # fmt: skip
_ARROWS = {"Rightarrow", "implies", "Longrightarrow", "therefore", "iff", "Leftrightarrow",
           "Longleftrightarrow", "leadsto", "because", "Leftarrow", "impliedby"}  # fmt: skip
_OPERATORS = {"cdot": "*", "times": "*", "ast": "*", "div": "/", "odot": "odot", "circ": "circ",
              "over": "over", "otimes": "otimes", "bullet": "*", "pm": "pm", "mp": "mp",
              "oplus": "oplus",
              "wedge": "and", "land": "and", "vee": "or", "lor": "or", "neg": "not", "lnot": "not",
              "star": "star", "setminus": "setminus", "cup": "cup", "cap": "cap"}  # fmt: skip
_BRACKETS = {"(": "(", "[": "[", "{": "{", "lbrace": "{", "lbrack": "[", "lvert": "|", "lVert": "‖",
             ")": ")", "]": "]", "}": "}", "rbrace": "}", "rbrack": "]", "rvert": "|", "rVert": "‖",
             "|": "‖", "vert": "|", "Vert": "‖", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊",
             "llbracket": "[", "rrbracket": "]",
             "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉"}  # fmt: skip
_OPENING, _CLOSING = "([{⟨⌊⌈", ")]}⟩⌋⌉"


def tokenize(latex):
    """Split LaTeX into tokens.

    Raises
    ------
    Unread
        With the place, for an unknown command, an unbalanced group, or a size limit exceeded.
    """
    return tokenize_with_notes(latex)[0]


@dataclass(frozen=True, slots=True)
class Note:
    r"""What is set above or below a part of a formula, and says something of its own.

    Attributes
    ----------
    kind : str
        'brace': a note at a brace, about what the brace embraces (``\\underbrace{1+e^{-x}}_{u}``);
        'arrow': where a variable goes, on an arrow (``\\xrightarrow{x \\to \\infty}``).
    body, tokens : tuple of Token
        What the note is about, and the note itself.
    """

    kind: str
    body: tuple
    tokens: tuple
    start: int


def tokenize_with_notes(latex):
    """The tokens of a display, and the notes that stand above and below its parts."""
    if len(latex) > MAX_CHARACTERS:
        raise Unread(f"longer than {MAX_CHARACTERS} characters (it has {len(latex)})", 0)
    lexer = _Lexer(latex)
    lexer.run(len(latex))
    return unwrapped(lexer.tokens), lexer.notes


def unwrapped(tokens):
    r"""The tokens without braces that embrace one sign: ``{\\big (}``, ``{=}``, ``{\\rm d}``."""
    result = []
    for token in tokens:
        result.append(token)
        if token.kind != "rbrace" or len(result) < 3 or result[-3].kind != "lbrace":
            continue
        inner, before = result[-2], result[-4] if len(result) > 3 else None
        hangs = before is not None and before.kind in ("sub", "sup")
        sign = inner.kind in ("open", "close", "rel", "bar", "dbar")
        if (sign and not hangs) or (inner.kind, inner.text) == ("letter", "d"):
            result[-3:] = [inner]
    return result


def _shifted(tokens, start):
    return tuple(Token(t.kind, t.text, t.start + start, t.end + start, t.bold) for t in tokens)


class _Lexer:
    def __init__(self, latex):
        self.latex = latex
        self.position = 0
        self.tokens = []
        self.notes = []
        self.depth = 0

    # -- small helpers -----------------------------------------------------------------------

    def add(self, kind, text, start, bold=False):
        if len(self.tokens) >= MAX_TOKENS:
            raise Unread(f"more than {MAX_TOKENS} tokens", start)
        self.tokens.append(Token(kind, text, start, self.position, bold))

    def skip_space(self):
        while self.position < len(self.latex) and self.latex[self.position] in " \t\r\n~":
            self.position += 1

    def raw_group(self, start):
        """The text between the next braces (or the next single token), as it stands."""
        self.skip_space()
        latex, begin = self.latex, self.position
        if begin >= len(latex):
            raise Unread("an argument is missing at the end", start)
        if latex[begin] != "{":
            match = re.compile(r"\\[A-Za-z]+|\\.|.", re.S).match(latex, begin)
            self.position = match.end()
            return match.group(), begin
        level, index = 0, begin
        while index < len(latex):
            char = latex[index]
            if char == "\\":
                index += 2
                continue
            level += (char == "{") - (char == "}")
            index += 1
            if level == 0:
                self.position = index
                return latex[begin + 1 : index - 1], begin + 1
        raise Unread("an opening brace { is never closed", begin)

    def sub_tokens(self, text, start):
        """Tokens of a piece of the source, with places counted from the whole."""
        self.depth += 1
        if self.depth > 40:
            raise Unread("nested deeper than 40 levels", start)
        inner = _Lexer(text)
        inner.depth = self.depth
        inner.run(len(text))
        self.depth -= 1
        for note in inner.notes:
            body, tokens = _shifted(note.body, start), _shifted(note.tokens, start)
            self.notes.append(Note(note.kind, body, tokens, note.start + start))
        return list(_shifted(inner.tokens, start))

    # -- the loop ----------------------------------------------------------------------------

    def run(self, end):
        while self.position < end:
            char, start = self.latex[self.position], self.position
            if char in " \t\r\n":
                self.position += 1
            elif char == "~":
                width = len(self.latex) - start - len(self.latex[start:].lstrip("~ "))
                self.position += width
                if self.latex[start : start + width].count("~") > 2:
                    self.add("quad", "~", start)
            elif char == "%":
                stop = self.latex.find("\n", start)
                self.position = end if stop < 0 else stop
            elif char == "\\":
                self.command()
            elif (char.isascii() and char.isdigit()) or self.decimal_point():
                self.number()
            elif char.isascii() and char.isalpha():
                self.letters()
            elif char in UNICODE:
                self.position += 1
                width = len(UNICODE[char])
                for token in self.sub_tokens(UNICODE[char], 0) if width else ():
                    self.add(token.kind, token.text, start)
            else:
                self.symbol(char)

    def decimal_point(self):
        match = re.compile(r"\.\d").match(self.latex, self.position)
        return match is not None and not (self.tokens and self.tokens[-1].kind == "number")

    def number(self):
        start = self.position
        match = re.compile(r"\d*(?:\{,\}\d{3})*(?:\.\d+)?", re.A).match(self.latex, start)
        self.position = match.end()
        text = match.group().replace("{,}", "")
        if len(text) > MAX_DIGITS:
            raise Unread(f"a number of more than {MAX_DIGITS} digits", start)
        self.add("number", text, start)

    def letters(self):
        """One letter, or a whole word such as step or tanh where it stands as a function's name."""
        start = self.position
        word = _ITALIC_WORD.match(self.latex, start).group()
        before = self.latex[start - 1] if start else " "
        lower = word.lower()
        known = lower in FUNCTIONS or lower in BIG_WORDS or lower in FREE_WORDS
        if (
            len(word) > 2
            and known
            and not before.isalnum()
            and (_CALL_AHEAD.match(self.latex, start + len(word)) or before in "})")
        ):
            self.position += len(word)
            self.word(word, start)
            return
        if word in ("if", "otherwise", "for", "else", "and", "or") and not before.isalnum():
            self.position += len(word)
            self.add("text", word, start)
            return
        self.position += 1
        self.add("letter", word[0], start)

    def word(self, word, start):
        """A multi-letter name: a known function, a big operator such as max, or a name of the page."""
        plain = re.sub(r"[\s\-_{}\\,;!]", "", word)
        lower = plain.lower()
        if lower in BIG_WORDS:
            self.add("big", lower, start)
        elif lower in FUNCTIONS:
            self.add("function", FUNCTIONS[lower], start)
        else:
            self.add("name", lower if lower in FREE_WORDS else plain, start)

    def symbol(self, char):
        start = self.position
        two = self.latex[start : start + 2]
        self.position += 1
        if two in (":=", "<=", ">=", "!=", "=>", "->", "=:"):
            self.position += 1
            kind, text = {"=>": ("arrow", "=>"), "->": ("rel", "to"), "=:": ("rel", "=:")}.get(
                two, ("rel", two)
            )
            self.add(kind, text, start)
        elif char in "=<>":
            self.add("rel", char, start)
        elif char in "+-*/":
            self.add("op", char, start)
        elif char in "([":
            self.add("open", char, start)
        elif char in ")]":
            self.add("close", char, start)
        elif char in "{}":
            self.add("lbrace" if char == "{" else "rbrace", char, start)
        elif char == "|":
            self.add("bar", "|", start)
        elif char == "'":
            self.add("prime", "'", start)
        elif char in "_^":
            self.add("sub" if char == "_" else "sup", char, start)
        elif char == "&":
            self.add("amp", char, start)
        elif char in ",;":
            self.add("comma", char, start)
        elif char == ".":
            if self.latex[start : start + 3] == "...":
                self.position += 2
                self.add("dots", "...", start)
            elif self.latex[start + 1 :].strip(" \t\r\n}~") and not re.match(
                r"\s*(\\(?!left|frac)|&|\}|\$|\n|$|~)", self.latex[start + 1 :]
            ):
                raise Unread("a full stop inside the formula", start)
        elif char == ":":
            self.add("colon", char, start)
        elif char == "!":
            self.add("bang", char, start)
        else:
            raise Unread(f"the character {char!r} is not read", start)

    # -- commands ----------------------------------------------------------------------------

    def command(self):
        start = self.position
        match = re.compile(r"\\([A-Za-z]+\*?|.)", re.S).match(self.latex, start)
        if match is None:
            raise Unread("a lone backslash at the end", start)
        name = match.group(1)
        if name.endswith("*") and name not in _UPRIGHT | _IGNORED_WITH_GROUP:
            name = name[:-1]
        self.position = start + 1 + len(name)
        if name == "\\" or name in ("newline", "cr"):
            gap = re.compile(r"\*?(\[[0-9.]+\s*[a-z]{2}\])?").match(self.latex, self.position)
            self.position = gap.end()
            self.add("newline", "\\\\", start)
        elif name in _SPACES or name in _IGNORED or name in "\n\t":
            pass
        elif name in ("quad", "qquad"):
            self.add("quad", name, start)
        elif name in _IGNORED_WITH_GROUP:
            self.raw_group(start)
        elif name in ("left", "right", "middle") or name in _SIZES:
            self.delimiter(name, start)
        elif name in _BRACKETS:
            self.bracket(_BRACKETS[name], start, name)
        elif name in GREEK:
            self.add("letter", name, start)
        elif (name in FUNCTIONS or name in BIG_WORDS) and name != "sqrt":
            self.word(name, start)
        elif name in _RELATIONS:
            if name == "xrightarrow":
                self.arrow_notes(start)
            self.add("rel", _RELATIONS[name], start)
        elif name in _ARROWS:
            self.add("arrow", name, start)
        elif name in _OPERATORS:
            self.add("op", _OPERATORS[name], start)
        elif name in _UPRIGHT:
            self.upright(name, start)
        elif name in _BOLD or name in _SCRIPT or name in _ACCENTS:
            self.styled(name, start)
        elif name in ("mathbb", "mathbbm", "mathds", "Bbb", "mathbb*"):
            self.blackboard(start)
        elif name in ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"):
            self.add("frac", name, start)
        elif name in _TRANSPARENT:
            text, place = self.raw_group(start)
            self.group(self.sub_tokens(text, place), start)
        else:
            self.rest(name, start)

    def rest(self, name, start):
        """The commands that need a treatment of their own."""
        simple = {
            "sqrt": "sqrt", "sum": "big", "prod": "big", "int": "big", "lim": "big",
            "partial": "partial",
            "nabla": "nabla", "infty": "infty", "forall": "forall", "colon": "colon", "exists": "exists",
            "dots": "dots", "ldots": "dots", "cdots": "dots", "dotsc": "dots", "dotsb": "dots",
            "vdots": "dots", "ddots": "dots", "dotsm": "dots", "dotso": "dots", "hdots": "dots",
            "prime": "primesign", "top": "top", "intercal": "top", "imath": "letter", "jmath": "letter",
            "argmax": "big", "argmin": "big", "Re": "function", "Im": "function",
        }  # fmt: skip
        if name in simple:
            text = {"imath": "i", "jmath": "j", "Re": "re", "Im": "im"}.get(name, name)
            self.add(simple[name], text, start)
        elif name == "arg":
            match = re.compile(r"\s*(?:\\[,;!]\s*)?\\(max|min)(?![A-Za-z])").match(
                self.latex, self.position
            )
            if match is None:
                raise Unread(r"\arg is read in \arg\max and \arg\min only", start)
            self.position = match.end()
            self.add("big", "arg" + match.group(1), start)
        elif name == "begin":
            text, _ = self.raw_group(start)
            text = text.strip().rstrip("*")
            if text in ("array", "alignedat", "alignat"):
                self.raw_group(start)
            else:
                option = re.compile(r"\s*\[[tbc]\]").match(self.latex, self.position)
                self.position = option.end() if option else self.position
            self.add("begin", text, start)
        elif name == "end":
            text, _ = self.raw_group(start)
            self.add("end", text.strip().rstrip("*"), start)
        elif name in ("overset", "stackrel", "underset"):
            self.stacked(name, start)
        elif name in ("underbrace", "overbrace", "underline"):
            text, place = self.raw_group(start)
            body = self.sub_tokens(text, place)
            self.group(body, start)
            note = re.compile(r"\s*[_^]\s*").match(self.latex, self.position)
            if note and name != "underline":
                self.position = note.end()
                text, place = self.raw_group(start)
                self.note("brace", body, text, place, start)
        elif name == "textcolor":
            self.raw_group(start)
            text, place = self.raw_group(start)
            self.group(self.sub_tokens(text, place), start)
        elif name in ("dv", "pdv"):
            self.quotient(name, start)
        elif name == "parallel":
            self.add("dbar", "‖", start)
        elif name in ("abs", "norm") and re.compile(r"\s*\{").match(self.latex, self.position):
            text, place = self.raw_group(start)
            sign = "|" if name == "abs" else "‖"
            self.add("open", sign, start)
            self.tokens.extend(self.sub_tokens(text, place))
            self.add("close", sign, start)
        elif name == "mathbb1":
            self.add("one", "1", start)
        elif name == "not":
            match = re.compile(r"\s*(=|\\in(?![A-Za-z]))").match(self.latex, self.position)
            if match is None:
                raise Unread(r"\not is read before = and \in only", start)
            self.position = match.end()
            self.add("rel", "!=" if match.group(1) == "=" else "notin", start)
        elif name in "%$#_":
            raise Unread(f"the character {name!r} is not read", start)
        else:
            self.add("unknown", f"the command \\{name} is not read", start)

    def quotient(self, name, start):
        r"""``\\dv[2]{f}{x}`` and ``\\pdv{f}{x}{y}``: derivatives as a package writes them."""
        sign = r"\mathrm{d}" if name == "dv" else r"\partial"
        option = re.compile(r"\s*\[([^\]]*)\]").match(self.latex, self.position)
        if option:
            self.position = option.end()
        groups = [self.raw_group(start)[0]]
        while len(groups) < 3 and re.compile(r"\s*\{").match(self.latex, self.position):
            groups.append(self.raw_group(start)[0])
        body, names = (groups[0], groups[1:]) if len(groups) > 1 else ("", groups)
        order = option.group(1) if option else str(len(names)) if len(names) > 1 else ""
        power = f"^{{{order}}}" if order else ""
        below = "".join(f"{sign} {n}" for n in names) + (power if len(names) == 1 else "")
        made = _Lexer(f"\\frac{{{sign}{power} {body}}}{{{below}}}")
        made.depth = self.depth
        made.run(len(made.latex))
        for token in made.tokens:
            self.add(token.kind, token.text, start, token.bold)

    def note(self, kind, body, text, place, start):
        """Keep a note if it says anything in signs; words are a label ("inner derivative")."""
        signs = _WORDS.sub(lambda words: " " * len(words.group()), text)
        inner = self.sub_tokens(signs, place)
        relates = any(t.kind == "rel" for t in inner)
        if any(sign in words for words in _WORDS.findall(text) for sign in "=<>$"):
            raise Unread("a relation among the words of a note: set it in signs", place)
        if inner and (relates or signs == text):
            self.notes.append(Note(kind, tuple(body), tuple(inner), start))

    def says_something(self, text, place):
        """Whether a note holds a relation; ``?``, ``!`` and ``def`` over = hold none."""
        try:
            return any(t.kind == "rel" for t in self.sub_tokens(text.strip(" ?!"), place))
        except Unread:
            return re.search(r"[=<>]|\\(le|ge|ne|in|to|approx)", text) is not None

    def arrow_notes(self, start):
        r"""``\\xrightarrow[below]{above}``: where the variable goes."""
        option = re.compile(r"\s*\[([^\]]*)\]").match(self.latex, self.position)
        if option:
            self.position = option.end()
            self.note("arrow", (), option.group(1), option.start(1), start)
        text, place = self.raw_group(start)
        self.note("arrow", (), text, place, start)

    def group(self, tokens, start):
        """Put tokens as a braced group, so that they stay one argument."""
        self.add("lbrace", "{", start)
        self.tokens.extend(tokens)
        self.add("rbrace", "}", start)

    def delimiter(self, name, start):
        self.skip_space()
        match = re.compile(r"\\([A-Za-z]+|.)|(.)", re.S).match(self.latex, self.position)
        if match is None:
            raise Unread(f"\\{name} without a bracket", start)
        self.position = match.end()
        sign = match.group(2) or match.group(1)
        if match.group(1) and sign not in _BRACKETS:
            raise Unread(f"the bracket \\{sign} is not read", start)
        sign = _BRACKETS[sign] if match.group(1) else sign
        if sign in "|‖":
            if name == "left" or (name.endswith("l") and name != "middle"):
                self.add("open", sign, start)
            elif name == "right" or name.endswith("r"):
                self.add("close", sign, start)
            else:
                self.add("bar" if sign == "|" else "dbar", sign, start)
        elif sign == ".":
            self.add("open" if name == "left" else "close", ".", start)
        elif sign == "/":
            self.add("op", "/", start)
        else:
            self.bracket(sign, start, sign)

    def bracket(self, sign, start, name):
        if sign in "|‖":
            if name in ("lvert", "lVert"):
                self.add("open", sign, start)
            elif name in ("rvert", "rVert"):
                self.add("close", sign, start)
            else:
                self.add("bar" if sign == "|" else "dbar", sign, start)
        elif sign in _OPENING:
            self.add("open", sign, start)
        elif sign in _CLOSING:
            self.add("close", sign, start)
        else:
            raise Unread(f"the bracket {sign!r} is not read", start)

    def upright(self, name, start):
        text, place = self.raw_group(start)
        words = re.sub(r"\\[,;:! ]|~", " ", text)
        bare = words.strip()
        compact = re.sub(r"[\s\-]", "", bare)
        if "$" in text or r"\(" in text:
            self.mixed(text, place)
        elif not bare:
            if name.startswith("text") or name == "mbox":
                self.add("quad", "text", start)
        elif "\\" in bare or (
            re.fullmatch(r"[A-Za-z0-9]*[_^'(){}=+*/].*", bare) and name.startswith("math")
        ):
            self.tokens.extend(self.sub_tokens(text, place))
        elif len(bare) == 1 and bare.isascii() and bare.isalpha():
            self.add("letter", bare, start)
        elif re.fullmatch(r"[0-9.]+", bare):
            self.add("number", bare, start)
        elif bare in ("T", "⊤"):
            self.add("letter", "T", start)
        elif compact.lower() in FUNCTIONS or compact.lower() in BIG_WORDS | FREE_WORDS:
            self.word(bare, start)
        elif re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", compact) and bare.lower() not in ANNOTATIONS:
            after = _CALL_AHEAD.match(self.latex, self.position)
            if " " in bare and not after:
                self.add("text", words, start)
            else:
                self.word(bare, start)
        else:
            self.add("text", words, start)

    def mixed(self, text, place):
        r"""Words with mathematics between dollar signs: ``\\text{if $x > 0$}``."""
        for match in re.finditer(r"\$([^$]*)\$|\\\((.*?)\\\)|([^$\\]+)", text, re.S):
            formula = match.group(1) if match.group(1) is not None else match.group(2)
            start = place + match.start()
            if formula is not None:
                offset = 1 if match.group(1) is not None else 2
                self.tokens.extend(self.sub_tokens(formula, start + offset))
            elif match.group(3).strip():
                self.add("text", match.group(3), start)

    def styled(self, name, start):
        text, place = self.raw_group(start)
        if name in _BOLD and re.fullmatch(r"\s*1\s*", text):
            self.add("one", "1", start)
            return
        if name in _BOLD and re.fullmatch(r"\s*[A-Za-z][A-Za-z0-9]+\s*", text):
            lower = text.strip().lower()
            if lower in FUNCTIONS or lower in FREE_WORDS:
                self.word(text.strip(), start)
                return
        inner = self.sub_tokens(text, place)
        letters = [t for t in inner if t.kind == "letter"]
        if name in _BOLD:
            self.tokens.extend(
                Token(t.kind, t.text, t.start, t.end, t.bold or t.kind == "letter") for t in inner
            )
            return
        if name in _ACCENTS and len(inner) > 1 and inner[0].kind == "letter":
            # \hat{y_i} is \hat{y}_i
            head, tail = inner[:1], inner[1:]
            if tail[0].kind != "sub":
                raise Unread(f"\\{name} over more than one symbol is not read", start)
            inner, letters = head, head
        else:
            tail = []
        if len(inner) != 1 or len(letters) != 1:
            word = re.fullmatch(r"\s*[A-Za-z]+\s*", text)
            if name in _SCRIPT and word:
                self.add("name", "cal:" + text.strip(), start)
                return
            raise Unread(f"\\{name} over more than one symbol is not read", start)
        prefix = _SCRIPT.get(name) or _ACCENTS[name]
        token = letters[0]
        self.add("letter", f"{prefix}:{token.text}", start, token.bold)
        self.tokens.extend(tail)

    def blackboard(self, start):
        text, _ = self.raw_group(start)
        text = text.strip()
        if text in ("R", "N", "Z"):
            self.add("set", text, start)
        elif text in ("1", "I"):
            self.add("one", "1", start)
        else:
            raise Unread(f"\\mathbb{{{text}}} is not read", start)

    def stacked(self, name, start):
        note, note_place = self.raw_group(start)
        base, base_place = self.raw_group(start)
        tokens = self.sub_tokens(base, base_place)
        if len(tokens) == 1 and tokens[0].kind in ("rel", "arrow"):
            token = tokens[0]
            if self.says_something(note, note_place):
                if token.text != "to":
                    raise Unread(
                        f"a relation above or below {token.text!r}: give it a line of its own",
                        start,
                    )
                self.note("arrow", (), note, note_place, start)
            defines = re.search(r"def|!|triangle", note) is not None and token.text == "="
            self.add(token.kind, ":=" if defines else token.text, start)
        elif name == "underset" and tokens and tokens[0].kind in ("big", "function", "name"):
            self.tokens.extend(tokens)
            self.add("sub", "_", start)
            self.group(self.sub_tokens(note, note_place), start)
        else:
            raise Unread(f"\\{name} over this is not read", start)
