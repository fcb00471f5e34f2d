# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zip archives (.keras, .pt): members by name, where their bytes lie, and reading them within bounds."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from .errors import CheckpointError
from .natural_order import brief

LOCAL, LOCAL_MAGIC = struct.Struct("<4s22xHH"), b"PK\x03\x04"
MOST_MEMBERS = 1 << 20
LARGEST = 1 << 30  # bytes of a compressed member when it is unpacked
DENSEST = 1100  # times that deflate can shrink a run of bytes; more is a lie about the size


@dataclass(frozen=True)
class Member:
    """A file in the archive: where its bytes begin (None if they are compressed) and how many they are."""

    name: str
    offset: int | None
    size: int


@dataclass
class Archive:
    """An opened archive. No member leads outside of it, none lies outside the file, and none is encrypted."""

    path: Path
    members: dict[str, Member]
    _zip: zipfile.ZipFile = field(repr=False)

    def read(self, name: str, most: int) -> bytes:
        """A member's bytes, whole, at most so many. Raises `CheckpointError`."""
        member = self.members.get(name)
        if member is None:
            raise CheckpointError(self.path, f"the archive has no '{brief(name)}'", "fetch it again")
        if member.size > most:
            raise CheckpointError(
                self.path,
                f"'{brief(name)}' in the archive has {member.size:,} bytes, more than the {most:,} that it can need",
                "refused for safety",
            )
        try:
            with self._zip.open(name) as file:
                data = file.read(member.size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            problem = f"'{brief(name)}' in the archive is damaged ({brief(str(error))})"
            raise CheckpointError(self.path, problem, "fetch it again") from error
        if len(data) != member.size:
            raise CheckpointError(self.path, f"'{brief(name)}' in the archive is cut short", "fetch it again")
        return data

    def open(self, name: str) -> IO[bytes]:
        """A member as a file that is unpacked as it is read. Raises `CheckpointError`."""
        try:
            return self._zip.open(name)
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
            problem = f"'{brief(name)}' in the archive is damaged ({brief(str(error))})"
            raise CheckpointError(self.path, problem, "fetch it again") from error


def archive(path: Path) -> Archive:
    """Open a zip archive and look at its directory. Raises `CheckpointError`."""
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, struct.error, UnicodeDecodeError) as error:
        raise CheckpointError(
            path, f"a damaged or cut short zip archive ({brief(str(error))})", "fetch it again"
        ) from error
    infos = opened.infolist()
    if len(infos) > MOST_MEMBERS:
        raise CheckpointError(path, f"a zip archive of {len(infos):,} files", "refused for safety")
    length = path.stat().st_size
    with path.open("rb") as file:
        members = {info.filename: _member(path, file, length, info) for info in infos if not info.is_dir()}
    if len(members) != sum(not info.is_dir() for info in infos):
        raise CheckpointError(path, "a zip archive with two files of one name", "refused for safety")
    return Archive(path, members, opened)


def _member(path, file, length, info):
    name = info.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in "".join(parts[:1]):
        raise CheckpointError(
            path, f"the archive holds a file that leads outside of it ({name[:80]!r})", "refused for safety"
        )
    if info.flag_bits & 1:
        raise CheckpointError(path, f"'{brief(name)}' in the archive is encrypted", "save it without a password")
    file.seek(max(info.header_offset, 0))
    header = file.read(LOCAL.size)
    if info.header_offset < 0 or len(header) < LOCAL.size or not header.startswith(LOCAL_MAGIC):
        raise CheckpointError(path, f"'{brief(name)}' is not where the archive's directory says", "fetch it again")
    _, name_length, extra_length = LOCAL.unpack(header)
    offset = info.header_offset + LOCAL.size + name_length + extra_length
    if offset + info.compress_size > length:
        raise CheckpointError(
            path, f"'{brief(name)}' ends behind the end of the archive", "the file is cut short: fetch it again"
        )
    if info.compress_type == zipfile.ZIP_STORED:
        if info.compress_size != info.file_size:
            raise CheckpointError(
                path, f"the archive contradicts itself on the size of '{brief(name)}'", "fetch it again"
            )
        return Member(name, offset, info.file_size)
    if info.file_size > min(LARGEST, DENSEST * (info.compress_size + 1)):
        raise CheckpointError(path, f"'{brief(name)}' would unpack to {info.file_size:,} bytes", "refused for safety")
    return Member(name, None, info.file_size)
