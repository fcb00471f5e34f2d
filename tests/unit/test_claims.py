# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes that a file merely claims take no memory: opened, shared out and drawn within a few megabytes."""

import tracemalloc

import numpy as np
import pytest
from onnx import TensorProto, helper

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.network.drawn import share_out
from neuroscene.addon.network.lines import strongest
from neuroscene.addon.structure import open_checkpoint
from unit.make import info, model, node, save, seeded

BILLION = 10**9


def ints(*numbers):
    return np.array(numbers, np.int64)


def filled(name, *shape):
    """A weight of this shape that takes no room in the file."""
    fill = helper.make_tensor("value", TensorProto.FLOAT, [1], [0.5])
    return node("ConstantOfShape", [f"{name} shape"], [name], value=fill), {f"{name} shape": ints(*shape)}


def with_filled(nodes, source, *shape):
    fill, weights = filled("w", *shape)
    return model([fill, *nodes], {"x": source}, {"y": None}, weights)


def one(op, source, weights=None, opset=17, **attributes):
    return model([node(op, ["x", *(weights or {})], ["y"], **attributes)], {"x": source}, {"y": None}, weights, opset)


WIDE, MAP = (1, BILLION, 10**4), (1, 64, 10**6, 10**6)
CLAIMS = {
    "relu": one("Relu", WIDE),
    "add": one("Add", MAP, {"w": seeded(64, 1, 1)}),
    "mul": one("Mul", MAP, {"w": seeded(64, 1, 1)}),
    "softmax of a vector": one("Softmax", (1, BILLION)),
    "flatten": one("Flatten", MAP),
    "transpose": one("Transpose", MAP, perm=[0, 2, 3, 1]),
    "mean over all": one("ReduceMean", MAP),
    "mean over rows": one("ReduceMean", MAP, axes=[2]),
    "global mean": one("GlobalAveragePool", MAP),
    "global maximum": one("GlobalMaxPool", MAP),
    "pool": one("MaxPool", MAP, kernel_shape=[2, 2]),
    "pool, wide": one("AveragePool", MAP, kernel_shape=[10**5, 10**5]),
    "pool, one row": one("AveragePool", MAP, kernel_shape=[1, 1000], strides=[1, 1000]),
    "convolution": one("Conv", MAP, {"w": seeded(8, 64, 3, 3)}),
    "transposed": one("ConvTranspose", MAP, {"w": seeded(64, 8, 3, 3)}, strides=[2, 2]),
    "product": one("MatMul", (1, BILLION, 64), {"w": seeded(64, 8)}),
    "product, left": model(
        [node("MatMul", ["w", "x"], ["y"])], {"x": (1, 64, BILLION)}, {"y": None}, {"w": seeded(8, 64)}
    ),
    "slice": one("Slice", MAP, {"b": ints(5), "e": ints(10**5), "a": ints(2)}),
    "gather": one("Gather", MAP, {"i": ints(1, 2)}, axis=2),
    "tile": one("Tile", (1, 4), {"r": ints(1, 2**40)}),
    "expand": one("Expand", (1, 1), {"s": ints(BILLION, BILLION)}),
    "concat": model([node("Concat", ["x", "x"], ["y"], axis=1)], {"x": MAP}, {"y": None}),
    "unknown": model(
        [node("Nonsense", ["x"], ["y"], domain="some.where")], {"x": WIDE}, {"y": WIDE}, domains=["some.where"]
    ),
    "transpose, then convolution": model(
        [node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]), node("Conv", ["t", "w"], ["y"])],
        {"x": (1, 10**6, 10**6, 64)},
        {"y": None},
        {"w": seeded(8, 64, 3, 3)},
    ),
    "split, then product": model(
        [node("Split", ["x"], ["a", "b"], axis=2), node("MatMul", ["b", "w"], ["y"])],
        {"x": (1, BILLION, 128)},
        {"y": None},
        {"w": seeded(64, 8)},
    ),
    "slice, then activation": model(
        [node("Slice", ["x", "b", "e", "a"], ["t"]), node("Relu", ["t"], ["y"])],
        {"x": MAP},
        {"y": None},
        {"b": ints(5), "e": ints(10**5), "a": ints(2)},
    ),
    "recurrent": model(
        [node("LSTM", ["x", "w", "r"], ["y"], hidden_size=16, direction="bidirectional")],
        {"x": (BILLION, 1, 32)},
        {"y": None},
        {"w": seeded(2, 64, 32), "r": seeded(2, 64, 16)},
    ),
    "2 ** 62": one("Relu", (1, 2**62)),
    "2 ** 186": one("Relu", (1, 2**62, 2**62, 2**62)),
    "2 ** 62 cells, convolved": one("Conv", (1, 64, 2**28, 2**28), {"w": seeded(8, 64, 3, 3)}),
    "filled matrix": with_filled([node("MatMul", ["x", "w"], ["y"])], (1, BILLION), BILLION, 10**4),
    "filled kernel": with_filled([node("Conv", ["x", "w"], ["y"])], (1, 64, 10**5, 10**5), 64, 64, 10**4, 10**4),
    "filled scale": with_filled([node("Mul", ["x", "w"], ["y"])], WIDE, BILLION, 10**4),
    "filled norm": with_filled([node("LayerNormalization", ["x", "w"], ["y"])], (1, 3, BILLION), BILLION),
    "filled and transposed": with_filled(
        [node("Transpose", ["w"], ["v"]), node("MatMul", ["x", "v"], ["y"])], (1, 10**4), BILLION, 10**4
    ),
}


