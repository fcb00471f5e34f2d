# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs of the active layer's or connection's modifier."""

import bpy

from ..addon import compat
from ..addon.scene import tags


class NEUROSCENE_PT_inputs(bpy.types.Panel):
    bl_label = "Selected"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Neuroscene"

    @classmethod
    def poll(cls, context):
        return tags.modifier(context.object) is not None

    def draw(self, context):
        layout, thing = self.layout, context.object
        facts, modifier = thing[tags.KEY], tags.modifier(thing)
        column = layout.column(align=True)
        column.label(text=thing.name, icon="MOD_ARRAY" if facts["kind"] == "layer" else "OUTLINER_OB_CURVES")
        detail = column.column(align=True)
        detail.active = False
        if facts["kind"] == "layer":
            detail.label(text=f"{facts['op']}, {' × '.join(str(size) for size in facts['shape']) or 'shape not known'}")
            detail.label(text=f"{int(facts['parameters']):,} parameters; cells show the {facts['value_is']}")
        else:
            total = f" of {facts['total']:,}" if facts["total"] else ""
            detail.label(text=f"{facts['drawn']:,}{total} connections")
            if facts["level"] == "unit":
                detail.label(text="A line is a kernel: the signed sum of its taps")
        layout.use_property_split, layout.use_property_decorate = True, True
        target = layout
        for item in modifier.node_group.interface.items_tree:
            if item.item_type == "PANEL":
                target = layout.column()
                target.label(text=item.name)
            elif item.in_out == "INPUT" and item.socket_type != "NodeSocketGeometry":
                compat.draw_input(target, modifier, item)
