# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cells of a layer are seen: those revealed so far, those above a threshold, those that are not pruned."""

from __future__ import annotations

import bpy

from .network import of_network
from .part import GroupPart
from .sockets.layer import ORDERS
from .tree import GroupBuilder, Value
from .vectors import scaled, times

Socket = bpy.types.NodeSocket
NEXT_TO = 1e-6


def hidden(group: GroupBuilder, broken: Socket) -> list[Socket]:
    """How far each cell is hidden (0 to 1, a field on points that have `shade`), and whether any may be (one value).

    `broken` hides all: cells of a mesh that has lost some cannot be told apart.
    """
    picked = group.picked("Reveal By")
    outer = group
    group = part = GroupPart("Neuroscene Layer Reveal", outer)
    broken, picked = part.take("Broken", broken), part.take("By", picked)
    (network,) = of_network(group, "prune")
    prune = group.math("MAXIMUM", group["Prune"], network)
    reveals = group.math("LESS_THAN", group["Reveal"], 1.0)
    cuts = group.math("GREATER_THAN", group["Threshold"], 0.0)
    prunes = group.math("GREATER_THAN", prune, 0.0)
    hidden = group.when(reveals, group.math("SUBTRACT", 1.0, _grown(group, picked)), 0.0)
    below = group.math("LESS_THAN", group.math("ABSOLUTE", group.attribute("shade")), group["Threshold"])
    hidden = group.when(cuts, group.math("MAXIMUM", hidden, below), hidden)
    at = group.attribute("pruned_at")
    gone = group.math(
        "MULTIPLY",
        group.math("GREATER_THAN", at, 0.0),
        group.math("SUBTRACT", 1.0, group.math("GREATER_THAN", at, group.math("ADD", prune, NEXT_TO))),
    )
    hidden = group.when(prunes, group.math("MAXIMUM", hidden, gone), hidden)
    any_ = broken
    for condition in (reveals, cuts, prunes):
        any_ = group.call("FunctionNodeBooleanMath", {0: any_, 1: condition}, operation="OR")
    return part.give(hidden=group.when(broken, 1.0, hidden), hides=any_)


def _grown(group, picked):
    """How far each cell has appeared: q, the share of cells before it, is reached at Reveal = q / (1 + Softness)."""
    index = group.call("GeometryNodeInputIndex", {})
    count = group.math("MULTIPLY", group["Units"], group.math("MULTIPLY", group["Rows"], group["Columns"]))
    orders = {"Value": group.attribute("order"), "Importance": group.attribute("importance_order")}
    place = group.math("DIVIDE", index, count)
    for name, order in orders.items():
        place = group.when(group.same(picked, ORDERS.index(name)), order, place)
    soft = group.math("MAXIMUM", group["Softness"], NEXT_TO)
    reached = group.math("MULTIPLY", group["Reveal"], group.math("ADD", soft, 1.0))
    return group.math("DIVIDE", group.math("SUBTRACT", reached, place), soft, clamp=True)


def exploded(group: GroupBuilder, count: Socket, step: Socket, unit: Socket, place: Socket, middle: Value) -> Socket:
    """Places moved away from the middle of a layer, every other of `count` units by a step of a line."""
    explode = group["Explode"]
    larger = group.math("ADD", explode, 1.0)
    every_other = group.math("SUBTRACT", group.math("FLOORED_MODULO", unit, 2.0), 0.5)
    along = group.math("MULTIPLY", group.math("MULTIPLY", explode, step), group.math("GREATER_THAN", count, 1.5))
    shift = times(
        group,
        group.vector(every_other, 0.0, 0.0),
        group.vector(along, 0.0, 0.0),
        scaled(group, middle, group.math("MULTIPLY", explode, -1.0)),
    )
    moved = times(group, place, group.vector(larger, larger, larger), shift)
    return group.when(group.math("GREATER_THAN", explode, 0.0), moved, place, "VECTOR")
