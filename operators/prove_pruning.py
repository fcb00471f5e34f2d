# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove on data how well the network does without units, and take the proof away."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.scene.editing.proof import NAMES
from ..addon.scene.explaining import proving
from ..addon.scene.series.known import percent
from .bases.of_network import ChangesNetwork, RefusedError
from .bases.stepwise import Stepwise

ABOUT = {
    "weights": "Look at no sample",
    "activations": "Measure activations on half of the samples",
    "taylor": "Measure derivatives times activations once",
    "taylor-iterative": "Measure them anew after units have gone",
    "greedy": "Try the network without each unit. Takes longest",
}
RANKINGS = [
    ("AUTO", "Automatic", "Try each unit in small networks, and measure derivatives again and again in large ones"),
    *((ranking, name[0].upper() + name[1:], ABOUT[ranking]) for ranking, name in NAMES.items()),
]


class NEUROSCENE_OT_prove_pruning(Stepwise, ChangesNetwork, bpy.types.Operator, ImportHelper):
    """Rank units on half of a data set, and chart what the network gets right of the rest at every share of Prune"""

    bl_idname = "neuroscene.prove_pruning"
    bl_label = "Prove Pruning"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Proving"

    filename_ext = ".npz"
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})
    by: bpy.props.EnumProperty(
        name="Rank", items=RANKINGS, description="Choose how it is told which units matter least"
    )
    index: bpy.props.IntProperty(
        name="Class", default=-1, min=-1, description="Count the samples of this class, counted from 0. -1 counts all"
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "by")
        layout.prop(self, "index")

    def run(self, context, network):
        data = Path(bpy.path.abspath(self.filepath))
        if not data.name:
            raise RefusedError("Choose a .npz file with samples", "ERROR")
        by = "" if self.by == "AUTO" else self.by
        return self.start(context, proving.prove_steps(network, data, by, self.index))

    def done(self, context, proof):
        half = proof.at(0.5)
        self.report(
            {"INFO"},
            f"{percent(proof.ours[half])} right without {proof.shares[half]:.0%} of the units, "
            f"{percent(proof.ours[0])} with all; in orders of chance {percent(proof.middle[len(proof.middle) // 2])}",
        )


class NEUROSCENE_OT_hide_proof(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Take the chart away. Prune goes by the input again, or by the weights"""

    bl_idname = "neuroscene.hide_proof"
    bl_label = "Hide Proof"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Ranking"

    def run(self, context, network):
        return self.start(context, proving.hide_steps(network))
