"""Activations: accuracy against 60 digits, edge values, types and shapes, errors."""

import math
import pickle

import mpmath
import numpy as np
import pytest

from slopes import (
    ACTIVATIONS,
    LeakyReLU,
    identity,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
    step,
    tanh,
)
from slopes.checks import complex_step
from slopes.functions import BLOCK

mp = mpmath.MPContext()
mp.dps = 60


def exact_sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def exact_sigmoid_slope(x):
    t = mp.exp(-abs(x))
    return t / (1 + t) ** 2


def exact_tanh_slope(x):
    return mp.sech(x) ** 2


def exact_softplus(x):
    return mp.log1p(mp.exp(x))


EXACT = [
    (sigmoid, exact_sigmoid, exact_sigmoid_slope),
    (tanh, mp.tanh, exact_tanh_slope),
    (softplus, exact_softplus, exact_sigmoid),
]
NAMES = [function.name for function, *_ in EXACT]


def ulps(found, exact, dtype=np.float64):
    """Return |found − exact| in units of the last place of ``exact`` as a number of ``dtype``."""
    nearest = dtype(float(exact))
    return float(abs(mp.mpf(float(found)) - exact) / mp.mpf(float(np.spacing(np.abs(nearest)))))


@pytest.mark.parametrize(("function", "value", "slope"), EXACT, ids=NAMES)
def test_value_and_derivative_are_within_4_ulp(function, value, slope):
    points = np.random.default_rng(0).uniform(-708, 708, 10_000)
    points[:3000] /= 40  # most of what can go wrong goes wrong near 0
    sizes = 10 ** np.random.default_rng(1).uniform(-308, 4, 2000)  # every exponent
    points[3000:5000] = np.copysign(sizes, points[3000:5000])
    for rule, exact in ((function, value), (function.derivative, slope)):
        worst = max(
            (ulps(found, exact(mp.mpf(float(x)))), x)
            for x, found in zip(points, rule(points), strict=True)
        )
        assert worst[0] <= 4, f"{function.name}: {worst[0]:.1f} ULP at {worst[1]!r}"


@pytest.mark.parametrize(("function", "value", "slope"), EXACT, ids=NAMES)
def test_every_float16_is_within_1_ulp(function, value, slope):
    patterns = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = patterns[np.isfinite(patterns)]
    for rule, exact in ((function, value), (function.derivative, slope)):
        found = rule(finite)
        assert found.dtype == np.float16
        # In double precision the rules are within 4 ULP of the exact value (the test above), which
        # is far less than a float16 can show; so they stand for it here, and a sample is exact.
        reference = rule(finite.astype(np.float64))
        with np.errstate(over="ignore"):  # the largest float16 values of softplus are kept anyway
            unit = np.spacing(np.abs(reference).astype(np.float16)).astype(np.float64)
        assert np.all(np.abs(found.astype(np.float64) - reference) <= unit)
        for x, y in zip(finite[::641], found[::641], strict=True):
            assert ulps(y, exact(mp.mpf(float(x))), np.float16) <= 1
        assert np.isnan(rule(np.float16("nan")))


NAN, INF = math.nan, math.inf
EDGES = [
    (sigmoid, -745.0, 5e-324),
    (sigmoid, -710.0, 4.47628622567513e-309),
    (sigmoid, 1e308, 1.0),
    (sigmoid, -1e308, 0.0),
    (sigmoid, INF, 1.0),
    (sigmoid, -INF, 0.0),
    (sigmoid, NAN, NAN),
    (sigmoid, np.int8(-128), 2.572209372642415e-56),
    (sigmoid, np.uint8(3), 0.9525741268224334),
    (sigmoid, True, 0.7310585786300049),
    (sigmoid.derivative, 37.0, 8.533047625744066e-17),
    (sigmoid.derivative, 710.0, 4.47628622567513e-309),
    (sigmoid.derivative, INF, 0.0),
    (sigmoid.derivative, -INF, 0.0),
    (sigmoid.derivative, NAN, NAN),
    (tanh, 1000.0, 1.0),
    (tanh, 5e-324, 5e-324),
    (tanh.derivative, 20.0, 1.699341702116e-17),
    (tanh.derivative, INF, 0.0),
    (tanh.derivative, NAN, NAN),
    (softplus, 1000.0, 1000.0),
    (softplus, -40.0, 4.248354255291589e-18),
    (softplus, -INF, 0.0),
    (softplus, INF, INF),
    (relu, NAN, NAN),
    (relu, -INF, 0.0),
    (relu.derivative, 0.0, 0.0),
    (relu.derivative, -0.0, 0.0),
    (relu.derivative, 5e-324, 1.0),
    (relu.derivative, NAN, NAN),
    (leaky_relu, -INF, -INF),
    (leaky_relu.derivative, 0.0, 0.01),
    (leaky_relu.derivative, NAN, NAN),
    (step, 0.0, 1.0),
    (step, -5e-324, 0.0),
    (step, NAN, NAN),
    (step.derivative, INF, 0.0),
    (identity.derivative, -INF, 1.0),
    (identity.derivative, NAN, NAN),
]


