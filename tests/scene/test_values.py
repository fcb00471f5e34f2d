# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The value of every cell is the number that onnxruntime, or the file, has for it."""

import numpy as np
import onnx
import pytest

from scene import look
from scene.stored import File
from unit.make import DATA, model, node, run, save, seeded


def digit() -> np.ndarray:
    """The sample picture as the tensor that the sample models read, decoded by the tests alone."""
    return look.png(look.DIGIT)[..., 0].astype(np.float32)[None, None] / 255


def place_in(tensor: np.ndarray, cells: np.ndarray, level: str, last: bool = False) -> np.ndarray:
    """The elements of a tensor (batch of one) at cells (n, 3) of unit, row and column, or the means of all that a
    cell stands for."""
    sample = (tensor[0] if len(tensor) == 1 else tensor).astype(np.float64)
    unit, row, column = cells.T
    if level == "box":
        return sample.mean(keepdims=True).ravel()
    if sample.ndim == 1:
        return sample[unit]
    if sample.ndim == 2:
        return sample[row, column]
    sample = sample.transpose(2, 0, 1) if last else sample
    return sample.mean((1, 2))[unit] if level == "maps" else sample[unit, row, column]


def shown(thing, nodes: dict) -> str:
    """The tensor whose cells a layer shows: what it gives, but the pattern of an attention."""
    tensor = look.facts(thing)["tensor"]
    while look.facts(thing)["op"] == "Attention" and nodes[tensor].op_type != "Softmax":
        tensor = next(name for name in nodes[tensor].input if name in nodes and nodes[name].op_type != "Constant")
    return tensor


def check_values(network, path, tensors: dict[str, np.ndarray], last=()) -> set[str]:
    """200 random cells of every layer against onnxruntime; `last` are layers with their channels last.

    Returns the levels of detail that were checked.
    """
    things, file = look.layers(network), onnx.load(path)
    nodes = {name: one for one in file.graph.node for name in one.output}
    names = {name: shown(thing, nodes) for name, thing in things.items()}
    wanted = [name for name in names.values() if name not in tensors]
    tensors = tensors | dict(zip(wanted, run(file, tensors, wanted), strict=True))
    for name, thing in things.items():
        level = look.facts(thing)["detail"]
        assert look.facts(thing)["value_is"] == ("activation" if level == "cells" else "mean activation")
        count = len(thing.data.vertices)
        some = np.random.default_rng(0).choice(count, min(count, 200), replace=False)
        expected = place_in(tensors[names[name]], look.cells_of(thing)[some], level, name in last)
        found = look.values_of(thing)[some]
        assert np.allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max()), name
        assert np.array_equal(look.values_of(thing, "importance"), np.abs(look.values_of(thing))), name
    return {look.facts(thing)["detail"] for thing in things.values()}


@pytest.mark.parametrize(
    "path, cells, levels",
    [
        (look.CNN, 150_000, {"cells"}),
        (look.CNN, 700, {"cells", "maps"}),
        (look.CNN, 20, {"box"}),
        (look.MLP, 150_000, {"cells"}),
        (look.MLP, 700, {"cells"}),
    ],
)
def test_activations(blank, path, cells, levels):
    network = look.build(path, look.DIGIT, max_cells=cells)
    assert check_values(network, path, {"image": digit()}) == levels


@pytest.mark.parametrize("cells, levels", [(150_000, {"cells"}), (800, {"cells", "maps"}), (15, {"box"})])
def test_activations_of_channels_last(blank, cells, levels):
    path = DATA / "mnist_cnn_tf2onnx.onnx"
    network = look.build(path, look.DIGIT, max_cells=cells)
    found = check_values(network, path, {"image": digit().transpose(0, 2, 3, 1)}, last=("image",))
    assert found == levels


@pytest.mark.parametrize(
    "name, cells, levels",
    [
        ("resnet18", 150_000, {"cells"}),
        ("resnet18", 2_000, {"cells", "maps"}),
        ("unet", 60_000, {"cells"}),
        ("mobilenet_v3", 150_000, {"cells"}),
        ("mobilenet_v3", 900, {"cells", "maps"}),
        ("vit", 150_000, {"cells"}),
        ("gpt2", 150_000, {"cells"}),
        ("gpt2", 140, {"box"}),
    ],
)
def test_activations_of_zoo(blank, tmp_path, name, cells, levels):
    path = look.ZOO / f"{name}.onnx"
    (given,) = onnx.load(path).graph.input
    shape = [one.dim_value or one.dim_param for one in given.type.tensor_type.shape.dim]
    array = np.arange(16)[None] * 5 % 90 if name == "gpt2" else seeded(*shape, seed=1)
    np.save(tmp_path / "x.npy", array)
    assert check_values(look.build(path, tmp_path / "x.npy", max_cells=cells), path, {given.name: array}) == levels


