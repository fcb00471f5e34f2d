# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Books: a closed block as one mesh, a point a number, with its modifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import bpy
import numpy as np

from ...inference import Ran, activation
from ...layout import HEIGHT
from ...layout import books as sizes
from ...network import Block, Layer, Network
from ...network.covers import HEADS, KERNELS, MAPS, NORMS, PIXELS, SHEET, Cover, Picture, cover
from ...network.norms import NormReader
from ...network.page_bars import Bars, bars
from ...network.pages import Page, pages
from ...network.planes import has_attention
from ...nodes import book as group
from ...nodes import materials as shaders
from ...nodes.book import book_group
from ...nodes.tree import attach
from .. import sockets
from ..attributes import forget_steps_of
from ..entities import BlockBox, Book, NetworkScene, RoleMaterial, Root, network_of

CELLS = PIXELS * PIXELS  # of a cover
GAMMA = {MAPS: 0.7, SHEET: 1.0, HEADS: 0.8, KERNELS: 1.0, NORMS: 1.0}
RIMS = {MAPS: 32, HEADS: 64, KERNELS: 32, NORMS: 15}  # rows and columns of tiles whose cells have rims, at most
ROW_GAP = 0.16  # of the height of a row of a sheet
WEIGHTS_GAP = 0.02
KINDS = {
    "value": "FLOAT",
    "low": "FLOAT",
    "reach": "FLOAT",
    "part": "INT",
    "unit": "INT",
    "row": "INT",
    "column": "INT",
}
FACES = {  # role: map, emission, emission by magnitude
    "maps": ("Lantern", 0.15, 0.95),
    "pages": ("Slate", 0.12, 0.35),
    "heads": ("Brass", 0.10, 1.1),
    "norms": ("Pewter", 0.12, 0.6),
}


def materials(name: str) -> dict[str, bpy.types.Material]:
    """The materials of the books of a network, by role."""
    return {role: shaders.faces(f"{name} {role.capitalize()}", *look) for role, look in FACES.items()} | {
        "boards": shaders.plate(f"{name} Boards", "#101a2e", 0.06, 0.5),
        "arches": shaders.flat(f"{name} Arches", "#a9dcec", 0.8),
    }


def page_thickness(network: Network, blocks: Iterable[Block]) -> float:
    """How thick a page of one channel is, so that the thickest book of these blocks has its full depth."""
    thickest = sizes.THIN if has_attention(network) else sizes.THICKEST
    return sizes.page_thickness((_ends(pages(network, block)) for block in blocks), thickest)


def size_of(
    network: Network, block: Block, thickness: float, width: float = HEIGHT, height: float = HEIGHT
) -> tuple[float, float, float]:
    """What the book of a block takes along the signal, to the side and up, in metres."""
    depth, side, high = sizes.book_size(*_ends(pages(network, block)), thickness, width)
    return depth, side, high - width + height


def make(
    network: Network,
    block: Block,
    block_obj: bpy.types.Object,
    ran: Ran | None,
    materials: Mapping[str, bpy.types.Material],
    thickness: float | None = None,
    side: float = HEIGHT,
    height: float = HEIGHT,
) -> bpy.types.Object:
    """The book of a block, a child of the block's object and in its collection. `thickness` is that of a page of one
    channel; without it, as if there were no other book. Raises `CheckpointError`, and leaves nothing then."""
    shown = pages(network, block)
    contents = read(network, block, shown, ran)
    if thickness is None:
        thickness = sizes.page_thickness([_ends(shown)])
    given = {
        "Page Thickness": thickness,
        "Page Gap": sizes.GAP,
        "Cover Width": side,
        "Cover Height": height,
        "Margin": sizes.MARGIN * side,
        "Arch Width": 2 * sizes.ARCH * side,
        "Arch Rise": sizes.RISE * side,
        "Arch Rise by Span": sizes.SPAN_RISE,
        "Heads Distance": sizes.STOREY * side,
    }
    book = new(f"{block_obj.name} book", block_obj, materials, given)
    _fill(book, block, shown, *contents, materials)
    BlockBox(block_obj).inputs["Book"] = True
    return book.obj


def new(
    name: str,
    owner: bpy.types.Object,
    materials: Mapping[str, bpy.types.Material],
    given: Mapping[str, Any],
    **facts: Any,
) -> Book:
    """An empty book with these inputs and facts, a child of a block or a layer, in its collections."""
    mesh = bpy.data.meshes.new(name)
    obj = bpy.data.objects.new(mesh.name, mesh)
    own = {
        "Heads Material": materials["heads"],
        "Page Material": materials["pages"],
        "Plate Material": materials["boards"],
        "Arch Material": materials["arches"],
        "Follow Material": materials.get("followed"),
        "Empty Material": materials.get("track"),
        "Block": owner,
        "Network": root_of(owner),
    }
    attach(obj, "Book", book_group(), {**given, **own})
    book = Book.make(obj, **facts)
    obj.parent = owner
    for collection in owner.users_collection:
        collection.objects.link(obj)
    return book


