# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TensorFlow.js: a model.json with a topology (Keras's layers, or a TensorFlow graph) and weights in shards beside it.

The formats: tensorflow/tfjs, tfjs-core's io types ("ModelJSON", "WeightsManifestConfig").
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ..containers import bounded_json, shards
from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from ..containers.protobuf import DEEPEST, Description, Many, Map
from ..containers.stored import MOST_AXES, MOST_ELEMENTS, Stored
from . import keras
from .checkpoint import Checkpoint
from .keras.variables import said
from .tensorflow import dropout, frozen
from .tensorflow import flat as flats
from .tensorflow.ends import guessed
from .tensorflow.graph_text import Text
from .tensorflow.messages import GRAPH, TENSOR_INFO, TYPE_NAMES, data_type, sizes
from .tensorflow.writing import Ends, Source
from .weights import Weights

LAYERS, GRAPHS = "tfjs-layers", "tfjs-graph"
TYPES = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "int32": TensorProto.INT32,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "bool": TensorProto.BOOL,
}
MOST_WEIGHTS = 1 << 20


def read(path: Path) -> Checkpoint | Weights:
    """Open a model.json, or the list of weights alone, with its shards. Raises `CheckpointError`."""
    said_of_it = bounded_json.read_any(path, "its topology")
    if isinstance(said_of_it, list):
        return _weights(path, _tensors(path, said_of_it))
    topology = said_of_it.get("modelTopology")
    tensors = _tensors(path, said_of_it.get("weightsManifest"))
    if topology is None and tensors:
        return _weights(path, tensors)
    by = [said_of_it.get("generatedBy"), said_of_it.get("convertedBy")]
    producer = " ".join(brief(text, 60) for text in by[1:] if isinstance(text, str)) or "TensorFlow.js"
    if not isinstance(topology, dict):
        raise CheckpointError(path, "a model of TensorFlow.js without its topology", "fetch it again")
    if isinstance(topology.get("node"), list):
        return _graph(path, topology, said_of_it.get("signature"), tensors, producer)
    config = topology.get("model_config", topology)
    if not isinstance(config, dict) or not keras.is_architecture(config):
        raise CheckpointError(path, "a model of TensorFlow.js that is neither layers nor a graph")
    version = topology.get("keras_version")
    if isinstance(version, str) and re.match(r"[\d.]+", version):
        producer = f"Keras {brief(version, 20)}"
    return keras.write(path, config, _Finder(path, tensors), LAYERS, producer)


def _weights(path: Path, tensors: dict[str, Stored]) -> Weights:
    return Weights(path, LAYERS, list(tensors.values()), "keras", "TensorFlow.js")


def _tensors(path: Path, manifest) -> dict[str, Stored]:
    """The weights of all groups by their names."""
    if not isinstance(manifest, list):
        raise CheckpointError(path, "a model of TensorFlow.js that does not list its weights", "fetch it again")
    held: dict[str, Stored] = {}
    for group in manifest:
        names, entries = (group.get("paths"), group.get("weights")) if isinstance(group, dict) else (None, None)
        if not isinstance(names, list) or not isinstance(entries, list) or len(entries) > MOST_WEIGHTS:
            raise CheckpointError(path, "a list of weights that is damaged", "fetch it again")
        if not all(isinstance(name, str) for name in names):
            raise CheckpointError(path, "a list of weights that is damaged", "fetch it again")
        names = [name.removeprefix("./") for name in names]
        at = {file.name: file for file in shards.named(path, set(names))}
        files = [at[name] for name in names]
        lengths = [file.stat().st_size for file in files]
        begin = 0
        for entry in entries:
            name, size, stored = _entry(path, entry, begin, files, lengths)
            begin += size
            if stored is not None:
                held[name] = stored
        if begin > sum(lengths):
            raise CheckpointError(
                path,
                f"its weights need {begin:,} bytes and the shards have {sum(lengths):,}",
                "cut short: fetch all shards again",
            )
    return held


