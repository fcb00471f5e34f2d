# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A join behind operators that only move elements: Transpose, Slice, Split. Its edges begin in the layer before."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from .base import Edges, Join

LARGEST = 1 << 24  # elements that are turned round; above this hints and kernels are not worked out


class Through(Join):
    """`source_of` maps cells of the tensor that `join` reads, of `size` cells, to those of the layer (-1: none)."""

    def __init__(self, join: Join, source_of: Callable, size: int):
        self.join, self.source_of, self.size = join, source_of, size
        self.carries, self.level, self.fan_in, self.taps = join.carries, join.level, join.fan_in, join.taps
        for name in ("unit_strength", "unit_mean"):
            if hasattr(join, name):
                setattr(self, name, getattr(join, name))

    def into(self, targets, sources=None):
        if sources is not None:
            sources = np.flatnonzero(np.isin(self._all, sources)) if self.size <= LARGEST else None
        edges = self.join.into(targets, sources)
        source = self.source_of(edges.source)
        return Edges(source, edges.target, edges.weight, edges.magnitude).take(source >= 0)

    def strength(self, edges, activation):
        return self.join.strength(edges, activation)

    @cached_property
    def _all(self):
        return self.source_of(np.arange(self.size))


class KernelsThrough(Through):
    """The same for a convolution whose channels are whole units of the layer; `unit_of` tells which, (channels,)."""

    def __init__(self, join: Join, source_of: Callable, size: int, unit_of: np.ndarray, units: int):
        super().__init__(join, source_of, size)
        self.unit_of, self.channels, self.units, self.per_group = unit_of, units, join.units, join.per_group

    def kernels(self, units: np.ndarray, channels: np.ndarray) -> Edges:
        """As `Conv.kernels`; channels and sources are units of the layer."""
        edges = self.join.kernels(units, np.flatnonzero(np.isin(self.unit_of, channels)))
        return Edges(self.unit_of[edges.source], edges.target, edges.weight, edges.magnitude)


def through(join: Join, source_of: Callable | None, moved, layer, look: bool = True) -> Join:
    """A join behind a move; `moved` and `layer` are the grids of the tensor it reads and of the layer before.

    Without `look`, what the move does to whole channels is not worked out.
    """
    if source_of is None:
        return join
    if look and hasattr(join, "kernels") and join.channels == moved.units and moved.size <= LARGEST:
        cells = source_of(np.arange(moved.size))
        unit = np.where(cells < 0, -1, cells // layer.strides[0] % layer.units)
        cell = np.arange(moved.size) // moved.strides[0] % moved.units
        first = np.full(moved.units, -1)
        first[cell[::-1]] = unit[::-1]
        if (first[cell] == unit).all() and (first >= 0).all():
            return KernelsThrough(join, source_of, moved.size, first, layer.units)
    return Through(join, source_of, moved.size)
