# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""State dicts in several files, which an index in JSON names (pytorch_model.bin.index.json)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from onnx import ModelProto

from ...containers import bounded_json, shards
from ...containers.errors import CheckpointError
from ...containers.stored import Stored
from ..checkpoint import Checkpoint
from ..weights import Weights, config_beside
from . import saved_files, state

WHAT = "the index of its shards"


def read(path: Path) -> Weights:
    """The tensors of all shards, in the order of the index. Raises `CheckpointError`."""
    places = bounded_json.read(path, WHAT).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(shard, str) for shard in places.values()):
        raise CheckpointError(path, "an index of shards that names no file", "fetch it again")
    held: dict[str, Stored] = {}
    notes: list[str] = []
    for file in shards.named(path, set(places.values())):
        saved = saved_files.Zip.open(file).load() if saved_files.is_zip(file) else saved_files.load_legacy(file)
        weights = state.weights(file, saved, state.find(file, saved))
        notes += weights.notes
        held |= {stored.name: _read_by(file, stored) for stored in weights.tensors}
    missing = next((name for name in places if name not in held), None)
    if missing is not None and not notes:
        raise CheckpointError(
            path,
            f"'{missing[:80]}' should be in '{places[missing][:80]}', which has no such tensor",
            "fetch both again",
        )
    tensors = [held[name] for name in places if name in held]
    return Weights(path, state.FORMAT, tensors, producer=state.PRODUCER, notes=notes, config=config_beside(path, notes))


def _read_by(file: Path, stored: Stored) -> Stored:
    """A tensor of a shard that is a link, as in download caches: the folder holds the link, not what it leads to."""
    if stored.read is not None or not file.is_symlink():
        return stored
    linked = Checkpoint(file, state.FORMAT, ModelProto())
    return replace(stored, file="", offset=None, read=partial(linked.array, stored.proto()))
