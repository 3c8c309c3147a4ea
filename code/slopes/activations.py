r"""The activation functions of the book, each one object with its derivative.

>>> from slopes import sigmoid
>>> sigmoid(0.0), sigmoid.derivative(0.0)
(np.float64(0.5), np.float64(0.25))

Every derivative takes the input of its function, never the output. All functions keep the shape of
their argument and its floating-point type, in the byte order of the machine, and return new arrays;
integers and booleans are computed in float64. ``nan`` gives ``nan``. What is not a number raises
``TypeError`` with the function's name and the type.
"""

from __future__ import annotations

import math

import numpy as np

from slopes.functions import (
    REALS,
    Elementwise,
    Interval,
    Kink,
    Values,
    as_numbers,
    decaying_exponential,
    rows_in_blocks,
    sum_of_others,
)


class Sigmoid(Elementwise):
    r"""The sigmoid, or logistic function: σ(x) = 1 / (1 + e^(−x)).

    Its derivative is σ'(x) = σ(x)(1 − σ(x)), computed as e^(−\|x\|) / (1 + e^(−\|x\|))². The two are
    equal on paper, but 1 − σ(x) cancels to 0 from x = 37 on, and the second form keeps its digits.

    Parameters
    ----------
    x : array_like of any shape
        Real or complex numbers (``sigmoid`` is analytic on the real line).

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``x``, between 0 and 1 (the derivative: between 0 and 1/4).

    Raises
    ------
    TypeError
        If ``x`` is masked, or is not made of numbers.

    Notes
    -----
    No kinks. Source: Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 3.10.

    Examples
    --------
    >>> sigmoid([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    >>> print(f"{sigmoid.derivative(37.0):.4g}")
    8.533e-17
    """

    name = "sigmoid"
    symbol = r"\sigma"
    formula = r"\frac{1}{1 + e^{-x}}"
    derivative_formula = r"\sigma(x)\,(1 - \sigma(x))"
    range = Interval(0, 1)
    analytic = True

    def _value(self, x):
        return np.exp(np.minimum(x, 0)) / (1 + decaying_exponential(x))

    def _derivative(self, x):
        t = decaying_exponential(x)
        return t / (1 + t) ** 2


class Tanh(Elementwise):
    r"""The hyperbolic tangent: tanh(x) = (e^x − e^(−x)) / (e^x + e^(−x)).

    Its derivative is 1 − tanh²(x), computed as 4 e^(−2\|x\|) / (1 + e^(−2\|x\|))², that is 4σ'(2x):
    the same number on paper, but without the cancellation that costs 1 − tanh² all its digits from
    x = 19.1 on.

    Parameters
    ----------
    x : array_like of any shape
        Real or complex numbers.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``x``, between −1 and 1 (the derivative: between 0 and 1).

    Raises
    ------
    TypeError
        If ``x`` is masked, or is not made of numbers.

    Notes
    -----
    No kinks. Source: LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.4.

    Examples
    --------
    >>> tanh([-1000.0, 0.0, 1000.0])
    array([-1.,  0.,  1.])
    >>> print(f"{tanh.derivative(20.0):.6g}")
    1.69934e-17
    """

    name = "tanh"
    symbol = r"\tanh"
    formula = r"\frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}"
    derivative_formula = r"1 - \tanh^2(x)"
    range = Interval(-1, 1)
    analytic = True
    in_single = ("_value",)

    def _value(self, x):
        return np.tanh(x)

    def _derivative(self, x):
        t = decaying_exponential(2 * x)
        return 4 * (t / (1 + t) ** 2)


class Softplus(Elementwise):
    r"""Softplus, a smooth ReLU: softplus(x) = log(1 + e^x). Its derivative is the sigmoid.

    Computed as max(x, 0) + log(1 + e^(−\|x\|)), which neither overflows nor loses small values.
    Note that log σ(x) = −softplus(−x).

    Parameters
    ----------
    x : array_like of any shape
        Real or complex numbers.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``x``, positive (the derivative: between 0 and 1).

    Raises
    ------
    TypeError
        If ``x`` is masked, or is not made of numbers.

    Notes
    -----
    No kinks. Source: Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating second-order functional
    knowledge for better option pricing", NIPS 2000.

    Examples
    --------
    >>> softplus(1000.0)
    np.float64(1000.0)
    >>> print(f"{softplus(-40.0):.5e}")
    4.24835e-18
    """

    name = "softplus"
    symbol = r"\operatorname{softplus}"
    formula = r"\log(1 + e^{x})"
    derivative_formula = r"\sigma(x)"
    range = Interval(0, math.inf)
    analytic = True

    def _value(self, x):
        return np.maximum(x, 0) + np.log1p(decaying_exponential(x))

    def _derivative(self, x):
        return sigmoid._value(x)


