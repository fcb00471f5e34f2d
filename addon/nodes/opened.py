# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Opened": one number of a network, and what it is made of, as cells, weights, products, their
sums row by row, and what happens to the sum. All numbers are worked out here from the cells of the layers.

Points of the mesh have `part`: a term, a row of terms, or a step of the result; terms and rows have their `row`, and
rows stand behind all terms, in order. A term has a `value` and the number of its `cell` among the drawn ones, -1 where
it is not drawn, a `weight`, the width of its `tile` (0: none), the `size` of its numbers (0: none) and `decimals`.
"""

from __future__ import annotations

import bpy

from .part import within
from .sockets.opened import HOWS, OPENED
from .tree import GroupBuilder, reuse

TERM, ROW, STEP = range(3)  # values of `part`
SUM, NORMALIZED, RESULT = range(3)  # of `step`
GLYPHS = "0123456789.-+"
POINT, MINUS, PLUS, NONE = 10.0, 11.0, 12.0, 13.0  # places in it, and behind it
WHOLE, DECIMALS = 7, 6  # digits before and behind the point
DIGIT, POINT_WIDE = 0.58, 0.26  # steps of letters, in their size
BASE = 0.36  # of its size a letter stands below the middle of its number
FLAT = 0.3  # of its width, the depth of a tile
AHEAD = 0.02  # metres stand numbers before tiles
LEAST = 1e-12
BRIGHT = 0.38  # of the range: on brighter cells numbers are dark
DIM = 1.7  # times the largest weight has the full color, so that numbers on tiles can be read
Socket = bpy.types.NodeSocket


def opened_group() -> bpy.types.NodeTree:
    """One number and what it is made of; faces -Y."""
    return reuse(OPENED.name, _build)


def _build():
    group = GroupBuilder(OPENED.name)
    group.declare(OPENED)
    how = group.picked("How")
    largest, mean, soft = (group.same(how, HOWS.index(name)) for name in HOWS[1:])
    one = group.math("MAXIMUM", largest, mean)
    part = group.attribute("part", "INT")
    is_term, is_row, is_step = (group.same(part, kind) for kind in (TERM, ROW, STEP))
    source = group.call("GeometryNodeObjectInfo", {"Object": group["Source"]}, "Geometry")
    cell = group.attribute("cell", "INT")
    drawn = group.math("GREATER_THAN", cell, -0.5)
    read = group.sample(source, group.attribute("value"), group.math("MAXIMUM", cell, 0.0))
    value = group.when(drawn, read, group.attribute("value"))
    points = group.store(group["Geometry"], "value", group.math("MULTIPLY", value, is_term))
    value = group.attribute("value")
    weight = group.attribute("weight")
    highest = _statistic(group, points, group.when(is_term, value, -3e38), "Max")
    raised = group.math("EXPONENT", group.math("SUBTRACT", value, highest))
    raised = group.math("MULTIPLY", raised, is_term)
    points = group.store(points, "second", group.when(soft, raised, weight))
    second = group.attribute("second")
    whole = _statistic(group, points, group.math("MULTIPLY", second, is_term), "Sum")
    share = group.math("DIVIDE", second, group.math("MAXIMUM", whole, LEAST))
    product = group.math("MULTIPLY", value, weight)
    product = group.when(soft, share, product)
    points = group.store(points, "product", group.math("MULTIPLY", product, is_term))
    product = group.attribute("product")
    total = _statistic(group, points, product, "Sum")
    count = _statistic(group, points, is_term, "Sum")
    total = group.when(mean, group.math("DIVIDE", total, group.math("MAXIMUM", count, 1.0)), total)
    total = group.when(largest, highest, total)
    target = group.call("GeometryNodeObjectInfo", {"Object": group["Target"]}, "Geometry")
    there = group.math("GREATER_THAN", group["Cell"], -0.5)
    own = group.sample(target, group.attribute("value"), group.math("MAXIMUM", group["Cell"], 0.0))
    result = group.when(there, own, group["Result"])
    of_row = group.node("GeometryNodeAccumulateField", data_type="FLOAT", domain="POINT")
    group.put(of_row.inputs[0], product)
    group.put(of_row.inputs["Group ID"], group.attribute("row", "INT"))
    points = group.store(points, "sum", group.when(one, total, of_row.outputs["Total"]))
    running = group.node("GeometryNodeAccumulateField", data_type="FLOAT", domain="POINT")
    group.put(running.inputs[0], group.math("MULTIPLY", group.attribute("sum"), is_row))
    begins = group.when(group.math("MAXIMUM", soft, one), 0.0, running.outputs["Trailing"])
    points = group.store(points, "begin", begins)
    row = group.attribute("row", "INT")
    rows = _statistic(group, points, row, "Max")
    fill = group.math("MULTIPLY", group["Fill"], group.math("ADD", rows, 1.0))
    seen = group.math("LESS_THAN", group.math("ADD", row, 0.5), group.math("ADD", fill, 1e-4))
    all_seen = group.math("GREATER_THAN", group["Fill"], 0.999)
    tiles = group.math("MULTIPLY", group.math("GREATER_THAN", group.attribute("tile"), 0.0), is_term)
    tiles = group.math("MULTIPLY", tiles, seen)
    both = group.node("GeometryNodeJoinGeometry")
    join = both.inputs[0]
    sized = group.math("MULTIPLY", group.math("GREATER_THAN", group.attribute("size"), 0.0), is_term)
    sized = group.math("MULTIPLY", sized, seen)
    three = group.math("SUBTRACT", 1.0, one)
    for place, (name, material) in enumerate(
        (("value", "Cell Material"), ("second", "Term Material"), ("product", "Term Material"))
    ):
        shift = group.vector(group.math("MULTIPLY", group["Block"], float(place)), 0.0, 0.0)
        number = group.attribute(name)
        shown, written = (some if place == 0 else group.math("MULTIPLY", some, three) for some in (tiles, sized))
        full = group["Range"]
        if place:
            full = group.math("MULTIPLY", _statistic(group, points, group.math("ABSOLUTE", number), "Max"), DIM)
        part = "Neuroscene Opened Tiles"
        group.put(join, within(group, part, _tiles, points, shown, shift, number, full, group[material]))
        tiled = group.math("GREATER_THAN", group.attribute("tile"), 0.0)
        bright = group.math("GREATER_THAN", number, group.math("MULTIPLY", full, BRIGHT))
        bright = group.math("MULTIPLY", bright, tiled) if place == 0 else 0.0
        dark = group.math("SUBTRACT", 1.0, bright)
        group.put(
            join,
            _numbers(
                group, points, group.math("MULTIPLY", written, dark), shift, number, 0.0, group["Number Material"]
            ),
        )
        if place == 0:
            group.put(
                join,
                _numbers(
                    group, points, group.math("MULTIPLY", written, bright), shift, number, 0.0, group["Ink Material"]
                ),
            )
    rows_seen = group.math("MULTIPLY", is_row, seen)
    at_sums = group.vector(group["Sums"], 0.0, 0.0)
    signed = group.math("SUBTRACT", 1.0, group.math("MAXIMUM", soft, one))
    shown = group.math("MULTIPLY", rows_seen, group.math("GREATER_THAN", group.attribute("size"), 0.0))
    group.put(join, _numbers(group, points, shown, at_sums, group.attribute("sum"), signed, group["Number Material"]))
    group.put(
        join,
        within(
            group,
            "Neuroscene Opened Bars",
            _bars,
            points,
            rows_seen,
            *(group[name] for name in ("Bars", "Length", "Thickness", "Term Material")),
        ),
    )
    step = group.attribute("step", "INT")
    normalized = group.math("MULTIPLY_ADD", total, group["Scale"], group["Shift"])
    number = group.when(group.same(step, SUM), total, group.when(group.same(step, NORMALIZED), normalized, result))
    is_last = group.same(step, RESULT)
    steps = group.math("MULTIPLY", is_step, all_seen)
    for material, some in (("Number Material", group.math("SUBTRACT", 1.0, is_last)), ("Result Material", is_last)):
        shown = group.math("MULTIPLY", steps, some)
        group.put(join, _numbers(group, points, shown, at_sums, number, 0.0, group[material]))
    return group.finish(both.outputs[0])


def _statistic(group, geometry, value, which) -> Socket:
    """One value of a field on points."""
    return group.call(
        "GeometryNodeAttributeStatistic",
        {"Geometry": geometry, ("Attribute", "VALUE"): value},
        (which, "VALUE"),
        data_type="FLOAT",
        domain="POINT",
    )


def _kept(group, points, shown, shift) -> Socket:
    """Some of the points, moved, as a cloud."""
    kept = group.call("GeometryNodeSeparateGeometry", {"Geometry": points, "Selection": shown}, domain="POINT")
    cloud = group.call("GeometryNodeMeshToPoints", {"Mesh": kept})
    return group.call("GeometryNodeSetPosition", {"Geometry": cloud, "Offset": shift})


def _tiles(group, points, shown, shift, value, full, material):
    """A box at each of some points, colored by a value."""
    shade = group.math("DIVIDE", value, group.math("MAXIMUM", full, LEAST))
    shade = group.math("MINIMUM", group.math("MAXIMUM", shade, -1.0), 1.0)
    points = _kept(group, group.store(points, "shade", shade), shown, shift)
    wide = group.attribute("tile")
    size = group.math("MULTIPLY", wide, 0.94)
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": material})
    deep = group.math("MULTIPLY", wide, FLAT)
    return group.call(
        "GeometryNodeInstanceOnPoints", {"Points": points, "Instance": cube, "Scale": group.vector(size, deep, size)}
    )


def _bars(group, points, shown, at, length, thick, material):
    """A bar for each row, which begins where the last ended."""
    begin = group.attribute("begin")
    end = group.math("ADD", begin, group.attribute("sum"))
    low = group.math("MINIMUM", _statistic(group, points, end, "Min"), 0.0)
    high = group.math("MAXIMUM", _statistic(group, points, end, "Max"), 0.0)
    metre = group.math("DIVIDE", length, group.math("MAXIMUM", group.math("SUBTRACT", high, low), LEAST))
    middle = group.math("MULTIPLY", group.math("ADD", begin, end), 0.5)
    x = group.math("MULTIPLY_ADD", group.math("SUBTRACT", middle, low), metre, at)
    largest = _statistic(group, points, group.math("ABSOLUTE", group.attribute("sum")), "Max")
    shade = group.math("DIVIDE", group.attribute("sum"), group.math("MAXIMUM", largest, LEAST))
    way = group.math("MAXIMUM", group.math("MULTIPLY", group.math("ABSOLUTE", group.attribute("sum")), metre), 0.012)
    points = group.store(group.store(points, "shade", shade), "way", way)
    points = _kept(group, points, shown, group.vector(x, 0.0, 0.0))
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": material})
    return group.call(
        "GeometryNodeInstanceOnPoints",
        {"Points": points, "Instance": cube, "Scale": group.vector(group.attribute("way"), thick, thick)},
    )


def _numbers(group, points, shown, shift, number, signed, material) -> Socket:
    return within(
        group, "Neuroscene Opened Numbers", _written, points, shown, shift, number, signed, group["Digits"], material
    )


def _written(group, points, shown, shift, number, signed, letters, material):
    """Decimal numbers of letters that are there already: digits by arithmetic, for a string costs many times that."""
    points = _kept(group, group.store(points, "number", number), shown, shift)
    copies = group.node("GeometryNodeDuplicateElements", domain="POINT")
    group.put(copies.inputs["Geometry"], points)
    group.put(copies.inputs["Amount"], 2 + WHOLE + DECIMALS)
    slot = copies.outputs["Duplicate Index"]
    value, size, decimals = (group.attribute(name) for name in ("number", "size", "decimals"))
    fine = group.math("POWER", 10.0, decimals)
    scaled = group.math("ROUND", group.math("MULTIPLY", group.math("ABSOLUTE", value), fine))
    nudged = group.math("ADD", scaled, 0.25)
    whole = group.math("FLOOR", group.math("DIVIDE", nudged, fine))
    in_whole = group.math("LESS_THAN", slot, WHOLE + 0.5)
    # the power of ten of a digit; slot 0 is the sign, and WHOLE + 1 the point
    place = group.when(
        in_whole, group.math("SUBTRACT", float(WHOLE), slot), group.math("SUBTRACT", float(WHOLE + 1), slot)
    )
    power = group.math("POWER", 10.0, group.math("ADD", place, decimals))
    digit = group.math("FLOORED_MODULO", group.math("FLOOR", group.math("DIVIDE", nudged, power)), 10.0)
    count = group.math("FLOOR", group.math("LOGARITHM", group.math("ADD", whole, 0.5), 10.0))
    count = group.math("ADD", group.math("MAXIMUM", count, 0.0), 1.0)
    any_ = group.math("GREATER_THAN", scaled, 0.5)
    minus = group.math("MULTIPLY", group.math("LESS_THAN", value, 0.0), any_)
    plus = group.math("MULTIPLY", group.math("GREATER_THAN", signed, 0.5), any_)
    sign = group.when(minus, MINUS, group.when(plus, PLUS, NONE))
    is_sign = group.math("LESS_THAN", slot, 0.5)
    is_point = group.same(slot, WHOLE + 1)
    fraction = group.math("GREATER_THAN", decimals, 0.5)
    of_whole = group.when(group.math("LESS_THAN", place, group.math("SUBTRACT", count, 0.5)), digit, NONE)
    last = group.math("SUBTRACT", group.math("MULTIPLY", decimals, -1.0), 0.5)
    behind = group.when(group.math("GREATER_THAN", place, last), digit, NONE)
    behind = group.when(is_point, group.when(fraction, POINT, NONE), behind)
    glyph = group.when(is_sign, sign, group.when(in_whole, of_whole, behind))
    left = group.math("MULTIPLY", count, DIGIT)
    after = group.math("MULTIPLY_ADD", place, -DIGIT, group.math("ADD", left, POINT_WIDE - DIGIT))
    x = group.math("SUBTRACT", left, group.math("MULTIPLY_ADD", place, DIGIT, DIGIT))
    x = group.when(is_sign, -DIGIT, group.when(in_whole, x, group.when(is_point, left, after)))
    wide = group.math("MULTIPLY", fraction, group.math("MULTIPLY_ADD", decimals, DIGIT, POINT_WIDE))
    wide = group.math("ADD", left, wide)
    room = group.math("MULTIPLY", group.math("LESS_THAN", sign, NONE - 0.5), DIGIT)
    x = group.math("SUBTRACT", x, group.math("MULTIPLY", group.math("SUBTRACT", wide, room), 0.5))
    deep = group.math("MULTIPLY_ADD", group.attribute("tile"), -0.5 * FLAT, -AHEAD)
    cloud = group.store(copies.outputs["Geometry"], "glyph", glyph)
    text = group.call("GeometryNodeObjectInfo", {"Object": letters}, "Geometry")
    place = group.call("GeometryNodeInputPosition", {})
    own = group.separate(
        group.sample(text, place, group.attribute("glyph"), "FLOAT_VECTOR")
    )  # a letter keeps its place
    across = group.math("MULTIPLY", group.math("SUBTRACT", x, own[0]), size)
    up = group.math("MULTIPLY", group.math("ADD", own[1], BASE), group.math("MULTIPLY", size, -1.0))
    cloud = group.call("GeometryNodeSetPosition", {"Geometry": cloud, "Offset": group.vector(across, deep, up)})
    there = group.math("LESS_THAN", group.attribute("glyph"), NONE - 0.5)
    cloud = group.call("GeometryNodeSeparateGeometry", {"Geometry": cloud, "Selection": there}, domain="POINT")
    turned = group.call("FunctionNodeEulerToRotation", {"Euler": (1.5707964, 0.0, 0.0)})
    size = group.attribute("size")
    written = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": cloud,
            "Instance": text,
            "Pick Instance": True,
            "Instance Index": group.attribute("glyph"),
            "Rotation": turned,
            "Scale": group.vector(size, size, size),
        },
    )
    return group.call("GeometryNodeSetMaterial", {"Geometry": written, "Material": material})
