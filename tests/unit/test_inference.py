# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Activations and scores are those that the framework gave which trained the model."""

import itertools
import json

import numpy as np
import onnx
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import fit, fit_named, top
from neuroscene.addon.inference import run as infer
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, info, model, network, node, run, seeded

EXPECTED = dict(np.load(DATA / "expected_activations.npz"))
SCORES = json.loads((DATA / "expected_scores.json").read_text())
MODELS = (
    "mnist_cnn_keras_export",
    "mnist_cnn_tf2onnx",
    "mnist_cnn_torch_dynamo",
    "onnx_external_data/mnist_cnn",
    "mnist_cnn_torch_torchscript_exporter",
    "mnist_cnn_torch_unfolded_bn",
)


def open_model(name, by_node=False):
    return summarise(open_checkpoint(DATA / f"{name}.onnx"), by_node=by_node)


def picture(digit):
    """A digit as the picture that Blender reads from a file: (28, 28, 4)."""
    grey = np.repeat(EXPECTED["input"][digit], 3, axis=2)
    return np.concatenate([grey, np.ones((28, 28, 1), np.float32)], axis=2)


@pytest.mark.parametrize("name", MODELS)
def test_scores(name, tmp_path):
    found = open_model(name)
    for digit, (file, expected) in enumerate(SCORES.items()):
        values = infer(found, fit(tmp_path / file, picture(digit), found.inputs[0], found.assumed))
        np.testing.assert_allclose(values[found.outputs[0].name][0], expected, atol=1e-5)
        scores = top(found, values, 3)
        assert [one.index for one in scores] == list(np.argsort(expected)[::-1][:3])
        assert [one.label for one in scores] == [str(one.index) for one in scores]
        assert [one.score for one in scores] == pytest.approx(sorted(expected)[:-4:-1], abs=1e-5)


KERAS = ("conv1", "relu2", "pool1", "conv3", "pool2", "fc1", "scores")


def of_nodes(found, values):
    """What the nodes that Keras names give, by Keras's names."""
    ops = [layer for layer in found.layers if layer.op in ("Relu", "MaxPool", "BatchNormalization", "Softmax")]
    names = {
        "Relu": ["conv1", "relu2", "conv3", "fc1"],
        "MaxPool": ["pool1", "pool2"],
        "BatchNormalization": ["bn2"],
        "Softmax": ["scores"],
    }
    return {names[layer.op].pop(0): values[layer.tensor] for layer in ops}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("position", "digit"), [(0, 3), (1, 7)])
def test_activations_of_every_layer(name, position, digit, tmp_path):
    """Each layer of Keras is one of ours, in the same order, and what it gives is that of the last node in it."""
    found = open_model(name)
    values = infer(found, fit(tmp_path / "digit.png", picture(digit), found.inputs[0]))
    for layer, expected in zip(found.layers[1:], KERAS, strict=True):
        as_keras(values[layer.tensor], EXPECTED[expected][position], expected)


@pytest.mark.parametrize("name", MODELS)
def test_activations_of_every_node(name, tmp_path):
    found = open_model(name, by_node=True)
    values = infer(found, fit(tmp_path / "digit.png", picture(3), found.inputs[0]))
    assert set(values) >= {layer.tensor for layer in found.layers}
    nodes = of_nodes(found, values)
    assert set(nodes) - {"bn2"} == set(KERAS)
    for name, value in nodes.items():
        as_keras(value, EXPECTED[name][0], name)


