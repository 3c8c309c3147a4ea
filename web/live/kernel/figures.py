"""A back end of Matplotlib that hands every figure to the page, as SVG, as a notebook does."""

from __future__ import annotations

import io

import matplotlib
from matplotlib import pyplot as plt
from matplotlib.backends.backend_svg import FigureCanvasSVG as FigureCanvas

import kernel.outputs
import slopes.figures

__all__ = ["FigureCanvas", "set_up", "show"]


def set_up():
    """Forget what an earlier run has set, and set the book's style."""
    plt.close("all")
    matplotlib.rcdefaults()
    matplotlib.rcParams["backend"] = f"module://{__name__}"
    slopes.figures.use_style()


def show(*arguments, **options):
    """Show every open figure, and close it."""
    for number in plt.get_fignums():
        figure, file = plt.figure(number), io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
        plt.close(figure)
        kernel.outputs.send({"image/svg+xml": file.getvalue(), "text/plain": repr(figure)})


set_up()
