# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of formats. What a file is, its content says: a wrong suffix opens all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from .checkpoint import Checkpoint
from .weights import Weights

HEAD = 512  # bytes by which a file is told
INDEX = 1 << 16  # bytes of JSON in which an index names a file


@dataclass(frozen=True)
class Reader:
    """A kind of file: what people call it, its usual suffixes, whether a file is one, and the module that reads it.

    `sniff` gets the first bytes and the path. The module's `read(path)` gives a `Checkpoint`, or `Weights` where the
    file does not say how its tensors are joined. Where `parts` is set, `read(path, part)` takes one of several models.
    """

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes, Path], bool]
    module: str
    parts: bool = False

    def read(self, path: Path, part: str = "") -> Checkpoint | Weights:
        """What the file holds, by this reader. Raises `CheckpointError`."""
        module = import_module(f".{self.module}", __package__)
        if part and not self.parts:
            raise CheckpointError(path, f"has no part '{brief(part)}'", "it is one model")
        return module.read(path, part) if self.parts else module.read(path)


def _has_members(*names: str):
    """A zip archive with a file of one of these names, at its top or in its one folder."""

    def sniff(head: bytes, path: Path) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        from ..containers.zip_archive import archive

        members = archive(path).members
        return any(member == name or member.endswith(f"/{name}") for member in members for name in names)

    return sniff


def _is_pickle(head: bytes, path: Path) -> bool:
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _is_tar(head: bytes, path: Path) -> bool:
    return head[257:262] == b"ustar"


def _is_safetensors(head: bytes, path: Path) -> bool:
    return len(head) > 9 and head[8:9] == b"{"


def _is_json(head: bytes, path: Path) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _is_keras_index(head: bytes, path: Path) -> bool:
    if not _is_json(head, path):
        return False
    with path.open("rb") as file:
        return b'.weights.h5"' in file.read(INDEX)


READERS = (
    Reader("Keras (HDF5)", (".h5", ".hdf5"), lambda head, path: head.startswith(b"\x89HDF\r\n\x1a\n"), "keras"),
    Reader("Keras", (".keras",), _has_members("config.json", "model.weights.h5"), "keras"),
    Reader("Keras (sharded)", (".weights.json",), _is_keras_index, "keras"),
    Reader("PyTorch", (".pt", ".pth", ".bin"), _has_members("data.pkl", "constants.pkl"), "pytorch", True),
    Reader("PyTorch (torch.package)", (".pt",), _has_members(".data/extern_modules"), "pytorch", True),
    Reader("PyTorch (before 1.6)", (".pt", ".pth", ".bin"), _is_pickle, "pytorch", True),
    Reader("PyTorch (first versions)", (".pt", ".pth"), _is_tar, "pytorch"),
    Reader("safetensors", (".safetensors",), _is_safetensors, "safetensors_file"),
    Reader("safetensors (sharded)", (".safetensors.index.json",), _is_json, "safetensors_file"),
    Reader("ONNX", (".onnx",), lambda head, path: True, "onnx_file"),  # a protobuf has no magic number
)
SUFFIXES = tuple(dict.fromkeys(suffix for reader in READERS for suffix in reader.suffixes))

# What other files begin with, to name what was found instead of a model.
_OTHERS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"BLENDER", "a Blender file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard-compressed file"),
    (b"\x1f\x8b", "a gzip-compressed file"),
)


def read(path: Path, part: str = "") -> Checkpoint | Weights:
    """What a file holds, by the reader of its format. Raises `CheckpointError`, and `OSError`."""
    return _reader(path).read(path, part)


def _reader(path: Path) -> Reader:
    if path.is_dir():
        raise CheckpointError(path, "a folder, not a model file", "name the file itself")
    if not path.exists():
        raise CheckpointError(path, "no such file", "check the path")
    if not path.is_file():
        raise CheckpointError(path, "not a regular file")
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise CheckpointError(path, "an empty file (0 bytes)", "fetch it again")
    reader = next((reader for reader in READERS[:-1] if reader.sniff(head, path)), None)
    if reader:
        return reader
    if _has_members("archive_format")(head, path):
        raise CheckpointError(
            path, "a program of torch.export, which is not read", "export it as ONNX, or save its state_dict"
        )
    for magic, kind in _OTHERS:
        if head.startswith(magic):
            raise CheckpointError(path, f"not a model but {kind}", f"open one of {', '.join(SUFFIXES)}")
    return READERS[-1]
