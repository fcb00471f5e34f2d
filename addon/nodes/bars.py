# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Bars": a bar beside each cell of an output layer, as long as its value."""

import bpy

from .ranges import LEAST
from .sockets.bars import BARS
from .tree import GroupBuilder, reuse


def bars_group() -> bpy.types.NodeTree:
    """Bars on the cells of a layer, in vertex order; attributes `value` and `winner` of the points."""
    return reuse(BARS.name, _build)


def _build():
    group = GroupBuilder(BARS.name)
    group.declare(BARS)
    info = group.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    group.put(info.inputs["Object"], group["Layer"])
    place = group.call(
        "GeometryNodeSampleIndex",
        {
            "Geometry": info.outputs["Geometry"],
            "Value": group.call("GeometryNodeInputPosition", {}),
            "Index": group.call("GeometryNodeInputIndex", {}),
        },
        data_type="FLOAT_VECTOR",
        domain="INSTANCE",
    )
    points = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"]})
    points = group.call(
        "GeometryNodeSetPosition",
        {"Geometry": points, "Position": place, "Offset": group.vector(group["Offset"], 0.0, 0.0)},
    )
    share = group.math(
        "DIVIDE", group.number(group.attribute("value")), group.math("MAXIMUM", group["Range"], LEAST), clamp=True
    )
    thick = group["Thickness"]
    thin = group.math("MULTIPLY", thick, group["Track"])
    full = group.vector(group["Length"], thin, thin)
    bar = group.vector(group.math("MULTIPLY", group["Length"], share), thick, thick)
    both = group.node("GeometryNodeJoinGeometry")
    shown = group.math("GREATER_THAN", share, 0.004)
    for scale, material, some in ((full, "Track Material", True), (bar, "Material", shown)):
        cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
        cube = group.call("GeometryNodeTransform", {"Geometry": cube, "Translation": group.vector(0.5, 0.0, 0.0)})
        cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": group[material]})
        group.put(
            both.inputs[0],
            group.call(
                "GeometryNodeInstanceOnPoints", {"Points": points, "Instance": cube, "Scale": scale, "Selection": some}
            ),
        )
    return group.finish(both.outputs[0])
