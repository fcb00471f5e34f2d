# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are no models, one of each kind."""

import shutil
from pathlib import Path

import numpy as np
import onnx

from scene import look
from unit.make import DATA

# what the message has to say
KINDS = {
    "missing.onnx": "no such file",
    "folder.onnx": "folder",
    "empty.onnx": "empty",
    "truncated.onnx": "damaged|cut short",
    "random.onnx": "not an ONNX model|damaged|cut short",
    "text.onnx": "a text, not a model",
    "other.onnx": "not an ONNX model|damaged|cut short",
    "picture.onnx": "PNG picture",
    "external.onnx": "not there",
    "outside.onnx": "outside",
    "short.onnx": "cut short",
}


def make(folder: Path, kind: str) -> Path:
    """A bad file of one of KINDS."""
    path = folder / kind
    if kind == "folder.onnx":
        path.mkdir()
    elif kind == "picture.onnx":
        shutil.copy(look.DIGIT, path)
    elif kind in ("external.onnx", "outside.onnx", "short.onnx"):
        _external(path, kind)
    elif kind != "missing.onnx":
        path.write_bytes(
            {
                "empty.onnx": b"",
                "truncated.onnx": look.CNN.read_bytes()[:20_000],
                "random.onnx": np.random.default_rng(7).bytes(5_000),
                "text.onnx": b"weights = load('model')\n" * 40,
                # well-formed protobuf of another message
                "other.onnx": onnx.helper.make_tensor("t", onnx.TensorProto.FLOAT, [3], [1, 2, 3]).SerializeToString(),
            }[kind]
        )
    return path


def _external(path, kind):
    """A model whose weights lie in a file that is not there, not beside it, or too short."""
    source = DATA / "onnx_external_data"
    model = onnx.load(source / "mnist_cnn.onnx", load_external_data=False)
    weights = (source / "mnist_cnn.onnx.data").read_bytes()
    location = {"external.onnx": "gone.data", "outside.onnx": "../secret", "short.onnx": "short.data"}[kind]
    for entry in (entry for tensor in model.graph.initializer for entry in tensor.external_data):
        entry.value = location if entry.key == "location" else entry.value
    if kind != "external.onnx":
        (path.parent / location).write_bytes(weights[: len(weights) // 2] if kind == "short.onnx" else weights)
    path.write_bytes(model.SerializeToString())
