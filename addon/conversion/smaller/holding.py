# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each operator asks of the slices of its tensors: which go together, and which have to stay."""

from __future__ import annotations

import numpy as np
from onnx import NodeProto

from ...formats.checkpoint import captured
from .graph_facts import GraphFacts
from .operators import (
    ALONG,
    CONSTANT,
    EACH,
    POOLS,
    REDUCED,
    RESHAPED,
    TOGETHER,
    aligned,
    first,
    padded,
    reduced_axes,
    regrouped,
    settings,
    size_from,
    split_sizes,
)
from .slices import Slices

OPAQUE, READ, SHIFTED, UNEVEN, GIVEN, LAST = "opaque", "read", "shifted", "uneven", "given", "last"


def hold(slices: Slices, facts: GraphFacts) -> None:
    """Find out what may go: what holds a slice back is carried through the graph until nothing changes."""
    given = slices.code(GIVEN, "")
    for value in (*facts.model.graph.input, *facts.model.graph.output):
        slices.hold_all(value.name, given)
    for name in slices.shapes:
        if name not in facts.readers and name not in facts.outputs:
            slices.hold_all(name, given)
    _settle(slices, facts)
    slices.carriers = True
    _settle(slices, facts)
    while True:
        slices.changed = False
        slices.leave_some(slices.code(LAST, ""))
        if not slices.changed:
            break
        _settle(slices, facts)


def _settle(slices: Slices, facts: GraphFacts) -> None:
    nodes = list(facts.model.graph.node)
    slices.changed = True
    while slices.changed:
        slices.changed = False
        for node in nodes:
            hold_node(slices, facts, node)
        for node in reversed(nodes):
            hold_node(slices, facts, node)


