# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active block, or that of the active layer: what is in it, and how far it is folded."""

import bpy

from ..addon import compat
from ..addon.scene.editing import arranging
from ..addon.scene.entities import BlockBox, Book, LayerObject
from ..addon.scene.texts import words
from .sidebar import Sidebar, moved, table


class NEUROSCENE_PT_block(Sidebar, bpy.types.Panel):
    bl_label = "Block"

    @classmethod
    def poll(cls, context):
        return _block(context.object) is not None

    def draw(self, context):
        layout = self.layout
        block = _block(context.object)
        layout.label(text=_name(block), icon="OUTLINER_COLLECTION")
        table(layout, _details(block))
        if block.obj == context.object and arranging.moved(block.obj):
            moved(layout)
        if not block.built:
            layout.label(text="Not built: Unfold builds what is inside", icon="INFO")
        column = layout.column(align=True)
        column.use_property_split = True
        column.active = block.built
        compat.draw_input(column, block.modifier, _fold(block.modifier), "Fold")
        for outer in block.outward():
            compat.draw_input(column, outer.modifier, _fold(outer.modifier), f"Fold {_name(outer)}")
        row = layout.row(align=True)
        for text, fold in (("Fold", True), ("Unfold", False)):
            folder = row.operator("neuroscene.fold_blocks", text=text)
            folder.which = "SELECTED"
            folder.fold = fold
        row.operator("neuroscene.select_block", text="Select Layers")


def _block(obj) -> BlockBox | None:
    """The block that an object is, or that its layer is in, or that it is the book of."""
    obj = obj.parent if Book.is_one(obj) else obj
    layer = LayerObject.of(obj)
    return next(layer.outward(), None) if layer else BlockBox.of(obj)


def _name(block):
    return words.block_name(block.name, block.repeat)


def _fold(modifier):
    """The socket of the slider in its group's interface."""
    return next(
        item for item in modifier.node_group.interface.items_tree if item.item_type == "SOCKET" and item.name == "Fold"
    )


def _details(block):
    """Labels and texts of the facts on a block."""
    yield "Path", block.path
    if block.inferred:
        yield "Found", "as a run of layers alike" if block.stage else "by its repetition"
    yield "Layers", f"{len(block.layers):,}"
    if block.has("parameters"):
        yield "Parameters", f"{block.parameters:,}"
