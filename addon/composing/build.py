# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A specification as an ONNX model, with the shape of every layer and fresh weights from its seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod, sqrt
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..containers import CheckpointError
from ..containers.natural_order import brief
from .specification import LARGEST_SIZE, LayerSpec, Specification

OPSET = 20
# Operators by which a layer goes: the node bears its name, whatever is done to what it gives.
MAIN = ("Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "GlobalAveragePool", "BatchNormalization", "Gather")
MOST = 1 << 30  # numbers of all weights, and of what a layer gives
Shape = tuple[int, ...]


class LayerError(CheckpointError):
    """A layer that cannot be; `layer` is its name, `what` the reason without it."""

    def __init__(self, network: str, layer: LayerSpec, what: str, advice: str = ""):
        super().__init__(network, f"'{brief(layer.name)}' ({layer.op}) {what}", advice)
        self.layer, self.what = layer.name, what


@dataclass(frozen=True)
class Composed:
    """A model, and the shape of what each layer gives for one sample, by its name; the input's too."""

    model: onnx.ModelProto
    shapes: dict[str, Shape]


@dataclass
class _Writer:
    """Nodes and weights of one model. A tensor of a layer has the layer's name; `shape` are those of one sample."""

    specification: Specification
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[TensorProto] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    size: int = 0

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))
        return output

    def weight(self, name: str, array: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def constant(self, name: str, array: np.ndarray) -> str:
        """A number that is no weight: no training changes it, and nobody counts it."""
        self.nodes.append(helper.make_node("Constant", [], [name], name=name, value=numpy_helper.from_array(array)))
        return name

    def above_diagonal(self, name: str, size: int, number: float) -> str:
        """A square (size, size) with a number above the diagonal and 0 elsewhere, made and not stored."""
        square = self.constant(f"{name}.size", np.array([size, size], np.int64))
        value = helper.make_tensor("value", TensorProto.FLOAT, [1], [number])
        filled = self.node("ConstantOfShape", [square], f"{name}.all", value=value)
        one = self.constant(f"{name}.begin", np.array(1, np.int64))
        return self.node("Trilu", [filled, one], name, upper=1)

    def room(self, layer: LayerSpec, shape: Sequence[int]) -> None:
        """Refuse weights, or a result, that would be too large."""
        self.size += prod(shape)
        if self.size > MOST:
            raise self.refused(layer, f"takes the network over {MOST:,} numbers", "choose smaller sizes")

    def random(self, layer: LayerSpec) -> np.random.Generator:
        """Numbers that only the seed and the layer's name decide, so that a change leaves other layers as they are."""
        return np.random.default_rng([self.specification.seed, *layer.name.encode()])

    def fresh(self, layer: LayerSpec, shape: Shape, inside: int, outside: int, part: str = "weight") -> str:
        """Weights as He et al. 2015 where a Relu follows, else as Glorot and Bengio 2010."""
        self.room(layer, shape)
        random = self.random(layer)
        if layer.settings.get("activation") in ("Relu", "LeakyRelu", "Elu", "Gelu", "HardSwish"):
            array = random.normal(0, sqrt(2 / inside), shape)
        else:
            edge = sqrt(6 / (inside + outside))
            array = random.uniform(-edge, edge, shape)
        return self.weight(f"{layer.name}.{part}", array.astype(np.float32))

    def zeros(self, layer: LayerSpec, count: int, part: str = "bias") -> str:
        return self.weight(f"{layer.name}.{part}", np.zeros(count, np.float32))

    def refused(self, layer: LayerSpec, what: str, advice: str = "") -> LayerError:
        return LayerError(self.specification.name, layer, what, advice)

    def count(self, layer: LayerSpec, name: str, default: Any = None) -> int:
        value = layer.settings.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST_SIZE:
            raise self.refused(layer, f"needs '{name}' as a whole number from 1 on")
        return value

    def sizes(self, layer: LayerSpec, name: str, count: int, default: int) -> list[int]:
        """A setting along each axis of maps: a number for all, or a list."""
        value = layer.settings.get(name, default)
        values = value if isinstance(value, list) else [value] * count
        whole = all(isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= LARGEST_SIZE for one in values)
        if len(values) != count or not whole:
            raise self.refused(layer, f"needs '{name}' as a number from 1 on, or {count} of them")
        return values

    def truth(self, layer: LayerSpec, name: str, default: bool) -> bool:
        value = layer.settings.get(name, default)
        if not isinstance(value, bool):
            raise self.refused(layer, f"needs '{name}' as true or false")
        return value

    def maps(self, layer: LayerSpec, shape: Shape) -> tuple[int, Shape]:
        """Channels and sizes of maps (channels, ...)."""
        if len(shape) < 2:
            raise self.refused(
                layer, f"reads maps, and '{layer.inputs[0]}' gives {list(shape)}", "put it before Flatten"
            )
        return shape[0], shape[1:]

    def finish(self, layer: LayerSpec, tensor: str, shape: Shape) -> None:
        """Let a layer give a tensor, behind its activation if it has one."""
        activation = layer.settings.get("activation")
        if activation:
            attributes = {"axis": -1} if activation == "Softmax" else {}
            self.node(activation, [tensor], layer.name, **attributes)
        self.room(layer, shape)
        self.shapes[layer.name] = shape

    def inner(self, layer: LayerSpec) -> str:
        """What a layer calls its result before its activation."""
        return f"{layer.name}.sum" if layer.settings.get("activation") else layer.name


def compose(specification: Specification) -> Composed:
    """Build a network. Raises `CheckpointError`, naming the layer that cannot be and why."""
    writer = _Writer(specification)
    writer.shapes[specification.input] = specification.shape
    for layer in specification.layers:
        begin = len(writer.nodes)
        BUILDERS[layer.op](writer, layer, [writer.shapes[name] for name in layer.inputs])
        _name(writer.nodes[begin:], layer)
    last = specification.layers[-1].name
    kind = TensorProto.INT64 if specification.tokens else TensorProto.FLOAT
    graph = helper.make_graph(
        writer.nodes,
        specification.name,
        [helper.make_tensor_value_info(specification.input, kind, ["batch", *specification.shape])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["batch", *writer.shapes[last]])],
        writer.weights,
    )
    model = helper.make_model(
        graph, producer_name="neuroscene", ir_version=9, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    properties = {"specification": specification.to_json()}
    if specification.classes:
        properties["classes"] = json.dumps(list(specification.classes))
    helper.set_model_props(model, properties)
    return Composed(model, writer.shapes)


def _name(nodes: list[onnx.NodeProto], layer: LayerSpec) -> None:
    """Give the name of a layer to the node that it goes by."""
    if layer.op == "Attention":  # several products, none of which is the layer
        return
    main = next((node for node in nodes if node.op_type in MAIN), nodes[0] if nodes else None)
    for number, node in enumerate(nodes):
        node.name = layer.name if node is main else f"{layer.name}_{node.op_type}_{number}"  # a dot would make a block


def carry(model: onnx.ModelProto, older: onnx.ModelProto) -> int:
    """Let a model keep the weights of an older one that have the same names and shapes; how many tensors these are."""
    held = {tensor.name: tensor for tensor in older.graph.initializer}
    carried = 0
    for tensor in model.graph.initializer:
        other = held.get(tensor.name)
        if other is not None and (other.dims, other.data_type) == (tensor.dims, tensor.data_type):
            tensor.CopyFrom(other)
            carried += 1
    return carried


def _padding(writer: _Writer, layer: LayerSpec, kernel, dilation, stride, sizes) -> tuple[list[int], list[int]]:
    """Zeros before and after each axis: none, so many, or so many that a stride of 1 keeps the size ("same")."""
    value = layer.settings.get("padding", 0)
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True)]
    if value == "same":
        total = [
            max((-(-size // step) - 1) * step + span - size, 0)
            for size, step, span in zip(sizes, stride, reach, strict=True)
        ]
        return [size // 2 for size in total], [size - size // 2 for size in total]
    values = value if isinstance(value, list) else [value] * len(kernel)
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= LARGEST_SIZE for one in values)
    if len(values) != len(kernel) or not whole:
        raise writer.refused(layer, f"needs 'padding' as \"same\", a number from 0 on, or {len(kernel)} of them")
    return list(values), list(values)


def _slid(writer: _Writer, layer: LayerSpec, kernel, dilation, stride, before, after, sizes) -> list[int]:
    """The sizes of maps under a window that slides."""
    made = []
    for size, span, step, apart, low, high in zip(sizes, kernel, stride, dilation, before, after, strict=True):
        reach = (span - 1) * apart + 1
        if size + low + high < reach:
            raise writer.refused(
                layer,
                f"has a kernel of {reach} on a map of {size + low + high}",
                "choose a smaller one, or more padding",
            )
        made.append((size + low + high - reach) // step + 1)
    return made


def _conv(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    channels, sizes = writer.maps(layer, shapes[0])
    depthwise = layer.op == "DepthwiseConv"
    groups = channels if depthwise else writer.count(layer, "groups", 1)
    units = channels if depthwise else writer.count(layer, "units")
    if channels % groups or units % groups:
        raise writer.refused(layer, f"cannot part {channels} channels and {units} units into {groups} groups")
    kernel, stride, dilation = (
        writer.sizes(layer, name, len(sizes), default)
        for name, default in (("kernel", 3), ("stride", 1), ("dilation", 1))
    )
    before, after = _padding(writer, layer, kernel, dilation, stride, sizes)
    made = _slid(writer, layer, kernel, dilation, stride, before, after, sizes)
    inside = channels // groups
    inputs = [
        layer.inputs[0],
        writer.fresh(layer, (units, inside, *kernel), inside * prod(kernel), units * prod(kernel) // groups),
    ]
    if writer.truth(layer, "bias", True):
        inputs.append(writer.zeros(layer, units))
    writer.node(
        "Conv",
        inputs,
        writer.inner(layer),
        kernel_shape=kernel,
        strides=stride,
        dilations=dilation,
        pads=[*before, *after],
        group=groups,
    )
    writer.finish(layer, writer.inner(layer), (units, *made))


def _conv_transpose(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    channels, sizes = writer.maps(layer, shapes[0])
    units = writer.count(layer, "units")
    kernel, stride = (writer.sizes(layer, name, len(sizes), 2) for name in ("kernel", "stride"))
    padding = layer.settings.get("padding", 0)
    if not isinstance(padding, int) or isinstance(padding, bool) or padding < 0:
        raise writer.refused(layer, "needs 'padding' as a number from 0 on")
    made = [(size - 1) * step + span - 2 * padding for size, step, span in zip(sizes, stride, kernel, strict=True)]
    if min(made) < 1:
        raise writer.refused(layer, "leaves nothing of its map", "choose less padding")
    inputs = [layer.inputs[0], writer.fresh(layer, (channels, units, *kernel), channels, units * prod(kernel))]
    if writer.truth(layer, "bias", True):
        inputs.append(writer.zeros(layer, units))
    pads = [padding] * (2 * len(sizes))
    writer.node("ConvTranspose", inputs, writer.inner(layer), kernel_shape=kernel, strides=stride, pads=pads)
    writer.finish(layer, writer.inner(layer), (units, *made))


def _pool(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    channels, sizes = writer.maps(layer, shapes[0])
    kernel = writer.sizes(layer, "kernel", len(sizes), 2)
    stride = writer.sizes(layer, "stride", len(sizes), 0) if "stride" in layer.settings else kernel
    dilation = [1] * len(sizes)
    before, after = _padding(writer, layer, kernel, dilation, stride, sizes)
    if any(
        2 * pad > span
        for pad, span in zip([max(pair) for pair in zip(before, after, strict=True)], kernel, strict=True)
    ):
        raise writer.refused(layer, "has more padding than half of its kernel", "choose less")
    made = _slid(writer, layer, kernel, dilation, stride, before, after, sizes)
    attributes = {"kernel_shape": kernel, "strides": stride, "pads": [*before, *after]}
    writer.node(layer.op, [layer.inputs[0]], layer.name, **attributes)
    writer.finish(layer, layer.name, (channels, *made))


def _global(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    channels, _ = writer.maps(layer, shapes[0])
    pooled = writer.node("GlobalAveragePool", [layer.inputs[0]], f"{layer.name}.maps")
    writer.node("Flatten", [pooled], layer.name)
    writer.finish(layer, layer.name, (channels,))


def _dense(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    """Maps are flattened first; of tokens (steps, features) each goes through by itself."""
    units = writer.count(layer, "units")
    shape = shapes[0]
    given = layer.inputs[0]
    if len(shape) > 2:
        given = writer.node("Flatten", [given], f"{layer.name}.flat")
        shape = (prod(shape),)
    weight = writer.fresh(layer, (shape[-1], units), shape[-1], units)
    bias = writer.truth(layer, "bias", True)
    product = f"{layer.name}.product" if bias else writer.inner(layer)
    if len(shape) == 1:
        inputs = [given, weight, *([writer.zeros(layer, units)] if bias else [])]
        writer.node("Gemm", inputs, writer.inner(layer))
    else:
        writer.node("MatMul", [given, weight], product)
        if bias:
            writer.node("Add", [product, writer.zeros(layer, units)], writer.inner(layer))
    writer.finish(layer, writer.inner(layer), (*shape[:-1], units))


def _activation(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    if not layer.settings.get("activation"):
        raise writer.refused(layer, "needs an 'activation'")
    writer.finish(layer, layer.inputs[0], shapes[0])


def _batch_normalization(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    count = shapes[0][0]
    names = [
        writer.weight(f"{layer.name}.{part}", np.full(count, value, np.float32))
        for part, value in (("scale", 1), ("bias", 0), ("mean", 0), ("variance", 1))
    ]
    writer.node("BatchNormalization", [layer.inputs[0], *names], writer.inner(layer))
    writer.finish(layer, writer.inner(layer), shapes[0])


def _layer_normalization(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    """Over the last axis."""
    count = shapes[0][-1]
    scale = writer.weight(f"{layer.name}.scale", np.ones(count, np.float32))
    writer.node(
        "LayerNormalization", [layer.inputs[0], scale, writer.zeros(layer, count)], writer.inner(layer), axis=-1
    )
    writer.finish(layer, writer.inner(layer), shapes[0])


def _dropout(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    rate = layer.settings.get("rate", 0.5)
    if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 <= rate < 1:
        raise writer.refused(layer, "needs a 'rate' from 0 to less than 1")
    ratio = writer.weight(f"{layer.name}.rate", np.array(rate, np.float32))
    writer.node("Dropout", [layer.inputs[0], ratio], layer.name)
    writer.finish(layer, layer.name, shapes[0])


def _flatten(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    writer.node("Flatten", [layer.inputs[0]], layer.name)
    writer.finish(layer, layer.name, (prod(shapes[0]),))


def _reshape(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    shape = layer.settings.get("shape")
    sizes = shape if isinstance(shape, list) else []
    if not 1 <= len(sizes) <= 4 or not all(
        isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= LARGEST_SIZE for one in sizes
    ):
        raise writer.refused(layer, "needs 'shape' as one to four numbers from 1 on")
    if prod(sizes) != prod(shapes[0]):
        given, wanted = prod(shapes[0]), prod(sizes)
        raise writer.refused(layer, f"makes {wanted:,} numbers of {given:,}", "let its sizes multiply to as many")
    target = writer.weight(f"{layer.name}.shape", np.array([0, *sizes], np.int64))
    if len(shapes[0]) > 1:
        flat = writer.node("Flatten", [layer.inputs[0]], f"{layer.name}.flat")
        writer.node("Reshape", [flat, target], layer.name)
    else:
        writer.node("Reshape", [layer.inputs[0], target], layer.name)
    writer.finish(layer, layer.name, tuple(sizes))


def _add(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    if len(set(shapes)) > 1:
        said = " and ".join(str(list(shape)) for shape in dict.fromkeys(shapes))
        raise writer.refused(layer, f"adds what has other shapes: {said}", "give both the same shape")
    writer.node("Sum" if len(shapes) > 2 else "Add", layer.inputs, writer.inner(layer))
    writer.finish(layer, writer.inner(layer), shapes[0])


def _concat(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    """Channel behind channel; of tokens, feature behind feature."""
    axis = 1 if len(shapes[0]) == 2 else 0
    rests = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    if len(rests) > 1 or len({len(shape) for shape in shapes}) > 1:
        said = " and ".join(str(list(shape)) for shape in shapes)
        raise writer.refused(layer, f"joins what has other sizes: {said}", "give both maps of one size")
    writer.node("Concat", layer.inputs, writer.inner(layer), axis=axis + 1)
    made = list(shapes[0])
    made[axis] = sum(shape[axis] for shape in shapes)
    writer.finish(layer, writer.inner(layer), tuple(made))


def _embedding(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    """Tokens (steps,) to what each means (steps, units), with its place added if `places`."""
    if layer.inputs[0] != writer.specification.input or not writer.specification.tokens:
        raise writer.refused(layer, "reads tokens, and what it reads gives numbers", "give the input 'tokens'")
    units = writer.count(layer, "units")
    steps = prod(shapes[0])
    places = writer.truth(layer, "places", True)
    table = writer.fresh(layer, (writer.specification.tokens, units), units, units)
    gathered = writer.node("Gather", [table, layer.inputs[0]], f"{layer.name}.tokens" if places else layer.name)
    if places:
        own = writer.random(layer).normal(0, 0.02, (steps, units)).astype(np.float32)
        writer.node("Add", [gathered, writer.weight(f"{layer.name}.places", own)], layer.name)
    writer.finish(layer, layer.name, (steps, units))


def _attention(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    """Multi-head self-attention over (steps, features) (Vaswani et al. 2017)."""
    if len(shapes[0]) != 2:
        raise writer.refused(layer, f"reads (steps, features), and '{layer.inputs[0]}' gives {list(shapes[0])}")
    steps, width = shapes[0]
    heads = writer.count(layer, "heads", 1)
    if width % heads:
        raise writer.refused(layer, f"cannot part {width} features into {heads} heads")
    size = width // heads
    apart = writer.weight(f"{layer.name}.apart", np.array([0, steps, heads, size], np.int64))
    together = writer.weight(f"{layer.name}.together", np.array([0, steps, width], np.int64))
    random = writer.random(layer)
    edge = sqrt(6 / (2 * width))
    parts = {}
    for part in ("query", "key", "value"):
        own = random.uniform(-edge, edge, (width, width)).astype(np.float32)
        writer.room(layer, own.shape)
        name = f"{layer.name}.{part}"
        product = writer.node("MatMul", [layer.inputs[0], writer.weight(f"{name}.weight", own)], f"{name}.product")
        added = writer.node("Add", [product, writer.weight(f"{name}.bias", np.zeros(width, np.float32))], name)
        parted = writer.node("Reshape", [added, apart], f"{name}.apart")
        order = [0, 2, 3, 1] if part == "key" else [0, 2, 1, 3]
        parts[part] = writer.node("Transpose", [parted], f"{name}.heads", perm=order)
    scores = writer.node("MatMul", [parts["query"], parts["key"]], f"{layer.name}.scores")
    scale = writer.constant(f"{layer.name}.scale", np.array(sqrt(size), np.float32))
    scores = writer.node("Div", [scores, scale], f"{layer.name}.scaled")
    if writer.truth(layer, "causal", False):
        later = writer.above_diagonal(f"{layer.name}.later", steps, -1e9)
        scores = writer.node("Add", [scores, later], f"{layer.name}.masked")
    share = writer.node("Softmax", [scores], f"{layer.name}.pattern", axis=-1)
    looked = writer.node("MatMul", [share, parts["value"]], f"{layer.name}.looked")
    looked = writer.node("Transpose", [looked], f"{layer.name}.turned", perm=[0, 2, 1, 3])
    looked = writer.node("Reshape", [looked, together], f"{layer.name}.joined")
    own = random.uniform(-edge, edge, (width, width)).astype(np.float32)
    product = writer.node("MatMul", [looked, writer.weight(f"{layer.name}.out.weight", own)], f"{layer.name}.out")
    writer.node("Add", [product, writer.weight(f"{layer.name}.out.bias", np.zeros(width, np.float32))], layer.name)
    writer.finish(layer, layer.name, shapes[0])


def _recurrent(writer: _Writer, layer: LayerSpec, shapes: list[Shape]) -> None:
    """Over (steps, features); gives every step with `sequence`, else the last."""
    if len(shapes[0]) != 2:
        raise writer.refused(layer, f"reads (steps, features), and '{layer.inputs[0]}' gives {list(shapes[0])}")
    steps, width = shapes[0]
    units = writer.count(layer, "units")
    rows = {"LSTM": 4, "GRU": 3}[layer.op] * units
    turned = writer.node("Transpose", [layer.inputs[0]], f"{layer.name}.steps", perm=[1, 0, 2])
    inputs = [
        turned,
        writer.fresh(layer, (1, rows, width), width, units),
        writer.fresh(layer, (1, rows, units), units, units, "recurrent"),
        writer.weight(f"{layer.name}.bias", np.zeros((1, 2 * rows), np.float32)),
    ]
    every, last = f"{layer.name}.every", f"{layer.name}.last"
    writer.nodes.append(
        helper.make_node(layer.op, inputs, [every, last], name=f"{layer.name}.{layer.op}", hidden_size=units)
    )
    axis = writer.weight(f"{layer.name}.axis", np.array([1 if writer.truth(layer, "sequence", False) else 0], np.int64))
    if writer.truth(layer, "sequence", False):
        squeezed = writer.node("Squeeze", [every, axis], f"{layer.name}.squeezed")
        writer.node("Transpose", [squeezed], f"{layer.name}", perm=[1, 0, 2])
        writer.finish(layer, layer.name, (steps, units))
    else:
        writer.node("Squeeze", [last, axis], layer.name)
        writer.finish(layer, layer.name, (units,))


Builder = Callable[[_Writer, LayerSpec, list[Shape]], None]
BUILDERS: dict[str, Builder] = {
    "Conv": _conv,
    "DepthwiseConv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global,
    "Dense": _dense,
    "Activation": _activation,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Add": _add,
    "Concat": _concat,
    "Embedding": _embedding,
    "Attention": _attention,
    "LSTM": _recurrent,
    "GRU": _recurrent,
}
