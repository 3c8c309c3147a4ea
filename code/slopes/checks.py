"""Numeric checks of derivatives: finite differences, the complex step, and a report that compares.

Step sizes balance the truncation error of each method against the round-off of the function values
(Sauer, *Numerical Analysis*, section 5.1; Nocedal and Wright, *Numerical Optimization*, section 8.1).
With machine epsilon ε ≈ 2.2 · 10⁻¹⁶ that gives √ε for the forward difference and ε^(1/3) for the
formulas of second order. The complex step subtracts nothing, so its step can be as small as one likes
(Squire and Trapp, "Using complex variables to estimate derivatives of real functions", *SIAM Review* 40,
1998).

``check_derivative`` trusts none of these steps. It takes many, and judges each method by the error that
``slopes.estimates`` finds for it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import numpy as np

from slopes.estimates import (
    COMPLEX_STEP,
    EPSILON,
    VALUE_ERROR,
    beside,
    estimate_derivative,
    jitter,
    one_sided_derivative,
)
from slopes.wording import relations

FORWARD_STEP = EPSILON ** (1 / 2)
CENTRAL_STEP = EPSILON ** (1 / 3)


class DerivativeMismatch(AssertionError):
    """A closed-form derivative and a numeric one disagree; the message says where and by how much.

    >>> from slopes import tanh
    >>> class OfTheOutput(type(tanh)):
    ...     def _derivative(self, x):
    ...         return 1 - x**2
    >>> check_derivative(OfTheOutput(), [0.5])
    Traceback (most recent call last):
    slopes.checks.DerivativeMismatch: tanh at x = 0.5: the closed form gives 0.75, the forward ...
    """


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


# What is shown of an error: the first of these that is at least ten times as large.
BOUNDS = (1e-12, 1e-6, 1e-4, 1e-2)


@dataclass(frozen=True)
class Row:
    """One line of a report: a method, its worst relative error, and where that was found.

    Where there is no error to give, at a jump for instance, ``finding`` says what was seen.

    >>> Row("complex step", 2e-16, "x = 1").method
    'complex step'
    """

    method: str
    error: float
    where: str
    finding: str = ""


RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"


def power_of_ten(exponent):
    """Write a power of ten as a text has it.

    >>> power_of_ten(-12)
    '10⁻¹²'
    """
    return "10" + f"{exponent:.0f}".translate(str.maketrans("-0123456789", RAISED))


def _power(bound):
    """A bound as the power of ten that it is."""
    return power_of_ten(np.log10(bound)) if np.isfinite(bound) else "infinity"


def as_html(text):
    """A text as HTML, whose exponents are as large as those of a formula.

    >>> as_html("below 10⁻¹²")
    'below 10<sup>−12</sup>'
    """
    plain = str.maketrans(RAISED, "−0123456789")
    return re.sub(
        f"[{RAISED}]+", lambda found: f"<sup>{found[0].translate(plain)}</sup>", escape(text)
    )


@dataclass(frozen=True)
class Report:
    """What ``check_derivative`` found: it prints as text, and shows as a table in a notebook.

    >>> Report("cube", 80, (Row("complex step", 2e-16, "x = 1"),))
    cube: the derivative agrees at 80 points
      method        worst relative error
      complex step  below 10⁻¹²
    """

    function: str
    points: int
    rows: tuple[Row, ...]
    unit: str = "points"
    each: str = "method"  # what a row stands for

    @property
    def title(self):
        """One line that says what was found."""
        return f"{self.function}: the derivative agrees at {self.points} {self.unit}"

    def _cells(self):
        # The error itself, and its place, are round-off: they would be others on another processor.
        for row in self.rows:
            bound = next((b for b in BOUNDS if 10 * row.error <= b), np.inf)
            yield row.method, row.finding or f"below {_power(bound)}"

    def __str__(self):
        width = max(len(row.method) for row in self.rows)
        lines = [f"  {method:<{width}}  {found}" for method, found in self._cells()]
        return "\n".join([self.title, f"  {self.each:<{width}}  worst relative error", *lines])

    __repr__ = __str__

    def _repr_html_(self):
        cells = [(relations(as_html(method)), as_html(found)) for method, found in self._cells()]
        body = "".join(f"<tr><td>{method}</td><td>{found}</td></tr>" for method, found in cells)
        return (
            f"<table><caption>{relations(escape(self.title))}</caption>"
            f"<thead><tr><th>{self.each}</th><th>worst relative error</th></tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )


# How many times its estimated error a method may be off, before the closed form is called wrong.
SAFETY = 4
# A method tells a derivative if it is sure of three digits.
RESOLVED = 1e-3
SMALLEST = 1e-300
# The part of its size that a closed form may lose to round-off.
LOST = 1e-6


def check_derivative(function, points=None):
    """Compare a function's closed-form derivative with numeric ones, and report or raise.

    Parameters
    ----------
    function : object
        An activation, a loss with a fixed target (``square_loss.at(1.0)``), or a function of a vector
        with a ``jacobian`` that takes rows (``softmax``, ``nllm.at(row)``).
    points : array_like, optional
        Where to compare: numbers, or rows for a function of a vector. By default 80 points in the
        domain, none at a kink, or five rows.

    Returns
    -------
    Report
        For each method its worst relative error and where, among the points that it resolves. An error
        is taken relative to the largest derivative close to the point (within a hundredth of the way
        that is free on both sides), so that a zero of the derivative is no division by zero.

    Raises
    ------
    DerivativeMismatch
        If the closed form is further from a method than the estimated error of that method, or a kink
        is not what the function says, or the value taken at a kink is not in its subdifferential; it
        names the function, the point and both values.
    ValueError
        If ``points`` is empty, lies outside the domain, or holds a kink, where nothing can be compared;
        or if at one of them no method can tell the derivative to three digits.

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
    points = points.ravel()
    _require_points(function, points)
    reach = _reach(function, points)
    found = estimate_derivative(function, points, reach, function.analytic)
    closed = _Closed.of(function, function.derivative, points, reach)
    rows = _judge(function, found, closed, points)
    rows += [
        _check_kink(function, kink, side) for kink in function.kinks for side in ("left", "right")
    ]
    return Report(function.name, points.size, tuple(rows))


