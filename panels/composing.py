# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network that is written by hand: its layers, the settings of the chosen one, what cannot be; and its training."""

import textwrap

import bpy

from ..addon.composing import SETTINGS
from ..addon.composing.specification import SEVERAL
from ..addon.composing.words import WORDS
from ..addon.scene.composing import changing, choosing, dragging, learning
from ..addon.scene.entities import NetworkScene, chosen
from ..operators.edit_layers import PLACES
from .sidebar import Sidebar

WIDEST = 38  # characters of a line of the panel, at its usual width
MOST = 40  # layers that are listed
BRIEF = {"units": "{}", "kernel": "kernel {}", "heads": "{} heads", "rate": "{:.0%}", "activation": "{}"}
SAME = ("Conv", "DepthwiseConv", "ConvTranspose", "MaxPool", "AveragePool")


def brief(layer) -> str:
    """A layer in a few words: "Conv 16, kernel 3, Relu"."""
    told = []
    for setting, form in BRIEF.items():
        value = layer.settings.get(setting)
        if value is not None:
            told.append(form.format("×".join(map(str, value)) if isinstance(value, list) else value))
    return " ".join([layer.op, ", ".join(told)]).strip()


class NEUROSCENE_MT_add_layer(bpy.types.Menu):
    bl_label = "Add Layer"

    def draw(self, context):
        layout = self.layout
        for place, text, _ in PLACES:
            layout.menu(f"NEUROSCENE_MT_add_layer_{place.lower()}", text=text)


def _menu_of(place: str, text: str) -> type:
    def draw(self, context):
        layout = self.layout
        for op, (label, _) in WORDS.items():
            add = layout.operator("neuroscene.add_layer", text=label)
            add.operator, add.place = op, place

    return type(f"NEUROSCENE_MT_add_layer_{place.lower()}", (bpy.types.Menu,), {"bl_label": text, "draw": draw})


MENUS = tuple(_menu_of(place, text) for place, text, _ in PLACES)


class NEUROSCENE_MT_insert_here(bpy.types.Menu):
    """A layer on the connection whose lines are active"""

    bl_label = "Insert Here"

    def draw(self, context):
        layout = self.layout
        for op, (label, _) in WORDS.items():
            if op not in SEVERAL:
                layout.operator("neuroscene.insert_here", text=label).operator = op


class NEUROSCENE_PT_compose(Sidebar, bpy.types.Panel):
    bl_label = "Compose"
    bl_order = 3

    @classmethod
    def poll(cls, context):
        network = chosen(context)
        return network is not None and bool(NetworkScene(network).specification)

    def draw(self, context):
        layout = self.layout
        network = chosen(context)
        specification = changing.of_network(network)
        if specification is None:
            layout.label(text="What it is written as was edited and cannot be read", icon="ERROR")
            return
        layer = choosing.chosen(network, specification)
        wrong, why = changing.problem_of(network)
        column = layout.column(align=True)
        column.label(text=f"{specification.input}  {' × '.join(map(str, specification.shape))}", icon="IMPORT")
        frozen = NetworkScene(network).frozen
        first = max(0, min(specification.layers.index(layer) - MOST // 2, len(specification.layers) - MOST))
        for each in specification.layers[first : first + MOST]:
            row = column.row(align=True)
            row.alert = each.name == wrong
            pick = row.operator(
                "neuroscene.choose_layer", text=f"{each.name}   {brief(each)}", depress=each.name == layer.name
            )
            pick.layer = each.name
            if each.op in learning.WITH_WEIGHTS:
                lock = row.operator(
                    "neuroscene.freeze_layers", text="", icon="LOCKED" if each.name in frozen else "UNLOCKED"
                )
                lock.layer = each.name
        if len(specification.layers) > MOST:
            column.label(text=f"{len(specification.layers):,} layers, {MOST} of them listed")
        row = layout.row(align=True)
        row.menu("NEUROSCENE_MT_add_layer", text="Add", icon="ADD")
        row.operator("neuroscene.duplicate_layer", text="", icon="DUPLICATE")
        row.operator("neuroscene.move_layer", text="", icon="TRIA_UP").direction = "INPUT"
        row.operator("neuroscene.move_layer", text="", icon="TRIA_DOWN").direction = "OUTPUT"
        row.operator("neuroscene.remove_layer", text="", icon="REMOVE")
        if dragging.moved(network, specification):
            layout.operator("neuroscene.reorder_by_place", icon="SORTSIZE")
        if wrong:
            box = layout.box()
            box.alert = True
            for line in textwrap.wrap(f"{wrong} {why}", WIDEST):
                box.label(text=line)
            box.operator("neuroscene.discard_draft", icon="LOOP_BACK")
        self._fields(layout, network, layer)
        layout.operator("neuroscene.randomize_weights", icon="FILE_REFRESH")

    def _fields(self, layout, network, layer):
        fields = network.neuroscene_layer
        column = layout.column(align=True)
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(fields, "name")
        for setting in SETTINGS[layer.op]:
            if setting == "padding":
                if layer.op in SAME:
                    column.prop(fields, "same")
                if layer.settings.get("padding") == "same":
                    continue
            column.prop(fields, setting)
