# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a block to its layers."""

import bpy

from ..addon.scene.building import blocks
from ..addon.scene.entities import NetworkScene
from .bases.of_layers import SelectsLayers
from .bases.of_network import RefusedError


class NEUROSCENE_OT_select_block(SelectsLayers, bpy.types.Operator):
    """Select the layers of the selected blocks, including blocks inside them"""

    bl_idname = "neuroscene.select_block"
    bl_label = "Select Layers of Block"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        paths = blocks.chosen(context, network, "SELECTED", True)
        objs = blocks.layers_in(network, paths)
        if not objs and not NetworkScene(network).unbuilt().keys().isdisjoint(paths):
            raise RefusedError("Nothing is built inside this block: unfold it first")
        if not objs:
            raise RefusedError("Select a block first, or a layer in one")
        return self.select(context, objs)
