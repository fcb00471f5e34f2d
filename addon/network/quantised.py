# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quantised operators as the plain ones that they stand for: QLinearConv, MatMulInteger, MatMulNBits and the like.

The graph that is summarised has a Conv or a MatMul in their place, whose weights are those of the file less their zero
point, times their scale; nothing is computed before somebody asks for a weight. What is run is the file's own graph.
Formulas: the ONNX operator specifications, and onnxruntime's of its operators (domain com.microsoft).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..formats.checkpoint import ROUNDING
from .constants import NEVER_FOLDED
from .scaled import SCALED

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


@dataclass
class Plain:
    """A graph without quantised operators.

    Nodes go by their first output: `instead` are those of the file in whose place one stands, `made` those that are
    in the file no node at all, `rounds` those that gave what they read, rounded.
    """

    model: onnx.ModelProto
    instead: dict[str, onnx.NodeProto] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    rounds: set[str] = field(default_factory=set)


def plain(model: onnx.ModelProto, alone: bool = False) -> Plain:
    """Put plain operators in place of quantised ones, in the model itself.

    With `alone` each operator is seen by itself: what ConvInteger gives is not yet multiplied by a scale, and what is
    quantised on the way stays so.
    """
    rewritten = Plain(model)
    _without_rounding(rewritten)
    if any(node.op_type in WRITERS and _fits(node) for node in model.graph.node):
        _Rewriter(rewritten, alone).run()
    return rewritten


def _without_rounding(rewritten: Plain) -> None:
    """What a quantised layer of a framework reads, in place of what its reader rounds it to."""
    kept = []
    rounds = False
    for node in rewritten.model.graph.node:
        said = next((prop.value for prop in node.metadata_props if prop.key == ROUNDING), None)
        rounds |= said is not None
        if said:
            instead = helper.make_node("Identity", [said], node.output, node.name)
            instead.metadata_props.extend(node.metadata_props)
            rewritten.instead[node.output[0]] = node
            rewritten.rounds.add(node.output[0])
            kept.append(instead)
        elif said is None:
            kept.append(node)
    if rounds:
        ordered = onnx.GraphProto(node=kept)
        del rewritten.model.graph.node[:]
        rewritten.model.graph.node.extend(ordered.node)


def _fits(node):
    return node.domain in WRITERS[node.op_type][1]


