# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neural networks of Core ML (.mlmodel): layers over maps (batch, channels, rows, columns), weights in them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path

from onnx import TensorProto

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.stored import MOST_AXES, MOST_ELEMENTS, Stored
from ..checkpoint import Checkpoint
from ..named_layers import Layers, Unwritable
from .messages import LAYER, producer

KINDS = [name for number, (name, _) in LAYER.items() if number >= 100]
MOST_LAYERS = 1 << 16


def read(path: Path, model: dict, network: dict, format: str) -> Checkpoint:
    """The layers of a network. Raises `CheckpointError`, and ValueError for damaged messages."""
    return _Network(path, model, network).checkpoint(format, producer(model))


class _Network:
    def __init__(self, path: Path, model: dict, network: dict):
        self.path, self.model, self.network = path, model, network
        self.made = Layers(path, "network")
        self.values: dict[str, str] = {}
        self.held: list[Stored] = []
        self.exact = network.get("arrayMapping", 0) == 1  # arrays keep their rank, else are (channels, rows, columns)

    def checkpoint(self, format: str, producer: str) -> Checkpoint:
        layers = self.network.get("layers", [])
        if not layers or len(layers) > MOST_LAYERS:
            raise CheckpointError(self.path, f"a network of Core ML with {len(layers):,} layers")
        for feature in self.model.get("description", {}).get("input", []):
            self._input(feature)
        for layer in layers:
            self._layer(layer)
        read = {name for layer in layers for name in layer.get("input", [])}
        said = [feature.get("name", "") for feature in self.model.get("description", {}).get("output", [])]
        outputs = {name: self.values[name] for name in said if name in self.values}
        if not outputs:
            outputs = {name: tensor for name, tensor in self.values.items() if name not in read}
        notes = []
        if self.network.get("preprocessing"):
            notes.append("scales and shifts that Core ML applies to pictures before the network are not shown")
        return self.made.checkpoint(outputs, format, producer, notes, self.held)

    def _input(self, feature):
        name, kind = feature.get("name", ""), feature.get("type", {})
        if "imageType" in kind:
            image = kind["imageType"]
            channels = 1 if image.get("colorSpace") == 10 else 3
            shape = [None, channels, image.get("height", 0) or None, image.get("width", 0) or None]
        else:
            sizes = kind.get("multiArrayType", {}).get("shape", [])
            if len(sizes) > MOST_AXES or any(not 0 <= size < 1 << 40 for size in sizes):
                raise ValueError("an input with a shape that cannot be")
            shape = list(sizes) if self.exact else [None, *sizes[-3:]]
        self.values[name] = self.made.input(name, shape)

    def _layer(self, layer):
        name = layer.get("name", "layer")
        kind = next((kind for kind in KINDS if kind in layer), "layer")
        inputs = []
        for bottom in layer.get("input", []):
            if bottom not in self.values:
                raise CheckpointError(self.path, f"layer '{brief(name)}' reads '{brief(bottom)}', which nothing makes")
            inputs.append(self.values[bottom])
        self.name = name
        function = WRITERS.get(kind)
        write = None if function is None else (lambda: function(self, layer[kind], inputs))
        tops = layer.get("output", [])
        made = self.made.layer(name, kind, write, inputs, max(1, len(tops)))
        for place, top in enumerate(tops):
            self.values[top] = made[min(place, len(made) - 1)]

    def weight(self, said: dict | None, what: str, *shape: int) -> str:
        """A weight of this shape. Raises ValueError where it has another size, `Unwritable` for packed ones."""
        said = said or {}
        if prod(max(1, size) for size in shape) > MOST_ELEMENTS or any(size < 0 for size in shape):
            raise ValueError(f"{what} of '{brief(self.name)}' with a shape that cannot be")
        if said.get("quantization"):
            raise Unwritable("weights that are packed")
        kind, field, width = TensorProto.FLOAT, "floatValue", 4
        if "float16Value" in said and said["float16Value"][0] < said["float16Value"][1]:
            kind, field, width = TensorProto.FLOAT16, "float16Value", 2
        begin, end = said.get(field, (0, 0))
        if end - begin != width * prod(shape):
            raise ValueError(
                f"{what} of '{brief(self.name)}' needs {width * prod(shape):,} bytes and has {end - begin:,}"
            )
        stored = Stored(f"{self.name}/{what}", shape, kind, self.path.name, begin)
        self.held.append(stored)
        made = self.made.weight(stored)
        return made if kind == TensorProto.FLOAT else self.made.node("Cast", made, to=TensorProto.FLOAT)


