# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tensors of PyTorch's -> `Stored`: where their numbers lie in the file, or how to read those that lie otherwise."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ...containers.errors import CheckpointError
from ...containers.pickle.records import Absent, Array, Sparse, Tensor
from ...containers.pickle.torch_types import COMPLEX, dtype_of
from ...containers.stored import ITEM_SIZE, Stored

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

    def unread(self, tensors: Iterable[Tensor | Array | Sparse | Absent]) -> int:
        """How many bytes of storages none of these tensors views."""
        viewed = {key for tensor in tensors for key in _keys(tensor)}
        return sum(place.size for key, place in self.places.items() if key not in viewed)

    def stored(self, name: str, tensor: Tensor | Array | Sparse) -> Stored:
        """A quantised tensor as the numbers that it stands for, a sparse one with its zeros.

        Raises `CheckpointError` if numbers are missing, `UnsupportedError` if they are of an unknown type.
        """
        if isinstance(tensor, Array):
            return self._array(name, tensor)
        if isinstance(tensor, Sparse):
            return self._sparse(name, tensor)
        return self._tensor(name, tensor) if tensor.scale is None else self._quantised(name, tensor)

    def number(self, name: str, tensor: Tensor | Array) -> int | float | bool:
        """The one number of a tensor without axes. Raises as `stored` does."""
        return self._numbers(name, tensor)().item()

    def _numbers(self, name, part):
        """How to read a tensor that is part of another."""
        stored = self.stored(name, part)
        return stored.read or (lambda: self._read(self.places[part.storage.key], part))

    def _quantised(self, name, tensor):
        """(number - zero point) x scale, each one number or one for each place on an axis."""
        plain = replace(tensor, scale=None, zero_point=None)
        parts = []
        for part in (tensor.scale, tensor.zero_point):
            if isinstance(part, (int, float)):
                parts.append(lambda part=part: np.float32(part))
            elif isinstance(part, (Tensor, Array)) and tensor.shape[tensor.axis : tensor.axis + 1] == part.shape:
                parts.append(self._numbers(name, part))
            else:
                raise UnsupportedError("quantised in a way that is not known")
        numbers, (scale, zero) = self._numbers(name, plain), parts
        along = [-1 if axis == tensor.axis else 1 for axis in range(len(tensor.shape))]

        def read():
            scales, zeros = (np.asarray(part(), np.float32) for part in (scale, zero))
            scales, zeros = (array.reshape(along) if array.ndim else array for array in (scales, zeros))
            with np.errstate(over="ignore", invalid="ignore"):  # scales that are no numbers are the file's
                return (numbers().astype(np.float32) - zeros) * scales

        key = "quantised", *_key(tensor)
        return Stored(name, tensor.shape, TensorProto.FLOAT, read=self._readers.setdefault(key, read))

    def _sparse(self, name, sparse):
        if prod(sparse.shape) > MOST_SPREAD:
            raise UnsupportedError("sparse, and too large with its zeros")
        parts = [self._numbers(name, part) for part in sparse.parts]
        data_type = sparse.parts[-1].data_type
        if data_type in COMPLEX:
            raise UnsupportedError("complex")

        def read():
            try:
                return dense(sparse.layout, [part() for part in parts], sparse.shape)
            except (ValueError, IndexError) as error:
                raise CheckpointError(
                    self.path,
                    f"the sparse tensor '{name}' has numbers outside its shape {list(sparse.shape)}",
                    "fetch it again",
                ) from error

        return Stored(name, sparse.shape, data_type, read=read)

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
            raise CheckpointError(
                self.path, f"'{name}' needs {needed:,} bytes of its storage, which has {place.size:,}", CUT_SHORT
            )
        whole = is_contiguous(tensor.shape, tensor.strides)
        if whole and place.read is None and (item == 1 or not self.big_endian):
            return Stored(
                name,
                tensor.shape,
                tensor.data_type,
                self.path.name,
                place.offset + item * tensor.offset if count else 0,
            )
        if count > max(place.size, MOST_SPREAD):
            raise CheckpointError(
                self.path, f"'{name}' spreads {place.size:,} bytes over {count:,} numbers", "refused for safety"
            )
        read = self._readers.setdefault(_key(tensor), lambda: self._read(place, tensor))  # one for tied weights
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
            raise CheckpointError(
                self.path, f"'{name}' of shape {list(array.shape)} has {len(array.data):,} bytes", "fetch it again"
            )

        def read():
            values = np.frombuffer(array.data, dtype).reshape(array.shape, order="F" if array.columns_first else "C")
            return np.ascontiguousarray(values, dtype.newbyteorder("=")).reshape(array.shape)

        return Stored(name, array.shape, data_type, read=read)


def _key(tensor):
    return tensor.storage.key, tensor.data_type, tensor.offset, tensor.shape, tensor.strides


def dense(layout: str, parts: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """A sparse tensor with its zeros. Raises `ValueError` or `IndexError` where an index lies outside.

    The layouts are those of torch.sparse: COO has indices (axes, numbers), of which equal ones add up; CSR and CSC say
    where each row or column begins, and the places in it; BSR and BSC the same of blocks.
    """
    *indices, values = parts
    made = np.zeros(shape, values.dtype)
    if layout == "sparse_coo":
        places = tuple(np.asarray(index, np.int64) for index in indices[0])
        if len(places) > len(shape) or any(
            ((place < 0) | (place >= size)).any() for place, size in zip(places, shape, strict=False)
        ):
            raise IndexError("an index outside the shape")
        np.add.at(made, places, values)
        return made
    begins, inner = (np.asarray(index, np.int64) for index in indices)
    if len(shape) != 2 or begins.ndim != 1 or (np.diff(begins) < 0).any() or begins[-1:] != len(inner):
        raise ValueError("indices that do not fit")
    lines = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    rows, columns = (lines, inner) if layout in ("sparse_csr", "sparse_bsr") else (inner, lines)
    block = values.shape[1:] if layout in ("sparse_bsr", "sparse_bsc") else (1, 1)
    if len(block) != 2 or min(block) < 1 or any(size % part for size, part in zip(shape, block, strict=True)):
        raise ValueError("blocks that do not fit")
    if (rows < 0).any() or (columns < 0).any():
        raise IndexError("an index outside the shape")
    blocks = made.reshape(shape[0] // block[0], block[0], shape[1] // block[1], block[1])
    blocks.transpose(0, 2, 1, 3)[rows, columns] = values.reshape(-1, *block)
    return made


def is_contiguous(shape, strides) -> bool:
    """Whether a tensor's numbers lie in C order without gaps."""
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size > 1 and stride != expected:
            return False
        expected *= max(size, 1)
    return True


def _keys(tensor) -> Iterable:
    """The storages that a tensor views, with those of its scales or, where it is sparse, of its parts."""
    if isinstance(tensor, Tensor):
        yield tensor.storage.key
        yield from (*_keys(tensor.scale), *_keys(tensor.zero_point))
    elif isinstance(tensor, Sparse):
        for part in tensor.parts:
            yield from _keys(part)
