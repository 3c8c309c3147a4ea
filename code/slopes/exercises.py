"""Exercises that judge their answers in one plain line, which never says what the answer is.

The cell should not say it either. So choose what an answer is compared with in this order:

1. *Something that the exercise itself gives*: ``check_answer(where, 0.5, through=slope)`` asks for a
   place where the slope is one half.
2. *A derivative of a function that the reader sees*: ``check_answer(slope_in_w, derivative_of=output)``.
   The check takes difference quotients; at a kink every value between the slopes of both sides is right.
3. *What the package computes for the exercise*, by its label: ``check_answer(units, "ex-leaky-narrow")``
   compares with what ``slopes.answers.leaky_narrow()`` finds.

Let the call be the last line of the cell: its value is the verdict, which the cell shows.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from html import escape
from numbers import Real
from typing import NamedTuple

import numpy as np

from slopes.checks import CENTRAL_STEP

INPUTS = (-2.0, -0.5, 0.0, 0.7, 1.3)
# What counts as equal to 0; and to a difference quotient, beside the size of the function.
ZERO = 1e-12
QUOTIENT_ERROR = 1e-8
# Quotients from the left and from the right that differ by more than this belong to a kink.
CORNER = 1e-3


@dataclass(frozen=True)
class Verdict:
    """What is said about an answer.

    Attributes
    ----------
    kind : {"right", "wrong", "unanswered"}
    text : str
        One line for the reader.

    Examples
    --------
    >>> check_answer(2 + 2, 4).kind
    'right'
    """

    kind: str
    text: str

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        return f'<p class="state {self.kind}">{escape(self.text)}</p>'


UNANSWERED = Verdict(
    "unanswered",
    "No answer yet: put yours in place of the three dots, and run this cell again.",
)


class _Wrong(Exception):
    """What is wrong with an answer, as the end of a sentence about it."""


class _Open(Exception):
    """There is no answer yet."""


class _Target(NamedTuple):
    """What is right: anything from ``low`` to ``high``, which differ at a kink alone."""

    low: np.ndarray
    high: np.ndarray
    slack: float = ZERO


def check_answer(answer, expected=None, *, derivative_of=None, at=None, through=None, rtol=1e-6):
    r"""Say in one line whether the reader's answer to an exercise is right, and if not, what is off.

    The line names the sign, too large or too small, the shape, and the input or the entry at fault, and
    never the value that is asked for.

    Parameters
    ----------
    answer : number, array_like, bool or callable
        The reader's. ``...``, alone, in a list or returned by a function, is an answer not given yet.
        Text is never a number, and True is never 1.
    expected : number, array_like, bool, callable or str
        What is right, or the label of the exercise. If it is a dict, the answer is a sequence with a
        part for each of its keys, which name the parts: ``{"the weight": 2.0, "the bias": -1.0}``.
    derivative_of : callable
        In place of ``expected``: the function whose derivative the answer is.
    at : sequence, number or array_like
        Where functions are compared: a sequence of inputs, by default five numbers. A tuple in it is
        several arguments, a list or an array is one argument that is an array; the derivative is then
        a gradient or a Jacobian. For an answer that is a value, the one input of ``derivative_of``.
    through : callable
        What to apply to the answer before it is compared. It may return ``...`` for no answer yet.
    rtol : float
        The relative difference that still counts as equal. So does what is right, rounded to the
        digits of the answer, if these are three or more.

    Returns
    -------
    Verdict

    Raises
    ------
    TypeError, LookupError
        If not exactly one of ``expected`` and ``derivative_of`` is given; if a label has no answer.

    Examples
    --------
    >>> check_answer(..., 4)
    No answer yet: put yours in place of the three dots, and run this cell again.
    >>> check_answer("4", 4)
    Not yet: your answer is text, and a number is asked for.
    >>> check_answer(lambda x: 2 * x, derivative_of=lambda x: x**2)
    Right, at all 5 inputs tried.
    >>> check_answer(abs, derivative_of=lambda x: x**2 / 2)
    Not yet: at x = −2 your abs has the wrong sign; it is right at 3 of the 5 inputs tried.
    >>> check_answer([3.0, 2.5], derivative_of=lambda x, y: x * y, at=(2.0, 3.0))
    Not yet: your answer is too large in entry 2; 1 of the 2 entries is right.
    """
    if (expected is None) == (derivative_of is None):
        raise TypeError("give either what is expected or the function that derivative_of names")
    if isinstance(expected, str):
        from slopes import answers  # which need the rest of the package

        expected = answers.of(expected)()
    try:
        return Verdict("right", _judge(answer, expected, derivative_of, at, through, rtol))
    except _Open:
        return UNANSWERED
    except _Wrong as fault:
        return Verdict("wrong", f"Not yet: {fault}.")


def _judge(answer, expected, derivative_of, at, through, rtol):
    """Say that an answer is right, or raise what is wrong with it."""
    what = "your answer"
    _refuse_open(answer)
    if through is not None:
        answer, what = _call(through, (answer,)), f"the {_name(through)} of your answer"
        _refuse_open(answer)
    if isinstance(expected, dict):
        _judge_parts(answer, expected, rtol)
    elif callable(expected) or (derivative_of and (at is None or callable(answer))):
        rule = partial(_derivative, derivative_of) if derivative_of else partial(_value, expected)
        return _judge_function(answer, rule, INPUTS if at is None else at, rtol)
    else:
        right = _derivative(derivative_of, at) if derivative_of else _exactly(expected)
        _compare(answer, right, what, rtol)
    return "Right."


# What is compared


def _exactly(expected):
    values = np.asarray(expected)
    values = values if values.dtype == bool else values.astype(np.float64)
    return _Target(values, values)


def _arguments(point):
    return point if isinstance(point, tuple) else (point,)


def _value(function, point):
    return _exactly(function(*_arguments(point)))


def _derivative(f, point):
    """Return the derivative, gradient or Jacobian of f at a point, by difference quotients."""
    at = np.asarray(point, dtype=np.float64)

    def along(place):
        def f_of_one(t):
            moved = at.copy()
            moved[place] = t
            arguments = moved if isinstance(point, tuple) else (moved[()],)
            return np.asarray(f(*arguments), dtype=np.float64)

        return _quotients(f_of_one, at[place])

    columns = [along(place) for place in np.ndindex(at.shape)]
    low, high = (
        np.stack(side, axis=-1).reshape(side[0].shape + at.shape)
        for side in zip(*((c.low, c.high) for c in columns), strict=True)
    )
    return _Target(low, high, max(column.slack for column in columns))


def _quotients(f, x):
    """Return the slope of f at x; at a kink, all slopes between those of both sides."""
    h = CENTRAL_STEP * max(1.0, abs(x))
    below, value, above = f(x - h), f(x), f(x + h)
    left, right, central = (value - below) / h, (above - value) / h, (above - below) / (2 * h)
    corner = np.abs(right - left) > CORNER * np.maximum(1.0, np.abs(central))
    low, high = np.minimum(left, right), np.maximum(left, right)
    slack = QUOTIENT_ERROR * max(1.0, float(np.max(np.abs(value), initial=0.0)))
    return _Target(np.where(corner, low, central), np.where(corner, high, central), slack)


# The reader's side: nothing here is trusted


def _refuse_open(answer):
    """Raise if three dots stand in an answer, on whatever level."""
    if answer is ...:
        raise _Open
    if isinstance(answer, (list, tuple)) or (
        isinstance(answer, np.ndarray) and answer.dtype == object
    ):
        for part in answer:
            _refuse_open(part)


def _name(function):
    name = getattr(function, "__name__", type(function).__name__)
    return "function" if name == "<lambda>" else name


def _call(function, arguments):
    """Call what the reader wrote; what goes wrong in it is a sentence, not a traceback."""
    try:
        with np.errstate(all="ignore"):
            return function(*arguments)
    except Exception as error:
        own, line = getattr(function, "__code__", None), None
        frame = error.__traceback__
        while frame is not None:
            if own is not None and frame.tb_frame.f_code.co_filename == own.co_filename:
                line = frame.tb_lineno
            frame = frame.tb_next
        where = "" if line is None else f" in line {line}"
        said = str(error).strip().partition("\n")[0]
        said = f" ({said})" if said else ""
        raise _Wrong(f"{_name(function)} stops{where} with {type(error).__name__}{said}") from None


def _numbers(answer, truths):
    """Return an answer as an array of floats, or of truth values where these are asked for."""
    asked = "True or False is" if truths else "a number is"

    def leaf(value):
        if isinstance(value, (bool, np.bool_)):
            kind = "True or False"
        elif isinstance(value, Real):
            kind = "a number"
        else:
            kinds = {str: "text", type(None): "None", complex: "a complex number"}
            kind = kinds.get(type(value), f"of type {type(value).__name__}")
            kind = "a function" if callable(value) else kind
        if kind != asked.removesuffix(" is"):
            raise _Wrong(f"is {kind}, and {asked} asked for")
        return value

    def walk(value):
        if isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray):
            value = value.tolist()
        return [walk(part) for part in value] if isinstance(value, (list, tuple)) else leaf(value)

    try:
        return np.array(walk(answer), dtype=bool if truths else np.float64)
    except (ValueError, OverflowError):
        raise _Wrong("has rows of different lengths, or a number too large to hold") from None


def _judge_parts(answer, expected, rtol):
    if not isinstance(answer, (list, tuple, np.ndarray)) or len(answer) != len(expected):
        raise _Wrong(f"your answer needs {len(expected)} parts: {', '.join(expected)}")
    for part, (name, right) in zip(answer, expected.items(), strict=True):
        _compare(part, _exactly(right), name, rtol)


def _judge_function(answer, rule, inputs, rtol):
    """Compare at each input, and say what is wrong at the first where something is."""
    if not callable(answer):
        raise _Wrong("a function is asked for, and your answer is not one")
    faults = []
    for point in inputs:
        found = _call_at(answer, point)
        _refuse_open(found)
        if found is None:
            raise _Wrong(f"your {_name(answer)} gives nothing back; it may lack a return")
        try:
            _compare(found, rule(point), f"at {_said(answer, point)} your {_name(answer)}", rtol)
        except _Wrong as fault:
            faults.append(str(fault))
    if not faults:
        tried = "both" if len(inputs) == 2 else f"all {len(inputs)}"
        return f"Right, at {tried} inputs tried."
    right = len(inputs) - len(faults)
    rest = f"; it is right at {right} of the {len(inputs)} inputs tried" if right else ""
    raise _Wrong(faults[0] + rest)


def _call_at(answer, point):
    try:
        return _call(answer, _arguments(point))
    except _Wrong as fault:
        raise _Wrong(f"at {_said(answer, point)} your {fault}") from None


def _said(answer, point):
    """Name an input as the reader's function names it: ``w = −2``."""
    try:
        names = list(inspect.signature(answer).parameters)
    except (TypeError, ValueError):
        names = []
    arguments = _arguments(point)
    names += ["x"] * (len(arguments) - len(names))
    texts = [f"{name} = {_input(value)}" for name, value in zip(names, arguments, strict=False)]
    return ", ".join(texts)


