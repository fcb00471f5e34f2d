# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the model of a composed network is kept: a file for each state, so that undo has that of the state before."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import onnx

from ...containers import CheckpointError
from ...folders import of_user
from ...written import replacing

FOLDER = "composed"
DIGITS = 16  # of the digest that tells one state from another


def keep(model: onnx.ModelProto, name: str) -> Path:
    """Write a model into a folder of the user's; the file. Raises `CheckpointError`, as on a full disk."""
    data = model.SerializeToString(deterministic=True)
    stem = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name)[:80].strip(". ") or "network"
    try:
        path = of_user(FOLDER) / hashlib.sha256(data).hexdigest()[:DIGITS] / f"{stem}.onnx"
        if not path.is_file():
            with replacing(path) as part:
                part.write_bytes(data)
    except OSError as error:
        raise CheckpointError(name, f"cannot be kept ({error.strerror or error})", "make room on the disk") from error
    return path
