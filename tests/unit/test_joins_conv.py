# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convolutions: the edges into every cell sum up to what onnxruntime computes."""

import numpy as np
import pytest

from unit.make import into, model, network, node, run, seeded, sum_of_edges


def conv_model(source, weight, op="Conv", **attributes):
    nodes = [node(op, ["x", "w"], ["y"], name="conv", **attributes)]
    return model(nodes, {"x": source}, {"y": None}, {"w": seeded(*weight)})


CONV = {
    "1d": ((1, 3, 11), (4, 3, 3), {}),
    "1d strided, dilated, padded": ((1, 3, 12), (4, 3, 3), {"strides": [2], "dilations": [2], "pads": [3, 1]}),
    "2d": ((1, 2, 7, 6), (3, 2, 3, 2), {}),
    "2d 1x1": ((1, 5, 4, 4), (3, 5, 1, 1), {}),
    "2d asymmetric": ((1, 2, 8, 9), (3, 2, 3, 4), {"strides": [2, 3], "dilations": [1, 2], "pads": [0, 2, 1, 3]}),
    "2d groups": ((1, 6, 5, 5), (4, 3, 3, 3), {"group": 2, "pads": [1, 1, 1, 1]}),
    "2d depthwise": ((1, 4, 6, 5), (4, 1, 3, 3), {"group": 4}),
    "2d depthwise, multiplier 3": ((1, 4, 6, 5), (12, 1, 3, 3), {"group": 4, "strides": [2, 1]}),
    "3d": ((1, 2, 4, 5, 6), (3, 2, 2, 3, 2), {"strides": [1, 2, 1], "pads": [1, 0, 0, 0, 1, 1]}),
    "3d groups": ((1, 4, 3, 4, 4), (6, 2, 2, 2, 2), {"group": 2}),
    "valid": ((1, 2, 7, 8), (3, 2, 3, 3), {"auto_pad": "VALID", "strides": [2, 2]}),
}
CONV |= {
    f"same_{side} {size}/{stride} kernel {kernel}": (
        (1, 2, size, size + 1),
        (3, 2, kernel, kernel),
        {"auto_pad": f"SAME_{side.upper()}", "strides": [stride] * 2},
    )
    for side in ("upper", "lower")
    for size in (7, 8)
    for stride in (1, 2, 3)
    for kernel in (2, 3)
}


@pytest.mark.parametrize("case", CONV)
def test_conv(case, tmp_path):
    source, weight, attributes = CONV[case]
    found, expected = sum_of_edges(tmp_path, conv_model(source, weight, **attributes))
    np.testing.assert_allclose(found, expected, atol=1e-4)