@pytest.mark.parametrize(("rule", "x", "expected"), EDGES)
def test_edge_values(rule, x, expected):
    assert rule(x) == pytest.approx(expected, rel=1e-11, abs=0, nan_ok=True)


NARROW = [*ACTIVATIONS, LeakyReLU(0.3), LeakyReLU(3.7)]


def singles(each=100):
    """Return float32 numbers of every exponent, subnormal ones too, with random digits and signs."""
    rng = np.random.default_rng(0)
    exponents = np.repeat(np.arange(255, dtype=np.uint32), each) << 23
    digits = rng.integers(0, 1 << 23, exponents.size, dtype=np.uint32)
    signs = rng.integers(0, 2, exponents.size, dtype=np.uint32) << 31
    return (signs | exponents | digits).view(np.float32)


@pytest.mark.parametrize("function", NARROW, ids=lambda f: f.name)
def test_float32_of_every_exponent_is_within_2_ulp(function):
    x = singles()
    for rule in (function, function.derivative):
        found = rule(x)
        assert found.dtype == np.float32
        exact = rule(x.astype(np.float64))  # within 4 ULP of double precision, as measured above
        with np.errstate(over="ignore"):  # 3.7 times a large float32 is none
            nearest = exact.astype(np.float32)
        finite = np.isfinite(nearest)
        unit = np.spacing(np.abs(nearest[finite])).astype(np.float64)
        assert (np.abs(found[finite] - exact[finite]) / unit).max() <= 2
        np.testing.assert_array_equal(found[~finite], nearest[~finite])


def test_rules_in_float32_are_computed_in_float32():
    """What is as good in float32 is not widened; whatever is not is."""
    seen = {}

    class Watched(type(tanh)):
        def _value(self, x):
            seen["value"] = x.dtype
            return np.tanh(x)

        def _derivative(self, x):
            seen["derivative"] = x.dtype
            return super()._derivative(x)

    Watched()(np.float32([0.5]))
    Watched().derivative(np.float32([0.5]))
    assert seen == {"value": np.float32, "derivative": np.float64}
    Watched()(np.float16([0.5]))
    assert seen["value"] == np.float64


def test_signs_of_zero():
    assert np.signbit(tanh(-0.0))
    assert not np.signbit(relu(-0.0))


@pytest.mark.parametrize("z", [0.1j, -0.1j, complex(-0.0, 0.1), complex(-0.0, -0.1)])
def test_softplus_takes_one_branch_where_the_real_part_is_0(z):
    # log(1 + e^(0.1i)) = log(2 cos 0.05) + 0.05i
    assert softplus(z) == pytest.approx(
        complex(math.log(2 * math.cos(0.05)), z.imag / 2), rel=1e-15
    )
    assert sigmoid(z) == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-15)
    assert softplus.derivative(z) == pytest.approx(sigmoid(z), rel=1e-15)


def test_the_complex_step_is_right_at_0():
    assert complex_step(softplus, 0.0) == 0.5
    assert complex_step(softplus, -0.0) == 0.5
    assert complex_step(sigmoid, 0.0) == 0.25
    assert complex_step(tanh, 0.0) == 1.0


