# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The input that excites a unit most, by gradient ascent from noise (Erhan et al. 2009; Olah et al. 2017)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from ..containers import CheckpointError
from ..gradients import derive
from ..inference.session import reader
from ..network import Network
from ..network.fields import flat
from ..network.network import by_unit
from .targets import Target, float_input, map_axes, unit_of

STEPS = 128
RATE = 0.05  # of the range of the input, a step
JITTER = 1 / 16  # of the shorter side is the input moved to and fro, so that no pixel counts alone
STARTS = 3  # tries to find one that excites the unit at all
SMALL = 1e-12
MIDDLE = 4  # cells of a side, of the middle of a map
DARK, FADE = 0.15, 0.006  # where the input begins, and how much of each pixel goes in a step, where that is asked for
ACTIVATIONS = ("Relu", "LeakyRelu", "Elu", "Sigmoid", "HardSigmoid", "Tanh", "Softplus", "Clip")


@dataclass(frozen=True)
class Feature:
    """`input` (channels, rows, columns), or flat, from 0 to 1; `activation` of the unit at each step and at the end."""

    layer: str
    unit: int
    input: np.ndarray
    activation: list[float]


def visualise(
    network: Network, layer: str, unit: int, steps: int = STEPS, seed: int = 0, middle: bool = False
) -> Generator[tuple[float, str], None, Feature]:
    """Find an input from 0 to 1 that excites a unit of a layer: all of its map, or with `middle` that of its map, from
    dark noise, with what excites nothing left dark. Equal seeds give equal inputs.

    Yields (share done, what is next). Raises `CheckpointError`.
    """
    network.checkpoint.check_runs()
    inputs = _start(network)
    name = float_input(network, inputs)
    if not name:
        raise CheckpointError(network.checkpoint.path, "reads whole numbers, and no input between these exists")
    target = unit_of(network, inputs, layer, unit)
    middle = middle and min(network.layer(layer).grid.rows, network.layer(layer).grid.columns) >= 2 * MIDDLE
    if middle:
        target = _in_the_middle(network, layer, target)
    # what is dead behind a Relu yet has a slope before it
    before = before_activation(network, target.tensor)
    derivative = derive(network.checkpoint, inputs, before, [name])
    value = reader(network.checkpoint, target.tensor)
    axes = map_axes(network, name, inputs[name].ndim)
    axes = axes if len(axes) == 2 else ()
    tries: list[tuple[float, np.ndarray, list[float]]] = []

    def height(array: np.ndarray) -> float:
        return float((value({**inputs, name: array}).astype(np.float64) * target.seed).sum())

    for start in range(STARTS):
        random = np.random.default_rng([seed, start])
        array = np.clip((DARK if middle else 0.5) + 0.1 * random.standard_normal(inputs[name].shape), 0, 1).astype(
            inputs[name].dtype
        )
        heights: list[float] = []
        for step in range(steps):
            yield (start + step / steps) / STARTS, f"step {step + 1} of {steps}"
            shift = _shift(random, array.shape, axes)
            moved = np.roll(array, shift, axes) if axes else array
            made = derivative.run({**inputs, name: moved}, target.seed)
            heights.append(height(array))
            gradient = made[name].astype(np.float64)
            gradient = np.roll(gradient, [-by for by in shift], axes) if axes else gradient
            gradient = _smooth(gradient, axes)
            size = np.sqrt((gradient**2).mean())
            if size < SMALL:
                break
            fade = 1.0 - 0.8 * step / steps
            array = np.clip(array + RATE * fade * gradient / size - FADE * middle, 0, 1).astype(array.dtype)
        heights.append(height(array))
        tries.append((heights[-1], array, heights))
        if heights[-1] > heights[0] and not middle:
            break
    _, array, heights = max(tries, key=lambda tried: tried[0])
    return Feature(layer, unit, _as_maps(network, name, array), heights)


def _in_the_middle(network: Network, layer: str, target: Target) -> Target:
    """The mean of a unit in the middle of its map."""
    grid = network.layer(layer).grid
    rows, columns = (np.arange(MIDDLE) + size // 2 - MIDDLE // 2 for size in (grid.rows, grid.columns))
    seed = np.zeros(target.seed.size, target.seed.dtype)
    seed[flat(grid, target.index, rows[:, None], columns).ravel()] = 1 / MIDDLE**2
    return replace(target, seed=seed.reshape(target.seed.shape))


def before_activation(network: Network, tensor: str) -> str:
    """What an activation reads that gives a tensor, or the tensor itself."""
    maker = next((node for node in network.checkpoint.model.graph.node if tensor in node.output), None)
    return maker.input[0] if maker is not None and maker.op_type in ACTIVATIONS else tensor


def _start(network: Network) -> dict[str, np.ndarray]:
    """An input of every kind: gray, or zeros where whole numbers are read."""
    inputs = {}
    for spec in network.inputs:
        if spec.shape is None or None in spec.shape:
            raise CheckpointError(
                network.checkpoint.path, f"does not say the shape of its input '{spec.name}'", "choose it with --dim"
            )
        dtype = np.dtype(spec.dtype)
        inputs[spec.name] = np.full([size or 1 for size in spec.shape], 0.5 if dtype.kind == "f" else 0, dtype)
    return inputs


def _shift(random, shape, axes) -> list[int]:
    reach = int(min((shape[axis] for axis in axes), default=0) * JITTER)
    return [int(random.integers(-reach, reach + 1)) for _ in axes]


def _smooth(gradient: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """A derivative by pixels as one by frequencies, each over its height: coarse forms come first."""
    if not axes:
        return gradient
    sizes = [gradient.shape[axis] for axis in axes]
    rows, columns = np.fft.fftfreq(sizes[0]), np.fft.rfftfreq(sizes[1])
    height = np.maximum(np.hypot(rows[:, None], columns[None]), 1 / max(sizes))
    height = np.expand_dims(height, tuple(axis for axis in range(gradient.ndim) if axis not in axes))
    return np.fft.irfftn(np.fft.rfftn(gradient, axes=axes) / height, sizes, axes)


def _as_maps(network: Network, name: str, array: np.ndarray) -> np.ndarray:
    layer = next((layer for layer in network.layers if layer.tensor == name), None)
    if layer is not None and array.ndim == 4:
        return by_unit(array, layer.grid)
    return array[0] if array.ndim > 1 else array
