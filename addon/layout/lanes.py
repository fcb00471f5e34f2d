# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One row of a layered drawing, seen from the side: how high chains stand and how far connections are lifted. Metres.

The main chain is a straight line. What hangs on a chain, other chains and connections that skip some of it, follows on
two skylines above and below, the shorter before the longer, which so go round them.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from .graph import Row
from .nesting import nested
from .skyline import Boxes, Skyline, Span, raise_to

LANE = 0.25  # free height between a chain and what it stands on; this and the next three in mean heights of an item
LINE = 0.08  # between connections that run beside each other
LINES = 1.5  # of all connections beside each other, which are drawn closer if there are many
STEEP = 1.5  # by which a connection is led higher for the sake of what is close to its ends
THICK = 0.5  # share of a connection's own half height that clears what it is led round
ABOVE = 1.5  # a connection is led below if its lift above were so many times as great


class Drawing:
    """A row drawn: how high each chain stands, its lane, lifts of connections, and how far it reaches to both sides."""

    def __init__(self, row: Row):
        self.row = row
        self.inputs, self.readers = row.graph.inputs, row.graph.readers
        self.chain_of = [0] * len(row.items)
        for number, chain in enumerate(row.chains):
            for item in chain:
                self.chain_of[item] = number
        self.up = [0.0] * len(row.chains)
        self.lane = [0] * len(row.chains)
        self.stands = [False] * len(row.chains)
        self.lifts: dict[tuple[int, int], float] = {}
        self._measure()
        self._draw()
        self.above, self.below = self.sky.top((0, len(self.edges)))

    def _measure(self):
        front, back = self.row.front, self.row.back
        edges = np.unique((front, back))
        begin = np.searchsorted(edges, front)
        end = np.maximum(np.searchsorted(edges, back), begin + 1)
        beside = np.zeros(len(edges) + 1, int)
        for item, inputs in enumerate(self.inputs):
            beside[begin[item]] -= len(inputs)
            beside[end[item]] += len(self.readers[item])
        unit = float(self.row.height.mean()) or 1.0
        self.gap, line = LANE * unit, unit * min(LINE, LINES / max(1, beside.cumsum().max()))
        self.sky = Skyline(edges, line, STEEP * unit)
        self.boxes = Boxes(self.row, line)
        self.edges = [*edges.tolist(), float(edges[-1])]
        self.begin = begin.tolist()
        self.end = end.tolist()
        self.depth, self.half = self.row.depth.tolist(), (self.row.height / 2).tolist()
        self.front = front.tolist()
        self.back = back.tolist()
        self.between = [self._between(chain) for chain in self.row.chains]

    def _between(self, chain):
        """Columns from the last item that the first one of a chain reads to the first item that reads its last one."""
        fork = max((self.end[tensor] for tensor in self.inputs[chain[0]]), default=self.begin[chain[0]])
        join = min((self.begin[reader] for reader in self.readers[chain[-1]]), default=self.end[chain[-1]])
        return fork, join

    def _draw(self):
        roots, children = self._tree()
        waiting = roots[::-1]
        while waiting:
            work = waiting.pop()
            if isinstance(work, tuple):
                self._lead(*work)
            else:
                self._stand(work)
                waiting += self._hanging(children[work], self._connections(work))[::-1]

    def _tree(self):
        """The first chain of each connected part, and for each chain those that hang on it: the next on the shortest
        way from that first chain."""
        beside = [set() for _ in self.row.chains]
        for item, inputs in enumerate(self.inputs):
            for tensor in inputs:
                beside[self.chain_of[item]].add(self.chain_of[tensor])
                beside[self.chain_of[tensor]].add(self.chain_of[item])
        roots = []
        children = [[] for _ in self.row.chains]
        met = set()
        for root in range(len(self.row.chains)):
            if root in met:
                continue
            roots.append(root)
            met.add(root)
            waiting = deque([root])
            while waiting:
                chain = waiting.popleft()
                children[chain] = sorted(beside[chain] - met)
                met.update(children[chain])
                waiting.extend(children[chain])
        return roots, children

    def _connections(self, chain):
        """Those between this chain and what stands already, if there is room for a box between their ends."""
        connections = []
        for before, item in zip([None, *self.row.chains[chain]], self.row.chains[chain], strict=False):
            connections += [(tensor, item) for tensor in self.inputs[item] if tensor != before and self._stands(tensor)]
            connections += [
                (item, reader)
                for reader in self.readers[item]
                if self.chain_of[reader] != chain and self._stands(reader)
            ]
        return [(source, item) for source, item in connections if self.end[source] < self.begin[item]]

    def _stands(self, item):
        return self.stands[self.chain_of[item]]

    def _hanging(self, chains, connections):
        """All in the order in which they are drawn: the shorter chains first, connections as soon as all chains stand
        that they lead round, and chains with a loose end beyond all others."""
        loops = sorted((chain for chain in chains if not self._loose(chain)), key=self._length)
        loose = sorted((chain for chain in chains if self._loose(chain)), key=self._length)
        forks, joins = np.array([self.between[chain] for chain in loops] or np.empty((0, 2), int)).T
        spans = [(self.end[source], self.begin[item]) for source, item in connections]
        waits = [
            np.flatnonzero((forks >= begin) & (joins <= end)).max(initial=-1) if loops else -1 for begin, end in spans
        ]
        spans_of_chains = [((number, -1, 0), chain) for number, chain in enumerate(loops)]
        spans_of_chains += [
            ((after, *turn), connection)
            for after, turn, connection in zip(waits, nested(spans), connections, strict=True)
        ]
        return [chain for _, chain in sorted(spans_of_chains, key=lambda two: two[0])] + loose

    def _loose(self, chain):
        first, last = self.row.chains[chain][0], self.row.chains[chain][-1]
        return not self.inputs[first] or not self.readers[last]

    def _length(self, chain):
        """From fork to join, and of equally long ones the number of items."""
        begin, end = self.between[chain]
        return round(self.edges[end] - self.edges[begin], 6), len(self.row.chains[chain])

    def _stand(self, number):
        """Set a chain on the skyline: the very first one in the middle, the others on the side of what they hang on."""
        chain = self.row.chains[number]
        columns = self.between[number]
        sides = (0, 1)
        reach = 0.0
        lane = 0
        if any(self.stands):
            lean = sum(
                np.sign(self.lane[self.chain_of[tensor]])
                for item in chain
                for tensor in [*self.inputs[item], *self.readers[item]]
                if self._stands(tensor)
            )
            reaches = self._reaches(chain, columns)
            side = int(reaches[1] < reaches[0]) if lean == 0 else int(lean < 0)
            sides = (side,)
            reach = reaches[side]
            lane = 1 + int(self.sky.lanes[side, slice(*columns)].max(initial=0))
        self.stands[number] = True
        sign = 1 - 2 * sides[0]
        self.up[number], self.lane[number] = sign * reach, sign * lane
        self.boxes.stand(chain, self.up[number])
        for side in sides:
            raise_to(self.sky.lanes[side], columns, lane)
            raise_to(self.sky.lines[side], columns, reach)
            for item in chain:
                raise_to(self.sky.boxes[side], (self.begin[item], self.end[item]), reach + self.half[item])

    def _reaches(self, chain, columns):
        """How far from the main line a chain would stand above and below."""
        reaches = self.sky.top(columns)
        for item in chain:
            top = self.sky.top((self.begin[item], self.end[item]))
            reaches = [max(reach, offset + self.half[item]) for reach, offset in zip(reaches, top, strict=True)]
        return [round(reach + self.gap, 6) for reach in reaches]

    def _lead(self, source, item):
        """Lift a connection round what stands between its ends, or if these are on two chains, maybe between."""
        start, end = self.chain_of[source], self.chain_of[item]
        span = Span(
            (self.depth[source], self.up[start]),
            (self.depth[item], self.up[end]),
            (self.back[source], self.front[item]),
            (self.end[source], self.begin[item]),
        )
        if start == end:
            thick = THICK * (self.half[source] + self.half[item]) / 2
            above, below = np.maximum(self.sky.round_boxes(span, thick), self.sky.beyond_lines(span)).tolist()
            lift = above if above <= ABOVE * below else -below
        else:
            above, below = self.sky.round_boxes(span).tolist()
            lift = above if above <= below else -below
            if lift:
                least = self.boxes.lift(span, abs(lift))
                lift = (
                    least if least is not None else lift if abs(lift) < self.depth[item] - self.depth[source] else 0.0
                )
        if lift:
            self.lifts[source, item] = lift
            middle = span.height(0.5) + lift
            raise_to(self.sky.lines[0 if middle > 0 else 1], span.columns, abs(middle))
