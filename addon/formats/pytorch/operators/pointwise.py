# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators that work number by number, comparisons, and reductions along axes."""

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
REDUCTIONS = {
    "mean": "ReduceMean",
    "sum": "ReduceSum",
    "prod": "ReduceProd",
    "amax": "ReduceMax",
    "amin": "ReduceMin",
    "logsumexp": "ReduceLogSumExp",
}


def _unary(kind):
    return lambda e, x, *rest: e.node(kind, x)


def _binary(name, kind):
    def work(e: Emitter, one, other):
        made = e.node(kind, *e.alike(one, other))
        return e.node("Not", made) if name == "ne" else made

    return work


OPERATORS.update({name: _unary(kind) for name, kind in UNARY.items()})
OPERATORS.update({name: _binary(name, kind) for name, kind in BINARY.items()})


def scaled(e: Emitter, value, factor):
    """value x factor, where the factor is not 1."""
    return value if factor == 1 else e.node("Mul", *e.alike(value, factor))


@op("add", "__add__")
def add(e, one, other, alpha=1):
    return e.node("Add", *e.alike(one, scaled(e, other, alpha)))


@op("sub")
def subtract(e, one, other, alpha=1):
    return e.node("Sub", *e.alike(one, scaled(e, other, alpha)))


@op("rsub")
def subtract_from(e, one, other, alpha=1):
    return subtract(e, other, one, alpha)


@op("div", "true_divide", "divide")
def divide(e, one, other, rounding_mode=None):
    one, other = e.alike(one, other)
    if rounding_mode is None and one.type not in FLOATS:
        one, other = e.cast(one, TensorProto.FLOAT), e.cast(other, TensorProto.FLOAT)
    made = e.node("Div", one, other)
    return e.node("Floor", made) if rounding_mode and one.type in FLOATS else made


@op("floor_divide", "floordiv")
def floor_divide(e, one, other):
    return divide(e, one, other, "floor")


@op("remainder")
def remainder(e, one, other):
    """With the sign of the divisor."""
    one, other = e.alike(one, other)
    if one.type not in FLOATS:
        return e.node("Mod", one, other)
    return e.node("Sub", one, e.node("Mul", e.node("Floor", e.node("Div", one, other)), other))


@op("pow")
def power(e, base, exponent):
    base = e.tensor(base, exponent if isinstance(exponent, Value) else None)
    if isinstance(exponent, (int, float)) and float(exponent).is_integer() and base.type in FLOATS:
        exponent = float(exponent)
    return e.node("Pow", base, e.tensor(exponent, base))


@op("square")
def square(e, x):
    return e.node("Mul", x, x)


@op("rsqrt")
def inverse_root(e, x):
    return e.node("Reciprocal", e.node("Sqrt", x))


@op("log1p")
def log1p(e, x):
    return e.node("Log", add(e, x, 1.0))


@op("expm1")
def expm1(e, x):
    return subtract(e, e.node("Exp", x), 1.0)


@op("log2")
def log2(e, x):
    return divide(e, e.node("Log", x), math.log(2))


@op("log10")
def log10(e, x):
    return divide(e, e.node("Log", x), math.log(10))


@op("addcmul")
def add_product(e, x, one, other, value=1):
    return add(e, x, e.node("Mul", *e.alike(one, other)), value)


@op("lerp")
def blend(e, one, other, weight):
    return add(e, one, e.node("Mul", *e.alike(subtract(e, other, one), weight)))


# activations


@op("leaky_relu")
def leaky_relu(e, x, negative_slope=0.01):
    return e.node("LeakyRelu", x, alpha=float(negative_slope))


@op("prelu")
def prelu(e, x, weight):
    if x.rank > 2 and weight.shape != (1,):
        weight = e.node("Reshape", weight, e.constant([-1] + [1] * (x.rank - 2)))
    return e.node("PRelu", x, weight)


@op("elu")
def elu(e, x, alpha=1.0, scale=1.0, input_scale=1.0):
    if scale != 1 or input_scale != 1:
        raise UnknownError("a scaled ELU")
    return e.node("Elu", x, alpha=float(alpha))


@op("selu")
def selu(e, x):
    return e.node("Selu", x)


@op("celu")
def celu(e, x, alpha=1.0):
    return e.node("Celu", x, alpha=float(alpha))


@op("gelu")
def gelu(e, x, approximate="none"):
    return e.node("Gelu", x, approximate=approximate)


@op("silu", "swish")
def silu(e, x):
    return e.node("Mul", x, e.node("Sigmoid", x))


@op("hardsigmoid")
def hard_sigmoid(e, x):
    return e.node("HardSigmoid", x, alpha=1 / 6, beta=0.5)


@op("softplus")
def softplus(e, x, beta=1, threshold=20):
    if beta == 1:
        return e.node("Softplus", x)
    return divide(e, e.node("Softplus", scaled(e, x, float(beta))), float(beta))


@op("log_sigmoid")
def log_sigmoid(e, x):
    return e.node("Log", e.node("Sigmoid", x))


@op("glu")
def gated(e, x, dim=-1):
    one, other = e.node("Split", x, outputs=2, axis=dim, num_outputs=2)
    return e.node("Mul", one, e.node("Sigmoid", other))


@op("softmax", "_softmax")
def softmax(e, x, dim=-1, dtype=None, *rest):
    return e.node("Softmax", x, axis=dim)


@op("softmin")
def softmin(e, x, dim=-1, dtype=None):
    return softmax(e, e.node("Neg", x), dim)


@op("log_softmax", "_log_softmax")
def log_softmax(e, x, dim=-1, dtype=None, *rest):
    return e.node("LogSoftmax", x, axis=dim)


