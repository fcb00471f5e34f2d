# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of other formats are named, by their content alone: one line that says what to do, and status 2."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import shutil
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import onnxruntime
import pytest

from neuroscene.addon.cli import main
from neuroscene.addon.containers import tar
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA

ONNX = DATA / "mnist_cnn_tf2onnx.onnx"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0a" * 32 + b"\nsize 123456\n"


def refused(path, capsys) -> str:
    assert main(["inspect", str(path)]) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.count("\n") == 1 and len(said.err) < 600
    return said.err.removeprefix(f"neuroscene: {path}: ")


# Messages of protobuf, as their writers make them.


def number(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def whole(field: int, value: int) -> bytes:
    return number(field << 3) + number(value)


def part(field: int, *content: bytes) -> bytes:
    content = b"".join(content)
    return number(field << 3 | 2) + number(len(content)) + content


NODE = part(1, part(1, b"dense/MatMul"), part(2, b"MatMul"), part(3, b"x"), part(3, b"dense/kernel"))
GRAPH_DEF = part(1, part(1, b"x"), part(2, b"Placeholder")) + NODE + part(4, whole(1, 1882))
META_GRAPH = part(1, part(2, part(1, part(1, b"MatMul"))), part(5, b"2.20.0")) + part(2, GRAPH_DEF)
CAFFE_LAYER = part(100, part(1, b"conv1"), part(2, b"Convolution"), part(3, b"data"), part(4, b"conv1"))
CAFFE_OLD = part(2, part(2, b"data"), part(3, b"conv1"), part(4, b"conv1"), whole(5, 4), part(6, bytes(40)))
CORE_ML = whole(1, 4) + part(2, part(1, part(1, b"x")), part(10, part(1, b"y"))) + part(500, part(1, part(1, b"d")))
PADDLE = part(1, whole(1, 0), whole(2, 0), part(3, part(1, b"linear_0.w_0")), part(4, part(3, b"matmul_v2")))
PADDLE_TENSOR = bytes(16) + struct.pack("<I", 4) + whole(1, 5) + whole(2, 3) + bytes(28)


def of_library(module: str, name: str, protocol=4, **state) -> bytes:
    """The pickle of an object of a class that is not there."""
    kind = type(name, (), {})
    kind.__module__, kind.__qualname__ = module, name
    made = kind()
    made.__dict__.update(state)
    buffer = io.BytesIO()
    pickler = pickle._Pickler(buffer, protocol)  # in Python, so that it can be told that the class is there
    pickler.save_global = lambda obj, name=None: _global(pickler, obj)
    pickler.dispatch = {**pickle._Pickler.dispatch, type: lambda self, obj: _global(self, obj)}
    pickler.dump(made)
    return buffer.getvalue()


def _global(pickler, obj):
    module, name = obj.__module__, obj.__qualname__
    if pickler.proto >= 4:
        pickler.save(module)
        pickler.save(name)
        pickler.write(pickle.STACK_GLOBAL)
    else:
        pickler.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
    pickler.memoize(obj)


MLP = of_library("sklearn.neural_network._multilayer_perceptron", "MLPClassifier", alpha=0.1)
WRAPPED = of_library("joblib.numpy_pickle", "NumpyArrayWrapper", shape=(3,)) + bytes(64)
OF_JOBLIB = MLP[:-1] + WRAPPED[11:]  # an array's numbers stand behind its wrapper, in the middle of the pickle


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "/").replace("_DOT_", "."), data)
    return buffer.getvalue()


def tarred(*names: str, how=tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=how) as made:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 600
            made.addfile(member, io.BytesIO(bytes(600)))
    return buffer.getvalue()


def arrays(**named) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **named)
    return buffer.getvalue()


