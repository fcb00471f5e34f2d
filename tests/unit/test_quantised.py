# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantised, packed, sparse and cut-out weights of ONNX files are drawn, counted and measured as what they stand for.

Two judges: the same network before it was quantised, and onnxruntime, which is fed one unit impulse after the other.
"""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from neuroscene.addon import inference
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.network.drawn import share_out
from neuroscene.addon.network.importance import rank
from neuroscene.addon.network.joins.through import Through
from neuroscene.addon.network.lines import strongest
from neuroscene.addon.network.report import report
from neuroscene.addon.network.statistics import statistics
from neuroscene.addon.structure import open_checkpoint
from unit.make import edges_of, info, model, network, node, run, save, seeded

IN, OUT, BLOCK = 12, 5, 4
SHAPE, KERNEL = (3, 5, 6), (4, 3, 3, 3)
X_SCALE, X_ZERO = np.float32(1 / 32), np.uint8(100)  # an impulse of 1 is a whole number of steps
Y_SCALE, Y_ZERO = np.float32(1 / 50), np.uint8(120)
MICROSOFT = "com.microsoft"


def quantised(weight, kind=np.uint8, axis=None):
    """Numbers, scale and zero point of a weight, and what they stand for: of the whole, or of each place on an axis."""
    bits = {"uint8": (0, 255), "int8": (-127, 127), "int4": (-8, 7), "uint4": (0, 15)}[np.dtype(kind).name]
    others = tuple(i for i in range(weight.ndim) if i != axis) if axis is not None else None
    low = np.minimum(weight.min(others, keepdims=axis is not None), 0)
    high = np.maximum(weight.max(others, keepdims=axis is not None), 0)
    scale = np.asarray((high - low) / (bits[1] - bits[0]), np.float32)
    zero = np.clip(np.round(bits[0] - low / scale), *bits).astype(np.float32)
    numbers = np.clip(np.round(weight / scale) + zero, *bits)
    stands = ((numbers - zero) * scale).astype(np.float32)
    flat = (lambda one: one.reshape(-1)) if axis is not None else (lambda one: one)
    return numbers.astype(kind), flat(scale), flat(zero).astype(kind), stands


def tensor(name, array):
    return helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array)


@dataclass
class Case:
    """A model from x to y with one quantised product, and its `weight` as in the plain operator."""

    made: onnx.ModelProto
    weight: np.ndarray
    bias: np.ndarray | None = None
    plain: np.ndarray | None = None  # the weight before it was quantised, where it was
    exact: bool = True  # whether y is not rounded
    parameters: int = 0  # 0: those of the weight and the bias
    tolerance: float = 1e-5


W, C = 0.6 * seeded(IN, OUT, seed=1) + 0.2, 0.4 * seeded(*KERNEL, seed=2) - 0.1
B, CB = 0.3 * seeded(OUT, seed=3), 0.3 * seeded(KERNEL[0], seed=4)
ACTIVATION = {"xs": X_SCALE, "xz": X_ZERO, "ys": Y_SCALE, "yz": Y_ZERO}
ROUND = [node("QuantizeLinear", ["x", "xs", "xz"], ["xq"])]
BACK = [node("DequantizeLinear", ["yq", "ys", "yz"], ["y"])]


def built(nodes, weights, conv=False, opset=17):
    x, y = ((1, *SHAPE), (1, KERNEL[0], *SHAPE[1:])) if conv else ((1, IN), (1, OUT))
    return model(nodes, {"x": x}, {"y": y}, weights, opset, domains=(MICROSOFT,))


def qdq(conv, kind, axis):
    weight, bias = (C, CB) if conv else (W, B)
    numbers, scale, zero, stands = quantised(weight, kind, axis)
    bias_scale = np.atleast_1d(X_SCALE * scale)
    bias_scale = bias_scale if axis is not None else bias_scale[0]
    bias_numbers = np.round(bias / bias_scale).astype(np.int32)
    nodes = [
        *ROUND,
        node("DequantizeLinear", ["xq", "xs", "xz"], ["xd"]),
        node("DequantizeLinear", ["w", "s", "z"], ["wd"], **({} if axis is None else {"axis": axis})),
        node("DequantizeLinear", ["b", "bs"], ["bd"], **({} if axis is None else {"axis": 0})),
        node("Conv", ["xd", "wd", "bd"], ["y"], pads=[1] * 4) if conv else node("Gemm", ["xd", "wd", "bd"], ["y"]),
    ]
    stored = {"w": numbers, "s": scale, "z": zero, "b": bias_numbers, "bs": np.float32(bias_scale), **ACTIVATION}
    return Case(built(nodes, stored, conv), stands, bias, weight)


def blocked(kind, zeros=True):
    scale = np.abs(W).reshape(IN // BLOCK, BLOCK, OUT).max(1) / 6
    zero = np.round(seeded(IN // BLOCK, OUT)).clip(-1, 1) if zeros else np.zeros_like(scale)
    spread = [np.repeat(one, BLOCK, 0) for one in (scale, zero)]
    numbers = np.clip(np.round(W / spread[0]) + spread[1], -8, 7)
    stands = ((numbers - spread[1]) * spread[0]).astype(np.float32)
    stored = {
        "w": tensor("w", numbers.astype(kind)),
        "s": scale.astype(np.float32),
        "z": tensor("z", zero.astype(kind)),
    }
    nodes = [
        node("DequantizeLinear", ["w", "s", "z"], ["wd"], axis=0, block_size=BLOCK),
        node("MatMul", ["x", "wd"], ["y"]),
    ]
    return Case(built(nodes, stored, opset=21), stands, plain=W, tolerance=1e-4)


def float8(kind):
    scale = np.float32(0.25)
    numbers = (W / scale).astype(kind)
    stored = {"w": tensor("w", numbers), "s": scale}
    nodes = [node("DequantizeLinear", ["w", "s"], ["wd"]), node("MatMul", ["x", "wd"], ["y"])]
    return Case(built(nodes, stored, opset=19), numbers.astype(np.float32) * scale, plain=W)


def dynamic(conv, kind, axis=None):
    weight, bias = (C, CB) if conv else (W, B)
    numbers, scale, zero, stands = quantised(weight, kind, axis)
    shape = (1, -1, 1, 1) if conv else (-1,)
    end = {"s": scale.reshape(shape) if axis is not None else scale, "b": bias.reshape(shape)}
    op = (
        node("ConvInteger", ["q", "w", "qz", "z"], ["i"], pads=[1] * 4)
        if conv
        else node("MatMulInteger", ["q", "w", "qz", "z"], ["i"])
    )
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node("Mul", ["qs", "s"], ["t"]),
        op,
        node("Cast", ["i"], ["f"], to=1),
        node("Mul", ["f", "t"], ["m"]),
        node("Add", ["m", "b"], ["y"]),
    ]
    return Case(built(nodes, {"w": numbers, "z": zero, **end}, conv), stands, bias, weight, tolerance=1e-4)


def static_integer():
    """MatMulInteger behind a fixed quantisation; the scale of both is one number."""
    numbers, scale, zero, stands = quantised(W)
    nodes = [
        *ROUND,
        node("MatMulInteger", ["xq", "w", "xz", "z"], ["i"]),
        node("Cast", ["i"], ["f"], to=1),
        node("Mul", ["t", "f"], ["y"]),
    ]
    return Case(
        built(nodes, {"w": numbers, "z": zero, "t": np.float32(scale * X_SCALE), "xs": X_SCALE, "xz": X_ZERO}),
        stands,
        plain=W,
        tolerance=1e-4,
    )


def matrix_first():
    """y = W x: the weight is the first of a MatMulInteger, with a zero point for each of its rows."""
    numbers, scale, zero, stands = quantised(W.T, np.uint8)
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node("Mul", ["qs", "s"], ["t"]),
        node("MatMulInteger", ["w", "q", "z", "qz"], ["i"]),
        node("Cast", ["i"], ["f"], to=1),
        node("Mul", ["f", "t"], ["y"]),
    ]
    made = model(nodes, {"x": (1, IN, 1)}, {"y": (1, OUT, 1)}, {"w": numbers, "z": zero, "s": scale})
    return Case(made, stands.T, plain=W, tolerance=1e-4)


def qlinear(conv, kind=np.uint8, axis=None):
    weight, bias = (C, CB) if conv else (W, None)
    numbers, scale, zero, stands = quantised(weight, kind, axis)
    stored = {"w": numbers, "s": scale, "z": zero, **ACTIVATION}
    if conv:
        stored["b"] = np.round(CB / (X_SCALE * scale)).astype(np.int32)
        op = node("QLinearConv", ["xq", "xs", "xz", "w", "s", "z", "ys", "yz", "b"], ["yq"], pads=[1] * 4)
    else:
        op = node("QLinearMatMul", ["xq", "xs", "xz", "w", "s", "z", "ys", "yz"], ["yq"])
    return Case(built([*ROUND, op, *BACK], stored, conv), stands, bias, weight, exact=False)


def qgemm(turned, alpha):
    numbers, scale, zero, stands = quantised(W.T if turned else W)
    stored = {
        "w": numbers,
        "s": scale,
        "z": zero,
        **ACTIVATION,
        "b": np.round(B / (alpha * X_SCALE * scale)).astype(np.int32),
    }
    op = node(
        "QGemm",
        ["xq", "xs", "xz", "w", "s", "z", "b", "ys", "yz"],
        ["yq"],
        domain=MICROSOFT,
        alpha=alpha,
        transB=int(turned),
    )
    stands = (stands.T if turned else stands) * np.float32(alpha)
    return Case(built([*ROUND, op, *BACK], stored), stands, B, W * alpha, exact=False)


def to_float(bias):
    numbers, scale, zero, stands = quantised(W)
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node(
            "MatMulIntegerToFloat", ["q", "w", "qs", "s", "qz", "z", *(["b"] if bias else [])], ["y"], domain=MICROSOFT
        ),
    ]
    return Case(
        built(nodes, {"w": numbers, "s": scale, "z": zero, **({"b": B} if bias else {})}),
        stands,
        B if bias else None,
        W,
        tolerance=1e-4,
    )


def dynamic_matmul(axis=None):
    numbers, scale, zero, stands = quantised(W, np.uint8, axis)
    nodes = [node("DynamicQuantizeMatMul", ["x", "w", "s", "z", "b"], ["y"], domain=MICROSOFT)]
    return Case(built(nodes, {"w": numbers, "s": scale, "z": zero, "b": B}), stands, B, W, tolerance=1e-4)


def packed(numbers, bits):
    """Numbers (rows, n) of so many bits as bytes, the first in the lowest bits."""
    per = 8 // bits
    padded = np.pad(numbers, ((0, 0), (0, -numbers.shape[1] % per))).astype(np.uint8).reshape(len(numbers), -1, per)
    return (padded << np.arange(0, 8, bits, dtype=np.uint8)).sum(-1).astype(np.uint8)


def n_bits(bits, zeros, block=16, inputs=40):
    """(K, N) by blocks of inputs; the last block is not full."""
    blocks, top = -(-inputs // block), (1 << bits) - 1
    weight = 0.6 * seeded(inputs, OUT, seed=1) + 0.2
    padded = np.pad(weight.T, ((0, 0), (0, blocks * block - inputs))).reshape(OUT, blocks, block)
    scale = (np.abs(padded).max(-1) / (top // 3)).astype(np.float32)
    zero = (
        np.full((OUT, blocks), 1 << bits - 1)
        if not zeros
        else np.random.default_rng(0).integers(top // 3, top // 2 + 1, (OUT, blocks))
    )
    numbers = np.clip(np.round(padded / scale[..., None]) + zero[..., None], 0, top)
    stands = ((numbers - zero[..., None]) * scale[..., None]).reshape(OUT, -1)[:, :inputs].T.astype(np.float32)
    stored = {"w": packed(numbers.reshape(OUT * blocks, block), bits).reshape(OUT, blocks, -1), "s": scale.reshape(-1)}
    names = ["x", "w", "s"]
    if zeros:
        stored["z"] = packed(zero, bits).reshape(-1)
        names.append("z")
    op = node("MatMulNBits", names, ["y"], domain=MICROSOFT, K=inputs, N=OUT, bits=bits, block_size=block)
    made = model([op], {"x": (1, inputs)}, {"y": (1, OUT)}, stored, domains=(MICROSOFT,))
    return Case(made, stands, plain=None if bits < 4 else weight, tolerance=1e-4)


def bnb4(kind):
    """(K, N), blocks of 16 numbers of the transposed matrix; the high half of a byte first."""
    inputs, block = 16, 16
    index = np.random.default_rng(0).integers(0, 16, OUT * inputs)
    scale = np.abs(seeded(OUT * inputs // block)) + 0.1
    stored = {"w": (index[::2] << 4 | index[1::2]).astype(np.uint8), "s": scale}
    op = node(
        "MatMulBnb4", ["x", "w", "s"], ["y"], domain=MICROSOFT, K=inputs, N=OUT, block_size=block, quant_type=kind
    )
    made = model([op], {"x": (1, inputs)}, {"y": (1, OUT)}, stored, domains=(MICROSOFT,))
    return Case(made, impulses(made)[0], tolerance=1e-5)


def sparse(flat):
    weight = np.where(np.abs(W) > 0.6, W, 0).astype(np.float32)
    places = np.argwhere(weight)
    values = numpy_helper.from_array(weight[tuple(places.T)], "w")
    indices = np.ravel_multi_index(tuple(places.T), weight.shape) if flat else places
    made = model([node("MatMul", ["x", "w"], ["y"])], {"x": (1, IN)}, {"y": (1, OUT)})
    made.graph.sparse_initializer.append(
        onnx.SparseTensorProto(
            values=values, indices=numpy_helper.from_array(indices.astype(np.int64), "i"), dims=weight.shape
        )
    )
    return Case(made, weight)


def blob():
    """A row of numbers of which the matrix and the bias are two parts."""
    row = np.concatenate([seeded(7), W.ravel(), B])
    edges = {"a": [7], "b": [7 + W.size], "c": [row.size], "s": W.shape}
    nodes = [
        node("Slice", ["row", "a", "b"], ["f"]),
        node("Reshape", ["f", "s"], ["w"]),
        node("Slice", ["row", "b", "c"], ["v"]),
        node("Gemm", ["x", "w", "v"], ["y"]),
    ]
    stored = {"row": row, **{name: np.array(value, np.int64) for name, value in edges.items()}}
    return Case(built(nodes, stored), W, B)


def normed():
    """Weight normalisation: g v / |v|. Both parts are parameters."""
    direction, length = seeded(OUT, IN, seed=5), np.abs(seeded(OUT, 1, seed=6)) + 0.1
    nodes = [
        node("ReduceL2", ["v"], ["n"], axes=[1]),
        node("Div", ["v", "n"], ["d"]),
        node("Mul", ["d", "g"], ["w"]),
        node("Gemm", ["x", "w"], ["y"], transB=1),
    ]
    weight = direction / np.linalg.norm(direction, axis=1, keepdims=True) * length
    return Case(built(nodes, {"v": direction, "g": length}), weight.T, parameters=OUT * IN + OUT, tolerance=1e-4)


def adapted():
    """LoRA, not merged: W + A B."""
    first, second = seeded(IN, 2, seed=5), seeded(2, OUT, seed=6)
    nodes = [node("MatMul", ["a", "b"], ["p"]), node("Add", ["w", "p"], ["v"]), node("MatMul", ["x", "v"], ["y"])]
    return Case(
        built(nodes, {"w": W, "a": first, "b": second}),
        W + first @ second,
        parameters=W.size + first.size + second.size,
        tolerance=1e-4,
    )


def linear(op):
    """Coefficients and intercepts as attributes; the scores of a classifier are its second output."""
    more = {"classlabels_ints": list(range(OUT)), "post_transform": "NONE"} if "Classifier" in op else {"targets": OUT}
    outputs = ["label", "y"] if "Classifier" in op else ["y"]
    classifier = node(
        op, ["x"], outputs, domain="ai.onnx.ml", coefficients=W.T.ravel().tolist(), intercepts=B.tolist(), **more
    )
    given = [info("y", (1, OUT)), info("label", (1,), TensorProto.INT64)][: len(outputs)]
    made = helper.make_model(
        helper.make_graph([classifier], "g", [info("x", (1, IN))], given),
        ir_version=10,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)],
    )
    return Case(made, W, B)


CASES = {
    "QDQ, convolution": lambda: qdq(True, np.uint8, None),
    "QDQ, each channel": lambda: qdq(True, np.int8, 0),
    "QDQ, matrix": lambda: qdq(False, np.uint8, None),
    "QDQ, each column": lambda: qdq(False, np.int8, 1),
    "int4 in blocks": lambda: blocked(ml_dtypes.int4),
    "int8 in blocks": lambda: blocked(np.int8),
    "float8e4m3fn": lambda: float8(ml_dtypes.float8_e4m3fn),
    "float8e5m2": lambda: float8(ml_dtypes.float8_e5m2),
    "ConvInteger": lambda: dynamic(True, np.uint8),
    "ConvInteger, int8": lambda: dynamic(True, np.int8),
    "MatMulInteger": lambda: dynamic(False, np.uint8),
    "MatMulInteger, int8": lambda: dynamic(False, np.int8),
    "MatMulInteger, each column": lambda: dynamic(False, np.uint8, 1),
    "MatMulInteger, fixed": static_integer,
    "MatMulInteger, matrix first": matrix_first,
    "QLinearConv": lambda: qlinear(True),
    "QLinearConv, each channel": lambda: qlinear(True, np.int8, 0),
    "QLinearMatMul": lambda: qlinear(False),
    "QLinearMatMul, each column": lambda: qlinear(False, np.int8, 1),
    "QGemm": lambda: qgemm(False, 1.0),
    "QGemm, turned": lambda: qgemm(True, 1.0),
    "MatMulIntegerToFloat": lambda: to_float(False),
    "MatMulIntegerToFloat, bias": lambda: to_float(True),
    "DynamicQuantizeMatMul": dynamic_matmul,
    "DynamicQuantizeMatMul, each column": lambda: dynamic_matmul(1),
    "MatMulNBits": lambda: n_bits(4, False),
    "MatMulNBits, zeros": lambda: n_bits(4, True),
    "MatMulNBits, 8": lambda: n_bits(8, False),
    "MatMulNBits, 8, zeros": lambda: n_bits(8, True),
    "MatMulBnb4, FP4": lambda: bnb4(0),
    "MatMulBnb4, NF4": lambda: bnb4(1),
    "sparse, places": lambda: sparse(True),
    "sparse, indices": lambda: sparse(False),
    "part of a row": blob,
    "weight normalisation": normed,
    "LoRA": adapted,
    "LinearClassifier": lambda: linear("LinearClassifier"),
    "LinearRegressor": lambda: linear("LinearRegressor"),
}


def impulses(made) -> tuple[np.ndarray, np.ndarray]:
    """What y gives for an impulse of 1 at each cell of x, less what it gives for none, (cells of x, cells of y); and
    what it gives for none."""
    (x,) = (value for value in made.graph.input if value.name == "x")
    shape = [dim.dim_value for dim in x.type.tensor_type.shape.dim]
    rest = run(made, {"x": np.zeros(shape, np.float32)}, ["y"])[0].ravel()
    found = []
    for cell in range(int(np.prod(shape))):
        given = np.zeros(shape, np.float32)
        given.flat[cell] = 1
        found.append(run(made, {"x": given}, ["y"])[0].ravel() - rest)
    return np.array(found), rest


def of_layer(found):
    """The layer with the weights, and the connection that carries them."""
    (layer,) = (one for one in found.layers if one.parameters)
    (connection,) = (one for one in found.connections if one.target is layer)
    return layer, connection


def matrix(connection) -> np.ndarray:
    """The weight of every line, (cells of the source, cells of the target)."""
    made = np.zeros((connection.source.size, connection.target.size))
    edges = edges_of(connection)
    np.add.at(made, (edges.source, edges.target), edges.weight)
    return made


def whole(case) -> onnx.ModelProto:
    """The same network with its weight as it is applied, plain."""
    conv = case.weight.ndim == 4
    names = ["x", "w", *(["b"] if case.bias is not None else [])]
    op = node("Conv", names, ["y"], pads=[1] * 4) if conv else node("Gemm", names, ["y"])
    stored = {"w": case.weight} | ({"b": case.bias} if case.bias is not None else {})
    x, y = ((1, *SHAPE), (1, KERNEL[0], *SHAPE[1:])) if conv else ((1, len(case.weight)), (1, OUT))
    return model([op], {"x": x}, {"y": y}, stored)


@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_as_before_it_was_quantised(tmp_path, name):
    case = CASES[name]()
    found, plain = network(tmp_path, case.made, by_node=False), network(tmp_path, whole(case), name="plain.onnx")
    (layer, connection), (twin, known) = of_layer(found), of_layer(plain)
    assert connection.join.carries == "weight"
    assert layer.multiply_adds == twin.multiply_adds > 0
    assert layer.parameters == (case.parameters or twin.parameters)
    assert found.parameters == layer.parameters + 7 * ("row" in name)  # those that nobody reads
    have, want = statistics(layer), statistics(twin)
    assert (have.count, have.zeros, have.not_finite) == (want.count, want.zeros, want.not_finite)
    for number in ("mean", "std", "minimum", "maximum"):
        assert getattr(have, number) == pytest.approx(getattr(want, number), abs=1e-5)
    inner = connection.join.join if isinstance(connection.join, Through) else connection.join
    np.testing.assert_allclose(inner.unit_strength(), known.join.unit_strength(), rtol=1e-4)
    np.testing.assert_allclose(inner.unit_mean(), known.join.unit_mean(), atol=1e-5)
    np.testing.assert_allclose(inner.source_strength(), known.join.source_strength(), rtol=1e-4)
    if case.bias is not None:
        np.testing.assert_allclose(layer.bias.array().ravel(), case.bias, atol=0.02)
    lines = matrix(connection)
    np.testing.assert_allclose(lines, matrix(known), atol=1e-5)
    if case.plain is not None and case.weight.ndim == 2:  # within one step of what it was made of
        step = np.abs(case.plain - case.weight).max() + 1e-6
        sure = np.abs(case.plain) > step
        assert step < 0.2 and (np.sign(lines) == np.sign(case.plain))[sure].all()


@pytest.mark.parametrize("name", CASES)
def test_lines_are_what_the_operator_answers_to_an_impulse(tmp_path, name):
    case = CASES[name]()
    _, connection = of_layer(network(tmp_path, case.made, by_node=False))
    answers, _ = impulses(case.made)
    step = 1e-4 if case.exact else float(Y_SCALE)  # y is rounded too
    np.testing.assert_allclose(matrix(connection), answers, atol=max(step, case.tolerance) * 1.01)


@pytest.mark.parametrize("name", ["MatMulInteger", "MatMulInteger, int8", "ConvInteger", "MatMulInteger, each column"])
def test_an_integer_operator_by_itself_has_no_scale(tmp_path, name):
    """Each node as a layer: the lines are the numbers less their zero point, which is what the operator multiplies."""
    made = CASES[name]().made
    found = network(tmp_path, made)
    (layer,) = (one for one in found.layers if one.op.endswith("Integer"))
    connection = next(one for one in found.connections if one.target is layer)
    stored = {one.name: numpy_helper.to_array(one).astype(np.float64) for one in made.graph.initializer}
    zero = stored["z"]
    weight = stored["w"] - zero
    assert (np.unique(np.abs(edges_of(connection).weight)) == np.unique(np.abs(weight))).all()


def test_types_below_a_byte_and_odd_counts(tmp_path):
    numbers, scale = np.arange(-4, 5).reshape(3, 3).astype(ml_dtypes.int4), np.array([0.1, 0.2, 0.3], np.float32)
    nodes = [node("DequantizeLinear", ["w", "s"], ["v"], axis=1), node("MatMul", ["x", "v"], ["y"])]
    found = network(
        tmp_path, model(nodes, {"x": (1, 3)}, {"y": (1, 3)}, {"w": tensor("w", numbers), "s": scale}, 21), by_node=False
    )
    layer, connection = of_layer(found)
    np.testing.assert_allclose(matrix(connection), numbers.astype(np.float32) * scale, rtol=1e-6)
    assert (layer.parameters, layer.multiply_adds) == (9, 9)


HIDDEN, CLASSES = 4 * 5 * 6, 7
CONVOLUTION = {"w": C, "b": CB, "f": 0.2 * seeded(HIDDEN, CLASSES, seed=8), "g": 0.4 * seeded(CLASSES, 3, seed=9)}


def deep(form):
    """Convolution, activation, two matrices: plain, or quantised in one of three ways."""
    made, (conv, conv_scale, conv_zero, _) = {}, quantised(CONVOLUTION["w"], np.int8, 0)
    matrices = {name: quantised(CONVOLUTION[name]) for name in "fg"}
    pads = {"pads": [1] * 4}
    if form == "plain":
        nodes = [
            node("Conv", ["x", "w", "b"], ["c"], **pads),
            node("Relu", ["c"], ["r"]),
            node("Flatten", ["r"], ["q"]),
            node("MatMul", ["q", "f"], ["h"]),
            node("Relu", ["h"], ["k"]),
            node("MatMul", ["k", "g"], ["y"]),
        ]
        made = dict(CONVOLUTION)
    for name, (numbers, scale, zero, _) in matrices.items() if form != "plain" else ():
        made |= {f"{name}w": numbers, f"{name}s": scale, f"{name}z": zero}
    if form == "QDQ":
        made |= {"w": conv, "s": conv_scale, "z": conv_zero, "b": CB, **ACTIVATION}
        nodes = [
            *ROUND,
            node("DequantizeLinear", ["xq", "xs", "xz"], ["xd"]),
            node("DequantizeLinear", ["w", "s", "z"], ["wd"], axis=0),
            node("Conv", ["xd", "wd", "b"], ["c"], **pads),
            node("Relu", ["c"], ["r"]),
            node("QuantizeLinear", ["r", "ys", "yz"], ["rq"]),
            node("DequantizeLinear", ["rq", "ys", "yz"], ["rd"]),
            node("Flatten", ["rd"], ["q"]),
            node("DequantizeLinear", ["fw", "fs", "fz"], ["fd"]),
            node("MatMul", ["q", "fd"], ["h"]),
            node("Relu", ["h"], ["k"]),
            node("DequantizeLinear", ["gw", "gs", "gz"], ["gd"]),
            node("MatMul", ["k", "gd"], ["y"]),
        ]
    if form == "dynamic":
        conv_scale = np.abs(C).max((1, 2, 3), keepdims=True) / 127
        made |= {
            "w": np.round(C / conv_scale).astype(np.int8),
            "s": conv_scale.reshape(1, -1, 1, 1),
            "z": np.int8(0),
            "b": CB.reshape(1, -1, 1, 1),
        }

        def dense(x, name, y):
            return [
                node("DynamicQuantizeLinear", [x], [f"{x}q", f"{x}s", f"{x}z"]),
                node("MatMulInteger", [f"{x}q", f"{name}w", f"{x}z", f"{name}z"], [f"{y}i"]),
                node("Cast", [f"{y}i"], [f"{y}f"], to=1),
                node("Mul", [f"{x}s", f"{name}s"], [f"{y}s"]),
                node("Mul", [f"{y}f", f"{y}s"], [y]),
            ]

        nodes = [
            node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"]),
            node("ConvInteger", ["xq", "w", "xz", "z"], ["ci"], **pads),
            node("Cast", ["ci"], ["cf"], to=1),
            node("Mul", ["xs", "s"], ["cs"]),
            node("Mul", ["cf", "cs"], ["cm"]),
            node("Add", ["cm", "b"], ["c"]),
            node("Relu", ["c"], ["r"]),
            node("Flatten", ["r"], ["q"]),
            *dense("q", "f", "h"),
            node("Relu", ["h"], ["k"]),
            *dense("k", "g", "y"),
        ]
    if form == "QOperator":
        steps = {"ys": np.float32(0.03), "yz": np.uint8(0), "hs": np.float32(0.03), "hz": np.uint8(0)}  # from 0: Relu
        made |= {
            "w": conv,
            "s": conv_scale,
            "z": conv_zero,
            **ACTIVATION,
            **steps,
            "b": np.round(CB / (X_SCALE * conv_scale)).astype(np.int32),
            "os": np.float32(0.05),
            "oz": np.uint8(99),
        }
        nodes = [
            *ROUND,
            node("QLinearConv", ["xq", "xs", "xz", "w", "s", "z", "ys", "yz", "b"], ["c"], **pads),
            node("Flatten", ["c"], ["q"]),
            node("QLinearMatMul", ["q", "ys", "yz", "fw", "fs", "fz", "hs", "hz"], ["h"]),
            node("QLinearMatMul", ["h", "hs", "hz", "gw", "gs", "gz", "os", "oz"], ["o"]),
            node("DequantizeLinear", ["o", "os", "oz"], ["y"]),
        ]
    return model(nodes, {"x": (1, *SHAPE)}, {"y": (1, 3)}, made)


@pytest.mark.parametrize("form", ["QDQ", "dynamic", "QOperator"])
def test_a_network_is_as_before_it_was_quantised(tmp_path, form):
    plain, found = (network(tmp_path, deep(one), name=f"{one}.onnx", by_node=False) for one in ("plain", form))
    twins = [one for one in plain.layers if one.parameters]
    layers = [one for one in found.layers if one.parameters]
    assert [one.parameters for one in layers] == [one.parameters for one in twins]
    assert found.parameters == plain.parameters == sum(one.size for one in CONVOLUTION.values())
    assert [one.multiply_adds for one in layers] == [one.multiply_adds for one in twins]
    assert sum(one.nodes for one in found.layers) == len(deep(form).graph.node)
    ranks, want = rank(found), rank(plain)
    for layer, twin in zip(layers, twins, strict=True):
        step = 0.02 * (statistics(twin).maximum - statistics(twin).minimum)
        for number in ("minimum", "maximum", "mean", "std"):
            assert getattr(statistics(layer), number) == pytest.approx(getattr(statistics(twin), number), abs=step)
        have = [one for one in found.connections if one.target is layer]
        known = [one for one in plain.connections if one.target is twin]
        assert len(have) == len(known) == 1 and have[0].source.size == known[0].source.size
        np.testing.assert_allclose(matrix(have[0]), matrix(known[0]), atol=step)
        if twin.name in want:
            np.testing.assert_allclose(ranks[layer.name].importance, want[twin.name].importance, rtol=0.02)
        drawn = [share_out(net, 10_000) for net in (found, plain)]
        lines = [
            strongest(one, shown[one.source.name], shown[one.target.name], 40)
            for one, shown in zip((have[0], known[0]), drawn, strict=True)
        ]
        np.testing.assert_allclose(*(np.sort(one.weight) for one in lines), atol=4 * step)
        assert lines[0].total == lines[1].total


def test_what_cannot_be_followed_is_unknown_and_never_integers(tmp_path):
    """A vendor's operator on bytes, and weights whose scale is only known in a run."""
    numbers, scale, zero, _ = quantised(W)
    nodes = [
        node("Odd", ["x", "w"], ["h"], domain="vendor"),
        node("MatMulInteger", ["q", "w", "qz", "z"], ["i"]),
        node("Cast", ["i"], ["y"], to=1),
    ]
    nodes = [nodes[0], node("DynamicQuantizeLinear", ["h"], ["q", "qs", "qz"]), *nodes[1:]]
    made = model(nodes, {"x": (1, IN)}, {"y": (1, OUT)}, {"w": numbers, "z": zero}, domains=("vendor",))
    made.graph.value_info.append(info("h", (1, IN)))
    found = network(tmp_path, made, by_node=False)
    odd = next(one for one in found.layers if one.op == "Odd")
    assert statistics(odd) is None and odd.parameters == W.size
    assert all(one.join.carries == "unknown" for one in found.connections if one.target is odd)
    assert all(one["weights"] is None for one in report(found)["layers"] if one["name"] == odd.name)
    # a scale that is an input of the model
    nodes = [node("DequantizeLinear", ["w", "s"], ["v"]), node("MatMul", ["x", "v"], ["y"])]
    made = model(nodes, {"x": (1, IN), "s": ()}, {"y": (1, OUT)}, {"w": numbers})
    for layer in network(tmp_path, made, by_node=False).layers:
        assert statistics(layer) is None
    assert all(one.join.carries != "weight" for one in network(tmp_path, made, by_node=False).connections)


