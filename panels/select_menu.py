# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select > Layers of the 3D view, which is also where F3 looks for operators."""

import bpy

from ..addon.scene import tags


class NEUROSCENE_MT_select(bpy.types.Menu):
    bl_label = "Layers"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_REGION_WIN"
        layout.operator("neuroscene.find_layers", text="Find Layers...", icon="VIEWZOOM")
        layout.separator()
        layout.operator_enum("neuroscene.select_related", "relation")
        layout.separator()
        layout.operator("neuroscene.frame_layers")


def entry(self, context):
    if tags.networks():
        self.layout.separator()
        self.layout.menu("NEUROSCENE_MT_select")
