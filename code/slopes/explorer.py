"""What all explorers are made of: a drawing, controls, a read-out, and tables of what they show.

An explorer is a figure that a reader moves. All of its numbers are computed here, by the package, when
its cell runs; the page gets them as tables, and one script puts the row that the controls name into the
drawing. So no formula is written a second time in another language, and an explorer works in a static
page, in a live notebook and offline. Without a script it is a picture of its first state.

A drawing lays itself out for the width there is: what stands in it is placed by shares of the width and
by pixels of the height, so that letters have one size wherever it is shown.

What changes is marked in the drawing by templates: ``data-set="cx: {x}; cy: {y}"`` sets attributes and
``data-text="{x}"`` the text of an element, from the columns ``x`` and ``y`` of a table.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from slopes.checks import RAISED, as_html, power_of_ten

HERE = Path(__file__).parent
#: The style and the script of all explorers; a built page has them once, in its own bundle.
STYLE, SCRIPT = HERE / "explorer.css", HERE / "explorer.js"

_NAMESPACE = "http://www.w3.org/2000/svg"
_ALONE = re.compile(r"<!--notebook-->.*?<!--/notebook-->", re.DOTALL)
_HIDDEN = " style='display:none'"

#: How much room there is beside an axis for its numbers, in heights of a letter.
LEFT = 2.4
#: For what must not touch: how wide an axis and how high a letter is, on a page and on a telephone.
SIZES = ((528, 20), (309, 17))


@dataclass
class Drawing:
    """A drawing: what stands in it, its height in pixels, and what it is to who cannot see it.

    The room beside its axes is counted in heights of a letter.

    >>> Drawing(hole(0, 0), 300, "An open circle").html()[:45]
    "<svg role='img' aria-label='An open circle' h"
    """

    content: str
    height: int
    label: str
    left: float = LEFT
    right: float = 0

    def html(self):
        """Return the drawing as it stands in a page."""
        label = escape(self.label, quote=True)
        return f"<svg role='img' aria-label='{label}' {self._size()}>{self.content}</svg>"

    def part(self, place, width):
        """Return the drawing as part of a picture, from ``place`` on and ``width`` pixels wide."""
        letter = SIZES[0][1]
        left, axis = place + letter * self.left, width - letter * (self.left + self.right)
        return f"<svg x='{left:g}' width='{axis:g}' {self._size()}>{self.content}</svg>"

    def _size(self):
        return f"height='{self.height}' style='--left:{self.left:g};--right:{self.right:g}'"


@dataclass
class Slider:
    """A slider: its name, how many positions it has, and the first one.

    Its track takes a part of the axis above it, from and to these shares. ``value`` is a template of
    what stands at its end.

    >>> Slider("x", 101, 50).count
    101
    """

    name: str
    count: int
    start: int
    ends: tuple[float, float] = (0, 1)
    left: float = LEFT
    right: float = 0
    value: str = ""

    def html(self):
        """Return the slider with its label."""
        value = self.value and f"<span aria-hidden='true' data-text='{self.value}'></span>"
        return (
            f"<label class='slide' style='--left:{self.left:g};--right:{self.right:g};"
            f"--from:{self.ends[0]:.4g};--to:{self.ends[1]:.4g}'>"
            f"<span>{mathematics(self.name)}</span><input type='range' min='0' max='{self.count - 1}'"
            f" value='{self.start}' data-lm-suppress-shortcuts='true'>{value}</label>"
        )


@dataclass
class Choice:
    """Radio buttons: the name of the choice, what there is to choose, and which is chosen first.

    >>> Choice("target", ["0", "1"], 1).count
    2
    """

    name: str
    options: list[str]
    start: int

    @property
    def count(self):
        """How many positions the control has."""
        return len(self.options)

    def html(self):
        """Return the group of buttons."""
        name = escape(self.name, quote=True)
        buttons = "".join(
            f"<label><input type='radio' name='{name}'{' checked' * (k == self.start)}"
            f" data-lm-suppress-shortcuts='true'> {mathematics(option)}</label>"
            for k, option in enumerate(self.options)
        )
        return f"<fieldset><legend>{mathematics(self.name)}</legend>{buttons}</fieldset>"


class Explorer:
    """A figure with controls; the last expression of a cell shows it.

    Parameters
    ----------
    drawings : list of Drawing
        What is drawn, with templates where it changes: side by side, or below each other where the page
        is narrow.
    controls : list of Slider or Choice
        What a reader moves.
    tables : list of (tuple of int, dict of str to list)
        For each table the steps that each control makes in it, and its columns. With the steps (2, 1)
        the row is twice the position of the first control plus that of the second.
    say : str
        A template: what a screen reader says of the state.
    readout : str
        HTML below the drawing and the controls, with templates.

    Raises
    ------
    ValueError
        If a column has not exactly the rows that the controls can name.

    Notes
    -----
    Drawings and ``readout`` are HTML, in which whoever writes them escapes names. Names of controls,
    columns and what is said are texts, and escaped here.

    Examples
    --------
    >>> Explorer([], [Slider("x", 2, 0)], [((1,), {"x": ["0", "1"]})], "x = {x}")
    <explorer; it starts at: x = 0>
    """

    def __init__(self, drawings, controls, tables, say, readout=""):
        for steps, columns in tables:
            rows = 1 + sum(
                step * (control.count - 1) for step, control in zip(steps, controls, strict=True)
            )
            for name, column in columns.items():
                if len(column) != rows:
                    raise ValueError(f"{name} has {len(column)} rows, and the controls name {rows}")
        self._drawings, self._controls, self._readout = drawings, controls, readout
        self._tables, self._say = tables, say

    def state(self, *places):
        """Return what each column holds where the controls stand at ``places`` (first: at the start).

        >>> steps = [((1,), {"x": ["0", "1"]})]
        >>> Explorer([], [Slider("x", 2, 0)], steps, "x = {x}").state(1)
        {'x': '1'}
        """
        places = places or [control.start for control in self._controls]
        now = {}
        for steps, columns in self._tables:
            row = sum(step * place for step, place in zip(steps, places, strict=True))
            now |= {name: str(column[row]) for name, column in columns.items()}
        return now

    def said(self, *places):
        """Return what a screen reader says where the controls stand at ``places``."""
        return _filled(self._say, self.state(*places), words=True)

    def __repr__(self):
        return f"<explorer; it starts at: {self.said()}>"

    def _repr_html_(self):
        tables = [{"steps": steps, "columns": columns} for steps, columns in self._tables]
        data = json.dumps(
            {"tables": tables, "say": self._say}, ensure_ascii=False, separators=(",", ":")
        )
        # A "<" could end the script, or open a comment in it; the rest of HTML means nothing there.
        data = data.replace("<", "\\u003c")
        drawings = "".join(drawing.html() for drawing in self._drawings)
        controls = "".join(control.html() for control in self._controls)
        moving = f"<div class='drawings'>{drawings}</div><div class='controls'>{controls}</div>"
        return (
            "<slopes-explorer class='explorer'>"
            f"{self._alone()}<div class='moving'{_HIDDEN}>"
            f"{_started(moving + self._readout, self.state())}</div>"
            f"<script type='application/json'>{data}</script></slopes-explorer>"
            f"<!--notebook--><script>{_read(SCRIPT)}</script><!--/notebook-->"
        )

    def _alone(self):
        """Return what a notebook needs and a built page does not: the style, and a picture.

        Where a notebook is not trusted, JupyterLab leaves out styles, scripts and inline drawings, and
        shows the picture instead.
        """
        style = STYLE.read_text(encoding="utf-8") + (HERE / "notebook.css").read_text(
            encoding="utf-8"
        )
        share = 576 / max(1, len(self._drawings))
        parts = "".join(d.part(k * share, share) for k, d in enumerate(self._drawings))
        height = max((drawing.height for drawing in self._drawings), default=0)
        source = quote(
            f"<svg class='explorer' width='600' viewBox='-12 -8 600 {height + 16}' xmlns='{_NAMESPACE}'>"
            f"<style>{style}</style>{_started(parts, self.state())}</svg>",
            safe=" ()*,-./;=_{}",
        )
        return (
            f"<!--notebook--><style>{style}</style>"
            f'<div class="still"><img style="background:white" alt="{escape(self.said())}"'
            f' src="data:image/svg+xml,{source}"><p>Run this cell to move the figure.</p></div>'
            "<!--/notebook-->"
        )


def _read(path):
    """Return a style or a script without what is only for who reads the file."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"^\s*(//[^\n]*)?\n|/\*.*?\*/|^ +", "", text, flags=re.MULTILINE | re.DOTALL)


def for_page(html):
    """Return an explorer's HTML without what a page has already: the style and the script.

    >>> explorer = Explorer([], [Slider("x", 1, 0)], [], "")
    >>> "<style>" in explorer._repr_html_(), "<style>" in for_page(explorer._repr_html_())
    (True, False)
    """
    return _ALONE.sub("", html).replace(_HIDDEN, "")


# Templates, as the script fills them too


def _filled(template, now, words=False):
    """Put the state into a template; in words a minus is a minus sign."""
    text = re.sub(r"\{(\w+)\}", lambda found: now.get(found[1], found[0]), template)
    return re.sub(r"-(?=\d)", "−", text) if words else text


def _started(html, now):
    """Return drawings, controls or a read-out in their first state."""

    def attributes(found):
        pairs = (part.split(":", 1) for part in found[1].split(";"))
        set_ = " ".join(f"{name.strip()}='{_filled(value.strip(), now)}'" for name, value in pairs)
        return f"{found[0]} {set_}"

    def text(found):
        return found[0] + _number(_filled(found[2], now, words=True), found[1] == "text")

    html = re.sub(r"data-set='([^']*)'", attributes, html)
    return re.sub(r"<(\w+)[^<>]* data-text='([^']*)'>", text, html)


# Mathematics in words and drawings

_LETTER = re.compile(r"[A-Za-z\u0391-\u03c9]")


def _number(text, drawn=False):
    """Return a text as HTML, or as what a text of a drawing holds, with real exponents.

    In a drawing nothing stands behind an exponent, which does not come down to the line again.
    """
    html = as_html(text)
    if not drawn:
        return html
    return html.replace("<sup>", "<tspan class='up' dy='-.5em'>").replace("</sup>", "</tspan>")


def _is_formula(text):
    """Whether a name is set in the face of formulas throughout, and not only its variables."""
    return bool(re.search(r"[(∂+]", text))


def mathematics(text, drawn=False):
    """Return a short formula as HTML, or as what a text of a drawing holds.

    Single letters are variables, words are names of functions, ``_1`` is an index, ``′`` a prime, above
    an index that follows it, and ``ℒ`` the letter of losses.

    >>> mathematics("z_1")
    "<span class='var'>z</span><sub>1</sub>"
    """
    tag = "tspan" if drawn else "span"

    def one(found):
        token = found[0]
        if "_" in token:
            prime, low = token.split("_")
            prime, low = mathematics(prime, drawn), mathematics(low, drawn)
            # What has no width takes the line up again.
            return prime + (
                f"<tspan class='low' dx='{-0.25 * bool(prime)}em' dy='.26em'>{low}</tspan>"
                "<tspan dy='-.182em'>&#8203;</tspan>"
                if drawn
                else f"<sub{' class=tucked' * bool(prime)}>{low}</sub>"
            )
        if token == "′":  # in its face it stands on the line, and is raised to an exponent's place
            if drawn:
                return "<tspan class='prime' dy='-.52em'>′</tspan><tspan dy='.36em'>&#8203;</tspan>"
            return "<span class='prime'>′</span>"
        if token == "ℒ":  # the face of formulas has it as a capital letter
            return f"<{tag} class='script'>L</{tag}>"
        if _LETTER.fullmatch(token):
            return f"<{tag} class='var'>{token}</{tag}>"
        return _number(token, drawn)

    return re.sub(rf"′?_\w+|′|{_LETTER.pattern}+|[{RAISED}]+|[^_′]", one, text)


def name_of(function, prime=False):
    """Return the name of a function's value, or of its slope, as `mathematics` takes it.

    >>> from slopes import relu, sigmoid, square_loss
    >>> name_of(sigmoid), name_of(relu, prime=True), name_of(square_loss.at(1.0))
    ('σ(x)', 'ReLU′(x)', 'ℒ_sq(a)')
    """
    symbol = function.symbol.replace("\\mathcal{L}", "ℒ")
    symbol = re.sub(r"\\(?:operatorname|mathrm|mathbf)\{(\w+)\}", r"\1", symbol)
    symbol = symbol.replace("\\sigma", "σ").replace("\\", "").replace("{", "").replace("}", "")
    head, *low = symbol.split("_")
    return "_".join([head + "′" * prime, *low]) + f"({function.variable})"


# Numbers


def fixed(value, decimals=3):
    """Write a number with a fixed number of decimals, and no minus before a zero.

    >>> fixed(-0.0001)
    '0.000'
    """
    text = f"{value:.{decimals}f}"
    return text if float(text) else text.lstrip("-")


def rounded(value, digits=3):
    """Round to significant digits, as `significant` writes them.

    >>> rounded(0.08977)
    0.0898
    """
    return float(f"{value:.{digits - 1}e}")


def significant(value, digits=3):
    """Write a number with its significant digits, very small and very large ones with a power of ten.

    >>> significant(-1.8), significant(0.08977), significant(2981.9), significant(0.0000335)
    ('-1.80', '0.0898', '2980', '3.35 · 10⁻⁵')
    """
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if not -4 < power < 5:
        return f"{mantissa} · {power_of_ten(power)}"
    return f"{rounded(value, digits):.{max(0, digits - 1 - power)}f}"


def nearest(values, wanted):
    """Return where the value nearest to ``wanted`` stands.

    >>> nearest([-1, 0, 1], 0.6)
    2
    """
    return int(np.argmin(np.abs(np.asarray(values) - wanted)))


# Drawings


class Panel:
    """A pair of axes in a drawing, across its whole width, from ``top`` on and ``height`` pixels high.

    What is drawn in it has the coordinates of the axes.

    >>> panel = Panel(x_span=(-2, 2), y_span=(0, 1), top=20, height=100)
    >>> panel.share(1), panel.x(0), panel.y(0.5)
    (0.75, '50%', 70.0)
    >>> panel.curve([-1, 0, 1], [0.5, math.inf, 0.5], "value")
    "<path class='value' d='M-1 0.5M1 0.5'/>"
    """

    def __init__(self, x_span, y_span, top, height):
        self.x_span, self.y_span, self.top, self.height = x_span, y_span, top, height

    def share(self, value):
        """Return where a value of the horizontal axis stands, as a share of the width."""
        lower, upper = self.x_span
        return (value - lower) / (upper - lower)

    def x(self, value):
        """Return where a value of the horizontal axis stands, as a drawing has it."""
        return f"{100 * self.share(value):.4g}%"

    def y(self, value):
        """Return where a value of the vertical axis stands in the drawing."""
        lower, upper = self.y_span
        return self.top + (upper - value) / (upper - lower) * self.height

    def inside(self, content, drag=""):
        """Place what is drawn in the axes; ``drag`` names the column that follows a finger."""
        (left, right), (low, high) = self.x_span, self.y_span
        drag = drag and f" data-drag='{drag}'"
        return (
            f"<svg y='{self.top}' width='100%' height='{self.height}' preserveAspectRatio='none'"
            f" viewBox='{left:.6g} {-high:.6g} {right - left:.6g} {high - low:.6g}'>"
            f"<g transform='scale(1 -1)'{drag}>{content}</g></svg>"
        )

    def rows(self, ticks, names=None):
        """Draw horizontal lines with their numbers."""
        parts = []
        for value, name in zip(ticks, names or map(_tick, ticks), strict=True):
            parts.append(line(self.y(value), "grid"))
            parts.append(written(-10, self.y(value), name, "end", "mid"))
        return "".join(parts)

    def columns(self, ticks, at, names=None):
        """Draw the horizontal axis at a height, and below the panel its numbers."""
        y = self.y(at)
        parts = [line(y, "axis")]
        for value, name in zip(ticks, names or map(_tick, ticks), strict=True):
            parts.append(tick(self.x(value), y))
            parts.append(written(self.x(value), y + 25, name) if name else "")
        return "".join(parts)

    def curve(self, x, values, kind):
        """Draw a path through the points, broken where a value is not finite."""
        path, pen = [], "M"
        for px, py in zip(x, values, strict=True):
            if math.isfinite(py):
                path.append(f"{pen}{px:.4g} {py:.4g}")
            pen = "L" if math.isfinite(py) else "M"
        return f"<path class='{kind}' d='{''.join(path)}'/>"


def ticks(span, most=4):
    """Return round numbers inside a span: few, and such that the first and the last reach its ends.

    >>> ticks((0, 0.25)), ticks((-4, 4), 6), ticks((0, 0))
    ([0.0, 0.25], [-4.0, -2.0, 0.0, 2.0, 4.0], [0.0])
    """
    lower, upper = span
    if lower == upper:
        return [float(lower)]
    unit = 10.0 ** math.floor(math.log10(upper - lower))
    found = []
    for step in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 4, 5):
        # What the curve all but reaches counts as reached.
        near = 0.04 * (upper - lower) / (step * unit)
        first = math.ceil(lower / (step * unit) - near)
        last = math.floor(upper / (step * unit) + near)
        if 2 <= last - first + 1 <= most:
            values = [k * step * unit for k in range(first, last + 1)]
            left_out = max(0, values[0] - lower) + max(0, upper - values[-1])
            odd = step in (0.25, 2.5) and len(values) > 2  # a quarter may be an end, not a stride
            found.append((left_out / (upper - lower) + 0.3 * odd - 0.02 * len(values), values))
    return min(found)[1]


