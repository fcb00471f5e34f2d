# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from an ONNX file: weights in every storage, parameters, opsets and open sizes."""

import hashlib
import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, edges_of, into, model, network, node, save, seeded

PARAMETERS = {
    "mnist_cnn_keras_export": 29_018,
    "mnist_cnn_tf2onnx": 29_018,
    "mnist_cnn_torch_dynamo": 29_018,
    "onnx_external_data/mnist_cnn": 29_018,
    "mnist_cnn_torch_torchscript_exporter": 29_018,
    "mnist_cnn_torch_unfolded_bn": 29_066,
    "digits_mlp_skl2onnx": 2_778,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_of_real_models(name):
    found = summarise(open_checkpoint(DATA / f"{name}.onnx"))
    assert found.parameters == PARAMETERS[name]
    assert sum(layer.parameters for layer in found.layers) == found.parameters


@pytest.mark.parametrize("name", PARAMETERS)
def test_weights_of_real_models(name):
    path = DATA / f"{name}.onnx"
    checkpoint, whole = open_checkpoint(path), onnx.load(path)
    assert checkpoint.format == "onnx" and checkpoint.structure == "graph"
    assert checkpoint.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    for lazy, stored in zip(checkpoint.model.graph.initializer, whole.graph.initializer, strict=True):
        np.testing.assert_array_equal(checkpoint.array(lazy), numpy_helper.to_array(stored))


@pytest.mark.parametrize("name", PARAMETERS)
def test_layers_of_real_models_name_one_another(name):
    found = summarise(open_checkpoint(DATA / f"{name}.onnx"))
    names = [layer.name for layer in found.layers]
    assert len(set(names)) == len(names)
    assert all(source in names[:position] for position, layer in enumerate(found.layers) for source in layer.inputs)
    assert {(one.source.name, one.target.name) for one in found.connections} == {
        (source, layer.name) for layer in found.layers for source in layer.inputs
    }
    assert sum(layer.nodes for layer in found.layers) == len(found.checkpoint.model.graph.node)


def tensor(kind, values, raw, shape):
    return helper.make_tensor("w", kind, shape, values, raw)


STORAGES = {
    "float raw": (TensorProto.FLOAT, np.float32, True),
    "float typed": (TensorProto.FLOAT, np.float32, False),
    "double raw": (TensorProto.DOUBLE, np.float64, True),
    "double typed": (TensorProto.DOUBLE, np.float64, False),
    "float16 raw": (TensorProto.FLOAT16, np.float16, True),
    "float16 typed": (TensorProto.FLOAT16, np.float16, False),
    "bfloat16 raw": (TensorProto.BFLOAT16, ml_dtypes.bfloat16, True),
    "bfloat16 typed": (TensorProto.BFLOAT16, ml_dtypes.bfloat16, False),
    "float8 raw": (TensorProto.FLOAT8E4M3FN, ml_dtypes.float8_e4m3fn, True),
    "int8 raw": (TensorProto.INT8, np.int8, True),
    "int8 typed": (TensorProto.INT8, np.int8, False),
    "int4 raw": (TensorProto.INT4, ml_dtypes.int4, True),
    "int4 typed": (TensorProto.INT4, ml_dtypes.int4, False),
    "uint4 raw": (TensorProto.UINT4, ml_dtypes.uint4, True),
}


@pytest.mark.parametrize("shape", [(3, 5), (90, 71)], ids=["small", "large"])
@pytest.mark.parametrize("case", STORAGES)
def test_weights_in_every_storage(case, shape, tmp_path):
    kind, dtype, raw = STORAGES[case]
    values = np.random.default_rng(0).integers(0 if case.startswith("u") else -7, 7, shape).astype(dtype)
    stored = (
        numpy_helper.from_array(values, "w")
        if raw
        else helper.make_tensor("w", kind, shape, values.astype(np.float32).ravel())
    )
    assert stored.HasField("raw_data") == raw
    made = model([node("Gemm", ["x", "w"], ["y"])], {"x": (1, shape[0])}, {"y": (1, shape[1])}, {"w": stored}, opset=21)
    found = network(tmp_path, made)
    assert found.parameters == shape[0] * shape[1]
    (leaf,) = found.layer("y").weights
    assert (leaf.name, leaf.size, leaf.data_type) == ("w", values.size, kind)
    read = leaf.array()
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, values)
    edges = edges_of(into(found, "y")[0])
    np.testing.assert_array_equal(edges.weight, values.astype(np.float32)[edges.source, edges.target])


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16, ml_dtypes.int4])
def test_weights_beside_the_model(dtype, tmp_path):
    values = np.random.default_rng(0).integers(-7, 7, (60, 41)).astype(dtype)
    made = model(
        [node("Gemm", ["x", "w"], ["y"])],
        {"x": (1, 60)},
        {"y": (1, 41)},
        {"w": numpy_helper.from_array(values, "w"), "empty": np.zeros((0, 3), np.float32)},
        opset=21,
    )
    onnx.save(made, tmp_path / "model.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    found = summarise(open_checkpoint(tmp_path / "model.onnx"))
    (leaf,) = next(layer for layer in found.layers if layer.op == "Gemm").weights
    np.testing.assert_array_equal(leaf.array(), values)
    empty = next(one for one in found.checkpoint.model.graph.initializer if one.name == "empty")
    assert found.checkpoint.array(empty).shape == (0, 3)


def test_large_weights_stay_in_the_file(tmp_path):
    made = model([node("Gemm", ["x", "w"], ["y"])], {"x": (1, 500)}, {"y": (1, 300)}, {"w": seeded(500, 300)})
    checkpoint = open_checkpoint(save(tmp_path, made))
    assert checkpoint.model.ByteSize() < 1000
    array = checkpoint.array(checkpoint.model.graph.initializer[0])
    assert not array.flags.owndata and not array.flags.writeable


def test_weights_made_by_constant_nodes(tmp_path):
    weight = seeded(6, 4)
    nodes = [
        node("Constant", [], ["w"], value=numpy_helper.from_array(weight)),
        node("Constant", [], ["b"], value_floats=[1.0, 2.0, 3.0, 4.0]),
        node("Gemm", ["x", "w", "b"], ["y"]),
    ]
    found = network(tmp_path, model(nodes, {"x": (1, 6)}, {"y": (1, 4)}))
    assert found.parameters == 28 and [layer.op for layer in found.layers] == ["Input", "Gemm"]
    assert found.layer("y").nodes == 3
    for leaf, expected in zip(found.layer("y").weights, (weight, [1, 2, 3, 4]), strict=True):
        np.testing.assert_array_equal(leaf.array(), expected)


def test_scales_of_quantised_weights_are_no_parameters(tmp_path):
    weights = {"q": np.ones((6, 4), np.int8), "s": np.ones(4, np.float32), "z": np.zeros(4, np.int8)}
    nodes = [node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=1), node("Gemm", ["x", "w"], ["y"])]
    assert network(tmp_path, model(nodes, {"x": (1, 6)}, {"y": (1, 4)}, weights)).parameters == 24


