# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activations, by the names of keras.activations, and the layers that are nothing else.

Formulas: the documentation of keras.activations.
"""

from __future__ import annotations

import re

import numpy as np
from onnx import TensorProto

from ..call import Call
from ..graph import Unwritable, Value
from .table import Written, writes


def hard_sigmoid(version: tuple[int, ...]) -> tuple[float, float]:
    """Slope and offset: Keras 3 divides by 6, older ones multiply by 0.2."""
    return (1 / 6 if version[0] >= 3 else 0.2), 0.5


def _node(op, **attributes):
    return lambda call, x, axis: call.node(op, x, **attributes)


def clip(call: Call, x: str, low: float | None, high: float | None) -> str:
    """Numbers cut off below `low` and above `high`; None for no end."""
    ends = ["" if end is None else call.number(end) for end in (low, high)]
    return call.node("Clip", x, *ends)


def _hard_sigmoid(call, x, axis):
    alpha, beta = hard_sigmoid(call.version)
    return call.node("HardSigmoid", x, alpha=alpha, beta=beta)


def _silu(call, x, axis):
    return call.node("Mul", x, call.node("Sigmoid", x))


def _log_sigmoid(call, x, axis):
    return call.node("Neg", call.node("Softplus", call.node("Neg", x)))


def _glu(call, x, axis):
    half, gate = call.node("Split", x, outputs=2, axis=axis, num_outputs=2)
    return call.node("Mul", half, call.node("Sigmoid", gate))


def _squareplus(call, x, axis):
    root = call.node("Sqrt", call.node("Add", call.node("Mul", x, x), call.number(4)))
    return call.node("Div", call.node("Add", x, root), call.number(2))


def _sparse_plus(call, x, axis):
    """0 below -1, x above 1, (x + 1)^2 / 4 between."""
    low = clip(call, x, -1, 1)
    moved = call.node("Add", low, call.number(1))
    curve = call.node("Div", call.node("Mul", moved, moved), call.number(4))
    return call.node("Add", curve, call.node("Sub", call.node("Max", x, call.number(1)), call.number(1)))


def _sparse_sigmoid(call, x, axis):
    return call.node("HardSigmoid", x, alpha=0.5, beta=0.5)


def _sparsemax(call, x, axis):
    """Martins and Astudillo 2016, arXiv:1602.02068, with the threshold that Keras computes: from the sum of sums."""
    size = call.graph.shape(x)[axis]
    if size is None:
        raise Unwritable("sparsemax over an axis of open size")
    ordered, _ = call.node("TopK", x, call.constant([size]), outputs=2, axis=axis)
    total = call.node("CumSum", ordered, call.constant(axis))
    shape = [1] * len(call.graph.shape(x))
    shape[axis] = size
    ranks = call.number(np.arange(1, size + 1).reshape(shape))
    kept = call.node("Greater", call.node("Add", call.node("Mul", ranks, ordered), call.number(1)), total)
    kept = call.node("Cast", kept, to=TensorProto.FLOAT)
    axes = call.constant([axis])
    total = call.node("Sub", call.node("ReduceSum", call.node("Mul", kept, total), axes), call.number(1))
    threshold = call.node("Div", total, call.node("ReduceSum", kept, axes))
    return call.node("Relu", call.node("Sub", x, threshold))


ACTIVATIONS = {
    "relu": _node("Relu"),
    "elu": _node("Elu"),
    "selu": _node("Selu"),
    "sigmoid": _node("Sigmoid"),
    "relu6": lambda call, x, axis: clip(call, x, 0, 6),
    "tanh": _node("Tanh"),
    "softplus": _node("Softplus"),
    "softsign": _node("Softsign"),
    "exponential": _node("Exp"),
    "gelu": _node("Gelu"),
    "mish": _node("Mish"),
    "celu": _node("Celu"),
    "leaky_relu": _node("LeakyRelu", alpha=0.2),
    "hard_silu": _node("HardSwish"),
    "hard_swish": _node("HardSwish"),
    "silu": _silu,
    "swish": _silu,
    "hard_sigmoid": _hard_sigmoid,
    "log_sigmoid": _log_sigmoid,
    "glu": _glu,
    "squareplus": _squareplus,
    "hard_tanh": lambda call, x, axis: clip(call, x, -1, 1),
    "hard_shrink": _node("Shrink", lambd=0.5),
    "soft_shrink": _node("Shrink", lambd=0.5, bias=0.5),
    "sparse_plus": _sparse_plus,
    "sparsemax": _sparsemax,
    "sparse_sigmoid": _sparse_sigmoid,
    "tanh_shrink": lambda call, x, axis: call.node("Sub", x, call.node("Tanh", x)),
    "softmax": lambda call, x, axis: call.node("Softmax", x, axis=axis),
    "log_softmax": lambda call, x, axis: call.node("LogSoftmax", x, axis=axis),
}


def name_of(activation) -> str:
    """The name of an activation in any notation; that of a layer or of a function is its class."""
    if isinstance(activation, dict):
        config = activation.get("config")
        if activation.get("class_name") in ("function", "Function") and isinstance(config, str):
            return config
        return str(activation.get("class_name"))
    return "linear" if activation is None else str(activation)


def activate(call: Call, value: Value, activation) -> Value:
    """The value after an activation; one that is not known becomes an opaque node."""
    name = name_of(activation)
    if name == "linear":
        return value
    if isinstance(activation, dict) and isinstance(activation.get("config"), dict) and name in _BY_SETTINGS:
        return Value(_BY_SETTINGS[name](call, value.name, activation["config"]), value.maps)
    if name not in ACTIVATIONS:
        plain = call.plain(value)
        kind = re.sub(r"\W", "", name) or "Activation"
        return Value(call.graph.opaque(kind, [plain], f"{call.path}/{kind}", [call.graph.shapes.get(plain)])[0])
    return Value(ACTIVATIONS[name](call, value.name, call.axis(value, -1)), value.maps)


def _relu(call, x, config):
    """max(x, 0), with a slope below the threshold and a ceiling."""
    most, slope, threshold = config.get("max_value"), config.get("negative_slope") or 0, config.get("threshold") or 0
    if threshold:
        above = call.node("Greater", x, call.number(threshold))
        below = call.node("Mul", call.node("Sub", x, call.number(threshold)), call.number(slope))
        x = call.node("Where", above, x, below)
        return x if most is None else call.node("Min", x, call.number(most))
    if slope:
        x = call.node("LeakyRelu", x, alpha=float(slope))
        return x if most is None else call.node("Min", x, call.number(most))
    return call.node("Relu", x) if most is None else clip(call, x, 0, most)


def _leaky(call, x, config):
    return call.node("LeakyRelu", x, alpha=float(config.get("negative_slope", config.get("alpha", 0.3))))


def _elu(call, x, config):
    return call.node("Elu", x, alpha=float(config.get("alpha", 1)))


def _thresholded(call, x, config):
    return call.node("ThresholdedRelu", x, alpha=float(config.get("theta", 1)))


_BY_SETTINGS = {"ReLU": _relu, "LeakyReLU": _leaky, "ELU": _elu, "ThresholdedReLU": _thresholded}


@writes(*_BY_SETTINGS)
def by_settings(call: Call) -> Written:
    """Layers that are an activation with settings of its own."""
    return Value(_BY_SETTINGS[call.layer.kind](call, call.real(call.x.name), call.config), call.x.maps)


@writes("Activation")
def activation(call: Call) -> Written:
    """An activation by its name."""
    return activate(call, call.x, call.config["activation"])


@writes("Softmax")
def softmax(call: Call) -> Written:
    """Softmax along one axis."""
    axis = call.get("axis", -1)
    if len(call.inputs) > 1 or isinstance(axis, list) and len(axis) != 1:
        raise Unwritable("a mask, or several axes")
    axis = axis[0] if isinstance(axis, list) else axis
    return Value(call.node("Softmax", call.x.name, axis=call.axis(call.x, axis)), call.x.maps)


@writes("PReLU")
def prelu(call: Call) -> Written:
    """A slope for each cell below 0, the same along shared axes; its shape is that of a sample."""
    sample = call.shape(call.x)[1:]
    shared = {axis - 1 for axis in call.get("shared_axes", ())}
    slope = call.weight("alpha", *(1 if axis in shared else size for axis, size in enumerate(sample)))
    if call.x.maps:
        rank = len(sample)
        slope = call.transpose(slope, rank - 1, *range(rank - 1))
    return Value(call.node("PRelu", call.x.name, slope), call.x.maps)
