# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pooling and reductions: means sum up, and the strongest edge of a maximum is the cell it came from."""

import numpy as np
import pytest

from unit.make import edges_of, into, model, network, node, run, seeded, sum_of_edges

AVERAGE = {
    "plain": ((1, 3, 6, 6), {"kernel_shape": [2, 2], "strides": [2, 2]}),
    "1d": ((1, 3, 9), {"kernel_shape": [3], "strides": [2], "pads": [1, 0]}),
    "3d": ((1, 2, 4, 5, 4), {"kernel_shape": [2, 3, 2]}),
    "padding left out": ((1, 2, 6, 7), {"kernel_shape": [3, 3], "pads": [1, 0, 2, 1]}),
    "padding counted": ((1, 2, 6, 7), {"kernel_shape": [3, 3], "pads": [1, 0, 2, 1], "count_include_pad": 1}),
    "ceil": ((1, 2, 6, 7), {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    "ceil, padding left out": (
        (1, 2, 6, 8),
        {"kernel_shape": [3, 3], "strides": [2, 3], "ceil_mode": 1, "pads": [1, 1, 1, 0]},
    ),
    "ceil, padding counted": (
        (1, 2, 6, 8),
        {"kernel_shape": [3, 3], "strides": [2, 3], "ceil_mode": 1, "pads": [1, 1, 1, 0], "count_include_pad": 1},
    ),
    "same_upper": ((1, 2, 7, 8), {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "same_lower": ((1, 2, 7, 8), {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    "same_lower, counted": (
        (1, 2, 7, 8),
        {"kernel_shape": [4, 2], "strides": [2, 2], "auto_pad": "SAME_LOWER", "count_include_pad": 1},
    ),
    "dilated": ((1, 2, 9, 9), {"kernel_shape": [3, 2], "dilations": [2, 3]}),
}


def one_node(op, source, outputs=1, opset=19, weights=None, more=(), **attributes):
    nodes = [node(op, ["x", *more], ["y", "indices"][:outputs], **attributes)]
    return model(nodes, {"x": source}, {"y": None}, weights, opset=opset)


@pytest.mark.parametrize("case", AVERAGE)
def test_average_pool(case, tmp_path):
    source, attributes = AVERAGE[case]
    found, expected = sum_of_edges(tmp_path, one_node("AveragePool", source, **attributes))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("source", [(1, 3, 7), (1, 3, 4, 5), (1, 2, 3, 2, 4)])
def test_global_average_pool(source, tmp_path):
    found, expected = sum_of_edges(tmp_path, one_node("GlobalAveragePool", source))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("op", ["ReduceMean", "ReduceSum"])
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("axes", [None, [1], [-1], [2, 3], [3, 1], [1, 2, 3]])
def test_reduce_with_axes_as_attribute(op, keep, axes, tmp_path):
    given = {"axes": axes} if axes else {}
    found, expected = sum_of_edges(tmp_path, one_node(op, (1, 3, 4, 5), opset=11, keepdims=keep, **given))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("op", ["ReduceMean", "ReduceSum"])
@pytest.mark.parametrize("axes", [[1], [-1], [2, 3], [-2, 1], []])
def test_reduce_with_axes_as_input(op, axes, tmp_path):
    made = one_node(op, (1, 3, 4, 5), opset=18, more=["axes"], weights={"axes": np.array(axes, np.int64)})
    found, expected = sum_of_edges(tmp_path, made)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_reduce_over_no_axis_is_not_told_as_over_all(tmp_path):
    made = one_node(
        "ReduceSum", (1, 3, 4), opset=18, noop_with_empty_axes=1, more=["axes"], weights={"axes": np.zeros(0, np.int64)}
    )
    assert into(network(tmp_path, made), "y")[0].join.fan_in == 1


def test_reduce_over_axes_that_the_input_decides_is_unknown(tmp_path):
    nodes = [node("Cast", ["x"], ["i"], to=7), node("ReduceSum", ["x", "i"], ["y"])]
    found = network(tmp_path, model(nodes, {"x": (1,)}, {"y": None}))
    assert into(found, "y")[0].join.carries == "unknown"


MAXIMUM = {
    "plain": ((1, 3, 6, 6), {"kernel_shape": [2, 2], "strides": [2, 2]}),
    "1d": ((1, 3, 9), {"kernel_shape": [3], "strides": [2], "pads": [1, 0]}),
    "3d": ((1, 2, 4, 5, 4), {"kernel_shape": [2, 3, 2]}),
    "padded": ((1, 2, 6, 7), {"kernel_shape": [3, 3], "pads": [1, 0, 2, 1], "strides": [1, 2]}),
    "ceil": ((1, 2, 6, 7), {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    "same_upper": ((1, 2, 7, 8), {"kernel_shape": [2, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "same_lower": ((1, 2, 7, 8), {"kernel_shape": [2, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    "dilated": ((1, 2, 9, 9), {"kernel_shape": [3, 2], "dilations": [2, 3]}),
}


@pytest.mark.parametrize("shift", [0, -10, 10])
@pytest.mark.parametrize("case", MAXIMUM)
def test_strongest_edge_of_a_maximum_is_the_cell_it_came_from(case, shift, tmp_path):
    source, attributes = MAXIMUM[case]
    made = one_node("MaxPool", source, outputs=2, **attributes)
    connection = into(network(tmp_path, made), "y")[0]
    given = seeded(*source) + np.float32(shift)
    picked = run(made, {"x": given}, ["indices"])[0].ravel()
    edges = edges_of(connection)
    strength = connection.join.strength(edges, given.ravel())
    assert (edges.weight == 1).all()
    for target in range(connection.target.size):
        mine = np.flatnonzero(edges.target == target)
        assert edges.source[mine[np.argmax(strength[mine])]] == picked[target]


def test_strongest_edge_of_a_global_maximum(tmp_path):
    connection = into(network(tmp_path, one_node("GlobalMaxPool", (1, 3, 4, 4))), "y")[0]
    given = seeded(3, 16) - 5
    edges = edges_of(connection)
    strength = connection.join.strength(edges, given.ravel())
    for channel in range(3):
        mine = edges.target == channel
        assert edges.source[mine][np.argmax(strength[mine])] == channel * 16 + given[channel].argmax()


@pytest.mark.parametrize("axes", [[1], [2], [1, 3], [0, 1, 2, 3]])
def test_a_hint_of_sources_keeps_every_edge_of_a_reduction(axes, tmp_path):
    join = into(network(tmp_path, one_node("ReduceMean", (1, 3, 4, 5), opset=11, axes=axes)), "y")[0].join
    wanted = np.array([0, 7, 23, 59])
    targets = np.arange(60 // join.fan_in)
    full, part = join.into(targets), join.into(targets, wanted)
    kept = np.isin(full.source, wanted)
    assert set(zip(full.source[kept], full.target[kept], strict=True)) == set(
        zip(part.source, part.target, strict=True)
    )
    np.testing.assert_array_equal(part.weight, full.weight[0])
