# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fold blocks to boxes, and unfold them."""

import bpy

from ..addon.scene.building import blocks
from .bases.of_network import MakesRoom, RefusedError

WHICH = {
    "SELECTED": ("Selected", "The selected blocks, and those around the selected layers"),
    "REPEATS": ("Repeats", "All but the first of equal blocks that repeat"),
    "GROUPS": ("Groups", "Runs of equal blocks, each to one box"),
    "ALL": ("All", "The outermost blocks; to unfold, all blocks"),
}


class NEUROSCENE_OT_fold_blocks(MakesRoom, bpy.types.Operator):
    """Fold each block to one box, or unfold it. The Fold slider of a block does the same and can be keyframed"""

    bl_idname = "neuroscene.fold_blocks"
    bl_label = "Fold Blocks"
    bl_options = {"REGISTER", "UNDO"}

    which: bpy.props.EnumProperty(
        name="Blocks", items=[(key, *words) for key, words in WHICH.items()], options={"SKIP_SAVE"}
    )
    fold: bpy.props.BoolProperty(
        name="Fold", default=True, options={"SKIP_SAVE"}, description="Fold the blocks instead of unfolding them"
    )

    @classmethod
    def description(cls, context, properties):
        return f"{'Fold' if properties.fold else 'Unfold'}: {WHICH[properties.which][1]}"

    def run(self, context, network):
        paths = blocks.chosen(context, network, self.which, self.fold)
        if not paths:
            raise RefusedError(f"{network.name} has no such block: {WHICH[self.which][1]}")
        blocks.fold(network, paths, float(self.fold))
        self.settle(network)
        return f"{len(paths):,} block{'' if len(paths) == 1 else 's'} {'folded' if self.fold else 'unfolded'}"
