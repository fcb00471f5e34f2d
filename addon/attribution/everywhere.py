# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much each number of every layer counts for an answer at once: conductance, by which every layer divides the same
number, or one of the other methods."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..containers import CheckpointError
from ..containers.natural_order import brief
from ..gradients import derive
from ..inference.runner import Runner
from ..inference.session import reader
from ..network import Layer, Network
from ..network.fields import flat
from ..network.network import by_unit
from .methods import CLOSE, LEAST_STEPS, METHODS, MOST_STEPS, NOISE, SAMPLES, attribute
from .targets import Target, Unit, classes_of, float_input, target_of

Progress = Generator[tuple[float, str], None, "Explained"]
WHOLE = ("integrated",)  # of which the numbers of a layer add up to the answer
BY_DERIVATIVE = {"gradient": "gradient", "guided": "guided", "deconvnet": "deconvnet", "gradient-input": "gradient"}
LARGEST = 1 << 30  # bytes of all layers' numbers; a larger network is explained by its input alone
FEW = 1 << 20  # numbers of all layers, up to which conductance takes all its steps at once: it costs seconds


@dataclass(frozen=True)
class Edges:
    """Lines whose share of the answer is asked for: from elements of one tensor to those of another by weights, all
    (n,). The one that is entered is what a linear operator gives."""

    source: str
    target: str
    starts: np.ndarray
    ends: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Explained:
    """What a method says of an answer: `target` with its score, of which that of the class `against` (-1 for none) is
    taken away. `values` are by layer one float32 a number, flat, as far as the method says something of it. `base` is
    the answer without an input (black), and `score` that with it. `cam` (rows, columns) of Grad-CAM belongs to the
    layer `of`; `edges` are what lines count, in the order in which they were asked for."""

    method: str
    target: Target
    against: int
    against_name: str
    scores: tuple[float, float]
    black: tuple[float, float]
    values: Mapping[str, np.ndarray] = field(repr=False)
    settings: dict = field(default_factory=dict)
    cam: np.ndarray | None = None
    of: str = ""
    edges: Sequence[np.ndarray] = field(default=(), repr=False)

    @property
    def difference(self) -> float:
        """By how much the answer differs from that without an input: what integrated gradients divide."""
        return self.scores[0] - self.black[0] - (self.scores[1] - self.black[1])

    def sums(self, layer: str) -> tuple[float, float]:
        """What speaks for the answer in a layer, and what against it (below 0)."""
        values = self.values[layer].astype(np.float64)
        return float(values[values > 0].sum()), float(values[values < 0].sum())

    def divides(self, layer: str) -> bool:
        """Whether the numbers of a layer add up to the whole answer, within 1 %."""
        if self.method not in WHOLE or layer not in self.values:
            return False
        missed = sum(self.sums(layer)) - self.difference
        return abs(missed) <= CLOSE * max(abs(self.difference), 1e-9)


def runner_up(network: Network, inputs: Mapping[str, np.ndarray], index: int | None) -> int:
    """The class with the highest score but for one, the winner unless said; -1 where there is none."""
    target = target_of(network, inputs, index)
    scores = classes_of(reader(network.checkpoint, target.tensor)(inputs))
    if len(scores) < 2:
        return -1
    scores = scores.copy()
    scores[target.index] = -np.inf
    return int(np.argmax(scores))


