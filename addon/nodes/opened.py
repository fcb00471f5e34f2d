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

from .opened_maps import frames_on, maps_on, vector_on
from .opened_parts import (
    DARK,
    DECIMALS,
    FROM,
    FROM_FRAME,
    GLYPHS,
    HOT,
    INTO,
    INTO_FRAME,
    LEAST,
    ROW,
    STEP,
    TERM,
    TITLE,
    Board,
    Here,
    Table,
    accumulated,
    bars,
    both,
    bounds,
    largest,
    statistic,
)
from .part import within
from .sockets.opened import HOWS, OPENED
from .tree import GroupBuilder, reuse
from .vectors import plus

__all__ = [
    "DECIMALS",
    "FROM",
    "FROM_FRAME",
    "GLYPHS",
    "INTO",
    "INTO_FRAME",
    "ROW",
    "STEP",
    "TERM",
    "TITLE",
    "opened_group",
]

SUM, NORMALIZED, RESULT = range(3)  # of `step`
# and of `step` in the formula: values and weights of the largest products, then what else there is
VALUES, WEIGHTS = (10, 11, 12), (13, 14, 15)
REST, BIAS, SCALE, SHIFT, OWN, HIGHEST, POWERS, ALL, SHARE = range(16, 25)
BRIGHT = 0.38  # of the range: on brighter cells numbers are dark
DIM = 1.7  # times the largest weight has the full color, so that numbers on tiles can be read
FAR = 1e30
Socket = bpy.types.NodeSocket


def opened_group() -> bpy.types.NodeTree:
    """One number and what it is made of; faces -Y."""
    return reuse(OPENED.name, _build)


class Terms:
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
        self.of_table = Table(group)
        self.source = group.near(group["Source"])
        self.target = group.call("GeometryNodeObjectInfo", {"Object": group["Target"]}, "Geometry")
        self._values()
        self._products()
        self._order()
        self._sums()

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
    terms = Terms(group)
    board = Board(group)
    _terms_on(board, terms)
    _rows_on(board, terms)
    _steps_on(board, terms)
    maps_on(board, terms)
    frames_on(board, terms)
    _formula_on(board, terms)
    vector_on(board, terms)
    return group.finish(board.finish())


def _terms_on(board: Board, terms: Terms):
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


def _rows_on(board: Board, terms: Terms):
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


def _steps_on(board: Board, terms: Terms):
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


def _formula_on(board: Board, terms: Terms):
    """The three largest products and all others, and what becomes of their sum; or what a mean or a softmax takes."""
    group, points, here = board.group, terms.points, terms.here
    slot = group.attribute("slot", "INT")
    single = both(group, terms.is_term, group.math("GREATER_THAN", slot, -0.5))
    count = statistic(group, points, single, "Sum")
    values, weights = largest(group, points, single, "product", count, ("value", "weight"))
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