def default_points(function):
    """Return 80 points of the function's domain, none of them at a kink.

    >>> from slopes import relu
    >>> points = default_points(relu)
    >>> points.size, bool(abs(points).min() > 1e-3)
    (80, True)
    """
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
        if (points == kink.at).any():
            raise ValueError(
                f"{function.name}: the point {kink.at:g} is a kink, where differences say nothing;"
                " leave it out, kinks are checked from both sides anyway"
            )
    outside = ~((points > function.domain.lower) & (points < function.domain.upper))
    if outside.any():
        raise ValueError(
            f"{function.name}: the point {points[outside].flat[0]:g} is not inside {function.domain}"
        )


def _reach(function, x, *, kinks=None):
    """Return how far around x to look: its own size at most, not to a kink or the end of the domain."""
    reach = np.maximum(1.0, np.abs(x))
    reach = np.minimum(reach, np.minimum(x - function.domain.lower, function.domain.upper - x))
    for kink in function.kinks if kinks is None else kinks:
        reach = np.minimum(reach, np.abs(x - kink.at))
    return reach


class _Closed(NamedTuple):
    """The closed form at some points, how far off it may be, and what its errors are relative to."""

    slope: np.ndarray
    error: np.ndarray
    size: np.ndarray

    @classmethod
    def of(cls, f, derivative, x, reach):
        with np.errstate(all="ignore"):  # a closed form that is not finite is wrong anyway
            slope = np.asarray(derivative(x))
            size = np.abs(slope)
            for side in (-1, 1):
                size = np.fmax(size, np.abs(derivative(x + side * reach / 100)))
            # Where the function is level, a slope is small or large beside its value. What is smaller
            # than SMALLEST, where numbers lose their digits, counts as 0.
            size = np.where(size > 0, size, np.abs(f(x)) / beside(reach, slope))
            size = np.maximum(size, SMALLEST)
            # A closed form that jumps is excused as little as one that has lost more than ten digits.
            lost = np.minimum(jitter(derivative, x, reach), LOST * size)
        return cls(slope, lost + VALUE_ERROR * EPSILON * np.abs(slope), size)


