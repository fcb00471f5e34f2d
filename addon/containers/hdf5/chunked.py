# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Datasets of HDF5 that are stored in chunks, each of which may be compressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from struct import unpack_from

import numpy as np

from ..errors import CheckpointError
from ..zip_archive import DENSEST
from .messages import NOWHERE, Damaged, File, Foreign

DEFLATE, SHUFFLE, CHECKSUM = 1, 2, 3


def array(data, shape: tuple[int, ...], dtype: np.dtype, swapped: bool) -> np.ndarray:
    """Numbers from bytes, in the byte order of this machine."""
    numbers = np.frombuffer(data, dtype, prod(shape)).reshape(shape)
    return numbers.byteswap() if swapped else numbers


@dataclass(frozen=True)
class Chunk:
    """A chunk of a dataset: the place of its first number, and its bytes as they lie in the file."""

    start: tuple[int, ...]
    data: memoryview
    skipped: int  # bits: which filters were not applied


@dataclass(frozen=True)
class Chunks:
    """The chunks of a dataset; `filters` in the order in which they were applied, `held` is their size in the file."""

    shape: tuple[int, ...]
    size: tuple[int, ...]
    item: int
    filters: tuple[int, ...]
    chunks: tuple[Chunk, ...]

    @property
    def held(self) -> int:
        """Bytes of all chunks in the file."""
        return sum(len(chunk.data) for chunk in self.chunks)

    def read(self, path: Path, name: str, dtype: np.dtype, swapped: bool) -> np.ndarray:
        """The whole dataset. Raises `CheckpointError`."""
        numbers = np.zeros(self.shape, dtype)
        for chunk in self.chunks:
            try:
                data = self._unpacked(chunk)
            except (zlib.error, Damaged) as error:
                raise CheckpointError(path, f"'{name}' is damaged ({error})", "fetch it again") from error
            inside = tuple(slice(start, start + size) for start, size in zip(chunk.start, self.size, strict=True))
            part = numbers[inside]
            part[...] = array(data, self.size, dtype, swapped)[tuple(slice(size) for size in part.shape)]
        return numbers

    def _unpacked(self, chunk):
        data = bytes(chunk.data)
        size = prod(self.size) * self.item
        for index in reversed(range(len(self.filters))):
            if chunk.skipped >> index & 1:
                continue
            if self.filters[index] == CHECKSUM:
                data = data[:-4]
            elif self.filters[index] == DEFLATE:
                data = zlib.decompressobj().decompress(data, size + 4)
            else:
                data = np.frombuffer(data, np.uint8)[:size].reshape(self.item, -1).T.tobytes()
        if len(data) < size:
            raise Damaged("a chunk is cut short")
        return data[:size]


def chunks(file: File, layout: memoryview, filters: memoryview | None, shape: tuple[int, ...], item: int) -> Chunks:
    """The chunks of a dataset, none of them read. Raises `Damaged`."""
    rank = layout[2] - 1
    tree = int.from_bytes(layout[3:11], "little")
    *size, last = unpack_from(f"<{rank + 1}I", layout, 11)
    if rank != len(shape) or last != item or not all(size):
        raise Damaged("chunks of another shape than their dataset")
    held = []
    for address, key in file.tree(tree, 1, 8 + 8 * (rank + 1)) if tree != NOWHERE else ():
        length, skipped, *start = unpack_from(f"<II{rank + 1}Q", key)
        if any(place >= whole for place, whole in zip(start, shape, strict=False)):
            raise Damaged("a chunk outside of its dataset")
        if prod(size) * item > DENSEST * (length + 1):
            raise Damaged("a chunk that would unpack to more than it can hold")
        held.append(Chunk(tuple(start[:rank]), file.at(address, length), skipped))
    return Chunks(shape, tuple(size), item, tuple(_filters(filters)), tuple(held))


def _filters(data: memoryview | None) -> Iterable[int]:
    if data is None:
        return
    version, count = data[0], data[1]
    place = {1: 8, 2: 2}.get(version, 0)
    for _ in range(count if place else 0):
        number = int.from_bytes(data[place : place + 2], "little")
        named = version == 1 or number >= 256
        name = int.from_bytes(data[place + 2 : place + 4], "little") if named else 0
        (values,) = unpack_from("<H", data, place + (6 if named else 4))
        place += (8 if named else 6) + (-(-name // 8) * 8 if version == 1 else name) + 4 * values
        place += 4 * (values % 2) if version == 1 else 0
        if number not in (DEFLATE, SHUFFLE, CHECKSUM):
            raise Foreign(f"it is compressed in a way that is not known (filter {number})")
        yield number
    if not place:
        raise Damaged("filters that cannot be read")
