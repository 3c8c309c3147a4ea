"""The plots that chapters share, and the one style of all figures.

Each figure is drawn twice, for wide windows and for narrow ones, in a loop over `panels`. Curves are
told apart by colour, by dash and by the name beside them. A colour has one meaning in the whole book.
"""

from __future__ import annotations

import io
import math
from itertools import pairwise
from pathlib import Path
from weakref import WeakKeyDictionary, WeakSet

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import cycler, font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from PIL import Image

from slopes.explore import (
    explore,
    explore_chain,
    explore_depth,
    explore_descent,
    explore_neuron,
    explore_secant,
    explore_softmax,
)
from slopes.explorer import LEFT
from slopes.placing import CLEAR, move_clear, pixel
from slopes.svg import lighten

__all__ = [
    "as_svg",
    "draw_arrow",
    "draw_classes",
    "draw_curve",
    "draw_frame",
    "draw_pixels",
    "explore",
    "explore_chain",
    "explore_depth",
    "explore_descent",
    "explore_neuron",
    "explore_secant",
    "explore_softmax",
    "is_narrow",
    "label_curve",
    "label_point",
    "open_circle",
    "panels",
    "plot_errors",
    "plot_graph",
    "plot_neuron",
    "plot_tangent",
    "plot_with_derivative",
    "set_plane",
    "set_ticks",
    "shade_positive",
    "stack",
    "use_style",
]

#: The colours of marks, one meaning each: values, slopes, positive, negative, and what these are held
#: against.
VALUE, SLOPE, PLUS, MINUS, GREY = "#0072B2", "#C75100", "#8A6800", "#9B4FA2", "#77757A"
#: What is written is darker than what is drawn, so that it can be read.
INK, QUIET = "#1C1D20", "#4D4E53"
_WRITTEN = {VALUE: "#00639C", SLOPE: "#B04400", PLUS: "#7D5F00", MINUS: "#7A3480", GREY: QUIET}
#: The colours of signs, for numbers in a matrix: from negative through 0 to positive, both ends as
#: dark, so that they are as bright where a page is dark. Small numbers have more than their share, so
#: that their sign is seen there, too.
_PALE = {-0.06: "#E6D3E8", 0.06: "#E8DDBC"}
SIGNS = LinearSegmentedColormap.from_list(
    "signs", [(0, MINUS), (0.47, _PALE[-0.06]), (0.5, "white"), (0.53, _PALE[0.06]), (1, PLUS)]
)
#: The dashes that tell curves of one colour apart.
DASHES = ("-", (0, (5, 2.2)), (0, (1.2, 1.8)), (0, (7, 2, 1.2, 2)))

_FACE = "Slopes Serif"
_WAYS = WeakKeyDictionary()  # on which side of its place each name stands, across and up
_OWN = WeakKeyDictionary()  # the curve that a name names
_HELD = WeakKeyDictionary()  # the two parts of an arrow that has a name in a gap
_STACKED = WeakSet()  # the figures of which panels that were side by side stand below each other
_PIXEL = 0.75  # a pixel of a page, in the points in which Matplotlib counts
#: How near to an axis, in pixels, a line of the grid runs beside it.
_SIDE_BY_SIDE = 28
#: How far below the axis, in pixels, a curve still lies on it.
_ON_IT = 3
#: For which share of an axis a curve runs along it, and not only meets it.
_A_PART = 0.15
#: How far apart panels are, in inches, where no title parts them: their numbers must not read as those
#: of one axis.
_APART = 0.7
#: And how far where a title does, which must be nearer to its own panel.
_ABOVE = 0.27
_COARSE = 72  # dots to an inch of the PNG that stands in for a figure
#: How wide the two drawings of a figure are, in inches of 96 pixels, and how large their letters, in
#: points: as the text of a page is, which on a telephone is 350 pixels wide.
WIDTHS = (6, 15), (350 / 96, 14)
#: The type under which a notebook keeps the drawing for narrow windows, beside the one for wide ones.
NARROW = "image/x-narrow+svg"

