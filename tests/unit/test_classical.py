# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of ai.onnx.ml, whose numbers are attributes: they count as scikit-learn counts them, and run as they are."""

import json

import numpy as np
import onnxruntime
import pytest

from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.network.statistics import statistics
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, model, node, save, seeded

CLASSICAL = DATA / "classical"
COUNTS = json.loads((CLASSICAL / "counts.json").read_text())


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_and_work_are_those_of_scikit_learn(name):
    """Support vectors, coefficients and intercepts; thresholds of branches and numbers of leaves; means and scales."""
    found, (parameters, work) = summarise(open_checkpoint(CLASSICAL / f"{name}.onnx")), COUNTS[name]
    assert found.parameters == sum(layer.parameters for layer in found.layers) == parameters
    assert sum(layer.multiply_adds or 0 for layer in found.layers) == work


def test_thresholds_without_those_of_leaves():
    """The statistics are those of the file's numbers; a leaf compares nothing, whatever stands in its threshold."""
    path = CLASSICAL / "boosted.onnx"
    (trees,) = (node for node in open_checkpoint(path).model.graph.node if node.op_type == "TreeEnsembleRegressor")
    held = {attribute.name: attribute for attribute in trees.attribute}
    branches = [
        value
        for value, mode in zip(held["nodes_values"].floats, held["nodes_modes"].strings, strict=True)
        if mode != b"LEAF"
    ]
    numbers = np.array([*branches, *held["target_weights"].floats, *held["base_values"].floats], np.float32)
    have = statistics(summarise(open_checkpoint(path)).layers[-1])
    assert have.mean == pytest.approx(numbers.mean(), abs=1e-6) and have.std == pytest.approx(numbers.std(), abs=1e-6)
    assert (have.minimum, have.maximum) == pytest.approx((numbers.min(), numbers.max()))


@pytest.mark.parametrize("name", ["svc", "forest", "boosted"])
def test_what_is_run_is_the_file(name):
    checkpoint, x = open_checkpoint(CLASSICAL / f"{name}.onnx"), seeded(1, 4)
    names = [value.name for value in checkpoint.model.graph.output]
    made = activations(checkpoint, {"X": x}, names)
    truth = onnxruntime.InferenceSession(CLASSICAL / f"{name}.onnx").run(names, {"X": x})
    for output, want in zip(names, truth, strict=True):
        np.testing.assert_array_equal(made[output], want)


@pytest.mark.parametrize("constant", ["", "gb", "gbmv"])
def test_a_normalisation_of_constants_of_shape(constant, tmp_path):
    """Scale, offset, mean and variance count, be they written as one number and a shape."""
    parts = {"g": 1.0, "b": 0.0, "m": 0.0, "v": 1.0}
    nodes = [node("ConstantOfShape", ["s"], [name], value=_one(parts[name])) for name in constant]
    nodes += [node("Conv", ["x", "w"], ["c"]), node("BatchNormalization", ["c", *parts], ["y"])]
    weights = {name: np.abs(seeded(8)) + 0.5 for name in parts if name not in constant}
    made = model(
        nodes, {"x": (1, 3, 6, 6)}, {"y": (1, 8, 4, 4)}, {"w": seeded(8, 3, 3, 3), "s": np.array([8]), **weights}
    )
    assert summarise(open_checkpoint(save(tmp_path, made))).parameters == 8 * 27 + 4 * 8


def _one(value):
    from onnx import TensorProto, helper

    return helper.make_tensor("value", TensorProto.FLOAT, [1], [value])
