# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of any format as a specification with its weights, so that it can be edited by hand.

Only what a specification can say exactly is written; the first operator that it cannot say is named. Maps have their
channels first in a specification: a Transpose at the beginning goes into the shape of the input, one before Flatten
into the rows of the weights behind it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from ...composing import Specification, compose, parse
from ...containers import CheckpointError
from ...formats import Checkpoint
from ...formats.checkpoint import byte_size
from ..onnx_model import check, plain
from .operators import WRITERS
from .reading import Reader, Value

LARGEST = 1 << 28  # bytes of weights
TRIED, ATOL = 2, 1e-4
# onnxruntime's rewrites that would change layers; folding constants is what is wanted
KEPT = ["ConvBNFusion", "ConvMulFusion", "ConvAddFusion", "MatmulBNFusion", "ReluClipFusion", "MatMulAddFusion"]

__all__ = ["of_checkpoint"]


def of_checkpoint(checkpoint: Checkpoint) -> tuple[Specification, onnx.ModelProto]:
    """The specification of a model, and the same model built of it with the weights of the file.

    Raises `CheckpointError` where it says something that a specification cannot, or is larger than 256 MB.
    """
    check(checkpoint)
    held = sum(byte_size(tensor) for tensor in checkpoint.model.graph.initializer)
    if held > LARGEST:
        raise CheckpointError(
            checkpoint.path, f"has {held / 1e6:,.0f} MB of weights, which are too many to edit by hand"
        )
    model = _folded(checkpoint)
    reader = _read(checkpoint, model)
    (entered,) = [value for value in model.graph.input if value.name not in reader.constants]
    first = reader.values[entered.name]
    # what is read with channels last is read with channels first from now on
    specification = parse(
        {
            "name": model.graph.name or checkpoint.path.stem,
            "input": _input_of(reader, entered, first),
            "layers": reader.layers,
        },
        checkpoint.path,
    )
    made = compose(specification).model
    for tensor in made.graph.initializer:
        if tensor.name in reader.weights:
            array = reader.weights[tensor.name]
            if list(array.shape) != list(tensor.dims):
                raise CheckpointError(checkpoint.path, f"cannot be edited by hand: {tensor.name} has another shape")
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    _compare(checkpoint, model, made, entered.name, reader)
    return specification, made


def _folded(checkpoint: Checkpoint) -> onnx.ModelProto:
    """The model with all constants worked out, and its weights in it."""
    model = plain(checkpoint, {})
    for tensor in model.graph.initializer:
        if tensor.name in checkpoint.readers or tensor.data_location == onnx.TensorProto.EXTERNAL:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(checkpoint.array(tensor)), tensor.name))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "folded.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        options.log_severity_level = 4
        try:
            onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"], disabled_optimizers=KEPT
            )
        except Exception as error:  # onnxruntime's own exception types share no base but Exception
            raise CheckpointError(checkpoint.path, f"cannot be read by onnxruntime ({str(error)[:100]})") from error
        return onnx.load(path)


def _read(checkpoint: Checkpoint, model: onnx.ModelProto) -> Reader:
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise CheckpointError(
            checkpoint.path, f"cannot be edited by hand: it has {len(inputs)} inputs and {len(graph.output)} outputs"
        )
    counted = Counter(name for node in graph.node for name in node.input)
    counted.update(value.name for value in graph.output)
    reader = Reader(checkpoint.path, constants, counted)
    sizes = tuple(dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim)[1:]
    if (
        not sizes
        or not all(size > 0 for size in sizes)
        or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT
    ):
        raise CheckpointError(checkpoint.path, "cannot be edited by hand: its input has open sizes, or is no number")
    name = reader.free(inputs[0].name)
    reader.values[inputs[0].name] = Value(name, "", sizes)
    for node in graph.node:
        write = WRITERS.get(node.op_type)
        if write is None or node.domain not in ("", "ai.onnx"):
            raise reader.refused(node, "is nothing that a specification can say")
        reader.values[node.output[0]] = write(reader, node)
    return reader


def _input_of(reader: Reader, entered, value: Value) -> dict[str, Any]:
    return {"name": value.layer, "shape": list(reader.shapes.get(value.layer, value.shape))}


def _compare(checkpoint, model, made, name, reader: Reader) -> None:
    """Refuse what does not give the same numbers."""
    first = reader.values[name]
    random = np.random.default_rng(0)
    shape = tuple(dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim)[1:]
    given = random.normal(size=(TRIED, *shape)).astype(np.float32)
    turned = np.moveaxis(given, -1, 1) if first.layer in reader.shapes else given
    results = []
    for one, x in ((model, given), (made, np.ascontiguousarray(turned))):
        session = onnxruntime.InferenceSession(one.SerializeToString(), providers=["CPUExecutionProvider"])
        entry = session.get_inputs()[0]
        rows = [x] if not isinstance(entry.shape[0], int) else [x[place : place + 1] for place in range(TRIED)]
        results.append(np.concatenate([session.run(None, {entry.name: row})[0] for row in rows]).reshape(TRIED, -1))
    theirs, ours = results
    if theirs.shape != ours.shape or not np.allclose(theirs, ours, atol=ATOL, rtol=1e-3):
        raise CheckpointError(checkpoint.path, "cannot be edited by hand: written so it would give other numbers")