_STYLE = {
    "figure.figsize": (6, 3.6),
    "font.family": _FACE,
    "mathtext.fontset": "cm",
    "font.size": WIDTHS[0][1],
    "axes.prop_cycle": cycler(linestyle=DASHES) * cycler(color=[VALUE]),
    "patch.facecolor": VALUE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": "#8D8B85",
    "axes.linewidth": _PIXEL,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#DFDCD3",
    "grid.linewidth": _PIXEL,
    "axes.labelcolor": QUIET,
    "axes.titlecolor": QUIET,
    "axes.titlesize": "medium",
    # What an axis shows stands at its end: to the right of x, and above y, where it needs no turning.
    "xaxis.labellocation": "right",
    "axes.labelpad": 0,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "text.color": INK,
    "xtick.color": "#8D8B85",
    "ytick.color": "#8D8B85",
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "xtick.major.size": 5 * _PIXEL,
    "xtick.major.width": _PIXEL,
    "ytick.major.size": 0,
    "ytick.major.pad": 10 * _PIXEL,
    "ytick.minor.size": 0,
    # The middle of a number, and not its baseline, stands on its line.
    "ytick.alignment": "center",
    "xtick.minor.size": 0,
    "lines.linewidth": 3 * _PIXEL,
    "lines.markersize": 7,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "figure.facecolor": "white",
    # Constrained layout keeps labels inside the picture at every size.
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0,
    "figure.constrained_layout.wspace": 0.12,
    "figure.constrained_layout.hspace": 0.06,
    # Two runs of one cell must give the same SVG: ids come from a fixed salt, no date is written, and
    # Matplotlib leaves out no point for lying on a line, which the last bit of a number can decide.
    "svg.hashsalt": "slopes",
    "path.simplify": False,
}


def use_style():
    """Set the book's style. The face of the text comes with the package.

    Examples
    --------
    >>> use_style()
    >>> plt.rcParams["font.family"]
    ['Slopes Serif']
    """
    if _FACE not in font_manager.get_font_names():
        font_manager.fontManager.addfont(Path(__file__).parent / "face" / "slopes-serif.ttf")
    plt.rcParams.update(_STYLE)


def panels(wide=(1, 1, 3.6), narrow=None, ratios=None, **how):
    """Let a figure be drawn twice, for wide windows and for narrow ones, and show both as one.

    What stands in the loop runs once for each. Shrunk to a telephone, the drawing for wide windows would
    have letters half as large as the text's; there it is another one, with fewer panels side by side.

    Parameters
    ----------
    wide, narrow : tuple of (int, int, float), optional
        How many rows and columns of panels there are, and how high they are together, in inches; in
        narrow windows as many as in wide ones, and a fifth less high, by default.
    ratios : list of float, optional
        How panels share the length of their row, or of their only column.
    **how
        What else `Figure.subplots` takes.

    Yields
    ------
    matplotlib.axes.Axes or array of them
        The panel, or the panels row by row.

    Examples
    --------
    >>> for one, other in panels((1, 2, 3), (2, 1, 5)):
    ...     print(is_narrow(one), one.get_subplotspec().is_last_row())
    False True
    True False
    <a figure for wide and for narrow windows>
    """
    narrow = narrow or (*wide[:2], 0.8 * wide[2])
    drawn = []
    for (width, letters), (rows, columns, height) in zip(WIDTHS, (wide, narrow), strict=True):
        # Numbers at the axes are made when they are drawn: that, too, in letters of this size.
        with plt.rc_context({"font.size": letters}):
            figure = Figure(figsize=(width, height), layout="constrained")
            shared = "width_ratios" if columns > 1 else "height_ratios"
            axes = figure.subplots(rows, columns, **{shared: ratios}, **how)
            if rows > wide[0]:
                _STACKED.add(figure)
            yield axes.ravel() if rows * columns > 1 else axes
            _settle(figure)
            drawn.append((figure, as_svg(figure)))
    _show(_Both(*drawn))


class _Both:
    """The two drawings of a figure, as one output of a cell.

    A small PNG goes with them, for where a notebook is not trusted: there JupyterLab shows no SVG.
    """

    def __init__(self, wide, narrow):
        self.figure, self.wide = wide
        self.narrow = narrow[1]

    def __repr__(self):
        return "<a figure for wide and for narrow windows>"

    def _repr_svg_(self):
        return self.wide

    def _repr_png_(self):
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=_COARSE)
        return _small(file.getvalue())

    def _repr_mimebundle_(self, **_):
        return {NARROW: self.narrow}


def _show(value):
    try:
        from IPython.display import display
    except ImportError:
        display = print
    display(value)


def is_narrow(ax):
    """Say whether axes belong to a drawing for narrow windows.

    >>> is_narrow(Figure(figsize=(3, 3)).subplots())
    True
    """
    return bool(ax.figure.get_figwidth() < (WIDTHS[0][0] + WIDTHS[1][0]) / 2)


