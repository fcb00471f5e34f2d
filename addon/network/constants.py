# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a graph that do not depend on its input: weights, and whatever is computed from weights and shapes alone.

They are read when asked for. A `ConstantOfShape` is a view of one number, however large its shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx
from onnx import TensorProto, helper

from ..checkpoints import Checkpoint

LARGEST_FOLD = 1 << 26  # elements; what is larger stays a layer of its own
NEVER_FOLDED = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}


@dataclass(frozen=True)
class Leaf:
    """A tensor stored in the file."""

    name: str
    size: int
    data_type: int


@dataclass(frozen=True)
class Constant:
    """A value known without running the model; `array()` reads it, `leaves` are the stored tensors behind it."""

    name: str
    shape: tuple[int, ...]
    data_type: int
    array: Callable[[], np.ndarray]
    leaves: tuple[Leaf, ...] = ()
    nodes: int = 0  # how many nodes of the file compute it

    @property
    def size(self) -> int:
        return prod(self.shape)


def stored(checkpoint: Checkpoint, tensor: TensorProto, name: str = "") -> Constant:
    """An initializer, or the tensor of a Constant node under the name of its output."""
    name, shape = name or tensor.name, tuple(tensor.dims)
    return Constant(name, shape, tensor.data_type, lambda: checkpoint.array(tensor),
                    (Leaf(name, prod(shape), tensor.data_type),))


def fold(checkpoint: Checkpoint, node: onnx.NodeProto, known: dict[str, Constant], shapes: dict, opsets: dict):
    """The outputs of a node that needs no input of the model, else an empty list.

    `shapes` maps tensor names to whole shapes (None: not known). Nothing is computed before `array()` is called.
    """
    if node.domain not in ("", "ai.onnx") or node.op_type in NEVER_FOLDED:
        return []
    if node.op_type == "Constant":
        return [_constant(checkpoint, node)] if len(node.attribute) == 1 else []
    if node.op_type in ("Shape", "Size"):
        return _of_shape(node, shapes.get(node.input[0]))
    inputs = [known.get(name) for name in node.input if name]
    if not inputs or None in inputs:
        return []
    if any(a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for a in node.attribute):
        return []
    leaves = tuple(dict.fromkeys(leaf for one in inputs for leaf in one.leaves))
    count = 1 + sum(one.nodes for one in inputs)
    if node.op_type == "ConstantOfShape":
        return _filled(node, inputs[0], leaves, count)
    folded = []
    for position, name in enumerate(node.output):
        shape, data_type = shapes.get(name), shapes.get((name, "type"))
        if not name:
            continue
        if shape is None or None in shape or not data_type or prod(shape) > LARGEST_FOLD:
            return []

        def read(position=position):
            values = {name: known[name].array() for name in node.input if name}
            return evaluate(node, values, opsets)[position]

        folded.append(Constant(name, tuple(shape), data_type, read, leaves, count))
    return folded


def evaluate(node: onnx.NodeProto, values: dict[str, np.ndarray], opsets: dict[str, int]) -> list[np.ndarray]:
    """Run one node on these arrays with ONNX's reference implementation."""
    from onnx.reference import ReferenceEvaluator  # 0.1 s to import, and few models need it

    inputs = [helper.make_empty_tensor_value_info(name) for name in dict.fromkeys(node.input) if name]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
    graph = helper.make_graph([node], "one", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*pair) for pair in opsets.items()])
    return ReferenceEvaluator(model).run(None, values)


def _constant(checkpoint, node):
    attribute, name = node.attribute[0], node.output[0]
    if attribute.name == "value":
        return stored(checkpoint, attribute.t, name)
    value = np.asarray(helper.get_attribute_value(attribute))
    if attribute.name.startswith("value_float"):
        value = value.astype(np.float32)
    known = attribute.name.startswith(("value_float", "value_int"))
    data_type = helper.np_dtype_to_tensor_dtype(value.dtype) if known else TensorProto.STRING
    return Constant(name, value.shape, data_type, lambda: value, (Leaf(name, value.size, data_type),), 1)


def _of_shape(node, shape):
    attributes = {a.name: a.i for a in node.attribute}
    if shape is None:
        return []
    part = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
    if None in part:
        return []
    value = np.array(part if node.op_type == "Shape" else prod(part), np.int64)
    return [Constant(node.output[0], value.shape, TensorProto.INT64, lambda: value, (), 1)]


def _filled(node, shape, leaves, count):
    if shape.size > 64:
        return []
    value = onnx.numpy_helper.to_array(node.attribute[0].t) if node.attribute else np.zeros(1, np.float32)
    size = tuple(int(n) for n in shape.array())
    if min(size, default=0) < 0:
        return []
    data_type = helper.np_dtype_to_tensor_dtype(value.dtype)
    name = node.output[0]
    return [Constant(name, size, data_type, lambda: np.broadcast_to(value.reshape(()), size),
                     (*leaves, Leaf(name, prod(size), data_type)), count)]
