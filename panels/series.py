# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The series of a network: sliders, and the ways through them."""

import bpy

from ..addon.nodes.sockets.series import SLIDERS
from ..addon.scene.entities import NetworkScene, chosen
from ..addon.scene.series import known, playing, showing
from .sidebar import Sidebar, sockets


class NEUROSCENE_PT_series(Sidebar, bpy.types.Panel):
    bl_label = "Series"
    bl_parent_id = "NEUROSCENE_PT_data"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout = self.layout
        network = chosen(context)
        uuid = NetworkScene(network).uuid if network else ""
        series = known.read(network) if network else {}
        for kind, told in series.items():
            if kind == "evidence":  # it has a panel of its own
                continue
            modifier = showing.slider(network, kind)
            if modifier is not None:
                self._slider(layout.box(), network, kind, told, modifier, uuid)
        row = layout.row(align=True)
        row.operator("neuroscene.import_series", icon="IMPORT")
        watching = bpy.ops.neuroscene.stop_watching.poll()
        row.operator(f"neuroscene.{'stop_watching' if watching else 'watch_folder'}", icon="HIDE_OFF")

    def _slider(self, box, network, kind, series, modifier, uuid):
        at = min(len(series) - 1, max(0, round(playing.place(network, kind))))
        box.label(text=series.says(at))
        row = box.row(align=True)
        self._button(row, "neuroscene.step_series", kind, uuid, "TRIA_LEFT").forward = False
        sockets(row, modifier, [SLIDERS[kind]])
        self._button(row, "neuroscene.step_series", kind, uuid, "TRIA_RIGHT").forward = True
        notes = box.column(align=True)
        notes.active = False
        for text in filter(None, (series.answers(at), series.counted(), series.thinned())):
            notes.label(text=text)
        if kind == "samples":
            box.operator("neuroscene.sort_samples", icon="SORTSIZE").uuid = uuid
        if series.wrong >= 0:
            warning = box.column()
            warning.alert = True
            warning.label(text=f"Not finite from {series.heads(series.wrong)} on", icon="ERROR")
        row = box.row(align=True)
        for way, (text, _) in playing.WAYS.items():
            button = self._button(row, "neuroscene.play_series", kind, uuid, "NONE", text.split(" ")[0])
            button.way = way
        self._button(row, "neuroscene.remove_series", kind, uuid, "X")

    @staticmethod
    def _button(row, operator, kind, uuid, icon, text=""):
        button = row.operator(operator, text=text, icon=icon)
        button.kind = kind
        button.uuid = uuid
        return button
