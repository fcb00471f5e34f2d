# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks without their pruned units give what they give with these units set to 0, by onnxruntime alone."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from neuroscene.addon.attribution.masking import Masked
from neuroscene.addon.attribution.proving import prove
from neuroscene.addon.cli import main
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.inference import Fitted, chosen, run, run_pruned
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, model, node, save, seeded

CROSS = DATA / "crossformat"
DIGITS = CROSS / "mnist5k_split.npz"
SAMPLES = DATA.parents[1] / "sample_models"


def converted(path, folder, capsys, *more):
    """The smaller model, and what the command says of it."""
    out = folder / "smaller.onnx"
    assert main(["convert", str(path), "-o", str(out), "--json", *map(str, more)]) == 0
    onnx.checker.check_model(str(out), full_check=True)
    return out, json.loads(capsys.readouterr().out)["pruned"]


def given(network, seed=1):
    made = {}
    for spec in network.inputs:
        value = next(value for value in network.checkpoint.model.graph.input if value.name == spec.name)
        kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        shape = tuple(size or 1 for size in spec.shape)
        numbers = (
            np.abs(seeded(*shape, seed=seed)) if kind.kind == "f" else np.arange(np.prod(shape)).reshape(shape) % 2
        )
        made[spec.name] = numbers.astype(kind)
    return made


def outputs_of(path, inputs):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return dict(zip([value.name for value in session.get_outputs()], session.run(None, inputs), strict=True))


def masked_outputs(network, share, inputs):
    """The outputs of the whole network with the chosen units set to 0, as the weights choose them."""
    fitted = [Fitted(name, array, "") for name, array in inputs.items()]
    whole = run(network, *fitted)
    masks = {
        choice.tensor: choice.factors(whole[choice.tensor])
        for choice in chosen(network, share)
        if not choice.kept.all()
    }
    made = run(network, *fitted, masks=masks)
    return {spec.name: made[spec.name] for spec in network.outputs}


def same_as_masked(path, out, share):
    network = summarise(open_checkpoint(path))
    for seed in (1, 2):  # neither is the sample that the command tries
        inputs = given(network, seed)
        made = outputs_of(out, inputs)
        for name, value in masked_outputs(network, share, inputs).items():
            if value.dtype.kind == "f":
                scale = max(1, float(np.abs(value).max()))
                np.testing.assert_allclose(made[name] / scale, value / scale, atol=1e-5)


def weights_of(path):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


def test_the_known_cnn_on_data(tmp_path, capsys):
    """All 36 units are gone from the weights, and the scores of 500 images are those of the masked network."""
    path = CROSS / "mnist_cnn.keras"
    options = ("--prune", 0.5, "--data", DIGITS, "--by", "activations")
    out, said = converted(path, tmp_path, capsys, *options)
    assert (said["removed"], said["zeroed"], said["parameters_unpruned"]) == (36, 0, 29066)
    network = summarise(open_checkpoint(path))
    proof = finish(prove(network, DIGITS, 0.5, "activations"))
    masked = Masked(network)
    images = (np.load(DIGITS)["x_test"][..., None] / 255).astype(np.float32)
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    scores = masked.scores_of(images[:60], proof.kept)
    share = np.exp(scores - scores.max(1, keepdims=True))
    np.testing.assert_allclose(
        session.run(None, {name: images[:60]})[0], share / share.sum(1, keepdims=True), atol=1e-5
    )
    right = np.load(DIGITS)["y_test"][500:]
    found = session.run(None, {name: images[500:]})[0].argmax(1)
    assert float((found == right).mean()) == pytest.approx(said["accuracy"], abs=0.002)
    shapes = sorted(array.shape for array in weights_of(out).values() if array.ndim == 4)
    assert shapes == [(4, 1, 5, 5), (8, 4, 3, 3), (8, 8, 3, 3)] or len(shapes) == 3
    assert out.stat().st_size < 0.3 * 4 * 29066 + 4000


