# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""TensorFlow.js: layers and graphs, shards, quantised weights, and lists that are wrong."""

import json
import shutil

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS, REFERENCE, SCORES, arrays, same_bits, scores
from unit.mutated import mutations


@pytest.mark.parametrize(("kind", "count"), [("layers", 13), ("graph", 8)])
def test_the_known_scores(kind, count):
    checkpoint = open_checkpoint(CROSS / f"tfjs_{kind}_model")
    assert (checkpoint.format, checkpoint.structure) == (f"tfjs-{kind}", "graph")
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)
    assert len(same_bits(checkpoint)) == count
    names = [layer.name for layer in summarise(checkpoint).layers]
    assert names == ["image", "conv1", "conv2", "pool1", "conv3", "pool2", "fc1", "scores"]


def changed(folder, change, kind="layers"):
    """A copy of a model whose list of weights is another."""
    shutil.copytree(CROSS / f"tfjs_{kind}_model", folder)
    path = folder / "model.json"
    said = json.loads(path.read_text())
    change(said, folder)
    path.write_text(json.dumps(said))
    return path


def several(said, folder):
    """Shards that end within numbers."""
    whole = (folder / "group1-shard1of1.bin").read_bytes()
    names = []
    for place, begin in enumerate(range(0, len(whole), 10_001)):
        names.append(f"part{place}.bin")
        (folder / names[-1]).write_bytes(whole[begin : begin + 10_001])
    (folder / "group1-shard1of1.bin").unlink()
    said["weightsManifest"][0]["paths"] = names


@pytest.mark.parametrize("kind", ["layers", "graph"])
def test_shards(kind, tmp_path):
    checkpoint = open_checkpoint(changed(tmp_path / "m", several, kind))
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)
    assert len(same_bits(checkpoint)) == (13 if kind == "layers" else 8)


@pytest.mark.parametrize("alone", [True, False], ids=["list", "no topology"])
def test_weights_without_a_topology(alone, tmp_path):
    """The list by itself, as face-api.js and others write it, with paths that begin with a dot: inferred."""

    def change(said, folder):
        said["weightsManifest"][0]["paths"] = ["./group1-shard1of1.bin"]
        said.pop("modelTopology")

    path = changed(tmp_path / "m", change)
    if alone:
        manifest = json.loads(path.read_text())["weightsManifest"]
        path = path.with_name("weights_manifest.json")
        path.write_text(json.dumps(manifest))
    checkpoint = open_checkpoint(path)
    assert (checkpoint.format, checkpoint.structure) == ("tfjs-layers", "inferred")
    assert len(same_bits(checkpoint)) == 13


def quantised(dtype):
    def change(said, folder):
        group = said["weightsManifest"][0]
        data, at = b"", 0
        whole = (folder / "group1-shard1of1.bin").read_bytes()
        for entry in group["weights"]:
            size = 4 * int(np.prod(entry["shape"]))
            if entry["dtype"] != "float32":
                data += whole[at : at + size]
                at += size
                continue
            numbers = np.frombuffer(whole[at : at + size], "<f4")
            at += size
            if dtype == "float16":
                entry["quantization"] = {"dtype": dtype, "original_dtype": "float32"}
                data += numbers.astype("<f2").tobytes()
                continue
            low = float(numbers.min())
            scale = float(np.ptp(numbers)) / np.iinfo(dtype).max
            entry["quantization"] = {"dtype": dtype, "min": low, "scale": scale, "original_dtype": "float32"}
            data += np.round((numbers - low) / scale).astype(dtype).tobytes()
        (folder / "group1-shard1of1.bin").write_bytes(data)

    return change


@pytest.mark.parametrize("kind", ["layers", "graph"])
@pytest.mark.parametrize(("dtype", "most"), [("uint8", 0.06), ("uint16", 1e-3), ("float16", 1e-3)])
def test_quantised_weights(kind, dtype, most, tmp_path):
    """They are the numbers that the integers stand for."""
    checkpoint = open_checkpoint(changed(tmp_path / "m", quantised(dtype), kind))
    made = scores(checkpoint)
    np.testing.assert_allclose(made, SCORES, atol=most)
    np.testing.assert_array_equal(made.argmax(1), SCORES.argmax(1))
    if kind == "layers":
        for name, value in arrays(checkpoint).items():
            step = {"uint8": np.ptp(REFERENCE[name]) / 255, "uint16": np.ptp(REFERENCE[name]) / 65535}
            atol = step.get(dtype, 2e-3) * 0.51 + 1e-6
            np.testing.assert_allclose(value, REFERENCE[name], atol=atol, err_msg=name)


def first(said):
    return said["weightsManifest"][0]["weights"][0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda said, folder: (folder / "group1-shard1of1.bin").unlink(), "group1-shard1of1.bin' is not there"),
        (lambda said, folder: (folder / "group1-shard1of1.bin").write_bytes(bytes(999)), "the shards have 999"),
        (lambda said, folder: said["weightsManifest"][0]["paths"].append("../../x.bin"), "outside of its folder"),
        (lambda said, folder: first(said).update(shape=[1 << 62]), "has a shape that cannot be"),
        (lambda said, folder: first(said).update(shape=[-1]), "has a shape that cannot be"),
        (lambda said, folder: first(said).update(dtype="complex64"), "has the unknown type 'complex64'"),
        (lambda said, folder: first(said).update(name=3), "has no entry that can be read"),
        (lambda said, folder: first(said).update(quantization={"dtype": "uint8", "scale": "x"}), "is no number"),
        (lambda said, folder: said.update(modelTopology=3), "without its topology"),
        (lambda said, folder: said.update(weightsManifest=3), "does not list its weights"),
        (lambda said, folder: said.update(modelTopology={"a": 1}), "neither layers nor a graph"),
        (lambda said, folder: first(said).update(name="gone"), "is not in its list"),
    ],
)  # fmt: skip
def test_damaged(change, problem, tmp_path):
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(changed(tmp_path / "m", change))
    assert problem in str(error.value) and "\n" not in str(error.value)


def test_damaged_graphs(tmp_path):
    def spoil(said, folder):
        said["modelTopology"]["node"][0] = {"name": 3, "attr": [1]}

    with pytest.raises(CheckpointError, match="its topology is damaged"):
        open_checkpoint(changed(tmp_path / "m", spoil, "graph"))


@pytest.mark.slow
def test_mutations(tmp_path):
    assert mutations("tfjs", tmp_path) > 20
