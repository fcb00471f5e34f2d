# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active panel of an opened cell, which cell it shows, and how much of it; and a window over a map."""

import bpy

from ..addon.nodes.sockets import ALL
from ..addon.nodes.sockets.window import WINDOW
from ..addon.nodes.tree import MARK
from ..addon.scene.entities import Opened, WindowMap
from .sidebar import Sidebar, head, inspector


class NEUROSCENE_PT_opened(Sidebar, bpy.types.Panel):
    bl_label = "Opened Cell"
    bl_order = 10

    @classmethod
    def poll(cls, context):
        opened = Opened.of(context.object)
        return opened is not None and opened.modifier is not None

    def draw(self, context):
        layout = self.layout
        opened = Opened(context.object)
        row = head(layout, context.object, "VIEWZOOM")
        row.operator("neuroscene.close_cell", text="", icon="X")
        interface = ALL[opened.modifier.node_group[MARK]]
        first, last = (tuple(round(at) + 1 for at in opened.inputs[name]) for name in ("First", "Last"))
        axes = zip(("Units", "Rows", "Columns"), first, last, strict=True)
        told = [(name, f"{begin:,}" if begin == end else f"{begin:,} to {end:,}") for name, begin, end in axes]
        inspector(layout, [("Layer", opened.layer), *told], interface, opened.modifier)
        layout.operator("neuroscene.slide_cell", icon="ANIM")


class NEUROSCENE_PT_window(Sidebar, bpy.types.Panel):
    bl_label = "Window over a Map"
    bl_order = 10

    @classmethod
    def poll(cls, context):
        window = WindowMap.of(context.object)
        return window is not None and window.modifier is not None

    def draw(self, context):
        head(self.layout, context.object, "MESH_GRID")
        inspector(self.layout, [], WINDOW, WindowMap(context.object).modifier)
