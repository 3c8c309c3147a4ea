"""The explorers of the book: figures that a reader moves (`slopes.explorer` says how they work)."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from slopes.activations import identity, leaky_relu, relu, sigmoid, softmax, tanh
from slopes.explorer import (
    SIZES,
    Choice,
    Drawing,
    Explorer,
    Panel,
    Slider,
    anchored,
    beside,
    cells,
    dot,
    fixed,
    hole,
    line,
    mathematics,
    name_of,
    nearest,
    product,
    rounded,
    shown,
    significant,
    tick,
    ticks,
    written,
)
from slopes.losses import nll, square_loss
from slopes.network import Network

__all__ = [
    "explore",
    "explore_chain",
    "explore_depth",
    "explore_descent",
    "explore_neuron",
    "explore_secant",
    "explore_softmax",
]


#: How far below a curve an axis stands, in pixels.
_CLEAR = 26


def explore(function, span=(-5, 5), start=None, positions=101):
    """Return an explorer in which the reader drags a point along a function.

    The tangent turns with it, value and slope are read out, and a second point moves on the graph of
    the derivative below. At a kink both one-sided tangents are drawn, since there is no single one.

    Parameters
    ----------
    function : Elementwise
        An activation, or a loss with a fixed target (``square_loss.at(1.0)``).
    span : pair of float
        The ends of the horizontal axis, inside the function's domain.
    start : float, optional
        Where the point is at first; else at 1, or beside the first kink, so that the tangent leaves the
        graph there.
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
    <explorer; it starts at: x = 1.00, value 0.731, slope 0.197>
    """
    domain = function.domain
    if not (domain.lower <= span[0] < span[1] <= domain.upper):
        raise ValueError(f"{function.name}: the span {span} leaves the domain {domain}")
    x = np.linspace(*span, positions)
    # A position that misses a kink by rounding would show a tangent where there is none.
    kinks = {nearest(x, k.at): k for k in function.kinks if span[0] < k.at < span[1]}
    for index, kink in kinks.items():
        x[index] = kink.at
    if start is None:
        start = next((k.at + 0.05 * (span[1] - span[0]) for k in kinks.values()), 1.0)
    start = nearest(x, start)
    content, upper, lower = _function_content(function, span, list(kinks.values()), x[start])
    variable = function.variable
    label = (
        f"Above: {function.name} with its tangent at a point."
        " Below: its derivative at the same point."
    )
    slope = "{slope}" if kinks else "{d}"
    value, prime = name_of(function), name_of(function, prime=True)
    readout = cells((variable, "{x}", ""), (value, "{v}", "value"), (prime, slope, "slope"))
    say = f"{variable} = {{x}}, value {{v}}, slope {slope}"
    if kinks:
        readout += "<p class='remark' data-text='{note}'></p>"
        say += ". {note}"
    slider = Slider(variable, positions, start)
    tables = [((1,), _along(function, x, kinks, upper, lower))]
    return Explorer([Drawing(content, 438, label)], [slider], tables, say, readout)


def _function_content(function, span, kinks, start):
    """Draw a function above its derivative; return the drawing and its two panels."""
    x, values, slopes = _branches(function, span)
    upper, lower = _panel(span, values, 12, 182, clear=0), _panel(span, slopes, 264, 140)
    value, slope = float(function(start)), float(function.derivative(start))
    reach = float(_tangent(upper, np.array([slope]))[0][0])
    tangent = [(start + t, value + slope * t) for t in np.linspace(-reach, reach, 41)]
    above = tangent + [(start, y) for y in np.linspace(upper.y_span[0], value, 41)]
    below = [(start, y) for y in np.linspace(slope, lower.y_span[1], 41)]
    marks = ticks(span, 6)
    halves = [("l", "-1", "0"), ("r", "0", "1")] if kinks else [("r", "-1", "1")]
    # Where branches are straight the tangent lies on the graph, which is broad so that both are seen; of
    # a jump the ends are.
    graph = "f broad" if kinks and not all(map(_is_jump, kinks)) else "f"
    tangents = "".join(
        _tangent_of(f"d='M{left} 0H{right}'", f"{{{side}}} {{{side}m}} 0 1 {{x}} {{v}}")
        for side, left, right in halves
    )
    ends = "".join(
        hole(kink.at, end)
        for kink in kinks
        for end in (kink.left, kink.right)
        if math.isfinite(end)
    )
    jumps = "".join(_jump(function, kink.at, span) for kink in kinks)
    # Where there is no slope the point below is open: what the code takes is not on the graph.
    no_slope = "<path class='hole' data-set='d: {open}'/>" if kinks else ""
    content = (
        _named(upper, x, values, name_of(function), "value", above, [])
        + _named(lower, x, slopes, name_of(function, prime=True), "slope", below, marks)
        + "<line class='drop' data-set='x1: {px}%; x2: {px}%; y1: {py}; y2: {dy}'/>"
        + upper.inside(
            upper.curve(x, values, graph) + tangents + jumps + dot("{x}", "{v}"), drag="x"
        )
        + lower.inside(lower.curve(x, slopes, "d") + ends + dot("{x}", "{d}") + no_slope)
    )
    return content, upper, lower


def _tangent_of(path, matrix):
    return f"<path class='t' {path} data-set='transform: matrix({matrix})'/>"


def _jump(function, at, span):
    """Draw the ends of the branches where a function jumps: a ring at one that it does not reach."""
    hair, taken = 1e-9 * (span[1] - span[0]), float(function(at))
    ends = [float(function(at - hair)), float(function(at + hair))]
    if math.isclose(*ends, abs_tol=1e-6):
        return ""
    rings = [hole(at, end, "value") for end in ends if not math.isclose(end, taken, abs_tol=1e-6)]
    return "".join(rings) + f"<path class='end value' d='M{at:.4g} {taken:.4g}h0'/>"


def _along(function, x, kinks, upper, lower):
    """Return the columns of an explorer of one function."""
    value, slope = function(x), function.derivative(x)
    columns = {
        "x": [fixed(v, 2) for v in x],
        "v": [fixed(v) for v in value],
        "d": [fixed(v) for v in slope],
        "px": [f"{100 * upper.share(v):.1f}" for v in x],
        "py": [f"{upper.y(v):.1f}" for v in value],
        "dy": [f"{lower.y(v):.1f}" for v in slope],
    }
    sides = {"r": "right"} | ({"l": "left"} if kinks else {})
    for letter, side in sides.items():
        slopes = np.array(slope, dtype=float)
        for index, kink in kinks.items():
            slopes[index] = math.nan if _is_jump(kink) else getattr(kink, side)
        reach, rise = _tangent(upper, slopes)
        columns |= {letter: reach, f"{letter}m": rise}
    if kinks:
        columns["slope"] = ["none" if k in kinks else text for k, text in enumerate(columns["d"])]
        columns["open"] = [
            f"M{columns['x'][k]} {columns['d'][k]}h0" if k in kinks else "" for k in range(len(x))
        ]
        jumps_alone = all(map(_is_jump, kinks.values()))
        columns["note"] = [_note(kinks.get(k), jumps_alone) for k in range(len(x))]
    return columns


def _tangent(panel, slopes):
    """Return how far tangents reach across and up: all of one length, and none where there is none."""
    across = SIZES[0][0] * (panel.share(1) - panel.share(0))
    up = panel.y(0) - panel.y(1)
    m = np.where(np.isfinite(slopes), slopes, 0)
    reach = np.where(np.isfinite(slopes), 90 / np.hypot(across, up * m), 0)
    return [f"{v:.3g}" for v in reach], [f"{v:.3g}" for v in reach * m]


def _is_jump(kink):
    """Whether a function jumps at a kink, where no tangent has a slope."""
    return math.isinf(kink.left) or math.isinf(kink.right)


def _note(kink, jumps_alone):
    """Say what is true at a kink, and elsewhere that there is none, or no jump."""
    if kink is None:
        what = "jump" if jumps_alone else "kink"
        return f"No {what} here: the slope is the same from the left and from the right."
    taken = f"The code takes {kink.value:.3g}."
    if _is_jump(kink):
        return f"A jump: there is no slope. {taken}"
    return f"A kink: the slope is {kink.left:.3g} on the left and {kink.right:.3g} on the right. {taken}"


def _branches(function, span, count=121):
    """Sample a function and its derivative, with a gap (nan) at each kink."""
    x = np.linspace(*span, count)
    hair = 1e-9 * (span[1] - span[0])
    for kink in function.kinks:
        if span[0] < kink.at < span[1]:
            x = np.concatenate([x, [kink.at - hair, np.nan, kink.at + hair]])
            x = np.concatenate([np.sort(x[x < kink.at]), [np.nan], np.sort(x[x > kink.at])])
    return x, function(x), function.derivative(x)


def _reach(values):
    """Return the smallest and the largest value, and 0 with them; from 0 to 1 where all are 0."""
    finite = values[np.isfinite(values)]
    lower, upper = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
    return (lower, upper) if lower < upper else (0.0, 1.0)


def _panel(span, values, top, height, clear=_CLEAR):
    """Return a panel for a curve, with some room above, and below for an axis clear of it."""
    lower, upper = _reach(values)
    extra = 0.06 * (upper - lower)
    room = clear / (height - clear) * (upper + extra - lower)
    return Panel(span, (lower - room, upper + extra), top, height)


def _named(panel, x, values, name, kind, others, marks):
    """Draw the lines of a panel, its axis if it has marks, and the name of its curve beside it.

    The axis stands clear below the curve, so that the first numbers of both axes do, too.

    Points of others, in pairs of coordinates, are what the name must not touch either.
    """
    reach = _reach(values)
    rows = ticks(reach, 4 if panel.height > 180 else 3)
    across, down, anchor = beside(panel, x, values, name, rows, others)
    axis = panel.columns(marks, panel.y_span[0]) if marks else ""
    return panel.rows(rows) + axis + written(across, down, name, anchor, kind)


def _secant_content(function, at, x, panel, slopes):
    """The drawing of a tangent and of secants, by the slopes of the tangent and of the first secant."""
    values, value, tangent = function(x), float(function(at)), slopes[0]
    lines = [(p, value + m * (p - at)) for m in slopes for p in x]
    marks = ticks((x[0], x[-1]), 6)
    content = _named(panel, x, values, name_of(function), "value", lines, marks)
    content += _bracket_name(panel, at, value, *slopes)
    ends = "{gap}", f"{value + tangent:.4g}"
    caps = "".join(f"M{at + 0.92:.4g} {end}h.16" for end in ends)
    return content + panel.inside(
        panel.curve(x, values, "f")
        + f"<path class='still-line dashed' d='{_line(panel, at, value, tangent)}'/>"
        + "<path class='t' data-set='d: {ends}'/>"
        + f"<path class='gap' data-set='d: M{at + 1:.4g} {ends[1]}V{ends[0]}{caps}'/>"
        + hole(at, value)
        + dot("{x}", "{v}"),
        drag="x",
    )


def _bracket_name(panel, at, value, tangent, secant):
    """Name the gap between tangent and secant, beyond the secant; a line leads to its bracket."""
    up = -1 if secant > tangent else 1
    out = up if secant > 0 else -up
    y = panel.y(value + secant)
    lead = f"<path class='lead' d='M{5 * out} {y + 6 * up:.1f}L{22 * out} {y + 22 * up:.1f}'/>"
    side = "start" if out > 0 else "end"
    name = written(26 * out, y + 28 * up + 5, "error", side, "ink")
    return anchored(panel.x(at + 1), lead + name)


def explore_secant(function, at, widest=2.0, halvings=16, span=(-4, 4)):
    """Return an explorer in which the secant through two points becomes the tangent as h shrinks.

    Parameters
    ----------
    function : Elementwise
        A function with a derivative at ``at``.
    at : float
        The point that stays; one to the right of it is inside the span.
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
    <explorer; it starts at: h = 2.00, slope of the secant 0.23106, error 0.0344>
    """
    h = widest * 2.0 ** -np.arange(halvings + 1)
    secant, tangent = (function(at + h) - function(at)) / h, float(function.derivative(at))
    x = np.linspace(*span, 121)
    panel = _panel(span, function(x), 12, 240)
    value = float(function(at))
    columns = {
        "x": [f"{at + step:.4g}" for step in h],
        "v": [f"{v:.4g}" for v in function(at + h)],
        "ends": [_line(panel, at, value, m) for m in secant],
        "gap": [f"{value + m:.4g}" for m in secant],
        "h": [significant(step) for step in h],
        "slope": [fixed(m, 5) for m in secant],
        "error": [significant(abs(m - tangent)) for m in secant],
    }
    content = _secant_content(function, at, x, panel, (tangent, secant[0]))
    label = (
        f"{function.name} with its tangent, dashed, and a secant through a second point. One to the"
        " right of the point that stays, the gap between the two lines is the error."
    )
    readout = cells(
        ("step h", "{h}", ""), ("secant slope", "{slope}", "slope"), ("error", "{error}", "")
    )
    say = "h = {h}, slope of the secant {slope}, error {error}"
    controls = [Slider("h", len(h), 0)]
    return Explorer([Drawing(content, 286, label)], controls, [((1,), columns)], say, readout)


def _line(panel, x, value, slope):
    """The path of a whole line through a point, across the panel."""
    (left, right), (low, high) = panel.x_span, panel.y_span
    ends = [left, right]
    if slope:
        crossings = sorted(x + (edge - value) / slope for edge in (low, high))
        ends = [max(left, crossings[0]), min(right, crossings[1])]
    return "".join(
        f"{pen}{e:.4g} {value + slope * (e - x):.4g}" for pen, e in zip("ML", ends, strict=True)
    )


def explore_chain(inner, outer, span=(-2, 2), start=1.0, positions=81, names=None):
    """Return an explorer of two machines in a row: what each of them makes of a small step.

    Three number lines of one scale stand below each other: x, u = inner(x) and y = outer(u). A bar is
    a step in x; on the next lines it is as long as the local slopes make it, and points to the left
    where their product is negative.

    Parameters
    ----------
    inner, outer : Elementwise
        The two machines; neither may have a kink where it is used.
    span : pair of float
        The ends of the slider for x.
    start : float
        Where x is at first.
    positions : int
        How many positions the slider has.
    names : pair of str, optional
        What the machines are called; their own names by default.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        If a machine has a kink, or gets a number outside its domain.

    Examples
    --------
    >>> from slopes import sigmoid, tanh
    >>> explore_chain(tanh, sigmoid)
    <explorer; it starts at: x = 1.00, u = 0.76, y = 0.68; slope 0.4200 times 0.2170 is 0.0911>
    """
    x = np.linspace(*span, positions)
    names = names or (inner.name, outer.name)
    values, slopes = _through((inner, outer), names, x)
    factors = [np.ones_like(x), slopes[0], slopes[0] * slopes[1]]
    ends = [v + (span[1] - span[0]) / 5 * k for v, k in zip(values, factors, strict=True)]
    reached = np.concatenate([*values, *ends])
    # The three number lines are at the heights 2, 1 and 0.
    panel = Panel((reached.min(), reached.max()), (0, 2), top=30, height=208)
    label = (
        "Three number lines of one scale, for x, u and y. The bar on the first is a step in x; those"
        " below show how long the local slopes of the two machines make it, and where it points."
    )
    say = "x = {x}, u = {u}, y = {y}; slope {slope0} times {slope1} is {product}"
    readout = product(
        ("slope", "{product}", ""),
        *((name, f"{{slope{k}}}", "") for k, name in enumerate(names)),
    )
    track, sides = (panel.share(span[0]), panel.share(span[1])), {"left": 1.5, "right": 6.7}
    slider = Slider("x", positions, nearest(x, start), track, **sides)
    drawing = Drawing(_chain_content(panel, names), 288, label, **sides)
    tables = [((1,), _chain_columns(values, ends, slopes))]
    return Explorer([drawing], [slider], tables, say, readout)


def _chain_columns(values, ends, slopes):
    """Return what a chain shows at each x: values, ends of the bars, slopes, their product."""
    columns = {letter: [fixed(v, 2) for v in values[k]] for k, letter in enumerate("xuy")}
    for k in range(3):
        columns[f"end{k}"] = [fixed(v, 2) for v in ends[k]]
    written_ = [_multiplied(p, q) for p, q in zip(*slopes, strict=True)]
    for k in range(2):
        columns[f"slope{k}"] = [factors[k] for factors, _ in written_]
    columns["product"] = [product for _, product in written_]
    return columns


def _multiplied(*factors):
    """Write factors, and the product, of three digits, of what is shown.

    Two factors have room for a digit more, so that the product is that of the exact ones.
    """
    digits = 4 if len(factors) == 2 else 3
    near = [rounded(factor, digits) for factor in factors]
    return [significant(factor, digits) for factor in near], significant(math.prod(near))


def _note_factors(columns, outer, middle, last):
    """Add to the columns the slopes of loss and activation, and their product with the last one."""
    for p, q in zip(outer, middle, strict=True):
        (first, second, _), product = _multiplied(p, q, last)
        for name, text in (("outer", first), ("middle", second), ("product", product)):
            columns[name].append(text)


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


def _chain_content(panel, names):
    """Draw a chain of two machines."""
    marks, inside = ticks(panel.x_span, 5), []
    content = [panel.columns(marks, 0)]
    for k, letter in enumerate("xuy"):
        row, y = 2 - k, panel.y(2 - k)
        content += [
            line(y, "axis"),
            *(tick(at, y) for at in map(panel.x, marks)),
            written(0, y, letter, "start", "left mid"),
            shown("100%", y, f"{{{letter}}}", "start", "aside mid value"),
        ]
        inside.append(f"<path class='step' data-set='d: M{{{letter}}} {row}H{{end{k}}}'/>")
        inside.append(dot(f"{{{letter}}}", row))
    for k, (above, below) in enumerate(pairwise("xuy")):
        row, middle = 2 - k, panel.y(1.5 - k)
        beam = f"M{{{above}}} {row}H{{end{k}}}L{{end{k + 1}}} {row - 1}H{{{below}}}Z"
        inside.insert(0, f"<path class='beam' data-set='d: {beam}'/>")
        content += [
            written("100%", middle - 5, names[k], "start", "aside ink"),
            shown("100%", middle + 19, f"slope {{slope{k}}}", "start", "aside slope"),
        ]
    return "".join(content) + panel.inside("".join(inside))


# How a gain is written, and what it is.
_GAINS = {"1": 1.0, "√2": math.sqrt(2)}


def _depth_columns(choices, deepest, width, networks):
    """Return the dots of the layers, and the share of the first, of every choice at every depth."""
    columns = {"dots": [], "share": []}
    for activation, gain in choices:
        for depth in range(1, deepest + 1):
            shares = _shares(activation, _GAINS[gain], depth, width, networks)
            points = [f"{k} {round(power, 1):.3g}" for k, power in enumerate(np.log10(shares), 1)]
            columns["dots"].append("".join(f"M{point}h0" for point in points))
            columns["share"].append(significant(shares[0]))
    return columns


def explore_depth(deepest=20, width=50, networks=5):
    """Return an explorer of depth: how much of a gradient reaches each layer of a network.

    For each choice a few random networks are run backward once. Their gain suits the activation: √2
    where half of the slopes are 0 or nearly so, else 1. A dot is the slope of the loss in the weighted
    sums of a layer, divided by that in the last hidden layer; both are root mean squares.

    Parameters
    ----------
    deepest : int
        The largest number of hidden layers, at least 2.
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
    <explorer; it starts at: sigmoid, gain 1, 3 layers: the slope in the first is ...>
    """
    choices = [(sigmoid, "1"), (tanh, "1"), (relu, "√2"), (leaky_relu, "√2")]
    panel = Panel((1, deepest), (-13, 1), top=32, height=210)
    columns = _depth_columns(choices, deepest, width, networks)
    names = [activation.name.partition(" (")[0] for activation, _ in choices]
    tables = [
        ((1, deepest), columns),
        ((1, 0), {"depth": [str(depth) for depth in range(1, deepest + 1)]}),
        ((0, 1), {"name": names, "gain": [gain for _, gain in choices]}),
    ]
    wanted = [k for k in (1, 5, 10, 15, 20) if k <= deepest]
    content = (
        panel.rows([0, -4, -8, -12], ["1", "10⁻⁴", "10⁻⁸", "10⁻¹²"])
        + written(0, 15, "share of the slope in the last layer", "start")
        + panel.columns(wanted, -12, [str(k) for k in wanted])
        + written("100%", panel.top + panel.height + 34, "layer", "end")
        + panel.inside("<path class='dots' data-set='d: {dots}'/>")
    )
    label = (
        "A dot for each hidden layer: the size of the loss's slope there, on a logarithmic scale."
    )
    say = "{name}, gain {gain}, {depth} layers: the slope in the first is {share} times that in the last"
    readout = cells(
        ("gain", "{gain}", ""),
        ("share", "{share}", "slope"),
    )
    sides = {"left": 3.6, "right": 2.3}
    controls = [
        Slider("layers", deepest, deepest - 1, value="{depth}", **sides),
        Choice("activation", names, 0),
    ]
    drawing = Drawing(content, 285, label, **sides)
    return Explorer([drawing], controls, tables, say, readout)


def _shares(activation, gain, depth, width, networks):
    """The slope in each hidden layer's weighted sums, divided by that in the last one."""
    squares = np.zeros(depth)
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(20, width)), rng.normal(size=(20, 1))
        sizes, activations = [width] * (depth + 1) + [1], [activation] * depth + [identity]
        network = Network(sizes, activations, square_loss, rng, gain)
        squares += [np.sum(slope**2) for slope in network.backward(x, y).sums[:depth]]
    return np.sqrt(squares / squares[-1])


