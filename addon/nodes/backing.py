# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plates behind a layer's maps, so that what lies behind does not show through the gaps."""

from __future__ import annotations

from .arrangement import Units
from .cells import painted
from .fold import Fold
from .part import GroupPart
from .reveal import exploded
from .sockets.layer import GRID
from .tree import GroupBuilder
from .vectors import minus, mixed, only, plus, scaled, times

BEHIND = 0.55  # of its thickness stands a plate's middle behind the cells


def plates(group: GroupBuilder, units: Units, shown, fold: Fold):
    """One plate behind the grid; in other arrangements one behind each of the units that are shown, or nothing."""
    outer = group
    group = part = GroupPart("Neuroscene Layer Backing", outer)
    units = units.inside(part, "points", "place")
    shown = part.take("Shown", shown)
    fold = fold.inside(part)
    away = group.math("ABSOLUTE", group.math("SUBTRACT", group["Arrangement"], float(GRID)))
    ordered = group.math("LESS_THAN", group.math("ADD", away, group["Explode"]), 1e-6)
    margin = group.math("MULTIPLY", group["Margin"], group["Pitch"])
    shift = plus(group, fold.middle, group.vector(group.math("MULTIPLY", group["Backing"], BEHIND), 0.0, 0.0))
    made = group.when(
        ordered,
        _whole(group, units, fold, margin, shift),
        _each(group, units, shown, fold, margin, shift, away),
        "GEOMETRY",
    )
    shows = outer.math("GREATER_THAN", outer.math("MULTIPLY", outer["Backing"], outer["Reveal"]), 0.0)
    return only(outer, shows, part.give(geometry=made)[0])


def _cube(group):
    return painted(group, group.call("GeometryNodeMeshCube", {}), group["Backing Material"])


def _sides(group, size, edge):
    """The size of a plate: that of what stands before it and an edge all round."""
    _, wide, high = group.separate(plus(group, size, group.math("MULTIPLY", edge, 2.0)))
    return group.vector(group["Backing"], wide, high)


def _whole(group, units, fold, margin, shift):
    across, down = units.grid
    between = plus(group, group.vector(0.0, across, down), (0.0, -1.0, -1.0))
    place = mixed(group, fold.block, shift, fold.anchor)
    return group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": group.call("GeometryNodePoints", {"Count": 1, "Position": place}),
            "Instance": _cube(group),
            "Scale": scaled(group, _sides(group, times(group, between, units.step, units.size), margin), fold.kept),
        },
    )


def _each(group, units, shown, fold, margin, shift, away):
    """Plates that, the nearer the arrangement is to the grid, the more close the gaps between them."""
    larger = group.math("ADD", group["Explode"], 1.0)
    near = group.math("SUBTRACT", 1.0, group.math("ADD", away, group["Explode"]), clamp=True)
    _, gap, _ = group.separate(scaled(group, minus(group, units.step, units.size), 0.5))
    wider = group.math("MAXIMUM", group.math("SUBTRACT", gap, margin), 0.0)
    edge = group.math("MULTIPLY_ADD", wider, near, margin)
    index = group.call("GeometryNodeInputIndex", {})
    place = plus(group, exploded(group, group["Units"], units.deep, index, units.place, (0.0, 0.0, 0.0)), shift)
    place = mixed(group, fold.own, place, shift)
    place = mixed(group, fold.block, place, fold.anchor)
    return group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": group.call("GeometryNodeSetPosition", {"Geometry": units.points, "Position": place}),
            "Selection": shown,
            "Instance": _cube(group),
            "Scale": scaled(group, _sides(group, scaled(group, units.size, larger), edge), fold.kept),
        },
    )
