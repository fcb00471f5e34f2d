# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs of the active layer's or connection's modifier."""

import bpy

from ..addon import compat
from ..addon.scene import tags
from .sidebar import Sidebar


class NEUROSCENE_PT_inputs(Sidebar, bpy.types.Panel):
    bl_label = "Selected"

    @classmethod
    def poll(cls, context):
        return tags.modifier(context.object) is not None

    def draw(self, context):
        layout, obj = self.layout, context.object
        modifier = tags.modifier(obj)
        if tags.kind(obj) == "connections":
            column = layout.column(align=True)
            column.label(text=obj.name, icon="OUTLINER_OB_CURVES")
            detail = column.column(align=True)
            detail.active = False
            for text in self._details(obj[tags.KEY]):
                detail.label(text=text)
        layout.use_property_split = True
        body, panel = layout, ""
        for item in modifier.node_group.interface.items_tree:
            if item.item_type == "PANEL":
                panel = item.name
                header, body = layout.panel(f"{modifier.node_group.name} {panel}")
                header.label(text=panel)
                body = body and body.column()
            elif body and item.in_out == "INPUT" and item.socket_type != "NodeSocketGeometry":
                compat.draw_input(body, modifier, item, item.name.replace(panel, "").strip() or panel)

    @staticmethod
    def _details(facts):
        yield f"{facts['drawn']:,}" + (f" of {facts['total']:,}" if facts["total"] else "") + " connections"
        if facts["level"] == "unit":
            yield "A line is a kernel, the sum of its taps"
