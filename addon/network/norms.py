# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Matrices of weights in few numbers: the norms of kernels in bins, and of each row their mean. Read once, in parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import numpy as np

from ..containers import stopping
from .matrices import KERNELS, Matrix

AT_ONCE = 1 << 20  # weights that are worked on at once
MOST_OF_ONE = 1 << 22  # weights of a matrix that are all worked on; of a larger one every so many rows
MOST_READ = 1 << 27  # weights of a matrix; a still larger one is left out


@dataclass(frozen=True)
class Norms:
    """`cells` (rows, columns) float32: of bins of one the norms of the kernels, or magnitudes of the weights,
    themselves, else the root of their mean square. `means` (outputs,) is the mean of the norms into each output.
    `bare`: all norms are alike, as of weights that only fill a place. Of a large matrix `every` so many outputs one is
    looked at, at least one a bin."""

    cells: np.ndarray
    bins: tuple[int, int]
    means: np.ndarray
    bare: bool
    every: int = 1

    @property
    def exact(self) -> bool:
        return self.bins == (1, 1)


@dataclass
class NormReader:
    """Reads matrices into few rows and columns, each once."""

    most: int = 64
    _read: dict[str, tuple[int, Norms | None]] = field(default_factory=dict)

    def of(self, matrix: Matrix, most: int) -> Norms | None:
        """In at most so many rows and columns; None of a matrix that is too large. Raises `CheckpointError`."""
        name = matrix.constant.name
        if name not in self._read or self._read[name][0] != most:
            self._read[name] = most, norms(matrix, most) if matrix.constant.size <= MOST_READ else None
        return self._read[name][1]

    def any_of(self, matrix: Matrix) -> Norms | None:
        """The same, in any number of rows and columns, as they were read before."""
        name = matrix.constant.name
        return self._read[name][1] if name in self._read else self.of(matrix, self.most)


def norms(matrix: Matrix, most: int) -> Norms:
    """The norms of a matrix in at most so many rows and columns. Raises `CheckpointError`."""
    rows, columns = matrix.shape
    bins = -(-rows // most), -(-columns // most)
    starts = np.arange(0, columns, bins[1])
    counts = np.diff(np.r_[starts, columns])
    array = matrix.read()
    every = min(bins[0], max(1, -(-matrix.constant.size // MOST_OF_ONE)))
    taken = np.arange(rows)
    taken = taken[taken % bins[0] % every == 0]
    edges = np.searchsorted(taken, np.arange(0, rows, bins[0]))
    lines, means = [], []
    bare = True
    first = None
    step = max(1, AT_ONCE // (bins[0] * columns * prod(array.shape[2:]))) * bins[0]
    for begin in range(0, rows, step):
        stopping.check()
        some = _sizes(matrix, array[taken[(taken >= begin) & (taken < begin + step)]])
        first = some.flat[0] if first is None else first
        bare = bare and bool((some == first).all())
        with np.errstate(over="ignore", invalid="ignore"):
            means.append(some.mean(1, dtype=np.float64))
            if bins == (1, 1):
                lines.append(some)
                continue
            tops = edges[begin // bins[0] : (begin + step) // bins[0]]
            tops = tops - tops[0]
            sizes = np.diff(np.r_[tops, len(some)])[:, None] * counts
            squares = np.add.reduceat(np.square(some, dtype=np.float64), starts, 1)
            lines.append(np.sqrt(np.add.reduceat(squares, tops, 0) / sizes))
    return Norms(np.concatenate(lines).astype(np.float32), bins, np.concatenate(means), bare, every)


def _sizes(matrix, rows) -> np.ndarray:
    """Norms of kernels or magnitudes of weights, (rows, columns)."""
    if matrix.form == KERNELS:
        taps = np.asarray(rows, np.float32).reshape(*rows.shape[:2], -1)
        with np.errstate(over="ignore", invalid="ignore"):
            if taps.shape[2] == 1:
                return np.abs(taps[..., 0])
            sums = np.einsum("rct,rct->rc", taps, taps)
            if np.isinf(sums).any() or (sums < 1e-30).any():  # squares that single precision cannot hold
                sums = np.square(taps, dtype=np.float64).sum(2)
            return np.sqrt(sums).astype(np.float32)
    return np.abs(matrix.cells(rows))
