"""A chapter in JupyterLab: at first sight, trusted or not, and after Run All."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

import book

CHAPTERS = Path(book.ROOT, "chapters")
ONE = "sigmoid.ipynb"
TOKEN = "token"
# The sentences that a reader sees.
SEEN = (
    """[...document.querySelectorAll(".jp-MarkdownCell")].map(cell => cell.innerText).join(" ")"""
)
# JupyterLab draws a long notebook bit by bit; a cell that is not drawn yet shows its source.
DRAWN = """count => document.querySelectorAll(".jp-Notebook .jp-Cell").length == count &&
  [...document.querySelectorAll(".jp-MarkdownCell .cm-editor")].every(e => !e.checkVisibility())"""


def cells(path, kind=""):
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type.startswith(kind)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Run JupyterLab as `make lab` does, on a copy of a chapter; return address, folder and settings."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("lab")
    for name in (ONE, "references.bib"):
        shutil.copy(CHAPTERS / name, folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "HOME": str(home), "JUPYTER_DATA_DIR": str(home)}
    options = ["--no-browser", f"--IdentityProvider.token={TOKEN}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", folder, *book.lab_options(port), *options],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}api?token={TOKEN}").close()
            break
        except OSError:
            time.sleep(0.2)
    yield address, folder, environment
    server.terminate()
    server.wait()


@pytest.fixture
def opened(lab, browser):
    """Return a function that opens the chapter in JupyterLab, with all its cells on the screen."""
    address, _, _ = lab
    context = browser.new_context(viewport={"width": 1200, "height": 9000})

    def opened():
        page = context.new_page()
        page.goto(f"{address}lab/tree/{ONE}?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
        page.wait_for_function(DRAWN, arg=len(cells(CHAPTERS / ONE)), timeout=60_000)
        return page

    yield opened
    context.close()


def check_first_sight(page):
    """Nothing is missing, open, or in the way."""
    assert page.get_by_text("<Figure").count() == 0
    seen = page.evaluate(SEEN)
    assert not re.findall(r"\{[\w:]+\}`|\b(?:fig|ex|eq|sol)-[a-z]+|\[\]\(|[a-z]\d{4}[a-z]+", seen)
    folded = [cell for cell in cells(CHAPTERS / ONE) if "jupyter" in cell.metadata]
    assert page.locator(".jp-InputPlaceholder").count() == len(folded) > 4
    assert page.get_by_text("The solution is folded").first.is_visible()
    assert page.locator(".jp-OutputPlaceholder").count() == len(
        [cell for cell in folded if cell.get("outputs")]
    )
    assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []


def figures():
    """Return how many figures the chapter has."""
    outputs = [out for cell in cells(CHAPTERS / ONE, "code") for out in cell.outputs]
    return sum("image/svg+xml" in out.get("data", {}) for out in outputs)


def shown(page, selector):
    """Return how many pictures of a kind have arrived and are seen."""
    images = page.locator(f".jp-OutputArea {selector}").all()
    return sum(
        image.is_visible() and image.evaluate("i => i.tagName != 'IMG' || i.naturalWidth > 0")
        for image in images
    )


def test_figures_are_seen_without_trust(opened):
    page = opened()
    page.wait_for_selector(".still img")
    check_first_sight(page)
    assert shown(page, "img[src^='data:image/png']") == figures()
    assert shown(page, ".still img") == 1
    assert shown(page, "svg") == 0


def test_signed_and_run_to_the_end(lab, opened):
    """A signed chapter is complete at first sight; Run All gives what is stored."""
    _, folder, environment = lab
    command = [sys.executable, "-c", book.SIGN, folder / ONE]
    subprocess.run(command, env=environment, check=True)
    page = opened()
    page.wait_for_selector("slopes-explorer .moving svg")
    check_first_sight(page)
    assert shown(page, ".still img") == 0
    assert shown(page, ".jp-RenderedSVG > img") == figures()
    assert page.locator("slopes-explorer input").first.is_visible()

    choose(page, "Edit", "Clear Outputs of All Cells")
    choose(page, "Run", "Run All Cells")
    for _ in range(60):
        page.wait_for_timeout(2000)
        page.keyboard.press("Control+s")
        ran = cells(folder / ONE, "code")
        if all(cell.execution_count for cell in ran):
            break
    for cell, wanted in zip(ran, cells(CHAPTERS / ONE, "code"), strict=True):
        assert [*map(texts, cell.outputs)] == [*map(texts, wanted.outputs)]
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    page.wait_for_function(
        "count => document.querySelectorAll('.jp-RenderedSVG > img').length == count", arg=figures()
    )
    assert shown(page, ".jp-RenderedSVG > img") == figures()
    assert shown(page, "slopes-explorer .moving svg[role=img]") == 1


def texts(output):
    """Return what an output says, without the picture whose bytes may differ."""
    data = output.get("data", {"text": output.get("text")})
    return {kind: text for kind, text in data.items() if kind != "image/png"}


def choose(page, menu, item):
    page.get_by_role("menuitem", name=menu, exact=True).first.click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def test_only_what_is_committed_is_signed(tmp_path):
    assert book.committed(str(tmp_path)) == []
    for name in ("same", "other", "staged"):
        (tmp_path / f"{name}.ipynb").write_text("{}")
    git = ["git", "-C", tmp_path, "-c", "user.name=n", "-c", "user.email=e"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], check=True)
    for name in ("other", "staged", "new"):
        (tmp_path / f"{name}.ipynb").write_text("{ }")
    subprocess.run([*git, "add", "staged.ipynb"], check=True)
    assert book.committed(str(tmp_path)) == [str(tmp_path / "same.ipynb")]
