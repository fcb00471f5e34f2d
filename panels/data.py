# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs through the network."""

import textwrap

import bpy

from ..addon.scene.entities import NetworkScene, chosen
from .sidebar import Sidebar, dim

WIDEST = 40  # characters of a line


class NEUROSCENE_PT_data(Sidebar, bpy.types.Panel):
    bl_label = "Data"
    bl_order = 1

    @classmethod
    def poll(cls, context):
        return chosen(context) is not None

    def draw_header_preset(self, context):
        run = self.layout.operator("neuroscene.run_input", text="", icon="FILEBROWSER", emboss=False)
        run.uuid = NetworkScene(chosen(context)).uuid

    def draw(self, context):
        layout = self.layout
        scene = NetworkScene(chosen(context))
        layout.operator("neuroscene.run_input", text="Run Input...", icon="PLAY").uuid = scene.uuid
        if scene.input:
            dim(layout, [scene.input, *textwrap.wrap(scene.input_note, WIDEST)])
        else:
            dim(layout, ["Cells show biases until an input runs"])
