"""The derivatives of activation and loss functions: the shared code of the book.

>>> from slopes import sigmoid, check_derivative
>>> sigmoid.derivative(0.0)
np.float64(0.25)

Figures and the equation checker are imported when they are first used, so that ``import slopes`` costs
little more than NumPy itself.
"""

from importlib import import_module

from slopes.activations import (
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
from slopes.checks import check_derivative
from slopes.data import digits
from slopes.exercises import check_answer
from slopes.losses import (
    LOSSES,
    absolute_loss,
    nll,
    nll_logits,
    nllm,
    nllm_logits,
    square_loss,
)

_LAZY = {
    "figures": "slopes.figures",
    "verify": "slopes.pages",
    "check_derivation": "slopes.equations",
}

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "LeakyReLU",
    "absolute_loss",
    "check_answer",
    "check_derivation",
    "check_derivative",
    "digits",
    "figures",
    "identity",
    "leaky_relu",
    "log_softmax",
    "nll",
    "nll_logits",
    "nllm",
    "nllm_logits",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "square_loss",
    "step",
    "tanh",
    "verify",
]


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module 'slopes' has no attribute {name!r}")
    module = import_module(_LAZY[name])
    return module if _LAZY[name].endswith(f".{name}") else getattr(module, name)
