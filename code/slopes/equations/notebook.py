"""``verify("sigmoid.ipynb")``: a chapter checks its own equations, wherever it is opened."""

import json
import sys
from pathlib import Path

from .page import check_items
from .report import PageReport
from .source import Unreadable, read_file


def verify(name):
    """Check every displayed equation of a page, and fail if one is not in order.

    Each equality (and inequality) of each displayed equation is decided numerically, at 50 digits
    and more, at dozens of points; see the chapter on how the equations are checked.

    Parameters
    ----------
    name : str or path
        The page's file, for example ``"sigmoid.ipynb"``. It is looked for in the working directory,
        in ``chapters/`` here and above, and beside the package.

    Returns
    -------
    PageReport
        Shows as a table in a notebook and prints as text.

    Raises
    ------
    FileNotFoundError
        Saying where it was looked for.
    EquationError
        An `AssertionError` naming the first equation that is refuted, unread or undecided.

    Notes ----- What is checked is the file as it is saved. Where the code cells that were run in
    this session are not those of the file, the report says so.
    """
    path = find(name)
    try:
        items = read_file(path)
    except Unreadable as error:
        raise ValueError(str(error)) from error
    report = PageReport(Path(name).name, list(check_items(items)))
    report.notes = stale_notes(path)
    report.require()
    return report


def find(name):
    """The path of a page."""
    name = Path(name)
    if name.is_absolute():
        if name.is_file():
            return name
        raise FileNotFoundError(f"{name} does not exist")
    here = Path.cwd()
    places = [here, here / "chapters"]
    for parent in here.parents:
        places += [parent / "chapters"]
    package = Path(__file__).resolve().parents[3]
    places += [package / "chapters", package]
    for place in places:
        if (place / name).is_file():
            return place / name
    raise FileNotFoundError(
        f"{name} is not in this folder, nor in a folder chapters/ here or above: save the notebook, "
        "or give its path"
    )


def stale_notes(path):
    """A note where this session ran code that the saved file does not have."""
    ran = executed_cells()
    if not ran or path.suffix != ".ipynb":
        return []
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    saved = {normal("".join(c["source"])) for c in cells if c["cell_type"] == "code"}
    unknown = [source for source in ran if normal(source) and normal(source) not in saved]
    if not unknown:
        return []
    return [
        "This session ran code that the saved file does not have. "
        "The verdicts are about the saved file: "
        "save the notebook and run this cell again."
    ]


def executed_cells():
    """The code that was run in this IPython session, oldest first; empty elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or "In" not in shell.user_ns:
        return []
    return [source for source in shell.user_ns["In"] if isinstance(source, str) and source.strip()]


def normal(source):
    """Code without what an editor may change."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
