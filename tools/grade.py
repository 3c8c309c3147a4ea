"""Mark homework: read what was handed in, run none of it, and write marks, feedback and what is left.

    make grade FOLDER=submissions
    make grade FOLDER=submissions CODE=1     and run the tests of the code, in a container

A submission is a notebook anywhere in the folder. Its student is the folder in it that the notebook
stands in, as learning platforms hand it out, or else the notebook's own name. What a person, or the
tests of the code, decided about a folder is found where its marks were written, and kept.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import csv
import hashlib
import json
import re
import unicodedata
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import book
import code_answers
import feedback
import kit
from feedback import points
from homework import IMPORTS, sets
from marking import WHOLE, Marking, notes
from slopes.grading import BEGINS, Homework, Mark, mark
from slopes.notebooks import Unreadable, cells_of, text_of

MARKS = kit.KIT / "marks"
AT_ONCE = 2
FROM = "marked-from.txt"  # the folder whose marks these are
NUMBER = re.compile(r"\d+(\.\d+)?")
# What a spreadsheet takes for a formula.
FORMULA = re.compile(r"[=+\-@\t\r]")
# What a learning platform adds to the name of a student's folder.
PLATFORM = re.compile(r"_\d+_assignsubmission_\w+$")
NAME = re.compile(r"\*\*Your name:\*\*[ \t]*(\S.*)")
PICTURES = ("image/png", "image/jpeg")


@dataclass
class Submission:
    """One file that was handed in: its cells, or why it cannot be read; and, later, its marks.

    What a person decided stands in `decisions`: points and comment, as they were written, by task; what
    was decided on another answer, before this one was handed in, in `aside`. `others` are the files
    beside it, where none is a notebook.
    `stray` are cells that answer no task and were not handed out, `attached` the pictures in cells.
    """

    student: str
    path: Path
    cells: list[str] = field(default_factory=list)
    unreadable: str = ""
    marks: list[Mark] = field(default_factory=list)
    decisions: dict[str, tuple[str, str]] = field(default_factory=dict)
    aside: dict[str, str] = field(default_factory=dict)
    stray: list[str] = field(default_factory=list)
    attached: dict[str, str] = field(default_factory=dict)
    person: str = ""  # the student, where several files are from one
    note: str = ""  # what a person has to know of the file
    others: list[Path] = field(default_factory=list)

    @property
    def marked(self) -> float | None:
        """The points that are settled; None for a file that nobody could read yet."""
        if self.unreadable:
            return float(self.decisions[WHOLE][0]) if self.decided(WHOLE) else None
        return round(sum(m.points for m in self.marks if m.points is not None), 2)

    @property
    def comment(self) -> str:
        """What a person said of the whole."""
        return self.decisions.get(WHOLE, ("", ""))[1]

    def print_of(self, task: str) -> str:
        """What tells an answer from another one: with it a decision is kept."""
        answers = {m.task.name: m.answer for m in self.marks}
        return digest(answers[task] if task in answers else self.path.read_bytes())

    @property
    def name(self) -> str:
        """The name that the student wrote into the notebook."""
        return next((found[1].strip()[:80] for c in self.cells if (found := NAME.search(c))), "")

    @property
    def row_name(self) -> str:
        """What the student is called in the tables."""
        return cell(self.student)

    @property
    def known(self) -> str:
        """What the student is called, and the name in the file where that is another."""
        told = self.name.casefold() in self.student.casefold()
        return self.student if told else f"{self.student} ({self.name})"

    def decided(self, task: str) -> bool:
        """Whether a person has given points; a comment may stand alone."""
        return bool(self.decisions.get(task, ("", ""))[0])

    @property
    def waiting(self) -> list[Mark]:
        """What a person has still to look at, and what tests have still to mark."""
        return [m for m in self.marks if m.by_hand and not self.decided(m.task.name)]

    @property
    def reasons(self) -> dict[str, str]:
        """Why a person decides, by task; empty where a person has overruled the machine."""
        if self.unreadable:
            return {WHOLE: f"cannot be read: {self.unreadable}"}
        found = {WHOLE: self.aside[WHOLE]} if WHOLE in self.aside else {}
        for m in self.marks:
            why = [m.by_hand, self.aside.get(m.task.name, "")]
            if any(why) or m.task.name in self.decisions:
                found[m.task.name] = "; ".join(filter(None, why))
        return found


# Reading


def owned(out: Path, folder: Path) -> None:
    """Stop where the marks of another folder of the same name are."""
    note = out / FROM
    before = note.read_text(encoding="utf-8") if note.is_file() else str(folder)
    if before != str(folder):
        raise book.Trouble(
            f"{kit.shown(out)} has the marks of {before}, not of {folder}: give this folder another"
            f" name. If it is the same one, moved, delete {note.name} there. Nothing was written."
        )


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
        if not is_notebook(notebooks[0]):
            paths = [one.path for one in files]
            notebooks[0].others = paths[1:]
            if len(paths) > 1:
                names = ", ".join(path.name for path in paths)
                notebooks[0].unreadable = f"{names}: none of them is a notebook"
        inside = {one.path: one.path.relative_to(folder).as_posix() for one in notebooks}
        places = {path: name.removeprefix(f"{student}/") for path, name in inside.items()}
        for one in notebooks:
            one.person = one.student = PLATFORM.sub("", student)
            if len(notebooks) > 1:
                one.student += f" ({places[one.path]})"
                one.note = (
                    f"{one.person} handed in {len(notebooks)} notebooks, {', '.join(places.values())}:"
                    " delete those that do not count, and run this again"
                )
        found += notebooks
    return found


def read(student: str, path: Path) -> Submission:
    """Read the text of a file, once; a notebook is never run."""
    try:
        text = text_of(path)
        cells = [source for _, source in cells_of(text)]
        return Submission(student, path, cells, attached=attached(text))
    except Unreadable as error:
        claims = path.suffix.lower() == ".ipynb" and not isinstance(
            error.__cause__, UnicodeDecodeError
        )
        why = str(error) if claims else "it is not a notebook"
        return Submission(student, path, unreadable=f"{path.name}: {why}")


def attached(text: str) -> dict[str, str]:
    """The pictures in the cells of a notebook, by their names, as addresses that hold them."""
    found = {}
    for one in json.loads(text)["cells"]:
        files = one.get("attachments") if isinstance(one, dict) else None
        for name, kinds in files.items() if isinstance(files, dict) else ():
            for kind in PICTURES:
                content = kinds.get(kind) if isinstance(kinds, dict) else None
                try:
                    base64.b64decode(content or "", validate=True)
                except (TypeError, ValueError, binascii.Error):
                    continue
                if content:
                    found[name] = f"data:{kind};base64,{content}"
    return found


def is_notebook(one: Submission) -> bool:
    """Whether a file is a notebook, or says that it is one."""
    return not one.unreadable or one.path.suffix.lower() == ".ipynb"


def chosen(name: str | None, submissions: list[Submission]) -> Homework:
    """The set of homework that is named, or that the submissions answer."""
    known = {homework.name: homework for homework in sets()}
    if name:
        if name not in known:
            raise book.Trouble(f"There is no homework {name}: there are {', '.join(known)}.")
        return known[name]
    text = "\n".join(cell for one in submissions for cell in one.cells)
    answered = {
        homework.name: sum(text.count(task.mark) for task in homework.tasks)
        for homework in known.values()
    }
    if not any(answered.values()):
        names = ", ".join(known)
        raise book.Trouble(f"No file answers a task of {names}: name the set, as in HOMEWORK=…")
    return known[max(answered, key=answered.get)]


def misplaced(homework: Homework, submissions: list[Submission]) -> None:
    """Say of a notebook that answers another set alone that it does."""
    titles = {task.name: other.title for other in sets() for task in other.tasks}
    for one in submissions:
        names = (begins[1] for text in one.cells if (begins := BEGINS.match(text)))
        answered = {titles[name] for name in names if name in titles}
        if answered and homework.title not in answered:
            one.unreadable = f"{one.path.name}: it answers {answered.pop()}"


def judge(homework: Homework, one: Submission) -> Submission:
    """Mark one submission; a fault of the checker is not the student's, and stops nobody else's."""
    try:
        one.marks = mark(homework, one.cells) if not one.unreadable else []
        one.stray = stray(homework, one.cells)
        for m in one.marks:
            if one.stray and not m.answer:
                m.points, m.by_hand = None, "not answered, but there are cells that name no task"
                m.said = "Not answered in its own cell."
    except Exception as error:
        one.unreadable = f"marking failed ({type(error).__name__}: {error})"
    return one


def stray(homework: Homework, cells: list[str]) -> list[str]:
    """The cells that answer no task, and were not handed out either."""
    given = [homework.title, IMPORTS, "import slopes", *(task.text for task in homework.tasks)]
    given += [task.blocks["tests"].strip() for task in homework.tasks if task.kind == "code"]
    return [
        one
        for one in cells
        if one.strip() and not BEGINS.match(one) and not any(part in one for part in given)
    ]


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


@dataclass(frozen=True)
class Decision:
    """A row of by-hand.csv: whose answer, to which task, its points as written, and a comment."""

    student: str
    task: str
    given: str
    comment: str
    answer: str  # the print of the answer that it was about; empty if the row does not say

    @property
    def shares(self) -> list[float]:
        """The points of each part, or of all in one number."""
        return [float(share) for share in self.given.split("+")] if self.given else []


def worth(homework: Homework) -> dict[str, list[float]]:
    """The points that there are for the parts of each task, and for the whole."""
    return {task.name: task.shares for task in homework.tasks} | {WHOLE: [homework.points]}


def fault(decision: Decision, submissions: list[Submission], possible: dict) -> str:
    """Why a decision cannot be taken over; empty if it can."""
    if not any(decision.student in names(one) for one in submissions):
        return f"nobody called {decision.student} handed anything in"
    if decision.task not in possible:
        return f"there is no task {decision.task}"
    parts, shares = possible[decision.task], decision.given.split("+")
    most = parts if len(shares) > 1 else [sum(parts)]
    numbers = len(shares) == len(most) and all(map(NUMBER.fullmatch, shares))
    if not decision.given or (numbers and all(map(float.__le__, map(float, shares), most))):
        return ""
    each = f", nor at most {' + '.join(map(points, parts))}" if len(parts) > 1 else ""
    return f"{decision.given} is not a number from 0 to {points(sum(parts))}{each}"


def decisions(homework: Homework, submissions: list[Submission], table: Path) -> list[Decision]:
    """What a person wrote into by-hand.csv; stops at a table with faults, and names them all."""
    found, faults, possible = [], [], worth(homework)
    for number, row in enumerate(read_table(table) if table.is_file() else (), 2):
        given = "".join((row.get("points") or "").split()).replace(",", ".")
        comment = row.get("comment") or ""
        if given or comment:
            one = Decision(row["student"], row["task"], given, comment, row.get("answer") or "")
            found.append(one)
            why = fault(one, submissions, possible)
            faults += [f"row {number}: {why}"] if why else []
    if faults:
        raise book.Trouble("\n".join([f"{table} is to be mended. Nothing was written.", *faults]))
    return found


def decide(homework: Homework, submissions: list[Submission], decision: Decision) -> None:
    """Put a decision into the marks, or aside, if the answer has changed since."""
    task, given, comment = decision.task, decision.given, decision.comment
    for one in (one for one in submissions if decision.student in names(one)):
        if decision.answer not in ("", one.print_of(task)):
            possible = points(sum(worth(homework)[task]))
            said = f"{given} of {possible} points" if given else "no points yet"
            said += f" and the comment “{comment}”" * bool(comment)
            one.aside[task] = f"an answer that has changed since had {said}"
            continue
        one.decisions[task] = given, comment
        for m in one.marks:
            if task == m.task.name:
                m.by_rule = m.points
                m.points, m.comment = sum(decision.shares) if given else m.points, comment
                m.shares = decision.shares if len(decision.shares) == len(m.task.parts) else []


def tested(homework: Homework, submissions: list[Submission], folder: Path) -> None:
    """Put into the marks what the tests of the code said, where nbgrader has run them."""
    for one in submissions:
        for m in one.marks:
            if m.task.kind != "code" or m.points is not None:
                continue
            found = code_answers.result(folder, homework, m, folder_name(one.student))
            if found:
                m.points, m.said, m.by_hand = *found, ""


def names(one: Submission) -> tuple[str, ...]:
    """A student's names: in the tables, without the file where there are several, and of a file."""
    return one.row_name, cell(one.person), folder_name(one.student)


