# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pruning that is ranked on some samples and proven on others."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from neuroscene.addon.attribution import prove
from neuroscene.addon.attribution.masking import Masked
from neuroscene.addon.cli import main
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA

KERAS = DATA / "crossformat/mnist_cnn.keras"
DIGITS = DATA / "crossformat/mnist5k_split.npz"
SAMPLES = DATA.parents[1] / "sample_models"


@pytest.fixture(scope="module")
def network():
    return summarise(open_checkpoint(KERAS))


@pytest.mark.parametrize(
    ("by", "least"), [("activations", 0.7), ("taylor", 0.7), pytest.param("greedy", 0.92, marks=pytest.mark.slow)]
)
def test_half_of_the_units_can_go(network, by, least):
    proof = finish(prove(network, DIGITS, 0.5, by))
    assert proof.whole > 0.96 and proof.accuracy >= least > max(proof.chance)
    assert (proof.ranked_on, proof.proven_on, proof.own) == (500, 500, False)
    assert {name: (len(kept), int(kept.sum())) for name, kept in proof.kept.items()} == {
        "conv1": (8, 4),
        "conv2": (16, 8),
        "conv3": (16, 8),
        "fc1": (32, 16),
    }


@pytest.mark.slow
def test_looking_anew_is_better_than_once(network):
    once = finish(prove(network, DIGITS, 0.5, "taylor"))
    again = finish(prove(network, DIGITS, 0.5, "taylor-iterative"))
    assert again.accuracy >= 0.87 > once.accuracy


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 0.5])
@pytest.mark.parametrize("name", ["digits_cnn", "digits_mlp"])
def test_ours_are_better_than_chance_on_the_shipped_networks(name, share):
    proof = finish(prove(summarise(open_checkpoint(SAMPLES / f"{name}.onnx")), DIGITS, share))
    above = (proof.accuracy - np.mean(proof.chance)) / np.std(proof.chance)
    assert proof.by == "greedy" and proof.accuracy > 0.7
    assert above >= (3 if share == 0.5 else 1.5)  # at 0.3 three deviations above chance would be more than all


def test_masks_do_what_zeroed_weights_do():
    """Rows of the dense weights and biases of the sample MLP set to 0 by hand, computed by onnxruntime alone."""
    path = SAMPLES / "digits_mlp.onnx"
    masked = Masked(summarise(open_checkpoint(path)))
    kept = masked.all_kept()
    random = np.random.default_rng(2)
    for own in kept.values():
        own[random.permutation(len(own))[: len(own) // 2]] = False
    made = onnx.load(path)
    arrays = {one.name: one for one in made.graph.initializer}
    dense = [node for node in made.graph.node if node.op_type == "Gemm"]
    for node, own in zip(dense[:2], kept.values(), strict=True):
        for name in node.input[1:3]:
            array = onnx.numpy_helper.to_array(arrays[name]).copy()
            array[~own] = 0
            arrays[name].CopyFrom(onnx.numpy_helper.from_array(array, name))
    made.graph.output.append(onnx.helper.make_empty_tensor_value_info(masked.scores))
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    images = (np.load(DIGITS)["x_test"][:20, None] / 255).astype(np.float32)
    expected = session.run([masked.scores], {"image": images})[0]
    np.testing.assert_allclose(masked.scores_of(images, kept), expected, atol=1e-4)


def test_without_answers_its_own_decisions_count(tmp_path, network):
    np.savez(tmp_path / "x.npz", x=np.load(DIGITS)["x_test"][:100])
    proof = finish(prove(network, tmp_path / "x.npz", 0.25, "activations"))
    assert proof.own and proof.whole == 1.0 and (proof.ranked_on, proof.proven_on) == (50, 50)


def test_training_samples_rank_and_the_others_prove(tmp_path, network):
    held = np.load(DIGITS)
    x, y = held["x_test"], held["y_test"]
    np.savez(tmp_path / "both.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:90], y_test=y[60:90])
    proof = finish(prove(network, tmp_path / "both.npz", 0.25, "weights"))
    assert (proof.ranked_on, proof.proven_on) == (60, 30)


def test_command(capsys):
    base = ["run", str(KERAS), "--prune", "0.5", "--data", str(DIGITS), "--by", "activations"]
    assert main([*base, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert 0.7 < said["accuracy"] < said["pruned"]["accuracy_unpruned"] and len(said["pruned"]["accuracy_random"]) == 20
    assert said["pruned"]["ranked_on"] == said["pruned"]["tested_on"] == 500
    assert [layer["pruned"] for layer in said["pruned"]["layers"]] == [4, 8, 8, 16]
    assert main(base) == 0 and "tested on 500 others" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"z": np.zeros(3)}, "holds no array 'x'"),
        ({"x": np.zeros((4, 5), np.float32)}, "samples of shape [5] in 'x'"),
        ({"x": np.zeros((4, 28, 28), np.float32), "y": np.zeros(3)}, "4 samples in 'x', but 3 answers"),
        ({"x": np.zeros((4, 28, 28), np.float32), "y": np.full(4, -1)}, "a class below 0 in 'y'"),
        ({"x": np.zeros((1, 28, 28), np.float32), "y": np.zeros(1, int)}, "one sample in 'x'"),
        ({"x": np.zeros((4, 28, 28), np.float32), "y": np.full(4, 12)}, "a class that the network does not give"),
    ],
)
def test_data_that_does_not_fit_is_one_plain_line(tmp_path, capsys, arrays, said):
    np.savez(tmp_path / "data.npz", **arrays)
    assert main(["run", str(KERAS), "--prune", "0.5", "--data", str(tmp_path / "data.npz")]) == 2
    lines = capsys.readouterr().err.strip().split("\n")
    assert len(lines) == 1 and said in lines[0]


def test_nothing_to_run(capsys):
    assert main(["run", str(KERAS)]) == 2 and "give --input FILE" in capsys.readouterr().err
