# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast 100,000 curves follow their layers, and what bundling them costs beside other packages."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import memory
import numpy as np

LINES, CELLS, MOVES, PAIRS = 100_000, 1_000, 100, 4
FROM, TO = 784, 128  # cells of the two layers whose lines are bundled
PEERS = ("kdedge", "datashader")
NEEDED = ("dask", "scikit-image", "pandas")  # by datashader's bundling
HERE = Path(__file__).resolve().parent


def move():
    """One depsgraph update after moving a layer with LINES curves, beside a bare modifier that sets the same places."""
    from bench import row

    return [row(f"moving one layer with {LINES:,} curves, one update", *_raced(_by_moving), 1.5)]


def fold():
    """The same while the cells of the source layer move among themselves."""
    from bench import row

    return [row(f"folding the source of {LINES:,} curves, one update", *_raced(_by_folding), 1.5)]


def _by_moving(source, target, step):
    target.location.y = step / MOVES


def _by_folding(source, target, step):
    from neuroscene.addon import compat

    modifier = source.modifiers[0]
    name = "Fold" if "Fold" in compat.identifiers(modifier.node_group) else "Pitch"
    compat.set_inputs(modifier, {name: 0.1 + 0.4 * step / MOVES})
    source.update_tag()


def _raced(edit):
    """How much longer our group takes than the bare one, and in words.

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
        for tree, (view_layer, source, target, _) in zip(trees * PAIRS, stages, strict=True):
            edit(source, target, step)
            begin = time.perf_counter()
            view_layer.update()
            seconds[tree].append(time.perf_counter() - begin)
    ours, bare = (_places(stage[0], stage[-1]) for stage in stages[:2])
    assert np.allclose(ours, bare, atol=1e-4), "the bare modifier should set the same places"
    mine, other = (statistics.median(seconds[tree]) for tree in trees)
    return (
        mine / other,
        "x",
        (f"a bare modifier that sets the same places ({1000 * other:.0f} ms; ours {1000 * mine:.0f} ms)"),
    )


def _stage(tree):
    """A scene with two layers and a bundle between them: its view layer, the layers, the bundle."""
    import bpy

    scene = bpy.data.scenes.new(tree.name)
    source, target = _layer("source", 0.0), _layer("target", 5.0)
    bundle = _bundle(tree, source, target)
    for thing in (source, target, bundle):
        scene.collection.objects.link(thing)
    scene.view_layers[0].update()
    return scene.view_layers[0], source, target, bundle


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
    from neuroscene.addon.scene.building.connections import base_points

    curves = bpy.data.hair_curves.new(tree.name)
    curves.add_curves([8] * LINES)
    curves.set_types(type="POLY")
    curves.attributes["position"].data.foreach_set("vector", base_points(LINES).ravel())
    random = np.random.default_rng(0)
    for name in ("source", "target"):
        curves.attributes.new(name, "INT", "CURVE").data.foreach_set(
            "value", random.integers(0, CELLS, LINES, dtype=np.int32)
        )
    for name in ("weight", "importance"):
        curves.attributes.new(name, "FLOAT", "CURVE").data.foreach_set("value", random.random(LINES, np.float32))
    thing = bpy.data.objects.new(tree.name, curves)
    attach(thing, "Connections", tree, {"Source": source, "Target": target})
    return thing


def _bare_group():
    """Only what sets the same positions from the same two objects: look up the ends, ease, mix."""
    from neuroscene.addon.nodes.interface import Interface
    from neuroscene.addon.nodes.paths import each
    from neuroscene.addon.nodes.sockets import CONNECTIONS
    from neuroscene.addon.nodes.tree import GroupBuilder

    group = GroupBuilder("Bare")
    group.declare(Interface("Bare", tuple(CONNECTIONS[name] for name in ("Source", "Target", "Ease"))))
    curves, ends = group["Geometry"], []
    for name in ("Source", "Target"):
        end = group.sample(
            group.near(group[name]),
            group.call("GeometryNodeInputPosition", {}),
            group.attribute(name.lower(), "INT"),
            "FLOAT_VECTOR",
        )
        capture = group.node("GeometryNodeCaptureAttribute", domain="CURVE")
        capture.capture_items.new("VECTOR", name)
        group.put(capture.inputs["Geometry"], curves)
        group.put(capture.inputs[name], end)
        curves = capture.outputs["Geometry"]
        ends.append(capture.outputs[name])
    along, smooth, _ = group.separate(group.call("GeometryNodeInputPosition", {}))
    eased = group.math("MULTIPLY_ADD", group["Ease"], group.math("SUBTRACT", smooth, along), along)
    place = each(group, group.vector(along, eased, eased), *ends)
    return group.finish(group.call("GeometryNodeSetPosition", {"Geometry": curves, "Position": place}))


def density():
    """Bundling LINES lines by density, each package in a process of its own: CPU-seconds, memory and the result."""
    from bench import row

    what, rows = f"bundling {LINES:,} lines ({FROM} x {TO}) by density", []
    ours, quality = (_child(sys.executable, name) for name in ("ours", "quality"))
    for name in PEERS:
        peer = _child(_peers(), name)
        goal = 0.4 if name == "kdedge" else 1.0
        if peer:
            rows.append(
                row(
                    f"{what}, CPU-seconds",
                    ours["cpu"] / peer["cpu"],
                    "x",
                    f"{name} ({peer['cpu']:.1f} s, {peer['bytes'] / 1e6:.0f} MB; ours {ours['cpu']:.1f} s)",
                    goal,
                )
            )
        else:
            rows.append(row(f"{what}, CPU-seconds", ours["cpu"], "s", f"peer missing: {name} does not run here", 6.0))
    return rows + [
        row(f"{what}, peak memory", ours["bytes"] / 1e6, "MB", "the bound alone", 500.0),
        row(
            "mid-points to the centre of their bundle, before / after",
            quality["closer"],
            "x",
            "the bound alone",
            3.0,
            least=True,
        ),
        row(
            "nearest two of the bundles' centres, after / before",
            quality["apart"],
            "x",
            "the bound alone",
            0.8,
            least=True,
        ),
    ]


def _child(python, name) -> dict | None:
    """What a part says, with the CPU-seconds and the peak memory of its process; None if it cannot run."""
    if python is None:
        return None
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([python, str(HERE / "lines.py"), name], stdout=subprocess.PIPE, text=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return None
    return json.loads(done.stdout.strip().split("\n")[-1]) | {
        "cpu": end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
    }


def _peers() -> str | None:
    """A Python that has the other packages, in out/peers; None if they cannot be installed."""
    folder = HERE.parents[1] / "out" / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-q", *PEERS, *NEEDED],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    have = subprocess.run([str(python), "-c", f"import {', '.join(PEERS)}"], stderr=subprocess.DEVNULL)
    return None if have.returncode else str(python)


def _cells(count, columns, x, size):
    """Places (count, 3) of cells in a plane across X."""
    row, column = np.divmod(np.arange(count), columns)
    rows = -(-count // columns)
    return np.stack(
        [np.full(count, x), (column / columns - 0.5) * size * min(1.0, columns / rows), (row / rows - 0.5) * size], -1
    )


def _edges():
    """Places of the cells of both layers, and the cells that LINES lines join."""
    source, target = np.divmod(np.arange(LINES), TO)
    return _cells(FROM, 28, 0.0, 10.0), _cells(TO, 3, 8.0, 10.0), source % FROM, target


def _clusters(count=8):
    """Lines of so many clusters that stand round a circle: ends (LINES, 2, 3) and whose they are."""
    random, whose = np.random.default_rng(0), np.arange(LINES) % count
    turn = 2 * np.pi * whose / count
    across = 5 * np.stack([np.cos(turn), np.sin(turn)], -1)[:, None] + 0.5 * random.standard_normal((LINES, 2, 2))
    x = np.broadcast_to(np.array([0.0, 8.0])[:, None], (LINES, 2, 1))
    return np.concatenate([x, across], -1).astype(np.float32), whose


def _module():
    """Our bundling alone, without what the package of the add-on imports."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("bundling", HERE.parents[1] / "addon" / "layout" / "bundling.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its data classes look themselves up there
    spec.loader.exec_module(module)
    return module


