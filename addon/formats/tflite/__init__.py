# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TensorFlow Lite models: float, float16 and every way of quantising them. One signature of a file is one model."""

from __future__ import annotations

import json
import mmap
import zipfile
from pathlib import Path

from ...containers import flatbuffers
from ...containers.errors import CheckpointError
from ...containers.flatbuffers import FlatBufferError
from ...containers.natural_order import brief
from ..checkpoint import Checkpoint
from ..keras.graph import Unwritable
from .model import Model
from .writing import Writing

FORMAT = "tflite"
LARGEST_LABELS = 1 << 20  # bytes of a list of labels

__all__ = ["read"]


def read(path: Path, part: str = "") -> Checkpoint:
    """Open a model; `part` names one of several signatures. Raises `CheckpointError`."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        model = Model(path, flatbuffers.root(data))
        signature = _chosen(path, model, part)
        made = Writing(model, signature).checkpoint(FORMAT, model.producer)
    except FlatBufferError as error:
        problem = f"a TensorFlow Lite model that is damaged or cut short ({error})"
        raise CheckpointError(path, problem, "fetch it again") from error
    except Unwritable as error:
        raise CheckpointError(path, f"a TensorFlow Lite model that cannot be read: {error}") from error
    if len(model.signatures) > 1:
        made.part = signature.name
        count = sum(tensor.size for tensor in model.constants())
        made.parts = {one.name: count for one in model.signatures}
    labels = _labels(path)
    if labels:
        made.model.metadata_props.add(key="labels", value=json.dumps(labels))
    return made


def _chosen(path, model, part):
    for signature in model.signatures:
        if part in ("", signature.name):
            return signature
    if part:
        listed = ", ".join(brief(signature.name) for signature in model.signatures)
        raise CheckpointError(path, f"has no part '{brief(part)}'", f"it has {listed}")
    return model.whole()


def _labels(path) -> list[str]:
    """The names of classes in a list that is packed behind the model, as its metadata have them."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = info.filename.lower()
                if name.endswith(".txt") and "label" in name and info.file_size <= LARGEST_LABELS:
                    with archive.open(info) as file:
                        text = file.read(LARGEST_LABELS + 1).decode("utf-8", "replace")
                    return [line.strip() for line in text.splitlines() if line.strip()]
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError):
        return []
    return []
