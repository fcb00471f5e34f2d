# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of sorted keys and values, in which TensorFlow keeps checkpoints: LevelDB's format (doc/table_format.md).

Blocks of entries, each with its kind of packing and checksum behind it; an index of blocks; a footer of 48 bytes.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from . import snappy, stopping
from .crc32c import crc32c, unmasked
from .errors import CheckpointError
from .protobuf import read_varint

MAGIC = 0xDB4775248B80FB57
FOOTER, TRAILER = 48, 5
LARGEST_BLOCK = 1 << 31  # bytes; large tensors of old checkpoints lie in a block of their own
DENSEST = 64  # times that a block may grow: Snappy's copies of 64 bytes take 3
MOST_ENTRIES = 1 << 20


class Table:
    """An opened table; blocks are read when they are asked for."""

    def __init__(self, path: Path):
        """Raises `CheckpointError`."""
        self.path = path
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size < FOOTER:
                raise CheckpointError(path, "a TensorFlow checkpoint that is cut short", "fetch it again")
            self.data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        footer = len(self.data) - FOOTER
        if int.from_bytes(self.data[-8:], "little") != MAGIC:
            raise CheckpointError(path, "not a table of a TensorFlow checkpoint, or cut short", "fetch it again")
        try:
            _, at = self._handle(footer)
            self._index, _ = self._handle(at)
        except ValueError as error:
            raise self._damaged(error) from error

    def _damaged(self, error) -> CheckpointError:
        return CheckpointError(self.path, f"its table is damaged ({error})", "fetch it again")

    def _handle(self, at: int) -> tuple[tuple[int, int], int]:
        offset, at = read_varint(self.data, at, len(self.data))
        size, at = read_varint(self.data, at, len(self.data))
        return (offset, size), at

    def entries(self) -> Iterator[tuple[bytes, bytes | memoryview, int | None]]:
        """Every key with its value, and where that begins in the file (None where it is packed).

        Raises `CheckpointError`.
        """
        count = 0
        known = set()
        try:
            for _, handle, _ in self._block(self._index):
                offset, at = read_varint(handle, 0, len(handle))
                size, _ = read_varint(handle, at, len(handle))
                if (offset, size) in known:
                    raise ValueError("two of its blocks lie on one another")
                known.add((offset, size))
                for entry in self._block((offset, size)):
                    stopping.check()
                    count += 1
                    if count > MOST_ENTRIES:
                        raise ValueError(f"more than {MOST_ENTRIES:,} entries")
                    yield entry
        except ValueError as error:
            raise self._damaged(error) from error

    def _block(self, handle):
        offset, size = handle
        end = offset + size
        if end + TRAILER > len(self.data) or size > LARGEST_BLOCK:
            raise ValueError(f"a block should end at byte {end:,} of {len(self.data):,}")
        kind = self.data[end]
        stored = unmasked(int.from_bytes(self.data[end + 1 : end + TRAILER], "little"))
        if crc32c(self.data[offset : end + 1]) != stored:
            raise ValueError(f"the checksum of the block at byte {offset:,} is wrong")
        if kind == 0:
            yield from _entries(self.data[offset:end], offset)
        elif kind == 1:
            packed = bytes(self.data[offset:end])
            yield from _entries(memoryview(snappy.unpack(packed, DENSEST * (len(packed) + 64))), None)
        else:
            raise ValueError(f"a block is packed in the unknown way {kind}")


def _entries(block: memoryview, offset: int | None):
    """The entries of a block: keys share their beginning with the key before."""
    if len(block) < 4:
        raise ValueError("a block without its end")
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise ValueError("a block with more restarts than bytes")
    key = b""
    at = 0
    while at < end:
        shared, at = read_varint(block, at, end)
        fresh, at = read_varint(block, at, end)
        length, at = read_varint(block, at, end)
        if shared > len(key) or at + fresh + length > end:
            raise ValueError("an entry leads out of its block")
        key = key[:shared] + bytes(block[at : at + fresh])
        at += fresh
        yield key, block[at : at + length], None if offset is None else offset + at
        at += length
