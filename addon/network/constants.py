# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a graph that do not depend on its input: weights, and whatever is computed from weights and shapes alone.

They are read when asked for. A `ConstantOfShape` is a view of one number, however large its shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
import onnx
from onnx import TensorProto, helper

from ..checkpoints import Checkpoint, CheckpointError
from ..checkpoints.onnx_file import MOST_AXES, MOST_ELEMENTS

LARGEST_FOLD = 1 << 26  # elements; what is larger stays a layer of its own
LONGEST_FOLD = 200  # nodes run for one value; a longer chain stays layers
QUICK = 1 << 16  # elements that may be worked out while a model is opened, all together
MOST_LEAVES = 1 << 10  # stored tensors behind a value
MOST_PRODUCTS = 1 << 38  # multiplications for one value
NEVER_FOLDED = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}

SUMMING = {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "QLinearMatMul", "Einsum", "DFT", "STFT", "Attention",
           "LSTM", "GRU", "RNN", "Det", "GridSample", "RoiAlign"}

# Constant inputs that steer an operator and are no weights of it: operator -> input slots.
SETTINGS = {
    "Reshape": (1,), "Slice": (1, 2, 3, 4), "Clip": (1, 2), "Pad": (1, 2, 3), "Resize": (1, 2, 3), "Upsample": (1,),
    "Expand": (1,), "Tile": (1,), "Pow": (1,), "Gather": (1,), "Unsqueeze": (1,), "Squeeze": (1,), "TopK": (1,),
    "Dropout": (1, 2), "Split": (1,), "DequantizeLinear": (1, 2), "QuantizeLinear": (1, 2), "Where": (0,),
    "QLinearConv": (1, 2, 4, 5, 6, 7), "QLinearMatMul": (1, 2, 4, 5, 6, 7), "ConvInteger": (2, 3),
    "MatMulInteger": (2, 3), "Range": (0, 1, 2), "OneHot": (1, 2), "CumSum": (1,), "LSTM": (4, 5, 6), "GRU": (4, 5),
    "RNN": (4, 5),
}  # fmt: skip


@dataclass(frozen=True)
class Leaf:
    """A tensor stored in the file, or one filled with one number (`filled`); `array()` reads it."""

    name: str
    shape: tuple[int, ...]
    data_type: int
    array: Callable[[], np.ndarray] = field(compare=False, repr=False)
    filled: bool = False
    sure: bool = False  # a weight for certain, be it a single number

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Constant:
    """A value known without running the model; `array()` reads it, `leaves` are the stored tensors behind it."""

    name: str
    shape: tuple[int, ...]
    data_type: int
    array: Callable[[], np.ndarray]
    leaves: tuple[Leaf, ...] = ()
    nodes: frozenset[str] = frozenset()  # the nodes of the file that compute it, by their first output
    runs: int = 0  # how many node runs a reading takes
    work: int = 0  # how many elements and products those make

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def is_quick(self) -> bool:
        """Whether it may be read while the model is opened."""
        return self.size <= QUICK and self.work <= QUICK


def stored(checkpoint: Checkpoint, tensor: TensorProto, name: str = "") -> Constant:
    """An initializer, or the tensor of a Constant node under the name of its output."""
    name, shape = name or tensor.name, tuple(tensor.dims)
    def read():
        return checkpoint.array(tensor)

    sure = checkpoint.is_weight(tensor)
    leaves = () if sure is False else (Leaf(name, shape, tensor.data_type, read, sure=bool(sure)),)
    return Constant(name, shape, tensor.data_type, read, leaves)


def fold(checkpoint: Checkpoint, node: onnx.NodeProto, known: dict[str, Constant], shapes: dict, opsets: dict):
    """The outputs of a node that needs no input of the model, else an empty list.

    `shapes` is what `dimensions.infer` gives. Nothing is computed before `array()` is called, and nothing whose size
    is only said by the file, for it may come out larger.
    """
    if node.domain not in ("", "ai.onnx") or node.op_type in NEVER_FOLDED:
        return []
    try:
        return _fold(checkpoint, node, known, shapes, opsets)
    except Exception:  # attributes, inputs and shapes that contradict one another: the node stays a layer
        return []


