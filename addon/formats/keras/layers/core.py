# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dense layers, embeddings, wrappers of one layer, and layers that do nothing when a model is used."""

from __future__ import annotations

import re

from onnx import TensorProto

from .. import applied
from ..call import Call, known
from ..graph import Unwritable, Value
from .activations import activate
from .table import LAYERS, Written, writes

# Layers that only act in training.
TRAINING = (
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
)
RANDOM = (
    "Flip",
    "Rotation",
    "Zoom",
    "Translation",
    "Contrast",
    "Brightness",
    "Hue",
    "Saturation",
    "Grayscale",
    "ColorJitter",
    "ColorDegeneration",
    "GaussianBlur",
    "Invert",
    "Posterization",
    "Sharpness",
    "Shear",
    "Perspective",
    "Erasing",
    "ElasticTransform",
    "Height",
    "Width",
)
NOTHING = (
    "Identity",
    "ActivityRegularization",
    "StochasticDepth",
    "RandAugment",
    "AugMix",
    "MixUp",
    "CutMix",
    *(f"Random{name}" for name in RANDOM),
)


@writes(*TRAINING)
def dropout(call: Call) -> Written:
    """Layers that do nothing once a network is trained."""
    return Value(call.node("Dropout", call.x.name), call.x.maps)


@writes(*NOTHING)
def identity(call: Call) -> Written:
    """A layer that changes nothing."""
    return Value(call.node("Identity", call.x.name), call.x.maps)


def dense(call: Call, x: str, units: int | None, kernel: str = "kernel", bias: str | None = "bias") -> str:
    """x (..., in) @ kernel (in, units) + bias (units,)."""
    shape = call.graph.shape(x)
    if call.torch:
        weight = call.weight(kernel, units, shape[-1])
        turned = {"transB": 1}
    else:
        weight = call.weight(kernel, shape[-1], units)
        turned = {}
    weights = [weight] if bias is None else [weight, call.weight(bias, units)]
    if len(shape) == 2:
        return call.node("Gemm", x, *weights, **turned)
    y = call.node("MatMul", x, call.transpose(weight, 1, 0) if turned else weight)
    return y if bias is None else call.node("Add", y, weights[1])


@writes("Dense")
def dense_layer(call: Call) -> Written:
    """x W + b and an activation."""
    x = call.real(call.plain(call.x))
    y = dense(call, applied.rounded(call, x), call.config["units"], bias="bias" if call.get("use_bias", True) else None)
    return activate(call, Value(y), call.get("activation"))


@writes("EinsumDense")
def einsum_dense(call: Call) -> Written:
    """A dense layer over the axes that an equation names."""
    equation = re.sub(r"\s", "", call.config["equation"])
    parts = re.fullmatch(r"((?:\.\.\.)?\w+),(\w+)->((?:\.\.\.)?\w+)", equation)
    if not parts:
        raise Unwritable("an equation that is not known")
    left, kernel, out = parts.groups()
    x = call.real(call.plain(call.x))
    weight = call.weight("kernel", *[None] * len(kernel))
    if len(kernel) == 2 and left[-1] == kernel[0] and out == left[:-1] + kernel[1]:
        y = call.node("MatMul", x, weight)
    else:
        y = call.node("Einsum", x, weight, equation=equation)
    axes = call.get("bias_axes")
    if axes:
        behind = len(out) - min(out.index(axis) for axis in axes)
        y = call.node("Add", y, call.weight("bias", *[None] * behind))
    return activate(call, Value(y), call.get("activation"))


@writes("Embedding")
def embedding(call: Call) -> Written:
    """Rows of a table by whole numbers: (batch, length) -> (batch, length, features)."""
    indices = call.plain(call.x)
    if call.graph.types.get(indices) not in (TensorProto.INT32, TensorProto.INT64):
        indices = call.node("Cast", indices, to=TensorProto.INT32)
    table = call.weight("embeddings", call.config["input_dim"], call.get("output_dim", call.get("units")))
    mask = ""
    if call.get("mask_zero"):
        mask = call.node("Cast", indices, to=TensorProto.BOOL)
    return Value(call.node("Gather", table, indices), mask=mask)


@writes("Masking")
def masking(call: Call) -> Written:
    """Steps of which every number is the mask value are set to 0 and do not count."""
    x = call.real(call.plain(call.x))
    other = call.node("Not", call.node("Equal", x, call.number(call.get("mask_value", 0))))
    kept = call.node("ReduceMax", call.node("Cast", other, to=TensorProto.FLOAT), call.constant([-1]), keepdims=1)
    mask = call.node("Cast", call.node("Squeeze", kept, call.constant([-1])), to=TensorProto.BOOL)
    return Value(call.node("Mul", x, kept), mask=mask)


@writes("SpectralNormalization")
def wrapper(call: Call) -> Written:
    """The kernel in the file is the normalised one of the last training step, which is what prediction uses."""
    inner = call.layer.inner[0]
    return LAYERS[inner.kind](call.inner(inner, call.args))


@writes("TimeDistributed")
def time_distributed(call: Call) -> Written:
    """The inner layer on each step: steps and batch are one axis for it, unless it takes any number of axes."""
    inner = call.layer.inner[0]
    x = call.plain(call.x)
    if not inner.model and inner.kind not in LAYERS:
        raise Unwritable("an unknown layer for each step")
    if inner.kind in ("Dense", "Activation", "Dropout"):
        return LAYERS[inner.kind](call.inner(inner, (Value(x, mask=call.x.mask),)))
    steps = call.graph.shape(x)[1]
    sample = known(call.graph.shape(x)[2:], "open sizes in each step")
    joined = Value(call.reshape(x, -1, *sample))
    if inner.model and call.run:
        y = call.run(inner.model, [joined], f"{call.path}/", f"{call.place}/")
    else:
        y = LAYERS[inner.kind](call.inner(inner, (joined,)))
    y = y[0] if isinstance(y, list) and len(y) == 1 else y
    if isinstance(y, list):
        raise Unwritable("several outputs for each step")
    y = call.plain(y)
    after = known((steps, *call.graph.shape(y)[1:]), "open sizes in each step")
    return Value(call.reshape(y, -1, *after))
