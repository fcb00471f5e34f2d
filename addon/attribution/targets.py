# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is explained: a number before the last Softmax; and by what: an input, or what a layer gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..containers import CheckpointError
from ..containers.natural_order import brief
from ..inference import by_name
from ..inference.session import activations
from ..network import Layer, Network
from ..network.network import by_unit

SHARES = ("Softmax", "LogSoftmax")
PASSES = ("Identity", "Cast", "Dropout")


@dataclass(frozen=True)
class Target:
    """A number of a network: the sum of `tensor` x `seed`. `index` is that of the class, `name` its name, `value` the
    number for the input at hand, `note` what it is a sum of, if of any."""

    tensor: str
    seed: np.ndarray
    index: int
    name: str
    value: float
    note: str = ""


def target_of(network: Network, inputs: Mapping[str, np.ndarray], index: int | None = None) -> Target:
    """The score of a class, the winner's unless said, in the first output of floats before its Softmax.

    Of maps (n, classes, ...) it is the sum over all places, of sequences (n, steps, classes) the last step's. Raises
    `CheckpointError`, also where there is no such class.
    """
    checkpoint = network.checkpoint
    checkpoint.check_runs()
    for spec in network.outputs:
        tensor = before_shares(network, spec.name)
        value = activations(checkpoint, dict(inputs), [tensor])[tensor]
        if value.dtype.kind == "f" and value.ndim and value.size:
            break
    else:
        raise CheckpointError(checkpoint.path, "gives no numbers that could be explained")
    scores, places, note = _scores(value)
    if index is None:
        index = int(np.argmax(scores))
    if not 0 <= index < len(scores):
        raise CheckpointError(
            checkpoint.path, f"has no class {index}: it gives {len(scores):,}", f"choose one of 0 to {len(scores) - 1}"
        )
    seed = np.zeros(value.shape, value.dtype)
    seed[places(index)] = 1
    names = network.classes
    name = names[index] if len(names) == len(scores) else str(index)
    return Target(tensor, seed, index, name, float(value[places(index)].sum()), note)


def classes_of(value: np.ndarray) -> np.ndarray:
    """The scores (n,) of all classes in what the tensor of a target holds."""
    scores, places, _ = _scores(value)
    return np.array([value[places(index)].sum() for index in range(len(scores))], np.float64)


@dataclass(frozen=True)
class Unit:
    """A unit of a layer whose number is explained: its `largest` activation in its map, or the mean over it."""

    layer: str
    unit: int
    largest: bool = True

    def target(self, network: Network, inputs: Mapping[str, np.ndarray]) -> Target:
        """The number for these inputs. Raises `CheckpointError` where there is no such unit."""
        return unit_of(network, inputs, self.layer, self.unit, self.largest)


def unit_of(network: Network, inputs: Mapping[str, np.ndarray], layer: str, unit: int, largest: bool = False) -> Target:
    """The mean of a unit of a layer over its map, or its largest activation for these inputs. Raises `CheckpointError`
    where there is no such unit."""
    of = layer_of(network, layer)
    tensor = of.shown or of.tensor
    if not 0 <= unit < of.grid.units:
        raise CheckpointError(
            network.checkpoint.path,
            f"'{brief(of.name)}' has no unit {unit}: it has {of.grid.units:,}",
            f"choose one of 0 to {of.grid.units - 1}",
        )
    value = activations(network.checkpoint, dict(inputs), [tensor])[tensor]
    places = by_unit(np.arange(value.size), of.grid)[unit].ravel()
    if value.dtype.kind != "f":
        raise CheckpointError(network.checkpoint.path, f"'{brief(of.name)}' gives no numbers that could be explained")
    seed = np.zeros(value.size, value.dtype)
    note = "the mean over its map" if len(places) > 1 else ""
    if largest:
        best = int(np.argmax(value.ravel()[places]))
        row, column = divmod(best, of.grid.columns)
        places = places[best : best + 1]
        note = f"the largest of its map, at row {row}, column {column}" if of.grid.is_map else ""
    seed[places] = 1 / len(places)
    total = float((value.ravel() * seed).sum())
    return Target(tensor, seed.reshape(value.shape), unit, f"{of.name} unit {unit}", total, note)


def layer_of(network: Network, name: str) -> Layer:
    """The layer of this name. Raises `CheckpointError`."""
    if name in network.by_name:
        return network.layer(name)
    for layer in network.layers:
        if any(part.name == name for part in layer.parts):
            return layer
    raise CheckpointError(
        network.checkpoint.path, f"has no layer '{brief(name)}'", "choose one of those that 'inspect' lists"
    )


def float_input(network: Network, inputs: Mapping[str, np.ndarray]) -> str:
    """The first input of floats, "" where there is none."""
    return next((spec.name for spec in network.inputs if inputs[spec.name].dtype.kind == "f"), "")


def map_axes(network: Network, tensor: str, rank: int) -> tuple[int, ...]:
    """The axes of a tensor (n, ...) along which maps lie, () of others: behind the channels, or before them."""
    layer = next((layer for layer in network.layers if layer.tensor == tensor), None)
    if rank < 4:
        return ()
    last = layer is not None and layer.grid.strides[0] == 1 and layer.grid.units < layer.size
    return tuple(range(1, rank - 1)) if last else tuple(range(2, rank))


def tensor_of(network: Network, name: str) -> str:
    """The tensor that `run` writes under the name of a layer. Raises `CheckpointError`."""
    tensors = {layer.tensor: layer.tensor for layer in network.layers}
    tensors |= {part.tensor: part.tensor for layer in network.layers for part in layer.parts}
    named = by_name(network, tensors)  # type: ignore[arg-type]  # it only looks values up
    if name in named:
        return str(named[name])
    return layer_of(network, name).tensor


def before_shares(network: Network, tensor: str) -> str:
    """The tensor that a last Softmax reads, or the tensor itself."""
    makers = {name: node for node in network.checkpoint.model.graph.node for name in node.output}
    current = tensor
    while (node := makers.get(current)) is not None and node.input:
        if node.op_type in SHARES:
            return node.input[0]
        if node.op_type not in PASSES:
            break
        current = node.input[0]
    return tensor


def _scores(value: np.ndarray):
    """The scores of classes (n,), where those of a class lie in the tensor, and what was summed, in words."""
    first = value[0] if value.ndim > 1 else value
    if first.ndim <= 1:
        flat = first.reshape(-1)
        ahead = (0,) if value.ndim > 1 else ()
        return flat, lambda index: (*ahead, index) if first.ndim else ahead, ""
    if first.ndim == 2:
        return first[-1], lambda index: (0, first.shape[0] - 1, index), f"the last of {first.shape[0]} steps"
    return first.reshape(len(first), -1).mean(1), lambda index: (0, index), "the sum over all places"
