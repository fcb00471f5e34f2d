# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open one cell of a layer in the scene: a panel above the layer with what the cell is made of.

Numbers are worked out by geometry nodes from the cells of the layers, so that they follow what these show, and from a
table of all cells to which the panel may move; which rows there are is of the run in which the cell was opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import bpy
import numpy as np

from ...containers import CheckpointError
from ...inference import fit_file, run
from ...network import Layer, Network
from ...network.joins.recurrent import GATES
from .. import removing
from ..background import in_background
from ..building import importing
from ..building.planned import Steps
from ..entities import NetworkScene, Opened, OpenedPart
from . import attention as attending
from . import attention_panel, gates_panel, normal_panel, normals, summing
from . import gates as recurrent
from . import terms as reading
from .tables import table


class Explained(Protocol):
    """What was opened: a `cell` of a `layer`, and what that gives there."""

    @property
    def layer(self) -> str: ...
    @property
    def cell(self) -> tuple[int, int, int]: ...
    @property
    def result(self) -> float: ...


Draw = Callable[[bpy.types.Collection], bpy.types.Object]


def steps(collection: bpy.types.Collection, name: str, cell: tuple[int, int, int] | None = None) -> Steps:
    """Open a cell of a layer, the largest where none is said. Yields as `build.build`, changes nothing before the last
    step; returns what is `Explained`. Raises `CheckpointError`."""
    scene = NetworkScene(collection)
    if not scene.input_path:
        raise CheckpointError(collection.name, "shows no input that ran", "run an input first")
    if scene.series:
        raise CheckpointError(
            collection.name,
            "has steps, and what is opened would not follow their slider",
            "import one checkpoint with one input",
        )
    given = bpy.path.abspath(scene.input_path)
    network = yield from importing.reopen_steps(collection)

    def read() -> tuple[Explained, Draw]:
        values = run(network, *fit_file(given, network), parts=True)
        return explain(network, network.layer(name), cell, values)

    explained, draw = yield from in_background(read, "running the input")
    close(collection)
    draw(collection)
    return explained


def explain(
    network: Network, layer: Layer, cell: tuple[int, int, int] | None, values: Mapping[str, np.ndarray]
) -> tuple[Explained, Draw]:
    """What a cell of a layer is made of in a run, the largest where none is said, and what draws it. Raises
    `CheckpointError`."""
    if layer.op == "Attention":
        attention = attending.attention(network, layer, cell, values)
        return attention, lambda collection: attention_panel.make(collection, network, attention)
    at = cell or reading.strongest(layer, values)
    reading.check_cell(layer, at)
    if layer.op in GATES:
        gates = recurrent.gates(network, layer, at, values)
        return gates, lambda collection: gates_panel.make(collection, network, gates)
    if reading.joined(network, layer) is None and normals.find(network, layer) is not None:
        normal = normals.normal(network, layer, at, values)
        return normal, lambda collection: normal_panel.make(collection, network, normal)
    terms = reading.terms(network, layer, at, values)
    cells = table(network, layer, terms, values)
    return terms, lambda collection: summing.make(collection, network, terms, cells)


def close(collection: bpy.types.Collection) -> int:
    """Take what is opened away; how many objects that were."""
    gone = [member.obj for member in NetworkScene(collection).members(Opened, OpenedPart)]
    removing.remove(gone)
    return len(gone)
