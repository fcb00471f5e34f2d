# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators on the lines of a network share."""

import bpy

from ...addon.scene.entities import LayerObject, NetworkScene
from .of_network import ChangesNetwork, RefusedError

WHICH = (
    ("SELECTED", "Selected", "The lines into the selected layers, and the selected lines"),
    ("ALL", "All", "All lines of the network"),
)


class ChangesLines(ChangesNetwork):
    """Works on the bundles of a network, or on those that the selection means."""

    which: bpy.props.EnumProperty(name="Lines", items=WHICH, options={"SKIP_SAVE"})

    def run(self, context, network):
        objs = self._bundles(context, network)
        if not objs:
            raise RefusedError("Select lines, or layers that lines enter")
        manager = context.window_manager
        manager.progress_begin(0, 100)
        try:
            return self.work(context, network, objs, lambda share: manager.progress_update(int(100 * share)))
        finally:
            manager.progress_end()

    def work(self, context, network, objs, progress) -> str:
        """Change these bundles and tell `progress` which share is done; one line on what was done."""
        raise NotImplementedError

    def _bundles(self, context, network) -> list[bpy.types.Object]:
        scene = NetworkScene(network)
        every = scene.bundles()
        if self.which == "ALL":
            return [bundle.obj for bundle in every]
        meant = {obj.name for obj in [*context.view_layer.objects.selected, context.object] if obj}
        into = {layer.name for layer in scene.members(LayerObject) if layer.obj.name in meant}
        return [bundle.obj for bundle in every if bundle.obj.name in meant or bundle.target in into]
