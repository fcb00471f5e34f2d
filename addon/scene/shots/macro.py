# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A close look between two layers."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

from ... import compat
from ...containers import CheckpointError
from .. import selection, tags
from ..building import studio
from ..camera import framing, picture
from . import keys
from .stage import Stage

TALL = 1.5  # heights of a unit's map in the picture
EDGE = 0.36  # of the picture's width, where the layer in front ends
FINE, FEW = 0.6, 140  # the radius of lines so near, as a share, and how many do not hide what they join


def place(stage: Stage) -> None:
    """Look past the edge of one layer along its lines to the maps of the next, on which it is focused."""
    found, camera = stage.seen(), stage.camera
    picture.aim(stage.network, camera)
    bundle, source, target = _ends(stage.network, stage.scene.view_layers[0])
    axes = framing.rotation(camera)
    near, far = (framing.box_corners(one, found.depsgraph) @ axes for one in (source, target))
    height = _map_height(source, np.ptp(near[:, 1]))
    half = TALL * height / 2
    back = half / framing.slopes(camera.data, found.aspect)[1]
    middle = (near.max(0) + near.min(0)) / 2
    edge = near[:, 0].max()
    x = edge + (1 - 2 * EDGE) * half * found.aspect
    y = middle[1] + height * 0.55
    camera.location = Vector(axes @ np.array([x, y, middle[2] + back]))
    studio.focus(camera, float(camera.location @ Vector(axes[:, 2]) - far[:, 2].mean()))
    camera.data.clip_start = min(camera.data.clip_start, back / 20)
    if bundle:
        _thin(stage, bundle)


def _thin(stage, bundle):
    """Let a bundle be finer in this shot: what joins two layers hides them from so near."""
    inputs = tags.modifier(bundle)
    for name, value in (
        ("Radius", FINE * compat.get_input(inputs, "Radius")),
        ("Most", min(compat.get_input(inputs, "Most") or FEW, FEW)),
    ):
        keys.move_input(stage.shot, bundle, name, [(stage.first, value), (stage.last, value)], "CONSTANT")


def _map_height(layer: bpy.types.Object, whole: float) -> float:
    """The height of one unit's map of a layer; of a layer without maps a third of the whole."""
    rows = tags.read(layer)["grid"][1]
    return rows * float(compat.get_input(tags.modifier(layer), "Pitch")) if rows > 1 else whole / 3


def check(network: bpy.types.Collection) -> None:
    """Raises `CheckpointError` where no layer is seen."""
    view_layer = tags.scene_of(network).view_layers[0]
    view_layer.update()
    if not _seen(network, view_layer):
        raise CheckpointError(network.name, "shows no layer", "unfold its blocks, or set the detail of a layer")


def _seen(network, view_layer) -> dict[str, bpy.types.Object]:
    """The layers by name that show something."""
    return {
        name: layer
        for name, layer in selection.layers(network).items()
        if len(framing.shown_corners(layer, view_layer))
    }


def _ends(network, view_layer) -> tuple[bpy.types.Object | None, bpy.types.Object, bpy.types.Object]:
    """The bundle with most lines that carry weights, of maps if there are any, and the layers at its ends."""
    objs = _seen(network, view_layer)
    if not objs:
        raise CheckpointError(network.name, "shows no layer", "unfold its blocks, or set the detail of a layer")

    def worth(bundle):
        facts = tags.read(bundle)
        grids = [tags.read(objs[facts[end]])["grid"] for end in ("source", "target")]
        maps = sum(units > 1 and rows * columns > 1 for units, rows, columns in grids)
        return facts["carries"] == "weight", maps, len(bundle.data.curves)

    bundles = [
        one
        for one in tags.members(network, "connections")
        if {tags.read(one)["source"], tags.read(one)["target"]} <= objs.keys()
        and tags.read(one)["source"] != tags.read(one)["target"]
    ]
    if not bundles:
        first = next(iter(objs.values()))
        return None, first, first
    best = max(bundles, key=worth)
    facts = tags.read(best)
    return best, objs[facts["source"]], objs[facts["target"]]
