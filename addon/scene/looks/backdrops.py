# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is behind and around a network: world, light, view and glow of a scene that we made. Others are left alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import bpy

from ... import compat
from ...colormaps import linear
from ..building import studio
from ..entities import Light, NetworkScene, ShotCamera, StudioScene, StudioWorld


@dataclass(frozen=True)
class Backdrop:
    """`background` are four colours from the middle of the picture outwards; `around` is what lights things evenly, so
    strongly; `lights` the share of its energy and the colour of the "Key", "Fill" and "Rim": those not named are out.
    """

    background: tuple
    around: str | tuple
    strength: float
    lights: dict = field(default_factory=dict)
    view: str = "AgX"
    look: str = "None"
    exposure: float = 0.0
    glow: float = 0.0
    clean: bool = False  # for print: nothing is out of focus, and white is white to the last pixel


def apply(wanted: Backdrop, network: bpy.types.Collection) -> None:
    """Give the scene of a network a backdrop, if the scene is ours; of its world, if that is."""
    shown = NetworkScene(network)
    for light in shown.members(Light):
        _light(light, wanted)
    scene = shown.scene
    if not StudioScene.is_one(scene):
        return
    ramp, around = _nodes(scene.world)
    if ramp and around and len(ramp.color_ramp.elements) == len(wanted.background):
        for element, colour in zip(ramp.color_ramp.elements, wanted.background, strict=True):
            element.color = _rgba(colour)
        around.inputs["Color"].default_value = _rgba(wanted.around)
        around.inputs["Strength"].default_value = wanted.strength
        scene.world.color = _rgba(wanted.background[2])[:3]  # behind what Solid shading shows
    scene.view_settings.view_transform = wanted.view
    scene.view_settings.look = wanted.look
    scene.view_settings.exposure = wanted.exposure
    if glare := compat.glare_of(scene):
        glare.inputs["Strength"].default_value = wanted.glow
    scene.render.use_compositing = wanted.glow > 0
    scene.render.dither_intensity = 0.0 if wanted.clean else 1.0
    _denoise(StudioScene(scene), not wanted.clean)
    for camera in shown.members(ShotCamera):
        camera.obj.data.dof.use_dof = not wanted.clean and studio.view_of(camera.obj).blurs


def _denoise(scene: StudioScene, wanted: bool) -> None:
    """On plain white denoising smears thin lines; where we have switched it off it comes back with another backdrop."""
    cycles = scene.id_data.cycles
    if not wanted and cycles.use_denoising:
        cycles.use_denoising = False
        scene.denoised = True
    elif wanted and scene.denoised:
        cycles.use_denoising = True
        del scene.denoised


def taken(network: bpy.types.Collection) -> Backdrop | None:
    """The backdrop of a network's scene as it is now, or None if that is not ours."""
    shown = NetworkScene(network)
    scene = shown.scene
    if not StudioScene.is_one(scene):
        return None
    ramp, around = _nodes(scene.world)
    glare = compat.glare_of(scene)
    if not ramp or not around:
        return None
    lights = {
        light.role: [light.share, [*light.obj.data.color, 1.0]]
        for light in shown.members(Light)
        if light.role and not light.obj.hide_render
    }
    view = scene.view_settings
    return Backdrop(
        [list(element.color) for element in ramp.color_ramp.elements],
        list(around.inputs["Color"].default_value),
        around.inputs["Strength"].default_value,
        lights,
        view.view_transform,
        view.look,
        view.exposure,
        glare.inputs["Strength"].default_value if glare and scene.render.use_compositing else 0.0,
        not any(camera.obj.data.dof.use_dof for camera in shown.members(ShotCamera)),
    )


def _nodes(world):
    nodes = world.node_tree.nodes if StudioWorld.is_one(world) and world.node_tree else {}
    return nodes.get(studio.BACKDROP), nodes.get(studio.AROUND)


def _light(light: Light, wanted: Backdrop) -> None:
    """Energies that were set by hand keep their proportion."""
    if not light.role:
        return
    obj = light.obj
    share, colour = wanted.lights.get(light.role, (0.0, None))
    obj.hide_render = obj.hide_viewport = share <= 0
    if share > 0:
        obj.data.energy *= share / light.share
        obj.data.color = _rgba(colour)[:3]
        light.share = share


def _rgba(colour):
    return linear(colour) if isinstance(colour, str) else tuple(colour)
