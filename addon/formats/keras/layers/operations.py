# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations that stand between layers: keras.ops of Keras 3, TensorFlow's functions (TFOpLambda) of Keras 2."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from ...indexing import Cuts
from ..call import Call, values
from ..graph import Unwritable, Value
from .activations import ACTIVATIONS
from .table import Written, writes

OPERATIONS: dict = {}  # keras.ops by class name
FUNCTIONS: dict = {}  # TensorFlow's functions by name


def operation(kinds: str, functions: str = ""):
    """Enter a function as the writer of these operations of Keras 3 and these functions of TensorFlow."""

    def enter(function):
        OPERATIONS.update(dict.fromkeys(kinds.split(), function))
        FUNCTIONS.update(dict.fromkeys(functions.split(), function))
        return function

    return enter


@writes("TFOpLambda", "SlicingOpLambda")
def lambda_of_tensorflow(call: Call) -> Written:
    """A function of TensorFlow that Keras 2 keeps as a layer."""
    name = call.config["function"].removeprefix("compat.v1.")
    if name not in FUNCTIONS:
        raise Unwritable(f"TensorFlow's function {name!r}"[:80])
    return FUNCTIONS[name](call)


def operands(call: Call, count: int) -> tuple[list[str], bool]:
    """Arguments as tensors in one layout: values of the graph, numbers as constants."""
    names = ("x1", "x2"), ("x", "y"), ("a", "b")
    given = list(call.args[:count])
    for index in range(len(given), count):
        kwargs = call.kwargs or {}
        given.append(next((kwargs[pair[index]] for pair in names if pair[index] in kwargs), None))
    maps = [argument for argument in given if isinstance(argument, Value)]
    if any(isinstance(argument, Value) and argument.maps for argument in given) and all(
        isinstance(argument, (int, float)) or isinstance(argument, Value) and argument.maps for argument in given
    ):
        return [
            argument.name if isinstance(argument, Value) else _number(call, argument, maps[0].name)
            for argument in given
        ], True
    if not maps:
        raise Unwritable("it reads no tensor")
    return [
        call.plain(argument) if isinstance(argument, Value) else _number(call, argument, maps[0].name)
        for argument in given
    ], False


def _number(call, value, like):
    """A number of the settings, as the tensor beside it."""
    if value is None or isinstance(value, (str, dict)):
        raise Unwritable("an argument that is no number")
    number = call.number(value)
    kind = call.graph.types.get(like, TensorProto.FLOAT)
    return number if kind == TensorProto.FLOAT else call.node("Cast", number, to=kind)


def _binary(op, kinds, functions):
    def write(call: Call) -> Written:
        names, maps = operands(call, 2)
        return Value(call.node(op, *names), maps)

    operation(kinds, functions)(write)


def _unary(op, kinds, functions=""):
    def write(call: Call) -> Written:
        return Value(call.node(op, call.real(call.x.name)), call.x.maps)

    operation(kinds, functions)(write)


for _op, _kinds, _functions in (
    ("Add", "Add", "math.add __operators__.add add"),
    ("Sub", "Subtract", "math.subtract subtract __operators__.sub"),
    ("Mul", "Multiply", "math.multiply multiply __operators__.mul"),
    ("Pow", "Power", "math.pow"),
    ("Div", "TrueDivide Divide", "math.truediv math.divide"),
    ("Max", "Maximum", "math.maximum maximum"),
    ("Min", "Minimum", "math.minimum minimum"),
    ("Mod", "Mod", "math.mod math.floormod"),
):
    _binary(_op, _kinds, _functions)

