# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives of sums, means and the like over axes, of softmax, and of what sorts or adds up along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from .rules import rule
from .tape import Tape, attributes

# operator -> dy/dx, from (tape, x, y with the axes of x, like)
SLOPES = {
    "ReduceSum": lambda tape, x, y: "",
    "ReduceMean": lambda tape, x, y: "",
    "ReduceL1": lambda tape, x, y: tape.add("Sign", x),
    "ReduceL2": lambda tape, x, y: tape.add("Div", x, y),
    "ReduceSumSquare": lambda tape, x, y: tape.add("Add", x, x),
    "ReduceLogSum": lambda tape, x, y: tape.expand(tape.add("Reciprocal", tape.add("Exp", y)), tape.shape(x)),
    "ReduceLogSumExp": lambda tape, x, y: tape.add("Exp", tape.add("Sub", x, y)),
}


@rule(*SLOPES, "ReduceMax", "ReduceMin", "ReduceProd")
def _reduce(tape, node, gradients, wanted):
    name = node.input[0]
    shape = tape.shape(name)
    axes = _axes(tape, node, len(shape))
    rest: list[str | None] = [None] * (len(node.input) - 1)
    if not axes:
        return [gradients[0], *rest]
    narrow = [1 if axis in axes else size for axis, size in enumerate(shape)]
    gradient = tape.reshape(gradients[0], narrow)
    y = tape.reshape(node.output[0], narrow)
    if node.op_type == "ReduceMean":
        count = float(prod(shape[axis] for axis in axes))
        gradient = tape.add("Div", gradient, tape.number(count, name))
    if node.op_type in ("ReduceMax", "ReduceMin"):
        mask = tape.cast(tape.add("Equal", name, y), name)
        share = tape.add("Div", gradient, tape.sum_over(mask, sorted(axes)))
        return [tape.add("Mul", share, mask), *rest]
    if node.op_type == "ReduceProd":
        return [tape.add("Mul", gradient, _others(tape, name, shape, sorted(axes))), *rest]
    slope = SLOPES[node.op_type](tape, name, y)
    return [tape.add("Mul", gradient, slope) if slope else tape.expand(gradient, shape), *rest]


def _axes(tape: Tape, node, rank: int) -> set[int]:
    given = attributes(node)
    axes: Sequence[int] | None = given.get("axes")
    if len(node.input) > 1 and node.input[1]:
        axes = tape.value(node.input[1]).ravel().tolist()
    if not axes:
        return set() if given.get("noop_with_empty_axes", 0) else set(range(rank))
    return {axis % rank for axis in axes}


def _others(tape: Tape, name: str, shape, axes: list[int]) -> str:
    """For each number the product of all others over these axes; it holds where some are 0 too."""
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    size = prod(shape[axis] for axis in axes)
    order = [*kept, *axes]
    rows = tape.reshape(tape.transpose(name, order), [-1, 1, size])
    one = tape.number(1.0, name)
    own = tape.constant(np.eye(size, dtype=bool))
    products = tape.where(own, one, rows)  # (-1, size, size): a row of all numbers with one of them taken out
    made = products
    left = size
    while left > 1:  # by halves, for a reduction by products has its axes elsewhere in older versions
        half = left // 2
        first = tape.slice(made, [0], [half], [2])
        second = tape.slice(made, [half], [2 * half], [2])
        both = tape.add("Mul", first, second)
        made = both if left == 2 * half else tape.add("Concat", both, tape.slice(made, [left - 1], [left], [2]), axis=2)
        left = half + left % 2
    back = tape.reshape(made, [shape[axis] for axis in order])
    return tape.transpose(back, np.argsort(order).tolist())


@rule("Softmax")
def _softmax(tape, node, gradients, wanted):
    axis = _axis(tape, node)
    product = tape.add("Mul", gradients[0], node.output[0])
    return [tape.add("Sub", product, tape.add("Mul", node.output[0], tape.sum_over(product, [axis])))]


@rule("LogSoftmax")
def _log_softmax(tape, node, gradients, wanted):
    share = tape.add("Exp", node.output[0])
    return [tape.add("Sub", gradients[0], tape.add("Mul", share, tape.sum_over(gradients[0], [_axis(tape, node)])))]


def _axis(tape, node, default: int = -1) -> int:
    return attributes(node).get("axis", default) % max(len(tape.shape(node.input[0])), 1)


@rule("CumSum")
def _cumsum(tape, node, gradients, wanted):
    given = attributes(node)
    turned = {"exclusive": given.get("exclusive", 0), "reverse": 1 - given.get("reverse", 0)}
    return [tape.add("CumSum", gradients[0], node.input[1], **turned), None]


@rule("TopK")
def _topk(tape, node, gradients, wanted):
    """To the numbers that were taken."""
    shape = tape.shape(node.input[0])
    zeros = tape.add("Mul", node.input[0], tape.number(0.0, node.input[0]))
    axis = _axis(tape, node)
    made = tape.add("ScatterElements", zeros, node.output[1], gradients[0], axis=axis)
    return [made if shape else gradients[0], None]
