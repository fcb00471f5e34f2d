# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""One trained network in the files of every generation of Keras: its weights, its scores, what its layers give."""

import json
import shutil

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.stored import Stored
from neuroscene.addon.formats import keras
from neuroscene.addon.formats.checkpoint import LAYER, Checkpoint
from neuroscene.addon.formats.weights import Weights
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.keras_models import CROSSFORMAT, KERAS, as_keras, given
from unit.make import DATA

EXPECTED = dict(np.load(DATA / "expected_activations.npz"))
SCORES = np.array(list(json.loads((DATA / "expected_scores.json").read_text()).values()))
REFERENCE = {name.replace(".", "/"): value for name, value in np.load(CROSSFORMAT / "mnist_cnn_weights.npz").items()}
LAYERS = [name for name in EXPECTED if name != "input"]
WHOLE = {
    "keras1_2_2/mnist_cnn_functional.h5": ("keras-h5", "Keras 1.2.2"),
    "keras1_2_2/mnist_cnn_sequential.h5": ("keras-h5", "Keras 1.2.2"),
    "keras2_2_4_tf1_15/mnist_cnn_functional.h5": ("keras-h5", "Keras 2.2.4"),
    "keras2_2_4_tf1_15/mnist_cnn_sequential.h5": ("keras-h5", "Keras 2.2.4"),
    "keras2_12/mnist_cnn.keras": ("keras-h5", "Keras 2.12.0"),
    "keras2_12/mnist_cnn_sequential.h5": ("keras-h5", "Keras 2.12.0"),
    "keras2_15/mnist_cnn.keras": ("keras-v3", "Keras 2.15.0"),
    "keras2_15/mnist_cnn_functional.h5": ("keras-h5", "Keras 2.15.0"),
    "mnist_cnn.keras": ("keras-v3", "Keras 3.15.1"),
    "mnist_cnn_keras3.h5": ("keras-h5", "Keras 3.15.1"),
    "mnist_cnn_sequential.keras": ("keras-v3", "Keras 3.15.1"),
    "mnist_cnn_sequential_keras3.h5": ("keras-h5", "Keras 3.15.1"),
}
BARE = {
    "keras1_2_2/mnist_cnn_weights_only.h5": "keras2_12/mnist_cnn_functional.json",
    "keras2_2_4_tf1_15/mnist_cnn_weights_only.h5": "keras2_12/mnist_cnn_functional.json",
    "keras2_15/mnist_cnn_weights_only.h5": "keras2_15/mnist_cnn_functional.json",
    "mnist_cnn_keras3.weights.h5": "mnist_cnn_architecture.json",
}


def scores_and_layers(checkpoint):
    """The ten digits go through the network: scores within 1e-5 of Keras's, every layer within 1e-4."""
    name = checkpoint.model.graph.input[0].name
    values = given(checkpoint, {name: EXPECTED["input"]}, LAYERS)
    np.testing.assert_allclose(values["scores"], SCORES, atol=1e-5)
    for layer in LAYERS:
        expected = EXPECTED[layer]
        digits = range(10) if len(expected) == 10 else (3, 7)
        value = as_keras(values[layer][list(digits)], expected.shape)
        np.testing.assert_allclose(value, expected, atol=1e-4, err_msg=layer)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_models(name):
    checkpoint = keras.read(CROSSFORMAT / name)
    assert isinstance(checkpoint, Checkpoint)
    assert (checkpoint.format, checkpoint.producer) == WHOLE[name]
    assert checkpoint.structure == "graph"
    scores_and_layers(checkpoint)


@pytest.mark.parametrize("name", WHOLE)
def test_weights_are_those_of_the_file_bit_for_bit(name):
    checkpoint = keras.read(CROSSFORMAT / name)
    found = {
        tensor.name: checkpoint.array(tensor) for tensor in checkpoint.model.graph.initializer if tensor.data_location
    }
    assert len(found) == len(REFERENCE) == 13
    for tensor, value in found.items():
        assert value.tobytes() == REFERENCE[tensor].tobytes(), tensor


@pytest.mark.parametrize("name", WHOLE)
def test_opening_reads_no_weights(name):
    """Every weight is a place in the file, none is a copy; other initializers are a few numbers."""
    checkpoint = keras.read(CROSSFORMAT / name)
    assert not checkpoint.readers
    for tensor in checkpoint.model.graph.initializer:
        assert tensor.data_location or len(tensor.raw_data) <= 64, tensor.name


