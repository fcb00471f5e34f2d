# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a line from cell to cell, its width along that way, and the pulse that runs along it.

The base curves have their points already: x is the way along the curve t (0 to 1), y the same smoothed, z how far a
point is from both ends (0 at the ends, near 1 between).
"""

from __future__ import annotations

import bpy

from .sockets.connections import EVEN
from .tree import GroupBuilder, find
from .vectors import plus, scaled


def base(group: GroupBuilder) -> list[bpy.types.NodeSocket]:
    """For each point the share of its way t, that smoothed, and its share of the lift (fields on the base curves)."""
    start, end = group["Trim Start"], group["Trim End"]
    length = group.math("MAXIMUM", group.math("SUBTRACT", end, start), 0.0)
    place = group.call("GeometryNodeInputPosition", {})
    way = group.math("MULTIPLY_ADD", group.separate(place)[0], length, start)
    square = group.math("POWER", group.math("MULTIPLY_ADD", way, 2.0, -1.0), 2.0)
    cut = group.vector(way, smooth(group, way), group.math("SUBTRACT", 1.0, group.math("MULTIPLY", square, square)))
    trimmed = group.math("LESS_THAN", length, 1.0)
    return group.separate(group.when(trimmed, cut, place, "VECTOR"))


def smooth(group: GroupBuilder, way):
    """3 t^2 - 2 t^3"""
    return group.math("MULTIPLY", group.math("MULTIPLY", way, way), group.math("MULTIPLY_ADD", way, -2.0, 3.0))


def place(group: GroupBuilder, points: list, ends: list) -> bpy.types.NodeSocket:
    """Where the points of lines between two ends go, without lift and arc (field)."""
    way, smoothed, _ = points
    eased = group.math("MULTIPLY_ADD", group["Ease"], group.math("SUBTRACT", smoothed, way), way)
    # x of a Bezier curve whose handles lie along the signal: 3 (1-t)^2 t T + 3 (1-t) t^2 (1-T) + t^3
    rest = group.math("SUBTRACT", 1.0, way)
    tangent = group["Tangent"]
    near = group.math("MULTIPLY", group.math("MULTIPLY", rest, rest), tangent)
    far = group.math("MULTIPLY", group.math("MULTIPLY", rest, way), group.math("SUBTRACT", 1.0, tangent))
    cube = group.math("MULTIPLY", group.math("MULTIPLY", way, way), way)
    bezier = group.math("MULTIPLY_ADD", group.math("MULTIPLY", group.math("ADD", near, far), 3.0), way, cube)
    uneven = group.math("GREATER_THAN", group.math("ABSOLUTE", group.math("SUBTRACT", tangent, EVEN)), 1e-6)
    along = group.when(uneven, bezier, way)
    return each(group, group.vector(along, eased, eased), *ends)


def each(group: GroupBuilder, shares, first, second) -> bpy.types.NodeSocket:
    """Between two vectors, by a share for each axis."""
    mix = group.node("ShaderNodeMix", data_type="VECTOR", factor_mode="NON_UNIFORM", clamp_factor=False)
    group.put(find(mix.inputs, ("Factor", "VECTOR")), shares)
    group.put(find(mix.inputs, ("A", "VECTOR")), first)
    group.put(find(mix.inputs, ("B", "VECTOR")), second)
    return find(mix.outputs, ("Result", "VECTOR"))


def bent(group: GroupBuilder, points: list, ends: list, where) -> bpy.types.NodeSocket:
    """Points with the lift and the arc (field)."""
    return _arched(group, points, ends, _lifted(group, points, ends, where))


def _lifted(group: GroupBuilder, points: list, ends: list, where) -> bpy.types.NodeSocket:
    """Points with the lift; where both ends come together, in a folded block, there is none."""
    size = group.call("ShaderNodeVectorMath", {0: group["Lift"]}, "Value", operation="LENGTH")
    share = group.math(
        "DIVIDE", group.math("MULTIPLY", chord(group, ends), 2.0), group.math("MAXIMUM", size, 1e-9), clamp=True
    )
    led = scaled(group, group["Lift"], group.math("MULTIPLY", points[2], share))
    return group.when(group.math("GREATER_THAN", size, 0.0), plus(group, where, led), where, "VECTOR")


def _arched(group: GroupBuilder, points: list, ends: list, where) -> bpy.types.NodeSocket:
    """Points with the arc: height Arc x chord / 2 x 4 t (1 - t)."""
    way = points[0]
    bow = group.math("MULTIPLY", way, group.math("SUBTRACT", 2.0, group.math("MULTIPLY", way, 2.0)))
    height = group.math("MULTIPLY", bow, group.math("MULTIPLY", chord(group, ends), group["Arc"]))
    return group.when(
        group.math("GREATER_THAN", group["Arc"], 0.0),
        plus(group, where, group.vector(0.0, 0.0, height)),
        where,
        "VECTOR",
    )


def chord(group: GroupBuilder, ends: list) -> bpy.types.NodeSocket:
    """The distance of both ends (field)."""
    return group.call("ShaderNodeVectorMath", {0: ends[0], 1: ends[1]}, "Value", operation="DISTANCE")


def radius(group: GroupBuilder, lines) -> bpy.types.NodeSocket:
    """Radius x the root of Crowd / lines where there are more, a single value."""
    count = group.call("GeometryNodeAttributeDomainSize", {"Geometry": lines}, "Spline Count", component="CURVE")
    share = group.math("DIVIDE", group["Crowd"], group.math("MAXIMUM", count, 1.0), clamp=True)
    return group.math("MULTIPLY", group["Radius"], group.math("SQRT", share))


def profile(group: GroupBuilder, points: list, width) -> bpy.types.NodeSocket:
    """A width with the profile along the way: a straight taper, with a waist (field)."""
    way = points[0]
    parts = [group[name] for name in ("Start Width", "End Width", "Waist")]
    taper = group.math("MULTIPLY_ADD", way, group.math("SUBTRACT", parts[1], parts[0]), parts[0])
    middle = group.math("MULTIPLY", group.math("MULTIPLY", way, 4.0), group.math("SUBTRACT", 1.0, way))
    waist = group.math("MULTIPLY_ADD", middle, group.math("SUBTRACT", parts[2], 1.0), 1.0)
    away = [group.math("ABSOLUTE", group.math("SUBTRACT", part, 1.0)) for part in parts]
    shaped = group.math("GREATER_THAN", group.math("ADD", away[0], group.math("ADD", *away[1:])), 1e-6)
    return group.when(shaped, group.math("MULTIPLY", width, group.math("MULTIPLY", taper, waist)), width)


def pulse(group: GroupBuilder, points: list) -> bpy.types.NodeSocket:
    """Pulse Strength x exp(-((t - Pulse) / Pulse Width)^2), for each point (field)."""
    away = group.math("DIVIDE", group.math("SUBTRACT", points[0], group["Pulse"]), group["Pulse Width"])
    bell = group.math("EXPONENT", group.math("MULTIPLY", group.math("MULTIPLY", away, away), -1.0))
    return group.math("MULTIPLY", bell, group["Pulse Strength"])
