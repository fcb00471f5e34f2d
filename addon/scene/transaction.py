# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo what a failed or cancelled import has made."""

from __future__ import annotations

import bpy


class Made:
    """The data-blocks that came into being since this was made."""

    def __init__(self):
        self._before = {one.session_uid for one in _all()}
        self._shown = [(window, window.scene) for manager in bpy.data.window_managers for window in manager.windows]

    def remove(self) -> None:
        for window, scene in self._shown:
            window.scene = scene  # a window whose scene is removed crashes Blender; glTF's exporter leaves it in ours
        bpy.data.batch_remove([one for one in _all() if one.session_uid not in self._before])


def _all():
    for name in dir(bpy.data):
        found = getattr(bpy.data, name)
        if isinstance(found, bpy.types.bpy_prop_collection):
            yield from (one for one in found if isinstance(one, bpy.types.ID))
