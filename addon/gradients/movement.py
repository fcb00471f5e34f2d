# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives of what only moves, picks, repeats or mixes numbers: they go back where the numbers came from."""

from __future__ import annotations

from math import prod

import numpy as np
from onnx import NodeProto, helper

from .rules import Gradients, rule
from .tape import NoRuleError, Tape, attributes


@rule("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def _reshape(tape, node, gradients, wanted):
    return [tape.reshape(gradients[0], tape.shape(node.input[0])), *[None] * (len(node.input) - 1)]


@rule("Transpose")
def _transpose(tape, node, gradients, wanted):
    rank = len(tape.shape(node.input[0]))
    order = attributes(node).get("perm", list(range(rank))[::-1])
    return [tape.transpose(gradients[0], np.argsort(order).tolist())]


@rule("Concat")
def _concat(tape, node, gradients, wanted):
    shapes = [tape.shape(name) for name in node.input]
    axis = attributes(node)["axis"] % len(shapes[0])
    ends = np.cumsum([shape[axis] for shape in shapes]).tolist()
    return [
        tape.slice(gradients[0], [end - shape[axis]], [end], [axis]) if asked else None
        for end, shape, asked in zip(ends, shapes, wanted, strict=True)
    ]


@rule("Split")
def _split(tape, node, gradients, wanted):
    axis = attributes(node).get("axis", 0) % len(tape.shape(node.input[0]))
    dtype = helper.tensor_dtype_to_np_dtype(tape.type(node.input[0]))
    parts = [
        gradient or tape.expand(tape.constant(np.zeros((), dtype)), tape.shape(name))
        for gradient, name in zip(gradients, node.output, strict=True)
    ]
    return [tape.add("Concat", *parts, axis=axis), *[None] * (len(node.input) - 1)]


@rule("Expand")
def _expand(tape, node, gradients, wanted):
    return [tape.unbroadcast(gradients[0], tape.shape(node.output[0]), tape.shape(node.input[0])), None]


@rule("Tile")
def _tile(tape, node, gradients, wanted):
    shape = tape.shape(node.input[0])
    times = [whole // size for whole, size in zip(tape.shape(node.output[0]), shape, strict=True)]
    apart = [part for pair in zip(times, shape, strict=True) for part in pair]
    return [tape.sum_over(tape.reshape(gradients[0], apart), range(0, 2 * len(shape), 2), keep=False), None]


@rule("Slice", "Gather", "GatherElements", "GatherND", "ReverseSequence", "Compress")
def _picked(tape, node, gradients, wanted):
    """By the places that the same operator picks from a tensor of places."""
    given: Gradients = [None] * len(node.input)
    if wanted[0]:
        shape = tape.shape(node.input[0])
        whole = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        places = tape.add(node.op_type, tape.places(shape), *node.input[1:], **whole)
        given[0] = tape.scatter(gradients[0], places, shape, node.input[0])
    return given


@rule("Pad")
def _pad(tape, node, gradients, wanted):
    name = node.input[0]
    shape = tape.shape(name)
    given = attributes(node)
    rest: Gradients = [None] * (len(node.input) - 1)
    pads = np.zeros((2, len(shape)), np.int64)
    some = tape.value(node.input[1]) if len(node.input) > 1 else np.asarray(given["pads"])
    axes = range(len(shape))
    if len(node.input) > 3 and node.input[3]:
        axes = [int(axis) % len(shape) for axis in tape.value(node.input[3])]
    pads[:, list(axes)] = np.asarray(some).reshape(2, -1)
    if given.get("mode", "constant") == "constant" and (pads >= 0).all():
        ends = [begin + size for begin, size in zip(pads[0].tolist(), shape, strict=True)]
        return [tape.slice(gradients[0], pads[0].tolist(), ends, range(len(shape))), *rest]
    places = np.arange(prod(shape), dtype=np.int64).reshape(shape)
    places = _padded(places, pads, given.get("mode", "constant"))
    if (places < 0).any():  # where a constant stands
        kept = tape.constant((places >= 0).astype(helper.tensor_dtype_to_np_dtype(tape.type(name))))
        gradient = tape.add("Mul", gradients[0], kept)
    else:
        gradient = gradients[0]
    return [tape.scatter(gradient, tape.constant(np.maximum(places, 0)), shape, name), *rest]


def _padded(places, pads, mode):
    """Places padded as numbers are; -1 where a constant stands."""
    cut = tuple(
        slice(max(-low, 0), size - max(-high, 0)) for low, high, size in zip(*pads.tolist(), places.shape, strict=True)
    )
    widths = np.maximum(pads, 0).T
    if mode == "constant":
        return np.pad(places[cut], widths, constant_values=-1)
    return np.pad(places[cut], widths, mode={"reflect": "reflect", "edge": "edge", "wrap": "wrap"}[mode])


@rule("DepthToSpace")
def _depth_to_space(tape, node, gradients, wanted):
    samples, channels, rows, columns = tape.shape(node.input[0])
    given = attributes(node)
    side = given["blocksize"]
    outside = channels // side**2
    apart = tape.reshape(gradients[0], [samples, outside, rows, side, columns, side])
    order = [0, 3, 5, 1, 2, 4] if given.get("mode", "DCR") == "DCR" else [0, 1, 3, 5, 2, 4]
    return [tape.reshape(tape.transpose(apart, order), [samples, channels, rows, columns])]


@rule("SpaceToDepth")
def _space_to_depth(tape, node, gradients, wanted):
    return [tape.add("DepthToSpace", gradients[0], blocksize=attributes(node)["blocksize"], mode="DCR")]


@rule("Trilu")
def _trilu(tape, node, gradients, wanted):
    kept = tape.add("Trilu", gradients[0], *node.input[1:], **attributes(node))
    return [kept, *[None] * (len(node.input) - 1)]


@rule("ScatterElements", "Scatter", "ScatterND")
def _scattered(tape, node, gradients, wanted):
    """What was put over others is taken from them."""
    data, indices, updates = node.input
    given = attributes(node)
    reduction = given.get("reduction", "none")
    if reduction not in ("none", "add"):
        raise NoRuleError(f"no derivative is known where numbers meet by '{reduction}'")
    along = {} if node.op_type == "ScatterND" else {"axis": given.get("axis", 0)}
    gather = "GatherND" if node.op_type == "ScatterND" else "GatherElements"
    made: Gradients = [gradients[0], None, None]
    if reduction == "none" and wanted[0]:
        zeros = tape.expand(tape.number(0.0, data), tape.shape(updates))
        scatter = "ScatterND" if node.op_type == "ScatterND" else "ScatterElements"
        made[0] = tape.add(scatter, gradients[0], indices, zeros, **along)
    if wanted[2]:
        made[2] = tape.add(gather, gradients[0], indices, **along)
    return made


@rule("Resize")
def _resize(tape, node, gradients, wanted):
    """All its modes are linear along each axis: the operator itself gives the matrix, from unit vectors."""
    shape, sizes = tape.shape(node.input[0]), tape.shape(node.output[0])
    given = attributes(node)
    rest: Gradients = [None] * (len(node.input) - 1)
    if given.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        raise NoRuleError("no derivative is known where a part is cut out")
    gradient = gradients[0]
    rank = len(shape)
    for axis in range(rank):
        if shape[axis] == sizes[axis]:
            continue
        matrix = _along(tape, node, shape[axis], sizes[axis], axis, given)
        order = [*(other for other in range(rank) if other != axis), axis]
        turned = tape.add("MatMul", tape.transpose(gradient, order), tape.transpose(matrix, [1, 0]))
        gradient = tape.transpose(turned, np.argsort(order).tolist())
    return [gradient, *rest]


def _along(tape: Tape, node: NodeProto, size: int, wanted: int, axis: int, given: dict) -> str:
    """The matrix (size, wanted) that a Resize is along one axis."""
    dtype = helper.tensor_dtype_to_np_dtype(tape.type(node.input[0]))
    units = tape.constant(np.eye(size, dtype=dtype)[None, None])
    left_out = ("axes", "keep_aspect_ratio_policy", "extrapolation_value")
    settings = {name: value for name, value in given.items() if name not in left_out}
    axes = given.get("axes")
    place = axis if axes is None else [other % len(tape.shape(node.input[0])) for other in axes].index(axis)
    scaled = len(node.input) > 2 and node.input[2] and tape.value(node.input[2]).size
    if scaled and given.get("keep_aspect_ratio_policy", "stretch") == "stretch":
        scale = float(tape.value(node.input[2])[place])
        resized = tape.add("Resize", units, "", tape.constant(np.array([1, 1, 1, scale], np.float32)), **settings)
    else:
        resized = tape.add("Resize", units, "", "", tape.whole([1, 1, size, wanted]), **settings)
    return tape.reshape(resized, [size, wanted])
