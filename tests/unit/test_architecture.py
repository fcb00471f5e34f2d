# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of one file in the architecture of another: the known scores come out, or it is refused."""

import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from safetensors.numpy import save_file

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.stored import Stored
from neuroscene.addon.formats.weights import Weights
from neuroscene.addon.inference import fit
from neuroscene.addon.inference import run as infer
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.structure.architecture import attach
from unit.make import DATA, model, node, save, seeded

CROSS = DATA / "crossformat"
SCORES = json.loads((DATA / "expected_scores.json").read_text())
INPUTS = np.load(DATA / "expected_activations.npz")["input"]
TORCH = (
    "mnist_cnn_state_dict.pt",
    "mnist_cnn_state_dict_legacy_nonzip.pth",
    "mnist_cnn_training_checkpoint.pt",
    "mnist_cnn_whole_module.pt",
    "mnist_cnn.safetensors",
)
KERAS = (
    "mnist_cnn_keras3.weights.h5",
    "keras1_2_2/mnist_cnn_weights_only.h5",
    "keras2_2_4_tf1_15/mnist_cnn_weights_only.h5",
    "keras2_15/mnist_cnn_weights_only.h5",
)
JSON, GRAPH = CROSS / "mnist_cnn_architecture.json", DATA / "mnist_cnn_torch_unfolded_bn.onnx"


def scores_of(found, tmp_path):
    """What a network gives for the ten digits, (10, 10)."""
    spec, given = found.inputs[0], []
    for digit in INPUTS:
        array = digit if spec.shape[-1] == 1 else digit.transpose(2, 0, 1)
        values = infer(found, fit(tmp_path / "digit.npy", array, spec, found.assumed))
        given.append(values[found.outputs[0].name][0])
    return np.array(given)


def attached(file, architecture):
    return summarise(open_checkpoint(file, architecture))


@pytest.mark.parametrize("architecture", [JSON, GRAPH], ids=["Keras", "ONNX"])
@pytest.mark.parametrize("name", TORCH + KERAS)
def test_the_known_scores(name, architecture, tmp_path):
    """Also where the two frameworks order a kernel's axes, and the cells of a flattened map, in different ways."""
    found = attached(CROSS / name, architecture)
    np.testing.assert_allclose(scores_of(found, tmp_path), list(SCORES.values()), atol=1e-5)
    checkpoint = found.checkpoint
    assert checkpoint.structure == "graph" and checkpoint.architecture == architecture
    assert found.parameters == 29_066
    assert any(architecture.name in note for note in checkpoint.notes)


@pytest.mark.parametrize("name", TORCH)
def test_weights_stay_in_the_file(name):
    """Nothing is copied: every weight refers to the file, and is what PyTorch stored bit for bit."""
    checkpoint = open_checkpoint(CROSS / name, GRAPH)
    reference = np.load(CROSS / "mnist_cnn_weights.npz")
    (kernel,) = (one for one in checkpoint.model.graph.initializer if tuple(one.dims) == (8, 1, 3, 3))
    (expected,) = (reference[name] for name in reference if reference[name].shape == (3, 3, 1, 8))
    assert np.array_equal(checkpoint.array(kernel), expected.transpose(3, 2, 0, 1))
    assert not checkpoint.readers
    assert all(
        {entry.key: entry.value for entry in one.external_data}["location"] == checkpoint.path.name
        for one in checkpoint.model.graph.initializer
        if one.external_data
    )


def test_an_architecture_beside_the_weights_is_used(tmp_path):
    shutil.copy(CROSS / KERAS[0], tmp_path / "net.weights.h5")
    alone = open_checkpoint(tmp_path / "net.weights.h5")
    assert alone.structure == "inferred" and alone.architecture is None
    shutil.copy(JSON, tmp_path / "net.json")
    (tmp_path / "history.json").write_text('{"loss": [1, 2]}')
    beside = open_checkpoint(tmp_path / "net.weights.h5")
    assert beside.structure == "graph" and beside.architecture.name == "net.json"
    shutil.copy(JSON, tmp_path / "other.json")  # the one of the same name wins
    assert open_checkpoint(tmp_path / "net.weights.h5").architecture.name == "net.json"


def test_two_architectures_that_fit_equally_are_not_chosen_from(tmp_path):
    shutil.copy(CROSS / KERAS[0], tmp_path / "w.weights.h5")
    for name in ("a.json", "b.json"):
        shutil.copy(JSON, tmp_path / name)
    found = open_checkpoint(tmp_path / "w.weights.h5")
    assert found.structure == "inferred" and any("a.json" in note for note in found.notes)


def test_an_architecture_of_another_framework_is_not_taken_unasked(tmp_path):
    shutil.copy(CROSS / TORCH[0], tmp_path / "net.pt")
    shutil.copy(JSON, tmp_path / "net.json")
    assert open_checkpoint(tmp_path / "net.pt").structure == "inferred"


def refused(file, architecture) -> str:
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(file, architecture)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", [TORCH[0], KERAS[0]])
def test_folded_normalisations_do_not_fit(name):
    """Its kernels have the same shapes, and other numbers would have to be put in the places of its biases."""
    for folded in ("mnist_cnn_torch_dynamo.onnx", "mnist_cnn_keras_export.onnx"):
        said = refused(CROSS / name, DATA / folded)
        assert "has no place for 3 tensors" in said and "folding" in said


