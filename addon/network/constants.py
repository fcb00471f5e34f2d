# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a graph that do not depend on its input: weights, and whatever is computed from weights and shapes alone.

They are read when asked for. A `ConstantOfShape` is a view of one number, however large its shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod
from typing import cast

import numpy as np
import onnx
from onnx import TensorProto, helper

from ..containers import CheckpointError
from ..containers.stored import FLOATS, MOST_AXES, MOST_ELEMENTS
from ..formats import Checkpoint
from . import scaled

LARGEST_FOLD = 1 << 26  # elements; what is larger stays a layer of its own
LONGEST_FOLD = 200  # nodes run for one value; a longer chain stays layers
QUICK = 1 << 16  # elements that may be worked out while a model is opened, all together
MOST_LEAVES = 1 << 10  # stored tensors behind a value
MOST_PRODUCTS = 1 << 38  # multiplications for one value
NEVER_FOLDED = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}

SUMMING = {
    "Conv",
    "ConvTranspose",
    "ConvInteger",
    "QLinearConv",
    "QLinearMatMul",
    "Einsum",
    "DFT",
    "STFT",
    "Attention",
    "LSTM",
    "GRU",
    "RNN",
    "Det",
    "GridSample",
    "RoiAlign",
}

# Constant inputs that steer an operator and are no weights of it: operator -> input slots.
SETTINGS = {
    "Reshape": (1,),
    "Slice": (1, 2, 3, 4),
    "Clip": (1, 2),
    "Pad": (1, 2, 3),
    "Resize": (1, 2, 3),
    "Upsample": (1,),
    "Expand": (1,),
    "Tile": (1,),
    "Pow": (1,),
    "Gather": (1,),
    "Unsqueeze": (1,),
    "Squeeze": (1,),
    "TopK": (1,),
    "Dropout": (1, 2),
    "Split": (1,),
    "DequantizeLinear": (1, 2),
    "QuantizeLinear": (1, 2),
    "Where": (0,),
    "QLinearConv": (1, 2, 4, 5, 6, 7),
    "QLinearMatMul": (1, 2, 4, 5, 6, 7),
    "ConvInteger": (2, 3),
    "MatMulInteger": (2, 3),
    "Range": (0, 1, 2),
    "OneHot": (1, 2),
    "CumSum": (1,),
    "LSTM": (4, 5, 6),
    "GRU": (4, 5),
    "RNN": (4, 5),
    "Scaled": (1, 2),
    "MatMulNBits": (1, 2, 3),
    "MatMulBnb4": (1,),
}
PICKS = ("Slice", "Split", "Gather", "GatherND", "GatherElements")
WIDE = (TensorProto.FLOAT, TensorProto.DOUBLE)
KEEPS_NUMBERS = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity")
MOST_KEPT = 1 << 24  # numbers of a value that is kept for whoever asks for it again at once


@dataclass(frozen=True)
class Leaf:
    """A tensor stored in the file, or one filled with one number (`filled`); `array()` reads it.

    Of a row of many numbers that layers share it is the `part` that one of them uses, and `whole` is the row.
    """

    name: str
    shape: tuple[int, ...]
    data_type: int
    array: Callable[[], np.ndarray] = field(compare=False, repr=False)
    filled: bool = False
    sure: bool = False  # a weight for certain, be it a single number
    part: str = ""
    whole: Leaf | None = field(default=None, compare=False, repr=False)
    scaled: bool = field(default=False, compare=False)  # integers that stand for other numbers

    @property
    def size(self) -> int:
        return prod(self.shape)

    def numbers(self) -> np.ndarray:
        """As `Constant.numbers`."""
        return self.array()


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
    same: Leaf | None = None  # the stored tensor that has the same numbers, if only in another order
    work: int = 0  # how many elements and products those make

    @property
    def size(self) -> int:
        return prod(self.shape)

    def numbers(self) -> np.ndarray:
        """All numbers of the value, in any order and shape, without running a node that only moves them."""
        return (self.same or self).array()

    @property
    def is_quick(self) -> bool:
        """Whether it may be read while the model is opened."""
        return self.size <= QUICK and self.work <= QUICK