def explore_softmax(widest=4):
    """Return an explorer of softmax: two of three logits move; bars are S, squares its Jacobian.

    The third logit stays 0. That loses nothing, since adding one number to all logits changes nothing.

    Examples
    --------
    >>> explore_softmax()
    <explorer; it starts at: logits 2, 0, 0; S = 0.79, 0.11, 0.11>
    """
    values = np.arange(-widest, widest + 1)
    count = len(values)
    z = np.stack(np.meshgrid(values, values, [0.0], indexing="ij"), axis=-1).reshape(-1, 3)
    s, jacobian = softmax(z), softmax.jacobian(z)
    columns = {f"s{i}": [fixed(v, 2) for v in s[:, i]] for i in range(3)}
    for i in range(3):
        for k in range(i, 3):
            columns[f"j{i}{k}"] = [fixed(v, 2) for v in jacobian[:, i, k]]
    numbers = [str(v) for v in values]
    tables = [((count, 1), columns), ((1, 0), {"z1": numbers}), ((0, 1), {"z2": numbers})]
    drawings = [
        Drawing(_softmax_bars(), 274, "The three outputs as bars."),
        Drawing(_softmax_matrix(), 274, "The nine entries of the Jacobian as squares.", 1.7),
    ]
    readout = f"<p class='remark'>{mathematics('The third logit, z_3, stays 0.')}</p>"
    say = "logits {z1}, {z2}, 0; S = {s0}, {s1}, {s2}"
    controls = [
        Slider(f"z_{k}", count, nearest(values, z), right=2, value=f"{{z{k}}}")
        for k, z in ((1, 2), (2, 0))
    ]
    return Explorer(drawings, controls, tables, say, readout)


