# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that follow a slider: the text of every step as one mesh, of which a modifier keeps what belongs to the nearest
step. So they cost no more than numbers, in any script, and no letter is set while a film plays."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ... import compat
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

ROLE, NEWEST, NOTE = "series", "series newest", "series note"
FOLLOWS = "Words"  # the modifier
TOGETHER = 24  # steps whose words are made anew with each that joins a training
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
    starts = begins or [step - 0.5 for step in range(len(texts))]
    mesh = _mesh(name, [letters(text, size, align, foot) for text in texts], starts, float(len(texts)))
    mesh.materials.append(material)
    return _following(name, mesh, follow, len(texts))


def _following(name: str, mesh: bpy.types.Mesh, follow: dict, count: int) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, mesh)
    attach(obj, FOLLOWS, groups.words_group(), follow | {"Last": count - 1})
    labels.seen_by_camera(obj)
    return obj


def _mesh(name: str, parts: Sequence[Letters], begins: Sequence[float], end: float, first: int = 0) -> bpy.types.Mesh:
    """The mesh of the texts of steps from one on, whose faces know from where to where of the slider they are shown."""
    mesh = joined(name, parts, first)
    starts = np.array(begins, np.float32)
    if not first:
        starts[:1] = -1.0
    steps = array_of(mesh) - first
    for attribute, places in (("begin", starts), ("end", np.append(starts[1:], np.float32(end)))):
        mesh.attributes.new(attribute, "FLOAT", "FACE").data.foreach_set("value", places[steps])
    return mesh


def joined(name: str, parts: Sequence[Letters], first: int = 0) -> bpy.types.Mesh:
    """One mesh of all, whose faces know of which step they are; `first` is that of the first part."""
    mesh = mesh_of(name, all_of(parts))
    steps = np.repeat(np.arange(first, first + len(parts), dtype=np.int32), [len(part.counts) for part in parts])
    mesh.attributes.new("step", "INT", "FACE").data.foreach_set("value", steps)
    return mesh


def array_of(mesh: bpy.types.Mesh) -> np.ndarray:
    """The step of each face, (faces,) int32."""
    steps = np.empty(len(mesh.polygons), np.int32)
    mesh.attributes["step"].data.foreach_get("value", steps)
    return steps


def begins(collection: bpy.types.Collection, series: Known, first: int = 0) -> list[float]:
    """From where of the slider on the answer of each step, from one on, is that of the bars: between two steps these
    are a blend, in which another class may win sooner or later than half-way."""
    bars = next((each.obj for each in NetworkScene(collection).members(Bars)), None)
    before = max(0, first - 1)
    names = [groups.numbered("value", step) for step in range(before, len(series))]
    starts = [step - 0.5 for step in range(before, len(series))]
    if bars is None or not set(bars.data.attributes.keys()).issuperset(names):
        return starts[first - before :]
    scores = [np.nan_to_num(array(bars, name), nan=-1e30, posinf=1e30, neginf=-1e30) for name in names]
    for place, (now, after) in enumerate(zip(scores, scores[1:], strict=False)):
        was, will = int(now.argmax()), int(after.argmax())
        if was != will:
            lead, gain = float(now[was]) - float(now[will]), float(after[will]) - float(after[was])
            starts[place + 1] = before + place + (lead / (lead + gain) if lead + gain > 0 else 0.5)
    return starts[first - before :]


def show(collection: bpy.types.Collection, series: Known) -> None:
    """Let the caption of a network say which step is shown, and of how many."""
    hide(collection)
    holder = _holder(collection)
    if holder is None:
        return
    _hang(holder, _words(collection, series, holder, 0, len(series)), ROLE)
    _note(collection, series, holder)
    _rehang(collection)


