"""The small network: its gradients, its training, its errors."""

import numpy as np
import pytest

from slopes import (
    identity,
    leaky_relu,
    nll_logits,
    nllm_logits,
    relu,
    sigmoid,
    square_loss,
    tanh,
)
from slopes.checks import DerivativeMismatch
from slopes.network import Network


def batch(loss, outputs, n=7):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 3))
    if loss is nllm_logits:
        return x, rng.integers(outputs, size=n)
    if loss is nll_logits:
        return x, rng.integers(2, size=(n, outputs))
    return x, rng.normal(size=(n, outputs))


@pytest.mark.parametrize("loss", [square_loss, nll_logits, nllm_logits], ids=lambda f: f.name)
@pytest.mark.parametrize("activation", [sigmoid, tanh, relu, leaky_relu], ids=lambda f: f.name)
def test_the_backward_pass_agrees_with_differences(loss, activation):
    outputs = 3 if loss is nllm_logits else 2
    rng = np.random.default_rng(0)
    network = Network((3, 5, 4, outputs), (activation, activation, identity), loss, rng)
    before = [w.copy() for w in network.weights]
    report = network.check_gradient(*batch(loss, outputs))
    assert report.points == 3 * 5 + 5 + 5 * 4 + 4 + 4 * outputs + outputs
    assert all((a == b).all() for a, b in zip(before, network.weights, strict=True))


def test_a_wrong_backward_pass_is_caught():
    class OfTheOutput(type(tanh)):
        def _derivative(self, x):
            return super()._derivative(np.tanh(x))

    network = Network((3, 4, 1), (OfTheOutput(), identity), square_loss, np.random.default_rng(0))
    with pytest.raises(DerivativeMismatch, match=r"weights of layer 1, entry .* backward gives"):
        network.check_gradient(*batch(square_loss, 1))


def test_training_learns_exclusive_or_and_says_how_far_it_is():
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    network = Network((2, 4, 1), (tanh, identity), nll_logits, np.random.default_rng(0))
    said = []
    losses = network.train(x, y, rate=0.5, steps=1000, say=said.append)
    assert losses.shape == (1001,)
    assert losses[-1] < 0.05 < losses[0]
    assert ((network(x) > 0) == (y == 1)).all()
    assert len(said) == 10
    assert said[-1].startswith("step 1000 of 1000")


def test_training_can_be_silent(capsys):
    network = Network((3, 1), (identity,), square_loss, np.random.default_rng(0))
    network.train(*batch(square_loss, 1), rate=0.1, steps=3, say=None)
    assert capsys.readouterr().out == ""


def test_two_networks_of_one_seed_are_equal():
    one, other = (
        Network((3, 2, 1), (tanh, identity), square_loss, np.random.default_rng(5))
        for _ in range(2)
    )
    x, _ = batch(square_loss, 1)
    np.testing.assert_array_equal(one(x), other(x))


def test_errors_say_what_does_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="3 sizes make 2 layers"):
        Network((2, 3, 1), (tanh,), square_loss, rng)
    network = Network((2, 1), (identity,), square_loss, rng)
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        network([1.0, 2.0])


def test_what_a_forward_pass_keeps_is_not_the_batch():
    network = Network((2, 1), (identity,), square_loss, np.random.default_rng(0))
    x = np.ones((3, 2))
    passed = network.forward(x)
    assert not any(np.shares_memory(kept, x) for kept in (*passed.inputs, *passed.sums))
