"""What every activation and loss of this package has in common.

A function of the book is one object. It carries all that is known about it: its value, its derivative,
its kinks and the value taken there, its domain, its range and both formulas. Plots, checks, tables and
tests take that object, so nothing about a function is written down twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Interval:
    """A real interval, closed at an end only where it says so.

    >>> print(Interval(0, math.inf, closed="left"))
    [0, ∞)
    >>> 0 in Interval(0, 1), 0.5 in Interval(0, 1)
    (False, True)
    """

    lower: float
    upper: float
    closed: str = "neither"  # "left", "right", "both" or "neither"

    def __contains__(self, x):
        above = x >= self.lower if self.closed in ("left", "both") else x > self.lower
        below = x <= self.upper if self.closed in ("right", "both") else x < self.upper
        return bool(above and below)

    def _text(self, infinity, separator):
        def end(value):
            return f"{value:g}".replace("inf", infinity)

        left = "[" if self.closed in ("left", "both") else "("
        right = "]" if self.closed in ("right", "both") else ")"
        return f"{left}{end(self.lower)}{separator}{end(self.upper)}{right}"

    def __str__(self):
        return self._text("∞", ", ").replace("-", "−")

    @property
    def latex(self):
        """The interval as LaTeX, without dollar signs."""
        return self._text(r"\infty", r",\, ")


@dataclass(frozen=True)
class Values:
    """A finite set of numbers.

    >>> print(Values((0, 1)))
    {0, 1}
    >>> 0 in Values((0, 1)), 0.5 in Values((0, 1))
    (True, False)
    """

    numbers: tuple[float, ...]

    def __contains__(self, x):
        return x in self.numbers

    def __str__(self):
        return f"{{{', '.join(self._texts())}}}".replace("-", "−")

    @property
    def latex(self):
        """The set as LaTeX, without dollar signs."""
        return r"\{" + r",\, ".join(self._texts()) + r"\}"

    def _texts(self):
        return [f"{number:g}" for number in self.numbers]


REALS = Interval(-math.inf, math.inf)


@dataclass(frozen=True)
class Kink:
    """A point where a function has no derivative, and the value that the code takes there.

    Parameters
    ----------
    at : float
        The point.
    left, right : float
        The one-sided derivatives there; infinite on the side from which the function jumps.
    value : float
        What ``derivative`` returns at the point: a convention, not a derivative.
    source : str
        Whose convention it is.
    """

    at: float
    left: float
    right: float
    value: float
    source: str

    @property
    def subdifferential(self):
        """The closed interval between the one-sided slopes, or ``None`` where the function jumps.

        For a convex function this is the subdifferential; for any other piecewise smooth function of
        one variable it is Clarke's generalised derivative. A check must accept every value in it.
        """
        if math.isinf(self.left) or math.isinf(self.right):
            return None
        return Interval(min(self.left, self.right), max(self.left, self.right), closed="both")


def as_numbers(x, name, *, allow_complex=False):
    """Return ``x`` as a floating-point array, or say why it is none.

    Floats keep their type (and complex numbers, where allowed); integers and booleans become float64,
    because NumPy would take the exponential of an int8 array in float16, where e¹² is infinite.

    Raises
    ------
    TypeError
        For masked arrays, complex numbers where the function is not analytic, and whatever is not
        a number: strings, objects, ragged lists.
    """
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            f"{name} takes no masked arrays: fill the masked entries or drop them first"
        )
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise TypeError(f"{name} needs an array of numbers, and this is none: {error}") from None
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind == "f" or (array.dtype.kind == "c" and allow_complex):
        return array
    if array.dtype.kind == "c":
        raise TypeError(
            f"{name} takes real numbers, not {array.dtype}: it is not an analytic function"
        )
    raise TypeError(f"{name} needs numbers, and got {type(x).__name__} of type {array.dtype}")


def widened(x):
    """Return ``x`` in double precision if it is narrower, so that a result is rounded only once."""
    wide = np.complex128 if x.dtype.kind == "c" else np.float64
    return x if x.dtype.itemsize >= np.dtype(wide).itemsize else x.astype(wide)


def rounded(result, dtype):
    """Return ``result`` in the type of the argument; NumPy scalars stay scalars."""
    return np.asarray(result).astype(dtype, copy=False)[()]


def sum_of_others(rows):
    """Return, for each number, the sum of the other numbers of its row (the last axis).

    For probabilities this is 1 − p, but without the subtraction, which loses every digit when p is
    close to 1.

    >>> sum_of_others(np.array([1.0, 1e-20, 2e-20]))
    array([3.e-20, 1.e+00, 1.e+00])
    """
    before, after = np.zeros_like(rows), np.zeros_like(rows)
    np.cumsum(rows[..., :-1], axis=-1, out=before[..., 1:])
    np.cumsum(rows[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return before + after


# An overflow rounds to infinity and an underflow to zero or a subnormal number: both are the right
# answers. Invalid operations and divisions by zero stay warnings, since they would be mistakes here.
quiet_rounding = {"over": "ignore", "under": "ignore"}


class Elementwise:
    """A function of one real variable, applied to each number of an array.

    A subclass sets the facts below and gives two rules, ``_value`` and ``_derivative``, for arrays of
    double precision. Both take the input of the function, never its output.

    Attributes
    ----------
    name : str
        What messages and tables call the function.
    symbol, variable : str
        LaTeX of the function's name and of its argument.
    formula, derivative_formula : str
        LaTeX of the right-hand sides, without dollar signs.
    domain : Interval
        Where the function is defined.
    range : Interval or Values
        The values that it takes.
    kinks : tuple of Kink
        The points without a derivative, in increasing order.
    use, limits : str
        What the function is good for, and where it fails: a clause each, for the summary.
    analytic : bool
        Whether complex arguments are accepted, as the complex step needs.
    """

    name: str
    symbol: str
    variable = "x"
    formula: str
    derivative_formula: str
    use: str
    limits: str
    domain = REALS
    range: Interval | Values
    kinks: tuple[Kink, ...] = ()
    analytic = False

    def __call__(self, x):
        """Return the function's value at each number of ``x``, in the shape and type of ``x``."""
        return self._apply(self._value, x)

    def derivative(self, x):
        """Return the derivative at each number of ``x``; at a kink, the value that ``kinks`` names."""
        return self._apply(self._derivative, x)

    def _apply(self, rule, x):
        x = as_numbers(x, self.name, allow_complex=self.analytic)
        with np.errstate(**quiet_rounding):
            return rounded(rule(widened(x)), x.dtype)

    def _value(self, x):
        raise NotImplementedError

    def _derivative(self, x):
        raise NotImplementedError

    def __repr__(self):
        return f"<{self.name}: {self.range}>"

    def _repr_latex_(self):
        return f"${self.symbol}({self.variable}) = {self.formula}$"
