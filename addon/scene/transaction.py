# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo what a failed or cancelled step has made."""

from __future__ import annotations

import bpy

from . import removing


class Made:
    """The data-blocks that came into being since this was made."""

    def __init__(self):
        self._before = {block.session_uid for block in _all()}
        self._shown = [window.scene.session_uid for window in _windows()]

    def unchanged(self) -> bool:
        """Whether there are the same data-blocks as then."""
        return self._before == {block.session_uid for block in _all()}

    def remove(self) -> None:
        """Take away what was made since, and let windows show the scenes that they showed."""
        scenes = {scene.session_uid: scene for scene in bpy.data.scenes}
        for window, uid in zip(_windows(), self._shown, strict=False):
            if uid in scenes:
                window.scene = scenes[uid]  # glTF's exporter leaves it in ours
        removing.remove([block for block in _all() if block.session_uid not in self._before])


def _windows() -> list[bpy.types.Window]:
    return [window for manager in bpy.data.window_managers for window in manager.windows]


def _all():
    for name in dir(bpy.data):
        blocks = getattr(bpy.data, name)
        if isinstance(blocks, bpy.types.bpy_prop_collection):
            yield from (block for block in blocks if isinstance(block, bpy.types.ID))
