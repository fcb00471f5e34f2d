# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cell reads: its edges into the layers before it, and its receptive field on all that feeds it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .joins import UNKNOWN
from .joins.base import Edges
from .network import Connection, Grid, Layer, Network

MOST_EDGES = 200_000  # of one step back; where there are more, fewer units stand for all
MOST_UNITS = 8  # of a layer, that stand for all when its own field is followed


@dataclass(frozen=True)
class Field:
    """The part of a layer's maps that a cell depends on: first and last row and column, from 0, and the units that were
    met; `all_units`: these stand for others as well."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    units: tuple[int, ...]
    all_units: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows[1] - self.rows[0] + 1, self.columns[1] - self.columns[0] + 1


def flat(grid: Grid, unit, row, column):
    """The place of cells in their layer's tensor (one sample)."""
    return unit * grid.strides[0] + row * grid.strides[1] + column * grid.strides[2]


def cells(grid: Grid, index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, row and column of cells by their place in the tensor: the way back from `flat`."""
    rest = np.asarray(index, np.int64)
    found: dict[int, np.ndarray] = {}
    sizes = grid.units, grid.rows, grid.columns
    for axis in sorted(range(3), key=lambda axis: (-grid.strides[axis], sizes[axis] > 1)):
        if sizes[axis] > 1:
            found[axis], rest = np.divmod(rest, grid.strides[axis])
        else:
            found[axis] = np.zeros_like(rest)
    return found[0], found[1], found[2]


def into(network: Network, layer: Layer) -> list[Connection]:
    """The connections of which it is known which cell feeds which, into a layer."""
    return [
        connection
        for connection in network.connections
        if connection.target is layer and connection.source is not layer and connection.join.carries != UNKNOWN
    ]


def edges_into(connection: Connection, cell: int) -> Edges:
    """All edges of a connection that end in one cell."""
    return connection.join.into(np.array([cell], np.int64))


def whole_kernel(connection: Connection, unit: int, cell: int) -> np.ndarray:
    """The weights into one cell, (n,); of a cell at the edge of a map those of one in the middle, whose window lies on
    the map as a whole, if that has more."""
    grid = connection.target.grid
    weights = edges_into(connection, cell).weight
    if len(weights) < connection.join.fan_in and grid.is_map:
        inner = edges_into(connection, int(flat(grid, unit, grid.rows // 2, grid.columns // 2))).weight
        weights = max(weights, inner, key=len)
    return weights


def receptive_fields(network: Network, layer: Layer, cell: int) -> dict[str, Field]:
    """The fields of one cell on the layers before it, by name; a layer of which it is not known what it feeds is left
    out, and so is all before it. A window that moves with its cell has its field where those of the corners have
    theirs."""
    ahead: dict[str, set[int]] = {layer.name: {cell}}
    fields: dict[str, Field] = {}
    sampled: set[str] = set()  # layers that are read by some units in place of all
    for target in reversed(network.layers):
        if target.name not in ahead:
            continue
        if target is not layer:
            fields[target.name], at = _field(target, ahead[target.name], target.name in sampled)
        else:
            at = np.array([cell], np.int64)
        for connection in into(network, target):
            some = at[: max(1, MOST_EDGES // max(1, connection.join.fan_in))]
            sources = np.unique(connection.join.into(some).source)
            if target is not layer and (len(fields[target.name].units) > MOST_UNITS or target.name in sampled):
                sampled.add(connection.source.name)
            if len(sources):
                ahead.setdefault(connection.source.name, set()).update(_corners(connection.source, sources))
    return fields


def _corners(layer: Layer, index: np.ndarray) -> Iterable[int]:
    """The cells at the corners of what these cover, in each of their units."""
    unit, row, column = cells(layer.grid, index)
    rows, columns = ({int(axis.min()), int(axis.max())} for axis in (row, column))
    return (
        int(flat(layer.grid, one, high, wide)) for one in np.unique(unit).tolist() for high in rows for wide in columns
    )


def _field(layer: Layer, reached: set[int], sampled: bool) -> tuple[Field, np.ndarray]:
    """A field, and the cells that stand for it when one goes on from there."""
    unit, row, column = cells(layer.grid, np.array(sorted(reached), np.int64))
    units = np.unique(unit)
    field = Field(
        (int(row.min()), int(row.max())), (int(column.min()), int(column.max())), tuple(units.tolist()), sampled
    )
    some = units[np.unique(np.linspace(0, len(units) - 1, min(MOST_UNITS, len(units))).astype(int))]
    at = [
        flat(layer.grid, one, high, wide)
        for one in some.tolist()
        for high in sorted(set(field.rows))
        for wide in sorted(set(field.columns))
    ]
    return field, np.array(at, np.int64)
