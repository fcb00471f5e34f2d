# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""PyTorch checkpoints (.pt, .pth, .bin) without PyTorch: torch.save of every generation, and TorchScript."""

from __future__ import annotations

from pathlib import Path

from ..checkpoint import Checkpoint
from ..errors import CheckpointError
from ..stored import Weights
from . import files, sequential, state, torchscript


def read(path: Path, part: str = "") -> Checkpoint | Weights:
    """A `Checkpoint` where the file says how its tensors are joined, else its `Weights`; of several models in it this
    `part`. Raises `CheckpointError`."""
    if files.is_zip(path) and (package := files.Package.open(path)):
        saved = package.load()
        found = state.find(path, saved, part)
        return sequential.graph(path, saved, found) or state.weights(path, saved, found)
    opened = files.Zip.open(path) if files.is_zip(path) else None
    if opened and opened.has("constants.pkl"):
        if part:
            raise CheckpointError(path, f"has no part '{part[:80]}'", "it is one model")
        return torchscript.read(opened)
    saved = opened.load() if opened else files.load_legacy(path)
    found = state.find(path, saved, part)
    return sequential.graph(path, saved, found) or state.weights(path, saved, found)
