# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators: each calls one function of addon/ and reports. `blender --command neuroscene` is registered here too."""

import bpy

from ..addon import cli
from ..addon.formats.table import READERS
from .add_shot import NEUROSCENE_OT_add_shot
from .add_window import NEUROSCENE_OT_add_window
from .annotate import NEUROSCENE_OT_add_text, NEUROSCENE_OT_pin_largest
from .apply_style import NEUROSCENE_OT_apply_style
from .arrange_network import NEUROSCENE_OT_arrange_network
from .assets import NEUROSCENE_OT_apply_asset, NEUROSCENE_OT_apply_preset, NEUROSCENE_OT_install_library, in_assets
from .attach_architecture import NEUROSCENE_OT_attach_architecture
from .attach_gltf import NEUROSCENE_OT_attach_gltf
from .back_to_arrangement import NEUROSCENE_OT_back_to_arrangement
from .bundle_lines import NEUROSCENE_OT_bundle_lines
from .check_pruning import NEUROSCENE_OT_check_pruning
from .compare_checkpoints import NEUROSCENE_OT_compare_checkpoints
from .compose_network import NEUROSCENE_OT_compose_network, NEUROSCENE_OT_edit_copy
from .copy_look import NEUROSCENE_OT_copy_look
from .drag_socket import NEUROSCENE_OT_drag_socket
from .edit_cells import NEUROSCENE_OT_edit_cells
from .edit_layers import (
    NEUROSCENE_OT_add_layer,
    NEUROSCENE_OT_choose_layer,
    NEUROSCENE_OT_discard_draft,
    NEUROSCENE_OT_drag_layer,
    NEUROSCENE_OT_duplicate_layer,
    NEUROSCENE_OT_insert_here,
    NEUROSCENE_OT_insert_under_mouse,
    NEUROSCENE_OT_move_layer,
    NEUROSCENE_OT_randomize_weights,
    NEUROSCENE_OT_remove_layer,
    NEUROSCENE_OT_reorder_by_place,
)
from .edit_layers import define as define_drag
from .explain_answer import NEUROSCENE_OT_explain_answer, NEUROSCENE_OT_hide_evidence
from .export_gltf import NEUROSCENE_OT_export_gltf
from .export_onnx import NEUROSCENE_OT_export_onnx
from .find_layers import NEUROSCENE_OT_find_layers
from .fold_blocks import NEUROSCENE_OT_fold_blocks
from .frame_layers import NEUROSCENE_OT_frame_layers
from .frame_network import NEUROSCENE_OT_frame_network
from .freeze_layers import NEUROSCENE_OT_freeze_layers
from .import_network import NEUROSCENE_FH_checkpoint, NEUROSCENE_OT_import_network
from .import_series import NEUROSCENE_OT_import_series
from .look_file import NEUROSCENE_OT_load_look, NEUROSCENE_OT_save_look
from .open_cell import NEUROSCENE_OT_close_cell, NEUROSCENE_OT_open_cell, NEUROSCENE_OT_slide_cell
from .open_sample import NEUROSCENE_OT_open_sample, NEUROSCENE_OT_show_network
from .prove_pruning import NEUROSCENE_OT_hide_proof, NEUROSCENE_OT_prove_pruning
from .put_back import NEUROSCENE_OT_put_back
from .read_cells import (
    NEUROSCENE_OT_leave_view,
    NEUROSCENE_OT_pin_reading,
    NEUROSCENE_OT_read_cells,
    NEUROSCENE_OT_select_object,
    NEUROSCENE_OT_select_under_mouse,
)
from .reload_checkpoint import NEUROSCENE_OT_reload_checkpoint
from .render_film import NEUROSCENE_OT_render_film
from .render_quality import NEUROSCENE_OT_render_quality
from .run_input import NEUROSCENE_OT_run_input
from .save_style import NEUROSCENE_OT_save_style
from .select_block import NEUROSCENE_OT_select_block
from .select_related import NEUROSCENE_OT_select_related
from .set_colors import NEUROSCENE_OT_set_colors
from .set_detail import NEUROSCENE_OT_set_detail, NEUROSCENE_OT_set_network_detail
from .set_map import NEUROSCENE_OT_set_map
from .set_shot import NEUROSCENE_OT_remove_shot, NEUROSCENE_OT_set_shot
from .show_histograms import NEUROSCENE_OT_show_histograms
from .show_input import NEUROSCENE_OT_show_input
from .show_kernels import NEUROSCENE_OT_show_kernels
from .show_plot import NEUROSCENE_OT_hide_plot, NEUROSCENE_OT_show_plot
from .show_tensor import NEUROSCENE_OT_show_tensor
from .sort_samples import NEUROSCENE_OT_sort_samples
from .step_series import NEUROSCENE_OT_play_series, NEUROSCENE_OT_remove_series, NEUROSCENE_OT_step_series
from .store_expansion import NEUROSCENE_OT_store_expansion
from .storyboard import (
    NEUROSCENE_OT_add_beat,
    NEUROSCENE_OT_apply_storyboard,
    NEUROSCENE_OT_edit_storyboard,
    NEUROSCENE_OT_new_storyboard,
    NEUROSCENE_OT_remove_beat,
)
from .train_network import NEUROSCENE_OT_pause_training, NEUROSCENE_OT_stop_training, NEUROSCENE_OT_train_network
from .watch_folder import NEUROSCENE_OT_stop_watching, NEUROSCENE_OT_watch_folder
from .whole_layers import (
    NEUROSCENE_OT_delete_layers,
    NEUROSCENE_OT_duplicate_and_move,
    NEUROSCENE_OT_duplicate_layers,
    NEUROSCENE_OT_hide_layers,
    NEUROSCENE_OT_isolate_layers,
    NEUROSCENE_OT_rename_layer,
    NEUROSCENE_OT_toggle_layer,
    define,
)

