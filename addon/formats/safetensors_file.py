# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""safetensors files, whole and in shards: named tensors without a graph.

A file is the length of a header (8 bytes, little-endian), the header (JSON: name -> dtype, shape, data_offsets), and
the numbers, one tensor after the other without a gap. The format: https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from math import prod
from pathlib import Path

from onnx import ModelProto, TensorProto

from ..containers import bounded_json, shards
from ..containers.errors import CheckpointError
from ..containers.natural_order import natural
from ..containers.stored import MOST_AXES, MOST_ELEMENTS, Stored
from .checkpoint import Checkpoint
from .weights import Weights, config_beside

FORMAT = "safetensors"
LONGEST_HEADER = 100_000_000  # bytes, as the format has it
MOST_TENSORS = 1 << 20
INDEX = ".safetensors.index.json"
SHARD = re.compile(r"(.+)-([0-9]+)-of-([0-9]+)\.safetensors")
BY_KERAS = ("tf", "keras", "flax", "jax")  # what metadata calls files whose kernels are (rows, columns, in, out)

# dtype -> bits of a number, and ONNX's type; UNDEFINED where ONNX has none
TYPES = {
    "F64": (64, TensorProto.DOUBLE),
    "F32": (32, TensorProto.FLOAT),
    "F16": (16, TensorProto.FLOAT16),
    "BF16": (16, TensorProto.BFLOAT16),
    "C64": (64, TensorProto.COMPLEX64),
    "F8_E4M3": (8, TensorProto.FLOAT8E4M3FN),
    "F8_E4M3FNUZ": (8, TensorProto.FLOAT8E4M3FNUZ),
    "F8_E5M2": (8, TensorProto.FLOAT8E5M2),
    "F8_E5M2FNUZ": (8, TensorProto.FLOAT8E5M2FNUZ),
    "F8_E8M0": (8, TensorProto.FLOAT8E8M0),
    "F4": (4, TensorProto.FLOAT4E2M1),
    "F6_E2M3": (6, TensorProto.UNDEFINED),
    "F6_E3M2": (6, TensorProto.UNDEFINED),
    "I64": (64, TensorProto.INT64),
    "I32": (32, TensorProto.INT32),
    "I16": (16, TensorProto.INT16),
    "I8": (8, TensorProto.INT8),
    "U64": (64, TensorProto.UINT64),
    "U32": (32, TensorProto.UINT32),
    "U16": (16, TensorProto.UINT16),
    "U8": (8, TensorProto.UINT8),
    "BOOL": (8, TensorProto.BOOL),
}


def read(path: Path) -> Weights:
    """Open a file, or the index of its shards; only headers are read. Raises `CheckpointError`."""
    with path.open("rb") as file:
        head = file.read(8)
    is_text = int.from_bytes(head, "little") > path.stat().st_size  # a header of 123 bytes begins with "{", too
    is_index = is_text and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    tensors, metadata, notes = _shards(path) if is_index else _whole(path)
    if not tensors:
        raise CheckpointError(path, "holds no tensor", "is this the whole file?")
    layout = "keras" if str(metadata.get("format")).lower() in BY_KERAS else "torch"
    return Weights(path, FORMAT, tensors, layout, config=config_beside(path, notes), notes=notes)


def _whole(path):
    notes = []
    tensors, metadata = _file(path, path, notes)
    shard = SHARD.fullmatch(path.name)
    if shard:
        index = f"{shard[1]}{INDEX}"
        beside = f"open {index} to see all" if (path.parent / index).is_file() else f"{index} is not beside it"
        notes.append(f"one of {int(shard[3][:9]):,} shards: {beside}")
    return tensors, metadata, notes


def _shards(path):
    """The tensors of all shards that an index names, each taken from the shard where it says that it is."""
    places = bounded_json.read(path, "the index of its shards").get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(shard, str) for shard in places.values()):
        raise CheckpointError(
            path,
            "a JSON file that is not the index of a safetensors checkpoint (it has no weight_map)",
            "open the model's own file",
        )
    notes = []
    tensors = []
    metadata = {}
    for file in shards.named(path, set(places.values())):
        shard = file.name
        held, metadata = _file(path, file, notes)
        missing = {name for name, place in places.items() if place == shard}.difference(tensor.name for tensor in held)
        if missing:
            raise CheckpointError(
                path, f"'{min(missing)[:80]}' should be in '{shard}', which has no such tensor", "fetch both again"
            )
        tensors += [tensor for tensor in held if places.get(tensor.name) == shard]
    return _ordered(tensors), metadata, notes


