# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is computed number by number: arithmetic, activations, comparisons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import TensorProto, helper

from ..graph import Call, Unwritable, Value
from .convolution import add_to_convolution
from .table import OPERATORS, Written, op


def known(call: Call, function: Callable, *places: int) -> np.ndarray | None:
    """What a function gives for numbers that are known, None in place of those that are open."""
    known_parts = [call.partly(place) for place in places]
    parts = [part for part in known_parts if part is not None]
    if len(parts) < len(known_parts):
        return None
    try:
        if any(part.dtype == object for part in parts):
            open_ones = np.frompyfunc(
                lambda *numbers: None if any(number is None for number in numbers) else function(*numbers),
                len(parts),
                1,
            )
            return np.asarray(open_ones(*parts), object)
        with np.errstate(all="ignore"):
            return np.asarray(function(*parts))
    except (TypeError, ValueError, ArithmeticError):
        return None


def noted(call: Call, value: Value, numbers: np.ndarray | None) -> Value:
    """A value whose numbers are known, where they are."""
    if numbers is not None:
        kind = helper.tensor_dtype_to_np_dtype(call.kind(value))
        call.graph.know(value.name, numbers if numbers.dtype == object else numbers.astype(kind))
    return value


BINARY = {
    "Add AddV2": ("Add", lambda a, b: a + b),
    "Sub": ("Sub", lambda a, b: a - b),
    "Mul": ("Mul", lambda a, b: a * b),
    "RealDiv Div": ("Div", lambda a, b: a / b if isinstance(a, float) else a // b),
    "Maximum": ("Max", lambda a, b: np.maximum(a, b) if isinstance(a, np.ndarray) else max(a, b)),
    "Minimum": ("Min", lambda a, b: np.minimum(a, b) if isinstance(a, np.ndarray) else min(a, b)),
    "Pow": ("Pow", lambda a, b: a**b),
    "Equal": ("Equal", lambda a, b: a == b),
    "Greater": ("Greater", lambda a, b: a > b),
    "GreaterEqual": ("GreaterOrEqual", lambda a, b: a >= b),
    "Less": ("Less", lambda a, b: a < b),
    "LessEqual": ("LessOrEqual", lambda a, b: a <= b),
    "LogicalAnd": ("And", np.logical_and),
    "LogicalOr": ("Or", np.logical_or),
}


def _binary(target, function):
    def write(call: Call) -> Written:
        if target == "Add" and add_to_convolution(call, call.x, call.value(1)):
            return call.x
        names, maps = call.alike([call.x, call.value(1)])
        made = Value(call.node(target, *names), maps)
        return made if maps else noted(call, made, known(call, function, 0, 1))

    return write


for _names, (_target, _function) in BINARY.items():
    op(*_names.split())(_binary(_target, _function))

UNARY = {
    "Neg": "Neg",
    "Abs": "Abs",
    "Sqrt": "Sqrt",
    "Exp": "Exp",
    "Log": "Log",
    "Sin": "Sin",
    "Cos": "Cos",
    "Tan": "Tan",
    "Asin": "Asin",
    "Acos": "Acos",
    "Atan": "Atan",
    "Sinh": "Sinh",
    "Cosh": "Cosh",
    "Asinh": "Asinh",
    "Acosh": "Acosh",
    "Atanh": "Atanh",
    "Floor": "Floor",
    "Ceil": "Ceil",
    "Round": "Round",
    "Rint": "Round",
    "Sign": "Sign",
    "Erf": "Erf",
    "Reciprocal": "Reciprocal",
    "Inv": "Reciprocal",
    "Relu": "Relu",
    "Tanh": "Tanh",
    "Sigmoid": "Sigmoid",
    "Softplus": "Softplus",
    "Softsign": "Softsign",
    "Selu": "Selu",
    "LogicalNot": "Not",
    "IsNan": "IsNaN",
    "HardSwish": "HardSwish",
}


def _unary(target):
    def write(call: Call) -> Written:
        return Value(call.node(target, call.x.name), call.x.maps)

    return write


for _name, _target in UNARY.items():
    OPERATORS[_name] = _unary(_target)


@op("Relu6")
def relu6(call: Call) -> Written:
    """Between 0 and 6."""
    x = call.x
    return Value(call.node("Clip", x.name, call.number(0, x), call.number(6, x)), x.maps)


@op("ReluN1To1")
def relu1(call: Call) -> Written:
    """Between -1 and 1."""
    x = call.x
    return Value(call.node("Clip", x.name, call.number(-1, x), call.number(1, x)), x.maps)


@op("LeakyRelu")
def leaky(call: Call) -> Written:
    """x, or alpha x below 0."""
    return Value(call.node("LeakyRelu", call.x.name, alpha=float(call.get("alpha", 0.2))), call.x.maps)


@op("Elu")
def elu(call: Call) -> Written:
    """x, or e^x - 1 below 0."""
    return Value(call.node("Elu", call.x.name), call.x.maps)


@op("Gelu")
def gelu(call: Call) -> Written:
    """GELU, exact or by tanh."""
    return Value(call.node("Gelu", call.x.name, approximate="tanh" if call.get("approximate") else "none"), call.x.maps)


@op("PRelu", "Prelu")
def prelu(call: Call) -> Written:
    """x, or alpha x below 0, with alphas of their own for channels or cells."""
    (x, slope), maps = call.alike([call.x, call.value(1)])
    return Value(call.node("PRelu", x, slope), maps)


@op("Softmax", "LogSoftmax")
def softmax(call: Call) -> Written:
    """Softmax over the last axis."""
    beta = float(call.get("beta", 1.0))
    x = call.x.name if beta == 1.0 else call.node("Mul", call.x.name, call.number(beta, call.x))
    return Value(call.node(call.op, x, axis=call.axis(call.x, int(call.get("axis", -1)))), call.x.maps)


@op("Rsqrt")
def rsqrt(call: Call) -> Written:
    """One through the root."""
    return Value(call.node("Reciprocal", call.node("Sqrt", call.x.name)), call.x.maps)


@op("Square")
def square(call: Call) -> Written:
    """Each number times itself."""
    return Value(call.node("Mul", call.x.name, call.x.name), call.x.maps)


@op("SquaredDifference")
def squared_difference(call: Call) -> Written:
    """(a - b)^2."""
    names, maps = call.alike([call.x, call.value(1)])
    apart = call.node("Sub", *names)
    return Value(call.node("Mul", apart, apart), maps)


@op("Log1p", "Expm1")
def next_to_one(call: Call) -> Written:
    """log(x + 1), or e^x - 1."""
    x, unit = call.x, call.number(1, call.x)
    if call.op == "Log1p":
        return Value(call.node("Log", call.node("Add", x.name, unit)), x.maps)
    return Value(call.node("Sub", call.node("Exp", x.name), unit), x.maps)


@op("Erfc")
def erfc(call: Call) -> Written:
    """1 - erf(x)."""
    return Value(call.node("Sub", call.number(1, call.x), call.node("Erf", call.x.name)), call.x.maps)


@op("DivNoNan", "MulNoNan")
def without_nan(call: Call) -> Written:
    """A quotient or product, 0 where the second is 0."""
    names, maps = call.alike([call.x, call.value(1)])
    zero = call.number(0, names[1])
    made = call.node("Div" if call.op == "DivNoNan" else "Mul", *names)
    return Value(call.node("Where", call.node("Equal", names[1], zero), zero, made), maps)


@op("Xlogy")
def xlogy(call: Call) -> Written:
    """x log(y), 0 where x is 0."""
    names, maps = call.alike([call.x, call.value(1)])
    zero = call.number(0, names[0])
    made = call.node("Mul", names[0], call.node("Log", names[1]))
    return Value(call.node("Where", call.node("Equal", names[0], zero), zero, made), maps)


@op("FloorDiv", "FloorMod", "Mod", "TruncateDiv")
def floors(call: Call) -> Written:
    """Quotients rounded down, and what is left over, of the sign of the divisor."""
    names, maps = call.alike([call.x, call.value(1)])
    whole = call.kind(names[0]) not in (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
    if call.op in ("FloorMod", "Mod"):
        if whole:
            return noted(call, Value(call.node("Mod", *names), maps), known(call, lambda a, b: a % b, 0, 1))
        quotient = call.node("Floor", call.node("Div", *names))
        return Value(call.node("Sub", names[0], call.node("Mul", quotient, names[1])), maps)
    quotient = call.node("Div", *names)
    if not whole:
        return Value(call.node("Floor", quotient), maps)
    return noted(call, Value(quotient, maps), known(call, lambda a, b: a // b, 0, 1))


@op("AddN")
def add_all(call: Call) -> Written:
    """The sum of all."""
    names, maps = call.alike([value for value in call.inputs if value is not None])
    return Value(names[0] if len(names) == 1 else call.node("Sum", *names), maps)


@op("NotEqual")
def differ(call: Call) -> Written:
    """Where two tensors differ."""
    names, maps = call.alike([call.x, call.value(1)])
    made = Value(call.node("Not", call.node("Equal", *names)), maps)
    return made if maps else noted(call, made, known(call, lambda a, b: a != b, 0, 1))


@op("ClipByValue")
def clip(call: Call) -> Written:
    """Between two numbers."""
    (x, low, high), maps = call.alike([call.value(place) for place in range(3)])
    return Value(call.node("Min", call.node("Max", x, low), high), maps)


@op("Select", "SelectV2", "Where3")
def select(call: Call) -> Written:
    """One or the other, as a condition says."""
    condition, first, second = (call.value(place) for place in range(3))
    if call.op == "Select" and call.rank(condition) == 1 < call.rank(first):
        name = call.node("Unsqueeze", condition.name, call.constant(range(1, call.rank(first))))
        return Value(call.node("Where", name, call.plain(first), call.plain(second)))
    names, maps = call.alike([condition, first, second])
    made = Value(call.node("Where", *names), maps)
    return made if maps else noted(call, made, known(call, lambda a, b, c: np.where(a, b, c), 0, 1, 2))


@op("Cast")
def cast(call: Call) -> Written:
    """A tensor of another type."""
    kind = call.get("DstT")
    if kind is None:
        raise Unwritable("a type that ONNX has not")
    if kind == call.kind(call.x):
        return call.x
    made = Value(call.node("Cast", call.x.name, to=kind), call.x.maps)
    numbers = call.partly(0)
    return made if numbers is None or call.x.maps else noted(call, made, numbers)


@op("ZerosLike", "OnesLike")
def filled_like(call: Call) -> Written:
    """One number everywhere, of the shape of another tensor."""
    x = call.plain(call.x)
    number = call.number(float(call.op == "OnesLike"), x)
    return Value(call.node("Expand", number, call.node("Shape", x)))


@op("L2Normalize")
def normalise(call: Call) -> Written:
    """Vectors of length 1 along the last axis."""
    x = call.plain(call.x)
    size = call.node("ReduceL2", x, call.constant([-1]), keepdims=1)
    return Value(call.node("Div", x, call.node("Max", size, call.number(1e-6, x))))
