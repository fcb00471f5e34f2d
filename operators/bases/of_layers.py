# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators that select layers share."""

import bpy

from ...addon.scene import selection
from ...addon.scene.entities import LayerObject
from .of_network import ChangesNetwork


class SelectsLayers(ChangesNetwork):
    """Selects layers of one network and reports how many."""

    extend: bpy.props.BoolProperty(
        name="Extend", description="Keep the current selection", default=False, options={"SKIP_SAVE"}
    )

    def select(self, context, objs):
        """Select these objects and report it; what an operator returns."""
        done = selection.select(context, objs, self.extend)
        hidden = len(objs) - len(done)
        text = f"{len(done):,} layer{'' if len(done) == 1 else 's'} selected"
        text += f"; {hidden:,} hidden or not selectable" if hidden else ""
        self.report({"INFO" if done else "WARNING"}, text)
        return {"FINISHED"} if done else {"CANCELLED"}


def any_layer_selected(context) -> bool:
    """Whether a selected object is a layer."""
    return any(map(LayerObject.is_one, context.view_layer.objects.selected))


class OfSelectedLayers(ChangesNetwork):
    """Works on the selected layers, else on the active one."""

    @classmethod
    def poll(cls, context):
        if not super().poll(context):
            return False
        if not any_layer_selected(context) and not LayerObject.is_one(context.view_layer.objects.active):
            cls.poll_message_set("Select a layer first")
            return False
        return True
