# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The legend of the covers of books: their material from dark to bright, and what that means."""

from __future__ import annotations

import bpy
import numpy as np

from ..entities import Book, NetworkScene
from .labels import seen_by_camera

PATCHES = 40
HEIGHT = 0.012  # frame heights
COVER, STRIP = "cover", "cover strip"
MEANINGS = {  # of what covers show: the head, and what is dark and bright
    "maps": ("cover: activation", "0", "most of a cover"),
    "sheet": ("cover: activation", "0", "most of a cover"),
    "norms": ("cover: size of weights", "small", "large"),
    "kernels": ("cover: size of weights", "small", "large"),
    "heads": ("cover: attention", "0", "much"),
}


def strip(materials: dict, length: float) -> bpy.types.Object:
    """A row of patches with the attribute `shade` from 0 to 1, `length` frame heights long from its middle."""
    mesh = bpy.data.meshes.new("legend covers")
    edges = np.linspace(-length / 2, length / 2, PATCHES + 1)
    points = [(float(x), y, 0.0) for x in edges for y in (-HEIGHT / 2, HEIGHT / 2)]
    faces = [(2 * place, 2 * place + 2, 2 * place + 3, 2 * place + 1) for place in range(PATCHES)]
    mesh.from_pydata(points, [], faces)
    shade = mesh.attributes.new("shade", "FLOAT", "FACE")
    shade.data.foreach_set("value", np.linspace(0, 1, PATCHES, dtype=np.float32))
    mesh.materials.append(materials["maps"])
    obj = bpy.data.objects.new("legend covers", mesh)
    seen_by_camera(obj)
    return obj


def said(scene: NetworkScene) -> dict:
    """What the legend says of the covers of a network, by role; of the strip, the material."""
    shown = {book.shows for book in scene.members(Book)} - {""}
    which = next((name for name in MEANINGS if name in shown), "")
    head, low, high = MEANINGS.get(which, ("", "", ""))
    role = "norms" if which in ("norms", "kernels") else "maps"
    return {COVER: head, f"{COVER} low": low, f"{COVER} high": high, STRIP: scene.materials.get(role)}
