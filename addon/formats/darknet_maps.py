# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What layers of Darknet do with maps that no operator of ONNX does as it is. Formulas: the layers' functions in
Darknet (reorg_cpu, shortcut_cpu, forward_region_layer, forward_crop_layer)."""

from __future__ import annotations

from math import prod

import numpy as np

from .named_layers import Layers, Unwritable

MOST = 1 << 20  # numbers of a map that a table of places is written for


def _sizes(made: Layers, x: str, count: int = 3) -> list[int]:
    """Channels, rows, columns. Raises `Unwritable` where one is open."""
    sizes = [size for size in made.shape(x)[1:] if size]
    if len(sizes) != count:
        raise Unwritable("maps of open size")
    return sizes


def reorganise(made: Layers, x: str, stride: int) -> str:
    """Blocks of stride x stride pixels as channels, in Darknet's order: it takes the numbers of a (channels, rows,
    columns) map for one of (channels / stride^2, rows stride, columns stride)."""
    channels, rows, columns = _sizes(made, x)
    if stride < 1 or channels % stride**2 or rows % stride or columns % stride or channels * rows * columns > MOST:
        raise Unwritable("maps that cannot be parted so")
    inner = channels // stride**2
    k, j, i = np.indices((channels, rows, columns), np.int64)
    down, along = j * stride + k // inner // stride, i * stride + k // inner % stride
    places = along + columns * stride * (down + rows * stride * (k % inner))
    flat = made.node("Reshape", x, made.constant([-1, channels * rows * columns]))
    taken = made.node("Gather", flat, made.constant(places.reshape(-1)), axis=1)
    return made.node("Reshape", taken, made.constant([-1, channels * stride**2, rows // stride, columns // stride]))


def fitted(made: Layers, x: str, like: str) -> str:
    """Maps that a shortcut adds to others: every so manieth pixel of them, and as many channels as both have."""
    channels, rows, columns = _sizes(made, x)
    wanted, *space = _sizes(made, like)
    if [channels, rows, columns] == [wanted, *space]:
        return x
    step = rows // space[0]
    if step < 1 or [rows, columns] != [space[0] * step, space[1] * step]:
        raise Unwritable("a sum of maps of other sizes")
    count = min(channels, wanted)
    ends = [[0, 0, 0], [count, rows, columns], [1, 2, 3], [1, step, step]]
    x = made.node("Slice", x, *map(made.constant, ends))
    if count == wanted:
        return x
    return made.node("Pad", x, made.constant([0, 0, 0, 0, 0, wanted - count, 0, 0]), made.number(0))


def region(made: Layers, x: str, boxes: int, classes: int, coordinates: int, softmax: bool) -> str:
    """Of each box the centre and the score between 0 and 1, its size as it is, a share for each class."""
    channels, rows, columns = _sizes(made, x)
    if channels != boxes * (classes + coordinates + 1) or coordinates < 2 or not classes:
        raise Unwritable("boxes that do not fit the maps")
    x = made.node("Reshape", x, made.constant([-1, boxes, classes + coordinates + 1, rows, columns]))
    parts = [2, coordinates - 2, 1, classes] if coordinates > 2 else [2, 1, classes]
    centre, *size, score, kinds = made.node("Split", x, made.constant(parts), outputs=len(parts), axis=2)
    kinds = made.node("Softmax", kinds, axis=2) if softmax else made.node("Sigmoid", kinds)
    y = made.node("Concat", made.node("Sigmoid", centre), *size, made.node("Sigmoid", score), kinds, axis=2)
    return made.node("Reshape", y, made.constant([-1, channels, rows, columns]))


def crop(made: Layers, x: str, rows: int, columns: int, adjust: bool) -> str:
    """The middle of a picture, with numbers from -1 to 1 where it is adjusted."""
    _, whole_rows, whole_columns = _sizes(made, x)
    if not 0 < rows <= whole_rows or not 0 < columns <= whole_columns:
        raise Unwritable("a part larger than the whole")
    top, left = (whole_rows - rows) // 2, (whole_columns - columns) // 2
    y = made.node("Slice", x, *map(made.constant, ([top, left], [top + rows, left + columns], [2, 3])))
    return made.node("Sub", made.node("Mul", y, made.number(2)), made.number(1)) if adjust else y


def classes_of_grid(made: Layers, x: str, cells: int, classes: int) -> str:
    """The first YOLO's detection: the classes of each cell as shares; boxes follow as they are."""
    (width,) = [prod(_sizes(made, x, len(made.shape(x)) - 1))]
    count = cells * cells * classes
    if not 0 < count < width:
        raise Unwritable("boxes that do not fit")
    flat = made.node("Flatten", x)
    kinds, rest = made.node("Split", flat, made.constant([count, width - count]), outputs=2, axis=1)
    kinds = made.node("Softmax", made.node("Reshape", kinds, made.constant([-1, cells * cells, classes])), axis=2)
    return made.node("Concat", made.node("Reshape", kinds, made.constant([-1, count])), rest, axis=1)
