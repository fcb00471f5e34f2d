# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the bench, each run in a process of its own by bench.py."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import evidence
import formats
import gltf
import lines
import memory
import reading
import steps

import cells
import pictures

DRAGS, LAYERS = 40, 10_000


def make(model: str, path: str):
    import models

    name, _, count = model.partition(" ")
    getattr(models, name)(Path(path), *map(int, count.split()))


def bare(path: str, *counts: str):
    """onnx.load of the file, one NumPy sum over every weight, and so many objects as plain as can be: meshes with so
    many vertices in all, Curves with so many curves, others; all but those with a modifier that gives what it gets."""
    import bpy
    import onnx

    bpy.ops.wm.read_factory_settings(use_empty=True)
    meshes, vertices, bundles, curves, others = map(int, counts)
    begin = time.perf_counter()
    model = onnx.load(path)
    sum(float(onnx.numpy_helper.to_array(tensor).sum()) for tensor in model.graph.initializer)
    del model
    group = bpy.data.node_groups.new("plain", "GeometryNodeTree")
    for side in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=side, socket_type="NodeSocketGeometry")
    ends = [group.nodes.new(kind) for kind in ("NodeGroupInput", "NodeGroupOutput")]
    group.links.new(ends[0].outputs[0], ends[1].inputs[0])
    into = bpy.context.scene.collection.objects
    for number in range(meshes + bundles):
        if number < meshes:
            data = bpy.data.meshes.new("mesh")
            data.vertices.add(vertices // meshes)
        else:
            data = bpy.data.hair_curves.new("curves")
            data.add_curves([8] * max(1, curves // bundles))
        obj = bpy.data.objects.new("object", data)
        obj.modifiers.new("plain", "NODES").node_group = group
        into.link(obj)
    for _ in range(others):
        into.link(bpy.data.objects.new("other", None))
    bpy.context.scene.view_layers[0].update()
    return {"seconds": time.perf_counter() - begin}


def import_(path: str):
    """From the call to a scene that is evaluated; memory above what Blender and our code take before it.

    Then the size of its .blend, and how long an update takes while the layer with the most lines is moved.
    """
    import bpy
    import onnx  # noqa: F401 - the floor does not pay for its import either

    from neuroscene.addon.scene.building import build, importing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    before = memory.peak()
    begin = time.perf_counter()
    network = build.finish(importing.import_steps(path, build.Settings()))
    view_layer = bpy.context.scene.view_layers[0]
    view_layer.update()
    seconds = time.perf_counter() - begin
    taken = memory.peak() - before
    blend = Path(path).with_suffix(".blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)
    return {
        "seconds": seconds,
        "bytes": taken,
        "blend": blend.stat().st_size,
        "drag": _drag(network, view_layer),
        "objects": len(bpy.data.objects),
        "counts": _counts(network),
    }


def many(path: str):
    """Seconds from the call to an evaluated scene, and how many objects that has."""
    import bpy
    import onnx  # noqa: F401

    from neuroscene.addon.scene.building import build, importing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    begin = time.perf_counter()
    build.finish(importing.import_steps(path, build.Settings()))
    bpy.context.scene.view_layers[0].update()
    return {"seconds": time.perf_counter() - begin, "objects": len(bpy.data.objects)}


def _counts(network) -> list[int]:
    """How many meshes with how many vertices, Curves with how many curves, and other objects a network has."""
    every = network.all_objects
    meshes = [obj.data for obj in every if obj.type == "MESH"]
    bundles = [obj.data for obj in every if obj.type == "CURVES"]
    vertices, curves = sum(len(mesh.vertices) for mesh in meshes), sum(len(bundle.curves) for bundle in bundles)
    return [len(meshes), vertices, len(bundles), curves, len(every) - len(meshes) - len(bundles)]


def _drag(network, view_layer) -> float:
    """Seconds of one update while the layer with the most lines is moved."""
    from neuroscene.addon.scene.entities import NetworkScene

    lines: dict[str, int] = {}
    scene = NetworkScene(network)
    for bundle in scene.bundles():
        for end in () if bundle.is_joint else bundle.ends:
            lines[end] = lines.get(end, 0) + bundle.drawn
    busiest = max(lines, key=lines.get)
    thing = scene.layers()[busiest].obj
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
    from neuroscene.addon.layout import BlockPiece, Piece, arrange

    pieces, parts = [Piece("x", (), (4.0, 5.0, 5.0))], []
    for block in range(LAYERS // 5):
        before, names = pieces[-1].name, [f"b{block}/{part}" for part in ("a", "b", "c", "d", "sum")]
        for index, name in enumerate(names):
            reads = (before if index == 0 else names[index - 1], *((before,) if name.endswith("sum") else ()))
            pieces.append(Piece(name, reads, (4.0, 5.0, 5.0), f"b{block}"))
        parts.append(BlockPiece(f"b{block}", "", tuple(names)))
    begin = time.perf_counter()
    arrange(pieces, parts)
    seconds = time.perf_counter() - begin
    return [row(f"layout of {len(pieces):,} layers in {len(parts):,} blocks", seconds, "s", "the bound alone", 2.0)]


def sharded(folder: str):
    """Opening 10 GB of sharded safetensors (sparse files): what is read of them is their headers."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from bench import row
    from neuroscene.addon.network import summarise
    from neuroscene.addon.structure import open_checkpoint
    from unit.make import llama_shards

    index, size = llama_shards(Path(folder))
    before = memory.peak()
    begin = time.perf_counter()
    network = summarise(open_checkpoint(index))
    seconds = time.perf_counter() - begin
    taken = memory.peak() - before
    about = f"the bound alone ({size / 1e9:.1f} GB, {len(network.layers):,} layers)"
    return [
        row("opening a sharded safetensors model", seconds, "s", about, 3.0),
        row("memory that this takes", taken / 1e6, "MB", about, 300.0),
    ]


if __name__ == "__main__":
    parts = {
        "make": make,
        "bare": bare,
        "many": many,
        "import": import_,
        "move": lines.move,
        "fold": lines.fold,
        "density": lines.density,
        "cells": cells.cells,
        "gltf": gltf.gltf,
        "layout": layout,
        "hero": pictures.hero,
        "curves": pictures.curves,
        "sharded": sharded,
        "series": steps.series,
        "evidence": evidence.evidence,
        "training": evidence.training,
        "training_memory": evidence.training_memory,
        "reading": reading.reading,
        "opening": formats.opening,
        "saved_model": formats.saved_model,
        "tflite": formats.tflite,
        "composing": formats.composing,
    }
    print("\n" + json.dumps(parts[sys.argv[1]](*sys.argv[2:])))
