"""The pages of marks: one for each student; and what every page that stands alone is made of."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

import book
from homework import asked, picture
from katex import KaTeX
from slopes.equations.derivation import WRONG
from slopes.grading import RULE, Homework, Mark, Task

LONGEST_FORMULA = 2000
# What is said of a line of a derivation that has no verdict.
BESIDE = {"start": "begins", "open": "not looked at", "words": "words"}
ATTACHED = re.compile(r"!\[[^\]]*\]\(attachment:([^)]+)\)")
WEB = Path(book.ROOT, "web")
FACES = WEB / "styles" / "faces.css"
FORMULAS = (WEB / "fonts" / "katex" / "katex.min.css", WEB / "styles" / "formulas.css")
OWN = Path(__file__).with_suffix(".css")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:{allowed}">
<title>{title}</title><style>{style}</style></head>
<body><main>
<h1>{title}</h1>
{body}
</main>{script}</body></html>
"""


def page(title: str, body: list[str], script: str = "") -> str:
    """A page that stands alone; no script runs on it but the one that is given."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    own = {"script": "", "allowed": ""}
    if script:
        own = {"script": f"<script>{script}</script>", "allowed": f"; script-src 'sha256-{digest}'"}
    return PAGE.format(title=escape(title), style=style(), body="\n".join(body), **own)


@cache
def style() -> str:
    """What a page looks like; the faces of the book are in it."""
    sheets = [sheet.read_text(encoding="utf-8") for sheet in FORMULAS]
    # KaTeX's own faces would have to be loaded; the book's have the letters that it needs.
    sheets[0] = re.sub(r"@font-face\{[^}]*\}", "", sheets[0])
    return "\n".join([faces(), *sheets, OWN.read_text(encoding="utf-8")])


def faces() -> str:
    """The rules of the book's faces, with the faces themselves."""

    def inside(place):
        file = (WEB / "fonts" / place[1]).read_bytes()
        return f"url(data:font/woff2;base64,{base64.b64encode(file).decode()})"

    return re.sub(r"url\(([^)]*)\)", inside, FACES.read_text(encoding="utf-8"))


def points(value: float | None) -> str:
    """Points as they are written; empty where nobody has decided."""
    return "" if value is None else f"{value:g}"


class Formulas:
    """LaTeX as HTML and MathML, which browsers show without a script."""

    def __init__(self) -> None:
        self.katex = KaTeX()
        self.known: dict[tuple[str, bool], str] = {}
        self.read = self.reader().render

    def __call__(self, latex: str, display: bool = False) -> str:
        """A formula; as it was typed where it cannot be set."""
        if (latex, display) not in self.known:
            self.known[latex, display] = self.made(latex, display)
        return self.known[latex, display]

    def made(self, latex: str, display: bool) -> str:
        """A formula that was not set before."""
        if len(latex) > LONGEST_FORMULA:
            return f"<code>{escape(latex[:LONGEST_FORMULA])} …</code>"
        plain = latex if "\\begin" in latex else re.sub(r"(?<!\\)&", "", latex)
        html = self.katex.render(plain, {"maxExpand": 100, "maxSize": 10, "displayMode": display})
        return f"<code>{escape(latex)}</code>" if "katex-error" in html else html

    def reader(self) -> MarkdownIt:
        """What makes HTML of Markdown with formulas."""
        math = {"renderer": lambda latex, options: self(latex, options["display_mode"])}
        return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, **math)

    def line(self, latex: str) -> str:
        """A formula on a line of its own; what aligns formulas is one by itself."""
        plain = latex if "\\begin" in latex else rf"\displaystyle {latex}"
        return self(plain, display="\\begin{align" in latex)

    def sentence(self, text: str) -> str:
        """A sentence with formulas between dollar signs, numbers with a minus, and bold words."""

        def words(part):
            part = re.sub(r"(?<![\w.-])-(?=\d)", "\N{MINUS SIGN}", escape(part))
            return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", part)

        parts = re.split(r"\${1,2}([^$]+)\${1,2}", text)
        return "".join(self(part) if k % 2 else words(part) for k, part in enumerate(parts))


