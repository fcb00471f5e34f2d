# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active block, or that of the active layer: what is in it, and how far it is folded."""

import bpy

from ..addon import compat
from ..addon.scene import tags
from ..addon.scene.editing import arranging
from ..addon.scene.texts import words
from .sidebar import Sidebar, moved, table


class NEUROSCENE_PT_block(Sidebar, bpy.types.Panel):
    bl_label = "Block"

    @classmethod
    def poll(cls, context):
        return _block(context.object) is not None

    def draw(self, context):
        layout, obj = self.layout, _block(context.object)
        facts = tags.read(obj)
        layout.label(text=_name(obj), icon="OUTLINER_COLLECTION")
        table(layout, _details(facts))
        if obj == context.object and arranging.moved(obj):
            moved(layout)
        column = layout.column(align=True)
        column.use_property_split = True
        for box in _outward(obj):
            modifier = tags.modifier(box)
            if modifier:
                text = "Fold" if box == obj else f"Fold {_name(box)}"
                compat.draw_input(column, modifier, _fold(modifier), text)
        row = layout.row(align=True)
        for text, fold in (("Fold", True), ("Unfold", False)):
            folder = row.operator("neuroscene.fold_blocks", text=text)
            folder.which, folder.fold = "SELECTED", fold
        row.operator("neuroscene.select_block", text="Select Layers")


def _block(obj) -> bpy.types.Object | None:
    """The block that an object is, or that its layer is in."""
    if tags.kind(obj) == "layer":
        obj = obj.parent
    return obj if tags.kind(obj) == "block" else None


def _outward(obj):
    """A block and those round it."""
    while tags.kind(obj) == "block":
        yield obj
        obj = obj.parent


def _name(obj):
    facts = obj[tags.KEY]
    return words.block_name(facts["name"], facts["repeat"])


def _fold(modifier):
    """The socket of the slider in its group's interface."""
    return next(
        item for item in modifier.node_group.interface.items_tree if item.item_type == "SOCKET" and item.name == "Fold"
    )


def _details(facts):
    """Labels and texts of the facts on a block."""
    yield "Path", facts["path"]
    if facts["inferred"]:
        yield "Found", "by its repetition"
    yield "Layers", f"{len(facts['layers']):,}"
    if "parameters" in facts:
        yield "Parameters", f"{int(facts['parameters']):,}"
