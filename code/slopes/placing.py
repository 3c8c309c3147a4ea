"""Names in figures: beside what they name, and clear of all that is drawn.

Whoever draws says at which place a name belongs and on which side of it. How far away it stands is
found here, in each drawing anew: as near as a few free pixels allow.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from matplotlib import cbook
from matplotlib.text import Text
from matplotlib.textpath import TextPath

__all__ = ["AIR", "CLEAR", "move_clear", "pixel"]

#: How many pixels of a page stay free between a name and what is drawn, and between it and a line of
#: the grid; and how far from its place a name may stand.
CLEAR, AIR, _FAR = 6, 4, 60


def pixel(artist):
    """Return how long a pixel of a page is where an artist is drawn.

    >>> from matplotlib.figure import Figure
    >>> pixel(Figure(dpi=192))
    2.0
    """
    return artist.figure.dpi / 96


def move_clear(name, way, own=None):
    """Move a name away from its place to one side, as little as possible, until nothing is near.

    The name of a curve comes no nearer to anything else than to its own curve, if there is such a place.

    Parameters
    ----------
    name : matplotlib.text.Annotation
        The name, with its offset in points.
    way : pair of int
        On which side of its place it stands: across and up, each -1, 0 or 1.
    own : matplotlib.lines.Line2D, optional
        The curve that it names.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> _ = ax.plot([0, 1], [0, 1])
    >>> name = ax.annotate("rises", (0.5, 0.5), (0, 0), textcoords="offset points")
    >>> move_clear(name, (1, -1))
    >>> [int(step) for step in np.sign(name.xyann)]
    [1, -1]
    """
    ax, unit, way = name.axes, pixel(name), np.array(way)
    name.set(ha="left", va="baseline", ma={-1: "right", 0: "center", 1: "left"}[way[0]])
    name.xyann = 0, 0
    box = _ink(name)
    # The end, or the middle, of the name that is nearest to its place comes there first.
    nearest = box[0] + (1 - way) / 2 * (box[1] - box[0])
    start = ax.transData.transform(name.xy) - nearest
    drawn = _drawn(ax)
    points, reach = (np.concatenate(parts) for parts in list(zip(*drawn, strict=True))[1:])
    named = np.concatenate([np.full(len(where), artist is own) for artist, where, _ in drawn])
    heights = _lines(ax)
    others = [_ink(text) for text in _texts(ax) if text is not name]
    left, right = ax.get_window_extent().intervalx
    size = name.figure.bbox.size

    def struck(box):
        low, high = box[0, 1] - AIR * unit, box[1, 1] + AIR * unit
        return left < box[1, 0] and box[0, 0] < right and any((low < heights) & (heights < high))

    def free(box, own):
        gaps = np.maximum(0, np.maximum(box[0] - points, points - box[1]))
        gaps = np.hypot(*gaps.T) - reach
        return (
            gaps.min(initial=math.inf) >= CLEAR * unit
            and (own is None or gaps[named].min() <= gaps[~named].min(initial=math.inf))
            and not struck(box)
            and ((box >= 0) & (box <= size)).all()
            and all(np.maximum(box[0] - b[1], b[0] - box[1]).max() > CLEAR * unit for b in others)
        )

    shifts = _shifts(*way) * unit
    tries = ((shift, o) for o in dict.fromkeys([own, None]) for shift in shifts)
    shift = next((s for s, o in tries if free(box + start + s, o)), 2 * CLEAR * unit * way)
    name.xyann = tuple((start + shift) / unit * 72 / 96)


@cache
def _shifts(across, up):
    """Return the ways in pixels, the short ones first, that lead to one side and not to the other."""
    steps = np.arange(-_FAR, _FAR + 1)
    ways = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    for k, side in enumerate((across, up)):
        # Where neither side is named a name may slide a little.
        ways = ways[ways[:, k] * side >= 0 if side else abs(ways[:, k]) <= _FAR / 2]
    return ways[np.argsort(np.hypot(*ways.T), kind="stable")]


def _ink(text):
    """Return the box of what a text shows, by its lower left and its upper right corner."""
    box, words = text.get_window_extent().get_points(), text.get_text()
    if "\n" in words or text.get_va() != "baseline" or text.get_ha() != "left":
        return box
    letters = TextPath((0, 0), words, text.get_fontsize(), prop=text.get_fontproperties())
    start = text.get_transform().transform(text.get_position())
    return start + letters.get_extents().get_points() * text.figure.dpi / 72


def _texts(ax):
    """Return all that is written in and around axes."""
    numbers = [*ax.get_xticklabels(), *ax.get_yticklabels()] if ax.axison else []
    titles = [text for text in ax.get_children() if isinstance(text, Text)]
    texts = [*titles, *numbers, ax.xaxis.label]
    return [text for text in texts if text.get_visible() and text.get_text()]


def _lines(ax):
    """Return how high the lines of the grid, and the axis, stand."""
    lines = [*ax.get_ygridlines(), ax.spines["bottom"]] if ax.axison else []
    return np.array([line.get_window_extent().y0 for line in lines if line.get_visible()])


def _drawn(ax):
    """Return what is drawn in axes: each artist, dense points on it, how far its ink reaches around."""
    found, inch = [(None, np.empty((0, 2)), np.empty(0))], ax.figure.dpi / 72

    def add(artist, where, size):
        found.append((artist, where, np.full(len(where), size / 2 * inch)))

    for line in ax.lines:
        step = cbook.STEP_LOOKUP_MAP[line.get_drawstyle()]
        path = line.get_transform().transform(np.transpose(step(*line.get_data(orig=False))))
        if line.get_linestyle() != "None":
            add(line, _dense(path, ax, line.get_clip_on()), line.get_linewidth())
        if line.get_marker() != "None":
            marked = line.get_transform().transform(line.get_xydata())
            add(line, marked, line.get_markersize() + line.get_markeredgewidth())
    for text in ax.texts:
        if getattr(text, "arrow_patch", None):
            ends = ax.transData.transform([text.xyann, text.xy])
            add(text, _dense(ends, ax, False), 6)  # the head is as wide
    for patch in ax.patches:
        for piece in patch.get_transform().transform_path(patch.get_path()).to_polygons():
            add(patch, _dense(piece, ax, True), patch.get_linewidth())
    for collection in ax.collections:
        for path in collection.get_paths():
            for piece in path.to_polygons(closed_only=False):
                add(collection, _dense(collection.get_transform().transform(piece), ax, True), 1)
    return found


def _dense(path, ax, clipped):
    """Return points along a path, no more than a pixel apart, that are inside of the axes."""
    path = path[np.isfinite(path).all(axis=1)]
    long = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    along = np.linspace(0, long[-1], max(2, math.ceil(min(long[-1], 20_000))))
    points = np.column_stack([np.interp(along, long, path[:, k]) for k in (0, 1)])
    if clipped:
        (x0, y0), (x1, y1) = ax.get_window_extent().padded(1).get_points()
        points = points[((points >= (x0, y0)) & (points <= (x1, y1))).all(axis=1)]
    return points
