"""Answers that check themselves."""

from __future__ import annotations

import numpy as np


class WrongAnswer(AssertionError):
    """The answer to an exercise is not right yet; the message says where it goes wrong.

    >>> check_answer([1, 2], 4)
    Traceback (most recent call last):
    slopes.exercises.WrongAnswer: your answer has the shape (2,); the shape () is asked for
    """


def check_answer(answer, expected, points=(-2.0, -0.5, 0.0, 0.7, 1.3), rtol=1e-6):
    """Compare the reader's answer to an exercise with what the package computes.

    Parameters
    ----------
    answer : number, array_like or callable
        The reader's. ``...`` (or a function that returns it) stands for an answer not given yet.
    expected : number, array_like or callable
        The right one; a function exactly if ``answer`` is one.
    points : sequence of float
        Where two functions are compared.
    rtol : float
        The relative difference that still counts as equal.

    Raises
    ------
    WrongAnswer
        If the two differ by more than rounding, at the first point where they do.

    Examples
    --------
    >>> check_answer(..., 4)
    No answer yet: put yours in place of the three dots, and run this cell again.
    >>> check_answer(2 + 2, 4)
    Right.
    >>> check_answer(lambda x: 2 * x, lambda x: x + x)
    Right, at all 5 points tried.
    """
    if not callable(answer):
        if answer is ...:
            _say_unanswered()
            return
        _compare(answer, expected, "your answer", rtol)
        print("Right.")
        return
    for x in points:
        found = answer(x)
        if found is ... or found is None:
            _say_unanswered()
            return
        _compare(found, expected(x), f"at {x:g} your function", rtol)
    print(f"Right, at all {len(points)} points tried.")


def _say_unanswered():
    print("No answer yet: put yours in place of the three dots, and run this cell again.")


def _compare(found, expected, what, rtol):
    try:
        found = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise WrongAnswer(f"{what} gives {found!r}, which is no number") from None
    expected = np.asarray(expected, dtype=np.float64)
    if found.shape != expected.shape:
        raise WrongAnswer(
            f"{what} has the shape {found.shape}; the shape {expected.shape} is asked for"
        )
    wrong = ~np.isclose(found, expected, rtol=rtol, atol=1e-12)
    if wrong.any():
        raise WrongAnswer(
            f"Not yet: {what} gives {found[wrong].flat[0]:.8g}, and the check finds"
            f" {expected[wrong].flat[0]:.8g}"
        )
