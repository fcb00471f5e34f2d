# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the layers and blocks of a network stand. Metres; as a rule the signal runs along +X and Z is up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

import numpy as np

from .layered import Item, LayoutSettings, Place, Route, axes, layered
from .shapes import HEIGHT
from .shelf import DOWN, behind, free, gaps, in_file

MARGIN = 0.05 * HEIGHT  # of a tray round what stands on it
TRAY = 0.018 * HEIGHT  # thickness
STEP = 0.05 * HEIGHT  # down from the tray of a block to that of the block round it
BORDER = 0.1 * HEIGHT  # more room along the signal for each border of a block between two layers
CLOSED = 0.2 * HEIGHT  # depth of a folded block
MOST = 0.9  # of all layers; a block of more has no tray, for it would say nothing

DEFAULT = LayoutSettings()
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Piece:
    """A layer as the layout sees it."""

    name: str
    inputs: tuple[str, ...]
    size: Vector  # of its box, metres: along the signal, to the side, up
    block: str = ""
    level: int = 0  # of a U, how far down it stands
    apart: float = 0.0  # what of its width is free before it; 0: as the row has it


@dataclass(frozen=True)
class BlockPiece:
    """A block as the layout sees it; parents come before children."""

    path: str
    parent: str
    layers: tuple[str, ...]
    quiet: bool | None = None  # whether it has no tray; None: if it holds nearly all layers


@dataclass(frozen=True)
class Frame:
    """A block's place and the sizes of its tray and its folded box, in the world's axes."""

    middle: Vector
    trays: tuple[tuple[Vector, Vector], ...]  # one a row of its layers: place from the middle, and size
    box: Vector
    row: int


@dataclass(frozen=True)
class Arrangement:
    """Places by layer name, frames by block path, lifts by the names of a connection's ends, and how all is turned."""

    places: dict[str, Place]
    frames: dict[str, Frame]
    lifts: dict[tuple[str, str], Vector]
    turn: np.ndarray  # (3, 3), columns: where depth, side and up point
    about: bool = False  # whether maps are turned about, to be looked at from where the signal leaves


def arrange(
    pieces: Sequence[Piece],
    parts: Sequence[BlockPiece],
    settings: LayoutSettings = DEFAULT,
    folded: Collection[str] = (),
    pinned: Mapping[str, Vector] = {},
) -> Arrangement:
    """Arrange layers (in topological order) and blocks.

    Blocks in `folded` take the room of one box; what is in them stands round its middle as it would if they were
    unfolded. Layers in `pinned` stay where they are.
    """
    if settings.slant:  # what is open beside books has no tray
        parts = [replace(part, quiet=True) for part in parts]
    outer = _outermost(parts, folded)
    items, inner = _items(pieces, outer, {part.path: part for part in parts}, settings)
    levels = {outer.get(piece.name, piece.name): piece.level for piece in pieces}
    turn = axes(settings.direction)
    places, routes = _placed(items, settings, levels, turn)
    sizes = {piece.name: piece.size for piece in pieces}
    for path, within in inner.items():
        middle = np.mean(
            _bounds([placement.location for placement in within.values()], [sizes[name] for name in within]), 0
        )
        at = places.pop(path)
        for name, place in within.items():
            moved = np.add(at.location, turn @ np.subtract(place.location, middle))
            places[name] = Place(tuple(moved.tolist()), at.row, at.lane, at.backwards)
    places = {piece.name: places[piece.name] for piece in pieces}
    for name, location in pinned.items():
        if name in places:
            x, y, z = location
            places[name] = Place((x, y, z), places[name].row, places[name].lane, places[name].backwards)
    frames = _frames(pieces, parts, places, turn, outer)
    lifts = {}
    for piece in pieces:
        for name in piece.inputs:
            route = routes.get((outer.get(name, name), outer.get(piece.name, piece.name)))
            lifts[name, piece.name] = route.lift if route else (0.0, 0.0, 0.0)
    return Arrangement(places, frames, lifts, turn, bool(settings.slant))


def _placed(items, settings, levels, turn):
    """The places of items and the routes between them: in a row, or as books on a shelf."""
    if not settings.slant:
        return layered(items, settings, _gap)
    before = gaps(items, levels)
    given = {item.name for item in items if not item.inputs}

    def gap(first: Item, item: Item) -> float:
        return free(first, item, before[item.name], first.name in given and item.name not in given)

    one_file = (
        behind if any(item.apart for item in items) else in_file
    )  # a branch over another would be far from its row
    places, routes = layered(one_file(items), settings, gap)
    routes = {ends: Route((0.0, 0.0, 0.0)) for ends in routes}  # books hide what runs through them
    if not any(levels.values()):
        return places, routes
    for name, place in places.items():
        lower = turn @ (0.0, 0.0, -DOWN * levels[name])
        places[name] = replace(place, location=_tuple(np.add(place.location, lower)), row=place.row + levels[name])
    return places, routes


