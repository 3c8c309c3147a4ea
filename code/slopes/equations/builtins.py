r"""The functions whose names have a fixed meaning: ``\tanh``, ``\operatorname{ReLU}`` and others.

Each is written once, by its definition, in the arithmetic of `numbers`; its derivative follows from
that. A page may display any of these definitions: it is then an equality like any other, and
refuted if wrong.
"""


def sigmoid(a, x):
    one = a.mp.mpf(1)
    return a.div(one, a.add(one, a.exp(a.neg(x))))


def softplus(a, x):
    return a.log(a.add(a.mp.mpf(1), a.exp(x)))


def relu(a, x):
    return a.largest((a.mp.mpf(0), x), "relu")


def normal_cdf(a, x):
    half = a.mp.mpf(1) / 2
    return a.mul(half, a.add(a.mp.mpf(1), a.erf(a.mul(a.mp.sqrt(half), x))))


def normal_pdf(a, x):
    square = a.mul(a.mp.mpf(-1) / 2, a.mul(x, x))
    return a.mul(1 / a.mp.sqrt(2 * a.mp.pi), a.exp(square))


def reciprocal(function):
    return lambda a, x: a.div(a.mp.mpf(1), function(a, x))


def _quotient(top, bottom):
    return lambda a, x: a.div(top(a, x), bottom(a, x))


def _sin(a, x):
    return a.sin(x)


def _cos(a, x):
    return a.cos(x)


def _sinh(a, x):
    return a.sinh(x)


def _cosh(a, x):
    return a.cosh(x)


def artanh(a, x):
    one = a.mp.mpf(1)
    half = a.mp.mpf(1) / 2
    return a.mul(half, a.log(a.div(a.add(one, x), a.sub(one, x))))


def arsinh(a, x):
    return a.log(a.add(x, a.sqrt(a.add(a.mul(x, x), a.mp.mpf(1)))))


def arcosh(a, x):
    if a.sign(a.sub(x, a.mp.mpf(1))) < 0:
        return a.log(a.mp.mpf(-1))
    return a.log(a.add(x, a.sqrt(a.sub(a.mul(x, x), a.mp.mpf(1)))))


SCALAR = {
    "exp": lambda a, x: a.exp(x),
    "log": lambda a, x: a.log(x),
    "log10": lambda a, x: a.div(a.log(x), a.mp.log(10)),
    "log1p": lambda a, x: a.log1p(x),
    "expm1": lambda a, x: a.sub(a.exp(x), a.mp.mpf(1)),
    "sin": _sin,
    "cos": _cos,
    "tan": _quotient(_sin, _cos),
    "cot": _quotient(_cos, _sin),
    "sec": reciprocal(_cos),
    "csc": reciprocal(_sin),
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": lambda a, x: a.tanh(x),
    "coth": _quotient(_cosh, _sinh),
    "sech": reciprocal(_cosh),
    "csch": reciprocal(_sinh),
    "arctan": lambda a, x: a.arctan(x),
    "arcsin": lambda a, x: a.arcsin(x),
    "arccos": lambda a, x: a.arccos(x),
    "artanh": artanh,
    "arsinh": arsinh,
    "arcosh": arcosh,
    "sign": lambda a, x: a.signum(x, "sign"),
    "abs": lambda a, x: a.absolute(x, "abs"),
    "sqrt": lambda a, x: a.sqrt(x),
    "erf": lambda a, x: a.erf(x),
    "erfc": lambda a, x: a.sub(a.mp.mpf(1), a.erf(x)),
    "sigmoid": sigmoid,
    "logsigmoid": lambda a, x: a.neg(softplus(a, a.neg(x))),
    "logit": lambda a, x: a.log(a.div(x, a.sub(a.mp.mpf(1), x))),
    "relu": relu,
    "relu6": lambda a, x: a.smallest((relu(a, x), a.mp.mpf(6)), "relu6"),
    "softplus": softplus,
    "silu": lambda a, x: a.mul(x, sigmoid(a, x)),
    "mish": lambda a, x: a.mul(x, a.tanh(softplus(a, x))),
    "softsign": lambda a, x: a.div(x, a.add(a.mp.mpf(1), a.absolute(x, "softsign"))),
    "gelu": lambda a, x: a.mul(x, normal_cdf(a, x)),
    "normal_cdf": normal_cdf,
    "normal_pdf": normal_pdf,
}

# All names with a fixed meaning, functions of several numbers and of vectors included.
FIXED = {
    *SCALAR,
    "max",
    "min",
    "softmax",
    "logsumexp",
    "logsoftmax",
    "diag",
    "trace",
    "re",
    "im",
    "log_base",
}

# Of these a page may define a variant with a parameter of its own: softplus(x) = log(1 + e^{βx})/β.
VARIANTS = {"relu", "softplus", "silu", "mish", "softsign", "gelu", "sigmoid", "logsigmoid"}

# Letters that mean a function where the page applies them without having defined them.
LETTERS = {"sigma": "sigmoid", "Phi": "normal_cdf"}
# The page may define these in its own way (an approximation, another convention).
FLEXIBLE = {"gelu", "logit"}