def test_what_is_no_architecture_is_refused(tmp_path):
    (tmp_path / "no.json").write_text('{"a": 1}')
    (tmp_path / "broken.json").write_text('{"a": ')
    weights = CROSS / TORCH[0]
    assert "not an architecture of Keras" in refused(weights, tmp_path / "no.json")
    assert "cannot be read" in refused(weights, tmp_path / "broken.json")
    assert "no such file" in refused(weights, tmp_path / "none.onnx")
    assert "no such file" in refused(weights, tmp_path)
    assert "not an ONNX model" in refused(weights, CROSS / "mnist_cnn.keras")
    assert "does not fit" in refused(weights, DATA / "digits_mlp_skl2onnx.onnx")


def test_a_whole_model_takes_no_architecture():
    for name in ("mnist_cnn.keras", "mnist_cnn_torchscript_trace.pt"):
        assert "says itself" in refused(CROSS / name, GRAPH)


def test_another_keras_architecture_does_not_fit(tmp_path):
    config = json.loads(JSON.read_text())
    for layer in config["config"]["layers"]:
        if layer["config"]["name"] == "conv3":
            layer["config"]["filters"] = 17
    (tmp_path / "other.json").write_text(json.dumps(config))
    for name in (TORCH[0], KERAS[0]):
        assert "conv3" in refused(CROSS / name, tmp_path / "other.json")


def test_a_smaller_keras_architecture_does_not_fit(tmp_path):
    """Every layer of it finds its weights, and some of the file's have no layer."""
    config = json.loads((CROSS / "keras2_15/mnist_cnn_functional.json").read_text())
    layers = config["config"]["layers"]
    gone = next(one for one in layers if one["config"]["name"] == "scores")
    layers.remove(gone)
    config["config"]["output_layers"] = [["fc1", 0, 0]]
    (tmp_path / "less.json").write_text(json.dumps(config))
    assert "no place for 2 tensors" in refused(CROSS / TORCH[0], tmp_path / "less.json")


def embedding(folder, tied):
    """A table that tokens are looked up in, and a dense layer: the same weight, or one of its own."""
    weights = {"table.weight": np.zeros((20, 6), np.float32)}
    if not tied:
        weights["head"] = np.zeros((6, 20), np.float32)
    dense = ["e", "table.weight"] if tied else ["e", "head"]
    made = model(
        [node("Gather", ["table.weight", "ids"], ["e"]), node("Gemm", dense, ["y"], transB=int(tied))],
        {},
        {"y": None},
        weights,
    )
    made.graph.input.append(helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, [3]))
    return save(folder, made)


def test_tied_weights_have_one_place(tmp_path):
    """A state dict lists a tied tensor under both names; the graph reads it once, and neither is left over."""
    table = seeded(20, 6)
    (tmp_path / "w.bin").write_bytes(table.tobytes())
    named = [Stored(name, (20, 6), onnx.TensorProto.FLOAT, "w.bin", 0) for name in ("table.weight", "head.weight")]
    found = attach(Weights(tmp_path / "w.bin", "pytorch", named), embedding(tmp_path, tied=True))
    assert np.array_equal(found.array(found.model.graph.initializer[0]), table)


def test_a_dense_weight_is_turned_where_the_graph_reads_it_the_other_way(tmp_path):
    table, head = seeded(20, 6), seeded(20, 6, seed=1)
    save_file({"head.weight": head, "table.weight": table}, tmp_path / "w.safetensors")
    found = open_checkpoint(tmp_path / "w.safetensors", embedding(tmp_path, tied=False))
    stored = {one.name: found.array(one) for one in found.model.graph.initializer}
    assert np.array_equal(stored["table.weight"], table)
    turned = next(one for one in found.model.graph.node if one.op_type == "Transpose")  # (out, in) of PyTorch
    assert np.array_equal(stored[turned.input[0]], head)


def test_constants_of_the_architecture_stay_and_are_said(tmp_path):
    """A mean that is subtracted from a picture is in no state dict."""
    mean = np.array([[0.5, 0.25, 0.125]], np.float32)
    made = model(
        [node("Sub", ["x", "mean"], ["c"]), node("Gemm", ["c", "fc.weight", "fc.bias"], ["y"], transB=1)],
        {"x": (1, 3)},
        {"y": (1, 2)},
        {"mean": mean, "fc.weight": np.zeros((2, 3), np.float32), "fc.bias": np.zeros(2, np.float32)},
    )
    weight, bias = seeded(2, 3), seeded(2)
    save_file({"fc.weight": weight, "fc.bias": bias}, tmp_path / "w.safetensors")
    found = summarise(open_checkpoint(tmp_path / "w.safetensors", save(tmp_path, made)))
    given = np.array([[1, 2, 3]], np.float32)
    values = infer(found, fit(tmp_path / "x.npy", given, found.inputs[0]))
    np.testing.assert_allclose(values["y"], (given - mean) @ weight.T + bias, rtol=1e-5)
    assert any("architecture's own" in note and "mean" in note for note in found.checkpoint.notes)


def test_half_precision_runs_in_the_graph_s_own(tmp_path):
    for kind, close in (("bf16", 5e-3), ("fp16", 2e-4)):
        file = CROSS / f"mnist_cnn_{kind}.safetensors"
        np.testing.assert_allclose(scores_of(attached(file, GRAPH), tmp_path), list(SCORES.values()), atol=close)


def test_external_weights_of_an_architecture_are_not_needed(tmp_path):
    """Those that the file replaces are not looked at."""
    made = onnx.load(GRAPH)
    big = next(one for one in made.graph.initializer if "fc1" in one.name and len(one.dims) == 2)
    big.CopyFrom(numpy_helper.from_array(np.zeros(big.dims, np.float32), big.name))
    found = attached(CROSS / TORCH[0], save(tmp_path, made))
    np.testing.assert_allclose(scores_of(found, tmp_path), list(SCORES.values()), atol=1e-5)
