# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint as a plain ONNX file with its weights in it; above 2 GB, the limit of protobuf, in a file beside.

Weights go from file to file in pieces, so that a large model takes no memory. See the ONNX specification, "External
Data", and the protobuf encoding guide.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from ..containers import CheckpointError
from ..containers.natural_order import brief
from ..containers.protobuf import key, varint
from ..containers.stored import ITEM_SIZE
from ..formats import Checkpoint
from ..formats.checkpoint import OPAQUE, byte_size, locate, node_tensors, subgraphs, tensors
from ..formats.repeated_names import make_unique
from ..network import summarise
from ..written import replacing

LARGEST = (1 << 31) - (1 << 20)  # bytes of a protobuf message, with some room
PIECE = 1 << 24  # bytes that are copied in one go
ALIGNED = 4096  # where tensors beside the model begin, so that they can be mapped
MOST_NAMED = 4
GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9  # fields of ModelProto, GraphProto and TensorProto
STANDARD = ("", "ai.onnx")
Steps = Generator[tuple[float, str], None, str]


def steps(checkpoint: Checkpoint, output: Path, sizes: dict[str, int] | None = None, largest: int = LARGEST) -> Steps:
    """Write a checkpoint to an ONNX file. `sizes` fill dimensions that it leaves open, by their names or as input:axis.

    A model of more than `largest` bytes keeps its weights in a file OUTPUT.data. Yields (share done, what is next) and
    returns what was written, in words. Nothing is left behind where it is stopped or fails. Raises `CheckpointError`.
    """
    check(checkpoint)
    beside = output.with_name(f"{output.name}.data")
    _check_place(checkpoint, {output, beside})
    yield 0.0, "the graph"
    model = plain(checkpoint, sizes or {})
    _give_ranks(checkpoint, model)
    held = [tensor for tensor in model.graph.initializer if tensor.data_location == TensorProto.EXTERNAL]
    weights = sum(byte_size(tensor) for tensor in held)
    apart = weights + model.ByteSize() > largest
    with ExitStack() as stack:
        part = stack.enter_context(replacing(output))
        if apart:
            data = stack.enter_context(replacing(beside))
            with data.open("wb") as file:
                yield from _beside(checkpoint, held, file, beside.name, weights)
            if model.ByteSize() > largest:
                raise CheckpointError(checkpoint.path, "its graph alone is larger than an ONNX file can be")
            part.write_bytes(model.SerializeToString())
        else:
            with part.open("wb") as file:
                yield from _inside(checkpoint, model, held, file, weights)
    size = output.stat().st_size + (beside.stat().st_size if apart else 0)
    where = f", the weights in {beside.name}" if apart else ""
    return f"{len(model.graph.node):,} nodes, {size / 1e6:,.1f} MB{where}"


def check(checkpoint: Checkpoint) -> None:
    """Raises `CheckpointError` where a model cannot be computed by others."""
    if checkpoint.structure == "inferred":
        raise CheckpointError(
            checkpoint.path,
            "holds weights only and is no model that could run: how they are joined is inferred",
            "give its architecture (ONNX, or Keras's JSON): --architecture FILE",
        )
    if checkpoint.unrunnable:
        raise CheckpointError(checkpoint.path, f"cannot be written as ONNX: {checkpoint.unrunnable}")
    unknown = list(_opaque(checkpoint.model.graph))
    if unknown:
        named = ", ".join(f"'{brief(node.name)}' ({brief(node.op_type)})" for node in unknown[:MOST_NAMED])
        more = f" and {len(unknown) - MOST_NAMED:,} more" if len(unknown) > MOST_NAMED else ""
        raise CheckpointError(
            checkpoint.path,
            f"cannot be written as ONNX, which has no operator for {named}{more}",
            "it can only be shown",
        )


def _opaque(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        if node.domain == OPAQUE:
            yield node
        for inner in subgraphs(node):
            yield from _opaque(inner)


def _check_place(checkpoint, outputs: Iterable[Path]):
    """Refuse to write over what is read."""
    read = {checkpoint.path.resolve()}
    for tensor in tensors(checkpoint.model.graph):
        if tensor.data_location == TensorProto.EXTERNAL and tensor.name not in checkpoint.readers:
            read.add((checkpoint.folder / locate(checkpoint.path, tensor)[0]).resolve())
    taken = next((path for path in outputs if path.resolve() in read), None)
    if taken is not None:
        raise CheckpointError(taken, "is a file of the model itself", "choose another name")


def plain(checkpoint: Checkpoint, sizes: dict[str, int]) -> onnx.ModelProto:
    """A copy of the model as others take it: every name once, every domain with a version, small tensors in it. Large
    initializers are still external."""
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    make_unique(model.graph)
    used = {node.domain for node in _nodes(model.graph)}
    for place in reversed(range(len(model.opset_import))):
        domain = model.opset_import[place].domain
        if domain not in used and domain not in STANDARD:
            del model.opset_import[place]
    said = {opset.domain for opset in model.opset_import}
    for domain in sorted(used - said):
        if domain not in STANDARD:
            model.opset_import.add(domain=domain, version=1)
    for tensor in node_tensors(model.graph.node):
        if tensor.data_location == TensorProto.EXTERNAL:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(checkpoint.array(tensor)), tensor.name))
    _set_sizes(checkpoint, model.graph, sizes)
    return model


