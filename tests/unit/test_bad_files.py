# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are no models, or damaged ones: one line that says so, and nothing else."""

import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.network.drawn import share_out
from neuroscene.addon.network.lines import strongest
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, graph, info, model, node, save, seeded

WHOLE = (DATA / "mnist_cnn_tf2onnx.onnx").read_bytes()
SMALL = model(
    [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w", "b"], ["y"])],
    {"x": (1, 3, 4, 5)},
    {"y": (1, 50)},
    {"w": seeded(60, 50), "b": seeded(50)},
)


def refused(path) -> str:
    with pytest.raises(CheckpointError) as caught:
        summarise(open_checkpoint(path))
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    return str(caught.value)


def drawn(found):
    """Choose cells and lines, as a scene would."""
    cells = share_out(found, 2000)
    for one in found.connections:
        strongest(one, cells[one.source.name], cells[one.target.name], 50)


def opens_or_is_refused(path) -> bool:
    try:
        drawn(summarise(open_checkpoint(path)))
    except CheckpointError as error:
        assert "\n" not in str(error)
        return False
    return True


def test_no_file(tmp_path):
    assert "no such file" in refused(tmp_path / "model.onnx")
    assert "folder" in refused(tmp_path)
    assert "empty" in refused(save(tmp_path, b""))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04" + bytes(99), "zip"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x93NUMPY\x01\x00", "damaged"),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_other_files_are_named(content, kind, tmp_path):
    assert kind in refused(save(tmp_path, content))


def test_random_bytes(tmp_path):
    for seed in range(200):
        random = np.random.default_rng(seed)
        refused(save(tmp_path, random.bytes(random.integers(1, 3000))))


@pytest.mark.parametrize("text", ["a model, really\n" * 50, "{}", "<html></html>", "ir_version: 8\n", "\n"])
def test_text(text, tmp_path):
    refused(save(tmp_path, text.encode()))


@pytest.mark.slow
def test_cut_short_anywhere(tmp_path):
    small = SMALL.SerializeToString()
    for whole in (WHOLE, small):
        for at in np.random.default_rng(0).integers(1, len(whole) - 60, 200):
            refused(save(tmp_path, whole[:at]))


@pytest.mark.parametrize(
    "message",
    [
        onnx.numpy_helper.from_array(seeded(50, 50), "w"),
        onnx.numpy_helper.from_array(np.arange(9), "w"),
        SMALL.graph,
        SMALL.graph.node[1],
        SMALL.opset_import[0],
        SMALL.graph.input[0],
        onnx.NodeProto(attribute=[helper.make_attribute("a", [1, 2, 3])]),
    ],
    ids=lambda one: type(one).__name__,
)
def test_messages_that_are_no_model(message, tmp_path):
    refused(save(tmp_path, message.SerializeToString()))


def test_an_empty_graph_and_no_operator_set(tmp_path):
    refused(save(tmp_path, helper.make_model(graph([], {"x": (1,)}, {}))))
    made = onnx.ModelProto()
    made.CopyFrom(SMALL)
    del made.opset_import[:]
    refused(save(tmp_path, made))


@pytest.mark.parametrize("name", ["Relu", "first", "hidden", "tokens", "reader"])
def test_names_that_are_no_text(name, tmp_path):
    made = model(
        [node("Relu", ["x"], ["hidden"], name="first"), node("Tanh", ["hidden"], ["y"])],
        {"x": (1, "tokens")},
        {"y": (1, "tokens")},
    )
    made.producer_name = "reader"
    data = made.SerializeToString()
    broken = data.replace(name.encode(), b"\xff" * len(name))
    assert broken != data
    with pytest.raises(CheckpointError, match="is not text"):
        open_checkpoint(save(tmp_path, broken))


@pytest.mark.slow
@pytest.mark.parametrize("small", [True, False])
def test_flipped_bytes(small, tmp_path):
    whole = SMALL.SerializeToString() if small else WHOLE
    bare = len(whole) if small else 3000
    random, opened = np.random.default_rng(1), 0
    graph_bytes = random.integers(0, len(whole), 150), len(whole) - 1 - random.integers(0, bare, 150)
    for at in np.concatenate(graph_bytes):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << int(random.integers(8))
        opened += opens_or_is_refused(save(tmp_path, bytes(damaged)))
    assert opened > 50


def with_tensor(**changes):
    """The small model with its bias stored otherwise."""
    made = onnx.ModelProto()
    made.CopyFrom(SMALL)
    bias = made.graph.initializer[1]
    for name, value in changes.items():
        if isinstance(value, list):
            bias.ClearField(name)
            getattr(bias, name).extend(value)
        else:
            setattr(bias, name, value)
    return made


TENSORS = {
    "short": {"raw_data": bytes(199)},
    "long": {"raw_data": bytes(201)},
    "no data": {"raw_data": b""},
    "negative": {"dims": [-50]},
    "two negatives": {"dims": [-5, -10]},
    "huge": {"dims": [2**62]},
    "overflowing": {"dims": [2**62, 2**62]},
    "many axes": {"dims": [1] * 100 + [50]},
    "many huge axes": {"dims": [2**62] * 400},
    "nothing, hugely": {"dims": [0, 2**62, 2**62], "raw_data": b""},
    "unknown type": {"data_type": 99},
    "no type": {"data_type": 0},
    "another type": {"data_type": TensorProto.DOUBLE},
    "text": {"data_type": TensorProto.STRING},
}


