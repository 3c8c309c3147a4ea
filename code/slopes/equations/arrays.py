"""Vectors and matrices of numbers, and intervals as values."""

import functools
import operator
from dataclasses import dataclass

from .errors import Undefined, Unread
from .numbers import INFINITY, ONE, ZERO, now, plus, primal


class Array:
    """A matrix, as rows of numbers; a vector is a matrix with one column (or one row)."""

    __slots__ = ("cols", "items", "rows")

    def __init__(self, rows, cols, items):
        self.rows, self.cols = rows, cols
        self.items = tuple(items)
        if Array in map(type, self.items):
            raise Unread("a vector whose elements are vectors")

    @classmethod
    def build(cls, rows, cols, entry):
        """The matrix whose element in row r, column c (from 1) is ``entry(r, c)``."""
        places = ((r, c) for r in range(1, rows + 1) for c in range(1, cols + 1))
        return cls(rows, cols, [entry(r, c) for r, c in places])

    @property
    def shape(self):
        return self.rows, self.cols

    @property
    def is_vector(self):
        return 1 in self.shape  # one index finds an element

    def places(self):
        """The indices of all elements, in the order of `items`: one for a column, else two."""
        rows, cols = range(1, self.rows + 1), range(1, self.cols + 1)
        return [(r,) if self.cols == 1 else (r, c) for r in rows for c in cols]

    def offset(self, indices):
        """The place in `items` of an element."""
        if len(indices) == 1 and self.is_vector:
            indices = (indices[0], 1) if self.cols == 1 else (1, indices[0])
        if len(indices) != 2:
            raise Unread("an index that does not fit")
        row, col = indices
        if not (1 <= row <= self.rows and 1 <= col <= self.cols):
            raise Undefined("an index out of range")
        return (row - 1) * self.cols + col - 1

    def __getitem__(self, indices):
        return self.items[self.offset(indices)]

    def replaced(self, offset, value):
        """A copy with another element at one place."""
        items = (*self.items[:offset], value, *self.items[offset + 1 :])
        return Array(self.rows, self.cols, items)

    @property
    def transposed(self):
        return Array.build(self.cols, self.rows, lambda r, c: self[c, r])

    def __neg__(self):
        return each(operator.neg, self)

    def __add__(self, other):
        if type(other) is not Array and not self.is_vector:
            raise Unread("a number added to a matrix")
        return each(plus, self, other)

    __radd__ = __add__

    def __mul__(self, other):
        if type(other) is not Array:
            return each(operator.mul, self, other)
        if self.cols != other.rows:
            raise Unread(f"a product of arrays of shapes {self.shape} and {other.shape}")
        now().spend(self.rows * self.cols * other.cols)
        rows = [self.items[k * self.cols : (k + 1) * self.cols] for k in range(self.rows)]
        cols = [other.items[k :: other.cols] for k in range(other.cols)]
        items = [total([x * y for x, y in zip(r, c, strict=True)]) for r in rows for c in cols]
        return items[0] if len(items) == 1 else Array(self.rows, other.cols, items)

    def __rmul__(self, other):
        return each(operator.mul, other, self)


@dataclass
class Range:
    """An interval as a value: a subdifferential, or the right side of ∈; or its integers only."""

    lower: object
    upper: object
    lower_closed: bool = True
    upper_closed: bool = True
    whole: bool = False

    @property
    def items(self):
        return self.lower, self.upper, ONE * self.lower_closed, ONE * self.upper_closed


# What lies in them, and where their points are drawn, is told by this alone.
SETS = {
    "R": Range(-INFINITY, INFINITY, False, False),
    "Z": Range(-INFINITY, INFINITY, False, False, whole=True),
    "N": Range(ONE, INFINITY, True, False, whole=True),
}


def each(function, *values):
    """A function of numbers, elementwise where some of its arguments are arrays."""
    if Array not in map(type, values):
        return function(*values)
    arrays = [v for v in values if type(v) is Array]
    shape = arrays[0].shape
    if any(v.shape != shape for v in arrays):
        raise Unread(f"arrays of shapes {', '.join(str(v.shape) for v in arrays)} do not fit")
    size = len(arrays[0].items)
    columns = [v.items if type(v) is Array else (v,) * size for v in values]
    return Array(*shape, [function(*items) for items in zip(*columns, strict=True)])


def flat(values):
    """All numbers in some values, one after the other."""
    return [x for v in values for x in (v.items if type(v) in (Array, Range) else (v,))]


def total(items):
    return functools.reduce(plus, items) if items else ZERO


def scalar(value, what="this"):
    if type(value) in (Array, Range):
        found = "vector" if type(value) is Array else "set"
        raise Unread(f"{what} needs a number, and a {found} stands there")
    return value


def paired(left, right):
    """The numbers of two values that belong together; of sets the ends, and whether they belong."""
    sides, sets = (flat([left]), flat([right])), {type(x) is Range for x in (left, right)}
    first, second = (getattr(value, "shape", None) for value in (left, right))
    if len(sets) > 1:
        raise Unread("a set on one side and a number on the other: write ∈")
    if None in (first, second):
        count = max(map(len, sides))
        if first != second and count > 1 and primal(left if first is None else right) != 0:
            raise Unread("a vector on one side and a number on the other")
        sides = [side if len(side) == count else side * count for side in sides]
    elif first != second:
        raise Unread(f"shapes {first} and {second} on the two sides")
    return [(primal(x), primal(y)) for x, y in zip(*sides, strict=True)]
