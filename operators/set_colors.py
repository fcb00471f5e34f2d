# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The range of values that the colours of cells and lines cover."""

import bpy

from ..addon.nodes.sockets.ranges import FROM
from ..addon.scene.editing import ranges
from ..addon.scene.entities import chosen
from ..addon.scene.looks import painting
from ..addon.scene.texts.words import counted
from .bases.on_part import ROLES, SHOWN, OnPart

SOURCES = {
    "Own": "The number that each layer or bundle has",
    "Layer": "What each layer holds",
    "Block": "What the innermost block around each layer holds",
    "Network": "What the whole network holds",
}


class NEUROSCENE_OT_set_colors(OnPart, bpy.types.Operator):
    """Choose the range of values that the colors cover"""

    bl_idname = "neuroscene.set_colors"
    bl_label = "Color Range"
    bl_options = {"REGISTER", "UNDO"}

    shown: bpy.props.EnumProperty(
        name="Of", items=[(key, *shown[:2]) for key, shown in SHOWN.items()], description="Choose what to color"
    )
    source: bpy.props.EnumProperty(
        name="Range From",
        default="NETWORK",
        description="Choose which value has the full color",
        items=[(source.upper(), source, SOURCES[source]) for source in FROM],
    )
    clip: bpy.props.FloatProperty(
        name="Clip",
        default=99.0,
        min=50.0,
        max=100.0,
        subtype="PERCENTAGE",
        description="Set the percentile of magnitudes that has the full color",
    )
    symmetric: bpy.props.BoolProperty(
        name="Symmetric",
        default=True,
        description="Let colors run from the negative to the positive range instead of from 0",
    )
    log: bpy.props.FloatProperty(
        name="Log",
        default=0.0,
        min=0.0,
        max=8.0,
        description="Set how many decades below the range are distinguished. 0 is linear",
    )
    source_map = {source.upper(): source for source in FROM}

    def invoke(self, context, event):
        network = chosen(context, self.uuid)
        part = painting.part_of(context, network) if network else None
        scale = painting.scale_of(part, ROLES[self.shown][0]) if part else None
        if scale and not self.properties.is_property_set("symmetric"):
            self.symmetric, self.log = scale
        return context.window_manager.invoke_props_dialog(self, confirm_text="Set")

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("part", "shown", "source", "clip", "symmetric", "log"):
            layout.prop(self, name)

    def run_on(self, context, part):
        objs = [obj for kind in SHOWN[self.shown][2] for obj in part.of_kind(kind)]
        count = ranges.set_source(objs, self.source_map[self.source], self.clip)
        for role in ROLES[self.shown]:
            painting.set_scale(part, role, self.symmetric, self.log)
        return f"Range of {counted(count, 'object')} from {self.source_map[self.source].lower()}"
