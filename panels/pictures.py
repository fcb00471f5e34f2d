# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samples that come with the extension, with a picture each, and texts that are drawn as small pictures."""

from __future__ import annotations

import numpy as np

from ..addon.samples import SAMPLES, Sample

BARS = "▁▂▃▄▅▆▇█"
BINS = 24
_previews = {}


def icon(sample: Sample) -> int:
    """The number of the icon of a sample; it is loaded the first time."""
    import bpy.utils.previews  # here: there are none without a window

    if "all" not in _previews:
        _previews["all"] = bpy.utils.previews.new()
    known = _previews["all"]
    if sample.name not in known:
        picture = known.load(sample.name, str(sample.picture), "IMAGE")
        tuple(picture.image_size)  # else a spinner is drawn until somebody asks
    return known[sample.name].icon_id


def unregister():
    """Let go of all pictures."""
    if _previews:
        import bpy.utils.previews

        bpy.utils.previews.remove(_previews.pop("all"))


def sparkline(values: np.ndarray) -> str:
    """A histogram as a line of text; from the least to the largest value. The highest bar is the fullest bin by the
    root of its count, so that few values are seen beside many."""
    values = values[np.isfinite(values)]
    if not len(values) or np.ptp(values) == 0:
        return ""
    count, _ = np.histogram(values, BINS)
    height = np.sqrt(count / count.max())
    return "".join(BARS[min(7, int(np.ceil(share * 8)) - 1)] if share else " " for share in height)


__all__ = ["SAMPLES", "icon", "sparkline", "unregister"]
