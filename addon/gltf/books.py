# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of a book: the cells of its cover and of heads, and its pages; and of an input's picture."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from ..nodes.book import COVER, HEADS
from ..scene.camera import framing
from . import shapes
from .colours import paint
from .shapes import CellCopies, Surface

NUMBERS = ("value", "unit", "row", "column")


def contents(
    mesh: bpy.types.Mesh, read: Callable[[str], np.ndarray | None], whole: bool = False
) -> tuple[CellCopies | None, CellCopies | None, Surface | None]:
    """The cells of the cover, those of heads, and all else of the evaluated mesh of a book, None of what there is not.
    `read` gives an attribute of the mesh."""
    corners = _corners(mesh)
    part = read("part")
    if corners is None or part is None or len(part) != len(corners):
        return None, None, None  # somebody has put other nodes behind ours
    painted = colours(mesh, read, len(corners))
    rest = ~np.isin(part, (COVER, HEADS))
    return (
        *(_cells(corners[mine], painted[mine], read, mine, whole) for mine in (part == COVER, part == HEADS)),
        _surface(corners[rest], painted[rest]) if rest.any() else None,
    )


def picture(mesh: bpy.types.Mesh, read: Callable[[str], np.ndarray | None]) -> Surface | None:
    """All faces of the mesh of an input's picture, None where somebody has made others of them."""
    corners = _corners(mesh)
    return None if corners is None else _surface(corners, colours(mesh, read, len(corners)))


def _corners(mesh):
    """The corners (n, 4, 3) of the faces of a mesh, None if there are none or some have not four."""
    count = len(mesh.polygons)
    if not count or len(mesh.loops) != 4 * count:
        return None
    ring = np.empty(4 * count, np.int32)
    mesh.loops.foreach_get("vertex_index", ring)
    return framing.mesh_points(mesh)[ring].astype(np.float64).reshape(count, 4, 3)


def colours(mesh, read, count):
    """Linear RGBA (n, 4) of faces, each in its material."""
    made = np.ones((count, 4))
    index = read("material_index")
    index = np.zeros(count, np.int32) if index is None else index
    for number in np.unique(index):
        mine = index == number
        material = mesh.materials[number] if number < len(mesh.materials) else None

        def of_mine(name, mine=mine):
            values = read(name)
            return values[mine] if values is not None and len(values) == count else None

        made[mine] = paint(material, of_mine, int(mine.sum()))
    return made


def _cells(corners, colours, read, mine, whole):
    """Faces as copies of a square that faces -X, turned to where they face."""
    matrices = np.zeros((len(corners), 4, 4))
    matrices[:, 3, 3] = 1.0
    matrices[:, :3, 3] = corners.mean(1)
    up = corners[:, 1] - corners[:, 0]
    across = corners[:, 3] - corners[:, 0]
    normal = np.cross(across, up)
    matrices[:, :3, 1], matrices[:, :3, 2] = across, up
    matrices[:, :3, 0] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12) ** 0.5
    seen = shapes.sized(matrices) | whole
    if not seen.any():
        return None
    numbers = {name: values[mine][seen] for name in NUMBERS if (values := read(name)) is not None}
    return CellCopies(shapes.SQUARE, shapes.SQUARE_FACES, matrices[seen], colours[seen], numbers)


def _surface(corners, colours):
    count = len(corners)
    triangles = np.array([[0, 1, 2], [0, 2, 3]]) + 4 * np.arange(count)[:, None, None]
    return Surface(corners.reshape(-1, 3), triangles.reshape(-1, 3).astype(np.int32), np.repeat(colours, 4, axis=0))
