# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open one cell of a layer in the scene: a panel above the layer with what the cell is made of.

Numbers are worked out by geometry nodes from the cells of the layers, so that they follow what these show, and from a
table of all cells to which the panel may move; which rows there are is of the run in which the cell was opened.
"""

from __future__ import annotations

import bpy

from ...containers import CheckpointError
from ...inference import fit_file, run
from .. import removing
from ..background import in_background
from ..building import importing
from ..building.planned import Steps
from ..entities import NetworkScene, Opened, OpenedPart
from . import summing
from . import terms as reading
from .tables import Table, table
from .terms import Terms


def steps(collection: bpy.types.Collection, name: str, cell: tuple[int, int, int] | None = None) -> Steps:
    """Open a cell of a layer, the largest where none is said. Yields as `build.build`, changes nothing before the last
    step; returns the `Terms`. Raises `CheckpointError`."""
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

    def read() -> tuple[Terms, Table]:
        layer = network.layer(name)
        values = run(network, *fit_file(given, network), parts=True)
        terms = reading.terms(network, layer, cell or reading.strongest(layer, values), values)
        return terms, table(network, layer, terms, values)

    terms, cells = yield from in_background(read, "running the input")
    close(collection)
    summing.make(collection, network, terms, cells)
    return terms


def close(collection: bpy.types.Collection) -> int:
    """Take what is opened away; how many objects that were."""
    gone = [member.obj for member in NetworkScene(collection).members(Opened, OpenedPart)]
    removing.remove(gone)
    return len(gone)