def hold_node(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    """Carry what one operator asks into its tensors."""
    rule = RULES.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    names = [*filter(None, node.input), *(name for name in node.output if name in slices.shapes)]
    if rule is None or any(name not in slices.shapes for name in names) or not rule(slices, facts, node):
        _opaque(slices, facts, node)


def _opaque(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    """An operator that has to have its tensors whole."""
    code = slices.code(OPAQUE, first(node))
    for name in (*node.input, *node.output, *captured(node)):
        if name in slices.shapes:
            slices.hold_all(name, code)


def _stay(slices: Slices, node: NodeProto, names, but: tuple[int, ...] = ()) -> None:
    """Slices of these tensors stay whatever else is so, but for those along some axes."""
    code = slices.code(OPAQUE, first(node))
    for name in names:
        if name in slices.shapes:
            slices.hold_all(name, code, but)


def _each(slices, facts, node):
    for axis in range(slices.rank(node.input[0])):
        slices.same((node.input[0], axis), (node.output[0], axis))
    _stay(slices, node, [*node.input[1:], *node.output[1:]])
    return True


def _together(slices, facts, node):
    places = aligned(slices.shapes, node)
    if not places:
        return False
    for name, axes in places.items():
        for axis, own in enumerate(axes):
            if own is not None:
                slices.same((name, own), (node.output[0], axis))
        _stay(slices, node, [name], tuple(own for own in axes if own is not None))
    return True


def _pool(slices, facts, node):
    for axis in (0, 1):
        slices.same((node.input[0], axis), (node.output[0], axis))
    _stay(slices, node, node.input[:1], (0, 1))
    _stay(slices, node, node.output[:1], (0, 1))
    _stay(slices, node, node.output[1:])
    return True


def _same_sizes(slices, facts, node):
    """Axes along which nothing is added, left out or drawn out."""
    one, other = node.input[0], node.output[0]
    if slices.rank(one) != slices.rank(other) or node.op_type == "Resize" and len(node.input) > 3 and node.input[3]:
        return False
    alike = tuple(axis for axis in range(slices.rank(one)) if slices.size(one, axis) == slices.size(other, axis))
    if node.op_type == "Slice" and len(alike) == slices.rank(one):
        return False  # it may turn an axis round
    for axis in alike:
        slices.same((one, axis), (other, axis))
    _stay(slices, node, [one, other], alike)
    _stay(slices, node, [name for name in node.input[1:] if name])
    return True


def _transpose(slices, facts, node):
    rank = slices.rank(node.input[0])
    order = settings(node).get("perm") or list(range(rank))[::-1]
    for axis, before in enumerate(order):
        slices.same((node.input[0], before), (node.output[0], axis))
    return True


def _concat(slices, facts, node):
    out = node.output[0]
    along = settings(node)["axis"] % slices.rank(out)
    offset = 0
    for name in node.input:
        for axis in range(slices.rank(out)):
            slices.same((name, axis), (out, axis), offset if axis == along else 0)
        offset += slices.size(name, along)
    return True


def _split(slices, facts, node):
    along, sizes = split_sizes(slices.shapes, node)
    one = node.input[0]
    settled = len(node.input) > 1 and node.input[1] and node.input[1] not in facts.weights
    offset = 0
    for name, size in zip(node.output, sizes, strict=True):
        for axis in range(slices.rank(one)):
            if axis != along:
                slices.same((name, axis), (one, axis))
            elif not settled:
                slices.same((name, axis), (one, axis), offset)
        offset += size
    if settled:
        _stay(slices, node, [one, *node.output], tuple(axis for axis in range(slices.rank(one)) if axis != along))
    _stay(slices, node, [name for name in node.input[1:] if name])
    return True


def _reshape(slices, facts, node):
    one, other = node.input[0], node.output[0]
    groups = regrouped(slices.shapes[one], slices.shapes[other])
    if not groups and (slices.rank(one) or slices.rank(other)):
        return False
    code = slices.code(OPAQUE, first(node))
    for before, after in groups:
        if len(before) == len(after) == 1:
            slices.same((one, before[0]), (other, after[0]))
        elif len(after) == 1 and before:
            slices.merged(one, before, (other, after[0]), code)
        elif len(before) == 1 and after:
            slices.merged(other, after, (one, before[0]), code)
        else:
            for axis in before:
                slices.hold(one, axis, code)
            for axis in after:
                slices.hold(other, axis, code)
    if node.op_type == "Reshape" and node.input[1] not in facts.weights:
        wanted = facts.values.get(node.input[1])
        for axis in range(slices.rank(other)):
            if wanted is None or wanted.shape != (slices.rank(other),):
                slices.hold(other, axis, code)
                continue
            source = size_from(facts, node.input[1], axis)
            if wanted[axis] == -1 or source == CONSTANT:
                continue
            if source is not None and slices.size(*source) == slices.size(other, axis):
                slices.same(source, (other, axis))
            else:
                slices.hold(other, axis, code)
    _stay(slices, node, [name for name in node.input[1:] if name])
    return True


def _reduce(slices, facts, node):
    one, other = node.input[0], node.output[0]
    axes = reduced_axes(facts, node, slices.rank(one))
    if axes is None:
        return False
    kept = [axis for axis in range(slices.rank(one)) if axis not in axes]
    stays = slices.rank(other) == slices.rank(one)
    for place, axis in enumerate(kept):
        slices.same((one, axis), (other, axis if stays else place))
    _stay(slices, node, [one], tuple(kept))
    _stay(slices, node, node.input[1:])
    return True


def _along(slices, facts, node):
    """One axis is worked on as a whole, or with opset 12 and older and in normalisations all from it on."""
    one, other = node.input[0], node.output[0]
    axis = settings(node).get("axis", ALONG[node.op_type])
    rank = slices.rank(one)
    old = node.op_type in ("Softmax", "LogSoftmax", "Hardmax") and facts.opset < 13
    if old:
        axis = settings(node).get("axis", 1)
    axis %= rank
    whole = range(axis, rank) if old or node.op_type == "LayerNormalization" else (axis,)
    apart = tuple(place for place in range(rank) if place not in whole)
    for place in apart:
        slices.same((one, place), (other, place))
    _stay(slices, node, [one, other], apart)
    _stay(slices, node, [*filter(None, node.input[1:]), *node.output[1:]])
    return True


def _normalisation(slices, facts, node):
    one, other = node.input[0], node.output[0]
    if slices.rank(one) < 2 or any(settings(node).get(name) for name in ("training_mode",)):
        return False
    for axis in range(slices.rank(one)):
        slices.same((one, axis), (other, axis))
    for name in node.input[1:]:
        slices.same((name, 0), (one, 1))
    _stay(slices, node, node.output[1:])
    if node.op_type == "InstanceNormalization":
        _stay(slices, node, [one], (0, 1))
    return True


def _quantised(slices, facts, node):
    one, other = node.input[0], node.output[0]
    for axis in range(slices.rank(one)):
        slices.same((one, axis), (other, axis))
    along = settings(node).get("axis", 1)
    for name in filter(None, node.input[1:]):
        if slices.rank(name) == 1 and slices.size(name, 0) > 1:
            slices.same((name, 0), (one, along % slices.rank(one)))
        elif slices.rank(name) > 1:
            return False
    return True


def _shape(slices, facts, node):
    """It gives sizes as they are then."""
    _stay(slices, node, node.output)
    return True


def _convolution(slices, facts, node):
    one, weight, other = node.input[0], node.input[1], node.output[0]
    groups = settings(node).get("group", 1)
    inputs, outputs = slices.size(one, 1), slices.size(other, 1)
    turned = node.op_type == "ConvTranspose"
    to, of = (1, 0) if turned else (0, 1)
    _stay(slices, node, [one, other], (0, 1))
    slices.same((one, 0), (other, 0))
    if weight not in facts.weights and groups > 1:
        return False
    if groups == 1:
        slices.same((weight, to), (other, 1))
        slices.same((weight, of), (one, 1))
        _stay(slices, node, [weight], (0, 1))
        _sink(slices, facts, node, 1)
    elif groups == inputs and not turned:
        slices.blocks((one, 1), (other, 1))
        slices.same((weight, 0), (other, 1))
        _stay(slices, node, [weight], (0,))
    elif turned or len(facts.readers[weight]) > 1 or weight in facts.outputs:
        return False
    else:
        uneven = slices.code(UNEVEN, first(node))
        _sink(slices, facts, node, 1)
        slices.even((one, 1), groups, uneven)
        slices.even((other, 1), groups, uneven)
        slices.same((weight, 0), (other, 1))
        _stay(slices, node, [weight], (0,))  # its second axis is that of a group: see `cutting`
    if len(node.input) > 2 and node.input[2]:
        slices.same((node.input[2], 0), (other, 1))
    return outputs > 0


def _gemm(slices, facts, node):
    given = settings(node)
    one, weight, other = node.input[0], node.input[1], node.output[0]
    if given.get("transA"):
        return False
    of, to = (1, 0) if given.get("transB") else (0, 1)
    slices.same((one, 0), (other, 0))
    slices.same((one, 1), (weight, of))
    slices.same((other, 1), (weight, to))
    if len(node.input) > 2 and node.input[2]:
        bias = node.input[2]
        ahead = 2 - slices.rank(bias)
        used = []
        for axis in range(slices.rank(bias)):
            if slices.size(bias, axis) == slices.size(other, axis + ahead):
                slices.same((bias, axis), (other, axis + ahead))
                used.append(axis)
        _stay(slices, node, [bias], tuple(used))
    _sink(slices, facts, node, 1)
    return True


def _product(slices, facts, node):
    one, weight, other = node.input[0], node.input[1], node.output[0]
    if weight not in facts.weights and not _behind_scale(facts, weight):
        return False
    if slices.rank(weight) != 2 or slices.rank(one) < 2:
        return False
    last = slices.rank(one) - 1
    for axis in range(last):
        slices.same((one, axis), (other, axis))
    slices.same((one, last), (weight, 0))
    slices.same((other, last), (weight, 1))
    _sink(slices, facts, node, last)
    return True


def _behind_scale(facts, name):
    maker = facts.makers.get(name)
    return maker is not None and maker.op_type == "DequantizeLinear" and maker.input[0] in facts.weights


def _sink(slices: Slices, facts: GraphFacts, node: NodeProto, axis: int) -> None:
    """Of what is summed up a slice may go that holds 0, or one number that a bias can stand for."""
    numbers = slices.numbers(node.input[0], axis)
    slices.hold(node.input[0], axis, slices.code(READ, first(node)), np.isnan(numbers))
    if not can_fold(slices, facts, node):
        slices.hold(node.input[0], axis, slices.code(SHIFTED, first(node)), numbers != 0)


def can_fold(slices: Slices, facts: GraphFacts, node: NodeProto) -> bool:
    """Whether a number that is the same everywhere can be put into the bias of an operator instead."""
    weight = node.input[1]
    bias = node.input[2] if len(node.input) > 2 else ""
    if weight not in facts.weights or bias and bias not in facts.weights:
        return False
    if node.op_type == "Conv":
        return settings(node).get("group", 1) == 1 and not padded(node, slices.shapes[weight][2:])
    if node.op_type == "Gemm":
        return settings(node).get("beta", 1.0) == 1.0
    return node.op_type == "MatMul"


RULES = {
    **dict.fromkeys(EACH, _each),
    **dict.fromkeys(TOGETHER, _together),
    **dict.fromkeys(POOLS, _pool),
    **dict.fromkeys(("Pad", "Resize", "Upsample", "Slice"), _same_sizes),
    **dict.fromkeys(RESHAPED, _reshape),
    **dict.fromkeys(REDUCED, _reduce),
    **dict.fromkeys(ALONG, _along),
    **dict.fromkeys(("BatchNormalization", "InstanceNormalization"), _normalisation),
    **dict.fromkeys(("DequantizeLinear", "QuantizeLinear"), _quantised),
    **dict.fromkeys(("Shape", "Size"), _shape),
    **dict.fromkeys(("Conv", "ConvTranspose"), _convolution),
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Gemm": _gemm,
    "MatMul": _product,
}
