# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluated meshes and instances as arrays: attributes by name, triangles, copies in their colours."""

from __future__ import annotations

import numpy as np

from ..scene.camera import framing
from . import shapes
from .colours import paint

FIELDS = {
    "INT": ("value", 1, np.int32),
    "INT8": ("value", 1, np.int8),
    "FLOAT": ("value", 1, np.float32),
    "FLOAT_VECTOR": ("vector", 3, np.float32),
    "FLOAT_COLOR": ("color", 4, np.float32),
    "BYTE_COLOR": ("color", 4, np.float32),
    "BOOLEAN": ("value", 1, bool),
}


def reader(attributes):
    """A function that gives an attribute by its name, a row an element; None of one that is not there."""
    return lambda name: array(attributes[name]) if name in attributes else None


def array(attribute):
    """An attribute, a row an element."""
    field, width, kind = FIELDS[attribute.data_type]
    values = np.empty(len(attribute.data) * width, kind)
    attribute.data.foreach_get(field, values)
    return values.reshape(-1, width) if width > 1 else values


def arrays(mesh):
    """Points (n, 3) and triangles (m, 3) of a mesh."""
    mesh.calc_loop_triangles()
    triangles = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    return framing.mesh_points(mesh).astype(np.float64), triangles.reshape(-1, 3)


def copies(mesh, matrices, mine, read):
    """Instances of a mesh as one surface."""
    return shapes.repeated(*arrays(mesh), matrices.astype(np.float64), painted(mesh, mine, read))


def painted(mesh, mine, read):
    """Colours (n, 4) of instances of a mesh."""

    def of_mine(name):
        colours = read(name)
        if colours is None and name in mesh.attributes:  # one colour that the mesh itself has, as of blocks
            colours = np.broadcast_to(array(mesh.attributes[name])[:1], (len(mine), 4))
        return colours[mine] if colours is not None else None

    material = next((candidate for candidate in mesh.materials if candidate), None)
    return paint(material, of_mine, int(mine.sum()))


def joined(geometry, whole):
    """All instances of bars, kernels or a block as one surface, or None."""
    cloud = geometry.instances_pointcloud()
    if cloud is None:
        return None
    read, (matrices, which) = reader(cloud.attributes), framing.instance_matrices(cloud)
    found = []
    for index, reference in enumerate(geometry.instance_references()):
        mine = (which == index) & (shapes.sized(matrices) | whole)
        if reference.mesh is not None and mine.any():
            found.append(copies(reference.mesh, matrices[mine], mine, read))
    surface = shapes.joined(found)
    return surface if surface is not None and (whole or np.ptp(surface.points, axis=0).any()) else None
