r"""The functions whose names have a fixed meaning: ``\tanh``, ``\operatorname{ReLU}`` and others.

Each is written once, by its definition; its derivative follows from that. A page may display any of
these definitions: it is then an equality like any other, and refuted if wrong.
"""

from . import numbers as n
from .arrays import Array, each, flat, scalar, total
from .errors import OutsideReals, Unread
from .numbers import HALF, ONE, ZERO, Complex, divide, exp, log, plus, sqrt, tanh


def sigmoid(x):
    return divide(ONE, plus(ONE, exp(-x)))


def softplus(x):
    return log(plus(ONE, exp(x)))


def relu(x):
    return n.largest((ZERO, x), "relu")


def normal_cdf(x):
    """The distribution function Φ of the standard normal distribution."""
    return HALF * plus(ONE, n.erf(HALF.sqrt() * x))


def tan(x):
    return divide(n.sin(x), n.cos(x))


def artanh(x):
    return HALF * log(divide(plus(ONE, x), plus(ONE, -x)))


def arsinh(x):
    return log(plus(x, sqrt(plus(x * x, ONE))))


def arcosh(x):
    if n.sign(x - ONE) < 0:
        raise OutsideReals("arcosh below 1")
    return log(plus(x, sqrt(plus(x * x, -ONE))))


def _over(top, bottom):
    return lambda x: divide(top(x), bottom(x))


def _one(x):
    return ONE


def _ten(x):
    return log(ONE * 10)


# Functions of one number.
SCALAR = {
    "exp": exp,
    "log": log,
    "log10": _over(log, _ten),
    "log1p": lambda x: log(plus(ONE, x)),
    "expm1": lambda x: plus(exp(x), -ONE),
    "sin": n.sin,
    "cos": n.cos,
    "tan": tan,
    "cot": _over(n.cos, n.sin),
    "sec": _over(_one, n.cos),
    "csc": _over(_one, n.sin),
    "sinh": n.sinh,
    "cosh": n.cosh,
    "tanh": tanh,
    "coth": _over(n.cosh, n.sinh),
    "sech": _over(_one, n.cosh),
    "csch": _over(_one, n.sinh),
    "arctan": n.arctan,
    "arcsin": n.arcsin,
    "arccos": lambda x: n.constant("pi") * HALF - n.arcsin(x),
    "artanh": artanh,
    "arsinh": arsinh,
    "arcosh": arcosh,
    "sign": lambda x: ONE * n.sign(x, "sign"),
    "abs": lambda x: n.absolute(x, "abs"),
    "sqrt": sqrt,
    "erf": n.erf,
    "erfc": lambda x: plus(ONE, -n.erf(x)),
    "sigmoid": sigmoid,
    "logsigmoid": lambda x: -softplus(-x),
    "logit": lambda x: log(divide(x, plus(ONE, -x))),
    "relu": relu,
    "relu6": lambda x: n.largest((relu(x), ONE * 6), "relu6", -1),
    "softplus": softplus,
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * tanh(softplus(x)),
    "softsign": lambda x: divide(x, plus(ONE, n.absolute(x, "softsign"))),
    "gelu": lambda x: x * normal_cdf(x),
    "re": lambda x: x.re if type(x) is Complex else x,
    "im": lambda x: x.im if type(x) is Complex else ZERO,
}


def _single(values):
    if len(values) != 1:
        raise Unread("this function takes one argument")
    return values[0]


def _extreme(turn):
    def extreme(*values):
        if len(values) == 2 and any(type(v) is Array for v in values):
            return each(lambda x, y: n.largest((x, y), "max", turn), *values)
        return n.largest(flat(values), "max", turn)

    return extreme


def softmax(*values):
    value = _single(values)
    powers = each(exp, value)
    whole = total(flat([powers]))
    return each(lambda p: divide(p, whole), powers)


def _diag(*values):
    value = _single(values)
    if type(value) is not Array or not value.is_vector:
        raise Unread("diag takes a vector")
    size = len(value.items)
    return Array.build(size, size, lambda r, c: value[(r,)] if r == c else ZERO)


def _trace(*values):
    value = _single(values)
    if type(value) is not Array:
        return scalar(value)
    return total([value[k, k] for k in range(1, value.rows + 1)])


# Functions of several numbers or of a vector.
SEVERAL = {
    "max": _extreme(1),
    "min": _extreme(-1),
    "softmax": softmax,
    "logsumexp": lambda *values: log(total([exp(x) for x in flat(values)])),
    "logsoftmax": lambda *values: each(log, softmax(*values)),
    "diag": _diag,
    "trace": _trace,
    "log_base": lambda base, x: divide(log(x), log(base)),
}

FIXED = {*SCALAR, *SEVERAL}
# Those whose one argument is a vector (or, of the trace, a matrix).
OF_VECTORS = {"softmax", "logsumexp", "logsoftmax", "diag", "trace"}
# Of these a page may define a variant of its own: softplus(x) := log(1 + e^{βx})/β.
VARIANTS = {
    "relu",
    "softplus",
    "silu",
    "mish",
    "softsign",
    "gelu",
    "sigmoid",
    "logsigmoid",
    "logit",
}
# What a page writes, where it is not the name in lower case.
SPELLED = {
    "ln": "log", "lg": "log10", "sgn": "sign", "tr": "trace", "lse": "logsumexp",
    "arctanh": "artanh", "atanh": "artanh", "arcsinh": "arsinh",
    "asinh": "arsinh", "arccosh": "arcosh", "acosh": "arcosh", "atan": "arctan", "asin": "arcsin",
    "acos": "arccos", "tg": "tan", "ctg": "cot", "logistic": "sigmoid", "expit": "sigmoid",
}  # fmt: skip
