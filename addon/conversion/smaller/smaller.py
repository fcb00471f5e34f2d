# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint without its pruned units, held against the network whose units are set to 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
import onnx

from ...containers import CheckpointError
from ...containers.natural_order import brief
from ...formats import Checkpoint
from ...inference.pruning import Choice
from ...inference.session import opened, zeros_of
from ...network import Network
from .cutting import Cutting
from .graph_facts import GraphFacts, facts_of, remade
from .holding import GIVEN, LAST, OPAQUE, READ, SHIFTED, UNEVEN, hold
from .knowing import learn
from .slices import Slices

MOST_SAID = 3  # reasons in the one line
CLOSE = 1e-4  # of the largest number, or of 1, may outputs differ from those with units set to 0
WHY = {
    OPAQUE: "{name} ({op}) needs all of them",
    READ: "{name} reads their places, which other layers still fill",
    SHIFTED: "they are not 0 where {name} reads them",
    UNEVEN: "the groups of {name} would become uneven",
    GIVEN: "the network gives them, or nothing reads them",
    LAST: "one has to stay",
}
APART, DIFFERS = "they lie along no axis of their tensor", "without them the network would not give the same"


@dataclass(frozen=True)
class Told:
    """Of a layer how many units were pruned of how many, how many of these were taken out and how many stay and are 0,
    and why, in words -> how many."""

    layer: str
    units: int
    pruned: int
    removed: int
    why: dict[str, int] = field(default_factory=dict)

    @property
    def zeroed(self) -> int:
        return self.pruned - self.removed


@dataclass(frozen=True)
class Smaller:
    """`checkpoint` is the smaller network; `layers` what became of its units; `difference` by how much its outputs
    differ at the most from those of the network with units set to 0, for the inputs at hand; `numbers` how many numbers
    its weights have and had."""

    checkpoint: Checkpoint
    layers: list[Told]
    difference: float
    numbers: tuple[int, int]

    def told(self) -> dict:
        """The same as data."""
        layers: list[dict] = [
            {
                "name": layer.layer,
                "units": layer.units,
                "pruned": layer.pruned,
                "removed": layer.removed,
                "zeroed": layer.zeroed,
                "why": layer.why,
            }
            for layer in self.layers
        ]
        sums = {key: sum(layer[key] for layer in layers) for key in ("units", "pruned", "removed", "zeroed")}
        numbers = {"parameters": self.numbers[0], "parameters_unpruned": self.numbers[1]}
        return sums | numbers | {"difference": self.difference, "layers": layers}

    @property
    def said(self) -> str:
        """The same in one line."""
        removed, zeroed = (sum(getattr(layer, key) for layer in self.layers) for key in ("removed", "zeroed"))
        units = sum(layer.units for layer in self.layers)
        text = f"{removed:,} of {units:,} units taken out"
        why: Counter[str] = Counter()
        for layer in self.layers:
            why.update(layer.why)
        if zeroed:
            reasons = "; ".join(f"{count:,}: {reason}" for reason, count in why.most_common(MOST_SAID))
            more = "; and others" if len(why) > MOST_SAID else ""
            text += f", {zeroed:,} stay and give 0 ({reasons}{more})"
        return text


def trial(network: Network) -> dict[str, np.ndarray]:
    """One sample of every input, of noise that is always the same, or of whole numbers all 0."""
    random = np.random.default_rng(0)
    kinds = {value.name: value.type.tensor_type.elem_type for value in network.checkpoint.model.graph.input}
    made = {}
    for spec in network.inputs:
        kind = onnx.helper.tensor_dtype_to_np_dtype(kinds.get(spec.name) or onnx.TensorProto.FLOAT)
        shape = tuple(size or 1 for size in spec.shape or ())
        noise = np.abs(random.standard_normal(shape)) if kind.kind == "f" else np.zeros(shape)
        made[spec.name] = noise.astype(kind)
    return made


def smaller(
    network: Network, choices: Sequence[Choice], inputs: Mapping[str, np.ndarray]
) -> Generator[tuple[float, str], None, Smaller]:
    """Take the units that are not kept out of a network, or set them to 0 where others depend on their places.

    `inputs` are one sample, by which the shapes of tensors are found and the result is tried. Yields (share done, what
    is next). Raises `CheckpointError`, also where no unit is pruned.
    """
    network.checkpoint.check_runs()
    if not choices:
        raise CheckpointError(network.checkpoint.path, "has no hidden units that could be pruned")
    choices = [choice for choice in choices if not choice.kept.all()]
    if not choices:
        raise CheckpointError(
            network.checkpoint.path, "would lose nothing: the share is less than a unit of each layer", "prune more"
        )
    yield 0.0, "a run with units set to 0"
    expected = _masked(network, choices, inputs)
    for removing in (True, False):
        yield 0.3, "what can be taken out"
        facts = facts_of(network.checkpoint, inputs)
        before = _numbers(facts.model)
        layers = _prune(network, facts, choices, removing)
        checkpoint = remade(facts)
        yield 0.7, "a run without them"
        difference = _difference(checkpoint, expected, inputs, last=not removing)
        if difference <= CLOSE:
            return Smaller(checkpoint, layers, difference, (_numbers(checkpoint.model), before))
    raise CheckpointError(network.checkpoint.path, "cannot be pruned: without units it does not give the same")