def explain(
    network: Network,
    inputs: Mapping[str, np.ndarray],
    method: str = "integrated",
    index: int | None = None,
    against: int = -1,
    edges: Sequence[Edges] = (),
    unit: Unit | None = None,
) -> Progress:
    """Explain why a class (the winner unless said) has its score, or has more than another, by every layer; or what a
    `unit` gives, by the layers before it.

    Yields (share done, what is next). Raises `CheckpointError`.
    """
    if method not in METHODS:
        raise CheckpointError(
            network.checkpoint.path, f"there is no method '{brief(method)}'", f"the methods are: {', '.join(METHODS)}"
        )
    yield 0.0, "the score"
    name = float_input(network, inputs)
    if not name:
        raise CheckpointError(
            network.checkpoint.path,
            "reads whole numbers, and no derivative by these exists",
            "explain a layer after its input: neuroscene attribute --layer",
        )
    target = target_of(network, inputs, index) if unit is None else unit.target(network, inputs)
    value = reader(network.checkpoint, target.tensor)
    given = value(inputs)
    other = target_of(network, inputs, against) if against >= 0 else None
    if other is not None and other.index == target.index:
        raise CheckpointError(
            network.checkpoint.path, f"cannot be asked why '{target.name}' and not the same", "choose another class"
        )
    asked = target if other is None else replace(target, seed=target.seed - other.seed)
    black = value({**inputs, name: np.zeros_like(inputs[name])})
    told = Explained(
        method,
        target,
        -1 if other is None else other.index,
        "" if other is None else other.name,
        (_number(given, target), _number(given, other)),
        (_number(black, target), _number(black, other)),
        {},
    )
    tensors = _tensors(network, target)
    if method in BY_DERIVATIVE:
        yield 0.1, "derivatives"
        return replace(told, values=_by_derivative(network, inputs, asked, tensors, method))
    if method == "smoothgrad":
        values, settings = yield from _smooth(network, inputs, asked, tensors, name)
        return replace(told, values=values, settings=settings)
    if method == "integrated":
        return (yield from _conductance(network, inputs, asked, tensors, name, told, edges))
    made = yield from _alone(network, inputs, method, told, unit)
    return made


def _number(value: np.ndarray, target: Target | None) -> float:
    """What a target is where its tensor has these numbers; 0 of none."""
    return 0.0 if target is None else float((value.astype(np.float64) * target.seed).sum())


def _tensors(network: Network, target: Target) -> dict[str, str]:
    """By layer the tensor that is explained: what it gives, or the scores before its Softmax."""
    tensors = {}
    for layer in network.layers:
        if layer.shape is None or None in layer.shape:
            continue
        inside = {part.tensor for part in layer.parts}
        tensors[layer.name] = target.tensor if target.tensor in inside else layer.tensor
    if sum(4 * network.layer(name).size for name in tensors) > LARGEST:
        tensors = {name: tensor for name, tensor in tensors.items() if network.layer(name).op == "Input"}
    return tensors


def _derivative(network, inputs, asked, by: Sequence[str], relu: str = "gradient"):
    """The derivatives by tensors as far as the answer depends on them and has them: those after it are left out."""
    before = _leading(network, asked.tensor)
    by = [tensor for tensor in dict.fromkeys(by) if tensor in before or tensor in inputs]
    return derive(network.checkpoint, inputs, asked.tensor, [one for one in by if one != asked.tensor], relu)


def _leading(network: Network, tensor: str) -> set[str]:
    """The tensors that lead to one, that with them."""
    makers = {name: node for node in network.checkpoint.model.graph.node for name in node.output}
    found, ahead = {tensor}, [tensor]
    while ahead:
        node = makers.get(ahead.pop())
        for name in node.input if node is not None else ():
            if name and name not in found:
                found.add(name)
                ahead.append(name)
    return found


def _gradients(derivative, asked: Target) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    def of(inputs):
        made = derivative.run(inputs, asked.seed)
        return made | {asked.tensor: asked.seed}

    return of


