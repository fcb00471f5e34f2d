# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""inspect, run, build, render and export, as from a shell."""

import json
import shutil

import bpy
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from neuroscene.addon.scene import entities
from scene import look
from scene.command import run, run_many
from unit.make import DATA, model, node, save, seeded
from unit.make import run as infer

SENTENCE = {
    "input_ids": np.array([[3, 7, 1, 9, 4]]),
    "attention_mask": np.array([[1, 1, 1, 1, 0]]),
    "token_type_ids": np.array([[0, 0, 0, 1, 1]]),
}


def read(path) -> np.ndarray:
    return look.png(path)[..., 0].astype(np.float32)[None, None] / 255


def test_inspect_json():
    done = run("inspect", look.CNN, "--json")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found.keys() >= {"format", "producer", "structure", "parameters", "inputs", "outputs", "layers"}
    assert (found["format"], found["structure"]) == ("onnx", "graph")
    assert found["inputs"] == [{"name": "image", "shape": [1, 1, 28, 28], "dtype": "float32"}]
    assert found["outputs"] == [{"name": "probabilities", "shape": [1, 10], "dtype": "float32"}]
    file = onnx.load(look.CNN)
    sizes = {one.name: numpy_helper.to_array(one) for one in file.graph.initializer}
    assert found["parameters"] == sum(one.size for one in sizes.values() if one.dtype == np.float32)
    layers, nodes = {layer["name"]: layer for layer in found["layers"]}, {one.output[0]: one for one in file.graph.node}
    assert list(layers) == ["image", *look.CNN_LAYERS]
    given = {tensor: name for name, tensors in look.CNN_LAYERS.items() for tensor in tensors} | {"image": "image"}
    for name, tensors in look.CNN_LAYERS.items():
        layer, parts = layers[name], [nodes[tensor] for tensor in tensors]
        assert layer.keys() >= {"name", "op", "parts", "inputs", "shape", "parameters", "block", "nodes"}
        assert layer["op"] == parts[0].op_type and layer["parts"] == [one.op_type for one in parts]
        assert layer["nodes"] == len(parts)
        assert layer["inputs"] == [given[one] for one in parts[0].input if one in given]
        assert layer["parameters"] == sum(
            sizes[one].size for part in parts for one in part.input if one in sizes and sizes[one].dtype == np.float32
        )


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What one process after another said and wrote."""
    folder = tmp_path_factory.mktemp("outputs")
    np.save(folder / "x.npy", read(look.DIGIT))
    save(folder, model([node("Relu", ["x"], ["y"])], {"x": ("n", 3, "height", 8)}, {"y": None}), "open.onnx")
    np.savez(folder / "bert.npz", **SENTENCE)
    cnn, scene = ["--input", look.DIGIT, "--max-cells", 3_000], folder / "scene.blend"
    commands = {
        "inspect": ["inspect", look.CNN],
        "dim": ["inspect", folder / "open.onnx", "--dim", "height=40", "--json"],
        "dim axis": ["inspect", folder / "open.onnx", "--dim", "x:2=41", "--json"],
        "run": ["run", look.CNN, "--input", look.DIGIT],
        "run json": ["run", look.CNN, "--input", look.DIGIT, "--json", "--top", 3, "--activations", folder / "a.npz"],
        "run pruned": ["run", look.CNN, "--input", look.DIGIT, "--json", "--prune", 0.3],
        "run pruned table": ["run", look.CNN, "--input", look.DIGIT, "--prune", 0.3],
        "run array": ["run", look.CNN, "--input", folder / "x.npy", "--json"],
        "run sentence": ["run", DATA / "zoo" / "bert.onnx", "--input", folder / "bert.npz", "--json"],
        "build sentence": [
            "build",
            DATA / "zoo" / "bert.onnx",
            "--input",
            folder / "bert.npz",
            "--max-cells",
            5_000,
            "-o",
            folder / "bert.blend",
        ],
        "build": ["build", look.CNN, "-o", scene, *cnn, "--max-connections", 200],
        "build folder": ["build", look.MLP, "-o", folder / "new" / "folder" / "mlp.blend"],
        "build spaces": ["build", look.MLP, "-o", folder / "with ünïcode and spaces.blend"],
        "render": ["render", scene, "-o", folder / "scene.png", "--size", "64x36", "--samples", 1],
        "render model": [
            "render",
            look.MLP,
            "-o",
            folder / "model.png",
            "--size",
            "40x40",
            "--samples",
            1,
            "--engine",
            "cycles",
            "--shot",
            "hero",
        ],
        "render frames": [
            "render",
            scene,
            "-o",
            folder / "frame.png",
            "--size",
            "32x18",
            "--samples",
            1,
            "--frames",
            "2-3",
        ],
        "render film": [
            "render",
            scene,
            "-o",
            folder / "film.mp4",
            "--size",
            "32x18",
            "--samples",
            1,
            "--frames",
            "1-2",
        ],
        "export": ["export", scene, "-o", folder / "scene.glb"],
        "export model": ["export", look.MLP, "-o", folder / "model.glb", "--realize", *cnn],
    }
    done = dict(zip(commands, run_many(list(commands.values())), strict=True))
    return folder, done


def test_all_went_well(outputs):
    _, done = outputs
    assert {name: (one.status, one.err) for name, one in done.items() if one.status or "Traceback" in one.err} == {}


def test_tables_are_for_people(outputs):
    _, done = outputs
    assert "29,066 parameters" in done["inspect"].out and "dense1" in done["inspect"].out
    assert "digit_7.png" in done["run"].out and len(done["run"].out.splitlines()) == 7


@pytest.mark.parametrize("name", ["dim", "dim axis", "run json", "run array", "run pruned"])
def test_json_is_one_object_and_nothing_else(outputs, name):
    _, done = outputs
    assert isinstance(json.loads(done[name].out), dict)
    assert done[name].out.count("\n") == 1


def test_sizes_that_are_chosen(outputs):
    _, done = outputs
    for name, height in (("dim", 40), ("dim axis", 41)):
        found = json.loads(done[name].out)
        assert found["inputs"][0]["shape"] == [1, 3, height, 8]
        assert found["layers"][-1]["shape"] == [3, height, 8]


def test_scores_are_those_of_onnxruntime(outputs):
    _, done = outputs
    expected = infer(onnx.load(look.CNN), {"image": read(look.DIGIT)})[0][0]
    for name, count in (("run json", 3), ("run array", 5)):
        found = json.loads(done[name].out)
        assert found["outputs"] == {"probabilities": [1, 10]}
        order = np.argsort(-expected)[:count]
        assert [one["index"] for one in found["top"]] == order.tolist()
        assert [one["label"] for one in found["top"]] == [str(index) for index in order]
        assert np.allclose([one["score"] for one in found["top"]], expected[order], rtol=1e-5, atol=1e-9)


def test_several_inputs(outputs, blank):
    """Of another length than the one that is assumed; cells of the scene have the activations."""
    folder, done = outputs
    file = onnx.load(DATA / "zoo" / "bert.onnx")
    (scores,) = infer(file, SENTENCE, ["output"])
    assert [one["score"] for one in json.loads(done["run sentence"].out)["top"]] == pytest.approx(
        sorted(scores[0], reverse=True), rel=1e-5
    )
    bpy.ops.wm.open_mainfile(filepath=str(folder / "bert.blend"))
    layers = look.layers(entities.networks()[0])
    assert np.allclose(look.values_of(layers["/classifier/Gemm"]), scores[0], atol=1e-6)
    assert np.array_equal(look.values_of(layers["input_ids"]), SENTENCE["input_ids"][0])


def test_scores_of_a_pruned_network(outputs):
    """Beside those of the whole; a third of each hidden layer's units, rounded down, are gone."""
    _, done = outputs
    found, whole = json.loads(done["run pruned"].out), json.loads(done["run array"].out)["top"]
    pruned = found["pruned"]
    assert pruned["share"] == 0.3 and np.allclose(
        [one["score"] for one in pruned["top_unpruned"]], [one["score"] for one in whole], rtol=1e-5
    )
    assert pruned["layers"] == [
        {"name": name, "pruned": int(0.3 * units), "units": units}
        for name, units in (("conv1", 8), ("conv2", 16), ("conv3", 16), ("dense1", 32))
    ]
    assert found["top"][0]["index"] == 7 and found["top"][0]["score"] != whole[0]["score"]
    assert "2 of 8 in conv1" in done["run pruned table"].out