TRANSPOSED = {
    "1d": ((1, 3, 5), (3, 2, 3), {"strides": [2]}),
    "2d": ((1, 3, 4, 5), (3, 2, 3, 3), {}),
    "strided and padded": ((1, 3, 4, 5), (3, 2, 3, 4), {"strides": [2, 3], "pads": [1, 0, 0, 2]}),
    "output_padding": ((1, 2, 4, 4), (2, 2, 3, 3), {"strides": [2, 2], "output_padding": [1, 0], "pads": [1] * 4}),
    "output_shape": ((1, 2, 4, 4), (2, 2, 3, 3), {"strides": [2, 2], "output_shape": [8, 7]}),
    "output_shape, larger": ((1, 1, 3, 3), (1, 2, 3, 3), {"strides": [3, 2], "output_shape": [8, 7]}),
    "groups": ((1, 6, 3, 4), (6, 2, 2, 3), {"group": 3, "strides": [2, 2]}),
    "dilated": ((1, 2, 4, 5), (2, 3, 2, 3), {"dilations": [2, 3], "strides": [2, 1]}),
    "same_upper": ((1, 2, 4, 5), (2, 2, 4, 3), {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "same_lower": ((1, 2, 4, 5), (2, 2, 4, 3), {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    "3d": ((1, 2, 2, 3, 2), (2, 2, 2, 2, 3), {"strides": [1, 2, 2], "group": 2}),
}


@pytest.mark.parametrize("case", TRANSPOSED)
def test_conv_transpose(case, tmp_path):
    source, weight, attributes = TRANSPOSED[case]
    found, expected = sum_of_edges(tmp_path, conv_model(source, weight, "ConvTranspose", **attributes))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_conv_bias_is_what_is_left(tmp_path):
    bias = seeded(4, seed=5)
    made = model(
        [node("Conv", ["x", "w", "b"], ["y"], pads=[1] * 4)],
        {"x": (1, 3, 5, 5)},
        {"y": (1, 4, 5, 5)},
        {"w": seeded(4, 3, 3, 3), "b": bias},
    )
    found, expected = sum_of_edges(tmp_path, made)
    np.testing.assert_allclose(found.reshape(4, 25) + bias[:, None], expected.reshape(4, 25), atol=1e-4)


def test_conv_over_frames_that_were_folded_into_the_batch(tmp_path):
    nodes = [
        node("Reshape", ["x", "s"], ["f"]),
        node("Conv", ["f", "w"], ["c"]),
        node("MaxPool", ["c"], ["y"], kernel_shape=[1, 1]),
    ]
    made = model(
        nodes, {"x": (1, 4, 3, 5, 5)}, {"y": (4, 2, 3, 3)}, {"s": np.array([4, 3, 5, 5]), "w": seeded(2, 3, 3, 3)}
    )
    found = network(tmp_path, made)
    given = {"x": seeded(1, 4, 3, 5, 5)}
    connection = into(found, "c")[0]
    assert connection.target.shape == (4, 2, 3, 3)
    frames, expected = run(made, given, ["f", "c"])
    edges = connection.join.into(np.arange(connection.target.size))
    total = np.bincount(edges.target, edges.weight * frames.ravel()[edges.source])
    np.testing.assert_allclose(total, expected.ravel(), atol=1e-4)


@pytest.mark.parametrize(
    ("op", "weight", "groups"),
    [
        ("Conv", (4, 6, 3, 3), 1),
        ("Conv", (4, 3, 3, 3), 2),
        ("Conv", (12, 1, 3, 3), 6),
        ("ConvTranspose", (6, 4, 3, 3), 1),
        ("ConvTranspose", (6, 2, 3, 3), 3),
    ],
)
def test_kernels_give_signed_sum_and_norm(op, weight, groups, tmp_path):
    made = conv_model((1, 6, 5, 5), weight, op, group=groups)
    connection = into(network(tmp_path, made), "conv")[0]
    kernel, units = seeded(*weight), connection.join.units
    edges = connection.join.kernels(np.arange(units), np.arange(6))
    assert len(edges) == units * 6 // groups
    for channel, unit, signed, norm in zip(edges.source, edges.target, edges.weight, edges.magnitude, strict=True):
        if op == "Conv":
            group = unit // (units // groups)
            taps = kernel[unit, channel - group * (6 // groups)]
        else:
            assert unit // (units // groups) == channel // (6 // groups)
            taps = kernel[channel, unit % (units // groups)]
        assert signed == pytest.approx(taps.sum(), abs=1e-5)
        assert norm == pytest.approx(np.linalg.norm(taps), rel=1e-5)


@pytest.mark.parametrize(
    ("op", "weight", "groups"),
    [("Conv", (4, 3, 3, 3), 2), ("ConvTranspose", (6, 2, 3, 3), 3), ("ConvTranspose", (6, 4, 2, 3), 1)],
)
def test_strength_of_a_unit_is_the_norm_of_all_its_kernels(op, weight, groups, tmp_path):
    join = into(network(tmp_path, conv_model((1, 6, 5, 5), weight, op, group=groups)), "conv")[0].join
    edges = join.kernels(np.arange(join.units), np.arange(6))
    expected = np.sqrt(np.bincount(edges.target, edges.magnitude.astype(float) ** 2))
    np.testing.assert_allclose(join.unit_strength(), expected, rtol=1e-4)


def test_a_hint_of_sources_keeps_every_edge_from_them(tmp_path):
    join = into(network(tmp_path, conv_model((1, 6, 5, 5), (4, 3, 3, 3), group=2, pads=[1] * 4)), "conv")[0].join
    targets, wanted = np.arange(100), np.array([3, 30, 77, 149])
    full, part = join.into(targets), join.into(targets, wanted)
    kept = np.isin(full.source, wanted), np.isin(part.source, wanted)
    assert kept[0].sum() == kept[1].sum() > 0
    np.testing.assert_array_equal(full.weight[kept[0]], part.weight[kept[1]])


@pytest.mark.parametrize(
    ("op", "weights", "attributes"),
    [
        ("Conv", (6, 2, 3, 2), {"group": 2, "strides": [2, 1], "pads": [1, 0, 1, 1], "dilations": [1, 2]}),
        ("ConvTranspose", (4, 3, 3, 3), {"group": 2, "strides": [2, 2], "pads": [1, 1, 0, 0]}),
        ("MaxPool", None, {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ],
)
def test_slots_are_the_same_edges_each_at_its_tap(tmp_path, op, weights, attributes):
    """Every slot of a target cell is one edge into it, those beside the map are -1, and a slot is the same tap of the
    same channel for every cell: its weight depends on the unit alone."""
    stored = {"w": seeded(*weights)} if weights else {}
    made = model([node(op, ["x", *stored], ["y"], **attributes)], {"x": (1, 4, 7, 6)}, {"y": None}, stored)
    found = network(tmp_path, made)
    join, grid = found.connections[0].join, found.connections[0].target.grid
    targets = np.random.default_rng(0).permutation(grid.size)
    sources, weight = join.slots(targets)
    edges = join.into(targets)
    there = sources >= 0
    assert (~there).any() and there.sum() == len(edges)
    mine = np.stack([np.broadcast_to(targets[:, None], sources.shape)[there], sources[there]], -1)
    theirs = np.stack([edges.target, edges.source], -1)
    orders = [np.lexsort(each.T) for each in (mine, theirs)]
    assert (mine[orders[0]] == theirs[orders[1]]).all()
    assert (weight[there][orders[0]] == edges.weight[orders[1]]).all()
    unit = targets // (grid.rows * grid.columns)
    for number in range(grid.units):
        own = weight[unit == number]
        assert (own == own[0]).all()