def read_table(path: Path):
    """The rows of a table; with commas or, as some spreadsheets save it, with semicolons."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # some spreadsheets write the table of their own system
        text = content.decode("cp1252", "replace")
    return csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.split("\n")[0] else ",")


# Writing


def digest(content: str | bytes) -> str:
    """A few letters that tell a text, or a file, from others."""
    content = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(content).hexdigest()[:8]


def cell(text: str) -> str:
    """A text for a table, which no spreadsheet shall take for a formula."""
    text = " ".join(text.split())
    return "'" + text if FORMULA.match(text) else text


def write_tables(out: Path, homework: Homework, submissions: list[Submission]) -> None:
    """Write marks.csv and by-hand.csv."""
    with open(out / "marks.csv", "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        tasks = [f"{task.name} (of {points(task.points)})" for task in homework.tasks]
        marked = f"marked (of {points(homework.points)})"
        head = ["student", "name in the file", "file", *tasks, marked, "left", "note", "feedback"]
        table.writerow(head)
        for one in submissions:
            given = [points(m.points) for m in one.marks] or [""] * len(tasks)
            waiting = sum(m.task.points for m in one.marks if m.points is None)
            waiting = homework.points if one.marked is None else waiting
            row = [one.row_name, cell(one.name), cell(one.path.name), *given]
            row += [points(one.marked), points(waiting), cell(one.unreadable or one.note)]
            table.writerow([*row, f"feedback/{folder_name(one.student)}.html"])
    with open(out / "by-hand.csv", "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        head = ["task", "student", "points possible", "why", "points", "comment", "answer"]
        table.writerow(head)
        for task, parts in worth(homework).items():
            for one in submissions:
                if task in one.reasons:
                    row = [task, one.row_name, points(sum(parts)), cell(one.reasons[task])]
                    decision = one.decisions.get(task, ("", ""))
                    table.writerow([*row, *decision, one.print_of(task)])


def folder_name(student: str) -> str:
    """A name for a student that every file system takes, and that no other student has."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w-]+", "-", plain).strip("-")[:60]
    if plain != student:
        plain += f"-{digest(student)}"
    return plain.lstrip("-")