def _flat(network: Network, tensors: Mapping[str, str], made: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """By layer, one float32 a number of one sample."""
    return {
        name: np.ascontiguousarray(made[tensor].reshape(-1)[: network.layer(name).size], np.float32)
        for name, tensor in tensors.items()
        if tensor in made and made[tensor].size >= network.layer(name).size
    }


def _by_derivative(network, inputs, asked, tensors, method) -> dict[str, np.ndarray]:
    made = _gradients(_derivative(network, inputs, asked, list(tensors.values()), BY_DERIVATIVE[method]), asked)(inputs)
    if method == "gradient-input":
        values = Runner(network, list(tensors.values())).one(inputs)
        made = {tensor: gradient * values[tensor] for tensor, gradient in made.items() if tensor in values}
    return _flat(network, tensors, made)


def _smooth(network, inputs, asked, tensors, name):
    gradients = _gradients(_derivative(network, inputs, asked, list(tensors.values())), asked)
    start = inputs[name]
    random = np.random.default_rng(0)
    width = NOISE * float(np.ptp(start))
    totals: dict[str, np.ndarray] = {}
    for sample in range(SAMPLES):
        yield sample / SAMPLES, f"copy {sample + 1} of {SAMPLES}"
        noisy = (start + random.normal(0, width, start.shape)).astype(start.dtype)
        for tensor, gradient in gradients({**inputs, name: noisy}).items():
            totals[tensor] = totals.get(tensor, 0.0) + gradient.astype(np.float64)
    made = {tensor: total / SAMPLES for tensor, total in totals.items()}
    return _flat(network, tensors, made), {"samples": SAMPLES, "noise": width}


def _conductance(network, inputs, asked, tensors, name, told: Explained, edges: Sequence[Edges]) -> Progress:
    """Integrated gradients carried into every layer (Sundararajan et al. 2017; Dhamdhere et al. 2018): the derivative
    in the middle of each step from black times what the tensor changed in it. Of a line it is the derivative by what it
    enters, times its weight, times what its source changed."""
    wanted = list(dict.fromkeys([*tensors.values(), *(edge.target for edge in edges)]))
    gradients = _gradients(_derivative(network, inputs, asked, wanted), asked)
    sources = [edge.source for edge in edges]
    values = Runner(network, list(dict.fromkeys([*tensors.values(), *sources])))
    start = inputs[name]
    steps = MOST_STEPS if sum(network.layer(each).size for each in tensors) < FEW else LEAST_STEPS
    while True:
        totals: dict[str, np.ndarray] = {}
        shares = [np.zeros(len(edge.weights)) for edge in edges]
        before = values.one({**inputs, name: np.zeros_like(start)})
        for step in range(steps):
            yield step / steps, f"step {step + 1} of {steps}"
            made = gradients({**inputs, name: (start * ((step + 0.5) / steps)).astype(start.dtype)})
            after = values.one({**inputs, name: (start * ((step + 1) / steps)).astype(start.dtype)})
            for tensor in dict.fromkeys(tensors.values()):
                if tensor in made and tensor in after:
                    change = after[tensor].astype(np.float64) - before[tensor]
                    totals[tensor] = totals.get(tensor, 0.0) + made[tensor] * change
            for edge, share in zip(edges, shares, strict=True):
                if edge.target in made and edge.source in after:
                    change = (after[edge.source].astype(np.float64) - before[edge.source]).reshape(-1)
                    share += made[edge.target].reshape(-1)[edge.ends] * edge.weights * change[edge.starts]
            before = after
        made_told = replace(
            told, values=_flat(network, tensors, totals), settings={"steps": steps, "baseline": 0.0}, edges=shares
        )
        by_input = next((layer.name for layer in network.layers if layer.tensor == name), "")
        if steps >= MOST_STEPS or not by_input or made_told.divides(by_input):
            return made_told
        steps = min(2 * steps, MOST_STEPS)


def _alone(network, inputs, method, told: Explained, unit: Unit | None) -> Progress:
    """Grad-CAM and occlusion, which say something of one layer or of the input."""
    made = yield from attribute(network, inputs, method, told.target.index, unit=unit)
    if method != "gradcam":
        layer = _input_layer(network, inputs)
        values = {} if layer is None else {layer.name: _elements(made.values, layer)}
        return replace(told, values=values, settings=made.settings)
    layer = network.layer(made.settings["layer"])
    tensor = layer.tensor
    derivative = derive(network.checkpoint, inputs, told.target.tensor, [tensor], also=[tensor])
    gradient = by_unit(derivative.run(inputs, told.target.seed)[tensor], layer.grid)
    maps = by_unit(Runner(network, [tensor]).one(inputs)[tensor], layer.grid)
    parts = gradient.mean((1, 2))[:, None, None] * maps
    return replace(
        told, values={layer.name: _elements(parts, layer)}, settings=made.settings, cam=made.values, of=layer.name
    )


def _input_layer(network: Network, inputs) -> Layer | None:
    name = float_input(network, inputs)
    return next((layer for layer in network.layers if layer.tensor == name), None)


def _elements(values: np.ndarray, layer: Layer) -> np.ndarray:
    """Numbers with channels first, or of the shape of the tensor, as the elements of a layer lie in its tensor."""
    grid = layer.grid
    made = np.zeros(layer.size, np.float32)
    if values.ndim == 3 and values.shape == (grid.units, grid.rows, grid.columns):
        made[flat(grid, *np.indices(values.shape))] = values
    else:
        made[:] = values.reshape(-1)[: layer.size]
    return made
