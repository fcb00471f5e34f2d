# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a TensorFlow Lite file holds: tensors, operators, signatures. Numbers of fields are those of the public schema
(tensorflow/lite/schema/schema.fbs)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ...containers.errors import CheckpointError
from ...containers.flatbuffers import FlatBufferError, Table
from ...containers.natural_order import brief
from ...containers.stored import ITEM_SIZE, MOST_AXES, MOST_ELEMENTS
from .operators import BUILTIN

MOST_TENSORS, MOST_OPERATORS = 1 << 20, 1 << 18
MOST_SETTINGS = 1 << 12  # bytes of the settings of an operator that is not TensorFlow's own
TYPES = {
    0: TensorProto.FLOAT,
    1: TensorProto.FLOAT16,
    2: TensorProto.INT32,
    3: TensorProto.UINT8,
    4: TensorProto.INT64,
    5: TensorProto.STRING,
    6: TensorProto.BOOL,
    7: TensorProto.INT16,
    9: TensorProto.INT8,
    10: TensorProto.DOUBLE,
    12: TensorProto.UINT64,
    15: TensorProto.UINT32,
    16: TensorProto.UINT16,
    17: TensorProto.INT4,
    18: TensorProto.BFLOAT16,
}
CUSTOM = 32


@dataclass(frozen=True)
class Scale:
    """Scales and zero points of integers: one of each, or one for each place on an axis."""

    scales: np.ndarray
    zeros: np.ndarray
    axis: int

    def same(self, other: Scale | None) -> bool:
        """Whether integers of both stand for the same numbers."""
        return (
            other is not None and np.array_equal(self.scales, other.scales) and np.array_equal(self.zeros, other.zeros)
        )


@dataclass
class Tensor:
    """A tensor of a subgraph. `begin` is where its numbers lie in the file, -1 for one that is computed. A size of
    None stays open."""

    index: int
    name: str
    shape: tuple[int | None, ...]
    data_type: int | None
    begin: int = -1
    length: int = 0
    scale: Scale | None = None
    sparse: bool = False

    @property
    def size(self) -> int:
        return prod(size or 1 for size in self.shape)


@dataclass
class Operator:
    """An operator: its name, what it reads (-1: nothing) and gives, and its settings, as bytes (`data`) where it is
    not one of TensorFlow's own."""

    kind: str
    inputs: list[int]
    outputs: list[int]
    options: Table | None
    custom: bool = False
    data: bytes = b""


@dataclass
class Signature:
    """What a model reads and gives: names, and the numbers of tensors of a subgraph."""

    name: str
    subgraph: int
    inputs: list[tuple[str, int]] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)


