# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a connection opens, level by level: whole units, the taps of a kernel at one position, the taps at all positions.

At each level `counts` tells how many lines there are by the operator's own arithmetic, and `expand` gives those that
can be shown: the kernels between drawn units and the taps of the strongest of them. Which cell a tap reads at a
position follows from a `Sliding` window alone, so that a scene can work it out by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

import numpy as np

from .drawn import CELLS, MAPS, Drawn
from .joins import COPY, WEIGHT
from .joins.base import Map, lengths
from .joins.conv import Conv
from .joins.dense import Dense
from .joins.pool import Pool, Reduce
from .joins.through import KernelsThrough, Through
from .joins.window import Window
from .lines import MANY, strongest_first
from .network import Connection, Grid

LEVELS = ("Legs", "Kernels", "At a Position", "All Positions")
KERNELS, TAPS = 2048, 8192  # of one connection, at most
LARGEST = 1 << 24  # weights; of larger matrices not all kernels are looked at
ALONE, OPENS, TAP, STAYS = range(4)  # what a line is: see `Expanded.detail`
PROBES = 12  # positions of a map at which a copy is looked at
Pair = tuple[int, int]  # rows, columns


@dataclass(frozen=True)
class Sliding:
    """A window over the rows and columns of a map: as ONNX has it for Conv, ConvTranspose and pooling.

    Position p reads, with tap t, the source's p * stride - padding + t * dilation; transposed, that s for which
    s * stride = p + padding - t * dilation. A mean gives each tap 1/n, n being the taps at the position that lie on the
    map ("cells"), or on it and its padding ("window").
    """

    source: Pair = (1, 1)  # rows and columns of the maps
    target: Pair = (1, 1)
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    padding_end: Pair = (0, 0)
    dilation: Pair = (1, 1)
    transposed: bool = False
    mean: str = ""

    @classmethod
    def of(cls, window: Window, mean: str = "") -> Sliding | None:
        """That of a join's window over one or two axes, else None."""
        if len(window.kernel) > 2:
            return None
        low, one = (0,) * (2 - len(window.kernel)), (1,) * (2 - len(window.kernel))
        return cls(one + tuple(window.source), one + tuple(window.target), one + window.kernel, one + window.strides,
                   low + tuple(window.begin), low + tuple(window.end), one + window.dilations, window.transposed, mean)

    def inside(self) -> int:
        """How many pairs of a position and a tap read a cell of the map, not of its padding."""
        return prod(self._inside(axis) for axis in (0, 1))

    def _inside(self, axis):
        place, tap = np.arange(self.target[axis])[:, None], np.arange(self.kernel[axis]) * self.dilation[axis]
        if self.transposed:
            at, rest = np.divmod(place + self.padding[axis] - tap, self.stride[axis])
        else:
            at, rest = place * self.stride[axis] - self.padding[axis] + tap, 0
        return int(np.count_nonzero((rest == 0) & (at >= 0) & (at < self.source[axis])))


@dataclass(frozen=True)
class Expanded:
    """The lines of all levels as parallel arrays. Units are places among the drawn ones of a layer.

    `detail` is ALONE (a kernel whose taps are not stored), OPENS (one whose taps are), TAP, or STAYS (a line that is
    the same at every level). A kernel's weight is the signed sum of its taps and its magnitude their L2 norm.
    """

    detail: np.ndarray  # int32, as all indices
    source_unit: np.ndarray
    target_unit: np.ndarray
    tap_row: np.ndarray
    tap_column: np.ndarray
    weight: np.ndarray  # float32
    magnitude: np.ndarray
    window: Sliding = field(default_factory=Sliding)

    def __len__(self):
        return len(self.detail)


@dataclass(frozen=True)
class _Kernels:
    """A connection as kernels between whole units."""

    pairs: Callable  # (target units, source units) -> target, source (k,), weight and magnitude (k,) of their kernels
    taps: Callable  # (target, source) -> weights (k, taps) of these kernels, rows before columns
    count: int  # of all kernels
    ends: int  # source and target units together
    window: Sliding | None  # None where single taps are not told apart
    tap_count: int
    inside: int  # pairs of a position and a tap that lie on the map


