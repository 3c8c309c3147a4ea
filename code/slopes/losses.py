"""The loss functions of the book, each one object with its derivative with respect to the prediction.

>>> from slopes import square_loss
>>> square_loss(3.0, 1.0), square_loss.derivative(3.0, 1.0)
(np.float64(4.0), np.float64(4.0))

A loss compares a prediction (``a``, an activation, or ``z``, logits) with a target ``y`` and returns
one number an example. Prediction and target must have the same shape, unless the target is one number:
NumPy would broadcast the shapes (3, 1) and (3,) to nine losses, so that is an error here. Results are
new arrays, in the byte order of the machine.
"""

from __future__ import annotations

import math

import numpy as np

from slopes.activations import log_softmax, sigmoid, softmax
from slopes.functions import (
    REALS,
    Elementwise,
    Interval,
    Kink,
    as_numbers,
    decaying_exponential,
    in_blocks,
    refuse_masked,
    rows_in_blocks,
    sum_of_others,
    widened,
)


class Loss:
    """A loss of one prediction and one target, applied to each pair of an array.

    A subclass gives ``_value(a, y)`` and ``_derivative(a, y)``, the derivative in the first argument,
    for arrays of double precision. Its facts are those of ``Elementwise``; ``targets`` is the interval
    in which targets must lie, ``domain`` that of the predictions.

    >>> class Quartic(Loss):
    ...     name = "quartic loss"
    ...     def _value(self, a, y):
    ...         return (a - y) ** 4
    ...     def _derivative(self, a, y):
    ...         return 4 * (a - y) ** 3
    >>> Quartic()([3.0, 1.0], 1.0), Quartic().derivative(2.0, 1.0)
    (array([16.,  0.]), np.float64(4.0))
    """

    name: str
    symbol: str
    variable = "a"
    formula: str
    derivative_formula: str
    domain = REALS
    targets = REALS
    range = Interval(0, math.inf, closed="left")
    analytic = True
    in_single: tuple[str, ...] = ()

    def __call__(self, a, y):
        """Return the loss of each prediction ``a`` against its target ``y``."""
        return self._apply(self._value, a, y)

    def derivative(self, a, y):
        """Return the derivative of each loss with respect to its prediction."""
        return self._apply(self._derivative, a, y)

    def kinks_at(self, y):
        """Return the kinks of the loss as a function of the prediction, for one target ``y``."""
        return ()

    def at(self, y):
        """Return the loss for one fixed target, as a function of the prediction alone.

        What plots or checks a function of one variable takes it like any activation.

        >>> absolute_loss.at(2.0).kinks[0].at
        2.0
        """
        return _FixedTarget(self, y)

    def _apply(self, rule, a, y):
        given = a, y
        a = as_numbers(a, self.name, allow_complex=self.analytic)
        y = as_numbers(y, f"{self.name} (target)")
        if y.ndim and a.shape != y.shape:
            raise ValueError(
                f"{self.name}: predictions have shape {a.shape} and targets {y.shape}; give both the"
                " same shape, since broadcasting would compare predictions with the wrong targets"
            )
        _require_inside(a, self.domain, f"{self.name}: prediction")
        _require_inside(y, self.targets, f"{self.name}: target")
        dtype = _common_type(given, (a, y))
        return in_blocks(rule, a, y, dtype=dtype, in_single=self.in_single)

    def __repr__(self):
        return f"<{self.name}: {self.range}>"

    def _repr_latex_(self):
        return f"${self.symbol} = {self.formula}$"


class _FixedTarget(Elementwise):
    def __init__(self, loss, y):
        target = as_numbers(y, f"{loss.name} (target)")
        if target.ndim:
            raise ValueError(
                f"{loss.name}: at() takes one target, and got an array of the shape {target.shape}"
            )
        _require_inside(target, loss.targets, f"{loss.name}: target")
        self._loss, self._target = loss, float(target)
        self.name = f"{loss.name} at y = {self._target:g}"
        self.kinks = loss.kinks_at(self._target)
        for fact in ("symbol", "variable", "formula", "derivative_formula", "domain", "range"):
            setattr(self, fact, getattr(loss, fact))
        self.analytic = loss.analytic

    def __call__(self, x):
        return self._loss(x, self._target)

    def derivative(self, x):
        return self._loss.derivative(x, self._target)


