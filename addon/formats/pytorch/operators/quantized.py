# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""PyTorch's quantised operators as the plain ones that they stand for; nothing is rounded between them.

A packed object is the list of its weight, its bias and, for convolutions, stride, padding, dilation and groups.
"""

from __future__ import annotations

from .convolution import conv
from .emitter import UnknownError
from .matrix import linear
from .pointwise import add
from .shaping import cat
from .table import op


def _parts(packed, count):
    if not isinstance(packed, list) or len(packed) != count:
        raise UnknownError("a packed object that is not known")
    return packed


@op("quantized.linear_prepack", "quantized.linear_dynamic_prepack")
def linear_prepack(e, weight, bias=None):
    """The parts of a packed linear layer, as they are."""
    return [weight, bias]


@op(*(f"quantized.conv{axes}d_prepack" for axes in (1, 2, 3)))
def conv_prepack(e, weight, bias, stride, padding, dilation, groups):
    """The parts of a packed convolution, as they are."""
    return [weight, bias, stride, padding, dilation, groups]


@op("quantized.linear_dynamic", "quantized.linear")
def quantized_linear(e, x, packed, *rest):
    """A linear layer, on the numbers that its weight stands for."""
    return linear(e, x, *_parts(packed, 2))


@op("quantized.linear_relu_dynamic", "quantized.linear_relu")
def quantized_linear_relu(e, x, packed, *rest):
    """The same with a ReLU behind it."""
    return e.node("Relu", linear(e, x, *_parts(packed, 2)))


@op(*(f"quantized.conv{axes}d{kind}" for axes in (1, 2, 3) for kind in ("", "_dynamic")))
def quantized_conv(e, x, packed, *rest):
    """A convolution, on the numbers that its weight stands for."""
    return conv(e, x, *_parts(packed, 6))


@op(*(f"quantized.conv{axes}d_relu" for axes in (1, 2, 3)))
def quantized_conv_relu(e, x, packed, *rest):
    """The same with a ReLU behind it."""
    return e.node("Relu", conv(e, x, *_parts(packed, 6)))


@op("quantized.add")
def quantized_add(e, x, other, *rest):
    """A sum, which is not rounded here."""
    return add(e, x, other)


@op("quantized.add_relu")
def quantized_add_relu(e, x, other, *rest):
    """The same with a ReLU behind it."""
    return e.node("Relu", add(e, x, other))


@op("quantized.mul")
def quantized_mul(e, x, other, *rest):
    """A product, which is not rounded here."""
    return e.node("Mul", *e.alike(x, other))


@op("quantized.cat")
def quantized_cat(e, tensors, dim=0, *rest):
    """Tensors one behind the other."""
    return cat(e, tensors, dim)


@op("quantize_per_tensor", "dequantize", "quantize_per_tensor_dynamic")
def same(e, x, *rest):
    """Numbers as they are: nothing is rounded here."""
    return x
