# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators that move values and change none: reshape, transpose, concatenate, slice, pad."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
import onnx

from ..constants import evaluate
from .base import Join, Map
from .context import Context, joins_for

LARGEST = 1 << 24  # elements; above this the map of a slice or a gather is not worked out


@joins_for("Flatten", "Reshape", "Squeeze", "Unsqueeze")
def reshape(context: Context, slot: int) -> Join | None:
    """Row-major order is kept, so a cell keeps its flat index: NCHW or NHWC, whatever the file has."""
    return Map() if slot == 0 and prod(context.shape_in(0)) == prod(context.shape_out()) else None


@joins_for("Transpose")
def transpose(context: Context, slot: int) -> Join | None:
    """Transpose: each element of the output is one of the input."""
    shape = context.shape_in(0)
    target = context.shape_out()
    order = context.attribute("perm", list(range(len(shape)))[::-1])
    if sorted(order) != list(range(len(shape))) or target != tuple(shape[axis] for axis in order):
        return None
    steps = [prod(shape[axis + 1 :]) for axis in order]

    def source_of(targets):
        cells = np.unravel_index(targets, target)
        return sum(cell * step for cell, step in zip(cells, steps, strict=True))

    return Map(source_of)


@joins_for("Concat")
def concat(context: Context, slot: int) -> Join | None:
    """Concat: the input fills its own stretch of the axis."""
    target, (axis, shapes, starts) = context.shape_out(), context.concatenated
    rest = {shape[:axis] + shape[axis + 1 :] for shape in (target, shapes[slot])}
    if len(rest) > 1 or starts[-1] != target[axis]:
        return None
    offset = starts[slot]
    extent = shapes[slot][axis]

    def source_of(targets):
        cells = list(np.unravel_index(targets, target))
        cells[axis] = cells[axis] - offset
        inside = (cells[axis] >= 0) & (cells[axis] < extent)
        cells[axis] = np.where(inside, cells[axis], 0)
        return np.where(inside, np.ravel_multi_index(cells, shapes[slot]), -1)

    return Map(source_of)


def move(context: Context, tensor: str) -> Callable | None:
    """Where the cells of an output of a moving operator come from, as in `Map`; None where every cell keeps its index.

    Raises `ValueError` where that cannot be told.
    """
    op = context.node.op_type
    if op in ("Transpose", "Slice", "Gather"):
        movement = (transpose if op == "Transpose" else moved)(context, 0)
        if movement is None:
            raise ValueError(f"what {op} moves is not known")
        return movement.source_of
    if op == "Split":
        return _part_of_split(context, tensor)
    if prod(context.shape_in(0)) != prod(context.whole(tensor)):
        raise ValueError(f"{op} changes the number of elements")
    return None


def _part_of_split(context, tensor):
    shape = context.shape_in(0)
    part = context.whole(tensor)
    axis, starts = context.split
    offset = starts[tensor]
    if part[:axis] + part[axis + 1 :] != shape[:axis] + shape[axis + 1 :] or offset + part[axis] > shape[axis]:
        raise ValueError("parts that do not fit")

    def source_of(targets):
        cells = list(np.unravel_index(targets, part))
        cells[axis] = cells[axis] + offset
        return np.ravel_multi_index(cells, shape)

    return source_of


@joins_for(
    "Slice",
    "Gather",
    "Pad",
    "DepthToSpace",
    "SpaceToDepth",
    "Tile",
    "Expand",
    "Split",
    "GatherElements",
    "GatherND",
    "CenterCropPad",
    "ReverseSequence",
)
def moved(context: Context, slot: int) -> Join | None:
    """Found out by running the operator itself on the numbers of its cells."""
    node = context.node
    shape = context.shape_in(0)
    if slot != 0 or prod(shape) > LARGEST or prod(context.shape_out()) > LARGEST:
        return None
    if any(context.constant(i) is None for i in range(1, len(node.input)) if node.input[i]):
        return None
    cells: list[np.ndarray] = []  # worked out at the first question

    def source_of(targets):
        if not cells:
            cells.append(_moved(context, np.arange(1, prod(shape) + 1, dtype=np.int64).reshape(shape)))
        return cells[0][targets]

    return Map(source_of)


def _moved(context, numbers):
    """For each target cell the source cell (-1: none), or none at all where the operator cannot be run."""
    node = context.node
    size = prod(context.shape_out())
    try:
        values = {name: context.constant(i).array() for i, name in enumerate(node.input) if i and name}
        if node.op_type == "Pad":  # with zeros, whatever the file pads with
            values |= {name: np.zeros((), np.int64) for name in node.input[2:3] if name}
            kept = [attribute for attribute in node.attribute if attribute.name != "value"]
            node = onnx.NodeProto(op_type="Pad", input=node.input, output=node.output, attribute=kept)
        cells = np.asarray(evaluate(node, values | {node.input[0]: numbers}, context.opsets)[0]).ravel() - 1
    except Exception:  # the operators of the reference implementation raise many types
        cells = np.zeros(0)
    return cells if cells.size == size else np.full(size, -1)