class SquareLoss(Loss):
    r"""The square loss: L = (a − y)², with dL/da = 2(a − y).

    Parameters
    ----------
    a, y : array_like of the same shape
        Predictions (real or complex) and real targets; ``y`` may be one number.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``a``. Integers are computed in float64, so that they cannot wrap around.

    Raises
    ------
    TypeError, ValueError
        For what is not a number, and for shapes that differ.

    Notes
    -----
    No kinks. Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 1.5.5.

    Examples
    --------
    >>> square_loss([1.0, 2.0], [1.0, 4.0])
    array([0., 4.])
    >>> square_loss(np.int8(100), np.int8(-100))
    np.float64(40000.0)
    """

    name = "square loss"
    symbol = r"\mathcal{L}_{\mathrm{sq}}"
    formula = "(a - y)^2"
    derivative_formula = "2(a - y)"
    in_single = ("_value", "_derivative")

    def _value(self, a, y):
        return (a - y) ** 2

    def _derivative(self, a, y):
        return 2 * (a - y)


class AbsoluteLoss(Loss):
    r"""The absolute (linear) loss: L = \|a − y\|, with dL/da = sign(a − y) for a ≠ y.

    Parameters
    ----------
    a, y : array_like of the same shape
        Real predictions and targets; ``y`` may be one number.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``a``.

    Raises
    ------
    TypeError, ValueError
        For complex numbers and what is not a number, and for shapes that differ.

    Notes
    -----
    At a = y the one-sided slopes are −1 and 1, and the subdifferential is [−1, 1]. ``derivative``
    returns 0 there, as NumPy's sign and PyTorch do; JAX returns 1. Source: Bishop, *Pattern
    Recognition and Machine Learning* (2006), section 1.5.5.

    Examples
    --------
    >>> absolute_loss.derivative([1.0, 2.0, 3.0], 2.0)
    array([-1.,  0.,  1.])
    """

    name = "absolute loss"
    symbol = r"\mathcal{L}_{\mathrm{lin}}"
    formula = "|a - y|"
    derivative_formula = r"\operatorname{sign}(a - y) \quad \text{for } a \ne y"
    analytic = False
    in_single = ("_value", "_derivative")

    def kinks_at(self, y):
        """Return the kink at a = ``y``."""
        return (Kink(at=y, left=-1.0, right=1.0, value=0.0, source="NumPy's sign, and PyTorch"),)

    def _value(self, a, y):
        return np.abs(a - y)

    def _derivative(self, a, y):
        return np.sign(a - y)


class NLL(Loss):
    r"""The negative log-likelihood of a binary target: L = −(y log a + (1 − y) log(1 − a)).

    Its derivative is −(y/a − (1 − y)/(1 − a)) = (a − y) / (a(1 − a)).

    Parameters
    ----------
    a : array_like
        Predicted probabilities of the class 1, in [0, 1]; real or complex.
    y : array_like of the shape of ``a``, or one number
        Targets in [0, 1], usually 0 or 1.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``a``; infinite for a certain prediction that is wrong.

    Raises
    ------
    TypeError, ValueError
        For what is not a number, shapes that differ, and numbers outside [0, 1].

    Notes
    -----
    The derivative exists for 0 < a < 1. At the ends, ``derivative`` returns the one-sided limit.
    A term with weight 0 counts as 0, so that a certain prediction that is right costs nothing.
    Source: Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.2.2.2.

    Examples
    --------
    >>> nll([0.5, 0.0], [1.0, 0.0])
    array([0.69314718, 0.        ])
    >>> nll.derivative(0.5, 1.0)
    np.float64(-2.0)
    """

    name = "NLL"
    symbol = r"\mathcal{L}_{\mathrm{NLL}}"
    formula = r"-\bigl(y \log a + (1 - y) \log(1 - a)\bigr)"
    derivative_formula = r"-\Bigl(\frac{y}{a} - \frac{1 - y}{1 - a}\Bigr)"
    domain = Interval(0, 1, closed="both")
    targets = Interval(0, 1, closed="both")

    def _value(self, a, y):
        with np.errstate(divide="ignore"):  # log 0 = −∞ is meant
            return _weighted(y, -np.log(a)) + _weighted(1 - y, -np.log1p(-a))

    def _derivative(self, a, y):
        with np.errstate(divide="ignore"):  # 1/0 = ∞ is meant
            return _quotient(1 - y, 1 - a) - _quotient(y, a)


