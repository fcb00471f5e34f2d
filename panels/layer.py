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
from .sidebar import Sidebar, advanced, dim, fields, head, moved, pair, sockets, titled

DETAILS = {"AUTO": "Auto", "BOX": "Box", "MAPS": "Maps", "CELLS": "Cells", "SHEET": "Sheet", "COVER": "Cover"}
NEEDS = {"line": ("Line Axis",), "grid": ("Unit Columns",), "arc": ("Arc Angle", "Radius")}  # others: the radius
CELLS = ("Size", "Relief")
SHOWN = ("Fold", "Reveal"), ("Explode", "Shown Units")
CALLED = {"Shown Units": "Units (0 is all)", "Unit Columns": "Columns"}
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
    """Which numbers the layer shows, how an input stands, and what one of its cells is made of."""
    row = layout.row(align=True)
    if len(layer.tensors) > 1 and not layer.is_plane:
        row.operator_menu_enum("neuroscene.show_tensor", "part")
    if layer.op == "Input" and layer.grid[1] * layer.grid[2] > 1:
        row.operator_menu_enum("neuroscene.show_input", "how")
    row.operator("neuroscene.open_cell")
    row.operator("neuroscene.slide_cell", text="", icon="ANIM")
    row.operator("neuroscene.close_cell", text="", icon="X")


def _controls(layout, obj, layer) -> tuple[str, ...]:
    """Ten inputs by their names, those that the arrangement asks for among them; which they are."""
    modifier = layer.modifier
    shown = [*CELLS, "Shape", *(name for pair in SHOWN for name in pair)]
    if layer.detail in ("cells", "maps"):
        row = titled(layout, "Arrangement")
        row.prop(obj, "neuroscene_arrangement", text="")
        sockets(row, modifier, ("Arrangement",), {"Arrangement": ""})
        number = layer.inputs["Arrangement"]
        name = ARRANGEMENTS[max(0, min(len(ARRANGEMENTS) - 1, round(number)))]
        needs = NEEDS.get(name, ("Radius",))
        sockets(fields(layout), modifier, needs[1:], CALLED)
        pair(layout, modifier, (needs[0], "Spacing"), CALLED)
        sockets(fields(layout), modifier, ("Shape",))
        pair(layout, modifier, CELLS, {"Relief": "Height"})
        shown += ["Arrangement", *needs, "Spacing"]
    column = layout.column(align=True)
    for names in SHOWN:
        pair(column, modifier, names, CALLED)
    own = layer.inputs["Range From"] == "Own"
    last = ("Range From", "Range" if own else "Clip")
    sockets(titled(layout, "Color Range"), modifier, last, dict.fromkeys(last, ""))
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
    """Statistics of what the layer gives and of its weights beside one another, each under its histogram."""
    header, body = layout.panel("NEUROSCENE_layer_numbers", default_closed=False)
    header.label(text="Numbers")
    header.operator_menu_enum("neuroscene.show_histograms", "of", text="", icon="SEQ_HISTOGRAM")
    if body is None:
        return
    told = list(facts.numbers(layer))
    column = body.column(align=True)
    column.scale_y = 0.85
    _row(column, "", [title for title, _, _ in told])
    if any(icon for _, icon, _ in told):
        pictures = _cells(body, "", len(told))
        for cell, (_, icon, _) in zip(pictures, told, strict=True):
            cell.template_icon(icon, scale=2.6)
    column = body.column(align=True)
    column.scale_y = 0.85
    for label in dict.fromkeys(label for _, _, rows in told for label, _ in rows):
        _row(column, label, [dict(rows).get(label, "") for _, _, rows in told])


def _row(layout, label, texts):
    for cell, text in zip(_cells(layout, label, len(texts)), texts, strict=True):
        cell.label(text=text)


def _cells(layout, label, count):
    """A row with a dim label on the left and so many cells of equal width."""
    split = layout.split(factor=0.2)
    left = split.row()
    left.alignment = "RIGHT"
    left.active = False
    left.label(text=label)
    row = split.row(align=True)
    return [row.row(align=True) for _ in range(count)]
