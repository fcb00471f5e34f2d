# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the lines of a bundle are opened: units, the taps of a kernel at one position, the taps at all positions.

The lines of every expansion, 1 to 3, are stored once, on the object in the socket Taps (attributes as in
`network.expand.Expanded`, units as places among the drawn). Which cells a tap joins at a position is worked out here
from the window's sockets.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..network.expand import ALONE, OPENS, STAYS, TAP
from .part import GroupPart
from .sockets.connections import AXES, EXPANSION, HANDED_ON, WINDOW
from .tree import GroupBuilder, Value, reuse

NAME = EXPANSION.name


@dataclass
class Opened:
    """The lines that a bundle shows. All sockets but `lines` are single values, no fields."""

    lines: bpy.types.NodeSocket  # curves with `source` and `target`
    expanded: bpy.types.NodeSocket  # whether they are those of an expansion
    expansion: bpy.types.NodeSocket  # 0 to 3
    share: bpy.types.NodeSocket  # how far they are from `source_from` and `target_from` to `source` and `target`


def opened(group: GroupBuilder, network: list[bpy.types.NodeSocket]) -> Opened:
    """The lines in force: the bundle's own or those of an expansion. `network` is its expand and expansion."""
    forced = group.math("GREATER_THAN", network[0], 0.5)
    expansion = group.when(forced, network[1], group["Expansion"])
    stored = group.call("GeometryNodeObjectInfo", {"Object": group["Taps"]}, "Geometry")
    there = group.math("GREATER_THAN", _count(group, stored), 0.5)
    wanted = group.math("MULTIPLY", group.math("MAXIMUM", forced, group.picked("Detail")), there)
    node = group.node("GeometryNodeGroup")
    node.node_tree = reuse(NAME, _build)
    for name, value in (("Geometry", stored), ("Expansion", expansion), ("Mean", group.picked("Mean"))):
        group.put(node.inputs[name], value)
    for name in HANDED_ON:
        group.put(node.inputs[name], group[name])
    lines = group.when(wanted, node.outputs[0], group["Geometry"], "GEOMETRY")
    begins = group.when(group.math("GREATER_THAN", expansion, 2.0), 2.0, 1.0)
    return Opened(lines, wanted, expansion, group.math("SUBTRACT", expansion, begins, clamp=True))


def fading(group: GroupBuilder, lines: Opened) -> bpy.types.NodeSocket:
    """How much is left of each line while others open: kernels whose taps are not stored fade, (field)."""
    alone = _is(group, group.attribute("detail", "INT"), ALONE)
    left = group.math("SUBTRACT", 1.0, group.math("MULTIPLY", alone, lines.share))
    middle = group.math(
        "MULTIPLY", group.math("GREATER_THAN", lines.expansion, 1.0), group.math("LESS_THAN", lines.expansion, 2.0)
    )
    return group.when(group.math("MULTIPLY", lines.expanded, middle), left, 1.0)


def _count(group, geometry):
    return group.call("GeometryNodeAttributeDomainSize", {"Geometry": geometry}, "Spline Count", component="CURVE")


def _is(group, value: Value, number: int):
    return group.call(
        "FunctionNodeCompare", {("A", "INT"): value, ("B", "INT"): number}, data_type="INT", operation="EQUAL"
    )


def _build():
    """The lines of one expansion, of what is stored. A group in the group: Blender prepares all nodes of a group that
    it works out, and most bundles need none of these."""
    group = GroupBuilder(NAME)
    group.tree.is_modifier = False
    group.declare(EXPANSION)
    return group.finish(_Lines(group).lines())


