# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights from one file, and how they are joined from another: an ONNX model or a Keras architecture in JSON."""

from __future__ import annotations

from os.path import commonprefix
from pathlib import Path

from ...containers import bounded_json
from ...containers.errors import CheckpointError
from ...formats.checkpoint import Checkpoint
from ...formats.weights import Weights
from . import keras_json, onnx_model

LARGEST = 1 << 24  # bytes of a file that is looked at beside weights
MOST = 64  # of such files


def attach(weights: Weights, file: Path | None) -> Checkpoint | None:
    """The weights in the architecture of a file.

    Without a file, Keras weights take the architecture that lies beside them (JSON), if one fits and no other fits as
    well; None if there is none. Raises `CheckpointError` where a given file is no architecture or does not fit.
    """
    if file is None:
        return _beside(weights) if weights.layout == "keras" else None
    if not file.is_file():
        raise CheckpointError(file, "no such file", "check the path of the architecture")
    with file.open("rb") as opened:
        is_json = opened.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    if is_json:
        return keras_json.attach(weights, bounded_json.read(file, "the architecture"), file)
    return onnx_model.attach(weights, file)


def _beside(weights):
    attached = []
    beside = weights.path.parent.glob("*.json")
    files = sorted(path for path in beside if path.is_file() and path.stat().st_size <= LARGEST)
    for file in files[:MOST]:
        try:
            attached.append(keras_json.attach(weights, bounded_json.read(file, "the architecture"), file))
        except CheckpointError:
            continue  # another kind of JSON, or for other weights
    if len(attached) > 1:
        alike = [len(commonprefix([made.architecture.name, weights.path.name])) for made in attached]
        if alike.count(max(alike)) > 1:
            weights.notes.append(
                f"{attached[0].architecture.name} and {len(attached) - 1} more beside it fit: choose one"
            )
            return None
        return attached[alike.index(max(alike))]
    return attached[0] if attached else None