_latest: list[tuple[Callable, np.ndarray]] = []  # the value computed last; joins ask for the same one many times


def _kept(read: Callable[[], np.ndarray]) -> Callable[[], np.ndarray]:
    def kept():
        if _latest and _latest[0][0] is kept:
            return _latest[0][1]
        value = read()
        if value.size <= MOST_KEPT:
            value = value.view()
            value.flags.writeable = False
            _latest[:] = [(kept, value)]
        return value

    return kept


def stored(checkpoint: Checkpoint, tensor: TensorProto, name: str = "") -> Constant:
    """An initializer, or the tensor of a Constant node under the name of its output."""
    name = name or tensor.name
    shape = tuple(tensor.dims)

    def read():
        return checkpoint.array(tensor)

    sure = checkpoint.is_weight(tensor)
    leaves = () if sure is False else (Leaf(name, shape, tensor.data_type, read, sure=bool(sure)),)
    return Constant(name, shape, tensor.data_type, read, leaves, same=leaves[0] if leaves else None)


def sparse(checkpoint: Checkpoint, tensor: onnx.SparseTensorProto, name: str = "") -> Constant | None:
    """A tensor of which the file has the numbers that are not 0 and their places; None where it is too large."""
    name = name or tensor.values.name
    shape = tuple(tensor.dims)
    if prod(shape) > LARGEST_FOLD:
        return None

    def read():
        values = checkpoint.array(tensor.values)
        places = np.asarray(checkpoint.array(tensor.indices), np.int64)
        dense = np.zeros(shape, values.dtype)
        try:
            if places.ndim == 2:
                places = np.ravel_multi_index(tuple(places.T), shape)
            dense.reshape(-1)[places] = values
        except (ValueError, IndexError) as error:
            raise CheckpointError(
                checkpoint.path,
                f"the sparse tensor '{name}' has numbers outside its shape {list(shape)}",
                "fetch it again",
            ) from error
        return dense

    leaf = Leaf(name, shape, tensor.values.data_type, read)
    return Constant(name, shape, tensor.values.data_type, read, (leaf,), same=leaf)


def fold(checkpoint: Checkpoint, node: onnx.NodeProto, known: dict[str, Constant], shapes: dict, opsets: dict):
    """The outputs of a node that needs no input of the model, else an empty list.

    `shapes` is what `dimensions.infer` gives. Nothing is computed before `array()` is called, and nothing whose size
    is only said by the file, for it may come out larger.
    """
    if node.domain not in ("", "ai.onnx", scaled.SCALED) or node.op_type in NEVER_FOLDED:
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
    behind = [weight.leaves for weight in weights if weight.leaves]
    leaves = behind[0] if len(behind) == 1 else tuple(dict.fromkeys(leaf for tensor in behind for leaf in tensor))
    nodes = _key(node).union(*(tensor.nodes for tensor in inputs))
    runs = 1 + sum(tensor.runs for tensor in inputs)
    if (
        runs > LONGEST_FOLD
        or len(leaves) > MOST_LEAVES
        or any(tensor.data_type == TensorProto.STRING for tensor in inputs)
    ):
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
        work = sum(tensor.work + tensor.size for tensor in inputs) + _products(node, inputs, prod(shape))
        if work > MOST_PRODUCTS:
            return []

        def read(position=position, shape=tuple(shape)):
            try:
                values = {name: known[name].array() for name in node.input if name}
                value = np.asarray(evaluate(node, values, opsets)[position])
            except CheckpointError:
                raise
            except Exception as error:  # the operators of the reference implementation raise many types
                reason = f"{type(error).__name__}: {error}"[:200]
                raise CheckpointError(checkpoint.path, f"'{node.output[0]}' cannot be computed ({reason})") from error
            if value.shape != shape:
                raise CheckpointError(
                    checkpoint.path,
                    f"'{node.output[position]}' has the shape {list(value.shape)} and should have {list(shape)}",
                )
            return value

        folded.append(
            Constant(
                name,
                tuple(shape),
                data_type,
                _kept(read),
                *_behind(node, inputs[0], leaves, name, tuple(shape), data_type, read, nodes, runs),
                work,
            )
        )
    return folded


