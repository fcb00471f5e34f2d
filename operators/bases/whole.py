# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all operators share that can be undone: a refusal leaves nothing behind, and no undo crashes after one."""

import functools

from ...addon.scene.transaction import Made


class Whole:
    """Done as a whole or not at all.

    Blender keeps no undo step of an operator that was cancelled. If it has made or removed a data-block all the same, a
    later undo keeps objects that point at what that undo frees, and Blender crashes. So what was made goes, and an
    undo step is kept by which everything is as it was. Of one that raises Blender keeps a step by itself.
    """

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "execute" in vars(cls):
            cls.execute = _whole(cls.execute)

    def settled(self, result: set[str]) -> set[str]:
        """What the operator returns instead of this result."""
        if result != {"CANCELLED"} or self._there.unchanged():
            return result
        self._there.remove()
        return {"FINISHED"}


def _whole(execute):
    @functools.wraps(execute)
    def whole(self, context):
        self._there = Made()
        return self.settled(execute(self, context))

    return whole
