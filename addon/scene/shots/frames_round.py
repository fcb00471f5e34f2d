# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A frame round the unit that a sentence speaks of."""

from __future__ import annotations

import bpy
import numpy as np

from ...nodes.book import COVER
from ..attributes import array, array_of
from ..camera import framing, picture
from ..entities import Book, LayerObject, NetworkScene
from ..storyboard.beats import RATE, Beat, Storyboard
from ..texts import labels
from . import film_parts
from .stage import Stage

PAD = 0.06  # of the map, between it and the frame
THICK = 0.045  # of the map, the frame
OUT = 0.02  # metres before the map
LATE, EARLY = 0.5, 0.3  # seconds after the signal, and before the next beat


def make(stage: Stage, board: Storyboard, view: picture.Seen) -> None:
    """A frame round the unit of each beat that names one and whose cells are drawn."""
    for number, (beat, end) in enumerate(board.spans):
        if beat.unit < 0 or not beat.is_layer:
            continue
        owner, corners, axis = _unit(stage, beat, view)
        if owner is None:
            continue
        pace = min(1.0, (end - beat.frame) / (1.6 * RATE))
        first = stage.first + beat.frame + round(LATE * pace * RATE)
        last = stage.first + end - round(EARLY * pace * RATE)
        obj = _frame(f"{stage.network.name} frame {number}", corners, axis, film_parts.paint(stage, "hot"))
        labels.seen_by_camera(obj)
        obj.parent = owner
        film_parts.take(stage, obj, f"frame {number}", [(first, max(last, first + 1))], round(0.2 * RATE * pace))


def _unit(stage: Stage, beat: Beat, view: picture.Seen) -> tuple[bpy.types.Object | None, np.ndarray, float]:
    """Whose space, the lower and the upper corner of a unit's map in it, (2, 3), and on which side of it one looks."""
    scene = NetworkScene(stage.network)
    for book in scene.members(Book):
        if book.shows != "maps" or not (book.path == beat.path if beat.path else book.layer == beat.about):
            continue
        corners = _tile(book, beat.unit, view.depsgraph)
        if len(corners):
            return book.obj, np.stack([corners.min(0), corners.max(0)]), 1.0
    layer = scene.layers().get(beat.about)
    if layer is not None and not layer.has_one_cell:
        places = _cells(layer, beat.unit, view.depsgraph)
        if len(places) > 1:
            half = float(layer.inputs["Pitch"]) / 2
            low, high = places.min(0) - (0, half, half), places.max(0) + (0, half, half)
            return layer.obj, np.stack([low, high]), _side(stage, layer)
    return None, np.zeros((2, 3)), 1.0


def _side(stage: Stage, layer: LayerObject) -> float:
    """Whether the camera sees a layer from where the signal leaves (1) or enters (-1), along its own x."""
    framing.aim(stage.camera, stage.view.azimuth + stage.heading, stage.view.elevation)
    toward = framing.rotation(stage.camera)[:, 2]
    along = np.array(layer.obj.matrix_world.to_3x3())[:, 0]
    return 1.0 if float(toward @ along) > 0 else -1.0


def _cells(layer: LayerObject, unit: int, depsgraph) -> np.ndarray:
    """Where the cells of a unit stand, in the space of the layer, (n, 3)."""
    geometry = framing.geometry_of(layer.obj, depsgraph)
    cloud = geometry.instances_pointcloud() if geometry else None
    units = array(layer.obj, "unit")
    if cloud is None or len(cloud.points) < len(units):
        return np.zeros((0, 3))
    matrices, _ = framing.instance_matrices(cloud)
    return matrices[: len(units), :3, 3][units == unit].astype(np.float64)


def _tile(book: Book, unit: int, depsgraph) -> np.ndarray:
    """The corners of the faces of a tile of a cover, in the space of the book, (n, 3)."""
    geometry = framing.geometry_of(book.obj, depsgraph)
    mesh = geometry.mesh if geometry else None
    if mesh is None or "part" not in mesh.attributes:
        return np.zeros((0, 3))
    wanted = (array_of(mesh, "part") == COVER) & (array_of(mesh, "unit") == unit)
    if not wanted.any():
        return np.zeros((0, 3))
    points = framing.mesh_points(mesh).astype(np.float64)
    loops = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", loops)
    starts, counts = (np.empty(len(mesh.polygons), np.int32) for _ in range(2))
    mesh.polygons.foreach_get("loop_start", starts)
    mesh.polygons.foreach_get("loop_total", counts)
    mask = np.repeat(wanted, counts)
    return points[loops[np.argsort(np.repeat(starts, counts), kind="stable")][mask]]


def _frame(name: str, corners: np.ndarray, side: float, material: bpy.types.Material) -> bpy.types.Object:
    """Four strips round a rectangle across x."""
    (_, left, low), (_, right, high) = corners
    x = float(corners[1, 0] + OUT if side > 0 else corners[0, 0] - OUT - 0.3 * (right - left) / 8)
    size = max(right - left, high - low)
    inner, outer = PAD * size, (PAD + THICK) * size
    rings = [(left - edge, right + edge, low - edge, high + edge) for edge in (inner, outer)]
    points = [(x, y, z) for a, b, c, d in rings for y, z in ((a, c), (b, c), (b, d), (a, d))]
    faces = [(at, (at + 1) % 4, (at + 1) % 4 + 4, at + 4) for at in range(4)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    mesh.materials.append(material)
    return bpy.data.objects.new(name, mesh)
