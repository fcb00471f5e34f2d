# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network says of its input without the units that its prune slider hides."""

import bpy

from ..addon.scene.building import importing
from .bases.of_network import OfNetwork
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_check_pruning(Stepwise, OfNetwork, bpy.types.Operator):
    """Run the input without the units that Prune hides, and report the best score beside that of the whole network"""

    bl_idname = "neuroscene.check_pruning"
    bl_label = "Score Without Them"
    bl_options = {"REGISTER"}
    doing = "Running"

    def run(self, context, network):
        return self.start(context, importing.pruned_score_steps(network))

    def done(self, context, said):
        self.report({"INFO"}, said)
