"""What the exercises ask for, computed by other means than a reader is meant to use.

``check_answer(answer, "ex-leaky-narrow")`` calls ``leaky_narrow()``: the label of the exercise without
``ex-``, with underscores. It returns a number, an array, a function, or a dict that names the parts of
the answer. What it computes is measured or searched for where that is possible, so that it also tests
what the solution says.
"""

import sys

import numpy as np

from slopes.activations import LeakyReLU, identity, relu, sigmoid, softmax, softplus, step, tanh
from slopes.checks import central_difference, complex_step, numeric_jacobian
from slopes.data import digits
from slopes.losses import LOSSES, absolute_loss, nll, nll_logits, nllm, nllm_logits, square_loss
from slopes.network import Network


def of(label):
    """Return the function that computes the answer to the exercise with this label.

    >>> of("ex-leaky-narrow") is leaky_narrow
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


def backpropagation_pass():
    def prediction(parameters):
        W, b, v, c = np.split(parameters, [4, 6, 8])
        return v @ LeakyReLU(0.1)(W.reshape(2, 2) @ [-2.0, 2.0] + b) + c[0]

    def loss(parameters):
        return square_loss(prediction(parameters), 6.65)

    parameters = np.array([1.0, 0.5, -1.5, 0.5, 0.0, -0.5, 0.5, 2.0, 0.2])
    weights, biases, v, c = np.split(numeric_jacobian(loss, parameters), [4, 6, 8])
    return {
        "the prediction": prediction(parameters),
        "the pair of error signals": biases,
        "the pair of slopes for the output weights": v,
        "the slope for the output bias": c[0],
        "the array of slopes for the hidden weights": weights.reshape(2, 2),
    }


def backpropagation_shortcut():
    def loss(x, k):
        hidden = LeakyReLU(0.1)(np.array([[1.0, 0.5], [-1.5, 0.5]]) @ [x, 2.0] + [0.0, -0.5])
        return square_loss(np.dot([0.5, 2.0], hidden) + 0.2 + k * x, 3.0)

    return lambda k: central_difference(lambda u: loss(LeakyReLU(0.1)(u * 2), k), 0.5)


def backpropagation_twins():
    network = Network((2, 4, 1), (tanh, identity), square_loss, np.random.default_rng(0))
    network.weights = [np.full_like(weights, 0.5) for weights in network.weights]
    x = np.random.default_rng(0).normal(size=(20, 2))
    network.train(x, x[:, :1] * x[:, 1:], rate=0.5, steps=100, say=None)
    return len(np.unique(network.weights[0].round(8), axis=0))


def check_best_step():
    h = np.geomspace(1e-7, 1e-3, 400_001)
    total_error = h**2 / 6 + 2.2e-16 / (2 * h)
    return h[total_error.argmin()]


def check_slip():
    derived = [
        (lambda x: x * np.exp(x), lambda x: (1 + x) * np.exp(x)),
        (lambda x: np.sin(x) ** 2, lambda x: 2 * np.sin(x)),
        (lambda x: np.log(1 + x**2), lambda x: 2 * x / (1 + x**2)),
    ]
    measured = [central_difference(f, 1.0) for f, _ in derived]
    fits = [np.isclose(m, slope(1.0)) for m, (_, slope) in zip(measured, derived, strict=True)]
    wrong = fits.index(False)
    return {"the number": wrong + 1, "the slope": measured[wrong]}


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


def choose_row():
    x = np.linspace(-5, 5, 100_001)
    outputs = x * sigmoid(x)
    slopes = np.gradient(outputs, x)
    return {
        "the smallest slope": slopes.min(),
        "the largest slope": slopes.max(),
        "the lowest output": outputs.min(),
        "the mean output": outputs[np.abs(x) <= 2].mean(),
    }


def choose_tasks():
    return {
        "the slope for the calls": np.exp(1.0) - 4.0,
        "the slope for the temperature": absolute_loss.derivative(1.0, 4.0),
        "the slope for the price": square_loss.derivative(1.0, np.log(4.0)),
        "the slope for the spam": nll_logits.derivative(1.0, 1.0),
    }


def jacobians_forward():
    shapes = [(1000, 1)] + 9 * [(1000, 1000)]
    from_input = sum(rows * inner for rows, inner in shapes[1:])
    from_output = sum(1000 * inner * columns for inner, columns in shapes[:-1])
    return min(from_input, from_output)


def jacobians_gradient():
    gradient = numeric_jacobian(lambda x: x[0] ** 2 * x[1], np.array([2.0, 0.75]))
    down = -gradient / np.linalg.norm(gradient)
    return {
        "the way down": down,
        "the rate": gradient @ down,
        "the way on which nothing changes": [-down[1], down[0]],
    }


def jacobians_shapes():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(16, 64)), rng.normal(size=(10, 16))
    stages = [
        (lambda a: square_loss(a, 0.0).sum(keepdims=True), 10),
        (lambda a: second @ a, 16),
        (sigmoid, 16),
        (lambda x: first @ x, 64),
    ]
    return [numeric_jacobian(stage, rng.normal(size=n)).shape for stage, n in stages]


def leaky_narrow():
    return next(n for n in range(1, 100) if 1 - (1 - 2.0**-n) ** 20 <= 1 / 40)


def leaky_parametric():
    def difference_quotient(x):
        return central_difference(lambda alpha: LeakyReLU(alpha)(x), 0.25)

    return difference_quotient


def matrices_lines():
    delta = np.array([[2.0, -1.0, 0.0], [1.0, 3.0, -2.0]])
    A = np.array([[1.0, 0.0, 4.0, -1.0], [2.0, 5.0, 0.0, 3.0]])
    W = np.array([[1.0, 2.0, 0.0, 1.0], [0.0, -1.0, 3.0, 1.0], [2.0, 0.0, 1.0, -2.0]])

    # A cost whose slopes with respect to the weighted sums are delta.
    def cost(A, W, b):
        return np.sum(delta * (A.reshape(2, 4) @ W.reshape(3, 4).T + b))

    none = np.zeros(3)
    for_W = numeric_jacobian(lambda entries: cost(A, entries, none), W.ravel())
    for_A = numeric_jacobian(lambda entries: cost(entries, W, none), A.ravel())
    return {
        "the array of slopes for W": for_W.reshape(3, 4),
        "the list of slopes for b": numeric_jacobian(lambda b: cost(A, W, b), none),
        "the array for the layer before": for_A.reshape(2, 4),
    }


def matrices_twice():
    network = Network((2, 1), (identity,), square_loss, np.random.default_rng(0))
    x, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1.0], [2.0]])
    once, twice = (network.backward(np.tile(x, (k, 1)), np.tile(y, (k, 1))) for k in (1, 2))
    mean = twice.weights[0][0, 0] / once.weights[0][0, 0]
    return [mean, mean * 2]  # the sum is the mean times the number of examples


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


def nonlinearity_absolute():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    bend = np.abs(corners.sum(axis=1) - 1)
    c, d = np.linalg.lstsq(np.column_stack([np.ones(4), bend]), [0, 1, 1, 0])[0]
    return {"c": c, "d": d}


def nonlinearity_collapse():
    def network(x):
        hidden = np.array([[1, 2], [0, -1], [3, 1]]) @ x + [1, 0, -2]
        return np.array([[2, 5, -1]]) @ hidden + [4]

    bias = network(np.zeros(2))
    columns = [network(unit) - bias for unit in np.eye(2)]
    return {"W": np.stack(columns, axis=-1), "b": bias}


def nonlinearity_polynomial():
    x = np.linspace(-1, 1, 401)
    hidden = np.random.default_rng(0).normal(size=(50, 2)) @ [x, x**0]
    return np.linalg.matrix_rank(hidden**2, tol=1e-6) - 1


def rate_border():
    pictures, _ = digits(4, 9)
    direction = np.ones(64)
    for _ in range(200):  # what the slopes magnify most takes over
        slopes = pictures.T @ (pictures @ direction) / len(pictures)
        curvature = np.linalg.norm(slopes)
        direction = slopes / curvature
    return 2 / curvature


def rate_one_step():
    rates = np.linspace(0.0, 1.0, 1001)
    distance = np.abs(1 - rates * central_difference(lambda w: 2 * w**2, 1.0))
    return [rates[distance.argmin()], rates[1:][distance[1:] >= 1 - 1e-6].min()]


def rate_steps():
    curvature, path = np.array([9.0, 1.0]), [np.array([1.0, 1.0])]
    while np.linalg.norm(path[-1]) > np.linalg.norm(path[0]) / 1000:
        path.append(path[-1] - 2 / curvature.sum() * curvature * path[-1])
    return len(path) - 1


def rate_wide():
    low, high = 0.0, 0.5
    while high - low > 1e-9:
        shift = (low + high) / 2
        matrix = 0.1 * np.eye(100) + (0.5 - shift) ** 2 * np.ones((100, 100))
        eigenvalues = np.linalg.eigvalsh(matrix)
        flat_enough = eigenvalues.max() <= 10 * eigenvalues.min()
        low, high = (low, shift) if flat_enough else (shift, high)
    return high


def relu_born_dead():
    corners = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    return -(corners @ [3, -4]).max()


def relu_shifted():
    x = np.linspace(-10, 10, 2001)
    f = relu(6 - 2 * x)
    bend = 1 + np.argmax(np.diff(f, 2))
    slopes = np.linspace(-5, 5, 1001)
    below = [g for g in slopes if np.all(f[bend] + g * (x - x[bend]) <= f + 1e-9)]
    return {
        "the kink": x[bend],
        "the slope on its left": central_difference(lambda x: relu(6 - 2 * x), 2.0),
        "the slope on its right": central_difference(lambda x: relu(6 - 2 * x), 4.0),
        "the smallest slope": below[0],
        "the largest slope": below[-1],
    }


def relu_step():
    start, example = np.array([1.0, 1.0]), np.array([2.0, 1.0])  # of the weight and the bias

    def loss(parameters):
        return 4 * relu(parameters @ example)

    slopes = numeric_jacobian(loss, start)
    rates = np.linspace(0, 1, 10_001)
    z = start @ example - rates * (slopes @ example)
    return {
        "the pair of slopes": slopes,
        "the sum after the step": np.interp(0.1, rates, z),
        "the smallest rate": rates[z <= 1e-6][0],
    }


def sigmoid_certain():
    def loss(bias, z):
        return (sigmoid(z + bias) - 1) ** 2

    undecided, certain = (central_difference(lambda b, z=z: loss(b, z), 0.0) for z in (0.0, -5.0))
    return undecided / certain


def sigmoid_output():
    return {
        "the slope": central_difference(sigmoid, np.log(0.9 / 0.1)),
        "what the program finds": central_difference(sigmoid, 0.9),
    }


def sigmoid_overflow():
    def fraction(x):
        return np.exp(-x) / (1 + np.exp(-x)) ** 2

    x = np.linspace(-400, -300, 100_001)
    with np.errstate(over="ignore"):
        place = x[fraction(x) > 0].min()
    return {"the place": place, "the exponent": np.log10(sigmoid.derivative(place))}


def softmax_batch():
    def row_by_row(s, v):
        return [softmax.jacobian(np.log(row)).T @ slopes for row, slopes in zip(s, v, strict=True)]

    return row_by_row


def softmax_hand():
    z = np.log([0.6, 0.3, 0.1])
    return {
        "the Jacobian": softmax.jacobian(z),
        "the list of rates": central_difference(lambda t: softmax(z + t * np.arange(3)), 0.0),
        "the variance": np.cov(np.arange(3), aweights=[6, 3, 1], bias=True),
    }


def softmax_temperature():
    def largest(tau):
        return np.max(softmax.jacobian(np.array([2.0, 1.0, 0.0]) / tau) / tau)

    return [largest(tau) > largest(1.0) for tau in (2.0, 0.1)]


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


def step_rise():
    x = np.linspace(-0.2, 0.2, 100_001)
    return np.trapezoid(10 * sigmoid.derivative(10 * x), x)


def step_jumps():
    inputs = np.linspace(-2, 2, 41)[:, None]
    outputs = step(inputs + np.linspace(-1.05, 0.05, 10_001))
    loss = np.mean((outputs - (inputs > 0.5)) ** 2, axis=0)
    return np.count_nonzero(np.diff(loss))


def stuck_limit():
    def rate_limit(x):
        slope = square_loss.derivative(relu(x), 0.0) * relu.derivative(x)
        return x / (slope * x * x + slope)  # the sum, and how fast the rate brings it down

    return rate_limit


def stuck_ratio():
    s = np.array([0.5, 0.9])
    slopes = square_loss.derivative(s, 0.0) * sigmoid.derivative(np.log(s / (1 - s)))
    return slopes[0] / slopes[1]


def stuck_survive():
    rates = np.linspace(0.0, 0.5, 6001)
    slope = square_loss.derivative(relu(2.0), 0.0) * relu.derivative(2.0)
    weights, biases = 1 - rates * slope * 2, -rates * slope
    return {
        "the rate for x = 2": rates[weights * 2 + biases < 1e-9].min(),
        "the rate for the lesson": rates[np.maximum(biases, weights + biases) < 1e-9].min(),
        "the rate for every x": rates[(weights < 1e-9) & (biases <= 0)].min(),
    }


def tanh_directions():
    def loss(w):
        return -2 * np.dot([0.9, 0.2], w)

    rng = np.random.default_rng(0)
    activations = sigmoid(rng.normal(scale=2.0, size=(1000, 2)))
    changes = -rng.normal(size=(1000, 1)) * activations
    largest = 2 * np.max((sigmoid(np.array([-40.0, 40.0])) - 1 / 4) ** 2)
    rates = np.arange(1, 1801) / 900
    return {
        "the changes of the weights": -0.5 * numeric_jacobian(loss, np.zeros(2)),
        "what is possible": bool(np.any((changes[:, 0] < 0) & (changes[:, 1] > 0))),
        "the largest rate": rates[np.abs(1 - 2 * rates * largest) < 1 + 1e-9].max(),
    }


def tanh_crossing():
    x = np.linspace(1.0, 3.0, 2_000_001)
    above = tanh.derivative(x) > sigmoid.derivative(x)
    crossing = np.argmin(above)
    return (x[crossing - 1] + x[crossing]) / 2


def tanh_slip():
    slope = central_difference
    return slope(np.tanh, np.tanh(2.0)) / slope(np.tanh, 2.0)


def vanishing_balance():
    z = np.linspace(-100.0, 100.0, 20_001)
    q, gain = 50.0, 10.0
    for _ in range(200):  # until the spread of the sums and the gain fit each other
        density = np.exp(-(z**2) / (2 * q))
        density /= density.sum()
        gain = 1 / np.sqrt(density @ sigmoid.derivative(z) ** 2)
        q = gain**2 * (density @ sigmoid(z) ** 2)
    return gain


def vanishing_explode():
    squares = relu.derivative(np.array([-1.0, 1.0])) ** 2
    return np.prod(np.full(49, 2.0 * np.sqrt(squares.mean())))


def vanishing_gain():
    def gain_for(*leaks):
        slopes = [LeakyReLU(leak).derivative([-1.0, 1.0]) for leak in leaks]
        return 1 / np.sqrt(np.mean(np.square(slopes)))

    return {
        "the gain for a leak of 0.01": gain_for(0.01),
        "the gain for a leak of 0.5": gain_for(0.5),
        "the gain for random leaks": gain_for(*(np.arange(1000) + 0.5) / 2000),
    }


def vanishing_layers():
    return next(steps for steps in range(20) if sigmoid.derivative(0.0) ** steps < 1 / 1000)
