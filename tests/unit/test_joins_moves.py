# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators that work cell by cell or move cells: the edges into every cell sum up to what onnxruntime computes."""

import numpy as np
import pytest
from onnx import numpy_helper

from unit.make import edges_of, into, model, network, node, run, seeded, sum_of_edges

SHAPE = (1, 4, 6, 8)


def one(op, inputs=("x",), source=SHAPE, weights=None, opset=17, outputs=("y",), **attributes):
    return model([node(op, list(inputs), list(outputs), **attributes)], {"x": source}, {"y": None}, weights, opset)


def ints(*numbers):
    return np.array(numbers, np.int64)


MOVES = {
    "Flatten": one("Flatten"),
    "Flatten axis 2": one("Flatten", axis=2),
    "Reshape": one("Reshape", ("x", "s"), weights={"s": ints(1, 8, -1)}),
    "Squeeze": one("Squeeze", ("x", "s"), source=(1, 3, 1, 4), weights={"s": ints(2)}),
    "Unsqueeze": one("Unsqueeze", ("x", "s"), weights={"s": ints(2)}),
    "Transpose": one("Transpose", perm=[0, 2, 3, 1]),
    "Transpose reversed": one("Transpose", source=(1, 3, 5)),
    "Transpose swap": one("Transpose", perm=[0, 3, 2, 1]),
    "Slice": one(
        "Slice",
        ("x", "b", "e", "a", "s"),
        weights={"b": ints(1, 7), "e": ints(3, -9), "a": ints(1, 3), "s": ints(1, -2)},
    ),
    "Slice, attributes": one("Slice", opset=9, starts=[1, 2], ends=[4, 5], axes=[2, 3]),
    "Pad": one("Pad", ("x", "p"), weights={"p": ints(0, 0, 1, 2, 0, 1, 0, 3)}),
    "Pad reflecting": one("Pad", ("x", "p"), weights={"p": ints(0, 0, 1, 2, 0, 0, 2, 3)}, mode="reflect"),
    "Pad cropping": one("Pad", ("x", "p"), weights={"p": ints(0, 0, -1, 2, 0, 0, 2, -3)}),
    "Pad, attributes": one("Pad", opset=9, pads=[0, 0, 1, 2, 0, 1, 0, 3]),
    "Gather": one("Gather", ("x", "i"), weights={"i": ints(2, 0, 2)}, axis=1),
    "Gather one": one("Gather", ("x", "i"), weights={"i": np.int64(-1)}, axis=2),
    "DepthToSpace": one("DepthToSpace", blocksize=2),
    "DepthToSpace CRD": one("DepthToSpace", blocksize=2, mode="CRD"),
    "SpaceToDepth": one("SpaceToDepth", blocksize=2),
    "Tile": one("Tile", ("x", "r"), weights={"r": ints(1, 2, 1, 3)}),
    "Expand": one("Expand", ("x", "r"), source=(1, 4, 1, 3), weights={"r": ints(1, 4, 5, 3)}),
    "Split": one("Split", ("x", "n"), weights={"n": ints(3, 1)}, axis=1, outputs=("y", "z")),
    "Identity": one("Identity"),
    "Add broadcast": one("Add", ("x", "c"), weights={"c": np.zeros((6, 1), np.float32)}),
    "Mul per channel": one("Mul", ("x", "c"), weights={"c": seeded(4, 1, 1)}),
    "Mul per column, first": one("Mul", ("c", "x"), weights={"c": seeded(8)}),
    "Mul everywhere": one("Mul", ("x", "c"), weights={"c": seeded(*SHAPE)}),
    "Mul larger than its input": one("Mul", ("x", "c"), source=(1, 1, 6, 1), weights={"c": seeded(4, 6, 8)}),
}


@pytest.mark.parametrize("case", MOVES)
def test_moves(case, tmp_path):
    found, expected = sum_of_edges(tmp_path, MOVES[case])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("opset", "value"), [(9, 5.0), (9, -np.inf), (17, 5.0), (17, -np.inf), (18, 1.0)])
def test_padding_comes_from_no_cell_whatever_it_holds(opset, value, tmp_path):
    pads = [0, 0, 1, 1, 0, 0, 1, 1]
    made = (
        one("Pad", opset=opset, pads=pads, value=value)
        if opset < 11
        else one("Pad", ("x", "p", "v"), opset=opset, weights={"p": ints(*pads), "v": np.float32(value)})
    )
    given = seeded(*SHAPE)
    edges = edges_of(into(network(tmp_path, made), "y")[0])
    expected = run(made, {"x": given})[0].ravel()
    inside = np.isin(np.arange(expected.size), edges.target)
    assert (expected[~inside] == value).all() and inside.sum() == given.size
    np.testing.assert_array_equal(given.ravel()[edges.source], expected[edges.target])


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_concat(axis, tmp_path):
    nodes = [node("Relu", ["x"], ["a"]), node("Neg", ["x"], ["b"]), node("Concat", ["a", "b", "x"], ["y"], axis=axis)]
    made = model(nodes, {"x": (1, 2, 3, 4)}, {"y": None})
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-6)


