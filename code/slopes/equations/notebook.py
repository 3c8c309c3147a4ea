"""``verify()``: a chapter checks its own equations, wherever it is opened."""

import os
import sys
from pathlib import Path

from .markdown import Unreadable, cells_of, read_file
from .page import check_items

STALE = (
    "This session ran code that the saved file does not have. The verdicts are about the saved file: "
    "save the notebook and run this cell again."
)


class NotFound:
    """What `verify` shows where it cannot tell which notebook it runs in; the next cells go on."""

    def __repr__(self):
        return (
            "Which notebook is this? Save it in the folder where it runs, or give its name: "
            'verify("name.ipynb"). The cells below run all the same.'
        )


def verify(name=None):
    r"""Check every displayed equation of a page, and fail if one is not in order.

    Each equality (and inequality) of each displayed equation is decided numerically, at 60 digits
    and more, at dozens of points; see the chapter on how the equations are checked.

    Parameters
    ----------
    name : str or path, optional
        The page's file, for example ``"sigmoid.ipynb"``. It is looked for in the working directory,
        in ``chapters/`` here and above, and beside the package. Without a name it is the notebook
        that runs this line, under whatever name it was saved; where that cannot be told, a sentence
        says so and nothing is raised.

    Returns
    -------
    PageReport
        Shows as a table in a notebook and prints as text.

    Raises
    ------
    FileNotFoundError
        If a name is given and not found, saying where it was looked for.
    ValueError
        If the file is no page.
    EquationError
        An `AssertionError` naming the first equation that is refuted, conditional, unread or
        undecided.

    Notes
    -----
    What is checked is the file as it is saved. Where the code cells that were run in this session
    are not those of the file, the report says so.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "page.md"
    >>> _ = page.write_text("$$ (x + 1)^2 = x^2 + 2x + 1 $$")
    >>> verify(page)
    page.md: 1 equality: 1 verified
    """
    path = find(name) if name is not None else running()
    if path is None:
        return NotFound()
    try:
        report = check_items(read_file(path), path=path.name)
    except Unreadable as error:
        raise ValueError(str(error)) from error
    if path.suffix == ".ipynb" and not executed() <= code_of(path):
        report.notes[STALE] = []
    report.require()
    return report


def find(name):
    """The path of a page; a whole path is looked for as it is."""
    found = next((place / name for place in places() if (place / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"{name} does not exist" if Path(name).is_absolute()
            else f"{name} is not in this folder, nor in a folder chapters/ here or above: save the "
            "notebook, or give its path"
        )  # fmt: skip
    return found


def places():
    """The folders where a page is looked for, nearest first."""
    here = Path.cwd()
    package = Path(__file__).resolve().parents[3]
    above = [parent / "chapters" for parent in here.parents]
    return [here, here / "chapters", *above, package / "chapters", package]


def running():
    """The notebook that runs this: the one the server names, or the one that holds what was run."""
    session = Path.cwd() / Path(os.environ.get("JPY_SESSION_NAME", "")).name
    if session.suffix == ".ipynb" and session.is_file():
        return session
    ran = executed()
    paths = [path for place in places()[:2] for path in sorted(place.glob("*.ipynb"))]
    held = {path: len(ran & code_of(path)) for path in paths}
    best = [path for path in paths if held[path] == max(held.values())]
    sure = len(paths) == 1 or (ran and 2 * held[best[0]] >= len(ran)) if paths else False
    return best[0] if sure and len(best) == 1 else None


def code_of(path):
    """The code cells of a notebook, as `normal` has them; none where it cannot be read."""
    try:
        cells = cells_of(path.read_text(encoding="utf-8"), "code")
    except (OSError, ValueError):
        return set()
    return {normal(source) for _, source in cells}


def executed():
    """The cells that were run in this IPython session, as `normal` has them; none elsewhere."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    cells = shell.user_ns.get("In", ()) if shell is not None else ()
    return {normal(source) for source in cells if isinstance(source, str)} - {""}


def normal(source):
    """Code without what an editor may change."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
