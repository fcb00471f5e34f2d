# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Book": a closed block as a book of one mesh, from points that know their numbers.

Each point is one or several faces, by its attribute `part`. Lengths along the book come as vectors (square roots of
channels, gaps, pages) that sockets turn into metres: so pages become thicker, or spread, without new points.
"""

from __future__ import annotations

import bpy

from ..colormaps.value import NOT_FINITE_SHADE
from .block import SEEN
from .network import of_network
from .part import within
from .ranges import LEAST
from .sockets.book import BOOK
from .tree import GroupBuilder, Value, reuse
from .vectors import only

COVER, HEADS, BAR, PAGE, ARCH, PLATE, FRAME = range(7)  # values of `part`
FAR = "far"  # a vector: of a cell (columns, rows, 0) of its tile, of others the far end along the book
STEPS = 32  # faces of an arch
AHEAD = 0.015  # metres stand the cells before their plate
ABOVE = 0.01  # and arches above the pages
ARCH_SIDE = 0.44  # of the width to the left of the middle
NUMBERS = {"value": "FLOAT", "unit": "INT", "row": "INT", "column": "INT", "part": "INT"}
FOLLOWED = "followed token"  # an attribute of the network's instance
Socket = bpy.types.NodeSocket


def book_group() -> bpy.types.NodeTree:
    """The geometry of a book, its middle at the origin: pages along +X, the cover at the end and facing +X.

    Points of its mesh have `part`, `value`, `low` and `reach` (the value that is dark, and how far the full color is
    from it, as a share of the range), `unit`, `row` and `column`. Of cells the position is (across, down, tiles in that
    row), in tiles from the upper left corner; of others where they begin along the book. Faces have the same numbers
    and `shade`.
    """
    return reuse(BOOK.name, _build)


def _build():
    group = GroupBuilder(BOOK.name)
    group.declare(BOOK)
    apart = group.math("MULTIPLY", group["Open"], group["Spread"])
    scale = group.vector(group["Page Thickness"], group["Page Gap"], apart)
    deep = _along(group, group["Reach"], scale)
    near = group.math("MULTIPLY", deep, -0.5)
    front = group.math("MULTIPLY", deep, 0.5)
    both = group.node("GeometryNodeJoinGeometry")
    size = group["Cover Width"], group["Cover Height"]
    heads = group.math("GREATER_THAN", group["Heads Rows"], 0.5)
    made = [
        within(group, "Neuroscene Book Arches", _arches, _some(group, ARCH), scale, near, *size, *_of_arches(group)),
        within(group, "Neuroscene Book Bars", _bars, _some(group, BAR), scale, near, *size, *_of_bars(group)),
        within(group, "Neuroscene Book Leaves", _leaves, _some(group, PAGE), scale, near, *size, *_of_bars(group)),
        within(group, "Neuroscene Book Plate", _plate, front, *size, group["Margin"], group["Plate Material"], 0.0),
        within(group, "Neuroscene Book Frame", _framed, front, *size, *_of_frame(group)),
        within(group, "Neuroscene Book Heads", _heads, _some(group, HEADS), front, *size, *_of_heads(group)),
        within(group, "Neuroscene Book Cover", _cover, _some(group, COVER), front, *size, *_of_cover(group)),
    ]
    made[0] = only(group, group["Arches"], made[0])
    made[3] = only(group, group.call("FunctionNodeBooleanMath", {0: group["Empty"]}, operation="NOT"), made[3])
    made[4] = only(group, _frames(group), made[4])
    made[5] = only(group, heads, made[5])
    for geometry in made:
        group.put(both.inputs[0], geometry)
    return group.finish(_seen(group, both.outputs[0]))


def _of_arches(group):
    return [group[name] for name in ("Arch Width", "Arch Rise", "Arch Rise by Span", "Arch Material")]


def _of_bars(group):
    return [group[name] for name in ("Show Bars", "Page Gamma", "Page Material")]


def _of_heads(group):
    names = ("Heads Width", "Heads Distance", "Heads Rows", "Heads Gap", "Rim", "Rim Up To", "Heads Range")
    return [group[name] for name in (*names, "Heads Gamma", "Margin", "Heads Material", "Plate Material")]


def _of_frame(group):
    (followed,) = of_network(group, FOLLOWED)
    material = group.when(group["Empty"], group["Empty Material"], group["Follow Material"], "MATERIAL")
    row = group.math("DIVIDE", followed, group.math("MAXIMUM", group["Row Step"], 1.0))
    names = ("Tile Rows", "Tile Gap", "Frame")
    return [group["Empty"], row, *(group[name] for name in names), material]


def _frames(group) -> Socket:
    """Whether there is a frame: round an empty plane, or round the row of a token that is followed."""
    (followed,) = of_network(group, FOLLOWED)
    root = group.call(
        "GeometryNodeAttributeDomainSize",
        {"Geometry": group.near(group["Network"])},
        "Instance Count",
        component="INSTANCES",
    )
    shown = group.math("MULTIPLY", group["Token Rows"], group.math("GREATER_THAN", followed, -0.5))
    shown = group.math("MULTIPLY", shown, group.math("GREATER_THAN", root, 0.5))
    last = group.math("MULTIPLY", group["Tile Rows"], group.math("MAXIMUM", group["Row Step"], 1.0))
    shown = group.math("MULTIPLY", shown, group.math("LESS_THAN", followed, group.math("SUBTRACT", last, 0.5)))
    return group.math("GREATER_THAN", group.math("MAXIMUM", shown, group["Empty"]), 0.5)


def _of_cover(group):
    names = ("Tile Rows", "Tile Aspect", "Tile Gap", "Rim", "Rim Up To", "Range", "Gamma", "Magnitude")
    return [group[name] for name in (*names, "Cover Material")]


def _some(group: GroupBuilder, part: int) -> Socket:
    """The points of one part."""
    mine = group.same(group.attribute("part", "INT"), part)
    return group.call(
        "GeometryNodeSeparateGeometry", {"Geometry": group["Geometry"], "Selection": mine}, domain="POINT"
    )


def _along(group, reach: Value, scale: Value) -> Socket:
    return group.call("ShaderNodeVectorMath", {0: reach, 1: scale}, "Value", operation="DOT_PRODUCT")


class _Faces:
    """So many squares for each of some points, as one mesh. `across` and `up` are the place of a corner in its face,
    -0.5 to 0.5, `number` that of the face among those of its point; fields on corners."""

    def __init__(self, group: GroupBuilder, points: Socket, each: int):
        self.group = group
        self.points = points
        self.each = each
        count = group.call("GeometryNodeAttributeDomainSize", {"Geometry": points}, "Point Count", component="MESH")
        square = group.call("GeometryNodeMeshGrid", {"Size X": 1.0, "Size Y": 1.0, "Vertices X": 2, "Vertices Y": 2})
        amount = group.math("MULTIPLY", count, float(each)) if each > 1 else count
        self.mesh = group.call("GeometryNodeDuplicateElements", {"Geometry": square, "Amount": amount}, domain="FACE")
        self.across, self.up, _ = group.separate(group.call("GeometryNodeInputPosition", {}))
        index = group.call("GeometryNodeInputIndex", {})
        face = group.math("FLOOR", group.math("MULTIPLY", group.math("ADD", index, 0.5), 0.25))
        self.corner_point = self._point(face)
        self.number = group.math("SUBTRACT", face, group.math("MULTIPLY", self.corner_point, float(each)))
        self.face_point = self._point(index)

    def _point(self, face):
        if self.each == 1:
            return face
        shifted = self.group.math("MULTIPLY", self.group.math("ADD", face, 0.5), 1.0 / self.each)
        return self.group.math("FLOOR", shifted)

    def at_corners(self, value: Value, kind: str = "FLOAT") -> Socket:
        """What the point of a corner has."""
        return self.group.sample(self.points, value, self.corner_point, kind, "POINT")

    def position(self) -> Socket:
        return self.at_corners(self.group.call("GeometryNodeInputPosition", {}), "FLOAT_VECTOR")

    def far(self) -> Socket:
        return self.at_corners(self.group.attribute(FAR, "FLOAT_VECTOR"), "FLOAT_VECTOR")

    def put(self, x: Value, y: Value, z: Value) -> None:
        """Move corners there."""
        place = self.group.vector(x, y, z)
        self.mesh = self.group.call("GeometryNodeSetPosition", {"Geometry": self.mesh, "Position": place})

    def numbers(self) -> None:
        """Give faces the numbers of their points."""
        for name, kind in NUMBERS.items():
            value = self.group.sample(self.points, self.group.attribute(name, kind), self.face_point, kind, "POINT")
            self.mesh = self.group.call(
                "GeometryNodeStoreNamedAttribute",
                {"Geometry": self.mesh, "Name": name, "Value": value},
                data_type=kind,
                domain="FACE",
            )

    def shade(self, full: Value, gamma: Value, magnitude: Value = False) -> None:
        """Give faces a shade, 0 to 1, by the value, the range of its tile or page, and the range of all."""
        group = self.group
        value, low, reach = (
            group.sample(self.points, group.attribute(name), self.face_point, domain="POINT")
            for name in ("value", "low", "reach")
        )
        size = group.when(magnitude, group.math("ABSOLUTE", value), value) if magnitude is not False else value
        extent = group.math("MAXIMUM", group.math("MULTIPLY", reach, full), LEAST)
        share = group.math("DIVIDE", group.math("SUBTRACT", size, low), extent, clamp=True)
        shade = group.call(
            "GeometryNodeSwitch",
            {"Switch": group.finite(value), "False": NOT_FINITE_SHADE, "True": group.math("POWER", share, gamma)},
            input_type="FLOAT",
        )
        self.mesh = group.store(self.mesh, "shade", shade, "FACE")

    def painted(self, material: Socket) -> Socket:
        return self.group.call("GeometryNodeSetMaterial", {"Geometry": self.mesh, "Material": material})


def _tiled(group, points, width, height, down, aspect, gap, rim, most):
    """Cells of tiles, in the middle of such a plane, facing +X; x is still to be set. Gives faces, y and z."""
    faces = _Faces(group, points, 1)
    x, y, count = group.separate(faces.position())
    columns, rows, _ = group.separate(faces.far())
    between = group.math("MULTIPLY", width, gap)

    def tile(whole, tiles):
        room = group.math("SUBTRACT", whole, group.math("MULTIPLY", between, group.math("SUBTRACT", tiles, 1.0)))
        return group.math("DIVIDE", room, tiles)

    wide = tile(width, count)
    own = group.math("MULTIPLY", wide, aspect)
    high = group.when(group.math("GREATER_THAN", aspect, 0.0), own, tile(height, down))
    step = group.math("ADD", high, between)
    whole = group.math("SUBTRACT", group.math("MULTIPLY", step, down), between)
    small = group.math("LESS_THAN", group.math("MAXIMUM", rows, columns), group.math("ADD", most, 0.5))
    left = group.math("SUBTRACT", 1.0, group.math("MULTIPLY", rim, small))

    def place(at, corner, cells, size, step):
        tile = group.math("FLOOR", at)
        share = group.math("SUBTRACT", at, tile)
        share = group.math("ADD", share, group.math("DIVIDE", group.math("MULTIPLY", corner, left), cells))
        return group.math("MULTIPLY_ADD", tile, step, group.math("MULTIPLY", share, size))

    y_place = place(x, faces.across, columns, wide, group.math("ADD", wide, between))
    z_place = place(y, group.math("MULTIPLY", faces.up, -1.0), rows, high, step)
    y = group.math("SUBTRACT", y_place, group.math("MULTIPLY", width, 0.5))
    z = group.math("SUBTRACT", group.math("MULTIPLY", whole, 0.5), z_place)
    return faces, y, z, whole


def _cover(group, points, front, width, height, down, aspect, gap, rim, most, full, gamma, magnitude, material):
    faces, y, z, _ = _tiled(group, points, width, height, down, aspect, gap, rim, most)
    faces.put(group.math("ADD", front, AHEAD), y, z)
    faces.numbers()
    faces.shade(full, gamma, magnitude)
    return faces.painted(material)


def _heads(group, points, front, _, height, width, away, down, gap, rim, most, full, gamma, margin, material, plate):
    faces, y, z, whole = _tiled(group, points, width, 0.0, down, 1.0, gap, rim, most)
    # not a field: the height of the heads as of the first point
    count = group.sample(points, group.separate(group.call("GeometryNodeInputPosition", {}))[2], 0, domain="POINT")
    between = group.math("MULTIPLY", width, gap)
    less = group.math("MULTIPLY", between, group.math("SUBTRACT", count, 1.0))
    tile = group.math("DIVIDE", group.math("SUBTRACT", width, less), group.math("MAXIMUM", count, 1.0))
    high = group.math("MULTIPLY_ADD", group.math("ADD", tile, between), down, group.math("MULTIPLY", between, -1.0))
    middle = group.math("MULTIPLY", group.math("ADD", height, high), 0.5)
    middle = group.math("ADD", middle, away)
    faces.put(group.math("ADD", front, AHEAD), y, group.math("ADD", z, middle))
    faces.numbers()
    faces.shade(full, gamma)
    both = group.node("GeometryNodeJoinGeometry")
    group.put(both.inputs[0], faces.painted(material))
    group.put(both.inputs[0], _plate(group, front, width, high, margin, plate, middle))
    return both.outputs[0]


def _plate(group, front, width, height, margin, material, middle):
    """A dark plane behind cells, with an edge all round."""
    square = group.call("GeometryNodeMeshGrid", {"Size X": 1.0, "Size Y": 1.0, "Vertices X": 2, "Vertices Y": 2})
    across, up, _ = group.separate(group.call("GeometryNodeInputPosition", {}))
    edges = group.math("MULTIPLY", margin, 2.0)
    y = group.math("MULTIPLY", across, group.math("ADD", width, edges))
    z = group.math("MULTIPLY_ADD", up, group.math("ADD", height, edges), middle)
    place = group.vector(front, y, z)
    square = group.call("GeometryNodeSetPosition", {"Geometry": square, "Position": place})
    square = group.call(
        "GeometryNodeStoreNamedAttribute",
        {"Geometry": square, "Name": "part", "Value": PLATE},
        data_type="INT",
        domain="FACE",
    )
    return group.call("GeometryNodeSetMaterial", {"Geometry": square, "Material": material})


def _framed(group, front, width, height, empty, row, down, gap, thick, material):
    """Four strips round the whole plane, or round a row of it; where `row` is between two they are on the way."""
    between = group.math("MULTIPLY", width, gap)
    less = group.math("MULTIPLY", between, group.math("SUBTRACT", down, 1.0))
    high = group.math("DIVIDE", group.math("SUBTRACT", height, less), down)
    middle = group.math("MULTIPLY_ADD", group.math("ADD", row, 0.5), group.math("MULTIPLY", high, -1.0), height)
    middle = group.math("SUBTRACT", middle, group.math("MULTIPLY", row, between))
    middle = group.math("SUBTRACT", middle, group.math("MULTIPLY", height, 0.5))
    middle = group.when(empty, 0.0, middle)
    tall = group.math("ADD", group.when(empty, height, high), group.math("MULTIPLY", thick, 2.0))
    wide = group.math("ADD", width, group.math("MULTIPLY", thick, 2.0))
    strips = group.node("GeometryNodeJoinGeometry")
    sides = {"Size X": 1.0, "Size Y": 1.0, "Vertices X": 2, "Vertices Y": 2}
    x = group.math("ADD", front, 3 * AHEAD)
    for sign in (1.0, -1.0):
        for upright in (False, True):
            square = group.call("GeometryNodeMeshGrid", sides)
            across, up, _ = group.separate(group.call("GeometryNodeInputPosition", {}))
            far = group.math("MULTIPLY", group.math("SUBTRACT", wide if upright else tall, thick), 0.5 * sign)
            if upright:
                y = group.math("MULTIPLY_ADD", across, thick, far)
                z = group.math("MULTIPLY_ADD", up, tall, middle)
            else:
                y = group.math("MULTIPLY", across, wide)
                z = group.math("ADD", group.math("MULTIPLY_ADD", up, thick, far), middle)
            place = group.vector(x, y, z)
            strip = group.call("GeometryNodeSetPosition", {"Geometry": square, "Position": place})
            group.put(strips.inputs[0], strip)
    frame = group.call(
        "GeometryNodeStoreNamedAttribute",
        {"Geometry": strips.outputs[0], "Name": "part", "Value": FRAME},
        data_type="INT",
        domain="FACE",
    )
    return group.call("GeometryNodeSetMaterial", {"Geometry": frame, "Material": material})


def _bars(group, points, scale, near, width, height, shown, gamma, material):
    """The four edges of a tenth of a page."""
    faces = _Faces(group, points, 4)
    begin, end = _along(group, faces.position(), scale), _along(group, faces.far(), scale)
    share = group.math("ADD", faces.across, 0.5)
    x = group.math("ADD", near, _between(group, share, begin, end))
    level = group.math("GREATER_THAN", faces.number, 1.5)  # the upper and lower edge, else the left and right
    odd = group.math("FLOORED_MODULO", group.math("ADD", faces.number, 0.25), 2.0)
    odd = group.math("GREATER_THAN", odd, 0.75)
    turned = group.math("MULTIPLY", faces.up, group.math("MULTIPLY_ADD", odd, -2.0, 1.0))
    side = group.math("MULTIPLY_ADD", odd, 1.0, -0.5)
    y = group.math("MULTIPLY", width, _between(group, level, side, turned))
    z = group.math("MULTIPLY", height, _between(group, level, turned, group.math("MULTIPLY", side, -1.0)))
    faces.put(x, y, z)
    return _lit(group, faces, shown, gamma, material)


def _leaves(group, points, scale, near, width, height, shown, gamma, material):
    """The two sides of a page."""
    faces = _Faces(group, points, 2)
    begin, end = _along(group, faces.position(), scale), _along(group, faces.far(), scale)
    x = group.math("ADD", near, _between(group, faces.number, begin, end))
    turned = group.math("MULTIPLY", faces.across, group.math("MULTIPLY_ADD", faces.number, 2.0, -1.0))
    faces.put(x, group.math("MULTIPLY", width, turned), group.math("MULTIPLY", height, faces.up))
    return _lit(group, faces, shown, gamma, material)


def _lit(group, faces, shown, gamma, material):
    faces.numbers()
    faces.shade(1.0, gamma)
    dark = group.store(faces.mesh, "shade", 0.0, "FACE")
    faces.mesh = group.when(shown, faces.mesh, dark, "GEOMETRY")
    return faces.painted(material)


def _arches(group, points, scale, near, width, height, thick, rise, by_span, material):
    """A band from the middle of one sum to that of the next."""
    faces = _Faces(group, points, STEPS)
    begin, end = _along(group, faces.position(), scale), _along(group, faces.far(), scale)
    share = group.math("ADD", faces.number, group.math("ADD", faces.across, 0.5))
    share = group.math("MULTIPLY", share, 1.0 / STEPS)
    x = group.math("ADD", near, _between(group, share, begin, end))
    span = group.math("SUBTRACT", end, begin)
    high = group.math("MULTIPLY_ADD", span, by_span, rise)
    shape = group.math("MULTIPLY_ADD", share, 2.0, -1.0)
    shape = group.math("MULTIPLY", shape, shape)
    shape = group.math("SUBTRACT", 1.0, group.math("MULTIPLY", shape, shape))
    z = group.math("MULTIPLY_ADD", high, shape, group.math("MULTIPLY_ADD", height, 0.5, ABOVE))
    y = group.math("MULTIPLY_ADD", faces.up, thick, group.math("MULTIPLY", width, -ARCH_SIDE))
    faces.put(x, y, z)
    faces.numbers()
    return faces.painted(material)


def _between(group, share, first, second):
    return group.math("MULTIPLY_ADD", share, group.math("SUBTRACT", second, first), first)


def _seen(group, geometry):
    """The book as far as its block is closed, or the layer is seen for which it stands; whole where it is of none."""
    info = group.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    group.put(info.inputs["Object"], group["Block"])
    box = info.outputs["Geometry"]
    boxes = group.call("GeometryNodeAttributeDomainSize", {"Geometry": box}, "Instance Count", component="INSTANCES")
    share = group.sample(box, group.attribute(SEEN), 0)
    share = group.when(group.math("GREATER_THAN", boxes, 0.5), share, 1.0)
    scaled = group.call("GeometryNodeTransform", {"Geometry": geometry, "Scale": group.vector(share, share, share)})
    return only(group, group.math("GREATER_THAN", share, 0.0), scaled)
