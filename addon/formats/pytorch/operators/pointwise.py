# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators that work number by number: arithmetic, comparisons, activations, choices and changes of type."""

from __future__ import annotations

import math

from onnx import TensorProto

from ....containers.pickle.torch_types import OF_NUMBER
from .emitter import FLOATS, Emitter, UnknownError, Value
from .table import OPERATORS, op

UNARY = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "neg": "Neg",
    "abs": "Abs",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",
    "erf": "Erf",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "atan": "Atan",
    "asin": "Asin",
    "acos": "Acos",
    "sinh": "Sinh",
    "cosh": "Cosh",
    "sign": "Sign",
    "reciprocal": "Reciprocal",
    "mish": "Mish",
    "hardswish": "HardSwish",
    "logical_not": "Not",
    "isnan": "IsNaN",
    "isinf": "IsInf",
    "bitwise_not": "Not",
    "softsign": "Softsign",
}
BINARY = {
    "mul": "Mul",
    "eq": "Equal",
    "ne": "Equal",
    "lt": "Less",
    "le": "LessOrEqual",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "maximum": "Max",
    "minimum": "Min",
    "__and__": "And",
    "__or__": "Or",
    "__xor__": "Xor",
    "logical_and": "And",
    "logical_or": "Or",
    "logical_xor": "Xor",
    "bitwise_and": "And",
    "bitwise_or": "Or",
}


def _unary(kind):
    return lambda e, x, *rest: e.node(kind, x)


def _binary(name, kind):
    def work(e: Emitter, x, other):
        made = e.node(kind, *e.alike(x, other))
        return e.node("Not", made) if name == "ne" else made

    return work


OPERATORS.update({name: _unary(kind) for name, kind in UNARY.items()})
OPERATORS.update({name: _binary(name, kind) for name, kind in BINARY.items()})


def scaled(e: Emitter, value, factor):
    """value x factor, where the factor is not 1."""
    return value if factor == 1 else e.node("Mul", *e.alike(value, factor))


@op("add", "__add__")
def add(e, x, other, alpha=1):
    """x + alpha other"""
    return e.node("Add", *e.alike(x, scaled(e, other, alpha)))


@op("sub")
def subtract(e, x, other, alpha=1):
    """x - alpha other"""
    return e.node("Sub", *e.alike(x, scaled(e, other, alpha)))


@op("rsub")
def subtract_from(e, x, other, alpha=1):
    """other - alpha x"""
    return subtract(e, other, x, alpha)


@op("div", "true_divide", "divide")
def divide(e, x, other, rounding_mode=None):
    """A quotient; of whole numbers a real one unless it is rounded."""
    x, other = e.alike(x, other)
    if rounding_mode is None and x.type not in FLOATS:
        x, other = e.cast(x, TensorProto.FLOAT), e.cast(other, TensorProto.FLOAT)
    made = e.node("Div", x, other)
    return e.node("Floor", made) if rounding_mode and x.type in FLOATS else made


@op("floor_divide", "floordiv")
def floor_divide(e, x, other):
    """A quotient, rounded down."""
    return divide(e, x, other, "floor")


@op("remainder")
def remainder(e, x, other):
    """With the sign of the divisor."""
    x, other = e.alike(x, other)
    if x.type not in FLOATS:
        return e.node("Mod", x, other)
    return e.node("Sub", x, e.node("Mul", e.node("Floor", e.node("Div", x, other)), other))


@op("pow")
def power(e, base, exponent):
    """base to the power of exponent; either may be a number."""
    base = e.tensor(base, exponent if isinstance(exponent, Value) else None)
    if isinstance(exponent, (int, float)) and float(exponent).is_integer() and base.type in FLOATS:
        exponent = float(exponent)
    return e.node("Pow", base, e.tensor(exponent, base))


@op("square")
def square(e, x):
    """x x"""
    return e.node("Mul", x, x)


@op("rsqrt")
def inverse_root(e, x):
    """1 / sqrt(x)"""
    return e.node("Reciprocal", e.node("Sqrt", x))


@op("log1p")
def log1p(e, x):
    """log(1 + x)"""
    return e.node("Log", add(e, x, 1.0))


@op("expm1")
def expm1(e, x):
    """exp(x) - 1"""
    return subtract(e, e.node("Exp", x), 1.0)


@op("log2")
def log2(e, x):
    """The logarithm to base 2."""
    return divide(e, e.node("Log", x), math.log(2))


@op("log10")
def log10(e, x):
    """The logarithm to base 10."""
    return divide(e, e.node("Log", x), math.log(10))


@op("addcmul")
def add_product(e, x, first, second, value=1):
    """x + value first second"""
    return add(e, x, e.node("Mul", *e.alike(first, second)), value)


@op("lerp")
def blend(e, start, end, weight):
    """From start to end, as far as the weight says."""
    return add(e, start, e.node("Mul", *e.alike(subtract(e, end, start), weight)))


# activations


@op("leaky_relu")
def leaky_relu(e, x, negative_slope=0.01):
    """x, and below 0 a slope."""
    return e.node("LeakyRelu", x, alpha=float(negative_slope))


