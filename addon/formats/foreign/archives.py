# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that are no model and may hold one. Only names are read; nothing is unpacked to the disk."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from ...containers import tar, zip_archive
from ...containers.natural_order import brief
from .kind import Kind

# What may be a model, by its suffix or, in folders of one, its name; the likeliest first.
MODEL = re.compile(
    r"\.(onnx|keras|safetensors|pt|pth|h5|hdf5|ckpt|bin|tflite|gguf|pb|mlmodel|caffemodel|pt2)$", re.IGNORECASE
)
ORDER = ("onnx", "keras", "safetensors", "pt", "pth", "h5", "hdf5", "ckpt")
NO_MODEL = re.compile(
    r"(^|/)(optimizer|scheduler|training_args|scaler|rng_state)|(^|/)(\._|__MACOSX)|/\.data/|/data/\d"
)
LEFT = "unpack it and open the model in it"
CLOSED = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard-compressed file"),
    (b"BZh", "a bzip2-compressed file"),
    (b"\xfd7zXZ\0", "an xz-compressed file"),
    (b"\x04\x22\x4d\x18", "an LZ4-compressed file"),
)
PIECE = 1 << 16  # bytes that are unpacked in one go
LARGEST_TAR = 1 << 26  # bytes of a packed tar archive that are unpacked in memory to see its names


def kind(head: bytes, path: Path) -> Kind | None:
    """The kind of an archive, with the model that it holds."""
    if head.startswith(b"PK\x03\x04"):
        return _zip(path)
    if head.startswith(b"PK\x05\x06"):
        return Kind("an empty zip archive", "fetch it again")
    if head[257:262] == b"ustar":
        return _tar(path)
    if head.startswith(b"\x1f\x8b"):
        return _gzip(path)
    name = next((name for magic, name in CLOSED if head.startswith(magic)), None)
    return Kind(f"{name}, not a model", LEFT) if name else None


def is_torch_tar(path: Path) -> bool:
    """Whether a tar archive is of the first versions of PyTorch."""
    names = {name.removeprefix("./") for name in _tar_names(path)}
    return {"storages", "tensors", "pickle"} <= names


def _zip(path) -> Kind | None:
    names = list(zip_archive.archive(path).members)
    if any(name.endswith("com.apple.CoreML/model.mlmodel") for name in names):
        return Kind("a Core ML model in an archive", "unpack it and open its folder")
    return _holding("a zip archive", names)


def _tar(path) -> Kind | None:
    return None if is_torch_tar(path) else _holding("a tar archive", _tar_names(path))


def _gzip(path) -> Kind:
    """A gzip file: one packed file, often a tar archive. The names are read out of its beginning."""
    unpacker = zlib.decompressobj(31)
    data = b""
    with path.open("rb") as file:
        try:
            data = unpacker.decompress(file.read(PIECE), PIECE)
        except zlib.error:
            pass
    if data[257:262] == b"ustar":
        return _holding("a packed tar archive", _packed_names(path))
    name = path.stem if path.suffix == ".gz" and MODEL.search(path.stem) else ""
    return (
        Kind(f"a gzip-compressed file that holds {brief(name)}", "unpack it: gunzip")
        if name
        else Kind("a gzip-compressed file, not a model", LEFT)
    )


def _tar_names(path) -> list[str]:
    with path.open("rb") as file:
        return list(tar.names(file.read, lambda size: file.seek(size, 1)))


def _packed_names(path) -> list[str]:
    """The names in a packed tar archive, as far as its first bytes tell them."""
    with path.open("rb") as file:
        unpacked = _Unpacked(file)
        return list(tar.names(unpacked.read, unpacked.skip))


class _Unpacked:
    """The beginning of a gzip file, unpacked in pieces; behind so many bytes it ends."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._unpacker = zlib.decompressobj(31)
        self._left = LARGEST_TAR

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        parts: list[bytes] = []
        while size > 0 and self._left > 0 and not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._file.read(PIECE)
            if not packed:
                break
            try:
                part = self._unpacker.decompress(packed, min(size, PIECE))
            except zlib.error:
                break
            parts.append(part)
            size -= len(part)
            self._left -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        while size > 0 and (part := self.read(min(size, PIECE))):
            size -= len(part)


def _holding(what: str, names: Iterable[str]) -> Kind:
    """An archive by what it holds: a model, several, or none."""
    names = list(names)
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        return Kind(f"{what} that holds a SavedModel of TensorFlow", "unpack it and open its folder")
    models = sorted(
        (name for name in names if MODEL.search(name) and not NO_MODEL.search(name)),
        key=lambda name: (_rank(name), name.count("/"), len(name)),
    )
    if not models:
        return Kind(f"not a model but {what}", LEFT)
    more = f" and {len(models) - 1:,} more" if len(models) > 1 else ""
    return Kind(f"{what} that holds {brief(models[0])}{more}", "unpack it and open that")


def _rank(name) -> int:
    suffix = name.rpartition(".")[2].lower()
    return ORDER.index(suffix) if suffix in ORDER else len(ORDER)
