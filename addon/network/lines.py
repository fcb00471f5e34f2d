# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which connections are drawn: the strongest, spread over the units that they feed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .drawn import CELLS, MAPS, Drawn, allocate
from .joins import UNKNOWN, WEIGHT, Edges, Join
from .network import Connection

CHUNK = 1 << 21  # edges looked at in one go
MANY = 24  # connections of a network; above this, each has fewer lines
CANDIDATES = 4  # target cells looked at, and edges ranked, for each line that may be drawn


@dataclass(frozen=True)
class Lines:
    """Drawn connections as parallel arrays. `source` and `target` index the drawn cells (vertices) of two layers.

    `grain` says what a weight is: "cell" (one entry of the weight tensor, or an operator's own coefficient), "unit"
    (the signed sum of a kernel's taps, its magnitude their L2 norm), or "unknown".
    """

    grain: str
    source: np.ndarray  # int32
    target: np.ndarray  # int32
    weight: np.ndarray  # float32
    magnitude: np.ndarray  # float32
    importance: np.ndarray  # float32
    total: int  # how many connections there are, drawn or not

    def __len__(self):
        return len(self.source)


def strongest(connection: Connection, source: Drawn, target: Drawn, limit: int, activations=(None, None)) -> Lines:
    """At most `limit` connections between drawn cells, the most important first.

    `activations` are those of the source and the target layer (flat, one sample) or None. Importance is
    |weight x activation of the source| where there is an activation, else the magnitude.
    """
    join, total = connection.join, connection.join.fan_in * connection.target.size
    if not source.size or not target.size:  # somebody has deleted the cells
        none = np.zeros(0)
        return _lines(join.grain, none, none, none, none, none, total)
    if join.carries == UNKNOWN or source.has_one_cell or target.has_one_cell:
        return _evenly(source, target, limit)
    by_kernel = (
        join.form == "kernels"
        and (source.grid.is_map or target.grid.is_map or join.taps > 1)
        and (source.grid.units, target.grid.units) == (join.channels, join.units)
    )
    if by_kernel and (activations[0] is None or MAPS in (source.detail, target.detail)):
        return _kernels(join, source, target, limit)
    edges, importance = _candidates(join, source, target, limit, activations)
    if not len(edges) and by_kernel:
        return _kernels(join, source, target, limit)  # thinned maps share no tap
    chosen = _spread(edges, importance, target, limit)
    edges = edges.take(chosen)
    importance = importance[chosen]
    return _lines(
        join.grain,
        source.find(edges.source),
        target.find(edges.target),
        edges.weight,
        edges.magnitude,
        importance,
        total,
    )


def strongest_first(strength: np.ndarray) -> np.ndarray:
    """The order of strengths (n,), the largest first; what is NaN comes before all others, for it has to be seen."""
    return np.argsort(-_seen(strength), kind="stable")


def _seen(strength):
    return np.where(np.isnan(strength), np.inf, strength)


def _evenly(source, target, limit):
    """Lines that say only that two layers are joined, spread over what is drawn of them."""
    count = min(limit, max(source.size, target.size))
    ends = (np.linspace(0, shape_end.size - 1, count).round() for shape_end in (source, target))
    return _lines("unknown", *ends, np.zeros(count), np.zeros(count), np.zeros(count), 0)


