# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protobuf messages that are no ONNX model: they bear no name, and are told apart by the top of their tree."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ...containers.protobuf import fields
from .kind import TO_ONNX, Kind

# These two are read; the table of formats tells them by what this module says.
GRAPH_DEF = Kind("a frozen graph of TensorFlow (GraphDef)", "open it")
SAVED_MODEL = Kind("a SavedModel of TensorFlow", "open its folder")
META_GRAPH = Kind("a graph of TensorFlow (MetaGraphDef) without its weights", "put its checkpoint beside it")
CAFFE = Kind("a model of Caffe", TO_ONNX)
CORE_ML = Kind("a Core ML model", "export the model that it was made of as ONNX")
PADDLE = Kind("a program of PaddlePaddle", "convert it: paddle2onnx --model_dir FOLDER --save_file model.onnx")
MOST = 256  # fields that are looked at
VARINT, BYTES = 0, 2
CAFFE_LAYERS, CAFFE_V1 = 100, 2
IDENTIFIER = re.compile(rb"[A-Za-z0-9_.>:/-]{1,200}")


def kind(head: bytes, path: Path) -> Kind | None:
    """The kind of a message; None for an ONNX model and for what is no message."""
    if not head or head[0] not in (0x08, 0x0A):  # field 1: all of them begin with it
        return None
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        return _told(view)


def _told(data) -> Kind | None:
    top = list(_fields(data, 0, len(data)))
    numbers = {number for number, *_ in top}
    if not top:
        return None
    number, wire, body, stop = top[0]
    if wire == VARINT:
        if any(200 <= other <= 4000 for other in numbers):
            return CORE_ML
        if numbers != {1, 2}:
            return None
        graphs = [(begin, end) for other, kept, begin, end in top if other == 2 and kept == BYTES]
        return SAVED_MODEL if graphs and _is_meta_graph(data, *graphs[0]) else None
    if _is_node(data, body, stop):
        return GRAPH_DEF
    if _is_meta_graph(data, 0, len(data)):
        return META_GRAPH
    inner = list(_fields(data, body, stop))
    if [field[:2] for field in inner[:2]] == [(1, VARINT), (2, VARINT)] and {field[0] for field in inner} & {3, 4}:
        return PADDLE
    named = IDENTIFIER.fullmatch(bytes(data[body : min(stop, body + 256)]).replace(b" ", b"_"))
    return CAFFE if named and _has_layers(data, top) else None


def _fields(data, start, end) -> Iterator[tuple[int, int, int, int]]:
    """The first fields of a message: number, wire type, where the content begins and ends; none where it is none."""
    try:
        for number, at, body, stop in islice(fields(data, start, end), MOST):
            yield number, data[at] & 7, body, stop
    except ValueError:  # cut short: what came before tells enough
        return


def _is_node(data, start, end) -> bool:
    """Whether this is a NodeDef: a name and an operator, both identifiers, then inputs."""
    inner = list(islice(_fields(data, start, end), 3))
    if [field[:2] for field in inner[:2]] != [(1, BYTES), (2, BYTES)]:
        return False
    return all(IDENTIFIER.fullmatch(bytes(data[body : min(stop, body + 256)])) for _, _, body, stop in inner[:2])


def _is_meta_graph(data, start, end) -> bool:
    """Whether this is a MetaGraphDef: what it says of itself and a GraphDef, in any order."""
    inner = {number: (body, stop) for number, wire, body, stop in _fields(data, start, end) if wire == BYTES}
    if not inner.keys() >= {1, 2}:
        return False
    node = next((field for field in _fields(data, *inner[2]) if field[0] == 1), None)
    return node is not None and node[1] == BYTES and _is_node(data, node[2], node[3])


def _has_layers(data, top) -> bool:
    """Whether there are layers of Caffe in it: with a name and a type, or, in the older form, with a number for it."""
    for number, wire, body, stop in top:
        if wire != BYTES or number not in (CAFFE_LAYERS, CAFFE_V1):
            continue
        inner = {field[:2] for field in _fields(data, body, stop)}
        if inner >= {(1, BYTES), (2, BYTES)} if number == CAFFE_LAYERS else inner >= {(4, BYTES), (5, VARINT)}:
            return True
    return False