def _softmax_bars():
    """Draw the outputs of softmax as bars."""
    panel = Panel((0, 3), (0, 1), top=46, height=172)
    content = [panel.rows([0, 0.5, 1]), line(panel.y(0), "axis")]
    content.append(written(0, 16, "outputs S_i", "start"))
    bars = []
    for i in range(3):
        bars.append(f"<rect x='{i + 0.23}' width='.54' data-set='height: {{s{i}}}'/>")
        content += [
            shown(panel.x(i + 0.5), 241, f"{{s{i}}}", kind="value"),
            written(panel.x(i + 0.5), 265, f"S_{i + 1}"),
        ]
    return "".join(content) + panel.inside("".join(bars))


def _softmax_matrix():
    """Draw the Jacobian of softmax as nine squares."""
    content = [written(0, 16, "slopes ∂S_i/∂z_k", "start")]
    for i in range(3):
        y = 58 + 70 * i
        content.append(written(f"{33.3 * i + 16.7:.1f}%", 46, f"z_{i + 1}"))
        content.append(written(-10, y + 35, f"S_{i + 1}", "end", "mid"))
        for k in range(3):
            entry = f"{min(i, k)}{max(i, k)}"  # the matrix is symmetric
            kind, sign = ("plus", "") if i == k else ("minus", "-")
            content += [
                f"<rect class='{kind}' x='{33.3 * k:.1f}%' y='{y}' width='33.3%' height='70'"
                # A quarter is the largest size that an entry can have.
                f" data-set='style: fill-opacity: calc(.06 + {sign}1.9 * {{j{entry}}})'/>",
                shown(f"{33.3 * k + 16.7:.1f}%", y + 35, f"{{j{entry}}}", kind="ink mid"),
            ]
    return "".join(content)


