# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics of weights against NumPy in float64."""

import tracemalloc
import warnings
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from onnx import helper, numpy_helper

from neuroscene.addon.network import summarise
from neuroscene.addon.network.statistics import CHUNK, Statistics, statistics
from neuroscene.addon.structure import open_checkpoint
from unit.make import model, network, node, save, seeded

SIZES = 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7
FLOATS = "float16", "bfloat16", "float32", "float64"
EIGHTHS = sorted(name for name in dir(ml_dtypes) if name.startswith(("float8_", "float4_")))
INTEGERS = "int8", "uint8", "int16", "int32", "int4", "uint4"


def of(*arrays) -> Statistics | None:
    """The statistics of a layer with these weights."""
    return statistics(
        SimpleNamespace(weights=(), applied=[SimpleNamespace(numbers=lambda one=one: one) for one in arrays])
    )


def check(found: Statistics, *arrays):
    """The same numbers as NumPy finds on one float64 array of all."""
    values = np.concatenate([np.asarray(one).astype(np.float64).ravel() for one in arrays])
    finite = values[np.isfinite(values)]
    assert (found.count, found.not_finite) == (values.size, values.size - finite.size)
    assert found.zeros == np.sum(values == 0)
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    reach = np.abs(finite).max()
    assert found.mean == pytest.approx(finite.mean(), rel=1e-12, abs=1e-14 * reach)
    assert found.std == pytest.approx(finite.std(), rel=1e-12, abs=1e-14 * reach)
    assert all(type(one) is float for one in (found.mean, found.std, found.minimum, found.maximum))
    assert all(type(one) is int for one in (found.count, found.zeros, found.not_finite))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [*FLOATS, *EIGHTHS])
def test_floats(name, size):
    dtype = np.dtype(getattr(ml_dtypes, name, name))
    values = 0.05 * seeded(size).astype(np.float64)
    if name == "float8_e8m0fnu":  # no sign and no zero
        values = np.abs(values) + 1e-3
    else:
        values[::7] = 0
    values = values.astype(dtype)
    check(of(values), values)


@pytest.mark.parametrize("name", INTEGERS)
def test_integers(name):
    dtype = np.dtype(getattr(ml_dtypes, name, name))
    values = np.random.default_rng(0).integers(0 if name.startswith("u") else -8, 8, CHUNK + 9).astype(dtype)
    check(of(values), values)


def test_several_tensors_of_different_types_and_shapes():
    arrays = seeded(64, 32, 3, 3), 5 + seeded(64, seed=1).astype(np.float16), np.zeros((2, 0)), np.float32(3)
    check(of(*arrays), *arrays)


def test_a_mean_far_from_zero_costs_no_digits():
    values = 1e6 + 1e-2 * seeded(5 * CHUNK).astype(np.float64)
    check(of(values), values)
    assert of(values).std == pytest.approx(values.std(), rel=1e-9) and values.std() < 0.011
    constant = of(np.full(10**6, 0.1))
    assert constant.mean == pytest.approx(0.1, rel=1e-15) and constant.std < 1e-16


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16])
def test_what_is_not_finite_is_left_out(bad, dtype):
    values = seeded(3 * CHUNK)
    values[[0, 17, CHUNK + 3]], values[50] = bad, 0
    values = values.astype(dtype)
    check(of(values), values)


def test_nothing_finite_and_nothing_at_all():
    found = of(np.array([np.nan, np.inf, -np.inf], np.float32))
    assert (found.count, found.not_finite, found.zeros) == (3, 3, 0)
    assert all(np.isnan(one) for one in (found.mean, found.std, found.minimum, found.maximum))
    assert of() is None and of(np.zeros((0, 3), np.float32)) is None


def test_overflow_is_told_and_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = of(np.array([1e308, 1e308, -1e308]))
    assert (found.minimum, found.maximum) == (-1e308, 1e308) and not np.isfinite(found.std)


