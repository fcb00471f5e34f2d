# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""TorchScript archives become graphs that compute what torch computed, with the names that torch's exporter gives."""

import json

import numpy as np
import pytest

from neuroscene.addon.cli import main
from neuroscene.addon.formats import Checkpoint
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.formats.pytorch import read
from neuroscene.addon.formats.weights import Weights
from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from unit.make import DATA

TORCH, CROSS = DATA / "torch", DATA / "crossformat"
VALUES = dict(np.load(TORCH / "scripts.npz"))
FILES = sorted(path.stem.split("_") for how in ("traced", "scripted") for path in TORCH.glob(f"[a-np-z]*_{how}.pt"))
MNIST = ("mnist_cnn_torchscript_trace", "mnist_cnn_torchscript_script")


def inputs_of(checkpoint):
    return {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in checkpoint.model.graph.input
    }


@pytest.mark.parametrize(("name", "how"), FILES)
def test_outputs_are_those_of_torch(name, how):
    found = read(TORCH / f"{name}_{how}.pt")
    assert isinstance(found, Checkpoint) and found.structure == "graph" and not found.notes
    outputs = [value.name for value in found.model.graph.output]
    given = {one: VALUES[f"{name}/in{place}"] for place, one in enumerate(inputs_of(found))}
    made = activations(found, given, outputs)
    for place, output in enumerate(outputs):
        np.testing.assert_allclose(made[output], VALUES[f"{name}/out{place}"], atol=1e-5, rtol=1e-4)
    assert f"{name}/out{len(outputs)}" not in VALUES


@pytest.mark.parametrize(("name", "how"), [one for one in FILES if one[0] not in ("masks", "functions")])
def test_every_parameter_is_counted(name, how):
    buffers = sum(one.size for one in _buffers(name, how))
    found = summarise(read(TORCH / f"{name}_{how}.pt"))
    assert found.parameters == VALUES[f"{name}/parameters"] + buffers
    assert all(layer.shape is not None and None not in layer.shape for layer in found.layers)


def _buffers(name, how):
    found = read(TORCH / f"{name}_{how}.pt")
    return [np.empty(one.dims) for one in found.model.graph.initializer if "running_" in one.name]


@pytest.mark.parametrize("name", MNIST)
def test_scores_and_activations_of_digits(name):
    found = read(CROSS / f"{name}.pt")
    expected = dict(np.load(DATA / "expected_activations.npz"))
    scores = np.array(list(json.loads((DATA / "expected_scores.json").read_text()).values()))
    tensors = {
        "/Relu_output_0": "conv1",
        "/conv2/Conv_output_0": "conv2",
        "/bn2/BatchNormalization_output_0": "bn2",
        "/relu2/Relu_output_0": "relu2",
        "/pool1/MaxPool_output_0": "pool1",
        "/Relu_1_output_0": "conv3",
        "/pool2/MaxPool_output_0": "pool2",
        "/Relu_2_output_0": "fc1",
    }
    made = activations(found, {"x": expected["input"].transpose(0, 3, 1, 2)}, [*tensors, "output"])
    np.testing.assert_allclose(made["output"], scores, atol=1e-5)
    for tensor, layer in tensors.items():
        value = made[tensor][[3, 7]]
        value = value.transpose(0, 2, 3, 1) if value.ndim == 4 else value
        np.testing.assert_allclose(value, expected[layer], atol=1e-4, err_msg=layer)


@pytest.mark.parametrize("file", sorted(path.name for path in TORCH.glob("old_*.pt")))
def test_older_versions(file):
    values = np.load(TORCH / f"old_{file.split('_')[1]}_values.npz")
    found = read(TORCH / file)
    made = activations(found, {next(iter(inputs_of(found))): values["x"]}, ["output"])["output"]
    np.testing.assert_allclose(made, values["y"], atol=1e-5)


def test_unknown_operators_are_opaque():
    found = read(TORCH / "opaque.pt")
    assert [(node.op_type, node.domain) for node in found.model.graph.node][:2] == [("igamma", OPAQUE), ("Relu", "")]
    assert found.notes == ["'igamma' (1 times) is shown as it is named: what it computes is not known"]


def test_what_cannot_be_followed_leaves_its_weights():
    found = read(TORCH / "undecided.pt")
    assert isinstance(found, Weights) and found.format == "torchscript"
    assert [one.name for one in found.tensors] == ["one.weight", "one.bias", "two.weight", "two.bias"]
    assert found.modules["two"][0] == "Linear"
    assert found.notes == ["the program could not be followed: a decision depends on what a run computes"]


SHAPES = {
    "residual_scripted": {"x": ["batch", 3, "height", "width"]},
    "residual_traced": {"x": ["batch", 3, 64, 64]},
    "plain_scripted": {"x": ["batch", 3, 32, 32]},
    "vit_scripted": {"x": ["batch", 3, 16, 16]},
    "audio_scripted": {"x": ["batch", 1, "samples"]},
    "lstm_scripted": {"x": ["batch", "length"]},
    "gru_scripted": {"x": ["length", "batch", 4]},
    "gru_traced": {"x": [6, 1, 4]},
    "pair_scripted": {"a": ["batch", 4], "b": ["batch", 5]},
    "gpt_scripted": {"tokens": ["batch", "length"]},
    "encoder_scripted": {"x": ["batch", "length", 8]},
    "causal_scripted": {"x": ["batch", "length", 5]},
}


