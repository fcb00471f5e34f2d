# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a normalization does to one number: the numbers that are brought to one scale with it, their mean and spread.
Touches no Blender.

LayerNormalization, RMSNormalization, InstanceNormalization and GroupNormalization, by the ONNX operator specifications:
y = (x - mean) / sqrt(variance + epsilon) x scale + bias, over neighbours in the tensor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx

from ...containers import CheckpointError
from ...network import Layer, Network
from .nodes_of import attribute, constant, nodes, read_by
from .terms import check

ONE = (
    "LayerNormalization",
    "RMSNormalization",
    "SimplifiedLayerNormalization",
    "InstanceNormalization",
    "GroupNormalization",
)
UNCENTERED = ("RMSNormalization", "SimplifiedLayerNormalization")
MOST = 1_000_000  # numbers of a layer


@dataclass(frozen=True)
class Normal:
    """A cell (unit, row, column) of a `layer`. `numbers` is what is normalized, (n,), flat as the layer's tensor; each
    `count` of them in a row are brought to one scale. `scale` and `bias` are (n,)."""

    layer: str
    op: str
    cell: tuple[int, int, int]
    numbers: np.ndarray
    count: int
    epsilon: float
    centered: bool
    scale: np.ndarray
    bias: np.ndarray
    result: float


def find(network: Network, layer: Layer) -> onnx.NodeProto | list[onnx.NodeProto] | None:
    """The normalization that a layer is: its node, or the nodes that an exporter made of it; None where it is none."""
    inside = nodes(network, layer)
    whole = next((node for node in inside if node.op_type in ONE), None)
    if whole is not None:
        return whole
    return inside if layer.op in ("LayerNormalization", "RMSNormalization") else None


def normal(network: Network, layer: Layer, cell, values: Mapping[str, np.ndarray]) -> Normal:
    """What a cell of a layer that normalizes is made of. Raises `CheckpointError` where its numbers are not known, or
    do not come to what onnxruntime gave."""
    made = find(network, layer)
    node = made if isinstance(made, onnx.NodeProto) else None
    if node is not None:
        op, read, epsilon = node.op_type, node.input[0], float(attribute(node, "epsilon", 1e-5))
        out = node.output[0]
        names = [*node.input[1:3], "", ""]
        factors = [constant(network, name) for name in names[:2]]
    else:
        assert isinstance(made, list)
        op = layer.op
        read, epsilon, factors, out = _written_out(network, made)
    given = read_by(network, layer, read, values)
    after = values.get(out)
    if given is None or after is None or given.size != after.size:
        raise CheckpointError(layer.name, "reads numbers that are not known", "choose another layer")
    if given.size > MOST or given.size != layer.grid.size:
        raise CheckpointError(layer.name, f"has {given.size:,} numbers, too many to open", "choose a smaller layer")
    count = _count(op, node, given.shape)
    x = given.reshape(-1, count).astype(np.float64)
    centered = op not in UNCENTERED
    mean = x.mean(1, keepdims=True) if centered else np.zeros((len(x), 1))
    spread = np.sqrt(np.square(x - mean).mean(1, keepdims=True) + epsilon)
    by_channel = op in ("InstanceNormalization", "GroupNormalization")
    scale, bias = (
        _spread(factor, given.shape, by_channel, start) for factor, start in zip(factors, (1.0, 0.0), strict=True)
    )
    whole = ((x - mean) / spread).reshape(-1) * scale + bias
    check(layer, after.reshape(-1), whole, float(np.abs(whole).max(initial=0.0)))
    flat = int(np.dot(cell, layer.grid.strides))
    result = float(values[layer.shown or layer.tensor].reshape(-1)[flat])
    numbers = given.reshape(-1).astype(np.float32)
    return Normal(layer.name, op, cell, numbers, count, epsilon, centered, scale, bias, result)


def _count(op: str, node: onnx.NodeProto | None, shape) -> int:
    """How many neighbours are brought to one scale."""
    if op == "InstanceNormalization":
        return prod(shape[2:])
    if op == "GroupNormalization":
        assert node is not None
        return prod(shape[1:]) // int(attribute(node, "num_groups", 1))
    axis = int(attribute(node, "axis", -1)) if node is not None else -1
    return prod(shape[range(len(shape))[axis] :])


def _spread(factor: np.ndarray | None, shape, by_channel: bool, otherwise: float) -> np.ndarray:
    """A factor or bias for each number of a tensor, (n,) float64."""
    if factor is None:
        return np.full(prod(shape), otherwise)
    factor = np.asarray(factor, np.float64)
    if by_channel:
        factor = factor.reshape(-1, *[1] * (len(shape) - 2))
    return np.broadcast_to(factor, shape).reshape(-1).copy()


def _written_out(network: Network, inside: list[onnx.NodeProto]):
    """Of a normalization in single operators: the tensor that it reads, epsilon, scale and bias, and what it gives."""
    first = next(node for node in inside if node.op_type in ("ReduceMean", "Pow", "Sub", "Mul"))
    read = first.input[0]
    epsilon, factors, out = 0.0, [None, None], inside[-1].output[0]
    divided = False
    for node in inside:
        known = next((found for name in node.input if (found := constant(network, name)) is not None), None)
        if node.op_type in ("Div",) or node.op_type == "Mul" and known is None and not divided:
            divided, out = divided or node.op_type == "Div" or known is None, node.output[0]
        elif node.op_type == "Add" and known is not None and known.size == 1 and not divided:
            epsilon = float(known.reshape(-1)[0])
        elif divided and node.op_type in ("Mul", "Add") and known is not None:
            factors[node.op_type == "Add"] = known
            out = node.output[0]
    return read, epsilon, factors, out