def _outermost(parts: Sequence[BlockPiece], folded: Collection[str]) -> dict[str, str]:
    """Layer -> the outermost folded block that it is in."""
    paths: dict[str, str] = {}
    for part in parts:  # parents come first
        if part.path in folded:
            for name in part.layers:
                paths.setdefault(name, part.path)
    return paths


def _items(pieces, outer, parts, settings):
    """What is laid out: layers, and in place of folded blocks boxes; and how the layers stand inside those."""
    names: dict[str, list[Piece]] = {}
    for piece in pieces:
        names.setdefault(outer.get(piece.name, piece.name), []).append(piece)
    items = []
    inner = {}
    for name, within in names.items():
        reads = dict.fromkeys(outer.get(tensor, tensor) for piece in within for tensor in piece.inputs)
        reads.pop(name, None)
        if name not in parts or outer.get(within[0].name) != name:
            items.append(Item(name, tuple(reads), within[0].size, within[0].block, within[0].apart))
            continue
        known = {item_within.name for item_within in within}
        inner[name] = layered(
            [
                Item(
                    item_within.name,
                    tuple(n for n in item_within.inputs if n in known),
                    item_within.size,
                    item_within.block,
                )
                for item_within in within
            ],
            LayoutSettings(spacing=settings.spacing, longest=0),
            _gap,
        )[0]
        items.append(Item(name, tuple(reads), box_of(within), parts[name].parent))
    return _sorted(items), inner


def box_of(within: Sequence[Piece]) -> Vector:
    """The size of the box that these layers fold to: as high and wide as the largest, of one depth for all."""
    return CLOSED, max(piece.size[1] for piece in within), max(piece.size[2] for piece in within)


def _sorted(items: list[Item]) -> list[Item]:
    """In topological order; folding may have put a block before something that feeds it, or have made a circle: then
    the layout does without what closes that."""
    by_name = {item.name: item for item in items}
    reads = {item.name: [name for name in item.inputs if name in by_name] for item in items}
    try:
        order = list(TopologicalSorter(reads).static_order())
    except CycleError:
        place = {item.name: number for number, item in enumerate(items)}
        open_ = {name: [source for source in sources if place[source] < place[name]] for name, sources in reads.items()}
        order = list(place)
        by_name = {name: replace(item, inputs=tuple(open_[name])) for name, item in by_name.items()}
    return [by_name[name] for name in order]


def _gap(before: Item, item: Item) -> float:
    """The free room between two layers, for lines to be seen: by their heights, more where a block ends or begins."""
    first, second = (neighbour.block.split("/") if neighbour.block else [] for neighbour in (before, item))
    shared = next(
        (i for i, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]),
        min(len(first), len(second)),
    )
    borders = len(first) + len(second) - 2 * shared
    centres = 0.20 * HEIGHT + 0.19 * max(before.size[2], item.size[2])
    room = max(0.05 * HEIGHT, centres - (before.size[0] + item.size[0]) / 2)
    return room + BORDER * min(3, borders)


def _bounds(places, sizes):
    """The lowest and the highest corner of boxes, each (3,)."""
    centre = np.array(places)
    half = np.array(sizes) / 2
    return (centre - half).min(0), (centre + half).max(0)


def _frames(pieces, parts, places, turn, outer):
    by_name = {piece.name: piece for piece in pieces}
    turned = {name: turn.T @ place.location for name, place in places.items()}  # along, to the side, up
    children: dict[str, list[str]] = {}
    frames, depth, closed = {}, {}, {}
    for part in reversed(parts):  # children come first, for trays stand below one another
        depth[part.path] = 1 + max((depth[child] for child in children.get(part.path, ())), default=-1)
        children.setdefault(part.parent, []).append(part.path)
        rows: dict[int, list] = {}
        for name in part.layers:
            inside = outer.get(name)  # a folded block takes the room of its box
            box = closed[inside] if inside in closed else (turned[name], by_name[name].size)
            rows.setdefault(places[name].row, []).append(box)
        below, wider = STEP * (1 + depth[part.path]), MARGIN * (1 + depth[part.path])
        boxes = [_bounds(*zip(*rows[row], strict=True)) for row in sorted(rows)]
        middle = np.mean([np.min([low for low, _ in boxes], 0), np.max([high for _, high in boxes], 0)], 0)
        trays = []
        for low, high in boxes:
            size = [*(high - low)[:2] + 2 * wider, TRAY]
            place = np.array([*(low + high)[:2] / 2, low[2] - below]) - middle
            quiet = len(part.layers) > MOST * len(pieces) if part.quiet is None else part.quiet
            size = np.multiply(size, not quiet)
            trays.append((_tuple(turn @ place), _tuple(np.abs(turn @ size))))
        box = box_of([by_name[name] for name in part.layers])
        if outer.get(part.layers[0]) == part.path:
            closed[part.path] = middle, box
        frames[part.path] = Frame(_tuple(turn @ middle), tuple(trays), _tuple(np.abs(turn @ box)), min(rows))
    return {part.path: frames[part.path] for part in parts}


def _tuple(vector):
    return tuple(float(number) for number in vector)
