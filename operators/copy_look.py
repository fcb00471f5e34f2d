# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy how the active layer, bundle or block looks."""

import bpy

from ..addon.scene.entities import kind
from ..addon.scene.looks import copying
from ..addon.scene.texts.words import counted
from .bases.of_network import ChangesNetwork


class NEUROSCENE_OT_copy_look(ChangesNetwork, bpy.types.Operator):
    """Copy the look of the active layer, connections or block to the selected ones: shape, size, material, reveal"""

    bl_idname = "neuroscene.copy_look"
    bl_label = "Copy Look"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        if not super().poll(context):
            return False
        if kind(context.view_layer.objects.active) not in ("layer", "connections", "block"):
            cls.poll_message_set("Make a layer, connections or a block active first")
            return False
        return True

    def execute(self, context):
        objects = context.view_layer.objects
        count = copying.copy(objects.active, list(objects.selected))
        if not count:
            self.report({"WARNING"}, "Select others of the same kind besides the active one")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Look of {objects.active.name} copied to {counted(count, 'object')}")
        return {"FINISHED"}
