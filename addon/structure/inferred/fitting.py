# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last look at an inferred graph: whatever proposed it, no operator reads a tensor whose width contradicts the
weights that it is read with. Where one does, its input is left open.
"""

from __future__ import annotations

from collections.abc import Mapping

import onnx
from onnx import helper

from ...formats.graph_writer import IR_VERSION, OPSET, Writer

Shape = list[int | str | None]
MOST_ROUNDS = 4  # of opening inputs and working shapes out anew
CHANNELS = ("BatchNormalization", "GroupNormalization", "InstanceNormalization")


def open_what_cannot_be(writer: Writer, data_type: int) -> int:
    """Leave open the inputs whose widths contradict the weights that read them; returns how many those are."""
    opened = 0
    for _ in range(MOST_ROUNDS):
        shapes = _shapes(writer)
        wrong = [(node, wanted) for node in writer.graph.node if (wanted := _contradiction(node, shapes)) is not None]
        for node, wanted in wrong:
            tensor = writer.input("open", wanted, data_type)
            writer.open.add(tensor)
            writer.unsized.update([tensor] if len(wanted) > 2 else [])
            node.input[0] = tensor
        opened += len(wrong)
        if not wrong:
            break
    return opened


def _shapes(writer) -> dict[str, Shape]:
    model = helper.make_model(
        writer.graph,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("neuroscene", 1)],
        ir_version=IR_VERSION,
    )
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info):
        if value.type.tensor_type.HasField("shape"):
            shapes[value.name] = [
                dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None
                for dim in value.type.tensor_type.shape.dim
            ]
    return shapes


def _contradiction(node: onnx.NodeProto, shapes: Mapping[str, Shape]) -> Shape | None:
    """The shape that the first input of an operator would have to have, where it has another; else None."""
    if node.domain or len(node.input) < 2:
        return None
    data, weight = shapes.get(node.input[0]), shapes.get(node.input[1])
    if not data or not weight:
        return None
    axis, wanted = _wanted(node, data, weight)
    if not isinstance(wanted, int) or not isinstance(data[axis], int) or data[axis] == wanted:
        return None
    return [*data[:axis], wanted, *data[axis + 1 :]] if axis >= 0 else [*data[:-1], wanted]


def _wanted(node, data, weight):
    """(axis of the data, its size by the weight)"""
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    if node.op_type == "Conv" and len(weight) > 2:
        return 1, weight[1] * attributes.get("group", 1) if isinstance(weight[1], int) else None
    if node.op_type == "ConvTranspose" and len(weight) > 2:
        return 1, weight[0]
    if node.op_type in CHANNELS and len(data) > 1:
        return 1, weight[0]
    if node.op_type == "LayerNormalization":
        return -1, weight[-1]
    if node.op_type == "Gemm" and len(weight) == 2:
        return -1, weight[1 if attributes.get("transB") else 0]
    if node.op_type == "MatMul" and len(weight) > 1:
        return -1, weight[-2]
    if node.op_type in ("LSTM", "GRU", "RNN") and len(weight) == 3:
        return -1, weight[2]
    return -1, None
