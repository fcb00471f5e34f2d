# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Proof": a line through measured points, with a dot on the last that the slider *Prune* of the
root has reached, its number, and a thin line down to the share."""

from __future__ import annotations

import bpy

from .network import of_network
from .sockets.proof import PROOF
from .tree import GroupBuilder, reuse

NEXT_TO = 1e-5  # of a share: it is a single-precision number of a slider
THIN = 0.35  # of the line's radius, that of the line down


def proof_group() -> bpy.types.NodeTree:
    """The points of the mesh are what was measured, one behind the other; `place` tells at which share."""
    return reuse(PROOF.name, _build)


def _build():
    group = GroupBuilder(PROOF.name)
    group.declare(PROOF)
    (now,) = of_network(group, "prune")
    points = group["Geometry"]
    index = group.call("GeometryNodeInputIndex", {})
    passed = group.math("LESS_THAN", group.attribute("place"), group.math("ADD", now, NEXT_TO))
    last = group.call(
        "GeometryNodeAttributeStatistic",
        {"Geometry": points, ("Attribute", "VALUE"): group.when(passed, index, 0.0)},
        ("Max", "VALUE"),
        data_type="FLOAT",
        domain="POINT",
    )
    place = group.call("GeometryNodeInputPosition", {})
    dot = group.sample(points, place, last, "FLOAT_VECTOR", "POINT")
    line = _tube(group, group.call("GeometryNodeMeshToCurve", {"Mesh": points}), group["Radius"])
    apart = group.node("ShaderNodeSeparateXYZ")
    group.put(apart.inputs[0], dot)
    down = group.call(
        "GeometryNodeCurvePrimitiveLine", {"Start": dot, "End": group.vector(apart.outputs[0], apart.outputs[1], 0.0)}
    )
    down = _tube(group, down, group.math("MULTIPLY", group["Radius"], THIN))
    ball = group.call("GeometryNodeMeshIcoSphere", {"Radius": group["Dot"], "Subdivisions": 3})
    ball = group.call("GeometryNodeTransform", {"Geometry": ball, "Translation": dot})
    text = group.call("GeometryNodeObjectInfo", {"Object": group["Words"]}, "Geometry")
    own = group.math("COMPARE", group.attribute("step", "INT"), last, 0.5)
    text = group.call("GeometryNodeSeparateGeometry", {"Geometry": text, "Selection": own}, domain="FACE")
    text = group.call("GeometryNodeTransform", {"Geometry": text, "Translation": dot})
    both = group.node("GeometryNodeJoinGeometry")
    for geometry in (line, down, ball, text):
        group.put(both.inputs[0], geometry)
    return group.finish(
        group.call("GeometryNodeSetMaterial", {"Geometry": both.outputs[0], "Material": group["Material"]})
    )


def _tube(group, curve, radius):
    profile = group.call("GeometryNodeCurvePrimitiveCircle", {"Resolution": 8, "Radius": radius})
    return group.call("GeometryNodeCurveToMesh", {"Curve": curve, "Profile Curve": profile})
