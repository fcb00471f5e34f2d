# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much each number of an input, or of what a layer gives, counts for a score; one function a method."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..containers import CheckpointError
from ..containers.natural_order import brief
from ..gradients import derive
from ..inference.session import activations, reader
from ..network import Layer, Network
from ..network.network import by_unit
from .resampling import enlarged
from .targets import Target, Unit, float_input, layer_of, map_axes, target_of, tensor_of

Progress = Generator[tuple[float, str], None, "Attribution"]
LEAST_STEPS, MOST_STEPS = 32, 256  # of integrated gradients
CLOSE = 0.01  # of the difference of scores may integrated gradients miss
SAMPLES, NOISE = 24, 0.15  # of SmoothGrad, and of the range of the input
PATCHES = 7  # of occlusion along the shorter side
SUMS = ("Add", "Sum", "Concat")


@dataclass(frozen=True)
class Attribution:
    """What a method says: `values` of the shape of the input without its batch, maps as (channels, rows, columns), or
    of the layer; `input` the numbers that were explained; `upsampled` of Grad-CAM the values at the input's size;
    `settings` what else a reader has to know."""

    method: str
    target: Target
    by: str
    values: np.ndarray
    input: np.ndarray
    upsampled: np.ndarray | None = None
    settings: dict = field(default_factory=dict)


@dataclass(frozen=True)
class _Question:
    """A score of a network, for these inputs, by one tensor."""

    network: Network
    inputs: Mapping[str, np.ndarray]
    target: Target
    by: str
    layer: str  # the name that was asked for, "" of the input

    @property
    def input(self) -> str:
        """The first input of floats, "" where there is none."""
        return self.by if self.by in self.inputs else float_input(self.network, self.inputs)

    @property
    def given(self) -> np.ndarray:
        """The numbers of that input, which a method changes. Raises `CheckpointError` where there is none."""
        return self.inputs[self.input or _input_of(self.network, self.inputs)]

    @cached_property
    def start(self) -> np.ndarray:
        """The numbers of the tensor by which it is."""
        if self.by in self.inputs:
            return self.inputs[self.by]
        return activations(self.network.checkpoint, dict(self.inputs), [self.by])[self.by]

    def gradients(self, relu: str = "gradient") -> Callable[[np.ndarray | None], np.ndarray]:
        """The derivative by the tensor, for other numbers of the input, or for what it is."""
        derivative = derive(self.network.checkpoint, self.inputs, self.target.tensor, [self.by], relu)
        seed = self.target.seed

        def of(array: np.ndarray | None) -> np.ndarray:
            inputs = self.inputs if array is None else {**self.inputs, self.input: array}
            return derivative.run(inputs, seed)[self.by]

        return of

    def values(self) -> Callable[[np.ndarray], np.ndarray]:
        """The numbers of the tensor, for other numbers of the input."""
        value = reader(self.network.checkpoint, self.by)
        return lambda array: value({**self.inputs, self.input: array})

    def score(self) -> Callable[[np.ndarray], float]:
        """The score for other numbers of the input."""
        value = reader(self.network.checkpoint, self.target.tensor)

        def of(array: np.ndarray) -> float:
            return float((value({**self.inputs, self.input: array}).astype(np.float64) * self.target.seed).sum())

        return of


def attribute(
    network: Network,
    inputs: Mapping[str, np.ndarray],
    method: str,
    index: int | None = None,
    layer: str = "",
    unit: Unit | None = None,
) -> Progress:
    """Explain the score of a class (the winner's unless said) by a method of `METHODS`, by the input or by a layer; or
    what a `unit` gives, by the input.

    Yields (share done, what is next). Raises `CheckpointError`.
    """
    if method not in METHODS:
        raise CheckpointError(
            network.checkpoint.path, f"there is no method '{brief(method)}'", f"the methods are: {', '.join(METHODS)}"
        )
    yield 0.0, "the score"
    target = target_of(network, inputs, index) if unit is None else unit.target(network, inputs)
    if method == "gradcam":
        if unit is not None:
            raise CheckpointError(
                network.checkpoint.path, "'gradcam' explains classes only, not a unit", "choose another method"
            )
        return (yield from _gradcam(network, inputs, target, layer))
    by = tensor_of(network, layer) if layer else _input_of(network, inputs)
    question = _Question(network, inputs, target, by, layer)
    if method in BY_INPUT and by not in inputs:
        raise CheckpointError(
            network.checkpoint.path, f"'{method}' explains inputs only, not a layer", "leave --layer out"
        )
    values, settings = yield from METHODS[method](question)
    shape = _shaper(network, layer, by)
    return Attribution(method, target, layer or by, shape(values), shape(question.start), None, settings)


