"""Interactive figures without a library: a drawing, a slider, and a table of what changes.

All numbers are sampled from the package's own functions when the cell runs. The page gets a list of
frames, and a script of a dozen lines that puts the frame of the slider's position into the drawing. So
no formula is written a second time in another language, and the figure works in a static page, in a
live notebook and offline. Without scripts, and in print, the first frame is a picture like any other.
"""

from __future__ import annotations

import json
import math
from html import escape
from urllib.parse import quote

import numpy as np
from matplotlib.ticker import MaxNLocator

from slopes.activations import identity, leaky_relu, relu, sigmoid, softmax, tanh
from slopes.losses import nll, square_loss
from slopes.network import Network

_STYLE = """
.slopes-explore{--f:#0072B2;--d:#B84A00;max-width:31rem;margin:1rem auto;color:inherit}
html[data-theme=dark] .slopes-explore,[data-jp-theme-light=false] .slopes-explore,
.vscode-dark .slopes-explore{--f:#5BB8F0;--d:#FF9C57}
.slopes-explore svg{display:block;width:100%;height:auto;overflow:visible;filter:none;background:none}
.slopes-explore[data-ready] svg[data-drag]{cursor:ew-resize;touch-action:pan-y}
.slopes-explore text{fill:currentColor;font:13px sans-serif}
.slopes-explore .grid{stroke:currentColor;opacity:.16}
.slopes-explore .zero{stroke:currentColor;opacity:.5}
.slopes-explore .f,.slopes-explore .d,.slopes-explore .t{fill:none;stroke:var(--f);stroke-width:2.4}
.slopes-explore .d{stroke:var(--d);stroke-dasharray:7 4}
.slopes-explore .t{stroke:var(--d);stroke-width:3}
.slopes-explore .dot{fill:var(--d)}
.slopes-explore .open{fill:none;stroke:var(--d);stroke-width:1.6}
.slopes-explore .bar{fill:var(--f)}
.slopes-explore p{margin:.3rem 0;text-align:center;font-variant-numeric:tabular-nums}
.slopes-explore label{display:flex;gap:.6rem;align-items:center;min-height:2.75rem}
.slopes-explore label[hidden]{display:none}
.slopes-explore svg[data-drag]~label{position:relative;padding:0 calc(4% - 8px) 0 calc(11% - 8px)}
.slopes-explore svg[data-drag]~label span{position:absolute;left:5%}
.slopes-explore input{flex:1;min-width:0;height:1.75rem;accent-color:var(--d)}
.slopes-explore .live{display:block!important}
.slopes-explore .still{display:none}
@media print{.slopes-explore label{display:none}}
"""

_NAMESPACE = "http://www.w3.org/2000/svg"

# Sets every changing part of each new figure to the frame that its sliders name. With several sliders
# the frames are counted like the digits of a number, the last slider fastest.
_SCRIPT = """
document.querySelectorAll('.slopes-explore:not([data-ready])').forEach(function (box) {
  var data = JSON.parse(box.querySelector('script').textContent);
  var sliders = Array.from(box.querySelectorAll('input')), svg = box.querySelector('svg');
  function show() {
    var i = sliders.reduce(function (n, s) { return n * (+s.max + 1) + +s.value; }, 0);
    Object.keys(data.frames).forEach(function (key) {
      var part = key.split('.'), value = data.frames[key][i];
      box.querySelectorAll('[data-part=' + part[0] + ']').forEach(function (node) {
        if (part[1] === 'text') node.textContent = value; else node.setAttribute(part[1], value);
      });
    });
    sliders.forEach(function (s) { s.setAttribute('aria-valuetext', data.say[i]); });
  }
  function drag(event) {
    if (event.type === 'pointerdown') svg.setPointerCapture(event.pointerId);
    else if (!svg.hasPointerCapture(event.pointerId)) return;
    var ends = svg.dataset.drag.split(' '), frame = svg.getBoundingClientRect();
    var x = (event.clientX - frame.left) / frame.width * svg.viewBox.baseVal.width;
    sliders[0].value = Math.round((x - ends[0]) / (ends[1] - ends[0]) * sliders[0].max);
    show();
  }
  sliders.forEach(function (s) {
    s.addEventListener('input', show);
    s.parentNode.hidden = false;
  });
  if (svg.dataset.drag) {
    svg.addEventListener('pointerdown', drag);
    svg.addEventListener('pointermove', drag);
  }
  box.dataset.ready = '';
});
"""


