# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layered drawing of a graph of boxes: in depth what reads stands behind what it reads, up are its parallel branches.

After K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system structures", IEEE
Transactions on Systems, Man, and Cybernetics 11(2), 1981; with lengths in metres for ranks and whole paths for nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod, tan

import numpy as np

from .chains import chains
from .depths import depths
from .graph import LayoutGraph, Row
from .lanes import Drawing
from .wrap import break_rows, parts, rows_for

BETWEEN = 0.6  # free height between rows, in mean heights of an item
TURNS = 2  # of choosing how many rows there are by how high they are
# For each direction of the signal where depth, side and up of a layer point, each a proper rotation of X, Y, Z. Along Z
# the drawing is turned as a whole about the side, so that it is still seen from the front.
_AXES = {
    "X": ("X", "Y", "Z"),
    "-X": ("-X", "-Y", "Z"),
    "Y": ("Y", "-X", "Z"),
    "-Y": ("-Y", "X", "Z"),
    "Z": ("Z", "Y", "-X"),
    "-Z": ("-Z", "Y", "X"),
}


@dataclass(frozen=True)
class Item:
    """A layer, or a block folded to one box. Items come in a topological order."""

    name: str
    inputs: tuple[str, ...]  # names of other items
    size: tuple[float, float, float]  # metres: along the signal, to the side, up; of its box, about its centre
    block: str = ""  # path of its block, "a/b/c"
    apart: float = 0.0  # what of its width is free before it in a row of sheets; 0: as the row has it


@dataclass(frozen=True)
class LayoutSettings:
    """How items are arranged."""

    direction: str = "X"  # of the signal: X, Y, Z, -X, -Y, -Z
    spacing: float = 1.0  # factor on all gaps along the signal
    longest: float = 100.0  # metres of a row; a longer network wraps. 0: never
    snake: bool = True  # rows run to and fro; else all in the same direction
    slant: float = 0.0  # radians, by which a row is turned to the side of the way that its items face


@dataclass(frozen=True)
class Place:
    """Where an item stands."""

    location: tuple[float, float, float]  # metres, of its centre
    row: int
    lane: int  # 0 on the main line, 1, 2, ... above it, -1, -2, ... below
    backwards: bool  # in a row that runs against the direction


@dataclass(frozen=True)
class Route:
    """How a connection runs."""

    lift: tuple[float, float, float]  # metres; how far its middle stands off the way between its ends


def axes(direction: str) -> np.ndarray:
    """Where depth, side and up of a layer point in the world, as columns (3, 3): a rotation."""
    unit = dict(zip("XYZ", np.eye(3), strict=True))
    return np.column_stack([unit[axis[-1]] * (-1 if axis[0] == "-" else 1) for axis in _AXES[direction]]) + 0.0


def layered(
    items: Sequence[Item], settings: LayoutSettings, gap: Callable[[Item, Item], float]
) -> tuple[dict[str, Place], dict[tuple[str, str], Route]]:
    """A place for each item by name, and a route for each connection by the names of its ends.

    `gap` is the free distance in metres between two items of which the second reads the first, before `spacing`. No two
    boxes meet. The first item of the main line, the longest path, stands in the origin.
    """
    if not items:
        return {}, {}
    graph = LayoutGraph()
    number = {item.name: index for index, item in enumerate(items)}
    for item in items:
        before = [items[number[name]] for name in item.inputs]
        graph.add(
            {
                number[source.name]: (source.size[0] + item.size[0]) / 2 + gap(source, item) * settings.spacing
                for source in before
            }
        )
    length, height = np.array([(item.size[0], item.size[2]) for item in items], float).T
    whole = Row(
        np.arange(len(items)),
        graph,
        chains(graph, [prod(item.size) for item in items]),
        np.array(depths(graph, length.tolist())),
        length,
        height,
    )
    between = BETWEEN * (float(height.mean()) or 1.0)
    rows = _rows(whole, [item.block for item in items], settings.longest, between)
    return _in_world(items, rows, between, settings)


def _rows(whole, blocks, longest, between):
    """The rows drawn. How many there are depends on how high they are, so they may be drawn anew."""
    length = whole.back.max() - whole.front.min()
    if not 0 < longest < length:
        return [Drawing(whole)]
    filled = (whole.length * whole.height).sum() / length  # of the height, by all that stand beside each other
    count = rows_for(length, max(filled, whole.height.max()) + between)
    for _ in range(TURNS):
        rows = [Drawing(row) for row in parts(whole, break_rows(whole, blocks, count))]
        before = count
        count = rows_for(length, sum(row.above + row.below + between for row in rows) / len(rows))
        if count == before:
            break
    return rows


def _in_world(items, rows, between, settings):
    """Places and routes, of rows one below the other."""
    turn = axes(settings.direction)
    places, lifts = {}, {}
    along, up = 0.0, 0.0
    for number, drawing in enumerate(rows):
        row = drawing.row
        backwards = settings.snake and number % 2 == 1
        if number:
            up -= rows[number - 1].below + between + drawing.above
        if number == 0:
            ahead = row.depth - row.depth[row.chains[0][0]]
            margin = (ahead - row.length / 2).min()
        elif settings.snake:
            ahead = along + (row.depth - row.depth.min()) * (-1 if backwards else 1)
        else:
            ahead = row.depth - row.front.min() + margin
        along = float(ahead[row.depth.argmax()])
        for item, depth, chain in zip(row.items.tolist(), ahead.tolist(), drawing.chain_of, strict=True):
            location = turn @ (depth, depth * tan(settings.slant), up + drawing.up[chain])
            places[items[item].name] = Place(tuple(location.tolist()), number, drawing.lane[chain], backwards)
        lifts |= {
            (items[row.items[source]].name, items[row.items[item]].name): lift
            for (source, item), lift in drawing.lifts.items()
        }
    routes = {
        (name, item.name): Route(tuple((turn[:, 2] * lifts.get((name, item.name), 0.0)).tolist()))
        for item in items
        for name in item.inputs
    }
    return {item.name: places[item.name] for item in items}, routes
