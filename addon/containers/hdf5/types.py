# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""HDF5's types, shapes and attributes: what a message says as plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from struct import unpack_from

from onnx import TensorProto

from .messages import Damaged, File

LARGEST_TEXT = 1 << 26  # bytes of an attribute
# Classes of types.
WHOLE, REAL, TEXT, RAW, CHOICE, ANY_LENGTH = 0, 1, 3, 5, 8, 9
REALS = {
    (2, 5, 10): TensorProto.FLOAT16,
    (4, 8, 23): TensorProto.FLOAT,
    (8, 11, 52): TensorProto.DOUBLE,
    (2, 8, 7): TensorProto.BFLOAT16,
}


@dataclass(frozen=True)
class Kind:
    """A type: its size in bytes, ONNX's number of it (0: none), whether its bytes are turned round, if it is text."""

    size: int
    data_type: int = 0
    swapped: bool = False
    text: bool = False
    any_length: bool = False


def kind_of(data: memoryview) -> Kind:
    """The type that a message describes."""
    kind, bits, _, _, size = unpack_from("<BBBBI", data)
    kind &= 0x0F
    if kind == WHOLE and size in (1, 2, 4, 8):
        name = f"{'' if bits & 8 else 'U'}INT{8 * size}"
        return Kind(size, TensorProto.DataType.Value(name), bool(bits & 1) and size > 1)
    if kind == REAL:
        exponent, _, mantissa = data[13], data[14], data[15]
        return Kind(size, REALS.get((size, exponent, mantissa), 0), bool(bits & 1))
    if kind == RAW and size == 2:  # what h5py makes of bfloat16, which HDF5 does not know
        return Kind(size, TensorProto.BFLOAT16)
    if kind == CHOICE and size == 1:  # h5py's truth values
        return Kind(1, TensorProto.BOOL)
    if kind == TEXT:
        return Kind(size, text=True)
    if kind == ANY_LENGTH and bits & 0x0F == 1:
        return Kind(16, text=True, any_length=True)
    return Kind(size)


def shape_of(data: memoryview) -> tuple[int, ...] | None:
    """The shape that a message describes; None where there is nothing."""
    version, rank = data[0], data[1]
    start = {1: 8, 2: 4}.get(version)
    if start is None or len(data) < start + 8 * rank:
        raise Damaged("a shape that cannot be read")
    if version == 2 and data[3] == 2:
        return None
    return unpack_from(f"<{rank}Q", data, start)


def texts(file: File, data: memoryview, wanted: re.Pattern) -> tuple[str, str | list[str] | None]:
    """An attribute's name, and its text or list of texts, if it is one and wanted."""
    version, _, *sizes = unpack_from("<BBHHH", data)
    start, step = {1: (8, 8), 2: (8, 1), 3: (9, 1)}.get(version, (0, 0))
    if not start:
        raise Damaged("an attribute that cannot be read")
    parts = []
    for size in sizes:
        parts.append(data[start : start + size])
        start += -(-size // step) * step
    name = bytes(parts[0]).partition(b"\0")[0].decode("utf-8", "replace")
    if not wanted.fullmatch(name) or data[1] and version > 1:  # a type that lies elsewhere
        return name, None
    kind, shape = kind_of(parts[1]), shape_of(parts[2])
    if not kind.text or shape is None:
        return name, None
    count = prod(shape)
    held = data[start:]
    if count * kind.size > len(held):
        raise Damaged(f"the attribute '{name}' is cut short")
    texts = []
    total = 0
    for index in range(count if kind.size else 0):
        entry = held[index * kind.size : (index + 1) * kind.size]
        if kind.any_length:
            length, address, place = unpack_from("<IQI", entry)
            entry = file.heap(address, place)[:length] if length else entry[:0]
        total += len(entry)
        if total > LARGEST_TEXT:
            raise Damaged(f"the attribute '{name}' is too long")
        texts.append(bytes(entry).rstrip(b"\0").decode("utf-8", "replace"))
    return name, texts if shape else texts[0] if texts else ""
