# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Colour maps as ramp stops, and the ranges that values are drawn in. Colours are sRGB hex; imports no Blender."""

from __future__ import annotations

import colorsys

from . import oklab
from .named import (
    ACTIVATION,
    DARK,
    DIVERGING,
    EVIDENCE,
    LIGHT,
    SEQUENTIAL,
    WEIGHT,
    ColorMap,
    Stops,
    defaults,
    map_named,
    maps,
)
from .ranges import PERCENTS, pooled, quantiles, value_range

__all__ = [
    "ACTIVATION",
    "DARK",
    "DIVERGING",
    "EVIDENCE",
    "LIGHT",
    "PERCENTS",
    "SEQUENTIAL",
    "WEIGHT",
    "ColorMap",
    "Stops",
    "defaults",
    "linear",
    "map_named",
    "maps",
    "pooled",
    "quantiles",
    "srgb",
    "structure",
    "value_range",
]


def structure(number: int, saturation: float = 0.62, brightness: float = 0.66) -> str:
    """The colour of blocks of one structure, on dark: muted, hues in steps of the golden ratio, so none repeats.

    For another ground give another saturation and brightness, 0 to 1."""
    hue, level = 0.59 + number * 0.6180339887, number % 3
    colour = colorsys.hsv_to_rgb(hue % 1.0, saturation * (1 - 4 / 31 * level), brightness * (1 - 7 / 66 * level))
    return "#{:02x}{:02x}{:02x}".format(*(round(255 * channel) for channel in colour))


def linear(colour: str) -> tuple[float, float, float, float]:
    """sRGB "#rrggbb" -> linear RGBA (IEC 61966-2-1)."""
    red, green, blue = map(float, oklab.decode(srgb(colour)))
    return red, green, blue, 1.0


def srgb(colour: str) -> tuple[float, ...]:
    """The three numbers of "#rrggbb", 0 to 1, as a screen takes them."""
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
