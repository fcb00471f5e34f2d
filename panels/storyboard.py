# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The storyboard of a film, to be edited beat by beat."""

import bpy

from ..addon.scene.entities import NetworkScene, chosen, networks
from ..addon.scene.storyboard import drafts
from .sidebar import Sidebar


class NEUROSCENE_UL_beats(bpy.types.UIList):
    """Beats of a film: when, on what, and in which words"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index):
        row = layout.split(factor=0.15)
        row.label(text=str(item.frame))
        row = row.split(factor=0.35)
        row.label(text=drafts.called(item.about))
        row.label(text=item.heading)


class NEUROSCENE_PT_storyboard(Sidebar, bpy.types.Panel):
    bl_label = "Storyboard"
    bl_parent_id = "NEUROSCENE_PT_shots"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return any(NetworkScene(network).storyboard for network in networks())

    def draw(self, context):
        layout = self.layout
        network = chosen(context)
        state = network.neuroscene_state
        uuid = NetworkScene(network).uuid
        if not len(state.beats):
            layout.operator("neuroscene.edit_storyboard", icon="TEXT").uuid = uuid
            return
        row = layout.row()
        row.template_list("NEUROSCENE_UL_beats", uuid, state, "beats", state, "beat", rows=5)
        side = row.column(align=True)
        side.operator("neuroscene.add_beat", text="", icon="ADD").uuid = uuid
        side.operator("neuroscene.remove_beat", text="", icon="REMOVE").uuid = uuid
        if state.beat < len(state.beats):
            beat = state.beats[state.beat]
            column = layout.column()
            column.use_property_split = True
            column.use_property_decorate = False
            for name in ("frame", "hold", "shot", "heading", "sentence"):
                column.prop(beat, name)
        layout.prop(state, "film_seconds")
        row = layout.row(align=True)
        row.operator("neuroscene.apply_storyboard", text="Apply", icon="CHECKMARK").uuid = uuid
        row.operator("neuroscene.new_storyboard", text="Write Anew", icon="FILE_REFRESH").uuid = uuid
