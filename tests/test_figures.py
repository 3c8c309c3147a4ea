"""The figures of all chapters, as they are stored: nothing overlaps a text, and none is heavy.

What stands where is read from the SVG itself.
"""

import gzip
import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from slopes import figures
from slopes.explorer import LEFT
from slopes.svg import lighten

CHAPTERS = Path(__file__).parents[1] / "chapters"
HEAVIEST = 8_000  # bytes of a figure of many panels, compressed
USUAL = 4_500  # bytes of half of the figures
_T = np.linspace(0.1, 1, 10)[:, None]
# The points of a cubic curve, in its ends and controls.
CUBIC = np.hstack([(1 - _T) ** 3, 3 * _T * (1 - _T) ** 2, 3 * _T**2 * (1 - _T), _T**3])
GRID = f"stroke: {figures._STYLE['grid.color'].lower()}"
AXIS = f"stroke: {figures._STYLE['axes.edgecolor'].lower()}"
LINK = "{http://www.w3.org/1999/xlink}href"


WIDE = "image/svg+xml"
SMALLEST = 13  # pixels to the em of a letter, the small ones of formulas among them
CLEAR = 5  # pixels between a name and a curve
AIR = 3  # pixels between a name and a line of the grid
BELOW = 4  # pixels by which a curve that lies on an axis may pass it
LONGEST = 130  # letters of a caption, which has six lines in the margin


def stored():
    """Yield a name, the metadata of the cell and the two drawings of each stored figure."""
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                if WIDE in data:
                    drawn = {kind: "".join(data[kind]) for kind in (WIDE, figures.NARROW)}
                    yield f"{path.stem}: {cell['id']}", cell["metadata"], drawn


FIGURES = list(stored())
DRAWINGS = [
    pytest.param(svg, id=f"{name}{', narrow' * (kind != WIDE)}")
    for name, _, drawn in FIGURES
    for kind, svg in drawn.items()
]


def matrix(text):
    """Return the affine map of a `transform`, as a matrix of two rows."""
    whole = np.eye(3)
    for name, numbers in re.findall(r"(\w+)\(([^)]*)\)", text or ""):
        v = [float(n) for n in re.split(r"[ ,]+", numbers.strip())]
        step = np.eye(3)
        if name == "translate":
            step[:2, 2] = v if len(v) == 2 else (v[0], 0)
        elif name == "scale":
            step[0, 0], step[1, 1] = v[0], v[-1]
        elif name == "rotate":
            turn = np.radians(v[0])
            step[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        elif name == "matrix":
            step[:2] = np.reshape(v, (3, 2)).T
        else:
            raise AssertionError(f"unknown transform {name}")
        whole = whole @ step
    return whole


def points(d, map_):
    """Return the pieces of a path, each as points that it passes."""
    pieces, here, first = [], np.zeros(2), np.zeros(2)
    for command, text in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", d):
        v = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]
        if command == "z":
            pieces[-1].append(first)
            here = first
            continue
        v = {"h": [*v, 0], "v": [0, *v]}.get(command, v)
        ways = np.reshape(v, (-1, 2)) + here
        if command == "m":
            first = ways[0]
            pieces.append([first])
        elif command == "c":
            pieces[-1] += list(CUBIC @ np.vstack([here, ways]))
        else:
            assert command in "lhv", command
            pieces[-1].append(ways[0])
        here = ways[-1]
    return [np.array(piece) @ map_[:2, :2].T + map_[:2, 2] for piece in pieces]


