"""A small multilayer perceptron whose backward pass is the chapters' formulas and nothing else.

Shapes: a batch has one example a row. A layer with m inputs and k outputs has weights W of shape (k, m)
and biases b of shape (k,), and computes Z = A Wᵀ + b from the activations A, of shape (n, m), of the
layer before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slopes.checks import (
    CENTRAL_STEP,
    EPSILON,
    DerivativeMismatch,
    Report,
    Row,
    central_difference,
)

# The largest relative error that a central difference may show: its theoretical error, ε^(2/3), times a
# factor for the size of the loss and of its higher derivatives.
ALLOWED = 3e3 * EPSILON ** (2 / 3)


@dataclass(frozen=True)
class Forward:
    """What a forward pass leaves behind for the backward pass.

    ``inputs[l]`` and ``sums[l]`` are what layer l received and its weighted sums Z; ``output`` is the
    activation of the last layer.

    >>> from slopes import identity, square_loss, tanh
    >>> network = Network((2, 3, 1), (tanh, identity), square_loss, np.random.default_rng(0))
    >>> [z.shape for z in network.forward([[0.5, -1.0]]).sums]
    [(1, 3), (1, 1)]
    """

    inputs: list[np.ndarray]
    sums: list[np.ndarray]
    output: np.ndarray


@dataclass(frozen=True)
class Gradients:
    """The derivatives of the mean loss: for each layer those in W, in b, and in the weighted sums.

    >>> from slopes import identity, square_loss, tanh
    >>> network = Network((2, 3, 1), (tanh, identity), square_loss, np.random.default_rng(0))
    >>> [slopes.shape for slopes in network.backward([[0.5, -1.0]], [[1.0]]).weights]
    [(3, 2), (1, 3)]
    """

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    sums: list[np.ndarray]


class Network:
    """Affine layers, each followed by an activation, with a loss at the end.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of units in each hidden layer, and of outputs: ``(2, 8, 1)``.
    activations : sequence
        One activation of the package for each layer after the input. A network with a loss that takes
        logits ends with ``identity``.
    loss : object
        A loss of the package; its mean over the batch is minimised.
    rng : numpy.random.Generator
        Draws the initial weights, with standard deviation gain / √(number of inputs); biases start at 0.
    gain : float
        1 suits tanh (Glorot and Bengio, 2010), √2 suits ReLU (He and others, 2015).

    Raises
    ------
    ValueError
        If there is not one activation for each layer.

    Examples
    --------
    >>> from slopes import identity, square_loss, tanh
    >>> network = Network((2, 3, 1), (tanh, identity), square_loss, np.random.default_rng(0))
    >>> network([[0.5, -1.0], [2.0, 0.0]]).shape
    (2, 1)
    """

    def __init__(self, sizes, activations, loss, rng, gain=1.0):
        if len(activations) != len(sizes) - 1:
            raise ValueError(
                f"{len(sizes)} sizes make {len(sizes) - 1} layers, and there are"
                f" {len(activations)} activations; give one for each layer after the input"
            )
        self.activations, self.loss = tuple(activations), loss
        shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
        self.weights = [rng.normal(scale=gain / np.sqrt(m), size=(k, m)) for k, m in shapes]
        self.biases = [np.zeros(k) for k, _ in shapes]

    def __call__(self, x):
        """Return the outputs, of shape (n, outputs), for a batch of shape (n, inputs)."""
        return self.forward(x).output

    def forward(self, x):
        """Compute layer after layer, and keep what the backward pass needs.

        Raises
        ------
        ValueError
            If ``x`` has not the shape (n, inputs).
        """
        a = np.array(x, dtype=np.float64)  # a copy: what is kept shares no memory with the batch
        expected = self.weights[0].shape[1]
        if a.ndim != 2 or a.shape[1] != expected:
            raise ValueError(f"a batch needs the shape (n, {expected}), and this has {a.shape}")
        inputs, sums = [], []
        for weight, bias, activation in zip(
            self.weights, self.biases, self.activations, strict=True
        ):
            inputs.append(a)
            sums.append(a @ weight.T + bias)
            a = activation(sums[-1])
        return Forward(inputs, sums, a)

    def mean_loss(self, x, y):
        """Return the loss of the batch: summed over an example's outputs, averaged over examples."""
        return np.sum(self.loss(self(x), y)) / len(x)

    def backward(self, x, y):
        """Return the derivatives of ``mean_loss`` with respect to every parameter.

        The chain rule from the back to the front. With δ the derivative in a layer's weighted sums:
        δ = ∂L/∂A · f'(Z), ∂L/∂W = δᵀ A, ∂L/∂b = Σ δ, and δ W is ∂L/∂A of the layer before.
        """
        passed = self.forward(x)
        slope = self.loss.derivative(passed.output, y) / len(x)
        weights, biases, sums = [], [], []
        for layer in reversed(range(len(self.weights))):
            delta = slope * self.activations[layer].derivative(passed.sums[layer])
            sums.insert(0, delta)
            weights.insert(0, delta.T @ passed.inputs[layer])
            biases.insert(0, delta.sum(axis=0))
            slope = delta @ self.weights[layer]
        return Gradients(weights, biases, sums)

    def train(self, x, y, rate, steps, say=print):
        """Take ``steps`` steps of gradient descent on the whole batch, and return the losses.

        Parameters
        ----------
        x, y : array_like
            The batch and its targets.
        rate : float
            The learning rate: a parameter moves by −rate times its derivative.
        steps : int
            How many steps.
        say : callable or None
            Called with a line of progress ten times on the way; ``None`` for silence.

        Returns
        -------
        numpy.ndarray of shape (steps + 1,)
            The mean loss before the first step and after each one.
        """
        losses = [self.mean_loss(x, y)]
        for step in range(1, steps + 1):
            gradients = self.backward(x, y)
            for parameters, slopes in (
                (self.weights, gradients.weights),
                (self.biases, gradients.biases),
            ):
                for parameter, slope in zip(parameters, slopes, strict=True):
                    parameter -= rate * slope
            losses.append(self.mean_loss(x, y))
            if say and step % max(1, steps // 10) == 0:
                say(f"step {step:{len(str(steps))}d} of {steps}   loss {losses[-1]:.3f}")
        return np.array(losses)

    def check_gradient(self, x, y):
        """Compare the backward pass with central differences, one parameter after the other.

        Returns
        -------
        slopes.checks.Report
            One row for each layer's weights and biases.

        Raises
        ------
        DerivativeMismatch
            Names the layer, the parameter, and both values.
        """
        gradients, loss = self.backward(x, y), self.mean_loss(x, y)
        rows, count = [], 0
        for kind, parameters, slopes in (
            ("weights", self.weights, gradients.weights),
            ("biases", self.biases, gradients.biases),
        ):
            for layer, (parameter, slope) in enumerate(zip(parameters, slopes, strict=True), 1):
                numeric = self._numeric_slopes(parameter, x, y)
                error = _relative_error(numeric, slope, least=1e-3 * loss)
                worst = np.unravel_index(np.argmax(error), error.shape)
                what = f"{kind} of layer {layer}"
                place = ", ".join(str(i + 1) for i in worst)
                if error[worst] > ALLOWED:
                    raise DerivativeMismatch(
                        f"network, {what}, entry {place}: backward gives {slope[worst]:.6g}, the"
                        f" central difference {numeric[worst]:.6g}"
                    )
                rows.append(Row(what, float(error[worst]), f"entry {place}"))
                count += parameter.size
        return Report("network", count, tuple(rows), "parameters", "group")

    def _numeric_slopes(self, parameter, x, y):
        numeric = np.empty_like(parameter)
        for index in np.ndindex(parameter.shape):
            kept = parameter[index]

            def loss_at(value, index=index):
                parameter[index] = value
                return self.mean_loss(x, y)

            numeric[index] = central_difference(loss_at, kept, CENTRAL_STEP)
            parameter[index] = kept
        return numeric


def _relative_error(numeric, closed, least):
    """Return |numeric − closed| relative to ``closed``, floored at a thousandth of its largest value.

    The floor is at least ``least``: what differences of a large function value can resolve at all.

    Equal numbers have the error 0. Where only the floor is 0 the error is infinite, and so it is
    where one of the numbers is not finite, since that cannot be an agreement.
    """
    finite = np.isfinite(numeric) & np.isfinite(closed)
    difference = np.abs(
        np.subtract(numeric, closed, out=np.full(closed.shape, np.inf), where=finite)
    )
    size = np.where(finite, np.abs(closed), 0)
    size = np.maximum(size, max(1e-3 * size.max(), least))
    with np.errstate(divide="ignore"):
        return np.divide(difference, size, out=np.zeros_like(difference), where=difference != 0)
