# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands on a layer's cells: its shape, and how large it is by its value."""

from __future__ import annotations

import bpy

from . import palette, ranges
from .part import GroupPart
from .sockets.layer import SHAPES
from .tree import GroupBuilder, Value

Socket = bpy.types.NodeSocket
POINT = 0.3  # of the width of a cell, that of a point
POWER = 0.6  # of the size of evidence, its color and relief: else one cell would gray the rest


def shaded(group: GroupBuilder, points: Socket) -> Socket:
    """Points with the attribute `shade`, by the range in force; and that range, for the legend."""
    full = ranges.in_force(group, "Range")
    points = group.store(points, "shade", ranges.shade(group, group.attribute("value"), full))
    counts = group.when(shows_evidence(group), _with_evidence(group, points), points, "GEOMETRY")
    return ranges.tell(group, counts, "Range", full, "POINT")


def shows_evidence(group: GroupBuilder) -> Socket:
    """Whether cells show their evidence, a single value."""
    return group.math("GREATER_THAN", group["Evidence"], 0.0)


def _with_evidence(group, points):
    """Points with `evidence_shade`: sign x (size x gain / range) ^ POWER, at most 1."""
    given = group.number(group.attribute("evidence"))
    extent = group.math("MAXIMUM", group.attribute("evidence_range"), ranges.LEAST)
    size = group.math("MULTIPLY", group.math("ABSOLUTE", given), group["Evidence Gain"])
    size = group.math("POWER", group.math("DIVIDE", size, extent, clamp=True), POWER)
    size = group.math("MULTIPLY", size, group["Evidence"])
    return group.store(points, "evidence_shade", group.math("MULTIPLY", size, group.math("SIGN", given)))


class Cells:
    """The shape and size of a layer's cells."""

    def __init__(self, group: GroupBuilder):
        self.group = group
        self._shown = shows_evidence(group)
        area = group.math("MULTIPLY", group["Rows"], group["Columns"])
        self._bars = group.math("MULTIPLY", self._shown, group.math("LESS_THAN", area, 1.5))
        self._picked = group.when(self._bars, SHAPES.index("Tile"), group.picked("Shape"), "INT")
        self.even = group.same(self._picked, SHAPES.index("Sphere"))  # whether cells are scaled evenly
        self._stretched, self._small = (group.same(self._picked, SHAPES.index(name)) for name in ("Ellipsoid", "Point"))

    def colored(self) -> palette.Colored:
        """What the palette of the layer has for its cells."""
        return palette.Colored(self.group, self._picked, self.group.math("SUBTRACT", 1.0, self._shown))

    def shape(self) -> Socket:
        """The geometry of one cell, one metre wide, with its material."""
        group = GroupPart("Neuroscene Layer Cell", self.group)
        picked = group.take("Shape", self._picked)
        given = palette.shapes(group)
        shape = given["Tile"]
        for name in SHAPES:
            if name not in ("Tile", "Own"):
                shape = group.when(group.same(picked, SHAPES.index(name)), given[name], shape, "GEOMETRY")
        material = group.when(shows_evidence(group), group["Evidence Material"], group["Material"], "MATERIAL")
        return group.give(geometry=painted(group, shape, material))[0]

    def scale(self, kept: Value) -> Socket:
        """How large each cell is, a vector field; `kept` is the share that is left of it in a layer that is folded."""
        group = self.group
        shade = group.math("ADD", group.attribute("shade"), 0.0, clamp=True)
        counts = group.attribute("evidence_shade")
        shade = group.when(self._shown, group.math("ABSOLUTE", counts), shade)
        relief = group.when(self._shown, group["Evidence Relief"], group["Relief"])
        pitch = group.math("MULTIPLY", group["Pitch"], kept)
        depth, wide, high = group.separate(group["Cell Size"])
        width = group.math("MULTIPLY", pitch, group["Size"])
        less = group["Size by Value"]
        narrower = group.math(
            "MULTIPLY", width, group.math("MULTIPLY_ADD", less, shade, group.math("SUBTRACT", 1.0, less))
        )
        width = group.when(group.math("GREATER_THAN", less, 0.0), narrower, width)
        deep = group.math("MULTIPLY", pitch, depth)
        rise = group.math(
            "MULTIPLY_ADD",
            shade,
            group.math("MULTIPLY", relief, deep),
            group.math("MULTIPLY", group["Thickness"], deep),
        )
        turned = group.math(
            "MULTIPLY", rise, group.math("MULTIPLY_ADD", group.math("LESS_THAN", counts, 0.0), -2.0, 1.0)
        )
        rise = group.when(self._bars, turned, rise)
        tile = group.vector(rise, group.math("MULTIPLY", width, wide), group.math("MULTIPLY", width, high))
        scale = group.when(self.even, group.vector(width, width, width), tile, "VECTOR")
        share = group.math("SUBTRACT", 1.0, group.attribute("importance_order"))
        longer = group.math("MULTIPLY", width, group.math("MULTIPLY_ADD", group["Stretch"], share, 1.0))
        scale = group.when(self._stretched, group.vector(longer, width, width), scale, "VECTOR")
        small = group.math("MULTIPLY", pitch, group.math("MULTIPLY", group["Size"], POINT))
        return group.when(self._small, group.vector(small, small, small), scale, "VECTOR")


def painted(group: GroupBuilder, geometry: Socket, material: Socket) -> Socket:
    """Geometry with a material."""
    return group.call("GeometryNodeSetMaterial", {"Geometry": geometry, "Material": material})
