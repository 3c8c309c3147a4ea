"""What other libraries call the functions of the package, and how they differentiate them.

The tests compare values and derivatives with theirs, and `make bench` compares times. Neither library
is needed by the book.
"""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np

from slopes import (
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
    softplus,
    square_loss,
    step,
    tanh,
)


class PyTorch:
    """Functions of PyTorch, and their derivatives by its autograd."""

    module = "torch"

    def __init__(self, torch):
        self._torch, f = torch, torch.nn.functional
        self.activations = {
            identity: torch.nn.Identity(),
            step: lambda x: (torch.sign(x) + 1) / 2,
            sigmoid: torch.sigmoid,
            tanh: torch.tanh,
            relu: torch.relu,
            leaky_relu: f.leaky_relu,
            softplus: lambda x: f.softplus(x, threshold=math.inf),
        }
        self.steep = lambda x: f.leaky_relu(x, 0.3)
        self.softmax = {
            softmax: lambda z: torch.softmax(z, -1),
            log_softmax: lambda z: torch.log_softmax(z, -1),
        }
        self.losses = {
            square_loss: lambda a, y: f.mse_loss(a, y, reduction="none"),
            absolute_loss: lambda a, y: f.l1_loss(a, y, reduction="none"),
            nll: lambda a, y: f.binary_cross_entropy(a, y, reduction="none"),
            nll_logits: lambda z, y: f.binary_cross_entropy_with_logits(z, y, reduction="none"),
            nllm: lambda a, y: -(y * torch.log(a)).sum(-1),
            nllm_logits: lambda z, y: f.cross_entropy(z, y, reduction="none"),
        }

    # Through lists, since a build of PyTorch reads arrays of one version of NumPy only.

    def array(self, x, dtype="float64"):
        """Return numbers as the library takes them."""
        return self._torch.tensor(np.asarray(x).tolist(), dtype=getattr(self._torch, dtype))

    def forward_and_backward(self, function, x, upstream=None):
        """Return the values of a function, and the gradient of their sum (weighted by ``upstream``)."""
        x = x.detach().requires_grad_()
        values = function(x)
        upstream = self._torch.ones_like(values) if upstream is None else upstream
        return values, self._torch.autograd.grad(values, x, upstream)[0]

    def differentiate(self, function, x):
        """Return the values of a function, and the gradient of their sum."""
        values, slopes = self.forward_and_backward(function, self.array(x))
        return np.array(values.tolist()), np.array(slopes.tolist())

    def jacobian(self, function, x):
        """Return the matrix of all partial derivatives."""
        return np.array(self._torch.autograd.functional.jacobian(function, self.array(x)).tolist())


class JAX:
    """Functions of JAX, and their derivatives by its autodiff."""

    module = "jax"

    def __init__(self, jax):
        jax.config.update("jax_enable_x64", True)
        self._jax, np = jax, jax.numpy
        self.activations = {
            identity: lambda x: x,
            step: lambda x: (np.sign(x) + 1) / 2,
            sigmoid: jax.nn.sigmoid,
            tanh: np.tanh,
            relu: jax.nn.relu,
            leaky_relu: jax.nn.leaky_relu,
            softplus: jax.nn.softplus,
        }
        self.steep = lambda x: jax.nn.leaky_relu(x, 0.3)
        self.softmax = {softmax: jax.nn.softmax, log_softmax: jax.nn.log_softmax}
        self.losses = {
            square_loss: lambda a, y: (a - y) ** 2,
            absolute_loss: lambda a, y: np.abs(a - y),
            nll: lambda a, y: -(y * np.log(a) + (1 - y) * np.log1p(-a)),
            nll_logits: lambda z, y: jax.nn.softplus(z) - y * z,
            nllm: lambda a, y: -(y * np.log(a)).sum(-1),
            nllm_logits: lambda z, y: -(y * jax.nn.log_softmax(z)).sum(-1),
        }

    def array(self, x):
        """Return numbers as the library takes them."""
        return self._jax.numpy.asarray(x, dtype="float64")

    def differentiate(self, function, x):
        """Return the values of a function, and the gradient of their sum."""
        slopes = self._jax.grad(lambda x: function(x).sum())(self.array(x))
        return np.asarray(function(self.array(x))), np.asarray(slopes)

    def jacobian(self, function, x):
        """Return the matrix of all partial derivatives."""
        return np.asarray(self._jax.jacobian(function)(self.array(x)))


#: The libraries that are installed here; each is made from its module.
INSTALLED = [library for library in (PyTorch, JAX) if find_spec(library.module)]
