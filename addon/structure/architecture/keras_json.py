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
from ...formats.keras.call import Finder
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
    find: Finder
    if weights.layout != "keras":
        find = _Finder(weights, file)
    elif weights.format in OF_KERAS:
        find = keras.finder(weights, config)
    else:
        find = _Named(weights, file)
    notes = [*weights.notes, f"architecture from {file.name}"]
    made = keras.write(weights.path, config, find, weights.format, weights.producer, notes=notes, architecture=file)
    if isinstance(find, _Finder) and (unused := find.unused()):
        raise unfit(weights, file, unused, "give the architecture of this very model")
    return made


OF_KERAS = ("keras-h5", "keras-v3", "keras-weights")
# Keras's names of variables -> what other programs that order axes as Keras does call them.
ALIKE = {
    "gamma": ("scale", "weight"),
    "beta": ("bias", "offset"),
    "moving_mean": ("mean",),
    "moving_variance": ("var", "variance"),
    "embeddings": ("embedding", "embedding_table"),
    "kernel": ("w", "weight", "weights"),
    "bias": ("b", "biases"),
}


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

    def known(self, tensors: dict[str, Stored], name: str) -> str:
        """What a module calls a variable of Keras's."""
        return NAMES.get(name, name)

    def fits(self, shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
        """Whether a tensor has the shape that a layer wants."""
        return _fits(shape, wanted)

    def __call__(self, layer: str, name: str, shape: tuple[int | None, ...]) -> Stored:
        """The tensor for a layer's variable of Keras's name and shape. Raises `CheckpointError`."""
        if layer not in self._of:
            self._of[layer] = self._module(layer, name, shape)
        tensors = self.modules[self._of[layer]]
        stored = tensors.get(self.known(tensors, name))
        if stored is None or not self.fits(stored.shape, shape):
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
            called = self.known(tensors, name)
            if module not in taken and called in tensors and self.fits(tensors[called].shape, shape):
                return module
        raise CheckpointError(
            self.file,
            f"does not fit {self.weights.path.name}: nothing there is like layer "
            f"'{layer}' with a {name} of {list(shape)}",
            "give another architecture",
        )


class _Named(_Finder):
    """Finds tensors in Keras's order of axes that are called LAYER/VARIABLE, for Keras's layers."""

    def __post_init__(self):
        self.layout = "keras"
        self.modules = {}
        for tensor in self.weights.tensors:
            module, _, name = tensor.name.replace(".", "/").rpartition("/")
            self.modules.setdefault(module, {})[name] = tensor

    def known(self, tensors, name):
        """What a module calls a variable of Keras's."""
        return next((called for called in (name, *ALIKE.get(name, ())) if called in tensors), name)

    def fits(self, shape, wanted):
        """Whether a tensor has the shape that a layer wants."""
        return len(shape) == len(wanted) and all(size in (None, have) for size, have in zip(wanted, shape, strict=True))

    def _module(self, layer, name, shape):
        ending = next((module for module in self.modules if module.endswith(f"/{layer}")), None)
        return layer if layer in self.modules else ending or super()._module(layer, name, shape)


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