def _fold(checkpoint, node, known, shapes, opsets):
    if node.op_type == "Constant":
        return [_constant(checkpoint, node)] if len(node.attribute) == 1 else []
    if node.op_type == "CastLike" and (to := shapes.get((node.input[1], "type"))):
        node = helper.make_node("Cast", node.input[:1], node.output, to=to)  # only the type of the other matters
    if node.op_type in ("Shape", "Size"):
        return _of_shape(node, shapes.get(node.input[0]))
    inputs = [known.get(name) for name in node.input if name]
    if not inputs or None in inputs:
        return []
    if any(a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for a in node.attribute):
        return []
    steering = SETTINGS.get(node.op_type, ())
    weights = [known[name] for slot, name in enumerate(node.input) if name and slot not in steering]
    behind = [one.leaves for one in weights if one.leaves]
    leaves = behind[0] if len(behind) == 1 else tuple(dict.fromkeys(leaf for one in behind for leaf in one))
    nodes, runs = _key(node).union(*(one.nodes for one in inputs)), 1 + sum(one.runs for one in inputs)
    if runs > LONGEST_FOLD or len(leaves) > MOST_LEAVES or any(one.data_type == TensorProto.STRING for one in inputs):
        return []
    if node.op_type == "ConstantOfShape":
        return _filled(checkpoint, node, inputs[0], leaves, nodes)
    folded = []
    for position, name in enumerate(node.output):
        shape, data_type = shapes.get(name), shapes.get((name, "type"))
        if not name:
            continue
        if shape is None or None in shape or not data_type or prod(shape) > LARGEST_FOLD or (name, "said") in shapes:
            return []
        work = sum(one.work + one.size for one in inputs) + _products(node, inputs, prod(shape))
        if work > MOST_PRODUCTS:
            return []

        def read(position=position, shape=tuple(shape)):
            try:
                values = {name: known[name].array() for name in node.input if name}
                found = np.asarray(evaluate(node, values, opsets)[position])
            except CheckpointError:
                raise
            except Exception as error:  # the operators of the reference implementation raise many types
                reason = f"{type(error).__name__}: {error}"[:200]
                raise CheckpointError(checkpoint.path, f"'{node.output[0]}' cannot be computed ({reason})") from error
            if found.shape != shape:
                raise CheckpointError(checkpoint.path, f"'{node.output[position]}' has the shape {list(found.shape)} "
                                      f"and should have {list(shape)}")
            return found

        folded.append(Constant(name, tuple(shape), data_type, read, leaves, nodes, runs, work))
    return folded


def _products(node, inputs, size) -> int:
    """About how many multiplications make `size` elements."""
    if node.op_type in ("MatMul", "MatMulInteger", "Gemm"):
        return size * max(1, *inputs[0].shape[-2:])
    return size * max(1, *(one.size for one in inputs)) if node.op_type in SUMMING else size


def _key(node):
    return frozenset(name for name in node.output[:1])


def evaluate(node: onnx.NodeProto, values: dict[str, np.ndarray], opsets: dict[str, int]) -> list[np.ndarray]:
    """Run one node on these arrays: with ONNX's reference implementation, which knows every type, else onnxruntime."""
    from onnx.reference import ReferenceEvaluator  # 0.1 s to import, and few models need it

    inputs = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
              for name, value in values.items()]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
    graph = helper.make_graph([node], "one", inputs, outputs)
    model = helper.make_model(graph, ir_version=10,
                              opset_imports=[helper.make_opsetid(*pair) for pair in opsets.items()])
    try:
        return ReferenceEvaluator(model).run(None, values)
    except Exception:  # an operator or an attribute that it lacks; each operator raises types of its own
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        return session.run(None, values)


def _constant(checkpoint, node):
    attribute, name = node.attribute[0], node.output[0]
    if attribute.name == "value":
        return replace(stored(checkpoint, attribute.t, name), nodes=_key(node))
    value = np.asarray(helper.get_attribute_value(attribute))
    if attribute.name.startswith("value_float"):
        value = value.astype(np.float32)
    known = attribute.name.startswith(("value_float", "value_int"))
    data_type = helper.np_dtype_to_tensor_dtype(value.dtype) if known else TensorProto.STRING
    return Constant(name, value.shape, data_type, lambda: value, (Leaf(name, value.shape, data_type, lambda: value),),
                    _key(node))


def _of_shape(node, shape):
    attributes = {a.name: a.i for a in node.attribute}
    if shape is None:
        return []
    part = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
    if None in part:
        return []
    value = np.array(part if node.op_type == "Shape" else prod(part), np.int64)
    return [Constant(node.output[0], value.shape, TensorProto.INT64, lambda: value, (), _key(node))]


def _filled(checkpoint, node, shape, leaves, nodes):
    value = checkpoint.array(node.attribute[0].t) if node.attribute else np.zeros(1, np.float32)
    if shape.size > MOST_AXES or value.size != 1 or not shape.is_quick:
        return []
    size = tuple(int(n) for n in shape.array())
    if min(size, default=0) < 0 or prod(size) > MOST_ELEMENTS:
        return []
    data_type = helper.np_dtype_to_tensor_dtype(value.dtype)
    name = node.output[0]

    def read():
        return np.broadcast_to(value.reshape(()), size)

    return [Constant(name, size, data_type, read, (*leaves, Leaf(name, size, data_type, read, True)), nodes)]
