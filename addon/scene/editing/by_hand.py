# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cells that somebody places by hand: the vertices of a layer's mesh, to which the modifier goes by its By Hand."""

from __future__ import annotations

import bpy
import numpy as np

from ...nodes.sockets import LAYER
from .. import removing
from ..attributes import array
from ..camera import framing
from ..entities import LayerObject

INDEX = ("unit", "row", "column")
PLAIN = {socket.name: socket.default for socket in LAYER if socket.moves}  # only the arrangement places cells
Held = dict[tuple[int, int, int], np.ndarray]


def edit(context: bpy.types.Context, obj: bpy.types.Object) -> None:
    """Let a person place the cells of a layer in Edit Mode; at first they are where the arrangement has them."""
    layer = LayerObject(obj)
    if not layer.by_hand:
        begin(obj)
    layer.inputs["By Hand"] = 1.0
    for other in list(context.view_layer.objects.selected):  # Blender would edit them too
        other.select_set(False)
    obj.select_set(True)
    context.view_layer.objects.active = obj
    context.tool_settings.mesh_select_mode = (True, False, False)
    bpy.ops.object.mode_set(mode="EDIT")


def back(obj: bpy.types.Object, reset: bool = False) -> None:
    """Put the cells of a layer back into their arrangement; the places by hand are kept, unless `reset`."""
    if obj.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    layer = LayerObject(obj)
    if reset:
        begin(obj)
        layer.by_hand = False
    layer.inputs["By Hand"] = 0.0
    obj.update_tag()


def whole(obj: bpy.types.Object) -> bool:
    """Whether a layer's mesh has all its cells; some may have been deleted, or others added, in Edit Mode."""
    inputs = LayerObject(obj).inputs
    return len(obj.data.vertices) == inputs["Units"] * inputs["Rows"] * inputs["Columns"]


def held(obj: bpy.types.Object) -> Held:
    """The places by hand of a layer's cells, by unit, row and column; none if nobody has placed any."""
    layer = LayerObject(obj)
    if not layer.by_hand:
        return {}
    index = np.stack([array(obj, name) for name in INDEX], -1)
    detail = layer.detail
    return {(detail, *cell): place for cell, place in zip(index.tolist(), _get(obj.data), strict=True)}


def keep(obj: bpy.types.Object, places: Held) -> None:
    """Put cells that are still drawn back to where they were `held`; the others start from the arrangement."""
    if not places:
        return
    layer = LayerObject(obj)
    index = np.stack([array(obj, name) for name in INDEX], -1).tolist()
    detail = layer.detail
    kept = [places.get((detail, *cell)) for cell in index]
    here = np.array([place is not None for place in kept])
    new = _get(obj.data) if here.all() else arranged(obj)
    if here.any():
        new[here] = [place for place in kept if place is not None]
    else:
        layer.inputs["By Hand"] = 0.0
    layer.by_hand = bool(here.any())
    put(obj.data, new)


def arranged(obj: bpy.types.Object) -> np.ndarray:
    """Where a layer's arrangement puts its cells, (n, 3) in metres of its own space; small squares as whole units."""
    places = _evaluated(obj, PLAIN)
    inputs = LayerObject(obj).inputs
    shown = inputs["Shown Units"]
    if 0 < shown < inputs["Units"]:
        aside = array(obj, "unit_rank") >= shown
        places[aside] = _evaluated(obj, PLAIN | {"Shown Units": 0})[aside]
    return places


def of_vertices(obj: bpy.types.Object, values: np.ndarray) -> np.ndarray:
    """Those of the values of all drawn cells that belong to the vertices, some of which may be gone."""
    if len(values) == len(obj.data.vertices):
        return values
    at = np.zeros(len(obj.data.vertices), np.int64)
    for name in INDEX:
        known, rank = np.unique(array(obj, name), return_inverse=True)
        at = at * len(known) + rank
    return values[np.minimum(at, len(values) - 1)]


def put(mesh: bpy.types.Mesh, places: np.ndarray) -> None:
    """Move the vertices of a mesh, (n, 3)."""
    mesh.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(places, np.float32).ravel())
    mesh.update()


def _get(mesh):
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.attributes["position"].data.foreach_get("vector", places)
    return places.reshape(-1, 3)


def begin(obj: bpy.types.Object) -> None:
    """Move the vertices to where the arrangement has their cells; of a mesh that has lost some that is not known."""
    if not whole(obj):
        return
    put(obj.data, arranged(obj))
    LayerObject(obj).by_hand = True


def _evaluated(obj, values):
    """The places of the cells, (n, 3), with these values in the modifier: of a copy in a scene of its own."""
    scene = bpy.data.scenes.new("arranged")
    copy = obj.copy()
    try:
        copy.animation_data_clear()
        copy.parent = None
        copy.hide_viewport = False  # what is hidden is not evaluated
        LayerObject(copy).inputs.update(values)
        scene.collection.objects.link(copy)
        view_layer = scene.view_layers[0]
        view_layer.update()
        geometry = copy.evaluated_get(view_layer.depsgraph).evaluated_geometry()
        matrices, _ = framing.instance_matrices(geometry.instances_pointcloud())
        return matrices[: len(obj.data.vertices), :3, 3].copy()
    finally:
        removing.remove([copy, scene])