@pytest.mark.parametrize("op", ["Add", "Sub", "Sum", "Mean"])
def test_combinations_of_layers_with_broadcasting(op, tmp_path):
    nodes = [node("Relu", ["x"], ["a"]), node("ReduceMean", ["a"], ["b"], axes=[2, 3]), node(op, ["a", "b"], ["y"])]
    np.testing.assert_allclose(*sum_of_edges(tmp_path, model(nodes, {"x": (1, 3, 4, 5)}, {"y": None})), atol=1e-5)


def test_a_tensor_that_is_read_twice(tmp_path):
    made = model([node("Relu", ["x"], ["a"]), node("Add", ["a", "a"], ["y"])], {"x": (1, 5)}, {"y": (1, 5)})
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-6)


@pytest.mark.parametrize("op", ["Softmax", "Relu", "Sigmoid", "LeakyRelu", "Clip", "Dropout"])
def test_activations_join_each_cell_to_itself(op, tmp_path):
    edges = edges_of(into(network(tmp_path, one(op)), "y")[0])
    np.testing.assert_array_equal(edges.source, np.arange(4 * 6 * 8))
    np.testing.assert_array_equal(edges.target, edges.source)
    assert (edges.weight == 1).all()


@pytest.mark.parametrize("source", [(1, 4, 6, 8), (1, 4, 3), (1, 4)])
def test_batch_normalisation_carries_the_scale_of_the_file(source, tmp_path):
    scale, bias, mean, variance = seeded(4), seeded(4, seed=2), seeded(4, seed=3), np.abs(seeded(4, seed=4)) + 1
    made = one(
        "BatchNormalization",
        ("x", "s", "b", "m", "v"),
        source=source,
        epsilon=1e-3,
        weights={"s": scale, "b": bias, "m": mean, "v": variance},
    )
    edges = edges_of(into(network(tmp_path, made), "y")[0])
    channel = edges.target // int(np.prod(source[2:]))
    np.testing.assert_array_equal(edges.weight, scale[channel])
    given = seeded(*source)
    spread = np.sqrt(variance + 1e-3)[channel]
    found = edges.weight * (given.ravel()[edges.source] - mean[channel]) / spread + bias[channel]
    np.testing.assert_allclose(found, run(made, {"x": given})[0].ravel(), atol=1e-5)


def test_layer_normalisation_carries_the_scale_of_its_last_axis(tmp_path):
    made = one("LayerNormalization", ("x", "s"), source=(1, 3, 5), weights={"s": seeded(5)})
    edges = edges_of(into(network(tmp_path, made), "y")[0])
    np.testing.assert_array_equal(edges.weight, np.tile(seeded(5), 3))


@pytest.mark.parametrize("last", [False, True])
def test_dense_after_flatten_follows_the_order_of_the_file(last, tmp_path):
    order = [node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1])] if last else [node("Identity", ["x"], ["t"])]
    nodes = [*order, node("Flatten", ["t"], ["f"]), node("MatMul", ["f", "w"], ["y"])]
    made = model(nodes, {"x": (1, 3, 4, 5)}, {"y": (1, 7)}, {"w": seeded(60, 7)})
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-4)
    found = network(tmp_path, made)
    flat, order = into(found, "f")[0], into(found, "t")[0]
    channel, row, column = 2, 3, 1
    position = (row * 5 + column) * 3 + channel if last else (channel * 4 + row) * 5 + column
    edge = flat.join.into(np.array([position]))
    assert order.join.into(edge.source).source[0] == (channel * 4 + row) * 5 + column


def test_second_output_of_a_split_is_not_passed_off_as_the_first(tmp_path):
    nodes = [node("Split", ["x"], ["a", "b"], axis=1), node("Relu", ["b"], ["y"])]
    found = network(tmp_path, model(nodes, {"x": (1, 6)}, {"y": (1, 3)}))
    assert into(found, "y")[0].join.carries == "unknown"


def test_a_move_that_cannot_be_run_has_no_edges(tmp_path):
    made = one("Gather", ("x", "i"), weights={"i": ints(99)}, axis=1)
    assert len(edges_of(into(network(tmp_path, made), "y")[0])) == 0


def test_constants_of_other_types_multiply_too(tmp_path):
    made = one("Mul", ("x", "c"), weights={"c": numpy_helper.from_array(seeded(4, 1, 1), "c")})
    assert into(network(tmp_path, made), "y")[0].join.carries == "weight"
