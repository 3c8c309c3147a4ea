"""Make the edition for students: notebooks and a site without solutions, and the package as a wheel.

The cells of a solution are taken out, and then every notebook is run again: so no stored output and no
report shows what only a solution knew.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

import book
import kit

START, END = ":::{solution-start}", ":::{solution-end}"
# What a build of the pages reads.
SOURCES = (
    "_config.yml",
    "_toc.yml",
    "chapters",
    "code",
    "teaching",
    "tools",
    "web",
    "pyproject.toml",
)


def without_solutions(cells: list) -> list:
    """The cells of a notebook that belong to no solution."""
    kept, inside = [], False
    for cell in cells:
        inside = inside or START in cell.source
        if not inside:
            kept.append(cell)
        inside = inside and END not in cell.source
    if inside:
        raise book.Trouble(f"A solution begins and does not end: {START} without {END}.")
    return kept


def strip(path: Path) -> None:
    """Take the solutions out of a notebook."""
    notebook = nbformat.read(path, 4)
    notebook.cells = without_solutions(notebook.cells)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def leave_out(source: Path, page: str) -> None:
    """Take a page out that students need not see, and the sentences that send a reader there."""
    (source / "chapters" / f"{page}.md").unlink()
    for path in (source / "chapters").glob("*.md"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(x for x in lines if f"]({page}.md" not in x), encoding="utf-8")
    toc = source / "_toc.yml"
    lines = toc.read_text(encoding="utf-8").splitlines(keepends=True)
    toc.write_text("".join(x for x in lines if f"chapters/{page}" not in x), encoding="utf-8")


def surroundings(source: Path) -> dict[str, str]:
    """The environment of a build in a copy of the book: its package, too, is the copy's.

    A page takes no style and no script from outside of the book's folder.
    """
    return book.environment() | {book.RUNNABLE: "1", "PYTHONPATH": str(source / "code")}


def build(source: Path, pages: Path) -> None:
    """Build the pages of a copy of the book, as the book's own are built."""
    command = [sys.executable, "-c", book.JUPYTER_BOOK, "build", str(source)]
    command += ["-W", "-n", "--keep-going"]
    with book.Progress("Building the pages"):
        done = subprocess.run(
            command, cwd=source, env=surroundings(source), capture_output=True, encoding="utf-8"
        )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if re.search("WARNING|ERROR", line)]
        raise book.Trouble("\n".join(said or done.stderr.splitlines()[-20:]))
    shutil.move(source / "_build" / "html", pages)
    runtime = [sys.executable, str(Path(book.ROOT, "tools", "runtime.py")), str(pages)]
    if subprocess.run(runtime, cwd=book.ROOT).returncode != 0:
        raise book.Trouble("The cells of the pages cannot be run: see above.")


def for_anybody(path: Path, wheel: str, folder: Path) -> None:
    """Put a notebook beside the wheel, with a cell that gets the package from it."""
    notebook = nbformat.read(path, 4)
    first = next(k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first, kit.setup_cell(wheel))
    (folder / path.name).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def main() -> None:
    """Make the edition."""
    parser = argparse.ArgumentParser(prog="make student", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=kit.KIT / "student", help="where it goes")
    out = parser.parse_args().out
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    kit.fresh(out)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "book")
        source.mkdir()
        leave = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.egg-info")
        for name in SOURCES:
            place = Path(book.ROOT, name)
            copy = shutil.copytree if place.is_dir() else shutil.copy
            copy(place, source / name, **({"ignore": leave} if place.is_dir() else {}))
        chapters = sorted((source / "chapters").glob("*.ipynb"))
        for path in chapters:
            strip(path)
        leave_out(source, kit.TEACHERS)
        refresh = [sys.executable, str(Path(book.ROOT, "tools", "refresh.py")), *map(str, chapters)]
        if subprocess.run(refresh, cwd=book.ROOT).returncode != 0:
            raise book.Trouble("A chapter does not run without its solutions: see above.")
        build(source, out / "site")
        notebooks = out / "notebooks"
        wheel = kit.wheel(notebooks)
        for path in chapters:
            for_anybody(path, wheel, notebooks)
    print(
        f"{kit.shown(out)} holds site/, and notebooks/ with {wheel}: nothing in it tells a solution."
    )


if __name__ == "__main__":
    kit.start(main)
