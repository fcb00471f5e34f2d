# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ONNX graph of a TensorFlow or TensorFlow Lite model while it is written, node by node of the file.

Maps stay (batch, channels, rows, columns) between layers, as `keras.graph` has it. Of small integers that shapes are
worked out from it is known what they are, with None for a size that stays open: so a reshape to (batch, 784) becomes
one to (-1, 784), and the arithmetic before it is swept away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper

from ...containers.stored import Stored
from ..keras.graph import Graph, Shape, Unwritable, Value

LARGEST_KNOWN = 1 << 10  # numbers of a tensor that are kept as known
MOST_CONSTANT = 1 << 20  # numbers of a constant that settings ask for
INTEGERS = (TensorProto.INT32, TensorProto.INT64, TensorProto.INT16, TensorProto.INT8, TensorProto.UINT8)
# What settings that contradict one another, or are of the wrong type, make the writers of operators raise.
CONTRADICTIONS = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, AssertionError)

__all__ = ["CONTRADICTIONS", "Call", "Shape", "TensorGraph", "Unwritable", "Value"]


class TensorGraph(Graph):
    """A graph whose nodes bear the names of the file's; `layer` is the layer that the next nodes are of."""

    def __init__(self, name: str):
        super().__init__(name)
        self.layer = ""
        self.stored: set[str] = set()
        self.remarks: list[str] = []  # what is computed otherwise than in the file
        self.known: dict[str, np.ndarray] = {}  # tensor -> its numbers, None (dtype object) for those that stay open

    def node(self, op: str, inputs: Sequence[str], layer: str, outputs: int = 1, **attributes):
        """A node; `layer` is the name of the file's node that it is of. Returns its output, or the list of them."""
        count = self._counts[layer, op] = self._counts[layer, op] + 1
        name = f"{layer}/{op}_{count}" if count > 1 else f"{layer}/{op}"
        made = self.writer.node(op, inputs, name, self.layer, outputs, **attributes)
        self._infer(self.nodes[-1])
        return made

    def opaque(self, kind: str, inputs: Sequence[str], layer: str, shapes: Sequence[Shape | None]) -> list[str]:
        """A node that stands for an operator which cannot be written, with so many outputs."""
        made = super().opaque(kind, inputs, layer, shapes)
        node = self.nodes[-1]
        del node.metadata_props[:]
        if self.layer:
            node.metadata_props.add(key="neuroscene.layer", value=self.layer)
        return made

    def constant(self, value, dtype, name: str) -> str:
        """A constant tensor of this name."""
        made = super().constant(value, dtype, name)
        array = np.asarray(value, dtype)
        if array.size <= LARGEST_KNOWN:
            self.known[made] = array
        return made

    def weight(self, stored: Stored) -> str:
        """The tensor of a stored weight."""
        name = super().weight(stored)
        self.stored.add(name)
        return name

    def is_stored(self, name: str) -> bool:
        """Whether a tensor is a stored weight."""
        return name in self.stored

    def know(self, name: str, value) -> None:
        """Note the numbers of a tensor."""
        array = np.asarray(value)
        if array.size <= LARGEST_KNOWN:
            self.known[name] = array

    def called(self, value: Value, name: str, mark: tuple[int, int, int]) -> Value:
        """Give the node that makes a value, and what it makes, the name of the file's node, if it was just written."""
        maker = next((node for node in reversed(self.nodes[mark[0] :]) if value.name in node.output), None)
        if maker is None:
            return value
        maker.name = name
        return Value(self._rename(value.name, name, mark), value.maps, value.mask)

    def _rename(self, old, path, mark):
        new = super()._rename(old, path, mark)
        if old != new and old in self.known:
            self.known[new] = self.known.pop(old)
        return new