class Explorer:
    """A figure with sliders; the last expression of a cell shows it.

    Parameters
    ----------
    svg : str
        The drawing in its first state. Parts that change carry ``data-part="name"``.
    readout : str
        HTML below the drawing, whose changing parts are marked in the same way.
    sliders : list of (str, int, int)
        For each slider its label, the number of its positions, and the first one.
    frames : dict of str to list
        For each ``"name.attribute"`` (or ``"name.text"``) the value in every frame.
    say : list of str
        What a screen reader says in every frame.

    Notes
    -----
    ``svg`` and ``readout`` are HTML, in which whoever writes them escapes names. Labels, frames and what
    is said are texts, and escaped here.

    Examples
    --------
    >>> say = ["x = 0", "x = 1"]
    >>> Explorer("<svg></svg>", "<b data-part='x'>0</b>", [("x", 2, 0)], {"x.text": ["0", "1"]}, say)
    <figure with a slider; it starts at: x = 0>
    """

    def __init__(self, svg, readout, sliders, frames, say):
        count = math.prod(positions for _, positions, _ in sliders)
        for key, values in {**frames, "say": say}.items():
            if len(values) != count:
                raise ValueError(f"{key} has {len(values)} frames, and the sliders make {count}")
        self._svg, self._readout, self._sliders = svg, readout, sliders
        self._frames, self._say = frames, say

    @property
    def first(self):
        """The index of the frame in which the figure starts."""
        index = 0
        for _, positions, start in self._sliders:
            index = index * positions + start
        return index

    def __repr__(self):
        return f"<figure with a slider; it starts at: {self._say[self.first]}>"

    def _repr_html_(self):
        sliders = "".join(
            f"<label hidden><span>{escape(label)}</span> <input type='range'"
            f" min='0' max='{positions - 1}' value='{start}'"
            f" aria-valuetext='{escape(self._say[self.first])}'"
            " data-lm-suppress-shortcuts='true'></label>"
            for label, positions, start in self._sliders
        )
        data = json.dumps({"frames": self._frames, "say": self._say}, ensure_ascii=False)
        # A "<" could end the script, or open a comment in it; the rest of HTML means nothing there.
        data = data.replace("<", "\\u003c")
        return (
            f"<div class='slopes-explore'><style>{_STYLE}</style>{self._still()}"
            f"<div class='live' style='display:none'>{self._svg}<p>{self._readout}</p>{sliders}</div>"
            f"<script type='application/json'>{data}</script></div>"
            f"<script>{_SCRIPT}</script>"
        )

    def _still(self):
        """Return the first frame as a picture, for where a notebook is not trusted.

        There JupyterLab leaves out styles, scripts and inline drawings, and shows this instead.
        """
        head = f"<svg class='slopes-explore' style='margin:0' width='496' xmlns='{_NAMESPACE}'"
        body = self._svg.removeprefix("<svg").replace(">", f"><style>{_STYLE}</style>", 1)
        source = quote(head + body, safe=" ()*,-./;=_{}")
        return (
            f'<div class="still"><img style="background:white" alt="{escape(self._say[self.first])}"'
            f' src="data:image/svg+xml,{source}"><p>Run this cell to move the figure.</p></div>'
        )


class _Panel:
    """A pair of axes in the drawing: turns numbers into places, and draws grid, ticks and curves."""

    def __init__(self, x_span, y_span, top, height, left=44, width=340):
        self.x_span, self.y_span = x_span, y_span
        self.left, self.top, self.width, self.height = left, top, width, height

    def x(self, value):
        lower, upper = self.x_span
        return self.left + (value - lower) / (upper - lower) * self.width

    def y(self, value):
        lower, upper = self.y_span
        return self.top + (upper - value) / (upper - lower) * self.height

    def axes(self, label, ticks_below=True):
        """Grid lines and numbers, with the name of the curve above the panel."""
        right = self.left + self.width
        parts = [f"<text x='{self.left}' y='{self.top - 8}'>{escape(label)}</text>"]
        for value in _ticks(self.y_span, 4):
            y = self.y(value)
            kind = "zero" if value == 0 else "grid"
            parts.append(f"<path class='{kind}' d='M{self.left} {y:.1f}H{right}'/>")
            parts.append(
                f"<text x='{self.left - 6}' y='{y + 4:.1f}' text-anchor='end'>{_number(value)}</text>"
            )
        return "".join(parts) + self.columns(ticks_below)

    def columns(self, ticks_below=True):
        """Vertical grid lines, with their numbers below."""
        bottom, parts = self.top + self.height, []
        for value in _ticks(self.x_span, 7):
            x = self.x(value)
            parts.append(f"<path class='grid' d='M{x:.1f} {self.top}V{bottom}'/>")
            if ticks_below:
                parts.append(_caption(f"{x:.1f}", bottom + 17, _number(value)))
        return "".join(parts)

    def curve(self, x, values, kind):
        """A path through the points, broken where a value is not finite."""
        path, pen = [], "M"
        for px, py in zip(x, values, strict=True):
            if not math.isfinite(py):
                pen = "M"
                continue
            path.append(f"{pen}{self.x(px):.1f} {self.y(py):.1f}")
            pen = "L"
        return f"<path class='{kind}' d='{''.join(path)}'/>"


