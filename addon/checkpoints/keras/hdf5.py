# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""HDF5 files as plain data: groups, the attributes that Keras writes, and where each dataset's numbers lie.

Everything is looked at once, when the file is opened, and within bounds; what leads out of the file is refused:
external and soft links, external storage, virtual datasets. No dataset is read before its weights are asked for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path

import h5py
import numpy as np
from onnx import TensorProto, helper

from ..errors import CheckpointError
from ..stored import Stored
from ..zipped import DENSEST, LARGEST, Archive

MOST_OBJECTS, DEEPEST = 200_000, 64
LARGEST_ATTRIBUTE = 1 << 26  # bytes
FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_LZF}
# The attributes of Keras; lists that are too long for one are written in parts, "weight_names0" and so on.
ATTRIBUTES = re.compile(r"keras_version|backend|model_config|name|dtype|(layer_names|weight_names)\d*")
# HDF5 has no such types: raw bytes with an attribute `dtype`.
SMALL_FLOATS = ("bfloat16", "float8_e4m3fn", "float8_e5m2")


@dataclass
class Group:
    """A group of an HDF5 file. `address` grows with the order in which groups were written."""

    path: str
    address: int = 0
    attributes: dict[str, str | list[str]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    tensors: dict[str, Stored] = field(default_factory=dict)

    def texts(self, name: str) -> list[str]:
        """An attribute that is a list of texts, put together from its parts."""
        parts = [self.attributes.get(name, [])]
        while (part := self.attributes.get(f"{name}{len(parts) - 1}")) is not None:
            parts.append(part)
        return [text for part in parts for text in ([part] if isinstance(part, str) else part)]

    def tensor(self, path: str) -> Stored | None:
        """A dataset below this group by its path."""
        *groups, name = path.split("/")
        found = self
        for one in groups:
            found = found and found.groups.get(one)
        return found.tensors.get(name) if found else None

    def all(self) -> list[Stored]:
        """Every dataset in this group and below."""
        return [*self.tensors.values(), *(one for group in self.groups.values() for one in group.all())]


@dataclass(frozen=True)
class Source:
    """Where an HDF5 file lies: in the file `path`, from `offset` on; None where it is unpacked into memory first."""

    path: Path
    offset: int | None
    size: int
    open: Callable[[], object]


def read(path: Path) -> Group:
    """The content of an HDF5 file. Raises `CheckpointError`."""
    return _read(Source(path, 0, path.stat().st_size, lambda: str(path)))


def read_member(archive: Archive, name: str) -> Group:
    """The content of an HDF5 file in a zip archive. Raises `CheckpointError`."""
    member = archive.members[name]
    if member.offset is None:
        return _read(Source(archive.path, None, member.size, lambda: io.BytesIO(archive.read(name, LARGEST))))
    return _read(Source(archive.path, member.offset, member.size,
                        lambda: _Part(archive.path, member.offset, member.size)))


class _Part(io.RawIOBase):
    """A run of bytes of a file, as a file of its own."""

    def __init__(self, path: Path, offset: int, size: int):
        self._file, self._offset, self._size = path.open("rb"), offset, size
        self._place = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, place, whence=io.SEEK_SET):
        self._place = place + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def tell(self):
        return self._place

    def readinto(self, buffer):
        self._file.seek(self._offset + self._place)
        data = self._file.read(max(0, min(len(buffer), self._size - self._place)))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self):
        self._file.close()
        super().close()


@contextmanager
def _damage(path):
    """What h5py raises at a damaged file, in one plain line."""
    try:
        yield
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, OverflowError, MemoryError,
            NotImplementedError, SystemError) as error:
        reason = str(error).strip("'\"") or type(error).__name__
        raise CheckpointError(path, f"a damaged or cut short HDF5 file ({reason[:120]})", "fetch it again") from error


def _read(source):
    with _damage(source.path), h5py.File(source.open(), "r") as file:
        return _Walk(source).group(file, "", 0)