def test_activations_hold_one_array_a_layer(outputs):
    """And one a node in it, but where the layer is called after it."""
    folder, _ = outputs
    file = onnx.load(look.CNN)
    given = {
        name: next(tensor for tensor in reversed(tensors) if tensor != "flatten")  # which only reshapes
        for name, tensors in look.CNN_LAYERS.items()
    }
    given = {one.name: one.output[0] for one in file.graph.node} | given
    expected = dict(zip(given, infer(file, {"image": read(look.DIGIT)}, list(given.values())), strict=True))
    with np.load(folder / "a.npz") as found:
        assert set(found) == {"image", *given}
        assert np.allclose(found["image"], read(look.DIGIT), rtol=1e-6)
        for name in given:
            assert found[name].shape == expected[name].shape
            assert np.allclose(found[name], expected[name], rtol=1e-5, atol=1e-6), name


def test_build_writes_a_scene(outputs, blank):
    folder, done = outputs
    assert done["build"].out.startswith(str(folder / "scene.blend"))
    assert not list(folder.glob("*.blend1"))
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend"))
    (network,) = (one for one in bpy.data.collections if look.facts(one).get("kind") == "network")
    assert [one.name for one in bpy.data.scenes] == ["digits_cnn"]
    assert sum(len(one.data.vertices) for one in look.of_kind(network, "layer")) <= 3_000
    assert sum(len(one.data.curves) for one in look.of_kind(network, "connections")) <= 200
    # what the line says of it is true
    cells = sum(len(one.data.vertices) for one in look.of_kind(network, "layer"))
    assert f"8 layers, {cells:,} cells" in done["build"].out