def show(book_obj: bpy.types.Object, network: Network, block: Block, ran: Ran | None) -> None:
    """Let a book show a new run, or a newer checkpoint. Raises `CheckpointError`, and then nothing has changed."""
    book = Book(book_obj)
    shown = pages(network, block)
    contents = read(network, block, shown, ran)
    home = network_of(book_obj)
    _fill(book, block, shown, *contents, NetworkScene(home).materials if home else {})


def root_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The root of the network of a block or a layer: the outermost of its parents."""
    while obj.parent:
        obj = obj.parent
    return obj if Root.is_one(obj) else None


def read(network: Network, block: Block, shown: list[Page], ran: Ran | None) -> tuple[Cover | None, Bars]:
    """What the cover and the pages of a book show. Raises `CheckpointError`."""

    def values(layer: Layer) -> np.ndarray | None:
        return activation(layer, ran)

    reader = NormReader()
    return cover(network, block, values, CELLS, reader), bars(network, shown, values, reader)


def _ends(shown):
    return [page.channels for page in shown], [page.ends_block for page in shown]


def _fill(book: Book, block, shown, cover: Cover | None, bars: Bars, materials) -> None:
    """Write points, sockets and facts of a book."""
    obj = book.obj
    _, whole = sizes.reaches(*_ends(shown))
    given = {"Empty": cover is None, "Reach": (whole.thick, whole.gaps, whole.pages)}
    known = Book(obj).inputs
    side = known["Cover Width"]
    facts = {
        "path": block.path,
        "pages": [page.layer.name for page in shown],
        "operators": [page.layer.op for page in shown],
        "channels": [page.channels for page in shown],
        "ends": [place for place, page in enumerate(shown) if page.ends_block],
        "bars": list(bars.meanings),
        **told_of(cover),
    }
    heads = cover.heads if cover else None
    if cover:
        given |= shape_of(cover.picture, side, known["Cover Height"])
    if heads:
        width, _ = sizes.storey(heads.tiles, side)
        given |= {"Heads Width": width, "Heads Gap": sizes.tile_gap(heads.across), "Heads Range": heads.full}
    given["Heads Rows"] = heads.down if heads else 0
    write(obj.data, parts_of(shown, cover, bars))
    book.tell(**facts)
    sockets.refresh(book, given)
    paint(book, materials)
    obj.update_tag()


def parts_of(shown: list[Page], cover: Cover | None, bars: Bars) -> list[dict[str, np.ndarray]]:
    """The points of a book, part by part."""
    reaches, _ = sizes.reaches(*_ends(shown))
    parts = [points_of(group.COVER, cover.picture)] if cover else []
    parts += [points_of(group.HEADS, cover.heads)] if cover and cover.heads else []
    return [*parts, *_of_pages(shown, reaches, bars), _of_arches(sizes.arches(*_ends(shown)))]


def paint(book: Book, materials) -> None:
    """The material of what the cover shows now, unless somebody has put another one there."""
    present = book.inputs["Cover Material"]
    role = RoleMaterial.of(present)
    if present is None or role is not None and role.role in ("maps", "norms", "heads") and role.role != book.cover_role:
        if material := materials.get(book.cover_role):
            book.inputs["Cover Material"] = material


def told_of(cover: Cover | None) -> dict:
    """What a book says of its cover."""
    picture = cover.picture if cover else None
    heads = cover.heads if cover else None
    told = {
        "shows": picture.shows if picture else "",
        "meaning": picture.meaning if picture else "none",
        "layers": list(picture.layers) if picture else [],
        "units": picture.tiles if picture else 0,
        "units_of": picture.units if picture else 0,
        "chosen": picture.chosen if picture else False,
        "alike": bool((picture.whole == picture.whole[0]).all()) if picture else True,
        "whole": picture.whole[0].tolist() if picture else [],
        "bins": picture.bins[0].tolist() if picture else [],
        "every": picture.every if picture else 1,
        "too_large": list(cover.too_large) if cover else [],
        "numbers": cover.size if cover else 0,
    }
    return told | {
        "heads": heads.layers[0] if heads else "",
        "heads_shown": heads.tiles if heads else 0,
        "heads_of": heads.units if heads else 0,
        "heads_meaning": heads.meaning if heads else "",
        "heads_whole": heads.whole[0].tolist() if heads else [],
    }


def shape_of(picture: Picture, width: float, height: float) -> dict:
    """The sockets of the cover for what it shows: tiles as wide as have room, that keep the proportions of maps."""
    across, down = picture.across, picture.down
    aspect = 0.0
    gap = sizes.tile_gap(across)
    if picture.shows == SHEET:
        gap = ROW_GAP * height / (width * max(1, down))
    elif picture.shows in (MAPS, HEADS, KERNELS):
        rows, columns = picture.whole[0]
        aspect = float(rows) / float(columns)
        tile = width * (1 - gap * (across - 1)) / across
        if aspect * tile * down + gap * width * (down - 1) > height * (1 + 1e-6):
            aspect = 0.0  # broader than they are
    else:
        gap = WEIGHTS_GAP
    return {
        "Tile Rows": down,
        "Tile Aspect": aspect,
        "Tile Gap": gap,
        "Rim Up To": RIMS.get(picture.shows, 0),
        "Range": picture.full,
        "Gamma": GAMMA[picture.shows],
        "Magnitude": picture.shows == SHEET,
        "Token Rows": picture.shows == SHEET,
        "Row Step": int(picture.bins[0, 0]) if picture.shows == SHEET else 1,
    }


def points_of(part: int, picture: Picture, turned: bool = False) -> dict[str, np.ndarray]:
    """The points of the cells of tiles. What is `turned` has the rows of its tensor as columns of tiles."""
    tile, row, column = picture.cells
    place = np.arange(picture.tiles)
    line, turn = place // picture.across, place % picture.across
    count = np.full(picture.tiles, picture.across)
    if picture.spread:
        count = np.minimum(picture.across, picture.tiles - line * picture.across)
    low, reach = picture.ranges.T
    down, across = ((at + 0.5) / picture.shape[tile, axis] for axis, at in enumerate((row, column)))
    sized = np.pad(picture.shape[:, ::-1], ((0, 0), (0, 1))).astype(np.float32)
    unit = picture.unit
    first = row * picture.bins[tile, 0], column * picture.bins[tile, 1]
    if picture.shows == SHEET:  # its tiles are the rows
        first, unit = (unit[tile], first[1]), np.zeros_like(unit)
    elif picture.shows == NORMS and len(picture.layers) > 1:
        unit = picture.layer
    return {
        "position": np.stack([turn[tile] + across, line[tile] + down, count[tile]], -1),
        group.FAR: sized[tile],
        "value": picture.values,
        "low": low[tile],
        "reach": reach[tile],
        "part": np.full(len(tile), part, np.int32),
        "unit": unit[tile],
        "row": first[int(turned)],
        "column": first[int(not turned)],
    }


def _of_pages(shown, reaches, bars: Bars) -> list[dict[str, np.ndarray]]:
    """The points of bars, and of pages, which have the mean of their bars."""
    ends = np.array([[_vector(near), _vector(far)] for near, far in reaches], np.float32)
    near, far = ends[bars.page, 0], ends[bars.page, 1]
    counts = np.bincount(bars.page, minlength=len(shown))[bars.page].astype(np.float32)[:, None]
    step = (far - near) / counts
    place = bars.place[:, None].astype(np.float32)
    low, reach = bars.ranges.T
    edges = {
        "position": near + step * place,
        group.FAR: near + step * (place + 1),
        "value": bars.value,
        "low": low,
        "reach": reach,
        "part": np.full(len(bars.page), group.BAR, np.int32),
        "unit": bars.page,
        "row": bars.place,
        "column": np.zeros(len(bars.page), np.int32),
    }
    with np.errstate(invalid="ignore"):
        sums = np.bincount(bars.page, bars.value, len(shown)) / np.bincount(bars.page, minlength=len(shown))
    first = np.searchsorted(bars.page, np.arange(len(shown)))
    leaves = {
        "position": ends[:, 0],
        group.FAR: ends[:, 1],
        "value": sums,
        "low": low[first],
        "reach": reach[first],
        "part": np.full(len(shown), group.PAGE, np.int32),
        "unit": np.arange(len(shown)),
        "row": np.zeros(len(shown), np.int32),
        "column": np.zeros(len(shown), np.int32),
    }
    return [edges, leaves]


def _of_arches(arches) -> dict[str, np.ndarray]:
    count = len(arches)
    ends = np.array([[_vector(begin), _vector(end)] for begin, end in arches], np.float32).reshape(count, 2, 3)
    zeros = np.zeros(count)
    return {
        "position": ends[:, 0],
        group.FAR: ends[:, 1],
        "part": np.full(count, group.ARCH),
        "unit": np.arange(count),
        **dict.fromkeys(("value", "low", "reach", "row", "column"), zeros),
    }


def _vector(reach):
    return reach.thick, reach.gaps, reach.pages


def write(mesh: bpy.types.Mesh, parts: list[dict[str, np.ndarray]]) -> None:
    """Let a mesh have these points and no others."""
    mesh.clear_geometry()
    forget_steps_of(mesh)
    if not parts:
        mesh.update_tag()
        return
    mesh.vertices.add(sum(len(part["part"]) for part in parts))
    for name in ("position", group.FAR):
        vectors = np.concatenate([part[name] for part in parts]).astype(np.float32)
        attribute = mesh.attributes.get(name) or mesh.attributes.new(name, "FLOAT_VECTOR", "POINT")
        attribute.data.foreach_set("vector", np.ascontiguousarray(vectors).ravel())
    for name, kind in KINDS.items():
        numbers = np.concatenate([part[name] for part in parts]).astype(np.int32 if kind == "INT" else np.float32)
        attribute = mesh.attributes.get(name) or mesh.attributes.new(name, kind, "POINT")
        attribute.data.foreach_set("value", numbers)
    mesh.update_tag()