CLASSES = (
    NEUROSCENE_OT_import_network,
    NEUROSCENE_FH_checkpoint,
    NEUROSCENE_OT_import_series,
    NEUROSCENE_OT_watch_folder,
    NEUROSCENE_OT_stop_watching,
    NEUROSCENE_OT_step_series,
    NEUROSCENE_OT_play_series,
    NEUROSCENE_OT_sort_samples,
    NEUROSCENE_OT_remove_series,
    NEUROSCENE_OT_reload_checkpoint,
    NEUROSCENE_OT_attach_architecture,
    NEUROSCENE_OT_attach_gltf,
    NEUROSCENE_OT_run_input,
    NEUROSCENE_OT_explain_answer,
    NEUROSCENE_OT_hide_evidence,
    NEUROSCENE_OT_show_tensor,
    NEUROSCENE_OT_add_shot,
    NEUROSCENE_OT_set_shot,
    NEUROSCENE_OT_remove_shot,
    NEUROSCENE_OT_add_window,
    NEUROSCENE_OT_open_cell,
    NEUROSCENE_OT_slide_cell,
    NEUROSCENE_OT_close_cell,
    NEUROSCENE_OT_edit_storyboard,
    NEUROSCENE_OT_new_storyboard,
    NEUROSCENE_OT_apply_storyboard,
    NEUROSCENE_OT_add_beat,
    NEUROSCENE_OT_remove_beat,
    NEUROSCENE_OT_compare_checkpoints,
    NEUROSCENE_OT_render_quality,
    NEUROSCENE_OT_render_film,
    NEUROSCENE_OT_check_pruning,
    NEUROSCENE_OT_frame_network,
    NEUROSCENE_OT_arrange_network,
    NEUROSCENE_OT_put_back,
    NEUROSCENE_OT_prove_pruning,
    NEUROSCENE_OT_hide_proof,
    NEUROSCENE_OT_fold_blocks,
    NEUROSCENE_OT_select_block,
    NEUROSCENE_OT_set_detail,
    NEUROSCENE_OT_set_network_detail,
    NEUROSCENE_OT_drag_socket,
    NEUROSCENE_OT_edit_cells,
    NEUROSCENE_OT_back_to_arrangement,
    NEUROSCENE_OT_bundle_lines,
    NEUROSCENE_OT_store_expansion,
    NEUROSCENE_OT_find_layers,
    NEUROSCENE_OT_select_related,
    NEUROSCENE_OT_frame_layers,
    NEUROSCENE_OT_delete_layers,
    NEUROSCENE_OT_hide_layers,
    NEUROSCENE_OT_toggle_layer,
    NEUROSCENE_OT_isolate_layers,
    NEUROSCENE_OT_duplicate_layers,
    NEUROSCENE_OT_duplicate_and_move,
    NEUROSCENE_OT_rename_layer,
    NEUROSCENE_OT_leave_view,
    NEUROSCENE_OT_pin_largest,
    NEUROSCENE_OT_add_text,
    NEUROSCENE_OT_read_cells,
    NEUROSCENE_OT_select_under_mouse,
    NEUROSCENE_OT_select_object,
    NEUROSCENE_OT_open_sample,
    NEUROSCENE_OT_show_network,
    NEUROSCENE_OT_pin_reading,
    NEUROSCENE_OT_apply_style,
    NEUROSCENE_OT_save_style,
    NEUROSCENE_OT_save_look,
    NEUROSCENE_OT_load_look,
    NEUROSCENE_OT_copy_look,
    NEUROSCENE_OT_apply_preset,
    NEUROSCENE_OT_apply_asset,
    NEUROSCENE_OT_install_library,
    NEUROSCENE_OT_set_map,
    NEUROSCENE_OT_set_colors,
    NEUROSCENE_OT_show_kernels,
    NEUROSCENE_OT_show_histograms,
    NEUROSCENE_OT_show_plot,
    NEUROSCENE_OT_hide_plot,
    NEUROSCENE_OT_show_input,
    NEUROSCENE_OT_export_gltf,
    NEUROSCENE_OT_export_onnx,
    NEUROSCENE_OT_compose_network,
    NEUROSCENE_OT_edit_copy,
    NEUROSCENE_OT_add_layer,
    NEUROSCENE_OT_remove_layer,
    NEUROSCENE_OT_duplicate_layer,
    NEUROSCENE_OT_move_layer,
    NEUROSCENE_OT_reorder_by_place,
    NEUROSCENE_OT_drag_layer,
    NEUROSCENE_OT_insert_here,
    NEUROSCENE_OT_insert_under_mouse,
    NEUROSCENE_OT_choose_layer,
    NEUROSCENE_OT_randomize_weights,
    NEUROSCENE_OT_discard_draft,
    NEUROSCENE_OT_freeze_layers,
    NEUROSCENE_OT_train_network,
    NEUROSCENE_OT_pause_training,
    NEUROSCENE_OT_stop_training,
)
_commands = []


