# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Materials of a network that are made when something asks for them, for most networks need none."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ...nodes import materials as shaders
from ..entities import NetworkScene, RoleMaterial

WRONG = "#ff7a66"  # of what is said of a sample and is not right
MAKERS: dict[str, Callable[[str], bpy.types.Material]] = {
    "wrong": lambda name: shaders.flat(f"{name} Wrong", WRONG, 1.2)
}


def paint_of(scene: NetworkScene, role: str) -> bpy.types.Material:
    """The material of this role, made if there is none yet."""
    known = scene.materials
    material = known.get(role)
    if material is None:
        material = MAKERS[role](scene.collection.name)
        RoleMaterial.make(material, role=role)
        scene.materials = known | {role: material}
    return material