class Drawing:
    """What a figure shows: the boxes of its texts, and the lines and marks between them."""

    def __init__(self, svg):
        root = ET.fromstring(svg)
        self.size = [float(n) for n in root.get("viewBox").split()[2:]]
        self.named = {node.get("id"): node for node in root.iter() if node.get("id")}
        self.clips = {
            node.get("id"): [float(node[0].get(k)) for k in ("x", "y", "width", "height")]
            for node in root.iter()
            if node.tag.endswith("clipPath") and node[0].tag.endswith("rect")
        }
        self.texts, self.lines, self.marks, self.letters = [], [], [], []
        self.names = []  # the texts that are not numbers of an axis
        self.curves = []  # the lines that are not of the grid, and how broad they are
        self.grid = []
        self.axes = []  # of each panel its lowest line, what is drawn in it, and which marks are cut
        self.words = iter(re.findall(r"<g id=\"text_\d+\">[^!]*?<!-- (.*?) -->", svg))
        self.walk(root, np.eye(3), axis=False)

    def walk(self, node, map_, axis, clip=None):
        name, tag = node.get("id", ""), node.tag.rpartition("}")[2]
        map_ = map_ @ matrix(node.get("transform"))
        clip = node.get("clip-path", clip)
        if tag == "defs":
            return
        if re.fullmatch(r"axes_\d+", name):
            self.axes.append({"base": [], "curves": [], "marks": [], "cut": []})
        if re.fullmatch(r"text_\d+", name):
            pieces = list(self.shapes(node, map_))
            if pieces:
                v = np.vstack(pieces)
                self.texts.append((next(self.words, "?"), *v.min(axis=0), *v.max(axis=0)))
                self.names += [] if axis else [self.texts[-1]]
            return
        axis = axis or name.startswith("matplotlib.axis")
        style = node.get("style", "")
        # Of an axis the grid runs where texts can be.
        stroke = GRID if axis else r"stroke: #(?!fff)"
        if tag == "path" and re.search(stroke, style):
            # The frame of a bar or of the figure is none of the lines that can strike a text.
            lines = [self.clipped(p, node) for p in points(node.get("d"), map_)]
            self.lines += lines
            self.grid += lines if axis or AXIS in style else []
            level = [line[0, 1] for line in lines if len(line) == 2 and not np.ptp(line[:, 1])]
            self.axes[-1]["base"] += level if AXIS in style else []
            if not axis and AXIS not in style:
                broad = re.search(r"stroke-width: ([\d.]+)", style)
                self.curves += [(line, float(broad[1]) if broad else 1.0) for line in lines]
                self.axes[-1]["curves"] += [line[:, 1].max() for line in lines]
        if tag == "use" and not axis:
            place = np.array([float(node.get("x", 0)), float(node.get("y", 0))])
            mark = self.named[node.get(LINK)[1:]]
            v = np.vstack(points(mark.get("d"), map_ @ matrix(mark.get("transform")))) + place
            self.marks.append((*v.min(axis=0), *v.max(axis=0)))
            self.axes[-1]["marks"].append(v[:, 1].mean())
            if clip:
                x, y, width, height = self.clips[clip[5:-1]]
                frame = x - 1, y - 1, x + width + 1, y + height + 1
                self.axes[-1]["cut"] += [] if within(self.marks[-1], frame) else [self.marks[-1]]
        for child in node:
            self.walk(child, map_, axis, clip)

    def clipped(self, piece, node):
        """Return a line without the points outside of its axes."""
        clip = re.search(r"url\(#(\w+)\)", node.get("clip-path", ""))
        if not clip:
            return piece
        x, y, width, height = self.clips[clip[1]]
        return np.clip(piece, (x, y), (x + width, y + height))

    def shapes(self, node, map_):
        """Yield the outlines of the letters of a text."""
        for child in node:
            tag = child.tag.rpartition("}")[2]
            if child.get("id", "").startswith("patch"):  # the paper behind it
                continue
            inner = map_ @ matrix(child.get("transform"))
            if tag == "g":
                yield from self.shapes(child, inner)
            elif tag == "use":
                letter = self.named.get(child.get(LINK)[1:])
                if letter is None or not letter.get("d"):  # a space is drawn by nothing
                    continue
                shift = np.eye(3)
                shift[:2, 2] = float(child.get("x", 0)), float(child.get("y", 0))
                # In the units of a letter its em is 100 long.
                self.letters.append(100 * np.hypot(*inner[:2, 0]))
                yield from points(letter.get("d"), inner @ shift @ matrix(letter.get("transform")))
            elif tag == "path":
                yield from points(child.get("d"), inner)

    def faults(self):
        """Say which texts something runs into."""
        for k, (word, *box) in enumerate(self.texts):
            if box[0] < 0 or box[1] < 0 or box[2] > self.size[0] or box[3] > self.size[1]:
                yield f"{word!r} is cut off"
            for other, *there in self.texts[k + 1 :]:
                if meet(box, there):
                    yield f"{word!r} meets {other!r}"
            # A name may stand in a mark that is large enough for all of it.
            if any(meet(box, mark) and not within(box, mark) for mark in self.marks):
                yield f"{word!r} meets a mark"
            if any(struck(box, line) for line in self.lines):
                yield f"{word!r} is struck by a line"
        for word, *box in self.names:
            far = [gap(box, line) - broad / 2 for line, broad in self.curves]
            if min(far, default=CLEAR) * 4 / 3 < CLEAR:
                yield f"{word!r} is too near to a curve"
            if min((gap(box, line) for line in self.grid), default=AIR) * 4 / 3 < AIR:
                yield f"{word!r} is too near to a line of the grid"

    def strays(self):
        """Say what is drawn below an axis, where its numbers stand, and which marks a frame cuts."""
        for axes in self.axes:
            base = max(axes["base"], default=np.inf)
            if max(axes["curves"] + axes["marks"], default=0) * 4 / 3 > base * 4 / 3 + BELOW:
                yield "something is drawn below an axis"
            if axes["cut"]:
                yield "a mark is cut"