def _judge(function, found, closed, points):
    """Return a row for each method, or raise where one contradicts the closed form, or none can tell."""
    rows, told = [], np.zeros(closed.slope.shape, dtype=bool)
    for method, estimate in found.items():
        with np.errstate(all="ignore"):  # what is not finite compares false
            allowed = SAFETY * (estimate.error + closed.error)
            # A method that cannot tell three digits has no vote.
            sure = allowed <= RESOLVED * np.fmax(closed.size, np.abs(estimate.slope))
            tells = np.isfinite(estimate.error) & (sure | ~np.isfinite(closed.slope))
            off = np.abs(estimate.slope - closed.slope)
            error = np.where(np.isfinite(off), off / closed.size, np.inf)
        wrong = tells & ((off > allowed) | ~np.isfinite(closed.slope))
        if wrong.any():
            worst = _place_of_largest(np.where(wrong, error, -1))
            raise _mismatch(function, method, found, closed, points, worst)
        told |= tells
        if tells.any():
            worst = _place_of_largest(np.where(tells, error, -1))
            rows.append(Row(method, float(error[worst]), _place(function, points, worst)))
        else:
            rows.append(Row(method, 0.0, "", finding="cannot tell the derivative here"))
    if not told.all():
        first = _place_of_largest(~told)
        raise ValueError(
            f"{function.name} at {_place(function, points, first)}: no method can tell the derivative"
            f" to three digits here (the closed form gives {closed.slope[first]:.6g}); choose a point"
            " where the function changes more, or one further from where it breaks off"
        )
    return rows


def _place_of_largest(error):
    return np.unravel_index(np.argmax(error), np.shape(error))


def _mismatch(function, method, found, closed, points, worst):
    """Say what contradicts the closed form, and whether another method takes its side."""
    slope, error = (array[worst] for array in found[method])
    closed_text, numeric_text = _distinct(closed.slope[worst], slope)
    message = (
        f"{function.name} at {_place(function, points, worst)}: the closed form gives {closed_text},"
        f" the {method} {numeric_text}"
    )
    for name, other in found.items():
        other_slope, other_error = (array[worst] for array in other)
        with np.errstate(invalid="ignore"):  # ∞ − ∞ compares false
            from_closed = abs(other_slope - closed.slope[worst])
            from_slope = abs(other_slope - slope)
        agrees = from_closed <= SAFETY * (other_error + closed.error[worst]) < math.inf
        if agrees and from_slope > SAFETY * (other_error + error):
            message += (
                f", and the {name} {other_slope:.6g}. Since the methods contradict each other, the fault"
                " may be a kink that is not declared, or a function that is not analytic"
            )
            break
    return DerivativeMismatch(message)


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
    taken, allowed = function.derivative(kink.at), kink.subdifferential
    if taken != kink.value:
        raise DerivativeMismatch(
            f"{function.name} at {where}: derivative() gives {taken}, and its kink says {kink.value}"
        )
    if allowed is not None and taken not in allowed:
        raise DerivativeMismatch(
            f"{function.name} at the kink {where}: derivative() gives {taken}, and the subdifferential"
            f" there is {allowed}; any number in it would do"
        )
    declared = getattr(kink, side)
    others = [other for other in function.kinks if other is not kink]
    reach = _reach(function, kink.at, kinks=others)
    found, known = one_sided_derivative(function, kink.at, side, reach)
    error, finding = abs(found - declared) / max(1.0, abs(declared)), ""
    if math.isinf(declared):
        agrees, error = found == declared, 0.0
        finding = "grows without bound, as it has to"
    else:
        agrees = error <= SAFETY * (known + EPSILON) and known <= RESOLVED
    if not agrees:
        raise DerivativeMismatch(
            f"{function.name} at {where}, from the {side}: the kink says {declared:g}, the one-sided"
            f" difference {found:.6g}"
        )
    point = "jump" if math.isinf(kink.left) or math.isinf(kink.right) else "kink"
    return Row(f"from the {side} of the {point} {where}", error, where, finding)


def _check_jacobian(function, points):
    points = np.asarray(function.example_points() if points is None else points, dtype=np.float64)
    points = np.atleast_2d(points)
    if hasattr(function, "require_points"):
        function.require_points(points)
    _require_points(function, points)
    estimates, closed = zip(
        *(_column(function, points, k) for k in range(points.shape[1])), strict=True
    )
    found = {name: _stacked([column[name] for column in estimates]) for name in estimates[0]}
    return Report(
        function.name, len(points), tuple(_judge(function, found, _stacked(closed), points))
    )


def _column(function, rows, k):
    """Differentiate a function of rows in its k-th argument: by every method, and in closed form."""

    def moved(t):
        at = np.broadcast_to(rows, (*np.shape(t), rows.shape[-1])).astype(np.result_type(t))
        at[..., k] = t
        return at

    def f(t):
        return function(moved(t))

    def slope(t):
        return function.jacobian(moved(t))[..., k]

    x, reach = rows[:, k], _reach(function, rows[:, k])
    found = estimate_derivative(f, x, reach, function.analytic)
    return found, _Closed.of(f, slope, x, reach)


def _stacked(columns):
    return type(columns[0])(*(np.stack(arrays, axis=-1) for arrays in zip(*columns, strict=True)))


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