def _ours():
    module = _module()
    near, far, source, target = _edges()
    weights = np.random.default_rng(0).standard_normal(LINES)
    module.bundle(np.stack([near[source], far[target]], 1).astype(np.float32), weights, np.eye(3))
    return {}


def _quality():
    """How much closer the lines of a cluster come, and whether clusters stay apart."""
    module = _module()
    ends, whose = _clusters()
    offsets = module.bundle(ends, np.ones(LINES), np.eye(3))[-1]
    before = ends.mean(1)
    after = before + offsets[:, 3:5].mean(1)
    centres = [np.stack([points[whose == one].mean(0) for one in np.unique(whose)]) for points in (before, after)]
    spread = [
        np.linalg.norm(points - centre[whose], axis=-1).mean()
        for points, centre in zip((before, after), centres, strict=True)
    ]
    gap = []
    for centre in centres:
        away = np.linalg.norm(centre[:, None] - centre[None], axis=-1)
        gap.append(away[away > 0].min())
    return {"closer": float(spread[0] / spread[1]), "apart": float(gap[1] / gap[0])}


def _kdedge():
    import kdedge

    near, far, source, target = _edges()
    nodes = np.concatenate([near, far])[:, [0, 2]]
    kdedge.bundle(nodes, np.stack([source, target + FROM], -1))
    return {}


def _datashader():
    import pandas
    from datashader.bundling import hammer_bundle

    near, far, source, target = _edges()
    nodes = pandas.DataFrame(np.concatenate([near, far])[:, [0, 2]], columns=["x", "y"])
    hammer_bundle(nodes, pandas.DataFrame({"source": source, "target": target + FROM}))
    return {}


if __name__ == "__main__":
    found = {"ours": _ours, "quality": _quality, "kdedge": _kdedge, "datashader": _datashader}[sys.argv[1]]()
    print(json.dumps(found | {"bytes": memory.peak()}))
