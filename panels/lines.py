# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active bundle of lines on one screen: what it joins, which of its lines are shown, and how."""

import bpy

from ..addon.network.expand import EXPANSIONS
from ..addon.nodes.sockets import CONNECTIONS
from ..addon.scene.detail import expansion
from ..addon.scene.entities import Bundle
from . import facts
from .sidebar import Sidebar, advanced, dim, fields, sockets, table

GROUPS = (
    ("Most", "Threshold", "Rank By", "Color By"),
    ("Radius", "Ease", "Arc", "Bundle", "Density", "Iterations"),
    ("Pulse", "Pulse Strength"),
)
CALLED = {"Most": "Most (0 is all)", "Radius": "Width", "Ease": "Curvature", "Detail": "Show"}


class NEUROSCENE_PT_lines(Sidebar, bpy.types.Panel):
    bl_label = "Lines"
    bl_order = 10

    @classmethod
    def poll(cls, context):
        return Bundle.is_one(context.object)

    def draw(self, context):
        layout = self.layout
        bundle = Bundle(context.object)
        modifier = bundle.modifier
        row = layout.row(align=True)
        for text, end in ((facts.source(bundle), bundle.source_object), (facts.target(bundle), bundle.target_object)):
            button = row.operator("neuroscene.select_object", text=text, icon="MOD_ARRAY")
            button.object = end.name if end else ""
        dim(layout, facts.of_lines(bundle))
        counts = list(zip(EXPANSIONS[1:], bundle.counts[1:], strict=False))
        if counts:
            table(layout, ((name, f"{total:,}") for name, total in counts))
        opens = expansion.stored(bundle.obj)
        shown = ("Detail",) if opens else ()
        column = fields(layout)
        if opens:
            sockets(column, modifier, ("Detail",), CALLED)
            if bundle.inputs["Detail"] != "Chosen":
                shown += ("Expansion", "Position Row", "Position Column")
                sockets(column, modifier, shown[1:])
        else:
            layout.operator("neuroscene.store_expansion")
        for names in GROUPS:
            sockets(fields(layout), modifier, names, CALLED)
        layout.operator("neuroscene.bundle_lines")
        advanced(layout, modifier, CONNECTIONS, (*shown, *(name for names in GROUPS for name in names)))
