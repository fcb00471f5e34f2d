# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The magnitude that is drawn in full colour, and how magnitudes are spread below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PERCENTS = 101  # rows of quantiles hold the least, every per cent and the largest
MOST = 1 << 16  # values that are sorted to find them
FINE = 512  # places at which each part of a pool counts


def value_range(values: np.ndarray) -> float:
    """The magnitude drawn at full: the 99th percentile of what is not 0, or the largest of few values; never 0."""
    size = _sizes(values)
    if not size.size:
        return 1.0
    return float(np.percentile(size, 99) if size.size > 20 else size.max())


def quantiles(values: np.ndarray) -> tuple[np.ndarray, int]:
    """The 0th to 100th percentile (101,) of the magnitudes that are not 0, and how many those are; zeros if none.

    Of very many values some are taken, evenly; the largest is always the largest of all.
    """
    size = _sizes(values)
    if not size.size:
        return np.zeros(PERCENTS, np.float32), 0
    percentiles = np.percentile(size[:: size.size // MOST | 1], np.arange(PERCENTS)).astype(np.float32)
    percentiles[-1] = size.max()
    return percentiles, int(size.size)


def pooled(parts: Sequence[tuple[np.ndarray, int]]) -> tuple[np.ndarray, int]:
    """The quantiles of several sets of values together, each given by its own quantiles and how many values it has."""
    parts = [part for part in parts if part[1]]
    if len(parts) < 2:
        return parts[0] if parts else quantiles(np.zeros(0))
    places = (np.arange(FINE) + 0.5) / FINE * (PERCENTS - 1)
    sizes = np.concatenate([np.interp(places, np.arange(PERCENTS), row) for row, _ in parts])
    weights = np.repeat([count / FINE for _, count in parts], FINE)
    order = np.argsort(sizes)
    below = np.cumsum(weights[order]) - weights[order] / 2
    total = sum(count for _, count in parts)
    percentiles = np.interp(np.arange(PERCENTS) / (PERCENTS - 1), below / total, sizes[order]).astype(np.float32)
    percentiles[0], percentiles[-1] = min(row[0] for row, _ in parts), max(row[-1] for row, _ in parts)
    return percentiles, total


def _sizes(values):
    values = np.asarray(values)
    return np.abs(values[np.isfinite(values) & (values != 0)])
