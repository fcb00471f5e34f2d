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
from ..attributes import array
from ..building import studio
from ..building.paints import paint_of
from ..camera import picture
from ..entities import Bars, CaptionPart, NetworkScene, scene_of
from ..texts import labels
from .known import Known
from .letters import Letters, letters, mesh_of
from .letters import joined as all_of

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
    begins: Sequence[float] = (),
) -> bpy.types.Object:
    """An object that shows the text of one step; `follow` are *Network* and *Slider*. `begins` says from where of the
    slider on each is shown; without them it is the nearest."""
    mesh = joined(name, [letters(text, size, align, foot) for text in texts])
    starts = np.array(begins or [step - 0.5 for step in range(len(texts))], np.float32)
    starts[:1] = -1.0
    steps = array_of(mesh)
    for attribute, places in (("begin", starts), ("end", np.append(starts[1:], np.float32(len(texts))))):
        mesh.attributes.new(attribute, "FLOAT", "FACE").data.foreach_set("value", places[steps])
    mesh.materials.append(material)
    obj = bpy.data.objects.new(name, mesh)
    attach(obj, "Words", groups.words_group(), follow | {"Last": len(texts) - 1})
    labels.seen_by_camera(obj)
    return obj


def joined(name: str, parts: Sequence[Letters]) -> bpy.types.Mesh:
    """One mesh of all, whose faces know of which step they are."""
    mesh = mesh_of(name, all_of(parts))
    steps = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part.counts) for part in parts])
    mesh.attributes.new("step", "INT", "FACE").data.foreach_set("value", steps)
    return mesh


def array_of(mesh: bpy.types.Mesh) -> np.ndarray:
    """The step of each face, (faces,) int32."""
    steps = np.empty(len(mesh.polygons), np.int32)
    mesh.attributes["step"].data.foreach_get("value", steps)
    return steps


def begins(collection: bpy.types.Collection, series: Known) -> list[float]:
    """From where of the slider on the answer of each step is that of the bars: between two steps these are a blend, in
    which another class may win sooner or later than half-way."""
    bars = next((each.obj for each in NetworkScene(collection).members(Bars)), None)
    names = [groups.numbered("value", step) for step in range(len(series))]
    starts = [step - 0.5 for step in range(len(series))]
    if bars is None or not all(name in bars.data.attributes for name in names):
        return starts
    scores = [np.nan_to_num(array(bars, name), nan=-1e30, posinf=1e30, neginf=-1e30) for name in names]
    for step, (before, after) in enumerate(zip(scores, scores[1:], strict=False)):
        was, will = int(before.argmax()), int(after.argmax())
        if was != will:
            lead, gain = float(before[was]) - float(before[will]), float(after[will]) - float(after[was])
            starts[step + 1] = step + lead / (lead + gain) if lead + gain > 0 else step + 0.5
    return starts


def show(collection: bpy.types.Collection, series: Known) -> None:
    """Let the caption of a network say which step is shown, and of how many."""
    scene = NetworkScene(collection)
    hide(collection)
    holder = next((part for part in scene.members(CaptionPart) if part.obj.type == "EMPTY"), None)
    if holder is None:
        return
    x, y, size = PLACES[holder.form]
    follow = {"Network": scene.root().obj, "Slider": groups.sockets.attribute(series.kind)}
    texts = ["  ·  ".join(filter(None, (series.says(step), series.answers(step)))) for step in range(len(series))]
    obj = make(
        f"{collection.name} {series.kind}",
        texts,
        size,
        scene.materials["hot"],
        follow,
        begins=begins(collection, series),
    )
    _redden(obj, scene, series)
    _hang(holder, obj, x, y, ROLE)
    notes = [series.counted(), series.thinned()]
    if series.wrong >= 0:
        notes.append(f"not finite (NaN) from {series.heads(series.wrong)} on")
    if any(notes):
        note = labels.text(" · ".join(filter(None, notes)), 0.0185, scene.materials["dim"], "LEFT", "BOTTOM")
        _hang(holder, note, x, y + 1.25 * size, NOTE)
    camera = studio.camera_of(collection)
    shown_in = scene_of(collection)
    if camera and shown_in:
        picture.rehang(collection, camera, shown_in)


def hide(collection: bpy.types.Collection) -> None:
    """Take the words of a step out of the caption of a network."""
    parts = NetworkScene(collection).members(CaptionPart)
    removing.remove([part.obj for part in parts if part.role in (ROLE, NOTE)])


def _redden(obj: bpy.types.Object, scene: NetworkScene, series: Known) -> None:
    """Let the words of steps at which something else comes out than is right be red."""
    wrong = np.array([series.is_wrong(step) for step in range(len(series))])
    if not wrong.any():
        return
    mesh = obj.data
    mesh.materials.append(paint_of(scene, "wrong"))
    mesh.polygons.foreach_set("material_index", wrong[array_of(mesh)].astype(np.int32))


def _hang(holder: CaptionPart, obj: bpy.types.Object, x: float, y: float, role: str) -> None:
    obj.parent = holder.obj
    CaptionPart.make(obj, x=x, y=y, side="left", role=role)
    for collection in holder.obj.users_collection:
        collection.objects.link(obj)
