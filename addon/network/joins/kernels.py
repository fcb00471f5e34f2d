# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A join as kernels: each from a whole unit to a whole unit, at every position the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from .window import Window

if TYPE_CHECKING:
    from ..network import Grid

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
        return cls(
            _pair(window.source, 1),
            _pair(window.target, 1),
            _pair(window.kernel, 1),
            _pair(window.strides, 1),
            _pair(window.begin, 0),
            _pair(window.end, 0),
            _pair(window.dilations, 1),
            window.transposed,
            mean,
        )

    def inside(self) -> int:
        """How many pairs of a position and a tap read a cell of the map, not of its padding."""
        return prod(self._inside(axis) for axis in (0, 1))

    def _inside(self, axis):
        place = np.arange(self.target[axis])[:, None]
        tap = np.arange(self.kernel[axis]) * self.dilation[axis]
        if self.transposed:
            at, rest = np.divmod(place + self.padding[axis] - tap, self.stride[axis])
        else:
            at = place * self.stride[axis] - self.padding[axis] + tap
            rest = 0
        return int(np.count_nonzero((rest == 0) & (at >= 0) & (at < self.source[axis])))


def _pair(sizes: Sequence[int], missing: int) -> Pair:
    """Sizes along rows and columns, of a window over one or two axes."""
    row, column = (missing,) * (2 - len(sizes)) + tuple(sizes)
    return row, column


@dataclass(frozen=True)
class Kernels:
    """The kernels between whole units of two layers."""

    pairs: Callable  # (target units, source units) -> target, source (k,), weight and magnitude (k,) of their kernels
    taps: Callable  # (target, source) -> weights (k, taps) of these kernels, rows before columns
    count: int  # of all kernels
    ends: int  # source and target units together
    window: Sliding | None  # None where single taps are not told apart
    tap_count: int
    inside: int  # pairs of a position and a tap that lie on the map


def is_plain(grid: Grid) -> bool:
    """Whether units, rows and columns of a grid lie in the tensor one after the other."""
    steps, sizes = (grid.rows * grid.columns, grid.columns, 1), (grid.units, grid.rows, grid.columns)
    return all(size == 1 or step == is_ for size, step, is_ in zip(sizes, steps, grid.strides, strict=True))


def inside(window: Window) -> int:
    """As `Sliding.inside`, of any number of axes."""
    axes = range(len(window.kernel))
    return prod(
        Sliding(
            (1, window.source[axis]),
            (1, window.target[axis]),
            (1, window.kernel[axis]),
            (1, window.strides[axis]),
            (0, window.begin[axis]),
            (0, window.end[axis]),
            (1, window.dilations[axis]),
            window.transposed,
        ).inside()
        for axis in axes
    )


def alike(window, source, target, value, tap_count, inside) -> Kernels | None:
    """Each unit by itself, all with taps of the same value."""

    def pairs(units, among):
        units = np.intersect1d(units, among)
        return (
            units,
            units,
            np.full(len(units), value * tap_count, np.float32),
            np.full(len(units), abs(value) * tap_count**0.5, np.float32),
        )

    def taps(units, sources):
        return np.full((len(units), tap_count), value, np.float32)

    return Kernels(pairs, taps, target.units, source.units + target.units, window, tap_count, inside)