def beside(panel, x, values, name, rows, others=()):
    """Return where the name of a curve stands: its share of the width, its height, and its anchor.

    That is close above or below the curve, in wide windows and in narrow ones, and at its right end
    rather than elsewhere; off the lines of ``rows``, and off the points of ``others``.

    >>> panel = Panel(x_span=(0, 1), y_span=(0, 1), top=0, height=100)
    >>> beside(panel, np.linspace(0, 1, 41), np.full(41, 0.5), "f", [0, 1])
    ('100%', 40.0, 'end')
    """
    curve = _shares(panel, zip(x, values, strict=True))
    taken = _shares(panel, others)
    lines = np.array([panel.y(row) for row in rows])

    def cost(place):
        share, down, _, boxes = place
        # Above a curve that rises at its end a name is near to it on that side, too.
        struck = any(
            min(_gap(taken, down, *box), _gap(curve, down, *box) - 0.5) < 4 for box in boxes
        )
        lined = ((down - 17 < lines) & (lines < down + 6)).any()
        far = max(_gap(curve, down, *box) for box in boxes)
        return far + 40 * struck + 20 * lined + 8 * (1 - share)

    # A name longer than the axis has no such place.
    nowhere = 1.0, panel.top + 15.0, "end", ()
    share, down, anchor, _ = min(_places(panel, curve, name), key=cost, default=nowhere)
    return f"{100 * share:g}%", down, anchor


