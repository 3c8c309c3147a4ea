"""Numeric checks of derivatives: finite differences, the complex step, and a report that compares.

Step sizes balance the truncation error of each method against the round-off of the function values
(Sauer, *Numerical Analysis*, section 5.1; Nocedal and Wright, *Numerical Optimization*, section 8.1).
With machine epsilon ε ≈ 2.2 · 10⁻¹⁶ that gives √ε for the forward difference and ε^(1/3) for the
formulas of second order. The complex step subtracts nothing, so its step can be as small as one likes
(Squire and Trapp, "Using complex variables to estimate derivatives of real functions", *SIAM Review* 40,
1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

EPSILON = float(np.finfo(np.float64).eps)
FORWARD_STEP = EPSILON ** (1 / 2)
CENTRAL_STEP = EPSILON ** (1 / 3)
COMPLEX_STEP = 1e-20


class DerivativeMismatch(AssertionError):
    """A closed-form derivative and a numeric one disagree; the message says where and by how much."""


def _steps(x, h, default):
    """Return ``x`` as float64 and the step that is really taken, after x + h has been rounded."""
    x = np.asarray(x, dtype=np.float64)
    if h is None:
        h = default * np.maximum(1.0, np.abs(x))
    return x, (x + h) - x


def forward_difference(f, x, h=None):
    """Return (f(x + h) − f(x)) / h, whose error shrinks in proportion to h.

    Parameters
    ----------
    f : callable
        Takes and returns arrays of one shape.
    x : array_like
        The points.
    h : float or array_like, optional
        The step; by default √ε · max(1, |x|).

    Returns
    -------
    numpy.ndarray or scalar
        The estimate of f' at each point.

    Examples
    --------
    >>> bool(abs(forward_difference(np.exp, 0.0) - 1) < 1e-7)
    True
    """
    x, h = _steps(x, h, FORWARD_STEP)
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h=None):
    """Return (f(x + h) − f(x − h)) / (2h), whose error shrinks in proportion to h².

    Parameters are those of ``forward_difference``; the default step is ε^(1/3) · max(1, |x|).
    At a kink it returns the mean of the two slopes, which proves nothing.

    Examples
    --------
    >>> bool(abs(central_difference(np.exp, 0.0) - 1) < 1e-9)
    True
    >>> print(f"{central_difference(np.abs, 0.0):.1f}")
    0.0
    """
    x, h = _steps(x, h, CENTRAL_STEP)
    return (f(x + h) - f(x - h)) / (2 * h)


def one_sided_difference(f, x, side, h=None):
    """Return the slope of f at x as seen from one side, with an error in proportion to h².

    The formula is (−3 f(x) + 4 f(x ± h) − f(x ± 2h)) / (±2h).

    Parameters
    ----------
    f, x, h
        As for ``forward_difference``; the default step is ε^(1/3) · max(1, |x|).
    side : {"left", "right"}
        Where the other two points lie.

    Raises
    ------
    ValueError
        For any other ``side``.

    Examples
    --------
    >>> print(*(f"{one_sided_difference(np.abs, 0.0, side):.1f}" for side in ("left", "right")))
    -1.0 1.0
    """
    if side not in ("left", "right"):
        raise ValueError(f'side is "left" or "right", not {side!r}')
    x, h = _steps(x, h, CENTRAL_STEP)
    h = h if side == "right" else -h
    return (-3 * f(x) + 4 * f(x + h) - f(x + 2 * h)) / (2 * h)


def complex_step(f, x, h=COMPLEX_STEP):
    """Return Im f(x + ih) / h, exact to the last digits for an analytic f.

    Parameters
    ----------
    f : callable
        Takes complex arrays, and is analytic: no ``abs``, ``max`` or comparison of complex numbers.
    x : array_like
        The points, real.
    h : float
        The imaginary step. Nothing is subtracted, so it can be tiny.

    Returns
    -------
    numpy.ndarray or scalar
        The estimate of f' at each point.

    Examples
    --------
    >>> print(complex_step(np.exp, 0.0))
    1.0
    """
    return np.imag(f(np.asarray(x, dtype=np.float64) + 1j * h)) / h


@dataclass(frozen=True)
class Row:
    """One line of a report: a method, its worst relative error, where that was found, and the limit.

    At a jump there is no error to give; then ``finding`` says what was seen.
    """

    method: str
    error: float
    where: str
    limit: float
    finding: str = ""


@dataclass(frozen=True)
class Report:
    """What ``check_derivative`` found: it prints as text, and shows as a table in a notebook."""

    function: str
    points: int
    rows: tuple[Row, ...]
    unit: str = "points"

    @property
    def title(self):
        """One line that says what was found."""
        return f"{self.function}: the derivative agrees at {self.points} {self.unit}"

    def _cells(self):
        # The error itself, and its place, are round-off: they would be others on another processor.
        for row in self.rows:
            yield row.method, row.finding or f"below {row.limit:.0e}"

    def __str__(self):
        width = max(len(row.method) for row in self.rows)
        lines = [f"  {method:<{width}}  {found}" for method, found in self._cells()]
        return "\n".join([self.title, f"  {'method':<{width}}  worst relative error", *lines])

    __repr__ = __str__

    def _repr_html_(self):
        body = "".join(f"<tr><td>{m}</td><td>{found}</td></tr>" for m, found in self._cells())
        return (
            f"<table><caption>{self.title}</caption>"
            "<thead><tr><th>method</th><th>worst relative error</th></tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )


# The largest relative error that each method may show at well-scaled points: its theoretical error,
# √ε, ε^(2/3) or ε, times about a thousand for the size of f and of its higher derivatives.
ALLOWED = {
    "forward difference": 1e-5,
    "central difference": 1e-7,
    "complex step": 1e-13,
}
METHODS = {
    "forward difference": forward_difference,
    "central difference": central_difference,
    "complex step": complex_step,
}


def check_derivative(function, points=None):
    """Compare a function's closed-form derivative with numeric ones, and report or raise.

    Parameters
    ----------
    function : object
        An activation, a loss with a fixed target (``square_loss.at(1.0)``), or a function of a vector
        with a ``jacobian`` (``softmax``, ``nllm.at(row)``).
    points : array_like, optional
        Where to compare: numbers, or rows for a function of a vector. By default 80 points in the
        domain, none at a kink, or five rows.

    Returns
    -------
    Report
        For each method its worst relative error, where, and the limit that it stays below, which is
        what is printed. An error is taken relative to the derivative there, or to a thousandth of the
        largest derivative if that is greater, so that a zero of the derivative is no division by zero.

    Raises
    ------
    DerivativeMismatch
        If a method disagrees by more than its theory allows, or a kink is not what the function says;
        it names the function, the point and both values.
    ValueError
        If ``points`` is empty, lies outside the domain, or holds a kink, where nothing can be compared.

    Examples
    --------
    >>> from slopes import sigmoid
    >>> report = check_derivative(sigmoid)
    >>> [row.method for row in report.rows]
    ['forward difference', 'central difference', 'complex step']
    """
    if hasattr(function, "jacobian"):
        return _check_jacobian(function, points)
    points = default_points(function) if points is None else np.asarray(points, dtype=np.float64)
    _require_points(function, points)
    closed = function.derivative(points)
    rows = [
        _compare(function, name, METHODS[name](function, points), closed, points)
        for name in _methods_for(function)
    ]
    rows += [
        _check_kink(function, kink, side) for kink in function.kinks for side in ("left", "right")
    ]
    return Report(function.name, points.size, tuple(rows))


def _methods_for(function):
    return [name for name in METHODS if name != "complex step" or function.analytic]


def default_points(function):
    """Return 80 points of the function's domain, none of them at a kink."""
    lower = max(function.domain.lower, -4.0)
    upper = min(function.domain.upper, 4.0)
    margin = (upper - lower) / 50
    points = np.linspace(lower + margin, upper - margin, 80)
    for kink in function.kinks:
        points = points[np.abs(points - kink.at) > 1e-3]
    return points


