# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every layer gives what Keras computed for it: files and numbers of Keras 1.2.2, 2.2.4, 2.15 and 3.15."""

import json
import zipfile

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats import keras
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.formats.weights import Weights
from neuroscene.addon.network import summarise
from unit.keras_models import KERAS, close, given

UNKNOWN = ("unknown", "unknown_inside", "keras2_21_own", "subclass", "bfloat16", "mixed_float16")
MODELS = sorted(
    path.name
    for path in KERAS.iterdir()
    if path.suffix in (".keras", ".h5") and path.name.partition(".")[0] not in UNKNOWN
)
SHARED = ("structure.keras", "structure.h5", "keras2_15_structure.keras", "keras2_2_structure.h5")
GATED = ("gated", "grouped_gate")  # attentions that are followed by a gate, which is drawn as a layer
PARAMETERS = dict.fromkeys(SHARED, 175) | {"normalisation.keras": 284, "normalisation.h5": 284}  # as Keras counts


def numbers(path):
    """What Keras computed: inputs by name, and outputs by the name of the call; (call, place) for later outputs."""
    found = dict(np.load(path.with_suffix(".npz")))
    inputs = {name.removeprefix("in/"): value for name, value in found.items() if name.startswith("in/")}
    return inputs, {name: value for name, value in found.items() if not name.startswith("in/")}