PAGE = b"<!DOCTYPE html>\n<html><head><title>best.onnx</title></head></html>"
# Name of the file, its content, what is said of it.
FILES = {
    "MetaGraphDef": ("model.ckpt.meta", META_GRAPH, "a graph of TensorFlow (MetaGraphDef)"),
    "TF checkpoint's numbers": (
        "m.data-00000-of-00001",
        bytes(99),
        "numbers of a TensorFlow checkpoint without its index",
    ),
    "ncnn": ("m.param", b"7767517\n2 2\nInput data 0 1 data\n", "an ncnn model; open the ONNX"),
    "ncnn, binary": ("m.param.bin", (7767517).to_bytes(4, "little") + bytes(40), "an ncnn model"),
    "Paddle": ("m.pdmodel", PADDLE, "a program of PaddlePaddle; convert it: paddle2onnx"),
    "Paddle as JSON": ("m.json", b'{"base_code": {"magic": "pir"}, "program": {}}', "a program of PaddlePaddle"),
    "Paddle's weights": ("m.pdiparams", PADDLE_TENSOR, "weights of PaddlePaddle; convert the model: paddle2onnx"),
    "Paddle's state": (
        "m.pdparams",
        pickle.dumps({"l.weight": [1.0], "StructuredToParameterName@@": {}}, 4),
        "weights of PaddlePaddle",
    ),
    "MXNet": ("m-0000.params", struct.pack("<QQQ", 0x112, 0, 1) + bytes(64), "weights of MXNet; export the model"),
    "MXNet's graph": ("m-symbol.json", b'{"nodes": [], "arg_nodes": [0], "heads": []}', "of MXNet"),
    "joblib": ("m.joblib", OF_JOBLIB, "a file of joblib (scikit-learn: MLPClassifier), not a network; convert it"),
    "joblib, zlib": ("m.joblib", zlib.compress(OF_JOBLIB), "a file of joblib (scikit-learn: MLPClassifier)"),
    "joblib, gzip": ("m.pkl.gz", gzip.compress(OF_JOBLIB), "a file of joblib (scikit-learn: MLPClassifier)"),
    "joblib, bzip2": ("m.pkl.bz2", bz2.compress(OF_JOBLIB), "a file of joblib (scikit-learn: MLPClassifier)"),
    "joblib, xz": ("m.pkl.xz", lzma.compress(OF_JOBLIB), "a file of joblib (scikit-learn: MLPClassifier)"),
    "joblib, lzma": (
        "m.pkl.lzma",
        lzma.compress(OF_JOBLIB, lzma.FORMAT_ALONE),
        "a file of joblib (scikit-learn: MLPClassifier)",
    ),
    "joblib, numbers alone": ("a.joblib", WRAPPED, "a file of joblib, not a network; open"),
    "scikit-learn": ("m.pkl", MLP, "a pickle of scikit-learn: MLPClassifier, not a network; convert it to ONNX"),
    "scikit-learn, older": (
        "m.pkl",
        of_library("sklearn.svm.classes", "SVC", 2, C=1.0),
        "a pickle of scikit-learn: SVC",
    ),
    "xgboost": ("m.pkl", of_library("xgboost.sklearn", "XGBClassifier"), "a pickle of XGBoost: XGBClassifier"),
    "LFS pointer": ("m.onnx", LFS, "a Git LFS pointer to a file of 123,456 bytes, not the file; run `git lfs pull`"),
    "web page": ("m.pt", PAGE, "a web page, not a model; fetch the file itself"),
    "web page, XHTML": ("m.pt", b'<?xml version="1.0"?>\n' + PAGE, "a web page, not a model"),
    "404": ("m.onnx", b"404: Not Found", "an answer of a web server, not a model ('404: Not Found'); fetch it again"),
    "no entry": ("m.safetensors", b"Entry not found", "an answer of a web server, not a model"),
    "answer as JSON": ("m.safetensors", b'{"error": "Repository not found"}', "an answer of a web server, not a model"),
    "answer of a storage": ("m.onnx", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an answer"),
    "zip": (
        "m.zip",
        zipped(run__best_DOT_onnx=b"x", run__notes_DOT_txt=b"y"),
        "a zip archive that holds run/best.onnx",
    ),
    "zip of several": ("m.zip", zipped(a_DOT_pt=b"x", b_DOT_onnx=b"y"), "holds b.onnx and 1 more; unpack it and open"),
    "zip without": ("m.zip", zipped(notes_DOT_txt=b"y"), "not a model but a zip archive"),
    "zip of a SavedModel": ("m.zip", zipped(m__saved_model_DOT_pb=b"x"), "that holds a SavedModel of TensorFlow"),
    "tar": ("m.tar", tarred("d/best.onnx", "d/notes.txt"), "a tar archive that holds d/best.onnx; unpack it"),
    "tar, GNU": ("m.tar", tarred("d" * 150 + "/best.pt", how=tarfile.GNU_FORMAT), "/best.pt; unpack it and open that"),
    "tar, packed": ("m.tar.gz", gzip.compress(tarred("d" * 150 + "é/w.ckpt")), "a packed tar archive that holds ddd"),
    "gzip": ("best.onnx.gz", gzip.compress(b"x"), "a gzip-compressed file that holds best.onnx; unpack it"),
    "7z": ("m.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40), "a 7z archive, not a model; unpack it"),
    "Keras without weights": (
        "m.json",
        b'{"class_name": "Sequential", "config": {}}',
        "without weights; open the file",
    ),
    "settings": ("config.json", b'{"model_type": "bert", "architectures": ["BertModel"]}', "the settings of a model"),
    "XGBoost, binary": ("m.ubj", b"{L" + bytes(7) + b"\x07learner{", "an XGBoost model"),
    "ONNX as text": ("m.textproto", b"ir_version: 8\n" * 999, "an ONNX model as text; save it in binary"),
    "tar of a SavedModel": ("m.tar", tarred("m/saved_model.pb"), "a tar archive that holds a SavedModel"),
    "text": ("m.onnx", b"a model, really\n", "a text, not a model ('a model, really')"),
    "empty": ("m.onnx", b"", "an empty file"),
}


@pytest.mark.parametrize("case", FILES)
def test_kinds_of_files(case, tmp_path, capsys):
    name, content, said = FILES[case]
    (tmp_path / name).write_bytes(content)
    assert said in refused(tmp_path / name, capsys)


def test_a_model_of_onnxruntimes_own(tmp_path, capsys):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "m.ort")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(ONNX, options)
    assert "a model in ONNX Runtime's own format (.ort); open the .onnx" in refused(tmp_path / "m.ort", capsys)


@pytest.mark.parametrize(("beside", "text", "said"), [("m.param", "7767517\n", "ncnn")])
def test_raw_weights_beside_their_description(beside, text, said, tmp_path, capsys):
    (tmp_path / beside).write_text(text)
    (tmp_path / "m.bin").write_bytes(np.ones(40, np.float32).tobytes())
    assert said in refused(tmp_path / "m.bin", capsys)


CURVE = np.linspace(1, 0, 50, dtype=np.float32)
ADAM = {
    "state": {0: {"step": 3, "exp_avg": np.zeros((3, 2), np.float32)}},
    "param_groups": [{"lr": 0.1, "params": [0]}],
}


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (ADAM, "the state of an optimizer, not a network; open the checkpoint of the model"),
        ({"optimizer": ADAM, "epoch": 3}, "the state of an optimizer"),
        ({"opt_g": ADAM, "opt_d": ADAM, "loss": CURVE}, "the state of an optimizer"),
        ({"train_loss": CURVE, "val_acc": CURVE}, "measurements of a training (train_loss, val_acc), not a network"),
        ({"history": {"loss": CURVE, "lr": CURVE}}, "measurements of a training (loss, lr)"),
        ({"train_loss": [0.5, 0.2], "val_loss": [0.6]}, "measurements of a training (train_loss, val_loss)"),
    ],
)
def test_numbers_that_are_no_network(held, said, tmp_path, capsys):
    (tmp_path / "m.pt").write_bytes(pickle.dumps(held, 4))
    assert said in refused(tmp_path / "m.pt", capsys)


