r"""Numbers to decide with: many digits, exact derivatives, and a direction at a kink.

Every quantity is a `decimal.Decimal`, or a `Dual`: a number plus an infinitely small part, or a
`Complex`. Evaluating an expression at ``x + ε`` gives its value and its derivative in one go,
exactly, by the rules of calculus and nothing else (forward-mode automatic differentiation; Griewank
and Walther, *Evaluating Derivatives*, 2008).

The infinitesimal is *positive*. A comparison looks at it where the numbers agree, so that ``x + ε >
0`` holds at x = 0 and ``x - ε > 0`` does not: evaluating with ε and with -ε gives the two one-sided
derivatives. A derivative exists where both agree and the function is continuous; no formula for the
derivative of ``max`` or ``|x|`` at a kink is ever believed. Duals nest (each carries a tag), which
gives derivatives of derivatives.

Plain numbers add and multiply in C, without any wrapper. What has to be noticed on the way (how much
work was done, whether a comparison was a tie) is kept by the `Work` in force, as the number of
digits is by the context in force of `decimal`.
"""

import itertools
from contextlib import contextmanager
from decimal import (
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    getcontext,
    localcontext,
)
from fractions import Fraction
from functools import lru_cache

from mpmath import libmp

from .errors import BeyondReach, OutsideReals, TooMuch, Undefined

DIGITS = 60  # of every comparison
SECOND = 200  # of a second look, where the sides seem to differ
CAREFUL = 1500  # where 200 cannot tell a small number from what cancellation leaves of a large one
LARGEST = 400_000_000  # the exponent of ten at which numbers end, also where an int has 32 bits
FAR_EXPONENT = 9 * 10**8  # the largest number whose exponential is below that
ZERO, ONE, TWO, HALF = Decimal(0), Decimal(1), Decimal(2), Decimal("0.5")
INFINITY = Decimal("Infinity")


class Work:
    """What is spent on an equation, counted in operations, and what is noticed meanwhile.

    Attributes
    ----------
    left : int
        Operations that may still be done.
    ties : int
        How many comparisons found two equal numbers: only then can a derivative be one-sided.
    margins : list or None
        Where a list is put here, each comparison appends (key, left - right): the search for kinks.
    watching, absorbed : bool
        While watching, `absorbed` tells whether a term was so small beside another that it
        vanished in the sum.
    """

    __slots__ = ("absorbed", "known", "left", "margins", "ties", "watching")

    def __init__(self, budget):
        self.left = budget
        self.known = set()  # values of functions that are paid for
        self.ties = 0
        self.margins = None
        self.watching = self.absorbed = False

    def spend(self, amount=1):
        """Take operations from the budget."""
        self.left -= amount
        if self.left < 0:
            raise TooMuch("more work than one equation may take")


_now = Work(0)


def now():
    """The work in force."""
    return _now


@contextmanager
def in_force(work):
    """Count everything inside against `work`, in the checker's own context of `decimal`."""
    global _now
    before, _now = _now, work
    traps = [InvalidOperation, DivisionByZero, Overflow]
    own = Context(prec=DIGITS, Emin=-LARGEST, Emax=LARGEST, traps=traps)
    try:
        with localcontext(own):
            yield work
    finally:
        _now = before


@contextmanager
def digits(count):
    """Compute with so many digits."""
    context = getcontext()
    before, context.prec = context.prec, count
    try:
        yield
    finally:
        context.prec = before


