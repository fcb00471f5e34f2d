# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights of Flax in MessagePack: dicts of dicts whose leaves are arrays (flax.serialization).

Kernels have the axes of Keras: (rows, columns, in, out). Moving means and tables of words get Keras's names, for Flax
keeps the former in a collection of their own.
"""

from __future__ import annotations

import mmap
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ..containers.errors import CheckpointError
from ..containers.msgpack import Reader, Span
from ..containers.natural_order import brief
from ..containers.stored import FLOATS, MOST_AXES, MOST_ELEMENTS, Stored
from .weights import Weights, config_beside

FORMAT = "flax-msgpack"
ARRAY = 1  # an extension type
CHUNKED = "__msgpack_chunked_array__"
COLLECTIONS = ("params", "batch_stats", "model", "state", "variables", "target", "model_state")
LEFT = ("opt_state", "optimizer", "step", "rng", "dropout_rng", "epoch", "opt", "tx")
NAMES = {"mean": "moving_mean", "var": "moving_variance"}
TYPES = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float64": TensorProto.DOUBLE,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint32": TensorProto.UINT32,
    "bool": TensorProto.BOOL,
}


def read(path: Path) -> Weights:
    """Open a file; numbers stay in it. Raises `CheckpointError`."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        tree = Reader(data).value()
        if not isinstance(tree, dict):
            raise ValueError("it is no map")
        notes: list[str] = []
        tensors: dict[str, Stored] = {}
        _walk(path, data, tree, (), tensors, notes, False)
    except (ValueError, RecursionError) as error:
        problem = f"weights of Flax that are damaged or cut short ({error})"
        raise CheckpointError(path, problem, "fetch it again") from error
    if not any(stored.data_type in FLOATS for stored in tensors.values()):
        raise CheckpointError(
            path, "a file in MessagePack that holds no weights of Flax", "is this the model's own file?"
        )
    config = config_beside(path, notes)
    return Weights(path, FORMAT, list(tensors.values()), "keras", "Flax", config=config, notes=notes)


def _walk(path, data, tree, names, tensors, notes, moving):
    for key, value in tree.items():
        if not names and key in LEFT:
            note = "the state of the optimizer is left out"
            notes.extend([note] if note not in notes and isinstance(value, dict) else [])
            continue
        below = names if not names and key in COLLECTIONS and isinstance(value, dict) else (*names, key)
        inside = moving or key == "batch_stats"
        if isinstance(value, dict) and value.get(CHUNKED) is True:
            stored = _chunked(path, data, "/".join(below), value)
        elif isinstance(value, dict):
            _walk(path, data, value, below, tensors, notes, inside)
            continue
        elif isinstance(value, Span) and value.kind == ARRAY:
            stored = _array(path, data, "/".join(below), value)
        else:
            continue
        if stored is None:
            notes.append(f"'{brief('/'.join(below))}' is of a type that is not read")
            continue
        *above, last = below
        last = "embeddings" if last == "embedding" else NAMES.get(last, last) if inside else last
        name = "/".join((*above, last))
        tensors[name] = Stored(name, stored.shape, stored.data_type, stored.file, stored.offset, stored.read)


def _array(path, data, name, span) -> Stored | None:
    """An array: its shape, the name of its type, its bytes."""
    held = Reader(data, span.begin, span.end).value()
    if not isinstance(held, list) or len(held) != 3 or not isinstance(held[2], Span):
        raise ValueError(f"the array '{brief(name)}' is none")
    shape, dtype, content = held
    if (
        not isinstance(shape, list)
        or len(shape) > MOST_AXES
        or not all(type(size) is int and size >= 0 for size in shape)
        or prod(max(1, size) for size in shape) > MOST_ELEMENTS
    ):
        raise ValueError(f"the array '{brief(name)}' has a shape that cannot be")
    kind = TYPES.get(dtype) if isinstance(dtype, str) else None
    if kind is None:
        return None
    needed = prod(shape) * np.dtype(helper.tensor_dtype_to_np_dtype(kind)).itemsize
    if content.end - content.begin != needed:
        raise ValueError(f"the array '{brief(name)}' needs {needed:,} bytes and has {content.end - content.begin:,}")
    return Stored(name, tuple(shape), kind, path.name, content.begin)


def _chunked(path, data, name, held) -> Stored | None:
    """A large array in parts, flat."""
    parts, sizes = held.get("chunks"), held.get("shape")
    sizes = [sizes[key] for key in sorted(sizes, key=int)] if isinstance(sizes, dict) else sizes
    if not isinstance(parts, dict) or not isinstance(sizes, list) or not all(key.isdecimal() for key in parts):
        raise ValueError(f"the parts of '{brief(name)}' cannot be read")
    if not all(type(size) is int and size >= 0 for size in sizes) or len(sizes) > MOST_AXES:
        raise ValueError(f"the array '{brief(name)}' has a shape that cannot be")
    pieces = [_array(path, data, name, parts[key]) for key in sorted(parts, key=int) if isinstance(parts[key], Span)]
    kept = [piece for piece in pieces if piece is not None]
    if not kept or len(kept) < len(parts):
        return None
    if sum(prod(piece.shape) for piece in kept) != prod(sizes) or len({piece.data_type for piece in kept}) > 1:
        raise ValueError(f"the parts of '{brief(name)}' do not make it up")
    dtype = helper.tensor_dtype_to_np_dtype(kept[0].data_type)

    def joined() -> np.ndarray:
        flat = [np.frombuffer(data, dtype, prod(piece.shape), piece.offset or 0) for piece in kept]
        return np.concatenate(flat).reshape(sizes)

    return Stored(name, tuple(sizes), kept[0].data_type, read=joined)
