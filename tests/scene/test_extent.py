# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sockets let a layer reach farther, and whether Arrange makes room for all of them."""

from dataclasses import replace

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.nodes.layer import layer_group
from neuroscene.addon.nodes.sockets import LAYER
from neuroscene.addon.nodes.tree import attach
from neuroscene.addon.scene.editing import arranging
from scene import acting, look
from scene.acting import geometry, run, same
from scene.test_arranging import check_apart

STATES = (  # in which a socket may do something that it does not do in others
    {},
    {"Arrangement": 0.0},
    {"Arrangement": 0.0, "Line Axis": 1.0},
    {"Arrangement": 1.0},
    {"Arrangement": 3.0},
    {"Arrangement": 5.0},
    {"Fold": 1.0},
    {"Backing": 0.1},
    {"Shown Units": 2},
    {"Shape": "Own"},
    {"Shape": "Ellipsoid"},
    {"Reveal": 0.5},
    {"Range From": "Network"},
    {"Explode": 1.0},
    {"Evidence": 1.0},
)
GRID = {"Units": 6, "Rows": 3, "Columns": 4, "Unit Columns": 3, "Pitch": 0.2}
COUNTS = {"Units": 9, "Rows": 5, "Columns": 6}  # what is set of these has to be in the mesh
MOST = {
    "Pitch": 1.0,
    "Unit Gap": 20.0,
    "Backing": 3.0,
    "Margin": 20.0,
    "Cell Size": (6.0, 6.0, 6.0),
    "Unit Columns": 1,
    "Offset": 8.0,
    "Shown Units": 1,
    "Spacing": 4.0,
    "Spread": 4.0,
    "Explode": 4.0,
    "Radius": 4.0,
    "Loose End": (-9.0, 9.0, 9.0),
}


def far(socket) -> list:
    """Values of a socket that say most: its ends, or of what has none a large one."""
    if socket.kind == "Object":
        return [large()] if socket.name == "Cell" else []
    if socket.kind == "Material":
        return []
    if socket.items:
        return list(socket.items)
    if socket.kind == "Bool":
        return [True, False]
    if socket.name in MOST:
        return [MOST[socket.name]] + ([-MOST[socket.name]] if socket.name == "Offset" else [])
    return [socket.low, socket.high if socket.high is not None else 10 * socket.default + 1]


def large() -> bpy.types.Object:
    """An object that is larger than the cell that it stands for."""
    mesh = bpy.data.meshes.new("Large")
    mesh.from_pydata([(-4, -3, -3), (4, 3, 3), (4, -3, 3)], [], [(0, 1, 2)])
    return bpy.data.objects.new("Large", mesh)


def fill(layer, units, rows, columns):
    """As many vertices as the sockets say, all of full value."""
    count = units * rows * columns
    layer.data.clear_geometry()
    layer.data.vertices.add(count)
    places = np.random.default_rng(1).uniform(-3, 3, (count, 3)).astype(np.float32)
    layer.data.attributes["position"].data.foreach_set("vector", places.ravel())
    for name in ("value", "order", "importance_order", "pruned_at"):
        spread = np.ones(count, np.float32) if name == "value" else np.linspace(1, 0, count, dtype=np.float32)
        layer.data.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", spread)
    for name in ("evidence", "evidence_range"):
        layer.data.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", np.ones(count, np.float32))
    rank = np.repeat(np.arange(units, dtype=np.int32), rows * columns)
    layer.data.attributes.new("unit_rank", "INT", "POINT").data.foreach_set("value", rank)
    layer.data.update_tag()


def reach(layer) -> np.ndarray:
    """The lowest and the highest corner of all that a layer shows, (2, 3), in its own space."""
    bpy.context.view_layer.update()
    points = look.corners(layer, bpy.context.evaluated_depsgraph_get()).reshape(-1, 3)
    return np.stack([points.min(0), points.max(0)])


