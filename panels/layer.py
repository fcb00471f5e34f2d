# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the active layer, and the way to those that it has to do with."""

from itertools import chain, repeat

import bpy

from ..addon.scene import tags
from ..addon.scene.editing import arranging
from .sidebar import Sidebar, moved, table

MOST_PARTS = 6
RELATED = (("INPUTS", "OUTPUTS"), ("UPSTREAM", "DOWNSTREAM"))
LEVELS = {"AUTO": "Auto", "BOX": "Box", "MAPS": "Maps", "CELLS": "Cells"}


class NEUROSCENE_PT_layer(Sidebar, bpy.types.Panel):
    bl_label = "Layer"

    @classmethod
    def poll(cls, context):
        return tags.kind(context.object) == "layer"

    def draw(self, context):
        layout, facts = self.layout, tags.read(context.object)
        layout.label(text=facts["layer"], icon="MOD_ARRAY")
        table(layout, _details(facts, len(context.object.data.vertices)))
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


class NEUROSCENE_PT_detail(Sidebar, bpy.types.Panel):
    bl_label = "Detail"
    bl_parent_id = "NEUROSCENE_PT_layer"

    def draw(self, context):
        facts = tags.read(context.object)
        wished, row = facts.get("wish", {}).get("level", ""), self.layout.row(align=True)
        for level, text in LEVELS.items():
            button_row = row.row(align=True)
            button_row.enabled = level != "MAPS" or facts["grid"][1] * facts["grid"][2] > 1
            pressed = wished == ("" if level == "AUTO" else level.lower())
            button_row.operator("neuroscene.set_detail", text=text, depress=pressed).level = level
        row.operator("neuroscene.set_detail", text="", icon="PREFERENCES")


class NEUROSCENE_PT_weights(Sidebar, bpy.types.Panel):
    bl_label = "Weights"
    bl_parent_id = "NEUROSCENE_PT_layer"

    @classmethod
    def poll(cls, context):
        return "statistics" in tags.read(context.object)

    def draw(self, context):
        facts = tags.read(context.object)["statistics"]
        table(self.layout, _weights(facts))


def _details(facts, drawn):
    """Labels and texts of the facts on a layer of which so many points are drawn."""
    parts = facts.get("parts", ())
    yield "Op", facts["op"]
    if len(parts) > 1:
        named = parts if len(parts) <= MOST_PARTS else [*parts[: MOST_PARTS - 1], f"{len(parts) - MOST_PARTS + 1} more"]
        yield from zip(chain(["Parts"], repeat("")), named, strict=False)
    if facts["shape"]:
        yield "Shape", " × ".join(str(size or "?") for size in facts["shape"])
    if facts.get("block"):
        yield "Block", facts["block"]
    yield "Parameters", f"{int(facts['parameters']):,}"
    if "multiply_adds" in facts:
        yield "Multiply-Adds", f"{int(facts['multiply_adds']):,}" if facts["multiply_adds"] else "unknown"
    if "nodes" in facts:
        yield "Nodes", f"{facts['nodes']:,}"
    units, rows, columns = facts["grid"]
    yield (
        "Drawn",
        {
            "cells": f"{drawn:,} of {units * rows * columns:,} cells",
            "maps": f"{drawn:,} of {units:,} maps",
            "box": "as a box",
        }[facts.get("level", "cells")],
    )
    meaning = facts.get("value_is", "none")
    yield "Color", "nothing until an input runs" if meaning == "none" else meaning


def _weights(facts):
    """Labels and texts of the statistics of weights."""
    if int(facts.get("not_finite", 0)):
        yield "Not Finite", f"{int(facts['not_finite']):,}"
    for label, name in (("Mean", "mean"), ("Std Dev", "std"), ("Min", "min"), ("Max", "max")):
        yield label, f"{facts[name]:.4g}"
    zeros, count = int(facts["zeros"]), int(facts["count"])
    yield "Zeros", f"{zeros:,} ({zeros / count:.1%})" if zeros else "none"
