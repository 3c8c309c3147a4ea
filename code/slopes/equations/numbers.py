"""Numbers to decide with: many digits, exact derivatives, and a direction at a kink.

A quantity is a `decimal.Decimal`, or a `Dual`: a number plus an infinitely small (or imaginary) part.
Evaluating at ``x + ε`` gives a value and its derivative in one go, by the rules of calculus and
nothing else (forward-mode automatic differentiation; Griewank and Walther, *Evaluating
Derivatives*, 2008). Duals nest, which gives derivatives of derivatives.

The infinitesimal is *positive*, and a comparison looks at it where the numbers agree: ε and -ε give
the two one-sided derivatives. No formula for the slope of ``max`` or ``|x|`` at a kink is believed.
"""

import decimal
import functools
import itertools
import sys
from contextlib import contextmanager
from decimal import Context, Decimal, getcontext, localcontext

from mpmath import libmp

from .errors import BeyondReach, TooMuch, Undefined

DIGITS = 60  # with which both sides are computed
AGREEING = 40  # of these, the first ones in which the sides must agree
SECOND = 200  # of a second look, where the sides seem to differ
ROOT = 90  # digits to which a quantity vanishes at a root that was found with rounding
CAREFUL = 1500  # where 200 cannot tell a small number from what cancellation leaves of a large one
LARGEST = 400_000_000  # the exponent of ten at which numbers end, also where an int has 32 bits
FAR = Decimal(9 * 10**8)  # the exponential of which is about that
ZERO, ONE, TWO, HALF = Decimal(0), Decimal(1), Decimal(2), Decimal("0.5")
INFINITY = Decimal("Infinity")


class Work:
    """What is spent on an equation, counted in operations, and what is noticed meanwhile."""

    def __init__(self, budget):
        self.left = budget  # operations that may still be done
        self.known = {}  # values of functions that are paid for
        self.ties = 0  # comparisons of equal numbers: only they make a derivative one-sided
        self.margins = None  # a list here is given (key, left - right) by each comparison
        self.zeros = None  # and one here (key, value) of what must not vanish
        self.slack = ZERO  # the relative error that a limit or an integral brings in
        self.declared = False  # whether a value at a kink was taken that a Let gives
        self.rounded = False  # whether a root that was found stands in the point, and is rounded
        self.absorbed = False  # whether, with many digits, a term vanished in a sum
        self.noise = None  # a generator here stirs the last digits of what rounding may have hidden

    def spend(self, amount=1):
        self.left -= amount
        if self.left < 0:
            raise TooMuch("more work than one equation may take")


_now = Work(0)


def now():
    return _now


@contextmanager
def setting(thing, name, value):
    """Give an attribute another value for a while."""
    before = getattr(thing, name)
    setattr(thing, name, value)
    try:
        yield
    finally:
        setattr(thing, name, before)


@contextmanager
def in_force(work):
    """Count everything inside against `work`, in the checker's own context of `decimal`."""
    traps = [decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow]
    context = Context(prec=DIGITS, Emin=-LARGEST, Emax=LARGEST, traps=traps)
    with setting(sys.modules[__name__], "_now", work), localcontext(context):
        yield work


def digits(count):
    return setting(getcontext(), "prec", count)


