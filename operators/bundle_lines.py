# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines drawn together where many run."""

import bpy

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

    def work(self, context, network, objs, progress):
        return bundling.store_all(objs, context.evaluated_depsgraph_get(), self.iterations, progress)
