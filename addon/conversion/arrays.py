# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network as JSON and arrays of NumPy: layers, shapes and names in network.json, numbers in weights.npz and, where an
input was run, activations.npz. docs/formats.md describes the form; `formats/arrays_file.py` reads it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import onnx
from google.protobuf import json_format
from onnx import TensorProto, helper, numpy_helper

from ..containers.stored import ITEM_SIZE
from ..formats.arrays_file import ACTIVATIONS, FORMAT, NETWORK, VERSION, WEIGHTS
from ..formats.checkpoint import byte_size
from ..inference import Ran, by_name
from ..network import Network
from ..network.report import report
from ..written import replacing
from .onnx_model import Steps, pieces, plain

KEPT = ("name", "op", "inputs", "shape", "parameters", "block")


def steps(network: Network, ran: Ran | None, folder: Path) -> Steps:
    """Write a network into a folder. Yields (share done, what is next) and returns what was written, in words.

    Nothing is left behind where it is stopped or fails. Raises `CheckpointError`.
    """
    made = not folder.exists()
    try:
        with ExitStack() as stack:
            parts = {name: stack.enter_context(replacing(folder / name)) for name in (NETWORK, WEIGHTS)}
            values = by_name(network, ran.values) if ran else {}
            if ran:
                parts[ACTIVATIONS] = stack.enter_context(replacing(folder / ACTIVATIONS))
                yield 0.0, "activations"
                with parts[ACTIVATIONS].open("wb") as file:
                    np.savez_compressed(file, **values)  # type: ignore[arg-type]
            model, weights = _model(network)
            yield from _weights(network, model, weights, parts[WEIGHTS])
            said = _said(network, ran, model, weights, values)
            parts[NETWORK].write_text(json.dumps(said, indent=1), encoding="utf-8")
    except BaseException:
        with suppress(OSError):
            if made:
                folder.rmdir()
        raise
    count = len(weights)
    return f"{len(network.layers):,} layers, {count:,} weights" + (f", {len(values):,} activations" if ran else "")


def _model(network) -> tuple[onnx.ModelProto, dict[str, str]]:
    """The graph in which every weight is external, and the names of the arrays that hold them."""
    model = plain(network.checkpoint, {})
    weights = {
        leaf.name for layer in network.layers for whole in layer.weights for leaf in (whole, whole.whole) if leaf
    }
    names: dict[str, str] = {}
    for number, tensor in enumerate(model.graph.initializer):
        if tensor.data_type == TensorProto.STRING:
            continue
        if tensor.data_location == TensorProto.EXTERNAL or tensor.name in weights:
            clear = tensor.name and not tensor.name.startswith("/") and ".." not in tensor.name
            clear = clear and not set(tensor.name) & set("\\:\0") and tensor.name not in names.values()
            names[tensor.name] = tensor.name if clear else f"weight {number}"
    return model, names


def _weights(network, model, weights, path) -> Iterator[tuple[float, str]]:
    total = sum(byte_size(tensor) for tensor in model.graph.initializer if tensor.name in weights) or 1
    done = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for tensor in model.graph.initializer:
            if tensor.name not in weights:
                continue
            dtype, shape = _as_numpy(tensor)
            with archive.open(f"{weights[tensor.name]}.npy", "w", force_zip64=True) as file:
                said = {"descr": dtype, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, said)
                for piece in _pieces(network.checkpoint, tensor):
                    yield done / total, tensor.name
                    file.write(piece)
                    done += len(piece)
            shrunk = TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
            shrunk.data_location = TensorProto.EXTERNAL
            shrunk.external_data.add(key="location", value=WEIGHTS)
            tensor.CopyFrom(shrunk)


def _pieces(checkpoint, tensor):
    if tensor.data_location == TensorProto.EXTERNAL:
        yield from pieces(checkpoint, tensor)
    else:
        yield numpy_helper.from_array(np.ascontiguousarray(numpy_helper.to_array(tensor))).raw_data


def _as_numpy(tensor) -> tuple[str, tuple[int, ...]]:
    """Type and shape of the array of a tensor: those of the tensor, where NumPy has them. Others are unsigned integers
    of the same size; numbers below a byte are packed bytes in a row."""
    shape = tuple(tensor.dims)
    if tensor.data_type not in ITEM_SIZE:
        return "|u1", (byte_size(tensor),)
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
    if dtype.kind in "fiubc" and dtype.isbuiltin == 1:
        return dtype.str, shape
    return f"{'|' if dtype.itemsize == 1 else '<'}u{dtype.itemsize}", shape


def _said(network, ran, model, weights, values) -> dict:
    """What network.json says."""
    about = report(network)
    source = network.checkpoint
    layers = []
    for layer, told in zip(network.layers, about["layers"], strict=True):
        leaves = (leaf.whole or leaf for leaf in layer.weights)
        held = [leaf.name for leaf in leaves if leaf.name in weights]
        entry = {key: told[key] for key in KEPT}
        entry["weights"] = list(dict.fromkeys(held))
        if ran:
            entry["activation"] = layer.name if layer.name in values else None
        layers.append(entry)
    types = {
        tensor.name: {
            "array": weights[tensor.name],
            "shape": list(tensor.dims),
            "dtype": TensorProto.DataType.Name(tensor.data_type).lower(),
        }
        for tensor in model.graph.initializer
        if tensor.name in weights
    }
    return {
        "format": FORMAT,
        "version": VERSION,
        "source": {
            "file": source.path.name,
            "format": source.format,
            "producer": source.producer,
            "structure": source.structure,
            "notes": source.notes,
            "unsized": sorted(source.unsized),
            "open": sorted(source.open),
            "unread": source.unread,
        },
        "parameters": about["parameters"],
        "inputs": about["inputs"],
        "outputs": about["outputs"],
        "classes": network.classes,
        "input": {"file": ran.file, "fitted": ran.note} if ran else None,
        "layers": layers,
        "weights": types,
        "onnx": json_format.MessageToDict(model),
    }