def _places(panel, curve, name):
    """Yield where a name can stand beside a curve, and its two ends in windows of both sizes."""
    long = 0.52 * len(name.replace("_", ""))
    for share in np.linspace(1, 0, 41):
        for anchor, part in {"end": 1, "middle": 0.5, "start": 0}.items():
            boxes = [
                (
                    share * width - part * long * letter,
                    share * width + (1 - part) * long * letter,
                    width,
                )
                for width, letter in SIZES
            ]
            if any(left < 0 or right > width for left, right, width in boxes):
                continue
            near = [
                curve[1, (left <= curve[0] * width) & (curve[0] * width <= right)]
                for left, right, width in boxes
            ]
            if all(map(len, near)):
                for down in (min(map(min, near)) - 10, max(map(max, near)) + 23):
                    if panel.top - 8 < down - 15 and down + 5 < panel.top + panel.height + 4:
                        yield float(share), float(down), anchor, boxes


def _shares(panel, points):
    """Return points of a panel in shares of the width and pixels of the height, as two rows."""
    points = [(panel.share(x), panel.y(y)) for x, y in points if math.isfinite(y)]
    return np.reshape(points, (-1, 2)).T


def _gap(points, down, left, right, width):
    """Return how far the nearest of points is from the box of a name, in pixels."""
    x, y = points[0] * width, points[1]
    across = np.maximum(0, np.maximum(left - x, x - right))
    up = np.maximum(0, np.maximum(down - 15 - y, y - down - 5))
    return np.hypot(across, up).min(initial=math.inf)


