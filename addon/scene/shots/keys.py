# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keyframes of shots: ordinary ones, which stand only between the first and the last frame of their shot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import bpy

from ... import compat
from ..entities import Marked, nodes

GROWS = 6  # frames in which an object appears
Keys = Sequence[tuple[float, float]]  # (frame, value)


def set_keys(owner: bpy.types.ID, path: str, keys: Keys, index: int = -1, how: str = "BEZIER") -> None:
    """Keyframe a property of a data-block; `how` is the interpolation between its keys, and `index` an axis of it."""
    for frame, value in keys:
        _put(owner, path, value, index)
        owner.keyframe_insert(path, index=index, frame=frame)
    for curve in _curves(owner, path, max(index, 0)):
        for point in curve.keyframe_points:
            if keys[0][0] <= point.co.x <= keys[-1][0]:
                point.interpolation = how


def move_input(shot: str, obj: bpy.types.Object, name: str, keys: Keys, how: str = "BEZIER") -> None:
    """Keyframe an input of an object's modifier for a shot, between its first and last key; at all other times it keeps
    its value. One that somebody has keyframed in that time is left alone.
    """
    _move(shot, obj, compat.input_path(nodes(obj), name), keys, how)


def move_path(shot: str, obj: bpy.types.Object, path: str, keys: Keys, how: str = "BEZIER", index: int = -1) -> None:
    """As `move_input`, of any property of an object; `index` is an axis of it."""
    _move(shot, obj, path, keys, how, index)


def appear(shot: str, obj: bpy.types.Object, first: int, at: int, last: int) -> None:
    """Let an object grow out of nothing, so that it is there from a frame of a shot on. Whether it is hidden stays free
    for what other shots show."""
    at = max(at, first + GROWS)
    for axis in range(3):
        _move(shot, obj, "delta_scale", [(first, 0.0), (at - GROWS + 1, 0.0), (at, 1.0), (last, 1.0)], "BEZIER", axis)


def _move(shot, obj, path, keys, how, index=-1):
    first = keys[0][0]
    last = keys[-1][0]
    known = _curves(obj, path, max(index, 0))
    if any(first - 1 <= point.co.x <= last + 1 for curve in known for point in curve.keyframe_points):
        return
    rest = known[0].evaluate(first - 1) if known else _value(obj, path, index)
    set_keys(obj, path, [(first - 1, rest)], index, "CONSTANT")
    set_keys(obj, path, keys, index, how)
    set_keys(obj, path, [(last + 1, rest)], index, "CONSTANT")
    for curve in _curves(obj, path, max(index, 0)):
        for point in curve.keyframe_points:
            if point.co.x == last:
                point.interpolation = "CONSTANT"
    _put(obj, path, rest, index)
    marked = Marked(obj)
    moved = marked.moved_in_shots
    marked.moved_in_shots = moved | {shot: [*dict.fromkeys((*moved.get(shot, []), path))]}


def clear(objs: Iterable[bpy.types.Object], shot: str, first: int, last: int) -> None:
    """Take the keyframes away that were made for a shot; what has none left keeps its value."""
    for obj in objs:
        marked = Marked.of(obj)
        moved = marked.moved_in_shots if marked else {}
        if shot not in moved:
            continue
        for path in moved.pop(shot):
            _clear(obj, path, first, last)
        if moved:
            marked.moved_in_shots = moved
        else:
            del marked.moved_in_shots
        obj.update_tag()


def _clear(obj, path, first, last):
    for curves in compat.curves_of(obj):
        for curve in [curve for curve in curves if curve.data_path == path]:
            rest = curve.evaluate(first - 1)
            for point in reversed([point for point in curve.keyframe_points if first - 1 <= point.co.x <= last + 1]):
                curve.keyframe_points.remove(point)
            if not len(curve.keyframe_points):
                index = curve.array_index
                curves.remove(curve)
                _put(obj, path, rest, index)


@contextmanager
def at_rest(objs: Iterable[bpy.types.Object], names: Sequence[str]) -> Iterator[None]:
    """Let inputs of these names that were keyframed for shots have for a while what they have outside of them."""
    muted = []
    for obj in objs:
        marked = Marked.of(obj)
        modifier = nodes(obj)
        moved = marked.moved_in_shots if marked and modifier else {}
        known = compat.identifiers(modifier.node_group) if moved else {}
        for name in (name for name in names if name in known):
            path = compat.input_path(modifier, name)
            if not any(path in paths for paths in moved.values()):
                continue
            for curve in _curves(obj, path):
                curve.mute = True
                muted.append(curve)
                _put(obj, path, curve.evaluate(float(curve.keyframe_points[0].co.x) - 1))
                obj.update_tag()
    try:
        yield
    finally:
        for curve in muted:
            curve.mute = False


def _curves(owner, path, index=0):
    return [
        curve
        for curves in compat.curves_of(owner)
        for curve in curves
        if curve.data_path == path and curve.array_index == index
    ]


def _value(owner, path, index):
    value = owner.path_resolve(path)
    return float(value if index < 0 else value[index])


def _put(owner, path, value, index=-1):
    """Set a property by its data path; a custom property is an item, others are attributes, some of several axes."""
    now = owner.path_resolve(path)
    if hasattr(now, "__setitem__"):
        now[index] = value
    elif path.endswith("]"):
        holder, _, last = path.rpartition("[")
        owner.path_resolve(holder)[last[1:-2]] = type(now)(value)
    else:
        holder, _, last = path.rpartition(".")
        setattr(owner.path_resolve(holder) if holder else owner, last, type(now)(value))