def _ticks(span, most):
    ticks = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(*span)
    return [float(t) for t in ticks if span[0] <= t <= span[1]]


def _number(value, digits=6):
    text = f"{value:.{digits}g}"
    return (text if float(text) else "0").replace("-", "−")


def _fixed(value, decimals=3):
    text = f"{value:.{decimals}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", "−")


def _power(value):
    """Write a small number with two digits and a power of ten."""
    if value >= 1e-3:
        return _number(value, 2)
    digits, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits} · 10{raised}"


def _span_of(values, margin=0.08):
    finite = values[np.isfinite(values)]
    lower, upper = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
    extra = margin * ((upper - lower) or 1.0)
    return lower - extra, upper + extra


def _drawing(content, height, label, drag=None):
    ends = f" data-drag='{drag[0]} {drag[1]}'" if drag else ""
    return (
        f"<svg viewBox='0 0 400 {height}' role='img' aria-label='{escape(label)}'{ends}>"
        f"{content}</svg>"
    )


def explore(function, span=(-5, 5), start=1.0, positions=101):
    """Return a figure in which the reader drags a point along a function.

    The tangent turns with it, value and slope are read out, and a second point moves on the graph of
    the derivative below. At a kink both one-sided tangents are drawn, since there is no single one.

    Parameters
    ----------
    function : Elementwise
        An activation, or a loss with a fixed target (``square_loss.at(1.0)``).
    span : pair of float
        The ends of the horizontal axis, inside the function's domain.
    start : float
        Where the point is at first.
    positions : int
        How many positions the slider has.

    Returns
    -------
    Explorer
        Shown by a notebook as the last expression of a cell.

    Raises
    ------
    ValueError
        If ``span`` leaves the function's domain.

    Examples
    --------
    >>> from slopes import sigmoid
    >>> explore(sigmoid)
    <figure with a slider; it starts at: x = 1.00, value 0.731, slope 0.197>
    """
    domain = function.domain
    if not (domain.lower <= span[0] < span[1] <= domain.upper):
        raise ValueError(f"{function.name}: the span {span} leaves the domain {domain}")
    x = np.linspace(*span, positions)
    # A position that misses a kink by rounding would show a tangent where there is none.
    kinks = {
        int(np.argmin(np.abs(x - k.at))): k for k in function.kinks if span[0] < k.at < span[1]
    }
    for index, kink in kinks.items():
        x[index] = kink.at
    value, slope = function(x), function.derivative(x)
    dense, dense_value, dense_slope = _branches(function, span)

    upper = _Panel(span, _span_of(dense_value), top=26, height=190)
    lower = _Panel(span, _span_of(dense_slope), top=262, height=110)
    tangents = [_tangents(upper, x[i], value[i], slope[i], kinks.get(i)) for i in range(positions)]
    at = _nearest(x, start)
    name, variable = function.name, function.variable
    places = {
        "tangent.d": tangents,
        "point.cx": [f"{upper.x(v):.1f}" for v in x],
        "point.cy": [f"{upper.y(v):.1f}" for v in value],
        "below.cx": [f"{lower.x(v):.1f}" for v in x],
        "below.cy": [f"{lower.y(v):.1f}" for v in slope],
    }
    texts = {
        "x.text": [_fixed(v, 2) for v in x],
        "value.text": [_fixed(v) for v in value],
        "slope.text": [_slope_text(slope[i], kinks.get(i)) for i in range(positions)],
    }
    say = [
        f"{variable} = {a}, value {b}, slope {c}" for a, b, c in zip(*texts.values(), strict=True)
    ]
    first = _shown_at(texts, at)
    content = (
        upper.axes(name, ticks_below=False)
        + upper.curve(dense, dense_value, "f")
        + f"<path class='t' data-part='tangent' d='{tangents[at]}'/>"
        + _dot("point", places, at)
        + lower.axes(f"derivative of {name}")
        + lower.curve(dense, dense_slope, "d")
        + "".join(_open_ends(lower, kink) for kink in kinks.values())
        + _dot("below", places, at)
    )
    label = f"Above: {name} with its tangent at a point. Below: its derivative at the same point."
    readout = (
        f"<i>{escape(variable)}</i> = <span data-part='x'>{first['x']}</span>,"
        f" value <span data-part='value'>{first['value']}</span>,"
        f" slope <span data-part='slope'>{first['slope']}</span>"
    )
    drag = (upper.left, upper.left + upper.width)
    return Explorer(
        _drawing(content, 394, label, drag),
        readout,
        [(variable, positions, at)],
        {**places, **texts},
        say,
    )


