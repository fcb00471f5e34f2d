# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every cell of a layer is made of to which an explanation may slide. Touches no Blender.

Cells that read the same places share one row of `places`, and those with the same weights one of `weights`: a
convolution has a row of places for each place of its map, and one of weights for each unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np

from ...containers import CheckpointError
from ...network import Layer, Network
from ...network.joins import conv
from ...network.network import sample_of
from . import terms as reading
from .terms import LARGEST, SOFTMAX, SUM, Terms

MOST = 1_000_000  # numbers of a table
WORK = 20_000_000  # terms that are looked at for it


@dataclass(frozen=True)
class Table:
    """The cells from `first` to `last` (unit, row, column, both within), in this order, n of them.

    The terms of cell i are `places[place_of[i]]` and `weights[weight_of[i]]`, (terms,) each; a place of -1 is beside
    the map. Places are those of `cells`, (sources, 3), unit, row and column in the source, of which `numbers` are the
    values in the run; `whole` tells that these are all cells of the source, in this order. `bias`, `scale`, `shift` and
    `result` are (n,): what is added to a sum, the normalization behind it, and what the layer gives. `kernel` is the
    width and height of a window, (1, 1) where there is none; `flipped` where its taps run against the map.
    """

    first: tuple[int, int, int]
    last: tuple[int, int, int]
    places: np.ndarray
    weights: np.ndarray
    place_of: np.ndarray
    weight_of: np.ndarray
    cells: np.ndarray
    numbers: np.ndarray
    bias: np.ndarray
    scale: np.ndarray
    shift: np.ndarray
    result: np.ndarray
    kernel: tuple[int, int] = (1, 1)
    flipped: bool = False
    whole: bool = False
    normalized: bool = field(default=False)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many units, rows and columns there are to slide over."""
        unit, row, column = (end - begin + 1 for begin, end in zip(self.first, self.last, strict=True))
        return unit, row, column

    def at(self, cell: tuple[int, int, int]) -> int:
        """The number of a cell."""
        unit, row, column = (here - begin for here, begin in zip(cell, self.first, strict=True))
        _, rows, columns = self.counts
        return (unit * rows + row) * columns + column

    def products(self, cell: tuple[int, int, int]) -> np.ndarray:
        """The products of a cell, (terms,) float64, 0 beside the map."""
        number = self.at(cell)
        places = self.places[self.place_of[number]]
        values = np.where(places >= 0, self.numbers[places].astype(np.float64), 0.0)
        return values * self.weights[self.weight_of[number]]


def table(network: Network, layer: Layer, terms: Terms, values: Mapping[str, np.ndarray]) -> Table:
    """The table of a layer, whose `terms` are those of the cell that is opened: of all its cells where these are few
    enough, else of the unit's, else of that cell alone. Raises `CheckpointError` where a cell does not come to what
    onnxruntime gave."""
    if terms.how == SOFTMAX:
        return _of_softmax(layer, values)
    grid = layer.grid
    unit, row, column = terms.cell
    whole = (grid.units - 1, grid.rows - 1, grid.columns - 1)
    for first, last in (((0, 0, 0), whole), ((unit, 0, 0), (unit, *whole[1:])), (terms.cell, terms.cell)):
        made = _between(network, layer, terms, values, first, last)
        if made is not None:
            return made
    raise CheckpointError(layer.name, f"reads {len(terms.values):,} cells, too many to show", "choose another layer")


def _between(network: Network, layer: Layer, terms: Terms, values, first, last) -> Table | None:
    connection = reading.joined(network, layer)
    assert connection is not None
    source, join = connection.source, connection.join
    cells = _cells_between(first, last)
    if len(cells) * max(1, len(terms.values)) > WORK and len(cells) > 1:
        return None
    flat = cells @ np.array(layer.grid.strides)
    read = sample_of(values[source.tensor], source.grid).reshape(-1)
    sharing = _Sharing(), _Sharing()
    place_of, weight_of = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
    sums, largest = np.zeros(len(cells)), 0.0
    step = max(1, len(cells) // (last[0] - first[0] + 1))
    for begin in range(0, len(cells), step):  # unit by unit
        some = slice(begin, begin + step)
        places, weights = join.slots(flat[some])
        if terms.how == LARGEST:
            weights = np.ones_like(weights)
        place_of[some], weight_of[some] = sharing[0].rows(places), sharing[1].rows(weights)
        products = np.where(places >= 0, read[places].astype(np.float64), 0.0) * weights
        highest = np.where(places >= 0, products, -np.inf).max(1, initial=-np.inf)
        sums[some] = highest if terms.how == LARGEST else products.sum(1)
        largest = max(largest, float(np.abs(products).max(initial=0.0)))
        if sharing[0].size + sharing[1].size > MOST and len(cells) > 1:
            return None
    bias = np.zeros(len(cells))
    if terms.bias is not None:
        known = reading.biases(network, layer)
        by_column = layer.grid.units == 1 and len(known) == layer.grid.columns
        bias = known[cells[:, 2 if by_column else 0] % len(known)].astype(np.float64)
    given = reading.stages(layer, values)
    before = sums + bias
    if given:
        reading.check(layer, given[0][1][flat], before, largest)
    normal = next((numbers for op, numbers in given if "Normalization" in op), None) if terms.how == SUM else None
    scale, shift, fits = np.ones(len(cells)), np.zeros(len(cells)), False
    if normal is not None:
        scale, shift, fits = _normalization(layer, cells, before, normal[flat])
    window = getattr(join.inner, "window", None)
    kernel = (prod(window.kernel[:-1]), window.kernel[-1]) if window is not None else (1, 1)
    order = np.argsort(_by_unit_places(source, np.arange(source.grid.size)), kind="stable")
    used = np.unique(sharing[0].table)
    used = used[used >= 0]
    whole = source.grid.size <= MOST
    kept = order if whole else used
    index = np.full(source.grid.size + 1, -1, np.int64)  # the last is what -1 finds
    index[kept] = np.arange(len(kept))
    result = (sample_of(values[layer.shown or layer.tensor], layer.grid).reshape(-1)[flat]).astype(np.float64)
    return Table(
        first,
        last,
        index[sharing[0].table],
        sharing[1].table.astype(np.float32),
        place_of,
        weight_of,
        reading.cells_of(source, kept),
        read[kept].astype(np.float32),
        bias,
        scale,
        shift,
        result,
        kernel,
        isinstance(join.inner, conv.Conv) and window.transposed,
        whole,
        fits,
    )


class _Sharing:
    """Rows of which equal ones are kept once."""

    def __init__(self):
        self.numbers: dict[bytes, int] = {}
        self.parts: list[np.ndarray] = []
        self.size = 0

    def rows(self, some: np.ndarray) -> np.ndarray:
        """The number of each of these rows, (n,)."""
        made = np.empty(len(some), np.int64)
        some = np.ascontiguousarray(some)
        for place, row in enumerate(some):
            key = row.tobytes()
            number = self.numbers.get(key)
            if number is None:
                number = self.numbers[key] = len(self.parts)
                self.parts.append(row)
                self.size += len(row)
            made[place] = number
        return made

    @property
    def table(self) -> np.ndarray:
        """All rows; such as are shorter end with -1, which stands for no place and is multiplied with none."""
        wide = max(map(len, self.parts), default=0)
        made = np.full((len(self.parts), wide), -1, self.parts[0].dtype if self.parts else np.int64)
        for number, row in enumerate(self.parts):
            made[number, : len(row)] = row
        return made


def _cells_between(first, last) -> np.ndarray:
    """Unit, row and column of all cells from one to another, (n, 3)."""
    spans = [np.arange(begin, end + 1) for begin, end in zip(first, last, strict=True)]
    return np.stack([axis.ravel() for axis in np.meshgrid(*spans, indexing="ij")], -1)


def _by_unit_places(source: Layer, places: np.ndarray) -> np.ndarray:
    """Where flat places of a tensor come in the order of unit, row and column."""
    cells = reading.cells_of(source, places)
    return (cells[:, 0] * source.grid.rows + cells[:, 1]) * source.grid.columns + cells[:, 2]


def _normalization(layer: Layer, cells, before, normal) -> tuple[np.ndarray, np.ndarray, bool]:
    """By what the sums of each cell are multiplied and what is added, so that they are what the normalization gives,
    one pair a unit, (n,) each; and whether that is so. A batch normalization says its scale; that of others, which is
    one for each map of a run, is what leads from the sums to what it gives."""
    scale, shift = np.ones(len(cells)), np.zeros(len(cells))
    known = np.asarray(layer.scale(), np.float64).reshape(-1) if layer.scale else None
    for unit in np.unique(cells[:, 0]):
        own = cells[:, 0] == unit
        x, y = before[own], normal[own].astype(np.float64)
        if known is not None:
            scale[own] = known[unit % len(known)]
        elif np.ptp(x) > 0:
            scale[own] = np.polyfit(x, y, 1)[0]
        shift[own] = float((y - scale[own] * x).mean())
    made = before * scale + shift
    close = np.abs(made - normal) <= reading.CLOSE * np.maximum(1.0, np.abs(before * scale))
    return scale, shift, bool(close.all())


def _of_softmax(layer: Layer, values) -> Table:
    scores = reading.scores_of(layer, values)
    count = len(scores)
    shares = values[layer.parts[-1].tensor].reshape(-1)[:count].astype(np.float64)
    raised = np.exp(scores.astype(np.float64) - scores.max())
    reading.check(layer, shares, raised / raised.sum())
    cells = np.stack([np.arange(count), np.zeros(count, int), np.zeros(count, int)], -1)
    none, ones = np.zeros(count), np.ones(count)
    return Table(
        (0, 0, 0),
        (count - 1, 0, 0),
        np.arange(count)[None],
        np.ones((1, count), np.float32),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        cells,
        scores,
        none,
        ones,
        none,
        shares,
        whole=True,
    )