class NLLFromLogits(Loss):
    r"""The binary NLL of a logit: L = −(y log σ(z) + (1 − y) log(1 − σ(z))), with dL/dz = σ(z) − y.

    Computed as w \|z\| + log(1 + e^(−\|z\|)), where w is the target's weight on the class that z
    speaks against: 1 − y for z > 0, else y. Nothing is subtracted, unlike in the form usually called
    stable, max(z, 0) − yz + log(1 + e^(−\|z\|)). The derivative is computed as (1 − y) σ(z) − y σ(−z),
    which subtracts nothing for the targets 0 and 1.

    Parameters
    ----------
    z : array_like
        Logits, real or complex.
    y : array_like of the shape of ``z``, or one number
        Targets in [0, 1], usually 0 or 1.

    Returns
    -------
    numpy.ndarray or scalar
        In the shape of ``z``.

    Raises
    ------
    TypeError, ValueError
        For what is not a number, shapes that differ, and targets outside [0, 1].

    Notes
    -----
    No kinks. No finite logit costs nothing: for a target of 0 or 1 the loss comes as close to 0 as one
    likes, and for a target between them its least value is the target's entropy.
    Source: Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.2.2.2.

    Examples
    --------
    >>> nll_logits([1000.0, 2.0], [0.0, 0.5])
    array([1000.        ,    1.12692801])
    >>> nll_logits.derivative(0.0, 0.0)
    np.float64(0.5)
    """

    name = "NLL from logits"
    symbol = r"\mathcal{L}_{\mathrm{NLL}}"
    variable = "z"
    formula = r"-\bigl(y \log \sigma(z) + (1 - y) \log(1 - \sigma(z))\bigr)"
    derivative_formula = r"\sigma(z) - y"
    targets = Interval(0, 1, closed="both")
    range = Interval(0, math.inf)

    def _value(self, z, y):
        with np.errstate(invalid="ignore"):  # 0 · ∞ is nan, for which fmax takes 0
            against = np.fmax((1 - y) * z, 0) + np.fmax(-y * z, 0)
        return against + np.log1p(decaying_exponential(z))

    def _derivative(self, z, y):
        return (1 - y) * sigmoid._value(z) - y * sigmoid._value(-z)


