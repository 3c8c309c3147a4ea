"""Mark homework: read what was handed in, run none of it, and write marks, feedback and what is left.

    make grade FOLDER=submissions

A submission is a notebook anywhere in the folder. Its student is the folder in it that the notebook
stands in, as learning platforms hand it out, or else the notebook's own name.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import sys
import unicodedata
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import code_answers
import kit
from homework import sets
from katex import KaTeX
from slopes.equations.derivation import WRONG
from slopes.grading import Homework, Mark, mark, read_submission
from slopes.notebooks import Unreadable

MARKS = kit.KIT / "marks"
AT_ONCE = 2
WHOLE = "all"  # in place of a task, for a file that cannot be read
# What a spreadsheet takes for a formula.
FORMULA = re.compile(r"[=+\-@\t\r]")
LONGEST_FORMULA = 2000
# What a learning platform adds to the name of a student's folder.
PLATFORM = re.compile(r"_\d+_assignsubmission_\w+$")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head>
<body><main>
<h1>{title}</h1>
{body}
</main></body></html>
"""


@dataclass
class Submission:
    """One file that was handed in: its cells, or why it cannot be read; and, later, its marks.

    What was decided elsewhere, by a person or by tests, stands in `decisions`: points and comment, as
    they were written, by task.
    """

    student: str
    path: Path
    cells: list[str] = field(default_factory=list)
    unreadable: str = ""
    marks: list[Mark] = field(default_factory=list)
    decisions: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def marked(self) -> float | None:
        """The points that are settled; None for a file that nobody could read yet."""
        if self.unreadable:
            return float(self.decisions[WHOLE][0]) if WHOLE in self.decisions else None
        return round(sum(m.points for m in self.marks if m.points is not None), 1)


# Reading


def collect(folder: Path) -> list[Submission]:
    """The submissions in a folder, in the order of the students' names.

    A notebook is what can be read as one, or says that it is one. A student's folder in which nothing
    is a notebook is a submission too, one that cannot be read.
    """
    handed_in: dict[str, list[Submission]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        inside = path.relative_to(folder)
        if any(part.startswith((".", "__MACOSX")) for part in inside.parts):
            continue
        alone = len(inside.parts) == 1
        one = read(inside.stem if alone else inside.parts[0], path)
        if not alone or is_notebook(one):
            handed_in.setdefault(one.student, []).append(one)
    found = []
    for student, files in handed_in.items():
        notebooks = list(filter(is_notebook, files)) or files[:1]
        for one in notebooks:
            more = f" ({one.path.relative_to(folder).as_posix()})" if len(notebooks) > 1 else ""
            one.student = PLATFORM.sub("", student) + more
        found += notebooks
    return found


def read(student: str, path: Path) -> Submission:
    """Read a file, once: of all that follows nothing opens it again."""
    try:
        return Submission(student, path, read_submission(path))
    except Unreadable as error:
        return Submission(student, path, unreadable=f"{path.name}: {error}")


def is_notebook(one: Submission) -> bool:
    """Whether a file is a notebook, or says that it is one."""
    return not one.unreadable or one.path.suffix.lower() == ".ipynb"


def chosen(name: str | None, submissions: list[Submission]) -> Homework:
    """The set of homework that is named, or that the submissions answer."""
    known = {homework.name: homework for homework in sets()}
    if name:
        if name not in known:
            sys.exit(f"There is no homework {name}: there are {', '.join(known)}.")
        return known[name]
    text = "\n".join(cell for one in submissions for cell in one.cells)
    answered = {
        homework.name: sum(text.count(task.mark) for task in homework.tasks)
        for homework in known.values()
    }
    if not any(answered.values()):
        sys.exit(f"No file answers a task of {', '.join(known)}: name the set, as in HOMEWORK=…")
    return known[max(answered, key=answered.get)]


def judge(homework: Homework, one: Submission) -> Submission:
    """Mark one submission; a fault of the checker is not the student's, and stops nobody else's."""
    try:
        one.marks = mark(homework, one.cells) if not one.unreadable else []
    except Exception as error:
        one.unreadable = f"marking failed ({type(error).__name__}: {error})"
    return one


def judge_all(homework: Homework, submissions: list[Submission]) -> list[Submission]:
    """Mark all, a few at a time.

    If a process dies, those that it has not marked are marked one by one: then the one during which it
    dies again is known, and takes no other with it.
    """
    done: dict[Path, Submission] = {}

    def note(one):
        done[one.path] = one
        print(f"[{len(done)}/{len(submissions)}] {one.student}", flush=True)

    waiting, workers = submissions, AT_ONCE
    while waiting:
        with ProcessPoolExecutor(workers) as pool:
            jobs = [pool.submit(judge, homework, one) for one in waiting]
            try:
                for job in jobs:
                    note(job.result())
            except BrokenProcessPool:
                if workers == 1:
                    fatal = next(one for one in waiting if one.path not in done)
                    fatal.unreadable = "marking it ended the program"
                    note(fatal)
        waiting, workers = [one for one in waiting if one.path not in done], 1
    return [done[one.path] for one in submissions]


# What a person, and the tests of the code, have decided


def decided(homework: Homework, submissions: list[Submission], by_hand: Path, code: Path) -> None:
    """Put into the marks what a person wrote into by-hand.csv, and what nbgrader found."""
    rows = list(read_table(by_hand)) if by_hand else []
    tasks = [task.name for task in homework.tasks if task.kind == "code"]
    for row in read_table(code) if code and len(tasks) == 1 else ():
        rows.append({"student": row["student_id"], "task": tasks[0], "points": row["score"]})
    for row in rows:
        given, task = row["points"].strip().replace(",", "."), row["task"]
        for one in submissions:
            if not given or row["student"] not in names(one):
                continue
            comment = row.get("comment") or ""
            for m in one.marks:
                if task == m.task.name:
                    m.points, m.said = float(given), comment
            if task in {WHOLE, *(m.task.name for m in one.marks)}:
                one.decisions[task] = given, comment


def names(one: Submission) -> tuple[str, str]:
    """A student's name as the tables have it, and as nbgrader has it."""
    return cell(one.student), folder_name(one.student)


def read_table(path: Path):
    """The rows of a table; with commas or, as some spreadsheets save it, with semicolons."""
    text = path.read_text(encoding="utf-8-sig")
    return csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.split("\n")[0] else ",")


