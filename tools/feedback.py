"""The pages of marks: one for each student, and one for the person who marks what is left."""

from __future__ import annotations

import base64
import re
from functools import cache
from html import escape
from pathlib import Path

import book
from homework import picture
from katex import KaTeX
from slopes.equations.derivation import WRONG
from slopes.grading import Homework, Mark

LONGEST_FORMULA = 2000
ATTACHED = re.compile(r"!\[[^\]]*\]\(attachment:([^)]+)\)")
RULE = """<hr><p><small>A derivation has all points if each line holds, and its lines lead from one
side of the claim to the other in the steps asked for. A step is an = that changes something; the
claim itself, and the derivative written in another way, are none. With fewer steps it has its share.
If it does not arrive, or a line is wrong, it has up to half, for the steps that hold from the left
side of the claim on. Points are rounded to halves. Of code, each test has its share.</small></p>"""
WEB = Path(book.ROOT, "web")
FACES = WEB / "styles" / "faces.css"
FORMULAS = (WEB / "fonts" / "katex" / "katex.min.css", WEB / "styles" / "formulas.css")
OWN = Path(__file__).with_suffix(".css")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">
<title>{title}</title><style>{style}</style></head>
<body><main>
<h1>{title}</h1>
{body}
</main></body></html>
"""


def page(title: str, body: list[str]) -> str:
    """A page that stands alone."""
    return PAGE.format(title=escape(title), style=style(), body="\n".join(body))


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

    def __call__(self, latex: str) -> str:
        """A formula; as it was typed where it cannot be set."""
        if len(latex) > LONGEST_FORMULA:
            return f"<code>{escape(latex[:LONGEST_FORMULA])} …</code>"
        plain = latex if "\\begin" in latex else re.sub(r"(?<!\\)&", "", latex)
        html = self.katex.render(plain, {"maxExpand": 100, "maxSize": 10})
        return f"<code>{escape(latex)}</code>" if "katex-error" in html else html

    def line(self, latex: str) -> str:
        """A formula on a line of its own."""
        return self(rf"\displaystyle {latex}")

    def sentence(self, text: str) -> str:
        """A sentence with formulas between dollar signs."""
        parts = re.split(r"\$([^$]+)\$", text)
        return "".join(self(part) if k % 2 else escape(part) for k, part in enumerate(parts))


def for_student(homework: Homework, one, formulas: Formulas) -> str:
    """The page for one student: what held, the first line that did not, and never an answer."""
    title = f"{homework.title}: {one.student}"
    if one.marked is None:
        said = (
            f"<p>Your file could not be marked: {escape(one.unreadable)}. Hand in the notebook of this"
            " homework, as JupyterLab saves it.</p>"
        )
        return page(title, [said])
    if one.unreadable:
        result = f"<p><b>{points(one.marked)} of {points(homework.points)} points.</b></p>"
        reason = f"<p>A person marked it: {escape(one.unreadable)}.</p>"
        return page(title, [result, reason, f"<p>{formulas.sentence(one.comment)}</p>"])
    possible = sum(m.task.points for m in one.marks if m.points is not None)
    so_far = " so far" if possible < homework.points else ""
    parts = [f"<p><b>{points(one.marked)} of {points(possible)} points{so_far}.</b></p>"]
    for number, m in enumerate(one.marks, 1):
        given = f"{points(m.points)} of {points(m.task.points)}"
        if m.points is None:
            tests = m.task.kind == "code" and m.answer
            given = "its tests will mark it" if tests else "a person will mark it"
        parts.append(f"<h2>{number}. {formulas.sentence(m.task.title)} <small>{given}</small></h2>")
        parts.append(lines(m, formulas) if m.lines else typed(m.answer))
        parts.append(pictures(m.answer, one.attached))
        parts += [f"<p>{formulas.sentence(said)}</p>" for said in (m.said, m.comment) if said]
    return page(title, [*parts, RULE])


def lines(m: Mark, formulas: Formulas) -> str:
    """The lines of a derivation up to the first that does not hold, each with its sign."""
    rows = []
    for kind, latex in m.lines:
        wrong = kind in WRONG
        sign, word = ("✗", WRONG[kind]) if wrong else ("✓", "holds")
        sign, word = ("", "begins") if kind == "start" else (sign, word)
        # What is no mathematics is shown as it was typed.
        shown = (
            f"<code>{escape(latex)}</code>" if kind in ("unread", "start") else formulas.line(latex)
        )
        look = "wrong" if wrong else "right"
        rows.append(f'<li class="{look}"><span class="verdict">{sign} {word}</span>{shown}</li>')
        if wrong:
            break
    left = len(m.lines) - len(rows)
    more = f"<p>What stands below it ({left} more) was not looked at.</p>" if left else ""
    return f"<ol>{''.join(rows)}</ol>{more}"


def typed(answer: str) -> str:
    """An answer as it was typed."""
    return f"<pre>{escape(answer)}</pre>" if answer else ""


def pictures(answer: str, attached: dict[str, str]) -> str:
    """The pictures that stand in an answer."""
    found = [attached[name] for name in ATTACHED.findall(answer) if name in attached]
    return "".join(f'<img src="{address}" alt="A picture in the answer">' for address in found)


def for_person(homework: Homework, submissions: list, formulas: Formulas) -> str:
    """The page for the person who marks the rest: all answers to one task below one another."""
    parts = []
    for task in homework.tasks:
        answers = [(one, m) for one in submissions for m in one.waiting if m.task.name == task.name]
        if task.kind == "code":
            answers = [(one, m) for one, m in answers if not m.answer]
        if answers:
            parts += about(task, formulas)
        for one, m in answers:
            parts.append(f"<h3>{escape(one.student)}</h3><p><small>{escape(m.by_hand)}</small></p>")
            parts.append((lines(m, formulas) if m.lines else "") + typed(m.answer))
            parts.append(pictures(m.answer, one.attached))
    for one in submissions:
        if one.stray and any(not m.answer for m in one.marks):
            parts.append(f"<h2>{escape(one.student)}: cells that name no task</h2>")
            parts += [typed(cell) + pictures(cell, one.attached) for cell in one.stray]
    faulty = [one for one in submissions if one.marked is None]
    if faulty:
        items = (
            f'<li>{escape(one.student)}: <a href="{escape(one.path.as_uri())}">'
            f"{escape(one.unreadable)}</a></li>"
            for one in faulty
        )
        parts.append(f"<h2>Files that could not be read</h2><ul>{''.join(items)}</ul>")
    title = f"{homework.title}: left to a person"
    return page(title, parts or ["<p>Nothing is left.</p>"])


def about(task, formulas: Formulas) -> list[str]:
    """What a person needs to mark a task: the question, its figure, and the guide to its points."""
    size = f"{points(task.points)} points"
    parts = [f"<h2>{formulas.sentence(task.title)} <small>{size}</small></h2>"]
    guide = task.blocks.get("marking", "")
    parts += [f"<p>{formulas.sentence(line)}</p>" for line in task.text.splitlines()]
    if "picture" in task.blocks:
        drawn = picture(task.blocks["picture"])
        parts.append(f'<img src="data:image/png;base64,{drawn}" alt="{escape(task.alt)}">')
    return parts + [f"<p><i>{formulas.sentence(line)}</i></p>" for line in guide.splitlines()]
