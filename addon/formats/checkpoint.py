# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An opened checkpoint: an ONNX model whose weights stay in the file until they are asked for."""

import hashlib
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from ..containers.errors import CheckpointError
from ..containers.stored import ITEM_SIZE

OPAQUE = "neuroscene"  # the domain of nodes of which only name, weights and perhaps shape are known
LAYER = "neuroscene.layer"  # node metadata: the path of the layer that a node is of, as its framework has it
# Node metadata of nodes that round what a quantised layer reads: empty, and at the last what it rounds.
ROUNDING = "neuroscene.rounding"
BUFFER = 1 << 23  # bytes hashed in one go; small ones would have to wait for Python's lock in between


@dataclass
class Checkpoint:
    """A file read as an ONNX model.

    `model` is a whole `ModelProto`, except that large initializers are external data (ONNX's own mechanism):
    they name a file in the model's folder, often the model's own, with an offset and a length. `array` maps
    them on demand, so opening a model costs its graph and not its weights. Weights that do not lie in the file as they
    are (compressed, strided) are given by `readers`, by name. `structure` is "graph", or "inferred" where the file says
    only weights. `notes` say what was left out or stands for something unknown; `architecture` is the file that the
    graph was taken from, if it is another one. `unsized` are tensors in whose shape every axis but those of the batch
    and the channels stands in for one that the file does not tell, as then in what is computed of them. `open` are
    inputs of the graph that stand for what is not known: who reads them, reads nobody knows what. `unread` is how
    many numbers of weights the graph does not read, as those of heads for training. `unrunnable` says why the graph
    cannot be run, where its reader knows. Where a file holds several models `parts` are their names, with how many
    numbers each has, and `part` is the one that this is ("" for more than one of them), `part_chosen` whether it was
    asked for. `sizes` are sizes by which the graph is right, of open axes whose usual ones may not be, by their names.
    `origin` is the format that a model had before it was exported as arrays.
    """

    path: Path
    format: str
    model: onnx.ModelProto
    structure: str = "graph"
    readers: dict[str, Callable[[], np.ndarray]] = field(default_factory=dict, repr=False)
    notes: list[str] = field(default_factory=list)
    architecture: Path | None = None
    unsized: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    unread: int = 0
    unrunnable: str = ""
    part: str = ""
    part_chosen: bool = False
    parts: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    origin: str = ""
    _files: dict[str, mmap.mmap] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """The folder of the file, in which its external data lie."""
        return self.path.parent

    @property
    def producer(self) -> str:
        """What wrote the model, with its version; empty where the file does not say."""
        return " ".join(filter(None, (self.model.producer_name, self.model.producer_version)))

    def is_weight(self, tensor: TensorProto) -> bool | None:
        """Whether an initializer is a weight of the file, or a setting that its reader has put beside them; None where
        that is not known, as in ONNX itself."""
        return None if (self.origin or self.format) == "onnx" else tensor.data_location == TensorProto.EXTERNAL

    def check_runs(self) -> None:
        """Raises `CheckpointError` where the file does not say what a run would need."""
        if self.structure == "inferred":
            raise CheckpointError(
                self.path,
                "holds weights only and cannot be run: how they are joined is inferred",
                "attach its architecture (ONNX, or Keras's JSON)",
            )
        if self.unrunnable:
            raise CheckpointError(self.path, f"cannot be run: {self.unrunnable}")
        unknown = next((node for node in self.model.graph.node if node.domain == OPAQUE), None)
        if unknown is not None:
            raise CheckpointError(
                self.path,
                f"cannot be run: of '{unknown.name}' ({unknown.op_type}) the file does not say what it computes",
            )

    def sha256(self) -> str:
        """The hash of the model file itself, in hex; files of external data are not in it."""
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(BUFFER))
        with self.path.open("rb", buffering=0) as file:
            while size := file.readinto(buffer):
                digest.update(buffer[:size])
        return digest.hexdigest()

    def array(self, tensor: TensorProto) -> np.ndarray:
        """The numbers of a tensor, in its own dtype and shape; of external data a read-only view of the file."""
        if tensor.data_location != TensorProto.EXTERNAL:
            return numpy_helper.to_array(tensor)
        if tensor.name in self.readers:
            return self.readers[tensor.name]()
        location, offset, length = locate(self.path, tensor)
        shape = tuple(tensor.dims)
        if not length:  # an empty file cannot be mapped
            return np.empty(shape, onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
        if location not in self._files:
            with (self.folder / location).open("rb") as file:
                self._files[location] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        data = memoryview(self._files[location])[offset : offset + length]
        if tensor.data_type in ITEM_SIZE:
            dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
            return np.frombuffer(data, dtype, prod(shape)).reshape(shape)
        packed = TensorProto(data_type=tensor.data_type, dims=shape, raw_data=bytes(data))
        return numpy_helper.to_array(packed)

    def put_down(self) -> None:
        """Let the system take from memory what was read of files: it is there again when somebody reads it."""
        for held in self._files.values():
            if hasattr(mmap, "MADV_DONTNEED"):
                held.madvise(mmap.MADV_DONTNEED)


def locate(path: Path, tensor: TensorProto) -> tuple[str, int, int]:
    """Where the data of an external tensor lie: a file name in the model's folder, offset and length in bytes.

    Raises `CheckpointError` if the file lies outside the folder, is absent, or is too short for the tensor.
    """
    said = {entry.key: entry.value for entry in tensor.external_data}
    location = said.get("location", "")
    where = f"the weights of '{tensor.name}'"
    # the file itself may be a link: it was asked for
    target = path if location == path.name and path.is_file() else _beside(path, location, where)
    texts = said.get("offset", "0"), said.get("length", str(byte_size(tensor)))
    if not all(text.isascii() and text.isdigit() and len(text) < 20 for text in texts):
        raise CheckpointError(path, f"{where} have an unreadable offset or length")
    offset, length = map(int, texts)
    if length != byte_size(tensor):
        raise CheckpointError(path, f"{where} need {byte_size(tensor):,} bytes, {length:,} are declared")
    if offset + length > target.stat().st_size:
        raise CheckpointError(
            path,
            f"{where} need bytes {offset:,} to {offset + length:,} of '{location}', "
            f"which has {target.stat().st_size:,}",
            "the file is cut short: fetch it again",
        )
    return location, offset, length


def _beside(path: Path, location: str, where: str) -> Path:
    """A file in the model's folder. Raises `CheckpointError` if it lies outside, or is not there."""
    folder = path.parent.resolve()
    try:
        target = (folder / location).resolve()
    except (ValueError, RuntimeError) as error:  # a null character, or symbolic links in a circle
        raise CheckpointError(path, f"{where} are in a file that cannot be ({location!r})") from error
    if not location or Path(location).is_absolute() or not target.is_relative_to(folder):
        raise CheckpointError(path, f"{where} point outside the model's folder ({location!r})", "refused for safety")
    if not target.is_file():
        raise CheckpointError(
            path, f"{where} should be in '{location}', which is not there", "put that file beside the model"
        )
    return target


def byte_size(tensor: TensorProto) -> int:
    """The size of a tensor's data in bytes, as its shape and type ask for; types below a byte are packed."""
    count = prod(tensor.dims)
    if tensor.data_type in ITEM_SIZE:
        return count * ITEM_SIZE[tensor.data_type]
    return -(-count // 4) if TensorProto.DataType.Name(tensor.data_type).endswith("INT2") else -(-count // 2)


def tensors(graph: onnx.GraphProto) -> Iterator[TensorProto]:
    """Every stored tensor of a graph: initializers and tensor attributes, those of its subgraphs too."""
    yield from graph.initializer
    yield from node_tensors(graph.node)


def node_tensors(nodes) -> Iterator[TensorProto]:
    """Every tensor stored in the attributes of these nodes, and in their subgraphs."""
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
        for graph in subgraphs(node):
            yield from tensors(graph)


def subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs inside a node: the branches of If, the bodies of Loop and Scan."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def captured(node: onnx.NodeProto) -> Iterator[str]:
    """Names that the subgraphs of a node read, from outside or from within."""
    for graph in subgraphs(node):
        for inner in graph.node:
            yield from inner.input
            yield from captured(inner)
        yield from (value.name for value in graph.output)
