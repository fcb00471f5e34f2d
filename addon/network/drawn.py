# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cells of each layer are drawn, under a budget for the whole scene.

A layer that is too large shows its strongest units and, of a large map, every n-th row and column. Indices stay those
of the tensor. The small layers show everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .network import Grid, Layer, Network

FEW_UNITS = 16  # a map is thinned out before fewer units than this are shown
LARGEST_RANKING = 1 << 22  # units; above this they are not ranked by their weights


@dataclass(frozen=True)
class Drawn:
    """The drawn cells of a layer: all combinations of these units, rows and columns (ascending indices)."""

    grid: Grid
    units: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    @property
    def size(self) -> int:
        return len(self.units) * len(self.rows) * len(self.columns)

    @property
    def whole(self) -> bool:
        return self.size == self.grid.size

    @cached_property
    def cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit, row and column of every drawn cell, int32, in the order of the layer's vertices."""
        index = np.meshgrid(self.units, self.rows, self.columns, indexing="ij")
        return tuple(one.ravel().astype(np.int32) for one in index)

    @cached_property
    def flat(self) -> np.ndarray:
        """The flat index into the tensor (one sample) of every drawn cell."""
        return sum(one.astype(np.int64) * step for one, step in zip(self.cells, self.grid.strides, strict=True))

    def find(self, flat: np.ndarray) -> np.ndarray:
        """The vertices that draw these elements of the tensor; -1 for those that are not drawn."""
        order = self._order
        at = np.minimum(np.searchsorted(self.flat, flat, sorter=order), self.size - 1)
        vertex = order[at]
        return np.where(self.flat[vertex] == flat, vertex, -1)

    @cached_property
    def _order(self):
        return np.argsort(self.flat, kind="stable")

    def middle(self, units: np.ndarray) -> np.ndarray:
        """The vertex in the middle of the map of each of these (drawn) units."""
        area = len(self.rows) * len(self.columns)
        centre = len(self.rows) // 2 * len(self.columns) + len(self.columns) // 2
        return np.searchsorted(self.units, units) * area + centre


def share_out(network: Network, limit: int) -> dict[str, Drawn]:
    """The drawn cells of every layer, at most `limit` in all (yet at least one a layer), by layer name."""
    room = allocate([layer.size for layer in network.layers], limit)
    drawn: dict[str, Drawn] = {}
    for layer, cells in zip(network.layers, room, strict=True):
        drawn[layer.name] = _choose(layer, cells, drawn)
    return drawn


def allocate(sizes: list[int], limit: int) -> list[int]:
    """Fair shares of a limit: who needs less than an equal share gets all, the rest is shared equally."""
    share, left = 1, max(limit, len(sizes))
    for position, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - position)
        if size > share:
            break
        left -= size
    return [min(size, share) for size in sizes]


def _choose(layer: Layer, cells: int, drawn: dict[str, Drawn]) -> Drawn:
    grid = layer.grid
    if grid.size <= cells:
        return Drawn(grid, *(np.arange(n) for n in (grid.units, grid.rows, grid.columns)))
    rows, columns = _thinned(grid.rows, grid.columns, max(1, cells // min(grid.units, FEW_UNITS)))
    count = max(1, min(grid.units, cells // (len(rows) * len(columns))))
    return Drawn(grid, _units(layer, count, drawn), rows, columns)


def _thinned(rows, columns, limit):
    """Every n-th row and column, so that at most `limit` cells are left; the longer side gives way first."""
    step = [1, 1]
    while (height := -(-rows // step[0])) * (width := -(-columns // step[1])) > limit:
        step[0 if height >= width else 1] += max(1, step[0 if height >= width else 1] // 8)
    return np.arange(0, rows, step[0]), np.arange(0, columns, step[1])


def _units(layer, count, drawn):
    """The strongest units by their weights, else those of the layer before, else evenly spread ones."""
    grid = layer.grid
    if count >= grid.units:
        return np.arange(grid.units)
    strength = unit_strength(layer)
    if strength is not None and len(strength) == grid.units:
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