for _op, _kinds, _functions in (
    ("Neg", "Negative", "math.negative"),
    ("Abs", "Absolute Abs", "math.abs"),
    ("Sqrt", "Sqrt", "math.sqrt"),
    ("Exp", "Exp", "math.exp"),
    ("Log", "Log", "math.log"),
    ("Sin", "Sin", "math.sin"),
    ("Cos", "Cos", "math.cos"),
    ("Floor", "Floor", "math.floor"),
    ("Ceil", "Ceil", "math.ceil"),
    ("Erf", "Erf", "math.erf"),
    ("Reciprocal", "Reciprocal", "math.reciprocal"),
    ("Sign", "Sign", "math.sign"),
    ("Round", "Round", "math.round"),
    ("Tan", "Tan", "math.tan"),
    ("Asin", "Arcsin", "math.asin"),
    ("Acos", "Arccos", "math.acos"),
    ("Atan", "Arctan", "math.atan"),
    ("Sinh", "Sinh", "math.sinh"),
    ("Cosh", "Cosh", "math.cosh"),
):
    _unary(_op, _kinds, _functions)


def _activation(name, kinds, functions):
    def write(call: Call) -> Written:
        x = Value(call.real(call.x.name), call.x.maps)
        return Value(ACTIVATIONS[name](call, x.name, call.axis(x, -1)), x.maps)

    operation(kinds, functions)(write)


for _name, _kinds, _functions in (
    ("relu", "Relu", "nn.relu"),
    ("relu6", "Relu6", "nn.relu6"),
    ("sigmoid", "Sigmoid", "math.sigmoid nn.sigmoid"),
    ("tanh", "Tanh", "math.tanh nn.tanh"),
    ("softplus", "Softplus", "math.softplus nn.softplus"),
    ("softsign", "Softsign", "nn.softsign"),
    ("silu", "Silu", "nn.silu nn.swish"),
    ("selu", "Selu", "nn.selu"),
    ("hard_silu", "HardSilu", ""),
    ("log_sigmoid", "LogSigmoid", ""),
    ("exponential", "Exponential", ""),
    ("hard_sigmoid", "HardSigmoid", ""),
    ("hard_tanh", "HardTanh", ""),
    ("glu", "Glu", ""),
    ("squareplus", "Squareplus", ""),
    ("sparsemax", "Sparsemax", ""),
):
    _activation(_name, _kinds, _functions)


for _op, _kinds, _functions in (
    ("Equal", "Equal", "math.equal"),
    ("Greater", "Greater", "math.greater"),
    ("Less", "Less", "math.less"),
    ("GreaterOrEqual", "GreaterEqual", "math.greater_equal"),
    ("LessOrEqual", "LessEqual", "math.less_equal"),
    ("And", "LogicalAnd", "math.logical_and"),
    ("Or", "LogicalOr", "math.logical_or"),
    ("Xor", "LogicalXor", "math.logical_xor"),
):
    _binary(_op, _kinds, _functions)


@operation("NotEqual", "math.not_equal")
def not_equal(call: Call) -> Written:
    """Where two tensors differ."""
    names, maps = operands(call, 2)
    return Value(call.node("Not", call.node("Equal", *names)), maps)


@operation("LogicalNot", "math.logical_not")
def logical_not(call: Call) -> Written:
    """Truth turned round."""
    return Value(call.node("Not", call.x.name), call.x.maps)


@operation("Log1p Expm1", "math.log1p math.expm1")
def next_to_one(call: Call) -> Written:
    """log(x + 1), or e^x - 1."""
    x = call.real(call.x.name)
    unit = call.number(1)
    if "log" in str(call.config.get("function", call.layer.kind)).lower():
        return Value(call.node("Log", call.node("Add", x, unit)), call.x.maps)
    return Value(call.node("Sub", call.node("Exp", x), unit), call.x.maps)


@operation("FloorDivide", "math.floordiv")
def floor_divide(call: Call) -> Written:
    """A quotient, rounded down."""
    names, maps = operands(call, 2)
    return Value(call.node("Floor", call.node("Div", *names)), maps)


