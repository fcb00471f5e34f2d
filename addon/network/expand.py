# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a connection opens, level by level: whole units, the taps of a kernel at one position, the taps at all positions.

At each level `counts` tells how many lines there are by the operator's own arithmetic, and `expand` gives those that
can be shown: the kernels between drawn units and the taps of the strongest of them. Which cell a tap reads at a
position follows from a `Sliding` window alone, so that a scene can work it out by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .drawn import CELLS, MAPS, Drawn
from .joins.kernels import Kernels, Sliding
from .lines import MANY, strongest_first
from .network import Connection

EXPANSIONS = ("Legs", "Kernels", "At a Position", "All Positions")
KERNELS, TAPS = 2048, 8192  # of one connection, at most
LARGEST = 1 << 24  # weights; of larger matrices not all kernels are looked at
ALONE, OPENS, TAP, STAYS = range(4)  # what a line is: see `Expanded.detail`


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


def counts(connection: Connection) -> tuple[int, int, int, int] | None:
    """How many lines the connection has at the levels 0 (legs to and from one centre), 1 (kernels), 2 (taps at one
    position inside the map) and 3 (at all positions, without padding); None where that cannot be told."""
    kernels = kernels_of(connection)
    if kernels is None:
        return None
    return kernels.ends, kernels.count, kernels.count * kernels.tap_count, kernels.count * kernels.inside


def expand(
    connection: Connection, source: Drawn, target: Drawn, kernels: int = KERNELS, taps: int = TAPS
) -> Expanded | None:
    """The strongest kernels between drawn units, at most so many, and of the strongest of these all taps, at most so
    many in all. None where the connection has no kernels, or an end is drawn as one box or
    not at all."""
    shown = {source.detail, target.detail}
    all_kernels = kernels_of(connection) if shown <= {CELLS, MAPS} else None
    if all_kernels is None or not len(source.units) or not len(target.units):
        return None
    near, far = _strongest(all_kernels, source.units, target.units, kernels)
    weight, magnitude = near[2:]
    if not len(weight):
        return None
    starts = np.searchsorted(source.units, near[1])
    stops = np.searchsorted(target.units, near[0])
    if all_kernels.window is None or MAPS in shown or far == 0:
        return _made(np.full(len(weight), STAYS), starts, stops, 0, 0, weight, magnitude)
    opened = min(len(weight), taps // all_kernels.tap_count)
    values = all_kernels.taps(near[0][:opened], near[1][:opened]).astype(np.float32)
    row, column = (
        np.tile(place, opened) for place in np.divmod(np.arange(all_kernels.tap_count), all_kernels.window.kernel[1])
    )
    detail = np.r_[np.full(opened, OPENS), np.full(len(weight) - opened, ALONE), np.full(values.size, TAP)]
    none = np.zeros(len(weight), np.int32)
    return _made(
        detail,
        np.r_[starts, np.repeat(starts[:opened], all_kernels.tap_count)],
        np.r_[stops, np.repeat(stops[:opened], all_kernels.tap_count)],
        np.r_[none, row],
        np.r_[none, column],
        np.r_[weight, values.ravel()],
        np.r_[magnitude, np.abs(values.ravel())],
        all_kernels.window,
    )


def budget(connections: int) -> tuple[int, int]:
    """How many kernels and taps each of so many connections may have: less in a network of many."""
    share = 1.0 if connections <= MANY else max(1 / 8, MANY / connections)
    return round(KERNELS * share), round(TAPS * share)


def _made(detail, source, target, row, column, weight, magnitude, window=None) -> Expanded:
    def whole(numbers):
        return np.broadcast_to(np.asarray(numbers, np.int32), detail.shape)

    return Expanded(
        whole(detail),
        whole(source),
        whole(target),
        whole(row),
        whole(column),
        np.asarray(weight, np.float32),
        np.asarray(magnitude, np.float32),
        window or Sliding(),
    )


def _strongest(all_kernels, sources, targets, limit):
    """Targets, sources, weights and magnitudes of the strongest kernels between these units, the strongest first; and
    0 if a kernel is but one line at one position."""
    step = max(1, LARGEST // max(1, len(sources) * all_kernels.tap_count))
    best = None
    for begin in range(0, len(targets), step):
        part = all_kernels.pairs(targets[begin : begin + step], sources)
        best = part if best is None else tuple(np.concatenate(pair) for pair in zip(best, part, strict=True))
        order = strongest_first(best[3])[:limit]
        best = tuple(column[order] for column in best)
    single = all_kernels.tap_count == 1 and all_kernels.inside == 1
    return best, 0 if single else all_kernels.tap_count


def kernels_of(connection: Connection) -> Kernels | None:
    """The connection as kernels, None where it has none between whole units."""
    return connection.join.kernels_between(connection.source.grid, connection.target.grid)
