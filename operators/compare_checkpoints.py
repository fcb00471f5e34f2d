# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put another checkpoint beside a network."""

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.containers import CheckpointError
from ..addon.scene import shots
from ..addon.scene.transaction import Made
from .bases.of_network import ChangesNetwork
from .bases.stepwise import Stepwise
from .import_network import GLOB


class NEUROSCENE_OT_compare_checkpoints(Stepwise, ChangesNetwork, bpy.types.Operator, ImportHelper):
    """Import another checkpoint beside the network, with the same input and ranges, and show all that are compared"""

    bl_idname = "neuroscene.compare_checkpoints"
    bl_label = "Compare with Checkpoint"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default=GLOB, options={"HIDDEN"})
    filename_ext = ""
    check_extension = False
    doing = "Importing"

    def run(self, context, network):
        self._made = Made()
        self.collection = shots.head(network).name
        return self.start(context, shots.compared(network, self.filepath))

    def done(self, context, result):
        try:
            shots.add(bpy.data.collections[self.collection], "before-after")
        except CheckpointError as error:
            self.report({"ERROR"}, str(error))

    def undone(self, context):
        self._made.remove()
