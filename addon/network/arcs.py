# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tokens look at: of a layer of attention that ran, the mean of its heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .network import Layer, Network, by_unit
from .planes import is_tokens

EACH = 16  # of the tokens that one looks at, those that it looks at most
MOST = 4096  # arcs
FULL = 98.0  # the percentile of the arcs that has the full color


@dataclass(frozen=True)
class Arcs:
    """How much a token, the `target`, takes from another, the `source`: the mean over the heads, float32. `total` pairs
    of tokens there are, of which these are shown."""

    source: np.ndarray
    target: np.ndarray
    value: np.ndarray
    heads: int
    tokens: int
    total: int

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def full(self) -> float:
        """The attention that has the full color."""
        known = self.value[np.isfinite(self.value)]
        return float(np.percentile(known, FULL)) if len(known) else 1.0

    @cached_property
    def liveliest(self) -> int:
        """The token that takes most from one other than itself and the first, where all like to look."""
        others = np.where((self.source != self.target) & (self.source > 0), np.nan_to_num(self.value), -1.0)
        return int(self.target[int(np.argmax(others))]) if len(others) else -1


def arcs(layer: Layer, ran: np.ndarray) -> Arcs | None:
    """What the tokens of a layer of attention look at in a run, strongest last; None where its pattern is none."""
    grid = layer.grid
    if layer.op != "Attention" or not grid.is_map or ran.size < grid.size:
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        mean = by_unit(ran, grid).mean(0, dtype=np.float64).astype(np.float32)
    sized = np.nan_to_num(mean, nan=np.inf)
    kept = min(EACH, grid.columns)
    source = np.argpartition(-sized, kept - 1, axis=1)[:, :kept]
    target = np.repeat(np.arange(grid.rows), kept)
    source = source.ravel()
    value = mean[target, source]
    order = np.argsort(sized[target, source], kind="stable")[-MOST:]
    order = order[np.nan_to_num(value[order], nan=1.0) != 0]  # what is masked is not looked at
    return Arcs(
        source[order].astype(np.int32),
        target[order].astype(np.int32),
        value[order],
        grid.units,
        grid.rows,
        int(np.count_nonzero(mean)),
    )


def ends(network: Network, layer: Layer) -> tuple[str, str] | None:
    """The layers whose tokens attention reads and changes: the first of each that has as many."""
    rows, columns = layer.grid.rows, layer.grid.columns

    def first(names, count: int) -> str:
        known: Mapping[str, Layer] = network.by_name
        fitting = (name for name in names if name in known and is_tokens(known[name]))
        return next((name for name in fitting if (known[name].shape or (0,))[0] == count), "")

    source = first(layer.inputs, columns)
    target = first((reader.name for reader in network.readers[layer.name]), rows)
    return (source, target) if source and target else None
