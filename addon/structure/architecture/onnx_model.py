# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An ONNX model as the architecture for weights from another file.

Its initializers are replaced by the file's tensors: those of the same name and shape, the others in the order of use by
shape. Where the two frameworks order axes, or the cells of a flattened map, in other ways, nodes that turn the file's
tensor into what the graph reads are put between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from ...containers.errors import CheckpointError
from ...containers.stored import Stored
from ...formats import onnx_file
from ...formats.checkpoint import Checkpoint
from ...formats.weights import Weights

FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE} | {
    number for name, number in TensorProto.DataType.items() if name.startswith("FLOAT8")
}
KERNELS = ("Conv", "ConvTranspose")
DENSE = ("MatMul", "Gemm")
# Operators whose constant inputs are numbers of the architecture where no tensor of the file is like them.
ARITHMETIC = ("Add", "Sub", "Mul", "Div", "Pow", "Clip", "Where", "Max", "Min", "PRelu", "Pad")
LIKE_BEFORE = ("Relu", "Dropout", "Identity", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "Flatten", "Reshape", "Squeeze")


@dataclass(frozen=True)
class _Slot:
    """A weight of the graph: its initializer, the node that reads it in the end, at which input, and how the axes are
    turned on the way there."""

    tensor: TensorProto
    node: onnx.NodeProto
    place: int
    turned: tuple[int, ...]


def attach(weights: Weights, file: Path) -> Checkpoint:
    """The graph of the model in a file with these weights. Raises `CheckpointError` if they do not fit."""
    source = onnx_file.read(file)
    model = onnx.ModelProto()
    model.CopyFrom(source.model)
    filled = _Filling(weights, file, model)
    for slot, stored in _pairs(weights, file, _slots(model.graph)):
        filled.fill(slot, stored)
    readers = filled.finish(source)
    onnx_file.check(weights.path, model, readers)
    notes = [*weights.notes, f"architecture from {file.name}", *filled.notes]
    return Checkpoint(weights.path, weights.format, model, "graph", readers, notes, file)


def _slots(graph) -> list[_Slot]:
    """The weights of a graph in the order of their use."""
    stored = {
        tensor.name: tensor for tensor in graph.initializer if tensor.data_type in FLOATS and prod(tensor.dims) > 1
    }
    turned = {name: (name, tuple(range(len(tensor.dims)))) for name, tensor in stored.items()}
    slots: dict[str, _Slot] = {}
    for node in graph.node:
        if node.op_type in ("Identity", "Cast", "Transpose") and node.input[0] in turned:
            name, axes = turned[node.input[0]]
            order = next((tuple(a.ints) for a in node.attribute if a.name == "perm"), None)
            if node.op_type == "Transpose":
                axes = tuple(axes[i] for i in order or range(len(axes) - 1, -1, -1))
            turned[node.output[0]] = name, axes
            continue
        for place, read in enumerate(node.input):
            if read in turned:
                name, axes = turned[read]
                slots.setdefault(name, _Slot(stored[name], node, place, axes))
    return list(slots.values())


def _pairs(weights, file, slots):
    """Each weight of the graph with the tensor of the file that takes its place."""
    left = {tensor.name: tensor for tensor in weights.tensors if counts(tensor)}
    pairs = {}
    for slot in slots:
        stored = left.get(slot.tensor.name)
        if stored is not None and _turn(slot, stored, weights.layout) is not None:
            pairs[slot.tensor.name] = left.pop(stored.name)
    modules = {slot.node.output[0]: _module(pairs[slot.tensor.name]) for slot in slots if slot.tensor.name in pairs}
    for slot in slots:
        if slot.tensor.name in pairs:
            continue
        fits = [stored for stored in left.values() if _turn(slot, stored, weights.layout) is not None]
        module = modules.get(slot.node.output[0])
        stored = next((fit for fit in fits if _module(fit) == module), next(iter(fits), None))
        if stored is not None:
            pairs[slot.tensor.name] = left.pop(stored.name)
            modules.setdefault(slot.node.output[0], _module(stored))
        elif slot.node.op_type not in ARITHMETIC:
            name = slot.node.name or slot.node.op_type
            raise CheckpointError(
                file,
                f"does not fit {weights.path.name}: '{name}' reads '{slot.tensor.name}' of "
                f"shape {list(slot.tensor.dims)}, and no tensor there is left for it",
                "give the architecture of this very model",
            )
    used = {_place(pair) for pair in pairs.values()}
    unused = [stored.name for stored in left.values() if _place(stored) not in used]  # what is tied has several names
    if unused:
        raise unfit(weights, file, unused, "export the model anew, without folding normalisations into convolutions")
    return [(slot, pairs[slot.tensor.name]) for slot in slots if slot.tensor.name in pairs]


def counts(stored: Stored) -> bool:
    """Whether a tensor is of numbers that a layer computes with: counters and ids are not."""
    return stored.data_type in FLOATS or stored.data_type in (TensorProto.INT8, TensorProto.UINT8)


def unfit(weights: Weights, file: Path, unused: list[str], advice: str) -> CheckpointError:
    """The error that an architecture leaves tensors over."""
    named = f"{', '.join(unused[:3])}{' …' if len(unused) > 3 else ''}"
    return CheckpointError(
        file, f"does not fit {weights.path.name}: it has no place for {len(unused):,} tensors there ({named})", advice
    )


def _module(stored: Stored) -> str:
    """The name of a tensor without its last part, be that behind a dot or a slash."""
    return stored.name.replace("/", ".").rpartition(".")[0]


def _place(stored: Stored):
    return (stored.file, stored.offset, stored.shape) if stored.read is None else stored.name


