# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Keras architecture for weights of Keras, or of PyTorch, whose modules are then matched by name, else in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...containers.errors import CheckpointError
from ...containers.stored import Stored
from ...formats import keras
from ...formats.checkpoint import Checkpoint
from ...formats.weights import Weights
from .onnx_model import counts, unfit

# Keras's names of variables -> PyTorch's
NAMES = {
    "kernel": "weight",
    "depthwise_kernel": "weight",
    "gamma": "weight",
    "embeddings": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def attach(weights: Weights, config: dict, file: Path) -> Checkpoint:
    """Raises `CheckpointError` if the file is no architecture of Keras, or the weights do not fit it."""
    if not keras.is_architecture(config):
        raise CheckpointError(file, "not an architecture of Keras", "save one with model.to_json(), or give ONNX")
    find = keras.finder(weights, config) if weights.layout == "keras" else _Finder(weights, file)
    notes = [*weights.notes, f"architecture from {file.name}"]
    made = keras.write(weights.path, config, find, weights.format, weights.producer, notes=notes, architecture=file)
    if isinstance(find, _Finder) and (unused := find.unused()):
        raise unfit(weights, file, unused, "give the architecture of this very model")
    return made


@dataclass
class _Finder:
    """Finds PyTorch's tensors for Keras's layers."""

    weights: Weights
    file: Path
    layout: str = "torch"
    modules: dict[str, dict[str, Stored]] = field(init=False)
    _of: dict[str, str] = field(default_factory=dict)  # layer -> module
    _used: set[str] = field(default_factory=set)  # names of tensors

    def __post_init__(self):
        self.modules = {}
        for tensor in self.weights.tensors:
            module, _, name = tensor.name.rpartition(".")
            self.modules.setdefault(module, {})[name] = tensor

    def __call__(self, layer: str, name: str, shape: tuple[int | None, ...]) -> Stored:
        """The tensor for a layer's variable of Keras's name and shape. Raises `CheckpointError`."""
        name = NAMES.get(name, name)
        if layer not in self._of:
            self._of[layer] = self._module(layer, name, shape)
        stored = self.modules[self._of[layer]].get(name)
        if stored is None or not _fits(stored.shape, shape):
            said = "no such tensor" if stored is None else f"the shape {list(stored.shape)}"
            raise CheckpointError(
                self.file,
                f"does not fit {self.weights.path.name}: {name} of layer '{layer}' has "
                f"the shape {list(shape)} here and {said} there",
                "give another architecture",
            )
        self._used.add(stored.name)
        return stored

    def unused(self) -> list[str]:
        """The tensors that no layer has asked for."""
        return [tensor.name for tensor in self.weights.tensors if counts(tensor) and tensor.name not in self._used]

    def _module(self, layer, name, shape):
        exact = layer.replace("/", ".")
        if exact in self.modules:
            return exact
        taken = set(self._of.values())
        for module, tensors in self.modules.items():
            if module not in taken and name in tensors and _fits(tensors[name].shape, shape):
                return module
        raise CheckpointError(
            self.file,
            f"does not fit {self.weights.path.name}: nothing there is like layer "
            f"'{layer}' with a {name} of {list(shape)}",
            "give another architecture",
        )


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    """Whether a tensor of PyTorch has this shape of Keras, its axes in PyTorch's order."""
    turned = (wanted[-1], wanted[-2], *wanted[:-2]) if len(wanted) > 1 else wanted
    depthwise = turned
    if len(wanted) > 2 and (channels := wanted[-2]) is not None and (multiplier := wanted[-1]) is not None:
        depthwise = (channels * multiplier, 1, *wanted[:-2])
    return any(
        len(shape) == len(wish) and all(size in (None, have) for size, have in zip(wish, shape, strict=True))
        for wish in (wanted, turned, depthwise)
    )
