# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two containers of torch.save: a zip archive (since 1.6), and pickles in a row with storages behind them."""

from __future__ import annotations

import io
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...containers.errors import CheckpointError
from ...containers.pickle import callables, machine
from ...containers.pickle.records import Storage
from ...containers.stored import ITEM_SIZE
from ...containers.zip_archive import Archive, Member, archive
from .storages import CUT_SHORT, Place, Storages

PACKAGE = ".data/extern_modules"  # a file of every torch.package
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
COUNT = struct.Struct("<q")


@dataclass
class Saved:
    """What torch.save was given, as records, and the storages that its tensors are views of."""

    data: Any
    storages: Storages


@dataclass
class Zip:
    """An archive of torch.save or torch.jit.save; all its files are in one folder."""

    archive: Archive
    folder: str

    @classmethod
    def open(cls, path: Path) -> Zip:
        """Raises `CheckpointError` if it is no such archive."""
        opened = archive(path)
        main = next(
            (name for name in opened.members if name.rpartition("/")[2] == "data.pkl" and name.count("/") < 2), None
        )
        if main is None:
            raise CheckpointError(path, "a zip archive without a 'data.pkl'", "is this a PyTorch file?")
        return cls(opened, main.removesuffix("data.pkl"))

    def has(self, name: str) -> bool:
        """Whether the archive has a file of this name."""
        return self.folder + name in self.archive.members

    def read(self, name: str, most: int = machine.LARGEST) -> bytes:
        """A file's bytes, at most so many. Raises `CheckpointError`."""
        return self.archive.read(self.folder + name, most)

    def load(self, name: str = "data") -> Saved:
        """What NAME.pkl holds; its storages are in the folder NAME."""
        data = machine.load(self.archive.path, self.read(f"{name}.pkl"), what=f"'{name}.pkl'")
        inside = f"{self.folder}{name}/"
        places = {
            member.name.removeprefix(inside): place_of(self.archive, member)
            for member in self.archive.members.values()
            if member.name.startswith(inside)
        }
        big = self.has("byteorder") and self.read("byteorder", 64).strip() == b"big"
        return Saved(data, Storages(self.archive.path, places, big))


@dataclass
class Package:
    """An archive of torch.package: pickles among the source code of their classes, and their storages in `.data`."""

    archive: Archive
    folder: str

    @classmethod
    def open(cls, path: Path) -> Package | None:
        """None if it is no such archive. Raises `CheckpointError` if it is damaged."""
        opened = archive(path)
        mark = next((name for name in opened.members if name.endswith(PACKAGE) and name.count("/") < 3), None)
        return None if mark is None else cls(opened, mark.removesuffix(PACKAGE))

    def load(self) -> Saved:
        """What its pickles hold: of one what it holds, of several a dict by their names. The code is never run."""
        names = [name for name in self.archive.members if name.endswith(".pkl")]
        inside = f"{self.folder}.data/"
        places = {
            member.name.removeprefix(inside).removesuffix(".storage"): place_of(self.archive, member)
            for member in self.archive.members.values()
            if member.name.startswith(inside) and member.name.endswith(".storage")
        }
        held = {}
        for name in names:
            data = self.archive.read(name, machine.LARGEST)
            held[name.removeprefix(self.folder).removesuffix(".pkl")] = machine.load(
                self.archive.path, data, _numbered, f"'{name}'"
            )
        if not held:
            raise CheckpointError(
                self.archive.path, "an archive of torch.package without a pickle", "is a model in it?"
            )
        big = (
            f"{self.folder}byteorder" in self.archive.members
            and self.archive.read(f"{self.folder}byteorder", 64).strip() == b"big"
        )
        return Saved(next(iter(held.values())) if len(held) == 1 else held, Storages(self.archive.path, places, big))


def _numbered(args):
    """The storage of a persistent id of torch.package, which numbers them."""
    if isinstance(args, tuple) and len(args) > 2 and type(args[2]) is int:
        args = (*args[:2], str(args[2]), *args[3:])
    return callables.storage(args)


def place_of(archive: Archive, member: Member) -> Place:
    """Where the bytes of a storage are that is a file of an archive."""
    if member.offset is not None:
        return Place(member.size, member.offset)
    return Place(member.size, read=lambda: archive.read(member.name, member.size))


def is_zip(path: Path) -> bool:
    """Whether this is one of today's archives. Raises `CheckpointError` for those of the first versions."""
    with path.open("rb") as file:
        head = file.read(512)
    if head[257:262] == b"ustar":
        raise CheckpointError(
            path, "a tar archive, as the first versions of PyTorch wrote", "load it with PyTorch and save it again"
        )
    return head.startswith(b"PK\x03\x04")


def load_legacy(path: Path) -> Saved:
    """A file of torch.save before 1.6, or of `_use_new_zipfile_serialization=False`, or a pickle alone."""
    if not path.stat().st_size:
        raise CheckpointError(path, "an empty file (0 bytes)", "fetch it again")
    with path.open("rb") as opened:
        file = _Mapped(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    used: dict[str, Storage] = {}

    def persistent(args):
        held = callables.storage(args)
        if isinstance(held, Storage):
            used.setdefault(held.key, held)
        return held

    first = machine.load_next(path, file, persistent)
    if type(first) is not int or first != MAGIC:
        return Saved(first, Storages(path, {}))  # a plain pickle: its arrays are in itself
    protocol = machine.load_next(path, file, what="its protocol")
    if type(protocol) is not int or protocol != PROTOCOL:
        raise CheckpointError(path, "a PyTorch file of an unknown protocol", f"{PROTOCOL} is known")
    system = machine.load_next(path, file, what="what it says of its system")
    big = isinstance(system, dict) and system.get("little_endian") is False
    data = machine.load_next(path, file, persistent)
    keys = machine.load_next(path, file, what="its list of storages")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise CheckpointError(path, "its list of storages is no list of names", "fetch it again")
    return Saved(data, Storages(path, _legacy_places(path, file, keys, used), big))


def _legacy_places(path, file, keys, used) -> dict[str, Place]:
    """Storages lie one behind the other, each after the count of its numbers."""
    places = {}
    where = file.tell()
    end = len(file)
    for key in keys:
        if key not in used:
            raise CheckpointError(path, f"the type of its storage {key[:40]!r} is not said", "fetch it again")
        if where + COUNT.size > end:
            raise CheckpointError(path, f"ends before its storage {key[:40]!r}", CUT_SHORT)
        (count,) = COUNT.unpack(file.bytes(where, COUNT.size))
        size = count * ITEM_SIZE.get(used[key].data_type, 1)
        where += COUNT.size
        if count < 0 or where + size > end:
            raise CheckpointError(
                path, f"its storage {key[:40]!r} of {count:,} numbers ends behind the file's end", CUT_SHORT
            )
        places[key] = Place(size, where)
        where += size
    return places


class _Mapped(io.RawIOBase):
    """A mapped file to read pickles from: a read never takes more memory than there are bytes."""

    def __init__(self, data: mmap.mmap):
        self._data = data

    def __len__(self):
        return len(self._data)

    def read(self, size=-1):
        """A file's bytes, at most so many. Raises `CheckpointError`."""
        if min(size, len(self._data)) > machine.LARGEST - self._data.tell():
            raise ValueError(f"it has more than {machine.LARGEST:,} bytes")
        return self._data.read(size)

    def readline(self, size=-1):
        return self._data.readline()

    def tell(self):
        return self._data.tell()

    def bytes(self, where, size):
        return self._data[where : where + size]
