# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of its lines a bundle shows, and by what it colours them."""

from __future__ import annotations

import bpy

from . import ranges
from .tree import GroupBuilder

LARGEST = 3.4028234e38  # of single precision


def flow(group: GroupBuilder, source: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """weight x `value` of the source cell (field); `source` is the geometry of the source layer."""
    value = group.sample(source, group.attribute("value"), group.attribute("source", "INT"))
    return group.math("MULTIPLY", group.attribute("weight"), value)


def chosen(group: GroupBuilder, lines, source, weight_range, importance_range) -> bpy.types.NodeSocket:
    """The lines that are strong enough. Ranges are single values."""
    by = group.picked("Rank By")
    activation = group.math("GREATER_THAN", by, 2.5)
    plain = group.when(group.math("GREATER_THAN", by, 0.5), group.attribute("weight"), group.attribute("magnitude"))
    importance = group.when(activation, group.math("ABSOLUTE", flow(group, source)), group.attribute("importance"))
    # what is not finite comes first
    rank = group.number(group.when(group.math("GREATER_THAN", by, 1.5), importance, plain), LARGEST)
    extent = group.when(group.math("GREATER_THAN", by, 1.5), importance_range, weight_range)

    strong = group.call(
        "FunctionNodeCompare",
        {("A", "VALUE"): rank, ("B", "VALUE"): group.math("MULTIPLY", group["Threshold"], extent)},
        data_type="FLOAT",
        operation="GREATER_EQUAL",
    )
    lines = group.when(
        group.math("GREATER_THAN", group["Threshold"], 0.0), _some(group, lines, strong), lines, "GEOMETRY"
    )
    each = group.when(group.picked("Per"), group.attribute("target", "INT"), 0, "INT")
    order = group.call(
        "GeometryNodeSortElements",
        {"Geometry": lines, "Group ID": each, "Sort Weight": group.math("MULTIPLY", rank, -1.0)},
        domain="CURVE",
    )
    before = group.call(
        "GeometryNodeAccumulateField",
        {("Value", "INT"): 1, "Group ID": each},
        ("Trailing", "INT"),
        data_type="INT",
        domain="CURVE",
    )
    first = group.call(
        "FunctionNodeCompare",
        {("A", "INT"): before, ("B", "INT"): group["Most"]},
        data_type="INT",
        operation="LESS_THAN",
    )
    return group.when(group.math("GREATER_THAN", group["Most"], 0.5), _some(group, order, first), lines, "GEOMETRY")


def shade(group: GroupBuilder, source, weight_range, importance_range) -> bpy.types.NodeSocket:
    """What a line's colour says: weight / range, or weight x activation / range (field)."""
    plain = ranges.shade(group, group.attribute("weight"), weight_range)
    active = ranges.shade(group, flow(group, source), importance_range)
    return group.when(group.picked("Color By"), active, plain)


def _some(group, lines, which):
    return group.call("GeometryNodeSeparateGeometry", {"Geometry": lines, "Selection": which}, domain="CURVE")
