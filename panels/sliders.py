# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sliders that hold for a whole network."""

import bpy

from ..addon import compat
from ..addon.nodes.sockets import NETWORK
from ..addon.scene.entities import NetworkScene, Root, chosen
from .sidebar import Sidebar, sockets


class NEUROSCENE_PT_sliders(Sidebar, bpy.types.Panel):
    bl_label = "Whole Network"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return _root(context) is not None

    def draw(self, context):
        layout = self.layout
        modifier = _root(context).modifier
        column = layout.column(align=True)
        column.use_property_split = True
        rows = sockets(column, modifier, NETWORK.having("first"))
        rows["Expansion"].active = bool(compat.get_input(modifier, "Expand"))
        if compat.get_input(modifier, "Prune") > 0:
            layout.operator("neuroscene.check_pruning").uuid = NetworkScene(chosen(context)).uuid


def _root(context) -> Root | None:
    network = chosen(context)
    return NetworkScene(network).any_root() if network else None
