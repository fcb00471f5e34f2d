# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A specification written as ONNX a second time, without the code that is tested: sizes come from ONNX's own padding
and shape inference, parameters from what its operators read."""

import math

import onnx
from onnx import TensorProto, helper


def model_of(told: dict) -> onnx.ModelProto:
    """The ONNX model of a specification (plain data) of the operators that a LeNet is edited with, of one sample; its
    weights are 0."""
    given = told["input"]
    shapes = {given["name"]: [1, *given["shape"]]}
    nodes, weights = [], []

    def weight(name, *shape):
        size = math.prod(shape)
        weights.append(helper.make_tensor(name, TensorProto.FLOAT, shape, [1.0 if "variance" in name else 0.0] * size))
        return name

    before = given["name"]
    for layer in told["layers"]:
        name, op = layer["name"], layer["op"]
        read = layer.get("inputs", [before])
        before = name
        at = [shapes[each] for each in read]
        last = layer.get("activation")
        made = f"{name}.sum" if last else name
        if op in ("Conv", "MaxPool"):
            axes = len(at[0]) - 2
            kernel = _each(layer.get("kernel", 3 if op == "Conv" else 2), axes)
            strides = _each(layer.get("stride", 1 if op == "Conv" else kernel), axes)
            padding = layer.get("padding", 0)
            pads = {"auto_pad": "SAME_UPPER"} if padding == "same" else {"pads": 2 * _each(padding, axes)}
            window = {"kernel_shape": kernel, "strides": strides, **pads}
        if op == "Conv":
            units = layer["units"]
            own = [weight(f"{name}.weight", units, at[0][1], *kernel), weight(f"{name}.bias", units)]
            nodes.append(helper.make_node("Conv", [*read, *own], [made], name=name, **window))
        elif op == "MaxPool":
            nodes.append(helper.make_node("MaxPool", read, [made], name=name, **window))
        elif op == "BatchNormalization":
            own = [weight(f"{name}.{part}", at[0][1]) for part in ("scale", "bias", "mean", "variance")]
            nodes.append(helper.make_node(op, [*read, *own], [made], name=name))
        elif op == "Dense":
            units, wide = layer["units"], math.prod(at[0][1:])
            if len(at[0]) > 2:
                nodes.append(helper.make_node("Flatten", read, [f"{name}.flat"], name=f"{name}.flat"))
                read = [f"{name}.flat"]
            own = [weight(f"{name}.weight", wide, units), weight(f"{name}.bias", units)]
            nodes.append(helper.make_node("Gemm", [*read, *own], [made], name=name))
        elif op == "Dropout":
            nodes.append(helper.make_node("Dropout", read, [made], name=name))
        elif op == "Add":
            nodes += _sum(read, made, name)
        elif op == "Concat":
            nodes.append(helper.make_node("Concat", read, [made], name=name, axis=1))
        else:
            raise KeyError(op)
        if last:
            settings = {"axis": -1} if last == "Softmax" else {}
            nodes.append(helper.make_node(last, [made], [name], name=f"{name}.{last}", **settings))
        shapes[name] = _inferred(nodes, weights, given, name)
    output = helper.make_tensor_value_info(before, TensorProto.FLOAT, shapes[before])
    return _model(nodes, weights, given, [output])


def shapes_of(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of one sample, as ONNX infers it."""
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    return {
        value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim[1:])
        for value in (*inferred.input, *inferred.value_info, *inferred.output)
    }


def _each(given, axes: int) -> list[int]:
    return list(given) if isinstance(given, list) else [given] * axes


def _sum(read, made, name):
    """Several tensors are added two by two."""
    nodes = []
    total = read[0]
    for number, other in enumerate(read[1:], 1):
        now = made if number == len(read) - 1 else f"{name}.{number}"
        nodes.append(helper.make_node("Add", [total, other], [now], name=name if now == made else now))
        total = now
    return nodes


def _model(nodes, weights, given, outputs):
    value = helper.make_tensor_value_info(given["name"], TensorProto.FLOAT, [1, *given["shape"]])
    graph = helper.make_graph(nodes, "by hand", [value], outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def _inferred(nodes, weights, given, name) -> list[int]:
    empty = helper.make_empty_tensor_value_info(name)
    inferred = onnx.shape_inference.infer_shapes(_model(nodes, weights, given, [empty]), strict_mode=True).graph
    value = next(value for value in (*inferred.output, *inferred.value_info) if value.name == name)
    return [size.dim_value for size in value.type.tensor_type.shape.dim]
