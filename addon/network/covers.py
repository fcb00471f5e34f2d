# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cover of a book shows of a block, in true numbers.

With an input the cover has the maps of the last layer, or its tokens x features as one sheet, and the patterns of
attention; without one, the weights of its layers. A `Cover` says which numbers these are, and of how many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from math import ceil, isqrt

import numpy as np

from .matrices import KERNELS as OF_KERNELS
from .matrices import TABLE, Matrix
from .network import Block, Grid, Layer, Network, by_unit
from .norms import NormReader

MAPS, SHEET, HEADS, KERNELS, NORMS = "maps", "sheet", "heads", "kernels", "norms"
ACTIVATION, LARGEST = "activation", "largest activation"
PIXELS = 224  # cells from side to side
LONGEST_SHEET = 64, 192  # rows and columns
LONGEST_HEAD = 48  # rows and columns of the pattern of a head
MOST_HEADS = 64
MOST_KERNELS = 256
FULL = {MAPS: 97.0, SHEET: 99.3}  # the percentile of what is shown above 0 that has the full color
FULL_HEADS = 0.75
OF_WEIGHTS = 3.0, 99.5  # percentiles of a matrix between which its norms are told apart
Values = Callable[[Layer], "np.ndarray | None"]


_KEPT: ContextVar[dict[tuple[str, str], np.ndarray] | None] = ContextVar("kept", default=None)


@contextmanager
def same_units(kept: dict[tuple[str, str], np.ndarray]) -> Iterator[None]:
    """Inside, pictures of layers show those of their units that are `kept`, by what is shown and the name of the layer;
    where there are none, those that they choose are kept."""
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)


@dataclass(frozen=True)
class Picture:
    """Tiles in rows: maps, heads, kernels, the matrices of layers, or the rows of one sheet.

    `shows` is one of the words above, `meaning` what a number is ("activation", "largest activation" of a bin, "kernel
    norm", "RMS of kernel norms", "weight", "RMS of weights", "kernel"). Of each tile `layer` is the place of its layer
    in `layers`, `unit` the map, head, kernel or row of tokens that it is, `shape` its rows and columns of cells,
    `bins` how many rows and columns of the tensor are one cell, `whole` how many there are. `values` are those of the
    cells, tile by tile and row by row. `units` tiles could be shown; `chosen`: those that vary most are.
    """

    shows: str
    meaning: str
    layers: tuple[str, ...]
    across: int
    layer: np.ndarray
    unit: np.ndarray
    shape: np.ndarray
    bins: np.ndarray
    whole: np.ndarray
    values: np.ndarray
    units: int
    chosen: bool = False
    spread: bool = False  # the last row of tiles takes the whole width
    every: int = 1  # of large matrices one output in so many is looked at, of some

    @property
    def tiles(self) -> int:
        return len(self.unit)

    @property
    def down(self) -> int:
        """Rows of tiles."""
        return ceil(self.tiles / self.across)

    @cached_property
    def first(self) -> np.ndarray:
        """The place of the first cell of each tile, and of the end, (tiles + 1,)."""
        return np.concatenate([[0], np.cumsum(self.shape.prod(1))])

    @cached_property
    def cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each cell its tile, and its row and column in that, int32."""
        counts = self.shape.prod(1)
        tile = np.repeat(np.arange(self.tiles, dtype=np.int32), counts)
        place = np.arange(len(self.values)) - self.first[tile]
        wide = self.shape[tile, 1]
        return tile, (place // wide).astype(np.int32), (place % wide).astype(np.int32)

    @cached_property
    def full(self) -> float:
        """The value that has the full color; 1 where each tile has a range of its own."""
        if self.shows == HEADS:
            known = self.values[np.isfinite(self.values)]
            return min(FULL_HEADS, float(known.max(initial=0))) or FULL_HEADS
        if self.shows not in FULL:
            return 1.0
        size = np.abs(self.values) if self.shows == SHEET else self.values
        size = size[np.isfinite(size) & (size > 0)]
        return float(np.percentile(size, FULL[self.shows])) if size.size else 1.0

    @cached_property
    def ranges(self) -> np.ndarray:
        """Of each tile the value that is dark, and how much more is in full color as a share of `full`, (tiles, 2)."""
        if self.shows in FULL or self.shows == HEADS:
            return np.tile(np.array([0, 1], np.float32), (self.tiles, 1))
        parts = np.split(self.values, self.first[1:-1])
        return np.array([spread(part, OF_WEIGHTS) for part in parts], np.float32).reshape(-1, 2)


@dataclass(frozen=True)
class Cover:
    """What is on the cover of a book, and above it: the patterns of attention of `heads`. `too_large` are names of
    layers with weights that are too many to be read for a picture."""

    picture: Picture
    heads: Picture | None = None
    too_large: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many numbers it shows."""
        return len(self.picture.values) + (len(self.heads.values) if self.heads else 0)

    @property
    def ran(self) -> bool:
        """Whether it shows what an input has given, not weights."""
        return self.picture.shows in (MAPS, SHEET, HEADS)