def explore_neuron(widest=4.0):
    """Return an explorer of a neuron: values go forward, slopes come back, for any weight and bias.

    The neuron has the input 2 and the activation sigmoid, and its loss is the binary NLL. The slope of
    the loss in the weight is the product of the three slopes that are shown.

    Examples
    --------
    >>> explore_neuron()
    <explorer; it starts at: w = 1.00, b = 0.00, y = 0: z = 2.00, a = 0.881, L = 2.13; ... is 1.76>
    """
    values = np.arange(-2 * widest, 2 * widest + 1) / 2
    count = len(values)
    # The weighted sum 2w + b decides all that follows: w counts double.
    z = np.arange(-6 * widest, 6 * widest + 1) / 2
    a, middle = sigmoid(z), sigmoid.derivative(z)
    columns = {"L": [], "outer": [], "middle": [], "product": []}
    for y in (0.0, 1.0):
        outer = nll.derivative(a, y)
        columns["L"] += [significant(v) for v in nll(a, y)]
        _note_factors(columns, outer, middle, 2)
    numbers = [fixed(v, 2) for v in values]
    tables = [
        ((2, 1, len(z)), columns),
        (
            (2, 1, 0),
            {
                "z": [fixed(v, 2) for v in z],
                "a": [significant(v) for v in a],
            },
        ),
        ((1, 0, 0), {"w": numbers}),
        ((0, 1, 0), {"b": numbers}),
        ((0, 0, 1), {"y": ["0", "1"]}),
    ]
    label = (
        "A neuron as a chain of four circles, w, z, a and L. Above each its value;"
        " on the arrows back the slope of each stage."
    )
    readout = product(
        ("∂L/∂w", "{product}", ""),
        ("∂L/∂a", "{outer}", ""),
        ("∂a/∂z", "{middle}", ""),
        ("∂z/∂w", "2", ""),
    )
    say = (
        "w = {w}, b = {b}, y = {y}: z = {z}, a = {a}, L = {L};"
        " slope {outer} times {middle} times 2 is {product}"
    )
    sides = {"left": 1.5, "right": 3}
    controls = [
        Slider("w", count, nearest(values, 1.0), value="{w}", **sides),
        Slider("b", count, nearest(values, 0.0), value="{b}", **sides),
        Choice("target y", ["0", "1"], 0),
    ]
    drawing = Drawing(_neuron_content(), 186, label, 1.4, 2)
    return Explorer([drawing], controls, tables, say, readout)