@pytest.mark.parametrize("name", MODELS)
def test_every_layer(name):
    checkpoint = keras.read(KERAS / name)
    assert not [note for note in checkpoint.notes if "cannot be run" in note]
    inputs, expected = numbers(KERAS / name)
    nodes = {node.name for node in checkpoint.model.graph.node}
    wanted = [call for call in expected if call in nodes]
    models = ("tower", "body", "one", "other")
    inner = {call for call in expected if call.partition(":")[0].partition("@")[0] in models}
    assert set(expected) - set(wanted) - inner == {call for call in expected if ":" in call} - inner
    values = given(checkpoint, inputs, wanted)
    wrong = {
        call: np.abs(values[call] - expected[call]).max()
        if values[call].shape == expected[call].shape
        else (values[call].shape, expected[call].shape)
        for call in wanted
        if not close(values[call], expected[call])
    }
    assert not wrong


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_in_keras_own_layout(name):
    checkpoint = keras.read(KERAS / name)
    inputs, expected = numbers(KERAS / name)
    values = given(checkpoint, inputs, [])
    assert values
    for output in checkpoint.model.graph.output:
        if output.name in expected:
            value, right = values[output.name], expected[output.name]
            np.testing.assert_allclose(value, right, rtol=1e-6, atol=1e-4, err_msg=output.name)
            said = [dim.dim_value for dim in output.type.tensor_type.shape.dim]
            assert all(size in (0, have) for size, have in zip(said, right.shape, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_the_network_of_a_model(name):
    """The rest of the project takes the graph; every weight is counted once, and no number of the settings."""
    checkpoint = keras.read(KERAS / name)
    found = summarise(checkpoint)
    stored = sum(
        np.prod(tensor.dims, dtype=int) for tensor in checkpoint.model.graph.initializer if tensor.data_location
    )
    assert found.parameters == stored + checkpoint.unread
    if name in PARAMETERS:
        assert found.parameters == PARAMETERS[name]


@pytest.mark.parametrize("name", MODELS)
def test_layers_have_the_names_and_shapes_of_keras(name):
    """A pooling gives a vector and a recurrent layer its last step, whatever the operators behind them give."""
    _, expected = numbers(KERAS / name)
    layers = {layer.name: layer.shape for layer in summarise(keras.read(KERAS / name)).layers}
    called = {call: expected[call].shape[1:] or (1,) for call in layers.keys() & expected.keys() - {*GATED}}
    assert called
    wrong = {call: (layers[call], shape) for call, shape in called.items() if sorted(layers[call]) != sorted(shape)}
    assert not wrong  # maps have their channels in front


@pytest.mark.parametrize("name", ["keras2_2_several.h5", "keras2_15_several.keras", "recurrent.keras"])
def test_a_recurrent_layers_weights_are_folded(name):
    """Gates are put in order without a copy: the network knows the weights of every LSTM, GRU and RNN."""
    found = summarise(keras.read(KERAS / name), by_node=True)
    recurrent = [layer for layer in found.layers if layer.op in ("LSTM", "GRU", "RNN")]
    assert recurrent and all(layer.parameters for layer in recurrent)


def test_what_a_mask_does_to_the_steps_of_a_sequence_is_no_layer():
    found = summarise(keras.read(KERAS / "padded.keras"))
    sources = {layer.name: layer.inputs for layer in found.layers}
    assert sources.pop("words") == [] and sources.pop("not_equal") == ["words"]  # which Keras itself lists
    assert sources.pop("embedding") == ["words"] and sources.pop("second") == ["first"]
    assert sources.pop("both_last") == ["both_last/GRU"]  # adds the directions
    assert sources == dict.fromkeys(
        ("lstm", "first", "zeros", "back", "up", "both", "both_last/GRU", "apart"), ["embedding"]
    )
    assert {one.join.carries for one in found.connections if one.source.name == "embedding"} == {"weight"}


@pytest.mark.parametrize("name", SHARED)
def test_a_second_call_reads_the_same_weights(name):
    graph = keras.read(KERAS / name).model.graph
    nodes = {node.name: node for node in graph.node}
    assert nodes["shared"].input[1:] == nodes["shared@1"].input[1:] == ["shared/kernel", "shared/bias"]
    assert nodes["tower/bn"].input[1:] == nodes["tower@1/bn"].input[1:]
    assert [name for name in nodes if name.startswith("body@1/")] == [
        name.replace("body/", "body@1/") for name in nodes if name.startswith("body/")
    ]
    assert len({tensor.name for tensor in graph.initializer if tensor.data_location}) == 16


@pytest.mark.parametrize("name", ["unknown.keras", "unknown.h5"])
def test_layers_of_ones_own(name):
    """They are nodes that say what is known: class, name, shape and weights; what is around them is as ever."""
    checkpoint = keras.read(KERAS / name)
    opaque = {node.name: node for node in checkpoint.model.graph.node if node.domain == OPAQUE}
    assert {name: node.op_type for name, node in opaque.items()} == {"own": "Own", "function": "Lambda"}
    shapes = {tensor.name: tuple(tensor.dims) for tensor in checkpoint.model.graph.initializer}
    assert [shapes[name] for name in opaque["own"].input[1:]] == [(4, 5), (5,)]
    assert sum("cannot be run" in note for note in checkpoint.notes) == 2
    found = summarise(checkpoint)
    assert {layer.name: layer.shape for layer in found.layers} == {
        "x": (6, 4),
        "before": (6, 4),
        "own": (6, 5),
        "function": (6, 5),
        "after": (6, 3),
    }
    assert found.parameters == 20 + 25 + 18


@pytest.mark.parametrize("name", ["unknown_inside.keras", "unknown_inside.h5"])
def test_layers_that_are_not_known_with_layers_inside(name):
    """Their own weights and those of what is inside, each once; and as many outputs as the model gives out."""
    found = summarise(keras.read(KERAS / name))
    one = 1 + 4 * 4 + 4 + 4 * 4  # scale, Dense, BatchNormalization
    assert {layer.name: layer.parameters for layer in found.layers} == {"x": 0, "second": one, "first": one, "cut": 0}
    assert found.parameters == 2 * one
    assert not [note for note in found.checkpoint.notes if "left out" in note]


@pytest.mark.parametrize("name", ["keras2_21_own.keras", "keras2_21_own.h5"])
def test_a_layer_that_is_not_known_and_gives_other_sizes(name):
    """The .h5 file does not say which: what reads it is shown with its weights, and what follows is as ever."""
    checkpoint = keras.read(KERAS / name)
    assert {node.name for node in checkpoint.model.graph.node if node.domain == OPAQUE} == {
        "wide",
        *(["after"] if name.endswith(".h5") else []),
    }
    found = summarise(checkpoint)
    assert {layer.name: layer.parameters for layer in found.layers} == {"x": 0, "wide": 35, "after": 16, "last": 9}
    assert {layer.name: layer.shape for layer in found.layers if layer.name != "wide"} == {
        "x": (5,),
        "after": (2,),
        "last": (3,),
    }


@pytest.mark.parametrize("name", ["subclass.keras", "subclass.weights.h5"])
def test_a_model_that_is_a_class_gives_weights(name):
    found = keras.read(KERAS / name)
    assert isinstance(found, Weights)
    assert {one.name: one.shape for one in found.tensors} == {
        "conv/kernel": (2, 2, 2, 3),
        "conv/bias": (3,),
        "norm/gamma": (3,),
        "norm/beta": (3,),
        "norm/moving_mean": (3,),
        "norm/moving_variance": (3,),
        "head/kernel": (27, 4),
        "head/bias": (4,),
    }


@pytest.mark.parametrize("file", ["bfloat16.keras", "bfloat16.h5", "mixed_float16.keras"])
def test_half_precision(file):
    checkpoint, name = keras.read(KERAS / file), file.partition(".")[0]
    expected = dict(np.load(KERAS / f"{name}.npz"))
    found = {tensor.name: checkpoint.array(tensor) for tensor in checkpoint.model.graph.initializer}
    assert {f"{name}/{key}" for key in found} == set(expected)
    for key, value in found.items():
        assert value.dtype.name == ("bfloat16" if name == "bfloat16" else "float32")
        assert (value.astype(np.float32) == expected[f"{name}/{key}"]).all()
    x = np.ones((1, 6), np.float32)
    hidden = np.maximum(x @ expected[f"{name}/a/kernel"] + expected[f"{name}/a/bias"], 0)
    by_hand = hidden @ expected[f"{name}/b/kernel"] + expected[f"{name}/b/bias"]
    np.testing.assert_allclose(given(checkpoint, {"x": x}, [])["b"], by_hand, atol=1e-5)


def test_a_layer_that_two_models_hold():
    """The .keras file has its weights once, and both models read them."""
    nodes = {node.name: node for node in keras.read(KERAS / "shared_inside.keras").model.graph.node}
    assert nodes["one/twice"].input[1:] == nodes["other/twice"].input[1:]


def tamper(tmp_path, name, change):
    """A .keras file whose architecture was changed."""
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(KERAS / name) as archive, zipfile.ZipFile(path, "w") as out:
        for member in archive.namelist():
            data = archive.read(member)
            if member == "config.json":
                config = json.loads(data)
                change(config["config"])
                data = json.dumps(config)
            out.writestr(member, data)
    return path


def layer(config, name):
    return next(one for one in config["layers"] if one["config"]["name"] == name)


def history(config, name, value):
    layer(config, name)["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = value


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda c: history(c, "lstm", ["lstm", 0, 0]), "in a circle"),
        (lambda c: history(c, "lstm", ["nobody", 0, 0]), "'nobody', which is not there"),
        (lambda c: history(c, "lstm", ["steps", 0, 3]), "no output 3"),
        (lambda c: history(c, "lstm", ["steps", 0, 10**9]), "no output 1000000000"),
        (lambda c: layer(c, "steps")["config"].update(batch_shape=[None, 1 << 40, 4]), "has the shape"),
        (lambda c: layer(c, "steps")["config"].update(batch_shape=5), "has the shape"),
        (lambda c: layer(c, "lstm")["config"].update(units=6), "'kernel' of layer 'lstm' have the shape"),
        (lambda c: c.update(output_layers=[["nobody", 0, 0]]), "'nobody' is not there"),
        (lambda c: c["layers"].append(c["layers"][0]), "two layers of one name"),
        (lambda c: c["layers"].append({"class_name": "Dense"}), "damaged"),
    ],
    ids=range(10),
)
def test_architectures_that_contradict_themselves(change, match, tmp_path):
    with pytest.raises(CheckpointError, match=match) as caught:
        keras.read(tamper(tmp_path, "recurrent.keras", change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "settings", [{"units": None}, {"activation": ["x"]}, {"recurrent_activation": 7}, {"activation": "own_function"}]
)
def test_settings_that_cannot_be_read_make_a_layer_opaque(settings, tmp_path):
    path = tamper(tmp_path, "recurrent.keras", lambda config: layer(config, "lstm")["config"].update(settings))
    checkpoint = keras.read(path)
    node = next(node for node in checkpoint.model.graph.node if node.name == "lstm")
    assert (node.op_type, node.domain) == ("LSTM", OPAQUE)
    assert len(node.input) == 4  # with its weights
    assert [note for note in checkpoint.notes if "layer 'lstm' (LSTM)" in note]


@pytest.mark.slow
def test_models_that_hold_one_another_many_times(tmp_path):
    """A model that calls a model twice that calls one twice, and so on: bounded, whatever the file says."""

    def nested(depth):
        inner = [{"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 3]}, "inbound_nodes": []}]
        one = nested(depth - 1) if depth else {"class_name": "ReLU", "config": {"name": "f"}}
        calls = [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["i", 0, 0]}}], "kwargs": {}}]
        again = json.loads(json.dumps(calls).replace('["i", 0, 0]', '["f", 0, 0]'))
        inner.append(one | {"name": "f", "inbound_nodes": calls + again})
        return {
            "class_name": "Functional",
            "config": {"name": "f", "layers": inner, "input_layers": [["i", 0, 0]], "output_layers": [["f", 1, 0]]},
        }

    with pytest.raises(CheckpointError, match="refused for safety"):
        keras.write(tmp_path / "model.h5", nested(25), None, "keras-h5", "Keras 3")