def _require_points(function, points):
    if points.size == 0:
        raise ValueError(f"{function.name}: there is no point to compare at")
    for kink in function.kinks:
        # The widest step is the central one, to both sides.
        near = np.abs(points - kink.at) <= 2 * CENTRAL_STEP * np.maximum(1, np.abs(points))
        if near.any():
            raise ValueError(
                f"{function.name}: the point {points[near].flat[0]:g} is at the kink {kink.at:g}, where"
                " differences say nothing; leave it out, kinks are checked from both sides anyway"
            )
    outside = ~((points > function.domain.lower) & (points < function.domain.upper))
    if outside.any():
        raise ValueError(
            f"{function.name}: the point {points[outside].flat[0]:g} is not inside {function.domain}"
        )


def relative_error(numeric, closed, least=0.0):
    """Return |numeric − closed| relative to ``closed``, floored at a thousandth of its largest value.

    The floor is at least ``least``: what differences of a large function value can resolve at all.

    Equal numbers have the error 0. Where only the floor is 0 the error is infinite, and so it is
    where one of the numbers is not finite, since that cannot be an agreement.
    """
    finite = np.isfinite(numeric) & np.isfinite(closed)
    difference = np.abs(
        np.subtract(numeric, closed, out=np.full(closed.shape, np.inf), where=finite)
    )
    size = np.where(finite, np.abs(closed), 0)
    size = np.maximum(size, max(1e-3 * size.max(), least))
    with np.errstate(divide="ignore"):
        return np.divide(difference, size, out=np.zeros_like(difference), where=difference != 0)


