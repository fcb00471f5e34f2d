# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Keras models give once they are ONNX, call by call of their layers."""

from __future__ import annotations

import numpy as np

from neuroscene.addon.formats import Checkpoint
from neuroscene.addon.inference.session import activations
from unit.make import DATA

CROSSFORMAT, KERAS = DATA / "crossformat", DATA / "keras"


def given(checkpoint: Checkpoint, inputs: dict[str, np.ndarray], names) -> dict[str, np.ndarray]:
    """What the nodes of these names give, and the outputs of the model."""
    nodes = {node.name: node.output[0] for node in checkpoint.model.graph.node}
    wanted = {name: nodes[name] for name in names} | {one.name: one.name for one in checkpoint.model.graph.output}
    values = activations(checkpoint, inputs, list(wanted.values()))
    return {name: values[tensor] for name, tensor in wanted.items()}


def as_keras(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A value in Keras's layout: channels last, if it is not yet of that shape."""
    return value if value.shape == shape else np.moveaxis(value, 1, -1)


def close(value: np.ndarray, expected: np.ndarray) -> bool:
    """Whether a value is Keras's in one of the two layouts; they can have the same shape."""
    layouts = [value, np.moveaxis(value, 1, -1)] if value.ndim > 2 else [value]
    return any(one.shape == expected.shape and np.allclose(one, expected, rtol=1e-6, atol=1e-4) for one in layouts)
