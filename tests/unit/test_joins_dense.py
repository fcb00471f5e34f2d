# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix products: the edges into every cell sum up to what onnxruntime computes."""

import numpy as np
import pytest

from unit.make import edges_of, into, model, network, node, seeded, sum_of_edges


@pytest.mark.parametrize("flipped", [0, 1])
def test_gemm(flipped, tmp_path):
    weight = seeded(*((4, 6) if flipped else (6, 4)))
    made = model([node("Gemm", ["x", "w"], ["y"], transB=flipped)], {"x": (1, 6)}, {"y": (1, 4)}, {"w": weight})
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-5)


@pytest.mark.parametrize("flipped", [0, 1])
def test_gemm_with_the_weight_on_the_left(flipped, tmp_path):
    weight = seeded(*((6, 4) if flipped else (4, 6)))
    nodes = [node("Reshape", ["x", "s"], ["r"]), node("Gemm", ["w", "r"], ["y"], transA=flipped)]
    made = model(nodes, {"x": (1, 12)}, {"y": (4, 2)}, {"w": weight, "s": np.array([6, 2])})
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-5)


@pytest.mark.parametrize(("left", "flip"), [(False, "transA"), (True, "transB")])
def test_gemm_that_transposes_what_it_reads_is_right_or_unknown(left, flip, tmp_path):
    inputs = ["w", "r"] if left else ["r", "w"]
    nodes = [node("Reshape", ["x", "s"], ["r"]), node("Gemm", inputs, ["y"], **{flip: 1})]
    shapes = ((4, 6), (2, 6), (4, 2)) if left else ((6, 4), (6, 2), (2, 4))
    made = model(nodes, {"x": (1, 12)}, {"y": shapes[2]}, {"w": seeded(*shapes[0]), "s": np.array(shapes[1])})
    if into(network(tmp_path, made), "y")[0].join.carries == "weight":
        np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-5)


def test_gemm_bias_is_what_is_left(tmp_path):
    bias = seeded(4, seed=7)
    made = model([node("Gemm", ["x", "w", "b"], ["y"])], {"x": (1, 6)}, {"y": (1, 4)}, {"w": seeded(6, 4), "b": bias})
    found, expected = sum_of_edges(tmp_path, made)
    np.testing.assert_allclose(found + bias, expected, atol=1e-5)


@pytest.mark.parametrize("lead", [(1,), (1, 3), (1, 2, 3)])
def test_matmul_with_the_weight_on_the_right(lead, tmp_path):
    made = model([node("MatMul", ["x", "w"], ["y"])], {"x": (*lead, 6)}, {"y": (*lead, 4)}, {"w": seeded(6, 4)})
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-5)


@pytest.mark.parametrize("shape", [(6, 2), (1, 6, 2), (2, 6, 3), (1, 2, 6, 3)])
def test_matmul_with_the_weight_on_the_left(shape, tmp_path):
    nodes = [node("Reshape", ["x", "s"], ["r"]), node("MatMul", ["w", "r"], ["y"])]
    made = model(nodes, {"x": (1, int(np.prod(shape)))}, {"y": None}, {"w": seeded(4, 6), "s": np.array(shape)})
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-5)


@pytest.mark.parametrize("left", [False, True])
def test_a_hint_of_sources_keeps_every_edge_from_them(left, tmp_path):
    shape, names = ((1, 6, 5), ["w", "x"]) if left else ((1, 5, 6), ["x", "w"])
    made = model(
        [node("MatMul", names, ["y"])], {"x": shape}, {"y": None}, {"w": seeded(4, 6) if left else seeded(6, 4)}
    )
    join, wanted = into(network(tmp_path, made), "y")[0].join, np.array([0, 9, 28])
    full, part = join.into(np.arange(20)), join.into(np.arange(20), wanted)
    assert set(zip(full.source, full.target, full.weight, strict=True)) >= set(
        zip(part.source, part.target, part.weight, strict=True)
    )
    assert np.isin(full.source, wanted).sum() == np.isin(part.source, wanted).sum() == 12


def test_a_product_of_two_activations_is_unknown(tmp_path):
    found = network(
        tmp_path, model([node("MatMul", ["x", "z"], ["y"])], {"x": (1, 3, 4), "z": (1, 4, 5)}, {"y": (1, 3, 5)})
    )
    for connection in into(found, "y"):
        assert connection.join.carries == "unknown"
        edges = edges_of(connection)
        assert (edges.weight == 0).all() and edges.source.max() < connection.source.size


@pytest.mark.parametrize("operator", ["Transpose", "Identity", "Mul", "DequantizeLinear"])
def test_weights_that_the_file_computes_first(operator, tmp_path):
    weights = {"w": seeded(6, 6), "two": np.float32(2), "q": seeded(6, 6).astype(np.int8), "s": np.float32(0.1)}
    inputs = {"Mul": ["w", "two"], "DequantizeLinear": ["q", "s"]}.get(operator, ["w"])
    nodes = [node(operator, inputs, ["v"]), node("MatMul", ["x", "v"], ["y"])]
    made = model(nodes, {"x": (1, 6)}, {"y": (1, 6)}, {name: weights[name] for name in inputs})
    assert len(network(tmp_path, made).layers) == 2
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-5)


def test_dense_strength_is_the_norm_into_each_neuron(tmp_path):
    made = model([node("Gemm", ["x", "w"], ["y"], transB=1)], {"x": (1, 6)}, {"y": (1, 4)}, {"w": seeded(4, 6)})
    np.testing.assert_allclose(
        network(tmp_path, made).layer("y").strength(), np.linalg.norm(seeded(4, 6), axis=1), rtol=1e-5
    )