@op("threshold")
def threshold(e, x, threshold, value):
    return where(e, e.node("Greater", *e.alike(x, threshold)), x, value)


@op("clamp", "clip")
def clamp(e, x, min=None, max=None):
    low, high = (None if bound is None else e.cast(e.tensor(bound, x), x.type) for bound in (min, max))
    return e.node("Clip", x, low, high)


OPERATORS["hardtanh"] = lambda e, x, min_val=-1.0, max_val=1.0: clamp(e, x, min_val, max_val)
OPERATORS["relu6"] = lambda e, x: clamp(e, x, 0.0, 6.0)


@op("clamp_min")
def clamp_min(e, x, min):
    return clamp(e, x, min)


@op("clamp_max")
def clamp_max(e, x, max):
    return clamp(e, x, None, max)


# choices


@op("where")
def where(e, condition, one=None, other=None):
    if one is None:
        raise UnknownError("a search for entries (torch.where)")
    return e.node("Where", e.cast(condition, TensorProto.BOOL), *e.alike(one, other))


@op("masked_fill")
def masked_fill(e, x, mask, value):
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


# reductions


def _reduction(kind):
    def work(e: Emitter, x, *args, dtype=None):
        """x, axes and keepdim in PyTorch's order; without axes all are taken."""
        axes = args[0] if args else None
        keep = bool(args[1]) if len(args) > 1 else False
        if x.type not in FLOATS and kind == "ReduceSum":
            x = e.cast(x, TensorProto.INT64)
        axes = [axes] if isinstance(axes, int) else axes
        return e.node(kind, x, e.constant(list(axes)) if axes else None, keepdims=int(keep))

    return work


OPERATORS.update({name: _reduction(kind) for name, kind in REDUCTIONS.items()})


def _extreme(kind, index, binary):
    def work(e: Emitter, x, *args):
        """Of all numbers; along an axis, with the places; or of two tensors."""
        if not args:
            return e.node(kind, x, keepdims=0)
        if isinstance(args[0], Value):
            return e.node(binary, *e.alike(x, args[0]))
        keep = int(bool(args[1])) if len(args) > 1 else 0
        return (e.node(kind, x, e.constant([args[0]]), keepdims=keep), e.node(index, x, axis=args[0], keepdims=keep))

    return work


OPERATORS.update({"max": _extreme("ReduceMax", "ArgMax", "Max"), "min": _extreme("ReduceMin", "ArgMin", "Min")})


@op("argmax")
def argmax(e, x, dim=None, keepdim=False):
    if dim is None:
        x, dim = e.node("Reshape", x, e.constant([-1])), 0
    return e.node("ArgMax", x, axis=dim, keepdims=int(keepdim))


@op("argmin")
def argmin(e, x, dim=None, keepdim=False):
    if dim is None:
        x, dim = e.node("Reshape", x, e.constant([-1])), 0
    return e.node("ArgMin", x, axis=dim, keepdims=int(keepdim))


@op("norm", "linalg_vector_norm", "frobenius_norm")
def norm(e, x, p=2, dim=None, keepdim=False, dtype=None):
    if p not in (1, 2):
        raise UnknownError(f"the norm of order {p}")
    axes = None if dim is None else e.constant([dim] if isinstance(dim, int) else list(dim))
    return e.node("ReduceL1" if p == 1 else "ReduceL2", x, axes, keepdims=int(keepdim))


def _variance(root):
    def work(e: Emitter, x, dim=None, unbiased=True, keepdim=False, correction=None):
        axes = [dim] if isinstance(dim, int) else list(range(x.rank)) if dim is None else list(dim)
        count = math.prod(x.sizes[axis] for axis in axes)
        less = int(unbiased) if correction is None else correction
        centred = subtract(e, x, e.node("ReduceMean", x, e.constant(axes), keepdims=1))
        made = e.node("ReduceMean", e.node("Mul", centred, centred), e.constant(axes), keepdims=int(keepdim))
        if less and count > less:
            made = scaled(e, made, count / (count - less))
        return e.node("Sqrt", made) if root else made

    return work


OPERATORS.update({"var": _variance(False), "std": _variance(True)})


@op("cumsum")
def cumulative_sum(e, x, dim, dtype=None):
    return e.node("CumSum", x if x.type in FLOATS else e.cast(x, TensorProto.INT64), e.constant(dim))


@op("diff")
def difference(e, x, n=1, dim=-1, prepend=None, append=None):
    if n != 1:
        raise UnknownError("differences of a higher order")
    parts = [one for one in (prepend, x, append) if one is not None]
    x = e.node("Concat", *e.alike(*parts), axis=dim) if len(parts) > 1 else x
    first, last, axis, end = (e.constant([one]) for one in (0, -1, dim, (1 << 63) - 1))
    return e.node("Sub", e.node("Slice", x, e.constant([1]), end, axis), e.node("Slice", x, first, last, axis))


@op("topk")
def topk(e, x, k, dim=-1, largest=True, sorted=True):
    return tuple(e.node("TopK", x, e.integers([k]), outputs=2, axis=dim, largest=int(largest), sorted=int(sorted)))


@op("sort")
def sort(e, x, dim=-1, descending=False, stable=None):
    if isinstance(dim, bool):  # sort(x, stable=..., dim, descending) has its arguments the other way
        dim, descending = descending if type(descending) is int else -1, bool(stable)
    return topk(e, x, e.size(x, dim), dim, descending)


@op("argsort")
def argsort(e, x, dim=-1, descending=False):
    return sort(e, x, dim, descending)[1]


@op("einsum")
def einsum(e, equation, tensors, path=None):
    return e.node("Einsum", *tensors, equation=equation.replace(" ", ""))
