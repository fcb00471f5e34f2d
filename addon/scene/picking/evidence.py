# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lights up for a reading: the lines into a cell, and its receptive field on the layers before it."""

from __future__ import annotations

from dataclasses import dataclass, field

import bpy
import numpy as np

from ...network import Network
from ...network.fields import Field, edges_into, into, receptive_fields
from ...nodes import materials
from ..attributes import array, array_of
from ..camera import framing
from ..entities import Bundle, LayerObject, NetworkScene, network_of
from . import hits, models
from .reading import LARGEST, Reading, cell_places, drawn_cells

MOST = 300  # lines: more are a slab of colour
STEPS = 14  # points of a line
MOST_UNITS = 64  # of a layer, on which a field is framed
ADDS, SUBTRACTS = (1.0, 0.45, 0.18), (0.22, 0.5, 1.0)  # where a network has no ramp of its own


@dataclass(frozen=True)
class Evidence:
    """Lines as points (n, k, 3) in the world with signed strengths (n,), -1 to 1, and colours for both signs; they are
    the strongest of `total`. `frames` are corners (4, 3) of the fields on maps."""

    lines: list[np.ndarray] = field(default_factory=list)
    strengths: list[np.ndarray] = field(default_factory=list)
    total: int = 0
    frames: list[np.ndarray] = field(default_factory=list)
    cell: np.ndarray | None = None
    colours: tuple[tuple, tuple] = (ADDS, SUBTRACTS)


def of(reading: Reading, view_layer: bpy.types.ViewLayer, outgoing: bool = False, wait: bool = True) -> Evidence | None:
    """What belongs to a cell or a line: of a cell all lines into it that the model has and whose cells are drawn, or
    `outgoing` those that are drawn from it. Of other things None."""
    obj = reading.hit.obj
    network = network_of(obj)
    if network is None:
        return None
    depsgraph = view_layer.depsgraph
    colours = _colours(NetworkScene(network))
    if reading.hit.kind == hits.LINE:
        points, _ = _curves(obj, depsgraph, np.array([reading.hit.index]))
        sign = np.sign(reading.facts.get("weight", 1.0)) or 1.0
        return Evidence([points], [np.array([sign])], 1, colours=colours)
    if reading.hit.kind != hits.CELL or not LayerObject.is_one(obj):
        return None
    layer = LayerObject(obj)
    place = np.array(reading.place)
    model = models.of(network, wait)
    known = model is not None and layer.name in model.by_name and "cell" in reading.facts and not outgoing
    if not known:
        return _drawn(layer, reading.hit.index, depsgraph, outgoing, place, colours)
    lines, strengths, total = _into(network, model, layer, reading.facts["cell"], place, depsgraph)
    fields = receptive_fields(model, model.by_name[layer.name], reading.facts["cell"])
    frames = []
    for name, shown in NetworkScene(network).layers().items():
        if name in fields and shown.obj.visible_get(view_layer=view_layer):
            frames += _frames(shown, fields[name], depsgraph)
    if not lines:
        return _drawn(layer, reading.hit.index, depsgraph, outgoing, place, colours, frames)
    return Evidence(lines, strengths, total, frames, place, colours)


def _into(network, model: Network, layer, cell, place, depsgraph):
    shown = NetworkScene(network).layers()
    found = []
    total = 0
    for connection in into(model, model.by_name[layer.name]):
        source = shown.get(connection.source.name)
        if source is None or source.detail != "cells" or connection.join.fan_in > LARGEST:
            continue
        edges = edges_into(connection, cell)
        total += len(edges)
        cells = drawn_cells(source.obj)
        order = np.argsort(cells)
        at = np.searchsorted(cells[order], edges.source).clip(max=len(cells) - 1)
        vertex = order[at]
        there = cells[vertex] == edges.source
        weight = edges.weight[there].astype(np.float64)
        vertex = vertex[there]
        if source.value_is == "activation":
            weight = weight * array(source.obj, "value")[vertex]
        found.append((cell_places(source.obj, depsgraph)[vertex], np.nan_to_num(weight)))
    if not found:
        return [], [], total
    starts, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    largest = np.abs(weights).max(initial=0)
    chosen = np.argsort(-np.abs(weights), kind="stable")[:MOST]
    chosen = chosen[np.abs(weights[chosen]) > 0]
    if not len(chosen):
        return [], [], total
    return [_bent(starts[chosen], place)], [weights[chosen] / largest], total


