# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fold blocks to boxes, and unfold them."""

import bpy

from ..addon.scene.building import blocks, unfolding
from ..addon.scene.entities import NetworkScene
from ..addon.scene.transaction import Made
from .bases.of_network import MakesRoom, RefusedError
from .bases.stepwise import Stepwise

WHICH = {
    "SELECTED": ("Selected", "The selected blocks, and those around the selected layers"),
    "REPEATS": ("Repeats", "All but the first of equal blocks that repeat"),
    "GROUPS": ("Groups", "Runs of equal blocks, each to one box"),
    "ALL": ("All", "The outermost blocks; to unfold, all blocks"),
}


class NEUROSCENE_OT_fold_blocks(Stepwise, MakesRoom, bpy.types.Operator):
    """Fold each block to one box, or unfold it. Builds what is inside where that is still to be read from the file"""

    bl_idname = "neuroscene.fold_blocks"
    bl_label = "Fold Blocks"
    bl_options = {"REGISTER", "UNDO"}

    which: bpy.props.EnumProperty(
        name="Blocks", items=[(key, *words) for key, words in WHICH.items()], options={"SKIP_SAVE"}
    )
    fold: bpy.props.BoolProperty(
        name="Fold", default=True, options={"SKIP_SAVE"}, description="Fold the blocks instead of unfolding them"
    )

    doing = "Unfolding"
    _made = None

    @classmethod
    def description(cls, context, properties):
        return f"{'Fold' if properties.fold else 'Unfold'}: {WHICH[properties.which][1]}"

    def run(self, context, network):
        paths = blocks.chosen(context, network, self.which, self.fold)
        if not paths:
            raise RefusedError(f"{network.name} has no such block: {WHICH[self.which][1]}")
        self._network, self._paths = network.name, paths
        if self.fold or NetworkScene(network).unbuilt().keys().isdisjoint(paths):
            return self._settled(network)
        self._made = Made()
        return self.start(context, unfolding.build_steps(network, paths, self.which == "ALL"))

    def done(self, context, result):
        self.report({"INFO"}, self._settled(bpy.data.collections[self._network]) + f", {result:,} layers built")

    def undone(self, context):
        if self._made:
            self._made.remove()

    def _settled(self, network):
        paths = self._paths
        blocks.fold(network, paths, float(self.fold))
        self.settle(network)
        return f"{len(paths):,} block{'' if len(paths) == 1 else 's'} {'folded' if self.fold else 'unfolded'}"
