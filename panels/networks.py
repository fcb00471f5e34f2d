# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of the file and their layers."""

import bpy

from ..addon.scene import tags


def shape_text(facts) -> str:
    """The shape of a layer from the facts on its object."""
    return " × ".join(str(size or "?") for size in facts["shape"])


class NEUROSCENE_UL_layers(bpy.types.UIList):
    """Layers of a network: the objects of its collection, less all that are not layers"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index):
        row = layout.split(factor=0.5)
        row.prop(item, "name", text="", emboss=False)
        shape = row.row()
        shape.active, shape.alignment = False, "RIGHT"
        shape.label(text=shape_text(item[tags.KEY]))

    def filter_items(self, context, data, property_name):
        things = getattr(data, property_name)
        sought = self.filter_name.lower()
        shown = [tags.kind(one) == "layer" and (sought in one.name.lower() or sought in one[tags.KEY]["op"].lower())
                 for one in things]
        return [self.bitflag_filter_item if one else 0 for one in shown], []


class NEUROSCENE_PT_networks(bpy.types.Panel):
    bl_label = "Networks"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Neuroscene"

    def draw(self, context):
        layout = self.layout
        layout.operator("neuroscene.import_network", icon="IMPORT")
        for network in tags.networks():
            self._network(layout.box(), network)

    def _network(self, box, network):
        facts, state = network[tags.KEY], network.neuroscene_state
        row = box.row()
        row.prop(state, "expanded", text="", emboss=False,
                 icon="DISCLOSURE_TRI_DOWN" if state.expanded else "DISCLOSURE_TRI_RIGHT")
        row.prop(network, "name", text="")
        if not state.expanded:
            return
        column = box.column(align=True)
        column.active = False
        column.label(text=f"{int(facts['parameters']):,} parameters, {facts['format']}")
        if facts["input"]:
            column.label(text=f"Input: {facts['input']} ({facts['input_note']})")
        objects = next((one for one in network.children if tags.kind(one) == "layers"), network)
        box.template_list("NEUROSCENE_UL_layers", network.name, objects, "objects", objects.neuroscene_state, "active",
                          rows=8)
        row = box.row(align=True)
        for operator, icon in (("neuroscene.run_input", "PLAY"), ("neuroscene.frame_network", "CAMERA_DATA")):
            row.operator(operator, icon=icon).uuid = facts["uuid"]
