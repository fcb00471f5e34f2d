# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select > Layers and Object > Neural Network of the 3D view, which is also where F3 looks for operators."""

import bpy

from ..addon.samples import SAMPLES
from ..addon.scene.entities import BlockBox, Bundle, LayerObject, NetworkScene, network_of, networks


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
            ("edit_cells", "back_to_arrangement", "show_kernels", "show_histograms", "show_plot", "hide_plot"),
            ("bundle_lines", "store_expansion"),
            ("copy_look", "set_colors", "save_style", "save_look", "load_look"),
            ("compare_checkpoints", "render_quality"),
            ("edit_copy", "freeze_layers", "train_network"),
            (
                "run_input",
                "check_pruning",
                "prove_pruning",
                "reload_checkpoint",
                "attach_architecture",
                "frame_network",
            ),
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
        for sample in SAMPLES:
            layout.operator("neuroscene.open_sample", text=f"Sample: {sample.title}").sample = sample.name
        layout.operator("neuroscene.import_network", text="From a File...", icon="IMPORT")
        layout.separator()
        layout.operator("neuroscene.pin_largest", text="Annotation: Largest Value")
        layout.operator("neuroscene.add_text", text="Annotation: Text")
        layout.operator("neuroscene.open_cell", text="Annotation: Opened Cell")
        layout.operator_menu_enum("neuroscene.show_histograms", "of", text="Annotation: Histogram")
        layout.operator("neuroscene.show_plot", text="Chart of Samples")
        layout.separator()
        layout.operator("neuroscene.add_window")
        layout.operator("neuroscene.install_library", icon="ASSET_MANAGER")


class NEUROSCENE_MT_layer(bpy.types.Menu):
    """What is at hand for the active layer, block or bundle"""

    bl_label = "Neural Network"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_REGION_WIN"
        layout.operator("neuroscene.frame_layers", icon="VIEWZOOM")
        layout.operator("neuroscene.isolate_layers", icon="VIEW_LOCKED")
        layout.operator("neuroscene.rename_layer")
        layout.operator("neuroscene.duplicate_layers").follow = False
        layout.operator("neuroscene.duplicate_layers", text="Duplicate as Follower").follow = True
        layout.separator()
        layout.operator_menu_enum("neuroscene.select_related", "relation", text="Select")
        layout.operator_menu_enum("neuroscene.set_detail", "detail", text="Detail")
        if LayerObject.is_one(context.object):
            layout.prop_menu_enum(context.object, "neuroscene_arrangement", text="Arrangement")
        layout.separator()
        layout.operator("neuroscene.show_kernels")
        layout.operator("neuroscene.edit_cells")
        layout.operator("neuroscene.copy_look")
        layout.operator("neuroscene.pin_reading")
        network = network_of(context.object)
        if network is not None and NetworkScene(network).specification:
            layout.separator()
            if Bundle.is_one(context.object):
                layout.menu("NEUROSCENE_MT_insert_here")
            layout.operator("neuroscene.drag_layer")
            layout.operator("neuroscene.reorder_by_place")
        layout.separator()
        layout.operator("neuroscene.hide_layers")
        layout.operator("neuroscene.delete_layers", icon="X")


class NEUROSCENE_MT_pie(bpy.types.Menu):
    bl_label = "Neural Network"

    def draw(self, context):
        pie = self.layout.menu_pie()
        pie.operator("neuroscene.select_related", text="Inputs", icon="TRIA_LEFT").relation = "INPUTS"
        pie.operator("neuroscene.select_related", text="Outputs", icon="TRIA_RIGHT").relation = "OUTPUTS"
        pie.operator("neuroscene.frame_layers", text="Frame", icon="VIEWZOOM")
        pie.operator("neuroscene.isolate_layers", text="Isolate", icon="VIEW_LOCKED")
        for text, fold in (("Fold", True), ("Unfold", False)):
            folder = pie.operator("neuroscene.fold_blocks", text=text)
            folder.which, folder.fold = "SELECTED", fold
        pie.operator("neuroscene.show_kernels", text="Kernels")
        pie.operator("neuroscene.run_input", text="Run Input", icon="PLAY")


def in_context(self, context):
    """The entry on top of the menu of the right mouse button."""
    if any(kind.is_one(context.object) for kind in (LayerObject, BlockBox, Bundle)):
        self.layout.menu("NEUROSCENE_MT_layer", icon="OUTLINER_OB_POINTCLOUD")
        self.layout.separator()


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
