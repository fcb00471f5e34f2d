# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the camera, labels and caption of a network right again after layers were moved."""

import bpy

from ..addon.scene.building import studio
from ..addon.scene.camera import picture
from ..addon.scene.entities import scene_of
from .bases.of_network import OfNetwork, RefusedError


class NEUROSCENE_OT_frame_network(OfNetwork, bpy.types.Operator):
    """Move the camera so that it shows the whole network, and place the labels below the layers"""

    bl_idname = "neuroscene.frame_network"
    bl_label = "Frame Network"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        camera = studio.camera_of(network)
        if camera is None:
            raise RefusedError("The network has no camera of its own", "ERROR")
        picture.frame(network, scene_of(network) or context.scene, camera)
