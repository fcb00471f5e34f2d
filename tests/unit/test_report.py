# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `inspect` prints, with its numbers against NumPy on the file."""

import json
from math import prod

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from neuroscene.addon.network import summarise
from neuroscene.addon.network.report import op_text, report, short, table
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, model, node, save, seeded

ROOT = DATA.parents[1]
CNN = ROOT / "sample_models" / "digits_cnn.onnx"
MODELS = [CNN, *(DATA / "zoo" / f"{name}.onnx" for name in ("resnet18", "bert", "vit", "lstm", "control"))]


def inspect(path) -> dict:
    """As another program reads it: JSON has no NaN."""
    return json.loads(json.dumps(report(summarise(open_checkpoint(path))), allow_nan=False))


def floats(message) -> dict[str, np.ndarray]:
    stored = {one.name: numpy_helper.to_array(one) for one in message.graph.initializer}
    return {name: value.astype(np.float64) for name, value in stored.items() if value.dtype.kind == "f"}


def test_weights_of_the_sample_model():
    message, found = onnx.load(CNN), inspect(CNN)
    stored, made_by = floats(message), {one.output[0]: one for one in message.graph.node}
    parts = {
        layer.name: [made_by[part.tensor] for part in layer.parts] for layer in summarise(open_checkpoint(CNN)).layers
    }
    assert {layer["name"] for layer in found["layers"] if layer["weights"]} == {
        "conv1",
        "conv2",
        "conv3",
        "dense1",
        "scores",
    }
    for layer in found["layers"]:
        assert layer["parts"] == [one.op_type for one in parts[layer["name"]]]
        own = [stored[name] for one in parts[layer["name"]] for name in one.input if name in stored]
        if not own:
            assert layer["weights"] is None
            continue
        assert sum(one.size for one in own) == layer["parameters"]
        values = np.concatenate([one.ravel() for one in own if one.ndim > 1])
        expected = {
            "mean": values.mean(),
            "std": values.std(),
            "min": values.min(),
            "max": values.max(),
            "zeros": int((values == 0).sum()),
        }
        assert list(layer["weights"]) == list(expected)
        assert layer["weights"] == pytest.approx(expected, rel=1e-12)


def test_multiply_adds_of_the_sample_model():
    stored = floats(onnx.load(CNN))
    for layer in inspect(CNN)["layers"]:
        weight = stored.get(f"{layer['name']}.weight")
        expected = 0 if weight is None else weight.size * prod(layer["shape"][1:])
        assert layer["multiply_adds"] == expected


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_keys_and_their_order(path):
    found = inspect(path)
    assert list(found) == [
        "format",
        "producer",
        "structure",
        "notes",
        "parameters",
        "inputs",
        "outputs",
        "assumed",
        "layers",
        "blocks",
    ]
    for layer in found["layers"]:
        assert [name for name in layer if name != "shape_known"] == [
            "name",
            "op",
            "parts",
            "inputs",
            "shape",
            "parameters",
            "multiply_adds",
            "weights",
            "block",
            "nodes",
        ]
        assert layer["weights"] is None or list(layer["weights"]) == ["mean", "std", "min", "max", "zeros"]
        assert (layer["weights"] is None) == (layer["parameters"] == 0)
    for block in found["blocks"]:
        assert list(block) == ["path", "name", "parent", "layers", "parameters", "repeat", "signature", "inferred"]


def test_blocks():
    network, found = summarise(open_checkpoint(DATA / "zoo" / "resnet18.onnx")), inspect(DATA / "zoo" / "resnet18.onnx")
    layers = {one["name"]: one for one in found["layers"]}
    assert [one["path"] for one in found["blocks"]] == [one.path for one in network.named_blocks]
    assert len(found["blocks"]) > 8
    for one, block in zip(found["blocks"], network.named_blocks, strict=True):
        assert one["layers"] == len(block.layers)
        assert one["parameters"] == sum(layers[name]["parameters"] for name in block.layers)  # none are shared here
        assert (one["name"], one["parent"], one["repeat"], one["signature"], one["inferred"]) == (
            block.name,
            block.parent,
            block.repeat,
            block.signature,
            block.inferred,
        )


def test_json_of_weights_that_are_not_finite(tmp_path):
    weights = {"a": np.array([[np.nan, 0, 3], [1, 0, np.inf]], np.float32), "b": np.full((3, 2), np.nan, np.float32)}
    path = save(
        tmp_path,
        model(
            [node("MatMul", ["x", "a"], ["h"]), node("MatMul", ["h", "b"], ["y"])],
            {"x": (1, 2)},
            {"y": (1, 2)},
            weights,
        ),
    )
    _, first, second = inspect(path)["layers"]
    assert first["weights"] == {
        "mean": 1,
        "std": pytest.approx(1.5**0.5),
        "min": 0,
        "max": 3,
        "zeros": 2,
        "not_finite": 2,
    }
    assert second["weights"] == {"mean": None, "std": None, "min": None, "max": None, "zeros": 0, "not_finite": 6}


def test_multiply_adds_that_are_not_known(tmp_path):
    nodes = [node("Nonsense", ["x"], ["h"], domain="some.where"), node("Conv", ["h", "w"], ["y"])]
    path = save(
        tmp_path, model(nodes, {"x": (1, 3, 8, 8)}, {"y": None}, {"w": seeded(2, 3, 3, 3)}, domains=["some.where"])
    )
    assert inspect(path)["layers"][-1]["multiply_adds"] is None
    said = table(summarise(open_checkpoint(path))).splitlines()
    assert said[0].endswith("an unknown number of multiply-adds") and "?" in said[-1].split()


def test_table_of_the_sample_model():
    said = table(summarise(open_checkpoint(CNN))).splitlines()
    assert "8 layers, 29,066 parameters, 1.44 M multiply-adds" in said[0]
    head = next(line for line in said if line.startswith("layer "))
    assert head.split() == ["layer", "op", "shape", "parameters", "multiply-adds", "reads"]
    (row,) = (line for line in said if line.startswith("conv2 "))
    assert row.split("  ")[0] == "conv2" and "Conv + BatchNormalization + Relu" in row and "903 k  conv1" in row
    assert row.index("903 k") + 5 == head.index("multiply-adds") + len("multiply-adds")


@pytest.mark.parametrize(
    "number, text",
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1 k"),
        (56_448, "56.4 k"),
        (999_499, "999 k"),
        (999_500, "1 M"),
        (1_814_073_344, "1.81 G"),
        (10**13, "10 T"),
        (25 * 10**14, "2.5 P"),
    ],
)
def test_short(number, text):
    assert short(number) == text


@pytest.mark.parametrize(
    "op, parts, text",
    [
        ("Input", [], "Input"),
        ("Conv", ["Conv"], "Conv"),
        ("Conv", ["Conv", "Relu"], "Conv + Relu"),
        ("MatMul", ["MatMul", "Add", "Div", "Erf"], "MatMul + Add + 2 more"),
        ("Attention", ["MatMul", "Softmax", "MatMul"], "Attention (3 parts)"),
    ],
)
def test_op_text(op, parts, text):
    assert op_text(op, parts) == text
