# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Equal pieces of a network that follow one another: tandem repeats in the sequence of its layers."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from ..containers import stopping

MOST_PERIODS = 256  # that are tried, those of most layers first


@dataclass(frozen=True)
class Run:
    """`copies` equal pieces of `period` layers each, one after the other."""

    start: int
    period: int
    copies: int

    @property
    def length(self) -> int:
        return self.period * self.copies

    @property
    def stop(self) -> int:
        return self.start + self.length


def runs(tokens: Sequence[Hashable], sources: Sequence[Sequence[int]]) -> list[Run]:
    """Repeats that do not overlap, in order; those that cover most layers are preferred.

    Layers of the same kind have the same token. `sources` are the positions of what each layer reads, negative where it
    is outside. A copy reads itself and the copy before it at the same distances, or what lies before the run; there the
    first copy reads what the others read in the copy before them.
    """
    return _Search(tokens, sources).runs()


class _Search:
    def __init__(self, tokens, sources):
        self.sources = sources
        self.tokens = _numbers((token, len(read)) for token, read in zip(tokens, sources, strict=True))
        self.distances = _numbers(tuple(position - source for source in read) for position, read in enumerate(sources))
        self.crossing = _crossing(sources)

    def runs(self) -> list[Run]:
        repeats = []
        taken = np.zeros(len(self.tokens), bool)
        # (layers that it may cover, negative; period; stretch in which layers equal those a period on; run if known)
        heap: list[tuple] = []
        for period in _periods(self.tokens):
            for start, stop in _stretches(self.tokens[:-period] == self.tokens[period:]):
                _push(heap, period, start, stop)
        while heap:
            stopping.check()
            _, period, start, stop, run = heapq.heappop(heap)
            free = _stretches(~taken[start : stop + period])
            if free != [(0, stop + period - start)]:
                for first, last in free:
                    _push(heap, period, start + first, start + last - period)
            elif run:
                repeats.append(run)
                taken[run.start : run.stop] = True
                _push(heap, period, start, stop)
            elif run := self._run(period, start, stop):
                heapq.heappush(heap, (-run.length, period, start, stop, run))
            else:
                _push(heap, period, start + period, stop)
        return sorted(repeats, key=lambda run: run.start)

    def _run(self, period, start, stop) -> Run | None:
        """The best run that begins within a period of `start`: most copies, then fewest layers read across borders."""
        differ = self.distances[start:stop] != self.distances[start + period : stop + period]
        differ = (np.flatnonzero(differ) + start).tolist()
        best: tuple = ()
        run = None
        for first in range(start, min(start + period, stop - period + 1)):
            behind = differ[bisect_left(differ, first) :]
            last = next((place for place in behind if not self._reads_alike(place, period, first)), stop)
            copies = (last - first) // period + 1
            rank = copies, -self.crossing[first + period], first
            if copies >= _fewest(period) and rank > best and self._is_chain(first, period):
                best = rank
                run = Run(first, period, copies)
        return run

    def _reads_alike(self, position, period, first) -> bool:
        """Whether a layer of a run that begins at `first` reads what the layer a period on does, in its place."""
        entry = first + period  # where the second copy begins
        return all(
            other == source + period or source == other < first or source < first <= other < entry and position < entry
            for source, other in zip(self.sources[position], self.sources[position + period], strict=True)
        )

    def _is_chain(self, start, period) -> bool:
        """Whether the second copy reads the first, and a copy is more than the same layer some times over."""
        if (self.tokens[start : start + period] == self.tokens[start]).all():
            return False
        return any(
            start <= source < start + period
            for read in self.sources[start + period : start + 2 * period]
            for source in read
        )


def _fewest(period: int) -> int:
    return 3 if period <= 3 else 2


def _push(heap, period, start, stop):
    """Note a stretch, if it is long enough to hold a run."""
    copies = (stop - start) // period + 1
    if copies >= _fewest(period):
        heapq.heappush(heap, (-copies * period, period, start, stop, None))


def _stretches(mask: np.ndarray) -> list[tuple[int, int]]:
    """Where a mask is true: (start, stop) of each stretch."""
    borders = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return [(int(start), int(stop)) for start, stop in borders.reshape(-1, 2)]


def _periods(tokens: np.ndarray) -> list[int]:
    """Distances from a word to the next equal one, for words of 1, 2, 4 ... tokens."""
    counts = np.zeros(len(tokens) + 1, np.int64)
    width = 1
    while len(tokens):
        order = np.argsort(tokens, kind="stable")
        equal = np.diff(tokens[order]) == 0
        if not equal.any():
            break
        counts += np.bincount(np.diff(order)[equal], minlength=len(counts))
        _, tokens = np.unique(tokens[:-width] * (tokens.max() + 1) + tokens[width:], return_inverse=True)
        width *= 2
    frequent = np.argsort(-counts, kind="stable")[:MOST_PERIODS]
    return [int(period) for period in frequent if counts[period] and 2 <= period <= len(counts) // 2]


def _crossing(sources) -> list[int]:
    """For the border before each position: how many layers before it are read behind it."""
    last = list(range(len(sources)))
    for position, read in enumerate(sources):
        for source in read:
            if source >= 0:
                last[source] = position
    ends = Counter(last)
    return list(accumulate((1 - ends[position] for position in range(len(sources))), initial=0))


def _numbers(values: Iterable[Hashable]) -> np.ndarray:
    """Equal numbers for equal values."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], np.int64)