def for_student(homework: Homework, one, formulas: Formulas, finished: bool) -> str:
    """The page for one student: what held, the first line that did not, and never an answer.

    When nothing is left to a person (`finished`), whatever points stand are final.
    """
    title = f"{homework.title}: {one.name or one.person}"
    if one.marked is None:
        said = (
            f"<p>Your file could not be marked: {escape(one.unreadable)}. Hand in the notebook of this"
            " homework, as JupyterLab saves it.</p>"
        )
        return page(title, [said])
    if one.unreadable:
        result = f"<p><b>{total(homework, one)}</b></p>"
        reason = f"<p>A person marked it: {escape(one.unreadable)}.</p>"
        return page(title, [result, reason, remark(one.comment, formulas)])
    parts = [f"<p><b>{total(homework, one)}</b></p>"]
    if one.name not in ("", one.person):
        parts.append(f"<p><small>Handed in as {escape(one.student)}.</small></p>")
    for number, m in enumerate(one.marks, 1):
        given = f"{points(m.points)} of {points(m.task.points)}"
        if m.points is None:
            given = "not marked yet"
        elif m in one.waiting and not finished:
            given += ", and a person will look at it"
        parts += question(number, m.task, given, formulas)
        parts.append(earned(m, formulas))
        decided = one.decided(m.task.name)
        # Points that a person gave may be for lines below a wrong one.
        parts.append(answered(m, one.attached, formulas, whole=decided))
        # Who has all points from a person needs no word of what a machine could not read.
        said = "" if decided and m.points == m.task.points else formulas.sentence(m.said)
        if one.stray and not m.answer:
            said += ' <a href="#cells">Your cells that name no task</a> stand below.'
        parts += [f"<p>{said}</p>" * bool(said), remark(m.comment, formulas)]
    return page(title, [*parts, *stray(one), "<hr>", earns(formulas)])


def earns(formulas: Formulas) -> str:
    """The rule for derivations, as every page tells it, and for code."""
    rule = f"{formulas.read(RULE)}<p>Of code, each test has its share.</p>"
    return f"<details><summary>What a derivation earns</summary>{rule}</details>"


def total(homework: Homework, one) -> str:
    """The points of a submission, of those that somebody has decided about."""
    possible = sum(m.task.points for m in one.marks if m.points is not None)
    possible = homework.points if one.unreadable else possible
    if not possible:
        return "No points yet."
    so_far = " so far" if possible < homework.points else ""
    return f"{points(one.marked)} of {points(possible)} points{so_far}."


def remark(comment: str, formulas: Formulas) -> str:
    """What the person who marked it wrote."""
    return comment and f"<p><b>Your teacher:</b> {formulas.sentence(comment)}</p>"


def question(number: int, task: Task, worth: str, formulas: Formulas) -> list[str]:
    """A task as the notebook has it: its title, what it asks for, its figure."""
    title = f"<h2>{number}. {formulas.sentence(task.title)} <small>{worth}</small></h2>"
    drawn = ""
    if "picture" in task.blocks:
        content = picture(task.blocks["picture"])
        drawn = f'<img src="data:image/png;base64,{content}" alt="{escape(task.alt)}">'
    return [title, f'<div class="question">{formulas.read(asked(task))}{drawn}</div>']


def earned(m: Mark, formulas: Formulas) -> str:
    """What the points of a task are for, with those that were given where a person said so."""
    given = [f"{points(share)} of " for share in m.shares] or [""] * len(m.task.parts)
    items = [
        f"<li>{share}{points(most)} point{'s' * (most != 1)} for {formulas.sentence(what)}</li>"
        for share, (most, what) in zip(given, m.task.parts, strict=True)
    ]
    return f"<p>What earns points:</p><ul>{''.join(items)}</ul>" if items else ""


def stray(one) -> list[str]:
    """The cells of a submission that name no task, where a task is not answered in its own."""
    if not one.stray or all(m.answer for m in one.marks):
        return []
    cells = [typed(cell, one.attached) for cell in one.stray]
    return ['<h2 id="cells">Your cells that name no task</h2>', *cells]


