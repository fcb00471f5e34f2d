# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""PyTorch checkpoints (.pt, .pth, .bin) without PyTorch: torch.save of every generation, and TorchScript."""

from __future__ import annotations

from pathlib import Path

from ..checkpoint import Checkpoint
from ..stored import Weights
from . import files, state


def read(path: Path) -> Checkpoint | Weights:
    """A `Checkpoint` where the file says how its tensors are joined, else its `Weights`. Raises `CheckpointError`."""
    if not files.is_zip(path):
        return state.weights(path, files.load_legacy(path))
    opened = files.Zip.open(path)
    if opened.has("constants.pkl"):
        from . import torchscript

        return torchscript.read(opened)
    return state.weights(path, opened.load())
