# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look through another shot of a network."""

import bpy

from ..addon.scene import shots
from .bases.of_network import ChangesNetwork


class OnShot(ChangesNetwork):
    """Does something with a shot that there is."""

    shot: bpy.props.StringProperty(name="Shot", description="Name the shot")


class NEUROSCENE_OT_set_shot(OnShot, bpy.types.Operator):
    """Look through this shot. The scene then uses its frames, style, labels and caption"""

    bl_idname = "neuroscene.set_shot"
    bl_label = "Set Shot"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        shots.switch(network, self.shot)


class NEUROSCENE_OT_remove_shot(OnShot, bpy.types.Operator):
    """Remove the shot with its camera, its marker and the keyframes that were made for it"""

    bl_idname = "neuroscene.remove_shot"
    bl_label = "Remove Shot"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        shots.remove(network, self.shot)