@pytest.mark.parametrize("share", [0.3, 0.5, 1])
@pytest.mark.parametrize(
    "path",
    [
        *sorted(SAMPLES.glob("*.onnx")),
        *(DATA / "zoo" / f"{name}.onnx" for name in ("resnet18", "mobilenet_v3", "densenet", "unet", "inception")),
        *(DATA / "zoo" / f"{name}.onnx" for name in ("vit", "gpt2", "bert", "control")),
        *(DATA / "torch" / f"{name}_traced.pt" for name in ("grouped", "mobile", "residual", "encoder")),
        DATA / "tensorflow" / "series_int8.tflite",
        CROSS / "mnist_cnn_float32.tflite",
    ],
    ids=lambda path: path.name,
)
def test_same_as_masked(path, share, tmp_path, capsys):
    out, said = converted(path, tmp_path, capsys, "--prune", share)
    same_as_masked(path, out, share)
    assert said["removed"] + said["zeroed"] == said["pruned"] == sum(layer["pruned"] for layer in said["layers"])
    for layer in said["layers"]:
        assert sum(layer["why"].values()) == layer["zeroed"] == layer["pruned"] - layer["removed"]
    if said["removed"]:
        assert said["parameters"] < said["parameters_unpruned"]


def test_with_an_input_as_run_prunes(tmp_path, capsys):
    digit = SAMPLES / "digits" / "digit_7.png"
    path = SAMPLES / "digits_cnn.onnx"
    out, said = converted(path, tmp_path, capsys, "--prune", 0.5, "--input", digit)
    assert main(["run", str(path), "--input", str(digit), "--prune", "0.5", "--json"]) == 0
    masked = json.loads(capsys.readouterr().out)
    assert main(["run", str(out), "--input", str(digit), "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert [layer["pruned"] for layer in masked["pruned"]["layers"]] == [layer["pruned"] for layer in said["layers"]]
    for one, other in zip(alone["top"], masked["top"], strict=True):
        assert one["index"] == other["index"] and one["score"] == pytest.approx(other["score"], abs=1e-5)


def prune(tmp_path, capsys, made, share, name="made.onnx"):
    path = save(tmp_path, made, name)
    out, said = converted(path, tmp_path, capsys, "--prune", share)
    same_as_masked(path, out, share)
    return weights_of(out), said, onnx.load(out)


def ordered(*shape, seed=0):
    """A weight whose first unit has the norm 1, the next 2 and so on: the first are pruned first."""
    return alike(*shape, seed=seed) * np.arange(1, shape[0] + 1, dtype=np.float32).reshape(-1, *[1] * (len(shape) - 1))


def alike(*shape, seed=0):
    """A weight whose units have the norm 1."""
    made = seeded(*shape, seed=seed)
    return made / np.sqrt((made**2).reshape(shape[0], -1).sum(1)).reshape(-1, *[1] * (len(shape) - 1))


def test_batch_norm_prelu_flatten_and_dense(tmp_path, capsys):
    weights = {
        **{"w": ordered(6, 3, 3, 3, seed=1), "b": seeded(6, seed=2), "slope": seeded(6, 1, 1, seed=3)},
        **{"g": np.ones(6, np.float32), "s": seeded(6, seed=4), "m": seeded(6, seed=5)},
        **{"v": np.ones(6, np.float32), "d": seeded(96, 5, seed=7), "e": seeded(5, seed=8), "f": seeded(5, 4, seed=9)},
    }
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["c", "g", "s", "m", "v"], ["n"]),
        node("PRelu", ["n", "slope"], ["r"]),
        node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["p"], ["q"]),
        node("Gemm", ["q", "d", "e"], ["h"]),
        node("Relu", ["h"], ["k"]),
        node("Gemm", ["k", "f"], ["y"]),
    ]
    made, said, _ = prune(tmp_path, capsys, model(nodes, {"x": (1, 3, 8, 8)}, {"y": (1, 4)}, weights), 0.5)
    assert (said["removed"], said["zeroed"]) == (5, 0)
    assert made["w"].shape == (3, 3, 3, 3) and made["slope"].shape == (3, 1, 1) and made["d"].shape == (48, 3)
    assert all(made[name].shape == (3,) for name in "bgsmv") and made["f"].shape == (3, 4)
    kept = np.array([np.argwhere((weights["w"] == row).all((1, 2, 3)))[0, 0] for row in made["w"]])
    columns = np.array([np.argwhere((weights["f"] == row).all(1))[0, 0] for row in made["f"]])
    np.testing.assert_array_equal(made["v"], weights["v"][kept])
    np.testing.assert_array_equal(made["d"], weights["d"].reshape(6, 16, 5)[kept].reshape(48, 5)[:, columns])


