# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines drawn together where many run."""

import bpy

from ..addon.layout.bundling import DEFAULT, Bundling
from ..addon.scene.editing import bundling
from .bases.of_lines import ChangesLines


class NEUROSCENE_OT_bundle_lines(ChangesLines, bpy.types.Operator):
    """Bundle lines where many run. The sliders Density and Iterations then blend the result"""

    bl_idname = "neuroscene.bundle_lines"
    bl_label = "Bundle Lines"
    bl_options = {"REGISTER", "UNDO"}

    iterations: bpy.props.IntProperty(
        name="Iterations",
        default=bundling.ITERATIONS,
        min=1,
        max=32,
        description="Set the number of bundling rounds. Each round can be shown",
    )
    sampling: bpy.props.IntProperty(
        name="Sampling",
        default=DEFAULT.sampling,
        min=8,
        max=256,
        description="Set how finely the density of lines is measured, in cells of the longer side between two layers",
    )
    widest: bpy.props.FloatProperty(
        name="First Bandwidth",
        default=DEFAULT.widest,
        min=0.005,
        max=0.5,
        subtype="FACTOR",
        description="Set how far lines attract each other in the first round, as a share of that side",
    )
    narrowest: bpy.props.FloatProperty(
        name="Last Bandwidth",
        default=DEFAULT.narrowest,
        min=0.005,
        max=0.5,
        subtype="FACTOR",
        description="Set how far lines attract each other in the last round, as a share of that side",
    )
    smoothing: bpy.props.FloatProperty(
        name="Smoothing",
        default=DEFAULT.smoothing,
        min=0.0,
        max=0.9,
        subtype="FACTOR",
        description="Keep lines smooth, by this share of each step",
    )

    def work(self, context, network, objs, progress):
        how = Bundling(self.sampling, self.widest, self.narrowest, self.smoothing)
        return bundling.store_all(objs, context.evaluated_depsgraph_get(), self.iterations, progress, how)
