# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel of an opened cell, from before it."""

from __future__ import annotations

import bpy
import numpy as np

from ...containers import CheckpointError
from ..building import studio
from ..camera import framing
from ..entities import NetworkScene, Opened
from .stage import Stage

MARGINS = framing.Margins(0.04, 0.04, 0.06, 0.06)


def check(network: bpy.types.Collection) -> None:
    """Raises `CheckpointError` where no cell is open."""
    if not any(len(opened.extent) == 4 for opened in NetworkScene(network).members(Opened)):
        raise CheckpointError(network.name, "shows no opened cell", "use Open Cell on a layer first")


def place(stage: Stage) -> None:
    """Put the camera before the panel, so that all of it is in the picture."""
    view = stage.seen()
    camera = stage.camera
    panel = next(opened for opened in NetworkScene(stage.network).members(Opened) if len(opened.extent) == 4)
    turn = panel.obj.matrix_world.to_euler().z  # of its layer, as on a shelf
    framing.aim(camera, stage.view.azimuth + turn, stage.view.elevation)
    left, right, bottom, top = panel.extent
    corners = np.array([(x, 0.0, z, 1.0) for x in (left, right) for z in (bottom, top)])
    points = corners @ np.array(panel.obj.matrix_world).T
    framing.fit(camera, points[:, :3], view.aspect, MARGINS)
    stage.scene.view_layers[0].update()
    depth = framing.project(camera, points[:, :3])[:, 2]
    camera.data.clip_end = max(camera.data.clip_end, 4 * float(depth.max()))
    studio.focus(camera, float(depth.mean()))
