# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a network looks: its style, its colours, and the values that they cover."""

import bpy

from ..addon import compat
from ..addon.nodes import materials
from ..addon.scene.entities import NetworkScene, chosen, kind, modifier, networks
from .sidebar import Sidebar, sockets

RANGES = {"layer": "Range", "connections": "Weight Range"}

OPACITY = (
    "Opacity",
    *(f"Opacity by {what}" for what in ("Magnitude", "Importance", "Density", "Distance")),
    "Near",
    "Far",
)


class NEUROSCENE_PT_look(Sidebar, bpy.types.Panel):
    bl_label = "Look"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return bool(networks())

    def draw(self, context):
        layout = self.layout
        network = NetworkScene(chosen(context))
        column = layout.column(align=True)
        row = column.row(align=True)
        row.operator_menu_enum("neuroscene.apply_style", "style", text=network.style or "Cinema", icon="BRUSH_DATA")
        row.operator("neuroscene.save_style", text="", icon="ADD")
        column.operator("neuroscene.copy_look", icon="PASTEDOWN")
        row = column.row(align=True)
        row.operator("neuroscene.save_look", icon="EXPORT")
        row.operator("neuroscene.load_look", icon="IMPORT")
        column = layout.column(align=True)
        for shown, role in (("CELLS", "cells"), ("LINES", "lines")):
            name = materials.map_of(network.materials.get(role)) or "Edited"
            row = column.split(factor=0.3)
            row.label(text=shown.capitalize())
            given = row.operator_menu_enum("neuroscene.set_map", "map", text=name)
            given.shown = shown
        column.operator("neuroscene.set_colors", icon="DRIVER_DISTANCE")


class NEUROSCENE_PT_range(Sidebar, bpy.types.Panel):
    bl_label = "Range"
    bl_parent_id = "NEUROSCENE_PT_look"

    @classmethod
    def poll(cls, context):
        return kind(context.object) in RANGES

    def draw(self, context):
        layout = self.layout
        shown = modifier(context.object)
        layout.use_property_split = True
        if shown is None:
            return
        own = compat.get_input(shown, "Range From") == "Own"
        sockets(layout, shown, ("Range From", RANGES[kind(context.object)] if own else "Clip"))
        material = compat.get_input(shown, "Material")
        group = materials.node_of(material, materials.VALUE)
        for name in OPACITY if group else ():
            layout.prop(group.inputs[name], "default_value", text=name)
