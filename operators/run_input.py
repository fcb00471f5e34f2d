# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a picture or an array through a network of the scene."""

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.scene.building import importing
from .bases.of_network import OfNetwork
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_run_input(Stepwise, OfNetwork, bpy.types.Operator, ImportHelper):
    """Run a picture or an array through the network. Cells, lines and bars then show its activations"""

    bl_idname = "neuroscene.run_input"
    bl_label = "Run Input"
    bl_options = {"UNDO"}
    doing = "Running"

    filter_glob: bpy.props.StringProperty(default="*.png;*.jpg;*.jpeg;*.npy;*.npz", options={"HIDDEN"})
    filename_ext = ".png"
    check_extension = False

    def run(self, context, network):
        return self.start(context, importing.run_steps(network, self.filepath))

    def done(self, context, ran):
        best = f": {ran.scores[0].label} ({ran.scores[0].score:.3g})" if ran.scores else ""
        self.report({"INFO"}, f"{ran.file}{best} [{ran.note}]")
