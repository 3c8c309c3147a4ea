"""Numeric checks: each must pass what is right, and fail what is wrong."""

import math

import numpy as np
import pytest

from slopes import (
    ACTIVATIONS,
    check_derivative,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    square_loss,
    step,
)
from slopes.checks import (
    DerivativeMismatch,
    central_difference,
    complex_step,
    default_points,
    forward_difference,
    numeric_jacobian,
    one_sided_difference,
)
from slopes.functions import Kink


@pytest.mark.parametrize("function", [*ACTIVATIONS, softmax, log_softmax], ids=lambda f: f.name)
def test_every_function_of_the_package_passes(function):
    report = check_derivative(function)
    methods = [row.method for row in report.rows]
    assert ("complex step" in methods) == function.analytic
    assert len(methods) == 2 + function.analytic + 2 * len(function.kinks)


def with_facts(function, **facts):
    """Return a copy of a function of the package with some of its facts replaced."""
    return type("Planted", (type(function),), {"name": f"planted {function.name}", **facts})()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda s, x: sigmoid(x) * (1 + sigmoid(x)),
        lambda s, x: -sigmoid.derivative(x),
        lambda s, x: sigmoid.derivative(x) * (1 + 1e-6),
        lambda s, x: sigmoid.derivative(sigmoid(x)),
        lambda s, x: np.where(x > 3.8, 0, sigmoid.derivative(x)),
        lambda s, x: np.full_like(x, np.nan),
        lambda s, x: np.where(x > 0, np.inf, sigmoid.derivative(x)),
    ],
    ids=["sign", "negated", "factor", "of the output", "one point", "nan", "inf"],
)
def test_a_planted_wrong_derivative_is_caught(wrong):
    with pytest.raises(DerivativeMismatch) as caught:
        check_derivative(with_facts(sigmoid, _derivative=wrong))
    assert "planted sigmoid at x = " in str(caught.value)
    assert "closed form gives" in str(caught.value)
    assert "difference" in str(caught.value) or "complex step" in str(caught.value)


def test_the_message_shows_two_different_numbers():
    slightly = with_facts(sigmoid, _derivative=lambda s, x: sigmoid.derivative(x) * (1 + 1e-9))
    with pytest.raises(DerivativeMismatch, match=r"gives ([\d.e-]+), the complex step (?!\1$)"):
        check_derivative(slightly)


@pytest.mark.parametrize(
    ("function", "kink"),
    [
        (relu, Kink(0.0, left=0.0, right=0.5, value=0.0, source="")),
        (relu, Kink(0.0, left=0.1, right=1.0, value=0.0, source="")),
        (relu, Kink(0.0, left=0.0, right=1.0, value=0.5, source="")),
        (step, Kink(0.0, left=0.0, right=0.0, value=0.0, source="")),
        (step, Kink(0.0, left=-math.inf, right=0.0, value=0.0, source="")),
        (relu, Kink(0.0, left=math.inf, right=1.0, value=0.0, source="")),
    ],
)
def test_a_kink_that_is_wrong_is_caught(function, kink):
    with pytest.raises(DerivativeMismatch, match="kink"):
        check_derivative(with_facts(function, kinks=(kink,)))


def test_a_kink_that_is_not_declared_is_caught():
    smooth_relu = with_facts(relu, kinks=())
    with pytest.raises(DerivativeMismatch, match=r"x = 0"):
        check_derivative(smooth_relu, points=[-1.0, 0.0, 1.0])


@pytest.mark.parametrize("points", [[], [0.0], [1.0, 1e-6]])
def test_points_that_prove_nothing_are_an_error(points):
    with pytest.raises(ValueError, match="ReLU"):
        check_derivative(relu, points)


def test_default_points_stay_inside_the_domain():
    assert all(p in square_loss.at(1.0).domain for p in default_points(square_loss.at(1.0)))


def test_a_planted_wrong_jacobian_is_caught():
    def transposed_sign(self, z):
        return -softmax._jacobian(z)

    with pytest.raises(DerivativeMismatch, match=r"planted softmax at point 1, entry [12], [12]: "):
        check_derivative(with_facts(softmax, _jacobian=transposed_sign), points=[[0.0, 1.0]])


@pytest.mark.parametrize(
    ("method", "allowed"),
    [(forward_difference, 1e-7), (central_difference, 1e-10), (complex_step, 1e-15)],
)
def test_methods_reach_the_accuracy_of_their_theory(method, allowed):
    x = np.linspace(-2, 2, 41)
    assert np.abs(method(np.exp, x) - np.exp(x)).max() < 10 * allowed


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_sided_differences_see_one_side(side):
    def bent(x):
        return np.where(x < 0, np.sin(2 * x), np.sin(3 * x))

    assert one_sided_difference(bent, 0.0, side) == pytest.approx(
        2 if side == "left" else 3, abs=1e-9
    )


def test_a_side_must_be_named():
    with pytest.raises(ValueError, match="both"):
        one_sided_difference(np.abs, 0.0, "both")


def test_a_large_argument_gets_a_larger_step():
    assert central_difference(np.square, 1e8) == pytest.approx(2e8, rel=1e-8)


def test_the_numeric_jacobian_has_a_column_for_each_argument():
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(
        numeric_jacobian(lambda v: matrix @ v, np.ones(3)), matrix, rtol=1e-9
    )


def test_a_report_prints_and_shows_the_same_rows():
    report = check_derivative(relu)
    for row in report.rows:
        assert row.method in str(report)
        assert row.method in report._repr_html_()
