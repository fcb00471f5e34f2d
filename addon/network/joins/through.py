# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A join behind operators that only move elements: Transpose, Slice, Split. Its edges begin in the layer before."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import cast

import numpy as np

from .base import Edges, Join
from .conv import Conv
from .kernels import Sliding

LARGEST = 1 << 24  # elements that are turned round; above this hints and kernels are not worked out


class Through(Join):
    """`source_of` maps cells of the tensor that `join` reads, of `size` cells, to those of the layer (-1: none)."""

    reaches = True

    def __init__(self, join: Join, source_of: Callable, size: int):
        self.join = join
        self.source_of = source_of
        self.size = size
        self.carries, self.grain, self.fan_in, self.taps = join.carries, join.grain, join.fan_in, join.taps
        self.ranks = join.ranks

    @property
    def inner(self):
        return self.join.inner

    def unit_strength(self):
        return self.join.unit_strength()

    def unit_mean(self):
        return self.join.unit_mean()

    def outgoing(self, units, count):
        """As that of the operator, by the cells of the layer; what is moved away counts for nobody."""
        if not self.join.reaches:
            return None
        strength = self.join.source_strength()
        if not len(strength) == len(units) == self.size:
            return None
        cells = self._all
        seen = cells >= 0
        return np.bincount(units[cells[seen]], np.square(strength[seen].astype(np.float64)), count)

    def kernels_between(self, source, target):
        """Those of a matrix that reads every cell of the layer once; of others see `KernelsThrough`."""
        if self.join.form != "matrix" or self.size != source.size or self.size > LARGEST:
            return None
        cells = self._all
        whole = np.array_equal(np.sort(cells), np.arange(self.size))
        return self.join.kernels_of_cells(source, target, cells) if whole else None

    def into(self, targets, sources=None):
        if sources is not None:
            sources = np.flatnonzero(np.isin(self._all, sources)) if self.size <= LARGEST else None
        edges = self.join.into(targets, sources)
        source = self.source_of(edges.source)
        return Edges(source, edges.target, edges.weight, edges.magnitude).take(source >= 0)

    def slots(self, targets):
        source, weight = self.join.slots(targets)
        return np.where(source >= 0, self.source_of(np.maximum(source, 0)), -1), weight

    def strength(self, edges, activation):
        return self.join.strength(edges, activation)

    @cached_property
    def _all(self):
        return self.source_of(np.arange(self.size))


class KernelsThrough(Through):
    """The same for a convolution whose channels are whole units of the layer; `unit_of` tells which, (channels,)."""

    form = "kernels"
    join: Conv

    def __init__(self, join: Conv, source_of: Callable, size: int, unit_of: np.ndarray, units: int):
        super().__init__(join, source_of, size)
        self.unit_of = unit_of
        self.channels = units
        self.units = join.units
        self.per_group = join.per_group

    def kernels(self, units: np.ndarray, channels: np.ndarray) -> Edges:
        """As `Conv.kernels`; channels and sources are units of the layer."""
        edges = self.join.kernels(units, np.flatnonzero(np.isin(self.unit_of, channels)))
        return Edges(self.unit_of[edges.source], edges.target, edges.weight, edges.magnitude)

    def outgoing(self, units, count):
        return np.bincount(self.unit_of, np.square(self.join.source_strength().astype(np.float64)), count)

    def kernels_between(self, source, target):
        conv = self.join
        if source.units != self.channels or target.units != conv.units:
            return None
        channel_of = np.zeros(source.units, np.int64)
        channel_of[self.unit_of] = np.arange(conv.channels)
        return conv.kernels_of_channels(source, target, channel_of, self.kernels, self._keeps_places(source))

    def _keeps_places(self, source) -> bool:
        """Whether the move leaves every cell at its row and column of a unit."""
        window = Sliding.of(self.join.window)
        if (
            window is None
            or (source.rows, source.columns) != window.source
            or len(set(self.unit_of.tolist())) != self.join.channels
        ):
            return False
        cells = self._all
        area = source.rows * source.columns
        place = np.arange(self.size) % area  # the convolution itself reads channels first
        row, column = (
            cells // step % size for step, size in zip(source.strides[1:], (source.rows, source.columns), strict=True)
        )
        rows = row if source.rows > 1 else 0
        columns = column if source.columns > 1 else 0
        return bool((cells >= 0).all() and (rows * source.columns + columns == place).all())


def through(join: Join, source_of: Callable | None, moved, layer, look: bool = True) -> Join:
    """A join behind a move; `moved` and `layer` are the grids of the tensor it reads and of the layer before.

    Without `look`, what the move does to whole channels is not worked out.
    """
    if source_of is None:
        return join
    if look and join.form == "kernels" and join.channels == moved.units and moved.size <= LARGEST:
        cells = source_of(np.arange(moved.size))
        unit = np.where(cells < 0, -1, cells // layer.strides[0] % layer.units)
        cell = np.arange(moved.size) // moved.strides[0] % moved.units
        first = np.full(moved.units, -1)
        first[cell[::-1]] = unit[::-1]
        if (first[cell] == unit).all() and (first >= 0).all():
            return KernelsThrough(cast(Conv, join), source_of, moved.size, first, layer.units)
    return Through(join, source_of, moved.size)
