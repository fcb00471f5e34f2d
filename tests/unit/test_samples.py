# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first axis of an input is not always a batch. Every edge is held against onnxruntime's answer to an impulse."""

import json

import numpy as np
import onnxruntime
import pytest

from neuroscene.addon.network import summarise
from neuroscene.addon.network.joins import UNKNOWN
from neuroscene.addon.network.report import report, table
from neuroscene.addon.structure import open_checkpoint
from unit.make import model, node, save, seeded

WINDOWS = 16

# name: nodes, shape of the input, shape of the output, weights, how many samples there are
GRAPHS = {
    "windows into channels": (
        [node("Transpose", ["x"], ["t"], perm=[1, 2, 0]), node("Conv", ["t", "w"], ["y"], pads=[1, 1])],
        (WINDOWS, 1, 8),
        (1, 6, WINDOWS),
        {"w": seeded(6, 8, 3)},
        1,
    ),
    "windows along a convolution": (
        [node("Transpose", ["x"], ["t"], perm=[2, 1, 0]), node("Conv", ["t", "w"], ["y"])],
        (WINDOWS, 4, 3),
        (3, 6, WINDOWS - 2),
        {"w": seeded(6, 4, 3)},
        1,
    ),
    "a square that is turned": (
        [node("Transpose", ["x"], ["t"], perm=[1, 0]), node("MatMul", ["t", "w"], ["y"])],
        (6, 6),
        (6, 5),
        {"w": seeded(6, 5)},
        1,
    ),
    "the weights come first": ([node("MatMul", ["w", "x"], ["y"])], (6, 5), (6, 5), {"w": seeded(6, 6)}, 1),
    "turned by Gemm": ([node("Gemm", ["x", "w"], ["y"], transA=1)], (6, 6), (6, 5), {"w": seeded(6, 5)}, 1),
    "samples": (
        [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["r"]), node("MatMul", ["r", "v"], ["y"])],
        (4, 8),
        (4, 5),
        {"w": seeded(8, 6), "v": seeded(6, 5)},
        4,
    ),
    "pictures": (
        [node("Conv", ["x", "w"], ["c"]), node("Flatten", ["c"], ["f"]), node("MatMul", ["f", "v"], ["y"])],
        (4, 2, 5, 5),
        (4, 3),
        {"w": seeded(3, 2, 3, 3), "v": seeded(27, 3)},
        4,
    ),
    "steps first": (
        [node("LSTM", ["x", "w", "r"], ["y"], hidden_size=3)],
        (5, 1, 4),
        (5, 1, 1, 3),
        {"w": seeded(1, 12, 4), "r": seeded(1, 12, 3)},
        1,
    ),
    "a softmax over the first axis": (
        [node("Softmax", ["x"], ["s"], axis=0), node("MatMul", ["s", "w"], ["y"])],
        (6, 4),
        (6, 3),
        {"w": seeded(4, 3)},
        1,
    ),
    "backwards": (
        [node("Slice", ["x", "start", "end", "axes", "steps"], ["s"]), node("MatMul", ["s", "w"], ["y"])],
        (6, 4),
        (6, 3),
        {
            "w": seeded(4, 3),
            "start": np.array([-1]),
            "end": np.array([-7]),
            "axes": np.array([0]),
            "steps": np.array([-1]),
        },
        1,
    ),
}


@pytest.fixture(params=GRAPHS, ids=lambda name: name.replace(" ", "-"))
def graph(request, tmp_path):
    nodes, given, made, weights, count = GRAPHS[request.param]
    path = save(tmp_path, model(nodes, {"x": given}, {"y": made}, weights))
    return path, given, count


def test_how_many_samples(graph):
    path, given, count = graph
    network = summarise(open_checkpoint(path))
    assert network.samples == count
    assert network.layers[0].size == np.prod(given) // count


def test_every_edge_is_seen_by_an_impulse(graph):
    """Each edge of the first layer's input that carries a number: a change of its source changes its target."""
    path, given, count = graph
    network = summarise(open_checkpoint(path), by_node=True)
    session = onnxruntime.InferenceSession(path)
    rng = np.random.default_rng(0)
    base = rng.standard_normal(given).astype(np.float32)
    (out,) = session.run(None, {"x": base})
    source, target = network.layers[0], network.layers[-1]
    reach = np.zeros((source.size, target.size), bool)  # by following edges from the input to the output
    feeds = {source.name: np.eye(source.size, dtype=bool)}
    for layer in network.layers[1:]:
        found = np.zeros((source.size, layer.size), bool)
        for one in network.connections:
            if one.target is layer and one.source.name in feeds and one.join.carries != UNKNOWN:
                edges = one.join.into(np.arange(layer.size))
                assert edges.source.max(initial=0) < one.source.size and edges.target.max(initial=0) < layer.size
                step = np.zeros((one.source.size, layer.size), bool)
                step[edges.source, edges.target] = True
                found |= (feeds[one.source.name].astype(np.int64) @ step) > 0
        feeds[layer.name] = found
    reach = feeds[target.name]
    for cell in range(source.size):
        moved = base.copy().reshape(-1)
        moved[cell] += 1.0
        (changed,) = session.run(None, {"x": moved.reshape(given)})
        seen = changed.reshape(-1)[: target.size] != out.reshape(-1)[: target.size]
        assert not (reach[cell] & ~seen).any(), cell  # no edge that does not exist
        indirect = {"LSTM", "Softmax"}.intersection(one.op for one in network.layers)  # by steps before, by a sum
        if not indirect and all(one.join.carries != UNKNOWN for one in network.connections):
            assert np.array_equal(reach[cell], seen), cell


def test_a_sample_of_several_is_said(graph):
    path, _, count = graph
    network = summarise(open_checkpoint(path))
    found = json.loads(json.dumps(report(network)))
    assert found.get("samples", 1) == count
    assert ("sample 1" in table(network)) == (count > 1)