def residual(branches_alike):
    """Conv -> (Conv, Conv) -> Add -> Conv: the two branches prune the same units, or others."""
    other = ordered(6, 4, 1, 1, seed=3)
    weights = {"a": seeded(4, 3, 3, 3, seed=1), "b": ordered(6, 4, 3, 3, seed=2)}
    weights |= {
        "c": other if branches_alike else other[::-1].copy(),
        "d": alike(6, 2, seed=4).T.reshape(2, 6, 1, 1).copy(),
    }
    nodes = [
        node("Conv", ["x", "a"], ["p"], pads=[1, 1, 1, 1]),
        node("Relu", ["p"], ["q"]),
        node("Conv", ["q", "b"], ["r"], pads=[1, 1, 1, 1], name="long"),
        node("Conv", ["q", "c"], ["s"], name="short"),
        node("Add", ["r", "s"], ["t"], name="sum"),
        node("Relu", ["t"], ["u"]),
        node("Conv", ["u", "d"], ["y"], name="last"),
    ]
    return model(nodes, {"x": (1, 3, 6, 6)}, {"y": (1, 2, 6, 6)}, weights)


def test_a_sum_of_branches_loses_what_all_of_them_prune(tmp_path, capsys):
    made, said, _ = prune(tmp_path, capsys, residual(True), 0.5)
    assert said["zeroed"] == 0 and made["b"].shape == (3, 2, 3, 3) and made["c"].shape == (3, 2, 1, 1)
    assert made["d"].shape == (2, 3, 1, 1)


def test_a_sum_of_branches_keeps_what_one_of_them_has(tmp_path, capsys):
    """The unit stays in its place; the row of its weights is 0."""
    made, said, _ = prune(tmp_path, capsys, residual(False), 0.5)
    assert said["zeroed"] == 6 and made["b"].shape == (6, 2, 3, 3) and made["d"].shape == (2, 6, 1, 1)
    assert [bool(row.any()) for row in made["b"]] == [False] * 3 + [True] * 3
    assert [bool(row.any()) for row in made["c"]] == [True] * 3 + [False] * 3
    why = [reason for layer in said["layers"] for reason in layer["why"]]
    assert why and all("'last' reads their places, which other layers still fill" == reason for reason in why)


def test_depthwise(tmp_path, capsys):
    """A channel that only the layer before prunes leaves what the depthwise layer makes of 0: the next bias has it."""
    weights = {
        **{"a": ordered(8, 3, 1, 1, seed=1), "d": alike(8, 1, 3, 3, seed=2), "e": seeded(8, seed=3)},
        **{"p": ordered(8, 5, seed=4)[::-1].T.reshape(5, 8, 1, 1).copy(), "f": seeded(5, 3, seed=5)},
    }
    nodes = [
        node("Conv", ["x", "a"], ["k"], name="expand"),
        node("Relu", ["k"], ["l"]),
        node("Conv", ["l", "d", "e"], ["m"], group=8, pads=[1, 1, 1, 1], name="depthwise"),
        node("Clip", ["m", "low", "high"], ["n"]),
        node("Conv", ["n", "p"], ["o"], name="project"),
        node("Relu", ["o"], ["q"]),
        node("GlobalAveragePool", ["q"], ["r"]),
        node("Flatten", ["r"], ["s"]),
        node("Gemm", ["s", "f"], ["y"]),
    ]
    weights |= {"low": np.array(0, np.float32), "high": np.array(6, np.float32)}
    made, said, graph = prune(tmp_path, capsys, model(nodes, {"x": (1, 3, 6, 6)}, {"y": (1, 3)}, weights), 0.25)
    assert said["zeroed"] == 0 and made["a"].shape == (4, 3, 1, 1) and made["d"].shape == (4, 1, 3, 3)
    assert made["p"].shape == (4, 4, 1, 1) and made["f"].shape == (4, 3)
    depthwise = next(one for one in graph.graph.node if one.name == "depthwise")
    assert next(attribute.i for attribute in depthwise.attribute if attribute.name == "group") == 4
    project = next(one for one in graph.graph.node if one.name == "project")
    assert np.abs(made[project.input[2]]).max() > 0  # it had no bias


