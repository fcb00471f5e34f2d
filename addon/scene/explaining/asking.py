# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The question, answered: every step's evidence, beside the window. Touches no Blender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...attribution import Edges, Explained, Unit, explain, runner_up
from ...attribution.features import before_activation
from ...attribution.targets import SHARES
from ...containers import CheckpointError, stepping, stopping
from ...inference import Fitted
from ...network import Layer, Network
from ...network.drawn import CELLS, Drawn
from ...network.joins import WEIGHT
from .known import NONE, RUNNER_UP, WINNER, Asked

LINEAR = ("Gemm", "MatMul", "Add", "MatMulInteger", "FusedMatMul")


@dataclass(frozen=True)
class Bundled:
    """The lines of a bundle: the place of its connection, vertices (n,) at both ends and weights (n,)."""

    index: int
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def answer(
    network: Network,
    fitted: Sequence[Fitted],
    asked: Asked,
    bundles: Sequence[Bundled] = (),
    drawn: Mapping[str, Drawn] = {},
) -> tuple[list[Explained], list[int]]:
    """What each step says, and of which of these bundles it tells what lines count. Raises `CheckpointError`."""
    inputs = {one.name: one.array for one in fitted}
    missing = next((spec.name for spec in network.inputs if spec.name not in inputs), None)
    if missing is not None:
        raise CheckpointError(network.checkpoint.path, f"reads '{missing}', which was not given")
    known = _edges(network, bundles, drawn)
    told = []
    steps = asked.steps
    for place, (method, index) in enumerate(steps):
        wanted = None if index == WINNER else index
        unit = Unit(asked.layer, asked.unit) if asked.layer else None
        against = NONE if unit else asked.against
        if against == RUNNER_UP:
            against = runner_up(network, inputs, wanted)
        edges = [edge for _, edge in known] if method == "integrated" else []
        work = explain(network, inputs, method, wanted, max(against, -1) if against != NONE else -1, edges, unit)
        told.append(stepping.finish(_said(work, place, len(steps))))
    return told, [index for index, _ in known]


def _said(work, place: int, count: int):
    """The steps of a method, each told to whoever waits."""
    while True:
        try:
            share, text = next(work)
        except StopIteration as end:
            return end.value
        stopping.tell((place + share) / count, text)
        yield share, text


def _edges(network: Network, bundles: Sequence[Bundled], drawn: Mapping[str, Drawn]) -> list[tuple[int, Edges]]:
    """Lines between single numbers, by weights that are those of a linear operator and nothing else."""
    known = []
    for bundle in bundles:
        connection = network.connections[bundle.index]
        source, target = connection.source, connection.target
        if connection.join.carries != WEIGHT or connection.join.grain != "cell" or target.grid.is_map:
            continue
        if not _is_linear(target) or any(drawn[each.name].detail != CELLS for each in (source, target)):
            continue
        known.append(
            (
                bundle.index,
                Edges(
                    source.tensor,
                    _linear_tensor(network, target),
                    drawn[source.name].flat[bundle.source],
                    drawn[target.name].flat[bundle.target],
                    bundle.weight.astype(np.float64),
                ),
            )
        )
    return known


def _is_linear(layer: Layer) -> bool:
    """Whether a layer is one product with weights, and what comes of that: no normalisation changes these."""
    ops = [part.op for part in layer.parts]
    return bool(ops) and ops[0] in LINEAR and not any("Normalization" in op for op in ops)


def _linear_tensor(network: Network, layer: Layer) -> str:
    """What a layer gives before its activation, or before it makes shares of scores."""
    makers = {name: node for node in network.checkpoint.model.graph.node for name in node.output}
    maker = makers.get(layer.tensor)
    tensor = maker.input[0] if maker is not None and maker.op_type in SHARES else layer.tensor
    return before_activation(network, tensor)