def _give_ranks(checkpoint, model):
    """Every output says how many axes it has, as the checker wants it; their sizes stay open.

    Raises `CheckpointError` for an input of which nobody knows it.
    """
    for value in model.graph.input:
        if value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape"):
            problem = f"does not say how many axes its input '{brief(value.name)}' has, and ONNX asks for that"
            raise CheckpointError(checkpoint.path, problem, "it can be shown and run here")
    bare = {
        value.name: value.type.tensor_type
        for value in model.graph.output
        if value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape")
    }
    if not bare:
        return
    shapes = {spec.name: spec.shape for spec in summarise(checkpoint).outputs}
    for name, kind in bare.items():
        if shapes.get(name) is not None:
            kind.shape.SetInParent()
            for _ in shapes[name]:
                kind.shape.dim.add()


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for inner in subgraphs(node):
            yield from _nodes(inner)


def _set_sizes(checkpoint, graph, sizes):
    """Fill open dimensions of the inputs, and those of the same names elsewhere."""
    used = set()
    names = {}
    weights = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            key = next((key for key in (dim.dim_param, f"{value.name}:{axis}") if key and key in sizes), None)
            if key is None or dim.dim_value > 0 or value.name in weights:
                continue
            if dim.dim_param:
                names[dim.dim_param] = sizes[key]
            used.add(key)
            dim.dim_value = sizes[key]
    for value in (*graph.value_info, *graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in names:
                dim.dim_value = names[dim.dim_param]
    unknown = min(sizes.keys() - used, default=None)
    if unknown is not None:
        raise CheckpointError(checkpoint.path, f"no open size is called '{brief(unknown)}'", "inspect lists them")


def _inside(checkpoint, model, held, file: BinaryIO, weights) -> Iterator[tuple[float, str]]:
    """The model with its weights in it. A message in two parts is read as their union, and fields may stand in any
    order: so the graph without its large tensors goes first, and these after it."""
    heads = []
    for tensor in held:
        head = TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims, doc_string=tensor.doc_string)
        size = byte_size(tensor)
        body = head.SerializeToString() + (key(RAW_DATA, 2) + varint(size))
        heads.append((body, size))
    graph = onnx.GraphProto()
    graph.CopyFrom(model.graph)
    _drop(graph, {tensor.name for tensor in held})
    rest = onnx.ModelProto()
    rest.CopyFrom(model)
    rest.ClearField("graph")
    small = graph.SerializeToString()
    entries = [key(INITIALIZER, 2) + varint(len(body) + size) + body for body, size in heads]
    length = len(small) + sum(len(entry) + size for entry, (_, size) in zip(entries, heads, strict=True))
    file.write(rest.SerializeToString() + key(GRAPH, 2) + varint(length) + small)
    done = 0
    for tensor, entry in zip(held, entries, strict=True):
        file.write(entry)
        for piece in pieces(checkpoint, tensor):
            yield done / max(1, weights), tensor.name
            file.write(piece)
            done += len(piece)


def _drop(graph, names):
    kept = [tensor for tensor in graph.initializer if tensor.name not in names]
    copied = onnx.GraphProto(initializer=kept)
    del graph.initializer[:]
    graph.initializer.extend(copied.initializer)


def _beside(checkpoint, held, file: BinaryIO, name, weights) -> Iterator[tuple[float, str]]:
    """The weights, one after the other; the model's initializers say where."""
    done = 0
    for tensor in held:
        file.write(bytes(-file.tell() % ALIGNED))
        offset = file.tell()
        for piece in pieces(checkpoint, tensor):
            yield done / max(1, weights), tensor.name
            file.write(piece)
            done += len(piece)
        del tensor.external_data[:]
        for entry, value in (("location", name), ("offset", offset), ("length", file.tell() - offset)):
            tensor.external_data.add(key=entry, value=str(value))


def pieces(checkpoint: Checkpoint, tensor: TensorProto) -> Iterator[bytes]:
    """The bytes of an external tensor as ONNX has them, in pieces."""
    if tensor.name not in checkpoint.readers:
        location, offset, length = locate(checkpoint.path, tensor)
        with (checkpoint.folder / location).open("rb") as file:
            file.seek(offset)
            while length > 0:
                piece = file.read(min(PIECE, length))
                if not piece:
                    raise CheckpointError(checkpoint.path, f"the weights of '{brief(tensor.name)}' are cut short")
                length -= len(piece)
                yield piece
        return
    array = np.ascontiguousarray(checkpoint.array(tensor))
    data = (
        array.reshape(-1).view(np.uint8)
        if tensor.data_type in ITEM_SIZE
        else np.frombuffer(numpy_helper.from_array(array).raw_data, np.uint8)
    )
    if data.size != byte_size(tensor):
        raise CheckpointError(
            checkpoint.path, f"'{brief(tensor.name)}' has {data.size:,} bytes, not what its shape needs"
        )
    for start in range(0, data.size, PIECE):
        yield data[start : start + PIECE].tobytes()
