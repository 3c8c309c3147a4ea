r"""LaTeX to tokens: one table for each kind of command.

Sizes and thin spaces vanish here. What needs a look along the line is settled here, too, so that the
grammar needs none: the side of each bar, the d that closes an integral, and that every bracket,
brace and environment is closed. No token has a meaning yet.
"""

import itertools
import re
from dataclasses import dataclass, replace

from .errors import Unread
from .tree import GREEK_LETTERS


@dataclass(frozen=True)
class Token:
    """A piece of LaTeX: its kind, what it says, where it begins and ends, and the style of a name."""

    kind: str
    text: str
    at: int
    end: int
    style: str = ""


FUNCTIONS = {
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arctan",
    "exp", "log", "ln", "det", "dim", "ker", "arg", "deg", "gcd", "Pr",
}  # fmt: skip
STYLES = {
    "mathbf": "bf", "boldsymbol": "bf", "bm": "bf", "vec": "bf", "mathcal": "cal", "mathscr": "cal",
    "mathbb": "bb", "mathrm": "rm", "textrm": "rm", "mathsf": "rm", "mathit": "", "hat": "hat",
    "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
}  # fmt: skip
RELATIONS = {
    "=": "=", "<": "<", ">": ">", ":=": ":=", r"\le": "<=", r"\leq": "<=", r"\ge": ">=", r"\geq": ">=",
    r"\leqslant": "<=", r"\geqslant": ">=", r"\ne": "!=", r"\neq": "!=", r"\lt": "<", r"\gt": ">",
    r"\approx": "~", r"\in": "in", r"\notin": "notin", r"\to": "to", r"\rightarrow": "to",
    r"\coloneqq": ":=", r"\equiv": "=", r"\implies": "arrow", r"\iff": "arrow", r"\Rightarrow": "arrow",
    r"\Leftrightarrow": "arrow", r"\downarrow": "down", r"\uparrow": "up", r"\searrow": "down",
    r"\nearrow": "up",
}  # fmt: skip
OPERATORS = {x: x for x in "+-*/"}
OPERATORS |= {r"\cdot": "*", r"\times": "*", r"\div": "/", r"\odot": "odot"}
OPEN = {"(": "(", "[": "[", r"\{": "{", r"\lbrace": "{", r"\lvert": "|", r"\lVert": "||"}
CLOSE = {")": ")", "]": "]", r"\}": "}", r"\rbrace": "}", r"\rvert": "|", r"\rVert": "||"}
BARS = {"|": "|", r"\vert": "|", r"\|": "||", r"\Vert": "||"}
PUNCTUATION = {
    "^": "sup", "_": "sub", "&": "amp", ",": "comma", ";": "comma", ".": "stop", "~": "stop",
    "{": "lbrace", "}": "rbrace",
}  # fmt: skip
SIGNS = {
    r"\infty": "infinity", r"\partial": "partial", r"\nabla": "nabla", r"\top": "top",
    r"\intercal": "top", r"\prime": "prime", r"\ast": "star", r"\star": "star",
}  # fmt: skip
NOTHING = {
    r"\,", r"\;", r"\:", r"\!", r"\>", r"\ ", "\\\n", r"\displaystyle", r"\textstyle", r"\limits",
    r"\nolimits", r"\nonumber", r"\notag", r"\hline", r"\boxed",
}  # fmt: skip
SIZES = re.compile(r"\\(?:[bB]igg?[lrm]?|middle)(?![A-Za-z])")
SPACES = {"quad", "qquad", "hspace", "space", "hfill"}
WORDS = {"text", "textbf", "textit", "textrm", "mbox", "intertext"}
UNSEEN = {"tag", "label", "phantom", "vphantom", "hphantom"}
# The kinds of what has no arguments of its own.
KINDS = {
    "big": {"sum", "prod", "lim", "max", "min", "sup", "inf", "argmax", "argmin"},
    "frac": {"frac", "dfrac", "tfrac", "cfrac"},
    "dots": {"dots", "ldots", "cdots", "vdots", "ddots", "dotsc", "dotsb"},
    **{word: {word} for word in ("sqrt", "int", "mid")},
    "name": set(GREEK_LETTERS),
}
CONDITIONAL = {"if", "for", "where", "otherwise"}
NAMES = {*FUNCTIONS, *KINDS["big"], *CONDITIONAL}
# The kinds whose text is that of a table.
TABLES = {"rel": RELATIONS, "op": OPERATORS, "open": OPEN, "close": CLOSE, "bar": BARS}

