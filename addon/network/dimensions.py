# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sizes a file leaves open: which they are, what is put in their place, and the shapes that follow."""

from __future__ import annotations

import onnx
from onnx import TensorProto, shape_inference

from ..checkpoints import Checkpoint, CheckpointError
from .network import Assumption

BATCH, PIXELS, STEPS = 1, 224, 16


def resolve(checkpoint: Checkpoint, chosen: dict[str, int]) -> tuple[onnx.ModelProto, list[Assumption]]:
    """A copy of the model in which every input has a whole shape, and the sizes that were filled in.

    `chosen` gives sizes by the name of the dimension or by "input:axis"; the rest is the batch (1), the height or
    width of pictures (224), or the length of a sequence (16).
    """
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    graph, named, assumed, used = model.graph, {}, [], set()
    weights = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name in weights or not value.type.HasField("tensor_type"):
            continue
        dims = value.type.tensor_type.shape.dim
        for axis, dim in enumerate(dims):
            if dim.dim_value > 0:
                continue
            keys = [key for key in (dim.dim_param, f"{value.name}:{axis}") if key]
            key = next((key for key in keys if key in chosen), None)
            used.add(key)
            size = chosen[key] if key else named.get(dim.dim_param) or _default(dims, axis, dim.dim_param)
            if dim.dim_param:
                named[dim.dim_param] = size
            assumed.append(Assumption(value.name, axis, dim.dim_param, size, key is not None))
            dim.dim_value = size
    unknown = set(chosen) - used
    if unknown:
        open_ones = ", ".join(a.name or f"{a.input}:{a.axis}" for a in assumed) or "none"
        raise CheckpointError(checkpoint.path, f"no open size is called '{sorted(unknown)[0]}'",
                              f"the open ones are: {open_ones}")
    for value in (*graph.value_info, *graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in named:
                dim.dim_value = named[dim.dim_param]
    return model, assumed


def _default(dims, axis, name):
    name = name.lower()
    if "batch" in name or axis == 0 and "seq" not in name:
        return BATCH
    if "seq" in name or "len" in name:
        return STEPS
    picture = len(dims) == 4 and (dims[1].dim_value in (1, 3, 4) or dims[3].dim_value in (1, 3, 4))
    return PIXELS if picture or "height" in name or "width" in name else STEPS


def infer(model: onnx.ModelProto) -> dict:
    """Whole shapes by tensor name, with None for what inference cannot tell, and (name, "type") -> data type."""
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True)
    except Exception:  # noqa: BLE001 - inference raises many types on models it does not know; they still open
        inferred = model
    shapes: dict = {}
    graph = inferred.graph
    for value in (*graph.output, *graph.value_info, *graph.input):
        if not value.type.HasField("tensor_type"):
            continue
        kind = value.type.tensor_type
        if kind.elem_type != TensorProto.UNDEFINED:
            shapes[value.name, "type"] = kind.elem_type
        if kind.HasField("shape"):
            shapes[value.name] = tuple(dim.dim_value if dim.dim_value > 0 else None for dim in kind.shape.dim)
    for tensor in graph.initializer:
        shapes[tensor.name], shapes[tensor.name, "type"] = tuple(tensor.dims), tensor.data_type
    return shapes
