# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often numbers of each size occur: in what a layer gives, and in its weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..containers import stopping
from .network import Layer

BINS = 48
CHUNK = 1 << 20  # numbers at a time


@dataclass
class Histogram:
    """Bins of equal width from `low` to `high`; the first and the last also hold what lies `beyond`. Numbers that are
    0 are in no bin, but counted as `zeros`; so are those that are NaN or infinite."""

    low: float
    high: float
    counts: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))
    zeros: int = 0
    not_finite: int = 0
    beyond: int = 0
    total: int = 0

    def add(self, numbers: np.ndarray) -> None:
        """Count these numbers too."""
        flat = numbers.reshape(-1)
        for begin in range(0, flat.size, CHUNK):
            stopping.check()
            chunk = np.asarray(flat[begin : begin + CHUNK], np.float64)
            self.total += len(chunk)
            finite = chunk[np.isfinite(chunk)]
            self.not_finite += len(chunk) - len(finite)
            some = finite[finite != 0]
            self.zeros += len(finite) - len(some)
            self.beyond += int(((some < self.low) | (some > self.high)).sum())
            place = (some - self.low) * (BINS / max(self.high - self.low, 1e-300))
            self.counts += np.bincount(np.clip(place, 0, BINS - 1).astype(np.int64), minlength=BINS)

    @property
    def shares(self) -> np.ndarray:
        """The share of all numbers in each bin, (BINS,) float32."""
        return (self.counts / max(self.total, 1)).astype(np.float32)

    @property
    def middles(self) -> np.ndarray:
        """The number in the middle of each bin, (BINS,) float32."""
        return (self.low + (np.arange(BINS) + 0.5) * (self.high - self.low) / BINS).astype(np.float32)


def count(parts: Iterable[np.ndarray], extent: float, signed: bool) -> Histogram:
    """Count numbers from -extent, or from 0, to the extent."""
    made = Histogram(-extent if signed else 0.0, extent)
    for part in parts:
        made.add(part)
    return made


def weights(layer: Layer) -> Iterable[np.ndarray]:
    """The weights of a layer as they are applied, part by part. Reads them; raises `CheckpointError`."""
    for constant in layer.applied:
        stopping.check()
        yield np.asarray(constant.numbers())
