# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ONNX graph while it is written: shapes as they follow, and maps with their channels where ONNX wants them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import onnx
from onnx import TensorProto, helper, shape_inference

from ...containers.stored import Stored
from ..checkpoint import OPAQUE
from ..graph_writer import OPSET, Writer

Shape = tuple[int | None, ...]
OPSETS = [helper.make_opsetid("", OPSET)]


BATCH = "batch"


class Unwritable(Exception):  # noqa: N818 - it is no fault, but how a layer is given up
    """A layer that no ONNX operators are known for, with these settings; it becomes an opaque node."""


@dataclass(frozen=True)
class Value:
    """A tensor of Keras in the graph.

    With `maps` it has its channels before the space although they come last in Keras: (batch, channels, rows, columns)
    for (batch, rows, columns, channels). `mask` names the tensor (batch, steps) that says which steps count, if any.
    """

    name: str
    maps: bool = False
    mask: str = ""

    def axis(self, axis: int, rank: int) -> int:
        """Where an axis of the file's tensor is in the graph's. Raises `Unwritable` where there is none."""
        if not -rank <= axis < rank:
            raise Unwritable(f"it has no axis {axis}")
        axis %= rank
        if not self.maps or axis == 0:
            return axis
        return 1 if axis == rank - 1 else axis + 1