def test_shared_weights_are_counted_once(tmp_path):
    nodes = [node("MatMul", ["x", "w"], ["a"]), node("Transpose", ["w"], ["v"]), node("MatMul", ["a", "v"], ["y"])]
    found = network(tmp_path, model(nodes, {"x": (1, 5)}, {"y": (1, 5)}, {"w": seeded(5, 5)}))
    assert found.parameters == 25 and [layer.parameters for layer in found.layers] == [0, 25, 25]


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 17, 21, onnx.defs.onnx_opset_version()])
def test_every_opset(opset, tmp_path):
    nodes = [
        node("Conv", ["x", "w"], ["c"]),
        node("Relu", ["c"], ["r"]),
        node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2]),
        node("Flatten", ["p"], ["f"]),
        node("MatMul", ["f", "v"], ["m"]),
        node("Softmax", ["m"], ["y"], axis=1),
    ]
    found = network(
        tmp_path, model(nodes, {"x": (1, 2, 6, 6)}, {"y": (1, 5)}, {"w": seeded(3, 2, 3, 3), "v": seeded(27, 5)}, opset)
    )
    assert [layer.shape for layer in found.layers] == [(2, 6, 6), (3, 4, 4), (3, 4, 4), (3, 3, 3), (27,), (5,), (5,)]
    assert found.parameters == 54 + 135
    assert all(one.join.carries != "unknown" for one in found.connections)


