# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network, where nothing of it is inspected by itself: how it looks, what holds for all of it, and its file."""

import textwrap
from pathlib import Path

import bpy

from ..addon.nodes import materials
from ..addon.nodes.sockets import NETWORK
from ..addon.scene.entities import (
    Annotation,
    Arcs,
    BlockBox,
    Book,
    Bundle,
    Floor,
    LayerCopy,
    LayerObject,
    NetworkScene,
    chosen,
)
from .sidebar import Sidebar, advanced, dim, fields, sockets

INSPECTED = (LayerObject, LayerCopy, Bundle, BlockBox, Book, Arcs, Annotation)
TOKEN = "Followed Token"  # of attention alone
WIDEST = 40  # characters of a line of the panel, at its usual width
MOST_CHANGES = 6  # lines


class NEUROSCENE_PT_network(Sidebar, bpy.types.Panel):
    bl_label = "Network"
    bl_order = 10

    @classmethod
    def poll(cls, context):
        return chosen(context) is not None and not any(kind.is_one(context.object) for kind in INSPECTED)

    def draw(self, context):
        layout = self.layout
        network = chosen(context)
        scene = NetworkScene(network)
        row = layout.row(align=True)
        row.prop(network, "name", text="", icon="OUTLINER_OB_POINTCLOUD")
        row.operator("neuroscene.frame_network", text="", icon="VIEW_CAMERA").uuid = scene.uuid
        _warnings(layout, scene)
        _look(layout, scene)
        root = scene.any_root()
        if root is None:
            layout.label(text="The root was deleted: undo that", icon="ERROR")
            return
        column = fields(layout)
        names = [name for name in NETWORK.having("first") if name != TOKEN or any(scene.members(Arcs))]
        rows = sockets(column, root.modifier, names)
        rows["Expansion"].active = bool(root.inputs["Expand"])
        if root.inputs["Prune"] > 0:
            layout.operator("neuroscene.check_pruning").uuid = scene.uuid
        if root.inputs["Prune"] > 0 or scene.proof:
            row = layout.row(align=True)
            row.operator("neuroscene.prove_pruning").uuid = scene.uuid
            if scene.proof:
                row.operator("neuroscene.hide_proof", text="", icon="X").uuid = scene.uuid
        row = layout.row(align=True)
        for floor in scene.members(Floor):
            row.prop(floor.obj, "hide_render", text="Floor", invert_checkbox=True, toggle=True)
        row.operator("neuroscene.arrange_network", text="Arrange", icon="ALIGN_LEFT").uuid = scene.uuid
        _file(layout, scene)
        body = advanced(layout, root.modifier, NETWORK, NETWORK.having("first"))
        if body is not None:
            column = body.column(align=True)
            column.operator("neuroscene.set_network_detail", icon="MOD_REMESH").uuid = scene.uuid
            column.operator("neuroscene.set_colors", icon="DRIVER_DISTANCE")
            column.operator("neuroscene.copy_look", icon="PASTEDOWN")
            row = column.row(align=True)
            row.operator("neuroscene.save_look", icon="EXPORT")
            row.operator("neuroscene.load_look", icon="IMPORT")
            if scene.structure == "inferred":
                column.operator("neuroscene.attach_architecture", icon="LINKED").uuid = scene.uuid


def _look(layout, scene):
    """The style, and the color maps of cells and lines."""
    column = layout.column(align=True)
    row = column.split(factor=0.4, align=True)
    left = row.row()
    left.alignment = "RIGHT"
    left.label(text="Style")
    right = row.row(align=True)
    right.operator_menu_enum("neuroscene.apply_style", "style", text=scene.style or "Cinema")
    right.operator("neuroscene.save_style", text="", icon="ADD")
    for shown, role in (("CELLS", "cells"), ("LINES", "lines")):
        name = materials.map_of(scene.materials.get(role)) or "Edited"
        row = column.split(factor=0.4, align=True)
        left = row.row()
        left.alignment = "RIGHT"
        left.label(text=shown.capitalize())
        row.operator_menu_enum("neuroscene.set_map", "map", text=name).shown = shown


def _warnings(layout, scene):
    if scene.not_finite:
        warning = layout.column(align=True)
        warning.alert = True
        first, *others = textwrap.wrap(scene.not_finite, WIDEST)
        warning.label(text=first[0].upper() + first[1:], icon="ERROR")
        for line in others:
            warning.label(text=line)
    if scene.changes:
        lines = scene.changes
        dim(layout, lines[:MOST_CHANGES] + [f"and {len(lines) - MOST_CHANGES:,} more"] * (len(lines) > MOST_CHANGES))


def _file(layout, scene):
    """What the file is."""
    header, body = layout.panel("NEUROSCENE_network_file", default_closed=False)
    header.label(text="File")
    if body is None:
        return
    said = [Path(scene.source).name, f"{scene.parameters:,} parameters, {scene.format}"]
    if scene.producer:
        said.append(f"by {scene.producer}")
    if scene.structure == "inferred":
        said.append("Structure inferred from the weights")
    if scene.samples > 1:
        said.append(f"Shows sample 1 of {scene.samples:,}")
    said += [line for note in scene.notes for line in textwrap.wrap(note, WIDEST)]
    dim(body, said)
