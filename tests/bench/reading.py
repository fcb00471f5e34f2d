# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long it takes to read what is under the mouse among 100,000 cells and 100,000 lines, and to draw a long tree."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

MOST, READINGS = 100_000, 30
VGG = (64, 64, 128, 128)  # channels of convolutions on maps of 32 x 32
LAYERS = 1_000


def reading(folder: str):
    """Milliseconds of a reading, and of what the tree of 1,000 layers asks of Python each time that it is drawn."""
    import bpy

    import neuroscene
    from bench import row

    neuroscene.register()
    network = _build(_model(Path(folder) / "reading.onnx"), bpy)
    scene = next(one for one in bpy.data.scenes if network in one.collection.children_recursive)
    view_layer = scene.view_layers[0]
    view_layer.update()
    cells, lines, seconds = _read(network, view_layer)
    listed = _list(bpy)
    return [
        row(
            f"reading of a cell or line among {cells:,} cells and {lines:,} lines",
            1000 * seconds,
            "ms",
            "the bound alone",
            50.0,
        ),
        row(
            f"filter of the tree of {LAYERS:,} layers, each time it is drawn",
            1000 * listed,
            "ms",
            "the bound alone",
            2.0,
        ),
    ]


def _model(path: Path) -> Path:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    nodes, weights, before = [], [], 3
    for index, channels in enumerate(VGG):
        weight = random.standard_normal((channels, before, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{index}"))
        nodes.append(
            helper.make_node("Conv", [f"x{index}", f"w{index}"], [f"x{index + 1}"], f"conv{index}", pads=[1, 1, 1, 1])
        )
        before = channels
    ends = (("x0", 3), (f"x{len(VGG)}", VGG[-1]))
    ports = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size, 32, 32])] for name, size in ends]
    onnx.save(helper.make_model(helper.make_graph(nodes, "reading", *ports, weights)), path)
    return path


def _build(path, bpy):
    from neuroscene.addon.network.lines import Lines
    from neuroscene.addon.scene.building import build, connections, importing
    from neuroscene.addon.scene.entities import NetworkScene

    settings = build.Settings(max_cells=MOST, max_connections=MOST, lines_a_pair=MOST, fold_repeats=False)
    network = build.finish(importing.import_steps(path, settings))
    bundles = NetworkScene(network).bundles()
    random = np.random.default_rng(0)
    for bundle in bundles:  # as many lines as are wanted, between any cells
        count = MOST // len(bundles)
        ends = [random.integers(0, len(layer.obj.data.vertices), count).astype(np.int32) for layer in bundle.layers]
        weight = random.standard_normal(count).astype(np.float32)
        lines = Lines("cell", *ends, weight, np.abs(weight), np.abs(weight), total=count)
        connections.set_lines(bundle.obj, lines)
    return network


def _read(network, view_layer) -> tuple[int, int, float]:
    from neuroscene.addon.scene.entities import NetworkScene
    from neuroscene.addon.scene.picking import hits, models, rays, reading

    scene = NetworkScene(network)
    layers = list(scene.layers().values())
    cells = sum(len(layer.obj.data.vertices) for layer in layers)
    lines = sum(len(bundle.obj.data.curves) for bundle in scene.bundles())
    models.of(network)  # as after the first reading
    random = np.random.default_rng(0)
    seconds = []
    for number in range(READINGS):
        layer = layers[number % len(layers)]
        places = reading.cell_places(layer.obj, view_layer.depsgraph)
        place = places[random.integers(len(places))]
        ray = rays.Ray.towards(place + (-40.0, -8.0, 6.0), place, spread=0.002)
        begin = time.perf_counter()
        hit = hits.pick(view_layer, ray, "CELLS" if number % 2 else "LINES")
        told = reading.read(hit, view_layer) if hit else None
        seconds.append(time.perf_counter() - begin)
        assert told is None or told.title
    return cells, lines, statistics.median(seconds)


def _list(bpy) -> float:
    from neuroscene.panels.hierarchy import NEUROSCENE_UL_layers

    collection = bpy.data.collections.new("many")
    state = collection.neuroscene_state
    for number in range(LAYERS):
        row = state.rows.add()
        row.name, row.op, row.parent = f"layer {number}", "Conv", number - number % 10 - 1 if number % 10 else -1
    tree = SimpleNamespace(filter_name="", bitflag_filter_item=1 << 30)
    tree._open = lambda rows: NEUROSCENE_UL_layers._open(tree, rows)
    seconds = []
    for _ in range(READINGS):
        begin = time.perf_counter()
        NEUROSCENE_UL_layers.filter_items(tree, bpy.context, state, "rows")
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)
