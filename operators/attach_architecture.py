# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say how the weights of a network in the scene are joined."""

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.scene.camera import picture
from ..addon.scene.updating import reloading
from .bases.of_network import ChangesNetwork
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_attach_architecture(Stepwise, ChangesNetwork, bpy.types.Operator, ImportHelper):
    """Read the structure from another file: an ONNX model or Keras's JSON whose shapes match the weights"""

    bl_idname = "neuroscene.attach_architecture"
    bl_label = "Attach Architecture"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.onnx;*.json", options={"HIDDEN"})
    filename_ext = ".onnx"
    check_extension = False
    doing = "Attaching"

    def run(self, context, network):
        self.collection = network.name
        return self.start(context, reloading.steps(network, architecture=self.filepath))

    def done(self, context, result):
        picture.relabel(bpy.data.collections[self.collection])
        self.report({"INFO"}, f"{self.collection} has the architecture of {bpy.path.basename(self.filepath)}: {result}")
