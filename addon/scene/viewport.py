# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The 3D views of a window that shows a scene of ours."""

import bpy

CLUTTER = ("show_floor", "show_axis_x", "show_axis_y", "show_cursor", "show_relationship_lines")


def show(window: bpy.types.Window) -> None:
    """Let every 3D view look through the scene's camera, in the colours of the picture and without grid lines."""
    for area in window.screen.areas:
        if area.type != "VIEW_3D":
            continue
        space = area.spaces.active
        space.shading.type = "MATERIAL"
        space.shading.use_scene_world = space.shading.use_scene_lights = True
        space.clip_end = max(space.clip_end, window.scene.camera.data.clip_end)
        space.region_3d.view_perspective = "CAMERA"
        for name in CLUTTER:
            setattr(space.overlay, name, False)
        region = next(one for one in area.regions if one.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_center_camera()