def test_the_role_says_what_reaches_farther(blank):
    """Found out on a layer alone: no value of any other socket takes it beyond where it is with all cells shown, at
    full value."""
    layer = bpy.data.objects.new("layer", bpy.data.meshes.new("layer"))
    bpy.context.scene.collection.objects.link(layer)
    cell = bpy.data.objects.new("cell", bpy.data.meshes.new("cell"))
    cell.data.from_pydata(
        [(x, y, z) for x in (-1, 0) for y in (-0.5, 0.5) for z in (-0.5, 0.5)], [], [(0, 1, 3, 2), (4, 5, 7, 6)]
    )
    modifier = attach(layer, "Layer", layer_group(), {})
    start = {socket.name: socket.initial for socket in LAYER if socket.kind != "Material"} | GRID | {"Cell": cell}
    fill(layer, GRID["Units"], GRID["Rows"], GRID["Columns"])
    reaching = set()
    for state in STATES:
        compat.set_inputs(modifier, start | state | {"Reveal": 1.0})
        before = reach(layer)
        for socket in LAYER:
            if socket.name in reaching or socket.name in state:
                continue
            for given in [COUNTS[socket.name]] if socket.name in COUNTS else far(socket):
                compat.set_inputs(modifier, start | state | {socket.name: given})
                if socket.name in COUNTS:
                    fill(layer, *((GRID | {socket.name: given})[name] for name in COUNTS))
                after = reach(layer)
                if (after[0] < before[0] - 1e-3).any() or (after[1] > before[1] + 1e-3).any():
                    reaching.add(socket.name)
            if socket.name in COUNTS:
                fill(layer, GRID["Units"], GRID["Rows"], GRID["Columns"])
    assert reaching == set(LAYER.having("extent"))


LARGE = {"Units": 1, "Rows": 1, "Columns": 1}  # belong to the mesh


@pytest.mark.parametrize("name", [name for name in LAYER.having("extent") if name not in LARGE])
def test_arrange_makes_room(blank, name):
    """At the largest value of a socket on every layer no two layers meet, whatever their values become after that."""
    network = look.build(look.CNN, look.DIGIT, max_cells=2_000)
    socket = LAYER[name]
    for given in far(socket):
        for layer in look.layers(network).values():
            with_it = {
                "Fold": {},
                "Slab": {"Fold": 1.0},
                "Margin": {"Backing": 0.5},
                "Cell": {"Shape": "Own"},
                "Radius": {"Arrangement": 3.0},
                "Stretch": {"Shape": "Ellipsoid"},
                "Arc Angle": {"Arrangement": 5.0},
                "Line Axis": {"Arrangement": 0.0},
            }.get(name, {})
            compat.set_inputs(look.modifier(layer), with_it | {name: given})
        arranging.rearrange(network, arranging.settings_of(network))
        for direction in ("X", "-Y"):
            arranging.rearrange(network, replace(arranging.settings_of(network), direction=direction))
            check_apart(network)
    for layer in look.layers(network).values():
        layer.data.attributes["value"].data.foreach_set("value", np.full(len(layer.data.vertices), 1e9, np.float32))
        layer.data.update_tag()
    check_apart(network)


@pytest.mark.parametrize("how", ["scale", "tile"])
def test_arrange_sees_what_is_no_socket(blank, how):
    """A layer that somebody has scaled, and the tile that all cells show, edited."""
    network = look.build(look.CNN, look.DIGIT, max_cells=2_000)
    layers = look.layers(network)
    if how == "scale":
        for layer in layers.values():
            layer.scale = (9.0, 2.0, 2.0)
    else:
        tile = look.inputs(layers["conv1"])["Cell"]
        for vertex in tile.data.vertices:
            vertex.co.x *= 12
        tile.data.update()
        look.evaluate(network)
    arranging.rearrange(network, arranging.settings_of(network))
    check_apart(network)


def test_what_nobody_has_shaped_stays(blank):
    network = look.build(look.CNN, look.DIGIT, max_cells=2_000)
    before, blocks = look.geometry(network), look.blocks()
    arranging.rearrange(network, arranging.settings_of(network))
    assert all(np.allclose(after, before[name], atol=1e-5) for name, after in look.geometry(network).items())
    look.set_input(look.layers(network)["conv1"], "Relief", 10.0)
    arranging.rearrange(network, arranging.settings_of(network))
    assert look.blocks() == blocks  # nothing that was measured is left


def test_making_room_is_one_step_of_undo(registered):
    network = look.build(look.CNN, look.DIGIT, max_cells=2_000)
    for layer in look.layers(network).values():
        compat.set_inputs(look.modifier(layer), {"Relief": 10.0})
    bpy.ops.ed.undo_push(message="before")
    before = geometry(network)
    assert run("arrange_network") == {"FINISHED"}
    after = geometry(acting.network())
    assert not same(after, before)
    for step, expected in ((bpy.ops.ed.undo, before), (bpy.ops.ed.redo, after), (bpy.ops.ed.undo, before)):
        step()
        assert same(geometry(acting.network()), expected)
        if expected is after:
            check_apart(acting.network())