def _input_of(network: Network, inputs: Mapping[str, np.ndarray]) -> str:
    """The first input of floats."""
    name = float_input(network, inputs)
    if name:
        return name
    raise CheckpointError(
        network.checkpoint.path,
        "reads whole numbers, and no derivative by these exists",
        "choose a layer after its input with --layer",
    )


def _shaper(network: Network, name: str, by: str) -> Callable[[np.ndarray], np.ndarray]:
    """Numbers of a tensor without its batch; maps with their channels first."""
    layer = layer_of(network, name) if name else next((one for one in network.layers if one.tensor == by), None)
    if layer is not None and layer.tensor == by and layer.grid.units and layer.grid.rows > 1:
        grid = layer.grid
        natural = grid.strides == (grid.rows * grid.columns, grid.columns, 1)
        if not natural and len(layer.shape or ()) == 3:
            return lambda values: by_unit(values, grid)
    return lambda values: values[0] if values.ndim > 1 else values


# by derivatives


def _gradient(question: _Question, relu: str = "gradient"):
    """The derivative of the score (Simonyan et al. 2013)."""
    yield 0.1, "derivatives"
    return question.gradients(relu)(None), {}


def _gradient_input(question: _Question):
    """The derivative times the input (Shrikumar et al. 2016)."""
    gradient, settings = yield from _gradient(question)
    return gradient * question.start, settings


def _guided(question: _Question):
    """The derivative with what is negative stopped at every Relu (Springenberg et al. 2015)."""
    return (yield from _gradient(question, "guided"))


def _deconvnet(question: _Question):
    """What is positive led back through every Relu, whatever went in (Zeiler and Fergus 2014)."""
    return (yield from _gradient(question, "deconvnet"))


def _integrated(question: _Question):
    """The input times the mean derivative on the way from black to it (Sundararajan et al. 2017); of a layer its
    conductance: each derivative times what the layer changed in that step (Dhamdhere et al. 2018). The sum is the
    difference of the scores at both ends; steps are doubled until it is, within 1 %."""
    gradients = question.gradients()
    score = question.score()
    layer = question.values() if question.by not in question.inputs else None
    start = question.given
    wanted = score(start) - score(np.zeros_like(start))
    steps = LEAST_STEPS
    while True:
        total = np.zeros(question.start.shape, np.float64)
        before = layer(np.zeros_like(start)).astype(np.float64) if layer else np.zeros(())
        for step in range(steps):
            yield step / steps, f"step {step + 1} of {steps}"
            gradient = gradients((start * ((step + 0.5) / steps)).astype(start.dtype))
            if layer is None:
                total += gradient * (start.astype(np.float64) / steps)
                continue
            after = layer((start * ((step + 1) / steps)).astype(start.dtype)).astype(np.float64)
            total += gradient * (after - before)
            before = after
        values = total.astype(start.dtype)
        missed = float(values.astype(np.float64).sum()) - wanted
        if abs(missed) <= CLOSE * abs(wanted) or steps >= MOST_STEPS:
            break
        steps *= 2
    return values, {"steps": steps, "baseline": 0.0, "difference": wanted, "completeness_error": missed}


def _smoothgrad(question: _Question):
    """The mean derivative of noisy copies of the input (Smilkov et al. 2017); the noise has a fixed seed."""
    gradients = question.gradients()
    start = question.given
    random = np.random.default_rng(0)
    width = NOISE * float(np.ptp(start))
    total = np.zeros(question.start.shape, np.float64)
    for sample in range(SAMPLES):
        yield sample / SAMPLES, f"copy {sample + 1} of {SAMPLES}"
        total += gradients((start + random.normal(0, width, start.shape)).astype(start.dtype))
    return (total / SAMPLES).astype(start.dtype), {"samples": SAMPLES, "noise": width}


