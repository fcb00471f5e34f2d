# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reduced depth: the strongest units are drawn in full, each other as a small square under them, and their number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import bpy

from .arrangement import Units
from .cells import painted
from .fold import Fold
from .part import GroupPart
from .tree import GroupBuilder, Value
from .vectors import mixed, only, plus, scaled

Socket = bpy.types.NodeSocket
SIDE = 0.7  # of a square's room is the square
BROAD = 10.0  # times as broad as high is the strip of squares, about
LARGEST = 1 / 8  # of the layer's width is the room of a square, at most
TALL = 0.03  # of width and height that the layer would have with all units, about, is the number high, at least
LEAST = 0.2  # of the layer's height is the strip's width, at least


@dataclass
class Reduced:
    """`wanted`: whether some units are squares, one value; `shown`: which are not, a field on one point a unit."""

    group: GroupBuilder
    wanted: Socket
    shown: Socket
    units: Units

    @classmethod
    def of(cls, group: GroupBuilder) -> Reduced:
        number = group["Shown Units"]
        more = group.math("GREATER_THAN", group["Units"], number)
        wanted = group.call(
            "FunctionNodeBooleanMath", {0: group.math("GREATER_THAN", number, 0.0), 1: more}, operation="AND"
        )
        units = Units(group, group.when(wanted, number, group["Units"], "INT"), None)
        index = group.call("GeometryNodeInputIndex", {})
        ranked = group.call("GeometryNodeInputNamedAttribute", {"Name": "unit_rank"}, "Attribute", data_type="INT")
        known = group.call(
            "GeometryNodeSwitch",
            {  # without ranks the first are shown
                "Switch": ranked.node.outputs["Exists"],
                "False": units.indices[0],
                "True": ranked,
            },
            input_type="INT",
        )
        rank = group.sample(group["Geometry"], known, group.math("MULTIPLY", index, units.area), "INT", "POINT")
        shown = group.math("LESS_THAN", rank, number)
        before = group.call("GeometryNodeAccumulateField", {0: shown}, "Trailing", data_type="INT")
        units.rank = group.when(wanted, before, index, "INT")
        return cls(group, wanted, group.when(wanted, shown, True, "BOOLEAN"), units)

    def place(self, place: Socket) -> Socket:
        """Places of cells, those of squares under the others."""
        group = self.group
        square = plus(group, self.units.middle, self.units.of_cell(self._strip[0], "FLOAT_VECTOR"))
        moved = group.call(
            "GeometryNodeSwitch", {"Switch": self._on_cells, "False": square, "True": place}, input_type="VECTOR"
        )
        return group.when(self.wanted, moved, place, "VECTOR")

    def scale(self, scale: Socket, round_: Socket, kept: Value) -> Socket:
        """Sizes of cells: of a unit that is a square only the first cell is seen."""
        group, (_, row, column) = self.group, self.units.indices
        side = group.math("MULTIPLY", group.math("MULTIPLY", self._strip[1], SIDE), kept)
        thin = group.when(round_, side, group.math("MULTIPLY", side, 0.3))
        first = group.math("LESS_THAN", group.math("ADD", row, column), 0.5)
        square = scaled(group, group.vector(thin, side, side), first)
        shrunk = group.call(
            "GeometryNodeSwitch", {"Switch": self._on_cells, "False": square, "True": scale}, input_type="VECTOR"
        )
        return group.when(self.wanted, shrunk, scale, "VECTOR")

    def number(self, fold: Fold) -> Socket:
        """How many units are squares, as a text under them, or nothing."""
        outer = self.group
        part = group = GroupPart("Neuroscene Layer Number", outer)
        fold = fold.inside(part)
        others, below, size = (
            part.take(name, value)
            for name, value in (("Others", self._others), ("Below", self._strip[2]), ("Height", self._strip[3]))
        )
        count = group.call("FunctionNodeValueToString", {0: others}, data_type="INT")
        text = group.node("GeometryNodeStringJoin")
        for string in (count, "+ "):  # a multi-input socket lists the latest link first
            group.put(
                text.inputs["Strings"],
                string if string is count else group.call("FunctionNodeInputString", {}, string=string),
            )
        curves = group.call("GeometryNodeStringToCurves", {"String": text.outputs[0], "Size": size})
        mesh = group.call("GeometryNodeFillCurve", {0: group.call("GeometryNodeRealizeInstances", {0: curves})})
        box = group.call("GeometryNodeBoundBox", {0: mesh}).node
        middle = mixed(group, 0.5, box.outputs["Min"], box.outputs["Max"])
        mesh = group.call("GeometryNodeTransform", {0: mesh, "Translation": scaled(group, middle, -1.0)})
        mesh = painted(group, mesh, group["Number Material"])
        place = plus(group, fold.middle, plus(group, below, group.vector(0.0, 0.0, group.math("MULTIPLY", size, -0.6))))
        place = fold.boxed(mixed(group, fold.own, place, fold.middle))
        # a text reads along X and stands up along Y; here it faces -X
        turn = group.call(
            "FunctionNodeAxesToRotation",
            {0: (-1.0, 0.0, 0.0), 1: (0.0, -1.0, 0.0)},
            primary_axis="Z",
            secondary_axis="X",
        )
        kept = fold.kept
        made = group.call(
            "GeometryNodeInstanceOnPoints",
            {
                "Points": group.call("GeometryNodePoints", {"Count": 1, "Position": place}),
                "Instance": mesh,
                "Rotation": turn,
                "Scale": group.vector(kept, kept, kept),
            },
        )
        return only(outer, self.wanted, part.give(geometry=made)[0])

    @cached_property
    def _on_cells(self):
        return self.units.of_cell(self.shown, "BOOLEAN")

    @cached_property
    def _others(self):
        return self.group.math("SUBTRACT", self.group["Units"], self.group["Shown Units"])

    @cached_property
    def _strip(self):
        """Places of squares (a field on one point a unit), the room of one, the middle below all, the text's height."""
        part = group = GroupPart("Neuroscene Layer Squares", self.group)
        units = self.units.inside(part, "points", "place")
        shown = part.take("Shown", self.shown)
        _, wide, high = group.separate(units.size)
        stand = group.call(
            "GeometryNodeAttributeStatistic",
            {"Geometry": units.points, "Selection": shown, ("Attribute", "VECTOR"): units.place},
            data_type="FLOAT_VECTOR",
            domain="POINT",
        ).node
        low, most = (
            group.separate(next(output for output in stand.outputs if output.name == name and output.type == "VECTOR"))
            for name in ("Min", "Max")
        )
        larger = group.math("ADD", group["Explode"], 1.0)
        width, height = (
            group.math("MULTIPLY", larger, group.math("ADD", size, group.math("SUBTRACT", most[way], low[way])))
            for way, size in ((1, wide), (2, high))
        )
        middle = group.math("MULTIPLY", group.math("ADD", low[1], most[1]), group.math("MULTIPLY", larger, 0.5))
        bottom = group.math("MULTIPLY", larger, group.math("SUBTRACT", low[2], group.math("MULTIPLY", high, 0.5)))
        width = group.math("MAXIMUM", width, group.math("MULTIPLY", height, LEAST))
        many = part.take("Others", self._others)
        columns = group.math("CEIL", group.math("SQRT", group.math("MULTIPLY", many, BROAD)))
        columns = group.math("MINIMUM", group.math("MAXIMUM", columns, 1 / LARGEST), many)
        step = group.math("MULTIPLY", width, group.math("MINIMUM", group.math("DIVIDE", 1.0, columns), LARGEST))
        index = group.call("GeometryNodeInputIndex", {})
        number = group.math("SUBTRACT", index, units.rank)  # among the squares
        row = group.math("FLOOR", group.math("DIVIDE", group.math("ADD", number, 0.5), columns))
        column = group.math("SUBTRACT", number, group.math("MULTIPLY", row, columns))
        half = group.math("MULTIPLY", step, 0.5)
        left = group.math("MULTIPLY_ADD", group.math("SUBTRACT", columns, 1.0), half, middle)
        # the first row is a whole room below the layer
        place = group.vector(
            0.0,
            group.math("SUBTRACT", left, group.math("MULTIPLY", column, step)),
            group.math("SUBTRACT", bottom, group.math("MULTIPLY", group.math("ADD", row, 1.5), step)),
        )
        rows = group.math("CEIL", group.math("DIVIDE", many, columns))
        below = group.math("SUBTRACT", bottom, group.math("MULTIPLY", group.math("ADD", rows, 1.5), step))
        fuller = group.math("SQRT", group.math("DIVIDE", group["Units"], units.count))
        tall = group.math("MULTIPLY", group.math("ADD", width, height), group.math("MULTIPLY", fuller, TALL))
        size = group.math("MAXIMUM", group.math("MULTIPLY", step, 1.4), tall)
        return tuple(part.give(place=place, room=step, below=group.vector(0.0, middle, below), height=size))
