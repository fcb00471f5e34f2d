# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Opened Normalization": numbers that are brought to one scale, their mean and spread, and what
becomes of one of them.

Points of the mesh have `part`: a TERM for each number, whose `slot` is its place among them; steps, by `step`; the
numbers of the title; and lines, whose `step` says which. The mesh of *Table* has, by the number of a cell, `at`, its
place in the tensor, and by that `number`, `scale` and `bias`.
"""

from __future__ import annotations

import bpy

from .opened import STEP, TERM, TITLE
from .opened_parts import HOT, LEAST, PLAIN, Board, Here, Table, both, some, statistic
from .sockets.opened import NORMAL
from .tree import GroupBuilder, reuse

X, MEAN, SPREAD, NORMALIZED, SCALED, RESULT, SCALE, BIAS = range(8)  # of `step`
LINE = 8  # of `part`: the mean, and one spread above and below it
Socket = bpy.types.NodeSocket


def normal_group() -> bpy.types.NodeTree:
    """One number that is brought to one scale with others; faces -Y."""
    return reuse(NORMAL.name, _build)


def _build():
    group = GroupBuilder(NORMAL.name)
    group.declare(NORMAL)
    here, board = Here(group), Board(group)
    of_table = Table(group)
    part, slot, step = (group.attribute(name, "INT") for name in ("part", "slot", "step"))
    is_term, is_step, is_title, is_line = (group.same(part, kind) for kind in (TERM, STEP, TITLE, LINE))
    at = of_table("at", here.number, "INT")
    count = group["Count"]
    begin = group.math("MULTIPLY", group.math("FLOOR", group.math("DIVIDE", group.math("ADD", at, 0.5), count)), count)
    value = of_table("number", group.math("ADD", begin, slot))
    points = group.store(group["Geometry"], "value", both(group, value, is_term))
    value = group.attribute("value")
    mean = group.math("DIVIDE", statistic(group, points, value, "Sum", is_term), count)
    mean = both(group, mean, group["Centered"])
    apart = group.math("SUBTRACT", value, mean)
    points = group.store(points, "apart", both(group, apart, is_term))
    square = group.math("MULTIPLY", group.attribute("apart"), group.attribute("apart"))
    variance = group.math("DIVIDE", statistic(group, points, square, "Sum", is_term), count)
    spread = group.math("SQRT", group.math("ADD", variance, group["Epsilon"]))
    own = of_table("number", at)
    normalized = group.math("DIVIDE", group.math("SUBTRACT", own, mean), spread)
    scale, bias = of_table("scale", at), of_table("bias", at)
    result = group.math("MULTIPLY_ADD", normalized, scale, bias)
    _bars(board, points, is_term, slot, group.math("SUBTRACT", at, begin), value)
    _lines(board, points, is_line, step, mean, spread, value, is_term)
    scaled = group.math("MULTIPLY", normalized, scale)
    said = (
        (X, own),
        (MEAN, mean),
        (SPREAD, spread),
        (NORMALIZED, normalized),
        (SCALED, scaled),
        (SCALE, scale),
        (BIAS, bias),
    )
    number = result
    for which, shown in said:
        number = group.when(group.same(step, which), shown, number)
    ink = group.math("MULTIPLY", group.same(step, RESULT), float(HOT))
    board.number(points, is_step, group.vector(group["Sums"], 0.0, 0.0), number, 0.0, ink)
    board.formula(points, 1.0, dict(said) | {RESULT: result})
    place = group.when(group.same(step, 0), here.unit, group.when(group.same(step, 1), here.row, here.column))
    board.number(points, is_title, (0.0, 0.0, 0.0), group.math("ADD", place, 1.0), 0.0, float(HOT))
    return group.finish(board.finish())


def _high(group, points, value, is_term):
    """Metres for a number: the largest of all is as high as *Height*."""
    largest = statistic(group, points, group.math("ABSOLUTE", value), "Max", is_term)
    return group.math("DIVIDE", group["Height"], group.math("MAXIMUM", largest, LEAST))


def _bars(board: Board, points, is_term, slot, own, value):
    """A bar for each number, in their order, and a frame round that of the cell."""
    group = board.group
    metre = _high(group, points, value, is_term)
    wide = group.math("DIVIDE", group["Width"], group["Count"])
    x = group.math("MULTIPLY", group.math("ADD", slot, 0.5), wide)
    high = group.math("MULTIPLY", value, metre)
    z = group.math("MULTIPLY", high, 0.5)
    full = group.math("ABSOLUTE", group.math("DIVIDE", high, group["Height"]))
    shade = group.math("MULTIPLY", full, group.math("SIGN", high))
    tall = group.math("MAXIMUM", group.math("ABSOLUTE", high), group.math("MULTIPLY", group["Frame"], 0.5))
    stored = points
    for name, number in (("shade", shade), ("tall", tall), ("x", x), ("z", z)):
        stored = group.store(stored, name, number)
    cloud = some(group, stored, is_term, group.vector(group.attribute("x"), 0.0, group.attribute("z")))
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": group["Term Material"]})
    thick = group.math("MULTIPLY", wide, 0.8)
    deep = group.math("MINIMUM", thick, group.math("MULTIPLY", group["Frame"], 4.0))
    size = group.vector(thick, deep, group.attribute("tall"))
    board.add(group.call("GeometryNodeInstanceOnPoints", {"Points": cloud, "Instance": cube, "Scale": size}))
    mine = both(group, is_term, group.math("COMPARE", slot, own, 0.1))
    extent = group.vector(
        group.math("MULTIPLY_ADD", group["Frame"], 5.0, wide),
        0.0,
        group.math("MULTIPLY_ADD", group["Frame"], 8.0, group.attribute("tall")),
    )
    middle = group.vector(group.attribute("x"), group.math("MULTIPLY", deep, -1.0), group.attribute("z"))
    board.outlines(stored, mine, middle, extent, group["Frame"], group["Result Material"])


def _lines(board: Board, points, is_line, step, mean, spread, value, is_term):
    """Lines at the mean, and one spread above and below it, with their numbers."""
    group = board.group
    metre = _high(group, points, value, is_term)
    way = group.math("SUBTRACT", step, 1.0)  # -1, 0 and 1
    number = group.math("MULTIPLY_ADD", spread, way, mean)
    z = group.math("MULTIPLY", number, metre)
    stored = group.store(points, "z", z)
    cloud = some(
        group, stored, is_line, group.vector(group.math("MULTIPLY", group["Width"], 0.5), 0.0, group.attribute("z"))
    )
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": group["Number Material"]})
    thin = group.math("MULTIPLY", group["Frame"], 0.7)
    size = group.vector(group["Width"], thin, thin)
    board.add(group.call("GeometryNodeInstanceOnPoints", {"Points": cloud, "Instance": cube, "Scale": size}))
    right = group.vector(group.math("ADD", group["Width"], group.attribute("wide")), 0.0, group.attribute("z"))
    board.number(stored, is_line, right, number, 0.0, float(PLAIN))