def cover(
    network: Network, block: Block, values: Values, cells: int = PIXELS * PIXELS, reader: NormReader | None = None
) -> Cover | None:
    """What is on the cover of a block, in at most so many cells (and the heads above it in as many more), or None where
    nothing is known, as of weights that are all alike. `values` gives the activations of a layer, of one sample and
    flat, or None. Raises `CheckpointError`."""
    layer = last(network, block)
    ran = values(layer)
    heads = heads_of(network, block.layers, values, cells)
    if ran is not None and layer.grid.size:
        if layer.op == "Attention" and heads is not None:
            return Cover(heads)
        return Cover(maps_of(layer, ran, cells) if is_maps(layer.grid) else sheet_of(layer, ran, cells), heads)
    return weights_of(network, block.layers, cells, reader or NormReader())


def last(network: Network, block: Block) -> Layer:
    """The layer of a block whose numbers leave it, the last of several."""
    inside = set(block.layers)
    read = {name for layer in network.layers if layer.name not in inside for name in layer.inputs}
    leaving = [name for name in block.layers if name in read] or block.layers
    return network.layer(leaving[-1])


def is_maps(grid: Grid) -> bool:
    """Whether units are pictures, or single cells; else they are rows of a sheet."""
    return not grid.is_map or grid.units > 1 and grid.rows > 1 and grid.columns > 1


