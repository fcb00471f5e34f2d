# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let a layer show what a node inside it gives, as before its activation."""

import bpy

from ..addon.scene.building import looking
from ..addon.scene.entities import LayerObject
from .bases.of_network import ChangesNetwork, RefusedError
from .bases.stepwise import Stepwise

_items: list[tuple[str, str, str]] = []  # Blender keeps no copy of texts that a function gives


def _parts(self, context):
    layer = LayerObject.of(context.object) if context else None
    _items[:] = [("0", "Output", "What the layer gives to others")]
    for place, (op, tensor) in enumerate(looking.parts(layer) if layer else ()):
        _items.append((str(place + 1), f"After {op}", f"What its {op} gives: {tensor}"))
    return _items


class NEUROSCENE_OT_show_tensor(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Show what a node inside the active layer gives, as before its activation or its Softmax"""

    bl_idname = "neuroscene.show_tensor"
    bl_label = "Show Tensor"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Running"

    part: bpy.props.EnumProperty(name="Tensor", items=_parts, description="Choose what the cells show")

    @classmethod
    def poll(cls, context):
        return super().poll(context) and LayerObject.is_one(context.object)

    def run(self, context, network):
        layer = LayerObject(context.object)
        tensors = ["", *(tensor for _, tensor in looking.parts(layer))]
        place = int(self.part or 0)
        if place >= len(tensors):
            raise RefusedError("The layer has no such tensor", "ERROR")
        return self.start(context, looking.look_steps(network, layer.name, tensors[place]))

    def done(self, context, said):
        self.report({"INFO"}, said)
