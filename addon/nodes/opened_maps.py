# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shows where the terms of an opened cell come from: the maps before and behind it, frames round what is read, and
flattened maps in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .opened_parts import FLAT, FROM, FROM_FRAME, INTO, INTO_FRAME, LEAST, Board, both, bounds, some, statistic
from .vectors import plus, scaled

if TYPE_CHECKING:
    from .opened import Terms

WIDER = 0.5  # of a cell, by which a frame is wider than what it is round


def maps_on(board: Board, terms: Terms):
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


def frames_on(board: Board, terms: Terms):
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


def vector_on(board: Board, terms: Terms):
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
