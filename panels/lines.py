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
        things = _bundles(context.object)
        if not things:
            layout.label(text="No lines enter this layer")
            return
        for thing in things[:FEW]:
            if len(things) > 1 or thing != context.object:
                layout.label(text=f"from {tags.read(thing)['source']}", icon="OUTLINER_OB_CURVES")
            table(layout, _rows(thing, depsgraph))
            _sliders(layout, thing, CONNECTIONS.having("first") if len(things) == 1 else CONNECTIONS.having("brief"))
        if len(things) > FEW:
            layout.label(text=f"and {len(things) - FEW:,} more")
        row = layout.row(align=True)
        row.operator("neuroscene.bundle_lines")
        row.operator("neuroscene.store_expansion")


def _bundles(thing):
    """The bundle itself, or those into a layer."""
    if tags.kind(thing) == "connections":
        return [thing]
    network, name = tags.network_of(thing), tags.read(thing)["layer"]
    return [one for one in tags.members(network, "connections") if one[tags.KEY]["target"] == name] if network else []


def _rows(thing, depsgraph):
    """How many lines are shown, and how many there are at each expansion."""
    count, whole = counting.shown(thing, depsgraph)
    yield "Shown", f"{count:,}" + (f" of {whole:,}" if whole else "")
    for name, total in zip(EXPANSIONS[1:], list(tags.read(thing).get("counts", ()))[1:], strict=False):
        yield name, f"{int(total):,}"


def _sliders(layout, thing, names):
    """Sockets of a bundle's modifier; those of the expansions only where these are stored."""
    modifier, column = tags.modifier(thing), layout.column(align=True)
    column.use_property_split = True
    opens = expansion.stored(thing)
    for name, row in sockets(column, modifier, names).items():
        row.enabled = opens or CONNECTIONS[name].panel != "Detail"
