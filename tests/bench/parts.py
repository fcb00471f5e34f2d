# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the bench, each run in a process of its own by bench.py."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np

LINES, CELLS, MOVES, PAIRS = 100_000, 1_000, 100, 4
DRAGS, LAYERS = 40, 10_000


def make(model: str, path: str):
    import models

    getattr(models, model)(Path(path))


def floor(path: str):
    """onnx.load of the file plus one NumPy sum over every weight."""
    import onnx

    begin = time.perf_counter()
    model = onnx.load(path)
    sum(float(onnx.numpy_helper.to_array(tensor).sum()) for tensor in model.graph.initializer)
    return {"seconds": time.perf_counter() - begin}


def import_(path: str):
    """From the call to a scene that is evaluated; memory above what Blender and our code take before it.

    Then the size of its .blend, and how long an update takes while the layer with the most lines is moved.
    """
    import bpy
    import onnx  # noqa: F401 - the floor does not pay for its import either

    from neuroscene.addon.scene import build, importing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    network = build.finish(importing.import_steps(path, build.Settings()))
    view_layer = bpy.context.scene.view_layers[0]
    view_layer.update()
    seconds = time.perf_counter() - begin
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    blend = Path(path).with_suffix(".blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)
    return {"seconds": seconds, "bytes": taken, "blend": blend.stat().st_size, "drag": _drag(network, view_layer),
            "objects": len(bpy.data.objects)}


def _drag(network, view_layer) -> float:
    """Seconds of one update while the layer with the most lines is moved."""
    from neuroscene.addon.scene import tags

    lines: dict[str, int] = {}
    for bundle in tags.members(network, "connections"):
        facts = tags.read(bundle)
        for end in ("source", "target"):
            lines[facts[end]] = lines.get(facts[end], 0) + facts["drawn"]
    busiest = max(lines, key=lines.get)
    thing = next(one for one in tags.members(network, "layer") if tags.read(one)["layer"] == busiest)
    seconds = []
    for step in range(DRAGS):
        thing.location.y = 0.01 * step
        begin = time.perf_counter()
        view_layer.update()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def layout():
    """Arranging 10,000 layers: 2,000 residual blocks of five."""
    from bench import row
    from neuroscene.addon.layout import Part, Piece, arrange

    pieces, parts = [Piece("x", (), (4.0, 5.0, 5.0))], []
    for block in range(LAYERS // 5):
        before, names = pieces[-1].name, [f"b{block}/{part}" for part in ("a", "b", "c", "d", "sum")]
        for index, name in enumerate(names):
            reads = (before if index == 0 else names[index - 1], *((before,) if name.endswith("sum") else ()))
            pieces.append(Piece(name, reads, (4.0, 5.0, 5.0), f"b{block}"))
        parts.append(Part(f"b{block}", "", tuple(names)))
    begin = time.perf_counter()
    arrange(pieces, parts)
    seconds = time.perf_counter() - begin
    return [row(f"layout of {len(pieces):,} layers in {len(parts):,} blocks", seconds, "s", "the bound alone", 2.0)]


def move():
    """One depsgraph update after moving a layer with LINES curves, beside a bare modifier that sets the same places.

    Both have PAIRS scenes of their own, which take turns: whatever else the machine does, and where in memory a scene
    happens to lie, meets both.
    """
    import bpy

    from neuroscene.addon.nodes.connections import connections_group

    bpy.ops.wm.read_factory_settings(use_empty=True)
    trees = connections_group(), _bare_group()
    stages = [_stage(tree) for _ in range(PAIRS) for tree in trees]
    seconds = {tree: [] for tree in trees}
    for step in range(MOVES):
        for tree, (view_layer, target, _) in zip(trees * PAIRS, stages, strict=True):
            target.location.y = step / MOVES
            begin = time.perf_counter()
            view_layer.update()
            seconds[tree].append(time.perf_counter() - begin)
    ours, bare = (_places(view_layer, bundle) for view_layer, _, bundle in stages[:2])
    assert np.allclose(ours, bare, atol=1e-4), "the bare modifier should set the same places"
    mine, other = (statistics.median(seconds[tree]) for tree in trees)
    from bench import row

    return [row(f"moving one layer with {LINES:,} curves, one update", mine / other, "x",
                f"a bare modifier that sets the same places ({1000 * other:.0f} ms; ours {1000 * mine:.0f} ms)", 1.3)]


def _stage(tree):
    """A scene with two layers and a bundle between them: its view layer, the layer to move, the bundle."""
    import bpy

    scene = bpy.data.scenes.new(tree.name)
    source, target = _layer("source", 0.0), _layer("target", 5.0)
    bundle = _bundle(tree, source, target)
    for thing in (source, target, bundle):
        scene.collection.objects.link(thing)
    scene.view_layers[0].update()
    return scene.view_layers[0], target, bundle


def _places(view_layer, bundle):
    curves = bundle.evaluated_get(view_layer.depsgraph).data
    place = np.empty(len(curves.points) * 3, np.float32)
    curves.points.foreach_get("position", place)
    return place


def _layer(name, x):
    import bpy

    from neuroscene.addon.nodes.layer import layer_group
    from neuroscene.addon.nodes.tree import attach

    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(CELLS)
    place = np.zeros((CELLS, 3), np.float32)
    place[:, 0] = np.arange(CELLS)
    mesh.attributes["position"].data.foreach_set("vector", place.ravel())
    mesh.attributes.new("value", "FLOAT", "POINT")
    cell = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    thing = bpy.data.objects.new(name, mesh)
    attach(thing, "Layer", layer_group(), {"Units": CELLS, "Unit Columns": 32, "Cell": cell})
    thing.location.x = x
    return thing


def _bundle(tree, source, target):
    import bpy

    from neuroscene.addon.nodes.tree import attach
    from neuroscene.addon.scene.connections import base_points

    curves = bpy.data.hair_curves.new(tree.name)
    curves.add_curves([8] * LINES)
    curves.set_types(type="POLY")
    curves.attributes["position"].data.foreach_set("vector", base_points(LINES).ravel())
    random = np.random.default_rng(0)
    for name in ("source", "target"):
        curves.attributes.new(name, "INT", "CURVE").data.foreach_set(
            "value", random.integers(0, CELLS, LINES, dtype=np.int32))
    for name in ("weight", "importance"):
        curves.attributes.new(name, "FLOAT", "CURVE").data.foreach_set("value", random.random(LINES, np.float32))
    thing = bpy.data.objects.new(tree.name, curves)
    attach(thing, "Connections", tree, {"Source": source, "Target": target})
    return thing


def _bare_group():
    """Only what sets the same positions from the same two objects: look up the ends, ease, mix."""
    from neuroscene.addon.nodes import connections
    from neuroscene.addon.nodes.tree import Group

    group = Group("Bare")
    for name in ("Source", "Target"):
        group.socket(name, "Object")
    group.socket("Ease", "Float", 0.75)
    curves, _, position = connections.between(group, group["Geometry"])
    return group.finish(group.call("GeometryNodeSetPosition", {"Geometry": curves, "Position": position}))


if __name__ == "__main__":
    parts = {"make": make, "floor": floor, "import": import_, "move": move, "layout": layout}
    print("\n" + json.dumps(parts[sys.argv[1]](*sys.argv[2:])))