# without derivatives


def _occlusion(question: _Question):
    """How far the score falls where a patch is black, a mean over all patches on a number (Zeiler and Fergus 2014)."""
    start = question.start
    score = question.score()
    axes, patch, stride = _patches(question)
    whole = score(start)
    falls, counts = np.zeros(start.shape, np.float64), np.zeros(start.shape, np.float64)
    corners = [_starts(start.shape[axis], size, step) for axis, size, step in zip(axes, patch, stride, strict=True)]
    places = [(*place,) for place in np.stack(np.meshgrid(*corners, indexing="ij"), -1).reshape(-1, len(axes)).tolist()]
    for number, place in enumerate(places):
        yield number / len(places), f"patch {number + 1} of {len(places)}"
        under = [slice(None)] * start.ndim
        for axis, begin, size in zip(axes, place, patch, strict=True):
            under[axis] = slice(begin, begin + size)
        blank = start.copy()
        blank[tuple(under)] = 0
        falls[tuple(under)] += whole - score(blank)
        counts[tuple(under)] += 1
    return (falls / np.maximum(counts, 1)).astype(start.dtype), {"patch": patch, "stride": stride, "baseline": 0.0}


def _patches(question: _Question) -> tuple[list[int], list[int], list[int]]:
    """Along which axes patches lie, how large they are and how far apart: maps along rows and columns."""
    shape = question.start.shape
    axes = list(map_axes(question.network, question.by, len(shape)) or range(1, len(shape)))
    size = max(1, round(min(shape[axis] for axis in axes) / PATCHES)) if len(axes) > 1 else 1
    return axes, [min(size, shape[axis]) for axis in axes], [max(1, size // 2)] * len(axes)


def _starts(size: int, patch: int, stride: int) -> list[int]:
    """Where patches begin, the last flush with the end."""
    return sorted({*range(0, size - patch + 1, stride), size - patch})


# by maps


def _gradcam(network: Network, inputs: Mapping[str, np.ndarray], target: Target, name: str) -> Progress:
    """The maps of a layer, each times its mean derivative, where their sum is positive (Selvaraju et al. 2017)."""
    layer = layer_of(network, name) if name else last_maps(network, target)
    if layer.grid.rows * layer.grid.columns < 2 or layer.grid.units < 1 or len(layer.shape or ()) != 3:
        raise CheckpointError(
            network.checkpoint.path, f"'{brief(layer.name)}' gives no maps", "choose a layer of maps for gradcam"
        )
    tensor = tensor_of(network, name or layer.name)
    yield 0.1, "derivatives"
    derivative = derive(network.checkpoint, inputs, target.tensor, [tensor], also=[tensor])
    gradient = by_unit(derivative.run(inputs, target.seed)[tensor], layer.grid)
    maps = by_unit(activations(network.checkpoint, dict(inputs), [tensor])[tensor], layer.grid)
    values = np.maximum((gradient.mean((1, 2))[:, None, None] * maps).sum(0), 0)
    by = float_input(network, inputs)
    given = _shaper(network, "", by)(inputs[by]) if by else maps
    size = given.shape[-2:] if given.ndim > 1 else values.shape
    return Attribution("gradcam", target, layer.name, values, given, enlarged(values, size), {"layer": layer.name})


def last_maps(network: Network, target: Target) -> Layer:
    """The last convolution, or sum of some, that gives maps. Raises `CheckpointError` where there is none."""
    for layer in reversed(network.layers):
        is_conv = "Conv" in layer.op or layer.op in SUMS
        if is_conv and layer.grid.rows * layer.grid.columns > 1 and len(layer.shape or ()) == 3:
            return layer
    raise CheckpointError(network.checkpoint.path, "has no layer of maps for gradcam", "choose another method")


METHODS: dict[str, Callable] = {
    "gradient": _gradient,
    "gradient-input": _gradient_input,
    "guided": _guided,
    "integrated": _integrated,
    "smoothgrad": _smoothgrad,
    "deconvnet": _deconvnet,
    "gradcam": _gradcam,
    "occlusion": _occlusion,
}
BY_INPUT = ("occlusion",)
