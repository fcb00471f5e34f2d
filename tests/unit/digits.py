# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network for handwritten digits, known in every format: its inputs, its scores, its thirteen arrays."""

from __future__ import annotations

import json

import numpy as np

from neuroscene.addon.formats import Checkpoint
from neuroscene.addon.inference.session import activations
from unit.make import DATA

CROSS = DATA / "crossformat"
SCORES = np.array(list(json.loads((DATA / "expected_scores.json").read_text()).values()))
DIGITS = np.load(DATA / "expected_activations.npz")["input"]
REFERENCE = {name.replace(".", "/"): value for name, value in np.load(CROSS / "mnist_cnn_weights.npz").items()}


def scores(checkpoint: Checkpoint) -> np.ndarray:
    """What the network says of the ten digits."""
    value = checkpoint.model.graph.input[0]
    sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
    digits = DIGITS if sizes[-1] == 1 else DIGITS.transpose(0, 3, 1, 2)
    (output,) = (output.name for output in checkpoint.model.graph.output)
    return activations(checkpoint, {value.name: digits}, [output])[output]


def arrays(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """The weights that lie in the file, by their names in the graph."""
    return {
        tensor.name: checkpoint.array(tensor) for tensor in checkpoint.model.graph.initializer if tensor.data_location
    }


def same_bits(checkpoint: Checkpoint) -> set[str]:
    """Which of the reference arrays are in it bit for bit."""
    known = {value.tobytes(): name for name, value in REFERENCE.items()}
    return {known[value.tobytes()] for value in arrays(checkpoint).values() if value.tobytes() in known}