class NLLM:
    r"""The multiclass negative log-likelihood: L = −Σ_j y_j log a_j, with ∂L/∂a_k = −y_k / a_k.

    Parameters
    ----------
    a : array_like of shape (..., n)
        Predicted probabilities of the n classes; each row sums to 1.
    y : array_like
        Labels, integers from 0 to n − 1, of shape (...); or target distributions (one-hot rows, say)
        of shape (..., n), each row summing to 1.

    Returns
    -------
    numpy.ndarray of shape (...), or scalar
        One loss a row. ``derivative`` has the shape (..., n).

    Raises
    ------
    TypeError
        For what is not a number.
    ValueError
        For a label outside 0 … n − 1, probabilities below 0 or that do not sum to 1, shapes that do
        not belong together.

    Notes
    -----
    The derivative treats the a_j as independent, as ∂ says; it exists for a_j > 0. A class with
    target 0 adds 0 to the loss, whatever its probability. Source: Bishop, *Pattern Recognition and
    Machine Learning* (2006), section 4.3.4.

    Examples
    --------
    >>> nllm([[0.5, 0.25, 0.25]], [0])
    array([0.69314718])
    >>> nllm.derivative([0.5, 0.25, 0.25], [0.0, 1.0, 0.0])
    array([-0., -4., -0.])
    """

    name = "NLLM"
    symbol = r"\mathcal{L}_{\mathrm{NLLM}}"
    variable = r"\mathbf{a}"
    domain = Interval(0, 1, closed="both")
    formula = r"-\sum_{j=1}^{n} y_j \log a_j"
    derivative_formula = r"-\frac{y_k}{a_k}"
    range = Interval(0, math.inf, closed="left")
    kinks = ()
    analytic = True

    def __call__(self, a, y):
        """Return the loss of each row of ``a`` against its target."""
        return self._apply(self._value, a, y)

    def derivative(self, a, y):
        """Return the gradient of each row's loss with respect to that row, in the shape of ``a``."""
        return self._apply(self._derivative, a, y)

    def at(self, y):
        """Return the loss for one fixed target row, as a function of one prediction row alone.

        It has a ``jacobian`` (here: the gradient), and does not ask that the row sums to 1: a partial
        derivative nudges one probability and leaves the others.

        >>> nllm.at([0.0, 1.0]).jacobian([0.5, 0.5])
        array([-0., -2.])
        """
        return _FixedTargetRow(self, y)

    def _apply(self, rule, a, y):
        a = as_numbers(a, self.name, allow_complex=self.analytic)
        self._require_prediction(a)
        y = _as_distributions(y, a.shape, self.name)
        return rows_in_blocks(rule, a, y, dtype=a.dtype)

    def _require_prediction(self, a):
        _require_distributions(a, f"{self.name}: prediction")

    def _example_predictions(self, n):
        return softmax(softmax.example_points(n))

    def _value(self, a, y):
        with np.errstate(divide="ignore"):  # log 0 = −∞ is meant
            return _weighted(y, -np.log(a)).sum(axis=-1)

    def _derivative(self, a, y):
        with np.errstate(divide="ignore"):  # 1/0 = ∞ is meant
            return -_quotient(y, a)

    def __repr__(self):
        return f"<{self.name}: {self.range}>"

    def _repr_latex_(self):
        return f"${self.symbol} = {self.formula}$"


class _FixedTargetRow:
    def __init__(self, loss, y):
        self._loss = loss
        self._target = as_numbers(y, f"{loss.name} (target)").astype(np.float64)
        _require_distributions(self._target, f"{loss.name}: target")
        self.name = f"{loss.name} at y = {self._target.tolist()}"
        self.kinks, self.domain, self.analytic = loss.kinks, loss.domain, loss.analytic

    def __call__(self, a):
        return self._loss._value(
            widened(as_numbers(a, self.name, allow_complex=True)), self._target
        )

    def jacobian(self, a):
        """Return the gradient, of the shape of the row ``a``."""
        return self._loss._derivative(widened(as_numbers(a, self.name)), self._target)

    def require_points(self, rows):
        """Raise ``ValueError`` unless the loss takes each of these rows as a prediction."""
        if rows.shape[-1:] != self._target.shape:
            raise ValueError(
                f"{self.name}: a row needs {self._target.size} numbers, not {rows.shape[-1]}"
            )
        self._loss._require_prediction(rows)

    def example_points(self):
        """Return rows at which a check of the gradient is meaningful."""
        return self._loss._example_predictions(self._target.shape[-1])


class NLLMFromLogits(NLLM):
    r"""The multiclass NLL of logits: L = −Σ_j y_j log softmax(z)_j, with ∂L/∂z_k = S_k − y_k.

    Parameters, returns and errors are those of ``nllm``, but ``z`` holds any logits of shape (..., n).

    Notes
    -----
    The derivative is computed as Σ_j (y_j S_k − y_k S_j), summed over j ≠ k, which is S_k − y_k since
    Σ_j S_j = Σ_j y_j = 1, and subtracts nothing for a one-hot target. No kinks. With two classes or
    more, no finite logits cost nothing; for a soft target the least value is the target's entropy.
    Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.3.4.

    Examples
    --------
    >>> nllm_logits([1000.0, 0.0], 1)
    np.float64(1000.0)
    >>> nllm_logits.derivative([0.0, 0.0], 1)
    array([ 0.5, -0.5])
    """

    name = "NLLM from logits"
    variable = r"\mathbf{z}"
    domain = REALS
    formula = r"-\sum_{j=1}^{n} y_j \log S_j"
    derivative_formula = "S_k - y_k"
    range = Interval(0, math.inf)

    def _require_prediction(self, z):
        if z.ndim == 0 or z.shape[-1] == 0:
            raise ValueError(
                f"{self.name}: logits need a last axis of classes, not shape {z.shape}"
            )

    def _example_predictions(self, n):
        return softmax.example_points(n)

    def _value(self, z, y):
        return _weighted(y, -log_softmax(z)).sum(axis=-1)

    def _derivative(self, z, y):
        s = softmax(z)
        return s * sum_of_others(y) - y * sum_of_others(s)


