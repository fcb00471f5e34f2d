# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""PyTorch checkpoints (.pt, .pth, .bin) without PyTorch: torch.save of every generation, and TorchScript."""

from __future__ import annotations

from pathlib import Path

from ...containers.errors import CheckpointError
from ..checkpoint import Checkpoint
from ..weights import Weights
from . import saved_files, sequential, state, torchscript


def read(path: Path, part: str = "") -> Checkpoint | Weights:
    """A `Checkpoint` where the file says how its tensors are joined, else its `Weights`; of several models in it this
    `part`. Raises `CheckpointError`."""
    if saved_files.is_zip(path) and (package := saved_files.Package.open(path)):
        saved = package.load()
        held = state.find(path, saved, part)
        return sequential.graph(path, saved, held) or state.weights(path, saved, held)
    opened = saved_files.Zip.open(path) if saved_files.is_zip(path) else None
    if opened and opened.has("constants.pkl"):
        if part:
            raise CheckpointError(path, f"has no part '{part[:80]}'", "it is one model")
        return torchscript.read(opened)
    saved = opened.load() if opened else saved_files.load_legacy(path)
    held = state.find(path, saved, part)
    return sequential.graph(path, saved, held) or state.weights(path, saved, held)