def _behind(node, first, leaves, name, shape, data_type, read, nodes, runs):
    """Leaves, nodes, runs of a folded value, and the leaf with the same numbers if there is one."""
    same = (
        first.same
        if node.op_type in KEEPS_NUMBERS
        or node.op_type == "Cast"
        and {first.data_type, data_type} <= FLOATS
        and data_type in WIDE
        else None
    )
    if node.op_type == "DequantizeLinear" or node.domain == scaled.SCALED:
        leaves = tuple(replace(leaf, scaled=True) for leaf in leaves)
    if node.domain == scaled.SCALED and len(leaves) == 1 and shape != leaves[0].shape and node.op_type != "Scaled":
        leaves = (replace(leaves[0], shape=shape, data_type=data_type, array=read),)  # several numbers in a byte
    if node.op_type in PICKS and len(leaves) == 1 and prod(shape) < leaves[0].size and _is_row(leaves[0].shape):
        whole = leaves[0].whole or leaves[0]
        leaves = (replace(leaves[0], shape=shape, array=read, part=name, whole=whole),)
        same = leaves[0] if not leaves[0].scaled else None
    return leaves, nodes, runs, same


def _is_row(shape):
    return sum(size > 1 for size in shape) <= 1


def _products(node, inputs, size) -> int:
    """About how many multiplications make `size` elements."""
    if node.op_type in ("MatMul", "MatMulInteger", "Gemm"):
        return size * max(1, *inputs[0].shape[-2:])
    return size * max(1, *(tensor.size for tensor in inputs)) if node.op_type in SUMMING else size


def _key(node):
    return frozenset(name for name in node.output[:1])


def evaluate(node: onnx.NodeProto, values: dict[str, np.ndarray], opsets: dict[str, int]) -> list[np.ndarray]:
    """Run one node on these arrays: with ONNX's reference implementation, which knows every type, else onnxruntime."""
    if node.domain == scaled.SCALED:
        return scaled.evaluate(node, [values[name] for name in node.input if name])
    from onnx.reference import ReferenceEvaluator  # 0.1 s to import, and few models need it

    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in values.items()
    ]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
    graph = helper.make_graph([node], "fold", inputs, outputs)
    model = helper.make_model(
        graph, ir_version=10, opset_imports=[helper.make_opsetid(*pair) for pair in opsets.items()]
    )
    try:
        return cast(list[np.ndarray], ReferenceEvaluator(model).run(None, values))
    except Exception:  # an operator or an attribute that it lacks; each operator raises types of its own
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        return session.run(None, values)


def _constant(checkpoint, node):
    attribute = node.attribute[0]
    name = node.output[0]
    if attribute.name == "value":
        return replace(stored(checkpoint, attribute.t, name), nodes=_key(node))
    if attribute.name == "sparse_value":
        return replace(sparse(checkpoint, attribute.sparse_tensor, name), nodes=_key(node))
    value = np.asarray(helper.get_attribute_value(attribute))
    if attribute.name.startswith("value_float"):
        value = value.astype(np.float32)
    known = attribute.name.startswith(("value_float", "value_int"))
    data_type = helper.np_dtype_to_tensor_dtype(value.dtype) if known else TensorProto.STRING
    return Constant(
        name, value.shape, data_type, lambda: value, (Leaf(name, value.shape, data_type, lambda: value),), _key(node)
    )


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


def forget() -> None:
    """Let go of the value that is kept for whoever asks for it again: the numbers behind it are others now."""
    _latest.clear()
