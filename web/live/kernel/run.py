"""Run one cell, with just those statements above it that it needs."""

from __future__ import annotations

import ast
import builtins
import linecache
import os
import re
import sys
import traceback
import warnings
from time import monotonic

from kernel import layers, notebook, outputs, slices

NAME = re.compile(r"<cell (\d+)>$")


def start(post, modules: dict[str, str], page: str = "") -> layers.Finder:
    """Make this Python ready to run cells.

    Parameters
    ----------
    post : callable
        Takes each message to the page: its kind and its content.
    modules : dict of str to str
        For each module that is not loaded yet the layer that holds it.
    page : str
        The file of the page's notebook, which `verify` checks.
    """
    outputs.post = post
    sys.stdout = sys.stderr = outputs.stream
    os.environ["MPLBACKEND"] = "module://kernel.figures"
    os.environ["MPLCONFIGDIR"] = "/tmp"
    os.environ["JPY_SESSION_NAME"] = page  # as JupyterLab says it
    # Matplotlib's part for three dimensions is not here.
    warnings.filterwarnings("ignore", "Unable to import Axes3D")
    notebook.install()
    builtins.display = outputs.display
    builtins.input = no_answer
    return layers.install(modules)


def no_answer(question=""):
    """Stand in for `input`: a worker cannot wait for a reader."""
    raise EOFError("a cell cannot ask a question here: write the answer into the code")


def run(sources: dict[int, str], at: int, answer: bool) -> dict:
    """Run a cell; return how it ended.

    What it prints and shows has been sent by then.

    Parameters
    ----------
    sources : dict of int to str
        The cells that it may use, by their places on the page, and the cell itself.
    at : int
        The place of the cell.
    answer : bool
        Whether it is the answer to an exercise, to be judged.

    Returns
    -------
    dict
        `seconds`; `layer`, if one has to be loaded first; `error`; `verdict` on an answer, what is
        `said` of it, and `derivation`, if it is one.
    """
    begun, result = monotonic(), {}
    space = {"__name__": "__main__", "__builtins__": builtins}
    outputs.stream.begin()
    value = None
    try:
        before, unread = slices.needed(sources, at)
        with numbers_as_ever():
            outputs.silent = True
            execute(before, sources, space)
            draw_afresh()
            outputs.silent = False
            value = last_value(at, sources[at], space, answer)
            show_figures()
    except layers.Missing as missing:
        return {"layer": missing.args[0]}
    except BaseException as error:
        outputs.silent = False
        result["error"] = explain(error, at)
        if isinstance(error, NameError) and unread:
            result["error"]["unread"] = {cell: said(e) for cell, e in unread.items()}
    finally:
        outputs.silent = False
    outputs.stream.end()
    if answer:
        result["verdict"] = judge(sources[at], value, result.get("error"))
        result["said"] = str(value) if is_verdict(value) else ""
        result["derivation"] = derivation(value)
    return {**result, "seconds": monotonic() - begun}


def execute(before, sources, space) -> None:
    """Run statements of cells above, each under the name and lines of its cell."""
    for cell, group in by_cell(before):
        name = remember(cell, sources[cell])
        exec(compile(ast.Module(group, []), name, "exec"), space)


def by_cell(before):
    """Yield the statements of one cell after the other."""
    group, of = [], None
    for cell, node in before:
        if group and cell != of:
            yield of, group
            group = []
        of = cell
        group.append(node)
    if group:
        yield of, group


def last_value(at, source, space, answer):
    """Run the cell; show the value of an expression that it ends with, and return it.

    What is said of an answer to an exercise, and a derivation, the page shows in its own way.
    """
    name = remember(at, source)
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), space)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), name, "eval"), space)
    shown = not (answer and (is_verdict(value) or derivation(value)))
    if value is not None and shown and not source.rstrip().endswith(";"):
        outputs.display(value)
    return value


