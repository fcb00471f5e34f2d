# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Histograms above layers: their bins against NumPy's, of activations by onnxruntime and of weights of the file."""

import json

import bpy
import numpy as np
import onnx
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import run_file
from neuroscene.addon.network import histograms as counting
from neuroscene.addon.scene.building import build, histograms, importing
from neuroscene.addon.scene.entities import Histogram, NetworkScene, networks
from neuroscene.addon.scene.series import filling, playing
from scene import acting, look

RUN = look.ROOT / "tests/data/series/run"


def of(network, shows) -> dict:
    return {each.layer: each for each in NetworkScene(network).members(Histogram) if each.shows == shows}


def binned(numbers, low, high):
    """Counts of what is not 0, the ends with what lies beyond them."""
    some = np.clip(numbers[numbers != 0].astype(np.float64), low, high)
    return np.histogram(some, counting.BINS, (low, high))[0]


def near(counts, expected) -> bool:
    """Numbers on the edge of two bins may fall on either side."""
    return counts.sum() == expected.sum() and np.abs(np.cumsum(counts - expected)).max() <= 2


def bars(network, obj):
    """Heights and middles across (metres) of the bars as they are evaluated, and their shades."""
    look.evaluate(network)
    depsgraph = bpy.context.scene.view_layers[0].depsgraph
    matrices, _ = look.local_instances(obj, depsgraph)
    high = matrices[matrices[:, 2, 3] > -1e-6]
    return high[:, 2, 2], high[:, 1, 3]


def test_values_and_weights(blank):
    network = look.build(look.CNN, look.DIGIT)
    said = histograms.toggle(network, ["conv2", "pool1", "dense1"], ("values", "weights"))
    assert said == "5 histograms"  # a pooling has no weights
    model, ran = run_file(look.DIGIT, importing.open_network(look.CNN))
    for name, made in of(network, "values").items():
        layer = model.layer(name)
        numbers = ran.values[layer.tensor].ravel()
        counts = np.array([int(text) for text in made.counts])
        assert near(counts, binned(numbers, made.low, made.high)), name
        assert made.zeros == (numbers == 0).sum() and made.total == numbers.size
        assert made.high == pytest.approx(look.inputs(look.layers(network)[name])["Range"])
        share = counts / numbers.size
        assert np.allclose(look.values_of(made.obj, "value"), share, atol=1e-7)
        heights, across = bars(network, made.obj)
        given = look.inputs(made.obj)
        expected = np.minimum(share / given["Most"], 1) * given["Height"]
        assert np.allclose(heights, expected[expected > 0], atol=1e-5)
        places = (0.5 - (np.arange(counting.BINS) + 0.5) / counting.BINS) * given["Width"]
        assert np.allclose(across, places[expected > 0], atol=1e-5)
    file = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(look.CNN).graph.initializer}
    made = of(network, "weights")["dense1"]
    weights = next(array for name, array in file.items() if name.startswith("dense1") and array.ndim == 2).ravel()
    assert near(np.array([int(text) for text in made.counts]), binned(weights, made.low, made.high))
    assert made.total == weights.size and made.low == -made.high


def test_they_follow_what_runs_and_go_again(blank):
    network = look.build(look.CNN, look.DIGIT)
    before = acting.geometry(network)
    histograms.toggle(network, ["conv3"], ("values",))
    first = of(network, "values")["conv3"].counts
    moved = of(network, "values")["conv3"].obj
    moved.location.x = 3.0
    importing.run_in_scene(network, look.OTHER_DIGIT)
    made = of(network, "values")["conv3"]
    assert made.counts != first and made.obj.location.x == 3.0
    numbers = run_file(look.OTHER_DIGIT, importing.open_network(look.CNN))[1].values
    layer = importing.open_network(look.CNN).layer("conv3")
    assert near(np.array([int(text) for text in made.counts]), binned(numbers[layer.tensor].ravel(), 0, made.high))
    importing.run_in_scene(network, look.DIGIT)
    assert histograms.toggle(network, ["conv3"], ("values",)) == "1 histogram removed"
    assert acting.same(acting.geometry(network), before) and not list(NetworkScene(network).members(Histogram))


def test_weights_over_time_are_a_ridge(blank):
    network = build.finish(filling.import_steps([RUN], build.Settings(max_cells=2000, fold_repeats=False)))
    name = next(name for name, layer in NetworkScene(network).layers().items() if layer.statistics)
    histograms.toggle(network, [name], ("time", "weights"))
    made = of(network, "time")[name]
    sources = json.loads(NetworkScene(network).series)["checkpoints"]["files"]
    mesh = made.obj.data
    points = look.values_of(made.obj, "position").reshape(-1, 3)
    steps = look.values_of(made.obj, "step")
    for step, path in enumerate(sources):
        layer = importing.open_network(path).layer(name)
        numbers = np.concatenate([part.ravel() for part in counting.weights(layer)])
        share = binned(numbers, made.low, made.high) / numbers.size
        tops = points[points[:, 2] == step][counting.BINS + 1 :, 1]
        assert np.allclose(tops[1:-1], (share[1:] + share[:-1]) / 2, atol=3 / numbers.size)
        bars_now = look.values_of(of(network, "weights")[name].obj, f"value.{step:03}")
        assert np.allclose(bars_now, share, atol=2 / numbers.size)
    assert len(mesh.polygons) == counting.BINS * (len(sources) + 1) and steps.min() == -1
    for place in (0, len(sources) - 1):
        playing.go(network, "checkpoints", place)
        look.evaluate(network)
        depsgraph = bpy.context.scene.view_layers[0].depsgraph
        geometry = made.obj.evaluated_get(depsgraph).evaluated_geometry()
        assert len(geometry.mesh.polygons) == counting.BINS * (place + 2)  # rows so far, and the axis
        strength = look.array(geometry.mesh.attributes, "strength")
        own = look.array(geometry.mesh.attributes, "step")
        assert (strength[own == place] == 1).all() and (strength[(own >= 0) & (own < place)] < 0.6).all()


def test_one_step_and_refusals(registered):
    look.build(look.CNN)
    with pytest.raises(CheckpointError, match="has no such numbers"):
        histograms.toggle(networks()[0], ["conv1"], ("values",))
    with pytest.raises(CheckpointError, match="shows one checkpoint"):
        histograms.toggle(networks()[0], ["conv1"], ("time",))
    bpy.ops.ed.undo_push(message="before")
    before = acting.geometry(networks()[0])
    assert acting.run("show_histograms", of="WEIGHTS") == {"FINISHED"}
    assert of(networks()[0], "weights")
    bpy.ops.ed.undo()
    assert acting.same(acting.geometry(networks()[0]), before)
