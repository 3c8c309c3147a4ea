"""The page on which a person marks: all answers to a task below one another, with room for points.

What is typed there is saved as by-hand.csv, which the next `make grade` reads. Equal answers stand there
once, and are marked once. What the machine has marked is folded, and can be overruled.
"""

from __future__ import annotations

import json
import shlex
from html import escape
from pathlib import Path

import feedback
from feedback import answered, points, question, typed
from slopes.grading import Homework

WHOLE = "all"  # in place of a task, for a file that cannot be read
SCRIPT = Path(__file__).with_suffix(".js")
BAR = """<div class="bar"><button>Save by-hand.csv</button> <span role="status"></span></div>"""
DERIVED = "All points for {least} steps from one side of the claim to the other. For instance:"
HOW = """<p>Type points, and Enter leads to the next; in an empty box it
takes the points on the button beside it. Tab leads to a comment for the student, in which
formulas stand between dollar signs. Save the table in the folder of this page, in place of the
by-hand.csv that is there; then run this again:</p>
<pre>make grade FOLDER={folder}</pre>"""


def notes(submissions: list) -> list[str]:
    """Sentences on what is to be known first: files that are too many, and answers that are the same."""
    groups: dict[tuple, list] = {}
    for one in submissions:
        answers = tuple(m.answer for m in one.marks)
        if any(answers):
            groups.setdefault(answers, []).append(one.student)
    same = filter(lambda who: len(who) > 1, groups.values())
    told = dict.fromkeys(f"{one.note}." for one in submissions if one.note)
    return [*told, *(f"The same answers throughout: {', '.join(who)}." for who in same)]


