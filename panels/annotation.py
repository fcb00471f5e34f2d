# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active annotation: what it reads, and how it looks."""

import bpy

from ..addon.nodes.sockets import ANNOTATION
from ..addon.scene.entities import Annotation
from .sidebar import Sidebar, advanced, dim, fields, head, sockets


class NEUROSCENE_PT_annotation(Sidebar, bpy.types.Panel):
    bl_label = "Annotation"
    bl_order = 10

    @classmethod
    def poll(cls, context):
        return Annotation.is_one(context.object)

    def draw(self, context):
        layout = self.layout
        note = Annotation(context.object)
        head(layout, note.obj, "SYNTAX_OFF")
        if note.source:
            dim(layout, [f"reads a line from {note.source} to {note.layer}"])
        else:
            dim(layout, [f"reads {note.layer}: unit {note.unit + 1}, row {note.row + 1}, column {note.column + 1}"])
        if note.obj.hide_render:
            layout.label(text="Hidden: its cell is not drawn now", icon="INFO")
        for names in ANNOTATION.rows():
            sockets(fields(layout), note.modifier, names)
        advanced(layout, note.modifier, ANNOTATION, ANNOTATION.having("first"))
