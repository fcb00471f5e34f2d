# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""TensorFlow of every age and TensorFlow Lite: graphs compute what TensorFlow computed, weights are the file's."""

import shutil
import struct

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError, snappy
from neuroscene.addon.containers.crc32c import crc32c
from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS, REFERENCE, SCORES, arrays, same_bits, scores
from unit.make import DATA

TENSORFLOW = DATA / "tensorflow"
VALUES = {key: value for name in ("values", "lstm") for key, value in np.load(TENSORFLOW / f"{name}.npz").items()}
# File -> its format, what wrote it; all hold the thirteen arrays.
GRAPHS = {
    "mnist_cnn_frozen_tf2.pb": ("frozen-graph", ""),
    "tf1_ckpt_tf115/frozen.pb": ("frozen-graph", ""),
    "tf1_ckpt_tf115/graph.pbtxt": ("tf1-checkpoint", "TensorFlow"),
    "tf1_ckpt_tf115/model.ckpt-630.index": ("tf1-checkpoint", "TensorFlow 1.15.5"),
    "tf1_ckpt_tf115/model.ckpt-630.meta": ("tf1-checkpoint", "TensorFlow 1.15.5"),
    "tf1_ckpt_tf115/model.ckpt-630.data-00000-of-00001": ("tf1-checkpoint", "TensorFlow 1.15.5"),
    "tf1_ckpt_tf115/model.ckpt-630": ("tf1-checkpoint", "TensorFlow 1.15.5"),
    "tf1_ckpt_tf115/v1_format.ckpt": ("tf1-checkpoint", "TensorFlow 1.15.5"),
    "tf1_ckpt_tf115": ("tf1-checkpoint", "TensorFlow 1.15.5"),
    "tf1_ckpt_tf221": ("tf1-checkpoint", "TensorFlow 2.21.0"),
    "savedmodel_keras3": ("saved-model", "TensorFlow 2.21.0"),
    "savedmodel_tf1style": ("saved-model", "TensorFlow 2.21.0"),
    "keras2_12/savedmodel": ("saved-model", "TensorFlow 2.12.1"),
}
BARE = ("tf2_ckpt", "tf2_ckpt_manager")
LITE = {"float32": 1e-5, "float16": 1e-3, "int8": 2 / 256}
KERAS_LAYERS = ["image", "conv1", "conv2", "pool1", "conv3", "pool2", "fc1", "scores"]


@pytest.mark.parametrize("name", GRAPHS)
def test_the_known_scores(name):
    checkpoint = open_checkpoint(CROSS / name)
    assert (checkpoint.format, checkpoint.producer, checkpoint.structure) == (*GRAPHS[name], "graph")
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)
    assert same_bits(checkpoint) == set(REFERENCE)
    assert summarise(checkpoint).parameters == 29_066


@pytest.mark.parametrize("name", BARE)
def test_weights_alone(name):
    """Names are those of the object graph; what the optimizer keeps is left out."""
    checkpoint = open_checkpoint(CROSS / name)
    assert (checkpoint.format, checkpoint.structure) == ("tf2-checkpoint", "inferred")
    held = arrays(checkpoint)
    assert set(held) == set(REFERENCE)
    for name, value in REFERENCE.items():
        assert held[name].tobytes() == value.tobytes()
    assert any("optimizer and counters left out" in note for note in checkpoint.notes)


@pytest.mark.parametrize("name", BARE)
def test_weights_with_their_architecture(name):
    checkpoint = open_checkpoint(CROSS / name, CROSS / "mnist_cnn_architecture.json")
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)


@pytest.mark.parametrize("kind", LITE)
def test_the_known_scores_of_lite(kind):
    checkpoint = open_checkpoint(CROSS / f"mnist_cnn_{kind}.tflite")
    assert (checkpoint.format, checkpoint.producer) == ("tflite", "TensorFlow Lite 2.21.0")
    made = scores(checkpoint)
    np.testing.assert_allclose(made, SCORES, atol=LITE[kind])
    np.testing.assert_array_equal(made.argmax(1), SCORES.argmax(1))
    names = [layer.name for layer in summarise(checkpoint).layers]
    assert [name for name in names if name != "tfl.quantize"] == KERAS_LAYERS


@pytest.mark.parametrize("name", ["savedmodel_keras3", "keras2_12/savedmodel", "mnist_cnn_frozen_tf2.pb"])
def test_layers_have_the_names_of_keras(name):
    assert [layer.name for layer in summarise(open_checkpoint(CROSS / name)).layers] == KERAS_LAYERS


def test_integers_of_a_quantised_model_are_kept():
    """What is drawn is (integer - zero) x scale, of the integers that lie in the file."""
    network = summarise(open_checkpoint(CROSS / "mnist_cnn_int8.tflite"))
    layer = network.layer("fc1")
    kernel = next(weight for weight in layer.weights if len(weight.shape) == 2)
    assert kernel.array().dtype == np.int8 and kernel.shape == (32, 784)
    (applied,) = (value for value in layer.applied if len(value.shape) == 2)
    step = np.abs(applied.array()).max(0) / 127
    np.testing.assert_allclose(applied.array(), REFERENCE["fc1/kernel"], atol=float(step.max()))


