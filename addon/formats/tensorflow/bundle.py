# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tensors of TensorFlow's checkpoints: an index with numbers in shards beside it (V2), or one table (V1).

Formats: tensorflow/core/util/tensor_bundle and tensorflow/core/util/tensor_slice_writer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ...containers import stopping
from ...containers.crc32c import crc32c, unmasked
from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.protobuf import decode, read_varint
from ...containers.sorted_table import Table
from ...containers.stored import MOST_AXES, MOST_ELEMENTS, Stored
from .messages import ENTRY, FIELD_OF, HEADER, OBJECT_GRAPH, SAVED_SLICES, data_type, sizes

OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
CHECKED = 1 << 24  # bytes of all numbers together up to which their checksums are looked at
LARGEST_OBJECTS = 1 << 28  # bytes of the graph of objects
MOST_SLICES = 1 << 16
DATA = re.compile(r"(.+)\.data-\d{5}-of-\d{5}")


@dataclass
class Bundle:
    """The tensors of a checkpoint by their keys; `objects` is its graph of objects, where it has one (TensorFlow 2).
    `left_out` says which are of types that ONNX has not."""

    path: Path
    tensors: dict[str, Stored] = field(default_factory=dict)
    objects: dict | None = None
    left_out: list[str] = field(default_factory=list)


def read(path: Path, folder: str = "") -> Bundle:
    """The tensors of an index (V2) or of one file (V1). `folder` goes before the names of shards, which are then as
    the checkpoint's folder has them. Raises `CheckpointError`."""
    table = Table(path)
    try:
        if path.name.endswith(".index"):
            return _Indexed(path, table, folder).bundle()
        return _whole(path, table)
    except ValueError as error:
        raise CheckpointError(path, f"a TensorFlow checkpoint that is damaged ({error})", "fetch it again") from error


def _shape(path, name, message) -> tuple[int, ...]:
    shape = sizes(message or {})
    if shape is None or None in shape:
        raise CheckpointError(path, f"'{brief(name)}' has an open shape", "fetch it again")
    whole = tuple(size or 0 for size in shape)
    if len(whole) > MOST_AXES or prod(max(1, size) for size in whole) > MOST_ELEMENTS:
        raise CheckpointError(path, f"'{brief(name)}' has an absurd shape", "refused for safety")
    return whole


