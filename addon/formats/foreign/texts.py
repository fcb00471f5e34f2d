# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text files that are taken for models: pointers, web pages, answers of servers, descriptions without weights."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path

from ...containers.natural_order import brief
from .kind import TO_ONNX, Kind
from .magic import MXNET

PAGE = re.compile(rb"<(!doctype html|html|head|body|!--)", re.IGNORECASE)
POINTER = re.compile(rb"version https?://git-(lfs|media)\S+spec/v\d", re.IGNORECASE)
ANSWERS = re.compile(
    rb"(\d{3}:? )?(entry not found|not found|repository not found|access to model|invalid (username|credentials)|"
    rb"unauthorized|forbidden|access denied|bad request|too many requests|rate limit|internal server error)",
    re.IGNORECASE,
)
LARGEST = 1 << 24  # bytes of JSON that are looked at
SHORT = 2048  # bytes of a text that is shown
CAFFE = re.compile(
    rb"(#.*\n|\s)*(name:\s*\"[^\"]*\"(#.*\n|\s)*)?((force_backward:.*\s*)|(input(_dim|_shape)?\s*[:{]|layers?\s*\{))"
)
KERAS = Kind(
    "an architecture of Keras without weights", "open the file of its weights, with this one as --architecture"
)


SOLVER = re.compile(rb"\b(solver_mode|base_lr|max_iter)\s*:")


def kind(head: bytes, path: Path) -> Kind | None:
    """The kind of a text; None for what is no text, or JSON that a reader takes."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{" and (held := _parsed(path)) is not None:
        return None if "weight_map" in held else _of_keys(held)
    if POINTER.match(text):
        return _pointer(text)
    if PAGE.match(text) or text.startswith(b"<?xml") and PAGE.search(text):
        return Kind("a web page, not a model", "fetch the file itself, often by a link named Download or raw")
    if text.startswith(b"<"):
        return _xml(text)
    if text.startswith(b"ir_version:"):
        return Kind("an ONNX model as text", "save it in binary: onnx.save_model(onnx.load(path, 'textproto'), path)")
    if ANSWERS.match(text):
        return Kind(
            f"an answer of a web server, not a model ('{_shown(text)}')", "fetch it again, logged in if need be"
        )
    if SOLVER.search(text) and (net := re.search(rb'\bnet:\s*"([^"\n]{1,200})"', text)):
        return Kind("settings of a training by Caffe, not a network", f"open {_shown(net[1])}")
    return _plain(head)


def is_caffe(head: bytes) -> bool:
    """Whether a text is a network of Caffe."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bool(CAFFE.match(text))


def is_darknet(head: bytes) -> bool:
    """Whether a text is a network of Darknet."""
    return bool(re.match(rb"(#.*\n|\s)*\[(net|network)\]", head.removeprefix(b"\xef\xbb\xbf").lstrip()))


def _pointer(text) -> Kind:
    size = re.search(rb"\nsize (\d{1,15})", text)
    said = f" of {int(size[1]):,} bytes" if size else ""
    return Kind(
        f"a Git LFS pointer to a file{said}, not the file", "run `git lfs pull` in its repository, or download the file"
    )


def _xml(text) -> Kind | None:
    if b"<Error>" in text:
        return Kind("an answer of a web server, not a model", "fetch it again")
    if b"<PMML" in text:
        return Kind("a model in PMML", TO_ONNX)
    if text.startswith(b"<?xml") or re.match(rb"<[A-Za-z!]", text):
        return Kind("not a model but an XML file", "open the model's own file")
    return None


def _shown(text) -> str:
    return brief(" ".join(text[:SHORT].decode("utf-8", "replace").split()), 60)


def _plain(head) -> Kind | None:
    """A text of words, which is no model whatever it says."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return None
    if len(text.strip()) < 4 or not all(letter.isprintable() or letter in "\r\n\t" for letter in text):
        return None
    return Kind(f"a text, not a model ('{_shown(head)}')", "open the model's own file")


def _parsed(path) -> dict | None:
    """The JSON object in a file; None where it is none, or too large."""
    if path.stat().st_size > LARGEST:
        return None
    try:
        held = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) else None


def _of_keys(held: dict) -> Kind | None:
    """The kind of a JSON object by its keys."""
    if {"nodes", "arg_nodes", "heads"} <= set(held):
        return MXNET
    if isinstance(held.get("base_code"), dict):
        return Kind(
            "a program of PaddlePaddle", "convert the model: paddle2onnx --model_dir FOLDER --save_file model.onnx"
        )
    if "itemInfoEntries" in held:
        return Kind("a Core ML model's list of files", "export the model that it was made of as ONNX")
    if "learner" in held:
        return Kind("an XGBoost model", "convert it with onnxmltools")
    if "class_name" in held and "config" in held:
        return KERAS
    if "architectures" in held or "model_type" in held or "_class_name" in held:
        return Kind("the settings of a model, without weights", "open the weights beside it")
    if "error" in held or "message" in held or "detail" in held:
        said = next(str(held[key]) for key in ("error", "message", "detail") if key in held)
        return Kind(f"an answer of a web server, not a model ('{_shown(said.encode())}')", "fetch it again")
    return Kind("a JSON file that holds no weights and names none", "open the model's own file")
