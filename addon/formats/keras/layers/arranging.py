# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations between layers that pick, order, repeat or fill: keras.ops of Keras 3, TensorFlow's functions."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from ...indexing import FAR
from ..call import Call, values
from ..graph import Unwritable, Value
from .operations import CAST, operands, operation
from .reshaping import resized
from .table import Written


def setting(call: Call, *names: str, place: int | None = None, default=None):
    """A setting of an operation, which Keras 3 has in its configuration and TensorFlow among the arguments."""
    given = [call.config.get(name, call.argument(name)) for name in names]
    given = [value for value in given if value is not None]
    return given[0] if given else call.argument(names[0], place, default)


def _axis(call, default=None, place=1):
    axis = setting(call, "axis", place=place, default=default)
    if not isinstance(axis, int):
        raise Unwritable("no axis, or several")
    return axis % len(call.graph.shape(call.plain(call.x)))


@operation("ConvertToTensor StopGradient Copy", "convert_to_tensor stop_gradient identity")
def same(call: Call) -> Written:
    """What changes no number."""
    return Value(call.node("Identity", call.x.name), call.x.maps, call.x.mask)


@operation("Clip", "clip_by_value")
def clip(call: Call) -> Written:
    """Numbers cut off at both ends."""
    x = call.real(call.x.name)
    ends = [
        setting(call, *names, place=place)
        for place, names in ((1, ("x_min", "clip_value_min")), (2, ("x_max", "clip_value_max")))
    ]
    for op, end in zip(("Max", "Min"), ends, strict=True):
        x = x if end is None else call.node(op, x, call.number(end))
    return Value(x, call.x.maps)


@operation("Where", "where")
def where(call: Call) -> Written:
    """Of two tensors, the first where a condition holds."""
    kwargs = call.kwargs or {}
    given = call.args[1:] or (kwargs["x"], kwargs["y"])
    first, second = operands(call.inner(call.layer, given), 2)[0]
    condition = call.node("Cast", call.plain(call.x), to=TensorProto.BOOL)
    return Value(call.node("Where", condition, first, second))


@operation("Split", "split")
def split(call: Call) -> Written:
    """Into equal parts, or at these places; TensorFlow says sizes."""
    said = setting(call, "indices_or_sections", "num_or_size_splits", place=1)
    x = call.plain(call.x)
    axis = _axis(call, 0, 2)
    if isinstance(said, int):
        made = call.node("Split", x, outputs=said, axis=axis, num_outputs=said)
        return [Value(part) for part in ([made] if said == 1 else made)]
    if "indices_or_sections" in call.config:
        said = np.diff([0, *said, call.graph.shape(x)[axis]]).tolist()
    made = call.node("Split", x, call.constant(said), outputs=len(said), axis=axis)
    return [Value(part) for part in ([made] if len(said) == 1 else made)]


@operation("Unstack", "unstack")
def unstack(call: Call) -> Written:
    """The parts along an axis, which goes."""
    axis = _axis(call, 0)
    x = call.plain(call.x)
    return [
        Value(call.node("Gather", x, call.constant(index), axis=axis)) for index in range(call.graph.shape(x)[axis])
    ]


@operation("Take", "gather")
def take(call: Call) -> Written:
    """The entries of these indices along an axis."""
    indices = call.argument("indices", 1)
    given = call.plain(indices) if isinstance(indices, Value) else call.constant(indices)
    axis = setting(call, "axis", default=0 if call.version[0] < 3 else None)
    return Value(call.node("Gather", call.plain(call.x), given, axis=axis))


@operation("Tile", "tile")
def tile(call: Call) -> Written:
    """A tensor side by side with itself, so often along each axis."""
    x = call.plain(call.x)
    repeats = np.atleast_1d(setting(call, "repeats", "multiples", place=1))
    missing = len(call.graph.shape(x)) - len(repeats)
    return Value(call.node("Tile", x, call.constant([1] * missing + repeats.tolist())))


@operation("Repeat", "repeat")
def repeat(call: Call) -> Written:
    """Every entry along an axis so many times, one behind the other."""
    axis = _axis(call, place=2)
    x = call.plain(call.x)
    count = setting(call, "repeats", place=1)
    size = call.graph.shape(x)[axis]
    return Value(call.node("Gather", x, call.constant(np.repeat(np.arange(size), count)), axis=axis))


@operation("Flip", "reverse")
def flip(call: Call) -> Written:
    """The other way round along some axes."""
    axis = np.atleast_1d(setting(call, "axis", place=1))
    ends = ([-1] * len(axis), [-FAR] * len(axis), axis, [-1] * len(axis))
    return Value(call.node("Slice", call.plain(call.x), *map(call.constant, ends)))


@operation("Roll", "roll")
def roll(call: Call) -> Written:
    """Turned along an axis; what leaves at the end comes in at the front."""
    shift, axis = setting(call, "shift", place=1), _axis(call, place=2)
    size = call.graph.shape(call.plain(call.x))[axis]
    return Value(call.node("Gather", call.plain(call.x), call.constant(np.roll(np.arange(size), shift)), axis=axis))


@operation("Pad", "pad")
def pad(call: Call) -> Written:
    """Numbers put round a tensor."""
    widths = np.asarray(setting(call, "pad_width", "paddings", place=1))
    value = setting(call, "constant_values", default=0)
    mode = {"constant": "constant", "reflect": "reflect", "symmetric": None, "edge": "edge"}[
        str(setting(call, "mode", default="constant")).lower()
    ]
    if mode is None:
        raise Unwritable("symmetric padding")
    x = call.real(call.plain(call.x))
    return Value(call.node("Pad", x, call.constant(widths.T.reshape(-1)), call.number(value), mode=mode))