class Marking:
    """The page, for the submissions of one folder."""

    def __init__(self, homework: Homework, submissions: list, formulas: feedback.Formulas):
        self.homework, self.submissions, self.formulas = homework, submissions, formulas
        self.left: list[int] = []  # how many gave each of the answers that nobody has marked

    def page(self, folder: Path) -> str:
        """The whole page; the script on it is the only one that may run."""
        parts = [
            HOW.format(folder=escape(shlex.quote(str(folder)))),
            feedback.earns(self.formulas),
            *(f"<p>{escape(said)}</p>" for said in notes(self.submissions)),
            '<form autocomplete="off">',
        ]
        for number, task in enumerate(self.homework.tasks):
            answers = [(one, one.marks[number]) for one in self.submissions if one.marks]
            parts += self.task(number + 1, task, answers)
        parts += [*self.files(), *self.stray(), BAR, "</form>"]
        title = f"{self.homework.title}: mark by hand"
        parts = ['<div class="by-hand">', *parts, "</div>"]
        return feedback.page(title, parts, SCRIPT.read_text(encoding="utf-8"))

    def task(self, number: int, task, answers: list[tuple]) -> list[str]:
        """All answers to a task: first what is left to a person, then, folded, what is not."""
        left, settled = [], []
        for one, m in answers:
            if task.name in one.reasons:
                left.append((one, m))
            elif m.answer:
                settled.append((one, m))
        if not left and not settled:
            return []
        first = self.groups(task, left)
        open_groups = [who for (_, _, given, stands, *_), who in first if not (given[0] or stands)]
        self.left += map(len, open_groups)
        open_ones, folded = (
            self.entries(task, first),
            self.entries(task, self.groups(task, settled)),
        )
        if folded:
            count = f"{len(settled)} answer" + "s" * (len(settled) != 1)
            by = "marked by the machine. Points typed here overrule that"
            summary = f"<summary>{count}, {by}.</summary>"
            folded = [f"<details>{summary}", *folded, "</details>"]
        return ["<section>", *self.about(number, task), *open_ones, *folded, "</section>"]

    def groups(self, task, answers: list[tuple]) -> list[tuple]:
        """Equal answers, of which the same is to be said, with those who gave them."""

        def shown(pair):
            one, m = pair
            text = answered(m, one.attached, self.formulas, whole=True, why=True)
            why = one.reasons.get(task.name) or f"{points(m.points)} points: {m.said}"
            if why in (f"{task.kind} question", "its tests have to be run"):
                why = ""  # as all of them are
            decision = one.decisions.get(task.name, ("", ""))
            decided = one.decided(task.name)
            stands = points(m.by_rule if decided else m.points)
            if stands and not decided and one.reasons.get(task.name):
                why += f"; {stands} stands unless you type"
            why = self.formulas.sentence(why)
            if one.stray and not m.answer:
                why += f': <a href="#{self.place(one)}">see them</a>'
            own = "" if m.answer else one.student  # a blank may stand for something on paper
            take = points(m.suggested) if not decided else ""
            return text, why, decision, stands, take, own

        groups: dict[tuple, list] = {}
        for pair in answers:
            groups.setdefault(shown(pair), []).append(pair[0])
        return list(groups.items())

    def entries(self, task, groups: list[tuple]) -> list[str]:
        """Answers with room for points."""
        return [
            self.entry(
                task.name,
                task.shares,
                who,
                f"<p><small>{why}</small></p>{text}" if why else text,
                decision,
                stands,
                take,
            )
            for (text, why, decision, stands, take, _), who in groups
        ]

    def entry(
        self,
        task: str,
        parts: list,
        who: list,
        body: str,
        decision: tuple,
        stands: str = "",
        take: str = "",
    ) -> str:
        """One answer, who gave it, points that stand or are suggested, room for others and a comment."""
        rows = json.dumps([[one.row_name, one.print_of(task)] for one in who])
        names = escape(", ".join(one.known for one in who))
        data = f'data-task="{escape(task)}" data-rows="{escape(rows)}" data-stands="{stands}"'
        given, comment = map(escape, decision)
        most = " + ".join(f"{part:g}" for part in parts)
        size = 'size="8"' if len(parts) > 1 else 'size="4" inputmode="decimal"'
        each = f" <small>or, part by part, {most}</small>" if len(parts) > 1 else ""
        button = f'<button type="button" class="take">{take}</button>' if take else ""
        return f"""<article role="group" aria-label="{names}" {data}>
<h3>{names}</h3>{body}
<p class="fields"><label>Points of {sum(parts):g}{each}
<input {size} data-most="{most}" value="{given}"></label>{button}
<span class="fault" aria-live="polite"></span>
<label>Comment <textarea rows="1">{comment}</textarea></label></p></article>"""

    def files(self) -> list[str]:
        """What nobody could read, and what a person gave to a file that has changed since."""
        parts = []
        for one in self.submissions:
            if one.unreadable:
                link = f"<p>{escape(one.unreadable)}.</p>"
                for path in (one.path, *one.others):
                    link += f'<p><a href="{escape(path.as_uri())}">{escape(path.name)}</a></p>'
                decision = one.decisions.get(WHOLE, ("", ""))
                self.left += [] if decision[0] else [1]
                parts.append(self.entry(WHOLE, [self.homework.points], [one], link, decision))
            elif WHOLE in one.aside:
                said = self.formulas.sentence(one.aside[WHOLE])
                parts.append(f"<h3>{escape(one.student)}</h3><p>Before: {said}</p>")
        return ["<h2>Files</h2>", *parts] if parts else []

    def stray(self) -> list[str]:
        """Cells that name no task, where a task is not answered in its own."""
        parts = []
        for one in self.submissions:
            if one.stray and any(not m.answer for m in one.marks):
                name = f"{escape(one.student)}: cells that name no task"
                parts.append(f'<h2 id="{self.place(one)}">{name}</h2>')
                parts += [typed(cell, one.attached) for cell in one.stray]
        return parts

    def place(self, one) -> str:
        """Where on the page the cells of a submission are that name no task."""
        return f"cells-{self.submissions.index(one) + 1}"

    def about(self, number: int, task) -> list[str]:
        """What a person needs to mark a task: the question, its figure, the guide to its points."""
        parts = question(number, task, f"{points(task.points)} points", self.formulas)
        return [*parts, f'<div class="guide">{self.guide(task)}</div>']

    def guide(self, task) -> str:
        """How points are given: by parts, by tests, or by the rule for derivations, with a solution."""
        if task.kind == "code":
            each = points(round(task.points / len(task.tests), 2))
            tests = [
                f"<li>{each} for {escape(name)}{typed(text, {})}</li>" for name, text in task.tests
            ]
            return f"<ul>{''.join(tests)}</ul>"
        if task.kind != "derivation":
            return self.formulas.read(task.blocks["marking"])
        steps = [line.partition("%")[0].strip() for line in task.blocks["solution"].splitlines()]
        steps = "".join(f"<li>{self.formulas.line(line)}</li>" for line in steps if line)
        return f"<p>{DERIVED.format(least=task.least)}</p><ul>{steps}</ul>"