def _bent(starts: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Lines (n, STEPS, 3) that leave and enter along the signal."""
    way = np.linspace(0, 1, STEPS)
    smooth = way * way * (3 - 2 * way)
    across = end - starts
    along = across.mean(0)
    along = along / (np.linalg.norm(along) or 1.0)
    straight = (across @ along)[:, None, None] * along
    rest = across[:, None] - straight
    return starts[:, None] + straight * way[:, None] + rest * smooth[:, None]


def _drawn(layer, index, depsgraph, outgoing, place, colours, frames=()):
    """The lines of a cell among those that are drawn."""
    lines, strengths = [], []
    total = 0
    end = "source" if outgoing else "target"
    for bundle in layer.outgoing() if outgoing else layer.incoming():
        if bundle.inputs["Target" if end == "target" else "Source"] != layer.obj:
            continue
        points, strength = _curves(bundle.obj, depsgraph, None, end, index)
        if len(points):
            lines.append(points[:MOST])
            strengths.append(strength[:MOST])
            total += len(points)
    return Evidence(lines, strengths, total, list(frames), place, colours)


def _curves(obj, depsgraph, indices, end="", index=-1):
    """Points (n, k, 3) in the world of some lines as they are drawn, by their places or by the cell at an end, and
    their strengths."""
    geometry = framing.geometry_of(obj, depsgraph)  # it owns the curves
    curves = geometry.curves if geometry else None
    if curves is None or not len(curves.curves):
        return np.zeros((0, 2, 3)), np.zeros(0)
    points = hits.curve_points(curves)
    if indices is None:
        indices = np.flatnonzero(array_of(curves, end) == index)
    strengths = np.ones(len(indices))
    if "weight" in curves.attributes and Bundle.is_one(obj):
        weight = np.nan_to_num(array_of(curves, "weight")[indices]).astype(np.float64)
        strengths = weight / (np.abs(weight).max(initial=0) or 1.0)
    matrix = np.array(obj.evaluated_get(depsgraph).matrix_world, np.float64)
    return points[indices] @ matrix[:3, :3].T + matrix[:3, 3], strengths


def _frames(layer: LayerObject, seen: Field, depsgraph) -> list[np.ndarray]:
    """Corners (4, 3) of a field on each map of a layer that it is on."""
    if layer.detail != "cells" or layer.grid[1] * layer.grid[2] <= 1:
        return []
    obj = layer.obj
    units, rows, columns = (array(obj, name) for name in ("unit", "row", "column"))
    inside = (rows >= seen.rows[0]) & (rows <= seen.rows[1])
    inside &= (columns >= seen.columns[0]) & (columns <= seen.columns[1])
    geometry = framing.geometry_of(obj, depsgraph)  # it owns the cloud
    cloud = geometry.instances_pointcloud() if geometry else None
    if cloud is None or len(cloud.points) < len(units):
        return []
    matrices, _ = framing.instance_matrices(cloud)
    matrices = matrices[: len(units)]
    sized = np.abs(matrices[:, 1, 1]) > 1e-9
    world = np.array(obj.evaluated_get(depsgraph).matrix_world, np.float64)
    some = np.unique(units) if seen.all_units else np.array(seen.units)
    frames = []
    for unit in some[:MOST_UNITS]:
        mine = np.flatnonzero(inside & sized & (units == unit))
        if not len(mine):
            continue
        places, half = matrices[mine, :3, 3], np.abs(matrices[mine[0], (1, 2), (1, 2)]) * 0.55
        low, high = places.min(0), places.max(0)
        front = low[0] - np.abs(matrices[mine, 0, 0]).max()
        corners = [
            (front, side, up)
            for side, up in (
                (low[1] - half[0], low[2] - half[1]),
                (high[1] + half[0], low[2] - half[1]),
                (high[1] + half[0], high[2] + half[1]),
                (low[1] - half[0], high[2] + half[1]),
            )
        ]
        frames.append(np.array(corners) @ world[:3, :3].T + world[:3, 3])
    return frames


def _colours(scene: NetworkScene) -> tuple[tuple, tuple]:
    """What adds and what subtracts, in the colours of the network's lines."""
    ramp = materials.ramp_of(scene.materials.get("lines"))
    if ramp is None:
        return ADDS, SUBTRACTS
    return tuple(ramp.evaluate(1.0)[:3]), tuple(ramp.evaluate(0.0)[:3])