def meet(a, b):
    """Whether two boxes have more than a hair in common."""
    hair = 0.3
    return a[0] + hair < b[2] and b[0] + hair < a[2] and a[1] + hair < b[3] and b[1] + hair < a[3]


def within(a, b):
    """Whether the first box lies in the second."""
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def struck(box, line):
    """Whether a line of straight pieces passes through a box."""
    x0, y0, x1, y1 = np.add(box, (0.3, 0.3, -0.3, -0.3))
    start, way = line[:-1], np.diff(line, axis=0)
    if not len(way):
        return False
    with np.errstate(divide="ignore", invalid="ignore"):
        a = (np.array([x0, y0]) - start) / way
        b = (np.array([x1, y1]) - start) / way
    # Along an axis that a piece does not move on, it is inside always or never.
    inside = (start > (x0, y0)) & (start < (x1, y1))
    first = np.where(way == 0, np.where(inside, -np.inf, np.inf), np.minimum(a, b)).max(axis=1)
    last = np.where(way == 0, np.where(inside, np.inf, -np.inf), np.maximum(a, b)).min(axis=1)
    return bool((np.maximum(first, 0) < np.minimum(last, 1)).any())


def gap(box, line):
    """How far a line is from a box."""
    long = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    along = np.linspace(0, long[-1], 2 + int(long[-1]))
    dense = np.column_stack([np.interp(along, long, line[:, k]) for k in (0, 1)])
    return np.hypot(*np.maximum(0, np.maximum(box[:2] - dense, dense - box[2:])).T).min()


@pytest.mark.parametrize("svg", DRAWINGS)
def test_nothing_overlaps_a_text_and_no_curve_comes_near(svg):
    assert list(Drawing(svg).faults()) == []


@pytest.mark.parametrize("svg", DRAWINGS)
def test_what_is_drawn_stays_off_the_numbers_of_its_axis_and_whole(svg):
    assert list(Drawing(svg).strays()) == []


def test_strays_are_found():
    figures.use_style()
    figure, (left, right) = plt.subplots(1, 2)
    left.plot([0, 1], [-0.2, 1], clip_on=False)
    left.set_ylim(0, 1)
    right.plot([0, 1], [0, 1], "o")
    right.set(xlim=(0, 1), ylim=(-1, 2))
    found = list(Drawing(figures.as_svg(figure)).strays())
    assert found == ["something is drawn below an axis", "a mark is cut"]


def test_an_axis_stands_below_what_reaches_below_the_lowest_line_of_the_grid():
    figures.use_style()
    for lowest, place in ((0, ("data", 0)), (-0.2, ("outward", 0))):
        figure, ax = plt.subplots()
        ax.plot([0, 1], [lowest, 1])
        ax.set_ylim(lowest - 0.01, 1)
        figures.set_ticks(ax, y=[0, 1])
        figures._settle(figure)
        assert ax.spines["bottom"].get_position() == place
        assert list(Drawing(figures.as_svg(figure)).strays()) == []