def _branches(function, span, count=161):
    """Sample a function and its derivative, with a gap (nan) at each kink."""
    x = np.linspace(*span, count)
    hair = 1e-9 * (span[1] - span[0])
    for kink in function.kinks:
        if span[0] < kink.at < span[1]:
            x = np.concatenate([x, [kink.at - hair, np.nan, kink.at + hair]])
            x = np.concatenate([np.sort(x[x < kink.at]), [np.nan], np.sort(x[x > kink.at])])
    return x, function(x), function.derivative(x)


def _tangents(panel, x, value, slope, kink):
    """The path of the tangent through a point, or of the two half tangents at a kink."""
    slopes = [(-1, slope), (1, slope)]
    if kink:
        slopes = [(-1, kink.left), (1, kink.right)]
    path = []
    for side, m in slopes:
        if not math.isfinite(m):
            continue
        # A fixed length on the screen, whatever the slope.
        dx, dy = panel.x(x + 1) - panel.x(x), panel.y(value + m) - panel.y(value)
        scale = side * 70 / math.hypot(dx, dy)
        px, py = panel.x(x), panel.y(value)
        path.append(f"M{px:.1f} {py:.1f}L{px + scale * dx:.1f} {py + scale * dy:.1f}")
    return "".join(path)


def _slope_text(slope, kink):
    if not kink:
        return _fixed(slope)
    if math.isinf(kink.left) or math.isinf(kink.right):
        return f"none: a jump; the code takes {_number(kink.value)}"
    return (
        f"none: {_number(kink.left)} on the left, {_number(kink.right)} on the right;"
        f" the code takes {_number(kink.value)}"
    )


def _open_ends(panel, kink):
    return "".join(
        f"<circle class='open' r='4.5' cx='{panel.x(kink.at):.1f}' cy='{panel.y(end):.1f}'/>"
        for end in (kink.left, kink.right)
        if math.isfinite(end)
    )


def _dot(part, places, at):
    cx, cy = places[f"{part}.cx"][at], places[f"{part}.cy"][at]
    return f"<circle class='dot' r='6' data-part='{part}' cx='{cx}' cy='{cy}'/>"


def explore_secant(function, at, widest=2.0, halvings=16, span=(-4, 4)):
    """Return a figure in which the secant through two points becomes the tangent as h shrinks.

    Parameters
    ----------
    function : Elementwise
        A function with a derivative at ``at``.
    at : float
        The point that stays.
    widest : float
        The first step h; each position of the slider halves it.
    halvings : int
        How often.
    span : pair of float
        The ends of the horizontal axis.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> from slopes import sigmoid
    >>> explore_secant(sigmoid, -1.0)
    <figure with a slider; it starts at: h = 2, slope of the secant 0.231, error 3.4e-02>
    """
    h = widest * 2.0 ** -np.arange(halvings + 1)
    rise = function(at + h) - function(at)
    secant, tangent = rise / h, float(function.derivative(at))
    x = np.linspace(*span, 161)
    panel = _Panel(span, _span_of(function(x)), top=26, height=220)
    value = float(function(at))
    frames = {
        "secant.d": [_line(panel, at, value, m) for m in secant],
        "moving.cx": [f"{panel.x(at + step):.1f}" for step in h],
        "moving.cy": [f"{panel.y(v):.1f}" for v in function(at + h)],
        "h.text": [_number(step, 3) for step in h],
        "slope.text": [_fixed(m, 5) for m in secant],
        "error.text": [f"{abs(m - tangent):.1e}" for m in secant],
    }
    say = [
        f"h = {a}, slope of the secant {_fixed(float(m))}, error {c}"
        for a, m, c in zip(frames["h.text"], secant, frames["error.text"], strict=True)
    ]
    content = (
        panel.axes(function.name)
        + panel.curve(x, function(x), "f")
        + f"<path class='d' d='{_line(panel, at, value, tangent)}'/>"
        + f"<path class='t' data-part='secant' d='{frames['secant.d'][0]}'/>"
        + f"<circle class='open' r='6' cx='{panel.x(at):.1f}' cy='{panel.y(value):.1f}'/>"
        + _dot("moving", frames, 0)
    )
    readout = (
        f"<i>h</i> = <span data-part='h'>{frames['h.text'][0]}</span>, slope of the secant"
        f" <span data-part='slope'>{frames['slope.text'][0]}</span>, error"
        f" <span data-part='error'>{frames['error.text'][0]}</span>"
    )
    label = f"{function.name} with its tangent, dashed, and a secant through a second point."
    return Explorer(_drawing(content, 272, label), readout, [("smaller h", len(h), 0)], frames, say)


