# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the inputs of a series in the order in which they excite a unit."""

import bpy

from ..addon.scene.entities import LayerObject
from ..addon.scene.series import following
from .bases.of_network import ChangesNetwork
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_sort_samples(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Put the inputs of the series in the order in which they excite a unit of the active layer, the strongest first"""

    bl_idname = "neuroscene.sort_samples"
    bl_label = "Sort by Unit"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Sorting"

    unit: bpy.props.IntProperty(name="Unit", min=0, description="Choose the unit of the layer, counted from 0")

    @classmethod
    def poll(cls, context):
        if not super().poll(context):
            return False
        if not LayerObject.is_one(context.object):
            cls.poll_message_set("Select a layer first")
            return False
        return True

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, confirm_text="Sort")

    def run(self, context, network):
        return self.start(context, following.sort_samples(network, LayerObject(context.object).name, self.unit))

    def done(self, context, said):
        self.report({"INFO"}, said)
