# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of its lines a bundle shows, and by what it colours them."""

from __future__ import annotations

import bpy

from . import ranges
from .cells import POWER
from .tree import GroupBuilder

LEAST_EVIDENCE = 0.12  # of the most: a line that counts less is not shown
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
    most = group.when(group.math("GREATER_THAN", group["Most"], 0.5), _some(group, order, first), lines, "GEOMETRY")
    counting = group.math("GREATER_THAN", group.math("ABSOLUTE", evidence(group)), LEAST_EVIDENCE)
    return group.when(shows_evidence(group), _some(group, most, counting), most, "GEOMETRY")


def shows_evidence(group: GroupBuilder) -> bpy.types.NodeSocket:
    """Whether lines show what they count, a single value."""
    return group.math("GREATER_THAN", group["Evidence"], 0.0)


def evidence(group: GroupBuilder) -> bpy.types.NodeSocket:
    """What a line counts over the range of its bundle, -1 to 1 (field); 0 where nobody knows."""
    extent = group.math("MAXIMUM", group.attribute("evidence_range"), ranges.LEAST)
    share = group.math("DIVIDE", group.number(group.attribute("evidence")), extent)
    return group.call("ShaderNodeClamp", {"Value": share, "Min": -1.0, "Max": 1.0})


def strength(group: GroupBuilder, of_importance: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """How wide and bright a line is, 0 to 1 (field): by its importance, or by how much it counts."""
    counts = group.math("POWER", group.math("ABSOLUTE", evidence(group)), POWER)
    counts = group.math("MULTIPLY", counts, group["Evidence"])
    return group.when(shows_evidence(group), counts, of_importance)


def shade(group: GroupBuilder, source, weight_range, importance_range) -> bpy.types.NodeSocket:
    """What a line's colour says: weight / range, or weight x activation / range (field)."""
    plain = ranges.shade(group, group.attribute("weight"), weight_range)
    active = ranges.shade(group, flow(group, source), importance_range)
    counts = evidence(group)
    bent = group.math(
        "MULTIPLY", group.math("POWER", group.math("ABSOLUTE", counts), POWER), group.math("SIGN", counts)
    )
    return group.when(shows_evidence(group), bent, group.when(group.picked("Color By"), active, plain))


def _some(group, lines, which):
    return group.call("GeometryNodeSeparateGeometry", {"Geometry": lines, "Selection": which}, domain="CURVE")
