# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators that work cell by cell: activations, normalisations, sums and products with broadcasting."""

from __future__ import annotations

import numpy as np

from .base import Join, Map, broadcast
from .context import Context, joins_for

UNARY = (
    "Abs",
    "Acos",
    "Acosh",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "BitwiseNot",
    "Cast",
    "CastLike",
    "Ceil",
    "Celu",
    "Clip",
    "Cos",
    "Cosh",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Identity",
    "IsInf",
    "IsNaN",
    "LRN",
    "LeakyRelu",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "MeanVarianceNormalization",
    "Mish",
    "Neg",
    "Not",
    "QuantizeLinear",
    "DequantizeLinear",
    "Reciprocal",
    "Relu",
    "Round",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Softmax",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Swish",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
    "PRelu",
)
NORMAL = (
    "BatchNormalization",
    "InstanceNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "RMSNormalization",
    "SimplifiedLayerNormalization",
)
SEVERAL = (
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Mod",
    "Max",
    "Min",
    "Mean",
    "Sum",
    "And",
    "Or",
    "Xor",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Where",
    "BitShift",
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
)


@joins_for(*UNARY)
def unary(context: Context, slot: int) -> Join | None:
    """Operators of one tensor, element by element."""
    return Map() if slot == 0 and context.shape_in(0) == context.shape_out() else None


@joins_for(*NORMAL)
def normal(context: Context, slot: int) -> Join | None:
    """The weight is the scale (gamma) of the target's channel, as the file has it."""
    scale = context.constant(1)
    shape = context.shape_out()
    if slot != 0 or context.shape_in(0) != shape:
        return None
    if scale is None or len(scale.shape) != 1:
        return Map()
    default = -1 if "Layer" in context.node.op_type or "RMS" in context.node.op_type else 1
    axis = context.attribute("axis", default) % len(shape) if default == -1 else default
    if scale.size != shape[axis]:
        return Map()
    return Map(weight_of=lambda targets: scale.array()[np.unravel_index(targets, shape)[axis]])


@joins_for(*SEVERAL)
def several(context: Context, slot: int) -> Join | None:
    """Sums, products and comparisons; a product with a constant carries that constant as its weight."""
    source_of = broadcast(context.shape_in(slot), context.shape_out())
    factor = context.constant(1 - slot) if context.node.op_type == "Mul" and len(context.node.input) == 2 else None
    if factor is None or factor.size == 1:
        shares = {"Sub": (1.0, -1.0)[slot % 2], "Mean": 1.0 / len(context.node.input)}
        return Map(source_of, coefficient=shares.get(context.node.op_type, 1.0))
    place = broadcast(factor.shape, context.shape_out())
    return Map(source_of, lambda targets: factor.array()[np.unravel_index(place(targets), factor.shape)])