def _neuron_content():
    """Draw a neuron and its loss as a chain."""
    places = ["0%", "33.3%", "66.7%", "100%"]
    stages = [
        ("2w + b", "∂z/∂w", "2"),
        ("σ(z)", "∂a/∂z", "{middle}"),
        ("L(a, y)", "∂L/∂a", "{outer}"),
    ]
    tip = "<path class='tip' d='M-25 66l-13 -6v12z'/>"
    back = "<path class='tip back' d='M16 84l6 13h-12z'/>"
    # The left half of an arrow back, and the right one: corners of wide rectangles that are cut off.
    left = "<rect class='d' x='16' y='-40' width='300%' height='74' rx='24'/>"
    right = left.replace("x='16'", "x='-200%' transform='translate(-15)'")
    half = "y='88' width='16.8%' height='40'"
    lines, content = [], []
    for k, (name, slope, number) in enumerate(stages):
        middle, (start, end) = f"{33.33 * k + 16.67:.1f}%", places[k : k + 2]
        lines += [
            f"<line class='f' x1='{start}' x2='{end}' y1='66' y2='66'/>",
            anchored(start, left, half) + anchored(start, back),
            anchored(middle, right, half) + anchored(end, tip),
        ]
        content += [
            written(middle, 51, name, kind="value"),
            written(middle, 149, slope, kind="slope"),
            shown(middle, 175, number, kind="slope"),
        ]
    for place, name, number in zip(places, "wzaL", ("{w}", "{z}", "{a}", "{L}"), strict=True):
        lines.append(f"<circle class='node' cx='{place}' cy='66' r='22'/>")
        content += [
            written(place, 66, name, kind="ink mid"),
            shown(place, 26, number, kind="value"),
        ]
    return "".join(lines + content)