def _settle(figure):
    """Give all axes one frame, and each name a place where nothing is in its way."""
    below = [ax for ax in figure.axes if not ax.get_subplotspec().is_first_row()]
    if any(map(_is_plot, below)) or any(ax.get_title(loc="left") for ax in below):
        apart = _ABOVE if all(ax.get_title(loc="left") for ax in below) else _APART
        rows = below[0].get_subplotspec().get_gridspec().nrows
        figure.get_layout_engine().set(hspace=apart * rows / figure.get_figheight())
    for ax in filter(_is_plot, figure.axes):
        _number(ax)
    figure.draw_without_rendering()
    for ax in figure.axes:
        _make_room(ax)
    for ax in figure.axes:
        _join(ax)
        _name_once(ax, figure.axes)
        for axis in (ax.xaxis, ax.yaxis):
            _spread(axis)
    planes = [ax for ax in figure.axes if _is_plot(ax) and ax.get_aspect() != "auto"]
    for ax in planes:
        ax.set_aspect("auto")  # until the figure is as high as they need it
    figure.draw_without_rendering()
    _stretch(figure, planes)
    for ax in planes:
        ax.set_aspect("equal")
    figure.draw_without_rendering()
    for ax in figure.axes:
        names = [text for text in ax.texts if text in _WAYS and text.get_text()]
        for name in names:
            name.set_visible(False)
        for name in names:
            name.set_visible(True)
            move_clear(name, _WAYS[name], _OWN.get(name))
        for name in ax.texts:
            for arrow in _HELD.get(name, ()):
                _keep_off(arrow, name)


def _keep_off(arrow, name):
    """Let an arrow that starts at the middle of a name be seen from where it is clear of it."""
    start, end = arrow.axes.transData.transform([arrow.xyann, arrow.xy])
    way = np.abs(end - start) / np.hypot(*(end - start))
    half = name.get_window_extent().padded((CLEAR + 1) * pixel(name)).size / 2
    with np.errstate(divide="ignore"):
        arrow.arrow_patch.shrinkA = np.min(half / way) * 72 / name.figure.dpi


def _number(ax):
    """Let each panel have its own numbers where panels stand below each other only in narrow windows.

    An axis that leaves its numbers to another is not drawn: it would mean nothing.
    """
    if ax.figure in _STACKED and len(ax.get_shared_x_axes().get_siblings(ax)) > 1:
        ax.tick_params("x", labelbottom=True)
    if not any(label.get_visible() for label in ax.get_xticklabels()):
        ax.spines["bottom"].set_visible(False)
        ax.tick_params("x", length=0)


def _make_room(ax):
    """Let the axis stand clear below what is drawn.

    That is where it reaches below all lines of the grid, or runs along the lowest.
    """
    lower, upper = ax.get_ylim()
    ticks = [t for t in ax.get_yticks() if lower <= t <= upper]
    if not (ax.axison and ticks and ax.spines["bottom"].get_visible()):
        return
    lowest = ax.transData.transform((0, min(ticks)))[1]
    along = any(_lies_on(curve, min(ticks), _A_PART) for curve in ax.lines)
    if along or _foot(ax) < lowest - _ON_IT * pixel(ax):
        wanted = lowest - 1.1 * _SIDE_BY_SIDE * pixel(ax)
        ax.set_ylim(bottom=min(lower, ax.transData.inverted().transform((0, wanted))[1]))


def _foot(ax):
    """Return how low something is drawn, in these axes or in those that share their numbers."""
    lowest = math.inf
    for one in ax.get_shared_y_axes().get_siblings(ax):
        for shape in [*one.lines, *one.collections]:
            if shape in one.lines:
                low = np.nanmin(shape.get_transform().transform(shape.get_xydata())[:, 1])
            else:
                low = one.transData.transform(shape.get_datalim(one.transData))[0, 1]
            cut = one.bbox.y0 if shape.get_clip_on() else -math.inf
            lowest = min(lowest, max(low, cut) - one.bbox.y0)
    return ax.bbox.y0 + lowest


def _name_once(ax, others):
    """Leave the name of an axis to the last of the panels side by side that have the same."""
    row = ax.get_subplotspec().rowspan
    for other in others[others.index(ax) + 1 :]:
        beside = other.get_subplotspec().rowspan == row
        if beside and other.get_xlabel() == ax.get_xlabel() and other.get_xlim() == ax.get_xlim():
            ax.set_xlabel("")


def _join(ax):
    """Let the axis be the lowest line of the grid where the two would run side by side.

    A line of the grid, or the axis, on which a curve lies all along makes way for it.
    """
    spine, heights = ax.spines["bottom"], ax.get_yticks()
    lines = [line for line in ax.yaxis.get_gridlines() if line.get_visible()]
    lower, upper = sorted(ax.get_ylim())
    ticks = [t for t in heights if lower <= t <= upper]
    if not (ax.axison and lines and ticks):
        return
    place = ax.transData.transform((0, min(ticks)))[1] - ax.get_window_extent().y0
    beside = 0 < place < _SIDE_BY_SIDE * pixel(ax) and not ax.yaxis_inverted()
    beside = beside and _foot(ax) > ax.bbox.y0 + place - _ON_IT * pixel(ax)
    if spine.get_visible() and beside:
        spine.set_position(("data", min(ticks)))
        spine.set_zorder(1.5)  # under what is drawn
    for line, height in zip(lines, heights, strict=False):
        # On an edge where no axis is drawn a line is as broad as elsewhere.
        if height == upper or (height == lower and not spine.get_visible()):
            line.set_clip_on(False)
        if any(_lies_on(curve, height) for curve in ax.lines):
            line.set_visible(False)
            if beside and height == min(ticks):
                spine.set_visible(False)


