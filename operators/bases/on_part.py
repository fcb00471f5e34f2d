# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators on a network or a part of it share."""

import bpy

from ...addon.scene.looks import painting
from .of_network import ChangesNetwork, RefusedError

SHOWN = {
    "CELLS": ("Cells", "The values of cells", ("layer",)),
    "LINES": ("Lines", "The weights of lines", ("connections",)),
    "BOTH": ("Both", "Cells and lines", ("layer", "connections")),
}
ROLES = {"CELLS": ("cells",), "LINES": ("lines",), "BOTH": ("cells", "lines")}


class OnPart(ChangesNetwork):
    """Works on a network, on the block of the active object, or on what is selected."""

    part: bpy.props.EnumProperty(
        name="On",
        items=[(key, *words) for key, words in painting.PARTS.items()],
        options={"SKIP_SAVE"},
        description="Choose what to change",
    )

    def run(self, context, network):
        part = painting.part_of(context, network, self.part)
        if part is None:
            raise RefusedError(
                "The active object is in no block"
                if self.part == "BLOCK"
                else "Select layers, blocks or connections first",
                "ERROR",
            )
        return self.run_on(context, part)

    def run_on(self, context: bpy.types.Context, part: painting.Part) -> str | set[str] | None:
        """Do it; a line to report, or the set that `execute` returns."""
        raise NotImplementedError
