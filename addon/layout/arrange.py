# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers along one axis by depth, each with the arrangement of its cells. Metres; signal runs along +X, Z is up."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import ceil, isqrt, radians, sqrt

from ..network import Layer, Network
from ..network.drawn import Drawn

HEIGHT = 10.0  # of the tallest layer, metres; every other length follows it
TURN = radians(28)  # maps stand like louvres, half towards the camera
COLUMN = 40  # units; a longer vector becomes a ribbon several cells wide
LANE = 1.12  # distance of parallel branches, in heights
BEHIND = 0.105  # distance of an activation behind the layer it acts on, in heights
LONGEST = 10.0  # of a row of layers, in heights; a longer network wraps into rows
ROW = 1.75  # distance of rows, in heights, with one lane in each
FUNNEL = 0.62  # heights follow (cells high) ** FUNNEL, so that small maps stay readable


@dataclass(frozen=True)
class Placement:
    """Where a layer stands and how its cells are laid out."""

    x: float
    z: float
    height: float
    width: float
    pitch: float  # distance of neighbouring cells
    unit_columns: int
    unit_gap: float  # empty cells between maps
    round: bool
    turn: float  # radians about Z
    lane: int = 0  # of parallel branches
    row: int = 0  # of a network that is wrapped


@dataclass(frozen=True)
class _Shape:
    height: float
    width: float
    pitch: float
    unit_columns: int
    unit_gap: float
    round: bool
    turn: float


def arrange(network: Network, drawn: dict[str, Drawn]) -> dict[str, Placement]:
    """A placement for every layer, by name. Layers stand behind all that they read; branches get lanes of their own."""
    tallest = max((_cells_high(layer, drawn[layer.name]) for layer in network.layers if _is_map(layer)), default=1)
    placed: dict[str, Placement] = {}
    lanes: dict[int, list[tuple[float, float]]] = {}
    lane_of: dict[str, int] = {}
    for layer in network.layers:
        shape = _shape(layer, drawn[layer.name], tallest)
        x = max((placed[name].x + _distance(layer, shape, placed[name]) for name in layer.inputs), default=0.0)
        lane = _free_lane(lanes, min((lane_of[name] for name in layer.inputs), key=abs, default=0), x)
        lane_of[layer.name] = lane
        placed[layer.name] = Placement(x, lane * LANE * HEIGHT, lane=lane, **vars(shape))
    return _wrapped(network, placed)


def _wrapped(network: Network, placed: dict[str, Placement]) -> dict[str, Placement]:
    """A long network in rows one below the other, each read from the input's side, for a picture twice as wide as high.

    Rows begin where the fewest connections have to come along.
    """
    length, lanes = (max(one.x for one in placed.values()) / HEIGHT,
                     (max(one.z for one in placed.values()) - min(one.z for one in placed.values())) / HEIGHT)
    if length <= LONGEST:
        return placed
    step = ROW + lanes
    rows = max(2, round(sqrt(length / (2.2 * step))))
    starts = _row_starts(network, placed, rows)
    rows_of = {name: bisect_right(starts, one.x) - 1 for name, one in placed.items()}
    return {name: replace(one, x=one.x - starts[rows_of[name]], z=one.z - rows_of[name] * step * HEIGHT,
                          row=rows_of[name]) for name, one in placed.items()}


def _row_starts(network, placed, rows):
    """Where rows begin along X: near equal parts, before a layer that is not close behind another."""
    spans = sorted((placed[name].x, placed[layer.name].x) for layer in network.layers for name in layer.inputs)
    heads = sorted({placed[layer.name].x for layer in network.layers if not layer.elementwise})
    part = max(heads) / rows
    starts = [0.0]
    for row in range(1, rows):
        near = [x for x in heads if abs(x - row * part) < 0.2 * part and x > starts[-1]]
        if near:
            starts.append(min(near, key=lambda x: (sum(begin < x <= end for begin, end in spans),
                                                   abs(x - row * part))))
    return starts


def _distance(layer, shape, before):
    if layer.elementwise:
        return BEHIND * HEIGHT
    return 0.20 * HEIGHT + 0.19 * max(shape.height, before.height)


def _free_lane(lanes, wanted, x):
    """The lane nearest to the wanted one in which nothing stands at this depth."""
    half = 0.45 * BEHIND * HEIGHT  # less than half, so that rounding never parts a layer from its activation
    for step in range(2 * len(lanes) + 3):
        lane = wanted + (step + 1) // 2 * (1 if step % 2 else -1)
        taken = lanes.setdefault(lane, [])
        if all(x + half <= begin or x - half >= end for begin, end in taken):
            taken.append((x - half, x + half))
            return lane
    raise AssertionError("one lane more than there are is always free")


def _is_map(layer: Layer) -> bool:
    return layer.grid.is_map and layer.op != "Input"


def unit_columns(units: int) -> int:
    """Columns of a grid of maps, taller than wide: 16 -> 4, 8 -> 2, 10 -> 2."""
    root = isqrt(units)
    return next((n for n in range(root, 0, -1) if units % n == 0 and 2 * n >= root), root)


def _gap(cells: int) -> int:
    """Empty cells between maps: 4, 3, 2 for maps of 28, 14, 7 cells."""
    return round(1.1 + 0.11 * cells)


def _cells_high(layer, drawn):
    """Rows of cells of a layer at its full resolution, with the units that are drawn."""
    rows = ceil(len(drawn.units) / unit_columns(len(drawn.units)))
    return rows * layer.grid.rows + (rows - 1) * _gap(layer.grid.rows)


def _shape(layer, drawn, tallest) -> _Shape:
    if not layer.grid.is_map:
        return _vector(len(drawn.units))
    units, rows, columns = len(drawn.units), len(drawn.rows), len(drawn.columns)
    across = unit_columns(units)
    down, gap = ceil(units / across), _gap(max(rows, columns) if units > 1 else 0)
    high, wide = down * rows + (down - 1) * gap, across * columns + (across - 1) * gap
    if layer.op == "Input":
        height = HEIGHT * min(0.52 * down, 1.0)
    elif layer.grid.units == 1 and layer.grid.rows != layer.grid.columns:
        height = HEIGHT * 0.8
    else:
        height = HEIGHT * (_cells_high(layer, drawn) / tallest) ** FUNNEL
    pitch = min(height / high, 1.3 * HEIGHT / wide)
    return _Shape(pitch * high, pitch * wide, pitch, across, float(gap), False, TURN)


def _vector(units) -> _Shape:
    """A column of balls, or for many units a ribbon of tiles about sixteen times as high as wide."""
    if units == 1:
        return _Shape(0.1 * HEIGHT, 0.1 * HEIGHT, 0.1 * HEIGHT, 1, 0.0, False, 0.0)
    if units > COLUMN:
        across = ceil(sqrt(units / 16))
        rows = ceil(units / across)
        pitch = 1.06 * HEIGHT / rows
        return _Shape(pitch * rows, pitch * across, pitch, across, 0.0, False, TURN)
    gap, height = (1.2, 0.88) if units <= 12 else (0.35, 0.98)
    pitch = min(height * HEIGHT / (units + (units - 1) * gap), 0.06 * HEIGHT)
    return _Shape(pitch * (units + (units - 1) * gap), pitch, pitch, 1, gap, True, 0.0)