def _lies_on(curve, height, share=0.85):
    """Whether a curve is level at a height for a share of its axes, nearly all by default."""
    x, y = (np.asarray(data, dtype=float) for data in curve.get_data())
    if curve.get_linestyle() == "None" or curve.get_alpha() or len(x) < 2:
        return False
    box = curve.axes.get_window_extent()
    places = curve.get_transform().transform(np.column_stack([x, y]))
    there = curve.axes.transData.transform((x[0], height))[1]
    level = np.abs(places[:, 1] - there) < 2 * pixel(curve)
    return np.diff(places[:, 0])[level[:-1] & level[1:]].sum() > share * box.width


def _stretch(figure, planes):
    """Let axes begin where those of an explorer begin, if there is room, and end where the text does."""
    first, last = (
        [ax for ax in figure.axes if at_end(ax.get_subplotspec())]
        for at_end in (SubplotSpec.is_first_col, SubplotSpec.is_last_col)
    )
    if not all(map(_is_plot, last)):
        return
    width, letter = figure.bbox.width, plt.rcParams["font.size"] / 72 * figure.dpi
    left, right = (ax.get_position(original=True) for ax in (first[0], last[0]))
    numbered = all(_is_plot(ax) and len(ax.get_yticks()) for ax in first)
    begin = max(left.x0, LEFT * letter / width) if numbered else left.x0
    # Names may stand beyond the end, and half of its number.
    beyond = [
        text.get_window_extent().x1 - ax.get_window_extent().x1
        for ax in last
        for text in [*ax.texts, *_numbers(ax.xaxis)]
    ]
    end = 1 - max([0, *beyond]) / width
    start = begin - left.x0
    figure.get_layout_engine().set(rect=(start, 0, 1 - start + end - right.x1, 1))
    figure.draw_without_rendering()
    _fit_height(figure, planes)
    figure.set_layout_engine("none")  # what follows takes no room


def _fit_height(figure, planes):
    """Make a figure as high as the planes in it need to be to fill its width."""
    for _ in range(2 * bool(planes)):  # the room between them grows, too
        missing = {}
        for ax in planes:
            box = ax.get_position()
            wanted = box.width * figure.get_figwidth() * ax.get_data_ratio()
            row = ax.get_subplotspec().rowspan.start
            missing[row] = wanted - box.height * figure.get_figheight()
        figure.set_figheight(figure.get_figheight() + sum(missing.values()))
        figure.draw_without_rendering()


def _numbers(axis):
    """Return the numbers that are seen at an axis."""
    lower, upper = sorted(axis.get_view_interval())
    labels = [tick.label1 for tick in axis.get_major_ticks() if lower <= tick.get_loc() <= upper]
    return [label for label in labels if label.get_visible() and label.get_text()]


def _is_plot(ax):
    """Whether axes have numbers, and are not a picture or a drawing."""
    return ax.axison and len(ax.get_xticks()) > 0


def _spread(axis):
    """Keep one in two numbers of an axis where they are too close, or one in four. Names are kept."""
    labels = axis.get_majorticklabels()
    places, texts = axis.get_majorticklocs(), [label.get_text() for label in labels]
    if any(text[:1].isalpha() for text in texts):
        return
    boxes = [label.get_window_extent().padded(3) for label in labels if label.get_visible()]
    every = 1
    while any(a.overlaps(b) for a, b in pairwise(boxes[::every])):
        every *= 2
    if every > 1:
        axis.set_ticks(places, ["" if k % every else text for k, text in enumerate(texts)])


