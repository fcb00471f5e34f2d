# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back from cells placed by hand."""

import bpy

from ..addon.scene.editing import by_hand
from ..addon.scene.entities import LayerObject
from .bases.whole import Whole


class NEUROSCENE_OT_back_to_arrangement(Whole, bpy.types.Operator):
    """Put the cells of the active layer back into their arrangement. Keeps the places that you gave them"""

    bl_idname = "neuroscene.back_to_arrangement"
    bl_label = "Back to Arrangement"
    bl_options = {"REGISTER", "UNDO"}

    reset: bpy.props.BoolProperty(
        name="Reset",
        default=False,
        options={"SKIP_SAVE"},
        description="Forget the places that you gave to cells, and start again from the arrangement",
    )

    @classmethod
    def poll(cls, context):
        layer = LayerObject.of(context.object)
        if layer is None or not layer.by_hand:
            cls.poll_message_set("No cell of the active layer was placed by hand")
            return False
        if context.mode not in ("OBJECT", "EDIT_MESH"):
            cls.poll_message_set("Works in Object Mode and in Edit Mode")
            return False
        return True

    def execute(self, context):
        by_hand.back(context.object, self.reset)
        kept = "their places by hand are forgotten" if self.reset else "their places by hand are kept"
        self.report({"INFO"}, f"Cells are in their arrangement; {kept}")
        return {"FINISHED"}
