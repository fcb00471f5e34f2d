# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the units of a layer stand, and the cells in them: six arrangements and all that lies between two of them.

What depends on the unit alone is worked out once a unit and looked up by its cells. Only what is in force is worked
out: a switch on a single value leaves the rest alone. Metres; a layer faces -X, columns go to -Y, rows down -Z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi

import bpy

from .part import GroupPart
from .sockets.layer import ARRANGEMENTS
from .tree import GroupBuilder, Value
from .vectors import minus, mixed, plus, scaled, switch, times

Socket = bpy.types.NodeSocket
# The golden angle as a ratio of Fibonacci numbers: whole numbers keep it exact where k * 2.4 radians would not be.
GOLDEN = 6765, 17711
# Distances of nearest neighbours, found by trying all counts to 2,000: of a Fibonacci lattice on the unit sphere, times
# the root of the count; of a spiral r = sqrt(k + 1/2).
ON_SPHERE, ON_SPIRAL = 2.68, 1.54
DEEP = 0.15  # of a map's larger side lies between two maps that stand one behind the other


@dataclass
class Units:
    """The units of a layer and the cells in them, as sockets of its group; `count` units take part in the arrangement.

    `rank` is the place of a unit among those, a field on one point a unit.
    """

    group: GroupBuilder
    count: Value
    rank: Socket

    @cached_property
    def middle(self) -> Socket:
        """Where the middle of the layer is."""
        return self.group.vector(self.group["Offset"], 0.0, 0.0)

    @cached_property
    def area(self) -> Socket:
        """Cells of a unit."""
        return self.group.math("MULTIPLY", self.group["Rows"], self.group["Columns"])

    @cached_property
    def single(self) -> Socket:
        """Whether a unit is one cell, so that what is true of a unit is true of its cell."""
        return self.group.math("LESS_THAN", self.area, 1.5)

    @cached_property
    def points(self) -> Socket:
        """A point a unit."""
        return self.group.call("GeometryNodePoints", {"Count": self.group["Units"]})

    @cached_property
    def indices(self) -> tuple[Socket, Socket, Socket]:
        """Unit, row and column of every cell from the index of its vertex; floats, exact to 4 million cells."""
        group, index = self.group, self.group.call("GeometryNodeInputIndex", {})
        unit = group.when(self.single, index, self._divided(index, self.area))
        rest = group.math("MULTIPLY_ADD", unit, group.math("MULTIPLY", self.area, -1.0), index)
        row = self._divided(rest, group["Columns"])
        return unit, row, group.math("MULTIPLY_ADD", row, group.math("MULTIPLY", group["Columns"], -1.0), rest)

    def _divided(self, number, by):
        """How many times a number goes into another; half of one away from where rounding could go wrong."""
        share = self.group.math("DIVIDE", 1.0, by)
        half = self.group.math("MULTIPLY", share, 0.5)
        return self.group.math("FLOOR", self.group.math("MULTIPLY_ADD", number, share, half))

    @cached_property
    def cell(self) -> Socket:
        """Distance of neighbouring cells, across and down as Y and Z of a vector, as in all that follows."""
        group = self.group
        return scaled(group, group["Cell Size"], group.math("MULTIPLY", group["Pitch"], group["Spread"]))

    @cached_property
    def _counts(self):
        return self.group.vector(1.0, self.group["Columns"], self.group["Rows"])

    @cached_property
    def size(self) -> Socket:
        """Width and height of a unit."""
        return times(self.group, self.cell, self._counts)

    @cached_property
    def step(self) -> Socket:
        """Distance of neighbouring units across and down."""
        group = self.group
        return scaled(group, plus(group, self.size, self._gap), group["Spacing"])

    @cached_property
    def _gap(self):
        return self.group.math("MULTIPLY", self.group["Unit Gap"], self.group["Pitch"])

    @cached_property
    def deep(self) -> Socket:
        """Distance of units one behind the other, a number."""
        group = self.group
        depth, *_ = group.separate(group["Cell Size"])
        rise = group.math("MAXIMUM", group.math("ADD", group["Thickness"], group["Relief"]), 1.0)
        depth = group.math("MULTIPLY", group.math("MULTIPLY", depth, rise), group["Pitch"])
        _, wide, high = group.separate(self.size)
        deep = group.math("MAXIMUM", depth, group.math("MULTIPLY", group.math("MAXIMUM", wide, high), DEEP))
        return group.math("MULTIPLY", deep, group["Spacing"])

    @cached_property
    def apart(self) -> Socket:
        """Distance at which two units do not touch, whatever their direction from one another, a number."""
        group = self.group
        flat = times(group, self.size, (0.0, 1.0, 1.0))
        diagonal = group.call("ShaderNodeVectorMath", {0: flat}, "Value", operation="LENGTH")
        return group.math("MULTIPLY", group.math("ADD", diagonal, self._gap), group["Spacing"])

    @cached_property
    def grid(self) -> tuple[Socket, Socket]:
        """Columns and rows of the grid of units."""
        group = self.group
        across = group.math("MAXIMUM", group.math("MINIMUM", group["Unit Columns"], self.count), 1.0)
        return across, group.math("CEIL", group.math("DIVIDE", self.count, across))

    @cached_property
    def place(self) -> Socket:
        """Where each unit stands, a field on one point a unit."""
        part = GroupPart("Neuroscene Layer Arrangement", self.group)
        return part.give(place=self.inside(part).arranged)[0]

    @cached_property
    def arranged(self) -> Socket:
        """The same, worked out here."""
        group = self.group
        last = len(ARRANGEMENTS) - 1
        number = group.math("MINIMUM", group.math("MAXIMUM", group["Arrangement"], 0.0), float(last))
        below = group.math("FLOOR", number)
        share = group.math("SUBTRACT", number, below)
        places = [getattr(self, f"_{name}")() for name in ARRANGEMENTS]
        first = switch(group, below, places)
        second = switch(group, group.math("MINIMUM", group.math("ADD", below, 1.0), float(last)), places)
        return group.when(group.math("GREATER_THAN", share, 0.0), mixed(group, share, first, second), first, "VECTOR")

    def inside(self, part: GroupPart, *known: str) -> Units:
        """The same units inside a part of the group; these of its properties are handed on, not worked out anew."""
        units = Units(part, part.take("Count", self.count), part.take("Rank", self.rank))
        for name in known:
            setattr(units, name, part.take(name.capitalize(), getattr(self, name)))
        return units

    @cached_property
    def offset(self) -> Socket:
        """Where each cell stands if its unit stands in the middle."""
        group, (_, row, column) = self.group, self.indices
        first = times(group, self.cell, scaled(group, plus(group, self._counts, (-1.0, -1.0, -1.0)), 0.5))
        return times(
            group, group.vector(0.0, column, row), scaled(group, self.cell, -1.0), plus(group, first, self.middle)
        )

    @cached_property
    def cells(self) -> Socket:
        """Where each cell stands."""
        group = self.group
        many = plus(group, self.of_cell(self.place, "FLOAT_VECTOR"), self.offset)
        return group.when(self.single, plus(group, self.place, self.middle), many, "VECTOR")

    def of_cell(self, value: Socket, kind: str) -> Socket:
        """A field on the units, looked up by their cells."""
        group, (unit, *_) = self.group, self.indices
        switched = {"FLOAT_VECTOR": "VECTOR", "BOOLEAN": "BOOLEAN", "FLOAT": "FLOAT", "INT": "INT"}[kind]
        return group.when(self.single, value, group.sample(self.points, value, unit, kind, "POINT"), switched)

    def _middle(self, count):
        return self.group.math("MULTIPLY", self.group.math("SUBTRACT", count, 1.0), 0.5)

    @cached_property
    def _from_middle(self):
        """The rank counted from the middle unit, which is 0; the first is positive."""
        return self.group.math("SUBTRACT", self._middle(self.count), self.rank)

    def _line(self):
        """A line along -X at Line Axis 0, down -Z at 1, to -Y at 2, turning between them."""
        group, (_, across, down) = self.group, self.group.separate(self.step)
        turn = group.math("MULTIPLY", group["Line Axis"], pi / 2)
        first = group.math("MINIMUM", turn, pi / 2)
        second = group.math("MAXIMUM", group.math("SUBTRACT", turn, pi / 2), 0.0)
        upright = group.math("SINE", first)
        direction = group.vector(
            group.math("MULTIPLY", group.math("MULTIPLY", group.math("COSINE", first), self.deep), -1.0),
            group.math("MULTIPLY", group.math("SINE", second), across),
            group.math("MULTIPLY", group.math("MULTIPLY", upright, group.math("COSINE", second)), down),
        )
        return scaled(group, direction, self._from_middle)

    def _circle(self):
        """A circle that faces -X, from its top on clockwise; a chord is as long as units are apart."""
        group = self.group
        several = group.math("MAXIMUM", self.count, 2.0)
        chord = group.math("MULTIPLY", group.math("SINE", group.math("DIVIDE", pi, several)), 2.0)
        radius = group.math("DIVIDE", self.apart, chord)
        angle = group.math("MULTIPLY", self.rank, group.math("DIVIDE", 2 * pi, several))
        return self._round(radius, angle)

    def _grid(self):
        group, (across, down) = self.group, self.grid
        row = group.math("FLOOR", group.math("DIVIDE", group.math("ADD", self.rank, 0.5), across))
        column = group.math("SUBTRACT", self.rank, group.math("MULTIPLY", row, across))
        middle = scaled(
            group, group.vector(0.0, group.math("SUBTRACT", across, 1.0), group.math("SUBTRACT", down, 1.0)), 0.5
        )
        return times(group, minus(group, middle, group.vector(0.0, column, row)), self.step)

    def _sphere(self):
        """A Fibonacci lattice (Swinbank and Purser 2006), its poles above and below."""
        group = self.group
        share = group.math("DIVIDE", group.math("ADD", self.rank, 0.5), self.count)
        up = group.math("MULTIPLY_ADD", share, -2.0, 1.0)
        flat = group.math("SQRT", group.math("MULTIPLY_ADD", group.math("MULTIPLY", up, up), -1.0, 1.0))
        angle = self._golden
        ball = group.vector(
            group.math("MULTIPLY", flat, group.math("COSINE", angle)),
            group.math("MULTIPLY", flat, group.math("SINE", angle)),
            up,
        )
        radius = group.math("DIVIDE", group.math("MULTIPLY", self.apart, group.math("SQRT", self.count)), ON_SPHERE)
        return scaled(group, ball, self._radius(radius))

    def _spiral(self):
        """A sunflower's spiral (Vogel 1979): r = c sqrt(k + 1/2), the golden angle from one unit to the next."""
        group = self.group
        root = group.math("SQRT", group.math("ADD", self.rank, 0.5))
        return self._round(group.math("DIVIDE", self.apart, ON_SPIRAL), self._golden, root)

    def _arc(self):
        """An upright arc of the length of the upright line; its middle stays, its ends bend back to -X."""
        group, (*_, down) = self.group, self.group.separate(self.step)
        whole = group.math("MAXIMUM", group.math("RADIANS", group["Arc Angle"]), 1e-6)
        long = group.math("MULTIPLY", group.math("MAXIMUM", group.math("SUBTRACT", self.count, 1.0), 0.0), down)
        radius = group.math("DIVIDE", long, whole)
        step = group.math("DIVIDE", whole, group.math("MAXIMUM", group.math("SUBTRACT", self.count, 1.0), 1.0))
        angle = group.math("MULTIPLY", self._from_middle, step)
        half = group.math("SINE", group.math("MULTIPLY", angle, 0.5))
        back = group.math("MULTIPLY", group.math("MULTIPLY", half, half), -2.0)  # cos(angle) - 1, also near 0
        return scaled(group, group.vector(back, 0.0, group.math("SINE", angle)), radius)

    @cached_property
    def _golden(self):
        """The golden angle times the rank, in radians from 0 to a full turn."""
        group, (part, whole) = self.group, GOLDEN
        times = group.call("FunctionNodeIntegerMath", {0: self.rank, 1: part}, operation="MULTIPLY")
        rest = group.call("FunctionNodeIntegerMath", {0: times, 1: whole}, operation="MODULO")
        return group.math("MULTIPLY", rest, 2 * pi / whole)

    def _radius(self, radius):
        """A radius times the factor in force; nothing for one unit, which stands in the middle."""
        group = self.group
        return group.math(
            "MULTIPLY", group.math("MULTIPLY", radius, group["Radius"]), group.math("GREATER_THAN", self.count, 1.5)
        )

    def _round(self, radius, angle, times=None):
        """Places round the middle, clockwise as seen from -X, from the top on; `times` is a factor of each."""
        group = self.group
        radius = self._radius(radius)
        if times is not None:
            radius = group.math("MULTIPLY", times, radius)
        return group.vector(
            0.0,
            group.math("MULTIPLY", group.math("SINE", angle), group.math("MULTIPLY", radius, -1.0)),
            group.math("MULTIPLY", group.math("COSINE", angle), radius),
        )
