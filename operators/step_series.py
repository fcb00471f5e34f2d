# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Go through the steps of a series, keyframe them, take them away."""

import bpy

from ..addon.nodes.sockets.series import SLIDERS
from ..addon.scene.series import following, known, playing
from .bases.of_network import ChangesNetwork, RefusedError

KINDS = [(kind, name, f"The series of the slider {name}") for kind, name in SLIDERS.items()]


class OfSeries(ChangesNetwork):
    """Works on a series of a network; without a `kind` on the first that there is."""

    kind: bpy.props.EnumProperty(
        name="Series",
        items=[("ANY", "Any", "The first series that there is"), *KINDS],
        options={"SKIP_SAVE"},
        description="Choose the slider",
    )

    def run(self, context, network):
        series = known.read(network)
        kind = next(iter(series), "") if self.kind == "ANY" else self.kind
        if kind not in series:
            raise RefusedError(f"{network.name} has no such series: import a training run, or several inputs")
        return self.work(network, kind, series[kind])

    def work(self, network: bpy.types.Collection, kind: str, series: known.Known) -> str | None:
        """Do it; a line to report."""
        raise NotImplementedError


class NEUROSCENE_OT_step_series(OfSeries, bpy.types.Operator):
    """Move the slider to a whole step"""

    bl_idname = "neuroscene.step_series"
    bl_label = "Step Series"
    bl_options = {"REGISTER", "UNDO"}

    forward: bpy.props.BoolProperty(
        name="Forward", default=True, options={"SKIP_SAVE"}, description="Go to the next step instead of the one before"
    )

    @classmethod
    def description(cls, context, properties):
        return f"Go to the {'next' if properties.forward else 'previous'} step"

    def work(self, network, kind, series):
        return series.says(round(playing.step(network, kind, self.forward)))


class NEUROSCENE_OT_play_series(OfSeries, bpy.types.Operator):
    """Keyframe the slider through all steps from the present frame on, in place of the keys that it has"""

    bl_idname = "neuroscene.play_series"
    bl_label = "Play as Keyframes"
    bl_options = {"REGISTER", "UNDO"}

    way: bpy.props.EnumProperty(
        name="Way",
        items=[(way, *words) for way, words in playing.WAYS.items()],
        options={"SKIP_SAVE"},
        description="Choose how the slider moves",
    )
    seconds: bpy.props.FloatProperty(
        name="Seconds", default=10.0, min=0.1, soft_max=60.0, description="Set the length of All in Some Seconds"
    )

    def work(self, network, kind, series):
        first, last = playing.play(network, kind, self.way, self.seconds)
        return f"{len(series):,} steps in frames {first} to {last}"


class NEUROSCENE_OT_remove_series(OfSeries, bpy.types.Operator):
    """Take the series away. The network keeps the step that it was made with"""

    bl_idname = "neuroscene.remove_series"
    bl_label = "Remove Series"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, network, kind, series):
        following.remove(network, kind)
        return f"{len(series):,} steps removed"