def _line(panel, x, value, slope):
    """The path of a whole line through a point, across the panel."""
    (left, right), (low, high) = panel.x_span, panel.y_span
    ends = [left, right]
    if slope:
        crossings = sorted(x + (edge - value) / slope for edge in (low, high))
        ends = [max(left, crossings[0]), min(right, crossings[1])]
    return "".join(
        f"{pen}{panel.x(e):.1f} {panel.y(value + slope * (e - x)):.1f}"
        for pen, e in zip("ML", ends, strict=True)
    )


def explore_chain(inner, outer, span=(-2, 2), start=1.0, positions=81, names=None):
    """Return a figure of two machines in a row: what each of them makes of a small step.

    Three number lines of one scale stand below each other: x, u = inner(x) and y = outer(u). A bar is
    a step in x; on the next lines it is as long as the local slopes make it, and points to the left
    where their product is negative.

    Parameters
    ----------
    inner, outer : Elementwise
        The first machine and the second one, both without kinks, where there is no slope to multiply.
    span : pair of float
        The ends of the slider, inside the domain of ``inner``.
    start : float
        Where the point is at first.
    positions : int
        How many positions the slider has.
    names : pair of str, optional
        What to call the machines, if their own names are longer than a word or two.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        If a machine has a kink, or gets numbers from outside its domain.

    Examples
    --------
    >>> from slopes import square_loss, tanh
    >>> explore_chain(square_loss.at(0.0), tanh, names=("square", "tanh"))
    <figure with a slider; it starts at: x = 1.00, u = 1.00, y = 0.76; slope 2.000 times 0.420 is 0.84>
    """
    names = names or (inner.name, outer.name)
    x = np.linspace(*span, positions)
    values, slopes = _through((inner, outer), names, x)
    factors = [1.0, slopes[0], slopes[0] * slopes[1]]
    ends = [value + (span[1] - span[0]) / 10 * k for value, k in zip(values, factors, strict=True)]

    reached = np.concatenate([*values, *ends])
    panel = _Panel((reached.min(), reached.max()), (0, 1), top=20, height=190, left=24, width=268)
    at = _nearest(x, start)
    starts, tips = [panel.x(value) for value in values], [panel.x(end) for end in ends]
    frames = _chain_frames(values, slopes, starts, tips)
    frames["product.text"] = [_fixed(v, 2) for v in factors[2]]
    first = _shown_at(frames, at)
    say = [
        f"x = {x}, u = {u}, y = {y}; slope {a} times {b} is {c}"
        for x, u, y, a, b, c in zip(
            *(frames[f"{key}.text"] for key in ("x", "u", "y", "slope1", "slope2", "product")),
            strict=True,
        )
    ]
    readout = (
        f"<i>x</i> = <span data-part='x'>{first['x']}</span>,"
        f" <i>u</i> = <span data-part='u'>{first['u']}</span>,"
        f" <i>y</i> = <span data-part='y'>{first['y']}</span><br>slope of the chain:"
        f" <span data-part='slope1'>{first['slope1']}</span> ·"
        f" <span data-part='slope2'>{first['slope2']}</span> ="
        f" <b data-part='product'>{first['product']}</b>"
    )
    label = (
        "Three number lines of one scale, for x, u and y. The bar on the first is a step in x; those"
        " below show how long the local slopes of the two machines make it, and where it points."
    )
    drawing = _drawing(_chain_content(panel, names, first), 232, label)
    return Explorer(drawing, readout, [("x", positions, at)], frames, say)


def _through(machines, names, x):
    """Send numbers through machines in a row; return x and what each makes of it, and their slopes."""
    values, slopes = [x], []
    for machine, name in zip(machines, names, strict=True):
        if machine.kinks:
            raise ValueError(f"{name} has a kink, where there is no slope to multiply")
        domain, given = machine.domain, values[-1]
        if not (domain.lower <= given.min() and given.max() <= domain.upper):
            raise ValueError(f"{name}: what arrives there leaves the domain {domain}")
        values.append(machine(given))
        slopes.append(machine.derivative(given))
    return values, slopes


