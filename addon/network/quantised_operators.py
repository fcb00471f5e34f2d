# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands for each quantised operator: functions (writer, node) that write it, or give False where they cannot.

Formulas: the ONNX operator specifications, and onnxruntime's of its operators (domain com.microsoft).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .scaled import SCALED

if TYPE_CHECKING:
    from .quantised import Rewriter

PLAIN = ("", "ai.onnx")
MICROSOFT = "com.microsoft"
CLASSICAL = "ai.onnx.ml"
# What reads the outputs of a DynamicQuantizeLinear whose scale and zero point then need not be known.
FOLLOWED = (
    "ConvInteger",
    "MatMulInteger",
    "MatMulIntegerToFloat",
    "DequantizeLinear",
    "Mul",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Identity",
)
# What stands between a quantisation and the operator that reads its numbers, scale and zero point as they were.
KEEPS_SCALE = (
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Identity",
    "Relu",
    "MaxPool",
    "Slice",
    "Gather",
    "Split",
)
AXES_ARE_INPUTS = 18  # the operator set from which ReduceMean reads its axes
LONGEST = 16  # operators between the two
# onnxruntime's own: what it stands for, and which inputs are the tensors that are computed with.
SAME = {
    "QLinearAdd": ("Add", (0, 3)),
    "QLinearMul": ("Mul", (0, 3)),
    "QLinearLeakyRelu": ("LeakyRelu", (0,)),
    "QLinearSigmoid": ("Sigmoid", (0,)),
    "QLinearSoftmax": ("Softmax", (0,)),
    "QLinearReduceMean": ("ReduceMean", (0,)),
    "QLinearAveragePool": ("AveragePool", (0,)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "QuantizeLinear": ("QuantizeLinear", (0, 1, 2)),
    "DequantizeLinear": ("DequantizeLinear", (0, 1, 2)),
}
OWN_SETTINGS = ("opset", "channels_last", "group_size")


def attribute_of(node: onnx.NodeProto, name: str, default):
    """An attribute of a node, else this default."""
    given = next((candidate for candidate in node.attribute if candidate.name == name), None)
    return default if given is None else helper.get_attribute_value(given)


def _input(node, slot: int) -> str:
    return node.input[slot] if slot < len(node.input) else ""


def _attributes(node) -> dict:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _dynamic(writer: Rewriter, node):
    """What is quantised while it runs stands for itself: scale 1, zero point 0."""
    readers = [reader for name in node.output for reader in writer.readers.get(name, [])]
    if (
        writer.alone
        or writer.outputs.intersection(node.output)
        or any(reader.op_type not in FOLLOWED for reader in readers)
    ):
        return False
    writer.put(node, helper.make_node("Identity", node.input[:1], node.output[:1]))
    writer.rewritten.rounds.add(node.output[0])
    for name, value in zip(node.output[1:], (np.float32(1), np.uint8(0)), strict=False):
        if name:
            writer.constant(value, name, [name])
    return True


def _integer(writer: Rewriter, node):
    """ConvInteger and MatMulInteger, with the scale that a Mul behind them has."""
    conv = node.op_type == "ConvInteger"
    inputs = list(node.input[:2])
    slot = next((slot for slot in (1, 0) if node.input[slot] in writer.fixed), None)
    if slot is not None and not (conv and slot == 0):
        scale = writer.scale_behind(node)
        scale = writer.ahead(scale) if scale else writer.constant(np.float32(1), f"{node.output[0]} scale")
        before = "" if writer.alone else writer.scale_of(node.input[1 - slot])
        if before:
            scale = _over(writer, node, scale, before)
        rank = _rank(writer, node.input[slot])
        behind = rank - 1 if conv else 1 if slot else 0
        inputs[slot] = writer.scaled(
            node.input[slot], scale, _input(node, 2 + slot), 0 if conv else -1 if slot else -2, behind
        )
    writer.put(node, helper.make_node("Conv" if conv else "MatMul", inputs, node.output, **_attributes(node)))
    return True


def _over(writer, node, scale, before):
    """The scale of the weights alone, where what is read has one too and the product of both was merged."""
    cast = writer.only_reader(node.output[0])
    mul = cast and writer.only_reader(cast.output[0])
    if mul is None or mul.output[0] not in writer.merged:
        return scale
    return writer.add("Div", [scale, before], f"{scale} / {before}")


def _rank(writer, name) -> int:
    for tensor in writer.rewritten.model.graph.initializer:
        if tensor.name == name:
            return len(tensor.dims)
    return 4


def _conv(writer: Rewriter, node):
    x, scale, _, weight, weight_scale, zero = node.input[:6]
    inputs = [x, writer.scaled(weight, weight_scale, zero, 0)]
    if bias := _input(node, 8):
        inputs.append(writer.scaled(bias, writer.product(scale, weight_scale), "", 0))
    attributes = _attributes(node)
    if attributes.pop("channels_last", 0):
        return False
    writer.put(node, helper.make_node("Conv", inputs, node.output, **attributes))
    return True


def _matmul(writer: Rewriter, node):
    """QLinearMatMul: a, its scale and zero point, b, its scale and zero point, those of y."""
    a, a_scale, a_zero, b, b_scale, b_zero = node.input[:6]
    first = writer.scaled(a, a_scale, a_zero, -2)
    second = writer.scaled(b, b_scale, b_zero, -1, 1)
    writer.put(node, helper.make_node("MatMul", [first, second], node.output))
    return True


def _gemm(writer: Rewriter, node):
    """com.microsoft QGemm: its C has the scale alpha x that of A x that of B."""
    turned, alpha = attribute_of(node, "transB", 0), attribute_of(node, "alpha", 1.0)
    scale = node.input[4]
    if alpha != 1:
        scale = writer.product(scale, writer.constant(np.float32(alpha), f"{node.output[0]} alpha"))
    inputs = [node.input[0], writer.scaled(node.input[3], scale, node.input[5], 0 if turned else 1)]
    if bias := _input(node, 6):
        inputs.append(writer.scaled(bias, writer.product(node.input[1], scale), "", 0))
    writer.put(
        node, helper.make_node("Gemm", inputs, node.output, transB=turned, transA=attribute_of(node, "transA", 0))
    )
    return True


def _to_float(writer: Rewriter, node):
    """com.microsoft MatMulIntegerToFloat: a, b, their scales, their zero points, a bias."""
    weight = writer.scaled(node.input[1], node.input[3], _input(node, 5), -1, 1)
    writer.with_bias(node, "MatMul", [node.input[0], weight], _input(node, 6))


def _dynamic_matmul(writer: Rewriter, node):
    """com.microsoft DynamicQuantizeMatMul: a, b, the scale and zero point of b, a bias."""
    weight = writer.scaled(node.input[1], node.input[2], _input(node, 3), -1, 1)
    writer.with_bias(node, "MatMul", [node.input[0], weight], _input(node, 4))


def _few_bits(writer: Rewriter, node):
    """com.microsoft MatMulNBits and MatMulBnb4: several numbers in a byte, scales for blocks of inputs."""
    rest = [name for name in node.input[2:] if name]
    bias = _input(node, 5) if node.op_type == "MatMulNBits" else ""
    parts = node.input[1:5] if node.op_type == "MatMulNBits" else node.input[1:3]
    if any(name not in writer.fixed for name in (node.input[1], *rest)):
        return False
    weight = writer.add(
        node.op_type,
        parts,
        f"{node.input[1]} as applied",
        SCALED,
        **{
            key: value
            for key, value in _attributes(node).items()
            if key in ("K", "N", "bits", "block_size", "quant_type", "transB")
        },
    )
    writer.with_bias(node, "MatMul", [node.input[0], weight], bias)
    return True


def _same(writer: Rewriter, node):
    op, slots = SAME[node.op_type]
    if attribute_of(node, "channels_last", 0):
        return False
    inputs = [_input(node, slot) for slot in slots]
    if op in ("Add", "Mul"):
        inputs = [writer.scaled(node.input[slot], node.input[slot + 1], node.input[slot + 2], -1) for slot in slots]
    attributes = {key: value for key, value in _attributes(node).items() if key not in OWN_SETTINGS}
    if op == "ReduceMean" and "axes" in attributes and writer.opset >= AXES_ARE_INPUTS:
        inputs.append(writer.constant(np.array(attributes.pop("axes"), np.int64), f"{node.output[0]} axes"))
    writer.put(node, helper.make_node(op, inputs, node.output, **attributes))
    return True


def _concat(writer: Rewriter, node):
    """com.microsoft QLinearConcat: scale and zero point of y, then tensors each with its own."""
    writer.put(node, helper.make_node("Concat", node.input[2::3], node.output, axis=attribute_of(node, "axis", 0)))


def _table(writer: Rewriter, node):
    """A table of integers that is made floats behind the choice of its rows."""
    behind = writer.only_reader(node.output[0])
    if (
        writer.alone
        or behind is None
        or behind.op_type != "DequantizeLinear"
        or node.input[0] not in writer.fixed
        or behind.input[0] != node.output[0]
        or behind.input[1] not in writer.fixed
    ):
        return False
    zero = _input(behind, 2)
    scale = next(
        (tensor for tensor in writer.rewritten.model.graph.initializer if tensor.name == behind.input[1]), None
    )
    if scale is None or np.prod(scale.dims) != 1 or zero and zero not in writer.fixed:
        return False
    table = writer.scaled(node.input[0], behind.input[1], zero, 0)
    writer.put(node, helper.make_node("Gather", [table, *node.input[1:]], node.output, **_attributes(node)))
    writer.merged.add(behind.output[0])
    return True


def _linear(writer: Rewriter, node):
    """ai.onnx.ml LinearClassifier and LinearRegressor: coefficients and intercepts are attributes."""
    coefficients = np.array(attribute_of(node, "coefficients", []), np.float32)
    intercepts = np.array(attribute_of(node, "intercepts", []), np.float32)
    classes = len(attribute_of(node, "classlabels_strings", [])) or len(attribute_of(node, "classlabels_ints", []))
    units = attribute_of(node, "targets", 1) if node.op_type == "LinearRegressor" else classes
    if units < 1 or not coefficients.size or coefficients.size % units or intercepts.size not in (0, units):
        return False
    outputs = list(node.output) if node.op_type == "LinearRegressor" else [*node.output[1:2], node.output[0]]
    if len(outputs) < len(node.output) or not outputs[0]:
        return False
    name = node.name or node.output[0]
    inputs = [node.input[0], writer.constant(coefficients.reshape(units, -1).T, f"{name} coefficients")]
    between = [writer.unique(f"{name} without intercepts")] if intercepts.size else outputs
    writer.put(node, helper.make_node("MatMul", inputs, between))
    if intercepts.size:
        added = writer.constant(intercepts, f"{name} intercepts")
        writer.add("Add", [*between, added], "", outputs=outputs)
    return True


# Operators of ai.onnx.ml whose numbers are attributes, and which attributes these are.
SUPPORT = ("support_vectors", "coefficients", "rho", "prob_a", "prob_b")
LEAVES = ("class_weights", "target_weights", "leaf_weights", "base_values")
KEEPING = {
    **dict.fromkeys(("SVMClassifier", "SVMRegressor"), SUPPORT),
    **dict.fromkeys(("TreeEnsembleClassifier", "TreeEnsembleRegressor"), ("nodes_values", *LEAVES)),
    "TreeEnsemble": ("nodes_splits", *LEAVES),
    "Scaler": ("offset", "scale"),
}
LEAF = "LEAF"  # the mode of a node of a tree that compares nothing


def _keeping(writer: Rewriter, node):
    """A support vector machine or an ensemble of trees: the numbers in its attributes stand beside what it reads."""
    name, inputs = node.name or node.output[0], [node.input[0]]
    modes = [mode.decode() if isinstance(mode, bytes) else str(mode) for mode in attribute_of(node, "nodes_modes", [])]
    for attribute in KEEPING[node.op_type]:
        held = attribute_of(node, attribute, None) or attribute_of(node, f"{attribute}_as_tensor", [])
        numbers = numpy_helper.to_array(held) if isinstance(held, TensorProto) else np.array(held, np.float32)
        if attribute == "nodes_values" and len(modes) == numbers.size:
            numbers = numbers[[mode != LEAF for mode in modes]]
        if attribute == "support_vectors" and (vectors := _vectors(node)) and numbers.size % vectors == 0:
            numbers = numbers.reshape(vectors, -1)
        if numbers.size:
            inputs.append(writer.constant(numbers, f"{name} {attribute}"))
    if len(inputs) == 1:
        return False
    writer.put(node, helper.make_node(node.op_type, inputs, node.output, domain=node.domain, **_attributes(node)))
    return True


def _vectors(node) -> int:
    """How many support vectors there are."""
    return attribute_of(node, "n_supports", 0) or sum(attribute_of(node, "vectors_per_class", []))


BOTH = (*PLAIN, MICROSOFT)
# Operator -> what writes it, and the domains it has.
WRITERS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "DynamicQuantizeLinear": (_dynamic, PLAIN),
    "ConvInteger": (_integer, PLAIN),
    "MatMulInteger": (_integer, PLAIN),
    "QLinearConv": (_conv, BOTH),
    "QLinearMatMul": (_matmul, PLAIN),
    "QGemm": (_gemm, (MICROSOFT,)),
    "MatMulIntegerToFloat": (_to_float, (MICROSOFT,)),
    "DynamicQuantizeMatMul": (_dynamic_matmul, (MICROSOFT,)),
    "MatMulNBits": (_few_bits, (MICROSOFT,)),
    "MatMulBnb4": (_few_bits, (MICROSOFT,)),
    "QLinearConcat": (_concat, (MICROSOFT,)),
    "Gather": (_table, PLAIN),
    "LinearClassifier": (_linear, (CLASSICAL,)),
    "LinearRegressor": (_linear, (CLASSICAL,)),
    **dict.fromkeys(KEEPING, (_keeping, (CLASSICAL,))),
    **dict.fromkeys(SAME, (_same, (MICROSOFT,))),
}
