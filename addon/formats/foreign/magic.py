# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that say what they are by bytes at a fixed place."""

from __future__ import annotations

import re
from pathlib import Path

from .kind import TO_ONNX, Kind

ORT = Kind("a model in ONNX Runtime's own format (.ort)", "open the .onnx file that it was made of")
TF_SHARD_ALONE = Kind("numbers of a TensorFlow checkpoint without its index", "put the .index file beside it")
NCNN = Kind("an ncnn model", "open the ONNX model that it was made of")
MXNET = Kind("weights of MXNet", "export the model: mxnet.onnx.export_model")
PADDLE = Kind("weights of PaddlePaddle", "convert the model: paddle2onnx --model_dir FOLDER --save_file model.onnx")
DARKNET = (b"\0\0\0\0\x02\0\0\0\x05\0\0\0", b"\0\0\0\0\x02\0\0\0\0\0\0\0")  # versions of its weights
# Offset, bytes there, what it is.
MAGIC = (
    (4, b"ORTM", ORT),
    (0, b"lmgg", Kind("a GGML file, of llama.cpp", "open the safetensors files that it was made of")),
    (0, b"tjgg", Kind("a GGML file, of llama.cpp", "open the safetensors files that it was made of")),
    (0, b"fmgg", Kind("a GGML file, of llama.cpp", "open the safetensors files that it was made of")),
    (0, b"7767517\n", NCNN),
    (0, b"7767517\r\n", NCNN),
    (0, (7767517).to_bytes(4, "little"), NCNN),
    (0, b"\x12\x01\0\0\0\0\0\0", MXNET),
    (0, b"ptrt", Kind("an engine of TensorRT", "open the ONNX model that it was built from")),
    (0, b"ftrt", Kind("an engine of TensorRT", "open the ONNX model that it was built from")),
    (0, b"RKNN", Kind("a model for RKNN", "open the ONNX model that it was made of")),
    (0, b"CBM1", Kind("a CatBoost model", "export it: model.save_model(path, format='onnx')")),
    (0, b"binf", Kind("an XGBoost model", "convert it with onnxmltools")),
    (0, b"tree\nversion=", Kind("a LightGBM model", "convert it with onnxmltools")),
    (0, b"{L\0\0\0\0\0\0\0\x07learner", Kind("an XGBoost model", "convert it with onnxmltools")),
    (0, b"MATLAB 5.0 MAT-file", Kind("not a model but a MATLAB file", TO_ONNX)),
    (0, b"MATLAB 7.3 MAT-file", Kind("not a model but a MATLAB file", TO_ONNX)),
    (0, b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1", Kind("a file of Torch 7 (Lua)", TO_ONNX)),
    (0, b"\x89PNG", Kind("not a model but a PNG picture", "open it as an input of a model")),
    (0, b"\xff\xd8\xff", Kind("not a model but a JPEG picture", "open it as an input of a model")),
    (0, b"BLENDER", Kind("not a model but a Blender file", "open it in Blender")),
    (0, b"%PDF", Kind("not a model but a PDF document", "open the model's own file")),
    (0, b"PAR1", Kind("not a model but a table (Parquet)", "open the model's own file")),
    (0, b"SQLite format 3", Kind("not a model but a database (SQLite)", "open the model's own file")),
    (0, b"\x7fELF", Kind("not a model but a program", "open the model's own file")),
)
# A Paddle tensor: versions and levels of detail, all 0, then the size of its description and the type in it.
PADDLE_TENSOR = re.compile(rb"\0{16}..\0\0\x08[\0-\x20]\x10", re.DOTALL)
NAME = re.compile(rb"[A-Za-z_][\w./ -]*")
TF_SHARD = re.compile(r".+\.data-\d{5}-of-\d{5}")


def kind(head: bytes, path: Path) -> Kind | None:
    """The kind of a file by its magic numbers, and of raw weights by the description beside them."""
    for place, magic, known in MAGIC:
        if head[place : place + len(magic)] == magic:
            return known
    if TF_SHARD.fullmatch(path.name):
        return TF_SHARD_ALONE
    if PADDLE_TENSOR.match(head):
        return PADDLE
    return _beside(head, path)


def is_flax(head: bytes) -> bool:
    """Whether a file is a map of MessagePack whose first key is a name; no pickle begins so, nor a message."""
    starts = {0xDE: 3, 0xDF: 5} | dict.fromkeys(range(0x81, 0x90), 1)  # of the first key, by how many there are
    if not head or head[0] not in starts:
        return False
    rest = head[starts[head[0]] :]
    if rest[:1] == b"\xd9":
        return bool(NAME.fullmatch(rest[2 : 2 + rest[1]])) if len(rest) > 1 else False
    return bool(rest) and 0xA1 <= rest[0] <= 0xBF and bool(NAME.fullmatch(rest[1 : 1 + (rest[0] & 0x1F)]))


def _beside(head, path) -> Kind | None:
    """Raw weights, which say nothing of themselves: a description of the same name lies beside them."""
    if path.suffix != ".bin":
        return None
    if path.with_suffix(".param").is_file():
        return NCNN
    return None
