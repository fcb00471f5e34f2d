# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at the selected layers."""

import bpy

from ..addon.scene.camera import viewport
from .bases.of_layers import any_layer_selected


class NEUROSCENE_OT_frame_layers(bpy.types.Operator):
    """Frame the selected layers in the view. Leaves the camera view if necessary, and does not move the camera"""

    bl_idname = "neuroscene.frame_layers"
    bl_label = "Frame Layers"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context):
        if not any_layer_selected(context):
            cls.poll_message_set("Select a layer first")
            return False
        if viewport.view(context) is None:
            cls.poll_message_set("There is no 3D view in this window")
            return False
        return True

    def execute(self, context):
        viewport.frame_selected(context)
        return {"FINISHED"}
