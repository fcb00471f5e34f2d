# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Colour maps as ramp stops, and the ranges that values are drawn in. Colours are sRGB hex; imports no Blender."""

from __future__ import annotations

import colorsys

import numpy as np

Stops = tuple[tuple[float, str], ...]

# Cells on dark: -1 .. 0 .. +1 of the layer's range lie at 0 .. 0.5 .. 1. Negative values are violet, 0 is slate.
ACTIVATION: Stops = (
    (0.0, "#a06ad8"), (0.20, "#6a4bae"), (0.40, "#36366e"), (0.50, "#2a3a5c"), (0.545, "#2f4d80"), (0.64, "#3f78b5"),
    (0.77, "#8cc4dd"), (0.88, "#f3dcae"), (1.0, "#fff6e2"),
)
# Lines on dark: the middle of a diverging map must be dark there. Blue subtracts, orange adds.
WEIGHT: Stops = (
    (0.0, "#2a8cff"), (0.30, "#1f63d6"), (0.5, "#1b2436"), (0.70, "#e0481c"), (1.0, "#ff6a26"),
)


def structure(number: int) -> str:
    """The colour of blocks of one structure, on dark: muted, hues in steps of the golden ratio, so none repeats."""
    hue, level = 0.59 + number * 0.6180339887, number % 3
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, 0.62 - 0.08 * level, 0.66 - 0.07 * level)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def linear(colour: str) -> tuple[float, float, float, float]:
    """sRGB "#rrggbb" -> linear RGBA (IEC 61966-2-1)."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    value = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return (*map(float, value), 1.0)


def value_range(values: np.ndarray) -> float:
    """The magnitude drawn at full: the 99th percentile of what is not 0, or the largest of few values; never 0."""
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    if not size.size:
        return 1.0
    return float(np.percentile(size, 99) if size.size > 20 else size.max())