# How far down the three number lines of a chain stand.
_ROWS = (34, 115, 196)


def _chain_frames(values, slopes, starts, tips):
    """Return what moves in a chain of two machines: the steps, the beams between them, the numbers."""
    frames = {}
    for k, letter in enumerate("xuy"):
        pairs = list(zip(starts[k], tips[k], strict=True))
        frames |= {
            f"dot{k}.cx": [f"{a:.1f}" for a, _ in pairs],
            f"step{k}.d": [f"M{a:.1f} {_ROWS[k]}H{b:.1f}" for a, b in pairs],
            f"{letter}.text": [_fixed(v, 2) for v in values[k]],
        }
        if k:
            above = zip(starts[k - 1], tips[k - 1], pairs, strict=True)
            frames[f"beam{k}.d"] = [
                f"M{a:.1f} {_ROWS[k - 1]}H{b:.1f}L{d:.1f} {_ROWS[k]}H{c:.1f}Z"
                for a, b, (c, d) in above
            ]
            frames[f"slope{k}.text"] = [_fixed(v, 3) for v in slopes[k - 1]]
    return frames


def _chain_content(panel, names, first):
    """Draw a chain of two machines, at its first position."""
    content = [panel.columns()]
    for k in (1, 2):
        middle = (_ROWS[k - 1] + _ROWS[k]) / 2
        content += [
            f"<path style='fill:var(--f);opacity:.2' data-part='beam{k}' d='{first[f'beam{k}']}'/>",
            _caption(302, middle - 3, names[k - 1], anchor="start"),
            f"<text x='302' y='{middle + 15}'>slope"
            f" <tspan data-part='slope{k}'>{first[f'slope{k}']}</tspan></text>",
        ]
    for k, letter in enumerate("xuy"):
        content += [
            f"<path class='zero' d='M{panel.left} {_ROWS[k]}h{panel.width}'/>",
            f"<text x='6' y='{_ROWS[k] + 4}' font-style='italic'>{letter}</text>",
            f"<path class='t' style='stroke-width:5' data-part='step{k}' d='{first[f'step{k}']}'/>",
            f"<circle class='dot' r='6' cy='{_ROWS[k]}' data-part='dot{k}' cx='{first[f'dot{k}']}'/>",
        ]
    return "".join(content)


def explore_depth(deepest=20, width=50, networks=5):
    """Return a figure with sliders for activation and depth: how much of a gradient reaches each layer.

    For each choice a few random networks are run backward once. Their gain suits the activation: √2
    where half of the slopes are 0 or nearly so, else 1. A bar is the slope of the loss in the weighted
    sums of a layer, as a share of that in the last hidden layer; both are root mean squares.

    Parameters
    ----------
    deepest : int
        The largest number of hidden layers.
    width : int
        How many units each of them has.
    networks : int
        Over how many networks the mean is taken.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explore_depth(deepest=3)
    <figure with a slider; it starts at: sigmoid, 3 layers: the first gets ... of the last one's slope>
    """
    choices = [(sigmoid, 1.0), (tanh, 1.0), (relu, math.sqrt(2)), (leaky_relu, math.sqrt(2))]
    depths = range(2, deepest + 1)
    panel = _Panel((0.5, deepest + 0.5), (-14, 1), top=30, height=186)
    floor = panel.top + panel.height
    frames = {"bars.d": [], "name.text": [], "depth.text": [], "share.text": []}
    for activation, gain in choices:
        for depth in depths:
            shares = _shares(activation, gain, depth, width, networks)
            tops = np.minimum(panel.y(np.log10(shares)), floor)
            frames["bars.d"].append(
                "".join(f"M{panel.x(k):.1f} {floor}V{top:.1f}" for k, top in enumerate(tops, 1))
            )
            frames["name.text"].append(activation.name)
            frames["depth.text"].append(str(depth))
            frames["share.text"].append(_power(shares[0]))
    say = [
        f"{name}, {depth} layers: the first gets {share} of the last one's slope"
        for _, name, depth, share in zip(*frames.values(), strict=True)
    ]
    start = min(10, deepest) - depths[0]
    first = _shown_at(frames, start)

    content = [_caption(panel.left, 16, "share of the slope that arrives", anchor="start")]
    for power in (0, -4, -8, -12):
        y = panel.y(power)
        number = f"10<tspan dy='-5' font-size='10'>{_number(power)}</tspan>" if power else "1"
        kind = "grid" if power else "zero"
        content += [
            f"<path class='{kind}' d='M{panel.left} {y:.1f}h{panel.width}'/>",
            f"<text x='{panel.left - 6}' y='{y + 4:.1f}' text-anchor='end'>{number}</text>",
        ]
    thick = 0.6 * panel.width / deepest
    content += [
        f"<path class='f' style='stroke-width:{thick:.1f}' data-part='bars' d='{first['bars']}'/>",
        _caption(panel.left, floor + 17, "first layer", anchor="start"),
        _caption(panel.left + panel.width, floor + 17, f"layer {deepest}", anchor="end"),
    ]
    readout = (
        f"<b data-part='name'>{escape(first['name'])}</b>,"
        f" <span data-part='depth'>{first['depth']}</span> layers: the first gets"
        f" <b data-part='share'>{first['share']}</b> of the last one's slope"
    )
    label = (
        "A bar for each hidden layer: the size of the loss's slope there, on a logarithmic scale."
    )
    sliders = [("activation", len(choices), 0), ("layers", len(depths), start)]
    return Explorer(_drawing("".join(content), 240, label), readout, sliders, frames, say)


