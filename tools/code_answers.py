"""Lay out the answers in code for nbgrader, whose tests run them: the one step that does."""

from __future__ import annotations

import shutil
from pathlib import Path

import kit
from homework import task_cells
from slopes.grading import Homework

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
It knows the points of the code tasks alone: add them to those in `marks.csv`.
"""


def lay_out(folder: Path, homework: Homework, files: dict[str, Path]) -> None:
    """Write what nbgrader needs: the tests, hidden ones too, and each student's file under one name."""
    name = homework.name
    code = [task for task in homework.tasks if task.kind == "code"]
    cells = [cell for number, task in enumerate(code, 1) for cell in task_cells(number, task, True)]
    kit.write_notebook(folder / "source" / name / f"{name}.ipynb", cells)
    for student, path in files.items():
        place = folder / "submitted" / student / name
        place.mkdir(parents=True)
        shutil.copy(path, place / f"{name}.ipynb")
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    wheel = kit.wheel(folder)
    (folder / "README.md").write_text(README.format(name=name, wheel=wheel), encoding="utf-8")
