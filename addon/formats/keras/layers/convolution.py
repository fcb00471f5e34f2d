# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convolutions. Keras's kernels are (rows, columns, in, out), ONNX's (out, in, rows, columns).

Keras 1 had kernels (out, in, rows, columns) where channels come first. Theano turns a kernel round before applying it.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..call import Call, known, tuple_of
from ..graph import Unwritable, Value
from ..keras1 import FIRST_KERNEL
from .activations import activate
from .table import Written, writes
from .windows import Window, extents

LAST = np.iinfo(np.int64).min  # in Slice, beyond the first


def axes_of(call: Call) -> int:
    """The number of spatial axes, which the class says."""
    return next(int(digit) for digit in call.layer.kind if digit.isdigit())


@writes("Conv1D", "Conv2D", "Conv3D")
def conv(call: Call) -> Written:
    """A convolution, with groups, strides and dilation."""
    count = axes_of(call)
    x = call.real(call.maps(call.x))
    window = Window.of(call, tuple_of(call.config["kernel_size"], count), call.graph.shape(x)[2:])
    groups = call.get("groups", 1)
    channels = call.graph.shape(x)[1]
    inputs = None if channels is None else channels // groups
    weight = _kernel(call, "kernel", window.kernel, inputs, call.config["filters"])
    y = call.node("Conv", x, weight, *_bias(call, call.config["filters"]), group=groups, **window.attributes)
    return activate(call, call.as_value(y), call.get("activation"))


