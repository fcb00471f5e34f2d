# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The room that layers take: as they were made, or as somebody has shaped them since."""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np
from mathutils import Matrix

from ...nodes.sockets import LAYER
from .. import removing, sockets
from ..camera import framing
from ..entities import LayerObject

Size = tuple[float, float, float]
SHAPING = {socket.name: socket.initial for socket in LAYER if socket.extent and socket.kind != "Object"}
# All else has its default, so that a layer has room for full values, and for what is hidden now.
PLAIN = {socket.name: socket.initial for socket in LAYER if not socket.extent}
CELL = np.array([[-1.0, -0.5, -0.5], [0.0, 0.5, 0.5]])  # what our own tiles fill
CLOSE = 1e-3  # metres, and of a scale


def sizes(layers: Iterable[LayerObject]) -> list[Size]:
    """What each layer takes along the signal, to the side and up, in metres, in a box whose middle is its own."""
    shaped = {layer: _shaped(layer) for layer in layers}
    measured = iter(_measured([layer for layer, is_shaped in shaped.items() if is_shaped]))
    return [next(measured) if is_shaped else layer.size for layer, is_shaped in shaped.items()]


def _shaped(layer: LayerObject) -> bool:
    """Whether somebody has changed what may make a layer larger."""
    return (
        sockets.changed(layer, SHAPING)
        or not np.allclose(layer.obj.scale, 1.0, atol=CLOSE)
        or not _fits(layer.inputs["Cell"])
    )


def _fits(cell) -> bool:
    """Whether the object that cells show is no larger than the tile that it stands for."""
    box = np.array(cell.bound_box) if cell else CELL
    return bool((box >= CELL[0] - CLOSE).all() and (box <= CELL[1] + CLOSE).all())


def _measured(layers: list[LayerObject]) -> list[Size]:
    """The boxes of layers that are evaluated anew, each alone and unturned by its network, with full values."""
    if not layers:
        return []
    scene = bpy.data.scenes.new("measured")
    copies = [layer.obj.copy() for layer in layers]
    meshes = [layer.obj.data.copy() for layer in layers]
    try:
        for layer, copy, mesh in zip(layers, copies, meshes, strict=True):
            copy.animation_data_clear()
            copy.constraints.clear()
            copy.parent = None
            copy.hide_viewport = False  # what is hidden is not evaluated
            copy.data = mesh
            copy.delta_scale, copy.delta_location = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
            copy.matrix_basis = Matrix.Rotation(layer.turn, 4, "Z") @ Matrix.Diagonal((*layer.obj.scale, 1.0))
            count = len(mesh.vertices)
            mesh.attributes["value"].data.foreach_set("value", np.ones(count, np.float32))
            mesh.attributes["importance_order"].data.foreach_set("value", np.zeros(count, np.float32))
            LayerObject(copy).inputs.update(PLAIN)
            scene.collection.objects.link(copy)
        view_layer = scene.view_layers[0]
        view_layer.update()
        boxes = [framing.box_corners(copy, view_layer.depsgraph) for copy in copies]
    finally:
        removing.remove([*copies, *meshes, scene])
    return [
        tuple((2 * np.abs(box).max(0)).tolist()) if len(box) else layer.size
        for layer, box in zip(layers, boxes, strict=True)
    ]
