# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of the active bundle, or of those into the active layer: what is dragged most, and how many there are."""

import bpy

from ..addon.network.expand import EXPANSIONS
from ..addon.nodes.sockets import CONNECTIONS
from ..addon.scene.detail import counting, expansion
from ..addon.scene.entities import Bundle, LayerObject
from .sidebar import Sidebar, sockets, table

FEW = 4  # bundles into a layer, whose sliders are shown


class NEUROSCENE_PT_lines(Sidebar, bpy.types.Panel):
    bl_label = "Lines"

    @classmethod
    def poll(cls, context):
        return LayerObject.is_one(context.object) or Bundle.is_one(context.object)

    def draw(self, context):
        layout = self.layout
        depsgraph = context.evaluated_depsgraph_get()
        bundles = _bundles(context.object)
        if not bundles:
            layout.label(text="No lines enter this layer")
            return
        for bundle in bundles[:FEW]:
            if len(bundles) > 1 or bundle.obj != context.object:
                layout.label(text=f"from {bundle.named_source}", icon="OUTLINER_OB_CURVES")
            table(layout, _rows(bundle, depsgraph))
            _sliders(layout, bundle, CONNECTIONS.having("first") if len(bundles) == 1 else CONNECTIONS.having("brief"))
        if len(bundles) > FEW:
            layout.label(text=f"and {len(bundles) - FEW:,} more")
        row = layout.row(align=True)
        row.operator("neuroscene.bundle_lines")
        row.operator("neuroscene.store_expansion")


def _bundles(obj) -> list[Bundle]:
    """The bundle itself, or those into a layer."""
    bundle = Bundle.of(obj)
    return [bundle] if bundle else LayerObject(obj).incoming()


def _rows(bundle, depsgraph):
    """How many lines are shown, and how many there are at each expansion."""
    count, whole = counting.shown(bundle.obj, depsgraph)
    yield "Shown", f"{count:,}" + (f" of {whole:,}" if whole else "")
    for name, total in zip(EXPANSIONS[1:], bundle.counts[1:], strict=False):
        yield name, f"{total:,}"


def _sliders(layout, bundle, names):
    """Sockets of a bundle's modifier; those of the expansions only where these are stored."""
    modifier = bundle.modifier
    column = layout.column(align=True)
    column.use_property_split = True
    opens = expansion.stored(bundle.obj)
    for name, row in sockets(column, modifier, names).items():
        row.enabled = opens or CONNECTIONS[name].panel != "Detail"