PIECE = re.compile(
    r"(?P<space>\s+|%[^\n]*)|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z])"
    r"|(?P<prime>'+)|(?P<row>\\\\\s*(?:\[[^\]]*\])?)|(?P<command>\\[A-Za-z]+\*?|\\.)|(?P<other>:=|.)",
    re.S,
)
# A name in braces, a bare one, and one of an alphabet below an accent: \hat{\mathbf{y}}.
STYLED = re.compile(
    r"\s*(?:\{\s*(\\?[A-Za-z]+[0-9]*|[01]|[A-Za-z]+(?:-[A-Za-z]{2,})+)\s*\}|([A-Za-z01]|\\[A-Za-z]+)"
    r"|\{\s*\\(?:mathbf|boldsymbol|bm|mathrm)\s*\{?\s*(\\?[A-Za-z]+)\s*\}?\s*\})"
)
BRACKET = re.compile(r"\s*(\\[A-Za-z]+|\\.|.)", re.S)

PAIRS = {"open": "close", "lbrace": "rbrace", "begin": "end"}
DEPTH = {**dict.fromkeys(PAIRS, 1), **dict.fromkeys(PAIRS.values(), -1)}
OPERAND = {"number", "name", "close", "rbrace", "prime", "dots", "end"}
TAKES_ONE = {"sub", "sup", "frac", "numerator", "sqrt"}
MOST = 20_000  # characters; no display of a book comes near, and the grammar is spared the rest


def tokenize(latex, strict=True):
    """The tokens of a formula; unless `strict`, what is at fault is one that no grammar takes."""
    if strict and len(latex) > MOST:
        raise Unread(f"a formula of {len(latex):,} characters; at most {MOST:,} are read", 0)
    tokens, place = [], 0
    while place < len(latex):
        found = PIECE.match(latex, place)
        try:
            token, place = _piece(latex, found, tokens)
        except Unread:
            if strict:
                raise
            token, place = Token("unread", found.group(), place, found.end()), found.end()
        if token is not None:
            tokens.append(token)
    tokens = _sided([t for t in tokens if t.kind != "stop"])
    if strict:
        _balanced(tokens)
    return _closed_integrals(tokens)


def _piece(latex, found, tokens):
    """One token (None for a space), and where to go on."""
    kind, text, at, end = found.lastgroup, found.group(), found.start(), found.end()
    before = tokens[-1].kind if tokens else ""
    match kind:
        case "space":
            return None, end
        case "command":
            return _command(latex, text, at, end, tokens)
        case "number" if before in TAKES_ONE:
            text, end = text[0], at + 1  # x^12 is x^1 2, as TeX sets it
            kind = "numerator" if before == "frac" else "number"
        case "number" if "e" in text.lower():
            raise Unread(f"is {text} a power of 10? write 10^{{…}}, or a space before e", at)
        case "prime":
            text = str(len(text))
        case "other":
            begins = [t.kind for t in tokens[-2:-1]] in ([], ["row"], ["begin"])
            if text == "." and before == "number" and begins and latex[end:].strip():
                raise Unread("leave out the number of the line", tokens[-1].at)
            return _sign(text, at, end, f"{text!r} is not read"), end
    return Token(kind, text, at, end), end


def _sign(text, at, end, advice):
    """The token of a sign or command that stands in one of the tables."""
    if text in PUNCTUATION:
        return Token(PUNCTUATION[text], text, at, end)
    for kind, table in TABLES.items():
        if text in table:
            return Token(kind, table[text], at, end)
    raise Unread(advice, at)


def _command(latex, text, at, end, tokens):
    """The token of a command (None where it says nothing), and where to go on."""
    word = text[1:]
    if text in NOTHING or SIZES.fullmatch(text):
        return None, end
    if word in SPACES:
        end = _braced(latex, end)[1] if word == "hspace" else end
        return Token("quad", text, at, end), end
    if word in ("left", "right"):
        found = BRACKET.match(latex, end)
        table = {**OPEN, **CLOSE, **BARS, ".": "."}
        if not found or found[1] not in table:
            raise Unread(f"a bracket is missing behind {text}", at)
        kind = "open" if word == "left" else "close"
        return Token(kind, table[found[1]], at, found.end()), found.end()
    if word in ("begin", "end"):
        name, end = _braced(latex, end)
        if word == "begin" and name in ("array", "alignedat", "alignat", "alignat*"):
            end = _braced(latex, end)[1]
        return Token(word, name, at, end), end
    if word in WORDS:
        words, end = _braced(latex, end)
        # By its place a word is a name: below or above another, or with a bracket or script of its own.
        kinds = [token.kind for token in tokens[-2:]]
        hangs = kinds[-1:] in (["sub"], ["sup"]) or kinds in (["sub", "lbrace"], ["sup", "lbrace"])
        glued = latex[end:].lstrip()[:1] in tuple("(_^'")  # as it is set: spaces are not
        named = hangs or (glued and words not in CONDITIONAL)
        if named and words.isascii() and words.isalpha():
            return Token("name", words, at, end, "rm"), end
        return Token("text", words, at, end), end
    if word in UNSEEN:
        return None, _braced(latex, end)[1]
    if word in STYLES or word.rstrip("*") == "operatorname":
        return _styled(latex, text, at, end)
    if text in SIGNS and text not in OPERATORS:
        return Token("name", SIGNS[text], at, end, "sign"), end
    if word in FUNCTIONS:
        return Token("name", "log" if word == "ln" else word, at, end, "op"), end
    for kind, words in KINDS.items():
        if word in words:
            return Token(kind, text if kind == "mid" else word, at, end), end
    return _sign(text, at, end, f"the command {text} is not read"), end


