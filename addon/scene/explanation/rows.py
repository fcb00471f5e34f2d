# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which rows the terms of a cell stand: kernels, single terms, classes, a window. Touches no Blender."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...layout import HEIGHT
from ...network import Network
from ...network.joins import conv
from . import terms as reading
from .tables import Table
from .terms import LARGEST, MEAN, SOFTMAX, Terms

MOST, CLASSES = 8, 12  # rows that are shown one by one, and those of a softmax
GRIDS = 25  # cells of a kernel that is shown cell by cell
TILE = 0.11 * HEIGHT  # the width of a tile of a row of one, and of a kernel
LARGE = 4.0  # times as wide is the kernel that gives most


@dataclass(frozen=True)
class Row:
    """A row of the terms at these `slots`: what it is called, the width of its tiles, 0 where none are shown, whether
    there are numbers on them, and where each stands in a window, in tiles from its middle, (n,). `labelled` rows are
    called by the cell that they begin with."""

    name: str
    slots: np.ndarray
    tile: float = 0.0
    numbers: bool = False
    across: np.ndarray = field(default_factory=lambda: np.zeros(0))
    down: np.ndarray = field(default_factory=lambda: np.zeros(0))
    labelled: bool = False

    @property
    def width(self) -> float:
        """How wide its tiles are together, in metres."""
        return self.tile * (float(np.ptp(self.across)) + 1.0) if len(self.across) else self.tile

    @property
    def height(self) -> float:
        """How high they are."""
        return self.tile * (float(np.ptp(self.down)) + 1.0) if len(self.down) else self.tile


@dataclass(frozen=True)
class Rows:
    """The rows of an explanation in order. Where terms are `ranked`, (terms,), the labelled rows are those of them with
    the largest products, whichever these are, and the last row is all others; `axes` tells by which of unit, row and
    column a labelled row is called."""

    rows: list[Row]
    ranked: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    axes: tuple[bool, bool, bool] = (False, False, False)

    @property
    def labelled(self) -> int:
        """How many rows are called by a cell."""
        return sum(row.labelled for row in self.rows)


def rows_of(network: Network, terms: Terms, table: Table) -> Rows:
    """The rows of an explanation: classes, a window, the kernels that give most, or the products that are largest; then
    all others together."""
    places = table.places[table.place_of[table.at(terms.cell)]]
    count = len(places)
    every = np.arange(count)
    if terms.how == SOFTMAX:
        return Rows(_classes(network, terms, every))
    source = network.layer(terms.source)
    of_units = (source.grid.units > 1, False, False)
    taps = table.kernel[0] * table.kernel[1]
    if terms.how in (LARGEST, MEAN):
        across, down = _taps(table) if taps == count else _spans(table, places)
        if count > GRIDS:
            return Rows([Row(f"{count:,} cells", every)])
        side = max(np.ptp(across), np.ptp(down)) + 1
        return Rows([Row("", every, LARGE * TILE / side, True, across, down, True)], axes=of_units)
    if 1 < taps <= GRIDS and count % taps == 0:
        return Rows(_kernels(terms, table, every.reshape(-1, taps)), axes=of_units)
    shown = min(MOST, count)
    single = [Row("", every[:0], 0.9 * TILE, True, labelled=True) for _ in range(shown)]
    connection = reading.joined(network, network.layer(terms.layer))
    flat = connection is not None and isinstance(connection.join.inner, conv.Conv)
    axes = tuple(size > 1 for size in (source.grid.units, source.grid.rows, source.grid.columns))
    others = _others(every[:0], "others, net") if count > shown else []
    return Rows(single + others, every, of_units if flat else axes)


def _classes(network: Network, terms: Terms, every: np.ndarray) -> list[Row]:
    order = np.argsort(-terms.values, kind="stable")[:CLASSES]
    order = np.sort(order if terms.cell[0] in order else np.append(order[:-1], terms.cell[0]))
    named = network.classes if len(network.classes) == len(every) else [f"unit {at + 1:,}" for at in every]
    rest = np.setdiff1d(every, order)
    made = [Row(named[at], np.array([at]), numbers=True) for at in order]
    return made + (_others(rest, f"{len(rest):,} others") if len(rest) else [])


def _kernels(terms: Terms, table: Table, slots: np.ndarray) -> list[Row]:
    """A row for each of the channels that give most, the first of them with numbers."""
    sums = table.products(terms.cell)[slots].sum(1)
    kept = np.argsort(-np.abs(sums), kind="stable")[:MOST]
    side = max(table.kernel)
    across, down = _taps(table)
    made = []
    for place, channel in enumerate(kept.tolist()):
        large = place == 0 and side <= 3
        tile = (LARGE if large else 1.0) * TILE / side
        made.append(Row("", slots[channel], tile, large, across, down, True))
    rest = np.delete(slots, kept, axis=0).ravel()
    return made + (_others(rest, "others, net") if len(rest) else [])


def _others(slots: np.ndarray, name: str) -> list[Row]:
    return [Row(name, slots)]


def _taps(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Where the taps of a window stand, in tiles from its middle: to the right and down, (taps,) each."""
    down, across = (
        axis.ravel() - (size - 1) / 2 for axis, size in zip(np.indices(table.kernel), table.kernel, strict=True)
    )
    return (-across, -down) if table.flipped else (across, down)


def _spans(table: Table, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of cells by their rows and columns."""
    cells = table.cells[places]
    made = []
    for axis in (2, 1):
        known, at = np.unique(cells[:, axis], return_inverse=True)
        made.append(at.reshape(-1) - (len(known) - 1) / 2)
    return made[0], made[1]
