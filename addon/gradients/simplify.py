# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model as derivatives can be written for it: new enough operators, only what leads to a tensor, its facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, shape_inference, version_converter

from ..containers import CheckpointError
from ..formats import Checkpoint
from ..formats.checkpoint import subgraphs
from ..formats.repeated_names import make_unique
from ..inference.session import Session
from .tape import PREFIX, Facts

OLDEST = 16  # the version of operators from which numbers can be added where they are scattered
VERSION = 17  # to which older ones are brought
SETTINGS = {  # operators -> inputs that are settings
    **{f"Reduce{name}": (1,) for name in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare")},
    **{f"Reduce{name}": (1,) for name in ("LogSum", "LogSumExp")},
    "Pad": (1, 3),
    "Resize": (2,),
    "Dropout": (1,),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), (4,)),
}


def copy(checkpoint: Checkpoint) -> onnx.ModelProto:
    """The model of a checkpoint, its operators of version 16 or newer. Raises `CheckpointError`."""
    checkpoint.check_runs()
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    make_unique(model.graph)
    version = version_of(model)
    if version >= OLDEST:
        return model
    held = list(model.graph.initializer)
    bare = _without_numbers(model)
    try:
        newer = version_converter.convert_version(bare, VERSION)
    except Exception as error:  # the converter documents no exceptions, and raises several
        reason = str(error).split("\n")[0][:120]
        raise CheckpointError(
            checkpoint.path, f"has operators of version {version}, which cannot be made new ({reason})"
        ) from error
    names = {tensor.name for tensor in held}
    inputs = [value for value in newer.graph.input if value.name not in names]
    del newer.graph.input[:]
    newer.graph.input.extend(inputs)
    newer.graph.initializer.extend(held)
    return newer


def _without_numbers(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with large weights as inputs, since the converter takes no numbers that lie elsewhere."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    known = {value.name for value in bare.graph.input}
    del bare.graph.initializer[:]
    for tensor in model.graph.initializer:
        if tensor.name not in known:
            bare.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))
    bare.ir_version = max(bare.ir_version, 4)
    return bare


