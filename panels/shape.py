# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the active layer is arranged, and cells placed by hand."""

import bpy

from ..addon.nodes.sockets import LAYER
from ..addon.scene.editing import by_hand
from ..addon.scene.entities import LayerObject
from .sidebar import Sidebar, sockets


class NEUROSCENE_PT_shape(Sidebar, bpy.types.Panel):
    bl_label = "Shape"
    bl_parent_id = "NEUROSCENE_PT_layer"

    @classmethod
    def poll(cls, context):
        return LayerObject.is_one(context.object)

    def draw(self, context):
        layout = self.layout
        obj = context.object
        modifier = LayerObject(obj).modifier
        layout.use_property_split = True
        layout.use_property_decorate = False
        for names in LAYER.rows():
            sockets(layout.column(align=True), modifier, names)
        if obj.mode == "OBJECT" and not by_hand.whole(obj):
            row = layout.row()
            row.alert = True
            row.label(text="Cells were deleted: set the detail", icon="ERROR")
        column = layout.column(align=True)
        if LayerObject(obj).by_hand:
            sockets(column, modifier, ("By Hand",))
        column.operator("neuroscene.edit_cells", icon="EDITMODE_HLT")
        row = column.row(align=True)
        row.operator("neuroscene.back_to_arrangement")
        row.operator("neuroscene.back_to_arrangement", text="", icon="LOOP_BACK").reset = True
