# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The active block, or the one that the active book stands for: what is in it, how far it is folded, and its book."""

import bpy

from ..addon.nodes.sockets import BLOCK, BOOK
from ..addon.scene.editing import arranging
from ..addon.scene.entities import BlockBox, Book, LayerObject
from ..addon.scene.texts import words
from .book import told
from .sidebar import Sidebar, advanced, dim, fields, moved, sockets


class NEUROSCENE_PT_block(Sidebar, bpy.types.Panel):
    bl_label = "Block"
    bl_order = 10

    @classmethod
    def poll(cls, context):
        return _block(context.object) is not None

    def draw(self, context):
        layout = self.layout
        block = _block(context.object)
        row = layout.row(align=True)
        row.prop(block.obj, "name", text="", icon="OUTLINER_COLLECTION")
        row.operator("neuroscene.select_block", text="", icon="RESTRICT_SELECT_OFF")
        row.operator("neuroscene.frame_layers", text="", icon="VIEWZOOM")
        dim(layout, _details(block))
        if block.obj == context.object and arranging.moved(block.obj):
            moved(layout)
        if not block.built:
            layout.label(text="Not built: Unfold builds what is inside", icon="INFO")
        column = fields(layout)
        column.active = block.built
        sockets(column, block.modifier, ("Fold",))
        for outer in block.outward():
            sockets(column, outer.modifier, ("Fold",), {"Fold": f"Fold {_name(outer)}"})
        row = layout.row(align=True)
        for text, fold in (("Fold", True), ("Unfold", False)):
            folder = row.operator("neuroscene.fold_blocks", text=text)
            folder.which = "SELECTED"
            folder.fold = fold
        sockets(fields(layout), block.modifier, ("Color",))
        book = next(filter(None, map(Book.of, block.obj.children)), None)
        if book is not None:
            header, body = layout.panel("NEUROSCENE_block_book", default_closed=False)
            header.label(text="Book")
            if body is not None:
                dim(body, (f"{label}: {text}" for label, text in told(book)))
                for names in BOOK.rows():
                    sockets(fields(body), book.modifier, names)
        body = advanced(layout, block.modifier, BLOCK, ("Fold", "Color"))
        if body is not None and book is not None:
            advanced(body, book.modifier, BOOK, BOOK.having("first"))


def _block(obj) -> BlockBox | None:
    """The block that an object is, or that it is the book of."""
    obj = obj.parent if Book.is_one(obj) else obj
    return None if LayerObject.is_one(obj) else BlockBox.of(obj)


def _name(block):
    return words.block_name(block.name, block.repeat)


def _details(block):
    """What is said of a block."""
    yield _name(block)
    if block.path != block.name:
        yield block.path
    parameters = f", {block.parameters:,} parameters" if block.has("parameters") else ""
    yield f"{len(block.layers):,} layers{parameters}"
    if block.inferred:
        yield "found as a run of layers alike" if block.stage else "found by its repetition"