class _Rewriter:
    def __init__(self, rewritten: Plain, alone: bool):
        self.rewritten = rewritten
        self.alone = alone
        graph = rewritten.model.graph
        self.opset = next((opset.version for opset in rewritten.model.opset_import if opset.domain in PLAIN), 1)
        self.outputs = {value.name for value in graph.output}
        self.fixed = {tensor.name for tensor in graph.initializer} | {
            sparse.values.name for sparse in graph.sparse_initializer
        }
        self.maker = {name: node for node in graph.node for name in node.output if name}
        self.readers: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.node:
            for name in dict.fromkeys(node.input):
                self.readers.setdefault(name, []).append(node)
        self.names = {name for node in graph.node for name in (*node.input, *node.output)} | self.fixed
        self.nodes: list[onnx.NodeProto] = []
        self.merged: set[str] = set()  # outputs of products whose scale went into a weight
        self.written: dict[str, str] = {}  # scales that are written ahead of their place

    def run(self):
        graph = self.rewritten.model.graph
        for node in graph.node:
            before = len(self.nodes)
            if node.output[:1] and node.output[0] in self.merged:
                values = next(name for name in node.input if name not in self.fixed)
                self.put(node, helper.make_node("Identity", [values], node.output, node.name))
            elif not (node.op_type in WRITERS and _fits(node) and self.write(node)):
                del self.nodes[before:]
                self.nodes.append(node)
            reads = [name for name in node.input if name]
            if (
                node.op_type == "Constant"
                or reads
                and node.op_type not in NEVER_FOLDED
                and self.fixed.issuperset(reads)
            ):
                self.fixed.update(node.output)
        ordered = onnx.GraphProto(node=self.nodes)
        del graph.node[:]
        graph.node.extend(ordered.node)

    def write(self, node) -> bool:
        """Write what stands for a node; False where it cannot be told."""
        try:
            return WRITERS[node.op_type][0](self, node) is not False
        except (ValueError, IndexError, KeyError, StopIteration, TypeError):  # inputs or attributes that are not there
            return False

    def unique(self, name: str) -> str:
        free = name
        number = 1
        while free in self.names:
            number += 1
            free = f"{name} {number}"
        self.names.add(free)
        return free

    def add(
        self, op: str, inputs: Sequence[str], name: str, domain: str = "", outputs: Sequence[str] = (), **attributes
    ) -> str:
        """A node that the file does not have; returns its output, which is called so, or as `outputs` say."""
        output, *rest = outputs or [self.unique(name)]
        self.nodes.append(helper.make_node(op, list(inputs), [output, *rest], domain=domain, **attributes))
        self.rewritten.made.add(output)
        if all(tensor in self.fixed for tensor in inputs if tensor):
            self.fixed.add(output)
        return output

    def put(self, node, instead: onnx.NodeProto) -> None:
        """A node that stands for one of the file."""
        instead.name = node.name
        instead.metadata_props.extend(node.metadata_props)
        self.nodes.append(instead)
        self.rewritten.instead[instead.output[0]] = node

    def constant(self, value, name: str, outputs: Sequence[str] = ()) -> str:
        tensor = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), "value")
        return self.add("Constant", [], name, outputs=outputs, value=tensor)

    def scaled(self, weight: str, scale: str, zero: str, axis: int, behind: int = 0) -> str:
        """(weight - zero) x scale; one that is no constant stays as it is.

        Scales and zeros are one number, or one for each place on an axis of the weight: 1-D, or with their axis so far
        from the end as `behind` says.
        """
        if weight not in self.fixed or scale not in self.fixed or zero and zero not in self.fixed:
            if weight in self.fixed:
                raise ValueError("weights whose scale is not fixed")
            return weight
        return self.add("Scaled", [weight, scale, zero], f"{weight} as applied", SCALED, axis=axis, behind=behind)

    def product(self, *scales: str) -> str:
        made = scales[0]
        for scale in scales[1:]:
            made = self.add("Mul", [made, scale], f"{made} x {scale}")
        return made

    def only_reader(self, tensor: str) -> onnx.NodeProto | None:
        readers = self.readers.get(tensor, [])
        return readers[0] if len(readers) == 1 and tensor not in self.outputs else None

    def with_bias(self, node, op: str, inputs: Sequence[str], bias: str, **attributes) -> None:
        """A product for a node, and a sum behind it where the node has a bias."""
        if not bias or self.alone:
            return self.put(node, helper.make_node(op, list(inputs), node.output[:1], **attributes))
        between = self.unique(f"{node.output[0]} without bias")
        self.put(node, helper.make_node(op, list(inputs), [between], **attributes))
        self.add("Add", [between, bias], "", outputs=node.output[:1])
        return None

    def scale_behind(self, node) -> str:
        """The scale that what an integer operator gives is multiplied by: of a Mul behind a Cast, else empty."""
        cast = self.only_reader(node.output[0])
        if (
            self.alone
            or cast is None
            or cast.op_type != "Cast"
            or _attribute(cast, "to", 0)
            not in (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
        ):
            return ""
        mul = self.only_reader(cast.output[0])
        if mul is None or mul.op_type != "Mul" or len(set(mul.input)) != 2:
            return ""
        scale = next(name for name in mul.input if name != cast.output[0])
        if not self.is_fixed(scale):
            return ""
        self.merged.add(mul.output[0])
        return scale

    def is_fixed(self, tensor: str, depth: int = 0) -> bool:
        """Whether a tensor will be known, though what makes it may stand further down in the file."""
        if tensor in self.fixed:
            return True
        maker = self.maker.get(tensor)
        if maker is None or maker.op_type != "Mul" or depth == LONGEST:
            return False
        return all(self.is_fixed(name, depth + 1) for name in dict.fromkeys(maker.input))

    def ahead(self, scale: str) -> str:
        """A scale as it can be read here: products that the file has further down are written once more."""
        if scale in self.fixed:
            return scale
        if scale not in self.written:
            self.written[scale] = self.product(*(self.ahead(name) for name in self.maker[scale].input))
        return self.written[scale]

    def scale_of(self, tensor: str) -> str:
        """The scale of a tensor that was quantised with a fixed one on the way; else empty."""
        for _ in range(LONGEST):
            maker = self.maker.get(tensor)
            if maker is None or maker.domain not in PLAIN:
                return ""
            if maker.op_type == "QuantizeLinear":
                return maker.input[1] if maker.input[1] in self.fixed else ""
            if maker.op_type not in KEEPS_SCALE:
                return ""
            tensor = maker.input[0]
        return ""


def _attribute(node, name: str, default):
    attribute = next((candidate for candidate in node.attribute if candidate.name == name), None)
    return default if attribute is None else helper.get_attribute_value(attribute)


def _input(node, slot: int) -> str:
    return node.input[slot] if slot < len(node.input) else ""


def _attributes(node) -> dict:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _dynamic(writer: _Rewriter, node):
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


def _integer(writer: _Rewriter, node):
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


def _conv(writer: _Rewriter, node):
    x, scale, _, weight, weight_scale, zero = node.input[:6]
    inputs = [x, writer.scaled(weight, weight_scale, zero, 0)]
    if bias := _input(node, 8):
        inputs.append(writer.scaled(bias, writer.product(scale, weight_scale), "", 0))
    attributes = _attributes(node)
    if attributes.pop("channels_last", 0):
        return False
    writer.put(node, helper.make_node("Conv", inputs, node.output, **attributes))
    return True


def _matmul(writer: _Rewriter, node):
    """QLinearMatMul: a, its scale and zero point, b, its scale and zero point, those of y."""
    a, a_scale, a_zero, b, b_scale, b_zero = node.input[:6]
    first = writer.scaled(a, a_scale, a_zero, -2)
    second = writer.scaled(b, b_scale, b_zero, -1, 1)
    writer.put(node, helper.make_node("MatMul", [first, second], node.output))
    return True


def _gemm(writer: _Rewriter, node):
    """com.microsoft QGemm: its C has the scale alpha x that of A x that of B."""
    turned, alpha = _attribute(node, "transB", 0), _attribute(node, "alpha", 1.0)
    scale = node.input[4]
    if alpha != 1:
        scale = writer.product(scale, writer.constant(np.float32(alpha), f"{node.output[0]} alpha"))
    inputs = [node.input[0], writer.scaled(node.input[3], scale, node.input[5], 0 if turned else 1)]
    if bias := _input(node, 6):
        inputs.append(writer.scaled(bias, writer.product(node.input[1], scale), "", 0))
    writer.put(node, helper.make_node("Gemm", inputs, node.output, transB=turned, transA=_attribute(node, "transA", 0)))
    return True


def _to_float(writer: _Rewriter, node):
    """com.microsoft MatMulIntegerToFloat: a, b, their scales, their zero points, a bias."""
    weight = writer.scaled(node.input[1], node.input[3], _input(node, 5), -1, 1)
    writer.with_bias(node, "MatMul", [node.input[0], weight], _input(node, 6))


def _dynamic_matmul(writer: _Rewriter, node):
    """com.microsoft DynamicQuantizeMatMul: a, b, the scale and zero point of b, a bias."""
    weight = writer.scaled(node.input[1], node.input[2], _input(node, 3), -1, 1)
    writer.with_bias(node, "MatMul", [node.input[0], weight], _input(node, 4))


def _few_bits(writer: _Rewriter, node):
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


def _same(writer: _Rewriter, node):
    op, slots = SAME[node.op_type]
    if _attribute(node, "channels_last", 0):
        return False
    inputs = [_input(node, slot) for slot in slots]
    if op in ("Add", "Mul"):
        inputs = [writer.scaled(node.input[slot], node.input[slot + 1], node.input[slot + 2], -1) for slot in slots]
    attributes = {key: value for key, value in _attributes(node).items() if key not in OWN_SETTINGS}
    if op == "ReduceMean" and "axes" in attributes and writer.opset >= AXES_ARE_INPUTS:
        inputs.append(writer.constant(np.array(attributes.pop("axes"), np.int64), f"{node.output[0]} axes"))
    writer.put(node, helper.make_node(op, inputs, node.output, **attributes))
    return True


def _concat(writer: _Rewriter, node):
    """com.microsoft QLinearConcat: scale and zero point of y, then tensors each with its own."""
    writer.put(node, helper.make_node("Concat", node.input[2::3], node.output, axis=_attribute(node, "axis", 0)))


def _table(writer: _Rewriter, node):
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


def _linear(writer: _Rewriter, node):
    """ai.onnx.ml LinearClassifier and LinearRegressor: coefficients and intercepts are attributes."""
    coefficients = np.array(_attribute(node, "coefficients", []), np.float32)
    intercepts = np.array(_attribute(node, "intercepts", []), np.float32)
    classes = len(_attribute(node, "classlabels_strings", [])) or len(_attribute(node, "classlabels_ints", []))
    units = _attribute(node, "targets", 1) if node.op_type == "LinearRegressor" else classes
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


def _keeping(writer: _Rewriter, node):
    """A support vector machine or an ensemble of trees: the numbers in its attributes stand beside what it reads."""
    name, inputs = node.name or node.output[0], [node.input[0]]
    modes = [mode.decode() if isinstance(mode, bytes) else str(mode) for mode in _attribute(node, "nodes_modes", [])]
    for attribute in KEEPING[node.op_type]:
        held = _attribute(node, attribute, None) or _attribute(node, f"{attribute}_as_tensor", [])
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
    return _attribute(node, "n_supports", 0) or sum(_attribute(node, "vectors_per_class", []))


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
