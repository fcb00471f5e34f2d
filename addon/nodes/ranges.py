# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The range in force: the value that has the full colour.

It is the number in a socket, or it follows what a layer, its block or the whole network holds: the root object of the
network has a table as a mesh, a vertex a percentile, 101 to a row, and the sockets say which rows are the layer's and
its block's. Row 0 is the network's.
"""

from __future__ import annotations

import bpy

from ..colormaps import PERCENTS
from ..colormaps.value import LARGEST_SHADE, NOT_FINITE_SHADE
from .sockets.ranges import BLOCK_ROW, LAYER_ROW
from .tree import GroupBuilder

TABLES = {"Range": "value_quantile", "Weight Range": "weight_quantile"}  # attributes of the root's mesh
TOLD, CLIPPED = "range", "clipped"  # attributes by which what is drawn tells the range in force, and if it is too small
SAME = 1e-4  # ranges that differ by a smaller share count as one
LEAST = 1e-44  # the smallest range: single precision has hardly a smaller number


def in_force(group: GroupBuilder, name: str) -> bpy.types.NodeSocket:
    """The range to divide by, above 0; no field. Own where nothing is known."""
    chosen = group.picked("Range From")
    own = group[name]
    row = group.when(
        group.same(chosen, 1), group[LAYER_ROW], group.when(group.same(chosen, 2), group[BLOCK_ROW], 0, "INT"), "INT"
    )
    table = group.near(group["Network"])
    values = group.attribute(TABLES[name])
    below = group.math("FLOOR", group["Clip"])
    first = group.math("MULTIPLY_ADD", row, float(PERCENTS), below)
    share = group.math("SUBTRACT", group["Clip"], below)
    ends = [
        group.sample(table, values, index, domain="POINT")
        for index in (first, group.math("ADD", first, group.math("GREATER_THAN", share, 0.0)))
    ]
    range_in_force = group.math("MULTIPLY_ADD", group.math("SUBTRACT", ends[1], ends[0]), share, ends[0])
    known = group.math(
        "MULTIPLY", group.math("GREATER_THAN", range_in_force, 0.0), group.math("GREATER_THAN", row, -0.5)
    )
    followed = group.when(known, range_in_force, own)
    return group.math("MAXIMUM", group.when(group.math("GREATER_THAN", chosen, 0.5), followed, own), LEAST)


def shade(group: GroupBuilder, value: bpy.types.NodeSocket, extent: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """value / range (from `in_force`), a field; what is not finite has a shade of its own."""
    share = group.call(
        "ShaderNodeClamp", {"Value": group.math("DIVIDE", value, extent), "Min": -LARGEST_SHADE, "Max": LARGEST_SHADE}
    )
    return group.call(
        "GeometryNodeSwitch",
        {"Switch": group.finite(value), "False": NOT_FINITE_SHADE, "True": share},
        input_type="FLOAT",
    )


def tell(
    group: GroupBuilder, geometry: bpy.types.NodeSocket, name: str, extent: bpy.types.NodeSocket, domain: str
) -> bpy.types.NodeSocket:
    """Geometry that says the range in force (from `in_force`), and whether the layer has anything beyond it, for the
    legend."""
    geometry = group.store(geometry, TOLD, extent, domain)
    last = group.math("MULTIPLY_ADD", group[LAYER_ROW], float(PERCENTS), PERCENTS - 1.0)
    largest = group.sample(group.near(group["Network"]), group.attribute(TABLES[name]), last, domain="POINT")
    beyond = group.math(
        "MULTIPLY",
        group.math("GREATER_THAN", group[LAYER_ROW], -0.5),
        group.math("GREATER_THAN", largest, group.math("MULTIPLY", extent, 1 + SAME)),
    )
    return group.when(beyond, group.store(geometry, CLIPPED, 1.0, domain), geometry, "GEOMETRY")