def counts(connection: Connection) -> tuple[int, int, int, int] | None:
    """How many lines the connection has at the levels 0 (legs to and from one centre), 1 (kernels), 2 (taps at one
    position inside the map) and 3 (at all positions, without padding); None where that cannot be told."""
    found = _kernels(connection)
    return found and (found.ends, found.count, found.count * found.tap_count, found.count * found.inside)


def expand(connection: Connection, source: Drawn, target: Drawn, kernels: int = KERNELS,
           taps: int = TAPS) -> Expanded | None:
    """The strongest kernels between drawn units, at most so many, and of the strongest of these all taps, at most so
    many in all. None where the connection has no kernels, or an end is drawn as one box or
    not at all."""
    shown = {source.level, target.level}
    found = _kernels(connection) if shown <= {CELLS, MAPS} else None
    if found is None or not len(source.units) or not len(target.units):
        return None
    near, far = _strongest(found, source.units, target.units, kernels)
    weight, magnitude = near[2:]
    if not len(weight):
        return None
    ends = [np.searchsorted(one.units, units) for one, units in ((source, near[1]), (target, near[0]))]
    if found.window is None or MAPS in shown or far == 0:
        return _made(np.full(len(weight), STAYS), *ends, 0, 0, weight, magnitude)
    opened = min(len(weight), taps // found.tap_count)
    values = found.taps(near[0][:opened], near[1][:opened]).astype(np.float32)
    row, column = (np.tile(one, opened) for one in np.divmod(np.arange(found.tap_count), found.window.kernel[1]))
    detail = np.r_[np.full(opened, OPENS), np.full(len(weight) - opened, ALONE), np.full(values.size, TAP)]
    ends = [np.r_[one, np.repeat(one[:opened], found.tap_count)] for one in ends]
    none = np.zeros(len(weight), np.int32)
    return _made(detail, *ends, np.r_[none, row], np.r_[none, column], np.r_[weight, values.ravel()],
                 np.r_[magnitude, np.abs(values.ravel())], found.window)


def budget(connections: int) -> tuple[int, int]:
    """How many kernels and taps each of so many connections may have: less in a network of many."""
    share = 1.0 if connections <= MANY else max(1 / 8, MANY / connections)
    return round(KERNELS * share), round(TAPS * share)


def _made(detail, source, target, row, column, weight, magnitude, window=None) -> Expanded:
    whole = [np.broadcast_to(np.asarray(one, np.int32), detail.shape) for one in (detail, source, target, row, column)]
    return Expanded(*whole, np.asarray(weight, np.float32), np.asarray(magnitude, np.float32), window or Sliding())


def _strongest(found, sources, targets, limit):
    """Targets, sources, weights and magnitudes of the strongest kernels between these units, the strongest first; and
    0 if a kernel is but one line at one position."""
    step = max(1, LARGEST // max(1, len(sources) * found.tap_count))
    best = None
    for begin in range(0, len(targets), step):
        part = found.pairs(targets[begin : begin + step], sources)
        best = part if best is None else tuple(np.concatenate(pair) for pair in zip(best, part, strict=True))
        order = strongest_first(best[3])[:limit]
        best = tuple(one[order] for one in best)
    single = found.tap_count == 1 and found.inside == 1
    return best, 0 if single else found.tap_count


def _kernels(connection: Connection) -> _Kernels | None:
    """The connection as kernels, None where it has none between whole units."""
    join, source, target = connection.join, connection.source.grid, connection.target.grid
    inner = join.join if isinstance(join, Through) else join
    if isinstance(inner, Conv):
        return _conv(join, inner, source, target)
    if isinstance(join, Through) and not isinstance(inner, Dense):
        return None
    if isinstance(inner, Dense):
        return _dense(join, inner, source, target)
    if isinstance(inner, Pool):
        return _pool(inner, source, target)
    if isinstance(inner, Reduce):
        return _reduce(inner, source, target)
    return _map(inner, source, target) if isinstance(inner, Map) else None


def _plain(grid: Grid) -> bool:
    """Whether units, rows and columns of a grid lie in the tensor one after the other."""
    steps, sizes = (grid.rows * grid.columns, grid.columns, 1), (grid.units, grid.rows, grid.columns)
    return all(size == 1 or step == is_ for size, step, is_ in zip(sizes, steps, grid.strides, strict=True))


def _conv(join, conv: Conv, source, target) -> _Kernels | None:
    channels = join.channels if isinstance(join, KernelsThrough) else conv.channels
    if (isinstance(join, Through) and not isinstance(join, KernelsThrough)
            or (source.units, target.units) != (channels, conv.units)):
        return None
    window, channel_of = Sliding.of(conv.window), np.arange(conv.channels)
    straight = _plain(target) and (target.rows, target.columns) == (window and window.target)
    if isinstance(join, KernelsThrough):
        straight = straight and window is not None and _keeps_places(join, conv, window, source)
        channel_of = np.zeros(source.units, np.int64)
        channel_of[join.unit_of] = np.arange(conv.channels)
    else:
        straight = straight and _plain(source) and (source.rows, source.columns) == window.source
    inside = Sliding.of(conv.window).inside() if len(conv.window.kernel) < 3 else _inside(conv.window)

    def pairs(units, among):
        edges = join.kernels(units, among)
        return edges.target, edges.source, edges.weight, edges.magnitude

    def taps(units, sources):
        weight, channel = conv.weight(), channel_of[sources]
        picked = (weight[channel, units % (conv.units // conv.groups)] if conv.window.transposed
                  else weight[units, channel % conv.per_group])
        return np.asarray(picked, np.float32).reshape(len(units), conv.taps)

    return _Kernels(pairs, taps, conv.units * conv.per_group, source.units + target.units, window if straight else None,
                    conv.taps, inside)


def _inside(window: Window) -> int:
    """As `Sliding.inside`, of any number of axes."""
    axes = range(len(window.kernel))
    return prod(Sliding(*((1, getattr(window, name)[axis]) for name in ("source", "target", "kernel", "strides")),
                        (0, window.begin[axis]), (0, window.end[axis]), (1, window.dilations[axis]),
                        window.transposed).inside() for axis in axes)


def _keeps_places(join: KernelsThrough, conv, window, source) -> bool:
    """Whether a move before a convolution leaves every cell at its row and column of a unit."""
    if (source.rows, source.columns) != window.source or len(set(join.unit_of.tolist())) != conv.channels:
        return False
    cells = join.source_of(np.arange(join.size))
    area = source.rows * source.columns
    place = np.arange(join.size) % area  # the convolution itself reads channels first
    row, column = (cells // step % size for step, size in zip(source.strides[1:], (source.rows, source.columns),
                                                              strict=True))
    rows = row if source.rows > 1 else 0
    columns = column if source.columns > 1 else 0
    return bool((cells >= 0).all() and (rows * source.columns + columns == place).all())


def _dense(join, dense: Dense, source, target) -> _Kernels | None:
    """A matrix that reads flattened maps is a convolution whose kernel is the whole map."""
    rows = source.rows * source.columns
    size = join.size if isinstance(join, Through) else source.size
    if (dense.left or target.is_map or target.units != dense.outputs or size != dense.inputs
            or source.size != dense.inputs):
        return None
    cells = join.source_of(np.arange(size)) if isinstance(join, Through) else np.arange(size)
    if isinstance(join, Through) and not np.array_equal(np.sort(cells), np.arange(size)):
        return None
    unit, row, column = (cells // step % extent if extent > 1 else np.zeros_like(cells) for step, extent in
                         zip(source.strides, (source.units, source.rows, source.columns), strict=True))
    index = np.empty(size, np.int64)  # of the inputs, by unit, row and column
    index[(unit * source.rows + row) * source.columns + column] = np.arange(size)
    index = index.reshape(source.units, rows)

    def pairs(outputs, among):
        taken = np.asarray(dense.matrix()[index[among].ravel()[:, None], outputs[None, :]], np.float32)
        weight = taken.reshape(len(among), rows, len(outputs))
        with np.errstate(over="ignore", invalid="ignore"):  # weights that are not finite
            total, norm = weight.sum(1), lengths(weight.transpose(0, 2, 1).reshape(-1, rows))
        to, from_ = np.meshgrid(outputs, among)
        return to.ravel(), from_.ravel(), total.ravel(), norm.ravel()

    def taps(outputs, units):
        return np.asarray(dense.matrix()[index[units], outputs[:, None]], np.float32)

    window = Sliding(source=(source.rows, source.columns), kernel=(source.rows, source.columns))
    return _Kernels(pairs, taps, source.units * dense.outputs, source.units + target.units, window, rows, rows)


def _alike(window, source, target, value, tap_count, inside) -> _Kernels | None:
    """Each unit by itself, all with taps of the same value."""
    def pairs(units, among):
        units = np.intersect1d(units, among)
        return (units, units, np.full(len(units), value * tap_count, np.float32),
                np.full(len(units), abs(value) * tap_count**0.5, np.float32))

    def taps(units, sources):
        return np.full((len(units), tap_count), value, np.float32)

    return _Kernels(pairs, taps, target.units, source.units + target.units, window, tap_count, inside)


def _pool(pool: Pool, source, target) -> _Kernels | None:
    if source.units != target.units or source.units * prod(pool.window.source) != source.size:
        return None
    window = Sliding.of(pool.window, ("window" if pool.whole else "cells") if pool.mean else "")
    taps = pool.fan_in
    inside = window.inside() if window else _inside(pool.window)
    straight = window and _plain(source) and _plain(target) and (
        (source.rows, source.columns), (target.rows, target.columns)) == (window.source, window.target)
    return _alike(window if straight else None, source, target, 1.0 / taps if pool.mean else 1.0, taps, inside)


def _reduce(reduce: Reduce, source, target) -> _Kernels | None:
    """A mean or maximum over whole maps."""
    area = source.rows * source.columns
    if target.is_map or source.units != target.units or reduce.fan_in != area or target.size * area != source.size:
        return None
    edges = reduce.into(np.array([target.units - 1]))
    if not (edges.source // source.strides[0] % source.units == target.units - 1).all():
        return None
    window = Sliding(source=(source.rows, source.columns), kernel=(source.rows, source.columns))
    return _alike(window, source, target, reduce.coefficient, area, area)


def _map(join: Map, source, target) -> _Kernels | None:
    """Copies and scales that lead every cell of a unit to the same place of one unit."""
    if (source.rows, source.columns) != (target.rows, target.columns) or join.carries not in (COPY, WEIGHT):
        return None
    area = target.rows * target.columns
    places = np.unique(np.linspace(0, area - 1, PROBES).astype(np.int64))
    row, column = np.divmod(places, target.columns)
    flat = (np.arange(target.units)[:, None] * target.strides[0] + row * target.strides[1] + column * target.strides[2]
            if target.is_map else np.arange(target.units)[:, None])
    read = join.source_of(flat.ravel()).reshape(flat.shape)
    unit = read // source.strides[0] % source.units
    back = unit * source.strides[0] + (row * source.strides[1] + column * source.strides[2] if source.is_map else 0)
    if (unit != unit[:, :1]).any() or ((read != back) & (read >= 0)).any() or ((read < 0) != (read[:, :1] < 0)).any():
        return None
    unit = np.where(read[:, 0] < 0, -1, unit[:, 0])
    weight = np.full(target.units, join.coefficient, np.float32)
    if join.weight_of:
        found = np.asarray(join.weight_of(flat.ravel()), np.float32).reshape(flat.shape)
        if not np.array_equal(found, np.broadcast_to(found[:, :1], found.shape), equal_nan=True):
            return None
        weight = found[:, 0]

    def pairs(units, among):
        kept = units[np.isin(unit[units], among)]
        return kept, unit[kept], weight[kept], np.abs(weight[kept])

    window = Sliding((target.rows, target.columns), (target.rows, target.columns))
    return _Kernels(pairs, lambda units, sources: weight[units][:, None], int((unit >= 0).sum()),
                    len(set(unit[unit >= 0].tolist())) + target.units, window, 1, area)

