# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Items by number: what reads what, and what stands in one row."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class LayoutGraph:
    """Items by number, in topological order: what each reads and is read by, with distances of centres in metres."""

    inputs: list[dict[int, float]] = field(default_factory=list)
    readers: list[dict[int, float]] = field(default_factory=list)

    def add(self, inputs: dict[int, float]) -> None:
        """One more item, which stands at least so far behind each of these."""
        for source, distance in inputs.items():
            self.readers[source][len(self.inputs)] = distance
        self.inputs.append(inputs)
        self.readers.append({})


@dataclass(frozen=True)
class Row:
    """Items that stand in one row, their chains, the main one first, and depths of their centres, lengths and heights.

    `items` are their numbers in the whole graph; the row's own graph and chains count from 0. Metres, each (items,).
    """

    items: np.ndarray
    graph: LayoutGraph
    chains: list[list[int]]
    depth: np.ndarray
    length: np.ndarray
    height: np.ndarray

    @property
    def front(self) -> np.ndarray:
        return self.depth - self.length / 2

    @property
    def back(self) -> np.ndarray:
        return self.depth + self.length / 2