class Dual:
    """``a + b ε`` with an infinitely small positive ε, told apart by its tag; newer is smaller."""

    __slots__ = ("a", "b", "tag")

    def __init__(self, tag, a, b):
        self.tag = tag
        self.a = a
        self.b = b

    def __repr__(self):
        return f"({self.a} + {self.b} ε{self.tag})"

    def __add__(self, other):
        if type(other) is Dual:
            if other.tag == self.tag:
                return Dual(self.tag, self.a + other.a, self.b + other.b)
            if other.tag > self.tag:
                return Dual(other.tag, self + other.a, other.b)
        elif type(other) not in SCALARS:
            return NotImplemented
        return Dual(self.tag, self.a + other, self.b)

    __radd__ = __add__

    def __neg__(self):
        return Dual(self.tag, -self.a, -self.b)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        _now.left -= 1
        if _now.left < 0:
            raise TooMuch("more work than one equation may take")
        if type(other) is Dual:
            if other.tag == self.tag:
                return Dual(self.tag, self.a * other.a, self.a * other.b + self.b * other.a)
            if other.tag > self.tag:
                return Dual(other.tag, self * other.a, self * other.b)
        elif type(other) not in SCALARS:
            return NotImplemented
        return Dual(self.tag, self.a * other, self.b * other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        if type(other) is Dual:
            tag = max(self.tag, other.tag)
            xa, xb = (self.a, self.b) if self.tag == tag else (self, ZERO)
            ya, yb = (other.a, other.b) if other.tag == tag else (other, ZERO)
            quotient = divide(xa, ya)
            return Dual(tag, quotient, divide(xb - quotient * yb, ya))
        if type(other) not in SCALARS:
            return NotImplemented
        return Dual(self.tag, divide(self.a, other), divide(self.b, other))

    def __rtruediv__(self, other):
        quotient = divide(other, self.a)
        return Dual(self.tag, quotient, divide(-(quotient * self.b), self.a))


class Complex:
    """``re + i·im``, with plain numbers as parts: for the complex step, f(x + ih)."""

    __slots__ = ("im", "re")

    def __init__(self, re, im):
        self.re = re
        self.im = im

    def __repr__(self):
        return f"({self.re} + {self.im} i)"

    def __add__(self, other):
        if type(other) is Complex:
            return Complex(self.re + other.re, self.im + other.im)
        return Complex(self.re + other, self.im) if type(other) in REALS else NotImplemented

    __radd__ = __add__

    def __neg__(self):
        return Complex(-self.re, -self.im)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if type(other) is Complex:
            re = self.re * other.re - self.im * other.im
            return Complex(re, self.re * other.im + self.im * other.re)
        if type(other) not in REALS:
            return NotImplemented
        return Complex(self.re * other, self.im * other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        if type(other) in REALS:
            return Complex(self.re / other, self.im / other)
        if type(other) is not Complex:
            return NotImplemented
        size = other.re * other.re + other.im * other.im
        if not size:
            raise Undefined("a division by zero")
        turned = self * Complex(other.re, -other.im)
        return Complex(turned.re / size, turned.im / size)

    def __rtruediv__(self, other):
        return Complex(other, ZERO) / self

    def __abs__(self):
        return (self.re * self.re + self.im * self.im).sqrt()

    def exp(self):
        """``e^{a+bi} = e^a (cos b + i sin b)``"""
        size = exp(self.re)
        return Complex(size * cos(self.im), size * sin(self.im))

    def log(self):
        """The principal logarithm."""
        if not self.im and not self.re:
            raise Undefined("the logarithm of zero")
        x, y = _to_mp(self.re), _to_mp(self.im)
        return Complex(log(abs(self)), _from_mp(libmp.mpf_atan2(y, x, _bits())))

    def sin(self):
        """``sin(a+bi) = sin a cosh b + i cos a sinh b``"""
        return Complex(sin(self.re) * cosh(self.im), cos(self.re) * sinh(self.im))

    def cos(self):
        """``cos(a+bi) = cos a cosh b - i sin a sinh b``"""
        return Complex(cos(self.re) * cosh(self.im), -(sin(self.re) * sinh(self.im)))


REALS = (Decimal, int)
SCALARS = (Decimal, int, Complex)
_tags = itertools.count(1)


def new_tag():
    """A tag for a new infinitesimal: smaller than all before it."""
    return next(_tags)


def primal(x):
    """The number without its infinitesimal parts."""
    while type(x) is Dual:
        x = x.a
    return x


def parts(x):
    """All plain numbers in a number: its value, its slopes, their slopes."""
    if type(x) is Dual:
        yield from parts(x.a)
        yield from parts(x.b)
    elif type(x) is Complex:
        yield from (x.re, x.im)
    else:
        yield x


@lru_cache(maxsize=4096)
def _quotient(value, precision):
    return Decimal(value.numerator) / Decimal(value.denominator)


def number(value):
    """An exact int, Fraction, text or Decimal as a number, rounded to the digits in force."""
    if type(value) is Fraction:
        return _quotient(value, getcontext().prec)
    return +Decimal(value)


@lru_cache(maxsize=256)
def _power_of_ten(power):
    return Decimal((0, (1,), power))


def tolerance(spare):
    """10 to the power of `spare` less the digits in force: what rounding may have left of 1."""
    return _power_of_ten(spare - getcontext().prec)


def divide(x, y):
    """x / y; a divisor that is zero but for rounding (a difference that cancels) is zero."""
    size = primal(y)
    if type(size) is Decimal and (not size or abs(size) < _power_of_ten(-9 * getcontext().prec // 10)):
        if size:
            _now.absorbed = True  # or a small number: more digits tell
        raise Undefined("a division by zero")
    return x / y


def plus(x, y):
    """x + y, noticing where one of them vanishes beside the other."""
    if _now.watching:
        _notice(x, y)
    return x + y


def _notice(x, y):
    x, y = primal(x), primal(y)
    if type(x) is Decimal and type(y) is Decimal and x and y and x.is_finite() and y.is_finite():
        if abs(x.adjusted() - y.adjusted()) >= getcontext().prec:
            _now.absorbed = True


# -- from and to mpmath, which is quicker than `decimal` at everything but the four operations --------


def _bits():
    return int(getcontext().prec * 3.33) + 20


@lru_cache(maxsize=64)
def _two_to(bits):
    return Decimal(1 << bits)


@lru_cache(maxsize=512)
def _scale(exponent, precision):
    with localcontext() as context:
        context.prec = precision + 12
        return TWO**exponent


def _to_mp(x):
    """A number of mpmath's library, with all digits that x has."""
    size = x.adjusted()
    if not x:
        return libmp.fzero
    if -12 <= size < 20:
        bits = _bits() + 40
        return libmp.from_man_exp(int(x * _two_to(bits)), -bits)
    places = getcontext().prec + 4
    shifted = int(x.scaleb(places - size))
    power = libmp.mpf_pow_int(libmp.ften, size - places, _bits() + 40)
    return libmp.mpf_mul(libmp.from_int(shifted), power, _bits() + 20)


def _from_mp(value):
    sign, man, exponent, _ = value
    if sign:
        man = -man
    if exponent >= 0:
        if exponent < 4000:
            return +Decimal(man << exponent)
        return Decimal(man) * _scale(exponent, getcontext().prec)
    if exponent > -8000:
        return Decimal(man) / _two_to(-exponent)
    return Decimal(man) * _scale(exponent, getcontext().prec)


@lru_cache(maxsize=20_000)
def _computed(function, x, precision):
    return _from_mp(function(_to_mp(x), _bits()))


def constant(name):
    """e or pi."""
    return _constant(name, getcontext().prec)


@lru_cache(maxsize=32)
def _constant(name, precision):
    return _from_mp(getattr(libmp, "mpf_" + name)(_bits()))


def _value(function, x):
    precision = getcontext().prec
    key = function, x, precision
    if key not in _now.known:
        _now.known.add(key)
        _now.spend(4 if precision <= DIGITS else 20 if precision <= SECOND else 250)
    return _computed(function, x, precision)


# -- elementary functions: each with its derivative -------------------------------------------------


def exp(x):
    """The exponential function; its own derivative."""
    if type(x) is Dual:
        value = exp(x.a)
        return Dual(x.tag, value, value * x.b)
    if type(x) is Complex:
        return x.exp()
    if x > FAR_EXPONENT:
        raise BeyondReach("an exponential too large to compute")
    if x < -FAR_EXPONENT:
        _now.absorbed = True
        return ZERO
    return _value(libmp.mpf_exp, x)


def log(x):
    """The natural logarithm, of positive numbers; its derivative is 1/x."""
    if type(x) is Dual:
        if primal(x) == 0:
            raise Undefined("the logarithm of zero")
        return Dual(x.tag, log(x.a), divide(x.b, x.a))
    if type(x) is Complex:
        return x.log()
    if x <= 0:
        raise OutsideReals(f"the logarithm of {'a negative number' if x else 'zero'}")
    return x if x.is_infinite() else _value(libmp.mpf_log, x)


def sin(x):
    """The sine; its derivative is the cosine."""
    if type(x) is Dual:
        return Dual(x.tag, sin(x.a), cos(x.a) * x.b)
    return x.sin() if type(x) is Complex else _value(libmp.mpf_sin, _within(x))


def cos(x):
    """The cosine; its derivative is minus the sine."""
    if type(x) is Dual:
        return Dual(x.tag, cos(x.a), -(sin(x.a) * x.b))
    return x.cos() if type(x) is Complex else _value(libmp.mpf_cos, _within(x))


def _within(x):
    if x.adjusted() > getcontext().prec // 2:
        raise BeyondReach("a sine of too large a number")
    return x


def sinh(x):
    """``(e^x - e^{-x}) / 2``"""
    return plus(exp(x), -exp(-x)) * HALF


def cosh(x):
    """``(e^x + e^{-x}) / 2``"""
    return plus(exp(x), exp(-x)) * HALF


def tanh(x):
    """The hyperbolic tangent; its derivative is ``1 / cosh² x``."""
    if type(x) is Dual:
        below = cosh(x.a)
        return Dual(x.tag, tanh(x.a), divide_small(x.b, below * below))
    if type(x) is Complex:
        return sinh(x) / cosh(x)
    return _value(libmp.mpf_tanh, _saturating(x, 1))


def divide_small(x, y):
    """x / y for a y that is known not to be zero, however large or small."""
    return x / y


def _saturating(x, rate):
    """The argument of a function that is 1 to all digits far out: noticed as lost terms are."""
    if _now.watching and abs(x) * rate > getcontext().prec:
        _now.absorbed = True
    if abs(x) > 10**6:
        return Decimal(10**6).copy_sign(x)
    return x


def erf(x):
    r"""The error function; its derivative is ``2/\sqrt{\pi} · e^{-x²}``."""
    if type(x) is Dual:
        factor = TWO / constant("pi").sqrt()
        return Dual(x.tag, erf(x.a), factor * exp(-(x.a * x.a)) * x.b)
    _now.spend(20)
    x = _saturating(_real(x), 1)
    if abs(x) > 100:
        return ONE.copy_sign(x)
    return _value(libmp.mpf_erf, x)


def _real(x):
    if type(x) is Complex:
        if x.im:
            raise Undefined("a function of a complex number")
        return x.re
    return x


def arctan(x):
    """The inverse of the tangent; its derivative is ``1 / (1 + x²)``."""
    if type(x) is Dual:
        return Dual(x.tag, arctan(x.a), x.b / (x.a * x.a + ONE))
    x = _real(x)
    return constant("pi") * HALF.copy_sign(x) if x.is_infinite() else _value(libmp.mpf_atan, x)


def arcsin(x):
    """The inverse of the sine, on [-1, 1]; its derivative is ``1 / √(1 - x²)``."""
    if type(x) is Dual:
        return Dual(x.tag, arcsin(x.a), divide(x.b, sqrt(ONE - x.a * x.a)))
    x = _real(x)
    if abs(x) > 1:
        raise OutsideReals("arcsin outside [-1, 1]")
    return constant("pi") * HALF.copy_sign(x) if abs(x) == 1 else _value(libmp.mpf_asin, x)


def sqrt(x):
    """The square root; at 0 it has a value and no derivative."""
    if type(x) is Dual:
        if primal(x) == 0:
            _now.ties += 1
            raise Undefined("a root at zero, where its slope is infinite")
        root = sqrt(x.a)
        return Dual(x.tag, root, divide_small(x.b, root + root))
    if type(x) is Complex:
        return exp(HALF * x.log())
    if x < 0:
        raise OutsideReals("the square root of a negative number")
    _now.spend(2)
    return x.sqrt()


def root(x, degree):
    """The real root: of odd degree also for a negative number."""
    if degree == 2:
        return sqrt(x)
    if not 1 <= degree <= 100:
        raise Undefined("a root of this degree")
    if degree % 2 and sign(x) < 0:
        return -root(-x, degree)
    if primal(x) == 0:
        if type(x) is Dual:
            raise Undefined("a root at zero, where its slope is infinite")
        return ZERO
    if sign(x) < 0:
        raise OutsideReals("an even root of a negative number")
    return exp(log(x) / Decimal(degree))


# -- powers ------------------------------------------------------------------------------------------


def whole(x):
    """The int that a plain number equals, if it is one of moderate size; otherwise None."""
    if type(x) is int:
        return x
    if type(x) is not Decimal or x.adjusted() > 4 or not x.is_finite():
        return None
    value = int(x)
    return value if value == x else None


def power(base, exponent):
    """``base ** exponent``; an integer exponent works for any base."""
    count = whole(exponent)
    if count is not None:
        return integer_power(base, count)
    start = primal(base)
    if type(start) is Complex or type(primal(exponent)) is Complex:
        if type(start) is not Complex:
            base = Complex(base, ZERO)
        return exp(exponent * log(base))
    if start == 0:
        return _power_of_zero(base, exponent)
    if start < 0:
        raise OutsideReals("a broken power of a negative number")
    return exp(exponent * log(base))


def _power_of_zero(base, exponent):
    if type(exponent) is Dual or exponent <= 0:
        raise Undefined("zero to this power")
    if type(base) is not Dual:
        return ZERO
    _now.ties += 1
    if sign(base) < 0:
        raise OutsideReals("a broken power of a negative number")
    if exponent < 1:
        raise Undefined("a power at zero, where its slope is infinite")
    lower = power(base.a, exponent - ONE)
    return Dual(base.tag, power(base.a, exponent), exponent * lower * base.b)


def integer_power(base, n):
    """``base ** n`` for an int n: repeated multiplication, and its derivative ``n base^{n-1}``."""
    if type(base) is Dual:
        if n == 0:
            return ONE
        if n == 1:
            return base
        slope = integer_power(base.a, n - 1) * Decimal(n)
        return Dual(base.tag, integer_power(base.a, n), slope * base.b)
    _now.spend(2)
    if type(base) is Complex:
        result = Complex(ONE, ZERO)
        for _ in range(min(abs(n), 10_000)):
            result = result * base
        return result if n >= 0 else ONE / result
    if not base:
        if n < 0:
            raise Undefined("a division by zero")
        return ZERO if n else ONE
    try:
        return base * base if n == 2 else base**n
    except Overflow as error:
        raise BeyondReach("a power too large to compute") from error


# -- comparisons, and what depends on them -----------------------------------------------------------


def sign(x, key=None):
    """-1, 0 or 1; an infinitesimal decides where the number itself is zero (rounding forgiven)."""
    _now.left -= 1
    start = primal(x)
    if type(start) is Complex:
        if start.im:
            raise Undefined("a comparison of complex numbers")
        start = start.re
    if key is not None and _now.margins is not None:
        _now.margins.append((key, start))
    if abs(start) > tolerance(8):
        return 1 if start > 0 else -1
    _now.ties += 1
    return _small_sign(x)


def _small_sign(x):
    if type(x) is Dual:
        return _small_sign(x.a) or _small_sign(x.b)
    x = _real(x)
    return 0 if abs(x) <= tolerance(8) else 1 if x > 0 else -1


def absolute(x, key=None):
    """|x|"""
    if type(x) is Complex:
        return abs(x)
    return -x if sign(x, key) < 0 else x


def largest(items, key=None, turn=1):
    """The largest of some numbers; the smallest with ``turn=-1``."""
    best = items[0]
    for place, item in enumerate(items[1:]):
        if turn * sign(item - best, None if key is None else (key, place)) > 0:
            best = item
    return best


def close(x, y, spare=12):
    """Equality of numbers with all their infinitesimal parts, rounding forgiven."""
    if type(x) is Dual or type(y) is Dual:
        tag = max(v.tag for v in (x, y) if type(v) is Dual)
        xa, xb = (x.a, x.b) if type(x) is Dual and x.tag == tag else (x, ZERO)
        ya, yb = (y.a, y.b) if type(y) is Dual and y.tag == tag else (y, ZERO)
        return close(xa, ya, spare) and close(xb, yb, spare)
    if x == y:
        return True
    scale = max(abs(x), abs(y))
    return scale != INFINITY and abs(x - y) <= tolerance(spare) * max(scale, ONE)
