# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sizes a file leaves open: which they are, what is put in their place, and the shapes that follow."""

from __future__ import annotations

from copy import deepcopy
from math import prod

import onnx
from onnx import TensorProto, shape_inference

from ..containers import CheckpointError
from ..containers.stored import MOST_AXES
from ..formats import Checkpoint
from . import scaled
from .network import Assumption

BATCH, PIXELS, STEPS = 1, 224, 16
TYPES = frozenset(TensorProto.DataType.values()) - {TensorProto.UNDEFINED}
SAME_SHAPE = ("GroupNormalization",)  # as their first input's, which onnx does not infer
BYTES = (TensorProto.INT8, TensorProto.UINT8)
MOST_PROPAGATED = 1 << 22
SHAPE_ARITHMETIC = (
    "Concat",
    "Identity",
    "Cast",
    "Slice",
    "Gather",
    "Squeeze",
    "Unsqueeze",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Mod",
    "Neg",
    "Abs",
    "Max",
    "Min",
    "Reshape",
    "Flatten",
    "Where",
    "Split",
    "Ceil",
    "Floor",
)
LONGEST_SAID = 40  # characters of the name of a dimension
LARGEST_SHAPE, LONGEST_SHAPE = 64, 100  # numbers of a constant that may be a shape, and nodes that compute it