def test_weights_beside_them_are_a_network(tmp_path):
    """Names that sound like measurements hide no weights."""
    held = {"loss": CURVE, "time_embedding": CURVE, "fc.weight": np.ones((2, 3), np.float32), "optimizer": ADAM}
    (tmp_path / "m.pt").write_bytes(pickle.dumps(held, 4))
    assert any(tensor.name == "fc.weight" for tensor in open_checkpoint(tmp_path / "m.pt").model.graph.initializer)


def test_a_message_whose_graph_is_a_number(tmp_path, capsys):
    (tmp_path / "m.pb").write_bytes(whole(1, 1) + whole(2, 3))
    assert "not an ONNX model" in refused(tmp_path / "m.pb", capsys)


def test_archives_that_would_not_end():
    """A tar archive of one header that says that it is followed by -512 bytes, and one that goes on and on."""
    header = tarred("a")[:512]
    back = header[:124] + b"-0000001000\0" + header[136:]
    assert not list(tar.names(io.BytesIO(back).read, lambda size: None))
    endless = header[:124] + b"00000000000\0" + header[136:]
    assert len(list(tar.names(lambda size: endless, lambda size: None))) == tar.MOST_MEMBERS


def test_a_packed_archive_that_grows(tmp_path, capsys):
    """A gigabyte of zeros behind a tar header: only its beginning is unpacked."""
    member = tarfile.TarInfo("a.bin")
    member.size = 1 << 33
    packer = zlib.compressobj(wbits=31)
    data = packer.compress(member.tobuf()) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(200))
    (tmp_path / "m.tar.gz").write_bytes(data + packer.flush())
    assert "packed tar archive that holds a.bin" in refused(tmp_path / "m.tar.gz", capsys)