@writes("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(call: Call) -> Written:
    """A kernel for each channel."""
    count = axes_of(call)
    x = call.real(call.maps(call.x))
    window = Window.of(call, tuple_of(call.config["kernel_size"], count), call.graph.shape(x)[2:])
    y, outputs = _depthwise(call, x, window, lambda size: _bias(call, size))
    return activate(call, call.as_value(y), call.get("activation"))


@writes("SeparableConv1D", "SeparableConv2D")
def separable(call: Call) -> Written:
    """A kernel for each channel, then one of 1 x 1 over all."""
    count = axes_of(call)
    x = call.real(call.maps(call.x))
    window = Window.of(call, tuple_of(call.config["kernel_size"], count), call.graph.shape(x)[2:])
    y, between = _depthwise(call, x, window, lambda size: [])
    filters = call.config["filters"]
    weight = _kernel(call, "pointwise_kernel", (1,) * count, between, filters)
    y = call.node("Conv", y, weight, *_bias(call, filters), kernel_shape=[1] * count)
    return activate(call, call.as_value(y), call.get("activation"))


def _depthwise(call, x, window, bias):
    """Each channel by itself: kernel (rows, columns, in, multiplier), outputs ordered by the channel first."""
    multiplier = call.get("depth_multiplier", 1)
    count = len(window.kernel)
    if call.torch:
        weight = call.weight("depthwise_kernel", None, 1, *window.kernel)
        outputs = call.graph.shape(weight)[0]
    else:
        if _is_first(call):
            weight = call.transpose(
                call.weight("depthwise_kernel", multiplier, None, *window.kernel), 1, 0, *range(2, 2 + count)
            )
        else:
            weight = call.weight("depthwise_kernel", *window.kernel, call.graph.shape(x)[1], multiplier)
            weight = call.transpose(weight, count, count + 1, *range(count))
        outputs = call.graph.shape(weight)[0] * multiplier
        weight = call.reshape(weight, outputs, 1, *window.kernel)
    y = call.node("Conv", x, weight, *bias(outputs), group=outputs // multiplier, **window.attributes)
    return y, outputs


@writes("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def transposed(call: Call) -> Written:
    """What a convolution with this padding would have made the input from."""
    count = axes_of(call)
    x = call.real(call.maps(call.x))
    kernel = tuple_of(call.config["kernel_size"], count)
    strides, dilations = (tuple_of(call.get(name, 1), count) for name in ("strides", "dilation_rate"))
    extra = call.get("output_padding")
    extra = (None,) * count if extra is None else tuple_of(extra, count)
    begins, ends, more = [], [], []
    for size, stride, added in zip(extents(kernel, dilations), strides, extra, strict=True):
        total = _cut(call.get("padding", "valid"), size, stride, added)
        begins.append(max(total, 0) // 2)
        ends.append(max(total, 0) - max(total, 0) // 2)
        more.append(max(-total, 0))
    filters = call.config["filters"]
    channels = call.graph.shape(x)[1]
    if call.torch:
        weight = call.weight("kernel", channels, filters, *kernel)
    else:
        weight = _turned(call, _transposed_kernel(call, kernel, filters, channels), count)
    y = call.node(
        "ConvTranspose",
        x,
        weight,
        *_bias(call, filters),
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        pads=[*begins, *ends],
        output_padding=more if any(more) else None,
    )
    return activate(call, call.as_value(y), call.get("activation"))


def _cut(padding, size, stride, added):
    """How much of the whole output a transposed convolution leaves away; less than 0 is padding to add."""
    if padding == "same":
        return size - stride if added is None else 2 * (size // 2) - added
    return min(size - stride, 0) if added is None else -added


def _transposed_kernel(call, kernel, filters, channels):
    count = len(kernel)
    if call.get(FIRST_KERNEL) and not call.first:
        return call.transpose(call.weight("kernel", *kernel, channels, filters), count, count + 1, *range(count))
    if _is_first(call):
        return call.transpose(call.weight("kernel", filters, channels, *kernel), 1, 0, *range(2, count + 2))
    return call.transpose(call.weight("kernel", *kernel, filters, channels), count + 1, count, *range(count))


def _is_first(call):
    return bool(call.get(FIRST_KERNEL)) and call.first


def _kernel(call, name, kernel, inputs, outputs):
    """A kernel as ONNX has it: (out, in, rows, columns)."""
    count = len(kernel)
    if call.torch:
        return call.weight(name, outputs, inputs, *kernel)
    if call.get(FIRST_KERNEL) and count == 1:
        return _turned(call, _first_line(call, name, kernel[0], inputs, outputs), 1)
    if _is_first(call):
        return _turned(call, call.weight(name, outputs, inputs, *kernel), count)
    weight = call.weight(name, *kernel, inputs, outputs)
    return _turned(call, call.transpose(weight, count + 1, count, *range(count)), count)


def _first_line(call, name, length, inputs, outputs):
    """Keras 1 kept kernels of one axis with two: (length, 1, in, out), before 1.2 (out, in, length, 1)."""
    weight = call.weight(name, None, None, None, None)
    if call.graph.shape(weight)[:2] == (length, 1):
        return call.transpose(call.node("Squeeze", weight, call.constant([1])), 2, 1, 0)
    return call.node("Squeeze", weight, call.constant([3]))


def _turned(call, weight, count):
    """The kernel (out, in, ...) turned round where Theano, which convolves, was the backend."""
    if getattr(call.find, "backend", "") != "theano":
        return weight
    ends = [[-1] * count, [LAST] * count, list(range(2, 2 + count)), [-1] * count]
    return call.node("Slice", weight, *(call.constant(end) for end in ends))


def _bias(call, size):
    return [call.weight("bias", size)] if call.get("use_bias", True) else []


@writes("LocallyConnected1D", "LocallyConnected2D")
def local(call: Call) -> Written:
    """A convolution with kernels of their own at every place: (places, taps x in, out)."""
    count = axes_of(call)
    if call.first or call.get("implementation", 1) != 1:
        raise Unwritable("channels in front, or kernels kept in another way")
    x = call.real(call.plain(call.x))
    filters = call.config["filters"]
    size, stride = tuple_of(call.config["kernel_size"], count), tuple_of(call.get("strides", 1), count)
    *space, inputs = known(call.graph.shape(x)[1:])
    out = [(have - taps) // step + 1 for have, taps, step in zip(space, size, stride, strict=True)]
    axes, steps = call.constant(range(1, count + 1)), call.constant(stride)
    taps = []
    for tap in np.ndindex(*size):
        ends = [first + (places - 1) * step + 1 for first, places, step in zip(tap, out, stride, strict=True)]
        taps.append(call.node("Slice", x, call.constant(tap), call.constant(ends), axes, steps))
    seen = call.reshape(call.node("Concat", *taps, axis=-1), -1, prod(out), prod(size) * inputs)
    kernel = call.weight("kernel", prod(out), prod(size) * inputs, filters)
    y = call.transpose(call.node("MatMul", call.transpose(seen, 1, 0, 2), kernel), 1, 0, 2)
    y = call.reshape(y, -1, *out, filters)
    if call.get("use_bias", True):
        y = call.node("Add", y, call.weight("bias", *out, filters))
    return activate(call, Value(y), call.get("activation"))