def _file(path, file, notes) -> tuple[list[Stored], dict]:
    """The tensors of one file, and its metadata; errors name `path`, which was opened."""
    where = "its header" if file == path else f"the header of '{file.name}'"
    header, begin, length = _header(path, file, where)
    metadata = header.pop("__metadata__", None)
    metadata = {} if metadata is None else metadata
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise CheckpointError(path, f"{where} has metadata that are not text", "fetch it again")
    if len(header) > MOST_TENSORS:
        raise CheckpointError(path, f"{where} names {len(header):,} tensors", "refused for safety")
    entries = sorted(
        ((name, *_entry(path, name, entry)) for name, entry in header.items()), key=lambda place: place[3:]
    )
    end = 0
    tensors = []
    unknown = []
    linked = Checkpoint(file, FORMAT, ModelProto()) if file != path and file.is_symlink() else None
    for name, dtype, shape, first, last in entries:
        if first != end:
            raise CheckpointError(
                path,
                f"{where} has a {'gap' if first > end else 'tensor on another'} before '{name[:80]}'",
                "fetch it again",
            )
        end = last
        data_type = TYPES[dtype][1]
        if data_type in (TensorProto.UNDEFINED, TensorProto.COMPLEX64):
            unknown.append(dtype)
        else:
            stored = Stored(name, shape, data_type, file.name, begin + first)
            tensors.append(_read_by(linked, stored) if linked else stored)
    if end != length:
        raise CheckpointError(
            path,
            f"'{file.name}' should have {end:,} bytes of numbers and has {length:,}",
            "the file is cut short: fetch it again" if end > length else "fetch it again",
        )
    if unknown:
        notes.append(
            f"{len(unknown):,} tensors left out, of types that ONNX has not: {', '.join(sorted(set(unknown)))}"
        )
    return _ordered(tensors), metadata


def _read_by(linked, stored) -> Stored:
    """A tensor of a shard that is a link, as in download caches: the folder holds the link, not what it leads to."""
    return replace(stored, file="", offset=None, read=partial(linked.array, stored.proto()))


def _header(path, file, where):
    """The parsed header, where the numbers begin and how many bytes they have."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        rest = file.stat().st_size - 8
        if not 2 <= length <= min(rest, LONGEST_HEADER):
            raise CheckpointError(
                path,
                f"{where} should have {length:,} bytes; {max(0, rest):,} are there, and {LONGEST_HEADER:,} are allowed",
                "cut short: fetch it again",
            )
        text = opened.read(length)
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # of bytes that are not UTF-8, too
        raise CheckpointError(path, f"{where} cannot be read ({str(error)[:100]})", "fetch it again") from error
    if not isinstance(header, dict):
        raise CheckpointError(path, f"{where} is not a JSON object", "fetch it again")
    return header, 8 + length, rest - length


def _once(pairs):
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a name stands in it twice")
    for name in entries:
        name.encode()  # half a surrogate pair is no text
    return entries


def _entry(path, name, entry):
    """(dtype, shape, first byte, byte behind the last) of a tensor in the header."""

    def wrong(problem):
        return CheckpointError(path, f"tensor '{name[:80]}' {problem}", "fetch it again")

    if not isinstance(entry, dict):
        raise wrong("has no entry of its own in the header")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in TYPES:
        raise wrong(f"has the unknown type {str(dtype)[:20]!r}")
    if not _sizes(shape) or len(shape) > MOST_AXES or prod(max(1, size) for size in shape) > MOST_ELEMENTS:
        raise wrong("has a shape that cannot be")
    if not _sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise wrong("has offsets that cannot be")
    bits = prod(shape) * TYPES[dtype][0]
    if bits != 8 * (offsets[1] - offsets[0]):
        raise wrong(
            f"of shape {shape} and type {dtype} needs {-(-bits // 8):,} bytes and has {offsets[1] - offsets[0]:,}"
        )
    return dtype, tuple(shape), *offsets


def _sizes(values):
    return isinstance(values, list) and all(type(size) is int and 0 <= size <= MOST_ELEMENTS for size in values)


def _ordered(tensors: list[Stored]) -> list[Stored]:
    """The usual writer sorts by the size of a number and by name, so that "10" comes before "2": that order says
    nothing, and names are put in natural order. Any other order is the writer's own and stays."""
    by_type: dict[int, list[str]] = {}
    for tensor in tensors:
        by_type.setdefault(tensor.data_type, []).append(tensor.name)
    if all(names == sorted(names) for names in by_type.values()):
        return sorted(tensors, key=lambda tensor: natural(tensor.name))
    return tensors
