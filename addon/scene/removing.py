# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in which what we made goes, so that nothing is evaluated that still reads it.

Blender itself lets go of what is removed wherever something holds it, in a socket, a constraint or as a parent, and
evaluates that anew. It does so only where it still finds it: whoever empties a socket before goes through
`compat.set_inputs`, which says so to Blender.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import bpy


def remove(blocks: Iterable[bpy.types.ID | None]) -> None:
    """Remove data-blocks, and of objects also the data that nothing else uses: a linked duplicate keeps it. References
    to any of them are dead afterwards, and so are those to what was inside."""
    gone = {block for block in blocks if block}
    held = Counter(block.data for block in gone if isinstance(block, bpy.types.Object) and block.data)
    gone |= {data for data, users in held.items() if data.users - data.use_fake_user <= users}
    if gone:
        _leave({block for block in gone if isinstance(block, bpy.types.Scene)})
        bpy.data.batch_remove(gone)


def _leave(scenes: set[bpy.types.Scene]) -> None:
    """Let no window show one of these: Blender crashes when a scene goes that a window shows."""
    left = next((scene for scene in bpy.data.scenes if scene not in scenes), None)
    for manager in bpy.data.window_managers if scenes and left else ():
        for window in manager.windows:
            if window.scene in scenes:
                window.scene = left
