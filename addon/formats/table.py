# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of formats. What a file is, its content says: a wrong suffix opens all the same."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from . import folders, foreign
from .checkpoint import Checkpoint
from .foreign import archives, magic, messages, texts
from .weights import Weights

TABLE_END = (0xDB4775248B80FB57).to_bytes(8, "little")  # of TensorFlow's tables, in their last bytes
TF_FILES = re.compile(r"(.+?)(?:\.data-\d{5}-of-\d{5}|\.meta)")
INDEX = 1 << 16  # bytes of JSON in which an index names a file


@dataclass(frozen=True)
class Reader:
    """A kind of file: what people call it, its usual suffixes, whether a file is one, and the module that reads it.

    `sniff` gets the first bytes and the path. The module's `read(path)` gives a `Checkpoint`, or `Weights` where the
    file does not say how its tensors are joined. Where `parts` is set, `read(path, part)` takes one of several models.
    """

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes, Path], bool]
    module: str
    parts: bool = False

    def read(self, path: Path, part: str = "") -> Checkpoint | Weights:
        """What the file holds, by this reader. Raises `CheckpointError`."""
        module = import_module(f".{self.module}", __package__)
        if part and not self.parts:
            raise CheckpointError(path, f"has no part '{brief(part)}'", "it is one model")
        return module.read(path, part) if self.parts else module.read(path)


def _has_members(*names: str):
    """A zip archive with a file of one of these names, at its top or in its one folder."""

    def sniff(head: bytes, path: Path) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        from ..containers.zip_archive import archive

        members = archive(path).members
        return any(member == name or member.endswith(f"/{name}") for member in members for name in names)

    return sniff


def _is_pickle(head: bytes, path: Path) -> bool:
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _is_tar(head: bytes, path: Path) -> bool:
    return head[257:262] == b"ustar" and archives.is_torch_tar(path)


def _is_safetensors(head: bytes, path: Path) -> bool:
    return len(head) > 9 and head[8:9] == b"{"


def _is_json(head: bytes, path: Path) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _is_numpy(head: bytes, path: Path) -> bool:
    if head.startswith(b"\x93NUMPY"):
        return True
    if not head.startswith(b"PK\x03\x04"):
        return False
    from ..containers.zip_archive import archive

    members = archive(path).members
    return bool(members) and all(name.endswith(".npy") for name in members)


def _is_caffe(head: bytes, path: Path) -> bool:
    return texts.is_caffe(head) or head[:1] == b"\x0a" and messages.kind(head, path) == messages.CAFFE


def _is_darknet(head: bytes, path: Path) -> bool:
    return texts.is_darknet(head) or any(head.startswith(start) for start in magic.DARKNET)


def _is_core_ml(head: bytes, path: Path) -> bool:
    return head[:1] == b"\x08" and messages.kind(head, path) == messages.CORE_ML


def _is_openvino(head: bytes, path: Path) -> bool:
    """A network of OpenVINO, or the numbers beside one, which say nothing of themselves."""
    if path.suffix == ".bin" and path.with_suffix(".xml").is_file():
        with path.with_suffix(".xml").open("rb") as file:
            head = file.read(foreign.HEAD)
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<net " in head


def _is_arrays(head: bytes, path: Path) -> bool:
    return _is_json(head, path) and b'"neuroscene-arrays"' in head


def _is_tfjs(head: bytes, path: Path) -> bool:
    if not _is_json(head, path) and not _is_list(head):
        return False
    with path.open("rb") as file:
        text = file.read(INDEX)
    if _is_list(head):  # the weights alone
        return all(word in text for word in (b'"paths"', b'"weights"', b'"dtype"'))
    return b'"modelTopology"' in text or b'"weightsManifest"' in text and b'"format"' in text


def _is_list(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _is_index(pattern: bytes):
    """An index in JSON of shards whose names end so."""

    def sniff(head: bytes, path: Path) -> bool:
        if not _is_json(head, path):
            return False
        with path.open("rb") as file:
            text = file.read(INDEX)
        return b'"weight_map"' in text and re.search(pattern + rb'"', text) is not None

    return sniff


def _is_table(head: bytes, path: Path) -> bool:
    """A checkpoint of TensorFlow: a sorted table, a shard or the .meta beside one, or the list in a folder."""
    if head.startswith(b"model_checkpoint_path:"):
        return True
    if TF_FILES.fullmatch(path.name):
        base = TF_FILES.fullmatch(path.name)
        return base is not None and (path.with_name(f"{base[1]}.index").is_file() or path.with_name(base[1]).is_file())
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8))
        return file.read(8) == TABLE_END


def _is_saved_model(head: bytes, path: Path) -> bool:
    if path.name == "saved_model.pbtxt":
        return head.lstrip().startswith((b"saved_model_schema_version", b"meta_graphs"))
    return head[:3] == b"\x08\x01\x12" and path.suffix != ".onnx" and _kind_of_message(head, path) == "saved_model"