def _compare(function, method, numeric, closed, points):
    error = relative_error(numeric, closed)
    worst = np.unravel_index(np.argmax(error), error.shape)
    where = _place(function, points, worst)
    if error[worst] > ALLOWED[method]:
        closed_text, numeric_text = _distinct(closed[worst], numeric[worst])
        raise DerivativeMismatch(
            f"{function.name} at {where}: the closed form gives {closed_text}, the {method}"
            f" {numeric_text}"
        )
    return Row(method, float(error[worst]), where, ALLOWED[method])


def _distinct(one, other):
    """Return both numbers with six digits, or with as many as it takes to tell them apart."""
    for digits in range(6, 17):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _place(function, points, index):
    """Name the point that an index of the error belongs to, and the entry for a Jacobian."""
    if points.ndim < 2:
        return f"{function.variable} = {points[index]:.3g}".replace("-", "−")
    entry = ", ".join(str(i + 1) for i in index[1:])
    return f"point {index[0] + 1}, entry {entry}"


def _check_kink(function, kink, side):
    """Compare one side of a kink with what the function says, and the value taken with its code."""
    where = f"{function.variable} = {kink.at:g}".replace("-", "−")
    if function.derivative(kink.at) != kink.value:
        raise DerivativeMismatch(
            f"{function.name} at {where}: derivative() gives {function.derivative(kink.at)},"
            f" and its kink says {kink.value}"
        )
    declared, limit = getattr(kink, side), ALLOWED["central difference"]
    found = one_sided_difference(function, kink.at, side)
    finding = ""
    if math.isinf(declared):
        # A jump: the quotient must grow as 1/h does, with the declared sign.
        closer = one_sided_difference(function, kink.at, side, h=CENTRAL_STEP / 4)
        agrees, error = closer * math.copysign(1, declared) > 2 * abs(found) > 0, 0.0
        finding = "grows without bound, as it has to"
    else:
        error = abs(float(found) - declared) / max(1.0, abs(declared))
        agrees = error <= limit
    if not agrees:
        raise DerivativeMismatch(
            f"{function.name} at {where}, from the {side}: the kink says {declared:g}, the one-sided"
            f" difference {found:.6g}"
        )
    point = "jump" if math.isinf(kink.left) or math.isinf(kink.right) else "kink"
    return Row(f"from the {side} of the {point} {where}", error, where, limit, finding)


def _check_jacobian(function, points):
    points = np.atleast_2d(function.example_points() if points is None else points)
    closed = np.stack([function.jacobian(row) for row in points])
    rows = []
    for name in _methods_for(function):
        numeric = np.stack([numeric_jacobian(function, row, METHODS[name]) for row in points])
        rows.append(_compare(function, name, numeric, closed, points))
    return Report(function.name, len(points), tuple(rows))


def numeric_jacobian(f, point, method=central_difference):
    """Return the matrix of partial derivatives of ``f`` at ``point``, one argument at a time.

    Parameters
    ----------
    f : callable
        Takes an array of shape (n,) and returns a number or an array of shape (m,).
    point : array_like of shape (n,)
    method : callable
        One of the differences of this module.

    Returns
    -------
    numpy.ndarray of shape (n,) or (m, n)

    Examples
    --------
    >>> numeric_jacobian(lambda v: v[0] * v[1], [2.0, 3.0], complex_step)
    array([3., 2.])
    """
    point = np.asarray(point, dtype=np.float64)

    def along(k):
        def f_of_one(t):
            moved = point.astype(np.result_type(t))
            moved[k] = t
            return f(moved)

        return method(f_of_one, point[k])

    return np.stack([along(k) for k in range(point.size)], axis=-1)
