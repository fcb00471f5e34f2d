# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""File > Export > ONNX: the model of a network, whatever its format was."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper

from ..addon.conversion import onnx_model
from ..addon.scene.building import importing
from ..addon.scene.entities import NetworkScene
from ..addon.structure import open_checkpoint
from .bases.of_network import OfNetwork, RefusedError
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_export_onnx(Stepwise, OfNetwork, bpy.types.Operator, ExportHelper):
    """Write the model of the network as an ONNX file that other programs can run"""

    bl_idname = "neuroscene.export_onnx"
    bl_label = "Export ONNX"
    bl_options = {"REGISTER"}

    filename_ext = ".onnx"
    filter_glob: bpy.props.StringProperty(default="*.onnx", options={"HIDDEN"})
    pruned: bpy.props.BoolProperty(
        name="Without Pruned Units",
        description="Take the units out of the weights that Prune hides. Units whose places others need give 0 instead",
    )
    doing = "Writing"

    def run(self, context, network):
        output = Path(bpy.path.abspath(self.filepath))
        if not output.name:
            raise RefusedError("Not written: give the file a name", "ERROR")
        scene = NetworkScene(network)
        if self.pruned:
            if float(scene.root().inputs["Prune"]) <= 0:
                raise RefusedError("Not written: nothing is pruned. Raise Prune, or switch the option off", "ERROR")
            return self.start(context, self._without(network, output))
        source = bpy.path.abspath(scene.source)
        checkpoint = open_checkpoint(source, importing.architecture_of(scene) or None, scene.part)
        return self.start(context, onnx_model.steps(checkpoint, output))

    def _without(self, network, output):
        made = yield from importing.smaller_steps(network)
        written = yield from onnx_model.steps(made.checkpoint, output)
        return f"{written}; {made.said}"

    def done(self, context, result):
        self.report({"INFO"}, f"Wrote {bpy.path.basename(self.filepath)}: {result}")
