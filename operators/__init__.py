# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators: each calls one function of addon/ and reports. `blender --command neuroscene` is registered here too."""

import bpy

from ..addon import cli
from .export_gltf import NEUROSCENE_OT_export_gltf
from .frame_network import NEUROSCENE_OT_frame_network
from .import_network import NEUROSCENE_FH_onnx, NEUROSCENE_OT_import_network
from .run_input import NEUROSCENE_OT_run_input

CLASSES = (
    NEUROSCENE_OT_import_network,
    NEUROSCENE_FH_onnx,
    NEUROSCENE_OT_run_input,
    NEUROSCENE_OT_frame_network,
    NEUROSCENE_OT_export_gltf,
)
_commands = []


def register():
    for one in CLASSES:
        bpy.utils.register_class(one)
    bpy.types.TOPBAR_MT_file_import.append(_import_entry)
    bpy.types.TOPBAR_MT_file_export.append(_export_entry)
    _commands.append(bpy.utils.register_cli_command("neuroscene", cli.command_of_blender))


def unregister():
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    bpy.types.TOPBAR_MT_file_export.remove(_export_entry)
    bpy.types.TOPBAR_MT_file_import.remove(_import_entry)
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)


def _import_entry(self, context):
    self.layout.operator(NEUROSCENE_OT_import_network.bl_idname, text="Neural Network (.onnx)")


def _export_entry(self, context):
    self.layout.operator(NEUROSCENE_OT_export_gltf.bl_idname, text="Neural Network as glTF (.glb)")