@operation("Any All")
def any_or_all(call: Call) -> Written:
    """Whether any or all along axes are true."""
    axis = call.config.get("axis", call.argument("axis", 1))
    x = call.node("Cast", call.plain(call.x), to=TensorProto.FLOAT)
    given = [] if axis is None else [call.constant(np.atleast_1d(axis))]
    op = "ReduceMax" if call.layer.kind == "Any" else "ReduceMin"
    y = call.node(op, x, *given, keepdims=int(bool(call.config.get("keepdims"))))
    return Value(call.node("Cast", y, to=TensorProto.BOOL))


@operation("Softmax LogSoftmax", "nn.softmax")
def softmax(call: Call) -> Written:
    """Softmax along an axis."""
    axis = call.config.get("axis", call.argument("axis", 1, -1))
    if not isinstance(axis, int):
        raise Unwritable("several axes")
    op = "LogSoftmax" if call.layer.kind == "LogSoftmax" else "Softmax"
    return Value(call.node(op, call.x.name, axis=call.axis(call.x, axis)), call.x.maps)


@operation("Gelu", "nn.gelu")
def gelu(call: Call) -> Written:
    """GELU, exact or by tanh."""
    approximate = call.argument("approximate", 1, call.config.get("approximate", call.layer.kind == "Gelu"))
    return Value(call.node("Gelu", call.x.name, approximate="tanh" if approximate else "none"), call.x.maps)


@operation("Square", "math.square")
def square(call: Call) -> Written:
    """Each number times itself."""
    return Value(call.node("Mul", call.x.name, call.x.name), call.x.maps)


@operation("Rsqrt", "math.rsqrt")
def rsqrt(call: Call) -> Written:
    """One through the root."""
    return Value(call.node("Reciprocal", call.node("Sqrt", call.x.name)), call.x.maps)


@operation("Matmul MatMul Dot", "linalg.matmul")
def matmul(call: Call) -> Written:
    """The product of two matrices, either of them turned first."""
    names, _ = operands(call, 2)
    names = [
        _swapped(call, name) if (call.kwargs or {}).get(f"transpose_{side}") else name
        for side, name in zip("ab", names, strict=True)
    ]
    return Value(call.node("MatMul", *names))


def _swapped(call, name):
    rank = len(call.graph.shape(name))
    return call.transpose(name, *range(rank - 2), rank - 1, rank - 2)


def _reduce(op, kinds, functions):
    def write(call: Call) -> Written:
        x = call.plain(call.x)
        axes = call.config.get("axis", call.argument("axis", 1))
        keep = call.config.get("keepdims", call.argument("keepdims", None, False))
        axes = [] if axes is None else [axes] if isinstance(axes, int) else list(axes)
        given = [call.constant(axes)] if axes else []
        return Value(call.node(op, x, *given, keepdims=int(bool(keep))))

    operation(kinds, functions)(write)


for _op, _kinds, _functions in (
    ("ReduceMean", "Mean", "math.reduce_mean"),
    ("ReduceSum", "Sum", "math.reduce_sum"),
    ("ReduceMax", "Max Amax", "math.reduce_max"),
    ("ReduceMin", "Min Amin", "math.reduce_min"),
    ("ReduceProd", "Prod", "math.reduce_prod"),
    ("ReduceLogSumExp", "Logsumexp", "math.reduce_logsumexp"),
):
    _reduce(_op, _kinds, _functions)


@operation("Reshape", "reshape")
def reshape(call: Call) -> Written:
    """A tensor in another shape."""
    shape = call.config.get("newshape", call.argument("newshape", 1, call.argument("shape")))
    if shape is None or values(shape) or not all(isinstance(size, int) for size in shape):
        raise Unwritable("a shape that is computed")
    return Value(call.reshape(call.plain(call.x), *shape))


@operation("Transpose", "transpose")
def transpose(call: Call) -> Written:
    """A tensor with its axes in another order."""
    axes = call.config.get("axes", call.argument("axes", 1, call.argument("perm")))
    return Value(call.node("Transpose", call.plain(call.x), perm=axes))