def _tick(value):
    return f"{value:.4g}".replace("-", "−")


def line(y, kind):
    """Draw a line across the whole width.

    >>> line(40, "axis")
    "<line class='axis' x2='100%' y1='40.0' y2='40.0'/>"
    """
    return f"<line class='{kind}' x2='100%' y1='{y:.1f}' y2='{y:.1f}'/>"


def tick(x, y):
    """Draw the mark of a number below an axis.

    >>> tick("50%", 40)
    "<line class='axis' x1='50%' x2='50%' y1='40.0' y2='45.0'/>"
    """
    return f"<line class='axis' x1='{x}' x2='{x}' y1='{y:.1f}' y2='{y + 5:.1f}'/>"


def anchored(x, content, size=""):
    """Place what is drawn in pixels at a share of the width; ``size`` is what it may not leave.

    >>> anchored("50%", "<circle r='3'/>")
    "<svg x='50%'><circle r='3'/></svg>"
    """
    size = size and f" class='cut' {size}"
    return f"<svg x='{x}'{size}>{content}</svg>"


def written(x, y, text, anchor="middle", kind=""):
    """Write a formula or a word at a place of the drawing: ``x`` in pixels, or a share of the width.

    >>> written("50%", 20, "x", "end")
    "<text x='50%' y='20.0' text-anchor='end'><tspan class='var'>x</tspan></text>"
    """
    kind = f"{kind} formula".strip() if _is_formula(text) else kind
    kind, text = kind and f" class='{kind}'", mathematics(text, drawn=True)
    return f"<text x='{x}' y='{y:.1f}' text-anchor='{anchor}'{kind}>{text}</text>"


