# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any checkpoint file -> one ONNX model. `open_checkpoint` is the way in."""

from pathlib import Path

from . import onnx_file
from .checkpoint import Checkpoint
from .errors import CheckpointError

__all__ = ["Checkpoint", "CheckpointError", "SUFFIXES", "open_checkpoint"]

SUFFIXES = (".onnx",)

# What other files begin with, to name what was found instead of a model.
_OTHERS = (
    (b"PK\x03\x04", "a zip archive"), (b"\x89HDF\r\n", "an HDF5 file"), (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"), (b"\x93NUMPY", "a NumPy array"), (b"BLENDER", "a Blender file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard-compressed file"), (b"\x1f\x8b", "a gzip-compressed file"),
)


def open_checkpoint(path: str | Path) -> Checkpoint:
    """Open a checkpoint file without reading its weights. Raises `CheckpointError`."""
    path = Path(path)
    try:
        if path.is_dir():
            raise CheckpointError(path, "a folder, not a model file", "name the file itself")
        if not path.exists():
            raise CheckpointError(path, "no such file", "check the path")
        if not path.is_file():
            raise CheckpointError(path, "not a regular file")
        with path.open("rb") as file:
            head = file.read(64)
        if not head:
            raise CheckpointError(path, "an empty file (0 bytes)", "fetch it again")
        for magic, kind in _OTHERS:
            if head.startswith(magic):
                raise CheckpointError(path, f"not an ONNX model but {kind}", "open an .onnx file")
        return onnx_file.read(path)
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror or error})") from error