def as_keras(value, expected, name):
    value = value[0].transpose(1, 2, 0) if value.ndim == 4 else value[0]
    np.testing.assert_allclose(value, expected, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("name", MODELS)
def test_flattening_keeps_the_order_that_the_weights_expect(name, tmp_path):
    found = open_model(name, by_node=True)
    values = infer(found, fit(tmp_path / "digit.png", picture(3), found.inputs[0]))
    flat = next(layer for layer in found.layers if layer.shape == (784,))
    expected = (
        EXPECTED["pool2"][0]
        if "torch" not in name and "external" not in name
        else EXPECTED["pool2"][0].transpose(2, 0, 1)
    )
    np.testing.assert_allclose(values[flat.tensor].ravel(), expected.ravel(), atol=1e-4)


def test_activations_have_the_shape_of_their_layer(tmp_path):
    for name, by_node in itertools.product(MODELS, (False, True)):
        found = open_model(name, by_node)
        values = infer(found, fit(tmp_path / "digit.png", picture(3), found.inputs[0]))
        for layer in found.layers:
            assert values[layer.tensor].shape[1:] == layer.shape, layer.name


def test_a_model_of_scikit_learn(tmp_path):
    found = open_model("digits_mlp_skl2onnx")
    given = np.arange(64, dtype=np.float32) % 17
    values = infer(found, fit(tmp_path / "digit.npy", given, found.inputs[0], found.assumed))
    scores = top(found, values, 10)
    assert sum(one.score for one in scores) == pytest.approx(1, abs=1e-5)
    expected = run(onnx.load(found.checkpoint.path), {"X": given[None]}, ["probabilities"])[0][0]
    assert [one.index for one in scores] == list(np.argsort(-expected, kind="stable"))


def test_labels_come_from_the_file(tmp_path):
    made = model([node("Softmax", ["x"], ["y"])], {"x": (1, 3)}, {"y": (1, 3)})
    made.metadata_props.add(key="names", value="{0: 'cat', 1: 'dog', 2: 'owl'}")
    found = network(tmp_path, made)
    values = infer(found, fit(tmp_path / "x.npy", np.array([0, 5, 1]), found.inputs[0]))
    assert [one.label for one in top(found, values, 2)] == ["dog", "owl"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('["a", "b"]', ["a", "b"]),
        ('{"1": "b", "0": "a"}', ["a", "b"]),
        ("{0: 'a', 1: 'b'}", ["a", "b"]),
        ('{"cat": 0}', []),
        ("{None: 1}", []),
        ("not a list", []),
        ("{}", []),
        ("7", []),
        ("[" * 5000, []),
    ],
)
def test_class_names_in_any_notation(text, expected, tmp_path):
    made = model([node("Relu", ["x"], ["y"])], {"x": (1, 3)}, {"y": (1, 3)})
    made.metadata_props.add(key="names", value=text)
    assert network(tmp_path, made).classes == expected


@pytest.mark.parametrize(
    ("nodes", "inputs"),
    [
        ([node("Nonsense", ["x"], ["y"])], {"x": (1, 3)}),
        ([node("Special", ["x"], ["y"], domain="some.where")], {"x": (1, 3)}),
        ([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 3)}),
        ([node("Relu", ["x"], ["y"])], {"x": (1, 3), "z": (1, 3)}),
    ],
    ids=["unknown", "domain", "shapes", "two inputs"],
)
def test_a_model_that_cannot_be_run(nodes, inputs, tmp_path):
    made = model(nodes, inputs, {"y": None}, {"w": seeded(7, 2)}, domains=["some.where"])
    found = network(tmp_path, made)
    with pytest.raises(CheckpointError) as caught:
        infer(found, fit(tmp_path / "x.npy", np.zeros(3), found.inputs[0]))
    assert "\n" not in str(caught.value)


def test_no_scores_without_a_vector(tmp_path):
    made = model([node("Relu", ["x"], ["y"])], {"x": (1, 1, 4, 4)}, {"y": None})
    made.graph.output.append(info("x", (1, 1, 4, 4)))
    found = network(tmp_path, made)
    assert top(found, infer(found, fit(tmp_path / "x.npy", np.zeros((1, 4, 4)), found.inputs[0])), 5) == []


def test_several_inputs(tmp_path):
    """BERT, whose three inputs are arrays of a .npz file: what each layer gives is what onnxruntime gives."""
    path, random = DATA / "zoo" / "bert.onnx", np.random.default_rng(0)
    given = {
        "input_ids": random.integers(0, 20, (1, 16)),
        "attention_mask": np.repeat([[1, 0]], [11, 5], axis=1),
        "token_type_ids": np.repeat([[0, 1]], 8, axis=1),
    }
    found = summarise(open_checkpoint(path))
    values = infer(found, *fit_named(tmp_path / "x.npz", given, found))
    tensors = [layer.tensor for layer in found.layers if layer.op != "Input"]
    for tensor, expected in zip(tensors, run(onnx.load(path), given, tensors), strict=True):
        np.testing.assert_allclose(values[tensor], expected, rtol=1e-5, atol=1e-6, err_msg=tensor)
