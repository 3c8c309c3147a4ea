"""What all explorers are made of: a drawing, controls, a read-out, and tables of what they show.

An explorer is a figure that a reader moves. All of its numbers are computed here, by the package, when
its cell runs; the page gets them as tables, and one script puts the row that the controls name into the
drawing. So no formula is written a second time in another language, and an explorer works in a static
page, in a live notebook and offline. Without a script it is a picture of its first state.

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

from slopes.checks import power_of_ten

HERE = Path(__file__).parent
#: The style and the script of all explorers; a built page has them once, in its own bundle.
STYLE, SCRIPT = HERE / "explorer.css", HERE / "explorer.js"

_NAMESPACE = "http://www.w3.org/2000/svg"
_ALONE = re.compile(r"<!--notebook-->.*?<!--/notebook-->", re.DOTALL)
_HIDDEN = " style='display:none'"

# Drawings are 620 units wide, of which the axis takes these.
WIDTH, LEFT, RIGHT = 620, 48, 620


@dataclass
class Slider:
    """A slider: its name, how many positions it has, the first one, the ends of its track and its axis.

    >>> Slider("x", 101, 50).count
    101
    """

    name: str
    count: int
    start: int
    ends: tuple[float, float] = (LEFT, RIGHT)
    axis: tuple[float, float] = (LEFT, RIGHT)

    def html(self):
        """Return the slider with its label."""
        left, right, low, high = (end / WIDTH for end in (*self.ends, *self.axis))
        return (
            f"<label class='slide' style='--from:{left:.4g};--to:{right:.4g};"
            f"--low:{low:.4g};--high:{high:.4g}'>"
            f"<span>{mathematics(self.name)}</span><input type='range' min='0' max='{self.count - 1}'"
            f" value='{self.start}' data-lm-suppress-shortcuts='true'></label>"
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
    drawing : str
        The drawing, as SVG, with templates where it changes.
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
    ``drawing`` and ``readout`` are HTML, in which whoever writes them escapes names. Names of controls,
    columns and what is said are texts, and escaped here.

    Examples
    --------
    >>> Explorer("<svg></svg>", [Slider("x", 2, 0)], [((1,), {"x": ["0", "1"]})], "x = {x}")
    <explorer; it starts at: x = 0>
    """

    def __init__(self, drawing, controls, tables, say, readout=""):
        for steps, columns in tables:
            rows = 1 + sum(
                step * (control.count - 1) for step, control in zip(steps, controls, strict=True)
            )
            for name, column in columns.items():
                if len(column) != rows:
                    raise ValueError(f"{name} has {len(column)} rows, and the controls name {rows}")
        self._drawing, self._controls, self._readout = drawing, controls, readout
        self._tables, self._say = tables, say

    def state(self, *places):
        """Return what each column holds where the controls stand at ``places`` (first: at the start).

        >>> steps = [((1,), {"x": ["0", "1"]})]
        >>> Explorer("<svg></svg>", [Slider("x", 2, 0)], steps, "x = {x}").state(1)
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
        now = self.state()
        controls = "".join(control.html() for control in self._controls)
        return (
            f"<slopes-explorer class='explorer'>{self._alone()}<div class='moving'{_HIDDEN}>"
            f"{_started(self._drawing, now)}<div class='controls'>{controls}</div>"
            f"{_started(self._readout, now)}</div>"
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
        drawing = _started(self._drawing, self.state())
        head = f"<svg class='explorer' width='576' xmlns='{_NAMESPACE}'"
        body = drawing.removeprefix("<svg").replace(">", f"><style>{style}</style>", 1)
        source = quote(head + body, safe=" ()*,-./;=_{}")
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

    >>> explorer = Explorer("<svg></svg>", [Slider("x", 1, 0)], [], "")
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
    """Return a drawing or a read-out in its first state."""

    def attributes(found):
        pairs = (part.split(":", 1) for part in found[1].split(";"))
        set_ = " ".join(f"{name.strip()}='{_filled(value.strip(), now)}'" for name, value in pairs)
        return f"{found[0]} {set_}"

    html = re.sub(r"data-set='([^']*)'", attributes, html)
    return re.sub(
        r"data-text='([^']*)'>",
        lambda found: found[0] + escape(_filled(found[1], now, words=True)),
        html,
    )


# Mathematics in words and drawings

_LETTER = re.compile(r"[A-Za-z\u0391-\u03c9]")


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
                f"<tspan class='low' dx='{-0.3 * bool(prime)}em' dy='4'>{low}</tspan>"
                "<tspan dy='-4'>&#8203;</tspan>"
                if drawn
                else f"<sub{' class=tucked' * bool(prime)}>{low}</sub>"
            )
        if token == "′":  # in its face it stands on the line, and is raised to an exponent's place
            if drawn:
                return "<tspan class='prime' dy='-.52em'>′</tspan><tspan dy='.36em'>&#8203;</tspan>"
            return "<span class='prime'>′</span>"
        if token == "ℒ":  # the face of formulas has it as a capital letter
            return f"<{tag} class='script'>L</{tag}>"
        return f"<{tag} class='var'>{token}</{tag}>" if _LETTER.fullmatch(token) else escape(token)

    return re.sub(rf"′?_\w+|′|{_LETTER.pattern}+|[^_′]", one, text)


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
    """A pair of axes in a drawing. What is drawn in it has the coordinates of the axes.

    >>> panel = Panel(x_span=(-2, 2), y_span=(0, 1), top=20, height=100, ends=(0, 400))
    >>> panel.x(0), panel.y(0.5), panel.scale
    (200.0, 70.0, (100.0, 100.0))
    >>> panel.curve([-1, 0, 1], [0.5, math.inf, 0.5], "value")
    "<path class='value' d='M-1 0.5M1 0.5'/>"
    """

    def __init__(self, x_span, y_span, top, height, ends=(LEFT, RIGHT)):
        self.x_span, self.y_span = x_span, y_span
        self.top, self.height, self.ends = top, height, ends

    def x(self, value):
        """Return where a value of the horizontal axis stands in the drawing."""
        lower, upper = self.x_span
        return self.ends[0] + (value - lower) / (upper - lower) * (self.ends[1] - self.ends[0])

    def y(self, value):
        """Return where a value of the vertical axis stands in the drawing."""
        lower, upper = self.y_span
        return self.top + (upper - value) / (upper - lower) * self.height

    @property
    def scale(self):
        """How many units of the drawing one of each axis takes."""
        return self.x(1) - self.x(0), self.y(0) - self.y(1)

    def inside(self, content, drag=""):
        """Place what is drawn in the axes; ``drag`` names the column that follows a finger."""
        (across, up), drag = self.scale, drag and f" data-drag='{drag}'"
        place = f"matrix({across:.5g} 0 0 {-up:.5g} {self.x(0):.5g} {self.y(0):.5g})"
        return f"<g transform='{place}'{drag}>{content}</g>"

    def rows(self, ticks, names=None):
        """Draw horizontal lines with their numbers."""
        parts = []
        for value, name in zip(ticks, names or map(_tick, ticks), strict=True):
            kind, y = "axis" if value == 0 else "grid", self.y(value)
            parts.append(f"<path class='{kind}' d='M{self.ends[0]} {y:.1f}H{self.ends[1]}'/>")
            parts.append(written(self.ends[0] - 10, y, name, "end", "mid"))
        return "".join(parts)

    def columns(self, ticks, names=None):
        """Write the numbers of the horizontal axis."""
        bottom = self.top + self.height + 27
        named = zip(ticks, names or map(_tick, ticks), strict=True)
        return "".join(written(self.x(value), bottom, name) for value, name in named)

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


def _tick(value):
    return f"{value:.4g}".replace("-", "−")


def written(x, y, text, anchor="middle", kind=""):
    """Write a formula or a word at a place of the drawing.

    >>> written(10, 20, "x", "end")
    "<text x='10.0' y='20.0' text-anchor='end'><tspan class='var'>x</tspan></text>"
    """
    kind, text = kind and f" class='{kind}'", mathematics(text, drawn=True)
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'{kind}>{text}</text>"


def shown(x, y, template, anchor="middle", kind=""):
    """Write what changes at a place of the drawing.

    >>> shown(10, 20, "slope {d}")
    "<text x='10.0' y='20.0' text-anchor='middle' data-text='slope {d}'></text>"
    """
    kind = kind and f" class='{kind}'"
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'{kind} data-text='{template}'></text>"
    )


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


def drawing(content, height, label):
    """Return a whole drawing; ``label`` says what it is to who cannot see it.

    >>> drawing(hole(0, 0), 300, "An open circle").startswith("<svg viewBox='0 0 620 300' role='img'")
    True
    """
    return (
        f"<svg viewBox='0 0 {WIDTH} {height}' role='img' aria-label='{escape(label, quote=True)}'>"
        f"{content}</svg>"
    )


def cells(*named):
    """Return a read-out: for each cell its name, its template and its kind ("value", "slope" or "").

    >>> cells(("x", "{x}", "value"))[20:]
    "<div class='is-value'><dt><span class='var'>x</span></dt><dd data-text='{x}'></dd></div></dl>"
    """
    parts = "".join(
        f"<div{f' class={chr(39)}is-{kind}{chr(39)}' if kind else ''}><dt>{mathematics(name)}</dt>"
        f"<dd data-text='{template}'></dd></div>"
        for name, template, kind in named
    )
    return f"<dl class='readout'>{parts}</dl>"
