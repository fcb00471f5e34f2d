# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why the network says what it says."""

import textwrap

import bpy

from ..addon.nodes.sockets.series import SLIDERS
from ..addon.scene.entities import LayerObject, NetworkScene, chosen
from ..addon.scene.explaining import known
from ..addon.scene.series import showing
from .sidebar import Sidebar, sockets

WIDEST = 42  # letters of a line


class NEUROSCENE_PT_evidence(Sidebar, bpy.types.Panel):
    bl_label = "Evidence"
    bl_parent_id = "NEUROSCENE_PT_data"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return chosen(context) is not None

    def draw(self, context):
        layout = self.layout
        network = chosen(context)
        scene = NetworkScene(network)
        row = layout.row()
        row.enabled = bool(scene.input)
        row.operator("neuroscene.explain_answer", icon="QUESTION").uuid = scene.uuid
        if LayerObject.is_one(context.object):
            row = layout.row()
            row.enabled = bool(scene.input)
            explain = row.operator("neuroscene.explain_answer", text="Explain Unit", icon="OUTLINER_OB_POINTCLOUD")
            explain.uuid, explain.unit, explain.methods = scene.uuid, 0, {"deconvnet"}
        answer = known.read(network)
        if answer is None:
            if not scene.input:
                layout.label(text="Run an input first", icon="INFO")
            return
        layout.label(text=f"{answer.title} ({answer.given})")
        notes = layout.column(align=True)
        notes.active = False
        for line in (*textwrap.wrap(answer.facts, WIDEST), *textwrap.wrap(answer.sentence, WIDEST)):
            notes.label(text=line)
        slider = showing.slider(network, "evidence")
        if slider is not None:
            sockets(layout, slider, [SLIDERS["evidence"]])
        layout.operator("neuroscene.hide_evidence", icon="X").uuid = scene.uuid