def _descent_readout(x, start):
    """The slope of the loss as a product, and two buttons."""
    return product(
        ("L′(w)", "{product}", "slope"),
        ("2(a − y)", "{outer}", "of loss"),
        ("σ′(z)", "{middle}", "of unit"),
        ("x", f"{x:g}", "of sum"),
        live=True,
    ) + (
        "<div class='buttons'><button type='button' data-go='next'>Take a step downhill</button>"
        f"<button type='button' class='quiet' data-go='{start}'>Start again</button></div>"
    )


def explore_descent(rate=3.0, x=2.0, b=-1.0, span=(-3, 4), positions=701):
    """Return the explorer of the start page: one weight of a neuron, its loss, and a step downhill.

    The slope of the loss is shown as the product of three slopes, as they are written, so that a reader
    who multiplies them gets what is shown.

    Parameters
    ----------
    rate : float
        By how many slopes a step changes the weight.
    x, b : float
        The input and the bias of the neuron.
    span : pair of float
        The ends of the axis of weights.
    positions : int
        How many positions the weight has: so many that they are its two decimals, and what is shown
        is what a step has led to.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explore_descent()
    <explorer; it starts at: w = −0.60, target 1, loss 0.810; slope −1.80 times 0.0898 times 2 is −0.323>
    """
    w = np.linspace(*span, positions)
    a, middle, start = sigmoid(w * x + b), sigmoid.derivative(w * x + b), nearest(w, -0.6)
    panel = Panel(span, (0, 1), top=12, height=196)
    columns = _descent_columns(panel, w, a, middle, x, rate)
    curves = [
        "M"
        + "L".join(
            f"{p:.4g} {q:.3f}" for p, q in zip(w[::10], square_loss(a, y)[::10], strict=True)
        )
        for y in (0.0, 1.0)
    ]
    names = _descent_names(panel, w, a, start, columns)
    tables = [
        ((1, positions), columns),
        ((1, 0), {"w": [fixed(v, 2) for v in w]}),
        ((0, 1), {"curve": curves, "y": ["0", "1"], **names}),
    ]
    content = panel.rows([0, 1]) + panel.columns([-2, 0, 2, 4], 0)
    content += panel.inside(
        "<path class='f' data-set='d: {curve}'/><path class='drop' data-set='d: M{w} {loss}V0'/>"
        + _tangent_of("d='M-1 0H1'", "{r} {rm} 0 1 {w} {loss}")
        + dot("{w}", "{loss}"),
        drag="w",
    )
    name = written(0, 0, "L(w)", kind="value")
    content += name.replace(
        "x='0' y='0.0' text-anchor='middle'",
        "data-set='x: {across}; y: {down}; text-anchor: {anchor}'",
    )
    label = "The loss of one neuron against its weight, with the tangent at the current weight."
    controls = [
        Slider("w", positions, start, right=3, value="{w}"),
        Choice("target y", ["0", "1"], 1),
    ]
    say = "w = {w}, target {y}, loss {loss}; slope {outer} times {middle}"
    say += f" times {x:g} is {{product}}"
    return Explorer(
        [Drawing(content, 244, label, right=3)], controls, tables, say, _descent_readout(x, start)
    )


