# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layer that closes: alone to a slab, or with its block into the block's box. Lines end on its cells: they follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import bpy

from .arrangement import Units
from .block import FOLDED, folding
from .cells import painted
from .part import GroupPart
from .tree import GroupBuilder, Value
from .vectors import mixed, only, plus, scaled

Socket = bpy.types.NodeSocket
QUARTER = 0.25  # of the extent of a layer of single cells is left when it is folded


@dataclass
class Fold:
    """How far a layer is folded by itself (`own`) and with its block (`block`, to `anchor`); single values, 0 to 1."""

    group: GroupBuilder
    middle: Socket  # of the layer
    own: Socket
    block: Socket
    anchor: Socket

    @classmethod
    def of(cls, group: GroupBuilder, middle: Socket) -> Fold:
        return cls(group, middle, group["Fold"], *folding(group, "Block"))

    @cached_property
    def folds(self) -> Socket:
        return self.group.math("GREATER_THAN", self.own, 0.0)

    @cached_property
    def open(self) -> Socket:
        """What is left of cells by the block's fold."""
        return self.group.math("SUBTRACT", 1.0, self.block)

    @cached_property
    def kept(self) -> Socket:
        """What is left of cells by both."""
        return self.group.math("MULTIPLY", self.open, self.group.math("SUBTRACT", 1.0, self.own))

    def closed(self, units: Units, place: Socket) -> Socket:
        """Where cells go: to their place in one map, or of single cells to a quarter of their distance."""
        group = self.group
        left = group.math("MULTIPLY_ADD", self.own, QUARTER - 1.0, 1.0)
        near = plus(group, scaled(group, place, left), scaled(group, self.middle, group.math("SUBTRACT", 1.0, left)))
        end = group.when(units.single, near, mixed(group, self.own, place, units.offset), "VECTOR")
        return self.boxed(group.when(self.folds, end, place, "VECTOR"))

    def boxed(self, place: Value) -> Socket:
        """Where places go with the block."""
        group = self.group
        inside = mixed(group, self.block, place, plus(group, self.anchor, scaled(group, place, FOLDED)))
        return group.when(group.math("GREATER_THAN", self.block, 0.0), inside, place, "VECTOR")

    def inside(self, part: GroupPart) -> Fold:
        """The same inside a part of the group."""
        return Fold(
            part,
            part.take("Middle", self.middle),
            part["Fold"],
            part.take("Block Fold", self.block),
            part.take("Anchor", self.anchor),
        )

    def slab(self, units: Units, points: Socket) -> Socket:
        """One box of the extent of the folded layer, with the mean `shade` of all points, or nothing."""
        part = GroupPart("Neuroscene Layer Slab", self.group)
        made = self.inside(part)._slab(units.inside(part), part.take("Points", points))
        return only(self.group, self.folds, part.give(geometry=made)[0])

    def _slab(self, units, points):
        group = self.group
        shade = group.call(
            "GeometryNodeAttributeStatistic",
            {"Geometry": points, "Attribute": group.attribute("shade")},
            "Mean",
            data_type="FLOAT",
            domain="POINT",
        )
        box = group.call("GeometryNodeBoundBox", {"Geometry": points}).node
        for socket in box.inputs:
            if socket.name == "Use Radius":
                socket.default_value = False
        low, high = box.outputs["Min"], box.outputs["Max"]
        # the points are still on their way: what is between them now is more than what will be
        left = group.math("MULTIPLY_ADD", self.own, QUARTER - 1.0, 1.0)
        size = scaled(
            group,
            group.call("ShaderNodeVectorMath", {0: high, 1: low}, operation="SUBTRACT"),
            group.math("DIVIDE", QUARTER, left),
        )
        few = plus(group, size, scaled(group, units.cell, group["Size"]))
        deep, *_ = group.separate(group["Cell Size"])
        thick = group.math("MULTIPLY", group["Slab"], group.math("MULTIPLY", group["Pitch"], deep))
        _, *sides = group.separate(group.when(units.single, few, units.size, "VECTOR"))
        size = group.vector(thick, *sides)
        place = group.when(units.single, mixed(group, 0.5, low, high), self.boxed(self.middle), "VECTOR")
        slab = group.call(
            "GeometryNodeInstanceOnPoints",
            {
                "Points": group.call("GeometryNodePoints", {"Count": 1, "Position": place}),
                "Instance": painted(group, group.call("GeometryNodeMeshCube", {}), group["Material"]),
                "Scale": scaled(group, size, group.math("MULTIPLY", self.own, self.open)),
            },
        )
        return group.store(slab, "shade", shade, "INSTANCE")
