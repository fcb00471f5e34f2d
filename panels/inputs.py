# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs of the active layer's or connection's modifier."""

import bpy

from ..addon import compat
from ..addon.scene.entities import Bundle, modifier
from .sidebar import Sidebar


class NEUROSCENE_PT_inputs(Sidebar, bpy.types.Panel):
    bl_label = "Selected"

    @classmethod
    def poll(cls, context):
        return modifier(context.object) is not None

    def draw(self, context):
        layout = self.layout
        obj = context.object
        shown = modifier(obj)
        if bundle := Bundle.of(obj):
            column = layout.column(align=True)
            column.label(text=obj.name, icon="OUTLINER_OB_CURVES")
            detail = column.column(align=True)
            detail.active = False
            for text in self._details(bundle):
                detail.label(text=text)
        layout.use_property_split = True
        body = layout
        panel = ""
        for item in shown.node_group.interface.items_tree:
            if item.item_type == "PANEL":
                panel = item.name
                header, body = layout.panel(f"{shown.node_group.name} {panel}")
                header.label(text=panel)
                body = body and body.column()
            elif body and item.in_out == "INPUT" and item.socket_type != "NodeSocketGeometry":
                compat.draw_input(body, shown, item, item.name.replace(panel, "").strip() or panel)

    @staticmethod
    def _details(bundle):
        yield f"{bundle.drawn:,}" + (f" of {bundle.total:,}" if bundle.total else "") + " connections"
        if bundle.grain == "unit":
            yield "A line is a kernel, the sum of its taps"
