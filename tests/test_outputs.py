"""The stored outputs: nothing in them escapes the comparison, and no processor prints others."""

import base64
import copy
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

import book
import pictures
from slopes import figures
from slopes.svg import lighten

NOTEBOOKS = sorted(Path(book.ROOT, "chapters").glob("*.ipynb"))
SENSITIVE = "tanh"  # where round-off is the first to differ


def printed_numbers(outputs):
    """Say where each number in the outputs of a cell ends, those of the figures among them."""
    for number, output in enumerate(outputs):
        texts = {"text": output.text} if "text" in output else output.data
        for kind, text in texts.items():
            if kind == "image/png":  # which says nothing that the SVG beside it does not
                continue
            for match in re.finditer(r"\d+(?:\.\d+)?", written(text)):
                yield number, kind, match.end() - 1


def changed(outputs, number, kind, place):
    """Return outputs in which one digit is another."""
    outputs = copy.deepcopy(outputs)
    holder = outputs[number] if kind == "text" else outputs[number].data
    text = written(holder[kind])
    other = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
    holder[kind] = other if isinstance(holder[kind], str) else json.loads(other)
    return outputs


def written(content):
    """Return an output as text, and what a program is to read as JSON."""
    return content if isinstance(content, str) else json.dumps(content)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_printed_number_is_compared(path, request, monkeypatch):
    """Change the last digit of each in turn: nbval, with the settings of this book, sees it."""
    # Finding a difference is quick, the words for it are not.
    monkeypatch.setattr(IPyNbCell, "format_output_compare", lambda *found: None)
    file = IPyNbFile.from_parent(request.session, path=path)
    cells = list(file.collect())
    file.setup_sanitize_files()
    count = 0
    for cell in cells:
        assert cell.options["check"], f"cell {cell.cell_num} is not compared"
        stored = coalesce_streams(cell.cell.outputs)
        for place in printed_numbers(stored):
            cell.comparison_traceback = []
            assert not cell.compare_outputs(changed(stored, *place), stored), (cell, place)
            count += 1
    assert count > 50


def drawn(kind, width=0.7, end=2 / 3, words="slope 0.25"):
    """Return a figure as Matplotlib writes it."""
    with plt.rc_context():
        figures.use_style()
        plt.rc("figure.constrained_layout", use=False)  # it would place the axes itself
        ax = plt.figure().add_axes((0.125, 0.1, width, 0.8))
        ax.plot([0, 0.004], [1 / 3, end])
        ax.set(ylim=(0, 1))
        ax.text(0.001, 0.2, words)
        file = io.BytesIO()
        plt.savefig(file, format=kind, dpi=figures._COARSE, metadata={"Date": None})
        plt.close()
    return file.getvalue()


def test_a_last_bit_changes_no_figure():
    """Matplotlib names a clipping area after the last bit of its size."""
    text = drawn("svg").decode()
    other = drawn("svg", width=np.nextafter(0.7, 1)).decode()
    assert text != other
    stored = lighten(text)
    assert stored == lighten(other) == lighten(stored)
    # The words of a figure and the size of its text stay what they are.
    for kept in ("<!--.*?-->", r"scale\(\S+ \S+\)"):
        assert re.findall(kept, text) == re.findall(kept, stored) != []


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"width": np.nextafter(0.7, 1)}, True),
        ({"end": 2 / 3 + 1e-4}, True),  # a fiftieth of a pixel
        ({"end": 2 / 3 + 1e-2}, False),
        ({"words": "slope 0.26"}, False),
    ],
)
def test_pictures_are_compared_as_an_eye_does(change, same):
    one, other = (figures._small(drawn("png", **how)) for how in ({}, change))
    outputs = [
        [nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(data).decode()})]
        for data in (one, other)
    ]
    assert (pictures.differing(*outputs) == []) == same
    assert pictures.differing(outputs[0], []) == [0]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.stem == SENSITIVE else pytest.mark.every_chapter)
        for path in NOTEBOOKS
    ],
    ids=lambda path: path.stem,
)
def test_a_plainer_processor_prints_the_same(path):
    """NumPy's exponentials for processors without wide registers round in other places."""
    wide = np.show_config(mode="dicts")["SIMD Extensions"].get("found")
    if not wide:
        pytest.skip("this processor is a plain one")
    settings = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-n", "0"]
    done = subprocess.run(
        [*settings, path],
        cwd=book.ROOT,
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(wide)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
