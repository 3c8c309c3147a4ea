"""``verify()``: a chapter checks its own equations, wherever it is opened."""

from slopes.equations import EquationError
from slopes.equations.markdown import read_file
from slopes.equations.page import check_items
from slopes.equations.report import place, sentence
from slopes.notebooks import Unreadable, code_of, executed, find, running

STALE = (
    "This session ran code that the saved file does not have. The verdicts are about the saved file: "
    "save the notebook and run this cell again."
)
WHICH = (
    "Which notebook is this? Save it in the folder where it runs, or give its name: "
    'verify("name.ipynb"). The cells below run all the same.'
)


def verify(name=None):
    r"""Check every displayed equation of a page, and fail if one is not in order.

    Both sides of each equality (and inequality) are computed with 60 digits and more, at dozens of
    points, and have to agree in 40 of them; see the chapter on how the equations are checked.

    Parameters
    ----------
    name : str or path, optional
        The page's file, for example ``"sigmoid.ipynb"``. It is looked for in the working directory,
        in ``chapters/`` here and above, and beside the package. Without a name it is the notebook
        that runs this line, under whatever name it was saved; where that cannot be told, a sentence
        is printed, and nothing is raised.

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

    Examples
    --------
    >>> import tempfile, pathlib
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "page.md"
    >>> _ = page.write_text("$$ (x + 1)^2 = x^2 + 2x + 1 $$")
    >>> verify(page)
    page.md: 1 statement, verified
    """
    path = find(name) if name is not None else running()
    if path is None:
        print(WHICH)
        return None
    try:
        report = check_items(read_file(path), path=path.name)
    except Unreadable as error:
        raise ValueError(str(error)) from error
    if path.suffix == ".ipynb" and not executed() <= code_of(path):
        report.notes[STALE] = []
    if not report.ok:
        order = ("refuted", "unread", "conditional", "undecided")
        equation, link = min(report.out_of_order, key=lambda x: order.index(x[1].verdict.kind))
        raise EquationError(f"{report.path}: {place(equation)}: {sentence(link)}")
    return report
