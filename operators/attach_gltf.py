# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""File > Import > Neural Network of a glTF."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.gltf import attach
from ..addon.scene.building import importing
from ..addon.scene.camera import viewport
from ..addon.scene.transaction import Made
from .bases.stepwise import Stepwise
from .import_network import GLOB


class NEUROSCENE_OT_attach_gltf(Stepwise, bpy.types.Operator, ImportHelper):
    """Build the editable scene of an exported network again, from a .glb file with its checkpoint beside it, or after
    File > Import > glTF from the checkpoint"""

    bl_idname = "neuroscene.attach_gltf"
    bl_label = "Import Network of glTF"
    bl_options = {"UNDO"}

    filename_ext = ".glb"
    check_extension = False
    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default=f"*.glb;{GLOB}", options={"HIDDEN"})
    checkpoint: bpy.props.StringProperty(
        name="Checkpoint",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
        description="Choose the file that the network was built from. If empty, the file of that name beside the "
        ".glb is used",
    )
    doing = "Importing"

    def execute(self, context):
        self._made = Made()
        given = bpy.path.abspath(self.checkpoint)
        return self.start(context, attach.steps(Path(self.filepath), Path(given) if given else None))

    def done(self, context, result):
        if context.window and not bpy.app.background:
            viewport.show(context.window)
        self.report({"INFO"}, importing.summary(result))

    def undone(self, context):
        self._made.remove()
