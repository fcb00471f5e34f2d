# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active layer on one screen: what it is, how it is arranged and drawn, what it reads, its numbers."""

import bpy

from ..addon.nodes.sockets import LAYER
from ..addon.nodes.sockets.layer import ARRANGEMENTS
from ..addon.scene.editing import arranging, by_hand
from ..addon.scene.entities import LayerCopy, LayerObject, NetworkScene, network_of
from ..addon.scene.picking import reading
from . import facts
from .sidebar import Sidebar, advanced, dim, fields, head, moved, sockets, table

DETAILS = {"AUTO": "Auto", "BOX": "Box", "MAPS": "Maps", "CELLS": "Cells", "SHEET": "Sheet", "COVER": "Cover"}
NEEDS = {"line": ("Line Axis",), "grid": ("Unit Columns",), "arc": ("Arc Angle", "Radius")}  # others: the radius
CELLS = ("Shape", "Size", "Relief")
SHOWN = ("Fold", "Reveal", "Explode", "Shown Units")
CALLED = {"Shown Units": "Units (0 is all)", "Arrangement": "Morph", "Unit Columns": "Columns"}
FEW = 3  # bundles


class NEUROSCENE_PT_layer(Sidebar, bpy.types.Panel):
    bl_label = "Layer"
    bl_order = 10

    @classmethod
    def poll(cls, context):
        return LayerObject.is_one(context.object) or LayerCopy.is_one(context.object)

    def draw(self, context):
        layout = self.layout
        obj = context.object
        copy = LayerCopy.of(obj)
        layer = copy or LayerObject(obj)
        row = head(layout, obj, "DUPLICATE" if copy else "MOD_ARRAY")
        row.operator_menu_enum("neuroscene.select_related", "relation", text="", icon="RESTRICT_SELECT_OFF")
        row.operator("neuroscene.frame_layers", text="", icon="VIEWZOOM")
        network = network_of(obj)
        if not copy and network is not None and layer.parameters:
            frozen = layer.name in NetworkScene(network).frozen
            lock = row.operator(
                "neuroscene.freeze_layers", text="", icon="LOCKED" if frozen else "UNLOCKED", depress=frozen
            )
            lock.layer, lock.uuid = layer.name, NetworkScene(network).uuid
        dim(layout, facts.of_layer(layer))
        if copy:
            layout.label(text=reading.copied(copy)[:1].upper() + reading.copied(copy)[1:], icon="INFO")
        else:
            _detail(layout, layer)
            _shown(layout, layer)
            if arranging.moved(obj):
                moved(layout)
        if obj.mode == "OBJECT" and not by_hand.whole(obj):
            row = layout.row()
            row.alert = True
            row.label(text="Cells were deleted: set the detail", icon="ERROR")
        shown = _controls(layout, obj, layer)
        if not copy:
            row = layout.row(align=True)
            row.operator("neuroscene.open_cell")
            row.operator("neuroscene.slide_cell", text="", icon="ANIM")
            row.operator("neuroscene.close_cell", text="", icon="X")
            _incoming(layout, layer)
            _numbers(layout, layer)
        body = advanced(layout, layer.modifier, LAYER, shown)
        if body is not None and not copy:
            column = body.column(align=True)
            if layer.by_hand:
                sockets(column, layer.modifier, ("By Hand",))
            column.operator("neuroscene.edit_cells", icon="EDITMODE_HLT")
            row = column.row(align=True)
            row.operator("neuroscene.back_to_arrangement")
            row.operator("neuroscene.back_to_arrangement", text="", icon="LOOP_BACK").reset = True
            column.operator("neuroscene.show_kernels")


def _detail(layout, layer):
    _, rows, columns = layer.grid
    row = layout.row(align=True)
    for detail, text in DETAILS.items():
        if detail == "MAPS" and rows * columns <= 1:
            continue
        pressed = layer.wished_detail == ("" if detail == "AUTO" else detail.lower())
        row.operator("neuroscene.set_detail", text=text, depress=pressed).detail = detail


def _shown(layout, layer):
    """Which numbers the layer shows, and how an input stands."""
    row = layout.row(align=True)
    if len(layer.tensors) > 1 and not layer.is_plane:
        row.operator_menu_enum("neuroscene.show_tensor", "part")
    if layer.op == "Input" and layer.grid[1] * layer.grid[2] > 1:
        row.operator_menu_enum("neuroscene.show_input", "how")
    row.operator_menu_enum("neuroscene.show_histograms", "of")


def _controls(layout, obj, layer) -> tuple[str, ...]:
    """Ten inputs by their names, those that the arrangement asks for among them; which they are."""
    modifier = layer.modifier
    shown = CELLS + SHOWN
    if layer.detail in ("cells", "maps"):
        column = fields(layout)
        column.prop(obj, "neuroscene_arrangement", text="Arrangement")
        number = layer.inputs["Arrangement"]
        name = ARRANGEMENTS[max(0, min(len(ARRANGEMENTS) - 1, round(number)))]
        near = ("Arrangement", *NEEDS.get(name, ("Radius",)), "Spacing")
        sockets(column, modifier, near, CALLED)
        sockets(fields(layout), modifier, CELLS, {"Relief": "Height"})
        shown += near
    column = fields(layout)
    sockets(column, modifier, SHOWN, CALLED)
    own = layer.inputs["Range From"] == "Own"
    last = ("Range From", "Range" if own else "Clip")
    sockets(column, modifier, last, {"Range From": "Color Range", "Range": "Maximum"})
    return (*shown, *last)


def _incoming(layout, layer):
    bundles = layer.incoming()
    header, body = layout.panel("NEUROSCENE_layer_incoming", default_closed=True)
    header.label(text="Incoming Lines" if bundles else "No Incoming Lines")
    if body is None:
        return
    column = body.column(align=True)
    for bundle in bundles[:FEW]:
        row = column.split(factor=0.5, align=True)
        select = row.operator("neuroscene.select_object", text=facts.source(bundle), icon="OUTLINER_OB_CURVES")
        select.object = bundle.obj.name
        right = row.row(align=True)
        right.alignment = "RIGHT"
        count = right.row()
        count.active = False
        count.label(text=facts.counted(bundle))
        right.prop(bundle.obj, "hide_viewport", text="", emboss=False)
    if len(bundles) > FEW:
        column.label(text=f"and {len(bundles) - FEW:,} more")


def _numbers(layout, layer):
    """Statistics of what the layer gives and of its weights, each with its histogram."""
    header, body = layout.panel("NEUROSCENE_layer_numbers", default_closed=False)
    header.label(text="Numbers")
    if body is None:
        return
    for title, icon, rows in facts.numbers(layer):
        split = body.split(factor=0.27) if icon else body
        if icon:
            split.template_icon(icon, scale=3.6)
        table(split, [(title, ""), *rows], tight=True)
