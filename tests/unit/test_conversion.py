# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of every format leave as ONNX files that the checker passes and onnxruntime runs without us, and as arrays."""

import json
import shutil

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from neuroscene.addon.cli import main
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.conversion import arrays, onnx_model
from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, model, node, save, seeded

CROSS = DATA / "crossformat"
SCORES = np.array(list(json.loads((DATA / "expected_scores.json").read_text()).values()))
DIGITS = np.load(DATA / "expected_activations.npz")["input"]
TORCH = np.load(DATA / "torch" / "scripts.npz")
KNOWN = [
    *sorted(DATA.glob("mnist_cnn*.onnx")),
    DATA / "onnx_external_data" / "mnist_cnn.onnx",
    *(CROSS / "keras1_2_2" / f"mnist_cnn_{kind}.h5" for kind in ("functional", "sequential")),
    *sorted(CROSS.glob("keras2_*/mnist_cnn.keras")),
    *sorted(CROSS.glob("keras2_*/mnist_cnn_[fs]*.h5")),
    *sorted(CROSS.glob("mnist_cnn*.keras")),
    *sorted(CROSS.glob("mnist_cnn*_keras3.h5")),
    CROSS / "mnist_cnn_keras3.h5",
    *sorted(CROSS.glob("mnist_cnn_torchscript_*.pt")),
    CROSS / "mnist_cnn_float32.tflite",
    CROSS / "mnist_cnn_frozen_tf2.pb",
    CROSS / "tf1_ckpt_tf115" / "model.ckpt-630.index",
    CROSS / "tf1_ckpt_tf115" / "v1_format.ckpt",
    CROSS / "savedmodel_keras3" / "saved_model.pb",
    CROSS / "savedmodel_tf1style" / "saved_model.pb",
    CROSS / "keras2_12" / "savedmodel" / "saved_model.pb",
    DATA / "layers" / "digits.caffemodel",
    DATA / "layers" / "digits.weights",
    DATA / "openvino" / "digits.xml",
    CROSS / "tfjs_layers_model" / "model.json",
    CROSS / "tfjs_graph_model" / "model.json",
]
WHOLE = (
    "onnx_external_data",
    "tf1_ckpt_tf115",
    "savedmodel_keras3",
    "savedmodel_tf1style",
    "savedmodel",
    "layers",
    "openvino",
    "tfjs_layers_model",
    "tfjs_graph_model",
)
OTHERS = [
    *sorted((DATA / "keras").glob("*.keras")),
    *sorted((DATA / "keras").glob("*.h5")),
    *sorted((DATA / "torch").glob("*_traced.pt")),
    *sorted((DATA / "torch").glob("*_scripted.pt")),
    *sorted((DATA / "zoo").glob("*.onnx")),
    *sorted((DATA / "exported").glob("*.pt2")),
    *sorted((DATA / "openvino").glob("*.xml")),
    *sorted((DATA / "coreml").glob("*.ml*")),
    *sorted((DATA / "tensorflow").glob("*.tflite")),
    *sorted((DATA / "tensorflow").glob("*/saved_model.pb")),
    CROSS / "mnist_cnn_float16.tflite",
    CROSS / "mnist_cnn_int8.tflite",
]


def session(path):
    """onnxruntime alone, on the file alone, which the checker has passed."""
    onnx.checker.check_model(str(path), full_check=True)
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def convert(path, folder, *more):
    """The converted file; nothing else is in its folder."""
    out = folder / "out" / "made.onnx"
    assert main(["convert", str(path), "-o", str(out), *more]) == 0
    assert [file.name for file in out.parent.iterdir()] == ["made.onnx"]
    return out


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: str(path.relative_to(DATA)))
def test_the_known_scores(path, tmp_path):
    moved = tmp_path / "in"
    shutil.copytree(path.parent, moved) if path.parent.name in WHOLE else moved.mkdir()
    shutil.copy(path, moved / path.name)
    made = convert(moved / path.name, tmp_path)
    shutil.rmtree(moved)  # whatever the file still needs is gone
    runs = session(made)
    given = runs.get_inputs()[0]
    digits = DIGITS.transpose(0, 3, 1, 2) if given.shape[1] == 1 else DIGITS
    scores = runs.run(None, {given.name: digits})[0]  # ten at once: the batch stays open
    np.testing.assert_allclose(scores, SCORES, atol=1e-5)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_all_others_compute_the_same(path, tmp_path):
    """The file by itself gives what the opened checkpoint gives, under the same names, from the same inputs."""
    checkpoint = open_checkpoint(path)
    try:
        checkpoint.check_runs()
    except CheckpointError:
        with pytest.raises(CheckpointError, match="cannot be written as ONNX|holds weights only"):
            onnx_model.check(checkpoint)
        return
    network = summarise(checkpoint)
    made = onnx.load(convert(path, tmp_path))
    names = {value.name for value in checkpoint.model.graph.input}
    assert {value.name for value in made.graph.input} == names
    assert not any(opset.domain.startswith("neuroscene") for opset in made.opset_import)
    assert not any(tensor.data_location == TensorProto.EXTERNAL for tensor in made.graph.initializer)
    chance = np.random.default_rng(0)
    given = {}
    known = path.stem.rpartition("_")[0]
    if path.parent.name == "torch" and f"{known}/in0" in TORCH:
        given = {spec.name: TORCH[f"{known}/in{place}"] for place, spec in enumerate(network.inputs)}
    for spec in [] if given else network.inputs:
        if spec.dtype.startswith("float"):
            given[spec.name] = chance.standard_normal(spec.shape).astype(spec.dtype)
        elif spec.dtype == "string":
            pytest.skip("reads text")
        else:
            given[spec.name] = chance.integers(0, 2, spec.shape).astype(spec.dtype)
    wanted = [spec.name for spec in network.outputs]
    expected = activations(checkpoint, given, wanted)
    runs = session(tmp_path / "out" / "made.onnx")
    for name, value in zip(wanted, runs.run(wanted, given), strict=True):
        np.testing.assert_allclose(value, expected[name], atol=1e-5, rtol=1e-5, err_msg=name)


