# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Histograms of values and weights above layers."""

import bpy

from ..addon.scene import selection
from ..addon.scene.building import histograms
from ..addon.scene.camera import picture
from ..addon.scene.entities import NetworkScene
from .bases.of_network import ChangesNetwork
from .bases.stepwise import Stepwise

OF = [
    ("VALUES", "Values", "What the layer gives for the input"),
    ("WEIGHTS", "Weights", "The weights into the layer"),
    ("TIME", "Weights over Time", "The weights into the layer at every checkpoint, a row each"),
]


class NEUROSCENE_OT_show_histograms(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Show how often numbers of each size occur, above the selected layers or above all, or remove that again"""

    bl_idname = "neuroscene.show_histograms"
    bl_label = "Histograms"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Counting"

    of: bpy.props.EnumProperty(name="Of", items=OF, description="Choose what is counted")

    def run(self, context, network):
        names = selection.selected(context, network) or list(NetworkScene(network).layers())
        self.collection = network.name
        return self.start(context, histograms.toggle_steps(network, names, (self.of.lower(),)))

    def done(self, context, said):
        picture.relabel(bpy.data.collections[self.collection])
        self.report({"INFO"}, said[0].upper() + said[1:])
