# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which layers a training leaves as they are."""

import bpy

from ..addon.scene import selection
from ..addon.scene.composing import learning
from .bases.of_network import ChangesNetwork, RefusedError


class NEUROSCENE_OT_freeze_layers(ChangesNetwork, bpy.types.Operator):
    """Let a training leave the weights and running numbers of the selected layers as they are, or change them again"""

    bl_idname = "neuroscene.freeze_layers"
    bl_label = "Freeze Layers"
    bl_options = {"REGISTER", "UNDO"}

    layer: bpy.props.StringProperty(
        name="Layer",
        options={"SKIP_SAVE"},
        description="Name the layer to freeze. If empty, the selected layers are taken",
    )

    def run(self, context, network):
        names = [self.layer] if self.layer else selection.selected(context, network)
        names = [name for name in names if learning.can_be_frozen(network, name)]
        if not names:
            raise RefusedError("Select layers that have weights")
        return learning.toggle_frozen(network, names)
