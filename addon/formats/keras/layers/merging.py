# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers that make one tensor of several."""

from __future__ import annotations

from ..call import Call
from ..graph import Unwritable, Value
from .table import Written, writes

OPS = {
    "Add": ("Add", "Sum"),
    "Multiply": ("Mul", None),
    "Subtract": ("Sub", None),
    "Average": ("Mean", "Mean"),
    "Maximum": ("Max", "Max"),
    "Minimum": ("Min", "Min"),
}


@writes(*OPS)
def elementwise(call: Call) -> Written:
    """One operator for two inputs and, where ONNX has one, for more; short shapes get axes behind the batch."""
    two, many = OPS[call.layer.kind]
    inputs = call.inputs
    if len(inputs) < 2:
        raise Unwritable("it reads less than two tensors")
    names, maps = call.alike(inputs)
    ranks = [len(call.graph.shape(name)) for name in names]
    names = [
        name
        if rank == max(ranks)
        else call.node("Unsqueeze", name, call.constant(list(range(1, 1 + max(ranks) - rank))))
        for name, rank in zip(names, ranks, strict=True)
    ]
    names = [call.real(name) for name in names] if len({call.graph.types.get(name) for name in names}) > 1 else names
    if len(names) == 2 or many is None:
        y = names[0]
        for other in names[1:]:
            y = call.node(two, y, other)
    else:
        y = call.node(many, *names)
    return Value(y, maps)


@writes("Concatenate")
def concatenate(call: Call) -> Written:
    """Tensors one behind the other along an axis."""
    names, maps = call.alike(call.inputs)
    axis = call.axis(Value(names[0], maps), call.get("axis", -1))
    return Value(call.node("Concat", *names, axis=axis), maps)


@writes("Dot")
def dot(call: Call) -> Written:
    """The product of two batches over one axis of each; with `normalize` of vectors of length 1."""
    node, other = (call.real(call.plain(value)) for value in call.inputs)
    ranks = [len(call.graph.shape(name)) for name in (node, other)]
    axes = call.config["axes"]
    axes = list(axes) if isinstance(axes, (list, tuple)) else [axes, axes]
    axes = [axis % rank for axis, rank in zip(axes, ranks, strict=True)]
    if max(ranks) > 3 or min(ranks) < 2 or min(axes) < 1:
        raise Unwritable("more than three axes")
    if call.get("normalize"):
        node, other = (_of_length_one(call, name, axis) for name, axis in zip((node, other), axes, strict=True))
    if ranks[0] == 2:
        node = call.node("Unsqueeze", node, call.constant([1]))
    elif axes[0] == 1:
        node = call.transpose(node, 0, 2, 1)
    if ranks[1] == 2:
        other = call.node("Unsqueeze", other, call.constant([2]))
    elif axes[1] == 2:
        other = call.transpose(other, 0, 2, 1)
    y = call.node("MatMul", node, other)
    gone = [axis for axis, rank in zip((1, 2), ranks, strict=True) if rank == 2]
    gone = gone[1:] if len(gone) == 2 else gone  # (batch, 1) of two vectors
    return Value(call.node("Squeeze", y, call.constant(gone)) if gone else y)


def _of_length_one(call, name, axis):
    total = call.node("ReduceSumSquare", name, call.constant([axis]), keepdims=1)
    return call.node("Div", name, call.node("Sqrt", call.node("Max", total, call.number(1e-12))))