def test_weights_with_an_architecture(tmp_path):
    made = convert(
        CROSS / "mnist_cnn.safetensors", tmp_path, "--architecture", str(DATA / "mnist_cnn_torch_unfolded_bn.onnx")
    )
    runs = session(made)
    scores = runs.run(None, {runs.get_inputs()[0].name: DIGITS.transpose(0, 3, 1, 2)})[0]
    np.testing.assert_allclose(scores, SCORES, atol=1e-5)


def test_large_weights_lie_beside(tmp_path):
    """As above 2 GB, with a limit that a small model reaches."""
    checkpoint = open_checkpoint(CROSS / "mnist_cnn.keras")
    out = tmp_path / "made.onnx"
    assert "made.onnx.data" in finish(onnx_model.steps(checkpoint, out, largest=50_000))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made.onnx", "made.onnx.data"]
    assert out.stat().st_size < 50_000 < (tmp_path / "made.onnx.data").stat().st_size
    runs = session(out)
    np.testing.assert_allclose(runs.run(None, {runs.get_inputs()[0].name: DIGITS})[0], SCORES, atol=1e-5)


def test_sizes_are_set(tmp_path):
    made = convert(CROSS / "mnist_cnn.keras", tmp_path, "--dim", "image:0=3")
    assert session(made).get_inputs()[0].shape == [3, 28, 28, 1]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (DATA / "torch" / "opaque.pt", "has no operator for '/igamma' (igamma)"),
        (DATA / "keras" / "unknown.keras", "cannot be written as ONNX, which has no operator for '"),
        (CROSS / "mnist_cnn.safetensors", "holds weights only"),
    ],
    ids=["torch", "keras", "weights"],
)
def test_what_cannot_be_written_is_named(path, said, tmp_path, capsys):
    assert main(["convert", str(path), "-o", str(tmp_path / "out.onnx")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_it_is_not_written_over_itself(tmp_path, capsys):
    path = tmp_path / "model.onnx"
    shutil.copy(DATA / "mnist_cnn_tf2onnx.onnx", path)
    assert main(["convert", str(path), "-o", str(path)]) == 2
    assert "is a file of the model itself" in capsys.readouterr().err
    assert path.read_bytes() == (DATA / "mnist_cnn_tf2onnx.onnx").read_bytes()


@pytest.mark.parametrize("largest", [50_000, 1 << 30])
def test_stopped_half_way(largest, tmp_path):
    """Nothing is left behind, and a file of that name that was there before is as it was."""
    out = tmp_path / "made.onnx"
    out.write_bytes(b"older")
    work = onnx_model.steps(open_checkpoint(CROSS / "mnist_cnn.keras"), out, largest=largest)
    for _ in range(4):
        next(work)
    work.close()
    assert [path.name for path in tmp_path.iterdir()] == ["made.onnx"] and out.read_bytes() == b"older"


def test_a_weight_that_is_cut_short_leaves_nothing(tmp_path):
    path = tmp_path / "cut.onnx"
    whole = model([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 64)}, {"y": (1, 64)}, {"w": seeded(64, 64)})
    save(tmp_path, whole, "cut.onnx")
    checkpoint = open_checkpoint(path)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(CheckpointError, match="cut short"):
        finish(onnx_model.steps(checkpoint, tmp_path / "out.onnx"))
    assert [file.name for file in tmp_path.iterdir()] == ["cut.onnx"]


# JSON and arrays


def test_arrays_are_the_files_numbers(tmp_path, capsys):
    """Every weight bit for bit, every activation within 1e-4 of Keras's, the layers of `inspect`."""
    path = CROSS / "mnist_cnn.keras"
    out = tmp_path / "out"
    array = tmp_path / "three.npy"
    np.save(array, DIGITS[3])
    assert main(["export", str(path), "-o", str(out), "--arrays", "--input", str(array)]) == 0
    assert sorted(file.name for file in out.iterdir()) == ["activations.npz", "network.json", "weights.npz"]
    said = json.loads((out / "network.json").read_text())
    capsys.readouterr()
    assert main(["inspect", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    keys = ("name", "op", "inputs", "shape", "parameters", "block")
    assert [{key: layer[key] for key in keys} for layer in said["layers"]] == [
        {key: layer[key] for key in keys} for layer in told["layers"]
    ]
    held = np.load(out / "weights.npz")
    reference = np.load(CROSS / "mnist_cnn_weights.npz")
    assert {name.replace(".", "/") for name in reference} == set(held)
    for name in reference:
        assert held[name.replace(".", "/")].tobytes() == reference[name].tobytes()
    named = [name for layer in said["layers"] for name in layer["weights"]]
    assert sorted(named) == sorted(held) == sorted(said["weights"])
    values = np.load(out / "activations.npz")
    assert {layer["activation"] for layer in said["layers"]} <= set(values)
    expected = np.load(DATA / "expected_activations.npz")
    np.testing.assert_allclose(values["scores"][0], SCORES[3], atol=1e-5)
    np.testing.assert_allclose(values["conv1"][0].transpose(1, 2, 0), expected["conv1"][0], atol=1e-4)


@pytest.mark.parametrize(
    "path",
    [
        CROSS / "mnist_cnn_keras3.h5",
        CROSS / "mnist_cnn_torchscript_trace.pt",
        DATA / "mnist_cnn_torch_dynamo.onnx",
        DATA / "zoo" / "control.onnx",
        DATA / "zoo" / "lstm.onnx",
        DATA / "torch" / "opaque.pt",
        DATA / "inferred" / "bert.safetensors",
        CROSS / "mnist_cnn_bf16.safetensors",
    ],
    ids=lambda path: path.name,
)
def test_arrays_are_read_back(path, tmp_path):
    """The folder opens as a model: the same layers and weights, and what runs computes the same."""
    first = summarise(open_checkpoint(path))
    finish(arrays.steps(first, None, tmp_path / "out"))
    again = summarise(open_checkpoint(tmp_path / "out"))
    assert again.checkpoint.format == "neuroscene-arrays"
    assert again.checkpoint.structure == first.checkpoint.structure
    assert again.parameters == first.parameters
    for old, new in zip(first.layers, again.layers, strict=True):
        assert (old.name, old.op, old.inputs, old.shape) == (new.name, new.op, new.inputs, new.shape)
        for before, after in zip(old.weights, new.weights, strict=True):
            assert before.array().tobytes() == after.array().tobytes()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda out: (out / "weights.npz").unlink(), "weights.npz is not beside it"),
        (lambda out: (out / "weights.npz").write_bytes((out / "weights.npz").read_bytes()[:9999]), "zip archive"),
        (lambda out: _change(out, "version", 7), "not of the version 1"),
        (lambda out: _change(out, "onnx", {"graph": 3}), "its graph is damaged"),
        (lambda out: _change(out, "onnx", {}), "not an ONNX model"),
        (lambda out: _change(out, "weights", {}), "is not in weights.npz"),
        (lambda out: _change(out, "weights", [1]), "does not list its weights"),
    ],
)
def test_damaged_arrays(spoil, said, tmp_path):
    finish(arrays.steps(summarise(open_checkpoint(CROSS / "mnist_cnn.keras")), None, tmp_path))
    spoil(tmp_path)
    with pytest.raises(CheckpointError, match=said):
        open_checkpoint(tmp_path / "network.json")


def _change(out, key, value):
    said = json.loads((out / "network.json").read_text())
    (out / "network.json").write_text(json.dumps(said | {key: value}))


def test_arrays_that_are_stopped_leave_no_folder(tmp_path):
    work = arrays.steps(summarise(open_checkpoint(CROSS / "mnist_cnn.keras")), None, tmp_path / "out")
    next(work)
    work.close()
    assert not list(tmp_path.iterdir())


def test_an_export_says_where_it_goes(tmp_path, capsys):
    path = str(CROSS / "mnist_cnn.keras")
    assert main(["export", path, "-o", str(tmp_path / "out.xyz")]) == 2
    assert "should end in .glb or .usdz or .usdc" in capsys.readouterr().err
    (tmp_path / "file").write_bytes(b"")
    assert main(["export", path, "-o", str(tmp_path / "file"), "--arrays"]) == 2
    assert "is a file; give a folder" in capsys.readouterr().err