class _Window:
    """Builds the nodes that tell which cells a tap joins, from the sockets of the panel Window."""

    def __init__(self, group: GroupBuilder):
        self.group = group
        self.pairs = {socket.name: group.separate(group[socket.name])[:2] for socket in WINDOW}
        self.drawn = {
            end: [
                group.math("CEIL", group.math("DIVIDE", *pair))
                for pair in zip(self.pairs[f"{end} Map"], self.pairs[f"{end} Step"], strict=True)
            ]
            for end in ("Source", "Target")
        }
        self.units = {"Source": group.attribute("source_unit", "INT"), "Target": group.attribute("target_unit", "INT")}

    def cells(self, position):
        """The vertices that a tap joins at a position (rows, columns), and whether both are there (fields)."""
        group = self.group
        near = []
        valid = None
        for axis, tap in enumerate(("tap_row", "tap_column")):
            stride, padding, dilation, size, step = (
                self.pairs[name][axis] for name in ("Stride", "Padding", "Dilation", "Source Map", "Source Step")
            )
            reach = group.math("MULTIPLY", group.attribute(tap, "INT"), dilation)
            forward = group.math(
                "ADD", group.math("SUBTRACT", group.math("MULTIPLY", position[axis], stride), padding), reach
            )
            back = group.math(
                "DIVIDE", group.math("SUBTRACT", group.math("ADD", position[axis], padding), reach), stride
            )
            at = group.when(group["Transposed"], back, forward)
            drawn = group.math("DIVIDE", at, step)  # a whole number, where the cell is drawn
            last = group.math("DIVIDE", group.math("SUBTRACT", size, 1.0), step)
            inside = group.math("COMPARE", drawn, group.math("MINIMUM", group.math("MAXIMUM", drawn, 0.0), last), 1e-3)
            inside = group.math("MULTIPLY", inside, group.math("COMPARE", at, group.math("ROUND", at), 1e-3))
            inside = group.math("MULTIPLY", inside, group.math("COMPARE", drawn, group.math("ROUND", drawn), 1e-3))
            valid = inside if valid is None else group.math("MULTIPLY", valid, inside)
            most = group.math("SUBTRACT", self.drawn["Source"][axis], 1.0)
            near.append(group.math("MINIMUM", group.math("MAXIMUM", group.math("ROUND", drawn), 0.0), most))
        far = [
            group.math("ROUND", group.math("DIVIDE", *pair))
            for pair in zip(position, self.pairs["Target Step"], strict=True)
        ]
        return [self.vertex("Source", near), self.vertex("Target", far)], valid

    def size_of_mean(self, position, mean):
        """How many taps of a mean lie on the map, or on it and its padding, at a position (field)."""
        group = self.group
        count = None
        for axis in (0, 1):
            kernel, stride, padding, end, dilation, size = (
                self.pairs[name][axis]
                for name in ("Kernel", "Stride", "Padding", "Padding End", "Dilation", "Source Map")
            )
            begin = group.math("SUBTRACT", group.math("MULTIPLY", position[axis], stride), padding)
            whole = group.math("GREATER_THAN", mean, 1.5)
            low = group.when(whole, group.math("MULTIPLY", padding, -1.0), 0.0)
            high = group.when(whole, group.math("ADD", size, end), size)
            ends = [
                self._between(
                    group.math("CEIL", group.math("DIVIDE", group.math("SUBTRACT", edge, begin), dilation)), kernel
                )
                for edge in (low, high)
            ]
            inside = group.math("SUBTRACT", ends[1], ends[0])
            count = inside if count is None else group.math("MULTIPLY", count, inside)
        return count

    def _between(self, value, most):
        return self.group.math("MINIMUM", self.group.math("MAXIMUM", value, 0.0), most)

    def vertex(self, end, place):
        """The vertex of a cell in a unit's map, as the layer counts them: unit, row, column."""
        group = self.group
        rows, columns = self.drawn[end]
        row = group.math("MULTIPLY_ADD", self.units[end], rows, place[0])
        return group.math("ROUND", group.math("MULTIPLY_ADD", row, columns, place[1]))