class Model:
    """The file. Raises `FlatBufferError` and `CheckpointError` while it is read."""

    def __init__(self, path: Path, root: Table):
        self.path, self.root, self.data = path, root, root.data
        self.kinds = [self._kind(code) for code in root.tables(1)]
        self.subgraphs = list(root.tables(2))
        self.buffers = list(root.tables(4))
        if not self.subgraphs:
            raise FlatBufferError("it has no graph")
        self.signatures = [self._signature(signature) for signature in root.tables(7)]
        self._tensors: dict[int, list[Tensor]] = {}

    @property
    def producer(self) -> str:
        """What wrote it, with its version where the file tells."""
        for entry in self.root.tables(6):
            if entry.text(0) == "CONVERSION_METADATA":
                begin, length = self._buffer(entry.number(1, "I"))
                try:
                    inner = Table(
                        self.data[begin : begin + length], int.from_bytes(self.data[begin : begin + 4], "little")
                    )
                    environment = inner.table(0)
                    version = environment.text(0) if environment else ""
                except FlatBufferError:
                    version = ""
                if version:
                    return f"TensorFlow Lite {brief(version, 20)}"
        return "TensorFlow Lite"

    def _kind(self, code) -> tuple[str, bool]:
        number = max(code.number(0, "b"), code.number(3, "i"))
        if number == CUSTOM:
            return code.text(1) or "Custom", True
        return BUILTIN[number] if 0 <= number < len(BUILTIN) else f"operator {number}", False

    def _signature(self, signature) -> Signature:
        made = Signature(signature.text(2) or "serving_default", signature.number(4, "I"))
        made.inputs = [(entry.text(0), entry.number(1, "I")) for entry in signature.tables(0)]
        made.outputs = [(entry.text(0), entry.number(1, "I")) for entry in signature.tables(1)]
        if made.subgraph >= len(self.subgraphs):
            raise FlatBufferError(f"the signature '{brief(made.name)}' names a graph that is not there")
        return made

    def whole(self) -> Signature:
        """The first subgraph, where there is no signature: names are those of its tensors."""
        first, tensors = self.subgraphs[0], self.tensors(0)
        made = Signature("", 0)
        for ends, field_number in ((made.inputs, 1), (made.outputs, 2)):
            for index in first.numbers(field_number, "<i4").tolist():
                if not 0 <= index < len(tensors):
                    raise FlatBufferError("an end of its graph is not there")
                ends.append((tensors[index].name, index))
        return made

    def constants(self) -> Iterator[Tensor]:
        """The tensors with numbers in the file."""
        for number in range(len(self.subgraphs)):
            yield from (tensor for tensor in self.tensors(number) if tensor.begin >= 0)

    def tensors(self, subgraph: int) -> list[Tensor]:
        """The tensors of a subgraph."""
        if subgraph not in self._tensors:
            _, count = self.subgraphs[subgraph].span(0, 4)
            if count > MOST_TENSORS:
                raise CheckpointError(self.path, f"a graph of {count:,} tensors", "refused for safety")
            self._tensors[subgraph] = [
                self._tensor(index, table) for index, table in enumerate(self.subgraphs[subgraph].tables(0))
            ]
        return self._tensors[subgraph]

    def _tensor(self, index, table) -> Tensor:
        shape = table.numbers(0, "<i4").tolist()
        said = table.numbers(7, "<i4").tolist()
        shape = said if len(said) == len(shape) else shape
        name = table.text(3) or f"tensor {index}"
        kind = TYPES.get(table.number(1, "b"))
        made = Tensor(index, name, tuple(size if size >= 0 else None for size in shape), kind)
        if len(shape) > MOST_AXES or made.size > MOST_ELEMENTS:
            raise CheckpointError(self.path, f"the tensor '{brief(name)}' has an absurd shape", "refused for safety")
        made.scale = self._scale(name, table.table(4), shape)
        made.sparse = table.table(6) is not None
        begin, length = self._buffer(table.number(2, "I"))
        if length and kind is not None:
            needed = self._bytes(made)
            if kind != TensorProto.STRING and length != needed and not made.sparse:
                raise CheckpointError(
                    self.path, f"the tensor '{brief(name)}' needs {needed:,} bytes and has {length:,}", "fetch it again"
                )
            made.begin, made.length = begin, length
        elif kind is not None and not made.size and shape:
            made.begin = 0
        return made

    def _bytes(self, tensor) -> int:
        count = prod(size or 0 for size in tensor.shape)
        return -(-count // 2) if tensor.data_type == TensorProto.INT4 else count * ITEM_SIZE.get(tensor.data_type, 1)

    def _buffer(self, number) -> tuple[int, int]:
        if not 0 <= number < len(self.buffers):
            raise FlatBufferError(f"a tensor names buffer {number:,}, which is not there")
        buffer = self.buffers[number]
        offset, size = buffer.number(1, "Q"), buffer.number(2, "Q")
        if offset > 1 and size:  # behind the graph, in files of more than 2 GB
            if offset + size > len(self.data):
                raise FlatBufferError(f"buffer {number:,} ends behind the end of the file")
            return offset, size
        return buffer.span(0, 1)

    def _scale(self, name, table, shape) -> Scale | None:
        if table is None:
            return None
        scales = table.numbers(2, "<f4")
        if not scales.size:
            return None
        zeros = table.numbers(3, "<i8")
        zeros = zeros if zeros.size == scales.size else np.zeros(scales.size, np.int64)
        axis = table.number(6, "i")
        axis = 0 if len(shape) == 1 else axis  # older converters give a bias the axis of its kernel
        along = shape[axis] if 0 <= axis < len(shape) else 0
        if scales.size > 1 and scales.size != along:
            raise CheckpointError(
                self.path,
                f"the tensor '{brief(name)}' has {scales.size:,} scales for {along:,} places",
                "fetch it again",
            )
        return Scale(scales, zeros, axis)

    def operators(self, subgraph: int) -> Iterator[Operator]:
        """The operators of a subgraph, in the order in which they run."""
        table = self.subgraphs[subgraph]
        _, count = table.span(3, 4)
        if count > MOST_OPERATORS:
            raise CheckpointError(self.path, f"a graph of {count:,} operators", "refused for safety")
        most = len(self.tensors(subgraph))
        for entry in table.tables(3):
            code = entry.number(0, "I")
            if code >= len(self.kinds):
                raise FlatBufferError("an operator that is not in its list")
            inputs, outputs = (entry.numbers(place, "<i4").tolist() for place in (1, 2))
            if any(not -1 <= index < most for index in (*inputs, *outputs)):
                raise FlatBufferError("an operator reads a tensor that is not there")
            kind, custom = self.kinds[code]
            begin, count = entry.span(5, 1) if custom else (0, 0)
            data = bytes(self.data[begin : begin + count]) if count < MOST_SETTINGS else b""
            yield Operator(kind, inputs, outputs, entry.table(4) or entry.table(12), custom, data)

    def array(self, tensor: Tensor) -> np.ndarray:
        """The numbers of a tensor that lies in the file, of a type of NumPy's."""
        assert tensor.data_type is not None
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        data = self.data[tensor.begin : tensor.begin + tensor.length]
        return np.frombuffer(data, dtype).reshape([size or 0 for size in tensor.shape])