class _Indexed:
    def __init__(self, path: Path, table: Table, folder: str):
        self.path, self.folder = path, folder
        self.prefix = path.name.removesuffix(".index")
        self.made = Bundle(path)
        self.entries: dict[bytes, dict] = {}
        self.header: dict = {}
        for key, value, _ in table.entries():
            view = memoryview(value)
            if not key:
                self.header = decode(HEADER, view, 0, len(view))
            else:
                self.entries[key] = decode(ENTRY, view, 0, len(view))
        self.lengths: dict[int, int] = {}

    def bundle(self) -> Bundle:
        if self.header.get("endianness"):
            raise CheckpointError(self.path, "a checkpoint of a machine with the other byte order", "save it anew")
        places: dict[int, list[tuple[int, int, str]]] = {}
        for key, entry in self.entries.items():
            stopping.check()
            name = key.decode("utf-8", "replace")
            if key.startswith(b"\0"):  # a part of a tensor, which its own entry names
                continue
            kind = entry.get("dtype", 0)
            if name == OBJECTS:
                self.made.objects = self._objects(entry)
                continue
            if data_type(kind) in (None, TensorProto.STRING):
                self.made.left_out.append(name)
                continue
            self.made.tensors[name] = self._tensor(name, key, entry)
            if not entry.get("slices"):
                begin = entry.get("offset", 0)
                places.setdefault(entry.get("shard_id", 0), []).append((begin, begin + entry.get("size", 0), name))
        self._check_overlaps(places)
        total = sum(entry.get("size", 0) for entry in self.entries.values())
        if total <= CHECKED:
            self._check_sums()
        return self.made

    def _check_overlaps(self, places):
        for held in places.values():
            held.sort()
            for (_, end, name), (begin, stop, other) in zip(held, held[1:], strict=False):
                if begin < end and stop > begin:
                    problem = f"'{brief(name)}' and '{brief(other)}' lie on one another"
                    raise CheckpointError(self.path, problem, "fetch it again")

    def _check_sums(self):
        for key, entry in self.entries.items():
            stopping.check()
            if entry.get("slices") or "crc32c" not in entry or data_type(entry.get("dtype", 0)) is TensorProto.STRING:
                continue
            if key == OBJECTS.encode() or not data_type(entry.get("dtype", 0)):
                continue
            if crc32c(self._bytes(entry)) != unmasked(entry["crc32c"]):
                name = key.decode("utf-8", "replace")
                raise CheckpointError(self.path, f"the checksum of '{brief(name)}' is wrong", "fetch it again")

    def _shard(self, number) -> str:
        """The name of a shard. Raises `CheckpointError` where it is not there."""
        count = self.header.get("num_shards", 1)
        if not 0 <= number < count < 100_000:
            raise CheckpointError(self.path, f"a shard {number} of {count}", "fetch it again")
        name = f"{self.prefix}.data-{number:05}-of-{count:05}"
        if number not in self.lengths:
            file = self.path.parent / name
            if not file.is_file():
                raise CheckpointError(self.path, f"the shard '{name}' is not there", "put all shards beside the index")
            self.lengths[number] = file.stat().st_size
        return name

    def _bytes(self, entry) -> bytes:
        name = self._shard(entry.get("shard_id", 0))
        with (self.path.parent / name).open("rb") as file:
            file.seek(entry.get("offset", 0))
            return file.read(entry.get("size", 0))

    def _objects(self, entry) -> dict:
        size = entry.get("size", 0)
        name = self._shard(entry.get("shard_id", 0))
        if not 0 <= size <= min(LARGEST_OBJECTS, self.lengths[entry.get("shard_id", 0)]):
            raise CheckpointError(self.path, f"its graph of objects has {size:,} bytes, not those of '{name}'")
        data = memoryview(self._bytes(entry))
        length, at = read_varint(data, 0, len(data))  # a text: its length, a checksum of lengths, the bytes
        begin = at + 4
        if begin + length > len(data):
            raise CheckpointError(self.path, "its graph of objects is cut short", "fetch it again")
        return decode(OBJECT_GRAPH, data, begin, begin + length)

    def _tensor(self, name, key, entry) -> Stored:
        shape = _shape(self.path, name, entry.get("shape"))
        kind = data_type(entry["dtype"]) or TensorProto.UNDEFINED
        if entry.get("slices"):
            return self._sliced(name, entry, shape, kind)
        size = entry.get("size", 0)
        needed = prod(shape) * np.dtype(helper.tensor_dtype_to_np_dtype(kind)).itemsize
        offset = entry.get("offset", 0)
        shard = self._shard(entry.get("shard_id", 0))
        if size != needed:
            raise CheckpointError(
                self.path, f"'{brief(name)}' needs {needed:,} bytes and has {size:,}", "fetch it again"
            )
        if offset < 0 or offset + size > self.lengths[entry.get("shard_id", 0)]:
            raise CheckpointError(self.path, f"'{brief(name)}' lies behind the end of '{shard}'", "it is cut short")
        return Stored(name, shape, kind, f"{self.folder}{shard}", offset)

    def _sliced(self, name, entry, shape, kind) -> Stored:
        """A tensor in parts, each with an entry of its own under a key that names its place."""
        slices = entry["slices"]
        if len(slices) > MOST_SLICES:
            raise CheckpointError(self.path, f"'{brief(name)}' is in {len(slices):,} parts", "refused for safety")
        parts = []
        covered = 0
        for part in slices:
            spans = _spans(part, shape)
            held = self.entries.get(_slice_key(name, part, len(shape)))
            if spans is None or held is None:
                raise CheckpointError(self.path, f"a part of '{brief(name)}' is not there", "fetch it again")
            piece = tuple(span.stop - span.start for span in spans)
            parts.append((spans, self._tensor(f"{name} part", b"", {**held, "dtype": entry["dtype"], "slices": []})))
            if parts[-1][1].shape != piece:
                raise CheckpointError(self.path, f"a part of '{brief(name)}' has another shape", "fetch it again")
            covered += prod(piece)
        if covered != prod(shape):
            raise CheckpointError(self.path, f"the parts of '{brief(name)}' do not make it up", "fetch it again")
        parent = self.path.parent

        def joined() -> np.ndarray:
            whole = np.empty(shape, helper.tensor_dtype_to_np_dtype(kind))
            for spans, stored in parts:
                file = parent / stored.file.removeprefix(self.folder)
                flat = np.fromfile(file, whole.dtype, prod(stored.shape), offset=stored.offset or 0)
                whole[spans] = flat.reshape(stored.shape)
            return whole

        return Stored(name, shape, kind, read=joined)


def _spans(part, shape) -> tuple[slice, ...] | None:
    extents = part.get("extent", [])
    if len(extents) != len(shape):
        return None
    made = []
    for extent, size in zip(extents, shape, strict=True):
        start = extent.get("start", 0)
        length = extent.get("length", size)
        if not 0 <= start <= start + length <= size:
            return None
        made.append(slice(start, start + length))
    return tuple(made)