class _Walk:
    def __init__(self, source: Source):
        self.source = source
        self.seen: set[int] = set()

    def refuse(self, problem):
        raise CheckpointError(self.source.path, problem, "refused for safety")

    def group(self, group, path, depth):
        address = h5py.h5o.get_info(group.id).addr
        if address in self.seen or depth > DEEPEST or len(self.seen) > MOST_OBJECTS:
            self.refuse("an HDF5 file whose groups have no end")
        self.seen.add(address)
        found = Group(path, address, self.attributes(group))
        for name in group:
            place = f"{path}/{name}" if path else name
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                self.refuse(f"an HDF5 file with a link that leads elsewhere ('{place[:80]}')")
            one = group[name]
            if isinstance(one, h5py.Group):
                found.groups[name] = self.group(one, place, depth + 1)
            elif isinstance(one, h5py.Dataset):
                self.count()
                if one.dtype.kind not in "OSU":  # the words of a vocabulary are no weights
                    found.tensors[name] = self.dataset(one, place)
        return found

    def count(self):
        self.seen.add(-len(self.seen) - 1)
        if len(self.seen) > MOST_OBJECTS:
            self.refuse(f"an HDF5 file of more than {MOST_OBJECTS:,} objects")

    def attributes(self, thing):
        found = {}
        for name in thing.attrs:
            if not ATTRIBUTES.fullmatch(name):
                continue
            attribute = h5py.h5a.open(thing.id, name.encode())
            size = prod(attribute.shape or ()) * attribute.dtype.itemsize
            if size > LARGEST_ATTRIBUTE:
                self.refuse(f"the attribute '{name}' has {size:,} bytes")
            if attribute.dtype.kind in "OSU" and not h5py.check_ref_dtype(attribute.dtype):
                found[name] = _texts(thing.attrs[name])
        return found

    def dataset(self, one, place) -> Stored:
        layout = one.id.get_create_plist()
        if one.is_virtual or layout.get_external_count():
            self.refuse(f"the numbers of '{place}' are in another file")
        if one.shape is None:
            raise CheckpointError(self.source.path, f"'{place}' holds no numbers", "fetch it again")
        data_type = _data_type(one)
        if data_type is None:
            raise CheckpointError(self.source.path, f"'{place}' holds no numbers but {one.dtype}"[:200],
                                  "is this a Keras model?")
        stored = Stored(place, tuple(one.shape), data_type, self.source.path.name)
        size = prod(one.shape) * one.dtype.itemsize
        offset = one.id.get_offset()
        plain = layout.get_layout() == h5py.h5d.CONTIGUOUS and one.dtype.byteorder != ">"
        if plain and self.source.offset is not None and (offset is not None or not size):
            if (offset or 0) + size > self.source.size:
                raise CheckpointError(self.source.path, f"the numbers of '{place}' end behind the end of the file",
                                      "the file is cut short: fetch it again")
            return replace(stored, offset=self.source.offset + (offset or 0))
        self.check_packed(one, layout, place, size)
        return replace(stored, file="", read=_reader(self.source, place, stored))

    def check_packed(self, one, layout, place, size):
        """A dataset that h5py has to read: it cannot hold more than its bytes in the file can be unpacked to."""
        held = one.id.get_storage_size()
        chunk = prod(one.chunks or ()) * one.dtype.itemsize
        if held > self.source.size or max(size, chunk) > DENSEST * (held + 1):
            self.refuse(f"'{place}' would unpack to {max(size, chunk):,} bytes")
        filters = {layout.get_filter(index)[0] for index in range(layout.get_nfilters())}
        if not filters <= FILTERS:
            raise CheckpointError(self.source.path, f"'{place}' is compressed in a way that cannot be read here",
                                  "save the model without compression")


def _data_type(dataset) -> int | None:
    if dataset.dtype.kind in "biuf":
        try:
            return helper.np_dtype_to_tensor_dtype(dataset.dtype.newbyteorder("="))
        except (KeyError, ValueError):
            return None
    said = dataset.attrs.get("dtype") if "dtype" in dataset.attrs else None
    said = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    if dataset.dtype.kind == "V" and dataset.dtype.names is None and said in SMALL_FLOATS:
        number = getattr(TensorProto, said.upper().replace("_", ""))
        return number if helper.tensor_dtype_to_np_dtype(number).itemsize == dataset.dtype.itemsize else None
    return None


def _reader(source, place, stored):
    def array():
        with _damage(source.path), h5py.File(source.open(), "r") as file:
            raw = np.asarray(file[place][()])
            dtype = helper.tensor_dtype_to_np_dtype(stored.data_type)
            return (raw.view(dtype) if raw.dtype.kind == "V" else raw.astype(dtype, copy=False)).reshape(stored.shape)

    return array


def _texts(value):
    """A text, or a list of them; Keras has written bytes, NumPy strings and objects in turn."""
    def text(one):
        return one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)

    return [text(one) for one in value.ravel()] if isinstance(value, np.ndarray) else text(value)
