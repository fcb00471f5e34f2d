# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the panels of opened numbers are drawn with: tiles, bars, frames, and numbers made of letters."""

from __future__ import annotations

import bpy

from .part import GroupPart, within
from .vectors import plus, scaled

GLYPHS = "0123456789.-+"
POINT, MINUS, PLUS, NONE = 10.0, 11.0, 12.0, 13.0  # places in it, and behind it
WHOLE, DECIMALS = 7, 6  # digits before and behind the point
DIGIT, POINT_WIDE = 0.58, 0.26  # steps of letters, in their size
BASE = 0.36  # of its size a letter stands below the middle of its number
FLAT = 0.3  # of its width, the depth of a tile
AHEAD = 0.02  # metres stand numbers before tiles
LEAST = 1e-12
FAINT = 0.35  # of the full color has the smallest bar
PLAIN, DARK, HOT = range(3)  # inks of numbers
TERM, ROW, STEP, TITLE, INTO, FROM, INTO_FRAME, FROM_FRAME = range(8)  # values of `part`
FORMULA = 16  # of `part`: numbers of a line of words and numbers
Socket = bpy.types.NodeSocket


def statistic(group, geometry, value, which, selection=True) -> Socket:
    """One value of a field on points."""
    return group.call(
        "GeometryNodeAttributeStatistic",
        {"Geometry": geometry, "Selection": selection, ("Attribute", "VALUE"): value},
        (which, "VALUE"),
        data_type="FLOAT",
        domain="POINT",
    )


def accumulated(group, value, by=0) -> tuple[Socket, Socket]:
    """Of a field on points the sum before each point, and that of its whole group."""
    node = group.node("GeometryNodeAccumulateField", data_type="FLOAT", domain="POINT")
    group.put(node.inputs[0], value)
    group.put(node.inputs["Group ID"], by)
    return node.outputs["Trailing"], node.outputs["Total"]


def bounds(group, value, by=0, kind="FLOAT") -> tuple[Socket, Socket]:
    """The smallest and the largest of a field on the points of each group."""
    node = group.node("GeometryNodeFieldMinAndMax", data_type=kind, domain="POINT")
    group.put(node.inputs[0], value)
    group.put(node.inputs["Group ID"], by)
    return node.outputs["Min"], node.outputs["Max"]


def some(group, points, shown, shift) -> Socket:
    """Some of the points, moved, as a cloud."""
    kept = group.call("GeometryNodeSeparateGeometry", {"Geometry": points, "Selection": shown}, domain="POINT")
    cloud = group.call("GeometryNodeMeshToPoints", {"Mesh": kept})
    return group.call("GeometryNodeSetPosition", {"Geometry": cloud, "Offset": shift})


def both(group, *conditions) -> Socket:
    """Whether all of these hold."""
    made = conditions[0]
    for condition in conditions[1:]:
        made = group.math("MULTIPLY", made, condition)
    return made


class Here:
    """Which cell a panel is about: `unit`, `row` and `column`, counted from 0, and its `number` in the table."""

    def __init__(self, group):
        first, last = group.separate(group["First"]), group.separate(group["Last"])
        self.counts = [
            group.math("MULTIPLY_ADD", end, 1.0, group.math("SUBTRACT", 1.0, begin))
            for begin, end in zip(first, last, strict=True)
        ]
        self.plane = group.math("MULTIPLY", self.counts[1], self.counts[2])
        flat = group.math("LESS_THAN", self.plane, 1.5)
        slides = group.math("GREATER_THAN", group["Slide"], 0.0)
        count = group.when(flat, self.counts[0], self.plane)
        step = group.math("CEIL", group.math("MULTIPLY_ADD", group["Slide"], count, -0.01))
        step = group.math("SUBTRACT", group.math("MAXIMUM", step, 1.0), 1.0)
        moved = (
            step,
            group.math("FLOOR", group.math("DIVIDE", group.math("ADD", step, 0.5), self.counts[2])),
            group.math("FLOORED_MODULO", step, self.counts[2]),
        )
        places = []
        for axis, name in enumerate(("Unit", "Row", "Column")):
            chosen = group.math("SUBTRACT", group[name], 1.0)
            chosen = group.math("MINIMUM", group.math("MAXIMUM", chosen, first[axis]), last[axis])
            over = both(group, slides, flat if axis == 0 else group.math("SUBTRACT", 1.0, flat))
            places.append(group.when(over, group.math("ADD", first[axis], moved[axis]), chosen))
        self.unit, self.row, self.column = places
        unit, row, column = (group.math("SUBTRACT", place, begin) for place, begin in zip(places, first, strict=True))
        self.in_plane = group.math("MULTIPLY_ADD", row, self.counts[2], column)
        self.number = group.math("MULTIPLY_ADD", unit, self.plane, self.in_plane)
        self.begin = group.math("MULTIPLY", unit, self.plane)  # of its unit, in the table


