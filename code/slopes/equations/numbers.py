r"""Numbers to decide with: many digits, exact derivatives, and a direction at a kink.

Every quantity is an mpmath number, or a `Dual`: a number plus an infinitely small part. Evaluating
an expression at ``x + ε`` gives its value and its derivative in one go, exactly, by the rules of
calculus and nothing else (forward-mode automatic differentiation; Griewank and Walther, *Evaluating
Derivatives*, 2008).

The infinitesimal is *positive*. A comparison looks at it where the numbers agree, so that ``x + ε >
0`` holds at x = 0 and ``x - ε > 0`` does not: evaluating with ε and with -ε gives the two one-sided
derivatives. A derivative exists where both agree and the function is continuous; no formula for the
derivative of ``max`` or ``|x|`` at a kink is ever believed.

Duals nest (each carries a tag), which gives derivatives of derivatives.
"""

import itertools
from fractions import Fraction
from functools import lru_cache

from .errors import BeyondReach, OutsideReals, TooMuch, Undefined

WORK_DIGITS = 60
CHECK_DIGITS = 200
CAREFUL_DIGITS = (
    1500  # where 200 cannot tell a small number from what cancellation leaves of a large one
)


@lru_cache(maxsize=1)
def context():
    """An mpmath context of our own, so that the reader's precision is left alone."""
    from mpmath import mp

    own = mp.clone()
    own.dps = WORK_DIGITS
    return own


class Dual:
    """``a + b ε`` with an infinitely small positive ε, told apart by its tag."""

    __slots__ = ("a", "b", "tag")

    def __init__(self, tag, a, b):
        self.tag = tag
        self.a = a
        self.b = b

    def __repr__(self):
        return f"Dual({self.a} + {self.b} ε{self.tag})"


_tags = itertools.count(1)


def new_tag():
    """A tag for a new infinitesimal: smaller than all before it."""
    return next(_tags)


class Work:
    """Counts operations against a budget, so that no equation can take for ever."""

    def __init__(self, budget):
        self.left = budget

    def spend(self, amount=1):
        self.left -= amount
        if self.left < 0:
            raise TooMuch("more work than one equation may take")


