# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Palette": the cell in every color of a map, so that *Solid* shading shows what cells hold.

Workbench reads no attribute of instances, but each instance may show a mesh of its own, and it does read the colors of
meshes. So a palette holds every shape of a cell once a level, in the color of that level, and in a viewport a cell
shows the one that is nearest to its shade. Pictures never do: their material reads `shade` itself.
"""

from __future__ import annotations

from math import pi

import bpy

from ..colormaps.value import LEAST_LOG, LEAST_NOT_FINITE
from .part import GroupPart
from .sockets.layer import SHAPES
from .sockets.palette import LEVELS, PALETTE
from .tree import GroupBuilder, reuse
from .vectors import minus

Socket = bpy.types.NodeSocket
COLOR = "Color"  # of each level, an attribute of the points of a palette; Workbench shows it
SIDES = 24  # of a disc
HELD = ("Tile", "Box", "Sphere", "Disc", "Point")  # in this order; Own is what stands for the tile
SEED = "seed"  # is 1 of the points of the palette itself
SAME = 1e-5  # metres; boxes that differ by less are of one shape


def palette_group() -> bpy.types.NodeTree:
    """Every shape of a cell in every color: instances, shape by shape; and a face that says what they are made for."""
    return reuse(PALETTE.name, _build)


def _build():
    group = GroupBuilder(PALETTE.name)
    group.declare(PALETTE)
    index = group.call("GeometryNodeInputIndex", {})
    points = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"]})
    points = group.call(
        "GeometryNodeStoreNamedAttribute",
        {"Geometry": points, "Name": "level", "Value": index},
        data_type="INT",
        domain="POINT",
    )
    given = shapes(group)
    # 4.5 shows the colors of a mesh that has them as its active ones: that of the palette has, no primitive
    seed = group.store(group["Geometry"], SEED, 1.0)
    both = group.node("GeometryNodeJoinGeometry")
    for name in reversed(HELD):  # a multi-input socket lists the latest link first
        each = group.call("GeometryNodeInstanceOnPoints", {"Points": points, "Instance": given[name]})
        joined = group.node("GeometryNodeJoinGeometry")
        for geometry in (each, seed):
            group.put(joined.inputs[0], geometry)
        real = group.call("GeometryNodeRealizeInstances", {0: joined.outputs[0]})
        is_seed = group.math("GREATER_THAN", group.attribute(SEED), 0.5)
        real = group.call("GeometryNodeDeleteGeometry", {0: real, "Selection": is_seed}, domain="POINT")
        shown = group.call(  # Blender shows colors that were stored on a mesh, not those that came with its points
            "GeometryNodeStoreNamedAttribute",
            {"Geometry": real, "Name": COLOR, ("Value", "RGBA"): group.attribute(COLOR, "FLOAT_COLOR")},
            data_type="FLOAT_COLOR",
            domain="POINT",
        )
        level = group.attribute("level", "INT")
        group.put(both.inputs[0], group.call("GeometryNodeSplitToInstances", {0: shown, "Group ID": level}))
    held = group.call("GeometryNodeMeshGrid", {"Vertices X": 2, "Vertices Y": 2}, "Mesh")
    for name in ("Low", "Log"):
        held = group.store(held, name.lower(), group[name])
    for name, value in zip(("low", "high"), _box(group, given["Tile"]), strict=True):
        held = group.call(
            "GeometryNodeStoreNamedAttribute",
            {"Geometry": held, "Name": f"cell_{name}", ("Value", "VECTOR"): value},
            data_type="FLOAT_VECTOR",
            domain="POINT",
        )
    everything = group.node("GeometryNodeJoinGeometry")
    for geometry in (held, both.outputs[0]):
        group.put(everything.inputs[0], geometry)
    return group.finish(
        group.call("GeometryNodeSetMaterial", {"Geometry": everything.outputs[0], "Material": group["Material"]})
    )


def shapes(group: GroupBuilder) -> dict[str, Socket]:
    """The geometry of one cell by the names of its shapes, one metre wide; "Tile" and "Own" are what stands in the
    socket Cell."""
    disc = group.call("GeometryNodeMeshCylinder", {"Vertices": SIDES, "Radius": 0.5, "Depth": 1.0})
    ball = group.call("GeometryNodeMeshIcoSphere", {"Radius": 0.5, "Subdivisions": 3})
    ball = group.call("GeometryNodeSetShadeSmooth", {0: ball})
    tile = group.call("GeometryNodeObjectInfo", {"Object": group["Cell"]}, "Geometry")
    return {
        "Tile": tile,
        "Box": _grown(group, group.call("GeometryNodeMeshCube", {}), (0.0, 0.0, 0.0)),
        "Sphere": ball,
        "Disc": _grown(group, disc, (0.0, pi / 2, 0.0)),
        "Own": tile,
        "Ellipsoid": ball,
        "Point": group.call("GeometryNodeMeshIcoSphere", {"Radius": 0.5, "Subdivisions": 1}),
    }


def _grown(group, geometry, turn):
    """A shape that has its back at the origin and grows along -X, as the tile does."""
    return group.call(
        "GeometryNodeTransform", {"Geometry": geometry, "Translation": (-0.5, 0.0, 0.0), "Rotation": turn}
    )


def _box(group, geometry) -> tuple[Socket, Socket]:
    box = group.call("GeometryNodeBoundBox", {0: geometry}).node
    return box.outputs["Min"], box.outputs["Max"]


class Colored:
    """What a layer takes from the palette in its socket: whether it may, the shapes, and which of them each cell is.

    It may in viewports, as long as it has the material and the cell that the palette was made for.
    """

    def __init__(self, outer: GroupBuilder, picked: Socket, plain: Socket):
        """`picked`: the number of the shape; `plain`: whether cells show their shade, and nothing else."""
        part = group = GroupPart("Neuroscene Layer Colors", outer)
        palette = group.call("GeometryNodeObjectInfo", {"Object": group["Palette"]}, "Geometry")
        parts = group.call("GeometryNodeSeparateComponents", {0: palette}).node
        made, instances = parts.outputs["Mesh"], parts.outputs["Instances"]
        fits = group.call("GeometryNodeIsViewport", {})
        for condition in (
            group.take("Plain", plain),
            group.math("GREATER_THAN", self._painted(group, made), 0.5),
            group.math("LESS_THAN", self._away(group, made), SAME),
        ):
            fits = group.call("FunctionNodeBooleanMath", {0: fits, 1: condition}, operation="AND")
        index = self._index(group, made, group.take("Shape Number", picked))
        self.fits, self.instances, self.index = part.give(fits=fits, instances=instances, index=index)

    @staticmethod
    def _painted(group, made):
        """1 if the palette has the material of the layer, else 0."""
        same = group.call("GeometryNodeMaterialSelection", {0: group["Material"]})
        told = group.call(
            "GeometryNodeAttributeStatistic",
            {"Geometry": made, ("Attribute", "VALUE"): same},
            data_type="FLOAT",
            domain="FACE",
        )
        return next(output for output in told.node.outputs if output.name == "Max" and output.type == "VALUE")

    @staticmethod
    def _away(group, made):
        """How far the cell of the layer is from that of the palette, by their boxes, in metres."""
        cell = group.call("GeometryNodeObjectInfo", {"Object": group["Cell"]}, "Geometry")
        away = 0.0
        for name, corner in zip(("low", "high"), _box(group, cell), strict=True):
            told = group.sample(made, group.attribute(f"cell_{name}", "FLOAT_VECTOR"), 0, "FLOAT_VECTOR", "POINT")
            apart = minus(group, corner, told)
            length = group.call("ShaderNodeVectorMath", {0: apart}, "Value", operation="LENGTH")
            away = group.math("ADD", length, away)
        return away

    @staticmethod
    def _index(group, made, picked):
        """Which instance of the palette each cell is: a field. `colormaps.value` has the formula."""
        low, log = (group.sample(made, group.attribute(name), 0, domain="POINT") for name in ("low", "log"))
        shade = group.attribute("shade")
        size = group.math("MINIMUM", group.math("ABSOLUTE", shade), 1.0)
        reach = group.math("SUBTRACT", group.math("POWER", 10.0, log), 1.0)
        bent = group.math("LOGARITHM", group.math("MULTIPLY_ADD", reach, size, 1.0), 10.0)
        bent = group.math("DIVIDE", bent, log)
        size = group.when(group.math("GREATER_THAN", log, LEAST_LOG), bent, size)
        signed = group.math("MULTIPLY", group.math("SIGN", shade), size)
        way = group.math("SUBTRACT", 1.0, low)
        place = group.math("DIVIDE", group.math("SUBTRACT", signed, low), way, clamp=True)
        level = group.math("ROUND", group.math("MULTIPLY", place, LEVELS - 1.0))
        wrong = group.math("GREATER_THAN", shade, LEAST_NOT_FINITE)
        level = group.call(
            "GeometryNodeSwitch", {"Switch": wrong, "False": level, "True": float(LEVELS)}, input_type="FLOAT"
        )
        first = 0.0
        for number, name in enumerate(SHAPES):
            held = HELD.index({"Own": "Tile", "Ellipsoid": "Sphere"}.get(name, name))
            if held:
                first = group.when(group.same(picked, number), held * (LEVELS + 1.0), first)
        return group.math("ADD", level, first)