@pytest.mark.parametrize(
    "made",
    [lambda a: a.T, lambda a: a[::2, 1::3], lambda a: a[::-1], lambda a: a[3, 4], lambda a: a.transpose(1, 0)[None]],
)
def test_any_layout_in_memory(made):
    values = made(seeded(300, 400))
    check(of(values), values)


@pytest.mark.parametrize("shape", [(30, 4, 50), (30, 1, 50), (30, 4, 1), (1, 4, 1), (1, 1, 1), ()])
def test_broadcast_views(shape):
    view = np.broadcast_to(seeded(*shape), (30, 4, 50))
    check(of(view, seeded(77)), view, seeded(77))


def test_a_view_of_billions_takes_neither_time_nor_memory():
    tracemalloc.start()
    view = np.broadcast_to(np.array([0.0, 1.0], np.float32), (10**9, 10**4, 2))
    found = of(view, np.array([1.0] * 4))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert found.count == 2 * 10**13 + 4 and found.zeros == 10**13
    assert found.mean == pytest.approx(0.5) and found.std == pytest.approx(0.5)


def test_weights_are_never_copied_whole(tmp_path):
    made = model([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 2000)}, {"y": (1, 4000)}, {"w": seeded(2000, 4000)})
    found = network(tmp_path, made)
    tracemalloc.start()
    check_of = statistics(found.layers[-1])
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    check(check_of, seeded(2000, 4000))


def test_layers_of_a_model(tmp_path):
    weights = {"w": seeded(8, 3, 3, 3), "b": seeded(8, seed=1), "s": seeded(4, 8).astype(np.float16)}
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"]),
        node("Relu", ["c"], ["r"]),
        node("GlobalAveragePool", ["r"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Cast", ["s"], ["t"], to=1),
        node("Gemm", ["f", "t"], ["y"], transB=1),
    ]
    found = network(tmp_path, model(nodes, {"x": (1, 3, 9, 9)}, {"y": (1, 4)}, weights), by_node=False)
    by_op = {layer.op: statistics(layer) for layer in found.layers}
    assert by_op["Input"] is None
    check(by_op["Conv"], weights["w"])
    check(by_op["Gemm"], weights["s"])


def test_types_below_a_byte_in_a_file(tmp_path):
    values = np.random.default_rng(0).integers(-8, 8, (6, 5)).astype(ml_dtypes.int4)
    packed = helper.make_tensor("q", helper.np_dtype_to_tensor_dtype(values.dtype), (6, 5), values)
    nodes = [node("DequantizeLinear", ["q", "scale"], ["w"]), node("MatMul", ["x", "w"], ["y"])]
    made = model(nodes, {"x": (1, 6)}, {"y": (1, 5)}, {"q": packed, "scale": np.float32(0.1)}, opset=21)
    layer = network(tmp_path, made, by_node=False).layers[-1]
    check(statistics(layer), numpy_helper.to_array(packed).astype(np.float32) * np.float32(0.1))


def test_biases_are_no_weights_where_there_are_matrices(tmp_path):
    weights = {"w": seeded(3, 4), "b": seeded(4, seed=1) + 100, "s": seeded(4, seed=2), "t": seeded(4, seed=3)}
    nodes = [node("Gemm", ["x", "w", "b"], ["h"]), node("LayerNormalization", ["h", "s", "t"], ["y"])]
    found = network(tmp_path, model(nodes, {"x": (1, 3)}, {"y": (1, 4)}, weights), by_node=False)
    check(statistics(found.layers[1]), weights["w"])
    check(statistics(found.layers[2]), weights["s"], weights["t"])


def test_biases_that_are_not_finite_count_too(tmp_path):
    weight, bias = seeded(3, 4, 1, 1), np.array([1.0, np.nan, np.inf], np.float32)
    path = save(
        tmp_path,
        model(
            [node("Conv", ["x", "w", "b"], ["y"])], {"x": (1, 4, 2, 2)}, {"y": (1, 3, 2, 2)}, {"w": weight, "b": bias}
        ),
    )
    found = statistics(summarise(open_checkpoint(path)).layers[-1])
    assert (found.not_finite, found.count) == (2, weight.size) and found.maximum == weight.max()
