# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bars on the edges of the pages of a book: the mean of a tenth of its channels each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..containers import stopping
from .covers import Values, matrices_of, spread
from .matrices import KERNELS
from .network import Network
from .norms import NormReader
from .pages import Page

BARS = 10  # a page
PERCENTS = 2.0, 99.5  # of the bars of a page, between which they are told apart


@dataclass(frozen=True)
class Bars:
    """The bars on the edges of pages: of each its `page`, which tenth of that's channels it is, the mean of them, and
    the range of its page as `Picture.ranges`. `meanings` are of each page "mean activation", "mean kernel norm",
    "mean weight" (without its sign), or "none" where nothing is known: then its only bar is 0."""

    page: np.ndarray
    place: np.ndarray
    value: np.ndarray
    ranges: np.ndarray
    meanings: tuple[str, ...]


def bars(network: Network, shown: Sequence[Page], values: Values, reader: NormReader | None = None) -> Bars:
    """The bars of pages: the means of tenths of their channels, of activations, else of the norms of their weights; a
    sum stands for the last layer with weights before it on its page. Raises `CheckpointError`."""
    reader = reader or NormReader()
    page, place, value, ranges, meanings = [], [], [], [], []
    for number, some in enumerate(shown):
        stopping.check()
        channels, meaning = _channels(network, some, values, reader)
        if meaning == "none":
            means = np.zeros(1, np.float32)
        else:
            edges = np.linspace(0, len(channels), min(BARS, len(channels)) + 1).astype(np.int64)
            with np.errstate(invalid="ignore", over="ignore"):
                sums = np.add.reduceat(channels.astype(np.float64), edges[:-1])
                means = (sums / np.diff(edges)).astype(np.float32)
        page.append(np.full(len(means), number, np.int32))
        place.append(np.arange(len(means), dtype=np.int32))
        value.append(means)
        ranges.append(np.tile(spread(means, PERCENTS), (len(means), 1)))
        meanings.append(meaning)
    joined = [np.concatenate(some) for some in (page, place, value, ranges)]
    return Bars(joined[0], joined[1], joined[2], joined[3], tuple(meanings))


def _channels(network, page, values, reader):
    """One number a channel of a page, and what it is."""
    layer = page.layer
    ran = values(layer) if layer.op != "Attention" else None  # its pattern has no channels
    if ran is not None and layer.grid.size:
        grid = layer.grid
        cells = ran[: grid.size]
        with np.errstate(invalid="ignore", over="ignore"):
            if grid.units == 1 and grid.is_map:  # tokens x features
                return cells.reshape(grid.rows, grid.columns).mean(0, dtype=np.float64), "mean activation"
            cells = cells.reshape(-1, grid.units).T if grid.strides[0] == 1 else cells.reshape(grid.units, -1)
            return cells.mean(1, dtype=np.float64), "mean activation"
    for name in reversed(page.layers):
        for matrix in matrices_of(network.layer(name))[::-1]:
            norms = reader.any_of(matrix)
            if norms is not None and not norms.bare:
                return norms.means, "mean kernel norm" if matrix.form == KERNELS else "mean weight"
    return np.zeros(1), "none"
