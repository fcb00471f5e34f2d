# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the cells of a layer are laid out, and how large that makes the layer. Metres."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, isqrt, log2, radians, sin, sqrt

import numpy as np

from ..network import Network
from ..network.drawn import BOX, MAPS, PLANES, Drawn
from .height import HEIGHT
from .planes import DEEP, PlaneSizes

TURN = radians(28)  # maps stand like louvres, half towards the camera
COLUMN = 40  # units; a longer vector becomes a ribbon several cells wide
FUNNEL = 0.62  # heights follow (cells high) ** FUNNEL, so that small maps stay readable
STRIP = 3.0  # times as long as wide; the proportions of such a map are not kept when it is thinned
RISE = 3.4  # pitches; twice what a cell of full value stands out from the middle of its layer
PLANE_PITCH = DEEP / 4
THIN = 0.06 * HEIGHT  # of a box of few units, and of vectors that are boxes


@dataclass(frozen=True)
class Shape:
    """The arrangement of a layer's cells; sizes in metres, `cell` (depth, width, height) and gaps in pitches."""

    height: float
    width: float
    pitch: float  # distance of neighbouring cells
    unit_columns: int = 1
    unit_gap: float = 0.0  # empty space between maps
    cell: tuple[float, float, float] = (1.0, 1.0, 1.0)
    round: bool = False
    turn: float = 0.0  # radians about the up axis

    def places(self, units: int, rows: int, columns: int) -> np.ndarray:
        """Where the cells of so many units stand in the grid, in the order of the layer's vertices, (n, 3) float32."""
        across = min(self.unit_columns, units)
        down = ceil(units / across)
        unit, row, column = (index.ravel() for index in np.indices((units, rows, columns)))
        place = np.zeros((len(unit), 3), np.float32)
        for axis, maps, count, at, cells, cell in (
            (1, unit % across, across, column, columns, self.cell[1]),
            (2, unit // across, down, row, rows, self.cell[2]),
        ):
            step = cells * cell + self.unit_gap
            place[:, axis] = (((count - 1) / 2 - maps) * step + ((cells - 1) / 2 - at) * cell) * self.pitch
        return place

    @property
    def size(self) -> tuple[float, float, float]:
        """Of the layer's bounding box, with what its plate stands out: along the signal, to the side, up."""
        thick, wide = RISE * self.pitch * self.cell[0], self.width + 2 * self.pitch
        across = abs(sin(self.turn))
        along = cos(self.turn)
        return thick * along + wide * across, thick * across + wide * along, self.height + 2 * self.pitch


def shapes(network: Network, drawn: dict[str, Drawn], shelf: bool = False) -> dict[str, Shape]:
    """The shape of every layer, by name. On a `shelf` planes face along the signal, as covers do."""
    maps = [layer for layer in network.layers if layer.grid.is_map and layer.op != "Input"]
    tallest = max((_cells_high(layer, drawn[layer.name]) for layer in maps), default=1)
    widest = max((max(layer_in_maps.grid.rows, layer_in_maps.grid.columns) for layer_in_maps in maps), default=1)
    most = max(layer.grid.units for layer in network.layers)
    sizes = PlaneSizes(network)

    def shape(layer) -> Shape:
        detail = drawn[layer.name].detail
        if detail in PLANES:
            return _plane(sizes.of(layer).size, 0.0 if shelf else TURN)
        return _box(layer.grid, widest, most) if detail == BOX else _shape(layer, drawn[layer.name], tallest)

    return {layer.name: shape(layer) for layer in network.layers}


def _plane(size, turn) -> Shape:
    """The room of planes; its one cell, which nobody sees, is as large."""
    deep, wide, high = size
    cell = deep / RISE / PLANE_PITCH, wide / PLANE_PITCH, high / PLANE_PITCH
    return Shape(high, wide, PLANE_PITCH, cell=cell, turn=turn)


def _box(grid, widest, most) -> Shape:
    """One box, its sides by the logarithms of the layer's: so a network's funnel is seen whatever its sizes."""
    units = log2(1 + grid.units) / log2(1 + max(2, most))
    if not grid.is_map:
        return Shape(HEIGHT * units, THIN, 1.0, cell=(THIN, THIN, HEIGHT * units))
    height, width = (HEIGHT * log2(1 + side) / log2(1 + widest) for side in (grid.rows, grid.columns))
    return Shape(height, width, 1.0, cell=(max(THIN, 0.3 * HEIGHT * units), width, height))


def unit_columns(units: int) -> int:
    """Columns of a grid of maps, taller than wide: 16 -> 4, 8 -> 2, 10 -> 2."""
    root = isqrt(units)
    return next((n for n in range(root, 0, -1) if units % n == 0 and 2 * n >= root), root)


def _gap(cells: float) -> int:
    """Empty cells between maps: 4, 3, 2 for maps of 28, 14, 7 cells."""
    return round(1.1 + 0.11 * cells)


def _cells_high(layer, drawn):
    """Rows of cells of a layer at its full resolution, with the units that are drawn."""
    rows = ceil(len(drawn.units) / unit_columns(len(drawn.units)))
    return rows * layer.grid.rows + (rows - 1) * _gap(layer.grid.rows)


def _shape(layer, drawn, tallest) -> Shape:
    if not layer.grid.is_map:
        return _vector(len(drawn.units), 0.5 if layer.shape and len(layer.shape) > 2 else 1.0)
    units, (tall, broad) = len(drawn.units), _cell(layer.grid, drawn)
    rows, columns = len(drawn.rows) * tall, len(drawn.columns) * broad
    across = unit_columns(units)
    down = ceil(units / across)
    gap = _gap(max(rows, columns) if units > 1 else 0)
    high, wide = down * rows + (down - 1) * gap, across * columns + (across - 1) * gap
    if layer.op == "Input":
        height = HEIGHT * min(0.52 * down, 1.0)
    elif layer.grid.units == 1 and layer.grid.rows != layer.grid.columns:
        height = HEIGHT * 0.8
    else:
        height = HEIGHT * (_cells_high(layer, drawn) / tallest) ** FUNNEL
    pitch = min(height / high, 1.3 * HEIGHT / wide)
    thick = min(rows, columns) / 4 if drawn.detail == MAPS else 1.0  # a tile is as thick as one cell of four would be
    return Shape(
        pitch * high, pitch * wide, pitch * thick, across, gap / thick, (1.0, broad / thick, tall / thick), turn=TURN
    )


def _cell(grid, drawn) -> tuple[float, float]:
    """Height and width of a drawn cell, so that a thinned map keeps its proportions, unless it is a mere strip."""
    if drawn.detail == MAPS:
        return float(grid.rows), float(grid.columns)
    high, wide = grid.rows / len(drawn.rows), grid.columns / len(drawn.columns)
    if max(grid.rows, grid.columns) > STRIP * min(grid.rows, grid.columns):
        return 1.0, 1.0
    return high / min(high, wide), wide / min(high, wide)


def _vector(units, scale) -> Shape:
    """A column of balls, or for many units a ribbon of tiles about sixteen times as high as wide.

    `scale` is less than 1 for maps of one cell, which stand among larger ones.
    """
    high = scale * HEIGHT
    if units == 1:
        return Shape(0.1 * high, 0.1 * high, 0.1 * high)
    if units > COLUMN:
        across = ceil(sqrt(units / 16))
        rows = ceil(units / across)
        pitch = 1.06 * high / rows
        return Shape(pitch * rows, pitch * across, pitch, across, turn=TURN)
    gap, height = (1.2, 0.88) if units <= 12 else (0.35, 0.98)
    pitch = min(height * high / (units + (units - 1) * gap), 0.06 * high)
    return Shape(pitch * (units + (units - 1) * gap), pitch, pitch, 1, gap, round=True)