class Identity(Elementwise):
    """The identity, or linear activation: f(x) = x, with derivative 1 everywhere.

    Parameters
    ----------
    x : array_like of any shape
        Real or complex numbers.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``x``.

    Raises
    ------
    TypeError
        If ``x`` is masked, or is not made of numbers.

    Notes
    -----
    No kinks. Source: Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.2.2.1
    (linear output units).

    Examples
    --------
    >>> identity([-2.0, 3.0]), identity.derivative([-2.0, 3.0])
    (array([-2.,  3.]), array([1., 1.]))
    """

    name = "identity"
    symbol = "f"
    formula = "x"
    derivative_formula = "1"
    range = REALS
    analytic = True
    in_single = ("_value", "_derivative")

    def _value(self, x):
        return x

    def _derivative(self, x):
        return _unless_nan(x, 1.0)


class Step(Elementwise):
    """The step function: 0 for x < 0 and 1 for x ≥ 0. Its derivative is 0 wherever it exists.

    Parameters
    ----------
    x : array_like of any shape
        Real numbers.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``x``: 0 or 1 (the derivative: 0).

    Raises
    ------
    TypeError
        If ``x`` is masked, complex, or not made of numbers.

    Notes
    -----
    At 0 the function jumps and has no derivative: the difference quotient from the left grows without
    bound. ``derivative`` returns 0 there, the slope on both sides. That step(0) = 1 is a convention too.
    Source: Rosenblatt, "The perceptron: a probabilistic model for information storage and organization
    in the brain", *Psychological Review* 65 (1958).

    Examples
    --------
    >>> step([-0.5, 0.0, 0.5])
    array([0., 1., 1.])
    """

    name = "step"
    symbol = r"\operatorname{step}"
    formula = r"\begin{cases} 1 & \text{if } x \ge 0 \\ 0 & \text{if } x < 0 \end{cases}"
    derivative_formula = r"0 \quad \text{for } x \ne 0"
    range = Values((0, 1))
    in_single = ("_value", "_derivative")
    kinks = (Kink(at=0.0, left=math.inf, right=0.0, value=0.0, source="a convention of this book"),)

    def _value(self, x):
        return _unless_nan(x, x >= 0)

    def _derivative(self, x):
        return _unless_nan(x, 0.0)


class ReLU(Elementwise):
    """The rectified linear unit: ReLU(x) = max(0, x), with derivative 0 for x < 0 and 1 for x > 0.

    Parameters
    ----------
    x : array_like of any shape
        Real numbers.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``x``, at least 0 (the derivative: 0 or 1).

    Raises
    ------
    TypeError
        If ``x`` is masked, complex, or not made of numbers.

    Notes
    -----
    At 0 the slopes from the left and from the right are 0 and 1, so there is no derivative; the
    subdifferential is [0, 1]. ``derivative`` returns 0 there, as JAX, PyTorch and TensorFlow do.
    Source: Bertoin, Bolte, Gerchinovitz and Pauwels, "Numerical influence of ReLU'(0) on
    backpropagation", NeurIPS 2021.

    Examples
    --------
    >>> relu([-2.0, 0.0, 3.0]), relu.derivative([-2.0, 0.0, 3.0])
    (array([0., 0., 3.]), array([0., 0., 1.]))
    """

    name = "ReLU"
    symbol = r"\operatorname{ReLU}"
    formula = r"\max(0, x)"
    derivative_formula = r"\begin{cases} 0 & \text{if } x < 0 \\ 1 & \text{if } x > 0 \end{cases}"
    range = Interval(0, math.inf, closed="left")
    in_single = ("_value", "_derivative")
    kinks = (Kink(at=0.0, left=0.0, right=1.0, value=0.0, source="JAX, PyTorch and TensorFlow"),)

    def _value(self, x):
        return np.maximum(x, 0.0) + 0.0  # adding 0 turns −0 into +0, and keeps nan

    def _derivative(self, x):
        return _unless_nan(x, x > 0)


