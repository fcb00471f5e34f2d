# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `export --arrays` writes, read back: network.json with the layers and the graph, weights.npz beside it.

`network.json` holds under "onnx" the model as protobuf writes messages as JSON; its initializers of type EXTERNAL are
arrays of `weights.npz`, which "weights" names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from google.protobuf import json_format
from onnx import TensorProto

from ..containers import bounded_json, npy
from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from ..containers.stored import MOST_ELEMENTS, Stored
from ..containers.zip_archive import archive
from .checkpoint import Checkpoint, byte_size
from .onnx_file import check

FORMAT, VERSION = "neuroscene-arrays", 1
NETWORK, WEIGHTS, ACTIVATIONS = "network.json", "weights.npz", "activations.npz"
DEEPEST = 64  # messages in messages


def read(path: Path) -> Checkpoint:
    """Open a network.json with the weights beside it. Raises `CheckpointError`."""
    said = bounded_json.read(path, "the list of its layers")
    if said.get("format") != FORMAT or said.get("version") != VERSION:
        raise CheckpointError(path, f"not of the version {VERSION} of {FORMAT}", "export it again")
    model = _model(path, said.get("onnx"))
    names = said.get("weights")
    if not isinstance(names, dict) or not all(isinstance(entry, dict) for entry in names.values()):
        raise CheckpointError(path, "does not list its weights", "export it again")
    outside = [tensor for tensor in model.graph.initializer if tensor.data_location == TensorProto.EXTERNAL]
    readers: dict[str, Callable[[], np.ndarray]] = {}
    if outside:
        held = _arrays(path)
        for tensor in outside:
            entry = names.get(tensor.name)
            key = entry.get("array") if entry else None
            stored = held.get(key) if isinstance(key, str) else None
            if not isinstance(stored, Stored):
                raise CheckpointError(path, f"the weight '{brief(tensor.name)}' is not in {WEIGHTS}", "export it again")
            _refer(path, tensor, stored, readers)
    check(path, model, readers)
    source = said.get("source")
    source = source if isinstance(source, dict) else {}
    structure = "inferred" if source.get("structure") == "inferred" else "graph"
    unread = source.get("unread")
    return Checkpoint(
        path,
        FORMAT,
        model,
        structure,
        readers,
        _texts(source, "notes"),
        unsized=set(_texts(source, "unsized")),
        open=set(_texts(source, "open")),
        unread=unread if type(unread) is int and 0 <= unread < MOST_ELEMENTS else 0,
        origin=str(source.get("format"))[:40],
    )


def _texts(source, name) -> list[str]:
    held = source.get(name)
    return [text for text in held if isinstance(text, str)] if isinstance(held, list) else []


def _model(path, said) -> onnx.ModelProto:
    if not isinstance(said, dict):
        raise CheckpointError(path, "does not hold a graph", "export it again")
    try:
        return json_format.ParseDict(said, onnx.ModelProto(), max_recursion_depth=DEEPEST)
    except (json_format.ParseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointError(path, f"its graph is damaged ({str(error)[:100]})", "export it again") from error


def _arrays(path) -> dict[str, Stored | str]:
    beside = path.with_name(WEIGHTS)
    if not beside.is_file():
        raise CheckpointError(path, f"{WEIGHTS} is not beside it", "put it there, or export it again")
    return npy.members(beside, archive(beside))


def _refer(path, tensor, stored, readers):
    """Let an initializer refer to an array. Types that NumPy has not lie in it as unsigned integers of their size."""
    del tensor.external_data[:]
    held = byte_size(stored.proto())
    if held != byte_size(tensor):
        raise CheckpointError(
            path,
            f"the weight '{brief(tensor.name)}' needs {byte_size(tensor):,} bytes and has {held:,}",
            "export it again",
        )
    proto = replace(stored, name=tensor.name).proto()
    tensor.external_data.extend(proto.external_data)
    if stored.read is not None:
        if stored.data_type != tensor.data_type:
            raise CheckpointError(
                path, f"the weight '{brief(tensor.name)}' has another type in {WEIGHTS}", "export it again"
            )
        readers[tensor.name] = stored.read