def _pads(net: _Network, settings: dict, x: str, kernel: list[int], strides: list[int], gaps: list[int]) -> list[int]:
    if "same" in settings:
        sizes = net.made.shape(x)[-2:]
        if None in sizes:
            raise Unwritable("padding to an open size")
        totals = [
            max(0, (-(-int(size or 0) // stride) - 1) * stride + (part - 1) * gap + 1 - int(size or 0))
            for size, stride, part, gap in zip(sizes, strides, kernel, gaps, strict=True)
        ]
        top = settings["same"].get("asymmetryMode", 0) == 1
        first = [(total + top) // 2 for total in totals]
        return [*first, *(total - part for total, part in zip(totals, first, strict=True))]
    edges = settings.get("valid", {}).get("paddingAmounts", {}).get("borderAmounts", [])
    edges = edges or [{}, {}]
    return [*(edge.get("startEdgeSize", 0) for edge in edges), *(edge.get("endEdgeSize", 0) for edge in edges)]


def _pair(settings, name, default=1) -> list[int]:
    held = settings.get(name) or [default, default]
    if len(held) != 2 or any(not 0 < size < 1 << 20 for size in held):
        raise Unwritable(f"{name} that cannot be")
    return [int(size) for size in held]


def _convolution(net: _Network, settings, inputs):
    kernel, strides, gaps = (_pair(settings, name, default) for name, default in SIZES)
    outputs, channels, groups = (
        settings.get("outputChannels", 0),
        settings.get("kernelChannels", 0),
        settings.get("nGroups", 1),
    )
    if settings.get("isDeconvolution"):
        if "same" in settings or settings.get("outputShape"):
            raise Unwritable("an output of a given size")
        weight = net.weight(settings.get("weights"), "weights", channels, outputs // max(1, groups), *kernel)
        op = "ConvTranspose"
    else:
        weight = net.weight(settings.get("weights"), "weights", outputs, channels, *kernel)
        op = "Conv"
    bias = [net.weight(settings.get("bias"), "bias", outputs)] if settings.get("hasBias") else []
    pads = _pads(net, settings, inputs[0], kernel, strides, gaps)
    extra: dict = {"dilations": gaps} if max(gaps) > 1 else {}
    return net.made.node(
        op, inputs[0], weight, *bias, kernel_shape=kernel, strides=strides, pads=pads, group=max(1, groups), **extra
    )


SIZES = (("kernelSize", 3), ("stride", 1), ("dilationFactor", 1))


def _pooling(net: _Network, settings, inputs):
    mean = settings.get("type", 0) == 1
    if (
        settings.get("type", 0) == 2
        or "valid" not in settings
        and "same" not in settings
        and not settings.get("globalPooling")
    ):
        raise Unwritable("another kind of pooling")
    if settings.get("globalPooling"):
        return net.made.node("GlobalAveragePool" if mean else "GlobalMaxPool", inputs[0])
    kernel, strides = _pair(settings, "kernelSize", 3), _pair(settings, "stride", 1)
    pads = _pads(net, settings, inputs[0], kernel, strides, [1, 1])
    if mean:
        extra = int(not settings.get("avgPoolExcludePadding"))
        return net.made.node(
            "AveragePool", inputs[0], kernel_shape=kernel, strides=strides, pads=pads, count_include_pad=extra
        )
    return net.made.node("MaxPool", inputs[0], kernel_shape=kernel, strides=strides, pads=pads)


def _activation(net: _Network, settings, inputs):
    x, made = inputs[0], net.made
    ((kind, said),) = settings.items()
    alpha, beta = float(said.get("alpha", 0) if kind != "PReLU" else 0), float(said.get("beta", 0))
    if kind == "linear":
        return made.node("Add", made.node("Mul", x, made.number(alpha)), made.number(beta))
    if kind == "PReLU":
        channels = made.channels(x)
        slope = net.weight(said.get("alpha"), "alpha", channels)
        behind = len(made.shape(x)) - 2  # axes behind the channels
        return made.node("PRelu", x, made.node("Reshape", slope, made.constant([-1] + [1] * behind)))
    if kind in ("leakyReLU", "ELU"):
        return made.node("LeakyRelu" if kind == "leakyReLU" else "Elu", x, alpha=alpha)
    if kind == "sigmoidHard":
        return made.node("HardSigmoid", x, alpha=alpha, beta=beta)
    plain = {"ReLU": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softsign": "Softsign", "softplus": "Softplus"}
    return made.node(plain[kind], x)


def _dense(net: _Network, settings, inputs):
    size, outputs = settings.get("inputChannels", 0), settings.get("outputChannels", 0)
    x = inputs[0]
    rank = len(net.made.shape(x))
    if rank > 2 and not net.exact:
        x = net.made.node("Flatten", x)
    weight = net.weight(settings.get("weights"), "weights", outputs, size)
    bias = [net.weight(settings.get("bias"), "bias", outputs)] if settings.get("hasBias") else []
    if len(net.made.shape(x)) == 2:
        return net.made.node("Gemm", x, weight, *bias, transB=1)
    y = net.made.node("MatMul", x, net.made.node("Transpose", weight, perm=[1, 0]))
    return net.made.node("Add", y, *bias) if bias else y


def _norm(net: _Network, settings, inputs):
    if settings.get("computeMeanVar"):
        raise Unwritable("normalisation by each picture")
    count = settings.get("channels", 0)
    parts = [net.weight(settings.get(name), name, count) for name in ("gamma", "beta", "mean", "variance")]
    return net.made.node("BatchNormalization", inputs[0], *parts, epsilon=float(settings.get("epsilon", 1e-5)))


def _scale(net: _Network, settings, inputs):
    shape = tuple(settings.get("shapeScale", [1]))
    y = net.made.node("Mul", inputs[0], _along(net, net.weight(settings.get("scale"), "scale", *shape), inputs[0]))
    if settings.get("hasBias"):
        row = net.weight(settings.get("bias"), "bias", *settings.get("shapeBias", [1]))
        y = net.made.node("Add", y, _along(net, row, inputs[0]))
    return y


def _bias(net: _Network, settings, inputs):
    row = net.weight(settings.get("bias"), "bias", *settings.get("shape", [1]))
    return net.made.node("Add", inputs[0], _along(net, row, inputs[0]))


def _along(net, row, like) -> str:
    shape = net.made.shape(row)
    if len(shape) == 1 and shape[0] != 1 and len(net.made.shape(like)) > 2:
        return net.made.along_channels(row, like)
    return row


def _several(op: str) -> Callable:
    def write(net: _Network, settings, inputs):
        if len(inputs) == 1:
            alpha = float(settings.get("alpha", 0))
            return net.made.node(op, inputs[0], net.made.number(alpha))
        y = inputs[0]
        for other in inputs[1:]:
            y = net.made.node(op, y, other)
        return y

    return write


def _average(net: _Network, settings, inputs):
    y = inputs[0]
    for other in inputs[1:]:
        y = net.made.node("Add", y, other)
    return net.made.node("Mul", y, net.made.number(1 / len(inputs)))


def _padding(net: _Network, settings, inputs):
    edges = settings.get("paddingAmounts", {}).get("borderAmounts", []) or [{}, {}]
    rank = len(net.made.shape(inputs[0]))
    if len(edges) != 2 or rank < 3:
        raise Unwritable("borders of other axes")
    before, behind = ([edge.get(name, 0) for edge in edges] for name in ("startEdgeSize", "endEdgeSize"))
    if any(not 0 <= size < 1 << 20 for size in before + behind):
        raise ValueError(f"borders of '{brief(net.name)}' that cannot be")
    still = [0] * (rank - 2)
    pads = net.made.constant([*still, *before, *still, *behind])
    mode = next((mode for kind, mode in MODES.items() if kind in settings), "constant")
    value = net.made.number(float(settings.get("constant", {}).get("value", 0)))
    return net.made.node("Pad", inputs[0], pads, *([value] if mode == "constant" else []), mode=mode)


MODES = {"reflection": "reflect", "replication": "edge"}


def _upsample(net: _Network, settings, inputs):
    factors = settings.get("scalingFactor", [])
    rank = len(net.made.shape(inputs[0]))
    if len(factors) != 2 or rank < 3 or any(not 0 < factor < 1 << 12 for factor in factors):
        raise Unwritable("factors that are no whole numbers")
    way: dict
    if not settings.get("mode"):
        way = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        ways = {1: "align_corners", 2: "half_pixel"}
        if settings.get("linearUpsampleMode") not in ways:
            raise Unwritable("the spacing of older versions")
        way = {"mode": "linear", "coordinate_transformation_mode": ways[settings["linearUpsampleMode"]]}
    scales = net.made.number([1.0] * (rank - 2) + [float(factor) for factor in factors])
    return net.made.node("Resize", inputs[0], "", scales, **way)


def _unary(net: _Network, settings, inputs):
    made, x = net.made, inputs[0]
    scale, shift = float(settings.get("scale", 0)) or 1.0, float(settings.get("shift", 0))
    epsilon, alpha = float(settings.get("epsilon", 0)) or 1e-6, made.number(float(settings.get("alpha", 0)))
    if scale != 1:
        x = made.node("Mul", x, made.number(scale))
    if shift:
        x = made.node("Add", x, made.number(shift))
    kind = settings.get("type", 0)
    if kind in (1, 2):  # epsilon keeps them from dividing by 0
        x = made.node("Add", x, made.number(epsilon))
        return made.node("Reciprocal", made.node("Sqrt", x) if kind == 1 else x)
    if kind in (3, 7):
        return made.node("Pow" if kind == 3 else "Max", x, alpha)
    plain = {0: "Sqrt", 4: "Exp", 5: "Log", 6: "Abs"}
    if kind not in plain:
        raise Unwritable("another function")
    return made.node(plain[kind], x)


def _lrn(net: _Network, settings, inputs):
    size = settings.get("localSize", 0)
    if not 0 < size < 1 << 20 or len(net.made.shape(inputs[0])) < 3:
        raise Unwritable("a width that cannot be")
    numbers: dict = {name: float(settings.get(name, 0)) for name in ("alpha", "beta")}
    return net.made.node("LRN", inputs[0], size=size, bias=float(settings.get("k", 0)) or 1.0, **numbers)


def _gelu(net: _Network, settings, inputs):
    made, x = net.made, inputs[0]
    mode = settings.get("mode", 0)
    if mode == 2:
        return made.node("Mul", x, made.node("Sigmoid", made.node("Mul", x, made.number(1.702))))
    if mode:
        cube = made.node("Mul", made.node("Mul", made.node("Mul", x, x), x), made.number(0.044715))
        inner = made.node("Tanh", made.node("Mul", made.node("Add", x, cube), made.number(0.7978845608028654)))
    else:
        inner = made.node("Erf", made.node("Mul", x, made.number(0.7071067811865476)))
    half = made.node("Mul", x, made.number(0.5))
    return made.node("Mul", half, made.node("Add", inner, made.number(1.0)))


def _axes(op: str) -> Callable:
    def write(net: _Network, settings, inputs):
        axes = [int(axis) for axis in settings.get("axes", [])]
        if not axes or not net.exact:
            raise Unwritable("axes that are not told")
        return net.made.node(op, inputs[0], net.made.constant(axes))

    return write


def _reshape(net: _Network, settings, inputs):
    sizes = [int(size) for size in settings.get("targetShape", [])]
    if settings.get("mode", 0):
        raise Unwritable("channels that come last")
    return net.made.node("Reshape", inputs[0], net.made.constant([-1, *sizes[-3:]]))


def _flatten(net: _Network, settings, inputs):
    x = inputs[0]
    if settings.get("mode", 0):  # channels come last
        x = net.made.node("Transpose", x, perm=[0, 2, 3, 1])
    return net.made.node("Flatten", x)


def _permute(net: _Network, settings, inputs):
    axes = [int(axis) for axis in settings.get("axis", [])]
    return net.made.node("Transpose", inputs[0], perm=axes)


def _static(net: _Network, settings, inputs):
    sizes = [int(size) for size in settings.get("targetShape", [])]
    return net.made.node("Reshape", inputs[0], net.made.constant(sizes))


def _softmax(net: _Network, settings, inputs):
    return net.made.node("Softmax", inputs[0], axis=1 if not net.exact else -1)


WRITERS: dict[str, Callable] = {
    "convolution": _convolution,
    "pooling": _pooling,
    "activation": _activation,
    "innerProduct": _dense,
    "batchnorm": _norm,
    "softmax": _softmax,
    "softmaxND": lambda net, settings, inputs: net.made.node("Softmax", inputs[0], axis=int(settings.get("axis", 0))),
    "add": _several("Add"),
    "multiply": _several("Mul"),
    "addBroadcastable": _several("Add"),
    "multiplyBroadcastable": _several("Mul"),
    "max": _several("Max"),
    "min": _several("Min"),
    "average": _average,
    "padding": _padding,
    "upsample": _upsample,
    "unary": _unary,
    "lrn": _lrn,
    "gelu": _gelu,
    "squeeze": _axes("Squeeze"),
    "expandDims": _axes("Unsqueeze"),
    "scale": _scale,
    "bias": _bias,
    "reshape": _reshape,
    "flatten": _flatten,
    "permute": _permute,
    "transpose": lambda net, settings, inputs: net.made.node(
        "Transpose", inputs[0], perm=[int(axis) for axis in settings.get("axes", [])]
    ),
    "reshapeStatic": _static,
    "flattenTo2D": lambda net, settings, inputs: net.made.node("Flatten", inputs[0], axis=int(settings.get("axis", 0))),
    "concat": lambda net, settings, inputs: net.made.node("Concat", *inputs, axis=1),
    "concatND": lambda net, settings, inputs: net.made.node("Concat", *inputs, axis=int(settings.get("axis", 0))),
    "copy": lambda net, settings, inputs: inputs[0],
}
