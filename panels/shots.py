# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shots of a network."""

import bpy

from ..addon.scene import shots
from ..addon.scene.entities import Floor, NetworkScene, chosen, networks
from .sidebar import Sidebar


class NEUROSCENE_PT_shots(Sidebar, bpy.types.Panel):
    bl_label = "Output"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return bool(networks())

    def draw_header_preset(self, context):
        row = self.layout.row(align=True)
        row.operator_menu_enum("neuroscene.add_shot", "shot", text="", icon="OUTLINER_OB_CAMERA")
        row.operator("render.render", text="", icon="RENDER_STILL", emboss=False)
        row.operator("neuroscene.render_film", text="", icon="RENDER_ANIMATION", emboss=False)
        row.operator("neuroscene.export_gltf", text="", icon="EXPORT", emboss=False)

    def draw(self, context):
        layout = self.layout
        network = chosen(context)
        uuid, scene = NetworkScene(network).uuid, NetworkScene(network).scene
        column = layout.column(align=True)
        for name, camera in shots.shots(network).items():
            row = column.row(align=True)
            active = scene is not None and scene.camera == camera
            button = row.operator(
                "neuroscene.set_shot",
                text=name.title(),
                depress=active,
                icon="OUTLINER_OB_CAMERA" if active else "CAMERA_DATA",
            )
            button.uuid = uuid
            button.shot = name
            gone = row.operator("neuroscene.remove_shot", text="", icon="X")
            gone.uuid = uuid
            gone.shot = name
        layout.operator_menu_enum("neuroscene.add_shot", "shot", text="Add Shot", icon="ADD")
        layout.operator("neuroscene.compare_checkpoints", icon="MOD_MIRROR").uuid = uuid
        for floor in NetworkScene(network).members(Floor):
            layout.prop(floor.obj, "hide_render", text="Floor", invert_checkbox=True)
        row = layout.row(align=True)
        row.operator_menu_enum("neuroscene.render_quality", "quality", text="Quality", icon="SETTINGS")
        row.operator("render.render", text="Render", icon="RENDER_STILL")
        row.operator("neuroscene.render_film", text="Film", icon="RENDER_ANIMATION")