class Arithmetic:
    """Arithmetic on numbers and duals, with comparisons that see infinitesimals.

    Attributes
    ----------
    ties : int
        How many comparisons so far found two equal numbers: only then can a derivative be
        one-sided.
    margins : list or None
        Where a list is put here, each comparison appends (key, left - right): the search for kinks.
    peak : number or None
        Where a number is put here, it grows to the largest term of any sum: what a sum may have lost to
        cancellation is measured by it. Meanwhile `absorbed` tells whether a term was so small beside
        another that it vanished in the sum.
    """

    def __init__(self, work):
        self.mp = context()
        self.work = work
        self.ties = 0
        self.margins = None
        self.peak = None
        self.absorbed = False
        self.thresholds = {}
        self.literals = {}

    # -- constants --------------------------------------------------------------------------------

    def number(self, value):
        """An exact int, Fraction or decimal text as a number of the context."""
        if isinstance(value, Fraction):
            return self.mp.mpf(value.numerator) / value.denominator
        return self.mp.mpf(value)

    # -- the four operations ----------------------------------------------------------------------

    def add(self, x, y):
        self.work.spend()
        tag = _outer(x, y)
        if tag is None:
            if self.peak is not None:
                self.peak = max(self.peak, *(abs(v) for v in (x, y) if self.mp.isfinite(v)), 1)
                if x and y and self.mp.isfinite(x) and self.mp.isfinite(y):
                    gap = abs(self.mp.mag(x) - self.mp.mag(y))
                    self.absorbed = self.absorbed or gap > self.mp.prec
            return x + y
        xa, xb, ya, yb = *_parts(x, tag), *_parts(y, tag)
        return Dual(tag, self.add(xa, ya), self._sum(xb, yb))

    def _sum(self, x, y):
        if x is None:
            return y
        return x if y is None else self.add(x, y)

    def neg(self, x):
        if isinstance(x, Dual):
            return Dual(x.tag, self.neg(x.a), self.neg(x.b))
        return -x

    def sub(self, x, y):
        return self.add(x, self.neg(y))

    def mul(self, x, y):
        self.work.spend()
        tag = _outer(x, y)
        if tag is None:
            return x * y
        xa, xb, ya, yb = *_parts(x, tag), *_parts(y, tag)
        left = None if xb is None else self.mul(xb, ya)
        right = None if yb is None else self.mul(xa, yb)
        return Dual(tag, self.mul(xa, ya), self._sum(left, right))

    def div(self, x, y):
        self.work.spend()
        tag = _outer(x, y)
        if tag is None:
            if y == 0 or self.tiny(y, x):
                raise Undefined("a division by zero")
            return x / y
        xa, xb, ya, yb = *_parts(x, tag), *_parts(y, tag)
        quotient = self.div(xa, ya)
        if yb is None:
            return Dual(tag, quotient, self.div(xb, ya))
        inner = self.neg(self.mul(quotient, yb))
        return Dual(tag, quotient, self.div(self._sum(xb, inner), ya))

    def tiny(self, y, x):
        """Whether y is zero but for rounding (a difference that should cancel exactly)."""
        return abs(y) < self.threshold(-0.9 * self.mp.dps)

    def threshold(self, power):
        """A power of ten, computed once."""
        found = self.thresholds.get(power)
        if found is None:
            found = self.thresholds[power] = self.mp.mpf(10) ** power
        return found

    def literal(self, text):
        """A displayed number, computed once for each precision."""
        key = text, self.mp.prec
        found = self.literals.get(key)
        if found is None:
            found = self.literals[key] = self.mp.mpf(text)
        return found

    # -- lifting functions to duals ---------------------------------------------------------------

    def lift(self, x, value, slope):
        """A function with known derivative, at a number or a dual."""
        self.work.spend(4)
        if isinstance(x, Dual):
            return Dual(x.tag, self.lift(x.a, value, slope), self.mul(slope(x.a), x.b))
        return value(x)

    def real(self, x, name):
        if isinstance(x, self.mp.mpc):
            if x.imag == 0:
                return x.real
            raise Undefined(f"{name} of a complex number")
        return x

    def exp(self, x):
        def value(t):
            if abs(t) > self.mp.mpf(10) ** 60:
                if self.mp.re(t) < 0:
                    return self.mp.mpf(0)
                raise BeyondReach("an exponential too large to compute")
            return self.mp.exp(t)

        return self.lift(x, value, self.exp)

    def log(self, x):
        def value(t):
            if isinstance(t, self.mp.mpc):
                return self.mp.log(t)
            if t <= 0:
                raise OutsideReals(f"the logarithm of {'zero' if t == 0 else 'a negative number'}")
            return self.mp.log(t)

        if self.zero_but_infinitesimal(x):
            raise Undefined("the logarithm of zero")
        return self.lift(x, value, lambda t: self.div(self.mp.mpf(1), t))

    def trig(self, x):
        if not isinstance(x, Dual) and abs(x) > self.mp.mpf(10) ** 60:
            raise BeyondReach("a sine of too large a number")
        return x

    def sin(self, x):
        return self.lift(x, lambda t: self.mp.sin(self.trig(t)), self.cos)

    def cos(self, x):
        return self.lift(x, lambda t: self.mp.cos(self.trig(t)), lambda t: self.neg(self.sin(t)))

    def tan(self, x):
        return self.div(self.sin(x), self.cos(x))

    def tanh(self, x):
        def slope(t):
            s = self.tanh(t)
            return self.sub(self.mp.mpf(1), self.mul(s, s))

        return self.lift(x, lambda t: self.mp.tanh(self.saturating(t)), slope)

    def saturating(self, t):
        """The argument of a function that is 1 to all digits far out; noted where sums are, too."""
        if self.peak is not None and abs(t) > 0.3 * self.mp.prec:
            self.absorbed = True
        return t

    def sinh(self, x):
        half = self.mp.mpf(1) / 2
        return self.mul(half, self.sub(self.exp(x), self.exp(self.neg(x))))

    def cosh(self, x):
        half = self.mp.mpf(1) / 2
        return self.mul(half, self.add(self.exp(x), self.exp(self.neg(x))))

    def arctan(self, x):
        one = self.mp.mpf(1)
        return self.lift(
            x, lambda t: self.mp.atan(t), lambda t: self.div(one, self.add(one, self.mul(t, t)))
        )

    def arcsin(self, x):
        one = self.mp.mpf(1)

        def value(t):
            if abs(self.real(t, "arcsin")) > 1:
                raise Undefined("arcsin outside [-1, 1]")
            return self.mp.asin(t)

        return self.lift(
            x, value, lambda t: self.div(one, self.sqrt(self.sub(one, self.mul(t, t))))
        )

    def arccos(self, x):
        return self.sub(self.mp.pi / 2, self.arcsin(x))

    def erf(self, x):
        def value(t):
            self.work.spend(20)
            return self.mp.erf(self.saturating(t * 20) / 20)

        def slope(t):
            factor = 2 / self.mp.sqrt(self.mp.pi)
            return self.mul(factor, self.exp(self.neg(self.mul(t, t))))

        return self.lift(x, value, slope)

    def log1p(self, x):
        return self.log(self.add(self.mp.mpf(1), x))

    def sqrt(self, x):
        def value(t):
            if isinstance(t, self.mp.mpc):
                return self.mp.sqrt(t)
            if t < 0:
                raise OutsideReals("the square root of a negative number")
            return self.mp.sqrt(t)

        half = self.mp.mpf(1) / 2
        if self.zero_but_infinitesimal(x):
            self.ties += 1
            raise Undefined("a root at zero, where its slope is infinite")
        return self.lift(x, value, lambda t: self.div(half, self.sqrt(t)))

    def zero_but_infinitesimal(self, x):
        return isinstance(x, Dual) and primal(x) == 0

    def root(self, x, degree):
        """The real root: of odd degree also for a negative number."""
        if degree == 2:
            return self.sqrt(x)
        if degree < 1 or degree > 100:
            raise Undefined("a root of this degree")
        if degree % 2 and self.sign(x) < 0:
            return self.neg(self.root(self.neg(x), degree))
        if primal(x) == 0:
            if isinstance(x, Dual):
                raise Undefined("a root at zero, where its slope is infinite")
            return self.mp.mpf(0)
        if self.sign(x) < 0:
            raise OutsideReals("an even root of a negative number")
        return self.exp(self.div(self.log(x), self.mp.mpf(degree)))

    def power(self, base, exponent):
        """``base ** exponent``; an integer exponent works for any base."""
        whole = self.integer(exponent)
        if whole is not None:
            return self.integer_power(base, whole)
        if isinstance(primal(base), self.mp.mpc) or isinstance(primal(exponent), self.mp.mpc):
            return self.exp(self.mul(exponent, self.log(base)))
        start = primal(base)
        if start == 0:
            return self.power_of_zero(base, exponent)
        if start < 0:
            raise OutsideReals("a broken power of a negative number")
        if not isinstance(base, Dual) and base == 1 and not isinstance(exponent, Dual):
            return base
        return self.exp(self.mul(exponent, self.log(base)))

    def power_of_zero(self, base, exponent):
        if isinstance(exponent, Dual) or primal(exponent) <= 0:
            raise Undefined("zero to this power")
        if not isinstance(base, Dual):
            return self.mp.mpf(0)
        self.ties += 1
        if self.sign(base) < 0:
            raise OutsideReals("a broken power of a negative number")
        if exponent < 1:
            raise Undefined("a power at zero, where its slope is infinite")
        lower = self.power(base.a, self.sub(exponent, self.mp.mpf(1)))
        return Dual(
            base.tag, self.power(base.a, exponent), self.mul(self.mul(exponent, lower), base.b)
        )

    def integer(self, x):
        """The int that a plain number equals, if it is one of moderate size."""
        if isinstance(x, Dual | self.mp.mpc):
            return None
        sign, mantissa, exponent, bits = x._mpf_
        if exponent < 0 or bits + exponent > 14:
            return 0 if not mantissa and not exponent else None
        return -int(mantissa << exponent) if sign else int(mantissa << exponent)

    def integer_power(self, base, n):
        if not isinstance(base, Dual):
            self.work.spend(2)
            if base == 0 and n < 0:
                raise Undefined("a division by zero")
            if abs(self.mp.mag(base)) * abs(n) > 10**60 if base != 0 else False:
                raise BeyondReach("a power too large to compute")
            return base**n
        if n == 0:
            return self.mp.mpf(1)
        slope = self.mul(self.mp.mpf(n), self.integer_power(base.a, n - 1))
        return Dual(base.tag, self.integer_power(base.a, n), self.mul(slope, base.b))

    # -- comparisons, and what depends on them ----------------------------------------------------

    def sign(self, x, key=None):
        """-1, 0 or 1; an infinitesimal decides where the number itself is zero."""
        self.work.spend()
        start = primal(x)
        if isinstance(start, self.mp.mpc):
            if start.imag != 0:
                raise Undefined("a comparison of complex numbers")
            start = start.real
        if self.margins is not None and key is not None:
            self.margins.append((key, start))
        if abs(start) > self.threshold(8 - self.mp.dps):
            return 1 if start > 0 else -1
        self.ties += 1
        return self._infinitesimal_sign(x)

    def _infinitesimal_sign(self, x):
        if not isinstance(x, Dual):
            small = abs(x) <= self.threshold(8 - self.mp.dps)
            return 0 if small else (1 if x > 0 else -1)
        return self._infinitesimal_sign(x.a) or self._infinitesimal_sign(x.b)

    def compare(self, x, y, key=None):
        """The sign of x - y, with rounding forgiven."""
        return self.sign(self.sub(x, y), key)

    def absolute(self, x, key=None):
        if isinstance(x, self.mp.mpc):
            return abs(x)
        if self.sign(x, key) < 0:
            return self.neg(x)
        return x

    def signum(self, x, key=None):
        return self.mp.mpf(self.sign(x, key))

    def largest(self, items, key=None):
        best = items[0]
        for place, item in enumerate(items[1:]):
            if self.compare(item, best, (key, place)) > 0:
                best = item
        return best

    def smallest(self, items, key=None):
        best = items[0]
        for place, item in enumerate(items[1:]):
            if self.compare(item, best, (key, place)) < 0:
                best = item
        return best


def _outer(x, y):
    """The newest tag of two operands: the infinitesimal to split on first."""
    tx = x.tag if isinstance(x, Dual) else None
    ty = y.tag if isinstance(y, Dual) else None
    if tx is None:
        return ty
    return tx if ty is None else max(tx, ty)


def _parts(x, tag):
    if isinstance(x, Dual) and x.tag == tag:
        return x.a, x.b
    return x, None


def primal(x):
    """The number without its infinitesimal parts."""
    while isinstance(x, Dual):
        x = x.a
    return x


def coefficient(x, tag):
    """The factor of the infinitesimal `tag` in x, or None where x does not depend on it."""
    if not isinstance(x, Dual):
        return None
    if x.tag == tag:
        return x.b
    return None
