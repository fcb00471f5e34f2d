# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the layers of a checkpoint are joined: by its own graph, by an architecture from elsewhere, else inferred.

`open_checkpoint` is the way in.
"""

from __future__ import annotations

from pathlib import Path

from ..containers import CheckpointError
from ..formats import Checkpoint, table
from ..formats.weights import Weights


def open_checkpoint(path: str | Path, architecture: str | Path | None = None, part: str = "") -> Checkpoint:
    """Open a checkpoint file without reading its weights.

    `architecture` is an ONNX model or a Keras architecture (JSON) that says how the tensors of a weights-only file are
    joined; without, one beside the file is used, else it is inferred. `part` names one of several models in a file;
    without, it is the likeliest. Raises `CheckpointError`.
    """
    path = Path(path)
    try:
        read = table.read(path, part)
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror or error})") from error
    if isinstance(read, Weights):
        from ..structure import architecture as architectures
        from ..structure.inferred import infer

        made = architectures.attach(read, Path(architecture) if architecture else None) or infer(read)
        made.part, made.parts, made.part_chosen = read.part, read.parts, bool(part)
        return made
    if architecture:
        raise CheckpointError(path, "says itself how its weights are joined", "open it without an architecture")
    read.part_chosen = bool(part)
    return read