def peak(path, by_node=False):
    """The most bytes that Python and NumPy held at once."""
    share_out(summarise(open_checkpoint(save(path.parent, one("Relu", (1, 3)), "warm.onnx"))), 10)
    tracemalloc.start()
    try:
        found = summarise(open_checkpoint(path), by_node=by_node)
        drawn = share_out(found, 20_000)
        for connection in found.connections:
            ends = drawn[connection.source.name], drawn[connection.target.name]
            lines = strongest(connection, *ends, 300)
            assert len(lines) <= 300
            assert (lines.source >= 0).all() and (lines.source < ends[0].size).all()
            assert (lines.target >= 0).all() and (lines.target < ends[1].size).all()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("by_node", [False, True], ids=["layers", "nodes"])
@pytest.mark.parametrize("case", CLAIMS)
def test_claims_take_no_memory(case, by_node, tmp_path):
    assert peak(save(tmp_path, CLAIMS[case]), by_node) < 300 << 20


LIES = {
    "expand": [node("Expand", ["c", "s"], ["e"])],
    "tile": [node("Tile", ["c", "s"], ["e"])],
    "expand by a computed shape": [node("Add", ["s", "s"], ["t"]), node("Expand", ["c", "t"], ["e"])],
}


@pytest.mark.parametrize("case", LIES)
def test_a_constant_that_is_larger_than_the_file_says(case, tmp_path):
    nodes = [*LIES[case], node("Mul", ["x", "e"], ["y"])]
    made = model(
        nodes,
        {"x": (1, 3)},
        {"y": (1, 3)},
        {"c": seeded(1, 1), "s": ints(10**5, 10**5)},
        value_info=[info("e", (1, 3))],
    )
    try:
        assert peak(save(tmp_path, made)) < 300 << 20
    except CheckpointError as error:
        assert "\n" not in str(error)


CONTRADICTIONS = {
    "kernel of more channels": one("Conv", (1, 3, 8, 8), {"w": seeded(8, 64, 3, 3)}),
    "groups that do not divide": one("Conv", (1, 6, 8, 8), {"w": seeded(8, 2, 3, 3)}, group=3),
    "no group": one("Conv", (1, 6, 8, 8), {"w": seeded(8, 6, 3, 3)}, group=0),
    "kernel of another rank": one("Conv", (1, 6, 8), {"w": seeded(8, 6, 3, 3)}),
    "pads of another rank": one("Conv", (1, 6, 8, 8), {"w": seeded(8, 6, 3, 3)}, pads=[1, 1]),
    "no stride": one("MaxPool", (1, 6, 8, 8), kernel_shape=[2, 2], strides=[0, 0]),
    "no kernel": one("MaxPool", (1, 6, 8, 8)),
    "matrix of another size": one("MatMul", (1, 6), {"w": seeded(8, 3)}),
    "axis out of range": one("ReduceMean", (1, 6), axes=[7]),
    "permutation": one("Transpose", (1, 6, 7), perm=[0, 0, 1]),
    "permutation out of range": one("Transpose", (1, 6, 7), perm=[0, 5, 1]),
    "concat on no axis": one("Concat", (1, 6, 7), axis=9),
    "no axis": one("Softmax", (1, 6), axis=9),
    "broadcast": one("Add", (1, 6), {"w": seeded(5)}),
    "scale of another size": one("BatchNormalization", (1, 6), {n: seeded(5) for n in "sbmv"}),
    "string for a number": one("Conv", (1, 6, 8, 8), {"w": seeded(8, 6, 3, 3)}, strides="two"),
    "no inputs": model(
        [node("Shape", [], ["s"]), node("Conv", [], ["c"]), node("Relu", ["x"], ["y"])], {"x": (1, 3)}, {"y": (1, 3)}
    ),
}


@pytest.mark.parametrize("declared", [None, (1, 8, 99, 99), (1, 3), (1, 5), (50,)])
@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_attributes_and_shapes_that_contradict_one_another(case, declared, tmp_path):
    made = type(CONTRADICTIONS[case])()
    made.CopyFrom(CONTRADICTIONS[case])
    if declared:
        made.graph.output[0].CopyFrom(info("y", declared))
    for by_node in (False, True):
        found = summarise(open_checkpoint(save(tmp_path, made)), by_node=by_node)
        drawn = share_out(found, 1000)
        for connection in found.connections:
            ends = drawn[connection.source.name], drawn[connection.target.name]
            for values in (None, seeded(connection.source.size)):
                assert len(strongest(connection, *ends, 50, (values, None))) <= 50