def write(out: Path, folder: Path, homework: Homework, submissions: list[Submission]) -> list[int]:
    """Write all that becomes of submissions; return how many students gave each answer that is left."""
    kit.fresh(out / "feedback")
    formulas = feedback.Formulas()
    write_tables(out, homework, submissions)
    marking = Marking(homework, submissions, formulas)
    pages = {"by-hand.html": marking.page(folder)}
    pages["overview.html"] = feedback.overview(
        homework, submissions, formulas, folder_name, notes(submissions)
    )
    for one in submissions:
        name = f"feedback/{folder_name(one.student)}.html"
        pages[name] = feedback.for_student(homework, one, formulas, finished=not marking.left)
    for name, page in pages.items():
        (out / name).write_text(page, encoding="utf-8")
    formulas.katex.close()
    return marking.left


def main() -> int:
    """Mark what is in a folder."""
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="what was handed in")
    parser.add_argument("--out", type=Path, default=MARKS, help="where the marks go")
    parser.add_argument("--homework", help="the set; otherwise it is seen from the answers")
    parser.add_argument("--code", action="store_true", help="run the tests of code in a container")
    options = parser.parse_args()
    if not options.folder.is_dir():
        raise book.Trouble(f"There is no folder {options.folder}.")
    folder = options.folder.resolve()
    submissions = collect(folder)
    if not submissions:
        raise book.Trouble(f"There is no notebook in {options.folder}.")
    homework = chosen(options.homework, submissions)
    misplaced(homework, submissions)
    out = options.out / homework.name / folder.name
    owned(out, folder)
    found = decisions(homework, submissions, out / "by-hand.csv")
    submissions = judge_all(homework, submissions)
    for one in found:
        decide(homework, submissions, one)
    if any(task.kind == "code" for task in homework.tasks):
        students = {
            folder_name(one.student): one.cells for one in submissions if not one.unreadable
        }
        code_answers.lay_out(out / "nbgrader", homework, students)
        if options.code:
            code_answers.run(out / "nbgrader")
        tested(homework, submissions, out / "nbgrader")
    left = write(out, folder, homework, submissions)
    (out / FROM).write_text(str(folder), encoding="utf-8")
    report(homework, submissions, out, left)
    return 0


