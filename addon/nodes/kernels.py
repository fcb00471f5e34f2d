# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Kernels": the kernels of a convolution as picture tiles, a cell a tap."""

from __future__ import annotations

import bpy

from ..colormaps import srgb
from ..colormaps.value import NOT_FINITE
from .block import folding
from .ranges import LEAST, SAME
from .sockets.kernels import KERNELS
from .tree import GroupBuilder, reuse


def kernels_group() -> bpy.types.NodeTree:
    """Tiles of a mesh with a vertex a tap, at (unit, column, row), whose attribute `weight` (a vector) has the weights
    of red, green and blue. They face -X, as layers do, with their middle at the origin."""
    return reuse(KERNELS.name, _build)


def _build():
    group = GroupBuilder(KERNELS.name)
    group.declare(KERNELS)
    full = group.math("MAXIMUM", group["Range"], LEAST)
    share = group.call(
        "ShaderNodeVectorMath",
        {0: group.attribute("weight", "FLOAT_VECTOR"), "Scale": group.math("DIVIDE", 0.5, full)},
        operation="SCALE",
    )
    colour = group.call("ShaderNodeVectorMath", {0: share, 1: (0.5, 0.5, 0.5)}, operation="ADD")
    colour = group.call("ShaderNodeVectorMath", {0: colour, 1: (0.0, 0.0, 0.0)}, operation="MAXIMUM")
    colour = group.call("ShaderNodeVectorMath", {0: colour, 1: (1.0, 1.0, 1.0)}, operation="MINIMUM")
    # of a vector that is not finite 0 times it is not 0
    none = {0: group.attribute("weight", "FLOAT_VECTOR"), 1: (0.0, 0.0, 0.0)}
    none = group.call("ShaderNodeVectorMath", none, "Value", operation="DOT_PRODUCT")
    colour = group.call(
        "GeometryNodeSwitch",
        {"Switch": group.finite(none), "False": srgb(NOT_FINITE), "True": colour},
        input_type="VECTOR",
    )
    points = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"]})
    points = group.call(
        "GeometryNodeStoreNamedAttribute",
        {"Geometry": points, "Name": "kernel", "Value": colour},
        data_type="FLOAT_COLOR",
        domain="POINT",
    )
    points = group.call("GeometryNodeSetPosition", {"Geometry": points, "Position": _places(group)})
    fold, _ = folding(group, "Block")
    kept = group.math("SUBTRACT", 1.0, fold)
    wide = group.math("MULTIPLY", group["Pitch"], kept)
    cube = group.call("GeometryNodeMeshCube", {})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": group["Material"]})
    tiles = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": points,
            "Instance": cube,
            "Scale": group.vector(group.math("MULTIPLY", wide, group["Thickness"]), wide, wide),
        },
    )
    told = group.math("MULTIPLY", full, group.math("GREATER_THAN", kept, 0.5))  # a folded one says nothing
    spread = group.call(
        "GeometryNodeAttributeStatistic",
        {
            "Geometry": group["Geometry"],
            ("Attribute", "VECTOR"): group.call(
                "ShaderNodeVectorMath", {0: group.attribute("weight", "FLOAT_VECTOR")}, operation="ABSOLUTE"
            ),
        },
        ("Max", "VECTOR"),
        data_type="FLOAT_VECTOR",
        domain="POINT",
    )
    red, green, blue = group.separate(spread)
    largest = group.math("MAXIMUM", group.math("MAXIMUM", red, green), blue)
    clipped = group.math("GREATER_THAN", largest, group.math("MULTIPLY", full, 1 + SAME))
    for name, value in (("low", told), ("high", told), ("clipped", clipped)):
        tiles = group.store(tiles, f"weights_{name}", value, "INSTANCE")
    return group.finish(tiles)


def _places(group):
    unit, column, row = group.separate(group.call("GeometryNodeInputPosition", {}))
    across = group.math("MINIMUM", group["Tile Columns"], group["Tiles"])
    down = group.math("CEIL", group.math("DIVIDE", group["Tiles"], across))
    line = group.math("FLOOR", group.math("DIVIDE", group.math("ADD", unit, 0.5), across))
    turn = group.math("FLOORED_MODULO", unit, across)
    return group.vector(
        0.0,
        *(_axis(group, *axis) for axis in ((turn, across, column, group["Columns"]), (line, down, row, group["Rows"]))),
    )


def _axis(group, tile, tiles, tap, taps):
    """Places of taps along one axis, in metres from the middle, against the axis."""
    step = group.math("ADD", taps, group["Gap"])
    whole = group.math("SUBTRACT", group.math("MULTIPLY", tiles, step), group["Gap"])
    place = group.math("ADD", group.math("MULTIPLY", tile, step), group.math("ADD", tap, 0.5))
    return group.math("MULTIPLY", group.math("SUBTRACT", group.math("MULTIPLY", whole, 0.5), place), group["Pitch"])