def _entry(path, entry, begin, files, lengths):
    """(name, bytes, the tensor) of an entry of the list; None for text."""

    def wrong(problem):
        return CheckpointError(path, f"the weight '{brief(str(name))}' {problem}", "fetch it again")

    entry = entry if isinstance(entry, dict) else {}
    name, shape, dtype = entry.get("name"), entry.get("shape"), entry.get("dtype")
    quantised = entry.get("quantization")
    if not isinstance(name, str) or not isinstance(shape, list) or not isinstance(dtype, str):
        raise wrong("has no entry that can be read")
    if len(shape) > MOST_AXES or not all(type(size) is int and 0 <= size <= MOST_ELEMENTS for size in shape):
        raise wrong("has a shape that cannot be")
    if prod(max(1, size) for size in shape) > MOST_ELEMENTS:
        raise wrong("has a shape that cannot be")
    if dtype == "string":
        raise wrong("is text, which is not read")
    kept = quantised.get("dtype") if isinstance(quantised, dict) else dtype
    kind, shown = TYPES.get(kept) if isinstance(kept, str) else None, TYPES.get(dtype)
    if kind is None or shown is None:
        raise wrong(f"has the unknown type {str(kept)[:20]!r}")
    size = prod(shape) * np.dtype(helper.tensor_dtype_to_np_dtype(kind)).itemsize
    if begin + size > sum(lengths):
        raise CheckpointError(
            path,
            f"the weight '{brief(name)}' needs bytes {begin:,} to {begin + size:,}, the shards have {sum(lengths):,}",
            "cut short: fetch all shards again",
        )
    run = _Run(files, lengths, begin, size, tuple(shape), kind)
    if not isinstance(quantised, dict):
        place = run.place()
        if place is not None:
            return name, size, Stored(name, tuple(shape), kind, *place)
        return name, size, Stored(name, tuple(shape), kind, read=run.array)
    low, scale = quantised.get("min", 0), quantised.get("scale", 1)
    if not all(isinstance(number, (int, float)) for number in (low, scale)):
        raise wrong("has a scale that is no number")
    if kept == "float16":
        return name, size, Stored(name, tuple(shape), shown, read=lambda: run.array().astype(np.float32))
    target = helper.tensor_dtype_to_np_dtype(shown)

    def applied() -> np.ndarray:
        return (run.array().astype(np.float32) * np.float32(scale) + np.float32(low)).astype(target)

    return name, size, Stored(name, tuple(shape), shown, read=applied)


@dataclass
class _Run:
    """Bytes in shards that follow one another."""

    files: list[Path]
    lengths: list[int]
    begin: int
    size: int
    shape: tuple[int, ...]
    kind: int

    def place(self) -> tuple[str, int] | None:
        """The shard that holds all of it, and where in it; None if there are several."""
        start = 0
        for file, length in zip(self.files, self.lengths, strict=True):
            if start <= self.begin and self.begin + self.size <= start + length:
                return file.name, self.begin - start
            start += length
        return None

    def array(self) -> np.ndarray:
        """The numbers."""
        pieces = []
        start, at, left = 0, self.begin, self.size
        for file, length in zip(self.files, self.lengths, strict=True):
            if left and start <= at < start + length:
                with file.open("rb") as opened:
                    opened.seek(at - start)
                    piece = opened.read(min(left, start + length - at))
                pieces.append(piece)
                at += len(piece)
                left -= len(piece)
            start += length
        data = b"".join(pieces)
        return np.frombuffer(data, helper.tensor_dtype_to_np_dtype(self.kind), prod(self.shape)).reshape(self.shape)