class Dual:
    """``a + b ε`` with an infinitely small positive ε, told apart by its tag; newer is smaller.

    With the tag `IMAGINARY` it is the complex number ``a + b i``, for the complex step f(x + ih).
    """

    __slots__ = ("a", "b", "tag")

    def __init__(self, tag, a, b):
        self.tag, self.a, self.b = tag, a, b

    def __add__(self, other):
        if type(other) is Dual:
            if other.tag == self.tag:
                return Dual(self.tag, self.a + other.a, self.b + other.b)
            if other.tag > self.tag:
                return Dual(other.tag, self + other.a, other.b)
        elif type(other) not in PLAIN:
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
        _now.spend()
        if type(other) is Dual:
            if other.tag == self.tag:
                a = self.a * other.a
                a = a if self.tag else a - self.b * other.b
                return Dual(self.tag, a, self.a * other.b + self.b * other.a)
            if other.tag > self.tag:
                return Dual(other.tag, self * other.a, self * other.b)
        elif type(other) not in PLAIN:
            return NotImplemented
        return Dual(self.tag, self.a * other, self.b * other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        tag = max(self.tag, other.tag) if type(other) is Dual else self.tag
        (xa, xb), (ya, yb) = split(self, tag), split(other, tag)
        if tag == IMAGINARY:
            size = ya * ya + yb * yb
            return Dual(tag, divide(xa * ya + xb * yb, size), divide(xb * ya - xa * yb, size))
        quotient = divide(xa, ya)
        return Dual(tag, quotient, divide(xb - quotient * yb, ya))

    def __rtruediv__(self, other):
        return Dual(self.tag, other, ZERO) / self

    def __abs__(self):
        return (self.a * self.a + self.b * self.b).sqrt()


PLAIN = (Decimal, int)
IMAGINARY = 0  # the tag of i, whose square is -1 where that of the others is 0
I = Dual(IMAGINARY, ZERO, ONE)  # noqa: E741
new_tag = itertools.count(1).__next__  # each infinitesimal is smaller than all before it


def split(x, tag):
    """The value and the slope of a number, by one infinitesimal."""
    return (x.a, x.b) if type(x) is Dual and x.tag == tag else (x, ZERO)


def primal(x):
    """The number without its infinitesimal parts."""
    while type(x) is Dual and x.tag:
        x = x.a
    return x


def tolerance(spare):
    """10 to the power of `spare` less the digits in force: what rounding may have left of 1."""
    return ONE.scaleb(spare - getcontext().prec)


def divide(x, y, key=None):
    """The quotient; a divisor that is zero but for rounding is zero. ``key`` names it for `points`."""
    size = primal(y)
    if key is not None and _now.zeros is not None:
        _now.zeros.append((key, real(size)))
    tiny = -min(9 * getcontext().prec // 10, ROOT if _now.rounded else LARGEST)  # a power of ten
    if type(size) is Decimal and (not size or size.adjusted() < tiny):
        # Or it is a small number: with more digits it is told.
        _now.absorbed = _now.absorbed or (bool(size) and not _now.rounded)
        raise Undefined("a division by zero")
    return x / y


def plus(x, y):
    """The sum, noticing with many digits where one of them vanishes beside the other."""
    if getcontext().prec > DIGITS:
        if _now.noise and Dual in (type(x), type(y)):
            tag = max(v.tag for v in (x, y) if type(v) is Dual)
            return Dual(tag, *map(plus, split(x, tag), split(y, tag)))
        p, q = primal(x), primal(y)
        if type(p) is type(q) is Decimal and p and q and p.is_finite() and q.is_finite():
            gap = abs(p.adjusted() - q.adjusted())
            if gap >= getcontext().prec:
                _now.absorbed = True
                return stirred(x + y)
    return x + y


def stirred(x):
    """A number that rounding may have made equal to another: with noise no longer."""
    if _now.noise is None:
        return x
    return x * (ONE + Decimal(_now.noise.randint(-(10**6), 10**6)).scaleb(1 - getcontext().prec))


@functools.lru_cache(maxsize=2048)
def _two_to(exponent, precision):
    with digits(precision + 12):
        return TWO**exponent


def from_mp(value):
    """A number of mpmath's library as one of ours."""
    sign, man, exponent, _ = value
    man = int(-man if sign else man)  # with gmpy2 it is no int
    return man * _two_to(exponent, getcontext().prec)


@functools.lru_cache(maxsize=20_000)
def _computed(name, x, precision):
    bits = int(precision * 3.33) + 20
    arguments = () if x is None else (libmp.from_Decimal(x, bits + 40),)
    return from_mp(getattr(libmp, "mpf_" + name)(*arguments, bits))


def constant(name):
    return _computed(name, None, getcontext().prec)


def _value(name, x):
    """A function of mpmath's library at a plain number; its value is paid for once."""
    precision = getcontext().prec
    key = name, x, precision
    value = _now.known.get(key)
    if value is None:
        _now.spend(4 if precision <= DIGITS else 20 if precision <= SECOND else 250)
        value = _now.known[key] = _computed(*key)
    return value if _now.noise is None else stirred(value)


def elementary(value, slope, of_complex=None):
    """The function with these values and this derivative."""

    def function(x):
        if type(x) is Decimal:
            return value(x)
        if type(x) is Dual and x.tag:
            return Dual(x.tag, function(x.a), slope(x.a) * x.b)
        return value(real(x)) if of_complex is None else of_complex(x)

    return function


def real(x):
    """A complex number that is real."""
    if type(x) is Dual and not x.tag:
        if x.b:
            raise Undefined("a function (or a comparison) of a complex number")
        return x.a
    return x


def _exp(x):
    if x > FAR:
        raise BeyondReach("an exponential too large to compute")
    if x < -FAR:
        _now.absorbed = True
        return ONE.scaleb(-LARGEST) if _now.noise else ZERO
    return _value("exp", x)


def _log(x):
    if x <= 0:
        raise Undefined(f"the logarithm of {'a negative number' if x else 'zero'}")
    return x if x.is_infinite() else _value("log", x)


def _wave(name):
    def value(x):
        if x.adjusted() > getcontext().prec // 2:
            raise BeyondReach("a sine of too large a number")
        return _value(name, x)

    return value


def _saturating(name):
    """A function that is ±1 to all digits far out; that is noticed as lost terms are."""

    def value(x):
        if abs(x) > getcontext().prec:
            _now.absorbed = True
        return stirred(ONE.copy_sign(x)) if abs(x) > 10_000 else _value(name, x)

    return value


def _sqrt(x):
    if x < 0:
        raise Undefined("the square root of a negative number")
    return x.sqrt()


def _sqrt_slope(x):
    if primal(x) == 0:
        _now.ties += 1
        raise Undefined("a root at zero, where its slope is infinite")
    return HALF / sqrt(x)


def sinh(x):
    return plus(exp(x), -exp(-x)) * HALF


def cosh(x):
    return plus(exp(x), exp(-x)) * HALF


exp = elementary(_exp, lambda x: exp(x), lambda z: Dual(IMAGINARY, cos(z.b), sin(z.b)) * exp(z.a))
log = elementary(_log, lambda x: divide(ONE, x))
sin = elementary(_wave("sin"), lambda x: cos(x), lambda z: -I * sinh(I * z))
cos = elementary(_wave("cos"), lambda x: -sin(x), lambda z: cosh(I * z))
tanh = elementary(
    _saturating("tanh"), lambda x: ONE / (cosh(x) * cosh(x)), lambda z: sinh(z) / cosh(z)
)
erf = elementary(_saturating("erf"), lambda x: TWO / constant("pi").sqrt() * exp(-(x * x)))
arctan = elementary(lambda x: _value("atan", x), lambda x: ONE / (x * x + ONE))
sqrt = elementary(_sqrt, _sqrt_slope)


def root(x, degree):
    """The real root: of odd degree also for a negative number."""
    if degree == 2:
        return sqrt(x)
    if sign(x) >= 0:
        return power(x, ONE / Decimal(degree))
    if degree % 2:
        return -root(-x, degree)
    raise Undefined("an even root of a negative number")


def whole(x):
    """The int that a plain number equals, if it is one of moderate size; otherwise None."""
    if type(x) is int:
        return x
    if type(x) is not Decimal or x.adjusted() > 7 or not x.is_finite():
        return None
    value = int(x)
    return value if value == x else None


def power(base, exponent, key=None):
    """``base ** exponent``; an integer exponent works for any base."""
    count = whole(exponent)
    if count is not None and count < 0 and key is not None:
        return divide(ONE, integer_power(base, -count), key)
    if count is not None:
        return integer_power(base, count)
    start = primal(base)
    if real(start) == 0:
        return _power_of_zero(base, exponent)
    if start < 0:
        raise Undefined("a broken power of a negative number")
    return exp(exponent * log(base))


def _power_of_zero(base, exponent):
    if type(exponent) is Dual or exponent <= 0:
        raise Undefined("zero to this power")
    if type(base) is not Dual:
        return ZERO
    _now.ties += 1
    if sign(base) < 0:
        raise Undefined("a broken power of a negative number")
    if exponent < 1:
        raise Undefined("a power at zero, where its slope is infinite")
    slope = exponent * power(base.a, exponent - ONE)
    return Dual(base.tag, power(base.a, exponent), slope * base.b)


def integer_power(base, n):
    """``base ** n`` for an int n, and its derivative ``n base^{n-1}``."""
    if n == 0:
        return ONE
    if type(base) is Dual and base.tag:
        slope = integer_power(base.a, n - 1) * Decimal(n)
        return Dual(base.tag, integer_power(base.a, n), slope * base.b)
    _now.spend(2)
    if type(base) is Dual:  # a complex number
        if n == -1:
            return ONE / base
        half = integer_power(base, n // 2)
        return half * half * base if n % 2 else half * half
    if not base and n < 0:
        raise Undefined("a division by zero")
    return base if n == 1 else base * base if n == 2 else base**n


def sign(x, key=None):
    """-1, 0 or 1; an infinitesimal decides at zero (rounding forgiven). ``key`` is for `points`."""
    _now.left -= 1
    start = real(primal(x))
    if key is not None and _now.margins is not None:
        _now.margins.append((key, start))
    if abs(start) > tolerance(8):
        return 1 if start > 0 else -1
    _now.ties += 1
    return _small_sign(x)


def _small_sign(x):
    if type(x) is Dual:
        return _small_sign(x.a) or _small_sign(x.b)
    return 0 if abs(x) <= tolerance(8) else 1 if x > 0 else -1


def absolute(x, key=None):
    if type(x) is Dual and not x.tag:
        return abs(x)
    return -x if sign(x, key) < 0 else x


def largest(items, key=None, turn=1):
    """The largest of some numbers; the smallest with ``turn=-1``."""
    best = items[0]
    for place, item in enumerate(items[1:]):
        if turn * sign(item - best, None if key is None else (key, place)) > 0:
            best = item
    return best


def close(x, y, share=None):
    """Equality of numbers with all their infinitesimal parts, but for a share: rounding, or this one."""
    if type(x) is Dual or type(y) is Dual:
        tag = max(v.tag for v in (x, y) if type(v) is Dual)
        return all(close(*p, share) for p in zip(split(x, tag), split(y, tag), strict=True))
    if x == y:
        return True
    scale = max(abs(x), abs(y), ONE)
    return scale != INFINITY and abs(x - y) <= (share or tolerance(12)) * scale
