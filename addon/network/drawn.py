# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of each layer is drawn, under a budget of cells for the whole scene: its level of detail, and which cells.

A layer that is too large shows its strongest units and, of a large map, every n-th row and column; if that would leave
next to nothing of a map, each map as one tile; in the end the whole layer as one box. Indices stay those of the tensor.
The small layers show everything. A layer that stands as one plane, a sheet of its numbers or a cover of its maps, has
one cell that nobody sees, for lines to end on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from .network import Grid, Layer, Network

CELLS, MAPS, BOX = "cells", "maps", "box"
SHEET, COVER = "sheet", "cover"
LEVELS = (BOX, MAPS, CELLS, SHEET, COVER)
PLANES = (SHEET, COVER)
ONE = (BOX, *PLANES)  # levels at which one cell stands for the whole layer
FEW_UNITS = 16  # a map is thinned out before fewer units than this are shown
FEW_CELLS = 256  # below this many, maps are not thinned out further but become tiles
BAND = 4  # times as long as wide is a map that is thinned along its length
FEW_TILES = 4  # below this many the layer is one box
LARGEST_RANKING = 1 << 22  # units; above this they are not ranked by their weights


@dataclass(frozen=True)
class Wish:
    """What somebody has chosen for one layer. An empty detail leaves it to the budget."""

    detail: str = ""
    cells: int = 0  # at most so many, 0 for its share of the budget


@dataclass(frozen=True)
class Drawn:
    """The drawn cells of a layer: all combinations of these units, rows and columns (ascending indices).

    At the level of maps a cell stands for all of its unit's map, at those of `ONE` for the whole layer; row and column
    are then those of the middle.
    """

    grid: Grid
    units: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    detail: str = CELLS

    @property
    def size(self) -> int:
        return len(self.units) * len(self.rows) * len(self.columns)

    @property
    def has_one_cell(self) -> bool:
        """Whether one cell stands for the whole layer."""
        return self.detail in ONE

    @property
    def whole(self) -> bool:
        return self.size == self.grid.size

    @cached_property
    def cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit, row and column of every drawn cell, int32, in the order of the layer's vertices."""
        index = np.meshgrid(self.units, self.rows, self.columns, indexing="ij")
        return tuple(axis.ravel().astype(np.int32) for axis in index)

    @cached_property
    def flat(self) -> np.ndarray:
        """The flat index into the tensor (one sample) of every drawn cell."""
        steps = zip(self.cells, self.grid.strides, strict=True)
        return np.sum([index.astype(np.int64) * step for index, step in steps], axis=0)

    def find(self, flat: np.ndarray) -> np.ndarray:
        """The vertices that draw these elements of the tensor; -1 for those that are not drawn."""
        if not self.size:  # somebody has deleted the cells
            return np.full(len(flat), -1)
        if self.has_one_cell:
            return np.zeros(len(flat), np.int64)
        if self.detail == MAPS:
            unit = flat // self.grid.strides[0] % self.grid.units
            at = np.minimum(np.searchsorted(self.units, unit), len(self.units) - 1)
            return np.where(self.units[at] == unit, at, -1)
        grid = self.grid
        axes = (self.units, self.rows, self.columns)
        if self.whole and grid.strides == (grid.rows * grid.columns, grid.columns, 1):
            return flat
        vertex = np.zeros(len(flat), np.int64)
        missing = np.zeros(len(flat), bool)
        for drawn, size, step in zip(axes, (grid.units, grid.rows, grid.columns), grid.strides, strict=True):
            if size > 1:
                place = _places(drawn, size, flat // step % size)
                missing |= place < 0
                vertex = vertex * len(drawn) + place
        return np.where(missing, -1, vertex)

    def sample(self, values: np.ndarray) -> np.ndarray:
        """What the drawn cells show of values for all cells (flat): their own, or the mean of all they stand for."""
        if self.detail == CELLS:
            return values[self.flat]
        if self.has_one_cell:
            return np.full(1, values.mean())
        grid = self.grid
        if grid.strides[0] == 1:
            return values.reshape(-1, grid.units).mean(0)[self.units]
        return values.reshape(grid.units, -1).mean(1)[self.units]

    def middle(self, units: np.ndarray) -> np.ndarray:
        """The vertex in the middle of the map of each of these (drawn) units."""
        area = len(self.rows) * len(self.columns)
        centre = len(self.rows) // 2 * len(self.columns) + len(self.columns) // 2
        return np.searchsorted(self.units, units) * area + centre


def _places(drawn, size, index):
    """Where each index stands among the drawn ones of an axis of this size; -1 where it does not."""
    if len(drawn) == size:
        return index
    if size <= LARGEST_RANKING:
        table = np.full(size, -1)
        table[drawn] = np.arange(len(drawn))
        return table[index]
    at = np.minimum(np.searchsorted(drawn, index), len(drawn) - 1)
    return np.where(drawn[at] == index, at, -1)


def share_out(network: Network, limit: int, wishes: Mapping[str, Wish] = {}) -> dict[str, Drawn]:
    """The drawn cells of every layer, at most `limit` in all (yet at least one a layer), by layer name.

    Layers for which somebody wished a number of cells have that many, whatever the limit says.
    """
    asked = [wishes.get(layer.name, Wish()) for layer in network.layers]
    free = [layer.size for layer, wish in zip(network.layers, asked, strict=True) if not wish.cells]
    room = iter(allocate(free, limit))
    drawn: dict[str, Drawn] = {}
    for layer, wish in zip(network.layers, asked, strict=True):
        drawn[layer.name] = choose(layer, wish.cells or next(room), drawn, wish.detail)
    return drawn


def allocate(sizes: list[int], limit: int) -> list[int]:
    """Fair shares of a limit: who needs less than an equal share gets all, the rest is shared equally."""
    share = 1
    left = max(limit, len(sizes))
    for position, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - position)
        if size > share:
            break
        left -= size
    return [min(size, share) for size in sizes]


