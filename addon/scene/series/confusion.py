# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which classes a network takes for which, as a matrix of tiles behind its outputs: a row is what is right, a column
what the network says."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

from ...inference import Judged
from ...layout import HEIGHT
from .. import removing
from ..building import bars
from ..building.kernels import FACING
from ..building.paints import paint_of
from ..entities import Bars, Confusion, LayerObject, NetworkScene
from ..texts import labels
from ..texts.words import shortened
from .known import percent
from .letters import Letters, joined, letters, mesh_of, moved

MOST = bars.MOST  # classes
FEWEST_NUMBERED = 14  # up to so many classes each tile has its number
SIDE = 0.72 * HEIGHT  # metres
TILE = 0.92  # of its room is a tile wide
AWAY = 0.62 * HEIGHT  # behind the names of the classes
LONGEST = 10  # letters of the name of a class


def show(collection: bpy.types.Collection, judged: Judged | None) -> None:
    """Let a network have the matrix of these samples, in place of the one that it has; none where nobody says what is
    right, or there are too many classes."""
    hide(collection)
    confusion = None if judged is None else judged.confusion
    scene = NetworkScene(collection)
    beside = next(scene.members(Bars), None)
    if confusion is None or judged is None or len(confusion) > MOST or beside is None:
        return
    owner = beside.obj.parent
    count = len(confusion)
    mesh = _tiles(f"{collection.name} confusion", confusion)
    mesh.materials.append(paint_of(scene, "right"))
    mesh.materials.append(paint_of(scene, "mistaken"))
    obj = bpy.data.objects.new(mesh.name, mesh)
    right = int(np.trace(confusion))
    total = int(confusion.sum())
    Confusion.make(obj, right=right, total=total, classes=count)
    words = mesh_of(f"{collection.name} confusion words", joined(_words(confusion, judged.classes, right, total)))
    words.materials.append(scene.materials["label"])
    text = bpy.data.objects.new(words.name, words)
    Confusion.make(text, right=right, total=total, classes=0)
    text.parent = obj
    text.location.x = -0.004 * HEIGHT
    for made in (obj, text):
        labels.seen_by_camera(made)
        for holder in beside.obj.users_collection:
            holder.objects.link(made)
    text.rotation_euler = FACING.to_euler()
    obj.parent = owner
    way = -1.0 if LayerObject.is_one(owner) and LayerObject(owner).backwards else 1.0
    obj.location = Vector((way * (bars.LENGTH + 0.18 * HEIGHT + AWAY), 0.0, 0.0))


def hide(collection: bpy.types.Collection) -> None:
    """Take the matrix of a network away."""
    removing.remove([each.obj for each in NetworkScene(collection).members(Confusion)])


def _tiles(name: str, confusion: np.ndarray) -> bpy.types.Mesh:
    """A face a pair of classes, row by row from the top, which faces -X; what is right has the first material."""
    count = len(confusion)
    step = SIDE / count
    half = step * TILE / 2
    row, column = (axis.ravel() for axis in np.indices(confusion.shape))
    y, z = SIDE / 2 - (column + 0.5) * step, SIDE / 2 - (row + 0.5) * step
    corners = np.stack(
        [np.stack([np.zeros_like(y), y + a * half, z + b * half], -1) for a, b in ((1, -1), (-1, -1), (-1, 1), (1, 1))],
        1,
    )
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners.reshape(-1, 3).tolist(), [], np.arange(4 * count * count).reshape(-1, 4).tolist())
    of_class = np.maximum(confusion.sum(1, keepdims=True), 1)
    shade = confusion / of_class
    shade = np.where(np.eye(count, dtype=bool), shade, np.sqrt(shade))  # one mistake of a hundred is seen
    for attribute, kind, values in (
        ("shade", "FLOAT", shade.ravel().astype(np.float32)),
        ("count", "INT", confusion.ravel().astype(np.int32)),
        ("row", "INT", row.astype(np.int32)),
        ("column", "INT", column.astype(np.int32)),
    ):
        mesh.attributes.new(attribute, kind, "FACE").data.foreach_set("value", np.ascontiguousarray(values))
    paint = mesh.attributes.get("material_index") or mesh.attributes.new("material_index", "INT", "FACE")
    paint.data.foreach_set("value", (row != column).astype(np.int32))
    return mesh


def _words(confusion: np.ndarray, classes: list[str], right: int, total: int) -> list[Letters]:
    count = len(confusion)
    step = SIDE / count
    size = min(0.5 * step, 0.05 * HEIGHT)
    parts: list[Letters] = []

    def add(text: str, size: float, align: str, across: float, up: float) -> None:
        parts.append(moved(letters(text, size, align, "BOTTOM_BASELINE"), across, up))

    for place, name in enumerate(classes):
        middle = SIDE / 2 - (place + 0.5) * step
        add(shortened(name, LONGEST), size, "RIGHT", -SIDE / 2 - 0.3 * step, middle - 0.35 * size)
        if max(map(len, classes)) * 0.6 * size < step:
            add(name, size, "CENTER", -middle, SIDE / 2 + 0.25 * step)
        for other in range(count) if count <= FEWEST_NUMBERED else ():
            number = int(confusion[place, other])
            if number and place != other:
                add(f"{number:,}", 0.9 * size, "CENTER", (other + 0.5) * step - SIDE / 2, middle - 0.33 * size)
    share = percent(right / max(total, 1))
    add(f"{right:,} of {total:,} right ({share})", 0.07 * HEIGHT, "CENTER", 0.0, -SIDE / 2 - 0.11 * HEIGHT)
    add("row: true, column: said", 0.055 * HEIGHT, "CENTER", 0.0, -SIDE / 2 - 0.19 * HEIGHT)
    return parts