def _shares(activation, gain, depth, width, networks):
    """The slope in each hidden layer's weighted sums, as a share of that in the last one."""
    squares = np.zeros(depth)
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(20, width)), rng.normal(size=(20, 1))
        sizes, activations = [width] * (depth + 1) + [1], [activation] * depth + [identity]
        network = Network(sizes, activations, square_loss, rng, gain)
        squares += [np.sum(slope**2) for slope in network.backward(x, y).sums[:depth]]
    return np.sqrt(squares / squares[-1])


def explore_softmax(positions=13, widest=4.0):
    """Return a figure with sliders for two of three logits: the bars are S, the squares the Jacobian.

    The third logit stays 0. That loses nothing, since adding one number to all logits changes nothing.

    Examples
    --------
    >>> explore_softmax()
    <figure with a slider; it starts at: logits 2.0, 0.0, 0; S = 0.79, 0.11, 0.11>
    """
    values = np.linspace(-widest, widest, positions)
    z = np.stack(np.meshgrid(values, values, [0.0], indexing="ij"), axis=-1).reshape(-1, 3)
    s, jacobian = softmax(z), softmax.jacobian(z)
    frames, content = {}, []
    for x, title in ((24, "softmax"), (204, "its Jacobian")):
        content.append(_caption(x, 20, title, anchor="start"))
    start = _nearest(values, 2.0), _nearest(values, 0.0)
    first = start[0] * positions + start[1]
    for i in range(3):
        height = 130 * s[:, i]
        frames |= {
            f"bar{i}.height": [f"{h:.1f}" for h in height],
            f"bar{i}.y": [f"{170 - h:.1f}" for h in height],
            f"s{i}.text": [f"{v:.2f}" for v in s[:, i]],
        }
        left = 24 + 50 * i
        content += [
            f"<rect class='bar' data-part='bar{i}' x='{left}' width='36'"
            f" y='{frames[f'bar{i}.y'][first]}' height='{frames[f'bar{i}.height'][first]}'/>",
            _caption(left + 18, 188, frames[f"s{i}.text"][first], f"s{i}"),
        ]
        for k in range(3):
            entry = jacobian[:, i, k]
            part = f"j{i}{k}"
            # A quarter is the largest size that an entry can have.
            frames[f"{part}.fill-opacity"] = [f"{4 * abs(v) * 0.55:.2f}" for v in entry]
            frames[f"{part}t.text"] = [_fixed(v, 2) for v in entry]
            x, y = 204 + 60 * k, 34 + 52 * i
            color = "f" if i == k else "d"
            content += [
                f"<rect data-part='{part}' x='{x}' y='{y}' width='56' height='48'"
                f" style='fill:var(--{color})'"
                f" fill-opacity='{frames[f'{part}.fill-opacity'][first]}'/>",
                _caption(x + 28, y + 29, frames[f"{part}t.text"][first], f"{part}t"),
            ]
    frames["z1.text"] = [_fixed(v, 1) for v in z[:, 0]]
    frames["z2.text"] = [_fixed(v, 1) for v in z[:, 1]]
    say = [
        f"logits {a}, {b}, 0; S = {', '.join(f'{v:.2f}' for v in row)}"
        for a, b, row in zip(frames["z1.text"], frames["z2.text"], s, strict=True)
    ]
    label = (
        "Left: the three probabilities as bars. Right: the nine entries of the Jacobian as squares."
    )
    readout = (
        f"logits <span data-part='z1'>{frames['z1.text'][first]}</span>,"
        f" <span data-part='z2'>{frames['z2.text'][first]}</span> and 0"
    )
    sliders = [("first logit", positions, start[0]), ("second logit", positions, start[1])]
    return Explorer(_drawing("".join(content), 200, label), readout, sliders, frames, say)


