# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a picture or an array through a network of the scene."""

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.scene.building import importing
from .bases.of_network import OfNetwork


class NEUROSCENE_OT_run_input(OfNetwork, bpy.types.Operator, ImportHelper):
    """Run a picture or an array through the network. Cells, lines and bars then show its activations"""

    bl_idname = "neuroscene.run_input"
    bl_label = "Run Input"
    bl_options = {"UNDO"}

    filter_glob: bpy.props.StringProperty(default="*.png;*.jpg;*.jpeg;*.npy;*.npz", options={"HIDDEN"})
    filename_ext = ".png"
    check_extension = False

    def run(self, context, network):
        ran = importing.run_in_scene(network, self.filepath)
        best = f": {ran.scores[0].label} ({ran.scores[0].score:.3g})" if ran.scores else ""
        return f"{ran.file}{best} [{ran.note}]"