def choose(layer: Layer, cells: int, drawn: Mapping[str, Drawn] = {}, detail: str = "") -> Drawn:
    """What is drawn of one layer with so many cells; `drawn` is what its inputs show, if that is known."""
    grid = layer.grid
    if not detail:
        maps = grid.is_map and grid.units > 1
        detail = (
            CELLS
            if grid.size <= cells or cells >= (FEW_CELLS if maps else FEW_TILES)
            else (MAPS if maps and cells >= min(FEW_TILES, grid.units) else BOX)
        )
    middle = np.array([grid.rows // 2]), np.array([grid.columns // 2])
    if detail in ONE:
        return Drawn(grid, np.array([grid.units // 2]), *middle, detail)
    if detail == MAPS and grid.is_map:
        return Drawn(grid, _units(layer, max(1, min(grid.units, cells)), drawn), *middle, MAPS)
    if grid.size <= cells:
        return Drawn(grid, np.arange(grid.units), np.arange(grid.rows), np.arange(grid.columns))
    rows, columns = _thinned(grid.rows, grid.columns, max(1, cells // min(grid.units, FEW_UNITS)))
    count = max(1, min(grid.units, cells // (len(rows) * len(columns))))
    return Drawn(grid, _units(layer, count, drawn), rows, columns)


def _thinned(rows, columns, limit):
    """Every 2^n-th row and column, so that at most `limit` cells are left: as many rows as columns are left out, but of
    a map that is a band the longer side gives way first.

    So what a coarser choice shows, a finer one shows too.
    """
    step, size = [1, 1], [rows, columns]
    while prod(size) > limit:
        shortest = min(size)
        for side in (0, 1):
            if max(size) <= BAND * shortest or size[side] > shortest:
                step[side] *= 2
        size = [-(-whole // each) for whole, each in zip((rows, columns), step, strict=True)]
    return np.arange(0, rows, step[0]), np.arange(0, columns, step[1])


def _units(layer, count, drawn):
    """The strongest units by their weights, else those of the layer before, else evenly spread ones."""
    grid = layer.grid
    if count >= grid.units:
        return np.arange(grid.units)
    strength = unit_strength(layer)
    if strength is not None and len(strength) == grid.units:
        strength = np.nan_to_num(strength, nan=np.inf, posinf=np.inf)  # what is not finite is to be seen
        return np.sort(np.argpartition(-strength, count - 1)[:count])
    before = drawn.get(layer.inputs[0]) if layer.inputs else None
    if before is not None and before.grid.units == grid.units and len(before.units) >= count:
        return before.units[np.linspace(0, len(before.units) - 1, count).astype(np.int64)]
    return np.unique(np.linspace(0, grid.units - 1, count).astype(np.int64))


def unit_strength(layer: Layer) -> np.ndarray | None:
    """L2 norm of the weights into each unit, or None where the layer has none that belong to a unit."""
    if layer.grid.units > LARGEST_RANKING or layer.strength is None:
        return None
    return layer.strength()