class Table:
    """The numbers of the object in *Table*, by their name and place: of all that a panel may show."""

    def __init__(self, group):
        self.group = group
        self.geometry = group.call("GeometryNodeObjectInfo", {"Object": group["Table"]}, "Geometry")

    def __call__(self, name: str, index, kind: str = "FLOAT") -> Socket:
        return self.group.sample(self.geometry, self.group.attribute(name, kind), index, kind, "POINT")


def largest(group, points, which, by: str, count, names: tuple[str, ...], most: int = 3) -> list[list[Socket]]:
    """Numbers, by their names, of the points of `which` that have the largest sizes `by` an attribute, each 0 where
    there are not so many of the `count` points."""
    ordered = group.call(
        "GeometryNodeSortElements",
        {
            "Geometry": points,
            "Group ID": group.math("SUBTRACT", 1.0, which),
            "Sort Weight": group.math("MULTIPLY", group.math("ABSOLUTE", group.attribute(by)), -1.0),
        },
        domain="POINT",
    )

    def at(name, place):
        read = group.call(
            "GeometryNodeSampleIndex",
            {"Geometry": ordered, "Value": group.attribute(name), "Index": place},
            data_type="FLOAT",
            domain="POINT",
        )
        return both(group, read, group.math("GREATER_THAN", count, place + 0.5))

    return [[at(name, place) for place in range(most)] for name in names]


class Board:
    """What a panel shows: tiles, outlines, and numbers, which are all written at once."""

    def __init__(self, group):
        self.group = group
        self.whole = group.node("GeometryNodeJoinGeometry")
        self.numbers = group.node("GeometryNodeJoinGeometry")

    def add(self, geometry: Socket) -> None:
        self.group.put(self.whole.inputs[0], geometry)

    def number(self, points, shown, shift, number, signed=0.0, ink=PLAIN) -> None:
        """Write a number at some of the points, moved; with its sign where it is `signed`."""
        group = self.group
        for name, value in (("number", number), ("signed", signed), ("ink", ink)):
            points = group.store(points, name, value)
        group.put(self.numbers.inputs[0], some(group, points, shown, shift))

    def formula(self, points, shown, numbers: dict[int, Socket]) -> None:
        """Write numbers at the points of a formula, each by its `step`; with their sign where they are `plus`."""
        group = self.group
        step = group.attribute("step", "INT")
        number = 0.0
        for which, value in numbers.items():
            number = group.when(group.same(step, which), value, number)
        last = group.math("MULTIPLY", group.math("GREATER_THAN", group.attribute("last"), 0.5), float(HOT))
        shown = both(group, shown, group.same(group.attribute("part", "INT"), FORMULA))
        self.number(points, shown, (0.0, 0.0, 0.0), number, group.attribute("plus"), last)

    def tiles(self, points, shown, shift, value, full, material) -> None:
        """A box at some of the points, colored by a value, whose full color is that of `full`."""
        self.add(within(self.group, "Neuroscene Opened Tiles", _tiles, points, shown, shift, value, full, material))

    def outlines(self, points, shown, middle, size, thick, material) -> None:
        """Edges of boxes of some `size` (vector) round places, one at each of some points."""
        self.add(
            within(self.group, "Neuroscene Opened Frames", _outlines, points, shown, middle, size, thick, material)
        )

    def finish(self) -> Socket:
        """All that is shown."""
        group = self.group
        cloud = self.numbers.outputs[0]
        part = GroupPart("Neuroscene Opened Numbers", group)
        names = ("Points", "Letters", "Material")
        sizes = (some_of(group, cloud, ink) for ink in range(3))
        materials = [group[name] for name in ("Number Material", "Ink Material", "Result Material")]
        first, *others = zip(sizes, materials, strict=True)
        given = dict(zip(names, (first[0], group["Digits"], first[1]), strict=True))
        inside = [part.take(name, value) for name, value in given.items()]
        self.add(part.give(result=_written(part, *inside))[0])
        for points, material in others:
            self.add(part.again(Points=points, Material=material)[0])
        return self.whole.outputs[0]


