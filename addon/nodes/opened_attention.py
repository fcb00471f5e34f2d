# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Opened Attention": what a token takes of the others in a head: its query times each key, the
softmax of these, the values by their shares, and their sum.

Points of the mesh have `part`. First come TERMs, a number of a query and a key each: `key` is the other token, `slot`
the place in the query. Then ROWs, one an other token, with `key`; STEPs; the STRIP, the query and the key that gives
most, number by number, with the number of that token behind; and the numbers of the title. The mesh of *Table* has
`query`, `other`, `value`, `mask` and `target` (the number of the drawn cell, -1 where there is none), as flat as they
are: by head, token, and place in it.
"""

from __future__ import annotations

import bpy

from .opened import REST, ROW, STEP, SUM, TERM, TITLE, VALUES, WEIGHTS
from .opened_parts import HOT, LEAST, PLAIN, Board, Here, Table, accumulated, bars, both, largest, statistic
from .part import within
from .sockets.opened import ATTENTION
from .tree import GroupBuilder, reuse
from .vectors import scaled

STRIP = 8  # of `part`
BLOCKED = -1e4  # scores below it were masked
FAR = 1e30
DIM = 1.7  # times the largest number has the full color
COLUMNS = ("dot", "score", "raised", "share", "value")
Socket = bpy.types.NodeSocket


def attention_group() -> bpy.types.NodeTree:
    """What a token takes of the others in a head; faces -Y."""
    return reuse(ATTENTION.name, _build)


def _build():
    group = GroupBuilder(ATTENTION.name)
    group.declare(ATTENTION)
    here, board = Here(group), Board(group)
    of_table = Table(group)
    part, slot, key, step = (group.attribute(name, "INT") for name in ("part", "slot", "key", "step"))
    is_term, is_row, is_strip, is_step, is_title = (group.same(part, kind) for kind in (TERM, ROW, STRIP, STEP, TITLE))
    head, query, feature = here.unit, here.row, here.column
    first_query = group.math("MULTIPLY", group.math("MULTIPLY_ADD", head, group["Queries"], query), group["Size"])
    first_key = both(group, head, group["Keys"], group["Size"])

    def of_query(place):
        return of_table("query", group.math("ADD", first_query, place))

    def of_key(other, place):
        return of_table("other", group.math("ADD", first_key, group.math("MULTIPLY_ADD", other, group["Size"], place)))

    product = both(group, of_query(slot), of_key(key, slot), is_term)
    points = group.store(group["Geometry"], "product", product)
    _, dot = accumulated(group, group.attribute("product"), key)
    points = group.store(points, "dot", both(group, dot, is_row))
    mask_head = both(group, head, group["Own Mask"])
    at = group.math("MULTIPLY_ADD", group.math("MULTIPLY_ADD", mask_head, group["Queries"], query), group["Keys"], key)
    mask = of_table("mask", at)
    points = group.store(points, "open", both(group, is_row, group.math("GREATER_THAN", mask, BLOCKED)))
    is_open = group.attribute("open")
    score = group.math("MULTIPLY_ADD", group.attribute("dot"), group["Factor"], group.math("MAXIMUM", mask, BLOCKED))
    points = group.store(points, "score", both(group, score, is_open))
    highest = statistic(group, points, group.attribute("score"), "Max", is_open)
    raised = group.math("EXPONENT", group.math("SUBTRACT", group.attribute("score"), highest))
    points = group.store(points, "raised", both(group, raised, is_open))
    whole = statistic(group, points, group.attribute("raised"), "Sum", is_row)
    share = group.math("DIVIDE", group.attribute("raised"), group.math("MAXIMUM", whole, LEAST))
    points = group.store(points, "share", both(group, share, is_open))
    at = group.math("MULTIPLY_ADD", group.math("MULTIPLY_ADD", head, group["Keys"], key), group["Features"], feature)
    points = group.store(points, "value", both(group, of_table("value", at), is_row))
    points = group.store(points, "sum", group.math("MULTIPLY", group.attribute("share"), group.attribute("value")))
    total = statistic(group, points, group.attribute("sum"), "Sum", is_row)
    best = statistic(group, points, group.attribute("share"), "Max", is_row)
    leads = group.math("COMPARE", group.attribute("share"), best, 1e-9)
    best = statistic(group, points, key, "Min", both(group, is_row, leads))
    _strip(board, points, is_strip, of_query(slot), of_key(best, slot), best)
    target = group.call("GeometryNodeObjectInfo", {"Object": group["Target"]}, "Geometry", transform_space="RELATIVE")
    at = group.math("MULTIPLY_ADD", group.math("MULTIPLY_ADD", head, group["Queries"], query), group["Keys"], key)
    _frames(board, points, is_row, of_table("target", at, "INT"), target)
    points = _in_rows(group, points, is_row)
    _rows(board, points, is_row)
    board.number(points, is_step, group.vector(group["Sums"], 0.0, 0.0), total, 0.0, float(HOT))
    _formula(board, points, is_row, total)
    place = group.when(group.same(step, 0), here.unit, group.when(group.same(step, 1), here.row, here.column))
    board.number(points, is_title, (0.0, 0.0, 0.0), group.math("ADD", place, 1.0), 0.0, float(HOT))
    return group.finish(board.finish())


def _formula(board: Board, points, is_row, total):
    """The three others that give most, and all others together."""
    group = board.group
    shares, values = largest(group, points, is_row, "sum", group["Keys"], ("share", "value"))
    rest = total
    for share, value in zip(shares, values, strict=True):
        rest = group.math("SUBTRACT", rest, group.math("MULTIPLY", share, value))
    numbers = dict(zip(VALUES + WEIGHTS, shares + values, strict=True)) | {SUM: total, REST: rest}
    board.formula(points, group.math("GREATER_THAN", group["Fill"], 0.999), numbers)


def _strip(board: Board, points, is_strip, query, key, best):
    """The numbers of the query, of the key that gives most, and their products, one below the other."""
    group = board.group
    points = group.store(points, "of_query", both(group, query, is_strip))
    points = group.store(points, "of_key", both(group, key, is_strip))
    query, key = group.attribute("of_query"), group.attribute("of_key")
    points = group.store(points, "of_both", group.math("MULTIPLY", query, key))
    for place, name in enumerate(("of_query", "of_key", "of_both")):
        number = group.attribute(name)
        full = group.math("MULTIPLY", statistic(group, points, group.math("ABSOLUTE", number), "Max", is_strip), DIM)
        down = group.vector(0.0, 0.0, group.math("MULTIPLY", group["Row Height"], -float(place)))
        board.tiles(points, is_strip, down, number, full, group["Term Material"])
    board.number(
        points, group.same(group.attribute("part", "INT"), STRIP + 1), (0.0, 0.0, 0.0), group.math("ADD", best, 1.0)
    )


def _in_rows(group, points, is_row):
    """The other tokens in their order, or by their shares, those alone that have a row; all others count as one."""
    index = group.call("GeometryNodeInputIndex", {})
    by_share = both(group, group["Ranked"], is_row)
    weight = group.when(by_share, group.math("MULTIPLY", group.attribute("share"), -1.0), index)
    ordered = group.call(
        "GeometryNodeSortElements",
        {"Geometry": points, "Group ID": group.math("SUBTRACT", 1.0, is_row), "Sort Weight": weight},
        domain="POINT",
    )
    index = group.call("GeometryNodeInputIndex", {})
    points = group.store(ordered, "row", group.when(is_row, index, FAR))
    shown = both(
        group, is_row, group.math("LESS_THAN", group.attribute("row"), group.math("SUBTRACT", group["Shown"], 0.5))
    )
    points = group.store(points, "shown", shown)
    down = group.math("MULTIPLY", group.math("ADD", group.attribute("row"), 0.5), group["Row Height"])
    moved = group.vector(0.0, 0.0, group.math("MULTIPLY", down, -1.0))
    return group.call("GeometryNodeSetPosition", {"Geometry": points, "Selection": is_row, "Offset": moved})


def _rows(board: Board, points, is_row):
    group = board.group
    count = group.math("ADD", group.math("MINIMUM", group["Keys"], group["Shown"]), 1.0)
    fill = group.math("MULTIPLY_ADD", group["Fill"], count, 1e-4)
    seen = group.math("LESS_THAN", group.math("ADD", group.attribute("row"), 0.5), fill)
    shown = both(group, group.attribute("shown"), seen)
    is_open = both(group, shown, group.attribute("open"))
    labels = group.store(group.store(points, "size", group["Label Size"]), "decimals", 0.0)
    at = group.vector(group.math("MULTIPLY", group["Block"], -0.9), 0.0, 0.0)
    board.number(labels, shown, at, group.math("ADD", group.attribute("key", "INT"), 1.0))
    for place, name in enumerate(COLUMNS):
        at = group.vector(group.math("MULTIPLY", group["Block"], float(place)), 0.0, 0.0)
        ink = float(HOT) if name == "share" else float(PLAIN)
        board.number(points, shown if name == "dot" else is_open, at, group.attribute(name), 0.0, ink)
    at_sums = group.vector(group["Sums"], 0.0, 0.0)
    board.number(points, is_open, at_sums, group.attribute("sum"), 1.0)
    others = both(group, is_row, group.math("SUBTRACT", 1.0, group.attribute("shown")))
    rest = statistic(group, points, both(group, group.attribute("sum"), others), "Sum", is_row)
    is_rest = group.same(group.attribute("part", "INT"), STRIP + 2)
    at_rest = both(group, is_rest, group.math("GREATER_THAN", group["Fill"], 0.999))
    board.number(points, at_rest, at_sums, rest, 1.0)
    points = group.store(points, "sum", group.when(is_rest, rest, group.attribute("sum")))
    counted = group.math("MAXIMUM", group.attribute("shown"), is_rest)
    begins, _ = accumulated(group, both(group, group.attribute("sum"), counted))
    points = group.store(points, "begin", begins)
    bar = group.math("MAXIMUM", is_open, at_rest)
    names = ("Bars", "Length", "Thickness", "Term Material")
    board.add(within(group, "Neuroscene Opened Bars", bars, points, bar, *(group[name] for name in names)))


def _frames(board: Board, points, is_row, drawn, target):
    """A frame round the pattern of the query, where the layer shows it."""
    group = board.group
    shown = both(group, is_row, group.math("GREATER_THAN", drawn, -0.5))
    spot = group.call("GeometryNodeInputPosition", {})
    spot = group.sample(target, spot, group.math("MAXIMUM", drawn, 0.0), "FLOAT_VECTOR")
    pitch = group.math("MULTIPLY", group["Pitch"], 1.1)
    points = group.store_vector(group.store(points, "framed", shown), "spot", spot)
    size = group.vector(pitch, pitch, pitch)
    spot = scaled(group, group.attribute("spot", "FLOAT_VECTOR"), 1.0)
    thin = group.math("MULTIPLY", group["Frame"], 0.6)
    board.outlines(points, group.attribute("framed"), spot, size, thin, group["Result Material"])
