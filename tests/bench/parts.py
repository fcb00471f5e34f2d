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


def make(path: str):
    from models import resnet50

    resnet50(Path(path))


def floor(path: str):
    """onnx.load of the file plus one NumPy sum over every weight."""
    import onnx

    begin = time.perf_counter()
    model = onnx.load(path)
    sum(float(onnx.numpy_helper.to_array(tensor).sum()) for tensor in model.graph.initializer)
    return {"seconds": time.perf_counter() - begin}


def import_(path: str):
    """From the call to a scene that is evaluated; memory above what Blender and our code take before it."""
    import bpy
    import onnx  # noqa: F401 - the floor does not pay for its import either

    from neuroscene.addon.scene import build, importing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    build.finish(importing.import_steps(path, build.Settings()))
    for layer in bpy.context.scene.view_layers:
        layer.update()
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "bytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024}


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
    return group.finish(connections.placed(group, group["Geometry"]))


if __name__ == "__main__":
    result = {"make": make, "floor": floor, "import": import_, "move": move}[sys.argv[1]](*sys.argv[2:])
    print("\n" + json.dumps(result))