@operation("Swapaxes Moveaxis")
def move(call: Call) -> Written:
    """Two axes that change places, or one that is put elsewhere."""
    x = call.plain(call.x)
    order = list(range(len(call.graph.shape(x))))
    first, second = (
        order[call.config[name]]
        for name in (("axis1", "axis2") if call.layer.kind == "Swapaxes" else ("source", "destination"))
    )
    if call.layer.kind == "Swapaxes":
        order[first], order[second] = second, first
    else:
        order.insert(second, order.pop(first))
    return Value(call.node("Transpose", x, perm=order))


@operation("ExpandDims", "expand_dims")
def expand(call: Call) -> Written:
    """New axes of size 1."""
    axes = call.config.get("axis", call.argument("axis", 1))
    return Value(call.node("Unsqueeze", call.plain(call.x), call.constant(np.atleast_1d(axes))))


@operation("Squeeze", "squeeze")
def squeeze(call: Call) -> Written:
    """Axes of size 1 taken away."""
    axes = call.config.get("axis", call.argument("axis", 1))
    given = [] if axes is None else [call.constant(np.atleast_1d(axes))]
    return Value(call.node("Squeeze", call.plain(call.x), *given))


@operation("Concatenate", "concat")
def concatenate(call: Call) -> Written:
    """Tensors one behind the other along an axis."""
    names, maps = call.alike(call.inputs)
    axis = call.config.get("axis", call.argument("axis", 1, 0))
    return Value(call.node("Concat", *names, axis=call.axis(Value(names[0], maps), axis)), maps)


@operation("Stack", "stack")
def stack(call: Call) -> Written:
    """Tensors side by side along a new axis."""
    axis = call.config.get("axis", call.argument("axis", None, 0))
    lifted = [call.node("Unsqueeze", call.plain(tensor), call.constant([axis])) for tensor in call.inputs]
    return Value(call.node("Concat", *lifted, axis=axis))


CAST = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT,
    "bfloat16": TensorProto.FLOAT,
    "float64": TensorProto.FLOAT,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}


@operation("Cast", "cast")
def cast(call: Call) -> Written:
    """A tensor of another type."""
    kind = call.config.get("dtype", call.argument("dtype", 1))
    kind = call.argument("dtype", 1, kind)
    return Value(call.node("Cast", call.x.name, to=CAST[kind]), call.x.maps)


@operation("GetItem", "__operators__.getitem")
def get_item(call: Call) -> Written:
    """x[key], of whole numbers, slices, new axes and an ellipsis."""
    key = call.argument("key", 1, call.argument("slice_spec"))
    key = [_slice(part) for part in (key if isinstance(key, (list, tuple)) else [key])]
    x = call.plain(call.x)
    rank = len(call.graph.shape(x))
    taken = sum(part is not None and part is not ... for part in key)
    if key.count(...) > 1 or taken > rank:
        raise Unwritable("more places than axes")
    place = key.index(...) if ... in key else len(key)
    key[place : place + 1] = [slice(None)] * (rank - taken)
    cuts = Cuts.of(key)
    if cuts.axes:
        x = call.node("Slice", x, *map(call.constant, (cuts.starts, cuts.stops, cuts.axes, cuts.strides)))
    x = call.node("Squeeze", x, call.constant(cuts.gone)) if cuts.gone else x
    return Value(call.node("Unsqueeze", x, call.constant(cuts.new)) if cuts.new else x)


def _slice(part):
    """A part of a key, in the notation of either generation."""
    if isinstance(part, dict) and set(part) <= {"start", "stop", "step"}:
        part = slice(*(part.get(end) for end in ("start", "stop", "step")))
    if isinstance(part, slice):
        if not all(end is None or isinstance(end, int) for end in (part.start, part.stop, part.step)):
            raise Unwritable("a slice that is computed")
        return part
    if part is None or part is ... or isinstance(part, int):
        return part
    raise Unwritable("an index that is computed")
