# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the camera, labels and caption of a network right again after layers were moved."""

import bpy

from ..addon.scene import build, tags


class NEUROSCENE_OT_frame_network(bpy.types.Operator):
    """Bring the whole network into the picture of its camera, with the labels under the layers"""

    bl_idname = "neuroscene.frame_network"
    bl_label = "Frame Network"
    bl_options = {"REGISTER", "UNDO"}

    uuid: bpy.props.StringProperty(options={"HIDDEN"}, description="Which network; the only or active one if empty")

    @classmethod
    def poll(cls, context):
        return bool(tags.networks())

    def execute(self, context):
        network = tags.chosen(context, self.uuid)
        camera = next(tags.members(network, "camera"), None) if network else None
        if camera is None:
            self.report({"ERROR"}, "The network has no camera of its own")
            return {"CANCELLED"}
        build.frame(network, context.scene, camera)
        return {"FINISHED"}
