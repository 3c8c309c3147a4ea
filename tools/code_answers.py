"""Lay out the answers in code for nbgrader, whose tests run them: the one step that does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import book
import kit
from homework import task_cells
from slopes.grading import BEGINS, Homework, Mark, halves
from slopes.notebooks import Unreadable, text_of

ENDLESS = "CellTimeoutError"  # how nbgrader stops what does not end
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "slopes"
c.ExecutePreprocessor.timeout = 20
"""
README = """\
# Marking the code

The tests of the code tasks run what students wrote.
So run them where nothing can be harmed, or mark the code by eye in `by-hand.html`, beside its tests.
With Docker one command does all of it, in a container without a network:

```
make grade FOLDER=... CODE=1
```

Without Docker, in this folder, in an environment of its own on a machine where nothing can be harmed:

```
pip install nbgrader {wheel}
nbgrader generate_assignment {name} --create --force
nbgrader autograde {name} --create --force
```

It takes some seconds a student; what does not end within 20 seconds is stopped, each test anew.
Then run `make grade FOLDER=...` once more, as before.
Either way it reads in `autograded/` what the tests said, for the marks and the students' pages.
Each test has its share of the points, and a page names those that failed by the first line of the test.
"""
CONTAINER = """\
FROM python:3.11-slim
RUN pip install --no-cache-dir nbgrader
COPY {wheel} /tmp/
RUN pip install --no-cache-dir /tmp/{wheel}
WORKDIR /work
CMD nbgrader generate_assignment {name} --create --force && nbgrader autograde {name} --create --force
"""


def lay_out(folder: Path, homework: Homework, students: dict[str, list[str]]) -> None:
    """Write what nbgrader needs: the tests, hidden ones too, and each student's answers.

    An answer is found by the line that its cell begins with, and put into a notebook as nbgrader knows
    it: a notebook service drops what nbgrader writes into a cell, and a student may delete a test.
    What nbgrader made of answers before stays.
    """
    name = homework.name
    code = [task for task in homework.tasks if task.kind == "code"]
    cells = [cell for number, task in enumerate(code, 1) for cell in task_cells(number, task, True)]
    kit.write_notebook(folder / "source" / name / f"{name}.ipynb", cells)
    starts = {task.name: f"{task.mark}\n{task.start}" for task in code}
    kit.fresh(folder / "submitted")
    for student, sources in students.items():
        answers = starts | {begins[1]: text for text in sources if (begins := BEGINS.match(text))}
        for cell in cells:
            cell.source = answers.get(cell.id, cell.source)
        kit.write_notebook(folder / "submitted" / student / name / f"{name}.ipynb", cells)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    wheel = kit.wheel(folder)
    for file, text in (("README.md", README), ("Dockerfile", CONTAINER)):
        (folder / file).write_text(text.format(name=name, wheel=wheel), encoding="utf-8")


def run(folder: Path) -> None:
    """Let nbgrader run the tests on what was laid out, in a container without a network."""
    docker = shutil.which("docker")
    if docker is None:
        raise book.Trouble(f"{kit.shown(folder)}/README.md: there is no docker; or without CODE=1.")
    who = ["--user", f"{os.getuid()}:{os.getgid()}"] if hasattr(os, "getuid") else []
    inside = ["--network", "none", *who, "--env", "HOME=/tmp", "--volume", f"{folder}:/work"]
    for command in (
        ["build", "--tag", "marking", str(folder)],
        ["run", "--rm", *inside, "marking"],
    ):
        if subprocess.run([docker, *command]).returncode:
            raise book.Trouble(f"docker {command[0]} failed: see above. The code is not marked.")


def errors(cell: dict) -> list[str]:
    """The names of the errors with which a cell has stopped."""
    return [x["ename"] for x in cell["outputs"] if x["output_type"] == "error"]


def result(folder: Path, homework: Homework, m: Mark, student: str) -> tuple[float, str] | None:
    """The points that the tests gave to an answer, and a sentence; None if they have not run on it."""
    path = folder / "autograded" / student / homework.name / f"{homework.name}.ipynb"
    try:
        cells = json.loads(text_of(path))["cells"]
        known = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in cells}
        cell = known[m.task.name]
        answer = "".join(cell["source"]).partition("\n")[2].strip()
        stops = errors(cell)
        tests = [known[f"{m.task.name}-tests-{k}"] for k in range(len(m.task.tests))]
        found = [errors(test) for test in tests]
        run = all(test["execution_count"] for test in tests)
    except (Unreadable, ValueError, KeyError, TypeError):
        return None
    if answer != m.answer or not run:
        return None
    fails = [
        f"{name} (does not end)" if ENDLESS in wrong else name
        for (name, _), wrong in zip(m.task.tests, found, strict=True)
        if wrong
    ]
    share = 1 - len(fails) / len(tests)
    said = f"Not as it should be: {'; '.join(fails)}." if fails else "All tests hold."
    if stops:
        said = f"The cell itself stops with {stops[0]}, so nothing in it can be tested."
    return halves(share * m.task.points), said
