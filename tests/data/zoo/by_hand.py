# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two graphs that no exporter of ours writes: control flow, and a function of the model's own."""

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

OPSET = helper.make_opsetid("", 17)


class _Weights:
    def __init__(self):
        self.random = np.random.default_rng(0)

    def __call__(self, name, *shape):
        return numpy_helper.from_array(self.random.standard_normal(shape, np.float32) * np.float32(0.3), name)


def _value(name, *shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def control() -> ModelProto:
    """If (convolution or matrix product, by the image's mean), a Loop of three steps, a Scan over what it left."""
    weights, node = _Weights(), helper.make_node
    conv = helper.make_graph(
        [
            node(
                "Conv", ["image", "conv.weight", "conv.bias"], ["conv.out"], "conv", kernel_shape=[3, 3], pads=[1] * 4
            ),
            node("Relu", ["conv.out"], ["then.out"], "relu"),
        ],
        "then",
        [],
        [_value("then.out", 1, 4, 6, 6)],
        [weights("conv.weight", 4, 3, 3, 3), weights("conv.bias", 4)],
    )
    dense = helper.make_graph(
        [
            node("Flatten", ["image"], ["flat"], "flatten"),
            node("MatMul", ["flat", "dense.weight"], ["dense.out"], "matmul"),
            node("Reshape", ["dense.out", "dense.shape"], ["else.out"], "reshape"),
        ],
        "else",
        [],
        [_value("else.out", 1, 4, 6, 6)],
        [weights("dense.weight", 108, 144), numpy_helper.from_array(np.array([1, 4, 6, 6]), "dense.shape")],
    )
    # The loop's weights belong to the outer graph, as the specification allows; the scan's belong to its body.
    step = helper.make_graph(
        [
            node("MatMul", ["state", "loop.weight"], ["loop.product"], "matmul"),
            node("Add", ["loop.product", "loop.bias"], ["loop.sum"], "add"),
            node("Tanh", ["loop.sum"], ["state.next"], "tanh"),
            node("Identity", ["state.next"], ["state.kept"], "keep"),
            node("Identity", ["go"], ["go.next"], "go"),
        ],
        "step",
        [_value("i", kind=TensorProto.INT64), _value("go", kind=TensorProto.BOOL), _value("state", 1, 16)],
        [_value("go.next", kind=TensorProto.BOOL), _value("state.next", 1, 16), _value("state.kept", 1, 16)],
    )
    cell = helper.make_graph(
        [
            node("MatMul", ["x", "cell.input_weight"], ["cell.x"], "input"),
            node("MatMul", ["memory", "cell.recurrent_weight"], ["cell.memory"], "recurrent"),
            node("Add", ["cell.x", "cell.memory"], ["cell.sum"], "add"),
            node("Tanh", ["cell.sum"], ["memory.next"], "tanh"),
            node("Identity", ["memory.next"], ["cell.out"], "keep"),
        ],
        "cell",
        [_value("memory", 1, 8), _value("x", 1, 16)],
        [_value("memory.next", 1, 8), _value("cell.out", 1, 8)],
        [weights("cell.input_weight", 16, 8), weights("cell.recurrent_weight", 8, 8)],
    )
    nodes = [
        node("ReduceMean", ["image"], ["mean"], "mean", keepdims=0),
        node("Greater", ["mean", "zero"], ["bright"], "bright"),
        node("If", ["bright"], ["features"], "choose", then_branch=conv, else_branch=dense),
        node("Flatten", ["features"], ["features.flat"], "flatten"),
        node("Gemm", ["features.flat", "encode.weight", "encode.bias"], ["encoded"], "encode", transB=1),
        node("Loop", ["steps", "true", "encoded"], ["state.last", "states"], "repeat", body=step),
        node("Scan", ["memory.first", "states"], ["memory.last", "memories"], "scan", body=cell, num_scan_inputs=1),
        node("Gemm", ["memory.last", "head.weight", "head.bias"], ["scores"], "head", transB=1),
    ]
    constants = {
        "zero": np.float32(0),
        "steps": np.int64(3),
        "true": np.bool_(True),
        "memory.first": np.zeros((1, 8), np.float32),
    }
    initializers = [
        weights("encode.weight", 16, 144),
        weights("encode.bias", 16),
        weights("loop.weight", 16, 16),
        weights("loop.bias", 16),
        weights("head.weight", 5, 8),
        weights("head.bias", 5),
        *(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()),
    ]
    graph = helper.make_graph(
        nodes,
        "control",
        [_value("image", 1, 3, 6, 6)],
        [_value("scores", 1, 5), _value("state.last", 1, 16), _value("memories", 3, 1, 8)],
        initializers,
    )
    return helper.make_model(graph, opset_imports=[OPSET], ir_version=8)


def functions() -> ModelProto:
    """Three calls of a function Block (MatMul, Add, Relu) in the domain "neuroscene.zoo", and a head."""
    weights, domain = _Weights(), "neuroscene.zoo"
    block = helper.make_function(
        domain,
        "Block",
        ["x", "weight", "bias"],
        ["y"],
        [
            helper.make_node("MatMul", ["x", "weight"], ["product"], "matmul"),
            helper.make_node("Add", ["product", "bias"], ["sum"], "add"),
            helper.make_node("Relu", ["sum"], ["y"], "relu"),
        ],
        [OPSET],
    )
    x, nodes, initializers, sizes = "features", [], [], (12, 24, 24, 16)
    for stage in (1, 2, 3):
        name = f"stage{stage}"
        initializers += [
            weights(f"{name}.weight", *sizes[stage - 1 : stage + 1]),
            weights(f"{name}.bias", sizes[stage]),
        ]
        nodes.append(
            helper.make_node("Block", [x, f"{name}.weight", f"{name}.bias"], [f"{name}.out"], name, domain=domain)
        )
        x = f"{name}.out"
    initializers += [weights("head.weight", 4, sizes[-1]), weights("head.bias", 4)]
    nodes.append(helper.make_node("Gemm", [x, "head.weight", "head.bias"], ["scores"], "head", transB=1))
    graph = helper.make_graph(
        nodes, "functions", [_value("features", "batch", sizes[0])], [_value("scores", "batch", 4)], initializers
    )
    return helper.make_model(
        graph, opset_imports=[OPSET, helper.make_opsetid(domain, 1)], functions=[block], ir_version=8
    )