def _styled(latex, text, at, end):
    """A letter in an alphabet or with an accent, or a word in upright type."""
    found = STYLED.match(latex, end)
    if not found:
        if latex[end:].lstrip().startswith("{"):
            _braced(latex, end)  # says so if it is not closed
        raise Unread(f"what stands in {text} is not one name", at)
    inner = found[found.lastindex].lstrip("\\").replace("-", "")  # log-sum-exp
    style = STYLES.get(text[1:], "op")
    return Token("name", inner, at, found.end(), style), found.end()


def _braced(latex, place):
    """The text of one braced argument, and where it ends."""
    start = len(latex) - len(latex[place:].lstrip())
    if latex[start : start + 1] != "{":
        raise Unread("a brace is missing", place)
    level = 0
    for k in range(start, len(latex)):
        if latex[k] in "{}" and latex[k - 1] != "\\":
            level += 1 if latex[k] == "{" else -1
        if level == 0:
            return latex[start + 1 : k], k + 1
    raise Unread("a brace is not closed", start)


def _balanced(tokens):
    """Refuse what is opened and not closed, at its place; and braces that look like an argument."""
    stack = []
    for k, token in enumerate(tokens):
        if len(stack) > 60:
            raise Unread("brackets nested too deeply", token.at)
        if token.kind in PAIRS:
            stack.append(token)
        elif token.kind in DEPTH:
            if not stack or PAIRS[stack[-1].kind] != token.kind:
                raise Unread(f"{token.text} closes what was not opened", token.at)
            stack.pop()
        kinds = [t.kind for t in tokens[max(k - 2, 0) : k + 1]]
        called = kinds[-2:] == ["name", "lbrace"] and tokens[k - 1].style != "sign"
        if called and kinds[0] not in TAKES_ONE:
            raise Unread("braces behind a name: an argument? write it in round brackets", token.at)
    if stack:
        raise Unread(f"{stack[-1].text} is not closed", stack[-1].at)


def _sided(tokens):
    r"""Give each | and \| a side: the grammar then sees brackets.

    A bar closes where an operand ends and a bar is open on this level; it opens where no operand
    ends, or where another one follows on the level; otherwise it parts (``p(a | b)``).
    """
    stack, result = [], []
    for k, token in enumerate(tokens):
        if token.text == "|" and token.kind == "close" and stack[-1:] not in (["|"], ["."]):
            token = replace(token, kind="mid")
        if token.kind == "bar":
            ended = bool(result) and result[-1].kind in OPERAND
            if ended and stack and stack[-1] == token.text:
                token = replace(token, kind="close")
            else:
                opens = not ended or _follows(tokens, k)
                token = replace(token, kind="open" if opens else "mid")
        if token.kind in PAIRS:
            stack.append(token.text)
        elif token.kind in DEPTH and stack:
            stack.pop()
        result.append(token)
    return result


def _follows(tokens, place):
    """Whether a bar of the same kind stands further on, on the same level."""
    level = 0
    for token in tokens[place + 1 :]:
        level += DEPTH.get(token.kind, 0)
        if level < 0 or (level == 0 and token.kind in ("rel", "comma", "row")):
            return False
        if level == 0 and token.kind == "bar" and token.text == tokens[place].text:
            return True
    return False


def _closed_integrals(tokens):
    """Mark the d of each integral's dx."""
    result, waiting, level = [], [], 0
    for token, after in itertools.zip_longest(tokens, tokens[1:]):
        level += DEPTH.get(token.kind, 0)
        if token.kind == "int":
            waiting.append(level)
        is_d = token.kind == "name" and token.text == "d" and token.style in ("", "rm")
        if is_d and after and after.kind == "name" and waiting[-1:] == [level]:
            token = replace(token, kind="diff", style="")
            waiting.pop()
        result.append(token)
    return result
