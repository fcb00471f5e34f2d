# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of the active bundle, or of those into the active layer: what is dragged most, and how many there are."""

import bpy

from ..addon.network.expand import EXPANSIONS
from ..addon.nodes.sockets import CONNECTIONS
from ..addon.scene import tags
from ..addon.scene.detail import counting, expansion
from .sidebar import Sidebar, sockets, table

FEW = 4  # bundles into a layer, whose sliders are shown


class NEUROSCENE_PT_lines(Sidebar, bpy.types.Panel):
    bl_label = "Lines"

    @classmethod
    def poll(cls, context):
        return tags.kind(context.object) in ("layer", "connections")

    def draw(self, context):
        layout, depsgraph = self.layout, context.evaluated_depsgraph_get()
        objs = _bundles(context.object)
        if not objs:
            layout.label(text="No lines enter this layer")
            return
        for obj in objs[:FEW]:
            if len(objs) > 1 or obj != context.object:
                layout.label(text=f"from {tags.read(obj)['source']}", icon="OUTLINER_OB_CURVES")
            table(layout, _rows(obj, depsgraph))
            _sliders(layout, obj, CONNECTIONS.having("first") if len(objs) == 1 else CONNECTIONS.having("brief"))
        if len(objs) > FEW:
            layout.label(text=f"and {len(objs) - FEW:,} more")
        row = layout.row(align=True)
        row.operator("neuroscene.bundle_lines")
        row.operator("neuroscene.store_expansion")


def _bundles(obj):
    """The bundle itself, or those into a layer."""
    if tags.kind(obj) == "connections":
        return [obj]
    network, name = tags.network_of(obj), tags.read(obj)["layer"]
    return (
        [bundle for bundle in tags.members(network, "connections") if bundle[tags.KEY]["target"] == name]
        if network
        else []
    )


def _rows(obj, depsgraph):
    """How many lines are shown, and how many there are at each expansion."""
    count, whole = counting.shown(obj, depsgraph)
    yield "Shown", f"{count:,}" + (f" of {whole:,}" if whole else "")
    for name, total in zip(EXPANSIONS[1:], list(tags.read(obj).get("counts", ()))[1:], strict=False):
        yield name, f"{int(total):,}"


def _sliders(layout, obj, names):
    """Sockets of a bundle's modifier; those of the expansions only where these are stored."""
    modifier, column = tags.modifier(obj), layout.column(align=True)
    column.use_property_split = True
    opens = expansion.stored(obj)
    for name, row in sockets(column, modifier, names).items():
        row.enabled = opens or CONNECTIONS[name].panel != "Detail"