@pytest.mark.parametrize(("order", "removed"), [((0, 1, 4, 5, 2, 3, 6, 7), 4), (range(8), 0)])
def test_groups_stay_even(tmp_path, capsys, order, removed):
    """Of two groups of four, two units of each go, or all four of the first, which stay."""
    weights = {"a": seeded(4, 3, 3, 3, seed=1) * 9, "b": np.empty((8, 2, 3, 3), np.float32)}
    weights["b"][list(order)] = ordered(8, 2, 3, 3, seed=2)
    weights["c"] = alike(8, 2, seed=3)
    nodes = [
        node("Conv", ["x", "a"], ["p"], pads=[1, 1, 1, 1]),
        node("Relu", ["p"], ["q"]),
        node("Conv", ["q", "b"], ["r"], group=2, pads=[1, 1, 1, 1], name="grouped"),
        node("Relu", ["r"], ["s"]),
        node("GlobalAveragePool", ["s"], ["t"]),
        node("Flatten", ["t"], ["u"]),
        node("Gemm", ["u", "c"], ["y"]),
    ]
    made, said, _ = prune(tmp_path, capsys, model(nodes, {"x": (1, 3, 6, 6)}, {"y": (1, 2)}, weights), 0.5)
    grouped = next(layer for layer in said["layers"] if layer["units"] == 8)
    assert grouped["removed"] == removed and made["b"].shape[0] == 8 - removed
    if not removed:
        assert grouped["why"] == {"the groups of 'grouped' would become uneven": 4}


def test_concat_split_and_matmul(tmp_path, capsys):
    weights = {
        **{"a": ordered(6, 4, seed=1).T.copy(), "b": ordered(5, 4, seed=2).T.copy(), "s": seeded(6, seed=3)},
        **{"c": ordered(8, 11, seed=4).T.copy(), "d": seeded(4, 3, seed=5), "e": seeded(4, 3, seed=6)},
        "parts": np.array([4, 4]),
    }
    nodes = [
        node("MatMul", ["x", "a"], ["m"]),
        node("Add", ["m", "s"], ["n"]),
        node("Sigmoid", ["n"], ["o"]),
        node("MatMul", ["x", "b"], ["p"]),
        node("Tanh", ["p"], ["q"]),
        node("Concat", ["o", "q"], ["r"], axis=-1),
        node("MatMul", ["r", "c"], ["t"]),
        node("Relu", ["t"], ["u"]),
        node("Split", ["u", "parts"], ["v", "w"], axis=1),
        node("MatMul", ["v", "d"], ["y"]),
        node("MatMul", ["w", "e"], ["z"]),
    ]
    made, said, _ = prune(tmp_path, capsys, model(nodes, {"x": (2, 4)}, {"y": (2, 3), "z": (2, 3)}, weights), 0.4)
    assert said["zeroed"] == 0 and said["removed"] == 2 + 2 + 3
    assert made["a"].shape == (4, 4) and made["b"].shape == (4, 3) and made["c"].shape == (7, 5)
    assert len(made["d"]) + len(made["e"]) == 5


