"""The edition for students: what is taken out, and that nothing which is left tells it."""

import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import nbformat
import pytest

import book
import kit
import student
from slopes.explorer import STYLE

CHAPTERS = sorted(Path(book.ROOT, "chapters").glob("*.ipynb"))


def secret(out, kept):
    """The lines of code and formulas, of some length, that only what was taken out has."""
    lines = {line.strip() for cell in out for line in cell.source.splitlines()}
    lines = {line for line in lines if len(line) >= 25 and re.search(r"[=\\(]", line)}
    return {line for line in lines if not any(line in cell.source for cell in kept)}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_solutions_are_out_and_all_else_is_in(path):
    cells = nbformat.read(path, 4).cells
    kept = student.without_solutions(cells)
    out = [cell for cell in cells if cell not in kept]
    assert bool(out) == any(student.START in cell.source for cell in cells)
    assert not any("solution-" in cell.source for cell in kept)
    assert secret(out, kept) or not out


def test_a_solution_without_an_end_is_told():
    cells = [nbformat.v4.new_markdown_cell(student.START + " x")]
    with pytest.raises(book.Trouble, match="does not end"):
        student.without_solutions(cells)


def test_nothing_leads_to_the_page_that_students_do_not_get(tmp_path):
    shutil.copytree(Path(book.ROOT, "chapters"), tmp_path / "chapters")
    shutil.copy(Path(book.ROOT, "_toc.yml"), tmp_path)
    student.leave_out(tmp_path, kit.TEACHERS)
    for path in [
        tmp_path / "_toc.yml",
        *tmp_path.glob("chapters/*.md"),
        *tmp_path.glob("chapters/*.ipynb"),
    ]:
        text = path.read_text(encoding="utf-8")
        assert f"{kit.TEACHERS}.md" not in text, path.name
        assert f"chapters/{kit.TEACHERS}" not in text, path.name


def test_a_copy_of_the_book_takes_styles_and_scripts_from_itself(tmp_path):
    """Those of the explorers lie in the package; a page takes nothing from outside of its book."""
    shutil.copytree(Path(book.ROOT, "code"), tmp_path / "code")
    command = [sys.executable, "-c", "from slopes.explorer import STYLE; print(STYLE)"]
    environment = student.surroundings(tmp_path)
    said = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert Path(said.stdout.strip()).is_relative_to(tmp_path), said.stderr


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    out = tmp_path_factory.mktemp("student") / "edition"
    command = [sys.executable, Path(book.ROOT, "tools", "student.py"), "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, env=book.environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.every_chapter
class TestEdition:
    """What `make student` writes; it takes some minutes."""

    def test_its_explorers_have_their_style(self, edition):
        sheet = (edition / "site" / "_static" / "book.css").read_text(encoding="utf-8")
        (rule,) = re.findall(r"^\.explorer \.drawings \{$", STYLE.read_text(encoding="utf-8"), re.M)
        assert rule in sheet

    def test_nothing_tells_a_solution(self, edition):
        texts = {path: path.read_text(encoding="utf-8") for path in edition.rglob("*.html")}
        texts |= {p: p.read_text(encoding="utf-8") for p in edition.rglob("*.ipynb")}
        for chapter in CHAPTERS:
            cells = nbformat.read(chapter, 4).cells
            kept = student.without_solutions(cells)
            lines = secret([cell for cell in cells if cell not in kept], kept)
            for path, text in texts.items():
                if path.stem == chapter.stem:
                    told = [
                        line for line in lines if line in text or json.dumps(line)[1:-1] in text
                    ]
                    assert told == [], path

    def test_a_notebook_runs_alone_under_another_name(self, edition, tmp_path):
        """In an environment that has a kernel, and nothing of the book's before the first cell gets it."""
        (wheel,) = (edition / "notebooks").glob("*.whl")
        venv.create(tmp_path / "env", with_pip=True)
        python = book.python_in(str(tmp_path / "env"))
        install = [python, "-m", "pip", "install", "--quiet", "ipykernel", "nbclient"]
        if subprocess.run(install, capture_output=True).returncode != 0:
            pytest.skip("no package index")
        for notebook in sorted((edition / "notebooks").glob("*.ipynb")):
            folder = tmp_path / notebook.stem
            folder.mkdir()
            (folder / "mine (1).ipynb").write_bytes(notebook.read_bytes())
            (folder / wheel.name).write_bytes(wheel.read_bytes())
            code = (
                "import os, nbformat, nbclient; name = 'mine (1).ipynb'; "
                "os.environ['JPY_SESSION_NAME'] = os.path.abspath(name); "
                "nbclient.NotebookClient(nbformat.read(name, 4), kernel_name='python3').execute()"
            )
            done = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True)
            assert done.returncode == 0, f"{notebook.name}: {done.stderr[-2000:]}"
