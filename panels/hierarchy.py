# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of the file as trees of blocks and layers; and what to begin with where there is none."""

from __future__ import annotations

import bpy

from ..addon import properties
from ..addon.scene.entities import NetworkScene, chosen, networks, scene_of
from . import pictures
from .sidebar import Sidebar

ICONS = {
    "block": "OUTLINER_COLLECTION",
    "Input": "IMAGE_DATA",
    "Conv": "MOD_ARRAY",
    "ConvTranspose": "MOD_ARRAY",
    "Gemm": "STICKY_UVS_DISABLE",
    "MatMul": "STICKY_UVS_DISABLE",
    "Attention": "CON_TRACKTO",
    "Add": "ADD",
    "Concat": "MOD_EDGESPLIT",
    "MaxPool": "FULLSCREEN_EXIT",
    "AveragePool": "FULLSCREEN_EXIT",
    "GlobalAveragePool": "FULLSCREEN_EXIT",
    "Snapshot": "DUPLICATE",
    "Follower": "LINKED",
}
STEP = 0.6  # of a row's height, a block is indented
FEW, MOST = 4, 9  # rows of the list
_asked = []


def fill_soon(network) -> None:
    """Fill the tree of a network once Blender has drawn: a panel may change nothing."""
    if _asked:
        return
    uuid = NetworkScene(network).uuid
    _asked.append(uuid)

    def fill():
        _asked.clear()
        for other in networks():
            if NetworkScene(other).uuid == uuid and not other.library:
                properties.fill(other)

    bpy.app.timers.register(fill, first_interval=0.0)


