# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The training of a network: begin it, see how far it is, let it wait or end."""

import bpy

from ..addon.scene.composing import learning
from ..addon.scene.entities import NetworkScene, chosen
from ..operators.train_network import running
from .sidebar import Sidebar


class NEUROSCENE_PT_training(Sidebar, bpy.types.Panel):
    bl_label = "Training"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 4

    @classmethod
    def poll(cls, context):
        network = chosen(context)
        return network is not None and NetworkScene(network).structure != "inferred"

    def draw(self, context):
        layout = self.layout
        frozen = learning.frozen(chosen(context))
        if frozen:
            layout.label(text=f"Frozen: {', '.join(frozen)}", icon="LOCKED")
        if not running:
            layout.operator("neuroscene.train_network", icon="PLAY").uuid = NetworkScene(chosen(context)).uuid
            return
        lesson = running[0].taught.lesson
        layout.progress(factor=lesson.share, text=f"{running[0].collection}: {lesson.text}")
        row = layout.row(align=True)
        row.operator(
            "neuroscene.pause_training",
            text="Resume" if lesson.paused else "Pause",
            icon="PLAY" if lesson.paused else "PAUSE",
        )
        row.operator("neuroscene.stop_training", icon="SNAP_FACE")