class _Lines:
    """Builds the nodes of the lines of one expansion, which is a single value."""

    def __init__(self, group: GroupBuilder):
        expansion = group["Expansion"]
        self.group = group
        self.expansion = expansion
        self.window = _Window(group)
        self.taps = group.math("GREATER_THAN", expansion, 1.0)  # are shown
        self.all = group.math("GREATER_THAN", expansion, 2.0)  # positions are shown
        self.pairs, self.drawn = self.window.pairs, self.window.drawn
        self.chosen = [self._nearest(group[f"Position {name}"], axis) for axis, name in enumerate(("Row", "Column"))]
        self.cells_part = None

    def lines(self):
        group = self.group
        detail = group.attribute("detail", "INT")
        opening = group.when(
            group.math("LESS_THAN", self.expansion, 2.0),
            self._not(detail, OPENS),
            group.call(
                "FunctionNodeCompare",
                {("A", "INT"): detail, ("B", "INT"): TAP},
                data_type="INT",
                operation="GREATER_EQUAL",
            ),
            "BOOLEAN",
        )
        lines = self._some(group["Geometry"], group.when(self.taps, opening, self._not(detail, TAP), "BOOLEAN"))
        lines = group.when(self.all, self._spread(lines), lines, "GEOMETRY")
        taps = self._joined(self._read(lines))
        return group.when(self.taps, taps, self._stored(lines, self._middle(), self._middle()), "GEOMETRY")

    def _spread(self, lines):
        """Every tap once for each position, or for as many as there may be lines; attribute `place`."""
        group = self.group
        positions = group.math("MULTIPLY", *self.drawn["Target"])
        most = group.math("DIVIDE", group["Most Lines"], group.math("MAXIMUM", _count(group, lines), 1.0))
        many = group.math("MAXIMUM", 1.0, group.math("MINIMUM", group.math("FLOOR", most), positions))
        node = group.node("GeometryNodeDuplicateElements", domain="SPLINE")
        group.put(node.inputs["Geometry"], lines)
        group.put(node.inputs["Amount"], group.when(_is(group, group.attribute("detail", "INT"), TAP), many, 1, "INT"))
        turn = group.math(
            "MULTIPLY", group.math("ADD", node.outputs["Duplicate Index"], 0.5), group.math("DIVIDE", positions, many)
        )
        return self._store(node.outputs["Geometry"], "place", group.math("FLOOR", turn))

    def _read(self, lines):
        """Lines, the position of each, and the cells that it joins there; without those that fall into the padding
        or on a cell that is not drawn."""
        group = self.group
        column = self.drawn["Target"][1]
        place = group.math("ADD", group.attribute("place", "INT"), 0.5)
        at = [
            group.math("FLOOR", group.math("DIVIDE", place, column)),
            group.math("FLOOR", group.math("FLOORED_MODULO", place, column)),
        ]
        own = [group.math("MULTIPLY", *pair) for pair in zip(at, self.pairs["Target Step"], strict=True)]
        position = [group.when(self.all, *pair) for pair in zip(own, self.chosen, strict=True)]
        cells, valid = self._cells(position)
        stays = self._not(group.attribute("detail", "INT"), TAP)
        either = group.call("FunctionNodeBooleanMath", {0: valid, 1: stays}, operation="OR")
        return self._some(lines, either), position, cells

    def _joined(self, read):
        """Taps with the cells that they join, and those from which they open."""
        group, (lines, position, cells) = self.group, read
        tap = _is(group, group.attribute("detail", "INT"), TAP)
        middle = self._middle()
        ends = [group.when(tap, *pair, "INT") for pair in zip(cells, middle, strict=True)]
        before, _ = self._cells(self.chosen)
        from_ = [
            group.when(self.all, group.when(tap, *pair, "INT"), pair[1], "INT")
            for pair in zip(before, middle, strict=True)
        ]
        mean = group["Mean"]
        share = group.math("DIVIDE", 1.0, group.math("MAXIMUM", 1.0, self._size_of_mean(position, mean)))
        shared = group.store(lines, "weight", group.when(tap, share, group.attribute("weight")), "CURVE")
        lines = group.when(group.math("GREATER_THAN", mean, 0.5), shared, lines, "GEOMETRY")
        return self._stored(lines, ends, from_)

    def _stored(self, lines, ends, from_):
        for name, value in zip(("source", "target", "source_from", "target_from"), (*ends, *from_), strict=True):
            lines = self._store(lines, name, value)
        return lines

    def _cells(self, position):
        """As `_Window.cells`, in a part of its own."""
        if self.cells_part is None:
            self.cells_part = part = GroupPart(f"{NAME} Cells", self.group)
            (near, far), valid = _Window(part).cells([part.take(*pair) for pair in zip(AXES, position, strict=True)])
            cells = part.give(near=near, far=far, valid=valid)
        else:
            cells = self.cells_part.again(**dict(zip(AXES, position, strict=True)))
        return cells[:2], cells[2]

    def _size_of_mean(self, position, mean):
        """As `_Window.size_of_mean`, in a part of its own."""
        part = GroupPart(f"{NAME} Mean", self.group)
        at = [part.take(*pair) for pair in zip(AXES, position, strict=True)]
        return part.give(size=_Window(part).size_of_mean(at, part.take("Kind", mean)))[0]

    def _middle(self):
        """The vertices in the middle of the maps of both units (fields)."""
        return [
            self.window.vertex(
                end, [self.group.math("FLOOR", self.group.math("MULTIPLY", size, 0.5)) for size in self.drawn[end]]
            )
            for end in ("Source", "Target")
        ]

    def _nearest(self, position, axis):
        """The drawn row or column that is nearest below a position."""
        group = self.group
        step = self.pairs["Target Step"][axis]
        inside = group.math("MINIMUM", position, group.math("SUBTRACT", self.pairs["Target Map"][axis], 1.0))
        return group.math("MULTIPLY", group.math("FLOOR", group.math("DIVIDE", inside, step)), step)

    def _not(self, value, number):
        return self.group.call(
            "FunctionNodeCompare", {("A", "INT"): value, ("B", "INT"): number}, data_type="INT", operation="NOT_EQUAL"
        )

    def _some(self, lines, which):
        return self.group.call("GeometryNodeSeparateGeometry", {"Geometry": lines, "Selection": which}, domain="CURVE")

    def _store(self, lines, name, value):
        return self.group.call(
            "GeometryNodeStoreNamedAttribute",
            {"Geometry": lines, "Name": name, "Value": value},
            data_type="INT",
            domain="CURVE",
        )


assert (ALONE, OPENS, TAP, STAYS) == (0, 1, 2, 3)  # the order that comparisons above rely on
