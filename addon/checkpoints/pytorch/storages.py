# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tensors of PyTorch's -> `Stored`: where their numbers lie in the file, or how to read those that lie otherwise."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
from onnx import helper

from ..checkpoint import ITEM_SIZE
from ..errors import CheckpointError
from ..stored import Stored
from .records import Absent, Array, Tensor
from .types import COMPLEX, dtype_of

CUT_SHORT = "the file is cut short: fetch it again"
MOST_SPREAD = 1 << 26  # numbers of a tensor that repeats those of a smaller storage


class UnsupportedError(Exception):
    """A tensor that is sound, but of a kind that cannot be shown: why."""


@dataclass(frozen=True)
class Place:
    """Where a storage's bytes lie: from `offset` in the file, or what `read` gives, where they are compressed."""

    size: int
    offset: int = 0
    read: Callable[[], bytes] | None = None


@dataclass(frozen=True)
class Storages:
    """The storages of a file by their keys."""

    path: Path
    places: Mapping[str, Place]
    big_endian: bool = False
    _readers: dict[tuple, Callable[[], np.ndarray]] = field(default_factory=dict, repr=False)

    def unread(self, tensors: Iterable[Tensor | Array | Absent]) -> int:
        """How many bytes of storages none of these tensors views."""
        viewed = {one.storage.key for one in tensors if isinstance(one, Tensor)}
        return sum(place.size for key, place in self.places.items() if key not in viewed)

    def stored(self, name: str, found: Tensor | Array) -> Stored:
        """Raises `CheckpointError` if numbers are missing, `UnsupportedError` if they are of an unknown type."""
        return self._array(name, found) if isinstance(found, Array) else self._tensor(name, found)

    def number(self, name: str, found: Tensor | Array) -> int | float | bool:
        """The one number of a tensor without axes. Raises as `stored` does."""
        one = self.stored(name, found)
        return (one.read or (lambda: self._read(self.places[found.storage.key], found)))().item()

    def _tensor(self, name, tensor):
        if tensor.data_type not in ITEM_SIZE or tensor.data_type in COMPLEX:
            raise UnsupportedError("complex" if tensor.data_type in COMPLEX else "of an unknown type")
        place = self.places.get(tensor.storage.key)
        if place is None:
            raise CheckpointError(self.path, f"the numbers of '{name}' are not in the file", CUT_SHORT)
        item, count = ITEM_SIZE[tensor.data_type], prod(tensor.shape)
        last = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
        needed = item * (tensor.offset + last + 1) if count else 0
        if needed > place.size:
            raise CheckpointError(self.path, f"'{name}' needs {needed:,} bytes of its storage, which has "
                                  f"{place.size:,}", CUT_SHORT)
        whole = is_contiguous(tensor.shape, tensor.strides)
        if whole and place.read is None and (item == 1 or not self.big_endian):
            return Stored(name, tensor.shape, tensor.data_type, self.path.name,
                          place.offset + item * tensor.offset if count else 0)
        if count > max(place.size, MOST_SPREAD):
            raise CheckpointError(self.path, f"'{name}' spreads {place.size:,} bytes over {count:,} numbers",
                                  "refused for safety")
        key = tensor.storage.key, tensor.data_type, tensor.offset, tensor.shape, tensor.strides
        read = self._readers.setdefault(key, lambda: self._read(place, tensor))  # one for tied weights
        return Stored(name, tensor.shape, tensor.data_type, read=read)

    def _read(self, place, tensor):
        dtype, item = dtype_of(tensor.data_type), ITEM_SIZE[tensor.data_type]
        if not prod(tensor.shape):
            return np.empty(tensor.shape, dtype)
        data = self._bytes(place)
        if self.big_endian and item > 1:  # by unsigned integers: not every type has another byte order
            numbers = np.frombuffer(data, f">u{item}", place.size // item).astype(f"<u{item}").view(dtype)
        else:
            numbers = np.frombuffer(data, dtype, place.size // item)
        strides = [item * stride for stride in tensor.strides]
        view = np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides, writeable=False)
        return np.ascontiguousarray(view).reshape(tensor.shape)

    def _bytes(self, place):
        if place.read is not None:
            return place.read()
        with self.path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return memoryview(whole)[place.offset : place.offset + place.size]

    def _array(self, name, array):
        try:
            dtype = np.dtype(array.text)
            data_type = helper.np_dtype_to_tensor_dtype(dtype.newbyteorder("="))
        except (TypeError, ValueError, KeyError) as error:
            raise UnsupportedError(f"of NumPy's type '{array.text[:20]}'") from error
        if data_type not in ITEM_SIZE or data_type in COMPLEX or dtype.kind not in "fiub":
            raise UnsupportedError(f"of NumPy's type '{array.text[:20]}'")
        if prod(array.shape) * dtype.itemsize != len(array.data):
            raise CheckpointError(self.path, f"'{name}' of shape {list(array.shape)} has {len(array.data):,} bytes",
                                  "fetch it again")

        def read():
            values = np.frombuffer(array.data, dtype).reshape(array.shape, order="F" if array.columns_first else "C")
            return np.ascontiguousarray(values, dtype.newbyteorder("=")).reshape(array.shape)

        return Stored(name, array.shape, data_type, read=read)


def is_contiguous(shape, strides) -> bool:
    """Whether a tensor's numbers lie in C order without gaps."""
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size > 1 and stride != expected:
            return False
        expected *= max(size, 1)
    return True
