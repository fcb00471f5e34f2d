# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle of connections as a Curves object whose ends follow the cells of two layers."""

from __future__ import annotations

import bpy
import numpy as np

from .. import compat
from ..network import Connection
from ..network.joins import WEIGHT
from ..network.lines import Lines
from ..nodes.connections import POINTS, connections_group
from ..nodes.tree import attach
from . import tags

RADIUS = 0.008  # metres, of the most important line; layers are ten metres high
COPY_RADIUS = 0.55  # of lines that carry no weight, as a share


def base_points(count: int) -> np.ndarray:
    """Positions (count, 8, 3) of curves before their modifier: x the way along, y the same smoothed, z 0."""
    along = np.linspace(0, 1, POINTS, dtype=np.float32)
    points = np.zeros((count, POINTS, 3), np.float32)
    points[:, :, 0], points[:, :, 1] = along, along * along * (3 - 2 * along)
    return points


def make(index: int, connection: Connection, lines: Lines, source: bpy.types.Object, target: bpy.types.Object,
         materials: dict, weight_range: float) -> bpy.types.Object:
    """The object of a bundle; `index` is its place among the connections, for two may join the same layers."""
    curves = bpy.data.hair_curves.new(f"{source.name} to {target.name}")
    for name, kind in (("source", "INT"), ("target", "INT"), ("weight", "FLOAT"), ("magnitude", "FLOAT"),
                       ("importance", "FLOAT")):
        curves.attributes.new(name, kind, "CURVE")
    thing = bpy.data.objects.new(curves.name, curves)
    weighted = connection.join.carries == WEIGHT
    attach(thing, "Connections", connections_group(), {
        "Source": source, "Target": target, "Radius": RADIUS * (1.0 if weighted else COPY_RADIUS),
        "Weight Range": weight_range, "Material": materials["lines" if weighted else "copies"]})
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
            # Poly curves: of others Blender evaluates twelve points a segment at every move of a layer.
            curves.set_types(type="POLY")
    if len(lines):
        curves.attributes["position"].data.foreach_set("vector", base_points(len(lines)).ravel())
        for name in ("source", "target", "weight", "magnitude", "importance"):
            curves.attributes[name].data.foreach_set("value", getattr(lines, name))
    curves.update_tag()
    finite = lines.importance[np.isfinite(lines.importance)]
    extent = float(np.percentile(finite, 99.5)) if len(finite) else 1.0
    compat.set_inputs(tags.modifier(thing), {"Importance Range": extent or 1.0})
    tags.write(thing, **(tags.read(thing) | {"level": lines.level, "drawn": len(lines), "total": lines.total}))


def follow_range(thing: bpy.types.Object, before: float, now: float) -> None:
    """Give a bundle the network's new weight range, unless somebody has set its own."""
    modifier = tags.modifier(thing)
    if np.isclose(compat.get_input(modifier, "Weight Range"), before):
        compat.set_inputs(modifier, {"Weight Range": now})
