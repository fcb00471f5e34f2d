# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups "Neuroscene Histogram" and "Neuroscene Ridge": how often numbers occur, over the colors of these numbers.

A histogram's mesh has a vertex a bin: `bin` is the number in its middle, `value` the share of all numbers in it. They
face -X, as layers do, small numbers on the left, with the axis at the origin.
"""

from __future__ import annotations

import bpy

from . import ranges
from .series import Steps
from .sockets.histogram import HISTOGRAM, RIDGE
from .tree import GroupBuilder, reuse

BAR = 0.86  # of the width of a bin
STRIP, BELOW = 0.09, 0.05  # of the height of the bars: the height of the axis, and the gap above it


def histogram_group() -> bpy.types.NodeTree:
    """Bars of the points of a mesh."""
    return reuse(HISTOGRAM.name, _histogram)


def ridge_group() -> bpy.types.NodeTree:
    """Rows of faces, one a step: a mesh whose x is across (0 to 1), y the share of numbers, z the step."""
    return reuse(RIDGE.name, _ridge)


def _histogram():
    group = GroupBuilder(HISTOGRAM.name)
    group.declare(HISTOGRAM)
    index = group.call("GeometryNodeInputIndex", {})
    place = group.math("DIVIDE", group.math("ADD", index, 0.5), group["Bins"])
    side = group.math("MULTIPLY", group.math("SUBTRACT", 0.5, place), group["Width"])
    points = group.call(
        "GeometryNodeMeshToPoints", {"Mesh": group["Geometry"], "Position": group.vector(0.0, side, 0.0)}
    )
    full = group.math("MAXIMUM", group["Range"], ranges.LEAST)
    shade = group.math("DIVIDE", group.attribute("bin"), full)
    points = group.store(points, "shade", shade)
    points = group.store(points, "strength", 1.0)
    wide = group.math("DIVIDE", group["Width"], group["Bins"])
    share = group.math(
        "DIVIDE", group.attribute("value"), group.math("MAXIMUM", group["Most"], ranges.LEAST), clamp=True
    )
    high = group.math("MULTIPLY", share, group["Height"])
    cube = group.call("GeometryNodeMeshCube", {})
    cube = group.call("GeometryNodeTransform", {"Geometry": cube, "Translation": (0.0, 0.0, 0.5)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": group["Material"]})
    bars = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": points,
            "Selection": group.math("GREATER_THAN", high, 0.0),
            "Instance": cube,
            "Scale": group.vector(group["Depth"], group.math("MULTIPLY", wide, BAR), high),
        },
    )
    strip = group.math("MULTIPLY", group["Height"], STRIP)
    under = group.math("MULTIPLY", group["Height"], -(STRIP + BELOW))
    lowered = group.call("GeometryNodeSetPosition", {"Geometry": points, "Offset": group.vector(0.0, 0.0, under)})
    axis = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": lowered,
            "Instance": cube,
            "Scale": group.vector(group.math("MULTIPLY", group["Depth"], 0.5), wide, strip),
        },
    )
    both = group.node("GeometryNodeJoinGeometry")
    for geometry in (
        group.when(group["Axis"], axis, group.call("GeometryNodeMeshLine", {"Count": 0}), "GEOMETRY"),
        bars,
    ):
        group.put(both.inputs[0], geometry)
    made = both.outputs[0]
    real = group.call("GeometryNodeRealizeInstances", {"Geometry": made})
    return group.finish(group.when(group["Of Lines"], real, made, "GEOMETRY"))


def _ridge():
    group = GroupBuilder(RIDGE.name)
    group.declare(RIDGE)
    now = Steps(group).now
    across, share, step = group.separate(group.call("GeometryNodeInputPosition", {}))
    most = group.math("MAXIMUM", group["Most"], ranges.LEAST)
    of_axis = group.math("LESS_THAN", step, -0.5)
    high = group.math("MULTIPLY", group.math("MINIMUM", group.math("DIVIDE", share, most), 1.0), group["Height"])
    under = group.math(
        "MULTIPLY", group.math("SUBTRACT", group.math("MULTIPLY", share, STRIP), STRIP + BELOW), group["Height"]
    )
    back = group.math(
        "MULTIPLY", group.math("SUBTRACT", group["Last"], group.math("MAXIMUM", step, 0.0)), group["Depth"]
    )
    place = group.vector(
        group.when(of_axis, 0.0, back),
        group.math("MULTIPLY", group.math("SUBTRACT", 0.5, across), group["Width"]),
        group.when(of_axis, under, high),
    )
    faces = group.call("GeometryNodeSetPosition", {"Geometry": group["Geometry"], "Position": place})
    own = group.attribute("step", "INT")
    full = group.math("MAXIMUM", group["Range"], ranges.LEAST)
    faces = group.store(faces, "shade", group.math("DIVIDE", group.attribute("bin"), full), "FACE")
    near = group.math(
        "MAXIMUM", group.math("COMPARE", own, group.math("ROUND", now), 0.5), group.math("LESS_THAN", own, 0.0)
    )
    age = group.math("DIVIDE", group.math("ADD", own, 1.0), group.math("ADD", group.math("MAXIMUM", now, own), 1.0))
    fading = group.math("MULTIPLY", group["Others"], group.math("MULTIPLY_ADD", age, 0.75, 0.25))
    light = group.math("MAXIMUM", near, fading)
    faces = group.store(faces, "strength", light, "FACE")
    later = group.math("GREATER_THAN", own, group.math("ADD", now, 0.5))
    gone = group.math("MULTIPLY", later, group.math("SUBTRACT", 1.0, group["Whole"]))
    gone = group.math(
        "MAXIMUM",
        gone,
        group.math("MULTIPLY", group.math("LESS_THAN", own, 0.0), group.math("SUBTRACT", 1.0, group["Axis"])),
    )
    faces = group.call("GeometryNodeDeleteGeometry", {"Geometry": faces, "Selection": gone}, domain="FACE")
    return group.finish(group.call("GeometryNodeSetMaterial", {"Geometry": faces, "Material": group["Material"]}))