def some_of(group, cloud, ink) -> Socket:
    """The points of a cloud whose numbers have an ink."""
    chosen = group.math("COMPARE", group.attribute("ink"), float(ink), 0.1)
    return group.call("GeometryNodeSeparateGeometry", {"Geometry": cloud, "Selection": chosen}, domain="POINT")


def _tiles(group, points, shown, shift, value, full, material):
    shade = group.math("DIVIDE", value, group.math("MAXIMUM", full, LEAST))
    shade = group.math("MINIMUM", group.math("MAXIMUM", shade, -1.0), 1.0)
    points = some(group, group.store(points, "shade", shade), shown, shift)
    wide = group.attribute("tile")
    size = group.math("MULTIPLY", wide, 0.94)
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": material})
    deep = group.math("MULTIPLY", wide, FLAT)
    return group.call(
        "GeometryNodeInstanceOnPoints", {"Points": points, "Instance": cube, "Scale": group.vector(size, deep, size)}
    )


def _outlines(group, points, shown, middle, size, thick, material):
    here = group.call("GeometryNodeInputPosition", {})
    back = scaled(group, here, -1.0)
    points = group.store_vector(points, "extent", size)
    cloud = some(group, points, shown, plus(group, middle, back))
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    boxes = group.call(
        "GeometryNodeInstanceOnPoints",
        {"Points": cloud, "Instance": cube, "Scale": group.attribute("extent", "FLOAT_VECTOR")},
    )
    edges = group.call(
        "GeometryNodeMeshToCurve", {"Mesh": group.call("GeometryNodeRealizeInstances", {"Geometry": boxes})}
    )
    profile = group.call("GeometryNodeCurvePrimitiveCircle", {"Resolution": 6, "Radius": thick}, mode="RADIUS")
    tube = group.call("GeometryNodeCurveToMesh", {"Curve": edges, "Profile Curve": profile, "Fill Caps": True})
    tube = group.call("GeometryNodeSetMaterial", {"Geometry": tube, "Material": material})
    return group.call("GeometryNodeGeometryToInstance", {"Geometry": tube})


def bars(group, points, shown, at, length, thick, material):
    """A bar for each row, which begins where the last ended."""
    begin = group.attribute("begin")
    end = group.math("ADD", begin, group.attribute("sum"))
    low = group.math("MINIMUM", statistic(group, points, end, "Min"), 0.0)
    high = group.math("MAXIMUM", statistic(group, points, end, "Max"), 0.0)
    metre = group.math("DIVIDE", length, group.math("MAXIMUM", group.math("SUBTRACT", high, low), LEAST))
    middle = group.math("MULTIPLY", group.math("ADD", begin, end), 0.5)
    x = group.math("MULTIPLY_ADD", group.math("SUBTRACT", middle, low), metre, at)
    largest = statistic(group, points, group.math("ABSOLUTE", group.attribute("sum")), "Max")
    shade = group.math("DIVIDE", group.attribute("sum"), group.math("MAXIMUM", largest, LEAST))
    shade = group.math("MULTIPLY_ADD", group.math("SIGN", shade), FAINT, group.math("MULTIPLY", shade, 1.0 - FAINT))
    way = group.math("MAXIMUM", group.math("MULTIPLY", group.math("ABSOLUTE", group.attribute("sum")), metre), 0.012)
    points = group.store(group.store(points, "shade", shade), "way", way)
    points = some(group, points, shown, group.vector(x, 0.0, 0.0))
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": material})
    return group.call(
        "GeometryNodeInstanceOnPoints",
        {"Points": points, "Instance": cube, "Scale": group.vector(group.attribute("way"), thick, thick)},
    )


def _written(group, points, letters, material):
    """Decimal numbers of letters that are there already: digits by arithmetic, for a string costs many times that."""
    signed = group.attribute("signed")
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