class Graph:
    """A graph that grows node by node; shapes are ONNX's own inference, with None for a size that stays open."""

    def __init__(self, name: str):
        self.writer = Writer(name)
        self.shapes: dict[str, Shape] = {}
        self.types: dict[str, int] = {}
        self.applied: dict[str, Stored] = {}  # weights that are made of several stored ones, by their places
        self._constants: dict[str, TensorProto] = {}
        self._called: set[str] = set()  # the nodes that bear the name of a layer
        self._counts: Counter[tuple[str, str]] = Counter()  # nodes by layer and operator
        self._moved: dict[tuple[str, tuple[int, ...]], str] = {}

    @property
    def nodes(self):
        """The nodes that are written so far."""
        return self.writer.graph.node

    def input(self, name: str, shape: Sequence[int | None], data_type: int) -> Value:
        """An input of the model; None for a size that stays open."""
        name = self.writer.input(name, _said(shape), data_type)
        self.shapes[name], self.types[name] = tuple(shape), data_type
        return Value(name)

    def weight(self, stored: Stored) -> str:
        """The tensor of a stored weight."""
        name = self.writer.weight(stored)
        self.shapes[name], self.types[name] = tuple(stored.shape), stored.data_type
        return name

    def constant(self, value, dtype, name: str) -> str:
        """A constant tensor of this name."""
        name = self.writer.constant(value, dtype, name)
        tensor = self.writer.graph.initializer[-1]
        self.shapes[name], self.types[name], self._constants[name] = tuple(tensor.dims), tensor.data_type, tensor
        return name

    def node(self, op: str, inputs: Sequence[str], layer: str, outputs: int = 1, **attributes):
        """A node; returns its output tensor, or the list of them where it has several."""
        count = self._counts[layer, op] = self._counts[layer, op] + 1  # onnxruntime wants names of nodes to be unique
        name = f"{layer}/{op}_{count}" if count > 1 else ""
        made = self.writer.node(op, inputs, name, layer, outputs, **attributes)
        self._infer(self.nodes[-1])
        return made

    def opaque(self, kind: str, inputs: Sequence[str], layer: str, shapes: Sequence[Shape | None]) -> list[str]:
        """A node that stands for a layer which cannot be written, with so many outputs."""
        made = self.writer.node(kind, inputs, layer, layer, len(shapes), domain=OPAQUE)
        made = [made] if len(shapes) == 1 else made
        for name, shape in zip(made, shapes, strict=True):
            self.types[name] = TensorProto.FLOAT
            if shape is not None:
                self.shapes[name] = tuple(shape)
            said = None if shape is None else _said(shape)
            self.writer.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, said))
        return made

    def _infer(self, node):
        types = {
            name: helper.make_tensor_type_proto(self.types.get(name, TensorProto.FLOAT), self.shapes.get(name))
            for name in node.input
            if name
        }
        data = {name: self._constants[name] for name in node.input if name in self._constants}
        try:
            inferred = shape_inference.infer_node_outputs(
                onnx.defs.get_schema(node.op_type, OPSET, ""), node, types, data, opset_imports=OPSETS
            )
        except (RuntimeError, ValueError, shape_inference.InferenceError, onnx.checker.ValidationError) as error:
            raise Unwritable(str(error).split("\n")[0][:100]) from error
        for name, value in inferred.items():
            kind = value.tensor_type
            self.types[name] = kind.elem_type
            if kind.HasField("shape"):
                self.shapes[name] = tuple(
                    dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim
                )

    def shape(self, name: str) -> Shape:
        """The shape of a tensor of the graph; raises `Unwritable` where not even its rank is known."""
        if name not in self.shapes:
            raise Unwritable("the shape of what it reads is not known")
        return self.shapes[name]

    def moved(self, name: str, axes: tuple[int, ...], layer: str) -> str:
        """A tensor with its axes in this order; one that is there is used again."""
        if axes == tuple(range(len(axes))):
            return name
        if (name, axes) not in self._moved:
            made = self.node("Transpose", [name], layer, perm=axes)
            self._moved[name, axes] = made
            self._moved[made, tuple(int(axis) for axis in np.argsort(axes))] = name
        return self._moved[name, axes]

    def plain(self, value: Value, layer: str) -> str:
        """A tensor in Keras's own layout."""
        if not value.maps:
            return value.name
        rank = len(self.shape(value.name))
        return self.moved(value.name, (0, *range(2, rank), 1), layer)

    def as_maps(self, value: Value, layer: str) -> str:
        """A tensor whose channels Keras has last, with its channels behind the batch."""
        if value.maps:
            return value.name
        rank = len(self.shape(value.name))
        return self.moved(value.name, (0, rank - 1, *range(1, rank - 1)), layer)

    def mark(self) -> tuple[int, int, int]:
        """How far the graph has grown, for `undo`."""
        return len(self.nodes), len(self.writer.graph.value_info), len(self._moved)

    def undo(self, mark: tuple[int, int, int]) -> None:
        """Take away the nodes since a mark."""
        nodes, infos, moves = mark
        del self.nodes[nodes:]
        del self.writer.graph.value_info[infos:]
        while len(self._moved) > moves:
            self._moved.popitem()

    def call(self, value: Value, path: str, mark: tuple[int, int, int], tensor: bool) -> Value:
        """Name the node that gives a layer's output after the layer; with `tensor` what it gives too."""
        maker = next((node for node in reversed(self.nodes[mark[0] :]) if value.name in node.output), None)
        if maker is None:
            name = self.writer.node("Identity", [value.name], path, path)
            self._infer(self.nodes[-1])
            return Value(name, value.maps, value.mask)
        maker.name = path
        self._called.add(path)
        return Value(self._rename(value.name, path, mark), value.maps, value.mask) if tensor else value

    def _rename(self, old, path, mark):
        if old == path:
            return old
        new = self.writer.unique(path)
        for node in self.nodes[mark[0] :]:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    if name == old:
                        names[index] = new
        for info in self.writer.graph.value_info[mark[1] :]:
            info.name = new if info.name == old else info.name
        for name, axes in list(islice(reversed(self._moved), len(self._moved) - mark[2])):
            made = self._moved.pop((name, axes))
            self._moved[new if name == old else name, axes] = new if made == old else made
        for known in (self.shapes, self.types):
            if old in known:
                known[new] = known.pop(old)
        return new

    def output(self, value: Value, name: str) -> None:
        """Give a tensor out of the model, in Keras's layout."""
        given = {output.name for output in self.writer.graph.output}
        if value.name == name and not value.maps and name not in given:
            shape = self.shapes.get(name)
            said = None if shape is None else _said(shape)
            info = helper.make_tensor_value_info(name, self.types.get(name, TensorProto.FLOAT), said)
            self.writer.graph.output.append(info)
            return
        kind = self.types.get(value.name, TensorProto.FLOAT)
        if not value.maps:
            shape = self.shapes.get(value.name)
            self.writer.output(value.name, name, None if shape is None else _said(shape), kind)
            return
        shape = self.shape(value.name)
        made = self.writer.node(
            "Transpose",
            [value.name],
            f"{name}/Transpose:output",
            name,
            output=self.writer.unique(name),
            perm=[0, *range(2, len(shape)), 1],
        )
        info = helper.make_tensor_value_info(made, kind, _said((shape[0], *shape[2:], shape[1])))
        self.writer.graph.output.append(info)

    def sweep(self) -> None:
        """Take away what no output needs, but for the nodes that bear the name of a layer."""
        graph = self.writer.graph
        needed = {value.name for value in graph.output}
        kept = []
        for node in reversed(graph.node):
            if needed.intersection(node.output) or node.name in self._called:
                needed.update(node.input)
                kept.append(node)
        kept = onnx.GraphProto(
            node=reversed(kept), initializer=(tensor for tensor in graph.initializer if tensor.name in needed)
        )
        for part in ("node", "initializer"):
            del getattr(graph, part)[:]
            getattr(graph, part).extend(getattr(kept, part))


def _said(shape: Sequence[int | None]) -> list[int | str | None]:
    """A shape as the model says it: the open size in front is the batch, the same everywhere."""
    return [BATCH if axis == 0 and size is None else size for axis, size in enumerate(shape)]
