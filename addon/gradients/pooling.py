# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives of poolings."""

from __future__ import annotations

from math import prod

import numpy as np
from onnx import helper

from .rules import rule
from .tape import attributes
from .windows import Window


@rule("MaxPool")
def _max_pool(tape, node, gradients, wanted):
    """To the place that was the largest, which the operator says itself."""
    if len(node.output) < 2 or not node.output[1]:
        name = tape.name("MaxPool places")
        del node.output[1:]
        node.output.append(name)
    shape = tape.shape(node.input[0])
    places = node.output[1]
    if attributes(node).get("storage_order", 0):
        order = [0, 1, *range(len(shape) - 1, 1, -1)]
        turned = [shape[axis] for axis in order]
        row_major = np.arange(prod(shape), dtype=np.int64).reshape(shape).transpose(order).ravel()
        places = tape.add("Gather", tape.constant(row_major.reshape(prod(turned))), places)
    return [tape.scatter(gradients[0], places, shape, node.input[0])]


@rule("AveragePool")
def _average_pool(tape, node, gradients, wanted):
    """Spread evenly over the window, by as many numbers as were averaged."""
    shape = tape.shape(node.input[0])
    given = attributes(node)
    counts = tape.shape(node.output[0])[2:]
    window = Window.of(given, given["kernel_shape"], shape[2:], counts)
    dtype = helper.tensor_dtype_to_np_dtype(tape.type(node.input[0]))
    numbers = window.numbers(bool(given.get("count_include_pad", 0)))
    share = tape.add("Div", gradients[0], tape.constant(numbers.astype(dtype)))
    maps = tape.reshape(share, [shape[0] * shape[1], 1, *counts])
    ones = tape.constant(np.ones((1, 1, *window.kernel), dtype))
    return [tape.reshape(tape.add("ConvTranspose", maps, ones, **window.spread()), shape)]


@rule("GlobalAveragePool")
def _global_average(tape, node, gradients, wanted):
    shape = tape.shape(node.input[0])
    share = tape.add("Div", gradients[0], tape.number(float(prod(shape[2:])), node.input[0]))
    return [tape.expand(share, shape)]


@rule("GlobalMaxPool")
def _global_max(tape, node, gradients, wanted):
    """To the largest; where several are equal, the same to each."""
    shape = tape.shape(node.input[0])
    mask = tape.cast(tape.add("Equal", node.input[0], node.output[0]), node.input[0])
    count = tape.sum_over(mask, range(2, len(shape)))
    return [tape.add("Mul", tape.add("Div", gradients[0], count), mask)]
