# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How things move, turn, grow and vanish over the frames of a scene, sampled, for a glTF animation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from .. import compat
from ..scene import entities
from .gather import ScenePart, is_keyed

STILL, ELSEWHERE = 1e-6, 1e-4
APPEARS = ("Trim End", "Reveal")  # inputs by which something appears in a shot
THERE = 0.5  # and from which value of these on it is there


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
    """Times in seconds (n,) from the beginning of its shot, and the tracks of what moves."""

    times: np.ndarray
    tracks: list[Track]


@dataclass(frozen=True)
class Span:
    """The first and the last frame of a shot, by its name; of what is keyframed beside all shots by the scene's."""

    name: str
    first: int
    last: int

    @property
    def frames(self) -> np.ndarray:
        """All of them."""
        return np.arange(self.first, self.last + 1)


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


def spans(scene: bpy.types.Scene) -> list[Span]:
    """Those of all shots in the order of their frames, that of the scene among them: the shot that it looks through is
    as long as the scene says."""
    made = []
    own = False
    for obj in scene.objects:
        camera = entities.ShotCamera.of(obj)
        mine = obj == scene.camera
        if camera and (camera.frames or mine):
            own = own or mine
            first, last = (scene.frame_start, scene.frame_end) if mine else camera.frames
            made.append(Span(camera.shot, first, last))
    if not own:
        made.append(Span(scene.name, scene.frame_start, scene.frame_end))
    return sorted(made, key=lambda span: (span.first, span.name))


def seconds(scene: bpy.types.Scene, frames: np.ndarray, first: int) -> np.ndarray:
    """When frames are shown, from the first of their shot on."""
    return (np.asarray(frames) - first) * scene.render.fps_base / scene.render.fps


def films(
    parts: list[ScenePart], scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph, of: list[Span]
) -> list[Movement | None]:
    """Sample every frame of these shots; None for one in which nothing moves."""
    if not (any_moves(scene) or keyed_inputs(scene)):
        return [None] * len(of)
    moving = [part for part in parts if part.obj]
    base = [Matrix(part.local) for part in moving]
    appear = {part.obj: shown for part in moving if (shown := _appears(part.obj))}
    made = []
    with without_geometry(scene), at_frames(scene):
        for shot in of:
            samples = [_sample(moving, scene, depsgraph, int(frame), appear) for frame in shot.frames]
            tracks = [
                track
                for part, rest, matrices in zip(moving, base, zip(*samples, strict=True), strict=True)
                if _is_in(part, shot) and (track := _track(part, rest, matrices))
            ]
            made.append(Movement(seconds(scene, shot.frames, shot.first), tracks) if tracks else None)
    return made


def _is_in(part: ScenePart, shot: Span) -> bool:
    """Whether a part has to do with a shot: the camera of another has not."""
    camera = entities.ShotCamera.of(part.camera)
    return camera is None or camera.shot == shot.name


def _appears(obj: bpy.types.Object) -> Callable[[int], bool] | None:
    """Whether an object shows itself at a frame, by the keyframes of what lets it appear in a shot; None where nothing
    does."""
    modifier = entities.modifier(obj)
    if modifier is None:
        return None
    known = compat.identifiers(modifier.node_group)
    paths = {compat.input_path(modifier, name) for name in APPEARS if name in known}
    curves = [curve for some in compat.curves_of(obj) for curve in some if curve.data_path in paths]
    if not curves:
        return None
    return lambda frame: all(curve.evaluate(frame) >= THERE for curve in curves)


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


def _sample(parts, scene, depsgraph, frame, appear):
    """Where parts stand in their parents at a frame, and nothing of those that are hidden then or not there yet."""
    scene.frame_set(frame)
    world = {None: np.eye(4)}
    matrices = []
    for part in parts:  # parents come first
        evaluated = part.obj.evaluated_get(depsgraph)
        world[part] = np.array(evaluated.matrix_world, np.float64)
        local = np.linalg.pinv(world[part.parent]) @ world[part]
        gone = (evaluated.hide_render or evaluated.hide_viewport) and not part.camera
        gone = gone or part.obj in appear and not appear[part.obj](frame)
        matrices.append(Matrix(local @ np.diag([0, 0, 0, 1]) if gone else local))
    return matrices


def _track(part, rest, matrices):
    places, turns, sizes = (
        np.array(column, np.float64) for column in zip(*(matrix.decompose() for matrix in matrices), strict=True)
    )
    flips = np.cumprod(np.where((turns[1:] * turns[:-1]).sum(1) < 0, -1, 1))  # q and -q are the same turn
    turns[1:] *= flips[:, None]
    place, turn, size = (np.array(column, np.float64) for column in rest.decompose())
    turn = turn if turn @ turns[0] >= 0 else -turn
    # also what only is elsewhere in this shot than in the file
    moved = [
        column if np.ptp(column, axis=0).max() > STILL or np.abs(column[0] - still).max() > ELSEWHERE else None
        for column, still in ((places, place), (turns, turn), (sizes, size))
    ]
    return Track(part, *moved) if any(column is not None for column in moved) else None