@pytest.mark.parametrize("name", WHOLE)
def test_inputs_and_outputs_are_those_of_keras(name):
    graph = keras.read(CROSSFORMAT / name).model.graph
    assert [one.name for one in graph.output] == ["scores"]
    assert graph.input[0].name == (
        "conv1_input"
        if name in ("keras1_2_2/mnist_cnn_sequential.h5", "keras2_2_4_tf1_15/mnist_cnn_sequential.h5")
        else "image"
    )
    assert [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == [0, 28, 28, 1]


def test_nodes_say_of_which_layer_they_are():
    graph = keras.read(CROSSFORMAT / "mnist_cnn.keras").model.graph
    said = {node.name: next(one.value for one in node.metadata_props if one.key == LAYER) for node in graph.node}
    assert all(name == layer or name.startswith(f"{layer}/") for name, layer in said.items())
    assert set(said.values()) == set(said) & set(said.values()) == set(LAYERS)


def test_what_is_left_out_is_said():
    assert keras.read(CROSSFORMAT / "mnist_cnn.keras").notes == ["optimizer weights left out (58,070 numbers)"]
    assert keras.read(CROSSFORMAT / "keras2_15/mnist_cnn.keras").notes == [
        "metrics left out (4 numbers)",
        "optimizer weights left out (1 numbers)",
    ]


@pytest.mark.parametrize("name", BARE)
def test_weights_alone(name):
    found = keras.read(CROSSFORMAT / name)
    assert isinstance(found, Weights)
    assert (found.format, found.layout) == ("keras-weights", "keras")
    assert [one.name for one in found.tensors] == list(REFERENCE)
    for one in found.tensors:
        with (CROSSFORMAT / name).open("rb") as file:
            file.seek(one.offset)
            assert file.read(REFERENCE[one.name].nbytes) == REFERENCE[one.name].tobytes()


@pytest.mark.parametrize("name", BARE)
def test_weights_with_their_architecture(name):
    found = keras.read(CROSSFORMAT / name)
    config = json.loads((CROSSFORMAT / BARE[name]).read_text())
    assert keras.is_architecture(config)
    scores_and_layers(keras.write(found.path, config, keras.finder(found, config), found.format, found.producer))


class Torch:
    """Finds a torch network's tensors in a safetensors file, by the names of the layers."""

    layout = "torch"
    names = {
        "kernel": "weight",
        "gamma": "weight",
        "beta": "bias",
        "bias": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
    }

    def __init__(self, path):
        data = path.read_bytes()
        size = int.from_bytes(data[:8], "little")
        self.path, self.start, self.header = path, 8 + size, json.loads(data[8 : 8 + size])

    def __call__(self, layer, name, shape):
        key = f"{layer}.{self.names[name]}"
        said = self.header[key]
        assert len(shape) == len(said["shape"])
        assert all(want in (None, have) for want, have in zip(shape, said["shape"], strict=True)), key
        return Stored(key, tuple(said["shape"]), 1, self.path.name, self.start + said["data_offsets"][0])


def test_an_architecture_for_weights_in_torchs_order():
    config = json.loads((CROSSFORMAT / "mnist_cnn_architecture.json").read_text())
    path = CROSSFORMAT / "mnist_cnn.safetensors"
    checkpoint = keras.write(path, config, Torch(path), "safetensors")
    values = given(checkpoint, {"image": EXPECTED["input"]}, ["pool2"])
    np.testing.assert_allclose(values["scores"], SCORES, atol=1e-5)
    assert values["pool2"].shape == (10, 16, 7, 7)


def test_an_architecture_that_does_not_fit():
    found = keras.read(CROSSFORMAT / "mnist_cnn_keras3.weights.h5")
    config = json.loads((CROSSFORMAT / "mnist_cnn_architecture.json").read_text())
    layers = config["config"]["layers"]
    next(one for one in layers if one["config"]["name"] == "fc1")["config"]["units"] = 33
    with pytest.raises(CheckpointError, match=r"'kernel' of layer 'fc1' have the shape \[784, 32\].*\[784, 33\]"):
        keras.write(found.path, config, keras.finder(found, config), found.format)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"class_name": "Sequential"},
        {"class_name": "Model", "config": {"layers": 3}},
        {"architectures": ["BertModel"], "hidden_size": 12},
        {"config": {"layers": []}},
    ],
)
def test_what_is_no_architecture(config):
    assert not keras.is_architecture(config)


def test_weights_in_several_files(tmp_path):
    """The index opens them all; with the architecture beside it they run."""
    shutil.copytree(KERAS / "sharded", tmp_path, dirs_exist_ok=True)
    index = tmp_path / "sharded.weights.json"
    values, whole = np.load(tmp_path / "values.npz"), open_checkpoint(index)
    assert whole.architecture == tmp_path / "architecture.json"
    np.testing.assert_allclose(given(whole, {"x": values["x"]}, [])["c"], values["y"], atol=1e-5)
    whole.architecture.unlink()
    found = summarise(open_checkpoint(index))
    assert found.checkpoint.format == "keras-weights" and found.checkpoint.structure == "inferred"
    assert [(layer.name, layer.parameters) for layer in found.layers[1:]] == [
        ("/a/Gemm", 63),
        ("/b/Gemm", 70),
        ("/c/Gemm", 24),
    ]
    (tmp_path / "sharded_00001.weights.h5").unlink()
    with pytest.raises(CheckpointError, match="'sharded_00001.weights.h5' is not there; put all shards"):
        open_checkpoint(index)


@pytest.mark.parametrize(
    ("places", "match"),
    [
        ({"a": ["../b.weights.h5"]}, "outside of its folder"),
        ({"a": [3, "b.weights.h5"]}, "names no file"),
        (["b.weights.h5"], "names no file"),
        ({"a": {"b.weights.h5": 1}}, "names no file"),
    ],
)
def test_an_index_that_names_no_files(places, match, tmp_path):
    index = tmp_path / "net.weights.json"
    index.write_text(json.dumps({"weight_map": places, "files": "a.weights.h5"}))
    with pytest.raises(CheckpointError, match=match):
        open_checkpoint(index)