def explore_neuron(positions=17, widest=4.0):
    """Return a figure with sliders for a neuron's weight, bias and target: each factor of the chain.

    The neuron has the input 2 and the activation sigmoid, and its loss is the binary NLL. Shown are
    dL/da, da/dz and dz/dw, and their product dL/dw.

    Examples
    --------
    >>> explore_neuron()
    <figure with a slider; it starts at: w = 1.0, b = 0.0, y = 0; ... is dL/dw 1.762>
    """
    values = np.linspace(-widest, widest, positions)
    w, b, y = (grid.ravel() for grid in np.meshgrid(values, values, [0.0, 1.0], indexing="ij"))
    z = 2 * w + b
    a = sigmoid(z)
    factors = {"la": nll.derivative(a, y), "az": sigmoid.derivative(z), "zw": np.full_like(z, 2.0)}
    product = factors["la"] * factors["az"] * factors["zw"]
    start = _nearest(values, 1.0), _nearest(values, 0.0), 0
    first = (start[0] * positions + start[1]) * 2 + start[2]
    frames = {
        "w.text": [_fixed(v, 1) for v in w],
        "b.text": [_fixed(v, 1) for v in b],
        "y.text": [f"{v:.0f}" for v in y],
        "z.text": [_fixed(v, 1) for v in z],
        "a.text": [_fixed(v) for v in a],
        "la.text": [_fixed(v) for v in factors["la"]],
        "az.text": [_fixed(v) for v in factors["az"]],
        "lw.text": [_fixed(v) for v in product],
    }
    say = [
        f"w = {f['w']}, b = {f['b']}, y = {f['y']}; dL/da {f['la']} times da/dz {f['az']}"
        f" times dz/dw 2 is dL/dw {f['lw']}"
        for f in (_shown_at(frames, i) for i in range(len(w)))
    ]

    readout = (
        f"target <i>y</i> = <span data-part='y'>{frames['y.text'][first]}</span>,"
        f" bias <i>b</i> = <span data-part='b'>{frames['b.text'][first]}</span>;"
        " the product of the three slopes, d<i>L</i>/d<i>w</i>, is"
        f" <b data-part='lw'>{frames['lw.text'][first]}</b>"
    )
    label = "A neuron as a chain from w to the loss: values above, the slope of each stage below."
    drawing = _drawing(_neuron_content(_shown_at(frames, first)), 200, label)
    sliders = [("w", positions, start[0]), ("b", positions, start[1]), ("y", 2, start[2])]
    return Explorer(drawing, readout, sliders, frames, say)


def _neuron_content(first):
    """Draw a neuron and its loss, at the first position of the sliders."""

    def now(part):
        return f"<tspan data-part='{part}'>{first[part]}</tspan>"

    boxes = [
        (8, "w", now("w"), "dz/dw", "2"),
        (108, "z = 2w + b", now("z"), "da/dz", now("az")),
        (208, "a = σ(z)", now("a"), "dL/da", now("la")),
    ]
    content = [
        _caption(2, 18, "forward", anchor="start"),
        _caption(2, 190, "backward", anchor="start"),
    ]
    for x, name, value, slope, factor in boxes:
        content += [
            f"<rect class='open' style='stroke:var(--f)' x='{x}' y='44' width='78' height='44' rx='8'/>",
            _caption(x + 39, 36, name),
            f"<text x='{x + 39}' y='71' text-anchor='middle'>{value}</text>",
            f"<path class='f' d='M{x + 79} 66H{x + 97}m-6 -5l6 5l-6 5'/>",
            f"<path class='t' d='M{x + 100} 112H{x + 40}m6 -5l-6 5l6 5'/>",
            _caption(x + 70, 134, slope),
            f"<text x='{x + 70}' y='154' text-anchor='middle'>{factor}</text>",
        ]
    content += [
        "<rect class='open' style='stroke:var(--f)' x='308' y='44' width='84' height='44' rx='8'/>",
        _caption(350, 71, "L(a, y)"),
    ]
    return "".join(content)


def _shown_at(frames, place):
    """Return what each part of a figure is given at one position."""
    return {key.split(".")[0]: column[place] for key, column in frames.items()}


def _nearest(values, wanted):
    return int(np.argmin(np.abs(values - wanted)))


def _caption(x, y, text, part=None, anchor="middle"):
    name = f" data-part='{part}'" if part else ""
    return f"<text x='{x}' y='{y}' text-anchor='{anchor}'{name}>{escape(text)}</text>"