def report(homework: Homework, submissions: list[Submission], out: Path, left: list[int]) -> None:
    """Say what was done, where it is, and what is left."""
    waiting = [(one, m) for one in submissions for m in one.waiting]
    code = sum(m.points is None and m.task.kind == "code" for one, m in waiting)
    standing = sum(m.points is not None for _, m in waiting)
    for said in notes(submissions):
        print(said)
    for one in submissions:
        for task, said in one.aside.items():
            print(f"{one.student}, {task}: {said}. It is for a person again.")
    count = f"{len(submissions)} submission" + "s" * (len(submissions) != 1)
    print(
        f"{homework.title}: {count} marked. In {kit.shown(out)} are overview.html, marks.csv, a page"
        " for each student in feedback/, and by-hand.html, where a person marks."
        f" Left to a person: {answers(left)}."
        + f" Of these {code} are code, which its tests can mark: see nbgrader/README.md."
        * bool(code)
        + f" {standing} more {'has' if standing == 1 else 'have'} points by the rule, which stand unless"
        " you type others." * bool(standing)
    )


def answers(left: list[int]) -> str:
    """How many answers there are, given how many students gave each, and how many different ones."""
    return f"{sum(left)}" + f" ({len(left)} different)" * (len(left) < sum(left))


if __name__ == "__main__":
    kit.start(main)
