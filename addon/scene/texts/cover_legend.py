# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The legend of the covers of books: their material from dark to bright, and what that means."""

from __future__ import annotations

from collections.abc import Collection

import bpy
import numpy as np

from ..entities import Book, NetworkScene
from .labels import seen_by_camera

PATCHES = 40
HEIGHT = 0.012  # frame heights
COVER, HEADS, NORMS = "cover", "heads", "norms"  # the legends that show a material of covers
PAINTS = {COVER: "maps", HEADS: "heads", NORMS: "norms"}
MEANINGS = {  # of what covers show: the head, and what is dark and bright
    "maps": ("cover: activation", "0", "most of a cover"),
    "sheet": ("size of activation", "0", "most of a sheet"),
    "norms": ("cover: size of weights", "small", "large"),
    "kernels": ("cover: size of weights", "small", "large"),
    "heads": ("cover: attention", "0", "much"),
}
OF = {COVER: ("sheet", "maps"), HEADS: ("heads",), NORMS: ("norms", "kernels")}  # where each has a legend of its own
SHEET_HEADS = {
    "maps": "maps: activation",
    "sheet": "size of activation",
    "heads": "attention",
    "norms": "size of weights",
    "kernels": "size of weights",
}


def strip_of(kind: str) -> str:
    """The role of the strip of one of these legends."""
    return f"{kind} strip"


def strip(materials: dict, length: float, kind: str = COVER) -> bpy.types.Object:
    """A row of patches with the attribute `shade` from 0 to 1, `length` frame heights long from its middle."""
    mesh = bpy.data.meshes.new("legend covers")
    edges = np.linspace(-length / 2, length / 2, PATCHES + 1)
    points = [(float(x), y, 0.0) for x in edges for y in (-HEIGHT / 2, HEIGHT / 2)]
    faces = [(2 * place, 2 * place + 2, 2 * place + 3, 2 * place + 1) for place in range(PATCHES)]
    mesh.from_pydata(points, [], faces)
    shade = mesh.attributes.new("shade", "FLOAT", "FACE")
    shade.data.foreach_set("value", np.linspace(0, 1, PATCHES, dtype=np.float32))
    mesh.materials.append(materials[PAINTS[kind]])
    obj = bpy.data.objects.new("legend covers", mesh)
    seen_by_camera(obj)
    return obj


def said(scene: NetworkScene, legends: Collection[str]) -> dict:
    """What the legends say of the covers and planes of a network, by role; of a strip, the material, None where nothing
    of the kind is shown."""
    shown = {book.shows for book in scene.members(Book)} - {""}
    if any(book.heads for book in scene.members(Book)):
        shown.add("heads")
    told: dict = {}
    for kind in PAINTS:
        if kind not in legends:
            continue
        some = OF[kind] if HEADS in legends else MEANINGS
        which = next((name for name in some if name in shown), "")
        head, low, high = MEANINGS.get(which, ("", "", ""))
        head = SHEET_HEADS.get(which, head) if HEADS in legends else head
        role = {"norms": "norms", "kernels": "norms", "heads": "heads"}.get(which, "maps")
        material = scene.materials.get(role) if which else None
        told |= {kind: head, f"{kind} low": low, f"{kind} high": high, strip_of(kind): material}
    return told
