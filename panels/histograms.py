# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Histograms as small pictures for the sidebar: bars in the colors of their values, over the bar of these colors."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import bpy
import numpy as np

from ..addon.colormaps import value as shades
from ..addon.colormaps.oklab import encode
from ..addon.nodes import materials as shaders
from .pictures import previews

BINS = 40
WIDE, HIGH = 120, 120  # pixels; a picture in a panel is square
AXIS, GAP = 12, 4  # pixels of the bar of colors, and above it
KEPT = 32
_slots: OrderedDict[tuple, str] = OrderedDict()


@dataclass(frozen=True)
class Histogram:
    """How many numbers are in each of equal bins: `counts` (n,), between `edges` (n + 1,), which are colored as
    `colors` (n, 4), linear."""

    counts: np.ndarray
    edges: np.ndarray
    colors: np.ndarray


def of(values: np.ndarray, material, extent: float) -> Histogram | None:
    """The histogram of finite numbers, from the least to the largest, in the colors that a material gives them over a
    range from -extent to extent. None where all are equal, or the material has no color map."""
    ramp, node = shaders.ramp_of(material), shaders.node_of(material, shaders.VALUE)
    values = values[np.isfinite(values)]
    if ramp is None or node is None or not len(values) or np.ptp(values) == 0:
        return None
    counts, edges = np.histogram(values, BINS)
    shade = (edges[1:] + edges[:-1]) / 2 / (extent or 1.0)
    places = shades.factor(shade, node.inputs["Low"].default_value, node.inputs["Log"].default_value)
    return Histogram(counts, edges, np.array([ramp.evaluate(place) for place in places]))


def picture(histogram: Histogram) -> np.ndarray:
    """Pixels (rows from below, columns, 4), sRGB with alpha. A bar is as high as the root of its count, so that few
    numbers are seen beside many; a bin that holds any is at least two pixels high."""
    pixels = np.zeros((HIGH, WIDE, 4), np.float32)
    wide = WIDE // len(histogram.counts)
    colors = encode(histogram.colors[:, :3])
    room = HIGH - AXIS - GAP
    tall = np.ceil(np.sqrt(histogram.counts / histogram.counts.max()) * room).astype(int)
    tall = np.where(histogram.counts > 0, np.maximum(tall, 2), 0)
    for number, (color, rows) in enumerate(zip(colors, tall, strict=True)):
        columns = slice(number * wide, (number + 1) * wide)
        for span in (slice(0, AXIS), slice(AXIS + GAP, AXIS + GAP + rows)):
            pixels[span, columns, :3] = color
            pixels[span, columns, 3] = 1.0
    return pixels


def icon(key: tuple, histogram: Histogram) -> int:
    """The number of the icon of a histogram, 0 without a window. `key` says which it is: of one that is known the
    picture is not made anew."""
    if bpy.app.background:  # nobody would see it, and Blender 4.5 as a module does not end with pictures left
        return 0
    known = previews()
    if key not in _slots:
        slot = _slots.popitem(last=False)[1] if len(_slots) >= KEPT else f"histogram {len(_slots)}"
        preview = known[slot] if slot in known else known.new(slot)
        preview.image_size = preview.icon_size = (WIDE, HIGH)
        pixels = picture(histogram).ravel()
        preview.image_pixels_float.foreach_set(pixels)
        preview.icon_pixels_float.foreach_set(pixels)
        _slots[key] = slot
    _slots.move_to_end(key)
    return known[_slots[key]].icon_id


def unregister():
    """Forget which pictures there were; they go with all others."""
    _slots.clear()
