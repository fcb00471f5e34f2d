# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Block": a tray under the layers of a block, and the box that they fold into.

It gives one instance, at the place where what is inside folds to, with the attribute `fold`. The layers and blocks
inside read these two, so that one slider on the outermost block folds all that is in it. A book in place of the box
reads `book`: how far this block is closed, and none round it.
"""

import bpy

from .sockets.block import BLOCK
from .tree import GroupBuilder, reuse
from .vectors import mixed, scaled

SEEN = "book"  # how much is seen of the book that stands for this, an attribute of the instance
UNBUILT = "unbuilt"  # an attribute of the trays: 1 where nothing is inside yet, so that the block stays closed
EDGE = 0.42  # of the height, above and below the middle, reach the lines that end on an edge
ENDS = {  # where the signal leaves a book, and where it enters from above and from below; shares of the box
    "leaves": (0.5, 0.5, -0.3),
    "above": (0.5, 0.3, 0.5),
    "below": (0.5, -0.22, -0.5),
}
FOLDED = 0.3  # of its size is left of a layer's arrangement in a folded block: where lines enter the box


def block_group() -> bpy.types.NodeTree:
    """The geometry of a block. Its mesh has a vertex a tray, with the attributes `size` and `unbuilt`; its origin is in
    the middle of the block."""
    return reuse(BLOCK.name, _build)


def folding(group: GroupBuilder, name: str) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """How far the block in the socket of this name is folded (0 to 1), and the place it folds to, in our own space."""
    info = group.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    group.put(info.inputs["Object"], group[name])
    reductions = []
    position = group.call("GeometryNodeInputPosition", {})
    for value, kind in ((group.attribute("fold"), "FLOAT"), (position, "FLOAT_VECTOR")):
        reductions.append(
            group.call(
                "GeometryNodeSampleIndex",
                {"Geometry": info.outputs["Geometry"], "Value": value, "Index": 0},
                data_type=kind,
                domain="INSTANCE",
            )
        )
    return reductions[0], reductions[1]


def _edges(group: GroupBuilder) -> bpy.types.NodeSocket:
    """Instances of nothing round the folded block, for lines to end on: from top to bottom as many as *Edges* on the
    edge where the signal leaves, then on that where it enters; then those of `ENDS`."""
    count = group["Edges"]
    index = group.call("GeometryNodeInputIndex", {})
    half = group.math("SUBTRACT", count, 0.5)
    enters = group.math("GREATER_THAN", index, half)
    number = group.math("SUBTRACT", index, group.math("MULTIPLY", count, enters))
    way = group.math("DIVIDE", number, group.math("MAXIMUM", group.math("SUBTRACT", count, 1.0), 1.0))
    side = group.math("SUBTRACT", 0.5, enters)
    place = group.vector(side, side, group.math("MULTIPLY_ADD", way, -2 * EDGE, EDGE))
    end = group.math("SUBTRACT", index, group.math("MULTIPLY", count, 2.0))
    for which, at in enumerate(ENDS.values()):
        place = group.when(group.same(end, which), at, place, "VECTOR")
    points = group.call("GeometryNodePoints", {"Count": group.math("MULTIPLY_ADD", count, 2.0, len(ENDS))})
    place = group.call("ShaderNodeVectorMath", {0: place, 1: group["Box"]}, operation="MULTIPLY")
    points = group.call("GeometryNodeSetPosition", {"Geometry": points, "Position": place})
    nothing = group.call("GeometryNodePoints", {"Count": 0})
    edges = group.call("GeometryNodeInstanceOnPoints", {"Points": points, "Instance": nothing})
    return group.when(group.math("GREATER_THAN", count, 0.5), edges, nothing, "GEOMETRY")


def _build():
    group = GroupBuilder(BLOCK.name)
    group.declare(BLOCK)
    outer, anchor = folding(group, "Outer")
    empty = group.sample(group["Geometry"], group.attribute(UNBUILT), 0, domain="POINT")
    fold = group.math("MAXIMUM", group["Fold"], empty)
    open_ = group.math("SUBTRACT", 1.0, fold)
    # the first tray grows to the box, the others vanish
    first = group.math("COMPARE", group.call("GeometryNodeInputIndex", {}), 0.0, 0.1)
    first = group.when(group["Book"], 0.0, first)
    box = scaled(group, group["Box"], first)
    size = mixed(group, fold, group.attribute("size", "FLOAT_VECTOR"), box)
    place = scaled(group, group.call("GeometryNodeInputPosition", {}), open_)
    trays = group.call(
        "GeometryNodeSetPosition",
        {"Geometry": group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"]}), "Position": place},
    )
    cubes = group.call(
        "GeometryNodeInstanceOnPoints",
        {"Points": trays, "Instance": group.call("GeometryNodeMeshCube", {}), "Scale": size},
    )
    box = group.call("GeometryNodeRealizeInstances", {"Geometry": cubes})
    store = group.node("GeometryNodeStoreNamedAttribute", data_type="FLOAT_COLOR", domain="POINT")
    for socket, value in (("Geometry", box), ("Name", "tint"), ("Value", group["Color"])):
        group.put(store.inputs[socket], value)
    box = group.call("GeometryNodeSetMaterial", {"Geometry": store.outputs[0], "Material": group["Material"]})
    points = group.call("GeometryNodePoints", {"Count": 1, "Position": scaled(group, anchor, outer)})
    left = group.math("SUBTRACT", 1.0, outer)
    shown = group.call(
        "GeometryNodeInstanceOnPoints", {"Points": points, "Instance": box, "Scale": group.vector(left, left, left)}
    )
    join = group.node("GeometryNodeJoinGeometry")
    for part in (_edges(group), shown):  # the latest link comes first
        group.put(join.inputs[0], part)
    shown = join.outputs[0]
    both = group.math("SUBTRACT", 1.0, group.math("MULTIPLY", group.math("SUBTRACT", 1.0, fold), left))
    shown = group.store(shown, SEEN, group.math("MULTIPLY", fold, left), "INSTANCE")
    return group.finish(group.store(shown, "fold", both, "INSTANCE"))
