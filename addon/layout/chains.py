# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of a graph that are drawn as straight lines."""

from __future__ import annotations

from collections.abc import Sequence

from .graph import LayoutGraph

ROUNDS = 4  # of exact longest paths; what is left then takes what it finds, so that time stays linear


def chains(graph: LayoutGraph, sizes: Sequence[float]) -> list[list[int]]:
    """All items in paths, those with most items first, and of equal ones the one with the greater sum of sizes.

    The first is the longest path of the graph, the next are the longest of what it leaves over, and so on.
    """
    left = list(range(len(sizes)))
    taken = [False] * len(sizes)
    paths = []
    for turn in range(ROUNDS + 1):
        onward, following = _longest(graph, left, taken, sizes)
        heads = sorted(
            (item for item in left if all(taken[tensor] for tensor in graph.inputs[item])),
            key=lambda item: (-onward[item][0], -onward[item][1]),
        )
        for head in heads if turn < ROUNDS else [*heads, *left]:
            path = []
            item = head
            while item is not None and not taken[item]:
                path.append(item)
                taken[item] = True
                item = following[item]
            if item is None or turn == ROUNDS:
                paths.append(path)
                continue
            for item in path:  # another path has taken the rest, so there may be a longer way now
                taken[item] = False
                following[item] = item  # a path that comes here fails, too, and in one step
        left = [item for item in left if not taken[item]]
    paths = [path for path in paths if path]
    return sorted(paths, key=lambda path: (-len(path), -sum(sizes[item] for item in path)))


def _longest(graph, left, taken, sizes):
    """For each item that is left: (items, sum of sizes) of the longest path that begins there, and its next item."""
    onward, following = {}, {}
    for item in reversed(left):
        readers = [reader for reader in graph.readers[item] if not taken[reader]]
        following[item] = max(readers, key=onward.__getitem__, default=None)
        items, size = onward[following[item]] if readers else (0, 0.0)
        onward[item] = items + 1, size + sizes[item]
    return onward, following