def test_recurrent_units_are_not_pruned(tmp_path, capsys):
    assert main(["convert", str(DATA / "zoo" / "lstm.onnx"), "-o", str(tmp_path / "o.onnx"), "--prune", "0.5"]) == 2
    assert "has no hidden units that could be pruned" in capsys.readouterr().err


def test_units_before_a_recurrent_layer_stay(tmp_path, capsys):
    """The dense layer before an LSTM is pruned; what an LSTM reads has to be whole, so rows of weights become 0."""
    weights = {"w": ordered(6, 3, seed=1).T.copy(), "r": seeded(1, 20, 5, seed=2), "i": seeded(1, 20, 6, seed=3)}
    nodes = [
        node("MatMul", ["x", "w"], ["m"], name="dense"),
        node("Tanh", ["m"], ["n"]),
        node("Transpose", ["n"], ["t"], perm=[1, 0, 2]),
        node("LSTM", ["t", "i", "r"], ["", "h"], hidden_size=5, name="lstm"),
        node("Flatten", ["h"], ["y"]),
    ]
    made, said, _ = prune(tmp_path, capsys, model(nodes, {"x": (1, 4, 3)}, {"y": (1, 5)}, weights), 0.5)
    assert (said["removed"], said["zeroed"]) == (0, 3) and made["w"].shape == (3, 6)
    assert [bool(column.any()) for column in made["w"].T] == [False] * 3 + [True] * 3
    assert list(said["layers"][0]["why"]) == ["'lstm' (LSTM) needs all of them"]


def test_one_line_for_people(tmp_path, capsys):
    path = SAMPLES / "pictures_resnet.onnx"
    assert main(["convert", str(path), "-o", str(tmp_path / "o.onnx"), "--prune", "0.4"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("pruned: ")]
    assert len(said) == 1 and " units taken out, " in said[0] and " stay and give 0 (" in said[0]


def test_a_pruned_run_of_a_layer_that_gives_truths(tmp_path):
    """What is true or false is masked too."""
    nodes = [node("Gemm", ["x", "w"], ["h"]), node("Greater", ["h", "z"], ["g"]), node("Cast", ["g"], ["k"], to=1)]
    nodes += [node("Gemm", ["k", "v"], ["y"])]
    weights = {"w": seeded(4, 6), "z": np.zeros(6, np.float32), "v": seeded(6, 3, seed=1)}
    network = summarise(open_checkpoint(save(tmp_path, model(nodes, {"x": (1, 4)}, {"y": (1, 3)}, weights))))
    fitted = Fitted("x", seeded(1, 4, seed=4), "")
    assert np.isfinite(run_pruned(network, [fitted], run(network, fitted), 0.5).values["y"]).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prune", "1.5"], "is not a share between 0 and 1"),
        (["--prune", "-1"], "is not a share between 0 and 1"),
        (["--prune", "0"], "would lose nothing"),
        (["--by", "weights"], "give --prune P as well"),
        (["--prune", "0.5", "--by", "taylor"], "give --data FILE.npz"),
        (["--prune", "0.5", "--data", str(DIGITS), "--input", "x.png"], "leave --input out"),
        (["--prune", "0.5", "--data", "no.npz"], "no such file"),
        (["--prune", "0.5", "--input", "no.png"], "no such file"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, arguments, said):
    out = tmp_path / "o.onnx"
    try:
        status = main(["convert", str(SAMPLES / "digits_mlp.onnx"), "-o", str(out), *arguments])
    except SystemExit as end:
        status = end.code
    lines = capsys.readouterr().err.strip().splitlines()
    assert status == 2 and len(lines) == 1 and said in lines[0] and not out.exists()


@pytest.mark.parametrize("name", ["inferred/resnet18.safetensors", "keras/unknown.keras"])
def test_a_model_that_cannot_run(tmp_path, capsys, name):
    out = tmp_path / "o.onnx"
    assert main(["convert", str(DATA / name), "-o", str(out), "--prune", "0.5"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1 and not out.exists()