def maps_of(layer: Layer, ran: np.ndarray, cells: int = PIXELS * PIXELS) -> Picture:
    """As many maps as have room in channel order, else those that vary most."""
    grid = layer.grid
    maps = by_unit(ran, grid)
    steps = ceil(grid.rows / PIXELS), ceil(grid.columns / PIXELS)
    while ceil(grid.rows / steps[0]) * ceil(grid.columns / steps[1]) > cells and max(steps) < max(
        grid.rows, grid.columns
    ):
        steps = steps[0] + 1, steps[1] + 1
    rows, columns = ceil(grid.rows / steps[0]), ceil(grid.columns / steps[1])
    across = min(max(1, PIXELS // columns), square_of(grid.units))
    down = min(max(1, PIXELS // rows), ceil(grid.units / across))
    while across * down * rows * columns > cells and across * down > 1:
        across, down = (across - 1, down) if across >= down else (across, down - 1)
    count = min(grid.units, across * down)
    units = np.arange(grid.units) if count == grid.units else _varying(maps, count, (MAPS, layer.name))
    shown = _binned(maps[units], (1, *steps))
    return _tiles(
        MAPS,
        ACTIVATION if steps == (1, 1) else LARGEST,
        layer,
        across,
        units,
        shown,
        steps,
        (grid.rows, grid.columns),
        grid.units,
    )


def _varying(maps, count, of):
    """The units whose maps have the largest standard deviation, ascending; what is not finite comes first. `of`: what
    is shown, and the name of its layer."""
    kept = _KEPT.get()
    if kept is not None and len(kept.get(of, ())) == count:
        return kept[of]
    flat = maps.reshape(len(maps), -1)
    with np.errstate(invalid="ignore", over="ignore"):
        spread = np.nan_to_num(flat.std(1, dtype=np.float64), nan=np.inf, posinf=np.inf)
    units = np.sort(np.argsort(-spread, kind="stable")[:count])
    if kept is not None:
        kept[of] = units
    return units


def sheet_of(
    layer: Layer, ran: np.ndarray, cells: int = PIXELS * PIXELS, longest: tuple[int, int] = LONGEST_SHEET
) -> Picture:
    """Tokens x features, or units x places of one dimension: a tile a row; what is too long in bins."""
    grid = layer.grid
    matrix = by_unit(ran, grid).reshape(-1, grid.columns)
    return _rows(SHEET, layer, matrix, cells, longest)


def _rows(shows, layer, matrix, cells, longest) -> Picture:
    steps = [ceil(size / most) for size, most in zip(matrix.shape, longest, strict=True)]
    while ceil(matrix.shape[0] / steps[0]) * ceil(matrix.shape[1] / steps[1]) > max(1, cells):
        steps[int(matrix.shape[1] / steps[1] > matrix.shape[0] / steps[0])] += 1
    shown = _binned(matrix[None], (1, *steps))[0]
    units = np.arange(0, matrix.shape[0], steps[0])
    meaning = ACTIVATION if steps == [1, 1] else LARGEST
    picture = _tiles(shows, meaning, layer, 1, units, shown[:, None], (1, steps[1]), (1, matrix.shape[1]), len(units))
    picture.bins[:, 0] = steps[0]
    picture.whole[:, 0] = matrix.shape[0]
    return picture


def heads_of(network: Network, names: Sequence[str], values: Values, cells: int = PIXELS * PIXELS) -> Picture | None:
    """The patterns of the last layer of attention among these that ran."""
    for name in reversed(names):
        layer = network.layer(name)
        ran = values(layer) if layer.op == "Attention" and layer.grid.is_map else None
        if ran is None or not layer.grid.size:
            continue
        grid = layer.grid
        patterns = by_unit(ran, grid)
        units = np.arange(grid.units)
        if grid.units > MOST_HEADS:
            units = _varying(patterns, MOST_HEADS, (HEADS, layer.name))
        most = min(LONGEST_HEAD, max(1, isqrt(max(1, cells) // len(units))))
        steps = ceil(grid.rows / most), ceil(grid.columns / most)
        shown = _binned(patterns[units], (1, *steps))
        meaning = "attention" if steps == (1, 1) else "largest attention"
        whole = grid.rows, grid.columns
        return _tiles(HEADS, meaning, layer, columns_of(len(units)), units, shown, steps, whole, grid.units)
    return None


def weights_of(network: Network, names: Sequence[str], cells: int, reader: NormReader, finest: int = 0) -> Cover | None:
    """The weights of layers: a square a matrix, or the kernels of a first layer. None where they are all alike, as
    those that only fill a place. A matrix has at most `finest` rows and columns, without it as many as the reader
    takes."""
    matrices = [(name, matrix) for name in names for matrix in matrices_of(network.layer(name)) if matrix.constant.size]
    if len(matrices) == 1 and (kernels := _kernels(network, *matrices[0], cells)) is not None:
        return Cover(kernels)
    most = min(finest or reader.most, max(1, isqrt(max(1, cells) // max(1, len(matrices)))))
    shown: list[tuple] = []
    left: list[str] = []
    for name, matrix in matrices:
        norms = reader.of(matrix, most)
        if norms is None:
            left.append(name)
        elif not norms.bare:
            shown.append((name, matrix, norms))
    if not shown:
        return None
    whose = tuple(dict.fromkeys(name for name, *_ in shown))
    forms = {(matrix.form, norms.exact) for _, matrix, norms in shown}
    picture = Picture(
        NORMS,
        _meaning(forms),
        whose,
        ceil(len(shown) ** 0.5),
        np.array([whose.index(name) for name, *_ in shown], np.int32),
        np.arange(len(shown), dtype=np.int32),
        np.array([norms.cells.shape for *_, norms in shown], np.int32),
        np.array([norms.bins for *_, norms in shown], np.int32),
        np.array([matrix.shape for _, matrix, _ in shown], np.int32),
        np.concatenate([norms.cells.ravel() for *_, norms in shown]),
        len(matrices),
        spread=True,
        every=max(norms.every for *_, norms in shown),
    )
    return Cover(picture, None, tuple(left))


def _meaning(forms) -> str:
    kernels = any(form == OF_KERNELS for form, _ in forms)
    weights = any(form != OF_KERNELS for form, _ in forms)
    words = "norms of kernels and weights" if kernels and weights else "kernel norms" if kernels else "weights"
    if all(exact for _, exact in forms):
        return {"kernel norms": "kernel norm", "weights": "size of weight"}.get(words, words)
    return f"RMS of {words}"


def _kernels(network, name, matrix, cells) -> Picture | None:
    """The kernels of a convolution that reads a picture: of each tap the RMS of its weights for the colors."""
    shape = matrix.constant.shape
    reads = [network.layer(source).op for source in network.layer(name).inputs]
    pictured = matrix.form == OF_KERNELS and not matrix.turned and len(shape) == 4 and shape[1] in (1, 3, 4)
    if not pictured or reads != ["Input"] or min(shape[2:]) < 2 or np.prod(shape[2:]) > max(1, cells):
        return None
    count = min(shape[0], MOST_KERNELS, max(1, cells // (shape[2] * shape[3])))
    array = matrix.read()
    with np.errstate(over="ignore", invalid="ignore"):
        taps = np.sqrt(np.square(np.asarray(array, np.float64)).mean(1)).astype(np.float32)
    if (taps == taps.flat[0]).all():
        return None
    units = np.arange(len(taps)) if count == len(taps) else _varying(taps, count, (KERNELS, name))
    meaning = "size of weight" if shape[1] == 1 else "RMS of weights"
    return _tiles(
        KERNELS, meaning, network.layer(name), square_of(count), units, taps[units], (1, 1), shape[2:], len(taps)
    )


def _tiles(shows, meaning, layer, across, units, shown, steps, whole, of) -> Picture:
    """Tiles of one size: `shown` (tiles, rows, columns)."""
    count = len(units)
    return Picture(
        shows,
        meaning,
        (layer.name,),
        max(1, min(across, count)),
        np.zeros(count, np.int32),
        units.astype(np.int32),
        np.tile(np.array(shown.shape[1:], np.int32), (count, 1)),
        np.tile(np.array(steps, np.int32), (count, 1)),
        np.tile(np.array(whole, np.int32), (count, 1)),
        np.ascontiguousarray(shown, np.float32).ravel(),
        of,
        count < of,
    )


def _binned(values, bins) -> np.ndarray:
    """Of each bin of an array of three axes the number of the largest magnitude, with its sign; NaN where there is
    one."""
    for axis, step in enumerate(bins):
        if step > 1:
            starts = np.arange(0, values.shape[axis], step)
            high, low = (extreme.reduceat(values, starts, axis) for extreme in (np.maximum, np.minimum))
            values = np.where(high >= -low, high, low)
    return values


def matrices_of(layer: Layer) -> list[Matrix]:
    """The matrices of a layer, without tables that are looked up or added."""
    return [matrix for matrix in layer.matrices if matrix.form != TABLE]


def square_of(count: int) -> int:
    """Columns of a grid of so many squares that fills a square as far as can be."""
    return ceil(max(1, count) ** 0.5)


def columns_of(count: int) -> int:
    """Columns of a grid of so many squares: near the root, as few empty squares as can be."""
    root = ceil(max(1, count) ** 0.5)
    return min(range(root, max(root + 1, 2 * root)), key=lambda across: (-(-count // across) * across - count, across))


def spread(values, percents) -> np.ndarray:
    """The value that is dark and how far the full color is from it; of numbers that are all alike, 0 and themselves."""
    values = values[np.isfinite(values)]
    if not values.size:
        return np.array([0, 1], np.float32)
    low, high = np.percentile(values, percents)
    if high > low:
        return np.array([low, high - low], np.float32)
    return np.array([0, high if high > 0 else 1], np.float32)
