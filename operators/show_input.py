# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The input as cells, as a picture, or as red, green and blue."""

import bpy

from ..addon.scene.building import inputs_shown
from ..addon.scene.camera import picture
from .bases.of_network import ChangesNetwork
from .bases.stepwise import Stepwise

WAYS = [
    ("PICTURE", "Picture", "The picture, or the curves, that it is, in a frame"),
    ("CHANNELS", "Channels", "Its red, green and blue one behind the other, each in its own color"),
    ("CELLS", "Cells", "A cell a number, as in other layers"),
]


class NEUROSCENE_OT_show_input(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Show an input as the picture or curves that it is, as its channels, or as cells"""

    bl_idname = "neuroscene.show_input"
    bl_label = "Show Input As"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Reading"

    how: bpy.props.EnumProperty(name="As", items=WAYS, description="Choose how it stands")

    def run(self, context, network):
        self.collection = network.name
        return self.start(context, inputs_shown.show_steps(network, self.how.lower()))

    def done(self, context, said):
        picture.relabel(bpy.data.collections[self.collection])
        self.report({"INFO"}, f"The input stands as {said}")
