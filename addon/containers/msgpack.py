# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""MessagePack, read within bounds: maps, lists, texts and numbers; of bytes only where they lie.

The format: the MessagePack specification (github.com/msgpack/msgpack).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from . import stopping

DEEPEST, MOST_ENTRIES = 64, 1 << 22
NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i"}
NUMBERS[0xD3] = ">q"
PLAIN = {0xC0: None, 0xC2: False, 0xC3: True}


@dataclass(frozen=True)
class Span:
    """Bytes in the file; `kind` is the number of an extension type, -1 for plain bytes."""

    begin: int
    end: int
    kind: int = -1


class Reader:
    """Reads values one after the other. Raises ValueError."""

    def __init__(self, data: memoryview, at: int = 0, end: int | None = None):
        self.data, self.at, self.end = data, at, len(data) if end is None else end
        self.entries = 0

    def value(self, depth: int = 0):
        """The next value: a dict, list, str, number, bool, None or `Span`."""
        if depth > DEEPEST:
            raise ValueError("maps stand in one another too deep")
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            raise ValueError("too many entries")
        if self.entries % 1024 == 0:
            stopping.check()
        (tag,) = self._take(1)
        if tag < 0x80:
            return tag
        if tag >= 0xE0:
            return tag - 256
        if tag < 0x90:
            return self._map(tag & 15, depth)
        if tag < 0xA0:
            return self._list(tag & 15, depth)
        if tag < 0xC0:
            return self._text(tag & 31)
        if tag in PLAIN:
            return PLAIN[tag]
        if tag in NUMBERS:
            return self._number(NUMBERS[tag])
        if tag in (0xC4, 0xC5, 0xC6):
            return self._span(self._size(tag - 0xC4))
        if tag in (0xC7, 0xC8, 0xC9):
            size = self._size(tag - 0xC7)
            return self._span(size, self._number(">b"))
        if 0xD4 <= tag <= 0xD8:
            return self._span(1 << tag - 0xD4, self._number(">b"))
        if tag in (0xD9, 0xDA, 0xDB):
            return self._text(self._size(tag - 0xD9))
        if tag in (0xDC, 0xDD):
            return self._list(self._size(tag - 0xDC + 1), depth)
        if tag in (0xDE, 0xDF):
            return self._map(self._size(tag - 0xDE + 1), depth)
        raise ValueError(f"byte {self.at - 1:,} begins no value")

    def _take(self, size: int) -> memoryview:
        if self.at + size > self.end:
            raise ValueError(f"it ends too early, at byte {self.at:,}")
        self.at += size
        return self.data[self.at - size : self.at]

    def _number(self, how: str):
        return struct.unpack(how, self._take(struct.calcsize(how)))[0]

    def _size(self, width: int) -> int:
        return self._number((">B", ">H", ">I")[width])

    def _span(self, size: int, kind: int = -1) -> Span:
        begin = self.at
        self._take(size)
        return Span(begin, self.at, kind)

    def _text(self, size: int) -> str:
        return bytes(self._take(size)).decode("utf-8", "replace")

    def _list(self, count: int, depth: int) -> list:
        if count > self.end - self.at:
            raise ValueError(f"a list of {count:,} entries at byte {self.at:,}")
        return [self.value(depth + 1) for _ in range(count)]

    def _map(self, count: int, depth: int) -> dict:
        if 2 * count > self.end - self.at:
            raise ValueError(f"a map of {count:,} entries at byte {self.at:,}")
        made = {}
        for _ in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, (str, int)):
                raise ValueError(f"a key that is no text at byte {self.at:,}")
            made[str(key)] = self.value(depth + 1)
        return made
