# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Importance of units against plain NumPy on the file's arrays, and pruned runs against models with zeroed weights."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from neuroscene.addon import inference
from neuroscene.addon.network import summarise
from neuroscene.addon.network.importance import rank
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, model, node, run, save, seeded

UNITS, CHANNELS, SIZE, HIDDEN = 6, 3, 8, 5


def sample(folder, groups=1):
    """Conv, BatchNormalization, Relu, MaxPool, Flatten, Gemm, Relu, Gemm."""
    weights = {
        "w": seeded(UNITS, CHANNELS // groups, 3, 3, seed=1),
        "b": seeded(UNITS, seed=2),
        "g": seeded(UNITS, seed=3),
        "s": seeded(UNITS, seed=4),
        "m": seeded(UNITS, seed=5),
        "v": np.abs(seeded(UNITS, seed=6)) + 0.1,
        "d": seeded(UNITS * SIZE * SIZE // 4, HIDDEN, seed=7),
        "e": 40 + seeded(HIDDEN, seed=8),
        "f": seeded(HIDDEN, 4, seed=9),
    }
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], group=groups),
        node("BatchNormalization", ["c", "g", "s", "m", "v"], ["n"]),
        node("Relu", ["n"], ["r"]),
        node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["p"], ["q"]),
        node("Gemm", ["q", "d", "e"], ["h"]),
        node("Relu", ["h"], ["k"]),
        node("Gemm", ["k", "f"], ["y"]),
    ]
    made = model(nodes, {"x": (1, CHANNELS, SIZE, SIZE)}, {"y": (1, 4)}, weights)
    return summarise(open_checkpoint(save(folder, made))), made, weights


def given():
    return np.abs(seeded(1, CHANNELS, SIZE, SIZE, seed=11))


def norm(array, *axes):
    return np.sqrt((np.asarray(array, np.float64) ** 2).sum(axes))


@pytest.mark.parametrize("groups", [1, 3])
def test_importance_from_weights(tmp_path, groups):
    network, _, w = sample(tmp_path, groups)
    found = rank(network)
    scale = np.abs(w["g"] / np.sqrt(w["v"] + 1e-5))
    reach = norm(w["d"].reshape(UNITS, -1), 1)
    assert np.allclose(found["c"].importance, norm(w["w"], 1, 2, 3) * scale * reach, rtol=1e-4)
    assert np.allclose(found["h"].importance, norm(w["d"], 0) * norm(w["f"], 1), rtol=1e-4)


def test_importance_from_activations(tmp_path):
    network, made, w = sample(tmp_path)
    relu, hidden = run(made, {"x": given()}, ["r", "k"])
    found = rank(network, {"r": relu, "k": hidden})
    rms = np.sqrt((relu.astype(np.float64) ** 2).mean((0, 2, 3)))
    assert np.allclose(found["c"].importance, rms * norm(w["d"].reshape(UNITS, -1), 1), rtol=1e-4)
    assert np.allclose(found["h"].importance, np.abs(hidden[0]) * norm(w["f"], 1), rtol=1e-4)


def test_what_is_ranked(tmp_path):
    """Hidden layers with weights, and those that pass their units on; never the input or the output."""
    found = rank(sample(tmp_path)[0])
    assert {name: one.leader for name, one in found.items()} == {"c": "c", "p": "c", "h": "h"}


def test_softmax_behind_the_last_layer_keeps_it(tmp_path):
    nodes = [node("Gemm", ["x", "w"], ["h"]), node("Gemm", ["h", "v"], ["s"]), node("Identity", ["s"], ["y"])]
    made = model(nodes, {"x": (1, 6)}, {"y": (1, 4), "s": (1, 4)}, {"w": seeded(6, 5), "v": seeded(5, 4)})
    assert set(rank(summarise(open_checkpoint(save(tmp_path, made))))) == {"h"}


@pytest.mark.parametrize("share, gone", [(0, 0), (0.16, 0), (1 / 6, 1), (0.34, 2), (0.5, 3), (0.99, 5), (1, 6)])
def test_the_least_important_go_first(tmp_path, share, gone):
    one = rank(sample(tmp_path)[0])["c"]
    kept = one.kept(share)
    assert (~kept).sum() == gone
    assert not gone or gone == UNITS or one.importance[~kept].max() <= one.importance[kept].min()
    assert np.array_equal(kept, ~((one.pruned_at > 0) & (one.pruned_at <= np.float32(share) + 1e-6)))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_pruned_run_is_that_of_a_model_whose_units_give_nothing(tmp_path, share):
    """Against the same file with zeros for the weights, biases, scales and shifts of the pruned units."""
    network, made, w = sample(tmp_path)
    fitted = inference.Fitted("x", given(), "")
    whole = inference.run(network, fitted)
    pruned = inference.run_pruned(network, [fitted], whole, share)
    ranks = rank(network, whole)
    dead, silent = ~ranks["c"].kept(share), ~ranks["h"].kept(share)
    assert pruned.units == {"c": (dead.sum(), UNITS), "h": (silent.sum(), HIDDEN)} and dead.any() and silent.any()
    zeroed = {name: array.copy() for name, array in w.items()}
    for name in ("w", "b", "g", "s"):
        zeroed[name][dead] = 0
    zeroed["d"][:, silent] = 0
    zeroed["e"][silent] = 0
    other = onnx.ModelProto()
    other.CopyFrom(made)
    del other.graph.initializer[:]
    other.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in zeroed.items())
    expected, relu = run(other, {"x": given()}, ["y", "r"])
    assert np.allclose(pruned.values["y"], expected, rtol=1e-4, atol=1e-4)
    assert not np.allclose(pruned.values["y"], whole["y"], atol=1e-3)
    assert np.allclose(pruned.values["r"], relu, atol=1e-5) and not pruned.values["p"][:, dead].any()


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3", "vit", "gpt2", "unet", "densenet"])
def test_zoo(name):
    """Pruning nothing changes nothing, pruning half changes what comes out, and all that is pruned is 0."""
    path = DATA / "zoo" / f"{name}.onnx"
    network = summarise(open_checkpoint(path))
    spec = network.inputs[0]
    shape = tuple(size or 1 for size in spec.shape)
    array = np.arange(np.prod(shape)).reshape(shape) % 90 if name == "gpt2" else seeded(*shape, seed=3)
    fitted = inference.Fitted(spec.name, array.astype(np.int64 if name == "gpt2" else np.float32), "")
    whole = inference.run(network, fitted)
    out = network.outputs[0].name
    assert np.array_equal(inference.run_pruned(network, [fitted], whole, 0.0).values[out], whole[out])
    half = inference.run_pruned(network, [fitted], whole, 0.5)
    assert half.units and not np.allclose(half.values[out], whole[out])
    for layer, one in rank(network, whole).items():
        found, axis = half.values[network.layer(layer).tensor], one.axis
        whole_map = found.reshape(-1, *network.layer(layer).shape)
        units = np.moveaxis(whole_map, -1 if axis == 2 else 1, 0)
        assert not units[~one.kept(0.5)].any(), layer
