# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A close look between two layers."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

from ...containers import CheckpointError
from ..building import studio
from ..camera import framing, picture
from ..entities import Bundle, LayerObject, NetworkScene
from . import keys
from .stage import Stage

TALL = 1.5  # heights of a unit's map in the picture
EDGE = 0.36  # of the picture's width, where the layer in front ends
FINE = 0.6
FEW = 140  # the radius of lines so near, as a share, and how many do not hide what they join


def place(stage: Stage) -> None:
    """Look past the edge of one layer along its lines to the maps of the next, on which it is focused."""
    view = stage.seen()
    camera = stage.camera
    picture.aim(stage.network, camera)
    bundle, source, target = _ends(stage.network, stage.scene.view_layers[0])
    axes = framing.rotation(camera)
    near, far = (framing.box_corners(layer.obj, view.depsgraph) @ axes for layer in (source, target))
    height = _map_height(source, np.ptp(near[:, 1]))
    half = TALL * height / 2
    back = half / framing.slopes(camera.data, view.aspect)[1]
    middle = (near.max(0) + near.min(0)) / 2
    edge = near[:, 0].max()
    x = edge + (1 - 2 * EDGE) * half * view.aspect
    y = middle[1] + height * 0.55
    camera.location = Vector(axes @ np.array([x, y, middle[2] + back]))
    studio.focus(camera, float(camera.location @ Vector(axes[:, 2]) - far[:, 2].mean()))
    camera.data.clip_start = min(camera.data.clip_start, back / 20)
    if bundle:
        _thin(stage, bundle)


def _thin(stage: Stage, bundle: Bundle) -> None:
    """Let a bundle be finer in this shot: what joins two layers hides them from so near."""
    inputs = bundle.inputs
    for name, value in (("Radius", FINE * inputs["Radius"]), ("Most", min(inputs["Most"] or FEW, FEW))):
        keys.move_input(stage.shot, bundle.obj, name, [(stage.first, value), (stage.last, value)], "CONSTANT")


def _map_height(layer: LayerObject, whole: float) -> float:
    """The height of one unit's map of a layer; of a layer without maps a third of the whole."""
    rows = layer.grid[1]
    return rows * float(layer.inputs["Pitch"]) if rows > 1 else whole / 3


def check(network: bpy.types.Collection) -> None:
    """Raises `CheckpointError` where no layer is seen."""
    view_layer = NetworkScene(network).scene.view_layers[0]
    view_layer.update()
    if not _seen(network, view_layer):
        raise CheckpointError(network.name, "shows no layer", "unfold its blocks, or set the detail of a layer")


def _seen(network, view_layer) -> dict[str, LayerObject]:
    """The layers by name that show something."""
    return {
        name: layer
        for name, layer in NetworkScene(network).layers().items()
        if len(framing.shown_corners(layer.obj, view_layer))
    }


def _ends(network, view_layer) -> tuple[Bundle | None, LayerObject, LayerObject]:
    """The bundle with most lines that carry weights, of maps if there are any, and the layers at its ends."""
    layers = _seen(network, view_layer)
    if not layers:
        raise CheckpointError(network.name, "shows no layer", "unfold its blocks, or set the detail of a layer")

    def worth(bundle: Bundle):
        grids = [layers[end].grid for end in bundle.ends]
        maps = sum(units > 1 and rows * columns > 1 for units, rows, columns in grids)
        return bundle.carries == "weight", maps, len(bundle.obj.data.curves)

    bundles = [
        bundle
        for bundle in NetworkScene(network).bundles()
        if layers.keys() >= set(bundle.ends) and bundle.source != bundle.target
    ]
    if not bundles:
        first = next(iter(layers.values()))
        return None, first, first
    best = max(bundles, key=worth)
    return best, layers[best.source], layers[best.target]
