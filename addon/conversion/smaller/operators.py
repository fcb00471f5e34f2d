# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator does to the axes of its tensors, as the ONNX specification has it."""

from __future__ import annotations

import numpy as np
from onnx import NodeProto, helper

from .graph_facts import GraphFacts

# of one number each number, at the same place
EACH = {
    *("Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Selu", "Celu", "Clip", "Identity"),
    *("Cast", "Neg", "Abs", "Exp", "Log", "Sqrt", "Reciprocal", "Softplus", "Softsign", "Erf", "Gelu", "Mish", "Swish"),
    *("ThresholdedRelu", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos", "Dropout", "Not", "IsNaN", "Shrink"),
}
# of two or more tensors that are made as large as one another
TOGETHER = {
    *("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean", "PRelu", "Where", "Mod", "And", "Or", "Xor"),
    *("Greater", "Less", "Equal", "GreaterOrEqual", "LessOrEqual"),
}
# of each map by itself
POOLS = {"MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"}
# that change the shape, and keep the order of numbers
RESHAPED = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"}
REDUCED = {f"Reduce{name}" for name in ("Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp")}
# by one axis or from one on; the others stay apart
ALONG = {"Softmax": -1, "LogSoftmax": -1, "Hardmax": -1, "LayerNormalization": -1}
CONSTANT = ("", -1)  # where a size is one that the file says
# operators of which 0 makes 0
KEEPS_ZERO = {
    *("Relu", "LeakyRelu", "Tanh", "HardSwish", "Elu", "Selu", "Celu", "Identity", "Dropout", "Gelu", "Mish", "Swish"),
    *("Softsign", "ThresholdedRelu", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"),
}


def first(node: NodeProto) -> str:
    """The first output that an operator gives, by which it is known."""
    return next(filter(None, node.output), "")


def settings(node: NodeProto) -> dict:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def padded(node: NodeProto, shape: tuple[int, ...]) -> bool:
    """Whether a convolution with a kernel of this shape, (rows, columns, ...), sees zeros beside its maps."""
    given = settings(node)
    auto = given.get("auto_pad", b"NOTSET")
    if auto in (b"SAME_UPPER", b"SAME_LOWER"):
        return any(size > 1 for size in shape) or any(step > 1 for step in given.get("strides", ()))
    return auto == b"NOTSET" and any(given.get("pads", ()))


def aligned(shapes: dict[str, tuple[int, ...]], node: NodeProto) -> dict[str, list[int | None]]:
    """Of each input of an operator of `TOGETHER`, by the axes of its output, which of its own axes lies there: None
    where it has none, or one number for all."""
    out = shapes[node.output[0]]
    made: dict[str, list[int | None]] = {}
    for name in filter(None, node.input):
        shape = shapes[name]
        ahead = len(out) - len(shape)
        if node.op_type == "PRelu" and len(shape) == 1 and len(out) > 1 and shape[0] != out[-1]:
            return {}
        made[name] = [
            axis - ahead if axis >= ahead and shape[axis - ahead] == size else None for axis, size in enumerate(out)
        ]
    return made


def regrouped(before: tuple[int, ...], after: tuple[int, ...]) -> list[tuple[list[int], list[int]]]:
    """Which axes of a shape become which of another with as many numbers in the same order, in the smallest groups.
    Axes of size 1 are in groups of their own where they can be."""
    groups: list[tuple[list[int], list[int]]] = []
    first, second = 0, 0
    while first < len(before) or second < len(after):
        if first < len(before) and second < len(after) and before[first] == after[second]:
            groups.append(([first], [second]))
            first, second = first + 1, second + 1
            continue
        if first < len(before) and before[first] == 1:
            groups.append(([first], []))
            first += 1
            continue
        if second < len(after) and after[second] == 1:
            groups.append(([], [second]))
            second += 1
            continue
        if first >= len(before) or second >= len(after):
            return []
        one, other = [first], [second]
        size, wanted = before[first], after[second]
        while size != wanted:
            if size < wanted:
                one.append(one[-1] + 1)
                if one[-1] >= len(before):
                    return []
                size *= before[one[-1]]
            else:
                other.append(other[-1] + 1)
                if other[-1] >= len(after):
                    return []
                wanted *= after[other[-1]]
        groups.append((one, other))
        first, second = one[-1] + 1, other[-1] + 1
    return groups


def reduced_axes(facts: GraphFacts, node: NodeProto, rank: int) -> tuple[int, ...] | None:
    """The axes that an operator of `REDUCED` takes together, None where they are not known."""
    given = settings(node)
    axes = given.get("axes")
    if axes is None and len(node.input) > 1 and node.input[1]:
        held = facts.small(node.input[1])
        if held is None:
            return None
        axes = held.reshape(-1).tolist()
    if axes is None or not len(axes):
        return () if given.get("noop_with_empty_axes") else tuple(range(rank))
    return tuple(axis % rank for axis in axes)


def split_sizes(shapes: dict[str, tuple[int, ...]], node: NodeProto) -> tuple[int, list[int]]:
    """The axis that Split divides, and into how large parts."""
    axis = settings(node).get("axis", 0) % len(shapes[node.input[0]])
    return axis, [shapes[name][axis] for name in node.output]


def size_from(facts: GraphFacts, name: str, place: int) -> tuple[str, int] | None:
    """Where a number in a computed shape comes from: an axis of a tensor, `CONSTANT` or None where it is computed."""
    if name in facts.weights:
        return CONSTANT
    node = facts.makers.get(name)
    if node is None:
        return None
    more = [facts.small(other) for other in node.input[1:]]
    if node.op_type == "Shape":
        return node.input[0], place + settings(node).get("start", 0)
    if node.op_type in ("Unsqueeze", "Squeeze", "Identity", "Cast"):
        return size_from(facts, node.input[0], place)
    if node.op_type == "Gather" and more[0] is not None and settings(node).get("axis", 0) == 0:
        return size_from(facts, node.input[0], int(more[0].reshape(-1)[place]) % facts.shapes[node.input[0]][0])
    if node.op_type == "Slice" and more and more[0] is not None and (len(more) < 4 or more[3] == 1):
        return size_from(facts, node.input[0], place + int(more[0][0]) % facts.shapes[node.input[0]][0])
    if node.op_type == "Concat":
        for other in node.input:
            size = facts.shapes.get(other, (0,))[0]
            if place < size:
                return size_from(facts, other, place)
            place -= size
    return None


def uniform(array: np.ndarray, axis: int) -> np.ndarray:
    """The number that each slice of an array along an axis holds all over, NaN where it holds several."""
    flat = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1).astype(np.float64)
    if not flat.shape[1]:
        return np.full(len(flat), np.nan)
    low, high = flat.min(1), flat.max(1)
    return np.where(low == high, low, np.nan)