@pytest.mark.parametrize("case", TENSORS)
def test_tensors_that_contradict_themselves(case, tmp_path):
    assert "tensor 'b'" in refused(save(tmp_path, with_tensor(**TENSORS[case])))


@pytest.mark.parametrize(
    ("kind", "name", "count"),
    [
        (TensorProto.FLOAT, "float_data", 49),
        (TensorProto.FLOAT, "float_data", 51),
        (TensorProto.INT64, "int64_data", 3),
        (TensorProto.FLOAT16, "int32_data", 5),
        (TensorProto.INT4, "int32_data", 50),
        (TensorProto.FLOAT, "int32_data", 50),
        (TensorProto.STRING, "string_data", 2),
        (TensorProto.UINT64, "uint64_data", 0),
    ],
)
def test_typed_data_of_the_wrong_length(kind, name, count, tmp_path):
    made = with_tensor(data_type=kind)
    made.graph.initializer[1].ClearField("raw_data")
    getattr(made.graph.initializer[1], name).extend([b"a" if name == "string_data" else 1] * count)
    assert "tensor 'b'" in refused(save(tmp_path, made))


def outside(folder, **entries):
    """A model whose bias lies in another file."""
    made = with_tensor()
    bias = made.graph.initializer[1]
    bias.ClearField("raw_data")
    bias.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        bias.external_data.add(key=key, value=value)
    inner = folder / "inner"
    inner.mkdir()
    for place in (folder, inner):
        (place / "weights.bin").write_bytes(bytes(200))
    (inner / "short.bin").write_bytes(bytes(199))
    (inner / "folder").mkdir()
    return save(inner, made)


PLACES = {
    "absent": {"location": "none.bin"},
    "short": {"location": "short.bin"},
    "folder": {"location": "folder"},
    "above": {"location": "../weights.bin"},
    "above, winding": {"location": "folder/../../weights.bin"},
    "nowhere": {},
    "empty": {"location": ""},
    "null": {"location": "a\0b"},
    "long": {"location": "a" * 5000},
    "itself": {"location": "."},
    "a line": {"location": "a\nb"},
    "length": {"location": "weights.bin", "length": "100"},
    "negative length": {"location": "weights.bin", "length": "-1"},
    "past the end": {"location": "weights.bin", "offset": "1"},
    "negative": {"location": "weights.bin", "offset": "-4"},
    "garbage": {"location": "weights.bin", "offset": "four"},
    "fraction": {"location": "weights.bin", "offset": "0.5"},
    "empty offset": {"location": "weights.bin", "offset": ""},
    "huge": {"location": "weights.bin", "offset": "9" * 18},
    "huger": {"location": "weights.bin", "offset": "9" * 4300},
    "digits": {"location": "weights.bin", "offset": "٤"},
}


@pytest.mark.parametrize("case", PLACES)
def test_weights_in_a_file_that_is_not_right(case, tmp_path):
    refused(outside(tmp_path, **PLACES[case]))


def test_weights_in_a_file_that_is_right(tmp_path):
    assert opens_or_is_refused(outside(tmp_path, location="weights.bin", offset="0", length="200"))


def test_weights_under_an_absolute_path(tmp_path):
    assert "outside" in refused(outside(tmp_path, location=str(tmp_path / "inner" / "weights.bin")))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make symbolic links")
@pytest.mark.parametrize("target", ["../weights.bin", "link.bin"], ids=["outside", "circle"])
def test_weights_behind_a_symbolic_link(target, tmp_path):
    path = outside(tmp_path, location="link.bin")
    (path.parent / "link.bin").symlink_to(target)
    refused(path)


def message(number, content):
    """A field of a protobuf message; ONNX's own builder refuses to nest as deep as a file may."""
    size, length = len(content), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content


@pytest.mark.parametrize(("levels", "opens"), [(10, True), (200, False), (5000, False)])
def test_nested_subgraphs(levels, opens, tmp_path):
    inner = graph([node("Relu", ["x"], ["y"])], {}, {"y": (1, 3)}).SerializeToString()
    for _ in range(levels):
        attribute = message(1, b"then_branch") + message(6, inner) + b"\xa0\x01\x05"
        choice = message(1, b"c") + message(2, b"y") + message(4, b"If") + message(5, attribute)
        inner = message(1, choice) + message(12, info("y", (1, 3)).SerializeToString())
    top = model([], {"x": (1, 3)}, {}, {"c": np.array(True)}).graph.SerializeToString()
    whole = b"\x08\x0a" + message(7, inner + top) + message(8, b"\x10\x11")
    assert opens_or_is_refused(save(tmp_path, whole)) == opens


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"]), node("Add", ["x", "b"], ["y"])],
        [node("Add", ["x", "y"], ["y"])],
        [node("Add", ["x", "nothing"], ["y"])],
        [node("Relu", ["x"], ["z"])],
        [node("If", ["c"], ["y"], then_branch=graph([node("Add", ["x", "no"], ["t"])], {}, {"t": (1, 3)}))],
    ],
    ids=["cycle", "itself", "nobody", "output", "inside"],
)
def test_graphs_that_cannot_be_computed(nodes, tmp_path):
    refused(save(tmp_path, model(nodes, {"x": (1, 3)}, {"y": (1, 3)}, {"c": np.array(True)})))