def test_activations_of_an_array(blank, tmp_path):
    nodes = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]), node("GlobalAveragePool", ["r"], ["g"])]
    path = save(tmp_path, model(nodes, {"x": (1, 3, 8, 8)}, {"g": None}, {"w": seeded(4, 3, 3, 3)}))
    given = seeded(1, 3, 8, 8, seed=3)
    np.save(tmp_path / "x.npy", given)
    check_values(look.build(path, tmp_path / "x.npy"), path, {"x": given})


@pytest.mark.parametrize("given", [None, look.DIGIT])
def test_importance_of_lines(blank, given):
    """|weight x activation of the source| once an input has run, else the magnitude."""
    network = look.build(look.CNN, given)
    things = look.layers(network)
    for (source, _), bundle in look.bundles(network).items():
        weight, magnitude, importance = (look.values_of(bundle, n) for n in ("weight", "magnitude", "importance"))
        if given:
            activation = look.values_of(things[source])[look.values_of(bundle, "source")]
            assert np.allclose(importance, np.abs(weight * activation), rtol=1e-6), bundle.name
            assert (importance > 0).all(), bundle.name
        else:
            assert np.array_equal(importance, magnitude), bundle.name


BIASES = {"Conv": 2, "ConvTranspose": 2, "Gemm": 2, "BatchNormalization": 2, "LayerNormalization": 2, "Add": 1}


@pytest.mark.parametrize(
    "path, expected",
    [
        (look.CNN, {"bias", "none"}),
        (DATA / "mnist_cnn_tf2onnx.onnx", {"bias", "none"}),
        (look.ZOO / "densenet.onnx", {"bias", "mean weight", "none"}),
        (look.ZOO / "unet.onnx", {"bias", "none"}),
    ],
    ids=lambda value: getattr(value, "stem", None),
)
@pytest.mark.parametrize("cells", [150_000, 1_200])
def test_values_at_rest(blank, path, expected, cells):
    """The bias of the file; without one, the mean of the weights into the unit; without weights, 0."""
    network, file, seen = look.build(path, max_cells=cells), File(path), set()
    for name, thing in look.layers(network).items():
        facts, unit, value = look.facts(thing), look.cells_of(thing)[:, 0], look.values_of(thing)
        chain = file.chain(thing) if facts["op"] != "Input" else []
        biases = [
            file.arrays[one.input[slot]]
            for one in chain
            for slot in [BIASES.get(one.op_type, 99)]
            if len(one.input) > slot and one.input[slot] in file.arrays
        ]
        weight = file.arrays.get(chain[0].input[1]) if chain and chain[0].op_type in BIASES else None
        if facts["value_is"] == "bias":
            assert np.array_equal(value, biases[0][unit]), name
        elif facts["value_is"] == "mean weight":
            mean = weight.astype(np.float64).reshape(len(weight), -1).mean(-1)
            assert not biases and np.allclose(value, mean[unit], rtol=1e-4, atol=1e-7), name
        else:
            assert facts["value_is"] == "none" and not value.any()
            assert not biases and weight is None, name
        seen.add(facts["value_is"])
    assert seen == expected


def test_line_colours_share_one_range(blank):
    """Hue is the sign of the file's weight, and one weight has one colour all over the network."""
    network = look.build(look.CNN, look.DIGIT)
    depsgraph, ranges = look.evaluate(network), set()
    for bundle in look.bundles(network).values():
        shade, weight = look.on_curves(bundle, depsgraph, "shade"), look.values_of(bundle, "weight")
        ranges.add(look.inputs(bundle)["Weight Range"])
        assert np.array_equal(np.sign(shade), np.sign(weight)), bundle.name
        assert np.allclose(shade * look.inputs(bundle)["Weight Range"], weight, rtol=1e-5, atol=1e-7), bundle.name
    assert len(ranges) == 1 and ranges.pop() > 0