def _small(png):
    """Return a PNG with a palette of 16 colours."""
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(16, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def draw_curve(ax, function, values, span, **style):
    """Draw ``values`` (the function or its derivative) over ``span``, with a gap at each kink.

    Returns the lines, from left to right.

    >>> from slopes import relu
    >>> ax = plt.figure().subplots()
    >>> len(draw_curve(ax, relu, relu.derivative, (-1, 1)))
    2
    """
    inside = [k.at for k in function.kinks if span[0] < k.at < span[1]]
    lines = []
    for lower, upper in pairwise([span[0], *inside, span[1]]):
        x = np.linspace(lower, upper, _points(function, values, lower, upper))
        # A hair inside the branch, so that the value taken at the kink belongs to neither side.
        hair = 1e-9 * (upper - lower)
        x[0], x[-1] = lower + hair, upper - hair
        lines += ax.plot(x, values(x), **{"color": VALUE, "linestyle": "-", **style})
    return lines


def _points(function, values, lower, upper):
    """Return how many points a branch needs: two where it is straight."""
    inside = lower + (upper - lower) * np.array([0.01, 0.3, 0.6, 0.99])
    bends = np.diff(values(inside) / 1.0, 1) / np.diff(inside)
    return 2 if np.ptp(bends) < 1e-9 else 121


def label_curve(line, text, at, side):
    """Write ``text`` beside a curve, in its colour.

    Parameters
    ----------
    line : matplotlib.lines.Line2D
        The curve.
    text : str
        Its name.
    at : float
        Beside which point: a place on the horizontal axis.
    side : str
        On which side of that point: "above", "below", "left", "right", or two of them ("above left").

    Returns
    -------
    matplotlib.text.Annotation

    Examples
    --------
    >>> (line,) = plt.figure().subplots().plot([0, 2], [0, 4])
    >>> label_curve(line, "twice", 1, "below right")
    Text(7.0, -7.0, 'twice')
    """
    x, y = (np.asarray(data, dtype=float) for data in line.get_data())
    order = np.argsort(x)
    place = at, np.interp(at, x[order], y[order])
    name = label_point(line.axes, text, place, side, line.get_color())
    _OWN[name] = line
    return name


def label_point(ax, text, at, side="right", color=INK):
    """Write ``text`` beside a place of the axes; ``side`` is as in `label_curve`.

    >>> label_point(plt.figure().subplots(), "here", (0, 0), "above")
    Text(0.0, 7.0, 'here')
    """
    words = side.split()
    up = ("above" in words) - ("below" in words)
    across = ("right" in words) - ("left" in words)
    # Until the figure settles.
    offset = 7.0 * across, 7.0 * up
    name = ax.annotate(
        text,
        at,
        offset,
        textcoords="offset points",
        ha={-1: "right", 0: "center", 1: "left"}[across],
        va={-1: "top", 0: "center", 1: "bottom"}[up],
        color=_WRITTEN.get(color, color),
    )
    _WAYS[name] = across, up
    return name


def plot_with_derivative(function, span=(-6, 6), ax=None, labels=(), dash="-"):
    """Draw a function of one variable and its derivative over ``span``.

    At a kink a dot shows the value that the code takes there, and an open circle the end of a branch
    that does not have it.

    Parameters
    ----------
    function : Elementwise
        An activation, or a loss with a fixed target.
    span : pair of float
        The ends of the horizontal axis.
    ax : matplotlib.axes.Axes, or a pair of them, optional
        Where to draw, or where the function and where its derivative; new axes by default.
    labels : pair of (float, str)
        Where the names of the function and of its derivative stand, as for `label_curve`; without, the
        curves have none.
    dash : str or tuple
        The dashes of the derivative, where curves without names need them.

    Returns
    -------
    matplotlib.axes.Axes
        Those of the derivative.

    Examples
    --------
    >>> from slopes import relu
    >>> len(plot_with_derivative(relu).lines) > 2
    True
    """
    above, ax = ax if isinstance(ax, tuple) else [ax or plt.subplots()[1]] * 2
    values = draw_curve(above, function, function, span)
    slopes = draw_curve(ax, function, function.derivative, span, color=SLOPE, linestyle=dash)
    names = _called(function), _called(function, "'")
    for name, lines, (at, side) in zip(names, (values, slopes), labels, strict=False):
        branch = next(line for line in lines if at <= line.get_xdata()[-1] + 1e-6)
        label_curve(branch, name, at, side)
    for kink in function.kinks:
        if span[0] <= kink.at <= span[1]:
            for end in (kink.left, kink.right):
                if math.isfinite(end) and end != kink.value:
                    open_circle(ax, kink.at, end, SLOPE)
            ax.plot(kink.at, kink.value, "o", color=SLOPE, markersize=8, zorder=4)
    ax.set_xlabel(f"${function.variable}$")
    return ax


def stack(lowest=-0.4):
    """Let a figure be drawn as `panels` does, values above and slopes below, on one scale.

    The values reach down to ``lowest``.

    >>> for above, below in stack():
    ...     print(above.get_shared_x_axes().joined(above, below))
    True
    True
    <a figure for wide and for narrow windows>
    """
    for above, below in panels((2, 1, 5), ratios=[3.2 - lowest, 1.4], sharex=True):
        above.set_ylim(lowest, 3.2)
        below.set_ylim(-0.2, 1.2)
        yield above, below


def _called(function, prime=""):
    """Return what a function's value, or its slope, is called, as a formula.

    Before a prime the name of an operator is plain letters, since an operator keeps its distance.
    """
    symbol = function.symbol.replace(r"\operatorname", r"\mathrm").replace(
        r"\tanh", r"\mathrm{tanh}"
    )
    return f"${symbol}{prime}({function.variable})$"


def open_circle(ax, x, y, color=VALUE):
    """Mark the end of a branch that does not belong to it.

    >>> open_circle(plt.figure().subplots(), 0, 1).get_markerfacecolor()
    'white'
    """
    style = {"color": color, "markerfacecolor": "white", "markeredgewidth": 1.6, "zorder": 3}
    return ax.plot(x, y, "o", markersize=8, **style)[0]


def plot_tangent(function, at, span=(-6, 6), ax=None, reach=0.14, sides=None, name=None, digits=2):
    """Draw a function over ``span`` with its tangents at the points ``at``, each marked with its slope.

    Parameters
    ----------
    function : Elementwise
        An activation, or a loss with a fixed target.
    at : array_like of shape (n,)
        The points.
    span : pair of float
        The ends of the horizontal axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.
    reach : float
        The share of the span that a tangent reaches to either side.
    sides : list of str, optional
        On which side of each point its slope is written, as for `label_curve`; by default away from
        the curve, on the right.
    name : (float, str), optional
        Where the function's name stands, as for `label_curve`.
    digits : int
        With how many significant digits the slopes are written.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from slopes import sigmoid
    >>> [text.get_text() for text in plot_tangent(sigmoid, [0.0]).texts]
    ['slope 0.25']
    """
    ax = ax or plt.subplots()[1]
    (line, *_) = draw_curve(ax, function, function, span)
    points = np.atleast_1d(at)
    # All tangents look as long as each other on axes of the usual shape.
    width, height = span[1] - span[0], np.ptp(line.get_ydata())
    for k, point in enumerate(points):
        value, slope = function(point), function.derivative(point)
        half = reach * width / math.hypot(1, 0.6 * slope * width / height)
        x = np.array([point - half, point + half])
        ax.plot(x, value + slope * (x - point), color=SLOPE, linestyle="-", linewidth=2 * _PIXEL)
        ax.plot(point, value, "o", color=SLOPE)
        side = sides[k] if sides else "below right" if slope >= 0 else "above right"
        label_point(ax, f"slope {_short(slope, digits)}", (point, value), side, SLOPE)
    if name:
        label_curve(line, _called(function), *name)
    ax.set_xlabel(f"${function.variable}$")
    return ax


def plot_errors(steps, errors, labels, ax=None):
    """Draw errors against step sizes, both on logarithmic axes.

    Parameters
    ----------
    steps : array_like of shape (n,)
        The step sizes.
    errors : dict of str to array_like of shape (n,)
        For each method its errors; zeros are left out, as a logarithm must.
    labels : dict of str to (float, str)
        For each method beside which step, and on which side, its name stands.

    Examples
    --------
    >>> ax = plot_errors([1e-1, 1e-2], {"forward": [1e-1, 1e-2]}, {"forward": (1e-2, "right")})
    >>> ax.get_xscale(), ax.get_yscale()
    ('log', 'log')
    """
    ax = ax or plt.subplots()[1]
    # Marks of two methods that agree stand between each other, not on top.
    # The last method is a thin line behind the others, which shows between their dashes.
    marks = [("o", VALUE, VALUE, 0), ("s", VALUE, VALUE, 0), ("D", GREY, "white", 3)]
    lines = [(DASHES[0], 1.8, 2.2), (DASHES[1], 1.8, 2.2), ("-", 1, 2.1)]
    for (name, values), (dash, broad, above), (marker, color, fill, first) in zip(
        errors.items(), lines, marks, strict=False
    ):
        values = np.where(np.asarray(values) > 0, values, np.nan)
        style = {"linestyle": dash, "color": color, "marker": marker, "markerfacecolor": fill}
        style |= {"markersize": 5, "markevery": (first, 6), "linewidth": broad, "zorder": above}
        (line,) = ax.loglog(steps, values, **style)
        label_curve(line, name, *labels[name])
    ax.set(xlabel="step $h$", title="error")
    return ax


def draw_arrow(ax, start, end, color=GREY, **how):
    """Draw an arrow from one place of the axes to another; ``how`` is what `annotate` takes.

    >>> draw_arrow(plt.figure().subplots(), (0, 0), (1, 1)).get_text()
    ''
    """
    arrow = {"arrowstyle": "-|>", "color": color, "linewidth": 1.5 * _PIXEL, "shrinkA": 0}
    return ax.annotate("", end, start, arrowprops=arrow | {"shrinkB": 0} | how)


def plot_graph(nodes, edges, ax=None):
    """Draw a computation as circles with their values, joined by arrows with their local slopes.

    It runs from left to right, and in a narrow window from top to bottom.

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
    # Where slopes of the last node are shown, they alone have the colour of slopes.
    written = GREY if any(len(node) > 2 for node in nodes.values()) else SLOPE
    heights = {node[0][1] for node in nodes.values()}
    turned = _turn if is_narrow(ax) else np.array
    for (start, end), slope in edges.items():
        a, b = np.array(nodes[start][0]), np.array(nodes[end][0])
        if a[1] == b[1]:
            draw_arrow(ax, turned(a), turned(b), shrinkA=18, shrinkB=18.5)
            # Of a row that runs down the values are on the left.
            out = -15 if len(heights) == 1 and is_narrow(ax) else 15
            _label(ax, turned((a + b) / 2), slope, turned((0, out)), color=written)
            continue
        # In a gap of the arrow: in its middle, and nearer to its start where arrows cross.
        crossed = any(
            (a[1] - nodes[p][0][1]) * (b[1] - nodes[q][0][1]) < 0 and a[0] == nodes[p][0][0]
            for p, q in edges
        )
        place = a + (0.3 if crossed else 0.5) * (b - a)
        parts = (
            draw_arrow(ax, turned(place), turned(a), arrowstyle="-", shrinkB=18),
            draw_arrow(ax, turned(place), turned(b), shrinkB=18.5),
        )
        _HELD[_label(ax, turned(place), slope, (0, 0), color=written)] = parts
    for name, (place, *numbers) in nodes.items():
        place = turned(place)
        ax.plot(*place, "o", ms=34, color="white", mec=INK, mew=1.4 * _PIXEL)
        _label(ax, place, f"${name}$", (0, 0), size=17)
        for number, height, color in zip(numbers, (28, -29), (VALUE, SLOPE), strict=False):
            _label(ax, place, number, turned((0, height)), color=color)
    ax.margins(*((0.34, 0.1) if is_narrow(ax) else (0.07, 0.34)))
    if len(heights) == 1 and not is_narrow(ax):
        ax.set_ylim(-0.6, 1)  # a row has its values above it, and less below
    ax.axis("off")
    return ax


def _turn(place):
    """Return where a place is when what ran to the right runs down."""
    return np.array((-place[1], -place[0]))


def _label(ax, place, text, offset, color=INK, **style):
    """Write a number or a text beside a place, on the side to which the offset, in points, leads."""
    if not isinstance(text, str):
        text = _short(text, 3)
    across, up = np.sign(offset)
    # Straight above or below it the middle of the text stands; to a side, the end that is nearer.
    style.setdefault("ha", {-1: "right", 0: "center", 1: "left"}[across])
    style["va"] = "center" if not (across and up) else "bottom" if up > 0 else "top"
    style["color"] = _WRITTEN.get(color, color)
    return ax.annotate(text, place, xytext=offset, textcoords="offset points", **style)


def _short(value, digits):
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def set_ticks(ax, x=None, y=None):
    """Mark the few places of the axes that mean something, each written as short as it can be.

    >>> ax = plt.figure().subplots()
    >>> set_ticks(ax, y=[0, 0.25, 1])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['0', '0.25', '1']
    """
    for axis, places in ((ax.xaxis, x), (ax.yaxis, y)):
        if places is not None:
            axis.set_ticks(places, [_short(place, 4) for place in places])


def set_plane(ax, x, y, names=("$x_1$", "$x_2$"), title=""):
    """Make the axes those of a plane: one scale for both, with the places ``x`` and ``y`` marked.

    As in every figure, the name of each axis stands at its end: that of the vertical one, where there is
    a title, above its numbers. Of panels that share their axes, those in the first column and in the
    last row have the names and the numbers; and all that stand below each other only where it is narrow.

    >>> ax = plt.figure().subplots()
    >>> set_plane(ax, [-1, 0, 1], [0, 1])
    >>> ax.get_xlabel(), ax.get_title(loc="left")
    ('$x_1$', '$x_2$')
    """
    set_ticks(ax, x, y)
    ax.set_xlabel(names[0])
    # The name of the axis stands in a line of its own, below the title.
    pad = plt.rcParams["axes.titlepad"]
    ax.set_title(title or names[1], loc="left", pad=3 * pad if title else pad)
    if title and ax.get_subplotspec().is_first_col():
        above = (-15 * _PIXEL, pad)
        how = {"xycoords": "axes fraction", "textcoords": "offset points"}
        ax.annotate(names[1], (0, 1), above, ha="right", color=QUIET, **how)
    if ax.figure not in _STACKED:
        ax.label_outer()
    ax.set_aspect("equal")


def draw_classes(ax, positive, negative):
    """Draw the points of two classes: dots, and crosses.

    >>> ax = plt.figure().subplots()
    >>> draw_classes(ax, np.zeros((3, 2)), np.ones((2, 2)))
    >>> [len(line.get_xdata()) for line in ax.lines]
    [3, 2]
    """
    crowded = is_narrow(ax) and ax.get_subplotspec().get_gridspec().ncols > 1
    size, line = (3, 1.3) if crowded else (5.5, 2)
    ax.plot(*positive.T, "o", color=INK, markersize=size)
    ax.plot(*negative.T, "x", color=INK, markersize=size + 1, mew=line * _PIXEL)


def shade_positive(ax, across, up, values):
    """Shade where ``values`` on a grid are positive, and draw the line where they change sign.

    >>> ax = plt.figure().subplots()
    >>> shade_positive(ax, [0, 1], [0, 1], np.array([[-1, 1], [-1, 1]]))
    """
    # The grid shows through.
    ax.contourf(across, up, values, [0, 1e9], colors=["#A39A75"], alpha=0.4)
    ax.contour(across, up, values, [0], colors=INK, linewidths=2 * _PIXEL)


def draw_frame(ax, color=GREY):
    """Draw a frame round axes, all of it inside, so that no edge of a figure cuts it.

    >>> ax = plt.figure().subplots()
    >>> draw_frame(ax)
    >>> bool(ax.spines["top"].get_visible())
    True
    """
    ax.spines[:].set(visible=True, color=color, linewidth=_PIXEL, capstyle="butt")
    ax.spines[:].set_position(("outward", -_PIXEL / 2))


def draw_pixels(ax, picture, signed=False):
    """Draw a picture, pixel by pixel: ink in grey, or slopes in the colours of their signs.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    picture : array_like of shape (n * n,) or (m, n)
        The pixels, row by row from the top; of a square picture in one row, too.
    signed : bool
        Whether the numbers are slopes, of which the largest gets the full colour.

    Examples
    --------
    >>> ax = plt.figure().subplots()
    >>> draw_pixels(ax, [0, 1, 1, 0])
    >>> bool(ax.yaxis_inverted())
    True
    """
    pixels = np.asarray(picture)
    if pixels.ndim == 1:
        side = math.isqrt(len(pixels))
        pixels = pixels.reshape(side, side)
    if signed:  # rounded, so that every processor draws the same colours
        pixels = (pixels / np.abs(pixels).max()).round(2)
    colors = {"cmap": SIGNS, "vmin": -1, "vmax": 1} if signed else {"cmap": "Greys"}
    # A picture in the drawing: between its pixels there are no seams.
    drawn = ax.imshow(pixels, **colors, interpolation="none")
    drawn.set_gid(None if signed else f"paper-{ax.figure.axes.index(ax)}")
    # White pixels are as white as the paper: a frame shows where the picture ends.
    ax.patch.set_visible(False)
    draw_frame(ax)
    ax.set(xticks=[], yticks=[], anchor="NW")
    ax.grid(False)


def plot_neuron(ax=None):
    """Draw one neuron and its loss as a chain: values go forward, slopes come back.

    It runs from left to right, and in a narrow window from top to bottom.

    >>> ax = plot_neuron()
    >>> [text.get_text() for text in ax.texts if len(text.get_text()) == 3]
    ['$w$', '$z$', '$a$', '$L$', '$x$']
    """
    ax = ax or plt.subplots(figsize=(6, 2))[1]
    narrow = is_narrow(ax)
    turned = _turn if narrow else np.array
    stations = [turned((place, 0)) for place in range(4)]
    ax.plot(*np.transpose(stations), "o", ms=38, color="white", mec=INK, mew=1.4 * _PIXEL, zorder=3)
    for station, name in zip(stations, ["$w$", "$z$", "$a$", "$L$"], strict=True):
        _label(ax, station, name, (0, 0), size=19)
    forward = {"color": VALUE, "linewidth": 2.5 * _PIXEL, "shrinkA": 19, "shrinkB": 20}
    # Back beside the row, from a circle's lower left to the lower right of the one before.
    rad = 0.45 if narrow else -0.45
    back = {"connectionstyle": f"arc3,rad={rad}", "shrinkA": 22, "shrinkB": 23}
    back = forward | back | {"color": SLOPE}
    stages = [("$wx + b$", "$x$"), (r"$\sigma(z)$", r"$\sigma'(z)$"), ("$(a - y)^2$", "$2(a - y)$")]
    for (start, end), (value, slope) in zip(pairwise(stations), stages, strict=True):
        draw_arrow(ax, start, end, **forward)
        draw_arrow(ax, end, start, **back)
        _label(ax, (start + end) / 2, value, turned((0, 15)), VALUE)
        _label(ax, (start + end) / 2, slope, (26, 0) if narrow else (0, -40), SLOPE)
    if narrow:
        _label(ax, stations[0], "forward:\nvalues", (-26, 0), VALUE)
        _label(ax, stations[3], "backward: slopes,\nmultiplied", (26, 0), SLOPE)
        ax.set(xlim=(-1, 1.4), ylim=(-3.3, 0.3))
    else:
        _label(ax, stations[0], "forward: values", (0, 42), VALUE)
        _label(ax, stations[3], "backward: slopes, multiplied", (0, -64), SLOPE, ha="right")
        ax.set(xlim=(-0.3, 3.3), ylim=(-1.3, 1))
    ax.axis("off")
    return ax


def as_svg(figure):
    """Return a figure as SVG, the same on every machine, and close it.

    >>> as_svg(plot_neuron().figure).startswith("<?xml")
    True
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata=dict.fromkeys(("Date", "Creator")))
    plt.close(figure)
    return lighten(file.getvalue())
