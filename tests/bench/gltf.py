# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exporting 50,000 coloured cells and 20,000 lines as a GLB: time, size, draw calls, and how fast three.js loads it."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

LAYERS, CHANNELS, SIDE, LINES, ROUNDS = 10, 8, 25, 2_223, 3  # 10 x 8 x 25 x 25 cells, and lines between two layers
PEER = 5_000  # cells that Blender's own instancing exports beside
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "build" / "web"


def gltf():
    from bench import row

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.glb"
        cells, lines, seconds = _ours(folder, path)
        peer = _blenders_own(Path(folder) / "peer.glb")
        content = _json(path)
        layers = sum(one.get("extras", {}).get("neuroscene", {}).get("kind") == "layer" for one in content["nodes"])
        draws = sum(len(content["meshes"][one["mesh"]]["primitives"]) for one in content["nodes"] if "mesh" in one)
        what = f"{cells:,} coloured cells and {lines:,} lines as GLB"
        rows = [
            row(what, seconds, "s", f"Blender's own instances, {PEER:,} cells alone, no colours ({peer:.2f} s)", 2.0),
            row(f"size of {what}", path.stat().st_size / 1e6, "MB", "the bound alone, nothing compressed", 6.0),
            row(f"draw calls of it, a layer ({layers} layers)", draws / layers, "", "the bound alone", 3.0),
        ]
        if (PACKAGES / "node_modules").is_dir() and shutil.which("node"):
            done = subprocess.run(
                ["node", ROOT / "tests" / "web" / "read.mjs", PACKAGES, path],
                check=True,
                capture_output=True,
                text=True,
            )
            said = json.loads(done.stdout)
            rows.append(
                row(
                    "loading it in three.js",
                    said["load"] / said["read"],
                    "x",
                    f"reading its bytes ({said['read']:.1f} ms; three.js {said['load']:.1f} ms)",
                    100.0,
                )
            )
        return rows


def _ours(folder, path):
    """How many cells and lines, and the seconds of the fastest of several exports."""
    import bpy
    from onnx import TensorProto, helper, numpy_helper, save

    from neuroscene.addon.gltf import export
    from neuroscene.addon.scene.building import build, importing

    random = np.random.default_rng(0)
    shape = [1, CHANNELS, SIDE, SIDE]
    nodes = [helper.make_node("Conv", [f"x{i}", f"w{i}"], [f"x{i + 1}"], pads=[1] * 4) for i in range(LAYERS - 1)]
    weights = [
        numpy_helper.from_array(random.normal(size=(CHANNELS, CHANNELS, 3, 3)).astype(np.float32), f"w{i}")
        for i in range(LAYERS - 1)
    ]
    graph = helper.make_graph(
        nodes,
        "maps",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"x{LAYERS - 1}", TensorProto.FLOAT, None)],
        weights,
    )
    model, given = Path(folder) / "model.onnx", Path(folder) / "input.npy"
    np.save(given, random.normal(size=shape).astype(np.float32))
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    build.finish(importing.import_steps(model, build.Settings(max_cells=60_000, lines_a_pair=LINES), given))
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        report = export.export(path)
        seconds.append(time.perf_counter() - begin)
    return report.cells, report.connections, min(seconds)


def _blenders_own(path):
    """Seconds that Blender's exporter takes for instances of geometry nodes."""
    import bpy

    from neuroscene.addon.nodes.tree import GroupBuilder

    bpy.ops.wm.read_factory_settings(use_empty=True)
    group = GroupBuilder("Instances")
    points = group.call("GeometryNodeMeshToPoints", {"Mesh": group["Geometry"]})
    tree = group.finish(
        group.call(
            "GeometryNodeInstanceOnPoints", {"Points": points, "Instance": group.call("GeometryNodeMeshCube", {})}
        )
    )
    mesh = bpy.data.meshes.new("cells")
    mesh.vertices.add(PEER)
    places = np.random.default_rng(0).uniform(-50, 50, (PEER, 3)).astype(np.float32)
    mesh.attributes["position"].data.foreach_set("vector", places.ravel())
    thing = bpy.data.objects.new("cells", mesh)
    thing.modifiers.new("cells", "NODES").node_group = tree
    bpy.context.scene.collection.objects.link(thing)
    begin = time.perf_counter()
    bpy.ops.export_scene.gltf(filepath=str(path), export_format="GLB", export_gn_mesh=True, export_gpu_instances=True)
    return time.perf_counter() - begin


def _json(path):
    data = path.read_bytes()
    return json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])