@dataclass
class Call:
    """An operator that is called on values: its name, settings and number of outputs, as the functions see it that
    write operators."""

    graph: TensorGraph
    op: str
    name: str
    inputs: list[Value | None]
    settings: dict = field(default_factory=dict)
    outputs: int = 1
    readers: int = 1  # how many read what the first input's maker gives

    def get(self, name: str, default=None):
        """A setting of the operator."""
        value = self.settings.get(name)
        return default if value is None else value

    def value(self, place: int) -> Value:
        """An input. Raises `Unwritable` where it is not there."""
        value = self.inputs[place] if place < len(self.inputs) else None
        if value is None:
            raise Unwritable("it reads too little")
        return value

    @property
    def x(self) -> Value:
        return self.value(0)

    def has(self, place: int) -> bool:
        """Whether there is such an input."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes):
        """A node of this operator; its output, or the list of them."""
        return self.graph.node(op, inputs, self.name, outputs, **attributes)

    def constant(self, value, dtype=np.int64) -> str:
        """A small constant of the settings. Raises `Unwritable` for a large one."""
        if np.size(value) > MOST_CONSTANT:
            raise Unwritable("its settings ask for a large table")
        return self.graph.constant(value, dtype, f"{self.name}/constant")

    def number(self, value, like: str | Value) -> str:
        """A number of the type of a tensor."""
        name = like if isinstance(like, str) else like.name
        kind = self.graph.types.get(name, TensorProto.FLOAT)
        return self.constant(value, helper.tensor_dtype_to_np_dtype(kind))

    # what is known of values

    def kind(self, value: Value | str) -> int:
        """The type of a tensor."""
        return self.graph.types.get(value if isinstance(value, str) else value.name, TensorProto.FLOAT)

    def shape(self, value: Value) -> Shape:
        """The shape that the file gives the tensor."""
        sizes = self.graph.shape(value.name)
        return (sizes[0], *sizes[2:], sizes[1]) if value.maps else sizes

    def rank(self, value: Value) -> int:
        return len(self.graph.shape(value.name))

    def partly(self, place: int) -> np.ndarray | None:
        """The numbers of an input, with None for those that are open; None if nothing is known of it."""
        return self.graph.known.get(self.value(place).name)

    def static(self, place: int) -> np.ndarray:
        """The numbers of an input. Raises `Unwritable` where they depend on what is run."""
        known = self.partly(place)
        if known is None or known.dtype == object and any(part is None for part in known.reshape(-1)):
            raise Unwritable("a setting that is computed")
        return known.astype(np.int64) if known.dtype == object else known

    def integers(self, place: int) -> list[int]:
        """The integers of an input, flat."""
        return [int(part) for part in self.static(place).reshape(-1)]

    # layouts

    def plain(self, value: Value) -> str:
        """A tensor in the file's own order of axes."""
        return self.graph.plain(value, self.name)

    def maps(self, value: Value) -> str:
        """A tensor with channels last in the file, with its channels behind the batch."""
        return self.graph.as_maps(value, self.name)

    def assume_rank(self, value: Value, rank: int) -> None:
        """Take a tensor of which the file says no shape for one of so many axes, as the operator needs it."""
        self.graph.shapes.setdefault(value.name, (None,) * rank)

    def axis(self, value: Value, axis: int) -> int:
        """Where an axis of the file's tensor is in the graph's."""
        return value.axis(axis, self.rank(value))

    def alike(self, given: Sequence[Value]) -> tuple[list[str], bool]:
        """Tensors of one layout, broadcast as the file has them, and whether it is that of maps."""
        if not any(value.maps for value in given):
            return [value.name for value in given], False
        ranks = [self.rank(value) for value in given]
        most = max(ranks)
        if all(rank in (0, 1, most) or self._is_one(value) for value, rank in zip(given, ranks, strict=True)):
            return [self._beside_maps(value, rank, most) for value, rank in zip(given, ranks, strict=True)], True
        return [self.plain(value) for value in given], False

    def _is_one(self, value):
        return all(size == 1 for size in self.graph.shape(value.name))

    def _beside_maps(self, value, rank, most):
        if rank == most and most > 1:
            return self.maps(value)
        if rank == 0 or self._is_one(value):
            return value.name
        return self.node("Unsqueeze", value.name, self.constant(range(1, most - 1)))

    # shapes of other tensors

    def reshape(self, name: str, *shape: int) -> str:
        """A tensor in this shape: -1 for the size that follows, 0 for one that stays."""
        return self.node("Reshape", name, self.constant(shape))

    def transpose(self, name: str, *axes: int) -> str:
        """A tensor with its axes in this order."""
        return self.graph.moved(name, axes, self.name)

    def long(self, place: int) -> str:
        """An input as int64, as ONNX wants shapes and indices."""
        return self.cast(self.plain(self.value(place)), TensorProto.INT64)

    def cast(self, name: str, kind: int) -> str:
        """A tensor of another type."""
        if self.kind(name) == kind:
            return name
        if name in self.graph.known and all(part is not None for part in self.graph.known[name].reshape(-1)):
            return self.constant(self.graph.known[name], helper.tensor_dtype_to_np_dtype(kind))
        made = self.node("Cast", name, to=kind)
        if name in self.graph.known:
            self.graph.know(made, self.graph.known[name])
        return made

    def weight(self, stored: Stored) -> str:
        """The tensor of a stored weight."""
        return self.graph.weight(stored)
