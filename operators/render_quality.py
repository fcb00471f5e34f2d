# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose how good pictures are to be."""

import bpy

from ..addon.scene.entities import scene_of
from ..addon.scene.output import quality
from .bases.of_network import OfNetwork

QUALITIES = tuple((name, name.title(), quality_.about) for name, quality_ in quality.QUALITIES.items())


class NEUROSCENE_OT_render_quality(OfNetwork, bpy.types.Operator):
    """Set samples, noise threshold and size of pictures to suit this computer"""

    bl_idname = "neuroscene.render_quality"
    bl_label = "Render Quality"
    bl_options = {"REGISTER", "UNDO"}

    quality: bpy.props.EnumProperty(
        name="Quality", items=QUALITIES, default="standard", description="Choose the quality of pictures"
    )

    def run(self, context, network):
        return quality.apply(scene_of(network) or context.scene, self.quality)
