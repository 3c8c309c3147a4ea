"""Values and derivatives beside those of PyTorch and JAX, which differentiate by themselves.

Neither is needed by the book: where one is missing, its half of these tests is skipped and says so.
"""

from importlib import import_module

import numpy as np
import pytest

from peers import INSTALLED, JAX, PyTorch
from slopes import (
    ACTIVATIONS,
    LOSSES,
    LeakyReLU,
    absolute_loss,
    identity,
    leaky_relu,
    log_softmax,
    nll,
    nll_logits,
    nllm,
    nllm_logits,
    relu,
    sigmoid,
    softmax,
    square_loss,
    tanh,
)
from slopes.network import Network

if not INSTALLED:
    pytest.skip(
        "neither PyTorch nor JAX is installed: nothing is compared with them",
        allow_module_level=True,
    )


@pytest.fixture(scope="module", params=INSTALLED, ids=lambda library: library.__name__)
def library(request):
    return request.param(import_module(request.param.module))


def test_no_library_is_missing():
    for library in {PyTorch, JAX} - set(INSTALLED):
        pytest.skip(f"{library.__name__} is not installed: nothing is compared with it")


def near(found):
    return pytest.approx(found, rel=1e-12, abs=1e-15)


# Both sides of 0, without 0 itself; there the libraries have conventions, too.
POINTS = np.concatenate([-np.geomspace(30, 1e-3, 12), np.geomspace(1e-3, 30, 12)])


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_activations_agree(library, function):
    values, slopes = library.differentiate(library.activations[function], POINTS)
    assert function(POINTS) == near(values)
    assert function.derivative(POINTS) == near(slopes)


def test_a_leaky_relu_of_any_slope_agrees(library):
    values, slopes = library.differentiate(library.steep, POINTS)
    assert LeakyReLU(0.3)(POINTS) == near(values)
    assert LeakyReLU(0.3).derivative(POINTS) == near(slopes)


@pytest.mark.parametrize("function", [relu, leaky_relu, absolute_loss], ids=lambda f: f.name)
def test_a_kink_names_the_libraries_that_take_its_value(library, function):
    if function is absolute_loss:
        kink, theirs = function.kinks_at(0.0)[0], library.losses[function]
    else:
        kink, theirs = function.kinks[0], lambda x, _: library.activations[function](x)
    _, slope = library.differentiate(lambda x: theirs(x, library.array([0.0])), [0.0])
    assert kink.left <= slope[0] <= kink.right
    assert (slope[0] == kink.value) == (type(library).__name__ in kink.source)


@pytest.mark.parametrize("function", [softmax, log_softmax], ids=lambda f: f.name)
def test_softmax_agrees(library, function):
    for z in (softmax.example_points(4)[0], [30.0, 0.0, -30.0], [1000.0, 1000.0, 990.0]):
        values, _ = library.differentiate(library.softmax[function], z)
        assert function(z) == near(values)
        assert function.jacobian(z) == near(library.jacobian(library.softmax[function], z))


def batch(loss):
    """Return predictions that the loss takes, and targets."""
    rng = np.random.default_rng(0)
    logits, rows = rng.normal(scale=3, size=20), rng.normal(scale=3, size=(20, 4))
    yes, one_hot = rng.integers(0, 2, 20).astype(float), np.eye(4)[rng.integers(0, 4, 20)]
    return {
        square_loss: (logits, yes),
        absolute_loss: (logits, yes),
        nll: (sigmoid(logits), yes),
        nll_logits: (logits, yes),
        nllm: (softmax(rows), one_hot),
        nllm_logits: (rows, one_hot),
    }[loss]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.name)
def test_losses_agree(library, loss):
    predictions, targets = batch(loss)
    values, slopes = library.differentiate(
        lambda a: library.losses[loss](a, library.array(targets)), predictions
    )
    assert loss(predictions, targets) == near(values)
    # The libraries subtract, σ(z) − 1 for instance, and lose digits that the package keeps.
    assert loss.derivative(predictions, targets) == pytest.approx(slopes, rel=1e-12, abs=1e-14)


def test_the_backward_pass_of_a_network_agrees(library):
    rng = np.random.default_rng(1)
    network = Network((3, 5, 4, 2), (tanh, relu, identity), nll_logits, rng)
    x, y = rng.normal(size=(6, 3)), rng.integers(0, 2, (6, 2)).astype(float)
    gradients = network.backward(x, y)

    def mean_loss(layer):
        def of(weight):
            a = library.array(x)
            for k, activation in enumerate(network.activations):
                w = weight if k == layer else library.array(network.weights[k])
                a = library.activations[activation](a @ w.T + library.array(network.biases[k]))
            return library.losses[nll_logits](a, library.array(y)).sum() / len(x)

        return of

    for layer, weight in enumerate(network.weights):
        _, slopes = library.differentiate(mean_loss(layer), weight)
        assert gradients.weights[layer] == near(slopes)