def test_an_axis_stands_below_a_curve_that_runs_along_the_lowest_line_of_the_grid():
    figures.use_style()
    for share, place in ((0.05, ("data", -1)), (0.4, ("outward", 0))):
        figure, ax = plt.subplots()
        ax.plot([0, share, 1], [-1, -1, 1])
        ax.set_ylim(-1.01, 1)
        figures.set_ticks(ax, y=[-1, 0, 1])
        figures._settle(figure)
        assert ax.spines["bottom"].get_position() == place
        plt.close(figure)


@pytest.mark.parametrize(("wide", "drawn"), [((2, 1, 5), [False, True]), ((1, 2, 2), [True, True])])
def test_an_axis_is_drawn_where_it_has_numbers(monkeypatch, wide, drawn):
    """Panels that stand below each other only in narrow windows have their own there."""
    figures.use_style()
    monkeypatch.setattr(figures, "_show", lambda _: None)
    shown = []
    for axes in figures.panels(wide, (2, 1, 5), sharex=True, sharey=True):
        for ax in axes:
            ax.plot([0, 1], [0, 1])
            figures.set_plane(ax, [0, 1], [0, 1], title="a plane")
        shown.append(axes)
    for axes in shown:
        assert [ax.spines["bottom"].get_visible() for ax in axes] == drawn
        assert [bool(ax.get_xlabel()) for ax in axes] == (
            [False, True] if axes is shown[0] else drawn
        )


def test_panels_side_by_side_name_a_shared_axis_once():
    figures.use_style()
    figure, axes = plt.subplots(1, 2, sharex=True)
    for ax in axes:
        ax.set_xlabel("step")
    figures._settle(figure)
    assert [ax.get_xlabel() for ax in axes] == ["", "step"]
    plt.close(figure)


@pytest.mark.parametrize("drawn", [pytest.param(d, id=n) for n, _, d in FIGURES])
def test_a_narrow_drawing_is_for_a_telephone(drawn):
    """It has the width that a page has there, so that its letters are as large as they are drawn."""
    drawing = Drawing(drawn[figures.NARROW])
    assert drawing.size[0] * 4 / 3 == pytest.approx(350)
    assert min(drawing.letters, default=SMALLEST) * 4 / 3 >= SMALLEST


def test_faults_are_found():
    figures.use_style()
    figure, ax = plt.subplots()
    (line,) = ax.plot([0, 1], [0, 1])
    ax.text(0.5, 0.5, "struck", ha="center", va="center")
    ax.text(0.2, 0.8, "first")
    ax.text(0.21, 0.8, "second")
    ax.plot(0.8, 0.2, "o")
    ax.text(0.8, 0.2, "under a mark", ha="center", va="center")
    outside = ax.annotate("outside", (0, 1), (-60, 0), textcoords="offset points")
    outside.set_in_layout(False)
    ax.text(0.1, 0.6, "on the grid", va="center")
    ax.plot([0.9, 0.9], [0, 1])
    ax.annotate("near", (0.9, 0.5), (1, 0), textcoords="offset points", va="center")
    ax.annotate("lined", (0.6, 0.2), (0, 1), textcoords="offset points")
    figures.label_curve(line, "fine", 0.3, "below right")
    figures._settle(figure)
    faults = " ".join(Drawing(figures.as_svg(figure)).faults())
    for wanted in (
        "'struck' is struck",
        "'first' meets 'second'",
        "'under a mark' meets a mark",
        "'outside' is cut off",
        "'on the grid' is struck",
        "'near' is too near to a curve",
        "'lined' is too near to a line of the grid",
    ):
        assert wanted in faults
    assert "fine" not in faults


SIDES = [
    "above",
    "below",
    "left",
    "right",
    "above left",
    "above right",
    "below left",
    "below right",
]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("side", SIDES)
def test_a_name_is_clear_of_all_curves_and_close_to_its_own(side, narrow):
    figures.use_style()
    figure, ax = plt.subplots(figsize=(3.6 if narrow else 6, 3))
    x = np.linspace(-6, 6, 121)
    (line,) = ax.plot(x, np.tanh(x))
    ax.plot(x, 2.5 + np.round(x / 6), drawstyle="steps-mid")
    ax.set_ylim(-2, 4)
    names = [figures.label_curve(line, "$f(x)$", at, side) for at in (-1.6, 1.6)]
    figures._settle(figure)
    assert list(Drawing(figures.as_svg(figure)).faults()) == []
    assert max(np.hypot(*name.xyann) for name in names) < 60


