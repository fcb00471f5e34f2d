# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Oklab, a space in which equal distances look equal (Ottosson 2020, "A perceptual color space for image processing").

Colours are arrays (..., 3): linear sRGB of 0 to 1, Oklab (L, a, b), or OKLCH (L, chroma, hue in degrees).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def decode(encoded: ArrayLike) -> np.ndarray:
    """sRGB as it is stored, 0 to 1 -> linear (IEC 61966-2-1)."""
    encoded = np.asarray(encoded, float)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** 2.4)


def encode(linear: np.ndarray) -> np.ndarray:
    """Linear -> sRGB as it is stored (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def to_lab(linear: np.ndarray) -> np.ndarray:
    """Linear sRGB -> Oklab."""
    return np.cbrt(np.asarray(linear, float) @ _TO_CONES.T) @ _TO_LAB.T


def from_lab(lab: np.ndarray) -> np.ndarray:
    """Oklab -> linear sRGB; what no screen can show lies outside 0 to 1."""
    return (np.asarray(lab, float) @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T


def from_lch(lch: np.ndarray) -> np.ndarray:
    """OKLCH -> Oklab."""
    lightness, chroma, hue = np.moveaxis(np.asarray(lch, float), -1, 0)
    return np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], -1)


def shown(lab: np.ndarray) -> np.ndarray:
    """Oklab -> linear sRGB inside 0 to 1, with as much of the chroma (n, 3) as a screen can show."""
    lab = np.asarray(lab, float)
    least = np.zeros(len(lab))
    most = np.ones(len(lab))
    for _ in range(24):
        share = (least + most) / 2
        linear = from_lab(lab * np.stack([np.ones_like(share), share, share], -1))
        fits = ((linear >= -1e-6) & (linear <= 1 + 1e-6)).all(-1)
        least, most = np.where(fits, share, least), np.where(fits, most, share)
    linear = from_lab(lab)
    whole = ((linear >= -1e-6) & (linear <= 1 + 1e-6)).all(-1)
    least = np.where(whole, 1.0, least)
    return np.clip(from_lab(lab * np.stack([np.ones_like(least), least, least], -1)), 0, 1)


def evenly(lab: np.ndarray, count: int) -> np.ndarray:
    """So many colours at equal distances along a path of colours (n, 3)."""
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    return np.stack([np.interp(np.linspace(0, way[-1], count), way, channel) for channel in lab.T], -1)
