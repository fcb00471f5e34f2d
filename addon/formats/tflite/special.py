# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators of TensorFlow Lite whose weights lie otherwise than TensorFlow's, or that TensorFlow has not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import TensorProto

from ..tensorflow.graph import Call, Shape, Unwritable, Value
from ..tensorflow.operators import OPERATORS
from ..tensorflow.operators.convolution import convolve, transpose_convolve
from .model import TYPES
from .operators import PADDINGS, Settings

Written = Value | list[Value]


def _window(call: Call, settings: Settings, dilation: tuple[int, int] | None = None):
    call.settings["padding"] = PADDINGS.get(settings.number(0, "b"), "SAME")
    call.settings["strides"] = [1, settings.number(2, default=1), settings.number(1, default=1), 1]
    if dilation:
        along, down = (settings.number(place, default=1) for place in dilation)
        call.settings["dilations"] = [1, down, along, 1]


def _bias(call: Call, place: int) -> list[str]:
    return [call.plain(call.value(place))] if call.has(place) else []


def conv(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """Kernels (out, rows, columns, in), with groups where they have fewer inputs than there are channels."""
    _window(call, settings, (4, 5))
    x = call.maps(call.x)
    weight = call.transpose(call.plain(call.value(1)), 0, 3, 1, 2)
    channels, inputs = call.graph.shape(x)[1], call.graph.shape(weight)[1]
    groups = channels // inputs if channels and inputs else 1
    return convolve(call, x, weight, groups, *_bias(call, 2))


def depthwise(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """Kernels (1, rows, columns, out) for each channel by itself."""
    _window(call, settings, (5, 6))
    x = call.maps(call.x)
    weight = call.transpose(call.plain(call.value(1)), 3, 0, 1, 2)
    channels = call.graph.shape(x)[1]
    if channels is None:
        raise Unwritable("an open number of channels")
    return convolve(call, x, weight, channels, *_bias(call, 2))


def transposed(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """Sizes, kernels (out, rows, columns, in), input."""
    _window(call, settings)
    x = call.maps(call.value(2))
    weight = call.transpose(call.plain(call.value(1)), 3, 0, 1, 2)
    return transpose_convolve(call, x, weight, list(shapes[0][1:3]), *_bias(call, 3))


def transposed_with_bias(call: Call, data: bytes, shapes: list[Shape]) -> Value:
    """MediaPipe's Convolution2DTransposeBias: input, kernels (out, rows, columns, in), bias.

    Its settings are three integers of 32 bits: 1 for padding to the same size or 2 for none, and both strides.
    """
    if len(data) < 12:
        raise Unwritable("settings that are cut short")
    padding, along, down = np.frombuffer(data, "<i4", 3).tolist()
    call.settings["padding"] = {1: "SAME", 2: "VALID"}.get(padding, "")
    call.settings["strides"] = [1, down, along, 1]
    weight = call.transpose(call.plain(call.value(1)), 3, 0, 1, 2)
    return transpose_convolve(call, call.maps(call.x), weight, list(shapes[0][1:3]), *_bias(call, 2))


def conv3d(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """Kernels (depth, rows, columns, in, out)."""
    call.settings["padding"] = PADDINGS.get(settings.number(0, "b"), "SAME")
    depth, along, down = (settings.number(place, default=1) for place in (1, 2, 3))
    call.settings["strides"] = [1, depth, down, along, 1]
    gaps = [settings.number(place, default=1) for place in (5, 7, 6)]
    call.settings["dilations"] = [1, *gaps, 1]
    weight = call.transpose(call.plain(call.value(1)), 4, 3, 0, 1, 2)
    return convolve(call, call.maps(call.x), weight, 1, *_bias(call, 2))


def dense(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """Weights (out, in); all axes but the last are one where it does not keep them."""
    if settings.number(1, "b"):
        raise Unwritable("weights that are shuffled")
    weight = call.plain(call.value(1))
    inputs = call.graph.shape(weight)[1]
    x = call.plain(call.x)
    keeps = bool(settings.number(2, "b"))
    sizes = call.graph.shape(x)
    if not keeps and (len(sizes) != 2 or sizes[-1] != inputs):
        x = call.reshape(x, -1, int(inputs or 1))
    made = call.node("MatMul", x, call.transpose(weight, 1, 0))
    bias = _bias(call, 2)
    return Value(call.node("Add", made, *bias) if bias else made)


def reshape(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """A tensor in another shape, which a second input or a setting says."""
    if not call.has(1):
        wanted = settings.numbers(0) or [-1 if size is None else size for size in shapes[0]]
        call.inputs = [call.x, Value(call.constant(wanted))]
    return OPERATORS["Reshape"](call)


def cast(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """A tensor of another type."""
    call.settings["DstT"] = TYPES.get(settings.number(1, "b"))
    return OPERATORS["Cast"](call)


def shape(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """The shape of a tensor."""
    call.settings["out_type"] = TYPES.get(settings.number(0, "b", 2), TensorProto.INT32)
    call.op = "Shape"
    return OPERATORS["Shape"](call)


def best(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """The place of the largest or smallest number along an axis."""
    call.op = "ArgMax" if call.op == "ARG_MAX" else "ArgMin"
    call.settings["output_type"] = TYPES.get(settings.number(0, "b", 4), TensorProto.INT64)
    return OPERATORS[call.op](call)


def lookup(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """Rows of a table (second) by their indices (first)."""
    return Value(call.node("Gather", call.plain(call.value(1)), call.plain(call.x), axis=0))


def lstm(call: Call, settings: Settings, shapes: list[Shape]) -> Written:
    """A long short-term memory over (batch, steps, in), its gates apart: input, forget, cell, output."""
    peeps = [place for place in (9, 11, 10) if call.has(place)]  # of input, output and forget
    if any(call.has(place) for place in (16, 17, 20, 21, 22, 23)) or not call.has(1) or len(peeps) not in (0, 3):
        raise Unwritable("projections, normalised or coupled gates")
    limit = settings.number(1, "f")
    if settings.number(2, "f") or ACT_TANH != settings.number(0, "b"):
        raise Unwritable("limits of its state")
    if limit:  # Keras's converter writes 10 everywhere; a state grows by less than 1 a step
        call.graph.remarks.append(f"the states of its LSTM are not limited to ±{limit:g} here, as the file says")
    order = (0, 3, 1, 2)  # ONNX has the gates as input, output, forget, cell

    def stacked(first: int) -> str:
        parts = [call.plain(call.value(first + gate)) for gate in order]
        return call.node("Concat", *parts, axis=0)

    inner, recurrent = (call.node("Unsqueeze", stacked(first), call.constant([0])) for first in (1, 5))
    units = call.graph.shape(call.plain(call.value(1)))[0]
    if units is None:
        raise Unwritable("an open number of units")
    bias = call.node("Concat", stacked(12), call.constant(np.zeros(4 * units), np.float32), axis=0)
    bias = call.node("Unsqueeze", bias, call.constant([0]))
    first = bool(settings.number(3, "b"))  # steps come before samples
    x = call.plain(call.x)
    x = x if first else call.node("Transpose", x, perm=[1, 0, 2])
    more = []
    if peeps:
        row = call.node("Concat", *(call.plain(call.value(place)) for place in peeps), axis=0)
        more = ["", "", "", call.node("Unsqueeze", row, call.constant([0]))]
    y, *_ = call.node("LSTM", x, inner, recurrent, bias, *more, outputs=3, hidden_size=units)
    y = call.node("Squeeze", y, call.constant([1]))
    return Value(y if first else call.node("Transpose", y, perm=[1, 0, 2]))


ACT_TANH = 4
CUSTOM: dict[str, Callable[[Call, bytes, list[Shape]], Value]] = {"Convolution2DTransposeBias": transposed_with_bias}
# Operator -> the function that writes it, and the field of the activation behind it (None: it has none).
SPECIAL: dict[str, tuple[Callable[[Call, Settings, list[Shape]], Written], int | None]] = {
    "CONV_2D": (conv, 3),
    "DEPTHWISE_CONV_2D": (depthwise, 4),
    "TRANSPOSE_CONV": (transposed, 3),
    "CONV_3D": (conv3d, 4),
    "FULLY_CONNECTED": (dense, 0),
    "RESHAPE": (reshape, None),
    "CAST": (cast, None),
    "SHAPE": (shape, None),
    "ARG_MAX": (best, None),
    "ARG_MIN": (best, None),
    "EMBEDDING_LOOKUP": (lookup, None),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (lstm, None),
}