def _turn(slot: _Slot, stored: Stored, layout: str) -> tuple[int, ...] | None:
    """The order of a stored tensor's axes that the initializer has; None if it does not fit."""
    axes = len(slot.tensor.dims)
    if len(stored.shape) != axes:
        return None
    to_node = _order(slot, layout, axes)
    back = tuple(int(i) for i in np.argsort(slot.turned))
    order = tuple(to_node[i] for i in back)
    return order if tuple(stored.shape[i] for i in order) == tuple(slot.tensor.dims) else None


def _order(slot, layout, axes):
    """How the file's axes are turned into those that the node wants."""
    straight = tuple(range(axes))
    if slot.node.op_type in KERNELS and slot.place == 1 and layout == "keras":
        return (axes - 1, axes - 2, *range(axes - 2))
    if slot.node.op_type in DENSE and slot.place == 1 and axes == 2:
        wants_outputs_first = any(a.name == "transB" and a.i for a in slot.node.attribute)
        return straight if wants_outputs_first == (layout == "torch") else (1, 0)
    return straight


class _Filling:
    """Puts tensors of the file in the place of a graph's initializers."""

    def __init__(self, weights: Weights, file: Path, model: onnx.ModelProto):
        self.weights, self.file, self.graph = weights, file, model.graph
        self.notes: list[str] = []
        self.readers: dict[str, Callable[[], np.ndarray]] = {}
        self.before: list[onnx.NodeProto] = []
        self.filled: set[str] = set()
        self.entered: dict[str, str] = {}
        try:
            inferred = shape_inference.infer_shapes(model, data_prop=True).graph
        except Exception:  # inference raises many types on models it does not know; nothing then was flattened
            inferred = model.graph
        self.shapes = {
            value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
            for value in (*inferred.value_info, *inferred.input, *inferred.output)
        }
        self.makers = {name: node for node in model.graph.node for name in node.output}

    def fill(self, slot: _Slot, stored: Stored) -> None:
        """Put a tensor of the file in the place of an initializer, its axes turned as that has them."""
        name = slot.tensor.name
        self.filled.add(name)
        order = _turn(slot, stored, self.weights.layout)
        kind = slot.tensor.data_type
        straight = order is not None and order == tuple(range(len(order)))
        flat = self._flattened(slot)
        if straight and not flat and stored.data_type == kind:
            self._enter(stored, name)
            return
        tensor = self._enter(stored, f"{stored.name} as stored")
        if flat:
            tensor = self._reorder(tensor, stored.shape, flat, name)
        if not straight:
            tensor = self._node("Transpose", [tensor], f"{name} turned", perm=order)
        self.before.append(helper.make_node("Cast", [tensor], [name], f"{name} cast", to=kind))

    def _enter(self, stored, name):
        proto = stored.proto()
        proto.name = name
        self.graph.initializer.append(proto)
        if stored.read is not None:
            self.readers[name] = stored.read
        return name

    def _node(self, op, inputs, output, **attributes):
        self.before.append(helper.make_node(op, inputs, [output], output, **attributes))
        return output

    def _constant(self, values, name):
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(values, np.int64), name))
        return name

    def _flattened(self, slot) -> tuple[int, ...]:
        """The map (channels, rows, columns) whose cells a dense weight reads, if the graph and the file have them in
        different orders."""
        if slot.node.op_type not in DENSE or slot.place != 1 or len(slot.tensor.dims) != 2:
            return ()
        tensor = slot.node.input[0]
        node = None
        while len(self.shapes.get(tensor, ())) != 4:
            node = self.makers.get(tensor)
            if node is None or node.op_type not in LIKE_BEFORE:
                return ()
            tensor = node.input[0]
        node = self.makers.get(tensor)
        shape = self.shapes[tensor]
        last = (
            node is not None
            and node.op_type == "Transpose"
            and any(list(a.ints) == [0, 2, 3, 1] for a in node.attribute)
        )
        shape = (shape[3], *shape[1:3]) if last else shape[1:]
        if last == (self.weights.layout == "keras") or prod(shape) not in slot.tensor.dims or prod(shape[1:]) == 1:
            return ()
        return tuple(shape)

    def _reorder(self, tensor, shape, flat, name):
        """Put the inputs of a dense weight from the file's order of a map's cells into the graph's."""
        keras = self.weights.layout == "keras"
        channels, rows, columns = flat
        split = (rows, columns, channels) if keras else (channels, rows, columns)
        apart = (*split, shape[1]) if keras else (shape[0], *split)
        moved = (2, 0, 1, 3) if keras else (0, 2, 3, 1)
        tensor = self._node("Reshape", [tensor, self._constant(apart, f"{name} apart")], f"{name} as a map")
        tensor = self._node("Transpose", [tensor], f"{name} in order", perm=moved)
        return self._node("Reshape", [tensor, self._constant(shape, f"{name} together")], f"{name} flat")

    def finish(self, source: Checkpoint) -> dict:
        """Take the replaced initializers out; what stays of them is read from the architecture's own file. Returns the
        readers of all that is read so."""
        kept = [tensor for tensor in source.model.graph.initializer if tensor.name not in self.filled]
        own = [tensor for tensor in kept if tensor.data_location == TensorProto.EXTERNAL]
        self.readers |= {tensor.name: (lambda tensor=tensor: source.array(tensor)) for tensor in own}
        numbers = [tensor.name for tensor in kept if tensor.data_type in FLOATS and prod(tensor.dims) > 1]
        if numbers:
            self.notes.append(f"{len(numbers):,} constants are the architecture's own ({', '.join(numbers[:3])})")
        new = list(self.graph.initializer[len(source.model.graph.initializer) :])
        nodes = [*self.before, *self.graph.node]
        del self.graph.initializer[:], self.graph.node[:]
        self.graph.initializer.extend([*kept, *new])
        self.graph.node.extend(nodes)
        return self.readers