def answered(
    m: Mark, attached: dict[str, str], formulas: Formulas, whole: bool = False, why: bool = False
) -> str:
    """An answer: a derivation by its lines, words with their formulas, code as it was typed."""
    if m.lines:
        return lines(m, formulas, whole, m.fault if why else "")
    if m.task.kind in ("open", "figure"):
        return with_pictures(
            m.answer, attached, lambda text: f'<div class="words">{formulas.sentence(text)}</div>'
        )
    return typed(m.answer, attached)


def lines(m: Mark, formulas: Formulas, whole: bool = False, fault: str = "") -> str:
    """The lines of a derivation, each with its sign; up to the first wrong one, if not as a whole.

    With a `fault` the first wrong one has it below.
    """
    rows = []
    for kind, latex, rule in m.lines:
        wrong = kind in WRONG
        sign, word = ("✗", WRONG[kind]) if wrong else ("✓", "holds")
        sign, word = ("", BESIDE[kind]) if kind in BESIDE else (sign, word)
        # What is no mathematics is shown as it was typed.
        shown = (
            f"<code>{escape(latex)}</code>"
            if kind in ("unread", "start", "words")
            else formulas.line(latex)
        )
        look = "wrong" if wrong else "open" if kind in ("open", "words") else "right"
        said = f'<span class="verdict">{sign} {word}</span>{shown} <small>{escape(rule)}</small>'
        if wrong and fault:
            said, fault = f"{said}<br><small>{formulas.sentence(fault)}</small>", ""
        rows.append(f'<li class="{look}">{said}</li>')
        if wrong and not whole:
            break
    left = len(m.lines) - len(rows)
    stand = "line stands" if left == 1 else "lines stand"
    more = f"<p>{left} more {stand} below it.</p>" if left else ""
    return f"<ol>{''.join(rows)}</ol>{more}"


def typed(answer: str, attached: dict[str, str]) -> str:
    """A text as it was typed, with its pictures in their places."""
    return with_pictures(answer, attached, lambda text: f"<pre>{escape(text)}</pre>")


def with_pictures(answer: str, attached: dict[str, str], shown: Callable[[str], str]) -> str:
    """A text with its pictures in their places; what stands between them as `shown` has it."""
    parts = []
    for k, part in enumerate(ATTACHED.split(answer)):
        if k % 2 and part in attached:
            parts.append(f'<img src="{attached[part]}" alt="A picture in the answer">')
        elif k % 2:
            parts.append("<p>(A picture that is not in the file.)</p>")
        elif part.strip():
            parts.append(shown(part.strip()))
    return "".join(parts)


def overview(
    homework: Homework, submissions: list, formulas: Formulas, place: Callable, notes: list[str]
) -> str:
    """The page for the teacher: everybody's points, and what is wrong first in each derivation."""
    heads = "".join(
        f"<th>{number}. {formulas.sentence(task.title)} <small>of {points(task.points)}</small></th>"
        for number, task in enumerate(homework.tasks, 1)
    )
    rows = []
    for one in submissions:
        said = "" if one.marked is None else total(homework, one)
        said = " ".join(filter(None, (said, escape(one.unreadable))))
        link = f'<a href="feedback/{place(one.student)}.html">{escape(one.known)}</a>'
        cells = "".join(f"<td>{brief(m, formulas)}</td>" for m in one.marks)
        rows.append(f"<tr><th>{link}<br><small>{said}</small></th>{cells}</tr>")
    said = [f"<p>{escape(note)}</p>" for note in notes]
    head = f'<div class="all"><table><thead><tr><th>Student</th>{heads}</tr></thead><tbody>'
    return page(f"{homework.title}: all marks", [*said, head, *rows, "</tbody></table></div>"])


def brief(m: Mark, formulas: Formulas) -> str:
    """The points of an answer, and why they are not all, as far as the machine can tell."""
    given = points(m.points) or ("\N{EM DASH}" if m.answer else "blank")
    if m.points == m.task.points or not m.said:
        return given
    return f"{given}<br><small>{formulas.sentence(m.said)}</small>"
