# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How things move, turn, grow and vanish over the frames of a scene, sampled, for a glTF animation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from .. import compat
from ..scene import entities
from .gather import ScenePart, is_keyed

STILL = 1e-6


@dataclass(frozen=True)
class Track:
    """A part over the frames: translations (n, 3), rotations as quaternions w, x, y, z (n, 4), scales (n, 3); each None
    if it stays the same. Blender's axes, in the space of the part's parent."""

    part: ScenePart
    places: np.ndarray | None
    turns: np.ndarray | None
    sizes: np.ndarray | None


@dataclass(frozen=True)
class Movement:
    """Times in seconds (n,) and the tracks of what moves."""

    times: np.ndarray
    tracks: list[Track]


def any_moves(scene: bpy.types.Scene) -> bool:
    """Whether keyframes or drivers place or hide anything in a scene."""
    return any(is_keyed(obj) for obj in scene.objects)


def keyed_inputs(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The things of ours in a scene whose inputs are keyframed: folds, arrangements, ranges, and so on."""
    return [
        obj
        for obj in scene.objects
        if entities.modifier(obj) and any(path.startswith("modifiers") for path in compat.animated(obj))
    ]


def span(scene: bpy.types.Scene) -> tuple[int, int]:
    """The first and the last frame of a scene and of all its shots."""
    shots = [camera.frames for camera in map(entities.ShotCamera.of, scene.objects) if camera]
    both = [(scene.frame_start, scene.frame_end), *filter(None, shots)]
    return min(first for first, _ in both), max(last for _, last in both)


def seconds(scene: bpy.types.Scene, frames: np.ndarray) -> np.ndarray:
    """When frames are shown, from the first of `span` on."""
    return (np.asarray(frames) - span(scene)[0]) * scene.render.fps_base / scene.render.fps


def film(parts: list[ScenePart], scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> Movement | None:
    """Sample every frame of a scene; None if nothing moves."""
    if not any_moves(scene):
        return None
    first, last = span(scene)
    frames = np.arange(first, last + 1)
    moving = [part for part in parts if part.obj]
    with without_geometry(scene), at_frames(scene):
        samples = [_sample(moving, scene, depsgraph, int(frame)) for frame in frames]
    tracks = [
        track
        for part, matrices in zip(moving, zip(*samples, strict=True), strict=True)
        if (track := _track(part, matrices))
    ]
    return Movement(seconds(scene, frames), tracks) if tracks else None


@contextmanager
def at_frames(scene: bpy.types.Scene) -> Iterator[None]:
    """Come back to the frame that a scene is at."""
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)


@contextmanager
def without_geometry(scene: bpy.types.Scene) -> Iterator[None]:
    """Leave out the modifiers for a while: where things stand does not take them."""
    shown = [modifier for obj in scene.objects for modifier in obj.modifiers if modifier.show_viewport]
    for modifier in shown:
        modifier.show_viewport = False
    try:
        yield
    finally:
        for modifier in shown:
            modifier.show_viewport = True


def _sample(parts, scene, depsgraph, frame):
    """Where parts stand in their parents at a frame, and nothing of those that are hidden then."""
    scene.frame_set(frame)
    world = {None: np.eye(4)}
    matrices = []
    for part in parts:  # parents come first
        evaluated = part.obj.evaluated_get(depsgraph)
        world[part] = np.array(evaluated.matrix_world, np.float64)
        local = np.linalg.pinv(world[part.parent]) @ world[part]
        gone = (evaluated.hide_render or evaluated.hide_viewport) and not part.camera
        matrices.append(Matrix(local @ np.diag([0, 0, 0, 1]) if gone else local))
    return matrices


def _track(part, matrices):
    places, turns, sizes = (
        np.array(column, np.float64) for column in zip(*(matrix.decompose() for matrix in matrices), strict=True)
    )
    flips = np.cumprod(np.where((turns[1:] * turns[:-1]).sum(1) < 0, -1, 1))  # q and -q are the same turn
    turns[1:] *= flips[:, None]
    moved = [column if np.ptp(column, axis=0).max() > STILL else None for column in (places, turns, sizes)]
    return Track(part, *moved) if any(column is not None for column in moved) else None
