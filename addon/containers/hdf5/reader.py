# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""HDF5 files as plain data: groups, the attributes that Keras writes, and where each dataset's numbers lie.

Everything is looked at once, when the file is opened, and within bounds; what leads out of the file is refused:
external and soft links, external storage, virtual datasets. No dataset is read before its weights are asked for.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import replace
from math import prod
from pathlib import Path

from onnx import helper

from ..errors import CheckpointError
from ..stored import ITEM_SIZE, MOST_AXES, MOST_ELEMENTS, Stored
from ..zip_archive import DENSEST, LARGEST, Archive
from . import by_h5py, chunked
from .group import SMALL_FLOATS, WANTED, Group
from .messages import (
    ATTRIBUTE,
    ATTRIBUTES,
    DEEPEST,
    FILTERS,
    LAYOUT,
    LINKS,
    MOST_OBJECTS,
    NOWHERE,
    OUTSIDE,
    SPACE,
    TABLE,
    TYPE,
    Damaged,
    File,
    Foreign,
    dense_attributes,
)
from .types import Kind, kind_of, shape_of, texts


def read(path: Path) -> Group:
    """The content of an HDF5 file. Raises `CheckpointError`."""
    return _Walk(path, _mapped(path), 0).root()


def read_member(archive: Archive, name: str) -> Group:
    """The content of an HDF5 file in a zip archive. Raises `CheckpointError`."""
    member = archive.members[name]
    if member.offset is None:
        return _Walk(archive.path, memoryview(archive.read(name, LARGEST)), None).root()
    data = _mapped(archive.path)[member.offset : member.offset + member.size]
    return _Walk(archive.path, data, member.offset).root()


def _mapped(path):
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


class _Walk:
    """Goes once through a file that lies in `path` from `offset` on, or only in memory where that is None."""

    def __init__(self, path: Path, data: memoryview, offset: int | None):
        self.path, self.file, self.offset = path, File(data), offset
        self.seen: set[int] = set()

    def root(self) -> Group:
        """The file's content; what is of a part of the format that is not known here goes to h5py."""
        try:
            address = self.file.root
            return self.group(address, self.file.messages(address), "", 0)
        except Foreign as error:
            if self.offset is not None and by_h5py.is_there():
                return by_h5py.read(self.path, self.offset, len(self.file.data))
            raise self.error(error, "save it as Keras does, without libver") from error
        except (Damaged, struct.error, IndexError) as error:  # the latter two where a message is too short
            raise self.error(error, "fetch it again") from error

    def error(self, problem: Exception, advice: str) -> CheckpointError:
        """What is wrong with the file, in a line."""
        return CheckpointError(self.path, f"an HDF5 file that cannot be read: {problem}", advice)

    def group(self, address, messages, path, depth) -> Group:
        if depth > DEEPEST:
            raise Damaged("groups without end")
        made = Group(path, address, self.attributes(messages))
        for name, inner in self.file.links(messages):
            if inner in self.seen or len(self.seen) > MOST_OBJECTS:
                raise Damaged("objects that hold one another")
            self.seen.add(inner)
            place = f"{path}/{name}" if path else name
            held = self.file.messages(inner)
            kinds = {message.kind for message in held}
            if kinds & {TABLE, LINKS}:
                made.groups[name] = self.group(inner, held, place, depth + 1)
            elif LAYOUT in kinds and (stored := self.dataset(held, place)):
                made.tensors[name] = stored
        return made

    def attributes(self, messages) -> dict[str, str | list[str]]:
        said = {}
        for message in messages:
            if message.kind == ATTRIBUTES and dense_attributes(message.data):
                raise Foreign("it has attributes in the newest layout")
            if message.kind == ATTRIBUTE:
                name, value = texts(self.file, message.data, WANTED)
                if value is not None:
                    said[name] = value
        return said

    def dataset(self, messages, place) -> Stored | None:
        """A dataset's tensor; None for one of texts, which are no weights."""
        data = {message.kind: message.data for message in messages}
        if OUTSIDE in data or len(data[LAYOUT]) > 1 and data[LAYOUT][1] == 3:
            raise CheckpointError(self.path, f"the numbers of '{place}' are in another file", "refused for safety")
        if TYPE not in data or SPACE not in data:
            raise Damaged(f"'{place}' has no type or no shape")
        shape, kind = shape_of(data[SPACE]), kind_of(data[TYPE])
        if kind.text:
            return None
        data_type = kind.data_type or SMALL_FLOATS.get(str(self.attributes(messages).get("dtype")))
        if not data_type or ITEM_SIZE[data_type] != kind.size or shape is None:
            raise CheckpointError(self.path, f"'{place}' holds no numbers of a known kind", "is this a Keras model?")
        if len(shape) > MOST_AXES or prod(max(1, size) for size in shape) > MOST_ELEMENTS:
            raise Damaged(f"'{place}' has an absurd shape")
        return self.stored(Stored(place, shape, data_type), kind, data[LAYOUT], data.get(FILTERS))

    def stored(self, stored: Stored, kind: Kind, layout: memoryview, filters: memoryview | None) -> Stored:
        version, way = layout[0], layout[1]
        size = prod(stored.shape) * kind.size
        dtype = helper.tensor_dtype_to_np_dtype(stored.data_type)
        if version not in (3, 4) or version == 4 and way == 2:
            raise Foreign(f"'{stored.name}' is stored in the newest layout")
        if way == 0:  # beside the description itself
            inside = bytes(layout[4 : 4 + size])
            if len(inside) < size:
                raise Damaged(f"'{stored.name}' is cut short")
            return replace(stored, read=lambda: chunked.array(inside, stored.shape, dtype, kind.swapped))
        if way == 2:
            chunks = chunked.chunks(self.file, layout, filters, stored.shape, kind.size)
            if size > DENSEST * (chunks.held + 1):
                raise CheckpointError(
                    self.path, f"'{stored.name}' would unpack to {size:,} bytes", "refused for safety"
                )
            return replace(stored, read=lambda: chunks.read(self.path, stored.name, dtype, kind.swapped))
        address = int.from_bytes(layout[2:10], "little")
        address = 0 if address == NOWHERE and not size else address
        held = self.file.at(address, size)
        if kind.swapped or self.offset is None:
            return replace(stored, read=lambda: chunked.array(held, stored.shape, dtype, kind.swapped))
        return replace(stored, file=self.path.name, offset=self.offset + address)
