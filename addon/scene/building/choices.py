# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody has chosen for a network in a scene and no file says: names of classes, what becomes of pixels, which
tensor inside a layer is looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ...containers import CheckpointError
from ...inference import class_names, classes_of
from ...network import Network
from ...network.scaling import ORDERS, Scaling
from ..entities import NetworkScene


@dataclass(frozen=True)
class Reading:
    """How inputs are read: a file with names of classes, what becomes of pixels, a file that says what is right."""

    classes: str | Path | None = None
    scaling: Scaling | None = None
    labels: str | Path | None = None


@dataclass(frozen=True)
class Choices:
    """`classes` are names, none where the model's own count; `looked` are by layer the tensors that are shown."""

    scaling: Scaling | None = None
    classes: list[str] = field(default_factory=list)
    looked: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: NetworkScene) -> Choices:
        """Those of a network in a scene."""
        looked = {name: layer.looked for name, layer in scene.layers().items() if layer.looked}
        return cls(_scaling(scene.scaling), scene.class_names, looked)

    @classmethod
    def from_file(cls, network: Network, path: str | Path | None, scaling: Scaling | None = None) -> Choices:
        """The names of classes in a file, and a scaling. Raises `CheckpointError` where the file has others than the
        network has classes."""
        if not path:
            return cls(scaling)
        count, _ = classes_of(network)
        if not count:
            raise CheckpointError(network.checkpoint.path, "gives no scores of classes, so their names say nothing")
        return cls(scaling, class_names(path, count))

    def apply(self, network: Network) -> Network:
        """The network as it was chosen; what does not fit it is left out."""
        if self.scaling is not None:
            network.scaling = self.scaling
        if self.classes and len(self.classes) == classes_of(network)[0]:
            network.classes = list(self.classes)
        for name, tensor in self.looked.items():
            network.look(name, tensor)
        return network

    def keep(self, scene: NetworkScene) -> None:
        """Let a network in a scene say so."""
        scene.scaling = json.dumps(asdict(self.scaling)) if self.scaling else ""
        scene.class_names = list(self.classes)


def _scaling(text: str) -> Scaling | None:
    if not text:
        return None
    try:
        told = json.loads(text)
        mean, std = (tuple(float(value) for value in told[name]) for name in ("mean", "std"))
        if len(mean) != 3 or len(std) != 3 or not all(std) or told["order"] not in ORDERS:
            return None
        return Scaling(str(told["name"]), mean, std, told["order"], str(told["guessed"]))
    except (ValueError, TypeError, KeyError):  # somebody has written over it
        return None
