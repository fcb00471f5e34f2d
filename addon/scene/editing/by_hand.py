# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cells that somebody places by hand: the vertices of a layer's mesh, to which the modifier goes by its By Hand."""

from __future__ import annotations

import bpy
import numpy as np

from ... import compat
from ...nodes.sockets import LAYER
from .. import removing, tags
from ..attributes import array
from ..camera import framing

INDEX = ("unit", "row", "column")
PLAIN = {socket.name: socket.default for socket in LAYER if socket.moves}  # only the arrangement places cells
Held = dict[tuple[int, int, int], np.ndarray]


def edit(context: bpy.types.Context, thing: bpy.types.Object) -> None:
    """Let a person place the cells of a layer in Edit Mode; at first they are where the arrangement has them."""
    if not tags.read(thing).get("by_hand"):
        begin(thing)
    compat.set_inputs(tags.modifier(thing), {"By Hand": 1.0})
    for one in list(context.view_layer.objects.selected):  # Blender would edit them too
        one.select_set(False)
    thing.select_set(True)
    context.view_layer.objects.active = thing
    context.tool_settings.mesh_select_mode = (True, False, False)
    bpy.ops.object.mode_set(mode="EDIT")


def back(thing: bpy.types.Object, reset: bool = False) -> None:
    """Put the cells of a layer back into their arrangement; the places by hand are kept, unless `reset`."""
    if thing.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    if reset:
        begin(thing)
        tags.write(thing, **(tags.read(thing) | {"by_hand": False}))
    compat.set_inputs(tags.modifier(thing), {"By Hand": 0.0})
    thing.update_tag()


def whole(thing: bpy.types.Object) -> bool:
    """Whether a layer's mesh has all its cells; some may have been deleted, or others added, in Edit Mode."""
    modifier, count = tags.modifier(thing), 1
    for name in ("Units", "Rows", "Columns"):
        count *= compat.get_input(modifier, name)
    return len(thing.data.vertices) == count


def held(thing: bpy.types.Object) -> Held:
    """The places by hand of a layer's cells, by unit, row and column; none if nobody has placed any."""
    facts = tags.read(thing)
    if not facts.get("by_hand"):
        return {}
    index = np.stack([array(thing, name) for name in INDEX], -1)
    return {(facts["level"], *one): place for one, place in zip(index.tolist(), _get(thing.data), strict=True)}


def keep(thing: bpy.types.Object, places: Held) -> None:
    """Put cells that are still drawn back to where they were `held`; the others start from the arrangement."""
    if not places:
        return
    facts = tags.read(thing)
    index = np.stack([array(thing, name) for name in INDEX], -1).tolist()
    found = [places.get((facts["level"], *one)) for one in index]
    here = np.array([one is not None for one in found])
    new = _get(thing.data) if here.all() else arranged(thing)
    if here.any():
        new[here] = [one for one in found if one is not None]
    else:
        compat.set_inputs(tags.modifier(thing), {"By Hand": 0.0})
    tags.write(thing, **(facts | {"by_hand": bool(here.any())}))
    put(thing.data, new)


def arranged(thing: bpy.types.Object) -> np.ndarray:
    """Where a layer's arrangement puts its cells, (n, 3) in metres of its own space; small squares as whole units."""
    places = _evaluated(thing, PLAIN)
    shown = compat.get_input(tags.modifier(thing), "Shown Units")
    if 0 < shown < compat.get_input(tags.modifier(thing), "Units"):
        aside = array(thing, "unit_rank") >= shown
        places[aside] = _evaluated(thing, PLAIN | {"Shown Units": 0})[aside]
    return places


def of_vertices(thing: bpy.types.Object, values: np.ndarray) -> np.ndarray:
    """Those of the values of all drawn cells that belong to the vertices, some of which may be gone."""
    if len(values) == len(thing.data.vertices):
        return values
    at = np.zeros(len(thing.data.vertices), np.int64)
    for name in INDEX:
        known, rank = np.unique(array(thing, name), return_inverse=True)
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


def begin(thing: bpy.types.Object) -> None:
    """Move the vertices to where the arrangement has their cells; of a mesh that has lost some that is not known."""
    if not whole(thing):
        return
    put(thing.data, arranged(thing))
    tags.write(thing, **(tags.read(thing) | {"by_hand": True}))


def _evaluated(thing, values):
    """The places of the cells, (n, 3), with these values in the modifier: of a copy in a scene of its own."""
    scene, copy = bpy.data.scenes.new("arranged"), thing.copy()
    try:
        copy.animation_data_clear()
        copy.parent, copy.hide_viewport = None, False  # what is hidden is not evaluated
        compat.set_inputs(tags.modifier(copy), values)
        scene.collection.objects.link(copy)
        view_layer = scene.view_layers[0]
        view_layer.update()
        geometry = copy.evaluated_get(view_layer.depsgraph).evaluated_geometry()
        matrices, _ = framing.instance_matrices(geometry.instances_pointcloud())
        return matrices[: len(thing.data.vertices), :3, 3].copy()
    finally:
        removing.remove([copy, scene])
