# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was dropped onto an object of ours goes where it belongs: materials into sockets, presets to what they set."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from functools import partial

import bpy
from bpy.app.handlers import persistent

from ... import compat
from .. import palettes, removing
from ..entities import kind, nodes
from ..looks import painting
from ..picking import pointing
from ..picking.hits import owner_of
from .presets import PRESET, PRESETS

SOON = 0.05  # seconds
_busy: list[bool] = []


def materials(obj: bpy.types.Object) -> int:
    """Take materials out of the slots of an object into the sockets for them; how many there were.

    One of ours goes where its role is shown; any other to what is seen most. What node groups make shows no slots.
    """
    if nodes(obj) is None or obj.data is None or not len(obj.data.materials):
        return 0
    wanted = {role: (modifier, socket) for modifier, socket, role in painting.slots(obj)}
    if not wanted:
        return 0
    given = [material for material in obj.data.materials if material]
    first = next((role for role in ("cells", "lines", "copies", "blocks") if role in wanted), next(iter(wanted)))
    for material in given:
        modifier, socket = wanted.get(painting.role_of(material), wanted[first])
        compat.set_inputs(modifier, {socket: material})
    obj.data.materials.clear()
    palettes.follow([obj])
    obj.update_tag()
    return len(given)


def presets(obj: bpy.types.Object) -> list[str]:
    """The keys of the presets that an object has as modifiers."""
    groups = (modifier.node_group for modifier in obj.modifiers if modifier.type == "NODES" and modifier.node_group)
    return [group[PRESET] for group in groups if group.get(PRESET) in PRESETS]


def take_presets(name: str) -> None:
    """Take presets from an object of this name that they were dropped onto, and do what each says, in one step of undo:
    the drop is undone before. Where there is no undo, modifiers and groups are removed."""
    obj = bpy.data.objects.get(name)
    keys = presets(obj) if obj else []
    if not keys:
        return
    window = next(iter(bpy.context.window_manager.windows), None)
    with bpy.context.temp_override(window=window) if window and not bpy.app.background else nullcontext():
        if bpy.app.background or not bpy.ops.ed.undo.poll() or bpy.ops.ed.undo() != {"FINISHED"}:
            _remove(obj)
        elif presets(bpy.data.objects[name]):  # the last step was another
            _remove(bpy.data.objects[name])
        # Blender takes lines that run near the mouse for what is meant
        hit = pointing.under_mouse(window) if window and not bpy.app.background else None
        owner = hit.target if hit else owner_of(bpy.data.objects[name])  # of a label its layer
        with suppress(RuntimeError):  # it has said why
            bpy.ops.neuroscene.apply_preset("EXEC_DEFAULT", True, preset=keys[-1], object=owner)


def _remove(obj: bpy.types.Object) -> None:
    groups = [modifier.node_group for modifier in obj.modifiers if modifier.type == "NODES"]
    for modifier in list(obj.modifiers):
        if modifier.type == "NODES" and modifier.node_group and modifier.node_group.get(PRESET) in PRESETS:
            obj.modifiers.remove(modifier)
    removing.remove(
        [group for group in groups if group and group.get(PRESET) in PRESETS and group.users <= group.use_fake_user]
    )


def is_ours(obj: bpy.types.Object) -> bool:
    """Whether something dropped onto an object is for us to take."""
    return kind(obj) is not None


@persistent
def _changed(scene, depsgraph) -> None:
    """Look at the objects that changed; what is to be done waits until Blender has ended what it is doing."""
    if _busy:
        return
    _busy.append(True)
    try:
        for update in depsgraph.updates:
            if not isinstance(update.id, bpy.types.Object) or not (
                update.is_updated_geometry or update.is_updated_shading
            ):
                continue
            obj = update.id.original
            if not is_ours(obj):
                continue
            materials(obj)
            if presets(obj):
                bpy.app.timers.register(partial(take_presets, obj.name), first_interval=SOON)
    finally:
        _busy.clear()


def register():
    """Begin to look."""
    bpy.app.handlers.depsgraph_update_post.append(_changed)


def unregister():
    """End it."""
    bpy.app.handlers.depsgraph_update_post.remove(_changed)
