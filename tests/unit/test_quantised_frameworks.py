# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantised, sparse and adapted weights in files of PyTorch and Keras, against the numbers that these give."""

import numpy as np
import pytest

from neuroscene.addon import inference
from neuroscene.addon.network import summarise
from neuroscene.addon.network.statistics import statistics
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, edges_of
from unit.test_torch_tensors import arrays

TORCH, KERAS = DATA / "torch", DATA / "keras" / "applied"
LAYERS = np.load(TORCH / "quantised_layers.npz")
APPLIED = np.load(KERAS / "values.npz")


def with_weights(path):
    """The network of a file, and its layers that have weights, in order."""
    found = summarise(open_checkpoint(path))
    return found, [one for one in found.layers if one.parameters]


def matrix(found, layer):
    """The weight of every line into a layer, (cells of the source, cells of the layer)."""
    (connection,) = (one for one in found.connections if one.target is layer)
    assert connection.join.carries == "weight"
    edges, made = edges_of(connection), np.zeros((connection.source.size, layer.size))
    np.add.at(made, (edges.source, edges.target), edges.weight)
    return made


@pytest.mark.parametrize("kind", ["state", "module", "script", "compiled"])
@pytest.mark.parametrize("name", ["dynamic_tensor", "dynamic_channel", "static"])
def test_quantised_layers_of_torch(name, kind):
    """Packed with their biases, in all kinds of files; per tensor with a zero point, and per channel."""
    found, layers = with_weights(TORCH / f"{name}_{kind}.pt")
    names = ["conv", "fc"] if name == "static" else ["conv", "fc", "out"]
    assert [one.name.split("/")[1] for one in layers] == names
    for said, layer in zip(names, layers, strict=True):
        weight = LAYERS[f"{name}/{said}.weight"]
        norm = 16 if said == "conv" and name != "static" else 0  # of the normalisation behind it
        bias = 4 if said == "conv" else len(weight)
        assert layer.parameters == weight.size + bias + norm
        have = statistics(layer)
        assert (have.count, have.minimum, have.maximum) == (weight.size, weight.min(), weight.max())
        assert have.mean == pytest.approx(weight.mean(), abs=1e-6)
        if said != "conv":
            np.testing.assert_allclose(matrix(found, layer), weight.T, atol=1e-7)
            np.testing.assert_array_equal(layer.bias.array(), LAYERS[f"{name}/{said}.bias"])
    assert found.parameters == sum(one.parameters for one in layers)


@pytest.mark.parametrize("kind", ["script", "compiled"])
@pytest.mark.parametrize("name", ["dynamic_tensor", "dynamic_channel", "static"])
def test_scripts_of_quantised_layers_run_without_rounding(name, kind):
    found, _ = with_weights(TORCH / f"{name}_{kind}.pt")
    assert any("not rounded" in note for note in found.checkpoint.notes)
    values = inference.session.activations(
        found.checkpoint, {found.inputs[0].name: LAYERS["x"]}, [found.outputs[0].name]
    )
    np.testing.assert_allclose(values[found.outputs[0].name], LAYERS[f"{name}/y"], atol=0.03)


def test_sparse_tensors_of_torch():
    expected, found = np.load(TORCH / "sparse.npz"), arrays(TORCH / "sparse.pt")
    for layout in ("coo", "csr", "csc", "bsr", "bsc"):
        np.testing.assert_array_equal(found[layout], expected["matrix"])
    np.testing.assert_array_equal(found["half"], np.stack([expected["matrix"], 2 * expected["matrix"]]))
    np.testing.assert_array_equal(found["twice"], expected["twice"])  # equal places add up


FILES = {
    "int8": "keras h5 weights.h5",
    "int4": "keras h5 weights.h5",
    "int4_blocks": "keras h5 weights.h5",
    "float8": "keras h5",
    "lora": "h5",
    "lora_maps": "h5",
}


@pytest.mark.parametrize("name, suffix", [(name, suffix) for name, all_ in FILES.items() for suffix in all_.split()])
def test_layers_of_keras(name, suffix):
    found, layers = with_weights(KERAS / f"{name}.{suffix}")
    kernel = APPLIED[f"{name}/kernel"]
    kernel = kernel.reshape(len(kernel), -1)
    lines = matrix(found, layers[0])
    np.testing.assert_allclose(lines, kernel, atol=2e-6)
    have = statistics(layers[0])
    assert (have.minimum, have.maximum) == pytest.approx((kernel.min(), kernel.max()), abs=2e-6)
    assert have.count == kernel.size and layers[0].multiply_adds == kernel.size
    if "lora" in name:  # the parts are parameters too
        assert found.parameters == {"lora": 30 + 5 + 12 + 10, "lora_maps": 72 + 4 + 36 + 8}[name]
    else:
        assert [one.parameters for one in layers] == [35, 15] and found.parameters == 50
    if suffix != "weights.h5":
        values = inference.session.activations(found.checkpoint, {"x": APPLIED[f"{name}/x"]}, [found.outputs[0].name])
        np.testing.assert_allclose(values[found.outputs[0].name], APPLIED[f"{name}/y"], atol=1e-5)


def test_words_of_keras():
    found, layers = with_weights(KERAS / "words.keras")
    table = APPLIED["words/kernel"]
    have = statistics(layers[0])
    assert layers[0].parameters == table.size
    assert (have.minimum, have.maximum) == pytest.approx((table.min(), table.max()))
    values = inference.session.activations(found.checkpoint, {"ids": APPLIED["words/x"]}, [found.outputs[0].name])
    np.testing.assert_allclose(values[found.outputs[0].name], APPLIED["words/y"], atol=1e-5)
