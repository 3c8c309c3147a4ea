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

    Examples
    --------
    >>> print(Kink(at=0.0, left=0.0, right=1.0, value=0.0, source="PyTorch").subdifferential)
    [0, 1]
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


# An overflow rounds to infinity and an underflow to zero or a subnormal number: both are the right
# answers. Invalid operations and divisions by zero stay warnings, since they would be mistakes here.
quiet_rounding = {"over": "ignore", "under": "ignore"}


def refuse_masked(x, name):
    """Raise ``TypeError`` if ``x`` is a masked array, or a list or tuple that holds one.

    NumPy would read the masked entries as the numbers that are hidden behind them, or as nan.

    >>> refuse_masked([np.ma.masked, 1.0], "sigmoid")
    Traceback (most recent call last):
    TypeError: sigmoid takes no masked arrays: fill the masked entries or drop them first
    """
    if _holds_masked(x):
        raise TypeError(
            f"{name} takes no masked arrays: fill the masked entries or drop them first"
        )


def _holds_masked(x, deepest=64):  # NumPy's arrays have at most 64 axes
    if isinstance(x, (list, tuple)) and deepest:
        return any(_holds_masked(entry, deepest - 1) for entry in x)
    return isinstance(x, np.ma.MaskedArray)


def as_numbers(x, name, *, allow_complex=False):
    """Return ``x`` as a floating-point array, or say why it is none.

    Floats keep their type (and complex numbers, where allowed), in the byte order of the machine, as
    NumPy's own functions return them. Integers and booleans become float64, because NumPy would take
    the exponential of an int8 array in float16, where e¹² is infinite.

    Raises
    ------
    TypeError
        For masked arrays, complex numbers where the function is not analytic, and whatever is not
        a number: strings, objects, ragged lists.

    Examples
    --------
    >>> as_numbers([1, 2], "sigmoid"), as_numbers(np.array([0.5], ">f4"), "sigmoid").dtype
    (array([1., 2.]), dtype('float32'))
    """
    refuse_masked(x, name)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise TypeError(f"{name} needs an array of numbers, and this is none: {error}") from None
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind == "f" or (array.dtype.kind == "c" and allow_complex):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "c":
        raise TypeError(
            f"{name} takes real numbers, not {array.dtype}: it is not an analytic function"
        )
    raise TypeError(f"{name} needs numbers, and got {type(x).__name__} of type {array.dtype}")


def wide(dtype):
    """Return ``dtype``, or double precision if that is wider: then a result is rounded only once.

    >>> wide(np.dtype(np.float16)), wide(np.dtype(np.complex128))
    (dtype('float64'), dtype('complex128'))
    """
    return np.result_type(dtype, np.float64)


def widened(x):
    """Return ``x`` in double precision if it is narrower.

    >>> widened(np.float32([0.5])).dtype
    dtype('float64')
    """
    return x.astype(wide(x.dtype), copy=False)


# How many numbers are computed at a time: what a rule sets aside for them stays in the processor's
# cache. For a million numbers that takes about half of the time.
BLOCK = 8192


def in_blocks(rule, *arrays, dtype, in_single=()):
    """Return ``rule(*arrays)`` in the type ``dtype``, computed in double precision block by block.

    Parameters
    ----------
    rule : callable
        Takes one-dimensional arrays and returns one, entry for entry.
    arrays : numpy.ndarray
        Their shapes broadcast.
    dtype : data type
        The type of the result, which is a new array.
    in_single : sequence of str
        The names of the rules that may be computed in float32, where all arrays have that type.

    Examples
    --------
    >>> in_blocks(np.add, np.array([[1.0], [2.0]]), np.array(0.5), dtype=np.float32)
    array([[1.5],
           [2.5]], dtype=float32)
    """
    types = [array.dtype for array in arrays]
    if rule.__name__ not in in_single or any(given != np.float32 for given in types):
        types = [wide(given) for given in types]
    blocks = np.nditer(
        [*arrays, None],
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_flags=[["readonly"]] * len(arrays) + [["writeonly", "allocate"]],
        op_dtypes=[*types, dtype],
        casting="same_kind",
        buffersize=BLOCK,
    )
    with blocks, np.errstate(**quiet_rounding):
        for *given, result in blocks:
            result[...] = rule(*given)
        return blocks.operands[-1][()]