OPEN = model([node("Relu", ["x"], ["y"])], {"x": ("N", 3, "height", "width")}, {"y": ("N", 3, "height", "width")})


def test_open_sizes_are_filled_in(tmp_path):
    found = network(tmp_path, OPEN)
    assert found.inputs[0].shape == found.outputs[0].shape == (1, 3, 224, 224)
    assert [(one.axis, one.name, one.size, one.chosen) for one in found.assumed] == [
        (0, "N", 1, False),
        (2, "height", 224, False),
        (3, "width", 224, False),
    ]


def test_open_sizes_are_chosen(tmp_path):
    found = network(tmp_path, OPEN, {"N": 3, "height": 10, "x:3": 12})
    assert found.inputs[0].shape == (3, 3, 10, 12) and found.layers[1].shape == (3, 10, 12)
    assert all(one.chosen for one in found.assumed)


@pytest.mark.parametrize("sizes", [{"M": 3}, {"x:1": 3}, {"z:0": 3}, {"": 3}])
def test_a_wrong_name_is_answered_with_the_open_ones(sizes, tmp_path):
    with pytest.raises(CheckpointError, match="N, height, width") as caught:
        network(tmp_path, OPEN, sizes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, -1, 1 << 40])
def test_a_size_that_cannot_be(size, tmp_path):
    with pytest.raises(CheckpointError, match="size"):
        network(tmp_path, OPEN, {"N": size})


MEASURE = """
import sys
sys.path[:0] = [sys.argv[1]]
import conftest
from bench import memory
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.network import summarise
from neuroscene.addon.network.drawn import share_out
from neuroscene.addon.network.lines import strongest
import onnx.reference, onnxruntime
before = memory.peak()
network = summarise(open_checkpoint(sys.argv[2]))
if sys.argv[3] == "draw":
    drawn = share_out(network, 20_000)
    for one in network.connections:
        strongest(one, drawn[one.source.name], drawn[one.target.name], 500)
print(network.parameters, memory.peak() - before)
"""


def measured(path, *what):
    """Parameters, and by how many bytes the memory grew at its peak, in a process of its own."""
    command = [sys.executable, "-c", MEASURE, DATA.parent, path, *(what or ("open",))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return map(int, done.stdout.split())


def constant_of_shape(folder, *shape):
    fill = helper.make_tensor("value", TensorProto.FLOAT, [1], [0.5])
    nodes = [node("ConstantOfShape", ["s"], ["w"], value=fill), node("MatMul", ["x", "w"], ["y"])]
    return save(folder, model(nodes, {"x": (1, shape[0])}, {"y": (1, shape[1])}, {"s": np.array(shape, np.int64)}))


@pytest.mark.slow
@pytest.mark.parametrize("what", ["open", "draw"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process its peak of memory this way")
def test_a_constant_of_shape_takes_no_memory(what, tmp_path):
    parameters, grown = measured(constant_of_shape(tmp_path, 10**5, 10**4), what)
    assert parameters == 10**9 and grown < 200 << 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process its peak of memory this way")
def test_a_model_of_gigabytes_opens_with_little_memory(tmp_path):
    made = model([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 30_000)}, {"y": (1, 25_000)})
    weight = TensorProto(
        name="w", data_type=TensorProto.FLOAT, dims=[30_000, 25_000], data_location=TensorProto.EXTERNAL
    )
    weight.external_data.add(key="location", value="weights.bin")
    made.graph.initializer.append(weight)
    (tmp_path / "weights.bin").touch()
    os.truncate(tmp_path / "weights.bin", 3_000_000_000)
    parameters, grown = measured(save(tmp_path, made))
    assert parameters == 750_000_000 and grown < 200 << 20