# Writing


def points(value: float | None) -> str:
    """Points as they are written; empty where a person decides."""
    return "" if value is None else f"{value:g}"


def cell(text: str) -> str:
    """A text for a table, which no spreadsheet shall take for a formula."""
    text = " ".join(text.split())
    return "'" + text if FORMULA.match(text) else text


def left(one: Submission, homework: Homework) -> list[tuple[str, float, str]]:
    """What is for a person to decide about one submission: (task, its points, why)."""
    if one.unreadable:
        total = sum(task.points for task in homework.tasks)
        return [(WHOLE, total, f"cannot be read: {one.unreadable}")]
    return [
        (m.task.name, m.task.points, m.by_hand)
        for m in one.marks
        if m.by_hand or m.task.name in one.decisions
    ]


def write_tables(out: Path, homework: Homework, submissions: list[Submission]) -> None:
    """Write marks.csv and by-hand.csv."""
    with open(out / "marks.csv", "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        tasks = [task.name for task in homework.tasks]
        table.writerow(["student", "file", *tasks, "marked", "left to a person", "note"])
        for one in submissions:
            given = [points(m.points) for m in one.marks] or [""] * len(tasks)
            waiting = [m.task.points for m in one.marks if m.points is None]
            if one.marked is None:
                waiting = [task.points for task in homework.tasks]
            row = [cell(one.student), cell(one.path.name), *given]
            table.writerow([*row, points(one.marked), points(sum(waiting)), cell(one.unreadable)])
    with open(out / "by-hand.csv", "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(["task", "student", "points possible", "why", "points", "comment"])
        order = {task.name: k for k, task in enumerate(homework.tasks)}
        rows = [
            [task, cell(one.student), points(p), cell(why), *one.decisions.get(task, ("", ""))]
            for one in submissions
            for task, p, why in left(one, homework)
        ]
        table.writerows(sorted(rows, key=lambda row: order.get(row[0], -1)))


def folder_name(student: str) -> str:
    """A name for a student that every file system takes, and that no other student has."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w-]+", "-", plain).strip("-")[:60]
    if plain != student:
        plain += "-" + hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return plain.lstrip("-")


class Formulas:
    """LaTeX as MathML, which browsers show without a script or a font."""

    def __init__(self) -> None:
        self.katex = KaTeX()

    def __call__(self, latex: str) -> str:
        """A formula; as it was typed where it cannot be set."""
        if len(latex) <= LONGEST_FORMULA:
            html = self.katex.render(latex, {"output": "mathml", "maxExpand": 100, "maxSize": 10})
            if "katex-error" not in html:
                return html
            latex_shown = latex
        else:
            latex_shown = latex[:LONGEST_FORMULA] + " …"
        return f"<code>{escape(latex_shown)}</code>"

    def sentence(self, text: str) -> str:
        """A sentence with formulas between dollar signs."""
        parts = re.split(r"\$([^$]+)\$", text)
        return "".join(self(part) if k % 2 else escape(part) for k, part in enumerate(parts))


def feedback(homework: Homework, one: Submission, formulas: Formulas, style: str) -> str:
    """The page for one student: what held, the first line that did not, and never an answer."""
    title = escape(f"{homework.title}: {one.student}")
    if one.unreadable and WHOLE in one.decisions:
        total = points(sum(task.points for task in homework.tasks))
        given, comment = one.decisions[WHOLE]
        body = f"<p><b>{escape(given)} of {total} points.</b></p><p>{escape(comment)}</p>"
        return PAGE.format(title=title, style=style, body=body)
    if one.unreadable:
        body = (
            f"<p>Your file could not be marked. {escape(one.unreadable)}. Hand in the notebook itself,"
            " the file that ends in .ipynb.</p>"
        )
        return PAGE.format(title=title, style=style, body=body)
    possible = sum(m.task.points for m in one.marks if m.points is not None)
    so_far = " so far" if possible < sum(task.points for task in homework.tasks) else ""
    parts = [f"<p><b>{points(one.marked)} of {points(possible)} points{so_far}.</b></p>"]
    for number, m in enumerate(one.marks, 1):
        given = (
            "a person marks it"
            if m.points is None
            else f"{points(m.points)} of {points(m.task.points)}"
        )
        parts.append(f"<h2>{number}. {formulas.sentence(m.task.title)} <small>{given}</small></h2>")
        if m.lines:
            parts.append(lines(m, formulas))
        if m.said:
            parts.append(f"<p>{formulas.sentence(m.said)}</p>")
    return PAGE.format(title=title, style=style, body="\n".join(parts))


def lines(m: Mark, formulas: Formulas) -> str:
    """The lines of a derivation up to the first that does not hold, each with its sign."""
    rows = []
    for kind, latex in m.lines:
        wrong = kind in WRONG
        sign, word = ("✗", WRONG[kind]) if wrong else ("✓", "holds")
        sign, word = ("", "begins") if kind == "start" else (sign, word)
        look = "wrong" if wrong else "right"
        rows.append(
            f'<li class="{look}"><span class="verdict">{sign} {word}</span>{formulas(latex)}</li>'
        )
        if wrong:
            break
    return f"<ol>{''.join(rows)}</ol>"


def by_hand(
    homework: Homework, submissions: list[Submission], formulas: Formulas, style: str
) -> str:
    """The page for the person who marks the rest: all answers to one task below one another."""
    parts = []
    for task in homework.tasks:
        answers = [
            (one, m)
            for one in submissions
            for m in one.marks
            if m.task.name == task.name and m.by_hand and task.name not in one.decisions
        ]
        if not answers:
            continue
        parts.append(
            f"<h2>{formulas.sentence(task.title)} <small>{points(task.points)} points</small></h2>"
        )
        parts += [
            f"<p>{formulas.sentence(line)}</p>"
            for line in task.blocks.get("marking", "").splitlines()
        ]
        for one, m in answers:
            said = f"<h3>{escape(one.student)}</h3><p><small>{escape(m.by_hand)}</small></p>"
            parts.append(f"{said}<pre>{escape(m.answer)}</pre>")
    faulty = [one for one in submissions if one.marked is None]
    if faulty:
        parts.append("<h2>Files that could not be read</h2>")
        items = (f"<li>{escape(one.student)}: {escape(one.unreadable)}</li>" for one in faulty)
        parts.append(f"<ul>{''.join(items)}</ul>")
    body = "\n".join(parts) or "<p>Nothing is left.</p>"
    return PAGE.format(title=escape(f"{homework.title}: left to a person"), style=style, body=body)


def write(out: Path, homework: Homework, submissions: list[Submission]) -> None:
    """Write all that becomes of the submissions."""
    kit.fresh(out)
    style = Path(__file__).with_name("grade.css").read_text(encoding="utf-8")
    formulas = Formulas()
    write_tables(out, homework, submissions)
    (out / "feedback").mkdir()
    for one in submissions:
        page = feedback(homework, one, formulas, style)
        (out / "feedback" / f"{folder_name(one.student)}.html").write_text(page, encoding="utf-8")
    page = by_hand(homework, submissions, formulas, style)
    (out / "by-hand.html").write_text(page, encoding="utf-8")
    formulas.katex.close()
    if any(task.kind == "code" for task in homework.tasks):
        students = {
            folder_name(one.student): one.cells for one in submissions if not one.unreadable
        }
        code_answers.lay_out(out / "nbgrader", homework, students)


def main() -> int:
    """Mark what is in a folder."""
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what was handed in")
    parser.add_argument("--out", type=Path, default=MARKS, help="where the marks go")
    parser.add_argument(
        "--by-hand", type=Path, help="by-hand.csv with points and comments filled in"
    )
    parser.add_argument("--code", type=Path, help="the grades.csv that nbgrader exported")
    parser.add_argument("--homework", help="the set; otherwise it is seen from the answers")
    options = parser.parse_args()
    if not options.folder.is_dir():
        sys.exit(f"There is no folder {options.folder}.")
    submissions = collect(options.folder.resolve())
    if not submissions:
        sys.exit(f"There is no notebook in {options.folder}.")
    homework = chosen(options.homework, submissions)
    submissions = judge_all(homework, submissions)
    out = options.out / homework.name
    # What a person wrote into the table of the last time is not lost.
    table = out / "by-hand.csv"
    by_hand = options.by_hand or (table if table.is_file() else None)
    decided(homework, submissions, by_hand, options.code)
    write(out, homework, submissions)
    waiting = sum(
        task not in one.decisions for one in submissions for task, *_ in left(one, homework)
    )
    print(
        f"{homework.title}: {len(submissions)} submissions are in {out}: marks.csv, a page for each"
        f" student in feedback/, and by-hand.html. Left to a person: {waiting}."
        " Code is marked in nbgrader/: see its README."
    )
    return 0


if __name__ == "__main__":
    kit.start(main)
