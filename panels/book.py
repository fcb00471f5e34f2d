# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plane of the active layer: what it shows, and how."""

import bpy

from ..addon.nodes.sockets import BOOK
from ..addon.scene.entities import Book, LayerObject
from ..addon.scene.texts import words
from .sidebar import Sidebar, inspector


class NEUROSCENE_PT_book(Sidebar, bpy.types.Panel):
    bl_label = "Plane"
    bl_order = 11

    @classmethod
    def poll(cls, context):
        return _book(context.object) is not None

    def draw(self, context):
        book = _book(context.object)
        inspector(self.layout, told(book), BOOK, book.modifier)


def _book(obj) -> Book | None:
    """The plane that an object is, or that stands for its layer."""
    children = obj.children if LayerObject.is_one(obj) else ()
    book = Book.of(obj) or next(filter(None, map(Book.of, children)), None)
    return book if book is not None and book.layer else None


def told(book):
    """Labels and texts of the facts on a book."""
    yield "Plane" if book.layer else "Cover", words.of_cover(book)
    if book.shows:
        yield "Numbers", book.meaning
    if book.heads:
        yield "Heads", f"{book.heads_shown:,} of {book.heads_of:,}, {book.heads_meaning}"
    if book.turned:
        yield "Columns", "outputs"
    if max(book.bins, default=1) > 1:
        yield "Bins", " × ".join(f"{step:,}" for step in book.bins)
    if book.path:
        yield "Pages", f"{len(book.pages):,}"
    if set(book.bars) - {"none"}:
        yield "Edges", ", ".join(sorted(set(book.bars) - {"none"}))
    if book.too_large:
        yield "Left Out", f"weights of {len(book.too_large):,} layers, too many to be read"
