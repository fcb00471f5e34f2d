# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""FlatBuffers, read within bounds: tables of numbered fields, vectors and texts that lie anywhere in the file.

Every offset is checked before it is followed. Who reads goes as deep as the kind of file has levels, and no deeper, so
that tables which hold one another are no trap. The format: "FlatBuffers Internals" of its documentation.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

MOST_FIELDS = 1 << 12


class FlatBufferError(ValueError):
    """Bytes that are no such file, or lead out of it."""


class Table:
    """A table in the file's bytes; fields go by their numbers, and one that is not there has the value asked with."""

    def __init__(self, data: memoryview, at: int):
        self.data, self.at = data, at
        vtable = at - _number(data, at, "<i")
        length = _number(data, vtable, "<H")
        if length < 4 or length > 2 * MOST_FIELDS or vtable + length > len(data) or vtable < 0:
            raise FlatBufferError(f"the table at byte {at:,} is damaged")
        self._fields = struct.unpack_from(f"<{length // 2 - 2}H", data, vtable + 4)

    def _place(self, field: int) -> int:
        """Where a field lies; 0 where it is not there."""
        offset = self._fields[field] if field < len(self._fields) else 0
        return self.at + offset if offset else 0

    def number(self, field: int, how: str, default=0):
        """A number: "i" int32, "I" uint32, "b" int8, "B" uint8, "f" float32, "q" int64, "Q" uint64."""
        place = self._place(field)
        return _number(self.data, place, f"<{how}") if place else default

    def _followed(self, field: int) -> int:
        place = self._place(field)
        if not place:
            return 0
        target = place + _number(self.data, place, "<I")
        if not 0 < target < len(self.data):
            raise FlatBufferError(f"the offset at byte {place:,} leads out of the file")
        return target

    def table(self, field: int) -> Table | None:
        """A table that a field refers to."""
        target = self._followed(field)
        return Table(self.data, target) if target else None

    def span(self, field: int, size: int) -> tuple[int, int]:
        """Where the entries of a vector begin, and how many there are, of so many bytes each."""
        target = self._followed(field)
        if not target:
            return 0, 0
        count = _number(self.data, target, "<I")
        if target + 4 + count * size > len(self.data):
            raise FlatBufferError(f"the list at byte {target:,} has {count:,} entries, more than the file")
        return target + 4, count

    def numbers(self, field: int, dtype: str) -> np.ndarray:
        """A vector of numbers of this type of NumPy."""
        begin, count = self.span(field, np.dtype(dtype).itemsize)
        return np.frombuffer(self.data, dtype, count, begin) if count else np.zeros(0, dtype)

    def tables(self, field: int) -> Iterator[Table]:
        """A vector of tables."""
        begin, count = self.span(field, 4)
        for place in range(begin, begin + 4 * count, 4):
            target = place + _number(self.data, place, "<I")
            if not 0 < target < len(self.data):
                raise FlatBufferError(f"the offset at byte {place:,} leads out of the file")
            yield Table(self.data, target)

    def text(self, field: int) -> str:
        """A text; empty where it is not there."""
        begin, count = self.span(field, 1)
        return bytes(self.data[begin : begin + count]).decode("utf-8", "replace")


def root(data: memoryview) -> Table:
    """The table that a file is. Raises `FlatBufferError`."""
    return Table(data, _number(data, 0, "<I"))


def _number(data: memoryview, at: int, how: str):
    if at < 0 or at + struct.calcsize(how) > len(data):
        raise FlatBufferError(f"byte {at:,} lies outside of the file")
    return struct.unpack_from(how, data, at)[0]