def resolve(checkpoint: Checkpoint, chosen: dict[str, int]) -> tuple[onnx.ModelProto, list[Assumption]]:
    """A copy of the model in which every input has a whole shape, and the sizes that were filled in.

    `chosen` gives sizes by the name of the dimension or by "input:axis"; the rest is the batch (1), the height or
    width of pictures (224), or the length of a sequence (16).
    """
    for key, size in chosen.items():
        if not 0 < size < 1 << 31:
            raise CheckpointError(checkpoint.path, f"the size {size} for '{key}'", "give a number above 0")
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    graph = model.graph
    named: dict[str, int] = {}  # size by the name of a dimension
    assumed: list[Assumption] = []
    used: set[str | None] = set()
    weights = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        kind = tensor_type(value.type)
        if value.name in weights or kind is None:
            continue
        if not kind.HasField("shape"):  # of any rank: as many axes as were chosen
            while f"{value.name}:{len(kind.shape.dim)}" in chosen:
                kind.shape.dim.add()
        dims = kind.shape.dim
        for axis, dim in enumerate(dims):
            if dim.dim_value > 0:
                continue
            keys = [key for key in (dim.dim_param, f"{value.name}:{axis}") if key]
            by_user = next((key for key in keys if key in chosen), None)
            used.add(by_user)
            likely = named.get(dim.dim_param) or checkpoint.sizes.get(dim.dim_param)
            size = chosen[by_user] if by_user else likely or _default(dims, axis, dim.dim_param)
            if dim.dim_param:
                named[dim.dim_param] = size
            assumed.append(Assumption(value.name, axis, dim.dim_param, size, by_user is not None))
            dim.dim_value = size
    unknown = set(chosen) - used
    if unknown:
        open_ones = ", ".join(a.name or f"{a.input}:{a.axis}" for a in assumed) or "none"
        raise CheckpointError(
            checkpoint.path, f"no open size is called '{sorted(unknown)[0]}'", f"the open ones are: {open_ones}"
        )
    for value in (*graph.value_info, *graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in named:
                dim.dim_value = named[dim.dim_param]
    return model, assumed


def tensor_type(kind: onnx.TypeProto) -> onnx.TypeProto.Tensor | None:
    """The type of a tensor, or of the one that an optional holds; None for sequences and maps."""
    if kind.HasField("optional_type"):
        kind = kind.optional_type.elem_type
    return kind.tensor_type if kind.HasField("tensor_type") else None


def type_text(kind: onnx.TypeProto) -> str:
    """A type in words: "tensor float32 [1,4]", "optional(sequence(tensor int64 [?]))"."""
    which = kind.WhichOneof("value")
    if which in ("tensor_type", "sparse_tensor_type"):
        tensor = getattr(kind, which)
        sizes = ",".join(str(dim.dim_value or dim.dim_param[:LONGEST_SAID] or "?") for dim in tensor.shape.dim)
        shape = f"[{sizes}]" if tensor.HasField("shape") else "?"
        return f"{which.removesuffix('_type').replace('_', ' ')} {dtype_name(tensor.elem_type)} {shape}"
    if which in ("sequence_type", "optional_type"):
        return f"{which.removesuffix('_type')}({type_text(getattr(kind, which).elem_type)})"
    if which == "map_type":
        return f"map({dtype_name(kind.map_type.key_type)}, {type_text(kind.map_type.value_type)})"
    return "unknown"


def dtype_name(number: int) -> str:
    """NumPy's name of a type of numbers."""
    if number == TensorProto.STRING:
        return "string"
    if number not in TYPES:
        return "unknown"
    return onnx.helper.tensor_dtype_to_np_dtype(number).name


def _default(dims, axis, name):
    name = name.lower()
    if "batch" in name or axis == 0 and "seq" not in name:
        return BATCH
    if "seq" in name or "len" in name:
        return STEPS
    picture = len(dims) == 4 and (dims[1].dim_value in (1, 3, 4) or dims[3].dim_value in (1, 3, 4))
    return PIXELS if picture or "height" in name or "width" in name else STEPS


def infer(model: onnx.ModelProto) -> dict:
    """Whole shapes by tensor name, with None for what inference cannot tell, and (name, "type") -> data type.

    What inference works out goes before what the file says of its tensors; (name, "said") -> True where inference
    could not tell and the file did.
    """
    plain = {name for node in model.graph.node if node.domain in ("", "ai.onnx") for name in node.output}
    said = [*model.graph.value_info, *deepcopy(list(model.graph.output))]
    known = [value for value in model.graph.value_info if value.name not in plain]
    del model.graph.value_info[:]
    model.graph.value_info.extend(known)
    for value in model.graph.output:
        if value.name in plain and value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    del model.functions[:]  # those that are left are too many to go into
    try:
        graph = shape_inference.infer_shapes(model, data_prop=_propagated(model.graph) <= MOST_PROPAGATED).graph
    except Exception:  # inference raises many types on models it does not know; they still open
        graph = model.graph
    shapes: dict = {}
    for value in (*graph.output, *graph.value_info):
        _enter(shapes, value)
    for value in graph.input:
        _enter(shapes, value, kind=tensor_type(value.type))
    for value in said:
        before = shapes.get(value.name)
        if value.name in plain and (before is None or None in before):
            _enter(shapes, value, before)
            shapes[value.name, "said"] = True
    for tensor in graph.initializer:
        shapes[tensor.name], shapes[tensor.name, "type"] = tuple(tensor.dims), tensor.data_type
    for sparse in graph.sparse_initializer:
        name = sparse.values.name
        shapes[name], shapes[name, "type"] = tuple(sparse.dims), sparse.values.data_type
    return shapes


def _propagated(graph: onnx.GraphProto) -> int:
    """At most how many numbers inference keeps to work out shapes from their values: a Concat of a tensor with itself,
    some times over, makes as many as it likes."""
    sizes = {
        tensor.name: prod(tensor.dims)
        for tensor in graph.initializer
        if len(tensor.dims) < 2 and tensor.data_type in (TensorProto.INT64, TensorProto.INT32)
    }
    for node in graph.node:
        if node.op_type == "Shape":
            size = MOST_AXES
        elif node.op_type == "Constant":
            size = LARGEST_SHAPE
        elif node.op_type in SHAPE_ARITHMETIC and all(name in sizes for name in node.input):
            read = [sizes[name] for name in node.input] or [1]
            size = sum(read) if node.op_type == "Concat" else max(read)
        else:
            continue
        sizes.update(dict.fromkeys(node.output, size))
    return sum(sizes.values())


def infer_node(node: onnx.NodeProto, shapes: dict, known: dict, opsets: dict[str, int]) -> None:
    """Fill in the shapes of a node's outputs that `infer` could not tell, now that constants before it are `known`."""
    unknown = [
        name
        for name in node.output
        if name and (shapes.get(name) is None or None in shapes[name] or (name, "said") in shapes)
    ]
    if node.domain == scaled.SCALED:
        shapes[node.output[0], "type"] = TensorProto.FLOAT
        shapes[node.output[0]] = scaled.shape_of(
            node, [known[name].shape if name in known else () for name in node.input if name]
        )
    if not unknown or node.domain not in ("", "ai.onnx"):
        return
    types, data = {}, {}
    for name in filter(None, node.input):
        if name in known:
            types[name] = onnx.helper.make_tensor_type_proto(known[name].data_type, known[name].shape)
            if known[name].size <= LARGEST_SHAPE and known[name].runs <= LONGEST_SHAPE and known[name].is_quick:
                data[name] = known[name]
        elif (name, "type") in shapes:
            types[name] = onnx.helper.make_tensor_type_proto(shapes[name, "type"], shapes.get(name))
    outputs = None
    for kinds in (types, _as_floats(types)):
        try:
            schema = onnx.defs.get_schema(node.op_type, opsets.get("", 1), "")
            outputs = shape_inference.infer_node_outputs(
                schema,
                node,
                kinds,
                {name: onnx.numpy_helper.from_array(constant.array(), name) for name, constant in data.items()},
                opset_imports=[onnx.helper.make_opsetid("", opsets.get("", 1))],
            )
            break
        except Exception:  # as above, and constants that cannot be computed
            continue
    if outputs is None:
        return
    if node.op_type in SAME_SHAPE and node.input[0] in types:
        outputs = {**outputs, node.output[0]: types[node.input[0]]}
    fixed = all(name in known for name in node.input if name)
    for name in unknown:
        if name in outputs:
            kind = outputs[name].tensor_type
            before = shapes.get(name)
            # 0 is a size only among constants, such as the part of a shape behind its last axis
            shape = tuple(
                dim.dim_value if dim.dim_value > 0 or fixed and dim.HasField("dim_value") else None
                for dim in kind.shape.dim
            )
            if (
                kind.HasField("shape")
                and ((name, "said") not in shapes or None not in shape)
                and (before is None or len(before) == len(shape) or (name, "said") in shapes)
            ):
                shapes[name] = shape
                shapes.pop((name, "said"), None)
            shapes.setdefault((name, "type"), kind.elem_type)


def _as_floats(types):
    """Types of tensors with floats in place of bytes, which stand for floats where operators are quantised."""
    floats = {}
    for name, kind in types.items():
        floats[name] = onnx.TypeProto()
        floats[name].CopyFrom(kind)
        if kind.tensor_type.elem_type in BYTES:
            floats[name].tensor_type.elem_type = TensorProto.FLOAT
    return floats


def _enter(shapes, value, before=None, kind=None):
    """Enter the type and shape of a tensor; sizes that are known `before` stay."""
    if kind is None and not value.type.HasField("tensor_type"):
        return
    kind = kind or value.type.tensor_type
    if kind.elem_type in TYPES:
        shapes.setdefault((value.name, "type"), kind.elem_type)
    if kind.HasField("shape"):
        shape = tuple(dim.dim_value if dim.dim_value > 0 else None for dim in kind.shape.dim)
        if before and len(before) == len(shape):
            shape = tuple(old or new for old, new in zip(before, shape, strict=True))
        shapes[value.name] = shape
