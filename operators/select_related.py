# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the selected layers to those that they have to do with."""

import bpy

from ..addon.scene import selection
from .bases.of_layers import OfSelectedLayers, SelectsLayers
from .bases.of_network import RefusedError

RELATIONS = {
    "INPUTS": (selection.inputs, "Inputs", "Layers that the selected ones read"),
    "OUTPUTS": (selection.outputs, "Outputs", "Layers that read the selected ones"),
    "UPSTREAM": (selection.upstream, "Upstream", "All layers that feed the selected ones, directly or through others"),
    "DOWNSTREAM": (
        selection.downstream,
        "Downstream",
        "All layers that the selected ones feed, directly or through others",
    ),
    "BLOCK": (selection.same_block, "Block", "Layers of the same block"),
}


class NEUROSCENE_OT_select_related(SelectsLayers, OfSelectedLayers, bpy.types.Operator):
    """Select the layers that the selected layers read, feed, or share a block with"""

    bl_idname = "neuroscene.select_related"
    bl_label = "Select Related Layers"
    bl_options = {"REGISTER", "UNDO"}

    relation: bpy.props.EnumProperty(
        name="Relation", items=[(key, *relation[1:]) for key, relation in RELATIONS.items()]
    )

    @classmethod
    def description(cls, context, properties):
        return "Select: " + RELATIONS[properties.relation][2]

    def run(self, context, network):
        related, label, _ = RELATIONS[self.relation]
        objs = related(network, selection.selected(context, network))
        if not objs:
            raise RefusedError(f"The selected layers of {network.name} have no {label.lower()}")
        return self.select(context, objs)
