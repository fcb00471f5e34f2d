# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The input of a network as the waveform that it is: time from left to right, one trace for each channel."""

from __future__ import annotations

from math import ceil

import numpy as np

from ...network import Grid, Layer

CHANNELS = 16  # traces at most; more are a spectrogram or words
LONG = 256  # numbers of a trace at least; fewer are read better as cells
ACROSS = 288  # pixels of a picture at most
BAND = 0.36, 0.16  # of its width, how high the first trace is, and each other one
PEN = 1.3  # pixels, the least height of a trace
FULL = 0.94  # of the half of its band, how far the largest number goes
GROUND, AXIS, TRACE = (0.02, 0.034, 0.052), (0.06, 0.09, 0.13), (0.72, 0.9, 1.0)  # linear colors


def is_waveform(layer: Layer) -> bool:
    """Whether a layer is an input of a few long rows of numbers."""
    grid = layer.grid
    return layer.op == "Input" and 1 <= grid.units <= CHANNELS and grid.rows == 1 and grid.columns >= LONG


def pixels_of(grid: Grid) -> tuple[int, int]:
    """Rows and columns of the picture."""
    columns = ceil(grid.columns / ceil(grid.columns / ACROSS))
    return grid.units * ceil(columns * _high(grid) / grid.units), columns


def _high(grid: Grid) -> float:
    return min(1.0, BAND[0] + BAND[1] * (grid.units - 1))


def height(grid: Grid, width: float) -> float:
    """How high the picture is, in metres, if it is so wide."""
    rows, columns = pixels_of(grid)
    return width * rows / columns


def draw(traces: np.ndarray, grid: Grid) -> tuple[np.ndarray, float, float]:
    """Numbers (channels, samples) as linear colors (rows, columns, 3), and the values at the foot and at the head of a
    band. Each column reaches from the least to the largest of the numbers that it stands for."""
    rows, columns = pixels_of(grid)
    band = rows // grid.units
    shown = np.nan_to_num(traces.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    largest = float(np.abs(shown).max(initial=0.0)) or 1.0
    low = -largest if shown.min(initial=0.0) < 0 else 0.0
    step = ceil(grid.columns / ACROSS)
    starts = np.arange(0, grid.columns, step)
    # a column ends with the first number of the next one, so that the trace is one line
    joined = np.minimum(starts + step, grid.columns - 1)
    least = np.minimum(np.minimum.reduceat(shown, starts, 1), shown[:, joined])
    most = np.maximum(np.maximum.reduceat(shown, starts, 1), shown[:, joined])
    foot, head, zero = ((edge - low) / (largest - low) * FULL + (1 - FULL) / 2 for edge in (least, most, 0.0))
    thick = np.maximum(head - foot, PEN / band)
    middle = (head + foot) / 2
    cover = _covered(middle - thick / 2, middle + thick / 2, band)
    line = _covered(np.full((1, 1), zero - 0.5 / band), np.full((1, 1), zero + 0.5 / band), band)
    colors = np.array(GROUND) + line[..., None] * (np.array(AXIS) - GROUND)
    colors = colors + cover[..., None] * (np.array(TRACE) - colors)
    return colors.reshape(rows, columns, 3).astype(np.float32), low, largest


def _covered(foot: np.ndarray, head: np.ndarray, band: int) -> np.ndarray:
    """Which share of each pixel lies between these heights, shares of a band (channels, columns): (channels, band,
    columns), from the head of the band down."""
    edges = np.arange(band, -1, -1)[:, None] / band
    inside = np.clip(edges[None], foot[:, None], head[:, None])
    return (inside[:, :-1] - inside[:, 1:]) * band