def _input(value):
    text = (
        f"{value:g}"
        if isinstance(value, Real)
        else np.array2string(np.asarray(value), separator=", ")
    )
    return text.replace("-", "−")


# What is said of a number


def _compare(found, target, what, rtol):
    """Raise what is wrong with an answer, as a sentence that begins with what it is about."""
    try:
        fault = _fault(found, target, rtol)
    except _Wrong as wrong:
        fault = str(wrong)
    if fault:
        raise _Wrong(f"{what} {fault}")


def _fault(found, target, rtol):
    """Return what is wrong with an answer, as the end of a sentence about it, or nothing."""
    truths = target.low.dtype == bool
    found = _numbers(found, truths)
    if found.shape != target.low.shape:
        return f"is {_shape(found.shape)}, and {_shape(target.low.shape)} is asked for"
    if truths:
        right = int((found == target.low).sum())
        return "" if right == found.size else f"is right in {right} of {found.size} entries"
    slack = target.slack + rtol * np.maximum(np.abs(target.low), np.abs(target.high))
    slack = np.maximum(slack, np.vectorize(_rounding, otypes=[float])(found))
    with np.errstate(invalid="ignore"):
        right = (found >= target.low - slack) & (found <= target.high + slack)
    right |= found == target.low  # infinite
    if right.all():
        return ""
    first = tuple(int(k) for k in np.argwhere(~right)[0])
    fault = _direction(found[first], target.low[first], target.high[first])
    if found.ndim == 0:
        return fault
    places = ["entry"] if found.ndim == 1 else ["row", "column"]
    place = ", ".join(f"{name} {k + 1}" for name, k in zip(places, first, strict=False))
    good = int(right.sum())
    return f"{fault} in {place}; {good} of the {found.size} entries {'is' if good == 1 else 'are'} right"


def _rounding(number):
    """Return half a unit of the last digit that a number is written with, if it has three or more.

    >>> _rounding(18.9), _rounding(19.0)
    (0.05, 0.0)
    """
    if not math.isfinite(number):
        return 0.0
    digits, exponent = Decimal(repr(float(number))).normalize().as_tuple()[1:]
    return 10.0**exponent / 2 if len(digits) >= 3 else 0.0


def _direction(found, low, high):
    """Say on which side a number lies of what is right, and nothing more."""
    if not math.isfinite(found):
        return "is not a finite number"
    right = low if found < low else high
    if found * right < 0:
        return "has the wrong sign"
    if abs(found - right) < abs(right) / 100:
        return "is off by less than one percent"
    if right < 0:
        return "is too far below 0" if found < right else "is not far enough below 0"
    return "is too small" if found < right else "is too large"


def _shape(shape):
    """Say a shape in words."""

    def some(count, thing):
        return f"{count} {thing}{'' if count == 1 else 's'}"

    if len(shape) == 1:
        return f"a list of {some(shape[0], 'number')}"
    if len(shape) == 2:
        return f"{some(shape[0], 'row')} of {some(shape[1], 'number')}"
    return f"an array of the shape {shape}" if shape else "a single number"
