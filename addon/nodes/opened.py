# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Opened": one number of a network, and what it is made of, as cells, weights, products, their
sums row by row, and what happens to the sum. All numbers are worked out here from the cells of the layers.

Points of the mesh have `part`. First come terms: each has a `slot` of the table's rows, -1 for the bias, the `row`
that it is shown in, and where in the tiles of that: `across`, `down`. Then rows, in order: the width of their `tile`s
(0: none), the size of numbers on these (`text`, 0: none) and of their sum (`size`), `decimals`, and where the unit, row
and column of their first cell are written (`unit_at`, `row_at`, `column_at`, 0: not). Then steps, the numbers of the
title, and the cells and frames of two maps.

The mesh of *Table* has, by the number of a cell, `places_at` and `weights_at`, its first term in `place` and in
`weight`, `bias`, `scale`, `shift`, `result`, and `target`, the number of its drawn cell, -1 where it is not drawn; and
by the place in the source `number`, `drawn`, `unit`, `row` and `column`.
"""

from __future__ import annotations

import bpy

from .opened_parts import (
    DARK,
    DECIMALS,
    FLAT,
    GLYPHS,
    HOT,
    LEAST,
    Board,
    Here,
    accumulated,
    bars,
    both,
    bounds,
    some,
    statistic,
)
from .part import within
from .sockets.opened import HOWS, OPENED
from .tree import GroupBuilder, reuse
from .vectors import plus, scaled

__all__ = ["DECIMALS", "GLYPHS", "opened_group"]

TERM, ROW, STEP, TITLE, INTO, FROM, INTO_FRAME, FROM_FRAME = range(8)  # values of `part`
SUM, NORMALIZED, RESULT = range(3)  # of `step`
# and of `step` in the formula: values and weights of the largest products, then what else there is
VALUES, WEIGHTS = (10, 11, 12), (13, 14, 15)
REST, BIAS, SCALE, SHIFT, OWN, HIGHEST, POWERS, ALL, SHARE = range(16, 25)
BRIGHT = 0.38  # of the range: on brighter cells numbers are dark
DIM = 1.7  # times the largest weight has the full color, so that numbers on tiles can be read
FAR = 1e30
WIDER = 0.5  # of a cell, by which a frame is wider than what it is round
Socket = bpy.types.NodeSocket


def opened_group() -> bpy.types.NodeTree:
    """One number and what it is made of; faces -Y."""
    return reuse(OPENED.name, _build)


class _Terms:
    """What the group works out: the points with all their numbers, and the values of the whole panel."""

    def __init__(self, group: GroupBuilder):
        self.group = group
        how = group.picked("How")
        self.largest, self.mean, self.soft = (group.same(how, HOWS.index(name)) for name in HOWS[1:])
        self.single = group.math("MAXIMUM", self.largest, self.mean)
        self.here = Here(group)
        part = group.attribute("part", "INT")
        self.is_term, self.is_row, self.is_step, self.is_title = (
            group.same(part, kind) for kind in (TERM, ROW, STEP, TITLE)
        )
        self.table = group.call("GeometryNodeObjectInfo", {"Object": group["Table"]}, "Geometry")
        self.source = group.near(group["Source"])
        self.target = group.call("GeometryNodeObjectInfo", {"Object": group["Target"]}, "Geometry")
        self._values()
        self._products()
        self._order()
        self._sums()

    def of_table(self, name: str, index, kind: str = "FLOAT") -> Socket:
        return self.group.sample(self.table, self.group.attribute(name, kind), index, kind, "POINT")

    def value_at(self, place) -> Socket:
        """What the source holds at a place: what its layer shows, else what it held in the run."""
        group = self.group
        drawn = self.of_table("drawn", place, "INT")
        shown = group.sample(self.source, group.attribute("value"), group.math("MAXIMUM", drawn, 0.0))
        return group.when(group.math("GREATER_THAN", drawn, -0.5), shown, self.of_table("number", place))

    def result_at(self, number) -> Socket:
        """What the layer gives at a cell of the table."""
        group = self.group
        drawn = self.of_table("target", number, "INT")
        shown = group.sample(self.target, group.attribute("value"), group.math("MAXIMUM", drawn, 0.0))
        return group.when(group.math("GREATER_THAN", drawn, -0.5), shown, self.of_table("result", number))

    def _values(self):
        group, here = self.group, self.here.number
        slot = group.attribute("slot", "INT")
        is_bias = both(group, self.is_term, group.math("LESS_THAN", slot, -0.5))
        at = group.math("ADD", self.of_table("places_at", here, "INT"), slot)
        place = group.when(group.math("LESS_THAN", slot, -0.5), -1.0, self.of_table("place", at, "INT"))
        there = group.math("GREATER_THAN", place, -0.5)
        points = group.store(group["Geometry"], "place", place)
        points = group.store(points, "there", both(group, self.is_term, group.math("MAXIMUM", there, is_bias)))
        place = group.attribute("place")
        value = group.when(is_bias, self.of_table("bias", here), self.value_at(group.math("MAXIMUM", place, 0.0)))
        points = group.store(points, "value", both(group, value, group.attribute("there")))
        at = group.math("ADD", self.of_table("weights_at", here, "INT"), slot)
        weight = group.when(is_bias, 1.0, self.of_table("weight", at))
        self.points = group.store(points, "weight", both(group, weight, group.attribute("there")))

    def _products(self):
        group = self.group
        value, weight, there = (group.attribute(name) for name in ("value", "weight", "there"))
        self.highest = statistic(group, self.points, group.when(there, value, -FAR), "Max")
        raised = both(group, group.math("EXPONENT", group.math("SUBTRACT", value, self.highest)), there)
        self.points = group.store(self.points, "second", group.when(self.soft, raised, weight))
        second = group.attribute("second")
        whole = statistic(group, self.points, both(group, second, there), "Sum")
        share = group.math("DIVIDE", second, group.math("MAXIMUM", whole, LEAST))
        product = group.when(self.soft, share, group.math("MULTIPLY", value, weight))
        self.points = group.store(self.points, "product", both(group, product, there))
        self.total = statistic(group, self.points, group.attribute("product"), "Sum")
        self.total = group.when(self.largest, self.highest, self.total)

    def _order(self):
        """Put terms that are shown one by one into the order of their products, and all into their places."""
        group = self.group
        slot = group.attribute("slot", "INT")
        ranked = both(group, group["Ranked"], self.is_term, group.math("GREATER_THAN", slot, -0.5))
        index = group.call("GeometryNodeInputIndex", {})
        weight = group.when(
            ranked, group.math("MULTIPLY", group.math("ABSOLUTE", group.attribute("product")), -1.0), index
        )
        ordered = group.call(
            "GeometryNodeSortElements",
            {"Geometry": self.points, "Group ID": group.math("SUBTRACT", 1.0, ranked), "Sort Weight": weight},
            domain="POINT",
        )
        row = group.when(ranked, group.math("MINIMUM", index, group["Shown"]), group.attribute("row", "INT"))
        points = group.store(group.when(group["Ranked"], ordered, self.points, "GEOMETRY"), "row", row)
        count = statistic(group, points, self.is_term, "Sum")
        begin = group.math("ADD", count, group.attribute("row"))

        def of_row(name, kind="FLOAT"):
            field = group.call("GeometryNodeInputPosition", {}) if name == "position" else group.attribute(name)
            return group.call(
                "GeometryNodeSampleIndex",
                {"Geometry": points, "Value": field, "Index": begin},
                data_type=kind,
                domain="POINT",
            )

        made = points
        for name in ("tile", "text", "decimals"):
            own = group.attribute(name)
            made = group.store(made, name, group.when(self.is_term, of_row(name), own))
        tile = group.attribute("tile")
        across = group.math("MULTIPLY", group.attribute("across"), tile)
        down = group.math("MULTIPLY", group.attribute("down"), group.math("MULTIPLY", tile, -1.0))
        made = group.call(
            "GeometryNodeSetPosition",
            {
                "Geometry": made,
                "Selection": self.is_term,
                "Position": plus(group, of_row("position", "FLOAT_VECTOR"), group.vector(across, 0.0, down)),
            },
        )
        self.points = made

    def _sums(self):
        group = self.group
        row = group.attribute("row", "INT")
        _, of_row = accumulated(group, group.attribute("product"), row)
        self.points = group.store(self.points, "sum", group.when(self.single, self.total, of_row))
        running, _ = accumulated(group, both(group, group.attribute("sum"), self.is_row))
        begins = group.when(group.math("MAXIMUM", self.soft, self.single), 0.0, running)
        points = group.store(self.points, "begin", begins)
        there = both(group, group.attribute("there"), self.is_term)
        real = both(group, there, group.math("GREATER_THAN", group.attribute("place"), -0.5))
        first, _ = bounds(group, group.when(real, group.attribute("place"), FAR), row)
        points = group.store(points, "first", first)
        rows = statistic(group, points, group.attribute("row"), "Max", self.is_row)
        fill = group.math("MULTIPLY", group["Fill"], group.math("ADD", rows, 1.0))
        seen = group.math("LESS_THAN", group.math("ADD", row, 0.5), group.math("ADD", fill, 1e-4))
        self.points = group.store(points, "seen", seen)
        self.all_seen = group.math("GREATER_THAN", group["Fill"], 0.999)


def _build():
    group = GroupBuilder(OPENED.name)
    group.declare(OPENED)
    terms = _Terms(group)
    board = Board(group)
    _terms_on(board, terms)
    _rows_on(board, terms)
    _steps_on(board, terms)
    _maps_on(board, terms)
    _frames_on(board, terms)
    _formula_on(board, terms)
    _vector_on(board, terms)
    return group.finish(board.finish())


def _terms_on(board: Board, terms: _Terms):
    group, points = board.group, terms.points
    there = both(group, group.attribute("there"), terms.is_term, group.attribute("seen"))
    tiled = group.math("GREATER_THAN", group.attribute("tile"), 0.0)
    written = both(group, there, group.math("GREATER_THAN", group.attribute("text"), 0.0))
    three = group.math("SUBTRACT", 1.0, terms.single)
    own = both(group, terms.soft, group.math("COMPARE", group.attribute("place"), terms.here.unit, 0.1))
    points = group.store(points, "size", group.when(terms.is_term, group.attribute("text"), group.attribute("size")))
    for place, (name, material) in enumerate(
        (("value", "Cell Material"), ("second", "Term Material"), ("product", "Term Material"))
    ):
        shift = group.vector(group.math("MULTIPLY", group["Block"], float(place)), 0.0, 0.0)
        number = group.attribute(name)
        full = group["Range"]
        ink = group.math("MULTIPLY", own, float(HOT))
        if place:
            full = group.math("MULTIPLY", statistic(group, points, group.math("ABSOLUTE", number), "Max"), DIM)
        else:
            bright = both(group, tiled, group.math("GREATER_THAN", number, group.math("MULTIPLY", full, BRIGHT)))
            ink = group.when(bright, float(DARK), ink)
        shown = both(group, there, tiled) if place == 0 else both(group, there, tiled, three)
        board.tiles(points, shown, shift, number, full, group[material])
        board.number(points, written if place == 0 else both(group, written, three), shift, number, 0.0, ink)


def _rows_on(board: Board, terms: _Terms):
    group, points = board.group, terms.points
    seen = both(group, terms.is_row, group.attribute("seen"))
    at_sums = group.vector(group["Sums"], 0.0, 0.0)
    several = group.math("SUBTRACT", 1.0, terms.single)
    signed = group.math("SUBTRACT", 1.0, terms.soft)
    written = both(group, seen, several, group.math("GREATER_THAN", group.attribute("size"), 0.0))
    board.number(points, written, at_sums, group.attribute("sum"), signed)
    names = ("Bars", "Length", "Thickness", "Term Material")
    board.add(
        within(
            group, "Neuroscene Opened Bars", bars, points, both(group, seen, several), *(group[name] for name in names)
        )
    )
    labels = group.store(group.store(points, "size", group["Label Size"]), "decimals", 0.0)
    first = group.attribute("first")
    known = both(group, seen, group.math("LESS_THAN", first, 0.5 * FAR))
    for name in ("unit", "row", "column"):
        at = group.attribute(f"{name}_at")
        shown = both(group, known, group.math("GREATER_THAN", group.math("ABSOLUTE", at), 0.0))
        number = group.math("ADD", terms.of_table(name, group.math("MINIMUM", first, 1e9), "INT"), 1.0)
        board.number(labels, shown, group.vector(at, 0.0, 0.0), number)


def _steps_on(board: Board, terms: _Terms):
    group, points, here = board.group, terms.points, terms.here
    step = group.attribute("step", "INT")
    scale, shift = (terms.of_table(name, here.number) for name in ("scale", "shift"))
    normalized = group.math("MULTIPLY_ADD", terms.total, scale, shift)
    result = terms.result_at(here.number)
    number = group.when(
        group.same(step, SUM), terms.total, group.when(group.same(step, NORMALIZED), normalized, result)
    )
    ink = group.math("MULTIPLY", group.same(step, RESULT), float(HOT))
    at_sums = group.vector(group["Sums"], 0.0, 0.0)
    board.number(points, both(group, terms.is_step, terms.all_seen), at_sums, number, 0.0, ink)
    place = group.when(group.same(step, 0), here.unit, group.when(group.same(step, 1), here.row, here.column))
    board.number(points, terms.is_title, (0.0, 0.0, 0.0), group.math("ADD", place, 1.0), 0.0, float(HOT))


def _maps_on(board: Board, terms: _Terms):
    """The map that the cell is in, and the map that gives most to it, each with a frame where the panel is."""
    group, points, here = board.group, terms.points, terms.here
    part, slot = group.attribute("part", "INT"), group.attribute("slot", "INT")
    is_map = group.same(part, INTO)
    done = group.math("LESS_THAN", slot, group.math("ADD", here.in_plane, 0.5))
    shown = both(group, is_map, group.math("MAXIMUM", done, group.math("SUBTRACT", 1.0, group["Filled"])))
    value = terms.result_at(group.math("ADD", here.begin, slot))
    board.tiles(points, shown, (0.0, 0.0, 0.0), value, group["Target Range"], group["Target Material"])
    row0 = both(group, terms.is_term, group.attribute("there"), group.math("LESS_THAN", group.attribute("row"), 0.5))
    far = group.attribute("place")
    unit = terms.of_table("unit", group.math("MAXIMUM", statistic(group, points, far, "Min", row0), 0.0), "INT")
    at = group.math("MULTIPLY_ADD", unit, group["Source Area"], slot)
    board.tiles(
        points, group.same(part, FROM), (0.0, 0.0, 0.0), terms.value_at(at), group["Range"], group["Cell Material"]
    )
    ends = [
        statistic(group, points, terms.of_table(name, group.math("MAXIMUM", far, 0.0), "INT"), which, row0)
        for name in ("row", "column")
        for which in ("Min", "Max")
    ]
    _frame(board, points, group.same(part, FROM_FRAME), *ends)
    local_row = group.math("SUBTRACT", here.row, group.separate(group["First"])[1])
    local_column = group.math("SUBTRACT", here.column, group.separate(group["First"])[2])
    _frame(board, points, group.same(part, INTO_FRAME), local_row, local_row, local_column, local_column)


def _frame(board: Board, points, shown, top, bottom, left, right):
    """A frame round cells of a map, counted from that at which the points stand."""
    group = board.group
    tile = group.attribute("tile")
    middle = group.vector(
        both(group, group.math("ADD", left, right), tile, 0.5),
        group.math("MULTIPLY", tile, -FLAT),
        both(group, group.math("ADD", top, bottom), tile, -0.5),
    )
    wide = group.math("ADD", group.math("SUBTRACT", right, left), 1.0 + WIDER)
    high = group.math("ADD", group.math("SUBTRACT", bottom, top), 1.0 + WIDER)
    size = group.vector(both(group, wide, tile), 0.0, both(group, high, tile))
    here = group.call("GeometryNodeInputPosition", {})
    board.outlines(points, shown, plus(group, here, middle), size, group["Frame"], group["Result Material"])


def _frames_on(board: Board, terms: _Terms):
    """Frames round what is read, on the maps of the source where they stand."""
    group, points = board.group, terms.points
    place = group.math("MAXIMUM", group.attribute("place"), 0.0)
    drawn = terms.of_table("drawn", place, "INT")
    known = both(group, terms.is_term, group.attribute("there"), group.attribute("seen"))
    shown = both(group, known, group.math("GREATER_THAN", drawn, -0.5))
    shown = both(group, shown, group.math("GREATER_THAN", group.attribute("place"), -0.5))
    few = group.math("LESS_THAN", group.attribute("row"), group.math("SUBTRACT", group["Shown"], 0.5))
    shown = both(group, shown, group.math("MAXIMUM", few, group.math("SUBTRACT", 1.0, group["Ranked"])))
    spot = group.call("GeometryNodeInputPosition", {})
    spot = group.sample(terms.source, spot, group.math("MAXIMUM", drawn, 0.0), "FLOAT_VECTOR")
    by = group.when(group["Ranked"], group.attribute("row"), terms.of_table("unit", place, "INT"))
    points = group.store_vector(group.store(group.store(points, "framed", shown), "by", by), "spot", spot)
    shown, spot = group.attribute("framed"), group.attribute("spot", "FLOAT_VECTOR")
    by = group.math(
        "MULTIPLY_ADD", group.attribute("by"), shown, group.math("MULTIPLY", group.math("SUBTRACT", 1.0, shown), -1.0)
    )
    low, high = bounds(group, spot, by, "FLOAT_VECTOR")
    index = group.call("GeometryNodeInputIndex", {})
    first, _ = bounds(group, index, by)
    one = both(group, shown, group.math("COMPARE", index, first, 0.1))
    pitch = group.math("MULTIPLY", group["Pitch"], 1.0 + WIDER / 2)
    size = plus(group, plus(group, high, scaled(group, low, -1.0)), group.vector(pitch, pitch, pitch))
    board.outlines(
        points, one, scaled(group, plus(group, low, high), 0.5), size, group["Frame"], group["Result Material"]
    )


def _vector_on(board: Board, terms: _Terms):
    """All terms in a row, as flattened maps are, with frames round those that are shown one by one, and the places of
    these in that row."""
    group, points = board.group, terms.points
    slot = group.attribute("slot", "INT")
    single = both(group, terms.is_term, group.math("GREATER_THAN", slot, -0.5))
    count = statistic(group, points, single, "Sum")
    wide = group.math("DIVIDE", group["Vector Width"], group.math("MAXIMUM", count, 1.0))
    there = both(group, single, group.math("GREATER_THAN", group["Vector Width"], 0.0))
    begin = group.separate(group["Vector At"])
    x = group.math("MULTIPLY_ADD", group.math("ADD", slot, 0.5), wide, begin[0])
    spot = group.vector(x, 0.0, begin[2])
    shade = group.math("DIVIDE", group.attribute("value"), group.math("MAXIMUM", group["Range"], LEAST))
    moved = group.store(points, "shade", group.math("MINIMUM", group.math("MAXIMUM", shade, -1.0), 1.0))
    moved = group.store(moved, "in_vector", there)
    moved = group.call("GeometryNodeSetPosition", {"Geometry": moved, "Selection": there, "Position": spot})
    cloud = some(group, moved, there, (0.0, 0.0, 0.0))
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(1.0, 1.0, 1.0)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": group["Cell Material"]})
    high = group.math("MULTIPLY", group["Label Size"], 1.3)
    size = group.vector(wide, wide, high)
    board.add(group.call("GeometryNodeInstanceOnPoints", {"Points": cloud, "Instance": cube, "Scale": size}))
    shown = group.math("LESS_THAN", group.attribute("row"), group.math("SUBTRACT", group["Shown"], 0.5))
    shown = both(group, group.attribute("in_vector"), shown, group.attribute("seen"))
    thick = group.math("MULTIPLY", group["Frame"], 0.7)
    size = group.vector(group.math("MULTIPLY_ADD", thick, 2.0, wide), 0.0, group.math("MULTIPLY_ADD", thick, 4.0, high))
    here = group.call("GeometryNodeInputPosition", {})
    board.outlines(moved, shown, here, size, thick, group["Result Material"])
    labels = group.store(group.store(points, "size", group["Label Size"]), "decimals", 0.0)
    ranked = both(
        group, there, group.math("LESS_THAN", group.attribute("row"), group.math("SUBTRACT", group["Shown"], 0.5))
    )
    at = group.vector(begin[1], 0.0, 0.0)
    board.number(labels, both(group, ranked, group.attribute("seen")), at, group.math("ADD", slot, 1.0))


def _formula_on(board: Board, terms: _Terms):
    """The three largest products and all others, and what becomes of their sum; or what a mean or a softmax takes."""
    group, points, here = board.group, terms.points, terms.here
    slot = group.attribute("slot", "INT")
    single = both(group, terms.is_term, group.math("GREATER_THAN", slot, -0.5))
    size = group.math("MULTIPLY", group.math("ABSOLUTE", group.attribute("product")), -1.0)
    ordered = group.call(
        "GeometryNodeSortElements",
        {"Geometry": points, "Group ID": group.math("SUBTRACT", 1.0, single), "Sort Weight": size},
        domain="POINT",
    )
    count = statistic(group, points, single, "Sum")

    def largest(name, place):
        read = group.call(
            "GeometryNodeSampleIndex",
            {"Geometry": ordered, "Value": group.attribute(name), "Index": place},
            data_type="FLOAT",
            domain="POINT",
        )
        return both(group, read, group.math("GREATER_THAN", count, place + 0.5))

    values = [largest("value", place) for place in range(3)]
    weights = [largest("weight", place) for place in range(3)]
    scale, shift = (terms.of_table(name, here.number) for name in ("scale", "shift"))
    bias = statistic(group, points, both(group, group.attribute("product"), terms.is_term), "Sum", group.same(slot, -1))
    rest = group.math("SUBTRACT", terms.total, bias)
    for value, weight in zip(values, weights, strict=True):
        rest = group.math("SUBTRACT", rest, group.math("MULTIPLY", value, weight))
    own = both(group, single, group.math("COMPARE", group.attribute("place"), here.unit, 0.1))
    numbers = dict(zip(VALUES + WEIGHTS, values + weights, strict=True))
    numbers |= {
        SUM: terms.total,
        NORMALIZED: group.math("MULTIPLY_ADD", terms.total, scale, shift),
        RESULT: terms.result_at(here.number),
        REST: rest,
        BIAS: bias,
        SCALE: scale,
        SHIFT: shift,
        OWN: terms.value_at(here.unit),
        HIGHEST: terms.highest,
        POWERS: statistic(group, points, both(group, group.attribute("second"), single), "Sum"),
        ALL: statistic(group, points, both(group, group.attribute("value"), single), "Sum"),
        SHARE: statistic(group, points, both(group, group.attribute("product"), own), "Sum"),
    }
    board.formula(points, terms.all_seen, numbers)
