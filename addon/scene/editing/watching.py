# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets what belongs to a layer follow while somebody edits: names, hiding, removal, copies, in whichever editor.

It is for comfort alone: what a scene shows needs none of it. Nothing counts but what the file itself says, so that an
undo, a redo or another file is looked at like any other change.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy
from bpy.app.handlers import persistent

from .. import palettes
from ..entities import BlockBox, LayerCopy, LayerObject, NetworkScene, networks
from . import together

LISTENERS: list[Callable[[bpy.types.Collection], None]] = []  # are told of a network that has changed
_states: dict[str, tuple] = {}  # what of a network was last seen, by its uuid
_busy = []
_count = [0]  # objects of the file


def follow(network: bpy.types.Collection, view_layer: bpy.types.ViewLayer | None) -> None:
    """Let all follow in one network."""
    together.follow_copies(network)
    together.follow_removal(network)
    together.follow_names(network)
    if view_layer is not None:
        together.follow_hidings(network, view_layer)


def look(scene: bpy.types.Scene | None = None) -> None:
    """Let all follow in every network that has changed since the last look."""
    for network in networks(scene):
        if network.library:
            continue
        owner = NetworkScene(network).scene
        view_layer = owner.view_layers[0] if owner else None
        state = _state(network, view_layer)
        key = NetworkScene(network).uuid
        if _states.get(key) != state:
            follow(network, view_layer)
            for listener in LISTENERS:
                listener(network)
            _states[key] = _state(network, view_layer)


def _state(network, view_layer) -> tuple:
    """Which objects there are, what its layers are called, and how each is hidden."""
    layers = tuple(
        (part.obj.name, together.hidden(part.obj, view_layer) if view_layer else 0)
        for part in NetworkScene(network).members(LayerObject, LayerCopy, BlockBox)
    )
    holders = (network, *network.children_recursive)
    return layers, tuple(len(holder.objects) for holder in holders)


@persistent
def _changed(scene, depsgraph) -> None:
    """Look, once Blender has ended what it is doing, unless only frames go by."""
    count = len(bpy.data.objects)
    if not _busy:
        _follow_maps(depsgraph)
    if _busy or count == _count[0] and not any(map(_may_matter, depsgraph.updates)):
        return
    _count[0] = count
    if any(window.screen.is_animation_playing for manager in bpy.data.window_managers for window in manager.windows):
        return
    if bpy.app.is_job_running("RENDER"):
        return
    _look_now(scene)


def _follow_maps(depsgraph) -> None:
    """Let Solid shading show color maps that were edited by hand."""
    edited = [update.id.original for update in depsgraph.updates if isinstance(update.id, bpy.types.Material)]
    _busy.append(True)
    try:
        for material in edited:
            palettes.refresh(material)
    finally:
        _busy.clear()


def _may_matter(update) -> bool:
    """Whether something may have been renamed, hidden, made or removed: nothing of that moves or reshapes an object."""
    if isinstance(update.id, bpy.types.Object):
        return not (update.is_updated_transform or update.is_updated_geometry)
    return isinstance(update.id, bpy.types.Scene | bpy.types.Collection)


@persistent
def _restored(*_) -> None:
    """Look at everything: another file or another state of this."""
    _states.clear()
    _look_now(None)


def _look_now(scene) -> None:
    _busy.append(True)
    try:
        look(scene)
    finally:
        _busy.clear()


HANDLERS = {"depsgraph_update_post": _changed, "undo_post": _restored, "redo_post": _restored, "load_post": _restored}


def register():
    """Begin to look."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister():
    """End it."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    _states.clear()