def _descent_names(panel, w, a, start, columns):
    """Return where the name of the loss stands for each target, beside the curve and the tangent."""
    places = []
    for y in (0, 1):
        loss, row = square_loss(a, float(y)), start + y * len(w)
        across, up = (float(columns[name][row]) for name in ("r", "rm"))
        tangent = [(w[start] + t * across, loss[start] + t * up) for t in np.linspace(-1, 1, 41)]
        drop = [(w[start], height) for height in np.linspace(0, loss[start], 41)]
        places.append(beside(panel, w, loss, "L(w)", [0, 1], tangent + drop))
    return dict(zip(("across", "down", "anchor"), zip(*places, strict=True), strict=True))


def _descent_columns(panel, w, a, middle, x, rate):
    """Return what depends on weight and target: loss, slope, its factors, next weight, tangent."""
    columns = {name: [] for name in ("loss", "outer", "middle", "product", "next", "r", "rm")}
    for y in (0.0, 1.0):
        loss, outer = square_loss(a, y), square_loss.derivative(a, y)
        slope = outer * middle * x
        reach, rise = _tangent(panel, slope)
        columns["loss"] += [fixed(v) for v in loss]
        _note_factors(columns, outer, middle, x)
        # Between two positions of the slider, too: what is left of a step counts in the next one.
        places = np.clip((w - rate * slope - w[0]) / (w[1] - w[0]), 0, len(w) - 1)
        columns["next"] += [f"{round(place, 1):g}" for place in places]
        columns["r"] += reach
        columns["rm"] += rise
    return columns
