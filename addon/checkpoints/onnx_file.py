# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""ONNX files, opset 7 to the newest, with or without external data."""

import mmap
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto

from .checkpoint import Checkpoint, byte_size, locate, node_tensors, tensors
from .errors import CheckpointError
from .onnx_wire import slim

FORMAT = "onnx"


def read(path: Path) -> Checkpoint:
    """Open an ONNX model; its large initializers stay in the file. Raises `CheckpointError`."""
    with path.open("rb") as file:
        model = _parse(path, memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    _check(path, model)
    return Checkpoint(path, FORMAT, model)


def _parse(path, data):
    try:
        message = slim(data, path.name)
    except ValueError as error:
        # A model starts with its ir_version: field 1, a varint below 128. If that is so, the rest is missing.
        begun = len(data) > 1 and data[0] == 0x08 and 0 < data[1] < 0x80
        raise CheckpointError(path, f"{'damaged or cut short' if begun else 'not an ONNX model'} ({error})",
                              "fetch it again" if begun else "") from error
    try:
        return onnx.ModelProto.FromString(message)
    except DecodeError as error:
        raise CheckpointError(path, "not an ONNX model, or damaged (protobuf cannot decode it)") from error


def _check(path, model):
    """Refuse what is not a model, and every tensor whose data are not all there."""
    if not model.ir_version or not model.graph.node and not model.graph.initializer:
        raise CheckpointError(path, "not an ONNX model (no IR version, or an empty graph)")
    if not model.opset_import:
        raise CheckpointError(path, "damaged or cut short (it names no operator set)", "fetch it again")
    stored = list(tensors(model.graph))
    for function in model.functions:
        stored += node_tensors(function.node)
    for tensor in stored:
        if tensor.data_type not in TensorProto.DataType.values() or tensor.data_type == TensorProto.UNDEFINED:
            raise CheckpointError(path, f"tensor '{tensor.name}' has the unknown data type {tensor.data_type}")
        if any(size < 0 for size in tensor.dims):
            raise CheckpointError(path, f"tensor '{tensor.name}' has a negative size in its shape {list(tensor.dims)}")
        if tensor.data_location == TensorProto.EXTERNAL:
            locate(path, tensor)
        elif tensor.HasField("raw_data") and len(tensor.raw_data) != byte_size(tensor):
            raise CheckpointError(path, f"tensor '{tensor.name}' of shape {list(tensor.dims)} needs "
                                  f"{byte_size(tensor):,} bytes and has {len(tensor.raw_data):,}")
