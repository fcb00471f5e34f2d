# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active arcs, or those of the active layer of attention: whose they are, and how they look."""

import bpy

from ..addon.nodes.sockets import ARCS
from ..addon.scene.entities import Arcs, LayerObject, NetworkScene, network_of
from .sidebar import Sidebar, inspector


class NEUROSCENE_PT_arcs(Sidebar, bpy.types.Panel):
    bl_label = "Attention"
    bl_order = 11

    @classmethod
    def poll(cls, context):
        return _arcs(context.object) is not None

    def draw(self, context):
        arcs = _arcs(context.object)
        inspector(self.layout, _details(arcs), ARCS, arcs.modifier)


def _arcs(obj) -> Arcs | None:
    """The arcs that an object is, or those of a layer of attention."""
    layer = LayerObject.of(obj)
    if layer is None or layer.op != "Attention":
        return Arcs.of(obj)
    network = network_of(obj)
    every = NetworkScene(network).members(Arcs) if network else ()
    return next((arcs for arcs in every if arcs.layer == layer.name), None)


def _details(arcs):
    """Labels and texts of the facts on arcs."""
    yield "Layer", arcs.layer
    yield "Shows", f"mean of {arcs.heads:,} heads" if arcs.heads > 1 else "one head"
    yield "Tokens", f"{arcs.tokens:,}"
    yield "Drawn", f"{arcs.drawn:,} of {arcs.total:,}" if arcs.drawn < arcs.total else f"all {arcs.drawn:,}"