def test_a_name_is_nearest_to_its_own_curve():
    figures.use_style()
    figure, ax = plt.subplots()
    x = np.linspace(-2, 2, 121)
    lines = [ax.plot(x, np.tanh(steep * x))[0] for steep in (0.5, 2)]
    wanted = [(lines[0], 1.9, "below left"), (lines[1], 0.5, "below right")]
    names = [figures.label_curve(line, "$k = 4$", *how) for line, *how in wanted]
    figures._settle(figure)
    for name, own in zip(names, lines, strict=True):
        box = name.get_window_extent().get_points().ravel()
        far = {
            line: gap(box, line.get_transform().transform(np.transpose(line.get_data())))
            for line in lines
        }
        assert min(far, key=far.get) is own


def test_panels_below_each_other_do_not_read_as_one_axis():
    """Between their numbers there is more room than between those of either."""
    figures.use_style()
    figure, (above, below) = plt.subplots(2, 1, figsize=(6, 4.6), sharex=True)
    for ax in (above, below):
        ax.plot([-1, 3], [0, 2])
        figures.set_ticks(ax, y=[0, 1, 2])
    figures._settle(figure)
    heights = [ax.transData.transform((0, y))[1] for ax in (above, below) for y in (2, 1, 0)]
    between = -np.diff(heights)
    assert between[2] > max(between[[0, 1, 3, 4]])
    plt.close(figure)


def test_a_line_of_the_grid_makes_way_for_a_curve_that_lies_on_it():
    figures.use_style()
    figure, ax = plt.subplots()
    ax.plot([0, 100], [1, 1])
    ax.plot([0, 50], [0.5, 0.5])
    ax.set_ylim(0, 1.1)
    figures.set_ticks(ax, y=[0, 0.5, 1])
    figures._settle(figure)
    assert [line.get_visible() for line in ax.yaxis.get_gridlines()] == [True, True, False]
    plt.close(figure)


def test_axes_begin_and_end_at_the_same_places_whatever_their_numbers():
    figures.use_style()
    for high in (1, 30):
        figure, ax = plt.subplots()
        ax.plot([0, 10], [0, high])
        ax.margins(0)
        figures._settle(figure)
        box, (last, *_) = ax.get_window_extent(), ax.get_xticklabels()[::-1]
        left = LEFT * figures.WIDTHS[0][1] / 72 * figure.dpi
        number = last.get_window_extent()
        assert (box.x0, box.x1) == pytest.approx((left, (number.x0 + number.x1) / 2), abs=0.5)
        assert number.x1 == pytest.approx(figure.bbox.width, abs=1)
        plt.close(figure)


def test_a_plane_fills_the_width_with_one_scale():
    figures.use_style()
    figure, axes = plt.subplots(2, 2, figsize=(6, 3), sharex=True, sharey=True)
    for ax in axes.flat:
        ax.plot([-1, 2], [-1, 1])
        figures.set_plane(ax, [-1, 0, 1, 2], [-1, 0, 1], title="a plane")
    figures._settle(figure)
    for ax in axes.flat:
        box, drawn = ax.get_position(original=True), ax.get_position()
        assert drawn.bounds == pytest.approx(box.bounds, abs=0.005)
    assert axes[0, 1].get_position().x1 == pytest.approx(1, abs=0.005)
    plt.close(figure)


def test_an_axis_beside_the_lowest_line_of_the_grid_is_that_line():
    figures.use_style()
    figure, axes = plt.subplots(1, 2)
    for ax, lowest in zip(axes, (-0.05, -1), strict=True):
        ax.set_ylim(lowest, 1)
        figures.set_ticks(ax, y=[0, 1])
    figures._settle(figure)
    assert axes[0].spines["bottom"].get_position() == ("data", 0)
    assert axes[1].spines["bottom"].get_position() == ("outward", 0)
    plt.close(figure)