class LeakyReLU(Elementwise):
    r"""The leaky ReLU: x for x > 0, and αx for x ≤ 0, with derivative 1 and α.

    Parameters
    ----------
    slope : float
        The slope α on the left: a finite number above 0.

    Raises
    ------
    ValueError
        If ``slope`` is not a finite number above 0.

    Notes
    -----
    Called with ``x`` (array_like of real numbers, any shape), it returns values in the shape of ``x``
    and raises TypeError as the other functions do. At 0 the one-sided slopes are α and 1 (no kink for
    α = 1, which is the identity). ``derivative`` returns α there, as PyTorch does; JAX returns 1.
    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models",
    ICML 2013.

    Examples
    --------
    >>> leaky_relu([-2.0, 3.0]), leaky_relu.derivative([-2.0, 3.0])
    (array([-0.02,  3.  ]), array([0.01, 1.  ]))
    >>> LeakyReLU(slope=0.2)(-1.0)
    np.float64(-0.2)
    """

    symbol = r"\operatorname{LReLU}"
    formula = r"\begin{cases} x & \text{if } x > 0 \\ \alpha x & \text{if } x \le 0 \end{cases}"
    derivative_formula = (
        r"\begin{cases} 1 & \text{if } x > 0 \\ \alpha & \text{if } x < 0 \end{cases}"
    )
    range = REALS
    in_single = ("_value", "_derivative")

    def __init__(self, slope=0.01):
        if not (np.ndim(slope) == 0 and 0 < slope < math.inf):
            raise ValueError(
                f"leaky ReLU needs a finite slope above 0, and got {slope!r}; slope 0 is `relu`"
            )
        self.slope = float(slope)
        self.name = f"leaky ReLU (α = {self.slope:g})"
        if self.slope != 1:
            self.kinks = (
                Kink(0.0, left=self.slope, right=1.0, value=self.slope, source="PyTorch"),
            )

    def _value(self, x):
        return np.maximum(x, 0) + self.slope * np.minimum(x, 0)

    def _derivative(self, x):
        return _unless_nan(x, (x > 0) + self.slope * (x <= 0))


def _unless_nan(x, values):
    return np.where(np.isnan(x), x, values)


