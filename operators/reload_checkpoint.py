# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a network in the scene up to date with its checkpoint."""

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.formats import SUFFIXES
from ..addon.scene.camera import picture
from ..addon.scene.updating import reloading
from .bases.of_network import ChangesNetwork
from .bases.stepwise import Stepwise
from .import_network import GLOB


class NEUROSCENE_OT_reload_checkpoint(Stepwise, ChangesNetwork, bpy.types.Operator, ImportHelper):
    """Read the checkpoint again. Keeps what you moved, set, painted and keyframed"""

    bl_idname = "neuroscene.reload_checkpoint"
    bl_label = "Reload Checkpoint"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default=GLOB, options={"HIDDEN"})
    filename_ext = SUFFIXES[0]
    check_extension = False
    choose: bpy.props.BoolProperty(
        name="Choose",
        default=False,
        options={"SKIP_SAVE", "HIDDEN"},
        description="Choose another file, such as a later epoch, instead of reading the same file again",
    )
    doing = "Reloading"

    def invoke(self, context, event):
        return super().invoke(context, event) if self.choose else self.execute(context)

    def run(self, context, network):
        self.collection = network.name
        return self.start(context, reloading.steps(network, self.filepath))

    def done(self, context, result):
        picture.relabel(bpy.data.collections[self.collection])
        self.report({"INFO"}, f"Reloaded {self.collection}: {result}")
