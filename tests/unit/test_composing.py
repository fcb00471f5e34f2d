# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks written by hand: their shapes against onnxruntime, their settings, and what cannot be."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from neuroscene.addon import cli
from neuroscene.addon.attribution import METHODS, RANKINGS
from neuroscene.addon.cli import main
from neuroscene.addon.composing import TEMPLATES, compose, parse, template
from neuroscene.addon.composing.specification import SETTINGS
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint


def spec(*layers, shape=(1, 12, 12), **more):
    return {"input": {"name": "x", "shape": list(shape), **more}, "layers": list(layers)}


def run(composed, batch=3):
    """The shape of what every layer gives, by onnxruntime, without the batch; and the values."""
    onnx.checker.check_model(composed.model, full_check=True)
    made = onnx.ModelProto()
    made.CopyFrom(composed.model)
    own = {value.name for value in (*made.graph.output, *made.graph.input)}
    names = [name for name in composed.shapes if name not in {value.name for value in made.graph.input}]
    made.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names if name not in own)
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    shape = (batch, *composed.shapes[given.name])
    random = np.random.default_rng(0)
    array = random.integers(0, 3, shape) if "int64" in given.type else random.standard_normal(shape).astype(np.float32)
    values = session.run(names, {given.name: array})
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_run_and_have_the_shapes_that_they_say(tmp_path, name):
    composed = compose(template(name))
    for layer, value in run(composed).items():
        assert value.shape == (3, *composed.shapes[layer]), layer
        assert np.isfinite(value).all()
    path = tmp_path / f"{name}.onnx"
    path.write_bytes(composed.model.SerializeToString())
    network = summarise(open_checkpoint(path))
    assert {layer.name for layer in network.layers} & set(composed.shapes) and network.parameters > 100


LAYERS = {
    "Conv": [
        {"units": 4},
        {"units": 4, "kernel": [3, 5], "stride": 2, "padding": "same", "dilation": 2, "bias": False},
        {"units": 6, "kernel": 2, "padding": [1, 0], "groups": 2, "activation": "Relu"},
    ],
    "DepthwiseConv": [{}, {"kernel": 5, "padding": 2}],
    "ConvTranspose": [{"units": 3}, {"units": 3, "kernel": 3, "stride": 2, "padding": 1, "activation": "Gelu"}],
    "MaxPool": [{}, {"kernel": 3, "stride": 2, "padding": 1}],
    "AveragePool": [{"kernel": 2}, {"kernel": 3, "stride": 1, "padding": "same"}],
    "GlobalAveragePool": [{}],
    "Dense": [{"units": 5}, {"units": 5, "bias": False, "activation": "Softmax"}],
    "Activation": [{"activation": "HardSwish"}],
    "BatchNormalization": [{}, {"activation": "LeakyRelu"}],
    "LayerNormalization": [{}],
    "Dropout": [{"rate": 0.3}],
    "Flatten": [{}],
    "Reshape": [{"shape": [2, 144]}, {"shape": [288]}, {"shape": [4, 2, 36]}],
    "Attention": [{"heads": 2}, {"heads": 4, "causal": True}],
    "LSTM": [{"units": 3}, {"units": 3, "sequence": True}],
    "GRU": [{"units": 3}, {"units": 3, "sequence": True}],
}
CASES = [(op, settings) for op, some in LAYERS.items() for settings in some]


@pytest.mark.parametrize(("op", "settings"), CASES)
def test_every_operator_in_one_to_three_dimensions(op, settings):
    shapes = [(4, 9, 8)]
    if op in (
        "Conv",
        "DepthwiseConv",
        "ConvTranspose",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "Dense",
        "Flatten",
    ):
        shapes += [(4, 9), (4, 7, 6, 8)] if not any(isinstance(one, list) for one in settings.values()) else []
    if op in ("Attention", "LSTM", "GRU"):
        shapes = [(6, 8)]
    for shape in shapes:
        composed = compose(parse(spec({"name": "layer", "op": op, **settings}, shape=shape)))
        value = run(composed)["layer"]
        assert value.shape == (3, *composed.shapes["layer"])


def test_all_operators_are_tried():
    assert set(LAYERS) | {"Add", "Concat", "Embedding"} == set(SETTINGS)


