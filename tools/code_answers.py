"""Lay out the answers in code for nbgrader, whose tests run them: the one step that does."""

from __future__ import annotations

from pathlib import Path

import kit
from homework import task_cells
from slopes.grading import BEGINS, Homework

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "slopes"
c.ExecutePreprocessor.timeout = 60
"""
README = """\
# Marking the code

The tests of the code tasks run what students wrote.
So run them where nothing can be harmed: in a container without a network, in an environment of its own.
In this folder:

```
pip install nbgrader
pip install {wheel}
nbgrader generate_assignment {name} --create
nbgrader autograde {name} --create
nbgrader export
```

The last command writes `grades.csv`.
`make grade FOLDER=... CODE=.../grades.csv` puts its points into the marks and the students' pages.
"""


def lay_out(folder: Path, homework: Homework, students: dict[str, list[str]]) -> None:
    """Write what nbgrader needs: the tests, hidden ones too, and each student's answers.

    An answer is found by the line that its cell begins with, and put into a notebook as nbgrader knows
    it: a notebook service drops what nbgrader writes into a cell, and a student may delete a test.
    """
    name = homework.name
    code = [task for task in homework.tasks if task.kind == "code"]
    cells = [cell for number, task in enumerate(code, 1) for cell in task_cells(number, task, True)]
    kit.write_notebook(folder / "source" / name / f"{name}.ipynb", cells)
    for student, sources in students.items():
        answers = {begins[1]: text for text in sources if (begins := BEGINS.match(text))}
        cells = [
            cell for number, task in enumerate(code, 1) for cell in task_cells(number, task, False)
        ]
        for cell in cells:
            cell.source = answers.get(cell.id, cell.source)
        kit.write_notebook(folder / "submitted" / student / name / f"{name}.ipynb", cells)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    wheel = kit.wheel(folder)
    (folder / "README.md").write_text(README.format(name=name, wheel=wheel), encoding="utf-8")