def _weighted(weight, value):
    """Return weight · value, where a weight of 0 gives 0 even if the value is infinite."""
    product = np.zeros(
        np.broadcast_shapes(weight.shape, value.shape), np.result_type(weight, value)
    )
    return np.multiply(weight, value, out=product, where=weight != 0)


def _quotient(weight, probability):
    """Return weight / probability, where a weight of 0 gives 0 even if the probability is 0.

    Adding 1 there changes nothing else: 0 / 1 is 0 too. Elsewhere it adds 0, which makes +0 of −0, the
    end of the domain as it is seen from inside. weight · (1 / probability) would overflow too early.
    """
    return weight / (probability + (weight == 0))


def _common_type(given, arrays):
    """Return the type of a result of both arrays; a bare Python float adopts the other's type."""
    return np.result_type(
        *(
            x if type(x) in (float, complex) else array.dtype
            for x, array in zip(given, arrays, strict=True)
        )
    )


def _require_inside(x, interval, what):
    # Written so that nan, which compares false with everything, passes and gives nan.
    outside = (np.real(x) < interval.lower) | (np.real(x) > interval.upper)
    if outside.any():
        raise ValueError(f"{what} {x[outside].flat[0]} lies outside {interval}")


def _require_distributions(rows, what):
    """Raise ``ValueError`` unless each row of the last axis holds probabilities that sum to 1."""
    if rows.ndim == 0 or rows.shape[-1] == 0:
        raise ValueError(f"{what} needs a last axis of classes, and has the shape {rows.shape}")
    real = np.real(rows).astype(np.float64)
    _require_inside(real, Interval(0, 1, closed="both"), what)
    # A hundred rounding errors of the row's own type: enough for sums, too little for a slip.
    allowed = max(1e-9, 100 * float(np.finfo(rows.dtype).eps))
    totals = real.sum(axis=-1)
    wrong = np.abs(totals - 1) > allowed
    if wrong.any():
        total = np.asarray(totals)[wrong].flat[0]
        raise ValueError(f"{what}: each row must sum to 1, and one sums to {total:.6g}")


def _as_distributions(y, shape, name):
    """Return targets as rows of shape ``shape``: labels become one-hot rows."""
    refuse_masked(y, f"{name} (target)")
    labels = np.asarray(y)
    if labels.dtype.kind in "iu" and labels.shape == shape[:-1]:
        outside = (labels < 0) | (labels >= shape[-1])
        if outside.any():
            raise ValueError(
                f"{name}: label {labels[outside].flat[0]} is none of the classes 0 to {shape[-1] - 1}"
            )
        return (labels[..., np.newaxis] == np.arange(shape[-1])).astype(np.float64)
    rows = as_numbers(y, f"{name} (target)")
    if rows.shape != shape:
        raise ValueError(
            f"{name}: predictions have shape {shape}, so targets are labels (integers) of shape"
            f" {shape[:-1]} or rows of shape {shape}; these have shape {rows.shape}"
        )
    _require_distributions(rows, f"{name}: target")
    return rows


square_loss = SquareLoss()
absolute_loss = AbsoluteLoss()
nll = NLL()
nll_logits = NLLFromLogits()
nllm = NLLM()
nllm_logits = NLLMFromLogits()

#: All losses, in the order of the book; the summary, plots and tests use it.
LOSSES = (square_loss, absolute_loss, nll, nll_logits, nllm, nllm_logits)
