# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Core ML: neural networks (.mlmodel) and ML programs (.mlpackage, a folder with the model and its weights).

Numbers of fields: the public Core ML format reference (Model.proto, NeuralNetwork.proto, MIL.proto).
"""

from __future__ import annotations

import mmap
from pathlib import Path

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.protobuf import decode
from ..checkpoint import Checkpoint
from . import network, program
from .messages import MODEL

FORMAT = "coreml"
CONTAINERS = ("pipeline", "pipelineClassifier", "pipelineRegressor")

__all__ = ["read"]


def read(path: Path) -> Checkpoint:
    """Open a model. Raises `CheckpointError`."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        model = decode(MODEL, data, 0, len(data))
        classes = _classes(model)
        if "mlProgram" in model:
            made = program.read(path, model, data, FORMAT)
        else:
            kinds = ("neuralNetwork", "neuralNetworkClassifier", "neuralNetworkRegressor")
            kind = next((kind for kind in kinds if kind in model), "")
            if not kind:
                what = next((kind for kind in CONTAINERS if kind in model), "another kind of model")
                raise CheckpointError(
                    path, f"a Core ML model that is no network but {brief(what)}", "open the network in it"
                )
            made = network.read(path, model, model[kind], FORMAT)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            path, f"a Core ML model that is damaged or cut short ({error})", "fetch it again"
        ) from error
    if classes:
        import json

        made.model.metadata_props.add(key="labels", value=json.dumps(classes))
    return made


def _classes(model) -> list[str]:
    held = model.get("neuralNetworkClassifier", {}).get("stringClassLabels", {}).get("vector", [])
    return list(held)
