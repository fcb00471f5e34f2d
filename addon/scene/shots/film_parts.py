# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made for one film and seen in that alone: words, plates and frames, which hang before the camera or stand in
the scene, and come and go."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ...nodes import materials as shaders
from ..camera import framing
from ..entities import FilmPart, NetworkScene, RoleMaterial
from ..texts import labels
from . import keys
from .stage import Stage

NEAR = 2.0  # metres before the camera, where words hang
BEHIND = 1.01  # of that, where a plate hangs behind them
AHEAD = 0.996  # and what would lie in the plane of another: of two that are half clear Cycles shows none
ROLE = "film "  # before the role of a material that is a copy for films
Spans = Sequence[tuple[int, int]]  # first and last frame of a time in which something is seen


def paint(stage: Stage, role: str) -> bpy.types.Material:
    """The material of this role for what fades in the films of a network."""
    scene = NetworkScene(stage.network)
    wanted = scene.uuid, f"{ROLE}{role}"
    for material in bpy.data.materials:
        known = RoleMaterial.of(material)
        if known and (known.network, known.role) == wanted and material.users:
            return material
    made = shaders.fading(f"{stage.network.name} Film {role.capitalize()}", scene.materials[role])
    RoleMaterial.make(made, role=wanted[1], network=wanted[0])
    return made


def forget_paints(network: bpy.types.Collection) -> None:
    """Remove materials of films that nothing has any more."""
    uuid = NetworkScene(network).uuid
    for material in list(bpy.data.materials):
        known = RoleMaterial.of(material)
        if known and known.network == uuid and known.role.startswith(ROLE) and not material.users:
            bpy.data.materials.remove(material)


def text(stage: Stage, body: str, role: str, size: float, align: str = "LEFT") -> bpy.types.Object:
    """A text that fades, its size in heights of the frame."""
    return labels.text(body, size, paint(stage, role), align, "BOTTOM_BASELINE")


def plate(name: str, wide: float, high: float, material: bpy.types.Material) -> bpy.types.Object:
    """A rectangle from its lower left corner, in heights of the frame."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 0), (wide, 0, 0), (wide, high, 0), (0, high, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(material)
    obj = bpy.data.objects.new(name, mesh)
    labels.seen_by_camera(obj)
    return obj


def hang(stage: Stage, obj: bpy.types.Object, x: float, y: float, aspect: float, depth: float = 1.0) -> None:
    """Hang what is in heights of the frame before the camera; x and y are shares of the frame."""
    across, up = framing.slopes(stage.camera.data, aspect)
    away = NEAR * depth
    obj.parent = stage.camera
    obj.location = ((2 * x - 1) * across * away, (2 * y - 1) * up * away, -away)
    obj.scale = (2 * up * away,) * 3


def take(stage: Stage, obj: bpy.types.Object, role: str, spans: Spans, fade: int = 0) -> None:
    """Make an object a part of the film, seen in these times; in `fade` frames before and after each it comes and goes,
    if its material fades."""
    FilmPart.make(obj, shot=stage.shot, role=role)
    stage.shelf.objects.link(obj)
    hidden = {stage.first - 1: 1.0, stage.first: 1.0, stage.last + 1: 1.0}
    clear: dict[int, float] = {}
    for first, last in spans:
        begin = max(first - fade, stage.first)
        end = last + fade
        hidden[begin] = 0.0
        if fade and first > begin:
            clear |= {begin: 0.0, first: 1.0}
        if end < stage.last:
            hidden[end] = 1.0
            clear |= {last: 1.0, end: 0.0} if fade else {}
    keys.set_keys(obj, "hide_render", sorted(hidden.items()), how="CONSTANT")
    if clear:
        keys.set_keys(obj, "color", sorted(clear.items()), index=3, how="LINEAR")
