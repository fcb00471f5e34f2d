# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What folds, rearranges or changes its values over the frames of a scene, as poses of plain meshes: morph targets.

A part may have other triangles at one frame than at another, as a slab that is there only while its layer is folded.
Then it becomes several nodes, each of which shrinks to a point in the poses that do not have it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
import numpy as np

from .. import compat
from . import moves
from .budget import Plan
from .gather import Gatherer, ScenePart
from .shapes import Surface

BYTES = 12 + 16  # of a vertex in a pose: its place and its colour
SAME = 1e-6


@dataclass(frozen=True)
class Poses:
    """What a mesh is like at some times: differences of places (poses, n, 3), and of colours (poses, n, 4) or None."""

    places: np.ndarray
    colours: np.ndarray | None


def size(vertices: int, count: int) -> int:
    """The most bytes that so many poses of so many vertices take."""
    return vertices * count * BYTES


def frames(scene: bpy.types.Scene, count: int, shots: list[moves.Span]) -> list[np.ndarray]:
    """Frames of so many poses for each of these shots in which inputs have keyframes, evenly, the first and the last
    among them; none for others. Where no shot has any, for that which the scene looks through."""
    keyed = [_keyed(scene, shot) for shot in shots]
    if not any(keyed):
        keyed = [(shot.first, shot.last) == (scene.frame_start, scene.frame_end) for shot in shots]
    return [
        np.unique(np.linspace(shot.first, shot.last, count).round().astype(int)) if wanted else np.zeros(0, int)
        for shot, wanted in zip(shots, keyed, strict=True)
    ]


def _keyed(scene: bpy.types.Scene, shot: moves.Span) -> bool:
    """Whether an input has other values in a shot than at its first frame."""
    curves = [
        curve
        for obj in moves.keyed_inputs(scene)
        for some in compat.curves_of(obj)
        for curve in some
        if curve.data_path.startswith("modifiers")
    ]
    return any(
        shot.first <= point.co.x <= shot.last and abs(point.co.y - curve.evaluate(shot.first)) > SAME
        for curve in curves
        for point in curve.keyframe_points
    )


def posed(now: Gatherer, plan: Plan, at: np.ndarray) -> dict[ScenePart, Poses]:
    """The poses, at these frames, of each part that changes. `now` has the parts as they are, `whole` and with the plan
    applied; parts that are there only at other frames are added to them."""
    base = now.parts
    with moves.at_frames(now.scene):
        posed_parts = [_parts_at(now, plan, int(frame)) for frame in at]
    known = {_key(part): part for part in base}
    for parts in posed_parts:
        for key, part in parts.items():
            if key not in known and part.content is not None:
                known[key] = _vanished(part, base)
                base.append(known[key])
    return {
        part: poses
        for key, part in known.items()
        if isinstance(part.content, Surface) and (poses := _poses(part, [parts.get(key) for parts in posed_parts]))
    }


def _parts_at(now, plan, frame):
    now.scene.frame_set(frame)
    gatherer = Gatherer(now.scene, whole=True)
    for network in now.networks:
        gatherer.network(network)
    plan.apply(gatherer.parts, whole=True)
    return {_key(part): part for part in gatherer.parts}


def _key(part):
    """The same for a part at two frames if it has the same triangles."""
    content = part.content
    return part.name, content and (len(content.points), hash(content.triangles.tobytes()))


def _vanished(part, base):
    """A part that is not there now, as a point, in the tree of those that are."""
    parent = next((owner for owner in base if part.parent and owner.name == part.parent.name), base[0])
    number = sum(known.name.startswith(f"{part.name} pose") for known in base) + 1
    return replace(part, name=f"{part.name} pose {number}", parent=parent, content=_shrunk(part.content))


def _shrunk(content):
    return replace(content, points=np.broadcast_to(content.points.mean(0), content.points.shape))


def _poses(part, others):
    base = part.content
    contents = [other.content if other else _shrunk(base) for other in others]
    places = np.stack([content.points - base.points for content in contents])
    colours = np.stack([content.colours - base.colours for content in contents])
    changes = np.abs(colours).max() > 1e-4
    if np.abs(places).max() <= SAME and not changes:
        return None
    return Poses(places, colours if changes else None)