def test_a_table_of_bytes_is_scaled(tmp_path):
    table, scale, zero, stands = quantised(seeded(20, 8))
    nodes = [node("Gather", ["w", "ids"], ["e"]), node("DequantizeLinear", ["e", "s", "z"], ["y"])]
    made = model(nodes, {}, {"y": (1, 5, 8)}, {"w": table, "s": scale, "z": zero})
    made.graph.input.append(info("ids", (1, 5), TensorProto.INT64))
    layer = network(tmp_path, made, by_node=False).layers[-1]
    assert layer.parameters == 160
    assert (statistics(layer).minimum, statistics(layer).maximum) == pytest.approx((stands.min(), stands.max()))


def test_damaged_parts_are_told(tmp_path):
    """Places outside a sparse tensor, and packed weights that are too short: a plain line, or unknown."""
    made = CASES["sparse, places"]().made
    tensor_ = made.graph.sparse_initializer[0]
    tensor_.indices.CopyFrom(numpy_helper.from_array(np.full(tensor_.indices.dims[0], 99, np.int64), "i"))
    with pytest.raises(CheckpointError, match="outside its shape"):
        statistics(of_layer(network(tmp_path, made, by_node=False))[0])
    made = CASES["MatMulNBits"]().made
    next(one for one in made.graph.node[0].attribute if one.name == "K").i = 1 << 40
    found = network(tmp_path, made, by_node=False)
    assert statistics(found.layers[-1]) is None and found.connections[0].join.carries == "unknown"