def _is_graph(head: bytes, path: Path) -> bool:
    if head.lstrip().startswith((b"node {", b"node{")) and b"op:" in head:
        return True
    return head[:1] == b"\x0a" and _kind_of_message(head, path) == "graph_def"


def _kind_of_message(head: bytes, path: Path) -> str:
    kind = messages.kind(head, path)
    return {messages.GRAPH_DEF: "graph_def", messages.SAVED_MODEL: "saved_model"}.get(kind, "") if kind else ""


READERS = (
    Reader("Keras (HDF5)", (".h5", ".hdf5"), lambda head, path: head.startswith(b"\x89HDF\r\n\x1a\n"), "keras"),
    Reader("Keras", (".keras",), _has_members("config.json", "model.weights.h5"), "keras"),
    Reader("Keras (sharded)", (".weights.json",), _is_index(rb"\.weights\.h5"), "keras"),
    Reader("PyTorch", (".pt", ".pth", ".bin"), _has_members("data.pkl", "constants.pkl"), "pytorch", True),
    Reader("PyTorch (torch.package)", (".pt",), _has_members(".data/extern_modules"), "pytorch", True),
    Reader("torch.export", (".pt2",), _has_members("archive_format"), "pytorch.exported"),
    Reader("PyTorch (before 1.6)", (".pt", ".pth", ".bin"), _is_pickle, "pytorch", True),
    Reader("PyTorch (first versions)", (".pt", ".pth"), _is_tar, "pytorch"),
    Reader("Neuroscene's arrays", ("network.json",), _is_arrays, "arrays_file"),
    Reader("TensorFlow.js", ("model.json",), _is_tfjs, "tfjs"),
    Reader("safetensors", (".safetensors",), _is_safetensors, "safetensors_file"),
    Reader("PyTorch (sharded)", (".bin.index.json",), _is_index(rb"\.(bin|pt|pth)"), "pytorch.shards"),
    Reader("safetensors (sharded)", (".safetensors.index.json",), _is_index(b""), "safetensors_file"),
    Reader("GGUF", (".gguf",), lambda head, path: head[:4] in (b"GGUF", b"FUGG"), "gguf"),
    Reader("TensorFlow Lite", (".tflite",), lambda head, path: head[4:8] == b"TFL3", "tflite", True),
    Reader("NumPy", (".npz", ".npy"), _is_numpy, "numpy_file"),
    Reader("Flax", (".msgpack",), lambda head, path: magic.is_flax(head), "flax_file"),
    Reader("Caffe", (".caffemodel", ".prototxt"), _is_caffe, "caffe"),
    Reader("Darknet", (".weights", ".cfg"), _is_darknet, "darknet"),
    Reader("Core ML", (".mlmodel",), _is_core_ml, "coreml", True),
    Reader("OpenVINO", (".xml",), _is_openvino, "openvino"),
    Reader("TensorFlow checkpoint", (".index", ".ckpt", ".meta"), _is_table, "tensorflow.checkpoints"),
    Reader("SavedModel", ("saved_model.pb", "saved_model.pbtxt"), _is_saved_model, "tensorflow.saved_model", True),
    Reader("TensorFlow graph", (".pb", ".pbtxt"), _is_graph, "tensorflow.frozen"),
    Reader("ONNX", (".onnx",), lambda head, path: True, "onnx_file"),  # a protobuf has no magic number
)
PICKLES = ("PyTorch (before 1.6)",)
SUFFIXES = tuple(dict.fromkeys(suffix for reader in READERS for suffix in reader.suffixes))


def read(path: Path, part: str = "") -> Checkpoint | Weights:
    """What a file, or the model in a folder, holds. Raises `CheckpointError`, and `OSError`."""
    path = _file(path)
    return _reader(path).read(path, part)


def _reader(path: Path) -> Reader:
    with path.open("rb") as file:
        head = file.read(foreign.HEAD)
    if not head:
        raise CheckpointError(path, "an empty file (0 bytes)", "fetch it again")
    reader = _sniffed(head, path)
    if reader is None or reader.name in PICKLES:  # a pickle may be anybody's
        foreign.refuse(head, path)
    return reader or READERS[-1]


def _sniffed(head: bytes, path: Path) -> Reader | None:
    return next((reader for reader in READERS[:-1] if reader.sniff(head, path)), None)


def _file(path: Path) -> Path:
    """The file that a path names; in a model's folder its model. Raises `CheckpointError`."""
    if not path.exists() and path.with_name(f"{path.name}.index").is_file():
        return path.with_name(f"{path.name}.index")  # as TensorFlow calls a checkpoint
    if path.is_dir():
        return folders.model_in(path, _is_model)
    if not path.exists():
        raise CheckpointError(path, "no such file", "check the path")
    if not path.is_file():
        raise CheckpointError(path, "not a regular file")
    return path


def _is_model(path: Path) -> bool:
    """Whether a file in a folder is one that a reader takes: by its suffix and by its content."""
    if not path.name.lower().endswith((*SUFFIXES, ".ckpt", "checkpoint")):
        return False
    try:
        _reader(path)
    except CheckpointError:
        return False
    return True