def test_float32_keeps_subnormal_results():
    found = sigmoid(np.float32(-100))
    assert found.dtype == np.float32
    assert found == np.float32(3.78e-44)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_shape_and_type_are_kept(function, shape, dtype):
    x = np.ones(shape, dtype)
    for result in (function(x), function.derivative(x)):
        assert np.shape(result) == shape
        assert result.dtype == dtype


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_more_numbers_than_a_block_are_computed_like_each_of_them(function):
    x = np.random.default_rng(0).normal(scale=3, size=(3, 2 * BLOCK + 5))
    for rule in (function, function.derivative):
        at_once = rule(x)
        np.testing.assert_array_equal(at_once[1], rule(x[1]))
        np.testing.assert_array_equal(at_once[:, ::-3].T, rule(x[:, ::-3].T))
        assert at_once[2, -1] == rule(x[2, -1])


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_nothing_returned_shares_memory_with_the_argument(function, dtype):
    for x in (np.ones(3, dtype), np.ones((2, 3), dtype).T, np.ones(3, dtype)[::2]):
        assert not np.shares_memory(function(x), x)
        assert not np.shares_memory(function.derivative(x), x)


def test_no_row_returned_shares_memory_with_the_argument():
    for function in (softmax, log_softmax):
        z, v = np.zeros((2, 1)), np.zeros((2, 1))
        for result in (function(z), function.jacobian(z), function.vjp(z, v)):
            assert not np.shares_memory(result, z)
            assert not np.shares_memory(result, v)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_results_have_the_byte_order_of_the_machine(dtype, order):
    x = np.array([[0.25, 0.75]], order + dtype)
    for function in ACTIVATIONS:
        if function.analytic or dtype.startswith("f"):
            for rule in (function, function.derivative):
                assert rule(x).dtype == np.dtype(dtype)
                assert rule(x).dtype.isnative
                np.testing.assert_array_equal(rule(x), rule(x.astype(dtype)))
    for function in (softmax, log_softmax):
        assert function(x).dtype.isnative
        np.testing.assert_array_equal(function.jacobian(x), function.jacobian(x.astype(dtype)))


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_the_argument_is_not_changed(function):
    x = np.array([-1.0, 0.0, 2.0])
    function(x)
    function.derivative(x)
    assert x.tolist() == [-1.0, 0.0, 2.0]


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_values_lie_in_the_range_and_the_facts_are_complete(function):
    values = function(np.linspace(-15, 15, 1001))
    assert all(v in function.range for v in values)
    assert function.formula
    assert function.derivative_formula
    assert function.symbol in function._repr_latex_()


def test_the_step_takes_two_values_only():
    assert str(step.range) == "{0, 1}"
    assert step.range.latex == r"\{0,\, 1\}"


@pytest.mark.parametrize("function", [*ACTIVATIONS, softmax, log_softmax], ids=lambda f: f.name)
@pytest.mark.parametrize(
    ("x", "says"),
    [
        (np.ma.array([1.0]), "masked"),
        ([np.ma.masked, 1.0], "masked"),
        ([(1.0, 2.0), (np.ma.masked, 3.0)], "masked"),
        ([np.ma.array([1.0], mask=[True])], "masked"),
        (np.array([1.0], dtype=object), "object"),
        ("text", "str"),
        ([[1.0], [1.0, 2.0]], "array of numbers"),
        (None, "NoneType"),
    ],
)
def test_what_is_not_a_number_is_named(function, x, says):
    with pytest.raises(TypeError) as caught:
        function(x)
    assert function.name in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_complex_numbers_are_taken_exactly_by_analytic_functions(function):
    if function.analytic:
        assert function(0.3 + 0.1j).imag != 0
        assert function(np.complex64(0.3 + 0.1j)).dtype == np.complex64
    else:
        with pytest.raises(TypeError, match="analytic"):
            function(0.3 + 0.1j)


@pytest.mark.parametrize("slope", [0, -0.1, NAN, INF, [0.1, 0.2]])
def test_a_leaky_relu_needs_a_slope_above_0(slope):
    with pytest.raises(ValueError, match="slope"):
        LeakyReLU(slope)


