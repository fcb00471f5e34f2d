# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the camera must stand so that everything is in the picture, in closed form.

Axes of a camera: x right, y up, looking along -z. Slopes are the tangents of the frame's edges; of an orthographic
camera half its width and height in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import bpy
import numpy as np
from mathutils import Matrix, Vector


@dataclass(frozen=True)
class Margins:
    """Shares of the frame that stay empty."""

    left: float = 0.05
    right: float = 0.05
    bottom: float = 0.05
    top: float = 0.06


def slopes(camera: bpy.types.Camera, aspect: float) -> tuple[float, float]:
    """Tangents of half the horizontal and half the vertical angle of view; `aspect` is width / height."""
    larger = camera.ortho_scale / 2 if camera.type == "ORTHO" else camera.sensor_width / 2 / camera.lens
    return (larger, larger / aspect) if aspect >= 1 else (larger * aspect, larger)


def corners(objs, depsgraph: bpy.types.Depsgraph) -> np.ndarray:
    """World corners (n, 3) of the evaluated boxes of objects, instances included."""
    boxes = [box_corners(obj, depsgraph) for obj in objs]
    return np.concatenate([box for box in boxes if len(box)] or [np.zeros((0, 3))])


def box_corners(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> np.ndarray:
    """World corners (8, 3) of one object as it is evaluated, or (0, 3) if it shows nothing."""
    evaluated = obj.evaluated_get(depsgraph)
    geometry = geometry_of(obj, depsgraph)
    if geometry is None:
        return np.zeros((0, 3))
    low_high = _instances(geometry)
    if low_high is None:
        if evaluated.type not in ("MESH", "FONT", "CURVES") or not any(evaluated.dimensions):
            return np.zeros((0, 3))
        box = np.array(evaluated.bound_box)
        low_high = box.min(0), box.max(0)
    return corners_of(evaluated, *low_high)


def shown_corners(obj: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> np.ndarray:
    """The same of an object that a view layer shows, (0, 3) of others: what was hidden keeps what was evaluated of it
    until Blender next builds its graph."""
    shown = obj.visible_get(view_layer=view_layer)
    return box_corners(obj, view_layer.depsgraph) if shown else np.zeros((0, 3))


def corners_of(evaluated: bpy.types.Object, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """World corners (8, 3) of a box in the space of an evaluated object."""
    grid = np.array(np.meshgrid(*np.stack([low, high], 1), indexing="ij")).reshape(3, 8).T
    matrix = np.array(evaluated.matrix_world)  # in 4.5 that of the original is not set yet in a new scene
    return grid @ matrix[:3, :3].T + matrix[:3, 3]


def geometry_of(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bpy.types.GeometrySet | None:
    """The geometry of an object as it is evaluated, or None where Blender evaluates none: of what is hidden, or in a
    collection that the view layer leaves out."""
    evaluated = obj.evaluated_get(depsgraph)
    try:
        return evaluated.evaluated_geometry() if evaluated.is_evaluated else None
    except (RuntimeError, TypeError):  # "Object geometry is not yet evaluated"
        return None


def _instances(geometry):
    """The local box of an object's instances, or None."""
    cloud = geometry.instances_pointcloud()
    if cloud is None or not len(cloud.points):
        return None
    matrix, which = instance_matrices(cloud)
    shown = np.bincount(which, minlength=1) > 0
    alike: dict[tuple, list[int]] = {}  # cells of several colors have several meshes of one size
    for index, reference in enumerate(geometry.instance_references()):
        mesh = getattr(reference, "mesh", None) or getattr(getattr(reference, "data", None), "id_data", None)
        if mesh is not None and index < len(shown) and shown[index]:
            points = mesh_points(mesh)
            alike.setdefault((*points.min(0), *points.max(0)), []).append(index)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for box, indices in alike.items():
        some = np.isin(np.arange(len(shown)), indices)[which]
        first, last = np.array(box[:3]), np.array(box[3:])
        middle, half = (last + first) / 2, (last - first) / 2
        rows = matrix[some, :3].reshape(-1, 4)  # one product of all rows is faster than one an instance
        centre = (rows @ np.array([*middle, 1.0], np.float32)).reshape(-1, 3)
        reach = (np.abs(rows) @ np.array([*half, 0.0], np.float32)).reshape(-1, 3)
        low = np.minimum(low, (centre - reach).min(0))
        high = np.maximum(high, (centre + reach).max(0))
    return (low, high) if np.isfinite(low).all() else None


def instance_matrices(cloud) -> tuple[np.ndarray, np.ndarray]:
    """Local matrices (n, 4, 4) of instances and the index of the geometry that each shows."""
    count = len(cloud.points)
    matrix = np.empty(count * 16, np.float32)
    cloud.attributes["instance_transform"].data.foreach_get("value", matrix)
    which = np.empty(count, np.int32)
    cloud.attributes[".reference_index"].data.foreach_get("value", which)
    return matrix.reshape(count, 4, 4).swapaxes(1, 2), which


def mesh_points(mesh: bpy.types.Mesh) -> np.ndarray:
    """Where the vertices of a mesh are, (n, 3)."""
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.attributes["position"].data.foreach_get("vector", points)
    return points.reshape(-1, 3)


def aim(camera: bpy.types.Object, azimuth: float, elevation: float) -> None:
    """Turn a camera: radians from the signal's axis (0 looks along +X, a right angle from the side), and above."""
    camera.rotation_euler = (pi / 2 - elevation, 0.0, azimuth - pi / 2)


def rotation(camera: bpy.types.Object) -> np.ndarray:
    """Columns are the camera's axes in the world, (3, 3)."""
    return np.array(camera.rotation_euler.to_matrix())


def fit(camera: bpy.types.Object, points: np.ndarray, aspect: float, margins: Margins, anchor: float = 0.5) -> None:
    """Move a camera, without turning it, to the nearest place from which all points lie inside the margins. One that
    is orthographic gets the width that it takes. Where the height decides, `anchor` says how the rest of the width is
    shared: at 0 the points begin at the left margin."""
    axes = rotation(camera)
    x, y, z = (points @ axes).T
    if camera.data.type == "ORTHO":
        camera.location = Vector(axes @ _fit_flat(camera.data, x, y, z, aspect, margins))
        return
    across, up = slopes(camera.data, aspect)
    sides = []
    for value, half, low, high in ((x, across, margins.left, margins.right), (y, up, margins.bottom, margins.top)):
        least, most = -half * (1 - 2 * low), half * (1 - 2 * high)
        # inside: least * (back - z) <= value - centre <= most * (back - z)
        above = (value + most * z).max()
        below = (value + least * z).min()
        sides.append((above, below, least, most, (above - below) / (most - least)))
    back = max(side[4] for side in sides)
    centre = [
        (above - most * back) * share + (below - least * back) * (1 - share)
        for (above, below, least, most, _), share in zip(sides, (anchor, 0.5), strict=True)
    ]
    camera.location = Vector(axes @ np.array([*centre, back]))


def _fit_flat(camera, x, y, z, aspect, margins) -> np.ndarray:
    """The place, in its own axes, of an orthographic camera that sees these points inside the margins."""
    wide = (x.max() - x.min()) / (1 - margins.left - margins.right)
    tall = (y.max() - y.min()) / (1 - margins.bottom - margins.top)
    wide, tall = max(wide, tall * aspect), max(tall, wide / aspect)
    camera.ortho_scale = max(wide, tall)
    return np.array(
        [
            (x.max() + x.min()) / 2 + wide * (margins.right - margins.left) / 2,
            (y.max() + y.min()) / 2 + tall * (margins.top - margins.bottom) / 2,
            z.max() + max(wide, tall),
        ]
    )


def reach(camera: bpy.types.Object, depth):
    """By what slopes are multiplied to be metres at a depth."""
    return depth if camera.data.type != "ORTHO" else depth * 0 + 1


def project(camera: bpy.types.Object, points: np.ndarray) -> np.ndarray:
    """Points (n, 3) seen by a camera: slope right, slope up, depth."""
    x, y, z = ((points - np.array(camera.location)) @ rotation(camera)).T
    apart = reach(camera, -z)
    return np.stack([x / apart, y / apart, -z], -1)


def unproject(camera: bpy.types.Object, right: float, up: float, depth: float) -> Vector:
    """The point of the world that a camera sees there: slopes as `project` gives them, and metres of depth."""
    apart = reach(camera, depth)
    return Vector(rotation(camera) @ np.array([right * apart, up * apart, -depth])) + camera.location


def above(camera: bpy.types.Object, right: float, up: float, level: float) -> float:
    """How deep one sees in this direction before what lies below a height in metres; without limit if one looks up."""
    eye, on = (unproject(camera, right, up, depth).z for depth in (0.0, 1.0))
    return (level - eye) / (on - eye) if on < eye else np.inf


def face(obj: bpy.types.Object, camera: bpy.types.Object) -> None:
    """Keep an object turned to the camera, also when either moves."""
    constraint = obj.constraints.new("COPY_ROTATION")
    constraint.target = camera


def place(obj: bpy.types.Object, location: Vector, parent: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> None:
    """Parent an object so that it stands at a place in the world and keeps to its parent from there."""
    obj.parent = parent
    obj.matrix_parent_inverse = Matrix.Identity(4)
    obj.location = parent.evaluated_get(depsgraph).matrix_world.inverted() @ location
