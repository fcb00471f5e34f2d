# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of the file and their layers."""

import textwrap

import bpy

from ..addon.scene import selection
from ..addon.scene.entities import BlockCollection, LayerObject, NetworkScene, networks, scene_of
from .sidebar import Sidebar

LONGEST = 22  # characters of a name in the list
WIDEST = 36  # characters of a line of the panel, at its usual width
MOST_CHANGES = 8  # lines


def tail(name: str) -> str:
    """The end of a long path, by which layers differ."""
    while len(name) > LONGEST and "/" in name:
        name = name.partition("/")[2]
    return name


def called(layer: bpy.types.Object) -> str:
    """The name of a layer's object, without the number that Blender adds where a name is taken."""
    base, _, number = layer.name.rpartition(".")
    name = LayerObject(layer).name
    return base if layer.name != name and number.isdigit() and base and name.startswith(base) else layer.name


class NEUROSCENE_UL_layers(bpy.types.UIList):
    """Layers of a network: its objects, less all that are not layers. The list's id is the network's uuid"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index):
        row = layout.split(factor=0.65)
        row.label(text=tail(called(item).lstrip("/")))
        op = row.row()
        op.active = False
        op.label(text=LayerObject(item).op)

    def draw_filter(self, context, layout):
        row = layout.row(align=True)
        row.prop(self, "filter_name", text="", icon="VIEWZOOM")
        find = row.operator("neuroscene.find_layers", text="", icon="RESTRICT_SELECT_OFF")
        find.uuid, find.text = self.list_id, self.filter_name

    def filter_items(self, context, data, property_name):
        shown = []
        places = []
        sought = self.filter_name
        for place, obj in enumerate(getattr(data, property_name)):
            layer = LayerObject.of(obj)
            shown.append(self.bitflag_filter_item if layer and (not sought or selection.matches(obj, sought)) else 0)
            places.append((place, layer.order if layer else 0))
        return shown, bpy.types.UI_UL_list.sort_items_helper(places, key=lambda pair: pair[1])


class NEUROSCENE_PT_networks(Sidebar, bpy.types.Panel):
    bl_label = "Networks"

    def draw(self, context):
        layout = self.layout
        layout.operator("neuroscene.import_network", icon="IMPORT")
        here = networks(context.scene)
        for network in here:
            self._network(layout.box(), network)
        others = [network for network in networks() if network not in here]
        if others:
            column = layout.column(align=True)
            column.active = False
            column.label(text="In other scenes:")
            for network in others:
                scene = scene_of(network)
                own = scene is None or scene.name == network.name
                column.label(text=network.name if own else f"{network.name} in {scene.name}", icon="SCENE_DATA")

    def _network(self, box, network):
        shown = NetworkScene(network)
        state = network.neuroscene_state
        row = box.row()
        row.prop(
            state,
            "expanded",
            text="",
            emboss=False,
            icon="DISCLOSURE_TRI_DOWN" if state.expanded else "DISCLOSURE_TRI_RIGHT",
        )
        row.prop(network, "name", text="")
        if not state.expanded:
            return
        column = box.column(align=True)
        column.active = False
        column.label(text=f"{shown.parameters:,} parameters, {shown.format}")
        if shown.not_finite:
            warning = box.column(align=True)
            warning.alert = True
            first, *others = textwrap.wrap(shown.not_finite, WIDEST)
            warning.label(text=first[0].upper() + first[1:], icon="ERROR")
            for line in others:
                warning.label(text=line)
        if shown.structure == "inferred":
            column.label(text="Inferred structure", icon="INFO")
        if shown.samples > 1:
            column.label(text=f"Shows sample 1 of {shown.samples:,}")
        for note in shown.notes:
            for line in textwrap.wrap(note, WIDEST):
                column.label(text=line)
        if shown.structure == "inferred":
            box.operator("neuroscene.attach_architecture", icon="LINKED").uuid = shown.uuid
        if shown.input:
            column.label(text=f"Input: {shown.input} ({shown.input_note})")
        box.template_list("NEUROSCENE_UL_layers", shown.uuid, network, "all_objects", state, "active", rows=8)
        row = box.row(align=True)
        runs = row.row(align=True)
        runs.enabled = shown.structure != "inferred"
        runs.operator("neuroscene.run_input", icon="PLAY").uuid = shown.uuid
        row.operator("neuroscene.frame_network", icon="CAMERA_DATA").uuid = shown.uuid
        row = box.row(align=True)
        row.operator("neuroscene.reload_checkpoint", icon="FILE_REFRESH").uuid = shown.uuid
        other = row.operator("neuroscene.reload_checkpoint", text="", icon="FILEBROWSER")
        other.uuid = shown.uuid
        other.choose = True
        _changes(box, shown)
        row = box.row(align=True)
        row.operator("neuroscene.find_layers", icon="VIEWZOOM").uuid = shown.uuid
        row.operator("neuroscene.arrange_network", text="Arrange", icon="ALIGN_LEFT").uuid = shown.uuid
        box.operator("neuroscene.set_network_detail", icon="MOD_REMESH").uuid = shown.uuid
        if any(map(BlockCollection.is_one, network.children)):
            row = box.row(align=True)
            for text, which, fold in (("Fold Repeats", "REPEATS", True), ("Unfold All", "ALL", False)):
                folder = row.operator("neuroscene.fold_blocks", text=text)
                folder.uuid = shown.uuid
                folder.which = which
                folder.fold = fold


def _changes(box, shown):
    """What the last reloading has changed in the structure."""
    lines = shown.changes
    if not lines:
        return
    column = box.column(align=True)
    column.active = False
    for line in lines[:MOST_CHANGES]:
        column.label(text=line)
    if len(lines) > MOST_CHANGES:
        column.label(text=f"and {len(lines) - MOST_CHANGES:,} more")
