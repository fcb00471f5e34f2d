# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence on the cells and lines of a network: attributes, the slider of its steps, and the way back to values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy
import numpy as np

from ... import compat
from ...attribution import Explained
from ...containers import CheckpointError
from ...network.drawn import Drawn
from ...nodes import series as groups
from ...nodes.sockets.series import EVIDENCE
from ...nodes.tree import MARK, attach
from .. import sockets
from ..building import layers
from ..building.paints import paint_of
from ..editing import by_hand
from ..entities import Bundle, LayerObject, NetworkScene, series_nodes
from ..series import showing

COUNTS, EXTENT = "evidence", "evidence_range"
FULL = 0.995  # of the sizes in a layer of maps are below that in full color
STEPS = "Evidence Steps"  # the modifier that blends steps
RELIEF = {"input": 5.2, "maps": 3.2, "neurons": 4.5}  # pitches


def extent_of(values: np.ndarray, maps: bool) -> float:
    """The evidence in full color: of maps that of most cells, zeros counted, of neurons the largest."""
    size = np.abs(values[np.isfinite(values)])
    if not len(size) or not size.any():
        return 1.0
    return float(np.quantile(size, FULL) if maps else size.max()) or float(size.max())


def show(
    collection: bpy.types.Collection,
    told: Sequence[Explained],
    lines: Mapping[int, Sequence[np.ndarray]],
    drawn: Mapping[str, Drawn],
) -> None:
    """Let the layers of a network show these steps, and the bundles (by the place of their connection) what each line
    counts in the first."""
    scene = NetworkScene(collection)
    for member in scene.members(LayerObject, Bundle):
        if "Evidence" not in member.inputs:
            raise CheckpointError(collection.name, "was made by an older version", "import the network again")
    material, of_lines = paint_of(scene, "evidence"), paint_of(scene, "evidence lines")
    root = scene.root().obj
    if len(told) > 1:
        showing.add_slider(collection, "evidence", len(told), 0.0)
    for name, layer in scene.layers().items():
        steps = [step.values.get(name) for step in told]
        if layer.is_plane or all(values is None for values in steps):
            _off(layer)
            continue
        put(layer.obj, *_of_cells(layer, steps, drawn[name]), root)
        kind = "input" if layer.op == "Input" else "maps" if layer.grid[1] * layer.grid[2] > 1 else "neurons"
        sockets.refresh(layer, {"Evidence Relief": RELIEF[kind]})
        layer.inputs.update({"Evidence": 1.0, "Evidence Material": material})
    for bundle in scene.bundles():
        given = lines.get(bundle.index, ()) if bundle.index >= 0 else ()
        curves = bundle.obj.data
        if len(given) and len(given[0]) == len(curves.curves):
            _write(curves, COUNTS, given[0], "CURVE")
            _write(curves, EXTENT, np.full(len(given[0]), float(np.abs(given[0]).max(initial=0)) or 1.0), "CURVE")
        else:
            _forget(curves)
        bundle.inputs.update({"Evidence": 1.0, "Evidence Material": of_lines})


def _of_cells(layer: LayerObject, steps, cells: Drawn) -> tuple[list[np.ndarray], list[float]]:
    """What the cells of a layer count at each step, and what is full color then."""
    size = int(np.prod(layer.grid))
    maps = layer.grid[1] * layer.grid[2] > 1
    shown, extents = [], []
    for values in steps:
        values = np.zeros(size, np.float32) if values is None else values
        shown.append(by_hand.of_vertices(layer.obj, np.ascontiguousarray(cells.sample(values), np.float32)))
        extents.append(extent_of(values if cells.detail == "cells" else shown[-1], maps))
    return shown, extents


def put(obj: bpy.types.Object, shown: Sequence[np.ndarray], extents: Sequence[float], root: bpy.types.Object) -> None:
    """Let the points of a mesh count this at each step, and follow the slider where there are several."""
    mesh = obj.data
    _forget(mesh)
    count = len(mesh.vertices)
    _write(mesh, COUNTS, shown[0])
    _write(mesh, EXTENT, np.full(count, extents[0]))
    modifier = steps_of(obj)
    if len(shown) < 2:
        if modifier:
            obj.modifiers.remove(modifier)
        mesh.update_tag()
        return
    for step, (values, extent) in enumerate(zip(shown, extents, strict=True)):
        _write(mesh, groups.numbered(COUNTS, step), values)
        _write(mesh, groups.numbered(EXTENT, step), np.full(count, extent))
    given = {"Network": root, "Slider": groups.sockets.attribute("evidence"), "Last": len(shown) - 1}
    if modifier is None:
        attach(obj, STEPS, groups.evidence_group(), given)
        obj.modifiers.move(len(obj.modifiers) - 1, 0)
    else:
        compat.set_inputs(modifier, given)
    mesh.update_tag()


def steps_of(obj: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The modifier that blends the evidence of an object."""
    return next((each for each in series_nodes(obj) if each.node_group.get(MARK) == EVIDENCE.name), None)


def hide(collection: bpy.types.Collection) -> None:
    """Let layers and lines show values and weights again; what was counted goes."""
    scene = NetworkScene(collection)
    for layer in scene.members(LayerObject):
        _off(layer)
    for bundle in scene.members(Bundle):
        _forget(bundle.obj.data)
        if "Evidence" in bundle.inputs:
            bundle.inputs.update({"Evidence": 0.0})
    slider = showing.slider(collection, "evidence")
    if slider:
        slider.id_data.modifiers.remove(slider)


def _off(layer: LayerObject) -> None:
    if "Evidence" in layer.inputs and layer.inputs["Evidence"]:
        layer.inputs.update({"Evidence": 0.0})
    modifier = steps_of(layer.obj)
    if modifier:
        layer.obj.modifiers.remove(modifier)
    _forget(layer.obj.data)
    layer.obj.data.update_tag()


def _forget(data) -> None:
    attributes = data.attributes
    for name in [attribute.name for attribute in attributes if attribute.name.startswith(COUNTS)]:
        attributes.remove(attributes[name])


def _write(data, name: str, values: np.ndarray, domain: str = "POINT") -> None:
    attribute = data.attributes.get(name) or data.attributes.new(name, "FLOAT", domain)
    attribute.data.foreach_set("value", np.ascontiguousarray(values, np.float32))
    data.update_tag()


def drawn_of(collection: bpy.types.Collection) -> dict[str, Drawn]:
    """What of each layer is drawn, by its name."""
    return {name: layers.drawn_of(layer.obj) for name, layer in NetworkScene(collection).layers().items()}