class NEUROSCENE_UL_layers(bpy.types.UIList):
    """Blocks and layers of a network in its order; the list's id is the network's uuid"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index):
        obj = context.view_layer.objects.get(item.name)
        row = layout.row(align=True)
        for _ in range(item.depth):
            row.separator(factor=2 * STEP)
        if item.op == "block":
            row.prop(item, "opened", text="", emboss=False, icon="DOWNARROW_HLT" if item.opened else "RIGHTARROW")
        split = row.split(factor=0.6)
        name = split.row(align=True)
        if obj is not None and item.text == obj.name:
            name.prop(obj, "name", text="", emboss=False, icon=ICONS.get(item.op, "DOT"))
        else:
            name.label(text=item.text, icon=ICONS.get(item.op, "DOT"))
        right = split.row(align=True)
        right.alignment = "RIGHT"
        count = right.row()
        count.active = False
        count.label(text=item.count)
        if obj is None:
            right.label(text="", icon="BLANK1")
            right.label(text="", icon="BLANK1")
            return
        right.prop(obj, "hide_select", text="", emboss=False, icon="LOCKED" if obj.hide_select else "UNLOCKED")
        away = obj.hide_get()
        toggle = right.operator(
            "neuroscene.toggle_layer", text="", emboss=False, icon="HIDE_ON" if away else "HIDE_OFF"
        )
        toggle.layer = obj.name

    def draw_filter(self, context, layout):
        row = layout.row(align=True)
        row.prop(self, "filter_name", text="", icon="VIEWZOOM")
        network = next((one for one in networks() if NetworkScene(one).uuid == self.list_id), None)
        if network is not None:
            row.prop(network.neuroscene_state, "operators", text="", icon="FILTER")
        find = row.operator("neuroscene.find_layers", text="", icon="RESTRICT_SELECT_OFF")
        find.uuid, find.text = self.list_id, self.filter_name

    def filter_items(self, context, data, property_name):
        rows = getattr(data, property_name)
        words, op = self.filter_name.lower().split(), data.operators
        if not words and not op:
            return self._open(rows), []
        flag = self.bitflag_filter_item
        shown = [flag if (not op or row.op == op) and all(word in row.sought for word in words) else 0 for row in rows]
        return shown, []

    def _open(self, rows):
        """The rows that no closed block hides."""
        flag = self.bitflag_filter_item
        count = len(rows)
        parents, opened = [0] * count, [False] * count
        rows.foreach_get("parent", parents)
        rows.foreach_get("opened", opened)
        shown = []
        for parent in parents:
            shown.append(flag if parent < 0 or shown[parent] and opened[parent] else 0)
        return shown


class NEUROSCENE_MT_networks(bpy.types.Menu):
    bl_label = "Networks"

    def draw(self, context):
        layout = self.layout
        for network in networks():
            scene = scene_of(network)
            own = scene is None or scene.name == network.name
            text = network.name if own else f"{network.name} in {scene.name}"
            show = layout.operator("neuroscene.show_network", text=text, icon="OUTLINER_OB_POINTCLOUD")
            show.uuid = NetworkScene(network).uuid


class NEUROSCENE_MT_hierarchy(bpy.types.Menu):
    bl_label = "Network"

    def draw(self, context):
        layout = self.layout
        layout.operator_context = "INVOKE_REGION_WIN"
        network = chosen(context)
        uuid = NetworkScene(network).uuid
        layout.operator("neuroscene.reload_checkpoint", icon="FILE_REFRESH").uuid = uuid
        other = layout.operator("neuroscene.reload_checkpoint", text="Reload Another File...", icon="FILEBROWSER")
        other.uuid, other.choose = uuid, True
        layout.operator("neuroscene.compare_checkpoints", icon="MOD_MIRROR").uuid = uuid
        layout.separator()
        layout.operator("neuroscene.arrange_network", icon="ALIGN_LEFT").uuid = uuid
        layout.operator("neuroscene.set_network_detail", icon="MOD_REMESH").uuid = uuid
        for text, which, fold in (("Fold Repeats", "REPEATS", True), ("Unfold All", "ALL", False)):
            folder = layout.operator("neuroscene.fold_blocks", text=text)
            folder.uuid, folder.which, folder.fold = uuid, which, fold
        layout.separator()
        layout.operator("neuroscene.attach_architecture", icon="LINKED").uuid = uuid
        layout.operator("neuroscene.frame_network", icon="CAMERA_DATA").uuid = uuid


class NEUROSCENE_PT_hierarchy(Sidebar, bpy.types.Panel):
    bl_label = "Hierarchy"
    bl_order = 0

    def draw_header_preset(self, context):
        row = self.layout.row(align=True)
        row.operator("neuroscene.import_network", text="", icon="IMPORT", emboss=False)
        if len(networks()) > 1:
            row.menu("NEUROSCENE_MT_networks", text="", icon="SCENE_DATA")
        if networks():
            row.menu("NEUROSCENE_MT_hierarchy", text="", icon="DOWNARROW_HLT")

    def draw(self, context):
        layout = self.layout
        network = _shown(context)
        if network is None:
            _first(layout)
            return
        state = network.neuroscene_state
        if not len(state.rows):
            fill_soon(network)
        layout.template_list(
            "NEUROSCENE_UL_layers",
            NetworkScene(network).uuid,
            state,
            "rows",
            state,
            "active",
            rows=max(FEW, min(MOST, len(state.rows))),
            sort_lock=True,
        )


def _shown(context):
    """The network of the active object, else one of the scene, else any."""
    network = chosen(context)
    here = networks(context.scene)
    return network if network in here or not here else here[0]


def _first(layout):
    """What to begin with: samples with pictures, a file, the manual."""
    column = layout.column(align=True)
    column.scale_y = 1.4
    column.operator("neuroscene.import_network", text="Open a File...", icon="FILEBROWSER")
    dim = layout.column(align=True)
    dim.active = False
    dim.label(text="or drop one into the view")
    layout.label(text="Open a Sample")
    for sample in pictures.SAMPLES:
        box = layout.box()
        row = box.split(factor=0.28)
        row.template_icon(pictures.icon(sample), scale=3.2)
        right = row.column(align=True)
        right.label(text=sample.title)
        small = right.column(align=True)
        small.active = False
        small.scale_y = 0.8
        small.label(text=sample.about)
        right.operator("neuroscene.open_sample", text="Open").sample = sample.name