def shown(x, y, template, anchor="middle", kind=""):
    """Write what changes at a place of the drawing.

    >>> shown("50%", 20, "slope {d}")
    "<text x='50%' y='20.0' text-anchor='middle' data-text='slope {d}'></text>"
    """
    kind = kind and f" class='{kind}'"
    return f"<text x='{x}' y='{y:.1f}' text-anchor='{anchor}'{kind} data-text='{template}'></text>"


# A line without length: its round ends are a circle whatever the scales of the axes.


def dot(x, y):
    """Draw a point that moves: ``x`` and ``y`` are templates.

    >>> dot("{x}", "{v}").endswith("<path class='dot' data-set='d: M{x} {v}h0'/>")
    True
    """
    return "".join(f"<path class='{kind}' data-set='d: M{x} {y}h0'/>" for kind in ("ring", "dot"))


def hole(x, y, kind="slope"):
    """Draw an open circle, which stays, on a curve of values or of slopes.

    >>> hole(0, 0.5)
    "<path class='end slope' d='M0 0.5h0'/><path class='hole' d='M0 0.5h0'/>"
    """
    return "".join(f"<path class='{c}' d='M{x:.4g} {y:.4g}h0'/>" for c in (f"end {kind}", "hole"))


# Read-outs


def cells(*named):
    """Return a read-out: for each cell its name, its template and its kind ("value", "slope" or "").

    >>> cells(("x", "{x}", "value"))[20:]
    "<div class='is-value'><dt><span class='var'>x</span></dt><dd data-text='{x}'></dd></div></dl>"
    """
    return f"<dl class='readout'>{''.join(_cell(*cell) for cell in named)}</dl>"


def product(*named, live=False):
    """Return a product as a read-out: for it and its factors the name, the number and what it is.

    With ``live`` a screen reader says how it changes.

    >>> product(("a", "{a}", ""), ("b", "{b}", ""))[28:93]
    "<div class='is-slope'><dt><span class='var'>a</span></dt><dd data"
    """
    sign = "<div class='sign formula'><dt>&nbsp;</dt><dd>{0}</dd></div>"
    first, *factors = (_cell(name, number, "slope", what) for name, number, what in named)
    says = " aria-live='polite'" * live
    return (
        f"<dl class='readout product'{says}>{first}{sign.format('=')}"
        f"{sign.format('⋅').join(factors)}</dl>"
    )


def _cell(name, template, kind, what=""):
    """Return one cell of a read-out."""
    kind = kind and f" class='is-{kind}'"
    what = what and f"<dd class='what'>{escape(what)}</dd>"
    dt = mathematics(name)
    if _is_formula(name):
        dt = f"<span class='formula'>{dt}</span>"
    return f"<div{kind}><dt>{dt}</dt><dd data-text='{template}'></dd>{what}</div>"
