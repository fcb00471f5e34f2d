# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import the checkpoints of a training run."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.scene.building import build, importing
from ..addon.scene.series import filling
from ..addon.scene.transaction import Made
from .bases.stepwise import Stepwise
from .import_network import GLOB


class NEUROSCENE_OT_import_series(Stepwise, bpy.types.Operator, ImportHelper):
    """Import the checkpoints of a training run as steps of one scene: a folder, or the files that you select"""

    bl_idname = "neuroscene.import_series"
    bl_label = "Import Training Run"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Importing"

    filter_glob: bpy.props.StringProperty(default=GLOB, options={"HIDDEN"})
    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    input: bpy.props.StringProperty(
        name="Input", subtype="FILE_PATH", description="Run this picture or array through every checkpoint"
    )
    max_cells: bpy.props.IntProperty(
        name="Cells", default=build.MAX_CELLS, min=1, description="Limit the cells that are drawn"
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "input")
        layout.prop(self, "max_cells")

    def execute(self, context):
        self._made = Made()
        folder = Path(bpy.path.abspath(self.directory or self.filepath))
        if not (self.directory or self.filepath):
            self.report({"ERROR"}, "Choose the folder of a training run, or files of it")
            return {"CANCELLED"}
        chosen = [folder / entry.name for entry in self.files if entry.name]
        given = [bpy.path.abspath(self.input)] if self.input else []
        settings = build.Settings(max_cells=self.max_cells)
        return self.start(context, filling.import_steps(chosen or [folder], settings, given))

    def done(self, context, result):
        self.report({"INFO"}, importing.summary(result))

    def undone(self, context):
        self._made.remove()
