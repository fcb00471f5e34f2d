# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The 3D views of a window that shows a scene of ours."""

from math import sqrt

import bpy

from .. import palettes
from ..entities import networks, objects

LEAST_FREE = 0.4  # of the view's width
CLUTTER = (
    "show_floor",
    "show_axis_x",
    "show_axis_y",
    "show_cursor",
    "show_relationship_lines",
    "show_outline_selected",
)


def show(window: bpy.types.Window) -> None:
    """Let every 3D view look through the scene's camera, in the colours of the picture and without grid lines."""
    for network in networks(window.scene):
        palettes.tint(objects(network))
    for area in window.screen.areas:
        if area.type == "OUTLINER":
            area.spaces.active.use_sort_alpha = False  # layers stand in the order of the network
        if area.type != "VIEW_3D":
            continue
        space = area.spaces.active
        space.shading.type = "MATERIAL"
        space.shading.color_type = "VERTEX"  # in Solid shading too, cells have the colors of their values
        space.shading.background_type = "WORLD"  # in Solid shading
        space.shading.show_object_outline = False  # it darkens small letters
        space.shading.use_scene_world = space.shading.use_scene_lights = True
        space.clip_end = max(space.clip_end, window.scene.camera.data.clip_end)
        space.region_3d.view_perspective = "CAMERA"
        for name in CLUTTER:
            setattr(space.overlay, name, False)
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_center_camera()
        clear_of_sidebar(area, region)


def clear_of_sidebar(area: bpy.types.Area, region: bpy.types.Region) -> None:
    """Make the camera's frame so small that the sidebar covers none of it, where that lies over the view."""
    if not bpy.context.preferences.system.use_region_overlap:
        return
    covered = {kind: 0 for kind in ("UI", "TOOLS")}
    for other in area.regions:
        if other.type in covered and other.width > 1:
            covered[other.type] = other.width
    free = 1 - sum(covered.values()) / max(1, region.width)
    if free < LEAST_FREE or free == 1:
        return
    view = area.spaces.active.region_3d
    # Blender's manual has no formula: BKE_screen_view3d_zoom_to_fac in its source
    factor = (sqrt(2) + view.view_camera_zoom / 50) ** 2 / 4 * free
    view.view_camera_zoom = (2 * sqrt(factor) - sqrt(2)) * 50
    aside = (covered["UI"] - covered["TOOLS"]) / 2 / region.width
    view.view_camera_offset = (aside / factor / 2, view.view_camera_offset[1])


def view(context: bpy.types.Context) -> bpy.types.Area | None:
    """The 3D view that a person is in, else the first of the window."""
    if context.area and context.area.type == "VIEW_3D":
        return context.area
    areas = context.screen.areas if context.screen else ()
    return next((area for area in areas if area.type == "VIEW_3D"), None)


def frame_selected(context: bpy.types.Context) -> None:
    """Bring what is selected into the 3D view. One that looks through a camera leaves it where the camera stands."""
    area = view(context)
    region = next(region for region in area.regions if region.type == "WINDOW")
    space = area.spaces.active
    locked = space.lock_camera
    space.lock_camera = False  # else it would move the camera
    with bpy.context.temp_override(area=area, region=region):
        bpy.ops.view3d.view_selected()
    space.lock_camera = locked
