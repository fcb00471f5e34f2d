# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a picture, a sound or an array through a network of the scene, or several as a series."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon.inference import SUFFIXES
from ..addon.network.scaling import ORDERS, PRESETS, SAID, Scaling, own
from ..addon.scene.series import following
from .bases.of_network import OfNetwork
from .bases.stepwise import Stepwise

GUESS, KEEP, OWN = "GUESS", "KEEP", "OWN"
SCALES = [
    (KEEP, "As Before", "Read pixels as they were read last"),
    (GUESS, "Guess", "Guess from the model what it wants of pixels. The guess is shown"),
    *((name, said[0].upper() + said[1:], f"Give the network {said}") for name, said in SAID.items()),
    (OWN, "Own", "Subtract a mean from pixels of 0 to 1, and divide by a deviation"),
]


class NEUROSCENE_OT_run_input(Stepwise, OfNetwork, bpy.types.Operator, ImportHelper):
    """Run a picture, a sound or an array through the network. Several, or a folder, become steps of a slider"""

    bl_idname = "neuroscene.run_input"
    bl_label = "Run Input"
    bl_options = {"UNDO"}
    doing = "Running"

    filter_glob: bpy.props.StringProperty(default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN"})
    filename_ext = ".png"
    check_extension = False
    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    scale: bpy.props.EnumProperty(
        name="Pixels", items=SCALES, options={"SKIP_SAVE"}, description="Choose what becomes of the pixels of a picture"
    )
    mean: bpy.props.FloatVectorProperty(
        name="Mean", default=(0.0, 0.0, 0.0), description="Subtract this from red, green and blue of 0 to 1"
    )
    deviation: bpy.props.FloatVectorProperty(
        name="Deviation", default=(1.0, 1.0, 1.0), description="Divide red, green and blue by this"
    )
    order: bpy.props.EnumProperty(
        name="Order",
        items=[(order, order, f"Give the channels in the order {order}") for order in ORDERS],
        description="Choose the order of the channels",
    )
    labels: bpy.props.StringProperty(
        name="Labels",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
        description="Choose a .txt, .json or .csv file that says what is right for each input",
    )
    classes: bpy.props.StringProperty(
        name="Class Names",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
        description="Choose a .txt, .json or .csv file with the names of the classes",
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "scale")
        for name in ("mean", "deviation", "order") if self.scale == OWN else ():
            layout.prop(self, name)
        layout.prop(self, "labels")
        layout.prop(self, "classes")

    def run(self, context, network):
        chosen = [Path(self.directory) / entry.name for entry in self.files if entry.name]
        given = chosen or [Path(bpy.path.abspath(self.filepath or self.directory))]
        scaling: Scaling | str | None = {KEEP: "", GUESS: None}.get(self.scale, "")
        if self.scale in PRESETS:
            scaling = PRESETS[self.scale]
        elif self.scale == OWN:
            scaling = own(list(self.mean), [value or 1.0 for value in self.deviation], self.order)
        labels, classes = (bpy.path.abspath(path) for path in (self.labels, self.classes))
        return self.start(context, following.run_inputs(network, given, labels, classes, scaling))

    def done(self, context, said):
        self.report({"INFO"}, said)
