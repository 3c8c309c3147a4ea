"""Losses: edge values, errors, gradients, and what they cost in digits."""

import math

import mpmath
import numpy as np
import pytest

from slopes import (
    LOSSES,
    absolute_loss,
    check_derivative,
    nll,
    nll_logits,
    nllm,
    nllm_logits,
    sigmoid,
    softmax,
    square_loss,
)

INF, NAN = math.inf, math.nan
ELEMENTWISE = [square_loss, absolute_loss, nll, nll_logits]
ROWWISE = [nllm, nllm_logits]


@pytest.mark.parametrize(
    ("loss", "a", "y", "expected"),
    [
        (nll_logits, 1000.0, 0.0, 1000.0),
        (nll_logits, 40.0, 1.0, 4.248354255291589e-18),
        (nll_logits, INF, 1.0, 0.0),
        (nll_logits, -INF, 1.0, INF),
        (nll_logits.derivative, 0.0, 0.0, 0.5),
        (nll_logits.derivative, 40.0, 1.0, -4.248354255291589e-18),
        (nll, 0.0, 0.0, 0.0),
        (nll, 1.0, 1.0, 0.0),
        (nll, 0.0, 1.0, INF),
        (nll, 1e-20, 0.0, 1e-20),
        (nll, NAN, 1.0, NAN),
        (nll.derivative, 0.0, 1.0, -INF),
        (nll.derivative, 0.0, 0.0, 1.0),
        (square_loss, np.uint8(3), np.uint8(5), 4.0),
        (square_loss, np.int8(100), np.int8(-100), 40000.0),
        (square_loss.derivative, 3.0, 1.0, 4.0),
        (absolute_loss.derivative, 2.0, 2.0, 0.0),
        (absolute_loss.derivative, -INF, 2.0, -1.0),
    ],
)
def test_edge_values(loss, a, y, expected):
    assert loss(a, y) == pytest.approx(expected, rel=1e-14, abs=0, nan_ok=True)


def test_multiclass_edge_values():
    assert nllm_logits([1000.0, 0.0], 1) == 1000
    assert nllm([0.0, 1.0], 1) == 0
    assert nllm([0.0, 1.0], 0) == INF
    assert nllm_logits([0.0, -INF], 0) == 0


@pytest.mark.parametrize("a", [-1e-9, 1.0000001, 2.0])
def test_a_probability_outside_0_to_1_is_an_error(a):
    with pytest.raises(ValueError, match="NLL: prediction .* outside"):
        nll(a, 1.0)
    with pytest.raises(ValueError, match="target"):
        nll(0.5, a)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_is_an_error(label):
    for loss, prediction in ((nllm, [0.2, 0.3, 0.5]), (nllm_logits, [0.0, 1.0, 2.0])):
        with pytest.raises(ValueError, match=f"label {label} is none of the classes 0 to 2"):
            loss(prediction, label)


@pytest.mark.parametrize(
    ("prediction", "target"),
    [([0.5, 0.6], 0), ([0.5, 0.5], [0.5, 0.6]), ([0.5, 0.5], [0.0, 0.0]), ([-0.5, 1.5], 0)],
)
def test_probabilities_that_do_not_sum_to_1_are_an_error(prediction, target):
    with pytest.raises(ValueError, match="sum to 1|outside"):
        nllm(prediction, target)


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.name)
def test_shapes_that_would_broadcast_are_an_error(loss):
    with pytest.raises(ValueError, match=r"\(3, 1\).*\(3,\)"):
        loss(np.full((3, 1), 0.5), np.full(3, 0.5))
    assert loss(np.full((3, 1), 0.5), 1.0).shape == (3, 1)


@pytest.mark.parametrize("loss", ROWWISE, ids=lambda f: f.name)
def test_rows_and_labels_must_belong_together(loss):
    rows = np.full((4, 2), 0.5)
    assert loss(rows, [0, 1, 0, 1]).shape == (4,)
    assert loss.derivative(rows, [0, 1, 0, 1]).shape == (4, 2)
    with pytest.raises(ValueError, match=r"\(4, 2\).*\(3,\)"):
        loss(rows, [0, 1, 0])


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.name)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_type_of_the_prediction_is_kept(loss, dtype):
    a = np.array([0.25, 0.5], dtype)
    assert loss(a, 1.0).dtype == dtype
    assert loss(a, a).dtype == dtype
    assert loss.derivative(a, 0.0).dtype == dtype


@pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.name)
def test_what_is_not_a_number_is_named(loss):
    with pytest.raises(TypeError, match=loss.name):
        loss("text", 1.0)
    with pytest.raises(TypeError, match="masked"):
        loss(np.ma.array([0.5, 0.5]), [1.0, 0.0])


@pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.name)
def test_the_facts_are_complete(loss):
    for fact in (loss.formula, loss.derivative_formula, loss.variable, loss.use, loss.limits):
        assert fact
    if loss in ELEMENTWISE:
        assert loss.at(1.0).limits == loss.limits


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.name)
@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_derivatives_agree_with_numeric_ones(loss, y):
    check_derivative(loss.at(y))


@pytest.mark.parametrize("loss", ROWWISE, ids=lambda f: f.name)
@pytest.mark.parametrize("y", [[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
def test_gradients_agree_with_numeric_ones(loss, y):
    check_derivative(loss.at(y))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.name)
def test_a_perfect_prediction_costs_nothing(loss):
    if loss in ROWWISE:
        perfect = [INF, 0.0] if loss is nllm_logits else [1.0, 0.0]
        assert loss(perfect, 0) == 0
    else:
        assert loss(INF if loss is nll_logits else 1.0, 1.0) == 0


def test_no_finite_logits_cost_nothing():
    for loss in (nll_logits, nllm_logits):
        assert 0 not in loss.range
    z = np.linspace(-30, 30, 61)
    pairs = np.column_stack([z, -z])
    for y in (0.0, 0.3, 1.0):
        assert all(v in nll_logits.range for v in nll_logits(z, y))
        assert all(v in nllm_logits.range for v in nllm_logits(pairs, np.tile([y, 1 - y], (61, 1))))
    entropy = -(0.3 * math.log(0.3) + 0.7 * math.log(0.7))
    best = math.log(0.3 / 0.7)
    assert nll_logits(best, 0.3) == pytest.approx(entropy)
    assert nll_logits(z, 0.3).min() > entropy


def test_gradient_rows_of_logits_sum_to_0():
    z = np.random.default_rng(0).normal(scale=3, size=(50, 4))
    gradient = nllm_logits.derivative(z, np.arange(50) % 4)
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-15)
    one_hot = np.eye(4)[np.arange(50) % 4]
    np.testing.assert_allclose(gradient, softmax(z) - one_hot, atol=1e-15)


def test_the_gradient_from_logits_is_that_through_the_activation():
    z = np.linspace(-3, 3, 13)
    for y in (0.0, 0.4, 1.0):
        through = nll.derivative(sigmoid(z), y) * sigmoid.derivative(z)
        np.testing.assert_allclose(nll_logits.derivative(z, y), through, rtol=1e-12, atol=1e-15)


def test_cross_entropy_from_logits_keeps_its_digits_at_a_spread_of_30():
    mp = mpmath.MPContext()
    mp.dps = 60
    z = np.random.default_rng(0).normal(scale=30, size=(200, 5))
    labels = z.argmax(axis=-1)  # certain and right: where the common formulas lose every digit
    losses, gradients = nllm_logits(z, labels), nllm_logits.derivative(z, labels)
    for row, label, loss, gradient in zip(z, labels, losses, gradients, strict=True):
        powers = [mp.exp(mp.mpf(float(x))) for x in row]
        exact = mp.log(sum(powers)) - mp.mpf(float(row[label]))
        slope = powers[label] / sum(powers) - 1
        assert abs(mp.mpf(float(loss)) - exact) <= 1e-13 * abs(exact)
        assert abs(mp.mpf(float(gradient[label])) - slope) <= 1e-13 * abs(slope)


def test_numpy_stays_quiet_even_when_told_to_raise():
    z = np.array([-1e308, -800.0, 0.0, 800.0, 1e308])
    with np.errstate(all="raise"):
        for y in (0.0, 0.5, 1.0):
            nll_logits(z, y)
            nll_logits.derivative(z, y)
            nll(sigmoid(z), y)
            nll.derivative(sigmoid(z), y)
        square_loss(z, 0.0)
        nllm_logits(z, 0)
        nllm_logits.derivative(z, 0)
        nllm(softmax(z), 0)
        nllm.derivative(softmax(z), 0)
