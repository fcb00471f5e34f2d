# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tensors of a checkpoint that is not an ONNX model, and the ONNX model that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .checkpoint import LAYER, OPAQUE, Checkpoint
from .onnx_file import check

OPSET, IR_VERSION = 21, 10
FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE} | {
    number for name, number in TensorProto.DataType.items() if name.startswith(("FLOAT8", "FLOAT4"))
}


@dataclass(frozen=True)
class Stored:
    """A tensor in a checkpoint file.

    `data_type` is a `TensorProto.DataType`. Where its numbers lie in the file as one plain run (little-endian, C order,
    nothing compressed), `file` (relative to the checkpoint's folder) and `offset` (bytes) say where; else `read` gives
    the array, in the tensor's own dtype and shape.
    """

    name: str
    shape: tuple[int, ...]
    data_type: int
    file: str = ""
    offset: int | None = None
    read: Callable[[], np.ndarray] | None = field(default=None, compare=False, repr=False)

    def proto(self) -> TensorProto:
        """The initializer that refers to the numbers."""
        tensor = TensorProto(name=self.name, dims=self.shape, data_type=self.data_type,
                             data_location=TensorProto.EXTERNAL)
        if self.read is None:
            tensor.external_data.add(key="location", value=self.file)
            tensor.external_data.add(key="offset", value=str(self.offset))
        else:
            tensor.external_data.add(key="location", value=READ)
        return tensor


def numbers(stored: Stored, folder: Path) -> np.ndarray:
    """The numbers of a tensor of a checkpoint in this folder, in its own dtype and shape."""
    if stored.read is not None:
        return stored.read()
    dtype = helper.tensor_dtype_to_np_dtype(stored.data_type)
    return np.fromfile(folder / stored.file, dtype, prod(stored.shape), offset=stored.offset).reshape(stored.shape)


READ = ":read:"  # the location of tensors whose numbers `Checkpoint.readers` give; no file can be called so


@dataclass
class Weights:
    """The tensors of a file that does not say how they are joined, in the order of the file.

    `layout` tells how the framework orders the axes of a kernel: "torch" (out, in, rows, columns; dense (out, in)) or
    "keras" (rows, columns, in, out; dense (in, out)). `config` is what a config.json beside the file says
    (transformers). `modules` are the modules of a pickled model by their path: class name, and the attributes that are
    plain values. `notes` say what was left out; `part` and `parts` are as of a `Checkpoint`.
    """

    path: Path
    format: str
    tensors: list[Stored]
    layout: str = "torch"
    producer: str = ""
    config: dict = field(default_factory=dict)
    modules: dict[str, tuple[str, dict]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    part: str = ""
    parts: dict[str, int] = field(default_factory=dict)


class Writer:
    """Writes an ONNX graph, operator by operator. Names of tensors are made here and are unique."""

    def __init__(self, name: str = "model"):
        self.graph = onnx.GraphProto(name=name or "model")
        self.readers: dict[str, Callable[[], np.ndarray]] = {}
        self.unsized: set[str] = set()  # as `Checkpoint.unsized`
        self._names: dict[str, int] = {}  # name -> how many have asked for it
        self._stored: dict[tuple, str] = {}
        self._used: set[tuple] = set()

    def input(self, name: str, shape: Sequence[int | str | None], data_type: int = TensorProto.FLOAT) -> str:
        """A model input; None and text are sizes that stay open."""
        name = self.unique(name)
        self.graph.input.append(helper.make_tensor_value_info(name, data_type, _open(shape)))
        return name

    def output(self, tensor: str, name: str, shape: Sequence[int | str | None] | None = None,
               data_type: int = TensorProto.FLOAT) -> str:
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
        return [one for one in held if one.data_type in FLOATS and not self.has(one)]

    def constant(self, value, dtype=np.int64, name: str = "constant") -> str:
        """A small tensor that is no weight: a shape, axes, a scale."""
        name = self.unique(name)
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, op: str, inputs: Sequence[str], name: str = "", layer: str = "", outputs: int = 1, output: str = "",
             domain: str = "", **attributes):
        """A node; returns its output tensor, or the list of them where it has several.

        `name` is the node's, by default LAYER/OP; `layer` is the path of the framework's layer that it is of, with "/"
        between levels. `output` names the first output, else it is made of the node's name. Attributes that are None
        are left out.
        """
        name = name or (f"{layer}/{op}" if layer else op)
        made = [output or self.unique(name if not index else f"{name}:{index}") for index in range(outputs)]
        node = helper.make_node(op, list(inputs), made, name, domain=domain,
                                **{key: value for key, value in attributes.items() if value is not None})
        if layer:
            node.metadata_props.add(key=LAYER, value=layer)
        self.graph.node.append(node)
        return made[0] if outputs == 1 else made

    def opaque(self, kind: str, inputs: Sequence[str], name: str, layer: str = "",
               shape: Sequence[int | str | None] | None = None, data_type: int = TensorProto.FLOAT) -> str:
        """A node of which only the kind, what it reads and perhaps its output's shape are known."""
        made = self.node(kind, inputs, name, layer, domain=OPAQUE)
        self.graph.value_info.append(helper.make_tensor_value_info(made, data_type, _open(shape)))
        return made

    def unique(self, name: str) -> str:
        """This name, or with a number behind it where it is taken."""
        found, number = name, self._names.get(name, 0) + 1
        while number > 1 and (found := f"{name} {number}") in self._names:
            number += 1
        self._names[name] = number
        self._names.setdefault(found, 1)
        return found

    def checkpoint(self, path: Path, format: str, structure: str = "graph", producer: str = "",
                   notes: Sequence[str] = (), architecture: Path | None = None) -> Checkpoint:
        """The whole as a checkpoint, checked as a model from a file would be. Raises `CheckpointError`."""
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(OPAQUE, 1)]
        model = helper.make_model(self.graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name=producer)
        check(path, model, self.readers)
        return Checkpoint(path, format, model, structure, self.readers, list(notes), architecture, self.unsized)


def _key(stored):
    """By what a weight that several layers share is known again."""
    place = (stored.file, stored.offset, stored.data_type) if stored.read is None else id(stored.read)
    return place, stored.shape


def _open(shape):
    if shape is None:
        return None
    return [size if isinstance(size, (int, str)) else None for size in shape]