def test_settings_do_what_they_say():
    """Against the convolution written out in NumPy."""
    composed = compose(parse(spec({"name": "c", "op": "Conv", "units": 2, "kernel": 3, "stride": 2, "padding": 1})))
    (weight,) = [onnx.numpy_helper.to_array(one) for one in composed.model.graph.initializer if one.name == "c.weight"]
    x = np.random.default_rng(0).standard_normal((3, 1, 12, 12)).astype(np.float32)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = np.zeros((3, 2, 6, 6))
    for row in range(6):
        for column in range(6):
            window = padded[:, :, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            expected[:, :, row, column] = np.einsum("ncij,ucij->nu", window, weight)
    np.testing.assert_allclose(run(composed)["c"], expected, atol=1e-5)


def test_a_seed_decides_the_weights_and_a_change_leaves_other_layers():
    first, again, other = (compose(template("lenet", seed)) for seed in (1, 1, 2))
    assert first.model == again.model and first.model != other.model
    content = json.loads(template("lenet", 1).to_json())
    content["layers"][0]["units"] = 4
    changed = compose(parse(content))
    weights, before = (
        {one.name: onnx.numpy_helper.to_array(one) for one in made.model.graph.initializer} for made in (changed, first)
    )
    assert weights["conv1.weight"].shape == (4, 1, 5, 5)
    assert np.array_equal(weights["dense1.weight"], before["dense1.weight"])
    spread = before["dense1.weight"].std()
    assert spread == pytest.approx(np.sqrt(2 / len(before["dense1.weight"])), rel=0.05)


def test_a_specification_goes_there_and_back():
    for name in TEMPLATES:
        made = template(name, 5)
        assert parse(json.loads(made.to_json())) == made
        held = {one.key: one.value for one in compose(made).model.metadata_props}
        assert parse(json.loads(held["specification"])) == made


DENSE = {"name": "d", "op": "Dense", "units": 3}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "the specification is missing"),
        (spec(), "there are no layers"),
        (spec(DENSE, shape=()), "1 to 4 axes"),
        (spec(DENSE, shape=(0,)), "a size of the input is not a whole number"),
        (spec({"op": "Magic"}), "layer 1 has no operator"),
        (spec({"op": "Dense"}), "needs 'units'"),
        (spec({"op": "Dense", "units": -3}), "needs 'units'"),
        (spec({"op": "Dense", "units": 3, "kernel": 3}), "has 'kernel'"),
        (spec(DENSE, DENSE), "two layers are called 'd'"),
        (spec({**DENSE, "inputs": ["later"]}), "'d' reads 'later', which is not before it"),
        (spec({"op": "Add"}), "needs two or more layers"),
        (spec({"op": "Conv", "units": 2, "kernel": 15}), "has a kernel of 15 on a map of 12"),
        (spec({"op": "Conv", "units": 3, "groups": 2}), "cannot part 1 channels and 3 units into 2 groups"),
        (spec({"op": "Conv", "units": 3, "padding": "all"}), "needs 'padding'"),
        (spec({"op": "MaxPool", "kernel": 2, "padding": 2}), "more padding than half of its kernel"),
        (spec({"op": "Flatten"}, {"op": "Conv", "units": 3}), "reads maps, and 'flatten1' gives [144]"),
        (spec({"op": "Embedding", "units": 3}), "reads tokens"),
        (spec({"op": "Attention", "heads": 2}), "reads (steps, features)"),
        (spec({"op": "Attention", "heads": 3}, shape=(6, 8)), "cannot part 8 features into 3 heads"),
        (spec({"op": "Dropout", "rate": 1}), "needs a 'rate'"),
        (spec({"op": "Dense", "units": 1_000_000}, {"op": "Dense", "units": 1_000_000}), "over 1,073,741,824 numbers"),
        (
            spec(
                {"name": "a", "op": "Conv", "units": 2},
                {"name": "b", "op": "Conv", "units": 3, "inputs": ["x"]},
                {"op": "Add", "inputs": ["a", "b"]},
            ),
            "adds what has other shapes: [2, 10, 10] and [3, 10, 10]",
        ),
        (spec({"name": "a", "op": "MaxPool"}, {"op": "Concat", "inputs": ["x", "a"]}), "joins what has other sizes"),
    ],
)
def test_what_cannot_be_is_one_plain_line(content, said):
    with pytest.raises(CheckpointError) as raised:
        compose(parse(content))
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_the_help_names_what_there_is():
    """The command line lists names without importing the rooms that have them."""
    assert (cli.TEMPLATES, cli.METHODS, cli.RANKINGS) == (tuple(TEMPLATES), tuple(METHODS), RANKINGS)


def test_command(tmp_path, capsys):
    out = tmp_path / "out.onnx"
    assert main(["compose", "lenet", "--seed", "3", "-o", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["layers"][0] == {"name": "image", "shape": [1, 28, 28]}
    assert said["layers"][-1] == {"name": "answer", "shape": [10]}
    assert out.read_bytes() == compose(template("lenet", 3)).model.SerializeToString()
    written = tmp_path / "lenet.json"
    assert main(["compose", "lenet", "--seed", "3", "-o", str(written)]) == 0
    assert main(["compose", str(written), "-o", str(tmp_path / "again.onnx")]) == 0
    assert (tmp_path / "again.onnx").read_bytes() == out.read_bytes()
    capsys.readouterr()
    for arguments in (["nothing"], [str(tmp_path / "none.json")], ["lenet", "--seed", "-1"]):
        assert main(["compose", *arguments, "-o", str(tmp_path / "bad.onnx")]) == 2
        assert len(capsys.readouterr().err.strip().split("\n")) == 1 and not (tmp_path / "bad.onnx").exists()


def test_a_specification_is_trained(tmp_path, capsys):
    """A bar that stands or lies."""
    random = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 96), ("test", 32)):
        y = random.integers(0, 2, count)
        x = 0.1 * random.random((count, 1, 8, 8))
        for sample, lies in zip(x, y, strict=True):
            at = random.integers(1, 7)
            sample[0, at, :] += lies
            sample[0, :, at] += 1 - lies
        arrays |= {f"x_{part}": x.astype(np.float32), f"y_{part}": y}
    np.savez(tmp_path / "bars.npz", **arrays)
    layers = [
        {"op": "Conv", "units": 4, "padding": "same"},
        {"op": "BatchNormalization", "activation": "Relu"},
        {"op": "MaxPool"},
        {"op": "Dropout", "rate": 0.1},
        {"op": "Dense", "units": 2, "activation": "Softmax"},
    ]
    (tmp_path / "spec.json").write_text(json.dumps(spec(*layers, shape=(1, 8, 8))))
    run_folder = tmp_path / "run"
    arguments = ["train", str(tmp_path / "spec.json"), "--data", str(tmp_path / "bars.npz"), "-o", str(run_folder)]
    assert main([*arguments, "--epochs", "12", "--batch", "16", "--rate", "0.01", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["epochs"][-1]["accuracy"] > 0.9 > said["epochs"][0]["accuracy"]
