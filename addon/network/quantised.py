# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quantised operators as the plain ones that they stand for: QLinearConv, MatMulInteger, MatMulNBits and the like.

The graph that is summarised has a Conv or a MatMul in their place, whose weights are those of the file less their zero
point, times their scale; nothing is computed before somebody asks for a weight. What is run is the file's own graph.
Formulas: the ONNX operator specifications, and onnxruntime's of its operators (domain com.microsoft).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..formats.checkpoint import ROUNDING
from .constants import NEVER_FOLDED
from .quantised_operators import KEEPS_SCALE, LONGEST, PLAIN, WRITERS, attribute_of
from .scaled import SCALED


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
        Rewriter(rewritten, alone).run()
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


class Rewriter:
    """Writes a graph anew, node by node, with plain operators in place of quantised ones."""

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
            or attribute_of(cast, "to", 0)
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