OWN = sorted({key.rpartition("/")[0] for key in VALUES if key.endswith("/in0")})


@pytest.mark.parametrize("name", OWN)
def test_outputs_are_those_of_tensorflow(name):
    """Float32 to rounding, integers within a few of their steps."""
    checkpoint = open_checkpoint(TENSORFLOW / name)
    (output,) = (value.name for value in checkpoint.model.graph.output)
    given = {checkpoint.model.graph.input[0].name: VALUES[f"{name}/in0"]}
    made = activations(checkpoint, given, [output])[output]
    expected = VALUES[f"{name}/out0"]
    kind = name.removesuffix(".tflite").rpartition("_")[2]
    # dynamic ones round what they read in TensorFlow Lite alone
    atol = {"int8": max(2.1 / 256, 4 * np.ptp(expected) / 255), "int16": 1e-3, "dynamic": 0.02}.get(kind, 1e-5)
    np.testing.assert_allclose(made, expected, atol=atol, rtol=1e-5)


def test_a_variable_in_parts(tmp_path):
    """A partitioned variable of TensorFlow 1: its parts in the graph, the whole where there is no graph."""
    expected = VALUES["first.ckpt-0.index/hidden/kernel"]
    checkpoint = open_checkpoint(TENSORFLOW / "first.ckpt-0.index")
    held = arrays(checkpoint)
    parts = [held[f"hidden/kernel/part_{number}"] for number in range(3)]
    assert np.concatenate(parts).tobytes() == expected.tobytes()
    assert any("is_training is false" in note for note in checkpoint.notes)
    for ending in ("index", "data-00000-of-00001"):
        shutil.copy(TENSORFLOW / f"first.ckpt-0.{ending}", tmp_path / f"m.{ending}")
    assert arrays(open_checkpoint(tmp_path / "m.index"))["hidden/kernel"].tobytes() == expected.tobytes()


def test_without_its_graph_the_structure_is_inferred(tmp_path):
    for ending in ("index", "data-00000-of-00001"):
        shutil.copy(CROSS / f"tf1_ckpt_tf115/model.ckpt-630.{ending}", tmp_path / f"m.ckpt.{ending}")
    checkpoint = open_checkpoint(tmp_path / "m.ckpt.index")
    assert (checkpoint.format, checkpoint.structure) == ("tf1-checkpoint", "inferred")
    assert set(arrays(checkpoint)) == set(REFERENCE)


def test_signatures_are_parts():
    checkpoint = open_checkpoint(CROSS / "savedmodel_keras3")
    assert checkpoint.part == "serving_default" and set(checkpoint.parts) == {"serve", "serving_default"}
    assert open_checkpoint(CROSS / "savedmodel_keras3", part="serve").part == "serve"
    with pytest.raises(CheckpointError, match="has no part 'nothing'; it has"):
        open_checkpoint(CROSS / "savedmodel_keras3", part="nothing")


def test_labels_behind_a_model(tmp_path):
    """Metadata are packed behind the model as a zip archive."""
    import zipfile

    path = tmp_path / "m.tflite"
    shutil.copy(CROSS / "mnist_cnn_float32.tflite", path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", "\n".join(f"digit {number}" for number in range(10)))
    assert summarise(open_checkpoint(path)).classes == [f"digit {number}" for number in range(10)]


def test_checksums():
    """Of RFC 3720's examples, and of many bytes as of few."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    chosen = np.random.default_rng(0).integers(0, 256, 400_003, np.uint8).tobytes()
    register = 0xFFFFFFFF
    table = [_row(number) for number in range(256)]
    for byte in chosen:
        register = register >> 8 ^ table[(register ^ byte) & 255]
    assert crc32c(chosen) == register ^ 0xFFFFFFFF


def _row(number):
    for _ in range(8):
        number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
    return number


def test_packed_blocks():
    """Snappy: literals, copies that overlap, and what leads out of the block."""
    whole = b"\x08" + bytes([3 << 2]) + b"abcd" + bytes([(3 << 2) | 2]) + struct.pack("<H", 4)
    assert snappy.unpack(whole, 100) == b"abcdabcd"
    run = b"\x09" + bytes([0]) + b"x" + bytes([(7 << 2) | 2]) + struct.pack("<H", 1)
    assert snappy.unpack(run, 100) == b"x" * 9
    for bad in (b"", b"\xff\xff\xff\xff\xff", b"\x08\x0cab", b"\x08\x00a\x0e\x05\x00", whole[:-1]):
        with pytest.raises(ValueError):
            snappy.unpack(bad, 100)
    with pytest.raises(ValueError, match="a packed block of 8 bytes"):
        snappy.unpack(whole, 7)
