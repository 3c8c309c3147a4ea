"""The rules of the repository, and proof that the guards of the book can fail."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import sphinxcontrib.katex

import book
import bookcheck
import references
import refresh
from slopes import figures

ROOT = Path(book.ROOT)
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = sorted(CHAPTERS.glob("*.ipynb"))
KATEX = ROOT / "web" / "fonts" / "katex"

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def read(path):
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts():
    """Every text file of the repository that people wrote, with its text."""
    folders = ["chapters", "code", "tests", "tools", "web", ".github", ".ci"]
    files = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in folders:
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    endings = {
        ".py",
        ".md",
        ".ipynb",
        ".toml",
        ".yml",
        ".cfg",
        ".bib",
        ".css",
        ".js",
        ".mjs",
        ".cff",
        ".txt",
        "",
    }
    skipped = {"__pycache__", "slopes.egg-info", ".ipynb_checkpoints"}
    return {
        path: path.read_text(encoding="utf-8")
        for path in files
        if path.suffix in endings and not skipped & set(path.parts)
    }


def run(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


# The rules


def test_code_is_no_package():
    assert not (ROOT / "code" / "__init__.py").exists(), "it would hide Python's module code"


def test_nothing_changes_the_import_path():
    change = re.compile(r"\bsys\s*\.\s*path\b|\bfrom sys import .*\bpath\b")
    python = {path: text for path, text in texts().items() if path.suffix in {".py", ".ipynb"}}
    assert [path.name for path, text in python.items() if change.search(text)] == []


def test_no_text_knows_a_machine():
    """No path of somebody's home or workplace, and no host of a package index."""
    home = re.compile(r"/(?:home|root|Users|work)/\w|[A-Z]:\\{1,2}Users|/(?:tmp|opt)/\w")
    host = re.compile(r"\b(?:pypi|pythonhosted|npmjs|anaconda)\.(?:org|com)")
    found = [
        (path.name, match.group())
        for path, text in texts().items()
        for pattern in (home, host)
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_lock_names_no_address():
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert "make lock" in lock.splitlines()[1]
    assert "://" not in lock
    assert not re.search(r"^\s*(-i|--index|--extra-index|--find-links|--trusted-host)", lock, re.M)


def test_lock_pins_everything_with_hashes():
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^(\S.*?)(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    pinned = {re.match(r"[\w.-]+", entry).group().lower() for entry in entries}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["book"]
    assert {re.match(r"[\w.-]+", name).group().lower() for name in wanted} <= pinned


def test_katex_style_sheet_is_that_of_the_program():
    """The style sheet and the program that writes the formulas are of one version."""
    readme = (KATEX / "README.md").read_text(encoding="utf-8")
    assert f"katex@{sphinxcontrib.katex.katex_version}`" in readme
    named = set(re.findall(r"fonts/([\w-]+\.woff2)", (KATEX / "katex.min.css").read_text()))
    assert named == {path.name for path in (KATEX / "fonts").iterdir()}


def test_ruff_is_clean():
    for command in (["check"], ["format", "--check"]):
        done = run("-m", "ruff", *command, ROOT)
        assert done.returncode == 0, done.stdout + done.stderr


def test_commands_are_readable_by_an_old_python():
    source = (ROOT / "tools" / "book.py").read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 4))


# The notebooks


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 4
    assert CHAPTERS / "template.ipynb" in NOTEBOOKS


@each_notebook
def test_every_cell_was_executed_in_order(path):
    """Strict nbval passes over a cell without a count, and compares nothing."""
    counts = [cell.execution_count for cell in code_cells(read(path))]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_notebook_is_in_canonical_form(path):
    text = path.read_bytes().decode("utf-8")
    assert refresh.canonical(nbformat.v4.reads(text)) == text


