# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep all looks, shapes and shots of a network in a file, and give them to another network."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ..addon.scene.looks import look_files
from ..addon.scene.texts.words import counted
from .bases.of_network import ChangesNetwork, OfNetwork, RefusedError


class NEUROSCENE_OT_save_look(ExportHelper, OfNetwork, bpy.types.Operator):
    """Save the looks, shapes and shots of the network to a file that you can share"""

    bl_idname = "neuroscene.save_look"
    bl_label = "Save Look"
    bl_options = {"REGISTER"}

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def run(self, context, network):
        path = Path(bpy.path.abspath(self.filepath))
        if not path.name:
            raise RefusedError("Not saved: give the file a name", "ERROR")
        try:
            count = look_files.save(path, network)
        except OSError as error:
            raise RefusedError(f"Not saved: {error.strerror or error}", "ERROR") from error
        return f"{path.name} saved, with {counted(count, 'shot')}"


class NEUROSCENE_OT_load_look(ImportHelper, ChangesNetwork, bpy.types.Operator):
    """Give the network the looks, shapes and shots of another that were saved to a file"""

    bl_idname = "neuroscene.load_look"
    bl_label = "Load Look"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def run(self, context, network):
        path = Path(bpy.path.abspath(self.filepath))
        count, problems = look_files.apply(look_files.load(path), network)
        for problem in problems:
            self.report({"WARNING"}, problem)
        return f"{path.name}: {counted(count, 'object')} changed"
