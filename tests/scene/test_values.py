# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The value of every cell is the number that onnxruntime, or the file, has for it."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from scene import look
from unit.make import DATA, model, node, run, save, seeded


def digit() -> np.ndarray:
    """The sample picture as the tensor that the sample models read, decoded by the tests alone."""
    return look.png(look.DIGIT)[..., 0].astype(np.float32)[None, None] / 255


def place_in(tensor: np.ndarray, cells: np.ndarray, last: bool = False) -> np.ndarray:
    """The elements of a tensor (batch of one) at cells (n, 3) of unit, row and column."""
    sample = tensor[0]
    if sample.ndim == 1:
        return sample[cells[:, 0]]
    unit, row, column = cells.T
    return sample[row, column, unit] if last else sample[unit, row, column]


def check_values(network, path, tensors: dict[str, np.ndarray], last=()):
    """200 random cells of every layer against onnxruntime; `last` are layers with their channels last."""
    things = look.layers(network)
    names = {name: look.facts(thing)["tensor"] for name, thing in things.items()}
    wanted = [name for name in names.values() if name not in tensors]
    tensors = tensors | dict(zip(wanted, run(onnx.load(path), tensors, wanted), strict=True))
    for name, thing in things.items():
        assert look.facts(thing)["value_is"] == "activation"
        count = len(thing.data.vertices)
        some = np.random.default_rng(0).choice(count, min(count, 200), replace=False)
        expected = place_in(tensors[names[name]], look.cells_of(thing)[some], name in last)
        found = look.values_of(thing)[some]
        assert np.allclose(found, expected, rtol=1e-5, atol=1e-6), name
        assert np.array_equal(look.values_of(thing, "importance"), np.abs(look.values_of(thing))), name


@pytest.mark.parametrize("path", [look.CNN, look.MLP], ids=lambda path: path.stem)
@pytest.mark.parametrize("cells", [150_000, 700])
def test_activations(blank, path, cells):
    network = look.build(path, look.DIGIT, max_cells=cells)
    check_values(network, path, {"image": digit()})


def test_activations_of_channels_last(blank):
    path = DATA / "mnist_cnn_tf2onnx.onnx"
    network = look.build(path, look.DIGIT)
    check_values(network, path, {"image": digit().transpose(0, 2, 3, 1)}, last=("image", "pool2__28"))


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


def test_values_at_rest(blank):
    """The bias of the file; without one, the mean of the weights into the unit; without weights, 0."""
    network = look.build(look.CNN)
    arrays = {one.name: numpy_helper.to_array(one) for one in onnx.load(look.CNN).graph.initializer}
    nodes = {one.output[0]: one for one in onnx.load(look.CNN).graph.node}
    seen = set()
    for name, thing in look.layers(network).items():
        meaning, unit, value = look.facts(thing)["value_is"], look.cells_of(thing)[:, 0], look.values_of(thing)
        slots = nodes[name].input if name in nodes else ()
        if meaning == "bias":
            assert np.array_equal(value, arrays[slots[2]][unit]), name
        elif meaning == "mean weight":
            weight = arrays[slots[1]].astype(np.float64)
            mean = weight.reshape(len(weight), -1).mean(-1)
            assert len(slots) == 2 and np.allclose(value, mean[unit], rtol=1e-4, atol=1e-7), name
        else:
            assert meaning == "none" and not value.any()
            assert not any(slot in arrays for slot in slots), name
        seen.add(meaning)
    assert seen == {"bias", "mean weight", "none"}


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