def test_build_makes_folders_and_takes_any_name(outputs):
    folder, _ = outputs
    for path in (folder / "new" / "folder" / "mlp.blend", folder / "with ünïcode and spaces.blend"):
        assert path.stat().st_size > 10_000


def test_render_writes_a_picture(outputs):
    folder, _ = outputs
    for name, shape in (("scene.png", (36, 64, 3)), ("model.png", (40, 40, 3))):
        picture = look.png(folder / name)
        assert picture.shape == shape and picture.std() > 5


def test_render_writes_frames_and_films(outputs):
    folder, _ = outputs
    assert sorted(one.name for one in folder.glob("frame*")) == ["frame_0002.png", "frame_0003.png"]
    assert (folder / "film.mp4").read_bytes()[4:8] == b"ftyp"


def test_export_writes_glb(outputs):
    folder, done = outputs
    for name, command in (("scene.glb", "export"), ("model.glb", "export model")):
        data = (folder / name).read_bytes()
        assert data[:4] == b"glTF" and int.from_bytes(data[8:12], "little") == len(data)
        assert str(folder / name) in done[command].out and "layers" in done[command].out


def test_real_exit_status(tmp_path):
    """Not that of a function: of the process, and the model in the folder that it runs in."""
    shutil.copy(look.MLP, tmp_path / "mine.onnx")
    done = run("build", "mine.onnx", "-o", "out.blend", "--input", look.DIGIT, cwd=tmp_path)
    assert (done.status, done.err) == (0, "") and (tmp_path / "out.blend").is_file()
    assert done.out.splitlines()[0].startswith("out.blend: mine: 4 layers")  # then 4.5 counts its leaks
    done = run("run", "mine.onnx", "--input", look.DIGIT, "--json", cwd=tmp_path)
    assert (done.status, done.err) == (0, "") and json.loads(done.out)["top"][0]["label"] == "7"
    done = run("inspect", "nothing.onnx", cwd=tmp_path)
    assert done.status == 2 and done.out == ""
    assert done.err == "neuroscene: nothing.onnx: no such file; check the path\n"
    assert run("--help").status == 0


def test_open_sizes_follow_an_array(tmp_path):
    path = save(
        tmp_path,
        model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 3, "h", "w")}, {"y": None}, {"w": seeded(2, 3, 3, 3)}),
    )
    np.save(tmp_path / "x.npy", seeded(1, 3, 12, 9))
    (done,) = run_many([["run", path, "--input", tmp_path / "x.npy", "--json"]])
    assert done.status == 0 and json.loads(done.out)["outputs"] == {"y": [1, 2, 10, 7]}
