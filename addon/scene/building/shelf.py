# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The books of a network: made, labelled, and shown anew with another run."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import bpy

from ...inference import Ran
from ...layout import HEIGHT
from ...layout.planes import WIDE as WIDTH
from ...network import Network
from ...network.covers import PIXELS, square_of
from ...network.planes import has_attention
from ..entities import Book, Label, NetworkScene
from ..texts import labels, words
from . import books, skips

WIDE = 3  # of the largest maps side by side are as wide as a full cover
SHRINK = 0.38  # the power by which covers of small maps are smaller


def covers(network: Network, paths: Collection[str]) -> dict[str, tuple[float, float]]:
    """The width and height of the cover of each of these blocks, in metres: of a U-Net as wide as its maps are large,
    and no higher than their rows; where tokens look at one another as narrow as sheets."""
    level = network.levels
    if has_attention(network):
        return dict.fromkeys(paths, (WIDTH, HEIGHT))
    if not level:
        return dict.fromkeys(paths, (HEIGHT, HEIGHT))
    largest = max(layer.grid.rows for layer in network.layers)
    made = {}
    for path in paths:
        grid = network.layer(network.block_by_path[path].layers[-1]).grid
        across = min(max(1, PIXELS // grid.rows), square_of(grid.units))
        width = HEIGHT * min(1.0, across * grid.rows / (WIDE * largest)) ** SHRINK
        made[path] = width, width * -(-min(grid.units, across * across) // across) / across
    return made


def fill(
    network: Network,
    paths: Collection[str],
    boxes: Mapping[str, bpy.types.Object],
    ran: Ran | None,
    paints: Mapping[str, bpy.types.Material],
    thickness: float,
) -> None:
    """Make the books of these blocks, whose objects are `boxes`. Raises `CheckpointError`."""
    sides = covers(network, paths)
    for path in paths:
        block = network.block_by_path[path]
        book = Book(books.make(network, block, boxes[path], ran, paints, thickness, *sides[path]))
        labels.say(boxes[path], words.of_book(network, block, book))


def show(collection: bpy.types.Collection, network: Network, ran: Ran | None) -> None:
    """Let the books of a network show a new run, or a newer checkpoint, and their labels say so."""
    scene = NetworkScene(collection)
    boxes = scene.blocks()
    texts = _texts(scene)
    skips.lead(scene.bundles(), network, ran, scene.materials)
    for book in list(scene.members(Book)):
        block = network.block_by_path.get(book.path)
        if block is None or book.path not in boxes:
            continue
        books.show(book.obj, network, block, ran)
        owner = boxes[book.path].obj
        labels.say(owner, words.of_book(network, block, book))
        _write(owner, book.path, texts)


def rename(scene: NetworkScene, network: Network, paths: Collection[str]) -> None:
    """Let the labels of these blocks, which are books no more, say what is in them."""
    boxes = scene.blocks()
    texts = _texts(scene)
    for path in paths:
        labels.say(boxes[path].obj, words.of_block(network.block_by_path[path], network))
        _write(boxes[path].obj, path, texts)


def _texts(scene: NetworkScene) -> dict[tuple[str, str], bpy.types.Object]:
    """The texts of the labels of blocks by path and part."""
    return {(label.owner, label.part): label.obj for label in scene.members(Label) if label.of_kind == "block"}


def _write(owner: bpy.types.Object, path: str, texts: Mapping[tuple[str, str], bpy.types.Object]) -> None:
    """Let the texts of a block's label that are there say what it says now."""
    for part in labels.parts(owner):
        if (path, part.name) in texts:
            labels.write(texts[path, part.name], part)