def test_large_weights_stay_in_the_file_until_they_are_asked_for(tmp_path):
    numbers = np.random.default_rng(0).integers(0, 255, (2048, 4096)).astype(np.uint8)
    nodes = [node("DequantizeLinear", ["w", "s", "z"], ["v"]), node("MatMul", ["x", "v"], ["y"])]
    made = model(nodes, {"x": (1, 2048)}, {"y": (1, 4096)}, {"w": numbers, "s": np.float32(0.1), "z": np.uint8(128)})
    path = save(tmp_path, made)
    del made, numbers
    tracemalloc.start()
    found = summarise(open_checkpoint(path))
    assert found.parameters == 2048 * 4096 and tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("form", ["QDQ", "dynamic", "QOperator"])
def test_activations_are_what_they_stand_for_and_units_are_pruned(tmp_path, form):
    plain, found = (network(tmp_path, deep(one), name=f"{one}.onnx", by_node=False) for one in ("plain", form))
    x = 0.8 * seeded(1, *SHAPE, seed=12)
    fitted = [inference.fit(tmp_path / "x.npy", x, one.inputs[0], one.assumed) for one in (plain, found)]
    want, have = (inference.run(one, given) for one, given in zip((plain, found), fitted, strict=True))
    twins, layers = ([one for one in net.layers if one.parameters] for net in (plain, found))
    for twin, layer in zip(twins, layers, strict=True):
        value, expected = have[layer.tensor], want[twin.tensor]
        assert value.dtype == np.float32
        np.testing.assert_allclose(value.ravel(), expected.ravel(), atol=0.15)
    pruned = inference.run_pruned(found, [fitted[1]], have, 0.5)
    first = layers[0]
    gone, count = pruned.units[first.name]
    assert (gone, count) == (2, 4)
    maps = pruned.values[first.tensor].reshape(4, -1)
    assert ((maps == 0).all(1).sum()) >= 2


def test_a_fixed_scale_makes_activations_real(tmp_path):
    found = network(tmp_path, CASES["QLinearConv"]().made, by_node=False)
    x = 0.5 * seeded(1, *SHAPE, seed=13)
    fitted = inference.fit(tmp_path / "x.npy", x, found.inputs[0], found.assumed)
    values = inference.run(found, fitted)
    rounded = next(one for one in found.layers if one.op == "QuantizeLinear")
    np.testing.assert_allclose(values[rounded.tensor], x, atol=float(X_SCALE) / 2 + 1e-6)
