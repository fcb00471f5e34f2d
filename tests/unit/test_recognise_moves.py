# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshapings, transpositions, slices and splits belong to the layer whose elements they move."""

import numpy as np
import pytest

from unit.make import into, run, seeded
from unit.written import edges_and_truth, put_together, written

MOVES = {
    "transposed": ("t = Transpose(c, perm=[0, 2, 3, 1]); f = Reshape(t, [1, 64]); y = MatMul(f, W)", (64, 5)),
    "sliced": ("t = Slice(c, [1], [3], [2]); f = Flatten(t); y = MatMul(f, W)", (32, 5)),
    "sliced backwards, then transposed": (
        "s = Slice(c, [-1], [-9], [3], [-2]); t = Transpose(s, perm=[0, 3, 1, 2]); f = Flatten(t); y = MatMul(f, W)",
        (32, 5),
    ),
    "split": ("a, b = Split(c, axis=1); f = Flatten(b); y = MatMul(f, W)", (32, 5)),
    "split unevenly": ("a, b = Split(c, [1, 3], axis=3); f = Flatten(b); y = MatMul(f, W)", (48, 5)),
    "gathered": ("g = Gather(c, [2, 0, 2], axis=1); f = Flatten(g); y = MatMul(f, W)", (48, 5)),
    "one unit": ("g = Gather(c, 1, axis=1); f = Flatten(g); y = MatMul(f, W)", (16, 5)),
    "widened and narrowed": (
        "a = Unsqueeze(c, [1, 4]); b = Squeeze(a, [1]); f = Flatten(b); y = MatMul(f, W)",
        (64, 5),
    ),
}


@pytest.mark.parametrize("case", MOVES)
@pytest.mark.parametrize("source", ["layer", "input"])
def test_edges_behind_moves_are_exact(case, source, tmp_path):
    text, shape = MOVES[case]
    before = "c = Conv(x, C)" if source == "layer" else "c = Identity(x)"
    made = written(f"{before}; {text}; z = Relu(y)", {"x": (1, 4, 4, 4)}, {"C": (4, 4, 1, 1), "W": shape})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", *["Conv"] * (source == "layer"), "MatMul"]
    np.testing.assert_allclose(*edges_and_truth(found, made, found.layers[-1].name, "y"), atol=1e-4)


def test_each_part_of_a_split_feeds_its_own_reader(tmp_path):
    made = written(
        "a, b, c = Split(x, [2, 1, 3], axis=1); d = Relu(a); e = Neg(c); y = Add(b, D)",
        {"x": (1, 6)},
        {"D": (1,)},
        opset=13,
        outputs=("d", "e", "y"),
    )
    found = put_together(tmp_path, made)
    given = seeded(1, 6)
    for layer, cells in zip(found.layers[1:], ([0, 1], [3, 4, 5], [2]), strict=True):
        edges = into(found, layer.name)[0].join.into(np.arange(layer.size))
        np.testing.assert_array_equal(edges.source, cells)
    assert run(made, {"x": given}, ["d"])[0].size == 2


def test_hints_are_of_the_layer_before_the_move(tmp_path):
    made = written(
        "c = Conv(x, C); t = Transpose(c, perm=[0, 2, 3, 1]); f = Reshape(t, [1, 64]); y = MatMul(f, W)",
        {"x": (1, 4, 4, 4)},
        {"C": (4, 4, 1, 1), "W": (64, 5)},
    )
    join = into(put_together(tmp_path, made), "y")[0].join
    wanted = np.array([3, 17, 60])
    full, part = join.into(np.arange(5)), join.into(np.arange(5), wanted)
    assert np.isin(full.source, wanted).sum() == np.isin(part.source, wanted).sum() == len(part) == 15
    assert set(zip(part.source, part.target, part.weight, strict=True)) <= set(
        zip(full.source, full.target, full.weight, strict=True)
    )


