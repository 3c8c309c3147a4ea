"""Numeric checks: each must pass what is right, and fail what is wrong."""

import math
import re

import numpy as np
import pytest

from slopes import (
    ACTIVATIONS,
    LeakyReLU,
    absolute_loss,
    check_derivative,
    log_softmax,
    nll,
    nll_logits,
    nllm,
    nllm_logits,
    relu,
    sigmoid,
    softmax,
    softplus,
    square_loss,
    step,
    tanh,
)
from slopes.checks import (
    DerivativeMismatch,
    central_difference,
    complex_step,
    default_points,
    forward_difference,
    numeric_jacobian,
)
from slopes.estimates import estimate_derivative, one_sided_derivative
from slopes.functions import REALS, Elementwise, Kink


@pytest.mark.parametrize("function", [*ACTIVATIONS, softmax, log_softmax], ids=lambda f: f.name)
def test_every_function_of_the_package_passes(function):
    report = check_derivative(function)
    methods = [row.method for row in report.rows]
    assert ("complex step" in methods) == function.analytic
    assert ("extrapolated difference" in methods) == (not function.analytic)
    assert len(methods) == 3 + 2 * len(function.kinks)


def with_facts(function, **facts):
    """Return a copy of a function of the package with some of its facts replaced."""
    return type(
        "Planted", (type(function),), {"name": f"planted {getattr(function, 'name', '')}", **facts}
    )()


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
    with pytest.raises(DerivativeMismatch, match=r"gives ([\d.e-]+), the [a-z ]+ (?!\1$)[\d.e-]+$"):
        check_derivative(slightly)


OF_A_NUMBER = [
    *ACTIVATIONS,
    LeakyReLU(2.5),
    *(loss.at(y) for loss in (square_loss, absolute_loss, nll, nll_logits) for y in (0, 0.34, 1)),
]
OF_A_ROW = [
    softmax,
    log_softmax,
    *(loss.at(y) for loss in (nllm, nllm_logits) for y in ([0.0, 1.0, 0.0], [0.2, 0.3, 0.5])),
]


class Slightly:
    """A function whose derivative is off by a billionth, and which is right otherwise."""

    def __init__(self, function, kinks):
        self._function, self.kinks = function, kinks

    def __getattr__(self, name):
        return getattr(self._function, name)

    def __call__(self, x):
        return self._function(x)

    def derivative(self, x):
        return self._function.derivative(x) * (1 + 1e-9)


class SlightlyOfRows(Slightly):
    def jacobian(self, x):
        return self._function.jacobian(x) * (1 + 1e-9)


@pytest.mark.parametrize("function", OF_A_NUMBER, ids=lambda f: f.name)
def test_a_billionth_is_noticed_at_every_ordinary_point(function):
    for point in default_points(function)[::4]:
        check_derivative(function, [point])
        if function.derivative(point) != 0:
            with pytest.raises(DerivativeMismatch, match=r"the closed form gives"):
                check_derivative(Slightly(function, ()), [point])


@pytest.mark.parametrize("function", OF_A_ROW, ids=lambda f: f.name)
def test_a_billionth_is_noticed_in_a_jacobian(function):
    for row in function.example_points():
        check_derivative(function, [row])
        with pytest.raises(DerivativeMismatch, match=r"the closed form gives"):
            check_derivative(SlightlyOfRows(function, ()), [row])


