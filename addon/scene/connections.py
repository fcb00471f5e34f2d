# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle of connections as a Curves object whose ends follow the cells of two layers."""

from __future__ import annotations

import bpy
import numpy as np

from .. import compat
from ..layout.skyline import smooth, swell
from ..network import Connection
from ..network.joins import WEIGHT
from ..network.lines import Lines
from ..nodes.connections import POINTS, connections_group
from ..nodes.tree import attach
from . import tags

RADIUS = 0.008  # metres, of the most important line; layers are ten metres high
COPY_RADIUS = 0.55  # of lines that carry no weight, as a share


def base_points(count: int) -> np.ndarray:
    """Positions (count, 8, 3) of curves before their modifier: x the way along, y the same smoothed, z the lift."""
    return np.broadcast_to(BASE, (count, POINTS, 3))


def _base():
    along = np.linspace(0, 1, POINTS, dtype=np.float32)
    return np.stack([along, smooth(along), swell(along)], -1)


BASE = _base()


def make(index: int, connection: Connection, lines: Lines, source: bpy.types.Object, target: bpy.types.Object,
         materials: dict, weight_range: float, lift: tuple[float, float, float]) -> bpy.types.Object:
    """The object of a bundle; `index` is its place among the connections, for two may join the same layers."""
    curves = bpy.data.hair_curves.new(f"{source.name} to {target.name}")
    for name, kind in (("source", "INT"), ("target", "INT"), ("weight", "FLOAT"), ("magnitude", "FLOAT"),
                       ("importance", "FLOAT")):
        curves.attributes.new(name, kind, "CURVE")
    thing = bpy.data.objects.new(curves.name, curves)
    weighted = connection.join.carries == WEIGHT
    attach(thing, "Connections", connections_group(), {
        "Source": source, "Target": target, "Radius": RADIUS * (1.0 if weighted else COPY_RADIUS),
        "Weight Range": weight_range, "Lift": lift, "Material": materials["lines" if weighted else "copies"]})
    tags.write(thing, "connections", source=connection.source.name, target=connection.target.name,
               index=index, carries=connection.join.carries)
    set_lines(thing, lines)
    return thing


def set_lines(thing: bpy.types.Object, lines: Lines) -> None:
    """Put these connections into a bundle, in place of those it has."""
    curves = thing.data
    if len(curves.curves) != len(lines):
        curves.remove_curves()
        if len(lines):
            curves.add_curves([POINTS] * len(lines))
            _bend(thing)
    if len(lines):
        curves.attributes["position"].data.foreach_set("vector", base_points(len(lines)).ravel())
        for name in ("source", "target", "weight", "magnitude", "importance"):
            curves.attributes[name].data.foreach_set("value", getattr(lines, name))
    curves.update_tag()
    finite = lines.importance[np.isfinite(lines.importance)]
    high = int(0.995 * len(finite))
    extent = float(np.partition(finite, high)[high]) if len(finite) else 1.0
    compat.set_inputs(tags.modifier(thing), {"Importance Range": extent or 1.0})
    tags.write(thing, **(tags.read(thing) | {"level": lines.level, "drawn": len(lines), "total": lines.total}))


def lead(thing: bpy.types.Object, lift: tuple[float, float, float]) -> None:
    """Lead the lines of a bundle round what they skip."""
    compat.set_inputs(tags.modifier(thing), {"Lift": lift})
    if len(thing.data.curves):
        _bend(thing)
    thing.update_tag()


def _bend(thing):
    """Poly curves: of others Blender evaluates twelve points a segment at every move of a layer. Lines that are led
    round something are few, and bend too much for eight points."""
    bent = any(compat.get_input(tags.modifier(thing), "Lift"))
    thing.data.set_types(type="CATMULL_ROM" if bent else "POLY")


def lines_of(thing: bpy.types.Object) -> Lines:
    """The connections of a bundle, read back from it."""
    facts, found = tags.read(thing), {}
    for name in ("source", "target", "weight", "magnitude", "importance"):
        values = np.empty(len(thing.data.curves), np.int32 if name in ("source", "target") else np.float32)
        thing.data.attributes[name].data.foreach_get("value", values)
        found[name] = values
    return Lines(facts["level"], **found, total=facts["total"])


def follow_range(thing: bpy.types.Object, before: float, now: float) -> None:
    """Give a bundle the network's new weight range, unless somebody has set its own."""
    modifier = tags.modifier(thing)
    if np.isclose(compat.get_input(modifier, "Weight Range"), before):
        compat.set_inputs(modifier, {"Weight Range": now})
