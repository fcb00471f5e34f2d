# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How deep each item of a graph stands."""

from __future__ import annotations

from collections.abc import Sequence

from .graph import LayoutGraph


def depths(graph: LayoutGraph, lengths: Sequence[float]) -> list[float]:
    """Metres from the foremost side of the graph to the centre of each item of these lengths.

    The longest paths are as short as can be. A shorter path between two of their items stands in the middle of its
    room, evenly; one that only begins at such an item stands close behind it, one that only ends there close before it.
    """
    count = len(lengths)
    early, late, middle = [0.0] * count, [0.0] * count, [0.0] * count
    for item, inputs in enumerate(graph.inputs):
        early[item] = max((early[source] + distance for source, distance in inputs.items()), default=lengths[item] / 2)
    for item in reversed(range(count)):
        readers = graph.readers[item]
        late[item] = min((late[reader] - distance for reader, distance in readers.items()), default=early[item])
    for item, inputs in enumerate(graph.inputs):
        early[item] = max((early[source] + distance for source, distance in inputs.items()), default=late[item])
        middle[item] = (early[item] + late[item]) / 2
    _spread(graph, middle)
    return middle


def _spread(graph, depth):
    """Set items that read one item, and are read by one, at equal gaps between the ends of their path."""
    between = [
        len(inputs) == 1 and len(readers) == 1 for inputs, readers in zip(graph.inputs, graph.readers, strict=True)
    ]
    for item, inputs in enumerate(graph.inputs):
        before = next(iter(inputs), 0)
        if not between[item] or between[before]:
            continue
        path, distances = [before, item], [inputs[before]]
        while between[path[-1]]:
            ((reader, distance),) = graph.readers[path[-1]].items()
            path.append(reader)
            distances.append(distance)
        more = (depth[path[-1]] - depth[before] - sum(distances)) / len(distances)
        for behind, previous, distance in zip(path[1:-1], path, distances, strict=False):
            depth[behind] = depth[previous] + distance + more
