# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select > Layers and Object > Neural Network of the 3D view, which is also where F3 looks for operators."""

import bpy

from ..addon.scene.entities import networks


class NEUROSCENE_MT_select(bpy.types.Menu):
    bl_label = "Layers"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_REGION_WIN"
        layout.operator("neuroscene.find_layers", text="Find Layers...", icon="VIEWZOOM")
        layout.separator()
        layout.operator_enum("neuroscene.select_related", "relation")
        layout.separator()
        for operator in ("select_block", "frame_layers"):
            layout.operator(f"neuroscene.{operator}")


class NEUROSCENE_MT_network(bpy.types.Menu):
    bl_label = "Neural Network"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_REGION_WIN"
        for group in (
            ("arrange_network", "fold_blocks", "set_detail", "put_back"),
            ("edit_cells", "back_to_arrangement", "show_kernels", "show_histograms"),
            ("bundle_lines", "store_expansion"),
            ("copy_look", "set_colors", "save_style", "save_look", "load_look"),
            ("compare_checkpoints", "render_quality"),
            ("run_input", "check_pruning", "reload_checkpoint", "attach_architecture", "frame_network"),
        ):
            for operator in group:
                layout.operator(f"neuroscene.{operator}")
            layout.separator()
        layout.operator_menu_enum("neuroscene.add_shot", "shot")


class NEUROSCENE_MT_add(bpy.types.Menu):
    bl_label = "Neural Network"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_REGION_WIN"
        layout.operator_enum("neuroscene.compose_network", "template")
        layout.separator()
        layout.operator("neuroscene.import_network", text="From a File...", icon="IMPORT")


def in_add(self, context):
    """The entry in the menu Add."""
    self.layout.separator()
    self.layout.menu("NEUROSCENE_MT_add", icon="OUTLINER_OB_POINTCLOUD")


def in_select(self, context):
    """The entry in the menu Select."""
    _entry(self.layout, "NEUROSCENE_MT_select")


def in_object(self, context):
    """The entry in the menu Object."""
    _entry(self.layout, "NEUROSCENE_MT_network")


def _entry(layout, menu):
    if networks():
        layout.separator()
        layout.menu(menu)
