# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add a small map with a window over it."""

import bpy

from ..addon.scene.explanation import window
from .bases.whole import Whole


class NEUROSCENE_OT_add_window(Whole, bpy.types.Operator):
    """Add a small map with a window that goes over it: what kernel, stride, padding and dilation do"""

    bl_idname = "neuroscene.add_window"
    bl_label = "Window over a Map"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT":
            return True
        cls.poll_message_set("Works in Object Mode")
        return False

    def execute(self, context):
        obj = window.add(context.scene)
        for other in context.selected_objects:
            other.select_set(False)
        obj.select_set(True)
        context.view_layer.objects.active = obj
        return {"FINISHED"}
