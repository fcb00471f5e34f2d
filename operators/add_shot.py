# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add a shot of a network."""

import bpy

from ..addon.scene import shots
from ..addon.scene.storyboard import drafts
from .bases.of_network import ChangesNetwork

SHOTS = tuple((name, name.title(), kind.about) for name, kind in shots.KINDS.items())


class NEUROSCENE_OT_add_shot(ChangesNetwork, bpy.types.Operator):
    """Add a camera with keyframes and a marker, and look through it. Replaces an existing shot of the same kind"""

    bl_idname = "neuroscene.add_shot"
    bl_label = "Add Shot"
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.EnumProperty(
        name="Shot", items=SHOTS, description="Choose how the camera looks at the network and what moves"
    )

    seconds: bpy.props.FloatProperty(
        name="Seconds",
        default=0.0,
        min=0.0,
        max=600.0,
        options={"SKIP_SAVE"},
        description="Set the length of the shot. 0 takes its own",
    )

    def run(self, context, network):
        shots.add(network, self.shot, self.seconds)
        drafts.fill(network)
