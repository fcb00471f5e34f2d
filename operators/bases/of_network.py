# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators on one network share."""

import bpy

from ...addon.containers import CheckpointError
from ...addon.scene.camera import picture
from ...addon.scene.editing import arranging
from ...addon.scene.entities import NetworkScene, chosen, networks
from .whole import Whole


class RefusedError(Exception):
    """The operator cannot run on the scene as it is; its text says what to do. Nothing has changed."""

    def __init__(self, text: str, report: str = "WARNING"):
        super().__init__(text)
        self.report = report  # the type of Blender's report


class OfNetwork(Whole):
    """Runs on the network with a uuid; without one, on that of the active object, else on the first of the file.

    A subclass says in `run` what it does. A `RefusedError` or `CheckpointError` is reported and cancels the operator.
    """

    uuid: bpy.props.StringProperty(
        options={"HIDDEN"},
        description="Name the network by its identifier. If empty, the active or the first network is used",
    )

    @classmethod
    def poll(cls, context):
        if networks():
            return True
        cls.poll_message_set("There is no network in this file")
        return False

    def execute(self, context):
        try:
            done = self.run(context, self.network(context))
        except RefusedError as refusal:
            self.report({refusal.report}, str(refusal))
            return {"CANCELLED"}
        except CheckpointError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if isinstance(done, set):
            return done
        if done:
            self.report({"INFO"}, done)
        return {"FINISHED"}

    def run(self, context: bpy.types.Context, network: bpy.types.Collection) -> str | set[str] | None:
        """Do it; a line to report, or the set that `execute` returns."""
        raise NotImplementedError

    def network(self, context: bpy.types.Context) -> bpy.types.Collection:
        """The network to work on. Raises `RefusedError` if there is none, `CheckpointError` if it has lost its root."""
        network = chosen(context, self.uuid)
        if network is None:
            raise RefusedError("No such network in this file", "ERROR")
        if network.library:
            where = network.library.filepath
            raise RefusedError(f"{network.name} is linked from {where}: change it there, or append it", "ERROR")
        NetworkScene(network).root()
        return network


class ChangesNetwork(OfNetwork):
    """Changes meshes or the selection, so it needs Object Mode."""

    @classmethod
    def poll(cls, context):
        if not networks():
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