def test_a_leaky_relu_of_slope_1_has_no_kink():
    assert LeakyReLU(1).kinks == ()
    assert LeakyReLU(2).kinks[0].subdifferential.lower == 1


def test_numpy_stays_quiet_even_when_told_to_raise():
    x = np.array([-1e308, -745.0, -1.0, 0.0, 1.0, 800.0, 1e308, INF, -INF, NAN])
    with np.errstate(all="raise"):
        for function in ACTIVATIONS:
            function(x)
            function.derivative(x)
        softmax(x[:-3])
        log_softmax(x[:-3])
        softmax.jacobian(x[:-3])


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([1000.0, 1000.0], [0.5, 0.5]),
        ([0.0, -INF], [1.0, 0.0]),
        ([INF, 1.0, 1.0], [1.0, 0.0, 0.0]),
        ([[NAN, 1.0], [0.0, 0.0]], [[NAN, NAN], [0.5, 0.5]]),
        ([-1000.0], [1.0]),
    ],
)
def test_softmax_edges(z, expected):
    np.testing.assert_array_equal(softmax(z), expected)


def test_softmax_of_no_rows_keeps_the_shape():
    assert softmax(np.zeros((0, 3))).shape == (0, 3)
    assert softmax.jacobian(np.zeros((0, 3))).shape == (0, 3, 3)


@pytest.mark.parametrize("z", [3.0, [], [-INF, -INF], [[0.0, 1.0], [INF, INF]]])
def test_softmax_says_what_has_no_value(z):
    with pytest.raises(ValueError, match="softmax"):
        softmax(z)


def test_log_softmax_keeps_the_digits_of_a_certain_class():
    np.testing.assert_allclose(log_softmax([0.0, -40.0]), [-4.248354255291589e-18, -40], rtol=1e-15)
    np.testing.assert_array_equal(log_softmax([0.0, -INF]), [0.0, -INF])


@pytest.mark.parametrize("function", [softmax, log_softmax], ids=lambda f: f.name)
def test_the_jacobian_product_is_the_product_with_the_jacobian(function):
    rng = np.random.default_rng(0)
    z, v = rng.normal(size=(2, 6, 5))
    product = np.einsum("nij,ni->nj", function.jacobian(z), v)
    np.testing.assert_allclose(function.vjp(z, v), product, rtol=1e-12, atol=1e-15)
    with pytest.raises(ValueError, match="shape"):
        function.vjp(z, v[0])


def test_the_softmax_jacobian_has_its_three_properties():
    z = np.random.default_rng(1).normal(scale=5, size=(20, 4))
    jacobian = softmax.jacobian(z)
    np.testing.assert_allclose(jacobian.sum(axis=-1), 0, atol=1e-16)
    np.testing.assert_array_equal(jacobian, np.swapaxes(jacobian, -1, -2))
    assert np.linalg.eigvalsh(jacobian).min() > -1e-15


def test_the_softmax_jacobian_keeps_its_digits_when_one_class_is_certain():
    assert softmax.jacobian([0.0, 40.0])[1, 1] == pytest.approx(4.248354255291589e-18, rel=1e-14)


@pytest.mark.parametrize("scale", [1, 30, 300])
def test_softmax_is_within_6_ulp_however_large_the_logits(scale):
    # Half a unit in the last place of z_i − max z would show as up to 256 units in e to that power.
    z = np.random.default_rng(0).normal(scale=scale, size=(300, 5))
    z[:10] += 1e6
    for row, found, logs in zip(z, softmax(z), log_softmax(z), strict=True):
        shifted = [mp.mpf(float(x)) - mp.mpf(float(row.max())) for x in row]
        others = sum(mp.exp(x) for x in shifted if x)  # without the largest logit's e⁰
        for x, s, log in zip(shifted, found, logs, strict=True):
            assert ulps(s, mp.exp(x) / (1 + others)) <= 6
            assert ulps(log, x - mp.log1p(others)) <= 6


def test_functions_survive_pickling():
    copy = pickle.loads(pickle.dumps(leaky_relu))
    assert copy(-1.0) == leaky_relu(-1.0)
