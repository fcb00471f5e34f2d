# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let an opened cell go over its whole map, by keyframes."""

from __future__ import annotations

import bpy

from ... import compat
from ...containers import CheckpointError
from ..entities import NetworkScene, Opened
from ..shots import keys, making

SHOT = "opened"
ROWS = 0.25  # of the time, in which rows come


def slide(collection: bpy.types.Collection, seconds: float, rows_first: bool = True) -> int:
    """Keyframe the opened cell so that it goes over its map, or all units where there is no map, in so many seconds
    from the current frame on; where the shot of opened cells is looked through, in the time of that. With `rows_first`
    its rows come one after the other in the first of that time. What was keyframed so before goes. Returns how many
    cells it goes over. Raises `CheckpointError` where nothing is open, or there is but one cell."""
    scene = NetworkScene(collection)
    opened = next((opened for opened in scene.members(Opened) if opened.modifier), None)
    if opened is None:
        raise CheckpointError(collection.name, "shows no opened cell", "use Open Cell on a layer first")
    count = cells(opened)
    if count < 2:
        raise CheckpointError(opened.layer, "has one cell to show", "open a cell of a smaller map")
    stage = scene.scene
    if stage is None:
        raise CheckpointError(collection.name, "stands in no scene", "link its collection to one")
    first = stage.frame_current
    last = first + max(1, round(seconds * stage.render.fps / stage.render.fps_base))
    known = making.shots(collection)
    if SHOT in known and stage.camera == known[SHOT]:
        first, last = stage.frame_start, stage.frame_end
    fills = rows_first and "Fill" in opened.inputs
    begin = first + round(ROWS * (last - first)) if fills else first
    moved = {"Slide": [(begin, 1 / count), (last, 1.0)]} | ({"Fill": [(first, 0.0), (begin, 1.0)]} if fills else {})
    for name in ("Slide", "Fill"):
        _clear(opened, name)
    for name, points in moved.items():
        keys.set_keys(opened.obj, opened.inputs.path(name), points, how="LINEAR")
    if "Filled" in opened.inputs:
        opened.inputs["Filled"] = True
    stage.frame_set(first)
    return count


def _clear(opened: Opened, name: str) -> None:
    """Take the keyframes of an input away."""
    if name not in opened.inputs:
        return
    path = opened.inputs.path(name)
    for curves in compat.curves_of(opened.obj):
        for curve in [curve for curve in curves if curve.data_path == path]:
            curves.remove(curve)


def cells(opened: Opened) -> int:
    """How many cells a slide goes over: those of a map, or units where there is none."""
    first, last = opened.inputs["First"], opened.inputs["Last"]
    units, rows, columns = (round(end - begin) + 1 for begin, end in zip(first, last, strict=True))
    return rows * columns if rows * columns > 1 else units
