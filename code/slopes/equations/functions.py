r"""The functions whose names have a fixed meaning: ``\tanh``, ``\operatorname{ReLU}`` and others.

Each is written once, by its definition; its derivative follows from that. A page may display any of
these definitions: it is then an equality like any other, and refuted if wrong.
"""

from functools import partial

from . import numbers as n
from .arrays import Array, each, flat, total
from .errors import Unread
from .numbers import HALF, ONE, ZERO, divide, exp, log, plus


def sigmoid(x):
    return divide(ONE, plus(ONE, exp(-x)))


def softplus(x):
    return log(plus(ONE, exp(x)))


def imaginary(x):
    if type(x) is n.Dual and x.tag:
        return n.Dual(x.tag, imaginary(x.a), imaginary(x.b))
    return n.split(x, n.IMAGINARY)[1]


# Functions of one number.
ELEMENTARY = ("exp", "log", "sin", "cos", "sinh", "cosh", "tanh", "arctan", "sqrt", "erf")
SCALAR = {
    **{name: getattr(n, name) for name in ELEMENTARY},
    "log10": lambda x: divide(log(x), log(ONE * 10)),
    "tan": lambda x: divide(n.sin(x), n.cos(x), "tan"),
    "cot": lambda x: divide(n.cos(x), n.sin(x), "cot"),
    "sec": lambda x: divide(ONE, n.cos(x), "sec"),
    "csc": lambda x: divide(ONE, n.sin(x), "csc"),
    "sech": lambda x: divide(ONE, n.cosh(x)),
    "sign": lambda x: ONE * n.sign(x, "sign"),
    "abs": lambda x: n.absolute(x, "abs"),
    "sigmoid": sigmoid,
    "logit": lambda x: log(divide(x, plus(ONE, -x))),
    "relu": lambda x: n.largest((ZERO, x), "relu"),
    "softplus": softplus,
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * n.tanh(softplus(x)),
    "softsign": lambda x: divide(x, plus(ONE, n.absolute(x, "softsign"))),
    "gelu": lambda x: x * HALF * plus(ONE, n.erf(HALF.sqrt() * x)),
    "im": imaginary,
}


def _extreme(turn, *values):
    if len(values) == 2 and any(type(v) is Array for v in values):
        return each(lambda x, y: n.largest((x, y), "max", turn), *values)
    return n.largest(flat(values), "max", turn)


def softmax(value):
    powers = each(exp, value)
    whole = total(flat([powers]))
    return each(lambda p: divide(p, whole), powers)


def _diag(value):
    if type(value) is not Array or not value.is_vector:
        raise Unread("diag takes a vector")
    size = len(value.items)
    return Array.build(size, size, lambda r, c: value[(r,)] if r == c else ZERO)


# Functions of several numbers, and those whose one argument is a vector.
OF_VECTORS = {
    "softmax": softmax,
    "logsumexp": lambda value: log(total([exp(x) for x in flat([value])])),
    "diag": _diag,
}
SEVERAL = {
    "max": partial(_extreme, 1),
    "min": partial(_extreme, -1),
    "log_base": lambda base, x: divide(log(x), log(base), "log_base"),
    **OF_VECTORS,
}

FIXED = {*SCALAR, *SEVERAL}
VARIED = {"gelu", "silu", "softplus", "mish", "softsign"}  # other texts call other functions so
# What a page writes, where it is not the name in lower case.
SPELLED = {
    "ln": "log", "lg": "log10", "sgn": "sign", "lse": "logsumexp", "atan": "arctan",
    "tg": "tan", "ctg": "cot", "logistic": "sigmoid", "expit": "sigmoid",
}  # fmt: skip
