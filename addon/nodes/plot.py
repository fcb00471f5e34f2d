# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Plot": samples as balls in a plane, where two numbers place them."""

from __future__ import annotations

import bpy

from .ranges import LEAST
from .sockets.plot import PLOT
from .tree import GroupBuilder, reuse


def plot_group() -> bpy.types.NodeTree:
    """Balls of a mesh with a vertex a sample, whose attribute `place` (a vector) has its two numbers and `kernel` its
    color. The plane faces -X, as layers do: the first number to the right, the second up, 0 in the middle. A sample
    whose place is not finite is left out."""
    return reuse(PLOT.name, _build)


def _build():
    group = GroupBuilder(PLOT.name)
    group.declare(PLOT)
    right, up, _ = group.separate(group.attribute("place", "FLOAT_VECTOR"))
    there = group.finite(group.math("ADD", group.math("MULTIPLY", right, 0.0), group.math("MULTIPLY", up, 0.0)))
    low, high = (group.separate(group[name]) for name in ("Low", "High"))
    across, above = (_along(group, number, low[axis], high[axis]) for axis, number in enumerate((right, up)))
    place = group.vector(0.0, group.math("MULTIPLY", across, -1.0), above)
    points = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"]})
    points = group.call("GeometryNodeSetPosition", {"Geometry": points, "Selection": there, "Position": place})
    ball = group.call("GeometryNodeMeshIcoSphere", {"Radius": group["Radius"], "Subdivisions": 2})
    ball = group.call("GeometryNodeSetMaterial", {"Geometry": ball, "Material": group["Material"]})
    return group.finish(
        group.call("GeometryNodeInstanceOnPoints", {"Points": points, "Selection": there, "Instance": ball})
    )


def _along(group, number, low, high):
    """The place of a number along one axis, in metres from the middle."""
    wide = group.math("MAXIMUM", group.math("SUBTRACT", high, low), LEAST)
    share = group.math("SUBTRACT", group.math("DIVIDE", group.math("SUBTRACT", number, low), wide), 0.5)
    return group.math("MULTIPLY", share, group["Side"])