@op("prelu")
def prelu(e, x, weight):
    """x, and below 0 a slope that was learned, one or one a channel."""
    if x.rank > 2 and weight.shape != (1,):
        weight = e.node("Reshape", weight, e.constant([-1] + [1] * (x.rank - 2)))
    return e.node("PRelu", x, weight)


@op("elu")
def elu(e, x, alpha=1.0, scale=1.0, input_scale=1.0):
    """x, and below 0 alpha (exp(x) - 1)."""
    if scale != 1 or input_scale != 1:
        raise UnknownError("a scaled ELU")
    return e.node("Elu", x, alpha=float(alpha))


@op("selu")
def selu(e, x):
    """The ELU with scales that keep mean and variance."""
    return e.node("Selu", x)


@op("celu")
def celu(e, x, alpha=1.0):
    """max(0, x) + min(0, alpha (exp(x / alpha) - 1))"""
    return e.node("Celu", x, alpha=float(alpha))


@op("gelu")
def gelu(e, x, approximate="none"):
    """x times the normal distribution at x, exact or by tanh."""
    return e.node("Gelu", x, approximate=approximate)


@op("silu", "swish")
def silu(e, x):
    """x sigmoid(x)"""
    return e.node("Mul", x, e.node("Sigmoid", x))


@op("hardsigmoid")
def hard_sigmoid(e, x):
    """x / 6 + 1/2, between 0 and 1."""
    return e.node("HardSigmoid", x, alpha=1 / 6, beta=0.5)


@op("softplus")
def softplus(e, x, beta=1, threshold=20):
    """log(1 + exp(beta x)) / beta"""
    if beta == 1:
        return e.node("Softplus", x)
    return divide(e, e.node("Softplus", scaled(e, x, float(beta))), float(beta))


@op("log_sigmoid")
def log_sigmoid(e, x):
    """log(sigmoid(x))"""
    return e.node("Log", e.node("Sigmoid", x))


@op("glu")
def gated(e, x, dim=-1):
    """The first half along an axis times the sigmoid of the second."""
    half, gate = e.node("Split", x, outputs=2, axis=dim, num_outputs=2)
    return e.node("Mul", half, e.node("Sigmoid", gate))


@op("softmax", "_softmax")
def softmax(e, x, dim=-1, dtype=None, *rest):
    """Softmax along an axis."""
    return e.node("Softmax", x, axis=dim)


@op("softmin")
def softmin(e, x, dim=-1, dtype=None):
    """Softmax of -x."""
    return softmax(e, e.node("Neg", x), dim)


@op("log_softmax", "_log_softmax")
def log_softmax(e, x, dim=-1, dtype=None, *rest):
    """The logarithm of softmax along an axis."""
    return e.node("LogSoftmax", x, axis=dim)


@op("threshold")
def threshold(e, x, threshold, value):
    """x above a threshold, else a value."""
    return where(e, e.node("Greater", *e.alike(x, threshold)), x, value)


@op("clamp", "clip")
def clamp(e, x, min=None, max=None):
    """Numbers cut off at both ends; None for no end."""
    low, high = (None if bound is None else e.cast(e.tensor(bound, x), x.type) for bound in (min, max))
    return e.node("Clip", x, low, high)


OPERATORS["hardtanh"] = lambda e, x, min_val=-1.0, max_val=1.0: clamp(e, x, min_val, max_val)
OPERATORS["relu6"] = lambda e, x: clamp(e, x, 0.0, 6.0)


@op("clamp_min")
def clamp_min(e, x, min):
    """Numbers cut off below."""
    return clamp(e, x, min)


@op("clamp_max")
def clamp_max(e, x, max):
    """Numbers cut off above."""
    return clamp(e, x, None, max)


# choices


@op("where")
def where(e, condition, x=None, other=None):
    """Of two, the first where a condition holds. Raises `UnknownError` where it is a search."""
    if x is None:
        raise UnknownError("a search for entries (torch.where)")
    return e.node("Where", e.cast(condition, TensorProto.BOOL), *e.alike(x, other))


@op("masked_fill")
def masked_fill(e, x, mask, value):
    """A value where the mask is true, else x."""
    return where(e, mask, e.cast(e.tensor(value, x), x.type), x)


# types


@op("to", "type_as", "_to_copy")
def to(e, x, *args, **more):
    """tensor.to(dtype), .to(device, dtype), .to(other), ...: only the type matters."""
    for argument in (*args, more.get("dtype")):
        if isinstance(argument, Value):
            return e.cast(x, argument.type)
        if type(argument) is int and argument in OF_NUMBER:
            return e.cast(x, _type(argument))
        if isinstance(argument, bool):
            break
    return x


def _type(number) -> int:
    kind = OF_NUMBER.get(number)
    if kind is None:
        raise UnknownError(f"a tensor of the type {number}")
    return kind


def _cast(kind):
    return lambda e, x, *rest: e.cast(x, kind)


OPERATORS.update(
    {
        "float": _cast(TensorProto.FLOAT),
        "half": _cast(TensorProto.FLOAT16),
        "double": _cast(TensorProto.DOUBLE),
        "long": _cast(TensorProto.INT64),
        "_cast_Float": _cast(TensorProto.FLOAT),
        "_cast_Long": _cast(TensorProto.INT64),
    }
)
