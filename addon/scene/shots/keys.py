# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keyframes of shots: ordinary ones, which stand only between the first and the last frame of their shot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import bpy

from ... import compat
from .. import tags

MOVED = "moved_in_shots"  # on an object: the data paths that were keyframed for a shot, by its name
Keys = Sequence[tuple[float, float]]  # (frame, value)


def set_keys(owner: bpy.types.ID, path: str, keys: Keys, index: int = -1, how: str = "BEZIER") -> None:
    """Keyframe a property of a data-block; `how` is the interpolation between its keys, and `index` an axis of it."""
    for frame, value in keys:
        if index < 0:
            _put(owner, path, value)
        else:
            owner.path_resolve(path)[index] = value
        owner.keyframe_insert(path, index=index, frame=frame)
    for curve in _curves(owner, path, max(index, 0)):
        for point in curve.keyframe_points:
            if keys[0][0] <= point.co.x <= keys[-1][0]:
                point.interpolation = how


def move_input(shot: str, thing: bpy.types.Object, name: str, keys: Keys, how: str = "BEZIER") -> None:
    """Keyframe an input of an object's modifier for a shot, between its first and last key; at all other times it keeps
    its value. One that somebody has keyframed in that time is left alone.
    """
    modifier = next(one for one in thing.modifiers if one.type == "NODES")
    _move(shot, thing, compat.input_path(modifier, name), keys, how)


def appear(shot: str, thing: bpy.types.Object, first: int, at: int, last: int) -> None:
    """Hide an object from the first frame of a shot until another."""
    for path in ("hide_viewport", "hide_render"):
        _move(shot, thing, path, [(first, True), (at, False), (last, False)], "CONSTANT")


def _move(shot, thing, path, keys, how):
    first, last = keys[0][0], keys[-1][0]
    known = _curves(thing, path)
    if any(first - 1 <= point.co.x <= last + 1 for curve in known for point in curve.keyframe_points):
        return
    rest = known[0].evaluate(first - 1) if known else _value(thing, path)
    set_keys(thing, path, [(first - 1, rest)], how="CONSTANT")
    set_keys(thing, path, keys, how=how)
    set_keys(thing, path, [(last + 1, rest)], how="CONSTANT")
    for curve in _curves(thing, path):
        for point in curve.keyframe_points:
            if point.co.x == last:
                point.interpolation = "CONSTANT"
    _put(thing, path, rest)
    facts = tags.read(thing)
    moved = facts.get(MOVED, {})
    tags.write(thing, **(facts | {MOVED: moved | {shot: [*moved.get(shot, []), path]}}))


def clear(things: Iterable[bpy.types.Object], shot: str, first: int, last: int) -> None:
    """Take the keyframes away that were made for a shot; what has none left keeps its value."""
    for thing in things:
        facts = tags.read(thing)
        moved = facts.get(MOVED, {})
        if shot not in moved:
            continue
        for path in moved[shot]:
            _clear(thing, path, first, last)
        left = {name: paths for name, paths in moved.items() if name != shot}
        kept = {name: one for name, one in facts.items() if name != MOVED}
        tags.write(thing, **(kept | ({MOVED: left} if left else {})))
        thing.update_tag()


def _clear(thing, path, first, last):
    for curves in compat.curves_of(thing):
        for curve in [one for one in curves if one.data_path == path]:
            rest = curve.evaluate(first - 1)
            for point in reversed([one for one in curve.keyframe_points if first - 1 <= one.co.x <= last + 1]):
                curve.keyframe_points.remove(point)
            if not len(curve.keyframe_points):
                curves.remove(curve)
                _put(thing, path, rest)


def _curves(owner, path, index=0):
    return [curve for curves in compat.curves_of(owner) for curve in curves
            if curve.data_path == path and curve.array_index == index]


def _value(owner, path):
    return float(owner.path_resolve(path))


def _put(owner, path, value):
    """Set a property by its data path; a custom property is an item, others are attributes."""
    if path.endswith("]"):
        holder, _, last = path.rpartition("[")
        owner.path_resolve(holder)[last[1:-2]] = value
    else:
        holder, _, last = path.rpartition(".")
        target = owner.path_resolve(holder) if holder else owner
        setattr(target, last, bool(value) if isinstance(getattr(target, last), bool) else value)
