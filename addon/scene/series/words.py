# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that follow a slider: the text of every step as one mesh, of which a modifier keeps what belongs to the nearest
step. So they cost no more than numbers, in any script, and no letter is set while a film plays."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ...nodes import series as groups
from ...nodes.tree import attach
from .. import removing
from ..building import studio
from ..camera import picture
from ..entities import CaptionPart, NetworkScene, scene_of
from ..texts import labels
from .known import Known

Letters = tuple[np.ndarray, list[tuple[int, ...]]]  # corners (n, 3) and faces
ROLE, NOTE = "series", "series note"
PLACES = {"strip": (0.0, 0.104, 0.027), "band": (0.0, 0.09, 0.025)}  # x, y and size in the caption, by its form


def make(
    name: str,
    texts: Sequence[str],
    size: float,
    material: bpy.types.Material,
    follow: dict,
    align: str = "LEFT",
    foot: str = "BOTTOM",
) -> bpy.types.Object:
    """An object that shows the text of the nearest step; `follow` are *Network* and *Slider*."""
    mesh = joined(name, [letters(text, size, align, foot) for text in texts])
    mesh.materials.append(material)
    obj = bpy.data.objects.new(name, mesh)
    attach(obj, "Words", groups.words_group(), follow | {"Last": len(texts) - 1})
    labels.seen_by_camera(obj)
    return obj


def letters(text: str, size: float, align: str = "LEFT", foot: str = "BOTTOM") -> Letters:
    """Corners (n, 3) and faces of a text."""
    material = bpy.data.materials.new("letters")
    obj = labels.text(text, size, material, align, foot)
    mesh = bpy.data.meshes.new_from_object(obj)
    corners = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", corners)
    faces = [tuple(face.vertices) for face in mesh.polygons]
    curve = obj.data
    bpy.data.objects.remove(obj)
    bpy.data.curves.remove(curve)
    bpy.data.meshes.remove(mesh)
    bpy.data.materials.remove(material)
    return corners.reshape(-1, 3), faces


def joined(name: str, parts: Sequence[Letters]) -> bpy.types.Mesh:
    """One mesh of all, whose faces know of which step they are."""
    corners, faces, steps = [], [], []
    count = 0
    for step, (places, shapes) in enumerate(parts):
        corners.append(places)
        faces += [tuple(corner + count for corner in shape) for shape in shapes]
        steps += [step] * len(shapes)
        count += len(places)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(np.concatenate([*corners, np.zeros((0, 3), np.float32)]).tolist(), [], faces)
    mesh.attributes.new("step", "INT", "FACE").data.foreach_set("value", np.array(steps, np.int32))
    return mesh


def show(collection: bpy.types.Collection, series: Known) -> None:
    """Let the caption of a network say which step is shown, and of how many."""
    scene = NetworkScene(collection)
    removing.remove([part.obj for part in scene.members(CaptionPart) if part.role in (ROLE, NOTE)])
    holder = next((part for part in scene.members(CaptionPart) if part.obj.type == "EMPTY"), None)
    if holder is None:
        return
    x, y, size = PLACES[holder.form]
    follow = {"Network": scene.root().obj, "Slider": groups.sockets.attribute(series.kind)}
    texts = ["  ·  ".join(filter(None, (series.says(step), series.answers(step)))) for step in range(len(series))]
    obj = make(f"{collection.name} {series.kind}", texts, size, scene.materials["hot"], follow)
    _hang(holder, obj, x, y, ROLE)
    notes = [series.thinned()]
    if series.wrong >= 0:
        notes.append(f"not finite (NaN) from {series.heads(series.wrong)} on")
    if any(notes):
        note = labels.text(" · ".join(filter(None, notes)), 0.0185, scene.materials["dim"], "LEFT", "BOTTOM")
        _hang(holder, note, x, y + 1.25 * size, NOTE)
    camera = studio.camera_of(collection)
    shown_in = scene_of(collection)
    if camera and shown_in:
        picture.rehang(collection, camera, shown_in)


def _hang(holder: CaptionPart, obj: bpy.types.Object, x: float, y: float, role: str) -> None:
    obj.parent = holder.obj
    CaptionPart.make(obj, x=x, y=y, side="left", role=role)
    for collection in holder.obj.users_collection:
        collection.objects.link(obj)
