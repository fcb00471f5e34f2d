# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Annotation": a number that is read from a layer or a bundle as it is drawn now, a line of text
under it, and a leader to the cell or line that it is of. It follows whatever moves or changes that, without Python."""

from __future__ import annotations

import bpy

from .. import compat
from .sockets.annotation import ANNOTATION
from .tree import GroupBuilder, reuse

NUMBER_SIZE = 1.9  # lines high is the number
UNDER = 0.35  # lines under the number begins the text
RESOLUTION = 8  # sides of the dot
Socket = bpy.types.NodeSocket


def annotation_group(font: bpy.types.VectorFont | None = None) -> bpy.types.NodeTree:
    """The geometry of an annotation: its text stands in the plane of its object, from the origin to the right; the
    leader ends where the cell is. `font`: of the letters, if the group is still to be made."""
    return reuse(ANNOTATION.name, _build, font)


def _build():
    group = GroupBuilder(ANNOTATION.name)
    group.declare(ANNOTATION)
    info = group.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    group.put(info.inputs["Object"], group["Of"])
    geometry = info.outputs["Geometry"]
    line = group.picked("Reads")
    is_line = group.math("GREATER_THAN", line, 0.5)
    number = group.when(
        is_line,
        group.sample(geometry, group.attribute("weight"), group["Index"], domain="CURVE"),
        group.sample(geometry, group.attribute("value"), group["Index"]),
    )
    place = group.when(is_line, _on_line(group, geometry), _on_cell(group, geometry), "VECTOR")
    size = group["Size"]
    written = group.call("FunctionNodeValueToString", {"Value": number, "Decimals": group["Decimals"]})
    shown = group.when(group["Number"], written, "", "STRING")
    text = _letters(group, group["Text"], size, group["Text Material"], 0.0)
    big = group.math("MULTIPLY", size, NUMBER_SIZE)
    above = group.math("MULTIPLY", size, 1.0 + UNDER)
    figure = _letters(group, shown, big, group["Number Material"], above)
    both = group.node("GeometryNodeJoinGeometry")
    for made in (text, figure, _leader(group, place, size)):
        group.put(both.inputs[0], made)
    return group.finish(both.outputs[0])


def _on_cell(group, geometry):
    """The middle of a cell in our own space."""
    return group.sample(geometry, group.call("GeometryNodeInputPosition", {}), group["Index"], "FLOAT_VECTOR")


def _on_line(group, geometry):
    """The middle of a line in our own space: a curve has eight points."""
    index = group.math("MULTIPLY_ADD", group["Index"], 8.0, 3.0)
    position = group.call("GeometryNodeInputPosition", {})
    ends = [
        group.sample(geometry, position, group.math("ADD", index, float(after)), "FLOAT_VECTOR", "POINT")
        for after in (0, 1)
    ]
    both = group.call("ShaderNodeVectorMath", {0: ends[0], 1: ends[1]}, operation="ADD")
    return group.call("ShaderNodeVectorMath", {0: both, "Scale": 0.5}, operation="SCALE")


def _letters(group, text, size, material, above):
    node = group.node("GeometryNodeStringToCurves")
    for name, value in (("String", text), ("Size", size)):
        group.put(node.inputs[name], value)
    compat.align_letters(node, "Left")
    letters = group.call("GeometryNodeRealizeInstances", {"Geometry": node.outputs["Curve Instances"]})
    filled = group.call("GeometryNodeFillCurve", {"Curve": letters})
    moved = group.call("GeometryNodeTransform", {"Geometry": filled, "Translation": group.vector(0.0, above, 0.0)})
    return group.call("GeometryNodeSetMaterial", {"Geometry": moved, "Material": material})


def _leader(group, place, size):
    """A line under the text's first letter to the cell, and a dot on it."""
    begin = group.vector(group.math("MULTIPLY", size, -0.35), group.math("MULTIPLY", size, 0.4), 0.0)
    way = group.call(
        "ShaderNodeMix",
        {("Factor", "VALUE"): group["Leader"], ("A", "VECTOR"): begin, ("B", "VECTOR"): place},
        ("Result", "VECTOR"),
        data_type="VECTOR",
    )
    line = group.call("GeometryNodeCurvePrimitiveLine", {"Start": begin, "End": way})
    radius = group.math("MULTIPLY", group.math("MULTIPLY", size, group["Width"]), 0.5)
    profile = group.call("GeometryNodeCurvePrimitiveCircle", {"Resolution": 6, "Radius": radius})
    tube = group.call("GeometryNodeCurveToMesh", {"Curve": line, "Profile Curve": profile, "Fill Caps": True})
    ball = group.call(
        "GeometryNodeMeshUVSphere",
        {
            "Segments": 2 * RESOLUTION,
            "Rings": RESOLUTION,
            "Radius": group.math("MULTIPLY", group.math("MULTIPLY", size, group["Dot"]), 0.5),
        },
    )
    dot = group.call("GeometryNodeTransform", {"Geometry": ball, "Translation": way})
    both = group.node("GeometryNodeJoinGeometry")
    for part in (tube, dot):
        group.put(both.inputs[0], part)
    leads = group.math("GREATER_THAN", group["Leader"], 0.0)
    made = group.when(leads, both.outputs[0], group.call("GeometryNodePoints", {"Count": 0}), "GEOMETRY")
    return group.call("GeometryNodeSetMaterial", {"Geometry": made, "Material": group["Number Material"]})
