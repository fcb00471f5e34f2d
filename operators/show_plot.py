# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network makes of samples that two numbers place."""

import bpy

from ..addon.scene.camera import picture
from ..addon.scene.composing import learning
from ..addon.scene.entities import chosen
from ..addon.scene.series import plots
from .bases.of_network import ChangesNetwork
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_show_plot(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Show the answer at every point of the plane that a network reads, or where a layer of two numbers puts samples"""

    bl_idname = "neuroscene.show_plot"
    bl_label = "Plot Samples"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Reading samples"

    data: bpy.props.EnumProperty(name="Samples", items=learning.DATA, description="Choose the samples")
    file: bpy.props.StringProperty(
        name="File", subtype="FILE_PATH", description="Choose the .npz file of the samples, or their folder"
    )

    def invoke(self, context, event):
        network = chosen(context, self.uuid)
        if network is not None and not self.properties.is_property_set("data"):
            self.data = learning.usual(network)["data"]
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "data")
        if self.data in learning.CHOSEN:
            layout.prop(self, "file", text="Folder" if self.data == "FOLDER" else "File")

    def run(self, context, network):
        data = learning.data_of(self.data, self.file)
        self.collection = network.name
        return self.start(context, plots.show_steps(network, data))

    def done(self, context, said):
        picture.relabel(bpy.data.collections[self.collection])
        self.report({"INFO"}, said)


class NEUROSCENE_OT_hide_plot(ChangesNetwork, bpy.types.Operator):
    """Remove the plot of samples"""

    bl_idname = "neuroscene.hide_plot"
    bl_label = "Remove Plot"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        plots.hide(network)
        picture.relabel(network)