def version_of(model: onnx.ModelProto) -> int:
    """The version of the standard operators of a model."""
    return next((opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")), 1)


def drop_unused(model: onnx.ModelProto) -> None:
    """Leave out initializers that no node reads: onnxruntime forgets them, and then refuses their numbers."""
    read = {name for node in model.graph.node for name in reads(node)}
    read.update(value.name for value in model.graph.output)
    kept = [tensor for tensor in model.graph.initializer if tensor.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def reads(node: NodeProto) -> Iterator[str]:
    """The names of all tensors that a node reads, also inside its subgraphs."""
    yield from filter(None, node.input)
    for inner in subgraphs(node):
        for own in inner.node:
            yield from reads(own)


def leading_to(nodes: Iterable[NodeProto], tensors: Collection[str]) -> list[NodeProto]:
    """The nodes that these tensors depend on, in order."""
    wanted = set(tensors)
    kept = []
    for node in reversed(list(nodes)):
        if wanted.intersection(node.output):
            wanted.update(reads(node))
            kept.append(node)
    return kept[::-1]


def depending_on(nodes: Iterable[NodeProto], tensors: Collection[str]) -> set[str]:
    """The tensors that depend on these, with them."""
    known = set(tensors)
    for node in nodes:
        if known.intersection(reads(node)):
            known.update(filter(None, node.output))
    return known


def facts(checkpoint: Checkpoint, model: onnx.ModelProto, inputs: Mapping[str, np.ndarray]) -> Facts:
    """What is known of the tensors of a model for these inputs. What ONNX's inference leaves open one run finds out, of
    no more than that takes, for it keeps what it measures. Raises `CheckpointError`."""
    types, inferred = _inferred(model, inputs)
    held = {tensor.name: tensor for tensor in model.graph.initializer}
    made = [name for node in model.graph.node for name in node.output if name and types.get(name, 1)]
    shapes = {tensor.name: tuple(tensor.dims) for tensor in held.values()}
    shapes |= {tensor.values.name: tuple(tensor.dims) for tensor in model.graph.sparse_initializer}
    shapes |= {name: array.shape for name, array in inputs.items()}
    shapes |= {name: inferred[name] for name in made if name in inferred}
    settings = {
        node.input[place]
        for node in model.graph.node
        for place in SETTINGS.get(node.op_type, ())
        if len(node.input) > place and node.input[place]
    }
    sizes = {name: f"{PREFIX}probe/{name}" for name in made if name not in inferred}
    wanted = [name for name in settings if name not in held]
    known = _probed(checkpoint, model, inputs, sizes, wanted) if sizes or wanted else {}
    shapes |= {name: tuple(known[size].tolist()) for name, size in sizes.items()}
    numbers = {name: known[name] for name in wanted}
    numbers |= {name: checkpoint.array(held[name]) for name in settings if name in held}
    return Facts(shapes, types, numbers)


def _probed(checkpoint, model, inputs, sizes: Mapping[str, str], wanted: list[str]) -> dict[str, np.ndarray]:
    """What some tensors are, and what shapes others have, by the names in `sizes`."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    del probe.graph.output[:]
    nodes = leading_to(model.graph.node, [*sizes, *wanted])
    nodes += [helper.make_node("Shape", [name], [size], name=size) for name, size in sizes.items()]
    del probe.graph.node[:]
    probe.graph.node.extend(nodes)
    asked = [*sizes.values(), *wanted]
    probe.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in asked)
    drop_unused(probe)
    return dict(zip(asked, Session(checkpoint, probe).run(asked, inputs), strict=True))


def _inferred(
    model: onnx.ModelProto, inputs: Mapping[str, np.ndarray]
) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """The types and shapes of tensors, as far as ONNX's inference of them goes; other types are taken for float32."""
    types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    types |= {name: helper.np_dtype_to_tensor_dtype(array.dtype) for name, array in inputs.items()}
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        given = _without_numbers(model) if _is_large(model) else model
        inferred = shape_inference.infer_shapes(given, data_prop=True).graph
    except Exception:  # a model that runs may yet be more than inference can follow; it raises several types
        return types, shapes
    for value in (*inferred.value_info, *inferred.output):
        if not value.type.HasField("tensor_type"):
            types[value.name] = 0  # a sequence, a map, or what may be missing
            continue
        if value.type.tensor_type.elem_type:
            types.setdefault(value.name, value.type.tensor_type.elem_type)
        dims = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(size.HasField("dim_value") for size in dims):
            shapes[value.name] = tuple(size.dim_value for size in dims)
    return types, shapes


def _is_large(model: onnx.ModelProto) -> bool:
    return any(tensor.data_location == TensorProto.EXTERNAL for tensor in model.graph.initializer)


def inline(node: NodeProto, version: int, number: int) -> list[NodeProto] | None:
    """The nodes of the function that the ONNX specification gives for an operator, or None if it gives none."""
    try:
        schema = onnx.defs.get_schema(node.op_type, version, node.domain)
    except onnx.defs.SchemaError:
        return None
    if not schema.has_function:  # type: ignore[attr-defined]
        return None
    body = schema.function_body
    given = {attribute.name: attribute for attribute in node.attribute}
    defaults = {attribute.name: attribute for attribute in body.attribute_proto}
    names = dict(zip(body.input, [*node.input, *[""] * len(body.input)], strict=False))
    names |= dict(zip(body.output, node.output, strict=False))
    made: list[NodeProto] = []
    for inner in body.node:
        own = NodeProto()
        own.CopyFrom(inner)
        own.name = f"{node.name}/{number}/{len(made)}"
        for places in (own.input, own.output):
            for place, name in enumerate(places):
                places[place] = names.setdefault(name, f"{node.output[0]}/{number}/{name}") if name else ""
        for attribute in list(own.attribute):
            if attribute.ref_attr_name:
                source = given.get(attribute.ref_attr_name) or defaults.get(attribute.ref_attr_name)
                name = attribute.name
                own.attribute.remove(attribute)
                if source is not None:
                    own.attribute.append(source)
                    own.attribute[-1].name = name
        made.append(own)
    return made