class _Finder:
    """Finds the weights of Keras's layers by their names."""

    layout = "keras"

    def __init__(self, path: Path, tensors: dict[str, Stored]):
        self.path, self.tensors = path, tensors

    def __call__(self, layer: str, name: str, shape: tuple[int | None, ...]) -> Stored:
        """The stored tensor of a layer's variable. Raises `CheckpointError`."""
        last = layer.rpartition("/")[2]
        exact = (self.tensors.get(key) for key in (f"{layer}/{name}", f"{last}/{name}"))
        stored = next(filter(None, exact), None) or self._inside(last, name)
        if stored is None:
            raise CheckpointError(self.path, f"the weight {brief(name)} of '{brief(layer)}' is not in its list")
        if len(stored.shape) != len(shape) or any(
            size not in (None, have) for size, have in zip(shape, stored.shape, strict=True)
        ):
            raise CheckpointError(
                self.path,
                f"{brief(name)} of layer '{brief(layer)}' has the shape {list(stored.shape)}, not {list(shape)}",
                "fetch it again",
            )
        return stored

    def _inside(self, layer, name) -> Stored | None:
        """A variable of a part of a layer: "forward/kernel" is in "both/forward_lstm/lstm_cell/kernel"."""
        *parts, variable = name.split("/")
        for key, stored in self.tensors.items():
            scopes = key.split("/")[:-1]
            if layer in scopes and said(key) == variable:
                below = scopes[scopes.index(layer) + 1 :]
                if all(any(scope.startswith(part) for scope in below) for part in parts):
                    return stored
        return None


# graphs


def _graph(path, topology, signature, tensors, producer) -> Checkpoint:
    held = Text()
    try:
        said_graph = _message(topology, GRAPH, held, 0)
        ends_said = signature if isinstance(signature, dict) else {}
        named = {
            side: {
                name: _message(entry, TENSOR_INFO, held, 0)
                for name, entry in (ends_said.get(side) or {}).items()
                if isinstance(entry, dict)
            }
            for side in ("inputs", "outputs")
        }
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise CheckpointError(path, f"its topology is damaged ({str(error)[:100]})", "fetch it again") from error
    flat = frozen.flattened(path, said_graph)
    flats.decide(flat)
    dropout.leave_out(flat)
    ends = Ends()
    for name, info in named["inputs"].items():
        at = flats.place(info.get("name", ""))
        if at and at[0] in flat.nodes:
            ends.inputs[at] = name, sizes(info.get("tensor_shape", {})), data_type(info.get("dtype"))
    for name, info in named["outputs"].items():
        at = flats.place(info.get("name", ""))
        if at and at[0] in flat.nodes:
            ends.outputs[name] = flat.final(at)
    if not ends.outputs:
        ends = frozen.ends_of(flat, *guessed(flat))
    source = Source(path, memoryview(bytes(held.data)), "", constant=lambda node: tensors.get(node.name))
    return frozen.write(path, flat, source, ends, GRAPHS, producer)


def _message(value: dict, description: Description, held: Text, depth: int) -> dict:
    """A message that protobuf has written as JSON: names in camel case, long integers as texts, bytes in base 64."""
    if depth > DEEPEST:
        raise ValueError("messages stand in one another too deep")
    by_name = {name: kind for name, kind in description.values()}
    made: dict = {}
    for key, part in value.items():
        name = re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", key) if key not in by_name else key
        kind = by_name.get(name)
        if kind is None or part is None:
            continue
        if isinstance(kind, Many):
            made[name] = [_value(entry, kind.kind, held, depth) for entry in part]
        elif isinstance(kind, Map):
            made[name] = {text: _value(entry, kind.kind, held, depth) for text, entry in part.items()}
        else:
            made[name] = _value(part, kind, held, depth)
    return made


def _value(value, kind, held, depth):
    if isinstance(kind, dict):
        return _message(value, kind, held, depth + 1)
    if kind == "int":
        if isinstance(value, str) and value in TYPE_NAMES:
            return TYPE_NAMES[value]
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "span":
        return held.put(base64.b64decode(value, validate=True))
    if kind == "octets":
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    return str(value)
