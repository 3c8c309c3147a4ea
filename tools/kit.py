"""What the tools of the teaching kit share: where it lands, and the package as a wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

import book
from slopes.grading import HomeworkError

TEACHING = Path(book.ROOT, "teaching")
KIT = Path(book.KIT)

TEACHERS = "teach"  # the page that students need not see
MEETING = re.compile(r"^### ([\w ]+), \d+ minutes: (.*)\n\n((?:\|.*\n)+)", re.M)
PART = re.compile(r"^\| (\d+) \| (?:[^]\n]*\]\((.*)\.\w+\))?.* \|$", re.M)

SETUP = """\
try:
    import slopes
except ModuleNotFoundError:
    %pip install --quiet ./{wheel}"""


def wheel(folder: Path) -> str:
    """Put the package into a folder as a wheel, whose name is returned; the same bytes each time."""
    with tempfile.TemporaryDirectory() as work:
        source = Path(work, "source")
        source.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(Path(book.ROOT, name), source)
        leave = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(Path(book.ROOT, "code"), source / "code", ignore=leave)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        command += ["--no-build-isolation", "--disable-pip-version-check", "--no-index"]
        # The time that stands in the archive; zip knows none before 1980.
        environment = book.environment() | {"SOURCE_DATE_EPOCH": "315532800"}
        subprocess.run([*command, "--wheel-dir", work, str(source)], env=environment, check=True)
        (made,) = Path(work).glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(made, folder)
        return made.name


def setup_cell(wheel_name: str) -> nbformat.NotebookNode:
    """A cell that gets the package from the wheel beside the notebook, unless it is there."""
    cell = nbformat.v4.new_code_cell(SETUP.format(wheel=wheel_name), id="setup")
    cell.metadata["tags"] = ["hide-input"]
    return cell


def write_notebook(path: Path, cells: list[nbformat.NotebookNode]) -> None:
    """Write a notebook whose cells have the ids that they were given."""
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8")


def fresh(folder: Path) -> Path:
    """Empty a folder of the kit, and make it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def pages() -> list[str]:
    """The pages of the book, in its order, as addresses below the site's root."""
    toc = Path(book.ROOT, "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"(?:root|file): (\S+)", toc)


@dataclass(frozen=True)
class Meeting:
    """A lecture or a lab of the unit: its name, what it is about, and (minutes, its chapter or "")."""

    name: str
    about: str
    parts: tuple[tuple[int, str], ...]

    @property
    def minutes(self) -> int:
        """How long it is."""
        return sum(length for length, _ in self.parts)

    @property
    def slugs(self) -> list[str]:
        """The chapters that it takes something from, in its order."""
        return list(dict.fromkeys(slug for _, slug in self.parts if slug))


def unit() -> list[Meeting]:
    """The meetings of the unit of 270 minutes, as the page for teachers plans them."""
    text = Path(book.ROOT, "chapters", f"{TEACHERS}.md").read_text(encoding="utf-8")
    found = []
    for name, about, table in MEETING.findall(text):
        parts = tuple((int(minutes), slug) for minutes, slug in PART.findall(table))
        found.append(Meeting(name, about, parts))
    return found


def start(main: Callable[[], int | None]) -> None:
    """Run a tool of the kit; what a person can put right is told in its own words alone."""
    try:
        sys.exit(main())
    except (book.Trouble, HomeworkError) as trouble:
        sys.exit(str(trouble))


def shown(path: Path) -> str:
    """A path as seen from the book's folder."""
    return os.path.relpath(path, book.ROOT)
