# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put back what was moved by hand."""

import bpy

from ..addon.scene.camera import picture
from ..addon.scene.editing import arranging
from ..addon.scene.entities import LayerObject
from .bases.of_network import ChangesNetwork, RefusedError


class NEUROSCENE_OT_put_back(ChangesNetwork, bpy.types.Operator):
    """Put the selected layers and blocks back to their place in the arrangement"""

    bl_idname = "neuroscene.put_back"
    bl_label = "Put Back"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        chosen = [*context.view_layer.objects.selected, context.view_layer.objects.active]
        back = [layer for layer in arranging.by_hand(network) if layer in chosen]
        if not back:
            raise RefusedError("Nothing selected was moved by hand")
        arranging.rearrange(network, arranging.settings_of(network), back)
        picture.relabel(network)
        return ", ".join(map(_name, back)) + " put back"


def _name(obj):
    layer = LayerObject.of(obj)
    return layer.name if layer else obj.name
