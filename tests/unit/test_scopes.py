# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules are read from the names of every exporter, and names without meaning give none."""

import pytest
from onnx import helper

from neuroscene.addon.network.scopes import common, scope_of, scopes_of_weights


def scope(name, output="y", **metadata):
    node = helper.make_node("Relu", ["x"], [output], name=name)
    for key, value in metadata.items():
        node.metadata_props.add(key=key, value=value)
    return scope_of(node)


@pytest.mark.parametrize(
    "name, path",
    [
        # torch.onnx.export before dynamo
        ("/layer1/layer1.0/conv1/Conv", "layer1 layer1.0 conv1"),
        ("/encoder/layer.0/attention/self/query/MatMul", "encoder layer.0 attention self query"),
        ("/features/features.0/features.0.0/Conv", "features features.0 features.0.0"),
        ("/Relu_1", ""),
        # TensorFlow and Keras
        ("mnist_cnn_1/conv1_1/BiasAdd__6", "mnist_cnn_1 conv1_1"),
        (
            "StatefulPartitionedCall/resnet50/conv2_block1_1_conv/Conv2D",
            "StatefulPartitionedCall resnet50 conv2_block1_1_conv",
        ),
        ("model/dense/Relu;model/dense/BiasAdd", "model dense"),
        ("Conv__38", ""),
        # qualified names
        ("layer1.0.conv1", "layer1 layer1.0"),
        ("layer1.0.conv1.bn", "layer1 layer1.0 conv1"),
        # names that say nothing
        *((name, "") for name in ("Conv_12", "p2o.Conv.0", "node_conv2d_3", "n17", "model.onnx", "a b.c d", "")),
    ],
)
def test_names(name, path):
    assert scope(name) == tuple(path.split())


def test_a_node_without_a_name_has_that_of_its_output():
    assert scope("", "inception_3a/1x1") == ("inception_3a",)
    assert scope("Conv_3", "input.4") == ()


SCOPES = "pkg.torch.onnx.name_scopes"


@pytest.mark.parametrize(
    "value, path",
    [
        ("['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_1']", "layer1 layer1.0 conv1"),
        ("['', 'encoder', 'encoder.layer.0', 'encoder.layer.0.attention', 'linear']", "encoder layer.0 attention"),
        ("['', 'encoder', 'encoder.layer.0@1', 'add']", "encoder layer.0@1"),
        ("['', 'relu']", ""),
    ],
)
def test_metadata_of_torch_export(value, path):
    assert scope("node_conv2d", **{SCOPES: value}) == tuple(path.split())


def test_namespace_of_torch_export():
    value = ": resnet.ResNet/layer1: torch.nn.Sequential/layer1.0: resnet.BasicBlock/relu: aten.relu.default"
    assert scope("node_relu", namespace=value) == ("layer1", "layer1.0")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[",
        "__import__('os')",
        "[1, 2]",
        "{'a': 1}",
        "[" * 5000,
        "['" + "a" * 20_000 + "', 'b']",
        "['..', '/', 'b']",
    ],
)
def test_metadata_that_is_no_list_of_names(value):
    assert all(scope("/layer1/Conv", **{SCOPES: value}))


def test_absurd_depth():
    assert len(scope("a/" * 4000 + "b")) == len(scopes_of_weights([".".join("a" * 4000)])) == 32


def test_weights():
    assert scopes_of_weights(["layer1.0.conv1.weight"]) == ("layer1", "layer1.0", "conv1")
    assert scopes_of_weights(["layer1.0.conv1.weight", "layer1.0.bn1.bias", "onnx::Conv_497"]) == ("layer1", "layer1.0")
    assert scopes_of_weights(["h.0.attn.c_attn.weight"]) == ("h", "h.0", "attn", "c_attn")
    assert scopes_of_weights(["onnx::Conv_497", "t42", "123", "input.4"]) == scopes_of_weights([]) == ()


def test_common():
    assert common([]) == ()
    assert common([("a", "b"), ("a", "b", "c"), ("a", "d")]) == ("a",)
    assert common([("a",), ()]) == ()