@pytest.mark.parametrize("name", SHAPES)
def test_sizes_of_inputs(name):
    """Learnt from the first weights, from what fits a dense layer or an embedding of places, or from the tracing."""
    assert inputs_of(read(TORCH / f"{name}.pt")) == SHAPES[name]


def test_mnist_sizes():
    for name in MNIST:
        assert inputs_of(read(CROSS / f"{name}.pt")) == {"x": ["batch", 1, 28, 28]}


@pytest.mark.parametrize("name", ["residual", "gpt", "lstm", "encoder", "mobile", "masks"])
def test_scripted_graphs_take_other_sizes(name):
    """Open sizes are worked out by the graph: two samples at once give what each gives alone."""
    found = read(TORCH / f"{name}_scripted.pt")
    given = VALUES[f"{name}/in0"]
    both = np.concatenate([given, given[..., ::-1]])
    values = [
        activations(found, {next(iter(inputs_of(found))): np.ascontiguousarray(one)}, ["output"])["output"]
        for one in (both, both[:1], both[1:])
    ]
    np.testing.assert_allclose(values[0], np.concatenate(values[1:]), atol=1e-5)


def test_names_are_those_of_the_exporter():
    """Modules that are called leave their names, containers only theirs before a number."""
    for how in ("traced", "scripted"):
        found = read(TORCH / f"residual_{how}.pt")
        nodes = {node.name for node in found.model.graph.node}
        assert {
            "/conv1/Conv",
            "/layer1/layer1.0/conv1/Conv",
            "/layer1/layer1.0/Add",
            "/fc/Gemm",
            "/Relu",
            "/layer2/layer2.0/downsample/downsample.0/Conv",
            "/layer1/layer1.0/relu/Relu",
            "/layer1/layer1.0/relu_1/Relu",
        } <= nodes
        blocks = [block.path for block in summarise(found).named_blocks]
        assert {"layer1", "layer1/layer1.0", "layer2/layer2.1"} <= set(blocks)


def test_weights_that_the_program_does_not_read_are_counted():
    """A second head for training is no layer of the graph, and its weights are in the file all the same."""
    checkpoint = read(TORCH / "second_head.pt")
    found = summarise(checkpoint)
    assert sum(layer.parameters for layer in found.layers) == 35 + 18 and found.parameters == 35 + 18 + 12
    assert [note for note in checkpoint.notes if "2 weights" in note and "second." in note]


def wave(*shape):
    return np.sin(0.37 * np.arange(np.prod(shape))).astype(np.float32).reshape(shape)


# The axes that stay open, and an input of other sizes than the program was followed with.
SIZED = {
    "volume": (["batch", 1, "depth", "height", "width"], wave(1, 1, 32, 64, 96)),
    "volume_joined": (["batch", 1, "depth", "height", "width"], wave(1, 1, 64, 64, 128)),
    "picture": (["batch", 1, "height", "width"], wave(1, 1, 128, 256)),
    "sound": (["batch", 1, "samples"], wave(3, 1, 256)),
    "rated": (["batch", "samples"], wave(3, 512)),
    "repeated": (["batch", "length"], np.arange(14).reshape(2, 7) % 10),
}


@pytest.mark.parametrize("name", SIZED)
def test_sizes_that_have_to_be_looked_for_stay_open(name):
    """U-Nets of many levels take sizes that can be halved so often: what torch gives for others is what we give, each
    open size can be chosen, and without a choice all shapes are known."""
    axes, x = SIZED[name]
    checkpoint, truth = read(TORCH / f"sized_{name}.pt"), np.load(TORCH / "sized.npz")[name]
    assert list(inputs_of(checkpoint).values()) == [axes]
    given = next(iter(inputs_of(checkpoint)))
    made = activations(checkpoint, {given: x}, ["output"])["output"]
    np.testing.assert_allclose(made.flatten()[::97], truth, atol=1e-5)
    assert all(layer.shape is not None and None not in layer.shape for layer in summarise(checkpoint).layers)
    for axis, size in zip(axes, x.shape, strict=True):
        if isinstance(axis, str) and axis != "batch":
            found = summarise(checkpoint, {axis: 2 * size})
            assert {assumed.name: assumed.size for assumed in found.assumed if assumed.chosen} == {axis: 2 * size}
            assert all(layer.shape is not None and None not in layer.shape for layer in found.layers)


@pytest.mark.parametrize(
    ("name", "taken"),
    [("rated", {"sr": "16000"}), ("repeated", {"start_pos": "0", "scale": "1.0", "reverse": "False"})],
)
def test_inputs_that_are_no_tensors(name, taken):
    """Each gets the value that its code or its name makes likely, and that is said."""
    notes = read(TORCH / f"sized_{name}.pt").notes
    for argument, value in taken.items():
        assert f"its input '{argument}' is no tensor: the program is that for {value}" in notes


def test_a_program_that_is_not_followed_says_so(capsys):
    """In the table and in JSON: the layers are not joined as the program joins them."""
    path = str(TORCH / "undecided.pt")
    reason = "the program could not be followed: a decision depends on what a run computes"
    assert main(["inspect", path]) == 0 and reason in capsys.readouterr().out
    assert main(["inspect", path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["structure"] == "inferred" and reason in found["notes"]
