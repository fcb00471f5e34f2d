# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Materials of a network that are made when something asks for them, for most networks need none."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ...colormaps import EVIDENCE
from ...nodes import materials as shaders
from ..entities import NetworkScene, RoleMaterial

FOR, AGAINST = "#3ee0a0", "#f07be8"  # in words
WRONG = "#ff7a66"  # of what is said of a sample and is not right
MAKERS: dict[str, Callable[[str], bpy.types.Material]] = {
    "wrong": lambda name: shaders.flat(f"{name} Wrong", WRONG, 1.2),
    "evidence": lambda name: shaders.evidence(f"{name} Evidence"),
    "evidence lines": lambda name: shaders.lines(f"{name} Evidence Lines", EVIDENCE),
    "right": lambda name: shaders.faces(f"{name} Right", "Lantern", 0.3, 0.5),
    "mistaken": lambda name: shaders.faces(f"{name} Mistaken", "Furnace", 0.3, 0.9),
    "sheet": lambda name: shaders.sheet(f"{name} Sheet"),
    "alone": lambda name: shaders.flat(f"{name} Alone", "#8ec6e0", 1.0),
    "chance": lambda name: shaders.flat(f"{name} Chance", "#3a4a66", 0.6),
    "for": lambda name: shaders.flat(f"{name} For", FOR, 1.0),
    "against": lambda name: shaders.flat(f"{name} Against", AGAINST, 1.0),
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


def kept(scene: NetworkScene, role: str, make: Callable[[str], bpy.types.Material]) -> bpy.types.Material:
    """A material of a network of its own, found by its role and made once."""
    for material in bpy.data.materials:
        known = RoleMaterial.of(material)
        if known and (known.network, known.role) == (scene.uuid, role):
            return material
    made = make(f"{scene.collection.name} {role.capitalize()}")
    RoleMaterial.make(made, role=role, network=scene.uuid)
    return made
