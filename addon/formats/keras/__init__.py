# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keras files of every generation, read without Keras.

`.h5` of Keras 1, 2 and 3 (whole models and weights alone), `.keras` (a zip archive of config.json and
model.weights.h5; in Keras 2.12 an HDF5 file under that name), `.weights.h5`, one or several with their index
(`.weights.json`). Weights stay in the file, where they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

from ...containers import bounded_json, shards
from ...containers.errors import CheckpointError
from ...containers.hdf5 import reader
from ...containers.zip_archive import archive
from ..checkpoint import Checkpoint
from ..weights import Weights
from . import bare, weights
from .call import Finder
from .config import is_architecture, parse
from .graph import Graph
from .models import Walk

__all__ = ["finder", "is_architecture", "read", "write"]

H5, V3, WEIGHTS = "keras-h5", "keras-v3", "keras-weights"
MEMBER = "model.weights.h5"


def read(path: Path) -> Checkpoint | Weights:
    """Open a Keras file: a whole model, or `Weights` where the file does not say how they are joined.

    Raises `CheckpointError`.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    return _read_zip(path) if zipped else _read_hdf5(path)


def _root(path):
    """The content of an HDF5 file, or of all files that an index names."""
    with path.open("rb") as file:
        if file.read(4) == b"\x89HDF":
            return reader.read(path)
    places = bounded_json.read(path, "the index of its shards").get("weight_map")
    names = (
        {name for held in places.values() for name in ([held] if isinstance(held, str) else held)}
        if isinstance(places, dict) and all(isinstance(held, (str, list)) for held in places.values())
        else set()
    )
    if not names or not all(isinstance(name, str) for name in names):
        raise CheckpointError(path, "an index of Keras's weights that names no file", "fetch it again")
    first, *others = (reader.read(file) for file in shards.named(path, names))
    for place, other in enumerate(others, 1):
        first.merge(other, place)
    return first


def _read_hdf5(path):
    root = _root(path)
    version = _attribute(root, "keras_version")
    producer = f"Keras {version}" if version else "Keras"
    text = root.attributes.get("model_config")
    if not isinstance(text, str):
        return bare.weights(path, root, WEIGHTS, producer)
    config = bounded_json.parse(path, text, "its architecture")
    if not is_architecture(config):
        held = bare.weights(path, root, WEIGHTS, producer)
        held.notes.append(f"a model of the class {str(config.get('class_name'))[:80]}, whose layers are not listed")
        return held
    model = parse(path, config, version)
    find = _found(path, root, model)
    return _write(path, model, find, H5, producer)


def _read_zip(path):
    opened = archive(path)
    folder = next(
        (
            name.removesuffix("config.json")
            for name in opened.members
            if name == "config.json" or name.endswith("/config.json")
        ),
        None,
    )
    if folder is None:
        raise CheckpointError(path, "a Keras archive without its config.json", "fetch it again")
    config = bounded_json.parse(path, opened.read(f"{folder}config.json", bounded_json.LARGEST), "its architecture")
    version = ""
    if f"{folder}metadata.json" in opened.members:
        metadata = bounded_json.parse(path, opened.read(f"{folder}metadata.json", bounded_json.LARGEST), "its metadata")
        version = str(metadata.get("keras_version", ""))[:40]
    if f"{folder}{MEMBER}" not in opened.members:
        raise CheckpointError(path, f"a Keras archive without its {MEMBER}", "save the model in one file")
    root = reader.read_member(opened, f"{folder}{MEMBER}")
    producer = f"Keras {version}".strip()
    if not is_architecture(config):
        held = bare.weights(path, root, WEIGHTS, producer)
        held.notes.append(f"a model of the class {str(config.get('class_name'))[:80]}, whose layers are not listed")
        return held
    model = parse(path, config, version)
    return _write(path, model, _found(path, root, model), V3, producer)


def write(
    path: Path,
    config: dict,
    find: Finder,
    format: str,
    producer: str = "",
    structure: str = "graph",
    notes: Sequence[str] = (),
    architecture: Path | None = None,
) -> Checkpoint:
    """The model of a parsed JSON architecture, with weights from anywhere.

    `find(layer, name, shape)` gives the stored tensor of a layer's variable by Keras's names ("conv1", "kernel"; inside
    nested models "encoder/conv1"; inside a layer "query/kernel", "forward/recurrent_kernel"), where `shape` is Keras's
    with None for any size, or raises `CheckpointError`. With `find.layout == "torch"` kernels are (out, in, rows,
    columns), dense ones (out, in), and so is the shape asked for; maps are flattened with their channels first.
    `find.rest(layer)`, if there is one, gives all tensors of a layer. Raises `CheckpointError`.
    """
    version = producer.removeprefix("Keras ") if producer.startswith("Keras ") else ""
    model = parse(architecture or path, config, version)
    return _write(path, model, find, format, producer, structure, notes, architecture)


def finder(held: Weights, config: dict) -> weights.Found:
    """`find` for a Keras file that holds weights alone, with their architecture. Raises `CheckpointError`."""
    version = held.producer.removeprefix("Keras").strip()
    root = _root(held.path)
    return _found(held.path, root, parse(held.path, config, version))


def _found(path, root, model):
    find = weights.find(path, root, model)
    group = weights.model_weights(root)
    backend = _attribute(root, "backend") or _attribute(group, "backend")
    find.backend = backend or ("theano" if model.version[0] < 3 and weights.is_of_theano(group) else "")
    return find


def _attribute(group, name):
    value = group.attributes.get(name) or weights.model_weights(group).attributes.get(name)
    return value[:40] if isinstance(value, str) else ""


def _write(path, model, find, format, producer, structure="graph", notes=(), architecture=None):
    graph = Graph(model.name)
    walk = Walk(path, graph, find, model)
    walk.write()
    graph.sweep()
    unread = graph.writer.unread(getattr(find, "tensors", {}).values())
    said = [f"weights that no prediction reads: {', '.join(stored.name for stored in unread)}"[:200]] if unread else []
    notes = [*notes, *getattr(find, "notes", ()), *walk.notes, *said]
    made = graph.writer.checkpoint(path, format, structure, producer, notes, architecture)
    made.unread = sum(prod(stored.shape) for stored in unread)
    return made
