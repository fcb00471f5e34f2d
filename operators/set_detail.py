# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of a layer is drawn."""

import bpy

from ..addon.network.drawn import BOX, CELLS, COVER, MAPS, SHEET, Wish
from ..addon.scene import selection
from ..addon.scene.detail import cell_detail
from ..addon.scene.entities import LayerObject, NetworkScene
from .bases.of_layers import OfSelectedLayers
from .bases.of_network import ChangesNetwork, MakesRoom
from .bases.stepwise import Stepwise

DETAILS = {
    "AUTO": ("", "Auto", "As the budget of the whole scene has it"),
    "BOX": (BOX, "Box", "The whole layer as one box"),
    "MAPS": (MAPS, "Maps", "Each map as one tile"),
    "CELLS": (CELLS, "Cells", "The strongest units with their cells"),
    "SHEET": (SHEET, "Sheet", "Tokens by features, or weights, as one plane"),
    "COVER": (COVER, "Cover", "The maps that vary most as one plane, or without an input the weights"),
}


class _SetsDetail(Stepwise, MakesRoom):
    """Draws some layers in more or less detail."""

    doing = "Reading"

    detail: bpy.props.EnumProperty(
        name="Detail", default="AUTO", options={"SKIP_SAVE"}, items=[(key, *kind[1:]) for key, kind in DETAILS.items()]
    )
    cells: bpy.props.IntProperty(
        name="Cells",
        default=0,
        min=0,
        soft_max=100_000,
        options={"SKIP_SAVE"},
        description="Limit the cells or maps of each layer. 0 takes a fair share of the scene's limit",
    )
    lines: bpy.props.IntProperty(
        name="Lines",
        default=0,
        min=0,
        soft_max=10_000,
        options={"SKIP_SAVE"},
        description="Limit the lines from each source layer. 0 keeps the present number",
    )

    @classmethod
    def description(cls, context, properties):
        return (
            f"{DETAILS[properties.detail][2]}. More detail reads the layers' own weights from the file, and no others"
        )

    def invoke(self, context, event):
        if self.properties.is_property_set("detail"):  # by a button that knows which
            return self.execute(context)
        layer = LayerObject.of(context.object)
        wish, detail = (layer.wish, layer.wished_detail) if layer else ({}, "")
        self.detail = next((key for key, (kind, *_) in DETAILS.items() if kind == detail), "AUTO")
        self.cells, self.lines = wish.get("cells", 0), wish.get("lines", 0)
        return context.window_manager.invoke_props_dialog(self, confirm_text="Set")

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.row().prop(self, "detail", expand=True)
        for name in ("cells", "lines", "arrange"):
            layout.prop(self, name)

    def run(self, context, network):
        wish = Wish(DETAILS[self.detail][0], self.cells)
        self.collection = network.name
        names = self.names(context, network)
        return self.start(context, cell_detail.detail_steps(network, names, wish, self.lines))

    def done(self, context, said):
        self.settle(bpy.data.collections[self.collection])
        self.report({"INFO"}, said)


class NEUROSCENE_OT_set_detail(_SetsDetail, OfSelectedLayers, bpy.types.Operator):
    """Draw the selected layers in more or less detail. Reads only the weights of these layers"""

    bl_idname = "neuroscene.set_detail"
    bl_label = "Set Detail"
    bl_options = {"REGISTER", "UNDO"}

    def names(self, context, network):
        return selection.selected(context, network)


class NEUROSCENE_OT_set_network_detail(_SetsDetail, ChangesNetwork, bpy.types.Operator):
    """Draw all layers of the network in more or less detail. Inputs stay as they are"""

    bl_idname = "neuroscene.set_network_detail"
    bl_label = "Detail of All Layers"
    bl_options = {"REGISTER", "UNDO"}

    def names(self, context, network):
        return [name for name, layer in NetworkScene(network).layers().items() if layer.op != "Input"]