def _kernels(join, source, target, limit):
    step = max(1, CHUNK // (min(join.per_group, len(source.units)) * join.taps))
    strongest = []
    for begin in range(0, len(target.units), step):
        edges = join.kernels(target.units[begin : begin + step], source.units)
        strongest.append(edges.take(strongest_first(edges.magnitude)[:limit]))
    edges = Edges.joined(strongest)
    edges = edges.take(strongest_first(edges.magnitude)[:limit])
    total = join.units * join.per_group
    return _lines(
        "unit",
        source.middle(edges.source),
        target.middle(edges.target),
        edges.weight,
        edges.magnitude,
        edges.magnitude,
        total,
    )


def _lines(grain, source, target, weight, magnitude, importance, total):
    return Lines(
        grain,
        source.astype(np.int32),
        target.astype(np.int32),
        weight.astype(np.float32),
        magnitude.astype(np.float32),
        importance.astype(np.float32),
        int(total),
    )


def _candidates(join: Join, source: Drawn, target: Drawn, limit: int, activations):
    """The edges worth choosing from, and their importance."""
    targets = _some_targets(join, target, limit, activations[1])
    part = source.detail == CELLS and not source.whole  # of the cells; maps show all of them
    step = max(1, CHUNK // max(1, min(join.fan_in, source.size * join.taps) if part else join.fan_in))
    candidates, strengths = [], []
    hint = np.sort(source.flat) if part else None
    for begin in range(0, len(targets), step):
        if part or target.grid.is_map:
            edges = join.into(targets[begin : begin + step], hint)
        else:  # of a neuron's edges a few are ranked
            edges = join.strongest_into(targets[begin : begin + step], CANDIDATES * limit, activations[0])
        drawn = source.find(edges.source) >= 0
        edges = edges if drawn.all() else edges.take(drawn)
        del drawn  # a byte for each of very many edges
        strength = edges.magnitude if activations[0] is None else join.strength(edges, activations[0])
        if activations[0] is not None:
            at_work = ~(strength <= 0)  # what is NaN too
            edges = edges.take(at_work)
            strength = strength[at_work]
        if not target.grid.is_map:  # what is not chosen among a neuron's own edges is not chosen among all
            chosen = np.sort(_spread(edges, strength, target, limit))
            edges = edges.take(chosen)
            strength = strength[chosen]
        candidates.append(edges)
        strengths.append(strength)
    return Edges.joined(candidates), np.concatenate([np.zeros(0, np.float32), *strengths])


def _some_targets(join, target, limit, activation):
    """Drawn target cells to look at: all, or for large maps an even choice a unit; cells that are on come first."""
    alike = activation is None and join.fan_in == 1 and join.carries != WEIGHT  # no choice is better than another
    count = limit if alike else CANDIDATES * limit
    if target.size <= count:
        return target.flat
    scattered = _scattered(target.size)
    if activation is not None:
        scattered = scattered[np.argsort(activation[target.flat[scattered]] <= 0, kind="stable")]
    area = len(target.rows) * len(target.columns)
    place = _rank_within(scattered // area)  # how many of the same unit come before
    return target.flat[scattered[np.argsort(place, kind="stable")[:count]]]


def _scattered(count: int) -> np.ndarray:
    """The numbers below `count` in an order without pattern, always the same.

    Knuth's multiplicative hash (TAOCP 3, 6.4); importing NumPy's generators takes longer than a small model.
    """
    hashed = np.arange(count, dtype=np.uint64) * np.uint64(2654435761) % np.uint64(1 << 32)
    return np.argsort(hashed ^ hashed >> np.uint64(15), kind="stable")


def _spread(edges: Edges, importance, target: Drawn, limit: int) -> np.ndarray:
    """Indices of the chosen edges.

    On maps one line a cell first, taken from all units in turn, so that lines spread over what the maps show. On a
    column of neurons each neuron's strongest first, then the strongest of all.
    """
    importance = _seen(importance)
    order = _strong(edges, importance, CANDIDATES * limit)
    order = order[np.argsort(-importance[order], kind="stable")]
    rank = np.zeros(len(edges), np.int64)
    rank[order] = _rank_within(edges.target[order])
    if target.grid.is_map:
        unit = np.zeros(len(edges), np.int64)
        unit[order] = target.find(edges.target[order]) // (len(target.rows) * len(target.columns))
        order = order[np.argsort(rank[order], kind="stable")]
        turn = _rank_within(unit[order])
        return order[np.argsort(turn, kind="stable")[:limit]]
    return order[np.argsort(np.minimum(rank[order], 1), kind="stable")[:limit]]


def _strong(edges: Edges, importance: np.ndarray, count: int) -> np.ndarray:
    """Indices of the edges worth ranking: the `count` strongest, and the strongest into each cell."""
    if len(edges) <= 2 * count:
        return np.arange(len(edges))
    # joins give the edges into one cell in one run
    starts = np.flatnonzero(np.r_[True, edges.target[1:] != edges.target[:-1]])
    best = np.repeat(np.maximum.reduceat(importance, starts), np.diff(np.r_[starts, len(edges)]))
    cut = np.partition(importance, -count)[-count]
    return np.flatnonzero((importance >= cut) | (importance == best))


def _rank_within(keys: np.ndarray) -> np.ndarray:
    """For each entry, how many equal entries come before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.empty(len(keys), np.int64)
    rank[order] = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    return rank


def line_limits(connections: list[Connection], a_pair: int, total: int) -> list[int]:
    """How many lines each connection may have: at most `a_pair` (less for copies) and `total` in all.

    In a network of many connections each has fewer, down to an eighth, for they stand smaller in the picture.
    """
    share = a_pair if len(connections) <= MANY else max(1, round(a_pair * max(1 / 8, MANY / len(connections))))
    wanted = [
        min(
            share if connection.join.carries == WEIGHT else max(1, share * 2 // 5),
            connection.join.fan_in * connection.target.size,
        )
        for connection in connections
    ]
    return allocate(wanted, total) if total >= len(wanted) else [int(i < total) for i in range(len(wanted))]
