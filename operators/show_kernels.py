# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernels of a convolution as pictures."""

import bpy

from ..addon.scene import selection
from ..addon.scene.building import kernels
from .bases.of_layers import OfSelectedLayers
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_show_kernels(Stepwise, OfSelectedLayers, bpy.types.Operator):
    """Show the kernels of the selected convolutions as pictures above them, or remove them again. Works for layers
    that read one or three channels"""

    bl_idname = "neuroscene.show_kernels"
    bl_label = "Show Kernels"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Reading"

    def run(self, context, network):
        return self.start(context, kernels.toggle_steps(network, selection.selected(context, network)))

    def done(self, context, said):
        self.report({"INFO"}, said[0].upper() + said[1:])
