# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""HDF5 files in parts of the format that our own reader does not know, read by h5py in a process beside this one.

The process is bounded in time and memory, so that a damaged file takes neither Blender nor its window along. It is
asked for the tree once, and for the numbers of datasets that do not lie in the file as they are when they are wanted.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import weakref
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from threading import Lock, Timer
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from ..errors import CheckpointError
from ..stored import ITEM_SIZE, MOST_AXES, MOST_ELEMENTS, Stored
from ..zip_archive import DENSEST
from . import worker as worker_script
from .group import SMALL_FLOATS, WANTED, Group

WORKER = Path(__file__).with_name("worker.py")
STARTED = 20.0  # seconds until the tree is there
A_SECOND = 20e6  # bytes of numbers that are read at least in one
MEMORY = 3 << 29  # bytes that the process takes before it reads numbers
LARGEST = 1 << 32  # bytes of a dataset that is unpacked
LONGEST_ANSWER = 1 << 28  # bytes of a tree
NO_PLUGINS = {"HDF5_PLUGIN_PRELOAD": "::"}  # filters of others are programs
TYPES = {
    "f2": TensorProto.FLOAT16,
    "f4": TensorProto.FLOAT,
    "f8": TensorProto.DOUBLE,
    "i1": TensorProto.INT8,
    "i2": TensorProto.INT16,
    "i4": TensorProto.INT32,
    "i8": TensorProto.INT64,
    "u1": TensorProto.UINT8,
    "u2": TensorProto.UINT16,
    "u4": TensorProto.UINT32,
    "u8": TensorProto.UINT64,
    "b1": TensorProto.BOOL,
    "V2": TensorProto.BFLOAT16,
}


class _AnswerError(Exception):
    """What the worker could not do."""


def is_there() -> bool:
    """Whether there is a Python with h5py to ask; it is not imported here."""
    try:
        return bool(sys.executable) and importlib.util.find_spec("h5py") is not None
    except ValueError:  # somebody has taken it out of reach
        return False


def read(path: Path, begin: int, size: int) -> Group:
    """The content of an HDF5 file that lies in `path` from byte `begin` on and has `size` bytes.

    Raises `CheckpointError`.
    """
    worker = _Worker(path, begin, size)
    try:
        tree = json.loads(worker.ask({"list": WANTED.pattern}, STARTED, LONGEST_ANSWER))
    except (_AnswerError, ValueError) as error:
        advice = "save it with gzip" if worker_script.PACKED in str(error) else "fetch it again"
        raise CheckpointError(path, f"an HDF5 file that cannot be read: {error}", advice) from error
    finally:
        worker.end()
    return _Tree(path, begin, size).group(tree, "")


@dataclass
class _Tree:
    """Makes groups of what the worker has told; datasets are read by a second one, which may take their memory."""

    path: Path
    begin: int
    size: int
    largest: int = 0
    _worker: _Worker | None = None
    _lock: Any = field(default_factory=Lock, repr=False)

    def group(self, held: dict, path: str) -> Group:
        """A group and all below it. Raises `CheckpointError`."""
        made = Group(path, held["address"], held["attributes"])
        for name, inner in held["groups"].items():
            made.groups[name] = self.group(inner, _below(path, name))
        for name, inner in held["tensors"].items():
            made.tensors[name] = self.stored(inner, _below(path, name))
        return made

    def stored(self, held: dict, place: str) -> Stored:
        """The tensor of a dataset. Raises `CheckpointError`."""
        data_type = TYPES.get(held["dtype"][1:]) if held["dtype"][1:] != "V1" else None
        data_type = data_type or SMALL_FLOATS.get(str(held["named"]))
        shape = tuple(held["shape"])
        if not data_type or str(ITEM_SIZE[data_type]) != held["dtype"][2:]:
            raise CheckpointError(self.path, f"'{place}' holds no numbers of a known kind", "is this a Keras model?")
        if len(shape) > MOST_AXES or prod(max(1, size) for size in shape) > MOST_ELEMENTS:
            raise CheckpointError(self.path, f"'{place}' has an absurd shape", "fetch it again")
        size = prod(shape) * ITEM_SIZE[data_type]
        made = Stored(place, shape, data_type, self.path.name, self.begin + (held["offset"] or 0))
        if held["offset"] is not None and held["offset"] + size <= self.size:
            return made
        if size > min(LARGEST, DENSEST * (held["stored"] + 1)):
            raise CheckpointError(self.path, f"'{place}' would unpack to {size:,} bytes", "refused for safety")
        self.largest = max(self.largest, size)
        return Stored(place, shape, data_type, read=lambda: self.numbers(place, shape, data_type))

    def numbers(self, place: str, shape: tuple[int, ...], data_type: int) -> np.ndarray:
        """The numbers of a dataset. Raises `CheckpointError`."""
        size = prod(shape) * ITEM_SIZE[data_type]
        with self._lock:
            if self._worker is None:
                self._worker = _Worker(self.path, self.begin, self.size, self.largest)
            try:
                data = self._worker.ask({"read": place}, STARTED + size / A_SECOND, size)
                if len(data) != size:
                    raise _AnswerError("it is cut short")
            except _AnswerError as error:
                self._worker.end()
                self._worker = None
                raise CheckpointError(self.path, f"'{place}' cannot be read: {error}", "fetch it again") from error
        return np.frombuffer(data, helper.tensor_dtype_to_np_dtype(data_type)).reshape(shape)


def _below(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


class _Worker:
    """A process that reads one file. It ends with this object, and when the one that has started it ends."""

    def __init__(self, path: Path, begin: int, size: int, largest: int = 0):
        memory = MEMORY + 3 * largest  # as bytes of h5py's, as an array, and as what is sent
        folders = {str(Path(module).parent) for module in (np.__path__[0], _folder("h5py"))}
        command = [sys.executable, "-I", str(WORKER), str(path.resolve()), str(begin), str(size), str(memory)]
        self._process = subprocess.Popen(
            [*command, *sorted(folders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **NO_PLUGINS},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # on Windows it would open a console
        )
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, request: dict, seconds: float, most: int) -> bytes:
        """The answer to a request, of at most so many bytes. Raises `_AnswerError` where there is none in time."""
        late: list[bool] = []

        def stop():
            late.append(True)
            self._process.kill()

        timer = Timer(seconds, stop)
        timer.start()
        try:
            return self._answer(request, most)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _AnswerError(self._why(late)) from error
        finally:
            timer.cancel()

    def _answer(self, request: dict, most: int) -> bytes:
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0] is not None and pipes[1] is not None
        pipes[0].write(json.dumps(request).encode() + b"\n")
        pipes[0].flush()
        head = json.loads(pipes[1].readline(1 << 12))
        if "error" in head:
            raise _AnswerError(str(head["error"])[:300])
        if not 0 <= head["size"] <= most:
            raise ValueError("an answer of another size")
        data = pipes[1].read(head["size"])
        if len(data) < head["size"]:
            raise ValueError("an answer that is cut short")
        return data

    def _why(self, late: list[bool]) -> str:
        if late:
            return "h5py takes too long"
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "h5py gives no answer"
        return f"h5py ended with status {status}"


def _folder(package: str) -> str:
    """The folder of a package, which is not imported."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None  # see `is_there`
    return str(Path(spec.origin).parent)


def _end(process: subprocess.Popen) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was not read any more
                pass
    process.wait()
