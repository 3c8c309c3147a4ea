"""Pages as files: their text and cells, where one is looked for, and the notebook that runs this."""

import json
import os
import sys
from pathlib import Path

LARGEST = 20_000_000  # bytes of a page, pictures included


class Unreadable(ValueError):
    """A file that is no page: not text, not JSON, not a notebook, or far too large.

    >>> cells_of("a letter to a friend")
    Traceback (most recent call last):
    slopes.notebooks.Unreadable: the file is not a notebook
    """


def text_of(path):
    """The text of a file; raises `Unreadable`.

    >>> text_of("nowhere.ipynb")
    Traceback (most recent call last):
    slopes.notebooks.Unreadable: No such file or directory
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"the file has more than {LARGEST:,} bytes: it is not a page")
        # Without the mark that some editors put first; the Python in a page does not know "utf-8-sig".
        return path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Unreadable(f"the file is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error


def cells_of(text, *kinds):
    """(number, source) of each cell (of some kinds, if they are given) of a notebook's text.

    >>> page = {"cells": [{"cell_type": "markdown", "source": ["# A", " page"]}]}
    >>> cells_of(json.dumps(page)), cells_of(json.dumps(page), "code")
    ([(0, '# A page')], [])
    """
    try:
        cells = enumerate(json.loads(text)["cells"])
        wanted = [(k, cell) for k, cell in cells if not kinds or cell["cell_type"] in kinds]
        return [(k, "".join(cell["source"])) for k, cell in wanted]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable("the file is not a notebook") from error


# -- which notebook runs this -------------------------------------------------------------------------


def find(name):
    """The path of a page; a whole path is looked for as it is.

    >>> find("sigmoid.ipynb").name
    'sigmoid.ipynb'
    """
    found = next((place / name for place in places() if (place / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"{name} does not exist" if Path(name).is_absolute()
            else f"{name} is not in this folder, nor in a folder chapters/ here or above: save the "
            "notebook, or give its path"
        )  # fmt: skip
    return found


def places():
    """The folders where a page is looked for, nearest first.

    >>> places()[0] == Path.cwd()
    True
    """
    here = Path.cwd()
    package = Path(__file__).resolve().parents[2]
    above = [parent / "chapters" for parent in here.parents]
    return [here, here / "chapters", *above, package / "chapters", package]


def running():
    """The notebook that runs this: the one the server names, or the one that holds what was run.

    >>> running() is None  # here no notebook does
    True
    """
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
    """The code cells of a notebook, as `normal` has them; none where it cannot be read.

    >>> code_of("nowhere.ipynb")
    set()
    """
    try:
        cells = cells_of(text_of(path), "code")
    except Unreadable:
        return set()
    return {normal(source) for _, source in cells}


def executed():
    """The cells that were run in this IPython session, as `normal` has them; none elsewhere.

    >>> executed()
    set()
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    cells = shell.user_ns.get("In", ()) if shell is not None else ()
    return {normal(source) for source in cells if isinstance(source, str)} - {""}


def normal(source):
    """Code without what an editor may change.

    >>> normal(" x = 1 ")
    'x = 1'
    """
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
