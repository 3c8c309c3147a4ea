"""The plots that chapters share, and the one style of all figures.

Each function draws on Matplotlib's axes and returns them; a cell ends with ``plt.show()``. Curves are
told apart by colour and by dash, with colours that remain distinct for colour-blind readers (Okabe and
Ito's palette).
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import cycler
from matplotlib.figure import Figure
from PIL import Image

from slopes.explore import (
    explore,
    explore_chain,
    explore_depth,
    explore_neuron,
    explore_secant,
    explore_softmax,
)

__all__ = [
    "draw_curve",
    "explore",
    "explore_chain",
    "explore_depth",
    "explore_neuron",
    "explore_secant",
    "explore_softmax",
    "plot_errors",
    "plot_graph",
    "plot_tangent",
    "plot_with_derivative",
    "use_style",
]

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#007A5A", "#A0478A", "#6B6B6B"
#: Colour and dash of the first, second, … curve of a plot.
LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"))

_COARSE = 72  # dots to an inch of the PNG that stands in for a figure

_STYLE = {
    "figure.figsize": (5.2, 3.2),
    "font.size": 11,
    "axes.prop_cycle": cycler(color=[c for c, _ in LINES], linestyle=[d for _, d in LINES]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.2,
    "legend.frameon": False,
    "figure.facecolor": "white",
    # Constrained layout keeps labels inside the picture at every size.
    "figure.constrained_layout.use": True,
    # Two runs of one cell must give the same SVG: ids come from a fixed salt, no date is written, and
    # no point is left out for lying on a line, which the last bit of a number can decide.
    "svg.hashsalt": "slopes",
    "path.simplify": False,
}


def use_style():
    """Set the book's style, and make notebooks show figures as SVG that is the same in every run.

    A small PNG goes with each, for where a notebook is not trusted: there JupyterLab shows no SVG.

    Examples
    --------
    >>> use_style()
    >>> plt.rcParams["svg.hashsalt"]
    'slopes'
    """
    plt.rcParams.update(_STYLE)
    try:
        from IPython import get_ipython
        from IPython.core.pylabtools import print_figure
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return  # a plain Python session has no inline figures to configure
    shell = get_ipython()
    if shell is None:
        return

    def svg(figure):
        text = print_figure(figure, "svg", metadata=dict.fromkeys(("Date", "Creator")))
        return text and _canonical(text)

    def png(figure):
        data = print_figure(figure, "png", dpi=_COARSE, metadata={"Software": None})
        return data and _small(data)

    set_matplotlib_formats("svg", "png")
    shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, svg)
    shell.display_formatter.formatters["image/png"].for_type(Figure, png)


def _small(png):
    """Return a PNG with a palette of 16 colours."""
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(16, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _canonical(svg):
    """Return an SVG figure without the digits that depend on the processor and that nobody can see.

    Coordinates keep two decimals, a hundredth of a point. Clipping areas, which Matplotlib names after
    all digits of theirs, are named after what is left.
    """

    def rounded(found):
        text = found.group()
        # Comments hold the words of a figure. A factor stretches what it is applied to.
        if text.startswith(("<!--", "scale")):
            return text
        return f"{float(text):z.2f}".rstrip("0").rstrip(".")

    svg = re.sub(r"<!--.*?-->|scale\([^)]*\)|-?\d+\.\d{3,}", rounded, svg)
    for name, area in re.findall(r'<clipPath id="(\w+)">(.*?)</clipPath>', svg, re.DOTALL):
        svg = svg.replace(name, "p" + hashlib.sha256(area.encode()).hexdigest()[:10])
    return svg


def plot_with_derivative(function, span=(-6, 6), ax=None):
    """Draw a function of one variable and its derivative over ``span``.

    At a kink the derivative's branches end in open circles, and a dot shows the value that the code
    takes there.

    Parameters
    ----------
    function : Elementwise
        An activation, or a loss with a fixed target.
    span : pair of float
        The ends of the horizontal axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from slopes import relu
    >>> len(plot_with_derivative(relu).lines) > 2
    True
    """
    ax = ax or plt.subplots()[1]
    argument = f"({function.variable})"
    draw_curve(ax, function, function, span, label=f"${function.symbol}{argument}$", line=LINES[0])
    label = f"${function.symbol}'{argument}$"
    draw_curve(ax, function, function.derivative, span, label=label, line=LINES[1])
    for kink in function.kinks:
        if span[0] <= kink.at <= span[1]:
            for end in (kink.left, kink.right):
                if math.isfinite(end):
                    ax.plot(kink.at, end, "o", color=ORANGE, markerfacecolor="white")
            ax.plot(kink.at, kink.value, "o", color=ORANGE, markersize=4)
    ax.set_xlabel(f"${function.variable}$")
    ax.legend()
    return ax


def draw_curve(ax, function, values, span, label=None, line=LINES[0]):
    """Draw ``values`` (the function or its derivative) over ``span``, with a gap at each kink.

    >>> from slopes import relu
    >>> ax = plt.figure().subplots()
    >>> draw_curve(ax, relu, relu.derivative, (-1, 1))
    >>> len(ax.lines)
    2
    """
    color, dash = line
    inside = [k.at for k in function.kinks if span[0] < k.at < span[1]]
    ends = [span[0], *inside, span[1]]
    for lower, upper in pairwise(ends):
        x = np.linspace(lower, upper, 161)
        # A hair inside the branch, so that the value taken at the kink belongs to neither side.
        hair = 1e-9 * (upper - lower)
        x[0], x[-1] = lower + hair, upper - hair
        ax.plot(x, values(x), color=color, linestyle=dash, label=label)
        label = None


def plot_tangent(function, at, span=(-6, 6), ax=None, reach=0.15):
    """Draw a function over ``span`` with its tangents at the points ``at``, each marked with its slope.

    A tangent reaches to either side by the share ``reach`` of the span.

    Examples
    --------
    >>> from slopes import sigmoid
    >>> [text.get_text() for text in plot_tangent(sigmoid, [0.0]).texts]
    ['slope 0.25']
    """
    ax = ax or plt.subplots()[1]
    draw_curve(ax, function, function, span)
    length = reach * (span[1] - span[0])
    for point in np.atleast_1d(at):
        value, slope = function(point), function.derivative(point)
        half = length / math.hypot(1, slope)
        x = np.array([point - half, point + half])
        ax.plot(x, value + slope * (x - point), color=ORANGE, linestyle="-", linewidth=1.6)
        ax.plot(point, value, "o", color=ORANGE)
        # Below a rising curve, above a falling one: on the right, away from the curve.
        side = {"xytext": (6, -14) if slope >= 0 else (8, 2)}
        text = f"slope {slope:.2g}".replace("-", "\N{MINUS SIGN}")
        ax.annotate(text, (point, value), textcoords="offset points", **side)
    ax.set_xlabel(f"${function.variable}$")
    ax.set_ylabel(f"${function.symbol}({function.variable})$")
    return ax


def plot_errors(steps, errors, ax=None):
    """Draw errors against step sizes, both on logarithmic axes.

    Parameters
    ----------
    steps : array_like of shape (n,)
        The step sizes.
    errors : dict of str to array_like of shape (n,)
        For each method its errors; zeros are left out, as a logarithm must.

    Examples
    --------
    >>> ax = plot_errors([1e-1, 1e-2], {"forward": [1e-1, 1e-2]})
    >>> ax.get_xscale(), ax.get_yscale()
    ('log', 'log')
    """
    ax = ax or plt.subplots()[1]
    for (name, values), (color, dash), marker in zip(errors.items(), LINES, "osD^", strict=False):
        values = np.where(np.asarray(values) > 0, values, np.nan)
        ax.loglog(steps, values, color=color, linestyle=dash, marker=marker, ms=4, label=name)
    ax.set_xlabel("step $h$")
    ax.set_ylabel("error")
    ax.legend()
    return ax


def plot_graph(nodes, edges, ax=None):
    """Draw a computation as circles with their values, joined by arrows with their local slopes.

    Parameters
    ----------
    nodes : dict of str to tuple
        For each name (mathematics, without dollar signs) its place (x, y), its value, and, where it
        has been computed, the derivative of the last node with respect to it.
    edges : dict of pair of str to float or str
        For each arrow (from, to) its local slope, a number or a text.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = plot_graph({"x": ((0, 0), 2.0), "y": ((2, 0), 4.0)}, {("x", "y"): 4.0})
    >>> [text.get_text() for text in ax.texts]
    ['', '4', '$x$', '2', '$y$', '4']
    """
    ax = ax or plt.subplots()[1]
    for (start, end), slope in edges.items():
        a, b = np.array(nodes[start][0]), np.array(nodes[end][0])
        arrow = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 14, "shrinkB": 14}
        ax.annotate("", b, a, arrowprops=arrow)
        if a[1] == b[1]:
            _label(ax, (a + b) / 2, slope, 8, size=11)
        else:  # on the arrow, nearer to its start: arrows that cross do so in the middle
            _label(ax, 0.64 * a + 0.36 * b, slope, 0, size=11, backgroundcolor="white")
    for name, (place, *numbers) in nodes.items():
        ax.plot(*place, "o", ms=27, color="white", markeredgecolor="black")
        _label(ax, place, f"${name}$", 0)
        styles = ({"color": BLUE, "weight": "bold"}, {"color": ORANGE, "style": "italic"})
        for number, height, style in zip(numbers, (22, -22), styles, strict=False):
            _label(ax, place, number, height, **style)
    ax.margins(0.06, 0.3)
    ax.axis("off")
    return ax


def _label(ax, place, text, height, **style):
    """Write a number or a text, centred ``height`` points above a place."""
    if not isinstance(text, str):
        text = f"{text:.3g}".replace("-", "\N{MINUS SIGN}")
    style = {"size": 13, "ha": "center", "va": "center", **style}
    ax.annotate(text, place, xytext=(0, height), textcoords="offset points", **style)
