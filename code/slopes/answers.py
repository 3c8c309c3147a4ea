"""What the exercises ask for, computed by other means than a reader is meant to use.

``check_answer(answer, "ex-leaky-gain")`` calls ``leaky_gain()``: the label of the exercise without
``ex-``, with underscores. It returns a number, an array, a function, or a dict that names the parts of
the answer. What it computes is measured or searched for where that is possible, so that it also tests
what the solution says.
"""

import sys

import numpy as np

from slopes.activations import LeakyReLU, relu, sigmoid, softmax, softplus
from slopes.checks import central_difference, complex_step
from slopes.losses import LOSSES, absolute_loss, nll, nll_logits, nllm, nllm_logits, square_loss


def of(label):
    """Return the function that computes the answer to the exercise with this label.

    >>> of("ex-leaky-gain") is leaky_gain
    True
    """
    name = label.removeprefix("ex-").replace("-", "_")
    found = getattr(sys.modules[__name__], name, None)
    if getattr(found, "__module__", None) != __name__:
        raise LookupError(f"slopes.answers has no function {name} for the exercise {label}")
    return found


def absolute_even():
    c = np.linspace(0, 8, 801)
    cost = [absolute_loss(np.full(4, value), [1, 2, 6, 7]).mean() for value in c]
    best = c[np.isclose(cost, np.min(cost))]
    return {"the lower end": best[0], "the upper end": best[-1]}


def absolute_three():
    a = [10.0, 39.0, 70.0]
    return {
        f"the {loss.name}": loss.derivative(a, [40.0] * 3) for loss in (absolute_loss, square_loss)
    }


def check_best_step():
    h = np.geomspace(1e-7, 1e-3, 400_001)
    total_error = h**2 / 6 + 2.2e-16 / (2 * h)
    return h[total_error.argmin()]


def choose_row():
    x = np.linspace(0, 5, 50_001)
    return np.gradient(x * sigmoid(x), x).max()


def choose_depth():
    def first_below(slope):
        return next(depth for depth in range(100) if slope**depth < 1e-9)

    return {"the number for 0.01": first_below(0.01), "the number for 0.25": first_below(0.25)}


def choose_outlier():
    errors = np.append(np.full(9, 0.1), 50.0)
    sizes = [np.abs(loss.derivative(errors, 0.0)) for loss in LOSSES[:2]]
    return {
        f"the share for the {loss.name}": size[-1] / size.sum()
        for loss, size in zip(LOSSES, sizes, strict=False)
    }


def leaky_gain():
    squares = LeakyReLU(0.2).derivative([-1.0, 1.0]) ** 2
    return 1 / np.sqrt(squares.mean())


def leaky_quarter():
    return sigmoid.derivative(0.0)


def rate_wide():
    eigenvalues = np.linalg.eigvalsh(0.1 * np.eye(100) + 0.5**2 * np.ones((100, 100)))
    return eigenvalues.max() / eigenvalues.min()


def nll_fastest():
    a = np.linspace(0.0, 1.0, 30_001)
    return a[np.argmax(2 * a * (1 - a) ** 2)]


def nll_one():
    in_a = complex_step(lambda a: nll(a, 1.0), 0.25)
    in_z = complex_step(lambda z: nll_logits(z, 1.0), np.log(0.25 / 0.75))
    return {"the slope in a": in_a, "the slope in z": in_z}


def nll_soft():
    a = np.linspace(0.001, 0.999, 999)
    losses = nll(a, 0.3)
    return {"the best output": a[losses.argmin()], "the loss there": losses.min()}


def nllm_first():
    z = np.zeros(10)
    return {"the loss": nllm_logits(z, 7), "the slope": nllm_logits.derivative(z, 7)[7]}


def nllm_hand():
    a, y = [0.7, 0.2, 0.1], [0.0, 0.0, 1.0]
    return {
        "the gradient in a": nllm.derivative(a, y),
        "the gradient in z": nllm_logits.derivative(np.log(a), y),
    }


def nonlinearity_collapse():
    def network(x):
        hidden = np.array([[1, 2], [0, -1], [3, 1]]) @ x + [1, 0, -2]
        return np.array([[2, 5, -1]]) @ hidden + [4]

    bias = network(np.zeros(2))
    columns = [network(unit) - bias for unit in np.eye(2)]
    return {"W": np.stack(columns, axis=-1), "b": bias}


def nonlinearity_absolute():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    bend = np.abs(corners.sum(axis=1) - 1)
    c, d = np.linalg.lstsq(np.column_stack([np.ones(4), bend]), [0, 1, 1, 0])[0]
    return {"c": c, "d": d}


def nonlinearity_polynomial():
    x = np.linspace(-1, 1, 401)
    hidden = np.random.default_rng(0).normal(size=(50, 2)) @ [x, x**0]
    return np.linalg.matrix_rank(hidden**2, tol=1e-6) - 1


def relu_born_dead():
    corners = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    return -(corners @ [3, -4]).max()


def sigmoid_logit():
    return central_difference(lambda p: np.log(p / (1 - p)), 0.2)


def softmax_hand():
    return softmax.jacobian(np.log([0.6, 0.3, 0.1]))


def softmax_two():
    return complex_step(lambda t: softmax([t, -t])[0], 0.0)


def softplus_gap():
    x = np.linspace(-10, 10, 20_001)
    return (softplus(x) - relu(x)).max()


def square_one():
    loss = square_loss.at(20.0)
    return {"the loss": loss(25.0), "the slope": complex_step(loss, 25.0)}


def square_rate():
    rates = np.linspace(0.0, 0.1, 10_001)
    # One step on (w · 5 − y)² multiplies the error by 1 − 2 · 5² · rate.
    return rates[np.abs(1 - 2 * 5.0**2 * rates) < 1].max()


def step_steep():
    k = np.linspace(0, 100, 1_000_001)
    return k[sigmoid(0.1 * k) >= 0.99].min()


def step_area():
    x = np.linspace(-0.2, 0.2, 100_001)
    return np.trapezoid(10 * sigmoid.derivative(10 * x), x)


def tanh_slip():
    slope = central_difference
    return slope(np.tanh, np.tanh(2.0)) / slope(np.tanh, 2.0)
