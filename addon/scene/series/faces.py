# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Books and planes at every step: the numbers of their points, always those of the same units, in ranges that hold for
all steps."""

from __future__ import annotations

from dataclasses import dataclass, field

import bpy
import numpy as np

from ...inference import Ran
from ...network import Network
from ...network.covers import same_units
from ...network.pages import pages
from ...nodes.book import COVER
from .. import sockets
from ..building import books, planes
from ..entities import Book, NetworkScene
from . import showing

Face = tuple[str, str, str]  # a book: the path of its block, or the name of its layer and its place there


@dataclass
class Faces:
    """The books and planes of a scene: blocks by path, and levels of layers. `kept` are the units that covers show."""

    blocks: list[str] = field(default_factory=list)
    levels: dict[str, str] = field(default_factory=dict)
    kept: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, collection: bpy.types.Collection, network: Network) -> Faces:
        """Those of a network in the scene."""
        scene = NetworkScene(collection)
        paths = [book.path for book in scene.members(Book) if not book.layer and book.path in network.block_by_path]
        levels = {name: layer.detail for name, layer in scene.layers().items() if layer.is_plane}
        return cls(paths, {name: level for name, level in levels.items() if name in network.by_name})

    def read(self, shown: Network, ran: Ran | None) -> dict[Face, dict[str, np.ndarray]]:
        """The numbers of their points, `value`, `low` and `reach`, as a network has them. Raises `CheckpointError`."""
        made: dict[Face, dict[str, np.ndarray]] = {}
        with same_units(self.kept):
            for path in self.blocks:
                block = shown.block_by_path.get(path)
                if block is not None:
                    leaves = pages(shown, block)
                    cover, bars = books.read(shown, block, leaves, ran)
                    made[path, "", ""] = _numbers(books.parts_of(leaves, cover, bars))
                    if cover:
                        made[path, "", ""]["full"] = np.array([cover.picture.full])
            known = [layer for layer in shown.layers if layer.name in self.levels]
            for name, every in planes.read(shown, known, self.levels, ran).items():
                for plane in every:
                    if plane.cover:
                        picture = plane.cover.picture
                        made["", name, plane.place] = _numbers([books.points_of(COVER, picture)]) | {
                            "full": np.array([picture.full])
                        }
        return made


def _numbers(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {
        name: np.concatenate([np.asarray(part[name], np.float32) for part in parts])
        for name in ("value", "low", "reach")
    }


def face_of(book: Book) -> Face:
    """By what the numbers of a book are kept."""
    return ("", book.layer, book.place) if book.layer else (book.path, "", "")


def show(book: Book, steps: list[dict[str, np.ndarray]], count: int, whole: bool, follow) -> None:
    """Let a book or a plane show the steps, where it shows as many numbers at each, with ranges that hold for all."""
    size = len(book.obj.data.vertices)
    alike = len(steps) == count and all(len(step["value"]) == size for step in steps)
    if not alike or not size:
        showing.put_still(book.obj)
        return
    values = [step["value"] for step in steps]
    if not whole and all(np.array_equal(each, values[0], equal_nan=True) for each in values):
        showing.put_still(book.obj)
        return
    showing.put(book.obj, arrays={"value": values}, **follow)
    share_ranges(book, steps)


def share_ranges(book: Book, steps: list[dict[str, np.ndarray]]) -> None:
    """Let what is dark and what is bright in a book be the same at all steps."""
    low = np.min([step["low"] for step in steps], axis=0)
    high = np.max([step["low"] + step["reach"] for step in steps], axis=0)
    for name, numbers in (("low", low), ("reach", high - low)):
        book.obj.data.attributes[name].data.foreach_set("value", np.ascontiguousarray(numbers, np.float32))
    extents = [float(step["full"][0]) for step in steps if "full" in step]
    if extents:
        sockets.refresh(book, {"Range": showing.lasting(extents)})
    book.obj.data.update_tag()
