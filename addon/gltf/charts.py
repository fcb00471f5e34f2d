# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of plots of samples and of histograms, which stand behind and above layers, with their words."""

from __future__ import annotations

import bpy
import numpy as np

from ..scene.camera import framing
from ..scene.entities import Histogram, Plot
from . import books, shapes
from .evaluated import array, arrays, joined, painted, reader
from .shapes import CellCopies, Surface

CHARTS = (Plot.KIND, Histogram.KIND)
POINTS, WORDS = "points", "words"


def content(obj: bpy.types.Object, geometry, whole: bool = False) -> Surface | CellCopies | None:
    """The plane of a plot, its samples as copies of a ball, a histogram, or the words of either; None if nothing of it
    is seen. `geometry` is the evaluated one."""
    shows = (Plot.of(obj) or Histogram(obj)).shows
    if shows == POINTS and Plot.is_one(obj):
        return _samples(geometry, whole)
    if shows == WORDS:
        return _words(geometry.mesh)
    bars = joined(geometry, whole)
    faces = books.picture(geometry.mesh, _of_faces(geometry.mesh)) if geometry.mesh else None
    return shapes.joined(each for each in (bars, faces) if each is not None)


def _samples(geometry, whole) -> CellCopies | None:
    cloud = geometry.instances_pointcloud()
    if cloud is None or not len(cloud.points):
        return None
    read = reader(cloud.attributes)
    matrices, which = framing.instance_matrices(cloud)
    for index, reference in enumerate(geometry.instance_references()):
        mine = (which == index) & (shapes.sized(matrices) | whole)
        if reference.mesh is not None and mine.any():
            numbers = {} if (classes := read("class")) is None else {"class": classes[mine]}
            colours = painted(reference.mesh, mine, read)
            return CellCopies(*arrays(reference.mesh), matrices[mine].astype(np.float64), colours, numbers)
    return None


def _words(mesh) -> Surface | None:
    """Faces of any number of corners, each in the one color of its material or its own."""
    if mesh is None or not len(mesh.polygons):
        return None
    read = _of_faces(mesh)
    points, triangles = arrays(mesh)
    of_face = np.empty(len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("polygon_index", of_face)
    colours = books.colours(mesh, read, len(mesh.polygons))
    parts = []
    kinds, which = np.unique(colours, axis=0, return_inverse=True)
    for number, color in enumerate(kinds):
        mine = triangles[which.ravel()[of_face] == number]
        used, faces = np.unique(mine, return_inverse=True)
        parts.append(shapes.repeated(points[used], faces.reshape(-1, 3), np.eye(4)[None], color[None]))
    return shapes.joined(parts)


def _of_faces(mesh):
    """Gives an attribute of a mesh by faces: one of points as the first corner of a face has it."""
    starts = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    corner = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corner)

    def read(name):
        attribute = mesh.attributes.get(name)
        if attribute is None:
            return None
        places = {"FACE": slice(None), "POINT": corner[starts], "CORNER": starts}.get(attribute.domain)
        return None if places is None else array(attribute)[places]

    return read