def grow(collection: bpy.types.Collection, series: Known, anew: bool = False) -> None:
    """Let the caption of a network say which step of a training that goes on is shown; of how many is not said, for
    nobody knows. The words of the newest steps are made for each that joins, of others only `anew`, which is for where
    steps have other places now."""
    holder = _holder(collection)
    if holder is None:
        return
    count = len(series)
    own = [part for part in NetworkScene(collection).members(CaptionPart) if part.role in (ROLE, NEWEST)]
    follows = groups.sockets.attribute(series.kind)
    modifiers = [part.obj.modifiers[FOLLOWS] for part in own if FOLLOWS in part.obj.modifiers]
    strange = len(modifiers) < len(own) or any(compat.get_input(each, "Slider") != follows for each in modifiers)
    done = max((int(array_of(part.obj.data).max(initial=-1)) + 1 for part in own if part.role == ROLE), default=0)
    if anew or strange or done > max(0, count - 2):
        hide(collection)
        own, modifiers, done = [], [], 0
    newest = next((part.obj for part in own if part.role == NEWEST), None)
    made = newest is None
    if count - done > TOGETHER:
        kept = count - 2  # the last may still be another, and so may where it begins
        _hang(holder, _words(collection, series, holder, done, kept, True), ROLE)
        done, made = kept, True
    if newest is None:
        _hang(holder, _words(collection, series, holder, done, count, True), NEWEST)
    else:
        before = newest.data
        newest.data = _mesh_of_words(collection, series, holder, done, count, True)
        removing.remove([before])
    for modifier in modifiers:
        compat.set_inputs(modifier, {"Last": count - 1})
    made |= _note(collection, series, holder)
    if made:
        _rehang(collection)


def _holder(collection: bpy.types.Collection) -> CaptionPart | None:
    return next((part for part in NetworkScene(collection).members(CaptionPart) if part.obj.type == "EMPTY"), None)


def _words(collection, series: Known, holder: CaptionPart, first: int, end: int, growing=False) -> bpy.types.Object:
    """The words of steps `first` to `end` as an object."""
    mesh = _mesh_of_words(collection, series, holder, first, end, growing)
    follow = {"Network": NetworkScene(collection).root().obj, "Slider": groups.sockets.attribute(series.kind)}
    return _following(mesh.name, mesh, follow, len(series))


def _mesh_of_words(collection, series: Known, holder: CaptionPart, first: int, end: int, growing) -> bpy.types.Mesh:
    scene = NetworkScene(collection)
    size = PLACES[holder.form][2]
    texts = [
        "  ·  ".join(filter(None, (series.says(step, not growing), series.answers(step)))) for step in range(first, end)
    ]
    starts = begins(collection, series, first)
    last = starts[end - first] if end < len(series) else float(len(series))
    parts = [letters(text, size) for text in texts]
    mesh = _mesh(f"{collection.name} {series.kind}", parts, starts[: end - first], last, first)
    mesh.materials.append(scene.materials["hot"])
    wrong = np.array([series.is_wrong(step) for step in range(first, end)])
    if wrong.any():  # something else comes out than is right
        mesh.materials.append(paint_of(scene, "wrong"))
        mesh.polygons.foreach_set("material_index", wrong[array_of(mesh) - first].astype(np.int32))
    return mesh


def _note(collection: bpy.types.Collection, series: Known, holder: CaptionPart) -> bool:
    """Let the caption say what is to be said of all steps. Whether there is an object more for it."""
    scene = NetworkScene(collection)
    notes = [series.counted(), series.thinned()]
    if series.wrong >= 0:
        notes.append(f"not finite (NaN) from {series.heads(series.wrong)} on")
    text = " · ".join(filter(None, notes))
    before = next((part.obj for part in scene.members(CaptionPart) if part.role == NOTE), None)
    if before is not None:
        if before.data.body != text:
            before.data.body = text
        return False
    if text:
        note = labels.text(text, 0.0185, scene.materials["dim"], "LEFT", "BOTTOM")
        _hang(holder, note, NOTE, 1.25)
    return bool(text)


def _rehang(collection: bpy.types.Collection) -> None:
    camera = studio.camera_of(collection)
    shown_in = scene_of(collection)
    if camera and shown_in:
        picture.rehang(collection, camera, shown_in)


def hide(collection: bpy.types.Collection) -> None:
    """Take the words of a step out of the caption of a network."""
    parts = NetworkScene(collection).members(CaptionPart)
    removing.remove([part.obj for part in parts if part.role in (ROLE, NEWEST, NOTE)])


def _hang(holder: CaptionPart, obj: bpy.types.Object, role: str, higher: float = 0.0) -> None:
    """Hang an object in the caption, by so many sizes of the words of steps above these."""
    x, y, size = PLACES[holder.form]
    obj.parent = holder.obj
    CaptionPart.make(obj, x=x, y=y + higher * size, side="left", role=role)
    for collection in holder.obj.users_collection:
        collection.objects.link(obj)
