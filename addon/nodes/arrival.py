# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Arrival": a modifier before an object's own that lets its numbers appear in a film.

It multiplies `value` by a share that grows from 0 to 1, from the first unit to the last; of a book first its pages, in
their order, then its cover. At 1 it passes on what it was given, bit for bit, and costs nothing.
"""

from __future__ import annotations

import bpy

from .sockets.arrival import ARRIVAL
from .tree import MARK, GroupBuilder, reuse

LATE = 0.6  # of the time has passed when the last unit begins to appear
PAGES = 0.6  # of that until the last page of a book begins, before the cover does
LAST_OF_COVER = 2  # the values of `part` below this are of the cover and what is above it


def arrival_group() -> bpy.types.NodeTree:
    """Overwrites `value` of points that have a `unit`; of others of all at once."""
    return reuse(ARRIVAL.name, _build)


def is_arrival(tree: bpy.types.NodeTree) -> bool:
    """Whether a group is this one."""
    return tree.get(MARK) == ARRIVAL.name


def _build():
    group = GroupBuilder(ARRIVAL.name)
    group.declare(ARRIVAL)
    points = group["Geometry"]
    part = group.node("GeometryNodeInputNamedAttribute", data_type="INT")
    part.inputs["Name"].default_value = "part"
    number, there = (
        next(output for output in part.outputs if output.enabled),
        next(output for output in part.outputs if output.name == "Exists"),
    )
    page = group.math("GREATER_THAN", number, LAST_OF_COVER - 0.5)
    unit = group.attribute("unit", "INT")
    place = group.when(page, _share(group, points, unit, page), _share(group, points, unit, _not(group, page)))
    of_book = group.when(
        page, group.math("MULTIPLY", place, PAGES), group.math("MULTIPLY_ADD", place, 1.0 - PAGES, PAGES)
    )
    late = group.math("MULTIPLY", group.when(there, of_book, place), LATE)
    arrived = group.math("MULTIPLY", group["Arrival"], 1.001)  # what is rounded must not keep any below 1
    share = group.math("DIVIDE", group.math("SUBTRACT", arrived, late), 1.0 - LATE, clamp=True)
    lit = group.store(points, "value", group.math("MULTIPLY", group.attribute("value"), share))
    ahead = group.math("LESS_THAN", group["Arrival"], 1.0)
    return group.finish(group.when(ahead, lit, points, "GEOMETRY"))


def _not(group, condition):
    return group.math("SUBTRACT", 1.0, condition)


def _share(group, points, unit, own):
    """The place of each unit among those of `own` points, 0 for the first."""
    largest = group.call(
        "GeometryNodeAttributeStatistic",
        {"Geometry": points, ("Attribute", "VALUE"): group.math("MULTIPLY", unit, own)},
        ("Max", "VALUE"),
        data_type="FLOAT",
        domain="POINT",
    )
    return group.math("DIVIDE", unit, group.math("ADD", largest, 1.0))