@operation("ZerosLike OnesLike FullLike", "zeros_like ones_like")
def filled_like(call: Call) -> Written:
    """One number everywhere, of the shape of another tensor."""
    value = (
        call.argument("fill_value", 1)
        if call.layer.kind == "FullLike"
        else float("ones" in str(call.config.get("function", call.layer.kind)).lower())
    )
    x = call.plain(call.x)
    dtype = setting(call, "dtype")
    kind = CAST[dtype] if dtype else call.graph.types[x]
    filled = call.node("Expand", call.number(value), call.node("Shape", x))
    return Value(filled if kind == TensorProto.FLOAT else call.node("Cast", filled, to=kind))


@operation("Resize", "image.resize image.resize_images")
def resize(call: Call) -> Written:
    """Pictures (batch, rows, columns, channels) at another size."""
    size, way = setting(call, "size", place=1), setting(call, "interpolation", "method", default="bilinear")
    x = call.real(call.graph.as_maps(call.x, call.path))
    if setting(call, "data_format", default="channels_last") != "channels_last" or call.graph.shape(x)[1] is None:
        raise Unwritable("channels that are not last, or open")
    sizes = call.node("Concat", call.node("Shape", x, start=0, end=2), call.constant(size), axis=0)
    return Value(resized(call, x, "", sizes, way), True)


@operation("OneHot", "one_hot")
def one_hot(call: Call) -> Written:
    """Indices as rows of zeros with a one."""
    count, axis = setting(call, "num_classes", "depth", place=1), setting(call, "axis", default=-1)
    x = call.node("Cast", call.plain(call.x), to=TensorProto.INT64)
    return Value(call.node("OneHot", x, call.constant(count), call.number([0, 1]), axis=axis))


@operation("Argmax Argmin", "math.argmax argmax")
def best(call: Call) -> Written:
    """The index of the largest or smallest number along an axis."""
    op = "ArgMin" if call.layer.kind == "Argmin" else "ArgMax"
    keep = int(bool(setting(call, "keepdims", default=False)))
    return Value(call.node(op, call.real(call.plain(call.x)), axis=_axis(call), keepdims=keep))


@operation("Cumsum", "math.cumsum cumsum")
def running_sum(call: Call) -> Written:
    """The sum of what comes before, along an axis."""
    return Value(call.node("CumSum", call.real(call.plain(call.x)), call.constant(_axis(call))))


@operation("Einsum")
def einsum(call: Call) -> Written:
    """Sums of products, as an equation says."""
    names = [call.real(call.plain(value)) for value in values(call.args)]
    return Value(call.node("Einsum", *names, equation=call.config["subscripts"].replace(" ", "")))


@operation("Std Var", "math.reduce_std math.reduce_variance")
def spread(call: Call) -> Written:
    """The variance over some axes, or its root."""
    x = call.real(call.plain(call.x))
    axes = setting(call, "axis", place=1)
    given = [] if axes is None else [call.constant(np.atleast_1d(axes))]
    apart = call.node("Sub", x, call.node("ReduceMean", x, *given, keepdims=1))
    keep = int(bool(setting(call, "keepdims", default=False)))
    variance = call.node("ReduceMean", call.node("Mul", apart, apart), *given, keepdims=keep)
    root = "std" in str(call.config.get("function", call.layer.kind)).lower()
    return Value(call.node("Sqrt", variance) if root else variance)


@operation("Norm", "norm linalg.norm")
def norm(call: Call) -> Written:
    """The length of vectors along axes."""
    order, axes = setting(call, "ord", default=2), setting(call, "axis")
    ops = {1: "ReduceL1", 2: "ReduceL2", "euclidean": "ReduceL2", "fro": "ReduceL2"}
    if order not in ops:
        raise Unwritable(f"the norm {order!r}"[:60])
    given = [] if axes is None else [call.constant(np.atleast_1d(axes))]
    keep = int(bool(setting(call, "keepdims", default=False)))
    return Value(call.node(ops[order], call.real(call.plain(call.x)), *given, keepdims=keep))


@operation("Normalize", "math.l2_normalize nn.l2_normalize")
def normalize(call: Call) -> Written:
    """x / max(||x||, epsilon); TensorFlow's epsilon is that of the square."""
    x = call.real(call.plain(call.x))
    axes = call.constant(np.atleast_1d(setting(call, "axis", place=1, default=-1)))
    if setting(call, "order", default=2) != 2:
        raise Unwritable("another norm than the second")
    size = call.node("ReduceL2", x, axes, keepdims=1)
    return Value(call.node("Div", x, call.node("Max", size, call.number(setting(call, "epsilon", default=1e-6)))))


@operation("LeakyRelu Elu Celu", "nn.leaky_relu nn.elu")
def bent(call: Call) -> Written:
    """Rectifiers whose slope or size below 0 is a setting."""
    name = str(call.config.get("function", call.layer.kind)).lower()
    op = next(op for op in ("LeakyRelu", "Celu", "Elu") if op.lower() in name.replace("_", ""))
    alpha = setting(call, "negative_slope", "alpha", place=1, default=0.2 if op == "LeakyRelu" else 1.0)
    return Value(call.node(op, call.real(call.x.name), alpha=float(alpha)), call.x.maps)
