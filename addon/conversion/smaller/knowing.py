# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which slices of tensors hold one number whatever goes in, because units were pruned before them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import NodeProto, helper

from .graph_facts import GraphFacts
from .operators import (
    EACH,
    POOLS,
    REDUCED,
    RESHAPED,
    TOGETHER,
    aligned,
    padded,
    reduced_axes,
    regrouped,
    settings,
    split_sizes,
    uniform,
)
from .slices import Slices

MOST_READ = 1 << 22  # elements of a constant that is looked through for slices of one number


def learn(slices: Slices, facts: GraphFacts, pruned: Mapping[str, tuple[int, np.ndarray]]) -> dict[str, np.ndarray]:
    """Carry the zeros of pruned slices, by tensor (axis, (size,) bool), through the graph. Returns for each of these
    tensors which slices would be 0 without it, (size,) bool."""
    already = {}
    for node in facts.model.graph.node:
        rule = RULES.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        if rule is not None and all(name in slices.shapes for name in filter(None, node.input)):
            with np.errstate(all="ignore"):
                rule(slices, facts, node)
        for name in node.output:
            if name in pruned:
                axis, gone = pruned[name]
                already[name] = slices.numbers(name, axis) == 0
                slices.learn(name, axis, np.where(gone, 0.0, np.nan))
    return already


def evaluated(node: NodeProto, opset: int, arrays: list[np.ndarray | None]) -> np.ndarray:
    """What an operator that works on each number makes of these, for each of its inputs (n,), one number or None."""
    import onnxruntime

    made = NodeProto()
    made.CopyFrom(node)
    given = {f"i{place}": array for place, array in enumerate(arrays) if array is not None}
    names = ["" if array is None else f"i{place}" for place, array in enumerate(arrays)]
    del made.input[:], made.output[:]
    made.input.extend(names)
    made.output.append("out")
    graph = helper.make_graph(
        [made],
        "each",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in given.items()
        ],
        [helper.make_empty_tensor_value_info("out")],
    )
    model = helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, given)[0]


