"""How a display is set: its rows in line at their signs, at one distance, and where one may break.

An author writes a display as the page in mind has room for it. What is one statement, only broken, is
joined; several statements become rows. KaTeX sets each row for itself and says how high and how deep it
is, so that rows stand as far from each other as their letters need. A row may break where a
mathematician would: between statements, before a relation or a condition, and only then before an
operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from itertools import pairwise

TOKEN = re.compile(r"\\begin\{\w+\}|\\end\{\w+\}|\\(?:[A-Za-z]+|.)|\s+|.", re.DOTALL)
ROWS = re.compile(r"\s*\\begin\{(aligned|gathered)\}(.*)\\end\{\1\}\s*", re.DOTALL)
RELATIONS = {"=", ":", "<", ">", r"\le", r"\ge", r"\ne", r"\approx", r"\to"}
OPERATIONS = {"+", "-", r"\cdot"}
# KaTeX cuts a formula at \allowbreak into its "bases", and leaves a sign where.
BASE, CUT, GLUED = (
    '<span class="base">',
    '<span class="mspace allowbreak"></span>',
    '<span class="mspace nobreak"></span>',
)
MINUS = re.compile(r"(\\text\{[^{}]*\}\s*)-")  # after words a minus is a sign
GAP = '<span class="mspace" style="margin-right:2em"></span>'
TAIL = re.compile(r'((?:<span class="mspace[^>]*></span>)*)</span>$')
SIGN = re.compile(r'(?:<span class="strut"[^>]*></span>)?<span class="m(rel|bin|ord text)')
EXTENT = re.compile(r'class="strut" style="height:([\d.]*)(?:em)?(?:;vertical-align:-([\d.]*))?')
ANNOTATION = re.compile(r"(<annotation [^>]*>)[^<]*")
# In a fraction an invisible strut keeps what stands above and below a sum off the bar.
WITHIN, ROOM = (
    re.compile(r"\\displaystyle\s*(?=\\(?:sum|prod))"),
    r"\rule[-1.55em]{0em}{3.35em}\displaystyle ",
)
SHORT, LONG = 20, 22  # signs: what is no longer stays in one line of a text, or fits a telephone
# What begins a condition in KaTeX's HTML, what stands before it, and what all parts are marked by.
CONDITION, BLANK, PART = "ord text", '<span class="if"> </span>', '<span class="part'
PARTS = f'{PART} parts">'
BESIDE = 14  # signs: the longest left side behind which right sides stand in a column
ALONE = 32  # signs: a chain that needs no rows
# In em of the formula. Rows have one pitch, and where that would leave more than WIDEST, that is left.
PITCH, CLEAREST, WIDEST, APART = 1.9, 0.75, 1.5, 0.9


def tokens(latex: str) -> list[tuple[str, int, int]]:
    """Return the tokens of a formula, each with how deep in groups, and in brackets, it stands.

    >>> [token for token, group, bracket in tokens(r"a_{b}=(c)") if not group + bracket]
    ['a', '_', '{', '}', '=', '(', ')']
    """
    found, group, bracket = [], 0, 0
    for match in TOKEN.finditer(latex):
        token = match[0]
        group -= token in ("}", r"\right") or token.startswith(r"\end{")
        bracket -= token in (")", "]") and bracket > 0
        found.append((token, group, bracket))
        group += token in ("{", r"\left") or token.startswith(r"\begin{")
        bracket += token in ("(", "[")
    return found


def split(latex: str, *ends: str) -> list[str]:
    r"""Split a formula at those of its outermost tokens that are one of ``ends``, and leave these out.

    Where a row ends, a bracket may be open.

    >>> split(r"a = b, \qquad c = d", r"\quad", r"\qquad")
    ['a = b,', 'c = d']
    """
    parts = [""]
    for token, group, bracket in tokens(latex):
        if token in ends and not group and (token == r"\\" or not bracket):
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts]


def signs(latex: str) -> list[int]:
    r"""Return before which tokens an outermost relation stands; of ``:=`` it is the first.

    >>> signs("a:=b=c")
    [1, 4]
    """
    found = tokens(latex)
    return [
        k
        for k, (token, *depth) in enumerate(found)
        if token in RELATIONS and not any(depth) and not (k and found[k - 1][0] in RELATIONS)
    ]


def statements(line: str) -> list[str]:
    r"""Split a line into its statements, each with the conditions that follow it.

    >>> statements(r"a = b, \qquad c = d \quad \text{for } d > 0")
    ['a = b', 'c = d \\qquad \\text{for } d > 0']
    """
    found = []
    for part in filter(None, split(line, r"\quad", r"\qquad")):
        if found and (part.startswith(r"\text") or not signs(part)):
            found[-1] += rf" \qquad {part}"
        else:
            found.append(part.rstrip(","))
    return found


def chains(latex: str) -> list[list[str]]:
    r"""Return the statements of a display in rows, each as its own rows: one for each line that goes on.

    >>> chains(r"&a + b \\ &\quad = c")
    [['a + b = c']]
    >>> chains(r"f &= a, & \quad g &= b \\ &\quad + c \\ &= d && \text{for } d")
    [['f = a'], ['g = b + c', '= d \\qquad \\text{for } d']]
    """
    made = []
    for line in split(latex, r"\\"):
        line = re.sub(r"^\[[^\]]*\]", "", line).replace("&&", r"\qquad ")
        bare = "".join(
            "" if token == "&" and not group else token for token, group, _ in tokens(line)
        )
        for one in statements(bare):
            first = tokens(one)[0][0]
            if made and first in RELATIONS:
                made[-1].append(one)
            elif made and (first in OPERATIONS or first == r"\text"):
                made[-1][-1] += rf" \qquad {one}" if first == r"\text" else f" {one}"
            else:
                made.append([one])
    # A left side alone stands above what goes on, but not above a single row.
    return [[" ".join(rows)] if len(rows) == 2 and not signs(rows[0]) else rows for rows in made]


def width(latex: str) -> int:
    r"""Return about how many signs wide a formula is.

    >>> width(r"\frac{d}{dx} \bigl(f(x)\bigr)"), width(r"\sum_{i=1}^{n} x")
    (8, 2)
    """
    bare = re.sub(r"\\(?:operatorname|math\w+|left|right|[bB]igg?[lr]?|[,;!])(?![a-z])", "", latex)
    bare = re.sub(r"\\(sum|prod|lim)(?:[_^](?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|.))+", r"\\\1 ", bare)
    while found := re.search(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", bare):
        bare = bare[: found.start()] + max(found.groups(), key=width) + bare[found.end() :]
    return len(re.findall(r"\\[A-Za-z]+|[^\s{}^_]", bare))


def in_line(made: list[list[str]]) -> bool:
    """Return whether right sides stand in a column: those of one statement, behind a short left side.

    Different statements all begin at the left, since a column would tear the shorter ones apart.
    """
    first = made[0][0]
    found, at = tokens(first), signs(first)
    if len(made) > 1 or not at or found[at[0]][0] not in ("=", ":"):
        return False
    return width("".join(token for token, *_ in found[: at[0]])) <= BESIDE


def loose(latex: str) -> str:
    """Let a line break between statements, before each relation, and before its outer operations."""
    found, relations = tokens(latex), signs(latex)
    depths = operations(found)
    outer = [k for k, depth in depths.items() if depth == min(depths.values())]
    sums = [k for k in outer if found[k][0] != r"\cdot"]
    outer = sums or outer
    written = []
    for k, (token, group, bracket) in enumerate(found):
        if not group + bracket and token in (r"\quad", r"\qquad"):
            written.append(r"\qquad\allowbreak ")
        elif k in outer or k in relations:
            written.append(rf"\allowbreak {token} \nobreak ")
        elif not group and (k in depths or token in RELATIONS):
            written.append(rf"{token} \nobreak ")
        else:
            written.append(token)
    return re.sub(r"  +", " ", "".join(written)).removeprefix(r"\allowbreak ").strip()


def operations(found: list[tuple[str, int, int]]) -> dict[int, int]:
    """Return which tokens are operations between two terms, and how deep in brackets each stands."""
    known, before = {}, ""
    for k, (token, group, bracket) in enumerate(found):
        if (
            token in OPERATIONS
            and before not in {"", "(", "[", *RELATIONS, *OPERATIONS}
            and not group
        ):
            known[k] = bracket
        before = before if token.isspace() else token
    return known


def bases(html: str, closing: int) -> tuple[str, list[str], str]:
    """Return the parts that KaTeX cut a formula into, between what stands before and behind them.

    So many elements close behind the last: what is shown of the formula, this, and perhaps a display.
    """
    head, *found = html.split(BASE)
    found[-1], end = re.fullmatch(rf"(.*)((?:</span>){{{closing}}})", found[-1], re.DOTALL).groups()
    return head, [BASE + base for base in found], end


def pieces(found: list[str]) -> list[list]:
    """Return what stays whole of a line: the kind of its first sign, its HTML, if air precedes it."""
    made, opened, over = [], True, False
    for base in found:
        sign, tail = SIGN.search(base), TAIL.search(base)
        if opened:
            made.append([sign and sign[1], "", over])
        opened = CUT in tail[1]
        over = opened and GAP in tail[1]
        base = base[: tail.start()] + "</span>" if over else base
        made[-1][1] += base.replace(CUT, "").replace(GLUED, "")
    return made


def parted(found: list[str]) -> list[list[str]]:
    """Return the statements of a line, each as the parts between which it may break."""
    made = [[]]
    for kind, html, over in pieces(found):
        if over and kind != CONDITION:
            made.append([])
        made[-1].append((kind, html))
    return [parts(statement) for statement in made]


def in_text(html: str) -> str:
    """Return a formula in the text that breaks where a display would, or nowhere if it is short.

    >>> bases = "".join(f'{BASE}<span class="mrel">=</span>{sign}{CUT}</span>' for sign in "abc")
    >>> in_text(f"<b><i>{bases}</span></span>").count("together")
    1

    A condition stays apart from what it restricts.

    >>> bases = f'{BASE}<span class="mord">0</span>{GAP}{CUT}</span>{BASE}(x)</span>'
    >>> re.sub("<[^>]*>", "", in_text(f"<b><i>{bases}</span></span>"))
    '0 (x)'
    """
    if html.count(BASE) < 2:
        return html
    head, found, end = bases(html, 2)
    groups = []
    for kind, piece, over in pieces(found):
        if kind == "rel" or over or not groups:
            groups.append((BLANK * over, []))
        groups[-1][1].append(piece)
    if sum(size(piece) for _, group in groups for piece in group) <= SHORT:
        groups = [("", ["".join(air + "".join(group) for air, group in groups)])]
    kept = []
    for air, group in groups:
        whole = "".join(group)
        lasting = group if size(whole) > LONG else [whole]
        kept.append(air + "".join(f'<span class="together">{one}</span>' for one in lasting))
    return head + "".join(kept) + end


def parts(found: list[tuple]) -> list[str]:
    """Return the parts of a statement: before relations it may break, and in between before operations.

    A condition stays whole.
    """
    made, kinds = [], []
    for kind, html in found:
        if (kind in ("rel", CONDITION) and CONDITION not in kinds) or not made:
            made.append([])
            kinds.append(kind)
        made[-1].append(html)
    return [
        BLANK + part("".join(pieces)) if kind == CONDITION else within(pieces)
        for kind, pieces in zip(kinds, made, strict=True)
    ]


def part(html: str, more: str = "") -> str:
    """Return what stays whole, or what breaks only between its own parts."""
    return f'<span class="part{more}">{html}</span>'


def within(found: list[str]) -> str:
    """Let a line break between parts, if it is so long that it may have to."""
    html = "".join(found)
    if PART in html and len(found) == 1:
        return html
    if len(found) == 1 or size(html) <= LONG:
        return part(html)
    return part("".join(one if PART in one else part(one) for one in found), " parts")


def size(html: str) -> int:
    """Return how many signs of a formula are seen."""
    return len(re.sub(r"<[^>]*>|\s", "", html))


def extent(found: list[str]) -> tuple[float, float]:
    """Return how high and how deep a line is, in em.

    >>> extent(['<span class="strut" style="height:2em;vertical-align:-.7em"></span>'])
    (1.3, 0.7)
    """
    known = [(float(h), float(d or 0)) for html in found for h, d in EXTENT.findall(html)]
    return max(h - d for h, d in known), max(d for _, d in known)


def distances(lines: list[tuple[float, float]], begins: list[bool]) -> list[float]:
    """Return how much is left free above each line, which is so high and so deep, in em.

    >>> distances([(1.3, 0.7), (0.7, 0.2), (0.7, 0.2)], [True, False, False])
    [0, 0.75, 1.25]
    """
    pairs = [depth + height for (_, depth), (height, _) in pairwise(lines)]
    pitch = max(PITCH, max(pairs) + CLEAREST)
    apart = APART * (sum(begins) > 1 and not all(begins))
    free = [
        min(pitch - pair, WIDEST) + apart * new for pair, new in zip(pairs, begins[1:], strict=True)
    ]
    return [0, *(round(air, 2) for air in free)]


def ended(found: list[str], room: str, whole: bool = False) -> str:
    """Put what is to stand behind a statement into its last line, or, if it does not fit, below.

    A last operation or condition, or a second right side, goes on to a line of its own with it, but not
    out of a row that is to be set as ``whole`` as those above it.

    >>> ended([part("a")], part(""))
    '<span class="part parts"><span class="part">a</span><span class="part"></span></span>'
    >>> last = part(part("a") + part("b"), " parts")
    >>> ended([part("=="), last], "c").endswith(part(part("b") + "c", " parts") + "</span></span>")
    True
    """
    if not room:
        return within(found)
    *before, last = found
    if last.startswith(PARTS) and not whole:
        first, sign, operation = last.removesuffix("</span>").rpartition(f'{PART}">')
        return within([*before, first + part(sign + operation + room, " parts") + "</span>"])
    if (last.startswith(BLANK) or len(before) > 1) and not whole:
        bare = last.removeprefix(BLANK)
        return within([*before, BLANK * (bare != last) + part(bare + room, " parts")])
    html = within(found)
    html = html if html.startswith(PARTS) else part(html, " parts")
    return html.removesuffix("</span>") + room + "</span>"


def rows(made: list[list[str]], render: Callable[[str], str], room: str) -> str:
    """Return the rows of a display: right sides in a column, or what goes on at an indent."""
    lines, begins, shown, near = [], [], [], in_line(made)
    for chain in made:
        for k, line in enumerate(chain):
            found = bases(render(loose(line)), 3)[1]
            said = [one for statement in parted(found) for one in statement]
            left = said.pop(0) if near and not k else ""
            last = chain is made[-1] and k == len(chain) - 1
            html = left + ended(said, room if last else "", whole=len(made) > 1)
            lines.append(extent(found))
            begins.append(not k)
            shown.append(("row" + " near" * near + " on" * bool(k), html))
    return "".join(
        f'<span class="{kind}"'
        + (f' style="margin-top:{air}em"' if air else "")
        + f">{html}</span>"
        for (kind, html), air in zip(shown, distances(lines, begins), strict=True)
    )


def display(latex: str, render: Callable[[str], str], number: str | None = None) -> str:
    """Return the HTML of a display, with unseen room for its number behind its last sign."""
    room = "" if number is None else f'<span class="part room" data-room="{number}"></span>'
    known = ROWS.fullmatch(latex)
    loosened = MINUS.sub(r"\1{-}", WITHIN.sub(lambda _: ROOM, known[2] if known else latex))
    made = chains(loosened) if known else [[loosened]]
    if not in_line(made):
        made = [[" ".join(chain)] if width("".join(chain)) <= ALONE else chain for chain in made]
    if sum(map(len, made)) > 1:
        # A screen reader reads the rows as they were written.
        html = render(latex)
        if BASE not in html:  # cannot be read, and says so
            return html
        head, _, end = bases(html, 3)
        return f'{head}<span class="rows">{rows(made, render, room)}</span>{end}'
    html = render(loose(made[0][0]))
    html = ANNOTATION.sub(lambda said: said[1] + escape(latex, quote=False), html, count=1)
    if BASE not in html:
        return html
    head, found, end = bases(html, 3)
    *before, last = parted(found)
    body = [*map(within, before), ended(last, room)]
    shown = body[0] if len(body) == 1 else f'<span class="statements">{"".join(body)}</span>'
    return head + shown + end
