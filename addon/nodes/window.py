# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Window": a map, the cells that a kernel reads of it for one cell, and the map of means that it
makes: what kernel, stride, padding and dilation do.

Points of the mesh are the numbers of the line below, by `step`, with their `size`. Sizes: the ONNX operator
specification of Conv, floor((size + 2 padding - dilation (kernel - 1) - 1) / stride + 1).
"""

from __future__ import annotations

import bpy

from .opened_parts import FORMULA, HOT, Board, accumulated, both
from .sockets.window import WINDOW
from .tree import GroupBuilder, reuse

SIZE, PADDING, DILATION, KERNEL, STRIDE, MADE = range(6)  # of `step`
APART = 1.5  # cells between the maps
Socket = bpy.types.NodeSocket


def window_group() -> bpy.types.NodeTree:
    """A map, a window over it, and what it makes; faces -Y."""
    return reuse(WINDOW.name, _build)


class _Window:
    """The values of a window: how many cells there are, and where it stands."""

    def __init__(self, group: GroupBuilder):
        self.group = group
        self.wide = group.math("MULTIPLY_ADD", group["Padding"], 2.0, group["Size"])
        reach = group.math("MULTIPLY", group["Dilation"], group.math("SUBTRACT", group["Kernel"], 1.0))
        room = group.math("SUBTRACT", group.math("SUBTRACT", self.wide, reach), 1.0)
        steps = group.math("FLOOR", group.math("DIVIDE", group.math("ADD", room, 1e-4), group["Stride"]))
        self.made = group.math("MAXIMUM", group.math("ADD", steps, 1.0), 0.0)
        self.count = group.math("MULTIPLY", self.made, self.made)
        step = group.math("CEIL", group.math("MULTIPLY_ADD", group["Slide"], self.count, -0.01))
        self.step = group.math("SUBTRACT", group.math("MAXIMUM", step, 1.0), 1.0)

    def cell(self, index, wide) -> tuple[Socket, Socket]:
        """Row and column of the cells of a map."""
        group = self.group
        wide = group.math("MAXIMUM", wide, 1.0)
        row = group.math("FLOOR", group.math("DIVIDE", group.math("ADD", index, 0.5), wide))
        return row, group.math("FLOORED_MODULO", index, wide)

    def inside(self, row, column) -> Socket:
        """Whether a cell is of the map, and not beside it."""
        group = self.group
        conditions = []
        for place in (row, column):
            place = group.math("SUBTRACT", place, group["Padding"])
            conditions.append(group.math("GREATER_THAN", place, -0.5))
            conditions.append(group.math("LESS_THAN", place, group.math("SUBTRACT", group["Size"], 0.5)))
        return both(group, *conditions)

    def value(self, row, column) -> Socket:
        """What a cell of the map holds: a wave that is 0 nowhere."""
        group = self.group
        row, column = (group.math("SUBTRACT", place, group["Padding"]) for place in (row, column))
        wave = group.math("SINE", group.math("MULTIPLY_ADD", row, 0.9, group.math("MULTIPLY", column, 0.5)))
        return group.math("MULTIPLY_ADD", wave, 0.4, 0.5)


def _build():
    group = GroupBuilder(WINDOW.name)
    group.declare(WINDOW)
    window, board = _Window(group), Board(group)
    _given(board, window)
    _made(board, window)
    step = group.attribute("step", "INT")
    numbers = {
        SIZE: group["Size"],
        PADDING: group["Padding"],
        DILATION: group["Dilation"],
        KERNEL: group["Kernel"],
        STRIDE: group["Stride"],
        MADE: window.made,
    }
    number = 0.0
    for which, value in numbers.items():
        number = group.when(group.same(step, which), value, number)
    ink = group.math("MULTIPLY", group.same(step, MADE), float(HOT))
    points = group.store(group["Geometry"], "part", float(FORMULA))
    board.number(points, 1.0, (0.0, 0.0, 0.0), number, 0.0, ink)
    return group.finish(board.finish())


def _points(group, count) -> Socket:
    """So many points, as a mesh."""
    line = {"Count": count, "Offset": (0.0, 0.0, 0.0)}
    return group.call("GeometryNodeMeshLine", line, mode="OFFSET", count_mode="TOTAL")


def _laid(group, points, row, column, wide, right) -> Socket:
    """The cells of a map in their places, its middle at the height 0; `right` is where its left edge is."""
    tile = group["Cell Width"]
    x = group.math("MULTIPLY_ADD", group.math("ADD", column, 0.5), tile, right)
    z = group.math(
        "MULTIPLY", group.math("SUBTRACT", group.math("MULTIPLY", wide, 0.5), group.math("ADD", row, 0.5)), tile
    )
    points = group.call("GeometryNodeSetPosition", {"Geometry": points, "Position": group.vector(x, 0.0, z)})
    return group.store(points, "tile", tile)


def _given(board: Board, window: _Window):
    """The map with its padding, and frames round the cells that are read."""
    group = board.group
    index = group.call("GeometryNodeInputIndex", {})
    row, column = window.cell(index, window.wide)
    points = _points(group, group.math("MULTIPLY", window.wide, window.wide))
    inside = window.inside(row, column)
    points = group.store(group.store(points, "inside", inside), "value", both(group, window.value(row, column), inside))
    at_row, at_column = window.cell(window.step, window.made)
    read = []
    for place, at in ((row, at_row), (column, at_column)):
        apart = group.math("SUBTRACT", place, group.math("MULTIPLY", at, group["Stride"]))
        tap = group.math("DIVIDE", apart, group["Dilation"])
        whole = group.math("COMPARE", tap, group.math("ROUND", tap), 1e-3)
        first = group.math("GREATER_THAN", tap, -0.5)
        read += [whole, first, group.math("LESS_THAN", tap, group.math("SUBTRACT", group["Kernel"], 0.5))]
    points = group.store(points, "read", both(group, group.math("GREATER_THAN", window.made, 0.5), *read))
    left = group.math(
        "MULTIPLY", group.math("ADD", window.wide, APART / 2), group.math("MULTIPLY", group["Cell Width"], -1.0)
    )
    points = _laid(group, points, row, column, window.wide, left)
    none = (0.0, 0.0, 0.0)
    inside, value = group.attribute("inside"), group.attribute("value")
    board.tiles(points, inside, none, value, 1.0, group["Cell Material"])
    board.tiles(points, group.math("SUBTRACT", 1.0, inside), none, 0.0, 1.0, group["Padding Material"])
    size = group.math("MULTIPLY", group["Cell Width"], 0.98)
    here = group.call("GeometryNodeInputPosition", {})
    flat = group.vector(size, group.math("MULTIPLY", size, 0.4), size)
    board.outlines(points, group.attribute("read"), here, flat, group["Frame"], group["Result Material"])


def _made(board: Board, window: _Window):
    """The map that is made: the mean of what is read for each cell."""
    group = board.group
    points = _points(group, window.count)
    taps = group.math("MULTIPLY", group["Kernel"], group["Kernel"])
    copies = group.node("GeometryNodeDuplicateElements", domain="POINT")
    of = group.call("GeometryNodeInputIndex", {})
    group.put(copies.inputs["Geometry"], group.store(points, "of", of))
    group.put(copies.inputs["Amount"], taps)
    row, column = window.cell(group.attribute("of"), window.made)
    down, across = window.cell(copies.outputs["Duplicate Index"], group["Kernel"])
    row, column = (
        group.math("MULTIPLY_ADD", tap, group["Dilation"], group.math("MULTIPLY", place, group["Stride"]))
        for place, tap in ((row, down), (column, across))
    )
    value = both(group, window.value(row, column), window.inside(row, column))
    cloud = group.store(copies.outputs["Geometry"], "value", value)
    _, total = accumulated(group, group.attribute("value"), group.attribute("of"))
    cloud = group.store(cloud, "mean", group.math("DIVIDE", total, taps))
    first = group.math("MULTIPLY", group.call("GeometryNodeInputIndex", {}), taps)
    mean = group.sample(cloud, group.attribute("mean"), first, "FLOAT", "POINT")
    index = group.call("GeometryNodeInputIndex", {})
    points = group.store(group.store(points, "made", index), "mean", mean)
    row, column = window.cell(group.attribute("made"), window.made)
    right = group.math("MULTIPLY", group["Cell Width"], APART / 2)
    points = _laid(group, points, row, column, window.made, right)
    done = group.math("LESS_THAN", group.attribute("made"), group.math("ADD", window.step, 0.5))
    shown = group.math("MAXIMUM", done, group.math("SUBTRACT", 1.0, group["Filled"]))
    board.tiles(points, shown, (0.0, 0.0, 0.0), group.attribute("mean"), 1.0, group["Cell Material"])
    size = group.math("MULTIPLY", group["Cell Width"], 0.98)
    here = group.call("GeometryNodeInputPosition", {})
    flat = group.vector(size, group.math("MULTIPLY", size, 0.4), size)
    own = group.math("COMPARE", group.attribute("made"), window.step, 0.1)
    board.outlines(points, own, here, flat, group["Frame"], group["Result Material"])
