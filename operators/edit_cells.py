# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cells of a layer placed by hand."""

import bpy

from ..addon.scene.editing import by_hand
from ..addon.scene.entities import LayerObject
from .bases.whole import Whole


class NEUROSCENE_OT_edit_cells(Whole, bpy.types.Operator):
    """Place the cells of the active layer by hand in Edit Mode. Lines follow. The first time, cells start from the
    arrangement"""

    bl_idname = "neuroscene.edit_cells"
    bl_label = "Edit Cells by Hand"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        if not LayerObject.is_one(context.object):
            cls.poll_message_set("Make a layer active first")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Works in Object Mode")
            return False
        if context.object.library or context.object.data.library:
            cls.poll_message_set("This layer is linked from another file")
            return False
        if not by_hand.whole(context.object):
            cls.poll_message_set("Cells of this layer were deleted; set its detail to have them back")
            return False
        return True

    def execute(self, context):
        by_hand.edit(context, context.object)
        self.report({"INFO"}, f"{len(context.object.data.vertices):,} cells to place by hand")
        return {"FINISHED"}