def register():
    """Register the operators, their entries in menus, and the command line."""
    for class_ in CLASSES:
        bpy.utils.register_class(class_)
    define()
    define_drag()
    bpy.types.TOPBAR_MT_file_import.append(_import_entry)
    bpy.types.TOPBAR_MT_file_export.append(_export_entry)
    bpy.types.ASSETBROWSER_MT_context_menu.append(in_assets)
    _commands.append(bpy.utils.register_cli_command("neuroscene", cli.command_of_blender))


def unregister():
    """Take back what `register` did."""
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    bpy.types.ASSETBROWSER_MT_context_menu.remove(in_assets)
    bpy.types.TOPBAR_MT_file_export.remove(_export_entry)
    bpy.types.TOPBAR_MT_file_import.remove(_import_entry)
    for class_ in reversed(CLASSES):
        bpy.utils.unregister_class(class_)


def _import_entry(self, context):
    usual = dict.fromkeys(suffix for reader in READERS for suffix in reader.suffixes[:1] if suffix.count(".") == 1)
    self.layout.operator(NEUROSCENE_OT_import_network.bl_idname, text=f"Neural Network ({', '.join(usual)})")
    self.layout.operator(NEUROSCENE_OT_import_series.bl_idname, text="Neural Network in Training (folder, files)")
    self.layout.operator(NEUROSCENE_OT_attach_gltf.bl_idname, text="Neural Network of a glTF (.glb)")


def _export_entry(self, context):
    self.layout.operator(NEUROSCENE_OT_export_gltf.bl_idname, text="Neural Network (.glb, .html, .usdz, .usdc, .obj)")
    self.layout.operator(NEUROSCENE_OT_export_onnx.bl_idname, text="Neural Network (.onnx)")
