# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows that slide over maps: kernel, strides, dilations and padding of convolutions and poolings, resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Window:
    """Along each axis of maps: `sizes` of the finer map, which lies under the window, `counts` of the coarser one, the
    `kernel`, `strides`, `dilations`, and the padding `before` and `after` the finer map."""

    sizes: tuple[int, ...]
    counts: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]

    @classmethod
    def of(cls, given: dict, kernel: Sequence[int], sizes: Sequence[int], counts: Sequence[int]) -> Window:
        """By the attributes of a node; padding that is left to the operator follows from the sizes."""
        count = len(sizes)
        strides = tuple(given.get("strides", [1] * count))
        dilations = tuple(given.get("dilations", [1] * count))
        pads = list(given.get("pads", [0] * (2 * count)))
        before, after = pads[:count], pads[count:]
        same = given.get("auto_pad", "NOTSET")
        if same == "VALID":
            before, after = [0] * count, [0] * count
        elif same.startswith("SAME"):
            for axis in range(count):
                reach = (kernel[axis] - 1) * dilations[axis] + 1
                missing = max((counts[axis] - 1) * strides[axis] + reach - sizes[axis], 0)
                less, more = missing // 2, missing - missing // 2
                before[axis], after[axis] = (less, more) if same == "SAME_UPPER" else (more, less)
        return cls(tuple(sizes), tuple(counts), tuple(kernel), strides, dilations, tuple(before), tuple(after))

    @property
    def ends(self) -> list[tuple[int, int]]:
        """Along each axis the padding behind the finer map with which the windows end exactly there, at least what was
        given, and how much of the map no window reaches."""
        pairs = []
        for axis in range(len(self.sizes)):
            reach = (self.kernel[axis] - 1) * self.dilations[axis] + 1
            covered = (self.counts[axis] - 1) * self.strides[axis] + reach
            have = self.sizes[axis] + self.before[axis] + self.after[axis]
            pairs.append((self.after[axis] + max(covered - have, 0), max(have - covered, 0)))
        return pairs

    def spread(self) -> dict:
        """The attributes of the ConvTranspose that gives each number of the coarser map to all under its window."""
        return {
            "strides": list(self.strides),
            "dilations": list(self.dilations),
            "pads": [*self.before, *(after for after, _ in self.ends)],
            "output_padding": [left for _, left in self.ends],
        }

    def gathered(self) -> dict:
        """The attributes of the Conv that sums what lies under each window."""
        return {
            "strides": list(self.strides),
            "dilations": list(self.dilations),
            "pads": [*self.before, *(after for after, _ in self.ends)],
        }

    def crossed(self) -> dict:
        """The attributes of the Conv of the finer map with the coarser one as its kernel, whose result has at least the
        size of the kernel."""
        return {
            "strides": list(self.dilations),
            "dilations": list(self.strides),
            "pads": [*self.before, *(after for after, _ in self.ends)],
        }

    def numbers(self, padded: bool) -> np.ndarray:
        """How many numbers lie under each window, float32 (counts); those of the padding too if `padded`."""
        whole = np.ones(self.counts, np.float32)
        for axis, size in enumerate(self.sizes):
            taps = np.arange(self.kernel[axis]) * self.dilations[axis]
            places = np.arange(self.counts[axis])[:, None] * self.strides[axis] + taps - self.before[axis]
            low, high = (-self.before[axis], size + self.after[axis]) if padded else (0, size)
            under = ((places >= low) & (places < high)).sum(1)
            whole *= under.reshape([-1 if other == axis else 1 for other in range(len(self.sizes))])
        return np.maximum(whole, 1)