@each_notebook
def test_references_read_as_words(path):
    """Where nothing resolves them, too; and the words fit what they refer to."""
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\{(?!eq\})[\w:]+\}`|\[\]\(", cell.source), cell.source
            assert references.in_words(references.as_roles(cell.source)) == cell.source


def test_references_become_words_and_roles_again():
    roles = (
        "{numref}`fig-relu` shows it, as {cite:t}`glorot2011deep` found {cite:p}`maas2013rectifier`.\n"
        "It is {term}`convex <convex function>` in {numref}`ex-relu`, see [](tanh.ipynb)."
    )
    words = (
        "[The figure](#fig-relu) shows it, as [Glorot et al. (2011)](references.bib#glorot2011deep)"
        " found [(Maas et al., 2013)](references.bib#maas2013rectifier).\n"
        "It is [convex](glossary.md#convex-function) in [the exercise](#ex-relu),"
        " see [Differentiate tanh](tanh.ipynb)."
    )
    assert references.in_words(roles) == words == references.in_words(words)
    assert references.as_roles(words) == roles.replace("[]", "[Differentiate tanh]")
    assert references.as_roles("[a table](notation.md)") == "[a table](notation.md)"


def test_solutions_are_folded_and_say_so():
    new = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    sources = [
        ":::{solution-start} ex-one\n:::\nThree.",
        "answer = 3",
        ":::{solution-end}\n:::",
        "x = 1",
    ]
    cells = [new[k % 2](source) for k, source in enumerate(sources)]
    once = refresh.canonical(nbformat.v4.new_notebook(cells=cells))
    assert refresh.canonical(nbformat.v4.reads(once)) == once
    *solution, after = nbformat.v4.reads(once).cells
    assert all(cell.metadata.jupyter.source_hidden for cell in solution)
    assert solution[1].metadata.jupyter.outputs_hidden
    # The first line is what a folded cell shows: it must not be the answer.
    assert [cell.source.split("\n")[0][:5] for cell in solution] == ["% The", "# The", "% Her"]
    assert after == new[1]("x = 1", id=after.id)


@each_notebook
def test_no_cell_opts_out_of_the_comparison(path):
    marks = re.compile(r"NBVAL_|nbval-|raises-exception")
    for cell in code_cells(read(path)):
        assert not marks.search(cell.source + json.dumps(cell.metadata)), cell.source


@each_notebook
def test_figures_are_compared_and_described(path):
    """A figure is two SVGs, which nbval compares, and the first as a PNG; it says what it shows."""
    for cell in code_cells(read(path)):
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        images = {kind for kind in kinds if kind.startswith("image/")}
        if images:
            assert images == {"image/svg+xml", figures.NARROW, "image/png"}, cell.source
            image = cell.metadata.get("mystnb", {}).get("image", {})
            assert not bookcheck.poor_alt(image.get("alt")), cell.source


def test_refresh_is_idempotent(tmp_path):
    """A refreshed notebook, refreshed again, does not change by a byte."""
    copy = tmp_path / "copy.ipynb"
    shutil.copy(CHAPTERS / "template.ipynb", copy)
    notebook = read(copy)
    for cell in code_cells(notebook):
        cell.update(execution_count=None, outputs=[])
        cell.metadata["execution"] = {"iopub.execute_input": "2020-01-01T00:00:00Z"}
    copy.write_text(nbformat.writes(notebook), encoding="utf-8")
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    contents = []
    for _ in range(2):
        done = run(ROOT / "tools" / "refresh.py", copy)
        assert done.returncode == 0, done.stdout + done.stderr
        contents.append(copy.read_bytes())
    assert contents[0] == contents[1]
    assert all(cell.execution_count for cell in code_cells(read(copy)))


def test_refresh_leaves_a_failing_notebook_alone(tmp_path):
    copy = tmp_path / "copy.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    copy.write_text(nbformat.writes(notebook), encoding="utf-8")
    before = copy.read_bytes()
    done = run(ROOT / "tools" / "refresh.py", copy)
    assert done.returncode == 1
    assert "copy.ipynb" in done.stdout
    assert "cell 1 fails: ZeroDivisionError" in done.stdout
    assert copy.read_bytes() == before


# The guards, each given something wrong


def first_output(notebook, kinds, pattern):
    """Return cell number, output, kind and match of the first stored output that a pattern fits."""
    for number, cell in enumerate(code_cells(notebook)):
        for output in cell.outputs:
            holder = output if "text" in output else output.get("data", {})
            for kind in kinds:
                match = re.search(pattern, holder.get(kind, ""))
                if match:
                    return number, holder, kind, match
    raise LookupError(f"no output of kind {kinds} in the notebook")


def plant(notebook, kinds, pattern):
    """Change the last digit that the pattern fits in a stored output; return the cell's number."""
    number, holder, kind, match = first_output(notebook, kinds, pattern)
    last = match.end() - 1
    text = holder[kind]
    holder[kind] = text[:last] + ("1" if text[last] != "1" else "2") + text[last + 1 :]
    return number


def test_planted_faults_fail_in_a_notebook(tmp_path):
    """A wrong number, a stale figure and a failing cell are each found, and nothing else is."""
    notebook = read(CHAPTERS / "template.ipynb")
    planted = {
        plant(notebook, ["text", "text/html"], r"\d\.\d+(?![\de])"),
        plant(notebook, ["image/svg+xml"], r"d=\"m\d+"),
        len(code_cells(notebook)),
    }
    assert len(planted) == 3
    notebook.cells.append(nbformat.v4.new_code_cell("assert 1 + 1 == 3", execution_count=1))
    copy = tmp_path / "template.ipynb"
    copy.write_text(nbformat.writes(notebook), encoding="utf-8")
    done = run("-m", "pytest", "-c", ROOT / "pyproject.toml", "-n", "0", "-rf", copy)
    found = set(map(int, re.findall(r"^FAILED .*::Cell (\d+)", done.stdout, re.MULTILINE)))
    assert done.returncode == 1
    assert found == planted, done.stdout


PLANTED = r"""
# A page with faults

{eq}`eq-of-nowhere` and {numref}`fig-of-nowhere` and {cite}`nobody2000`.

$$
\frac{1}{\undefinedcommand{2}}
$$

![](picture.svg)
"""


def test_planted_faults_fail_in_the_build(tmp_path):
    """Missing references, an unreadable formula, a nameless image and a missing page are found."""
    for name in ("_config.yml", "tools", "web", "chapters/references.bib"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: chapters/index\nchapters:\n  - file: chapters/missing\n"
    )
    (tmp_path / "chapters" / "index.md").write_text(PLANTED, encoding="utf-8")
    (tmp_path / "chapters" / "picture.svg").write_text("<svg xmlns='x'></svg>")
    done = run("-c", book.JUPYTER_BOOK, "build", tmp_path, "-W", "-n", "--keep-going")
    assert done.returncode != 0
    for fault in (
        "eq-of-nowhere",
        "fig-of-nowhere",
        "nobody2000",
        "KaTeX cannot read a formula",
        "has no text alternative",
        "chapters/missing",
    ):
        assert re.search(f"WARNING.*{fault}", done.stdout + done.stderr), fault