def _slice_key(name: str, part: dict, rank: int) -> bytes:
    """The key of a part: 0, the name, the number of axes, start and length of each (tensorflow's OrderedCode)."""
    text = name.encode().replace(b"\0", b"\0\xff").replace(b"\xff", b"\xff\0") + b"\0\1"
    made = _number(0) + text + _number(rank)
    for extent in part.get("extent", []):
        made += _signed(extent.get("start", 0)) + _signed(extent["length"] if "length" in extent else -1)
    return made


def _number(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(data)]) + data


def _signed(value: int) -> bytes:
    size = ~value if value < 0 else value
    length = 1
    while size >= 1 << (7 * length - 1):
        length += 1
    ones = ((1 << length) - 1) << (7 * length)  # as many ones in front as bytes, then what the number is
    bits = 8 * length
    if value < 0:
        return (((1 << bits) - 1) & ~ones & (value % (1 << bits))).to_bytes(length, "big")
    return (ones | value).to_bytes(length, "big")


# one file


def _whole(path: Path, table: Table) -> Bundle:
    made = Bundle(path)
    shapes: dict[str, tuple] = {}
    parts: dict[str, list] = {}
    for key, value, begin in table.entries():
        view = memoryview(value)
        said = decode(SAVED_SLICES, view, 0, len(view))
        if not key:
            for meta in said.get("meta", {}).get("tensor", []):
                name = meta.get("name", "")
                if data_type(meta.get("type")) in (None, TensorProto.STRING):
                    made.left_out.append(name)
                else:
                    shapes[name] = _shape(path, name, meta.get("shape")), data_type(meta.get("type")), meta["type"]
            continue
        held = said.get("data")
        if held is None:
            continue
        parts.setdefault(held.get("name", ""), []).append((held.get("slice", {}), bytes(view), begin))
    for name, (shape, kind, number) in shapes.items():
        pieces = parts.get(name)
        if not pieces:
            raise CheckpointError(path, f"'{brief(name)}' is not in it", "fetch it again")
        made.tensors[name] = _one(path, name, shape, kind, number, pieces)
    return made


def _one(path, name, shape, kind, number, pieces) -> Stored:
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(kind))
    if len(pieces) == 1 and pieces[0][2] is not None and prod(shape) > 1:
        at = _plain_run(pieces[0][1], number, prod(shape) * dtype.itemsize)
        if at is not None and _spans(pieces[0][0], shape) == tuple(slice(0, size) for size in shape):
            return Stored(name, shape, kind, path.name, pieces[0][2] + at)
    covered = 0
    for part, data, _ in pieces:
        spans = _spans(part, shape)
        if spans is None or len(data) + 64 < sum(span.stop - span.start > 1 for span in spans):
            raise CheckpointError(path, f"a part of '{brief(name)}' lies outside of it", "fetch it again")
        covered += prod(span.stop - span.start for span in spans)
    if covered != prod(shape):
        raise CheckpointError(path, f"the parts of '{brief(name)}' do not make it up", "fetch it again")
    held = sum(len(data) for _, data, _ in pieces)
    if prod(shape) > held:  # numbers take a byte at least
        raise CheckpointError(path, f"'{brief(name)}' has fewer numbers than its shape", "fetch it again")

    def joined() -> np.ndarray:
        whole = np.empty(shape, dtype)
        for part, data, _ in pieces:
            spans = _spans(part, shape)
            tensor = decode(SAVED_SLICES, memoryview(data), 0, len(data))["data"].get("data", {})
            numbers = np.asarray(tensor.get(FIELD_OF.get(number % 100, "int_val"), []))
            if kind in (TensorProto.FLOAT16, TensorProto.BFLOAT16):
                numbers = numbers.astype(np.uint16).view(dtype)
            target = whole[spans]
            if numbers.size != target.size:
                raise CheckpointError(path, f"a part of '{brief(name)}' has {numbers.size:,} numbers", "fetch it again")
            whole[spans] = numbers.astype(dtype).reshape(target.shape)
        return whole

    return Stored(name, shape, kind, read=joined)


def _plain_run(data: bytes, number: int, needed: int) -> int | None:
    """Where in the bytes of a part its packed floats begin, if they are all in one run."""
    if number % 100 not in (1, 2):
        return None
    from ...containers.protobuf import fields

    view = memoryview(data)
    start, end = 0, len(view)
    for wanted in (2, 3, 5 if number % 100 == 1 else 6):
        found = [(body, stop) for field_number, _, body, stop in fields(view, start, end) if field_number == wanted]
        if len(found) != 1:
            return None
        start, end = found[0]
    return start if end - start == needed else None
