# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find layers by name or op."""

import bpy

from ..addon.scene import selection
from ..addon.scene.camera import viewport
from .bases.of_layers import SelectsLayers
from .bases.of_network import RefusedError


class NEUROSCENE_OT_find_layers(SelectsLayers, bpy.types.Operator):
    """Select the layers whose name, operators or block contain these words"""

    bl_idname = "neuroscene.find_layers"
    bl_label = "Find Layers"
    bl_options = {"REGISTER", "UNDO"}

    text: bpy.props.StringProperty(
        name="Find",
        options={"SKIP_SAVE"},
        description="Type words of a layer's name, operators or block, such as: layer2 conv",
    )
    frame: bpy.props.BoolProperty(
        name="Frame",
        default=False,
        description="Frame the selected layers in the view. Leaves the camera view if necessary",
    )

    def invoke(self, context, event):
        if self.properties.is_property_set("text"):  # by a button that knows what is sought
            return self.execute(context)
        return context.window_manager.invoke_props_dialog(self, confirm_text="Select")

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "text", icon="VIEWZOOM")
        layout.prop(self, "extend")
        layout.prop(self, "frame")

    def run(self, context, network):
        objs = selection.matching(network, self.text)
        if not objs:
            raise RefusedError(f"No layer of {network.name} has '{self.text}' in its name, operators or block")
        done = self.select(context, objs)
        if self.frame and done == {"FINISHED"} and viewport.view(context):
            viewport.frame_selected(context)
        return done
