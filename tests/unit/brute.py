# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators as loops over the formulas of the ONNX specification: which cell feeds which, and with what weight.

Cells are (unit, row, column). A one-dimensional map is one row. Nothing of the product's code is used here.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from unit.make import model, node, seeded


def windows(source, kernel, strides, pads, dilations, out):
    """For each position (row, column) of the output: tap -> the row and column it reads, of those on the map."""
    found = {}
    for place in product(*map(range, out)):
        taps = {}
        for tap in product(*map(range, kernel)):
            at = tuple(p * s - b + t * d for p, s, b, t, d in zip(place, strides, pads, tap, dilations, strict=True))
            if all(0 <= a < n for a, n in zip(at, source, strict=True)):
                taps[tap] = at
        found[place] = taps
    return found


def conv(weight, source, out, strides=(1, 1), pads=(0, 0), dilations=(1, 1), groups=1):
    """{(source cell, target cell): weight} of a Conv with W (units, channels / groups, rows, columns)."""
    units, per_group = weight.shape[:2]
    return {
        ((o // (units // groups) * per_group + i, *at), (o, *place)): weight[o, i, *tap]
        for place, taps in windows(source, weight.shape[2:], strides, pads, dilations, out).items()
        for tap, at in taps.items()
        for o in range(units)
        for i in range(per_group)
    }


def transposed(weight, source, out, strides=(1, 1), pads=(0, 0), dilations=(1, 1), groups=1):
    """The same of a ConvTranspose with W (channels, units / groups, rows, columns)."""
    channels, per_group = weight.shape[:2]
    found = {}
    for place, tap in product(product(*map(range, source)), product(*map(range, weight.shape[2:]))):
        at = tuple(p * s - b + t * d for p, s, b, t, d in zip(place, strides, pads, tap, dilations, strict=True))
        if all(0 <= a < n for a, n in zip(at, out, strict=True)):
            for c, i in product(range(channels), range(per_group)):
                found[(c, *place), (c // (channels // groups) * per_group + i, *at)] = weight[c, i, *tap]
    return found


def pool(units, source, kernel, out, strides=(1, 1), pads=(0, 0), mean="", end=(0, 0)):
    """The same of a pooling: 1, or for a mean one part of the cells, or of the window with its padding."""
    found = {}
    for place, taps in windows(source, kernel, strides, pads, (1, 1), out).items():
        share = 1.0
        if mean == "cells":
            share = 1 / len(taps)
        elif mean == "window":
            share = 1 / np.prod(
                [
                    min(k, n + e - (p * s - b))
                    for k, n, e, p, s, b in zip(kernel, source, end, place, strides, pads, strict=True)
                ]
            )
        for at, unit in product(taps.values(), range(units)):
            found[(unit, *at), (unit, *place)] = share
    return found


def dense(weight, source, last=False):
    """The same of a matrix W (inputs, outputs) that reads flattened maps; `last`: with the channels last."""
    units, rows, columns = source
    return {
        ((u, r, c), (o, 0, 0)): weight[(r * columns + c) * units + u if last else (u * rows + r) * columns + c, o]
        for u, r, c, o in product(range(units), range(rows), range(columns), range(weight.shape[1]))
    }


def _case(nodes, shape, weights, links, kernel):
    """A model from x to y, {(source, target): weight} of its last operator but moves, and the taps of a kernel."""
    return model(nodes, {"x": (1, *shape)}, {"y": None}, weights), links, kernel


def cases():
    """By name: a model with one operator from x to y, its links, and how many taps a kernel has."""
    found = {}

    def add_conv(
        name, shape, weight, out, op="Conv", strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), groups=1, **attributes
    ):
        rank, array = len(shape) - 1, seeded(*weight)
        given = {"group": groups, "strides": strides[2 - rank :], "dilations": dilations[2 - rank :]} | attributes
        if "auto_pad" not in attributes:
            given["pads"] = [*pads[2 - rank : 2], *pads[4 - rank :]] if rank == 2 else [pads[1], pads[3]]
        flat = (1,) * (2 - rank)
        by = conv if op == "Conv" else transposed
        links = by(
            array.reshape(*weight[:2], *flat, *weight[2:]), flat + shape[1:], out, strides, pads[:2], dilations, groups
        )
        # a matrix that is an input could be anything; behind a convolution it is channels of one axis
        first = [node("Conv", ["x", "v"], ["m"])] if rank == 1 else []
        stored = {"w": array} | ({"v": seeded(shape[0], shape[0], 1)} if rank == 1 else {})
        made = node(op, ["m" if rank == 1 else "x", "w"], ["y"], **given)
        found[name] = _case([*first, made], shape, stored, links, int(np.prod(weight[2:])))

    add_conv("plain", (3, 5, 6), (4, 3, 3, 3), (5, 6), pads=(1, 1, 1, 1))
    add_conv("pointwise", (3, 4, 5), (6, 3, 1, 1), (4, 5))
    add_conv("strided, padded on one side", (2, 7, 6), (3, 2, 3, 2), (4, 3), strides=(2, 2), pads=(0, 1, 2, 0))
    add_conv("dilated", (2, 7, 8), (3, 2, 2, 3), (7, 6), dilations=(2, 3), pads=(1, 2, 1, 2))
    add_conv("grouped", (6, 4, 5), (4, 3, 3, 3), (4, 5), groups=2, pads=(1, 1, 1, 1))
    add_conv("depthwise", (4, 5, 5), (8, 1, 3, 3), (3, 2), groups=4, strides=(1, 2))
    # 8 by 7 in steps of 2 by 3 is 4 by 3; 1 row and 2 columns of padding in all, the odd one before
    add_conv("same, lower", (2, 8, 7), (3, 2, 3, 3), (4, 3), strides=(2, 3), pads=(1, 1, 0, 1), auto_pad="SAME_LOWER")
    add_conv("same, upper", (2, 8, 7), (3, 2, 3, 3), (4, 3), strides=(2, 3), pads=(0, 1, 1, 1), auto_pad="SAME_UPPER")
    add_conv("one axis", (3, 9), (4, 3, 3), (1, 5), strides=(1, 2), pads=(0, 1, 0, 2), dilations=(1, 1))
    add_conv("transposed", (3, 3, 4), (3, 2, 3, 3), (5, 7), "ConvTranspose", strides=(2, 2), pads=(1, 1, 1, 1))
    add_conv("transposed, grouped", (4, 3, 3), (4, 2, 3, 2), (7, 6), "ConvTranspose", strides=(2, 2), groups=2)
    add_conv(
        "transposed, dilated",
        (2, 4, 5),
        (2, 3, 2, 2),
        (5, 11),
        "ConvTranspose",
        strides=(1, 2),
        dilations=(3, 3),
        pads=(1, 0, 1, 1),
    )

    def add_pool(name, op, shape, kernel, out, **given):
        mean = {"MaxPool": "", "AveragePool": "window" if given.get("count_include_pad") else "cells"}[op]
        pads = given.get("pads", (0, 0, 0, 0))
        links = pool(shape[0], shape[1:], kernel, out, given.get("strides", (1, 1)), pads[:2], mean, pads[2:])
        found[name] = _case(
            [node(op, ["x"], ["y"], kernel_shape=kernel, **given)], shape, {}, links, int(np.prod(kernel))
        )

    add_pool("largest", "MaxPool", (3, 6, 6), (2, 2), (3, 3), strides=(2, 2))
    add_pool("largest, padded", "MaxPool", (3, 6, 7), (3, 3), (3, 4), strides=(2, 2), pads=(1, 1, 0, 1))
    add_pool("mean", "AveragePool", (3, 6, 6), (3, 3), (3, 3), strides=(2, 2), pads=(1, 1, 0, 0))
    add_pool(
        "mean with padding",
        "AveragePool",
        (3, 6, 6),
        (3, 3),
        (4, 4),
        strides=(2, 2),
        pads=(1, 1, 1, 1),
        count_include_pad=1,
        ceil_mode=1,
    )
    found["global mean"] = _case(
        [node("GlobalAveragePool", ["x"], ["y"])], (4, 3, 5), {}, pool(4, (3, 5), (3, 5), (1, 1), mean="cells"), 15
    )
    weight = seeded(60, 7)
    found["flattened"] = _case(
        [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["y"])],
        (3, 4, 5),
        {"w": weight},
        dense(weight, (3, 4, 5)),
        20,
    )
    moved = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
        node("Flatten", ["t"], ["f"]),
        node("MatMul", ["f", "w"], ["y"]),
    ]
    found["flattened, channels last"] = _case(moved, (3, 4, 5), {"w": weight}, dense(weight, (3, 4, 5), True), 20)
    vector = seeded(6, 9)
    found["neurons"] = _case([node("Gemm", ["x", "w"], ["y"])], (6,), {"w": vector}, dense(vector, (6, 1, 1)), 1)
    return found
