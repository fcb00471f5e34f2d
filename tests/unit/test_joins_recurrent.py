# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""LSTM, GRU and RNN: who reads whom, in both directions, with all gates."""

import numpy as np
import pytest

from unit.make import into, model, network, node, run, seeded, summed

STEPS, HIDDEN, WIDTH = 5, 3, 4
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}


def recurrent(op, direction, steps=STEPS, batch=1, outputs=("y",), **attributes):
    rows, both = GATES[op] * HIDDEN, DIRECTIONS[direction]
    return model(
        [
            node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
            node(op, ["t", "w", "r"], list(outputs), hidden_size=HIDDEN, direction=direction, **attributes),
        ],
        {"x": (batch, steps, WIDTH)},
        {outputs[-1]: None},
        {"w": seeded(both, rows, WIDTH), "r": seeded(both, rows, HIDDEN, seed=2)},
    )


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_layer_without_squashing_is_the_sum_of_its_edges(direction, tmp_path):
    """With an activation that changes nothing, what enters and what a cell reads of its own layer make up its value."""
    both = DIRECTIONS[direction]
    made = recurrent(
        "RNN", direction, activations=["Affine"] * both, activation_alpha=[1.0] * both, activation_beta=[0.0] * both
    )
    for found in (network(tmp_path, made), network(tmp_path, made, by_node=False)):
        layer, given = found.layers[-1], seeded(1, STEPS, WIDTH, seed=3)
        (before,), (moved, expected) = layer.inputs, run(made, {"x": given}, ["t", "y"])
        assert {one.source.name for one in into(found, layer.name)} == {before, layer.name}
        assert layer.size == expected.size
        total = summed(into(found, layer.name), {"x": given, "t": moved, "y": expected})
        np.testing.assert_allclose(total, expected.ravel(), rtol=1e-4)


@pytest.mark.parametrize("op", GATES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_an_edge_is_the_sum_of_all_gates(op, direction, tmp_path):
    found = network(tmp_path, recurrent(op, direction))
    both, layer = DIRECTIONS[direction], found.layer("y")
    for connection in into(found, layer.name):
        itself = connection.source is layer
        weight = (
            seeded(both, GATES[op] * HIDDEN, HIDDEN, seed=2) if itself else seeded(both, GATES[op] * HIDDEN, WIDTH)
        ).reshape(both, GATES[op], HIDDEN, -1)
        edges = connection.join.into(np.arange(layer.size))
        step, way, unit = np.unravel_index(edges.target, (STEPS, both, HIDDEN))
        shape = (STEPS, both, HIDDEN) if itself else (STEPS, 1, WIDTH)
        before, from_way, source = np.unravel_index(edges.source, shape)
        backwards = (way == 1) | (direction == "reverse")
        np.testing.assert_array_equal(before, step + np.where(backwards, 1, -1) if itself else step)
        assert not itself or (from_way == way).all()
        kernel = weight[way, :, unit, source]
        np.testing.assert_allclose(edges.weight, kernel.sum(1), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(edges.magnitude, np.linalg.norm(kernel, axis=1), rtol=1e-5)
        assert len(edges) == (STEPS - itself) * both * HIDDEN * shape[2]


@pytest.mark.parametrize("op", GATES)
def test_strength_is_the_norm_of_all_gates(op, tmp_path):
    found = network(tmp_path, recurrent(op, "bidirectional"))
    weight = seeded(2, GATES[op] * HIDDEN, WIDTH).reshape(2, GATES[op], HIDDEN, WIDTH)
    np.testing.assert_allclose(found.layer("y").strength(), np.sqrt((weight**2).sum((1, 3))).ravel(), rtol=1e-5)
    np.testing.assert_allclose(found.layer("y").mean(), weight.mean((1, 3)).ravel(), rtol=1e-4)


@pytest.mark.parametrize(
    "made",
    [
        recurrent("LSTM", "forward", batch=2),
        recurrent("LSTM", "bidirectional", outputs=("", "y")),
        recurrent("LSTM", "forward", outputs=("", "", "y")),
        recurrent("GRU", "reverse", layout=1),
    ],
    ids=["batch", "last state", "last cell", "batch first"],
)
def test_what_is_not_known_is_not_claimed(made, tmp_path):
    found = network(tmp_path, made)
    assert [one.join.carries for one in into(found, "y")] == ["unknown"]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_edges_stay_within_a_sample(direction, tmp_path):
    """Steps that come first in an input are taken for the batch: then one step is all that is drawn."""
    made = model(
        [node("LSTM", ["x", "w", "r"], ["y"], hidden_size=HIDDEN, direction=direction)],
        {"x": (STEPS, 1, WIDTH)},
        {"y": None},
        {"w": seeded(DIRECTIONS[direction], 12, WIDTH), "r": seeded(DIRECTIONS[direction], 12, HIDDEN)},
    )
    for one in network(tmp_path, made).connections:
        edges = one.join.into(np.arange(one.target.size))
        assert edges.source.max(initial=0) < one.source.size and edges.target.max(initial=0) < one.target.size


def test_an_initial_state_is_no_parameter(tmp_path):
    made = model(
        [node("LSTM", ["x", "w", "r", "", "", "h", "c"], ["y"], hidden_size=HIDDEN)],
        {"x": (5, 1, WIDTH)},
        {"y": None},
        {
            "w": seeded(1, 12, WIDTH),
            "r": seeded(1, 12, HIDDEN),
            **dict.fromkeys("hc", np.zeros((1, 1, HIDDEN), np.float32)),
        },
    )
    assert network(tmp_path, made).parameters == 12 * (WIDTH + HIDDEN)
