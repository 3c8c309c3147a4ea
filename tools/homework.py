"""Write the homework: a folder of each set to hand out, and elsewhere the solutions for teachers."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import nbformat

import book
import kit
from references import title
from refresh import execute
from slopes.grading import Homework, HomeworkError, Task, read_homework

FOLDER = kit.KIT / "homework"
SOLUTIONS = kit.KIT / "homework-solutions"
# For the notebook and for a slide; of no task.
HOW_TO_TYPE = r"""A step is one line of LaTeX, with its rule after `%`.
A line that begins with `=` goes on from the one above:

```latex
f'(x) = \frac{d}{dx} (3x + 1)^2
= 2(3x + 1) \cdot 3     % chain rule
= 6(3x + 1)             % multiply
```"""
HOW = """\
**Your name:**

{size}
{text}

Each answer has a cell of its own, which begins with a line like `answer: name`.
Leave that line as it is, and write below it.
You may run everything as often as you like, and add cells of your own.
Hand in this file, under any name.

**How to write a derivation.**
{how_to_type}

A line is a formula, without dollar signs; words stand after the `%` alone.
Begin with the left side of the claim and end with its right side.
Each `=` that changes something is a step.
Writing the derivative in another way is none, so the example takes two.
When you run the cell, it names the first line that does not hold.
{where}"""
# Where the book explains it to students.
PAGE, SECTION = "verified", "Have your own derivation checked"
IMPORTS = "from slopes import check_derivation"
# The picture of a task, drawn in the book's style and printed, since a printed text is kept whole.
DRAW = """\
import base64, io
import matplotlib.pyplot as plt
from slopes import figures
figures.use_style()
fig, ax = plt.subplots()
{code}
file = io.BytesIO()
fig.savefig(file, format="png", dpi=144, facecolor="white")
plt.close(fig)
print(base64.b64encode(file.getvalue()).decode())
"""


@cache
def picture(code: str) -> str:
    """What a task shows, as PNG in base64: drawn in a kernel, as the figures of the chapters are."""
    cell = nbformat.v4.new_code_cell(DRAW.format(code=code))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(execute(notebook, Path(folder)))
    return "".join(output.text for output in cell.outputs if output.output_type == "stream").strip()


def asked(task: Task) -> str:
    """What a task asks for, in Markdown; of a derivation also what is given, and what to show."""
    if task.kind != "derivation":
        return task.text
    given = ", ".join(f"${item}$" for item in task.given)
    steps = f"at least {task.least} step" + ("s" if task.least > 1 else "")
    return f"{task.text}\n\nGiven {given}, show in {steps} that\n\n$$\n{task.proves}\n$$"


def task_cells(number: int, task: Task, solved: bool) -> list[nbformat.NotebookNode]:
    """The cells of one task; with its solution, if it is solved."""
    points = f"{task.points:g} point" + ("s" if task.points != 1 else "")
    text = f"## {number}. {task.title} ({points})\n\n{asked(task)}"
    question = nbformat.v4.new_markdown_cell(text, id=f"{task.name}-task")
    if "picture" in task.blocks:
        question.source += f"\n\n![{task.alt}](attachment:figure.png)"
        question["attachments"] = {"figure.png": {"image/png": picture(task.blocks["picture"])}}
    cells = [question, answer_cell(task, solved)]
    if task.kind == "code":
        cells += tests_cells(task) if solved else tests_cells(task)[:1]
    elif solved and "marking" in task.blocks:
        source = f"**Marking.** {task.blocks['marking']}"
        cells.append(nbformat.v4.new_markdown_cell(source, id=f"{task.name}-marking"))
    return cells


def answer_cell(task: Task, solved: bool) -> nbformat.NotebookNode:
    """The cell of an answer."""
    answer = task.start
    if solved and task.kind == "derivation":
        solution = task.blocks["solution"]
        answer = re.sub(
            r'r""".*?"""', lambda _: f'r"""\n{solution}"""', answer, count=1, flags=re.S
        )
    elif solved and task.kind == "code":
        answer = f"### BEGIN SOLUTION\n{task.blocks['solution'].strip()}\n### END SOLUTION"
    source = f"{task.mark}\n{answer}"
    if task.kind in ("figure", "open"):
        return nbformat.v4.new_markdown_cell(source, id=task.name)
    cell = nbformat.v4.new_code_cell(source, id=task.name)
    if task.kind == "code":
        cell.metadata["nbgrader"] = _nbgrader(task.name, solution=True)
    return cell


def tests_cells(task: Task) -> list[nbformat.NotebookNode]:
    """A cell for each test of a code task; those that students do not see stand between marks."""
    cells = []
    for k, (_, source) in enumerate(task.tests):
        if k:
            source = f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"
        name = f"{task.name}-tests-{k}"
        cell = nbformat.v4.new_code_cell(source, id=name)
        cell.metadata["nbgrader"] = _nbgrader(
            name, grade=True, points=task.points / len(task.tests)
        )
        cells.append(cell)
    return cells


def _nbgrader(name, grade=False, solution=False, points=None):
    """What nbgrader knows about a cell."""
    about = {"schema_version": 3, "grade_id": name, "cell_type": "code", "task": False}
    about |= {"grade": grade, "solution": solution, "locked": not solution}
    return about | ({"points": points} if grade else {})


def size(homework: Homework) -> str:
    """How many tasks and points a set has, in a sentence."""
    return f"{len(homework.tasks)} tasks, {homework.points:g} points."


def where() -> str:
    """Where a student finds the chapters, and what explains the checker; a link, if it can be one."""
    settings = Path(book.ROOT, "_config.yml").read_text(encoding="utf-8")
    address = re.search(r'^  baseurl: "?([^"\s]*)', settings, re.M)[1]
    page = f"*{title(f'{PAGE}.ipynb')}*"
    if address:
        page = f"[{page}]({address}chapters/{PAGE}.html)"
    return (
        "The chapters are on the pages of the book; "
        f"there {page} shows under *{SECTION}* how to read what the cell says."
    )


def notebook_cells(homework: Homework, wheel: str, solved: bool) -> list[nbformat.NotebookNode]:
    """All cells of a set of homework."""
    about = {"size": size(homework), "text": homework.text, "where": where()}
    head = f"# {homework.title}\n\n{HOW.format(how_to_type=HOW_TO_TYPE, **about)}"
    cells = [nbformat.v4.new_markdown_cell(head, id="head"), kit.setup_cell(wheel)]
    cells.append(nbformat.v4.new_code_cell(IMPORTS, id="imports"))
    for number, task in enumerate(homework.tasks, 1):
        cells += task_cells(number, task, solved)
    return cells


def sets() -> list[Homework]:
    """The sets of homework, each task with a name that no other has."""
    found = [read_homework(path) for path in sorted((kit.TEACHING / "homework").glob("*.md"))]
    names: dict[str, str] = {}
    for homework in found:
        for task in homework.tasks:
            if task.name in names:
                raise HomeworkError(f"{homework.name} and {names[task.name]} both have {task.name}")
            names[task.name] = homework.name
    return found


def main() -> None:
    """Write all sets."""
    environment = book.environment()
    os.environ.clear()
    os.environ.update(environment)
    kit.fresh(FOLDER)
    with book.Progress("Packing the package"):
        wheel = kit.wheel(kit.fresh(SOLUTIONS))
    for homework in sets():
        name = homework.name
        with book.Progress(f"Writing {name}, with its figures"):
            asked = notebook_cells(homework, wheel, False)
            solved = notebook_cells(homework, wheel, True)
        kit.write_notebook(FOLDER / name / f"{name}.ipynb", asked)
        shutil.copy(SOLUTIONS / wheel, FOLDER / name)
        kit.write_notebook(SOLUTIONS / f"{name}.ipynb", solved)
        print(f"{kit.shown(FOLDER / name)}: {len(homework.tasks)} tasks", flush=True)
    print(f"Hand out a folder as it is. The solutions are in {kit.shown(SOLUTIONS)}.")


if __name__ == "__main__":
    kit.start(main)
