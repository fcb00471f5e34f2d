# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was worked out from the evaluated geometry of objects, kept until Blender evaluates them anew.

To copy the points of 100,000 lines out of Blender takes longer than to find the nearest, and the mouse moves far more
often than a line. Blender tells what it has evaluated; where nobody listens, as in a script, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.handlers import persistent

_kept: dict[tuple, Any] = {}  # by object, scene, view layer and what it is
_frame: list[tuple] = []  # that it is of
_listening: list[bool] = []


def of(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph, what: str, make: Callable[[], Any]) -> Any:
    """What `make` gives for an object as it is evaluated now. It holds plain data, in the space of the object."""
    if not _listening:
        return make()
    scene = depsgraph.scene
    frame = (scene.session_uid, scene.frame_current, scene.frame_subframe)
    if _frame[:] != [frame]:  # what moves with frames is not told of
        _kept.clear()
        _frame[:] = [frame]
    key = (obj.session_uid, scene.session_uid, depsgraph.view_layer.name, what)
    if key not in _kept:
        _kept[key] = make()
    return _kept[key]


@persistent
def _evaluated(scene, depsgraph) -> None:
    """Let go of what belongs to objects with a new geometry."""
    if not _kept:
        return
    gone = set()
    for update in depsgraph.updates:
        if isinstance(update.id, bpy.types.Object) and update.is_updated_geometry:
            gone.add(update.id.original.session_uid)
    for key in [key for key in _kept if key[0] in gone]:
        del _kept[key]


@persistent
def _forget(*_) -> None:
    """Let go of all: another file or state of this."""
    _kept.clear()


HANDLERS = {"depsgraph_update_post": _evaluated, "undo_post": _forget, "redo_post": _forget, "load_post": _forget}


def register():
    """Begin to keep."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)
    _listening.append(True)


def unregister():
    """End it."""
    _listening.clear()
    _kept.clear()
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
