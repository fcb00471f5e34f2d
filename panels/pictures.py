# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samples that come with the extension, with a picture each."""

from __future__ import annotations

from ..addon.samples import SAMPLES, Sample

_previews = {}


def previews():
    """All small pictures of the sidebar; Blender wants them back when the extension goes."""
    import bpy.utils.previews  # here: there are none without a window

    if "all" not in _previews:
        _previews["all"] = bpy.utils.previews.new()
    return _previews["all"]


def icon(sample: Sample) -> int:
    """The number of the icon of a sample; it is loaded the first time."""
    known = previews()
    if sample.name not in known:
        picture = known.load(sample.name, str(sample.picture), "IMAGE")
        tuple(picture.image_size)  # else a spinner is drawn until somebody asks
    return known[sample.name].icon_id


def unregister():
    """Let go of all pictures."""
    if _previews:
        import bpy.utils.previews

        bpy.utils.previews.remove(_previews.pop("all"))


__all__ = ["SAMPLES", "icon", "previews", "unregister"]
