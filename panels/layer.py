# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the active layer, and the way to those that it has to do with."""

from itertools import chain, repeat

import bpy

from ..addon.scene.editing import arranging
from ..addon.scene.entities import LayerObject
from .sidebar import Sidebar, moved, table

MOST_PARTS = 6
RELATED = (("INPUTS", "OUTPUTS"), ("UPSTREAM", "DOWNSTREAM"))
DETAILS = ({"AUTO": "Auto", "BOX": "Box", "MAPS": "Maps"}, {"CELLS": "Cells", "SHEET": "Sheet", "COVER": "Cover"})


class NEUROSCENE_PT_layer(Sidebar, bpy.types.Panel):
    bl_label = "Layer"

    @classmethod
    def poll(cls, context):
        return LayerObject.is_one(context.object)

    def draw(self, context):
        layout = self.layout
        layer = LayerObject(context.object)
        layout.label(text=layer.name, icon="MOD_ARRAY")
        table(layout, _details(layer))
        if len(layer.tensors) > 1 and not layer.is_plane:
            layout.operator_menu_enum("neuroscene.show_tensor", "part")
        if arranging.moved(context.object):
            moved(layout)
        column = layout.column(align=True)
        for pair in RELATED:
            row = column.row(align=True)
            for relation in pair:
                row.operator("neuroscene.select_related", text=relation.capitalize()).relation = relation
        row = column.row(align=True)
        row.operator("neuroscene.select_related", text="Block").relation = "BLOCK"
        row.operator("neuroscene.frame_layers", text="Frame")
        row = column.row(align=True)
        row.operator("neuroscene.open_cell")
        row.operator("neuroscene.close_cell", text="", icon="X")


class NEUROSCENE_PT_detail(Sidebar, bpy.types.Panel):
    bl_label = "Detail"
    bl_parent_id = "NEUROSCENE_PT_layer"

    def draw(self, context):
        layer = LayerObject(context.object)
        _, rows, columns = layer.grid
        wished = layer.wished_detail
        column = self.layout.column(align=True)
        for details in DETAILS:
            row = column.row(align=True)
            for detail, text in details.items():
                button_row = row.row(align=True)
                button_row.enabled = detail != "MAPS" or rows * columns > 1
                pressed = wished == ("" if detail == "AUTO" else detail.lower())
                button_row.operator("neuroscene.set_detail", text=text, depress=pressed).detail = detail
        row.operator("neuroscene.set_detail", text="", icon="PREFERENCES")


class NEUROSCENE_PT_weights(Sidebar, bpy.types.Panel):
    bl_label = "Weights"
    bl_parent_id = "NEUROSCENE_PT_layer"

    @classmethod
    def poll(cls, context):
        layer = LayerObject.of(context.object)
        return layer is not None and bool(layer.statistics)

    def draw(self, context):
        table(self.layout, _weights(LayerObject(context.object).statistics))


def _details(layer: LayerObject):
    """Labels and texts of the facts on a layer."""
    parts = layer.parts
    drawn = len(layer.obj.data.vertices)
    yield "Op", layer.op
    if len(parts) > 1:
        named = parts if len(parts) <= MOST_PARTS else [*parts[: MOST_PARTS - 1], f"{len(parts) - MOST_PARTS + 1} more"]
        yield from zip(chain(["Parts"], repeat("")), named, strict=False)
    if layer.shape:
        yield "Shape", " × ".join(str(size or "?") for size in layer.shape)
    if layer.block:
        yield "Block", layer.block
    yield "Parameters", f"{layer.parameters:,}"
    if layer.has("multiply_adds"):
        yield "Multiply-Adds", "unknown" if layer.multiply_adds is None else f"{layer.multiply_adds:,}"
    if layer.nodes is not None:
        yield "Nodes", f"{layer.nodes:,}"
    units, rows, columns = layer.grid
    yield (
        "Drawn",
        {
            "cells": f"{drawn:,} of {units * rows * columns:,} cells",
            "maps": f"{drawn:,} of {units:,} maps",
            "box": "as a box",
            "sheet": "as a sheet",
            "cover": "as a cover",
        }[layer.detail or "cells"],
    )
    yield "Color", "nothing until an input runs" if layer.value_is == "none" else layer.value_is


def _weights(facts):
    """Labels and texts of the statistics of weights."""
    if int(facts.get("not_finite", 0)):
        yield "Not Finite", f"{int(facts['not_finite']):,}"
    for label, name in (("Mean", "mean"), ("Std Dev", "std"), ("Min", "min"), ("Max", "max")):
        yield label, f"{facts[name]:.4g}"
    zeros, count = int(facts["zeros"]), int(facts["count"])
    yield "Zeros", f"{zeros:,} ({zeros / count:.1%})" if zeros else "none"
