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
from slopes.checks import complex_step

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
        # −0 lies in [0, 1], and stands for its end, as seen from inside.
        (nll.derivative, -0.0, 1.0, -INF),
        (nll.derivative, -0.0, 0.0, 1.0),
        (nll.derivative, 1.0, 0.0, INF),
        (nll, -0.0, 1.0, INF),
        # 0.34 / 3·10⁻³⁰⁹ is a float64, though 1 / 3·10⁻³⁰⁹ is none.
        (nll.derivative, 3e-309, 0.34, -1.1333333333333339e308),
        (nll_logits, INF, 0.5, INF),
        (nll_logits, -INF, 0.0, 0.0),
        (nll_logits, NAN, 0.0, NAN),
        (nll_logits, NAN, 1.0, NAN),
        (nll_logits.derivative, NAN, 1.0, NAN),
        (nll_logits.derivative, INF, 0.25, 0.75),
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


def test_a_row_keeps_the_sign_at_the_end_of_its_domain():
    assert nllm.derivative([-0.0, 1.0], [1.0, 0.0])[0] == -INF
    slope = nllm.derivative([3e-309, 1.0], [0.34, 0.66])
    assert slope == pytest.approx([-1.1333333333333339e308, -0.66], rel=1e-14)


@pytest.mark.parametrize("z", [0.1j, -0.1j])
@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_the_loss_from_logits_takes_one_branch_where_the_real_part_is_0(z, y):
    # y log(1 + e^(−z)) + (1 − y) log(1 + e^z), of which the imaginary parts are −z/2 and z/2
    expected = complex(math.log(2 * math.cos(0.05)), (0.5 - y) * z.imag)
    assert nll_logits(z, y) == pytest.approx(expected, rel=1e-15)
    assert complex_step(nll_logits.at(y), 0.0) == pytest.approx(0.5 - y, rel=1e-15)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.name)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_results_are_new_and_in_the_byte_order_of_the_machine(loss, dtype, order):
    a, y = np.array([[0.25, 0.75]], order + dtype), np.array([[0.0, 1.0]], order + dtype)
    for rule in (loss, loss.derivative):
        assert rule(a, y).dtype == np.dtype(dtype)
        assert rule(a, y).dtype.isnative
        np.testing.assert_array_equal(rule(a, y), rule(a.astype(dtype), y.astype(dtype)))
        assert not any(np.shares_memory(rule(a, y), given) for given in (a, y))


def test_a_fixed_target_is_a_copy():
    y = np.array([1.0, 0.0])
    fixed = nllm.at(y)
    y[:] = 0.5
    assert fixed([0.5, 0.5]) == pytest.approx(math.log(2))


@pytest.mark.parametrize("y", [np.ma.masked, [0.0, 1.0], "1", 2.0])
def test_a_fixed_target_is_one_number_that_the_loss_takes(y):
    with pytest.raises((TypeError, ValueError), match="NLL"):
        nll.at(y)


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
    for masked in ([np.ma.masked, 1.0], (np.ma.masked, 1.0), [[np.ma.masked, 1.0]]):
        with pytest.raises(TypeError, match="masked"):
            loss(masked, [0.0, 1.0])
        with pytest.raises(TypeError, match="masked"):
            loss([0.5, 0.5], masked)
    with pytest.raises(TypeError, match="masked"):
        loss([[0.5, 0.5]], np.ma.array([0], mask=[True]))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.name)
def test_the_facts_are_complete(loss):
    for fact in (loss.formula, loss.derivative_formula, loss.variable):
        assert fact


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.name)
@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_derivatives_agree_with_numeric_ones(loss, y):
    check_derivative(loss.at(y))


@pytest.mark.parametrize("loss", ROWWISE, ids=lambda f: f.name)
@pytest.mark.parametrize("y", [[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
def test_gradients_agree_with_numeric_ones(loss, y):
    check_derivative(loss.at(y))


mp = mpmath.MPContext()
mp.dps = 60


def exact_nll_logits(z, y):
    return y * mp.log1p(mp.exp(-z)) + (1 - y) * mp.log1p(mp.exp(z))


def exact_nll(a, y):
    return -(y * mp.log(a) if y else 0) - ((1 - y) * mp.log1p(-a) if y != 1 else 0)


ACCURACY = [
    # the rule, the exact value, and the size in whose last place the error is counted
    (square_loss, lambda a, y: (a - y) ** 2, None),
    (nll, exact_nll, None),
    (
        nll.derivative,
        lambda a, y: -y / a + (1 - y) / (1 - a),
        lambda a, y: y / a + (1 - y) / (1 - a),
    ),
    (nll_logits, exact_nll_logits, None),
    (
        nll_logits.derivative,
        lambda z, y: (1 - y) / (1 + mp.exp(-z)) - y / (1 + mp.exp(z)),
        lambda z, y: (1 - y) / (1 + mp.exp(-z)) + y / (1 + mp.exp(z)),
    ),
]


@pytest.mark.parametrize("y", [0.0, 1.0, 0.34])
@pytest.mark.parametrize(("rule", "exact", "size"), ACCURACY)
def test_losses_are_within_4_ulp(rule, exact, size, y):
    """For a soft target a derivative subtracts; there the error is counted in what is subtracted."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-700, 700, 2000)
    points[:1000] /= 40
    if rule in (nll, nll.derivative):
        points = np.concatenate([10 ** rng.uniform(-307, 0, 1000), rng.uniform(0.5, 1, 1000)])
    target = mp.mpf(y)
    for found, x in zip(rule(points, y), points, strict=True):
        right = exact(mp.mpf(float(x)), target)
        scale = size(mp.mpf(float(x)), target) if size and y not in (0, 1) else right
        unit = np.spacing(abs(float(scale)))
        assert abs(mp.mpf(float(found)) - right) <= 4 * mp.mpf(float(unit)), (x, found)


@pytest.mark.parametrize("loss", [square_loss, absolute_loss], ids=lambda f: f.name)
def test_float32_of_every_exponent_is_within_2_ulp(loss):
    rng = np.random.default_rng(0)
    bits = np.repeat(np.arange(255, dtype=np.uint32) << 23, 100)
    a = (bits | rng.integers(0, 1 << 23, bits.size, dtype=np.uint32)).view(np.float32)
    y = rng.permutation(a) * rng.choice(np.float32([-1, 1]), a.size)
    for rule in (loss, loss.derivative):
        exact = rule(a.astype(np.float64), y.astype(np.float64))
        with np.errstate(over="ignore"):  # the square of a large float32 is none
            nearest = exact.astype(np.float32)
        finite = np.isfinite(nearest)
        unit = np.spacing(np.abs(nearest[finite])).astype(np.float64)
        assert (np.abs(rule(a, y)[finite] - exact[finite]) / unit).max() <= 2
        assert rule(a, y).dtype == np.float32


def test_a_target_in_double_precision_is_not_rounded_to_float32():
    a = np.float32(0.1)
    assert absolute_loss(a, 0.1) == pytest.approx(abs(float(a) - 0.1), rel=1e-7)


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
