# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast 100,000 cells fold and change their arrangement, beside a bare modifier that gives the same instances."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import numpy as np

CELLS, STEPS, PAIRS = 100_000, 40, 4
LAYERS = {  # what it is called, and its sockets
    "maps": ("400 maps of 25 x 10 cells", {"Units": 400, "Rows": 25, "Columns": 10, "Unit Columns": 20}),
    "units": ("100,000 units", {"Units": CELLS, "Unit Columns": 79}),
}


def cells():
    """One depsgraph update on Fold and on Arrangement of layers of CELLS cells."""
    from bench import row

    found = []
    for name, (what, sockets) in LAYERS.items():
        for socket, low, high in (("Fold", 0.1, 0.9), ("Arrangement", 2.0, 2.3)):
            ratio, mine, other = race(name == "units", sockets, socket, low, high)
            found.append(
                row(
                    f"{socket} of {what}, one update",
                    ratio,
                    "x",
                    f"a bare modifier that gives the same instances ({1000 * other:.1f} ms; ours {1000 * mine:.1f} ms)",
                    1.5,
                )
            )
    return found


def race(single: bool, sockets: dict, socket: str, low: float, high: float) -> tuple[float, float, float]:
    """The ratio of medians, and the medians in seconds. Scenes of both take turns, so that whatever else the machine
    does, and where in memory a scene happens to lie, meets both."""
    import bpy

    from neuroscene.addon import compat
    from neuroscene.addon.nodes.layer import layer_group

    bpy.ops.wm.read_factory_settings(use_empty=True)
    trees = layer_group(), _bare(single, socket)
    stages = [_stage(tree, sockets) for _ in range(PAIRS) for tree in trees]
    seconds = {tree: [] for tree in trees}
    for step in range(STEPS):
        value = low + (high - low) * (step + 1) / STEPS
        for tree, (view_layer, thing) in zip(trees * PAIRS, stages, strict=True):
            compat.set_inputs(thing.modifiers[0], {socket: value})
            thing.update_tag()
            begin = time.perf_counter()
            view_layer.update()
            seconds[tree].append(time.perf_counter() - begin)
    ours, bare = (_matrices(*stage) for stage in stages[:2])
    assert ours.shape == bare.shape and np.allclose(ours, bare, atol=1e-4), "both should give the same instances"
    mine, other = (statistics.median(seconds[tree]) for tree in trees)
    return mine / other, mine, other


def _stage(tree, sockets):
    """A scene with a layer: its view layer and the layer."""
    import bpy

    from neuroscene.addon.nodes.tree import attach

    mesh = bpy.data.meshes.new("layer")
    mesh.vertices.add(CELLS)
    random = np.random.default_rng(0)
    for name in ("unit", "row", "column"):
        mesh.attributes.new(name, "INT", "POINT")
    for name in ("value", "importance", "order"):
        mesh.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", random.random(CELLS, np.float32))
    cell = bpy.data.objects.get("cell") or bpy.data.objects.new("cell", bpy.data.meshes.new("cell"))
    thing = bpy.data.objects.new("layer", mesh)
    attach(thing, "Layer", tree, {"Cell": cell} | sockets)
    scene = bpy.data.scenes.new("layer")
    scene.collection.objects.link(thing)
    scene.view_layers[0].update()
    return scene.view_layers[0], thing


def _matrices(view_layer, thing):
    from neuroscene.addon.scene.camera import framing

    geometry = thing.evaluated_get(view_layer.depsgraph).evaluated_geometry()
    return framing.instance_matrices(geometry.instances_pointcloud())[0]


def _bare(single: bool, socket: str):
    """Only what gives the same instances: places by the index, sizes by the value, and of a fold the slab.

    It uses the arithmetic of our own arrangements, but has no choice of them and none of the other sockets.
    """
    from neuroscene.addon.nodes.arrangement import Units
    from neuroscene.addon.nodes.interface import Interface
    from neuroscene.addon.nodes.sockets import LAYER
    from neuroscene.addon.nodes.tree import GroupBuilder
    from neuroscene.addon.nodes.vectors import mixed, plus, scaled

    group = GroupBuilder("Bare")
    names = (
        "Units",
        "Rows",
        "Columns",
        "Unit Columns",
        "Pitch",
        "Unit Gap",
        "Spacing",
        "Spread",
        "Radius",
        "Offset",
        "Size",
        "Thickness",
        "Relief",
        "Cell Size",
        "Cell",
    )
    group.declare(Interface("Bare", (*(LAYER[name] for name in names), replace(LAYER[socket], default=0.0))))
    units = Units(group, group["Units"], group.call("GeometryNodeInputIndex", {}))
    folds = socket == "Fold"
    grid, kept = units._grid(), group.math("SUBTRACT", 1.0, group[socket]) if folds else 1.0
    if folds and single:
        place = scaled(group, grid, group.math("MULTIPLY_ADD", group[socket], -0.75, 1.0))
    else:
        place = (
            scaled(group, grid, kept)
            if folds
            else mixed(group, group.math("SUBTRACT", group[socket], 2.0), grid, units._sphere())
        )
        if not single:
            unit = group.sample(units.points, place, units.indices[0], "FLOAT_VECTOR", "POINT")
            place = plus(group, unit, units.offset)
    points = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"], "Position": place})
    pitch = group.math("MULTIPLY", group["Pitch"], kept)
    width = group.math("MULTIPLY", pitch, group["Size"])
    rise = group.math(
        "MULTIPLY_ADD",
        group.attribute("value"),
        group.math("MULTIPLY", pitch, group["Relief"]),
        group.math("MULTIPLY", pitch, group["Thickness"]),
    )
    shape = group.call("GeometryNodeObjectInfo", {"Object": group["Cell"]}, "Geometry")
    made = group.call(
        "GeometryNodeInstanceOnPoints", {"Points": points, "Instance": shape, "Scale": group.vector(rise, width, width)}
    )
    return group.finish(_with_slab(group, units, points, made, single) if folds else made)


def _with_slab(group, units, points, made, single):
    from neuroscene.addon.nodes.vectors import plus, scaled

    fold = group["Fold"]
    size = units.size
    if single:
        node = group.call("GeometryNodeBoundBox", {"Geometry": points}).node
        for socket in node.inputs[1:]:
            socket.default_value = False  # points have a radius
        box = node.outputs
        span = group.call("ShaderNodeVectorMath", {0: box["Max"], 1: box["Min"]}, operation="SUBTRACT")
        share = group.math("DIVIDE", 0.25, group.math("MULTIPLY_ADD", fold, -0.75, 1.0))
        size = plus(group, scaled(group, span, share), scaled(group, units.cell, group["Size"]))
    _, wide, high = group.separate(size)
    size = group.vector(group.math("MULTIPLY", group["Pitch"], 0.6), wide, high)
    slab = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": group.call("GeometryNodePoints", {"Count": 1}),
            "Instance": group.call("GeometryNodeMeshCube", {}),
            "Scale": scaled(group, size, fold),
        },
    )
    both = group.node("GeometryNodeJoinGeometry")
    for one in (slab, made):
        group.put(both.inputs[0], one)
    return both.outputs[0]
