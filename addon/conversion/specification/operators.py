# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""ONNX's operators as layers of a specification, one function an operator: (reader, node) -> what it gives."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from onnx import helper

from ...composing import ACTIVATIONS, SETTINGS
from .reading import LAST, ROWS, Reader, Value

DEFAULTS = {"LeakyRelu": {"alpha": 0.01}, "Elu": {"alpha": 1.0}}


def _x(reader: Reader, node, place: int = 0) -> Value:
    value = reader.values.get(node.input[place]) if place < len(node.input) else None
    if value is None:
        raise reader.refused(node, "reads a constant")
    return value


def _plain(reader: Reader, node, place: int = 0) -> Value:
    value = _x(reader, node, place)
    if value.order:
        raise reader.refused(node, "reads its axes in another order")
    return value


def _constant(reader: Reader, node, place: int) -> np.ndarray:
    if place >= len(node.input) or node.input[place] not in reader.constants:
        raise reader.refused(node, "has weights that are computed")
    return reader.constants[node.input[place]]


def _attributes(node) -> dict[str, Any]:
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def _brief(values) -> Any:
    """One number for all axes, where they are equal."""
    values = [int(value) for value in values]
    return values[0] if len(set(values)) == 1 else values


def _window(reader, node, kernel, sizes, told) -> dict[str, Any]:
    """Stride, padding and dilation of a window as settings."""
    count = len(kernel)
    strides, gaps = told.get("strides", [1] * count), told.get("dilations", [1] * count)
    pads = list(told.get("pads", [0] * 2 * count))
    auto = told.get("auto_pad", b"NOTSET")
    reach = [(size - 1) * gap + 1 for size, gap in zip(kernel, gaps, strict=True)]
    total = [
        max((-(-size // step) - 1) * step + span - size, 0)
        for size, step, span in zip(sizes, strides, reach, strict=True)
    ]
    same = [size // 2 for size in total] + [size - size // 2 for size in total]
    made = {"kernel": _brief(kernel), "stride": _brief(strides)}
    if auto == b"SAME_UPPER" or auto in (b"NOTSET", b"") and pads == same and any(pads):
        made["padding"] = "same"
    elif auto not in (b"NOTSET", b"", b"VALID") or pads[:count] != pads[count:]:
        raise reader.refused(node, "has padding that a specification cannot say")
    else:
        made["padding"] = _brief(pads[:count]) if auto != b"VALID" else 0
    if max(gaps) > 1:
        made["dilation"] = _brief(gaps)
    return made


def _shape_of(reader: Reader, value: Value) -> tuple[int, ...]:
    """The sizes of one sample of what a layer gives, or of the input as the specification has it."""
    return reader.shapes.get(value.layer, value.shape)


def _slid(sizes, settings, kernel) -> list[int]:
    count = len(kernel)

    def each(setting, usual):
        value = settings.get(setting, usual)
        return value if isinstance(value, list) else [value] * count

    strides, gaps = each("stride", 1), each("dilation", 1)
    if settings.get("padding") == "same":
        return [-(-size // step) for size, step in zip(sizes, strides, strict=True)]
    pads = each("padding", 0)
    return [
        (size + 2 * pad - ((span - 1) * gap + 1)) // step + 1
        for size, span, step, pad, gap in zip(sizes, kernel, strides, pads, gaps, strict=True)
    ]


def _bias_of(reader: Reader, node) -> dict[str, np.ndarray]:
    """The bias of a convolution or dense layer, if it has one."""
    return {"bias": _constant(reader, node, 2)} if len(node.input) > 2 and node.input[2] else {}


def _conv(reader: Reader, node) -> Value:
    value, weight, told = _plain(reader, node), _constant(reader, node, 1), _attributes(node)
    shape = _shape_of(reader, value)
    group, kernel = told.get("group", 1), list(weight.shape[2:])
    settings = _window(reader, node, kernel, shape[1:], told)
    bias = _bias_of(reader, node)
    if not bias:
        settings["bias"] = False
    sizes = _slid(shape[1:], settings, kernel)
    if group > 1 and group == shape[0] == weight.shape[0]:
        return reader.add(node, "DepthwiseConv", [value.layer], (shape[0], *sizes), settings, weight=weight, **bias)
    settings |= {"units": int(weight.shape[0])} | ({"groups": int(group)} if group > 1 else {})
    return reader.add(node, "Conv", [value.layer], (weight.shape[0], *sizes), settings, weight=weight, **bias)


def _conv_transpose(reader: Reader, node) -> Value:
    value, weight, told = _plain(reader, node), _constant(reader, node, 1), _attributes(node)
    shape, kernel = _shape_of(reader, value), list(weight.shape[2:])
    count = len(kernel)
    pads, strides = told.get("pads", [0] * 2 * count), told.get("strides", [1] * count)
    odd = max(told.get("output_padding", [0])) or max(told.get("dilations", [1])) > 1 or told.get("group", 1) > 1
    if odd or len(set(pads)) > 1 or told.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"") or "output_shape" in told:
        raise reader.refused(node, "has settings that a specification cannot say")
    settings = {
        "units": int(weight.shape[1]),
        "kernel": _brief(kernel),
        "stride": _brief(strides),
        "padding": int(pads[0]),
    }
    bias = _bias_of(reader, node)
    if not bias:
        settings["bias"] = False
    sizes = [
        (size - 1) * step + span - 2 * pads[0] for size, step, span in zip(shape[1:], strides, kernel, strict=True)
    ]
    return reader.add(node, "ConvTranspose", [value.layer], (weight.shape[1], *sizes), settings, weight=weight, **bias)


def _pool(reader: Reader, node) -> Value:
    value, told = _plain(reader, node), _attributes(node)
    shape, kernel = _shape_of(reader, value), list(told["kernel_shape"])
    if told.get("ceil_mode") or max(told.get("dilations", [1])) > 1 or len(node.output) > 1:
        raise reader.refused(node, "has settings that a specification cannot say")
    settings = _window(reader, node, kernel, shape[1:], told)
    if settings["padding"] and told.get("count_include_pad"):
        raise reader.refused(node, "counts its padding")
    return reader.add(node, node.op_type, [value.layer], (shape[0], *_slid(shape[1:], settings, kernel)), settings)


def _global(reader: Reader, node) -> Value:
    value = _x(reader, node)
    shape = _shape_of(reader, value)
    if node.op_type == "ReduceMean":
        told = _attributes(node)
        axes = told.get("axes") or (reader.constants[node.input[1]].tolist() if len(node.input) > 1 else [])
        rank = len(shape) + 1
        wanted = list(range(1, rank - 1)) if value.order == LAST else list(range(2, rank))
        if sorted(axis % rank for axis in axes) != wanted:
            raise reader.refused(node, "is no mean of maps")
    elif value.order:
        raise reader.refused(node, "reads its axes in another order")
    return reader.add(node, "GlobalAveragePool", [value.layer], (shape[0],))


def _flatten(reader: Reader, node) -> Value:
    value = _x(reader, node)
    shape = _shape_of(reader, value)
    if node.op_type == "Reshape":
        wanted = _constant(reader, node, 1).tolist()
        if not reader.layers and shape[-1] == 1 and wanted[1:] == [1, *shape[:-1]]:  # as a Transpose of one channel
            reader.shapes[value.layer] = (1, *shape[:-1])
            return Value(value.layer, "", reader.shapes[value.layer])
        if len(wanted) != 2 or wanted[1] not in (-1, prod(shape)):
            raise reader.refused(node, "gives another shape")
    elif node.op_type == "Flatten" and _attributes(node).get("axis", 1) != 1:
        raise reader.refused(node, "keeps more than the first axis")
    elif node.op_type == "Squeeze" and len(shape) > 1:
        raise reader.refused(node, "takes axes away")
    if len(shape) == 1:
        return value
    made = reader.add(node, "Flatten", [value.layer], (prod(shape),))
    if value.order == LAST:
        made = Value(made.layer, ROWS, made.shape, shape)
    return made


def _dense(reader: Reader, node) -> Value:
    value, weight, told = _x(reader, node), _constant(reader, node, 1), _attributes(node)
    shape = _shape_of(reader, value)
    if told.get("transA") or told.get("alpha", 1.0) != 1.0 or told.get("beta", 1.0) != 1.0 or weight.ndim != 2:
        raise reader.refused(node, "has settings that a specification cannot say")
    weight = weight.T if told.get("transB") else weight
    if value.order == LAST or len(shape) > 2:
        raise reader.refused(node, "reads maps")
    if value.order == ROWS:  # rows in the order of maps with channels first
        channels, *space = value.maps
        weight = np.moveaxis(weight.reshape(*space, channels, -1), len(space), 0).reshape(weight.shape)
    bias = {part: array.reshape(-1) for part, array in _bias_of(reader, node).items()}
    settings = {"units": int(weight.shape[1])} | ({} if bias else {"bias": False})
    return reader.add(node, "Dense", [value.layer], (*shape[:-1], weight.shape[1]), settings, weight=weight, **bias)


def _normalise(reader: Reader, node) -> Value:
    value, told = _plain(reader, node), _attributes(node)
    if node.op_type == "LayerNormalization":
        if told.get("axis", -1) not in (-1, len(value.shape)):
            raise reader.refused(node, "is over more than the last axis")
        parts = dict(zip(("scale", "bias"), (_constant(reader, node, place) for place in (1, 2)), strict=True))
        usual = 1e-5
    else:
        names = ("scale", "bias", "mean", "variance")
        parts = dict(zip(names, (_constant(reader, node, place) for place in range(1, 5)), strict=True))
        usual = told.get("epsilon", 1e-5)
        parts["variance"] = parts["variance"] + np.float32(usual - 1e-5)  # another epsilon goes into it
    if abs(told.get("epsilon", 1e-5) - usual) > 1e-9:
        raise reader.refused(node, "has another epsilon")
    return reader.add(node, node.op_type, [value.layer], _shape_of(reader, value), {}, **parts)


def _activation(reader: Reader, node) -> Value:
    value, told = _x(reader, node), _attributes(node)
    usual = DEFAULTS.get(node.op_type, {})
    if any(abs(told.get(name, number) - number) > 1e-6 for name, number in usual.items()):
        raise reader.refused(node, "has a slope that a specification cannot say")
    rank = len(_shape_of(reader, value)) + 1
    if node.op_type == "Softmax" and (told.get("axis", -1) not in (-1, rank - 1) or value.order == LAST):
        raise reader.refused(node, "is over another axis")
    if node.op_type == "Gelu" and told.get("approximate", b"none") != b"none":
        raise reader.refused(node, "is the approximate one")
    layer = reader.layers[-1] if reader.layers else None
    alone = reader.readers[node.input[0]] == 1
    if layer and layer["name"] == value.layer and alone and "activation" in SETTINGS[layer["op"]] and not value.order:
        if "activation" not in layer:
            layer["activation"] = node.op_type
            return value
    made = reader.add(node, "Activation", [value.layer], _shape_of(reader, value), {"activation": node.op_type})
    return Value(made.layer, value.order, made.shape)


def _join(reader: Reader, node) -> Value:
    if node.op_type == "Add" and any(name in reader.constants for name in node.input):
        return _bias(reader, node)
    values = [_x(reader, node, place) for place in range(len(node.input))]
    if len(values) == 1:
        return values[0]
    shapes = [_shape_of(reader, value) for value in values]
    orders = {value.order for value in values}
    if len(orders) > 1 or len({value.layer for value in values}) < 2:
        raise reader.refused(node, "joins tensors of different orders")
    if node.op_type == "Add":
        if len(set(shapes)) > 1:
            raise reader.refused(node, "adds tensors of different shapes")
        made = reader.add(node, "Add", [value.layer for value in values], shapes[0])
    else:
        axis, rank = _attributes(node).get("axis", 1), len(shapes[0]) + 1
        if axis % rank != (rank - 1 if orders == {LAST} else 1) or orders == {ROWS}:
            raise reader.refused(node, "joins along another axis")
        whole = (sum(shape[0] for shape in shapes), *shapes[0][1:])
        made = reader.add(node, "Concat", [value.layer for value in values], whole)
    return Value(made.layer, next(iter(orders)), made.shape)


def _bias(reader: Reader, node) -> Value:
    """A row that is added to a product becomes its bias."""
    place = 0 if node.input[0] not in reader.constants else 1
    value, row = _x(reader, node, place), reader.constants[node.input[1 - place]].reshape(-1)
    layer = reader.layers[-1] if reader.layers else None
    fits = layer is not None and layer["name"] == value.layer and layer["op"] == "Dense" and not layer.get("bias", True)
    if not fits or layer is None or row.size != layer["units"] or reader.readers[node.input[place]] != 1:
        raise reader.refused(node, "adds a constant")
    del layer["bias"]
    reader.weights[f"{layer['name']}.bias"] = np.ascontiguousarray(row, np.float32)
    return value


def _transpose(reader: Reader, node) -> Value:
    value = _x(reader, node)
    rank = len(value.shape) + 1
    perm = list(_attributes(node).get("perm", []))
    first = [0, rank - 1, *range(1, rank - 1)]
    if perm == [0, *range(2, rank), 1] and not value.order:
        return Value(value.layer, LAST, value.shape)
    if perm == first and value.order == LAST:
        return Value(value.layer, "", value.shape)
    if perm == first and not reader.layers and not value.order:  # of the input, which has its channels last
        reader.shapes[value.layer] = (value.shape[-1], *value.shape[:-1])
        return Value(value.layer, "", reader.shapes[value.layer])
    raise reader.refused(node, "turns axes")


def _same(reader: Reader, node) -> Value:
    return _x(reader, node)


def _dropout(reader: Reader, node) -> Value:
    value = _x(reader, node)
    rate = float(_constant(reader, node, 1)) if len(node.input) > 1 and node.input[1] in reader.constants else 0.5
    made = reader.add(node, "Dropout", [value.layer], _shape_of(reader, value), {"rate": round(rate, 6)})
    return Value(made.layer, value.order, made.shape)


WRITERS = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global,
    "ReduceMean": _global,
    "Flatten": _flatten,
    "Reshape": _flatten,
    "Squeeze": _flatten,
    "Gemm": _dense,
    "MatMul": _dense,
    "BatchNormalization": _normalise,
    "LayerNormalization": _normalise,
    "Add": _join,
    "Concat": _join,
    "Transpose": _transpose,
    "Identity": _same,
    "Dropout": _dropout,
    **dict.fromkeys(ACTIVATIONS, _activation),
}
