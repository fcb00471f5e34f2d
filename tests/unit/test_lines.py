# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawn connections: the strongest there are, with the very weights of the file."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from neuroscene.addon.network import lines as module
from neuroscene.addon.network import summarise
from neuroscene.addon.network.drawn import Wish, share_out
from neuroscene.addon.network.lines import line_limits, strongest
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, into, model, network, node, run, seeded

DENSE = model(
    [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["y"], transB=1)],
    {"x": (1, 3, 4, 5)},
    {"y": (1, 50)},
    {"w": seeded(50, 60)},
)


def conv(groups=1, multiplier=1, source=(1, 6, 9, 9), units=8):
    units = source[1] * multiplier if groups == source[1] else units
    nodes = [node("Conv", ["x", "w"], ["y"], group=groups, pads=[1] * 4)]
    return model(nodes, {"x": source}, {"y": None}, {"w": seeded(units, source[1] // groups, 3, 3)})


def lines_into(found, name, limit, cells=10_000, values=None):
    """The drawn lines into a layer with the (unit, row, column) of their two ends, in the whole tensors."""
    drawn = share_out(found, cells)
    connection = into(found, name)[0]
    ends = drawn[connection.source.name], drawn[connection.target.name]
    active = (values, None) if values is not None else (None, None)
    lines = strongest(connection, *ends, limit, active)
    places = [np.stack(end.cells, 1)[index] for end, index in zip(ends, (lines.source, lines.target), strict=True)]
    return lines, *places


@pytest.mark.parametrize("cells", [10_000, 40])
def test_dense_after_flatten_carries_the_weights_of_the_file(cells, tmp_path):
    lines, source, target = lines_into(network(tmp_path, DENSE), "y", 300, cells)
    assert len(lines) and lines.grain == "cell" and lines.total == 3000
    np.testing.assert_array_equal(lines.weight, seeded(50, 60)[target[:, 0], source[:, 0]])
    np.testing.assert_array_equal(lines.magnitude, np.abs(lines.weight))


def test_flatten_leads_each_cell_of_a_map_to_its_place(tmp_path):
    lines, source, target = lines_into(network(tmp_path, DENSE), "f", 60)
    unit, row, column = source.T
    assert len(lines) == 60
    np.testing.assert_array_equal(target[:, 0], (unit * 4 + row) * 5 + column)


@pytest.mark.parametrize(("groups", "multiplier"), [(1, 1), (2, 1), (6, 1), (6, 2)])
@pytest.mark.parametrize("cells", [10_000, 600, 200])  # whole maps, thinned ones, tiles
def test_kernels_carry_the_sum_of_the_taps_of_the_file(groups, multiplier, cells, tmp_path):
    lines, source, target = lines_into(network(tmp_path, conv(groups, multiplier)), "y", 100, cells)
    weight = seeded(*((6 * multiplier, 1, 3, 3) if groups == 6 else (8, 6 // groups, 3, 3)))
    taps = weight[target[:, 0], source[:, 0] % (6 // groups)].reshape(len(lines), 9)
    assert len(lines) and lines.grain == "unit"
    assert (target[:, 0] // (len(weight) // groups) == source[:, 0] // (6 // groups)).all()
    np.testing.assert_allclose(lines.weight, taps.sum(1), atol=1e-5)
    np.testing.assert_allclose(lines.magnitude, np.linalg.norm(taps, axis=1), rtol=1e-5)


@pytest.mark.parametrize(("groups", "multiplier"), [(1, 1), (2, 1), (6, 2)])
@pytest.mark.parametrize("cells", [10_000, 600])
def test_taps_carry_the_weights_of_the_file(groups, multiplier, cells, tmp_path):
    given = seeded(1, 6, 9, 9, seed=3)
    lines, source, target = lines_into(network(tmp_path, conv(groups, multiplier)), "y", 200, cells, given.ravel())
    weight = seeded(*((6 * multiplier, 1, 3, 3) if groups == 6 else (8, 6 // groups, 3, 3)))
    tap = source[:, 1:] - target[:, 1:] + 1
    expected = weight[target[:, 0], source[:, 0] % (6 // groups), tap[:, 0], tap[:, 1]]
    assert len(lines) and lines.grain == "cell" and source[:, 0].max() > 0
    np.testing.assert_array_equal(lines.weight, expected)
    active = given[0][tuple(source.T)]
    np.testing.assert_allclose(lines.importance, np.abs(expected * active), rtol=1e-6)


def test_between_tiles_kernels_are_drawn_with_activations_too(tmp_path):
    lines, source, target = lines_into(network(tmp_path, conv()), "y", 48, 200, seeded(486, seed=3))
    assert len(lines) == 48 and lines.grain == "unit"
    taps = seeded(8, 6, 9)[target[:, 0], source[:, 0]]
    np.testing.assert_allclose(lines.weight, taps.sum(1), atol=1e-5)


def test_lines_to_a_box_claim_no_weight(tmp_path):
    found = network(tmp_path, conv())
    (connection,) = into(found, "y")
    for wishes in ({"y": Wish("box")}, {"x": Wish("box")}, {"x": Wish("box"), "y": Wish("box")}):
        drawn = share_out(found, 10_000, wishes)
        ends = drawn["x"], drawn["y"]
        lines = strongest(connection, *ends, 50, (seeded(486), None))
        assert lines.grain == "unknown" and not lines.weight.any() and 1 <= len(lines) <= 50
        for index, end in zip((lines.source, lines.target), ends, strict=True):
            assert len(np.unique(index)) == min(len(lines), end.size) and index.max() < end.size


def test_a_map_whose_units_are_not_the_channels_of_the_kernel(tmp_path):
    """A sequence (channels, steps) as an input is a matrix of one unit: lines must not mistake it for one channel."""
    made = model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 6, 9)}, {"y": None}, {"w": seeded(4, 6, 3)})
    lines, source, target = lines_into(network(tmp_path, made), "y", 50)
    assert set(source[:, 1]) > {0}
    np.testing.assert_array_equal(
        lines.weight, seeded(4, 6, 3)[target[:, 0], source[:, 1], source[:, 2] - target[:, 2]]
    )


@pytest.mark.parametrize("limit", [0, 1, 7, 50, 299, 100_000])
def test_never_more_than_the_limit(limit, tmp_path):
    for made, values in ((DENSE, None), (conv(), None), (conv(), seeded(486))):
        lines, *_ = lines_into(network(tmp_path, made), "y", limit, values=values)
        assert len(lines) <= limit
    lines, *_ = lines_into(network(tmp_path, DENSE), "y", limit)
    assert len(lines) == min(limit, 3000)


@pytest.mark.parametrize("values", [None, np.abs(seeded(60, seed=4)) + 0.1])
def test_each_neuron_gets_its_strongest_then_the_strongest_of_all(values, tmp_path):
    lines, source, target = lines_into(network(tmp_path, DENSE), "y", 120, values=values)
    importance = np.abs(seeded(50, 60) * (1 if values is None else values))
    found = np.zeros((50, 60), bool)
    found[target[:, 0], source[:, 0]] = True
    expected = np.zeros((50, 60), bool)
    expected[np.arange(50), importance.argmax(1)] = True
    rest = np.where(expected, -1, importance).ravel().argsort()[::-1][: 120 - 50]
    expected.flat[rest] = True
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(lines.importance, importance[target[:, 0], source[:, 0]], rtol=1e-6)


def test_the_strongest_kernels_are_drawn(tmp_path):
    lines, *_ = lines_into(network(tmp_path, conv()), "y", 10)
    norms = np.linalg.norm(seeded(8, 6, 9), axis=2).ravel()
    np.testing.assert_allclose(lines.magnitude, np.sort(norms)[::-1][:10], rtol=1e-6)


def test_no_line_from_a_cell_that_is_off(tmp_path):
    values = np.where(np.arange(60) % 2, seeded(60), 0)
    _, source, _ = lines_into(network(tmp_path, DENSE), "y", 400, values=values)
    assert (source[:, 0] % 2 == 1).all()


def test_the_same_lines_every_time(tmp_path):
    wide = model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 3, 40, 40)}, {"y": None}, {"w": seeded(16, 3, 3, 3)})
    values = seeded(4800)
    once, again = (lines_into(network(tmp_path, wide), "y", 100, 9_000, values)[0] for _ in range(2))
    for name in ("source", "target", "weight", "importance"):
        np.testing.assert_array_equal(getattr(once, name), getattr(again, name))
    assert once.source.dtype == once.target.dtype == np.int32 and once.weight.dtype == np.float32


@pytest.mark.parametrize("values", [None, seeded(60)])
def test_the_same_lines_however_many_are_looked_at_in_one_go(values, monkeypatch, tmp_path):
    expected = lines_into(network(tmp_path, DENSE), "y", 70, values=values)[0]
    monkeypatch.setattr(module, "CHUNK", 100)
    found = lines_into(network(tmp_path, DENSE), "y", 70, values=values)[0]
    for name in ("source", "target", "weight", "importance", "total"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_lines_of_a_maximum_start_at_the_cell_that_won(tmp_path):
    made = model(
        [node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2, 2], strides=[2, 2])], {"x": (1, 2, 6, 6)}, {"y": None}
    )
    given = seeded(1, 2, 6, 6)
    picked = run(made, {"x": given}, ["i"])[0].ravel()
    _, source, target = lines_into(network(tmp_path, made), "y", 18, values=given.ravel())
    assert len(source) == 18
    for (unit, row, column), (to, down, right) in zip(source, target, strict=True):
        assert (unit * 6 + row) * 6 + column == picked[(to * 3 + down) * 3 + right]


def test_lines_of_an_unknown_operator_claim_no_weight(tmp_path):
    made = model(
        [node("Special", ["x"], ["y"], domain="some.where")], {"x": (1, 30)}, {"y": (1, 20)}, domains=["some.where"]
    )
    for values in (None, seeded(30)):
        lines, *_ = lines_into(network(tmp_path, made), "y", 10, values=values)
        assert lines.grain == "unknown" and (lines.weight == 0).all() and lines.total == 0
        assert len(set(lines.source)) == len(set(lines.target)) == len(lines) == 10


@pytest.mark.parametrize("name", ["mnist_cnn_tf2onnx", "mnist_cnn_torch_dynamo", "onnx_external_data/mnist_cnn"])
def test_first_dense_layer_of_a_real_model(name):
    found = summarise(open_checkpoint(DATA / f"{name}.onnx"))
    whole = onnx.load(DATA / f"{name}.onnx")
    layer = next(one for one in found.layers if one.op in ("Gemm", "MatMul"))
    dense = next(one for one in whole.graph.node if one.op_type == layer.op)
    matrix = next(numpy_helper.to_array(one) for one in whole.graph.initializer if one.name == dense.input[1])
    matrix = matrix if matrix.shape == (784, 32) else matrix.T
    lines, source, target = lines_into(found, layer.name, 500, 6_000)
    assert len(lines) == 500 and len(set(target[:, 0])) == 32
    unit, row, column = source.T  # of the pooled maps; the flattening between is in their layer
    flat = (row * 7 + column) * 16 + unit if "tf2onnx" in name else (unit * 7 + row) * 7 + column
    np.testing.assert_array_equal(lines.weight, matrix[flat, target[:, 0]])


def test_limits_for_each_pair_and_for_all(tmp_path):
    nodes = [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["g"], transB=1), node("Relu", ["g"], ["y"])]
    found = network(tmp_path, model(nodes, {"x": (1, 60)}, {"y": (1, 50)}, {"w": seeded(50, 60)}))
    assert line_limits(found.connections, 100, 10_000) == [40, 100, 40]
    assert line_limits(found.connections, 10_000, 100_000) == [60, 3000, 50]
    for total in (1, 2, 3, 10, 50, 179):
        limits = line_limits(found.connections, 100, total)
        assert sum(limits) <= max(total, 3) and all(limits[: min(total, 3)])


@pytest.mark.parametrize("kind", ["random", "ties", "zeros", "nan", "infinite"])
@pytest.mark.parametrize("fed", [False, True])
def test_a_dense_join_offers_what_may_be_chosen_of_all_its_edges(monkeypatch, tmp_path, kind, fed):
    """The same lines as of every edge, though it makes only those that may be chosen."""
    random = np.random.default_rng(4)
    matrix = random.standard_normal((70, 90)).astype(np.float32)
    if kind == "ties":
        matrix = np.round(matrix)
    elif kind == "zeros":
        matrix[:, ::3] = 0
    elif kind != "random":
        matrix[5, 7] = np.nan if kind == "nan" else np.inf
    activation = random.standard_normal(70).astype(np.float32) if fed else None
    made = network(tmp_path, model([node("Gemm", ["x", "w"], ["y"])], {"x": (1, 70)}, {"y": (1, 90)}, {"w": matrix}))
    (connection,) = into(made, "y")
    ours, *places = lines_into(made, "y", 20, values=activation)
    offered = len(connection.join.strongest_into(np.arange(90), 80, activation))
    assert offered < 70 * 90 / 4 or kind not in ("random", "infinite")
    monkeypatch.setattr(type(connection.join), "strongest_into", lambda self, targets, *_: self.into(targets))
    every, *all_places = lines_into(made, "y", 20, values=activation)
    assert len(ours) == 20 and np.array_equal(ours.weight, every.weight, equal_nan=True)
    assert all(np.array_equal(*pair) for pair in zip(places, all_places, strict=True))
