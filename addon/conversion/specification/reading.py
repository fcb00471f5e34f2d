# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a model while it is read as a specification."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...containers import CheckpointError
from ...containers.natural_order import brief

SAID = re.compile(r"(?<=.)/(Conv|Gemm|MatMul|BatchNormalization|MaxPool\w*|Flatten|Reshape|convolution|node)$")
LAST, ROWS = "channels last", "rows of channels last"


@dataclass(frozen=True)
class Value:
    """A tensor: the layer that gives it, how its axes stand ("" as in the specification), the sizes of one sample in
    the specification, and of rows of flattened maps those of the maps."""

    layer: str
    order: str = ""
    shape: tuple[int, ...] = ()
    maps: tuple[int, ...] = ()


@dataclass
class Reader:
    path: Path
    constants: dict[str, np.ndarray]
    readers: Counter
    values: dict[str, Value] = field(default_factory=dict)
    layers: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def refused(self, node, why="") -> CheckpointError:
        problem = f"cannot be edited by hand: '{brief(node.name or node.output[0])}' ({node.op_type}) {why}".strip()
        return CheckpointError(self.path, problem, "it can be shown, run and trained")

    def free(self, name: str) -> str:
        """A name that no layer has."""
        base = re.sub(r"\s+", "_", SAID.sub("", name.strip("/")))[:100] or "layer"
        made, number = base, 2
        while made in self.names:
            made, number = f"{base}_{number}", number + 1
        self.names.add(made)
        return made

    def add(self, node, op: str, inputs: list[str], shape, settings=None, **weights: np.ndarray) -> Value:
        """A layer; `weights` by the parts of their names."""
        name = self.free(node.name or node.output[0])
        self.layers.append({"name": name, "op": op, "inputs": inputs, **(settings or {})})
        for part, array in weights.items():
            self.weights[f"{name}.{part}"] = np.ascontiguousarray(array, np.float32)
        return Value(name, "", tuple(shape))
