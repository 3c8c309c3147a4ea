"""Real data, small enough to travel with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

INK = 16  # of a pixel that is all ink


def digits(*wanted):
    """Return pictures of handwritten digits, and which digit each of them shows.

    They are 500 pictures of 8 × 8 pixels, about 50 of each digit, written by people on forms and made
    small at NIST: the first rows of the test set of "Optical Recognition of Handwritten Digits" by
    E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, doi:10.24432/C50P49, under the
    licence CC BY 4.0. ``digits.tsv`` beside this module holds them as they are there.

    Parameters
    ----------
    wanted : int
        Which digits; without any, all ten.

    Returns
    -------
    images : numpy.ndarray of shape (m, 64)
        A picture in each row, pixel by pixel from the top left: 0 is paper and 1 is ink.
        ``images[k].reshape(8, 8)`` is a picture as it looks.
    labels : numpy.ndarray of shape (m,)
        The digits, as integers.

    Raises
    ------
    ValueError
        If what is wanted is not a digit.

    Examples
    --------
    >>> images, labels = digits()
    >>> images.shape, labels[:10]
    ((500, 64), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    >>> images, labels = digits(3, 8)
    >>> len(labels), int((labels == 8).sum())
    (99, 46)
    >>> for row in images[0].reshape(8, 8):
    ...     print("".join("·░▒█"[round(3 * pixel)] for pixel in row))
    ··░█▒···
    ·▒▒░█░··
    ···▒▒···
    ···█▒···
    ····▒▒··
    ·····▒▒·
    ··▒░░█▒·
    ··░▒▒▒··
    """
    strange = [digit for digit in wanted if digit not in range(10)]
    if strange:
        raise ValueError(f"{strange[0]!r} is not a digit from 0 to 9")
    images, labels = _table()
    chosen = np.isin(labels, wanted) if wanted else np.full(labels.shape, True)
    return images[chosen] / INK, labels[chosen]


@cache
def _table():
    rows = np.loadtxt(Path(__file__).with_name("digits.tsv"), dtype=np.int64)
    return rows[:, :-1], rows[:, -1]
