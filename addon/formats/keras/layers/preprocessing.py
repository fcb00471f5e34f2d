# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers that prepare data."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from ..call import Call, known
from ..graph import Unwritable, Value
from .reshaping import resized
from .table import Written, writes


def _along(call, value, numbers):
    """Numbers of the last axis as a constant that fits the tensor's layout."""
    array = np.asarray(numbers, np.float32)
    if array.ndim > 1:
        raise Unwritable("numbers of several axes")
    return call.number(array.reshape(-1, *[1] * (call.rank(value) - 2)) if value.maps and array.ndim else array)


@writes("Rescaling")
def rescaling(call: Call) -> Written:
    """Numbers times a scale, plus an offset."""
    y = call.node("Mul", call.real(call.x.name), _along(call, call.x, call.config["scale"]))
    offset = call.get("offset", 0)
    y = call.node("Add", y, _along(call, call.x, offset)) if np.any(offset) else y
    return Value(y, call.x.maps)


@writes("Normalization")
def normalization(call: Call) -> Written:
    """(x - mean) / max(sqrt(variance), 1e-7), with statistics of the kept axes."""
    x = call.real(call.plain(call.x))
    rank = len(call.graph.shape(x))
    axes = call.config.get("axis", -1)
    axes = [] if axes is None else [axes] if isinstance(axes, int) else list(axes)
    axes = sorted(axis % rank for axis in axes)
    shape = known([call.graph.shape(x)[axis] if axis in axes else 1 for axis in range(rank)])
    if call.config.get("mean") is None:
        kept = [shape[axis] for axis in axes]
        mean, variance = (call.reshape(call.weight(name, *kept), *shape) for name in ("mean", "variance"))
    else:
        mean, variance = (
            call.number(np.broadcast_to(_fitting(call.config[name], shape), shape)) for name in ("mean", "variance")
        )
    spread = call.node("Max", call.node("Sqrt", variance), call.number(1e-7))
    if call.get("invert"):
        return Value(call.node("Add", call.node("Mul", x, spread), mean))
    return Value(call.node("Div", call.node("Sub", x, mean), spread))


def _fitting(numbers, shape):
    array = np.asarray(numbers, np.float32)
    return array.reshape(shape) if array.size == np.prod(shape) else array


@writes("Resizing")
def resizing(call: Call) -> Written:
    """Pictures at another size."""
    if call.get("crop_to_aspect_ratio") or call.get("pad_to_aspect_ratio") or call.get("antialias"):
        raise Unwritable("the aspect ratio kept")
    if call.rank(call.x) != 4:
        raise Unwritable("a picture without a batch")
    x = call.real(call.maps(call.x))
    size = (call.config["height"], call.config["width"])
    sizes = call.node("Concat", call.node("Shape", x, start=0, end=2), call.constant(size), axis=0)
    y = resized(call, x, "", sizes, call.get("interpolation", "bilinear"))
    call.graph.shapes[y] = (*call.graph.shape(x)[:2], *size)
    return call.as_value(y)


@writes("CenterCrop")
def center_crop(call: Call) -> Written:
    """The middle of pictures."""
    x = call.maps(call.x)
    sizes = call.graph.shape(x)[2:]
    goal = (call.config["height"], call.config["width"])
    if len(sizes) != 2 or None in sizes or any(have < want for have, want in zip(sizes, goal, strict=True)):
        raise Unwritable("a picture of open size, or a smaller one")
    starts = [(have - want) // 2 for have, want in zip(sizes, goal, strict=True)]
    ends = [start + want for start, want in zip(starts, goal, strict=True)]
    return call.as_value(call.node("Slice", x, *map(call.constant, (starts, ends, [2, 3]))))


@writes("CategoryEncoding")
def category_encoding(call: Call) -> Written:
    """Indices (batch, n) -> which of the categories there are, how often, or each by itself."""
    mode = call.get("output_mode", "multi_hot")
    count = call.config["num_tokens"]
    if len(call.inputs) != 1 or call.argument("count_weights"):
        raise Unwritable("weights for the counts")
    x = call.node("Cast", call.plain(call.x), to=TensorProto.INT64)
    shape = call.graph.shape(x)
    if mode == "one_hot" and len(shape) > 1 and shape[-1] == 1:
        x = call.node("Squeeze", x, call.constant([-1]))
    hot = call.node("OneHot", x, call.constant(count), call.number([0, 1]), axis=-1)
    if mode == "one_hot" or len(shape) == 1:
        return Value(hot)
    op = {"multi_hot": "ReduceMax", "count": "ReduceSum"}[mode]
    return Value(call.node(op, hot, call.constant([-2]), keepdims=0))


@writes("Discretization")
def discretization(call: Call) -> Written:
    """In which bin a number lies: how many boundaries are not above it."""
    if call.get("output_mode", "int") != "int" or not call.config.get("bin_boundaries"):
        raise Unwritable("bins that are not in its settings")
    x = call.node("Unsqueeze", call.real(call.plain(call.x)), call.constant([-1]))
    above = call.node("GreaterOrEqual", x, call.number(call.config["bin_boundaries"]))
    above = call.node("Cast", above, to=TensorProto.INT64)
    return Value(call.node("ReduceSum", above, call.constant([-1]), keepdims=0))
