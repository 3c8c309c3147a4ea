"""What holds for the package as a whole."""

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import slopes
from slopes.functions import Interval, Values


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_slopes_imports_nothing_heavy():
    loaded = run(
        "import sys, slopes\n"
        "print([m for m in ('matplotlib', 'mpmath', 'sympy', 'IPython') if m in sys.modules])"
    )
    assert loaded.strip() == "[]"


def test_everything_in_all_can_be_imported():
    for name in slopes.__all__:
        assert getattr(slopes, name) is not None
    with pytest.raises(AttributeError, match="sigmiod"):
        _ = slopes.sigmiod


def public_names():
    """Return what ``import slopes`` offers, and every public function and class of its modules.

    The inside of the checker is its own; its public names are among the first. A function of the book is
    documented by its class, and what gathers functions by them.
    """
    named = {f"slopes.{name}": getattr(slopes, name) for name in slopes.__all__}
    named = {name: thing for name, thing in named.items() if not isinstance(thing, tuple)}
    modules = [thing for thing in named.values() if inspect.ismodule(thing)]
    named = {name: thing for name, thing in named.items() if not inspect.ismodule(thing)}
    for module in pkgutil.iter_modules(slopes.__path__, "slopes."):
        # An answer is described by its exercise.
        if not module.ispkg and not module.name.endswith(("__main__", "answers")):
            modules.append(importlib.import_module(module.name))
    for module in modules:
        for name, thing in vars(module).items():
            made_here = getattr(thing, "__module__", None) == module.__name__
            if made_here and not name.startswith("_"):
                named[f"{module.__name__}.{name}"] = thing
    return named


@pytest.mark.parametrize("name", sorted(public_names()))
def test_a_public_name_has_an_example_that_runs(name):
    thing = public_names()[name]
    documented = thing if inspect.isroutine(thing) or inspect.isclass(thing) else type(thing)
    # An example that is run begins its line, as doctest and a reader expect it.
    assert doctest.DocTestParser().get_examples(inspect.getdoc(documented) or "")


def test_figures_are_the_same_in_two_runs():
    code = (
        "import io, matplotlib; matplotlib.use('svg')\n"
        "from slopes import figures, relu\n"
        "figures.use_style()\n"
        "figure = figures.plot_with_derivative(relu).figure\n"
        "out = io.BytesIO(); figure.savefig(out, metadata={'Date': None})\n"
        "print(out.getvalue().decode())"
    )
    first = run(code)
    assert "<svg" in first
    assert first == run(code)


@pytest.mark.parametrize(
    ("interval", "text", "inside", "outside"),
    [
        (Interval(0, 1), "(0, 1)", [0.5], [0, 1]),
        (Interval(-1, 1, closed="both"), "[−1, 1]", [-1, 0, 1], [-1.1, 1.1]),
        (Interval(0, float("inf"), closed="left"), "[0, ∞)", [0, 1e300], [-1e-300]),
        (Interval(0, 2, closed="right"), "(0, 2]", [2], [0]),
        (Values((-1, 0, 1)), "{−1, 0, 1}", [-1, 0.0, 1], [0.5, 2]),
    ],
)
def test_intervals_and_sets(interval, text, inside, outside):
    assert str(interval) == text
    assert all(x in interval for x in inside)
    assert not any(x in interval for x in outside)