def test_the_drawing_of_a_neuron_is_what_the_package_draws(monkeypatch):
    figures.use_style()
    shown = []
    monkeypatch.setattr(figures, "_show", shown.append)
    for ax in figures.panels((1, 1, 2), (1, 1, 4.2)):
        figures.plot_neuron(ax)
    for name, drawn in {"chain": shown[0].wide, "chain-narrow": shown[0].narrow}.items():
        assert (CHAPTERS / "_static" / f"{name}.svg").read_text(encoding="utf-8") == drawn
        assert list(Drawing(drawn).faults()) == []


X = np.linspace(0, 400, 121)
NOISE = np.random.default_rng(0).normal(size=121)


@pytest.mark.parametrize(
    ("y", "most"),
    [
        (200 / (1 + np.exp(-(X - 200) / 30)), 200),  # smooth: few curves
        (200 * np.abs(np.sin(X / 60)), 500),  # with corners, which stay
        (100 + 40 * NOISE, 1500),  # nothing to leave out
        (X / 2, 20),  # one line
    ],
    ids=["smooth", "corners", "noise", "line"],
)
def test_a_lighter_curve_is_where_the_curve_was(y, most):
    drawn = "M " + "\nL ".join(f"{a:.6f} {b:.6f}" for a, b in zip(X, y, strict=True))
    light = re.search('d="(.*)"', lighten(f'<path d="{drawn}"/>'))[1]
    assert len(light) < most
    (there,) = points(light, np.eye(3))
    line = np.column_stack([np.linspace(0, 400, 24001), np.zeros(24001)])
    line[:, 1] = np.interp(line[:, 0], X, y)
    for a in there:
        assert np.hypot(*(line - a).T).min() < 0.2
    # The other way round: no part of what was drawn is left out.
    way = np.linspace(0, 1, 2001)[:, None]
    dense = np.vstack([a + way * (b - a) for a, b in pairwise(there)])
    for a in np.column_stack([X, y]):
        assert np.hypot(*(dense - a).T).min() < 0.2


def test_figures_are_light():
    drawings = [svg for *_, drawn in FIGURES for svg in drawn.values()]
    sizes = sorted(len(gzip.compress(svg.encode(), 9)) for svg in drawings)
    assert sizes[-1] <= HEAVIEST
    assert sizes[len(sizes) // 2] <= USUAL


def seen(caption):
    """Return about what is read of a caption: a command or a reference is a letter or a number."""
    caption = re.sub(r"\{\w+\}`[^`]*`", "Fig. 10.1", caption)
    return re.sub(r"[${}^_]", "", re.sub(r"\\[a-zA-Z]+", "x", caption))


@pytest.mark.parametrize(
    ("name", "metadata"), [(n, m) for n, m, _ in FIGURES], ids=[n for n, *_ in FIGURES]
)
def test_a_figure_says_what_it_shows(name, metadata):
    """A caption says what is shown, a text for those who cannot see it what is found; the code is folded."""
    figure = metadata["mystnb"]["figure"]
    assert figure["name"].startswith("fig-")
    assert 20 < len(seen(figure["caption"])) <= LONGEST
    assert len(metadata["mystnb"]["image"]["alt"]) > 60
    assert "hide-input" in metadata["tags"]


def test_figures_that_share_an_axis_have_equal_axes():
    """Panels of one figure are as wide and as high as each other, or one has the page to itself."""
    for name, _, drawn in FIGURES:
        svg = drawn[WIDE]
        boxes = {
            (round(max(x) - min(x)), round(max(y) - min(y)))
            for x, y in (
                points(d, np.eye(3))[0].T
                for d in re.findall(
                    r'<g id="axes_\d+">\s*<g id="patch_\d+">\s*<path d="([^"]*)"', svg
                )
            )
        }
        widths = {w for w, _ in boxes}
        assert max(widths, default=0) - min(widths, default=0) <= 2, name


def test_every_explorer_has_a_number_and_a_caption():
    found = 0
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            html = [
                "".join(o.get("data", {}).get("text/html", "")) for o in cell.get("outputs", [])
            ]
            if any("<slopes-explorer" in text for text in html):
                figure = cell["metadata"]["mystnb"]["figure"]
                assert figure["name"].startswith("exp-"), cell["id"]
                assert 20 < len(seen(figure["caption"])) <= LONGEST, cell["id"]
                assert "hide-input" in cell["metadata"]["tags"], cell["id"]
                found += 1
    assert found > 10