KERNELS = {
    "colours last": ("t = Transpose(x, perm=[0, 3, 1, 2]); y = Conv(t, W)", (1, 5, 6, 4), (3, 4, 2, 2), range(4), 1),
    "second half": ("a, b = Split(x, axis=1); y = Conv(b, W)", (1, 8, 5, 6), (3, 4, 2, 2), range(4, 8), 1),
    "some channels": (
        "g = Gather(x, [5, 0, 2, 7], axis=1); y = Conv(g, W)",
        (1, 8, 5, 6),
        (3, 4, 2, 2),
        (5, 0, 2, 7),
        1,
    ),
    "groups": ("t = Transpose(x, perm=[0, 3, 1, 2]); y = Conv(t, W, group=2)", (1, 5, 6, 4), (6, 2, 2, 2), range(4), 2),
    "backwards": ("s = Slice(x, [-1], [-9], [1], [-1]); y = Conv(s, W)", (1, 4, 5, 6), (3, 4, 2, 2), (3, 2, 1, 0), 1),
    "cropped": ("s = Slice(x, [1], [4], [2]); y = Conv(s, W)", (1, 4, 5, 6), (3, 4, 2, 2), range(4), 1),
}


@pytest.mark.parametrize("case", KERNELS)
def test_kernels_behind_moves_join_units_of_the_layer(case, tmp_path):
    text, source, shape, unit_of, groups = KERNELS[case]
    made = written(f"{text}; z = Relu(y)", {"x": source}, {"W": shape})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "Conv"]
    (connection,) = found.connections
    np.testing.assert_allclose(*edges_and_truth(found, made, connection.target.name, "y"), atol=1e-4)
    weight, units = seeded(*shape, seed=1), found.layers[0].grid.units
    expected = np.zeros((shape[0], units))
    for unit in range(shape[0]):
        for inside in range(shape[1]):
            channel = unit // (shape[0] // groups) * shape[1] + inside
            expected[unit, unit_of[channel]] += weight[unit, inside].sum()
    edges = connection.join.kernels(np.arange(shape[0]), np.arange(units))
    kernels = np.zeros_like(expected)
    np.add.at(kernels, (edges.target, edges.source), edges.weight)
    np.testing.assert_allclose(kernels, expected, atol=1e-5)
    some = connection.join.kernels(np.array([1]), np.array([unit_of[1], unit_of[0]]))
    assert set(some.source) <= {unit_of[0], unit_of[1]} and set(some.target) == {1}


def test_channels_that_are_no_units_of_the_layer_have_no_kernels(tmp_path):
    """Rows of a picture become channels: edges are exact, kernels between units would not be."""
    made = written("t = Transpose(x, perm=[0, 2, 1, 3]); y = Conv(t, W)", {"x": (1, 2, 4, 5)}, {"W": (3, 4, 1, 1)})
    found = put_together(tmp_path, made)
    assert not hasattr(found.connections[0].join, "kernels")
    np.testing.assert_allclose(*edges_and_truth(found, made, "y"), atol=1e-4)


def test_a_move_that_cannot_be_worked_out_is_unknown(tmp_path):
    made = written(
        "c = Conv(x, C); s = Gather(c, [9], axis=1); y = Flatten(s); z = MatMul(y, W)",
        {"x": (1, 4, 4, 4)},
        {"C": (4, 4, 1, 1), "W": (16, 2)},
    )
    found = put_together(tmp_path, made)
    assert len(into(found, found.layers[-1].name)[0].join.into(np.arange(2))) == 0


def test_reshapings_of_a_layer_hold_its_numbers(tmp_path):
    made = written(
        """
        c = Conv(x, C); f = Flatten(c); y = MatMul(f, W)
        t = Transpose(c, perm=[0, 3, 1, 2]); u = Flatten(t); z = MatMul(u, W)""",
        {"x": (1, 4, 4, 4)},
        {"C": (4, 4, 1, 1), "W": (64, 2)},
        outputs=("y", "z"),
    )
    found = put_together(tmp_path, made)
    assert found.layers[1].outputs == ("c", "f")
