# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pooling. An average over a window that reaches over the edge counts only what is inside."""

from __future__ import annotations

from onnx import TensorProto

from ..call import Call, known, tuple_of
from ..graph import Unwritable, Value
from .convolution import axes_of
from .table import Written, writes
from .windows import Window


def _kinds(name):
    return [f"{name}{axes}D" for axes in (1, 2, 3)]


@writes(*_kinds("MaxPooling"), *_kinds("AveragePooling"))
def pool(call: Call) -> Written:
    """The largest or the mean of windows."""
    x = call.real(call.maps(call.x))
    size = tuple_of(call.get("pool_size", 2), axes_of(call))
    window = Window.of(call, size, call.graph.shape(x)[2:], strides=size)
    op = "MaxPool" if call.layer.kind.startswith("Max") else "AveragePool"
    return call.as_value(call.node(op, x, **window.attributes))


@writes(*_kinds("GlobalMaxPooling"), *_kinds("GlobalAveragePooling"))
def global_pool(call: Call) -> Written:
    """The largest or the mean of each channel."""
    op = "GlobalMaxPool" if "Max" in call.layer.kind else "GlobalAveragePool"
    if call.x.mask and op == "GlobalAveragePool" and not call.first:
        return _masked_average(call)
    y = call.node(op, call.real(call.maps(call.x)))
    if call.get("keepdims"):
        return call.as_value(y)
    return Value(call.node("Flatten", y))


def _masked_average(call):
    """The mean over the steps that count: (batch, steps, channels) -> (batch, channels)."""
    x = call.real(call.plain(call.x))
    counts = call.node("Unsqueeze", call.node("Cast", call.x.mask, to=TensorProto.FLOAT), call.constant([2]))
    axes = call.constant([1])
    keep = int(bool(call.get("keepdims")))
    total = call.node("ReduceSum", call.node("Mul", x, counts), axes, keepdims=keep)
    return Value(call.node("Div", total, call.node("ReduceSum", counts, axes, keepdims=keep)))


@writes(*_kinds("AdaptiveAveragePooling"), *_kinds("AdaptiveMaxPooling"))
def adaptive(call: Call) -> Written:
    """Where the output's size divides the input's, windows are all alike."""
    x = call.real(call.maps(call.x))
    sizes = known(call.graph.shape(x)[2:], "windows of different sizes")
    wanted = tuple_of(call.config["output_size"], len(sizes))
    if any(goal < 1 or size % goal for size, goal in zip(sizes, wanted, strict=True)):
        raise Unwritable("windows of different sizes")
    steps = [size // goal for size, goal in zip(sizes, wanted, strict=True)]
    op = "MaxPool" if "Max" in call.layer.kind else "AveragePool"
    return call.as_value(call.node(op, x, kernel_shape=steps, strides=steps))
