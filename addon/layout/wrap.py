# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a long row is broken, and into how many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, takewhile
from math import sqrt

import numpy as np

from .graph import LayoutGraph, Row

ASPECT = 2.0  # of all rows together, wide by high
NEAR = 0.15  # of a row, by which it may be longer or shorter for the sake of a better break


def rows_for(length: float, height: float) -> int:
    """How many rows of this height make of this length a picture twice as wide as high, metres. At least two, unless
    the network is higher than long."""
    return 1 if length < height else max(2, round(sqrt(length / (ASPECT * height))))


def break_rows(whole: Row, blocks: Sequence[str], count: int) -> np.ndarray:
    """The row of each item, which never falls along the depth. The rows, so many or fewer, are about equally long;
    between them few connections run, rather from block to block than within one, and rather long ones than short."""
    centres, at = np.unique(whole.depth, return_inverse=True)
    middles = (centres[1:] + centres[:-1]) / 2
    costs = _costs(whole, blocks, at, len(middles))
    part = (centres[-1] - centres[0]) / count
    starts = []
    for ideal in centres[0] + part * np.arange(1, count):
        low, high = np.searchsorted(middles, (ideal - NEAR * part, ideal + NEAR * part))
        if low < high:
            off = np.abs(middles[low:high] - ideal) / part
            starts.append(middles[low + np.argmin(costs[low:high] + off)])
    return np.searchsorted(starts, whole.depth)


def _costs(whole, blocks, at, gaps):
    """What it costs to break at each gap between items of different depth: the connections that cross it."""
    pairs = [(tensor, item) for item, inputs in enumerate(whole.graph.inputs) for tensor in inputs]
    if not pairs:
        return np.zeros(gaps)
    paths = [block.split("/") if block else [] for block in blocks]
    shared = np.array([_shared(paths[source], paths[item]) for source, item in pairs])
    source, target = np.array(pairs).T
    free = whole.front[target] - whole.back[source]
    cost = (1 + shared) * (1 + free.mean() / np.maximum(free, 0.01 * free.mean() + 1e-9))
    change = np.zeros(gaps + 1)
    np.add.at(change, at[source], cost)
    np.add.at(change, at[target], -cost)
    return np.cumsum(change)[:-1]


def _shared(path, other):
    """How many blocks two items are both in."""
    return sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(path, other, strict=False)))


def parts(whole: Row, row_of: np.ndarray) -> list[Row]:
    """The rows one by one, with the connections that stay within them."""
    rows = row_of.tolist()
    numbers = [0] * len(row_of)
    graphs = [LayoutGraph() for _ in range(max(rows) + 1)]
    for item, inputs in enumerate(whole.graph.inputs):
        graph = graphs[rows[item]]
        numbers[item] = len(graph.inputs)
        graph.add({numbers[source]: distance for source, distance in inputs.items() if rows[source] == rows[item]})
    chains: list[list[tuple[bool, list[int]]]] = [[] for _ in graphs]
    for main, chain in enumerate(whole.chains):
        for row, part in groupby(chain, key=rows.__getitem__):
            chains[row].append((main > 0, [numbers[item] for item in part]))
    rows_of_graph = []
    for row, graph in enumerate(graphs):
        items = np.flatnonzero(row_of == row)
        lines = [chain for _, chain in sorted(chains[row], key=lambda two: (two[0], -len(two[1])))]
        rows_of_graph.append(Row(items, graph, lines, whole.depth[items], whole.length[items], whole.height[items]))
    return rows_of_graph
