"""Run every notebook again and write it back in one canonical form.

A second run changes no byte: no times, no versions, no ids made by chance stay in the file. A
notebook with a cell that fails is left as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import book
import reading
from references import END, FOLDED, in_words

AT_ONCE = 2
TIMEOUT = 120
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# What people say about a cell; the rest is what programs remember about it.
CELL_METADATA = {"mystnb", "numbers", "tags"}


class Failed(Exception):
    """A notebook cannot be refreshed; the message says which cell, and why."""


def canonical(notebook: nbformat.NotebookNode) -> str:
    """Return the text of a notebook in the one form in which this book keeps it."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen, folded = set(), False
    for position, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}
        )
        if cell.cell_type == "markdown":
            cell.source = in_words(cell.source)
        folded = folded or ":::{solution-start}" in cell.source
        if folded:
            fold(cell)
        folded = folded and ":::{solution-end}" not in cell.source
        if "id" not in cell or cell.id in seen:
            cell.id = hashlib.sha256(f"{position} {cell.source}".encode()).hexdigest()[:8]
        seen.add(cell.id)
    say_time(notebook.cells)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def say_time(cells: list[nbformat.NotebookNode]) -> None:
    """Write into the opening how long the chapter takes."""
    texts = [cell for cell in cells if cell.cell_type == "markdown"]
    if texts:
        markdown = reading.joined(cell.source for cell in texts)
        texts[0].source = reading.timed(texts[0].source, markdown)


def fold(cell: nbformat.NotebookNode) -> None:
    """Fold a cell of a solution in JupyterLab, with a line in front that says so."""
    cell.metadata["jupyter"] = {"source_hidden": True}
    line = FOLDED[cell.cell_type]
    if cell.cell_type == "code":
        cell.metadata["jupyter"]["outputs_hidden"] = True
    elif ":::{solution-start}" not in cell.source and ":::{solution-end}" in cell.source:
        line = END
    if not cell.source.startswith(line):
        cell.source = line + cell.source


async def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run the cells in order in a new kernel of this environment."""
    at = 0

    def note(cell, cell_index):
        nonlocal at
        at = cell_index

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],
        timeout=TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=note,
    )
    try:
        await client.async_execute()
    except CellExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        reason = f"it ran for more than {TIMEOUT} seconds"
    except DeadKernelError:
        reason = "the kernel died"
    else:
        return
    source = "\n".join(f"    {line}" for line in notebook.cells[at].source.splitlines())
    raise Failed(f"cell {at + 1} fails: {reason}\n{source}")


async def refresh(path: Path) -> bool:
    """Refresh one notebook; say whether that changed the file."""
    before = path.read_bytes()
    try:
        # Reading version 4.5 by its own reader: the general one would upgrade with chance ids.
        notebook = nbformat.v4.reads(before.decode("utf-8"))
    except ValueError as error:
        raise Failed(f"it is not a notebook: {error}") from error
    await execute(notebook, path.parent)
    after = canonical(notebook).encode("utf-8")
    if after == before:
        return False
    part = path.with_suffix(".part")
    part.write_bytes(after)
    part.replace(path)
    return True


async def refresh_all(paths: list[Path]) -> list[Path]:
    """Refresh notebooks, a few at a time, and return those that failed."""
    turns = asyncio.Semaphore(AT_ONCE)
    done, failed = 0, []

    async def one(path: Path) -> None:
        nonlocal done
        async with turns:
            start = time.perf_counter()
            try:
                outcome = "written" if await refresh(path) else "unchanged"
            except Failed as error:
                failed.append(path)
                outcome = f"FAILED and left as it is: {error}"
        done += 1
        seconds = time.perf_counter() - start
        print(f"[{done}/{len(paths)}] {path.name}, {seconds:.1f} s: {outcome}", flush=True)

    await asyncio.gather(*map(one, paths))
    return failed


def run(paths: list[Path]) -> list[Path]:
    """Refresh notebooks in a thread of its own, where nbclient cannot take over the signals.

    It would clean up after one notebook when this program is to stop, and go on with the next.
    """
    outcome = Future()

    def work():
        try:
            outcome.set_result(asyncio.run(refresh_all(paths)))
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return outcome.result()


def main() -> int:
    """Refresh the notebooks that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    paths = parser.parse_args().notebooks or sorted(Path(book.ROOT, "chapters").glob("*.ipynb"))
    for path in paths:
        if not path.is_file():
            sys.exit(f"There is no notebook {path}.")
    environment = book.environment()
    os.environ.clear()
    os.environ.update(environment)
    failed = run([path.resolve() for path in paths])
    if failed:
        print("Failed: " + ", ".join(path.name for path in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
