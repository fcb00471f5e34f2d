# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the shader group "Neuroscene Value" makes of a shade (value / range), in NumPy, for export."""

from __future__ import annotations

import numpy as np

LEAST_LOG = 0.01  # decades; fewer are as good as linear, and cannot be told apart in single precision
LARGEST_SHADE = 1e8  # of a finite value, however small its range
NOT_FINITE_SHADE = 1e18  # stands for NaN and infinities: one among ten million finite shades still shows in their mean
LEAST_NOT_FINITE = 1e9  # a shade above this comes from one that is not finite
NOT_FINITE = "#ff2bd6"  # their colour, which no map of ours has
NOT_FINITE_LIGHT = 0.5  # emission strength


def not_finite(shade: np.ndarray) -> np.ndarray:
    """Which shades stand for NaN or an infinity."""
    return np.asarray(shade) > LEAST_NOT_FINITE


def magnitude(shade: np.ndarray, log: float = 0.0) -> np.ndarray:
    """How strong shades show, 0 to 1: |shade|, or with `log` decades of it log1p((10^d - 1) |s|) / log1p(10^d - 1)."""
    size = np.minimum(np.abs(shade), 1.0)
    if log < LEAST_LOG:
        return size
    reach = 10.0**log - 1
    return np.log1p(reach * size) / np.log1p(reach)


def factor(shade: np.ndarray, low: float = -1.0, log: float = 0.0) -> np.ndarray:
    """Places on the ramp, 0 to 1: shade `low` (-1 diverging, 0 sequential) lies at 0 and shade 1 at 1."""
    return np.clip((np.sign(shade) * magnitude(shade, log) - low) / (1 - low), 0.0, 1.0)


def light(
    shade: np.ndarray,
    emission: float,
    by_magnitude: float,
    log: float = 0.0,
    strength: np.ndarray | float = 0.0,
    by_strength: float = 0.0,
    pulse: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Emission strength; it grows with the square of the magnitude, and with the importance (`strength`) of a line."""
    return emission + by_magnitude * magnitude(shade, log) ** 2 + by_strength * np.asarray(strength) + pulse


def alpha(shade: np.ndarray, opacity: float = 1.0, by_magnitude: float = 0.0, log: float = 0.0) -> np.ndarray:
    """Opacity: with `by_magnitude` 1 what is 0 cannot be seen."""
    return opacity * (1 - by_magnitude * (1 - magnitude(shade, log)))


def left(share: np.ndarray, by: float) -> np.ndarray:
    """What is left of an opacity that falls with a share (importance, density; 0 to 1) that is missing from 1."""
    return 1 - by * (1 - np.clip(share, 0.0, 1.0))
