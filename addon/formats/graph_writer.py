# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the ONNX model of a checkpoint that is not one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..containers.stored import FLOATS, Stored
from .checkpoint import LAYER, OPAQUE, Checkpoint
from .onnx_file import check

OPSET, IR_VERSION = 21, 10


class Writer:
    """Writes an ONNX graph, operator by operator. Names of tensors are made here and are unique."""

    def __init__(self, name: str = "model"):
        self.graph = onnx.GraphProto(name=name or "model")
        self.opset = OPSET
        self.readers: dict[str, Callable[[], np.ndarray]] = {}
        self.unsized: set[str] = set()  # as `Checkpoint.unsized`
        self.open: set[str] = set()  # as `Checkpoint.open`
        self._names: dict[str, int] = {}  # name -> how many have asked for it
        self._stored: dict[tuple, str] = {}
        self._used: set[tuple] = set()

    def input(self, name: str, shape: Sequence[int | str | None], data_type: int = TensorProto.FLOAT) -> str:
        """A model input; None and text are sizes that stay open."""
        name = self.unique(name)
        self.graph.input.append(helper.make_tensor_value_info(name, data_type, _open(shape)))
        return name

    def output(
        self,
        tensor: str,
        name: str,
        shape: Sequence[int | str | None] | None = None,
        data_type: int = TensorProto.FLOAT,
    ) -> str:
        """Give a tensor out of the model under this name; returns the name that it got."""
        name = self.unique(name)
        self.node("Identity", [tensor], name=name, output=name)
        self.graph.output.append(helper.make_tensor_value_info(name, data_type, _open(shape)))
        return name

    def weight(self, stored: Stored) -> str:
        """The tensor of a stored weight. One that several layers share is entered once."""
        key = _key(stored)
        if key not in self._stored:
            proto = stored.proto()
            proto.name = self._stored[key] = self.unique(stored.name)
            self.graph.initializer.append(proto)
            if stored.read is not None:
                self.readers[proto.name] = stored.read
        return self._stored[key]

    def has(self, stored: Stored) -> bool:
        """Whether a stored weight was entered, or another that is made of it."""
        return _key(stored) in self._stored or _key(stored) in self._used

    def use(self, stored: Stored) -> None:
        """Note that a weight is part of one that is entered."""
        self._used.add(_key(stored))

    def unread(self, held: Iterable[Stored]) -> list[Stored]:
        """Weights that the graph does not read, as those for training alone."""
        return [stored for stored in held if stored.data_type in FLOATS and not self.has(stored)]

    def constant(self, value, dtype=np.int64, name: str = "constant") -> str:
        """A small tensor that is no weight: a shape, axes, a scale."""
        name = self.unique(name)
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(
        self,
        op: str,
        inputs: Sequence[str],
        name: str = "",
        layer: str = "",
        outputs: int = 1,
        output: str = "",
        domain: str = "",
        **attributes,
    ):
        """A node; returns its output tensor, or the list of them where it has several.

        `name` is the node's, by default LAYER/OP; `layer` is the path of the framework's layer that it is of, with "/"
        between levels. `output` names the first output, else it is made of the node's name. Attributes that are None
        are left out.
        """
        name = name or (f"{layer}/{op}" if layer else op)
        made = [output or self.unique(name if not index else f"{name}:{index}") for index in range(outputs)]
        node = helper.make_node(
            op,
            list(inputs),
            made,
            name,
            domain=domain,
            **{key: value for key, value in attributes.items() if value is not None},
        )
        if layer:
            node.metadata_props.add(key=LAYER, value=layer)
        self.graph.node.append(node)
        return made[0] if outputs == 1 else made

    def opaque(
        self,
        kind: str,
        inputs: Sequence[str],
        name: str,
        layer: str = "",
        shape: Sequence[int | str | None] | None = None,
        data_type: int = TensorProto.FLOAT,
    ) -> str:
        """A node of which only the kind, what it reads and perhaps its output's shape are known."""
        made = self.node(kind, inputs, name, layer, domain=OPAQUE)
        self.graph.value_info.append(helper.make_tensor_value_info(made, data_type, _open(shape)))
        return made

    def unique(self, name: str) -> str:
        """This name, or with a number behind it where it is taken."""
        free = name
        number = self._names.get(name, 0) + 1
        while number > 1 and (free := f"{name} {number}") in self._names:
            number += 1
        self._names[name] = number
        self._names.setdefault(free, 1)
        return free

    def checkpoint(
        self,
        path: Path,
        format: str,
        structure: str = "graph",
        producer: str = "",
        notes: Sequence[str] = (),
        architecture: Path | None = None,
    ) -> Checkpoint:
        """The whole as a checkpoint, checked as a model from a file would be. Raises `CheckpointError`."""
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid(OPAQUE, 1)]
        model = helper.make_model(self.graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name=producer)
        check(path, model, self.readers)
        return Checkpoint(
            path, format, model, structure, self.readers, list(notes), architecture, self.unsized, self.open
        )


def _key(stored):
    """By what a weight that several layers share is known again."""
    place = (stored.file, stored.offset, stored.data_type) if stored.read is None else id(stored.read)
    return place, stored.shape


def _open(shape):
    if shape is None:
        return None
    return [size if isinstance(size, (int, str)) else None for size in shape]
