# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""File > Export > Neural Network as glTF."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper

from ..addon.checkpoints import CheckpointError
from ..addon.gltf import export
from ..addon.scene import tags


class NEUROSCENE_OT_export_gltf(bpy.types.Operator, ExportHelper):
    """Write the networks of this file as GLB, cells and lines in the colours of their ramps"""

    bl_idname = "neuroscene.export_gltf"
    bl_label = "Export Neural Network"

    filename_ext = ".glb"
    filter_glob: bpy.props.StringProperty(default="*.glb", options={"HIDDEN"})
    realise: bpy.props.BoolProperty(
        name="Plain Meshes", default=False,
        description="For programs that know no instancing, as Unreal and older viewers; the file is larger")
    lit: bpy.props.BoolProperty(
        name="Lit", default=False, description="Let the viewer's light fall on it; else colours show as they are")

    @classmethod
    def poll(cls, context):
        return bool(tags.networks())

    def execute(self, context):
        try:
            report = export.export(Path(self.filepath), export.Options(self.realise, lit=self.lit))
        except CheckpointError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Wrote {report}")
        return {"FINISHED"}
