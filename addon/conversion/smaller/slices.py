# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which slices of the tensors of a graph may be taken out, and which are known to hold one number.

A slice is a tensor at one index of one axis: a channel of maps, a row of a matrix. Slices of tensors that are joined by
an operator go together or stay together, so what holds one of them back holds all. This is the idea of dependency
graphs (Fang et al. 2023, DepGraph), here by fixed-point iteration over arrays of codes.
"""

from __future__ import annotations

from math import prod

import numpy as np

Place = tuple[str, int]  # a tensor and one of its axes


class Slices:
    """`codes` are by tensor and axis why a slice stays, as a number of `reasons`, 0 where it may go."""

    def __init__(self, shapes: dict[str, tuple[int, ...]]):
        self.shapes = shapes
        self.codes: dict[Place, np.ndarray] = {
            (name, axis): np.zeros(size, np.int32) for name, shape in shapes.items() for axis, size in enumerate(shape)
        }
        self.known: dict[Place, np.ndarray] = {}  # the number that a slice holds all over, NaN where that is not known
        self.reasons: list[tuple[str, str]] = [("", "")]
        self._numbers: dict[tuple[str, str], int] = {}
        self.changed = False
        self.carriers = False  # whether an axis is chosen of those that are reshaped into one

    def rank(self, tensor: str) -> int:
        return len(self.shapes.get(tensor, ()))

    def size(self, tensor: str, axis: int) -> int:
        return self.shapes[tensor][axis]

    def code(self, kind: str, name: str) -> int:
        """The number of a reason: its kind, and the first output of the node that it is about."""
        if (kind, name) not in self._numbers:
            self._numbers[kind, name] = len(self.reasons)
            self.reasons.append((kind, name))
        return self._numbers[kind, name]

    # what is held back

    def hold(self, tensor: str, axis: int, code: int, where: np.ndarray | bool = True) -> None:
        """Let slices stay for a reason, unless they do for another."""
        codes = self.codes[tensor, axis]
        fresh = (codes == 0) & where
        if fresh.any():
            codes[fresh] = code
            self.changed = True

    def hold_all(self, tensor: str, code: int, but: tuple[int, ...] = ()) -> None:
        for axis in range(self.rank(tensor)):
            if axis not in but:
                self.hold(tensor, axis, code)

    def same(self, one: Place, other: Place, offset: int = 0) -> None:
        """Slices of one axis, and those of another from `offset` on, go together."""
        first = self.codes[one]
        second = self.codes[other][offset : offset + len(first)]
        self._join(first, second)

    def _join(self, first: np.ndarray, second: np.ndarray) -> None:
        fresh = (first == 0) & (second != 0)
        if fresh.any():
            first[fresh] = second[fresh]
            self.changed = True
        fresh = (second == 0) & (first != 0)
        if fresh.any():
            second[fresh] = first[fresh]
            self.changed = True

    def merged(self, one: str, axes: list[int], other: Place, code: int) -> None:
        """Several axes of a tensor are one axis of another, as of maps that are made flat. Of one of them slices may
        go, each with all its elements."""
        candidates = [axis for axis in axes if (self.codes[one, axis] == 0).any()]
        if len(candidates) > 1 and self.carriers:
            for axis in candidates[1:]:
                self.hold(one, axis, code)
        sizes = [self.size(one, axis) for axis in axes]
        if len(candidates) == 0:
            self.hold(*other, code)
            return
        if len(candidates) > 1:
            return  # not known yet of which
        place = axes.index(candidates[0])
        outer, count, inner = prod(sizes[:place]), sizes[place], prod(sizes[place + 1 :])
        flat = self.codes[other].reshape(outer, count, inner)
        held = flat.max((0, 2)) if flat.size else np.zeros(count, np.int32)
        self._join(self.codes[one, candidates[0]], held)
        spread = np.broadcast_to(self.codes[one, candidates[0]][None, :, None], flat.shape)
        fresh = (flat == 0) & (spread != 0)
        if fresh.any():
            flat[fresh] = spread[fresh]  # a view of the codes
            self.changed = True

    def blocks(self, one: Place, other: Place) -> None:
        """Each slice of one axis goes with a block of slices of another, one after the other."""
        first = self.codes[one]
        second = self.codes[other].reshape(len(first), -1)
        held = second.max(1) if second.size else np.zeros(len(first), np.int32)
        self._join(first, held)
        spread = np.broadcast_to(first[:, None], second.shape)
        fresh = (second == 0) & (spread != 0)
        if fresh.any():
            second[fresh] = spread[fresh]
            self.changed = True

    def even(self, place: Place, groups: int, code: int) -> None:
        """Of each of the groups that an axis is divided into as many slices go: those too many stay."""
        codes = self.codes[place].reshape(groups, -1)
        free = codes == 0
        least = int(free.sum(1).min())
        many = free & (free.cumsum(1) > least)
        if many.any():
            codes[many] = code
            self.changed = True

    def leave_some(self, code: int) -> None:
        """No axis may lose all its slices: the first stays."""
        for codes in self.codes.values():
            if len(codes) and (codes == 0).all():
                codes[0] = code
                self.changed = True

    def gone(self, tensor: str, axis: int) -> np.ndarray:
        """Which slices go, (size,) bool."""
        return self.codes[tensor, axis] == 0

    # what is known

    def numbers(self, tensor: str, axis: int) -> np.ndarray:
        """The number that each slice holds all over, NaN where that is not known."""
        known = self.known.get((tensor, axis))
        return np.full(self.size(tensor, axis), np.nan) if known is None else known

    def learn(self, tensor: str, axis: int, numbers: np.ndarray) -> None:
        """Note what slices hold, as far as it is known."""
        if np.isnan(numbers).all():
            return
        before = self.numbers(tensor, axis)
        self.known[tensor, axis] = np.where(np.isnan(numbers), before, numbers)