def remember(cell, source) -> str:
    """Let tracebacks find the lines of a cell; return the name that it has in them."""
    name = f"<cell {cell}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


# Every run starts from the same state


def numbers_as_ever():
    """Give back NumPy's ways of printing and of warning when the run ends."""
    from contextlib import ExitStack

    stack = ExitStack()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        stack.enter_context(numpy.printoptions())
        stack.enter_context(numpy.errstate())
    return stack


def draw_afresh() -> None:
    """Set the style of figures, and forget the figures of the statements above."""
    if "matplotlib.pyplot" in sys.modules:
        import kernel.figures

        kernel.figures.set_up()


def show_figures() -> None:
    """Show the figures that the cell has drawn and not shown."""
    drawing = sys.modules.get("kernel.figures")
    if drawing is not None:
        drawing.show()


# Errors


def explain(error: BaseException, at: int) -> dict:
    """Say in one line what went wrong, and where; keep the traceback for those who want it."""
    kind = type(error).__name__
    found = {"name": kind, "text": str(error), "cell": at, "line": None}
    if isinstance(error, SyntaxError) and (place := NAME.match(error.filename or "")):
        found |= {"cell": int(place[1]), "line": error.lineno, "text": error.msg}
    frames = traceback.extract_tb(error.__traceback__)
    first = next((k for k, f in enumerate(frames) if NAME.match(f.filename)), len(frames))
    for frame in frames:
        if place := NAME.match(frame.filename):
            found |= {"cell": int(place[1]), "line": frame.lineno}
    lines = traceback.format_list(frames[first:])
    found["traceback"] = "".join([*lines, *traceback.format_exception_only(error)])
    return found


def said(error: SyntaxError) -> str:
    """Say where a cell cannot be read."""
    return f"line {error.lineno}: {error.msg}"


# Answers


def judge(source: str, value, error: dict | None) -> str:
    """Return 'right', 'wrong', 'open' (a derivation with no wrong step), 'unanswered', or 'error'.

    An answer that only assertions judge is right where they hold.
    """
    if error:
        return "wrong" if error["name"] == "AssertionError" else "error"
    if is_verdict(value):
        return value.kind
    if derivation(value) is not None:
        return "right" if value.ok else "open" if value.first_wrong is None else "wrong"
    return "unanswered" if blanks(source) else "right"


def is_verdict(value) -> bool:
    """Whether a value is what `check_answer` says of an answer."""
    return type(value).__name__ == "Verdict" and hasattr(value, "kind")


def blanks(source: str) -> list[ast.stmt]:
    r"""Return the statements that wait for an answer: they give three dots, and nothing else.

    Examples
    --------
    >>> len(blanks("a, b = ..., ...\ndef f(x):\n    return ...\nc = a is ...\n"))
    2
    """
    return [node for node in ast.parse(source).body if is_blank(node)]


def is_blank(node: ast.stmt) -> bool:
    """Whether a statement waits for an answer."""
    if isinstance(node, ast.FunctionDef):
        last = node.body[-1]
        return isinstance(last, ast.Return | ast.Expr) and dots(last.value)
    return isinstance(node, ast.Assign) and dots(node.value)


def dots(node: ast.expr | None) -> bool:
    """Whether an expression is three dots, or a row of them."""
    if isinstance(node, ast.Tuple | ast.List):
        return bool(node.elts) and all(map(dots, node.elts))
    return isinstance(node, ast.Constant) and node.value is ...


def derivation(value) -> dict | None:
    """Return the verdict on a derivation, line by line, if a value is one."""
    lines = getattr(value, "lines", None)
    if type(value).__name__ != "Derivation" or lines is None:
        return None
    return {
        "ok": bool(value.ok),
        "missing": value.missing or "",
        "said": str(value),
        "lines": [
            {key: getattr(line, key, "") for key in ("latex", "rule", "kind", "reason", "hint")}
            for line in lines
        ],
    }
