# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators on one network share."""

import bpy

from ...addon.containers import CheckpointError
from ...addon.scene import tags
from ...addon.scene.camera import picture
from ...addon.scene.editing import arranging
from .whole import Whole


class OfNetwork(Whole):
    """The network with a uuid; without one, that of the active object, else the first of the file."""

    uuid: bpy.props.StringProperty(
        options={"HIDDEN"},
        description="Name the network by its identifier. If empty, the active or the first network is used",
    )

    @classmethod
    def poll(cls, context):
        return bool(tags.networks())

    def network(self, context) -> bpy.types.Collection | None:
        network = tags.chosen(context, self.uuid)
        if network is None:
            self.report({"ERROR"}, "No such network in this file")
        elif network.library:
            where = network.library.filepath
            self.report({"ERROR"}, f"{network.name} is linked from {where}: change it there, or append it")
            return None
        else:
            try:
                tags.root(network)
            except CheckpointError as error:
                self.report({"ERROR"}, str(error))
                return None
        return network


class ChangesNetwork(OfNetwork):
    """Changes meshes or the selection, so it needs Object Mode."""

    @classmethod
    def poll(cls, context):
        if not tags.networks():
            cls.poll_message_set("There is no network in this file")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Works in Object Mode")
            return False
        return True


class MakesRoom(ChangesNetwork):
    """Changes how much room parts of a network take."""

    arrange: bpy.props.BoolProperty(
        name="Make Room",
        default=True,
        options={"SKIP_SAVE"},
        description="Arrange the network again to make room or close gaps. Keeps what you moved by hand in place",
    )

    def settle(self, network):
        """Arrange the network, if that is wanted, and its labels."""
        if self.arrange:
            arranging.rearrange(network, arranging.settings_of(network))
        picture.relabel(network)
