"""Derivatives of functions that can only be evaluated, each with an estimate of its error.

A single step cannot know how far off it is. So a ladder of steps is taken, each a quarter of the one
before, and every method is judged by what the rungs below still change: the idea of Richardson's
extrapolation, as numdifftools uses it. Which rung to trust is Lepski's rule: the one that agrees best
with all smaller steps, as far as round-off lets them speak.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

EPSILON = float(np.finfo(np.float64).eps)
COMPLEX_STEP = 1e-20
# The ladder: how many steps, and how many times smaller each is than the one before. The last is a few
# rounding errors wide, so that a function with fine details meets a step that is finer.
STEPS, RATIO = 25, 4
# What a value of a function may be off by, in units in the last place: the promise of the package.
VALUE_ERROR = 4


class Estimate(NamedTuple):
    """What a method says about a derivative, and how far off that may be (infinitely, if it is lost).

    >>> Estimate(slope=np.array([0.5]), error=np.array([1e-12])).error
    array([1.e-12])
    """

    slope: np.ndarray
    error: np.ndarray


def estimate_derivative(f, x, reach, analytic=False):
    """Differentiate ``f`` at ``x`` by several methods, each with an estimate of its error.

    Parameters
    ----------
    f : callable
        Takes arrays of any shape, and returns a number for each of theirs, or a row of numbers.
    x : array_like
        The points.
    reach : array_like of the shape of ``x``
        How far the function may be looked at on both sides: at most half of it is used.
    analytic : bool
        Whether ``f`` takes complex numbers: then the sharpest method is the complex step, otherwise
        the central difference, extrapolated twice.

    Returns
    -------
    dict of str to Estimate
        For each method what it says at each point.

    Examples
    --------
    >>> found = estimate_derivative(np.exp, 0.0, 1.0)["extrapolated difference"]
    >>> bool(abs(found.slope - 1) < found.error < 1e-11)
    True
    """
    x, reach = np.asarray(x, dtype=np.float64), np.asarray(reach, dtype=np.float64)
    with np.errstate(all="ignore"):  # what a step meets beyond a pole is nan, and has no say
        value, (below, above), noise = _values_around(f, x, reach)
        forward = _quotients(above, value, noise)
        central = _quotients(above, below, noise)
        found = {
            "forward difference": _steadiest(*forward),
            "central difference": _steadiest(*central),
        }
        if analytic:
            found["complex step"] = _complex_estimate(f, x, reach)
        else:
            found["extrapolated difference"] = _steadiest(*_extrapolated(*central, orders=(2, 4)))
    return found


def _values_around(f, x, reach, sides=(-1, 1)):
    """Evaluate f at x and on the ladder to its sides, and estimate how far off its values are."""
    h = reach / 2 * float(RATIO) ** -np.arange(STEPS).reshape(-1, *[1] * x.ndim)
    value, *around = ((at, np.asarray(f(at))) for at in (x, *(x + side * h for side in sides)))
    size = np.fmax.reduce(np.broadcast_arrays(*(np.abs(values) for _, values in [value, *around])))
    # The values of a function that cancels inside come in coarser steps than its size tells.
    moves = np.concatenate([np.abs(f_at - value[1]) for _, f_at in around])
    least = np.min(moves, axis=0, where=moves > 0, initial=np.inf)
    coarseness = np.where(np.isfinite(least), least, 0)
    noise = VALUE_ERROR * EPSILON * size + coarseness
    return value, around, noise


def _quotients(one, other, noise):
    """Return the slopes between two ladders of points, and what round-off can do to each."""
    (x_one, f_one), (x_other, f_other) = one, other
    run = beside(x_one - x_other, f_one)  # as rounded, not h or 2h
    return (f_one - f_other) / run, 2 * noise / np.abs(run)


def _extrapolated(slopes, noise, orders):
    """Cancel the leading terms of the error, which go with these powers of the step."""
    for order in orders:
        weight = RATIO**order
        slopes = (weight * slopes[1:] - slopes[:-1]) / (weight - 1)
        noise = (weight * noise[1:] + noise[:-1]) / (weight - 1)
    return slopes, noise


def _steadiest(slopes, noise):
    """Choose the step whose slope agrees best with those of all smaller steps.

    A slope is off by what a smaller step changes, beyond the round-off of that step, and by what still
    smaller ones would: 1 + 1/4 + 1/16 + … times as much, if the error goes with the step or faster. What
    the next step cannot see is no larger than its round-off.
    """
    best = Estimate(np.full(slopes.shape[1:], np.nan), np.full(slopes.shape[1:], np.inf))
    for k in range(len(slopes) - 3):
        changes = np.abs(slopes[k] - slopes[k + 1 :]) - noise[k + 1 :]
        change = np.fmax.reduce(changes, axis=0, initial=0.0)
        error = RATIO / (RATIO - 1) * change + noise[k] + noise[k + 1]
        better = (error < best.error) & np.isfinite(slopes[k])
        best = Estimate(
            np.where(better, slopes[k], best.slope), np.where(better, error, best.error)
        )
    return best


def _complex_estimate(f, x, reach):
    """The complex step, which is known no better than it changes between neighbouring numbers."""
    h = COMPLEX_STEP * reach

    def slope_at(x):
        imaginary = np.imag(f(x + 1j * h))
        return imaginary / beside(h, imaginary)

    slope = slope_at(x)
    underflow = 5e-324 / beside(h, slope)
    error = jitter(slope_at, x, reach) + VALUE_ERROR * EPSILON * np.abs(slope) + underflow
    return Estimate(slope, np.where(np.isfinite(slope), error, np.inf))


def beside(numbers, values):
    """Return ``numbers`` with axes of length 1 at the end, as many as ``values`` has more axes.

    >>> beside(np.ones(3), np.ones((3, 2))).shape
    (3, 1)
    """
    return np.reshape(numbers, np.shape(numbers) + (1,) * (np.ndim(values) - np.ndim(numbers)))


def jitter(f, x, reach):
    """Return by how much ``f`` changes from ``x`` to the nearest numbers, within ``reach``.

    No computed value is known better than that, since x itself has been rounded.

    >>> bool(jitter(np.sin, 1.0, 1.0) < 5e-16 < jitter(lambda x: np.sin(1e6 * x), 1.0, 1.0))
    True
    """
    value, changes = f(x), 0.0
    for units in (-2, -1, 1, 2):
        near = x + units * np.minimum(np.spacing(np.abs(x)), reach / 4)
        changes = np.fmax(changes, np.abs(f(near) - value))
    return changes


def one_sided_derivative(f, x, side, reach):
    """Return the slope of ``f`` at ``x`` as seen from one side, with an estimate of its error.

    Parameters
    ----------
    f, reach
        As for ``estimate_derivative``.
    x : float
        One point.
    side : {"left", "right"}
        Where the other points lie.

    Returns
    -------
    Estimate
        Of two floats; where f jumps the slope is infinite, with the sign that the quotients have.

    Raises
    ------
    ValueError
        For any other ``side``.

    Examples
    --------
    >>> print(*(f"{one_sided_derivative(np.abs, 0.0, s, 1.0).slope:.1f}" for s in ("left", "right")))
    -1.0 1.0
    """
    if side not in ("left", "right"):
        raise ValueError(f'side is "left" or "right", not {side!r}')
    x = np.asarray(x, dtype=np.float64)
    value, (there,), noise = _values_around(f, x, reach, sides=(1 if side == "right" else -1,))
    rise = there[1] - value[1]
    # A continuous function moves by 4⁹ times less nine rungs further down, and one that jumps does not.
    if abs(rise[-1]) > abs(rise[-10]) / 2 > 1e3 * EPSILON * abs(value[1]):
        return Estimate(math.copysign(math.inf, rise[-1] * (there[0][-1] - x)), 0.0)
    slopes = _extrapolated(*_quotients(there, value, noise), orders=(1, 2))
    return Estimate(*map(float, _steadiest(*slopes)))
