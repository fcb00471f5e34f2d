# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network says of its input without the units that its prune slider hides."""

import bpy

from ..addon.scene.building import importing
from .bases.of_network import OfNetwork


class NEUROSCENE_OT_check_pruning(OfNetwork, bpy.types.Operator):
    """Run the input without the units that Prune hides, and report the best score beside that of the whole network"""

    bl_idname = "neuroscene.check_pruning"
    bl_label = "Score Without Them"
    bl_options = {"REGISTER"}

    def run(self, context, network):
        return importing.pruned_score(network)
