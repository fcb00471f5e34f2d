# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrange the layers and blocks of a network anew."""

from dataclasses import replace

import bpy

from ..addon.scene.camera import picture
from ..addon.scene.editing import arranging
from ..addon.scene.entities import NetworkScene, ShotCamera, scene_of
from .bases.of_network import ChangesNetwork

DIRECTIONS = [(axis, axis, f"The signal runs along {axis}") for axis in ("X", "-X", "Y", "-Y", "Z", "-Z")]


class NEUROSCENE_OT_arrange_network(ChangesNetwork, bpy.types.Operator):
    """Arrange the layers and blocks of the network again. Keeps what you moved by hand in place"""

    bl_idname = "neuroscene.arrange_network"
    bl_label = "Arrange Network"
    bl_options = {"REGISTER", "UNDO"}

    direction: bpy.props.EnumProperty(
        name="Direction",
        items=DIRECTIONS,
        options={"SKIP_SAVE"},
        description="Choose the direction from input to output",
    )
    spacing: bpy.props.FloatProperty(
        name="Spacing",
        default=1.0,
        min=0.2,
        max=4.0,
        options={"SKIP_SAVE"},
        description="Scale the gaps between layers",
    )
    wrap: bpy.props.BoolProperty(
        name="Wrap", default=True, options={"SKIP_SAVE"}, description="Break a long network into rows"
    )
    longest: bpy.props.FloatProperty(
        name="Longer Than",
        default=arranging.LONGEST,
        min=1.0,
        soft_max=1000.0,
        unit="LENGTH",
        options={"SKIP_SAVE"},
        description="Set the length at which a network is broken into rows",
    )
    snake: bpy.props.BoolProperty(
        name="Snake",
        default=True,
        options={"SKIP_SAVE"},
        description="Let rows run back and forth instead of all in the same direction",
    )
    reset: bpy.props.BoolProperty(
        name="Reset Moved Layers",
        default=False,
        options={"SKIP_SAVE"},
        description="Put back what you moved by hand, too",
    )
    frame: bpy.props.BoolProperty(
        name="Frame",
        default=False,
        options={"SKIP_SAVE"},
        description="Move the camera so that it shows the whole network",
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.row().prop(self, "direction", expand=True)
        layout.prop(self, "spacing")
        layout.prop(self, "wrap")
        rows = layout.column()
        rows.active = self.wrap
        rows.prop(self, "longest")
        rows.prop(self, "snake")
        layout.prop(self, "reset")
        layout.prop(self, "frame")

    def run(self, context, network):
        self._begin_with(arranging.settings_of(network))
        settings = replace(
            arranging.settings_of(network),
            direction=self.direction,
            spacing=self.spacing,
            longest=self.longest if self.wrap else 0.0,
            snake=self.snake,
        )
        left = arranging.rearrange(network, settings, arranging.by_hand(network) if self.reset else ())
        camera = next((shot.obj for shot in NetworkScene(network).members(ShotCamera)), None)
        if self.frame and camera:
            picture.frame(network, scene_of(network) or context.scene, camera)
        else:
            picture.relabel(network)
        if left:
            return f"{left:,} layer{' stays' if left == 1 else 's stay'} where put by hand"

    def _begin_with(self, settings):
        """Take what was not asked for from the settings that the network has."""
        known = {
            "direction": settings.direction,
            "spacing": settings.spacing,
            "wrap": settings.longest > 0,
            "longest": settings.longest or arranging.LONGEST,
            "snake": settings.snake,
        }
        for name, value in known.items():
            if not self.properties.is_property_set(name):
                setattr(self, name, value)
