# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loose end before a layer that reads what nobody knows: dashes that become thinner and end in nothing."""

from __future__ import annotations

import bpy

from .cells import painted
from .fold import Fold
from .part import GroupPart
from .tree import GroupBuilder
from .vectors import mixed, only, plus, scaled

DASHES = 6
LENGTH = 1.8  # metres, of all dashes
FILLED = 0.55  # of a dash and the gap after it, the dash
RADIUS = 0.045  # metres, of the dash at the layer
LEFT = 0.3  # of the radius, at the far end


def loose_end(group: GroupBuilder, fold: Fold) -> bpy.types.NodeSocket:
    """The dashes, as instances, from the middle of a layer along *Loose End*, at whose end they are; or nothing."""
    outer = group
    group = part = GroupPart("Neuroscene Loose End", outer)
    fold = fold.inside(part)
    way = group["Loose End"]
    reach = group.call("ShaderNodeVectorMath", {0: way}, "Value", operation="LENGTH")
    along = group.call("ShaderNodeVectorMath", {0: way}, operation="NORMALIZE")
    index = group.call("GeometryNodeInputIndex", {})
    share = group.math("DIVIDE", group.math("ADD", index, 0.5), float(DASHES))  # 0 at the layer, 1 at the far end
    begin = group.math("SUBTRACT", reach, LENGTH)
    place = plus(group, fold.middle, scaled(group, along, group.math("MULTIPLY_ADD", share, LENGTH, begin)))
    place = mixed(group, fold.block, place, fold.anchor)
    radius = group.math("MULTIPLY_ADD", share, RADIUS * (LEFT - 1.0), RADIUS)
    dash = group.call("GeometryNodeMeshCylinder", {"Vertices": 12, "Radius": 1.0, "Depth": LENGTH * FILLED / DASHES})
    turn = group.call("FunctionNodeAlignRotationToVector", {"Vector": along}, axis="Z")
    made = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": group.call("GeometryNodePoints", {"Count": DASHES, "Position": place}),
            "Instance": painted(group, dash, group["Number Material"]),
            "Rotation": turn,
            "Scale": scaled(group, group.vector(radius, radius, 1.0), fold.open),
        },
    )
    reach = outer.call("ShaderNodeVectorMath", {0: outer["Loose End"]}, "Value", operation="LENGTH")
    shows = outer.math("GREATER_THAN", outer.math("MULTIPLY", reach, outer["Reveal"]), 0.0)
    return only(outer, shows, part.give(geometry=made)[0])