def _masked(network, choices: Sequence[Choice], inputs) -> dict[str, np.ndarray]:
    """What the network gives with units set to 0."""
    made = _shapes_of(network, [choice.tensor for choice in choices], inputs)
    masks = {choice.tensor: choice.factors(made[choice.tensor]) for choice in choices}
    names = [value.name for value in network.checkpoint.model.graph.output]
    session, names = opened(network.checkpoint, names, masks, zeros_of(network, masks))
    return {
        name: value
        for name, value in zip(names, session.run(names, inputs), strict=True)
        if isinstance(value, np.ndarray)
    }


def _shapes_of(network, tensors, inputs) -> dict[str, np.ndarray]:
    session, names = opened(network.checkpoint, tensors)
    return dict(zip(names, session.run(names, inputs), strict=True))


def _difference(checkpoint: Checkpoint, expected, inputs, last: bool) -> float:
    """By how much outputs differ at the most, to the largest number where that is above 1."""
    try:
        session, names = opened(checkpoint, list(expected))
        made = dict(zip(names, session.run(names, inputs), strict=True))
    except CheckpointError:
        if last:
            raise
        return np.inf
    most = 0.0
    for name, value in expected.items():
        if made[name].shape != value.shape:
            return np.inf
        if value.dtype.kind != "f":
            continue
        one, other = made[name].astype(np.float64), value.astype(np.float64)
        finite = np.isfinite(other)
        if not np.array_equal(finite, np.isfinite(one)):
            return np.inf
        if finite.any():
            most = max(most, float(np.abs(one - other)[finite].max() / max(1.0, np.abs(other[finite]).max())))
    return most


def _numbers(model: onnx.ModelProto) -> int:
    """How many numbers the weights have that a model reads."""
    read = {name for node in model.graph.node for name in node.input}
    return sum(prod(tensor.dims) for tensor in model.graph.initializer if tensor.name in read)


def _prune(network: Network, facts: GraphFacts, choices: Sequence[Choice], removing: bool) -> list[Told]:
    present = {name for node in facts.model.graph.node for name in (*node.input, *node.output)}
    present |= {value.name for value in (*facts.model.graph.input, *facts.model.graph.output)}
    slices = Slices({name: shape for name, shape in facts.shapes.items() if name in present})
    axes = {choice.tensor: choice.axis_in(facts.shapes[choice.tensor]) for choice in choices}
    pruned = {choice.tensor: (axis, ~choice.kept) for choice in choices if (axis := axes[choice.tensor]) is not None}
    already = learn(slices, facts, pruned)
    if not removing:
        for name in slices.shapes:
            slices.hold_all(name, slices.code(DIFFERS, ""))
    hold(slices, facts)
    told = [_told(network, facts, slices, choice, axes[choice.tensor]) for choice in choices if choice.leads]
    cutting = Cutting(facts, slices)
    masks: list[tuple[Choice, int | None, np.ndarray]] = []
    for choice in choices:
        axis = axes[choice.tensor]
        if axis is None:
            masks.append((choice, None, np.ones(0, bool)))
            continue
        gone = slices.gone(choice.tensor, axis)
        left = ~choice.kept & ~gone & ~already.get(choice.tensor, False)
        if left.any() and not cutting.silence(choice.tensor, axis, left):
            masks.append((choice, axis, gone))
    cutting.cut()
    for choice, axis, gone in masks:
        _mask(network, facts, cutting, choice, axis, gone)
    return told


def _mask(network: Network, facts: GraphFacts, cutting: Cutting, choice: Choice, axis: int | None, gone) -> None:
    shape = facts.shapes[choice.tensor]
    zero = zeros_of(network, [choice.tensor]).get(choice.tensor)
    kind = facts.kinds[choice.tensor]
    if axis is None:
        factors = choice.factors(np.empty(shape, kind))
    else:
        factors = choice.kept[~gone].astype(kind).reshape([-1 if own == axis else 1 for own in range(len(shape))])
    cutting.mask(choice.tensor, factors, zero)


def _told(network: Network, facts: GraphFacts, slices: Slices, choice: Choice, axis: int | None) -> Told:
    count, pruned = len(choice.kept), int((~choice.kept).sum())
    if axis is None:
        return Told(choice.layer, count, pruned, 0, {APART: pruned})
    codes = slices.codes[choice.tensor, axis][~choice.kept]
    why = Counter(_words(network, facts, *slices.reasons[code]) for code in codes[codes != 0].tolist())
    return Told(choice.layer, count, pruned, int((codes == 0).sum()), dict(why))


def _words(network: Network, facts: GraphFacts, kind: str, tensor: str) -> str:
    """Why a unit stays, in words."""
    if kind == DIFFERS:
        return DIFFERS
    maker: onnx.NodeProto | None = facts.makers.get(tensor)
    layers = {part.tensor: layer.name for layer in network.layers for part in layer.parts}
    name = layers.get(tensor) or (maker.name if maker is not None else "") or tensor
    return WHY[kind].format(name=f"'{brief(name)}'", op=maker.op_type if maker is not None else "")
