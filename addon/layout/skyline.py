# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far boxes and connections reach above or below the main line, and how a connection is led round them. Metres."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .graph import Row

NEAR = 0.08  # share of a connection's way, at both ends, in which it may touch what it is led round
FEW = 60  # boxes between two ends, up to which each is looked at
STEPS = np.linspace(0, 1, 33)  # of the rest of its way, at which it is looked at
POINTS = np.linspace(0, 1, 7)[:, None]  # of its way past a box
LIFTS = np.array([0.0, *(side * share for share in np.linspace(0, 1, 17)[1:] for side in (1, -1))])  # least first
SIDES = np.array((1, -1))  # above, below


def swell(way: np.ndarray) -> np.ndarray:
    """The share of its lift that a connection has at this share of its way: 0 at both ends, a plateau between."""
    square = (2 * way - 1) * (2 * way - 1)
    return 1 - square * square


def smooth(way: np.ndarray) -> np.ndarray:
    """The share of the height between its ends that a connection has climbed at this share of its way."""
    return way * way * (3 - 2 * way)


class Span(NamedTuple):
    """A connection between two (depth, height), and where it leaves the box at its start and meets that at its end."""

    start: tuple[float, float]
    end: tuple[float, float]
    free: tuple[float, float]  # depths
    columns: tuple[int, int]

    def way(self, depth):
        """The share of its way at this depth."""
        return (depth - self.start[0]) / (self.end[0] - self.start[0])

    def clear(self) -> tuple[float, float]:
        """The shares of its way between which it has to be clear; the first is the greater if it need not."""
        return max(NEAR, self.way(self.free[0])), min(1 - NEAR, self.way(self.free[1]))

    def height(self, way):
        """Of the connection if it is not lifted."""
        return self.start[1] + (self.end[1] - self.start[1]) * smooth(way)


class Skyline:
    """How far things reach above and below the main line, by column of depth: arrays (2, columns).

    No box begins or ends within a column; `edges` is where columns begin. Connections keep a distance of `line`, and
    none is lifted by more than `steep` higher than where it goes round, for the sake of what is close to its ends.
    """

    def __init__(self, edges: np.ndarray, line: float, steep: float):
        self.edges = edges
        self.line = line
        self.steep = steep
        self.boxes, self.lines, self.lanes = (np.zeros((2, len(edges)), kind) for kind in (float, float, int))

    def top(self, columns: tuple[int, int]) -> list[float]:
        """How far anything reaches there, above and below."""
        part = slice(*columns)
        return np.maximum(self.boxes[:, part].max(1, initial=0), self.lines[:, part].max(1, initial=0)).tolist()

    def round_boxes(self, span: Span, thick: float = 0.0) -> np.ndarray:
        """The least lifts to both sides that lead a connection of this half height round all boxes, (2,)."""
        begin, end = span.columns
        first, last = span.clear()
        if first >= last or not self.boxes[:, begin:end].any():
            return np.zeros(2)
        ways = first + (last - first) * STEPS
        depth = span.start[0] + (span.end[0] - span.start[0]) * ways
        at = np.searchsorted(self.edges, depth, side="right") - 1
        at = np.minimum(np.maximum(at, begin), end - 1)
        most = np.maximum(np.maximum.reduceat(self.boxes[:, :end], at, 1)[:, :-1], self.boxes[:, at[1:]])
        height = SIDES[:, None] * span.height(ways)
        share = swell(ways)
        wanted = most + (thick + self.line) - np.minimum(height[:, 1:], height[:, :-1])
        lifts = (wanted / np.minimum(share[1:], share[:-1])).max(1)
        return np.maximum(np.minimum(lifts, wanted.max(1) + self.steep), 0)

    def beyond_lines(self, span: Span) -> np.ndarray:
        """The least lifts to both sides that lead the middle of a connection beyond all others, (2,)."""
        lines = self.lines[:, slice(*span.columns)].max(1)
        return (lines + self.line - SIDES * span.height(0.5)) * (lines > 0)


def raise_to(reaches: np.ndarray, columns: tuple[int, int], reach: float) -> None:
    """Let one side of a skyline reach at least so far in these columns."""
    part = reaches[slice(*columns)]
    np.maximum(part, reach, out=part)


class Boxes:
    """The boxes of a row by depth, to see whether a connection is clear of all that stand."""

    def __init__(self, row: Row, line: float):
        order = np.argsort(row.depth, kind="stable")
        self.place = np.argsort(order)
        self.depth = row.depth[order]
        self.front = row.front[order]
        self.back = row.back[order]
        self.half = row.height[order] / 2
        self.heights = np.full(len(order), np.nan)  # of those that stand
        self.line = line
        self.deepest = row.length.max() / 2

    def stand(self, items: list[int], height: float) -> None:
        """Set items at a height."""
        self.heights[self.place[items]] = height

    def lift(self, span: Span, most: float) -> float | None:
        """The least of some lifts up to `most`, to either side, that leads a connection past all boxes. None if
        none does, or if there are many boxes."""
        begin, end = np.searchsorted(self.depth, (span.start[0] - self.deepest, span.end[0] + self.deepest))
        if end - begin > FEW:
            return None
        first, last = (np.clip(span.way(side[begin:end]), *span.clear()) for side in (self.front, self.back))
        ways = first + (last - first) * POINTS
        height = span.height(ways) + most * LIFTS[:, None, None] * swell(ways)
        apart = np.abs(height - self.heights[begin:end]) > self.half[begin:end] + self.line
        passes = (apart | (first >= last) | np.isnan(self.heights[begin:end])).all((1, 2))
        return most * float(LIFTS[passes.argmax()]) if passes.any() else None
