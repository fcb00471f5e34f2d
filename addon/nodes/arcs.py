# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Arcs": curves from the rows of one sheet to those of the next, as thick and bright as tokens
look at one another."""

from __future__ import annotations

import bpy

from . import paths
from .block import SEEN
from .book import FOLLOWED
from .network import of_network
from .ranges import LEAST
from .sockets.arcs import ARCS
from .tree import GroupBuilder, reuse

Socket = bpy.types.NodeSocket
DARKEST = 0.12  # of the map has an arc of almost no attention


def arcs_group() -> bpy.types.NodeTree:
    """The geometry of arcs. Curves have `source` and `target`, the tokens at their ends, and `value`, the attention;
    their points are those of `scene.building.connections.base_points`."""
    return reuse(ARCS.name, _build)


def _build():
    group = GroupBuilder(ARCS.name)
    group.declare(ARCS)
    (followed,) = of_network(group, FOLLOWED)
    target = group.attribute("target", "INT")
    apart = group.math("ABSOLUTE", group.math("SUBTRACT", followed, target))
    mine = group.math("SUBTRACT", 1.0, apart, clamp=True)
    bright = group.math("MULTIPLY_ADD", mine, group.math("SUBTRACT", 1.0, group["Dim"]), group["Dim"])
    value = group.attribute("value")
    share = group.math("DIVIDE", value, group.math("MAXIMUM", group["Range"], LEAST), clamp=True)
    share = group.number(share, 1.0)
    curves = group.store(group["Geometry"], "followed", mine, "CURVE")
    light = group.math("MULTIPLY", group.math("MULTIPLY_ADD", share, 1.0 - DARKEST, DARKEST), bright)
    curves = group.store(curves, "shade", light, "CURVE")
    thin = group["Thin End"]
    width = group.math("MULTIPLY_ADD", share, group.math("SUBTRACT", 1.0, thin), thin)
    width = group.math("MULTIPLY", group.math("MULTIPLY", width, bright), group["Radius"])
    info = group.near(group["Layer"])
    boxes = group.call("GeometryNodeAttributeDomainSize", {"Geometry": info}, "Instance Count", component="INSTANCES")
    seen = group.when(group.math("GREATER_THAN", boxes, 0.5), group.sample(info, group.attribute(SEEN), 0), 1.0)
    radius = group.math("MULTIPLY", width, seen)
    radius = group.call("GeometryNodeFieldOnDomain", {("Value", "VALUE"): radius}, ("Value", "VALUE"), domain="CURVE")
    curves = group.call("GeometryNodeSetCurveRadius", {"Curve": curves, "Radius": radius})
    way, smoothed, _ = group.separate(group.call("GeometryNodeInputPosition", {}))
    ends = [
        _end(group, name, token, side) for name, token, side in (("Source", "source", 0.5), ("Target", "target", -0.5))
    ]
    eased = group.math("MULTIPLY_ADD", group["Ease"], group.math("SUBTRACT", smoothed, way), way)
    where = paths.each(group, group.vector(way, way, eased), *ends)
    curves = group.call("GeometryNodeSetPosition", {"Geometry": curves, "Position": where})
    return group.finish(group.call("GeometryNodeSetMaterial", {"Geometry": curves, "Material": group["Material"]}))


def _end(group: GroupBuilder, name: str, token: str, side: float) -> Socket:
    """Where a curve meets a sheet: the edge, on this side, of the row of its token; a field on curves."""
    info = group.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    group.put(info.inputs["Object"], group[name])
    front, width, height = group.separate(group[f"{name} Size"])
    rows, gap, step = group.separate(group[f"{name} Rows"])
    index = group.call(
        "GeometryNodeFieldOnDomain",
        {("Value", "VALUE"): group.attribute(token, "INT")},
        ("Value", "VALUE"),
        domain="CURVE",
    )
    row = group.math("FLOOR", group.math("DIVIDE", group.math("ADD", index, 0.5), group.math("MAXIMUM", step, 1.0)))
    between = group.math("MULTIPLY", width, gap)
    less = group.math("MULTIPLY", between, group.math("SUBTRACT", rows, 1.0))
    high = group.math("DIVIDE", group.math("SUBTRACT", height, less), group.math("MAXIMUM", rows, 1.0))
    down = group.math("MULTIPLY", row, group.math("ADD", high, between))
    top = group.math("MULTIPLY_ADD", group.math("SUBTRACT", height, high), 0.5, 0.0)
    place = group.vector(front, group.math("MULTIPLY", width, side), group.math("SUBTRACT", top, down))
    return group.call("FunctionNodeTransformPoint", {"Vector": place, "Transform": info.outputs["Transform"]})