def points_of_every_size(function, n=40):
    """Return points near 0 and far out, close to kinks and to the ends of the domain."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1, 1], n)
    if function.domain is not REALS:
        small = 10 ** rng.uniform(-300, 0, n)
        return np.concatenate([rng.random(n), small, 1 - 10 ** rng.uniform(-6, 0, n)])
    sizes = (10 ** rng.uniform(-300, 1, n), 10 ** rng.uniform(-9, 3, n), rng.uniform(0, 40, n))
    places = [signs * size for size in sizes]
    for kink in function.kinks:
        places.append(kink.at + signs * 10 ** rng.uniform(-12, 0, n))
    return np.concatenate(places)


@pytest.mark.parametrize("function", OF_A_NUMBER, ids=lambda f: f.name)
def test_a_right_derivative_is_never_called_wrong(function):
    told = 0
    points = points_of_every_size(function)
    for point in points:
        try:
            check_derivative(function, [point])
            told += 1
        except ValueError:  # no method can tell; a DerivativeMismatch is no ValueError
            pass
    assert told > 0.97 * points.size


@pytest.mark.parametrize("scale", [1, 10, 100, 500])
def test_a_right_jacobian_is_never_called_wrong(scale):
    z = np.random.default_rng(0).normal(scale=scale, size=(10, 3))
    for function in (softmax, log_softmax, nllm_logits.at([0.2, 0.5, 0.3])):
        assert check_derivative(function, z).points == 10


@pytest.mark.parametrize(
    ("function", "points"),
    [
        (nll.at(1.0), [0.01]),  # near a pole
        (nll.at(1.0), [1e-6]),
        (nll.at(0.3), [1e-300]),
        (nllm.at([1.0, 0.0]), [[0.001, 0.999]]),
        (square_loss.at(0.3), [0.3]),  # at a minimum
        (square_loss.at(0.3), [0.3, 2.0]),
        (tanh, [10.0]),  # where the value is nearly 1
        (tanh, [20.0]),
        (tanh, [400.0]),
        (sigmoid, [33.34267708641522]),
        (sigmoid, [-700.0]),
        (softplus, [-1.0, 0.0, 1.0]),
        (nll_logits.at(1.0), [-1.0, 0.0, 1.0]),
        (relu, [1e-6, -1e-300]),  # beside a kink
        (absolute_loss.at(5.0), [5.000000001]),
        (step, [-1e-9, 1e-9]),
    ],
)
def test_points_where_a_fixed_step_is_wrong(function, points):
    assert check_derivative(function, points).points == len(points)


@pytest.mark.parametrize(
    ("function", "points", "says"),
    [
        (nllm.at([0.5, 0.5]), [[2.0, -1.0]], "prediction 2.0 lies outside"),
        (nllm.at([0.5, 0.5]), [[0.5, 0.6]], "sums to 1.1"),
        (nllm.at([0.5, 0.5]), [[0.0, 1.0]], "the point 0 is not inside"),
        (nllm.at([0.5, 0.5]), [[0.2, 0.3, 0.5]], "needs 2 numbers, not 3"),
        (softmax, [[-math.inf, 0.0, 1.0]], "the point -inf is not inside"),
        (softmax, [[math.nan, 0.0]], "the point nan is not inside"),
        (nll.at(1.0), [1.5], "the point 1.5 is not inside"),
        (sigmoid, [math.inf], "the point inf is not inside"),
        (nll.at(1.0), [5e-324], "no method can tell"),
        (square_loss.at(0.0), [1e200], "no method can tell"),
    ],
)
def test_the_point_is_blamed_where_it_is_the_point(function, points, says):
    with pytest.raises(ValueError, match=says) as caught:
        check_derivative(function, points)
    assert function.name.split(" at ")[0] in str(caught.value)


def made_of(value, derivative):
    """Return a function that a reader might write."""
    facts = {"_value": lambda s, x: value(x), "_derivative": lambda s, x: derivative(x)}
    return with_facts(Elementwise(), name="mine", variable="x", range=REALS, **facts)


def with_fine_detail(x):
    return np.sqrt(x * x + 1e-12)


@pytest.mark.parametrize(
    ("value", "derivative"),
    [
        (np.sin, np.cos),
        (with_fine_detail, lambda x: x / with_fine_detail(x)),
        (lambda x: np.sin(1000 * x), lambda x: 1000 * np.cos(1000 * x)),
        (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
        (lambda x: (1e8 + x) - 1e8, lambda x: np.ones_like(x)),  # coarse values
        (lambda x: np.log(1 + np.exp(x)), sigmoid),
        (
            lambda x: np.where(np.abs(x) <= 1, x * x / 2, np.abs(x) - 0.5),
            lambda x: np.clip(x, -1, 1),
        ),
    ],
    ids=["sine", "fine detail", "fast", "bump", "coarse", "softplus, first try", "Huber"],
)
def test_functions_of_a_scale_that_is_not_declared(value, derivative):
    mine = made_of(value, derivative)
    points = np.concatenate([np.linspace(-5, 5, 41), [1e-6, -3e-6, 1.0, -1.0, 1e-3]])
    report = check_derivative(mine, points)
    assert [row.method for row in report.rows][-1] == "extrapolated difference"
    for wrong in (lambda x: derivative(x) * 1.01, lambda x: derivative(x) + 0.01):
        with pytest.raises(DerivativeMismatch):
            check_derivative(made_of(value, wrong), points)


def test_a_function_that_is_not_analytic_is_blamed_for_that():
    """Its derivative is right, and the complex step through |x| is 0."""
    size = with_facts(
        sigmoid, _value=lambda s, x: np.abs(x), _derivative=lambda s, x: np.sign(np.real(x))
    )
    says = "closed form gives 1, the complex step 0, and the forward difference 1. .* not analytic"
    with pytest.raises(DerivativeMismatch, match=says):
        check_derivative(size, [2.0])


def test_a_kink_that_is_not_declared_is_blamed_for_that():
    right_at_0 = with_facts(relu, kinks=(), _derivative=lambda s, x: np.where(x < 0, 0.0, 1.0))
    with pytest.raises(DerivativeMismatch, match="gives 1, the central difference 0.5, .* kink"):
        check_derivative(right_at_0, [0.0])


def test_a_method_that_cannot_tell_says_so_and_has_no_vote():
    rows = {row.method: row for row in check_derivative(tanh, [20.0]).rows}
    assert rows["central difference"].finding == "cannot tell the derivative here"
    assert rows["complex step"].error < 1e-14


def test_a_derivative_of_0_in_a_tail_is_caught():
    flat = with_facts(tanh, _derivative=lambda s, x: 1 - np.tanh(x) ** 2)
    assert flat.derivative(20.0) == 0
    with pytest.raises(DerivativeMismatch, match="gives 0, the complex step 1.69934e-17"):
        check_derivative(flat, [20.0])


@pytest.mark.parametrize(
    ("function", "kink"),
    [
        (relu, Kink(0.0, left=0.0, right=0.5, value=0.0, source="")),
        (relu, Kink(0.0, left=0.1, right=1.0, value=0.0, source="")),
        (relu, Kink(0.0, left=0.0, right=1.0, value=0.5, source="")),
        (relu, Kink(0.0, left=0.0, right=1.0 + 1e-9, value=0.0, source="")),
        (relu, Kink(0.0, left=-1e-9, right=1.0, value=0.0, source="")),
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


@pytest.mark.parametrize("at_the_kink", [0.0, 0.3, 1.0])
def test_any_value_in_the_subdifferential_is_right(at_the_kink):
    kink = Kink(0.0, left=0.0, right=1.0, value=at_the_kink, source="")
    check_derivative(with_facts(relu, kinks=(kink,), _derivative=slope_at_0(at_the_kink)))


def slope_at_0(value):
    return lambda s, x: np.where(x == 0, value, np.heaviside(x, 0.0))


@pytest.mark.parametrize("at_the_kink", [5.0, -0.1, 1.0000001])
def test_a_value_outside_the_subdifferential_is_caught(at_the_kink):
    kink = Kink(0.0, left=0.0, right=1.0, value=at_the_kink, source="a slip")
    wrong = with_facts(relu, kinks=(kink,), _derivative=slope_at_0(at_the_kink))
    with pytest.raises(
        DerivativeMismatch, match=r"kink x = 0: .* subdifferential there is \[0, 1\]"
    ):
        check_derivative(wrong)


def test_two_kinks_do_not_disturb_each_other():
    kinks = (
        Kink(0.0, left=0.0, right=1.0, value=0.0, source=""),
        Kink(1e-3, left=1.0, right=0.0, value=0.0, source=""),
    )
    clipped = with_facts(
        relu,
        kinks=kinks,
        _value=lambda s, x: np.clip(x, 0, 1e-3),
        _derivative=lambda s, x: np.where((x > 0) & (x < 1e-3), 1.0, 0.0),
    )
    check_derivative(clipped, [-1.0, 5e-4, 2.0])


@pytest.mark.parametrize("points", [[], [0.0], [1.0, -0.0]])
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
def test_one_sided_derivatives_see_one_side(side):
    def bent(x):
        return np.where(x < 0, np.sin(2 * x), np.sin(3 * x))

    found = one_sided_derivative(bent, 0.0, side, 1.0)
    expected = 2 if side == "left" else 3
    assert abs(found.slope - expected) <= found.error < 1e-9


def test_a_side_must_be_named():
    with pytest.raises(ValueError, match="both"):
        one_sided_derivative(np.abs, 0.0, "both", 1.0)


@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (np.exp, np.exp, 1.0),
        (np.log, lambda x: 1 / x, 1e-9),
        (np.sin, np.cos, 1e4),
        (np.arctan, lambda x: 1 / (1 + x * x), 700.0),
    ],
)
def test_the_estimated_error_covers_the_error(f, slope, x):
    reach = x if f is np.log else max(1, x)
    for analytic in (False, f is not np.arctan):
        for name, (found, error) in estimate_derivative(f, x, reach, analytic).items():
            assert abs(found - slope(x)) <= error, name
            assert error <= (1e-2 if name == "forward difference" else 1e-5) * abs(slope(x)), name


def test_a_large_argument_gets_a_larger_step():
    assert central_difference(np.square, 1e8) == pytest.approx(2e8, rel=1e-8)


def test_the_numeric_jacobian_has_a_column_for_each_argument():
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(
        numeric_jacobian(lambda v: matrix @ v, np.ones(3)), matrix, rtol=1e-9
    )


def test_names_in_a_report_are_escaped():
    script = "<script>alert('here')</script>"
    named = with_facts(relu, name=script, variable="<b>x</b>")
    html = check_derivative(named)._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html
    assert "at &lt;b&gt;x&lt;/b&gt;" in html or "&lt;b&gt;x&lt;/b&gt; = 0" in html


def test_a_report_prints_and_shows_the_same_rows():
    report = check_derivative(relu)
    shown = re.sub("<[^>]*>", "", report._repr_html_()).replace("\N{NO-BREAK SPACE}", " ")
    for row in report.rows:
        assert row.method in str(report)
        assert row.method in shown
