# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the weights of a layer are like: mean, spread, range and zeros of all their numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite, nan, sqrt

import numpy as np

from ..containers import stopping
from ..containers.stored import FLOATS
from .constants import Leaf
from .network import Layer

LARGEST = 1 << 24  # numbers; a longer bias is not looked through
CHUNK = 1 << 15  # numbers at a time: 256 kB as float64, which a core's own cache holds


@dataclass(frozen=True)
class Statistics:
    """Of all numbers of a layer's weights, as they are applied. NaN and infinities are counted and otherwise left out.

    Those counted in `not_finite` may be biases and scales too, which the other numbers leave out.
    `std` is that of a population (no Bessel's correction). Where no number is finite all but the counts are NaN.
    """

    count: int
    mean: float
    std: float
    minimum: float
    maximum: float
    zeros: int
    not_finite: int = 0


def statistics(layer: Layer, known: dict | None = None) -> Statistics | None:
    """The statistics of a layer's weights, or None if it has none. Reads them; raises `CheckpointError`.

    Of a layer with matrices or kernels these are its weights; its biases, and what a normalisation in it has for each
    channel, are numbers of another kind and left out. What is `known` of weights that layers of one network share is
    kept there and not read again.
    """
    weights = layer.applied or _others(layer)
    shared = _shared(weights, known)
    wrong = _not_finite_beside(layer, weights)
    return replace(shared, not_finite=shared.not_finite + wrong) if shared and wrong else shared


def _shared(weights, known: dict | None) -> Statistics | None:
    if known is None:
        return _statistics(weights)
    names = tuple((weight.name, weight.shape) for weight in weights)
    if names not in known:
        known[names] = _statistics(weights)
    return known[names]


def _not_finite_beside(layer: Layer, weights) -> int:
    """How many numbers of a layer that are none of these weights, as biases and scales, are NaN or infinite."""
    behind = [leaf for weight in weights for leaf in getattr(weight, "leaves", (weight,))]
    beside = [
        leaf for leaf in layer.weights if leaf not in behind and leaf.data_type in FLOATS and leaf.size <= LARGEST
    ]
    return sum(int(np.count_nonzero(~np.isfinite(np.asarray(leaf.array(), np.float64)))) for leaf in beside)


def _statistics(weights) -> Statistics | None:
    moments = _Moments()
    for weight in weights:
        stopping.check()
        array = np.asarray(weight.numbers())
        # A view of one number that stands for billions has strides of 0.
        distinct = array[(*(slice(1) if stride == 0 else slice(None) for stride in array.strides), ...)]
        moments.add(distinct.ravel("K"), array.size // max(distinct.size, 1))
    return moments.statistics() if moments.count else None


def _others(layer: Layer) -> list[Leaf]:
    """What a layer without matrices has: scales, biases. Nothing where it has integers, for nobody says what they
    stand for."""
    return (
        [leaf for leaf in layer.weights if not leaf.scaled]
        if all(leaf.data_type in FLOATS or leaf.scaled for leaf in layer.weights)
        else []
    )


class _Moments:
    """Adds up chunks by their mean and sum of squared deviations, which loses no digits where the mean is far from 0.

    Chan, Golub, LeVeque 1979, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances.
    """

    def __init__(self):
        self.count = self.finite = self.zeros = 0
        self.mean = self.squares = 0.0
        self.minimum = np.inf
        self.maximum = -np.inf
        self.buffer = np.empty(CHUNK)

    def add(self, values: np.ndarray, times: int) -> None:
        """Add a flat array whose numbers each occur so many times."""
        for start in range(0, values.size, CHUNK):
            stored = values[start : start + CHUNK]
            chunk = self.buffer[: stored.size]
            with np.errstate(invalid="ignore"):  # a damaged file can hold signalling NaNs
                np.copyto(chunk, stored, casting="unsafe")
            self.count += times * chunk.size
            self.zeros += times * (chunk.size - int(np.count_nonzero(chunk)))
            with np.errstate(over="ignore", invalid="ignore"):  # float64 can overflow; the result says so
                self._merge(chunk, times)

    def _merge(self, chunk, times):
        low, high = float(chunk.min()), float(chunk.max())
        if not (isfinite(low) and isfinite(high)):
            chunk = chunk[np.isfinite(chunk)]
            if not chunk.size:
                return
            low, high = float(chunk.min()), float(chunk.max())
        self.minimum, self.maximum = min(self.minimum, low), max(self.maximum, high)
        mean, more = float(chunk.sum()) / chunk.size, times * chunk.size
        chunk -= mean
        both, apart = self.finite + more, mean - self.mean
        np.square(chunk, out=chunk)  # not chunk @ chunk: BLAS shares so small a product among threads that wait for it
        self.squares += times * float(chunk.sum()) + apart * apart * self.finite * more / both
        self.mean += apart * more / both
        self.finite = both

    def statistics(self) -> Statistics:
        not_finite = self.count - self.finite
        if not self.finite:
            return Statistics(self.count, nan, nan, nan, nan, self.zeros, not_finite)
        return Statistics(
            self.count, self.mean, sqrt(self.squares / self.finite), self.minimum, self.maximum, self.zeros, not_finite
        )
