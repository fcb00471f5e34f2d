# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Layer": cells as instances on points, arranged by unit, row and column.

Each step is a module of its own: where cells stand (arrangement, reduced, reveal's explosion, fold), what stands there
(cells), what of it is seen (reveal), and what comes with it (backing, fold's slab, number, a loose end). Where
planes stand for the layer, its one cell has no size, and says in the attribute `book` how much of these is seen.
"""

import bpy

from . import backing, cells, fold, loose_end, reveal
from .block import SEEN
from .reduced import Reduced
from .sockets.layer import LAYER
from .tree import GroupBuilder, reuse
from .vectors import mixed, scaled


def layer_group(font: bpy.types.VectorFont | None = None) -> bpy.types.NodeTree:
    """The layer's geometry. Its mesh has one vertex a cell: index = (unit x Rows + row) x Columns + column.

    `font`: of the number of units that are squares, if the group is still to be made.
    """
    return reuse(LAYER.name, _build, font)


def _build():
    group = GroupBuilder(LAYER.name)
    group.declare(LAYER)
    reduced = Reduced.of(group)
    units = reduced.units
    folded = fold.Fold.of(group, units.middle)
    place = _by_hand(group, units.cells)
    place = reveal.exploded(group, group["Units"], units.deep, units.indices[0], place, units.middle)
    place = folded.closed(units, reduced.place(place))
    points, broken = _points(group, units, place)
    points = cells.shaded(group, points)
    hidden, hides = reveal.hidden(group, broken)
    points = group.when(hides, group.store(points, "hidden", hidden), points, "GEOMETRY")
    left = group.math("SUBTRACT", 1.0, group.attribute("hidden"))
    seen = group.math("MULTIPLY", folded.kept, left)
    points = group.when(group["Plane"], group.store(points, SEEN, seen), points, "GEOMETRY")
    look = cells.Cells(group)
    colored = look.colored()
    size = reduced.scale(look.scale(folded.kept), look.even, folded.kept)
    size = group.when(hides, scaled(group, size, left), size, "VECTOR")
    made = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": points,
            "Instance": group.when(colored.fits, colored.instances, look.shape(), "GEOMETRY"),
            "Pick Instance": colored.fits,
            "Instance Index": group.when(colored.fits, colored.index, 0, "INT"),
            "Scale": group.when(group["Plane"], (0.0, 0.0, 0.0), size, "VECTOR"),
        },
    )
    made = group.when(hides, group.store(made, "hides", 1.0, "INSTANCE"), made, "GEOMETRY")
    both = group.node("GeometryNodeJoinGeometry")
    # A multi-input socket lists the latest link first; connections count instances, so cells must come first.
    for geometry in (
        backing.plates(group, units, reduced.shown, folded),
        loose_end.loose_end(group, folded),
        reduced.number(folded),
        folded.slab(units, points),
        made,
    ):
        group.put(both.inputs[0], geometry)
    return group.finish(both.outputs[0])


def _by_hand(group, place):
    hand = group["By Hand"]
    own = mixed(group, hand, place, group.call("GeometryNodeInputPosition", {}))
    return group.when(group.math("GREATER_THAN", hand, 0.0), own, place, "VECTOR")


def _points(group, units, place):
    """A point a cell, and whether the mesh has another number of vertices; then all cells are there, but not seen."""
    count = group.math("MULTIPLY", units.area, group["Units"])
    size = group.call(
        "GeometryNodeAttributeDomainSize", {"Geometry": group["Geometry"]}, "Point Count", component="MESH"
    )
    broken = group.math("GREATER_THAN", group.math("ABSOLUTE", group.math("SUBTRACT", size, count)), 0.5)
    mesh = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"], "Position": place})
    return group.when(broken, group.call("GeometryNodePoints", {"Count": count}), mesh, "GEOMETRY"), broken