class Softmax:
    r"""The softmax of the last axis: S_i = e^(z_i) / Σ_j e^(z_j).

    Each S_i depends on every z_k, so the derivative is a matrix, the Jacobian
    J_ik = ∂S_i/∂z_k = S_i (δ_ik − S_k).

    Parameters
    ----------
    z : array_like of shape (..., n)
        Logits, real or complex.

    Returns
    -------
    numpy.ndarray of shape (..., n)
        Positive numbers that sum to 1 along the last axis.

    Raises
    ------
    TypeError
        If ``z`` is masked, or is not made of numbers.
    ValueError
        If ``z`` has no last axis or an empty one, or a row has no limit: all −∞, or +∞ twice.

    Notes
    -----
    The largest logit of a row is subtracted first. That changes nothing on paper (softmax is
    invariant to shifts) and keeps the exponentials from overflowing. No kinks; ``nan`` spoils its row
    only. Source: Bridle, "Probabilistic interpretation of feedforward classification network
    outputs" (1990).

    Examples
    --------
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    >>> softmax.jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """

    name = "softmax"
    symbol = r"\operatorname{softmax}"
    variable = r"\mathbf{z}"
    formula = r"\frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}"
    derivative_formula = r"S_i\,(\delta_{ik} - S_k)"
    domain = REALS
    range = Interval(0, 1)
    kinks = ()
    analytic = True

    def __call__(self, z):
        """Return the softmax of each row of ``z``."""
        return self._apply(self._value, z)

    def jacobian(self, z):
        """Return J of shape (..., n, n) with J[..., i, k] = ∂S_i/∂z_k."""
        return self._apply(self._jacobian, z)

    def vjp(self, z, v):
        """Return Jᵀv, of the shape of ``z``, without building J: n steps instead of n².

        Parameters
        ----------
        z, v : array_like of the same shape (..., n)
            The logits, and the vector (backpropagation's gradient with respect to the output).

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        v = as_numbers(v, self.name, allow_complex=self.analytic)
        if np.shape(z) != v.shape:
            raise ValueError(
                f"{self.name}.vjp: z has shape {np.shape(z)} and v has shape {v.shape}"
            )
        return self._apply(self._vjp, z, v)

    def example_points(self, n=4):
        """Return five rows of n logits at which a check of the Jacobian is meaningful."""
        return np.random.default_rng(0).normal(scale=2, size=(5, n))

    def _apply(self, rule, z, *others):
        z = as_numbers(z, self.name, allow_complex=self.analytic)
        _require_rows(z, self.name)
        return rows_in_blocks(rule, z, *others, dtype=z.dtype)

    def _value(self, z):
        _, powers = _shifted(z)
        return powers / powers.sum(axis=-1, keepdims=True)

    def _jacobian(self, z):
        s = self._value(z)
        # Off the diagonal −S_i S_k. On it S_i (1 − S_i), where 1 − S_i is the sum of the others:
        # subtracting from 1 would lose every digit when S_i is close to 1.
        jacobian = -s[..., :, np.newaxis] * s[..., np.newaxis, :]
        diagonal = np.arange(s.shape[-1])
        jacobian[..., diagonal, diagonal] = s * sum_of_others(s)
        return jacobian

    def _vjp(self, z, v):
        s = self._value(z)
        return s * (v - (s * v).sum(axis=-1, keepdims=True))

    def __repr__(self):
        return f"<{self.name}: {self.range} for each component>"

    def _repr_latex_(self):
        return f"${self.symbol}({self.variable})_i = {self.formula}$"


class LogSoftmax(Softmax):
    r"""The logarithm of softmax: log S_i = z_i − log Σ_j e^(z_j). Its Jacobian is δ_ik − S_k.

    Parameters, errors and ``vjp`` as for ``softmax``. Computed without taking the logarithm of a
    number close to 1, so that even log S_i ≈ −10⁻¹⁸ keeps its digits. The value is −∞ where the logit
    is.

    Examples
    --------
    >>> log_softmax([0.0, -1000.0])
    array([    0., -1000.])
    """

    name = "log-softmax"
    symbol = r"\log\operatorname{softmax}"
    formula = r"z_i - \log \sum_{j=1}^{n} e^{z_j}"
    derivative_formula = r"\delta_{ik} - S_k"
    range = Interval(-math.inf, 0)

    def _value(self, z):
        shifted, powers = _shifted(z)
        # The largest logit contributes e⁰ = 1 to the sum, which log1p adds by itself.
        np.put_along_axis(powers, _index_of_largest(z), 0, axis=-1)
        return shifted - np.log1p(powers.sum(axis=-1, keepdims=True))

    def _jacobian(self, z):
        s = softmax._value(z)
        jacobian = np.broadcast_to(-s[..., np.newaxis, :], s.shape + s.shape[-1:]).copy()
        diagonal = np.arange(s.shape[-1])
        jacobian[..., diagonal, diagonal] = sum_of_others(s)
        return jacobian

    def _vjp(self, z, v):
        return v - softmax._value(z) * v.sum(axis=-1, keepdims=True)


def _require_rows(z, name):
    """Raise ``ValueError`` unless each row of ``z`` has a softmax."""
    if z.ndim == 0 or z.shape[-1] == 0:
        raise ValueError(
            f"{name} needs at least one logit on the last axis, and got the shape {z.shape}"
        )
    plus, minus = np.real(z) == math.inf, np.real(z) == -math.inf
    without_limit = minus.all(axis=-1) | (plus.sum(axis=-1) > 1)
    if without_limit.any():
        row = z[tuple(np.argwhere(without_limit)[0])]
        raise ValueError(f"{name} has no value for the row {row}: all −∞, or +∞ more than once")


def _shifted(z):
    """Return z minus its row's largest logit, and e to that power.

    A logit of +∞ gives 0, and −∞ beside it. The power takes in what the subtraction rounds off, found
    by Knuth's two-sum: half a unit in the last place of −700 changes e⁻⁷⁰⁰ by 256 such units.
    """
    largest = np.take_along_axis(z, _index_of_largest(z), axis=-1)
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is replaced by its limit, 0
        shifted = np.where(np.real(z) == math.inf, 0, z - largest)
        minus_largest = shifted - z
        lost = (z - (shifted - minus_largest)) - (largest + minus_largest)
    return shifted, np.exp(shifted) * (1 + np.where(np.isfinite(lost), lost, 0))


def _index_of_largest(z):
    return np.argmax(np.real(z), axis=-1, keepdims=True)


sigmoid = Sigmoid()
tanh = Tanh()
softplus = Softplus()
identity = Identity()
step = Step()
relu = ReLU()
leaky_relu = LeakyReLU()
softmax = Softmax()
log_softmax = LogSoftmax()

#: The activations of one variable, in the order of the book; the summary, plots and tests use it.
ACTIVATIONS = (identity, step, sigmoid, tanh, relu, leaky_relu, softplus)
