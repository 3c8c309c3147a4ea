"""What evaluation hands around beside numbers: frames of names, sets, points approached from a side."""

from dataclasses import dataclass, field

import numpy as np

from .numbers import Dual, primal


@dataclass
class Frame:
    """Local names (parameters, indices) and the definitions that an expression was written under."""

    locals: dict = field(default_factory=dict)
    table: dict = field(default_factory=dict)

    def bind(self, names):
        return Frame({**self.locals, **names}, self.table)


@dataclass
class Range:
    """An interval or a finite set as a value."""

    items: tuple  # for a finite set
    lower: object = None
    upper: object = None
    lower_closed: bool = True
    upper_closed: bool = True


@dataclass
class Approach:
    """A point approached from one side, as an argument."""

    point: object
    step: int


def compare_sign(sign, operator):
    """Whether a sign of left - right satisfies a relation."""
    return {
        "=": sign == 0,
        "!=": sign != 0,
        "<": sign < 0,
        "<=": sign <= 0,
        ">": sign > 0,
        ">=": sign >= 0,
    }[operator]


def strip(value, tag):
    """The value without the infinitesimal of one tag."""
    if isinstance(value, np.ndarray):
        result = np.empty(value.shape, dtype=object)
        for place in np.ndindex(value.shape):
            result[place] = strip(value[place], tag)
        return result
    return value.a if isinstance(value, Dual) and value.tag == tag else value


def strip_all(value):
    return value if isinstance(value, np.ndarray | Range) else primal(value)
