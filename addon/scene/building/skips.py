# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines between the books of a U-Net: one a map across, and the stream down and up again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import bpy
import numpy as np

from ...inference import Ran, activation
from ...network import Layer, Network
from ...network.lines import Lines
from ...network.network import by_unit
from ...nodes.block import ENDS
from ..entities import BlockBox, Bundle
from . import connections

MOST = 48  # lines across; of more maps every n-th has one
RADIUS, STREAM_RADIUS = 0.044, 0.055  # metres, of the strongest line across, and of the stream
LEAST = 0.3  # of the strongest's radius has the weakest
BESIDE = 1  # the first instance of a block is its box, then come its edges


def lead(
    bundles: Iterable[Bundle], network: Network, ran: Ran | None, materials: Mapping[str, bpy.types.Material]
) -> None:
    """Lead the lines between the books of a U: across where two stand at one level, else as the stream."""
    level = network.levels
    joined = []
    for bundle in bundles if level else ():
        ends = [BlockBox.of(obj) for obj in (bundle.source_object, bundle.target_object)]
        if all(ends) and all(box.path in network.block_by_path for box in ends):
            joined.append((bundle, ends, [level[network.block_by_path[box.path].layers[-1]] for box in ends]))
    across = [
        (bundle, ends) for bundle, ends, (first, second) in joined if first == second and _over(*ends, network, level)
    ]
    skipping = {bundle for bundle, _ in across}
    read = [_read(*ends, network) for _, ends in across]
    for (_, ends), layer in zip(across, read, strict=True):
        count = min(MOST, layer.grid.units)
        for box in ends:
            box.inputs["Edges"] = max(box.inputs["Edges"], count)
            box.obj.update_tag()
    for (bundle, ends), layer in zip(across, read, strict=True):
        _across(bundle, *ends, layer, ran)
    for bundle, ends, (first, second) in joined:
        if bundle not in skipping:
            _stream(bundle, *ends, "above" if first < second else "below" if first > second else "", materials)


def _over(source: BlockBox, target: BlockBox, network: Network, level: Mapping[str, int]) -> bool:
    """Whether layers of a lower level stand between two blocks."""
    names = [layer.name for layer in network.layers]
    between = names[names.index(source.layers[-1]) + 1 : names.index(target.layers[0])]
    return any(level[name] > level[source.layers[-1]] for name in between)


def _across(bundle: Bundle, source: BlockBox, target: BlockBox, layer: Layer, ran: Ran | None) -> None:
    """One line a map, from top to bottom in the order of channels, as strong as its mean activation."""
    count = min(MOST, layer.grid.units)
    units = np.linspace(0, layer.grid.units - 1, count).round().astype(int)
    ends = []
    for box, begin in ((source, 0), (target, target.inputs["Edges"])):
        last = box.inputs["Edges"] - 1
        ends.append(BESIDE + begin + np.linspace(0, last, count).round().astype(np.int32))
    strong = _strength(layer, ran)[units]
    nothing = np.zeros(count, np.float32)
    connections.set_lines(bundle.obj, Lines("unknown", *ends, nothing, nothing, strong, total=0))
    bundle.inputs.update({"Radius": RADIUS, "Thin End": LEAST, "Width Power": 1.0, "Ease": 0.0})


def _stream(bundle: Bundle, source: BlockBox, target: BlockBox, enters: str, materials) -> None:
    """One line from the side of a book to the top of a lower one, to the bottom of a higher one, or to the side of one
    at its own level."""
    for box in (source, target):
        box.inputs["Edges"] = max(1, box.inputs["Edges"])
        box.obj.update_tag()
    ends = [_end(source, "leaves"), _end(target, enters)]
    one = np.ones(1, np.float32)
    connections.set_lines(bundle.obj, Lines("unknown", *ends, 0 * one, 0 * one, one, total=0))
    bundle.obj.data.set_types(type="CATMULL_ROM")
    bundle.inputs.update({"Radius": STREAM_RADIUS, "Ease": 1.0, "Material": materials["hot"]})


def _end(box: BlockBox, name: str) -> np.ndarray:
    """The instance of a block at one of its `ENDS`, or without a name in the middle of the edge where it is entered."""
    count = box.inputs["Edges"]
    place = 2 * count + list(ENDS).index(name) if name else count + count // 2
    return np.array([BESIDE + place], np.int32)


def _read(source: BlockBox, target: BlockBox, network: Network) -> Layer:
    """The layer in one block that a layer in the other reads, the last if there are several."""
    outside, inside = set(source.layers), set(target.layers)
    read = [
        connection.source
        for connection in network.connections
        if connection.source.name in outside and connection.target.name in inside
    ]
    return read[-1] if read else network.layer(source.layers[-1])


def _strength(layer: Layer, ran: Ran | None) -> np.ndarray:
    """How strong each map of a layer is, (units,), 1 at the most; without an input all are alike."""
    value = activation(layer, ran)
    if value is None:
        return np.full(layer.grid.units, 0.5, np.float32)
    mean = np.abs(by_unit(value, layer.grid).mean((1, 2)))
    return (mean / (mean.max() or 1.0)).astype(np.float32)
