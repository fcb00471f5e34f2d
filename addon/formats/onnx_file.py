# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""ONNX files, opset 7 to the newest, with or without external data."""

import mmap
from collections.abc import Container
from graphlib import CycleError, TopologicalSorter
from math import prod
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper

from ..containers import stopping
from ..containers.errors import CheckpointError
from ..containers.protobuf import slim
from ..containers.stored import ITEM_SIZE, MOST_AXES, MOST_ELEMENTS
from .checkpoint import Checkpoint, byte_size, captured, locate, node_tensors, subgraphs, tensors
from .onnx_functions import inline

FORMAT = "onnx"
TYPES = frozenset(TensorProto.DataType.values()) - {TensorProto.UNDEFINED}


def read(path: Path) -> Checkpoint:
    """Open an ONNX model; its large initializers stay in the file. Raises `CheckpointError`."""
    with path.open("rb") as file:
        model = _parse(path, memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    check(path, model)
    inlined, problem = inline(model)
    notes = [f"functions are shown as one layer for each call: {problem}"] if problem else []
    return Checkpoint(path, FORMAT, inlined, notes=notes, unrunnable=problem)


def _parse(path, data):
    try:
        message = slim(data, path.name)
    except ValueError as error:
        # A model starts with its ir_version: field 1, a varint below 128. If that is so, the rest is missing.
        begun = len(data) > 1 and data[0] == 0x08 and 0 < data[1] < 0x80
        raise CheckpointError(
            path,
            f"{'damaged or cut short' if begun else 'not an ONNX model'} ({error})",
            "fetch it again" if begun else "",
        ) from error
    try:
        return onnx.ModelProto.FromString(message)
    except DecodeError as error:
        raise CheckpointError(path, "not an ONNX model, or damaged (protobuf cannot decode it)") from error


def check(path: Path, model: onnx.ModelProto, readers: Container[str] = ()) -> None:
    """Refuse what is not a model, every tensor whose data are not all there, and a graph that cannot be computed.

    Tensors named in `readers` have their data from elsewhere. Raises `CheckpointError`.
    """
    if not model.ir_version or not model.graph.node and not model.graph.initializer:
        raise CheckpointError(path, "not an ONNX model (no IR version, or an empty graph)")
    if not model.opset_import:
        raise CheckpointError(path, "damaged or cut short (it names no operator set)", "fetch it again")
    odd = next((text for text in _texts(model) if not isinstance(text, str)), None)
    if odd is not None:  # protobuf gives text that is not UTF-8 as bytes
        raise CheckpointError(path, f"damaged: the name {odd[:40]!r} is not text", "fetch it again")
    stored = list(tensors(model.graph))
    for function in model.functions:
        stored += node_tensors(function.node)
    for tensor in stored:
        stopping.check()
        _check_tensor(path, tensor, tensor.name in readers)
    for sparse in model.graph.sparse_initializer:
        _check_sparse(path, sparse)
    _sort(path, model.graph)
    _check_made(path, model.graph, [])


def _texts(model):
    """The names in a model that others look up or show."""
    yield from (model.producer_name, model.producer_version, model.domain)
    yield from (opset.domain for opset in model.opset_import)
    for entry in model.metadata_props:
        yield from (entry.key, entry.value)
    for function in model.functions:
        yield from (function.name, function.domain, *function.input, *function.output, *function.attribute)
        yield from _texts_of(function.node)
    yield from _texts_of_graph(model.graph)


def _texts_of_graph(graph):
    for value in (*graph.input, *graph.output, *graph.value_info):
        yield value.name
        yield from (dim.dim_param for dim in value.type.tensor_type.shape.dim)
    yield from (tensor.name for tensor in graph.initializer)
    yield from (tensor.values.name for tensor in graph.sparse_initializer)
    yield from _texts_of(graph.node)


def _texts_of(nodes):
    for node in nodes:
        yield from (node.op_type, node.name, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
        for entry in node.metadata_props:
            yield from (entry.key, entry.value)
        for graph in subgraphs(node):
            yield from _texts_of_graph(graph)


def _check_tensor(path, tensor, elsewhere):
    shape = list(tensor.dims)
    if tensor.data_type not in TYPES:
        raise CheckpointError(path, f"tensor '{tensor.name}' has the unknown data type {tensor.data_type}")
    if any(size < 0 for size in shape):
        raise CheckpointError(path, f"tensor '{tensor.name}' has a negative size in its shape {shape}")
    if len(shape) > MOST_AXES or prod(max(1, size) for size in shape) > MOST_ELEMENTS:
        raise CheckpointError(path, f"tensor '{tensor.name}' has an absurd shape ({len(shape)} axes)")
    external = tensor.data_location == TensorProto.EXTERNAL
    if tensor.data_type == TensorProto.STRING and (external or tensor.HasField("raw_data")):
        raise CheckpointError(path, f"tensor '{tensor.name}' holds text as raw bytes")
    if external:
        if not elsewhere:
            locate(path, tensor)
        return
    if tensor.HasField("raw_data"):
        needed, held, unit = byte_size(tensor), len(tensor.raw_data), "bytes"
    else:
        needed, held, unit = _entries(tensor), len(getattr(tensor, _field(tensor))), "numbers"
    if needed != held:
        raise CheckpointError(path, f"tensor '{tensor.name}' of shape {shape} needs {needed:,} {unit} and has {held:,}")


def _check_sparse(path, sparse):
    name, shape, count = sparse.values.name, list(sparse.dims), prod(sparse.values.dims)
    for tensor in (sparse.values, sparse.indices):
        _check_tensor(path, tensor, False)
    if (
        any(size < 0 for size in shape)
        or len(shape) > MOST_AXES
        or prod(max(1, size) for size in shape) > MOST_ELEMENTS
    ):
        raise CheckpointError(path, f"the sparse tensor '{name}' has the absurd shape {shape[:8]}")
    if sparse.indices.data_type != TensorProto.INT64 or list(sparse.indices.dims) not in ([count], [count, len(shape)]):
        raise CheckpointError(
            path,
            f"the sparse tensor '{name}' has {count:,} numbers and places of the shape {list(sparse.indices.dims)[:8]}",
            "fetch it again",
        )


def _field(tensor):
    return helper.tensor_dtype_to_field(tensor.data_type)


def _entries(tensor):
    """How many entries the tensor's typed field must have: two a complex number, one for each byte of packed types."""
    if tensor.data_type in (TensorProto.COMPLEX64, TensorProto.COMPLEX128):
        return 2 * prod(tensor.dims)
    whole = tensor.data_type in ITEM_SIZE or tensor.data_type == TensorProto.STRING
    return prod(tensor.dims) if whole else byte_size(tensor)


def _sort(path, graph):
    """Put nodes behind what they read; some exporters do not, and ONNX asks for it."""
    maker = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
    reads = [{maker[name] for name in (*node.input, *captured(node)) if name in maker} for node in graph.node]
    # names made inside a subgraph may repeat names outside; a node does not wait for itself through them
    if all(max(makers, default=-1) <= index for index, makers in enumerate(reads)):
        return
    try:
        order = list(TopologicalSorter({i: makers - {i} for i, makers in enumerate(reads)}).static_order())
    except CycleError as error:
        names = " -> ".join(graph.node[i].name or graph.node[i].op_type for i in error.args[1][:4])
        raise CheckpointError(path, f"the graph has a cycle ({names})") from error
    ordered = onnx.GraphProto(node=[graph.node[i] for i in order])
    del graph.node[:]
    graph.node.extend(ordered.node)


def _check_made(path, graph, outside):
    """Every name that is read is made somewhere, in the graph itself or in those around it."""
    made = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer} | {""}
    made |= {tensor.values.name for tensor in graph.sparse_initializer}

    def missing(text, name):
        late = any(name in node.output for node in graph.node)
        return CheckpointError(
            path,
            f"{text}, which {'is made only later' if late else 'nothing makes'}",
            "damaged, or cut out of a larger model",
        )

    for node in graph.node:
        for name in node.input:
            if name not in made and not any(name in scope for scope in outside):
                raise missing(f"node '{node.name or node.op_type}' reads '{name}'", name)
        for inner in subgraphs(node):
            _check_made(path, inner, [*outside, made])
        made.update(node.output)
    for value in graph.output:
        if value.name not in made and not any(value.name in scope for scope in outside):
            raise missing(f"'{value.name}' is an output", value.name)
