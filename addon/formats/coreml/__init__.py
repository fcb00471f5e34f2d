# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Core ML: neural networks (.mlmodel) and ML programs (.mlpackage, a folder with the model and its weights).

Numbers of fields: the public Core ML format reference (Model.proto, NeuralNetwork.proto, MIL.proto).
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from math import prod
from pathlib import Path

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.protobuf import decode
from ..checkpoint import Checkpoint
from . import network, program
from .messages import MODEL

FORMAT = "coreml"
NETWORKS = ("neuralNetwork", "neuralNetworkClassifier", "neuralNetworkRegressor")
DEEPEST, MOST_MODELS = 4, 64  # of pipelines in one another, of models in one
CONTAINERS = ("pipeline", "pipelineClassifier", "pipelineRegressor")

__all__ = ["read"]


def read(path: Path, part: str = "") -> Checkpoint:
    """Open a model; of a pipeline the network of this name, else the largest. Raises `CheckpointError`."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        model = decode(MODEL, data, 0, len(data))
        networks = dict(_networks(model, data, ""))
        if not networks:
            what = next((kind for kind in CONTAINERS if kind in model), "another kind of model")
            raise CheckpointError(
                path, f"a Core ML model that is no network but {brief(what)}", "open the network in it"
            )
        made = {name: _network(path, network, data) for name, network in networks.items()}
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            path, f"a Core ML model that is damaged or cut short ({error})", "fetch it again"
        ) from error
    sizes = {name: _numbers(checkpoint) for name, checkpoint in made.items()}
    chosen = part or max(sizes, key=lambda name: sizes[name])
    if chosen not in made:
        raise CheckpointError(path, f"has no part '{brief(part)}'", f"it has {', '.join(map(brief, made))}")
    checkpoint = made[chosen]
    if any(kind in model for kind in CONTAINERS):
        checkpoint.notes.append(f"the network '{brief(chosen)}' of a pipeline; what stands round it is not shown")
    if len(made) > 1:
        checkpoint.part, checkpoint.parts = chosen, sizes
    return checkpoint


def _networks(model: dict, data: memoryview, name: str, depth: int = 0) -> Iterator[tuple[str, dict]]:
    """The networks in a model by their names: itself, or those of its pipeline."""
    if "mlProgram" in model or any(kind in model for kind in NETWORKS):
        yield name, model
        return
    kind = next((kind for kind in CONTAINERS if kind in model), "")
    if not kind or depth > DEEPEST:
        return
    pipeline = model[kind] if kind == "pipeline" else model[kind].get("pipeline", {})
    names = pipeline.get("names", [])
    for place, (begin, end) in enumerate(pipeline.get("models", [])[:MOST_MODELS]):
        said = names[place] if place < len(names) and names.count(names[place]) == 1 else f"model {place}"
        inner = decode(MODEL, data, begin, end)
        yield from _networks(inner, data, f"{name}/{said}" if name else said, depth + 1)


def _network(path: Path, model: dict, data: memoryview) -> Checkpoint:
    kind = next((kind for kind in NETWORKS if kind in model), "")
    made = network.read(path, model, model[kind], FORMAT) if kind else program.read(path, model, data, FORMAT)
    classes = model.get("neuralNetworkClassifier", {}).get("stringClassLabels", {}).get("vector", [])
    if classes:
        made.model.metadata_props.add(key="labels", value=json.dumps(list(classes)))
    return made


def _numbers(checkpoint: Checkpoint) -> int:
    return sum(prod(tensor.dims) for tensor in checkpoint.model.graph.initializer)
