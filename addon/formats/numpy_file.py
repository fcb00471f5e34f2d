# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights as arrays of NumPy: an archive (.npz) of arrays by their names, or one (.npy)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ..containers import npy
from ..containers.errors import CheckpointError
from ..containers.stored import FLOATS, Stored
from ..containers.zip_archive import archive
from .weights import Weights, config_beside

FORMAT = "npz"
# Names by which arrays are known to have the axes of their kernels as PyTorch orders them, or as Keras does.
OF_TORCH = re.compile(r"(^|[./])(weight|running_mean|running_var)$")
OF_KERAS = re.compile(
    r"(^|[./])(kernel|gamma|beta|moving_mean|moving_variance|embeddings?|recurrent_kernel|depthwise_kernel)(:0)?$"
)


def read(path: Path) -> Weights:
    """Open an archive or an array; numbers are not read. Raises `CheckpointError`."""
    with path.open("rb") as file:
        single = file.read(6) == npy.MAGIC
    held = {path.stem: npy.read(path)} if single else npy.members(path, archive(path))
    tensors = [stored for stored in held.values() if isinstance(stored, Stored)]
    left = [problem for problem in held.values() if isinstance(problem, str)]
    if not any(stored.data_type in FLOATS and stored.shape for stored in tensors):
        raise CheckpointError(path, "arrays of NumPy that are no weights", "open it as an input of a model")
    notes = [f"arrays left out: {', '.join(left[:4])}"[:200]] if left else []
    keras = sum(bool(OF_KERAS.search(stored.name)) for stored in tensors)
    torch = sum(bool(OF_TORCH.search(stored.name)) for stored in tensors)
    layout = "keras" if keras > torch else "torch"
    if layout == "keras":
        tensors = [replace(stored, name=_as_keras(stored.name)) for stored in tensors]
    elif not torch:
        notes.append("names do not tell how axes are ordered: as PyTorch has them is assumed")
    return Weights(path, FORMAT, tensors, layout, "NumPy", config_beside(path, notes), notes=notes)


def _as_keras(name: str) -> str:
    """Keras parts names by slashes and puts a number behind those of TensorFlow's tensors."""
    name = name.removesuffix(":0")
    return name if "/" in name else name.replace(".", "/")
