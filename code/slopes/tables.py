"""Tables of what a cell found, and numbers too large or too small to be written out."""

import math
import re

from slopes.checks import RAISED, power_of_ten

_NEGATIVE = re.compile(r"^-(?=[\d.]+%?$)")
_POWER = re.compile(rf"([−\d.]+) · 10([{RAISED}]+)")


def scientific(value, digits=2):
    """Write a number as a power of ten with a factor, as a text has it.

    Parameters
    ----------
    value : float
        Any number.
    digits : int
        How many digits the factor has.

    Returns
    -------
    str
        The factor and the power, or "0", or "∞".

    Examples
    --------
    >>> scientific(12345), scientific(-4.2e-18, digits=1), scientific(0), scientific(math.inf)
    ('1.2 · 10⁴', '−4 · 10⁻¹⁸', '0', '∞')
    """
    if value == 0 or math.isinf(value):
        return f"{abs(value):.0f}".replace("inf", "−∞" if value < 0 else "∞")
    factor, exponent = f"{value:.{digits - 1}e}".replace("-", "−", int(value < 0)).split("e")
    return f"{factor} · {power_of_ten(int(exponent))}"


class Table:
    """A table: the page shows it as one of its own, and a terminal as text.

    Parameters
    ----------
    *rows : sequence of str
        The head first; a cell may hold a number, Markdown, formulas and what `scientific` writes.

    Examples
    --------
    >>> Table(["rate", "loss"], ["0.1", "0.02"], ["0.2", scientific(6.8e8)])
    rate  loss
    0.1   0.02
    0.2   6.8 · 10⁸
    """

    def __init__(self, *rows):
        self.rows = [[_NEGATIVE.sub("−", str(cell)) for cell in row] for row in rows]

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = (
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
            for row in self.rows
        )
        return "\n".join(line.rstrip() for line in lines)

    def _repr_markdown_(self):
        head, *body = (f"| {' | '.join(map(_as_formula, row))} |" for row in self.rows)
        return "\n".join([head, "|" + "---|" * len(self.rows[0]), *body])


def _as_formula(cell):
    r"""A cell whose powers of ten are formulas, and infinity with them.

    >>> _as_formula("6.8 · 10⁻⁸")
    '$6.8 \\cdot 10^{-8}$'
    """
    plain = str.maketrans(RAISED, "-0123456789")
    return _POWER.sub(
        lambda found: rf"${found[1].replace('−', '-')} \cdot 10^{{{found[2].translate(plain)}}}$",
        cell.replace("∞", r"$\infty$"),
    )
