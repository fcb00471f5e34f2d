# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Layer": cells as instances on points, arranged by unit, row and column."""

import bpy

from . import ranges
from .block import FOLDED, folding, mixed, scaled
from .tree import Group, reuse

NAME = "Neuroscene Layer"


def layer_group() -> bpy.types.NodeTree:
    """The layer's geometry. Its mesh has one vertex a cell, at (unit, column, row) among the drawn ones."""
    return reuse(NAME, _build)


def _build():
    group = Group(NAME)
    group.in_panel("Arrangement")
    group.socket("Units", "Int", 1, 1, about="Units that are drawn")
    group.socket("Rows", "Int", 1, 1, about="Rows of a unit's map that are drawn")
    group.socket("Columns", "Int", 1, 1, about="Columns of a unit's map that are drawn")
    group.socket("Unit Columns", "Int", 1, 1, about="Maps side by side before a new row of maps begins")
    group.socket("Pitch", "Float", 0.1, 0.0, about="Distance of neighbouring cells", subtype="DISTANCE")
    group.socket("Unit Gap", "Float", 0.0, 0.0, about="Empty space between maps, in pitches")
    group.socket("Cell Size", "Vector", (1.0, 1.0, 1.0), 0.0, about="Depth, width and height of a cell, in pitches")
    group.socket("Block", "Object", about="The block that the layer folds into with it")
    group.in_panel("Cells")
    group.socket("Cell", "Object", about="The object shown for each cell, one metre wide, growing along -X")
    group.socket("Round", "Bool", False, about="Scale cells evenly by value instead of raising them")
    group.socket("Size", "Float", 0.95, 0.0, 2.0, about="Width of a cell, in pitches")
    group.socket("Thickness", "Float", 0.3, 0.0, 10.0, about="Depth of a cell of value 0, in pitches")
    group.socket("Relief", "Float", 1.3, 0.0, 10.0, about="How far a cell of full value stands out, in pitches")
    ranges.declare(group, "Range", "The value that has the full colour and relief")
    group.socket("Material", "Material", about="Colours cells by the attribute 'shade' (value / Range)")
    group.in_panel("Backing")
    group.socket("Backing", "Float", 0.0, 0.0, about="Thickness of the plate behind the cells; 0 for none",
                 subtype="DISTANCE")
    group.socket("Margin", "Float", 1.0, 0.0, about="How far the plate stands out, in cells")
    group.socket("Backing Material", "Material")

    points = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"]})
    shade = group.math("DIVIDE", group.number(group.attribute("value")), ranges.in_force(group, "Range"))
    points = group.store(points, "shade", shade)
    place, extent = _places(group)
    fold, anchor = folding(group, "Block")
    place = mixed(group, fold, place, group.call(
        "ShaderNodeVectorMath", {0: anchor, 1: scaled(group, place, FOLDED)}, operation="ADD"))
    points = group.call("GeometryNodeSetPosition", {"Geometry": points, "Position": place})
    material = group.call("GeometryNodeSetMaterial", {
        "Geometry": group.call("GeometryNodeObjectInfo", {"Object": group["Cell"]}, "Geometry"),
        "Material": group["Material"]})
    scale = scaled(group, _scale(group), group.math("SUBTRACT", 1.0, fold))
    cells = group.call("GeometryNodeInstanceOnPoints", {"Points": points, "Instance": material, "Scale": scale})
    both = group.node("GeometryNodeJoinGeometry")
    # A multi-input socket lists the latest link first; connections count instances, so cells must come first.
    group.put(both.inputs[0], _backing(group, extent, fold, anchor))
    group.put(both.inputs[0], cells)
    return group.finish(both.outputs[0])


def _places(group):
    """The place of every cell, columns to -Y and rows down -Z, centred; and the whole extent, in metres."""
    unit, column, row = group.separate(group.call("GeometryNodeInputPosition", {}))
    across = group.math("MINIMUM", group["Unit Columns"], group["Units"])
    down = group.math("CEIL", group.math("DIVIDE", group["Units"], across))
    in_row = group.math("FLOORED_MODULO", unit, across)
    in_column = group.math("FLOOR", group.math("DIVIDE", group.math("ADD", unit, 0.5), across))
    _, width, height = group.separate(group["Cell Size"])
    horizontal = _axis(group, in_row, across, column, group["Columns"], width)
    vertical = _axis(group, in_column, down, row, group["Rows"], height)
    place = group.vector(0.0, horizontal[0], vertical[0])
    return place, (horizontal[1], vertical[1])


def _axis(group, unit, units, cell, cells, size):
    """The place of cells along one axis, in metres, centred, and the whole extent in pitches."""
    length = group.math("MULTIPLY", cells, size)
    step = group.math("ADD", length, group["Unit Gap"])
    whole = group.math("SUBTRACT", group.math("MULTIPLY", units, step), group["Unit Gap"])
    within = group.math("MULTIPLY", group.math("ADD", cell, 0.5), size)
    place = group.math("ADD", group.math("MULTIPLY", unit, step), within)
    centred = group.math("SUBTRACT", group.math("MULTIPLY", whole, 0.5), place)
    return group.math("MULTIPLY", centred, group["Pitch"]), whole


def _scale(group):
    shade = group.math("MINIMUM", group.math("MAXIMUM", group.attribute("shade"), 0.0), 1.0)
    width = group.math("MULTIPLY", group["Pitch"], group["Size"])
    rise = group.math("MULTIPLY_ADD", group["Relief"], shade, group["Thickness"])
    tile = group.call("ShaderNodeVectorMath", {
        0: group.vector(group.math("MULTIPLY", group["Pitch"], rise), width, width), 1: group["Cell Size"]},
        operation="MULTIPLY")
    even = group.math("MULTIPLY", width, group.math("MULTIPLY_ADD", shade, 0.38, 0.62))
    return group.call("GeometryNodeSwitch", {"Switch": group["Round"], "False": tile,
                                             "True": group.vector(even, even, even)}, input_type="VECTOR")


def _backing(group, extent, fold, anchor):
    """One box behind all maps, so that what lies behind does not show through the gaps."""
    edge = group.math("MULTIPLY", group["Margin"], 2.0)
    sides = [group.math("MULTIPLY", group.math("ADD", side, edge), group["Pitch"]) for side in extent]
    cube = group.call("GeometryNodeMeshCube", {"Size": group.vector(group["Backing"], *sides)})
    shift = group.vector(group.math("MULTIPLY", group["Backing"], 0.55), 0.0, 0.0)
    kept = group.math("SUBTRACT", 1.0, fold)
    cube = group.call("GeometryNodeTransform", {"Geometry": cube, "Translation": mixed(group, fold, shift, anchor),
                                                "Scale": group.vector(kept, kept, kept)})
    cube = group.call("GeometryNodeSetMaterial", {"Geometry": cube, "Material": group["Backing Material"]})
    plate = group.call("GeometryNodeGeometryToInstance", {"Geometry": cube})
    wanted = group.math("GREATER_THAN", group["Backing"], 0.0)
    return group.call("GeometryNodeSwitch", {"Switch": wanted, "True": plate}, input_type="GEOMETRY")
