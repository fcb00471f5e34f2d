# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives of convolutions of any dimension (Dumoulin and Visin 2016). By what goes in a convolution becomes a
transposed one and the other way round; by its weights it is one of the maps with the derivative as the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from .rules import Gradients, rule
from .tape import Tape, attributes
from .windows import Window


@rule("Conv")
def _conv(tape, node, gradients, wanted):
    """X (n, c, ...), W (m, c / groups, ...), Y (n, m, ...)."""
    maps, weights = node.input[:2]
    given = attributes(node)
    groups = given.get("group", 1)
    kernel = tape.shape(weights)[2:]
    window = Window.of(given, kernel, tape.shape(maps)[2:], tape.shape(node.output[0])[2:])
    made: Gradients = [None] * len(node.input)
    if wanted[0]:
        made[0] = tape.add("ConvTranspose", gradients[0], weights, group=groups, **window.spread())
    if wanted[1]:
        made[1] = _kernels(tape, maps, gradients[0], tape.shape(maps)[:2], window, groups)
    if len(wanted) > 2 and wanted[2]:
        made[2] = _bias(tape, gradients[0], len(kernel))
    return made


@rule("ConvTranspose")
def _conv_transpose(tape, node, gradients, wanted):
    """X (n, c, ...), W (c, m / groups, ...), Y (n, m, ...): the window slides over Y."""
    maps, weights = node.input[:2]
    given = attributes(node)
    groups = given.get("group", 1)
    kernel = tape.shape(weights)[2:]
    sizes = tape.shape(node.output[0])[2:]
    counts = tape.shape(maps)[2:]
    window = _turned(given, kernel, sizes, counts)
    made: Gradients = [None] * len(node.input)
    if wanted[0]:
        whole = tape.add("Conv", gradients[0], weights, group=groups, **window.gathered())
        made[0] = _cut(tape, whole, counts)
    if wanted[1]:
        made[1] = _kernels(tape, gradients[0], maps, tape.shape(node.output[0])[:2], window, groups)
    if len(wanted) > 2 and wanted[2]:
        made[2] = _bias(tape, gradients[0], len(kernel))
    return made


def _turned(given, kernel, sizes, counts) -> Window:
    """The window of a transposed convolution; where its result is given by size, the padding follows from that."""
    if "output_shape" not in given and given.get("auto_pad", "NOTSET") in ("NOTSET", "VALID"):
        return Window.of(given, kernel, sizes, counts)
    count = len(kernel)
    strides = given.get("strides", [1] * count)
    dilations = given.get("dilations", [1] * count)
    extra = given.get("output_padding", [0] * count)
    pads = [0] * (2 * count)
    for axis in range(count):
        reach = (kernel[axis] - 1) * dilations[axis] + 1
        total = max((counts[axis] - 1) * strides[axis] + extra[axis] + reach - sizes[axis], 0)
        less, more = total // 2, total - total // 2
        upper = given.get("auto_pad") == "SAME_UPPER"
        pads[axis], pads[count + axis] = (less, more) if upper else (more, less)
    return Window.of({"strides": strides, "dilations": dilations, "pads": pads}, kernel, sizes, counts)


def _kernels(tape: Tape, fine: str, coarse: str, fine_shape: Sequence[int], window: Window, groups: int) -> str:
    """The sum over samples and places of a finer map (n, a, ...) times a coarser one (n, b, ...), for each place of the
    kernel: (b, a / groups, *kernel). `fine_shape` is (n, a)."""
    samples, channels = fine_shape
    count = len(window.sizes)
    inside = channels // groups
    axes = range(3, 3 + count)
    grouped = tape.reshape(fine, [samples, groups, inside, *window.sizes])
    batch = tape.reshape(tape.transpose(grouped, [2, 1, 0, *axes]), [inside, groups * samples, *window.sizes])
    kernel = tape.transpose(coarse, [1, 0, *range(2, 2 + count)])
    made = tape.add("Conv", batch, kernel, group=groups, **window.crossed())
    return tape.transpose(_cut(tape, made, window.kernel), [1, 0, *range(2, 2 + count)])


def _cut(tape, maps, sizes):
    """Maps without what is beyond these sizes."""
    return tape.slice(maps, [0] * len(sizes), sizes, range(2, 2 + len(sizes)))


def _bias(tape, gradient, count):
    return tape.sum_over(gradient, [0, *range(2, 2 + count)], keep=False)
