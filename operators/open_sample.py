# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first steps: a sample, and the way from one network to another."""

import bpy

from ..addon.samples import SAMPLES
from ..addon.scene import selection
from ..addon.scene.camera import viewport
from ..addon.scene.entities import NetworkScene, chosen, networks, scene_of
from .bases.whole import Whole


class NEUROSCENE_OT_open_sample(bpy.types.Operator):
    """Open a network that comes with the extension, with an input"""

    bl_idname = "neuroscene.open_sample"
    bl_label = "Open Sample"

    sample: bpy.props.EnumProperty(
        name="Sample",
        items=[(sample.name, sample.title, sample.about) for sample in SAMPLES],
        description="Choose a network",
    )

    def execute(self, context):
        sample = next(sample for sample in SAMPLES if sample.name == self.sample)
        way = "INVOKE_DEFAULT" if context.window and not bpy.app.background else "EXEC_DEFAULT"
        data = str(sample.data) if sample.data else ""
        return bpy.ops.neuroscene.import_network(
            way, True, filepath=str(sample.path), input=str(sample.input), samples=data, ask=False
        )


class NEUROSCENE_OT_show_network(Whole, bpy.types.Operator):
    """Go to a network, in whichever scene it stands"""

    bl_idname = "neuroscene.show_network"
    bl_label = "Show Network"
    bl_options = {"UNDO"}

    uuid: bpy.props.StringProperty(
        options={"HIDDEN"}, description="Name the network by its identifier. If empty, the first is used"
    )

    @classmethod
    def poll(cls, context):
        if networks():
            return True
        cls.poll_message_set("There is no network in this file")
        return False

    def execute(self, context):
        network = chosen(context, self.uuid)
        scene = scene_of(network) if network else None
        if scene is None:
            self.report({"WARNING"}, "That network is in no scene")
            return {"CANCELLED"}
        if context.window:
            context.window.scene = scene
            if not bpy.app.background and scene.camera:
                viewport.show(context.window)
        root = NetworkScene(network).any_root()
        first = next(iter(NetworkScene(network).layers().values()), root)
        if first is not None and context.scene == scene:
            selection.select(context, [first.obj])
        return {"FINISHED"}
