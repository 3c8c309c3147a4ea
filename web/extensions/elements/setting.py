"""How a display is set: its rows in line at their signs, and where a narrow page may break a line of it.

An author writes a display as the page in mind has room for it. What is one statement, only broken, is
joined; several statements become rows that stand in line at their signs; and a line may break where a
mathematician would: between statements, before a relation, and only then before an operation.
"""

from __future__ import annotations

import re

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
SIGN = re.compile(r'(?:<span class="strut"[^>]*></span>)?<span class="m(rel|bin)')
# Below a sum an invisible strut keeps the next row off, as one does below a fraction; and in a fraction
# one keeps what stands above and below a sum off the bar.
DEEP = re.compile(r"\\(?:sum|prod|begin\{cases\})(?![a-z])")
TALL = re.compile(r"\\frac.*\\(?:left|sum|prod)(?![a-z])")
STRUT = r"\rule[-1.75em]{0em}{0em}"
WITHIN, ROOM = (
    re.compile(r"\\displaystyle\s*(?=\\(?:sum|prod))"),
    r"\rule[-1.55em]{0em}{3.35em}\displaystyle ",
)
LONG = 22  # signs: what is no longer fits a telephone


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
    for part in split(line, r"\quad", r"\qquad"):
        if found and (part.startswith(r"\text") or not signs(part)):
            found[-1] += rf" \qquad {part}"
        else:
            found.append(part.rstrip(","))
    return found


def arranged(latex: str) -> str:
    r"""Return what to set for a display.

    >>> arranged(r"\begin{aligned} &a + b \\ &\quad = c \end{aligned}")
    'a \\allowbreak + \\nobreak b \\allowbreak = \\nobreak c'
    >>> arranged(r"\begin{gathered} a = b, \qquad c = d \\ e := f \end{gathered}")
    '\\begin{aligned}a &= b\\\\[4pt]c &= d\\\\[4pt]e &:= f\\end{aligned}'
    """
    latex = MINUS.sub(r"\1{-}", WITHIN.sub(lambda _: ROOM, latex))
    found = ROWS.fullmatch(latex)
    if not found:
        return loose(latex)
    lines = [re.sub(r"^\[[^\]]*\]\s*", "", line) for line in split(found[2], r"\\")]
    if found[1] == "gathered":
        lines = [one for line in lines for one in statements(line)]
        # In line stand equalities and definitions. Else each line begins at the left.
        return in_rows([in_line(line) if all(map(equal, lines)) else "&" + line for line in lines])
    bare = [re.sub(r"^(?:\s|\\q?quad\b)*", "", line.replace("&", "")).strip() for line in lines]
    # A left side alone goes on in the next line. A condition may follow it, or end the last line.
    bare[0], *when = parts(bare[0])
    bare[-1], *more = parts(bare[-1])
    broken = len(signs(" ".join(bare))) == 1 or (len(bare) == 2 and not signs(bare[0]))
    return loose(r" \qquad ".join([" ".join(bare), *when, *more])) if broken else in_rows(lines)


def in_rows(lines: list[str]) -> str:
    r"""Return lines as rows, further apart where fractions meet, or a statement begins.

    >>> in_rows(["&a", "&= b", "&c", "&= d"])
    '\\begin{aligned}&a\\\\[4pt]&= b\\\\[16pt]&c\\\\[4pt]&= d\\end{aligned}'
    """
    on = [
        re.match(r"(?:[\s&]|\\q?quad\b)*(?:[=<>+-]|\\(?:le|ge|approx|to)\b)", line)
        for line in lines
    ]
    gaps = []
    for k in range(1, len(lines)):
        begins = any(on[:k]) and not on[k]
        meet = TALL.search(lines[k - 1]) and r"\frac" in lines[k]
        gaps.append(r"\\[2.3em]" if meet else r"\\[16pt]" if begins else r"\\[4pt]")
    struts = [STRUT * bool(DEEP.search(line)) for line in lines[:-1]]
    rows = [line + strut + gap for line, strut, gap in zip(lines, struts, gaps, strict=False)]
    return r"\begin{aligned}" + "".join([*rows, lines[-1]]) + r"\end{aligned}"


def parts(line: str) -> list[str]:
    r"""Split a line into what it says and its conditions.

    >>> parts(r"= a \quad \text{for } b > 0")
    ['= a', '\\text{for } b > 0']
    """
    said, *when = split(line, r"\quad", r"\qquad")
    return [said, *when] if all(part.startswith(r"\text") for part in when) else [line]


def equal(statement: str) -> bool:
    """Whether the first relation of a statement, if it has one, says that two sides are equal."""
    found = tokens(statement)
    return all(found[at][0] in ("=", ":") for at in signs(statement)[:1])


def in_line(statement: str) -> str:
    """Let a statement stand in line with others at its first relation."""
    found, at = tokens(statement), signs(statement)
    if not at:
        return "&" + statement
    return "".join("&" * (k == at[0]) + token for k, (token, *_) in enumerate(found))


def loose(latex: str) -> str:
    """Let a line break between statements, before each relation, and before its outer operations."""
    found, relations = tokens(latex), signs(latex)
    depths = operations(found)
    outer = {k for k, depth in depths.items() if depth == min(depths.values())}
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


def parted(html: str) -> str:
    """Put the parts between which a display may break into elements, which the style sheet lays out."""
    head, *bases = html.split(BASE)
    if not any(CUT in base for base in bases):
        return html
    bases[-1], end = re.fullmatch(r"(.*</span>)((?:</span>){2})", bases[-1], re.DOTALL).groups()
    rows, opened = [[]], True
    for base in bases:
        sign, tail = SIGN.match(base), TAIL.search(base)
        over = CUT in tail[1] and GAP in tail[1]
        if opened or not rows[-1]:
            rows[-1].append([sign and sign[1], ""])
        base = base[: tail.start()] + "</span>" if over else base
        rows[-1][-1][1] += BASE + base.replace(CUT, "").replace(GLUED, "")
        opened = CUT in tail[1]
        if over:
            rows.append([])
    made = [row(pieces) for pieces in rows if pieces]
    body = made[0] if len(made) == 1 else f'<span class="statements">{"".join(made)}</span>'
    return head + body + end


def row(pieces: list[list]) -> str:
    """Return one statement: its parts begin with relations, and theirs with operations."""
    parts = [[]]
    for sign, html in pieces:
        if sign == "rel" and parts[-1]:
            parts.append([])
        parts[-1].append(html)
    return within([within(part) for part in parts])


def size(html: str) -> int:
    """Return how many signs of a formula are seen."""
    return len(re.sub(r"<[^>]*>|\s", "", html))


def within(parts: list[str]) -> str:
    """Let a line break between parts, if it is so long that it may have to."""
    html = "".join(parts)
    if len(parts) < 2 or size(html) <= LONG:
        return f'<span class="part">{html}</span>'
    inner = "".join(
        p if p.startswith('<span class="part') else f'<span class="part">{p}</span>' for p in parts
    )
    return f'<span class="part parts">{inner}</span>'
