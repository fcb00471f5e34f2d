# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order connections that run beside each other are drawn, the first nearest to what they are led round."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush


def nested(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A key to sort (begin, end) by: inner ones come before outer ones, and of those that overlap and do not contain
    one another, first every other one, so that few heights are needed.

    The first number is how many are nested in the span, one in the other: the longest sequence of growing ends, by
    patience sorting. The second is a colour of the spans with the same first number, none beside its like.
    """
    levels = [0] * len(spans)
    ends: list[int] = []
    for number in sorted(range(len(spans)), key=lambda number: (-spans[number][0], spans[number][1])):
        end = spans[number][1]
        levels[number] = bisect_right(ends, end)
        ends[levels[number] : levels[number] + 1] = [end]
    busy: list[list[tuple[int, int]]] = [[] for _ in ends]
    free: list[list[int]] = [[] for _ in ends]
    colours = [0] * len(spans)
    for number in sorted(range(len(spans)), key=spans.__getitem__):
        (begin, end), level = spans[number], levels[number]
        while busy[level] and busy[level][0][0] <= begin:
            heappush(free[level], heappop(busy[level])[1])
        colours[number] = heappop(free[level]) if free[level] else len(busy[level])
        heappush(busy[level], (end, colours[number]))
    return list(zip(levels, colours, strict=True))
