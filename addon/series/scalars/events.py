# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TensorBoard's event files: records in TensorFlow's framing, each a protobuf message `Event`.

A record is its length (uint64), the masked CRC32C of that (uint32), the data, and their masked CRC32C (TensorFlow,
lib/io/record_writer.h). CRC32C is the cyclic redundancy check of Castagnoli (RFC 3720, appendix B.4), masked as
((crc >> 15 | crc << 17) + 0xa282ead8) mod 2^32 (lib/hash/crc32c.h). Fields are those of event.proto, summary.proto,
tensor.proto and types.proto.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

import numpy as np

from ...containers import CheckpointError, protobuf
from .curves import MOST_POINTS, Curves

LENGTH, CRC, DOUBLE, FLOAT = struct.Struct("<Q"), struct.Struct("<I"), struct.Struct("<d"), struct.Struct("<f")
EVENT_STEP, EVENT_SUMMARY = 2, 5
VALUE, TAG, SIMPLE, TENSOR, METADATA = 1, 1, 2, 8, 9
PLUGIN_DATA, PLUGIN_NAME = 1, 1
T_TYPE, T_SHAPE, T_CONTENT, T_FLOAT, T_DOUBLE, T_INT, T_INT64 = 1, 2, 4, 5, 6, 7, 10
TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}  # DataType -> NumPy's
LARGEST = 1 << 26  # bytes of a record that may hold a scalar; pictures and graphs are larger, and passed over
LARGEST_TENSOR = 64  # bytes of a scalar, with room


def _table() -> list[int]:
    """CRC32C of each byte, least significant bit first: polynomial 0x1EDC6F41 reflected."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = _table()


def crc32c(data: bytes | memoryview) -> int:
    """The checksum of some bytes."""
    value = 0xFFFFFFFF
    table = TABLE
    for byte in bytes(data):
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """A checksum as records hold it."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def is_event_file(head: bytes) -> bool:
    """Whether a file begins as event files do: with a record whose length is right by its checksum."""
    return len(head) >= 12 and CRC.unpack_from(head, 8)[0] == masked(crc32c(head[:8]))


def read(path: Path) -> Curves:
    """The scalars of an event file; of one that is cut short or damaged, those before that. Raises `CheckpointError`
    where it is none."""
    curves = Curves(path)
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                return curves
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})") from error
    if not is_event_file(bytes(data[:12])):
        raise CheckpointError(path, "is no event file of TensorBoard", "fetch it again")
    at = 0
    points = 0
    while at < len(data):
        body = at + 12
        size = LENGTH.unpack_from(data, at)[0] if body <= len(data) else 0
        if body > len(data) or body + size + 4 > len(data):
            curves.notes.append(f"{path.name} is cut short behind byte {at:,}: what is before that counts")
            break
        if CRC.unpack_from(data, at + 8)[0] != masked(crc32c(data[at : at + 8])):
            curves.notes.append(f"{path.name} is damaged at byte {at:,}: what is before that counts")
            break
        if size <= LARGEST and points < MOST_POINTS:
            points += _event(curves, data, body, body + size, at)
        at = body + size + 4
    return curves


def _event(curves: Curves, data, body, end, at) -> int:
    """Add the scalars of one event; returns how many there are. Its checksum is looked at only if there are some, for
    most of a file are pictures and histograms."""
    try:
        step = 0
        found = []
        for number, _, start, stop in protobuf.fields(data, body, end):
            if number == EVENT_STEP:
                step = _varint(data, start, stop)
            elif number == EVENT_SUMMARY:
                found += _scalars(data, start, stop)
    except ValueError:
        curves.notes.append(f"{curves.path.name}: the record at byte {at:,} is damaged and left out")
        return 0
    if not found:
        return 0
    if CRC.unpack_from(data, end)[0] != masked(crc32c(data[body:end])):
        curves.notes.append(f"{curves.path.name}: the record at byte {at:,} is damaged and left out")
        return 0
    for tag, number in found:
        by_epoch = tag.startswith("epoch_")  # of Keras, which calls the first epoch 0
        curves.add(tag, "epoch" if by_epoch else "", step, number, by_epoch)
    return len(found)


def _scalars(data, start, stop) -> list[tuple[str, float]]:
    """Tags and numbers of a summary."""
    found = []
    for number, _, body, end in protobuf.fields(data, start, stop):
        if number != VALUE:
            continue
        tag, value, plugin = "", None, ""
        for inner, _, begin, close in protobuf.fields(data, body, end):
            if inner == TAG:
                tag = bytes(data[begin : min(close, begin + 400)]).decode("utf-8", "replace")
            elif inner == SIMPLE and close - begin == 4:
                value = FLOAT.unpack_from(data, begin)[0]
            elif inner == TENSOR and close - begin <= LARGEST_TENSOR:
                value = _tensor(data, begin, close)
            elif inner == METADATA:
                plugin = _plugin(data, begin, close)
        if value is not None and plugin in ("", "scalars"):
            found.append((tag, value))
    return found


def _plugin(data, start, stop) -> str:
    for number, _, body, end in protobuf.fields(data, start, stop):
        if number == PLUGIN_DATA:
            for inner, _, begin, close in protobuf.fields(data, body, end):
                if inner == PLUGIN_NAME:
                    return bytes(data[begin : min(close, begin + 64)]).decode("utf-8", "replace")
    return ""


def _tensor(data, start, stop) -> float | None:
    """The number of a TensorProto that holds one."""
    kind = 0
    content = None
    for number, _, body, end in protobuf.fields(data, start, stop):
        if number == T_TYPE:
            kind = _varint(data, body, end)
        elif number == T_SHAPE and end > body and any(_sizes(data, body, end)):
            return None
        elif number in (T_CONTENT, T_FLOAT, T_DOUBLE):
            content = bytes(data[body:end])
        elif number in (T_INT, T_INT64):  # packed or not
            whole = _varint(data, body, end)
            return float(whole - (1 << 64) if whole >> 63 else whole)
    if content is None or kind not in TYPES or len(content) != np.dtype(TYPES[kind]).itemsize:
        return None
    return float(np.frombuffer(content, TYPES[kind])[0])


def _sizes(data, start, stop):
    """Whether a shape has axes that are longer than 1."""
    for number, _, body, end in protobuf.fields(data, start, stop):
        if number == 2:
            for inner, _, begin, close in protobuf.fields(data, body, end):
                if inner == 1:
                    yield _varint(data, begin, close) != 1


def _varint(data, start, stop) -> int:
    value = 0
    for place, byte in enumerate(bytes(data[start : min(stop, start + 10)])):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    return value & (1 << 64) - 1
