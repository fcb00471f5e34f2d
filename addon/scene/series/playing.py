# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slider of a series, step by step and as keyframes that are easy to edit."""

from __future__ import annotations

from math import ceil, floor

import bpy
import numpy as np

from ... import compat
from ...colormaps import value_range
from ...nodes.series import numbered
from ...nodes.sockets.series import SLIDERS
from ..attributes import array
from ..entities import NetworkScene, scene_of
from ..shots import keys
from . import known, showing

WAYS = {
    "EASED": ("Eased", "Moves from step to step and rests at each, longer where more changes"),
    "STEPS": ("One Step a Second", "Moves on in equal times, without rests"),
    "SECONDS": ("All in Some Seconds", "Moves evenly from the first step to the last in this time"),
}
MOVES = 0.4, 1.2  # seconds from a step to the next, by how much changes
RESTS = 0.25, 0.6
LONGEST = 20.0  # seconds of an eased film, unless there are so many steps that nobody could follow


def place(collection: bpy.types.Collection, kind: str) -> float:
    """Where the slider of a series stands."""
    modifier = showing.slider(collection, kind)
    return float(compat.get_input(modifier, SLIDERS[kind])) if modifier else 0.0


def go(collection: bpy.types.Collection, kind: str, to: float) -> None:
    """Move the slider of a series."""
    modifier = showing.slider(collection, kind)
    last = len(known.read(collection)[kind]) - 1
    if modifier:
        compat.set_inputs(modifier, {SLIDERS[kind]: float(np.clip(to, 0, last))})


def step(collection: bpy.types.Collection, kind: str, forward: bool) -> float:
    """Move the slider to the next whole step, or to the one before; where it stands then."""
    now = place(collection, kind)
    go(collection, kind, floor(now) + 1 if forward else ceil(now) - 1)
    return place(collection, kind)


def times(collection: bpy.types.Collection, kind: str, way: str, seconds: float) -> list[tuple[float, float]]:
    """Seconds and places of the slider at the keys of a way to play a series."""
    count = len(known.read(collection)[kind])
    if way == "STEPS":
        return [(float(number), float(number)) for number in range(count)]
    if way == "SECONDS":
        return [(0.0, 0.0), (max(seconds, 1e-3), float(count - 1))]
    change = changes(collection, count)
    moves, rests = (low + (high - low) * change for low, high in (MOVES, RESTS))
    scale = min(1.0, LONGEST / float(moves.sum() + rests.sum() + RESTS[1])) if count > 1 else 1.0
    made = [(0.0, 0.0)]
    at = 0.0
    for number, (move, rest) in enumerate(zip(moves * scale, rests * scale, strict=True)):
        at += rest
        made.append((at, float(number)))
        at += move
        made.append((at, float(number + 1)))
    return [*made, (at + RESTS[1] * scale, float(count - 1))]


def changes(collection: bpy.types.Collection, count: int) -> np.ndarray:
    """How much of what layers show changes from each step to the next, (count - 1,), 1 where it is most."""
    total = np.zeros(max(count - 1, 0))
    for layer in NetworkScene(collection).layers().values():
        names = [numbered("value", number) for number in range(count)]
        if not all(name in layer.obj.data.attributes for name in names):
            continue
        values = [np.nan_to_num(array(layer.obj, name), nan=0.0, posinf=0.0, neginf=0.0) for name in names]
        extent = max(map(value_range, values))
        total += [np.abs(b - a).mean() / extent for a, b in zip(values, values[1:], strict=False)]
    return total / total.max() if total.any() else np.ones(len(total))


def play(collection: bpy.types.Collection, kind: str, way: str = "EASED", seconds: float = 10.0) -> tuple[int, int]:
    """Keyframe the slider of a series from the present frame on, in place of the keys that it has. The film ends with
    them at the earliest. Returns the first and the last frame."""
    scene = scene_of(collection) or bpy.context.scene
    obj = NetworkScene(collection).root().obj
    modifier = showing.slider(collection, kind)
    path = compat.input_path(modifier, SLIDERS[kind])
    forget(obj, path)
    rate = scene.render.fps / scene.render.fps_base
    first = scene.frame_current
    made = {round(first + at * rate): value for at, value in times(collection, kind, way, seconds)}
    keys.set_keys(obj, path, sorted(made.items()), how="BEZIER" if way == "EASED" else "LINEAR")
    last = max(made)
    scene.frame_end = max(scene.frame_end, last)
    scene.frame_set(first)
    return first, last


def forget(obj: bpy.types.Object, path: str) -> None:
    """Take the keyframes of an input away."""
    for curves in compat.curves_of(obj):
        for curve in [curve for curve in curves if curve.data_path == path]:
            curves.remove(curve)


def shown(collection: bpy.types.Collection, obj: bpy.types.Object, name: str) -> np.ndarray:
    """An attribute as the sliders let it be seen now, (n,): as `nodes.series` has it."""
    for kind, series in known.read(collection).items():
        if (kind == "evidence") != name.startswith("evidence"):
            continue
        now = float(np.clip(place(collection, kind), 0, len(series) - 1))
        low = floor(now)
        ends = [numbered(name, step) for step in (low, min(low + 1, len(series) - 1))]
        if all(end in obj.data.attributes for end in ends):
            first, second = (array(obj, end) for end in ends)
            share = np.float32(now - low)
            return first * (1 - share) + second * share if share else first
    return array(obj, name)
