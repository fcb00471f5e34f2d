# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Normalisations."""

from __future__ import annotations

import numpy as np

from ..call import Call
from ..graph import Unwritable, Value
from .table import Written, writes


def _or_filled(call, name, setting, shape, value):
    """A variable, or the numbers that stand for it where the layer has none."""
    return call.weight(name, *shape) if call.get(setting, True) else call.filled(value, *shape)


def _axes(call, default=-1):
    axis = call.get("axis", default)
    return list(axis) if isinstance(axis, (list, tuple)) else [axis]


@writes("BatchNormalization")
def batch(call: Call) -> Written:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, along one axis."""
    if call.get("mode", 0) == 1 or call.get("renorm") and call.version[0] < 2:
        raise Unwritable("statistics of each sample")
    (axis,) = _axes(call)
    value = call.x
    if call.rank(value) > 2 and axis in (-1, call.rank(value) - 1):
        value = Value(call.graph.as_maps(value, call.path), True)
    axis = call.axis(value, axis)
    x = call.real(value.name)
    rank = len(call.graph.shape(x))
    order = (0, axis, *(other for other in range(1, rank) if other != axis))
    x = call.transpose(x, *order)
    size = call.graph.shape(x)[1]
    if size is None:
        size = call.stored("moving_mean", None).shape[0]
    weights = [
        _or_filled(call, "gamma", "scale", (size,), 1),
        _or_filled(call, "beta", "center", (size,), 0),
        call.weight("moving_mean", size),
        call.weight("moving_variance", size),
    ]
    y = call.node("BatchNormalization", x, *weights, epsilon=float(call.get("epsilon", 1e-3)))
    return Value(call.transpose(y, *(int(place) for place in np.argsort(order))), value.maps)


@writes("LayerNormalization")
def layer(call: Call) -> Written:
    """Layer normalization over the last axes, with or without a mean."""
    x = call.real(call.plain(call.x))
    shape = call.graph.shape(x)
    axes = sorted(axis % len(shape) for axis in _axes(call))
    sizes = shape[axes[0] :]
    if axes != list(range(axes[0], len(shape))) or None in sizes or call.get("rms_scaling"):
        raise Unwritable("other axes than the last, or open ones")
    scale = _or_filled(call, "gamma", "scale", sizes, 1)
    bias = [call.weight("beta", *sizes)] if call.get("center", True) else []
    return Value(
        call.node(
            "LayerNormalization", x, scale, *bias, axis=axes[0] - len(shape), epsilon=float(call.get("epsilon", 1e-3))
        )
    )


@writes("GroupNormalization")
def groups(call: Call) -> Written:
    """Group normalization: statistics of groups of channels."""
    if call.get("axis", -1) not in (-1, call.rank(call.x) - 1):
        raise Unwritable("another axis than the last")
    x = call.real(call.graph.as_maps(call.x, call.path))
    size = call.graph.shape(x)[1]
    if size is None:
        raise Unwritable("an open number of channels")
    weights = _or_filled(call, "gamma", "scale", (size,), 1), _or_filled(call, "beta", "center", (size,), 0)
    count = call.get("groups", 32)
    y = call.node(
        "GroupNormalization",
        x,
        *weights,
        num_groups=size if count == -1 else count,
        epsilon=float(call.get("epsilon", 1e-3)),
    )
    call.graph.shapes[y] = call.graph.shape(x)  # ONNX defines it as a function, of which inference says nothing
    return Value(y, True)


@writes("LayerScale")
def scale(call: Call) -> Written:
    """ConvNeXt's factor for each channel."""
    return Value(call.node("Mul", call.real(call.plain(call.x)), call.weight("gamma", call.shape(call.x)[-1])))


@writes("UnitNormalization")
def unit(call: Call) -> Written:
    """x / sqrt(max(sum of x^2, 1e-12)) along the axes."""
    x = call.real(call.plain(call.x))
    axes = call.constant(_axes(call))
    total = call.node("ReduceSumSquare", x, axes, keepdims=1)
    return Value(call.node("Div", x, call.node("Sqrt", call.node("Max", total, call.number(1e-12)))))


@writes("RMSNormalization")
def rms(call: Call) -> Written:
    """x / sqrt(mean of x^2 + epsilon) * scale: Zhang and Sennrich 2019, arXiv:1910.07467."""
    x = call.real(call.plain(call.x))
    shape = call.graph.shape(x)
    axes = sorted(axis % len(shape) for axis in _axes(call))
    square = call.node("Pow", x, call.number(2))
    mean = call.node("ReduceMean", square, call.constant(axes), keepdims=1)
    root = call.node("Sqrt", call.node("Add", mean, call.number(call.get("epsilon", 1e-6))))
    scale = call.weight("scale", *(shape[axis] for axis in axes))
    if axes != list(range(axes[0], len(shape))):
        raise Unwritable("other axes than the last")
    return Value(call.node("Mul", call.node("Div", x, root), scale))