# Folders


def folder(path, **files):
    """A folder with these files: bytes, or a file to copy."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        target = path / name.replace("__", "/").replace("_DOT_", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            shutil.copy(content, target)
    return path


BERT = DATA / "inferred" / "bert.safetensors"
STATE = DATA / "torch" / "lightning.ckpt.pt"


def test_a_folder_of_transformers(tmp_path):
    """Its weights open, with what its config.json says, whatever else lies in it."""
    files = {"model_DOT_safetensors": BERT, "config_DOT_json": DATA / "inferred" / "bert.json"}
    path = folder(
        tmp_path / "bert", **files, optimizer_DOT_pt=STATE, onnx__model_DOT_onnx=ONNX, vocab_DOT_txt=b"[CLS]\n"
    )
    found = open_checkpoint(path)
    assert found.path == path / "model.safetensors" and "BERT" in " ".join(found.notes)


def test_a_folder_of_one_checkpoint(tmp_path):
    path = folder(tmp_path / "run", notes_DOT_txt=b"x", best_DOT_ckpt=STATE, training_args_DOT_bin=STATE)
    assert open_checkpoint(path).path == path / "best.ckpt"


def test_a_folder_of_shards(tmp_path):
    """The index stands for its shards."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    shard = len(header).to_bytes(8, "little") + header + bytes(16)
    index = json.dumps({"weight_map": {"w": "model-00001-of-00001.safetensors"}}).encode()
    path = folder(tmp_path / "run", **{"model_DOT_safetensors_DOT_index_DOT_json": index, "config_DOT_json": b"{}"})
    (path / "model-00001-of-00001.safetensors").write_bytes(shard)
    assert open_checkpoint(path).path == path / "model.safetensors.index.json"


def test_folders_that_are_no_model(tmp_path, capsys):
    two = folder(tmp_path / "two", a_DOT_onnx=ONNX, b_DOT_onnx=ONNX, c_DOT_onnx=b"<html>")
    assert "a folder of several models; open one of a.onnx, b.onnx\n" in refused(two, capsys)
    inside = folder(tmp_path / "pipeline", unet__w_DOT_safetensors=BERT, vae__w_DOT_safetensors=BERT)
    assert "open one of unet/w.safetensors, vae/w.safetensors" in refused(inside, capsys)
    lite = folder(tmp_path / "lite", m_DOT_rknn=b"RKNN" + bytes(99), readme_DOT_md=b"words")
    assert "a folder with m.rknn, a model for RKNN; open the ONNX" in refused(lite, capsys)
    assert "a folder without a model" in refused(folder(tmp_path / "none", notes_DOT_txt=b"x"), capsys)
    core = folder(tmp_path / "m.mlpackage", Manifest_DOT_json=b"{}", Data__com_DOT_apple_DOT_CoreML__model=b"x")
    assert "a Core ML model without its model.mlmodel; fetch it again" in refused(core, capsys)
