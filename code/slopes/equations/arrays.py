"""Vectors and matrices of numbers, and sets as values."""

from dataclasses import dataclass

from .errors import Undefined, Unread
from .numbers import ONE, ZERO, divide, now, plus, primal


class Array:
    """A matrix, as rows of numbers; a vector is a matrix with one column (or one row)."""

    __slots__ = ("cols", "items", "rows")

    def __init__(self, rows, cols, items):
        self.rows = rows
        self.cols = cols
        self.items = tuple(items)

    @classmethod
    def column(cls, items):
        """A vector."""
        items = tuple(items)
        return cls(len(items), 1, items)

    @classmethod
    def build(cls, rows, cols, entry):
        """The matrix whose element in row r, column c (from 1) is ``entry(r, c)``."""
        places = ((r, c) for r in range(1, rows + 1) for c in range(1, cols + 1))
        return cls(rows, cols, [entry(r, c) for r, c in places])

    @classmethod
    def identity(cls, n):
        """The identity matrix."""
        return cls.build(n, n, lambda r, c: ONE if r == c else ZERO)

    @property
    def shape(self):
        return self.rows, self.cols

    @property
    def is_vector(self):
        """Whether one index finds an element."""
        return 1 in (self.rows, self.cols)

    def places(self):
        """The indices of all elements, in the order of `items`: one for a column, else two."""
        if self.cols == 1:
            return [(r,) for r in range(1, self.rows + 1)]
        return [(r, c) for r in range(1, self.rows + 1) for c in range(1, self.cols + 1)]

    def offset(self, indices):
        """The place in `items` of an element."""
        if len(indices) == 1 and self.is_vector:
            row, col = (indices[0], 1) if self.cols == 1 else (1, indices[0])
        elif len(indices) == 2:
            row, col = indices
        else:
            raise Unread("an index that does not fit")
        if not (1 <= row <= self.rows and 1 <= col <= self.cols):
            raise Undefined("an index out of range")
        return (row - 1) * self.cols + col - 1

    def __getitem__(self, indices):
        return self.items[self.offset(indices)]

    def replaced(self, offset, value):
        """A copy with another element at one place."""
        items = (*self.items[:offset], value, *self.items[offset + 1 :])
        return Array(self.rows, self.cols, items)

    def map(self, function):
        """A function of numbers, at each element."""
        return Array(self.rows, self.cols, [function(x) for x in self.items])

    @property
    def transposed(self):
        return Array.build(self.cols, self.rows, lambda r, c: self[c, r])

    def __neg__(self):
        return self.map(lambda x: -x)

    def __add__(self, other):
        if type(other) is not Array and not self.is_vector:
            raise Unread("a number added to a matrix")
        return each(plus, self, other)

    __radd__ = __add__

    def __mul__(self, other):
        if type(other) is not Array:
            return self.map(lambda x: x * other)
        if self.cols != other.rows:
            raise Unread(f"a product of arrays of shapes {self.shape} and {other.shape}")
        now().spend(self.rows * self.cols * other.cols)
        rows = [self.items[k * self.cols : (k + 1) * self.cols] for k in range(self.rows)]
        cols = [other.items[k :: other.cols] for k in range(other.cols)]
        products = [total([x * y for x, y in zip(r, c, strict=True)]) for r in rows for c in cols]
        return products[0] if len(products) == 1 else Array(self.rows, other.cols, products)

    def __rmul__(self, other):
        return self.map(lambda x: other * x)

    def power(self, n):
        """A whole power of a square matrix; a negative one is a power of the inverse."""
        if n is None or abs(n) > 6 or self.rows != self.cols:
            raise Unread("this power of a matrix")
        result, factor = Array.identity(self.rows), self if n >= 0 else self.inverse()
        for _ in range(abs(n)):
            result = result * factor
        return result

    def inverse(self):
        """The inverse by Gauss and Jordan, with the largest pivot of each column."""
        n = self.rows
        both = [
            [*self.items[r * n : r * n + n], *Array.identity(n).items[r * n : r * n + n]]
            for r in range(n)
        ]
        for c in range(n):
            best = max(range(c, n), key=lambda r: abs(primal(both[r][c])))
            both[c], both[best] = both[best], both[c]
            pivot = both[c][c]
            both[c] = [divide(x, pivot) for x in both[c]]
            for r in range(n):
                if r != c:
                    factor = both[r][c]
                    both[r] = [x - factor * y for x, y in zip(both[r], both[c], strict=True)]
        return Array.build(n, n, lambda r, c: both[r - 1][n + c - 1])


@dataclass
class Range:
    """An interval as a value: a subdifferential, or the right side of ∈."""

    lower: object
    upper: object
    lower_closed: bool = True
    upper_closed: bool = True


def each(function, *values):
    """A function of numbers, elementwise where some of its arguments are arrays."""
    arrays = [v for v in values if type(v) is Array]
    if not arrays:
        return function(*values)
    rows, cols = arrays[0].shape
    if any(v.shape != (rows, cols) for v in arrays):
        raise Unread(f"arrays of shapes {', '.join(str(v.shape) for v in arrays)} do not fit")
    size = rows * cols
    columns = [v.items if type(v) is Array else (v,) * size for v in values]
    return Array(rows, cols, [function(*items) for items in zip(*columns, strict=True)])


def flat(values):
    """All numbers in some values, one after the other."""
    return [x for v in values for x in (v.items if type(v) is Array else (v,))]


def total(items):
    """The sum of some values."""
    result = items[0] if items else ZERO
    for item in items[1:]:
        result = plus(result, item)
    return result


def scalar(value, what="this"):
    """The value, which must be a number."""
    if type(value) in (Array, Range):
        raise Unread(
            f"{what} needs a number, and a {'vector' if type(value) is Array else 'set'} stands there"
        )
    return value