def rows_in_blocks(rule, *arrays, dtype):
    """Return ``rule(*arrays)`` in the type ``dtype``, computed in double precision block by block.

    Parameters
    ----------
    rule : callable
        Takes arrays of shape (m, n), and returns one whose first axis has the length m.
    arrays : numpy.ndarray of the same shape (..., n)
        Rows on the last axis; there may be none, but they are not empty.
    dtype : data type
        The type of the result, which is a new array.

    Examples
    --------
    >>> rows_in_blocks(lambda rows: rows.sum(axis=-1), np.ones((2, 1, 3)), dtype=np.float32)
    array([[3.],
           [3.]], dtype=float32)
    """
    *leading, n = arrays[0].shape
    arrays = [array.reshape(math.prod(leading), n) for array in arrays]
    size = max(1, BLOCK // n)
    with np.errstate(**quiet_rounding):
        parts = [
            rule(*(widened(array[i : i + size]) for array in arrays)).astype(dtype)
            for i in range(0, max(1, math.prod(leading)), size)
        ]
    result = np.concatenate(parts)
    return result.reshape((*leading, *result.shape[1:]))[()]


# NumPy orders complex numbers by their real parts, and those with equal ones by their imaginary parts.
# So max(x, 0) and min(x, −x) change from one branch to the other at the same numbers, and rules that are
# written with them, and without |x|, are analytic in x right up to the border of each branch.


def decaying_exponential(x):
    """Return e^(−|x|), which never overflows, for real or complex x.

    >>> decaying_exponential(np.array([-1000.0, 0.0, 1000.0]))
    array([0., 1., 0.])
    """
    return np.exp(np.minimum(x, -x))


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


class Elementwise:
    """A function of one real variable, applied to each number of an array.

    A subclass sets the facts below and gives two rules, ``_value`` and ``_derivative``, for arrays of
    double precision. Both take the input of the function, never its output. What they return is new:
    it never shares memory with the argument.

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
    analytic : bool
        Whether complex arguments are accepted, as the complex step needs.
    in_single : tuple of str
        The rules that are within 2 units in the last place of the exact value when float32 is computed
        in float32. Everything else is computed in double precision and then rounded.

    Examples
    --------
    >>> class Cube(Elementwise):
    ...     name, symbol, range = "cube", "f", REALS
    ...     formula, derivative_formula = "x^3", "3x^2"
    ...     def _value(self, x):
    ...         return x**3
    ...     def _derivative(self, x):
    ...         return 3 * x**2
    >>> Cube()([1, 2]), Cube().derivative(2.0)
    (array([1., 8.]), np.float64(12.0))
    """

    name: str
    symbol: str
    variable = "x"
    formula: str
    derivative_formula: str
    domain = REALS
    range: Interval | Values
    kinks: tuple[Kink, ...] = ()
    analytic = False
    in_single: tuple[str, ...] = ()

    def __call__(self, x):
        """Return the function's value at each number of ``x``, in the shape and type of ``x``."""
        return self._apply(self._value, x)

    def derivative(self, x):
        """Return the derivative at each number of ``x``; at a kink, the value that ``kinks`` names."""
        return self._apply(self._derivative, x)

    def _apply(self, rule, x):
        x = as_numbers(x, self.name, allow_complex=self.analytic)
        return in_blocks(rule, x, dtype=x.dtype, in_single=self.in_single)

    def _value(self, x):
        raise NotImplementedError

    def _derivative(self, x):
        raise NotImplementedError

    def __repr__(self):
        return f"<{self.name}: {self.range}>"

    def _repr_latex_(self):
        return f"${self.symbol}({self.variable}) = {self.formula}$"