def _each(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    one, other = node.input[0], node.output[0]
    more = [facts.small(name) for name in node.input[1:]] if node.op_type in ("Clip", "Shrink") else []
    for axis in range(slices.rank(one)):
        numbers = slices.numbers(one, axis)
        if np.isnan(numbers).all():
            continue
        if node.op_type in ("Identity", "Dropout"):
            slices.learn(other, axis, numbers)
            continue
        if any(name and array is None for name, array in zip(node.input[1:], more, strict=False)):
            continue
        arrays: list[np.ndarray | None] = [numbers.astype(np.float32)]
        arrays += [None if array is None else np.asarray(array, np.float32).reshape(()) for array in more]
        slices.learn(other, axis, _guarded(node, facts, arrays, numbers))


def _guarded(node, facts, arrays, numbers):
    try:
        made = evaluated(node, facts.opset, arrays).astype(np.float64)
    except Exception:  # onnxruntime's exceptions share no base; then nothing is known
        return np.full(len(numbers), np.nan)
    return made if made.shape == numbers.shape else np.full(len(numbers), np.nan)


def _together(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    places = aligned(slices.shapes, node)
    other = node.output[0]
    if not places or not any(key[0] in places for key in slices.known):
        return
    for axis in range(slices.rank(other)):
        rows = []
        for name in node.input:
            own = places[name][axis]
            size = slices.size(other, axis)
            weight = name in facts.weights and int(np.prod(slices.shapes[name])) <= MOST_READ
            if weight and own is not None:
                rows.append(uniform(facts.weights[name](), own))
            elif weight:
                array = facts.weights[name]()
                alike = array.size and (array == array.flat[0]).all()
                rows.append(np.full(size, array.flat[0] if alike else np.nan, np.float64))
            elif own is not None:
                rows.append(slices.numbers(name, own))
            else:
                rows.append(np.full(size, np.nan))
        if node.op_type == "Mul":
            given = [row == 0 for row, name in zip(rows, node.input, strict=True) if name not in facts.weights]
            zero = np.array(given).any(0)
            slices.learn(other, axis, np.where(zero, 0.0, np.nan))
        known = ~np.isnan(rows).any(0)
        if known.any():
            arrays = [np.where(known, row, 1).astype(np.float32) for row in rows]
            if node.op_type == "Where":
                arrays[0] = arrays[0] != 0
            made = _guarded(node, facts, arrays, rows[0])
            slices.learn(other, axis, np.where(known, made, np.nan))


def _pool(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    numbers = slices.numbers(node.input[0], 1)
    exact = node.op_type in ("MaxPool", "GlobalAveragePool", "GlobalMaxPool")
    zero = numbers == 0  # what is padded is 0, or counts nothing
    slices.learn(node.output[0], 1, numbers if exact else np.where(zero, 0.0, np.nan))


def _same_sizes(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    """What is added at the edges is taken for 0 where nothing else is said."""
    one, other = node.input[0], node.output[0]
    if node.op_type == "Pad":
        value = facts.small(node.input[2]) if len(node.input) > 2 and node.input[2] else None
        number = settings(node).get("value", 0.0) if value is None else float(np.asarray(value).flat[0])
        if number != 0 or len(node.input) > 2 and node.input[2] and value is None:
            return
    if slices.rank(one) != slices.rank(other):
        return
    for axis in range(slices.rank(one)):
        if slices.size(one, axis) == slices.size(other, axis):
            slices.learn(other, axis, np.where(slices.numbers(one, axis) == 0, 0.0, np.nan))


def _transpose(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    rank = slices.rank(node.input[0])
    for axis, before in enumerate(settings(node).get("perm") or list(range(rank))[::-1]):
        slices.learn(node.output[0], axis, slices.numbers(node.input[0], before))


def _concat(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    out = node.output[0]
    along = settings(node)["axis"] % slices.rank(out)
    slices.learn(out, along, np.concatenate([slices.numbers(name, along) for name in node.input]))
    for axis in range(slices.rank(out)):
        if axis != along:
            rows = np.array([slices.numbers(name, axis) for name in node.input])
            slices.learn(out, axis, np.where((rows == rows[0]).all(0), rows[0], np.nan))


def _split(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    along, sizes = split_sizes(slices.shapes, node)
    offset = 0
    for name, size in zip(node.output, sizes, strict=True):
        for axis in range(slices.rank(node.input[0])):
            numbers = slices.numbers(node.input[0], axis)
            slices.learn(name, axis, numbers[offset : offset + size] if axis == along else numbers)
        offset += size


def _reshape(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    one, other = node.input[0], node.output[0]
    for before, after in regrouped(slices.shapes[one], slices.shapes[other]):
        if len(after) == 1:
            sizes = [slices.size(one, axis) for axis in before]
            flat = np.full(sizes or [1], np.nan)
            for place, axis in enumerate(before):
                numbers = slices.numbers(one, axis)
                shape = [1] * len(before)
                shape[place] = len(numbers)
                flat = np.where(np.isnan(flat), numbers.reshape(shape), flat)
            slices.learn(other, after[0], np.broadcast_to(flat, sizes or [1]).reshape(-1))
        elif len(before) == 1:
            flat = slices.numbers(one, before[0]).reshape([slices.size(other, axis) for axis in after])
            for place, axis in enumerate(after):
                slices.learn(other, axis, uniform(flat, place))


def _reduce(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    one, other = node.input[0], node.output[0]
    axes = reduced_axes(facts, node, slices.rank(one))
    if axes is None:
        return
    kept = [axis for axis in range(slices.rank(one)) if axis not in axes]
    stays = slices.rank(other) == slices.rank(one)
    for place, axis in enumerate(kept):
        numbers = slices.numbers(one, axis)
        same = node.op_type in ("ReduceMean", "ReduceMax", "ReduceMin")
        zero = np.where((numbers == 0) & (node.op_type != "ReduceLogSumExp"), 0.0, np.nan)
        slices.learn(other, axis if stays else place, numbers if same else zero)


def _normalisation(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    numbers = slices.numbers(node.input[0], 1)
    if np.isnan(numbers).all() or any(name not in facts.weights for name in node.input[1:5]):
        return
    scale, shift, mean, variance = (facts.weights[name]().astype(np.float64) for name in node.input[1:5])
    epsilon = settings(node).get("epsilon", 1e-5)
    slices.learn(node.output[0], 1, (numbers - mean) / np.sqrt(variance + epsilon) * scale + shift)


def _convolution(slices: Slices, facts: GraphFacts, node: NodeProto) -> None:
    """Of one that works on each map by itself."""
    one, weight, other = node.input[0], node.input[1], node.output[0]
    groups = settings(node).get("group", 1)
    if groups != slices.size(one, 1) or groups == 1 or weight not in facts.weights:
        return
    numbers = slices.numbers(one, 1)
    if np.isnan(numbers).all():
        return
    count = slices.size(other, 1)
    bias = node.input[2] if len(node.input) > 2 else ""
    if bias and bias not in facts.weights:
        return
    shift = facts.weights[bias]().astype(np.float64) if bias else np.zeros(count)
    numbers = np.repeat(numbers, count // groups)
    sums = facts.weights[weight]().astype(np.float64).reshape(count, -1).sum(1)
    made = numbers * sums + shift
    if padded(node, slices.shapes[weight][2:]):
        made = np.where(numbers == 0, made, np.nan)
    slices.learn(other, 1, made)


RULES = {
    **dict.fromkeys(EACH, _each),
    **dict.fromkeys(TOGETHER, _together),
    **dict.fromkeys(POOLS, _pool),
    **dict.fromkeys(("Pad", "Resize", "Upsample", "Slice"), _same_sizes),
    **dict.fromkeys(RESHAPED, _reshape),
    **dict.fromkeys(REDUCED, _reduce),
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "BatchNormalization": _normalisation,
    "Conv": _convolution,
}
